"""Scenarios in the manner of the public statechart suites (the W3C's implementation report, the test frameworks of SCXML engines).

Each is a machine, events, and the active leaves after each of them; the snapshot goes through JSON after every event. The
scenarios are our own, the areas those of the suites: hierarchy, document order, regions and how they interrupt each other,
history, several events, targetless and internal transitions, guards, `in()`, assignment, delays and cancel, errors, done events.

Where engines differ, this is the reading of the recommendation (appendix D, version of 2015), and each has its scenario here:

- A region's transition to itself leaves and enters the whole parallel state (the domain must be a compound state). Some
  engines let the parallel state be the domain and leave only the region.
- When a parallel state that is itself a region completes last, no `done.state` follows for the outer one: only the entry of
  a final state raises events, for its parent and for a parallel grandparent. XState 5 raises it for all levels.
- An event that nothing takes changes nothing. The engines drop it, the kernel says so too (`-` in a script).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oyiflow.diagnostics import Source
from oyiflow.kernel.messages import Rejected
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Cancel, Raise, Send, State, Transition
from oyiflow.model.expression import And, Compare, Constant, Expression, Name, Not
from oyiflow.model.values import FieldType
from tests.reference.playing import (
    Play,
    add,
    atomic,
    beginner,
    compound,
    constant,
    final,
    history,
    inside,
    machine,
    minutes,
    more,
    on,
    parallel,
    put,
)

Parts = tuple[State | Transition, ...]


def equals(field: str, value: int) -> Compare:
    return Compare(left=Name(name=field), op="==", right=constant(value))


def later(event: str, amount: int, id: str = "") -> Send:
    return Send(event=event, after=minutes(amount), id=id)


def out(*names: str) -> Parts:
    """Places to go to."""
    return tuple(atomic(name) for name in names)


def tell(play: Play, script: str) -> None:
    """`event>leaves` for each event; `>leaves` at first; `-event` is refused; `+3` lets so many minutes pass; `e:n=1` brings a value."""
    for line in script.split("; "):
        event, _, leaves = line.partition(">")
        if event.startswith("+"):
            wait(play, int(event[1:]))
        elif event:
            name, _, value = event.lstrip("-").partition(":")
            field, _, number = value.partition("=")
            answer = play.send(name, **({field: int(number)} if value else {}))
            assert isinstance(answer, Rejected) is event.startswith("-"), (line, answer)
        assert play.at == leaves, line


def wait(play: Play, amount: int) -> None:
    until = play.now + timedelta(minutes=amount)
    while due := [timer for timer in play.snapshot.timers if timer.due <= until]:
        first = min(due, key=lambda timer: timer.due)
        play.fire(play.snapshot.timers.index(first))
    play.now = until


def run(parts: Parts, script: str, values: dict[str, Any] | None = None, **rest: Any) -> None:
    tell(beginner(True)(machine(*parts, **rest), values=values), script)


# --- basic states, hierarchy, document order

RING = (atomic("a", on("t", "b")), atomic("b", on("t", "c")), atomic("c"))
NEST = (
    compound("a", atomic("a1", on("t", "a2")), atomic("a2"), on("t", "b"), on("u", "a2")),
    compound("b", compound("b1", atomic("b11"), atomic("b12")), on("t", "b12")),
)
BASIC: dict[str, tuple[Parts, str]] = {
    "a single state": (out("a"), ">a; -t>a"),
    "one after the other": (RING, ">a; t>b; t>c; -t>c"),
    "the child answers before the parent": (NEST, ">a1; t>a2; t>b11; t>b12; t>b12"),
    "the parent answers what the child does not": (NEST, ">a1; u>a2; u>a2"),
    "the first of two in document order": ((atomic("a", on("t", "b"), on("t", "c")), *out("b", "c")), "t>b"),
    "the first of two whose guard holds": (
        (atomic("a", on("t", "b", guard=constant(False)), on("t", "c", guard=constant(True))), *out("b", "c")),
        "t>c",
    ),
    "a guard of the parent when the child's fails": (
        (compound("p", atomic("a", on("t", "b", guard=constant(False))), on("t", "c")), *out("b", "c")),
        "t>c",
    ),
    "an initial state deep below": (
        (compound("p", compound("q", atomic("a"), atomic("b")), atomic("c"), initial="b"),),
        ">b",
    ),
    "initial states in several regions": (
        (parallel("p", compound("q", *out("a", "b")), compound("r", *out("c", "d"))),),
        ">a c",
    ),
    "several events on one transition": ((atomic("a", on("x y z", "b")), atomic("b", on("y", "a"))), "y>b; y>a; z>b; -z>b"),
    "prefixes of names": (
        (atomic("a", on("f.g", "b")), atomic("b", on("f", "c")), atomic("c", on("f.*", "d")), atomic("d", on("*", "a"))),
        "-f>a; f.g.h>b; f.g>c; -fg>c; f>d; anything>a",
    ),
    "a transition from a parent to its child": ((compound("p", *out("a", "b"), on("t", "b")),), ">a; t>b; t>b"),
    "a transition from a child to its parent": (
        (compound("p", atomic("a", on("t", "b")), atomic("b", on("u", "p"))),),
        "t>b; u>a",
    ),
    "eventless transitions follow at once": (
        (atomic("a", on("t", "b")), atomic("b", on("", "c")), atomic("c", on("", "d")), *out("d")),
        "t>d",
    ),
}


@pytest.mark.parametrize(("parts", "script"), BASIC.values(), ids=BASIC)
def test_basic_hierarchy_and_document_order(parts: Parts, script: str) -> None:
    run(parts, script)


# --- parallel states, and regions that interrupt each other


def regions(one: Parts, two: Parts, *own: Transition) -> State:
    return parallel("p", compound("one", *one), compound("two", *two), *own)


def stay(name: str) -> Parts:
    return (atomic(name),)


OUT = out("x", "y", "z")
PARALLEL: dict[str, tuple[Parts, str]] = {
    "both regions take one event": (
        (regions((atomic("a", on("t", "a2")), *out("a2")), (atomic("b", on("t", "b2")), *out("b2"))),),
        ">a b; t>a2 b2",
    ),
    "each region takes its own": (
        (regions((atomic("a", on("t", "a2")), *out("a2")), (atomic("b", on("u", "b2")), *out("b2"))),),
        "u>a b2; t>a2 b2",
    ),
    "a way out of one region ends all": ((regions((atomic("a", on("t", "x")),), stay("b")), *OUT), "t>x"),
    "a way into one region enters all": ((atomic("s", on("t", "b2")), regions(stay("a"), (*out("b", "b2"),))), ">s; t>a b2"),
    "a way into both regions": (
        (atomic("s", on("t", "a2 b2")), regions(out("a", "a2"), out("b", "b2"))),
        "t>a2 b2",
    ),
    "two ways out: the first in the document": (
        (regions((atomic("a", on("t", "x")),), (atomic("b", on("t", "y")),)), *OUT),
        "t>x",
    ),
    "a way out before a way inside": (
        (regions((atomic("a", on("t", "x")),), (atomic("b", on("t", "b2")), *out("b2"))), *OUT),
        "t>x",
    ),
    "a way inside before a way out": (
        (regions((atomic("a", on("t", "a2")), *out("a2")), (atomic("b", on("t", "y")),)), *OUT),
        "t>a2 b",
    ),
    "a region's way inside before the parallel state's way out": (
        (regions((atomic("a", on("t", "a2")), *out("a2")), stay("b"), on("t", "x")), *OUT),
        "t>a2 b; t>x",
    ),
    "the later region's way inside before the parallel state's way out": (
        (regions(stay("a"), (atomic("b", on("t", "b2")), *out("b2")), on("t", "x")), *OUT),
        "t>a b2; t>x",
    ),
    "the region itself against its leaf": (
        (parallel("p", compound("one", atomic("a", on("t", "x")), on("t", "y")), compound("two", *stay("b"))), *OUT),
        "t>x",
    ),
    "a leaf deeper down does not beat one that is earlier": (
        (
            parallel("p", compound("one", *stay("a"), on("t", "x")), compound("two", compound("q", atomic("b", on("t", "y"))))),
            *OUT,
        ),
        "t>x",
    ),
    "three regions, the middle one interrupted": (
        (
            parallel(
                "p",
                compound("one", atomic("a", on("t", "a2")), *out("a2")),
                compound("two", atomic("b", on("t", "x"))),
                compound("three", atomic("c", on("t", "c2")), *out("c2")),
            ),
            *OUT,
        ),
        "t>a2 b c2",
    ),
    "three regions, the first interrupts": (
        (
            parallel(
                "p",
                compound("one", atomic("a", on("t", "x"))),
                compound("two", atomic("b", on("t", "b2")), *out("b2")),
                compound("three", atomic("c", on("t", "c2")), *out("c2")),
            ),
            *OUT,
        ),
        "t>x",
    ),
    "regions in regions, the inner way out interrupts its neighbours": (
        (
            parallel(
                "p",
                parallel("q", atomic("a", on("t", "x")), atomic("b", on("t", "y")), on("t", "z")),
                atomic("c", on("t", "z")),
            ),
            *OUT,
        ),
        ">a b c; t>x",
    ),
    "regions in regions, only the outer one answers": (
        (parallel("p", parallel("q", *out("a", "b"), on("t", "z")), atomic("c", on("t", "y"))), *OUT),
        "t>z",
    ),
    "leaves in a parallel state without levels between": (
        (parallel("p", atomic("a", on("t", "x")), atomic("b")), *OUT),
        ">a b; t>x",
    ),
    "an eventless way out of one region": (
        (regions((atomic("a", on("t", "a2")), atomic("a2", on("", "x"))), (atomic("b", on("t", "b2")), *out("b2"))), *OUT),
        "t>x",
    ),
    "an event raised in one region is heard in the other": (
        (regions((atomic("a", on("t", "a2", Raise(event="u"))), *out("a2")), (atomic("b", on("u", "b2")), *out("b2"))),),
        "t>a2 b2",
    ),
    "both regions together by one transition with two targets": (
        (regions((atomic("a", on("t", "a2")), *out("a2")), (atomic("b", on("t", "b2")), *out("b2")), on("back", "a b")),),
        "t>a2 b2; back>a b",
    ),
}


@pytest.mark.parametrize(("parts", "script"), PARALLEL.values(), ids=PARALLEL)
def test_regions_and_interruptions(parts: Parts, script: str) -> None:
    run(parts, script)


def test_a_transition_of_a_region_to_itself_leaves_the_whole_parallel_state() -> None:
    counted = {"entry": (add("n"),), "exit": (add("n"),)}
    region = compound("a", atomic("a1"), on("t", "a"), **counted)
    parts = (parallel("p", region, atomic("b"), on("u", "x", guard=equals("n", 6)), **counted), *OUT)
    run(parts, ">a1 b; t>a1 b; u>x", {"n": 0})


# --- history


def editor(deep: bool, default: str = "a") -> Parts:
    top = compound("q", atomic("b", on("t", "c")), atomic("c", on("t", "d")), atomic("d"))
    return (
        compound("p", history("h", default, deep=deep), atomic("a", on("t", "q")), top, on("off", "z")),
        atomic("z", on("on", "h")),
    )


HISTORY: dict[str, tuple[Parts, str]] = {
    "shallow: the child, from its beginning": (editor(False), ">a; t>b; t>c; off>z; on>b"),
    "deep: the very leaf": (editor(True), "t>b; t>c; t>d; off>z; on>d; off>z; on>d"),
    "the default before the first time": (
        (atomic("s", on("t", "h")), compound("p", history("h", "b"), *out("a", "b"))),
        ">s; t>b",
    ),
    "a history as the initial state": ((compound("p", history("h", "b"), atomic("a"), atomic("b", on("t", "a")), on("off", "z"), initial="h"), atomic("z", on("on", "p"))), ">b; t>a; off>z; on>a"),
    "deep, of all regions": (
        (
            parallel(
                "p",
                history("h", "a c", deep=True),
                compound("one", atomic("a", on("t", "b")), *out("b")),
                compound("two", atomic("c", on("u", "d")), *out("d")),
                on("off", "z"),
            ),
            atomic("z", on("on", "h")),
        ),
        "t>b c; u>b d; off>z; on>b d",
    ),
    "a history in each region": (
        (
            parallel(
                "p",
                compound("one", history("h1", "a"), atomic("a", on("t", "b")), *out("b")),
                compound("two", history("h2", "c"), atomic("c", on("u", "d")), *out("d")),
                on("off", "z"),
            ),
            atomic("z", on("on", "h1 h2"), on("half", "h1")),
        ),
        "t>b c; u>b d; off>z; half>b c; off>z; on>b c",
    ),
    "a transition out of an inner state is remembered too": (
        (compound("p", history("h", "a"), atomic("a", on("t", "b")), atomic("b", on("leap", "z"))), atomic("z", on("on", "h"))),
        "t>b; leap>z; on>b",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "script"), HISTORY.values(), ids=HISTORY)
def test_history(parts: Parts, script: str) -> None:
    run(parts, script)


# --- targetless and internal transitions, guards, data


NOT_YET: Expression = Not(operand=more("n", 0))
DATA: dict[str, tuple[Parts, str]] = {
    "targetless: only its actions": ((atomic("a", on("t", "", add("n")), on("u", "b", guard=equals("n", 2)), entry=(put("n", 0),)), *out("b")), "-u>a; t>a; t>a; u>b"),
    "targetless in both regions": ((regions((atomic("a", on("t", "", add("n"))),), (atomic("b", on("t", "", add("n"))),), on("u", "x", guard=equals("n", 2))), *OUT), "t>a b; u>x"),
    "targetless in a leaf hides the parent's": ((compound("p", atomic("a", on("t", "")), on("t", "x")), *OUT), "t>a"),
    "internal: the compound state is not left": ((compound("p", *out("a", "b"), on("t", "b", internal=True), on("u", "x", guard=equals("n", 1)), entry=(add("n"),)), *OUT), "t>b; u>x"),
    "external: the compound state is left": ((compound("p", *out("a", "b"), on("t", "b"), on("u", "x", guard=equals("n", 2)), entry=(add("n"),)), *OUT), "t>b; u>x"),
    "internal from a parallel state is external": ((parallel("p", compound("q", *out("a", "b")), atomic("c"), on("t", "b", internal=True), on("u", "x", guard=equals("n", 2)), entry=(add("n"),)), *OUT), "t>b c; u>x"),
    "in() sees the other region": ((regions((atomic("a", on("t", "a2", guard=inside("b2"))), *out("a2")), (atomic("b", on("u", "b2")), *out("b2"))),), "-t>a b; u>a b2; t>a2 b2"),
    "in() of an ancestor": ((compound("p", atomic("a", on("t", "x", guard=And(parts=(inside("p"), Not(operand=inside("x"))))))), *OUT), "t>x"),
    "guards see the data from before the microstep": ((regions((atomic("a", on("t", "a2", add("n"), guard=NOT_YET)), *out("a2")), (atomic("b", on("t", "b2", guard=NOT_YET)), *out("b2"))),), "t>a2 b2"),
    "actions see what earlier ones wrote": ((atomic("a", on("t", "b", add("n"), add("n"), add("n"))), atomic("b", on("u", "c", guard=equals("n", 3))), *out("c")), "t>b; u>c"),
    "exit, transition, entry": ((atomic("a", on("t", "b", put("n", 5)), exit=(put("n", 9),)), atomic("b", on("", "c", guard=equals("n", 6)), entry=(add("n"),)), *out("c")), "t>c"),
    "a value that comes with the event": ((atomic("a", on("t", "b", guard=more("n", 7))), *out("b")), "-t:n=7>a; t:n=8>b"),
    "a loop of eventless transitions that counts": ((atomic("a", on("t", "b")), atomic("b", on("", "b", add("n"), guard=Not(operand=more("n", 99))), on("", "c")), *out("c")), "t>c"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "script"), DATA.values(), ids=DATA)
def test_targetless_internal_guards_and_data(parts: Parts, script: str) -> None:
    run(parts, script, {"n": 0})


# --- sending, delays, cancel, errors, ends

BOOM = put("x", 99)  # x holds 0 to 9
SENT: dict[str, tuple[Parts, str]] = {
    "internal before external, each in its order": ((atomic("a", on("t", "b", Send(event="last"), Raise(event="one"), Raise(event="two"))), atomic("b", on("one", "c"), on("two last", "x")), atomic("c", on("two", "d")), atomic("d", on("last", "e")), *out("e"), *OUT), "t>e"),
    "a raised event that nothing hears is gone": ((atomic("a", on("t", "b", Raise(event="r"))), atomic("b", on("", "c")), atomic("c", on("u", "d")), atomic("d", on("r", "x")), *OUT), "t>c; u>d"),
    "a delay": ((atomic("a", on("late", "b"), entry=(later("late", 3),)), *out("b")), ">a; +2>a; +1>b; +9>b"),
    "two delays come in the order of their moments": ((atomic("a", on("two", "b"), on("one", "x"), entry=(later("one", 5), later("two", 2))), atomic("b", on("one", "c")), *out("c"), *OUT), "+2>b; +3>c"),
    "two delays for one moment come in the order of sending": ((atomic("a", on("one", "b"), on("two", "x"), entry=(later("one", 2), later("two", 2))), atomic("b", on("two", "c")), *out("c"), *OUT), "+2>c"),
    "cancelled in time": ((atomic("a", on("late", "x"), on("t", "b", Cancel(id="i")), entry=(later("late", 3, "i"),)), atomic("b", on("late", "x")), *OUT), "+1>a; t>b; +9>b"),
    "cancel of another id changes nothing": ((atomic("a", on("late", "b"), on("t", "", Cancel(id="j")), entry=(later("late", 3, "i"),)), *out("b")), "t>a; +3>b"),
    "what was sent outlives its state": ((atomic("a", on("t", "b"), entry=(later("late", 3),)), atomic("b", on("late", "c")), *out("c")), "t>b; +3>c"),
    "a transition after a while, and its state left before": ((atomic("a", on("t", "b"), Transition(after=minutes(3), targets=("x",))), atomic("b", Transition(after=minutes(5), targets=("c",))), *out("c"), *OUT), "+2>a; t>b; +4>b; +1>c"),
    "entered again, the while begins anew": ((atomic("a", on("again", "a"), Transition(after=minutes(3), targets=("b",))), *out("b")), "+2>a; again>a; +2>a; +1>b"),
    "an error skips the rest of its block, and only that": ((atomic("a", on("t", "b", add("n"), BOOM, add("n"))), atomic("b", on("error.execution", "c", guard=equals("n", 11)), entry=(add("n", 10),)), *out("c")), "t>c"),
    "errors are heard as `error`": ((compound("p", atomic("a", on("t", "", BOOM)), on("error", "x")), *OUT), "t>x"),
    "an error that nothing takes undoes the step": ((atomic("a", on("t", "b", add("n"), BOOM), on("u", "x", guard=equals("n", 0))), *out("b"), *OUT), "-t>a; u>x"),
    "a compound state is done": ((compound("p", atomic("a", on("t", "f")), final("f"), on("done.state.p", "x")), *OUT), "t>x"),
    "a parallel state is done when all regions are": ((regions((atomic("a", on("t", "f1")), final("f1")), (atomic("b", on("u", "f2")), final("f2")), on("done.state.p", "x")), *OUT), "t>f1 b; u>x"),
    "the region's event comes before the parallel state's": ((regions((atomic("a", on("t", "f1")), final("f1")), (atomic("b", on("t", "f2")), final("f2")), on("done.state.two", "y"), on("done.state.p", "x")), *OUT), "t>y"),
    "done inside a region that goes on": ((regions((compound("q", atomic("a", on("t", "f1")), final("f1"), on("done.state.q", "c")), *out("c")), stay("b")),), "t>c b"),
    "an outer parallel state that completes with a compound region": ((parallel("p", parallel("q", compound("one", atomic("a", on("t", "f1")), final("f1")), compound("two", atomic("b", on("t", "f2")), final("f2"))), compound("three", atomic("c", on("u", "f3")), final("f3")), on("done.state.p", "x")), *OUT), "t>f1 f2 c; u>x"),
    "an outer parallel state whose inner one completes last says nothing": ((parallel("p", parallel("q", compound("one", atomic("a", on("t", "f1")), final("f1")), compound("two", atomic("b", on("t", "f2")), final("f2"))), compound("three", atomic("c", on("u", "f3")), final("f3")), on("done.state.p", "x")), *OUT), "u>a b f3; t>f1 f2 f3"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "script"), SENT.values(), ids=SENT)
def test_events_delays_errors_and_ends(parts: Parts, script: str) -> None:
    run(parts, script, {"n": 0})


def test_the_top_is_done_in_the_midst_of_a_macrostep() -> None:
    play = beginner(True)(machine(atomic("a", on("t", "end", Raise(event="r"))), final("end"), on("r", "b"), atomic("b")))
    play.send("t")
    assert (play.at, play.snapshot.status) == ("end", "done")
    assert isinstance(play.send("r"), Rejected)


def test_a_constant_is_no_condition_of_yes_or_no() -> None:
    one = Constant(value=1, type=FieldType.INT)
    run((atomic("a", on("t", "b", guard=one)), *out("b")), "-t>a")


# --- the same as a file

FILE = """
process: player
title: {zh: 播放器, en: Player}
form:
  n: {title: {zh: 次数, en: Count}, type: int}
