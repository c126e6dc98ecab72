"""What is left after each fault: what was lost of what had been acknowledged, what happened twice, how long until work went on.

    python benchmarks/faults.py [--full] [--json]

A row for each fault: how often it was brought about, how many answers had been heard by then, how many of these were missing
afterwards, how many steps or effects were there twice, and the milliseconds until the first step after it. The faults are real:
processes are killed with SIGKILL, servers with SIGQUIT, the disk is full because the database may not grow. What is checked
after each is said in `tests/fault`: journals without gaps, keys once, the fold of the journal is the state, seals hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fault"))

from crowd import BEGUN, COMPANY, LATER, LOOP, PAY, WAIT
from power import cuts
from scenario import open_engine
from servers import Server, serving
from test_crowd import crowd
from test_kill import check, check_end, live, points

from oyiflow.engine import Engine, Worker
from oyiflow.engine.handlers import LEASE, PAUSES
from oyiflow.errors import OyiFlowError, StoreUnavailable
from oyiflow.store import SqliteStore, Store, open_store, upgrade
from oyiflow.store.failures import DiskFull
from oyiflow.testing import ManualClock


class Row(NamedTuple):
    """One fault."""

    fault: str
    trials: int
    acknowledged: int
    lost: int
    doubled: int
    recovered_ms: float
    """The worst."""


def missing_and_doubled(engine: Engine, heard: Mapping[str, int]) -> tuple[int, int]:
    """How many acknowledged steps are not there, and how many are there twice."""
    lost = doubled = 0
    for id, revision in heard.items():
        history = engine.history(id)
        keys = [entry.key for entry in history if entry.key]
        doubled += len(keys) - len(set(keys))
        lost += max(0, revision - len(history))
        wrong = [e.revision for e in history] != list(range(1, len(history) + 1)) or engine.verify(id).broken_at
        lost += bool(wrong or engine.replay(id) != engine.snapshot(id))
    return lost, doubled


# --- killed


def killed_at_every_statement(part: int) -> Row:
    """The whole story of `tests/fault`, killed before every statement and after every COMMIT; then told to its end."""
    with tempfile.TemporaryDirectory() as top:
        whole = Path(top, "whole")
        whole.mkdir()
        live(whole, None)
        end = check_end(whole, "whole")
        trials = acknowledged = lost = 0
        worst = 0.0
        for number, die_at in enumerate(points((whole / "statements").read_text("utf-8").split("\n"))[::part]):
            folder = Path(top, str(number))
            folder.mkdir()
            _, answers = live(folder, die_at)
            begun = time.perf_counter()
            open_engine(folder, ManualClock()).close()
            worst = max(worst, time.perf_counter() - begun)
            trials, acknowledged = trials + 1, acknowledged + len(answers)
            try:
                check(folder, answers, str(die_at))
                live(folder, None)
                assert check_end(folder, str(die_at)) == end
            except AssertionError:
                lost += 1
        return Row(
            "killed before every statement, after every commit (file)", trials, acknowledged, lost, 0, round(1e3 * worst, 1)
        )


def stepping(open_: Callable[[], Engine], ids: list[str], said: int) -> None:
    """Four threads that move cases and say which step they have heard of."""
    engine = open_()

    def move(share: list[str]) -> None:
        for n in range(1_000_000):
            for id in share:
                revision = engine.send(id, "tick", key=f"{os.getpid()} {n}").revision
                os.write(said, f"{id} {revision}\n".encode())

    threads = [threading.Thread(target=move, args=(ids[n::4],), daemon=True) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def killed_at_random(name: str, open_: Callable[[], Engine], trials: int, seed: int) -> Row:
    """A process with four threads, killed after a random while."""
    chance = random.Random(seed)
    with open_() as engine:
        engine.deploy(LOOP)
        ids = [engine.start("loop", actor="li").id for _ in range(8)]
    heard: dict[str, int] = dict.fromkeys(ids, 1)
    acknowledged, worst = 0, 0.0
    for _ in range(trials):
        listen, said = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                stepping(open_, ids, said)
            finally:
                os._exit(1)
        os.close(said)
        time.sleep(0.05 + chance.random() * 0.25)
        os.kill(child, signal.SIGKILL)
        with os.fdopen(listen) as lines:
            for line in lines:
                id, _, revision = line.partition(" ")
                if revision.endswith("\n"):
                    heard[id], acknowledged = max(heard[id], int(revision)), acknowledged + 1
        os.waitpid(child, 0)
        begun = time.perf_counter()
        with open_() as engine:
            engine.send(ids[0], "tick")
            worst = max(worst, time.perf_counter() - begun)
    with open_() as engine:
        lost, doubled = missing_and_doubled(engine, heard)
    return Row(name, trials, acknowledged, lost, doubled, round(1e3 * worst, 1))


# --- the database


def power_cuts(trials: int, seed: int) -> Row | None:
    """See `power`; None where they cannot be played."""
    played = cuts(trials, seed)
    if played is None:
        return None
    acknowledged, lost, damaged, worst = played
    return Row("power cut (file)", trials, acknowledged, lost + damaged, 0, round(1e3 * worst, 1))


def disk_full(trials: int) -> Row:
    """A file that may not grow; then room again."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder, "f.db"))
        engine = Engine(store, directory=COMPANY, clock=ManualClock())
        engine.deploy(LOOP)
        id = engine.start("loop", actor="li").id
        heard, full, worst, n = 1, 0, 0.0, 0
        while full < trials:
            pages = store._db.execute("PRAGMA page_count").fetchone()[0]
            store._db.execute(f"PRAGMA max_page_count = {pages}")
            n += 1
            try:
                heard = engine.send(id, "tick", key=f"{n} " + "x" * 180).revision
            except DiskFull:
                full += 1
                store._db.execute(f"PRAGMA max_page_count = {pages + 20}")
                begun = time.perf_counter()
                heard = engine.send(id, "tick", key=f"{n} " + "x" * 180).revision
                worst = max(worst, time.perf_counter() - begun)
        lost, doubled = missing_and_doubled(engine, {id: heard})
        engine.close()
        return Row("disk full (file)", full, heard - 1, lost, doubled, round(1e3 * worst, 1))


