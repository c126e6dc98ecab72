"""Connections to a PostgreSQL server: made, kept ready, thrown away when they break; and its troubles in our words.

A store has two connections that write (see `postgres`) and a few that read, each kept in a stack: the warm one is used
again. A connection that has been idle is asked whether the server has hung up before anything is sent on it, so that
a server that was restarted in between is not noticed at all. One that breaks in the middle is thrown away, and the next
call makes a new one, for as long as `wait` patiently, because a restart takes a moment; nothing has to be told or reset.

Reading connections need not wait for the disk (`synchronous_commit = off`): besides reading they claim what is due and
reserve numbers, and what a crash takes back of these is done again. Those that write insist on it.
"""

from __future__ import annotations

import random
import select
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import errors as pg
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from oyiflow.errors import Conflict, OyiFlowError, StoreUnavailable
from oyiflow.store.failures import (
    DiskFull,
    OlderStore,
    StoreCorrupt,
    StoreGone,
    StoreLocked,
    StoreReadOnly,
    unfit,
)

SCHEMA = "oyiflow"
"""The schema in the database that holds our tables, unless the address names another (`?schema=`)."""
_IDLE = 0.05
"""Seconds after which a connection is looked at before it is used."""
_KEPT = 8
_FINE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_IS_IDLE = TransactionStatus.IDLE
_PAUSE = 0.05
_FINAL = ("password authentication failed", "does not exist", "pg_hba.conf")  # waiting does not help
_ASK = {"connect_timeout": "5", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
        "tcp_user_timeout": "60000", "application_name": "oyiflow"}  # fmt: skip
_UTF8 = {"client_encoding": "UTF8"}
"""Texts are sent as UTF-8 (`Kept.run`), whatever the environment or the database says; the server turns them into its own."""

Connection = psycopg.Connection[tuple[Any, ...]]


class Address:
    """Where the server is. `name` is for messages: it holds no password."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query))
        self.schema = asked.pop("schema", SCHEMA)
        self.url = urlunsplit(parts._replace(query=urlencode({**_ASK, **asked, **_UTF8})))
        host = parts.hostname or asked.get("host", "")
        self.name = f"{host}{parts.path}" + (f" ({self.schema})" if self.schema != SCHEMA else "")


def connect(address: Address, wait: float, settings: Mapping[str, str]) -> Connection:
    """A connection with these settings; for as long as `wait` it is tried again."""
    end = time.monotonic() + wait
    while True:
        try:
            db: Connection = psycopg.Connection.connect(
                address.url, autocommit=True, cursor_factory=psycopg.RawCursor, prepare_threshold=0
            )
            break
        except psycopg.Error as error:
            if time.monotonic() >= end or any(words in str(error) for words in _FINAL):
                raise gone(error, address.name) from error
        time.sleep(_PAUSE * (1 + random.random()))
    try:
        quoted = '"' + address.schema.replace('"', '""') + '"'
        values = {"search_path": quoted, **settings}
        db.execute("SELECT " + ", ".join(f"set_config(${2 * n + 1}, ${2 * n + 2}, false)" for n in range(len(values))),
                   [text for pair in values.items() for text in pair])  # fmt: skip
    except psycopg.Error as error:
        db.close()
        raise translate(error, address.name) from error
    return db


class Kept:
    """A connection that is put back after use, with the time of its last use, and the statements that it has prepared.

    `run` talks to the server through the driver's bare protocol (`psycopg.pq`): the adaptation of twenty values and the cursor
    cost the driver more time than the server needs for the whole step.
    """

    __slots__ = ("_prepared", "db", "used")

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.used = time.monotonic()
        self._prepared: set[str] = set()

    def is_alive(self) -> bool:
        """Whether the server has not hung up, as far as can be seen without asking it."""
        if self.db.closed:
            return False
        if time.monotonic() - self.used < _IDLE:
            return True
        with suppress(OSError, ValueError, psycopg.Error):
            readable, _, _ = select.select([self.db.fileno()], [], [], 0)
            return not readable  # nobody has asked for anything: what arrives now is a farewell
        return False

    def is_idle(self) -> bool:
        """Whether it can be used again: it is not broken, and nothing is under way on it."""
        return self.db.pgconn.transaction_status == _IS_IDLE

    def run(self, name: str, sql: str, values: Sequence[str]) -> PGresult:
        """The rows of a statement, which is prepared under its name at the first use.

        It cannot be interrupted from the keyboard: whoever waits for a write learns what has become of it. How long that can
        take is limited by the lock timeout, and by the network's (`_ASK`) where the server is lost.
        """
        sent = list(map(str.encode, values))
        if b"\0" in b"".join(sent):
            raise psycopg.DataError("text cannot contain the character 0")
        connection, known = self.db.pgconn, name.encode()
        if name not in self._prepared:
            with suppress(
                pg.DuplicatePreparedStatement
            ):  # it was, but an interrupt from the keyboard came before the note of it
                self._checked(connection.prepare(known, sql.encode()))
            self._prepared.add(name)
        return self._checked(connection.exec_prepared(known, sent))

    def _checked(self, result: PGresult) -> PGresult:
        if result.status in _FINE:
            return result
        if (
            self.db.closed or result.error_field(DiagnosticField.SQLSTATE) is None
        ):  # the server has hung up, and has said nothing
            self.db.close()
            raise psycopg.OperationalError(result.error_message.decode(errors="replace"))
        raise pg.error_from_result(result)


class Pool:
    """Connections for whoever asks; never too few, and the surplus is closed again."""

    def __init__(self, address: Address, wait: float, settings: Mapping[str, str]) -> None:
        self._address = address
        self._wait = wait
        self._settings = settings
        self._free: list[Kept] = []  # append and pop are atomic

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection; thrown away if it breaks while it is used."""
        kept = self._take()
        try:
            yield kept.db
        finally:
            kept.used = time.monotonic()
            if kept.db.closed or kept.db.broken or len(self._free) >= _KEPT:
                kept.db.close()
            else:
                self._free.append(kept)

    def _take(self) -> Kept:
        while True:
            try:
                kept = self._free.pop()
            except IndexError:
                return Kept(connect(self._address, self._wait, self._settings))
            if kept.is_alive():
                return kept
            kept.db.close()

    def close(self) -> None:
        """Close what nobody uses."""
        while self._free:
            with suppress(IndexError):
                self._free.pop().db.close()


