"""Whether a company can do what its processes ask for, and whether its calendar reaches far enough."""

from __future__ import annotations

from datetime import date

import pytest

from oyiflow.diagnostics import Severity, Source
from oyiflow.load.reader import read_definition
from oyiflow.model.calendar import Calendar
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Definition, Text
from oyiflow.verify.people import acting_roles, check_people
from oyiflow.verify.workdays import check_years, longest_workdays

PROCESS = """\
process: leave
title: Leave
roles: {staff: {title: Staff, alias: [worker]}, head: Head, helper: Helper, guest: {title: Guest, outside: true}}
form: {day: {type: date, required: true}}
steps:
  - {do: apply, title: Apply, by: staff, helped_by: helper, meets: guest, fill: day}
  - {approve: sign, title: Sign, by: head, rejected: apply}
  - {end: done}
"""


def definition(text: str = PROCESS) -> Definition:
    found, wrong = read_definition(Source(name="leave.yaml", text=text))
    assert found is not None, wrong
    return found


def company(*people: str, calendar: Calendar | None = None) -> Company:
    """`ann: staff head > bob` is Ann with two roles and Bob as deputy."""
    made = []
    for one in people:
        name, _, rest = one.partition(": ")
        roles, _, deputy = rest.partition(" > ")
        made.append(Person(name=name, title=Text(en=name), roles=tuple(roles.split()), deputy=deputy))
    return Company(people=tuple(made), calendar=calendar or Calendar())


def found(here: Company, *definitions: Definition) -> list[str]:
    return [f"{d.severity} {d.code} {d.span.line}" for d in check_people(here, definitions or (definition(),))]


def test_roles_that_only_help_or_are_met_need_nobody() -> None:
    assert [role.name for role in acting_roles(definition())] == ["staff", "head"]


def test_every_role_wants_holders() -> None:
    assert found(company("ann: worker > bob", "bob: head > ann")) == [], "an alias is the same role"
    assert found(company("ann: staff > bob")) == ["error OF601 3"]
    [one] = check_people(company("ann: staff haed > bob"), [definition()])
    assert one.fix is not None and "haed" in one.fix.zh, "a slip in the company file is seen"


def test_a_single_holder_wants_a_deputy() -> None:
    assert found(company("ann: staff", "bob: staff head > ann")) == []
    assert found(company("ann: staff head", "bob: staff")) == ["warning OF602 1"]
    twice = list(check_people(company("ann: staff head"), [definition(), definition()]))
    assert len(twice) == 2, "once for each role, not for each process"


@pytest.mark.parametrize(
    ("old", "new", "longest"),
    [
        ("by: head,", "by: head,", None),
        ("by: head,", "by: head, within: 3 days,", None),
        ("by: head,", "by: head, within: 3 workdays,", 3),
        ("by: head,", "by: head, only_when: day > 2026-01-05 + 7 workdays,", 7),
        ("  - {end: done}", "  - {wait: pause, for: 11 workdays}\n  - {end: done}", 11),
    ],
)
def test_the_longest_run_of_workdays(old: str, new: str, longest: int | None) -> None:
    assert longest_workdays(definition(PROCESS.replace(old, new))) == longest


def test_the_calendar_must_reach_as_far_as_deadlines_do() -> None:
    here = company("ann: staff head", calendar=Calendar(name="cn", years=(2025, 2026)))
    three = definition(PROCESS.replace("by: head,", "by: head, within: 3 workdays,"))

    def asked(today: date, one: Definition = three) -> list[tuple[str, Severity]]:
        return [(d.zh[:15], d.severity) for d in check_years(here, [one], today)]

    assert asked(date(2026, 12, 28)) == []
    assert asked(date(2026, 12, 29)) == [("日历 cn 没有 2027 年", Severity.WARNING)]
    assert asked(date(2027, 1, 1)) == [("日历 cn 没有 2027 年", Severity.ERROR)]
    assert asked(date(2027, 1, 1), definition()) == [], "nothing counts workdays"
    plain = company("ann: staff head")
    assert list(check_years(plain, [three], date(2027, 1, 1))) == [], "the plain week knows every year"
