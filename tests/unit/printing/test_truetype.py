"""The font that is shipped, and subsets of it, read by our own reader and by fontTools."""

from __future__ import annotations

import io
from importlib.resources import files

import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

from oyiflow.diagram.text import char_width, text_width
from oyiflow.printing.fonts import FontLetters, font, missing, named

SAMPLE = "大客户拜访，审批流程（Key-account visit）①→≤㎡Äéěあア鿍𬭚"


def gb2312() -> set[str]:
    cells = (bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return {char for cell in cells for char in cell.decode("gb2312", errors="ignore")}


def other(*, bold: bool) -> TTFont:
    name = f"OyiFlowSansSC-{'Bold' if bold else 'Regular'}.ttf"
    return TTFont(io.BytesIO(files("oyiflow").joinpath("fonts", name).read_bytes()))


def test_gb2312_and_what_people_write_besides_is_there() -> None:
    assert missing(gb2312()) == ()
    assert missing(SAMPLE + "←↑↓⇒√×÷±≈≥∞°℃‰№Ⅻ⑳㈠€¥￥“”‘’…—–•★☆■□▲○●✓") == ()
    assert missing("𰻝😀\u200d审") == ("😀", "𰻝")


def test_a_missing_character_is_named() -> None:
    assert named("😀") == "😀 (U+1F600 GRINNING FACE)"
    assert named("𰻝") == "𰻝 (U+30EDD)"


@pytest.mark.parametrize("bold", [False, True])
def test_the_table_of_widths_is_that_of_the_font(bold: bool) -> None:
    theirs = other(bold=bold)
    names, metrics = theirs.getBestCmap(), theirs["hmtx"]
    assert len(names) > 10_000
    wrong = {
        chr(code) for code, name in names.items() if abs(metrics[name][0] / 1000 - char_width(chr(code), bold=bold)) > 1e-9
    }
    assert {char for char in wrong if char not in "\xad\u200b\u200c\u200d\u200e\u200f"} == set()


@pytest.mark.parametrize("bold", [False, True])
def test_outlines_are_those_that_fonttools_reads(bold: bool) -> None:
    theirs, ours = other(bold=bold), font(bold=bold)
    names, glyphs = theirs.getBestCmap(), theirs.getGlyphSet()
    for char in SAMPLE:
        pen = RecordingPen()
        glyphs[names[ord(char)]].draw(pen)
        corners = {point for kind, points in pen.value for point in (points if kind != "closePath" else ()) if point}
        drawn = {numbers[at : at + 2] for _, numbers in ours.outline(ours.glyph(char)) for at in range(0, len(numbers), 2)}
        assert corners <= drawn, char
        assert ours.advance(ours.glyph(char)) == theirs["hmtx"][names[ord(char)]][0]


@pytest.mark.parametrize("bold", [False, True])
def test_a_subset_is_a_font_with_these_letters_only(bold: bool) -> None:
    data = FontLetters().subset(tuple(sorted(set(SAMPLE))), bold=bold)
    small, whole = TTFont(io.BytesIO(data), checkChecksums=2), other(bold=bold)
    assert set(small.getBestCmap()) == set(map(ord, SAMPLE))
    assert len(data) < 40_000
    for char in SAMPLE:
        pens = []
        for one in (small, whole):
            pen = RecordingPen()
            one.getGlyphSet()[one.getBestCmap()[ord(char)]].draw(pen)
            pens.append(pen.value)
        assert pens[0] == pens[1]
    assert small["name"].getDebugName(1) == "OyiFlow Sans SC"


def test_a_line_is_as_long_as_the_table_says() -> None:
    for text in (SAMPLE, "Приёмка αβγ", "审批"):
        ends = [numbers[at] for _, numbers in FontLetters().shape(text, bold=False) for at in range(0, len(numbers), 2)]
        assert max(ends) <= text_width(text) * 1000


def test_a_missing_character_is_an_empty_box() -> None:
    assert FontLetters().shape("😀", bold=False) == FontLetters().shape("😁", bold=False) != ()
    assert FontLetters().shape("\u200b\ufe0f", bold=False) == ()
