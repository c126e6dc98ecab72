"""What the engine answers with: plain frozen values for programs, pages and the command line, and how they are made.

Titles come in both languages; people and roles are ids, whose titles the directory and the definition know. Who may act
is asked of the kernel for each candidate, so a list never promises what an answer would then be refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from oyiflow.engine.access import Access, is_outside, role_names, state_of, waiting_for
from oyiflow.engine.entries import told_by
from oyiflow.engine.failures import reason_in
from oyiflow.engine.keys import OWN_KEY
from oyiflow.engine.projection import Loaded
from oyiflow.engine.texts import effects_of
from oyiflow.errors import Bilingual, EventRejected
from oyiflow.kernel import Task
from oyiflow.kernel.machine import machine_of
from oyiflow.kernel.signers import turn
from oyiflow.kernel.snapshot import OPEN, unlocked
from oyiflow.kernel.step import accepted_events
from oyiflow.model.definition import Definition, Field
from oyiflow.model.visibility import MASK, has_secrets, masked, may_see, may_see_throughout, shown_at
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


_BlankInstance = unlocked(Instance)


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
    checklist: tuple[str, ...] = ()
    """What must be ticked before a consent."""
    held: tuple[str, ...] = ()
    """Who has claimed a place of it, or got it from another."""
    asked: tuple[str, ...] = ()
    """Added signers, and those asked for an opinion, who have still to answer."""
    allow: tuple[str, ...] = ()
    """What people may do with it besides answering."""
    due_hidden: bool = False
    """There is a deadline, by a field that this person may not see; then `due` is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormColumn:
    """A column of a table: its cells are of this type."""

    name: str
    zh: str
    en: str
    type: str
    options: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field as a task shows it. A value that the person may not see is masked."""

    name: str
    zh: str
    en: str
    type: str
    options: tuple[str, ...]
    required: bool
    editable: bool
    value: Any
    """None when it is not filled."""
    columns: tuple[FormColumn, ...] = ()
    """Of a table, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One step of an instance: the event that was taken, and what came of it."""

    revision: int
    at: datetime
    actor: str
    kind: Literal["start", "act", "message", "timer", "call", "cancel", "operate"]
    step: str
    """The step that was answered, or whose timer or call came; "" for the start and for events from outside."""
    outcome: str
    """The outcome, or the name of the event or of the operation."""
    comment: str
    values: Mapping[str, Any]
    """The fields that the event brought with it, as text where JSON has no type for them."""
    trace: Sequence[Mapping[str, Any]]
    effects: Sequence[Mapping[str, Any]]
    key: str = ""
    on_behalf: str = ""
    """The absent person for whom the actor stood in, or ""."""
    people: tuple[str, ...] = ()
    """Of an operation: to whom, or whom."""
    to: str = ""
    """Of an operation: the step that it leads to, or how others sign (`before`, `after`, `beside`)."""


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
    due_hidden: bool = False
    """There is a deadline, by a field that the viewer may not see; then `due` is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A person was told (`remind`, `escalate`) about an overdue task."""

    person: str
    instance: str
    step: str
    reason: str
    at: datetime
    task: str = field(default="")


NOT_SHOWN = Bilingual("原因不显示", "the reason is not shown")
"""Stands for what a program said that might give away a value."""

Roles = frozenset[str] | None
"""The roles of whoever looks, by the definition's own names; None for the embedding program, which sees everything."""


def seen(definition: Definition, values: Mapping[str, Any], roles: Roles) -> dict[str, Any]:
    """Values by field, as they may be seen; what the machine keeps for itself is in no view."""
    if roles is not None:
        return masked(definition, values, roles)
    hidden: frozenset[str] | None = definition.memo.get("hidden")
    if hidden is None:
        hidden = definition.memo["hidden"] = frozenset(spec.name for spec in definition.fields if spec.hidden)
    return {name: value for name, value in values.items() if name not in hidden} if hidden else dict(values)


def instance_view(loaded: Loaded, roles: Roles = None) -> Instance:
    """An instance as of its snapshot."""
    definition, row, (pin, id, revision, place, data, pending), _ = loaded
    made = _BlankInstance()
    made.id = id
    made.process = row.process
    _, made.version, made.digest = pin
    made.status = pending.status
    made.revision = revision
    made.configuration = place.configuration
    made.data = seen(definition, data, roles)
    made.started = datetime.fromisoformat(row.started)
    made.updated = datetime.fromisoformat(row.updated)
    made.parent = row.parent
    made.__class__ = Instance
    return made  # type: ignore[no-any-return]


def hides_due(definition: Definition, step: str, roles: Roles, shown: Iterable[str] = ()) -> bool:
    """Whether a deadline of a step tells what stands in a field that is not for these eyes; `shown` is what they see anyway."""
    state = definition.states.get(step)
    if roles is None or state is None:
        return False
    named = {way.at for way in state.transitions} | ({state.work.by_field} if state.work is not None else set())
    return any(not may_see(definition, name, roles) for name in named.difference(shown) if name)


