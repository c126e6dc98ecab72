"""What a handler or a full disk must not do to the engine and to the neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from samples import COMPANY, approval, end, go, listening, performing, process, work

from oyiflow.engine import Engine, Worker
from oyiflow.errors import EventRejected, OyiFlowError, UnknownInstance
from oyiflow.model.company import Policies
from oyiflow.model.definition import State
from oyiflow.store import SqliteStore
from oyiflow.store.failures import DiskFull
from oyiflow.store.protocol import Write
from oyiflow.store.together import Ticket
from oyiflow.testing import ManualClock

HALF = "name\udcff"
"""What `os.listdir` makes of a file name that is no UTF-8."""


def names_a_file(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return {"file": HALF}


def stumbles_over_a_file(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    raise ValueError(HALF)


@pytest.mark.parametrize("handler", [names_a_file, stumbles_over_a_file])
def test_half_a_character_from_a_handler_is_a_failure_of_the_handler_and_of_nobody_else(handler: Any) -> None:
    clock = ManualClock()
    engine = Engine(directory=COMPANY, clock=clock, handlers={"pay": handler})
    id = engine.start(performing(), actor="李").id
    engine.complete(id, "order", actor="李", values={"amount": "1"})
    for _ in range(10):
        clock.advance("1 hours")
        Worker(engine).run_once()
    assert engine.instance(id).configuration == ("order",), "the failure came back"
    assert engine.replay(id) == engine.snapshot(id)


def test_what_cannot_be_stored_is_refused_alone(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a.db")
    with Engine(store, directory=COMPANY) as engine:
        engine.deploy(listening())
        good, bad = (
            store.definitions(name="listening")[0]._replace(digest=name, name=name, version=1) for name in ("good", "bad")
        )
        tickets = [Ticket(Write(definition=bad._replace(text=HALF))), Ticket(Write(definition=good))]
        store._write_batch(tickets)
        assert [type(ticket.error) for ticket in tickets] == [EventRejected, type(None)]
        assert store.definitions(name="good")


def test_a_version_that_is_too_high_is_refused_in_words() -> None:
    with pytest.raises(OyiFlowError):
        Engine(directory=COMPANY).deploy(replace(listening(), version=10**20))


def test_an_id_of_half_characters_is_no_instance() -> None:
    with pytest.raises(UnknownInstance):
        Engine(directory=COMPANY).instance(HALF)


class FullAfter(SqliteStore):
    """The disk is full for the steps after so many."""

    room = 1_000_000

    def commit(self, write: Write) -> None:
        if write.journal is not None:
            if not self.room:
                raise DiskFull("满", "full")
            self.room -= 1
        super().commit(write)


def test_an_answer_that_was_written_is_acknowledged_though_the_one_that_follows_of_itself_failed() -> None:
    first = State(id="sign", verb="approve", work=work("sign", "boss"), transitions=(go("sign.done", "agree"),))
    second = State(id="agree", verb="approve", work=work("agree", "boss"), transitions=(go("agree.done", "end"),))
    store = FullAfter()
    company = replace(COMPANY, policies=Policies(repeated_approver="skip", self_approval="allowed"))
    engine = Engine(store, directory=company)
    id = engine.start(process("two", first, second, end()), actor="王").id
    store.room = 1
    assert engine.complete(id, "sign", actor="王").configuration == ("agree",)


def test_the_children_of_an_instance_are_found_by_their_index() -> None:
    store = SqliteStore()
    engine = Engine(store, directory=COMPANY)
    id = engine.start(approval(), actor="李").id
    plans: list[str] = []
    store._db.set_trace_callback(plans.append)
    assert store.instances(parent=id) == []
    store._db.set_trace_callback(None)
    [statement] = plans
    found = store._db.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    assert all("SCAN" not in str(row) for row in found), found
