"""Group commit: what queues up while the disk is busy is written together afterwards.

Nearly all the time of a commit is the wait for the disk, and one wait is enough for many writes. There is no thread for
it: the first caller leads and writes whatever is in the queue, its own write included; those who come meanwhile wait.
When the leader is done it wakes everybody whose write is done and passes the lead to the first one that is still in the
queue. A caller who is alone leads at once and pays two locks for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from oyiflow.errors import OyiFlowError, StoreUnavailable
from oyiflow.store.protocol import Write

BATCH = 256
"""Writes in one transaction at most, so that nobody waits for very many others."""
GATHER = 0.5
"""How long at most, of the time that the last write took, a leader waits for those who have just been answered.

They often come again at once. Without it callers fall into two halves, each of which waits for the other.
"""
_GLANCE = 0.00002  # a sleep of nothing at all would hand the interpreter to nobody


class Ticket:
    """A write in the queue, and what became of it."""

    __slots__ = ("done", "error", "wake", "write")

    def __init__(self, write: Write) -> None:
        self.write = write
        self.done = False
        self.error: OyiFlowError | None = None
        self.wake: threading.Lock | None = None  # taken until it is done, or until the lead is ours; cheaper than an Event

    def finish(self, error: OyiFlowError | None = None) -> None:
        """Written, or refused."""
        self.error = error
        self.done = True
        self.call()

    def call(self) -> None:
        """Wake who waits for it."""
        if self.wake is not None and self.wake.locked():
            self.wake.release()


class Together:
    """The queue. `write` gets a batch and finishes every ticket in it; so many threads may be in it at once as there are `lanes`."""

    def __init__(self, write: Callable[[Sequence[Ticket]], None], lanes: int = 1) -> None:
        self._write = write
        self._lanes = lanes
        self._mutex = threading.Lock()
        self._queue: deque[Ticket] = deque()
        self._led = 0  # how many lead
        self._took = 0.0
        self._expected = 0  # so many may be there soon: those who were in the last batch, and those who came meanwhile

    def commit(self, write: Write) -> None:
        """Return when the write is durable; raise what it was refused with."""
        ticket = Ticket(write)
        with self._mutex:
            leads = self._led < self._lanes  # then nobody is in the queue either
            alone = leads and self._expected <= 1
            if not alone:
                ticket.wake = None if leads else _taken()
                self._queue.append(ticket)
            self._led += leads
        if alone:
            self._lead_alone(ticket)
        else:
            if not leads:
                self._follow(ticket)
            if not ticket.done:
                self._lead(ticket)
        if ticket.error is not None:
            raise ticket.error

    def _lead_alone(self, ticket: Ticket) -> None:
        try:
            self._write((ticket,))
        finally:
            self._expected = 0
            if not ticket.done:
                ticket.finish(_interrupted())
            self._pass_on()

    def _follow(self, ticket: Ticket) -> None:
        """Wait until the write is done or the lead is ours."""
        assert ticket.wake is not None
        try:
            ticket.wake.acquire()
        except BaseException:  # an interrupt from the keyboard: nobody must wait for a leader who has gone
            with self._mutex:
                if ticket in self._queue:
                    self._queue.remove(ticket)
                leads = not ticket.wake.locked() and not ticket.done
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
        self._gather()
        with self._mutex:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH))]
        begun = time.perf_counter()
        try:
            self._write(batch)
        finally:
            self._took = time.perf_counter() - begun
            if self._lanes == 1:  # where there are several, one gathers while another writes
                self._expected = min(len(batch) + len(self._queue), BATCH)
            for ticket in batch:
                if not ticket.done:  # only when the leader itself was interrupted; whether it was written, the key tells
                    ticket.finish(_interrupted())

    def _gather(self) -> None:
        """Let the others run for a moment."""
        end = time.perf_counter() + self._took * GATHER
        while len(self._queue) < self._expected and time.perf_counter() < end:
            time.sleep(_GLANCE)

    def _pass_on(self) -> None:
        with self._mutex:
            if not self._queue:
                self._led -= 1
                return
            first = self._queue[0]
        assert first.wake is not None, "only the first of all has no lock, and it leads"
        first.call()


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


def _interrupted() -> StoreUnavailable:
    return StoreUnavailable("写入被中断，请重试", "writing was interrupted; try again")
