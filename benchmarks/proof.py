"""How long proofs take: branches in parallel with decisions on data, long procedures with many rules, the rules of `processes/`.

    python3 benchmarks/proof.py            a table
    python3 benchmarks/proof.py --json     {branches: [...], long: [...], processes: {...}}

Each figure is processor time, the best of three runs in this process, from a definition that was just read to all verdicts; reading is not
counted. `situations`: the most that one rule had to look at.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from oyiflow.diagnostics import Source  # noqa: E402
from oyiflow.load.catalog import read_catalog  # noqa: E402
from oyiflow.load.reader import read_definition  # noqa: E402
from oyiflow.model.definition import Definition  # noqa: E402
from oyiflow.verify.rules import Verdict, prove  # noqa: E402


def branches(count: int) -> str:
    """A `together` of so many branches, each of three steps with a decision on an amount and an approval that may send back."""
    lines = ["process: p", "title: P", "roles: {a: A, b: B}", "form:"]
    lines += [f"  x{n}: {{type: money, required: true}}" for n in range(count)]
    lines += ["steps:", "  - {do: plan, by: a}", "  - {approve: ok, by: b, rejected: plan}", "  - together: t", "    steps:"]
    for n in range(count):
        lines += [
            f"      - branch: b{n}", "        steps:", f"          - {{do: f{n}, by: a, fill: x{n}}}", f"          - decide: d{n}", "            cases:",
            f"              - {{label: large, when: x{n} > 5000, then: c{n}}}", f"              - {{label: small, otherwise: e{n}}}",
            f"          - {{approve: c{n}, by: b, rejected: f{n}}}", f"          - {{do: e{n}, by: a}}",
        ]  # fmt: skip
    lines += ["  - {do: visit, by: a}", "  - {end: done}", "rules:"]
    lines += ["  - {say: approved, before: visit, must: ok}", "  - {say: all done, before: visit, must: [e0, e1]}"]
    lines += [
        "  - {say: large ones approved, before: visit, must: c0, when: x0 > 5000}",
        "  - {say: visited, after: plan, must: visit}",
    ]
    return "\n".join(lines) + "\n"


def long(steps: int, rules: int) -> str:
    """A procedure of so many steps: work, approvals that send back, decisions on amounts; rules all along it."""
    lines = ["process: p", "title: P", "roles: {a: A, b: B}", "form:"]
    lines += [f"  x{n}: {{type: money, required: true}}" for n in range(steps // 10)]
    lines.append("steps:")
    for n in range(steps):
        kind, field = n % 10, n // 10
        if kind == 0:
            lines.append(f"  - {{do: s{n}, by: a, fill: x{field}}}")
        elif kind == 3:
            lines += [
                f"  - decide: s{n}",
                "    cases:",
                f"      - {{label: large, when: x{field} > 5000, then: s{n + 1}}}",
                f"      - {{label: small, otherwise: s{n + 2}}}",
            ]
        elif kind in (4, 7):
            lines.append(f"  - {{approve: s{n}, by: b, rejected: s{n - kind}}}")
        else:
            lines.append(f"  - {{do: s{n}, by: a}}")
    lines += ["  - {end: done}", "rules:"]
    for n in range(rules):
        block = 10 * (n * (steps // 10) // rules)
        lines.append(f"  - {{say: r{n}, before: s{block + 9}, must: s{block + 7}}}")
    return "\n".join(lines) + "\n"


def read(text: str) -> Definition:
    """The definition of a text."""
    definition, found = read_definition(Source(name="p.yaml", text=text))
    assert definition is not None, [one.en for one in found]
    return definition


def timed(make: Callable[[], Definition]) -> tuple[float, list[Verdict]]:
    """The best time of three, and the verdicts."""
    best, verdicts = float("inf"), list[Verdict]()
    for _ in range(3):
        definition = make()
        began = time.process_time()
        verdicts = prove(definition)
        best = min(best, time.process_time() - began)
    return best, verdicts


def measured(text: str, **about: Any) -> dict[str, Any]:
    """One row."""
    seconds, verdicts = timed(lambda: read(text))
    outcomes = sorted({one.outcome for one in verdicts})
    return {**about, "seconds": round(seconds, 4), "situations": max(one.looked_at for one in verdicts), "verdicts": outcomes}


def all_processes() -> dict[str, Any]:
    """The rules of `processes/`, all together."""
    definitions = list(read_catalog([ROOT / "processes"]).definitions.values())
    began = time.process_time()
    verdicts = [verdict for definition in definitions for verdict in prove(definition)]
    seconds = time.process_time() - began
    counts = {
        outcome: sum(1 for one in verdicts if one.outcome == outcome) for outcome in sorted({v.outcome for v in verdicts})
    }
    return {"processes": len(definitions), "rules": len(verdicts), "seconds": round(seconds, 4), **counts}


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", action="store_true")
    as_json = options.parse_args().json
    found = {
        "branches": [measured(branches(n), branches=n) for n in (2, 4, 8, 12, 16, 20, 25, 30)],
        "long": [measured(long(n, 20), steps=n, rules=20) for n in (100, 300, 1000, 3000)],
        "processes": all_processes(),
    }
    if as_json:
        print(json.dumps(found, indent=2))
        return 0
    for row in [*found["branches"], *found["long"]]:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    print(found["processes"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
