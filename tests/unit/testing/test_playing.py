"""Examples on the real engine: moves, the form, people, time, what is called, and how a failure is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest
from plays import actors, leave, passes, played, process

from oyiflow.checking import check
from oyiflow.model.calendar import Duration
from oyiflow.model.values import FileReference
from oyiflow.testing import MONDAY, Case, coverage_of, examples_of, play, shown

# --- moves and the form


def test_values_of_the_move_come_before_those_of_the_example_and_samples_last() -> None:
    definition = leave(
        "{name: move, with: {days: 4, why: rest}, play: [apply: {days: 5}], now_at: sign}",
        "{name: with, with: {days: 4}, play: [apply], now_at: sign}",
        "{name: sample, play: [apply], now_at: sign}",
    )
    assert [dict(one.data) for one in passes(definition)] == [{"days": 5, "why": "rest"}, {"days": 4}, {"days": 2}]


def test_an_answer_may_be_written_as_its_name_or_its_title() -> None:
    passes(leave(
        "{name: name, play: [apply, sign rejected], now_at: apply}",
        "{name: title, play: [apply, sign 退回, apply, sign 通过], ends: done}",
    ))  # fmt: skip


def test_a_form_filled_again_takes_the_words_of_the_example_again() -> None:
    definition = leave("{name: again, with: {days: 4}, play: [apply: {days: 9}, sign rejected, apply, sign], now_at: tell}")
    assert passes(definition)[0].data["days"] == 4


def test_every_type_of_field_has_a_sample_that_fits() -> None:
    definition = process("""\
        process: kinds
        title: Kinds
        roles: {staff: Staff}
        form:
          a: {type: text, required: true}
          b: {type: longtext, required: true}
          c: {type: int, required: true, max: 0}
          d: {type: decimal, required: true, min: "2.5"}
          e: {type: money, required: true}
          f: {type: bool, required: true}
          g: {type: date, required: true, min: 2026-03-01}
          h: {type: datetime, required: true}
          i: {type: duration, required: true, min: 2 days}
          j: {type: choice, of: [x, y], required: true}
          k: {type: choices, of: [x, y], required: true}
          l: {type: person, required: true}
          m: {type: file, required: true}
          n: {type: list, required: true}
        steps:
          - {do: fill, by: staff, fill: [a, b, c, d, e, f, g, h, i, j, k, l, m, n]}
          - {end: done}
        examples:
          - {name: all, play: [fill], ends: done}
        """)
    data = dict(passes(definition)[0].data)
    assert data == {
        "a": "样例 sample", "b": "样例 sample", "c": 0, "d": Decimal("2.5"), "e": 1, "f": True, "g": date(2026, 3, 1), "h": MONDAY,
        "i": Duration(amount=2, unit="days"), "j": "x", "k": ("x",), "l": "l", "m": FileReference(name="样例 sample.pdf"), "n": (("样例 sample",),),
    }  # fmt: skip


def test_values_that_no_step_asks_for_are_there_from_the_start() -> None:
    definition = process("""\
        process: order
        title: Order
        roles: {staff: Staff}
        form: {urgent: {type: bool}}
        steps:
          - {decide: fast, cases: [{label: fast, when: urgent, then: done}, {label: slow, otherwise: pack}]}
          - {do: pack, by: staff}
          - {end: done}
        examples:
          - {name: urgent, with: {urgent: true}, play: [], ends: done}
          - {name: not, play: [], now_at: pack}
        """)
    passes(definition)


# --- how a failure is told


def test_a_move_that_cannot_be_made_is_shown_in_its_line() -> None:
    definition = leave("{name: far, play: [apply, sign rejected, sign], now_at: apply}")
    found = played(definition, "far").diagnostic
    assert found is not None
    assert (found.code, found.span.line, found.span.column) == ("OF906", 11, 46)
    assert found.zh == "案例“far”第 3 步“sign”走不了: “sign”现在不用办理；此时等着: apply（done）"
    assert found.en == "example 'far': move 3 (sign) cannot be made: 'sign' is not to be done now; it waits for: apply (done)"
    lines = shown(definition, found).splitlines()
    assert lines[1].endswith("[apply, sign rejected, sign], now_at: apply}")
    assert lines[2].index("^") == lines[1].rindex("sign]")


@pytest.mark.parametrize(
    ("line", "zh", "fix"),
    [
        ("{name: x, play: [apply], now_at: apply}", "应当停在 apply，却在 sign", "now_at: sign"),
        (
            "{name: x, play: [apply], ends: done}",
            "应当结束于 done，但还没有结束；此时等着: sign（approved、rejected）；sign 等到 2026-01-07 09:00",
            "now_at: sign",
        ),
        (
            "{name: x, play: [apply, sign], now_at: tell}",
            "应当停在 tell，却在 done；此时等着: 没有（已经结束于 done）",
            "ends: done",
        ),
        ("{name: x, play: [apply, sign, tell], ends: done}", "第 3 步“tell”走不了: “tell”现在不用办理", ""),
        (
            "{name: x, play: [apply, event: apply.done], now_at: sign}",
            "第 2 步“event: apply.done”走不了: “apply.done”不能作为外部事件发送",
            "",
        ),
    ],
)
def test_what_is_wrong_is_said(line: str, zh: str, fix: str) -> None:
    found = played(leave(line), "x").diagnostic
    assert found is not None and zh in found.zh and found.en
    assert (found.fix is not None and fix in found.fix.zh) if fix else found.fix is None


def test_what_was_played_before_the_failure_is_kept() -> None:
    one = played(leave("{name: x, play: [apply, tell], ends: done}"), "x")
    assert not one.passed
    assert actors(one) == [("apply", "staff")]


def test_a_case_of_a_test_raises_with_the_line() -> None:
    definition = leave("{name: x, play: [sign], ends: done}", "{name: y, play: [apply], now_at: sign}")
    wrong, right = (Case(definition=definition, example=example) for example in definition.examples)
    with pytest.raises(AssertionError, match=r"it\.yaml:11:22: error\[OF906\]"):
        wrong.check()
    right.check()
    assert str(right) == "leave: y"


# --- time


def test_time_moves_when_it_is_told_to_and_what_is_due_happens() -> None:
    passes(leave(
        "{name: not yet, play: [apply, wait: 1 workday], now_at: sign}",
        "{name: late, play: [apply, wait: 2 workdays], ends: done}",
        "{name: then, play: [apply: {days: 5}, wait: 3 days, tell], ends: done}",
    ))  # fmt: skip


def test_workdays_are_those_of_the_calendar_and_things_happen_at_their_own_moment() -> None:
    definition = process("""\
        process: pauses
        title: Pauses
        roles: {staff: Staff}
        steps:
          - {wait: first, for: 3 workdays}
          - {wait: second, for: 2 workdays}
          - {do: work, by: staff}
          - {end: done}
        examples:
          - {name: friday, play: [wait: 4 days], now_at: second}
          - {name: nearly, play: [wait: 6 days], now_at: second}
          - {name: monday, play: [wait: 7 days], now_at: work}
        """)
    monday = passes(definition)[2]
    moments = [entry.at for entry in monday.history if entry.kind == "timer"]
    assert moments == [datetime(2026, 1, 8, 1, tzinfo=UTC), datetime(2026, 1, 12, 1, tzinfo=UTC)]


def test_the_day_of_not_before_is_waited_for() -> None:
    definition = process("""\
        process: trip
        title: Trip
        roles: {staff: Staff, head: Head}
        form: {day: {type: date, required: true}}
        steps:
          - {do: plan, by: staff, fill: day}
          - {approve: go, by: head, rejected: plan, not_before: day}
          - {end: done}
        examples:
          - {name: gone, play: [plan: {day: 2026-02-01}, go], ends: done}
          - {name: refused at once, play: [plan: {day: 2026-02-01}, go rejected], now_at: plan}
          - {name: today, play: [plan, go], ends: done}
        """)
    gone, refused, today = passes(definition)
    assert gone.history[-1].at == datetime(2026, 1, 31, 16, tzinfo=UTC)  # the first of February begins in Beijing
    assert refused.history[-1].at == today.history[-1].at == MONDAY


# --- events, handlers, called processes, several places


def test_events_from_outside() -> None:
    definition = process("""\
        process: letter
        title: Letter
        roles: {staff: Staff}
        steps:
          - {do: post, by: staff}
          - {wait: reply, for: answered}
          - {end: done}
        examples:
          - {name: all, play: [post, event: answered], ends: done}
          - {name: too soon, play: [event: answered, post], now_at: reply}
        """)
    right, wrong = (play(definition, example) for example in definition.examples)
    assert right.passed
    assert wrong.diagnostic is not None and "第 1 步“event: answered”走不了" in wrong.diagnostic.zh


MACHINE = """\
    process: machine
    title: Machine
    roles: {tech: Technical}
    states:
      - state: working
        states:
          - {state: idle, transitions: [{event: run, to: busy}]}
          - {state: busy, transitions: [{event: rest, to: idle}]}
        transitions: [{event: broken, to: repair}, {event: check, to: service}]
      - state: repair
        by: tech
        entry: [{perform: call_out}]
        transitions:
          - {event: mended, to: working}
          - {event: error.run.call_out, to: scrapped}
      - parallel: service
        states:
          - state: oil
            states: [{state: oiling, by: tech, transitions: [{event: oiled, to: oil_ok}]}, {end: oil_ok}]
          - state: clean
            states: [{state: cleaning, by: tech, transitions: [{event: cleaned, to: clean_ok}]}, {end: clean_ok}]
        transitions: [{event: done.state.service, to: working}]
      - {end: scrapped}
    examples:
      - {name: inner state, play: [event: run], now_at: busy}
      - {name: outer state, play: [event: run], now_at: working}
      - {name: mended, play: [event: broken, repair mended], now_at: idle}
      - {name: both, play: [event: check], now_at: [oiling, cleaning]}
      - {name: the whole, play: [event: check], now_at: service}
      - {name: one left, play: [event: check, oiling oiled], now_at: cleaning}
      - {name: the end of a region may be named, play: [event: check, oiling oiled], now_at: [oil_ok, cleaning]}
      - {name: round, play: [event: check, cleaning, oiling], now_at: idle}
