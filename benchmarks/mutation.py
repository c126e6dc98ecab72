"""How many mistakes in a process are found before it is published: mistakes are made on purpose, one at a time.

    python benchmarks/mutation.py                      # every process in processes/, up to 3 places per operator and process
    python benchmarks/mutation.py --json --places 2    # {score, by_operator, by_check, survivors}
    python benchmarks/mutation.py --only flip_comparison --show
    python benchmarks/mutation.py --random 40 --seed 1 # 40 random processes instead, with rules and examples derived from them

Each operator makes a mistake that authors make: a step leads elsewhere, a branch is forgotten, a bound is off by one, a
comparison is the wrong way round, a rule is weakened, a role loses its people. A mutant is found if `oyiflow check` (with
the company and the proofs of the rules) reports something that it does not report of the original, or if an example of the
process no longer passes. A mutant whose machine is the same as the original's is equivalent and does not count. Mistakes of which
nothing else in a file could speak (whether a field must be filled, the type of a field that no condition reads, a document that nobody
needs) are made too and listed, but stand outside the score: see FORM_ONLY.

With `--random` each mutant is asked thrice: what `check` says of the process alone, what the rules add, what the examples add.
One that nobody finds counts as equivalent only if it has been shown that it behaves as the original (`mutation_equal.py`).
From the root of the repository, with the package installed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mutation_equal import alike
from mutation_lives import written
from mutation_operators import FORM_ONLY, OPERATORS, Data, Mutant
from mutation_owner import SEVERE, finished, parsed
from mutation_random import as_text, random_company

from oyiflow.checking import check
from oyiflow.diagnostics import Diagnostic
from oyiflow.load.catalog import read_catalog
from oyiflow.load.text import nodes
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition, walk
from oyiflow.testing import play
from oyiflow.verify import verify
from oyiflow.verify.people import check_duties, check_people

ROOT = Path(__file__).resolve().parent.parent

# --- mistakes in the company


def without_role(company: Company, role: str) -> Company:
    return replace(company, people=tuple(replace(p, roles=tuple(r for r in p.roles if r != role)) for p in company.people))


def without_deputies(company: Company, role: str) -> Company:
    """Those who hold a role have nobody to stand in for them."""
    held = {p.name for p in company.people if role in p.roles}
    people = tuple(replace(p, deputy="" if p.name in held else p.deputy) for p in company.people)
    return replace(company, people=people, absences=tuple(a for a in company.absences if a.person not in held))


COMPANY: dict[str, Callable[[Company, str], Company]] = {
    "emptied_role": without_role,
    "removed_deputy": without_deputies,
}


# --- is it found?


class Judge:
    """Knows what the originals report, and compares."""

    def __init__(self, folder: Path) -> None:
        catalog = check([folder])
        assert not catalog.failed, "the originals have mistakes"
        self.catalog = catalog
        self.company: Company | None = catalog.company
        self.others: dict[str, Definition | None] = dict(catalog.definitions)
        self.baseline = {name: self.reported(definition) for name, definition in self.others.items() if definition is not None}

    def reported(self, definition: Definition) -> Counter[str]:
        found = verify(definition, {**self.others, definition.name: definition})
        if self.company is not None:
            found += check_all_people(self.company, definition)
        return Counter(one.code for one in found if one.severity in SEVERE)

    def verdict(self, name: str, data: Data) -> tuple[str, str]:
        """("check"|"examples"|"survived"|"equivalent", what found it)."""
        definition, severe = parsed(data)
        if definition is None or severe:
            return "check", next(iter(severe), "-")
        original = self.others[name]
        assert original is not None
        if same_machine(definition, original):
            return "equivalent", ""
        more = self.reported(definition) - self.baseline[name]
        if more:
            return "check", next(iter(more))
        definition = replace(definition, calendar=original.calendar)
        called = [one for key, one in self.others.items() if one is not None and key != name]
        for example in definition.examples:
            if play(definition, example, others=called).diagnostic is not None:
                return "examples", example.name
        return "survived", ""

    def of_company(self, company: Company, definition: Definition) -> tuple[str, str]:
        """The same of a company with a mistake: ("check"|"survived"|"equivalent", the code that the right one does not get)."""
        if company == self.company:
            return "equivalent", ""
        found = [
            Counter((one.code, one.zh) for one in check_all_people(c, definition))
            for c in (company, self.company)
            if c is not None
        ]
        more = found[0] - found[1]
        return ("check", next(iter(more))[0]) if more else ("survived", "")


class StagedJudge(Judge):
    """Also says what it took: nothing but the process, its rules, or its examples."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.stages = {
            name: [self.severe(self.stripped(data, *gone)) for gone in STAGES] for name, data in originals(folder).items()
        }

    @staticmethod
    def stripped(data: Data, *keys: str) -> Data:
        return {key: value for key, value in data.items() if key not in keys}

    def severe(self, data: Data) -> Counter[str]:
        definition, found = parsed(data)
        return found if definition is None or found else self.reported(definition)

    def verdict(self, name: str, data: Data) -> tuple[str, str]:
        """("check"|"rules"|"examples"|"survived"|"equivalent", what found it)."""
        definition, found = parsed(data)
        original = self.others[name]
        assert original is not None
        if definition is not None and not found and same_machine(definition, original):
            return "equivalent", ""
        for stage, gone, before in zip(("check", "rules"), STAGES, self.stages[name], strict=True):
            more = self.severe(self.stripped(data, *gone)) - before
            if more:
                return stage, next(iter(more))
        if found or definition is None:
            return "examples", next(iter(found), "-")
        bare = replace(definition, calendar=original.calendar, examples=(), text="")  # less to deploy for each of them
        for example in definition.examples:
            if play(bare, example).diagnostic is not None:
                return "examples", example.name
        return ("equivalent" if alike(original, definition) else "survived"), ""


