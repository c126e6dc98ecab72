"""Values in canonical form: scalars with quotes only where needed, conditions with ASCII signs, collections in brackets.

A collection in brackets is written on one line if it fits. Where the author broke it before an entry, it stays broken; it is
broken further where it grows too wide, and goes on below its first entry. Widths are display columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from collections.abc import Sequence as Sequential
from functools import lru_cache
from typing import Any

from oyiflow.diagnostics import NOWHERE, Source
from oyiflow.load.guards.grammar import parse
from oyiflow.load.guards.tokens import twin
from oyiflow.load.layout.comments import Unusual
from oyiflow.load.layout.order import below, in_order
from oyiflow.load.text import nodes
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence, plain
from oyiflow.rendering import display_width

WIDTH = 160
GUARDS = ("when", "only_when")
WORDS = frozenset({"title", "zh", "en", "label", "say", "log", "name", "source", "owner", "company", "makes", "needs"})
"""Keys of words for people: there quotes never matter. In an assignment they part a text from an expression."""
COLUMNS = ("", "title", "by")
"""The keys that line up in a run of steps; the first is the verb, whichever it is."""
_QUOTED = re.compile(r"[“„\"＂][^”“\"＂]*[”\"“＂]|[‘'’][^’']*[’']")
_WIDE = re.compile("[\uff01-\uff5e【】〔〕、×−–﹥﹤≥≤≠≧≦\u3000]")
_ASCII: Table[str, str] = {"≥": ">=", "≤": "<=", "≠": "!=", "≧": ">=", "≦": "<=", "\u3000": " "}
_SAFE = re.compile(r"(?:[^\W\d]|\().*", re.DOTALL)


def width(text: str) -> int:
    """The columns that a line takes."""
    return sum(map(display_width, text))


def is_flow(node: Node, source: Source) -> bool:
    """Whether a collection is written in brackets."""
    return source.lines[node.span.line - 1][node.span.column - 1 : node.span.column] in ("{", "[")


@lru_cache(maxsize=4096)
def condition(text: str) -> str:
    """A condition with ASCII for full-width signs outside of quotes; as it was if it would then say something else."""
    parts, at = [], 0
    for quoted in _QUOTED.finditer(text):
        parts += [_ascii(text[at : quoted.start()]), quoted.group()]
        at = quoted.end()
    new = "".join([*parts, _ascii(text[at:])])
    if new == text:
        return text
    before, after = parse(text, NOWHERE)[0], parse(new, NOWHERE)[0]
    return new if before is not None and before == after else text


def _ascii(text: str) -> str:
    return _WIDE.sub(lambda found: _ASCII.get(found.group(), twin(found.group())), re.sub(r"[，、]\s*", ", ", text))


def meaning(node: Node, key: str = "") -> Any:
    """What a tree says, whatever the order of its keys: equal before and after."""
    # Depth is bounded by the pre-scan (64), so recursion is safe here.
    if isinstance(node, Mapping):
        return "map", sorted(((k.text, meaning(value, k.text)) for k, value in node.items), key=lambda item: item[0])
    if isinstance(node, Sequence):
        return "list", [meaning(item) for item in node.items]
    value = plain(node)
    if key in GUARDS and isinstance(value, str):
        return "condition", condition(value)
    return type(value).__name__, value, key in WORDS or node.style == "plain"


# ---------------------------------------------------------------------------------------------------------------------
# Scalars


@lru_cache(maxsize=4096)
def bare(text: str, place: str) -> bool:
    """Whether a text means the same without quotes, in a `block`, in a `flow` or as a `key`."""
    if not _SAFE.fullmatch(text) or "\n" in text:
        return False
    shape = {"block": f"k: {text}\n", "flow": f"[{text}]\n", "key": f"{{{text}: k}}\n"}[place]
    root, found = nodes.read(Source(name="", text=shape))
    if found or root is None or isinstance(root, Scalar) or len(root.items) != 1:
        return False
    item = root.items[0]
    value = item if isinstance(root, Sequence) else root.items[0][1 if place == "block" else 0]
    return isinstance(value, Scalar) and plain(value) == text


def quoted(text: str) -> str:
    """A text in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if "'" in text else f"'{text}'"


