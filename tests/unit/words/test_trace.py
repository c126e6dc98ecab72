"""The trace of articles and processes: how each article stands, what is told, what `oyiflow trace` prints, what OF804 reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oyiflow import check
from oyiflow.cli import main
from oyiflow.words.trace import Trace, as_data, told, trace

MANUAL = """\
manual: {zh: 采购办法, en: Purchasing}
articles:
  - {id: 第1条, title: 目的, carried_by: text, reason: {zh: 只说明目的, en: Purpose only}}
  - {id: 第4条, title: 审批}
  - {id: 第5条, title: 下单}
  - {id: 第5条(1), title: 期限, parent: 第5条}
  - {id: 第5条(2), title: 供方, parent: 第5条}
  - {id: 第13条, title: 缺, missing: true}
  - {id: 第14条, title: 申请}
"""
PROCESS = """\
process: purchase
title: 采购
source: 《采购办法》第14条：申请
roles:
  staff: {title: 员工, source: 第14条}
  head: 主管
form:
  cost: {title: 金额, type: money, required: true, inferred: true}
steps:
  - {do: request, title: 申请, by: staff, fill: cost, source: 第14条}
  - decide: dear
    title: 金额大
    inferred: true
    cases:
      - {label: 是, when: cost > 100, then: sign, source: 第14条, inferred: true}
      - {label: 否, otherwise: order}
  - {approve: sign, title: 审批, by: head, rejected: request, source: 《差旅办法》第4条}
  - {do: order, title: 下单, by: staff, source: 第5条(1), inferred: true}
  - {end: done, title: 结束, inferred: true}
rules:
  - {say: 不得自批, different_people: [request, sign], inferred: true}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "manual.yaml").write_text(MANUAL, encoding="utf-8")
    (tmp_path / "purchase.yaml").write_text(PROCESS, encoding="utf-8")
    return tmp_path


def traced(folder: Path) -> Trace:
    found = check([folder])
    assert found.manual is not None and not found.failed
    return trace(found.manual, found.definitions.values())


def change(folder: Path, old: str, new: str) -> None:
    path = folder / ("purchase.yaml" if old in PROCESS else "manual.yaml")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def warnings(folder: Path) -> list[str]:
    return [f"{Path(d.span.file).name}:{d.span.line} {d.code} {d.severity} {d.zh}" for d in check([folder]).diagnostics]


def test_how_each_article_stands(folder: Path) -> None:
    rows = {row.article.id: row for row in traced(folder).rows}
    assert {name: row.status for name, row in rows.items()} == {
        "第1条": "text", "第4条": "open", "第5条": "parts", "第5条(1)": "carried", "第5条(2)": "open", "第13条": "missing", "第14条": "carried",
    }  # fmt: skip
    assert [(one.kind, one.id) for one in rows["第14条"].carriers] == [
        ("process", "purchase"), ("role", "staff"), ("step", "request"), ("case", "dear → sign"),
    ]  # fmt: skip
    assert rows["第5条(1)"].only_inferred and not rows["第14条"].only_inferred and not rows["第4条"].only_inferred


def test_every_element_is_there_once(folder: Path) -> None:
    found = traced(folder)
    assert [(one.kind, one.id) for one in found.elements] == [
        ("process", "purchase"), ("role", "staff"), ("role", "head"), ("field", "cost"), ("step", "request"), ("decision", "dear"),
        ("case", "dear → sign"), ("step", "sign"), ("step", "order"), ("step", "done"), ("rule", "1"),
    ]  # fmt: skip
    assert [one.id for one in found.unsourced] == ["head"]
    assert [one.id for one in found.inferred] == ["cost", "dear", "dear → sign", "order", "done", "1"]
    assert found.unknown == ()


def test_transitions_of_a_life_cycle_are_elements(tmp_path: Path) -> None:
    (tmp_path / "manual.yaml").write_text("manual: m\narticles: [{id: '1', title: t}, {id: '2', title: t}]\n", encoding="utf-8")
    (tmp_path / "life.yaml").write_text(
        "process: life\ntitle: Life\nstates:\n  - state: on\n    source: '1'\n    transitions: [{event: off, to: over, source: '2'}, {event: stay, to: over}]\n"
        "  - {end: over}\n",
        encoding="utf-8",
    )
    assert [(one.kind, one.id, one.origin.source) for one in traced(tmp_path).elements] == [
        ("process", "life", ""), ("step", "on", "1"), ("case", "on → over", "2"), ("step", "over", ""),
    ]  # fmt: skip


# --- OF804


