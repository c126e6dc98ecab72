"""z3 as a second solver: what the boxes leave open, with the same meaning of empty fields."""

from __future__ import annotations

import pytest

from oyiflow.model.evaluation import compile_expression
from oyiflow.verify.boxes import UNKNOWN
from oyiflow.verify.boxes.answers import Witness
from oyiflow.verify.smt import solve, solver
from tests.unit.verify.boxes.test_answers import FIELDS, answer, guard

pytest.importorskip("z3")


def second(*conditions: str, filled: tuple[str, ...] = ()) -> object:
    expressions = [guard(one) for one in conditions]
    found = solve(expressions, FIELDS, filled)
    if isinstance(found, Witness):
        assert all(compile_expression(one)(found.values, found.active.__contains__) for one in expressions)
        return dict(found.values)
    return found


def test_it_is_there() -> None:
    assert solver() is solve


@pytest.mark.parametrize(
    "conditions",
    [
        ("cost + days > 100", "cost < 50", "days < 40"),
        ("cost * days > 100", "cost * days < 100"),
        ("cost + rate > 10", "cost + rate <= 10"),
        ("cost + days != 5", "cost is empty"),
        ("out + took > back", "took < 0天"),
        ("days * days == 2",),
    ],
)
def test_what_nothing_fulfils(conditions: tuple[str, ...]) -> None:
    assert second(*conditions) is None


@pytest.mark.parametrize(
    "conditions",
    [
        ("cost + days > 100", "cost < 95", "days < 10"),
        ("cost * days == 42", "days > 5"),
        ("not cost + days > 5", "cost > 10"),
        ("took + took > 5天", "took < 3天"),
        ("begin + 2小时 > end", "end > begin"),
        ("back - out > took", "took > 3天", "kind == sort"),
        ("name == note", "not name starts with \"a\"", "note != \"b\""),
        ("\"重要\" in tags", "\"高值\" not in tags", "in(fill)"),
    ],
)  # fmt: skip
def test_values_that_do(conditions: tuple[str, ...]) -> None:
    assert second(*conditions) not in (None, UNKNOWN)


def test_it_decides_what_the_boxes_leave_open() -> None:
    conditions = ("cost * days > 100", "cost * days == 7")
    assert answer(*conditions) is UNKNOWN
    assert second(*conditions) is None


def test_what_it_does_not_know_either() -> None:
    assert second("out + 3 workdays > back", "back > 2026-05-01") is UNKNOWN
    assert second("rate * 3 == 1") in (None, UNKNOWN), "a third is no decimal"
