"""What durability costs: the engine's complete public step against the least that any engine must write.

    python benchmarks/durable.py [--quick] [--json]

Bare: one transaction of three statements on SQLite (version-checked UPDATE of a 600-byte state, INSERT of a history row,
upsert of a task row), same file system, same pragmas (WAL, synchronous=FULL). Engine: `Engine.complete` on a file, with
access check, guard, form value, kernel, journal, tasks and an idempotency key. Both are measured in short turns, one
after the other, in one run; on a shared machine only the ratio of the best turns means anything. `no sync` is the same
with synchronous=OFF: it shows the processor's share alone.
"""

from __future__ import annotations

import argparse
import json
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

from oyiflow.engine import Engine
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Assignee, Definition, Field, Outcome, Role, State, StateKind, Text, Transition, Work
from oyiflow.model.expression import Compare, Constant, Name
from oyiflow.model.values import FieldType
from oyiflow.store.sqlite import SqliteStore

TARGET = 0.60
BUSY = 1.0
"""Milliseconds of a bare step above which the disk or the machine, not the program, is measured."""
INSTANCES = 500
CALLERS = 16
MANY = f"engine, {CALLERS} callers"
TASKS = ("draft", "legal", "finance", "sign")
STATE = json.dumps({"active": ["review.legal", "review.finance"], "data": {f"k{i}": "v" * 20 for i in range(16)}})
PAYLOAD = json.dumps({"event": "approve", "actor": "alice", "comment": "x" * 120})
DDL = (
    "CREATE TABLE instance(id TEXT PRIMARY KEY, process TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, "
    "state TEXT NOT NULL, updated REAL NOT NULL)",
    "CREATE TABLE history(instance TEXT NOT NULL REFERENCES instance(id), seq INTEGER NOT NULL, kind TEXT NOT NULL, "
    "at REAL NOT NULL, payload TEXT NOT NULL, PRIMARY KEY(instance, seq))",
    "CREATE TABLE task(instance TEXT NOT NULL REFERENCES instance(id), name TEXT NOT NULL, status TEXT NOT NULL, "
    "assignee TEXT, due REAL, PRIMARY KEY(instance, name))",
    "CREATE INDEX task_due ON task(due) WHERE status = 'open'",
)
UPDATE = "UPDATE instance SET version = version + 1, state = ?, updated = ? WHERE id = ? AND version = ?"
INSERT = "INSERT INTO history(instance, seq, kind, at, payload) VALUES(?, ?, ?, ?, ?)"
UPSERT = (
    "INSERT INTO task(instance, name, status, assignee, due) VALUES(?, ?, ?, ?, ?) ON CONFLICT(instance, name) DO UPDATE "
    "SET status = excluded.status, assignee = excluded.assignee, due = excluded.due"
)


def words(text: str) -> Text:
    """Both languages at once."""
    return Text(zh=text, en=text)


def rework() -> Definition:
    """Apply and review for ever: each review sends the case back. A guard on an amount, twelve filled fields."""
    fields = tuple(Field(name=f"field_{n}", title=words(f"field {n}"), type=FieldType.TEXT) for n in range(12))
    amount = Field(name="amount", title=words("amount"), type=FieldType.MONEY)
    done = Outcome(name="done", event="apply.done", title=words("done"))
    back = Outcome(name="rejected", event="review.rejected", title=words("rejected"), consent=False)
    cheap = Compare(op="<", left=Name(name="amount"), right=Constant(value=Decimal(5000), type="number"))
    apply = State(
        id="apply",
        work=Work(by=(Assignee(role="staff"),), fill=("amount",), outcomes=(done,)),
        transitions=(
            Transition(events=("apply.done",), targets=("review",), guard=cheap),
            Transition(events=("apply.done",), targets=("end",)),
        ),
    )
    review = State(
        id="review",
        work=Work(by=(Assignee(role="boss"),), outcomes=(back,)),
        transitions=(Transition(events=("review.rejected",), targets=("apply",)),),
    )
    end = State(id="end", kind=StateKind.FINAL)
    root = State(id="rework", kind=StateKind.COMPOUND, states=(apply, review, end))
    roles = (Role(name="staff", title=words("staff")), Role(name="boss", title=words("boss")))
    return Definition(name="rework", title=words("rework"), roles=roles, fields=(*fields, amount), root=root)