def server_restarts(server: Server, trials: int) -> Row:
    """A server that crashes under sixteen callers, who go on under the same key until they hear an answer."""
    url = server.url("restarts")
    upgrade(url)
    engine = Engine(url, directory=COMPANY)
    engine.deploy(LOOP)
    ids = [engine.start("loop", actor="li").id for _ in range(16)]
    heard, stop, last = dict.fromkeys(ids, 1), threading.Event(), [0.0]

    def move(id: str) -> None:
        n = 0
        while not stop.is_set():
            try:
                heard[id] = engine.send(id, "tick", key=f"n {n}").revision
            except StoreUnavailable:
                continue
            last[0], n = time.perf_counter(), n + 1

    threads = [threading.Thread(target=move, args=(id,)) for id in ids]
    for thread in threads:
        thread.start()
    worst = 0.0
    for _ in range(trials):
        time.sleep(0.3)
        server.crash()
        server.start()
        back = time.perf_counter()
        while last[0] < back:
            time.sleep(0.001)
        worst = max(worst, time.perf_counter() - back)
    stop.set()
    for thread in threads:
        thread.join()
    lost, doubled = missing_and_doubled(engine, heard)
    acknowledged = sum(heard.values()) - len(ids)
    doubled += sum(len(engine.history(id)) - heard[id] for id in ids)
    engine.close()
    return Row("server crashes under 16 callers", trials, acknowledged, lost, doubled, round(1e3 * worst, 1))


# --- many at once, and time


def duplicates(server: Server, count: int) -> Row:
    """Eight processes that all send the same events."""
    url = server.url("duplicates")
    upgrade(url)
    engine = Engine(url, directory=COMPANY, clock=lambda: BEGUN)
    engine.deploy(LOOP)
    id = engine.start("loop", actor="li").id
    said = crowd(url, 8, "send", str(count))
    answers: dict[str, set[str]] = {}
    for lines in said:
        for line in lines:
            _, n, revision = line.split()
            answers.setdefault(n, set()).add(revision)
    lost, doubled = missing_and_doubled(engine, {id: count + 1})
    doubled += len(engine.history(id)) - count - 1 + sum(len(heard) - 1 for heard in answers.values())
    engine.close()
    return Row("each event from 8 processes", count, sum(map(len, said)), lost, doubled, 0.0)


def racing_workers(server: Server, count: int) -> Row:
    """Four workers and one heap of timers."""
    url = server.url("racing")
    upgrade(url)
    engine = Engine(url, directory=COMPANY, clock=lambda: BEGUN)
    engine.deploy(WAIT)
    ids = [engine.start("wait", actor="li").id for _ in range(count)]
    fired = sum(int(lines[-1].split()[1]) for lines in crowd(url, 4, "work"))
    kinds = [[e.kind for e in engine.history(id)] for id in ids]
    lost = sum("timer" not in found for found in kinds)
    doubled = sum(found.count("timer") > 1 for found in kinds) + max(0, fired - count)
    engine.close()
    return Row("4 workers racing for each timer", count, fired, lost, doubled, 0.0)


