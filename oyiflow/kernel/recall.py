"""Answers of people along remembered ways.

What the state machine does with an answer is remembered like everything else (see `trail`). What depends on people is asked
anew each time, here in its plainest form: may this person sign here, do the values fit, is the form complete? At the first
doubt the answer is None, and the long way (`work`) decides and says why; nothing is ever refused here.

Tasks and the news of them are values made for every answer; see `snapshot.unlocked` for how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from oyiflow.kernel.machine import Machine, Writer
from oyiflow.kernel.messages import Act, Effect, Step, TaskClosed, TaskOpened
from oyiflow.kernel.snapshot import Pending, Snapshot, Task, unlocked
from oyiflow.kernel.trail import Rest, walk
from oyiflow.kernel.work import breaks, still_waiting
from oyiflow.model.definition import Assignee, Mode, Outcome, Rule, Work

assert Task.__slots__ == ("id", "state", "opened", "waiting", "votes", "due", "arranged"), "`settled` fills each of them"
_NewTask, _NewOpened, _NewClosed = unlocked(Task), unlocked(TaskOpened), unlocked(TaskClosed)
_pending = tuple.__new__


@dataclass(frozen=True, slots=True)
class Form:
    """The work of a state, as an answer needs it."""

    work: Work
    outcomes: Mapping[str, Outcome]
    """By all the words that a person may write for them; "" is the first."""
    who: tuple[tuple[frozenset[str] | None, Assignee], ...]
    """Each place of `by`, with all names of its role."""
    rules: tuple[Rule, ...]
    writers: dict[str, Writer]
    required: tuple[str, ...]
    plain: bool
    """Whether all that it asks for is known here; if not, the long way answers."""
    not_before: str
    first_decides: bool


def _form(machine: Machine, state: str) -> Form:
    """The form of a state's work, made once."""
    definition = machine.definition
    work = definition.states[state].work
    assert work is not None
    outcomes = {"": work.outcomes[0]} if work.outcomes else {}
    for outcome in work.outcomes:
        for word in outcome.words:
            outcomes.setdefault(word, outcome)
    roles = [definition.role[a.role] if a.role else None for a in work.by]
    form = machine.forms[state] = Form(
        work=work,
        outcomes=outcomes,
        who=tuple((frozenset((r.name, *r.aliases)) if r else None, a) for r, a in zip(roles, work.by, strict=True)),
        rules=tuple(r for r in definition.rules if state in r.steps and r.form not in ("before", "after", "never")),
        writers={name: machine.writers[name] for name in work.fill},
        required=tuple(name for name in work.fill if definition.field[name].required),
        plain=_plain(work) and machine.dated.keys().isdisjoint(work.fill),
        not_before=work.not_before,
        first_decides=work.mode is Mode.ANY,
    )
    return form


def _plain(work: Work) -> bool:
    """Whether work asks for nothing but what is looked at here: without that, and what is only shown, it would ask for nothing."""
    known = ("by", "outcomes", "fill", "not_before", "makes", "needs", "helped_by", "meets", "see", "hide", "within", "late")
    nothing = replace(_NOTHING, mode=work.mode, **{name: getattr(work, name) for name in known})
    signers = (Assignee(role=a.role, person_in=a.person_in, whoever_did=a.whoever_did) for a in work.by)
    return work == nothing and work.by == tuple(signers) and work.mode in (Mode.ANY, Mode.ALL, Mode.IN_TURN)


_NOTHING = Work(by=())


def answer_by_memory(machine: Machine, snapshot: Snapshot, act: Act, now: datetime) -> Step | None:
    """The step that an answer causes, if all is plain and the way is known."""
    place, data, pending = snapshot[3:]
    wanted = act.task
    if place.owner is machine.definition and pending.status == "running":
        for task in pending.tasks:
            if wanted == task.state or wanted == task.id:
                form = machine.forms.get(task.state) or _form(machine, task.state)
                outcome = form.outcomes.get(act.outcome)
                fork = place.trails.get(outcome.event) if outcome is not None else None
                if (
                    outcome is None
                    or fork is None
                    or not form.plain
                    or task.arranged is not None
                    or pending.kept is not None
                    or not _may_decide(form, task, outcome, act, data, pending)
                ):
                    return None
                filled = _filled(form, outcome, act.values, data)
                if filled is None:
                    return None
                rest = fork.straight
                if rest is None:
                    if (found := walk(fork, filled, filled if filled is not data else None)) is None:
                        return None
                    rest, filled = found
                tasks = rest[2]
                if tasks is None or task.state not in tasks[0]:  # S31: the task stays open
                    return None
                people = _signers(task, act) if task.votes or act.on_behalf else (act.actor,)
                return settled(snapshot, rest, filled, now, (task, outcome.name, people))
    return None