"""


def test_a_life_cycle_and_its_places() -> None:
    passes(process(MACHINE))


def test_all_places_must_be_named_and_no_others() -> None:
    definition = process(
        MACHINE.replace("now_at: [oiling, cleaning]", "now_at: oiling").replace("[oil_ok, cleaning]", "[oiling, cleaning]")
    )
    failed = {example.name for example in definition.examples if not play(definition, example).passed}
    assert failed == {"both", "the end of a region may be named"}


def test_handlers_can_be_given_and_succeed_otherwise() -> None:
    def broken(values: object, key: str) -> None:
        raise RuntimeError("no telephone")

    definition = process(MACHINE + "      - {name: no help, play: [event: broken, wait: 1 hours], ends: scrapped}\n")
    assert not played(definition, "no help").passed
    assert played(definition, "no help", handlers={"call_out": broken}).passed


CALLER = """\
    process: caller
    title: Caller
    roles: {staff: Staff}
    form: {answer: {type: bool}}
    steps:
      - {do: ask, by: staff}
      - {call: other, process: called, gives: {answer: good}, failed: sorry}
      - {do: use, by: staff}
      - {end: done}
      - {end: sorry}
    examples:
      - {name: waits, play: [ask], now_at: other}
      - {name: goes on, play: [ask, use], ends: done}
      - {name: comes back, play: [ask], now_at: use}
