"""What only a server has: being away and coming back, rows locked by others, schemas of other versions, many processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from postgres_server import Server

from oyiflow.errors import Conflict, StoreUnavailable
from oyiflow.store import open_store, schema_status, upgrade
from oyiflow.store.failures import NewerStore, NotAStore, OlderStore, StoreGone, StoreLocked, StoreReadOnly
from oyiflow.store.postgres import PostgresStore
from oyiflow.store.protocol import DefinitionRow, InstanceRow, JournalRow, TimerRow, Write
from oyiflow.store.sql import migrations

KNOWN = len(migrations("postgres"))
T1, T2, T3 = (f"2026-01-0{n}T00:00:00.000000+00:00" for n in (1, 2, 3))
DEFINITION = Write(definition=DefinitionRow("digest", "visit", 1, "{}", "", T1))


@pytest.fixture
def store(postgres: str) -> Iterator[PostgresStore]:
    made = PostgresStore(postgres)
    made.commit(DEFINITION)
    yield made
    made.close()


@pytest.fixture
def admin(server: Server, postgres: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Somebody else on the same schema."""
    schema = postgres.rpartition("schema=")[2]
    with psycopg.connect(server.plain_url, autocommit=True, options=f"-csearch_path={schema}") as db:
        yield db


def step(revision: int, id: str = "v1", key: str = "") -> Write:
    row = InstanceRow(id, "visit", 1, "digest", "running", revision, f"snapshot {revision}", T1, T1)
    return Write(instance=row, journal=JournalRow(id, revision, T1, "act", "li", "", "{}", "[]", "[]", key or f"#{revision}"))


# --- texts


