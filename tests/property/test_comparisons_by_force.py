"""Random procedures whose conditions compare fields: every verdict is the one that trying all values gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

import pytest

from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.verify.rules import prove

Values = tuple[int | float | None, ...]
LEAST, MOST = -7, 14
"""The values that are tried by force: what lies farther off lies no otherwise to limits of 0 to 6 and distances of 1 to 3."""


class Fill(NamedTuple):
    """A step that fills in one field."""

    field: int


class Fork(NamedTuple):
    """Where to go if a condition holds, and where else."""

    holds: Callable[[Values], bool]
    there: str
    otherwise: str


class Flow(NamedTuple):
    """A procedure twice: as a definition, and as a program to be tried by force."""

    definition: Definition
    program: list[Fill | Fork]
    limits: list[tuple[int | None, int | None]]
    dense: bool


SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def atom(chance: random.Random, known: list[int]) -> tuple[str, Callable[[Values], bool]]:
    """One field against another one at a distance, or against a number."""
    sign = chance.choice(list(SIGNS))
    one, *rest = chance.sample(known, min(2, len(known)))
    holds, other, number = SIGNS[sign], rest[0] if rest and chance.random() < 0.8 else None, chance.randint(-2, 3)
    name = "abcd"[one]
    if other is None:
        return f"{name} {sign} {number + 2}", lambda v: holds(v[one], number + 2)
    by = f" {'+' if number > 0 else '-'} {abs(number)}" if number else ""
    return f"{name} {sign} {'abcd'[other]}{by}", lambda v: holds(v[one], v[other] + number)


def condition(chance: random.Random, known: list[int]) -> tuple[str, Callable[[Values], bool]]:
    """One to three of them, all or any."""
    parts = [atom(chance, known) for _ in range(chance.choice((1, 2, 2, 3)))]
    word, several = chance.choice((("and", all), ("and", all), ("or", any)))
    return f" {word} ".join(text for text, _ in parts), lambda v: several(holds(v) for _, holds in parts)


def flow(seed: int) -> Flow:
    """Fields filled in one after the other, some of them again, with forks between that go on, end, or go back."""
    chance = random.Random(seed)
    kind, fields = chance.choice(("int", "decimal")), chance.choice((2, 3, 3))
    limits = [(chance.choice((None, 0, 1)), chance.choice((None, 4, 6))) for _ in range(fields)]
    order = chance.sample(range(fields), fields) + [chance.randrange(fields) for _ in range(chance.randint(0, 3))]
    program, steps, known = list[Fill | Fork](), list[str](), list[int]()
    for number, field in enumerate(order):
        known = known if field in known else [*known, field]
        program.append(Fill(field))
        steps.append(f"  - {{do: s{number}, by: staff, fill: {'abcd'[field]}}}\n")
        last = number == len(order) - 1
        if last or (len(known) > 1 and chance.random() < 0.6):
            text, holds = condition(chance, known)
            there = "bad" if last else f"s{number + 1}"
            back = chance.choice([*(f"s{n}" for n in range(number + 1)), "fine", "fine"])
            program.append(Fork(holds, there, back))
            cases = f"      - {{label: x, when: '{text}', then: {there}}}\n      - {{label: z, otherwise: {back}}}\n"
            steps.append(f"  - decide: q{number}\n    cases:\n{cases}")
    bounds = [
        f"{f', min: {low}' if low is not None else ''}{f', max: {high}' if high is not None else ''}" for low, high in limits
    ]
    form = "".join(f"  {'abcd'[n]}: {{type: {kind}, required: true{bound}}}\n" for n, bound in enumerate(bounds))
    text = (
        f"process: p\ntitle: P\nroles: {{staff: Staff, head: Head}}\nform:\n{form}steps:\n{''.join(steps)}"
        "  - {do: bad, by: head, then: fine}\n  - {do: fine, by: head}\n  - {end: done}\nrules:\n  - {say: R, never: bad}\n"
    )
    definition, wrong = read_definition(Source(name="p.yaml", text=text))
    assert definition is not None, [one.en for one in wrong]
    return Flow(definition, program, limits, kind == "decimal")


def is_broken(flow: Flow) -> bool:
    """Whether `bad` is reached, trying every value of every field; of decimals, the halves too."""
    steps = [at for at, one in enumerate(flow.program) if isinstance(one, Fill)]
    place = {f"s{number}": at for number, at in enumerate(steps)}
    line = [n / 2 for n in range(2 * LEAST, 2 * MOST)] if flow.dense else [float(n) for n in range(LEAST, MOST)]
    fits = [[v for v in line if (low is None or v >= low) and (high is None or v <= high)] for low, high in flow.limits]
    first: Values = (None,) * len(flow.limits)
    seen, todo = {(0, first)}, [(0, first)]
    while todo:
        at, values = todo.pop()
        one = flow.program[at]
        if isinstance(one, Fill):
            after = [(at + 1, (*values[: one.field], v, *values[one.field + 1 :])) for v in fits[one.field]]
        else:
            target = one.there if one.holds(values) else one.otherwise
            if target == "bad":
                return True
            after = [(place[target], values)] if target != "fine" else []
        fresh = [node for node in after if node not in seen]
        seen.update(fresh)
        todo += fresh
    return False


@pytest.mark.parametrize("seed", range(60))
def test_what_is_proved_holds_for_all_values_and_what_is_broken_is_broken_by_some(seed: int) -> None:
    made = flow(seed)
    [verdict] = prove(made.definition, 20_000)
    assert verdict.outcome == ("refuted" if is_broken(made) else "proved")


def test_both_come_about() -> None:
    outcomes = [prove(flow(seed).definition, 20_000)[0].outcome for seed in range(60)]
    assert min(outcomes.count("proved"), outcomes.count("refuted")) > 10