"""
CALLED = """\
    process: called
    title: Called
    roles: {clerk: Clerk}
    form: {good: {type: bool, required: true}, day: {type: date, required: true}, n: {type: int, required: true}}
    steps:
      - {do: look, by: clerk, fill: [good, n]}
      - {decide: enough, cases: [{label: too few, when: n < 7, then: look}, {label: enough, otherwise: choose}]}
      - {decide: choose, by: clerk, cases: [{label: again, then: look}, {label: fine, then: date}]}
      - {do: date, by: clerk, fill: day}
      - {wait: pause, for: 2 days}
      - {call: deeper, process: deepest}
      - {end: over}
"""
DEEPEST = """\
    process: deepest
    title: Deepest
    steps:
      - {wait: word, for: told}
      - {end: over}
"""


def test_called_processes_take_the_shortest_way_to_an_end_once_the_example_goes_on_behind_them() -> None:
    one, two, three = passes(process(CALLER), others=[process(CALLED), process(DEEPEST)])
    assert len(one.history) == 2
    assert two.data == three.data == {"answer": True}
    assert three.history[-1].kind == "call"


ENDS = """\
    process: called
    title: Called
    roles: {clerk: Clerk}
    steps:
      - {approve: look, by: clerk, rejected: again}
      - {end: good, title: {zh: 办成, en: It is done}}
      - {decide: again, by: clerk, cases: [{label: again, then: look}, {label: give up, then: bad}]}
      - {end: bad}
