"""Two arrows on one line: which lies on which side, and must they cross?

Where two ways run along the same line they will be drawn side by side.  At each end of the common stretch the one that
turns away tells on which side it has to lie; where both turn together the question is carried around the corner to the
next line.  If the two ends disagree, one crossing cannot be avoided.  Where the stretch ends at a step, any order will
do.  ``router`` counts with these answers and ``tracks`` obeys them, so the price paid is the picture drawn.
"""

from __future__ import annotations

from oyiflow.diagram.layout.flow import Flow
from oyiflow.diagram.layout.routing.path import Route


def mergeable(flow: Flow, a: Route, b: Route, *, ending: bool) -> bool:
    """May two arrows share one trunk at their common target (``ending``) or source?"""
    e, f = a.edge, b.edge
    if ending:
        if flow.dst[e] != flow.dst[f] or a.in_side != b.in_side:
            return False
        node = flow.dst[e]
    else:
        if flow.src[e] != flow.src[f] or a.out_side != b.out_side:
            return False
        node = flow.src[e]
    if flow.pinned[node]:
        return True
    if not ending and _answers(flow, e, f):
        return False
    twins = flow.src[e] == flow.src[f] and flow.dst[e] == flow.dst[f]
    return flow.back[e] == flow.back[f] and not twins


def _answers(flow: Flow, e: int, f: int) -> bool:
    """Two ways out of a box that say something different are a choice, and must be told apart from the start."""
    one, two = flow.bundles[e][0].label, flow.bundles[f][0].label
    return bool(one and two and one != two)


def lean(a: Route, i: int, b: Route, j: int, end: int) -> int:
    """Side of run i of a, seen from run j of b: 1 higher, -1 lower, 0 either; at the high (1) or low (-1) end."""
    sign = 1
    for _ in range(len(a.runs) + len(b.runs)):
        run, other = a.runs[i], b.runs[j]
        at, other_at = (run[3], other[3]) if end > 0 else (run[2], other[2])
        turn, other_turn = (run[5], other[5]) if end > 0 else (run[4], other[4])
        if at != other_at:
            shorter = (at < other_at) == (end > 0)
            return sign * (turn if shorter else -other_turn)
        if not turn or not other_turn:
            return 0
        if turn != other_turn:
            return sign if turn > other_turn else -sign
        # Both go round the corner together: the same question on the next line.
        sign *= -end * turn
        i += 1 if (end > 0) == run[6] else -1
        j += 1 if (end > 0) == other[6] else -1
        end = turn
    return 0


def goes_on(a: Route, i: int, b: Route, j: int, end: int) -> bool:
    """True if both runs end here and turn the same way: the common stretch continues round the corner."""
    run, other = a.runs[i], b.runs[j]
    if end > 0:
        return run[3] == other[3] and run[5] == other[5] != 0
    return run[2] == other[2] and run[4] == other[4] != 0


def parting(a: Route, i: int, b: Route, j: int, end: int) -> int:
    """If both runs end on one line and turn opposite ways on it, the side of run i of a; else 0."""
    run, other = a.runs[i], b.runs[j]
    if (run[3] != other[3]) if end > 0 else (run[2] != other[2]):
        return 0
    turn, other_turn = (run[5], other[5]) if end > 0 else (run[4], other[4])
    return turn if turn == -other_turn else 0


def merged(flow: Flow, a: Route, i: int, b: Route, j: int) -> bool:
    """True if the two runs are the trunk of arrows that meet at a step."""
    last = i == len(a.runs) - 1 and j == len(b.runs) - 1 and mergeable(flow, a, b, ending=True)
    return last or (i == j == 0 and mergeable(flow, a, b, ending=False))


def side_of(a: Route, i: int, b: Route, j: int) -> int:
    """The side to draw a on: the end nearer to a's start decides, then the other end, then the number.

    An end where both part on one line comes before either: on the wrong sides they would run on each other there.
    """
    near = -1 if a.runs[i][6] else 1
    return (
        parting(a, i, b, j, near)
        or parting(a, i, b, j, -near)
        or lean(a, i, b, j, near)
        or lean(a, i, b, j, -near)
        or _by_habit(a, i)
    )


def _by_habit(a: Route, i: int) -> int:
    """Where any order will do: the first arrow on its own right hand, all the way round its corners."""
    sign = 1
    for run in a.runs[:i]:
        end = 1 if run[6] else -1
        sign *= -end * (run[5] if end > 0 else run[4])
    return sign
