"""The little Markdown that a manual needs. Whatever people wrote is text: none of its signs is read as markup.

Table cells hold one line; a cell without anything shows a dash, so that a gap is seen to be meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from oyiflow.rendering import escaped

_SIGNS = re.compile(r"([\\`*|<&\[\]~$])|(?<![^\W_])(_)|(_)(?![^\W_])")
EMPTY = "–"


def inline(text: str) -> str:
    """A text of the author's as part of a line."""
    return _SIGNS.sub(lambda found: f"\\{found[0]}", escaped(" ".join(text.split())))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; none when there are no rows."""
    body = [_row(cells) for cells in rows]
    return [_row(head), "|" + "---|" * len(head), *body, ""] if body else []


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell or EMPTY for cell in cells) + " |"


def indented(lines: Iterable[str], depth: int) -> list[str]:
    """Lines as part of a list item `depth` levels deep."""
    return [("  " * depth + line) if line else "" for line in lines]
