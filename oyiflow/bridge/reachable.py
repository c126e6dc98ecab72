"""Every configuration that a definition can come to, and the ways between them, whatever the data are.

The kernel's own parts do the walking: `select` says which transitions are taken and `plan` what they do. A guard that looks at
fields is answered both ways, one that looks at nothing but active states is answered as it is; a `set` may fail wherever
`error.execution` is listened to. So the result is never too small: whatever the kernel answers later is among these ways.
It may be too large where guards exclude each other.

Between two points of rest lies a graph of microsteps: (leaves, history, queues). It is searched with a set of what was
seen, so cycles end. The walk is bounded by `limit` configurations and by the moments that it looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import NamedTuple

from oyiflow.errors import OyiFlowError
from oyiflow.kernel.machine import Arc, Guard, Inside, answers, machine_of
from oyiflow.kernel.plan import Block, Plan, initial_plan, plan
from oyiflow.kernel.select import select
from oyiflow.kernel.snapshot import History
from oyiflow.model.definition import Action, Definition, Raise, Send, Set
from oyiflow.model.expression import Constant, names_read
from oyiflow.model.values import FieldType, Problem, read_value

MOMENTS_AT_LEAST, MOMENTS_PER_CONFIGURATION = 20_000, 200
"""Moments that the whole walk may look at, beside those for each configuration that it has found."""
QUEUE_LIMIT = 100
"""Events that may wait at one moment; a process that raises more in one step raises them without end."""

STAYED, ACTED, MOVED = 0, 1, 2
"""What came of an event: no transition; transitions that leave no state; states were left."""


class Input(NamedTuple):
    """Something that may happen in a configuration: the trigger that stands for it, and the event that it brings.

    `may_stay`: it may be taken although no transition answers (a signature of several, a timer, a result).
    """

    trigger: str
    event: str
    may_stay: bool = False


class Way(NamedTuple):
    """Where a trigger may lead. `dest` is None where no state is left, in the sense of an internal transition."""

    trigger: str
    source: str
    dest: str | None


@dataclass(slots=True)
class Reachable:
    """The flat machine: names of configurations, the first of them possible at the start; of ends; ways in order."""

    starts: tuple[str, ...] = ()
    configurations: dict[str, frozenset[str]] = field(default_factory=dict)
    """The active states by the name of the configuration."""
    ends: set[str] = field(default_factory=set)
    ways: dict[Way, None] = field(default_factory=dict)


class _Node(NamedTuple):
    """A moment inside a step."""

    leaves: tuple[int, ...]
    history: History
    internal: tuple[str, ...]
    external: tuple[str, ...]
    outcome: int
    ended: bool


_Said = tuple[tuple[str, ...], tuple[str, ...]]
"""Events for the inner and for the outer queue."""


class _Rest(NamedTuple):
    """A moment between two steps."""

    leaves: tuple[int, ...]
    history: History


Inputs = Callable[[frozenset[str]], Iterable[Input]]
"""What may happen where these states are active; told by those who name the triggers."""


def name_of(configuration: tuple[str, ...]) -> str:
    """The name of a configuration in the flat machine."""
    return "+".join(configuration)


def reachable(definition: Definition, inputs: Inputs, limit: int) -> Reachable:
    """Walk everything. Raises `OyiFlowError` above `limit` configurations."""
    return _Walk(definition, limit).all(inputs)


class _Walk:
    def __init__(self, definition: Definition, limit: int) -> None:
        self.definition = definition
        self.machine = machine_of(definition)
        self.limit = limit
        self.looked = 0
        self.found = Reachable()
        arcs = [arc for row in self.machine.arcs for arc in row]
        self.hears_errors = any(answers(arc, "error.execution") for arc in arcs)
        guarded = ((arc.guard, arc.definition.guard) for arc in arcs)
        self.plain = {id(guard) for guard, text in guarded if text is not None and not names_read(text)}
        """Guards that look at no data."""
        self.selections: dict[tuple[tuple[int, ...], str | None, History], tuple[tuple[Arc, ...], ...]] = {}

    def all(self, inputs: Inputs) -> Reachable:
        begin = _Node((), (), (), (), STAYED, False)
        starts = list(self._to_rest(self._applied(begin, initial_plan(self.machine))))
        self.found.starts = tuple(dict.fromkeys(self._name(node.leaves) for node in starts))
        seen = dict.fromkeys(self._note(node) for node in starts)
        todo = list(seen)
        while todo:
            for after in self._from(todo.pop(), inputs):
                if after not in seen:
                    seen[after] = None
                    todo.append(after)
        return self.found

    def _from(self, rest: _Rest, inputs: Inputs) -> Iterator[_Rest]:
        source = self._name(rest.leaves)
        if source in self.found.ends:
            return
        for given in inputs(self.found.configurations[source]):
            if given.may_stay:
                self.found.ways[Way(given.trigger, source, None)] = None
            begin = _Node(rest.leaves, rest.history, (), (given.event,), STAYED, False)
            for node in self._to_rest(self._heard(begin)):
                if node.outcome != STAYED:  # else nothing answers: refused, or heard without consequence
                    name = self._name(node.leaves)
                    inside = name == source and node.outcome == ACTED
                    self.found.ways[Way(given.trigger, source, None if inside else name)] = None
                    yield self._note(node)

    def _note(self, node: _Node) -> _Rest:
        name = self._name(node.leaves)
        if name not in self.found.configurations:
            if len(self.found.configurations) >= self.limit:
                raise self._too_many()
            self.found.configurations[name] = self.machine.active(node.leaves)
            if node.ended:
                self.found.ends.add(name)
        return _Rest(node.leaves, node.history)

    def _name(self, leaves: tuple[int, ...]) -> str:
        return name_of(tuple(self.machine.ids[leaf] for leaf in leaves))

    # --- one step

    def _to_rest(self, begin: Iterable[_Node]) -> Iterator[_Node]:
        """All moments of rest that may follow these moments."""
        todo = list(begin)
        seen = set(todo)
        while todo:
            node = todo.pop()
            self._count(node)
            if node.ended:
                yield node
                continue
            for after in self._settling(node):
                if after is None:
                    yield node
                elif after not in seen:
                    seen.add(after)
                    todo.append(after)

    def _settling(self, node: _Node) -> Iterator[_Node | None]:
        """What may follow: eventless transitions first, then inner events, then outer ones; None: it may rest here."""
        for arcs in self._select(node, None):
            if arcs:
                yield from self._taken(node, arcs)
            elif node.internal or node.external:
                yield from self._heard(node)
            else:
                yield None

    def _heard(self, node: _Node) -> Iterator[_Node]:
        if node.internal:
            event, node = node.internal[0], node._replace(internal=node.internal[1:])
        else:
            event, node = node.external[0], node._replace(external=node.external[1:])
        for arcs in self._select(node, event):
            yield from self._taken(node, arcs) if arcs else (node,)

    def _taken(self, node: _Node, arcs: tuple[Arc, ...]) -> Iterator[_Node]:
        return self._applied(node, plan(self.machine, arcs, node.leaves, dict(node.history)))

    def _applied(self, node: _Node, taken: Plan) -> Iterator[_Node]:
        """The moments after a microstep: one, or one for each way in which its contents may fail."""
        history = tuple(sorted({**dict(node.history), **dict(taken.recorded)}.items()))
        outcome = max(node.outcome, MOVED if taken.exited else ACTED)
        parts = [self._said(item.actions) if isinstance(item, Block) else [((item.event,), ())] for item in taken.program]
        for said in product(*parts):
            self._count(node)
            internal = (*node.internal, *(event for inner, _ in said for event in inner))
            external = (*node.external, *(event for _, outer in said for event in outer))
            yield _Node(taken.leaves, history, internal, external, outcome, taken.ended >= 0)

    def _said(self, actions: tuple[Action, ...]) -> list[_Said]:
        """What a block may put into the inner and the outer queue: all of it, or what comes before an error."""
        inner: tuple[str, ...] = ()
        outer: tuple[str, ...] = ()
        found: list[_Said] = []
        for action in actions:
            if isinstance(action, Raise):
                inner = (*inner, action.event)
            elif isinstance(action, Send) and action.after is None:
                outer = (*outer, action.event)
            elif isinstance(action, Set) and self.hears_errors and self._may_fail(action):
                found.append(((*inner, "error.execution"), outer))
        return [*dict.fromkeys(found), (inner, outer)]

    def _may_fail(self, action: Set) -> bool:
        """Whether the value may not fit its field; None always does."""
        spec = self.definition.field[action.field]
        if isinstance(action.value, Constant):
            return isinstance(read_value(replace(spec, required=False), action.value.value), Problem)
        return spec.type is not FieldType.BOOL

    def _select(self, node: _Node, event: str | None) -> tuple[tuple[Arc, ...], ...]:
        key = (node.leaves, event, node.history)
        if key not in self.selections:
            self.selections[key] = tuple(dict.fromkeys(self._selected(node, event)))
        return self.selections[key]

    def _selected(self, node: _Node, event: str | None) -> Iterator[tuple[Arc, ...]]:
        """The kernel's choice under every combination of answers: the last `True` is turned until none is left."""
        history = dict(node.history)
        script: list[bool] = []
        while True:
            told: dict[int, bool] = {}

            def ask(guard: Guard, inside: Inside, told: dict[int, bool] = told, script: list[bool] = script) -> bool:
                if id(guard) in self.plain:
                    return guard({}, inside) is True
                if id(guard) not in told:
                    told[id(guard)] = script[len(told)] if len(told) < len(script) else True
                return told[id(guard)]

            yield select(self.machine, node.leaves, event, ask, history)
            self._count(node)
            script = list(told.values())
            while script and not script[-1]:
                script.pop()
            if not script:
                return
            script[-1] = False

    # --- bounds

    def _count(self, node: _Node) -> None:
        self.looked += 1
        allowed = MOMENTS_AT_LEAST + MOMENTS_PER_CONFIGURATION * len(self.found.configurations)
        if self.looked > allowed or len(node.internal) + len(node.external) > QUEUE_LIMIT:
            raise self._endless(node)

    def _endless(self, node: _Node) -> OyiFlowError:
        name, events = self._name(node.leaves), ", ".join(dict.fromkeys((*node.internal, *node.external))) or "-"
        return OyiFlowError(
            f"一步之内的走法太多，或者不断引发事件（在“{name}”，待处理的事件: {events}），展不成一层的状态机；请改用 oyiflow.Engine",
            f"one step may run in too many ways or raise events without end (at {name}, with {events} waiting), "
            "which makes no flat machine; use oyiflow.Engine",
        )

    def _too_many(self) -> OyiFlowError:
        name = self.definition.name
        return OyiFlowError(
            f"“{name}”并列的状态组合太多，超过 {self.limit} 种，展不成一层的状态机；请改用 oyiflow.Engine，或调高 limit",
            f"{name} can be in more than {self.limit} combinations of states, too many for a flat machine; use oyiflow.Engine, or raise limit",
        )