def clock_jumps(count: int, seed: int) -> Row:
    """A clock that jumps an hour to and fro while cases wait for a day; none may fire before it is due by the clock, none twice."""
    chance, now = random.Random(seed), [BEGUN]
    engine = Engine(directory=COMPANY, clock=lambda: now[0])
    engine.deploy(WAIT)
    worker, ids = Worker(engine), []
    for _ in range(count):
        ids.append(engine.start("wait", actor="li").id)
        now[0] += timedelta(minutes=chance.uniform(-60, 75))
        worker.run_once()
    now[0] = LATER
    worker.run_once()
    wrong = early = 0
    for id in ids:
        history = engine.history(id)
        wrong += [e.kind for e in history] != ["start", "timer"]
        early += len(history) > 1 and history[1].at < history[0].at + timedelta(days=1)
    engine.close()
    return Row("clock jumps an hour to and fro", count, count, early, wrong, 0.0)


# --- handlers


def bad_handlers(count: int) -> Iterator[Row]:
    """Handlers that always fail, return rubbish, or do not come back before their lease has ended."""
    for name, bad in {"fails": _fails, "returns rubbish": _rubbish}.items():
        clock, calls = ManualClock(), list[str]()
        engine = Engine(directory=COMPANY, clock=clock, handlers={"bank": _counted(bad, calls)})
        engine.deploy(PAY)
        ids = [engine.start("pay", actor="li").id for _ in range(count)]
        for pause in PAUSES:
            clock.advance(pause)
            Worker(engine).run_once()
        ended = sum([e.kind for e in engine.history(id)][:2] == ["start", "call"] for id in ids)
        yield Row(f"a handler {name}, {len(PAUSES) + 1} tries each", count, len(calls), count - ended, 0, 0.0)
        engine.close()
    yield _hanging(count)


def _counted(bad: Callable[[], Any], calls: list[str]) -> Callable[[Mapping[str, Any], str], Any]:
    def bank(values: Mapping[str, Any], key: str) -> Any:
        calls.append(key)
        return bad()

    return bank


def _fails() -> None:
    raise RuntimeError("no connection to the bank")


def _rubbish() -> object:
    return {"by": object()}


def _hanging(count: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        store: Store = SqliteStore(Path(folder, "h.db"))
        clock, hang, inside = ManualClock(), threading.Event(), threading.Semaphore(0)

        def bank(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
            if threading.current_thread() is not threading.main_thread():
                inside.release()
                hang.wait()
                return {"by": "late"}
            return {"by": "quick"}

        engine = Engine(store, directory=COMPANY, clock=clock, handlers={"bank": bank})
        engine.deploy(PAY)
        threads = [threading.Thread(target=lambda: engine.start("pay", actor="li")) for _ in range(count)]
        for thread in threads:
            thread.start()
        for _ in threads:
            inside.acquire()
        clock.advance(LEASE + timedelta(minutes=1))
        Worker(engine).run_once()
        hang.set()
        for thread in threads:
            thread.join()
        values = [[e.values.get("by") for e in engine.history(i.id) if e.kind == "call"] for i in engine.instances()]
        engine.close()
        lost, doubled = sum(not one for one in values), sum(len(one) > 1 or one == ["late"] for one in values)
        return Row("a handler hangs until its lease has ended", count, len(values), lost, doubled, 0.0)


def rows(full: bool) -> Iterator[Row]:
    """All faults, one after the other."""
    times = 10 if full else 1
    yield killed_at_every_statement(1 if full else 8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "k.db")
        on_file = lambda: Engine(SqliteStore(path), directory=COMPANY)  # noqa: E731
        yield killed_at_random("killed at random (file)", on_file, 20 * times, 1)
    played = power_cuts(100 * times, 5)
    if played is not None:
        yield played
    yield disk_full(40 * times)
    yield clock_jumps(200 * times, 2)
    yield from bad_handlers(20 * times)
    with serving() as server:
        if server is None:
            return
        url = server.url("kills")
        upgrade(url)
        yield killed_at_random("killed at random (server)", lambda: Engine(open_store(url), directory=COMPANY), 20 * times, 3)
        yield server_restarts(server, 5 * times)
        yield duplicates(server, 100 * times)
        yield racing_workers(server, 200 * times)


def main() -> int:
    """Bring about every fault; 0 when nothing was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="ten times as many")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    options = parser.parse_args()
    found = []
    for row in rows(options.full):
        found.append(row._asdict())
        if not options.json:
            print("  ".join(f"{key} {value}" for key, value in row._asdict().items()), flush=True)
    if options.json:
        print(json.dumps({"rows": found}, indent=2))
    return 1 if any(row["lost"] or row["doubled"] for row in found) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OyiFlowError as error:
        sys.exit(str(error))
