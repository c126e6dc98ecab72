"""Conditions and people: how fast they are decided, and whether another solver says the same.

    python benchmarks/decisions.py                 tables
    python benchmarks/decisions.py --json          one JSON document
    python benchmarks/decisions.py --questions 10000

`decisions`: forks of an ordinary kind, checked as `oyiflow check` does (OF501 to OF504), in milliseconds for each, the best of
several rounds. `agreement`: random questions over two or three fields, answered by boxes, by z3 (if it is installed) and by
trying everything. `people`: steps, people and rules of growing number, a choice for each post.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.model.expression import Not
from oyiflow.verify.boxes import UNKNOWN, satisfiable
from oyiflow.verify.decisions import check_decisions
from oyiflow.verify.separation import Post, Tie, choose
from oyiflow.verify.smt import solve
from tests.reference.guards import conditions, form, tried

PROCESS = """\
process: trip
title: Trip
roles: {{staff: Staff}}
form:
  cost: {{type: money, min: 0, required: true}}
  days: {{type: int, min: 1, required: true}}
  kind: {{type: choice, of: [x, y, z], required: true}}
  out: {{type: date, required: true}}
  back: {{type: date, required: true}}
steps:
  - {{do: apply, by: staff, fill: [cost, days, kind, out, back]}}
{forks}
  - {{do: one, by: staff, then: done}}
  - {{do: two, by: staff, then: done}}
  - {{do: three, by: staff}}
  - {{end: done}}
"""
FORKS: dict[str, list[str]] = {
    "yes or no": ["cost > 5000"],
    "three ranges": ["cost < 5000", "cost >= 5000 and cost < 20000"],
    "a gap": ["cost < 25000", "cost > 25000 and cost < 28000"],
    "an overlap": ["cost <= 5000", "cost >= 5000 and cost < 9000"],
    "a choice": ['kind == "x"', 'kind == "y"'],
    "two fields": ["cost > 5000 and days > 3", "cost <= 5000 and days > 3"],
    "two dates": ["back < out", "back <= out + 3 days and back >= out"],
}
COPIES = 40
TOGETHER = (
    ("n", "m"),
    ("cost", "rate"),
    ("day", "due"),
    ("kind", "sort", "tags"),
    ("name", "peer"),
    ("yes", "ok", "n"),
    ("took", "n"),
)


def fork(number: int, cases: list[str]) -> str:
    lines = [f"      - when: '{case}'\n        then: {to}" for case, to in zip(cases, ("one", "two"), strict=False)]
    after = f"d{number + 1}" if number + 1 < COPIES else "three"
    return "\n".join([f"  - decide: d{number}\n    cases:", *lines, f"      - {{otherwise: {after}}}"])


def process(cases: list[str]) -> Definition:
    """A process with many forks of one kind, one after the other."""
    text = PROCESS.format(forks="\n".join(fork(number, cases) for number in range(COPIES)))
    definition, wrong = read_definition(Source(name="trip.yaml", text=text))
    assert definition is not None, wrong
    return definition


def best(action: Callable[[], Any], rounds: int = 15) -> float:
    """The shortest of several runs, in milliseconds of the processor."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        action()
        times.append((time.process_time() - begun) * 1e3)
    return min(times)


def decisions() -> dict[str, float]:
    """Milliseconds for one fork of each kind; what is known of fields is worked out before."""
    found = {}
    for name, cases in FORKS.items():
        definition = process(cases)
        list(check_decisions(definition))
        found[name] = round(best(lambda of=definition: list(check_decisions(of))) / COPIES, 4)  # type: ignore[misc]
    return found


