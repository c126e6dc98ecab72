"""The canonical layout of a file: the same content, the same comments, one way to write it.

Kept: the order of lists and tables, comments, blank lines (one at most), block or bracket style of every collection, and
where the author broke a line inside brackets; what has comments inside brackets, as it is written. Canonical: two spaces of indentation; the keys of a line in one order, the
verb first (between comments and blank lines only, so that none loses its place); columns that line up in a run of lines in
braces; one space after a sign; quotes only where needed; full-width signs of a condition in ASCII, its words as they are.

What comes out is read again, and must be the same tree with the same comments: otherwise, and for a layout that is not
known here, the text is left alone. The layout is repeated until it changes nothing, so that it is idempotent.
"""

from __future__ import annotations

from collections.abc import Sequence as Sequential
from dataclasses import dataclass

from oyiflow.diagnostics import Source
from oyiflow.load.files.calendar import is_calendar
from oyiflow.load.files.company import is_company
from oyiflow.load.files.manual import is_manual
from oyiflow.load.language import aliases
from oyiflow.load.layout.comments import Comments, Unusual
from oyiflow.load.layout.flowing import Flow, is_flow, meaning, width
from oyiflow.load.layout.order import below, in_order
from oyiflow.load.text import nodes
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence

ROUNDS = 6
ALIGNED = ("step", "state")
"""The kinds whose lines have columns."""
SPREAD = 40
"""Names of a table line up unless they differ by more columns."""


def formatted(source: Source) -> str | None:
    """The text in canonical layout (lines end in `\\n`), or None if it is laid out in a way that is not known here."""
    text = "\n".join(source.lines)
    try:
        for _ in range(ROUNDS):
            new = _once(Source(name=source.name, text=text))
            if new == text:
                return text
            text = new
    except Unusual:
        return None
    return None


