"""What a file says between its values: comments and blank lines, each with its place, for the canonical layout.

A `#` begins a comment when nothing but a space stands before it and no value covers it; the nodes know where values are.
Lines and columns in here count from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from oyiflow.diagnostics import Source
from oyiflow.load.text.nodes import Mapping, Node, Scalar

_HASH = re.compile(r"(?:^|(?<=[ \t]))#")
_HEADER = re.compile(r"[|>][-+1-9]*")


class Unusual(Exception):
    """The text is laid out in a way that the canonical layout does not know; it is left alone."""


class Comments:
    """The comments of a text. `of` gives the comment at the end of a line (or all of a line), with its column."""

    def __init__(self, source: Source, root: Node) -> None:
        self.lines = source.lines
        self._covered: dict[int, list[tuple[int, int]]] = {}
        for value in scalars(root):
            self._cover(value)
        self._found = {
            number: at
            for number, line in enumerate(self.lines)
            if "#" in line and (at := self._start(number, line)) is not None
        }

    def _cover(self, value: Scalar) -> None:
        span, block = value.span, value.style in ("literal", "folded")
        for number in range(span.line - 1, span.end_line):
            start = span.column - 1 if number == span.line - 1 else 0
            end = span.end_column - 1 if number == span.end_line - 1 else len(self.lines[number])
            if block and number == span.line - 1:  # after `|` a comment may follow; the text begins on the next line
                header = _HEADER.match(self.lines[number], start)
                end = header.end() if header else start + 1
            self._covered.setdefault(number, []).append((start, end))

    def _start(self, number: int, line: str) -> int | None:
        places = self._covered.get(number, ())
        return next(
            (m.start() for m in _HASH.finditer(line) if not any(start <= m.start() < end for start, end in places)), None
        )

    def of(self, number: int) -> tuple[int, str]:
        """Column and text of the comment on a line; an empty text if there is none."""
        at = self._found.get(number)
        return (len(self.lines[number]), "") if at is None else (at, self.lines[number][at:].rstrip())

    def gap(self, number: int) -> str:
        """The comment at the end of a line with the room before it."""
        at, text = self.of(number)
        code = self.lines[number][:at].rstrip()
        return " " * max(2, at - len(code)) + text if text else ""

    def between(self, first: int, end: int) -> list[tuple[int, str]]:
        """The lines from `first` to before `end`, which must be comments or blank, as (column, text); "" is a blank one."""
        return [self._only(number) for number in range(first, end)]

    def _only(self, number: int) -> tuple[int, str]:
        at, text = self.of(number)
        if self.lines[number][:at].strip():
            raise Unusual(number + 1)
        return at, text

    def all(self) -> list[str]:
        """The texts of all comments, sorted."""
        return sorted(self.of(number)[1] for number in self._found)

    def inside(self, node: Node) -> bool:
        """Whether there is a comment on some line of a value before its last one."""
        long = isinstance(node, Scalar) and node.style in ("literal", "folded")
        return not long and self.any(node.span.line - 1, node.span.end_line - 2)

    def any(self, first: int, last: int) -> bool:
        """Whether some line from `first` to `last` has a comment."""
        return any(number in self._found for number in range(first, last + 1))


def scalars(root: Node) -> Iterator[Scalar]:
    """All keys and values below a node."""
    todo = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, Mapping):
            todo += [part for item in node.items for part in item]
        else:
            todo += node.items
