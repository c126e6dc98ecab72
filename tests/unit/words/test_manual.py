"""The manual of a process: complete, the same each time, and safe from what its author writes in titles."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from oyiflow import Definition, load
from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Text
from oyiflow.words import explain
from oyiflow.words.markdown import inline, table
from oyiflow.words.outline import outline
from oyiflow.words.speech import Speech

ROOT = Path(__file__).parents[3]
PROCESSES = sorted(path for path in (ROOT / "processes").glob("*.yaml") if path.stem not in ("company", "manual"))
SAMPLES = [*PROCESSES, ROOT / "tests/golden/words/order.yaml", ROOT / "tests/golden/words/machine.yaml"]


@cache
def loaded(path: Path) -> Definition:
    return load(path)


def read(text: str) -> Definition:
    definition, found = read_definition(Source(name="x.yaml", text=text))
    assert definition is not None, found
    return definition


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_manual_names_everything(path: Path, lang: str) -> None:
    definition = loaded(path)
    text = explain(definition, lang)
    assert text == explain(definition, lang)
    parts = [
        *definition.roles,
        *definition.fields,
        *(state for state in definition.states.values() if state.verb and state is not definition.root),
    ]
    for part in parts:
        assert inline(part.title.of(lang)) in text
    for rule in definition.rules:
        assert inline(rule.say.of(lang)) in text
    assert all(inline(example.name) in text for example in definition.examples)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_everything_inferred_is_listed_at_the_end(path: Path) -> None:
    definition = loaded(path)
    states = [state for state in definition.states.values() if state.verb]
    origins = [
        definition.origin,
        *(part.origin for part in (*definition.roles, *definition.fields, *states, *definition.rules)),
    ]
    origins += [way.origin for state in states for way in state.transitions]
    expected = sum(origin.inferred for origin in origins)
    chapter = explain(definition, "zh").partition("推定内容一览\n")[2]
    assert len(re.findall(r"^\| ", chapter, re.MULTILINE)) == (expected + 1 if expected else 0)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_an_english_manual_has_no_chinese_of_ours(path: Path) -> None:
    definition = loaded(path)
    text = explain(definition, "en")
    for words in ("【推】", "第 ", "办毕", "出处", "流程", "。"):
        count = text.count(words)
        assert count <= definition.text.count(words) * 4, f"{words} stands in the English manual {count} times"


def test_a_table_row_is_one_row_whatever_stands_in_it() -> None:
    rows = table(["a", "b"], [[inline("x | y\nz"), inline("`<b>` [l](u) *b* \\")]])
    assert rows[2] == r"| x \| y z | \`\<b>\` \[l\](u) \*b\* \\ |"


def test_underscores_are_signs_only_at_the_edge_of_a_word() -> None:
    assert inline("visit_date") == "visit_date"
    assert inline("_emphasis_") == r"\_emphasis\_"


def test_titles_are_text_and_no_markup() -> None:
    definition = read(
        "process: evil\ntitle: '# <script>alert(1)</script> | *x*'\nroles: {a: '[click](javascript:x)'}\n"
        "form: {f: {title: 'a|b', type: text}}\nsteps:\n  - {do: go, title: '**x** `y`', by: a, fill: f, makes: '|'}\n  - {end: done, title: '\u202eend'}\n"
    )  # fmt: skip
    text = explain(definition, "both")
    assert "<script>" not in text.replace("\\<script>", "")
    assert "[click]" not in text.replace("\\[click\\]", "")
    assert "\u202e" not in text
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("| ") and "a\\|b" in line]
    heads = [
        len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith(("| 编号 | 名称", "| id | title"))
    ]
    assert len(cells) == 2
    assert cells == heads


def test_lines_are_numbered_as_they_stand() -> None:
    numbers = {line.state.id: line.number for line in outline(load(ROOT / "tests/golden/words/order.yaml"))}
    assert [numbers[name] for name in ("ask", "buy", "buying", "room", "clear", "label", "pause")] == [
        "1",
        "6",
        "6.1",
        "6.2",
        "6.2.1",
        "6.2.2",
        "7",
    ]
    assert len(numbers) == 19


def test_deep_life_cycles_are_told() -> None:
    """As deep as a file may be."""
    depth = 20
    text = "process: deep\ntitle: Deep\nstates:\n"
    for level in range(depth):
        text += "    " * level + f"  - state: s{level}\n" + "    " * level + "    states:\n"
    text += "    " * depth + "  - {end: over}\n"
    definition, _ = read_definition(Source(name="deep.yaml", text=text))
    assert definition is not None
    assert f"**{'.'.join(['1'] * (depth + 1))}" in explain(definition, "en")


@pytest.mark.parametrize(
    ("condition", "zh", "en"),
    [
        ("yes", "是否为“是”", "Yes is “yes”"),
        ("yes == 否", "是否为“否”", "Yes is “no”"),
        ("not yes", "并非（是否为“是”）", "it is not true that (Yes is “yes”)"),
        ("kind == “甲”", "种类为“甲”", "Kind is “甲”"),
        ("kind in [“甲”, “乙”]", "种类为“甲”或“乙”", "Kind is “甲” or “乙”"),
        ("kind not in [“甲”, “乙”]", "种类不为“甲”或“乙”", "Kind is not “甲” or “乙”"),
        (
            "cost > 5元 and (yes or cost > 9元)",
            "金额大于 5 元，且（是否为“是”，或金额大于 9 元）",
            "Cost is more than 5 元, and (Yes is “yes”, or Cost is more than 9 元)",
        ),
        ("cost is filled", "金额已填写", "Cost is filled"),
    ],
)
def test_conditions_read_well(condition: str, zh: str, en: str) -> None:
    definition = read(
        "process: c\ntitle: C\nroles: {a: A}\nform:\n  yes: {title: {zh: 是否, en: 'Yes'}, type: bool, required: true}\n"
        "  kind: {title: {zh: 种类, en: Kind}, type: choice, of: [甲, 乙], required: true}\n  cost: {title: {zh: 金额, en: Cost}, type: money, required: true}\n"
        f"steps:\n  - {{do: ask, by: a, fill: [yes, kind, cost]}}\n  - do: x\n    by: a\n    only_when: {condition}\n  - {{end: done}}\n"
    )  # fmt: skip
    guard = definition.states["x"].only_when
    assert guard is not None
    assert Speech(definition, "zh").condition(guard) == zh
    assert Speech(definition, "en").condition(guard) == en


def test_other_processes_and_their_steps_are_called_by_their_titles() -> None:
    text = (
        "process: give\ntitle: 馈赠\nroles: {staff: 员工}\nform: {customer: {title: 客户, type: text, required: true}}\nsteps:\n"
        "  - {do: ask, title: 申请, by: staff, fill: customer}\n"
        "  - {do: hand, title: 送出, by: staff, only_while: {process: visit, at: talk, same: customer}}\n"
        "  - {call: pay, title: 报销, process: claim}\n  - {end: done, title: 结束}\n"
    )
    visit = read(
        "process: visit\ntitle: {zh: 拜访, en: Visit}\nroles: {staff: 员工}\nform: {customer: {title: 客户, type: text}}\nsteps:\n"
        "  - {do: talk, title: {zh: 洽谈, en: Talk}, by: staff, fill: customer}\n  - {end: done, title: 结束}\n"
    )
    others = {"visit": visit, "claim": replace(visit, title=Text(zh="报销单", en="Claim"))}
    zh, en = (explain(read(text), lang, others) for lang in ("zh", "en"))
    assert "流程“拜访”（“客户”相同的）处于“洽谈”期间" in zh and "启动流程“报销单”" in zh and "调用的流程有“报销单”" in zh
    assert "nly while the process “Visit” with the same “客户” is at “Talk”" in en and "the process “Claim”" in en
    assert "处于“talk”期间" in explain(read(text), "zh"), "what is not known is called by its name"
