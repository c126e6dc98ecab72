"""Where instances live: what every store must do, in fifteen methods, and the rows that go through them.

The heart is `commit`: one `Write`, one transaction, all or nothing. A write names the revision that it was decided upon;
when the instance has moved in between, the store raises `Conflict` and has written nothing, so no lock is held while the
kernel thinks. Rows of tasks, timers and outbox are projections of the step in the same write and are never changed
beside it; what a delivery may do is postpone a row or strike it off together with its result.

A store knows nothing of processes. Times are text, ISO 8601 in UTC with microseconds, so they sort and people can read
them; snapshots, events and payloads are text that the engine understands. Rows are named tuples and not dataclasses
because a row goes to the driver as it is, several times in every step.

What a store must promise: a write that has returned survives a power cut; a write that has raised left nothing behind
(unless the connection broke, then the caller repeats it under the same key and learns which it was).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol


class DefinitionRow(NamedTuple):
    """A published definition. `digest` is its identity; (name, version) is taken once."""

    digest: str
    name: str
    version: int
    content: str
    """The canonical text: the truth that running instances are loaded from."""
    text: str
    """The YAML that it was read from, for people."""
    deployed: str


class InstanceRow(NamedTuple):
    """An instance as of its latest revision. `parent` and `call` name who called it ("" for nobody)."""

    id: str
    process: str
    version: int
    digest: str
    status: str
    revision: int
    snapshot: str
    started: str
    updated: str
    parent: str = ""
    call: str = ""
    key: str = ""
    """The idempotency key of the start; unique over all instances unless empty."""
    head: str = ""
    """The seal of the last entry of the journal (see `chain`); "" while no entry has one."""


class JournalRow(NamedTuple):
    """One step: the event that was taken and what came of it. (instance, key) is unique."""

    instance: str
    revision: int
    at: str
    kind: str
    actor: str
    step: str
    event: str
    effects: str
    trace: str
    key: str
    """Never empty: the caller's, the timer's or call's, or `#` and the revision."""
    hash: str = ""
    """The seal of this entry and all before it (see `chain`); "" in entries from before there were any."""


class TaskRow(NamedTuple):
    """An open task, once for each holder that may answer: `role` or `@person`."""

    holder: str
    instance: str
    id: str
    process: str
    step: str
    opened: str
    due: str
    """"" when there is no deadline."""


class TimerRow(NamedTuple):
    """A moment that an instance waits for. `wake` is when to try (next), `due` what was promised."""

    instance: str
    id: str
    due: str
    wake: str
    tries: int = 0
    error: str = ""


class OutboxRow(NamedTuple):
    """Something to be done after the commit, at least once. `wake` is "" when it has been given up and waits for a person."""

    id: str
    instance: str
    kind: str
    payload: str
    wake: str
    tries: int = 0
    error: str = ""


class NoticeRow(NamedTuple):
    """A person was told about an overdue task."""

    id: str
    person: str
    instance: str
    task: str
    step: str
    reason: str
    at: str


class Write(NamedTuple):
    """One transaction. Applied in this order; what a row count has to be is said at each field."""

    instance: InstanceRow | None = None
    """Revision 1 is inserted (id and key must be free); a later one replaces exactly its predecessor, else `Conflict`.

    Without an entry of the journal it is no step: it replaces what is there under its own revision, else `Conflict`.
    """
    journal: JournalRow | None = None
    closed: tuple[tuple[str, str, str], ...] = ()
    """(holder, instance, task): the keys of rows that go."""
    tasks: tuple[TaskRow, ...] = ()
    cancelled: tuple[tuple[str, str], ...] = ()
    """(instance, timer): goes, if it is there."""
    timers: tuple[TimerRow, ...] = ()
    done: tuple[tuple[str, int], ...] = ()
    """(outbox id, tries): must be there with just that count, else `Conflict`: somebody else has done it or is at it."""
    withdrawn: tuple[str, ...] = ()
    """Outbox ids that need not be done any more, if they are still there."""
    outbox: tuple[OutboxRow, ...] = ()
    postponed: tuple[tuple[OutboxRow, int], ...] = ()
    """Taken for a try, or put off after one: the row must be there with the given count of tries, else `Conflict`."""
    delayed: tuple[TimerRow, ...] = ()
    """A timer that could not be taken is tried later; one that has gone stays gone."""
    notices: tuple[NoticeRow, ...] = ()
    definition: DefinitionRow | None = None
    """(name, version) must be free, else `Conflict`. What is there by this digest gets its content and text anew."""


class Due(NamedTuple):
    """What is to be done now, the oldest first."""

    timers: tuple[TimerRow, ...]
    outbox: tuple[OutboxRow, ...]


class Store(Protocol):
    """The fifteen methods. All may be called from several threads; all raise `StoreUnavailable` when the store is."""

    def commit(self, write: Write) -> None:
        """Write all of it durably or nothing; `Conflict` when the write was decided upon something that has changed."""

    def definitions(self, *, digest: str = "", name: str = "") -> Sequence[DefinitionRow]:
        """The definition with this digest; or a list, without contents and texts, of the versions of this name or of all."""

    def numbers(self, process: str) -> range:
        """Numbers for the next instances of this process: ours alone, though an id may be taken all the same."""

    def instance(self, id: str) -> InstanceRow | None:
        """The instance as of now."""

    def instances(self, *, status: str = "", process: str = "", parent: str = "") -> Sequence[InstanceRow]:
        """Instances that fit every filter given, the oldest first."""

    def journal(self, instance: str, upto: int = 0) -> Sequence[JournalRow]:
        """All steps of an instance, or those up to a revision, the first one first."""

    def answered(self, instance: str, key: str) -> tuple[str, int] | None:
        """(instance, revision) of the step that was taken under this key; with no instance: of the start under this key."""

    def tasks(self, holders: Iterable[str] | None = None) -> Sequence[TaskRow]:
        """Open tasks of these holders, or all; the oldest first. (Those of one instance stand in its snapshot.)"""

    def due(self, now: str, limit: int) -> Due:
        """Timers and outbox rows whose `wake` is not after `now`; at most `limit` of each. Only a look."""

    def claim(self, now: str, limit: int, until: Callable[[str], str]) -> tuple[str, Due]:
        """The same, for the one who will do it: where several processes work, others do not see these rows until `until(now)`.

        With no `now`, the store's clock decides, which is the same for all of them. The moment that counted comes back too.
        """

    def ring(self) -> None:
        """Let those know who `wait`, in any process, that there may be something to do."""

    def wait(self, seconds: float) -> bool:
        """Until somebody rings, or so long; whether somebody rang."""

    def outbox(self, instance: str) -> Sequence[OutboxRow]:
        """What is still to be done for one instance, given up or not."""

    def notices(self, *, instance: str = "", person: str = "") -> Sequence[NoticeRow]:
        """Who was told about what; the oldest first."""

    def close(self) -> None:
        """Let go of files and locks; may be called twice."""
