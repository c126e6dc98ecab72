"""The author's text beside its mended copy: what is reported of it, and what the parser shall read instead.

`Mending` holds the words for the slips that occur in every context (a full-width sign, a missing space, a value that
needs quotes) and the edits that mend them in the copy; `Scanned` is the result and leads places in the copy back.
Lines and columns in here count from 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Source, Span

MAX_DEPTH = 64
MAX_FOUND = 500
ODD = "\t\u3000\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
WIDE = {"：": ":", "﹕": ":", "∶": ":", "，": ",", "﹐": ",", "【": "[", "】": "]", "［": "[", "］": "]", "｛": "{", "｝": "}",
         "－": "-", "—": "-", "–": "-", "−": "-", "﹣": "-", "＃": "#", "﹟": "#", "“": '"', "”": '"', "‘": "'", "’": "'",
         "＂": '"', "＇": "'"}  # fmt: skip
QUOTES = {"“": "”", "‘": "’", "＂": "＂", "＇": "＇", "”": "”", "’": "’"}
PAIRS = {"【": "】", "［": "］", "｛": "｝"}
_COMMENT = re.compile(r"[ \t]#")
_WIDE_COMMENT = re.compile(r"[ \t\u3000]([＃﹟])(?!\d)")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
_FORBIDDEN = re.compile(f"{CONTROL.pattern[:-1]}\u0085\u2028\u2029]")
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


class StopReading(Exception):
    """The parser must not, or need not, see this text."""


class Mending:
    """One text under the pen: where the scanner is, what it found, what it changed."""

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
        self._unclosed = -1  # the line of a quote that is never closed

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
            raise StopReading

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
        quoted = (
            '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if "'" in value or '"' not in value else f"'{value}'"
        )
        self._say(
            "OF010", (self._n, start, end), zh, en, Fix(zh=f"加引号：{quoted}", en=f"quote it: {quoted}", replacement=quoted)
        )
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

    def _too_much(self, at: tuple[int, int, int], zh: str, en: str) -> None:
        self._say("OF008", at, zh, en, Fix(zh="拆成几个文件", en="split it into several files"))
        raise StopReading

    def _check_depth(self, depth: int, column: int) -> None:
        if depth > MAX_DEPTH:
            self._too_much((self._n, column, column + 1), f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels")

    def _end(self, start: int) -> int:
        """Where the text that begins here ends on this line: before a comment and its spaces."""
        match = _COMMENT.search(self._line, start)
        return len(self._line[: match.start() if match else None].rstrip())

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

    def _covered(self, start: int, end: int) -> bool:
        """A value that stands wholly in full-width brackets or Chinese quotes, meant as YAML's own."""
        line = self._line
        first, last, inner = line[start], line[end - 1], line[start + 1 : end - 1]
        text = ""
        if first in QUOTES and (last == QUOTES[first] or last in "\"'") and end - start > 1 and not set(inner) & {first, last}:
            text = WIDE[first] + inner + WIDE[first] if WIDE[first] not in inner else ""
        elif (
            first in PAIRS and last in "】］｝]}" and not set(inner) & set("【】］｝]}")
            and (first != "【" or last != "】" or set(inner) & {"，", ","})
        ):  # fmt: skip
            kind = WIDE[first]
            text = kind + inner.replace("，", ",").replace("：", ":") + ("]" if kind == "[" else "}")
        if not text:
            return False
        close = text[-1]
        zh, en = (
            f"{first} {last} 在 YAML 里只是文字，要用半角 {text[0]} {close}",
            f"{first}{last} is plain text for YAML: use {text[0]}{close}",
        )
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
