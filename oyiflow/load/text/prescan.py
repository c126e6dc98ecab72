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

from oyiflow.diagnostics import Fix, Source
from oyiflow.load.text.brackets import GLUED_KEY, KEYED, WIDE_KEY, Brackets
from oyiflow.load.text.mending import CONTROL, ODD, Scanned, StopReading

SPLIT = Fix(zh="拆成几个文件", en="split the file")
MAX_SIZE = 5_000_000
MAX_LINE = 1_000_000
_INDENT = re.compile(rf"[ {ODD}]*")
_DASH = re.compile(rf"-(?=[ {ODD}]|$)|[－—–−﹣](?=[ {ODD}])")
_KEY = re.compile(r":(?=[ \t]|$)")
_HEADER = re.compile(r"[|>](?:[1-9]?[-+]?|[-+][1-9])(?:[ \t]+#.*|[ \t]*)$")
_SPACES = re.compile(r"[ \t]*")
_COLON_AFTER_QUOTE = re.compile(r"[ \t]*(:(?=[ \t]|$)|[：﹕∶])")
_INLINE_SIGN = re.compile(r"[-?:](?=[ \t]|$)")
_MARKER = re.compile(r"(?:---|\.\.\.)(?:[ \t]|$)")
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u0085\u2028\u2029]+"
    "|\u200d(?![\u2600-\u27bf\U0001f000-\U0001faff])"  # joins emoji, and hides elsewhere
)


def scan(source: Source) -> Scanned:
    """Look at the raw text. Never raises; what must not reach the parser comes back as not `readable`."""
    scanner = _Scanner(source)
    try:
        scanner.run()
    except StopReading:
        return Scanned(text="", diagnostics=tuple(scanner.found), readable=False)
    text, columns = scanner.mended()
    return Scanned(text=text, diagnostics=tuple(scanner.found), columns=columns, guesswork=scanner.guesswork)


