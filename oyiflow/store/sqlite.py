"""The store in one SQLite file, or in memory for tests: the same code, the same guarantees short of the disk.

WAL with synchronous=FULL: every commit is on the disk before it returns (synchronous=NORMAL loses the last steps in a
power cut). One connection writes, guarded by a lock of this process and by the file lock against others; the file lock
is taken with the first write and kept until `close`, so programs that only read never disturb anybody. A second
connection reads, so that a list does not wait for somebody's commit; in memory there is only one.

Writes of several threads that queue up share a transaction (see `together`), each in a savepoint of its own.

`BEGIN IMMEDIATE` always: a transaction that begins by reading and then wants to write can fail at once in spite of the
busy timeout. Statements are prepared once by the driver, which keeps them by their text.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oyiflow.errors import Conflict, OyiFlowError, StoreUnavailable
from oyiflow.store.failures import FileGone, MissingFolder, NewerStore, NotAStore, translate, unfit
from oyiflow.store.lock import FileLock
from oyiflow.store.protocol import Due, InstanceRow, TaskRow, Write
from oyiflow.store.reads import Reads
from oyiflow.store.sql import migrations, queries
from oyiflow.store.together import Ticket, Together

APPLICATION = 0x4F796946  # "OyiF": marks our files, so that somebody else's database is never migrated by mistake
WAIT = 5.0
_UNFIT = (UnicodeEncodeError, OverflowError)
"""What the driver raises for half a character and for a number beyond 64 bits."""
_LAST = 1 << 53
_CHECKPOINT = 4000
"""Pages of the write-ahead log (16 MB) after which they are carried over into the file: four times the usual, so that those which
change all the time are carried four times as rarely."""
_STATEMENTS = 128  # more than there are queries: none is ever prepared twice


class SqliteStore(Reads):
    """See `Store`. `path` None means memory. `wait` in seconds, for locks. `factory` is the driver's connection class."""

    def __init__(
        self, path: str | Path | None = None, *, wait: float = WAIT, factory: type[sqlite3.Connection] = sqlite3.Connection
    ) -> None:
        self._path = Path(path).resolve() if path is not None else None  # the lock must lie beside the file that is meant
        self._name = str(self._path or ":memory:")
        self._wait = wait
        self._factory = factory
        self._sql = queries()
        self._writing = threading.RLock()
        self._queue = Together(self._write_batch)
        self._bell = threading.Event()
        self._closed = False
        self._process = os.getpid()
        if self._path is not None and not self._path.parent.is_dir():
            folder = self._path.parent
            raise MissingFolder(f"文件夹不存在：{folder}", f"the folder does not exist: {folder}")
        self._file_lock = FileLock(Path(f"{self._path}.lock"), wait) if self._path is not None else None
        self._db = self._connect()
        try:
            self._prepare()
            # One cursor for all that is written, under the lock: a new one for each statement costs a tenth of the statement.
            self._run = self._db.cursor().execute
            alone = self._path is None
            self._reader = self._db if alone else self._connect()
            self._identity = self._file_identity()
            self._reading = self._writing if alone else threading.RLock()
        except BaseException:
            self._db.close()
            raise

    # -- opening -------------------------------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(
                self._name,
                timeout=self._wait,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_STATEMENTS,
                factory=self._factory,
            )
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
            return db
        except sqlite3.Error as error:
            raise translate(error, self._name) from error

    def _prepare(self) -> None:
        """Bring the schema up to date, or refuse the file."""
        try:
            if self._schema_version() == len(migrations()):
                return
            self._own()
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._transaction(self._db.execute, self._migrate)
            finally:
                if self._file_lock:
                    self._file_lock.release()
        except sqlite3.Error as error:
            raise translate(error, self._name) from error

    def _schema_version(self) -> int:
        version: int
        version, application, tables = self._db.execute(self._sql["schema"]).fetchone()
        if application != APPLICATION and (version or tables):
            raise NotAStore(f"这不是 OyiFlow 的数据库：{self._name}", f"this is not an OyiFlow database: {self._name}")
        known = len(migrations())
        if version > known:
            raise NewerStore(
                f"数据库由更新版本的 OyiFlow 建立（结构 {version}，本程序只认到 {known}），请升级程序：{self._name}",
                f"a newer OyiFlow made this database (schema {version}, this program knows {known}); upgrade: {self._name}",
            )
        return version

    def _migrate(self) -> None:
        done = self._schema_version()  # again, now inside the transaction: somebody may have been faster
        for migration in migrations()[done:]:
            for statement in migration.statements:
                self._db.execute(statement)
        self._db.execute(f"PRAGMA application_id = {APPLICATION}")
        self._db.execute(f"PRAGMA user_version = {len(migrations())}")

    def _own(self) -> None:
        """Be the one who writes."""
        self._usable()
        if self._file_lock is not None:
            self._file_lock.acquire()

    def _file_identity(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            found = os.stat(self._name)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _gone(self) -> FileGone:
        """A file that was deleted or renamed under us takes writes that nobody will ever read."""
        return FileGone(f"数据库文件已被删除或换掉：{self._name}", f"the database file was deleted or replaced: {self._name}")

    def close(self) -> None:
        """Let go of files and locks; may be called twice."""
        if os.getpid() != self._process:
            return  # they are the parent's
        with self._writing, self._reading:
            self._closed = True
            self._reader.close()
            self._db.close()
            if self._file_lock is not None:
                self._file_lock.release()

    # -- writing -------------------------------------------------------------------------------------------------

    def commit(self, write: Write) -> None:
        """All of the write or nothing; see `Write` for its parts."""
        self._usable()
        self._queue.commit(write)

    def _write_batch(self, batch: Sequence[Ticket]) -> None:
        with self._writing:
            try:
                if self._file_lock is None or not self._file_lock.held:
                    self._own()  # whoever holds the lock has not been closed
                if self._file_identity() != self._identity:
                    raise self._gone()
            except StoreUnavailable as error:
                for ticket in batch:
                    ticket.finish(error)
                return
            if len(batch) > 1:
                self._together(batch)
            for ticket in batch:
                if not ticket.done:
                    self._alone(ticket)

    def _alone(self, ticket: Ticket) -> None:
        try:
            self._transaction(self._run, self._apply, ticket.write)
            ticket.finish()
        except Conflict as error:
            ticket.finish(error)
        except _UNFIT:
            ticket.finish(unfit())
        except sqlite3.Error as error:
            ticket.finish(translate(error, self._name))

    def _together(self, batch: Sequence[Ticket]) -> None:
        """One transaction, a savepoint for each; if the whole fails, nothing was written and each is tried alone."""
        refused: dict[int, OyiFlowError] = {}
        try:
            self._transaction(self._run, self._apply_each, batch, refused)
        except sqlite3.Error:
            return
        for number, ticket in enumerate(batch):
            ticket.finish(refused.get(number))

    def _apply_each(self, batch: Sequence[Ticket], refused: dict[int, OyiFlowError]) -> None:
        for number, ticket in enumerate(batch):
            self._run("SAVEPOINT one")
            try:
                self._apply(ticket.write)
            except (Conflict, sqlite3.IntegrityError, *_UNFIT) as error:
                self._run("ROLLBACK TO one")
                refused[number] = self._told(error)
            self._run("RELEASE one")

    def _told(self, error: Exception) -> OyiFlowError:
        if isinstance(error, sqlite3.Error):
            return translate(error, self._name)
        return error if isinstance(error, OyiFlowError) else unfit()

    def _transaction(self, run: Callable[..., Any], work: Callable[..., None], *arguments: Any) -> None:
        run("BEGIN IMMEDIATE")
        try:
            work(*arguments)
            run("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # the database has already rolled back after some failures
                run("ROLLBACK")
            raise

    def _apply(self, write: Write) -> None:
        run, sql = self._run, self._sql
        row, entry, closed, tasks, cancelled, timers = write[:6]
        if write.definition is not None:
            run(sql["add_definition"], write.definition)
        if row is not None:
            self._put_instance(row)
        if entry is not None:
            run(sql["add_journal"], (*entry[:-1], _packed(entry.hash)))
        if len(closed) == 1 == len(tasks) and self._passed(closed[0], tasks[0]):
            closed = tasks = ()
        for key in closed:
            run(sql["close_task"], key)
        for task in tasks:
            run(sql["add_task"], task)
        for timer in cancelled:
            run(sql["cancel_timer"], timer)
        for armed in timers:
            run(sql["add_timer"], armed)
        if any(write[6:-1]):
            self._deliver(write)

    def _passed(self, was: tuple[str, str, str], task: TaskRow) -> bool:
        """The common case, one task for one task of the same instance, in one statement; False if there is no such row."""
        passed = task[0], task[2], *task[4:], *was
        return task[1] == was[1] and bool(self._run(self._sql["pass_task"], passed).rowcount == 1)

    def _put_instance(self, row: InstanceRow) -> None:
        if row.revision == 1:
            self._run(self._sql["add_instance"], (*row[:-1], _packed(row.head)))
            return
        values = *row[4:7], row.updated, _packed(row.head), row.id, row.revision - 1
        if self._run(self._sql["move_instance"], values).rowcount != 1:
            raise Conflict(f"实例 {row.id} 已被别人推进", f"somebody else moved instance {row.id}")

    def _deliver(self, write: Write) -> None:
        run, sql = self._run, self._sql
        for done in write.done:
            self._hit("finish_outbox", done, f"{done[0]} 已由别人办理", f"somebody else has done {done[0]}")
        for withdrawn in write.withdrawn:
            run(sql["withdraw_outbox"], (withdrawn,))
        for row in write.outbox:
            run(sql["add_outbox"], row)
        for row, tries in write.postponed:
            values = (row.wake, row.tries, row.error, row.id, tries)
            self._hit("postpone_outbox", values, f"{row.id} 已由别人办理", f"somebody else is doing {row.id}")
        for timer in write.delayed:
            run(sql["delay_timer"], (timer.wake, timer.tries, timer.error, timer.instance, timer.id))
        for notice in write.notices:
            run(sql["add_notice"], notice)

    def _hit(self, query: str, values: tuple[Any, ...], zh: str, en: str) -> None:
        if self._run(self._sql[query], values).rowcount != 1:
            raise Conflict(zh, en)

    # -- reading -------------------------------------------------------------------------------------------------

    def _all(self, query: str, *values: Any) -> list[Any]:
        self._usable()  # before any lock: a forked child may have inherited it taken
        with self._reading:
            self._usable()
            try:
                return self._reader.execute(self._sql[query], values).fetchall()
            except _UNFIT:
                return []  # what cannot be stored is not there
            except sqlite3.Error as error:
                raise translate(error, self._name) from error

    def numbers(self, process: str) -> range:
        """See `Store`. We are alone, so all that follow the last one are ours."""
        last = self._all("last_started", process)
        number = last[0][0].removeprefix(f"{process}-") if last else "0"
        if not (number.isascii() and number.isdecimal() and len(number) < 16):  # its id was chosen by somebody
            number = str(self._all("count_of", process)[0][0])
        return range(int(number) + 1, _LAST)

    def tasks(self, holders: Iterable[str] | None = None) -> Sequence[TaskRow]:
        """See `Store`."""
        found = self._all("tasks") if holders is None else self._all("tasks_of_holders", json.dumps(sorted(holders)))
        return [TaskRow._make(row) for row in found]

    def claim(self, now: str, limit: int, until: Callable[[str], str]) -> tuple[str, Due]:
        """See `Store`. We are the only process, and the threads of one leave to each other what each has begun."""
        now = now or datetime.now(UTC).isoformat(timespec="microseconds")
        return now, self.due(now, limit)

    def ring(self) -> None:
        """See `Store`."""
        self._bell.set()

    def wait(self, seconds: float) -> bool:
        """See `Store`."""
        self._usable()
        rang = self._bell.wait(seconds)
        self._bell.clear()
        return rang


def _packed(seal: str) -> str | bytes:
    """A seal as it is kept: half as long."""
    return bytes.fromhex(seal) if len(seal) == 64 else seal
