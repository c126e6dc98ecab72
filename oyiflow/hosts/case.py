"""One instance in the hands of a host: where it stands, its journal, the answers that it gave.

Knows nothing of the host: time comes in with every call, and what is to be done comes out as the rows that the engine would
have written. So it is as deterministic as the kernel, a host may make it again from the events of its own history, and the
journal is that of the engine: the same rows, kept here as JSON, without their seals.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from oyiflow.engine.entries import event_of
from oyiflow.engine.fold import cancelled
from oyiflow.engine.keys import OWN_KEY, key_taken
from oyiflow.engine.projection import Loaded, Taken, moment, write_of
from oyiflow.engine.steps import refusal
from oyiflow.engine.texts import to_text, whole_snapshot
from oyiflow.engine.views import history_views
from oyiflow.kernel import Event, Rejected, Snapshot, event_to_json, snapshot_from_json, start, step
from oyiflow.kernel.codec import plain
from oyiflow.kernel.messages import Ended
from oyiflow.kernel.snapshot import OPEN, Timer
from oyiflow.model.definition import Definition
from oyiflow.store.protocol import InstanceRow, JournalRow, Write

START = OWN_KEY
"""Begins the key under which the answer to the start is kept among the other answers; no caller's key begins with it."""


class Case:
    """See the module. `text` is the snapshot as JSON; `journal` and `answers` only grow."""

    def __init__(self, definition: Definition, snapshot: Snapshot) -> None:
        pin = (snapshot.instance, definition.name, definition.version, definition.digest)
        self._loaded = Loaded(definition, InstanceRow(*pin, "", 0, "", "", ""), snapshot)
        self.text = ""
        self.output: Mapping[str, Any] = {}
        """What its end has worked out for whoever called it."""
        self.journal: list[str] = []
        self.answers: dict[str, list[Any]] = {}
        """By key: what was asked under it, and what was answered."""

    @classmethod
    def born(
        cls, definition: Definition, instance: str, now: datetime, actor: str, values: Mapping[str, Any]
    ) -> tuple[Self, Write]:
        """A case after its first step. Raises `EventRejected` for values that do not fit."""
        answer = start(definition, instance=instance, now=now, values=values, actor=actor)
        if isinstance(answer, Rejected):
            raise refusal(answer)
        event = {"kind": "start", "actor": actor, "version": definition.version, "values": values}
        case = cls(definition, answer.snapshot)
        return case, case._write(None, Taken(answer, "start", to_text(event), now, actor=actor))

    # -- moving ----------------------------------------------------------------------------------------------------

    def take(self, event: Event, now: datetime, key: str = "") -> Write:
        """Take an event; raises `Forbidden` or `EventRejected`, and then nothing has changed."""
        definition, _, before, _ = self._loaded
        answer = step(definition, before, event, now)
        if isinstance(answer, Rejected):
            raise refusal(answer)
        (kind, actor, about), text = event_of(before, event), to_text(event_to_json(event))
        return self._write(self._loaded, Taken(answer, kind, text, now, key, actor, about))

    def cancel(self, now: datetime) -> Write:
        """End it from outside: its tasks, timers and calls go, its last configuration stays visible."""
        return self._write(self._loaded, Taken(cancelled(self.snapshot), "cancel", to_text({"kind": "cancel"}), now))

    def _write(self, before: Loaded | None, taken: Taken) -> Write:
        after = self._loaded._replace(snapshot=taken.step.snapshot)
        write, self._loaded = write_of(before, after, taken)
        assert write.instance is not None and write.journal is not None, "a step writes both"
        self.text = whole_snapshot(write.instance)
        self.journal.append(to_text(write.journal[1:-1]))
        self.output = next((effect.output for effect in taken.step.effects if isinstance(effect, Ended)), self.output)
        return write

    # -- looking ---------------------------------------------------------------------------------------------------

    @property
    def snapshot(self) -> Snapshot:
        """Where it stands."""
        return self._loaded.snapshot

    @property
    def is_over(self) -> bool:
        """Whether it takes no more events."""
        return self.snapshot.status not in OPEN

    @property
    def timers(self) -> tuple[Timer, ...]:
        """The timers that run, the first to fire first; none while it is suspended."""
        running = self.snapshot.timers if self.snapshot.status == "running" else ()
        return tuple(sorted(running, key=lambda timer: (timer.due, timer.id)))

    def history(self, after: int, limit: int) -> Iterator[str]:
        """Lines as `Engine.history` shows them, from a place on, as JSON."""
        definition, id = self._loaded.definition, self.snapshot.instance
        rows = [JournalRow(id, *json.loads(line)) for line in self.journal[after : after + limit]]
        for view in history_views(rows, definition.digest, lambda _: definition, lambda _: None):
            yield to_text(plain({**asdict(view), "at": moment(view.at)}))

    def answer(self) -> dict[str, Any]:
        """Where it stands, for whoever has moved it."""
        now = self.snapshot
        place = list(now.configuration)
        return {"instance": now.instance, "revision": now.revision, "status": now.status, "configuration": place}

    # -- carrying --------------------------------------------------------------------------------------------------

    def carried(self) -> dict[str, Any]:
        """All of it but the definition, as JSON data."""
        return {"snapshot": self.text, "journal": self.journal, "answers": self.answers}

    @classmethod
    def restored(cls, definition: Definition, carried: Mapping[str, Any]) -> Self:
        """Back from `carried`; raises `VersionMismatch` under another definition."""
        case = cls(definition, snapshot_from_json(definition, carried["snapshot"]))
        case.text, case.journal, case.answers = carried["snapshot"], list(carried["journal"]), dict(carried["answers"])
        return case


def again(told: list[Any], asked: list[str], key: str) -> dict[str, Any]:
    """What was answered under a key; raises `EventRejected` if that was another request. `told`: of `Case.answers`."""
    first, answer = told
    if first != asked:
        raise key_taken(key)
    found: dict[str, Any] = answer
    return found