"""


def with_form(text: str, field: str) -> str:
    """The same with a field that its first step shows."""
    name = field.partition(":")[0]
    return text.replace("    roles:", f"    form: {{{field}}}\n    roles:").replace(
        "look, by: clerk", f"look, by: clerk, see: {name}"
    )


def test_an_example_says_how_a_called_process_ends() -> None:
    text = (
        CALLER[: CALLER.index("    examples:")]
        .replace(", gives: {answer: good}", "")
        .replace("use, by: staff", "use, by: staff, fill: answer")
    )
    caller = process(
        text
        + """\
    examples:
      - {name: any, play: [ask, other, use], ends: done}
      - {name: good, play: [ask, other good, use], ends: done}
      - {name: titled, play: [ask, other 办成, use], ends: done}
      - {name: bad, play: [ask, other bad], now_at: use}
      - {name: failed, play: [ask, other failed], ends: sorry}
"""
    )
    every = passes(caller, others=[process(ENDS)])
    assert [one.called for one in every] == [*[(("other", "good"),)] * 3, (("other", "bad"),), ()]
    coverage = coverage_of(caller, every, [process(ENDS)])
    assert coverage.missing == () and coverage.counts()["end"] == (2, 2)
    assert [item.name for item in coverage_of(caller, every[:3], [process(ENDS)]).missing if item.kind == "end"] == [
        "other bad"
    ]


def test_a_call_that_is_not_made_once_more_cannot_end_once_more() -> None:
    text = (
        CALLER[: CALLER.index("    examples:")]
        .replace(", gives: {answer: good}", "")
        .replace("use, by: staff", "use, by: staff, fill: answer")
    )
    caller = process(text + "    examples:\n      - {name: twice, play: [ask, other good, other good, use], ends: done}\n")
    played = play(caller, caller.examples[0], others=[process(ENDS)])
    assert played.diagnostic is not None and "not been called once more" in played.diagnostic.en


def test_a_called_process_that_cannot_end_so_is_named_with_what_it_does() -> None:
    text = (
        CALLER[: CALLER.index("    examples:")]
        + """\
    examples:
      - {name: wrong, play: [ask, other over]}
      - {name: early, play: [other good, ask]}
      - {name: by itself, play: [ask, other over, use], ends: done}
      - {name: otherwise, play: [ask, other failed], ends: done}
