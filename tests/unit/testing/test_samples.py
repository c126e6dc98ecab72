"""Values that nobody has written down, and who is chosen to play."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from plays import company, process

from oyiflow.model.definition import Field, Text
from oyiflow.model.values import FieldType, Value
from oyiflow.testing import MONDAY
from oyiflow.testing.stage.cast import Cast, enough_people, least_needed_first, ties
from oyiflow.testing.stage.samples import candidates, combinations, deciding, given_from_outside, sample


def guarded(field: str, when: str):
    return process(f"""\
        process: guarded
        title: Guarded
        roles: {{staff: Staff}}
        form: {{x: {field}, y: {{type: int}}}}
        steps:
          - {{do: fill, by: staff, fill: [x, y]}}
          - {{decide: way, cases: [{{label: one, when: {when}, then: over}}, {{label: two, otherwise: over}}]}}
          - {{end: over}}
        """)


@pytest.mark.parametrize(
    ("field", "when", "tried"),
    [
        ("{type: int, required: true}", "x > 5", (1, 5, 4, 6, 2)),
        ("{type: int, required: true, min: 5}", "x > 5", (5, 6)),
        ("{type: int}", "x between 3 and 3", (1, 3, 2, 4, None)),
        ("{type: money, required: true}", "x >= 5000元", tuple(map(Decimal, (1, 5000, 4999, 5001, 2)))),
        ("{type: bool, required: true}", "x", (True, False)),
        ("{type: text, required: true}", "x == \"a\"", ("样例 sample", "a")),
        ("{type: choice, of: [a, b], required: true}", "x == \"b\"", ("a", "b")),
        ("{type: choices, of: [a, b, c], required: true}", "“c” in x", (("a",), ("c",), ("b",))),
        ("{type: date, required: true}", "x > 2026-03-01", tuple(map(date.fromisoformat, ("2026-01-05", "2026-03-01", "2026-02-28", "2026-03-02", "2026-01-12")))),
        ("{type: int, required: true}", "x > y", (1, 2)),
    ],
)  # fmt: skip
def test_values_on_both_sides_of_a_guard(field: str, when: str, tried: tuple[Value, ...]) -> None:
    assert candidates(guarded(field, when), MONDAY)["x"] == tried


def test_only_fields_that_guards_read_decide() -> None:
    assert deciding(guarded("{type: int}", "x > 1")) == {"x"}
    by_way_of_a_set = process("""\
        process: sums
        title: Sums
        roles: {staff: Staff}
        form: {a: {type: int}, b: {type: int}, c: {type: int}}
        states:
          - {state: one, by: staff, fill: [a, b], transitions: [{event: go, actions: [{set: c, value: a + 1}], to: two}]}
          - {state: two, transitions: [{when: c > 2, to: over}]}
          - {end: over}
        """)
    assert deciding(by_way_of_a_set) == {"a", "c"}
    assert given_from_outside(by_way_of_a_set) == {"c"}


def test_of_many_fields_two_at_a_time_are_tried_together() -> None:
    few = list(combinations({"a": (1, 2), "b": (1, None)}))
    assert few == [{"a": 1, "b": 1}, {"a": 1}, {"a": 2, "b": 1}, {"a": 2}]
    many = list(combinations(dict.fromkeys("abc", (1, 2, 3, 4, 5))))
    assert len(many) == 1 + 3 * 4 + 3 * 4 * 4
    assert all((a, c) in {(one["a"], one["c"]) for one in many} for a in range(1, 6) for c in range(1, 6))
    assert len(list(combinations(dict.fromkeys("abc", range(20))))) == 1 + 3 * 19  # too many: one at a time
    assert list(combinations({})) == [{}]


def test_a_field_without_limits_has_a_plain_sample() -> None:
    spec = Field(name="who", title=Text(en="Who"), type=FieldType.PERSON)
    calendar = guarded("{type: int}", "x > 1").calendar
    assert sample(spec, MONDAY, calendar) == "who"
    assert sample(spec, MONDAY, calendar, "ann") == "ann"


RULES = """\
    process: rules
    title: Rules
    roles: {a: A, b: B}
    form: {who: {type: person}}
    steps:
      - {do: one, by: a, fill: who}
      - {do: two, by: b}
      - {do: three, by: a}
      - {do: four, by: {whoever_did: three}}
      - {do: five, by: {person_in: who}}
      - {do: six, by: [a, a, a], mode: all}
      - {end: over}
    rules:
      - {say: Apart, different_people: [two, three]}
    examples:
      - {name: x, play: [one: {who: Zoe}], now_at: two}
"""


def test_steps_are_tied_by_rules_and_by_people() -> None:
    groups: dict[str, set[str]] = {}
    for step, group in ties(process(RULES)).items():
        groups.setdefault(group, set()).add(step)
    assert sorted(map(sorted, groups.values())) == [["five", "one"], ["four", "three", "two"]]


def test_made_up_people_are_as_many_as_are_needed() -> None:
    definition = process(RULES)
    people = enough_people([definition], definition.examples[0]).people
    assert [(person.name, person.roles) for person in people] == [
        ("a", ("a",)), ("a-2", ("a",)), ("a-3", ("a",)), ("b", ("b",)), ("who", ()), ("Zoe", ()),
    ]  # fmt: skip


def test_those_who_are_needed_elsewhere_come_last() -> None:
    definition, people = process(RULES), company(ann="a b", bob="b", cid="b")
    assert least_needed_first(definition, "two", ["ann", "bob", "cid"], people) == ["bob", "cid", "ann"]
    assert least_needed_first(definition, "one", ["ann", "bob"], people) == ["ann", "bob"]


def test_a_cast_goes_through_all_choices_of_the_group() -> None:
    cast: Cast | None = Cast()
    seen = []
    while cast is not None:
        seen.append(
            "".join([cast.choose("ab", "g"), cast.choose("xy", "other"), cast.choose("cd", "g"), cast.choose("pq", "")])
        )
        cast = cast.another("g")
    assert seen == ["axcp", "axdp", "bxcp", "bxdp"]
