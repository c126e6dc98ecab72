"""A definition, made ready to run: states numbered in preorder, guards compiled, ancestors and descendants at hand.

Numbering in preorder makes "x is a descendant of a" the comparison `a < x <= last[a]`, and "below a" a slice of the
sorted leaves. A machine is made once per definition (kept in `Definition.compiled`), is never changed afterwards except
for its memo tables, and is shared by threads without a lock: two threads may compute the same entry, never a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
from unicodedata import is_normalized

from oyiflow.kernel.snapshot import History, Pin, Place, unlocked
from oyiflow.model.definition import Action, Definition, Field, Perform, Set, State, StateKind, Transition, walk
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.expression import Arithmetic, Constant, Expression, Name, states_read
from oyiflow.model.timely import bound_to_today
from oyiflow.model.values import FieldType, Problem, read_value

Inside = Callable[[str], bool]
Guard = Callable[[Mapping[str, Any], Inside], Any]
Writer = Callable[[dict[str, Any], Any], bool]
"""Writes a value into a field of a dict; False, and nothing written, if the value does not fit the field."""
Assignment = Callable[[dict[str, Any], Inside], bool]
"""Evaluates an expression and writes its value into a field; False if the value does not fit."""

WHOLE_LIMIT = 4096
"""Machines with more possible configurations than this are remembered leaf by leaf."""

SEPARATE_LIMIT = 256
"""The same where regions do not concern each other: leaves are fewer than configurations, and serve as well."""

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


_NewArc = unlocked(Arc)


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
        self.eventless = any(not arc.events for row in self.arcs for arc in row)
        self.timed = [tuple((place, arc) for place, arc in enumerate(row) if arc.definition.timed) for row in self.arcs]
        self.guards: dict[int, Guard] = {}
        self.candidates: dict[tuple[tuple[int, ...], str | None], tuple[tuple[Arc, ...], ...]] = {}
        self.plans: dict[Any, Any] = {}
        self.active_ids: dict[tuple[int, ...], frozenset[str]] = {}
        self.writers = {spec.name: _writer(spec, definition.calendar.utc_offset_minutes) for spec in definition.fields}
        self.looking: dict[int, bool] = {}
        self.fillable = frozenset(spec.name for spec in definition.fields if not spec.hidden)
        """The fields that may come from outside; what the machine keeps for itself may not."""
        self.dated = {spec.name: spec for spec in definition.fields if bound_to_today(spec)}
        """The fields whose values are bound to the day on which they are filled in."""
        self.remembers = any(self.histories)
        self.assignments: dict[int, Assignment] = {}
        parallel = StateKind.PARALLEL in self.kind
        self.separate = not self.remembers and not (parallel and self._looks_around())
        self.few = self._configurations() <= (SEPARATE_LIMIT if parallel and self.separate else WHOLE_LIMIT)
        self.forms: dict[str, Any] = {}
        self.pin = Pin(definition.name, definition.version, definition.digest)
        self.places: dict[tuple[tuple[str, ...], History], Place] = {}
        self.trails: dict[str, dict[str, Any]] = {}
        self.forks = 0
        self._responders: dict[str, frozenset[str]] = {}

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
        arc = _NewArc()
        arc.name = name
        arc.number = number
        arc.source = source
        arc.targets = tuple([self.index[target] for target in transition.targets])
        arc.events = tuple([descriptor.removesuffix(".*") for descriptor in events])
        arc.guard = self.compiled(transition.guard) if transition.guard is not None else None
        arc.actions = transition.actions
        arc.internal = transition.internal
        arc.definition = transition
        arc.__class__ = Arc
        return cast(Arc, arc)

    def assignment(self, action: Set) -> Assignment:
        """A `set` as one function."""
        found = self.assignments.get(id(action))
        if found is None:
            spec = self.definition.field[action.field]
            plain_int = spec.type is FieldType.INT and spec.min is None and spec.max is None
            found = _assignment(self.value(action.value), spec.name, self.writers[spec.name], plain_int)
            if plain_int and isinstance(action.value, Arithmetic):
                found = _counting(action.value, spec.name, found) or found
            self.assignments[id(action)] = found
        return found

    def compiled(self, expression: Expression) -> Guard:
        """An expression as a function, with the definition's calendar."""
        return compile_expression(expression, calendar=self.definition.calendar)

    def _configurations(self) -> int:
        """How many configurations there may be at the most; counting stops above the limit."""
        count = [1] * len(self.states)
        for number in range(len(self.states) - 1, -1, -1):
            real = [count[c] for c in self.children[number] if self.kind[c] is not StateKind.HISTORY]
            if self.kind[number] is StateKind.PARALLEL:
                for factor in real:
                    count[number] = min(count[number] * factor, WHOLE_LIMIT + 1)
            elif real:
                count[number] = min(sum(real), WHOLE_LIMIT + 1)
        return count[0]

    def _looks_around(self) -> bool:
        """Whether one region may look at another: by an eventless transition or by `in()`."""
        for row, state in zip(self.arcs, self.states, strict=True):
            actions = [*state.entry, *state.exit, *state.initial_actions, *(a for arc in row for a in arc.actions)]
            guards = [arc.definition.guard for arc in row if arc.definition.guard is not None]
            if any(not arc.events for arc in row) or any(map(states_read, guards)) or any(map(looks_at_states, actions)):
                return True
        return False

    def place(self, configuration: tuple[str, ...], history: History) -> Place:
        """The one object for a place, while the machine has few of them; else one that nobody owns."""
        if not self.few:
            return Place(configuration, history)
        found = self.places.get((configuration, history))
        if found is None:
            found = Place(configuration, history, self.definition)
            remember(self.places, (configuration, history), found)
        return found

    def forget(self) -> None:
        """Let go of all that is remembered of ways."""
        for place in self.places.values():
            place.trails.clear()
        self.trails.clear()
        self.forks = 0

    def responders(self, event: str) -> frozenset[str]:
        """The leaves that could answer an event, themselves or by an ancestor."""
        found = self._responders.get(event)
        if found is None:
            answering = {n for n, row in enumerate(self.arcs) if any(answers(arc, event) for arc in row)}
            leaves = [n for n in range(len(self.ids)) if self.is_leaf(n) and self._within(n, answering)]
            found = frozenset(self.ids[n] for n in leaves)
            remember(self._responders, event, found)
        return found

    def _within(self, number: int, states: set[int]) -> bool:
        while number >= 0 and number not in states:
            number = self.parent[number]
        return number >= 0

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

    def looks_at_states(self, actions: tuple[Action, ...]) -> bool:
        """Whether contents of the definition must know the configuration of the very moment at which they run."""
        found = self.looking.get(id(actions))
        if found is None:
            found = self.looking[id(actions)] = any(map(looks_at_states, actions))
        return found

    def value(self, expression: Expression) -> Guard:
        """The compiled form of an expression inside an action."""
        compiled = self.guards.get(id(expression))
        if compiled is None:
            compiled = self.guards[id(expression)] = self.compiled(expression)
        return compiled


