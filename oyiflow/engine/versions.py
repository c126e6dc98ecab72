"""Running instances and the versions of their process: who can move to another one, who cannot and why, and the move.

A move is a step like any other: one transaction, an entry in the journal, a revision. It is decided for each instance by
the kernel (`kernel/migration.py`); those that cannot move stay, and moving back is the same with the versions exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from oyiflow.engine.projection import Loaded
from oyiflow.engine.steps import Steps
from oyiflow.errors import Conflict, DamagedDefinition, EventRejected
from oyiflow.kernel import Step
from oyiflow.kernel.counterparts import lost
from oyiflow.kernel.migration import Obstacle, Values, migrate
from oyiflow.model.definition import Definition
from oyiflow.store.failures import StoreCorrupt


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What becomes of one instance: moved (or, in a rehearsal, could be), or why not."""

    instance: str
    version: int
    """The version that it is on before."""
    to: int
    moved: bool
    obstacles: tuple[Obstacle, ...] = ()
    tasks_closed: int = 0
    """Open tasks that are opened anew or are gone."""
    dropped: tuple[str, ...] = ()
    """Filled fields that have no place in the other version: an obstacle each, unless values may be dropped."""
    restored: tuple[str, ...] = ()
    """Fields that get back what they held before an earlier move."""


class Wish(NamedTuple):
    """What is wanted. `act` is (actor, reason), None only rehearses; `drop`: values that have no place may go."""

    act: tuple[str, str] | None
    drop: bool


def moves(steps: Steps, loaded: Sequence[Loaded], to: tuple[Definition, int], now: datetime, wish: Wish) -> Iterator[Move]:
    """What becomes of each instance. Those on the version already are left out."""
    definition, version = to
    for one in loaded:
        if one.snapshot.digest == definition.digest:
            continue
        try:
            restored = steps.recovered(one, definition)
        except (StoreCorrupt, DamagedDefinition) as error:  # its journal says no more what it lost
            stays = Obstacle(about=one.row.id, zh=error.zh, en=error.en)
            yield Move(instance=one.row.id, version=one.snapshot.version, to=version, moved=False, obstacles=(stays,))
            continue
        answer = migrate(one.snapshot, one.definition, definition, now, version, Values(drop=wish.drop, restored=restored))
        gone = lost(one.snapshot, one.definition, definition) if one.definition.name == definition.name else ()
        head = {"instance": one.row.id, "version": one.snapshot.version, "to": version, "dropped": gone}
        if not isinstance(answer, Step):
            yield Move(**head, moved=False, obstacles=answer)  # type: ignore[arg-type]
            continue
        head["restored"] = tuple(restored)
        closed = sum(type(effect).__name__ == "TaskClosed" for effect in answer.effects)
        if wish.act is None:
            yield Move(**head, moved=True, tasks_closed=closed)  # type: ignore[arg-type]
            continue
        try:
            steps.migrate(one.row.id, to, now, wish.act, wish.drop)
        except (Conflict, EventRejected) as error:  # it moved on meanwhile
            stays = Obstacle(about=one.row.id, zh=error.zh, en=error.en)
            yield Move(**head, moved=False, obstacles=(stays,))  # type: ignore[arg-type]
        else:
            yield Move(**head, moved=True, tasks_closed=closed)  # type: ignore[arg-type]
