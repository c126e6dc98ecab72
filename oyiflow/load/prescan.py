"""The raw text before any parser sees it: its limits, and the slips that YAML misreads in silence or blames elsewhere.

One pass over the lines with a small scanner that knows what is ordinary text: block scalars, quotes, comments, values
and their continuation lines. Full-width punctuation is an error only where YAML waits for the ASCII sign, and where
both readings are possible the text is believed: no false alarm. Whatever is mechanical is also mended in the copy that
the parser gets, so that one slip is one diagnostic and later stages still find the rest; `Scanned.original` leads back.

It is no YAML parser: what it does not recognise it leaves to the parser. Limits are checked here because the parser
must never see hostile depth. Every step is linear in the text. Lines and columns in here count from 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Source, Span

MAX_DEPTH = 64
MAX_SIZE = 5_000_000
MAX_LINE = 1_000_000
MAX_FOUND = 500

ODD = "\t\u3000\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
_WIDE = {"：": ":", "﹕": ":", "∶": ":", "，": ",", "﹐": ",", "【": "[", "】": "]", "［": "[", "］": "]", "｛": "{", "｝": "}",
         "－": "-", "—": "-", "–": "-", "−": "-", "﹣": "-", "＃": "#", "﹟": "#", "“": '"', "”": '"', "‘": "'", "’": "'",
         "＂": '"', "＇": "'"}  # fmt: skip
_QUOTES = {"“": "”", "‘": "’", "＂": "＂", "＇": "＇", "”": "”", "’": "’"}
_PAIRS = {"【": "】", "［": "］", "｛": "｝"}

_INDENT = re.compile(rf"[ {ODD}]*")
_DASH = re.compile(rf"-(?=[ {ODD}]|$)|[－—–−﹣](?=[ {ODD}])")
_KEY = re.compile(r":(?=[ \t]|$)")
_KEYED = re.compile(r"(?:- +)*(?:\"[^\"]*\"|'[^']*'|[^\s\"'#\[{&*!|>%@`][^#]*?):(?= |\t|$)|(?:- +)+[\[{]")
_WIDE_KEY = re.compile(r"([^：﹕∶:，。；！？\s“”]{1,40}|[A-Za-z_][\w -]{0,39}?)[ \t]*([：﹕∶])[ \t\u3000\u00a0]*")
_GLUED_KEY = re.compile(rf"([\w-]{{1,40}}):(?=[^\s/:]|[{ODD}])[{ODD}]?")
_COMMENT = re.compile(r"[ \t]#")
_WIDE_COMMENT = re.compile(r"[ \t\u3000]([＃﹟])(?!\d)")
_HEADER = re.compile(r"[|>](?:[1-9]?[-+]?|[-+][1-9])(?:[ \t]+#.*|[ \t]*)$")
_DOUBLE = re.compile(r'"(?:[^"\\]|\\.)*"')
_SINGLE = re.compile(r"'(?:[^']|'')*'")
_MARKER = re.compile(r"(?:---|\.\.\.)(?:[ \t]|$)")
_FLOW_PLAIN = re.compile(r"(?:[^,\[\]{}:#]|:(?![ \t,\[\]{}]|$)|(?<![ \t])#)+")
_SUSPECT = re.compile("[" + "".join(_WIDE) + rf"]|:(?=[^\s,\[\]{{}}])|[ \t]#(?![ #])|[,:\[{{] *[{ODD[1:]}]")
_LETTERS = r"[^\[\]{}\"'#]++"  # possessive: hostile text must not make a pattern try again
_NESTED = rf"\[(?:{_LETTERS})?+\]|\{{(?:{_LETTERS})?+\}}"
_NESTED = rf"\[(?:{_LETTERS}|{_NESTED})*+\]|\{{(?:{_LETTERS}|{_NESTED})*+\}}"
_PLAIN_FLOW = re.compile(rf"(?:\[(?:{_LETTERS}|{_NESTED})*+\]|\{{(?:{_LETTERS}|{_NESTED})*+\}})[ \t]*$")
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u0085\u2028\u2029]+"
    "|\u200d(?![\u2600-\u27bf\U0001f000-\U0001faff])"  # joins emoji, and hides elsewhere
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
_FORBIDDEN = re.compile(f"{_CONTROL.pattern[:-1]}\u0085\u2028\u2029]")
"""What the parser refuses, and the three at which it would end a line although no editor does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What the parser shall read, and what was found. `guesswork`: the mended copy is no longer what the author meant."""

    text: str
    diagnostics: tuple[Diagnostic, ...] = ()
    columns: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """For every edited line the column in the author's text of each of its characters, and of its end."""
    readable: bool = True
    guesswork: bool = False

    @property
    def edited(self) -> bool:
        """Whether places must be led back at all."""
        return bool(self.columns)

    def original(self, line: int, column: int) -> tuple[int, int]:
        """From a place in `text` to the place in the author's text; both from 0."""
        places = self.columns.get(line)
        return (line, column) if places is None else (line, places[min(column, len(places) - 1)])

    def explains(self, line: int) -> bool:
        """Whether a complaint of the parser about this line (from 0) is only the echo of something already said."""
        errors = (found for found in self.diagnostics if found.severity is Severity.ERROR)
        return any(abs(found.span.line - 1 - line) <= 1 for found in errors)


