"""Random forms and conditions with few values, and the slow way of asking about them: try everything.

`everything` lists all values that could matter, finely enough for the constants that `conditions` uses; the evaluator of
the engine says what holds. Nothing here shares code with `oyiflow.verify.boxes`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations, product
from typing import Any

from oyiflow.model.definition import Definition, Field, State, StateKind, Text
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.expression import (
    And,
    Arithmetic,
    Between,
    Compare,
    Constant,
    Expression,
    Filled,
    ListOf,
    Member,
    Name,
    Negative,
    Not,
    Or,
    names_read,
)
from oyiflow.model.expression_types import check
from oyiflow.model.values import Duration, FieldType, Value

T = FieldType
FIRST = date(2026, 1, 1)
MOMENT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
WORDS = ("a", "ab", "abc", "b")
OPTIONS = ("重要", "高值", "普通")


def form() -> Definition:
    """Two or more fields of each type that conditions can ask about; small ranges."""
    fields = [
        Field(name="n", title=Text(en="n"), type=T.INT, min=-1, max=4),
        Field(name="m", title=Text(en="m"), type=T.INT, min=0, max=3),
        Field(name="cost", title=Text(en="cost"), type=T.MONEY, min=Decimal(0), max=Decimal(3)),
        Field(name="rate", title=Text(en="rate"), type=T.MONEY, min=Decimal(0), max=Decimal(2)),
        Field(name="day", title=Text(en="day"), type=T.DATE, min=FIRST, max=FIRST + timedelta(days=5)),
        Field(name="due", title=Text(en="due"), type=T.DATE, min=FIRST, max=FIRST + timedelta(days=4)),
        Field(name="at", title=Text(en="at"), type=T.DATETIME, min=MOMENT, max=MOMENT + timedelta(microseconds=3)),
        Field(name="took", title=Text(en="took"), type=T.DURATION, min=Duration(amount=0, unit="minutes"),
              max=Duration(amount=3, unit="minutes")),
        Field(name="kind", title=Text(en="kind"), type=T.CHOICE, options=OPTIONS),
        Field(name="sort", title=Text(en="sort"), type=T.CHOICE, options=OPTIONS[1:]),
        Field(name="tags", title=Text(en="tags"), type=T.CHOICES, options=OPTIONS),
        Field(name="more", title=Text(en="more"), type=T.CHOICES, options=OPTIONS[:2]),
        Field(name="name", title=Text(en="name"), type=T.TEXT),
        Field(name="peer", title=Text(en="peer"), type=T.LONGTEXT),
        Field(name="yes", title=Text(en="yes"), type=T.BOOL),
        Field(name="ok", title=Text(en="ok"), type=T.BOOL),
    ]  # fmt: skip
    return Definition(name="p", title=Text(en="p"), fields=tuple(fields), root=State(id="@p", kind=StateKind.COMPOUND))


def everything(spec: Field) -> list[Value | None]:
    """All values of a field, or as many as the constants of `conditions` can tell apart with up to two neighbours."""
    return [None, *_values(spec)]


def _values(spec: Field) -> Iterator[Value]:
    match spec.type:
        case T.INT:
            yield from range(spec.min, spec.max + 1)  # type: ignore[arg-type,operator]
        case T.MONEY:
            yield from (Decimal(n) / 8 for n in range(int(spec.max) * 8 + 1))  # type: ignore[call-overload]
        case T.DATE:
            days = (spec.max - spec.min).days  # type: ignore[operator]
            yield from (spec.min + timedelta(days=n) for n in range(days + 1))  # type: ignore[operator]
        case T.DATETIME:
            yield from (MOMENT + timedelta(microseconds=n) for n in range(4))
        case T.DURATION:
            yield from (Duration(amount=n, unit="minutes") for n in range(4))
            yield from (Duration(amount=n, unit="workdays") for n in range(5))
        case T.CHOICE:
            yield from spec.options
        case T.CHOICES:
            for size in range(1, len(spec.options) + 1):
                yield from combinations(spec.options, size)
        case T.TEXT | T.LONGTEXT:
            yield from (*WORDS, *OPTIONS, "abcd", "abd", "ac", "bc", "c", "d")
        case T.BOOL:
            yield from (True, False)


# --- conditions ------------------------------------------------------------------------------------------------------


def conditions(rng: random.Random, names: Sequence[str], definition: Definition, depth: int = 3) -> Expression:
    """A condition over some of the fields; what the type check refuses is drawn again."""
    while True:
        found = _condition(rng, names, definition.field, depth)
        kind, problems = check(found, definition.field, (), "bool")
        if kind is T.BOOL and not problems:
            return found


def _condition(rng: random.Random, names: Sequence[str], fields: Mapping[str, Field], depth: int) -> Expression:
    if depth and rng.random() < 0.5:
        if rng.random() < 0.25:
            return Not(operand=_condition(rng, names, fields, depth - 1))
        parts = tuple(_condition(rng, names, fields, depth - 1) for _ in range(rng.choice((2, 2, 3))))
        return And(parts=parts) if rng.random() < 0.5 else Or(parts=parts)
    return _atom(rng, fields[rng.choice(list(names))], [fields[name] for name in names])


def _atom(rng: random.Random, spec: Field, others: Sequence[Field]) -> Expression:
    name = Name(name=spec.name)
    if rng.random() < 0.12:
        return Filled(name=name, negated=rng.random() < 0.5)
    if spec.type is T.CHOICES:
        peers = [one for one in others if one.type is T.CHOICE and set(one.options) <= set(spec.options)]
        item: Expression = Name(name=rng.choice(peers).name) if peers and rng.random() < 0.2 else _constant(rng, spec)
        return Member(item=item, of=name, negated=rng.random() < 0.4)
    if spec.type is T.BOOL and rng.random() < 0.5:
        return name
    ordered = spec.type in (T.INT, T.MONEY, T.DATE, T.DATETIME, T.DURATION)
    term, other = _term(rng, name, spec), _other(rng, spec, others)
    roll = rng.random()
    if ordered and roll < 0.15:
        return Between(item=term, low=_other(rng, spec, others), high=_other(rng, spec, others))
    if roll < 0.3 and spec.type is not T.BOOL:
        return Member(item=name, of=ListOf(items=(other, _other(rng, spec, others))), negated=rng.random() < 0.4)
    signs = ["==", "!=", *(["<", "<=", ">", ">="] * 2 if ordered else []), *(["starts with"] if spec.type is T.TEXT else [])]
    left, right = (term, other) if rng.random() < 0.85 else (other, term)
    return Compare(left=left, op=rng.choice(signs), right=right)  # type: ignore[arg-type]


def _term(rng: random.Random, name: Name, spec: Field) -> Expression:
    """Now and then a field with something added, or a multiple of it."""
    if rng.random() < 0.8 or spec.type not in (T.INT, T.MONEY, T.DATE):
        return name
    op: Any = rng.choice(["+", "-"])
    if spec.type is T.DATE:
        return Arithmetic(
            left=name, op=op, right=Constant(value=Duration(amount=rng.randint(0, 2), unit="days"), type=T.DURATION)
        )
    if rng.random() < 0.4:
        return Arithmetic(left=name, op="*", right=Constant(value=rng.choice([2, -1]), type=T.INT))
    if rng.random() < 0.3:
        return Negative(operand=name)
    return Arithmetic(left=name, op=op, right=Constant(value=rng.randint(0, 2), type=T.INT))


def _other(rng: random.Random, spec: Field, others: Sequence[Field]) -> Expression:
    peers = [one for one in others if one.type is spec.type and one is not spec]
    texts = [one for one in others if spec.type in (T.TEXT, T.LONGTEXT) and one.type in (T.TEXT, T.LONGTEXT, T.CHOICE)]
    peers += [one for one in texts if one is not spec and one not in peers]
    if peers and rng.random() < 0.3:
        return Name(name=rng.choice(peers).name)
    return _constant(rng, spec)


def _constant(rng: random.Random, spec: Field) -> Constant:
    match spec.type:
        case T.INT:
            return Constant(value=rng.randint(-2, 5), type=T.INT)
        case T.MONEY:
            return Constant(value=Decimal(rng.randint(-1, 7)) / 2, type=T.MONEY)
        case T.DATE:
            return Constant(value=FIRST + timedelta(days=rng.randint(-1, 6)), type=T.DATE)
        case T.DATETIME:
            return Constant(value=MOMENT + timedelta(microseconds=rng.randint(-1, 4)), type=T.DATETIME)
        case T.DURATION:
            unit: Any = rng.choice(["minutes", "minutes", "workdays"])
            return Constant(value=Duration(amount=rng.randint(0, 3), unit=unit), type=T.DURATION)
        case T.BOOL:
            return Constant(value=rng.random() < 0.5, type=T.BOOL)
    return Constant(value=rng.choice(spec.options or WORDS), type=T.TEXT)


# --- everything tried ------------------------------------------------------------------------------------------------


def tried(
    expressions: Sequence[Expression], definition: Definition, filled: frozenset[str] = frozenset()
) -> dict[str, Any] | None:
    """Values that make all conditions true; None if none do."""
    names = sorted({name for one in expressions for name in names_read(one)})
    tests = [compile_expression(one) for one in expressions]
    for values in product(*(everything(definition.field[name])[name in filled :] for name in names)):
        data = dict(zip(names, values, strict=True))
        if all(test(data, lambda state: False) for test in tests):
            return data
    return None
