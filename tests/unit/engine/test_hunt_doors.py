"""Doors that people's rules must not have: the empty event, the key of somebody else, rows with hidden signs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import COMPANY, approval

from oyiflow.engine import Engine
from oyiflow.errors import EventRejected, Forbidden
from oyiflow.kernel import Act, Message, Rejected, start, step
from oyiflow.model.company import Absence
from oyiflow.model.definition import Field, Text
from oyiflow.model.values import FieldType, Problem, read_value
from oyiflow.testing import MONDAY, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def engine(clock: ManualClock) -> Engine:
    return Engine(directory=COMPANY, clock=clock)


def test_the_empty_event_is_refused_and_writes_nothing(engine: Engine) -> None:
    id = engine.start(approval(), actor="李").id
    with pytest.raises(EventRejected):
        engine.send(id, "", values={"amount": "99"})
    assert (engine.instance(id).revision, dict(engine.instance(id).data)) == (1, {})


def test_the_kernel_refuses_a_message_without_a_name() -> None:
    definition = approval()
    first = start(definition, instance="x", now=MONDAY, actor="李")
    assert not isinstance(first, Rejected)
    answer = step(definition, first.snapshot, Message(name="", values={"amount": "1"}), MONDAY)
    assert isinstance(answer, Rejected)
    assert answer.code == "not_accepted"


def test_a_stranger_learns_nothing_by_the_key_of_a_start(engine: Engine) -> None:
    engine.start(approval(), actor="李", key="k")
    with pytest.raises(Forbidden):
        engine.start(approval(), actor="nobody", key="k")


def test_a_deputys_answer_repeated_when_the_absence_is_over_is_the_first_answer(clock: ManualClock) -> None:
    today = COMPANY.calendar.today(MONDAY)
    company = replace(COMPANY, absences=(Absence(person="赵", first=today, last=today, deputy="钱"),))
    engine = Engine(directory=company, clock=clock)
    id = engine.start(approval(), actor="李").id
    engine.complete(id, "apply", actor="李")
    act = Act(task="review", outcome="done", actor="钱", on_behalf="赵")
    first = engine.send(id, act, key="k")
    clock.advance("3 days")
    assert engine.send(id, act, key="k") == first


def test_cells_of_a_table_hold_no_hidden_signs() -> None:
    spec = Field(name="rows", title=Text(en="rows"), type=FieldType.LIST)
    for bad in ("a\ud800", "\x1b[31m", "\x00", "a\u202eb"):
        assert isinstance(read_value(spec, [["fine", bad]]), Problem), repr(bad)
    assert read_value(spec, "a\tb\nc") == (("a", "b"), ("c",))
