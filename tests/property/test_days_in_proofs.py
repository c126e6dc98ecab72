"""Random procedures with stamps and dates bound to today: stories really happen, and what is proved no walk through the days breaks."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from oyiflow.diagnostics import Source
from oyiflow.kernel import Act, Rejected, start, step
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.testing.examples import play
from oyiflow.testing.memory import MONDAY
from oyiflow.verify.rules import prove

KINDS = {"s": "", "t": "", "f": ", min: today, required: true", "g": ", max: today, required: true", "d": ", required: true"}
"""Fields: two stamps, one that is not past, one that is not future, and one that may be any day."""


def condition(chance: random.Random, known: list[str]) -> str:
    def atom() -> str:
        one, other = chance.sample(known, 2) if len(known) > 1 else (known[0], "2026-01-09")
        by = chance.choice(("", "", " + 2 days", " - 1 days"))
        return f"{one} {chance.choice(('<', '<=', '>', '==', '>='))} {other}{by}"

    return f" {chance.choice(('and', 'and', 'or'))} ".join(atom() for _ in range(chance.choice((1, 2, 2, 3))))


def procedure(seed: int) -> Definition:
    """Steps that stamp or fill in one date or two, some of them again, with forks between that may lead back."""
    chance = random.Random(seed)
    steps, known = list[str](), list[str]()
    for number in range(chance.randint(2, 5)):
        stamp = chance.choice(("s", "t", ""))
        filled = chance.sample("fgd", chance.choice((0, 1, 2)) if stamp else chance.choice((1, 2)))
        known += [name for name in (*filled, stamp) if name and name not in known]
        asks = f", fill: [{', '.join(filled)}]" if filled else ""
        steps.append(f"  - {{do: s{number}, by: staff{asks}{f', stamp: {stamp}' if stamp else ''}}}\n")
        if chance.random() < 0.5:
            back = chance.choice((*(f"s{n}" for n in range(number + 1)), "fine"))
            cases = f"{{label: x, when: '{condition(chance, known)}', then: next}}, {{label: z, otherwise: {back}}}"
            steps.append(f"  - {{decide: q{number}, cases: [{cases}]}}\n")
    steps.append(
        f"  - {{decide: last, cases: [{{label: x, when: '{condition(chance, known)}', then: bad}}, {{label: z, otherwise: fine}}]}}\n"
    )
    body = "".join(steps)
    for number, line in enumerate(steps[:-1]):
        if "then: next" in line:
            after = steps[number + 1].split()[2].strip(",")
            body = body.replace("then: next", f"then: {after}", 1)
    form = "".join(f"  {name}: {{type: date{rest}}}\n" for name, rest in KINDS.items())
    text = (
        f"process: p\ntitle: P\nroles: {{staff: Staff, head: Head}}\nform:\n{form}steps:\n{body}"
        "  - {do: bad, by: head, then: fine}\n  - {do: fine, by: head}\n  - {end: done}\nrules:\n  - {say: R, never: bad}\n"
    )
    found, wrong = read_definition(Source(name="p.yaml", text=text))
    assert found is not None, (text, [one.en for one in wrong])
    return found


def kept_to(name: str, day: date, today: date) -> date:
    """A day that the field takes."""
    return max(day, today) if name == "f" else min(day, today) if name == "g" else day


def walked_into(definition: Definition, chance: random.Random) -> bool:
    """Whether somebody comes to `bad` who fills in days around today, while days pass now and then."""
    now = MONDAY
    begun = start(definition, instance="x", now=now)
    assert not isinstance(begun, Rejected)
    here = begun.snapshot
    for _ in range(12):
        if "bad" in here.configuration:
            return True
        if not here.tasks or here.tasks[0].state == "fine":
            return False
        now += timedelta(days=chance.choice((0, 0, 1, 2, 3)))
        work = definition.states[here.tasks[0].state].work
        assert work is not None
        today = definition.calendar.today(now)
        near = [
            today,
            *(value + timedelta(days=by) for value in here.data.values() if isinstance(value, date) for by in range(-3, 4)),
        ]
        values = {name: kept_to(name, chance.choice(near), today) for name in work.fill}
        answer = step(definition, here, Act(task=here.tasks[0].id, actor="x", roles=frozenset(("staff",)), values=values), now)
        assert not isinstance(answer, Rejected), answer.en
        here = answer.snapshot
    return False


@pytest.mark.parametrize("seed", range(60))
def test_stories_happen_and_proofs_hold(seed: int) -> None:
    definition = procedure(seed)
    [verdict] = prove(definition, 20_000)
    assert verdict.outcome in ("proved", "refuted")
    if verdict.broken is not None:
        played = play(definition, verdict.broken.example)
        assert played.passed, played.diagnostic.en if played.diagnostic else ""
    else:
        chance = random.Random(seed)
        assert not any(walked_into(definition, chance) for _ in range(200))
