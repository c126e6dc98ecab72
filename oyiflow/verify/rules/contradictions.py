"""OF803: rules that no process could keep together, other than by never coming to the step that they speak of.

- a before b, and b before a: neither can be the first;
- never a, and a must come before (or after) b: b cannot be right;
- never a while c, and while c b needs a.
"""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.diagnostics import Diagnostic, Fix
from oyiflow.model.definition import Definition, Rule
from oyiflow.model.expression import Not
from oyiflow.verify.boxes import satisfiable


def contradictions(definition: Definition) -> Iterator[Diagnostic]:
    """Pairs of rules, and circles of them, each told at its last rule."""
    before = [rule for rule in definition.rules if rule.form == "before"]
    yield from _circles(definition, before)
    nevers = [rule for rule in definition.rules if rule.form == "never"]
    for rule in definition.rules:
        if rule.form in ("before", "after"):
            for never in nevers:
                if never.steps[0] in rule.must and _always_forbidden(definition, never, rule):
                    yield _diagnostic(never, rule)


def _always_forbidden(definition: Definition, never: Rule, rule: Rule) -> bool:
    """Whether the step is forbidden whenever the other rule wants it."""
    if never.when is None:
        return True
    if rule.when is None:
        return False
    return satisfiable((rule.when, Not(operand=never.when)), definition) is None


def _circles(definition: Definition, rules: list[Rule]) -> Iterator[Diagnostic]:
    """Steps each of which must come before the next, round to the first; found by following what each needs."""
    needs: dict[str, list[tuple[str, Rule]]] = {}
    for rule in rules:
        if rule.when is None:
            needs.setdefault(rule.steps[0], []).extend((name, rule) for name in rule.must)
    told: set[frozenset[int]] = set()
    for first in needs:
        way = _round(needs, first)
        numbers = frozenset(definition.rules.index(rule) for rule in way)
        if way and numbers not in told:
            told.add(numbers)
            ordered = sorted(numbers)
            yield _diagnostic(definition.rules[ordered[0]], definition.rules[ordered[-1]])


def _round(needs: dict[str, list[tuple[str, Rule]]], first: str) -> list[Rule]:
    """The rules on the shortest way from a step back to itself."""
    ways: dict[str, list[Rule]] = {}
    todo: list[tuple[str, list[Rule]]] = [(first, [])]
    while todo:
        name, way = todo.pop(0)
        for other, rule in needs.get(name, ()):
            if other == first:
                return [*way, rule]
            if other not in ways:
                ways[other] = [*way, rule]
                todo.append((other, ways[other]))
    return []


def _diagnostic(one: Rule, other: Rule) -> Diagnostic:
    words = [(rule.say.of("zh") or rule.form, rule.say.of("en") or rule.form) for rule in (one, other)]
    same = one is other
    zh = f"规则“{words[1][0]}”自相矛盾" if same else f"规则“{words[1][0]}”与“{words[0][0]}”互相矛盾：没有流程能同时做到"
    en = (
        f"the rule “{words[1][1]}” contradicts itself"
        if same
        else f"the rule “{words[1][1]}” contradicts “{words[0][1]}”: no process can keep both"
    )
    return Diagnostic(
        code="OF803",
        span=other.span,
        zh=zh,
        en=en,
        fix=Fix(zh="改其中一条", en="change one of them"),
        related=() if same else ((one.span, "另一条规则", "the other rule"),),
    )
