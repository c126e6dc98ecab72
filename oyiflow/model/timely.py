"""Dates that are bound to the day on which they are filled in: `min: today` and `max: today`, of a field or a column of a table.

What day it is comes from the caller: from the kernel, the moment of the event; from a search for ways, the moment at which it stands.
"""

from __future__ import annotations

from datetime import date

from oyiflow.model.definition import Field
from oyiflow.model.values import Calendar, Problem, Value, from_json


def bound_to_today(spec: Field) -> bool:
    """Whether what may be filled in depends on the day."""
    return spec.not_past or spec.not_future or any(map(bound_to_today, spec.columns))


def untimely(spec: Field, value: Value | None, calendar: Calendar, today: date) -> Problem | None:
    """Why a value may not be filled in today; None if it may."""
    if isinstance(value, tuple):
        return _untimely_cell(spec, value, calendar, today)
    if not isinstance(value, date):
        return None
    day = calendar.day_of(value)
    if spec.not_past and day < today:
        return Problem(zh=f"{day} 不能用: 不能早于填写当天 ({today})", en=f"{day} is in the past; it is filled in on {today}")
    if spec.not_future and day > today:
        return Problem(zh=f"{day} 不能用: 不能晚于填写当天 ({today})", en=f"{day} is in the future; it is filled in on {today}")
    return None


def _untimely_cell(spec: Field, rows: tuple[object, ...], calendar: Calendar, today: date) -> Problem | None:
    """The first cell that is wrong; a cell holds its value as a text."""
    for row in rows if bound_to_today(spec) else ():
        assert isinstance(row, tuple), "a table with columns has rows"
        for column, text in zip(spec.columns, row, strict=False):
            cell = from_json(column.type, text) if text and bound_to_today(column) else None
            if (wrong := untimely(column, cell, calendar, today)) is not None:
                return Problem(zh=f"{column.name}: {wrong.zh}", en=f"{column.name}: {wrong.en}")
    return None
