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
        ("yes", "“是否”为“是”", "“Yes” is “yes”"),
        ("yes == 否", "“是否”为“否”", "“Yes” is “no”"),
        ("not yes", "并非（“是否”为“是”）", "it is not true that (“Yes” is “yes”)"),
        ("kind == “甲”", "“种类”是“甲”", "“Kind” is “甲”"),
        ("kind != “甲”", "“种类”不是“甲”", "“Kind” is not “甲”"),
        ("kind in [“甲”, “乙”]", "“种类”是“甲”或“乙”", "“Kind” is “甲” or “乙”"),
        ("kind not in [“甲”, “乙”]", "“种类”不是“甲”或“乙”", "“Kind” is not “甲” or “乙”"),
        (
            "cost > 5元 and (yes or cost > 9元)",
            "“金额”大于 5 元，且（“是否”为“是”，或“金额”大于 9 元）",
            "“Cost” is more than 5 元, and (“Yes” is “yes”, or “Cost” is more than 9 元)",
        ),
        ("cost is filled", "“金额”已填写", "“Cost” is filled"),
        ("cost is empty", "没有填“金额”", "“Cost” is empty"),
        ("in(ask)", "正处于“问‘价’”", "“Ask” is active"),
        (
            "yes is filled and kind is filled and cost is filled",
            "“是否”“种类”“金额”都已填写",
            "“Yes”, “Kind” and “Cost” are all filled",
        ),
        (
            "yes is empty or kind is empty or cost is empty",
            "“是否”“种类”“金额”有一项没有填",
            "one of “Yes”, “Kind” or “Cost” is empty",
        ),
        (
            "yes is empty and kind is empty and cost is empty",
            "没有填“是否”，且没有填“种类”，且没有填“金额”",
            "“Yes” is empty, and “Kind” is empty, and “Cost” is empty",
        ),
    ],
)
def test_conditions_read_well(condition: str, zh: str, en: str) -> None:
    definition = read(
        "process: c\ntitle: C\nroles: {a: A}\nform:\n  yes: {title: {zh: 是否, en: 'Yes'}, type: bool, required: true}\n"
        "  kind: {title: {zh: 种类, en: Kind}, type: choice, of: [甲, 乙], required: true}\n  cost: {title: {zh: 金额, en: Cost}, type: money, required: true}\n"
        f"steps:\n  - {{do: ask, title: {{zh: 问“价”, en: Ask}}, by: a, fill: [yes, kind, cost]}}\n  - do: x\n    by: a\n    only_when: {condition}\n  - {{end: done}}\n"
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


# --- what a reader stumbles over

RACE = """\
process: report
title: {zh: 月报, en: Report}
STARTS
roles: {staff: {zh: 员工, en: Staff}, head: {zh: 主管, en: Head}, buyer: {title: {zh: 客户, en: Customer}, outside: true}}
form: {sent: {title: {zh: 提交日期, en: Sent on}, type: date}, note: {title: {zh: 说明, en: Note}, type: text}}
steps:
  - together: race
    title: {zh: 赛跑, en: Race}
    until: first
    steps:
      - branch: write
        title: {zh: 写, en: Writing}
        steps:
          - {do: draft, title: {zh: 起草, en: Draft}, by: staff, who: {whoever_did: starter}, fill: note}
          - {do: send, title: {zh: 提交, en: Send}, by: staff, stamp: sent}
      - branch: limit
        title: {zh: 期限, en: Limit}
        steps:
          - {wait: fifth, title: {zh: 五号, en: The fifth}, for: day 5, on_holiday: before}
  - decide: ok
    title: {zh: 可以？, en: All right?}
    by: staff
    lane: buyer
    cases:
      - {label: {zh: 可以, en: Fine}, then: done}
      - {label: {zh: 再来, en: Again}, then: race, clear: note}
  - {end: done, title: {zh: 结束, en: End}}
"""


def race(starts: str = "") -> str:
    return RACE.replace("STARTS\n", f"starts: {starts}\n" if starts else "")


def test_a_branch_does_not_say_of_each_step_that_it_is_complete() -> None:
    zh, en = (explain(read(race()), lang) for lang in ("zh", "en"))
    steps = zh.partition("## 三、步骤\n")[2].partition("## 四、")[0]
    assert "本支到此完成" not in steps and "branch is complete" not in en.partition("## 3. ")[2].partition("## 4. ")[0]
    assert "办完那天记入“提交日期”。\n" in steps, "the sentence ends where the branch does"
    assert "有一项完成即可" in steps and "完成后，进入第 2 步" in steps, "which is what the branches are told by"


def test_a_day_of_the_month_is_waited_for_in_one_breath() -> None:
    zh, en = (explain(read(race()), lang) for lang in ("zh", "en"))
    assert "等到每月 5 日过完（遇休息日提前）。" in zh
    assert "Wait until day 5 of the month is over (the workday before, if it is a day off)." in en
    assert "| 第 1.2.1 步“五号” | 每月 5 日过完（遇休息日提前） |" in zh


def test_a_choice_in_an_outsiders_lane_follows_the_outsider() -> None:
    zh, en = (explain(read(race()), lang) for lang in ("zh", "en"))
    assert "由员工按客户的情况选择下列情形之一。" in zh and "泳道" not in zh
    assert "Chosen by Staff, as it stands with Customer." in en
    inside = explain(read(race().replace("lane: buyer", "lane: head")), "zh")
    assert "由员工选择下列情形之一（图上画在“主管”泳道）。" in inside


def test_a_flow_of_the_calendar_starts_by_itself_and_says_who_goes_on() -> None:
    assert "发起" not in explain(read(race()), "zh").partition("## 二、")[0], (
        "several branches begin at once: nothing is claimed"
    )
    own = race("{every: month, from: day 1, by: day 5, on_holiday: before, for_each: staff}")
    zh, en = (explain(read(own), lang) for lang in ("zh", "en"))
    assert "流程每月 1 日自动发起，员工每人一份，5 日前办完（含当日，遇休息日提前）；各份由本人从“起草”办起。" in zh
    assert "; each of them begins with “Draft” in their own." in en
    assert "由员工（限本人）办理" in zh and "Done by Staff (only whose case it is)" in en, "for nobody began it"
    one = explain(read(race("{every: week, from: day 2}")), "zh")
    assert "流程每周第 2 天自动发起；由员工从“起草”办起。" in one


def test_whoever_begins_a_case_is_not_told_to_be_who_began_it() -> None:
    text = (
        "process: ask\ntitle: 申请\nroles: {staff: 员工}\nform: {n: {title: 数, type: int}}\nsteps:\n"
        "  - {do: go, title: 提出, by: staff, who: {whoever_did: starter}, fill: n}\n  - {end: done}\n"
    )
    assert "由员工发起，自“提出”开始" in explain(read(text), "zh")


def test_the_end_of_a_called_process_is_called_by_its_title() -> None:
    text = (
        "process: a\ntitle: A\nroles: {staff: 员工}\nform: {n: {title: 数, type: text}}\nsteps:\n"
        "  - {call: visit, title: 去拜访, process: visit, with: {customer: n}, gives: {n: result}}\n  - {end: done, title: 完}\n"
        "examples:\n  - name: 一\n    play: [visit shelved]\n    ends: done\n"
    )
    visit = read(
        "process: visit\ntitle: 拜访\nroles: {staff: 员工}\nform: {customer: {title: {zh: 拜访对象, en: Whom}, type: text}, result: {title: 结果, type: text}}\n"
        "steps:\n  - {do: talk, by: staff, fill: [customer, result]}\n  - {end: shelved, title: {zh: 暂不办理, en: Put off}}\n"
    )
    zh, en = (explain(read(text), lang, {"visit": visit}) for lang in ("zh", "en"))
    assert "去拜访（结束于“暂不办理”）" in zh and "(ends in “Put off”)" in en
    assert "传入：“数”（对方的“拜访对象”）；取回：“数”（对方的“结果”）。" in zh
    assert "giving “数” (its “Whom”); taking back “数” (its “结果”)." in en
    same = explain(read(text.replace("title: 数", "title: 拜访对象")), "zh", {"visit": visit})
    assert "传入：“拜访对象”；" in same, "one name is said once"
    assert "结束于“shelved”" in explain(read(text), "zh"), "what is not known is called by its name"


def test_a_transition_keeps_its_label_and_an_answer_does_not_repeat_itself() -> None:
    text = (
        "process: m\ntitle: M\nroles: {staff: 员工}\nform: {n: {title: 数, type: int}}\nstates:\n"
        "  - state: one\n    title: 一\n    by: staff\n    fill: n\n    transitions:\n"
        "      - {always: true, when: n > 5, to: two, label: {zh: 没有, en: None}}\n"
        "      - {after: 3 days, to: two, label: {zh: 太久, en: Too long}}\n"
        "      - {event: submit, to: two, label: {zh: 提交, en: Submit}}\n"
        "  - {end: two, title: 完}\n"
    )
    zh, en = (explain(read(text), lang) for lang in ("zh", "en"))
    assert "| 没有（条件一成立） | “数”大于 5 |" in zh and "| None (as soon as it holds) |" in en
    assert "| 太久（满 3 天） |" in zh and "| Too long (after 3 days) |" in en
    assert "| 选“提交” |" in zh and "| the answer “Submit” |" in en and "submit" not in zh.partition("## 四、")[0]


def test_a_field_is_filled_where_it_gets_a_value_and_not_where_it_loses_it() -> None:
    for lang, place, stamped in (
        ("zh", "1.1.1 起草", "1.1.2 提交（办完时自动记）"),
        ("en", "1.1.1 Draft", "1.1.2 Send (by itself, when it is done)"),
    ):
        text = explain(read(race()), lang)
        assert re.search(rf"^\| note \| [^|]+ \| [^|]+ \| {re.escape(place)} \|", text, re.MULTILINE)
        assert re.search(rf"^\| sent \| [^|]+ \| [^|]+ \| {re.escape(stamped)} \|", text, re.MULTILINE)


def test_what_an_action_sets_is_filled_there_and_steps_with_commas_stay_apart() -> None:
    text = (
        "process: m\ntitle: M\nroles: {staff: 员工}\nform: {n: {title: 数, type: int}, t: {title: 字, type: text}}\nstates:\n"
        "  - {state: one, title: 调查、筛选, by: staff, fill: n, entry: [{set: t, value: '甲'}], transitions: [{event: next, to: two}]}\n"
        "  - {state: two, title: 二, by: staff, fill: n, entry: [{set: t, value: ''}], transitions: [{event: over, to: end}]}\n"
        "  - {end: end, title: 完}\n"
    )
    zh = explain(read(text), "zh")
    assert "| n | 数 | 整数 | 1 调查、筛选；2 二 |" in zh
    assert "| t | 字 | 单行文字 | 1 调查、筛选 |" in zh


def test_who_is_told_is_said_in_the_same_breath_whatever_the_step() -> None:
    text = (
        "process: t\ntitle: T\nroles: {staff: {zh: 员工, en: Staff}, head: {zh: 主管, en: Head}, boss: {zh: 经理, en: Boss}}\nsteps:\n"
        "  - {do: go, title: {zh: 提, en: Go}, by: staff, tell: [head, boss]}\n"
        "  - {approve: sign, title: {zh: 批, en: Sign}, by: head, rejected: go, tell: boss}\n"
        "  - together: both\n    title: {zh: 同办, en: Both}\n    steps:\n"
        "      - {do: a, title: {zh: 甲, en: A}, by: staff, tell: boss}\n      - {do: b, title: {zh: 乙, en: B}, by: head}\n"
        "  - decide: which\n    title: {zh: 哪个, en: Which}\n    by: staff\n    tell: boss\n"
        "    cases: [{label: {zh: 完, en: Over}, then: done}, {label: {zh: 再来, en: Again}, then: go}]\n"
        "  - {end: done, title: {zh: 结束, en: End}}\n"
        "rules:\n  - {say: 先提, before: sign, must: go, by: staff}\n"
    )
    zh, en = (explain(read(text), lang) for lang in ("zh", "en"))
    assert "办毕，进入第 2 步，并告知主管、经理。" in zh and "Then go on to step 2. Head and Boss are told." in en
    assert "同意的，进入第 3 步，并告知经理；退回的，转第 1 步“提”。" in zh
    assert "If approved, go on to step 3, and Boss is told; if sent back, go to step 1 “Go”." in en
    assert "由员工办理。办毕，告知经理。" in zh and "Done by Staff. Boss is told." in en, "where the branch ends"
    assert "由员工选择下列情形之一。选定后告知经理。" in zh and "Chosen by Staff. Boss is told." in en
    assert "须先经过第 1 步“提”（由员工办理）。" in zh and "step 1 “Go” must have come first (done by Staff)." in en


@pytest.mark.parametrize(
    ("cleared", "zh", "en"),
    [
        ("[f1, f2]", "，“F1”“F2”清空重填", ", with “F1” and “F2” to be filled in anew"),
        ("[f1, f2, f3, f4, f5, f6, f7]", "，除“F8”外，各栏清空重填", ", with all fields but “F8” to be filled in anew"),
        ("[f1, f2, f3, f4, f5, f6, f7, f8]", "，各栏清空重填", ", with all fields to be filled in anew"),
    ],
)
def test_a_form_that_is_emptied_is_told_by_what_is_kept(cleared: str, zh: str, en: str) -> None:
    names = [f"f{n}" for n in range(1, 9)]
    text = (
        "process: t\ntitle: T\nroles: {a: A}\nform: {"
        + ", ".join(f"{name}: {{title: {name.upper()}, type: text}}" for name in names)
        + f"}}\nsteps:\n  - {{do: go, title: Go, by: a, fill: [{', '.join(names)}]}}\n  - decide: more\n    by: a\n"
        + f"    cases: [{{label: 再, then: go, clear: {cleared}}}, {{label: 完, then: done}}]\n  - {{end: done}}\n"
    )
    assert f"转第 1 步“Go”{zh} |" in explain(read(text), "zh") and f"“Go”{en} |" in explain(read(text), "en")
