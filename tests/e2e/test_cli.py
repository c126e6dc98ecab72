"""The command line: what it prints, in which language, as JSON, and with which exit code.

Each command runs once as a process of its own; all else calls the same `main` in here, because a start of Python costs ten
times what a command does. Whatever a user gets wrong, the answer is a sentence in both languages and never a traceback.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from oyiflow.cli import main

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "check",
    "fmt",
    "new",
    "test",
    "explain",
    "diff",
    "trace",
    "draw",
    "show",
    "schema",
    "demo",
    "start",
    "inbox",
    "act",
    "send",
    "why",
    "log",
    "list",
    "work",
)

PURCHASE = """\
process: purchase
title: {zh: 采购申请, en: Purchase request}
roles:
  staff: {title: {zh: 员工, en: Staff}}
  head: {title: {zh: 主管, en: Head}}
form:
  item: {title: {zh: 物品, en: Item}, type: text, required: true}
  cost: {title: {zh: 费用, en: Cost}, type: money, min: 0, required: true}
steps:
  - {do: request, title: {zh: 申请, en: Request}, by: staff, fill: [item, cost]}
  - {approve: sign, title: {zh: 审批, en: Approve}, by: head, rejected: request}
  - {wait: goods, title: {zh: 等到货, en: Delivery}, for: delivered, within: 3 workdays, late: pass}
  - {end: done, title: {zh: 结束, en: End}}
"""
COMPANY = """\
company: {zh: 示例公司, en: Example Ltd}
people:
  lin: {title: 林晓, roles: [staff], deputy: gao}
  gao: {title: 高敏, roles: [head], deputy: lin}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Its output as data."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class House:
    """A folder with a process, a company and a database of its own."""

    folder: Path

    def __call__(self, *arguments: str, lang: str = "both", **settings: str) -> Answer:
        """A command, run in here. Whatever it raises fails the test."""
        out, err = io.StringIO(), io.StringIO()
        surroundings = mock.patch.dict(os.environ, self.settings(lang, settings), clear=True)
        with surroundings, contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(arguments)
            except SystemExit as stop:
                code = int(stop.code or 0)
        return Answer(code, out.getvalue(), err.getvalue())

    def process(self, *arguments: str, lang: str = "both", **settings: str) -> Answer:
        """A command as a process of its own."""
        command = [sys.executable, "-m", "oyiflow", *arguments]
        environment = self.settings(lang, settings)
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, encoding="utf-8", check=False)
        assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
        return Answer(done.returncode, done.stdout, done.stderr)

    def settings(self, lang: str, more: dict[str, str]) -> dict[str, str]:
        """The environment of a command, the same on every machine."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("OYIFLOW", "LC_", "LANG"))}
        return {**plain, "PYTHONPATH": str(ROOT), "LC_ALL": "C", "OYIFLOW_LANG": lang, "COLUMNS": "100", **more}

    def write(self, name: str, text: str) -> str:
        """A file in the folder."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


