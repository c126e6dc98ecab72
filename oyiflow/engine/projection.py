"""From a step of the kernel to one write of the store: pure, and the only place that knows both.

Rows of tasks, timers and outbox are what the step's effects say and nothing else. The one thing that effects do not
tell is that a field or an earlier signer, by whom an open task finds its people, has changed; such tasks are projected
again. Also here: the fold of a journal into a snapshot, because it must read what is written here.

Values that come from outside are first brought into the form in which the journal keeps them, so the kernel sees at
replay exactly what it saw the first time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from oyiflow.engine.access import persons_named, role_names, waiting_for
from oyiflow.kernel import (
    Act,
    CallEnded,
    Event,
    Message,
    Rejected,
    Snapshot,
    Step,
    Task,
    TimerFired,
    effect_to_json,
    event_from_json,
    snapshot_to_json,
    start,
    step,
)
from oyiflow.kernel.codec import plain
from oyiflow.kernel.messages import (
    CallCancelled,
    CallStarted,
    Effect,
    Ended,
    Notified,
    Performed,
    TaskChanged,
    TaskClosed,
    TaskOpened,
    TimerArmed,
    TimerCancelled,
)
from oyiflow.model.definition import Definition
from oyiflow.store.failures import StoreCorrupt
from oyiflow.store.protocol import InstanceRow, JournalRow, OutboxRow, TaskRow, TimerRow, Write

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_MAKE = getattr(json.encoder, "c_make_encoder", None)
# `JSONEncoder.encode` builds its C encoder anew at each call, which costs more than the encoding of a journal entry.
_FAST = _MAKE(None, _ENCODER.default, json.encoder.encode_basestring, None, ":", ",", False, False, False) if _MAKE else None
_KNOWN = 4096
PERSON = "@"
"""Marks a person among the holders of a task; the name of a role never begins with it."""


CALENDAR = "calendar"
"""Where an event of the journal names the calendar that counted; nothing there means the plain week."""

OWN_KEY = "#"
"""Begins the key of a step that was given none; no caller's key begins with it."""


class Loaded(NamedTuple):
    """An instance with its definition and snapshot, as a step needs it."""

    definition: Definition
    row: InstanceRow
    """Its `snapshot` text is empty: the snapshot beside it is the same, parsed."""
    snapshot: Snapshot


class Taken(NamedTuple):
    """A step that was taken: by which event, when, and under which key."""

    step: Step
    kind: str
    event: Mapping[str, Any]
    """In the form of the journal."""
    now: datetime
    key: str = ""
    actor: str = ""
    about: str = ""
    """The step of the process that the event speaks of."""
    fired: str = ""
    """The timer that caused it; it is struck off with the step."""
    done: tuple[tuple[str, int], ...] = ()
    """Outbox rows whose result this is."""


def to_text(data: Any) -> str:
    """JSON in one line."""
    return "".join(_FAST(data, 0)) if _FAST is not None else _ENCODER.encode(data)


def moment(at: datetime) -> str:
    """A time as the store keeps it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def journalled(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Values as the journal will give them back; what has no such form is left for the kernel to refuse."""
    return {str(name): plain(sorted(v, key=str) if isinstance(v, set | frozenset) else v) for name, v in (values or {}).items()}


def holders(definition: Definition, snapshot: Snapshot, task: Task) -> tuple[str, ...]:
    """Whose inbox a task stands in: roles, and people marked by `@`."""
    known = definition.memo.setdefault("holders", {})  # of works that name roles only: for them nothing else counts
    found: tuple[str, ...] | None = known.get((task.state, task.waiting))
    if found is None:
        assignees = waiting_for(definition, task)
        people = (PERSON + person for person in persons_named(snapshot, assignees))
        found = (*role_names(definition, assignees), *people)
        if task.state not in states_with_changing_people(definition) and len(known) < _KNOWN:
            known[task.state, task.waiting] = found
    return found