class Flow:
    """Writes keys, scalars and collections in brackets."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def scalar(self, node: Scalar, place: str, key: str = "") -> str:
        """A scalar without its line ends changed; what need not be quoted is not."""
        lines = self._source.lines
        span = node.span
        if node.style in ("literal", "folded"):
            raise Unusual(span.line)
        if key in GUARDS and condition(node.text) != node.text:
            new = condition(node.text)
            return new if bare(new, place) else quoted(new)
        if span.line == span.end_line:
            written = lines[span.line - 1][span.column - 1 : span.end_column - 1]
            if node.style == "plain":
                return node.text  # a word of the language may stand in Chinese in the source
            needless = (key in WORDS or place == "key") and node.style in ("single", "double") and bare(node.text, place)
            return node.text if needless else written
        first, *middle, last = lines[span.line - 1 : span.end_line]
        return "\n".join(
            [first[span.column - 1 :].rstrip(), *(line.strip(" ") for line in middle), last[: span.end_column - 1].lstrip(" ")]
        )

    def entry(self, key: Scalar | None, value: Node, kind: str, column: int, pads: Sequential[int] = ()) -> str:
        """One entry, with its key if it has one, beginning in a display column."""
        if key is None:
            return self.value(value, kind, column, pads=pads)
        name = f"{self.scalar(key, 'key')}:"
        if isinstance(value, Scalar) and value.empty:
            raise Unusual(key.span.line)
        return f"{name} {self.value(value, kind, column + width(name) + 1, key.text)}"

    def value(self, node: Node, kind: str, column: int, key: str = "", pads: Sequential[int] = ()) -> str:
        """A value inside brackets, or a whole collection in brackets."""
        if isinstance(node, Scalar):
            return self.scalar(node, "flow", key).replace("\n", "\n" + " " * column)
        if not is_flow(node, self._source):  # `[plan: {budget: 5}]`: a single pair without braces
            [(name, value)] = node.items  # type: ignore[misc]
            return self.entry(name, value, "", column)
        opening, closing = "{}" if isinstance(node, Mapping) else "[]"
        return opening + self._entries(node, kind, column + 1, pads) + closing

    def _entries(self, node: Mapping | Sequence, kind: str, base: int, pads: Sequential[int]) -> str:
        out, at = "", base
        broken = self._broken(node)
        for number, (key, value, under) in enumerate(parts(node, kind)):
            first = key or value
            if number:
                pad = pads[number - 1] if number <= len(pads) else 0
                if id(first) in broken or not self._fits(key, value, under, at + 2 + pad):
                    out, at = f"{out},\n{' ' * base}", base
                else:
                    out, at = f"{out}, {' ' * pad}", at + 2 + pad
            written = self.entry(key, value, under, at)
            last = written.rpartition("\n")[2]
            at = width(last) if "\n" in written else at + width(last)
            out += written
        return out

    def _broken(self, node: Mapping | Sequence) -> set[int]:
        """The entries before which the author broke the line."""
        broken, last = set(), node.span.line
        for item in node.items:
            first, end = (item[0], item[1]) if isinstance(item, tuple) else (item, item)
            if first.span.line > last and first is not (
                node.items[0][0] if isinstance(node.items[0], tuple) else node.items[0]
            ):
                broken.add(id(first))
            last = end.span.end_line
        return broken

    def _fits(self, key: Scalar | None, value: Node, kind: str, column: int) -> bool:
        """Whether an entry fits on the line; of one that is broken, its first line."""
        written = self.entry(key, value, kind, column if value.span.line != value.span.end_line else 0)
        first = written.partition("\n")[0] if value.span.line != value.span.end_line else " ".join(written.split("\n"))
        return column + width(first) + 1 <= WIDTH

    def columns(self, rows: Sequential[tuple[Node, str]], column: int) -> list[list[int]]:
        """For steps on lines of their own, the room after the verb, the title and `by`, so that they line up."""
        cells = [self._cells(node, kind) for node, kind in rows]
        pads: list[list[int]] = [[] for _ in rows]
        for place in range(len(COLUMNS)):
            lined = [n for n, row in enumerate(cells) if len(pads[n]) == place and _goes_on(row, place)]
            room = max((cells[n][place][1] for n in lined), default=0)
            wider = [room - cells[n][place][1] for n in lined]
            if any(column + self._length(cells[n]) + sum(pads[n]) + pad > WIDTH for n, pad in zip(lined, wider, strict=True)):
                break
            for n, pad in zip(lined, wider, strict=True):
                pads[n].append(pad)
        return pads

    @staticmethod
    def _length(row: list[tuple[str, int]]) -> int:
        return sum(size + 2 for _, size in row)

    def _cells(self, node: Node, kind: str) -> list[tuple[str, int]]:
        """The keys and widths of the entries on the first line of a mapping."""
        if not isinstance(node, Mapping):
            return []
        cells, broken = [], self._broken(node)
        for number, (key, value, under) in enumerate(parts(node, kind)):
            if key is None or (number and id(key) in broken):
                break
            cells.append((key.text, width(self.entry(key, value, under, 0))))
            if value.span.line != value.span.end_line:
                break
        return cells


def _goes_on(row: list[tuple[str, int]], place: int) -> bool:
    """Whether a line has this column and something after it: after the verb its title, after the title `by`."""
    if len(row) <= place + 1 or (place and row[place][0] != COLUMNS[place]):
        return False
    return place + 1 >= len(COLUMNS) or row[place + 1][0] == COLUMNS[place + 1]


def parts(node: Mapping | Sequence, kind: str) -> list[tuple[Scalar | None, Node, str]]:
    """The entries of a collection in canonical order: key, value, and the kind of what is in the value."""
    if isinstance(node, Sequence):
        return [(None, item, kind) for item in node.items]
    return [(key, value, below(node, kind, key.text)) for key, value in in_order(node, kind)]
