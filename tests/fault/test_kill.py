"""Die at the n-th statement, for every n; and what must hold after each death.

I1  every answer that was heard is in the journal
I2  no step is there twice: revisions count from 1 without a gap, keys occur once
I3  the journal folds to the snapshot
I4  everything that was asked for is done at least once, and its result taken once
I5  tasks, timers and outbox belong to what the snapshots say, and nothing is left over
I6  the story, told again to its end, ends as it would have without the death
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from scenario import CHILD, Mortal, open_engine, tell

from oyiflow.engine import Engine
from oyiflow.errors import EventRejected
from oyiflow.store import SqliteStore
from oyiflow.store.protocol import Write
from oyiflow.testing import ManualClock

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")


def live(folder: Path, die_at: tuple[str, int] | None) -> tuple[bool, list[tuple[str, int]]]:
    """Tell the story in a process of its own; says whether it died, and what was heard of it."""
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(heard)
            Mortal.seen, Mortal.die_at = [], die_at
            tell(folder, lambda line: os.write(said, line.encode()) and None, Mortal)
            (folder / "statements").write_text("\n".join(Mortal.seen), "utf-8")
            code = 0
        except BaseException as error:
            (folder / "error").write_text(repr(error), "utf-8")
        finally:
            os._exit(code)
    os.close(said)
    with os.fdopen(heard, encoding="utf-8") as lines:
        answers = [(line.split()[0], int(line.split()[1])) for line in lines]
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, (folder / "error").read_text("utf-8")
    return os.WIFSIGNALED(status), answers


def ending(engine: Engine) -> list[tuple[object, ...]]:
    """How the story ended, without the times."""
    found = []
    for i in engine.instances():
        kinds = tuple(Counter(e.kind for e in engine.history(i.id)).items())
        found.append((i.id, i.status, i.configuration, tuple(i.data.items()), kinds))
    return found


def check(folder: Path, answers: list[tuple[str, int]], where: str) -> None:
    """I1, I2, I3 and what of I5 holds at any moment."""
    db = sqlite3.connect(folder / "e.db")
    if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
        assert answers == [], where
        db.close()
        return
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",), where
    assert db.execute("PRAGMA foreign_key_check").fetchall() == [], where
    db.close()
    engine = open_engine(folder, ManualClock())
    for instance in engine.instances():
        assert engine.replay(instance.id) == engine.snapshot(instance.id), where
        history = engine.history(instance.id)
        assert [e.revision for e in history] == list(range(1, instance.revision + 1)), where
        keys = Counter(e.key for e in history if e.key)
        assert set(keys.values()) <= {1}, where
    for id, revision in answers:
        assert engine.instance(id).revision >= revision, where
    check_rows(engine, where)
    engine.close()


def check_rows(engine: Engine, where: str) -> None:
    """Tasks and timers are those of the snapshots; an outbox row belongs to an instance that is there."""
    snapshots = [engine.snapshot(i.id) for i in engine.instances()]
    due = engine._store.due("9999", 10_000)
    assert {(r.instance, r.id) for r in engine._store.tasks()} == {(s.instance, t.id) for s in snapshots for t in s.tasks}, (
        where
    )
    assert {(r.instance, r.id) for r in due.timers} == {(s.instance, t.id) for s in snapshots for t in s.timers}, where
    assert {r.instance for r in due.outbox} <= {s.instance for s in snapshots}, where


def check_end(folder: Path, where: str) -> list[tuple[object, ...]]:
    """I4 and the rest of I5, when the story has been told to its end."""
    engine = open_engine(folder, ManualClock())
    assert engine._store.due("9999", 10_000) == ((), ()), f"{where}: something is left over"
    paid = (folder / "bank").read_text("utf-8").split()
    parent = engine.history("parent-1")
    asked = [e["id"] for entry in parent for e in entry.effects if e["kind"] == "Performed"]
    assert set(paid) == set(asked) and len(asked) == 2, f"{where}: {paid}"
    taken = Counter(entry.key for entry in parent if entry.kind == "call")
    assert all(taken[f"call:{id}"] == 1 for id in asked), where
    assert [n.person for n in engine.notices()] == ["zhao"], where
    assert sum(entry.kind == "timer" for entry in parent) == 1, where
    found = ending(engine)
    engine.close()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[str], list[tuple[object, ...]]]]:
    """The story without a death: its statements, in order, and its end."""
    folder = tmp_path_factory.mktemp("whole")
    died, answers = live(folder, None)
    assert not died
    check(folder, answers, "whole")
    end = check_end(folder, "whole")
    assert [row[1] for row in end] == ["done", "cancelled", "done"]
    yield (folder / "statements").read_text("utf-8").split("\n"), end


def points(statements: list[str]) -> list[tuple[str, int]]:
    """Before every statement, and after every COMMIT, when all is written and nobody has been told."""
    after = [("after", n) for n, sql in enumerate(statements) if sql == "COMMIT"]
    return [("before", n) for n in range(len(statements))] + after


@pytest.mark.parametrize("part", range(8))
def test_death_at_every_statement(
    part: int, whole: tuple[list[str], list[tuple[object, ...]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    statements, end = whole
    assert len(points(statements)) >= 150
    for die_at in points(statements)[part::8]:
        where = f"{die_at[0]} statement {die_at[1]}: {statements[die_at[1]]}"
        folder = tmp_path_factory.mktemp("death")
        died, answers = live(folder, die_at)
        assert died, where
        check(folder, answers, where)
        died, again = live(folder, None)
        assert not died
        assert again[: len(answers)] == answers, f"{where}: a repeated call got another answer than the first time"
        check(folder, again, where)
        assert check_end(folder, where) == end, where


def test_two_deaths_in_a_row(
    whole: tuple[list[str], list[tuple[object, ...]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    statements, end = whole
    commits = [n for n, sql in enumerate(statements) if sql == "COMMIT"]
    for first in commits[2::6]:
        folder = tmp_path_factory.mktemp("deaths")
        assert live(folder, ("after", first))[0]
        died, answers = live(folder, ("before", first // 2 + 20))
        check(folder, answers, f"{first}, {died}")
        assert not live(folder, None)[0]
        assert check_end(folder, str(first)) == end


def shared(folder: Path, die_at: tuple[str, int]) -> tuple[bool, list[str]]:
    """Six threads whose steps are written in one or two transactions; dies in one of them."""
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(heard)
            Mortal.seen, Mortal.die_at = [], None
            act_together(open_engine(folder, ManualClock(), Mortal), said, die_at)
        finally:
            os._exit(0)
    os.close(said)
    with os.fdopen(heard, encoding="utf-8") as lines:
        answers = lines.read().split()
    return os.WIFSIGNALED(os.waitpid(child, 0)[1]), answers


def act_together(engine: Engine, said: int, die_at: tuple[str, int]) -> None:
    """Hold the writer back until all six steps have come to the queue; the first to come leads and may take others with it."""
    ids = [engine.start(CHILD, actor="li").id for _ in range(6)]
    store = engine._store
    assert isinstance(store, SqliteStore)

    def act(id: str) -> None:
        engine.complete(id, "fill", actor="li", outcome="rejected", key=id)
        os.write(said, f"{id}\n".encode())

    came, commit = threading.Semaphore(0), store._queue.commit

    def arrive(write: Write) -> None:
        came.release()
        commit(write)

    store._queue.commit = arrive  # type: ignore[method-assign]
    threads = [threading.Thread(target=act, args=(id,)) for id in ids]
    with store._writing:
        for thread in threads:
            thread.start()
        for _ in threads:
            came.acquire()
        Mortal.seen, Mortal.die_at = [], die_at
    for thread in threads:
        thread.join()


def test_death_within_a_shared_transaction(tmp_path_factory: pytest.TempPathFactory) -> None:
    deaths = 0
    for number in range(60):
        folder = tmp_path_factory.mktemp("shared")
        died, answers = shared(folder, ("before", number))
        if not died:
            assert len(answers) == 6
            break
        deaths += 1
        check(folder, [(id, 2) for id in answers], f"shared {number}")
        engine = open_engine(folder, ManualClock())
        for instance in engine.instances():
            engine.complete(instance.id, "fill", actor="li", outcome="rejected", key=instance.id)
        assert [i.revision for i in engine.instances()] == [2] * 6, f"shared {number}: each step once"
        engine.close()
    assert 30 <= deaths < 60


def test_a_full_disk_at_every_size(tmp_path: Path) -> None:
    """A step that finds no room has done nothing; with room it goes on, and nothing is lost or doubled."""
    clock = ManualClock()
    engine = open_engine(tmp_path, clock)
    engine.deploy(CHILD)
    id = engine.start("child", actor="li").id
    db = engine._store._db  # type: ignore[attr-defined]
    refused = done = 0
    for n in range(120):
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
        before = engine.snapshot(id)
        try:
            engine.complete(id, "fill", actor="li", outcome="rejected", values={"note": f"{n} " + "x" * 900}, key=str(n))
            done += 1
        except EventRejected:
            raise
        except Exception as error:
            assert type(error).__name__ == "DiskFull"
            refused += 1
            assert engine.snapshot(id) == before and engine.replay(id) == before
            db.execute(f"PRAGMA max_page_count = {pages + 50}")
            engine.complete(id, "fill", actor="li", outcome="rejected", values={"note": f"{n} " + "x" * 900}, key=str(n))
    assert refused > 10 and done > 10
    assert engine.instance(id).revision == 121
    check_rows(engine, "full")
    engine.close()
