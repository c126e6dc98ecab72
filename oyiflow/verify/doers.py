"""OF801: a rule that says who does what must come, and a step that somebody else may do."""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.diagnostics import Diagnostic, Fix
from oyiflow.model.definition import Definition, Rule


def check_doers(definition: Definition) -> Iterator[Diagnostic]:
    """Every step that a rule demands of certain roles waits for just these roles."""
    for rule in definition.rules:
        for name in rule.must if rule.by else ():
            yield from _check(definition, rule, name)


def _check(definition: Definition, rule: Rule, name: str) -> Iterator[Diagnostic]:
    state = definition.states[name]
    found = {definition.role[who.role].name for who in state.work.by if who.role} if state.work is not None else set()
    if found == set(rule.by):
        return
    wanted = "、".join(definition.role[role].title.of("zh") for role in rule.by)
    there = "、".join(definition.role[role].title.of("zh") for role in sorted(found)) or "-"
    said = rule.say.of("zh")
    yield Diagnostic(
        code="OF801",
        span=rule.span,
        zh=f"规则“{said}”要由{wanted}办“{state.title.of('zh') or name}”，流程里却由{there}办",
        en=f"the rule {rule.say.of('en')!r} wants {name} to be done by {', '.join(rule.by)}, but it is done by {', '.join(sorted(found)) or '-'}",
        fix=Fix(
            zh=f"把“{name}”的 by 改成 {', '.join(rule.by)}，或改正规则的 by",
            en=f"make {name} by: {', '.join(rule.by)}, or correct the rule's by",
        ),
        related=((state.span, "这一步在这里", "the step is here"),),
    )
