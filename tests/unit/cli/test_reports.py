"""`oyiflow report`: the column of what is due by now, who is behind, and `report kept`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oyiflow.cli import main
from oyiflow.engine import Engine
from oyiflow.engine.spans import pro_rata
from oyiflow.load.catalog import read_catalog
from oyiflow.model.calendar import PLAIN_WEEK

TEXT = """\
process: p
title: P
roles: {sales: Sales}
form: {day: {title: Day, type: date}, coach: {title: Coach, type: text, keep: 1 day}}
steps:
  - {do: go, by: sales, fill: [day, coach]}
  - {end: done}
reports:
  - {report: trips, title: {zh: 次数, en: Trips}, every: month, dated: day, per: starter, at_least: 100}
"""
PEOPLE = "company: C\npeople:\n  li: {title: Li, roles: [sales]}\n  mo: {title: Mo, roles: [sales]}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OYIFLOW_LANG", "en")
    (tmp_path / "p.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "company.yaml").write_text(PEOPLE, encoding="utf-8")
    return tmp_path


def test_the_running_period_has_a_column_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    today = PLAIN_WEEK.today(datetime.now(UTC))
    assert main(["start", "p.yaml", "--as", "li"]) == 0
    assert main(["act", "p-1", "go", "--as", "li", "--set", f"day={today}"]) == 0
    capsys.readouterr()
    assert main(["report", "p"]) == 1
    shown, due = capsys.readouterr().out, pro_rata(100, "month", today)
    assert "by now" in shown and shown.count(f"≥ {due} ") == 2
    assert shown.count("behind") == sum(value < due for value in (1, 0))
    assert main(["report", "p", "--json"]) == 1
    lines = json.loads(capsys.readouterr().out)
    assert [(one["whose"], one["due"], one["behind"], one["right"]) for one in lines] == [
        ("li", due, due > 1, False), ("mo", due, due > 0, False)]  # fmt: skip


def test_a_period_that_is_over_has_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["start", "p.yaml", "--as", "li"]) == 0
    assert main(["act", "p-1", "go", "--as", "li", "--set", "day=2020-02-03"]) == 0
    capsys.readouterr()
    assert main(["report", "p"]) == 1
    shown = capsys.readouterr().out
    assert "by now" not in shown and shown.count("✗") == 2


def test_what_is_kept_too_long_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company = read_catalog([folder]).company
    past = datetime.now(UTC) - timedelta(days=5)
    with Engine(f"sqlite:///{folder / 'oyiflow.db'}", directory=company, clock=lambda: past) as engine:
        case = engine.start(read_catalog([folder]).definitions["p"], actor="li").id
        engine.complete(case, "go", actor="li", values={"coach": "Wu Feng"})
    assert main(["report", "kept"]) == 1
    shown = capsys.readouterr().out
    assert "Coach [coach]" in shown and case in shown and "Wu Feng" not in shown
    assert main(["report", "kept", "--json"]) == 1
    assert [one["field"] for one in json.loads(capsys.readouterr().out)] == ["coach"]
    (folder / "p.yaml").write_text(TEXT.replace("1 day", "9 years"), encoding="utf-8")
    assert main(["publish", "p.yaml"]) == 0
    assert main(["report", "kept"]) == 0
