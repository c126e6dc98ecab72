"""Moving an instance between random versions: it arrives whole, or it does not move.

Whatever two machines are, an instance that moves stands in a configuration that the new one can have, with tasks, timers and
calls that belong to what is active; it survives JSON and takes the next events. Renaming everything and back changes nothing
that matters.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oyiflow.kernel import Message, Rejected, Snapshot, Step, snapshot_from_json, snapshot_to_json, start, step
from oyiflow.kernel.counterparts import names, places
from oyiflow.kernel.migration import Obstacle, migrate
from oyiflow.model.definition import Definition, Field, State, StateKind, Text
from oyiflow.model.values import FieldType
from tests.reference.machines import EVENTS, definition

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORDS = Text(en="w")


def played(made: Definition, dice: random.Random) -> Snapshot | None:
    """Where a random story leads; None if it has ended or could not begin."""
    answer: Step | Rejected = start(made, instance="i", now=NOW, values={"x": 1})
    if isinstance(answer, Rejected):
        return None
    snapshot = answer.snapshot
    for _ in range(dice.randrange(6)):
        answer = step(made, snapshot, Message(name=dice.choice(EVENTS)), NOW)
        snapshot = answer.snapshot if isinstance(answer, Step) else snapshot
    return snapshot if snapshot.status == "running" else None


def is_whole(made: Definition, snapshot: Snapshot) -> bool:
    """Said anew, from the definition alone: one child of each compound, every region of each parallel, nothing else."""
    active: set[str] = set()
    for leaf in snapshot.configuration:
        name: str | None = leaf
        while name is not None:
            active.add(name)
            name = made.parents.get(name)
    for name in active:
        state = made.states[name]
        inside = [child.id for child in state.states if child.kind is not StateKind.HISTORY]
        there = [child for child in inside if child in active]
        if len(there) != {StateKind.PARALLEL: len(inside), StateKind.COMPOUND: 1}.get(state.kind, 0):
            return False
    belongs = {t.state for t in snapshot.tasks} | {t.state for t in snapshot.timers if t.state}
    belongs |= {name.removeprefix("call.") for _, name in snapshot.calls if name.startswith("call.")}
    working = {name for name in active if made.states[name].work is not None}
    return belongs <= active and {t.state for t in snapshot.tasks} == working


def renamed(made: Definition, sign: str) -> Definition:
    """The same machine with every state called otherwise, and saying so."""
    new = {name: f"{name}{sign}" for name in made.states if name != made.root.id}

    def other(value: Any) -> Any:
        if isinstance(value, str):
            for prefix in ("done.state.", "done.call.", "error.call."):
                if value.startswith(prefix) and value.removeprefix(prefix) in new:
                    return prefix + new[value.removeprefix(prefix)]
            return value
        return value

    def state(one: State) -> State:
        work = one.work
        if work is not None:
            by = tuple(replace(who, whoever_did=new.get(who.whoever_did, who.whoever_did)) for who in work.by)
            work = replace(work, by=by)
        ways = tuple(
            replace(way, targets=tuple(new[t] for t in way.targets), events=tuple(map(other, way.events)))
            for way in one.transitions
        )
        return replace(
            one, id=new.get(one.id, one.id), was=one.id if one.id in new else "", work=work, transitions=ways,
            initial=tuple(new[name] for name in one.initial), states=tuple(map(state, one.states)),
        )  # fmt: skip

    rules = tuple(replace(rule, steps=tuple(new.get(s, s) for s in rule.steps)) for rule in made.rules)
    return replace(made, root=state(made.root), rules=rules, title=Text(en=f"renamed {sign}"))


@pytest.mark.parametrize("seed", range(150))
def test_an_instance_arrives_whole_or_stays(seed: int) -> None:
    dice = random.Random(seed)
    old, new = (definition(dice.randrange, True) for _ in range(2))
    snapshot = played(old, dice)
    if snapshot is None:
        return
    answer = migrate(snapshot, old, new, NOW + timedelta(hours=1))
    if not isinstance(answer, Step):
        assert answer and all(isinstance(one, Obstacle) and one.zh and one.en for one in answer)
        return
    after = answer.snapshot
    assert is_whole(new, after)
    assert snapshot_from_json(new, snapshot_to_json(new, after)) == after
    for event in EVENTS:
        result = step(new, after, Message(name=event), NOW + timedelta(hours=2))
        after = result.snapshot if isinstance(result, Step) else after
    assert after.status != "running" or is_whole(new, after)


def is_awaited(made: Definition, snapshot: Snapshot) -> bool:
    """Somebody or something is waited for in each leaf that calls: nothing that would have been started on entering is missing."""
    called = {name.removeprefix("call.") for _, name in snapshot.calls}
    return all(made.states[leaf].call is None or leaf in called for leaf in snapshot.configuration)


@pytest.mark.parametrize("seed", range(300))
def test_nobody_is_left_dead(seed: int) -> None:
    """The next event does nothing that was already due: eventless ways were not enabled on arrival."""
    dice = random.Random(seed)
    old, new = (definition(dice.randrange, True) for _ in range(2))
    snapshot = played(old, dice)
    if snapshot is None or not is_awaited(old, snapshot):
        return
    answer = migrate(snapshot, old, new, NOW + timedelta(hours=1))
    if not isinstance(answer, Step):
        return
    after = answer.snapshot
    assert is_awaited(new, after)
    root = new.root.id
    for leaf in after.configuration:
        final = new.states[leaf].kind is StateKind.FINAL
        assert not (final and new.parents[leaf] == root), "an instance in a final state of the root has ended"
        if any(not (way.events or way.timed or way.guard) for way in new.states[leaf].transitions):
            mapped = next(one for one in snapshot.configuration if places(old, new).get(one) == leaf)
            assert any(not (way.events or way.timed) for way in old.states[mapped].transitions)


@pytest.mark.parametrize("seed", range(150))
def test_new_words_move_nothing(seed: int) -> None:
    dice = random.Random(seed)
    old = definition(dice.randrange, True)
    snapshot = played(old, dice)
    if snapshot is None:
        return
    new = replace(old, title=Text(en="new words"))
    answer = migrate(snapshot, old, new, NOW + timedelta(hours=1))
    assert isinstance(answer, Step) and answer.effects == ()
    assert answer.snapshot.pending == snapshot.pending and answer.snapshot.place == snapshot.place


def test_a_word_of_an_older_version_is_no_news() -> None:
    one, two = (
        {"a": Field(name="a", title=WORDS, type=FieldType.INT)},
        {"b": Field(name="b", title=WORDS, type=FieldType.INT, was="a")},
    )
    assert names(one, two) == {"a": "b"} and names(two, one) == {"b": "a"} and names(two, two) == {"b": "b"}
    three = {**two, "a": one["a"]}  # a newcomer under the old name
    assert names(one, three) == {"a": "b"} and names(two, three) == {"b": "b"}
    assert names(three, three) == {"a": "a", "b": "b"}
    swapped = {name: replace(spec, was=was) for name, spec, was in (("a", one["a"], "b"), ("b", two["b"], "a"))}
    assert names(three, swapped)["b"] == "a" and names(swapped, swapped) == {"a": "a", "b": "b"}


@pytest.mark.parametrize("seed", range(150))
def test_there_and_back_again(seed: int) -> None:
    dice = random.Random(seed)
    old = definition(dice.randrange, False)
    snapshot = played(old, dice)
    if snapshot is None:
        return
    new = renamed(old, "_")
    there = migrate(snapshot, old, new, NOW)
    assert isinstance(there, Step), there
    assert there.snapshot.configuration == tuple(f"{name}_" for name in snapshot.configuration)
    back = migrate(there.snapshot, new, old, NOW)
    assert isinstance(back, Step), back
    assert back.snapshot.place == snapshot.place and back.snapshot.data == snapshot.data
    assert [t.due for t in back.snapshot.timers] == [t.due for t in snapshot.timers]
    assert [t.state for t in back.snapshot.tasks] == [t.state for t in snapshot.tasks]
