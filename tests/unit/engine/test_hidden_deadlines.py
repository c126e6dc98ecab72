"""A deadline by a sensitive field is as closed as the field: in the inbox, in `why` and in the history."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oyiflow.diagnostics import Source
from oyiflow.engine import Engine
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Definition, Text
from oyiflow.testing import ManualClock

OPEN = (
    "process: p\ntitle: P\nroles: {staff: Staff, head: Head, guest: Guest}\nform: {day: {type: date}}\nsteps:\n"
    "  - {do: ask, by: staff, fill: day}\n  - {do: serve, by: [guest, head], hide: day, within: day}\n"
    "  - {wait: pause, for: day}\n  - {end: done}\n"
)
CLOSED = OPEN.replace("type: date", "type: date, sensitive: true, visible_to: head")
DAY = "2026-03-05"


def definition(text: str) -> Definition:
    found, wrong = read_definition(Source(name="p.yaml", text=text))
    assert found is not None, [one.en for one in wrong]
    return found


def served(text: str) -> tuple[Engine, ManualClock, str]:
    """A case that waits for `serve`."""
    held = {"li": "staff", "wang": "head", "zhao": "guest"}
    people = tuple(Person(name=name, title=Text(en=name), roles=(role,)) for name, role in held.items())
    clock = ManualClock()
    engine = Engine(directory=Company(people=people), clock=clock)
    id = engine.start(definition(text), actor="li").id
    engine.complete(id, "ask", actor="li", values={"day": DAY})
    return engine, clock, id


@pytest.mark.parametrize(("text", "hidden"), [(CLOSED, True), (OPEN, False)])
def test_the_deadline_of_a_task_is_for_those_who_may_see_its_field(text: str, hidden: bool) -> None:
    engine, _, id = served(text)
    for person, is_hidden in (("zhao", hidden), ("wang", False)):
        (task,) = engine.tasks(person=person)
        assert (task.due is None, task.due_hidden) == (is_hidden, is_hidden)
        found = [one for one in engine.why(id, viewer=person) if one.what in ("task", "timer")]
        assert found and all((one.due is None, one.due_hidden) == (is_hidden, is_hidden) for one in found)
        assert ("2026-03-0" in repr([entry.effects for entry in engine.history(id, viewer=person)])) is not is_hidden
    (task,) = engine.tasks()
    assert task.due is not None and not task.due_hidden, "the embedding program sees everything"
    assert all(one.due is not None for one in engine.why(id) if one.what in ("task", "timer"))


@pytest.mark.parametrize(("text", "hidden"), [(CLOSED, True), (OPEN, False)])
def test_so_is_the_moment_that_a_case_waits_for(text: str, hidden: bool) -> None:
    engine, clock, id = served(text)
    engine.complete(id, "serve", actor="zhao")
    for viewer, is_hidden in (("zhao", hidden), ("", hidden), ("wang", False)):
        (wait,) = engine.why(id, viewer=viewer)
        assert (wait.what, wait.due is None, wait.due_hidden) == ("timer", is_hidden, is_hidden)
    clock.advance(timedelta(days=90))
    assert engine.run_due() == 1 and engine.instance(id).status == "done"


def test_lists_of_what_is_open_and_late_hide_it_too() -> None:
    engine, clock, id = served(CLOSED)
    clock.advance(timedelta(days=90))
    for viewer, hidden in (("", True), ("zhao", True), ("wang", False)):
        assert [task.due is None for task in engine.tasks(viewer=viewer)] == [hidden]
        assert [task.due is None for task in engine.overdue(viewer=viewer)] == [hidden]
    assert engine.overdue()[0].instance == id


def test_so_does_the_history_of_a_task_that_was_sent_back_straight() -> None:
    text = CLOSED.replace("hide: day, within: day", "hide: day, within: day, allow: [send_back]")
    engine, _, id = served(text)
    engine.operate(id, "send_back", "serve", actor="zhao", to="ask", straight=True)
    assert "2026-03-0" in repr([entry.effects for entry in engine.history(id)]), "it is kept for the way straight back"
    assert "2026-03-0" not in repr([entry.effects for entry in engine.history(id, viewer="zhao")])


def test_whoever_works_with_the_field_sees_the_deadline() -> None:
    engine, _, _ = served(CLOSED.replace("hide: day", "see: day"))
    (task,) = engine.tasks(person="zhao")
    assert task.due is not None and not task.due_hidden
