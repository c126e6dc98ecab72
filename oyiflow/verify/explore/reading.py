"""What an exploration needs to know of a definition before it begins: who reads and writes which field, and until when it matters.

Fields are numbered, and sets of them are bit masks. Tracked are the fields on which the way depends: those that guards and
moments ask for, those that a rule asks for (`asked`), and those from which a `set` makes one of these.

A field is *live* at a state if it may be read on the way from there before it is written anew; when it is not, nothing will
ever ask for its value, and the exploration forgets it. Filling in writes anew whatever was there, since any value may come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property

from oyiflow.kernel.machine import Arc, Machine, answers, descriptors, machine_of
from oyiflow.kernel.select import domain
from oyiflow.model.definition import Action, Cancel, Definition, Log, Notify, Send, Set, State, StateKind, actions_of
from oyiflow.model.expression import Arithmetic, Constant, Expression, Name, names_read

Asked = Mapping[str, frozenset[str]]
"""For a step, the fields that somebody will want to see when it comes, is open or is done."""


class Facts:
    """The static side of one definition, for one set of questions."""

    def __init__(self, definition: Definition, asked: Asked | None = None) -> None:
        self.definition = definition
        self.machine: Machine = machine_of(definition)
        self.asked: Asked = asked or {}
        self.inert = _inert_events(self.machine)
        self.fields: tuple[str, ...] = tuple(self._tracked())
        self.bit = {name: 1 << number for number, name in enumerate(self.fields)}
        self._arounds: dict[int, tuple[int, ...]] = {}

    def _tracked(self) -> list[str]:
        found = {name for guard in self._guards() for name in names_read(guard)}
        found |= {way.at for state in self.machine.states for way in state.transitions if way.at}
        found.update(*self.asked.values())
        sets = [action for actions in map(actions_of, self.machine.states) for action in actions if isinstance(action, Set)]
        more = True
        while more:
            names = {name for action in sets if action.field in found for name in names_read(action.value)}
            more = not names <= found
            found |= names
        return [spec.name for spec in self.definition.fields if spec.name in found]

    def _guards(self) -> Iterator[Expression]:
        return (way.guard for state in self.machine.states for way in state.transitions if way.guard is not None)

    def mask(self, names: Iterable[str]) -> int:
        """The tracked ones among these fields."""
        found = 0
        for name in names:
            found |= self.bit.get(name, 0)
        return found

    def matters(self, action: Action) -> bool:
        """Whether an action can change the way: a notice or a line in the journal cannot, nor an event that only tells."""
        if isinstance(action, Notify | Log):
            return False
        if isinstance(action, Send | Cancel):
            return action not in self._telling
        return True

    @cached_property
    def _telling(self) -> frozenset[Send | Cancel]:
        """Sends that only tell somebody something, and what calls them off."""
        sends = [a for state in self.machine.states for a in actions_of(state) if isinstance(a, Send)]
        inert = {send for send in sends if send.event in self.inert}
        real = {send.id for send in sends if send not in inert}
        cancels = [a for state in self.machine.states for a in actions_of(state) if isinstance(a, Cancel)]
        return frozenset((*inert, *(cancel for cancel in cancels if cancel.id not in real)))

    # --- what a transition and a state do with fields

    @cached_property
    def read(self) -> list[int]:
        """For each state the fields that its own transitions, actions and timers read."""
        return [self._read(state) for state in self.machine.states]

    def _read(self, state: State) -> int:
        found = self.mask(self.asked.get(state.id, ()))
        for way in state.transitions:
            found |= self.mask(names_read(way.guard)) if way.guard is not None else 0
            found |= self.bit.get(way.at, 0)
        for action in actions_of(state):
            if isinstance(action, Set) and action.field in self.bit:
                found |= self.mask(names_read(action.value))
        return found

    @cached_property
    def written(self) -> list[int]:
        """For each state the fields that may be written while it is active or when it is entered or left."""
        return [self._written(state) for state in self.machine.states]

    def _written(self, state: State) -> int:
        found = self.mask(action.field for action in actions_of(state) if isinstance(action, Set))
        if state.work is not None:
            found |= self.mask(state.work.fill)
        if state.call is not None:
            found |= self.mask(ours for ours, _ in state.call.outputs)
        if any(self._from_outside(event) for arc in self.machine.arcs[self.machine.index[state.id]] for event in arc.events):
            found |= self.mask(self.outside)
        return found

    @cached_property
    def outside(self) -> tuple[str, ...]:
        """Tracked fields that no step fills in: they come with the start or with a message."""
        filled = {name for state in self.machine.states if state.work is not None for name in state.work.fill}
        fields = self.definition.field
        return tuple(name for name in self.fields if name not in filled and not fields[name].hidden)

    @cached_property
    def rising(self) -> frozenset[str]:
        """Tracked numbers that are only ever counted up, or set to a constant."""
        return self._counted("+")

    @cached_property
    def falling(self) -> frozenset[str]:
        """Tracked numbers that are only ever counted down, or set to a constant."""
        return self._counted("-")

    def _counted(self, op: str) -> frozenset[str]:
        found: dict[str, bool] = {}
        for state in self.machine.states:
            for action in actions_of(state):
                if isinstance(action, Set) and action.field in self.bit:
                    found[action.field] = found.get(action.field, True) and _counts(action, op)
        return frozenset(name for name, good in found.items() if good)

    @cached_property
    def answers(self) -> frozenset[str]:
        """The events that stand for people's answers."""
        works = (state.work for state in self.machine.states if state.work is not None)
        return frozenset(outcome.event for work in works for outcome in work.outcomes)

    def _from_outside(self, event: str) -> bool:
        return event != "*" and self.is_message(event)

    def is_message(self, event: str) -> bool:
        """Whether an event may come from outside: no answer of a person and none of the machine's own."""
        parts = event.split(".")
        prefixes = {".".join(parts[: n + 1]) for n in range(len(parts))}
        return not (prefixes & self.answers or parts[0] in ("done", "error", "after"))

    # --- what is still to be read

    @cached_property
    def live(self) -> list[int]:
        """For each state the fields that may still be read because it is active."""
        machine = self.machine
        entered = [self._entered(number) for number in range(len(machine.states))]
        live = [self._own(number) for number in range(len(machine.states))]
        before: list[list[int]] = [[] for _ in live]
        for number, row in enumerate(entered):
            for _, targets in row:
                for target in targets:
                    before[target].append(number)
        todo = list(range(len(live)))
        waiting = set(todo)
        while todo:
            number = todo.pop()
            waiting.discard(number)
            found = live[number]
            for arc, targets in entered[number]:
                found |= self._through(number, arc, targets, live)
            if found != live[number]:
                live[number] = found
                fresh = [one for one in before[number] if one not in waiting]
                todo += fresh
                waiting.update(fresh)
        return live

    def _own(self, number: int) -> int:
        """What a state itself reads of what was there before it: not what its people fill in first."""
        state = self.machine.states[number]
        found = self.mask(self.asked.get(state.id, ()))
        for arc in self.machine.arcs[number]:
            way = arc.definition
            reads = self.mask(names_read(way.guard)) if way.guard is not None else 0
            found |= self.bit.get(way.at, 0) | (reads & ~self._filled_by(number, arc))
        for action in (
            *state.entry,
            *state.exit,
            *state.initial_actions,
            *(a for arc in self.machine.arcs[number] for a in arc.actions),
        ):
            if isinstance(action, Set) and action.field in self.bit:
                found |= self.mask(names_read(action.value))
        return found

    def _filled_by(self, number: int, arc: Arc) -> int:
        """The fields that are written anew by the answer that takes a transition."""
        work = self.machine.states[number].work
        if work is None or not any(answers(arc, outcome.event) for outcome in work.outcomes):
            return 0
        return self.mask(work.fill)

    def _through(self, number: int, arc: Arc, targets: tuple[int, ...], live: list[int]) -> int:
        """What is live before a transition because of what follows it."""
        after = 0
        for target in targets:
            after |= live[target]
        for action in reversed(arc.actions):
            if isinstance(action, Set) and action.field in self.bit:
                after &= ~self.bit[action.field]
        return after & ~self._filled_by(number, arc)

    @cached_property
    def fillable(self) -> list[int]:
        """For each state the fields that it fills in and that somebody may read afterwards."""
        machine, found = self.machine, []
        for number, state in enumerate(machine.states):
            mask = 0
            if state.work is not None:
                mask = self.mask(self.asked.get(state.id, ()))
                for above in (number, *self._above(number)):
                    for arc in machine.arcs[above]:
                        guard = arc.definition.guard
                        mask |= self.mask(names_read(guard)) if guard is not None else 0
                        for action in arc.actions:
                            mask |= self.mask(names_read(action.value)) if isinstance(action, Set) else 0
                        for target in self.entered_by(arc):
                            mask |= self.live[target]
                    mask |= self.live[above] if above != number else 0
                mask |= self._beside(number)
                mask &= self.mask(state.work.fill)
            found.append(mask)
        return found

    def _beside(self, number: int) -> int:
        """What states that may be active together with this one still read."""
        machine, found = self.machine, 0
        child = number
        for above in self._above(number):
            if machine.kind[above] is StateKind.PARALLEL:
                for region in machine.children[above]:
                    if region != child:
                        for inside in range(region, machine.last[region] + 1):
                            found |= self.live[inside]
            child = above
        return found

    def _above(self, number: int) -> Iterator[int]:
        number = self.machine.parent[number]
        while number >= 0:
            yield number
            number = self.machine.parent[number]

    def _entered(self, number: int) -> list[tuple[Arc, tuple[int, ...]]]:
        return [(arc, self.entered_by(arc)) for arc in self.machine.arcs[number]]

    @cached_property
    def entered_first(self) -> tuple[int, ...]:
        """The states that are active at the start."""
        return self._entering(self.machine.initial[0], 0)

    def entered_by(self, arc: Arc) -> tuple[int, ...]:
        """All states that may become active through a transition: its targets, what lies around them and what they begin with."""
        found = self._arounds.get(arc.number)
        if found is None:
            below = domain(self.machine, arc, {})
            found = self._arounds[arc.number] = self._entering(arc.targets, 0 if below is None else below)
        return found

    def _entering(self, targets: Iterable[int], below: int) -> tuple[int, ...]:
        machine, found = self.machine, set[int]()
        todo = list(targets)
        while todo:
            target = todo.pop()
            if target in found:
                continue
            found.add(target)
            if machine.kind[target] is StateKind.HISTORY:
                todo += range(machine.parent[target] + 1, machine.last[machine.parent[target]] + 1)
            elif machine.kind[target] is StateKind.PARALLEL:
                todo += machine.children[target]
            todo += machine.initial[target]
            above = machine.parent[target]
            while above > below and above not in found:
                if machine.kind[above] is StateKind.PARALLEL:
                    todo += machine.children[above]
                found.add(above)
                above = machine.parent[above]
        return tuple(found)


def _counts(action: Set, op: str) -> bool:
    match action.value:
        case Constant():
            return True
        case Arithmetic(left=Name(name=name), op=found, right=Constant(value=int() | Decimal() as step)):
            return name == action.field and step >= 0 and found == op
    return False


def _inert_events(machine: Machine) -> frozenset[str]:
    """Events of timers and sends that move nothing and write nothing, whatever takes them."""
    rows = [arc for row in machine.arcs for arc in row]
    names = {event for arc in rows for event in arc.events if event.startswith("after.")}
    names |= {action.event for state in machine.states for action in actions_of(state) if isinstance(action, Send)}
    doing = {event for arc in rows if not _tells(arc) for event in arc.events}
    return frozenset(name for name in names if doing.isdisjoint(descriptors(name)))


def _tells(arc: Arc) -> bool:
    return not arc.targets and all(isinstance(action, Notify | Log) for action in arc.actions)
