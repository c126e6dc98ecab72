"""The clockwork beside an engine: looks for due timers and outbox items again and again.

Nothing depends on it being there at a given moment: what is due stays due. Several may run in one process, and on a server
in several; who comes second to an item leaves it. Between two looks it waits to be rung for: a step of a process that could
not deliver what it asked for (it has no such handler) rings.
"""

from __future__ import annotations

import logging
import threading
import time

from oyiflow.engine.engine import Engine
from oyiflow.errors import StoreUnavailable

EVERY = 1.0
"""Seconds between two looks when nothing was due and nobody rang."""
_SLICE = 0.25
"""Seconds after which a waiting worker asks whether it is to stop."""
ROUNDS = 1000
"""How many full looks `run_once` takes at most."""

_log = logging.getLogger("oyiflow.worker")


class Worker:
    """Works for one engine."""

    def __init__(self, engine: Engine, *, every: float = EVERY) -> None:
        self._engine = engine
        self._every = every

    def run_once(self) -> int:
        """Do everything that is due now, also what comes due by doing it; returns how many things were done."""
        total = 0
        for _ in range(ROUNDS):
            done = self._engine.run_due()
            total += done
            if not done:
                break
        return total

    def run_forever(self, stop: threading.Event) -> None:
        """Until `stop` is set. A store that is away for a while (disk full, locked) is waited for."""
        while not stop.is_set():
            try:
                if not self._engine.run_due():
                    self._rest(stop)
            except StoreUnavailable as error:
                _log.warning("%s", error)
                stop.wait(self._every)

    def _rest(self, stop: threading.Event) -> None:
        """Until somebody rings, or a while."""
        end = time.monotonic() + self._every
        while not stop.wait(0) and (left := end - time.monotonic()) > 0:
            if self._engine.wait(min(left, _SLICE)):
                return
