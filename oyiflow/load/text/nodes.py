"""Text → nodes: a strict reading of YAML that keeps every value as text and knows where each one stands.

Three steps. `prescan` looks at the raw text and reports what YAML would misread in silence or blame on the wrong line;
it also hands back a copy in which the mechanical slips are mended. PyYAML's C parser turns that copy into events, and
the composer here, which is iterative, turns the events into `Scalar`, `Sequence` and `Mapping`.

Rules it obeys: nothing is raised on any input, every mistake is a Diagnostic of group OF0xx; no anchors, aliases, tags,
merge keys, directives or second documents; a key occurs once; a scalar stays the text that was written (`no`, `12:30`
and `0755` are text, its field's type decides later). It deliberately knows no key of the language.
"""

from __future__ import annotations

import gc
import re
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import yaml

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Source, Span, in_order
from oyiflow.load.text import prescan
from oyiflow.load.text.mending import MAX_FOUND, Scanned

Style = Literal["plain", "single", "double", "literal", "folded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value as it was written, without its quotes and with its escapes resolved; the span includes the quotes."""

    text: str
    span: Span
    style: Style = "plain"

    @property
    def empty(self) -> bool:
        """Nothing was written here: `key:` and the end of the line."""
        return self.style == "plain" and not self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Keys and values in the order written; of a key written twice only the first is here."""

    items: tuple[tuple[Scalar, Node], ...]
    span: Span
    table: dict[str, Node] = field(init=False, repr=False, compare=False)
    """The values by their keys' texts, because a mapping is asked for some thirty keys."""

    def __post_init__(self) -> None:
        table = {name.text: value for name, value in reversed(self.items)}
        object.__setattr__(self, "table", table)

    def get(self, key: str) -> Node | None:
        """The value under this key."""
        return self.table.get(key)

    def key(self, key: str) -> Scalar | None:
        """The key itself, for its span."""
        return next((name for name, _ in self.items if name.text == key), None)


Node = Scalar | Sequence | Mapping

MAX_SCALAR = 100_000
"""Characters of one value: an instruction is a page, not a book."""

MAX_NODES = 200_000
"""Some 20,000 states; a text of commas would otherwise turn 5 MB into a gigabyte of nodes."""


def read(source: Source) -> tuple[Node | None, list[Diagnostic]]:
    """The tree of a text and everything that is wrong with it as text. No tree when it cannot be told what was meant."""
    scanned = prescan.scan(source)
    found = list(scanned.diagnostics)
    if not scanned.readable:
        return None, in_order(found)
    composer = _Composer(source, scanned)
    paused = gc.isenabled()  # thousands of new objects and no garbage: collecting meanwhile takes a third of the time
    gc.disable()
    try:
        root = composer.compose()
    except yaml.YAMLError as error:
        root = None
        composer.complain(error)
    finally:
        if paused:
            gc.enable()
    found += composer.found
    return (None if composer.unusable or scanned.guesswork else root), in_order(found)


# ---------------------------------------------------------------------------------------------------------------------
# Bytes


# ---------------------------------------------------------------------------------------------------------------------
# The composer


_COMPLAINTS = (
    ("unknown escape", "双引号里的反斜杠后面是不认识的字符", "unknown escape in a double-quoted text", "改用单引号，或写成 \\\\", "use single quotes, or write \\\\"),
    ("escape", "双引号里的转义不完整", "incomplete escape in a double-quoted text", "改用单引号，或写成 \\\\", "use single quotes, or write \\\\"),
    ("expected '-'", "这里应是列表的下一项“- ”", "the next item of the list ('- ') is expected here", "检查缩进，或加“- ”", "check the indentation, or add '- '"),
    ("expected key", "这里应是一个键，缩进可能不对", "a key is expected here; is the indentation right?", "检查这一行的缩进", "check the indentation of this line"),
    ("expected ':'", "这一行缺少“: ”", "this line lacks ': '", "写成“键: 值”", "write 'key: value'"),
    ("mapping values", "这里不能出现“: ”", "': ' cannot stand here", "值里有“: ”就加引号；否则检查缩进", "quote a value with ': ' in it, or check the indentation"),
    ("sequence entries", "这里不能开始一个列表", "a list cannot begin here", "另起一行写“- ”", "begin the list on a new line"),
    ("expected ',' or", "括号里缺少逗号，或括号没有结束", "a comma is missing, or the bracket is not closed", "加“, ”或补上括号", "add ', ' or the closing bracket"),
    ("end of stream", "文件结束了，引号还没有结束", "the file ends inside a quoted text", "补上引号", "close the quotes"),
    ("tag", "不支持标签（!）", "tags (!) are not supported", "是文字就加引号", "quote it if it is text"),
    ("alphabetic or numeric", "不支持锚点和引用（& *）", "anchors and aliases (& *) are not supported", "是文字就加引号", "quote it if it is text"),
    ("directive", "不支持 % 指令", "directives (%) are not supported", "删去这一行", "delete this line"),
    ("start any token", "值不能以这个字符开头", "a value cannot begin with this character", "给值加引号", "quote the value"),
    ("document start", "文档到这里已经结束", "the document has already ended here", "检查缩进", "check the indentation"),
)  # fmt: skip
_UNKNOWN = (
    "这里不符合 YAML 的写法",
    "this is not YAML",
    "检查这一行的缩进、引号和括号",
    "check indentation, quotes and brackets here",
)


_STYLES: dict[str | None, Style] = {None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
_CHANGED = re.compile(r"[-+]?(?:0[0-7_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+|[0-9]+_[0-9_]*|0x[0-9a-fA-F_]+|0b[01_]+)")
_CHANGED_WORDS = frozenset(form(word) for word in ("yes", "no", "on", "off") for form in (str.lower, str.title, str.upper)) | {
    "True", "TRUE", "False", "FALSE", "Null", "NULL",
}  # fmt: skip
_Parser: Any = getattr(yaml, "CLoader", yaml.Loader)  # used for its events only; nothing is ever constructed


def _unlocked(frozen: type) -> Any:
    """A class with the slots of a frozen one that lets itself be written; of the same layout, so it can become the other.

    A frozen dataclass is filled through `object.__setattr__`; for thousands of nodes and spans that takes a third of the
    time of the whole reading.
    """
    return type(f"Unlocked{frozen.__name__}", (), {"__slots__": frozen.__slots__})  # type: ignore[attr-defined]


_Span, _Scalar, _Mapping = _unlocked(Span), _unlocked(Scalar), _unlocked(Mapping)


class _Frame:
    """A collection under construction."""

    __slots__ = ("flow", "is_map", "items", "key", "last", "seen", "start", "table")

    def __init__(self, start: tuple[int, int], is_map: bool, flow: bool) -> None:
        self.start, self.is_map, self.flow = start, is_map, flow
        self.last: Node | None = None
        self.items: list[Any] = []
        self.key: Scalar | None = None
        self.seen: dict[str, Scalar] = {}
        self.table: dict[str, Node] = {}


class _Composer:
    """Events → nodes, with a stack of its own. `unusable`: what was found leaves no tree that means anything."""

    def __init__(self, source: Source, scanned: Scanned) -> None:
        self._source = source
        self._scanned = scanned
        self._stack: list[_Frame] = []
        self._place = scanned.original
        self._edited = scanned.edited
        self._name = source.name
        self.found: list[Diagnostic] = []
        self.unusable = False

    def compose(self) -> Node | None:
        """The first document of the text; an empty text has none."""
        parser = _Parser(self._scanned.text)
        try:
            return self._run(parser.get_event)
        finally:
            parser.dispose()

    def _run(self, next_event: Any) -> Node | None:
        root: Node | None = None
        documents = count = 0
        while (event := next_event()) is not None:
            node: Node | None = None
            kind = type(event)
            if kind is yaml.ScalarEvent:
                node = self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._open(event, kind is yaml.MappingStartEvent)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                node = self._close(event)
            elif kind is yaml.AliasEvent:
                node = self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if self._refuses_document(event, documents):
                    return root
            if node is not None:
                count += 1
                if count > MAX_NODES or len(self.found) > MAX_FOUND:
                    self._stop(node, count)
                    return None
                if self._stack:
                    self._attach(self._stack[-1], node)
                else:
                    root = node
        return root

    def _span(self, start: tuple[int, int], end: tuple[int, int]) -> Span:
        span = _Span()
        span.file = self._name
        span.line = start[0] + 1
        span.column = start[1] + 1
        span.end_line = end[0] + 1
        span.end_column = end[1] + 1
        span.__class__ = Span
        return cast(Span, span)

    def _scalar(self, event: Any) -> Scalar:
        begin, finish = event.start_mark, event.end_mark
        first, column, last, after = begin.line, begin.column, finish.line, finish.column
        if self._edited:
            (first, column), (last, after) = self._place(first, column), self._place(last, after)
        if event.anchor is not None or event.tag is not None:
            self._refuse_property(event, (first, column))
        if after == 0 and last:
            (first, column), (last, after) = self._within((first, column), (last, after))
        text, style, span, node = event.value, _STYLES[event.style], _Span(), _Scalar()
        span.file = self._name
        span.line = first + 1
        span.column = column + 1
        span.end_line = last + 1
        span.end_column = after + 1
        span.__class__ = Span
        node.text = text
        node.span = span
        node.style = style
        node.__class__ = Scalar
        if style == "plain" and text and (text in _CHANGED_WORDS or (text[0] in "0123456789-+" and _CHANGED.fullmatch(text))):
            self._note(span, text)
        if len(text) > MAX_SCALAR:
            self._oversized(span)
        return cast(Scalar, node)

    def _note(self, span: Span, text: str) -> None:
        self.found.append(Diagnostic(
            code="OF011", severity=Severity.NOTE, span=span, zh=f"{text} 在这里是文字，别的 YAML 读取器会改成别的值",
            en=f"{text} is text here; other YAML readers change it",
            fix=Fix(zh=f'写成 "{text}"', en=f'write "{text}"', replacement=f'"{text}"'),
        ))  # fmt: skip

    def _oversized(self, span: Span) -> None:
        self.unusable = True
        zh, en = f"这段文字超过 {MAX_SCALAR} 个字", f"this text has more than {MAX_SCALAR} characters"
        self._say("OF008", span, zh, en, Fix(zh="另存为附件", en="keep it in a file of its own"))

    def _within(self, start: tuple[int, int], end: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
        """A block text ends for the parser where the next thing begins, maybe after the last line: take its last letter."""
        lines = self._source.lines
        if end == start:
            return (start, end) if end[0] < len(lines) else ((len(lines) - 1, len(lines[-1])),) * 2
        line = min(end[0], len(lines)) - 1
        while line > start[0] and not lines[line].strip():
            line -= 1
        return start, (line, len(lines[line].rstrip()))

    def _open(self, event: Any, is_map: bool) -> None:
        start = self._place(event.start_mark.line, event.start_mark.column)
        if event.anchor is not None or event.tag is not None:
            self._refuse_property(event, start)
        self._stack.append(_Frame(start, is_map, bool(event.flow_style)))

    def _close(self, event: Any) -> Node:
        frame = self._stack.pop()
        end = frame.start
        if frame.flow:
            end = self._place(event.end_mark.line, event.end_mark.column)
        elif frame.last is not None:
            end = frame.last.span.end_line - 1, frame.last.span.end_column - 1
        span = self._span(frame.start, end)
        items = tuple(frame.items)
        if not frame.is_map:
            return Sequence(items=items, span=span)
        mapping = _Mapping()
        mapping.items, mapping.span, mapping.table = items, span, frame.table
        mapping.__class__ = Mapping
        return cast(Mapping, mapping)

    def _attach(self, frame: _Frame, node: Node) -> None:
        frame.last = node
        if not frame.is_map:
            frame.items.append(node)
        elif frame.key is None:
            frame.key = self._key(node)
        else:
            key, frame.key = frame.key, None
            first = frame.seen.setdefault(key.text, key)
            if first is key:
                frame.items.append((key, node))
                frame.table[key.text] = node
            else:
                self._duplicate(key, first)

    def _key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            self._say(
                "OF010",
                node.span,
                "键必须是一个词，不能是列表或映射",
                "a key must be a word, not a list or a mapping",
                Fix(
                    zh="如果这是文字，整个值加引号；如果是键，改成一个词",
                    en="quote the whole value if it is text; else use a word",
                ),
            )
            self.unusable = True
            return Scalar(text="", span=node.span, style="double")
        if node.text == "<<" and node.style == "plain":
            self._say(
                "OF007",
                node.span,
                "不支持合并键 <<",
                "merge keys (<<) are not supported",
                Fix(zh="把要合并的内容直接写在这里", en="write the merged keys out here"),
            )
            self.unusable = True
        return node

    def _duplicate(self, key: Scalar, first: Scalar) -> None:
        self.found.append(Diagnostic(
            code="OF006", span=key.span, zh=f"键 {key.text} 重复", en=f"duplicate key {key.text}",
            fix=Fix(zh="删去其中一个，或改名", en="delete one of the two, or rename it"),
            related=((first.span, "第一次写在这里", "first written here"),),
        ))  # fmt: skip

    def _alias(self, event: Any) -> Scalar:
        start = self._place(event.start_mark.line, event.start_mark.column)
        span = self._span(start, self._place(event.end_mark.line, event.end_mark.column))
        self._say(
            "OF007", span, f"不支持引用 *{event.anchor}", f"aliases (*{event.anchor}) are not supported",
            Fix(zh="把内容直接写在这里；如果是文字，请加引号", en="write the value out here; if it is text, quote it"),
        )  # fmt: skip
        self.unusable = True
        return Scalar(text=f"*{event.anchor}", span=span)

    def _refuse_property(self, event: Any, start: tuple[int, int]) -> None:
        line, column = start
        written = re.match(r"\S+", self._source.lines[line][column:]) if line < len(self._source.lines) else None
        word = written.group().rstrip(",]}") if written else "&"
        span = self._span(start, (line, column + len(word)))
        if word.startswith("!"):
            zh, en = f"不支持标签 {word}", f"tags ({word}) are not supported"
        else:
            zh, en = f"不支持锚点 {word}", f"anchors ({word}) are not supported"
        fix = Fix(zh="删去它；如果是文字，请加引号", en="delete it; if it is text, quote the value")
        self._say("OF007", span, zh, en, fix)
        self.unusable = True

    def _refuses_document(self, event: Any, number: int) -> bool:
        """Report directives and a second document; True stops the reading."""
        line = event.start_mark.line
        if event.version is not None or event.tags:
            text = self._source.lines[line]
            self._say(
                "OF007", self._span((line, 0), (line, len(text))), "不支持 % 指令", "directives (%) are not supported",
                Fix(zh="删去这一行", en="delete this line"),
            )  # fmt: skip
        if number > 1:
            self._say(
                "OF007", self._span((line, 0), (line, 3)), "一个文件只能有一个文档", "a file holds one document only",
                Fix(zh="把 --- 之后的内容另存为一个文件", en="move what follows --- to a file of its own"),
            )  # fmt: skip
        return number > 1

    def _stop(self, node: Node, count: int) -> None:
        """Too many values, or so many mistakes that more of them help nobody."""
        self.unusable = True
        if count > MAX_NODES:
            zh, en = f"内容太多，超过 {MAX_NODES} 个值", f"too much content: more than {MAX_NODES} values"
            self._say("OF008", node.span, zh, en, prescan.SPLIT)

    def complain(self, error: yaml.YAMLError) -> None:
        """The parser's own words, translated, unless they only echo what the pre-scan has said of this place."""
        self.unusable = True
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line, column = self._place(mark.line, mark.column) if mark is not None else (0, 0)
        line = min(line, len(self._source.lines) - 1)
        column = min(column, len(self._source.lines[line]))
        if self._scanned.explains(line):
            return
        problem = str(getattr(error, "problem", None) or error).partition("\n")[0]
        zh, en, fix_zh, fix_en = next((row[1:] for row in _COMPLAINTS if row[0] in problem), _UNKNOWN)
        end = max(column + 1, len(self._source.lines[line].rstrip())) if "key" in problem else column + 1
        self._say("OF010", self._span((line, column), (line, end)), zh, f"{en} [{problem}]", Fix(zh=fix_zh, en=fix_en))

    def _say(self, code: str, span: Span, zh: str, en: str, fix: Fix) -> None:
        self.found.append(Diagnostic(code=code, severity=Severity.ERROR, span=span, zh=zh, en=en, fix=fix))


# ---------------------------------------------------------------------------------------------------------------------
# What a plain scalar stands for


_NUMBER = re.compile(r"[-+]?(?:(?P<int>0|[1-9][0-9]*)|(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][-+]?[0-9]{1,3})?)")
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}


def plain(node: Node) -> object:
    """The JSON-like value that a schema sees. Quoted is text; plain is int, float, `true`, `false`, null or text.

    Stricter than YAML 1.2's core schema where guessing hurts: `0755`, `1_000`, `0x1F`, `.inf`, `True` stay text.
    Money and decimals must be read from `Scalar.text`, never from here.
    """
    # Depth is bounded by the pre-scan (64), so recursion is safe here.
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.items}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if node.style != "plain":
        return node.text
    if node.text in _WORDS:
        return _WORDS[node.text]
    number = _NUMBER.fullmatch(node.text) if len(node.text) <= 40 else None
    if number is None:
        return node.text
    return int(node.text) if number["int"] else float(node.text)


# ---------------------------------------------------------------------------------------------------------------------
# Where each character of a value stands


_ESCAPE = re.compile(r"\\(?:x.{2}|u.{4}|U.{8}|[ \t]*$|.)", re.MULTILINE)


def positions(source: Source, scalar: Scalar) -> list[tuple[int, int]]:
    """Line and column (from 1) of each character of `scalar.text`, for errors inside a value.

    Exact for one line, quoted or not; in folded text a joint stands at the end of the line that it replaces.
    """
    span, lines = scalar.span, source.lines
    first, last = span.line - 1, min(span.end_line, len(lines)) - 1
    written: list[tuple[str, int, int]] = []
    for number in range(first + (scalar.style in ("literal", "folded")), last + 1):
        start = span.column - 1 + (scalar.style in ("single", "double")) if number == first else 0
        end = span.end_column - 1 if number == last else len(lines[number])
        written += _units(lines[number], number, start, end, scalar.style)
        written.append(("\n", number, end))
    found, at = [], 0
    for char in scalar.text:
        if not char.isspace():
            while at < len(written) - 1 and written[at][0].isspace():
                at += 1
        unit = written[min(at, len(written) - 1)] if written else ("", first, span.column - 1)
        found.append((unit[1] + 1, unit[2] + 1))
        if not char.isspace() or unit[0].isspace() or unit[0] == "\\":
            at += 1
    return found


def _units(line: str, number: int, start: int, end: int, style: Style) -> list[tuple[str, int, int]]:
    """The characters written between two columns; an escape or a doubled quote is one unit, a hidden line end none."""
    units: list[tuple[str, int, int]] = []
    while start < end:
        match = _ESCAPE.match(line, start) if style == "double" else None
        step = len(match.group()) if match else 2 if style == "single" and line.startswith("''", start) else 1
        if match is None or match.group().strip() != "\\":
            units.append((line[start], number, start))
        start += step
    return units
