"""The fold of a journal: every snapshot that an instance has had, made again from what was written down.

It reads what `entries` writes. What is told of an instance that ended or moved from outside is made here too, because the
fold must make it again.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from oyiflow.engine.texts import CALENDAR
from oyiflow.kernel import Rejected, Snapshot, Step, event_from_json, start, step
from oyiflow.kernel.messages import CallCancelled, Effect, TaskClosed, TimerCancelled
from oyiflow.kernel.migration import Values, migrate
from oyiflow.model.definition import Definition
from oyiflow.model.values import from_json
from oyiflow.store.failures import StoreCorrupt
from oyiflow.store.protocol import JournalRow

Under = Callable[[str, str], Definition]
"""The definition of a digest with the calendar that an entry of the journal names; "" is the plain week."""


def folded(rows: Iterable[JournalRow], digest: str, under: Under) -> Iterator[Snapshot]:
    """The snapshots of an instance whose journal began under `digest`, one for each entry.

    Raises `StoreCorrupt` when it does not begin with a start or holds what cannot have happened.
    """
    snapshot: Snapshot | None = None
    for row in rows:
        answer = _again(under, digest if snapshot is None else snapshot.digest, snapshot, row)
        if isinstance(answer, Rejected):
            where = f"{row.instance}/{row.revision}"
            raise StoreCorrupt(f"日志 {where} 不能重放：{answer.zh}", f"journal entry {where} cannot be replayed: {answer.en}")
        snapshot = answer.snapshot
        yield snapshot
    if snapshot is None:
        raise StoreCorrupt("日志是空的", "the journal is empty")


def replay(rows: Iterable[JournalRow], digest: str, under: Under) -> Snapshot:
    """The last of them."""
    return deque(folded(rows, digest, under), maxlen=1)[0]


def _again(under: Under, digest: str, before: Snapshot | None, row: JournalRow) -> Step | Rejected:
    event, now = json.loads(row.event), datetime.fromisoformat(row.at)
    definition = under(digest, event.get(CALENDAR, ""))
    if before is None:
        return start(
            definition, instance=row.instance, values=event["values"], actor=event["actor"], now=now, version=event["version"]
        )
    if row.kind == "cancel":
        return cancelled(before)
    if row.kind == "migrate":
        new = under(event["to"], event.get(CALENDAR, ""))
        restored = {name: from_json(new.field[name].type, value) for name, value in event.get("restored", {}).items()}
        return moved(before, (definition, new), now, event["version"], Values(drop=True, restored=restored))
    return step(definition, before, event_from_json(event), now)


def moved(
    before: Snapshot, between: tuple[Definition, Definition], now: datetime, version: int, values: Values
) -> Step | Rejected:
    """The step that carries an instance over to another version; the refusal says everything that stands in the way."""
    answer = migrate(before, *between, now, version, values)
    if isinstance(answer, Step):
        return answer
    zh, en = "；".join(one.zh for one in answer), "; ".join(one.en for one in answer)
    return Rejected(code="not_accepted", zh=zh, en=en)


def cancelled(snapshot: Snapshot) -> Step:
    """The step that ends an instance from outside: its tasks, timers and calls go, its last configuration stays visible."""
    prefix = f"{snapshot.instance}/{snapshot.revision + 1}"
    effects: list[Effect] = []
    for task in snapshot.tasks:
        effects.append(TaskClosed(id=f"{prefix}/{len(effects)}", task=task.id))
    for timer in snapshot.timers:
        effects.append(TimerCancelled(id=f"{prefix}/{len(effects)}", timer=timer.id))
    for call, _ in snapshot.calls:
        effects.append(CallCancelled(id=f"{prefix}/{len(effects)}", call=call))
    gone = snapshot.pending._replace(status="cancelled", tasks=(), timers=(), calls=())
    after = snapshot._replace(revision=snapshot.revision + 1, pending=gone)
    return Step((after, tuple(effects), ()))
