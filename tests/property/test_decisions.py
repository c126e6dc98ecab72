"""Conditions, the quick way and the slow way: boxes agree with trying everything, with z3, and with what the checks say of cases."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from oyiflow.diagnostics import Span
from oyiflow.model.definition import Assignee, Definition, Outcome, Role, State, StateKind, Text, Transition, Work
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.expression import Between, Compare, Expression, Member, Not, names_read, text, walk
from oyiflow.verify.boxes import UNKNOWN, cells, satisfiable
from oyiflow.verify.boxes.answers import Witness
from oyiflow.verify.boxes.decision import Decision
from oyiflow.verify.boxes.line import place_of
from oyiflow.verify.data import outside_limits
from oyiflow.verify.decisions import check_decisions
from oyiflow.verify.smt import solve
from tests.reference.guards import conditions, everything, form, tried

FORM = form()
TOGETHER = (
    ("n", "m"), ("n", "cost"), ("cost", "rate"), ("day", "due"), ("at", "yes"), ("took", "n"), ("kind", "sort", "tags"),
    ("tags", "more"), ("name", "peer"), ("name", "kind"), ("yes", "ok", "n"), ("peer", "sort"), ("day", "kind"), ("tags", "sort"),
)  # fmt: skip
"""Fields that are asked together: few enough that everything can be tried."""


def question(seed: int) -> tuple[list[Expression], frozenset[str]]:
    """Some conditions that shall hold together, and fields that are filled."""
    rng = random.Random(seed)
    names = rng.choice(TOGETHER)
    asked = [conditions(rng, names, FORM, rng.choice((1, 2, 3))) for _ in range(rng.choice((1, 2, 3)))]
    turned = [Not(operand=one) if rng.random() < 0.3 else one for one in asked]
    return turned, frozenset(name for name in names if rng.random() < 0.4)


def holds(conditions: list[Expression], values: Mapping[str, Any]) -> bool:
    return all(compile_expression(one)(values, lambda state: False) for one in conditions)


def test_boxes_agree_with_trying_everything() -> None:
    unknown = 0
    for seed in range(2_500):
        asked, filled = question(seed)
        found, known = satisfiable(asked, FORM, filled=filled), tried(asked, FORM, filled)
        words = f"seed {seed}: {[text(one) for one in asked]}, filled {sorted(filled)}: {found}, tried: {known}"
        if found is UNKNOWN:
            unknown += 1
        elif found is None:
            assert known is None, words
        else:
            assert holds(asked, found), words
            assert not any(found[name] is None for name in filled if name in found), words
            assert known is not None, words
    assert unknown < 50, "sums of two fields only"


def test_boxes_agree_with_z3() -> None:
    pytest.importorskip("z3")
    decided = 0
    for seed in range(10_000, 10_400):
        asked, filled = question(seed)
        found, second = satisfiable(asked, FORM, filled=filled), solve(asked, FORM, filled)
        if found is not UNKNOWN and second is not UNKNOWN:
            decided += 1
            assert (found is None) is (second is None), f"seed {seed}: {[text(one) for one in asked]}: {found} | {second}"
    assert decided > 380


# --- what the checks say ----------------------------------------------------------------------------------------------


def decision(seed: int, *, optional: bool, among: Sequence[tuple[str, ...]] = TOGETHER) -> tuple[Definition, list[Expression]]:
    """A fork whose cases lead apart, behind a step that fills everything in; each case on a line of its own."""
    rng = random.Random(seed)
    names = rng.choice(among)
    guards = [conditions(rng, names, FORM, rng.choice((0, 1, 2))) for _ in range(rng.choice((1, 2, 3, 4)))]
    guards = [replace(guard, span=Span(line=10 + n, end_line=10 + n)) for n, guard in enumerate(guards)]
    ways = [Transition(targets=(f"t{n}",), guard=guard, purpose="case", span=guard.span) for n, guard in enumerate(guards)]
    ways.append(Transition(targets=("done",), purpose="otherwise", span=Span(line=99, end_line=99)))
    filling = Work(
        by=(Assignee(role="r"),), fill=tuple(FORM.field), outcomes=(Outcome(name="d", event="f.d", title=Text(en="d")),)
    )
    states = (
        State(id="f", work=filling, verb="do", transitions=(Transition(targets=("q",), events=("f.d",), purpose="next"),)),
        State(id="q", verb="decide", transitions=tuple(ways)),
        *(State(id=f"t{n}", transitions=(Transition(targets=("done",), events=("x",)),)) for n in range(len(guards))),
        State(id="done", kind=StateKind.FINAL),
    )
    fields = tuple(replace(spec, required=not optional) for spec in FORM.fields)
    root = State(id="@p", kind=StateKind.COMPOUND, states=states)
    role = Role(name="r", title=Text(en="r"))
    return replace(FORM, body="steps", roles=(role,), fields=fields, root=root), guards


@pytest.mark.parametrize("optional", [False, True])
def test_a_case_is_called_dead_exactly_if_no_values_lead_to_it(optional: bool) -> None:
    dead_cases = 0
    for seed in range(600):
        definition, guards = decision(seed, optional=optional)
        if outside_limits(definition) or Decision(definition, guards).space.riddles:
            continue  # said by OF507, and nothing more; or not decided
        found = list(check_decisions(definition))
        said = {d.span.line for d in found if d.code in ("OF503", "OF504")}
        behind = {span.line for d in found if d.code == "OF504" for span, _, en in d.related if en == "never taken"}
        always = {d.span.line for d in found if d.code == "OF504" and any(en == "never taken" for _, _, en in d.related)}
        filled = frozenset() if optional else frozenset(definition.field)
        for number, guard in enumerate(guards):
            before = [Not(operand=one) for one in guards[:number]]
            reached = tried([*before, guard], FORM, filled) is not None
            line = 10 + number
            dead_cases += not reached
            words = f"seed {seed}, case {number}: {[text(one) for one in guards]}: {[(d.code, d.span.line) for d in found]}"
            assert reached or line in said or line in behind, words
            assert not reached or (line not in said - always and line not in behind), words
    assert dead_cases > 100


def test_overlaps_are_true() -> None:
    overlaps = 0
    for seed in range(600):
        definition, guards = decision(seed, optional=False)
        asked = Decision(definition, guards, filled=definition.field)
        for one in range(len(guards)):
            for other in range(one):
                found = asked.both(other, one)
                known = tried([guards[one], guards[other]], FORM, frozenset(definition.field))
                assert found is UNKNOWN or (found is None) is (known is None), f"seed {seed}: {other}, {one}"
                if isinstance(found, Witness):
                    overlaps += 1
                    assert holds([guards[one], guards[other]], found.values)
    assert overlaps > 200


def test_single_values_between_cases_are_true() -> None:
    points = 0
    for seed in range(1_500):
        definition, guards = decision(seed, optional=False, among=[("n",), ("cost",), ("day", "yes")])
        everyone = range(len(guards))
        for point in Decision(definition, guards, filled=definition.field).left_out(list(everyone), among=everyone):
            points += 1
            assert not any(holds([guard], point.witness.values) for guard in guards), f"seed {seed}"
            assert _sides(definition, guards, point.field, dict(point.witness.values)), f"seed {seed}"
    assert points > 5


def _sides(definition: Definition, guards: list[Expression], name: str, values: dict[str, Any]) -> bool:
    """Whether different cases hold just below and just above the value of a field."""
    line = sorted((v for v in everything(definition.field[name]) if v is not None and place_of(v) is not None), key=place_of)  # type: ignore[type-var]
    here = line.index(values[name])
    sides = [{n for n, guard in enumerate(guards) if holds([guard], {**values, name: line[at]})} for at in (here - 1, here + 1)]
    return bool(sides[0]) and bool(sides[1]) and not sides[0] & sides[1]


def test_the_cells_of_a_definition_decide_every_case_like_all_values_do() -> None:
    """Whatever combination of answers all values give, the cells give too (fields that are not compared with each other)."""
    for seed in range(250):
        definition, guards = decision(seed, optional=True)
        tests = [compile_expression(guard) for guard in guards]
        found = cells(definition)
        names = sorted(found)
        if any(
            len(names_read(node)) > 1
            for guard in guards
            for node in walk(guard)
            if isinstance(node, Compare | Member | Between)
        ):
            continue
        spread = _answers(tests, {name: list(found[name]) for name in names})
        whole = _answers(tests, {name: everything(definition.field[name]) for name in names})
        assert spread == whole, f"seed {seed}: {[text(guard) for guard in guards]}: {found}"


def _answers(tests: list[Any], values: dict[str, list[Any]]) -> set[tuple[bool, ...]]:
    combinations: list[dict[str, Any]] = [{}]
    for name, each in values.items():
        combinations = [{**data, name: value} for data in combinations for value in each]
    return {tuple(bool(test(data, lambda state: False)) for test in tests) for data in combinations}
