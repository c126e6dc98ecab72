"""Answers made and changed, several times in every step: a frozen dataclass sets each part by a call, which takes four times as long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oyiflow.kernel import Act
from oyiflow.kernel.snapshot import unlocked

_Blank = unlocked(Act)


_NOBODY: frozenset[str] = frozenset()


def said(task: str, outcome: str, actor: str, values: Mapping[str, Any], comment: str, checked: tuple[str, ...]) -> Act:
    """An answer as a person gives it, before it is known which roles that person holds."""
    made = _Blank()
    made.task = task
    made.outcome = outcome
    made.actor = actor
    made.roles = made.leads = _NOBODY
    made.values = values
    made.comment = comment
    made.on_behalf = ""
    made.checked = checked
    made.__class__ = Act
    return made  # type: ignore[no-any-return]


def _copied(act: Act) -> Any:
    """The parts of an answer, still open."""
    made = _Blank()
    made.task = act.task
    made.outcome = act.outcome
    made.actor = act.actor
    made.roles = act.roles
    made.values = act.values
    made.comment = act.comment
    made.on_behalf = act.on_behalf
    made.leads = act.leads
    made.checked = act.checked
    return made


def in_words(act: Act, outcome: str, values: Mapping[str, Any]) -> Act:
    """The answer with another outcome and other values."""
    made = _copied(act)
    made.outcome = outcome
    made.values = values
    made.__class__ = Act
    return made  # type: ignore[no-any-return]


def in_name_of(act: Act, on_behalf: str, roles: frozenset[str], leads: frozenset[str]) -> Act:
    """The answer as one that is given for somebody, with these roles and as the superior of these people."""
    made = _copied(act)
    made.on_behalf = on_behalf
    made.roles = roles
    made.leads = leads
    made.__class__ = Act
    return made  # type: ignore[no-any-return]
