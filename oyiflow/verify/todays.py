"""OF507 for a field that is bound to today on one side and to a fixed day on the other: on some days it leaves no value at all.

Which day it is comes from the caller, as for the calendar (`oyiflow.verify.workdays`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from oyiflow.diagnostics import Diagnostic, Fix, Severity
from oyiflow.model.definition import Definition, Field
from oyiflow.model.values import Value


def check_today(definition: Definition, today: date) -> Iterator[Diagnostic]:
    """An error if nothing can be filled in ever again, a warning if nothing can be filled in yet."""
    for field in definition.fields:
        for spec in (field, *field.columns):
            if not (spec.not_past or spec.not_future):  # nearly always
                continue
            last, first = _day(definition, spec.max), _day(definition, spec.min)
            if spec.not_past and last is not None and last < today:
                yield _past(spec, last)
            if spec.not_future and first is not None and first > today:
                yield _ahead(spec, first)


def _day(definition: Definition, limit: Value | None) -> date | None:
    return definition.calendar.day_of(limit) if isinstance(limit, date) else None


def _past(spec: Field, last: date) -> Diagnostic:
    return Diagnostic(
        code="OF507",
        span=spec.span,
        zh=f"min: today，max: {last} 已经过去: “{spec.name}”再也填不进去",
        en=f"min: today, and max: {last} is past: nothing can be filled into {spec.name!r} any more",
        fix=Fix(zh="改 max，或去掉 min: today", en="change max, or drop min: today"),
    )


def _ahead(spec: Field, first: date) -> Diagnostic:
    return Diagnostic(
        code="OF507",
        severity=Severity.WARNING,
        span=spec.span,
        zh=f"max: today，min: {first} 还没到: 在那以前“{spec.name}”什么也填不进去",
        en=f"max: today, and min: {first} is still to come: until then nothing can be filled into {spec.name!r}",
        fix=Fix(zh="改 min，或去掉 max: today", en="change min, or drop max: today"),
    )
