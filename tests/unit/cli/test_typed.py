"""What is typed as FIELD=VALUE, at the prompt of `play` and on the command line: words, quotes, rows of a table."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from oyiflow.cli import main
from oyiflow.cli.console import told_rows
from oyiflow.cli.typed import flow, pairs_of, value_of
from oyiflow.diagnostics import Source
from oyiflow.errors import OyiFlowError
from oyiflow.load.text.nodes import plain, read
from oyiflow.model.definition import Field, Text
from oyiflow.model.values import FieldType

BUY = """\
process: buy
title: Buy
roles: {staff: Staff}
form:
  parts: {type: list, columns: {part: {type: text, required: true}, count: {title: {zh: 数量, en: Count}, type: int, required: true}}}
  note: {type: text}
steps:
  - {do: ask, by: staff, fill: [parts, note]}
  - {do: order, by: staff}
  - {end: done}
"""
TABLE = Field(name="parts", title=Text(zh="表"), type=FieldType.LIST)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a=1 b=two words", {"a": "1", "b": "two words"}),
        ('a="hello world" b=2', {"a": "hello world", "b": "2"}),
        ("a='x b=y'", {"a": "x b=y"}),
        ('a="x"y b=1', {"a": '"x"y', "b": "1"}),
        ("a=don't b=1", {"a": "don't", "b": "1"}),
        ('a="never closed', {"a": '"never closed'}),
        ("a=[{x: 1, y: b=2}, [3, 4]] c=5", {"a": "[{x: 1, y: b=2}, [3, 4]]", "c": "5"}),
        ('a=[{x: "]"}] c=5', {"a": '[{x: "]"}]', "c": "5"}),
        ("a=[1] more b=2", {"a": "[1] more", "b": "2"}),
        ("a=x\ty b=1", {"a": "x\ty", "b": "1"}),
        ("a= b=1", {"a": "", "b": "1"}),
        ("a==1", {"a": "=1"}),
        ("", {}),
    ],
)
def test_pairs(line: str, found: dict[str, str]) -> None:
    assert dict(pairs_of(line)) == found


def test_a_word_without_a_field_is_refused() -> None:
    with pytest.raises(OyiFlowError, match="'paper' must be field=value"):
        dict(pairs_of("paper"))


def test_rows_keep_every_cell_as_it_was_typed() -> None:
    assert value_of(TABLE, "[{a: 0.10, b: yes}, [007, null, '~'], z]") == [{"a": "0.10", "b": "yes"}, ["007", None, "~"], "z"]
    assert value_of(TABLE, "{a: 1}") == [{"a": "1"}]
    assert value_of(TABLE, "x\ty") == "x\ty"
    text = Field(name="note", title=Text(zh="注"), type=FieldType.TEXT)
    assert value_of(text, "[a]") == "[a]" and value_of(None, "[a]") == "[a]"
    for broken in ("[{a: 1", "[a: ", "{a: 1} x"):
        with pytest.raises(OyiFlowError, match="column: value"):
            value_of(TABLE, broken)


@pytest.mark.parametrize(
    "value", [{"a": "hello world", "b": "x: y"}, ["null", "#1", "[", 'q"', "a, b", ""], {"表": [["1", "x y"]]}, "- x"]
)
def test_what_is_written_is_read_as_the_same(value: object) -> None:
    root, wrong = read(Source(name="x", text=flow([value])))
    assert root is not None and not wrong

    def text(part: object) -> object:
        if isinstance(part, dict):
            return {name: text(one) for name, one in part.items()}
        return [text(one) for one in part] if isinstance(part, list) else str(part)

    assert text(plain(root)) == [value]


def test_rows_are_told_on_one_line() -> None:
    assert told_rows([["a", "1"], ["b", ""]]) == told_rows([{"x": "a", "y": 1}, {"x": "b", "y": None}]) == "a | 1；b"
    assert told_rows("a\t1\nb\t2") == "a | 1；b | 2" and told_rows("one\ntwo") == "one；two"
    assert told_rows(["x", "y"]) == "x、y" and told_rows("x") == "x"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "buy.yaml").write_text(BUY, encoding="utf-8")
    (tmp_path / "company.yaml").write_text("company: X\npeople: {ann: {roles: [staff]}}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OYIFLOW_DB", "b.db")
    monkeypatch.setenv("OYIFLOW_AS", "ann")
    return tmp_path


ROWS = "parts=[{part: M3 screw, count: 3}, [washer, 40]]"


def test_a_table_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["start", "buy.yaml", "--set", "parts=[{part: x, count: 1}]"]) == 0
    assert main(["act", "buy-1", "ask", "--set", "parts=[{part: x, count: 1}, {part: y}]"]) == 1
    told = capsys.readouterr().err
    assert "第 2 行，count: 必须填写" in told and "row 2, count: this field must be filled" in told
    assert main(["act", "buy-1", "ask", "--set", ROWS]) == 0
    capsys.readouterr()
    assert main(["log", "buy-1"]) == 0
    assert "parts=M3 screw | 3；washer | 40" in capsys.readouterr().out
    assert main(["act", "buy-1", "order"]) == 0


def test_a_form_shows_the_columns_with_their_types(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["start", "buy.yaml"]) == 0
    capsys.readouterr()
    assert main(["form", "buy-1", "ask", "--lang", "zh"]) == 0
    assert "list: part (text) *、count 数量 (int) *" in capsys.readouterr().out
    assert main(["form", "buy-1", "ask", "--json"]) == 0
    columns = json.loads(capsys.readouterr().out)[0]["columns"]
    assert [(one["name"], one["type"], one["required"]) for one in columns] == [("part", "text", True), ("count", "int", True)]


def test_a_table_and_quotes_in_a_walk_that_becomes_an_example(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OYIFLOW_AS")
    monkeypatch.setattr("sys.stdin", io.StringIO(f'form\n1 {ROWS} note="a: b"\nexample\n'))
    assert main(["play", "buy.yaml"]) == 0
    said = capsys.readouterr()
    assert "ask.parts  parts  list: part (text) *" in said.out and not said.err
    example = next(line for line in said.out.splitlines() if line.startswith("- {name"))
    assert 'note: "a: b"' in example
    (folder / "buy.yaml").write_text(f"{BUY}examples:\n  {example}\n", encoding="utf-8")
    assert main(["test", "buy.yaml"]) == 0, capsys.readouterr()
