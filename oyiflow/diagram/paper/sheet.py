"""Pages: a chart scaled to fit its paper, the legend below or beside it, a title block at the foot.

The layout has chosen the paper; a legend stands where it leaves the chart most room, and on the last pages where
it would make text smaller than 8 points. A chart is never enlarged beyond 12 points. The date is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from oyiflow.diagram.drawing import Box, Drawing, Page
from oyiflow.diagram.paper.articles import Article
from oyiflow.diagram.paper.legend import legend
from oyiflow.diagram.paper.listing import ARTICLES, article_pages
from oyiflow.diagram.paper.size import (
    BODY,
    FOOT,
    GAP,
    LEAST,
    MARGIN,
    MOST,
    PLAIN,
    POINT,
    Colophon,
    Sheet,
    Style,
    sheet_of,
    text_at,
)
from oyiflow.diagram.scene.painter import number, paint
from oyiflow.diagram.scene.primitives import Group, Mark, Path, Pen, Rect, Scene, line
from oyiflow.diagram.scene.words import Lang, said
from oyiflow.diagram.text import text_width

LEGEND: Final = ("图例", "Legend")


def _arranged(drawing: Drawing, paper: Sheet, style: Style) -> tuple[float, Group | None]:
    """The scale of the chart, and its legend where it leaves the chart most room: below it, or beside it.

    No legend where it would make an A4 page unreadable that can be read without it: it then stands on a later page.
    """
    width, height = paper.inner
    alone = _scale(drawing, width, height)
    below, beside = (_legend(drawing, style, room) for room in (width, 0.0))
    if below is None or beside is None:
        return alone, None
    under = _scale(drawing, width, height - below[1][1] - GAP)
    aside = _scale(drawing, width - beside[1][0] - 3 * GAP, height) if beside[1][1] <= height else 0.0
    least = LEAST / POINT / drawing.em
    if max(under, aside) < least <= alone:
        return alone, None
    if aside > under:
        return aside, replace(beside[0], dx=round(paper.width - MARGIN - beside[1][0], 2), dy=MARGIN + 2 * GAP)
    return under, replace(below[0], dx=MARGIN, dy=round(MARGIN + height - below[1][1], 2))


def _legend(drawing: Drawing, style: Style, width: float) -> tuple[Group, tuple[float, float]] | None:
    return legend(drawing, style.highlight, style.theme, style.lang, width) if style.legend else None


def _scale(drawing: Drawing, width: float, height: float) -> float:
    return max(0.0, min(width / drawing.width, height / drawing.height, MOST / POINT / drawing.em))


def sheets(
    pages: Sequence[Page], colophon: Colophon, *, style: Style = PLAIN, articles: Sequence[Article] = ()
) -> tuple[Scene, ...]:  # fmt: skip
    """All pages: the chart's, then the list of articles, under the legend if no chart had room for that."""
    papers = [sheet_of(page) for page in pages]
    bodies = [_chart(page.drawing, paper, style) for page, paper in zip(pages, papers, strict=True)]
    key = _left_over(pages, style)
    lists = article_pages(articles, colophon.basis, papers[0], style, key[1][1] + 2 * GAP if key else 0.0)
    if key:
        placed = replace(key[0], dx=MARGIN, dy=MARGIN)
        lists = [(placed, *(lists[0] if lists else ())), *lists[1:]]
    words = ARTICLES if articles else LEGEND
    bodies += [_plain(pages[0].drawing, words, marks, papers[0], style) for marks in lists]
    return tuple(_framed(body, colophon, (place, len(bodies)), style) for place, body in enumerate(bodies, 1))


def _left_over(pages: Sequence[Page], style: Style) -> tuple[Group, tuple[float, float]] | None:
    """The legend of charts that had no room for it: of the one that has most to explain."""
    crowded = [page for page in pages if _arranged(page.drawing, sheet_of(page), style)[1] is None]
    width = sheet_of(pages[0]).inner[0]
    found = [key for page in crowded if (key := _legend(page.drawing, style, width)) is not None]
    return max(found, key=lambda key: len(key[0].marks), default=None)


def _chart(drawing: Drawing, paper: Sheet, style: Style) -> Scene:
    picture = paint(drawing, highlight=style.highlight, theme=style.theme, lang=style.lang)
    scale, key = _arranged(drawing, paper, style)
    free = (key.dx - 3 * GAP if key and key.dy < paper.height / 2 else paper.width - MARGIN) - MARGIN
    left = MARGIN + (free - drawing.width * scale) / 2
    marks: list[Mark] = [Group(marks=picture.marks, scale=scale, dx=round(left, 2), dy=MARGIN)]
    told = (*picture.attributes, ("data-paper", paper.name), ("data-text-pt", number(drawing.em * scale * POINT)))
    marks += [key] if key else []
    return replace(picture, width=paper.width, height=paper.height, marks=tuple(marks), attributes=told)


def _plain(drawing: Drawing, words: tuple[str, str], marks: tuple[Mark, ...], paper: Sheet, style: Style) -> Scene:
    """A page without a chart."""
    empty = paint(replace(drawing, lanes=(), nodes=(), edges=(), title_lines=()), theme=style.theme, lang=style.lang)
    name = said(words, style.lang)
    return replace(
        empty, width=paper.width, height=paper.height, marks=marks, title=f"{drawing.title} {name}", description=name, attributes=()
    )  # fmt: skip


# -- the title block


def _page_words(place: int, count: int, lang: Lang) -> str:
    return said((f"第 {place} 页，共 {count} 页", f"page {place} of {count}"), lang)


def _framed(page: Scene, colophon: Colophon, place: tuple[int, int], style: Style) -> Scene:
    theme = style.theme
    left, top, width = MARGIN, page.height - MARGIN - FOOT, page.width - 2 * MARGIN
    frame = Rect(box=Box(x=left, y=top, w=width, h=FOOT), fill=theme.lane_head, pen=Pen(colour=theme.lane_line))
    right = [text for text in (colophon.version, colophon.date, _page_words(*place, style.lang)) if text]
    marks: list[Mark] = []
    end = left + width
    for text in reversed(right):
        end -= text_width(text) * BODY + 24
        marks.append(text_at(text, end + 12, top + FOOT / 2, theme))
        marks.append(Path(segments=line((end, top), (end, top + FOOT)), pen=Pen(colour=theme.lane_line)))
    title = _fitted(
        f"{colophon.title}  ({colophon.name})" if colophon.name != colophon.title else colophon.title, end - left - 24
    )
    marks.append(text_at(title, left + 12, top + FOOT / 2, theme, bold=True))
    return replace(page, marks=(*page.marks, Group(marks=(frame, *marks), attributes=(("class", "colophon"),))))


def _fitted(text: str, width: float) -> str:
    """A text that is too long for its place ends in a mark of omission."""
    if text_width(text, bold=True) * BODY <= width:
        return text
    while text and text_width(text + "…", bold=True) * BODY > width:
        text = text[:-1]
    return text + "…"
