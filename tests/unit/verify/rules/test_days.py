"""Days in proofs: what is stamped or bound to today lies to the day on which it is filled in, and days only follow one another."""

from __future__ import annotations

import pytest

from oyiflow.testing.examples import play
from oyiflow.verify import verify
from oyiflow.verify.rules import prove
from tests.unit.verify.rules.flows import read

TOGETHER = "  - together: both\n    steps:\n      - {do: a, by: staff, stamp: s}\n      - {do: b, by: head, stamp: t}\n"
CORRECTED = "  - {do: ask, by: staff, fill: f, stamp: s}\n  - {do: correct, by: staff, fill: s}\n"
BROKEN = {
    "branches end in any order": ("s: {type: date}, t: {type: date}", TOGETHER, "t < s"),
    "a day that was stamped may be corrected": ("f: {type: date, required: true}, s: {type: date, required: true}", CORRECTED, "s < f - 3 days"),
    "a day and a moment of one step": (
        "f: {type: date, min: today, required: true}, g: {type: date, required: true}, m: {type: datetime, required: true}, u: {type: datetime}",
        "  - {do: one, by: staff, fill: [f, g, m], stamp: u}\n",
        "g > f and m > u",
    ),
    "a second day, waited for": ("s: {type: date}, t: {type: date}", "  - {do: a, by: staff, stamp: s}\n  - {do: b, by: staff, stamp: t}\n", "t > s + 3 days"),
    "whole numbers beside decimals": (
        "a: {type: decimal, required: true}, z: {type: int, required: true}",
        "  - {do: one, by: staff, fill: [a, z]}\n",
        "a > z and a < z + 1",
    ),
}  # fmt: skip
PROVED = {
    "the second day is not before the first": ("s: {type: date}, t: {type: date}", "  - {do: a, by: staff, stamp: s}\n  - {do: b, by: staff, stamp: t}\n", "t < s"),
    "not done before its day": (
        "day: {type: date, min: today, required: true}, left: {type: date}",
        "  - {do: ask, by: staff, fill: day}\n  - {do: go, by: staff, not_before: day, stamp: left}\n",
        "left < day",
    ),
    "cleared and filled in again": (
        "f: {type: date, min: today, required: true}",
        "  - {do: one, by: staff, fill: f}\n"
        "  - {decide: more, by: staff, cases: [{label: x, then: one, clear: f}, {label: y, then: last}]}\n  - {do: last, by: staff}\n",
        "f < 2025-12-01",
    ),
    "a refusal is held to the day too": (
        "f: {type: date, min: today, required: true}, s: {type: date}",
        "  - {do: ask, by: staff, fill: f, stamp: s}\n  - {approve: sign, by: head, fill: f, rejected: q}\n",
        "f < s",
    ),
}  # fmt: skip


def text(form: str, steps: str, condition: str) -> str:
    return (
        f"process: p\ntitle: P\nroles: {{staff: Staff, head: Head}}\nform: {{{form}}}\nsteps:\n{steps}"
        f"  - {{decide: q, cases: [{{label: x, when: '{condition}', then: bad}}, {{label: y, otherwise: done}}]}}\n"
        "  - {do: bad, by: staff, then: done}\n  - {end: done}\nrules:\n  - {say: R, never: bad}\n"
    )


@pytest.mark.parametrize("name", BROKEN)
def test_what_can_happen_breaks_the_rule_and_its_story_is_played(name: str) -> None:
    definition = read(text(*BROKEN[name]))
    [verdict] = prove(definition)
    assert verdict.outcome == "refuted" and verdict.broken is not None
    played = play(definition, verdict.broken.example)
    assert played.passed, played.diagnostic
    assert not {one.code for one in verify(definition)} & {"OF404", "OF405"}


@pytest.mark.parametrize("name", PROVED)
def test_what_no_day_allows_is_proved(name: str) -> None:
    [verdict] = prove(read(text(*PROVED[name])))
    assert verdict.outcome == "proved"
    assert any("clock" in one.en for one in verdict.assumes)


def test_a_signature_that_was_given_before_the_deadline_came_is_not_overlooked() -> None:
    steps = (
        "  - {do: sign, by: [staff, head], mode: all, fill: x, within: 2 days, late: pass}\n"
        "  - {decide: q, cases: [{label: x, when: x > 3, then: sure}, {label: y, otherwise: done}]}\n  - {do: sure, by: staff}\n  - {end: done}\n"
    )
    head = "process: p\ntitle: P\nroles: {staff: Staff, head: Head}\nform: {x: {type: int, required: true}}\nsteps:\n"
    [verdict] = prove(read(f"{head}{steps}rules:\n  - {{say: R, before: sure, must: sign}}\n"))
    assert verdict.outcome != "proved", "one of two may have filled it in"
