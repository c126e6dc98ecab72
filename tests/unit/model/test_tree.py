"""Where a process ends, how its ends are called, and what is around a state."""

from __future__ import annotations

import pytest

from oyiflow.model.definition import Definition, State, StateKind, Text
from oyiflow.model.tree import ends_named, ends_of, way_up


def definition() -> Definition:
    inner = State(id="inner", kind=StateKind.FINAL, title=Text(zh="完成"))
    box = State(id="box", kind=StateKind.COMPOUND, states=(State(id="a"), inner))
    won = State(id="won", kind=StateKind.FINAL, title=Text(zh="成交", en="closed"))
    lost = State(id="lost", kind=StateKind.FINAL, title=Text(zh="丢单", en="closed"))
    root = State(id="p", kind=StateKind.COMPOUND, states=(box, won, lost))
    return Definition(name="p", title=Text(en="P"), root=root)


def test_the_end_of_a_part_is_no_end_of_the_process() -> None:
    assert ends_of(definition()) == ("won", "lost")
    assert ends_named(definition(), "inner") == ends_named(definition(), "完成") == ()


@pytest.mark.parametrize(
    ("said", "ends"), [("won", ("won",)), ("丢单", ("lost",)), ("closed", ("won", "lost")), ("Closed", ()), ("", ())]
)
def test_an_end_is_named_by_its_id_or_a_title(said: str, ends: tuple[str, ...]) -> None:
    assert ends_named(definition(), said) == ends


def test_the_way_up_begins_with_the_state_and_ends_with_the_root() -> None:
    assert way_up(definition(), "inner") == ["inner", "box", "p"]
    assert way_up(definition(), "p") == ["p"]
