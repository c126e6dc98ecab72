"""Who sees which field: what `see`, `hide`, `sensitive` and `visible_to` mean, for every screen, list and export.

A value that somebody may not see is masked, not left out: that there is something may be known, what it is may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oyiflow.model.definition import Definition, Field, Work

MASK = "•••"
"""Stands for a value that is not shown."""


def viewers(definition: Definition, spec: Field) -> frozenset[str]:
    """The roles that may see a sensitive field: those that the form names, or else those that fill it in or have it shown."""
    if spec.visible_to:
        return frozenset(spec.visible_to)
    works = (state.work for state in definition.states.values() if state.work is not None)
    return frozenset(who.role for work in works if spec.name in (*work.fill, *work.see) for who in work.by if who.role)


def may_see(definition: Definition, name: str, roles: frozenset[str]) -> bool:
    """Whether somebody with these roles (by the definition's own names) may see the value of a field."""
    spec = definition.field.get(name)
    return spec is None or not spec.sensitive or not roles.isdisjoint(viewers(definition, spec))


def masked(definition: Definition, values: Mapping[str, Any], roles: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Values by field, as somebody with these roles may see them; the machine's own fields are left out."""
    hidden = {spec.name for spec in definition.fields if spec.hidden}
    return {name: value if may_see(definition, name, roles) else MASK for name, value in values.items() if name not in hidden}


def shown_at(definition: Definition, work: Work, filled: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that a task shows, in the order of the form: what it fills and sees, or, if it does not say, all that is filled."""
    wanted = {*work.fill, *work.see} if work.see else {*work.fill, *filled}
    return tuple(
        spec.name for spec in definition.fields if spec.name in wanted and spec.name not in work.hide and not spec.hidden
    )
