"""Roles, traces, and the difference between two versions; the outline in words."""

from __future__ import annotations

from pathlib import Path

import pytest

import oyiflow
from oyiflow.diagram.highlight import difference, joined, of_roles, of_trace
from oyiflow.diagram.of_definition import chart_of
from oyiflow.diagram.outline import outline_text
from oyiflow.model.definition import Definition

OLD = """
process: purchase
title: {zh: 采购, en: Purchase}
roles: {staff: {title: {zh: 员工, en: Staff}}, head: {title: {zh: 主管, en: Head}}, boss: {title: {zh: 总经理, en: Boss}}}
steps:
  - {do: request, title: {zh: 申请, en: Request}, by: staff}
  - {approve: sign, title: {zh: 审批, en: Approve}, by: head, rejected: request}
  - {do: ask, title: {zh: 询价, en: Ask}, by: staff, helped_by: head}
  - {do: order, title: {zh: 下单, en: Order}, by: staff}
  - {end: done, title: {zh: 结束, en: End}}
"""
NEW = OLD.replace("  - {do: ask, title: {zh: 询价, en: Ask}, by: staff, helped_by: head}\n", "").replace(
    "  - {do: order, title: {zh: 下单, en: Order}, by: staff}\n",
    "  - {do: order, title: {zh: 下单, en: Order}, by: staff, within: 3 days}\n"
    "  - {approve: pay, title: {zh: 付款, en: Pay}, by: boss, rejected: order}\n",
)


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Definition, Definition]:
    (tmp_path / "old.yaml").write_text(OLD, encoding="utf-8")
    (tmp_path / "new.yaml").write_text(NEW, encoding="utf-8")
    return oyiflow.load(tmp_path / "old.yaml"), oyiflow.load(tmp_path / "new.yaml")


def test_my_steps_are_those_i_do_and_those_i_help_with(versions: tuple[Definition, Definition]) -> None:
    old, _ = versions
    assert of_roles(old, ["head"]).mine == {"sign", "ask"}
    assert of_roles(old, ["staff", "boss"]).mine == {"request", "ask", "order"}
    assert of_roles(old, ["boss"]).mine == frozenset()


def test_a_trace_numbers_steps_and_takes_the_arrows_between_them(versions: tuple[Definition, Definition]) -> None:
    chart = chart_of(versions[0], "zh")
    seen = of_trace(chart, ["request", "sign", "request", "sign", "ask"])
    assert seen.order == {"request": (1, 3), "sign": (2, 4), "ask": (5,)}
    ways = {edge.id: (edge.source, edge.target) for edge in chart.edges}
    assert {ways[name]: times for name, times in seen.taken.items()} == {
        ("request", "sign"): 2,
        ("sign", "request"): 1,
        ("sign", "ask"): 1,
    }


def test_a_trace_never_guesses_a_way(versions: tuple[Definition, Definition]) -> None:
    chart = chart_of(versions[0], "zh")
    assert of_trace(chart, ["request", "order"]).taken == {}
    assert of_trace(chart, ["request", "nowhere", "sign"]).order == {"request": (1,), "sign": (2,)}


def test_the_difference_shows_both_versions(versions: tuple[Definition, Definition]) -> None:
    old, new = versions
    chart, seen = difference(old, new, (chart_of(old, "zh"), chart_of(new, "zh")))
    assert [node.id for node in chart.nodes] == ["@start", "request", "sign", "ask", "order", "pay", "done"]
    steps = {node.id: seen.changes.get(node.id) for node in chart.nodes}
    assert steps == {
        "@start": None, "request": None, "sign": None, "ask": "removed", "order": "changed", "pay": "added", "done": None,
    }  # fmt: skip
    ways = {(edge.source, edge.target): seen.changes.get(edge.id) for edge in chart.edges}
    assert ways["sign", "ask"] == ways["ask", "order"] == ways["order", "done"] == "removed"
    assert ways["sign", "order"] == ways["pay", "done"] == "added"
    assert ways["request", "sign"] is None
    assert [lane.id for lane in chart.lanes] == ["staff", "head", "boss"]


def test_the_same_version_twice_differs_in_nothing(versions: tuple[Definition, Definition]) -> None:
    old, _ = versions
    chart, seen = difference(old, old, (chart_of(old, "zh"), chart_of(old, "zh")))
    assert (chart, seen.changes) == (chart_of(old, "zh"), {})


def test_marks_are_joined(versions: tuple[Definition, Definition]) -> None:
    old, _ = versions
    both = joined(of_roles(old, ["head"]), of_trace(chart_of(old, "zh"), ["request"]))
    assert both.mine and both.order


@pytest.mark.parametrize(
    ("lang", "line"),
    [
        ("zh", "3. 审批（判断，主管） [★ #1]  通过 → 4; 退回 → 2"),
        ("en", "3. Approve (decision, Head) [★ #1]  approved → 4; rejected → 2"),
    ],
)
def test_the_outline_says_what_the_picture_shows(versions: tuple[Definition, Definition], lang: str, line: str) -> None:
    old, _ = versions
    chart = chart_of(old, lang)
    seen = joined(of_roles(old, ["head"]), of_trace(chart, ["sign"]))
    assert line in outline_text(chart, highlight=seen, lang="en" if lang == "en" else "zh").splitlines()
