"""The sentences of docs/semantics.md from S27 on: what states bring with them, data, refusals, snapshots."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from oyiflow.diagnostics import Source
from oyiflow.errors import VersionMismatch
from oyiflow.kernel.codec import effect_to_json, snapshot_from_json, snapshot_to_json
from oyiflow.kernel.messages import Act, CallEnded, CallStarted, Ended, Rejected, Step
from oyiflow.kernel.step import start
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import (
    Assignee,
    Call,
    Definition,
    Field,
    Mode,
    Perform,
    Rule,
    Send,
    State,
    StateKind,
    Text,
)
from oyiflow.model.expression import Name
from oyiflow.model.values import FieldType
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
    log,
    machine,
    minutes,
    more,
    on,
    parallel,
    put,
    work,
)

# --- what states bring with them


def test_s27_settled_at_rest(begin: Begin) -> None:
    passed = atomic("passed", on("", "b"), on("", "c", after=minutes(1)), work=work("boss"), call=Call(process="p"))
    b = atomic("b", on("", "c", after=minutes(2)), on("e", "passed"), work=work("boss"), call=Call(process="q"))
    play = begin(atomic("a", on("e", "passed")), passed, b, atomic("c"))
    play.send("e")
    assert play.kinds() == ["TimerArmed", "TaskOpened", "CallStarted"]
    play.send("e")
    assert play.kinds() == ["TaskClosed", "TimerCancelled", "CallCancelled", "TimerArmed", "TaskOpened", "CallStarted"]


@pytest.mark.parametrize(
    ("mode", "answers", "ends"),
    [
        (Mode.ANY, "p:boss:yes", "good"),
        (Mode.ALL, "p:clerk:yes q:boss:yes", "good"),
        (Mode.ALL, "p:clerk:no", "bad"),
        (Mode.ALL, "p:clerk:yes", "a"),
        (Mode.IN_TURN, "p:boss:yes q:clerk:yes", "good"),
        (Mode.IN_TURN, "p:boss:yes q:clerk:no", "bad"),
        (Mode.IN_TURN, "p:clerk:yes", "refused"),
        (Mode.ALL, "p:boss:yes p:clerk:yes", "refused"),
    ],
)
def test_s28_modes(begin: Begin, mode: Mode, answers: str, ends: str) -> None:
    play = begin(
        atomic("a", on("yes", "good"), on("no", "bad"), work=work("boss", "clerk", mode=mode)), atomic("good"), atomic("bad")
    )
    codes = []
    for one in answers.split():
        actor, role, outcome = one.split(":")
        codes.append(code(play.act("a", actor, outcome, role)))
    assert (codes[-1], play.at) == (("forbidden", "a") if ends == "refused" else ("", ends))


def test_s29_who_may_answer(begin: Begin) -> None:
    first = atomic("a", on("yes", "b"), work=replace(work(), by=(Assignee(person_in="who"),)))
    second = atomic("b", on("yes", "c"), work=replace(work(), by=(Assignee(whoever_did="a"),)))
    play = begin(first, second, atomic("c"), values={"who": "ann"})
    assert code(play.act("a", "bob")) == "forbidden"
    play.act("a", "ann")
    assert code(play.act("b", "bob")) == "forbidden"
    play.act("b", "ann")
    assert play.at == "c"


def test_s30_what_an_answer_writes(begin: Begin) -> None:
    asked = work("boss", "clerk", mode=Mode.ALL, fill=("x", "note"), not_before="day")
    play = begin(
        atomic("a", on("yes", "b"), on("no", "b"), on("", "b", guard=more("x", 5)), work=asked),
        atomic("b"),
        values={"day": date(2026, 3, 2)},
    )
    assert code(play.act("a", "ann", n=1)) == "invalid_value"
    assert code(play.act("a", "ann", x=6)) == ""
    assert (play.at, play.snapshot.data["x"]) == ("a", 6)
    assert code(play.act("a", "bob", role="clerk")) == "missing_value"
    assert code(play.act("a", "bob", role="clerk", note="well")) == ""
    assert play.at == "b"
    early = begin(
        atomic("a", on("yes", "b"), work=work("boss", not_before="day")), atomic("b"), values={"day": date(2026, 3, 3)}
    )
    assert code(early.act("a", "ann")) == "too_early"


def test_s31_an_answer_that_leaves_nothing_keeps_the_task(begin: Begin) -> None:
    play = begin(atomic("a", on("no", ""), on("yes", "b"), work=work("boss", "clerk", mode=Mode.ALL)), atomic("b"))
    play.act("a", "ann")
    play.act("a", "bob", "no", "clerk")
    assert [(task.state, task.votes, task.waiting) for task in play.snapshot.tasks] == [("a", (), (0, 1))]


@pytest.mark.parametrize(("form", "stranger", "same"), [("different_people", "", "rule"), ("same_person", "rule", "")])
def test_s32_rules_about_people(begin: Begin, form: str, stranger: str, same: str) -> None:
    rule = Rule(form=form, say=Text(en="so"), steps=("a", "b"))  # type: ignore[arg-type]
    parts = (atomic("a", on("yes", "b"), work=work("boss")), atomic("b", on("yes", "c"), work=work("boss")), atomic("c"))
    for second, expected in (("bob", stranger), ("ann", same)):
        play = begin(*parts, rules=(rule,))
        play.act("a", "ann")
        assert code(play.act("b", second)) == expected


def test_s33_calls(begin: Begin) -> None:
    a = atomic(
        "a", on("done.call.a", "b"), on("error.call.a", "c"), on("e", "c"), call=Call(process="p", outputs=(("x", "theirs"),))
    )
    done, failed, left = (begin(a, atomic("b"), atomic("c")) for _ in range(3))
    done.call_ended(theirs=4)
    assert (done.at, done.snapshot.data["x"], done.snapshot.calls) == ("b", 4, ())
    failed.call_ended(failed=True)
    assert failed.at == "c"
    left.send("e")
    assert (left.kinds(), left.snapshot.calls) == (["CallCancelled"], ())


def test_s34_perform(begin: Begin) -> None:
    play = begin(
        atomic("a", on("e", "b", Perform(handler="mail"))),
        atomic("b", on("e", "c")),
        atomic("c", on("done.run.mail", "d")),
        atomic("d"),
    )
    play.send("e")
    assert play.kinds() == ["Performed"]
    play.send("e")
    play.call_ended()
    assert (play.at, play.snapshot.calls) == ("d", ())


def test_s35_an_end_that_nothing_awaits_is_dropped(begin: Begin) -> None:
    play = begin(atomic("a", entry=(Perform(handler="mail"),)))
    call = play.snapshot.calls
    assert code(play.call_ended()) == ""
    assert play.snapshot.calls == ()
    assert code(play.take(CallEnded(call=call[0][0]))) == "stale"
    failing = begin(atomic("a", entry=(Perform(handler="mail"),)))
    assert code(failing.call_ended(failed=True)) == "not_accepted"
    assert len(failing.snapshot.calls) == 1


# --- data, refusals and snapshots


def test_s36_values_come_before_guards(begin: Begin) -> None:
    parts = (atomic("a", on("e", "b", put("n", Name(name="x")), guard=more("x", 3))), atomic("b"))
    play = begin(*parts, values={"n": 1})
    play.send("e", x=4)
    assert (play.at, play.snapshot.data) == ("b", {"x": 4, "n": 4})
    emptied = begin(atomic("a", on("e", "", put("n", Name(name="x")))), values={"n": 1})
    emptied.send("e")
    assert emptied.snapshot.data == {}
    assert code(begin(*parts).send("e", x=10)) == code(begin(*parts).send("e", unknown=1)) == "invalid_value"


def test_s37_a_refused_step_has_changed_nothing(begin: Begin) -> None:
    play = begin(
        atomic("a", on("e", "b", put("n", 5), log("on the way"), put("x", 99))), atomic("b", work=work("boss")), values={"n": 1}
    )
    before = play.snapshot
    answer = play.send("e", f=True)
    assert isinstance(answer, Rejected) and answer.code == "invalid_value" and answer.zh and answer.en
    assert play.snapshot == before and play.snapshot.data == {"n": 1}


def test_s38_same_bytes_in_any_process() -> None:
    expected = story_digest()
    for seed in ("0", "1", "4711"):
        here = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        run = [sys.executable, "-c", "from tests.conformance.test_semantics_settled import story_digest; print(story_digest())"]
        said = subprocess.run(run, env=here, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
        assert said.stdout.strip() == expected


def story_definition() -> Definition:
    """Three regions, history, a join, tasks, timers and data."""
    regions = [
        compound(
            f"r{n}",
            atomic(f"a{n}", on("e", f"b{n}", add("n"), log(f"e{n}"))),
            atomic(f"b{n}", on("f", f"c{n}")),
            final(f"c{n}"),
        )
        for n in range(3)
    ]
    p = parallel(
        "p",
        *regions,
        history("h", "p", deep=True),
        on("pause", "w"),
        on("done.state.p", "w", Send(event="late", after=minutes(5))),
    )
    return machine(p, atomic("w", on("resume", "h"), on("fresh", "p"), on("", "", after=minutes(1)), work=work("boss")))


def story_digest() -> str:
    """The bytes of all snapshots and effects of a story, as one number."""
    play = Play(story_definition(), through_json=True).begin(n=0, x=2, f=True)
    seen = hashlib.sha256()
    for event in ("e", "pause", "resume", "f", "fresh", "pause", "resume", "e", "f"):
        play.send(event)
        seen.update(snapshot_to_json(play.definition, play.snapshot).encode())
        seen.update(repr([effect_to_json(effect) for effect in play.effects]).encode())
    return seen.hexdigest()


def test_s38_eight_threads_on_one_definition() -> None:
    expected = story_digest()
    definition = story_definition()

    def many(_: int) -> set[str]:
        found = set()
        for _ in range(40):
            play = Play(definition).begin(n=0, x=2, f=True)
            for event in ("e", "pause", "resume", "f", "fresh", "pause", "resume", "e", "f"):
                play.send(event)
            found.add(snapshot_to_json(definition, play.snapshot))
        return found

    with ThreadPoolExecutor(8) as pool:
        answers = set().union(*pool.map(many, range(8)))
    assert len(answers) == 1
    assert expected == story_digest()


def test_s39_a_snapshot_does_not_grow() -> None:
    s = compound(
        "s",
        history("h", "a"),
        atomic("a", on("e", "b")),
        atomic("b", on("e", "a")),
        on("out", "t"),
        on("", "", after=minutes(5)),
    )
    play = Play(machine(s, atomic("t", on("in", "h"), work=work("boss")))).begin(n=0)
    sizes = set()
    for round in range(2_500):
        for event in ("e", "out", "in", "e"):
            assert code(play.send(event)) == ""
        if round >= 1_000:
            sizes.add(len(snapshot_to_json(play.definition, play.snapshot)))
    assert play.snapshot.revision == 10_001
    assert max(sizes) - min(sizes) <= 6, "only the number of steps has more digits"


def test_s39_deep_nesting() -> None:
    state = compound("s2000", atomic("a", on("e", "b")), atomic("b"))
    for number in range(1999, 0, -1):
        state = State(id=f"s{number}", kind=StateKind.COMPOUND, states=(state,))
    play = Play(machine(state, on("again", "s1")), through_json=True).begin()
    play.send("e")
    assert play.at == "b"
    answer = play.send("again")
    assert isinstance(answer, Step) and play.at == "a"
    assert len(answer.trace[0].exited) == len(answer.trace[0].entered) == 2_001


def test_s40_a_snapshot_belongs_to_its_definition(begin: Begin) -> None:
    play = begin(atomic("a", on("e", "a")))
    other = machine(atomic("a", on("e", "a"), on("f", "a")))
    with pytest.raises(VersionMismatch):
        snapshot_from_json(other, snapshot_to_json(play.definition, play.snapshot))
    play.definition = other
    with pytest.raises(VersionMismatch):
        play.send("e")


def test_s41_an_ended_instance_takes_nothing(begin: Begin) -> None:
    play = begin(atomic("a", on("e", "end")), final("end"), on("f", "a"))
    play.send("e")
    assert code(play.send("f")) == "ended"


def test_s42_a_cycle_is_refused(begin: Begin) -> None:
    counting = atomic("b", on("", "", add("n"), guard=Name(name="f")))
    play = begin(atomic("a", on("e", "b")), counting, values={"n": 0, "f": True})
    assert code(play.send("e")) == "loop"
    assert play.at == "a"
    until = atomic("b", on("", "", add("n"), guard=more("n", -1)), on("", "c"))
    long = begin(atomic("a", on("e", "b")), until, atomic("c"), values={"n": -900})
    long.send("e")
    assert long.at == "c"


# --- a checklist, and one call for each


def test_s43_a_consent_needs_the_whole_checklist(begin: Begin) -> None:
    listed = work("boss", checklist=(Text(zh="甲", en="one"), Text(en="two")))
    play = begin(atomic("a", on("yes", "b"), on("no", "c"), work=listed), atomic("b"), atomic("c"))
    act = Act(task="a", outcome="yes", actor="ann", roles=frozenset({"boss"}), checked=("甲",))
    assert code(play.take(act)) == "missing_value"
    assert code(play.take(replace(act, checked=("one", "two")))) == ""
    assert play.at == "b"
    refused = begin(atomic("a", on("yes", "b"), on("no", "c"), work=listed), atomic("b"), atomic("c"))
    assert code(refused.act("a", "ann", "no")) == ""
    assert refused.at == "c"


def test_s44_one_call_for_each_entry(begin: Begin) -> None:
    rows = Field(
        name="rows", title=Text(zh="rows"), type=FieldType.LIST,
        columns=(Field(name="who", title=Text(), type=FieldType.TEXT), Field(name="sum", title=Text(), type=FieldType.MONEY)),
    )  # fmt: skip
    each = Call(process="p", each="rows", inputs=(("x", Name(name="n")),))
    parts = (atomic("a", on("done.call.a", "b"), on("error.call.a", "c"), call=each), atomic("b"), atomic("c"))
    values = {"rows": [["ann", "5.50"], ["bob"]], "n": 7}
    play, failing = (begin(*parts, values=values, fields=(rows,)) for _ in range(2))
    assert [effect.values for effect in play.effects if isinstance(effect, CallStarted)] == [
        {"x": 7, "who": "ann", "sum": "5.50"}, {"x": 7, "who": "bob"}]  # fmt: skip
    second, first = (call for call, _ in reversed(play.snapshot.calls[:2]))
    assert code(play.take(CallEnded(call=second))) == "" and play.at == "a"
    assert code(play.take(CallEnded(call=first))) == "" and play.at == "b"
    failing.call_ended(failed=True)
    assert (failing.at, failing.snapshot.calls, failing.kinds()) == ("c", (), ["CallCancelled"])


@pytest.mark.parametrize("rows", [[], [["ann"]]])
def test_s44_with_no_entries_the_end_is_at_once(rows: list[list[str]]) -> None:
    text = """
