"""One step in the making: the macrostep loop and the effects that it leaves behind.

A `Run` is the only mutable thing in the kernel and never outlives a call. It works on copies of data and history that
are made at the first write; if anything goes wrong it is thrown away and the old snapshot stands.

Tasks, called processes and delayed transitions belong to states in the way of SCXML's <invoke>: they are settled when the
step has come to rest, for the states that were entered and are still active. A state that is passed in one go leaves no task.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from oyiflow.kernel.machine import Arc, Guard, Inside, Machine, timer_event
from oyiflow.kernel.messages import (
    CallCancelled,
    CallStarted,
    Effect,
    Ended,
    Logged,
    Notified,
    Performed,
    Rejected,
    Step,
    TaskChanged,
    TaskClosed,
    TaskOpened,
    TimerArmed,
    TimerCancelled,
    Trace,
)
from oyiflow.kernel.plan import Block, Done, Plan, initial_plan, plan
from oyiflow.kernel.select import select
from oyiflow.kernel.signers import arranged
from oyiflow.kernel.snapshot import NOTHING_KEPT, Back, Passed, Pending, Snapshot, Task, Timer
from oyiflow.kernel.trail import Asked, Note, Path, Written
from oyiflow.model.definition import Action, Call, Cancel, Definition, Log, Mode, Notify, Perform, Raise, Send, Set, Work
from oyiflow.model.timely import untimely
from oyiflow.model.values import FieldType, Problem, read_value

MICROSTEP_LIMIT = 1000
"""Microsteps that one event may cause; more is a cycle of eventless transitions or of raised events, and is refused."""


class Failure(Exception):
    """Something inside the macrostep went wrong; carries the answer."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.rejected = Rejected(code=code, zh=zh, en=en)


