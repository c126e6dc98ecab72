"""Random procedures whose conditions compare fields with one another: what the search reaches is what people reach with any numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from oyiflow.diagnostics import Source
from oyiflow.kernel import Act, Rejected, Snapshot, start, step
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.testing.memory import MONDAY
from oyiflow.verify.dead import Onlooker
from oyiflow.verify.explore import Space, search

FIELDS = "abc"


def procedure(chance: random.Random) -> Definition:
    """Steps that fill in one or two numbers, each followed by a fork that compares two of them, or one with a number."""
    steps, count = [], chance.randint(3, 5)
    for number in range(count):
        filled = ", ".join(chance.sample(FIELDS, chance.choice((1, 1, 2))))
        one, other = chance.sample(FIELDS, 2)
        right = chance.choice((other, f"{other} + 2", str(chance.randint(0, 6))))
        there, else_ = (chance.choice([*(f"s{n}" for n in range(count)), "done"]) for _ in range(2))
        steps.append(f"  - {{do: s{number}, by: staff, fill: [{filled}]}}\n")
        steps.append(
            f"  - decide: d{number}\n    cases:\n      - {{label: x, when: {one} {chance.choice(('<', '>', '==', '<='))} {right}, then: {there}}}\n"
            f"      - {{label: y, otherwise: {else_}}}\n"
        )
    limits = {name: chance.choice(("", ", min: 0", ", max: 9", ", min: 0, max: 9")) for name in FIELDS}
    form = ", ".join(f"{name}: {{type: int, required: true{limits[name]}}}" for name in FIELDS)
    text = f"process: p\ntitle: P\nroles: {{staff: Staff}}\nform: {{{form}}}\nsteps:\n{''.join(steps)}  - {{end: done}}\n"
    found, wrong = read_definition(Source(name="p.yaml", text=text))
    assert found is not None, [one.en for one in wrong]
    return found


def reached_by_search(definition: Definition) -> tuple[set[str], bool]:
    space = Space(definition)
    found = search(space, Onlooker(), reduced=False)
    assert found.exhausted
    return {name for number in found.situations for name in space.active(number)}, space.exact


def walks(definition: Definition, chance: random.Random, count: int) -> Iterator[Snapshot]:
    """Where people come to who fill in numbers at random; what no step asks for comes with the start."""
    filled = {name for state in definition.states.values() if state.work is not None for name in state.work.fill}
    outside = sorted(set(FIELDS) - filled)
    for number in range(count):
        given = {name: chance.randint(-2, 11) for name in outside if chance.random() < 0.8}
        answer = start(definition, instance=str(number), now=MONDAY, values=given)
        if isinstance(answer, Rejected):
            continue
        here = answer.snapshot
        for _ in range(15):
            yield here
            if not here.tasks:
                break
            task = here.tasks[0]
            work = definition.states[task.state].work
            assert work is not None
            near = [*range(-3, 12), *(value + by for value in here.data.values() for by in (-3, -2, -1, 0, 0, 1, 2, 3))]
            values = {name: chance.choice(near) for name in work.fill}
            answer = step(definition, here, Act(task=task.id, actor="x", roles=frozenset(("staff",)), values=values), MONDAY)
            here = here if isinstance(answer, Rejected) else answer.snapshot


@pytest.mark.parametrize("seed", range(80))
def test_the_search_reaches_what_people_reach(seed: int) -> None:
    chance = random.Random(seed)
    definition = procedure(chance)
    searched, exact = reached_by_search(definition)
    walked = {name for snapshot in walks(definition, chance, 300) for name in snapshot.configuration}
    assert walked <= searched or not exact
    leaves = {name for name in searched if definition.states[name].work is not None or name == "done"}
    assert leaves <= walked or not exact, "nor anything more"


def test_nearly_all_of_them_are_decided() -> None:
    decided = [reached_by_search(procedure(random.Random(seed)))[1] for seed in range(80)]
    assert decided.count(False) <= 1
