"""`oyiflow export`: what it writes where, and what it says when it cannot."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from oyiflow.cli import main
from oyiflow.cli.exporting import FORMS

LEAVE = """\
process: leave
title: {zh: 请假, en: Leave}
roles: {staff: {title: {zh: 员工, en: Staff}}}
steps:
- {do: apply, title: {zh: 申请, en: Apply}, by: staff}
- {end: done, title: {zh: 结束, en: End}}
"""


@pytest.fixture
def leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "leave.yaml"
    path.write_text(LEAVE, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_written_beside_the_file(form: str, leave: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(leave), "--to", form, "--lang", "zh"]) == 0
    written = leave.with_suffix(FORMS[form][0])
    assert capsys.readouterr().out == f"已写 {written}\n"
    assert "申请" in written.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "begins"), [("a.bpmn", "<?xml"), ("a.mmd", "---"), ("a.gv", "digraph"), ("a.drawio", "<?xml"), ("a.json", "{")]
)
def test_the_ending_says_what_is_meant(name: str, begins: str, leave: Path) -> None:
    assert main(["export", str(leave), "-o", name]) == 0
    assert Path(name).read_text(encoding="utf-8").startswith(begins)


def test_direction_and_language(leave: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*options: str) -> str:
        assert main(["export", str(leave), "-o", "-", *options]) == 0
        return capsys.readouterr().out

    assert "flowchart LR" in told("--to", "mermaid", "--direction", "LR") and "flowchart TB" in told("--to", "mermaid")
    assert 'isHorizontal="true"' in told("--to", "bpmn") and 'isHorizontal="false"' in told("--to", "bpmn", "--direction", "TB")
    root = ET.fromstring(told("--to", "bpmn", "--lang", "both"))
    assert "申请\nApply" in {element.get("name") for element in root.iter()}


def test_json_says_what_was_written(leave: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(leave), "-o", "x.bpmn", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["file"], told["to"], told["process"]) == ("x.bpmn", "bpmn", "leave") and len(told["digest"]) == 64


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ((), 2, "say --to"),
        (("-o", "a.txt"), 2, "要导出成什么"),
        (("--to", "bpmn", "--engine", "dot"), 2, "--engine goes with --to dot only"),
        (("--to", "dot", "--engine", "dot"), 1, "apt install graphviz"),
        (("--to", "bpmn", "-o", "."), 1, "it is a folder"),
    ],
)
def test_what_cannot_be_done_is_said(
    options: tuple[str, ...],
    code: int,
    words: str,
    leave: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(leave.parent))
    assert main(["export", str(leave), "--lang", "both", *options]) == code
    assert words in capsys.readouterr().err


def test_a_file_with_mistakes_is_refused(leave: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leave.write_text("process: x\n", encoding="utf-8")
    assert main(["export", str(leave), "--to", "bpmn"]) == 1
    assert "oyiflow check" in capsys.readouterr().err
