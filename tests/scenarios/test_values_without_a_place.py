"""A case moves to a version that does not know a field that it has filled: it is told, refused unless allowed, and the way back restores it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oyiflow.cli import main
from oyiflow.diagnostics import Source
from oyiflow.engine import Engine
from oyiflow.engine.fold import replay
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Definition, Text
from oyiflow.testing import ManualClock

ONE = (
    "process: q\ntitle: Q\nroles: {staff: Staff}\nform:\n  甲: {type: text, required: true}\n  乙: {type: money, required: true}\nsteps:\n"
    "  - {do: ask, by: staff, fill: [甲, 乙]}\n  - {do: file, by: staff, fill: [乙]}\n  - {end: done}\n"
)
TWO = ONE.replace("  乙: {type: money, required: true}\n", "").replace("[甲, 乙]", "[甲]").replace(", fill: [乙]", "")
THREE = ONE.replace("title: Q", "title: Q again")
OTHER = ONE.replace("乙: {type: money, required: true}", "乙: {type: text}")
COMPANY = Company(people=(Person(name="ann", title=Text(en="ann"), roles=("staff",)),))


def definition(text: str) -> Definition:
    found, wrong = read_definition(Source(name="q.yaml", text=text))
    assert found is not None, [one.en for one in wrong]
    return found


@pytest.fixture
def engine() -> Engine:
    made = Engine(directory=COMPANY, clock=ManualClock())
    made.start(definition(ONE), actor="ann")
    made.complete("q-1", "ask", actor="ann", values={"甲": "x", "乙": 900})
    made.deploy(definition(TWO))
    return made


def test_a_value_without_a_place_keeps_the_case_on_its_version(engine: Engine) -> None:
    for rehearsal in (True, False):
        [move] = engine.migrate("q", dry_run=rehearsal)
        assert not move.moved and move.dropped == ("乙",) and [one.about for one in move.obstacles] == ["乙"]
    assert engine.instance("q-1").version == 1 and engine.instance("q-1").data["乙"] == Decimal(900)


def test_an_empty_field_is_no_loss(engine: Engine) -> None:
    engine.start("q", actor="ann", version=1)
    [_, empty] = engine.migrate("q")
    assert empty.moved and empty.dropped == ()


def test_the_way_back_brings_the_value_along(engine: Engine) -> None:
    [move] = engine.migrate("q", drop_values=True)
    assert move.moved and move.dropped == ("乙",) and dict(engine.instance("q-1").data) == {"甲": "x"}
    assert engine.replay("q-1") == engine.snapshot("q-1")
    [back] = engine.migrate("q", to=1, dry_run=True)
    assert back.moved and back.restored == ("乙",) and engine.instance("q-1").version == 2
    [back] = engine.migrate("q", to=1)
    assert back.restored == ("乙",) and dict(engine.instance("q-1").data) == {"甲": "x", "乙": Decimal(900)}
    assert engine.replay("q-1") == engine.snapshot("q-1") and engine.verify("q-1").broken_at == 0


def test_a_later_version_that_knows_the_field_again_gets_the_last_value(engine: Engine) -> None:
    engine.migrate("q", drop_values=True)
    engine.migrate("q", to=1)
    engine.deploy(definition(THREE))
    engine.migrate("q", to=2, drop_values=True)
    [move] = engine.migrate("q")
    assert move.to == 3 and move.restored == ("乙",) and engine.instance("q-1").data["乙"] == Decimal(900)
    assert engine.replay("q-1") == engine.snapshot("q-1")


def test_what_is_of_another_type_now_is_not_brought_back(engine: Engine) -> None:
    engine.migrate("q", drop_values=True)
    engine.deploy(definition(OTHER))
    [move] = engine.migrate("q")
    assert move.moved and move.restored == () and "乙" not in engine.instance("q-1").data


def test_a_journal_written_before_values_were_asked_about_still_folds(engine: Engine) -> None:
    """Its entries name neither what was dropped nor what came back."""
    engine.migrate("q", drop_values=True)
    rows = engine._store.journal("q-1")
    event = {name: part for name, part in json.loads(rows[-1].event).items() if name not in ("dropped", "restored")}
    older = [*rows[:-1], rows[-1]._replace(event=json.dumps(event))]
    assert replay(older, engine._store.instance("q-1").digest, engine._deployments.under) == engine.snapshot("q-1")  # type: ignore[union-attr]


def test_the_command_names_what_would_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("company.yaml").write_text("company: C\npeople:\n  ann: {title: Ann, roles: [staff]}\n", "utf-8")
    for number, text in enumerate((ONE, TWO), 1):
        Path(f"v{number}.yaml").write_text(text, "utf-8")

    def run(*words: str, code: int = 0) -> str:
        assert main([*words, "--db", "c.db"]) == code, capsys.readouterr()
        return capsys.readouterr().out

    run("start", "v1.yaml", "--as", "ann")
    run("act", "q-1", "ask", "--as", "ann", "--set", "甲=x", "--set", "乙=900")
    run("publish", "v2.yaml")
    told = run("migrate", "q", "--dry-run", code=1)
    assert "值会丢 values with no place: 乙" in told and "--drop-values" in told
    found: list[dict[str, Any]] = json.loads(run("migrate", "q", "--dry-run", "--json", code=1))
    assert found[0]["dropped"] == ["乙"] and not found[0]["moved"] and "乙" in found[0]["obstacles"][0]["zh"]
    assert "值会丢" in run("migrate", "q", "--dry-run", "--drop-values")
    assert "值已丢 values dropped: 乙" in run("migrate", "q", "--drop-values")
    assert "值已放回 values brought back: 乙" in run("migrate", "q", "--to", "1")
    assert json.loads(run("list", "--json"))[0]["data"]["乙"] == "900"
    run("log", "q-1", "--verify")
