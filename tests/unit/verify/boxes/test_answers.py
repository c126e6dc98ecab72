"""Whether conditions can hold together, with which values, and which values tell a definition's conditions apart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from oyiflow.diagnostics import Source, Span
from oyiflow.load.guards.grammar import parse
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.expression import And, Compare, Constant, Expression, Name, Not, Or
from oyiflow.model.values import FieldType
from oyiflow.verify.boxes import UNKNOWN, cells, satisfiable

FORM = """\
process: p
title: P
roles: {a: A}
form:
  cost: {type: money, min: 0}
  days: {type: int, min: 1, max: 30}
  rate: {type: decimal}
  out: {type: date}
  back: {type: date}
  begin: {type: datetime}
  end: {type: datetime}
  took: {type: duration}
  kind: {type: choice, of: [x, y, z]}
  sort: {type: choice, of: [y, z]}
  tags: {type: choices, of: [重要, 高值]}
  name: {type: text}
  note: {type: longtext}
  ok: {type: bool}
  sure: {type: bool}
  paper: {type: file}
  rows: {type: list}
steps:
  - {do: fill, by: a, fill: [cost, days, rate, out, back, begin, end, took, kind, sort, tags, name, note, ok, sure, paper, rows]}
%s
  - {end: done}
"""


def form(steps: str = "") -> Definition:
    definition, wrong = read_definition(Source(name="p.yaml", text=FORM % steps))
    assert definition is not None, wrong
    return definition


FIELDS = form()


def guard(text: str) -> Expression:
    found, wrong = parse(text, Span())
    assert found is not None, wrong
    return found


def answer(*conditions: str, filled: tuple[str, ...] = ()) -> object:
    expressions = [guard(one) for one in conditions]
    found = satisfiable(expressions, FIELDS, filled=filled)
    if found is not None and found is not UNKNOWN:
        assert all(compile_expression(one)(found, lambda state: False) for one in expressions), f"{found} does not do"
    return found


@pytest.mark.parametrize(
    "conditions",
    [
        ("cost < 25000", "cost > 25000"), ("days > 2.5", "days < 3"), ("days > 30",), ("cost < 0",), ("days between 8 and 7",),
        ("cost is empty", "cost != 5"), ("cost != 5", "not cost >= 0"), ("ok", "not ok"), ("ok != true", "ok != false"),
        ("kind not in [\"x\", \"y\", \"z\"]",), ("kind == sort", "kind == \"x\""), ("\"重要\" in tags", "tags is empty"),
        ("tags is filled", "\"重要\" not in tags", "\"高值\" not in tags"), ("name starts with \"ab\"", "not name starts with \"a\""),
        ("name == note", "note == \"a\"", "name != \"a\""), ("name == \" a\"",), ("name == \"a\"", "name == \"b\""),
        ("out > back", "back > out + 3天"), ("back - out > 3天", "back < out + 4天"), ("out > back", "back >= out"),
        ("out > 2026-05-01", "back < 2026-05-02", "back > out"), ("begin > end", "end > begin + 1 minute"),
        ("end - begin > 5分钟", "end < begin + 6分钟"), ("took > 3天", "took < 72小时"), ("took > 3天", "took == 3 workdays"),
        ("cost * 2 > 10", "cost <= 5"), ("-(days) > -1",), ("days + days > 60",), ("cost > rate", "rate > cost"),
        ("cost >= rate + 5", "cost < rate + 5"), ("paper is filled", "paper is empty"), ("rows is filled", "not rows is filled"),
        ("days in [1, 2]", "days not in [1, 2, 3]"), ("out < 0001-01-01",), ("3 > 4",), ("in(fill)", "not in(fill)"),
        ("cost > 5 and days > 3", "cost < 4 or days < 2"), ("ok == sure", "ok", "not sure", "sure is filled"),
    ],
)  # fmt: skip
def test_what_nothing_fulfils(conditions: tuple[str, ...]) -> None:
    assert answer(*conditions) is None


@pytest.mark.parametrize(
    ("conditions", "values"),
    [
        (("not cost < 25000", "not cost > 25000", "cost is filled"), {"cost": 25000}),
        (("not cost < 25000", "not cost > 25000"), {"cost": 25000}),
        (("days > 2.5", "days <= 3"), {"days": 3}),
        (("cost != 5", "cost < 6", "cost > 5"), {"cost": Decimal("5.1")}),
        (("not days != 5",), {"days": 5}),
        (("kind != \"x\"", "kind != \"z\""), {"kind": "y"}),
        (("tags is filled", "\"重要\" not in tags"), {"tags": ("高值",)}),
        (("\"重要\" in tags", "\"高值\" in tags"), {"tags": ("重要", "高值")}),
        (("kind == sort", "kind != \"y\""), {"kind": "z", "sort": "z"}),
        (("out > back", "out < back + 2天", "back == 2026-05-01"), {"out": date(2026, 5, 2), "back": date(2026, 5, 1)}),
        (("cost > rate", "cost < rate + 1", "rate == 3"), {"cost": Decimal("3.1"), "rate": 3}),
        (("name starts with \"甲\"", "name != \"甲乙\""), {"name": "甲甲"}),
        (("name != note", "name in [\"x\", \"y\"]", "note == \"x\""), {"name": "y", "note": "x"}),
        (("\"ab\" starts with name", "name != \"ab\""), {"name": "a"}),
        (("not ok", "ok is filled"), {"ok": False}),
        (("not days > 3", "days is empty"), {"days": None}),
    ],
)  # fmt: skip
def test_values_that_do(conditions: tuple[str, ...], values: dict[str, object]) -> None:
    assert answer(*conditions) == values


def test_an_empty_field_is_used_only_where_it_may_be() -> None:
    assert answer("not days >= 1") == {"days": None}
    assert answer("not days >= 1", filled=("days",)) is None


def test_workdays_are_not_compared_with_time() -> None:
    found = satisfiable([guard("not took > 3天"), guard("not took <= 3天")], FIELDS, filled=("took",))
    assert found is not None and found is not UNKNOWN
    assert found["took"].unit == "workdays", "neither holds of workdays"  # type: ignore[union-attr]


def test_riddles_are_tried_and_otherwise_unknown() -> None:
    assert answer("cost * days > 100", "days == 3") not in (None, UNKNOWN), "a value that does is found"
    assert answer("cost * days > 100", "cost * days == 7") is UNKNOWN
    assert answer("cost * days > 100", "not cost * days > 100", filled=("cost", "days")) is None, "whatever it means"
    assert answer("cost * days > 100", "days > 31") is None, "the rest decides"


def test_many_alternatives_are_no_hurdle() -> None:
    """(a1 or b1) and (a2 or b2) …: two to the power of 60 combinations."""
    numbers = [Compare(left=Name(name="cost"), op="==", right=Constant(value=n, type=FieldType.INT)) for n in range(120)]
    pairs = [Or(parts=(Not(operand=numbers[n]), Not(operand=numbers[n + 1]))) for n in range(0, 120, 2)]
    assert satisfiable(pairs, FIELDS) == {"cost": 0}
    assert satisfiable([And(parts=tuple(pairs)), Or(parts=tuple(numbers))], FIELDS) == {"cost": 0}


def test_many_differences_are_no_hurdle() -> None:
    """Not between 0 and 10 apart, not between 10 and 20 …: what is left lies below all of them or above."""
    taken = [guard(f"cost >= rate + {n} and cost <= rate + {n + 10}") for n in range(0, 600, 10)]
    away = [Not(operand=one) for one in taken]
    near = guard("cost >= rate and cost <= rate + 600")
    assert satisfiable([*away, near], FIELDS, filled=("cost", "rate")) is None
    found = satisfiable([*away, guard("cost > rate")], FIELDS)
    assert found is not None and found is not UNKNOWN
    assert found["cost"] - found["rate"] > 600  # type: ignore[operator]


# --- the values that matter -------------------------------------------------------------------------------------------


def test_only_fields_that_are_asked_have_cells() -> None:
    assert cells(FIELDS) == {}


def test_classes_that_no_condition_tells_apart_are_one() -> None:
    steps = '  - {do: one, by: a, only_when: days > 5 and days <= 10}\n  - {do: two, by: a, only_when: kind == "x"}'
    found = cells(form(steps))
    assert found["days"][0] is None
    assert len(found["days"]) == 4, "empty, up to 5, up to 10, more"
    assert found["kind"] == (None, "x", "y")


def test_options_are_combined() -> None:
    steps = '  - {do: one, by: a, only_when: \'"重要" in tags or "高值" in tags\'}'
    assert set(cells(form(steps))["tags"]) == {None, ("重要",), ("高值",), ("重要", "高值")}


def test_every_condition_is_decided_both_ways_by_the_cells() -> None:
    text = "days between 3 and 5 or (cost >= 100 and cost != 300)"
    definition = form(f"  - {{do: one, by: a, only_when: {text}}}")
    found, test = cells(definition), compile_expression(guard(text))
    told = {test({"days": days, "cost": cost}, lambda state: False) for days in found["days"] for cost in found["cost"]}
    assert told == {True, False}
