"""The tree of states of a definition: the ends of the process, and what is around a state."""

from __future__ import annotations

from oyiflow.model.definition import Definition, StateKind


def ends_of(definition: Definition) -> tuple[str, ...]:
    """The ends at which a process is over, as a whole."""
    return tuple(state.id for state in definition.root.states if state.kind is StateKind.FINAL)


def ends_named(definition: Definition, outcome: str) -> tuple[str, ...]:
    """The ends that are called so, by id or by title."""
    titled = {name: definition.states[name].title for name in ends_of(definition)}
    return tuple(name for name, title in titled.items() if outcome and outcome in (name, title.zh, title.en))


def way_up(definition: Definition, name: str) -> list[str]:
    """A state and all around it, from the inside outwards."""
    way, parents = [name], definition.parents
    while way[-1] in parents:
        way.append(parents[way[-1]])
    return way