def _may_decide(form: Form, task: Task, outcome: Outcome, act: Act, data: Mapping[str, Any], pending: Pending) -> bool:
    """Whether the actor may sign, and the answer decides; False if there is any doubt."""
    actor, absent = act.actor, act.on_behalf
    person = absent or actor
    if task.votes and any(one in vote.people for vote in task.votes for one in (actor, person)):
        return False
    if form.rules:  # S32
        speakers = (actor, absent) if absent else (actor,)
        if any(breaks(pending.tasks, pending.did, rule, task, speakers) for rule in form.rules):
            return False
    for place in task.waiting:
        roles, assignee = form.who[place]
        # S29: a role, a person in a field, or whoever did a step
        if roles is not None:
            signs = not roles.isdisjoint(act.roles)
        elif assignee.person_in:
            signs = data.get(assignee.person_in) == person
        else:
            signs = person in pending.did.get(assignee.whoever_did, ())
        if signs:
            return form.first_decides or not still_waiting(form.work, task, place, outcome)
    return False


def _filled(form: Form, outcome: Outcome, values: Mapping[str, Any], data: Any) -> Any:
    """The data with the values of an answer, copied if there are any; None if one does not fit or is missing, or if a day must be waited for. S30."""
    fresh = data
    if values:
        fresh, writers = dict(data), form.writers
        for name, value in values.items():
            if name not in writers:
                return None
            write = writers[name]
            if not write(fresh, value):
                return None
    if outcome.consent:
        if form.not_before and form.not_before in fresh:
            return None
        for name in form.required:
            if name not in fresh:
                return None
    return fresh


def _signers(task: Task, act: Act) -> tuple[str, ...]:
    """Everybody who has signed a task, each once."""
    before = (person for vote in task.votes for person in vote.people)
    return tuple(dict.fromkeys((*before, act.actor, *((act.on_behalf,) if act.on_behalf else ()))))


def settled(
    snapshot: Snapshot, rest: Rest, data: Mapping[str, Any], now: datetime, answered: tuple[Task, str, tuple[str, ...]] | None
) -> Step:
    """The step at the end of a remembered way, its tasks closed and opened (S27). `answered`: the task, the outcome, who signed."""
    pin, instance, revision, _, _, pending = snapshot + ()  # noqa: RUF005
    status, tasks, timers, calls, did, aside = pending + ()  # noqa: RUF005
    place, trace, (left, opened) = rest  # type: ignore[misc]
    revision += 1
    number = str(revision)
    head = f"{instance}/{number}/"
    closing, outcome = None, ""
    if answered is not None:
        closing, outcome, people = answered
        did = dict(did)
        did[closing.state] = people
    effects: list[Effect] = []
    kept: list[Task] = []
    for task in tasks:
        if task.state in left:
            closed = _NewClosed()
            closed.id = head + str(len(effects))
            closed.task = task.id
            closed.outcome = outcome if task is closing else ""
            closed.__class__ = TaskClosed
            effects.append(closed)
        else:
            kept.append(task)
    for state, waiting in opened:
        task = _NewTask()
        task.id = f"{state}@{number}"
        task.state = state
        task.opened = now
        task.waiting = waiting
        task.votes = ()
        task.due = None
        task.arranged = None
        task.__class__ = Task
        kept.append(task)
        news = _NewOpened()
        news.id = head + str(len(effects))
        news.task = task
        news.__class__ = TaskOpened
        effects.append(news)
    pending = _pending(Pending, (status, tuple(kept), timers, calls, did, aside))
    return Step((Snapshot((pin, instance, revision, place, data, pending)), tuple(effects), trace))
