"""Who may do what: closed by default.

A `Directory` knows the people; without one nobody holds any role, so nobody may do anything. The kernel decides whether
a person is entitled to a task, for it knows the definition, the form and who did what; this module tells it which of the
definition's roles the person holds, and asks it when a list must show who could act. Nothing here repeats its rules.

Starting is closed too: whoever may act on one of the first tasks may start the process; where it begins without work
for people, everybody whom the directory knows may. Events from outside need no role, but they must not stand in for a
person's answer or for the machine's own events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from oyiflow.errors import EventRejected, Forbidden
from oyiflow.kernel import step
from oyiflow.kernel.messages import Act, Rejected
from oyiflow.kernel.snapshot import Snapshot, Task
from oyiflow.model.definition import Assignee, Definition

_REFUSALS = frozenset(("forbidden", "rule"))
"""The kernel's codes that speak of a person; all others speak of the moment or of the form."""
_OWN_EVENTS = ("done", "error", "after")
NAME_LIMIT = 200
COMMENT_LIMIT = 10_000


class Known(Protocol):
    """A person, as far as the engine cares."""

    @property
    def name(self) -> str: ...


class Directory(Protocol):
    """Who holds which role. `oyiflow.model.company.Company` is one; a company's own user database can be another."""

    def person(self, name: str) -> Known | None:
        """The person with this id; None for a stranger."""

    def roles_of(self, name: str) -> frozenset[str]:
        """The roles that a person holds; empty for a stranger."""

    def holders(self, roles: Iterable[str]) -> Sequence[Known]:
        """Everybody who holds at least one of these roles."""

    def superior_of(self, name: str) -> str:
        """The id of a person's superior, or ""."""


class Nobody:
    """The directory that stands in when none is given."""

    def person(self, name: str) -> Known | None:
        """Nobody is known."""
        return None

    def roles_of(self, name: str) -> frozenset[str]:
        """Nobody holds anything."""
        return frozenset()

    def holders(self, roles: Iterable[str]) -> Sequence[Known]:
        """Nothing is held."""
        return ()

    def superior_of(self, name: str) -> str:
        """Nobody leads."""
        return ""


def check_text(text: str, what: str, limit: int = NAME_LIMIT) -> None:
    """Refuse names and comments from outside that are too long or that no database and no screen should get."""
    if len(text) > limit or not (text.isprintable() or all(c in "\n\t" or c.isprintable() for c in text)):
        raise EventRejected(
            f"{what} 太长或含有控制字符（最多 {limit} 字）",
            f"{what} is too long or contains control characters (at most {limit} characters)",
            code="invalid_value",
        )


def is_outside(definition: Definition, name: str) -> bool:
    """Whether an event may come from outside: it is no person's answer and none of the machine's own events."""
    answers = definition.memo.get("answers")
    if answers is None:
        works = (state.work for state in definition.states.values() if state.work is not None)
        answers = definition.memo["answers"] = frozenset(outcome.event for work in works for outcome in work.outcomes)
    parts = name.split(".")
    prefixes = {".".join(parts[: n + 1]) for n in range(len(parts))}  # `a.b` is taken where `a` is awaited
    return not (prefixes & answers or parts[0] in _OWN_EVENTS)


def check_event(definition: Definition, name: str) -> None:
    """Refuse an event that would pass for a person's answer or for one of the machine's own events."""
    if not is_outside(definition, name):
        raise Forbidden(
            f"“{name}”不能作为外部事件发送，请办理对应的待办事项",
            f"{name!r} cannot be sent from outside; answer the task instead",
        )


def role_names(definition: Definition, assignees: Iterable[Assignee]) -> tuple[str, ...]:
    """The roles among these assignees, by the definition's own names."""
    return tuple(dict.fromkeys(definition.role[a.role].name for a in assignees if a.role))


def waiting_for(definition: Definition, task: Task) -> tuple[Assignee, ...]:
    """Those of the task's assignees whose answer is awaited now."""
    work = definition.states[task.state].work
    assert work is not None, "a task belongs to a state with work"
    return tuple(work.by[place] for place in task.waiting)


def persons_named(snapshot: Snapshot, assignees: Iterable[Assignee]) -> tuple[str, ...]:
    """People whom assignees mean by a field of the form or by what they did, as of this snapshot."""
    found: dict[str, None] = {}
    for assignee in assignees:
        if assignee.person_in:
            value = snapshot.data.get(assignee.person_in)
            found.update({str(value): None} if value else {})
        elif assignee.whoever_did:
            found.update(dict.fromkeys(snapshot.did.get(assignee.whoever_did, ())))
    return tuple(found)


class Access:
    """The questions about people, answered with one directory."""

    def __init__(self, directory: Directory | None) -> None:
        self.directory = directory if directory is not None else Nobody()

    def check_known(self, actor: str) -> None:
        """Refuse a stranger."""
        if not actor or len(actor) > NAME_LIMIT or self.directory.person(actor) is None:
            shown = actor[:40] or "?"
            raise Forbidden(f"通讯录里没有这个人：{shown}", f"the directory does not know {shown}")

    def roles(self, definition: Definition, person: str) -> frozenset[str]:
        """The definition's own names of the roles that a person holds; aliases lead to the same role."""
        named = definition.role
        return frozenset(named[role].name for role in self.directory.roles_of(person) if role in named)

    def meant(self, definition: Definition, snapshot: Snapshot, task: Task) -> tuple[str, ...]:
        """Everybody whom a task is meant for, before rules about people are asked."""
        assignees = waiting_for(definition, task)
        wanted = [definition.role[name] for name in role_names(definition, assignees)]
        names = [name for role in wanted for name in (role.name, *role.aliases)]
        holders = (person.name for person in self.directory.holders(names)) if names else ()
        return tuple(dict.fromkeys((*holders, *persons_named(snapshot, assignees))))

    def superiors(self, people: Iterable[str]) -> tuple[str, ...]:
        """The superiors of these people, each once."""
        return tuple(dict.fromkeys(filter(None, (self.directory.superior_of(person) for person in people))))

    def may_act(self, definition: Definition, snapshot: Snapshot, task: Task, person: str, now: datetime) -> bool:
        """Ask the kernel: would it take this person's answer, the moment and the form aside?"""
        if self.directory.person(person) is None:
            return False
        answer = step(definition, snapshot, Act(task=task.id, actor=person, roles=self.roles(definition, person)), now)
        return not (isinstance(answer, Rejected) and answer.code in _REFUSALS)

    def check_start(self, definition: Definition, first: Snapshot, actor: str, now: datetime) -> None:
        """Refuse whoever could not act on any of the tasks that a start would open."""
        self.check_known(actor)
        if first.tasks and not any(self.may_act(definition, first, task, actor, now) for task in first.tasks):
            wanted = {name: None for task in first.tasks for name in role_names(definition, waiting_for(definition, task))}
            zh = "、".join(definition.role[name].title.of("zh") for name in wanted) or "-"
            raise Forbidden(
                f"{actor} 不能发起“{definition.title.of('zh')}”；可以发起的是：{zh}",
                f"{actor} may not start {definition.name}; those who may: {', '.join(wanted) or '-'}",
            )
