"""The stored state of a case is damaged: it stands still and says why, everything else goes on, and its journal gives it back.

On every store: the damage is done to the table, beside the engine.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from postgres_server import Server

from oyiflow import load
from oyiflow.cli import main
from oyiflow.engine import Engine
from oyiflow.errors import Conflict, DamagedInstance, EventRejected, OyiFlowError
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Text
from oyiflow.store.protocol import TaskRow
from oyiflow.testing import ManualClock

PROCESS = """
process: leave
title: 请假
roles: {staff: Staff, boss: Boss}
form:
  days: {title: Days, type: int}
  why: {title: 事由, type: text}
  begins: {title: First day, type: date}
reports:
  - {report: sum, title: Sum, of: ask, total: days}
  - {report: each, title: Each, of: ask, total: days, per: starter}
steps:
  - {do: ask, title: Ask, by: staff, fill: [days, why, begins]}
  - {approve: review, title: Review, by: boss, within: 2 days, rejected: ask}
  - {end: done, title: Done}
"""
FOLLOWS = """
process: follows
title: Follows
roles: {boss: Boss}
form: {sum: {title: Sum, type: int}}
starts: {every: month, for_each: boss, figures: {process: leave, report: each, gives: {sum: value}}}
steps:
  - {do: read, title: Read, by: boss}
  - {end: done, title: Done}
