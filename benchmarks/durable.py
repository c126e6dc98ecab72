"""What durability costs: the engine's complete public step against the least that any engine must write.

    python benchmarks/durable.py [--quick] [--json] [--without-postgres]

Bare: one transaction of three statements on SQLite (version-checked UPDATE of a 600-byte state, INSERT of a history row,
upsert of a task row), same file system, same pragmas (WAL, synchronous=FULL). Engine: `Engine.complete` on a file, with
access check, guard, form value, kernel, journal, seal, tasks and an idempotency key. All are measured in short turns, one
after the other, in one run; on a shared machine only the ratios of the best turns mean anything. `no sync` is the same
with synchronous=OFF: it shows the processor's share alone. `By hand`: the statements of the engine's own step and nothing else,
which is what no engine with this schema can pass. On PostgreSQL the yardstick is pgbench with one statement for the
three writes, and for group commit 16 connections of the driver that send the store's own statement each for itself.

Also: the 300th step of one case against its 20th, timers fired by a worker, and both again on PostgreSQL.
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
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from oyiflow.engine import Engine
from oyiflow.model.calendar import Duration
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Assignee, Definition, Field, Outcome, Role, State, StateKind, Text, Transition, Work
from oyiflow.model.expression import Compare, Constant, Name
from oyiflow.model.values import FieldType
from oyiflow.store import SqliteStore, Store
from oyiflow.store.protocol import Write

TARGET = 0.60
BUSY = 2.0
"""How many times as fast as half of its turns the best turn of the bare step may be; beyond, the others on the machine are measured."""
INSTANCES = 500
CALLERS = (16, 100)
MANY = {callers: f"engine, {callers} callers" for callers in CALLERS}
EARLY, LATE = 20, 300
TIMERS = 2000
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
    cheap = Compare(op="<", left=Name(name="amount"), right=Constant(value=Decimal(5000), type=FieldType.DECIMAL))
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
    """An engine with cases that go round; `step` moves the next one of a share of them."""

    def __init__(self, store: Store) -> None:
        people = (
            Person(name="li", title=words("li"), roles=("staff",)),
            Person(name="zhao", title=words("zhao"), roles=("boss",)),
        )
        self.engine = Engine(store, directory=Company(people=people))
        self.turns: dict[str, int] = {}
        definition = rework()
        self.values = {field.name: "v" * 20 for field in definition.fields if field.name != "amount"}
        self.ids = [self.engine.start(definition, actor="li", values=self.values).id for _ in range(INSTANCES)]

    def step(self, share: int = 0, shares: int = 1) -> Callable[[], None]:
        """The public call, with a key, a value and a comment. Each share may be moved by a thread of its own."""
        return self.round(self.ids[share::shares], str(share))

    def round(self, ids: list[str], name: str) -> Callable[[], None]:
        """Moves these cases in turn."""
        engine, turns, comment, count = self.engine, self.turns, "x" * 100, 0

        def step() -> None:
            nonlocal count
            id = ids[count % len(ids)]
            count += 1
            key = f"{name}.{count}"
            turns[id] = turn = turns.get(id, 0) + 1
            if turn & 1:
                engine.complete(id, "apply", actor="li", values={"amount": "1200.50"}, comment=comment, key=key)
            else:
                engine.complete(id, "review", actor="zhao", outcome="rejected", comment=comment, key=key)

        return step

    def together(self, callers: int) -> Callable[[float], tuple[float, list[float]]]:
        """A sample of many callers at once."""
        steps = [self.round(self.ids[share::callers], f"{callers}.{share}") for share in range(callers)]

        def turn(seconds: float) -> tuple[float, list[float]]:
            with ThreadPoolExecutor(callers) as pool:
                done = list(pool.map(lambda step: sample(step, seconds), steps))
            return sum(rate for rate, _ in done), [taken for _, times in done for taken in times]

        return turn

    def late_steps(self, turns: int) -> dict[str, float]:
        """Milliseconds of the 20th and of the 300th step of one case, the median of so many cases."""
        times: dict[int, list[float]] = {EARLY: [], LATE: []}
        for turn in range(turns):
            step = self.round([self.engine.start("rework", actor="li", values=self.values).id], f"late {turn}")
            for n in range(1, LATE + 6):
                begun = time.perf_counter()
                step()
                for at in times:
                    if 0 <= n - at < 6:
                        times[at].append(time.perf_counter() - begun)
        early, late = (1e3 * statistics.median(times[at]) for at in (EARLY, LATE))
        return {f"step_{EARLY}_ms": round(early, 3), f"step_{LATE}_ms": round(late, 3), "ratio": round(late / early, 3)}


def on_file(path: Path, synchronous: str = "FULL") -> Rework:
    """Cases on a file."""
    store = SqliteStore(path)
    store._db.execute(f"PRAGMA synchronous = {synchronous}")
    return Rework(store)


def by_hand(path: Path, synchronous: str = "FULL") -> Callable[[], None]:
    """The ceiling: just the statements of the engine's own steps, which pass the task from holder to holder; all rows are written down beforehand."""
    cases, taken = on_file(path, synchronous), list[Write]()
    store, ids = cases.engine._store, cases.ids
    assert isinstance(store, SqliteStore)
    store.commit = taken.append  # type: ignore[method-assign]
    there_and_back = cases.round(ids[:1], "k")
    there_and_back()
    there_and_back()
    shapes = [(write.instance, write.journal, write.tasks[0], write.closed[0]) for write in taken]
    run, sql, count = store._run, store._sql, 0

    def step() -> None:
        nonlocal count
        n, number = divmod(count, INSTANCES)
        id, revision = ids[number], n + 2
        row, entry, task, was = shapes[n & 1]
        assert row is not None and entry is not None
        count += 1
        seal, left = seals[n & 1], was[2].partition("@")[0]
        passed = (task.holder, f"{task.step}@{revision}", task.step, task.opened, task.due, was[0], id, f"{left}@{n + 1}")
        run("BEGIN IMMEDIATE")
        if run(sql["move_instance"], (row.status, revision, row.snapshot, row.updated, seal, id, n + 1)).rowcount != 1:
            raise RuntimeError("conflict")
        run(sql["add_journal"], (id, revision, *entry[2:9], f"key {count}", seal))
        if run(sql["pass_task"], passed).rowcount != 1:
            raise RuntimeError("no such task")
        run("COMMIT")

    seals = [bytes.fromhex(entry.hash) for _, entry, _, _ in shapes if entry is not None]
    return step


