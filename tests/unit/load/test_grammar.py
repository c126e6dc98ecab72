"""Guards as people write them, Chinese signs included, and what they hear when they slip."""

from __future__ import annotations

import pytest

from oyiflow.diagnostics import NOWHERE, Diagnostic, Span
from oyiflow.load.guards.grammar import MAX_LENGTH, parse
from oyiflow.model.expression import And, Compare, Constant, Expression, Name, text
from oyiflow.model.values import FieldType

START = Span(file="visit.yaml", line=14, column=15)


def tree(source: str) -> Expression:
    found, problems = parse(source, START)
    assert problems == []
    assert found is not None
    return found


def problem(source: str) -> Diagnostic:
    found, problems = parse(source, START)
    assert found is None
    return problems[0]


def test_a_guard_is_a_typed_tree() -> None:
    assert tree("费用 > 5000 且 急件") == And(
        parts=(
            Compare(left=Name(name="费用"), op=">", right=Constant(value=5000, type=FieldType.INT)),
            Name(name="急件"),
        )
    )


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        # signs of a Chinese keyboard
        ("费用＞5000", "费用 > 5000"), ("费用≥5000", "费用 >= 5000"), ("费用＞＝5000", "费用 >= 5000"), ("a ＝ 1", "a == 1"), ("a＝＝1", "a == 1"),
        ("a≠1", "a != 1"), ("a！＝1", "a != 1"), ("（a＞1）", "a > 1"), ("类别 in ［“重要”，‘高值’］", '类别 in ["重要", "高值"]'),
        ("类别 属于 【“重要”、“高值”】", '类别 in ["重要", "高值"]'), ("a > ５", "a > 5"), ("ａ > 1", "a > 1"), ("a × 2 > b", "a * 2 > b"),
        # words
        ("a 且 b 或 非 c", "a and b or not c"), ("a 并且 b 或者 不 c", "a and b or not c"), ("A AND b Or NOT c", "A and b or not c"),
        ("类别 不属于 [1]", "类别 not in [1]"), ("类别 不 属于 [1]", "类别 not in [1]"), ("a not in [1]", "a not in [1]"),
        ("a 介于 1 和 5", "a between 1 and 5"), ("a 介于1到5", "a between 1 and 5"), ("a between 1 and 5 and b", "a between 1 and 5 and b"),
        ("x 为空", "x is empty"), ("x 是 空", "x is empty"), ("x 不为空", "x is filled"), ("x 已填写", "x is filled"), ("已填写(x)", "x is filled"),
        ("filled(x)", "x is filled"), ("empty(x)", "x is empty"), ("x is not empty", "x is filled"), ("x is not filled", "x is empty"),
        ("急件 == 是", "急件 == true"), ("急件 == 否", "急件 == false"), ("true", "true"), ("名称 开头为 “A”", '名称 starts with "A"'),
        ("费用 大于 5", "费用 > 5"), ("费用 不大于 5", "费用 <= 5"), ("费用 大于等于 5", "费用 >= 5"), ("费用 不等于 5", "费用 != 5"),
        ("标签 包含 “重要”", '"重要" in 标签'), ("标签 不含 “重要”", '"重要" not in 标签'), ("处于(审批)", "in(审批)"), ("in(prepare.funds)", 'in("prepare.funds")'), ("in(step-2)", 'in("step-2")'),
        # constants
        ("a > 5000元", "a > 5000元"), ("a > ¥5000.50", "a > 5000.50元"), ("a > 1.5万元", "a > 15000元"), ("a > 5万", "a > 50000"),
        ("a > 0.05", "a > 0.05"), ("a > 3天且b", "a > 3 days and b"), ("a > 5个工作日", "a > 5 workdays"), ("a > 2 hours", "a > 2 hours"),
        ("a > 2026-1-5", "a > 2026-01-05"), ("a > 2026年12月1日", "a > 2026-12-01"), ("a > 2026-12-01T09:30+08:00", "a > 2026-12-01T09:30:00+08:00"),
        ('a == "say \\"hi\\""', 'a == "say \\"hi\\""'), ("a == “他说\"好\"”", 'a == "他说\\"好\\""'), ("a in []", "a in []"), ("a in [1, 2,]", "a in [1, 2]"), ("a in [100,200]", "a in [100, 200]"),
        ("true in [a or b, c]", "true in [a or b, c]"),
        # structure
        ("a - b - c", "a - b - c"), ("a - (b - c)", "a - (b - c)"), ("(a + b) * c", "(a + b) * c"), ("a + b * c", "a + b * c"), ("-a * -3", "-(a) * -3"),
        ("(a or b) and c", "(a or b) and c"), ("not (a and b)", "not (a and b)"), ("not a == 1", "not a == 1"), ("((a))", "a"),
        ("`and` and `下次 拜访` is filled", "`and` and `下次 拜访` is filled"),
    ],
)  # fmt: skip
def test_what_is_typed_and_how_it_is_written_back(typed: str, canonical: str) -> None:
    assert text(tree(typed)) == canonical
    assert tree(canonical) == tree(typed)


