"""Group commit: what queues up while the disk is busy is written together afterwards.

Nearly all the time of a commit is the wait for the disk, and one wait is enough for many writes. There is no thread for
it: the first caller leads and writes whatever is in the queue, its own write included; those who come meanwhile wait.
When the leader is done it wakes everybody whose write is done and passes the lead to the first one that is still in the
queue. A caller who is alone leads at once and pays two locks for it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from oyiflow.errors import OyiFlowError, StoreUnavailable
from oyiflow.store.protocol import Write

BATCH = 64
"""Writes in one transaction at most, so that nobody waits for very many others."""


class Ticket:
    """A write in the queue, and what became of it."""

    __slots__ = ("done", "error", "wake", "write")

    def __init__(self, write: Write) -> None:
        self.write = write
        self.done = False
        self.error: OyiFlowError | None = None
        self.wake: threading.Event | None = None

    def finish(self, error: OyiFlowError | None = None) -> None:
        """Written, or refused."""
        self.error = error
        self.done = True
        if self.wake is not None:
            self.wake.set()


class Together:
    """The queue. `write` gets a batch and finishes every ticket in it; it is never called by two threads at once."""

    def __init__(self, write: Callable[[Sequence[Ticket]], None]) -> None:
        self._write = write
        self._mutex = threading.Lock()
        self._queue: deque[Ticket] = deque()
        self._led = False

    def commit(self, write: Write) -> None:
        """Return when the write is durable; raise what it was refused with."""
        ticket = Ticket(write)
        with self._mutex:
            self._queue.append(ticket)
            if self._led:
                ticket.wake = threading.Event()
            self._led = True
        if ticket.wake is not None:
            self._follow(ticket)
        if not ticket.done:
            self._lead(ticket)
        if ticket.error is not None:
            raise ticket.error

    def _follow(self, ticket: Ticket) -> None:
        """Wait until the write is done or the lead is ours."""
        assert ticket.wake is not None
        try:
            ticket.wake.wait()
        except BaseException:  # an interrupt from the keyboard: nobody must wait for a leader who has gone
            with self._mutex:
                if ticket in self._queue:
                    self._queue.remove(ticket)
                leads = ticket.wake.is_set() and not ticket.done
            if leads:
                self._pass_on()
            raise

    def _lead(self, ticket: Ticket) -> None:
        try:
            while not ticket.done:
                self._write_next()
        finally:
            self._pass_on()

    def _write_next(self) -> None:
        with self._mutex:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH))]
        try:
            self._write(batch)
        finally:
            for ticket in batch:
                if not ticket.done:  # only when the leader itself was interrupted; whether it was written, the key tells
                    ticket.finish(StoreUnavailable("写入被中断，请重试", "writing was interrupted; try again"))

    def _pass_on(self) -> None:
        with self._mutex:
            if not self._queue:
                self._led = False
                return
            wake = self._queue[0].wake
        assert wake is not None, "only the first of all has no event, and it leads"
        wake.set()
