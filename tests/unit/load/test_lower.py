"""What each verb of a procedure means as states."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyiflow.bridge.states_yaml import states_yaml
from oyiflow.checking import load
from oyiflow.diagnostics import Source
from oyiflow.kernel import Act, Step, start, step
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition, StateKind
from oyiflow.testing import MONDAY

PROCESSES = sorted(p for p in (Path(__file__).parents[3] / "processes").glob("*.yaml") if p.stem not in ("company", "manual"))


def read(text: str) -> Definition:
    definition, found = read_definition(Source(name="x.yaml", text=text))
    assert definition is not None, found
    return definition


HEAD = """
process: p
title: P
roles: {a: A, b: B}
form:
  n: {type: int, required: true}
  day: {type: date, required: true}
steps:
"""


def ways(definition: Definition, state: str) -> list[tuple[str, str, str]]:
    """(purpose, event or time, target) of a state's transitions."""
    out = []
    for way in definition.states[state].transitions:
        when = ", ".join(way.events) or (way.after.text() if way.after else way.at)
        out.append((way.purpose, when, ", ".join(way.targets)))
    return out


def test_do_leads_to_the_next_line() -> None:
    definition = read(HEAD + "  - {do: x, by: a, fill: [n, day]}\n  - {end: done}\n")
    assert ways(definition, "x") == [("next", "x.done", "done")]
    assert definition.states["done"].kind is StateKind.FINAL


def test_then_leads_elsewhere() -> None:
    definition = read(HEAD + "  - {do: x, by: a, fill: [n, day], then: z}\n  - {do: y, by: a, then: z}\n  - {end: z}\n")
    assert ways(definition, "x") == [("next", "x.done", "z")]


def test_an_approval_goes_on_or_back_and_its_deadline_tells() -> None:
    text = (
        HEAD
        + "  - {do: x, by: a, fill: [n, day]}\n  - {approve: y, by: b, rejected: x, within: 1 workday, late: escalate}\n  - {end: z}\n"
    )
    definition = read(text)
    assert ways(definition, "y") == [
        ("approved", "y.approved", "z"),
        ("rejected", "y.rejected", "x"),
        ("late", "1 workday", ""),
    ]
    work = definition.states["y"].work
    assert work is not None and [(o.name, o.consent) for o in work.outcomes] == [("approved", True), ("rejected", False)]


@pytest.mark.parametrize(("late", "target"), [("pass", "z"), ("reject", "x"), ("skip", "z")])
def test_a_deadline_can_move_on(late: str, target: str) -> None:
    definition = read(
        HEAD
        + f"  - {{do: x, by: a, fill: [n, day]}}\n  - {{approve: y, by: b, rejected: x, within: 2 days, late: {late}}}\n  - {{end: z}}\n"
    )
    assert ways(definition, "y")[2] == ("late", "2 days", target)


def test_a_condition_skips() -> None:
    definition = read(HEAD + "  - {do: x, by: a, fill: [n, day]}\n  - {do: y, by: b, only_when: n > 3}\n  - {end: z}\n")
    assert ways(definition, "y") == [("skip", "", "z"), ("next", "y.done", "z")]


def test_together_is_a_parallel_state_with_a_region_for_each_branch() -> None:
    text = HEAD + "  - together: t\n    steps:\n      - {do: x, by: a, fill: [n, day]}\n      - {do: y, by: b}\n  - {end: z}\n"
    definition = read(text)
    assert definition.states["t"].kind is StateKind.PARALLEL
    assert [region.id for region in definition.states["t"].states] == ["t-1", "t-2"]
    assert ways(definition, "t") == [("next", "done.state.t", "z")]
    first = read(text.replace("together: t", "together: t\n    until: first"))
    assert ways(first, "t") == [("next", "done.state.t-1, done.state.t-2", "z")]


def test_waiting_for_time_for_a_day_and_for_a_message() -> None:
    text = (
        HEAD
        + "  - {do: x, by: a, fill: [n, day]}\n  - {wait: w1, for: 3 days}\n  - {wait: w2, for: day}\n  - {wait: w3, for: signed}\n  - {end: z}\n"
    )
    definition = read(text)
    assert [ways(definition, w)[0][1:] for w in ("w1", "w2", "w3")] == [("3 days", "w2"), ("day", "w3"), ("signed", "z")]


def test_a_person_decides_by_labels() -> None:
    cases = "cases: [{label: {zh: 是, en: go}, then: x}, {label: 否, then: z}]"
    text = HEAD + f"  - {{do: x, by: a, fill: [n, day]}}\n  - decide: d\n    by: b\n    {cases}\n  - {{end: z}}\n"
    definition = read(text)
    work = definition.states["d"].work
    assert work is not None and [outcome.name for outcome in work.outcomes] == ["是", "否"]
    now = start(definition, instance="i", now=MONDAY, values={"n": 1, "day": MONDAY.date()})
    assert isinstance(now, Step)
    for task, person, outcome in (("x", "a", ""), ("d", "b", "go")):
        now = step(definition, now.snapshot, Act(task=task, actor=person, roles=frozenset([person]), outcome=outcome), MONDAY)
        assert isinstance(now, Step), now
    assert now.snapshot.configuration == ("x",), "the label in either language is an answer"


@pytest.mark.parametrize("path", PROCESSES, ids=lambda path: path.stem)
def test_the_lowered_machine_is_a_file_that_loads_and_moves_alike(path: Path) -> None:
    definition = load(path)
    lowered, found = read_definition(Source(name="lowered.yaml", text=states_yaml(definition)))
    assert lowered is not None, found
    assert list(lowered.states) == list(definition.states)
    for name, state in definition.states.items():
        assert [(w.targets, w.events, w.after, w.guard) for w in state.transitions] == [
            (w.targets, w.events, w.after, w.guard) for w in lowered.states[name].transitions
        ]
