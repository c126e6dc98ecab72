"""What paper there is, what the title block says and how pages look: the words that the modules of this room share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.chart import Highlight
from oyiflow.diagram.drawing import PAPER_FOOT, PAPER_MARGIN, Page, Paper
from oyiflow.diagram.scene.primitives import Words
from oyiflow.diagram.scene.theme import LIGHT, Theme
from oyiflow.diagram.scene.words import Lang

POINT: Final = 0.75  # points to a pixel
MM: Final = 96 / 25.4
MARGIN: Final = PAPER_MARGIN * MM
GAP: Final = 9.0
FOOT: Final = PAPER_FOOT * MM - GAP
LEAST: Final = 8.0
MOST: Final = 12.0
BODY: Final = 13.0
LEADING: Final = 19.0
BASELINE: Final = 0.36

NOTHING: Final = Highlight()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet of paper with its width and height in pixels."""

    name: Paper
    width: float
    height: float

    @property
    def inner(self) -> tuple[float, float]:
        """Room between the margins, above the title block."""
        return self.width - 2 * MARGIN, self.height - 2 * MARGIN - FOOT - GAP


def sheet_of(page: Page) -> Sheet:
    """The paper that a page was made for."""
    width, height = page.size
    return Sheet(name=page.paper, width=round(width / POINT, 2), height=round(height / POINT, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Colophon:
    """What the title block says. `version` and `date` are ready text; empty ones are left out."""

    title: str
    name: str
    version: str = ""
    date: str = ""
    basis: str = ""
    """What the whole process rests on, for the list of articles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How pages look."""

    theme: Theme = LIGHT
    lang: Lang = "zh"
    legend: bool = True
    highlight: Highlight = NOTHING


PLAIN: Final = Style()


def text_at(text: str, x: float, middle: float, theme: Theme, *, bold: bool = False) -> Words:
    """A line of a page's own text, from `x` on, about a middle."""
    return Words(text=text, x=x, y=middle + BASELINE * BODY, size=BODY, colour=theme.ink, bold=bold, centred=False)
