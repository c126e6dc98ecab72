"""A definition that is damaged in the store: its own cases stand still, everything else goes on, and it is told once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from samples import COMPANY, approval

from oyiflow.cli import main
from oyiflow.engine import Engine
from oyiflow.errors import DamagedDefinition
from oyiflow.model.definition import Definition, Figures, Report, Schedule, Text
from oyiflow.testing import ManualClock

DAMAGES = {
    "cut off": "UPDATE definition SET content = substr(content, 1, 100) WHERE name = 'bad'",
    "no JSON": "UPDATE definition SET content = 'x' WHERE name = 'bad'",
    "another one": "UPDATE definition SET content = replace(content, 'boss', 'staff') WHERE name = 'bad'",
    "of the future": "UPDATE definition SET content = replace(content, '\"format\":1', '\"format\":99') WHERE name = 'bad'",
    "nothing": "UPDATE definition SET content = '' WHERE name = 'bad'",
    "gone": "DELETE FROM definition WHERE name = 'bad'",
}
REPORT = Report(name="sum", title=Text(zh="合计", en="sum"), total="amount")


def named(name: str) -> Definition:
    """An approval within two days, of which there is a report, and of which one field is not kept for long."""
    made = replace(approval(), name=name, reports=(REPORT,))
    return replace(made, fields=tuple(replace(one, keep="30 days" if one.name == "amount" else "") for one in made.fields))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


@pytest.fixture(params=DAMAGES)
def opened(request: pytest.FixtureRequest, file: Path, clock: ManualClock) -> Callable[[], Engine]:
    """Engines on a file where `bad`, which is damaged, and `good` have a case each that waits for the boss, and one that has ended."""
    url = f"sqlite:///{file}"
    with Engine(url, directory=COMPANY, clock=clock) as engine:
        for name in ("bad", "good"):
            engine.deploy(named(name))
            for _ in range(2):
                case = engine.start(name, actor="李").id
                engine.complete(case, "apply", actor="李", values={"amount": "5"})
            engine.complete(case, "review", actor="王")
    db = sqlite3.connect(file)
    db.execute(DAMAGES[request.param])
    db.commit()
    db.close()
    return lambda: Engine(url, directory=COMPANY, clock=clock)


def test_lists_and_reports_of_all_others_go_on(opened: Callable[[], Engine], clock: ManualClock) -> None:
    with opened() as engine:
        assert [task.instance for task in engine.tasks(person="王")] == ["good-1"]
        assert [task.instance for task in engine.tasks()] == ["good-1"]
        assert [case.id for case in engine.instances()] == ["good-1", "good-2"]
        assert [line.value for line in engine.report("good", "sum")] == [10]
        assert [move.instance for move in engine.migrate("good", actor="钱", dry_run=True)] == []
        clock.advance("40 days")
        assert [task.instance for task in engine.overdue()] == ["good-1"]
        assert [value.instance for value in engine.kept()] == ["good-2"]


def test_timers_of_all_others_fire(opened: Callable[[], Engine], clock: ManualClock) -> None:
    with opened() as engine:
        clock.advance("3 days")
        while engine.run_due():
            pass
        assert {notice.instance for notice in engine.notices()} == {"good-1"}
        assert engine.complete("good-1", "review", actor="王").status == "done"


def test_its_own_cases_stand_still_and_say_why(opened: Callable[[], Engine], caplog: pytest.LogCaptureFixture) -> None:
    digest = named("bad").digest
    with opened() as engine:
        for ask in (
            engine.instance,
            engine.why,
            engine.history,
            engine.snapshot,
            lambda id: engine.complete(id, "review", actor="王"),
        ):
            with pytest.raises(DamagedDefinition) as refused:
                ask("bad-1")
            assert digest in refused.value.zh and "oyiflow publish" in refused.value.zh
            assert digest in refused.value.en and "oyiflow publish" in refused.value.en
        assert not caplog.records
        for _ in range(2):
            engine.instances()
            engine.tasks(person="王")
        assert [digest in record.getMessage() for record in caplog.records] == [True], "it is logged once"


def test_publishing_the_same_again_puts_it_right(opened: Callable[[], Engine], clock: ManualClock) -> None:
    with opened() as engine:
        engine.instances()
        published = engine.deploy(named("bad"))
        assert (published.name, published.version, published.digest) == ("bad", 1, named("bad").digest)
        assert not engine.damaged()
        clock.advance("3 days")
        while engine.run_due():
            pass
        assert {notice.instance for notice in engine.notices()} == {"bad-1", "good-1"}, "what was held up is made up for"
        assert engine.complete("bad-1", "review", actor="王").status == "done"
        assert engine.verify("bad-1").broken_at == 0 and engine.replay("bad-1") == engine.snapshot("bad-1")
    with opened() as other:
        assert [case.status for case in other.instances()] == ["done", "done", "running", "done"]


def test_other_content_puts_nothing_right(opened: Callable[[], Engine]) -> None:
    with opened() as engine:
        engine.deploy(replace(named("bad"), reports=()))
        assert [case.id for case in engine.instances()] == ["good-1", "good-2"]


def test_figures_that_would_leave_cases_out_start_nothing(
    opened: Callable[[], Engine], clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    gives = (("amount", "value"),)
    with opened() as engine:
        for name in ("bad", "good"):
            figures = Figures(process=name, report="sum", gives=gives)
            starts = Schedule(every="month", for_each="boss", figures=figures)
            engine.deploy(replace(named(f"after_{name}"), starts=starts))
        clock.advance("40 days")
        engine.run_due()
        begun = {case.process for case in engine.instances()} - {"good"}
        assert begun == {"after_good"}
        assert any("after_bad" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_command_tells_of_it_on_stderr(
    opened: Callable[[], Engine], file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    company = tmp_path / "company.yaml"
    company.write_text("company: X\npeople: {王: {title: 王, roles: [boss]}}\n", encoding="utf-8")
    assert main(["inbox", "--as", "王", "--db", str(file), "--company", str(company), "--lang", lang]) == 0
    said = capsys.readouterr()
    assert "good-1" in said.out and "bad-1" not in said.out
    assert said.err.count(named("bad").digest) == 1
    assert ("已损坏" in said.err) == (lang == "zh") and ("is damaged" in said.err) == (lang == "en")
    assert main(["why", "bad-1", "--db", str(file), "--company", str(company), "--lang", lang]) == 1
    assert named("bad").digest in capsys.readouterr().err


def test_the_command_that_publishes_says_that_it_has_put_it_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    process, file = tmp_path / "leave.yaml", tmp_path / "b.db"
    process.write_text(
        "process: leave\ntitle: Leave\nroles: {staff: Staff}\nsteps:\n  - {do: ask, title: Ask, by: staff}\n  - {end: done}\n",
        encoding="utf-8",
    )
    publish = ["publish", str(process), "--db", str(file), "--lang", "en"]
    told = []
    for number in range(4):
        if number == 2:
            with sqlite3.connect(file) as db:
                db.execute("UPDATE definition SET content = '' WHERE name = 'leave'")
            db.close()
        assert main(publish) == 0
        told.append(capsys.readouterr().out)
    assert told == [f"leave  v1  {words}\n" for words in ("published", "published before", "put right", "published before")]