def task_view(loaded: Loaded, task: Task, access: Access, now: datetime, roles: Roles = None) -> TaskView:
    """An open task, with everybody who may act on it now. `roles`: those of one of them, who is to see it."""
    definition, snapshot = loaded.definition, loaded.snapshot
    state = definition.states[task.state]
    assert state.work is not None, "a task belongs to a state with work"
    people = access.candidates(definition, snapshot, task, now)
    due = task.due if snapshot.status == "running" else None  # a clock that stands still is due at no time
    hidden = due is not None and hides_due(definition, task.state, roles, (*state.work.fill, *state.work.see))
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
        due=None if hidden else due,
        due_hidden=hidden,
        signed=signed_by(task),
        outcomes=tuple(outcome.name for outcome in state.work.outcomes),
        fill=state.work.fill,
        checklist=tuple(item.of("both") for item in state.work.checklist),
        held=tuple(dict.fromkeys(hand.person for hand in task.hands)),
        asked=tuple(one.person for one in task.signers if one.vote is None),
        allow=state.work.allow,
    )


def signed_by(task: Task) -> tuple[str, ...]:
    """Who has signed; of those asked for an opinion, nobody."""
    added = (one.vote.actor for one in task.signers if one.vote is not None and one.when != "opinion")
    return tuple(dict.fromkeys((*(vote.actor for vote in task.votes), *added)))


def form_view(loaded: Loaded, task: str, access: Access, person: str, now: datetime) -> tuple[FormField, ...]:
    """The form of an open task, as this person sees it: what it fills in and shows is open to whoever may act on it now, and to nobody else but by role."""
    definition, data = loaded.definition, loaded.snapshot.data
    state = state_of(definition, task)
    work = state.work if state is not None else None
    open_task = next((one for one in loaded.snapshot.tasks if state is not None and one.state == state.id), None)
    if state is None or work is None or open_task is None:
        raise EventRejected(f"没有待办事项 {task}", f"no open task {task}", code="unknown_task")
    roles = access.roles(definition, person)
    acts = access.may_act(definition, loaded.snapshot, open_task, person, now)
    own = {*work.fill, *work.see} if acts else set()
    only_signs = any(one.person == person and one.when != "opinion" for one in turn(open_task))
    shown = [definition.field[name] for name in shown_at(definition, work, data)]
    return tuple(
        FormField(
            **_asked(spec),
            editable=spec.name in work.fill and not only_signs,
            value=data.get(spec.name) if spec.name in own or may_see(definition, spec.name, roles) else MASK,
            columns=tuple(FormColumn(**_asked(column)) for column in spec.columns),
        )
        for spec in shown
    )


def _asked(spec: Field) -> dict[str, Any]:
    """What a form says of a field, and of a column of one, whatever it holds."""
    words = {"name": spec.name, "zh": spec.title.of("zh"), "en": spec.title.of("en")}
    return {**words, "type": spec.type.value, "options": spec.options, "required": spec.required}


Sights = Sequence[tuple[Definition, Roles]]
"""The versions under which an instance went on from some step, and what the viewer is in each."""


def history_views(
    rows: Sequence[JournalRow], digest: str, find: Callable[[str], Definition], roles_of: Callable[[Definition], Roles]
) -> list[JournalEntry]:
    """The history of an instance that began under `digest`: each line as the version that it was written under has it, and all later ones."""
    digests, under = [digest], []
    for row in rows:
        under.append(len(digests) - 1)
        if row.kind == "migrate":
            digests.append(json.loads(row.event)["to"])
    sights = [(definition, roles_of(definition)) for definition in map(find, digests)]
    return [_journal_view(row, sights[number:]) for row, number in zip(rows, under, strict=True)]


def _written(values: Mapping[str, Any], sights: Sights) -> dict[str, Any]:
    """What an event brought with it, as it may be seen."""
    first = sights[0][0].field
    open_to = [(definition, roles) for definition, roles in sights if roles is not None]
    return {
        name: value if not open_to or may_see_throughout(open_to, name) else MASK
        for name, value in values.items()
        if not (name in first and first[name].hidden)
    }


def _reason(text: str, definitions: Iterable[Definition], roles: Roles) -> str:
    """What a program says of its failure may hold any value that it was given."""
    return NOT_SHOWN if text and roles is not None and any(map(has_secrets, definitions)) else text


