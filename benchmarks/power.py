"""Power cuts, played: what a disk may hold when the current fails in the middle of work.

An engine with three threads works on a file while `power.c` writes down every write to the database and its log, and every
wait for the disk; each answer that a caller has heard is written down among them. A cut is any point in that record: what had
been waited for by then is on the disk; of the rest some writes are there, some are not, some are there in part, in sectors of
512 bytes. Every answer heard before the cut must be found in what is left.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fault"))

from crowd import COMPANY, LOOP

from oyiflow.engine import Engine
from oyiflow.store import SqliteStore

HEAD = struct.Struct("<ccqI")
SECTOR = 512
Note = tuple[str, int, int, bytes]


def record(folder: Path, steps: int, synchronous: str = "FULL") -> list[Note] | None:
    """What was done to the files, and which answers were heard, in order; None where this cannot be written down."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    library, log = folder / "power.so", folder / "log"
    source = Path(__file__).with_name("power.c")
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl", "-lpthread"], check=True)
    environment = {**os.environ, "LD_PRELOAD": str(library), "POWER_LOG": str(log)}
    subprocess.run([sys.executable, __file__, str(folder), str(steps), synchronous], check=True, env=environment)
    found, data, at = [], log.read_bytes(), 0
    while at < len(data):
        kind, file, offset, length = HEAD.unpack_from(data, at)
        at += HEAD.size + length
        found.append((kind.decode(), file[0], offset, data[at - length : at]))
    return found


def work(folder: Path, steps: int, synchronous: str) -> None:
    """The work: three threads, small checkpoints so that there are many."""
    store = SqliteStore(folder / "p.db")
    store._db.execute("PRAGMA wal_autocheckpoint = 40")
    store._db.execute(f"PRAGMA synchronous = {synchronous}")
    engine = Engine(store, directory=COMPANY)
    engine.deploy(LOOP)
    ids = [engine.start("loop", actor="li").id for _ in range(3)]
    log = os.open(os.environ["POWER_LOG"], os.O_WRONLY | os.O_APPEND)

    def move(id: str) -> None:
        for n in range(steps):
            revision = engine.send(id, "tick", key=f"{n}").revision
            said = f"{id} {revision}".encode()
            os.write(log, HEAD.pack(b"a", b"\0", 0, len(said)) + said)

    threads = [threading.Thread(target=move, args=(id,)) for id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os._exit(0)  # closing would tidy up


def cut(notes: list[Note], at: int, chance: random.Random, folder: Path) -> dict[str, int]:
    """Lay the files out as a cut after so many notes may leave them; what had been heard by then."""
    files = {1: bytearray(), 2: bytearray()}
    pending: dict[int, list[Note]] = {1: [], 2: []}
    heard: dict[str, int] = {}
    for kind, file, offset, data in notes[:at]:
        if kind == "a":
            id, revision = data.decode().split()
            heard[id] = max(heard.get(id, 0), int(revision))
        elif kind == "s":
            for note in pending[file]:
                _apply(files[file], note)
            pending[file] = []
        else:
            pending[file].append((kind, file, offset, data))
    for file, waiting in pending.items():
        for kind, _, offset, data in waiting:
            luck = chance.random()
            if luck < 0.4:
                _apply(files[file], (kind, file, offset, data))
            elif luck < 0.7 and kind == "w":
                kept = data[: SECTOR * chance.randrange(len(data) // SECTOR + 1)]
                _apply(files[file], (kind, file, offset, kept))
    (folder / "p.db").write_bytes(files[1])
    (folder / "p.db-wal").write_bytes(files[2])
    return heard


def _apply(file: bytearray, note: Note) -> None:
    kind, _, offset, data = note
    if kind == "t":
        del file[offset:]
        return
    if len(file) < offset:
        file.extend(bytes(offset - len(file)))
    file[offset : offset + len(data)] = data


def cuts(trials: int, seed: int, synchronous: str = "FULL") -> tuple[int, int, int, float] | None:
    """(acknowledged, lost, damaged, worst seconds until the next step) of so many cuts; None where they cannot be played."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as top:
        notes = record(Path(top), 250, synchronous)
        if notes is None:
            return None
        acknowledged = lost = damaged = 0
        worst = 0.0
        for trial in range(trials):
            folder = Path(top, str(trial))
            folder.mkdir()
            heard = cut(notes, chance.randrange(len(notes)), chance, folder)
            acknowledged += sum(heard.values())
            begun = time.perf_counter()
            try:
                with Engine(SqliteStore(folder / "p.db"), directory=COMPANY) as engine:
                    lost += sum(_missing(engine, id, revision) for id, revision in heard.items())
                    if heard:
                        engine.send(next(iter(heard)), "tick", key="after")
            except Exception:
                damaged += 1
            worst = max(worst, time.perf_counter() - begun)
            shutil.rmtree(folder)
        return acknowledged, lost, damaged, worst


def _missing(engine: Engine, id: str, revision: int) -> int:
    history = engine.history(id)
    if engine.verify(id).broken_at or engine.replay(id) != engine.snapshot(id):
        raise AssertionError(f"{id} does not hold")
    return max(0, revision - len(history))


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