def _once(source: Source) -> str:
    """One round, read again and compared."""
    root, found = aliases.read(source)
    if not isinstance(root, Mapping) or is_flow(root, source):
        raise Unusual(1)
    comments = Comments(source, root)
    text = _Layout(source, comments).text(root)
    after = Source(name=source.name, text=text)
    again, found_again = nodes.read(after)
    same = again is not None and meaning(again) == meaning(root) and Comments(after, again).all() == comments.all()
    if not same or len(found_again) > len(found):
        raise Unusual(1)
    return text


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of a block collection: its key if it has one, its value, and the kind of what is in the value."""

    key: Scalar | None
    value: Node
    kind: str

    @property
    def first(self) -> int:
        """The line it begins on."""
        return (self.key or self.value).span.line - 1

    @property
    def last(self) -> int:
        """The line it ends on."""
        return max((self.key or self.value).span.end_line, self.value.span.end_line) - 1


class _Layout:
    """Writes the lines of block style."""

    def __init__(self, source: Source, comments: Comments) -> None:
        self._source, self._comments = source, comments
        self._flow = Flow(source)
        self._out: list[str] = []
        self._done = 0  # the lines of the source before this one have been written
        self._path: list[tuple[int, int]] = []  # the open blocks: column of the author, column here

    def text(self, root: Mapping) -> str:
        """The whole text."""
        kind = "company" if is_company(root) else "manual" if is_manual(root) else "" if is_calendar(root) else "process"
        self._block(root, 0, kind, None)
        self._between(len(self._comments.lines), 0, 0)
        while not self._out[-1]:
            self._out.pop()
        return "\n".join(self._out) + "\n"

    def _between(self, until: int, written: int, indent: int) -> None:
        """Comments and blank lines before an item that the author began in column `written`."""
        for at, text in self._comments.between(self._done, until):
            if text:
                inner = [new for old, new in self._path if written < old <= at]
                self._out.append(" " * (inner[-1] if inner else indent) + text)
            elif self._out and self._out[-1]:
                self._out.append("")

    def _block(self, node: Mapping | Sequence, indent: int, kind: str, begun: str | None, depth: int = 0) -> None:
        """A block collection; `begun`: the line on which its first item goes on."""
        column = node.span.column - 1
        items = [_Item(None, value, kind) for value in node.items] if isinstance(node, Sequence) else self._entries(node, kind)
        names = self._names(items) if kind.startswith("*") else {}
        for run in _runs(items):
            if begun is not None and self._done < run[0].first:
                raise Unusual(run[0].first)
            self._between(run[0].first, column, indent)
            self._path[depth:] = [(column, indent)]
            if isinstance(node, Mapping):
                pairs = in_order(node, kind, [(item.key, item.value) for item in run if item.key is not None])
                run = [_Item(key, value, below(node, kind, key.text)) for key, value in pairs]
            pads = self._pads(run, indent + 2)
            for item in run:
                start = begun if begun is not None else " " * indent
                begun = None
                self._item(item, start, (indent, depth), pads.get(id(item.value), ()), names)
            self._done = max(item.last for item in run) + 1

    def _entries(self, node: Mapping, kind: str) -> list[_Item]:
        return [_Item(key, value, below(node, kind, key.text)) for key, value in node.items]

    def _item(self, item: _Item, start: str, place: tuple[int, int], pads: Sequential[int], names: dict[int, int]) -> None:
        """One item; `start` is what stands before it on its line."""
        indent, depth = place
        value, line = item.value, start
        self._done = item.first + 1
        if item.key is not None:
            line += f"{self._flow.scalar(item.key, 'key')}:"
        nested = not isinstance(value, Scalar) and not is_flow(value, self._source)
        if item.key is None and nested:
            self._done = item.first
            self._block(value, indent + 2, item.kind, f"{line}- ", depth + 1)  # type: ignore[arg-type]
        elif nested:
            self._out.append(line + self._comments.gap(item.first))
            self._block(value, indent + 2, item.kind, None, depth + 1)  # type: ignore[arg-type]
        else:
            room = " " * (names.get(id(value), 0) + 1)
            self._value(item, f"{line}-{room}" if item.key is None else f"{line}{room}", indent, pads)

    def _value(self, item: _Item, line: str, indent: int, pads: Sequential[int]) -> None:
        """A scalar or a collection in brackets at the end of a line."""
        value, key = item.value, item.key.text if item.key is not None else ""
        if isinstance(value, Scalar) and value.style in ("literal", "folded"):
            self._long(value, line, indent)
            return
        if self._comments.inside(value):
            self._out += self._as_written(value, line, indent)
            return
        if not isinstance(value, Scalar):
            written = self._flow.value(value, item.kind, width(line), pads=pads)
        elif value.empty:
            written = ""
        else:
            written = self._flow.scalar(value, "block", key).replace("\n", "\n" + " " * (indent + 2))
        lines = (line + written).rstrip(" ") + self._comments.gap(item.last)
        self._out += [one if one.strip(" ") else "" for one in lines.split("\n")]

    def _as_written(self, value: Node, line: str, indent: int) -> list[str]:
        """A value with comments between its lines is moved as a whole."""
        lines, span = self._source.lines, value.span
        first, *more = lines[span.line - 1 : span.end_line]
        moved = width(line) - width(first[: span.column - 1])
        out = [line + first[span.column - 1 :].rstrip(" \t")]
        for one in more:
            text = one.strip(" \t")
            out.append(" " * max(indent + 1, len(one) - len(one.lstrip(" ")) + moved) + text if text else "")
        return out

    def _long(self, value: Scalar, line: str, indent: int) -> None:
        """A text of several lines after `|` or `>`: moved as a whole."""
        lines, span = self._source.lines, value.span
        header = lines[span.line - 1][span.column - 1 :].rstrip()
        body = lines[span.line : span.end_line]
        margin = min((len(one) - len(one.lstrip(" ")) for one in body if one.strip(" ")), default=0)
        if any(sign in header.partition("#")[0] for sign in "+123456789"):
            raise Unusual(span.line)
        self._out.append(line + header)
        self._out += [" " * (indent + 2) + one[margin:] if one.strip(" ") else "" for one in body]

    # --- columns

    def _pads(self, run: list[_Item], column: int) -> dict[int, list[int]]:
        """The room after the entries of lines in braces that follow each other."""
        pads: dict[int, list[int]] = {}
        group: list[tuple[Node, str]] = []
        for item in [*run, None]:
            if item is not None and self._lines_up(item):
                group.append((item.value, item.kind))
                continue
            for (node, _), room in zip(group, self._flow.columns(group, column), strict=True):
                pads[id(node)] = room
            group = []
        return pads

    def _lines_up(self, item: _Item) -> bool:
        known = item.key is None and item.kind in ALIGNED and not self._comments.inside(item.value)
        return known and isinstance(item.value, Mapping) and is_flow(item.value, self._source)

    def _names(self, items: list[_Item]) -> dict[int, int]:
        """The room after the names of a table whose entries are written in braces."""
        rows = [
            item
            for item in items
            if item.key is not None and (isinstance(item.value, Scalar) or is_flow(item.value, self._source))
        ]
        if all(isinstance(item.value, Scalar) for item in rows):
            return {}
        widths = {id(item.value): width(self._flow.scalar(item.key, "key")) for item in rows if item.key is not None}
        widest = max(widths.values())
        return {} if widest - min(widths.values()) > SPREAD else {name: widest - size for name, size in widths.items()}


def _runs(items: list[_Item]) -> list[list[_Item]]:
    """Items without a comment or a blank line between them."""
    runs: list[list[_Item]] = []
    for item in items:
        if runs and item.first <= runs[-1][-1].last + 1:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs
