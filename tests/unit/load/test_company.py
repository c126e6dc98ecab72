"""The company file and the calendar file: what is read, and every way to get it wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from oyiflow import check
from oyiflow.diagnostics import Source
from oyiflow.load.files.calendar import calendar_of, is_calendar
from oyiflow.load.files.company import read_company
from oyiflow.load.text import nodes
from oyiflow.model.company import Absence, Policies

HEAD = """\
company: Example Ltd
people:
  ann: {title: Ann, roles: [staff], deputy: bob}
  bob: {title: Bob, roles: [head], superior: ann}
"""


def company(more: str = "", head: str = HEAD) -> tuple[object, list[str]]:
    found, wrong = read_company(Source(name="company.yaml", text=head + more))
    return found, [f"{d.span.line}:{d.span.column} {d.code}" for d in wrong]


def test_everything_that_a_company_may_say() -> None:
    text = (
        HEAD
        + """\
absences:
  - {person: ann, from: 2026-10-08, to: 2026-10-16}
  - {person: bob, from: 2026-12-01, to: 2026-12-01, deputy: ann}
policies: {no_approver: hold, repeated_approver: skip, self_approval: allowed}
"""
    )
    found, wrong = read_company(Source(name="company.yaml", text=text))
    assert found is not None and not wrong
    first, second = date(2026, 10, 8), date(2026, 10, 16)
    assert found.absences[0] == Absence(person="ann", first=first, last=second, deputy="bob")
    assert found.policies == Policies(repeated_approver="skip", self_approval="allowed")
    assert found.deputies_of("ann", first) == found.deputies_of("ann", second) == ("bob",)
    assert found.deputies_of("ann", date(2026, 10, 17)) == found.deputies_of("ann", date(2026, 10, 7)) == ()
    assert found.stands_in_for("ann", date(2026, 12, 1)) == ("bob",)
    assert found.stands_in_for("bob", date(2026, 12, 1)) == ()


def test_without_a_word_the_careful_policies_hold() -> None:
    found, wrong = read_company(Source(name="company.yaml", text=HEAD))
    assert found is not None and not wrong
    assert (found.policies.no_approver, found.policies.repeated_approver, found.policies.self_approval) == (
        "hold",
        "ask",
        "never",
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("absences: [{person: eve, from: 2026-10-08, to: 2026-10-09}]\n", ["5:21 OF204"]),
        ("absences: [{person: ann, from: 2026-10-08, to: 2026-10-09, deputy: eve}]\n", ["5:68 OF204"]),
        ("absences: [{person: ann, from: 2026-10-08, to: 2026-10-09, deputy: ann}]\n", ["5:68 OF608"]),
        ("absences: [{person: bob, from: 2026-10-08, to: 2026-10-09}]\n", ["5:21 OF608"]),
        ("absences: [{person: ann, from: 2026-10-09, to: 2026-10-08}]\n", ["5:48 OF609"]),
        ("absences: [{person: ann, from: 2026-02-30, to: 2026-10-08}]\n", ["5:32 OF103"]),
        ("absences: [{person: ann, from: tomorrow, to: 2026-10-08}]\n", ["5:32 OF103"]),
        ("absences: [{person: ann, from: 2026-10-08}]\n", ["5:13 OF102"]),
        ("policies: {self_approval: sometimes}\n", ["5:27 OF103"]),
        ("policies: {self_aproval: never}\n", ["5:12 OF101"]),
        ("policies: never\n", ["5:11 OF103"]),
    ],
)
def test_what_is_wrong_is_said_once_and_in_its_place(more: str, expected: list[str]) -> None:
    found, wrong = company(more)
    assert (found, wrong) == (None, expected)


def test_a_standing_deputy_is_somebody_else() -> None:
    assert company(head=HEAD.replace("deputy: bob", "deputy: ann"))[1] == ["3:45 OF608"]
    assert company(head=HEAD.replace("deputy: bob", "deputy: eve"))[1] == ["3:45 OF204"]


# --- calendars

CALENDAR = """\
calendar: ours
timezone: "-03:30"
weekend: [fri, sat]
years:
  2026:
    holidays: [2026-10-01..2026-10-03, 2026-12-31]
    workdays: [2026-10-10]
  2027: {}
