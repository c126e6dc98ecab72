"""A slow, obvious interpreter, written from appendix D of the W3C recommendation "State Chart XML (SCXML)".

It is the judge of the kernel and shares no code with it: no numbers, no tables, no memo. The configuration is a set of
ids, and the procedures bear the names that the appendix gives them (`selectTransitions` is `select_transitions`). The
root of a definition is the <scxml> element. Expressions, field values and the calendar are those of the model, which
other tests examine.

In one place the appendix contradicts the text of the recommendation: a history state whose states lie deeper than the
transition's domain would enter active states a second time. Here the text holds (section 3.13, "entry set").

What is ours and not SCXML's stands below the line "at rest" and in `Refused`: an error that nothing takes refuses the
whole step, and so does an event from people that enables no transition.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from oyiflow.model.definition import (
    Action,
    Cancel,
    Definition,
    Log,
    Perform,
    Raise,
    Send,
    Set,
    StateKind,
    Transition,
)
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.expression import Expression
from oyiflow.model.values import Problem, read_value
from tests.reference.people import Chore, People, Refused, Reply, first_places
from tests.reference.tree import Tree, name_match

LIMIT = 1000


class ExecutionError(Exception):
    """An action failed; the rest of its block is skipped."""


@dataclass(frozen=True)
class Alarm:
    """A delayed event."""

    due: datetime
    event: str
    state: str
    send_id: str


@dataclass(frozen=True)
class Queued:
    """An event of the internal queue; `failed` marks the errors that the interpreter itself has put there."""

    name: str
    failed: bool = False


@dataclass(frozen=True)
class Taken:
    """A transition with its source; `name` as in the kernel's trace."""

    source: str
    place: int
    transition: Transition

    @property
    def name(self) -> str:
        return f"{self.source}#{self.place}"


@dataclass
class Memory:
    """All that lasts from one event to the next."""

    configuration: set[str] = field(default_factory=set)
    history: dict[str, tuple[str, ...]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    chores: list[Chore] = field(default_factory=list)
    did: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ended: str = ""


@dataclass
class Report:
    """What one step did: effects as plain tuples and one line per microstep, both in order."""

    effects: list[tuple[Any, ...]] = field(default_factory=list)
    trace: list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)


