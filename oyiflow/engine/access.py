"""Who may do what: closed by default.

A `Directory` knows the people; without one nobody holds any role, so nobody may do anything. The kernel decides whether
a person is entitled to a task, for it knows the definition, the form and who did what; this module tells it which of the
definition's roles the person holds, and asks it when a list must show who could act. Nothing here repeats its rules.

A deputy acts for somebody who is absent that day: with the other's roles, under both names, and only where the deputy's
own roles do not suffice. What the company's policies forbid is refused here and not by the kernel, so that a journal is
replayed as it was written, whatever the policies say by then.

Starting is closed too: whoever may act on one of the first tasks may start the process; where it begins without work
for people, everybody whom the directory knows may. Events from outside need no role, but they must not stand in for a
person's answer or for the machine's own events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from oyiflow.engine.acts import in_name_of
from oyiflow.engine.directory import Directory, listed
from oyiflow.errors import Bilingual, EventRejected, Forbidden
from oyiflow.kernel import step
from oyiflow.kernel.machine import descriptors
from oyiflow.kernel.messages import Act, Message, Rejected
from oyiflow.kernel.people import asking_for_superiors, persons_named
from oyiflow.kernel.signers import awaited
from oyiflow.kernel.snapshot import Snapshot, Task
from oyiflow.model.definition import Assignee, Definition, Mode, Outcome, State, While

_REFUSALS = frozenset(("forbidden", "rule", "suspended"))
"""The kernel's codes by which nobody, or not this person, may act; all others speak of the moment or of the form."""
REPEATED = "同一人接连审批，随上一次通过 passed with the approval before (repeated_approver: skip)"
"""The comment of a consent that nobody was asked for again."""
REPEATS = 100
"""Consents that may follow of themselves from one."""
_OWN_EVENTS = ("done", "error", "after")
_NEVER = datetime.min.replace(tzinfo=UTC)
_KNOWN = 1024
_NOBODY: frozenset[str] = frozenset()
NAME_LIMIT = 200
COMMENT_LIMIT = 10_000


def check_text(text: str, what: str, limit: int = NAME_LIMIT) -> None:
    """Refuse names and comments from outside that are too long or that no database and no screen should get."""
    if len(text) > limit or not (text.isprintable() or all(c in "\n\t" or c.isprintable() for c in text)):
        raise EventRejected(
            f"{what} 太长或含有控制字符（最多 {limit} 字）",
            f"{what} is too long or contains control characters (at most {limit} characters)",
            code="invalid_value",
        )


def _check_texts(act: Act) -> None:
    """The same for all that an answer says."""
    said = act.task + act.outcome + act.comment
    if len(said) <= NAME_LIMIT and said.isprintable() and not act.checked:
        return  # so is each of them
    check_text(act.task, "task")
    check_text(act.outcome, "outcome")
    check_text(act.comment, "comment", COMMENT_LIMIT)
    for item in act.checked:
        check_text(item, "checked", COMMENT_LIMIT)


def is_outside(definition: Definition, name: str) -> bool:
    """Whether an event may come from outside: it is no person's answer and none of the machine's own events."""
    answers = definition.memo.get("answers")
    if answers is None:
        works = (state.work for state in definition.states.values() if state.work is not None)
        answers = definition.memo["answers"] = frozenset(outcome.event for work in works for outcome in work.outcomes)
    return name.partition(".")[0] not in _OWN_EVENTS and descriptors(name).isdisjoint(answers)


def check_event(definition: Definition, name: str) -> None:
    """Refuse an event that would pass for a person's answer or for one of the machine's own events."""
    if not is_outside(definition, name):
        raise Forbidden(
            f"“{name}”不能作为外部事件发送，请办理对应的待办事项",
            f"{name!r} cannot be sent from outside; answer the task instead",
        )


def elsewhere(definition: Definition, state: State, wanted: While, known: Iterable[Definition]) -> EventRejected:
    """The refusal of a step that waits for a case of another process to be somewhere (`only_while`)."""
    other = next((one for one in known if one.name == wanted.process), None)
    place = other.states.get(wanted.at) if other is not None else None
    flow = (other.title.of("zh"), other.title.of("en")) if other is not None else (wanted.process, wanted.process)
    at = (place.title.of("zh") or wanted.at, place.title.of("en") or wanted.at) if place is not None else (wanted.at, wanted.at)
    same = definition.field[wanted.same].title
    return EventRejected(
        f"“{state.title.of('zh') or state.id}”现在不能办: {same.of('zh')}相同的“{flow[0]}”要正处于“{at[0]}”",
        f"{state.id} may only be done while {flow[1]!r} with the same {same.of('en')} is at {at[1]!r}",
        code="not_accepted",
    )


