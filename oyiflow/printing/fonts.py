"""The font that is shipped, read once when it is first needed.

What is drawn comes from this font on every machine; fonts that are installed are never looked at. Every letter stands
where the table of widths puts it. A character that the font lacks is drawn as an empty box of its width, and `missing`
names it, so that a command can warn.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from oyiflow.diagram.scene.primitives import Segment, line
from oyiflow.diagram.text import UNSEEN, char_width
from oyiflow.printing.truetype import TrueType

_WEIGHTS: Final = {False: "Regular", True: "Bold"}


@cache
def font(*, bold: bool) -> TrueType:
    """One weight."""
    return TrueType(files("oyiflow").joinpath("fonts", f"OyiFlowSansSC-{_WEIGHTS[bold]}.ttf").read_bytes())


def unseen(char: str) -> bool:
    """Whether a character takes no room and leaves no mark."""
    return char in UNSEEN or char >= "\U000e0000"


def missing(chars: Iterable[str]) -> tuple[str, ...]:
    """The characters that the font lacks."""
    return tuple(sorted(char for char in set(chars) if not unseen(char) and font(bold=False).glyph(char) == 0))


def named(char: str) -> str:
    """A character for a message: itself, its number, its name."""
    name = unicodedata.name(char, "")
    return f"{char} (U+{ord(char):04X}{' ' + name if name and not name.startswith('CJK UNIFIED') else ''})"


class FontLetters:
    """The shapes of letters for `diagram.svg`."""

    def shape(self, text: str, *, bold: bool) -> tuple[Segment, ...]:
        """A line of text as outlines, in thousandths of an em."""
        found: list[Segment] = []
        at = 0.0
        for char in text:
            if not unseen(char):
                found += [(kind, _moved(numbers, at)) for kind, numbers in _shape(char, bold)]
            at += char_width(char, bold=bold) * 1000
        return tuple(found)

    def subset(self, chars: tuple[str, ...], *, bold: bool) -> bytes:
        """A TrueType font with those of the characters that there are."""
        there = font(bold=bold)
        return there.subset([char for char in chars if there.glyph(char)], web=True)


def _moved(numbers: tuple[float, ...], by: float) -> tuple[float, ...]:
    return tuple(number + by if place % 2 == 0 else number for place, number in enumerate(numbers))


@cache
def _shape(char: str, bold: bool) -> tuple[Segment, ...]:
    glyph = font(bold=bold).glyph(char)
    return font(bold=bold).outline(glyph) if glyph else _box(char_width(char, bold=bold) * 1000)


def _box(width: float) -> tuple[Segment, ...]:
    """An empty box: two rectangles, the inner one drawn the other way round."""
    left, right, low, high, pen = 60.0, width - 60.0, -60.0, 800.0, 50.0
    outer = line((left, low), (left, high), (right, high), (right, low))
    inner = line((left + pen, low + pen), (right - pen, low + pen), (right - pen, high - pen), (left + pen, high - pen))
    return (*outer, ("Z", ()), *inner, ("Z", ()))
