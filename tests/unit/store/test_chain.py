"""The chain of seals: what it finds, what it cannot find, and how it begins in a database that is older than it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from oyiflow.engine import Engine
from oyiflow.engine.texts import whole_snapshot
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Assignee, Definition, Field, Outcome, Role, State, StateKind, Text, Transition, Work
from oyiflow.model.values import FieldType
from oyiflow.store import SqliteStore
from oyiflow.store.chain import Verified, link, verify
from oyiflow.store.protocol import InstanceRow, JournalRow
from oyiflow.store.sql import migrations
from oyiflow.testing import ManualClock

T = "2026-01-01T00:00:00.000000+00:00"
LI = Company(people=(Person(name="li", title=Text(en="Li"), roles=("staff",)),))


def journal(length: int, begin: int = 1) -> tuple[InstanceRow, list[JournalRow]]:
    """A sealed journal; entries before `begin` have no seal."""
    rows, head = [], ""
    for n in range(1, length + 1):
        row = JournalRow("v1", n, T, "act", "li", "plan", f'{{"n":{n}}}', "[]", "[]", f"key {n}")
        if n >= begin:
            head = link(head, "digest", row)
            row = row._replace(hash=head)
        rows.append(row)
    return InstanceRow("v1", "visit", 1, "digest", "running", length, "{}", T, T, head=head), rows


def test_an_untouched_journal_holds() -> None:
    instance, rows = journal(5)
    assert verify(instance, rows) == Verified(1, 0, instance.head)


@pytest.mark.parametrize("column", [c for c in JournalRow._fields if c != "revision"])
def test_any_edit_is_found_where_it_was_made(column: str) -> None:
    instance, rows = journal(5)
    rows[2] = rows[2]._replace(**{column: getattr(rows[2], column) + "x"})
    assert verify(instance, rows).broken_at == 3


def test_text_cannot_be_moved_from_one_column_to_the_next() -> None:
    instance, rows = journal(3)
    rows[1] = rows[1]._replace(event='{"n":2}[', effects="]")
    assert verify(instance, rows).broken_at == 2


@pytest.mark.parametrize("touch", [
    lambda rows: rows.pop(2),
    lambda rows: rows.insert(2, rows[2]),
    lambda rows: rows.__setitem__(slice(1, 3), [rows[2], rows[1]]),
    lambda rows: rows.__setitem__(slice(1, 3), [rows[2]._replace(revision=2), rows[1]._replace(revision=3)]),
    lambda rows: rows.__setitem__(2, rows[2]._replace(hash="")),
])  # fmt: skip
def test_deletion_doubling_and_reordering_are_found(touch: Callable[[list[JournalRow]], object]) -> None:
    instance, rows = journal(5)
    touch(rows)
    assert verify(instance, rows).broken_at in (2, 3, 4)


def test_a_journal_that_was_cut_off_does_not_reach_the_head() -> None:
    instance, rows = journal(5)
    assert verify(instance, rows[:4]).broken_at == 5
    assert verify(instance._replace(revision=4), rows[:4]).broken_at == 5
    assert verify(instance, []).broken_at == 1


def test_another_definition_does_not_fit() -> None:
    instance, rows = journal(2)
    assert verify(instance._replace(digest="other"), rows).broken_at == 1
    assert verify(instance._replace(digest="other"), rows, {1: "digest"}).broken_at == 0


def test_a_chain_begins_where_seals_begin() -> None:
    instance, rows = journal(5, begin=4)
    assert verify(instance, rows) == Verified(4, 0, instance.head)
    rows[4] = rows[4]._replace(hash="")
    assert verify(instance, rows).broken_at == 5
    old, unsealed = journal(3, begin=9)
    assert verify(old, unsealed) == Verified(0, 0, "")


def cases(engine: Engine) -> str:
    """A case of a process with one step that comes back."""
    outcome = Outcome(name="done", event="apply.done", title=Text(en="done"))
    apply = State(
        id="apply",
        work=Work(by=(Assignee(role="staff"),), fill=("amount",), outcomes=(outcome,)),
        transitions=(Transition(events=("apply.done",), targets=("apply",)),),
    )
    root = State(id="rework", kind=StateKind.COMPOUND, states=(apply,))
    fields = (Field(name="amount", title=Text(en="amount"), type=FieldType.MONEY),)
    roles = (Role(name="staff", title=Text(en="staff")),)
    definition = Definition(name="rework", title=Text(en="rework"), roles=roles, fields=fields, root=root)
    return engine.start(definition, actor="li", values={"amount": "1"}, key="start").id


def test_every_step_of_an_engine_is_sealed_and_an_edit_in_the_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    with Engine(SqliteStore(path), directory=LI, clock=ManualClock()) as engine:
        id = cases(engine)
        engine.complete(id, "apply", actor="li", values={"amount": "2"}, comment='两千 \\ " \n')
        found = engine.verify(id)
        assert (found.sealed_from, found.broken_at, len(found.head)) == (1, 0, 64)
    for statement in (
        "UPDATE journal SET event = replace(event, '\"2\"', '\"3\"') WHERE revision = 2",
        "UPDATE journal SET actor = 'wang' WHERE revision = 2",
        "DELETE FROM journal WHERE revision = 2",
    ):
        copy = tmp_path / "copy.db"
        copy.write_bytes(path.read_bytes())
        db = sqlite3.connect(copy)
        assert db.execute(statement).rowcount == 1
        db.commit()
        db.close()
        with Engine(SqliteStore(copy), directory=LI) as engine:
            assert engine.verify(id).broken_at == 2


def test_a_file_of_the_first_schema_goes_on_and_is_sealed_from_then_on(tmp_path: Path) -> None:
    """As version 1 has left it: no seals, no head. It is brought up to date by opening it, and loses nothing."""
    path = tmp_path / "new.db"
    with Engine(SqliteStore(path), directory=LI, clock=ManualClock()) as engine:
        id = cases(engine)
    old = tmp_path / "old.db"
    as_version_1(path, old)
    clock = ManualClock()
    clock.advance("1 hour")
    with Engine(SqliteStore(old), directory=LI, clock=clock) as engine:
        before = engine.snapshot(id)
        assert engine.verify(id) == Verified(0, 0, "")
        engine.complete(id, "apply", actor="li", values={"amount": "2"})
        assert engine.replay(id) == engine.snapshot(id) != before
        found = engine.verify(id)
        assert (found.sealed_from, found.broken_at) == (2, 0)
        assert engine.start("rework", actor="li", key="start").id == id, "keys of before still answer"


def test_a_file_of_the_second_schema_keeps_its_seals(tmp_path: Path) -> None:
    """As version 2 has left it: seals in letters. They hold, and so do those that follow them as bytes."""
    path = tmp_path / "e.db"
    with Engine(SqliteStore(path), directory=LI, clock=ManualClock()) as engine:
        id = cases(engine)
    db = sqlite3.connect(path)
    db.execute("UPDATE journal SET hash = lower(hex(hash))")
    db.execute("PRAGMA user_version = 2")
    db.commit()
    with Engine(SqliteStore(path), directory=LI, clock=ManualClock()) as engine:
        engine.complete(id, "apply", actor="li", values={"amount": "2"})
        found = engine.verify(id)
        assert (found.sealed_from, found.broken_at, len(found.head)) == (1, 0, 64)
    kinds = [row[0] for row in db.execute("SELECT typeof(hash) FROM journal ORDER BY revision")]
    assert kinds == ["text", "blob"] and db.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
    db.close()


def test_a_file_of_the_third_schema_is_read_as_it_is(tmp_path: Path) -> None:
    """As version 3 has left it: whole snapshots, heads in letters. The next step writes the row anew, shorter."""
    path = tmp_path / "e.db"
    with Engine(SqliteStore(path), directory=LI, clock=ManualClock()) as engine:
        id = cases(engine)
        before = engine.snapshot(id)
    with closing(sqlite3.connect(path)) as db:
        made_whole(db)
        db.execute("UPDATE instance SET head = lower(hex(head))")
        db.execute("PRAGMA user_version = 3")
        db.commit()
        row = "SELECT typeof(head), snapshot LIKE '{\"format\":1,%' FROM instance WHERE id = ?"
        assert db.execute(row, (id,)).fetchone() == ("text", 1)
        with Engine(SqliteStore(path), directory=LI, clock=ManualClock()) as engine:
            assert engine.snapshot(id) == before and engine.verify(id).broken_at == 0
            engine.complete(id, "apply", actor="li", values={"amount": "2"})
            assert engine.verify(id).broken_at == 0 and engine.replay(id) == engine.snapshot(id) != before
        with Engine(SqliteStore(path), directory=LI, clock=ManualClock()) as engine:
            assert engine.replay(id) == engine.snapshot(id) != before
        assert db.execute(row, (id,)).fetchone() == ("blob", 0)
        assert db.execute("PRAGMA user_version").fetchone() == (len(migrations()),)


def made_whole(db: sqlite3.Connection) -> None:
    """Snapshots as they were kept up to the third schema."""
    for row in db.execute(f"SELECT {', '.join(InstanceRow._fields[:-1])} FROM instance").fetchall():
        db.execute("UPDATE instance SET snapshot = ? WHERE id = ?", (whole_snapshot(InstanceRow(*row)), row[0]))


def as_version_1(new: Path, old: Path) -> None:
    """The same content in tables of the first schema."""
    source, target = sqlite3.connect(new), sqlite3.connect(old)
    for statement in migrations()[0].statements:
        target.execute(statement)
    for table in ("definition", "instance", "journal", "task", "timer", "outbox", "notice"):
        names = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
        rows = source.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
        target.executemany(f"INSERT INTO {table}({', '.join(names)}) VALUES({', '.join('?' * len(names))})", rows)
    made_whole(target)
    application = source.execute("PRAGMA application_id").fetchone()[0]
    target.execute(f"PRAGMA application_id = {application}")
    target.execute("PRAGMA user_version = 1")
    target.commit()
    target.close()
    source.close()
