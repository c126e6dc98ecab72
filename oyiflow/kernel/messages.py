"""What goes into the kernel and what comes out: events, effects and the answer of a step.

Inner code says what is to happen and does not do it: an `Effect` is a plain value with a stable id
(`instance/revision/n`), which the engine first stores in the transaction of the step and then performs, at least once.
Times are aware datetimes, given by the caller; the kernel has no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

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
    leads: frozenset[str] = frozenset()
    """The people whose superior the actor is, as far as the definition asks for superiors."""
    checked: tuple[str, ...] = ()
    """What of the work's checklist has been ticked, by its text in either language; `*` for all of it."""


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
    """Why it has failed; a `Bilingual` stays one in the journal."""


Doing = Literal[
    "claim", "release", "transfer", "delegate", "add_signer", "remove_signer", "send_back", "withdraw", "urge", "copy",
    "suspend", "resume", "skip", "handover",
]  # fmt: skip
"""What people may do besides answering: 认领 释放 转办 委派 加签 减签 退回 撤回 催办 抄送 挂起 恢复 跳过 离职移交."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operate:
    """A person does something about a task, or about the whole instance, besides answering.

    Of the actor it says the same as an `Act`; `owner`: the actor has the rights of an owner. `to`: of a sending back or a
    withdrawal the step; of a skip the outcome.
    """

    operation: Doing
    task: str = ""
    actor: str
    roles: frozenset[str] = frozenset()
    on_behalf: str = ""
    leads: frozenset[str] = frozenset()
    owner: bool = False
    people: tuple[str, ...] = ()
    """To whom, or whom; of a handover: who leaves and who takes over."""
    when: Literal["before", "after", "beside"] = "before"
    mode: Literal["any", "all", "in_turn"] = "all"
    to: str = ""
    straight: bool = False
    """Of a sending back: done again, it comes straight back, if no field has changed."""
    comment: str = ""


Event = Act | Message | TimerFired | CallEnded | Operate


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOpened:
    """Somebody has something to do."""

    id: str
    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChanged:
    """A vote was added to an open task, or people have arranged something about it."""

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
    """Tell people about a task, a rule or a step; see `definition.Notify` for whom. `task` is "" where there is none."""

    id: str
    about: str
    task: str
    reason: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Tell these people about a task, because somebody wants them to know."""

    id: str
    about: str
    task: str
    people: tuple[str, ...]


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
    retries: int | None = None
    """How often a failure is tried again; None: as the host does by default."""


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
    | Copied
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
    stale, ended, suspended, error, loop. `accepted` names what would be taken now.
    """

    code: str
    zh: str
    en: str
    accepted: tuple[str, ...] = ()
