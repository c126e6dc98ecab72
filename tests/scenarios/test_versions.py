"""A process changes while cases run: each keeps the version that it began with until it is moved, and moves only if it has a place."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from oyiflow.cli import main
from oyiflow.diagnostics import Source
from oyiflow.engine import Engine
from oyiflow.engine.versions import Move
from oyiflow.errors import EventRejected
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person, Policies
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
        engine._steps.migrate("leave-1", engine._deployments.find("leave"), engine._now(), ("", ""))


def moved(old: str, new: str, *acts: tuple[str, ...], clock: ManualClock | None = None) -> tuple[Engine, list[Move]]:
    """An instance of `old` to which the acts have happened, and what becomes of it under `new`."""
    company = replace(COMPANY, policies=Policies(administrators=("zoe",)))
    engine = Engine(directory=company, clock=clock or ManualClock(), handlers={"bank": lambda values, key: {}})
    engine.start(definition(old), actor="ann")
    for act in acts:
        values = {"days": 3} if act[0] == "ask" else {}
        engine.complete("leave-1", act[0], actor=act[1], outcome=act[2] if len(act) > 2 else "", values=values)
    engine.deploy(definition(new))
    found = engine.migrate("leave")
    assert consistent(engine)
    return engine, found


PAID = HEAD + "  - {do: ask, by: staff, fill: days}\n  - {do: file, by: staff}\n  - {end: done}\n"


@pytest.mark.parametrize(
    ("instead", "why"),
    [
        ("{run: file, handler: bank}", "is done by a program"),
        ("{call: file, process: leave}", "is done by a program"),
        ("{do: file, by: staff, only_when: days > 5}", "leads on at once"),
        ("decide: file\n    cases:\n      - {label: x, when: days > 5, then: ask}\n      - {label: y, otherwise: done}", "leads on at once"),
        ("{end: file}\n  - {do: more, by: staff}", "is an end"),
    ],
)  # fmt: skip
def test_nobody_is_moved_to_where_nobody_waits(instead: str, why: str) -> None:
    engine, [move] = moved(PAID, PAID.replace("{do: file, by: staff}", instead), ("ask", "ann"))
    assert not move.moved and [one.about for one in move.obstacles] == ["file"] and why in move.obstacles[0].en
    engine.complete("leave-1", "file", actor="ann")
    assert engine.instance("leave-1").status == "done"


def test_a_condition_that_holds_keeps_the_step() -> None:
    engine, [move] = moved(PAID, PAID.replace("by: staff}", "by: staff, only_when: days < 5}"), ("ask", "ann"))
    assert move.moved and engine.instance("leave-1").configuration == ("file",)


TOGETHER = HEAD + (
    "  - together: both\n    steps:\n      - {do: one, by: staff}\n      - {do: two, by: head}\n  - {do: file, by: staff}\n  - {end: done}\n"
)


def test_a_finished_branch_is_known_by_its_steps_not_by_its_number() -> None:
    _, [move] = moved(TOGETHER, TOGETHER.replace("do: one", "do: audit"), ("one", "ann"))
    assert not move.moved and [one.en for one in move.obstacles] == [
        "in 'both' the branch of one is done, and the new version has no such branch"
    ]
    swapped = TOGETHER.replace("one", "x").replace("two, by: head", "one, by: staff").replace("x, by: staff", "two, by: head")
    engine, [move] = moved(TOGETHER, swapped, ("one", "ann"))
    assert move.moved and engine.instance("leave-1").configuration == ("two", "both-2-end")
    engine.complete("leave-1", "two", actor="hal")
    assert engine.instance("leave-1").configuration == ("file",)


def test_a_together_that_is_renamed_takes_its_branches_along() -> None:
    new = TOGETHER.replace("together: both\n", "together: all\n    was: both\n").replace("do: one,", "do: eins, was: one,")
    engine, [move] = moved(TOGETHER, new, ("one", "ann"))
    assert move.moved and engine.instance("leave-1").configuration == ("all-1-end", "two")
    assert engine.migrate("leave", to=1)[0].moved and engine.instance("leave-1").configuration == ("both-1-end", "two")


BRANCHES = HEAD + (
    "  - together: both\n    steps:\n      - branch: left\n        steps:\n          - {do: one, by: staff}\n"
    "      - {do: two, by: head}\n  - {end: done}\n"
)


def test_a_branch_with_a_name_may_be_renamed_or_grow() -> None:
    for new, moves in (
        (BRANCHES.replace("left", "links"), ("links-end", "two")),
        (BRANCHES.replace("{do: one, by: staff}\n", "{do: nil, by: staff}\n          - {do: one, by: staff}\n"), ("left-end", "two")),
        (BRANCHES.replace("do: one", "do: other"), None),
        (BRANCHES.replace("{do: one, by: staff}\n", "{do: one, by: staff}\n          - {do: more, by: staff}\n"), None),
    ):  # fmt: skip
        engine, [move] = moved(BRANCHES, new, ("one", "ann"))
        assert move.moved == (moves is not None)
        assert engine.instance("leave-1").configuration == (moves or ("left-end", "two"))


LENT = ONE.replace("late: escalate}", "late: escalate, allow: [transfer, add_signer, send_back]}").replace(
    "by: [head, boss], mode: all", "by: head"
)


@pytest.mark.parametrize(
    ("change", "due"), [(("approve: sign,", "approve: agree, was: sign,"), 3), (("3 days", "9 days"), 9), (("title: Leave", "title: L"), 3)]
)  # fmt: skip
def test_what_people_have_arranged_comes_along(change: tuple[str, str], due: int) -> None:
    clock = ManualClock()
    engine, _ = moved(LENT, LENT.replace("Staff", "S"), ("ask", "ann"), clock=clock)
    engine.operate("leave-1", "transfer", "sign", actor="hal", people=["bea"], comment="away")
    engine.deploy(definition(LENT.replace(*change)))
    [move] = engine.migrate("leave")
    [task] = engine.tasks(instance="leave-1")
    assert move.moved and task.people == ("bea",) and task.due == clock() + timedelta(days=due)
    assert [timer.due for timer in engine.snapshot("leave-1").timers] == [task.due] and consistent(engine)


def test_what_was_sent_back_goes_straight_back_to_whoever_sent_it() -> None:
    engine, _ = moved(LENT, LENT.replace("Staff", "S"), ("ask", "ann"))
    engine.operate("leave-1", "send_back", "sign", actor="hal", comment="why?", to="ask", straight=True)
    engine.deploy(definition(LENT.replace("do: ask,", "do: beg, was: ask,").replace("rejected: ask", "rejected: beg")
                             .replace("approve: sign,", "approve: agree, was: sign,")
                             .replace("form: {days: {", "form: {length: {was: days, ").replace("fill: days", "fill: length")))  # fmt: skip
    assert engine.migrate("leave")[0].moved and consistent(engine)
    engine.complete("leave-1", "beg", actor="ann")
    assert engine.instance("leave-1").configuration == ("agree",) and consistent(engine)


STRAIGHT = HEAD + (
    "  - {do: ask, by: staff, fill: days}\n  - {approve: one, by: head, rejected: ask}\n"
    "  - {approve: two, by: boss, rejected: ask, resubmit: straight}\n  - {end: done}\n"
)


@pytest.mark.parametrize(
    "new",
    [
        STRAIGHT.replace("approve: two,", "approve: zwei, was: two,"),
        STRAIGHT.replace("do: ask,", "do: beg, was: ask,").replace("rejected: ask", "rejected: beg"),
    ],
)
def test_the_way_straight_back_knows_the_new_names(new: str) -> None:
    engine, [move] = moved(STRAIGHT, new, ("ask", "ann"), ("one", "hal"), ("two", "bea", "rejected"))
    assert move.moved
    engine.complete("leave-1", engine.tasks(instance="leave-1")[0].step, actor="ann")
    assert engine.instance("leave-1").configuration[0] in ("two", "zwei")


RULES = HEAD + (
    "  - {do: ask, by: staff, fill: days}\n  - {do: bill, by: staff}\n  - {do: ship, by: staff}\n  - {end: done}\nrules:\n"
    "  - {after: ask, must: bill, within: 1 day, say: bill soon}\n  - {after: ask, must: ship, within: 9 days, say: ship}\n"
)
FIRST = "  - {after: ask, must: bill, within: 1 day, say: bill soon}\n"


def test_the_deadline_of_a_rule_is_that_of_the_same_rule() -> None:
    clock = ManualClock()
    new = RULES.replace(FIRST, "").replace("do: ship,", "do: send, was: ship,").replace("must: ship", "must: send")
    engine, [move] = moved(RULES, new, ("ask", "ann"), clock=clock)
    assert move.moved and [(t.send_id, t.due) for t in engine.snapshot("leave-1").timers] == [
        ("_rule_1", clock() + timedelta(days=9))
    ]
    clock.advance(timedelta(days=2))
    engine.run_due()
    assert engine.notices() == []
    clock.advance(timedelta(days=8))
    engine.run_due()
    assert {(one.step, one.reason) for one in engine.notices()} == {("send", "rule")}


def test_the_deadline_of_a_rule_whose_time_has_changed_counts_from_when_it_began() -> None:
    clock = ManualClock()
    engine, _ = moved(RULES, RULES.replace("within: 1 day,", "within: 4 days,"), ("ask", "ann"), clock=clock)
    assert sorted(t.due for t in engine.snapshot("leave-1").timers) == [clock() + timedelta(days=n) for n in (4, 9)]
    engine.complete("leave-1", "bill", actor="ann")
    assert [t.send_id for t in engine.snapshot("leave-1").timers] == ["_rule_2"]


SENT = HEAD.replace("steps:\n", "states:\n") + (
    "  - state: wait\n    by: staff\n    entry:\n      - {send: ring, after: 2 days, id: bell}\n      - {send: knock, after: 3 days, id: door}\n"
    "    transitions:\n      - {event: ring, to: done}\n      - {event: knock, to: done}\n      - {event: go, to: done}\n  - {end: done}\n"
)


def test_what_was_sent_stays_only_while_somebody_hears_it() -> None:
    engine, [move] = moved(SENT, SENT.replace("      - {event: ring, to: done}\n", ""))
    assert move.moved and [timer.event for timer in engine.snapshot("leave-1").timers] == ["knock"]


def test_a_signature_of_an_added_signer_is_one_too() -> None:
    engine, _ = moved(LENT, LENT.replace("Staff", "S"), ("ask", "ann"))
    engine.operate("leave-1", "add_signer", "sign", actor="hal", people=["bea"], comment="look", when="before")
    engine.deploy(definition(LENT.replace("by: head", "by: boss")))
    assert engine.migrate("leave", dry_run=True)[0].moved
    engine.complete("leave-1", "sign", actor="bea")
    assert "bea signed 'sign' already" in engine.migrate("leave", dry_run=True)[0].obstacles[0].en
    engine.deploy(definition(LENT.replace("approve: sign,", "approve: agree, was: sign,")))
    assert engine.migrate("leave")[0].moved and consistent(engine)
    engine.complete("leave-1", "agree", actor="hal")
    assert engine.instance("leave-1").configuration == ("file",)


DATED = HEAD.replace("form: {", "form: {day: {type: date}, ") + (
    "  - {do: ask, by: staff, fill: [days, day]}\n  - {do: file, by: staff, within: day, late: remind}\n  - {end: done}\n"
)


def test_a_deadline_in_a_field_that_is_renamed_is_not_missed_twice() -> None:
    clock = ManualClock()
    engine = Engine(directory=COMPANY, clock=clock)
    engine.start(definition(DATED), actor="ann")
    engine.complete("leave-1", "ask", actor="ann", values={"days": 1, "day": clock().date()})
    clock.advance(timedelta(days=3))
    engine.run_due()
    [late] = engine.overdue()
    engine.deploy(definition(DATED.replace("{day: {", "{until: {was: day, ").replace("[days, day]", "[days, until]").replace("within: day", "within: until")))  # fmt: skip
    assert engine.migrate("leave")[0].moved and consistent(engine)
    assert engine.snapshot("leave-1").timers == () and engine.overdue()[0].due == late.due


EACH = HEAD.replace("form: {", "form: {who: {type: choices, of: [a, b, c]}, ") + (
    "  - {do: ask, by: staff, fill: [days, who]}\n  - {each: calls, in: who, process: sub}\n  - {do: file, by: staff}\n  - {end: done}\n"
)
SUB = "process: sub\ntitle: S\nroles: {staff: S}\nsteps:\n  - {do: x, by: staff}\n  - {end: done}\n"


def test_calls_for_each_entry_go_on_under_new_names_and_are_told_of_once() -> None:
    engine = Engine(directory=COMPANY, clock=ManualClock())
    engine.deploy(definition(SUB))
    engine.start(definition(EACH), actor="ann")
    engine.complete("leave-1", "ask", actor="ann", values={"days": 1, "who": ["a", "b", "c"]})
    engine.deploy(definition(EACH.replace("process: sub", "process: leave")))
    assert [one.about for one in engine.migrate("leave")[0].obstacles] == ["calls"]
    new = EACH.replace("{who: {", "{whom: {was: who, ").replace("[days, who]", "[days, whom]").replace("in: who", "in: whom")
    engine.deploy(definition(new.replace("each: calls,", "each: ring, was: calls,")))
    assert engine.migrate("leave")[0].moved
    engine.deploy(definition(new.replace("each: calls,", "each: ring, was: calls,").replace("Staff", "S")))
    assert engine.migrate("leave")[0].moved, "a word of an older version is no news"
    for one in engine.instances(process="sub"):
        engine.complete(one.id, "x", actor="ann")
    while engine.run_due():
        pass
    assert engine.instance("leave-1").configuration == ("file",) and consistent(engine)


def test_what_is_suspended_moves_when_it_goes_on_again() -> None:
    engine, _ = moved(LENT, LENT.replace("Staff", "S"), ("ask", "ann"))
    engine.operate("leave-1", "suspend", "", actor="zoe", comment="wait")
    engine.deploy(definition(LENT))
    [move] = engine.migrate("leave", instance="leave-1", to=1)
    assert not move.moved and (move.obstacles[0].zh, move.obstacles[0].en) == (
        "挂起中，恢复后再换",
        "it is suspended; resume it first",
    )
    engine.operate("leave-1", "resume", "", actor="zoe", comment="on")
    assert engine.migrate("leave", to=1)[0].moved


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
