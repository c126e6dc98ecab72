"""What people do, in the obvious slow style: who may answer a task, when enough have, and what their answer sets going.

Beside SCXML: the sentences S28 to S32 of docs/semantics.md, for the reference interpreter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from oyiflow.model.definition import Assignee, Mode, Outcome, Rule, Work

if TYPE_CHECKING:
    from tests.reference.interpreter import Interpreter


class Refused(Exception):
    """The step is not taken; nothing has changed."""


@dataclass
class Chore:
    """An open task: the places of `by` that may answer now, and the answers so far as (people, place, outcome)."""

    state: str
    opened: datetime
    waiting: list[int]
    due: datetime | None = None
    votes: list[tuple[tuple[str, ...], int, str]] = field(default_factory=list)

    @property
    def seen(self) -> tuple[Any, ...]:
        return self.state, self.opened, tuple(self.waiting), self.due, tuple(self.votes)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Somebody's answer to a task; `stands_in` is the absent person for whom it is given."""

    actor: str
    role: str = ""
    outcome: str = ""
    stands_in: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def people(self) -> tuple[str, ...]:
        return (self.actor, self.stands_in) if self.stands_in else (self.actor,)


def first_places(work: Work | None) -> list[int]:
    """Who may answer first: in turn the first place only, else everybody."""
    assert work is not None
    return [0] if work.mode is Mode.IN_TURN else list(range(len(work.by)))


class People:
    """The answers to the tasks of one instance."""

    def __init__(self, machine: Interpreter) -> None:
        self.machine = machine
        self.memory = machine.memory

    def reply(self, chore: Chore, reply: Reply) -> None:
        """Refuse it, note it, or let it decide."""
        work = self.machine.state(chore.state).work
        assert work is not None
        outcome = self.outcome(work, reply.outcome)
        place = self.place(work, chore, reply)
        self.obey_rules(chore, reply)
        for name in reply.values:
            if name not in work.fill:
                raise Refused
        self.machine.fill(reply.values)
        chore.votes.append((reply.people, place, outcome.name))
        left = self.still_to_answer(work, chore, place, outcome)
        if left:
            chore.waiting = left
            self.machine.undecided = True  # S30: nothing moves, not even what the values would enable
            self.machine.report.effects.append(("task changed", chore.seen))
            return
        if outcome.consent and any(self.is_missing(name) for name in work.fill):
            raise Refused
        signers = [person for people, _, _ in chore.votes for person in people]
        self.memory.did[chore.state] = tuple(dict.fromkeys(signers))
        self.machine.answered = (chore, outcome.name)
        if not self.machine.external_event(outcome.event):
            raise Refused

    def outcome(self, work: Work, word: str) -> Outcome:
        if word == "":
            return work.outcomes[0]
        for outcome in work.outcomes:
            if word in (outcome.name, outcome.title.zh):
                return outcome
        raise Refused

    def place(self, work: Work, chore: Chore, reply: Reply) -> int:
        """The first place that still waits and is meant for this person; nobody signs twice."""
        signed = {person for people, _, _ in chore.votes for person in people}
        if signed & set(reply.people):
            raise Refused
        for place in chore.waiting:
            if self.may(work.by[place], reply):
                return place
        raise Refused

    def may(self, assignee: Assignee, reply: Reply) -> bool:
        person = reply.stands_in or reply.actor
        if assignee.role:
            names = [assignee.role, *self.machine.definition.role[assignee.role].aliases]
            return reply.role in names
        if assignee.person_in:
            return bool(self.memory.data.get(assignee.person_in) == person)
        return person in self.memory.did.get(assignee.whoever_did, ())

    def obey_rules(self, chore: Chore, reply: Reply) -> None:
        for rule in self.machine.definition.rules:
            if chore.state in rule.steps:
                for other in rule.steps:
                    if other != chore.state:
                        self.obey(rule, other, reply)

    def obey(self, rule: Rule, other: str, reply: Reply) -> None:
        people = set(reply.people)
        before = set(self.memory.did.get(other, ()))
        if rule.form == "different_people":
            open_now = {p for c in self.memory.chores if c.state == other for signers, _, _ in c.votes for p in signers}
            if people & (before | open_now):
                raise Refused
        elif rule.form == "same_person" and other in self.memory.did and not people & before:
            raise Refused

    def still_to_answer(self, work: Work, chore: Chore, place: int, outcome: Outcome) -> list[int]:
        if work.mode is Mode.ANY or not outcome.consent:
            return []
        if work.mode is Mode.ALL:
            return [other for other in chore.waiting if other != place]
        return [place + 1] if place + 1 < len(work.by) else []

    def is_missing(self, name: str) -> bool:
        return self.machine.definition.field[name].required and name not in self.memory.data

    # --- at rest

    def settle(self, over: bool) -> None:
        """Close the tasks of states that were left; ask again where the answer led nowhere."""
        machine, kept = self.machine, []
        for chore in self.memory.chores:
            outcome = machine.answered[1] if machine.answered is not None and machine.answered[0] is chore else ""
            if over or chore.state in machine.exited:
                machine.report.effects.append(("task closed", chore.state, outcome))
                continue
            if outcome:
                chore.opened, chore.waiting, chore.votes = machine.now, first_places(machine.state(chore.state).work), []
                machine.report.effects.append(("task changed", chore.seen))
            kept.append(chore)
        self.memory.chores = kept
