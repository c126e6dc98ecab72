"""From a step of the kernel to one write of the store: pure, and the only place that knows both.

Rows of tasks, timers and outbox are what the step's effects say and nothing else. The one thing that effects do not
tell is that a field or an earlier signer, by whom an open task finds its people, has changed; such tasks are projected
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, NamedTuple

from oyiflow.engine.access import role_names, waiting_for
from oyiflow.engine.entries import journalled, result_text
from oyiflow.engine.keys import OWN_KEY
from oyiflow.engine.texts import NOTHING, Filled, effects_text, filled, passing_texts, phrases, snapshot_text, to_text
from oyiflow.kernel import (
    CallEnded,
    Snapshot,
    Step,
    Task,
)
from oyiflow.kernel.messages import (
    CallCancelled,
    CallStarted,
    Copied,
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
from oyiflow.kernel.people import persons_named
from oyiflow.kernel.signers import awaited
from oyiflow.model.definition import Definition
from oyiflow.store.chain import link
from oyiflow.store.protocol import InstanceRow, JournalRow, OutboxRow, TaskRow, TimerRow, Write

_KNOWN = 4096
_new = tuple.__new__  # of a named tuple of which all parts are at hand: its own constructor costs three times as much
PERSON, LEADER = "@", "^"
"""Mark a person, and whoever leads a person, among the holders of a task; the name of a role never begins so."""


class Loaded(NamedTuple):
    """An instance with its definition and snapshot, as a step needs it."""

    definition: Definition
    row: InstanceRow
    """As it is stored; of a row that was read, the `snapshot` text may be empty."""
    snapshot: Snapshot
    data: Filled = NOTHING
    """The text of its fields, for the next step."""


class Taken(NamedTuple):
    """A step that was taken: by which event, when, and under which key."""

    step: Step
    kind: str
    event: str
    """As the journal keeps it."""
    now: datetime
    key: str = ""
    actor: str = ""
    about: str = ""
    """The step of the process that the event speaks of."""
    fired: str = ""
    """The timer that caused it; it is struck off with the step."""
    done: tuple[tuple[str, int], ...] = ()
    """Outbox rows whose result this is."""
    to: Definition | None = None
    """The definition under which the instance goes on, if it is another one."""


def moment(at: datetime) -> str:
    """A time as the store keeps it."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat() if at.microsecond else at.isoformat(timespec="microseconds")


def holders(definition: Definition, snapshot: Snapshot, task: Task) -> tuple[str, ...]:
    """Whose inbox a task stands in: roles, and people marked by `@`."""
    known: dict[Any, tuple[str, ...]] = definition.memo.get("holders") or definition.memo.setdefault("holders", {})
    found = known.get((task.state, task.waiting)) if task.arranged is None else None
    if found is None:  # it is known of works that name roles only: for them nothing else counts
        assignees = waiting_for(definition, task)
        people = (PERSON + person for person in persons_named(snapshot, assignees))
        leaders = (LEADER + person for person in persons_named(snapshot, assignees, superior=True))
        found = (*role_names(definition, assignees), *people, *leaders)
        if task.arranged is not None:
            return tuple(dict.fromkeys((*found, *(PERSON + person for person in awaited(task)[1]))))
        if task.state not in states_with_changing_people(definition) and len(known) < _KNOWN:
            known[task.state, task.waiting] = found
    return found


def write_of(before: Loaded | None, after: Loaded, taken: Taken) -> tuple[Write, Loaded]:
    """The write of a step, and the instance as it then is, for the cache."""
    definition, row, snapshot, _ = after
    answer, kind, event, now, key, actor, about, fired, done, _ = taken
    _, id, revision, _, fields, pending = snapshot
    at = moment(now)
    passed = _passed(before, after, answer.effects, (now, at)) if before is not None and not fired else None
    changes, effects, tasks = passed or (_changes(before, after, taken, at), effects_text(answer, now), "")
    data, shared = filled(definition, fields, before.data if before is not None else NOTHING), phrases(definition)
    told = id, revision, at, kind, actor, about, event, effects, shared.trace(answer.trace), key or f"{OWN_KEY}{revision}"
    seal = link(row.head, row.digest, told)
    text = snapshot_text((definition, row, snapshot), shared, data, tasks)
    row = _new(InstanceRow, (*row[:4], pending.status, revision, text, row.started, at, *row[9:12], seal))
    closed, opened, cancelled, timers, withdrawn, outbox = changes
    write = _new(Write, (
        row, _new(JournalRow, (*told, seal)), closed, opened, cancelled, timers, done, withdrawn, outbox, (), (), (), None,
    ))  # fmt: skip
    return write, _new(Loaded, (definition, row, snapshot, data))


_Changes = tuple[
    tuple[tuple[str, str, str], ...], tuple[TaskRow, ...], tuple[tuple[str, str], ...], tuple[TimerRow, ...],
    tuple[str, ...], tuple[OutboxRow, ...],
]  # fmt: skip
"""As a `Write` has them: closed, tasks, cancelled, timers, withdrawn, outbox."""


def _changes(before: Loaded | None, after: Loaded, taken: Taken, at: str) -> _Changes:
    """The rows of any step."""
    rows = _Rows(before, after, taken.now, at)
    rows.take(taken.step.effects)
    if before is not None and len(after.snapshot.tasks) > len(rows.tasks):
        rows.look_again(before)
    if taken.fired:
        rows.cancelled.append((after.row.id, taken.fired))
    return (
        tuple(rows.closed), tuple(chain.from_iterable(rows.tasks.values())), tuple(rows.cancelled),
        tuple(rows.timers.values()), tuple(rows.withdrawn), tuple(rows.outbox),
    )  # fmt: skip


