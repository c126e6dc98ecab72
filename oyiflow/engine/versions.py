"""Running instances and the versions of their process: who can move to another one, who cannot and why, and the move.

A move is a step like any other: one transaction, an entry in the journal, a revision. It is decided for each instance by
the kernel (`kernel/migration.py`); those that cannot move stay, and moving back is the same with the versions exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from oyiflow.engine.projection import Loaded
from oyiflow.engine.steps import Steps
from oyiflow.errors import Conflict, EventRejected
from oyiflow.kernel import Step
from oyiflow.kernel.migration import Obstacle, migrate
from oyiflow.model.definition import Definition


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


def moves(
    steps: Steps, loaded: Sequence[Loaded], to: tuple[Definition, int], now: datetime, act: tuple[str, str] | None
) -> Iterator[Move]:
    """What becomes of each instance. `act` is (actor, reason); None only rehearses. Those on the version already are left out."""
    definition, version = to
    for one in loaded:
        if one.snapshot.digest == definition.digest:
            continue
        answer = migrate(one.snapshot, one.definition, definition, now, version)
        head = {"instance": one.row.id, "version": one.snapshot.version, "to": version}
        if not isinstance(answer, Step):
            yield Move(**head, moved=False, obstacles=answer)  # type: ignore[arg-type]
            continue
        closed = sum(type(effect).__name__ == "TaskClosed" for effect in answer.effects)
        if act is None:
            yield Move(**head, moved=True, tasks_closed=closed)  # type: ignore[arg-type]
            continue
        try:
            steps.migrate(one.row.id, to, now, *act)
        except (Conflict, EventRejected) as error:  # it moved on meanwhile
            stays = Obstacle(about=one.row.id, zh=error.zh, en=error.en)
            yield Move(**head, moved=False, obstacles=(stays,))  # type: ignore[arg-type]
        else:
            yield Move(**head, moved=True, tasks_closed=closed)  # type: ignore[arg-type]
