"""The kernel and the reference interpreter side by side: everything happens to both, and after it both must stand alike.

Compared after every event: active states, data, history, armed timers, running calls, open tasks with their votes, who did
what, the order of all effects, the states left and entered in every microstep, the end and its output, and whether the
event was refused. The kernel goes through JSON after every event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from oyiflow.kernel.codec import snapshot_from_json, snapshot_to_json
from oyiflow.kernel.messages import (
    Act,
    CallCancelled,
    CallEnded,
    CallStarted,
    Effect,
    Ended,
    Event,
    Logged,
    Message,
    Performed,
    Rejected,
    Step,
    TaskChanged,
    TaskClosed,
    TaskOpened,
    TimerArmed,
    TimerCancelled,
    TimerFired,
)
from oyiflow.kernel.snapshot import Snapshot, Task, Timer
from oyiflow.kernel.step import start, step
from oyiflow.model.definition import Definition
from tests.reference.interpreter import Alarm, Interpreter, Report
from tests.reference.machines import Happening
from tests.reference.people import Reply

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Pair:
    """The kernel and the reference, side by side."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.reference = Interpreter(definition)
        self.snapshot: Snapshot | None = None
        self.now = MORNING
        self.named: dict[str, Any] = {}

    def begin(self) -> None:
        report = self.reference.start(self.now, {"x": 1})
        self.compare(start(self.definition, instance="i", now=self.now, values={"x": 1}), report)

    def happen(self, happening: Happening) -> None:
        """Let it happen to both; nothing happens when there is no such timer or call."""
        assert self.snapshot is not None
        self.now += timedelta(seconds=20)
        memory = self.reference.memory
        if happening.kind == "message":
            values = {} if happening.x is None else {"x": happening.x}
            event: Event = Message(name=happening.name, values=values)
            report = self.reference.message(self.now, happening.name, values)
        elif happening.kind == "timer" and memory.alarms:
            number = happening.number % len(memory.alarms)
            timer = self.snapshot.timers[number]
            self.now = max(self.now, timer.due)
            event = TimerFired(timer=timer.id)
            report = self.reference.fire(self.now, number)
        elif happening.kind == "call" and memory.calls:
            number = happening.number % len(memory.calls)
            event = CallEnded(call=self.snapshot.calls[number][0], failed=happening.failed)
            report = self.reference.call_ended(self.now, number, happening.failed)
        elif happening.kind == "act" and memory.chores:
            number = happening.number % len(memory.chores)
            event, report = self.answer(happening, number)
        else:
            return
        self.compare(step(self.definition, self.snapshot, event, self.now), report)

    def answer(self, happening: Happening, number: int) -> tuple[Event, Report | None]:
        """Somebody answers a task."""
        assert self.snapshot is not None
        values = {} if happening.x is None else {"x": happening.x}
        values |= {"z": 1} if happening.z else {}
        act = Act(
            task=self.snapshot.tasks[number].id,
            outcome=happening.outcome,
            actor=happening.actor,
            roles=frozenset({happening.role} - {""}),
            on_behalf=happening.stands_in,
            values=values,
        )
        reply = Reply(
            actor=happening.actor,
            role=happening.role,
            outcome=happening.outcome,
            stands_in=happening.stands_in,
            values=values,
        )
        return act, self.reference.reply(self.now, number, reply)

    def compare(self, answer: Step | Rejected, report: Report | None) -> None:
        if isinstance(answer, Rejected):
            assert report is None, f"refused with {answer}"
            return
        assert report is not None, "should have been refused"
        assert [(t.exited, t.transitions, t.entered) for t in answer.trace] == report.trace
        assert list(self.told(answer.effects)) == report.effects
        assert_same_memory(self.definition, answer.snapshot, self.reference)
        text = snapshot_to_json(self.definition, answer.snapshot)
        self.snapshot = snapshot_from_json(self.definition, text)
        assert self.snapshot == answer.snapshot
        assert snapshot_to_json(self.definition, self.snapshot) == text

    def told(self, effects: Iterable[Effect]) -> Iterable[tuple[Any, ...]]:
        """The effects as the reference reports them, ids replaced by what they stand for."""
        for effect in effects:
            match effect:
                case Logged():
                    yield "log", effect.zh
                case TimerArmed(timer=timer):
                    self.named[timer.id] = alarm(timer)
                    yield "armed", alarm(timer)
                case TimerCancelled():
                    yield "disarmed", self.named[effect.timer]
                case Performed():
                    self.named[effect.id] = f"run.{effect.handler}"
                    yield "perform", effect.handler, effect.values
                case CallStarted():
                    self.named[effect.id] = f"call.{effect.state}"
                    yield "call", effect.state, effect.values
                case CallCancelled():
                    yield "call cancelled", self.named[effect.call]
                case TaskOpened(task=task):
                    self.named[task.id] = task.state
                    yield "task opened", chore(task)
                case TaskChanged(task=task):
                    yield "task changed", chore(task)
                case TaskClosed():
                    yield "task closed", self.named[effect.task], effect.outcome
                case Ended():
                    yield "ended", effect.state, effect.output
                case _:
                    raise AssertionError(effect)


def alarm(timer: Timer) -> Alarm:
    return Alarm(timer.due, timer.event, timer.state, timer.send_id)


def chore(task: Task) -> tuple[Any, ...]:
    votes = tuple((vote.people, vote.place, vote.outcome) for vote in task.votes)
    return task.state, task.opened, task.waiting, task.due, votes


def assert_same_memory(definition: Definition, snapshot: Snapshot, reference: Interpreter) -> None:
    memory = reference.memory
    leaves = [s for s in definition.states if s in memory.configuration and reference.is_atomic(s)]
    assert list(snapshot.configuration) == leaves
    assert snapshot.data == memory.data
    assert dict(snapshot.history) == memory.history
    assert [alarm(timer) for timer in snapshot.timers] == memory.alarms
    assert [name for _, name in snapshot.calls] == memory.calls
    assert [chore(task) for task in snapshot.tasks] == [one.seen for one in memory.chores]
    assert snapshot.did == memory.did
    assert snapshot.status == ("done" if memory.ended else "running")


@dataclass
class Counted:
    """How much has happened: events, how many of them were taken, and how many were answers of people."""

    events: int = 0
    taken: int = 0
    answers: int = 0

    def add(self, other: Counted) -> None:
        self.events += other.events
        self.taken += other.taken
        self.answers += other.answers

    def __str__(self) -> str:
        return f"{self.events:,} events, {self.taken:,} of them taken, {self.answers:,} of these by people"


def play(definition: Definition, story: Iterable[Happening], counted: Counted | None = None) -> None:
    pair = Pair(definition)
    pair.begin()
    for happening in story:
        if pair.snapshot is not None:
            before = pair.snapshot
            pair.happen(happening)
            if counted is not None:
                taken = pair.snapshot is not before
                counted.add(Counted(1, taken, taken and happening.kind == "act"))
