"""Snapshots, events and effects as JSON, exact both ways (S39).

Field values are written by the type that the form declares (decimals and dates as text), so a snapshot is read back with
its definition. Datetimes are ISO 8601 with their offset. A snapshot of another digest is refused (`VersionMismatch`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from oyiflow.errors import Bilingual, VersionMismatch
from oyiflow.kernel.machine import machine_of
from oyiflow.kernel.messages import Act, CallEnded, Effect, Event, Message, Operate, TimerFired, Trace
from oyiflow.kernel.snapshot import (
    NOTHING,
    Arrangement,
    Back,
    Hand,
    Kept,
    Passed,
    Pending,
    Pin,
    Signer,
    Snapshot,
    Task,
    Timer,
    Vote,
)
from oyiflow.model.definition import Definition
from oyiflow.model.values import Duration, from_json, to_json

FORMAT = 1
"""Version of the stored form; a reader knows its own and older ones."""

_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def snapshot_to_json(definition: Definition, snapshot: Snapshot) -> str:
    """One line of JSON; equal snapshots give equal bytes."""
    spec = definition.field
    return _dumps(
        {
            "format": FORMAT,
            "definition": snapshot.definition,
            "version": snapshot.version,
            "digest": snapshot.digest,
            "instance": snapshot.instance,
            "revision": snapshot.revision,
            "status": snapshot.status,
            "configuration": snapshot.configuration,
            "data": {name: to_json(spec[name].type, snapshot.data[name]) for name in sorted(snapshot.data)},
            "tasks": [_task_out(task) for task in snapshot.tasks],
            "timers": [_timer_out(timer) for timer in snapshot.timers],
            "calls": snapshot.calls,
            "history": dict(snapshot.history),
            "did": dict(sorted(snapshot.did.items())),
            **({"kept": _kept_out(snapshot.pending.kept)} if snapshot.pending.kept is not None else {}),
        }
    )


def snapshot_from_json(definition: Definition, text: str) -> Snapshot:
    """The snapshot that `snapshot_to_json` wrote. Raises `VersionMismatch` under another definition."""
    raw = json.loads(text)
    if raw["digest"] != definition.digest:
        raise VersionMismatch(
            f"快照属于 {raw['definition']} 的另一内容 ({raw['digest'][:12]})",
            f"the snapshot belongs to other content of {raw['definition']} ({raw['digest'][:12]})",
        )
    spec = definition.field
    pending = Pending(
        status=raw["status"],
        tasks=tuple(_task_in(task) for task in raw["tasks"]),
        timers=tuple(_timer_in(timer) for timer in raw["timers"]),
        calls=tuple((call, name) for call, name in raw["calls"]),
        did={name: tuple(people) for name, people in raw["did"].items()},
        kept=_kept_in(raw["kept"]) if "kept" in raw else None,
    )
    place = machine_of(definition).place(
        tuple(raw["configuration"]), tuple((name, tuple(kept)) for name, kept in raw["history"].items())
    )
    data = {name: from_json(spec[name].type, value) for name, value in raw["data"].items()}
    pending = NOTHING if pending == NOTHING else pending
    return Snapshot((_pin(definition, raw), raw["instance"], raw["revision"], place, data, pending))


def _pin(definition: Definition, raw: Mapping[str, Any]) -> Pin:
    """The pin that all instances of a definition share, or one of its own for a version published under another number."""
    shared = machine_of(definition).pin
    pin = Pin(raw["definition"], raw["version"], raw["digest"])
    return shared if pin == shared else pin


def _task_out(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "state": task.state,
        "opened": task.opened.isoformat(),
        "waiting": task.waiting,
        "votes": [_vote_out(vote) for vote in task.votes],
        "due": task.due.isoformat() if task.due else None,
        **({"arranged": _arranged_out(task.arranged)} if task.arranged is not None else {}),
    }


def _task_in(raw: Mapping[str, Any]) -> Task:
    votes = (_vote_in(*vote) for vote in raw["votes"])
    return Task(
        id=raw["id"],
        state=raw["state"],
        opened=datetime.fromisoformat(raw["opened"]),
        waiting=tuple(raw["waiting"]),
        votes=tuple(votes),
        due=datetime.fromisoformat(raw["due"]) if raw["due"] else None,
        arranged=_arranged_in(raw["arranged"]) if raw.get("arranged") is not None else None,
    )


def _arranged_out(arranged: Arrangement) -> dict[str, Any]:
    """What people have arranged about a task; what there is nothing of is left out."""
    signers = [
        [one.person, one.by, one.place, one.when, one.group, one.mode, _vote_out(one.vote) if one.vote else None]
        for one in arranged.signers
    ]
    back = arranged.back
    parts = {
        "hands": [[hand.place, hand.person, hand.by] for hand in arranged.hands],
        "signers": signers,
        "urged": arranged.urged.isoformat() if arranged.urged else None,
        "back": [_task_out(back.task), _passed_out(back.passed), back.fields] if back else None,
    }
    return {name: part for name, part in parts.items() if part}


def _arranged_in(raw: Mapping[str, Any]) -> Arrangement:
    back = raw.get("back")
    return Arrangement(
        hands=tuple(Hand(place=place, person=person, by=by) for place, person, by in raw.get("hands", ())),
        signers=tuple(_signer_in(*one) for one in raw.get("signers", ())),
        urged=datetime.fromisoformat(raw["urged"]) if raw.get("urged") else None,
        back=Back(task=_task_in(back[0]), passed=_passed_in(back[1]), fields=back[2]) if back else None,
    )


def _signer_in(person: str, by: str, place: int, when: Any, group: int, mode: Any, vote: Any) -> Signer:
    signed = _vote_in(*vote) if vote else None
    return Signer(person=person, by=by, place=place, when=when, group=group, mode=mode, vote=signed)


def _passed_out(passed: tuple[Passed, ...]) -> list[list[str | int]]:
    return [[one.state, one.revision] for one in passed]


def _passed_in(raw: list[Any]) -> tuple[Passed, ...]:
    return tuple(Passed(state=state, revision=revision) for state, revision in raw)


def _kept_out(kept: Kept) -> dict[str, Any]:
    parts = {
        "suspended": kept.suspended.isoformat() if kept.suspended else None,
        "passed": _passed_out(kept.passed),
        "heirs": [list(pair) for pair in kept.heirs],
    }
    return {name: part for name, part in parts.items() if part}


def _kept_in(raw: Mapping[str, Any]) -> Kept:
    return Kept(
        suspended=datetime.fromisoformat(raw["suspended"]) if "suspended" in raw else None,
        passed=_passed_in(raw.get("passed", [])),
        heirs=tuple((old, new) for old, new in raw.get("heirs", ())),
    )


def _vote_out(vote: Vote) -> list[str | int]:
    row: list[str | int] = [vote.actor, vote.place, vote.outcome, vote.at.isoformat()]
    return [*row, vote.on_behalf] if vote.on_behalf else row


def _vote_in(actor: str, place: int, outcome: str, at: str, on_behalf: str = "") -> Vote:
    return Vote(actor=actor, place=place, outcome=outcome, at=datetime.fromisoformat(at), on_behalf=on_behalf)


def _timer_out(timer: Timer) -> list[str]:
    return [timer.id, timer.due.isoformat(), timer.event, timer.state, timer.send_id]


def _timer_in(raw: list[str]) -> Timer:
    id, due, event, state, send_id = raw
    return Timer(id=id, due=datetime.fromisoformat(due), event=event, state=state, send_id=send_id)


def event_to_json(event: Event) -> dict[str, Any]:
    """An event as JSON data. Values stay as they came: typed ones are written by their type, text stays text."""
    match event:
        case Act():
            out: dict[str, Any] = {
                "kind": "act",
                "task": event.task,
                "outcome": event.outcome,
                "actor": event.actor,
                "comment": event.comment,
            }
            if event.on_behalf:
                out["on_behalf"] = event.on_behalf
            if event.leads:
                out["leads"] = sorted(event.leads)
            if event.checked:
                out["checked"] = list(event.checked)
            return {**out, "roles": sorted(event.roles), "values": _values_out(event.values)}
        case Message():
            return {
                "kind": "message",
                "name": event.name,
                "actor": event.actor,
                "values": _values_out(event.values),
            }
        case TimerFired():
            return {"kind": "timer", "timer": event.timer}
        case CallEnded():
            output = _values_out(event.output)
            return {
                "kind": "call",
                "call": event.call,
                "failed": event.failed,
                "output": output,
                "reason": words_to_json(event.reason),
            }
        case Operate():
            return {"kind": "operate", **{name: part for name, part in _operation_out(event).items() if part}}


def _operation_out(event: Operate) -> dict[str, Any]:
    return {spec.name: plain(getattr(event, spec.name)) for spec in fields(event)}


def _operation_in(raw: Mapping[str, Any]) -> Operate:
    parts = {"operation": "", "actor": "", **{name: part for name, part in raw.items() if name in Operate.__slots__}}
    for name, kind in (("roles", frozenset), ("leads", frozenset), ("people", tuple)):
        parts[name] = kind(raw.get(name, ()))
    return Operate(**parts)


def event_from_json(raw: Mapping[str, Any]) -> Event:
    """The event that `event_to_json` wrote, or one that says only what matters; the kernel reads its values as it would the first time."""
    match raw["kind"]:
        case "act":
            return Act(
                task=raw.get("task", ""),
                outcome=raw.get("outcome", ""),
                actor=raw.get("actor", ""),
                roles=frozenset(raw.get("roles", ())),
                values=raw.get("values", {}),
                comment=raw.get("comment", ""),
                on_behalf=raw.get("on_behalf", ""),
                leads=frozenset(raw.get("leads", ())),
                checked=tuple(raw.get("checked", ())),
            )
        case "message":
            return Message(name=raw.get("name", ""), actor=raw.get("actor", ""), values=raw.get("values", {}))
        case "timer":
            return TimerFired(timer=raw.get("timer", ""))
        case "operate":
            return _operation_in(raw)
        case _:
            reason = words_from_json(raw.get("reason", ""))
            return CallEnded(
                call=raw.get("call", ""), failed=raw.get("failed", False), output=raw.get("output", {}), reason=reason
            )


def words_to_json(text: str) -> str | dict[str, str]:
    """A text as JSON data, with its languages apart if it has two."""
    return {"zh": text.zh, "en": text.en} if isinstance(text, Bilingual) else text


def words_from_json(data: str | Mapping[str, str]) -> str:
    """The text that `words_to_json` gave."""
    return data if isinstance(data, str) else Bilingual(data["zh"], data["en"])


def _values_out(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}


def effect_to_json(effect: Effect | Trace) -> dict[str, Any]:
    """An effect as JSON data: its kind and its fields, values in the form that people read."""
    out: dict[str, Any] = {"kind": type(effect).__name__}
    for spec in fields(effect):
        out[spec.name] = plain(getattr(effect, spec.name))
    return out


def plain(value: Any) -> Any:
    """A value as JSON data: exact text for decimals, durations, dates; lists for tuples."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Duration):
        return value.text("en")
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, frozenset) else value)]
    if is_dataclass(value) and not isinstance(value, type):
        parts = ((spec.name, getattr(value, spec.name)) for spec in fields(value))
        return {name: plain(part) for name, part in parts if part is not None or name not in _LATER}
    return value


_LATER = frozenset(("arranged",))
"""Parts that were added later: where there is nothing in them, what is written stays as it was before."""