class Run:
    """The state of one call of `start` or `step`."""

    def __init__(self, machine: Machine, before: Snapshot, now: datetime) -> None:
        self.machine = machine
        self.before = before
        self.now = now
        self.revision = before.revision + 1
        self.leaves = tuple(machine.index[name] for name in before.configuration)
        self.data: dict[str, Any] | Mapping[str, Any] = before.data
        self.history: Mapping[str, tuple[str, ...]] = dict(before.history)
        self.did = before.did
        self.tasks = list(before.tasks)
        self.timers = list(before.timers)
        self.calls = list(before.calls)
        self.internal: deque[tuple[str, Failure | None]] = deque()
        self.external: deque[str] = deque()
        self.effects: list[Effect] = []
        self.trace: list[Trace] = []
        self.exited: set[int] = set()
        self.entered: dict[int, None] = {}
        self.output: dict[str, Any] = {}
        self.ended = -1
        self.closing: dict[str, str] = {}
        self.taken = 0
        self.notes: list[Note] | None = []
        self.quiet = True
        self.told = False
        self.place = before.place
        self.suspended = before.status == "suspended"
        self.kept = before.kept
        self.reopening: dict[str, Task] = {}
        self.backs: dict[str, Back] = {}
        self.tracks = tracks(machine.definition)

    # --- the loop

    def enter(self) -> None:
        """Enter the machine for the first time and come to rest."""
        self._apply(initial_plan(self.machine))
        self._settle()
        self._drain()

    def take(self, event: str) -> bool:
        """Run macrosteps from an external event until nothing is left to do; says whether the event itself was heard."""
        self.external.append(event)
        return self._drain()

    def leap(self, arc: Arc) -> None:
        """Take a transition that is in no definition, and come to rest."""
        step = plan(self.machine, (arc,), self.leaves, self.history)
        self._apply(replace(step, trace=replace(step.trace, transitions=())))
        self._settle()
        self._drain()

    def _drain(self) -> bool:
        """Work off the external queue; says whether its first event enabled a transition."""
        heard: bool | None = None
        while self.external and self.ended < 0:
            # S1: a macrostep begins with one external event and ends when no eventless transition and no internal event is left.
            name = self.external.popleft()
            arcs = select(self.machine, self.leaves, name, self._ask, self.history)
            heard = bool(arcs) if heard is None else heard
            self._microstep(arcs)
            self._settle()
        return bool(heard)

    def _settle(self) -> None:
        while self.ended < 0:
            # S2: eventless transitions come before internal events, internal events before external ones.
            arcs = select(self.machine, self.leaves, None, self._ask, self.history) if self.machine.eventless else ()
            if not arcs:
                if not self.internal:
                    break
                event, failure = self.internal.popleft()
                arcs = select(self.machine, self.leaves, event, self._ask, self.history)
                if failure is not None and not arcs:
                    raise failure
            self._microstep(arcs)
        for _, failure in self.internal:  # the instance has ended before they were taken
            if failure is not None:
                raise failure

    def _ask(self, guard: Guard, inside: Inside) -> bool:
        answer = guard(self.data, inside) is True
        if self.notes is not None:
            self.notes.append(Asked(guard, inside, answer))
        return answer

    def _microstep(self, arcs: tuple[Arc, ...]) -> None:
        if arcs:
            self.taken += 1
            if self.taken > MICROSTEP_LIMIT:  # S42: more is a cycle
                raise self._cycle()
            self._apply(plan(self.machine, arcs, self.leaves, self.history))

    def _cycle(self) -> Failure:
        names = list(dict.fromkeys(name for trace in self.trace[-12:] for name in trace.entered))
        ring = " → ".join(names[:8])
        return Failure(
            "loop",
            f"流程在这几步之间无休止地循环: {ring}",
            f"the process runs in an endless cycle: {ring}",
        )

    # --- one microstep

    def _apply(self, plan: Plan) -> None:
        if plan.recorded:
            self.history = {**self.history, **dict(plan.recorded)}
        if plan.program:
            self._execute(plan.program)
        self.leaves = plan.leaves
        for number in plan.exited:
            self.exited.add(number)
            self.entered.pop(number, None)
        self.entered.update(dict.fromkeys(plan.entered))
        self.trace.append(plan.trace)
        if plan.ended >= 0:
            self.ended = plan.ended
            self.output = self._output(plan.ended)

    def _execute(self, program: tuple[Block | Done, ...]) -> None:
        inside = self.machine.active(self.leaves).__contains__
        for item in program:
            if isinstance(item, Block):
                self._block(item, item.active.__contains__ if item.active is not None else inside)
            else:
                self._done(item)

    def _done(self, done: Done) -> None:
        self.quiet = False
        self.internal.append((done.event, None))

    def _output(self, final: int) -> dict[str, Any]:
        inside = self.machine.active(self.leaves).__contains__
        pairs = ((name, self.machine.value(value)(self.data, inside)) for name, value in self.machine.states[final].output)
        return {name: value for name, value in pairs if value is not None}

    def _block(self, block: Block, inside: Any) -> None:
        # S11: an error ends the block that it happened in and raises error.execution; one that nothing takes refuses the step.
        try:
            for action in block.actions:
                self._action(action, inside)
        except Failure as failure:
            self.notes = None
            self.internal.append(("error.execution", failure))

    def _action(self, action: Action, inside: Any) -> None:
        if isinstance(action, Set):
            assign = self.machine.assignment(action)
            if not assign(self._writable(), inside):
                self.write(action.field, self.machine.value(action.value)(self.data, inside))  # says what is wrong
            if self.notes is not None:
                self.notes.append(Written(assign, inside))
            return
        if isinstance(action, Raise):
            self.quiet = False
            self.internal.append((action.event, None))  # S21: to the internal queue
            return
        self.notes = None
        match action:
            case Send():
                self._send(action)
            case Cancel():
                self._drop_timers([timer for timer in self.timers if timer.send_id == action.id])
            case Log():
                self.effects.append(Logged(id=self.effect_id(), zh=action.text.of("zh"), en=action.text.of("en")))
            case Notify():
                self._notify(action)
            case Perform():
                self._perform(action, inside)

    def write(self, name: str, raw: object) -> None:
        """S36: put a value into a field, checked against the form; None or an empty text empties it."""
        if not self.machine.writers[name](self._writable(), raw):
            spec = self.machine.definition.field[name]
            problem = read_value(spec, raw, utc_offset_minutes=self.machine.definition.calendar.utc_offset_minutes)
            zh, en = (problem.zh, problem.en) if isinstance(problem, Problem) else ("不能为空", "must not be empty")
            raise Failure("invalid_value", f"{spec.title.of('zh')}: {zh}", f"{spec.title.of('en')}: {en}")

    def check_days(self, names: Iterable[str]) -> None:
        """S56: of the fields that are filled in now, dates that may not lie in the past, or in the future, do not."""
        machine, dated = self.machine, self.machine.dated
        for spec in [dated[name] for name in names if name in dated] if dated else ():
            calendar = machine.definition.calendar
            wrong = untimely(spec, self.data.get(spec.name), calendar, calendar.today(self.now))
            if wrong is not None:
                raise Failure("invalid_value", f"{spec.title.of('zh')}: {wrong.zh}", f"{spec.title.of('en')}: {wrong.en}")

    def stamp(self, name: str) -> None:
        """S55: a field gets the day, or the moment, of this step."""
        definition = self.machine.definition
        moment = definition.field[name].type is FieldType.DATETIME
        self._writable()[name] = self.now if moment else definition.calendar.today(self.now)

    def _writable(self) -> dict[str, Any]:
        """The data of this run, copied before the first change."""
        if self.data is self.before.data:
            self.data = dict(self.before.data)
        assert isinstance(self.data, dict)
        return self.data

    def _send(self, action: Send) -> None:
        # S21: without a delay, to the external queue of this step. S22: with one, a timer of the instance.
        if action.after is None:
            self.external.append(action.event)
            return
        due = self.machine.definition.calendar.due(self.now, action.after)
        number = len(self.effects)
        timer = Timer(id=f"send@{self.revision}.{number}", due=due, event=action.event, send_id=action.id)
        self.timers.append(timer)
        self.effects.append(TimerArmed(id=self.effect_id(), timer=timer))

    def _notify(self, action: Notify) -> None:
        task = next((t.id for t in self.tasks if t.state == action.about), "")
        self.effects.append(
            Notified(id=self.effect_id(), about=action.about, task=task, reason=action.reason, roles=action.roles)
        )

    def _perform(self, action: Perform, inside: Any) -> None:
        values = {name: self.machine.value(value)(self.data, inside) for name, value in action.inputs}
        # S34: a handler is asked at once.
        effect = Performed(id=self.effect_id(), handler=action.handler, values=values)
        self.calls.append((effect.id, f"run.{action.handler}"))
        self.effects.append(effect)

    def effect_id(self) -> str:
        """The next id: instance, revision and place in the list of effects."""
        return f"{self.before.instance}/{self.revision}/{len(self.effects)}"

    def _drop_timers(self, dropped: list[Timer]) -> None:
        for timer in dropped:
            self.timers.remove(timer)
            self.effects.append(TimerCancelled(id=self.effect_id(), timer=timer.id))

    # --- coming to rest

    def finish(self) -> Step:
        """Settle what the states that were left and entered mean for tasks, timers and calls, and make the answer."""
        # S27: first what belongs to states that were left, then what belongs to states that were entered and are active.
        left = {self.machine.ids[number] for number in self.exited}
        over = self.ended >= 0
        self.told = bool(self.effects)
        if self.tasks:
            self._close_tasks(left, over)
        if self.timers:
            self._drop_timers([t for t in self.timers if over or t.state in left])
        if self.calls:
            self._end_calls(left, over)
        if over:  # S19, S20
            self.effects.append(Ended(id=self.effect_id(), state=self.machine.ids[self.ended], output=self.output))
        else:
            for number in sorted(self.entered):
                self._open(number)
                self._forget_way(number)
        return Step((self._snapshot(over), tuple(self.effects), tuple(self.trace)))

    def path(self) -> Path | None:
        """What may be remembered of a finished run: a way on which nothing began or ended but states and tasks."""
        machine, states = self.machine, self.machine.states
        if self.notes is None or self.told or self.ended >= 0 or not self.taken or self.tracks:
            return None
        if any(machine.timed[n] or states[n].call is not None for n in (*self.exited, *self.entered)):
            return None
        left = frozenset(machine.ids[n] for n in self.exited if states[n].work is not None)
        opened = tuple(
            (machine.ids[n], first_places(work)) for n in sorted(self.entered) if (work := states[n].work) is not None
        )
        return Path(self.notes, self.quiet, (self.place, tuple(self.trace), (left, opened) if left or opened else None))

    def _close_tasks(self, left: set[str], over: bool) -> None:
        kept: list[Task] = []
        for task in self.tasks:
            if over or task.state in left:
                outcome = self.closing.get(task.id, "")
                self.effects.append(TaskClosed(id=self.effect_id(), task=task.id, outcome=outcome))
            elif task.id in self.closing:
                self._again(task, kept)
            else:
                kept.append(task)
        self.tasks = kept

    def _again(self, task: Task, kept: list[Task]) -> None:
        """S31: a task was answered and its state was not left: it stays open, without votes."""
        fresh = new_task(task.id, task.state, self._work(task.state), self.now, task.due)
        fresh = arranged(fresh, hands=task.hands)
        kept.append(fresh)
        self.effects.append(TaskChanged(id=self.effect_id(), task=fresh))

    def _end_calls(self, left: set[str], over: bool) -> None:
        kept = []
        for call, name in self.calls:
            if over or (name.startswith("call.") and name.removeprefix("call.") in left):
                self.effects.append(CallCancelled(id=self.effect_id(), call=call))
            else:
                kept.append((call, name))
        self.calls = kept

    def _open(self, number: int) -> None:
        state = self.machine.states[number]
        timers = [self._arm(arc, place) for place, arc in self.machine.timed[number]]
        if state.work is not None:
            due = min((t.due for t in timers), default=None) if state.work.limited else None
            task = self._arranged(new_task(f"{state.id}@{self.revision}", state.id, state.work, self.now, due))
            self.tasks.append(task)
            self.effects.append(TaskOpened(id=self.effect_id(), task=task))
        if state.call is not None:
            self._call(state.id, state.call)

    def _arranged(self, task: Task) -> Task:
        """S49: a task to which a step leads straight back stands as it stood; one that was sent back notes the way."""
        was, back = self.reopening.get(task.state), self.backs.get(task.state)
        if was is not None:
            return replace(task, votes=was.votes, waiting=was.waiting, arranged=was.arranged)
        return arranged(task, back=back) if back is not None else task

    def note_done(self, state: str) -> None:
        """S48: a step was done, on the way to wherever the instance comes to stand."""
        if self.tracks:
            others = (one for one in self.kept.passed if one.state != state)
            self.kept = replace(self.kept, passed=(*others, Passed(state=state, revision=self.revision)))

    def _forget_way(self, number: int) -> None:
        """S48: where a step is entered that was done before, what was done from it on, in its branch, is no longer behind it."""
        machine, passed = self.machine, self.kept.passed
        first = next((place for place, one in enumerate(passed) if one.state == machine.ids[number]), None)
        if first is not None:
            scope = machine.parent[number]
            index = machine.index  # without names of an older version of the definition
            elsewhere = (one for one in passed[first:] if one.state in index and not machine.is_below(index[one.state], scope))
            self.kept = replace(self.kept, passed=(*passed[:first], *elsewhere))

    def _call(self, state: str, call: Call) -> None:
        """S33: start what runs elsewhere. S44: with `each`, one for every entry of the field."""
        inside = self.machine.active(self.leaves).__contains__
        values = {name: self.machine.value(value)(self.data, inside) for name, value in call.inputs}
        for entry in self._entries(call) if call.each else ({},):
            given, id = {**values, **entry}, self.effect_id()
            effect: Effect
            if call.handler:
                effect = Performed(id=id, handler=call.handler, values=given, retries=call.retries)
            else:
                effect = CallStarted(id=id, state=state, process=call.process, version=call.version, values=given)
            self.calls.append((id, f"call.{state}"))
            self.effects.append(effect)

    def _entries(self, call: Call) -> list[dict[str, Any]]:
        """What each called process gets of its entry: the cells of a row by their columns, or the entry itself."""
        columns = [column.name for column in self.machine.definition.field[call.each].columns]
        found = []
        for entry in self.data.get(call.each, ()):
            cells = entry if isinstance(entry, tuple) else (entry,)
            row = {name: cell for name, cell in zip(columns, cells, strict=False) if cell != ""}
            found.append({**row, call.item: cells[0]} if call.item else row)
        return found

    def _arm(self, arc: Arc, place: int) -> Timer:
        state = self.machine.ids[arc.source]
        due = self.due(arc)
        timer = Timer(id=f"{state}#{place}@{self.revision}", due=due, event=timer_event(state, place), state=state)
        self.timers.append(timer)
        self.effects.append(TimerArmed(id=self.effect_id(), timer=timer))
        return timer

    def due(self, arc: Arc) -> datetime:
        """When a delayed transition fires that is armed now."""
        calendar = self.machine.definition.calendar
        # S23: after a duration. S24: at the moment in a field, read now.
        way = arc.definition
        if way.after is not None:
            return calendar.due(self.now, way.after)
        if way.day:
            return calendar.end_of_day_of_month(self.now, way.day, way.on_holiday)
        moment = self.data.get(way.at)
        if isinstance(moment, date):  # a datetime is a date too
            return calendar.end_of(calendar.day_of(moment), way.on_holiday) if way.over else calendar.moment_of(moment)
        title = self.machine.definition.field[arc.definition.at].title
        raise Failure(
            "missing_value", f"要等到“{title.of('zh')}”，但它还没有填写", f"waits for {title.of('en')}, which is empty"
        )

    def _work(self, state: str) -> Work:
        work = self.machine.states[self.machine.index[state]].work
        assert work is not None
        return work

    def _snapshot(self, over: bool) -> Snapshot:
        status = "done" if over else "suspended" if self.suspended else "running"
        kept = None if over or self.kept == NOTHING_KEPT else self.kept
        pending = Pending(status, tuple(self.tasks), tuple(self.timers), tuple(self.calls), self.did, kept)
        self.place = self.machine.place(tuple(self.machine.ids[n] for n in self.leaves), tuple(sorted(self.history.items())))
        pending = self.before.pending if pending == self.before.pending else pending
        return Snapshot((self.before.pin, self.before.instance, self.revision, self.place, self.data, pending))


def new_task(id: str, state: str, work: Work, now: datetime, due: datetime | None = None) -> Task:
    """A task without votes. In turn, only the first place of `by` may answer; else all of them."""
    return Task(id=id, state=state, opened=now, waiting=first_places(work), due=due)


def first_places(work: Work) -> tuple[int, ...]:
    """The places of `by` that may answer first."""
    return (0,) if work.mode is Mode.IN_TURN else tuple(range(len(work.by)))


def tracks(definition: Definition) -> bool:
    """Whether instances keep the way that they came, because some step lets people send back or withdraw."""
    found: bool | None = definition.memo.get("tracks")
    if found is None:
        allowed = {name for state in definition.states.values() if state.work is not None for name in state.work.allow}
        found = definition.memo["tracks"] = not allowed.isdisjoint(("send_back", "withdraw"))
    return found
