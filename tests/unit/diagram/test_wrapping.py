"""How wide a text is and where it breaks."""

from __future__ import annotations

import pytest

from oyiflow.diagram.text import NOT_AT_END, NOT_AT_START, balanced, char_width, lean, text_width, wrap


def test_han_and_full_width_marks_are_one_em_wide() -> None:
    assert text_width("大客户，（五）万") == 8


def test_latin_is_narrower_and_bold_is_wider() -> None:
    assert 0.2 < char_width("i") < char_width("m") < 1
    assert text_width("Approved", bold=True) > text_width("Approved")


@pytest.mark.parametrize("char", ["\x00", "\x9f", "\u0301", "\u200b"])
def test_what_is_not_seen_has_no_width(char: str) -> None:
    assert char_width(char) == 0


def test_han_breaks_anywhere() -> None:
    assert wrap("提出开发申请", 4) == ("提出开发", "申请")


@pytest.mark.parametrize("text", ["提出开发，申请审核。", "审核（含五万元）通过", "是否同意？！再议", "“重要”客户：优先"])
@pytest.mark.parametrize("limit", [2.0, 3.0, 4.0, 5.0])
def test_no_line_starts_with_a_closing_mark_or_ends_with_an_opening_one(text: str, limit: float) -> None:
    for lines in (wrap(text, limit), balanced(text, limit)):
        assert "".join(lines) == text
        assert not any(line[0] in NOT_AT_START for line in lines[1:])
        assert not any(line[-1] in NOT_AT_END for line in lines[:-1])


def test_words_stay_whole_and_spaces_do_not_start_a_line() -> None:
    assert wrap("Prepare the budget 预算", 5) == ("Prepare", "the", "budget 预", "算")


def test_a_word_longer_than_a_line_is_cut() -> None:
    lines = wrap("x" * 60, 5)
    assert "".join(lines) == "x" * 60
    assert all(text_width(line) <= 7.1 for line in lines)


def test_the_authors_line_breaks_are_kept() -> None:
    assert wrap("提出申请\n编制方案", 9) == ("提出申请", "编制方案")
    assert wrap("  \n", 9) == ()


def test_balanced_lines_are_even_and_break_after_a_mark_where_they_can() -> None:
    assert sorted(map(len, balanced("按约定时间拜访客户", 8))) == [4, 5]
    assert balanced("判责：我方责任？", 7) == ("判责：", "我方责任？")


def test_balancing_never_adds_a_line() -> None:
    for text in ("提出开发申请、编制开发方案", "Explain and assist the customer", "审核"):
        for limit in (3.0, 5.0, 8.0):
            assert len(balanced(text, limit)) == len(wrap(text, limit))


def test_a_centred_line_leans_away_from_its_half_empty_mark() -> None:
    assert lean("申请、") == 0.25
    assert lean("（五万") == -0.25
    assert lean("（五万）") == 0
    assert lean("") == 0
