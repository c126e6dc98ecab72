"""The examples of a process: a case told as moves, and where it then stands. Plain data, like the rest of a definition."""

from __future__ import annotations

from dataclasses import dataclass, field

from oyiflow.diagnostics import NOWHERE, Span
from oyiflow.model.values import Duration, Value

FAILED = "failed"
"""The outcome of a move that says: what its step has called fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One line of an example: act on a step with an outcome and values, or let time pass."""

    step: str = ""
    outcome: str = ""
    values: tuple[tuple[str, Value], ...] = ()
    wait: Duration | None = None
    event: str = ""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A case that is test, walk-through and picture at once."""

    name: str
    play: tuple[Move, ...]
    values: tuple[tuple[str, Value], ...] = ()
    now_at: tuple[str, ...] = ()
    ends: str = ""
    told: tuple[str, ...] | None = None
    """The steps (and rules, by the step that they demand) about which somebody has been reminded by then; None: it does not say."""
    cannot: tuple[str, ...] = ()
    """Open steps to which nobody can consent at that moment."""
    span: Span = field(default=NOWHERE, compare=False)
