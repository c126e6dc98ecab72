"""`oyiflow db`, the other commands on a server, and `log --verify` on a journal that was touched."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from postgres_server import Server

from oyiflow.cli import main

PROCESS = """\
process: leave
title: Leave
roles: {staff: Staff, boss: Boss}
form:
  days: {type: int, required: true}
steps:
  - {do: apply, title: Apply, by: staff, fill: days}
  - {approve: review, title: Approve, by: boss, rejected: apply}
  - {end: done, title: End}
"""
COMPANY = """\
company: Ours
people:
  li: {title: Li, roles: [staff]}
  zhao: {title: Zhao, roles: [boss]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "leave.yaml").write_text(PROCESS, "utf-8")
    (tmp_path / "company.yaml").write_text(COMPANY, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OYIFLOW_LANG", "en")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_a_file_is_looked_at_and_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "status", "--db", "c.db"]) == 1
    assert "no tables of OyiFlow yet" in said(capsys) and not (folder / "c.db").exists()
    assert main(["db", "upgrade", "--db", "c.db", "--json"]) == 0
    assert json.loads(said(capsys)) == {"database": "c.db", "version": 4, "before": 0, "known": 4}
    assert main(["db", "status", "--db", "c.db"]) == 0
    assert "up to date" in said(capsys)
    db = sqlite3.connect(folder / "c.db")
    db.execute("PRAGMA user_version = 99")
    db.commit()
    db.close()
    assert main(["db", "status", "--db", "c.db"]) == 1
    assert "newer than this program" in said(capsys)


def test_a_server_from_the_empty_database_to_the_last_step(
    folder: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    url = server.url("command_line")
    assert main(["db", "status", "--db", url]) == 1
    assert main(["start", "leave.yaml", "--as", "li", "--db", url]) == 3
    assert "oyiflow db upgrade" in said(capsys)
    assert main(["db", "upgrade", "--db", url]) == 0
    assert main(["start", "leave.yaml", "--as", "li", "--db", url]) == 0
    assert main(["act", "leave-1", "apply", "--as", "li", "--set", "days=3", "--db", url]) == 0
    said(capsys)
    assert main(["inbox", "--as", "zhao", "--db", url]) == 0
    assert "leave-1" in said(capsys)
    assert main(["act", "leave-1", "review", "approve", "--as", "zhao", "--db", url]) == 0
    assert main(["work", "--db", url]) == 0
    said(capsys)
    assert main(["log", "leave-1", "--verify", "--db", url, "--json"]) == 0
    found = json.loads(said(capsys))
    assert found["journal_equals_state"] and found["sealed_from"] == 1 and found["steps"] == 3


def test_a_server_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "status", "--db", "postgresql://me:secret@localhost:1/base"]) == 3
    text = said(capsys)
    assert "cannot be reached" in text and "secret" not in text


def test_a_touched_journal_is_named_by_its_entry(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["start", "leave.yaml", "--as", "li", "--db", "c.db"]) == 0
    assert main(["act", "leave-1", "apply", "--as", "li", "--set", "days=3", "--db", "c.db"]) == 0
    assert main(["log", "leave-1", "--verify", "--db", "c.db"]) == 0
    assert "Sealed from entry 1 on" in said(capsys)
    db = sqlite3.connect(folder / "c.db")
    db.execute("UPDATE journal SET event = replace(event, '3', '30') WHERE revision = 2")
    db.commit()
    db.close()
    assert main(["log", "leave-1", "--verify", "--db", "c.db"]) == 1
    assert "from entry 2 on" in said(capsys)
