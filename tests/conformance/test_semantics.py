"""One test or more for each sentence of docs/semantics.md, named by its number; each is played directly and through JSON.

The sentences from S27 on are in test_semantics_settled.py.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oyiflow.kernel.messages import Ended, Performed, Rejected, TimerFired
from oyiflow.model.definition import (
    Call,
    Cancel,
    Perform,
    Raise,
    Send,
)
from oyiflow.model.expression import Name
from tests.reference.playing import (
    MORNING,
    Begin,
    Play,
    add,
    atomic,
    code,
    compound,
    final,
    history,
    inside,
    log,
    machine,
    minutes,
    more,
    on,
    parallel,
    put,
    work,
)

# --- steps


def test_s01_a_macrostep_runs_until_nothing_is_left_to_do(begin: Begin) -> None:
    play = begin(
        atomic("a", on("go", "b", Raise(event="inner"))), atomic("b", on("", "c")), atomic("c", on("inner", "d")), atomic("d")
    )
    play.send("go")
    assert play.at == "d"


def test_s02_eventless_before_internal_before_external(begin: Begin) -> None:
    three = (Send(event="outer"), Raise(event="first"), Raise(event="second"), put("f", True))
    loop = compound(
        "s",
        on("outer", "", log("outer")),
        on("first", "", log("first")),
        on("second", "", log("second")),
        on("", "", log("eventless"), put("f", False), guard=Name(name="f")),
        atomic("a", on("go", "", *three)),
    )
    play = begin(loop)
    play.send("go")
    assert play.logged() == "eventless first second outer"


@pytest.mark.parametrize(
    ("descriptors", "event", "taken"),
    [
        ("a", "a", True),
        ("a", "a.b.c", True),
        ("a.*", "a", True),
        ("a", "ab", False),
        ("a.b", "a", False),
        ("*", "x.y", True),
        ("z a", "a.b", True),
    ],
)
def test_s03_descriptors(begin: Begin, descriptors: str, event: str, taken: bool) -> None:
    play = begin(atomic("s", on(descriptors, "t")), atomic("t"))
    assert (code(play.send(event)) == "") is taken
    assert play.at == ("t" if taken else "s")


def test_s04_inner_first_then_document_order_guards_before_actions(begin: Begin) -> None:
    one = compound(
        "one", atomic("a", on("e", "", log("guarded"), guard=more("n", 5)), on("e", "", log("a"), add("n", 9)), on("e", ""))
    )
    two = compound("two", atomic("b", on("e", "", log("late"), guard=more("n", 5)), on("go", "")), on("e", "", log("outer")))
    play = begin(parallel("p", one, two), values={"n": 0})
    play.send("e")
    assert play.logged() == "a outer"
    empty = begin(atomic("s", on("e", "t", guard=Name(name="f"))), atomic("t"))
    assert code(empty.send("e")) == "not_accepted"


def test_s05_a_transition_leaves_all_below_its_domain(begin: Begin) -> None:
    s = compound("s", on("self", "s"), atomic("a", on("in", "b"), on("out", "c"), loud=True), atomic("b", loud=True), loud=True)
    play = begin(s, atomic("c", loud=True))
    play.send("self")
    assert play.logged() == "-a -s +s +a"
    play.send("in")
    assert play.logged() == "-a +b"
    play.send("self")
    play.send("out")
    assert play.logged() == "-a -s +c"


def test_s06_what_enables_nothing_is_refused(begin: Begin) -> None:
    play = begin(atomic("a", on("e", "b", guard=more("x", 3)), on("", "b", guard=more("n", 0))), atomic("b"))
    before = play.snapshot
    answer = play.send("other", x=5)
    assert isinstance(answer, Rejected) and (answer.code, answer.accepted) == ("not_accepted", ("e",))
    assert code(play.send("e", x=1)) == "not_accepted"
    assert code(play.send("other", n=1)) == "not_accepted", (
        "that its values would enable an eventless transition does not matter"
    )
    assert play.snapshot == before


def test_s07_conflicts(begin: Begin) -> None:
    one = compound("one", atomic("a", on("e", "out1"), on("both", "a2")), atomic("a2"))
    two = compound("two", atomic("b", on("e", "out2"), on("both", "b2")), atomic("b2"))
    region = parallel("p", one, two)
    assert _after(begin(region, atomic("out1"), atomic("out2")), "e") == "out1"
    assert _after(begin(region, atomic("out1"), atomic("out2")), "both") == "a2 b2"
    inner = compound("two", compound("c", atomic("b", on("e", "b2")), atomic("b2")))
    outer = parallel("p", compound("one", atomic("a")), inner, on("e", "out"))
    assert _after(begin(outer, atomic("out")), "e") == "a b2", "the inner source wins, though the leaf of the outer comes first"


def _after(play: Play, event: str) -> str:
    play.send(event)
    return play.at


def test_s08_exit_order(begin: Begin) -> None:
    one = compound("one", atomic("a", loud=True), loud=True)
    two = compound("two", atomic("b", loud=True), loud=True)
    play = begin(parallel("p", one, two, on("e", "t"), loud=True), atomic("t"))
    play.send("e")
    assert play.logged() == "-b -two -a -one -p"


def test_s09_history_is_recorded_before_anything_is_left(begin: Begin) -> None:
    deep = compound("y", atomic("y1", on("n", "y2")), atomic("y2"))
    s = compound("s", history("shallow", "x"), history("whole", "x", deep=True), atomic("x", on("n", "y")), deep, on("e", "t"))
    t = atomic("t", on("shallowly", "shallow"), on("deeply", "whole"))
    play = begin(s, t)
    for event in ("n", "n", "e"):
        play.send(event)
    assert dict(play.snapshot.history) == {"shallow": ("y",), "whole": ("y2",)}
    play.send("deeply")
    assert play.at == "y2"
    play.send("e")
    play.send("shallowly")
    assert play.at == "y1"


def test_s09_the_same_microstep_enters_by_the_new_memory(begin: Begin) -> None:
    s = compound("s", history("h", "a"), atomic("a", on("n", "b")), atomic("b"), on("again", "h"))
    play = begin(s)
    play.send("n")
    play.send("again")
    assert play.at == "b"


def test_s10_entry_order(begin: Begin) -> None:
    two = compound("two", atomic("b1"), atomic("b2", loud=True), loud=True, initial="b2", initial_actions=(log("initial"),))
    p = parallel("p", compound("one", atomic("a", loud=True), loud=True), two, loud=True)
    play = begin(atomic("s", on("e", "p")), p)
    play.send("e")
    assert play.logged() == "+p +one +a +two initial +b2"


def test_s11_an_error_skips_its_block_and_must_be_taken(begin: Begin) -> None:
    failing = on("e", "b", log("before"), put("x", 99), log("never"))
    play = begin(atomic("a", failing), atomic("b", on("error", "c"), entry=(log("+b"),)), atomic("c"))
    play.send("e")
    assert (play.at, play.logged()) == ("c", "before +b")
    unheard = begin(atomic("a", failing, on("error", "c")), atomic("b"), atomic("c"))
    assert code(unheard.send("e")) == "invalid_value"
    assert unheard.at == "a"


def test_s11_every_error_must_be_taken(begin: Begin) -> None:
    twice = on("e", "b", put("x", 99))
    b = atomic("b", on("error", "c"), entry=(put("x", 99),))
    play = begin(atomic("a", twice), b, atomic("c"))
    assert code(play.send("e")) == "invalid_value"
    ends = begin(atomic("a", on("e", "b", put("x", 99))), final("b"))
    assert code(ends.send("e")) == "invalid_value"


def test_s12_done_events(begin: Begin) -> None:
    one = compound("one", atomic("a", on("e", "af")), final("af"), on("done.state.one", "", log("one")))
    two = compound("two", atomic("b", on("f", "bf")), final("bf"), on("done.state.two", "", log("two")))
    p = parallel(
        "p", parallel("q", one, two), compound("three", final("c")), on("done.state.p", "t"), on("done.state.q", "", log("q"))
    )
    play = begin(p, atomic("t"))
    play.send("e")
    assert play.logged() == "one"
    play.send("f")
    assert (play.logged(), play.at) == ("two q", "af bf c"), "the outer parallel state hears of its own finals only"
    join = begin(parallel("p", one, two, on("done.state.p", "t")), atomic("t"))
    join.send("f")
    join.send("e")
    assert (join.logged(), join.at) == ("one", "t")


def test_s13_internal_and_targetless(begin: Begin) -> None:
    s = compound(
        "s",
        on("in", "b", internal=True),
        on("none", "", log("only")),
        atomic("a", loud=True),
        atomic("b", loud=True),
        loud=True,
    )
    play = begin(s)
    play.send("in")
    assert play.logged() == "-a +b"
    play.send("none")
    assert (play.logged(), play.at) == ("only", "b")


def test_s14_leave_then_act_then_enter(begin: Begin) -> None:
    one = compound("one", atomic("a", on("e", "a2", log("first")), loud=True), atomic("a2", loud=True))
    two = compound("two", atomic("b", on("e", "b2", log("second")), loud=True), atomic("b2", loud=True))
    play = begin(parallel("p", one, two))
    play.send("e")
    assert play.logged() == "-b -a first second +a2 +b2"


# --- states


def test_s15_the_configuration_is_named_by_its_leaves(begin: Begin) -> None:
    p = parallel("p", compound("one", history("h", "a"), atomic("a")), atomic("two"), compound("three", final("c")))
    assert begin(p).at == "a two c"


def test_s16_what_is_not_named_is_completed(begin: Begin) -> None:
    one = compound("one", atomic("a1"), atomic("a2"))
    two = compound("two", atomic("b1"), compound("b2", atomic("b3"), atomic("b4")))
    p = parallel("p", one, two)
    assert begin(p).at == "a1 b1"
    assert begin(compound("s", p, initial="b4")).at == "a1 b4"
    assert begin(compound("s", p, initial="a2 b4")).at == "a2 b4"
    assert _after(begin(atomic("s", on("e", "b2")), p), "e") == "a1 b3"


def test_s17_history_stands_for_its_memory_or_its_default(begin: Begin) -> None:
    h = history("h", "b", initial_actions=(log("default"),))
    s = compound("s", h, atomic("a", loud=True), atomic("b", loud=True), on("out", "t"), loud=True)
    play = begin(atomic("t", on("e", "h")), s)
    play.send("e")
    assert play.logged() == "+s default +b"
    play.send("out")
    play.send("e")
    assert play.logged() == "+s +b"


def test_s17_memory_of_a_parallel_state(begin: Begin) -> None:
    one = compound("one", atomic("a1", on("n", "a2")), atomic("a2"))
    two = compound("two", atomic("b1", on("m", "b2")), atomic("b2"))
    p = parallel("p", one, two, history("h", "a2", deep=True), on("out", "t"))
    play = begin(atomic("t", on("e", "h")), p)
    assert _after(play, "e") == "a2 b1"
    for event in ("m", "out", "e"):
        play.send(event)
    assert play.at == "a2 b2"


def test_s18_the_root_is_never_left(begin: Begin) -> None:
    play = begin(on("reset", "a"), atomic("a", on("e", "b")), atomic("b"), entry=(log("+root"),), exit=(log("-root"),))
    assert play.logged() == "+root"
    play.send("e")
    play.send("reset")
    assert (play.at, play.logged()) == ("a", "")


def test_s19_the_end(begin: Begin) -> None:
    left = (Raise(event="dropped"), Send(event="dropped"))
    waiting = atomic("b", on("", "b", after=minutes(5)), work=work("boss"), call=Call(process="p"))
    p = parallel("p", waiting, compound("c", atomic("a", on("e", "end", *left))), on("dropped", "p"))
    play = begin(p, final("end", loud=True), entry=(Send(event="later", after=minutes(9)),))
    play.send("e")
    assert (play.snapshot.status, play.at, play.logged()) == ("done", "end", "+end")
    assert play.kinds() == ["Logged", "TaskClosed", "TimerCancelled", "TimerCancelled", "CallCancelled", "Ended"]
    assert not play.snapshot.timers and not play.snapshot.tasks and not play.snapshot.calls


def test_s20_output(begin: Begin) -> None:
    output = (("x", Name(name="x")), ("there", inside("end")), ("empty", Name(name="n")))
    play = begin(atomic("a", on("e", "end", put("x", 7))), final("end", output=output, entry=(add("x"),)))
    play.send("e")
    assert [effect.output for effect in play.effects if isinstance(effect, Ended)] == [{"x": 8, "there": True}]


# --- events and time


def test_s21_send_begins_its_own_macrostep(begin: Begin) -> None:
    a = atomic("a", on("e", "b", Send(event="one"), Send(event="nothing"), Send(event="two")))
    play = begin(a, atomic("b", on("one", "c")), atomic("c", on("two", "e")), atomic("d"), atomic("e", on("", "d")))
    assert _after(play, "e") == "d"


def test_s21_send_in_the_first_step(begin: Begin) -> None:
    assert begin(atomic("a", on("one", "b"), entry=(Send(event="one"),)), atomic("b")).at == "b"


def test_s22_delayed_send_and_cancel(begin: Begin) -> None:
    late = (Send(event="late", after=minutes(3), id="i"), Send(event="other", after=minutes(4), id="j"))
    play = begin(
        atomic("a", on("e", "b", *late)),
        atomic("b", on("stop", "", Cancel(id="i"), Cancel(id="none")), on("other", "c")),
        atomic("c"),
    )
    play.send("e")
    assert [(t.event, t.due - MORNING) for t in play.snapshot.timers] == [
        ("late", timedelta(minutes=3)),
        ("other", timedelta(minutes=4)),
    ]
    play.send("stop")
    assert [t.event for t in play.snapshot.timers] == ["other"]
    play.fire()
    assert play.at == "c"


def test_s23_after(begin: Begin) -> None:
    a = atomic("a", on("", "b", after=minutes(3)), on("stay", ""), on("again", "a"), on("away", "c"))
    c = atomic("c", on("", "a"))
    play = begin(a, atomic("b"), c)
    first = play.snapshot.timers
    play.now += timedelta(minutes=1)
    play.send("stay")
    assert play.snapshot.timers == first
    play.send("again")
    assert [t.due for t in play.snapshot.timers] == [MORNING + timedelta(minutes=4)]
    assert code(play.take(TimerFired(timer=first[0].id))) == "stale"
    play.send("away")
    assert (play.at, len(play.snapshot.timers)) == ("a", 1)
    play.fire()
    assert (play.at, play.snapshot.timers) == ("b", ())


def test_s23_a_timer_is_withdrawn_whatever_was_seen_before(begin: Begin) -> None:
    definition = machine(atomic("a", on("", "", after=minutes(1)), on("e", "b")), atomic("b"))
    spent = begin(definition)
    spent.fire()
    spent.send("e")
    armed = begin(definition)
    armed.send("e")
    assert (armed.kinds(), armed.snapshot.timers) == (["TimerCancelled"], ())


def test_s24_at_the_moment_of_a_field(begin: Begin) -> None:
    parts = (atomic("a", on("e", "b")), atomic("b", on("", "c", at="day")), atomic("c"))
    play = begin(*parts, values={"day": date(2026, 3, 5)})
    play.send("e")
    assert [t.due.isoformat() for t in play.snapshot.timers] == ["2026-03-04T16:00:00+00:00"]
    play.fire()
    assert play.at == "c"
    assert code(begin(*parts).send("e")) == "missing_value"


def test_s25_a_timer_fires_once_and_not_early(begin: Begin) -> None:
    play = begin(atomic("a", on("", "b", after=minutes(3), guard=Name(name="f"))), atomic("b"))
    timer = play.snapshot.timers[0]
    assert code(play.take(TimerFired(timer=timer.id))) == "too_early"
    assert code(play.fire()) == ""
    assert (play.at, play.snapshot.timers) == ("a", ())
    assert code(play.take(TimerFired(timer=timer.id))) == "stale"


def test_s26_in_sees_its_own_moment(begin: Begin) -> None:
    asks = Perform(handler="h", inputs=(("a", inside("a")), ("b", inside("b"))))
    play = begin(atomic("a", on("e", "b", asks), exit=(asks,)), atomic("b", entry=(asks, put("f", inside("b")))))
    play.send("e")
    seen = [(effect.values["a"], effect.values["b"]) for effect in play.effects if isinstance(effect, Performed)]
    assert seen == [(True, False), (False, False), (False, True)]
    assert play.snapshot.data["f"] is True
