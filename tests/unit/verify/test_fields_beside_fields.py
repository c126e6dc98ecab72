"""Fields that are compared with one another, and are filled in again: whatever lies on either side of what is known is tried."""

from __future__ import annotations

from datetime import date

import pytest

from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.verify import verify
from oyiflow.verify.boxes.classes import known
from oyiflow.verify.boxes.zones import Zone, point
from oyiflow.verify.dead import Onlooker
from oyiflow.verify.explore import Space, search
from oyiflow.verify.rules import prove

HEAD = "process: p\ntitle: P\nroles: {staff: Staff}\n"


def definition(form: str, steps: str, rules: str = "") -> Definition:
    text = HEAD + f"form: {{{form}}}\nsteps:\n{steps}  - {{end: done}}\n{rules}"
    found, wrong = read_definition(Source(name="p.yaml", text=text))
    assert found is not None, [(one.span.line, one.en) for one in wrong]
    return found


FIELDS = (
    "a: {type: date, required: true}, z: {type: date, required: true}",
    "a: {type: money, required: true}, z: {type: money, required: true}",
    "a: {type: int, required: true, min: 1}, z: {type: int, required: true, max: 900}",
)
AGAIN = (
    "  - {do: one, by: staff, fill: FIRST}\n  - {do: two, by: staff, fill: SECOND}\n"
    "  - decide: less\n    cases:\n      - {label: less, when: SECOND < FIRST, then: three}\n      - {label: else, otherwise: done}\n"
    "  - {do: three, by: staff, fill: SECOND}\n"
    "  - decide: more\n    cases:\n      - {label: more, when: SECOND > FIRST, then: gold}\n      - {label: else, otherwise: done}\n"
    "  - {do: gold, by: staff, then: done}\n"
)


@pytest.mark.parametrize("form", FIELDS)
@pytest.mark.parametrize("names", (("a", "z"), ("z", "a")))
def test_what_was_less_can_be_more_when_it_is_filled_in_again(form: str, names: tuple[str, str]) -> None:
    steps = AGAIN.replace("FIRST", names[0]).replace("SECOND", names[1])
    rule = "rules:\n  - {say: never, never: gold, when: a is filled}\n"
    found = definition(form, steps, rule)
    assert [verdict.outcome for verdict in prove(found)] == ["refuted"]
    assert not [one.code for one in verify(found) if one.code.startswith("OF40")]


@pytest.mark.parametrize("form", FIELDS[:2])
@pytest.mark.parametrize("names", (("a", "z"), ("z", "a")))
def test_a_date_can_always_be_put_right(form: str, names: tuple[str, str]) -> None:
    first, second = names
    steps = (
        f"  - {{do: go, by: staff, fill: {first}}}\n  - {{do: back, by: staff, fill: {second}}}\n"
        f"  - decide: order\n    cases:\n      - {{label: right, when: {second} > {first}, then: done}}\n      - {{label: wrong, otherwise: back}}\n"
    )
    assert not verify(definition(form, steps))


def test_at_a_real_limit_nothing_lies_beyond() -> None:
    form = "a: {type: int, required: true, max: 10}, z: {type: int, required: true, min: 5, max: 10}"
    steps = (
        "  - {do: go, by: staff, fill: z}\n  - {do: back, by: staff, fill: a}\n"
        "  - decide: order\n    cases:\n      - {label: right, when: a > z, then: done}\n      - {label: wrong, otherwise: back}\n"
    )
    assert "OF405" in [one.code for one in verify(definition(form, steps))]


def test_fields_that_chase_each_other_come_to_an_end() -> None:
    steps = (
        "  - {do: one, by: staff, fill: a}\n  - {do: two, by: staff, fill: z}\n"
        "  - decide: more\n    cases:\n      - {label: more, when: z > a, then: three}\n      - {label: else, otherwise: done}\n"
        "  - {do: three, by: staff, fill: a}\n"
        "  - decide: most\n    cases:\n      - {label: more, when: a > z, then: two}\n      - {label: else, otherwise: done}\n"
    )
    found = definition(FIELDS[0], steps)
    space = Space(found)
    met = search(space, Onlooker(), reduced=False)
    assert met.exhausted and space.exact and len(met.situations) < 30
    assert not verify(found)


def test_distances_that_are_asked_for_are_there_and_values_keep_to_the_limits() -> None:
    form = "a: {type: date, required: true}, z: {type: date, required: true, min: 2026-01-01}"
    steps = (
        "  - {do: one, by: staff, fill: [a, z]}\n"
        "  - decide: far\n    cases:\n      - {label: far, when: z > a + 3 days, then: far_off}\n      - {label: else, otherwise: done}\n"
        "  - {do: far_off, by: staff}\n"
    )
    found = definition(form, steps)
    [group] = known(found).groups
    types = {spec.name: spec.type for spec in found.fields}
    points = [point(zone, types) for zone in group.pieces(Zone(), ("a", "z"))]
    assert all(at is not None and date.fromordinal(int(at["z"])) >= date(2026, 1, 1) for at in points)
    assert {(at["z"] > at["a"] + 3) - (at["z"] < at["a"] + 3) for at in points if at is not None} == {-1, 0, 1}
    assert not verify(found)


def test_a_story_goes_on_with_values_that_really_lie_so() -> None:
    lines = ["  - {do: s0, by: staff, fill: a}\n"]
    for number in range(1, 9):
        this, last = ("z", "a") if number % 2 else ("a", "z")
        lines.append(f"  - {{do: s{number}, by: staff, fill: {this}}}\n")
        lines.append(
            f"  - decide: d{number}\n    cases:\n      - {{label: more, when: {this} > {last}, then: s{number + 1}}}\n"
            "      - {label: else, otherwise: done}\n"
        )
    found = definition(
        FIELDS[0], "".join((*lines, "  - {do: s9, by: staff}\n")), "rules:\n  - {say: never, never: s9, when: a is filled}\n"
    )
    [verdict] = prove(found)
    assert verdict.outcome == "refuted" and verdict.broken is not None
    filled = [value for happening in verdict.broken.way for _, value in happening.values if happening.kind == "act"]
    assert len(filled) == 9 and filled == sorted(filled) and len(set(filled)) == 9
