"""What every output format can draw, and nothing more: rectangles, paths, lines of text, and groups of these.

Colours are literal, positions final. A group carries what a reader or a program is told about its marks (`attributes`,
`title`) and may move and scale them; there is no other transformation, no clipping and no transparency, so that SVG, PNG
and PDF cannot differ. Lengths are pixels, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from oyiflow.diagram.drawing import Box, TextLine
from oyiflow.diagram.text import text_width

Segment = tuple[Literal["M", "L", "Q", "Z"], tuple[float, ...]]
"""To a point (M), a line (L), a curve with one control point (Q), back to the start (Z)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """How a line is drawn; `dash` is (on, off), counted from `offset`."""

    colour: str
    width: float = 1.0
    dash: tuple[float, float] | None = None
    offset: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A rectangle, its corners rounded by `radius`."""

    box: Box
    fill: str = ""
    pen: Pen | None = None
    radius: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A line or a filled shape."""

    segments: tuple[Segment, ...]
    fill: str = ""
    pen: Pen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One line of text; `x` is its middle or its start, `y` the baseline."""

    text: str
    x: float
    y: float
    size: float
    colour: str
    bold: bool = False
    centred: bool = True

    @property
    def width(self) -> float:
        """By the table of widths."""
        return text_width(self.text, bold=self.bold) * self.size

    @property
    def left(self) -> float:
        """Where the first letter begins."""
        return self.x - self.width / 2 if self.centred else self.x


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Marks that belong together, moved by `dx`, `dy` after having been scaled."""

    marks: tuple[Mark, ...]
    attributes: tuple[tuple[str, str], ...] = ()
    title: str = ""
    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0


Mark = Rect | Path | Words | Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture or one page. `attributes` are those of the whole, for programs."""

    width: float
    height: float
    background: str
    title: str
    description: str
    lang: Literal["zh", "en"]
    marks: tuple[Mark, ...]
    attributes: tuple[tuple[str, str], ...] = ()

    def words(self) -> Iterator[Words]:
        """Every line of text, in drawing order."""
        stack: list[Mark] = list(reversed(self.marks))
        while stack:
            mark = stack.pop()
            if isinstance(mark, Words):
                yield mark
            elif isinstance(mark, Group):
                stack.extend(reversed(mark.marks))

    def letters(self) -> dict[bool, tuple[str, ...]]:
        """The characters that are drawn, in order, for the regular (False) and the bold weight."""
        used: dict[bool, set[str]] = {False: set(), True: set()}
        for words in self.words():
            used[words.bold].update(words.text)
        return {bold: tuple(sorted(chars)) for bold, chars in used.items()}


def words_of(line: TextLine, colour: str, *, bold: bool = False) -> Words:
    """A line of a drawing."""
    return Words(
        text=line.text, x=line.x, y=line.y, size=line.size, colour=colour, bold=bold, centred=line.anchor != "start"
    )  # fmt: skip


def polygon(*points: tuple[float, float]) -> tuple[Segment, ...]:
    """A closed shape with straight sides."""
    first, *others = points
    return (("M", first), *(("L", point) for point in others), ("Z", ()))


def line(*points: tuple[float, float]) -> tuple[Segment, ...]:
    """A line through points."""
    return polygon(*points)[:-1]


def within(box: Box, margin: float) -> Box:
    """A box inside another one."""
    return replace(box, x=box.x + margin, y=box.y + margin, w=box.w - 2 * margin, h=box.h - 2 * margin)
