"""A definition, made ready to run: states numbered in preorder, guards compiled, ancestors and descendants at hand.

Numbering in preorder makes "x is a descendant of a" the comparison `a < x <= last[a]`, and "below a" a slice of the
sorted leaves. A machine is made once per definition (kept in `Definition.memo`), is never changed afterwards except
for its memo tables, and is shared by threads without a lock: two threads may compute the same entry, never a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oyiflow.model.definition import Action, Definition, Send, Set, State, StateKind, Transition, walk
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.expression import Expression, states_read

Inside = Callable[[str], bool]
Guard = Callable[[Mapping[str, Any], Inside], Any]

MEMO_LIMIT = 4096
"""Entries that one memo table may hold; a full table is emptied, it is never needed for a right answer."""


@dataclass(frozen=True, slots=True, eq=False)
class Arc:
    """A transition with its names resolved. Compared by identity: each arc is one place in the document."""

    name: str
    number: int
    source: int
    targets: tuple[int, ...]
    events: tuple[str, ...]
    guard: Guard | None
    actions: tuple[Action, ...]
    internal: bool
    definition: Transition


class Machine:
    """The tables of one definition. Index 0 is the root; `arcs[s]` are the transitions of state s in document order."""

    def __init__(self, definition: Definition) -> None:
        states = list(walk(definition.root))
        self.definition = definition
        self.states: list[State] = states
        self.ids = [state.id for state in states]
        self.index = {name: number for number, name in enumerate(self.ids)}
        self.kind = [state.kind for state in states]
        self.children = [tuple(self.index[child.id] for child in state.states) for state in states]
        self.parent = [-1] * len(states)
        for number, below in enumerate(self.children):
            for child in below:
                self.parent[child] = number
        self.last = list(range(len(states)))
        for number in range(len(states) - 1, 0, -1):
            up = self.parent[number]
            self.last[up] = max(self.last[up], self.last[number])
        self.histories = [tuple(c for c in below if self.kind[c] is StateKind.HISTORY) for below in self.children]
        self.initial = [self._initial(number) for number in range(len(states))]
        self.arcs: list[tuple[Arc, ...]] = []
        self._number_arcs()
        self.guards: dict[int, Guard] = {}
        self.candidates: dict[tuple[tuple[int, ...], str | None], tuple[tuple[Arc, ...], ...]] = {}
        self.plans: dict[Any, Any] = {}
        self.active_ids: dict[tuple[int, ...], frozenset[str]] = {}

    def _initial(self, number: int) -> tuple[int, ...]:
        state = self.states[number]
        if state.initial:
            return tuple(self.index[name] for name in state.initial)
        real = (c for c in self.children[number] if self.kind[c] is not StateKind.HISTORY)
        return tuple(real)[:1] if state.kind is StateKind.COMPOUND else ()

    def _number_arcs(self) -> None:
        count = 0
        for source, state in enumerate(self.states):
            row = []
            for place, transition in enumerate(state.transitions):
                row.append(self._arc(source, place, count, transition))
                count += 1
            self.arcs.append(tuple(row))

    def _arc(self, source: int, place: int, number: int, transition: Transition) -> Arc:
        name = f"{self.ids[source]}#{place}"
        events = (timer_event(self.ids[source], place),) if transition.timed else transition.events
        return Arc(
            name=name,
            number=number,
            source=source,
            targets=tuple(self.index[target] for target in transition.targets),
            events=tuple(descriptor.removesuffix(".*") for descriptor in events),
            guard=compile_expression(transition.guard) if transition.guard is not None else None,
            actions=transition.actions,
            internal=transition.internal,
            definition=transition,
        )

    def is_below(self, number: int, ancestor: int) -> bool:
        """Whether a state is a proper descendant of another."""
        return ancestor < number <= self.last[ancestor]

    def is_leaf(self, number: int) -> bool:
        """Whether a state can stand in a configuration by itself: atomic or final."""
        return self.kind[number] in (StateKind.ATOMIC, StateKind.FINAL)

    def active(self, leaves: tuple[int, ...]) -> frozenset[str]:
        """The ids of all active states, ancestors included."""
        found = self.active_ids.get(leaves)
        if found is None:
            numbers: set[int] = set()
            for leaf in leaves:
                while leaf >= 0 and leaf not in numbers:
                    numbers.add(leaf)
                    leaf = self.parent[leaf]
            found = frozenset(self.ids[number] for number in numbers)
            remember(self.active_ids, leaves, found)
        return found

    def value(self, expression: Expression) -> Guard:
        """The compiled form of an expression inside an action."""
        compiled = self.guards.get(id(expression))
        if compiled is None:
            compiled = self.guards[id(expression)] = compile_expression(expression)
        return compiled


def timer_event(state: str, place: int) -> str:
    """The name of the event with which the delayed transition number `place` of a state fires."""
    return f"after.{state}.{place}"


def remember(table: dict[Any, Any], key: Any, value: Any) -> None:
    """Put an entry into a bounded memo table."""
    if len(table) >= MEMO_LIMIT:
        table.clear()
    table[key] = value


def looks_at_states(action: Action) -> bool:
    """Whether an action must know the configuration of the very moment at which it runs."""
    return isinstance(action, Set) and bool(states_read(action.value))


def delayed(action: Action) -> bool:
    """Whether an action needs the clock."""
    return isinstance(action, Send) and action.after is not None


def machine_of(definition: Definition) -> Machine:
    """The machine of a definition, made at the first call."""
    machine: Machine | None = definition.memo.get("machine")
    if machine is None:
        machine = definition.memo["machine"] = Machine(definition)
    return machine