def write_of(before: Loaded | None, after: Loaded, taken: Taken) -> tuple[Write, InstanceRow]:
    """The write of a step, and the instance's row without its snapshot text, for the cache."""
    id, snapshot, row = after.row.id, after.snapshot, after.row
    rows = _Rows(before, after, taken.now)
    at = rows.at
    for effect in taken.step.effects:
        rows.take(effect)
    rows.look_again()
    if taken.fired:
        rows.cancelled.append(taken.fired)
    text = snapshot_to_json(after.definition, snapshot)
    head, tail = (*row[:4], snapshot.status, snapshot.revision), (row.started, at, *row[9:])
    write = Write(
        instance=InstanceRow(*head, text, *tail),
        journal=_entry(id, at, snapshot.revision, taken),
        closed=tuple(rows.closed),
        tasks=tuple(row for task in rows.tasks.values() for row in task),
        cancelled=tuple((id, timer) for timer in rows.cancelled),
        timers=tuple(rows.timers.values()),
        done=taken.done,
        withdrawn=tuple(rows.withdrawn),
        outbox=tuple(rows.outbox),
    )
    return write, InstanceRow(*head, "", *tail)


def _entry(id: str, at: str, revision: int, taken: Taken) -> JournalRow:
    effects = to_text([_effect(effect) for effect in taken.step.effects])
    trace = to_text([{"exited": t.exited, "transitions": t.transitions, "entered": t.entered} for t in taken.step.trace])
    key = taken.key or f"{OWN_KEY}{revision}"
    return JournalRow(id, revision, at, taken.kind, taken.actor, taken.about, to_text(taken.event), effects, trace, key)


def _effect(effect: Effect) -> dict[str, Any]:
    """As `effect_to_json`, whose shape it shares; the two that nearly every step has are spelled out for speed."""
    if type(effect) is TaskClosed:
        return {"kind": "TaskClosed", "id": effect.id, "task": effect.task, "outcome": effect.outcome}
    if type(effect) is TaskOpened and not effect.task.votes:
        task = effect.task
        due = task.due.isoformat() if task.due else None
        plain_task = {"id": task.id, "state": task.state, "opened": task.opened.isoformat(), "waiting": task.waiting}
        return {"kind": "TaskOpened", "id": effect.id, "task": {**plain_task, "votes": (), "due": due}}
    return effect_to_json(effect)


class _Rows:
    """Collects the rows of one step in the order of its effects; a task or timer that came and went leaves none."""

    def __init__(self, before: Loaded | None, after: Loaded, now: datetime) -> None:
        self.before = before
        self.after = after
        self.now = now
        self.at = moment(now)
        self.closed: list[tuple[str, str, str]] = []
        self.tasks: dict[str, list[TaskRow]] = {}
        self.cancelled: list[str] = []
        self.timers: dict[str, TimerRow] = {}
        self.withdrawn: list[str] = []
        self.outbox: list[OutboxRow] = []

    def take(self, effect: Effect) -> None:
        """Add what one effect means."""
        match effect:
            case TaskOpened():
                self.tasks[effect.task.id] = self._rows_of(effect.task)
            case TaskClosed():
                self._close(effect.task)
            case TaskChanged():
                self._project_again(effect.task)
            case TimerArmed():
                due = moment(effect.timer.due)
                self.timers[effect.timer.id] = TimerRow(self.after.row.id, effect.timer.id, due, due)
            case TimerCancelled():
                if self.timers.pop(effect.timer, None) is None:
                    self.cancelled.append(effect.timer)
            case _:
                self._ask(effect)

    def _ask(self, effect: Effect) -> None:
        match effect:
            case CallStarted():
                asked = {"process": effect.process, "version": effect.version, "values": journalled(effect.values)}
                self._put(effect.id, "call", asked)
            case Performed():
                self._put(effect.id, "perform", {"handler": effect.handler, "values": journalled(effect.values)})
            case Notified():
                self._put(effect.id, "notify", {"about": effect.about, "task": effect.task, "reason": effect.reason})
            case CallCancelled() if self._is_process(effect.call):
                # A handler that was asked is still called, at least once, and only its result is no longer awaited;
                # a called process is stopped, or not even started.
                self.withdrawn.append(effect.call)
                self._put(effect.id, "cancel", {"call": effect.call})
            case Ended() if self.after.row.parent:
                output = journalled({**self.after.snapshot.data, **effect.output})  # the caller picks what it wants to have
                told = result_text(CallEnded(call=self.after.row.call, output=output))
                self.outbox.append(OutboxRow(effect.id, self.after.row.parent, "result", told, self.at))

    def _is_process(self, call: str) -> bool:
        return self.before is not None and dict(self.before.snapshot.calls).get(call, "").startswith("call.")

    def _put(self, id: str, kind: str, payload: Mapping[str, Any]) -> None:
        self.outbox.append(OutboxRow(id, self.after.row.id, kind, to_text(payload), self.at))

    def _rows_of(self, task: Task) -> list[TaskRow]:
        row, definition = self.after.row, self.after.definition
        opened = self.at if task.opened == self.now else moment(task.opened)
        due = moment(task.due) if task.due else ""
        found = holders(definition, self.after.snapshot, task)
        return [TaskRow(holder, row.id, task.id, row.process, task.state, opened, due) for holder in found]

    def _close(self, task_id: str) -> None:
        if self.tasks.pop(task_id, None) is None and self.before is not None:
            was = next(task for task in self.before.snapshot.tasks if task.id == task_id)
            self.closed += [(holder, self.before.row.id, task_id) for holder in self._holders(self.before, was)]

    def _project_again(self, task: Task) -> None:
        self._close(task.id)
        self.tasks[task.id] = self._rows_of(task)

    def look_again(self) -> None:
        """Tasks that find their people in the form or in the past: project them again when those have changed."""
        changing = states_with_changing_people(self.after.definition)
        if self.before is None or not changing:
            return
        for task in self.after.snapshot.tasks:
            if task.state not in changing or task.id in self.tasks:
                continue
            if self._holders(self.before, task) != self._holders(self.after, task):  # the task itself has not changed
                self._project_again(task)

    def _holders(self, side: Loaded, task: Task) -> tuple[str, ...]:
        return holders(side.definition, side.snapshot, task)


