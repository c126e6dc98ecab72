"""Whether a value is what its type says, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from oyiflow.engine.shapes import check
from oyiflow.kernel import Task, Timer, Vote
from oyiflow.kernel.snapshot import Arrangement, Back, Hand, Pending

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TASK = Task(id="a@1", state="a", opened=NOW, waiting=(0,), votes=(Vote(actor="li", place=0, outcome="done", at=NOW),))
TURNED = replace(TASK, arranged=Arrangement(back=Back(task=TASK, passed=(), fields="f"), hands=(Hand(place=0, person="li"),)))
WRONG = replace(TASK, votes=(Vote(actor="li", place="0", outcome="done", at=NOW),))  # type: ignore[arg-type]
PENDING = Pending(
    tasks=(TASK, TURNED), timers=(Timer(id="t", due=NOW, event="e"),), calls=(("c", "call.x"),), did={"a": ("li",)}
)


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (str, ["", "x"], [1, None, b""]),
        (int, [0, -1], [True, 1.0, "1"]),
        (tuple[str, ...], [(), ("a", "b")], [["a"], ("a", 1), "ab"]),
        (tuple[str, int], [("a", 1)], [("a",), ("a", 1, 1), (1, "a"), ["a", 1]]),
        (Mapping[str, tuple[str, ...]], [{}, {"a": ("b",)}], [{1: ()}, {"a": ["b"]}, [], None]),
        (str | None, ["", None], [0]),
        (Literal["any", "all"], ["any"], ["some", None, []]),
        (Task, [TASK, TURNED], [WRONG, "a", replace(TURNED, arranged=Arrangement(back=Back(task=WRONG, passed=(), fields="f")))]),
        (Pending, [Pending(), PENDING], [PENDING._replace(did={"a": "li"}), PENDING._replace(kept=()), PENDING._replace(calls=("c",))]),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_value_and_what_is_none(kind: Any, right: list[Any], wrong: list[Any]) -> None:
    assert [check(kind)(value) for value in right] == [True] * len(right)
    assert [check(kind)(value) for value in wrong] == [False] * len(wrong)
