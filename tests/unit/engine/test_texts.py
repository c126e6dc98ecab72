"""The texts of a step are byte for byte those of the codec, for every step of every fourth example of the processes here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oyiflow.engine import projection, steps, texts
from oyiflow.engine.acts import in_name_of, in_words, said
from oyiflow.engine.texts import effects_of, event_text, pinned, to_text, whole_snapshot
from oyiflow.kernel import Act, effect_to_json, event_to_json, snapshot_from_json, snapshot_to_json
from oyiflow.store.protocol import InstanceRow, JournalRow
from oyiflow.testing import examples_of

ROOT = Path(__file__).parents[3]


def test_texts_are_those_of_the_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    write_of = projection.write_of

    def spy(before: Any, after: Any, taken: Any) -> Any:
        found = write_of(before, after, taken)
        seen.append((after.definition, taken.step, found[0]))
        return found

    monkeypatch.setattr(steps, "write_of", spy)
    for example in list(examples_of(ROOT / "processes"))[::4]:
        example.play()
    assert len(seen) > 50
    for definition, step, write in seen:
        row = write.instance
        assert whole_snapshot(row) == snapshot_to_json(definition, step.snapshot) and pinned(row) == definition.digest
        assert len(row.snapshot) < len(whole_snapshot(row)) - 100, "what the row says is left out"
        assert snapshot_from_json(definition, whole_snapshot(row)) == step.snapshot
        assert effects_of(write.journal) == json.loads(to_text([effect_to_json(effect) for effect in step.effects]))
        trace = [{"exited": t.exited, "transitions": t.transitions, "entered": t.entered} for t in step.trace]
        assert write.journal.trace == to_text(trace)


def test_the_short_way_to_the_rows_of_a_step_is_the_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    write_of = projection.write_of

    def spy(before: Any, after: Any, taken: Any) -> Any:
        at, effects = projection.moment(taken.now), taken.step.effects
        short = projection._passed(before, after, effects, (taken.now, at)) if before is not None else None
        if short is not None:
            assert short[0] == projection._changes(before, after, taken._replace(fired=""), at)
            assert short[1] == texts.effects_text(taken.step, taken.now)
            assert short[2] == texts._tasks(after.snapshot.tasks)
        seen.append(short)
        return write_of(before, after, taken)

    monkeypatch.setattr(steps, "write_of", spy)
    for example in list(examples_of(ROOT / "processes"))[::4]:
        example.play()
    short = [one for one in seen if one is not None]
    assert len(short) > 50 and len(seen) - len(short) > 50, "both ways are taken"
    assert any(len(closed) > 1 or len(opened) > 1 for (closed, opened, *_), _, _ in short), "also for several holders"


def test_a_snapshot_is_read_as_it_was_written_before_and_after_a_move() -> None:
    """Whole, as up to the third schema; short; and short with the version that the instance has moved to."""
    tail = '"configuration":["a"],"data":{"digest":"' + "c" * 64 + '","version":"3"}}'
    row = InstanceRow('x"1', "p", 1, "a" * 64, "running", 7, "{" + tail, "", "")
    head = '{"format":1,"definition":"p","version":%d,"digest":"%s","instance":"x\\"1","revision":7,"status":"running",'
    whole = head % (1, "a" * 64) + tail
    assert whole_snapshot(row) == whole and pinned(row) == "a" * 64
    for text in (whole, head % (2, "b" * 64) + tail):
        assert whole_snapshot(row._replace(snapshot=text)) == text
    assert pinned(row._replace(snapshot=head % (2, "b" * 64) + tail)) == "b" * 64
    moved = row._replace(snapshot='{"version":2,"digest":"' + "b" * 64 + '",' + tail)
    assert whole_snapshot(moved) == head % (2, "b" * 64) + tail and pinned(moved) == "b" * 64


def test_events_are_those_of_the_codec() -> None:
    first = Act(
        task='"a"\\',
        outcome="done",
        actor="李",
        values={"amount": "1.50", "n": 3, "rows": [{"x": None}]},
        comment="a\n\u0007\u2028“”",
    )
    for roles in ((), ("staff",), ("b", "a")):
        act = replace(first, roles=frozenset(roles))
        for event in (act, replace(act, on_behalf="zhao"), replace(act, leads=frozenset(("x",))), replace(act, checked=("y",))):
            raw = event_to_json(event)
            assert event_text(event, "") == to_text(raw)
            assert json.loads(event_text(event, "mark")) == {**raw, "calendar": "mark"}


def test_effects_that_were_written_in_full_are_read_as_they_are() -> None:
    task = {
        "id": "review@8",
        "state": "review",
        "opened": "2026-01-01T00:00:00+00:00",
        "waiting": [0],
        "votes": [],
        "due": None,
    }
    full = [
        {"kind": "TaskClosed", "id": "x/8/0", "task": "apply@7", "outcome": "done"},
        {"kind": "TaskOpened", "id": "x/8/1", "task": task},
    ]
    row = JournalRow("x", 8, "2026-01-01T00:00:00.000000+00:00", "act", "li", "apply", "{}", json.dumps(full), "[]", "#8")
    short = [
        {"kind": "TaskClosed", "task": "apply@7", "outcome": "done"},
        {"kind": "TaskOpened", "task": {"id": "review@8", "waiting": [0]}},
    ]
    assert effects_of(row) == full == effects_of(row._replace(effects=json.dumps(short)))
    assert [list(effect) for effect in effects_of(row._replace(effects=json.dumps(short)))] == [list(effect) for effect in full]


def test_all_parts_are_spelled_out() -> None:
    assert texts._SAME, "the kernel's values have got other parts: spell them out, or every step goes the slow way"


def test_an_answer_is_one_that_is_made_the_long_way() -> None:
    found = said("apply", "done", "li", {"a": "1"}, "c", ("x",))
    assert found == Act(task="apply", outcome="done", actor="li", values={"a": "1"}, comment="c", checked=("x",))
    assert type(found) is Act


def test_an_altered_answer_is_a_replaced_one() -> None:
    act = Act(task="apply", outcome="done", actor="li", values={"a": "1"}, comment="c", checked=("x",))
    roles, leads = frozenset(("staff",)), frozenset(("wang",))
    found = in_name_of(act, "zhao", roles, leads)
    assert found == replace(act, on_behalf="zhao", roles=roles, leads=leads) and type(found) is Act
    found = in_words(found, "back", {})
    assert found == replace(act, on_behalf="zhao", roles=roles, leads=leads, outcome="back", values={}) and type(found) is Act
    assert act.on_behalf == "" and act.outcome == "done"
