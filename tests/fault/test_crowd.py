"""Many engine processes on one PostgreSQL database, no leader: nothing is lost, nothing is done twice, everybody hears the same."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from crowd import BEGUN, COMPANY, LOOP, PAY, WAIT, main

from oyiflow.engine import Engine, Worker
from oyiflow.engine.handlers import LEASE

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")


class Member:
    """A process of the crowd: a fork of this one, which has all modules in memory already."""

    def __init__(self, url: str, *what: str) -> None:
        heard, said = os.pipe()
        asked, ask = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            code = 1
            try:
                os.dup2(said, 1)
                sys.stdout, sys.stdin = os.fdopen(1, "w"), os.fdopen(asked)
                main(url, *what)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(said)
        os.close(asked)
        self.heard = os.fdopen(heard)
        self._ask = ask

    def end(self, word: str = "") -> list[str]:
        """What it says until it ends."""
        os.write(self._ask, word.encode())
        os.close(self._ask)
        with self.heard:
            lines = self.heard.read().splitlines()
        assert os.waitpid(self._pid, 0)[1] == 0, lines
        return lines


def crowd(url: str, size: int, *what: str) -> list[list[str]]:
    """So many processes at once; the lines that each of them has said."""
    return [member.end() for member in [Member(url, *what) for _ in range(size)]]


@pytest.fixture
def engine(postgres: str) -> Engine:
    made = Engine(postgres, directory=COMPANY, clock=lambda: BEGUN)
    for definition in (LOOP, WAIT, PAY):
        made.deploy(definition)
    return made


def test_every_event_from_eight_processes_is_taken_once_and_all_hear_the_same(engine: Engine, postgres: str) -> None:
    ids = [engine.start("loop", actor="li").id for _ in range(3)]
    said = crowd(postgres, 8, "send", "25")
    answers = defaultdict(set)
    for lines in said:
        assert len(lines) == 75
        for line in lines:
            id, n, revision = line.split()
            answers[id, n].add(revision)
    assert all(len(heard) == 1 for heard in answers.values()), "a duplicate got another answer"
    for id in ids:
        history = engine.history(id)
        assert [e.revision for e in history] == list(range(1, 27))
        assert Counter(e.key for e in history if e.key) == {f"tick {n}": 1 for n in range(25)}
        assert engine.replay(id) == engine.snapshot(id) and engine.verify(id).broken_at == 0
    engine.close()


def test_timers_are_fired_once_by_whichever_worker(engine: Engine, postgres: str) -> None:
    ids = [engine.start("wait", actor="li").id for _ in range(120)]
    said = crowd(postgres, 4, "work")
    fired = [int(lines[-1].split()[1]) for lines in said]
    assert sum(fired) == 120, fired
    for id in ids:
        history = engine.history(id)
        assert [e.kind for e in history] == ["start", "timer"] and history[1].at >= history[0].at + timedelta(days=1)
    assert engine._store.due("9999", 10) == ((), ())
    engine.close()


def test_nobody_gets_an_id_twice(engine: Engine, postgres: str) -> None:
    said = crowd(postgres, 6, "start", "30")
    ids = [line for lines in said for line in lines]
    assert len(ids) == 180 == len(set(ids)) == len(engine.instances(process="loop"))
    engine.close()


def test_the_result_of_a_lease_that_ran_out_is_not_taken(engine: Engine, postgres: str) -> None:
    id = engine.start("pay", actor="li").id
    slow = Member(postgres, "slow")
    called = slow.heard.readline().split()
    assert called[0] == "called"
    calls: list[str] = []

    def bank(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        calls.append(key)
        return {"by": "quick"}

    quick = Engine(postgres, directory=COMPANY, clock=lambda: BEGUN, handlers={"bank": bank})
    assert quick.run_due(BEGUN + timedelta(seconds=2)) == 0 and calls == [], "it is taken"
    assert quick.run_due(BEGUN + LEASE + timedelta(minutes=1)) == 1
    assert calls == called[1:], "the same key at every try"
    assert slow.end("come back\n") == ["done"]
    history = quick.history(id)
    assert [e.kind for e in history] == ["start", "call"] and history[1].values == {"by": "quick"}
    assert quick.instance(id).status == "done"
    quick.close()
    engine.close()


def test_a_worker_elsewhere_is_woken_for_what_this_process_cannot_do(engine: Engine, postgres: str) -> None:
    """The worker looks by itself once a minute; it is done long before, because the step has rung."""
    stop, came = threading.Event(), threading.Event()

    def bank(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        came.set()
        return {"by": "elsewhere"}

    elsewhere = Engine(postgres, directory=COMPANY, handlers={"bank": bank})
    worker = threading.Thread(target=Worker(elsewhere, every=60).run_forever, args=(stop,))
    worker.start()
    here = Engine(postgres, directory=COMPANY)
    ids = []
    while not came.wait(0.1):  # the first ones may come before the worker listens
        ids.append(here.start("pay", actor="li").id)
        assert len(ids) < 200, "nobody came"
    stop.set()
    worker.join()
    elsewhere.run_due()
    assert {here.instance(id).status for id in ids} == {"done"}
    for one in (here, elsewhere, engine):
        one.close()