"""
    )
    shut = with_form(ENDS, "good: {type: bool}").replace("give up, then: bad", "give up, then: look")
    shut = shut.replace("      - {end: bad}\n", "      - {do: never, by: clerk}\n      - {end: over}\n")
    caller = process(text)
    wrong = played(caller, "wrong", others=[process(shut)]).diagnostic
    assert wrong is not None and "finds no way to the end over" in wrong.en and "other over" in wrong.en
    early = played(caller, "early", others=[process(shut)]).diagnostic
    assert early is not None and "'other' has called nothing by now" in early.en
    at_once = process("process: called\ntitle: Called\nform: {good: {type: bool}}\nsteps:\n  - {decide: d, cases: [{when: good, then: over}, {otherwise: over}]}\n  - {end: over}\n")  # fmt: skip
    assert played(caller, "by itself", others=[at_once]).passed
    otherwise = played(caller, "otherwise", others=[at_once]).diagnostic
    assert otherwise is not None and otherwise.fix is not None and "other over" in otherwise.fix.en


def test_all_that_a_step_has_called_for_entries_ends_as_the_example_says() -> None:
    caller = process("""\
        process: round
        title: Round
        roles: {staff: Staff}
        form: {visits: {type: list, columns: {customer: {type: text}}}}
        steps:
          - {do: plan, by: staff, fill: visits}
          - {each: calls, in: visits, process: called, failed: plan}
          - {end: done}
        examples:
          - {name: all bad, with: {visits: [[a], [b]]}, play: [plan, calls bad], ends: done}
          - {name: one fails, with: {visits: [[a], [b]]}, play: [plan, calls failed, plan, calls good], ends: done}
    """)
    called = process(with_form(ENDS, "customer: {type: text}"))
    assert [one.called for one in passes(caller, others=[called])] == [(("calls", "bad"),) * 2, (("calls", "good"),) * 2]


@pytest.mark.parametrize(
    ("move", "code"),
    [
        ("other over", "OF204"),
        ("other failed", ""),
        ("other good", ""),
        ("other 办成", ""),
        ("other", ""),
        ("{other: {answer: true}}", "OF204"),
    ],
)
def test_a_move_names_an_end_that_the_called_process_has(tmp_path: Path, move: str, code: str) -> None:
    text = (
        CALLER[: CALLER.index("    examples:")]
        .replace(", gives: {answer: good}", "")
        .replace("use, by: staff", "use, by: staff, fill: answer")
    )
    (tmp_path / "caller.yaml").write_text(
        dedent(text + f"    examples:\n      - {{name: x, play: [ask, {move}]}}\n"), encoding="utf-8"
    )
    (tmp_path / "called.yaml").write_text(dedent(ENDS), encoding="utf-8")
    assert [one.code for one in check([tmp_path / "caller.yaml"]).diagnostics] == ([code] if code else [])


def test_a_called_process_that_is_not_there_fails_the_call() -> None:
    found = played(process(CALLER), "goes on").diagnostic
    assert found is not None and "已经结束于 sorry" in found.zh


def test_a_called_process_without_an_end_is_named() -> None:
    endless = process("""\
        process: called
        title: Called
        roles: {clerk: Clerk}
        form: {good: {type: bool, required: true}}
        steps:
          - {do: look, by: clerk, fill: good}
          - {decide: stay, cases: [{label: out, when: good and not good, then: over}, {label: round, otherwise: look}]}
          - {end: over}
        """)
    found = played(process(CALLER), "goes on", others=[endless]).diagnostic
    assert found is not None and "被调用的“called”找不到通向结束的路" in found.zh


REMINDED = """\
    process: reminded
    title: Reminded
    roles: {staff: Staff}
    form: {day: {type: date, required: true}}
    steps:
      - {do: agree, by: staff, fill: day}
      - {do: go, by: staff, not_before: day, within: 3 days}
      - {end: done}
    examples:
      - {name: too early, with: {day: 2026-01-07}, play: [agree], now_at: go, cannot: go, told: nobody}
      - {name: late, with: {day: 2026-01-06}, play: [agree, wait: 4 days], now_at: go, told: go}
      - {name: wrongly late, with: {day: 2026-01-06}, play: [agree, wait: 2 days], told: go}
      - {name: wrongly refused, with: {day: 2026-01-05}, play: [agree], cannot: go}
      - {name: not open, with: {day: 2026-01-05}, play: [agree], cannot: agree}
    """


def test_an_example_says_who_was_told_and_what_cannot_be_done() -> None:
    definition = process(REMINDED)
    assert [played(definition, name).diagnostic for name in ("too early", "late")] == [None, None]
    for name, words in (
        ("wrongly late", "told about go"),
        ("wrongly refused", "should be refused"),
        ("not open", "is not open"),
    ):
        diagnostic = played(definition, name).diagnostic
        assert diagnostic is not None and words in diagnostic.en


def test_a_process_that_calls_for_ever_is_told_and_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / "visit.yaml").write_text(
        "process: visit\ntitle: Visit\nroles: {staff: Staff}\nform: {note: {type: text}}\nsteps:\n"
        "  - {do: go, by: staff, fill: note}\n  - {end: done}\n",
        encoding="utf-8",
    )
    (tmp_path / "round.yaml").write_text(
        "process: round\ntitle: Round\nroles: {staff: Staff}\nform: {note: {type: text}}\nsteps:\n"
        "  - {call: visit, process: visit, gives: {note: note}}\n"
        "  - decide: told\n    cases:\n      - {label: told, when: note is filled, then: read}\n      - {label: nothing, otherwise: visit}\n"
        "  - {do: read, by: staff}\n  - {end: done}\n"
        "examples:\n  - {name: one, play: [read], ends: done}\n",
        encoding="utf-8",
    )
    (case,) = examples_of(tmp_path)
    diagnostic = case.play().diagnostic
    assert diagnostic is not None and "it goes round" in diagnostic.en
