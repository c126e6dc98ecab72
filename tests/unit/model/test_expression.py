"""Types, values and words of guards; the texts are read with the real parser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from oyiflow.diagnostics import NOWHERE
from oyiflow.load.guards.grammar import parse
from oyiflow.model.calendar import Calendar, Duration
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.expression import (
    Compare,
    Constant,
    Expression,
    Name,
    children,
    depth,
    names_read,
    sentence,
    states_read,
    text,
    walk,
)
from oyiflow.model.expression_types import Type, TypeProblem, check, closest, distance, may_be_empty
from oyiflow.model.values import FieldType, Value


@dataclass(frozen=True)
class Spec:
    name: str
    type: FieldType
    options: tuple[str, ...] = ()
    required: bool = False
    min: Value | None = None
    max: Value | None = None


_TYPES = {
    "费用": "money", "天数": "int", "比例": "decimal", "急件": "bool", "名称": "text", "说明": "longtext", "出发": "date", "返回": "date",
    "时刻": "datetime", "时长": "duration", "负责人": "person", "明细": "list",
}  # fmt: skip
FORM = {name: Spec(name, FieldType(kind)) for name, kind in _TYPES.items()}
FORM["类别"] = Spec("类别", FieldType.CHOICE, ("重要", "高值", "集团"))
FORM["标签"] = Spec("标签", FieldType.CHOICES, ("重要", "高值", "集团"))
STATES = ("申请", "审批")


def tree(source: str) -> Expression:
    found, problems = parse(source, NOWHERE)
    assert found is not None, problems
    return found


def problems(source: str, expected: Any = "bool") -> list[TypeProblem]:
    return check(tree(source), FORM, STATES, expected)[1]


def value(source: str, data: dict[str, Any] | None = None, active: str = "", calendar: Calendar | None = None) -> Any:
    guard = compile_expression(tree(source), calendar=calendar or Calendar())
    return guard(data or {}, lambda state: state == active)


@pytest.mark.parametrize(
    "source",
    [
        "费用 > 5000", "费用 > 5000元 and 天数 <= 3", "比例 < 费用", "费用 * 比例 > 天数", "急件", "not 急件", "急件 == 是", "名称 == \"甲\"",
        "名称 starts with \"甲\"", "名称 == 说明", "类别 == \"重要\"", "类别 in [\"重要\", \"高值\"]", "\"重要\" in 标签", "类别 in 标签",
        "出发 > 2026-12-01", "出发 + 3天 < 返回", "返回 - 出发 > 3天", "出发 + 5工作日 <= 返回", "时刻 + 2小时 > 2026-12-01T09:30+08:00",
        "时长 >= 2小时", "时长 * 2 > 3天", "天数 between 1 and 5", "明细 is filled", "负责人 == \"li\"", "in(审批)", "费用 > -5",
    ],
)  # fmt: skip
def test_a_guard_with_types_that_go_together(source: str) -> None:
    assert check(tree(source), FORM, STATES, "bool") == (Type.BOOL, [])


@pytest.mark.parametrize(
    ("source", "code", "zh", "fix"),
    [
        ("费佣 > 5", "OF204", "没有字段“费佣”，是不是“费用”？", "费用"),
        ("费用且天数 > 3", "OF204", "没有字段“费用且天数”；词与词之间要有空格：费用 且 天数", "费用 且 天数"),
        ("费用大于5000", "OF204", "没有字段“费用大于5000”；词与词之间要有空格：费用 大于 5000", "费用 大于 5000"),
        ("in(审披)", "OF204", "没有步骤“审披”，是不是“审批”？", "in(审批)"),
        ("出发 > 费用", "OF506", "日期不能与金额比较", None),
        ("急件 == \"是\"", "OF506", "是/否不能与文本比较", None),
        ("急件 == 1", "OF506", "是/否不能与整数比较", None),
        ("急件 > 否", "OF506", "是/否不分大小，只能用 ==、!= 或 in", None),
        ("名称 > \"甲\"", "OF506", "文本不分大小，只能用 ==、!= 或 in", None),
        ("名称 between \"甲\" and \"乙\"", "OF506", "文本不分大小，不能用“介于”", None),
        ("类别 == \"重耍\"", "OF506", "“重耍”不是“类别”的选项，是不是“重要”？", '"重要"'),
        ("类别 in [\"重要\", \"别的\"]", "OF506", "“别的”不是“类别”的选项；有：重要、高值、集团", None),
        ("\"重耍\" in 标签", "OF506", "“重耍”不是“标签”的选项，是不是“重要”？", '"重要"'),
        ("标签 == \"重要\"", "OF506", '“标签”是多选，只能问是否包含某一项："重要" in 标签', '"重要" in 标签'),
        ("标签 not in [\"重要\"]", "OF506", '“标签”是多选，只能问是否包含某一项："重要" not in 标签', '"重要" not in 标签'),
        ("名称 == \"\"", "OF506", "没有空文本这个值；请写 is empty（为空）", None),
        ("返回 - 出发 > 5", "OF506", "时长不能与整数比较；请写单位，例如 返回 - 出发 > 5 days", "返回 - 出发 > 5 days"),
        ("出发 > 时刻", "OF506", "日期不能与日期时间比较；请写明时间，例如 2026-12-01T00:00+08:00", None),
        ("3天 > 2工作日", "OF506", "工作日与自然时间长短不定，不能比较", None),
        ("费用 * 费用 > 5", "OF506", "金额与金额不能这样计算（*）", None),
        ("出发 + 3小时 > 返回", "OF506", "日期与时长不能这样计算（+）", None),
        ("出发 + 返回 > 出发", "OF506", "日期与日期不能这样计算（+）", None),
        ("-急件", "OF506", "是/否不能取负", None),
        ("天数 in 费用", "OF506", "“in”后面要写列表 [a, b] 或多选字段，而这是金额", None),
        ("类别 in \"重要\"", "OF506", "“in”后面要写列表 [a, b] 或多选字段，而这是文本", '["重要"]'),
        ("天数 in []", "OF506", "列表是空的，条件永不成立", None),
        ("天数 in [1, \"二\"]", "OF506", "整数不能与文本比较", None),
        ("明细 == 明细", "OF506", "列表不能与列表比较", None),
        ("天数 starts with 5", "OF506", "“starts with”只用于文本", None),
        ("天数 and 急件", "OF506", "这里需要是/否，而这是整数；例如 天数 is filled", "天数 is filled"),
        ("费用 + 5", "OF506", "这里需要是/否，而这是金额", None),
    ],
)  # fmt: skip
def test_a_guard_with_a_mistake_has_one_message(source: str, code: str, zh: str, fix: str | None) -> None:
    found = problems(source)
    assert [(p.code, p.zh, p.fix) for p in found] == [(code, zh, fix)]
    assert found[0].en


def test_an_unknown_name_does_not_cause_further_messages() -> None:
    assert [p.zh for p in problems('(费佣 + 3) * 2 > "甲"')] == ["没有字段“费佣”，是不是“费用”？"]


def test_a_mistake_is_shown_where_it_is() -> None:
    (found,) = problems('急件 and 类别 == "重耍"')
    assert (found.span.column, found.span.end_column) == (14, 18)


@pytest.mark.parametrize(
    ("source", "field", "right"),
    [
        ("费用 * 比例", "费用", True), ("天数", "比例", True), ("比例", "天数", False), ("\"高值\"", "类别", True), ("\"别的\"", "类别", False),
        ("名称", "类别", False), ("[\"重要\"]", "标签", True), ("[\"别的\"]", "标签", False), ("\"甲\"", "说明", True), ("返回 - 出发", "时长", True),
        ("出发", "时刻", False), ("费用 > 5", "急件", True),
    ],
)  # fmt: skip
def test_what_may_be_written_into_a_field(source: str, field: str, right: bool) -> None:
    assert (problems(source, FORM[field]) == []) is right


# --- values ---


@pytest.mark.parametrize(
    ("source", "data", "result"),
    [
        ("费用 > 5000", {"费用": Decimal("5000.01")}, True), ("费用 > 5000", {"费用": Decimal(5000)}, False), ("费用 == 5000", {"费用": Decimal("5000.00")}, True),
        ("费用 <= 5000元", {"费用": Decimal(5000)}, True), ("0.1 + 0.2 == 0.3", {}, True), ("天数 * 3 == 9", {"天数": 3}, True),
        ("费用 * 0.065 == 0.65", {"费用": Decimal(10)}, True), ("-天数 < 0", {"天数": 3}, True), ("1 + 2 * 3 == 7", {}, True),
        ("类别 in [\"重要\", \"高值\"]", {"类别": "高值"}, True), ("类别 not in [\"重要\"]", {"类别": "重要"}, False),
        ("\"重要\" in 标签", {"标签": ("高值", "重要")}, True), ("\"集团\" not in 标签", {"标签": ("高值",)}, True),
        ("天数 in [1, 天数 + 0]", {"天数": 7}, True), ("天数 介于 1 和 5", {"天数": 5}, True), ("天数 介于 1 和 5", {"天数": 6}, False),
        ("名称 starts with \"甲\"", {"名称": "甲乙"}, True), ("急件", {"急件": True}, True), ("not 急件", {"急件": False}, True),
        ("急件 == 否", {"急件": False}, True), ("出发 + 3天 == 返回", {"出发": date(2026, 2, 27), "返回": date(2026, 3, 2)}, True),
        ("返回 - 出发 > 2天", {"出发": date(2026, 2, 27), "返回": date(2026, 3, 2)}, True), ("出发 - 1周 < 出发", {"出发": date(2026, 2, 27)}, True),
        ("出发 + 1工作日 == 返回", {"出发": date(2026, 2, 27), "返回": date(2026, 3, 2)}, True),
        ("时长 == 1天", {"时长": Duration(amount=24, unit="hours")}, True), ("时长 in [1天]", {"时长": Duration(amount=24, unit="hours")}, True),
        ("时长 > 1天", {"时长": Duration(amount=9, unit="workdays")}, False), ("时长 != 1天", {"时长": Duration(amount=9, unit="workdays")}, True),
        ("-时长 < -12小时", {"时长": Duration(amount=13, unit="hours")}, True), ("-3天 < 0天", {}, True),
        ("时长 + 12小时 > 1天", {"时长": Duration(amount=13, unit="hours")}, True),
        ("时刻 - 2小时 < 2026-12-01T09:30+08:00", {"时刻": datetime(2026, 12, 1, 3, 0, tzinfo=UTC)}, True),
    ],
)  # fmt: skip
def test_values_are_exact(source: str, data: dict[str, Any], result: bool) -> None:
    assert problems(source) == []
    assert value(source, data) is result


@pytest.mark.parametrize(
    "source",
    [
        "天数 > 0", "天数 <= 0", "天数 == 0", "天数 != 0", "0 < 天数", "天数 in [1]", "天数 not in [1]", "\"重要\" in 标签", "\"重要\" not in 标签",
        "天数 between 0 and 9", "天数 + 1 > 0", "-天数 < 1", "名称 starts with \"甲\"", "名称 == 说明", "天数 is filled", "急件 and true",
    ],
)  # fmt: skip
def test_an_empty_field_makes_every_comparison_false(source: str) -> None:
    assert value(source) is False
    assert value(f"not ({source})") is True


def test_only_the_question_whether_it_is_filled_has_an_answer() -> None:
    assert value("天数 is empty") is True
    assert value("天数 is filled", {"天数": 0}) is True
    assert value("急件") is None


def test_arithmetic_beyond_all_bounds_is_empty_and_never_rounded() -> None:
    assert value("出发 + 36500天 > 出发", {"出发": date(9999, 12, 31)}) is False
    huge = Decimal("9" * 900)
    assert value("费用 * 比例", {"费用": huge, "比例": huge}) is None
    assert value("天数 * 天数", {"天数": 10**999}) is None


def test_active_states_and_calendars_come_from_outside() -> None:
    assert value("in(审批)", active="审批") is True
    assert value("in(审批)", active="申请") is False
    holiday = Calendar(holidays=frozenset({date(2026, 3, 2)}))
    assert value("出发 + 1工作日", {"出发": date(2026, 2, 27)}, calendar=holiday) == date(2026, 3, 3)


# --- emptiness ---


@pytest.mark.parametrize(
    ("source", "known", "reads"),
    [
        ("天数 > 5", "", "天数"), ("天数 > 5", "天数", ""), ("天数 is filled and 天数 > 5", "", ""), ("天数 > 5 and 天数 is filled", "", "天数"),
        ("天数 is empty or 天数 > 5", "", ""), ("天数 is filled or 天数 > 5", "", "天数"), ("not (天数 is empty) and 天数 > 5", "", ""),
        ("not (天数 is empty or 急件) and 天数 > 5", "", "急件"), ("天数 > 5 and 天数 < 9", "", "天数"), ("天数 > 5 or 天数 < 2", "", "天数 天数"),
        ("天数 is filled and 急件 is filled and (天数 > 5 or 急件)", "", ""), ("(天数 > 5 or 天数 < 2) and 天数 != 3", "", "天数 天数"),
        ("(天数 is filled or 急件 is filled) and 天数 > 5", "", "天数"), ("费用 + 天数 > 5", "费用", "天数"), ("in(审批)", "", ""),
        ("1 in [天数, 费用] and 费用 > 5", "", "天数 费用 费用"),
        ("(天数 is empty or 急件 is empty) or (天数 > 5 and 急件)", "", ""),
    ],
)  # fmt: skip
def test_reads_that_nothing_shows_to_be_filled(source: str, known: str, reads: str) -> None:
    assert [n.name for n in may_be_empty(tree(source), frozenset(known.split()))] == reads.split()


# --- words ---


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ("费用 > 5000元 and 天数 >= 3", "拜访费用大于 5000 元，且 天数不小于 3", "拜访费用 is more than 5000 元, and 天数 is at least 3"),
        ("急件 or (费用 > 5 and 天数 > 3)", "急件，或 （拜访费用大于 5，且 天数大于 3）", "急件, or (拜访费用 is more than 5, and 天数 is more than 3)"),
        ("\"重要\" not in 标签", "标签不含“重要”", '标签 does not include "重要"'),
        ("类别 in [\"重要\", \"高值\"]", "类别属于“重要”、“高值”", '类别 is one of "重要", "高值"'),
        ("not (天数 between 1 and 5)", "并非（天数介于 1 和 5 之间）", "it is not true that (天数 is between 1 and 5)"),
        ("出发 + 5工作日 < 返回", "出发 + 5 个工作日小于返回", "出发 + 5 workdays is less than 返回"),
        ("返回 is filled", "返回已填写", "返回 is filled"),
        ("in(审批)", "正处于“总经理审批”", '"总经理审批" is active'),
        ("-费用 * (天数 + 1) == 0", "-(拜访费用) × (天数 + 1)等于 0", "-(拜访费用) × (天数 + 1) is 0"),
    ],
)  # fmt: skip
def test_a_guard_as_a_sentence(source: str, zh: str, en: str) -> None:
    titles = {"费用": "拜访费用", "审批": "总经理审批"}
    assert sentence(tree(source), titles, "zh") == zh
    assert sentence(tree(source), titles, "en") == en


def test_a_guard_built_in_python_has_a_text_too() -> None:
    guard = Compare(left=Name(name="total"), op=">", right=Constant(value=Decimal("1E+3"), type=FieldType.DECIMAL))
    assert text(guard) == "total > 1000.0"
    assert tree(text(guard)) == guard


def test_walking_a_tree() -> None:
    guard = tree("费用 > 5 and (in(审批) or 返回 is filled)")
    assert names_read(guard) == {"费用", "返回"}
    assert states_read(guard) == {"审批"}
    assert next(walk(guard)) is guard
    assert len(children(guard)) == 2
    assert depth(guard) == 4


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("主菅", "主管"),
        ("aproval", "approval"),
        ("rejeted", "rejected"),
        ("apporval", "approval"),
        ("费 用", "费用"),
        ("财物", "财务"),
        ("x", None),
        ("完全不同", None),
    ],
)
def test_the_nearest_name(typed: str, meant: str | None) -> None:
    assert closest(typed, ["主管", "approval", "rejected", "费用", "财务", "y"]) == meant


def test_distance_counts_single_slips() -> None:
    assert [distance("abcd", other) for other in ("abcd", "abd", "abxcd", "acbd", "xyz")] == [0, 1, 1, 1, 4]
