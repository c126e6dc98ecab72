"""The walk over all configurations: what is found, how often, and where it stops."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oyiflow.bridge.reachable import Input, Reachable, Way, reachable
from oyiflow.errors import OyiFlowError
from oyiflow.model.definition import Raise, State, Transition
from tests.reference.playing import atomic, compound, final, history, inside, machine, more, on, parallel, put


def walk(*parts: State | Transition, limit: int = 100, events: str = "abc") -> Reachable:
    def inputs(active: frozenset[str]) -> Iterator[Input]:
        yield from (Input(event, event) for event in events)

    return reachable(machine(*parts), inputs, limit)


def test_a_guard_on_data_goes_both_ways_and_one_on_states_only_its_own() -> None:
    found = walk(
        atomic("x", on("a", "y", guard=more("n", 3)), on("a", "z"), on("b", "y", guard=inside("z"))), atomic("y"), final("z")
    )
    assert set(found.ways) == {Way("a", "x", "y"), Way("a", "x", "z")}
    assert (found.starts, found.ends) == (("x",), {"z"})


def test_leaving_and_staying_are_told_apart() -> None:
    found = walk(atomic("x", on("a", "x"), on("b", "", put("n", 1)), on("c", "", guard=more("n", 1))))
    assert set(found.ways) == {Way("a", "x", "x"), Way("b", "x", None), Way("c", "x", None)}


def test_history_leads_to_every_place_that_it_may_remember() -> None:
    found = walk(
        compound("o", atomic("p", on("a", "q")), atomic("q"), history("h", "p"), on("b", "out")), atomic("out", on("c", "h"))
    )
    assert {way.dest for way in found.ways if way.source == "out"} == {"p", "q"}


def test_a_step_runs_to_its_end() -> None:
    found = walk(
        atomic("x", on("a", "p", Raise(event="r"))),
        parallel(
            "p", compound("m", atomic("m1", on("r", "m2")), final("m2")), compound("k", final("k1")), on("done.state.p", "y")
        ),
        final("y"),
    )
    assert set(found.configurations) == {"x", "y"}


def test_a_write_that_may_fail_is_followed_both_ways_if_errors_are_heard() -> None:
    bad = atomic("bad")
    found = walk(atomic("x", on("a", "y", put("x", more("n", 1)))), atomic("y"), bad, on("error.execution", "bad"))
    assert {way.dest for way in found.ways if way.source == "x"} == {"y", "bad"}
    sure = walk(atomic("x", on("a", "y", put("x", 3))), atomic("y"), bad, on("error.execution", "bad"))
    assert {way.dest for way in sure.ways if way.source == "x"} == {"y"}


def test_a_cycle_without_data_has_no_place_of_rest() -> None:
    assert walk(atomic("x", on("", "y")), atomic("y", on("", "x"))).starts == ()


def test_events_raised_without_end_are_refused() -> None:
    again = (Raise(event="r"), Raise(event="r"))
    with pytest.raises(OyiFlowError, match="without end"):
        walk(atomic("x", on("a r", "", *again)))


def test_the_limit_counts_configurations() -> None:
    ring = [atomic(f"s{n}", on("a", f"s{(n + 1) % 10}")) for n in range(10)]
    assert len(walk(*ring, limit=10).configurations) == 10
    with pytest.raises(OyiFlowError, match="more than 9"):
        walk(*ring, limit=9)
