"""Answers by memory: the plain ones are recalled and give the same step as the long way; at any doubt the long way decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oyiflow.kernel import recall
from oyiflow.kernel.codec import effect_to_json, snapshot_to_json
from oyiflow.kernel.machine import machine_of
from oyiflow.kernel.messages import Act, Message, Rejected, Step
from oyiflow.kernel.snapshot import Snapshot, Task
from oyiflow.kernel.step import start, step
from oyiflow.model.definition import Assignee, Definition, Mode, Rule, State, Text
from tests.reference.playing import MORNING, atomic, machine, more, on, parallel, put, work

SIGNED = work("boss", fill=("n", "note", "x"))


def two(first: Any = SIGNED, **rest: Any) -> Definition:
    """Two tasks that send a case back and forth."""
    ways = (on("yes", "b", guard=more("n", 2)), on("yes", "c"), on("no", "c", put("n", 5)))
    return machine(
        atomic("a", *ways, work=first), atomic("b", on("yes", "a"), work=work("clerk")), atomic("c", on("yes", "a")), **rest
    )


def started(definition: Definition, **values: Any) -> Snapshot:
    answer = start(definition, instance="i", now=MORNING, values=values)
    assert isinstance(answer, Step)
    return answer.snapshot


def act(task: str = "a", **rest: Any) -> Act:
    return Act(**{"task": task, "actor": "li", "roles": frozenset({"boss"}), "values": {"n": 3, "note": "ok"}, **rest})


def recalled(definition: Definition, snapshot: Snapshot, answer: Act) -> Step | None:
    return recall.answer_by_memory(machine_of(definition), snapshot, answer, MORNING)


def shown(answer: Step | Rejected) -> Any:
    """Everything in an answer, as text."""
    if isinstance(answer, Rejected):
        return answer
    definition = DEFINITION
    told = [effect_to_json(one) for one in (*answer.effects, *answer.trace)]
    return snapshot_to_json(definition, answer.snapshot), told


DEFINITION = two()


@pytest.mark.parametrize(
    "answer",
    [
        act(),
        act(task="a@1"),
        act(outcome="yes", roles=frozenset({"clerk", "boss"})),
        act(values={"n": 1, "note": "ok"}),
        act(outcome="no", values={}),
        act(on_behalf="wang"),
    ],
    ids=["by state", "by id", "several roles", "another branch", "no consent, and a write on the way", "for somebody absent"],
)
def test_a_way_taken_before_is_recalled_with_the_same_step(answer: Act) -> None:
    definition = two()
    first = started(definition, n=0)
    assert recalled(definition, first, answer) is None, "nothing is remembered yet"
    long = step(definition, first, answer, MORNING)
    short = recalled(definition, first, answer)
    assert short is not None and isinstance(long, Step)
    assert shown(short) == shown(long) and short == long
    assert [type(effect) for effect in short.effects] == [type(effect) for effect in long.effects]
    assert step(definition, first, answer, MORNING) == long


@pytest.mark.parametrize(
    "answer",
    [
        act(task="nowhere"),
        act(outcome="maybe"),
        act(roles=frozenset({"clerk"})),
        act(values={"n": "many", "note": "ok"}),
        act(values={"n": 3}),
        act(values={"n": 3, "note": "ok", "f": True}),
        act(values={"n": 3, "note": "ok", "x": 10}),
    ],
    ids=[
        "no such task",
        "no such outcome",
        "not the role",
        "no number",
        "one is missing",
        "not filled in here",
        "out of limits",
    ],
)
def test_what_would_be_refused_is_left_to_the_long_way(answer: Act) -> None:
    definition = two()
    first = started(definition, n=0)
    for outcome in ("yes", "no"):
        assert isinstance(step(definition, first, act(outcome=outcome), MORNING), Step)
    assert recalled(definition, first, answer) is None
    assert isinstance(step(definition, first, answer, MORNING), Rejected)


def test_rules_about_people_hold_by_memory_too() -> None:
    rule = Rule(form="different_people", say=Text(zh="两个人"), steps=("a", "b"))
    definition = two(rules=(rule,))
    first = started(definition, n=0)
    by = {person: step(definition, first, act(actor=person), MORNING) for person in ("li", "wang")}
    clerk = frozenset({"clerk"})
    for person, after in by.items():
        assert isinstance(after, Step)
        other = "wang" if person == "li" else "li"
        assert isinstance(step(definition, after.snapshot, act("b", actor=other, roles=clerk, values={}), MORNING), Step)
        same = act("b", actor=person, roles=clerk, values={})
        assert recalled(definition, after.snapshot, same) is None
        refused = step(definition, after.snapshot, same, MORNING)
        assert isinstance(refused, Rejected) and refused.code == "rule"


@pytest.mark.parametrize(
    "unknown",
    [
        {"checklist": (Text(zh="看过"),)},
        {"who": Assignee(whoever_did="b")},
        {"by": (Assignee(person_in="who", superior=True),)},
    ],
    ids=["a checklist", "who it must also be", "a superior"],
)
def test_work_that_asks_for_more_is_never_recalled(unknown: dict[str, Any]) -> None:
    assert recall._plain(SIGNED)
    assert not recall._plain(replace(SIGNED, **unknown))


def test_the_last_signature_is_recalled_and_an_earlier_one_is_not() -> None:
    both = work("boss", "boss", mode=Mode.ALL)
    definition = two(both)
    first = started(definition, n=9)
    li, wang = act(values={}), act(values={}, actor="wang")
    for _ in range(2):
        once = step(definition, first, li, MORNING)
        assert isinstance(once, Step) and once.snapshot.configuration == ("a",)
        assert recalled(definition, first, li) is None and recalled(definition, once.snapshot, li) is None
        twice = step(definition, once.snapshot, wang, MORNING)
        assert isinstance(twice, Step) and twice.snapshot.did == {"a": ("li", "wang")}
        assert recalled(definition, once.snapshot, wang) == twice


def test_a_message_that_closes_and_opens_tasks_is_remembered() -> None:
    region: State = parallel("p", atomic("one", work=work("boss")), atomic("two", work=work("clerk")), on("off", "z"))
    definition = machine(region, atomic("z", on("on", "p")))
    last = started(definition)
    rounds = []
    for _ in range(3):
        effects = []
        for name in ("off", "on"):
            answer = step(definition, last, Message(name=name), MORNING)
            assert isinstance(answer, Step)
            last = answer.snapshot
            effects += [type(effect).__name__ for effect in answer.effects]
        rounds.append(effects)
    assert rounds == [["TaskClosed"] * 2 + ["TaskOpened"] * 2] * 3
    assert last.tasks == tuple(Task(id=f"{name}@7", state=name, opened=MORNING, waiting=(0,)) for name in ("one", "two"))
