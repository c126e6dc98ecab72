"""A definition as a directed graph of what may become active after what, for the checks of structure.

An over-approximation that looks at no data: every guard may hold, every event may come. Each state has two nodes: `+x`,
"x is entered by default", from which its default children follow, and `x`, "x is active", from which its ancestors are
active too and its transitions may be taken. `done.state.X` counts only from the final states that complete X, so a join
that nobody completes leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from oyiflow.model.definition import Definition, State, StateKind, Transition
from oyiflow.model.tree import ends_of, way_up

Graph = dict[str, list[str]]
"""What may follow each node. (A graph of networkx would hold the same; whoever checks a small file would wait for its import.)"""


def may_follow(definition: Definition) -> Graph:
    """The graph of a definition; everything begins at `+` and the id of the root."""
    graph: Graph = {name: [] for name in definition.states}
    for state in definition.states.values():
        graph[_entered(state.id)] = [state.id, *map(_entered, entered_by_default(state))]
        if state.id in definition.parents:
            graph[state.id].append(definition.parents[state.id])
        for transition in state.transitions:
            _add(graph, definition, state, transition)
    return graph


def descendants(graph: Graph, starts: Iterable[str]) -> set[str]:
    """Every node that some edges lead to from one of the starts."""
    found: set[str] = set()
    todo = list(starts)
    while todo:
        more = [name for name in graph.get(todo.pop(), ()) if name not in found]
        found.update(more)
        todo += more
    return found


def _entered(name: str) -> str:
    return f"+{name}"


def entered_by_default(state: State) -> tuple[str, ...]:
    """The states that become active with a state if nothing else is said; of a history state, its default."""
    if state.kind is StateKind.PARALLEL:
        return tuple(child.id for child in state.states if child.kind is not StateKind.HISTORY)
    if state.initial:
        return state.initial
    if state.kind is not StateKind.COMPOUND:
        return ()
    return tuple(child.id for child in state.states if child.kind is not StateKind.HISTORY)[:1]


def _add(graph: Graph, definition: Definition, state: State, transition: Transition) -> None:
    for source in _sources(definition, state, transition):
        for target in transition.targets:
            graph[source] += [_entered(target), *_around(definition, target)]


def _sources(definition: Definition, state: State, transition: Transition) -> Iterator[str]:
    """Where a transition may be taken from: its state, or the final states whose completion it waits for."""
    waits = [event.removeprefix("done.state.") for event in transition.events if event.startswith("done.state.")]
    if len(waits) < len(transition.events) or not waits:
        yield state.id
    for name in waits:
        done = definition.states.get(name)
        below = [f for child in done.states for f in (child, *child.states)] if done is not None else []
        yield from (f.id for f in below if f.kind is StateKind.FINAL)


def _around(definition: Definition, target: str) -> Iterator[str]:
    """What is entered around a target: regions beside it. Its ancestors follow from the target itself."""
    for name, above in pairwise(way_up(definition, target)):
        parent = definition.states[above]
        if parent.kind is StateKind.PARALLEL:
            yield from (
                _entered(child.id) for child in parent.states if child.id != name and child.kind is not StateKind.HISTORY
            )


def reachable(definition: Definition, graph: Graph) -> set[str]:
    """Every state that may become active."""
    found = descendants(graph, [_entered(definition.root.id)])
    return {name for name in definition.states if name in found}


def can_end(definition: Definition, graph: Graph) -> set[str]:
    """Every state from which some final state of the process may be reached."""
    before: Graph = {}
    for name, following in graph.items():
        for after in following:
            before.setdefault(after, []).append(name)
    ends = ends_of(definition)
    return {*ends, *descendants(before, ends)}
