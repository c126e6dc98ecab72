"""A story fills in whatever must be filled in, of every type."""

from __future__ import annotations

import pytest

from oyiflow.testing.examples import play
from oyiflow.verify.rules import prove
from tests.unit.verify.rules.flows import read

TYPES = (
    "text", "longtext", "int, min: 3", "decimal, max: 2", "money, min: 0.01, max: 0.02", "bool", "date", "date, min: today",
    "date, max: today", "date, min: 2031-01-01", "datetime", "duration", "choice, of: [a, b]", "choices, of: [a, b]",
    "person", "file", "list", "list, columns: {a: {type: text, required: true}, b: {type: int, required: true, min: 3}}",
    "list, columns: {a: {type: date, required: true, min: today}, b: {type: money, max: 10}, c: {type: choice, of: [x, y]}}",
)  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_a_story_goes_past_a_field_that_must_be_filled_in(kind: str) -> None:
    definition = read(
        f"process: p\ntitle: P\nroles: {{staff: Staff}}\nform:\n  it: {{type: {kind}, required: true}}\nsteps:\n"
        "  - {do: one, by: staff, fill: it}\n  - {do: two, by: staff}\n  - {end: done}\nrules:\n  - {say: R, never: two}\n"
    )
    [verdict] = prove(definition)
    assert verdict.outcome == "refuted" and verdict.broken is not None
    played = play(definition, verdict.broken.example)
    assert played.passed, played.diagnostic
