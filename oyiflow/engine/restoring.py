"""The stored state of an instance that is damaged: how that is noticed, and how the journal gives it back.

A state is read by the codec, which takes it to be whole. Here whatever goes wrong in that, and a state that names what its
definition does not have, becomes `DamagedInstance`: whoever asks for this very instance hears of it, everybody else passes it over.
Only what cannot be read counts as damaged. A state that can be read and is not what the journal says is for
`Engine.replay` to find out: other processes may have it in memory by its revision, and must not go on from it.

The journal folds to the state, so a damaged one is written anew from there, with the rows of its tasks and deadlines, in one
transaction and under the same revision: who has read it before the damage goes on from what is written now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from oyiflow.engine.projection import Loaded, projected
from oyiflow.engine.shapes import Check, check
from oyiflow.engine.texts import pinned, whole_snapshot
from oyiflow.errors import Damaged, DamagedInstance, EventRejected, OyiFlowError, VersionMismatch
from oyiflow.kernel import Snapshot, Task, snapshot_from_json
from oyiflow.kernel.snapshot import OPEN, Pending
from oyiflow.model.definition import Definition, Work
from oyiflow.model.values import FieldType, FileReference
from oyiflow.store.chain import verify
from oyiflow.store.protocol import InstanceRow, JournalRow, TaskRow, Write

Find = Callable[[str], Definition]
"""The definition of a digest."""

_UNREADABLE = (
    ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError, RecursionError, VersionMismatch,
)  # fmt: skip
"""What the codec raises for a text that it has not written."""
_STATUSES = (*OPEN, "done", "cancelled")
_is_pending = check(Pending)
_TEXT = check(str)
_KINDS: Mapping[FieldType, Check] = {
    FieldType.TEXT: _TEXT, FieldType.LONGTEXT: _TEXT, FieldType.CHOICE: _TEXT, FieldType.PERSON: _TEXT, FieldType.INT: check(int),
    FieldType.BOOL: check(bool), FieldType.CHOICES: check(tuple[str, ...]), FieldType.LIST: check(tuple[tuple[str, ...], ...]),
    FieldType.FILE: check(FileReference),
}  # fmt: skip
"""Of the fields whose values the codec takes as they come."""


def read(row: InstanceRow, find: Find) -> Loaded:
    """A row with its definition and snapshot. Raises `DamagedInstance`, or `DamagedDefinition`."""
    try:
        definition = find(pinned(row))
        snapshot = snapshot_from_json(definition, whole_snapshot(row))
        if _fits(snapshot, definition, row):
            return Loaded(definition, row._replace(snapshot=""), snapshot)
    except Damaged:
        raise
    except _UNREADABLE:
        pass  # its words may quote values that not everybody may see
    raise _damaged(
        row.id,
        f"只有它停着，其他照常；用 oyiflow db restore {row.id} 从它的经过恢复，或从备份恢复这一行",
        f"It alone stands still, all others go on; oyiflow db restore {row.id} writes it anew from its journal, "
        "or restore its row from a backup",
    )


def _fits(snapshot: Snapshot, definition: Definition, row: InstanceRow) -> bool:
    """Whether a snapshot speaks of this instance, and of what its definition has."""
    _, id, revision, place, data, pending = snapshot
    states, spec = definition.states, definition.field
    if (id, revision) != (row.id, row.revision) or not _is_pending(pending) or not place.configuration:
        return False
    named = [*place.configuration, *(task.state for task in pending.tasks), *(one.state for one in pending.timers if one.state)]
    named += [name for history, kept in place.history for name in (history, *kept)]
    return (
        pending.status in _STATUSES
        and all(name in states for name in named)
        and all(_is_meant(task, states[task.state].work) for task in pending.tasks)
        and all(_is_value(spec[name].type, value) for name, value in data.items())
    )


def _is_value(type: FieldType, value: object) -> bool:
    return value is None or type not in _KINDS or _KINDS[type](value)


def _is_meant(task: Task, work: Work | None) -> bool:
    """Whether a task is one of its state."""
    if work is None:
        return False
    votes = (*task.votes, *(one.vote for one in task.signers if one.vote is not None and one.when != "opinion"))
    known = {outcome.name for outcome in work.outcomes}
    return all(0 <= place < len(work.by) for place in task.waiting) and all(vote.outcome in known for vote in votes)


def _damaged(id: str, zh: str, en: str) -> DamagedInstance:
    """`zh` and `en`: what now stands still, and what is to be done."""
    return DamagedInstance(
        f"案件 {id} 存储的状态已损坏（表 instance 的 snapshot 或 status），读不出来。{zh}",
        f"the stored state of case {id} is damaged (table instance, snapshot or status) and cannot be read. {en}",
        id,
    )


def not_to_be_restored(row: InstanceRow, journal: Sequence[JournalRow], find: Find) -> OyiFlowError | None:
    """Why not, if there is a reason: it is not damaged, or its journal is not to be trusted."""
    try:
        read(row, find)
    except Damaged:
        broken = verify(row, journal).broken_at
        return _broken_too(row.id, broken) if broken else None
    return EventRejected(
        f"案件 {row.id} 没有损坏，无需恢复", f"case {row.id} is not damaged, there is nothing to restore", code="not_damaged"
    )


def _broken_too(id: str, entry: int) -> DamagedInstance:
    """The damage of an instance whose journal does not fit its seals from an entry on."""
    return _damaged(
        id,
        f"它的经过从第 {entry} 条起与封印不符，不能从中恢复；从备份恢复它在 instance 和 journal 表的各行",
        f"Its journal does not fit its seals from entry {entry} on and cannot restore it; restore its rows of the tables "
        "instance and journal from a backup",
    )


def rewritten(loaded: Loaded, tasks: Iterable[TaskRow]) -> Write:
    """The write that puts an instance there as it is, whatever is there of it; `tasks` are the rows that are there, of all instances."""
    id = loaded.row.id
    row, opened, timers = projected(loaded)
    gone = tuple((task.holder, task.instance, task.id) for task in tasks if task.instance == id)
    return Write(instance=row, closed=gone, tasks=opened, cancelled=tuple((id, one.id) for one in timers), timers=timers)
