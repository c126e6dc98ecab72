"""What is said of limits, stamps and examples that cannot be: in both languages, with a remedy."""

from __future__ import annotations

import pytest

from oyiflow.diagnostics import Diagnostic, Source
from oyiflow.load.reader import read_definition
from oyiflow.verify import verify

HEAD = "process: p\ntitle: P\nroles: {staff: Staff}\n"


def told(text: str) -> Diagnostic:
    """The one thing that is wrong."""
    definition, found = read_definition(Source(name="p.yaml", text=HEAD + text))
    [one] = found + (verify(definition) if definition is not None else [])
    assert one.fix is not None and one.zh != one.en and one.fix.zh != one.fix.en
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in one.en + one.fix.en)
    return one


def field(words: str) -> Diagnostic:
    return told(
        f"form: {{n: {{title: N, {words}}}}}\nsteps:\n  - {{do: go, title: Go, by: staff, fill: n}}\n  - {{end: done, title: Done}}\n"
    )


@pytest.mark.parametrize(("words", "en", "fix"), [
    ("type: int, min: today", "min: today is for dates; 'n' is int", "make the type date or datetime, or write a value"),
    ("type: text, max: 20", "max is for numbers, amounts, dates and durations; 'n' is text", "drop max, or change the type"),
    ("type: int, min: 5, max: 3", "max is less than min, so nothing can be filled into 'n'", "change min or max"),
])  # fmt: skip
def test_a_limit_that_cannot_be(words: str, en: str, fix: str) -> None:
    one = field(words)
    assert one.en == en and one.fix is not None and one.fix.en.startswith(fix)


@pytest.mark.parametrize("words", ["type: int, min: 3, max: 3", "type: duration, min: 3 workdays, max: 1 day", "type: date, min: today, max: today",
                                   "type: decimal, min: 1.50, max: 1.5", "type: datetime, min: 2026-01-01 09:00, max: 2026-01-01T01:00Z"])  # fmt: skip
def test_limits_that_leave_room(words: str) -> None:
    with pytest.raises(ValueError, match="got 0"):
        field(words)


@pytest.mark.parametrize(
    ("stamp", "shown"),
    [("[d, t]", "[d, t]"), ("{zh: d}", "{zh: d}"), (f"[{'d, ' * 20}t]", "[d, d, d, d, d, d, d, d, d, d, d, d, d,…")],
)
def test_what_was_written_is_shown(stamp: str, shown: str) -> None:
    _, found = read_definition(
        Source(
            name="p.yaml",
            text=HEAD + f"steps:\n  - {{do: go, title: Go, by: staff, stamp: {stamp}}}\n  - {{end: done, title: Done}}\n",
        )
    )
    assert [(one.code, one.zh, one.en) for one in found] == [
        ("OF103", f"stamp 的值“{shown}”不对", f"{shown!r} is not a value for stamp")
    ]


def test_the_remedy_for_what_may_be_empty_is_a_condition_in_each_language() -> None:
    steps = "steps:\n  - {do: go, title: Go, by: staff, fill: n}\n  - {do: further, title: Further, by: staff, only_when: n > 3}\n  - {end: done, title: Done}\n"
    one = told("form: {n: {title: N, type: int}}\n" + steps)
    assert one.code == "OF505" and one.fix is not None
    assert one.fix.zh == "先判断 n 已填写 且 …，或设为必填 (required: true)"
    mended = steps.replace("n > 3", "n 已填写 且 n > 3")
    definition, found = read_definition(Source(name="p.yaml", text=HEAD + "form: {n: {title: N, type: int}}\n" + mended))
    assert definition is not None and not found + verify(definition)


def test_everything_that_needs_somebody_is_named_at_once() -> None:
    one = told(
        "form: {d: {title: D, type: date, required: true}, s: {title: S, type: date}}\nsteps:\n  - {do: go, title: Go, by: staff, fill: d}\n"
        "  - {decide: far, stamp: s, see: d, cases: [{when: d > 2026-01-01, then: go}, {otherwise: done}]}\n  - {end: done, title: Done}\n"
    )
    assert one.en == "this step has no by; nobody acts on it, so nothing comes of stamp, see"
