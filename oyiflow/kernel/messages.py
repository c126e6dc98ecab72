"""What goes into the kernel and what comes out: events, effects and the answer of a step.

Inner code says what is to happen and does not do it: an `Effect` is a plain value with a stable id
(`instance/revision/n`), which the engine first stores in the transaction of the step and then performs, at least once.
Times are aware datetimes, given by the caller; the kernel has no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from oyiflow.kernel.snapshot import FastTuple, Snapshot, Task, Timer


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A person answers an open task. `task` is its id, or the id of its state. `roles`: the roles that the person holds.

    A deputy answers `on_behalf` of somebody who is absent; then `roles` are those of the absent one.
    """

    task: str
    outcome: str = ""
    """Empty: the first outcome of the work (done, approved)."""
    actor: str
    roles: frozenset[str] = frozenset()
    values: Mapping[str, Any] = field(default_factory=dict)
    comment: str = ""
    on_behalf: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event from outside, by name, with values for fields that the definition's form declares."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A timer of the snapshot has come due."""

    timer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """A called process (or a handler) has come to its end; `call` is the id of the effect that started it."""

    call: str
    failed: bool = False
    output: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


Event = Act | Message | TimerFired | CallEnded


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOpened:
    """Somebody has something to do."""

    id: str
    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChanged:
    """A vote was added to an open task."""

    id: str
    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskClosed:
    """A task is no longer open. `outcome` is empty when it was withdrawn because its state was left."""

    id: str
    task: str
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerArmed:
    """Send `TimerFired` at `timer.due`, not earlier."""

    id: str
    timer: Timer


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerCancelled:
    """Forget the timer; if it fires all the same, the kernel refuses it as stale."""

    id: str
    timer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """Tell people about an overdue task: its assignees, and on `escalate` their superiors too."""

    id: str
    about: str
    task: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted:
    """Start another process with these values; when it ends, send `CallEnded(call=id)`."""

    id: str
    state: str
    process: str
    version: int | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCancelled:
    """The state that called was left: end the called process."""

    id: str
    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """Call the embedding program's handler, at least once; then send `CallEnded(call=id)`."""

    id: str
    handler: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A line for the journal."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The instance has come to its end in the final state `state`."""

    id: str
    state: str
    output: Mapping[str, Any]


Effect = (
    TaskOpened
    | TaskChanged
    | TaskClosed
    | TimerArmed
    | TimerCancelled
    | Notified
    | CallStarted
    | CallCancelled
    | Performed
    | Logged
    | Ended
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One microstep, for the journal and for pictures: states left and entered, and the transitions taken.

    A transition is named `state#n`, where n counts the transitions of that state from 0 in document order.
    """

    exited: tuple[str, ...]
    transitions: tuple[str, ...]
    entered: tuple[str, ...]


class _Answer(NamedTuple):
    snapshot: Snapshot
    effects: tuple[Effect, ...]
    trace: tuple[Trace, ...]


class Step(FastTuple, _Answer):
    """The answer to an event that was taken: the next snapshot, what must be done, and what happened.

    Made as `Step((snapshot, effects, trace))`, as cheaply as a `Snapshot`.
    """

    __slots__ = ()
    if TYPE_CHECKING:

        def __new__(cls, parts: tuple[Snapshot, tuple[Effect, ...], tuple[Trace, ...]]) -> Self: ...
    else:
        __new__ = tuple.__new__


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The answer to an event that was not taken; nothing has changed.

    `code`: unknown_task, unknown_outcome, forbidden, rule, too_early, invalid_value, missing_value, not_accepted,
    stale, ended, error, loop. `accepted` names what would be taken now.
    """

    code: str
    zh: str
    en: str
    accepted: tuple[str, ...] = ()