def scan(source: Source) -> Scanned:
    """Look at the raw text. Never raises; what must not reach the parser comes back as not `readable`."""
    scanner = _Scanner(source)
    try:
        scanner.run()
    except _StopReading:
        return Scanned(text="", diagnostics=tuple(scanner.found), readable=False)
    text, columns = scanner.mended()
    return Scanned(text=text, diagnostics=tuple(scanner.found), columns=columns, guesswork=scanner.guesswork)


class _StopReading(Exception):
    """The parser must not, or need not, see this text."""


class _Level:
    """One open bracket of a flow collection, and what is known of its current entry."""

    __slots__ = ("column", "commas", "keyed", "kind", "line", "wide")

    def __init__(self, kind: str, line: int, column: int) -> None:
        self.kind, self.line, self.column = kind, line, column
        self.keyed = ""  # "", "ascii" or "wide": the colon that this entry had so far
        self.commas = 0
        self.wide: list[tuple[int, int]] = []


class _Scanner:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines = source.lines
        self._n = 0
        self._line = ""
        self._shift = 0  # mended column minus written column, after a mended indentation
        self._stack: list[tuple[int, bool]] = []  # open block collections: column, is a mapping
        self._waiting: int | None = None  # `key:` or `-` stands there with nothing after it
        self._moved: dict[int, int] = {}  # lines whose indentation was already found wrong → the right one
        self._habit = -2  # the last line whose key had a full-width colon
        self._edits: dict[int, list[tuple[int, int, str]]] = {}
        self.found: list[Diagnostic] = []
        self.guesswork = False

    # -- saying and mending -------------------------------------------------------------------------------------------

    def _say(self, code: str, at: tuple[int, int, int], zh: str, en: str, fix: Fix) -> None:
        """Report `at` (line, first column, end column)."""
        line, start, end = at
        span = Span(file=self._source.name, line=line + 1, column=start + 1, end_line=line + 1, end_column=end + 1)
        severity = Severity.WARNING if code in ("OF005", "OF009") else Severity.ERROR
        self.found.append(Diagnostic(code=code, severity=severity, span=span, zh=zh, en=en, fix=fix))
        if len(self.found) >= MAX_FOUND:
            self.found.append(Diagnostic(
                code="OF010", span=span, zh=f"已有 {MAX_FOUND} 处错误，不再往下读", en=f"{MAX_FOUND} mistakes already: stopped reading",
                fix=Fix(zh="先改好上面这些", en="mend these first"),
            ))  # fmt: skip
            raise _StopReading

    def _edit(self, start: int, end: int, text: str, line: int | None = None) -> None:
        self._edits.setdefault(self._n if line is None else line, []).append((start, end, text))

    def _wide(self, start: int, end: int, text: str, zh: str = "", en: str = "") -> None:
        """OF001 for the characters start..end of this line, for which `text` should stand."""
        written = self._line[start:end]
        self._say(
            "OF001", (self._n, start, end),
            zh or f"{written} 是全角标点，YAML 这里要用半角 {text.strip()}", en or f"'{written}' looks like '{text.strip()}', but is not",
            Fix(zh=f"改成 `{text}`", en=f"write `{text}`", replacement=text),
        )  # fmt: skip
        if len(written) == len(text) or len(written) <= 2:
            self._edit(start, end, text)

    def _wide_sign(self, at: int) -> None:
        """A full-width number sign; the comment gets the space that keeps it from looking like a text cut off."""
        self._wide(at, at + 1, "#" if self._line[at + 1 : at + 2].strip() == "" else "# ")

    def _quote(self, start: int, end: int, zh: str, en: str) -> None:
        """OF010 for a value that must stand in quotes."""
        value = self._line[start:end]
        quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if "'" in value or '"' not in value else f"'{value}'"
        self._say("OF010", (self._n, start, end), zh, en, Fix(zh=f"加引号：{quoted}", en=f"quote it: {quoted}", replacement=quoted))
        self._edit(start, end, quoted)

    def mended(self) -> tuple[str, dict[int, list[int]]]:
        """The text with all edits made, and for the edited lines where each character came from."""
        if not self._edits:
            return _FORBIDDEN.sub(" ", self._source.text), {}
        lines, columns = list(self._lines), {}
        for number, edits in self._edits.items():
            line, new, places, at = lines[number], [], [], 0
            for start, end, text in sorted(edits):
                if start < at:
                    continue
                new += [line[at:start], text]
                places += [*range(at, start), *(min(start + k, end) for k in range(len(text)))]
                at = end
            lines[number] = "".join([*new, line[at:]])
            columns[number] = [*places, *range(at, len(line) + 1)]
        return _FORBIDDEN.sub(" ", "\n".join(lines)), columns

    # -- lines of block style -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """All lines; what spans several lines (block scalars, quotes, brackets, long text) moves on by itself."""
        if len(self._source.text) > MAX_SIZE:
            self._too_much((0, 0, 0), f"文件超过 {MAX_SIZE // 1_000_000} MB", f"the file is larger than {MAX_SIZE // 1_000_000} MB")
        longest = max(range(len(self._lines)), key=lambda n: len(self._lines[n]))
        if len(self._lines[longest]) > MAX_LINE:
            self._too_much((longest, 0, 0), f"这一行超过 {MAX_LINE} 个字", f"this line has more than {MAX_LINE} characters")
        self._unseen(_INVISIBLE, "OF005", "看不见的字符", "invisible character")
        self._unseen(_CONTROL, "OF010", "不允许的控制字符", "control character not allowed:")
        while self._n < len(self._lines):
            self._block_line()
            self._n += 1

    def _too_much(self, at: tuple[int, int, int], zh: str, en: str) -> None:
        self._say("OF008", at, zh, en, Fix(zh="拆成几个文件", en="split it into several files"))
        raise _StopReading

    def _unseen(self, pattern: re.Pattern[str], code: str, zh: str, en: str) -> None:
        """Report the characters that nobody can see."""
        if not pattern.search(self._source.text):
            return
        for number, line in enumerate(self._lines):
            for match in pattern.finditer(line, 1 if number == 0 and line.startswith("\ufeff") else 0):
                name = f"U+{ord(match.group()[0]):04X}"
                fix = Fix(zh="删去它", en="delete it", replacement="")
                self._say(code, (number, match.start(), match.end()), f"{zh} {name}", f"{en} {name}", fix)

    def _block_line(self) -> None:
        line = self._line = self._lines[self._n]
        bom = self._n == 0 and line.startswith("\ufeff")
        self._shift = 0
        if bom:
            self._shift = -1
            self._edit(0, 1, "")
        start = len(line) - len(line[bom:].lstrip(" "))
        if start < len(line) and line[start] in ODD:
            start = self._odd_indent(start)
        if start >= len(line) or line[start] == "#":
            return
        if start == bom and (_MARKER.match(line, start) or (line[start] == "%" and not self._stack)):
            self._stack.clear()
            self._waiting = None
            return
        parent = self._align(start)
        self._entry(start, parent)

    def _levels(self) -> list[int]:
        return [column for column, _ in self._stack]

    def _odd_indent(self, first: int) -> int:
        """OF003: what looks like indentation is none. Returns where the text of the line begins."""
        match = _INDENT.match(self._line, first)
        end = match.end() if match else first
        odd = self._line[first:end]
        if end == len(self._line) and not odd.strip("\t "):
            self._edit(first, end, "")
            return end
        width = first + sum(1 if char in " \u00a0" else 2 for char in odd)
        levels = self._levels()
        if self._waiting is not None:
            width = max(width, self._waiting + 1)
        elif levels:
            width = min(levels, key=lambda level: (abs(level - width), -level))
        spaces = " " * max(0, width - first) if end < len(self._line) else ""
        names = {"\t": ("制表符", "a tab"), "\u3000": ("全角空格", "a full-width space"), "\u00a0": ("不换行空格", "a no-break space")}
        zh, en = names.get(odd[0], ("特殊空格", "an unusual space"))
        self._say(
            "OF003", (self._n, first, end), f"缩进里有{zh}，YAML 只认半角空格", f"{en} in the indentation: only plain spaces count",
            Fix(zh=f"换成 {len(spaces)} 个半角空格", en=f"use {len(spaces)} spaces", replacement=spaces),
        )  # fmt: skip
        self._edit(first, end, spaces)
        self._shift = first + len(spaces) - end
        return end

    def _align(self, start: int) -> int:
        """Close the collections that this line leaves, and return the column of the collection it is a value of."""
        if self._n in self._moved:
            self._shift = self._moved[self._n] - start
        column, levels = start + self._shift, self._levels()
        waiting, self._waiting = self._waiting, None
        if levels and column not in levels and not (waiting is not None and column > waiting):
            right = min(levels, key=lambda level: (abs(level - column), -level))
            self._misplaced(self._n, start, right)
            column = right
            self._shift = right - start
        stack, dash = self._stack, _DASH.match(self._line, start)
        while stack and stack[-1][0] > column:
            stack.pop()
        if len(stack) > 1 and not dash and stack[-1] == (column, False) and stack[-2] == (column, True):
            stack.pop()
        below = [level for level, _ in stack if level < column]
        return below[-1] if below else -1

    def _misplaced(self, number: int, start: int, right: int) -> None:
        self._say(
            "OF010", (number, 0, max(start, 1)), f"缩进不对：这里是 {start} 格，应是 {right} 格", f"bad indentation: {start} spaces, should be {right}",
            Fix(zh=f"缩进改成 {right} 格", en=f"indent by {right}", replacement=" " * right if start else None),
        )  # fmt: skip
        self._edit(0, start, " " * right, number)
        self._moved[number] = right

    def _push(self, column: int, is_map: bool) -> None:
        if self._stack and self._stack[-1] == (column, is_map):
            return
        self._stack.append((column, is_map))
        self._check_depth(len(self._stack), column)

    def _check_depth(self, depth: int, column: int) -> None:
        if depth > MAX_DEPTH:
            self._too_much((self._n, column, column + 1), f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels")

    def _entry(self, start: int, parent: int) -> None:
        """Dashes, however many, and the node after them."""
        line = self._line
        while (match := _DASH.match(line, start)) is not None:
            if line[start] != "-":
                self._wide(start, start + 1, "-")
            parent = start + self._shift
            self._push(parent, False)
            start = self._separated(match.end(), "-")
            if start >= len(line) or line[start] == "#":
                self._waiting = parent
                return
        if line[start] in "＃﹟":
            self._wide_sign(start)
            return
        if line[start] == "-" and self._stack and self._stack[-1] == (start + self._shift, False):
            self._missing_space(start, start + 1, "-")
            return
        self._node(start, parent, inline=False)

    def _separated(self, start: int, after: str) -> int:
        """Skip the spaces after a sign; a full-width or no-break one there is no separation for YAML."""
        line = self._line
        end = start
        while end < len(line) and (line[end] == " " or line[end] in ODD):
            end += 1
        if line[start:end].strip(" \t"):
            self._say(
                "OF003", (self._n, start, end), f"“{after}”后面要用半角空格", f"the space after '{after}' must be a plain one",
                Fix(zh="换成半角空格", en="use a plain space", replacement=" "),
            )  # fmt: skip
            self._edit(start, end, " " * (end - start))
        return end

    def _missing_space(self, start: int, end: int, sign: str) -> None:
        self._say(
            "OF010", (self._n, end - 1, end), f"“{sign}”后面少一个空格", f"a space is missing after '{sign}'",
            Fix(zh=f"“{sign}”后加空格", en=f"put a space after '{sign}'", replacement=f"{sign} "),
        )  # fmt: skip
        self._edit(end, end, " ")

    # -- nodes --------------------------------------------------------------------------------------------------------

    def _node(self, start: int, parent: int, inline: bool) -> None:
        """A key with its value, or a value; `inline` after a key on the same line, where no further key may come."""
        line = self._line
        if start >= len(line) or line[start] == "#":
            self._waiting = parent
            return
        sign = line[start]
        if sign in "\"'":
            end = self._quoted(start, parent)
            match = re.compile(r"[ \t]*(:(?=[ \t]|$)|[：﹕∶])").match(self._line, end) if line is self._line and not inline else None
            if match:
                self._after_key(start, match.start(1))
            else:
                self._tail(start if line is self._line else end, end)
        elif sign in "[{":
            end = self._flow(start, parent)
            self._tail(start if line is self._line else end, end)
        elif sign in "|>" and (header := _HEADER.match(line, start)):
            digit = re.search(r"[1-9]", header.group().partition("#")[0])
            self._block_scalar(parent, max(parent, 0) + int(digit.group()) if digit else -1)
        elif sign in "&!" and (match := re.compile(r"(?:&\w|!)\S*[ \t]*").match(line, start)) and not self._bare(start):
            self._node(match.end(), parent, inline)
        elif sign in "|>&!*@`%,]}" or (inline and re.compile(r"[-?:](?=[ \t]|$)").match(line, start)):
            self._indicator(start)
        else:
            self._plain(start, parent, inline)

    def _bare(self, start: int) -> bool:
        """`!done` and nothing else is meant as text, not as a tag."""
        return re.compile(r"![^!\s]+[ \t]*(?:#|$)").match(self._line, start) is not None

    def _indicator(self, start: int) -> None:
        line, end = self._line, self._end(start)
        name = re.compile(r"\*([^\s,\[\]{}]+)$").match(line[:end], start)
        if name and (re.search(rf"&{re.escape(name[1])}(?=\s|$)", self._source.text) or "<<" in line[:start]):
            return  # a real alias: the composer refuses it
        sign = line[start]
        self.guesswork = True
        if sign == "-":
            zh, en = "列表要另起一行写", "a list must begin on a new line"
        else:
            zh, en = f"值不能以 {sign} 开头，要加引号", f"a value cannot begin with {sign} unless it is quoted"
        self._quote(start, end, zh, en)

    def _end(self, start: int) -> int:
        """Where the text that begins here ends on this line: before a comment and its spaces."""
        match = _COMMENT.search(self._line, start)
        return len(self._line[: match.start() if match else None].rstrip())

    def _plain(self, start: int, parent: int, inline: bool) -> None:
        line, end = self._line, self._end(start)
        if self._covered(start, end):
            return
        if not inline:
            match = _KEY.search(line, start, end + 1) if end < len(line) else _KEY.search(line, start)
            if match and match.start() < end:
                self._after_key(start, match.start())
                return
            if self._broken_key(start, end):
                return
        elif (match := _KEY.search(line, start)) and match.start() < end:
            self._quote(start, end, "值里有“: ”，要加引号", "a value with ': ' in it must be quoted")
            return
        self._comment_signs(start, end)
        if end == len(line.rstrip()):
            self._continued(parent)

    def _after_key(self, start: int, colon: int) -> None:
        """A key stands at `start`, its colon (of whatever kind) at `colon`; go on with the value."""
        line, column = self._line, start + self._shift
        self._push(column, True)
        after = self._mend_colon(colon) if line[colon] != ":" else self._separated(colon + 1, ":")
        if after < len(line) and line[after] == "#":
            self._cut(after - 1, empty=True)
        self._node(after, column, inline=True)

    def _mend_colon(self, colon: int) -> int:
        """OF001 at a full-width colon; returns where the value begins."""
        line, after = self._line, colon + 1
        self._habit = self._n
        while after < len(line) and (line[after] == " " or line[after] in ODD):
            after += 1
        if after > colon + 1 and line[colon + 1] != " ":
            self._edit(colon + 1, after, " " * (after - colon - 1))
        glued = after == colon + 1 and after < len(line)
        self._wide(colon, colon + 1, ": " if glued else ":")
        return after

    def _broken_key(self, start: int, end: int) -> bool:
        """A line that must be a key, or that what follows shows to be one, but has no ASCII colon with a space."""
        line = self._line
        wide, glued = _WIDE_KEY.match(line, start, end), _GLUED_KEY.match(line, start, end)
        if not (wide or glued) or not self._must_be_key(start, end):
            return False
        if wide and (not glued or wide.start(2) < glued.end(1)):
            self._after_key(start, wide.start(2))
        elif glued and glued.end() > glued.end(1) + 1:
            self._after_key(start, glued.end(1))
        elif glued:
            self._missing_space(start, glued.end(1) + 1, ":")
            self._push(start + self._shift, True)
            self._node(glued.end(1) + 1, start + self._shift, inline=True)
        return True

    def _must_be_key(self, start: int, end: int) -> bool:
        column = start + self._shift
        if not self._stack or self._stack[-1] == (column, True) or self._habit == self._n - 1:
            return True
        below = next((text for text in self._lines[self._n + 1 : self._n + 51] if text.strip() and text.lstrip()[0] != "#"), "")
        indent = len(below) - len(below.lstrip(f" {ODD}"))
        ends = self._line[end - 1] in "：﹕∶"
        if indent > start and ends:
            return bool(_KEYED.match(below, indent) or _WIDE_KEY.match(below, indent) or _DASH.match(below, indent))
        if indent != start:
            return indent > start and bool(_KEYED.match(below, indent))
        both = re.compile(r"[A-Za-z_][\w-]*[：﹕∶]")
        return bool(_KEYED.match(below, indent) or (both.match(self._line, start) and both.match(below, indent)))

    def _covered(self, start: int, end: int) -> bool:
        """A value that stands wholly in full-width brackets or Chinese quotes, meant as YAML's own."""
        line = self._line
        first, last, inner = line[start], line[end - 1], line[start + 1 : end - 1]
        text = ""
        if first in _QUOTES and (last == _QUOTES[first] or last in "\"'") and end - start > 1 and not set(inner) & {first, last}:
            text = _WIDE[first] + inner + _WIDE[first] if _WIDE[first] not in inner else ""
        elif (
            first in _PAIRS and last in "】］｝]}" and not set(inner) & set("【】］｝]}")
            and (first != "【" or last != "】" or set(inner) & {"，", ","})
        ):  # fmt: skip
            kind = _WIDE[first]
            text = kind + inner.replace("，", ",").replace("：", ":") + ("]" if kind == "[" else "}")
        if not text:
            return False
        close = text[-1]
        zh, en = f"{first} {last} 在 YAML 里只是文字，要用半角 {text[0]} {close}", f"{first}{last} is plain text for YAML: use {text[0]}{close}"
        after = re.compile(r"[ \t]*[:：](?=[ \t]|$)").match(line, end)
        self._wide(start, end, text, zh, en)
        if text[0] == "{":
            text = re.sub(r":(?=\S)", ": ", text)
        self._edit(start, end, text)
        if not after:
            self._comment_signs(end, len(line))
        return True

    def _comment_signs(self, start: int, end: int) -> None:
        """A full-width number sign that should begin a comment, and an ASCII one that perhaps should not."""
        match = _WIDE_COMMENT.search(self._line, start, end)
        if match:
            self._wide_sign(match.start(1))
        else:
            self._cut(end, empty=False)

    def _cut(self, at: int, empty: bool) -> None:
        """OF009: one space, `#` and a letter glued to it. A comment has room on one side of its sign at least."""
        line = self._line
        if not re.compile(r" #[^\s#]").match(line, at) or line[at - 1].isspace():
            return
        below = self._lines[self._n + 1] if self._n + 1 < len(self._lines) else ""
        if empty and len(below) - len(below.lstrip(" -")) > len(line) - len(line.lstrip(" ")):
            return  # `key: #comment`, and the value follows below
        self._say(
            "OF009", (self._n, at + 1, len(line.rstrip())), "“ #”之后的文字被当作注释，没有读入", "the text after ' #' was cut off as a comment",
            Fix(zh="是文字就给整个值加引号；是注释就在 # 后加空格", en="quote the value if it is text; put a space after # if not"),
        )  # fmt: skip

    def _continued(self, parent: int) -> None:
        """Skip the further lines of a plain text; none of them may look like a key or begin with a number sign."""
        lines, ahead = self._lines, self._n + 1
        while ahead < len(lines):
            line = lines[ahead]
            indent = len(line) - len(line.lstrip(" "))
            if indent < len(line):
                if indent <= parent or line[indent] == "#" or line[indent] in ODD or (parent < 0 and _MARKER.match(line)):
                    return
                if _KEYED.match(line, indent):
                    self._too_deep(ahead, indent, parent)
                    return
                self._n, self._line, self._shift = ahead, line, 0
                if line[indent] in "＃﹟":
                    self._wide_sign(indent)
                self._comment_signs(indent, self._end(indent))
                if self._end(indent) < len(line.rstrip()):
                    return
            ahead += 1

    def _too_deep(self, number: int, indent: int, parent: int) -> None:
        """A key below a text that is already complete."""
        if (parent, True) in self._stack:
            self._misplaced(number, indent, parent)
            return
        self._say(
            "OF010", (self._n, len(self._line) - len(self._line.lstrip()), len(self._line.rstrip())), "下面是键，这一行却没有冒号", "keys follow below, but this line has no colon",
            Fix(zh="行尾加“:”，或改缩进", en="end the line with ':' or mend the indentation"),
        )  # fmt: skip
        self.guesswork = True
        column = indent
        self._moved[number] = column
        self._push(column, True)
        self._edit(0, len(self._line), "")

    def _tail(self, start: int, end: int) -> None:
        """After a closed quote or bracket only a comment may follow."""
        line = self._line
        match = re.compile(r"[ \t]*").match(line, end)
        rest = match.end() if match else end
        if rest >= len(line) or (line[rest] == "#" and rest > end):
            return
        if line[rest] in "＃﹟":
            self._wide_sign(rest)
        elif line[rest] in "]}" and start != end:
            self._say(
                "OF010", (self._n, rest, rest + 1), f"多了一个 {line[rest]}", f"one {line[rest]} too many",
                Fix(zh="删去它", en="delete it", replacement=""),
            )  # fmt: skip
            self._edit(rest, rest + 1, "")
        elif not _KEY.match(line, rest):
            finish = self._end(start)
            self.guesswork |= start == end
            self._quote(start, finish, "引号或括号已经结束，后面还有文字：整个值加引号", "text after the closing quote or bracket: quote the whole value")

    def _block_scalar(self, parent: int, content: int) -> None:
        """Skip `|` and `>` texts: everything in them is ordinary, but for a false indentation."""
        while self._n + 1 < len(self._lines):
            line = self._lines[self._n + 1]
            indent = len(line) - len(line.lstrip(" "))
            if indent < len(line):
                if (indent <= parent and line[indent] not in ODD) or (content >= 0 and parent < indent < content and line[indent] == "#"):
                    return
                if content < 0 and indent > parent:
                    content = indent
                elif indent < (content if content >= 0 else parent + 1):
                    self._shallow(line, indent, max(content, parent + 1, 0) if content >= 0 else parent + 2)
            self._n += 1

    def _shallow(self, line: str, indent: int, right: int) -> None:
        """A line of a block text that does not reach its indentation."""
        self._line, saved = line, self._n
        self._n += 1
        match = _INDENT.match(line)
        end = match.end() if match else indent
        if end < len(line) and line[indent] in ODD:
            self._say(
                "OF003", (self._n, indent, end), "缩进里有全角空格、制表符等，YAML 只认半角空格", "the indentation must be plain spaces",
                Fix(zh=f"换成 {right - indent} 个半角空格", en=f"use {right - indent} spaces", replacement=" " * (right - indent)),
            )  # fmt: skip
            self._edit(indent, end, " " * (right - indent))
        elif end < len(line):
            self._misplaced(self._n, indent, right)
        else:
            self._edit(0, end, "")
        self._n = saved

    # -- quotes and brackets ------------------------------------------------------------------------------------------

    def _quoted(self, start: int, parent: int) -> int:
        """Skip a quoted text that begins here; returns where it ends, on the line where it ends."""
        line = self._line
        pattern, sign = (_DOUBLE, '"') if line[start] == '"' else (_SINGLE, "'")
        match = pattern.match(line, start)
        wide = re.compile(r"[^\"'“‘]*?([”’＂])[ \t]*(?=$|[,，\]}:：#])").match(line, start + 1)
        if wide and (not match or not re.compile(r"[ \t]*(?:$|[,\]}:：]|[ \t][#＃])").match(line, match.end())):
            self._wide(wide.start(1), wide.end(1), sign)
            return wide.end(1)
        if match:
            return match.end()
        end = self._closing(sign, start, parent)
        if end is None:
            finish = self._end(start)
            self._say(
                "OF010", (self._n, start, start + 1), f"引号 {sign} 没有结束", f"this {sign} is never closed",
                Fix(zh=f"在这段文字后面加 {sign}", en=f"put a {sign} where the text ends"),
            )  # fmt: skip
            self._edit(finish, finish, sign)
            self.guesswork = True
            return len(line)
        return end

    def _closing(self, sign: str, start: int, parent: int) -> int | None:
        """The end of a quoted text of several lines, each of which must be indented deeper than its key."""
        pattern = re.compile(r'(?:[^"\\]|\\.|\\$)*"' if sign == '"' else r"(?:[^']|'')*'")
        for number in range(self._n + 1, len(self._lines)):
            line = self._lines[number]
            if line.strip() and len(line) - len(line.lstrip()) <= parent:
                return None
            match = pattern.match(line)
            if match:
                self._n, self._line = number, line
                return match.end()
        return None

    def _flow(self, start: int, parent: int) -> int:
        """Skip a `[…]` or `{…}`, over several lines if need be; returns where it ends."""
        match = _PLAIN_FLOW.match(self._line, start)
        if match and not _SUSPECT.search(self._line, start):
            return len(self._line.rstrip())
        levels: list[_Level] = []
        at: int = start
        while True:
            at = self._flow_line(levels, at, parent)
            if not levels:
                return at
            if not self._flow_goes_on(levels, parent):
                return len(self._line)
            at = 0

    def _flow_goes_on(self, levels: list[_Level], parent: int) -> bool:
        """Move to the next line, unless it shows that a bracket was forgotten."""
        inner, number = levels[-1], self._n + 1
        while number < len(self._lines) and not self._lines[number].strip():
            number += 1
        text = self._lines[number] if number < len(self._lines) else ""
        indent = len(text) - len(text.lstrip(f" {ODD}"))
        last = self._line[: self._end(0)][-1:]
        lost = number >= len(self._lines) or (indent <= parent and last not in ",[{:" and bool(_KEYED.match(text, indent)))
        if not lost:
            self._n, self._line = number, text
            return True
        closers = "".join("]" if level.kind == "[" else "}" for level in reversed(levels))
        self._say(
            "OF010", (inner.line, inner.column, inner.column + 1), f"括号 {inner.kind} 没有结束", f"this {inner.kind} is never closed",
            Fix(zh=f"在后面加 {closers}", en=f"add {closers} at the end"),
        )  # fmt: skip
        self.guesswork = True
        finish = self._end(0)
        self._edit(finish, finish, closers)
        return False

    def _flow_line(self, levels: list[_Level], at: int, parent: int) -> int:
        """One line of a flow collection; stops after the bracket that closes the outermost one, or at its end."""
        line = self._line
        while at < len(line):
            sign = line[at]
            if sign in "[{":
                levels.append(_Level(sign, self._n, at))
                self._check_depth(len(self._stack) + len(levels), at)
                at += 1
            elif sign in "]}":
                self._flow_close(levels, at)
                at += 1
                if not levels:
                    break
            elif sign == ",":
                levels[-1].commas += 1
                levels[-1].keyed = ""
                at += 1
            elif sign in " \t":
                at += 1
            elif sign in ODD:
                at = self._separated(at, line[:at].strip()[-1:] or "\u2423")
            elif sign == "#" and (at == 0 or line[at - 1] in " \t"):
                return len(line)
            elif sign in "\"'":
                at = self._quoted(at, parent)
                line = self._line
                if line[at : at + 1] == ":":
                    levels[-1].keyed, at = "ascii", at + 1
                elif line[at : at + 1] in ("：", "﹕", "∶"):
                    levels[-1].keyed, at = "ascii", self._mend_colon(at)
            elif sign == ":":
                levels[-1].keyed, at = "ascii", at + 1
            else:
                at = self._flow_text(levels, at)
                if not levels:
                    break
        return at

    def _flow_close(self, levels: list[_Level], at: int) -> None:
        level = levels.pop()
        right = "]" if level.kind == "[" else "}"
        if self._line[at] != right:
            self._say(
                "OF010", (self._n, at, at + 1), f"括号不配对：{level.kind} 要用 {right} 结束", f"{level.kind} must be closed by {right}",
                Fix(zh=f"改成 {right}", en=f"write {right}", replacement=right),
            )  # fmt: skip
            self._edit(at, at + 1, right)
        here, self_line = self._n, self._line
        for number, column in level.wide if not level.commas else ():
            self._n, self._line = number, self._lines[number]
            self._wide(column, column + 1, ",")
        self._n, self._line = here, self_line

    def _flow_text(self, levels: list[_Level], start: int) -> int:
        """A plain text inside brackets: where full-width signs most often stand for the ASCII ones."""
        line, level = self._line, levels[-1]
        if line[start] in _PAIRS and (end := self._flow_covered(start)):
            return end
        match = _FLOW_PLAIN.match(line, start)
        stop = match.end() if match else start + 1
        end = start + max(1, len(line[start:stop].rstrip()))
        is_key = line[stop : stop + 1] == ":"
        if line[end - 1] in "】］｝" and not set(line[start:end]) & {"【", "［", "｛"}:
            self._wide(end - 1, end, "]" if level.kind == "[" else "}")
            levels.pop()
            return stop if levels else end
        if _SUSPECT.search(line, start, end):
            if line[start] in _QUOTES and self._covered(start, end):
                return stop
            if level.kind == "{":
                self._flow_entry(level, start, end, is_key)
            elif not is_key:
                level.wide += [(self._n, at) for at in range(start, end) if line[at] in "，﹐"]
        if level.kind == "{" and level.keyed and is_key and not self._edits.get(self._n):
            self._lost_comma(start, end)
        if line[stop : stop + 1] == "#":
            self._hidden(levels, stop, end)
        return stop

    def _flow_covered(self, start: int) -> int:
        """`【a, b】` inside other brackets: the comma must not part it."""
        match = re.compile(r"[【［｛][^【】［］｛｝\[\]{}\"']*[】］｝]").match(self._line, start)
        return match.end() if match and self._covered(start, match.end()) else 0

    def _flow_entry(self, level: _Level, start: int, end: int, is_key: bool) -> None:
        """`{a：1，b: 2}`: pieces between full-width commas; a comma parts entries only where a key follows it."""
        line, at = self._line, start
        commas = [k for k in range(start, end) if line[k] in "，﹐"]
        for piece_end in [*commas, end]:
            last = piece_end == end
            wide, glued = _WIDE_KEY.match(line, at, piece_end), _GLUED_KEY.match(line, at, piece_end)
            key_here = last and is_key
            if at > start and (key_here or (level.keyed == "wide" and wide)):
                self._wide(at - 1, at, ", " if line[at : at + 1].strip() else ",")
                level.keyed = ""
            if not level.keyed and not key_here:
                if wide:
                    self._mend_colon(wide.start(2))
                    level.keyed = "wide"
                elif glued:
                    self._missing_space(at, glued.end(1) + 1, ":")
                    level.keyed = "ascii"
            at = piece_end + 1

    def _lost_comma(self, start: int, end: int) -> None:
        self.guesswork = True
        self._quote(start, end, "花括号里的值含“: ”：少了逗号，或要加引号", "': ' inside a value: a comma is missing, or quotes are")

    def _hidden(self, levels: list[_Level], sign: int, end: int) -> None:
        """A ` #` that hides the closing bracket."""
        if set(self._line[sign:]) & set("]}"):
            self._say(
                "OF010", (self._n, sign, len(self._line.rstrip())), "“ #”之后全是注释，括号没有结束", "everything after ' #' is a comment: the bracket is not closed",
                Fix(zh="给含 # 的文字加引号", en="quote the text with the # in it"),
            )  # fmt: skip
            self.guesswork = True
            self._edit(sign, len(self._line), "".join("]" if level.kind == "[" else "}" for level in reversed(levels)))
            self._line = self._line[:end]
            levels.clear()
        else:
            self._cut(end, empty=False)