class _Scanner(Brackets):
    """The lines of block style."""

    def run(self) -> None:
        """All lines; what spans several lines (block scalars, quotes, brackets, long text) moves on by itself."""
        if len(self._source.text) > MAX_SIZE:
            self._too_much(
                (0, 0, 0), f"文件超过 {MAX_SIZE // 1_000_000} MB", f"the file is larger than {MAX_SIZE // 1_000_000} MB"
            )
        longest = max(range(len(self._lines)), key=lambda n: len(self._lines[n]))
        if len(self._lines[longest]) > MAX_LINE:
            self._too_much((longest, 0, 0), f"这一行超过 {MAX_LINE} 个字", f"this line has more than {MAX_LINE} characters")
        self._unseen(_INVISIBLE, "OF005", "看不见的字符", "invisible character")
        self._unseen(CONTROL, "OF010", "不允许的控制字符", "control character not allowed:")
        while self._n < len(self._lines):
            self._block_line()
            self._n += 1

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
        if line[start] in "＃﹟":  # a comment closes nothing, and what waits for a value goes on waiting
            self._wide_sign(start)
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
        dash = _DASH.match(self._line, end) is not None
        if self._waiting is not None:
            width = max(width, self._waiting + 1)
        elif self._stack:
            width = self._nearest(width, dash)[-1]
        spaces = " " * max(0, width - first) if end < len(self._line) else ""
        names = {
            "\t": ("制表符", "a tab"),
            "\u3000": ("全角空格", "a full-width space"),
            "\u00a0": ("不换行空格", "a no-break space"),
        }
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
            near = self._nearest(column, _DASH.match(self._line, start) is not None, waiting)
            right = near[-1]
            if len(near) == 1:
                self._misplaced(self._n, start, right)
            else:
                self._between(start, near)
            column = right
            self._shift = right - start
        stack, dash = self._stack, _DASH.match(self._line, start)
        while stack and stack[-1][0] > column:
            stack.pop()
        if len(stack) > 1 and not dash and stack[-1] == (column, False) and stack[-2] == (column, True):
            stack.pop()
        below = [level for level, _ in stack if level < column]
        return below[-1] if below else -1

    def _nearest(self, column: int, dash: bool, waiting: int | None = None) -> list[int]:
        """The levels at which such a line could stand that are nearest to a column: one, or two that are equally near."""
        levels = [level for level, is_map in self._stack if is_map is not dash]
        if dash and waiting is not None:
            levels.append(waiting)  # a list may stand right below its key
        levels = levels or self._levels()
        least = min(abs(level - column) for level in levels)
        near = sorted({level for level in levels if abs(level - column) == least})
        return [waiting] if dash and waiting in near and waiting is not None else near

    def _between(self, start: int, near: list[int]) -> None:
        """A line halfway between two levels: only its author knows to which it belongs, so the rest is not judged."""
        zh, en = " 格或 ".join(map(str, near)), " or ".join(map(str, near))
        self._say(
            "OF010", (self._n, 0, max(start, 1)), f"缩进不对：这里是 {start} 格，应是 {zh} 格", f"bad indentation: {start} spaces, should be {en}",
            Fix(zh=f"属于外层就 {near[0]} 格，属于内层就 {near[-1]} 格", en=f"{near[0]} if it belongs to the outer part, {near[-1]} if to the inner one"),
        )  # fmt: skip
        self.guesswork = True
        self._edit(0, start, " " * near[-1])
        self._moved[self._n] = near[-1]

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

    def _node(self, start: int, parent: int, inline: bool) -> None:
        """A key with its value, or a value; `inline` after a key on the same line, where no further key may come."""
        line = self._line
        if start >= len(line) or line[start] == "#":
            self._waiting = parent
            return
        sign = line[start]
        if sign in "\"'":
            end = self._quoted(start, parent)
            match = _COLON_AFTER_QUOTE.match(self._line, end) if line is self._line and not inline else None
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
        elif sign in "|>&!*@`%,]}" or (inline and _INLINE_SIGN.match(line, start)):
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

    def _plain(self, start: int, parent: int, inline: bool) -> None:
        line, end = self._line, self._end(start)
        if self._covered(start, end):
            return
        if not inline:
            wide = WIDE_KEY.match(line, start)
            if wide and wide.end() < len(line) and line[wide.end()] in "{[\"'":  # `form：{…}`: what follows is a value of YAML
                self._after_key(start, wide.start(2))
                return
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

    def _broken_key(self, start: int, end: int) -> bool:
        """A line that must be a key, or that what follows shows to be one, but has no ASCII colon with a space."""
        line = self._line
        wide, glued = WIDE_KEY.match(line, start, end), GLUED_KEY.match(line, start, end)
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
            return bool(KEYED.match(below, indent) or WIDE_KEY.match(below, indent) or _DASH.match(below, indent))
        if indent != start:
            return indent > start and bool(KEYED.match(below, indent))
        both = re.compile(r"[A-Za-z_][\w-]*[：﹕∶]")
        return bool(KEYED.match(below, indent) or (both.match(self._line, start) and both.match(below, indent)))

    def _continued(self, parent: int) -> None:
        """Skip the further lines of a plain text; none of them may look like a key or begin with a number sign."""
        lines, ahead = self._lines, self._n + 1
        while ahead < len(lines):
            line = lines[ahead]
            indent = len(line) - len(line.lstrip(" "))
            if indent < len(line):
                if indent <= parent or line[indent] == "#" or line[indent] in ODD or (parent < 0 and _MARKER.match(line)):
                    return
                if KEYED.match(line, indent):
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
        start = len(self._line) - len(self._line.lstrip())
        self._say(
            "OF010", (self._n, start, max(start, len(self._line.rstrip()))), "下面是键，这一行却没有冒号", "keys follow below, but this line has no colon",
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
        match = _SPACES.match(line, end)
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
            self._quote(
                start,
                finish,
                "引号或括号已经结束，后面还有文字：整个值加引号",
                "text after the closing quote or bracket: quote the whole value",
            )

    def _block_scalar(self, parent: int, content: int) -> None:
        """Skip `|` and `>` texts: everything in them is ordinary, but for a false indentation."""
        while self._n + 1 < len(self._lines):
            line = self._lines[self._n + 1]
            indent = len(line) - len(line.lstrip(" "))
            if indent < len(line):
                if (indent <= parent and line[indent] not in ODD) or (
                    content >= 0 and parent < indent < content and line[indent] == "#"
                ):
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
