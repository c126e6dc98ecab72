"""Can the company do what its processes ask for: every role has holders (OF601), and not just one without a deputy (OF602)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oyiflow.diagnostics import Diagnostic, Fix, Severity
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Definition, Role
from oyiflow.model.expression_types import closest


def check_people(company: Company, definitions: Iterable[Definition]) -> Iterator[Diagnostic]:
    """OF601 for each process and role that nobody holds; OF602 for each person on whom a role hangs alone."""
    alone: dict[tuple[str, str], Diagnostic] = {}
    for definition in definitions:
        for role in acting_roles(definition):
            holders = company.holders((role.name, *role.aliases))
            if not holders:
                yield _nobody(role, company)
            elif len(holders) == 1 and not holders[0].deputy:
                alone.setdefault((holders[0].name, role.name), _alone(holders[0], role, definition))
    yield from alone.values()


def acting_roles(definition: Definition) -> tuple[Role, ...]:
    """The roles for which some step waits; roles that only help or are only met need nobody."""
    works = [state.work for state in definition.states.values() if state.work is not None]
    named = dict.fromkeys(assignee.role for work in works for assignee in work.by if assignee.role)
    return tuple(role for role in dict.fromkeys(definition.role[name] for name in named) if not role.outside)


def _nobody(role: Role, company: Company) -> Diagnostic:
    guess = closest(role.name, {held for person in company.people for held in person.roles})
    fix = Fix(zh=f"在公司文件里给一个人写上 roles: [{role.name}]", en=f"give somebody roles: [{role.name}] in the company file")
    if guess:
        fix = Fix(
            zh=f"公司文件里有 {guess}；改成一样的，或写成 alias: [{guess}]",
            en=f"the company file has {guess}; make them the same, or write alias: [{guess}]",
        )
    zh, en = (
        f"公司里没有人担任“{role.title.of('zh')}”({role.name})，它的步骤无人可办",
        f"nobody in the company is {role.name}; nobody can act on its steps",
    )
    return Diagnostic(code="OF601", span=role.span, zh=zh, en=en, fix=fix)


def _alone(person: Person, role: Role, definition: Definition) -> Diagnostic:
    title = role.title.of("zh")
    return Diagnostic(
        code="OF602",
        severity=Severity.WARNING,
        span=person.span,
        zh=f"“{title}”({role.name}) 只有 {person.name} 一人，又没有代理人；他不在时 {definition.name} 就停住了",
        en=f"{person.name} alone is {role.name} and has no deputy; without them {definition.name} stands still",
        fix=Fix(
            zh=f"给 {person.name} 写上 deputy: 谁，或再给一个人这个角色",
            en=f"write deputy: at {person.name}, or give somebody else the role too",
        ),
    )