def _journal_view(row: JournalRow, sights: Sights) -> JournalEntry:
    event, effects, roles = json.loads(row.event), effects_of(row), sights[0][1]
    outcome, said, to = told_by(event)
    if roles is not None:  # what goes elsewhere is named after fields that are not ours
        dark = [
            definition for definition, mine in sights if any(hides_due(definition, step, mine) for step in definition.states)
        ]
        effects = [{key: _covered(key, value, dated=not dark) for key, value in effect.items()} for effect in effects]
    return JournalEntry(
        revision=row.revision,
        at=datetime.fromisoformat(row.at),
        actor=row.actor,
        kind=row.kind,  # type: ignore[arg-type]  # the store knows it as text
        step=row.step,
        outcome=outcome,
        comment=_reason(said, (one for one, _ in sights), roles) if row.kind == "call" else said,
        values=_written(event.get("values") or {}, sights) or _covered("output", event.get("output"), roles),
        trace=json.loads(row.trace),
        effects=effects,
        key="" if row.key.startswith(OWN_KEY) else row.key,
        on_behalf=event.get("on_behalf", ""),
        people=tuple(event.get("people", ())),
        to=to,
    )


def _covered(key: str, value: Any, roles: Roles = frozenset(), dated: bool = True) -> Any:
    if key in ("timer", "task") and not dated:
        return _without_due(value)
    if key not in ("values", "output") or roles is None:
        return value or {} if key == "output" else value
    return dict.fromkeys(value or {}, MASK)


def _without_due(value: Any) -> Any:
    """Without the dates by which something is due, wherever they stand."""
    if isinstance(value, list):
        return [_without_due(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: MASK if key == "due" and one else _without_due(one) for key, one in value.items()}


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


def waiting_views(loaded: Loaded, around: Surroundings, access: Access, now: datetime, roles: Roles = None) -> list[Waiting]:
    """Everything that the instance waits for: people first, then calls, then time, then events from outside."""
    if loaded.snapshot.status not in OPEN:
        return []
    since = _asked_at(around.journal)
    views = [(task_view(loaded, task, access, now), task) for task in loaded.snapshot.tasks]
    found = [
        _for_task(view, "" if view.people else access.excluded(loaded.definition, loaded.snapshot, task, now))
        for view, task in views
    ]
    calls = (_for_call(loaded, call, name, around, since) for call, name in loaded.snapshot.calls)
    found += [replace(one, problem=_reason(one.problem, (loaded.definition,), roles)) for one in calls]
    found = [_undated(one) if one.due and hides_due(loaded.definition, one.step, roles) else one for one in found]
    for timer in loaded.snapshot.timers:
        zh, en = _rule_titles(loaded, timer.event) or _titles(loaded, timer.state)
        armed = since.get(timer.id)
        waits = Waiting(what="timer", step=timer.state, zh=zh, en=en, since=armed, moves=(timer.event,), due=timer.due)
        found.append(_undated(waits) if hides_due(loaded.definition, timer.state, roles) else waits)
    events = accepted_events(machine_of(loaded.definition), loaded.snapshot)
    outside = tuple(event for event in events if is_outside(loaded.definition, event) and loaded.snapshot.status == "running")
    if outside:
        updated = datetime.fromisoformat(loaded.row.updated)
        for step in loaded.snapshot.configuration[:1]:
            zh, en = _titles(loaded, step)
            found.append(Waiting(what="message", step=step, zh=zh, en=en, since=updated, moves=outside))
    return found


def _undated(one: Waiting) -> Waiting:
    return replace(one, due=None, due_hidden=True)


def _asked_at(journal: Iterable[JournalRow]) -> Mapping[str, datetime]:
    """When each timer was armed and each call was asked for, by its id."""
    found: dict[str, datetime] = {}
    for row in journal:
        for effect in effects_of(row):
            timer = effect.get("timer")
            id = timer["id"] if isinstance(timer, dict) else effect["id"]
            found[id] = datetime.fromisoformat(row.at)
    return found


def _titles(loaded: Loaded, step: str) -> tuple[str, str]:
    state = loaded.definition.states.get(step)
    return (state.title.of("zh") or step, state.title.of("en") or step) if state else (step, step)


def _rule_titles(loaded: Loaded, event: str) -> tuple[str, str] | None:
    """Of a timer that watches a rule: the rule's words."""
    number = event.removeprefix("after.rule.")
    if number == event or not number.isdigit() or not 0 < int(number) <= len(loaded.definition.rules):
        return None
    say = loaded.definition.rules[int(number) - 1].say
    return say.of("zh"), say.of("en")


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
    problem = reason_in(item.error) if item is not None else ""
    if child is not None:
        problem = next((reason_in(row.error) for row in around.outbox if json.loads(row.payload).get("call") == call), "")
    state = loaded.definition.states.get(rest) if kind == "call" else None
    handler = state.call.handler if state is not None and state.call is not None else rest
    called = child.id if child else handler
    step = rest if kind == "call" else ""
    return Waiting(what="call", step=step, zh=zh, en=en, since=since.get(call), called=called, problem=problem)
