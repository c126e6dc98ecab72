"""What may be laid over a chart besides a run: the steps of a role, a trace, what a newer version changed.

A run's own way comes from its journal (`of_definition.highlight_of`). Nothing here guesses: an arrow counts as taken by a
trace only if it is the one arrow between two steps that follow one another there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from oyiflow.diagram.chart import Chart, Difference, Edge, Highlight, Node
from oyiflow.model.definition import Assignee, Definition, State, walk


def of_roles(definition: Definition, roles: Iterable[str]) -> Highlight:
    """The steps on which holders of these roles act: those that are theirs, and those that they help with."""
    wanted = frozenset(roles)
    mine = {state.id for state in walk(definition.root) if state.verb and wanted & _acting(definition, state)}
    return Highlight(mine=frozenset(mine))


def _acting(definition: Definition, state: State) -> set[str]:
    if state.work is None:
        return set()
    return {role for one in state.work.by for role in _roles_of(definition, one)} | set(state.work.helped_by)


def _roles_of(definition: Definition, one: Assignee) -> set[str]:
    """The role that is asked for, or that of whoever did another step; a superior's role is not known from a file."""
    if one.role:
        return {one.role}
    done = definition.states.get(one.whoever_did)
    if one.superior or done is None or done.work is None:
        return set()
    return {other.role for other in done.work.by if other.role}


def of_trace(chart: Chart, steps: Sequence[str]) -> Highlight:
    """The steps of a trace with their numbers, and the arrows between them."""
    known = {node.id for node in chart.nodes}
    shown = [step for step in steps if step in known]
    order: dict[str, tuple[int, ...]] = {}
    for place, step in enumerate(shown, 1):
        order[step] = (*order.get(step, ()), place)
    ways: dict[tuple[str, str], list[str]] = {}
    for edge in chart.edges:
        ways.setdefault((edge.source, edge.target), []).append(edge.id)
    single = [found[0] for pair in pairwise(shown) if len(found := ways.get(pair, [])) == 1]
    return Highlight(order=order, taken=Counter(single))


def joined(one: Highlight, other: Highlight) -> Highlight:
    """Both at once."""
    return Highlight(
        current=one.current | other.current,
        visited={**one.visited, **other.visited},
        taken={**one.taken, **other.taken},
        mine=one.mine | other.mine,
        order={**one.order, **other.order},
        changes={**one.changes, **other.changes},
    )


# -- two versions


def difference(old: Definition, new: Definition, charts: tuple[Chart, Chart]) -> tuple[Chart, Highlight]:
    """One chart of both versions, and marks for what the newer one added, dropped and changed; `charts`: old, new.

    What was dropped stands where it stood, after the step before it. A step counts as changed if anything about it is
    other than where it leads, which its arrows say.
    """
    before, after = charts
    nodes = _merged_nodes(before, after)
    edges, changes = _merged_edges(before, after)
    olds, news = {node.id for node in before.nodes}, {node.id for node in after.nodes}
    marks: dict[str, Difference] = dict(changes)
    for node in nodes:
        if node.id not in olds:
            marks[node.id] = "added"
        elif node.id not in news:
            marks[node.id] = "removed"
        elif _told(old, node.id) != _told(new, node.id):
            marks[node.id] = "changed"
    lanes = {lane.id: lane for lane in (*after.lanes, *before.lanes)} | {lane.id: lane for lane in after.lanes}
    frames = {frame.id: frame for frame in (*after.frames, *before.frames)} | {frame.id: frame for frame in after.frames}
    chart = replace(after, lanes=tuple(lanes.values()), nodes=nodes, edges=edges, frames=tuple(frames.values()))
    return chart, Highlight(changes=marks)


def _told(definition: Definition, name: str) -> State | None:
    """What a definition says of a step, but not where it leads and what stands inside it."""
    state = definition.states.get(name)
    if state is None:
        return None
    ways = tuple(replace(way, targets=()) for way in state.transitions)
    lane = state.lane if state.work is not None else ""  # a step without people stands in the lane of the one before it
    return replace(state, states=(), initial=(), transitions=ways, lane=lane)


def _merged_nodes(before: Chart, after: Chart) -> tuple[Node, ...]:
    nodes = list(after.nodes)
    known = {node.id for node in nodes}
    last = ""
    for node in before.nodes:
        if node.id not in known:
            place = next((at for at, one in enumerate(nodes, 1) if one.id == last), 0)
            nodes.insert(place, node)
        last = node.id
    return tuple(nodes)


def _merged_edges(before: Chart, after: Chart) -> tuple[tuple[Edge, ...], dict[str, Difference]]:
    """Arrows of both, told apart by the steps that they join and their kind."""
    olds = {(edge.source, edge.target, edge.kind): edge for edge in before.edges}
    news = {(edge.source, edge.target, edge.kind): edge for edge in after.edges}
    changes: dict[str, Difference] = {}
    for way, edge in news.items():
        if way not in olds:
            changes[edge.id] = "added"
        elif olds[way].label != edge.label:
            changes[edge.id] = "changed"
    dropped = [replace(edge, id=f"-{edge.id}") for way, edge in olds.items() if way not in news]
    changes |= dict.fromkeys((edge.id for edge in dropped), "removed")
    return (*after.edges, *dropped), changes
