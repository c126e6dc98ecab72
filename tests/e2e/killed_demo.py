"""Kills the demo at one commit after the other, and lets it go on. Run by test_demo as a program of its own.

    python killed_demo.py before|after PROCESSES FOLDER

For n = 1, 2, … a child process runs the demo on a database of its own and sends itself SIGKILL right before (after) its
n-th COMMIT; another child runs the demo again to its end. The first n at which a child is not killed any more is the end.
One line of JSON is printed for each n: how the two children ended, and what the database holds then.

Children are forked from here, where the program is loaded and the chart, which is the same for every finished visit, has
been drawn already: a start of Python and a drawing for each of a hundred runs would take minutes.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import oyiflow.cli.demo
from oyiflow import Engine
from oyiflow.cli import main
from oyiflow.model.definition import Definition


def dying(when: str, number: int) -> type[sqlite3.Connection]:
    """A connection whose process does not live to see more than so many commits."""
    left = number

    def counted(sql: str, run: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        nonlocal left
        if sql != "COMMIT":
            return run()
        left -= 1
        if left == 0 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        cursor = run()
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return cursor

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            return counted(sql, lambda: super(Cursor, self).execute(sql, *arguments))

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = None) -> Any:
            return super().cursor(Cursor)

        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            return counted(sql, lambda: super(Connection, self).execute(sql, *arguments))

    return Connection


def demo(processes: str, folder: Path, factory: type[sqlite3.Connection] | None) -> int:
    """The demo in a child process; returns what the parent is told about its end."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            if factory is not None:
                connect = sqlite3.connect
                sqlite3.connect = lambda *a, **options: connect(*a, **{**options, "factory": factory})
            code = quiet_demo(processes, folder)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def remembered(draw: Callable[..., str]) -> Callable[..., str]:
    """The same function, which does not draw the same picture twice."""
    pictures: dict[str, str] = {}

    def drawn(definition: Definition, *rest: object) -> str:
        key = f"{definition.digest} {rest!r}"
        if key not in pictures:
            pictures[key] = draw(definition, *rest)
        return pictures[key]

    return drawn


def quiet_demo(processes: str, folder: Path) -> int:
    """The demo in this process, without its output."""
    with contextlib.redirect_stdout(io.StringIO()):
        return main(["demo", "--processes", processes, "--output", str(folder)])


def contents(folder: Path) -> dict[str, Any]:
    """The visits in a database: their status, what was answered in which order, and whether the journal replays to the state."""
    with Engine(f"sqlite:///{(folder / 'demo.db').as_posix()}") as engine:
        return {
            one.id: {
                "status": one.status,
                "steps": [entry.step or entry.kind for entry in engine.history(one.id)],
                "revisions": [entry.revision for entry in engine.history(one.id)],
                "replays": engine.replay(one.id) == engine.snapshot(one.id),
            }
            for one in engine.instances()
        }


def run(when: str, processes: str, folder: Path) -> None:
    """All kills of one kind."""
    oyiflow.cli.demo.drawn = remembered(oyiflow.cli.demo.drawn)
    assert quiet_demo(processes, folder / "unharmed") == 0
    number, killed = 0, True
    while killed:
        number += 1
        place = folder / f"{when}{number}"
        first = demo(processes, place, dying(when, number))
        killed = first == -signal.SIGKILL
        second = demo(processes, place, None) if killed else 0
        print(json.dumps({"n": number, "first": first, "second": second, "visits": contents(place)}), flush=True)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
