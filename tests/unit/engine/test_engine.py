"""The public face: publish, start, answer, look, repeat."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from samples import COMPANY, approval, changed, listening, owned, process, signing

from oyiflow.engine import Engine
from oyiflow.errors import Conflict, EventRejected, Forbidden, UnknownInstance, UnknownProcess
from oyiflow.kernel import Message, TimerFired
from oyiflow.model.definition import Mode
from oyiflow.testing import ManualClock, memory_engine


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def engine(clock: ManualClock) -> Iterator[Engine]:
    definitions = (approval(), listening(), owned(), signing(Mode.ALL, "both"), signing(Mode.IN_TURN, "turns"))
    with memory_engine(*definitions, directory=COMPANY, clock=clock) as made:
        yield made


def assert_sound(engine: Engine) -> None:
    """The invariants that hold after every call: the journal folds to the snapshot, the rows are its projection."""
    for instance in engine.instances():
        snapshot = engine.snapshot(instance.id)
        assert engine.replay(instance.id) == snapshot
        assert [entry.revision for entry in engine.history(instance.id)] == list(range(1, instance.revision + 1))
    open_tasks = {(i.id, task.id) for i in engine.instances() for task in engine.snapshot(i.id).tasks}
    assert {(row.instance, row.id) for row in engine._store.tasks()} == open_tasks


# -- publishing -------------------------------------------------------------------------------------------------------


def test_the_same_content_is_published_once(engine: Engine) -> None:
    first, again = engine.deploy(approval()), engine.deploy(approval())
    assert first == again and first.version == 1
    assert [d.name for d in engine.deployed()].count("leave") == 1


def test_other_content_is_the_next_version_and_instances_stay_on_theirs(engine: Engine) -> None:
    old = engine.start("leave", actor="李")
    deployed = engine.deploy(changed(approval()))
    assert deployed.version == 2
    new = engine.start("leave", actor="李")
    assert (old.version, new.version) == (1, 2)
    assert engine.definition_of(old.id).title.zh == "leave" and engine.definition_of(new.id).title.zh == "leave改"
    assert engine.start("leave", actor="李", version=1).version == 1
    assert engine.snapshot(new.id).version == 2
    assert_sound(engine)


def test_unknown_process_and_version_name_what_there_is(engine: Engine) -> None:
    with pytest.raises(UnknownProcess, match="leave"):
        engine.start("nothing", actor="李")
    with pytest.raises(UnknownProcess, match="version 9"):
        engine.start("leave", actor="李", version=9)


def test_a_definition_can_be_started_right_away(engine: Engine) -> None:
    assert engine.start(process("fresh", *listening().root.states), actor="钱").process == "fresh"


def test_running_instances_are_loaded_from_the_database(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/e.db"
    with Engine(url, directory=COMPANY, clock=ManualClock()) as first:
        id = first.start(approval(), actor="李", values={"amount": "12.50"}).id
    with Engine(url, directory=COMPANY, clock=ManualClock()) as second:
        done = second.complete(id, "apply", actor="李")
        assert done.data == {"amount": Decimal("12.50")} and done.configuration == ("review",)
        assert second.replay(id) == second.snapshot(id)


# -- starting and answering -------------------------------------------------------------------------------------------


def test_a_case_from_start_to_end(engine: Engine, clock: ManualClock) -> None:
    case = engine.start("leave", actor="李", values={"amount": "12.50"})
    assert (case.id, case.status, case.revision, case.configuration) == ("leave-1", "running", 1, ("apply",))
    clock.advance("1 hours")
    case = engine.complete(case.id, "apply", actor="李", values={"note": "病假"}, comment="请批准")
    assert case.data == {"amount": Decimal("12.50"), "note": "病假"} and case.updated - case.started == timedelta(hours=1)
    back = engine.complete(case.id, "review", actor="赵", outcome="rejected")
    assert back.configuration == ("apply",)
    engine.complete(case.id, "apply", actor="李")
    done = engine.complete(case.id, engine.tasks(instance=case.id)[0].id, actor="赵")
    assert (done.status, done.configuration) == ("done", ("end",))
    assert [(e.kind, e.actor, e.step, e.outcome, e.comment) for e in engine.history(case.id)] == [
        ("start", "李", "", "", ""),
        ("act", "李", "apply", "done", "请批准"),
        ("act", "赵", "review", "rejected", ""),
        ("act", "李", "apply", "done", ""),
        ("act", "赵", "review", "done", ""),
    ]
    assert engine.history(case.id)[1].values == {"note": "病假"}
    assert engine.history(case.id)[1].trace == [{"exited": ["apply"], "transitions": ["apply#0"], "entered": ["review"]}]
    assert engine.tasks() == [] and engine.why(case.id) == []
    assert_sound(engine)


def test_what_is_refused_has_written_nothing(engine: Engine) -> None:
    id = engine.start("leave", actor="李").id
    refused = [
        (EventRejected, {"task": "review", "actor": "李"}, "unknown_task"),
        (EventRejected, {"task": "apply", "actor": "李", "outcome": "maybe"}, "unknown_outcome"),
        (EventRejected, {"task": "apply", "actor": "李", "values": {"amount": 0.1}}, "invalid_value"),
        (EventRejected, {"task": "apply", "actor": "李", "values": {"salary": "1"}}, "invalid_value"),
        (EventRejected, {"task": "apply", "actor": "李", "values": {"amount": object()}}, "invalid_value"),
        (EventRejected, {"task": "apply", "actor": "李", "comment": "x" * 10_001}, "invalid_value"),
        (EventRejected, {"task": "apply", "actor": "李", "comment": "\ud800"}, "invalid_value"),
        (EventRejected, {"task": "x" * 201, "actor": "李"}, "invalid_value"),
        (EventRejected, {"task": "apply", "actor": "李", "key": ""}, "invalid_value"),
        (EventRejected, {"task": "apply", "actor": "李", "key": "timer:x"}, "invalid_value"),
        (EventRejected, {"task": "apply", "actor": "李", "key": "#2"}, "invalid_value"),
    ]
    for kind, call, code in refused:
        with pytest.raises(kind) as caught:
            engine.complete(id, **call)
        assert caught.value.code == code
    assert engine.instance(id).revision == 1
    assert_sound(engine)


def test_unknown_instances(engine: Engine) -> None:
    for ask in (
        engine.instance,
        engine.history,
        engine.why,
        engine.replay,
        engine.snapshot,
        lambda id: engine.send(id, "ring"),
    ):
        with pytest.raises(UnknownInstance):
            ask("nobody' OR 1=1")


def test_an_event_from_outside(engine: Engine) -> None:
    id = engine.start("listening", actor="钱").id
    with pytest.raises(EventRejected) as caught:
        engine.send(id, "knock")
    assert (caught.value.code, caught.value.accepted) == ("not_accepted", ("ring",))
    assert engine.send(id, Message(name="ring", values={"note": "门铃"})).status == "done"
    with pytest.raises(EventRejected) as ended:
        engine.send(id, "ring")
    assert ended.value.code == "ended"
    assert_sound(engine)


def test_instance_ids(engine: Engine) -> None:
    assert engine.start("listening", actor="钱", instance="门铃 7").id == "门铃 7"
    with pytest.raises(Conflict):
        engine.start("listening", actor="钱", instance="门铃 7")
    for wrong in ("", "a/b", " a", "x" * 201, "a\0b"):
        with pytest.raises(EventRejected):
            engine.start("listening", actor="钱", instance=wrong)
    engine.start("listening", actor="钱", instance="listening-3")
    assert [engine.start("listening", actor="钱").id for _ in range(2)] == ["listening-2", "listening-4"]


def test_a_refused_start_uses_up_no_number(engine: Engine) -> None:
    first = engine.start("leave", actor="李").id
    for wrong in ({"nothing": 1}, {"amount": "much"}):
        with pytest.raises(EventRejected):
            engine.start("leave", actor="李", values=wrong)
        with pytest.raises(EventRejected):
            engine.start("leave", actor="李", values=wrong, instance=first)
    assert [first, engine.start("leave", actor="李").id] == ["leave-1", "leave-2"]


def test_numbers_step_over_ids_that_are_taken(engine: Engine) -> None:
    assert engine.start("listening", actor="钱").id == "listening-1"
    engine.start("listening", actor="钱", instance="listening-2")
    assert engine.start("listening", actor="钱").id == "listening-3"


# -- access -----------------------------------------------------------------------------------------------------------


def test_without_a_directory_nobody_may_do_anything() -> None:
    with Engine() as closed:
        closed.deploy(approval())
        closed.deploy(listening())
        for name in ("leave", "listening"):
            with pytest.raises(Forbidden):
                closed.start(name, actor="李")


def test_who_may_start(engine: Engine) -> None:
    for actor in ("赵", "钱", "陌生人", "", "x" * 10_000):
        with pytest.raises(Forbidden):
            engine.start("leave", actor=actor)
    assert engine.instances() == []
    assert engine.start("leave", actor="李")  # holds the role by its alias
    assert engine.start("listening", actor="钱")  # no work at the beginning: everybody who is known


def test_who_may_act(engine: Engine) -> None:
    id = engine.start("leave", actor="王").id
    engine.complete(id, "apply", actor="王")
    for actor in ("李", "陌生人", ""):  # lacks the role; is not known
        with pytest.raises(Forbidden):
            engine.complete(id, "review", actor=actor)
    with pytest.raises(Forbidden, match="申请人不得审批"):
        engine.complete(id, "review", actor="王")  # holds the role, but has applied
    assert engine.complete(id, "review", actor="赵").status == "done"


def test_an_event_must_not_stand_in_for_an_answer(engine: Engine) -> None:
    id = engine.start("leave", actor="李").id
    engine.complete(id, "apply", actor="李")
    for name in ("review.done", "review.done.really", "after.review.2", "done.state.leave", "error"):
        with pytest.raises(Forbidden):
            engine.send(id, name)
    with pytest.raises(EventRejected):
        engine.send(id, TimerFired(timer=engine.snapshot(id).timers[0].id))  # not due yet
    with pytest.raises(Forbidden):
        engine.send(id, "anything", actor="陌生人")
    assert engine.instance(id).revision == 2


def test_roles_in_an_act_are_not_believed(engine: Engine) -> None:
    from oyiflow.kernel import Act

    id = engine.start("leave", actor="李").id
    with pytest.raises(Forbidden):
        engine.send(id, Act(task="apply", actor="钱", roles=frozenset({"staff"})))


# -- lists ------------------------------------------------------------------------------------------------------------


def test_inboxes(engine: Engine) -> None:
    first, second = engine.start("leave", actor="李"), engine.start("leave", actor="王")
    assert [t.instance for t in engine.tasks(person="李")] == [first.id, second.id]
    assert engine.tasks(person="赵") == [] and engine.tasks(person="陌生人") == []
    engine.complete(second.id, "apply", actor="王")
    task = engine.tasks(person="赵")[0]
    assert (task.instance, task.step, task.roles, task.people) == (second.id, "review", ("boss",), ("赵",))
    assert task.due is not None and task.due - task.opened == timedelta(days=2)
    assert [t.instance for t in engine.tasks(person="王")] == [first.id], "王 has applied and must not review"
    assert len(engine.tasks()) == 2 and engine.tasks(process="listening") == []
    assert [t.step for t in engine.tasks(instance=second.id)] == ["review"]
    assert engine.tasks(instance=second.id, process="other") == []
    assert engine.tasks(instance=second.id, person="李") == []


def test_a_task_follows_the_field_that_names_its_person(engine: Engine) -> None:
    id = engine.start("owned", actor="李", values={"owner": "钱"}).id
    assert [t.step for t in engine.tasks(person="钱")] == ["act"]
    engine.complete(id, "name", actor="李", values={"owner": "赵"})
    assert engine.tasks(person="钱") == [] and [t.step for t in engine.tasks(person="赵")] == ["act"]
    assert_sound(engine)
    assert engine.complete(id, "act", actor="赵").status == "done"
    assert_sound(engine)


def test_signing_by_all_and_in_turn(engine: Engine) -> None:
    both = engine.start("both", actor="李").id
    engine.complete(both, "sign", actor="赵")
    assert [t.signed for t in engine.tasks(instance=both)] == [("赵",)]
    assert [t.instance for t in engine.tasks(person="李")] == [both] and engine.tasks(person="赵") == []
    assert engine.complete(both, "sign", actor="李").status == "done"
    turns = engine.start("turns", actor="李").id
    assert engine.tasks(person="赵") == []
    engine.complete(turns, "sign", actor="李")
    assert [t.roles for t in engine.tasks(person="赵")] == [("boss",)]
    assert_sound(engine)


def test_why(engine: Engine) -> None:
    id = engine.start("leave", actor="李").id
    engine.complete(id, "apply", actor="李")
    task, timer = engine.why(id)
    assert (task.what, task.step, task.people, task.moves) == ("task", "review", ("王", "赵"), ("done", "rejected"))
    assert (timer.what, timer.step, timer.due) == ("timer", "review", task.due)
    assert timer.since == task.since
    quiet = engine.start("listening", actor="钱").id
    assert [(w.what, w.moves) for w in engine.why(quiet)] == [("message", ("ring",))]


def test_instances_by_status_and_process(engine: Engine) -> None:
    engine.start("leave", actor="李")
    engine.send(engine.start("listening", actor="钱").id, "ring")
    assert [i.process for i in engine.instances()] == ["leave", "listening"]
    assert [i.process for i in engine.instances("done")] == ["listening"]
    assert engine.instances(status="done", process="leave") == []


def test_an_answer_cannot_reach_into_the_engine(engine: Engine) -> None:
    case = engine.start("leave", actor="李", values={"note": "a"})
    case.data["note"] = "b"  # type: ignore[index]
    assert engine.instance(case.id).data == {"note": "a"}
    assert_sound(engine)


# -- the same again ---------------------------------------------------------------------------------------------------


def test_a_repeated_start_gets_the_first_answer(engine: Engine) -> None:
    first = engine.start("leave", actor="李", key="order 17", values={"note": "x"})
    engine.complete(first.id, "apply", actor="李")
    assert engine.start("leave", actor="李", key="order 17") == first
    assert len(engine.instances()) == 1


def test_a_repeated_event_gets_the_first_answer(engine: Engine, clock: ManualClock) -> None:
    id = engine.start("leave", actor="李", key="k").id
    first = engine.complete(id, "apply", actor="李", key="k", values={"amount": "1"})
    clock.advance("1 days")
    engine.complete(id, "review", actor="赵", outcome="rejected")
    assert engine.complete(id, "apply", actor="李", key="k", values={"amount": "2"}) == first  # would be possible again
    assert engine.instance(id).revision == 3
    engine.complete(id, "apply", actor="李", key="k2")
    assert engine.complete(id, "apply", actor="李", key="k") == first  # would be refused now
    assert engine.instance(id).revision == 4
    assert engine.history(id)[1].key == "k" and engine.history(id)[2].key == ""
    assert_sound(engine)


def test_of_two_threads_on_one_task_one_wins(tmp_path: object) -> None:
    with Engine(f"sqlite:///{tmp_path}/e.db", directory=COMPANY, clock=ManualClock()) as engine:
        engine.deploy(approval())
        for _ in range(20):
            id = engine.start("leave", actor="李").id
            barrier = threading.Barrier(2)
            answers: list[object] = []

            def act(actor: str, id: str = id, barrier: threading.Barrier = barrier, answers: list[object] = answers) -> None:
                barrier.wait()
                try:
                    answers.append(engine.complete(id, "apply", actor=actor).revision)
                except (EventRejected, Conflict) as error:
                    answers.append(type(error))

            threads = [threading.Thread(target=act, args=(actor,)) for actor in ("李", "王")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert 2 in answers and len(answers) == 2 and answers.count(2) == 1
            assert engine.instance(id).revision == 2
        assert_sound(engine)


def test_of_many_threads_with_one_key_all_get_one_answer(engine: Engine) -> None:
    barrier = threading.Barrier(8)
    answers: list[object] = []

    def start_and_act() -> None:
        barrier.wait()
        case = engine.start("leave", actor="李", key="same")
        answers.append((case, engine.complete(case.id, "apply", actor="李", key="act")))

    threads = [threading.Thread(target=start_and_act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and all(answer == answers[0] for answer in answers)
    assert len(engine.instances()) == 1 and engine.instances()[0].revision == 2
    assert_sound(engine)


def test_an_engine_notices_that_another_one_has_moved_the_instance(tmp_path: object) -> None:
    """Two engines take turns on one file, as commands do beside an engine that has not written yet."""
    url = f"sqlite:///{tmp_path}/e.db"
    reader = Engine(url, directory=COMPANY, clock=ManualClock())
    with Engine(url, directory=COMPANY, clock=ManualClock()) as writer:
        id = writer.start(approval(), actor="李").id
        assert reader.instance(id).revision == 1
        writer.complete(id, "apply", actor="李")
        writer.complete(id, "review", actor="赵", outcome="rejected")
    assert reader.complete(id, "apply", actor="李").revision == 4  # decided on revision 1, refused by the store, decided again
    with pytest.raises(EventRejected):
        reader.complete(id, "apply", actor="李")
    assert_sound(reader)
    reader.close()


def test_memory_is_bounded_and_never_needed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from oyiflow.engine import steps

    monkeypatch.setattr(steps, "_CACHED", 4)
    ids = [engine.start("leave", actor="李").id for _ in range(20)]
    for id in ids:
        engine.complete(id, "apply", actor="李")
    assert len(engine._steps._cache) <= 4
    assert [i.revision for i in engine.instances()] == [2] * 20
    assert_sound(engine)
