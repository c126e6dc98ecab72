"""Situations: what is forgotten, how many there are, what is put off, what a search says of its limit."""

from __future__ import annotations

import time
from collections.abc import Hashable

import pytest

from benchmarks.proof import branches, long
from oyiflow.verify.explore import Edge, Space, search
from oyiflow.verify.rules import prove
from tests.unit.verify.rules.flows import VISIT, read


class Onlooker:
    """A monitor that sees what it is told to see, and never raises the alarm."""

    def __init__(self, *seen: str) -> None:
        self.seen = frozenset(seen)
        self.first: Hashable = 0

    def next(self, state: Hashable, edge: Edge, space: Space) -> Hashable | None:
        return state


def test_what_nobody_will_read_is_forgotten() -> None:
    space = Space(read(VISIT))
    search(space, Onlooker())
    assert space.facts.fields == ("budget",), "urgent and spent decide nothing"
    at = {space.facts.machine.ids[s.leaves[0]]: s.data for s in space.situations if len(s.leaves) == 1}
    assert at["plan"] == at["visit"] == at["again"] == (0,)
    assert at["review"] != (0,) and at["approval"] != (0,)


def test_values_are_classes() -> None:
    space = Space(read(VISIT))
    assert len(space.values[0]) == 3, "nothing, zero, more"
    assert space.exact


@pytest.mark.parametrize(("count", "most"), [(4, 30), (12, 130), (30, 300)])
def test_branches_are_taken_one_after_the_other(count: int, most: int) -> None:
    verdicts = prove(read(branches(count)))
    assert {one.outcome for one in verdicts} == {"proved"}
    assert max(one.looked_at for one in verdicts) <= most


def test_branches_that_concern_one_another_are_taken_in_every_order() -> None:
    text = branches(3).replace("fill: x1}", "fill: [x1, x0]}")
    space = Space(read(text))
    free = {space.facts.machine.ids[region] for region in space.regions.free.values()}
    assert free == {"b2"}
    assert search(space, Onlooker()).met > search(Space(read(branches(3))), Onlooker()).met


def test_a_branch_that_may_be_interrupted_is_not_free() -> None:
    text = branches(3).replace("  - together: t\n", "  - together: t\n    within: 2 days\n    late: pass\n")
    assert not Space(read(text)).regions.free
    race = branches(3).replace("  - together: t\n", "  - together: t\n    until: first\n")
    assert not Space(read(race)).regions.free


def test_a_search_says_when_it_came_to_its_limit() -> None:
    space = Space(read(VISIT))
    assert search(space, Onlooker()).exhausted
    short = search(space, Onlooker(), 3)
    assert not short.exhausted and short.way is None


def test_twelve_branches_and_a_thousand_steps_are_quick() -> None:
    for text, limit in ((branches(12), 0.1), (long(1000, 20), 1.0)):
        best = float("inf")
        for _ in range(3):
            definition = read(text)
            began = time.process_time()
            verdicts = prove(definition)
            best = min(best, time.process_time() - began)
            assert {one.outcome for one in verdicts} == {"proved"}
        assert best < limit


def test_counting_stops_where_nothing_asks_further() -> None:
    definition = read(
        "process: p\ntitle: P\nroles: {r: R}\nform: {n: {type: int, required: true}}\nstates:\n"
        "  - {state: a, by: r, fill: n, transitions: [{event: go, to: b}]}\n"
        "  - {state: b, by: r, transitions: [{event: more, to: b, actions: [{set: n, value: n + 1}]}, {event: over, when: n > 3, to: done}]}\n"
        "  - {end: done}\n"
    )
    found = search(Space(definition), Onlooker())
    assert found.exhausted and found.met < 20
