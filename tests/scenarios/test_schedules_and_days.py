"""Processes that start by themselves for everybody who holds a role, with what a report says of them; and days that are counted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oyiflow import load
from oyiflow.checking import check, load_company
from oyiflow.diagnostics import Source
from oyiflow.engine import Engine, Instance
from oyiflow.engine.reports import Line
from oyiflow.engine.spans import last_day, merged, period_of, pro_rata, shared
from oyiflow.load.reader import read_definition
from oyiflow.model import canonical
from oyiflow.model.company import Absence, Company, Person
from oyiflow.model.definition import Definition, Text
from oyiflow.testing import ManualClock

PROCESSES = Path(__file__).parents[2] / "processes"
NEW_YEAR = datetime(2026, 1, 1, 1, 0, tzinfo=UTC)
"""Thursday, nine in the morning in Beijing."""


def definition(text: str) -> Definition:
    found, wrong = read_definition(Source(name="p.yaml", text=text))
    assert found is not None, [(one.span.line, one.en) for one in wrong]
    assert canonical.loads(canonical.dumps(found)) == found
    return found


def person(name: str, *roles: str, superior: str = "", deputy: str = "") -> Person:
    return Person(name=name, title=Text(en=name), roles=roles, superior=superior, deputy=deputy)


@contextmanager
def at(moment: datetime, company: Company, *definitions: Definition, **more: Any) -> Iterator[tuple[Engine, ManualClock]]:
    clock = ManualClock(moment)
    with Engine(directory=company, clock=clock, **more) as engine:
        for one in definitions:
            engine.deploy(one)
        yield engine, clock


def day(engine: Engine, clock: ManualClock, on: date) -> None:
    """The clock goes to nine in the morning of a day, and everything that is due is done."""
    clock.advance(datetime(on.year, on.month, on.day, 1, tzinfo=UTC) - clock())
    while engine.run_due():
        pass


def of(engine: Engine, process: str) -> list[Instance]:
    return engine.instances(process=process)


# --- one for everybody

HEAD = "process: p\ntitle: P\nroles: {sales: Sales, head: Head}\n"
EACH = HEAD + (
    "starts: {every: month, by: day 5, for_each: sales}\n"
    "steps:\n  - {do: write, by: sales, who: {whoever_did: starter}, within: day 5, late: escalate}\n  - {do: read, by: head}\n  - {end: done}\n"
)
STAFF = (
    person("gao", "head"),
    person("lin", "sales", superior="gao"),
    person("he", "sales", superior="gao", deputy="su"),
    person("su"),
)
COMPANY = Company(people=STAFF)


def test_everybody_who_holds_the_role_gets_one_each_month_and_only_they_may_do_it() -> None:
    with at(NEW_YEAR, COMPANY, definition(EACH)) as (engine, clock):
        day(engine, clock, date(2026, 2, 1))
        assert [(one.process, one.data) for one in of(engine, "p")] == [("p", {}), ("p", {})]
        assert {person: [one.step for one in engine.tasks(person=person)] for person in ("lin", "he", "gao", "su")} == {
            "lin": ["write"], "he": ["write"], "gao": [], "su": []}  # fmt: skip
        day(engine, clock, date(2026, 2, 3))
        assert len(of(engine, "p")) == 2
        day(engine, clock, date(2026, 3, 2))
        assert len(of(engine, "p")) == 4


def test_several_engines_on_one_store_and_a_new_engine_start_each_once(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'oyiflow.db'}"
    for moment in (NEW_YEAR, NEW_YEAR + timedelta(days=32), NEW_YEAR + timedelta(days=33), NEW_YEAR + timedelta(days=60)):
        with at(moment, COMPANY, definition(EACH), store=store) as (engine, _):
            engine.run_due()
            engine.run_due()
    with at(NEW_YEAR + timedelta(days=60), COMPANY, store=store) as (engine, _):
        starters = [engine.history(one.id)[0].actor for one in of(engine, "p")]
        assert sorted(starters) == ["he", "he", "lin", "lin"]


def test_whoever_is_absent_gets_theirs_and_the_deputy_sees_it() -> None:
    absent = Absence(person="he", first=date(2026, 2, 1), last=date(2026, 2, 28), deputy="su")
    with at(NEW_YEAR, replace(COMPANY, absences=(absent,)), definition(EACH)) as (engine, clock):
        day(engine, clock, date(2026, 2, 2))
        (task,) = engine.tasks(person="su")
        engine.complete(task.instance, "write", actor="su")
        entry = engine.history(task.instance)[-1]
        assert (entry.actor, entry.on_behalf) == ("su", "he") and not engine.tasks(person="he")


def test_whoever_is_late_is_told_with_their_superior_and_nobody_else() -> None:
    with at(NEW_YEAR, COMPANY, definition(EACH)) as (engine, clock):
        day(engine, clock, date(2026, 2, 2))
        (task,) = engine.tasks(person="lin")
        engine.complete(task.instance, "write", actor="lin")
        day(engine, clock, date(2026, 2, 6))
        assert {one.person for one in engine.notices() if one.reason == "escalate"} == {"he", "gao"}


def test_who_comes_to_the_role_later_gets_one_then_and_who_left_none() -> None:
    with at(NEW_YEAR, COMPANY, definition(EACH)) as (engine, clock):
        day(engine, clock, date(2026, 2, 2))
        new = replace(COMPANY, people=(*STAFF[:2], replace(STAFF[2], roles=()), person("mo", "sales")))
        with Engine(engine._store, directory=new, clock=clock) as other:  # another program with a newer company file
            day(other, clock, date(2026, 2, 3))
            day(other, clock, date(2026, 3, 2))
            assert sorted(other.history(one.id)[0].actor for one in of(other, "p")) == ["he", "lin", "lin", "mo", "mo"]


def test_a_person_for_whom_it_cannot_start_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    text = EACH.replace("for_each: sales}", "for_each: sales, figures: {process: q, report: r, gives: {n: value}}}").replace(
        "steps:", "form: {n: {type: int, max: 0}}\nsteps:"
    )
    other = definition(HEAD.replace("process: p", "process: q") + (
        "form: {day: {type: date}}\nsteps:\n  - {do: a, by: sales, fill: day}\n  - {end: done}\n"
        "reports:\n  - {report: r, every: month, dated: day, per: starter, at_least: 3}\n"
    ))  # fmt: skip
    with at(NEW_YEAR, COMPANY, definition(text), other) as (engine, clock), caplog.at_level(logging.ERROR, "oyiflow.worker"):
        clock.advance("31 days")
        done = engine.start("q", actor="lin")
        engine.complete(done.id, "a", actor="lin", values={"day": "2026-02-01"})
        day(engine, clock, date(2026, 2, 2))
        assert [engine.history(one.id)[0].actor for one in of(engine, "p")] == ["he"]  # lin's 1 is more than the field takes
        assert [one.message.split(":")[0] for one in caplog.records] == ["p version 1 cannot start by itself for lin"]


def test_several_days_in_a_period_start_once_each_and_only_the_last_is_made_up_for() -> None:
    text = HEAD + "starts: {every: month, from: [day 20, day 10, day 10]}\nsteps:\n  - {do: a, by: sales}\n  - {end: done}\n"
    with at(NEW_YEAR, COMPANY, definition(text)) as (engine, clock):
        counts = []
        for on in (
            date(2026, 1, 9),
            date(2026, 1, 10),
            date(2026, 1, 19),
            date(2026, 1, 20),
            date(2026, 1, 31),
            date(2026, 2, 25),
        ):
            day(engine, clock, on)
            counts.append(len(of(engine, "p")))
        assert counts == [0, 1, 1, 2, 2, 3]


# --- the manual: articles 13 and 15

OYI = load_company(PROCESSES / "company.yaml")


def oyi(*names: str) -> list[Definition]:
    return [load(PROCESSES / f"{name}.yaml") for name in names]


def travel(engine: Engine, clock: ManualClock, who: str, *days: date, back: date | None = None) -> str:
    """A trip: applied for and approved now, for these two days; registered on its last one, or on `back`."""
    leave, last = days
    trip = engine.start("business_trip", actor=who).id
    engine.complete(
        trip, "apply", actor=who, values={"destination": "沈阳", "purpose": "拜访", "leave_on": leave, "back_on": last}
    )
    engine.complete(trip, "approval", actor="wang", outcome="approved")
    day(engine, clock, leave)
    engine.complete(trip, "travel", actor=who)
    day(engine, clock, back or last)
    engine.complete(trip, "register", actor=who, values={"returned_on": back or last})
    return trip


def days_of(engine: Engine, period: str) -> dict[str, Any]:
    return {one.whose: one.value for one in engine.report("business_trip", period=period)}


def test_on_the_10th_and_the_20th_whoever_is_behind_and_the_manager_find_it_in_their_inboxes() -> None:
    with at(NEW_YEAR, OYI, *oyi("business_trip", "travel_warning")) as (engine, clock):
        travel(engine, clock, "li", date(2026, 1, 5), date(2026, 1, 9))
        assert not of(engine, "travel_warning")
        day(engine, clock, date(2026, 1, 10))
        found = {one.data["staff"]: one for one in of(engine, "travel_warning")}
        assert {who: (one.status, one.configuration) for who, one in found.items()} == {
            "li": ("done", ("on_track",)), "zhao": ("running", ("catch_up", "urge"))}  # fmt: skip
        assert dict(found["zhao"].data) == {"staff": "zhao", "month": "2026-01", "days": 0, "due": 5, "quota": 15}
        assert [one.step for one in engine.tasks(person="zhao")] == ["catch_up"]
        assert [one.step for one in engine.tasks(person="wang")] == ["urge"] and not engine.tasks(person="li")
        day(engine, clock, date(2026, 1, 20))
        late = [one for one in of(engine, "travel_warning") if one.data["due"] == 10]
        assert {one.data["staff"]: one.data["days"] for one in late} == {"li": 5, "zhao": 0}
        assert len(of(engine, "travel_warning")) == 4
        assert {one.person for one in engine.notices(instance=found["zhao"].id)} == {"zhao", "wang"}  # nobody answered


def test_calendar_days_count_once_each_in_their_own_month_and_only_inside_the_approved_dates() -> None:
    with at(NEW_YEAR, OYI, *oyi("business_trip")) as (engine, clock):
        travel(engine, clock, "li", date(2026, 1, 5), date(2026, 1, 9))
        travel(engine, clock, "li", date(2026, 1, 9), date(2026, 1, 12), back=date(2026, 1, 14))  # two days late: not counted
        travel(engine, clock, "li", date(2026, 1, 30), date(2026, 2, 2), back=date(2026, 2, 1))  # a day early
        assert days_of(engine, "2026-01") == {"li": 8 + 2, "zhao": 0} and days_of(engine, "2026-02") == {"li": 1, "zhao": 0}


def test_a_trip_that_is_under_way_counts_as_far_as_its_days_have_come_and_one_that_was_not_begun_does_not() -> None:
    with at(NEW_YEAR, OYI, *oyi("business_trip")) as (engine, clock):
        trip = engine.start("business_trip", actor="li").id
        dates = {"leave_on": "2026-01-05", "back_on": "2026-01-16", "destination": "沈阳", "purpose": "拜访"}
        engine.complete(trip, "apply", actor="li", values=dates)
        day(engine, clock, date(2026, 1, 8))
        assert days_of(engine, "2026-01") == {"li": 0, "zhao": 0}
        engine.complete(trip, "approval", actor="wang", outcome="approved")
        assert days_of(engine, "2026-01") == {"li": 0, "zhao": 0}  # approved, and its days come; nobody has left
        engine.complete(trip, "travel", actor="li")
        assert days_of(engine, "2026-01") == {"li": 1, "zhao": 0}  # the days before the approval are no travel
        day(engine, clock, date(2026, 2, 8))
        assert days_of(engine, "2026-01") == {"li": 9, "zhao": 0}


def test_a_trip_that_was_approved_and_called_off_counts_for_nothing() -> None:
    with at(NEW_YEAR, OYI, *oyi("business_trip")) as (engine, clock):
        trip = engine.start("business_trip", actor="li").id
        dates = {"leave_on": "2026-01-05", "back_on": "2026-01-16", "destination": "沈阳", "purpose": "拜访"}
        engine.complete(trip, "apply", actor="li", values=dates)
        engine.complete(trip, "approval", actor="wang", outcome="approved")
        engine.complete(trip, "call_off", actor="li", values={"called_off": "客户改期"})
        assert engine.instance(trip).configuration == ("cancelled",)
        day(engine, clock, date(2026, 2, 8))
        assert days_of(engine, "2026-01") == {"li": 0, "zhao": 0}


def test_the_report_says_who_is_behind_pro_rata_in_the_month_that_is_not_over() -> None:
    with at(NEW_YEAR, OYI, *oyi("business_trip")) as (engine, clock):
        travel(engine, clock, "li", date(2026, 1, 5), date(2026, 1, 9))
        day(engine, clock, date(2026, 1, 10))
        told: list[Line] = engine.report("business_trip", period="2026-01")
        assert [(one.whose, one.value, one.due, one.behind, one.right) for one in told] == [
            ("li", 5, 5, False, False), ("zhao", 0, 5, True, False)]  # fmt: skip
        day(engine, clock, date(2026, 2, 1))
        assert [(one.due, one.behind, one.right) for one in engine.report("business_trip", period="2026-01")] == [
            (None, False, False)
        ] * 2


def test_each_of_the_sales_staff_owes_a_report_every_month() -> None:
    with at(NEW_YEAR, OYI, *oyi("monthly_report")) as (engine, clock):
        day(engine, clock, date(2026, 2, 1))
        assert [one.step for one in engine.tasks(person="li")] == ["write"] == [one.step for one in engine.tasks(person="zhao")]
        assert sorted(engine.history(one.id)[0].actor for one in of(engine, "monthly_report")) == ["li", "zhao"]
        (task,) = engine.tasks(person="li")
        parts = dict.fromkeys(("summary", "forecast", "problems", "remedies"), "…")
        engine.complete(task.instance, "write", actor="li", values={"month": "2026-01", "area": "辽宁", **parts})
        engine.complete(task.instance, "submit", actor="li")
        engine.complete(task.instance, "read", actor="wang")
        day(engine, clock, date(2026, 2, 6))
        assert {one.whose: one.value for one in engine.report("monthly_report", period="2026-02")} == {"li": 1, "zhao": 0}
        assert {one.person for one in engine.notices()} == {"zhao", "wang"}


# --- what is refused

REPORT = (
    HEAD
    + "form: {a: {type: date}, b: {type: date}, n: {type: int}}\nsteps:\n  - {do: x, by: sales, fill: [a, b, n]}\n  - {end: done}\nreports:\n  - "
)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{report: r, days: {from: a, to: n}}", "OF506"),
        ("{report: r, days: {from: a, to: c}}", "OF204"),
        ("{report: r, days: {from: a, to: b}, total: n}", "OF103"),
        ("{report: r, every: month, days: {from: a, to: b}, dated: a}", "OF103"),
        ("{report: r, days: {from: a}}", "OF102"),
    ],
)
def test_days_that_cannot_be_counted(line: str, code: str) -> None:
    _, wrong = read_definition(Source(name="p.yaml", text=REPORT + line + "\n"))
    assert code in {one.code for one in wrong}


@pytest.mark.parametrize(
    ("starts", "code"),
    [
        ("{every: month, for_each: nobody}", "OF203"),
        ("{every: month, for_each: client}", "OF203"),
        ("{every: month, from: [day 10, day 32]}", "OF103"),
        ("{every: week, from: [day 1, day 9]}", "OF103"),
        ("{every: month, figures: {process: q, report: r, gives: {n: much}}}", "OF103"),
        ("{every: month, figures: {process: q, report: r, gives: {day: value}}}", "OF506"),
        ("{every: month, figures: {process: q, report: r}}", "OF102"),
    ],
)
def test_schedules_that_cannot_be(starts: str, code: str) -> None:
    text = (
        "process: p\ntitle: P\nroles: {sales: Sales, client: {title: C, outside: true}}\nform: {n: {type: int}, day: {type: date}}\n"
        f"starts: {starts}\nsteps:\n  - {{do: x, by: sales, meets: client, see: [n, day]}}\n  - {{end: done}}\n"
    )
    _, wrong = read_definition(Source(name="p.yaml", text=text))
    assert code in {one.code for one in wrong}


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ("{process: journy, report: days, gives: {n: due}}", "OF205"),
        ("{process: journey, report: day, gives: {n: due}}, for_each: sales", "OF204"),
        ("{process: journey, report: bare, gives: {n: due}}, for_each: sales", "OF204"),
        ("{process: journey, report: all, gives: {n: value}}", "OF204"),
        ("{process: journey, report: days, gives: {n: due}}, for_each: sales", ""),
        ("{process: journey, report: days, gives: {n: due}}", "OF204"),
        ("{process: journey, report: all, gives: {n: value}}, for_each: sales", "OF204"),
    ],
)
def test_the_report_that_is_asked_is_looked_for_beside_the_file(tmp_path: Path, figures: str, code: str) -> None:
    (tmp_path / "journey.yaml").write_text(REPORT.replace("process: p", "process: journey") + (
        "{report: days, every: month, per: starter, days: {from: a, to: b}, at_least: n}\n  - {report: bare, per: starter, total: n}\n  - {report: all, per: n}\n"
    ).replace("at_least: n", "at_least: 15"))  # fmt: skip
    file = tmp_path / "p.yaml"
    file.write_text(HEAD + f"form: {{n: {{type: int}}}}\nstarts: {{every: month, figures: {figures}}}\nsteps:\n"
                    "  - {do: x, by: sales, see: n, tell: head, only_when: n > 3}\n  - {end: done}\n")  # fmt: skip
    assert [one.code for one in check([file]).diagnostics] == ([code] if code else [])


# --- days

D = date


def test_stretches_are_put_together_and_shared_out() -> None:
    assert merged([(D(2026, 1, 5), D(2026, 1, 9)), (D(2026, 1, 1), D(2026, 1, 2)), (D(2026, 1, 9), D(2026, 1, 12)), (D(2026, 1, 13), D(2026, 1, 13))]) == [
        (D(2026, 1, 1), D(2026, 1, 2)), (D(2026, 1, 5), D(2026, 1, 13))]  # fmt: skip
    assert list(shared("month", (D(2026, 1, 30), D(2026, 3, 2)))) == [("2026-01", 2), ("2026-02", 28), ("2026-03", 2)]
    assert list(shared("", (D(2026, 1, 30), D(2026, 3, 2)))) == [("", 32)]


@pytest.mark.parametrize("every", ["week", "month", "quarter", "year"])
def test_every_day_lies_in_one_period_that_ends_on_its_last_day(every: str) -> None:
    for number in range(0, 4000, 7):
        one = date(2019, 12, 1) + timedelta(days=number)
        last = last_day(every, one)
        assert period_of(every, last) == period_of(every, one) != period_of(every, last + timedelta(days=1))
    assert last_day(every, date.max) == date.max
    stretch = (date(2019, 12, 1), date(2026, 5, 3))
    assert sum(count for _, count in shared(every, stretch)) == (stretch[1] - stretch[0]).days + 1


def test_pro_rata_asks_for_whole_days_and_never_more_than_the_whole() -> None:
    assert [pro_rata(15, "month", D(2026, 1, one)) for one in (1, 2, 10, 20, 31)] == [0, 1, 5, 10, 15]
    assert [pro_rata(15, "month", D(2026, 2, one)) for one in (10, 20, 28)] == [5, 11, 15]