@pytest.mark.parametrize(
    ("source", "columns", "remedy"),
    [
        # slips with one meaning
        ("a = 5", (17, 18), "=="), ("a === 5", (17, 20), "=="), ("a >> 5", (17, 19), ">"), ("a => 5", (17, 19), ">="), ("a =< 5", (17, 19), "<="),
        ("a <> 5", (17, 19), "!="), ("a && b", (17, 19), "and"), ("a || b", (17, 19), "or"), ("!a", (15, 16), "not "), ("a > 5,000", (19, 24), "5000"),
        ("a == 空", (15, 21), "a is empty"), ("a != null", (15, 24), "a is filled"), ("a is 5", (17, 19), "=="), ("a 是 “x”", (17, 18), "=="), ("a 是 > 5", (19, 20), None), ("a 和 b", (17, 18), "and"),
        ("1 < a < 5", (15, 24), "1 < a and a < 5"), ("1 <= a <= 5", (15, 26), "a between 1 and 5"), ("a == b == c", (15, 26), "a == b and b == c"),
        ("a > 5 houres", (21, 27), None), ("a > 5houres", (20, 26), "hours"), ("a > 007", (19, 22), "7"), ("t > 2026-12-01T09:30", (19, 35), "2026-12-01T09:30+08:00"),
        # nothing where something is needed
        ("", (15, 16), None), ("   ", (18, 19), None), ("a >", (18, 19), None), ("> 5", (15, 16), None), ("a and", (20, 21), None), ("a > > 5", (19, 20), None),
        ("not", (18, 19), None), ("a between 1", (26, 27), None), ("a in", (19, 20), None), ("a not b", (21, 22), None), ("a + 空", (19, 20), None),
        # brackets and quotes
        ("(a > 5", (21, 22), None), ("a > 5)", (20, 21), None), ("a in [1, 2", (25, 26), None), ("a in (1, 2)", (22, 23), None), ("a == “重要", (20, 23), None),
        ("`a", (15, 16), None), ("a ` `", (17, 18), None),
        # what does not belong
        ("a > 5公里", (20, 22), None), ("a > 1.5天", (19, 23), None), ("a > 5%", (20, 21), None), ("a / 2 > 1", (17, 18), None), ("a > 5。", (20, 21), None),
        ("a : 5", (17, 18), None), ("a > 5 b", (21, 22), None), ("a\u200b > 5", (16, 17), None), ("a > 2026-02-30", (19, 29), None), ("1 + 2 is filled", (21, 23), None),
        ("filled(5)", (22, 23), None), ("in(a b)", (18, 19), None), ("a > 99999999999999999999999999999", (19, 48), None),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_at_its_own_characters(source: str, columns: tuple[int, int], remedy: str | None) -> None:
    found = problem(source)
    assert found.code == "OF105"
    assert (found.span.column, found.span.end_column) == columns
    assert (found.fix.replacement if found.fix else None) == remedy
    assert found.zh and found.en


def test_all_slips_of_one_guard_are_reported_at_once() -> None:
    _, problems = parse("a = 1 && b = 2", START)
    assert [p.fix.replacement for p in problems if p.fix] == ["==", "and", "=="]


def test_messages_say_what_was_found_and_what_is_allowed() -> None:
    assert problem("费用 >").zh == "“>”后面需要字段或值；条件结束了"
    assert problem("费用 > 5公里").zh == "不认识单位“公里”；可用：元、万元、天、工作日、小时、分钟、周"
    assert problem("a = 5").en == '"=" is not written here'


def test_an_unknown_function_gets_the_nearest_known_one() -> None:
    found = problem("filed(x)")
    assert found.code == "OF204"
    assert found.fix is not None and found.fix.replacement == "filled"


def test_places_follow_the_lines_of_the_text() -> None:
    found = problem("a > 5\n  and b ==")
    assert (found.span.file, found.span.line, found.span.column) == ("visit.yaml", 15, 11)


def test_places_follow_a_map_of_positions_where_the_text_is_quoted_or_folded() -> None:
    source = "a > 5 and b = 1"
    positions = [(20, 9 + i) for i in range(6)] + [(21, 5 + i) for i in range(len(source) - 6)]
    _, problems = parse(source, START, positions)
    assert problems[0].span == Span(file="visit.yaml", line=21, column=11, end_line=21, end_column=12)


def test_nodes_know_their_place() -> None:
    found = tree("费用 > 5000 且 急件")
    assert isinstance(found, And)
    assert [(p.span.column, p.span.end_column) for p in found.parts] == [(15, 24), (27, 29)]


@pytest.mark.parametrize(
    "source", ["not " * 51 + "a", "(" * 2000 + "a", "[" * 2000, "-" * 2000 + "a", "a" + " + a" * 60, "a in " * 200]
)
def test_deep_guards_are_refused(source: str) -> None:
    found, problems = parse(source, NOWHERE)
    assert found is None and problems


def test_limits_are_wide_enough() -> None:
    assert text(tree("(" * 49 + "a" + ")" * 49)) == "a"
    assert isinstance(tree(" and ".join(["a > 5"] * 500)), And)
    assert "10000" in problem("a" * (MAX_LENGTH + 1)).en
