"""The kernel and the reference interpreter tell the same story, whatever the machine and whatever happens to it.

After every event: active states, data, history, armed timers and running calls, the order of all actions, the states
left and entered in every microstep, the end and its output, and whether the event was refused. The kernel goes through
JSON after every event. Both of its ways to remember macrosteps are tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from oyiflow.kernel import machine, run
from oyiflow.kernel.codec import snapshot_from_json, snapshot_to_json
from oyiflow.kernel.messages import (
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
    TimerArmed,
    TimerCancelled,
    TimerFired,
)
from oyiflow.kernel.snapshot import Snapshot, Timer
from oyiflow.kernel.step import start, step
from oyiflow.model.definition import Definition
from tests.reference import interpreter
from tests.reference.interpreter import Alarm, Interpreter, Report
from tests.reference.machines import Happening, definitions, stories

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
        else:
            return
        self.compare(step(self.definition, self.snapshot, event, self.now), report)

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
                case Ended():
                    yield "ended", effect.state, effect.output
                case _:
                    raise AssertionError(effect)


def alarm(timer: Timer) -> Alarm:
    return Alarm(timer.due, timer.event, timer.state, timer.send_id)


def assert_same_memory(definition: Definition, snapshot: Snapshot, reference: Interpreter) -> None:
    memory = reference.memory
    leaves = [s for s in definition.states if s in memory.configuration and reference.is_atomic(s)]
    assert list(snapshot.configuration) == leaves
    assert snapshot.data == memory.data
    assert dict(snapshot.history) == memory.history
    assert [alarm(timer) for timer in snapshot.timers] == memory.alarms
    assert [name for _, name in snapshot.calls] == memory.calls
    assert snapshot.status == ("done" if memory.ended else "running")


def play(definition: Definition, story: Iterable[Happening]) -> None:
    pair = Pair(definition)
    pair.begin()
    for happening in story:
        if pair.snapshot is not None:
            pair.happen(happening)


@pytest.mark.parametrize("whole_limit", [machine.WHOLE_LIMIT, 1], ids=["whole configurations", "leaf by leaf"])
def test_the_kernel_agrees_with_the_reference(whole_limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every story is told twice with another one between, because the kernel remembers what it has done before."""
    monkeypatch.setattr(machine, "WHOLE_LIMIT", whole_limit)
    monkeypatch.setattr(run, "MICROSTEP_LIMIT", 40)  # cycles are common in random machines, and the reference is slow
    monkeypatch.setattr(interpreter, "LIMIT", 40)

    @settings(
        max_examples=300, deadline=None, database=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck)
    )
    @given(definitions(), stories, stories)
    def agree(definition: Definition, story: list[Happening], other: list[Happening]) -> None:
        for told in (story, other, story):
            play(definition, told)

    agree()
