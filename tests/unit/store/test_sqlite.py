"""What only files have: locks, schema versions, foreign files, full disks."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from oyiflow.errors import OyiFlowError, StoreUnavailable
from oyiflow.store import SqliteStore, open_store
from oyiflow.store.failures import (
    DiskFull,
    MissingFolder,
    NewerStore,
    NotAStore,
    StoreCorrupt,
    StoreInUse,
    StoreLocked,
    StoreReadOnly,
)
from oyiflow.store.protocol import DefinitionRow, InstanceRow, JournalRow, Write
from oyiflow.store.sql import migrations, queries

T1 = "2026-01-01T00:00:00.000000+00:00"
DEFINITION = DefinitionRow("digest", "visit", 1, "{}", "", T1)
HOLD = """
import sys, time
from oyiflow.store import SqliteStore
from oyiflow.store.protocol import Write
store = SqliteStore(sys.argv[1])
store.commit(Write())
print("held", flush=True)
sys.stdin.read()
"""


def test_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///here.db").close()
    assert (tmp_path / "here.db").exists()
    open_store(f"sqlite:///{tmp_path}/there.db").close()
    assert (tmp_path / "there.db").exists()
    open_store("sqlite://").close()
    open_store("sqlite:///:memory:").close()
    for wrong in ("postgres://x", "file.db", "sqlite:file.db", "sqlite://file.db"):
        with pytest.raises(StoreUnavailable):
            open_store(wrong)


def test_the_promises_of_the_connection(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    asked = {
        name: store._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    store.close()


def test_what_was_committed_is_there_after_reopening(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    store.commit(Write(definition=DEFINITION))
    store.close()
    again = SqliteStore(tmp_path / "s.db")
    assert again.definitions(digest="digest") == [DEFINITION]
    again.close()


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingFolder, match="文件夹不存在"):
        SqliteStore(tmp_path / "nowhere" / "s.db")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFolder):
        SqliteStore(tmp_path)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_text("总经理：下周拜访客户。" * 200, "utf-8")
    with pytest.raises(NotAStore):
        SqliteStore(tmp_path / "s.db")


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "s.db")
    other.execute("CREATE TABLE theirs(x)")
    other.commit()
    before = (tmp_path / "s.db").read_bytes()
    other.close()
    with pytest.raises(NotAStore):
        SqliteStore(tmp_path / "s.db")
    assert (tmp_path / "s.db").read_bytes() == before


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "s.db").close()
    db = sqlite3.connect(tmp_path / "s.db")
    db.execute(f"PRAGMA user_version = {len(migrations()) + 1}")
    db.close()
    with pytest.raises(NewerStore, match="newer OyiFlow"):
        SqliteStore(tmp_path / "s.db")


def test_a_migration_that_fails_leaves_the_file_empty(tmp_path: Path) -> None:
    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *more: object) -> sqlite3.Cursor:  # type: ignore[override]
            if "CREATE TABLE notice" in sql:
                raise sqlite3.OperationalError("power cut")
            return super().execute(sql, *more)  # type: ignore[arg-type]

    with pytest.raises(StoreUnavailable):
        SqliteStore(tmp_path / "s.db", factory=Failing)
    db = sqlite3.connect(tmp_path / "s.db")
    assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    db.close()
    SqliteStore(tmp_path / "s.db").close()


def test_two_that_open_a_new_file_at_once_make_one_schema(tmp_path: Path) -> None:
    barrier = threading.Barrier(4)
    stores: list[SqliteStore] = []

    def open_it() -> None:
        barrier.wait()
        stores.append(SqliteStore(tmp_path / "s.db"))

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 4
    for store in stores:
        store.close()


def test_a_second_writing_process_is_named_and_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    store = SqliteStore(path, wait=0.05)
    assert store.definitions() == []
    with pytest.raises(StoreInUse) as refused:
        store.commit(Write(definition=DEFINITION))
    assert (
        refused.value.pid == holder.pid
        and f"进程 {holder.pid} 正在" in refused.value.zh
        and str(holder.pid) in refused.value.en
    )
    holder.kill()
    holder.communicate()
    store.commit(Write(definition=DEFINITION))  # the system has freed the lock
    assert [row.digest for row in store.definitions()] == ["digest"]
    store.close()


def test_short_writers_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    first = SqliteStore(path)
    first.commit(Write(definition=DEFINITION))
    second = SqliteStore(path)
    closing = threading.Timer(0.05, first.close)
    closing.start()
    second.commit(Write(definition=DEFINITION._replace(digest="2", version=2)))
    closing.join()
    assert len(second.definitions()) == 2
    second.close()


def test_a_lock_of_a_foreign_program(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db", wait=0.05)
    foreign = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked):
        store.commit(Write(definition=DEFINITION))
    assert store.definitions() == []
    foreign.execute("ROLLBACK")
    foreign.close()
    store.commit(Write(definition=DEFINITION))
    store.close()


def test_a_full_disk_leaves_nothing_and_the_store_goes_on(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    store.commit(Write(definition=DEFINITION))
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    big = InstanceRow("v1", "visit", 1, "digest", "running", 1, "x" * 100_000, T1, T1)
    entry = JournalRow("v1", 1, T1, "start", "li", "", "{}", "[]", "[]", "#1")
    with pytest.raises(DiskFull):
        store.commit(Write(instance=big, journal=entry))
    assert store.instance("v1") is None
    store._db.execute(f"PRAGMA max_page_count = {pages + 100}")
    store.commit(Write(instance=big, journal=entry))
    assert store.instance("v1") == big
    store.close()


def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    store = SqliteStore(path)
    for n in range(200):
        store.commit(Write(definition=DEFINITION._replace(digest=str(n), version=n, content="x" * 500)))
    store.close()
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    path.write_bytes(bytes(data))
    damaged = SqliteStore(path)
    with pytest.raises(StoreCorrupt):
        damaged.definitions()
    damaged.close()


def test_a_read_only_connection_is_told_apart(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    store._db.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreReadOnly):
        store.commit(Write(definition=DEFINITION))
    store.close()


def test_every_query_is_used_and_understood() -> None:
    from oyiflow.store import sqlite as module

    folder = Path(module.__file__).parent
    source = "".join((folder / name).read_text("utf-8") for name in ("sqlite.py", "reads.py"))
    db = sqlite3.connect(":memory:")
    for migration in migrations():
        for statement in migration.statements:
            db.execute(statement)
    for name, sql in queries().items():
        assert f'"{name}"' in source, f"nobody uses {name}"
        assert db.execute("EXPLAIN " + sql, ["1"] * _parameters(sql)).fetchall()


def _parameters(sql: str) -> int:
    numbered = [int(part[0]) for part in sql.split("?")[1:] if part[:1].isdigit()]
    return max(numbered) if numbered else sql.count("?")


@pytest.mark.parametrize("query", ["move_instance", "close_task", "cancel_timer", "tasks_of_holders", "due_timers", "due_outbox",
                                   "journal", "answered_event", "answered_start", "outbox_of_instance", "instance"])  # fmt: skip
def test_hot_statements_use_an_index(query: str) -> None:
    db = sqlite3.connect(":memory:")
    for migration in migrations():
        for statement in migration.statements:
            db.execute(statement)
    sql = queries()[query]
    plan = " ".join(row[3] for row in db.execute("EXPLAIN QUERY PLAN " + sql, ["1"] * _parameters(sql)))
    assert "SCAN" not in plan.replace("SCAN json_each", "") and ("TEMP" not in plan or query in SORTED), plan


SORTED = ("journal", "tasks_of_holders")
"""Statements whose index finds the rows in another order than the one that people want."""


def test_errors_speak_both_languages(tmp_path: Path) -> None:
    with pytest.raises(OyiFlowError) as caught:
        SqliteStore(tmp_path / "nowhere" / "s.db")
    assert caught.value.zh and caught.value.en and caught.value.zh != caught.value.en
