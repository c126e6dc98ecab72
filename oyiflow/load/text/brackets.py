"""Quotes and brackets: the parts of a text that may span lines and in which most full-width signs are typed.

In braces an entry needs an ASCII colon; in a list a full-width comma parts nothing. A text that could be meant is left
alone. What is not closed is blamed on the place where it opens, as soon as a line shows that it was forgotten.
"""

from __future__ import annotations

import re

from oyiflow.diagnostics import Fix
from oyiflow.load.text.mending import ODD, PAIRS, QUOTES, WIDE, Mending

KEYED = re.compile(r"(?:- +)*(?:\"[^\"]*\"|'[^']*'|[^\s\"'#\[{&*!|>%@`][^#]*?):(?= |\t|$)|(?:- +)+[\[{]")
WIDE_KEY = re.compile(r"([^：﹕∶:，。；！？\s“”]{1,40}|[A-Za-z_][\w -]{0,39}?)[ \t]*([：﹕∶])[ \t\u3000\u00a0]*")
GLUED_KEY = re.compile(rf"([\w-]{{1,40}}):(?=[^\s/:]|[{ODD}])[{ODD}]?")
_DOUBLE = re.compile(r'"(?:[^"\\]|\\.)*"')
_SINGLE = re.compile(r"'(?:[^']|'')*'")
_FLOW_PLAIN = re.compile(r"(?:[^,\[\]{}:#]|:(?![ \t,\[\]{}]|$)|(?<![ \t])#)+")
_NAMES = re.compile(r"[A-Za-z_]\w*(?:[，﹐][ ]*[A-Za-z_]\w*)+")
_SUSPECT = re.compile("[" + "".join(WIDE) + rf"]|:(?=[^\s,\[\]{{}}])|[ \t]#(?![ #])|[,:\[{{] *[{ODD[1:]}]")
_LETTERS = r"[^\[\]{}\"'#]++"  # possessive: hostile text must not make a pattern try again
_NESTED = rf"\[(?:{_LETTERS})?+\]|\{{(?:{_LETTERS})?+\}}"
for _ in range(2):
    _NESTED = rf"\[(?:{_LETTERS}|{_NESTED})*+\]|\{{(?:{_LETTERS}|{_NESTED})*+\}}"
_PLAIN_FLOW = re.compile(rf"(?:\[(?:{_LETTERS}|{_NESTED})*+\]|\{{(?:{_LETTERS}|{_NESTED})*+\}})[ \t]*$")


_WIDE_END = re.compile(r"[^\"'“‘]*?([”’＂])[ \t]*(?=$|[,，\]}:：#])")
_AFTER_QUOTE = re.compile(r"[ \t]*(?:$|[,\]}:：]|[ \t][#＃])")


class _Level:
    """One open bracket of a flow collection, and what is known of its current entry."""

    __slots__ = ("column", "commas", "keyed", "kind", "line", "wide")

    def __init__(self, kind: str, line: int, column: int) -> None:
        self.kind, self.line, self.column = kind, line, column
        self.keyed = ""  # "", "ascii" or "wide": the colon that this entry had so far
        self.commas = 0
        self.wide: list[tuple[int, int]] = []


_WORD_KEY = re.compile(r"[ \t\u3000]*[a-z_]{2,20}[ \t]*[：﹕∶]")
"""`，by：` in the middle of a value: no Chinese text goes on like that, a forgotten comma and colon do."""


class Brackets(Mending):
    """Skips one quoted text or one flow collection, mending on the way."""

    def _quoted(self, start: int, parent: int) -> int:
        """Skip a quoted text that begins here; returns where it ends, on the line where it ends."""
        line = self._line
        pattern, sign = (_DOUBLE, '"') if line[start] == '"' else (_SINGLE, "'")
        match = pattern.match(line, start)
        wide = _WIDE_END.match(line, start + 1)
        if wide and (not match or not _AFTER_QUOTE.match(line, match.end())):
            self._wide(wide.start(1), wide.end(1), sign)
            return wide.end(1)
        if match:
            return match.end()
        end = self._closing(sign, parent)
        if end is None:
            finish = self._end(start)
            self._say(
                "OF010", (self._n, start, start + 1), f"引号 {sign} 没有结束", f"this {sign} is never closed",
                Fix(zh=f"在这段文字后面加 {sign}", en=f"put a {sign} where the text ends"),
            )  # fmt: skip
            self._edit(finish, finish, sign)
            self._unclosed = self._n
            self.guesswork = True
            return len(line)
        return end

    def _closing(self, sign: str, parent: int) -> int | None:
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
        while number < len(self._lines) and self._lines[number].lstrip()[:1] in ("", "#"):
            number += 1
        text = self._lines[number] if number < len(self._lines) else ""
        indent = len(text) - len(text.lstrip(f" {ODD}"))
        last = self._line[: self._end(0)][-1:]
        lost = number >= len(self._lines) or (indent <= parent and last not in ",[{:" and bool(KEYED.match(text, indent)))
        if not lost:
            self._n, self._line = number, text
            return True
        closers = "".join("]" if level.kind == "[" else "}" for level in reversed(levels))
        if self._unclosed != self._n:  # else the quote that swallowed the bracket has been blamed
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
        if line[start] in PAIRS and (end := self._flow_covered(start)):
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
            if line[start] in QUOTES and self._covered(start, end):
                return stop
            if level.kind == "{":
                self._flow_entry(level, start, end, is_key)
            elif not is_key:
                self._flow_item(level, start, end)
        if line[stop : stop + 1] == "#":
            self._hidden(levels, stop, end)
        return stop

    def _flow_item(self, level: _Level, start: int, end: int) -> None:
        """`[a，b]`: names are parted at once; other words only if the list turns out to have no ASCII comma at all."""
        line = self._line
        commas = [at for at in range(start, end) if line[at] in "，﹐"]
        if _NAMES.fullmatch(line, start, end):
            for at in commas:
                self._wide(at, at + 1, ",")
        else:
            level.wide += [(self._n, at) for at in commas]

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
            wide, glued = WIDE_KEY.match(line, at, piece_end), GLUED_KEY.match(line, at, piece_end)
            key_here = last and is_key
            if at > start and (key_here or (wide and (level.keyed == "wide" or _WORD_KEY.match(line, at)))):
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
