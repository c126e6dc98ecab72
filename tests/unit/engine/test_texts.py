"""The texts of a step are byte for byte those of the codec, for every step of every fourth example of the processes here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oyiflow.engine import projection, steps
from oyiflow.engine.acts import altered
from oyiflow.engine.texts import to_text
from oyiflow.kernel import Act, effect_to_json, snapshot_from_json, snapshot_to_json
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
        assert write.instance.snapshot == snapshot_to_json(definition, step.snapshot)
        assert snapshot_from_json(definition, write.instance.snapshot) == step.snapshot
        assert write.journal.effects == to_text([effect_to_json(effect) for effect in step.effects])
        trace = [{"exited": t.exited, "transitions": t.transitions, "entered": t.entered} for t in step.trace]
        assert write.journal.trace == to_text(trace)


def test_an_altered_answer_is_a_replaced_one() -> None:
    act = Act(task="apply", outcome="done", actor="li", values={"a": "1"}, comment="c")
    changes: dict[str, Any] = {"roles": frozenset(("staff",)), "on_behalf": "zhao", "values": {}}
    assert altered(act, changes) == replace(act, **changes) and type(altered(act, changes)) is Act
    assert altered(act, {}) == act and act.on_behalf == ""
