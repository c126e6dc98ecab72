"""Whatever people do besides answering, in any order and mixed with answers: the promises about signatures hold.

Random people try random things with a process of several signatures, two rules about people, a deadline and two branches;
one of them is away and has a deputy. Most of it is refused. After everything that is not, the promises are asked anew,
from the snapshots before and after it and from the store, in plain words and not by the kernel's code:

- nobody consents to an approval of what they started, in whatever way they came to it;
- nobody does two steps that a rule wants different people for, and nobody signs one task twice;
- signatures on an open task are never lost;
- a task that comes back with signatures holds just those that it was sent back with, and the fields are what they were then;
- the task list is that of the snapshot, an offered task is never refused to whom it is offered, and the journal replays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oyiflow.diagnostics import Source
from oyiflow.engine import Engine
from oyiflow.engine.projection import holders
from oyiflow.engine.worker import Worker
from oyiflow.errors import Forbidden, OyiFlowError
from oyiflow.kernel import Snapshot, Task, Vote, event_from_json, snapshot_from_json, snapshot_to_json
from oyiflow.kernel.operations import WORDS
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Absence, Company, Person, Policies
from oyiflow.model.definition import Definition, Text
from oyiflow.testing import ManualClock, memory_engine

ALLOW = "allow: [transfer, delegate, add_signer, remove_signer, send_back, withdraw, urge]"
TEXT = f"""\
process: case
title: Case
roles: {{staff: Staff, lead: Lead, head: Head}}
form: {{sum: {{type: int}}, note: {{type: text}}}}
steps:
  - {{do: ask, by: staff, fill: sum, {ALLOW}}}
  - {{approve: first, by: [lead, head], mode: MODE, rejected: ask, {ALLOW}}}
  - together: both
    steps:
      - branch: left
        steps: [{{do: a1, by: lead, fill: note, {ALLOW}}}, {{do: a2, by: staff, {ALLOW}}}]
      - branch: right
        steps: [{{do: b1, by: head, {ALLOW}}}]
  - {{approve: second, by: [head, lead, staff], mode: vote 60%, rejected: first, within: 2 days, late: remind, {ALLOW}}}
  - {{approve: third, by: head, rejected: ask, {ALLOW}}}
  - {{end: done}}
rules:
  - {{say: Two looks, different_people: [ask, first]}}
  - {{say: Other eyes, different_people: [second, third]}}
