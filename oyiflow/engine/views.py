"""What the engine answers with: plain frozen values for programs, pages and the command line, and how they are made.

Titles come in both languages; people and roles are ids, whose titles the directory and the definition know. Who may act
is asked of the kernel for each candidate, so a list never promises what an answer would then be refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from oyiflow.engine.access import Access, is_outside, role_names, waiting_for
from oyiflow.engine.projection import OWN_KEY, Loaded
from oyiflow.kernel import Task
from oyiflow.kernel.machine import machine_of
from oyiflow.kernel.step import accepted_events
from oyiflow.store.protocol import InstanceRow, JournalRow, NoticeRow, OutboxRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A published definition. `version` is the number it got, which may be higher than the one its file declares."""

    name: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An instance after one of its steps."""

    id: str
    process: str
    version: int
    digest: str
    status: str
    revision: int
    configuration: tuple[str, ...]
    data: Mapping[str, Any]
    started: datetime
    updated: datetime
    parent: str = ""
    """The instance that called it, or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """Something that waits for people. `roles` and `people`: who it is meant for, and who may act on it now."""

    id: str
    instance: str
    process: str
    step: str
    zh: str
    en: str
    roles: tuple[str, ...]
    people: tuple[str, ...]
    opened: datetime
    due: datetime | None
    signed: tuple[str, ...] = ()
    """Who has signed already, where several must."""
    outcomes: tuple[str, ...] = ()
    fill: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One step of an instance: the event that was taken, and what came of it."""

    revision: int
    at: datetime
    actor: str
    kind: Literal["start", "act", "message", "timer", "call", "cancel"]
    step: str
    """The step that was answered, or whose timer or call came; "" for the start and for events from outside."""
    outcome: str
    """The outcome, or the name of the event."""
    comment: str
    values: Mapping[str, Any]
    """The fields that the event brought with it, as text where JSON has no type for them."""
    trace: Sequence[Mapping[str, Any]]
    effects: Sequence[Mapping[str, Any]]
    key: str = ""
    on_behalf: str = ""
    """The absent person for whom the actor stood in, or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that an instance waits for, and what would move it."""

    what: Literal["task", "timer", "call", "message"]
    step: str
    zh: str
    en: str
    since: datetime | None = None
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    """Outcomes or events that would be taken."""
    due: datetime | None = None
    called: str = ""
    """Of a call: the instance that was called, or the name of the handler."""
    problem: str = ""
    """Why a call does not come back, or why nobody may act, if it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A person was told (`remind`, `escalate`) about an overdue task."""

    person: str
    instance: str
    step: str
    reason: str
    at: datetime
    task: str = field(default="")


def instance_view(loaded: Loaded) -> Instance:
    """An instance as of its snapshot."""
    row, snapshot = loaded.row, loaded.snapshot
    return Instance(
        id=row.id,
        process=row.process,
        version=row.version,
        digest=row.digest,
        status=snapshot.status,
        revision=snapshot.revision,
        configuration=snapshot.configuration,
        data=dict(snapshot.data),
        started=datetime.fromisoformat(row.started),
        updated=datetime.fromisoformat(row.updated),
        parent=row.parent,
    )


def task_view(loaded: Loaded, task: Task, access: Access, now: datetime) -> TaskView:
    """An open task, with everybody who may act on it now."""
    definition, snapshot = loaded.definition, loaded.snapshot
    state = definition.states[task.state]
    assert state.work is not None, "a task belongs to a state with work"
    people = access.candidates(definition, snapshot, task, now)
    return TaskView(
        id=task.id,
        instance=loaded.row.id,
        process=loaded.row.process,
        step=task.state,
        zh=state.title.of("zh") or task.state,
        en=state.title.of("en") or task.state,
        roles=role_names(definition, waiting_for(definition, task)),
        people=tuple(person for person in people if access.may_act(definition, snapshot, task, person, now)),
        opened=task.opened,
        due=task.due,
        signed=tuple(vote.actor for vote in task.votes),
        outcomes=tuple(outcome.name for outcome in state.work.outcomes),
        fill=state.work.fill,
    )


def journal_view(row: JournalRow) -> JournalEntry:
    """A line of the history."""
    event = json.loads(row.event)
    return JournalEntry(
        revision=row.revision,
        at=datetime.fromisoformat(row.at),
        actor=row.actor,
        kind=row.kind,  # type: ignore[arg-type]  # the store knows it as text
        step=row.step,
        outcome=event.get("outcome") or event.get("name") or "",
        comment=event.get("comment") or event.get("reason") or "",
        values=event.get("values") or event.get("output") or {},
        trace=json.loads(row.trace),
        effects=json.loads(row.effects),
        key="" if row.key.startswith(OWN_KEY) else row.key,
        on_behalf=event.get("on_behalf", ""),
    )


def notice_view(row: NoticeRow) -> Notice:
    """Who was told about what."""
    return Notice(
        person=row.person,
        instance=row.instance,
        step=row.step,
        reason=row.reason,
        at=datetime.fromisoformat(row.at),
        task=row.task,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What must be known beside the snapshot in order to say why an instance waits."""

    journal: Sequence[JournalRow]
    outbox: Sequence[OutboxRow]
    children: Sequence[InstanceRow]


