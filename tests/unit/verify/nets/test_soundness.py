"""Verdicts on nets whose answer is known by thinking, each in every way of searching."""

from __future__ import annotations

import pytest

from oyiflow.verify.nets import Effort, Ends, Kind, Net, NotThatTransition, Status, replay, soundness
from tests.unit.verify.nets.brute import Twin

WAYS = (Effort(), Effort(as_it_stands=0), Effort(as_it_stands=0, smaller=0), Effort(as_it_stands=0, smaller=0, reduce=False))

SEQUENCE = {"a": ("i", "p"), "b": ("p", "o")}
BOTH = {"split": ("i", "a b"), "left": ("a", "c"), "right": ("b", "d"), "join": ("c d", "o")}
ODD = {"one": ("i", "a"), "two": ("i", "b"), "join": ("a b", "o")}
MERGE = {"split": ("i", "a b"), "left": ("a", "c"), "right": ("b", "c"), "go": ("c", "o")}


def asked(net: Net, **more: object) -> Kind:
    kinds = set()
    for way in WAYS:
        verdict = soundness(net, effort=way, **more)  # type: ignore[arg-type]
        twin = Twin(net, **{name: value for name, value in more.items() if name in ("ends", "safe")})  # type: ignore[arg-type]
        assert twin.confirm(verdict, twin.truth(10_000)) == ""
        kinds.add(verdict.kind)
    assert len({kind is Kind.NONE for kind in kinds}) == 1
    return soundness(net, **more).kind  # type: ignore[arg-type]


def test_what_is_sound() -> None:
    assert asked(Net.of(SEQUENCE)) is Kind.NONE
    assert asked(Net.of(BOTH)) is Kind.NONE
    assert asked(Net.of({**SEQUENCE, "back": ("p", "i")}, "i")) is Kind.NONE, "a loop with a way out"
    assert asked(Net.of({}, "i")) is Kind.NONE, "begun and over at once"


def test_what_is_stuck() -> None:
    verdict = soundness(Net.of(ODD))
    assert (verdict.kind, verdict.trace, verdict.marking) == (Kind.DEADLOCK, ("one",), (("a", 1),))
    assert asked(Net.of(ODD)) is Kind.DEADLOCK


def test_what_runs_twice() -> None:
    verdict = soundness(Net.of(MERGE))
    assert (verdict.kind, verdict.element, verdict.trace) == (Kind.UNSAFE, "c", ("split", "left", "right"))
    assert asked(Net.of(MERGE)) is Kind.UNSAFE


def test_what_goes_round() -> None:
    assert asked(Net.of({**SEQUENCE, "x": ("i", "q"), "y": ("q", "r"), "z": ("r", "q")}, "i")) is Kind.LIVELOCK


def test_what_ends_with_work_open() -> None:
    net = Net.of({"split": ("i", "a b"), "end": ("a", "o"), "slow": ("b s", "c s"), "join": ("c o", "o")}, "i", ["o"])
    assert asked(net) is not Kind.NONE


def test_what_is_dead() -> None:
    verdict = soundness(Net.of({**SEQUENCE, "never": ("p q", "o"), "neither": ("o2", "q")}, "i", ["o"]))
    assert (verdict.kind, verdict.element) == (Kind.DEAD, "never")


def test_what_grows() -> None:
    net = Net.of({"more": ("i", "i p"), "go": ("i", "q"), "eat": ("q p", "q"), "end": ("q", "o")})
    assert soundness(Net.of({**{"t": ("i", "i x")}, "u": ("i y", "o"), "v": ("x", "y")}, "i")).kind is Kind.UNBOUNDED
    verdict = soundness(net)
    assert verdict.status is Status.UNSOUND


def test_weights_are_counted() -> None:
    assert asked(Net.of({"two": ("i", "p:2"), "both": ("p:2", "o")})) is Kind.NONE, "two tokens are no mistake of their own"
    assert asked(Net.of({"two": ("i", "p:2"), "both": ("p:2", "o")}), safe=True) is Kind.UNSAFE
    assert asked(Net.of({"two": ("i", "p:2"), "all": ("p:3", "o")})) is Kind.DEADLOCK