"""
APPROVALS = ("first", "second", "third")
RULES = (("ask", "first"), ("second", "third"))
PEOPLE = {"ann": "staff", "bob": "staff", "liz": "lead", "max": "lead", "eve": "head", "gus": "head", "zoe": "", "hal": ""}
NAMES = tuple(PEOPLE)
STEPS = ("ask", "first", "second", "third", "a1", "a2", "b1")
COMPANY = Company(
    people=tuple(Person(name=n, title=Text(en=n), roles=(r,) if r else ()) for n, r in PEOPLE.items()),
    absences=(
        Absence(person="max", first=date(2026, 1, 1), last=date(2026, 1, 9), deputy="ann"),
        Absence(person="gus", first=date(2026, 1, 1), last=date(2026, 1, 20), deputy="zoe"),
    ),
    policies=Policies(administrators=("hal",)),
)


def definition(mode: str) -> Definition:
    found, diagnostics = read_definition(Source(name="case.yaml", text=TEXT.replace("MODE", mode)))
    assert found is not None, [(d.span.line, d.en) for d in diagnostics]
    return found


DEFINITIONS = {mode: definition(mode) for mode in ("all", "any", "in_turn")}

OFTEN = {
    "act": 26, "send_back": 5, "withdraw": 4, "add_signer": 5, "remove_signer": 3, "delegate": 3, "transfer": 3, "claim": 2, "release": 2,
    "resume": 2, "wait": 1, "urge": 1, "copy": 1, "skip": 1, "suspend": 1,
}  # fmt: skip
assert set(OFTEN) == {"act", "wait", *WORDS} - {"handover"}, "each operation is tried"
WHAT = [what for what, times in OFTEN.items() for _ in range(times)]
wishes = st.fixed_dictionaries(
    {
        "what": st.sampled_from(WHAT),
        "step": st.integers(0, 3),
        "who": st.sampled_from(NAMES),
        "eager": st.sampled_from([True, True, True, False]),
        "outcome": st.sampled_from(["", "", "", "", "rejected"]),
        "sum": st.sampled_from([None, None, 1, 2]),
        "people": st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
        "when": st.sampled_from(["before", "after", "beside"]),
        "mode": st.sampled_from(["any", "all", "in_turn"]),
        "to": st.sampled_from(["", "ask", "ask", "ask", *STEPS]),
        "straight": st.sampled_from([True, True, False]),
    }
)  # fmt: skip
Wish = dict[str, Any]


class Story:
    """One instance, and what was true of it when a task was sent back."""

    def __init__(self, mode: str, engine: Engine | None = None, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.definition = DEFINITIONS[mode]
        self.engine = engine or memory_engine(self.definition, directory=COMPANY, clock=self.clock)
        self.id = self.engine.start(self.definition, actor="ann").id
        self.sent: dict[str, tuple[tuple[Vote, ...], Any]] = {}
        self.taken = 0

    @property
    def now(self) -> Snapshot:
        return self.engine.snapshot(self.id)

    def tell(self, wish: Wish) -> None:
        """Try it; if it is taken, everything promised must hold."""
        before = self.now
        try:
            self._try(wish, before)
        except OyiFlowError as refused:
            assert refused.zh and refused.en
            assert self.now == before
            return
        self.taken += 1
        self.check(before, self.now)

    def _try(self, wish: Wish, before: Snapshot) -> None:
        tasks = self.engine.tasks(instance=self.id)
        if wish["what"] == "wait" or not tasks:
            self.clock.advance(timedelta(hours=30))
            Worker(self.engine).run_once()
            return
        task = tasks[wish["step"] % len(tasks)]
        actor = task.people[wish["step"] % len(task.people)] if wish["eager"] and task.people else wish["who"]
        if wish["what"] != "act":
            self._operate(wish, before, task.step, actor)
            return
        values = {"sum": wish["sum"]} if task.step == "ask" and wish["sum"] else {}
        try:
            self.engine.complete(
                self.id, task.id, actor=actor, outcome=wish["outcome"] if task.step in APPROVALS else "", values=values
            )
        except Forbidden:
            assert wish["outcome"] or actor not in task.people, f"{task.step} was offered to {actor}, and refused"
            raise

    def _operate(self, wish: Wish, before: Snapshot, step: str, actor: str) -> None:
        what, eager = wish["what"], wish["eager"]
        people = wish["people"] if what in ("add_signer", "copy") else wish["people"][:1]
        to = wish["to"] if what in ("send_back", "withdraw") else ""
        done = [one.state for one in before.kept.passed]
        asked = [one for task in before.tasks if task.state == step for one in task.signers if one.vote is None]
        if eager and what in ("suspend", "resume", "skip", "release"):
            actor = "hal"
        elif eager and what == "withdraw" and done:
            actor, to = before.did.get(done[-1], ("ann",))[0], ""
        elif eager and what == "remove_signer" and asked:
            actor, people = asked[0].by, [asked[0].person]
        elif eager and what == "send_back" and done:
            to = done[wish["step"] % len(done)]
        how = {"when": wish["when"], "mode": wish["mode"], "straight": wish["straight"]}
        self.engine.operate(self.id, what, step, actor=actor, people=people, to=to, comment="because", **how)

    # -- the promises --------------------------------------------------------------------------------------------

    def check(self, before: Snapshot, after: Snapshot) -> None:
        if after.revision > before.revision + 1 or after == before:  # time has passed
            self._same_everywhere(after)
            return
        row = self.engine._store.journal(self.id)[-1]
        event = event_from_json(json.loads(row.event))
        speakers = {getattr(event, "actor", ""), getattr(event, "on_behalf", "")} - {""}
        if row.kind == "act":
            self._may_sign(before, row.step, speakers, getattr(event, "outcome", ""))
        if row.kind == "operate" and event.operation == "send_back":  # type: ignore[union-attr]
            self._note(before, row.step)
        self._kept(before, after)
        self._came_back(before, after)
        self._same_everywhere(after)

    def _may_sign(self, before: Snapshot, step: str, speakers: set[str], outcome: str) -> None:
        if step in APPROVALS and outcome == "approved":
            assert "ann" not in speakers
        [task] = [task for task in before.tasks if task.state == step]
        asked = {one.person for one in task.signers if one.vote is None and one.when == "opinion"}
        if not asked & speakers:
            assert not speakers & set(signatures(task))
        for rule in RULES:
            if step in rule:
                [other] = set(rule) - {step}
                open_now = {person for task in before.tasks if task.state == other for person in everybody(task)}
                assert not speakers & (open_now | set(before.did.get(other, ())))

    def _note(self, before: Snapshot, step: str) -> None:
        [task] = [task for task in before.tasks if task.state == step]
        self.sent[step] = (all_votes(task), dict(before.data))

    def _kept(self, before: Snapshot, after: Snapshot) -> None:
        later = {task.id: task for task in after.tasks}
        for task in before.tasks:
            if task.id in later:
                assert set(all_votes(task)) <= set(all_votes(later[task.id]))

    def _came_back(self, before: Snapshot, after: Snapshot) -> None:
        known = {task.id for task in before.tasks}
        for task in after.tasks:
            if task.id not in known and all_votes(task):
                votes, fields = self.sent[task.state]
                assert (all_votes(task), dict(after.data)) == (votes, fields)

    def _same_everywhere(self, after: Snapshot) -> None:
        rows = {(row.id, row.holder) for row in self.engine._store.tasks() if row.instance == self.id}
        assert rows == {(task.id, holder) for task in after.tasks for holder in holders(self.definition, after, task)}
        assert snapshot_from_json(self.definition, snapshot_to_json(self.definition, after)) == after
        armed = {timer.id for timer in after.timers} if after.status == "running" else set()
        waiting = self.engine._store.due("9999-01-01T00:00:00.000000+00:00", 1000).timers
        assert {timer.id for timer in waiting if timer.instance == self.id} == armed


def all_votes(task: Task) -> tuple[Vote, ...]:
    return (*task.votes, *(one.vote for one in task.signers if one.vote is not None))


def everybody(task: Task) -> Iterator[str]:
    return (person for vote in all_votes(task) for person in vote.people)


def signatures(task: Task) -> list[str]:
    """Who has signed, opinions aside."""
    added = [one.vote for one in task.signers if one.vote is not None and one.when != "opinion"]
    return [person for vote in (*task.votes, *added) for person in vote.people]


@pytest.mark.parametrize("mode", ["all", "any", "in_turn"])
def test_the_promises_hold_whatever_people_do(mode: str) -> None:
    seen = {"taken": 0, "ended": 0}

    @settings(
        max_examples=100, deadline=None, database=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(wishes, min_size=20, max_size=60))
    def hold(story: list[Wish]) -> None:
        told = Story(mode)
        for wish in story:
            told.tell(wish)
        assert told.engine.replay(told.id) == told.now
        seen["taken"] += told.taken
        seen["ended"] += told.now.status == "done"

    hold()
    assert seen["taken"] > 100, "most of what was tried was refused; these stories say nothing"


def test_the_promises_hold_on_a_server_too(postgres: str) -> None:
    clock, taken = ManualClock(), 0
    with Engine(postgres, directory=COMPANY, clock=clock) as engine:

        @settings(
            max_examples=8, deadline=None, database=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck)
        )
        @given(st.lists(wishes, min_size=20, max_size=30))
        def hold(story: list[Wish]) -> None:
            nonlocal taken
            told = Story("all", engine, clock)
            for wish in story:
                told.tell(wish)
            assert engine.replay(told.id) == told.now
            taken += told.taken

        hold()
    assert taken > 30


def test_a_handover_loses_nothing_and_gives_everything() -> None:
    @settings(
        max_examples=100, deadline=None, database=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(wishes, min_size=5, max_size=30), st.sampled_from(NAMES), st.sampled_from(NAMES))
    def give(story: list[Wish], old: str, new: str) -> None:
        told = Story("all")
        for wish in story:
            told.tell(wish)
        if old == new:
            return
        before = told.now
        refused = [one for one in told.engine.handover(old, new, actor="hal") if one.problem]
        after = told.now
        if refused:
            assert after == before
            return
        told._kept(before, after)
        told._same_everywhere(after)
        assert told.engine.replay(told.id) == after
        assert told.engine.handover(old, new, actor="hal", dry_run=True) == []
        for task in after.tasks:
            assert old not in {hand.person for hand in task.hands}
            assert old not in {one.person for one in task.signers if one.vote is None}
        assert before.data == after.data and before.did == after.did
        assert [replace(task, arranged=None) for task in before.tasks] == [replace(task, arranged=None) for task in after.tasks]

    give()
