"""The store on a PostgreSQL server: any number of processes on one database, no leader among them.

A step is one statement, and so one trip and one transaction; the revision that it was decided upon stands in its WHERE.
Writes of several threads that queue up share one statement on one of the few connections that write (`LANES`, see `together`):
the server then waits for its disk once for all of them. Who loses a race is not returned and hears `Conflict`, the others are written.
When a statement fails as a whole, its writes are done one by one, so that each hears its own error; after a deadlock or a
serialization failure the statement is simply sent again, a little later.

What another process has locked is waited for, but not by everybody: a statement of many gives up soon (`_SHORT`), and
only the write that needs the locked row waits for it, on a connection of its own.

When the server is away, calls say `StoreGone`. A write that was under way may have been done or not: repeated under its key
it is done once. The next call connects again by itself.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.pq.abc import PGresult

from oyiflow.errors import Conflict, OyiFlowError, StoreUnavailable
from oyiflow.store.batches import array, claims, is_plain, is_simple, simple_parameters, step_parameters, write_parameters
from oyiflow.store.bell import Bell
from oyiflow.store.connections import Address, Kept, Pool, connect, translate
from oyiflow.store.failures import StoreGone
from oyiflow.store.protocol import (
    Due,
    OutboxRow,
    TaskRow,
    TimerRow,
    Write,
)
from oyiflow.store.reads import Reads
from oyiflow.store.schema import check_version
from oyiflow.store.sql import queries
from oyiflow.store.together import Ticket, Together

WAIT = 5.0
ATTEMPTS = 5
"""How often a statement is sent again after a deadlock or a serialization failure."""
LANES = 2
"""Connections that write: while the server works for one, the callers of the other make themselves ready."""
_SHORT = "300ms"
_PAUSE = 0.01
_AGAIN = (pg.SerializationFailure, pg.DeadlockDetected)
# The plan that is wanted is always the same: from the few rows of the parameters by an index to the rows of the tables.
# It also takes the locks in the order of the parameters, by which two processes cannot block each other.
_WRITER = {"synchronous_commit": "on", "plan_cache_mode": "force_generic_plan", "enable_hashjoin": "off",
           "enable_mergejoin": "off", "enable_seqscan": "off", "jit": "off"}  # fmt: skip
_READER = {"synchronous_commit": "off", "plan_cache_mode": "auto", "jit": "off"}


class PostgresStore(Reads):
    """See `Store`. `url`: `postgresql://user@host/database`, with `?schema=` for another schema than `oyiflow`."""

    def __init__(self, url: str, *, wait: float = WAIT) -> None:
        self._address = Address(url)
        self._wait = wait
        self._sql = queries("postgres")
        self._queue = Together(self._write_batch, LANES)
        self._patient = {**_WRITER, "lock_timeout": f"{int(wait * 1000)}ms"}
        self._writers: list[Kept] = []  # append and pop are atomic
        self._pool = Pool(self._address, wait, {**_READER, "lock_timeout": f"{int(wait * 1000)}ms"})
        self._bell = Bell(self._address, wait)
        self._closed = False
        self._process = os.getpid()
        self._closing = threading.Lock()
        with self._pool.connection() as db:
            check_version(db, self._address.name)

    def close(self) -> None:
        """Let go of the connections; may be called twice."""
        if os.getpid() != self._process:
            return  # they are the parent's
        with self._closing:
            self._closed = True
            self._pool.close()
            self._bell.close()
            while self._writers:
                self._writers.pop().db.close()

    # -- writing -------------------------------------------------------------------------------------------------

    def commit(self, write: Write) -> None:
        """All of the write or nothing; see `Write` for its parts."""
        self._usable()
        try:
            self._queue.commit(write)
        except _Locked:
            self._wait_for(write)

    def _write_batch(self, batch: Sequence[Ticket]) -> None:
        """As few statements as there are writes that cannot stand in one."""
        if len(batch) == 1:
            self._write_once(batch)
            return
        rest = list(batch)
        while rest:
            now, later, taken = [], [], set[str]()
            for ticket in rest:
                mine = claims(ticket.write)
                if taken.isdisjoint(mine):
                    taken.update(mine)
                    now.append(ticket)
                else:
                    later.append(ticket)
            self._write_once(now)
            rest = later

    def _write_once(self, tickets: Sequence[Ticket]) -> None:
        if len(tickets) > 1:
            tickets = sorted(tickets, key=_place)
        error = self._send(tickets)
        if error is None:
            return
        if isinstance(error, psycopg.OperationalError | StoreUnavailable) and not isinstance(error, pg.LockNotAvailable):
            answer = error if isinstance(error, OyiFlowError) else translate(error, self._address.name)
            for ticket in tickets:
                ticket.finish(answer)
        elif len(tickets) > 1:
            for ticket in tickets:
                self._write_once([ticket])
        elif isinstance(error, pg.LockNotAvailable):
            tickets[0].finish(_Locked("", ""))
        else:
            tickets[0].finish(translate(error, self._address.name))

    def _send(self, tickets: Sequence[Ticket]) -> Exception | None:
        """Send a statement for all of them and finish each; what made it fail as a whole, if it did."""
        for attempt in range(ATTEMPTS):
            try:
                done = self._written_by_one([ticket.write for ticket in tickets])
            except _AGAIN as error:
                if attempt == ATTEMPTS - 1:
                    return error
                time.sleep(_PAUSE * 2**attempt * (0.5 + random.random()))
                continue
            except (psycopg.Error, StoreUnavailable, UnicodeEncodeError) as error:
                return error
            for ticket, is_done in zip(tickets, done, strict=True):
                ticket.finish(None if is_done else Conflict("已由别人推进或办理", "somebody else moved it or has done it"))
            return None
        raise AssertionError("the last attempt returns")

    def _written(self, kept: Kept, writes: Sequence[Write]) -> list[bool]:
        """Whether each of the writes was done; one statement."""
        if all(is_plain(write) for write in writes):
            if len(writes) == 1 and is_simple(writes[0]):
                return [kept.run("step", self._sql["step"], simple_parameters(writes[0])).ntuples == 1]
            moved = _first(kept.run("steps", self._sql["steps"], step_parameters(writes)))
            return [write.instance is not None and write.instance.id.encode() in moved for write in writes]
        numbers = _first(kept.run("writes", self._sql["writes"], write_parameters(writes)))
        return [b"%d" % number in numbers for number in range(len(writes))]

    def _written_by_one(self, writes: Sequence[Write]) -> list[bool]:
        """The same on one of the connections that write."""
        kept = self._connected()
        try:
            return self._written(kept, writes)
        finally:
            kept.used = time.monotonic()
            if self._closed or not kept.is_idle():
                kept.db.close()
            else:
                self._writers.append(kept)

    def _connected(self) -> Kept:
        """A connection that writes; there are as many as there are lanes."""
        while self._writers:
            with suppress(IndexError):
                kept = self._writers.pop()
                if kept.is_alive():
                    return kept
                kept.db.close()
        return Kept(connect(self._address, self._wait, {**_WRITER, "lock_timeout": _SHORT}))

    def _wait_for(self, write: Write) -> None:
        """A write that needs a locked row: alone, on a connection of its own, for as long as we wait."""
        db = connect(self._address, self._wait, self._patient)
        try:
            done = self._written(Kept(db), [write])
        except psycopg.Error as error:
            raise translate(error, self._address.name) from error
        finally:
            db.close()
        if not done[0]:
            raise Conflict("已由别人推进或办理", "somebody else moved it or has done it")

    # -- reading -------------------------------------------------------------------------------------------------

    def _all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """A read, or what may be done again like one: once more on a new connection if the server has hung up meanwhile."""
        self._usable()
        for again in (True, False):
            try:
                with self._pool.connection() as db:
                    return db.execute(self._sql[query], values).fetchall()
            except (psycopg.DataError, UnicodeEncodeError):
                break  # what cannot be stored is not there
            except psycopg.Error as error:
                told = translate(error, self._address.name)
                if not again or not isinstance(told, StoreGone):
                    raise told from error
                self._pool.close()
        return []

    def numbers(self, process: str) -> range:
        """See `Store`."""
        last = int(self._all("reserve", process, 1)[0][0])
        return range(last, last + 1)

    def tasks(self, holders: Iterable[str] | None = None) -> Sequence[TaskRow]:
        """See `Store`."""
        if holders is None:
            return [TaskRow._make(row) for row in self._all("tasks")]
        named = sorted(holders)
        found = self._all("tasks_of_holders", array(named)) if named else []
        return [TaskRow._make(row) for row in found]

    def claim(self, now: str, limit: int, until: Callable[[str], str]) -> tuple[str, Due]:
        """See `Store`."""
        now = now or str(self._all("now")[0][0])
        timers, outbox = [], []
        for what, a, b, c, d, wake, tries, error, _, _ in self._all("claim", now, limit, until(now)):
            if what == "t":
                timers.append(TimerRow(a, b, c, wake, tries, error))
            else:
                outbox.append(OutboxRow(a, b, c, d, wake, tries, error))
        return now, Due(tuple(timers), tuple(outbox))

    def ring(self) -> None:
        """See `Store`."""
        self._bell.ring()

    def wait(self, seconds: float) -> bool:
        """See `Store`."""
        self._usable()
        return self._bell.wait(seconds)


class _Locked(StoreUnavailable):
    """The row is locked by another process; the write waits for it elsewhere."""


def _first(result: PGresult) -> set[bytes | None]:
    """The first column of some rows."""
    return {result.get_value(row, 0) for row in range(result.ntuples)}


def _place(ticket: Ticket) -> str:
    return ticket.write.instance.id if ticket.write.instance is not None else ""