process: p
title: T
version: 1
form: {rows: {title: Rows, type: list, columns: {who: {title: Who, type: text}}}}
states:
  - {state: a, title: A, process: q, in: rows, transitions: [{event: done.call.a, when: in(a), to: b}, {event: error.call.a, to: c}]}
  - {end: b, title: B}
  - {end: c, title: C}
"""
    definition, _ = read_definition(Source(name="p.yaml", text=text))
    assert definition is not None
    begun = start(definition, instance="i", now=MORNING, values={"rows": rows} if rows else {})
    assert not isinstance(begun, Rejected)
    assert begun.snapshot.configuration == (("a",) if rows else ("b",))
    assert [type(effect) for effect in begun.effects] == ([CallStarted] if rows else [Ended])


def test_s29_a_superior_and_who(begin: Begin) -> None:
    led = replace(work(), by=(Assignee(person_in="who", superior=True),))
    both = replace(work("boss"), who=Assignee(whoever_did="a"))
    play = begin(
        atomic("a", on("yes", "b"), work=led), atomic("b", on("yes", "c"), work=both), atomic("c"), values={"who": "ann"}
    )
    act = Act(task="a", outcome="yes", actor="max")
    assert code(play.take(act)) == "forbidden"
    assert code(play.take(replace(act, leads=frozenset({"ann"})))) == ""
    assert code(play.act("b", "bob")) == "forbidden"
    assert code(play.act("b", "max")) == ""


@pytest.mark.parametrize(
    ("answers", "at"), [("yes yes", "b"), ("yes no", "a"), ("no no", "c"), ("no yes yes", "b"), ("yes no no", "c")]
)
def test_s28_a_vote(begin: Begin, answers: str, at: str) -> None:
    voted = work("boss", "boss", "boss", mode=Mode.VOTE, share=60)
    play = begin(atomic("a", on("yes", "b"), on("no", "c"), work=voted), atomic("b"), atomic("c"))
    for voter, answer in zip(("p", "q", "r"), answers.split(), strict=False):
        assert code(play.act("a", voter, answer)) == ""
    assert play.at == at