def test_several_ends() -> None:
    apart = Net.of({"split": ("i", "a b"), "left": ("a", "o"), "right": ("b", "p")})
    assert asked(apart) is Kind.NONE, "each branch may end by itself"
    assert asked(apart, ends=Ends.ONE) is not Kind.NONE
    either = Net.of({"left": ("i", "o"), "right": ("i", "p")})
    assert asked(either) is Kind.NONE
    assert asked(either, ends=Ends.ONE) is Kind.NONE
    twice = Net.of({"split": ("i", "a b"), "x": ("a", "o"), "y": ("b", "o"), "z": ("a", "p")})
    assert asked(twice) is Kind.UNSAFE, "two tokens at one end are a missing synchronisation"


def test_final_markings_decide() -> None:
    assert asked(Net.of(BOTH, "i", ["o"])) is Kind.NONE
    assert asked(Net.of(BOTH, "i", ["c d"])) is not Kind.NONE, "one goes on to o, from where c and d cannot come back"
    assert asked(Net.of({"a": ("i", "p"), "b": ("p", "i")}, "i", ["p"])) is Kind.NONE, "an end may be left again"
    assert asked(Net.of({"a": ("i", "p:2")}, "i", ["p", "p:2"])) is Kind.NONE, (
        "more than one end is no mistake if it is another"
    )


def test_nets_that_are_no_workflow_get_a_clear_answer() -> None:
    assert (verdict := soundness(Net.of({"a": ("p", "q"), "b": ("q", "p")}))).kind is Kind.SHAPE and verdict.element == "start"
    assert (
        verdict := soundness(Net.of({"a": ("p", "q"), "b": ("q", "p")}, "p"))
    ).kind is Kind.SHAPE and verdict.element == "end"
    assert soundness(Net.of({"a": ("i", "o"), "b": ("j", "o")})).kind is Kind.SHAPE


def test_a_budget_that_is_spent_decides_nothing() -> None:
    """Machines that use one tool in turn: sound, not free-choice, and no rule makes it small."""
    rows = {
        "split": ("i", " ".join(f"w{n}" for n in range(9))),
        "join": (" ".join(f"d{n}" for n in range(9)), "o"),
        **{f"take{n}": (f"w{n} tool", f"u{n} hold") for n in range(9)},
        **{f"give{n}": (f"u{n} hold", f"d{n} tool") for n in range(9)},
    }
    net = Net.of(rows, "i tool", ["o tool"])
    assert soundness(net).sound
    for budget in (1, 5, 100):
        spent = soundness(net, budget=budget)
        assert (spent.status, spent.sound, spent.kind) == (Status.UNDECIDED, None, Kind.NONE)
        assert spent.explored >= budget


def test_replay_refuses_what_cannot_fire() -> None:
    net = Net.of(BOTH)
    assert replay(net, ["split", "left"]) == {"b": 1, "c": 1}
    with pytest.raises(NotThatTransition):
        replay(net, ["left"])
    with pytest.raises(NotThatTransition):
        replay(net, ["jump"])


@pytest.mark.parametrize("branches", [2, 12, 60])
def test_many_branches_are_few_markings(branches: int) -> None:
    rows = {
        "split": ("i", " ".join(f"p{n}" for n in range(branches))),
        "join": (" ".join(f"r{n}" for n in range(branches)), "o"),
    }
    for n in range(branches):
        rows |= {f"a{n}": (f"p{n}", f"q{n}"), f"b{n}": (f"q{n}", f"r{n}"), f"back{n}": (f"q{n}", f"p{n}")}
    assert soundness(Net.of(rows)).sound
    if branches > 2:
        alone = soundness(Net.of(rows), effort=Effort(as_it_stands=0, smaller=0, reduce=False))
        assert alone.sound and alone.explored < 10 * branches