def waiting_views(loaded: Loaded, around: Surroundings, access: Access, now: datetime) -> list[Waiting]:
    """Everything that the instance waits for: people first, then calls, then time, then events from outside."""
    if loaded.snapshot.status != "running":
        return []
    since = _asked_at(around.journal)
    views = [(task_view(loaded, task, access, now), task) for task in loaded.snapshot.tasks]
    found = [
        _for_task(view, "" if view.people else access.excluded(loaded.definition, loaded.snapshot, task, now))
        for view, task in views
    ]
    found += [_for_call(loaded, call, name, around, since) for call, name in loaded.snapshot.calls]
    for timer in loaded.snapshot.timers:
        zh, en = _titles(loaded, timer.state)
        armed = since.get(timer.id)
        found.append(Waiting(what="timer", step=timer.state, zh=zh, en=en, since=armed, moves=(timer.event,), due=timer.due))
    events = accepted_events(machine_of(loaded.definition), loaded.snapshot)
    outside = tuple(event for event in events if is_outside(loaded.definition, event))
    if outside:
        updated = datetime.fromisoformat(loaded.row.updated)
        for step in loaded.snapshot.configuration[:1]:
            zh, en = _titles(loaded, step)
            found.append(Waiting(what="message", step=step, zh=zh, en=en, since=updated, moves=outside))
    return found


def _asked_at(journal: Iterable[JournalRow]) -> Mapping[str, datetime]:
    """When each timer was armed and each call was asked for, by its id."""
    found: dict[str, datetime] = {}
    for row in journal:
        for effect in json.loads(row.effects):
            timer = effect.get("timer")
            id = timer["id"] if isinstance(timer, dict) else effect["id"]
            found[id] = datetime.fromisoformat(row.at)
    return found


def _titles(loaded: Loaded, step: str) -> tuple[str, str]:
    state = loaded.definition.states.get(step)
    return (state.title.of("zh") or step, state.title.of("en") or step) if state else (step, step)


def _for_task(task: TaskView, problem: str = "") -> Waiting:
    return Waiting(
        problem=problem,
        what="task",
        step=task.step,
        zh=task.zh,
        en=task.en,
        since=task.opened,
        roles=task.roles,
        people=task.people,
        moves=task.outcomes,
        due=task.due,
    )


def _for_call(loaded: Loaded, call: str, name: str, around: Surroundings, since: Mapping[str, datetime]) -> Waiting:
    kind, _, rest = name.partition(".")
    zh, en = _titles(loaded, rest)
    child = next((row for row in around.children if row.call == call), None)
    item = next((row for row in around.outbox if row.id == call), None)
    problem = item.error if item is not None else ""
    if child is not None:
        problem = next((row.error for row in around.outbox if json.loads(row.payload).get("call") == call), "")
    called = (child.id if child else "") if kind == "call" else rest
    step = rest if kind == "call" else ""
    return Waiting(what="call", step=step, zh=zh, en=en, since=since.get(call), called=called, problem=problem)
