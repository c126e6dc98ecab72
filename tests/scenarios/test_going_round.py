"""A case that goes round once more begins with empty fields where its process says so (`clear`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import oyiflow
from oyiflow.bridge.states_yaml import states_yaml
from oyiflow.checking import check
from oyiflow.diagnostics import Source
from oyiflow.engine import Engine
from oyiflow.errors import EventRejected
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.testing import memory_engine
from oyiflow.verify import verify
from oyiflow.words.manual import explain

ROUND = """
process: trip
title: Trip
roles: {staff: Staff}
form:
  place: {title: Place, type: text, required: true}
  day: {title: Day, type: date, required: true}
  cost: {title: Cost, type: money, required: true}
steps:
  - {do: begin, title: Begin, by: staff, fill: place}
  - {do: plan, title: Plan, by: staff, fill: [day, cost]}
  - decide: again
    title: Again?
    by: staff
    cases:
      - {label: "yes", then: plan, clear: [day, cost]}
      - {label: "no", then: done}
  - {end: done, title: Done}
"""


def read(text: str) -> Definition:
    found, diagnostics = read_definition(Source(name="trip.yaml", text=text))
    assert found is not None, diagnostics
    return found


@pytest.fixture
def engine() -> Iterator[Engine]:
    with memory_engine(read(ROUND)) as engine:
        yield engine


def test_the_second_round_needs_values_of_its_own(engine: Engine) -> None:
    case = engine.start("trip", actor="staff")
    engine.complete(case.id, "begin", actor="staff", values={"place": "Xi'an"})
    engine.complete(case.id, "plan", actor="staff", values={"day": "2026-07-01", "cost": "300"})
    again = engine.complete(case.id, "again", actor="staff", outcome="yes")
    assert set(again.data) == {"place"}
    with pytest.raises(EventRejected, match="day, cost"):
        engine.complete(case.id, "plan", actor="staff")
    assert engine.verify(case.id)
    kept = [entry.values for entry in engine.history(case.id) if entry.step == "plan"]
    assert [str(values["cost"]) for values in kept] == ["300"]


def test_a_case_does_not_begin_with_what_later_steps_ask_for(engine: Engine) -> None:
    with pytest.raises(EventRejected, match="filled in by later steps, not at the start: cost, day"):
        engine.start("trip", actor="staff", values={"place": "Xi'an", "day": "2026-07-01", "cost": "300"})
    assert engine.instances() == []
    assert engine.start("trip", actor="staff", values={"place": "Xi'an"}).data == {"place": "Xi'an"}


def test_a_visit_that_is_agreed_again_has_a_new_date_report_and_claim() -> None:
    definition = oyiflow.load(Path(__file__).parents[2] / "processes" / "visit.yaml")
    again = next(way for way in definition.states["again"].transitions if way.targets == ("plan",))
    cleared = {action.field for action in again.actions}  # type: ignore[union-attr]
    asked = {name for state in definition.states.values() if state.work is not None for name in state.work.fill}
    assert asked - cleared == {"customer", "classes"}  # whom it is about stays


def test_what_was_emptied_counts_as_empty_in_the_checks() -> None:
    late = ROUND.replace("then: plan, clear: [day, cost]", "then: look, clear: [day, cost]").replace(
        "  - {end: done", "  - decide: look\n    title: Look\n    cases:\n      - {label: much, when: cost > 5, then: plan}\n"
        "      - {label: little, otherwise: done}\n  - {end: done"
    )  # fmt: skip
    assert "OF505" in {one.code for one in verify(read(late))}
    assert [one.code for one in verify(read(ROUND))] == []


def test_it_is_told_in_the_manual_and_in_the_states() -> None:
    definition = read(ROUND)
    assert "with Day, Cost to be filled in anew" in explain(definition, "en").replace("“", "").replace("”", "").replace(
        " and ", ", "
    )
    again = read(states_yaml(definition)).states["again"]
    assert again.transitions[0].actions == definition.states["again"].transitions[0].actions
    assert [d.code for d in check([Path(__file__).parents[2] / "processes" / "visit.yaml"]).diagnostics] == []


def test_the_fifth_of_a_month_that_begins_with_holidays_is_not_that_of_the_next() -> None:
    company = oyiflow.load_company(Path(__file__).parents[2] / "processes" / "company.yaml")
    calendar = company.calendar
    for first, fifth in ((date(2026, 5, 1), date(2026, 5, 5)), (date(2026, 10, 1), date(2026, 10, 5))):
        assert not calendar.is_workday(first) and not calendar.is_workday(fifth)
        assert calendar.end_of_day_of_month(calendar.at_start_of(first), 5, "before") == calendar.end_of(fifth)
    assert calendar.end_of_day_of_month(calendar.at_start_of(date(2026, 9, 6)), 5, "before") == calendar.end_of(
        date(2026, 9, 30)
    )
    assert calendar.end_of_day_of_month(calendar.at_start_of(date(2026, 10, 6)), 5, "before") == calendar.end_of(
        date(2026, 11, 5)
    )
