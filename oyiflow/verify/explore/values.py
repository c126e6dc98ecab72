"""The values to try of every tracked field: one of each class that some condition tells apart (see `verify.boxes`).

Trying these tries all, as long as conditions compare fields with constants and with one another, and the process writes
nothing that it has calculated, but counts. Where more than that is done, what is tried is a sample, and nothing that rests
on it counts as proved (`exact`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from oyiflow.model.definition import Definition, Field, Set, actions_of
from oyiflow.model.evaluation import Evaluator, compile_expression
from oyiflow.model.expression import (
    Arithmetic,
    Between,
    Compare,
    Constant,
    Expression,
    Member,
    Name,
    names_read,
    walk,
)
from oyiflow.model.values import Duration, FieldType, Value, read_value, to_json
from oyiflow.verify.boxes import cells
from oyiflow.verify.boxes.classes import conditions, is_understood, known

DAY = date(2026, 1, 5)
MOMENT = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tried:
    """The values to try of each field; `exact`: no other value could lead elsewhere."""

    values: Mapping[str, tuple[Value, ...]]
    exact: bool


def tried_values(definition: Definition, fields: Iterable[str], asking: Iterable[Expression]) -> Tried:
    """Values for these fields. `asking`: all that is asked of them; the definition's own and those of its rules."""
    asked = cells(definition)
    values = {
        name: tuple(value for value in asked[name] if value is not None) if name in asked else plain(definition.field[name])
        for name in fields
    }
    exact = (
        all(is_understood(definition, one) for one in asking)
        and known(definition).sampled.isdisjoint(values)
        and all(_counted(one) for one in sets_of(definition) if one.field in values)
    )
    return Tried(values, exact)


def plain(spec: Field) -> tuple[Value, ...]:
    """Values that fit the field, where it does not matter which; two of them if there are two."""
    match spec.type:
        case FieldType.BOOL:
            return True, False
        case FieldType.CHOICE:
            return spec.options
        case FieldType.CHOICES:
            return tuple((option,) for option in spec.options[:2])
        case FieldType.DATE:
            return _within(spec, (DAY, date(2026, 1, 12)))
        case FieldType.DATETIME:
            return _within(spec, (MOMENT, datetime(2026, 1, 12, 1, 0, tzinfo=UTC)))
        case FieldType.DURATION:
            return _within(spec, (Duration(amount=1, unit="days"), Duration(amount=2, unit="days")))
        case FieldType.INT:
            return _within(spec, (1, 2))
        case FieldType.DECIMAL | FieldType.MONEY:
            return _within(spec, (Decimal(1000), Decimal(2000)))
        case FieldType.LIST:
            cells = tuple(str(to_json(column.type, plain(column)[0])) for column in spec.columns)
            return ((cells or ("样例",),),)
    return "样例", "样例二"


def beside(definition: Definition, name: str, value: Value) -> Iterator[Value]:
    """Other values of a field that answer every question about this field alone as this one does."""
    spec = definition.field[name]
    if spec.type in (FieldType.BOOL, FieldType.CHOICE, FieldType.CHOICES):
        return
    near: tuple[Value, ...] = ()
    if isinstance(value, int | Decimal):
        near = (value + 1, value - 1, *((value + Decimal("0.5"),) if isinstance(value, Decimal) else ()))
    elif isinstance(value, date):
        near = tuple(value + timedelta(days=days) for days in (1, -1, 7) if 2 < value.year < 9990)
    elif isinstance(value, str):
        near = (f"{value}一", f"{value}二")
    asked = _questions(definition).get(name, ())
    for one in (*plain(spec), *near):
        same = one != value and read_value(spec, one) == one
        if same and all(bool(ask({name: one}, _never)) == bool(ask({name: value}, _never)) for ask in asked):
            yield one


def _questions(definition: Definition) -> Mapping[str, list[Evaluator]]:
    """For each field the comparisons that ask for it alone."""
    found: dict[str, list[Evaluator]] | None = definition.memo.get("explore.questions")
    if found is None:
        found = definition.memo["explore.questions"] = {}
        for condition in conditions(definition):
            for node in walk(condition):
                names = names_read(node) if isinstance(node, Compare | Between | Member) else frozenset()
                if len(names) == 1:
                    found.setdefault(next(iter(names)), []).append(compile_expression(node, calendar=definition.calendar))
    return found


def _never(state: str) -> bool:
    return False


def _within(spec: Field, values: tuple[Value, ...]) -> tuple[Value, ...]:
    low, high = spec.min, spec.max
    if low is None and high is None:
        return values
    if isinstance(low, Duration) or isinstance(high, Duration):
        return tuple(limit for limit in (low, high) if limit is not None)
    kept = tuple(v for v in values if (low is None or low <= v) and (high is None or v <= high))  # type: ignore[operator]
    return tuple(dict.fromkeys((*kept, *(limit for limit in (low, high) if limit is not None))))


def sets_of(definition: Definition) -> Iterator[Set]:
    """What the process itself writes."""
    for state in definition.states.values():
        yield from (action for action in actions_of(state) if isinstance(action, Set))


def _counted(action: Set) -> bool:
    """Whether the values that are written are constants, or count what was a constant."""
    match action.value:
        case Constant():
            return True
        case Arithmetic(left=Name(name=name), op="+" | "-", right=Constant()):
            return name == action.field
    return False
