"""Group commit: what queues up while the disk is busy is written together afterwards.

Nearly all the time of a commit is the wait for the disk, and one wait is enough for many writes. There is no thread for
it: the first caller leads and writes whatever is in the queue, its own write included; those who come meanwhile wait.
When the leader is done it wakes the first of those whose writes are done, who wakes the next, and so on: all at once they would
only fight for the interpreter. Then it passes the lead to the first one that is still in the queue, taking it out, so that
nobody else writes for it. A caller who is alone leads at once and pays two locks for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise

from oyiflow.errors import OyiFlowError, StoreUnavailable
from oyiflow.store.protocol import Write

BATCH = 256
"""Writes in one transaction at most, so that nobody waits for very many others."""
GATHER = 0.5
"""How long at most, of the time that the last write took, a leader waits for those who have just been answered.

They often come again at once. Without it callers fall into two halves, each of which waits for the other.
"""
WORK = 0.00015
"""Seconds for one of the writes that were done together, below which they were work and not waiting for the disk.

Then a second lane pays: one works while the other's callers make themselves ready. While the disk is waited for it only parts
the callers into halves, each of which waits for the disk twice.
"""
CROWD = 24
"""How many must be there for a second lane: it takes from each batch, and a small one costs nearly as much as one of twice as many."""
_GLANCE = 0.00002  # a sleep of nothing at all would hand the interpreter to nobody


class Ticket:
    """A write in the queue, and what became of it."""

    done = False
    error: OyiFlowError | None = None
    leads = False
    """Whoever has the lead must pass it on, whatever happens to them."""
    following: Ticket | None = None
    """Whom to wake when we are awake."""
    deserted = False
    """Nobody waits for it, so nobody would wake the following one."""
    wake: threading.Lock | None = None
    """Taken until it is done, or until the lead is ours; cheaper than an Event."""

    def __init__(self, write: Write) -> None:
        self.write = write

    def finish(self, error: OyiFlowError | None = None) -> None:
        """Written, or refused."""
        self.error = error
        self.done = True

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
        self._open = 1  # how many may lead now
        self._led = 0  # how many lead
        self._took = 0.0
        self._expected = 0  # so many may be there soon: those who were in the last batch, and those who came meanwhile

    def commit(self, write: Write) -> None:
        """Return when the write is durable; raise what it was refused with."""
        ticket = Ticket(write)
        try:
            with self._mutex:
                if self._led < self._open:
                    ticket.leads = True
                    self._led += 1
                else:
                    ticket.wake = _taken()
                    self._queue.append(ticket)
            if not ticket.leads:
                self._follow(ticket)
            if ticket.leads:
                self._lead(ticket)
        finally:
            if ticket.following is not None:
                ticket.following.call()
            if ticket.leads:
                self._pass_on()
        if ticket.error is not None:
            raise ticket.error

    def _follow(self, ticket: Ticket) -> None:
        """Wait until the write is done or the lead is ours."""
        assert ticket.wake is not None
        try:
            ticket.wake.acquire()
        except BaseException:  # an interrupt from the keyboard: nobody must wait for a leader who has gone
            with self._mutex:
                ticket.deserted = True
                if ticket in self._queue:
                    self._queue.remove(ticket)
            raise

    def _lead(self, ticket: Ticket) -> None:
        """Write our own and whatever is in the queue."""
        batch = [ticket]
        begun = time.perf_counter()
        try:
            if self._queue or self._expected > 1:
                self._gather()
                with self._mutex:
                    batch += [self._queue.popleft() for _ in range(min(len(self._queue), BATCH - 1))]
                begun = time.perf_counter()
            self._write(batch)
        finally:
            self._took, there = time.perf_counter() - begun, len(batch) + len(self._queue)
            self._open = self._lanes if there >= CROWD and self._took < WORK * len(batch) else 1
            # where several lead, one gathers while another writes
            self._expected = min(there, BATCH) if self._open == 1 else 0
            for one in batch:
                if not one.done:  # only when the leader itself was interrupted; whether it was written, the key tells
                    one.finish(_interrupted())
            if len(batch) > 1:
                with self._mutex:
                    for one, other in pairwise(one for one in batch if not one.deserted):
                        one.following = other

    def _gather(self) -> None:
        """Let the others run for a moment."""
        end = time.perf_counter() + self._took * GATHER
        while len(self._queue) + 1 < self._expected and time.perf_counter() < end:
            time.sleep(_GLANCE)

    def _pass_on(self) -> None:
        """Give the lead to the first one in the queue, whom nobody else can write then; or to nobody."""
        with self._mutex:
            if not self._queue or self._led > self._open:
                self._led -= 1
                return
            following = self._queue.popleft()
            following.leads = True
            following.call()


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


def _interrupted() -> StoreUnavailable:
    return StoreUnavailable("写入被中断，请重试", "writing was interrupted; try again")
