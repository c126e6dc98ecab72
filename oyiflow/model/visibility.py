"""Who sees which field: what `see`, `hide`, `sensitive` and `visible_to` mean, for every screen, list and export.

A value that somebody may not see is masked, not left out: that there is something may be known, what it is may not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oyiflow.model.definition import Definition, Field, Work

MASK = "•••"
"""Stands for a value that is not shown."""

Sight = tuple[Definition, frozenset[str]]
"""A definition, and the roles that somebody holds by its own names."""


def viewers(definition: Definition, spec: Field) -> frozenset[str]:
    """The roles that may see a sensitive field: those that the form names, or else those that fill it in or have it shown."""
    if spec.visible_to:
        return frozenset(spec.visible_to)
    works = (state.work for state in definition.states.values() if state.work is not None)
    return frozenset(who.role for work in works if spec.name in (*work.fill, *work.see) for who in work.by if who.role)


def may_see(definition: Definition, name: str, roles: frozenset[str]) -> bool:
    """Whether somebody with these roles (by the definition's own names) may see the value of a field; of no other name."""
    spec = definition.field.get(name)
    if spec is None:
        return False
    # a list that was published when its columns could still be sensitive is as closed as the most closed of them
    parts = (spec, *(column for column in spec.columns if column.sensitive))
    named = [frozenset(one.visible_to) or viewers(definition, spec) for one in parts if one.sensitive]
    return all(not roles.isdisjoint(some) for some in named)


def may_see_throughout(ways: Sequence[Sight], name: str) -> bool:
    """Whether a value may be seen that was written under the first of these versions and then carried through the others.

    It has to be allowed by each of them, by whatever name the field goes there. Where a field has been dropped, the versions that
    knew it decide.
    """
    if not ways or name not in ways[0][0].field:
        return False
    names, before = {name}, ways[0][0]
    for definition, roles in ways:
        if definition is not before:
            names = {after for one in names for after in _names_after(before, definition, one)}
        if not all(may_see(definition, one, roles) for one in names):
            return False
        before = definition
    return True


def _names_after(old: Definition, new: Definition, name: str) -> set[str]:
    """What a field may be called in another version: the same, what says that it was called so, or, on the way back, what it was."""
    back = old.field[name].was
    return {spec.name for spec in new.fields if spec.name == name or spec.was == name or (back and spec.name == back)}


def has_secrets(definition: Definition) -> bool:
    """Whether there is anything that not everybody may see."""
    return any(spec.sensitive or any(column.sensitive for column in spec.columns) for spec in definition.fields)


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
