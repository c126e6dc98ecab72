"""A kept calendar that is damaged in the store: cases go on, a replay says which calendar it is, publishing puts it right."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from oyiflow.cli import main

PROCESS = (
    "process: leave\ntitle: Leave\nroles: {staff: Staff}\nsteps:\n  - {do: ask, by: staff, within: 3 workdays}\n"
    "  - {do: file, by: staff}\n  - {end: done}\n"
)
COMPANY = "company: C\ncalendar: cn\npeople: {ann: {title: Ann, roles: [staff]}}\n"
DAMAGES = {
    "cut off": "UPDATE definition SET content = substr(content, 1, 100) WHERE name = '@cn'",
    "no JSON": "UPDATE definition SET content = 'x' WHERE name = '@cn'",
    "nothing": "UPDATE definition SET content = '' WHERE name = '@cn'",
    "another one": "UPDATE definition SET content = replace(content, '2026-10-01', '2026-10-09') WHERE name = '@cn'",
    "no calendar": "UPDATE definition SET content = '[]' WHERE name = '@cn'",
    "gone": "DELETE FROM definition WHERE name = '@cn'",
}


@pytest.fixture(params=DAMAGES)
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """Here is a case that has counted by a calendar which is damaged since; the way in which it is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OYIFLOW_DB", "c.db")
    for name, text in (("leave", PROCESS), ("company", COMPANY)):
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    assert main(["start", "leave.yaml", "--as", "ann"]) == 0
    assert main(["log", "leave-1", "--verify"]) == 0
    with sqlite3.connect("c.db") as db:
        assert db.execute(DAMAGES[request.param]).rowcount == 1
    db.close()
    capsys.readouterr()
    return str(request.param)


@pytest.mark.parametrize("mend", [["publish", "leave.yaml"], ["start", "leave.yaml", "--as", "ann"]])
def test_a_replay_says_so_and_publishing_puts_it_right(
    folder: str, mend: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["act", "leave-1", "ask", "--as", "ann"]) == 0, "the case goes on"
    if folder == "gone":  # a step has put it back
        return
    capsys.readouterr()
    assert main(["log", "leave-1", "--verify"]) == 1
    told = capsys.readouterr().err
    assert "存储的日历 cn 已损坏" in told and "the stored calendar cn is damaged" in told and "不一致" not in told
    assert main([*mend, "--lang", "en"]) == 0
    assert ("put right" in capsys.readouterr().out) == (mend[0] == "publish")
    assert main(["log", "leave-1", "--verify"]) == 0


def test_one_that_is_gone_is_told_too(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "leave-1", "--verify"]) == 1
    assert "存储的日历" in capsys.readouterr().err
    assert main(["publish", "leave.yaml"]) == 0
    assert main(["log", "leave-1", "--verify"]) == 0