def bare_step(path: Path, synchronous: str) -> Callable[[], None]:
    """The three statements."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "foreign_keys = ON"):
        db.execute(f"PRAGMA {pragma}")
    for statement in DDL:
        db.execute(statement)
    db.execute("BEGIN")
    ids = [f"rework-{n}" for n in range(INSTANCES)]
    db.executemany("INSERT INTO instance VALUES(?, 'rework', 0, 'running', ?, 0)", [(id, STATE) for id in ids])
    db.execute("COMMIT")
    count = 0

    def step() -> None:
        nonlocal count
        version, number = divmod(count, INSTANCES)
        id = ids[number]
        count += 1
        now = time.time()
        db.execute("BEGIN IMMEDIATE")
        if db.execute(UPDATE, (STATE, now, id, version)).rowcount != 1:
            raise RuntimeError("conflict")
        db.execute(INSERT, (id, version, "transition", now, PAYLOAD))
        db.execute(UPSERT, (id, TASKS[version & 3], "open" if version & 1 else "done", "alice", now + 86400))
        db.execute("COMMIT")

    return step


class Rework:
    """An engine on a file with cases that go round; `step` moves the next one of a share of them."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self.engine, self.ids = running(path, synchronous)

    def step(self, share: int = 0, shares: int = 1) -> Callable[[], None]:
        """The public call, with a key, a value and a comment. Each share may be moved by a thread of its own."""
        engine, ids, comment, count = self.engine, self.ids[share::shares], "x" * 100, 0

        def step() -> None:
            nonlocal count
            turn, number = divmod(count, len(ids))
            count += 1
            key = f"{share}.{count}"
            if turn & 1:
                engine.complete(ids[number], "review", actor="zhao", outcome="rejected", comment=comment, key=key)
            else:
                engine.complete(ids[number], "apply", actor="li", values={"amount": "1200.50"}, comment=comment, key=key)

        return step

    def together(self, callers: int) -> Callable[[float], tuple[float, list[float]]]:
        """A sample of many callers at once."""
        steps = [self.step(share, callers) for share in range(callers)]

        def turn(seconds: float) -> tuple[float, list[float]]:
            with ThreadPoolExecutor(callers) as pool:
                done = list(pool.map(lambda step: sample(step, seconds), steps))
            return sum(rate for rate, _ in done), [taken for _, times in done for taken in times]

        return turn


def running(path: Path, synchronous: str) -> tuple[Engine, list[str]]:
    """An engine with started cases."""
    store = SqliteStore(path)
    store._db.execute(f"PRAGMA synchronous = {synchronous}")
    people = (Person(name="li", title=words("li"), roles=("staff",)), Person(name="zhao", title=words("zhao"), roles=("boss",)))
    engine = Engine(store, directory=Company(people=people))
    definition = rework()
    values = {field.name: "v" * 20 for field in definition.fields if field.name != "amount"}
    return engine, [engine.start(definition, actor="li", values=values).id for _ in range(INSTANCES)]


def sample(step: Callable[[], None], seconds: float) -> tuple[float, list[float]]:
    """Steps per second over one turn, and each step's time."""
    times = []
    begun = last = time.perf_counter()
    while last - begun < seconds:
        step()
        now = time.perf_counter()
        times.append(now - last)
        last = now
    return len(times) / (last - begun), times


def alone(step: Callable[[], None]) -> Callable[[float], tuple[float, list[float]]]:
    """A sample of one caller."""
    return lambda seconds: sample(step, seconds)


def measure(seconds: float, rounds: int) -> dict[str, dict[str, float]]:
    """All of them, turn by turn."""
    with tempfile.TemporaryDirectory(prefix="oyiflow-bench-") as folder:
        turns = {
            "bare": alone(bare_step(Path(folder, "bare.db"), "FULL")),
            "engine": alone(Rework(Path(folder, "engine.db"), "FULL").step()),
            MANY: Rework(Path(folder, "many.db"), "FULL").together(CALLERS),
            "bare, no sync": alone(bare_step(Path(folder, "bare-off.db"), "OFF")),
            "engine, no sync": alone(Rework(Path(folder, "engine-off.db"), "OFF").step()),
        }
        for turn in turns.values():
            turn(seconds)
        rates: dict[str, list[float]] = {name: [] for name in turns}
        times: dict[str, list[float]] = {name: [] for name in turns}
        for _ in range(rounds):
            for name, turn in turns.items():
                rate, taken = turn(seconds)
                rates[name].append(rate)
                times[name] += taken
    return {name: summary(rates[name], times[name]) for name in turns}


def summary(rates: list[float], times: list[float]) -> dict[str, float]:
    """Best and median rate; half and all but a hundredth of the steps were at least as fast."""
    times.sort()
    return {
        "steps_per_s_median": round(statistics.median(rates)),
        "steps_per_s_best": round(max(rates)),
        "p50_ms": round(1e3 * times[len(times) // 2], 3),
        "p99_ms": round(1e3 * times[len(times) * 99 // 100], 3),
    }


def main() -> int:
    """Measure, print, and say whether the target is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few seconds instead of half a minute")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    options = parser.parse_args()
    results = measure(*((0.15, 6) if options.quick else (0.4, 20)))
    ratio, middle = (results["engine"][rate] / results["bare"][rate] for rate in ("steps_per_s_best", "steps_per_s_median"))
    cpu = 1e6 / results["engine, no sync"]["steps_per_s_best"] - 1e6 / results["bare, no sync"]["steps_per_s_best"]
    versions = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    many = results[MANY]["steps_per_s_best"] / results["bare"]["steps_per_s_best"]
    busy = results["bare"]["p50_ms"] > BUSY
    report = {
        "versions": versions,
        "results": results,
        "ratio": round(ratio, 3),
        "ratio_of_medians": round(middle, 3),
        "ratio_of_many_callers": round(many, 3),
        "target": TARGET,
        "cpu_us_above_bare": round(cpu),
        "machine_was_busy": busy,
    }
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print(f"python {versions['python']}, sqlite {versions['sqlite']}")
        for name, row in results.items():
            print(f"{name:<20}" + "".join(f"{key} {value:>9}   " for key, value in row.items()))
        print(f"engine / bare {ratio:.2f} (of medians {middle:.2f}, target {TARGET:.2f}); {cpu:.0f} µs of processor above bare")
        print(f"{MANY} / bare, one caller: {many:.2f}")
        if busy:
            print("the machine was busy: each sync waited for a turn of the scheduler, which hides what the engine costs")
    return 0 if ratio >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
