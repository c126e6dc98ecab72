"""Time in tests, and the company that goes with it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from samples import approval

from oyiflow.model.calendar import Duration
from oyiflow.testing import MONDAY, ManualClock, memory_engine, one_per_role


def test_a_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()
    assert clock() == clock() == MONDAY
    assert clock.advance(timedelta(hours=1)) == clock() == MONDAY + timedelta(hours=1)
    assert clock.advance("5 workdays") == MONDAY + timedelta(days=7, hours=1)
    assert clock.advance(Duration(amount=1, unit="days")) == MONDAY + timedelta(days=8, hours=1)


def test_a_clock_does_not_go_back_and_knows_its_zone() -> None:
    with pytest.raises(AssertionError):
        ManualClock().advance(-timedelta(seconds=1))
    with pytest.raises(AssertionError):
        ManualClock().advance("soon")
    with pytest.raises(AssertionError):
        ManualClock(datetime(2026, 1, 5))  # noqa: DTZ001


def test_one_person_per_role() -> None:
    company = one_per_role(approval(), approval("other"))
    assert [(p.name, p.roles) for p in company.people] == [("staff", ("staff",)), ("boss", ("boss",))]
    with memory_engine(approval()) as engine:
        assert engine.tasks(instance=engine.start("leave", actor="staff").id)[0].people == ("staff",)
