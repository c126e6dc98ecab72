"""The sentences S45 to S54 of docs/semantics.md: what people do about a task besides answering it.

Everything is played through an engine, so a store, its lists of tasks and its journal are always there to be compared:
after each operation the task rows must be those that the snapshot says, and the journal must replay to the snapshot.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from oyiflow.cli import main
from oyiflow.diagnostics import Source
from oyiflow.engine import Engine, Instance
from oyiflow.engine.projection import holders
from oyiflow.engine.worker import Worker
from oyiflow.errors import EventRejected, Forbidden, OyiFlowError
from oyiflow.kernel import event_from_json, event_to_json, snapshot_from_json, snapshot_to_json
from oyiflow.kernel.messages import Operate
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Absence, Company, Person, Policies
from oyiflow.model.definition import Definition, Text
from oyiflow.testing import ManualClock, memory_engine

HEAD = "process: case\ntitle: Case\nroles: {staff: Staff, manager: Manager, gm: General manager, hr: Personnel}\n"
PEOPLE = {"ann": "staff", "bob": "staff", "max": "manager", "eve": "manager", "gus": "gm", "hal": "hr", "zoe": ""}
COMPANY = Company(
    people=tuple(
        Person(name=name, title=Text(en=name), roles=(role,) if role else (), superior="" if name == "gus" else "gus")
        for name, role in PEOPLE.items()
    ),
    policies=Policies(administrators=("hal",)),
)


def definition(text: str) -> Definition:
    found, diagnostics = read_definition(Source(name="case.yaml", text=text if text.startswith("process:") else HEAD + text))
    assert found is not None, [(d.span.line, d.en) for d in diagnostics]
    return found


class Case:
    """One instance of a process in memory, started by ann."""

    def __init__(self, *texts: str, company: Company = COMPANY, handlers: Mapping[str, Any] | None = None) -> None:
        self.clock = ManualClock()
        first, *others = [definition(text) for text in texts]
        self.engine: Engine = memory_engine(first, *others, directory=company, clock=self.clock, handlers=handlers or {})
        self.id = self.engine.start(first.name, actor="ann").id

    def act(self, step: str, actor: str, outcome: str = "", **values: Any) -> Instance:
        return self._same(self.engine.complete(self.id, step, actor=actor, outcome=outcome, values=values))

    def do(self, operation: str, step: str, actor: str, *people: str, **details: Any) -> Instance:
        return self._same(self.engine.operate(self.id, operation, step, actor=actor, people=people, **details))

    def refused(self, words: str, operation: str, step: str, actor: str, *people: str, **details: Any) -> None:
        before = self.engine.snapshot(self.id)
        with pytest.raises((Forbidden, EventRejected), match=words) as raised:
            self.engine.operate(self.id, operation, step, actor=actor, people=people, **details)
        assert raised.value.zh != raised.value.en
        assert self.engine.snapshot(self.id) == before

    def cannot(self, words: str, step: str, actor: str, outcome: str = "", **values: Any) -> None:
        with pytest.raises((Forbidden, EventRejected), match=words):
            self.engine.complete(self.id, step, actor=actor, outcome=outcome, values=values)

    def _same(self, instance: Instance) -> Instance:
        check(self.engine, self.id)
        return instance

    @property
    def at(self) -> tuple[str, ...]:
        return self.engine.instance(self.id).configuration

    def who(self, step: str) -> set[str]:
        [people] = [task.people for task in self.engine.tasks(instance=self.id) if task.step == step]
        assert {one for one in PEOPLE if any(t.step == step for t in self.engine.tasks(person=one))} == set(people)
        return set(people)

    def wait(self, **time: int) -> None:
        self.clock.advance(timedelta(**time))
        Worker(self.engine).run_once()
        check(self.engine, self.id)


def check(engine: Engine, id: str) -> None:
    """The task list and the journal say what the snapshot says, and the snapshot is exact through JSON."""
    snapshot, found = engine.snapshot(id), engine.definition_of(id)
    rows = {(row.id, row.holder) for row in engine._store.tasks() if row.instance == id}
    assert rows == {(task.id, holder) for task in snapshot.tasks for holder in holders(found, snapshot, task)}
    assert engine.replay(id) == snapshot
    assert snapshot_from_json(found, snapshot_to_json(found, snapshot)) == snapshot


ALLOW = "allow: [transfer, delegate, add_signer, remove_signer, send_back, withdraw, urge]"
ONE = f"steps:\n  - {{do: ask, by: staff, {ALLOW}}}\n  - {{approve: ok, by: manager, rejected: ask, {ALLOW}}}\n  - {{end: done}}\n"
BOTH = (
    f"form: {{sum: {{type: money}}}}\nsteps:\n  - {{do: ask, by: staff, fill: sum, {ALLOW}}}\n"
    f"  - {{approve: ok, by: [manager, gm], mode: all, rejected: ask, {ALLOW}}}\n  - {{end: done}}\n"
)


def asked(*texts: str, **more: Any) -> Case:
    case = Case(*(texts or (ONE,)), **more)
    case.act("ask", "ann")
    return case


# --- S45: who may


def test_s45_a_step_allows_what_it_names() -> None:
    case = Case("steps:\n  - {do: ask, by: staff}\n  - {approve: ok, by: manager, rejected: ask}\n  - {end: done}\n")
    for operation in ("transfer", "delegate", "add_signer"):
        case.refused(f"no allow: {operation}", operation, "ask", "ann", "bob")
    case.refused("no allow: urge", "urge", "ask", "ann")
    case.act("ask", "ann")
    case.refused("no allow: send_back", "send_back", "ok", "max")
    case.do("claim", "ok", "max")
    case.do("release", "ok", "max")
    case.do("copy", "ok", "max", "zoe")


def test_s45_only_whoever_may_act_on_the_task_may_do_something_with_it() -> None:
    case = asked()
    for operation in ("claim", "transfer", "delegate", "add_signer", "send_back"):
        case.refused("may not act on ok", operation, "ok", "bob", "zoe")
    case.refused("does not know", "transfer", "ok", "max", "nobody")
    case.refused("no open task", "claim", "nothing", "max")
    case.refused("name one person", "transfer", "ok", "max", "zoe", "eve")
    case.refused("no operation 'steal'", "steal", "ok", "max")
    case.refused("no detail whn; there are: comment, mode", "add_signer", "ok", "max", "zoe", whn="after")


def test_s45_what_concerns_the_whole_instance_needs_an_administrator() -> None:
    case = asked()
    for operation in ("suspend", "resume", "skip", "handover"):
        case.refused("only administrators", operation, "ok", "max", "zoe")
    nobody = asked(company=replace(COMPANY, policies=Policies()))
    nobody.refused("only administrators", "suspend", "", "hal")


def test_s45_an_operation_says_who_did_it_for_whom() -> None:
    away = Absence(person="max", first=date(2026, 1, 5), last=date(2026, 1, 6), deputy="zoe")
    case = asked(company=replace(COMPANY, absences=(away,)))
    case.do("transfer", "ok", "zoe", "gus", comment="on leave")
    entry = case.engine.history(case.id)[-1]
    assert (entry.kind, entry.outcome, entry.step, entry.actor, entry.on_behalf) == ("operate", "transfer", "ok", "zoe", "max")
    assert (entry.people, entry.comment) == (("gus",), "on leave")


def test_s45_every_operation_is_exact_through_json() -> None:
    op = Operate(
        operation="add_signer", task="ok", actor="a", roles=frozenset(("x", "y")), on_behalf="b", leads=frozenset("c"), owner=True,
        people=("p", "q"), when="after", mode="in_turn", to="t", straight=True, comment="words",
    )  # fmt: skip
    for one in (op, Operate(operation="suspend", actor="a")):
        assert event_from_json(event_to_json(one)) == one


def test_s45_the_same_key_means_the_same_operation() -> None:
    case = asked()
    first = case.do("claim", "ok", "max", key="k")
    assert case.do("claim", "ok", "max", key="k").revision == first.revision
    with pytest.raises(EventRejected, match="already been used"):
        case.do("release", "ok", "max", key="k")


# --- S46: whose place it is


def test_s46_a_claimed_task_is_one_persons_until_it_is_released() -> None:
    case = asked()
    assert case.who("ok") == {"max", "eve"}
    case.do("claim", "ok", "max")
    assert case.who("ok") == {"max"}
    case.cannot("waits for: max", "ok", "eve")
    case.refused("waits for: max", "claim", "ok", "eve")
    case.refused("holds it already", "claim", "ok", "max")
    case.refused("has not claimed", "release", "ok", "eve")
    case.do("release", "ok", "max")
    assert case.who("ok") == {"max", "eve"}
    case.do("claim", "ok", "eve")
    case.do("release", "ok", "hal")  # an administrator may
    assert case.act("ok", "max").status == "done"


def test_s46_of_several_signatures_a_claim_takes_one_place() -> None:
    case = asked(BOTH)
    case.do("claim", "ok", "max")
    assert case.who("ok") == {"max", "gus"}
    case.act("ok", "gus")
    assert case.act("ok", "max").status == "done"


def test_s46_a_claim_takes_all_places_of_which_any_one_decides() -> None:
    case = asked(BOTH.replace("mode: all", "mode: any"))
    case.do("claim", "ok", "max")
    assert case.who("ok") == {"max"}
    assert case.act("ok", "max").status == "done"


def test_s46_a_transfer_is_for_good() -> None:
    case = asked()
    case.do("transfer", "ok", "max", "zoe")
    assert case.who("ok") == {"zoe"}
    case.refused("has not claimed", "release", "ok", "zoe")
    case.cannot("waits for: zoe", "ok", "max")
    assert case.act("ok", "zoe").status == "done"
    assert case.engine.snapshot(case.id).did["ok"] == ("zoe",)


def test_s46_a_task_bound_to_one_person_is_not_transferred() -> None:
    text = f"steps:\n  - {{do: ask, by: staff}}\n  - {{do: more, by: staff, who: {{whoever_did: ask}}, {ALLOW}}}\n  - {{end: done}}\n"
    case = asked(text)
    case.refused("says who must act", "transfer", "more", "ann", "zoe")


def test_s46_nobody_is_given_what_they_must_not_sign() -> None:
    rule = "rules:\n  - {say: Four eyes, different_people: [ask, ok], source: '4.2'}\n"
    case = asked(ONE + rule)
    for operation in ("transfer", "delegate", "add_signer"):
        case.refused(r"Four eyes \[4.2\]", operation, "ok", "max", "ann")
    own = asked()
    for operation in ("transfer", "delegate", "add_signer"):
        own.refused("nor be given it to approve", operation, "ok", "max", "ann")


# --- S47: who signs besides


def test_s47_whoever_is_asked_for_an_opinion_gives_it_back() -> None:
    case = asked()
    case.do("delegate", "ok", "max", "zoe")
    assert case.who("ok") == {"zoe"}
    case.cannot("zoe must answer first", "ok", "max")
    case.act("ok", "zoe", "rejected")  # an opinion decides nothing
    assert case.at == ("ok",)
    assert case.who("ok") == {"max"}
    assert case.act("ok", "max").status == "done"
    assert case.engine.snapshot(case.id).did["ok"] == ("max", "zoe")


def test_s47_an_opinion_may_fill_in_and_a_signature_may_not() -> None:
    text = f"form: {{sum: {{type: int}}}}\nsteps:\n  - {{do: ask, by: staff, fill: sum, {ALLOW}}}\n  - {{end: done}}\n"
    case = Case(text)
    case.do("add_signer", "ask", "ann", "zoe")
    case.cannot("signs and fills in nothing", "ask", "zoe", sum=3)
    assert [one.editable for one in case.engine.form(case.id, "ask", "zoe")] == [False]
    assert [one.editable for one in case.engine.form(case.id, "ask", "ann")] == [True]
    case.act("ask", "zoe")
    case.do("delegate", "ask", "ann", "bob")
    case.act("ask", "bob", sum=3)
    assert case.act("ask", "ann").data == {"sum": 3}


@pytest.mark.parametrize(
    ("when", "mode", "order"),
    [
        ("before", "all", "zoe hal max"),
        ("before", "all", "hal zoe max"),
        ("before", "in_turn", "zoe hal max"),
        ("before", "any", "hal max"),
        ("after", "all", "max hal zoe"),
        ("after", "in_turn", "max zoe hal"),
        ("after", "any", "max zoe"),
        ("beside", "all", "zoe max hal"),
        ("beside", "all", "max zoe hal"),
        ("beside", "in_turn", "max zoe hal"),
        ("beside", "any", "hal max"),
        ("beside", "any", "max hal"),
    ],
)
def test_s47_added_signers_sign_before_after_or_beside(when: str, mode: str, order: str) -> None:
    case = asked()
    case.do("add_signer", "ok", "max", "zoe", "hal", when=when, mode=mode)
    signed: list[str] = []
    for person in order.split():
        expected = turn_of(when, mode, signed)
        assert case.who("ok") == expected
        assert person in expected
        for other in {"zoe", "hal", "max", "eve"} - expected:
            case.cannot("may not act|must answer first|signed this task", "ok", other)
        assert case.at == ("ok",)
        case.act("ok", person)
        signed.append(person)
    assert case.engine.instance(case.id).status == "done"
    assert set(case.engine.snapshot(case.id).did["ok"]) == set(signed)


def turn_of(when: str, mode: str, signed: list[str]) -> set[str]:
    """Who may sign next, said anew and plainly."""
    added = [one for one in ("zoe", "hal") if one not in signed]
    if mode == "any" and len(added) < 2:
        added = []
    if mode == "in_turn":
        added = added[:1]
    own = set() if "max" in signed else {"max"}
    if when == "before":
        return set(added) or own
    if when == "after":
        return own or set(added)
    return own | set(added)


@pytest.mark.parametrize("when", ["before", "after", "beside"])
def test_s47_the_refusal_of_an_added_signer_is_that_of_the_place(when: str) -> None:
    case = asked()
    case.do("add_signer", "ok", "max", "zoe", when=when)
    if when == "after":
        case.act("ok", "max")
    assert case.act("ok", "zoe", "rejected").configuration == ("ask",)


def test_s47_in_a_vote_it_counts_as_the_vote_of_the_place() -> None:
    text = BOTH.replace("[manager, gm], mode: all", "[manager, gm, hr], mode: vote 60%")
    case = asked(text)
    case.do("add_signer", "ok", "max", "zoe", when="after")
    case.act("ok", "max")
    case.act("ok", "gus")
    assert case.at == ("ok",)
    case.act("ok", "zoe", "rejected")
    assert case.at == ("ok",)  # one yes, one no, and one to come
    assert case.act("ok", "hal").status == "done"


def test_s47_nobody_signs_twice() -> None:
    case = asked()
    case.do("add_signer", "ok", "max", "zoe", "hal", when="beside")
    case.refused("takes part in this task already", "add_signer", "ok", "max", "zoe")
    case.refused("takes part in this task already", "transfer", "ok", "max", "hal")
    case.refused("takes part in this task already", "transfer", "ok", "max", "max")
    case.act("ok", "zoe")
    case.cannot("signed this task already|may not act", "ok", "zoe")


def test_s47_whoever_added_a_signer_may_remove_them_again() -> None:
    case = asked(BOTH)
    case.do("add_signer", "ok", "max", "zoe", "hal", when="after")
    case.refused("only those whom you have asked", "remove_signer", "ok", "gus", "zoe")
    case.act("ok", "max")
    case.act("ok", "zoe")
    case.refused("only those whom you have asked", "remove_signer", "ok", "max", "zoe")
    case.act("ok", "gus")
    assert case.at == ("ok",)
    assert case.do("remove_signer", "ok", "max", "hal").status == "done"  # nobody else was awaited
    assert case.engine.snapshot(case.id).did["ok"] == ("max", "gus", "zoe")


def test_s47_signers_of_two_places_are_removed_one_place_at_a_time() -> None:
    case = asked(BOTH)
    for holder, added in (("max", "zoe"), ("gus", "bob")):
        case.do("add_signer", "ok", holder, added, when="after")
        case.act("ok", holder)
    case.refused("one place at a time", "remove_signer", "ok", "hal", "zoe", "bob")
    case.do("remove_signer", "ok", "hal", "zoe")
    assert case.do("remove_signer", "ok", "hal", "bob").status == "done"


def test_s47_an_added_signer_may_transfer_and_delegation_can_be_taken_back() -> None:
    case = asked()
    case.do("add_signer", "ok", "max", "zoe")
    case.do("transfer", "ok", "zoe", "hal")
    assert case.who("ok") == {"hal"}
    case.act("ok", "hal")
    case.do("delegate", "ok", "max", "zoe")
    case.do("remove_signer", "ok", "max", "zoe")
    assert case.act("ok", "max").status == "done"


def test_s47_different_people_holds_for_every_signature() -> None:
    text = (
        f"steps:\n  - {{do: ask, by: staff, {ALLOW}}}\n  - {{approve: ok, by: manager, rejected: ask, {ALLOW}}}\n"
        f"  - {{approve: again, by: [manager, hr], rejected: ask, {ALLOW}}}\n  - {{end: done}}\n"
        "rules:\n  - {say: Two looks, different_people: [ok, again]}\n"
    )
    case = asked(text)
    case.do("add_signer", "ok", "max", "hal", when="beside")
    case.act("ok", "hal")
    case.act("ok", "max")
    assert case.who("again") == {"eve"}
    case.cannot("Two looks", "again", "hal")
    case.refused("Two looks", "transfer", "again", "eve", "hal")


# --- S48, S49: sending back


LONG = (
    f"form: {{sum: {{type: int}}, note: {{type: text}}}}\nsteps:\n  - {{do: ask, by: staff, fill: [sum, note], {ALLOW}}}\n"
    f"  - {{approve: first, by: manager, rejected: ask, {ALLOW}}}\n"
    f"  - {{approve: second, by: [gm, hr], mode: all, fill: note, rejected: ask, within: 2 days, late: remind, {ALLOW}}}\n  - {{end: done}}\n"
)


def at_second() -> Case:
    case = Case(LONG)
    case.act("ask", "ann", sum=3)
    case.act("first", "max")
    return case


def test_s48_back_to_a_step_that_was_done_and_through_all_again() -> None:
    case = at_second()
    case.act("second", "hal")
    assert case.do("send_back", "second", "gus", to="ask", comment="why?").configuration == ("ask",)
    assert [(e["kind"], e.get("outcome")) for e in case.engine.history(case.id)[-1].effects][:2] == [
        ("TaskClosed", "send_back"), ("TimerCancelled", None)]  # fmt: skip
    case.act("ask", "ann")
    assert case.at == ("first",)
    case.act("first", "max")
    assert case.who("second") == {"gus", "hal"}


def test_s48_without_a_step_it_goes_to_the_one_before() -> None:
    case = at_second()
    assert case.do("send_back", "second", "gus").configuration == ("first",)
    assert case.do("send_back", "first", "eve").configuration == ("ask",)
    case.refused("cannot be sent back", "send_back", "ask", "ann")


def test_s48_never_forward_and_never_to_what_was_not_done() -> None:
    case = at_second()
    case.do("send_back", "second", "gus", to="ask")
    case.act("ask", "ann")
    case.refused("steps done: ask", "send_back", "first", "max", to="second")
    case.refused("steps done: ask", "send_back", "first", "max", to="first")
    case.refused("steps done: ask", "send_back", "first", "max", to="nowhere")


def test_s48_a_step_to_which_a_rejection_led_is_not_behind_it() -> None:
    case = at_second()
    case.act("second", "gus", "rejected")
    case.act("ask", "ann")
    case.refused("steps done: ask", "send_back", "first", "max", to="second")


STATES = (
    "form: {left: {type: int}, entered: {type: int}}\nstates:\n"
    f"  - {{state: begin, by: staff, transitions: [{{event: next, to: deep}}], {ALLOW}}}\n"
    "  - state: deep\n    entry: [{set: entered, value: 1}]\n    states:\n"
    f"      - {{state: one, by: staff, transitions: [{{event: next, to: two}}], exit: [{{set: left, value: 7}}], {ALLOW}}}\n"
    f"      - {{state: two, by: manager, transitions: [{{event: next, to: after}}], exit: [{{set: left, value: 8}}], {ALLOW}}}\n"
    f"  - {{state: after, by: gm, transitions: [{{event: next, to: over}}], {ALLOW}}}\n  - {{end: over}}\n"
)


def test_s48_in_states_it_leaves_and_enters_like_any_transition_and_stays_in_its_parent() -> None:
    case = Case(STATES)
    case.act("begin", "ann", "next")
    case.act("one", "ann", "next")
    assert case.engine.instance(case.id).data == {"entered": 1, "left": 7}
    case.refused("steps done: one", "send_back", "two", "max", to="begin")
    case.do("send_back", "two", "max")
    assert (case.at, case.engine.instance(case.id).data["left"]) == (("one",), 8)
    case.act("one", "ann", "next")
    case.act("two", "max", "next")
    case.refused("steps done: begin", "send_back", "after", "gus", to="two")
    assert case.do("send_back", "after", "gus").configuration == ("begin",)


def test_s48_not_between_states_that_are_active_at_the_same_time() -> None:
    text = (
        "states:\n  - parallel: both\n    states:\n"
        f"      - {{state: one, by: staff, transitions: [{{event: more, actions: [{{log: More}}]}}, {{event: over, to: end}}], {ALLOW}}}\n"
        f"      - {{state: two, by: manager, transitions: [{{event: more, actions: [{{log: More}}]}}, {{event: over, to: end}}], {ALLOW}}}\n  - {{end: end}}\n"
    )
    case = Case(text)
    case.act("one", "ann", "more")
    case.refused("steps done: -", "send_back", "two", "max", to="one")
    case.refused("it is no task", "withdraw", "", "ann", to="one")
    for _ in range(5):  # a step that is done and not left is noted once
        case.act("one", "ann", "more")
    assert [one.state for one in case.engine.snapshot(case.id).kept.passed] == ["one"]


BRANCHES = (
    f"steps:\n  - {{do: ask, by: staff, {ALLOW}}}\n  - together: both\n    steps:\n"
    f"      - {{branch: a, steps: [{{do: a1, by: staff, {ALLOW}}}, {{do: a2, by: staff, {ALLOW}}}]}}\n"
    f"      - {{branch: b, steps: [{{do: b1, by: manager, {ALLOW}}}, {{do: b2, by: manager, {ALLOW}}}]}}\n"
    f"  - {{approve: ok, by: gm, rejected: ask, {ALLOW}}}\n  - {{end: done}}\n"
)


def test_s48_not_into_and_not_out_of_parallel_branches() -> None:
    case = asked(BRANCHES)
    case.act("a1", "ann")
    case.act("b1", "max")
    case.refused("steps done: a1", "send_back", "a2", "ann", to="ask")
    case.refused("steps done: a1", "send_back", "a2", "ann", to="b1")
    assert case.do("send_back", "a2", "ann", to="a1").configuration == ("a1", "b2")
    for step, actor in (("a1", "ann"), ("a2", "ann"), ("b2", "max")):
        case.act(step, actor)
    case.refused("steps done: ask", "send_back", "ok", "gus", to="b2")
    assert case.do("send_back", "ok", "gus").configuration == ("ask",)


def test_s49_straight_back_with_the_signatures_that_were_there() -> None:
    case = at_second()
    case.act("second", "hal")
    case.do("send_back", "second", "gus", to="ask", straight=True)
    assert case.act("ask", "ann").configuration == ("second",)
    assert case.who("second") == {"gus"}
    assert case.act("second", "gus").status == "done"
    assert case.engine.snapshot(case.id).did["second"] == ("hal", "gus")


def test_s49_not_straight_once_a_field_has_changed() -> None:
    case = at_second()
    case.act("second", "hal")
    case.do("send_back", "second", "gus", to="ask", straight=True)
    assert case.act("ask", "ann", sum=4).configuration == ("first",)
    case.act("first", "max")
    assert case.who("second") == {"gus", "hal"}


def test_s49_what_is_behind_is_what_was_behind() -> None:
    case = at_second()
    case.do("send_back", "second", "gus", to="ask", straight=True)
    case.act("ask", "ann")
    case.do("send_back", "second", "gus", to="first", straight=True)
    assert case.act("first", "eve").configuration == ("second",)
    assert case.do("send_back", "second", "gus", to="ask", straight=True).configuration == ("ask",)
    assert case.act("ask", "ann", "done").configuration == ("second",)


def test_s49_added_signers_come_back_too_and_the_deadline_is_new() -> None:
    case = at_second()
    case.do("add_signer", "second", "gus", "zoe", when="after")
    due = case.engine.tasks(instance=case.id)[0].due
    case.wait(days=1)
    case.do("send_back", "second", "gus", to="ask", straight=True)
    case.act("ask", "ann")
    [task] = case.engine.tasks(instance=case.id)
    assert task.asked == ("zoe",)
    assert due is not None and task.due == due + timedelta(days=1)


# --- S50: suspended


def test_s50_nothing_moves_while_it_is_suspended_and_clocks_stand_still() -> None:
    case = at_second()
    case.wait(hours=10)
    due = case.engine.tasks(instance=case.id)[0].due
    assert case.do("suspend", "", "hal", comment="audit").status == "suspended"
    assert case.engine.tasks(instance=case.id)[0].due is None
    assert case.engine.tasks(person="gus") == []
    case.cannot("suspended", "second", "gus")
    case.refused("suspended", "claim", "second", "gus")
    case.refused("suspended", "suspend", "", "hal")
    resume = "→ oyiflow do resume case-1"
    assert {one.problem for one in case.engine.why(case.id) if one.what == "task"} == {
        f"流程已挂起 {resume} (the instance is suspended {resume})"
    }
    case.wait(days=10)
    assert case.engine.notices() == [] and case.engine.overdue() == []
    assert case.do("resume", "", "hal").status == "running"
    assert due is not None and case.engine.tasks(instance=case.id)[0].due == due + timedelta(days=10)
    case.wait(hours=37)
    assert case.engine.notices() == []
    case.wait(hours=2)
    assert {one.reason for one in case.engine.notices()} == {"remind"}
    case.refused("not suspended", "resume", "", "hal")


def test_s50_what_waits_for_a_day_waits_for_that_day() -> None:
    text = (
        "form: {day: {type: date}}\nsteps:\n  - {do: ask, by: staff, fill: day}\n"
        "  - {wait: rest, for: day}\n  - {do: more, by: staff}\n  - {end: done}\n"
    )
    case = Case(text)
    case.act("ask", "ann", day="2026-01-09")
    case.do("suspend", "", "hal")
    case.wait(days=10)
    assert case.at == ("rest",)
    case.do("resume", "", "hal")
    case.wait(minutes=1)
    assert case.at == ("more",)


def test_s50_what_a_call_brings_meanwhile_is_kept() -> None:
    child = "process: child\ntitle: Child\nroles: {staff: Staff}\nsteps:\n  - {do: go, by: staff}\n  - {end: over}\n"
    case = asked(
        "steps:\n  - {do: ask, by: staff}\n  - {call: sub, process: child}\n  - {do: more, by: staff}\n  - {end: done}\n", child
    )
    [called] = case.engine.instances(process="child")
    case.do("suspend", "", "hal")
    case.engine.complete(called.id, "go", actor="ann")
    assert case.at == ("sub",)
    case.do("resume", "", "hal")
    assert case.at == ("more",)
    assert case.engine.replay(case.id) == case.engine.snapshot(case.id)


def test_s50_what_a_program_brings_meanwhile_is_kept_and_it_is_asked_once() -> None:
    asked_for: list[str] = []

    def pay(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        if not asked_for:
            case.do("suspend", "", "hal")  # while the program is at it
        asked_for.append(key)
        return {"number": "R-7"}

    text = (
        "form: {receipt: {type: text}}\nsteps:\n  - {do: ask, by: staff}\n"
        "  - {run: pay, handler: bank.pay, gives: {receipt: number}}\n  - {do: more, by: staff}\n  - {end: done}\n"
    )
    case = Case(text, handlers={"bank.pay": pay})
    case.engine.complete(case.id, "ask", actor="ann")
    assert (case.at, len(asked_for)) == (("pay",), 1)
    case.wait(days=1)
    case.do("resume", "", "hal")
    assert (case.at, case.engine.instance(case.id).data, len(asked_for)) == (("more",), {"receipt": "R-7"}, 1)


def test_s50_a_called_process_is_stopped_with_its_caller_though_it_is_suspended() -> None:
    child = "process: child\ntitle: Child\nroles: {staff: Staff}\nsteps:\n  - {do: go, by: staff}\n  - {end: over}\n"
    text = "steps:\n  - {call: sub, process: child, within: 2 days, late: skip}\n  - {do: more, by: staff}\n  - {end: done}\n"
    case = Case(text, child)
    [called] = case.engine.instances(process="child")
    case.engine.operate(called.id, "suspend", actor="hal")
    case.wait(days=3)
    assert case.at == ("more",)
    assert case.engine.instance(called.id).status == "cancelled"


def test_s50_a_message_is_refused_meanwhile() -> None:
    text = "steps:\n  - {do: ask, by: staff}\n  - {wait: reply, for: answer}\n  - {end: done}\n"
    case = asked(text)
    case.do("suspend", "", "hal")
    with pytest.raises(EventRejected, match="suspended"):
        case.engine.send(case.id, "answer")
    case.do("resume", "", "hal")
    assert case.engine.send(case.id, "answer").status == "done"


# --- S51: withdrawing


def test_s51_whoever_did_a_step_takes_it_back_while_nobody_has_acted() -> None:
    case = asked()
    assert case.do("withdraw", "", "ann").configuration == ("ask",)
    assert case.act("ask", "bob").configuration == ("ok",)
    case.refused("neither done ask nor started|no step to be taken back", "withdraw", "", "zoe")
    assert case.do("withdraw", "", "ann").configuration == ("ask",)  # she started it
    case.refused("no step to be taken back", "withdraw", "", "ann")


def test_s51_not_once_somebody_has_acted() -> None:
    for operation in ("claim", "delegate", "sign"):
        case = asked(BOTH)
        if operation == "sign":
            case.act("ok", "gus")
        else:
            case.do(operation, "ok", "gus", *(("zoe",) if operation == "delegate" else ()))
        case.refused("somebody has acted", "withdraw", "", "ann", to="ask")


def test_s51_only_the_last_step_and_not_into_branches() -> None:
    case = at_second()
    case.refused("somebody has acted", "withdraw", "", "ann", to="ask")
    assert case.do("withdraw", "", "max").configuration == ("first",)
    assert asked(BRANCHES).at == ("a1", "b1")
    asked(BRANCHES).refused("somebody has acted", "withdraw", "", "ann")
    branch = asked(BRANCHES)
    branch.act("a1", "ann")
    branch.act("b1", "max")
    assert branch.do("withdraw", "", "ann", to="a1").configuration == ("a1", "b2")


def test_s51_the_step_itself_must_allow_it() -> None:
    case = asked(
        f"steps:\n  - {{do: ask, by: staff}}\n  - {{approve: ok, by: manager, rejected: ask, {ALLOW}}}\n  - {{end: done}}\n"
    )
    case.refused("no allow: withdraw", "withdraw", "", "ann")


# --- S52: handing over


def test_s52_everything_that_a_person_holds_is_anothers() -> None:
    text = (
        f"form: {{who: {{type: person}}}}\nsteps:\n  - {{do: ask, by: staff, fill: who, {ALLOW}}}\n"
        f"  - {{do: one, by: {{person_in: who}}, {ALLOW}}}\n  - {{do: two, by: {{whoever_did: ask}}}}\n  - {{end: done}}\n"
    )
    case = Case(text)
    case.do("claim", "ask", "ann")
    preview = case.engine.handover("ann", "zoe", actor="hal", dry_run=True)
    assert [(one.step, one.how) for one in preview] == [("ask", "claimed")]
    assert case.who("ask") == {"ann"}
    assert case.engine.handover("ann", "zoe", actor="hal", comment="left") == preview
    check(case.engine, case.id)
    assert case.who("ask") == {"zoe"}
    case.act("ask", "zoe", who="bob")
    assert [(one.step, one.how) for one in case.engine.handover("bob", "max", actor="hal")] == [("one", "field")]
    check(case.engine, case.id)
    assert case.who("one") == {"max"}
    case.act("one", "max")
    assert [(one.step, one.how) for one in case.engine.handover("zoe", "bob", actor="hal")] == [("two", "did")]
    assert case.who("two") == {"bob"}
    assert case.engine.handover("zoe", "bob", actor="hal") == []
    assert case.act("two", "bob").status == "done"


def test_s52_of_whoever_comes_back_and_of_chains() -> None:
    text = "form: {who: {type: person}}\nsteps:\n  - {do: ask, by: staff, fill: who}\n  - {do: one, by: {person_in: who}}\n  - {end: done}\n"
    case = Case(text)
    case.act("ask", "ann", who="bob")
    for old, new in (("bob", "zoe"), ("zoe", "max"), ("max", "bob")):
        case.engine.handover(old, new, actor="hal")
        check(case.engine, case.id)
        assert case.who("one") == {new}


def test_s52_only_an_administrator_and_also_while_it_is_suspended() -> None:
    case = asked()
    case.do("claim", "ok", "max")
    case.do("suspend", "", "hal")
    with pytest.raises(Forbidden, match="only administrators"):
        case.engine.handover("max", "eve", actor="gus", dry_run=True)
    assert [one.problem for one in case.engine.handover("max", "eve", actor="hal")] == [""]
    case.do("resume", "", "hal")
    assert case.who("ok") == {"eve"}


def test_s52_signatures_that_were_given_stay_under_their_names() -> None:
    case = asked(BOTH)
    case.do("add_signer", "ok", "max", "zoe", "hal", when="beside")
    case.act("ok", "zoe")
    case.engine.handover("hal", "bob", actor="hal")
    assert case.who("ok") == {"max", "bob", "gus"}
    for person in ("bob", "gus", "max"):
        case.act("ok", person)
    assert set(case.engine.snapshot(case.id).did["ok"]) == {"zoe", "bob", "gus", "max"}


def test_s52_nobody_takes_over_a_signature_beside_their_own() -> None:
    case = asked(BOTH)
    case.do("claim", "ok", "max")
    case.act("ok", "gus")
    [held] = case.engine.handover("max", "gus", actor="hal")
    assert "nobody signs twice" in held.problem
    assert case.who("ok") == {"max"}


def test_s39_a_snapshot_does_not_grow_with_rounds_of_sending_back() -> None:
    case = at_second()
    sizes = set()
    for _ in range(6):
        case.do("delegate", "second", "gus", "zoe")
        case.do("remove_signer", "second", "gus", "zoe")
        case.do("send_back", "second", "gus", to="first", straight=True)
        case.do("send_back", "first", "max", to="ask", straight=True)
        case.act("ask", "ann")
        case.act("first", "max")
        snapshot = case.engine.snapshot(case.id)
        sizes.add(len(snapshot_to_json(case.engine.definition_of(case.id), snapshot)) // 10)
    assert len(sizes) <= 2


# --- S53: telling


def test_s53_those_it_waits_for_are_urged_at_most_once_an_hour() -> None:
    case = asked()
    case.do("urge", "ok", "ann")
    assert {(one.person, one.reason) for one in case.engine.notices()} == {("max", "urge"), ("eve", "urge")}
    case.refused("less than an hour ago", "urge", "ok", "ann")
    case.refused("may not act", "urge", "ok", "zoe")
    case.wait(hours=1)
    case.do("claim", "ok", "max")
    case.do("urge", "ok", "hal")
    assert sorted(one.person for one in case.engine.notices()) == ["eve", "max", "max"]


def test_s53_anybody_concerned_may_let_others_know() -> None:
    case = asked()
    case.do("copy", "ok", "max", "zoe", "hal")
    assert [(one.person, one.step, one.reason) for one in case.engine.notices()] == [
        ("hal", "ok", "copy"),
        ("zoe", "ok", "copy"),
    ]
    case.refused("may not act", "copy", "ok", "zoe", "hal")
    case.refused("say who is to be told", "copy", "ok", "max")


# --- S54: skipping


def test_s54_a_step_is_skipped_for_a_reason_and_nobody_has_done_it() -> None:
    case = asked()
    case.refused("say why", "skip", "ok", "hal")
    assert case.do("skip", "ok", "hal", comment="no longer needed").status == "done"
    assert "ok" not in case.engine.snapshot(case.id).did
    assert case.engine.history(case.id)[-1].effects[0]["outcome"] == "skip"


def test_s54_nobody_skips_the_approval_of_their_own() -> None:
    case = asked(company=replace(COMPANY, policies=Policies(administrators=("ann",))))
    case.refused("may not approve what they started", "skip", "ok", "ann", comment="quick")
    rule = "rules:\n  - {say: Four eyes, different_people: [ask, ok]}\n"
    ruled = Case(ONE + rule, company=replace(COMPANY, policies=Policies(administrators=("bob",))))
    ruled.act("ask", "bob")
    ruled.refused("Four eyes", "skip", "ok", "bob", comment="quick")


# --- what holds for all


def test_of_many_who_claim_at_once_one_gets_it() -> None:
    case = asked()
    got: list[str] = []

    def claim(person: str) -> None:
        with contextlib.suppress(Forbidden):
            case.engine.operate(case.id, "claim", "ok", actor=person)
            got.append(person)

    threads = [threading.Thread(target=claim, args=(person,)) for person in ("max", "eve") * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1 and case.who("ok") == set(got)
    check(case.engine, case.id)


def test_operations_are_no_nodes_and_change_no_digest() -> None:
    plain = definition(ONE.replace(f", {ALLOW}", ""))
    assert [state.id for state in plain.root.states] == [state.id for state in definition(ONE).root.states]
    case = Case(ONE.replace(f", {ALLOW}", ""))
    case.act("ask", "ann")
    text = snapshot_to_json(plain, case.engine.snapshot(case.id))
    assert "arranged" not in text and "kept" not in text


COMPANY_FILE = (
    "company: Ours\npeople:\n  ann: {roles: [staff], deputy: max}\n  max: {roles: [manager], deputy: eve}\n"
    "  eve: {roles: [manager], deputy: max}\n  hal: {roles: []}\npolicies: {administrators: [hal]}\n"
)


def test_the_command_line_knows_each_operation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("company.yaml").write_text(COMPANY_FILE, encoding="utf-8")
    Path("case.yaml").write_text(HEAD.replace(", gm: General manager, hr: Personnel", "") + ONE, encoding="utf-8")

    def run(words: str) -> tuple[int, str]:
        code = main(words.split())
        out = capsys.readouterr()
        return code, out.out + out.err

    for words in (
        "start case.yaml --as ann", "act case-1 ask --as ann", "do withdraw case-1 --as ann", "act case-1 ask --as ann",
        "do 认领 case-1 ok --as max", "do release case-1 ok --as max", "do add-signer case-1 ok hal --when beside --as max",
        "do remove_signer case-1 ok hal --as max", "do 委派 case-1 ok hal --as max", "act case-1 ok approve --as hal",
        "do transfer case-1 ok eve --as max", "do urge case-1 ok --as ann", "do copy case-1 ok hal --as ann", "do 挂起 case-1 --as hal",
        "do 恢复 case-1 --as hal", "handover eve max --as hal", "do send_back case-1 ok ask --straight --as max", "act case-1 ask --as ann",
        "do skip case-1 ok --comment agreed --as hal", "log case-1 --verify",
    ):  # fmt: skip
        code, said = run(words)
        assert code == 0, f"{words}: {said}"
    code, said = run("log case-1 --lang en")
    assert [
        word
        for word in ("withdraw", "claim", "add a signer beside hal", "transfer eve", "hand over eve → max")
        if word not in said
    ] == []
    assert json.loads(run("handover max hal --as hal --json")[1]) == {"handed_over": True, "held": []}
    for words in (
        "do steal case-1 --as ann", "do handover case-1 --as hal", "do claim case-1 --as max", "do send_back case-1 ok a b --as max",
        "do claim case-9 ok --as max", "do claim case-1 ok --as nobody", "handover max eve --as ann",
    ):  # fmt: skip
        assert run(words)[0] == 1, words


def test_errors_are_of_the_callers_kind() -> None:
    case = asked()
    for broken in ({"when": "never"}, {"mode": "some"}, {"comment": "x" * 20_000}):
        with pytest.raises(OyiFlowError):
            case.engine.operate(case.id, "add_signer", "ok", actor="max", people=["zoe"], **broken)