def matches(descriptor: str, event: str) -> bool:
    """S3: a descriptor matches its own name, every name that continues it after a dot, and `*` matches all."""
    return descriptor == event or descriptor == "*" or event.startswith(descriptor + ".")


def descriptors(event: str) -> frozenset[str]:
    """All descriptors that match an event."""
    parts = event.split(".")
    return frozenset(("*", *(".".join(parts[:count]) for count in range(1, len(parts) + 1))))


def answers(arc: Arc, event: str | None) -> bool:
    """Whether an arc may be taken on an event; None asks for eventless arcs."""
    if event is None:
        return not arc.events
    return any(matches(descriptor, event) for descriptor in arc.events)


def _known_good(spec: Field) -> Callable[[Any], bool] | None:
    """A quick test of a type: what passes it, `read_value` would give back as it is."""
    if spec.min is not None or spec.max is not None:
        return None
    if spec.type is FieldType.INT:
        return _small_int
    if spec.type is FieldType.TEXT:
        return _plain_text
    if spec.type is FieldType.BOOL:
        return lambda value: type(value) is bool
    if spec.type is FieldType.CHOICE:
        options = frozenset(spec.options)
        return lambda value: type(value) is str and value in options
    return None


_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?")
"""Amounts as they nearly always come; `read_value` reads them, and whatever else means a number, to the same end."""


def _small_int(value: Any) -> bool:
    return type(value) is int and -_SMALL < value < _SMALL


def _plain_text(value: Any) -> bool:
    if type(value) is not str or len(value) > 200 or not value.isprintable() or value[0] == " " or value[-1] == " ":
        return False
    return value.isascii() or is_normalized("NFC", value)


def _writer(spec: Field, utc_offset_minutes: int) -> Writer:
    """How values get into a field: checked against the form; None and an empty text empty it."""
    name, known = spec.name, _known_good(spec)
    low, high = -_SMALL, _SMALL

    def write(data: dict[str, Any], value: Any) -> bool:
        if value is None or value == "":
            data.pop(name, None)
            return True
        if known is not None and known(value):
            data[name] = value
            return True
        value = read_value(spec, value, utc_offset_minutes=utc_offset_minutes)
        if value is None or isinstance(value, Problem):
            return False
        data[name] = value
        return True

    def write_int(data: dict[str, Any], value: Any) -> bool:
        if type(value) is int and low < value < high:
            data[name] = value
            return True
        return write(data, value)

    def write_amount(data: dict[str, Any], value: Any) -> bool:
        if type(value) is str and _AMOUNT.fullmatch(value):
            data[name] = Decimal(value)
            return True
        return write(data, value)

    if spec.type in (FieldType.MONEY, FieldType.DECIMAL) and spec.min is None and spec.max is None:
        return write_amount
    return write_int if known is _small_int else write


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
    if isinstance(action, Perform):
        return any(states_read(value) for _, value in action.inputs)
    return isinstance(action, Set) and bool(states_read(action.value))


def _assignment(value: Guard, name: str, writer: Writer, plain_int: bool) -> Assignment:
    def assign(data: dict[str, Any], inside: Inside) -> bool:
        found = value(data, inside)
        if plain_int and type(found) is int and -_SMALL < found < _SMALL:
            data[name] = found
            return True
        return writer(data, found)

    return assign


def _counting(value: Arithmetic, name: str, otherwise: Assignment) -> Assignment | None:
    """`n = n + 1`, the commonest assignment of all, as one function without calls."""
    left, right = value.left, value.right
    if value.op == "*" or not isinstance(left, Name) or not isinstance(right, Constant) or type(right.value) is not int:
        return None
    source, step = left.name, right.value if value.op == "+" else -right.value
    if not -_SMALL < step < _SMALL:
        return None
    low, high = -_SMALL, _SMALL

    def count(data: dict[str, Any], inside: Inside) -> bool:
        try:
            number = data[source]
        except KeyError:
            return otherwise(data, inside)
        if type(number) is int and low < number < high:
            data[name] = number + step
            return True
        return otherwise(data, inside)

    return count


_SMALL = 2**30 - 1
"""Whole numbers of one machine word, which compare fastest; larger ones take the general way."""


def machine_of(definition: Definition) -> Machine:
    """The machine of a definition, made at the first call."""
    machine: Machine | None = definition.compiled
    if machine is None:
        machine = Machine(definition)
        object.__setattr__(definition, "compiled", machine)
    return machine
