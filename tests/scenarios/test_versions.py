"""A process changes while cases run: each keeps the version that it began with until it is moved, and moves only if it has a place."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from oyiflow.cli import main
from oyiflow.diagnostics import Source
from oyiflow.engine import Engine
from oyiflow.errors import EventRejected
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Definition, Text
from oyiflow.testing import ManualClock

HEAD = "process: leave\ntitle: Leave\nroles: {staff: Staff, head: Head, boss: Boss}\nform: {days: {type: int, required: true}}\nsteps:\n"
ONE = HEAD + (
    "  - {do: ask, by: staff, fill: days}\n  - {approve: sign, by: [head, boss], mode: all, rejected: ask, within: 3 days, late: escalate}\n"
    "  - {do: file, by: staff}\n  - {end: done}\n"
)
RENAMED = (
    ONE.replace("approve: sign,", "approve: agree, was: sign,")
    .replace("form: {days: {", "form: {length: {was: days, ")
    .replace("fill: days", "fill: length")
)
LESS = HEAD + "  - {do: ask, by: staff, fill: days}\n  - {do: file, by: staff}\n  - {end: done}\n"
OTHERWISE = ONE.replace("by: [head, boss], mode: all", "by: boss")
LATER = ONE.replace("within: 3 days", "within: 9 days")
MORE = ONE.replace("  - {do: file, by: staff}\n", "  - {do: file, by: staff, within: 1 day}\n  - {do: tell, by: staff}\n")


def definition(text: str) -> Definition:
    found, wrong = read_definition(Source(name="leave.yaml", text=text))
    assert found is not None, [(one.span.line, one.en) for one in wrong]
    return found


def person(name: str, *roles: str) -> Person:
    return Person(name=name, title=Text(en=name), roles=roles, superior="zoe")


COMPANY = Company(people=(person("ann", "staff"), person("hal", "head"), person("bea", "boss"), person("zoe")))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def engine(clock: ManualClock) -> Engine:
    made = Engine(directory=COMPANY, clock=clock)
    made.start(definition(ONE), actor="ann")
    made.complete("leave-1", "ask", actor="ann", values={"days": 3})
    return made


def consistent(engine: Engine) -> bool:
    """The journal folds to the state, and the inboxes show what the state says."""
    snapshot = engine.snapshot("leave-1")
    shown = [task.id for task in engine.tasks(instance="leave-1")]
    inboxes = {task.id for name in ("ann", "hal", "bea") for task in engine.tasks(person=name)}
    return engine.replay("leave-1") == snapshot and shown == [t.id for t in snapshot.tasks] and inboxes <= set(shown)


def test_a_case_keeps_its_version_until_it_is_moved(engine: Engine) -> None:
    engine.deploy(definition(MORE))
    assert engine.instance("leave-1").version == 1
    [move] = engine.migrate("leave", actor="zoe", reason="new rule")
    assert (move.moved, move.version, move.to) == (True, 1, 2)
    assert engine.instance("leave-1").version == 2
    entry = engine.history("leave-1")[-1]
    assert (entry.kind, entry.actor, entry.comment) == ("migrate", "zoe", "new rule")
    for actor in ("hal", "bea"):
        engine.complete("leave-1", "sign", actor=actor)
    engine.complete("leave-1", "file", actor="ann")
    assert engine.instance("leave-1").configuration == ("tell",)
    assert consistent(engine)


def test_signatures_and_deadlines_come_along(engine: Engine, clock: ManualClock) -> None:
    engine.complete("leave-1", "sign", actor="hal")
    due = engine.tasks(instance="leave-1")[0].due
    clock.advance(timedelta(days=1))
    engine.deploy(definition(RENAMED))
    [move] = engine.migrate("leave")
    assert move.moved and move.tasks_closed == 1
    [task] = engine.tasks(instance="leave-1")
    assert (task.step, task.signed, task.people) == ("agree", ("hal",), ("bea",))
    assert [timer.due for timer in engine.snapshot("leave-1").timers] == [due]
    assert engine.instance("leave-1").data == {"length": 3}
    assert consistent(engine)
    engine.complete("leave-1", "agree", actor="bea")
    assert engine.instance("leave-1").configuration == ("file",)


def test_a_new_deadline_counts_from_when_the_task_was_opened(engine: Engine, clock: ManualClock) -> None:
    began = clock()
    clock.advance(timedelta(days=2))
    engine.deploy(definition(LATER))
    engine.migrate("leave")
    assert [timer.due for timer in engine.snapshot("leave-1").timers] == [began + timedelta(days=9)]


def test_a_deadline_that_was_missed_is_not_fired_again(engine: Engine, clock: ManualClock) -> None:
    clock.advance(timedelta(days=4))
    engine.run_due()
    told = len(engine.notices())
    engine.deploy(definition(MORE))
    engine.migrate("leave")
    clock.advance(timedelta(days=30))
    engine.run_due()
    assert len(engine.notices()) == told > 0


def test_who_has_no_place_stays_and_is_told_why(engine: Engine) -> None:
    engine.deploy(definition(LESS))
    [move] = engine.migrate("leave")
    assert not move.moved and "was: sign" in move.obstacles[0].en
    assert engine.instance("leave-1").version == 1 and len(engine.history("leave-1")) == 2
    assert consistent(engine)


def test_a_signature_is_never_carried_to_another_way_of_signing(engine: Engine) -> None:
    engine.deploy(definition(OTHERWISE))
    assert engine.migrate("leave", dry_run=True)[0].moved
    engine.complete("leave-1", "sign", actor="hal")
    [move] = engine.migrate("leave")
    assert not move.moved and "hal signed 'sign' already" in move.obstacles[0].en


def test_a_rehearsal_writes_nothing(engine: Engine) -> None:
    engine.deploy(definition(MORE))
    before = engine.history("leave-1")
    assert engine.migrate("leave", dry_run=True)[0].moved
    assert engine.history("leave-1") == before and engine.instance("leave-1").version == 1


def test_there_is_a_way_back(engine: Engine) -> None:
    before = engine.snapshot("leave-1")
    engine.deploy(definition(RENAMED))
    engine.migrate("leave")
    [move] = engine.migrate("leave", to=1)
    assert move.moved
    after = engine.snapshot("leave-1")
    assert (after.place, after.data, after.pin) == (before.place, before.data, before.pin)
    assert engine.migrate("leave", to=1) == []
    assert consistent(engine)


def test_what_has_ended_is_left_alone(engine: Engine) -> None:
    for step, actor in (("sign", "hal"), ("sign", "bea"), ("file", "ann")):
        engine.complete("leave-1", step, actor=actor)
    engine.deploy(definition(MORE))
    assert engine.migrate("leave") == []
    assert not engine.migrate("leave", instance="leave-1")[0].moved
    with pytest.raises(EventRejected):
        engine._steps.migrate("leave-1", engine._deployments.find("leave"), engine._now(), "", "")


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OYIFLOW_LANG", "en")
    (tmp_path / "leave.yaml").write_text(ONE, encoding="utf-8")
    (tmp_path / "company.yaml").write_text(
        "company: X\npeople:\n  ann: {roles: [staff]}\n  hal: {roles: [head]}\n", encoding="utf-8"
    )
    assert main(["start", "leave.yaml", "--as", "ann"]) == 0
    assert main(["start", "leave.yaml", "--as", "ann"]) == 0
    assert main(["act", "leave-2", "ask", "--as", "ann", "--set", "days=3"]) == 0
    (tmp_path / "leave.yaml").write_text(LESS, encoding="utf-8")
    capsys.readouterr()
    assert main(["publish", "leave.yaml"]) == 0
    assert "leave  v2  published" in capsys.readouterr().out
    assert main(["migrate", "leave", "--dry-run"]) == 1
    out = capsys.readouterr().out
    assert "leave-1  v1 → v2  can move" in out and "leave-2  v1 → v2  cannot move and stays" in out and "say was: sign" in out
    assert main(["migrate", "leave", "--as", "hal", "--json"]) == 1
    assert [(move["instance"], move["moved"]) for move in json.loads(capsys.readouterr().out)] == [
        ("leave-1", True),
        ("leave-2", False),
    ]
    assert main(["log", "leave-1", "--verify"]) == 0
