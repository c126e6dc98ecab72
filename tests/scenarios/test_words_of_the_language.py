"""What the words of a process file do while it runs: each test is one word, in a process of a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from oyiflow.diagnostics import Source
from oyiflow.engine import Engine, Instance
from oyiflow.engine.worker import Worker
from oyiflow.errors import EventRejected, Forbidden, OyiFlowError
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person, Policies
from oyiflow.model.definition import Definition, Text
from oyiflow.model.values import FileReference
from oyiflow.model.visibility import MASK
from oyiflow.testing import ManualClock, memory_engine

HEAD = "process: case\ntitle: Case\nroles: {staff: Staff, manager: Manager, gm: General manager, hr: Personnel}\n"


def definition(text: str) -> Definition:
    found, diagnostics = read_definition(Source(name="case.yaml", text=text if text.startswith("process:") else HEAD + text))
    assert found is not None, [(d.span.line, d.en) for d in diagnostics]
    return found


def person(name: str, *roles: str, superior: str = "") -> Person:
    return Person(name=name, title=Text(en=name), roles=roles, superior=superior)


COMPANY = Company(
    people=(
        person("ann", "staff", superior="max"), person("bob", "staff", superior="eve"), person("max", "manager", superior="gus"),
        person("eve", "manager", superior="gus"), person("gus", "gm"), person("hal", "hr"),
    ),
    policies=Policies(),
)  # fmt: skip


class Case:
    """One instance of a process in memory, started by ann."""

    def __init__(self, *texts: str, handlers: Mapping[str, Any] | None = None, starter: str = "ann") -> None:
        self.clock = ManualClock()
        first, *others = [definition(text) for text in texts]
        self.engine: Engine = memory_engine(first, *others, directory=COMPANY, clock=self.clock, handlers=handlers or {})
        self.id = self.engine.start(first.name, actor=starter).id

    def act(self, step: str, actor: str, outcome: str = "", checked: tuple[str, ...] = (), **values: Any) -> Instance:
        return self.engine.complete(self.id, step, actor=actor, outcome=outcome, values=values, checked=checked)

    @property
    def at(self) -> tuple[str, ...]:
        return self.engine.instance(self.id).configuration

    def who(self, step: str) -> tuple[str, ...]:
        return next(task.people for task in self.engine.tasks(instance=self.id) if task.step == step)

    def wait(self, **time: int) -> None:
        self.clock.advance(timedelta(**time))
        Worker(self.engine).run_once()


# --- who


def test_the_manager_of_whoever_started_it_approves_it() -> None:
    text = "steps:\n  - {do: ask, by: staff}\n  - {approve: ok, by: {manager_of: starter}, rejected: ask}\n  - {end: done}\n"
    case = Case(text, starter="bob")
    case.act("ask", "bob")
    assert case.who("ok") == ("eve",)
    assert [task.step for task in case.engine.tasks(person="eve")] == ["ok"]
    assert case.engine.tasks(person="max") == []
    with pytest.raises(Forbidden, match="the superior of bob"):
        case.act("ok", "max")
    assert case.act("ok", "eve").status == "done"


def test_the_manager_of_a_person_named_in_the_form() -> None:
    text = (
        "form: {owner: {type: person, required: true}}\nsteps:\n  - {do: ask, by: staff, fill: owner}\n"
        "  - {do: sign, by: {manager_of: owner}}\n  - {end: done}\n"
    )
    case = Case(text)
    case.act("ask", "ann", owner="bob")
    assert case.who("sign") == ("eve",)


def test_who_narrows_a_role_to_one_person() -> None:
    text = "steps:\n  - {do: ask, by: staff}\n  - {do: claim, by: staff, who: {whoever_did: ask}}\n  - {end: done}\n"
    case = Case(text)
    case.act("ask", "bob")
    assert case.who("claim") == ("bob",)
    with pytest.raises(Forbidden, match="who is also bob"):
        case.act("claim", "ann")


@pytest.mark.parametrize(
    ("answers", "end"),
    [
        (("approved", "approved"), "done"),
        (("rejected", "approved", "approved"), "done"),
        (("rejected", "rejected"), "ask"),
        (("approved", "rejected", "rejected"), "ask"),
    ],
)
def test_a_vote_is_decided_as_soon_as_its_share_is_reached_or_out_of_reach(answers: tuple[str, ...], end: str) -> None:
    text = (
        "steps:\n  - {do: ask, by: staff}\n"
        "  - {approve: ok, by: [manager, manager, gm], mode: vote 60%, rejected: ask}\n  - {end: done}\n"
    )
    case = Case(text)
    case.act("ask", "ann")
    for voter, answer in zip(("max", "eve", "gus"), answers, strict=False):
        assert "ok" in case.at
        case.act("ok", voter, answer)
    assert case.at == (end,)


# --- the form


FORM = (
    "form:\n  cost: {title: Cost, type: money}\n  note: {title: Note, type: text}\n"
    "  secret: {title: Secret, type: text, sensitive: true, visible_to: [gm]}\n"
    "steps:\n  - {do: ask, by: staff, fill: [cost, note, secret]}\n"
    "  - {approve: look, by: manager, rejected: ask, see: cost}\n"
    "  - {approve: ok, by: gm, rejected: ask, hide: note}\n  - {end: done}\n"
)


def test_a_task_shows_what_it_sees_and_not_what_it_hides() -> None:
    case = Case(FORM)
    case.act("ask", "ann", cost="500", note="n", secret="s")
    assert [(one.name, one.editable) for one in case.engine.form(case.id, "look", "max")] == [("cost", False)]
    case.act("look", "max")
    assert [(one.name, one.value) for one in case.engine.form(case.id, "ok", "gus")] == [("cost", 500), ("secret", "s")]
    with pytest.raises(EventRejected, match="'cost' is not filled in here"):
        case.act("ok", "gus", cost="1")


def test_a_sensitive_value_is_masked_for_those_who_may_not_see_it() -> None:
    case = Case(FORM)
    case.act("ask", "ann", cost="500", secret="s")
    engine = case.engine
    assert engine.instance(case.id).data["secret"] == "s"  # the embedding program sees all
    assert engine.instance(case.id, viewer="gus").data["secret"] == "s"
    assert engine.instance(case.id, viewer="max").data == {"cost": 500, "secret": MASK}
    assert engine.history(case.id, viewer="max")[1].values == {"cost": "500", "secret": MASK}
    assert engine.history(case.id, viewer="")[1].values["secret"] == MASK
    assert engine.history(case.id, viewer="gus")[1].values["secret"] == "s"
    assert [one.data["secret"] for one in engine.instances(viewer="max")] == [MASK]


def test_a_checklist_must_be_ticked_before_a_consent() -> None:
    text = (
        "steps:\n  - {do: ask, by: staff}\n"
        "  - {approve: ok, by: manager, rejected: ask, checklist: [{zh: 票据齐全, en: Receipts}, In time]}\n  - {end: done}\n"
    )
    case = Case(text)
    case.act("ask", "ann")
    with pytest.raises(EventRejected, match="still to be checked: In time"):
        case.act("ok", "max", checked=("票据齐全",))
    assert case.engine.tasks(instance=case.id)[0].checklist == ("票据齐全 Receipts", "In time")
    assert case.act("ok", "max", checked=("Receipts", "In time")).status == "done"
    assert case.engine.replay(case.id) == case.engine.snapshot(case.id)


def test_a_rejection_needs_no_checklist() -> None:
    text = "steps:\n  - {do: ask, by: staff}\n  - {approve: ok, by: manager, rejected: ask, checklist: [A]}\n  - {end: done}\n"
    case = Case(text)
    case.act("ask", "ann")
    assert case.act("ok", "max", "rejected").configuration == ("ask",)


def test_a_file_is_kept_as_a_reference() -> None:
    text = "form: {paper: {type: file}}\nsteps:\n  - {do: ask, by: staff, fill: paper}\n  - {do: more, by: staff}\n  - {end: done}\n"
    case = Case(text)
    paper = {"name": "报价.pdf", "size": 12, "type": "application/pdf", "digest": "sha256:" + "ab" * 32}
    case.act("ask", "ann", paper=paper)
    assert case.engine.instance(case.id).data["paper"] == FileReference(**paper)
    assert case.engine.replay(case.id) == case.engine.snapshot(case.id)


@pytest.mark.parametrize(
    "paper", [{"name": ""}, {"name": "a", "size": -1}, {"name": "a", "digest": "x"}, {"name": "a", "path": "/etc"}, 5]
)
def test_a_reference_that_makes_no_sense_is_refused(paper: object) -> None:
    text = "form: {paper: {type: file}}\nsteps:\n  - {do: ask, by: staff, fill: paper}\n  - {end: done}\n"
    with pytest.raises(OyiFlowError):
        Case(text).act("ask", "ann", paper=paper)


# --- the way


STRAIGHT = (
    "steps:\n  - {do: ask, by: staff}\n  - {approve: first, by: manager, rejected: ask}\n"
    "  - {approve: second, by: gm, rejected: ask, resubmit: straight}\n  - {end: done}\n"
)


def test_a_rejected_application_goes_straight_back_where_that_is_said() -> None:
    case = Case(STRAIGHT)
    for step, actor in (("ask", "ann"), ("first", "max")):
        case.act(step, actor)
    assert case.act("second", "gus", "rejected").configuration == ("ask",)
    assert case.act("ask", "ann").configuration == ("second",)
    assert case.act("second", "gus").status == "done"


def test_elsewhere_it_goes_through_all_steps_again_and_the_note_is_used_up() -> None:
    case = Case(STRAIGHT)
    case.act("ask", "ann")
    case.act("first", "max", "rejected")
    assert case.act("ask", "ann").configuration == ("first",)
    case.act("first", "max")
    case.act("second", "gus", "rejected")
    case.act("ask", "ann")
    case.act("second", "gus", "rejected")
    assert case.act("ask", "ann").configuration == ("second",)
    assert case.engine.instance(case.id).data == {}  # what the machine notes for itself is in no view


def test_only_while_another_case_of_the_same_customer_is_where_it_must_be() -> None:
    bid = (
        "form: {customer: {type: text}}\nsteps:\n  - {do: prepare, by: staff, fill: customer}\n"
        "  - {do: bid, by: staff, only_while: {process: buyer, at: tender, same: customer}}\n  - {end: done}\n"
    )
    buyer = (
        "process: buyer\ntitle: Buyer\nroles: {staff: Staff}\nform: {customer: {type: text}}\nstates:\n"
        "  - {state: need, by: staff, fill: customer, transitions: [{event: next, to: tender}]}\n"
        "  - {state: tender, by: staff, transitions: [{event: next, to: over}]}\n  - {end: over}\n"
    )
    case = Case(bid, buyer)
    case.act("prepare", "ann", customer="ACME")
    other = case.engine.start("buyer", actor="ann", values={"customer": "ACME"})
    with pytest.raises(EventRejected, match="only be done while 'Buyer' with the same customer is at 'tender'"):
        case.act("bid", "ann")
    case.engine.complete(other.id, "need", actor="ann", outcome="next")
    assert case.act("bid", "ann").status == "done"


def test_those_who_are_told_get_a_notice_when_it_is_done() -> None:
    text = "steps:\n  - {do: publish, by: staff, tell: [hr, gm]}\n  - {end: done}\n"
    case = Case(text)
    case.act("publish", "ann")
    assert {(notice.person, notice.reason) for notice in case.engine.notices()} == {("hal", "tell"), ("gus", "tell")}


# --- what others do


RUN = (
    "form: {sum: {type: money}, receipt: {type: text}}\nsteps:\n  - {do: ask, by: staff, fill: sum}\n"
    "  - {run: pay, handler: bank.pay, with: {amount: sum}, gives: {receipt: number}, retries: 2, failed: by_hand}\n"
    "  - {do: file, by: staff, then: done}\n  - {do: by_hand, by: staff}\n  - {end: done}\n"
)


def test_a_program_does_a_step_and_its_result_comes_back() -> None:
    asked: list[tuple[Mapping[str, Any], str]] = []

    def pay(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        asked.append((values, key))
        return {"number": "R-7"}

    case = Case(RUN, handlers={"bank.pay": pay})
    case.act("ask", "ann", sum="500")
    assert [values for values, _ in asked] == [{"amount": "500"}]
    assert case.at == ("file",)
    assert case.engine.instance(case.id).data["receipt"] == "R-7"


def test_a_program_that_fails_is_tried_as_often_as_the_step_says() -> None:
    tries = []

    def pay(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        tries.append(key)
        raise RuntimeError("bank closed")

    case = Case(RUN, handlers={"bank.pay": pay})
    case.act("ask", "ann", sum="500")
    for _ in range(5):
        case.wait(hours=1)
    assert len(tries) == 3 and len(set(tries)) == 1
    assert case.at == ("by_hand",)


EACH = (
    "form:\n  visits:\n    type: list\n    columns: {customer: {type: text, required: true}, budget: {type: money}}\n"
    "steps:\n  - {do: plan, by: staff, fill: visits}\n  - {each: calls, in: visits, process: visit, failed: again, within: 3 days, late: skip}\n"
    "  - {end: done}\n  - {do: again, by: staff, then: done}\n"
)
VISIT = (
    "process: visit\ntitle: Visit\nroles: {staff: Staff}\nform: {customer: {type: text}, budget: {type: money}}\nsteps:\n"
    "  - {do: go, by: staff}\n  - {end: done}\n"
)


def test_one_process_runs_for_each_row_and_all_are_awaited() -> None:
    case = Case(EACH, VISIT)
    case.act("plan", "ann", visits=[{"customer": "A", "budget": "5,000"}, {"customer": "B"}])
    children = case.engine.instances(process="visit")
    assert [child.data for child in children] == [{"customer": "A", "budget": 5000}, {"customer": "B"}]
    case.engine.complete(children[1].id, "go", actor="ann")
    assert case.at == ("calls",)
    case.engine.complete(children[0].id, "go", actor="ann")
    assert case.at == ("done",)
    assert case.engine.replay(case.id) == case.engine.snapshot(case.id)


def test_of_nothing_each_is_over_at_once() -> None:
    case = Case(EACH, VISIT)
    assert case.act("plan", "ann").status == "done"


def test_what_runs_for_each_is_stopped_when_the_step_is_left() -> None:
    case = Case(EACH, VISIT)
    case.act("plan", "ann", visits=[["A"], ["B"]])
    case.wait(days=4)
    assert case.at == ("done",)
    assert {child.status for child in case.engine.instances(process="visit")} == {"cancelled"}


def test_each_of_several_options() -> None:
    text = (
        "form: {areas: {type: choices, of: [north, south]}}\nsteps:\n  - {do: plan, by: staff, fill: areas}\n"
        "  - {each: calls, in: areas, process: visit, as: customer, with: {budget: 7}}\n  - {end: done}\n"
    )
    case = Case(text, VISIT)
    case.act("plan", "ann", areas=["south", "north"])
    assert [child.data for child in case.engine.instances(process="visit")] == [
        {"customer": "north", "budget": 7}, {"customer": "south", "budget": 7}]  # fmt: skip


# --- time


def test_a_deadline_on_a_day_of_the_month() -> None:
    text = "steps:\n  - {do: report, by: staff, within: day 5, late: escalate}\n  - {end: done}\n"
    case = Case(text)  # it is Monday, 5 January 2026
    case.wait(hours=14)
    assert case.engine.notices() == []
    case.wait(hours=2)
    assert {notice.person for notice in case.engine.notices()} == {"ann", "bob", "max", "eve"}


@pytest.mark.parametrize(("moved", "day"), [("before", 2), ("after", 5), ("", 4)])
def test_a_day_off_moves_the_deadline_as_the_step_says(moved: str, day: int) -> None:
    holiday = f", on_holiday: {moved}" if moved else ""
    text = (
        f"form: {{due: {{type: date, required: true}}}}\nsteps:\n  - {{do: ask, by: staff, fill: due}}\n"
        f"  - {{do: report, by: staff, within: due{holiday}}}\n  - {{end: done}}\n"
    )
    case = Case(text)
    case.act("ask", "ann", due="2027-01-03" if day == 4 else "2026-01-04" if moved == "before" else "2026-04-04")
    due = case.engine.tasks(instance=case.id)[0].due
    expected = {"before": date(2026, 1, 2), "after": date(2026, 4, 6), "": date(2027, 1, 3)}[moved]
    assert due == COMPANY.calendar.end_of(expected)


def test_a_rule_with_a_time_is_watched_from_the_step_on() -> None:
    text = (
        "steps:\n  - {do: visit, by: staff}\n  - {do: rest, by: staff}\n  - {do: report, by: staff}\n  - {do: more, by: staff}\n  - {end: done}\n"
        "rules:\n  - {say: Report in time, after: visit, must: report, within: 3 days}\n"
    )
    case = Case(text)
    case.act("visit", "ann")
    case.wait(days=4)
    assert {(n.person, n.reason) for n in case.engine.notices()} == {(p, "rule") for p in ("ann", "bob", "max", "eve")}
    late = Case(text)
    for step in ("visit", "rest", "report"):
        late.act(step, "ann")
    late.wait(days=4)
    assert late.engine.notices() == []


def test_a_scheduled_process_starts_once_in_every_period() -> None:
    text = HEAD + "starts: {every: month, from: day 3, by: day 20}\nsteps:\n  - {do: report, by: staff}\n  - {end: done}\n"
    clock = ManualClock()
    engine = memory_engine(definition(text), directory=COMPANY, clock=clock)
    counts = []
    for _ in range(70):
        clock.advance(timedelta(days=1))
        Worker(engine).run_once()
        counts.append(len(engine.instances()))
    assert counts[-1] == 2  # 3 February and 3 March; that of January was over before it was published
    assert counts.count(0) == 28
    assert {n.reason for n in engine.notices()} == {"rule"}


def test_a_report_adds_up_over_people_and_months_and_asks_those_who_have_nothing() -> None:
    text = (
        "form: {left: {type: date, required: true}, days: {type: int, required: true}}\nsteps:\n"
        "  - {do: trip, by: staff, fill: [left, days]}\n  - {end: done}\n"
        "reports:\n  - {report: travel, every: month, dated: left, per: starter, total: days, at_least: 15, of: done}\n"
    )
    case = Case(text)
    case.act("trip", "ann", left="2026-01-07", days="9")
    again = case.engine.start("case", actor="ann")
    case.engine.complete(again.id, "trip", actor="ann", values={"left": "2026-01-20", "days": 7})
    lines = case.engine.report("case", "travel", period="2026-01")
    assert [(line.whose, line.value, line.right) for line in lines] == [("ann", 16, True), ("bob", 0, False)]
    assert lines[0].instances == ("case-1", "case-2")


def test_what_is_overdue_is_listed() -> None:
    case = Case("steps:\n  - {do: ask, by: staff, within: 2 days}\n  - {end: done}\n")
    assert case.engine.overdue() == []
    case.wait(days=3)
    assert [task.step for task in case.engine.overdue()] == ["ask"]


# --- in Chinese


def test_a_file_may_be_written_in_chinese_words() -> None:
    zh = (
        "流程: case\n名称: Case\n角色: {staff: Staff, manager: Manager}\n步骤:\n"
        "  - {办理: ask, 办理人: staff}\n  - {审批: ok, 办理人: [manager, manager], 方式: 会签, 退回: ask, 期限: 2天, 逾期: 上报}\n  - {结束: done}\n"
    )
    en = (
        "process: case\ntitle: Case\nroles: {staff: Staff, manager: Manager}\nsteps:\n"
        "  - {do: ask, by: staff}\n  - {approve: ok, by: [manager, manager], mode: all, rejected: ask, within: 2天, late: escalate}\n"
        "  - {end: done}\n"
    )
    found, diagnostics = read_definition(Source(name="zh.yaml", text=zh))
    assert found is not None, diagnostics
    assert found.digest == definition(en).digest


# --- what must not happen


def test_nobody_writes_what_the_machine_keeps_for_itself() -> None:
    case = Case(STRAIGHT)
    with pytest.raises(EventRejected, match="no field '_back_ask'"):
        case.engine.start("case", actor="ann", values={"_back_ask": "second"})
    life = HEAD + (
        "form: {x: {type: int}}\nstates:\n  - {state: a, transitions: [{event: go, to: b}, {event: go.on, to: a}]}\n  - {end: b}\n"
    )
    engine = memory_engine(definition(life), definition(HEAD.replace("case", "straight") + STRAIGHT), directory=COMPANY)
    other = engine.start("straight", actor="ann")
    for _ in range(2):  # the long way, and the way by memory
        with pytest.raises(OyiFlowError):
            engine.send(other.id, "anything", values={"_back_ask": "second"})


def test_a_step_that_was_left_or_sent_back_by_another_goes_through_all_steps() -> None:
    text = (
        "steps:\n  - {do: ask, by: staff, within: 2 days, late: skip}\n  - {approve: one, by: manager, rejected: ask}\n"
        "  - {approve: two, by: gm, rejected: ask, resubmit: straight}\n  - {end: done}\n"
    )
    case = Case(text)
    case.act("ask", "ann")
    case.act("one", "max")
    case.act("two", "gus", "rejected")
    case.wait(days=3)
    assert case.at == ("one",)  # nobody did it, so nothing goes straight back
    case.act("one", "max", "rejected")
    assert case.act("ask", "ann").configuration == ("one",)


def test_a_rule_counts_anew_when_its_step_is_done_again() -> None:
    text = (
        "steps:\n  - {do: ask, by: staff}\n  - {approve: ok, by: manager, rejected: ask}\n  - {do: bill, by: staff}\n  - {end: done}\n"
        "rules:\n  - {say: Bill in time, after: ask, must: bill, within: 3 days}\n"
    )
    case = Case(text)
    case.act("ask", "ann")
    case.wait(days=2)
    case.act("ok", "max", "rejected")
    case.act("ask", "ann")
    case.wait(days=2)
    assert case.engine.notices() == []
    case.wait(days=2)
    assert {notice.reason for notice in case.engine.notices()} == {"rule"}


def test_what_time_has_brought_comes_before_what_people_say() -> None:
    text = (
        "steps:\n  - {approve: change, by: manager, rejected: normal, within: 2 days, late: reject, then: new}\n"
        "  - {do: normal, by: staff, then: done}\n  - {do: new, by: staff}\n  - {end: done}\n"
    )
    case = Case(text, starter="max")
    case.clock.advance(timedelta(days=3))  # and no worker has run
    with pytest.raises(OyiFlowError):
        case.act("change", "eve")
    assert case.at == ("normal",)


def test_a_day_that_moved_into_the_next_month_still_comes() -> None:
    from datetime import UTC, datetime

    calendar = COMPANY.calendar
    due = calendar.end_of_day_of_month(datetime(2026, 11, 1, 2, 0, tzinfo=UTC), 31, "after")
    assert due == calendar.end_of(date(2026, 11, 2))