STAGES = (("rules", "examples"), ("examples",))
"""What is left out: first both, then the examples."""


def random_files(folder: Path, count: int, seed: int) -> None:
    """Files without any error or warning, whose rules are proved and whose examples pass; all of it follows from the seed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "company.yaml").write_text(as_text(random_company(random.Random(f"{seed}"))), encoding="utf-8")
    number = made = 0
    while made < count:
        number += 1
        dice = random.Random(f"{seed}/{number}")
        data = written(f"p{number:04}", dice)
        if data is not None and is_clean(folder, data) and is_clean(folder, finished(data, dice)):
            made += 1
        if sys.stderr.isatty():
            print(f"\r… {made} of {number} files", end="\x1b[K", file=sys.stderr)


def is_clean(folder: Path, data: Data) -> bool:
    """Write the file, and take it away again if the check has anything to say."""
    path = folder / f"{data['process']}.yaml"
    path.write_text(as_text(data), encoding="utf-8")
    clean = not any(one.severity in SEVERE for one in check([path, folder / "company.yaml"]).diagnostics)
    if not clean:
        path.unlink()
    return clean


def check_all_people(company: Company, definition: Definition) -> list[Diagnostic]:
    return [*check_people(company, [definition]), *check_duties(company, [definition])]


def same_machine(one: Definition, other: Definition) -> bool:
    """Whether two definitions behave alike: the same states, form and rules, whatever they are called and come from."""
    bare = [replace(d, origin=other.origin, examples=(), text="", rules=d.rules) for d in (one, other)]
    return bare[0].digest == bare[1].digest and len(list(walk(one.root))) == len(list(walk(other.root)))


def originals(folder: Path) -> dict[str, Data]:
    found: dict[str, Data] = {}
    for source in read_catalog([folder]).sources.values():
        root, _ = nodes.read(source)
        data = nodes.plain(root) if root is not None else None
        if isinstance(data, dict) and "process" in data:
            found[str(data["process"])] = data
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the mistakes: by operator, by what found them, and those that nothing found."""

    table: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_check: Counter[str] = field(default_factory=Counter)
    survivors: list[dict[str, str]] = field(default_factory=list)

    def note(self, process: str, operator: str, what: str, verdict: tuple[str, str]) -> None:
        came, by = verdict
        self.table[operator][came] += 1
        self.by_check[by if came in ("check", "rules") else came] += 1
        if came == "survived":
            self.survivors.append({"process": process, "operator": operator, "what": what})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=str(ROOT / "processes"))
    parser.add_argument("--places", type=int, default=3, help="mutants per operator and process at the most")
    parser.add_argument("--only", default="", help="one operator")
    parser.add_argument("--process", default="", help="one process")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="N random processes, instead of those in the folder")
    parser.add_argument("--seed", type=int, default=1, help="of the random processes")
    parser.add_argument("--keep", default="", metavar="DIR", help="where the random processes are written")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="name the survivors")
    arguments = parser.parse_args()
    if not arguments.random:
        run(Judge(Path(arguments.folder)), Path(arguments.folder), arguments)
        return 0
    with TemporaryDirectory() as passing:
        folder = Path(arguments.keep or passing)
        if folder.is_dir() and any(folder.iterdir()):
            parser.error(f"{folder} is not empty")
        random_files(folder, arguments.random, arguments.seed)
        run(StagedJudge(folder), folder, arguments)
    return 0