class Interpreter(Tree):
    """One instance of a definition."""

    def __init__(self, definition: Definition) -> None:
        super().__init__(definition)
        self.memory = Memory()
        self.now = datetime.min.replace(tzinfo=UTC)
        self.report = Report()
        self.internal: deque[Queued] = deque()
        self.external: deque[str] = deque()
        self.states_to_invoke: set[str] = set()
        self.exited: set[str] = set()
        self.answered: tuple[Chore, str] | None = None
        self.undecided = False
        self.microsteps = 0

    # --- what happens from outside

    def start(self, now: datetime, values: Mapping[str, Any]) -> Report | None:
        return self._guarded(now, lambda: self._begin(values))

    def message(self, now: datetime, name: str, values: Mapping[str, Any]) -> Report | None:
        return self._guarded(now, lambda: self._from_people(name, values))

    def fire(self, now: datetime, number: int) -> Report | None:
        return self._guarded(now, lambda: self.external_event(self.memory.alarms.pop(number).event))

    def call_ended(self, now: datetime, number: int, failed: bool) -> Report | None:
        return self._guarded(now, lambda: self._call_ended(number, failed))

    def reply(self, now: datetime, number: int, reply: Reply) -> Report | None:
        return self._guarded(now, lambda: People(self).reply(self.memory.chores[number], reply))

    def _guarded(self, now: datetime, act: Callable[[], object]) -> Report | None:
        """Run one step; None when it is refused, and then everything is as before."""
        before = copy.deepcopy(self.memory)
        self.now, self.report, self.microsteps = now, Report(), 0
        self.internal, self.external, self.states_to_invoke, self.exited = deque(), deque(), set(), set()
        self.answered, self.undecided = None, False
        try:
            if before.ended:
                raise Refused
            act()
            if not self.undecided:
                self.main_event_loop()
            self.come_to_rest()
        except Refused:
            self.memory = before
            return None
        return self.report

    def _begin(self, values: Mapping[str, Any]) -> None:
        self.fill(values)
        came = self.enter_states([])
        self.report.trace.append(((), (), came[1:]))  # the root is not worth a word

    def _from_people(self, name: str, values: Mapping[str, Any]) -> None:
        self.fill(values)
        if not self.external_event(name):
            raise Refused

    def _call_ended(self, number: int, failed: bool) -> None:
        name = self.memory.calls.pop(number)
        if not self.external_event(f"error.{name}" if failed else f"done.{name}") and failed:
            raise Refused

    def external_event(self, name: str) -> bool:
        enabled = self.select_transitions(name)
        self.microstep(enabled)
        return bool(enabled)

    def fill(self, values: Mapping[str, Any]) -> None:
        try:
            for name, value in values.items():
                self.assign(name, value)
        except ExecutionError:
            raise Refused from None

    # --- mainEventLoop

    def main_event_loop(self) -> None:
        self.macrostep()
        while self.running and self.external:
            self.microstep(self.select_transitions(self.external.popleft()))
            self.macrostep()
        if any(event.failed for event in self.internal):
            raise Refused

    def macrostep(self) -> None:
        done = False
        while self.running and not done:
            enabled = self.select_eventless_transitions()
            if not enabled:
                if not self.internal:
                    done = True
                else:
                    event = self.internal.popleft()
                    enabled = self.select_transitions(event.name)
                    if event.failed and not enabled:
                        raise Refused
            self.microstep(enabled)

    @property
    def running(self) -> bool:
        return not self.memory.ended

    def microstep(self, enabled: list[Taken]) -> None:
        if not enabled:
            return
        self.microsteps += 1
        if self.microsteps > LIMIT:
            raise Refused
        gone = self.exit_states(enabled)
        self.execute_transition_content(enabled)
        came = self.enter_states(enabled)
        self.report.trace.append((gone, tuple(t.name for t in enabled), came))

    # --- selecting

    def select_eventless_transitions(self) -> list[Taken]:
        return self._select(lambda t: not t.events and not t.timed)

    def select_transitions(self, event: str) -> list[Taken]:
        return self._select(lambda t: not t.timed and any(name_match(d, event) for d in t.events), event)

    def _select(self, answers: Callable[[Transition], bool], event: str = "") -> list[Taken]:
        enabled: list[Taken] = []
        for state in self.in_document_order(s for s in self.memory.configuration if self.is_atomic(s)):
            for taken in self._outward(state):
                timer = taken.transition.timed and event == f"after.{taken.source}.{taken.place}"
                if (timer or answers(taken.transition)) and self.condition_match(taken.transition):
                    if taken not in enabled:
                        enabled.append(taken)
                    break
        return self.remove_conflicting_transitions(enabled)

    def _outward(self, state: str) -> Iterable[Taken]:
        for s in [state, *self.get_proper_ancestors(state, None)]:
            for place, transition in enumerate(self.state(s).transitions):
                yield Taken(s, place, transition)

    def condition_match(self, transition: Transition) -> bool:
        return transition.guard is None or self.value(transition.guard) is True

    def remove_conflicting_transitions(self, enabled: list[Taken]) -> list[Taken]:
        filtered: list[Taken] = []
        for t1 in enabled:
            preempted = False
            to_remove = []
            for t2 in filtered:
                if self.compute_exit_set([t1]) & self.compute_exit_set([t2]):
                    if self.is_descendant(t1.source, t2.source):
                        to_remove.append(t2)
                    else:
                        preempted = True
                        break
            if not preempted:
                filtered = [t for t in filtered if t not in to_remove] + [t1]
        return filtered

    # --- leaving

    def compute_exit_set(self, transitions: list[Taken]) -> set[str]:
        to_exit: set[str] = set()
        for t in transitions:
            if t.transition.targets:
                domain = self.get_transition_domain(t)
                to_exit |= {s for s in self.memory.configuration if self.is_descendant(s, domain)}
        return to_exit

    def exit_states(self, enabled: list[Taken]) -> tuple[str, ...]:
        to_exit = list(reversed(self.in_document_order(self.compute_exit_set(enabled))))
        self.states_to_invoke -= set(to_exit)
        self.exited |= set(to_exit)
        for s in to_exit:
            for h in self.children(s, StateKind.HISTORY):
                kept = (
                    [x for x in self.memory.configuration if self.is_atomic(x) and self.is_descendant(x, s)]
                    if self.state(h).deep
                    else [x for x in self.memory.configuration if self.parent(x) == s]
                )
                self.memory.history[h] = tuple(self.in_document_order(kept))
        for s in to_exit:
            self.execute_content(self.state(s).exit)
            self.memory.configuration.remove(s)
        return tuple(to_exit)

    def execute_transition_content(self, enabled: list[Taken]) -> None:
        for t in enabled:
            self.execute_content(t.transition.actions)

    # --- entering

    def enter_states(self, enabled: list[Taken]) -> tuple[str, ...]:
        """With no transition at all: the transition into the machine, whose target is the root."""
        to_enter: set[str] = set()
        default_entry: set[str] = set()
        default_history: dict[str, tuple[Action, ...]] = {}
        sets = (to_enter, default_entry, default_history)
        if enabled:
            self.compute_entry_set(enabled, sets)
        else:
            self.add_descendant_states_to_enter(self.definition.root.id, sets)
        for s in self.in_document_order(to_enter):
            self.memory.configuration.add(s)
            self.states_to_invoke.add(s)
            self.execute_content(self.state(s).entry)
            if s in default_entry:
                self.execute_content(self.state(s).initial_actions)
            if s in default_history:
                self.execute_content(default_history[s])
            if self.kind(s) is StateKind.FINAL:
                self._final(s)
        return tuple(self.in_document_order(to_enter))

    def _final(self, s: str) -> None:
        parent = self.parent(s)
        if parent == self.definition.root.id:
            self.memory.ended = s
            return
        self.internal.append(Queued(f"done.state.{parent}"))
        grandparent = self.parent(parent)
        if self.kind(grandparent) is StateKind.PARALLEL and self.is_in_final_state(grandparent):
            self.internal.append(Queued(f"done.state.{grandparent}"))

    def compute_entry_set(self, transitions: list[Taken], sets: Any) -> None:
        for t in transitions:
            for s in t.transition.targets:
                self.add_descendant_states_to_enter(s, sets)
            if t.transition.targets:
                ancestor = self.get_transition_domain(t)
                for s in self.get_effective_target_states(t.transition.targets):
                    self.add_ancestor_states_to_enter(s, ancestor, sets)

    def add_descendant_states_to_enter(self, state: str, sets: Any) -> None:
        to_enter, default_entry, default_history = sets
        if self.kind(state) is StateKind.HISTORY:
            parent = self.parent(state)
            targets = self.memory.history.get(state, ())
            if not targets:
                default_history[parent] = self.state(state).initial_actions
                targets = self.state(state).initial
            self._add_all(targets, parent, sets)
            return
        to_enter.add(state)
        if self.kind(state) is StateKind.COMPOUND:
            default_entry.add(state)
            self._add_all(self.initial(state), state, sets)
        elif self.kind(state) is StateKind.PARALLEL:
            self._add_regions(state, sets)

    def _add_all(self, targets: Iterable[str], ancestor: str, sets: Any) -> None:
        for s in targets:
            self.add_descendant_states_to_enter(s, sets)
        for s in targets:
            self.add_ancestor_states_to_enter(s, ancestor, sets)

    def _add_regions(self, parallel: str, sets: Any) -> None:
        for child in self.children(parallel):
            if not any(self.is_descendant(s, child) for s in sets[0]):
                self.add_descendant_states_to_enter(child, sets)

    def add_ancestor_states_to_enter(self, state: str, ancestor: str, sets: Any) -> None:
        for anc in self.get_proper_ancestors(state, ancestor):
            if anc in self.memory.configuration:  # section 3.13: what is active and was not left is not entered
                return
            sets[0].add(anc)
            if self.kind(anc) is StateKind.PARALLEL:
                self._add_regions(anc, sets)

    def is_in_final_state(self, s: str) -> bool:
        if self.kind(s) is StateKind.COMPOUND:
            return any(self.kind(c) is StateKind.FINAL and c in self.memory.configuration for c in self.children(s))
        if self.kind(s) is StateKind.PARALLEL:
            return all(self.is_in_final_state(c) for c in self.children(s))
        return False

    # --- domains

    def get_transition_domain(self, t: Taken) -> str:
        targets = self.get_effective_target_states(t.transition.targets)
        inside = all(self.is_descendant(s, t.source) for s in targets)
        if t.transition.internal and self.kind(t.source) is StateKind.COMPOUND and inside:
            return t.source
        return self.find_lcca(t.source, targets)

    def find_lcca(self, head: str, tail: list[str]) -> str:
        for anc in self.get_proper_ancestors(head, None):
            if self.kind(anc) is StateKind.COMPOUND and all(self.is_descendant(s, anc) for s in tail):
                return anc
        return self.definition.root.id

    def get_effective_target_states(self, targets: Iterable[str]) -> list[str]:
        found: list[str] = []
        for s in targets:
            if self.kind(s) is not StateKind.HISTORY:
                more = [s]
            else:
                more = self.get_effective_target_states(self.memory.history.get(s) or self.state(s).initial)
            found += [x for x in more if x not in found]
        return found

    # --- executable content

    def execute_content(self, block: tuple[Action, ...]) -> None:
        try:
            for action in block:
                self.execute(action)
        except ExecutionError:
            self.internal.append(Queued("error.execution", failed=True))

    def execute(self, action: Action) -> None:
        match action:
            case Set(field=name, value=value):
                self.assign(name, self.value(value))
            case Raise(event=event):
                self.internal.append(Queued(event))
            case Send(event=event, after=None):
                self.external.append(event)
            case Send(event=event, after=after, id=send_id) if after is not None:
                self.arm(Alarm(self.definition.calendar.due(self.now, after), event, "", send_id))
            case Cancel(id=send_id):
                self.disarm(lambda alarm: not alarm.state and alarm.send_id == send_id)
            case Log(text=text):
                self.report.effects.append(("log", text.zh))
            case Perform(handler=handler, inputs=inputs):
                self.memory.calls.append(f"run.{handler}")
                self.report.effects.append(("perform", handler, {name: self.value(value) for name, value in inputs}))
            case _:
                raise AssertionError(action)

    def assign(self, name: str, raw: Any) -> None:
        value = None if raw is None or raw == "" else read_value(self.definition.field[name], raw)
        if isinstance(value, Problem):
            raise ExecutionError
        self.memory.data.pop(name, None)
        if value is not None:
            self.memory.data[name] = value

    def value(self, expression: Expression) -> Any:
        compiled = compile_expression(expression, calendar=self.definition.calendar)
        return compiled(self.memory.data, self.memory.configuration.__contains__)

    # --- at rest: what belongs to states is settled, as <invoke> is, for the states entered in this step and still active

    def come_to_rest(self) -> None:
        over = not self.running
        People(self).settle(over)
        self.disarm(lambda alarm: over or alarm.state in self.exited)
        kept = []
        for name in self.memory.calls:
            if over or (name.startswith("call.") and name[len("call.") :] in self.exited):
                self.report.effects.append(("call cancelled", name))
            else:
                kept.append(name)
        self.memory.calls = kept
        if over:
            output = {name: self.value(value) for name, value in self.state(self.memory.ended).output}
            filled = {name: value for name, value in output.items() if value is not None}
            self.report.effects.append(("ended", self.memory.ended, filled))
            return
        for s in self.in_document_order(self.states_to_invoke):
            self._settle(s)

    def _settle(self, s: str) -> None:
        moments = []
        for place, transition in enumerate(self.state(s).transitions):
            if transition.after is not None:
                due = self.definition.calendar.due(self.now, transition.after)
                self.arm(Alarm(due, f"after.{s}.{place}", s, ""))
                moments.append(due)
        work = self.state(s).work
        if work is not None:
            limit = min(moments) if work.within is not None and moments else None
            chore = Chore(s, self.now, first_places(work), limit)
            self.memory.chores.append(chore)
            self.report.effects.append(("task opened", chore.seen))
        call = self.state(s).call
        if call is not None:
            self.memory.calls.append(f"call.{s}")
            self.report.effects.append(("call", s, {name: self.value(value) for name, value in call.inputs}))

    def arm(self, alarm: Alarm) -> None:
        self.memory.alarms.append(alarm)
        self.report.effects.append(("armed", alarm))

    def disarm(self, which: Callable[[Alarm], bool]) -> None:
        for alarm in [a for a in self.memory.alarms if which(a)]:
            self.memory.alarms.remove(alarm)
            self.report.effects.append(("disarmed", alarm))
