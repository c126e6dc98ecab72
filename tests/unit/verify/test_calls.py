"""What goes into a called process and what comes back fits the fields on the other side."""

from __future__ import annotations

from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.verify.calls import check_calls

CALLER = """
process: a
title: A
roles: {s: S}
form: {who: {title: W, type: text, required: true}, back: {title: B, type: date}}
steps:
  - {do: x, title: X, by: s, fill: [who, back]}
  - {call: c, title: C, process: b, with: {n: who}, gives: {back: n}}
  - {end: done, title: D}
"""
CALLED = """
process: b
title: B
roles: {s: S}
form: {n: {title: N, type: int, required: true}}
steps:
  - {do: x, title: X, by: s, fill: n}
  - {end: done, title: D}
"""


def read(text: str) -> Definition:
    found, wrong = read_definition(Source(name="x.yaml", text=text))
    assert found is not None, wrong
    return found


def codes(called: str) -> list[str]:
    return [one.code for one in check_calls(read(CALLER), {"b": read(called), "a": read(CALLER)})]


def test_types_that_do_not_fit_are_told_both_ways() -> None:
    assert codes(CALLED) == ["OF506", "OF506"]
    assert codes(CALLED.replace("type: int", "type: text")) == ["OF506"], "a text still is no date"
    assert codes(CALLED.replace("type: int", "type: date")) == ["OF506"], "nor is the other way round"


SHOWN = """
process: b
title: B
roles: {s: S}
form: {n: {title: N, type: text, required: true}, m: {title: M, type: text, required: true}}
steps:
  - {do: x, title: X, by: s, see: [n, m]}
  - {end: done, title: D}
"""


def test_what_a_process_shows_and_never_fills_must_be_passed() -> None:
    caller = CALLER.replace(", gives: {back: n}", "")

    def told(called: str) -> list[tuple[str, str]]:
        return [(one.code, one.severity.value) for one in check_calls(read(caller), {"b": read(called)})]

    assert told(SHOWN) == [("OF505", "warning")], "n is passed, m is not"
    assert told(SHOWN.replace("M, type: text, required: true", "M, type: text")) == [], "it may stay empty"
    assert told(SHOWN.replace("see: [n, m]", "fill: m, see: n")) == [], "filled there"
    assert told(SHOWN.replace("  - {end", "  - {do: y, title: Y, by: s, fill: m}\n  - {end")) == [], "filled later"
