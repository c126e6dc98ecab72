"""`oyiflow events`: logs that process mining reads, without anything that the viewer may not see."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from oyiflow.cli import main

TRIP = """\
process: trip
title: A trip
roles: {staff: Staff, head: Head}
form: {city: {type: text, required: true}, secret: {type: text, sensitive: true, visible_to: head}}
steps:
  - {do: ask, title: Ask, by: staff, fill: [city, secret]}
  - {approve: sign, title: Sign, by: head, rejected: ask}
  - {end: done}
"""
XES = "{http://www.xes-standard.org/}"


@pytest.fixture(autouse=True)
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OYIFLOW_LANG", "en")
    (tmp_path / "trip.yaml").write_text(TRIP, encoding="utf-8")
    (tmp_path / "company.yaml").write_text(
        "company: X\npeople:\n  ann: {roles: [staff]}\n  max: {roles: [head]}\n", encoding="utf-8"
    )
    for _ in range(2):
        main(["start", "trip.yaml", "--as", "ann"])
    main(["act", "trip-1", "ask", "--as", "ann", "--set", 'city==1+1 <&"', "--set", "secret=SECRET7"])
    main(["act", "trip-1", "sign", "reject", "--as", "max", "--comment", "=HYPERLINK(1)"])
    capsys.readouterr()


def text(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["events", *arguments]) == 0
    return capsys.readouterr().out


def test_csv_has_a_line_per_event_and_no_formulas(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(text(capsys, "--to", "csv"))))
    assert [(row["case:concept:name"], row["concept:name"], row["org:resource"]) for row in rows] == [
        ("trip-1", "发起 start", "ann"), ("trip-1", "Ask", "ann"), ("trip-1", "Sign", "max"), ("trip-2", "发起 start", "ann")]  # fmt: skip
    assert rows[2]["comment"] == "'=HYPERLINK(1)"


def test_xes_is_a_trace_per_case(capsys: pytest.CaptureFixture[str]) -> None:
    log = ElementTree.fromstring(text(capsys, "--to", "xes"))
    traces = log.findall(f"{XES}trace")
    assert [len(trace.findall(f"{XES}event")) for trace in traces] == [3, 1]
    values = {one.get("key"): one.get("value") for one in traces[0].findall(f"{XES}event")[1]}
    assert values["concept:name"] == "Ask" and values["value:city"] == '=1+1 <&"'


def test_ocel_relates_events_to_cases_and_people(capsys: pytest.CaptureFixture[str]) -> None:
    log = json.loads(text(capsys, "--to", "ocel"))
    assert {one["id"] for one in log["objects"]} == {"trip-1", "trip-2", "person:ann", "person:max"}
    assert log["events"][2]["relationships"] == [
        {"objectId": "trip-1", "qualifier": "case"}, {"objectId": "person:max", "qualifier": "actor"}]  # fmt: skip
    known = {kind["name"] for kind in log["eventTypes"]}
    assert {one["type"] for one in log["events"]} <= known


@pytest.mark.parametrize("kind", ["csv", "xes", "ocel"])
def test_nobody_reads_what_is_sensitive(kind: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "SECRET7" not in text(capsys, "--to", kind)
    assert "SECRET7" in text(capsys, "--to", kind, "--as", "max")
    assert "2 events" not in text(capsys, "--to", kind, "-o", "out.txt")
    assert "SECRET7" not in (tmp_path / "out.txt").read_text(encoding="utf-8")