def gone(error: Exception, name: str) -> StoreGone:
    """The server cannot be reached."""
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return StoreGone(
        f"数据库服务器连不上或断开了：{name}：{said}", f"the database server cannot be reached, or has hung up: {name}: {said}"
    )


_KINDS: tuple[tuple[type[psycopg.Error] | tuple[type[psycopg.Error], ...], type[StoreUnavailable], str, str], ...] = (
    (pg.DiskFull, DiskFull, "磁盘已满，本次没有写入", "the disk is full; nothing of this call was written"),
    ((pg.LockNotAvailable, pg.QueryCanceled, pg.SerializationFailure, pg.DeadlockDetected), StoreLocked,
     "数据库里的行被其他连接锁住", "another connection keeps rows of the database locked"),
    ((pg.UndefinedTable, pg.UndefinedColumn, pg.InvalidSchemaName), OlderStore,
     "数据库还没有 OyiFlow 的表，或太旧，请运行 oyiflow db upgrade", "the database lacks tables of OyiFlow; run oyiflow db upgrade"),
    ((pg.ReadOnlySqlTransaction, pg.InsufficientPrivilege), StoreReadOnly, "数据库只读或没有权限", "the database may not be written"),
    ((pg.DataCorrupted, pg.IndexCorrupted), StoreCorrupt, "数据库已损坏", "the database is damaged"),
)  # fmt: skip


def translate(error: Exception, name: str) -> OyiFlowError:
    """Our error for the driver's: a broken uniqueness means that somebody was faster, all else is the store's trouble."""
    if isinstance(error, pg.UniqueViolation):
        return Conflict("别人已先一步写入", "somebody else wrote it first")
    if isinstance(error, psycopg.DataError | UnicodeEncodeError | OverflowError):
        return unfit()
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    for kinds, ours, zh, en in _KINDS:
        if isinstance(error, kinds):
            return ours(f"{zh}：{name}：{said}", f"{en}: {name}: {said}")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return gone(error, name)
    return StoreUnavailable(
        f"数据库出错，本次没有写入：{name}：{said}", f"the database failed; nothing was written: {name}: {said}"
    )
