"""Who plays: a company with enough people, and the choice among those who may act, taken back when it leads nowhere.

Rules about people tie steps together: whoever plans must not review; and whoever starts a case may not approve it, unless
the company allows that. A take of an example chooses somebody for each
answer, those first who are needed least for the steps tied to this one. If later nobody is left, the last choice for a
tied step is changed and the example is played again from its beginning. Steps that no rule ties are never the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from oyiflow.engine.access import waiting_for
from oyiflow.kernel import Step, start
from oyiflow.model.company import Company, Person, Policies
from oyiflow.model.definition import PEOPLE_FORMS, Definition, Rule, Text
from oyiflow.model.example import Example
from oyiflow.model.values import FieldType, Value
from oyiflow.testing.memory import MONDAY, one_per_role
from oyiflow.testing.stage.samples import works_of

SUPERIOR = "superior"
"""The superior of everybody, where a process asks for one."""


def enough_people(definitions: Sequence[Definition], example: Example) -> Company:
    """One person per role, more where a rule or several signatures want different people, and those named in fields."""
    company = one_per_role(*definitions)
    people: list[Person] = []
    for person in company.people:
        count = max((_needed(definition, person.name) for definition in definitions), default=1)
        people.append(person)
        people += [replace(person, name=f"{person.name}-{n}", title=_numbered(person.title, n)) for n in range(2, count + 1)]
    known = {person.name for person in people}
    named = dict.fromkeys(name for definition in definitions for name in _named(definition, example) if name not in known)
    people += [Person(name=name, title=Text(zh=name)) for name in named]
    if any(who.superior for definition in definitions for _, work in works_of(definition) for who in work.by):
        people = [replace(person, superior=SUPERIOR) for person in people] + [
            Person(name=SUPERIOR, title=Text(zh="上级", en="Superior"))
        ]
    if any(beginning_roles(definition) is None for definition in definitions):
        people.append(Person(name="anyone", title=Text(zh="某人", en="Anyone")))
    return replace(company, people=tuple(people), policies=Policies())


def beginning_roles(definition: Definition, values: Mapping[str, Value] | None = None) -> frozenset[str] | None:
    """The roles whose holders may start a case, all their names; None where it does not begin with work for roles.

    Where everybody who holds a role gets one (`for_each`), it is as if one of these had started it.
    """
    if definition.starts is not None and definition.starts.for_each:
        each = definition.role[definition.starts.for_each]
        return frozenset((each.name, *each.aliases))
    answer = start(definition, instance="start", now=MONDAY, values=values or {})
    tasks = answer.snapshot.tasks if isinstance(answer, Step) else ()
    meant = [who for task in tasks for who in waiting_for(definition, task)]
    if not meant or any(not who.role for who in meant):
        return None
    roles = [definition.role[who.role] for who in meant]
    return frozenset(name for role in roles for name in (role.name, *role.aliases))


def beginners(definition: Definition, values: Mapping[str, Value], company: Company) -> list[str]:
    """Who may start a case, those first who could approve least of it."""
    roles = beginning_roles(definition, values)
    people = [person.name for person in (company.people if roles is None else company.holders(roles))]
    signing = [work for state, work in works_of(definition) if state.verb == "approve"]

    def able(name: str) -> int:
        held = _roles(definition, company, name)
        return sum(1 for work in signing if any(who.role in held for who in work.by))

    return sorted(people, key=able)


def _numbered(title: Text, number: int) -> Text:
    return Text(zh=title.zh and f"{title.zh} {number}", en=title.en and f"{title.en} {number}")


def _needed(definition: Definition, role: str) -> int:
    """How many holders of a role one case may want: the places to sign, for one step or for steps that a rule keeps apart."""
    places = {state.id: sum(1 for who in work.by if who.role == role) for state, work in works_of(definition)}
    apart = [sum(places.get(step, 0) for step in rule.steps) for rule in definition.rules if rule.form == "different_people"]
    signing = [who for state, work in works_of(definition) if state.verb == "approve" for who in work.by]
    signs = any(who.role in ("", role) for who in signing)
    starts = role in (beginning_roles(definition) or ())
    return max((1, *places.values(), *apart)) + (1 if signs and starts else 0)


def person_fields(definition: Definition) -> tuple[str, ...]:
    """Fields that name a person."""
    meant = {who.person_in for _, work in works_of(definition) for who in work.by if who.person_in}
    return tuple(spec.name for spec in definition.fields if spec.type is FieldType.PERSON or spec.name in meant)


def _named(definition: Definition, example: Example) -> Iterable[str]:
    """People whom an example writes into fields, and one person named after each such field."""
    fields = person_fields(definition)
    written = [*example.values, *(pair for move in example.play for pair in move.values)]
    return (*fields, *(value for name, value in written if name in fields and isinstance(value, str)))


def ties(definition: Definition) -> Mapping[str, str]:
    """For each step that rules, `whoever_did` or `person_in` tie to others, the name of its group; no others are keys.

    The start stands among them as the root, tied to all approvals.
    """
    group: dict[str, str] = {}
    bound = [rule.steps for rule in definition.rules if rule.form in PEOPLE_FORMS]
    approvals = [state.id for state, _ in works_of(definition) if state.verb == "approve"]
    bound += [(definition.root.id, *approvals)] if approvals else []
    for state, work in works_of(definition):
        bound += [(state.id, who.whoever_did) for who in work.by if who.whoever_did]
        bound += [(state.id, *_filling(definition, who.person_in)) for who in work.by if who.person_in]
        also = work.who
        bound += [(state.id, also.whoever_did)] if also is not None and also.whoever_did else []
        bound += [(state.id, *_filling(definition, also.person_in))] if also is not None and also.person_in else []
    for steps in bound:
        joined = {group.get(step, step) for step in steps}
        group = {
            step: min(joined) if name in joined else name
            for step, name in {**dict(zip(steps, steps, strict=True)), **group}.items()
        }
    return {step: f"{definition.name}/{name}" for step, name in group.items()}


def _filling(definition: Definition, name: str) -> tuple[str, ...]:
    return tuple(state.id for state, work in works_of(definition) if name in work.fill)


@dataclass(slots=True)
class Cast:
    """The choices of one take. `script` says which of the candidates to take, choice by choice; after it, the first."""

    script: tuple[int, ...] = ()
    made: list[tuple[int, int, str]] = field(default_factory=list)
    """Each choice that was made: which candidate, out of how many, for which group of steps."""

    def choose(self, candidates: Sequence[str], group: str) -> str:
        """One of the candidates; without a group it does not matter which."""
        if not group:
            return candidates[0]
        place = len(self.made)
        number = min(self.script[place], len(candidates) - 1) if place < len(self.script) else 0
        self.made.append((number, len(candidates), group))
        return candidates[number]

    def another(self, group: str) -> Cast | None:
        """The next take: the last choice for this group that could be another is; None when all were tried."""
        for place in range(len(self.made) - 1, -1, -1):
            number, count, tied = self.made[place]
            if tied == group and number + 1 < count:
                return Cast(script=(*(made[0] for made in self.made[:place]), number + 1))
        return None


def least_needed_first(definition: Definition, step: str, people: Sequence[str], company: Company) -> list[str]:
    """Who may act on a step, in the order in which they are tried."""
    rules = [rule for rule in definition.rules if step in rule.steps and rule.form in PEOPLE_FORMS]
    roles = {name: _roles(definition, company, name) for name in people}
    return sorted(people, key=lambda name: sum(_regret(definition, rule, step, roles[name]) for rule in rules))


def _roles(definition: Definition, company: Company, person: str) -> frozenset[str]:
    return frozenset(definition.role[name].name for name in company.roles_of(person) if name in definition.role)


def _regret(definition: Definition, rule: Rule, step: str, roles: frozenset[str]) -> int:
    """For how many of the other steps this person is missed later, or is the wrong one."""
    others = [definition.states[other].work for other in rule.steps if other != step]
    able = sum(1 for work in others if work is not None and any(who.role in roles for who in work.by))
    return able if rule.form == "different_people" else len(others) - able
