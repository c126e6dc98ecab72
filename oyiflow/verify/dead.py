"""OF404 and OF405, data included: steps that no case ever reaches, and places from which no case ever ends.

Both are read off the situations of the definition (`verify.explore`), and only if all of them were looked at. What is out
of reach or without a way out whatever the data is reported by the checks of structure, and not again here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from oyiflow.diagnostics import Diagnostic, Fix
from oyiflow.model.definition import Definition, State, StateKind
from oyiflow.model.tree import ends_of
from oyiflow.verify.explore.breadth import Found, search
from oyiflow.verify.explore.space import Edge, Space
from oyiflow.verify.explore.way import Lost, example_of, way_of
from oyiflow.verify.graph import can_end, may_follow, reachable
from oyiflow.verify.rules.findings import CHECK_LIMIT, Teller, plainly, trace_of
from oyiflow.verify.rules.proving import Spaces
from oyiflow.verify.rules.reasons import title

ROUNDS = 2
LEARNED = 16
"""Questions at most that are asked besides those of the definition."""


class Onlooker:
    """A monitor that sees nothing and notes which steps came."""

    def __init__(self) -> None:
        self.seen: frozenset[str] = frozenset()
        self.first: Hashable = 0
        self.came: set[str] = set()

    def next(self, state: Hashable, edge: Edge, space: Space) -> Hashable | None:
        """See `Monitor`."""
        self.came.update(step for what, step in edge.occurrences if what == "came")
        return state


EXPLAINED = frozenset(("OF308", "OF501", "OF502", "OF503", "OF504", "OF505", "OF507"))
"""Codes that may say already why a step is out of reach."""


def check_dead(
    definition: Definition, tell: Teller = plainly, spaces: Spaces | None = None, found_before: Sequence[Diagnostic] = ()
) -> Iterator[Diagnostic]:
    """OF404: a step that no case reaches; OF405: a place from which no case ends."""
    onlooker = Onlooker()
    space, found = _looked_at((spaces or Spaces(definition)).plain, onlooker)
    if not found.exhausted or not space.exact:
        return
    graph = may_follow(definition)
    connected, ending = reachable(definition, graph), can_end(definition, graph)
    told = {line for one in found_before if one.code in EXPLAINED for line in range(one.span.line, one.span.end_line + 1)}
    forked = any(one.code == "OF308" for one in found_before)
    for state in definition.states.values():
        if (
            state.id in connected
            and _is_missed(definition, state, onlooker.came)
            and not _is_explained(definition, state, told, forked)
        ):
            yield _unreached(definition, state)
    for one in _trapped(definition, space, found, ending, tell):
        if one.span.line not in told:
            yield one


def _looked_at(space: Space, onlooker: Onlooker) -> tuple[Space, Found]:
    """Everything that may happen, with fields that are compared told apart by what can come of them later, as far as that goes."""
    found = search(space, onlooker, CHECK_LIMIT)
    for _ in range(ROUNDS):
        learned = frozenset(space.together.learned)
        if not found.exhausted or len(learned) > LEARNED or learned == space.asking:
            break
        finer = Space(space.definition, asking=learned)
        more = search(finer, Onlooker(), CHECK_LIMIT)
        if not more.exhausted or not finer.exact:
            break
        space, found = finer, more
    return space, found


def _is_missed(definition: Definition, state: State, came: set[str]) -> bool:
    """A step that never came, though a step that leads to it came: what follows it is not reported again."""
    if not state.verb or state.kind is StateKind.HISTORY or state is definition.root or state.id in came:
        return False
    parent = definition.parents.get(state.id, "")
    if parent != definition.root.id and definition.states[parent].verb and parent not in came:
        return False
    sources = [one for one in definition.states.values() if any(state.id in way.targets for way in one.transitions)]
    return not sources or any(one.id in came or _is_passed(one) for one in sources)


def _is_explained(definition: Definition, state: State, told: set[int], forked: bool) -> bool:
    """Whether a mistake is reported on the line of the step, or of a way that leads to it."""
    spans = [state.span]
    for source in definition.states.values():
        ways = [way for way in source.transitions if state.id in way.targets]
        spans += [way.span for way in ways]
        if forked and any(way.events for way in ways):
            return True
    return any(line in told for span in spans for line in range(span.line, span.end_line + 1))


def _is_passed(state: State) -> bool:
    """Whether a step may be passed without coming: it is skipped."""
    return any(way.purpose == "skip" for way in state.transitions)


def _unreached(definition: Definition, state: State) -> Diagnostic:
    name = title(definition, state.id)
    return Diagnostic(
        code="OF404",
        span=state.span,
        zh=f"没有哪次办理会走到“{name.zh}”：通向它的条件沿途互相矛盾",
        en=f"no case ever reaches “{name.en}”: the conditions on the way to it contradict one another",
        fix=Fix(zh="核对前面判断的条件和 only_when", en="check the conditions of the decisions before it, and its only_when"),
    )


def _trapped(definition: Definition, space: Space, found: Found, ending: set[str], tell: Teller) -> Iterator[Diagnostic]:
    """The nearest situation from which no end can be reached, for each set of steps in which a case is caught."""
    if not ends_of(definition):
        return
    lost, back, safe = caught(space, found)
    told: set[str] = set()
    for number in lost:
        leaves = [space.facts.machine.ids[leaf] for leaf in space.situations[number].leaves]
        entered = any(before in safe for before in back[number])
        if leaves and (entered or not back[number]) and not told.intersection(leaves) and set(leaves) <= ending:
            told.update(leaves)
            yield _trap(definition, space, number, leaves, tell)


def caught(space: Space, found: Found) -> tuple[list[int], dict[int, list[int]], set[int]]:
    """The situations from which no end can be reached; for each situation those before it; and those from which one can."""
    numbers = sorted(found.situations)
    back: dict[int, list[int]] = {number: [] for number in numbers}
    for number in numbers:
        for edge in space.known_edges(number):
            back.setdefault(edge.target, []).append(number)
    safe = {number for number in back if space.final[number] >= 0}
    todo = list(safe)
    while todo:
        fresh = [number for number in back[todo.pop()] if number not in safe]
        todo += fresh
        safe.update(fresh)
    return [number for number in numbers if number not in safe], back, safe


def _trap(definition: Definition, space: Space, number: int, leaves: list[str], tell: Teller) -> Diagnostic:
    place = next((leaf for leaf in leaves if definition.states[leaf].verb), leaves[0])
    name, stuck = title(definition, place), not space.edges(number)
    zh = f"到了“{name.zh}”就卡住了，没有答复能往下走" if stuck else f"到了“{name.zh}”之后，怎样办都走不到结束"
    en = (
        f"a case gets stuck at “{name.en}”: no answer leads on"
        if stuck
        else f"from “{name.en}” no answer and no value leads to an end"
    )
    edges, trace = way_to(space, number), None
    if edges is not None:
        try:
            way = way_of(space, edges)
            trace = trace_of(definition, way, example_of(definition, way, f"走不出去: {name.zh}"), tell)
        except Lost:
            trace = None
    return Diagnostic(
        code="OF405",
        span=definition.states[place].span,
        zh=zh,
        en=en,
        fix=Fix(zh="放宽往下走的条件，或加一条出路", en="loosen the condition of a way on, or add a way out"),
        trace=trace,
    )


class _Arriving:
    """A monitor that raises the alarm in one situation."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.seen: frozenset[str] = frozenset()
        self.first: Hashable = 0

    def next(self, state: Hashable, edge: Edge, space: Space) -> Hashable | None:
        """See `Monitor`."""
        return None if edge.target == self.number else state


def way_to(space: Space, number: int) -> tuple[Edge, ...] | None:
    """The steps of a shortest way to a situation."""
    return search(space, _Arriving(number), CHECK_LIMIT).way


__all__ = ["check_dead", "way_to"]
