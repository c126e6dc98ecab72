"""The file under a living engine: deleted, renamed, or inherited by a forked child. Nothing is acknowledged that is lost."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from samples import COMPANY, approval

from oyiflow.engine import Engine
from oyiflow.errors import StoreUnavailable
from oyiflow.model.definition import Schedule
from oyiflow.store import open_store
from oyiflow.testing import ManualClock


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there")
@pytest.mark.parametrize("how", ["removed", "renamed", "replaced"])
def test_a_step_is_not_acknowledged_when_the_file_is_gone(tmp_path: Path, how: str) -> None:
    path = tmp_path / "a.db"
    with Engine(f"sqlite:///{path}", directory=COMPANY) as engine:
        id = engine.start(approval(), actor="李").id
        if how == "removed":
            path.unlink()
        else:
            path.rename(tmp_path / "b.db")
        if how == "replaced":
            path.write_bytes(b"")
        with pytest.raises(StoreUnavailable):
            engine.complete(id, "apply", actor="李")


def _in_a_child(work: str, engine: Engine) -> str:
    """What an inherited engine answers in a forked child."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = engine.start(work, actor="李").id
        except StoreUnavailable:
            answer = "refused"
        except BaseException as error:
            answer = repr(error)
        os.write(writing, answer.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as told:
        return told.read()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_an_engine_does_not_work_in_a_forked_child(tmp_path: Path) -> None:
    with Engine(f"sqlite:///{tmp_path / 'a.db'}", directory=COMPANY) as engine:
        engine.start(approval(), actor="李")
        assert _in_a_child("leave", engine) == "refused"
        assert engine.start("leave", actor="李").id == "leave-2"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_does_not_keep_the_lock_of_an_engine_that_was_closed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    engine = Engine(url, directory=COMPANY)
    engine.start(approval(), actor="李")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    try:
        engine.close()
        with Engine(open_store(url, wait=0.1), directory=COMPANY) as other:
            assert other.start("leave", actor="李").id == "leave-2"
    finally:
        os.close(writing)
        os.waitpid(child, 0)


def test_a_process_that_is_damaged_in_the_store_does_not_keep_the_others_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, clock = tmp_path / "a.db", ManualClock()
    daily = replace(approval(), starts=Schedule(every="month"))
    with Engine(f"sqlite:///{path}", directory=COMPANY, clock=clock) as engine:
        for name in ("first", "second"):
            engine.deploy(replace(daily, name=name))
    db = sqlite3.connect(path)
    db.execute("UPDATE definition SET content = substr(content, 1, 100) WHERE name = 'first'")
    db.commit()
    db.close()
    clock.advance("40 days")
    with Engine(f"sqlite:///{path}", directory=COMPANY, clock=clock) as engine:
        for _ in range(2):
            engine.run_due()
        assert [one.process for one in engine.instances()] == ["second"]
    told = [record.getMessage() for record in caplog.records if "damaged" in record.getMessage()]
    assert len(told) == 1 and "first 1 " in told[0]
