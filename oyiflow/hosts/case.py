"""One instance in the hands of a host: its definition, its snapshot, its journal, the answers that it gave.

Knows nothing of the host: time comes in with every call, and what is to be done comes out as the effects of a step. So it is
as deterministic as the kernel, and a host may make it again from the events of its own history. The lines of the journal
are those that `Engine.history` shows, as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from oyiflow.engine.projection import cancelled, event_of, told_by
from oyiflow.engine.steps import refusal
from oyiflow.errors import EventRejected
from oyiflow.kernel import (
    Event,
    Rejected,
    Snapshot,
    Step,
    effect_to_json,
    event_to_json,
    snapshot_from_json,
    snapshot_to_json,
    start,
    step,
)
from oyiflow.kernel.snapshot import Timer
from oyiflow.model.definition import Definition

_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class Case:
    """See the module. `snapshot` is where it stands; `journal` and `answers` only grow."""

    def __init__(self, definition: Definition, snapshot: Snapshot) -> None:
        self.definition = definition
        self.snapshot = snapshot
        self.journal: list[str] = []
        self.answers: dict[str, list[Any]] = {}
        """By key: what was asked under it, and what was answered."""

    @classmethod
    def born(cls, definition: Definition, start_step: Step, now: datetime, actor: str, values: Mapping[str, Any]) -> Self:
        """A case after its first step."""
        case = cls(definition, start_step.snapshot)
        case._note(start_step, now, {"kind": "start", "actor": actor, "values": values})
        return case

    # -- moving ----------------------------------------------------------------------------------------------------

    def take(self, event: Event, now: datetime, key: str = "") -> Step:
        """Take an event; raises `Forbidden` or `EventRejected`, and then nothing has changed."""
        before, answer = self.snapshot, step(self.definition, self.snapshot, event, now)
        if isinstance(answer, Rejected):
            raise refusal(answer)
        self.snapshot = answer.snapshot
        self._note(answer, now, event_to_json(self.definition, event), event_of(before, event)[2], key)
        return answer

    def cancel(self, now: datetime) -> Step:
        """End it from outside: its tasks, timers and calls go, its last configuration stays visible."""
        answer = cancelled(self.snapshot)
        self.snapshot = answer.snapshot
        self._note(answer, now, {"kind": "cancel"})
        return answer

    def _note(self, answer: Step, now: datetime, event: Mapping[str, Any], about: str = "", key: str = "") -> None:
        """A line of the journal; what the machine keeps for itself is in no view."""
        spec = self.definition.field
        shown = {name: v for name, v in (event.get("values") or {}).items() if not (name in spec and spec[name].hidden)}
        outcome, comment, to = told_by(event)
        line = {
            "revision": answer.snapshot.revision,
            "at": now.isoformat(timespec="microseconds"),
            "actor": event.get("actor", ""),
            "kind": event["kind"],
            "step": about,
            "outcome": outcome,
            "comment": comment,
            "values": shown or event.get("output") or {},
            "trace": [{"exited": t.exited, "transitions": t.transitions, "entered": t.entered} for t in answer.trace],
            "effects": [effect_to_json(effect) for effect in answer.effects],
            "key": key,
            "on_behalf": event.get("on_behalf", ""),
            "people": list(event.get("people", ())),
            "to": to,
        }
        self.journal.append(_dumps(line))

    # -- looking ---------------------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether it takes no more events."""
        return self.snapshot.status not in ("running", "suspended")

    @property
    def timers(self) -> tuple[Timer, ...]:
        """The timers that run, the first to fire first; none while it is suspended."""
        running = self.snapshot.timers if self.snapshot.status == "running" else ()
        return tuple(sorted(running, key=lambda timer: (timer.due, timer.id)))

    def answer(self) -> dict[str, Any]:
        """Where it stands, for whoever has moved it."""
        now = self.snapshot
        return {
            "instance": now.instance,
            "revision": now.revision,
            "status": now.status,
            "configuration": list(now.configuration),
        }

    def again(self, key: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """What was answered under a key; raises `EventRejected` if that was another request."""
        asked, answer = self.answers[key]
        if asked != said(event):
            raise EventRejected(
                f"key {key} 已用于另一次请求", f"the key {key} has already been used for another request", code="key_taken"
            )
        found: dict[str, Any] = answer
        return found

    # -- carrying --------------------------------------------------------------------------------------------------

    def carried(self) -> dict[str, Any]:
        """All of it but the definition, as JSON data."""
        return {
            "snapshot": snapshot_to_json(self.definition, self.snapshot),
            "journal": self.journal,
            "answers": self.answers,
        }

    @classmethod
    def restored(cls, definition: Definition, carried: Mapping[str, Any]) -> Self:
        """Back from `carried`; raises `VersionMismatch` under another definition."""
        case = cls(definition, snapshot_from_json(definition, carried["snapshot"]))
        case.journal, case.answers = list(carried["journal"]), dict(carried["answers"])
        return case


def first_step(definition: Definition, instance: str, now: datetime, actor: str, values: Mapping[str, Any]) -> Step:
    """The first step of a new instance. Raises `EventRejected` for values that do not fit."""
    answer = start(definition, instance=instance, now=now, values=values, actor=actor)
    if isinstance(answer, Rejected):
        raise refusal(answer)
    return answer


def said(event: Mapping[str, Any]) -> list[str]:
    """By what an event from outside is known again when it is repeated."""
    return [str(event.get(part) or "") for part in ("kind", "task", "outcome", "name", "operation", "actor")]
