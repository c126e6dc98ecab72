"""The clockwork beside an engine: looks for due timers and outbox items again and again.

Nothing depends on it being there at a given moment: what is due stays due. Several may run in one process; who comes
second to an item leaves it.
"""

from __future__ import annotations

import logging
import threading

from oyiflow.engine.engine import Engine
from oyiflow.errors import StoreUnavailable

EVERY = 1.0
"""Seconds between two looks when nothing was due."""
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
                if self._engine.run_due():
                    continue
            except StoreUnavailable as error:
                _log.warning("%s", error)
            stop.wait(self._every)
