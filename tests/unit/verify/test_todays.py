"""A date bound to today and to a fixed day: told only on the days on which nothing is left to fill in."""

from __future__ import annotations

from datetime import date

import pytest

from oyiflow.diagnostics import Severity, Source
from oyiflow.load.reader import read_definition
from oyiflow.verify.todays import check_today

TODAY = date(2026, 6, 15)


def told(limits: str) -> list[tuple[str, Severity]]:
    text = f"""\
process: leave
title: Leave
roles: {{staff: Staff}}
form:
  day: {{title: Day, {limits}}}
  rows: {{title: Rows, type: list, columns: {{at: {{title: At, {limits}}}}}}}
steps:
  - {{do: apply, title: Apply, by: staff, fill: [day, rows]}}
  - {{end: done}}
"""
    found, wrong = read_definition(Source(name="leave.yaml", text=text))
    assert found is not None, wrong
    return [(one.code, one.severity) for one in check_today(found, TODAY)]


@pytest.mark.parametrize(
    ("limits", "severity"),
    [
        ("type: date, min: today, max: 2026-06-14", Severity.ERROR),
        ("type: date, min: today, max: 2026-06-15", None),
        ("type: date, min: 2026-06-16, max: today", Severity.WARNING),
        ("type: date, min: 2026-06-15, max: today", None),
        ("type: datetime, min: today, max: 2020-01-01 08:00", Severity.ERROR),
        ("type: date, min: today, max: today", None),
        ("type: date, min: 2020-01-01, max: 2020-01-02", None),
    ],
)
def test_limits_of_today(limits: str, severity: Severity | None) -> None:
    assert told(limits) == ([("OF507", severity)] * 2 if severity is not None else []), "the field and the column"