def waiting() -> Definition:
    """A case that waits for one deadline."""
    wait = State(id="wait", transitions=(Transition(after=Duration(amount=1, unit="days"), targets=("end",)),))
    root = State(id="waiting", kind=StateKind.COMPOUND, states=(wait, State(id="end", kind=StateKind.FINAL)))
    roles = (Role(name="staff", title=words("staff")),)
    return Definition(name="waiting", title=words("waiting"), roles=roles, root=root)


def timers(engine: Engine, count: int = TIMERS) -> dict[str, float]:
    """Deadlines that have come due, fired by one worker; how many a second, and how many were fired twice or not at all."""
    ids = [engine.start(waiting(), actor="li").id for _ in range(count)]
    due = datetime.now(UTC) + timedelta(days=2)
    fired, begun = 0, time.perf_counter()
    while done := engine.run_due(due):
        fired += done
    rate = fired / (time.perf_counter() - begun)
    wrong = sum([entry.kind for entry in engine.history(id)] != ["start", "timer"] for id in ids)
    return {"timers_per_s": round(rate), "fired": fired, "wrong": wrong}


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


Turn = Callable[[float], tuple[float, list[float]]]


def measure(turns: dict[str, Turn], seconds: float, rounds: int) -> dict[str, dict[str, float]]:
    """All of them, turn by turn."""
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


def on_sqlite(seconds: float, rounds: int) -> dict[str, Any]:
    """Everything about files."""
    with tempfile.TemporaryDirectory(prefix="oyiflow-bench-") as folder:
        cases, many = on_file(Path(folder, "engine.db")), on_file(Path(folder, "many.db"))
        results = measure(
            {
                "bare": alone(bare_step(Path(folder, "bare.db"), "FULL")),
                "its statements by hand": alone(by_hand(Path(folder, "hand.db"))),
                "engine": alone(cases.step()),
                **{MANY[callers]: many.together(callers) for callers in CALLERS},
                "bare, no sync": alone(bare_step(Path(folder, "bare-off.db"), "OFF")),
                "by hand, no sync": alone(by_hand(Path(folder, "hand-off.db"), "OFF")),
                "engine, no sync": alone(on_file(Path(folder, "engine-off.db"), "OFF").step()),
            },
            seconds,
            rounds,
        )
        best = {name: row["steps_per_s_best"] for name, row in results.items()}
        cpu = 1e6 / best["engine, no sync"] - 1e6 / best["bare, no sync"]
        return {
            "results": results,
            "ratio": round(best["engine"] / best["bare"], 3),
            "ceiling": round(best["its statements by hand"] / best["bare"], 3),
            "ratio_of_medians": round(results["engine"]["steps_per_s_median"] / results["bare"]["steps_per_s_median"], 3),
            "callers_to_one": {callers: round(best[MANY[callers]] / best["engine"], 2) for callers in CALLERS},
            "callers_to_bare": {callers: round(best[MANY[callers]] / best["bare"], 2) for callers in CALLERS},
            "cpu_us_above_bare": round(cpu),
            "machine_was_busy": best["bare"] > BUSY * results["bare"]["steps_per_s_median"],
            "rework": cases.late_steps(5),
            "timers": timers(cases.engine),
        }


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
    parser.add_argument("--without-postgres", action="store_true", help="files only")
    options = parser.parse_args()
    lengths = (0.15, 6) if options.quick else (0.4, 20)
    report: dict[str, Any] = {"versions": {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}}
    report["sqlite"] = on_sqlite(*lengths)
    if not options.without_postgres:
        from on_postgres import on_postgres  # it needs the driver

        report["postgres"] = on_postgres(lengths[0], max(4, lengths[1] // 3))
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        for key, part in report.items():
            show(key, part)
    return 0 if report["sqlite"]["ratio"] >= TARGET else 1


def show(title: str, part: dict[str, Any]) -> None:
    """A part of the report for people."""
    print(f"\n{title}")
    for name, row in part.pop("results", {}).items():
        print(f"  {name:<28}" + "".join(f"{key} {value:>9}   " for key, value in row.items()))
    for key, value in part.items():
        print(f"  {key}: {value}")


if __name__ == "__main__":
    sys.exit(main())
