"""Whether two definitions behave alike, shown by looking at everything that can happen to both at once.

Both are taken by the kernel through the same answers, values and timers, from the beginning, breadth first over pairs of
snapshots. They are alike if in every pair that can be reached the same steps are open, for the same people, with the same
answers, form and deadlines, the same events are taken and the same people are told, down to the same ends. Timers fire at any
moment, which is more than can happen. Values are tried by classes: if conditions only compare single fields with constants, two
values that no comparison tells apart are one, so every constant, one value between each two and one beyond them are all.
Where that does not hold, or where there is too much to look at, nothing is claimed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from itertools import combinations, pairwise, product
from typing import Any

from oyiflow.engine.access import is_outside
from oyiflow.kernel import Act, Event, Message, Rejected, Snapshot, Step, TimerFired, start, step
from oyiflow.kernel.machine import machine_of
from oyiflow.kernel.messages import Copied, Ended, Logged, Notified
from oyiflow.kernel.snapshot import Timer
from oyiflow.kernel.step import accepted_events
from oyiflow.model.definition import Definition, Outcome, Set, StateKind, Transition, Work, actions_of
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.expression import And, Compare, Constant, Expression, ListOf, Member, Name, Not, Or, names_read, walk
from oyiflow.model.values import FieldType, Value
from oyiflow.testing import MONDAY
from oyiflow.testing.stage.samples import fitting, sample

LIMIT = 20_000
"""Pairs that are looked at."""
Row = dict[str, Value]


class Unclear(Exception):
    """Something that this comparison does not know how to exhaust."""


def alike(one: Definition, other: Definition) -> bool:
    """True if it has been shown; False if they differ somewhere, or if it is not known."""
    if (one.fields, one.roles, one.rules, one.starts) != (other.fields, other.roles, other.rules, other.starts):
        return False
    try:
        return Twins(one, other).alike()
    except Unclear:
        return False


class Twins:
    """Two definitions of one form, taken through the same events."""

    def __init__(self, one: Definition, other: Definition) -> None:
        self.pair = (one, other)
        self.guards = list(dict.fromkeys(guard for definition in self.pair for guard in guards_of(definition)))
        self.compiled = [compile_expression(guard) for guard in self.guards]
        self.asked = {name for guard in self.guards for name in names_read(guard)}
        self._filled: dict[tuple[str, ...], list[Row]] = {}

    def alike(self) -> bool:
        begun = [start(definition, instance="i", now=MONDAY, values={}, actor="starter") for definition in self.pair]
        if not self._same(*begun):
            return False
        first = tuple(answer.snapshot for answer in begun if isinstance(answer, Step))
        if len(first) != 2:
            return True
        known: set[Hashable] = {self._key(*first)}
        todo = deque([first])
        while todo:
            if len(known) > LIMIT:
                raise Unclear
            here = todo.popleft()
            for events in self._events(*here):
                answers = [_stepped(d, s, e) for d, s, e in zip(self.pair, here, events, strict=True)]
                if not self._same(*answers):
                    return False
                after = tuple(answer.snapshot for answer in answers if isinstance(answer, Step))
                if len(after) == 2 and (key := self._key(*after)) not in known:
                    known.add(key)
                    todo.append(after)
        return True

    # --- what is seen

    def _same(self, one: Step | Rejected, other: Step | Rejected) -> bool:
        if isinstance(one, Rejected) or isinstance(other, Rejected):
            return isinstance(one, Rejected) and isinstance(other, Rejected)
        return self._seen(self.pair[0], one) == self._seen(self.pair[1], other)

    def _seen(self, definition: Definition, answer: Step) -> Hashable:
        snapshot = answer.snapshot
        tasks = sorted(
            (task.state, task.waiting, tuple(vote.outcome for vote in task.votes), task.due) for task in snapshot.tasks
        )
        works = tuple(_of_people(definition.states[task[0]].work) for task in tasks)
        timers = tuple(sorted((timer.state, timer.due) for timer in snapshot.timers))
        told = tuple(_without_id(effect) for effect in answer.effects if isinstance(effect, Notified | Copied | Logged | Ended))
        places = tuple(sorted(name for name in snapshot.configuration if definition.states[name].verb))
        if snapshot.calls or snapshot.pending.kept or any(task.arranged for task in snapshot.tasks):
            raise Unclear
        return repr(
            (
                snapshot.status,
                places,
                tasks,
                works,
                timers,
                told,
                sorted(snapshot.data.items()),
                self._moments(definition, snapshot),
            )
        )

    def _moments(self, definition: Definition, snapshot: Snapshot) -> Hashable:
        """How long each timer was set for, which a single clock does not show."""
        ways = (way_of(definition, timer) for timer in snapshot.timers if timer.state)
        return tuple(sorted(repr((way.after, way.at, way.day, way.over, way.on_holiday)) for way in ways))

    def _key(self, one: Snapshot, other: Snapshot) -> Hashable:
        return tuple(
            (s.place, s.status, tuple((t.state, t.waiting, tuple(v.outcome for v in t.votes)) for t in s.tasks),
             tuple(t.event for t in s.timers), self._class_of(s.data), frozenset(s.data),
             tuple((name, frozenset(s.did.get(name, ()))) for name in self._remembered))
            for s in (one, other)
        )  # fmt: skip

    def _class_of(self, data: Mapping[str, Any]) -> Hashable:
        """What the conditions can tell of the data: each comparison by itself, since fields may be filled one after the other."""
        return tuple(atom(data, _nowhere) for atom in self.atoms) + tuple((n, data[n]) for n in self._dates if n in data)

    @cached_property
    def atoms(self) -> list[Any]:
        found = dict.fromkeys(node for guard in self.guards for node in walk(guard) if isinstance(node, Compare | Member))
        plain = dict.fromkeys(node for guard in self.guards for node in walk(guard) if isinstance(node, Name))
        return [compile_expression(node) for node in (*found, *plain)] if self.asked else []

    @cached_property
    def _remembered(self) -> list[str]:
        """The steps of which it is asked later who did them."""
        rules = {
            name
            for d in self.pair
            for rule in d.rules
            if rule.form in ("different_people", "same_person")
            for name in rule.steps
        }
        works = [state.work for d in self.pair for state in d.states.values() if state.work is not None]
        asked = {who.whoever_did for work in works for who in (*work.by, work.who) if who is not None and who.whoever_did}
        return sorted(rules | asked)

    @cached_property
    def _dates(self) -> list[str]:
        return [spec.name for spec in self.pair[0].fields if spec.type in (FieldType.DATE, FieldType.DATETIME)]

    # --- what may happen

    def _events(self, one: Snapshot, other: Snapshot) -> Iterator[tuple[Event, Event]]:
        for task in one.tasks:
            twin = next(t for t in other.tasks if (t.state, t.waiting) == (task.state, task.waiting))
            work = self.pair[0].states[task.state].work
            assert work is not None, "a task belongs to a state with work"
            for outcome in work.outcomes:
                for place in task.waiting:
                    for row in self._rows(work, outcome):
                        act = Act(task=task.id, outcome=outcome.name, actor=f"{task.state}/{place}",
                                  roles=frozenset({work.by[place].role}), values=row, checked=("*",))  # fmt: skip
                        yield act, replace(act, task=twin.id)
        for name in self._messages(one, 0) | self._messages(other, 1):
            yield Message(name=name), Message(name=name)
        free = list(other.timers)
        for timer in one.timers:
            twin_timer = next(t for t in free if (t.state, t.due) == (timer.state, timer.due))
            free.remove(twin_timer)
            yield TimerFired(timer=timer.id), TimerFired(timer=twin_timer.id)

    def _messages(self, snapshot: Snapshot, place: int) -> set[str]:
        definition = self.pair[place]
        heads = {event.removesuffix(".*") for event in accepted_events(machine_of(definition), snapshot)}
        return {head for head in heads if head != "*" and is_outside(definition, head)}

    def _rows(self, work: Work, outcome: Outcome) -> list[Row]:
        if not outcome.consent and work.fill:
            raise Unclear
        if any(not who.role and not who.whoever_did for who in work.by):
            raise Unclear
        if work.fill not in self._filled:
            self._filled[work.fill] = list(self._new_rows(work.fill))
        return self._filled[work.fill]

    def _new_rows(self, fill: tuple[str, ...]) -> Iterator[Row]:
        """One row of values for each class of rows. Whole conditions tell rows apart if all that they ask for is filled in at once."""
        tried = {name: self._values(name) for name in fill}
        at_once = self.asked <= set(fill)
        seen: set[Hashable] = set()
        for values in product(*tried.values()):
            row = {name: value for name, value in zip(tried, values, strict=True) if value is not None}
            tests = self.compiled if at_once else self.atoms
            key = (tuple(test(row, _nowhere) for test in tests), frozenset(row), tuple(row.get(name) for name in self._dates))
            if key not in seen:
                seen.add(key)
                yield row

    def _values(self, name: str) -> list[Value | None]:
        spec = self.pair[0].field[name]
        plain = sample(spec, MONDAY, self.pair[0].calendar)
        found: list[Value | None] = [plain]
        if name in self.asked:
            found = [value for raw in self._classes(name) if (value := fitting(spec, raw)) is not None]
        return found if spec.required else [*found, None]

    def _classes(self, name: str) -> Iterable[object]:
        spec = self.pair[0].field[name]
        if spec.type is FieldType.BOOL:
            return (True, False)
        if spec.type is FieldType.CHOICE:
            return spec.options
        if spec.type is FieldType.CHOICES:
            return [list(some) for size in range(1, len(spec.options) + 1) for some in combinations(spec.options, size)]
        if spec.type not in (FieldType.INT, FieldType.MONEY, FieldType.DECIMAL):
            raise Unclear
        nodes = (
            node
            for guard in self.guards
            for node in walk(guard)
            if isinstance(node, Compare | Member) and name in names_read(node)
        )
        constants = {part.value for node in nodes for part in walk(node) if isinstance(part, Constant)}
        marks = sorted({Decimal(str(c)) for c in (*constants, spec.min, spec.max) if c is not None})
        if any(mark != int(mark) for mark in marks):
            raise Unclear
        between = [(low + high) / 2 for low, high in pairwise(marks)] + [marks[0] - 1, marks[-1] + 1]
        whole = spec.type is FieldType.INT
        return [int(mark // 1) if whole else mark for mark in sorted({*marks, *between})]


def _stepped(definition: Definition, snapshot: Snapshot, event: Event) -> Step | Rejected:
    """A timer fires at its own moment; everything else happens on the first morning."""
    due = next((t.due for t in snapshot.timers if isinstance(event, TimerFired) and t.id == event.timer), MONDAY)
    answer = step(definition, snapshot, event, max(MONDAY, due))
    assert isinstance(answer, Step) or not isinstance(event, TimerFired), "a timer that is there may fire"
    return answer


def way_of(definition: Definition, timer: Timer) -> Transition:
    """The transition that a timer is for; its id is `state#place@revision`."""
    place = timer.id.split("#")[1].split("@")[0]
    return definition.states[timer.state].transitions[int(place)]


def guards_of(definition: Definition) -> Iterator[Expression]:
    """All conditions, if they only compare single fields with constants and nothing else writes those fields."""
    for state in definition.states.values():
        if any(isinstance(action, Set) for action in actions_of(state)) or state.call is not None:
            raise Unclear
        if state.kind is StateKind.FINAL and state.output:
            raise Unclear
        for way in state.transitions:
            if way.at or way.day:
                raise Unclear
            if way.guard is not None:
                _plain(way.guard)
                yield way.guard


def _plain(guard: Expression) -> None:
    for node in walk(guard):
        if not isinstance(node, And | Or | Not | Compare | Member | Name | Constant | ListOf):
            raise Unclear
        if isinstance(node, Compare | Member) and len(set(names_read(node))) > 1:
            raise Unclear


def _of_people(work: Work | None) -> Hashable:
    """What people see of a step, papers too. What its deadline does is seen when it fires, whatever it is called there."""
    return repr(replace(work, late="") if work is not None else None)


def _without_id(effect: Any) -> str:
    return repr([getattr(effect, name) for name in type(effect).__slots__ if name not in ("id", "task")])


def _nowhere(state: str) -> bool:
    return False
