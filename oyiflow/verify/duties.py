"""The posts of a process in a company: who may act on its steps, and what its rules say of them.

A step is one post, or one for each place where everybody must sign. Beside the steps stands the start: whoever started a case
does not consent to its approvals, unless the policies or a rule let them. While somebody is absent, their deputies are
candidates in their name, and count as both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Assignee, Definition, Mode, Role, State, StateKind, Work
from oyiflow.verify.graph import entered_by_default
from oyiflow.verify.separation import Post, Tie

START = "@start"
FOR = "\n"
"""Between the names of a deputy and of whom they stand in for."""
_EVERYBODY = (Mode.ALL, Mode.IN_TURN)


@dataclass(frozen=True, slots=True)
class Duties:
    """Posts and ties for `separation`; `names` of the candidates by bit."""

    names: list[str]
    posts: list[Post]
    ties: list[Tie]
    clashes: list[int]


def duties_of(definition: Definition, company: Company, *, absent: str = "", start: bool = True) -> Duties:
    """The posts of a process; without one person, if somebody is absent; without the start, if it does not matter."""
    return _Roll(definition, company, absent).duties(start)


def first_steps(definition: Definition) -> tuple[str, ...]:
    """The steps with work on which a case begins; none if it begins with something else."""
    found: list[str] = []
    stack = [definition.root.id]
    while stack:
        state = definition.states[stack.pop()]
        inside = entered_by_default(state)
        if state.work is not None:
            found.append(state.id)
        elif not inside and state.kind is not StateKind.FINAL:
            return ()
        stack.extend(inside)
    return tuple(found)


def beginners(definition: Definition, company: Company) -> list[Person]:
    """Who may start a case."""
    works = [work for step in first_steps(definition) if (work := definition.states[step].work) is not None]
    named = [who.role for work in works for who in work.by]
    if definition.starts is not None:
        return []
    if not named or not all(named):
        return list(company.people)
    roles = [definition.role[name] for name in named]
    return list(company.holders(name for role in roles for name in (role.name, *role.aliases)))


class _Roll:
    def __init__(self, definition: Definition, company: Company, absent: str) -> None:
        self.definition, self.company, self.absent = definition, company, absent
        self.present = [person.name for person in company.people if person.name != absent]
        gone = company.person(absent) if absent else None
        deputies = [gone.deputy] if gone is not None and gone.deputy in self.present else []
        self.names = [*self.present, *(f"{deputy}{FOR}{absent}" for deputy in deputies)]
        self.place = {name: 1 << place for place, name in enumerate(self.present)}
        self.instead = sum(1 << place for place in range(len(self.present), len(self.names)))
        self.clashes = [1 << place for place in range(len(self.names))] if deputies else []
        for place, deputy in enumerate(deputies, len(self.present)):
            own = self.present.index(deputy)
            self.clashes[own] |= 1 << place
            self.clashes[place] |= 1 << own
        self.posts: list[Post] = []
        self.roles: dict[str, int] = {}
        self.of: dict[str, list[int]] = {}
        self.ties: list[Tie] = []

    def duties(self, start: bool) -> Duties:
        """All posts, then all ties."""
        for state in self.definition.states.values():
            if state.work is not None:
                self._step(state, state.work)
        if start:
            self._starter()
        for state in self.definition.states.values():
            if state.work is not None:
                self._whoever(state, state.work)
        self._rules()
        return Duties(self.names, self.posts, self.ties, self.clashes)

    def _step(self, state: State, work: Work) -> None:
        allowed = self._mask(work.who) if work.who is not None else -1
        places = [self._mask(who) & allowed for who in work.by]
        if work.mode not in _EVERYBODY:
            places = [_either(places)]
        self.of[state.id] = [self._post(state.id, mask) for mask in places]
        if len(places) > 1:
            self._tie(self.of[state.id], True, state)

    def _post(self, step: str, mask: int) -> int:
        self.posts.append(Post(step, mask))
        return len(self.posts) - 1

    def _mask(self, who: Assignee) -> int:
        """Who may be meant. Fields and deeds may name anybody."""
        if who.superior:
            return self._people(person.superior for person in self.company.people if person.superior)
        if not who.role:
            return self._people(person.name for person in self.company.people)
        if who.role not in self.roles:
            self.roles[who.role] = self._holders(self.definition.role[who.role])
        return self.roles[who.role]

    def _holders(self, role: Role) -> int:
        return self._people(person.name for person in self.company.holders((role.name, *role.aliases)))

    def _people(self, names: Iterable[str]) -> int:
        mask = 0
        for name in names:
            mask |= self.instead if name == self.absent else self.place.get(name, 0)
        return mask

    def _tie(self, posts: list[int], different: bool, reason: object) -> None:
        """Posts without any candidate are another check's matter."""
        kept = tuple(post for post in dict.fromkeys(posts) if self.posts[post].candidates or self.absent)
        if len(kept) > 1:
            self.ties.append(Tie(kept, different, reason))

    def _starter(self) -> None:
        """Whoever starts differs from those who approve."""
        if self.company.policies.self_approval == "allowed":
            return
        spared = {step for rule in self.definition.rules if rule.form == "same_person" for step in rule.steps}
        people = beginners(self.definition, self.company)
        approvals = [step for step in self.of if self.definition.states[step].verb == "approve" and step not in spared]
        if not people or not approvals:
            return
        start = self._post(START, self._people(person.name for person in people) & ~self.instead)
        self.of[START] = self.of[self.definition.root.id] = [start]
        for step in approvals:
            for post in self.of[step]:
                self._tie([start, post], True, self.definition.states[step])

    def _whoever(self, state: State, work: Work) -> None:
        """`whoever_did` is the same person, where each of the two is one."""
        named = [*(work.by if len(work.by) == 1 else ()), *((work.who,) if work.who is not None else ())]
        for who in named:
            before = self.of.get(who.whoever_did, []) if who.whoever_did and not who.superior else []
            if len(before) == 1 and len(self.of[state.id]) == 1:
                self._tie([*before, *self.of[state.id]], False, state)

    def _rules(self) -> None:
        for rule in self.definition.rules:
            posts = [self.of.get(step, []) for step in rule.steps]
            if rule.form == "different_people":
                self._tie([post for each in posts for post in each], True, rule)
            elif rule.form == "same_person":
                self._tie([each[0] for each in posts if len(each) == 1], False, rule)


def _either(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found
