"""A definition as a directed graph of what may become active after what, for the checks of structure.

An over-approximation that looks at no data: every guard may hold, every event may come. Each state has two nodes: `+x`,
"x is entered by default", from which its default children follow, and `x`, "x is active", from which its ancestors are
active too and its transitions may be taken. `done.state.X` counts only from the final states that complete X, so a join
that nobody completes leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx

from oyiflow.model.definition import Definition, State, StateKind, Transition


def may_follow(definition: Definition) -> nx.DiGraph:
    """The graph of a definition; everything begins at `+` and the id of the root."""
    graph: nx.DiGraph = nx.DiGraph()
    for state in definition.states.values():
        graph.add_edge(_entered(state.id), state.id)
        graph.add_edges_from((_entered(state.id), _entered(child)) for child in entered_by_default(state))
        if state.id in definition.parents:
            graph.add_edge(state.id, definition.parents[state.id])
        for transition in state.transitions:
            _add(graph, definition, state, transition)
    return graph


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


def _add(graph: nx.DiGraph, definition: Definition, state: State, transition: Transition) -> None:
    for source in _sources(definition, state, transition):
        for target in transition.targets:
            graph.add_edge(source, _entered(target))
            graph.add_edges_from((source, name) for name in _around(definition, target))


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
    name = target
    while name in definition.parents:
        parent = definition.states[definition.parents[name]]
        if parent.kind is StateKind.PARALLEL:
            yield from (
                _entered(child.id) for child in parent.states if child.id != name and child.kind is not StateKind.HISTORY
            )
        name = parent.id


def reachable(definition: Definition, graph: nx.DiGraph) -> set[str]:
    """Every state that may become active."""
    found: set[str] = nx.descendants(graph, _entered(definition.root.id))
    return {name for name in definition.states if name in found}


def can_end(definition: Definition, graph: nx.DiGraph) -> set[str]:
    """Every state from which some final state of the process may be reached."""
    found: set[str] = set()
    for state in definition.root.states:
        if state.kind is StateKind.FINAL and state.id in graph:
            found |= {state.id} | nx.ancestors(graph, state.id)
    return found