def run(judge: Judge, folder: Path, arguments: argparse.Namespace) -> None:
    """Make the mistakes, ask the judge, print the table."""
    began = time.perf_counter()
    tally = Tally()
    for name, data in originals(folder).items():
        if arguments.process not in ("", name):
            continue
        for operator, make in OPERATORS.items():
            if arguments.only not in ("", operator):
                continue
            for told, mutant in spread(list(make(data)), arguments.places):
                tally.note(name, operator, told, judge.verdict(name, mutant))
        for operator, role, verdict in company_mutants(judge, name, arguments):
            tally.note(name, operator, role, verdict)
        if sys.stderr.isatty():
            print(f"\r… {name}", end="\x1b[K", file=sys.stderr)
    report(tally, time.perf_counter() - began, arguments)


def company_mutants(judge: Judge, name: str, arguments: argparse.Namespace) -> Iterator[tuple[str, str, tuple[str, str]]]:
    """The operator, the role that it was about, the verdict."""
    definition = judge.others[name]
    if judge.company is None or definition is None:
        return
    used = [
        r.name
        for r in definition.roles
        if any(w.role == r.name for s in definition.states.values() if s.work for w in s.work.by)
    ]
    for operator, change in COMPANY.items():
        for role in used[: arguments.places] if arguments.only in ("", operator) else ():
            yield operator, role, judge.of_company(change(judge.company, role), definition)


def spread(found: list[Mutant], places: int) -> list[Mutant]:
    """Some of them, evenly."""
    return found if len(found) <= places else [found[n * len(found) // places] for n in range(places)]


def report(tally: Tally, seconds: float, arguments: argparse.Namespace) -> None:
    counted = [row for operator, row in tally.table.items() if operator not in FORM_ONLY]
    made = sum(sum(row.values()) - row["equivalent"] for row in counted)
    caught = sum(row["check"] + row["rules"] + row["examples"] for row in counted)
    score = caught / made if made else 1.0
    by = {"check": "check", **({"rules": "rules"} if arguments.random else {}), "examples": "examples"}
    rows = {
        operator: {"mutants": sum(row.values()) - row["equivalent"], **{key: row[key] for key in (*by, "survived", "equivalent")}}
        for operator, row in tally.table.items()
    }  # fmt: skip
    uncounted = {operator: rows.pop(operator) for operator in FORM_ONLY if operator in rows}
    if arguments.json:
        print(json.dumps({"score": round(score, 4), "mutants": made, "seconds": round(seconds, 1), "by_operator": rows, "uncounted": uncounted, "by_check": dict(tally.by_check), "survivors": tally.survivors},
                         ensure_ascii=False, indent=1))  # fmt: skip
        return
    print(
        "| operator | mutants | "
        + "".join(f"found by {key} | " for key in by)
        + "survived | equivalent |\n|"
        + "---|" * (len(by) + 4)
    )
    for operator, row in {**rows, **{f"({name})": row for name, row in uncounted.items()}}.items():
        print(f"| {operator} | " + " | ".join(str(number) for number in row.values()) + " |")
    print(f"\n{made} mutants, {caught} found: {score:.1%}, in {seconds:.0f} s")
    if arguments.show:
        for one in tally.survivors:
            print(f"- {one['process']}: {one['operator']}: {one['what']}")


if __name__ == "__main__":
    sys.exit(main())
