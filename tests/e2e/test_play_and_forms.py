"""`oyiflow play`, `form`, `report`, `act --check --attach`: as somebody at a terminal uses them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from oyiflow.cli import main

TRIP = """\
process: trip
title: {zh: 出差, en: A trip}
roles: {staff: {title: {zh: 员工, en: Staff}}, head: {title: {zh: 主管, en: Head}}}
form:
  city: {title: {zh: 城市, en: City}, type: text, required: true}
  paper: {title: {zh: 附件, en: Paper}, type: file}
  secret: {title: {zh: 机密, en: Secret}, type: text, sensitive: true, visible_to: head}
steps:
  - {do: ask, title: {zh: 申请, en: Ask}, by: staff, fill: [city, paper, secret]}
  - {approve: sign, title: {zh: 审批, en: Sign}, by: head, rejected: ask, within: 2 days, checklist: [Tickets]}
  - {end: done, title: {zh: 结束, en: Done}}
reports:
  - {report: trips, title: {zh: 次数, en: Trips}, per: city, at_most: 1}
"""
COMPANY = "company: X\npeople:\n  ann: {roles: [staff]}\n  max: {roles: [head]}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "trip.yaml").write_text(TRIP, encoding="utf-8")
    (tmp_path / "company.yaml").write_text(COMPANY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OYIFLOW_LANG", "en")
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))


def test_a_walk_by_hand_ends_as_an_example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed(monkeypatch, "1 city=Harbin", "wait 3 days", "2", "undo", "1", "log", "example", "quit")
    assert main(["play", "trip.yaml"]) == 0
    out = capsys.readouterr().out
    assert "1. Sign [sign] approved" in out and "2. Sign [sign] rejected" in out
    assert "play: [ask: {city: Harbin}, wait: 3 days, sign], ends: done}" in out
    assert "reminded" in out


def test_what_is_not_understood_or_refused_is_said_and_the_walk_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "9", "1", "wait soon", "dance", "1 city", "1 city=Harbin")
    assert main(["play", "trip.yaml", "--lang", "en"]) == 0
    said = capsys.readouterr()
    for words in (
        "no number 9",
        "still to be filled in: city",
        "no duration",
        "'dance' is not understood",
        "must be field=value",
    ):
        assert words in said.err
    assert said.out.rstrip().splitlines()[-3].startswith("— 2026-01-05 09:00  Sign [sign]")


def test_one_person_sees_only_what_is_theirs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed(monkeypatch, "1 city=Harbin", "as max")
    assert main(["play", "trip.yaml", "--as", "ann"]) == 0
    parts = capsys.readouterr().out.split("—")
    assert "1. Ask" in parts[1] and "1." not in parts[2] and "1. Sign [sign] approved ← max" in parts[3]


def test_nobody_is_not_an_empty_list(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Made-up people walk, unless the company's are asked for; a role stands for its holder."""
    typed(monkeypatch, "as xyz", "1 city=Harbin", "as ann", "as 主管")
    assert main(["play", "trip.yaml"]) == 0
    said = capsys.readouterr()
    assert "no person or role 'xyz'; there are: staff, head" in said.err and "'ann'; there are: staff, head" in said.err
    assert "approved ← head" in said.out.split("—")[-1]
    typed(monkeypatch, "1 city=Harbin", "as head")
    assert main(["play", "trip.yaml", "--company", "company.yaml"]) == 0
    assert "approved ← max" in capsys.readouterr().out.split("—")[-1]
    assert main(["play", "trip.yaml", "--as", "xyz"]) == 1
    assert "there are: ann, max" in capsys.readouterr().err


def test_what_is_taken_back_is_played_again_by_whoever_did_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "1 city=Harbin", "as max", "2", "undo", "as", "1")
    assert main(["play", "trip.yaml", "--as", "ann"]) == 0
    said = capsys.readouterr()
    assert not said.err and "done" in said.out.split("—")[-1]


def test_a_form_a_file_and_a_checklist(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "offer.pdf").write_bytes(b"12345")
    assert main(["start", "trip.yaml", "--as", "ann"]) == 0
    assert (
        main(
            ["act", "trip-1", "ask", "--as", "ann", "--set", "city=Harbin", "--set", "secret=s", "--attach", "paper=offer.pdf"]
        )
        == 0
    )
    capsys.readouterr()
    assert main(["form", "trip-1", "sign", "--as", "max", "--json"]) == 0
    fields = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert fields["paper"]["value"]["size"] == 5 and fields["paper"]["value"]["type"] == "application/pdf"
    assert fields["secret"]["value"] == "s"
    assert main(["act", "trip-1", "sign", "approve", "--as", "max"]) == 1
    assert "still to be checked: Tickets" in capsys.readouterr().err
    assert main(["act", "trip-1", "sign", "approve", "--as", "max", "--check", "Tickets"]) == 0


def test_a_sensitive_value_stands_in_no_output_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    main(["start", "trip.yaml", "--as", "ann"])
    main(["act", "trip-1", "ask", "--as", "ann", "--set", "city=Harbin", "--set", "secret=SECRET7"])
    capsys.readouterr()
    for command in (
        ["log", "trip-1"],
        ["log", "trip-1", "--json"],
        ["list", "--json"],
        ["why", "trip-1", "--json"],
        ["inbox", "--json"],
    ):
        assert main(command) == 0
        assert "SECRET7" not in capsys.readouterr().out
    assert main(["log", "trip-1", "--as", "max"]) == 0
    assert "SECRET7" in capsys.readouterr().out


def test_a_report_says_what_stands_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "trip"]) == 0
    for number in (1, 2):
        main(["start", "trip.yaml", "--as", "ann"])
        main(["act", f"trip-{number}", "ask", "--as", "ann", "--set", "city=Harbin"])
    capsys.readouterr()
    assert main(["report", "trip"]) == 1
    assert "Trips" in (out := capsys.readouterr().out) and "≤ 1" in out and "✗" in out
    assert main(["report", "trip", "nothing"]) == 1
    assert "there are: trips" in capsys.readouterr().err
    assert main(["report", "overdue"]) == 0


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    main(["start", "trip.yaml", "--as", "ann"])
    assert main(["act", "trip-1", "ask", "--as", "ann", "--set", "city=X", "--attach", "paper=none.pdf"]) == 1
    assert "cannot be read" in capsys.readouterr().err