def role_names(definition: Definition, assignees: Iterable[Assignee]) -> tuple[str, ...]:
    """The roles among these assignees, by the definition's own names."""
    return tuple(dict.fromkeys(definition.role[a.role].name for a in assignees if a.role))


def waiting_for(definition: Definition, task: Task) -> tuple[Assignee, ...]:
    """Those of the task's assignees whose answer is awaited now; people who are awaited by name are not among them."""
    work = definition.states[task.state].work
    assert work is not None, "a task belongs to a state with work"
    return tuple(work.by[place] for place in awaited(task)[0])


def check_given(definition: Definition, first: Snapshot, values: Iterable[str]) -> None:
    """Refuse values at the start of an instance that a later step asks for: it would count as done what nobody has done yet.

    Proofs rest on this. What the first steps ask for may be given, and what no step asks for.
    """
    works = (definition.states[task.state].work for task in first.tasks)
    now = {name for work in works if work is not None for name in work.fill}
    _refuse_of_steps(
        definition,
        asked_for(definition).intersection(values) - now,
        ("发起时不能填写后面的步骤才填的", "filled in by later steps, not at the start"),
    )


def _refuse_of_steps(definition: Definition, names: frozenset[str], told: tuple[str, str]) -> None:
    """Refuse values for these fields, if there are any. `told`: why, in Chinese and English."""
    if names:
        zh = "、".join(definition.field[name].title.of("zh") or name for name in sorted(names))
        raise EventRejected(f"{told[0]}: {zh}", f"{told[1]}: {', '.join(sorted(names))}", code="invalid_value")


def asked_for(definition: Definition) -> frozenset[str]:
    """The fields that steps ask for, or that get the day of a step: they come from there and from nowhere else."""
    found: frozenset[str] | None = definition.memo.get("asked_for")
    if found is None:
        works = (state.work for state in definition.states.values() if state.work is not None)
        found = definition.memo["asked_for"] = frozenset(name for work in works for name in (*work.fill, work.stamp) if name)
    return found


def asks_for_starter(definition: Definition) -> bool:
    """Whether some task is meant for whoever started the instance, or for their superior."""
    works = (state.work for state in definition.states.values() if state.work is not None)
    return any(who.whoever_did == definition.root.id for work in works for who in (*work.by, work.who) if who is not None)


def starter_of(definition: Definition, snapshot: Snapshot) -> str:
    """Who started an instance: in a called process that asks for its starter, it is the same person."""
    return snapshot.did.get(definition.root.id, ("",))[0]


def state_of(definition: Definition, task: str) -> State | None:
    """The state that a task belongs to, by the task's id or the state's own; None if there is no such state."""
    return definition.states.get(task) or definition.states.get(task.rpartition("@")[0])


def task_of(snapshot: Snapshot, wanted: str) -> Task | None:
    """The open task that is meant, by its id or by its state."""
    for task in snapshot.pending.tasks:
        if wanted == task.id or wanted == task.state:
            return task
    return None


def first_outcome(definition: Definition, snapshot: Snapshot, task: str) -> str:
    """What an answer without an outcome means, so that the journal says it in so many words."""
    meant = task_of(snapshot, task)
    state = definition.states.get(meant.state if meant is not None else task)
    return state.work.outcomes[0].name if state and state.work and state.work.outcomes else ""


def _is_consent(state: State, outcome: str) -> bool:
    """Whether an answer (an empty one means the first) approves something."""
    outcomes: tuple[Outcome, ...] = state.work.outcomes if state.work is not None and state.verb == "approve" else ()
    found = next((one for one in outcomes if not outcome or outcome in one.words), None)
    return found is not None and found.consent


def own_roles(definition: Definition, held: frozenset[str]) -> frozenset[str]:
    """What a definition calls the roles that somebody holds."""
    known = definition.memo.get("own_roles")
    if known is None or len(known) >= _KNOWN:
        known = definition.memo["own_roles"] = {}
    found: frozenset[str] | None = known.get(held)
    if found is None:
        named = definition.role
        found = known[held] = frozenset(named[role].name for role in held if role in named)
    return found


