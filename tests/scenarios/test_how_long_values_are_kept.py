"""`keep`: read, told, carried, and asked for: what is there longer than its field says."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from oyiflow.diagnostics import Source
from oyiflow.engine import Engine
from oyiflow.load.reader import read_definition
from oyiflow.model import canonical
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Definition, Text
from oyiflow.model.retention import kept_until, kept_words, read_keep
from oyiflow.testing import ManualClock
from oyiflow.words import differences, explain

TEXT = """\
process: p
title: P
roles: {sales: Sales}
form:
  coach: {title: Coach, type: text, sensitive: true, keep: 2 years}
  note:  {title: Note, type: text}
steps:
  - {do: ask, by: sales, fill: [coach, note]}
  - {do: more, by: sales}
  - {end: done}
"""
COMPANY = Company(people=(Person(name="li", title=Text(en="Li"), roles=("sales",)),))


def definition(text: str) -> Definition:
    found, wrong = read_definition(Source(name="p.yaml", text=text))
    assert found is not None, wrong
    assert canonical.loads(canonical.dumps(found)) == found
    return found


@pytest.mark.parametrize(
    ("text", "is_kept", "zh"),
    [("2 years", "2 years", "2 年"), ("1 year", "1 year", "1 年"), ("1 years", "1 year", "1 年"), ("18个月", "18 months", "18 个月"),
     ("90 天", "90 days", "90 天"), ("0 days", "", ""), ("forever", "", ""), ("2 hours", "", "")],
)  # fmt: skip
def test_a_time_is_read_in_both_languages(text: str, is_kept: str, zh: str) -> None:
    assert read_keep(text) == is_kept
    assert not zh or kept_words(is_kept, "zh") == zh


@pytest.mark.parametrize(
    ("keep", "end", "until"),
    [("2 years", date(2024, 2, 29), date(2026, 2, 28)), ("1 month", date(2026, 1, 31), date(2026, 2, 28)), ("11 months", date(2026, 2, 1), date(2027, 1, 1)),
     ("90 days", date(2026, 1, 1), date(2026, 4, 1)), ("999 years", date(9990, 1, 1), date.max)],
)  # fmt: skip
def test_a_month_that_has_no_such_day_ends_sooner(keep: str, end: date, until: date) -> None:
    assert kept_until(keep, end) == until


def test_what_has_ended_and_is_there_longer_is_listed_without_its_value() -> None:
    clock = ManualClock(datetime(2026, 1, 5, 1, tzinfo=UTC))
    with Engine(directory=COMPANY, clock=clock) as engine:
        old = definition(TEXT.replace(", keep: 2 years", ""))
        cases = [engine.start(old, actor="li").id for _ in range(3)]
        for case, values in zip(cases, ({"coach": "Wu"}, {"note": "x"}, {"coach": "Wu"}), strict=True):
            engine.complete(case, "ask", actor="li", values=values)
        for case in cases[:2]:
            engine.complete(case, "more", actor="li")
        clock.advance("800 days")
        assert engine.kept() == []
        engine.deploy(definition(TEXT))  # the latest version says it for all of them
        (one,) = engine.kept()  # the second has no such value, the third has not ended
        assert (one.instance, one.field, one.ended, one.until) == (cases[0], "coach", date(2026, 1, 5), date(2028, 1, 5))
        assert "Wu" not in repr(one)


def test_it_is_kept_on_the_last_day() -> None:
    clock = ManualClock(datetime(2026, 1, 5, 1, tzinfo=UTC))
    with Engine(directory=COMPANY, clock=clock) as engine:
        case = engine.start(definition(TEXT.replace("2 years", "10 days")), actor="li").id
        engine.complete(case, "ask", actor="li", values={"coach": "Wu"})
        engine.complete(case, "more", actor="li")
        clock.advance("10 days")
        assert engine.kept() == []
        clock.advance("1 days")
        assert [one.instance for one in engine.kept()] == [case]


def test_it_is_told_in_the_manual_and_as_a_difference() -> None:
    one, two = definition(TEXT), definition(TEXT.replace("2 years", "90 days"))
    assert "| 2 年 |" in explain(one, "zh") and "| 2 years |" in explain(one, "en")
    (change,) = differences(one, two)
    assert (change.subject, change.before.en, change.after.en) == ("field coach", "2 years", "90 days")


@pytest.mark.parametrize("wrong", ["keep: long", "keep: 2 hours", "type: list, columns: {a: {type: text, keep: 1 year}}"])
def test_what_cannot_be_kept_so(wrong: str) -> None:
    _, found = read_definition(Source(name="p.yaml", text=TEXT.replace("type: text, sensitive: true, keep: 2 years", f"type: text, {wrong}", 1).replace("type: text, type", "type")))  # fmt: skip
    assert "OF103" in {one.code for one in found}


PAPERS = TEXT.replace("coach: {title: Coach, type: text, sensitive: true, keep: 2 years}", "paper: {title: Paper, type: file, keep: 10 days}").replace(
    "fill: [coach, note]", "fill: [paper, note]").replace("do: more, by: sales", "do: more, by: sales, fill: paper")  # fmt: skip
ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def ended(engine: Engine, clock: ManualClock, text: str = PAPERS, *, second: object = None) -> str:
    """A case in which one file was given at first, and then something else or nothing; the days have passed."""
    case = engine.start(definition(text), actor="li").id
    engine.complete(case, "ask", actor="li", values={"paper": {"name": "a.pdf", "digest": ONE}})
    engine.complete(case, "more", actor="li", values={"paper": second} if second is not None else {})
    clock.advance("11 days")
    return case


def files(engine: Engine) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.field, one.files) for one in engine.kept()]


def test_a_file_that_was_replaced_or_taken_out_is_listed_too() -> None:
    clock = ManualClock(datetime(2026, 1, 5, 1, tzinfo=UTC))
    with Engine(directory=COMPANY, clock=clock) as engine:
        ended(engine, clock, second={"name": "b.pdf", "digest": TWO})
        ended(engine, clock, second="")
        ended(engine, clock, second="only a name.pdf")
        ended(engine, clock, second={"name": "another name.pdf", "digest": ONE})
        emptied = engine.instances()[1]
        assert "paper" not in emptied.data
        assert files(engine) == [
            ("paper", (ONE, TWO)),
            ("paper", (ONE,)),
            ("paper", (ONE, "only a name.pdf")),
            ("paper", (ONE,)),
        ]


def test_what_was_renamed_once_or_twice_since_is_found_by_its_latest_name() -> None:
    clock = ManualClock(datetime(2026, 1, 5, 1, tzinfo=UTC))
    once = PAPERS.replace("paper: {title", "doc: {was: paper, title").replace("paper", "doc").replace("was: doc", "was: paper")
    twice = (
        once.replace("doc: {was: paper", "scan: {was: doc")
        .replace("[doc, note]", "[scan, note]")
        .replace("fill: doc", "fill: scan")
    )
    with Engine(directory=COMPANY, clock=clock) as engine:
        case = ended(engine, clock, PAPERS.replace(", keep: 10 days", ""))
        assert files(engine) == []
        engine.deploy(definition(once))
        assert files(engine) == [("doc", (ONE,))]
        engine.deploy(definition(twice.replace("10 days", "20 days")))
        assert files(engine) == [], "the latest version says how long"
        clock.advance("10 days")
        assert files(engine) == [("scan", (ONE,))]
        assert engine.instance(case).data["paper"], "and the case has it by its old name"


def test_what_was_carried_into_another_version_is_found_where_it_was() -> None:
    clock = ManualClock(datetime(2026, 1, 5, 1, tzinfo=UTC))
    dropped = PAPERS.replace("paper: {title: Paper, type: file, keep: 10 days}", "other: {title: Other, type: text}").replace(
        "paper", "other"
    )
    with Engine(directory=COMPANY, clock=clock) as engine:
        case = engine.start(definition(PAPERS), actor="li").id
        engine.complete(case, "ask", actor="li", values={"paper": {"name": "a.pdf", "digest": ONE}})
        engine.deploy(definition(dropped))
        assert [move.moved for move in engine.migrate("p", drop_values=True)] == [True]
        engine.complete(case, "more", actor="li")
        assert "paper" not in engine.instance(case).data
        clock.advance("11 days")
        assert files(engine) == [("paper", (ONE,))]
