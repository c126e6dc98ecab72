"""Wake-up calls between processes: LISTEN and NOTIFY, kept away from the steps.

A NOTIFY inside a step's transaction takes a lock of the whole database at commit and halves what many connections can do.
So it is sent from a connection of its own, by a thread that begins with the first call, and calls that come within
`GAP` of each other are one. Nothing is lost without it: whoever listens also looks by itself now and then.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import psycopg

from oyiflow.errors import StoreUnavailable
from oyiflow.store.connections import Address, Connection, connect, gone

GAP = 0.02
_NOTHING: dict[str, str] = {"synchronous_commit": "off"}


class Bell:
    """Rings for, and waits for, the other processes on the same schema."""

    def __init__(self, address: Address, wait: float) -> None:
        self._address = address
        self._wait = wait
        self._channel = '"' + f"oyiflow:{address.schema}".replace('"', '""') + '"'
        self._asked = threading.Event()
        self._starting = threading.Lock()
        self._ringer: threading.Thread | None = None
        self._listening = threading.Lock()
        self._ear: Connection | None = None
        self._closed = False

    def ring(self) -> None:
        """Wake those who wait, soon; returns at once."""
        if self._ringer is None:
            with self._starting:
                if self._ringer is None and not self._closed:
                    self._ringer = threading.Thread(target=self._ring_on, name="oyiflow-bell", daemon=True)
                    self._ringer.start()
        self._asked.set()

    def _ring_on(self) -> None:
        db: Connection | None = None
        while True:
            self._asked.wait()
            self._asked.clear()
            if self._closed:
                break
            with suppress(psycopg.Error, StoreUnavailable):
                if db is None or db.closed or db.broken:
                    db = connect(self._address, 0, _NOTHING)
                db.execute(f"NOTIFY {self._channel}")
            time.sleep(GAP)
        if db is not None:
            db.close()

    def wait(self, seconds: float) -> bool:
        """Until somebody rings, or so many seconds; whether somebody rang. One thread listens, others just wait."""
        if not self._listening.acquire(timeout=seconds):
            return False
        try:
            if self._ear is None or self._ear.closed or self._ear.broken:
                self._ear = connect(self._address, self._wait, _NOTHING)
                self._ear.execute(f"LISTEN {self._channel}")
            return any(True for _ in self._ear.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error as error:
            raise gone(error, self._address.name) from error
        finally:
            self._listening.release()

    def close(self) -> None:
        """Stop ringing and listening; may be called twice."""
        self._closed = True
        self._asked.set()
        if self._ringer is not None:
            self._ringer.join(timeout=5)
        if self._ear is not None and self._listening.acquire(timeout=5):
            self._ear.close()
            self._listening.release()