@pytest.fixture
def empty(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def house(empty: House) -> House:
    empty.write("purchase.yaml", PURCHASE)
    empty.write("company.yaml", COMPANY)
    return empty


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A case that waits for lin. It is only looked at, and what is tried on it is refused: nothing here moves it."""
    house = House(tmp_path_factory.mktemp("started"))
    house.write("purchase.yaml", PURCHASE)
    house.write("company.yaml", COMPANY)
    assert house.process("start", "purchase.yaml", "--as", "lin").code == 0
    return house


# --- as processes

AS_PROCESSES: dict[str, tuple[tuple[str, ...], int, str]] = {
    "check": (("check", "."), 0, "2 个文件，没有发现错误。\n"),
    "check nothing": (("check", "none.yaml"), 1, "OF010"),
    "draw": (("draw", "purchase.yaml", "-o", "-"), 0, "<svg"),
    "show": (("show", "purchase.yaml"), 0, "采购申请"),
    "schema": (("schema",), 0, "$schema"),
    "inbox": (("inbox", "--as", "lin"), 0, "request"),
    "act": (("act", "purchase-1", "request", "--as", "lin"), 1, "还没有填写"),
    "send": (("send", "purchase-1", "hello"), 1, "不接受"),
    "why": (("why", "purchase-1"), 0, "员工"),
    "log": (("log", "purchase-1"), 0, "启动"),
    "list": (("list",), 0, "进行中"),
    "list elsewhere": (("list", "--db", "none/x.db"), 3, "文件夹不存在"),
    "work": (("work",), 0, "办理了 0 项。\n"),
    "nothing": ((), 2, "usage: oyiflow"),
}


@pytest.mark.parametrize("name", AS_PROCESSES)
def test_each_command_runs_as_a_process(started: House, name: str) -> None:
    """In the plainest locale, in which Python itself would not print Chinese. (start and demo: here above and in test_demo.)"""
    arguments, code, words = AS_PROCESSES[name]
    answer = started.process(*arguments, lang="zh")
    assert answer.code == code, answer
    assert words in (answer.out if code == 0 or name.startswith("check") else answer.err)


# --- a case from its start to its end


def test_a_case_from_start_to_end(house: House) -> None:
    begun = house("start", "purchase.yaml", "--as", "lin", lang="zh")
    assert begun.code == 0
    assert begun.out.splitlines()[0] == "purchase-1  v1  进行中"
    assert "申请 [request] ← 员工 (lin)" in begun.out

    inbox = house("inbox", "--as", "lin", "--json").json()
    assert [(task["instance"], task["step"], task["people"], task["fill"]) for task in inbox] == [
        ("purchase-1", "request", ["lin"], ["item", "cost"])
    ]
    acted = house(
        "act", "purchase-1", "request", "--as", "lin", "--set", "item=打印机", "--set", "cost=1800元", "--json"
    ).json()
    assert acted["instance"]["data"] == {"item": "打印机", "cost": "1800"}
    assert [task["step"] for task in acted["tasks"]] == ["sign"]

    rejected = house("act", "purchase-1", "sign", "退回", "--as", "gao", "--comment", "太贵", lang="en")
    assert "Request [request]" in rejected.out
    assert house("act", "purchase-1", "request", "--set", "cost=1500", OYIFLOW_AS="lin").code == 0
    assert house("act", "purchase-1", "sign", "approve", "--as", "gao").code == 0

    why = house("why", "purchase-1", "--json").json()
    assert {one["what"] for one in why["waiting"]} == {"message", "timer"}
    assert house("work", lang="en").out == "0 things done.\n"
    assert "已结束 done" in house("send", "purchase-1", "delivered").out

    assert house("list", "--json").json()[0]["status"] == "done"
    assert house("list", "--status", "running", lang="en").out == "No instances.\n"
    assert house("inbox", "--as", "lin", lang="zh").out == "没有待办。\n"


def test_the_log_in_three_forms(house: House) -> None:
    house("start", "purchase.yaml", "--as", "lin", "--id", "p", "--set", "item=desk")
    house("act", "p", "request", "--as", "lin", "--set", "cost=90", "--comment", "as agreed")
    table = house("log", "p", lang="en").out.splitlines()
    assert table[0].split() == ["#", "when", "who", "step", "outcome", "values"]
    assert table[2].split()[3:] == ["lin", "Request", "done", "cost=90", "“as", "agreed”"]
    entries = house("log", "p", "--json").json()
    assert [(entry["revision"], entry["kind"], entry["actor"]) for entry in entries] == [(1, "start", "lin"), (2, "act", "lin")]
    found = house("log", "p", "--verify", "--json").json()
    head = found.pop("head")
    assert found == {"instance": "p", "steps": 2, "journal_equals_state": True, "sealed_from": 1} and len(head) == 64
    assert house("log", "p", "--verify", lang="zh").out == f"经过与现状一致。\n封印自第 1 条起完好: {head}\n"


# --- files


def test_check_says_what_is_wrong_in_the_language_asked_for(house: House) -> None:
    assert house("check", ".", lang="en").out == "2 files, no mistakes found.\n"
    house.write(
        "bad.yaml", PURCHASE.replace("rejected: request", "rejected: reqest").replace("process: purchase", "process: bad")
    )
    chinese, english = house("check", "bad.yaml", "--lang", "zh"), house("check", "bad.yaml", lang="en")
    assert (chinese.code, english.code) == (1, 1)
    assert "没有叫“reqest”的步骤" in chinese.out
    assert "there is no step" not in chinese.out
    assert "there is no step named 'reqest'" in english.out
    assert "没有叫" not in english.out
    [found] = house("check", "bad.yaml", "--json").json()
    assert (found["code"], found["line"], found["fix"]) == ("OF201", 11, "request")
    assert len(found) == 10
    warned = house.write("warned.yaml", PURCHASE.replace("roles:\n", "roles:\n  spare: {title: {zh: 空, en: Spare}}\n"))
    assert [house("check", warned).code, house("check", warned, "--strict").code] == [0, 1]


def test_draw_and_show(started: House, empty: House) -> None:
    plain = started("draw", "purchase.yaml", "--lang", "zh", "-o", "-").out
    assert plain.startswith("<")
    assert "审批" in plain
    assert "Approve" not in plain
    written = started("draw", "purchase.yaml", "--instance", "purchase-1", "-o", "case.svg", "--json")
    assert written.json()["file"] == "case.svg"
    assert (started.folder / "case.svg").read_text(encoding="utf-8") != plain
    outline = started("show", "purchase.yaml", lang="en").out
    assert [line.split()[1] for line in outline.splitlines()[2:]] == ["request", "sign", "goods", "done"]
    assert started("show", "purchase.yaml", "--json").json()["process"] == "purchase"
    lowered = empty.write("lowered.yaml", started("show", "--states", "purchase.yaml").out)
    assert empty("check", lowered).code == 0, "what `show --states` prints is a process file"


def test_schema_prints_what_is_published(empty: House) -> None:
    for kind in ("process", "company"):
        assert empty("schema", kind).out == (ROOT / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")


# --- help and wrong usage


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(empty: House, command: str) -> None:
    asked = empty(command, "--help")
    assert asked.code == 0
    assert asked.out.startswith(f"usage: oyiflow {command}")
    assert f"example:\n  oyiflow {command}" in asked.out
    assert any("\u4e00" <= char <= "\u9fff" for char in asked.out)


def test_the_help_names_all_commands(empty: House) -> None:
    asked = empty("--help")
    assert asked.code == 0
    assert all(f"\n    {command} " in asked.out for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments", [(), ("fly",), ("check",), ("act", "x"), ("check", "--speed", "x"), ("start", "purchase.yaml")]
)
def test_wrong_usage_is_two(house: House, arguments: tuple[str, ...]) -> None:
    answer = house(*arguments)
    assert answer.code == 2
    assert answer.err.startswith("usage: oyiflow")
    assert answer.out == ""


# --- refusals

REFUSED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "unknown instance": (("why", "x-1"), "没有实例 x-1", "no instance x-1"),
    "unknown instance in log": (("log", "x-1"), "没有实例", "no instance"),
    "unknown instance in act": (("act", "x-1", "request", "--as", "lin"), "没有实例", "no instance"),
    "unknown process": (("start", "nothing", "--as", "lin"), "没有发布过流程", "no process nothing"),
    "a stranger": (("start", "purchase.yaml", "--as", "nobody"), "没有这个人", "nobody is called"),
    "not one who starts": (("start", "purchase.yaml", "--as", "gao"), "不能发起", "may not start"),
    "not one who acts": (("act", "purchase-1", "request", "--as", "gao"), "不能办理", "may not act"),
    "not an open step": (("act", "purchase-1", "sign", "--as", "gao"), "现在待办的是: request", "open now: request"),
    "not an answer": (("act", "purchase-1", "request", "perhaps", "--as", "lin"), "可以答复: 完成", "allowed: done"),
    "not a field of the step": (("act", "purchase-1", "request", "--as", "lin", "--set", "colour=red"), "可填", "allowed"),
    "not a field of the form": (("start", "purchase.yaml", "--as", "lin", "--set", "colour=red"), "没有字段", "no field"),
    "not a value": (("act", "purchase-1", "request", "--as", "lin", "--set", "cost=much"), "需要金额", "an amount such as"),
    "below the minimum": (("act", "purchase-1", "request", "--as", "lin", "--set", "cost=-1"), "不能小于", "not less than"),
    "not FIELD=VALUE": (("act", "purchase-1", "request", "--as", "lin", "--set", "cost"), "字段=值", "FIELD=VALUE"),
    "a field left empty": (("act", "purchase-1", "request", "--as", "lin"), "还没有填写", "still to be filled in"),
    "not an awaited message": (("send", "purchase-1", "hello"), "不接受", "not accepted"),
    "a message for an answer": (("send", "purchase-1", "request.done"), "不能作为外部事件", "cannot be sent from outside"),
    "not an id": (("start", "purchase.yaml", "--as", "lin", "--id", "a/b"), "实例号", "an instance id"),
    "id taken": (("start", "purchase.yaml", "--as", "lin", "--id", "purchase-1"), "已被占用", "is taken"),
    "no company file": (("inbox", "--company", "none.yaml"), "没有这个文件", "no such file"),
    "a company that is none": (("inbox", "--company", "purchase.yaml"), "没有 company", "no company"),
    "draw no file": (("draw", "none.yaml"), "没有这个文件", "no such file"),
    "draw a company": (("draw", "company.yaml"), "没有流程", "no process"),
    "draw into a folder": (("draw", "purchase.yaml", "-o", "."), "写不进去", "cannot write"),
    "show no file": (("show", "none.yaml"), "没有这个文件", "no such file"),
    "demo without its processes": (("demo", "--processes", ".", "--output", "o"), "没有流程 visit", "no process 'visit'"),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_refusal_is_one_with_a_sentence_in_both_languages(started: House, mistake: str) -> None:
    arguments, zh, en = REFUSED[mistake]
    answer = started(*arguments)
    assert answer.code == 1, answer
    assert answer.err.startswith("oyiflow: ")
    assert zh in answer.err
    assert en in answer.err


def test_a_refusal_as_json_has_its_code(started: House) -> None:
    answer = started("act", "purchase-1", "request", "perhaps", "--as", "lin", "--json")
    assert answer.code == 1
    assert (answer.json()["error"], answer.json()["code"]) == ("EventRejected", "unknown_outcome")
    assert answer.json()["message_zh"]


BROKEN = {
    "not YAML": ("[a: {b", "OF010"),
    "empty": ("", "OF102"),
    "a list": ("- a\n", "OF103"),
    "binary": ("process: \0", "OF010"),
    "no steps": ("process: p\ntitle: P\nsteps: []\n", "OF301"),
    "an empty branch": ("process: p\ntitle: P\nsteps:\n  - {together: t, steps: []}\n  - {end: done}\n", "OF305"),
    "null everywhere": ("process:\ntitle:\nroles:\nform:\nsteps:\n", "OF103"),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_broken_file_is_one_with_its_code(empty: House, mistake: str) -> None:
    text, code = BROKEN[mistake]
    answer = empty("check", empty.write("broken.yaml", text))
    assert answer.code == 1, answer
    assert f"[{code}]" in answer.out


def test_files_that_are_none(house: House) -> None:
    (house.folder / "folder").mkdir()
    for path in ("none.yaml", "folder"):
        answer = house("check", path)
        assert answer.code == 1
        assert "OF010" in answer.out
    house.write("bad.yaml", PURCHASE.replace("staff, fill", "stuff, fill"))
    for command in (("draw", "bad.yaml"), ("show", "bad.yaml"), ("start", "bad.yaml", "--as", "lin")):
        answer = house(*command)
        assert answer.code == 1
        assert "oyiflow check" in answer.err, "it says how to see all mistakes"
        assert not (house.folder / "bad.svg").exists()


def test_nobody_acts_where_nobody_is_known(empty: House) -> None:
    empty.write("purchase.yaml", PURCHASE)
    for command in (("start", "purchase.yaml", "--as", "lin"), ("inbox",), ("act", "x", "y", "--as", "lin")):
        answer = empty(*command)
        assert answer.code == 1
        assert "company.yaml" in answer.err


# --- the database


def test_a_store_that_cannot_be_used_is_three(house: House) -> None:
    (house.folder / "folder").mkdir()
    house.write("notes.txt", "these are notes, and no database\n" * 100)
    for path in ("none/x.db", "notes.txt", "folder"):
        answer = house("list", "--db", path)
        assert answer.code == 3, answer
        assert answer.err.startswith("oyiflow: ")
        assert path.partition("/")[0] in answer.err
    assert (house.folder / "notes.txt").read_text(encoding="utf-8").startswith("these are notes")


def test_the_database_is_where_it_was_said(house: House) -> None:
    assert house("start", "purchase.yaml", "--as", "lin", OYIFLOW_DB="here.db").code == 0
    assert len(house("list", "--db", "here.db", "--json").json()) == 1
    assert house("list", "--json").json() == []
