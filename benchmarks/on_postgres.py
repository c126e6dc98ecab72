"""The part of `durable.py` that runs on a PostgreSQL server; see there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from durable import CALLERS, INSTANCES, Rework, Turn, alone, measure, timers
from servers import Pgbench, Server, serving

from oyiflow.store import open_store, upgrade
from oyiflow.store.batches import simple_parameters
from oyiflow.store.postgres import PostgresStore
from oyiflow.store.protocol import TaskRow, Write
from oyiflow.store.sql import queries

PLAIN = 16


class Steps:
    """Ready-made writes of the steps of many cases, so that the store alone is measured."""

    def __init__(self, store: PostgresStore) -> None:
        cases = Rework(store)
        self.store, self.ids = store, cases.ids
        self.revision = dict.fromkeys(self.ids, 1)
        taken: list[Write] = []
        commit, store.commit = store.commit, taken.append  # type: ignore[method-assign]
        cases.engine.complete(self.ids[0], "apply", actor="li", values={"amount": "1200.50"}, comment="x" * 100, key="k")
        store.commit = commit  # type: ignore[method-assign]
        self.model = taken[0]

    def write(self, id: str) -> Write:
        """The next step of a case."""
        n = self.revision[id]
        self.revision[id] = n + 1
        instance, journal = self.model.instance, self.model.journal
        assert instance is not None and journal is not None
        return Write(
            instance=instance._replace(id=id, revision=n + 1),
            journal=journal._replace(instance=id, revision=n + 1, key=f"key {n}"),
            closed=(("boss", id, f"task {n}"),),
            tasks=(TaskRow("boss", id, f"task {n + 1}", "rework", "apply", instance.updated, ""),),
        )


def callers(number: int, ids: list[str], one: Callable[[int, str], None]) -> Turn:
    """A sample of so many threads, each with cases of its own."""

    def turn(seconds: float) -> tuple[float, list[float]]:
        stop, times = time.perf_counter() + seconds, list[float]()

        def work(share: int) -> None:
            mine, n = ids[share::number], 0
            while (begun := time.perf_counter()) < stop:
                one(share, mine[n % len(mine)])
                times.append(time.perf_counter() - begun)
                n += 1

        threads = [threading.Thread(target=work, args=(share,)) for share in range(number)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(times) / (time.perf_counter() - begun), times

    return turn


def plain(server: Server, schema: str, steps: Steps, bell: str = "") -> Callable[[int, str], None]:
    """The store's statement for one step on connections that know nothing of each other."""
    sql = queries("postgres")["step"]
    made = [
        psycopg.Connection.connect(
            server.plain_url, autocommit=True, cursor_factory=psycopg.RawCursor, prepare_threshold=0,
            options=f"-csearch_path={schema} -cplan_cache_mode=force_generic_plan -cenable_hashjoin=off -cenable_mergejoin=off "
            "-cenable_seqscan=off",
        )
        for _ in range(PLAIN)
    ]  # fmt: skip

    def one(share: int, id: str) -> None:
        parameters = simple_parameters(steps.write(id))
        if bell:
            with made[share].transaction():
                made[share].execute(sql, parameters)
                made[share].execute(f"NOTIFY {bell}")
        else:
            made[share].execute(sql, parameters)

    return one


def on_postgres(seconds: float, rounds: int) -> dict[str, Any]:
    """Everything about servers; says so where there is none."""
    with serving() as server:
        if server is None:
            return {"missing": "no PostgreSQL here"}
        return _measured(server, seconds, rounds)


def _measured(server: Server, seconds: float, rounds: int) -> dict[str, Any]:
    stores = []
    for schema in ("engine", "steps"):
        upgrade(server.url(schema))
        stores.append(open_store(server.url(schema)))
    cases, steps = Rework(stores[0]), Steps(stores[1])  # type: ignore[arg-type]
    cost = _cost(server, cases.round(cases.ids, "cost"))  # first: what others have done is counted with a delay
    pgbench = Pgbench(server)

    def commit(_: int, id: str) -> None:
        steps.store.commit(steps.write(id))

    def commit_and_ring(_: int, id: str) -> None:
        steps.store.commit(steps.write(id))
        steps.store.ring()

    alone_on, bell_on = plain(server, "steps", steps), plain(server, "steps", steps, "bell")
    turns: dict[str, Turn] = {
        "one statement, 1 connection": callers(1, steps.ids, alone_on),
        f"one statement, {PLAIN} connections": callers(PLAIN, steps.ids, alone_on),
        "the same + NOTIFY in it": callers(PLAIN, steps.ids, bell_on),
        "store, 1 caller": callers(1, steps.ids, commit),
        **{f"store, {n} callers": callers(n, steps.ids, commit) for n in CALLERS},
        f"store, {PLAIN} callers + ring": callers(PLAIN, steps.ids, commit_and_ring),
        "engine, 1 caller": alone(cases.step()),
        **{f"engine, {n} callers": cases.together(n) for n in CALLERS},
    }
    if pgbench.program:
        for n in (1, PLAIN):
            turns[f"pgbench, {n}"] = lambda _, n=n: (pgbench.rate(n), [0.0])  # type: ignore[misc]
    results = measure(turns, seconds, rounds)
    report = {"results": results, **_ratios({name: row["steps_per_s_best"] for name, row in results.items()})}
    report["cost"] = cost
    report["timers"] = timers(cases.engine)
    report["instances"] = INSTANCES
    pgbench.close()
    return report


def _ratios(best: dict[str, float]) -> dict[str, Any]:
    base = best[f"one statement, {PLAIN} connections"]
    found: dict[str, Any] = {
        "group_commit_to_16_connections": {n: round(best[f"store, {n} callers"] / base, 2) for n in CALLERS},
        "engine_callers_to_one": {n: round(best[f"engine, {n} callers"] / best["engine, 1 caller"], 2) for n in CALLERS},
        "notify_in_the_step": round(best["the same + NOTIFY in it"] / base, 2),
        "ring_beside_the_step": round(best[f"store, {PLAIN} callers + ring"] / best[f"store, {PLAIN} callers"], 2),
    }
    if "pgbench, 1" in best:
        found["engine_to_pgbench"] = round(best["engine, 1 caller"] / best["pgbench, 1"], 3)
        found["store_to_pgbench"] = round(best["store, 1 caller"] / best["pgbench, 1"], 3)
        found["engine_to_pgbench_at_16"] = round(best[f"engine, {PLAIN} callers"] / best[f"pgbench, {PLAIN}"], 3)
    return found


def _cost(server: Server, step: Callable[[], None], count: int = 500) -> dict[str, float]:
    """Commits and bytes of log that one public step costs the server."""
    with psycopg.connect(server.plain_url, autocommit=True) as db:

        def read() -> tuple[float, float]:
            time.sleep(1.2)  # statistics reach the shared memory at most once a second
            db.execute("SELECT pg_stat_clear_snapshot()")
            row = db.execute(
                "SELECT (SELECT sum(xact_commit) FROM pg_stat_database), (SELECT wal_bytes FROM pg_stat_wal)"
            ).fetchone()
            assert row is not None
            return float(row[0]), float(row[1])

        read()
        time.sleep(1.5)
        before = read()
        for _ in range(count):
            step()
        after = read()
    commits, written = (b - a for a, b in zip(before, after, strict=True))
    return {"commits_per_step": round(commits / count, 2), "wal_bytes_per_step": round(written / count)}
