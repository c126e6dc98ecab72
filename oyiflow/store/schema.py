"""The schema of a PostgreSQL database: which version it has, and bringing it up to date.

Not on opening, as with a file: other processes may be running on it, and who administers the database wants to say when.
`upgrade` runs the numbered migrations forward in one transaction under an advisory lock, so two who do it at once do it
once. A program refuses tables that are newer than itself, or older, but it looks when it opens the store and not again:
one of the version before that is at work meanwhile is not stopped. What it goes on to write is understood, but it does
not understand what is written from then on (entries of the journal since `0002_fuller_pages`, cases since `0003_shorter_rows`). So stop it first.
"""

from __future__ import annotations

from typing import NamedTuple

import psycopg

from oyiflow.store.connections import Address, Connection, connect, translate
from oyiflow.store.failures import NewerStore, NotAStore, OlderStore
from oyiflow.store.sql import migrations, queries

_LOCK = 0x4F796946  # "OyiF": the number of the advisory lock


class Status(NamedTuple):
    """Where the schema of a database stands. 0 is an empty database."""

    name: str
    version: int
    known: int


def version_of(db: Connection, name: str) -> int:
    """The version of the schema, 0 if there is none."""
    versioned, tables = db.execute(queries("postgres")["version"]).fetchone() or (False, False)
    if not versioned and tables:
        raise NotAStore(
            f"这个模式里有别的程序的表：{name}", f"this schema holds tables of another program: {name}; name one with ?schema="
        )
    if not versioned:
        return 0
    row = db.execute("SELECT max(version) FROM schema_version").fetchone()
    return int(row[0] or 0) if row else 0


def check_version(db: Connection, name: str) -> None:
    """Refuse tables that this program does not know."""
    found, known = version_of(db, name), len(migrations("postgres"))
    if found > known:
        raise NewerStore(
            f"数据库由更新版本的 OyiFlow 建立（结构 {found}，本程序只认到 {known}），请升级程序：{name}",
            f"a newer OyiFlow made this database (schema {found}, this program knows {known}); upgrade the program: {name}",
        )
    if found < known:
        zh = "数据库里还没有 OyiFlow 的表" if not found else f"数据库的结构是 {found}，本程序要 {known}"
        en = (
            "the database has no tables of OyiFlow yet"
            if not found
            else f"the database has schema {found}, this program needs {known}"
        )
        raise OlderStore(f"{zh}，请运行 oyiflow db upgrade：{name}", f"{en}; run oyiflow db upgrade: {name}")


def status(url: str) -> Status:
    """Where the schema stands; looks only."""
    address = Address(url)
    db = connect(address, 0, {})
    try:
        return Status(address.name, version_of(db, address.name), len(migrations("postgres")))
    except psycopg.Error as error:
        raise translate(error, address.name) from error
    finally:
        db.close()


def upgrade(url: str) -> Status:
    """Bring the schema up to date; where it stood before."""
    address = Address(url)
    db = connect(address, 0, {})
    try:
        with db.transaction():
            db.execute("SELECT pg_advisory_xact_lock($1)", [_LOCK])
            before = version_of(db, address.name)
            if before > len(migrations("postgres")):
                check_version(db, address.name)
            _migrate(db, address, before)
        return Status(address.name, before, len(migrations("postgres")))
    except psycopg.Error as error:
        raise translate(error, address.name) from error
    finally:
        db.close()


def _migrate(db: Connection, address: Address, before: int) -> None:
    quoted = '"' + address.schema.replace('"', '""') + '"'
    if not before:
        db.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted}")
        db.execute("CREATE TABLE schema_version(version INTEGER PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now())")
    for migration in migrations("postgres")[before:]:
        for statement in migration.statements:
            db.execute(statement)
        db.execute("INSERT INTO schema_version(version) VALUES ($1)", [migration.version])