"""
PEOPLE = {"li": "staff", "wang": "boss"}
COMPANY = Company(people=tuple(Person(name=name, title=Text(zh=name, en=name), roles=(role,)) for name, role in PEOPLE.items()))
BAD, GOOD = "leave-1", "leave-2"
DAMAGES = {
    "cut off": "snapshot = substr(snapshot, 1, 100)",
    "nothing": "snapshot = ''",
    "no JSON": "snapshot = 'x'",
    "a list": "snapshot = '[]'",
    "a number": "snapshot = '7'",
    "an object of something else": """snapshot = '{"a":1}'""",
    "deeper than anybody reads": f"snapshot = '{'[' * 100_000}'",
    "a step that there is not": "snapshot = replace(snapshot, '\"review\"', '\"nowhere\"')",
    "a place that there is not": "snapshot = replace(snapshot, '\"waiting\":[0]', '\"waiting\":[7]')",
    "a number for a text": "snapshot = replace(snapshot, '\"trip\"', '5')",
    "a list for a person": "snapshot = replace(snapshot, '[\"li\"]', '[[]]')",
    "no such day": "snapshot = replace(snapshot, '2026-03-01', '2026-33-01')",
    "no such field": "snapshot = replace(snapshot, '\"days\"', '\"dais\"')",
    "no such status": "status = 'asleep'",
}


class Base:
    """A database, from outside."""

    def __init__(self, url: str, server: Server | None) -> None:
        self.url, self.server = url, server

    def run(self, sql: str) -> list[tuple[object, ...]]:
        """What somebody does to it who is not this program."""
        if self.server is None:
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as db, db:
                return db.execute(sql).fetchall()
        schema = self.url.rpartition("schema=")[2]
        with psycopg.connect(self.server.plain_url, options=f"-csearch_path={schema}") as pg:
            found = pg.execute(sql)
            return found.fetchall() if found.description else []

    def damage(self, how: str, id: str = BAD) -> None:
        self.run(f"UPDATE instance SET {how} WHERE id = '{id}'")

    def rows(self) -> list[list[tuple[object, ...]]]:
        """All that a step writes."""
        asks = (
            "instance ORDER BY id",
            "journal ORDER BY instance, revision",
            "task ORDER BY instance, holder, id",
            "timer ORDER BY instance, id",
        )
        return [self.run(f"SELECT * FROM {ask}") for ask in asks]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["sqlite", "postgres"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Base:
    if request.param == "sqlite":
        return Base(f"sqlite:///{tmp_path / 'a.db'}", None)
    return Base(request.getfixturevalue("postgres"), request.getfixturevalue("server"))


@pytest.fixture
def opened(base: Base, tmp_path: Path, clock: ManualClock) -> Iterator[Callable[[], Engine]]:
    """Engines on two cases that wait for the boss."""
    (tmp_path / "leave.yaml").write_text(PROCESS, encoding="utf-8")
    logging.getLogger("oyiflow").handlers = []
    with Engine(base.url, directory=COMPANY, clock=clock) as engine:
        engine.deploy(load(tmp_path / "leave.yaml"))
        for id in (BAD, GOOD):
            engine.start("leave", actor="li", instance=id)
            engine.complete(id, "ask", actor="li", values={"days": 5, "why": "trip", "begins": "2026-03-01"})
    yield lambda: Engine(base.url, directory=COMPANY, clock=clock)
    logging.getLogger("oyiflow").handlers = []


@pytest.mark.parametrize("damage", DAMAGES)
def test_it_is_passed_over_says_why_when_asked_for_and_is_restored(
    base: Base, opened: Callable[[], Engine], clock: ManualClock, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    before = base.rows()
    base.damage(DAMAGES[damage])
    assert base.rows() != before
    with opened() as engine:
        for _ in range(2):
            assert [task.instance for task in engine.tasks(person="wang")] == [GOOD]
            assert [task.instance for task in engine.tasks()] == [GOOD]
            assert [case.id for case in engine.instances()] == [GOOD]
            assert [(line.value, line.left_out) for line in engine.report("leave", "sum")] == [(5, 1)]
        assert [BAD in record.getMessage() for record in caplog.records] == [True], "it is logged once"
        assert [(type(error), error.key) for error in engine.damaged()] == [(DamagedInstance, BAD)]
        asks = engine.instance, engine.why, engine.history, engine.snapshot, engine.definition_of
        for ask in (
            *asks,
            lambda id: engine.complete(id, "review", actor="wang"),
            lambda id: engine.form(id, "review", "wang"),
        ):
            with pytest.raises(DamagedInstance) as refused:
                ask(BAD)
            for words in (refused.value.zh, refused.value.en):
                assert BAD in words and "instance" in words and f"oyiflow db restore {BAD}" in words and "trip" not in words
        assert engine.verify(BAD).broken_at == 0, "the journal is whole all the same"
        clock.advance("3 days")
        while engine.run_due():
            pass
        assert {notice.instance for notice in engine.notices()} == {GOOD}, "deadlines of the others"
    with opened() as engine:
        assert engine.restore(BAD).status == "running"
        assert engine.damaged() == ()
    assert base.rows()[0][0] == before[0][0] and base.rows()[1][:2] == before[1][:2], "byte by byte, and the journal as it was"
    with opened() as engine:
        while engine.run_due():
            pass
        assert {notice.instance for notice in engine.notices()} == {BAD, GOOD}, "what was held up is made up for"
        assert engine.complete(BAD, "review", actor="wang").status == "done"
        assert engine.replay(BAD) == engine.snapshot(BAD) and engine.verify(BAD).broken_at == 0


def test_tasks_and_deadlines_that_are_gone_or_wrong_are_written_anew_too(base: Base, opened: Callable[[], Engine]) -> None:
    before = base.rows()
    base.damage(DAMAGES["nothing"])
    base.run(f"DELETE FROM timer WHERE instance = '{BAD}'")
    base.run(f"UPDATE task SET holder = 'staff', step = 'nowhere' WHERE instance = '{BAD}'")
    with opened() as engine:
        engine.restore(BAD)
    assert base.rows() == before


def test_what_is_not_damaged_is_not_restored(base: Base, opened: Callable[[], Engine]) -> None:
    before = base.rows()
    with opened() as engine:
        with pytest.raises(EventRejected) as refused:
            engine.restore(BAD)
        assert refused.value.code == "not_damaged"
        with pytest.raises(OyiFlowError, match="no instance nobody"):
            engine.restore("nobody")
    assert base.rows() == before


@pytest.mark.parametrize(
    "touch",
    [
        "UPDATE journal SET event = replace(event, 'trip', 'trap') WHERE revision = 2",
        "DELETE FROM journal WHERE revision = 2",
        "UPDATE instance SET head = 'no seal'",
        "UPDATE instance SET revision = 3",
    ],
)
def test_a_journal_that_is_touched_restores_nothing(base: Base, opened: Callable[[], Engine], touch: str) -> None:
    base.damage(DAMAGES["cut off"])
    base.run(touch)
    before = base.rows()
    with opened() as engine, pytest.raises(DamagedInstance) as refused:
        engine.restore(BAD)
    assert "journal" in refused.value.en and "经过从第" in refused.value.zh
    assert base.rows() == before


def test_whoever_has_it_in_memory_mends_it_by_the_next_step(base: Base, opened: Callable[[], Engine]) -> None:
    with opened() as engine:
        engine.instance(BAD)
        base.damage(DAMAGES["no JSON"])
        assert [error.key for error in engine.damaged()] == [BAD], "what is stored counts, not what is in memory"
        assert engine.complete(BAD, "review", actor="wang").status == "done"
        assert engine.damaged() == ()


@pytest.mark.parametrize("base", ["postgres"], indirect=True)
def test_a_step_that_another_process_takes_meanwhile_is_not_undone(base: Base, opened: Callable[[], Engine]) -> None:
    with opened() as warm, opened() as engine:
        warm.instance(BAD)
        base.damage(DAMAGES["no JSON"])
        look = engine._store.tasks

        def later(holders: Iterable[str] | None = None) -> Sequence[TaskRow]:
            warm.complete(BAD, "review", actor="wang")
            return look(holders)

        engine._store.tasks = later  # type: ignore[method-assign]  # the last look before it writes
        with pytest.raises(Conflict):
            engine.restore(BAD)
        assert warm.instance(BAD).status == "done" and engine.damaged() == ()


def test_a_case_that_has_moved_to_another_version_is_restored_there(
    base: Base, opened: Callable[[], Engine], tmp_path: Path
) -> None:
    (tmp_path / "leave.yaml").write_text(PROCESS.replace("Review", "Look"), encoding="utf-8")
    with opened() as engine:
        engine.deploy(load(tmp_path / "leave.yaml"))
        assert [move.moved for move in engine.migrate("leave", actor="wang", instance=BAD)] == [True]
    before = base.rows()
    for how in ("substr(snapshot, 1, 20)", "replace(snapshot, substr(snapshot, 28, 10), 'ffffffffff')"):  # inside of its digest
        base.damage(f"snapshot = {how}")
        assert base.rows() != before
        with opened() as engine:
            assert [case.id for case in engine.instances()] == [GOOD] and len(engine.damaged()) == 1
            assert engine.restore(BAD).version == 2
        assert base.rows() == before


def test_a_report_of_which_everything_is_left_out_says_so(opened: Callable[[], Engine], base: Base) -> None:
    for id in (BAD, GOOD):
        base.damage(DAMAGES["nothing"], id)
    with opened() as engine:
        assert [(line.report, line.value, line.left_out) for line in engine.report("leave")] == [("sum", 0, 2), ("each", 0, 2)]
        engine.restore(BAD)
        assert [(line.value, line.left_out) for line in engine.report("leave")] == [(5, 1), (5, 1)]
        engine.restore(GOOD)
        assert [(line.value, line.left_out) for line in engine.report("leave")] == [(10, 0), (10, 0)]


def test_figures_that_would_leave_it_out_start_nothing(
    opened: Callable[[], Engine], base: Base, clock: ManualClock, tmp_path: Path
) -> None:
    (tmp_path / "follows.yaml").write_text(FOLLOWS, encoding="utf-8")
    with opened() as engine:
        engine.deploy(load(tmp_path / "follows.yaml"))
        base.damage(DAMAGES["nothing"])
        clock.advance("40 days")
        engine.run_due()
        assert not engine.instances(process="follows")
        engine.restore(BAD)
        engine.run_due()
        assert [len(engine.instances(process="follows"))] == [1]


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)  # a server lets nobody write such a text
def test_half_a_character_does_not_keep_the_others_from_being_read(opened: Callable[[], Engine], base: Base) -> None:
    base.run(f"UPDATE instance SET snapshot = snapshot || CAST(x'e4b8' AS TEXT) WHERE id = '{BAD}'")
    with opened() as engine:
        assert [case.id for case in engine.instances()] == [GOOD]
        engine.restore(BAD)
        assert [case.id for case in engine.instances()] == [BAD, GOOD]


def test_the_commands(base: Base, opened: Callable[[], Engine], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company = tmp_path / "company.yaml"
    company.write_text(
        "company: X\npeople: {li: {title: li, roles: [staff]}, wang: {title: wang, roles: [boss]}}\n", encoding="utf-8"
    )
    db = base.url if base.server is not None else base.url.removeprefix("sqlite:///")
    place = ["--db", db, "--lang", "en"]
    people = [*place, "--company", str(company)]

    def run(*words: str) -> tuple[int, str, str]:
        code = main([*words, *(place if words[0] == "db" else people)])
        said = capsys.readouterr()
        return code, said.out, said.err

    base.damage(DAMAGES["cut off"])
    for words in (["inbox", "--as", "wang"], ["list"], ["events", "--process", "leave"], ["work"]):
        code, out, err = run(*words)
        assert code == 0 and "Traceback" not in err and BAD not in out, words
        assert err.count(f"case {BAD} is damaged") == (words != ["work"]), words
    code, out, err = run("report", "leave", "--json")
    assert code == 0 and [line["left_out"] for line in json.loads(out)] == [1, 1]
    for words in (["why", BAD], ["log", BAD]):
        code, out, err = run(*words, "--json")
        assert code == 1 and json.loads(out)["error"] == "DamagedInstance"
        assert f"oyiflow db restore {BAD}" in err
    code, out, err = run("log", BAD, "--verify")
    assert code == 1 and "Sealed from entry 1 on" in out and f"case {BAD} is damaged" in err
    code, out, err = run("log", BAD, "--verify", "--json")
    found = json.loads(out)
    assert code == 1 and found["journal_equals_state"] is False and found["sealed_from"] == 1 and found["steps"] == 2
    assert found["error"] == "DamagedInstance" and BAD in found["message_zh"] and BAD in found["message_en"]
    code, out, err = run("db", "restore", BAD)
    assert (code, out) == (0, f"{BAD}: restored from its journal, as of step 2\n")
    assert run("log", BAD, "--verify")[0] == 0
    code, out, err = run("db", "restore", BAD, "--json")
    assert code == 1 and json.loads(out)["code"] == "not_damaged"
    base.damage(DAMAGES["cut off"])
    base.run("UPDATE journal SET actor = 'zhao' WHERE revision = 1")
    code, out, err = run("log", BAD, "--verify")
    assert code == 1 and "from entry 1 on" in err and "the stored state is damaged as well" in err
    assert run("db", "restore", BAD)[0] == 1
    assert run("db", "restore")[0] == 2 and run("db", "status", BAD)[0] == 2