def _passed(
    before: Loaded, after: Loaded, effects: Sequence[Effect], told: tuple[datetime, str]
) -> tuple[_Changes, str, str] | None:
    """The most common step: the only task is answered, and one opens. None for all others.

    Its rows, as `_changes` gives them, and the texts of its effects and of its task.
    """
    if len(effects) != 2:
        return None
    gone, come = effects
    were, are, (now, at) = before[2][5].tasks, after[2][5].tasks, told
    if gone.__class__ is not TaskClosed or come.__class__ is not TaskOpened or len(were) != 1 or len(are) != 1:
        return None
    was, task = were[0], are[0]
    plain = task is come.task and task.opened is now and was.id == gone.task
    if not plain or (texts := passing_texts(gone, come, at)) is None:
        return None
    definition, row, snapshot, _ = after
    id, process, new, step = row[0], row[1], task.id, task.state
    closed = tuple([(holder, id, was.id) for holder in holders(before[0], before[2], was)])
    opened = tuple([_new(TaskRow, (holder, id, new, process, step, at, "")) for holder in holders(definition, snapshot, task)])
    return (closed, opened, (), (), (), ()), *texts


class _Rows:
    """Collects the rows of one step in the order of its effects; a task or timer that came and went leaves none."""

    __slots__ = ("after", "at", "before", "cancelled", "closed", "now", "outbox", "tasks", "timers", "withdrawn")

    def __init__(self, before: Loaded | None, after: Loaded, now: datetime, at: str) -> None:
        self.before = before
        self.after = after
        self.now = now
        self.at = at
        self.closed: list[tuple[str, str, str]] = []
        self.tasks: dict[str, list[TaskRow]] = {}
        self.cancelled: list[tuple[str, str]] = []
        self.timers: dict[str, TimerRow] = {}
        self.withdrawn: list[str] = []
        self.outbox: list[OutboxRow] = []

    def take(self, effects: Iterable[Effect]) -> None:
        """Add what the effects mean."""
        for effect in effects:
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
                        self.cancelled.append((self.after.row.id, effect.timer))
                case _:
                    self._ask(effect)

    def _ask(self, effect: Effect) -> None:
        match effect:
            case CallStarted():
                asked = {"process": effect.process, "version": effect.version, "values": journalled(effect.values)}
                self._put(effect.id, "call", asked)
            case Performed():
                asked = {"handler": effect.handler, "values": journalled(effect.values)}
                self._put(effect.id, "perform", asked if effect.retries is None else {**asked, "retries": effect.retries})
            case Notified():
                told = {"about": effect.about, "task": effect.task, "reason": effect.reason}
                self._put(effect.id, "notify", {**told, "roles": effect.roles} if effect.roles else told)
            case Copied():
                told = {"about": effect.about, "task": effect.task, "reason": "copy"}
                self._put(effect.id, "notify", {**told, "people": list(effect.people)})
            case CallCancelled():
                self._stop(effect)
            case Ended() if self.after.row.parent:
                output = journalled({**self.after.snapshot.data, **effect.output})  # the caller picks what it wants to have
                result = result_text(CallEnded(call=self.after.row.call, output=output))
                self.outbox.append(OutboxRow(effect.id, self.after.row.parent, "result", result, self.at))

    def _stop(self, effect: CallCancelled) -> None:
        """What a state called is stopped, or not even started. An action's handler is still called, at least once."""
        name = dict(self.before.snapshot.calls).get(effect.call, "") if self.before is not None else ""
        state = self.after.definition.states.get(name.removeprefix("call."))
        if state is None or state.call is None:
            return
        self.withdrawn.append(effect.call)
        if not state.call.handler:
            self._put(effect.id, "cancel", {"call": effect.call})

    def _put(self, id: str, kind: str, payload: Mapping[str, Any]) -> None:
        self.outbox.append(OutboxRow(id, self.after.row.id, kind, to_text(payload), self.at))

    def _rows_of(self, task: Task) -> list[TaskRow]:
        definition, row, snapshot, _ = self.after
        opened = self.at if task.opened is self.now else moment(task.opened)
        rest = row.id, task.id, row.process, task.state, opened, moment(task.due) if task.due else ""
        return [_new(TaskRow, (holder, *rest)) for holder in holders(definition, snapshot, task)]

    def _close(self, task_id: str) -> None:
        if self.tasks.pop(task_id, None) is None and self.before is not None:
            definition, row, snapshot, _ = self.before
            for was in snapshot.pending.tasks:
                if was.id == task_id:
                    self.closed += [(holder, row.id, task_id) for holder in holders(definition, snapshot, was)]

    def _project_again(self, task: Task) -> None:
        self._close(task.id)
        self.tasks[task.id] = self._rows_of(task)

    def look_again(self, before: Loaded) -> None:
        """Tasks that find their people in the form or in the past: project them again when those have changed."""
        definition, _, snapshot, _ = self.after
        changing = states_with_changing_people(definition)
        for task in snapshot.tasks if changing else ():
            if task.state not in changing or task.id in self.tasks:
                continue  # or it has changed itself, and has been projected
            if holders(before.definition, before.snapshot, task) != holders(definition, snapshot, task):
                self._project_again(task)


def states_with_changing_people(definition: Definition) -> frozenset[str]:
    """States whose work names a person by a field or by an earlier step."""
    found = definition.memo.get("changing")
    if found is None:
        works = ((state.id, state.work) for state in definition.states.values() if state.work is not None)
        found = definition.memo["changing"] = frozenset(id for id, work in works if any(not a.role for a in work.by))
    return found