class Access:
    """The questions about people, answered with one directory."""

    def __init__(self, directory: Directory | None) -> None:
        self.directory = listed(directory)
        self._today = date.min, _NEVER, _NEVER  # a day, and from when to when it is today

    def today(self, now: datetime) -> date:
        """The day on the company's wall clock; nearly always the one of the last time."""
        day, begins, ends = self._today
        if not begins <= now < ends:
            calendar = self.directory.calendar
            day = calendar.today(now)
            self._today = day, calendar.at_start_of(day), calendar.end_of(day)
        return day

    def check_known(self, actor: str) -> None:
        """Refuse a stranger."""
        if not actor or len(actor) > NAME_LIMIT or self.directory.person(actor) is None:
            shown = actor[:40] or "?"
            raise Forbidden(f"通讯录里没有这个人：{shown}", f"the directory does not know {shown}")

    def check_said(self, definition: Definition, event: Act | Message) -> None:
        """Refuse texts that are none, speakers who are strangers, and events that are not for sending; a message needs no speaker."""
        if isinstance(event, Message):
            check_text(event.name, "event")
        else:
            _check_texts(event)
        if event.actor or isinstance(event, Act):
            self.check_known(event.actor)
        if isinstance(event, Message):
            check_event(definition, event.name)
            _refuse_of_steps(
                definition,
                asked_for(definition).intersection(event.values),
                ("消息不能填写由步骤来填的", "filled in by steps, not by a message"),
            )

    def roles(self, definition: Definition, person: str) -> frozenset[str]:
        """The definition's own names of the roles that a person holds; aliases lead to the same role."""
        return own_roles(definition, frozenset(self.directory.roles_of(person)))

    def meant(self, definition: Definition, snapshot: Snapshot, task: Task) -> tuple[str, ...]:
        """Everybody whom a task is meant for, before rules about people are asked."""
        work = definition.states[task.state].work
        people = self._people(definition, snapshot, waiting_for(definition, task))
        if work is not None and work.who is not None:
            wanted = self._people(definition, snapshot, (work.who,))
            people = tuple(person for person in people if person in wanted)
        return tuple(dict.fromkeys((*people, *awaited(task)[1]))) if task.arranged is not None else people

    def _people(self, definition: Definition, snapshot: Snapshot, assignees: tuple[Assignee, ...]) -> tuple[str, ...]:
        """Everybody whom some of these assignees mean."""
        holders = self.holders(definition, role_names(definition, assignees))
        above = self.superiors(persons_named(snapshot, assignees, superior=True))
        return tuple(dict.fromkeys((*holders, *persons_named(snapshot, assignees), *above)))

    def holders(self, definition: Definition, roles: Iterable[str]) -> tuple[str, ...]:
        """Everybody who holds one of these roles of a definition; aliases lead to the same role."""
        wanted = dict.fromkeys(definition.role[name].name for name in roles)
        names = [name for own in wanted for name in (own, *definition.role[own].aliases)]
        return tuple(dict.fromkeys(person.name for person in self.directory.holders(names))) if names else ()

    def superiors(self, people: Iterable[str]) -> tuple[str, ...]:
        """The superiors of these people, each once."""
        return tuple(dict.fromkeys(filter(None, (self.directory.superior_of(person) for person in people))))

    def candidates(self, definition: Definition, snapshot: Snapshot, task: Task, now: datetime) -> tuple[str, ...]:
        """Everybody who may be entitled to a task now: those it is meant for, and the deputies of the absent ones."""
        people = self.meant(definition, snapshot, task)
        day = self.today(now)
        return tuple(
            dict.fromkeys((*people, *(deputy for person in people for deputy in self.directory.deputies_of(person, day))))
        )

    def recipients(self, definition: Definition, snapshot: Snapshot, told: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
        """Whom a notice is for now: whom its task waits for, deputies of absent people too, and on `escalate` their superiors; nobody when it has been closed in between.

        When a rule is overdue: the same for all open tasks, with superiors. When something is told: the holders of roles.
        """
        reason = told["reason"]
        if reason == "tell":
            return self.holders(definition, told.get("roles", ()))
        if reason == "copy":
            return tuple(told["people"])
        tasks = [task for task in snapshot.tasks if reason == "rule" or task.id == told["task"]]
        people = [one for task in tasks for one in self.candidates(definition, snapshot, task, now)]
        led = [one for task in tasks for one in self.meant(definition, snapshot, task)] if reason == "escalate" else []
        above = self.superiors(dict.fromkeys(people if reason == "rule" else led))
        return tuple(dict.fromkeys((*people, *above)))

    def speaks_for(self, person: str, now: datetime) -> tuple[str, ...]:
        """The person, and the absent ones for whom the person stands in now."""
        return (person, *self.directory.stands_in_for(person, self.today(now)))

    def may_act(self, definition: Definition, snapshot: Snapshot, task: Task, person: str, now: datetime) -> bool:
        """Whether an answer of this person would be taken, the moment and the form aside."""
        ways = self._ways(definition, snapshot, Act(task=task.id, actor=person), now)
        return any(
            self._is_entitled(definition, snapshot, way, now) and not self.is_self_approval(definition, snapshot, way)
            for way in ways
        )

    def excluded(self, definition: Definition, snapshot: Snapshot, task: Task, now: datetime) -> str:
        """Why nobody may act on a task: what keeps out each one whom it is meant for, and the remedy."""
        if snapshot.status == "suspended":
            resume = f"→ oyiflow do resume {snapshot.instance}"
            return Bilingual(f"流程已挂起 {resume}", f"the instance is suspended {resume}")
        reasons = []
        for person in self.candidates(definition, snapshot, task, now):
            for way in self._ways(definition, snapshot, Act(task=task.id, actor=person), now):
                answer = step(definition, snapshot, way, now)
                if isinstance(answer, Rejected) and answer.code in _REFUSALS:
                    reasons.append((answer.zh, answer.en))
                elif self.is_self_approval(definition, snapshot, way):
                    reasons.append((f"{person} 不能审批自己发起的事", f"{person} may not approve what they started"))
        zh, en = zip(*(dict.fromkeys(reasons) or [("没有人担任这个角色", "nobody holds the role")]), strict=True)
        remedy = "在 company.yaml 里让另一个人担任这个角色", "give the role to somebody else in company.yaml"
        return Bilingual(f"{'；'.join(zh)} → {remedy[0]}", f"{'; '.join(en)} → {remedy[1]}")

    def _is_entitled(self, definition: Definition, snapshot: Snapshot, act: Act, now: datetime) -> bool:
        """Ask the kernel: would it take this answer of this person?"""
        if self.directory.person(act.actor) is None:
            return False
        answer = step(definition, snapshot, act, now)
        return not (isinstance(answer, Rejected) and answer.code in _REFUSALS)

    def _ways(self, definition: Definition, snapshot: Snapshot, act: Act, now: datetime) -> Iterator[Act]:
        """In whose name a person may answer: their own first, then those of absent people."""
        for name in self.speaks_for(act.actor, now):
            yield self._way(definition, snapshot, act, name)

    def _way(self, definition: Definition, snapshot: Snapshot, act: Act, name: str) -> Act:
        behalf = name if name != act.actor else ""
        return in_name_of(act, behalf, self.roles(definition, name), self.leads(definition, snapshot, name))

    def leads(self, definition: Definition, snapshot: Snapshot, name: str) -> frozenset[str]:
        """Those whose superior this person is, as far as the definition asks for superiors."""
        asked = asking_for_superiors(definition)
        if not asked:
            return _NOBODY
        below = persons_named(snapshot, asked, superior=True)
        return frozenset(person for person in below if self.directory.superior_of(person) == name)

    def answer(self, definition: Definition, snapshot: Snapshot, act: Act, now: datetime) -> Act:
        """An answer as the kernel is to see it: in whose name, with which roles. Refuses what the policies forbid."""
        names = self.speaks_for(act.actor, now)
        if len(names) == 1 and not act.on_behalf:
            chosen = self._way(definition, snapshot, act, act.actor)
        else:
            chosen = self._chosen(definition, snapshot, act, now)
        if self.is_self_approval(definition, snapshot, chosen):
            raise self._self_approval(definition, snapshot, chosen, now)
        return chosen

    def _chosen(self, definition: Definition, snapshot: Snapshot, act: Act, now: datetime) -> Act:
        """Of the ways in which a deputy may answer, the one that the fewest things speak against, or the one that was named."""
        ways = list(self._ways(definition, snapshot, act, now))
        if act.on_behalf:
            ways = [way for way in ways if way.on_behalf == act.on_behalf]
            if not ways:
                raise Forbidden(
                    f"{act.actor} 今天不是 {act.on_behalf} 的代理人", f"{act.actor} does not stand in for {act.on_behalf} today"
                )
        return ways[0] if len(ways) == 1 else min(ways, key=lambda way: self._objection(definition, snapshot, way, now))

    def _objection(self, definition: Definition, snapshot: Snapshot, act: Act, now: datetime) -> int:
        """0: none; 1: a rule or a policy; 2: the task is not meant for this person."""
        answer = step(definition, snapshot, act, now)
        if isinstance(answer, Rejected) and answer.code in _REFUSALS:
            return 1 if answer.code == "rule" else 2
        return int(self.is_self_approval(definition, snapshot, act))

    def is_self_approval(self, definition: Definition, snapshot: Snapshot, act: Act) -> bool:
        """Whether somebody would consent to what they started, or what the one they stand in for did, where that is forbidden.

        It concerns consents on `approve` steps; sending back is free. A rule `same_person` that names the step allows it.
        """
        state = state_of(definition, act.task)
        if state is None or state.verb != "approve" or not _is_consent(state, act.outcome):
            return False
        if self.directory.policies.self_approval == "allowed":
            return False
        if not {act.actor, act.on_behalf}.intersection(snapshot.did.get(definition.root.id, ())):
            return False
        return not any(rule.form == "same_person" and state.id in rule.steps for rule in definition.rules)

    def _self_approval(self, definition: Definition, snapshot: Snapshot, act: Act, now: datetime) -> Forbidden:
        """The refusal; in the words of the process's own rule, if it has one against this."""
        answer = step(definition, snapshot, act, now)
        if isinstance(answer, Rejected) and answer.code in _REFUSALS:
            return Forbidden(answer.zh, answer.en)
        state = state_of(definition, act.task)
        assert state is not None, "it is an approval"
        starters = snapshot.did.get(definition.root.id, ())
        who = act.actor if act.actor in starters else act.on_behalf
        return Forbidden(
            f"{who} 发起的事，{act.actor} 不能审批“{state.title.of('zh') or state.id}”: 公司规定不得自批 (policies: self_approval: never)",
            f"{act.actor} may not approve {state.id} of what {who} has started: policies: self_approval: never",
        )

    @property
    def skips_repeats(self) -> bool:
        """Whether whoever has just approved is not asked again by the next step."""
        return self.directory.policies.repeated_approver == "skip"

    def repeated(self, definition: Definition, snapshot: Snapshot, act: Act, now: datetime) -> Act | None:
        """Under `repeated_approver: skip`, the consent that follows of itself from a consent just given; else None.

        It follows for an approval that opened with that step, asks for nothing to be filled in, waits for any one of its
        people, and may be given by the same person in their own name.
        """
        if not self.skips_repeats or act.on_behalf:
            return None
        given = state_of(definition, act.task)
        if given is None or not _is_consent(given, act.outcome):
            return None
        for task in snapshot.tasks:
            work = definition.states[task.state].work
            asks = work is None or work.fill or work.checklist or work.only_while or work.mode is not Mode.ANY
            if work is None or asks or task.votes or task.arranged or not task.id.endswith(f"@{snapshot.revision}"):
                continue
            follow = Act(
                task=task.id, outcome=work.outcomes[0].name if work.outcomes else "", actor=act.actor, comment=REPEATED
            )
            follow = next(self._ways(definition, snapshot, follow, now))
            entitled = _is_consent(definition.states[task.state], "") and self._is_entitled(definition, snapshot, follow, now)
            if entitled and not self.is_self_approval(definition, snapshot, follow):
                return follow
        return None

    def check_start(self, definition: Definition, first: Snapshot, actor: str, now: datetime) -> None:
        """Refuse whoever could not act on any of the tasks that a start would open."""
        self.check_known(actor)
        if first.tasks and not any(self._may_begin(definition, first, task, actor, now) for task in first.tasks):
            wanted = {name: None for task in first.tasks for name in role_names(definition, waiting_for(definition, task))}
            zh = "、".join(definition.role[name].title.of("zh") for name in wanted) or "-"
            raise Forbidden(
                f"{actor} 不能发起“{definition.title.of('zh')}”；可以发起的是：{zh}",
                f"{actor} may not start {definition.name}; those who may: {', '.join(wanted) or '-'}",
            )

    def _may_begin(self, definition: Definition, first: Snapshot, task: Task, actor: str, now: datetime) -> bool:
        """Whoever is entitled to a first task may start, also where the policies leave its approval to another."""
        return any(
            self._is_entitled(definition, first, act, now)
            for act in self._ways(definition, first, Act(task=task.id, actor=actor), now)
        )
