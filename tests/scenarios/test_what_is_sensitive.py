"""Whoever may not see a value does not get it by another way: an older version, a form, a report, a failure, a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oyiflow.cli import main
from oyiflow.diagnostics import Diagnostic, Source
from oyiflow.engine import Engine
from oyiflow.engine.eventlog import as_csv, as_ocel, as_xes, events_of
from oyiflow.engine.views import NOT_SHOWN
from oyiflow.errors import EventRejected, Forbidden
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Definition, Text
from oyiflow.model.visibility import MASK
from oyiflow.testing import ManualClock

SECRET = "31415"
HEAD = "process: p\ntitle: P\nroles: {staff: Staff, head: Head, guest: Guest}\n"
FORM = "form: {salary: {type: int, sensitive: true, visible_to: head}, note: {type: text}}\n"
STEPS = "steps:\n  - {do: ask, by: staff, fill: [salary, note]}\n  - {approve: ok, by: head, rejected: ask}\n  - {end: done}\n"
ONE = HEAD + FORM + STEPS
RENAMED = ONE.replace("salary: {type", "pay: {was: salary, type").replace("[salary, note]", "[pay, note]")
DROPPED = HEAD + "form: {note: {type: text}}\n" + STEPS.replace("salary, ", "")
OPENED = ONE.replace(", sensitive: true, visible_to: head", "")
CLOSED = OPENED.replace("note: {type: text}", "note: {type: text, sensitive: true, visible_to: head}")


def read(text: str) -> tuple[Definition | None, tuple[Diagnostic, ...]]:
    found, wrong = read_definition(Source(name="p.yaml", text=text))
    return found, tuple(wrong)


def definition(text: str) -> Definition:
    found, wrong = read(text)
    assert found is not None, [(one.span.line, one.en) for one in wrong]
    return found


def engine_with(**more: Any) -> tuple[Engine, ManualClock]:
    held = {"li": ["staff"], "wang": ["head"], "zhao": ["guest"]}
    people = tuple(Person(name=name, title=Text(en=name), roles=tuple(roles)) for name, roles in held.items())
    clock = ManualClock()
    return Engine(directory=Company(people=people), clock=clock, **more), clock


def asked(engine: Engine, text: str = ONE) -> str:
    """An instance in which `ask` has been answered with the secret."""
    instance = engine.start(definition(text), actor="li").id
    engine.complete(instance, "ask", actor="li", values={"salary": int(SECRET), "note": "hello"})
    return instance


def values(engine: Engine, instance: str, viewer: str | None) -> Mapping[str, Any]:
    return engine.history(instance, viewer=viewer)[1].values


@pytest.mark.parametrize("text", [RENAMED, DROPPED, OPENED])
def test_what_was_sensitive_when_it_was_written_stays_so_in_every_later_version(text: str) -> None:
    engine, _ = engine_with()
    instance = asked(engine)
    engine.deploy(definition(text))
    assert engine.migrate("p", drop_values=True)[0].moved
    assert values(engine, instance, "zhao") == {"salary": MASK, "note": "hello"}
    assert values(engine, instance, "wang") == values(engine, instance, None) == {"salary": int(SECRET), "note": "hello"}
    history = engine.history(instance, viewer="zhao")
    events = events_of(engine.instance(instance, viewer="zhao"), engine.definition_of(instance), history)
    assert not [log for log in (as_csv(events), as_xes(events), as_ocel(events)) if SECRET in log]


def test_what_a_later_version_closes_is_closed_in_what_was_written_before() -> None:
    engine, _ = engine_with()
    instance = asked(engine, OPENED)
    assert values(engine, instance, "zhao")["note"] == "hello"
    engine.deploy(definition(CLOSED))
    assert engine.migrate("p")[0].moved
    assert values(engine, instance, "zhao") == {"salary": int(SECRET), "note": MASK}
    assert values(engine, instance, "wang")["note"] == "hello"


def test_the_way_back_by_another_name_is_followed_too() -> None:
    engine, _ = engine_with()
    renamed_open = RENAMED.replace(", sensitive: true, visible_to: head", "")
    engine.deploy(definition(ONE))
    instance = engine.start(definition(renamed_open), actor="li").id
    engine.complete(instance, "ask", actor="li", values={"pay": int(SECRET)})
    assert values(engine, instance, "zhao") == {"pay": int(SECRET)}
    assert engine.migrate("p", to=1)[0].moved
    assert values(engine, instance, "zhao") == {"pay": MASK}


def shown(engine: Engine, instance: str, person: str) -> Any:
    return next(one.value for one in engine.form(instance, "ok", person) if one.name == "salary")


def test_a_form_opens_what_it_shows_only_to_those_who_may_act() -> None:
    engine, _ = engine_with()
    see = ONE.replace("visible_to: head", "visible_to: guest").replace("by: head,", "by: head, see: salary,")
    instance = asked(engine, see)
    assert shown(engine, instance, "wang") == int(SECRET)  # may act, and is shown it
    assert shown(engine, instance, "zhao") == int(SECRET)  # may see it by role
    assert shown(engine, instance, "li") == MASK


PASSED_ON = ONE.replace("rejected: ask}", "see: salary, rejected: ask, allow: [delegate, transfer, add_signer]}").replace(
    "visible_to: head", "visible_to: boss"
)


def seers(engine: Engine, instance: str) -> set[str]:
    """Who sees the value in the form of the task; in all other places nobody does."""
    assert {str(engine.instance(instance, viewer=one).data["salary"]) for one in ("li", "wang", "zhao")} == {MASK}
    assert {str(values(engine, instance, one)["salary"]) for one in ("li", "wang", "zhao")} == {MASK}
    return {one for one in ("li", "wang", "zhao") if shown(engine, instance, one) == int(SECRET)}


@pytest.mark.parametrize("how", ["delegate", "transfer", "add_signer"])
def test_what_is_passed_on_is_seen_by_whoever_may_answer_now(how: str) -> None:
    engine, _ = engine_with()
    instance = asked(engine, PASSED_ON.replace("guest: Guest", "guest: Guest, boss: Boss"))
    assert seers(engine, instance) == {"wang"}
    engine.operate(instance, how, "ok", actor="wang", people=["zhao"])
    assert seers(engine, instance) == {"zhao"}, "not by whoever has passed it on, unless by role"
    if how != "transfer":
        engine.complete(instance, "ok", actor="zhao", comment="fine")
        assert seers(engine, instance) == {"wang"}, "it is theirs again"


REPORTS = (
    "reports:\n  - {report: many, per: salary, at_most: 1}\n  - {report: sum, total: salary, per: note, at_most: 3}\n"
    "  - {report: notes, per: note}\n  - {report: when, every: month, dated: day}\n"
)
REPORTED = (
    ONE.replace("note: {type: text}", "note: {type: text}, day: {type: date, sensitive: true, visible_to: head}") + REPORTS
)


def test_a_report_masks_people_sums_and_periods() -> None:
    engine, _ = engine_with()
    for _ in range(2):
        asked(engine, REPORTED)
    (many,) = engine.report("p", "many", viewer="zhao")
    assert (many.whose, many.value, many.right, many.instances) == (MASK, 2, False, ())
    (total,) = engine.report("p", "sum", viewer="zhao")
    assert (total.whose, total.value, total.right) == ("hello", MASK, True)
    (notes,) = engine.report("p", "notes", viewer="zhao")
    assert (notes.whose, notes.value) == ("hello", 2)
    for viewer in (None, "wang"):
        assert engine.report("p", "many", viewer=viewer)[0].whose == SECRET
        (total,) = engine.report("p", "sum", viewer=viewer)
        assert (total.value, total.right) == (2 * int(SECRET), False)


def test_a_period_that_may_not_be_seen_cannot_be_asked_for() -> None:
    engine, _ = engine_with()
    dated = REPORTED.replace("fill: [salary, note]", "fill: [salary, note, day]")
    instance = engine.start(definition(dated), actor="li").id
    engine.complete(instance, "ask", actor="li", values={"day": "2026-07-03"})
    assert [one.period for one in engine.report("p", "when", viewer="zhao")] == [MASK]
    with pytest.raises(Forbidden, match="day"):
        engine.report("p", "when", period="2026-07", viewer="zhao")
    assert [one.period for one in engine.report("p", "when", period="2026-07", viewer="wang")] == ["2026-07"]


def test_a_report_closes_what_any_version_of_its_instances_closes() -> None:
    engine, _ = engine_with()
    asked(engine, ONE)
    engine.deploy(definition(OPENED + REPORTS.partition("  - {report: when")[0]))
    assert engine.report("p", "many", viewer="zhao")[0].whose == MASK


def test_the_command_line_masks_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text(REPORTED, encoding="utf-8")
    (tmp_path / "company.yaml").write_text("company: X\npeople:\n  li: {roles: [staff]}\n", encoding="utf-8")
    main(["start", "p.yaml", "--as", "li"])
    main(["act", "p-1", "ask", "--as", "li", "--set", f"salary={SECRET}"])
    capsys.readouterr()
    assert main(["report", "p"]) == 0
    printed = capsys.readouterr().out
    assert MASK in printed and SECRET not in printed


@pytest.mark.parametrize("more", ["sensitive: true", "sensitive: true, visible_to: head"])
def test_a_column_cannot_be_sensitive_by_itself(more: str) -> None:
    column = "pays: {type: list, columns: {who: {type: text}, pay: {type: money, MORE}}}"
    found, wrong = read(ONE.replace("note: {type: text}", "note: {type: text}, " + column.replace("MORE", more)))
    assert found is None
    (one,) = wrong
    assert one.code == "OF103" and "pay" in one.en and one.fix is not None
    assert "整个字段" in one.fix.zh and "whole field" in one.fix.en
    whole = column.replace("MORE", "min: 0").replace("type: list,", f"type: list, {more},")
    assert read(ONE.replace("note: {type: text}", "note: {type: text}, " + whole))[0] is not None


FAILING = HEAD + FORM + (
    "steps:\n  - {do: ask, by: staff, fill: salary}\n  - {run: bank, handler: h, with: {v: salary}, retries: 1, failed: bad}\n"
    "  - {do: bad, by: staff}\n  - {end: done}\n"
)  # fmt: skip


def refusing(given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    raise ValueError(f"the bank refused {given}")


@pytest.mark.parametrize(
    ("text", "hides"), [(FAILING, True), (FAILING.replace(", sensitive: true, visible_to: head", ""), False)]
)
def test_what_a_program_says_of_its_failure_is_kept_from_viewers_where_there_are_secrets(text: str, hides: bool) -> None:
    engine, clock = engine_with(handlers={"h": refusing})
    instance = engine.start(definition(text), actor="li").id
    engine.complete(instance, "ask", actor="li", values={"salary": int(SECRET)})
    assert SECRET in engine.why(instance)[0].problem
    assert engine.why(instance, viewer="zhao")[0].problem == (NOT_SHOWN if hides else engine.why(instance)[0].problem)
    for _ in range(5):
        clock.advance("1 day")
        engine.run_due()
    said, seen = (engine.history(instance, viewer=viewer)[-1] for viewer in (None, "zhao"))
    assert said.kind == "call" and SECRET in said.comment
    assert seen.comment == (NOT_SHOWN if hides else said.comment)


@pytest.mark.parametrize(("more", "names_it"), [(", sensitive: true, visible_to: guest", False), ("", True)])
def test_a_refusal_does_not_name_a_sensitive_date(more: str, names_it: bool) -> None:
    engine, _ = engine_with()
    day = (datetime.now(UTC) + timedelta(days=9999)).date().isoformat()
    form = f"form: {{day: {{type: date{more}}}}}\n"
    steps = "steps:\n  - {do: ask, by: staff, fill: day}\n  - {do: pay, by: head, not_before: day}\n  - {end: done}\n"
    instance = engine.start(definition(HEAD + form + steps), actor="li").id
    engine.complete(instance, "ask", actor="li", values={"day": day})
    with pytest.raises(EventRejected) as caught:
        engine.complete(instance, "pay", actor="wang")
    assert caught.value.code == "too_early"
    assert (day in caught.value.en, day in caught.value.zh) == (names_it, names_it)
