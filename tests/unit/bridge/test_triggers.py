"""Names of methods, and the text that tells a type checker about them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import oyiflow
from oyiflow.bridge.transitions import stub
from oyiflow.bridge.triggers import Triggers, identifier

PROCESSES = Path(__file__).parents[3] / "processes"
PROCESS = """
process: leave-request
title: {zh: 请假, en: Leave}
roles: {staff: Staff, head: Head}
form: {days: {type: int, required: true}, 事由: {type: text}, by: {type: text}, from: {type: date}}
steps:
  - {do: ask, by: staff, fill: [days, 事由, by, from]}
  - {approve: sign, by: head, rejected: ask, within: 2 days}
  - {decide: more, by: staff, cases: [{label: "Yes, please", then: ask}, {label: 否, then: done}]}
  - {end: done}
"""


@pytest.fixture
def leave(tmp_path: Path) -> oyiflow.Definition:
    (tmp_path / "leave.yaml").write_text(PROCESS, encoding="utf-8")
    return oyiflow.load(tmp_path / "leave.yaml")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("order.paid", "order_paid"),
        ("again 是", "again_是"),
        ("同意（退回）", "同意_退回"),
        ("Ａ１", "A1"),
        ("a-b", "a_b"),
        ("ﬁx", "fix"),
    ],
)
def test_a_name_is_what_python_would_compare(text: str, name: str) -> None:
    assert identifier(text) == name
    assert [node.id for node in ast.walk(ast.parse(name)) if isinstance(node, ast.Name)] == [name]


def test_answers_are_named_by_step_and_outcome(leave: oyiflow.Definition) -> None:
    assert list(Triggers(leave).by_name) == [
        "ask_done",
        "sign_approved",
        "sign_rejected",
        "more_Yes_please",
        "more_否",
        "time_passed",
    ]


def test_the_stub_tells_what_each_trigger_takes(leave: oyiflow.Definition) -> None:
    text = stub(leave)
    tree = ast.parse(text)
    [protocol] = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    methods = {node.name: node for node in protocol.body if isinstance(node, ast.FunctionDef)}
    assert protocol.name == "LeaveRequestModel"
    assert [a.arg for a in methods["ask_done"].args.kwonlyargs] == ["by", "roles", "values", "days", "事由"]
    assert ast.dump(methods["ask_done"].args) == ast.dump(methods["may_ask_done"].args)
    assert methods["time_passed"].args.kwonlyargs == []
    assert {"is_ask", "is_sign", "form"} <= methods.keys()
    assert "# 请假 Leave" in text and "审" not in text


@pytest.mark.parametrize("name", ["visit", "service", "complaint", "development"])
def test_every_stub_can_be_read(name: str) -> None:
    ast.parse(stub(oyiflow.load(PROCESSES / f"{name}.yaml")))


def test_a_class_that_inherits_from_the_stub_is_checked(leave: oyiflow.Definition, tmp_path: Path) -> None:
    (tmp_path / "leave_model.pyi").write_text(stub(leave), encoding="utf-8")
    (tmp_path / "app.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from leave_model import LeaveRequestModel\nelse:\n    LeaveRequestModel = object\n"
        "class Leave(LeaveRequestModel):\n    pass\n"
        "leave = Leave()\nleave.ask_done(by='li', days=3, 事由='病')\nleave.more_否(by='li')\nreveal_type(leave.is_ask())\n"
        "leave.ask_done(by='li', dayz=3)\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "app.py"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False).stdout
    assert 'Revealed type is "bool"' in said or 'Revealed type is "builtins.bool"' in said
    errors = [line for line in said.splitlines() if ": error:" in line]
    assert len(errors) == 1 and "dayz" in errors[0], said