@pytest.mark.parametrize("encoding", ["GBK", "LATIN1", "SQL_ASCII"])
def test_chinese_is_stored_whatever_the_environment_thinks_of_encodings(
    postgres: str, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    store = PostgresStore(f"{postgres}&client_encoding={encoding}")
    store.commit(DEFINITION)
    store.commit(step(1, "案1é", "键"))
    store.close()
    monkeypatch.delenv("PGCLIENTENCODING")
    again = PostgresStore(postgres)
    assert [(row.instance, row.key) for row in again.journal("案1é")] == [("案1é", "键")]
    again.close()


# --- the server goes away


def test_a_server_that_was_restarted_in_between_is_not_noticed(server: Server, store: PostgresStore) -> None:
    store.commit(step(1))
    server.crash()
    server.start()
    for kept in store._writers:
        kept.used = 0  # as if it had been idle for a while
    store.commit(step(2))
    assert [e.revision for e in store.journal("v1")] == [1, 2]


def test_a_server_that_is_away_is_a_clear_error_and_work_goes_on_when_it_is_back(server: Server, postgres: str) -> None:
    store = PostgresStore(postgres, wait=0.2)
    store.commit(DEFINITION)
    store.commit(step(1))
    server.stop()
    for call in (lambda: store.commit(step(2)), lambda: store.instance("v1"), lambda: store.wait(0.1)):
        with pytest.raises(StoreGone) as caught:
            call()
        assert "数据库服务器" in caught.value.zh and "server" in caught.value.en
    server.start()
    store.commit(step(2))
    found = store.instance("v1")
    assert found is not None and found.revision == 2
    store.close()


def test_a_restart_is_waited_for(server: Server, store: PostgresStore) -> None:
    store.commit(step(1))
    server.stop()
    for kept in store._writers:
        kept.used = 0
    tried: list[str] = []
    waiting = threading.Thread(target=lambda: tried.append(store.commit(step(2)) or "written"))  # type: ignore[func-returns-value]
    waiting.start()
    server.start()  # here, because it dies with the thread that has started it
    waiting.join()
    assert tried == ["written"] and len(store.journal("v1")) == 2


def test_steps_during_crashes_are_neither_lost_nor_doubled(server: Server, postgres: str) -> None:
    """Callers go on under the same key until they have an answer; three crashes meanwhile."""
    store = PostgresStore(postgres)
    store.commit(DEFINITION)
    stop = threading.Event()
    heard: dict[str, int] = {}

    def caller(id: str) -> None:
        revision = 0
        while not stop.is_set():
            write = step(revision + 1, id, key=f"{id}.{revision + 1}")
            try:
                store.commit(write)
            except Conflict:
                assert store.answered(id, f"{id}.{revision + 1}") == (id, revision + 1), "nobody else writes this instance"
            except StoreUnavailable:
                continue
            revision += 1
            heard[id] = revision

    threads = [threading.Thread(target=caller, args=(f"c{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        goal = sum(heard.values()) + 150
        until(lambda: sum(heard.values()) >= goal)  # noqa: B023
        server.crash()
        server.start()
    goal = sum(heard.values()) + 150
    until(lambda: sum(heard.values()) >= goal)
    stop.set()
    for thread in threads:
        thread.join()
    for id, revision in heard.items():
        assert [e.revision for e in store.journal(id)] == list(range(1, revision + 1))
    store.close()


def until(condition: object) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if condition():  # type: ignore[operator]
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen")


def test_a_connection_that_is_thrown_out_is_replaced(
    store: PostgresStore, admin: psycopg.Connection[tuple[object, ...]]
) -> None:
    store.commit(step(1))
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'oyiflow'")
    for _ in range(10):  # whoever was thrown out in the middle of something is told
        try:
            assert store.instance("v1") is not None
            store.commit(step(2))
            break
        except StoreGone:
            continue
    found = store.instance("v1")
    assert found is not None and found.revision == 2


# --- locks


def test_a_row_that_another_program_has_locked_is_waited_for_and_the_neighbours_are_not_held_up(
    postgres: str, admin: psycopg.Connection[tuple[object, ...]]
) -> None:
    store = PostgresStore(postgres, wait=1.5)
    store.commit(DEFINITION)
    store.commit(step(1))
    store.commit(step(1, "v2"))
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        with admin.transaction():
            admin.execute("SELECT 1 FROM instance WHERE id = 'v1' FOR UPDATE")
            locked.set()
            release.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait()
    refused: list[type] = []

    def blocked() -> None:
        try:
            store.commit(step(2))
        except StoreLocked as error:
            refused.append(type(error))

    waiter = threading.Thread(target=blocked)
    waiter.start()
    begun = time.monotonic()
    for revision in range(2, 12):
        store.commit(step(revision, "v2"))
    assert time.monotonic() - begun < 1.4, "the neighbour has not waited for the lock"
    waiter.join()
    assert refused == [StoreLocked]
    release.set()
    holder.join()
    store.commit(step(2))
    store.close()


def test_deadlocks_are_sent_again(store: PostgresStore, admin: psycopg.Connection[tuple[object, ...]]) -> None:
    """The statement of a batch is refused twice by the database as a deadlock; nobody hears of it."""
    store.commit(step(1))
    admin.execute("CREATE SEQUENCE attempts")
    admin.execute("""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('attempts') <= 2 THEN RAISE EXCEPTION USING ERRCODE = '40P01'; END IF; RETURN NEW; END $$""")
    admin.execute("CREATE TRIGGER refuse BEFORE UPDATE ON instance FOR EACH ROW EXECUTE FUNCTION refuse()")
    store.commit(step(2))
    assert len(store.journal("v1")) == 2
    assert admin.execute("SELECT last_value FROM attempts").fetchone() == (3,)


def test_a_read_only_server_says_so(store: PostgresStore, admin: psycopg.Connection[tuple[object, ...]]) -> None:
    store.commit(step(1))
    for kept in store._writers:
        kept.db.execute("SET default_transaction_read_only = on")
    with pytest.raises(StoreReadOnly):
        store.commit(step(2))
    for kept in store._writers:
        kept.db.execute("SET default_transaction_read_only = off")
    store.commit(step(2))


# --- claims


def test_two_stores_never_claim_the_same_and_what_was_not_done_comes_back(postgres: str, store: PostgresStore) -> None:
    store.commit(step(1))
    store.commit(Write(timers=tuple(TimerRow("v1", f"t{n:03}", T1, T1) for n in range(200))))
    other = PostgresStore(postgres)
    claimed: list[str] = []

    def claim(who: PostgresStore) -> None:
        for _ in range(20):
            claimed.extend(t.id for t in who.claim(T2, 10, lambda now: T3)[1].timers)

    threads = [threading.Thread(target=claim, args=(who,)) for who in (store, other, store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 200 == len(set(claimed))
    assert store.claim(T2, 10, lambda now: T3)[1].timers == ()
    assert len(other.claim(T3, 300, lambda now: "2999")[1].timers) == 200, "after the claim has run out"
    other.close()


def test_a_bell_rings_in_the_other_process_and_many_rings_are_few(postgres: str, store: PostgresStore) -> None:
    other = PostgresStore(postgres)
    heard: list[bool] = []
    listener = threading.Thread(target=lambda: heard.append(other.wait(20)))
    listener.start()
    until(lambda: other._bell._ear is not None)
    until(lambda: bool(ring_and_see(store, heard)))
    listener.join()
    assert heard == [True]
    other.close()


def ring_and_see(store: PostgresStore, heard: list[bool]) -> list[bool]:
    store.ring()
    return heard


# --- schemas


def test_an_empty_database_and_an_old_one_ask_for_upgrade(server: Server) -> None:
    url = server.url("not_yet")
    with pytest.raises(OlderStore, match="oyiflow db upgrade"):
        open_store(url)
    assert schema_status(url)[1:] == (0, KNOWN)
    assert upgrade(url)[1:] == (0, KNOWN)
    assert upgrade(url)[1:] == (KNOWN, KNOWN), "a second time changes nothing"
    open_store(url).close()


def test_upgrades_at_once_are_done_once(server: Server) -> None:
    url, before = server.url("at_once"), list[int]()
    threads = [threading.Thread(target=lambda: before.append(upgrade(url).version)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(before) == [0, *[KNOWN] * 5]


def test_a_database_of_the_first_schema_goes_on(server: Server) -> None:
    """As version 1 has left it: its settings, and an entry whose effects are written in full."""
    url, name = server.url("first"), "first"
    with psycopg.connect(server.plain_url, autocommit=True) as db:
        db.execute("CREATE SCHEMA first")
        db.execute("SET search_path = first")
        db.execute("CREATE TABLE schema_version(version INTEGER PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now())")
        db.execute("INSERT INTO schema_version(version) VALUES (1)")
        for statement in migrations("postgres")[0].statements:
            db.execute(statement)
        columns = ", ".join(DefinitionRow._fields)
        db.execute(f"INSERT INTO definition({columns}) VALUES (%s, %s, %s, %s, %s, %s)", DEFINITION.definition)
        row, entry = step(1).instance, step(1).journal
        assert row is not None and entry is not None
        db.execute(f"INSERT INTO instance({', '.join(row._fields)}) VALUES ({', '.join(['%s'] * len(row))})", row)
        db.execute(f"INSERT INTO journal({', '.join(entry._fields)}) VALUES ({', '.join(['%s'] * len(entry))})", entry)
    with pytest.raises(OlderStore, match="oyiflow db upgrade"):
        open_store(url)
    assert schema_status(url)[1:] == (1, KNOWN) and upgrade(url)[1:] == (1, KNOWN)
    store = open_store(url)
    assert store.instance("v1") == row and store.journal("v1") == [entry]
    store.commit(step(2))
    assert [one.revision for one in store.journal("v1")] == [1, 2]
    store.close()
    with psycopg.connect(server.plain_url) as db:
        asked = "SELECT reloptions FROM pg_class WHERE relname = 'instance' AND relnamespace = %s::regnamespace"
        assert "fillfactor=85" in (db.execute(asked, [name]).fetchone() or ([],))[0]


def test_newer_tables_are_refused(postgres: str, admin: psycopg.Connection[tuple[object, ...]]) -> None:
    admin.execute("INSERT INTO schema_version(version) VALUES (99)")
    with pytest.raises(NewerStore, match="99"):
        open_store(postgres)
    with pytest.raises(NewerStore):
        upgrade(postgres)


def test_tables_of_another_program_are_not_touched(server: Server) -> None:
    with psycopg.connect(server.plain_url, autocommit=True) as db:
        db.execute("CREATE SCHEMA foreigner")
        db.execute("CREATE TABLE foreigner.instance(id int)")
    with pytest.raises(NotAStore):
        upgrade(server.url("foreigner"))


def test_no_message_holds_the_password() -> None:
    with pytest.raises(StoreGone) as caught:
        open_store("postgresql://me:secret@localhost:1/base", wait=0)
    assert "secret" not in str(caught.value) and "localhost" in str(caught.value)


def test_statements_understand_their_parameters_and_use_an_index(store: PostgresStore) -> None:
    """Every statement of the file is used; those of a step find their rows by an index in tables of any size."""
    from pathlib import Path

    from oyiflow.store import postgres as module
    from oyiflow.store.batches import step_parameters
    from oyiflow.store.sql import queries

    folder = Path(module.__file__).parent
    source = "".join((folder / name).read_text("utf-8") for name in ("postgres.py", "reads.py", "schema.py"))
    for name in queries("postgres"):
        assert f'"{name}"' in source, f"nobody uses {name}"
    store.commit(step(1))
    db = store._connected().db
    plan = "\n".join(str(row[0]) for row in db.execute("EXPLAIN " + queries("postgres")["steps"], step_parameters([step(2)])))
    assert "Seq Scan" not in plan and "Hash Join" not in plan, plan
