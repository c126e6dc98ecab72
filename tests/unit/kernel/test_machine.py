"""Values along the short ways into their fields."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oyiflow.kernel.machine import machine_of
from oyiflow.model.definition import Definition, Field, Role, State, StateKind, Text
from oyiflow.model.values import FieldType, Problem, read_value

AMOUNTS = (
    "0", "007", "1200.50", "0.500000", "123456789012345.654321", "1234567890123456", "0.1234567", "１２.５", "٣", "-5", "+5", "1,200",
    "1e5", "5E+3", ".5", "5.", "5 元", "¥5", "3万", " 5 ", "5\n", "", " ", "NaN", "Infinity", "1_000", "9" * 29, 5, -5, 10**29, 1.5,
    True, None, (), Decimal("5E+3"), Decimal("1.50"), Decimal("NaN"), "x",
)  # fmt: skip


def spec_of(kind: FieldType, low: Decimal | None) -> Field:
    return Field(name="it", title=Text(en="it"), type=kind, min=low)


@pytest.mark.parametrize("kind", (FieldType.MONEY, FieldType.DECIMAL))
@pytest.mark.parametrize("low", (None, Decimal(10)))
def test_amounts_are_read_as_the_long_way_reads_them(kind: FieldType, low: Decimal | None) -> None:
    spec = spec_of(kind, low)
    root = State(id="p", kind=StateKind.COMPOUND, states=(State(id="end", kind=StateKind.FINAL),))
    roles = (Role(name="staff", title=Text(en="staff")),)
    write = machine_of(Definition(name="p", title=Text(en="p"), roles=roles, fields=(spec,), root=root)).writers["it"]
    taken = 0
    for raw in AMOUNTS:
        data = {"it": "before"}
        wanted, fits = read_value(spec, raw), write(data, raw)
        if fits and "it" in data:
            assert (type(data["it"]), str(data["it"])) == (type(wanted), str(wanted)), raw
            taken += 1
        elif fits:
            assert wanted is None and raw in (None, ""), raw
        else:
            assert (wanted is None or isinstance(wanted, Problem)) and data == {"it": "before"}, raw
    assert taken > 5
