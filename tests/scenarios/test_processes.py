"""The processes of the manual: their examples go as they are told, cover everything, and every arrow can be taken."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from oyiflow import load_company
from oyiflow.testing import Case, Played, coverage_of, examples_of, paths, play, shown

FOLDER = Path(__file__).parents[2] / "processes"
CASES = examples_of(FOLDER)
COMPANY = load_company(FOLDER / "company.yaml")
DEFINITIONS = {case.definition.name: case.definition for case in CASES}


@cache
def played(place: int) -> Played:
    """The case at this place, played once for all tests."""
    return CASES[place].play()


def test_all_processes_have_examples() -> None:
    files = {path.stem for path in FOLDER.glob("*.yaml")} - {"company", "manual"}
    assert set(DEFINITIONS) == files


@pytest.mark.parametrize("place", range(len(CASES)), ids=lambda place: str(CASES[place]))
def test_an_example_goes_as_it_is_told(place: int) -> None:
    found = played(place).diagnostic
    assert found is None, shown(CASES[place].definition, found)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_people_of_the_company_can_play_it(case: Case) -> None:
    case.check(COMPANY)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_examples_cover_every_step_answer_and_rule(name: str) -> None:
    mine = [played(n) for n, case in enumerate(CASES) if case.definition.name == name]
    coverage = coverage_of(DEFINITIONS[name], mine, DEFINITIONS.values())
    assert coverage.missing == ()
    assert coverage.percent == 100


HOPED = {"market_info": {"complete#1"}}
"""Arrows that hang on more than the end of what is called: a visit on which less was learnt than could be."""


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_arrow_can_be_taken(name: str) -> None:
    definition = DEFINITIONS[name]
    found = paths(definition, others=DEFINITIONS.values())
    assert found.complete
    assert found.missed == ()
    every = {f"{state.id}#{n}" for state in definition.states.values() for n in range(len(state.transitions))}
    assert {arrow for path in found.paths for arrow in path.takes} == every
    taken: set[str] = set()
    for path in found.paths:
        if not path.assumes:
            again = play(definition, path.example, others=DEFINITIONS.values())
            assert again.diagnostic is None, shown(definition, again.diagnostic)
            assert path.takes <= arrows(again)
            taken |= arrows(again)
    hoped = every - taken
    assert hoped == HOPED.get(name, set())
    mine = (n for n, case in enumerate(CASES) if case.definition.name == name)
    assert hoped <= {arrow for n in mine for arrow in arrows(played(n))}, "the examples show them"


def arrows(of: Played) -> set[str]:
    """The transitions that were taken in it."""
    return {arrow for entry in of.history for trace in entry.trace for arrow in trace["transitions"]}


def test_an_example_that_lies_is_found_out() -> None:
    text = (FOLDER / "visit.yaml").read_text(encoding="utf-8")
    case = next(case for case in CASES if case.example.name == "没有预算，就不经财务部支款")
    [line] = [n for n, row in enumerate(text.splitlines(), 1) if "没有预算，就不经财务部支款" in row]
    wrong = Case(definition=case.definition, example=type(case.example)(
        name=case.example.name, play=case.example.play, values=case.example.values, now_at=("funds",), span=case.example.span,
    ))  # fmt: skip
    played = wrong.play()
    assert played.diagnostic is not None
    assert played.diagnostic.span.line == line
    assert "应当停在 funds，却在 visit" in played.diagnostic.zh
