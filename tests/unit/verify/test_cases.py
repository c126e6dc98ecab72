"""Conditions beside each other: what is found, how severe it is, and with which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oyiflow.diagnostics import Diagnostic, Severity, Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.verify.data import check_unread
from oyiflow.verify.decisions import check_decisions

PROCESS = """\
process: trip
title: 出差
roles: {staff: 员工}
form:
  费用: {type: money, min: 0, max: 50000, required: true}
  days: {type: int, min: 1, required: true}
  opt: {type: int}
  out: {type: date, required: true}
  urgent: {type: bool, required: true}
  tags: {type: choices, of: [重要, 高值], required: true}
steps:
  - {do: apply, by: staff, fill: [费用, days, opt, out, urgent, tags]}
  - decide: which
    cases:
%s
  - {do: one, by: staff, then: done}
  - {do: two, by: staff, then: done}
  - {do: three, by: staff}
  - {end: done}
"""


def process(*cases: str) -> Definition:
    lines = [f"      - {{{case}}}" for case in cases]
    definition, wrong = read_definition(Source(name="trip.yaml", text=PROCESS % "\n".join(lines)))
    assert definition is not None, wrong
    return definition


def found(*cases: str) -> list[Diagnostic]:
    return list(check_decisions(process(*cases)))


def only(*cases: str) -> Diagnostic:
    [one] = found(*cases)
    return one


def when(*conditions: str) -> list[str]:
    ends = ("one", "two", "three")
    return [*(f"when: {text}, then: {to}" for text, to in zip(conditions, ends, strict=False)), "otherwise: done"]


def test_the_witness_is_told_in_the_notation_of_its_field() -> None:
    gap = only(*when("费用 < 25000", "费用 > 25000 and 费用 < 28000"))
    assert gap.code == "OF502"
    assert gap.severity is Severity.WARNING
    assert gap.zh == "费用 = 25000 元 时只能走“done”(otherwise)：两边的情形都不包括它"
    assert gap.en == "when 费用 = 25000 元, only 'done' (otherwise) is left: the cases on both sides leave it out"
    assert gap.fix is not None
    assert gap.fix.replacement == "费用 >= 25000"


@pytest.mark.parametrize(
    ("first", "second", "told", "severity"),
    [
        ("费用 <= 5000", "费用 >= 5000 and 费用 < 9000", "费用 = 5000 元", "error"),
        ("费用 < 6000", "费用 > 5000 and 费用 < 9000", "费用 = 5100 元", "error"),
        ("out <= 2026-05-01", "out >= 2026-05-01 and out < 2026-06-01", "out = 2026-05-01", "error"),
        ("urgent", "费用 > 10000", "费用 = 20000 元，urgent = 是", "warning"),
        ("'\"重要\" in tags'", "'\"高值\" in tags'", "tags = 重要、高值", "error"),
        ("opt is empty or opt > 3", "opt < 5", "opt = 4", "error"),
        ("opt is empty or opt > 9", "not (opt > 3)", "opt 未填", "error"),
    ],
)
def test_two_cases_at_once(first: str, second: str, told: str, severity: str) -> None:
    overlap = found(*when(first, second))[0]
    assert (overlap.code, overlap.severity) == ("OF501", severity)
    assert overlap.zh.startswith(f"{told} 时"), overlap.zh
    assert overlap.related[0][0] != overlap.span


@pytest.mark.parametrize(
    "cases",
    [
        when("费用 > 10000", "费用 > 5000"),
        when("urgent and 费用 > 5000", "urgent", "费用 > 100 and not urgent"),
        when("days == 3", "days < 10"),
        when("费用 < 5000", "费用 >= 5000 and 费用 < 9000"),
        ["when: urgent, then: one", "when: 费用 > 5, then: one", "otherwise: two"],
        when("opt > 5", "opt <= 5"),
        ["when: 费用 < 5000, then: one", "when: 费用 > 5000, then: done", "otherwise: done"],
        when("days > 5", "days < 3"),
        when("in(apply)", "not in(apply) and urgent"),
    ],
)
def test_what_is_right(cases: list[str]) -> None:
    assert found(*cases) == []


def test_a_case_that_an_earlier_one_takes_does_not_overlap_with_a_third() -> None:
    overlaps = found("when: days > 3, then: one", "when: days < 9 and days > 3, then: two", "otherwise: three")
    assert [one.code for one in overlaps] == ["OF504"], "hidden, so it is in nobody's way"


def test_dead_cases() -> None:
    never = only(*when("days > 5 and days < 3"))
    assert (never.code, never.severity) == ("OF503", Severity.ERROR)
    assert only(*when("days > 3 and days < 4")).code == "OF503", "no whole number lies between"
    filled = only(*when("days is empty"))
    assert (filled.code, filled.severity) == ("OF503", Severity.WARNING)
    assert "days" in filled.zh


def test_hidden_cases_name_what_hides_them() -> None:
    definition = process(*when("费用 > 5000", "费用 > 10000"))
    [hidden] = check_decisions(definition)
    assert (hidden.code, hidden.severity) == ("OF504", Severity.WARNING)
    assert hidden.related[0][0] == definition.states["which"].transitions[0].guard.span  # type: ignore[union-attr]
    together = only(*when("days < 5", "days >= 5 and days < 9", "days > 3 and days < 8"))
    assert together.code in ("OF501", "OF504")


def test_an_otherwise_that_is_not_needed_is_only_noted() -> None:
    rest = only(*when("days < 5", "days >= 5"))
    assert (rest.code, rest.severity) == ("OF504", Severity.NOTE)


def test_a_case_that_always_holds_is_said_once_for_all_behind_it() -> None:
    always = only(*when("days >= 1", "urgent", "费用 > 5"))
    assert (always.code, always.severity) == ("OF504", Severity.WARNING)
    assert len(always.related) == 3


def test_a_day_between_two_dates_slips_through() -> None:
    text = PROCESS.replace("out: {type: date", "back: {type: date, required: true}\n  out: {type: date").replace(
        "days, opt", "days, back, opt"
    )
    cases = ["when: back < out + 3天, then: one", "when: back > out + 3天 and back < out + 9天, then: two", "otherwise: done"]
    definition, wrong = read_definition(
        Source(name="trip.yaml", text=text % "\n".join(f"      - {{{case}}}" for case in cases))
    )
    assert definition is not None, wrong
    [gap] = check_decisions(definition)
    assert gap.code == "OF502"
    assert gap.zh.startswith("back = 2026-01-04，out = 2026-01-01 时") or gap.zh.startswith(
        "back = 2026-01-01，out = 2025-12-29 时"
    )


def test_one_slip_one_message() -> None:
    """A threshold that no value reaches is said by OF507, an overlap leaves the otherwise alone."""
    assert found(*when("费用 > 60000", "days > 3")) == []
    assert [one.code for one in found(*when("费用 <= 5000", "费用 >= 5000"))] == ["OF501"]


def test_somebody_who_must_choose_has_an_answer() -> None:
    text = PROCESS.replace("decide: which", "decide: which\n    by: staff")

    def chosen(*cases: str) -> list[Diagnostic]:
        body = "\n".join(f"      - {{label: {n}, {case}}}" for n, case in enumerate(cases))
        definition, wrong = read_definition(Source(name="trip.yaml", text=text % body))
        assert definition is not None, wrong
        return list(check_decisions(definition))

    [stuck] = chosen("when: days < 5, then: one", "when: days > 9, then: two")
    assert (stuck.code, stuck.severity) == ("OF502", Severity.ERROR)
    assert stuck.zh == "days = 5 时没有分支可走，流程停在“which”"
    assert chosen("when: days < 5, then: one", "when: days >= 5, then: two") == []
    assert chosen("when: days < 5, then: one", "when: days < 9, then: two", "then: three") == []
    assert chosen("when: opt is filled, then: one", "when: opt is empty, then: two") == []


def test_a_hidden_field_that_nothing_reads() -> None:
    definition = process(*when("opt > 5"))
    unread = replace(definition, fields=tuple(replace(f, hidden=f.name in ("opt", "out")) for f in definition.fields))
    [one] = check_unread(unread, {})
    assert (one.code, one.span) == ("OF507", definition.field["out"].span)
