"""Everything that an instance is, between two events.

A snapshot is a value: it is written to JSON after every step and read back before the next, so nothing of the engine's
memory matters. It does not grow with the number of steps taken. It names the version and digest of the definition that
made it; the kernel refuses it under another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One signature: who, in which place of `by`, with which answer, when."""

    actor: str
    place: int
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work that waits for people. `waiting`: the places in the state's `by` (0, 1, …) that may answer now."""

    id: str
    state: str
    opened: datetime
    waiting: tuple[int, ...]
    votes: tuple[Vote, ...] = ()
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A moment that the instance waits for. `state` is where it was armed ("" for a delayed send)."""

    id: str
    due: datetime
    event: str
    state: str = ""
    send_id: str = ""


class Snapshot(NamedTuple):
    """A named tuple and not a dataclass, because one is made for every event: building a tuple is four times cheaper."""

    definition: str
    version: int
    digest: str
    instance: str
    revision: int
    """Counts the steps: 1 after the start."""
    status: str
    """running, done or cancelled."""
    configuration: tuple[str, ...]
    """The active atomic and final states, in document order."""
    data: Mapping[str, Any]
    """Fields that are filled; a field that is not a key is empty. Treat as read-only."""
    tasks: tuple[Task, ...] = ()
    timers: tuple[Timer, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    """What runs elsewhere: (id of the effect that started it, `call.STATE` or `run.HANDLER`); its end is `done.` + the latter."""
    history: Mapping[str, tuple[str, ...]] = {}
    """What history states remember: the atomic (deep) or child (shallow) states to enter again."""
    did: Mapping[str, tuple[str, ...]] = {}
    """Who completed each step last; several when it had several signers."""
