"""Many processes on one database, and many cases that wait.

    python benchmarks/many.py [--full] [--json] [--only processes|waiting]

Processes: 1, 2, 4 and 8 engine processes on one PostgreSQL server, each with cases of its own and as many callers as `CALLERS`
says, beside pgbench with as many connections and the statement of `servers.py`. On two processors the curve bends where the
server and the engines have used them up.

Waiting: so many cases (50,000; with --full a million) wait for a person and for a deadline that is far away. They are copies of
one real case, put into the tables directly. What is measured must not depend on their number: opening, the first step of one of
them, a look for due deadlines, the list of a person's tasks; and the bytes that each takes, tables and indexes together.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from durable import Rework, words
from servers import Pgbench, Server, serving

from oyiflow.engine import Engine
from oyiflow.model.calendar import Duration
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Assignee, Definition, Field, Outcome, Role, State, StateKind, Transition, Work
from oyiflow.model.values import FieldType
from oyiflow.store import SqliteStore, open_store, upgrade

SIZES = (1, 2, 4, 8)
CALLERS = 8
EACH = 20
"""Waiting tasks of one person."""
COUNTS = (50_000, 1_000_000)
MODEL = "case-0000000"


# --- processes


def member(url: str, seconds: float, ready: Any, go: Any, answers: Any) -> None:
    """One engine process."""
    cases = Rework(open_store(url))
    turn = cases.together(CALLERS)
    turn(0.3)
    ready.release()
    go.wait()
    answers.put(turn(seconds)[0])
    cases.engine.close()


def processes(server: Server, seconds: float) -> list[dict[str, float]]:
    """Steps per second of all together, by their number."""
    pgbench, rows = Pgbench(server), []
    fork = multiprocessing.get_context("fork")
    for size in SIZES:
        schema = f"many_{size}"
        upgrade(server.url(schema))
        ready, go, answers = fork.Semaphore(0), fork.Event(), fork.Queue()
        every = [fork.Process(target=member, args=(server.url(schema), seconds, ready, go, answers)) for _ in range(size)]
        for process in every:
            process.start()
        for _ in every:
            while not ready.acquire(timeout=1):
                if any(process.exitcode for process in every):
                    raise RuntimeError("an engine process has died")
        go.set()
        total = sum(answers.get() for _ in every)
        for process in every:
            process.join()
        yardstick = pgbench.rate(size) if pgbench.program else 0
        rows.append({"processes": size, "steps_per_s": round(total), "pgbench_per_s": round(yardstick)})
    for row in rows:
        row["to_one"] = round(row["steps_per_s"] / rows[0]["steps_per_s"], 2)
        row["pgbench_to_one"] = round(row["pgbench_per_s"] / rows[0]["pgbench_per_s"], 2) if pgbench.program else 0
    pgbench.close()
    return rows


# --- waiting


class Crowd(Company):
    """A directory in which everybody is known."""

    def person(self, name: str) -> Person | None:
        return super().person(name) or (Person(name=name, title=words(name)) if name.startswith("p") else None)


def waiting() -> Definition:
    """A form of six fields, a task for the person named in it, a deadline in a month."""
    fields = tuple(Field(name=f"field_{n}", title=words(f"field {n}"), type=FieldType.TEXT) for n in range(5))
    who = Field(name="who", title=words("who"), type=FieldType.TEXT)
    done = Outcome(name="done", event="sign.done", title=words("done"))
    sign = State(
        id="sign",
        work=Work(by=(Assignee(person_in="who"),), outcomes=(done,)),
        transitions=(
            Transition(events=("sign.done",), targets=("end",)),
            Transition(after=Duration(amount=30, unit="days"), targets=("end",)),
        ),
    )
    root = State(id="case", kind=StateKind.COMPOUND, states=(sign, State(id="end", kind=StateKind.FINAL)))
    roles = (Role(name="staff", title=words("staff")),)
    return Definition(name="case", title=words("case"), roles=roles, fields=(*fields, who), root=root)


def directory() -> Company:
    """Whoever is asked for."""
    return Crowd(people=(Person(name="li", title=words("li"), roles=("staff",)),))


def model_of(engine: Engine) -> None:
    """The case that all others are copies of."""
    values = {f"field_{n}": "v" * 30 for n in range(5)}
    engine.start(waiting(), actor="p000000", instance=MODEL, values={**values, "who": "p000000"})


def copies_on_file(path: Path, count: int) -> None:
    """The model, so many times, each for the next person."""
    db = sqlite3.connect(path)
    for table in ("instance", "journal", "task", "timer"):
        names = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] != "number"]
        row = db.execute(f"SELECT {', '.join(names)} FROM {table}").fetchone()
        sql = f"INSERT INTO {table}({', '.join(names)}) VALUES({', '.join('?' * len(names))})"
        db.executemany(sql, _copies(row, count))
        db.commit()
    db.execute("ANALYZE")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _copies(row: tuple[Any, ...], count: int) -> Iterator[list[Any]]:
    for n in range(1, count):
        id, person = f"case-{n:07}", f"p{n // EACH:06}"
        yield [v.replace(MODEL, id).replace("p000000", person) if isinstance(v, str) else v for v in row]


def copies_on_server(url: str, schema: str, count: int) -> None:
    """The same, done by the server."""
    with psycopg.connect(url, autocommit=True, options=f"-csearch_path={schema}") as db:
        for table in ("instance", "journal", "task", "timer"):
            sql = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
            columns = [row for row in db.execute(sql, (schema, table)) if row[0] != "number"]
            names = ", ".join(name for name, _ in columns)
            copied = ", ".join(
                f"replace(replace(m.{name}, '{MODEL}', 'case-' || lpad(g::text, 7, '0')), 'p000000', 'p' || lpad((g / {EACH})::text, 6, '0'))"
                if kind == "text" else f"m.{name}" for name, kind in columns
            )  # fmt: skip
            db.execute(f"INSERT INTO {table}({names}) SELECT {copied} FROM {table} m, generate_series(1, {count - 1}) g")
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")
    os.sync()  # or the first commit waits for gigabytes of somebody else's


def looked_at(open_: Callable[[], Engine], count: int) -> dict[str, float]:
    """What a process that starts now would notice."""
    found: dict[str, float] = {}
    before = _resident()

    def timed(name: str, work: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        result = work()
        found[f"{name}_ms"] = round(1e3 * (time.perf_counter() - begun), 2)
        return result

    engine = timed("open", open_)
    found["resident_kb"] = round((_resident() - before) / 1024)
    last = f"case-{count // 2:07}"
    person = f"p{count // 2 // EACH:06}"
    assert timed("first_event", lambda: engine.complete(last, "sign", actor=person, key="k")).status == "done"
    assert timed("due_poll", engine.run_due) == 0
    timed("due_poll_again", engine.run_due)
    assert len(timed("inbox", lambda: engine.tasks(person=f"p{count // 3 // EACH:06}"))) == EACH
    assert timed("start", lambda: engine.start("case", actor="p1", values={"who": "p1"})).status == "running"
    engine.close()
    return found


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def waiting_on_file(count: int) -> dict[str, Any]:
    """Cases on a file."""
    with tempfile.TemporaryDirectory(prefix="oyiflow-bench-") as folder:
        path = Path(folder, "many.db")
        open_ = lambda: Engine(SqliteStore(path), directory=directory())  # noqa: E731
        with open_() as engine:
            model_of(engine)
        copies_on_file(path, count)
        return {"cases": count, "bytes_each": round(path.stat().st_size / count), **looked_at(open_, count)}


def waiting_on_server(server: Server, count: int) -> dict[str, Any]:
    """Cases on a server."""
    schema = f"waiting_{count}"
    url = server.url(schema)
    upgrade(url)
    open_ = lambda: Engine(url, directory=directory())  # noqa: E731
    with open_() as engine:
        model_of(engine)
    copies_on_server(server.plain_url, schema, count)
    sizes = {}
    with psycopg.connect(server.plain_url) as db:
        for table in ("instance", "journal", "task", "timer"):
            row = db.execute(f"SELECT pg_total_relation_size('{schema}.{table}')").fetchone()
            assert row is not None
            sizes[table] = round(row[0] / count)
    return {"cases": count, "bytes_each": sum(sizes.values()), "of_which": sizes, **looked_at(open_, count)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="a million waiting cases, longer turns")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.add_argument("--only", choices=("processes", "waiting"))
    options = parser.parse_args()
    report: dict[str, Any] = {}
    counts = (COUNTS[0] // 10, COUNTS[1]) if options.full else (COUNTS[0] // 10, COUNTS[0])
    if options.only != "processes":
        report["waiting on a file"] = [waiting_on_file(count) for count in counts]
    with serving() as server:
        if server is None:
            report["missing"] = "no PostgreSQL here"
        else:
            if options.only != "processes":
                report["waiting on a server"] = [waiting_on_server(server, count) for count in counts]
            if options.only != "waiting":
                report["processes"] = processes(server, 3.0 if options.full else 1.0)
    if options.json:
        print(json.dumps(report, indent=2))
        return
    for title, rows in report.items():
        print(f"\n{title}")
        for row in rows:
            print(f"  {row}")


if __name__ == "__main__":
    sys.exit(main())
