"""Schedules and reports in the manual of a process, in the differences of two versions, and among the elements of a trace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition, Text
from oyiflow.model.manual import elements_of
from oyiflow.words import differences, explain

HEAD = """\
process: trips
title: Trips
starts: {every: month, from: [day 10, day 20], for_each: sales, figures: {process: other, report: r, gives: {n: value}}}
roles: {sales: Sales, head: Head}
form: {n: {title: N, type: int}, a: {title: A, type: date}, b: {title: B, type: date}, c: {title: C, type: date}, cost: {title: Cost, type: money}}
steps:
  - {do: go, title: Go, by: sales, fill: [a, b, c, cost], see: n}
  - {approve: look, title: Look, by: head, rejected: go}
  - {end: done}
reports:
"""
REPORTS = {
    "{report: x}": "the number of cases",
    "{report: x, of: go}": "the number of cases that came to step 1 “Go”",
    "{report: x, total: cost, at_most: 500}": "the sum of “Cost”, at most 500 yuan",
    "{report: x, every: month, dated: a, per: starter, at_least: 2}": (
        "in every month (by “A”), for each person who started one, the number of cases, at least 2"
    ),
    "{report: x, per: cost, days: {from: a, to: [b, c]}, of: [go, look]}": (
        "for each value of “Cost”, the calendar days from “A” to “B” and “C” (the earliest) of cases that came to step 1 “Go” or step 2 “Look”"
    ),
}


def definition(line: str) -> Definition:
    found, wrong = read_definition(Source(name="p.yaml", text=f"{HEAD}  - {line}\n"))
    assert found is not None, wrong
    return found


@pytest.mark.parametrize("line", REPORTS)
def test_a_report_is_told_in_the_manual(line: str) -> None:
    text = explain(definition(line), "en")
    assert f"1. x: {REPORTS[line]}." in text.replace("500 元", "500 yuan")
    assert "1. x：" in explain(definition(line), "zh")


def test_the_schedule_is_the_first_of_the_deadlines() -> None:
    text = explain(definition("{report: x}"), "en")
    assert (
        "starts by itself on day 10 and day 20 of every month, one for everybody who is Sales, "
        "with “N” from the report “r” of the process “other”" in text
    )
    text = explain(definition("{report: x}"), "zh")
    assert "每月 10、20 日自动发起，Sales每人一份，“N”由流程“other”的统计“r”填好" in text
    assert "由Sales从“Go”办起" in text, "who then does it"
    assert "| n | N | 整数 | 自动发起时 |" in text


def test_a_report_of_another_process_is_called_by_its_title() -> None:
    given = definition("{report: x}")
    other = replace(definition("{report: r, title: {zh: 出差天数, en: Days away}}"), title=Text(zh="出差", en="Trip"))
    assert "“N”由流程“出差”的统计“出差天数”填好" in explain(given, "zh", {"other": other})
    assert "from the report “Days away” of the process “Trip”" in explain(given, "en", {"other": other})


@pytest.mark.parametrize("old", REPORTS)
@pytest.mark.parametrize("new", REPORTS)
def test_a_report_that_changed_is_a_difference_in_words(old: str, new: str) -> None:
    found = differences(definition(old), definition(new))
    assert [one.subject for one in found] == ([] if old == new else ["report x"])
    assert all(one.group == "rules" and one.aspect == "asks" for one in found)


def test_reports_that_came_went_or_changed_places_are_told() -> None:
    one, two = definition("{report: x}"), definition("{report: y}\n  - {report: x}")
    three = definition("{report: x}\n  - {report: y}")
    assert [(c.kind, c.subject) for c in differences(one, two)] == [("added", "report y")]
    assert [(c.kind, c.subject) for c in differences(two, one)] == [("removed", "report y")]
    assert [(c.kind, c.subject) for c in differences(two, three)] == [("moved", "reports")]
    titled = definition("{report: x, title: Other, source: '7'}")
    assert [(c.group, c.aspect) for c in differences(one, titled)] == [("texts", "title"), ("texts", "source")]


def test_a_report_is_an_element_with_its_article() -> None:
    found = [one for one in elements_of(definition("{report: x, title: Trips, source: Article 13}")) if one.kind == "report"]
    assert [(one.id, one.title.en, one.origin.source) for one in found] == [("x", "Trips", "Article 13")]