def states_with_changing_people(definition: Definition) -> frozenset[str]:
    """States whose work names a person by a field or by an earlier step."""
    found = definition.memo.get("changing")
    if found is None:
        works = ((state.id, state.work) for state in definition.states.values() if state.work is not None)
        found = definition.memo["changing"] = frozenset(id for id, work in works if any(not a.role for a in work.by))
    return found


def result_text(event: CallEnded) -> str:
    """A result as an outbox row carries it."""
    return to_text({"call": event.call, "failed": event.failed, "output": event.output, "reason": event.reason})


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


def replay(rows: Iterable[JournalRow], under: Callable[[str], Definition]) -> Snapshot:
    """The fold of a journal. Raises `StoreCorrupt` when it does not begin with a start or holds what cannot have happened.

    `under` gives the definition with the calendar that an entry names; "" is the plain week.
    """
    snapshot: Snapshot | None = None
    for row in rows:
        answer = _again(under, snapshot, row)
        if isinstance(answer, Rejected):
            where = f"{row.instance}/{row.revision}"
            raise StoreCorrupt(f"日志 {where} 不能重放：{answer.zh}", f"journal entry {where} cannot be replayed: {answer.en}")
        snapshot = answer.snapshot
    if snapshot is None:
        raise StoreCorrupt("日志是空的", "the journal is empty")
    return snapshot


def _again(under: Callable[[str], Definition], before: Snapshot | None, row: JournalRow) -> Step | Rejected:
    event, now = json.loads(row.event), datetime.fromisoformat(row.at)
    definition = under(event.get(CALENDAR, ""))
    if before is None:
        return start(
            definition, instance=row.instance, values=event["values"], actor=event["actor"], now=now, version=event["version"]
        )
    if row.kind == "cancel":
        return cancelled(before)
    return step(definition, before, event_from_json(definition, event), now)


def event_of(before: Snapshot, event: Event) -> tuple[str, str, str]:
    """(kind, actor, step that it speaks of) of an event, for the journal."""
    match event:
        case Act():
            about = next((task.state for task in before.tasks if event.task in (task.id, task.state)), "")
            return "act", event.actor, about
        case Message():
            return "message", event.actor, ""
        case TimerFired():
            return "timer", "", next((timer.state for timer in before.timers if timer.id == event.timer), "")
        case CallEnded():
            name = dict(before.calls).get(event.call, "")
            return "call", "", name.partition(".")[2]


def is_same(written: Mapping[str, Any], step: str, event: Event) -> bool:
    """Whether an event is the one that the journal tells of, repeated. In whose name a deputy spoke is not asked again."""
    match event:
        case Act():
            said = (
                written.get("kind") == "act" and event.outcome in ("", written["outcome"]) and event.actor == written["actor"]
            )
            return said and event.task in (written["task"], step)
        case Message():
            return written.get("kind") == "message" and event.name == written["name"] and event.actor == written["actor"]
        case _:
            return True