states:
  - state: work
    states:
      - history: last
        default: first
      - state: first
        entry: [{set: n, value: 1}]
        transitions: [{event: next, to: both}]
      - parallel: both
        states:
          - state: left
            states:
              - {state: l1, transitions: [{event: step, to: l2}]}
              - {state: l2, transitions: [{event: step, to: l3}]}
              - end: l3
          - state: right
            states:
              - {state: r1, transitions: [{event: step, to: r2, when: in(l2)}]}
              - end: r2
        transitions: [{event: done.state.both, to: finished}]
      - state: finished
        entry: [{send: bell, after: 2 minutes, id: alarm}]
        transitions:
          - {event: bell, to: first}
          - {event: hush, actions: [{cancel: alarm}]}
    transitions: [{event: pause, to: paused}]
  - state: paused
    transitions: [{event: resume, to: last}, {event: stop, to: over}]
  - end: over
"""


@pytest.mark.parametrize(
    "script",
    [
        ">first; next>l1 r1; step>l2 r1; step>finished; +2>first",
        "next>l1 r1; step>l2 r1; pause>paused; resume>l1 r1",
        "pause>paused; resume>first; next>l1 r1; step>l2 r1; step>finished; hush>finished; +9>finished; pause>paused; stop>over; -stop>over",
    ],
)
def test_a_file_plays_like_any_machine(script: str) -> None:
    definition, found = read_definition(Source(name="player.yaml", text=FILE))
    assert definition is not None, found
    tell(beginner(True)(definition), script)
