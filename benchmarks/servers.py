"""A PostgreSQL server of the benchmarks' own, with the disk taken seriously, and what pgbench says about it.

The yardstick is one statement for a step's three writes (version-counting UPDATE of a 600-byte state, INSERT of a history
row, upsert of a task row), sent by `pgbench -M prepared`, which is written in C: the least that any engine must do here.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from postgres_server import Server, programs

SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
}
STATE = "x" * 600
PAYLOAD = "x" * 200
TABLES = f"""
CREATE TABLE instance(id BIGINT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL, updated FLOAT8 NOT NULL) WITH (fillfactor = 50);
CREATE TABLE history(instance BIGINT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, at FLOAT8 NOT NULL, payload TEXT NOT NULL,
  PRIMARY KEY(instance, seq));
CREATE TABLE task(instance BIGINT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, assignee TEXT, due FLOAT8, PRIMARY KEY(instance, name));
INSERT INTO instance SELECT g, 0, '{STATE}', 0 FROM generate_series(1, 1000) g;
"""
STEP = f"""\\set id random(1, 1000)
WITH u AS (UPDATE instance SET version = version + 1, state = '{STATE}', updated = 1.0 WHERE id = :id RETURNING id, version),
h AS (INSERT INTO history SELECT id, version, 'transition', 1.0, '{PAYLOAD}' FROM u),
t AS (INSERT INTO task SELECT id, 't' || version % 4, 'open', 'alice', 1.0 FROM u
  ON CONFLICT (instance, name) DO UPDATE SET status = excluded.status, due = excluded.due)
SELECT count(*) FROM u;
"""


@contextmanager
def serving() -> Iterator[Server | None]:
    """A server, or None where there is no PostgreSQL."""
    bin = programs()
    if bin is None:
        yield None
        return
    server = Server(bin, SETTINGS)
    try:
        yield server
    finally:
        server.remove()


class Pgbench:
    """The yardstick; `rate` in steps per second. None of it where pgbench is not installed."""

    def __init__(self, server: Server) -> None:
        import shutil

        beside = server.bin / "pgbench"
        self.program = str(beside) if beside.exists() else shutil.which("pgbench")
        self._host = server.plain_url.partition("host=")[2]
        self._script = Path(tempfile.mkstemp(suffix=".sql")[1])
        self._script.write_text(STEP)
        if self.program:
            import psycopg

            with psycopg.connect(server.plain_url, autocommit=True) as db:
                db.execute(TABLES)

    def rate(self, clients: int, seconds: int = 1) -> float:
        """Steps per second of so many connections."""
        assert self.program is not None
        command = [self.program, "-h", self._host, "-U", "oyiflow", "-n", "-M", "prepared", "-f", str(self._script), "-c", str(clients),
                   "-j", "2" if clients > 1 else "1", "-T", str(seconds), "postgres"]  # fmt: skip
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = re.search(r"tps = ([\d.]+)", said)
        assert found is not None, said
        return float(found.group(1))

    def close(self) -> None:
        """Leave nothing behind."""
        self._script.unlink(missing_ok=True)
