"""Many writes as the parameters of one statement: one PostgreSQL array per column, written as text.

The driver's own adaptation of lists takes most of the time of a step, so the arrays are put together here. Their syntax is
small: every element in double quotes, in which only the quote and the backslash are escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from oyiflow.store.protocol import Write

_NONE = "{}"


def array(values: Iterable[str]) -> str:
    """A `text[]` as the server reads it."""
    return '{"' + '","'.join([v.replace("\\", "\\\\").replace('"', '\\"') for v in values]) + '"}'


def columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[str]:
    """One array per column; the type of a column is that of its first value."""
    if not rows:
        return [_NONE] * width
    return [
        array(column) if type(column[0]) is str else "{" + ",".join(map(str, column)) + "}"
        for column in zip(*rows, strict=True)
    ]


def is_plain(write: Write) -> bool:
    """Whether a write is a step that touches only its instance, its journal, its tasks and its timers."""
    row, entry = write.instance, write.journal
    return (
        row is not None
        and entry is not None
        and row.revision > 1
        and entry.revision == row.revision
        and entry.at == row.updated
        and entry.hash == row.head
        and not (write.outbox or write.done or write.withdrawn or write.postponed or write.delayed or write.notices)
        and write.definition is None
    )


def claims(write: Write) -> list[str]:
    """What no two writes of one statement may both have: the instance, the definition, and the outbox rows that must be there."""
    found = [f"i{write.instance.id}"] if write.instance is not None else []
    found += [f"d{write.definition.digest}"] if write.definition is not None else []
    if write.done or write.postponed:
        found += [f"o{id}" for id, _ in write.done]
        found += [f"o{row.id}" for row, _ in write.postponed]
    return found


def is_simple(write: Write) -> bool:
    """Whether a plain write passes one task on for one task, which most steps do."""
    return len(write.closed) == 1 == len(write.tasks) and not write.timers and not write.cancelled


def simple_parameters(write: Write) -> tuple[str, ...]:
    """The parameters of the statement `step`."""
    row, entry = write.instance, write.journal
    assert row is not None and entry is not None, "it is plain"
    moved = (row.status, str(row.revision), row.snapshot, row.updated, row.head, row.id)
    return (*moved, *entry[3:10], *write.closed[0], *write.tasks[0])


def step_parameters(writes: Sequence[Write]) -> list[str]:
    """The parameters of the statement `steps`."""
    rows: list[tuple[Any, ...]] = []
    closed: list[tuple[Any, ...]] = []
    tasks: list[tuple[Any, ...]] = []
    cancelled: list[tuple[Any, ...]] = []
    timers: list[tuple[Any, ...]] = []
    for write in writes:
        row, entry = write.instance, write.journal
        assert row is not None and entry is not None, "it is plain"
        _, revision, at, kind, actor, step, event, effects, trace, key, hash = entry
        rows.append((row.id, revision, row.status, row.snapshot, at, kind, actor, step, event, effects, trace, key, hash))
        closed += write.closed
        tasks += write.tasks
        cancelled += write.cancelled
        timers += write.timers
    return [
        *columns(rows, 13), *columns(closed, 3), *columns(tasks, 7), *columns(cancelled, 2), *columns(timers, 6),
    ]  # fmt: skip


def write_parameters(writes: Sequence[Write]) -> list[str]:
    """The parameters of the statement `writes`; each row is led by the number of its write."""
    numbered = list(enumerate(writes))

    def every(part: str, width: int) -> list[str]:
        return columns([(n, *row) for n, write in numbered for row in getattr(write, part)], width + 1)

    def one(part: str, width: int) -> list[str]:
        return columns([(n, *row) for n, write in numbered if (row := getattr(write, part)) is not None], width + 1)

    fences = [(n, id, tries) for n, write in numbered for id, tries in write.done]
    fences += [(n, row.id, tries) for n, write in numbered for row, tries in write.postponed]
    gone = [(n, id) for n, write in numbered for id in (*(id for id, _ in write.done), *write.withdrawn)]
    postponed = [(n, row.id, row.wake, row.tries, row.error) for n, write in numbered for row, _ in write.postponed]
    delayed = [(n, t.instance, t.id, t.wake, t.tries, t.error) for n, write in numbered for t in write.delayed]
    return [
        "{" + ",".join(str(n) for n, _ in numbered) + "}",
        *one("instance", 13), *columns(fences, 3), *one("definition", 6), *one("journal", 11),
        *every("closed", 3), *every("tasks", 7), *every("cancelled", 2), *every("timers", 6),
        *columns(gone, 2), *every("outbox", 7), *columns(postponed, 5), *columns(delayed, 6), *every("notices", 7),
    ]  # fmt: skip