def agreement(count: int) -> dict[str, Any]:
    """How often boxes, z3 and trying everything answer, and contradict each other."""
    definition, with_z3 = form(), find_spec("z3") is not None
    told = {"questions": count, "undecided": 0, "satisfiable": 0, "against everything": 0, "against z3": 0, "z3 undecided": 0}
    spent = {"boxes": 0.0, "z3": 0.0, "everything": 0.0}
    for seed in range(count):
        rng = random.Random(seed)
        names = rng.choice(TOGETHER)
        asked = [conditions(rng, names, definition, rng.choice((1, 2, 3))) for _ in range(rng.choice((1, 2, 3)))]
        asked = [Not(operand=one) if rng.random() < 0.3 else one for one in asked]
        filled = frozenset(name for name in names if rng.random() < 0.4)
        found, spent["boxes"] = _timed(lambda: satisfiable(asked, definition, filled=filled), spent["boxes"])  # noqa: B023
        known, spent["everything"] = _timed(lambda: tried(asked, definition, filled), spent["everything"])  # noqa: B023
        told["undecided"] += found is UNKNOWN
        told["satisfiable"] += found is not None and found is not UNKNOWN
        told["against everything"] += found is not UNKNOWN and (found is None) is not (known is None)
        if with_z3:
            second, spent["z3"] = _timed(lambda: solve(asked, definition, filled), spent["z3"])  # noqa: B023
            told["z3 undecided"] += second is UNKNOWN
            told["against z3"] += found is not UNKNOWN and second is not UNKNOWN and (found is None) is not (second is None)
    mean = {f"{who}, mean ms": round(total / count * 1e3, 3) for who, total in spent.items() if who != "z3" or with_z3}
    return {**told, "z3": with_z3, **mean}


def _timed(action: Callable[[], Any], before: float) -> tuple[Any, float]:
    begun = time.perf_counter()
    return action(), before + time.perf_counter() - begun


def people() -> list[dict[str, Any]]:
    """A choice of people for posts that rules tie together."""
    rows = []
    for steps, staff, rules, candidates in (
        (100, 50, 30, 8),
        (1000, 500, 300, 20),
        (1000, 500, 300, 3),
        (1000, 500, 1000, 5),
        (5000, 500, 2000, 20),
    ):
        posts, ties = assignment(steps, staff, rules, candidates)
        answer = choose(posts, ties)
        spent = best(lambda: choose(posts, ties), 5)  # noqa: B023
        kept = "kept" if isinstance(answer, dict) else answer.value
        rows.append(
            {"steps": steps, "people": staff, "rules": rules, "candidates": candidates, "ms": round(spent, 2), "answer": kept}
        )
    return rows


def assignment(steps: int, staff: int, rules: int, candidates: int) -> tuple[list[Post], list[Tie]]:
    """Steps of eight roles; one rule in ten wants the same person, the others different ones."""
    rng = random.Random(steps + rules)
    roles = [sum(1 << person for person in rng.sample(range(staff), candidates)) for _ in range(8)]
    posts = [Post(str(number), rng.choice(roles)) for number in range(steps)]
    ties = []
    for _ in range(rules):
        one = rng.randrange(steps)
        alike = [other for other in range(steps) if posts[other].candidates == posts[one].candidates and other != one]
        if rng.random() < 0.1:
            ties.append(Tie((one, rng.choice(alike)), False))
        else:
            ties.append(Tie(tuple(rng.sample(range(steps), rng.choice((2, 2, 3)))), True))
    return posts, ties


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--questions", type=int, default=2_000)
    given = parser.parse_args()
    found = {"decisions": decisions(), "agreement": agreement(given.questions), "people": people()}
    if given.json:
        print(json.dumps(found, indent=2))
        return
    print("| fork | ms |\n|---|---|")
    for name, spent in found["decisions"].items():
        print(f"| {name} | {spent:.3f} |")
    print("\n| agreement | |\n|---|---|")
    for name, value in found["agreement"].items():
        print(f"| {name} | {value} |")
    print("\n| steps | people | rules | candidates | ms | answer |\n|---|---|---|---|---|---|")
    for row in found["people"]:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


if __name__ == "__main__":
    main()
