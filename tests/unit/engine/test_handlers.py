"""Timers, calls, handlers, notices: done at least once, taken exactly once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from samples import COMPANY, approval, caller, end, go, listening, performing, process, work

from oyiflow.engine import Engine, Worker
from oyiflow.engine.handlers import LEASE, LONGEST, PAUSES
from oyiflow.errors import StoreUnavailable
from oyiflow.kernel import CallEnded
from oyiflow.model.calendar import Duration
from oyiflow.model.definition import Call, Perform, State, Transition
from oyiflow.store import SqliteStore
from oyiflow.store.opening import open_store
from oyiflow.store.protocol import Write
from oyiflow.testing import ManualClock, memory_engine


class Till:
    """A handler that remembers, and fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.calls: list[tuple[Mapping[str, Any], str]] = []

    def __call__(self, values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        self.calls.append((values, key))
        if len(self.calls) <= self.fails:
            raise ConnectionError("the bank is closed")
        return {"receipt": len(self.calls)}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
def engine(clock: ManualClock, till: Till) -> Iterator[Engine]:
    definitions = (approval(), caller(), performing(), performing("missing", "lonely"))
    with memory_engine(*definitions, directory=COMPANY, clock=clock, handlers={"pay": till}) as made:
        yield made


def assert_clean(engine: Engine) -> None:
    """Nothing is left over: rows are those of the snapshots, journals fold to them."""
    snapshots = [engine.snapshot(i.id) for i in engine.instances()]
    assert all(engine.replay(s.instance) == s for s in snapshots)
    due = engine._store.due("9999", 1000)
    assert {(t.instance, t.id) for t in due.timers} == {(s.instance, t.id) for s in snapshots for t in s.timers}
    assert due.outbox == ()


# -- timers -----------------------------------------------------------------------------------------------------------


def test_a_timer_fires_once_and_not_early(engine: Engine, clock: ManualClock) -> None:
    id = engine.start("leave", actor="李").id
    engine.complete(id, "apply", actor="李")
    clock.advance(timedelta(days=2) - timedelta(microseconds=1))
    assert engine.run_due() == 0
    clock.advance(timedelta(microseconds=1))
    assert engine.run_due() == 2  # the timer, and the notice that it asked for
    assert engine.run_due() == 0
    assert [e.kind for e in engine.history(id)] == ["start", "act", "timer"]
    assert [(n.person, n.reason) for n in engine.notices(instance=id)] == [
        ("王", "escalate"),
        ("赵", "escalate"),
        ("钱", "escalate"),
    ]
    assert len(engine.notices(person="钱")) == 1
    assert_clean(engine)


def test_a_timer_of_a_state_that_was_left_is_gone(engine: Engine, clock: ManualClock) -> None:
    id = engine.start("leave", actor="李").id
    engine.complete(id, "apply", actor="李")
    engine.complete(id, "review", actor="赵")
    clock.advance("9 days")
    assert engine.run_due() == 0 and engine.instance(id).revision == 3


def test_another_now_may_be_given(engine: Engine, clock: ManualClock) -> None:
    id = engine.start("leave", actor="李").id
    engine.complete(id, "apply", actor="李")
    assert engine.run_due(clock() + timedelta(days=3)) == 2


def test_many_timers_are_worked_off_in_portions_by_several_threads(engine: Engine, clock: ManualClock) -> None:
    ids = [engine.start("leave", actor="李").id for _ in range(30)]
    for id in ids:
        engine.complete(id, "apply", actor="李")
    clock.advance("2 days")
    assert engine.run_due(limit=5) == 10
    threads = [threading.Thread(target=Worker(engine).run_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [[e.kind for e in engine.history(id)].count("timer") for id in ids] == [1] * 30
    assert_clean(engine)


def test_a_timer_that_cannot_be_taken_does_not_keep_others_waiting(clock: ManualClock) -> None:
    ring = Transition(after=Duration(amount=1, unit="hours"), targets=("b",))
    poison = process(
        "poison",
        State(id="a", transitions=(ring,)),
        State(id="b", transitions=(Transition(targets=("c",)),)),
        State(id="c", transitions=(Transition(targets=("b",)),)),
    )
    with memory_engine(poison, approval(), directory=COMPANY, clock=clock) as engine:
        engine.start("poison", actor="钱", instance="a-poison")
        id = engine.start("leave", actor="李").id
        engine.complete(id, "apply", actor="李")
        clock.advance("2 days")
        assert Worker(engine).run_once() == 2
        assert engine.instance("a-poison").revision == 1 and engine.instance(id).revision == 3
        row = engine._store.due("9999", 9).timers[0]
        assert row.tries == 1 and "endless cycle" in row.error


# -- handlers ---------------------------------------------------------------------------------------------------------


def test_a_handler_is_called_right_away_and_its_result_comes_back(engine: Engine, till: Till) -> None:
    id = engine.start("payment", actor="李").id
    assert engine.complete(id, "order", actor="李", values={"amount": "7.10"}).configuration == ("paying",)
    assert engine.instance(id).status == "done"
    assert till.calls == [({"amount": "7.10"}, f"{id}/2/0")]
    assert engine.history(id)[-1].values == {"receipt": 1}
    assert_clean(engine)


def test_a_failing_handler_is_tried_again_later_with_the_same_key(engine: Engine, till: Till, clock: ManualClock) -> None:
    till.fails = 2
    id = engine.start("payment", actor="李").id
    engine.complete(id, "order", actor="李")
    assert engine.run_due() == 0 and len(till.calls) == 1
    waiting = engine.why(id)[0]
    assert (waiting.what, waiting.called) == ("call", "pay") and "the bank is closed" in waiting.problem
    clock.advance(PAUSES[0])
    engine.run_due()
    clock.advance(PAUSES[1])
    engine.run_due()
    assert engine.instance(id).status == "done" and len({key for _, key in till.calls}) == 1
    assert_clean(engine)


def test_a_handler_that_never_succeeds_is_answered_as_failed(engine: Engine, till: Till, clock: ManualClock) -> None:
    till.fails = 99
    id = engine.start("payment", actor="李").id
    engine.complete(id, "order", actor="李")
    for pause in PAUSES:
        clock.advance(pause)
        engine.run_due()
    assert engine.instance(id).configuration == ("order",) and len(till.calls) == len(PAUSES) + 1
    assert "the bank is closed" in engine.history(id)[-1].comment
    assert_clean(engine)


def test_a_result_that_is_no_data_is_a_failure(clock: ManualClock) -> None:
    with memory_engine(performing(), directory=COMPANY, clock=clock, handlers={"pay": lambda v, k: {"x": object()}}) as engine:
        id = engine.start("payment", actor="李").id
        engine.complete(id, "order", actor="李")
        assert "not JSON serializable" in engine.why(id)[0].problem


def test_a_missing_handler_waits_for_a_program_that_has_it(engine: Engine, clock: ManualClock) -> None:
    id = engine.start("lonely", actor="李").id
    engine.complete(id, "order", actor="李")
    for _ in range(20):
        engine.run_due()
        clock.advance(LONGEST)
    assert "missing" in engine.why(id)[0].problem
    with Engine(engine._store, directory=COMPANY, clock=clock, handlers={"missing": lambda v, k: None}) as other:
        other.run_due()
        assert other.instance(id).status == "done"


def test_a_handler_may_use_the_engine(clock: ManualClock) -> None:
    engine = memory_engine(listening(), performing(), directory=COMPANY, clock=clock, handlers={"pay": lambda v, k: ring(k)})

    def ring(key: str) -> Mapping[str, Any]:
        return {"rang": engine.send(engine.start("listening", actor="钱", key=key).id, "ring").status}

    id = engine.start("payment", actor="李").id
    engine.complete(id, "order", actor="李")
    assert engine.history(id)[-1].values == {"rang": "done"}
    engine.close()


def test_a_result_whose_lease_was_lost_is_not_delivered_twice(engine: Engine, clock: ManualClock) -> None:
    """The first try is overtaken by a second one while it runs."""
    store = engine._store
    overtaken: list[str] = []

    def slow(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        if not overtaken:
            overtaken.append(key)
            clock.advance(LEASE)
            other.run_due()
        return {}

    other = Engine(store, directory=COMPANY, clock=clock, handlers={"pay": slow})
    id = other.start("payment", actor="李").id
    other.complete(id, "order", actor="李")
    assert [e.kind for e in other.history(id)] == ["start", "act", "call"]
    assert_clean(other)


@pytest.mark.parametrize("called", ["after a step", "by a worker"])
def test_a_handler_whose_program_died_is_called_again_after_its_lease(clock: ManualClock, till: Till, called: str) -> None:
    """However it was called: it may still be at work, so nobody calls it sooner, and then it is called under the same key."""
    store, keys = open_store("sqlite:///:memory:"), list[str]()

    def dying(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        keys.append(key)
        raise SystemExit

    killed = Engine(store, directory=COMPANY, clock=clock, handlers={"pay": dying})
    begun = killed if called == "after a step" else Engine(store, directory=COMPANY, clock=clock)
    id = begun.start(performing(), actor="李").id
    with pytest.raises(SystemExit):
        begun.complete(id, "order", actor="李")
        clock.advance(timedelta(minutes=1))
        killed.run_due()
    other = Engine(store, directory=COMPANY, clock=clock, handlers={"pay": till})
    clock.advance(LEASE - timedelta(seconds=1))
    assert other.run_due() == 0
    clock.advance(timedelta(seconds=1))
    assert other.run_due() == 1
    assert keys == [key for _, key in till.calls] and other.instance(id).status == "done"
    assert_clean(other)


def test_a_program_can_answer_later_by_itself(clock: ManualClock) -> None:
    with memory_engine(performing(), directory=COMPANY, clock=clock) as engine:
        id = engine.start("payment", actor="李").id
        engine.complete(id, "order", actor="李")
        call = engine.snapshot(id).calls[0][0]
        assert engine.send(id, CallEnded(call=call, output={"receipt": "9"})).status == "done"


def test_a_store_that_fails_after_the_handler_means_once_more(tmp_path: Any, clock: ManualClock, till: Till) -> None:
    class Flaky(SqliteStore):
        broken = False

        def commit(self, write: Write) -> None:
            if self.broken and write.journal is not None and write.journal.kind == "call":
                raise StoreUnavailable("没电了", "no power")
            super().commit(write)

    store = Flaky(tmp_path / "e.db")
    with Engine(store, directory=COMPANY, clock=clock, handlers={"pay": till}) as engine:
        id = engine.start(performing(), actor="李").id
        store.broken = True
        assert engine.complete(id, "order", actor="李").revision == 2  # the step itself is written
        store.broken = False
        assert engine.run_due() == 0, "the lease still holds"
        clock.advance(LEASE)
        assert engine.run_due() == 1
        assert [key for _, key in till.calls] == [f"{id}/2/0"] * 2
        assert engine.instance(id).status == "done"
        assert_clean(engine)


def test_notices_can_be_sent(clock: ManualClock) -> None:
    told: list[Mapping[str, Any]] = []
    fails = [True]

    def tell(values: Mapping[str, Any], key: str) -> None:
        if fails.pop() if fails else False:
            raise OSError("no mail")
        told.append(values)

    with memory_engine(approval(), directory=COMPANY, clock=clock, handlers={"notify": tell}) as engine:
        id = engine.start("leave", actor="李").id
        engine.complete(id, "apply", actor="李")
        clock.advance("2 days")
        engine.run_due()
        assert told == [] and engine.notices() == [], "nobody was told yet"
        clock.advance(PAUSES[0])
        engine.run_due()
        assert told[0]["people"] == ["王", "赵", "钱"] and told[0]["instance"] == id
        assert len(engine.notices()) == 3
        assert_clean(engine)


def test_a_failure_that_nobody_takes_is_kept_until_somebody_does(clock: ManualClock, till: Till) -> None:
    early = process(
        "early",
        State(id="work", entry=(Perform(handler="pay"),), work=work("work", "staff"), transitions=(go("work.done", "wait"),)),
        State(id="wait", transitions=(go("error.run.pay", "end"),)),
        end(),
    )
    till.fails = 99
    with memory_engine(early, directory=COMPANY, clock=clock, handlers={"pay": till}) as engine:
        id = engine.start("early", actor="李").id
        for pause in PAUSES:
            clock.advance(pause)
            engine.run_due()
        assert "the bank is closed" in next(w.problem for w in engine.why(id) if w.what == "call")
        clock.advance("9 days")
        assert engine.run_due() == 0 and len(till.calls) == len(PAUSES) + 1, "nothing is called again, nothing is polled"
        engine.complete(id, "work", actor="李")
        assert engine.instance(id).status == "done"
        assert_clean(engine)


def test_a_handler_whose_result_is_for_nobody_is_called_once(clock: ManualClock, till: Till) -> None:
    forget = process(
        "forget",
        State(id="work", entry=(Perform(handler="pay"),), work=work("work", "staff"), transitions=(go("work.done", "end"),)),
        end(),
    )
    with memory_engine(forget, directory=COMPANY, clock=clock, handlers={"pay": till}) as engine:
        id = engine.start("forget", actor="李").id
        clock.advance("9 days")
        assert engine.run_due() == 0 and len(till.calls) == 1
        assert [w.what for w in engine.why(id)] == ["task"]
        assert_clean(engine)


def test_what_was_asked_in_the_last_step_is_done_all_the_same(clock: ManualClock, till: Till) -> None:
    last = Transition(events=("work.done",), targets=("end",), actions=(Perform(handler="pay"),))
    archive = process("archive", State(id="work", work=work("work", "staff"), transitions=(last,)), end())
    with memory_engine(archive, directory=COMPANY, clock=clock, handlers={"pay": till}) as engine:
        id = engine.start("archive", actor="李").id
        assert engine.complete(id, "work", actor="李").status == "done"
        assert len(till.calls) == 1
        assert_clean(engine)


# -- called processes -------------------------------------------------------------------------------------------------


def start_call(engine: Engine, name: str = "caller") -> tuple[str, str]:
    id = engine.start(name, actor="李").id
    engine.complete(id, "ask", actor="李", values={"amount": "7.00"})
    return id, engine.snapshot(id).calls[0][0]


def test_a_called_process_takes_values_and_gives_some_back(engine: Engine) -> None:
    id, child = start_call(engine)
    assert engine.instance(child).parent == id and str(engine.instance(child).data["amount"]) == "7.00"
    assert engine.why(id)[0].called == child
    engine.complete(child, "apply", actor="李", values={"note": "三天"})
    engine.complete(child, "review", actor="赵")
    done = engine.instance(id)
    assert done.status == "done" and done.data["note"] == "三天"
    assert engine.history(id)[-1].values == {"note": "三天"}, "only what the caller asked for"
    assert_clean(engine)


def test_a_call_that_was_left_cancels_the_child(engine: Engine, clock: ManualClock) -> None:
    id, child = start_call(engine)
    engine.complete(child, "apply", actor="李")
    engine.send(id, "stop")
    stopped = engine.instance(child)
    assert (stopped.status, stopped.configuration) == ("cancelled", ("review",))
    assert engine.tasks(instance=child) == [] and engine.history(child)[-1].kind == "cancel"
    assert [t.instance for t in engine.tasks()] == [id]
    clock.advance("9 days")
    engine.run_due()
    assert_clean(engine)


def test_cancelling_goes_all_the_way_down(clock: ManualClock) -> None:
    with memory_engine(approval(), caller(), caller("caller", "top"), directory=COMPANY, clock=clock) as engine:
        id, child = start_call(engine, "top")
        engine.complete(child, "ask", actor="李")
        grandchild = engine.snapshot(child).calls[0][0]
        engine.send(id, "stop")
        assert [engine.instance(i).status for i in (id, child, grandchild)] == ["running", "cancelled", "cancelled"]
        assert_clean(engine)


def test_a_process_that_is_not_there_is_a_failed_call(clock: ManualClock) -> None:
    with memory_engine(caller("nothing"), directory=COMPANY, clock=clock) as engine:
        id = engine.start("caller", actor="李").id
        engine.complete(id, "ask", actor="李")
        assert engine.instance(id).configuration == ("mend",)
        assert "nothing" in engine.history(id)[-1].comment
        assert_clean(engine)


def test_processes_that_call_each_other_for_ever_are_stopped(clock: ManualClock) -> None:
    endless = process(
        "endless", State(id="sub", call=Call(process="endless"), transitions=(go("done.call.sub", "end"),)), end()
    )
    with memory_engine(endless, directory=COMPANY, clock=clock) as engine:
        engine.start("endless", actor="钱")
        assert len(engine.instances()) == 21
        deepest = engine.instances()[-1].id
        assert "20 deep" in engine.why(deepest)[0].problem


def test_a_wide_tree_of_calls_is_not_recursion(clock: ManualClock) -> None:
    """Each level ends at once, so the answers run all the way back up within one call."""
    leaf = process("leaf", State(id="quick", transitions=(Transition(targets=("end",)),)), end())
    levels = [leaf]
    for n in range(10):
        call = Call(process=levels[-1].name)
        levels.append(process(f"level-{n}", State(id="sub", call=call, transitions=(go("done.call.sub", "end"),)), end()))
    with memory_engine(*levels, directory=COMPANY, clock=clock) as engine:
        id = engine.start("level-9", actor="钱").id
        assert engine.instance(id).status == "done" and len(engine.instances()) == 11
        assert_clean(engine)


def test_a_value_that_does_not_fit_the_caller_is_a_failed_call(clock: ManualClock) -> None:
    call = Call(process="child", outputs=(("amount", "note"),))
    child = process(
        "child", State(id="fill", work=work("fill", "staff", fill=("note",)), transitions=(go("fill.done", "end"),)), end()
    )
    states = State(id="sub", call=call, transitions=(go("done.call.sub", "end"), go("error.call.sub", "mend")))
    parent = process(
        "parent", states, State(id="mend", work=work("mend", "staff"), transitions=(go("mend.done", "sub"),)), end()
    )
    with memory_engine(child, parent, directory=COMPANY, clock=clock) as engine:
        id = engine.start("parent", actor="钱").id
        engine.complete(engine.snapshot(id).calls[0][0], "fill", actor="李", values={"note": "不是数"})
        assert engine.instance(id).configuration == ("mend",)
        assert_clean(engine)


# -- the worker -------------------------------------------------------------------------------------------------------


def test_the_worker_runs_until_it_is_told_to_stop(engine: Engine, clock: ManualClock) -> None:
    id = engine.start("leave", actor="李").id
    engine.complete(id, "apply", actor="李")
    clock.advance("2 days")
    stop = threading.Event()

    class Stopping(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            stop.set()
            return True

        def is_set(self) -> bool:
            return stop.is_set()

    Worker(engine).run_forever(Stopping())
    assert engine.instance(id).revision == 3


def test_the_worker_waits_for_a_store_that_is_away(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    engine.close()
    rounds = iter((False, False, True))

    class Twice(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return True

        def is_set(self) -> bool:
            return next(rounds)

    Worker(engine).run_forever(Twice())
    assert caplog.text.count("the store is closed") == 2