"""


def calendar(text: str) -> tuple[object, list[str]]:
    root, found = nodes.read(Source(name="ours.yaml", text=text))
    assert is_calendar(root)
    made, found = calendar_of(root, found)
    return made, [f"{d.span.line}:{d.span.column} {d.code}" for d in found]


def test_a_calendar_as_it_is_written() -> None:
    root, found = nodes.read(Source(name="ours.yaml", text=CALENDAR))
    made, found = calendar_of(root, found)
    assert made is not None and not found
    assert (made.name, made.utc_offset_minutes, made.weekend, made.years) == ("ours", -210, (4, 5), (2026, 2027))
    assert made.holidays == {date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3), date(2026, 12, 31)}
    assert made.workdays == {date(2026, 10, 10)}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("2026-12-31", "2026-12-32", ["6:40 OF103"]),
        ("2026-12-31", "2026-2-31", ["6:40 OF103"]),
        ("2026-12-31", "2026-10-02", ["6:40 OF706"]),
        ("2026-12-31", "2027-01-01", ["6:40 OF706"]),
        ("2026-12-31", "2026-12-31..2027-01-02", ["6:40 OF706"]),
        ("2026-10-01..2026-10-03", "2026-10-03..2026-10-01", ["6:16 OF706"]),
        ("2026-10-10", "2026-10-02", ["7:16 OF706"]),
        ("fri, sat", "fri, so", ["3:16 OF103"]),
        ('"-03:30"', "Beijing", ["2:11 OF103"]),
        ("2027: {}", "27: {}", ["4:1 OF103"]),
        ("holidays", "holiday", ["6:5 OF101"]),
    ],
)
def test_a_calendar_that_is_wrong(old: str, new: str, expected: list[str]) -> None:
    made, wrong = calendar(CALENDAR.replace(old, new))
    assert made is None
    assert [one.partition(" ")[2] for one in wrong] == [one.partition(" ")[2] for one in expected]
    if expected != ["4:1 OF103"]:
        assert wrong == expected


def codes(folder: Path, **files: str) -> list[str]:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return [d.code for d in check([folder]).diagnostics]


def test_the_calendar_of_a_company_is_shipped_or_beside_it_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.yaml").write_text(CALENDAR, encoding="utf-8")
    (tmp_path / "company").mkdir()
    home = tmp_path / "company"
    assert codes(home, company=HEAD + "calendar: cn\n") == []
    found = check([home]).company
    assert (
        found is not None and found.calendar.is_workday(date(2026, 10, 10)) and not found.calendar.is_workday(date(2026, 10, 1))
    )
    assert codes(home, company=HEAD + "calendar: ../other/mine.yaml\n") == []
    found = check([home]).company
    assert found is not None and found.calendar.name == "ours"
    assert codes(home, company=HEAD + "calendar: ours\n") == ["OF204"]
    assert codes(home, company=HEAD + "calendar: missing.yaml\n") == ["OF204"]
    assert codes(home, ours=CALENDAR, company=HEAD + "calendar: ours\n") == []
    assert codes(home, own=CALENDAR.replace("ours", "cn"), company=HEAD + "calendar: cn\n") == []
    found = check([home]).company
    assert found is not None and found.calendar.utc_offset_minutes == -210, "one's own comes before the shipped one"


def test_a_calendar_file_with_a_mistake_is_shown_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(CALENDAR.replace("2026-12-31", "2026-12-32"), encoding="utf-8")
    file = tmp_path / "company.yaml"
    file.write_text(HEAD + "calendar: mine.yml\n", encoding="utf-8")
    [one] = check([file]).diagnostics
    assert (one.code, Path(one.span.file).name, one.span.line) == ("OF103", "mine.yml", 6)


def test_the_processes_of_a_company_get_its_calendar(tmp_path: Path) -> None:
    process = "process: p\ntitle: P\nroles: {staff: S}\nsteps:\n  - {do: a, by: staff}\n  - {end: z}\n"
    (tmp_path / "p.yaml").write_text(process, encoding="utf-8")
    alone = check([tmp_path]).definitions["p"]
    (tmp_path / "company.yaml").write_text(HEAD + "calendar: cn\n", encoding="utf-8")
    together = check([tmp_path]).definitions["p"]
    assert together.calendar.name == "cn" and not alone.calendar.years
    assert together == alone and together.digest == alone.digest, "a calendar is no part of a process"
