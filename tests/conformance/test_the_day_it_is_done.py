"""What a process knows of the day: dates that the machine writes, dates that may not lie in the past, and steps counted by their day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from oyiflow.bridge.states_yaml import states_yaml
from oyiflow.diagnostics import Source
from oyiflow.engine import Engine, Instance
from oyiflow.errors import EventRejected
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.testing import ManualClock, one_per_role
from oyiflow.verify import verify
from oyiflow.verify.rules import prove

EVENING = datetime(2026, 3, 9, 15, 59, tzinfo=UTC)
"""One minute before midnight in Beijing, on Monday the 9th."""
HEAD = "process: p\ntitle: P\nroles: {staff: Staff, head: Head}\n"
TRIP = HEAD + (
    "form:\n  asked_on: {type: date}\n  leave: {title: Leave, type: date, min: today, required: true}\n"
    "  back: {title: Back, type: date, max: today, required: true}\n  agreed_at: {type: datetime}\n"
    "steps:\n  - {do: ask, by: staff, fill: leave, stamp: asked_on}\n"
    "  - {approve: ok, by: head, rejected: ask, stamp: agreed_at}\n  - {do: home, by: staff, fill: back}\n  - {end: done}\n"
)


def definition(text: str) -> Definition:
    found, wrong = read_definition(Source(name="p.yaml", text=text))
    assert found is not None, [(one.span.line, one.en) for one in wrong]
    return found


@contextmanager
def running(text: str) -> Iterator[tuple[Engine, ManualClock, Instance]]:
    clock, found = ManualClock(EVENING), definition(text)
    with Engine(directory=one_per_role(found), clock=clock) as engine:
        engine.deploy(found)
        yield engine, clock, engine.start("p", actor="staff")


def refused(words: str, engine: Engine, *args: Any, **kwargs: Any) -> None:
    with pytest.raises(EventRejected, match=words) as raised:
        engine.complete(*args, **kwargs)
    assert raised.value.zh != raised.value.en


# --- S55: stamps


def test_s55_the_day_of_the_answer_goes_into_the_field_by_the_clock_of_the_company() -> None:
    with running(TRIP) as (engine, clock, case):
        clock.advance(timedelta(minutes=2))  # it is Tuesday now in Beijing
        case = engine.complete(case.id, "ask", actor="staff", values={"leave": "2026-03-12"})
        assert case.data["asked_on"] == date(2026, 3, 10)
        case = engine.complete(case.id, "ok", actor="head")
        assert case.data["agreed_at"] == clock()
        assert engine.replay(case.id) == engine.snapshot(case.id)


def test_s55_a_refusal_leaves_no_date_and_a_second_consent_takes_the_place_of_the_first() -> None:
    with running(TRIP) as (engine, clock, case):
        engine.complete(case.id, "ask", actor="staff", values={"leave": "2026-03-12"})
        case = engine.complete(case.id, "ok", actor="head", outcome="rejected")
        assert "agreed_at" not in case.data and case.data["asked_on"] == date(2026, 3, 9)
        clock.advance(timedelta(days=1))
        assert engine.complete(case.id, "ask", actor="staff").data["asked_on"] == date(2026, 3, 10)


def test_s55_of_several_signers_the_one_who_decides_counts() -> None:
    text = HEAD + (
        "form: {on: {type: date}}\nsteps:\n  - {do: ask, by: staff}\n"
        "  - {approve: ok, by: [head, staff], mode: all, rejected: ask, stamp: on}\n  - {end: done}\n"
    )
    with running(text) as (engine, clock, case):
        engine.complete(case.id, "ask", actor="staff")
        assert "on" not in engine.complete(case.id, "ok", actor="head").data
        clock.advance(timedelta(days=2))
        assert engine.complete(case.id, "ok", actor="staff").data["on"] == date(2026, 3, 11)


def test_s55_a_decision_and_a_state_write_their_day_too() -> None:
    text = HEAD + (
        "form: {on: {type: date}}\nsteps:\n  - {do: ask, by: staff}\n"
        "  - {decide: far, by: head, stamp: on, cases: [{label: far, then: done}, {label: near, then: ask}]}\n  - {end: done}\n"
    )
    with running(text) as (engine, clock, case):
        engine.complete(case.id, "ask", actor="staff")
        clock.advance(timedelta(days=2))
        assert engine.complete(case.id, "far", actor="head", outcome="near").data["on"] == date(2026, 3, 11)
    text = HEAD + (
        "form: {at: {type: datetime}}\nstates:\n"
        "  - {state: repair, by: staff, stamp: at, transitions: [{event: mended, to: over}]}\n  - {end: over}\n"
    )
    with running(text) as (engine, clock, case):
        assert engine.complete(case.id, "repair", actor="staff", outcome="mended").data["at"] == clock()


def test_nobody_types_a_stamp() -> None:
    with running(TRIP) as (engine, _, case):
        refused(
            "not filled in here",
            engine,
            case.id,
            "ask",
            actor="staff",
            values={"leave": "2026-03-12", "asked_on": "2026-01-01"},
        )
        with pytest.raises(EventRejected, match="later steps"):
            engine.start("p", actor="staff", values={"agreed_at": "2026-01-01 09:00"})


def test_a_message_brings_no_field_that_a_step_asks_for() -> None:
    text = HEAD + (
        "form: {sum: {title: Sum, type: money}, note: {type: text}, on: {title: On, type: date}}\nsteps:\n  - {do: a, by: staff, fill: sum, stamp: on}\n"
        "  - {wait: reply, for: reply}\n  - {end: done}\n"
    )
    with running(text) as (engine, _, case):
        engine.complete(case.id, "a", actor="staff", values={"sum": "5"})
        for field, value in (("sum", "9"), ("on", "2026-01-01")):
            with pytest.raises(EventRejected, match=f"filled in by steps, not by a message: {field}"):
                engine.send(case.id, "reply", values={field: value})
        assert engine.send(case.id, "reply", values={"note": "yes"}).status == "done"


def test_a_stamp_is_there_for_the_conditions_that_follow() -> None:
    text = HEAD + (
        "form: {due: {type: date, required: true}, on: {type: date}}\nsteps:\n  - {do: plan, by: staff, fill: due}\n"
        "  - {do: work, by: staff, stamp: on}\n  - decide: late\n    cases:\n"
        "      - {label: late, when: on > due, then: explain}\n      - {label: in time, otherwise: done}\n"
        "  - {do: explain, by: staff}\n  - {end: done}\n"
    )
    assert not verify(definition(text)), "both ways may come, and the stamp is never empty there"
    for days, at in ((0, "done"), (1, "explain")):
        with running(text) as (engine, clock, case):
            engine.complete(case.id, "plan", actor="staff", values={"due": "2026-03-09"})
            clock.advance(timedelta(days=days))
            assert engine.complete(case.id, "work", actor="staff").configuration == (at,)


def test_proofs_try_every_day_that_a_stamp_may_bring() -> None:
    text = HEAD + (
        "form: {due: {type: date, required: true}, on: {type: date}}\nsteps:\n  - {do: plan, by: staff, fill: due}\n"
        "  - {do: work, by: staff, stamp: on}\n  - {do: praise, by: head, only_when: on <= due}\n  - {end: done}\n"
        "rules:\n  - {say: none when late, never: praise, when: on > due}\n  - {say: none in time, never: praise, when: on <= due}\n"
    )
    found = definition(text)
    assert [verdict.outcome for verdict in prove(found)] == ["proved", "refuted"]


# --- S56: dates beside the day on which they are filled in


def test_s56_a_date_may_be_bound_to_the_day_on_which_it_is_filled_in() -> None:
    with running(TRIP) as (engine, clock, case):
        refused("Leave: 2026-03-08 is in the past", engine, case.id, "ask", actor="staff", values={"leave": "2026-03-08"})
        assert engine.snapshot(case.id).revision == 1
        engine.complete(case.id, "ask", actor="staff", values={"leave": "2026-03-09"})
        engine.complete(case.id, "ok", actor="head")
        refused("Back: 2026-03-10 is in the future", engine, case.id, "home", actor="staff", values={"back": "2026-03-10"})
        clock.advance(timedelta(minutes=2))
        assert engine.complete(case.id, "home", actor="staff", values={"back": "2026-03-10"}).status == "done"


def test_s56_it_holds_for_an_answer_that_refuses() -> None:
    text = HEAD + (
        "form: {leave: {title: Leave, type: date, min: today, required: true}}\nsteps:\n  - {do: ask, by: staff, fill: leave}\n"
        "  - {approve: ok, by: head, fill: leave, rejected: ask}\n  - {end: done}\n"
    )
    with running(text) as (engine, _, case):
        engine.complete(case.id, "ask", actor="staff", values={"leave": "2026-03-10"})
        refused(
            "Leave: 2026-03-01 is in the past",
            engine,
            case.id,
            "ok",
            outcome="rejected",
            actor="head",
            values={"leave": "2026-03-01"},
        )
        assert engine.snapshot(case.id).data["leave"].isoformat() == "2026-03-10"


def test_s56_a_date_that_was_filled_in_before_must_still_be_right_when_the_step_is_done_again() -> None:
    with running(TRIP) as (engine, clock, case):
        engine.complete(case.id, "ask", actor="staff", values={"leave": "2026-03-10"})
        engine.complete(case.id, "ok", actor="head", outcome="rejected")
        clock.advance(timedelta(days=2))
        refused("Leave: 2026-03-10 is in the past", engine, case.id, "ask", actor="staff")
        engine.complete(case.id, "ask", actor="staff", values={"leave": "2026-03-11"})


def test_s56_it_holds_for_the_start_and_for_messages_too() -> None:
    text = HEAD + (
        "form: {day: {title: Day, type: datetime, min: 今天}}\nsteps:\n  - {do: a, by: staff}\n"
        "  - {wait: reply, for: reply}\n  - {do: b, by: staff, only_when: day is filled}\n  - {end: done}\n"
    )
    with running(text) as (engine, _, case):
        with pytest.raises(EventRejected, match="Day: 2026-03-08 is in the past"):
            engine.start("p", actor="staff", values={"day": "2026-03-08 23:00"})
        engine.complete(case.id, "a", actor="staff")
        for _ in range(2):  # the long way, and the way that is remembered
            with pytest.raises(EventRejected, match="Day: 2026-03-08 is in the past"):
                engine.send(case.id, "reply", values={"day": "2026-03-08 23:00"})
        assert engine.send(case.id, "reply", values={"day": "2026-03-09 01:00"}).configuration == ("b",)


TABLE = HEAD + (
    "form:\n  legs: {title: Legs, type: list, columns: {city: {type: text}, on: {type: date, min: today}, seen: {type: datetime, max: today}}}\n"
    "steps:\n  - {do: plan, by: staff, fill: legs}\n  - {wait: news, for: news}\n  - {approve: ok, by: head, rejected: plan}\n  - {end: done}\n"
)


def test_s56_the_dates_in_a_table_are_bound_to_the_day_too() -> None:
    with running(TABLE) as (engine, clock, case):
        early = "沈阳\t2026-03-09\n大连\t2026-03-08"
        refused("Legs: on: 2026-03-08 is in the past", engine, case.id, "plan", actor="staff", values={"legs": early})
        late = [{"city": "沈阳", "seen": "2026-03-10 00:30"}]
        refused("Legs: seen: 2026-03-10 is in the future", engine, case.id, "plan", actor="staff", values={"legs": late})
        right = [{"city": "沈阳", "on": "2026-03-10", "seen": "2026-03-09 23:30"}, {"city": "大连"}]
        engine.complete(case.id, "plan", actor="staff", values={"legs": right})
        engine.send(case.id, "news")
        clock.advance(timedelta(days=1, minutes=1))
        engine.complete(case.id, "ok", actor="head", outcome="rejected")
        refused("Legs: on: 2026-03-10 is in the past", engine, case.id, "plan", actor="staff")
        assert engine.replay(case.id) == engine.snapshot(case.id)


def test_s56_a_table_that_comes_with_the_start_is_looked_at_too() -> None:
    text = TABLE.replace("fill: legs", "see: legs")
    with running(text) as (engine, _, case):
        engine.complete(case.id, "plan", actor="staff")
        for _ in range(2):  # the long way, and the way that is remembered
            with pytest.raises(EventRejected, match="Legs: on: 2026-03-08 is in the past"):
                engine.send(case.id, "news", values={"legs": [["沈阳", "2026-03-08"]]})
        assert engine.send(case.id, "news", values={"legs": [["沈阳", "2026-03-09"]]}).configuration == ("ok",)


def test_limits_of_the_day_stand_in_the_states_that_are_printed() -> None:
    found = definition(TRIP)
    again = definition(states_yaml(found))
    assert [(one.not_past, one.not_future) for one in again.fields] == [(one.not_past, one.not_future) for one in found.fields]


def test_today_is_a_limit_of_dates_only() -> None:
    _, wrong = read_definition(
        Source(name="p.yaml", text=TRIP.replace("back: {title: Back, type: date", "back: {title: Back, type: int"))
    )
    assert [(one.code, one.severity.name) for one in wrong] == [("OF103", "ERROR")]


# --- how often


OFTEN = HEAD + (
    "form: {customer: {type: text, required: true}}\nsteps:\n  - {do: plan, by: staff, fill: customer}\n  - {do: visit, by: staff}\n"
    "  - {approve: look, by: head, rejected: visit}\n"
    "  - decide: again\n    by: staff\n    cases:\n      - {label: again, then: visit}\n      - {label: enough, then: done}\n  - {end: done}\n"
    "reports:\n  - {report: visits, of: visit, every: month, per: customer}\n  - {report: looks, of: [look], every: month}\n  - {report: over, of: done, every: month}\n"
)


def test_each_time_counts_in_the_period_in_which_it_was_done() -> None:
    with running(OFTEN) as (engine, clock, case):
        engine.complete(case.id, "plan", actor="staff", values={"customer": "甲"})
        for outcome in ("rejected", "approved"):
            engine.complete(case.id, "visit", actor="staff")
            engine.complete(case.id, "look", actor="head", outcome=outcome)
        clock.advance(timedelta(days=30))
        engine.complete(case.id, "again", actor="staff", outcome="again")
        engine.complete(case.id, "visit", actor="staff")
        engine.complete(case.id, "look", actor="head")
        engine.complete(case.id, "again", actor="staff", outcome="enough")
        told = {
            name: [(one.period, one.whose, one.value) for one in engine.report("p", name)]
            for name in ("visits", "looks", "over")
        }
        assert told["visits"] == [("2026-03", "甲", 2), ("2026-04", "甲", 1)]
        assert told["looks"] == [("2026-03", "", 1), ("2026-04", "", 1)], "what was sent back was not done"
        assert told["over"] == [("2026-04", "", 1)]


def test_a_step_keeps_its_times_under_a_new_name() -> None:
    renamed = OFTEN.replace("do: visit, by", "do: call_on, was: visit, by").replace("then: visit", "then: call_on")
    renamed = renamed.replace("rejected: visit", "rejected: call_on").replace("of: visit", "of: call_on")
    with running(OFTEN) as (engine, _, case):
        engine.complete(case.id, "plan", actor="staff", values={"customer": "甲"})
        engine.complete(case.id, "visit", actor="staff")
        engine.deploy(replace(definition(renamed), version=2))
        assert [(one.whose, one.value) for one in engine.report("p", "visits")] == [("甲", 1)]


def test_a_report_with_periods_needs_a_date_or_a_step() -> None:
    for broken in (OFTEN.replace("of: visit, every", "every"), OFTEN.replace("of: visit, every", "of: visit, total: n, every")):
        text = broken.replace("form: {", "form: {n: {type: int}, ")
        _, wrong = read_definition(Source(name="p.yaml", text=text))
        assert [one.code for one in wrong if one.severity.name == "ERROR"] == ["OF102"]
