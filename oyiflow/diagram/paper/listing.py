"""The list of articles as pages: one row for each article, as many rows as fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from oyiflow.diagram.paper.articles import STAR, Article
from oyiflow.diagram.paper.size import BODY, LEADING, MARGIN, Sheet, Style, text_at
from oyiflow.diagram.scene.primitives import Mark, Path, Pen, line
from oyiflow.diagram.scene.words import said
from oyiflow.diagram.text import text_width, wrap

ARTICLES: Final = ("依据的条款", "Articles carried out")
_ARTICLE: Final = ("条款", "Article")
_ELEMENTS: Final = ("由哪些内容落实", "Carried out by")
_STAR: Final = ("* 推定：条款没有明写", "* inferred: the article does not say so")
PAD: Final = 24.0
BETWEEN: Final = 8.0

Row = tuple[tuple[str, ...], tuple[str, ...], float]


def article_pages(articles: Sequence[Article], basis: str, paper: Sheet, style: Style, top: float) -> list[tuple[Mark, ...]]:
    """The marks of each page of the list, the first one beginning `top` below the margin; none without articles."""
    if not articles:
        return []
    width, height = paper.inner
    column = min(width * 0.4, max(text_width(one.source) for one in articles) * BODY + PAD)
    column = max(column, text_width(said(_ARTICLE, style.lang), bold=True) * BODY + PAD)
    head = _head(articles, wrap(basis, width / BODY), style)
    rows = [_row(one, (column - PAD, width - column - PAD / 2), style) for one in articles]
    paged = _pages(rows, height - (len(head) + 2) * LEADING, top)
    return [_table(page, head, (column, top if at == 0 else 0.0), paper, style) for at, page in enumerate(paged)]


def _head(articles: Sequence[Article], basis: tuple[str, ...], style: Style) -> tuple[str, ...]:
    starred = any(name.endswith(STAR) for one in articles for _, names in one.elements for name in names)
    return (said(ARTICLES, style.lang), *basis, *([said(_STAR, style.lang)] if starred else []))


def _row(one: Article, widths: tuple[float, float], style: Style) -> Row:
    sources = wrap(one.source, widths[0] / BODY)
    elements = tuple(text for line in one.lines(style.lang) for text in wrap(line, widths[1] / BODY))
    return sources, elements, max(len(sources), len(elements)) * LEADING + BETWEEN


def _pages(rows: list[Row], room: float, used: float) -> list[list[Row]]:
    pages: list[list[Row]] = [[]]
    for row in rows:
        if pages[-1] and used + row[2] > room:
            pages.append([])
            used = 0.0
        pages[-1].append(row)
        used += row[2]
    return pages


def _table(rows: list[Row], head: tuple[str, ...], at: tuple[float, float], paper: Sheet, style: Style) -> tuple[Mark, ...]:
    """`at`: where the second column begins, and how far below the margin the table does."""
    theme, column, y = style.theme, at[0], MARGIN + at[1] + LEADING / 2
    marks: list[Mark] = []
    for place, text in enumerate(head):
        marks.append(text_at(text, MARGIN, y, theme, bold=place == 0))
        y += LEADING
    y += LEADING / 2
    marks.append(text_at(said(_ARTICLE, style.lang), MARGIN, y, theme, bold=True))
    marks.append(text_at(said(_ELEMENTS, style.lang), MARGIN + column, y, theme, bold=True))
    y += LEADING * 0.75
    for sources, elements, high in rows:
        marks.append(Path(segments=line((MARGIN, y), (paper.width - MARGIN, y)), pen=Pen(colour=theme.lane_line)))
        for x, lines in ((MARGIN, sources), (MARGIN + column, elements)):
            marks += [text_at(text, x, y + BETWEEN / 2 + LEADING * (row + 0.5), theme) for row, text in enumerate(lines)]
        y += high
    return tuple(marks)