def test_what_check_says_about_articles(folder: Path) -> None:
    assert warnings(folder) == [
        "manual.yaml:4 OF804 warning 没有流程对应“第4条”",
        "manual.yaml:7 OF804 warning 没有流程对应“第5条(2)”",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "fill: cost, source: 第14条",
            "fill: cost, source: 第114条",
            "purchase.yaml:10 OF804 warning source: 制度里没有“第114条”",
        ),
        ("fill: cost, source: 第14条", "fill: cost, source: 14.2", "purchase.yaml:10 OF804 warning source: 制度里没有“14.2”"),
        (
            "fill: cost, source: 第14条",
            "fill: cost, source: 第13条",
            "purchase.yaml:10 OF804 warning source: 原文缺“第13条”，不能出自它",
        ),
        ("sign], inferred: true", "sign]", "purchase.yaml:21 OF804 warning 第 1 条规则没有出处"),
        ("inferred: true}\n      - {label: 否", "inferred: false}\n      - {label: 否", ""),
    ],
)
def test_what_check_says_about_sources(folder: Path, old: str, new: str, expected: str) -> None:
    change(folder, old, new)
    assert warnings(folder)[2:] == ([expected] if expected else [])


def test_a_slip_is_guessed(folder: Path) -> None:
    change(folder, "source: 第5条(1)", "source: 第5条(3)")
    [*_, one] = check([folder]).diagnostics
    assert one.fix is not None and one.fix.en == "did you mean 第5条(1)?"


def test_articles_are_not_asked_for_when_a_process_could_not_be_read(folder: Path) -> None:
    change(folder, "rejected: request", "rejected: reqest")
    assert [d.code for d in check([folder]).diagnostics] == ["OF201"]
    assert check([folder / "manual.yaml"]).diagnostics == []


def test_nothing_is_asked_without_a_manual(folder: Path) -> None:
    assert check([folder / "purchase.yaml"]).diagnostics == []


# --- what is told


def test_the_document(folder: Path) -> None:
    assert (
        told(traced(folder), "zh")
        == """\
# 采购办法　条款与流程对照

条款 7：有对应 2、见下级 1、无须办理 1、原文缺 1、没有对应 2（其中 1 条只有推定的元素）。流程中的元素 11：有出处 4、推定 6、没有出处 1。

## 没有对应的条款

- 第4条 审批
- 第5条(2) 供方

## 没有出处的元素

- purchase · 角色 head 主管

## 条款

| 条款 | 内容 | 情况 | 对应的元素（\\* 推定） |
|---|---|---|---|
| 第1条 | 目的 | 无须办理 | 只说明目的 |
| 第4条 | 审批 | 没有对应 | – |
| 第5条 | 下单 | 见下级 | – |
| 第5条(1) | 期限 | 有对应\\* | purchase · 步骤 order 下单\\* |
| 第5条(2) | 供方 | 没有对应 | – |
| 第13条 | 缺 | 原文缺 | – |
| 第14条 | 申请 | 有对应 | purchase · 流程 采购<br>purchase · 角色 staff 员工<br>purchase · 步骤 request 申请<br>purchase · 情形 dear → sign 是\\* |

## 推定的元素

| 元素 | 所依据的条款 |
|---|---|
| purchase · 字段 cost 金额\\* | – |
| purchase · 判断 dear 金额大\\* | – |
| purchase · 情形 dear → sign 是\\* | 第14条 |
| purchase · 步骤 order 下单\\* | 第5条(1) |
| purchase · 步骤 done 结束\\* | – |
| purchase · 规则 1 不得自批\\* | – |
"""
    )


def test_both_languages_one_after_the_other(folder: Path) -> None:
    found = traced(folder)
    assert told(found) == told(found, "zh") + "\n---\n\n" + told(found, "en")
    assert "| 第1条 | 目的 | nothing to carry out | Purpose only |" in told(found, "en")


def test_unknown_articles_are_listed(folder: Path) -> None:
    change(folder, "fill: cost, source: 第14条", "fill: cost, source: 第114条")
    assert "## Sources that the manual does not have\n\n- 第114条: purchase · step request 申请\n" in told(traced(folder), "en")
    [one] = as_data(traced(folder))["unknown"]
    assert (one["article"], one["id"], one["line"]) == ("第114条", "request", 10)


# --- the command


def test_trace_prints_the_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", str(folder), "--lang", "en"]) == 0
    assert capsys.readouterr().out == told(traced(folder), "en")


def test_trace_writes_a_file(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", str(folder), "--lang", "zh", "-o", str(tmp_path / "out.md")]) == 0
    assert capsys.readouterr().out == f"已写 {tmp_path / 'out.md'}\n"
    assert (tmp_path / "out.md").read_text(encoding="utf-8") == told(traced(folder), "zh")


def test_trace_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(row["id"], row["status"]) for row in found["articles"]][:2] == [("第1条", "text"), ("第4条", "open")]
    assert [row["parent"] for row in found["articles"]].count("第5条") == 2
    assert (found["elements"], len(found["inferred"]), [one["id"] for one in found["without_source"]]) == (11, 6, ["head"])


@pytest.mark.parametrize(
    ("name", "text"), [("manual.yaml", "no articles are among"), ("purchase.yaml", "the files have errors")]
)
def test_trace_that_cannot_be_drawn_up_fails(folder: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / name).unlink()
    if name == "purchase.yaml":
        (folder / "bad.yaml").write_text("process: x\n", encoding="utf-8")
    assert main(["trace", str(folder), "--lang", "en"]) == 1
    printed = capsys.readouterr()
    assert text in printed.err and printed.out == ""
