"""Diagnostics → text for a terminal, and JSON for programs.

The text form is the one of compilers: place, severity and code, the line itself, carets under the guilty characters,
the remedy. Carets count display columns: East Asian wide characters take two, combining ones none, tabs run to the
next multiple of four. Text from a file never reaches the terminal raw: control characters are shown as `\\u001b`.
The JSON form has exactly ten keys per diagnostic and is ASCII-safe only if the reader wants it: it is UTF-8.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from oyiflow.diagnostics import NOWHERE, Diagnostic, Severity, Source, Span, Trace

Language = Literal["both", "zh", "en"]
WIDTH = 110
"""Display columns given to a source line; a longer one is cut around the guilty characters."""
TAB = 4

_COLORS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}
_PLURALS = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.NOTE: "notes"}


def render_text(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source], *, color: bool = False, lang: Language = "both"
) -> str:
    """Every diagnostic in the given order, then a line that counts them. Nothing found gives an empty text."""
    if not diagnostics:
        return ""
    blocks = [_Block(one, sources, color, lang).text() for one in diagnostics]
    return "\n".join([*blocks, summary(diagnostics)]) + "\n"


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    counts = dict.fromkeys(Severity, 0)
    for one in diagnostics:
        counts[one.severity] += 1
    words = [f"{n} {kind.value if n == 1 else _PLURALS[kind]}" for kind, n in counts.items() if n]
    return ", ".join(words) or "no mistakes found"


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """A JSON array; `fix` is the replacement text, or else the remedy as a sentence, or null."""
    rows = [
        {
            "code": one.code,
            "severity": one.severity.value,
            "file": one.span.file,
            "line": one.span.line,
            "column": one.span.column,
            "end_line": one.span.end_line,
            "end_column": one.span.end_column,
            "message_zh": one.zh,
            "message_en": one.en,
            "fix": _fix_value(one),
            **({"trace": _trace_value(one.trace)} if one.trace is not None else {}),
        }
        for one in diagnostics
    ]
    # A lone surrogate cannot be written as UTF-8; JSON may always escape it.
    text = json.dumps(rows, ensure_ascii=False, indent=2)
    return "".join(f"\\u{ord(char):04x}" if "\ud800" <= char <= "\udfff" else char for char in text)


def _fix_value(one: Diagnostic) -> str | None:
    if one.fix is None:
        return None
    return one.fix.replacement if one.fix.replacement is not None else f"{one.fix.zh} ({one.fix.en})"


def _trace_value(trace: Trace) -> dict[str, object]:
    steps = [{"line": span.line, "column": span.column, "zh": zh, "en": en} for span, zh, en in trace.steps]
    return {"steps": steps, "example": trace.example}


def both(zh: str, en: str, lang: Language) -> str:
    """The message in the wanted language; both look like `中文 (English)`."""
    return escaped({"zh": zh, "en": en, "both": f"{zh} ({en})"}[lang])


def escaped(text: str) -> str:
    """Nothing in a file may move the cursor, colour the screen or turn the writing direction around."""
    return "".join(char if char == "\t" or not _hostile(char) else _code(char) for char in text).replace("\t", " " * TAB)


def _hostile(char: str) -> bool:
    return char != " " and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn")


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def display_width(char: str) -> int:
    """Columns that a terminal gives to this character."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class _Block:
    """The lines of text about one diagnostic."""

    def __init__(self, one: Diagnostic, sources: Mapping[str, Source], color: bool, lang: Language) -> None:
        self._one, self._sources, self._color, self._lang = one, sources, color, lang

    def text(self) -> str:
        one = self._one
        head = self._paint(f"{one.severity.value}[{one.code}]", _COLORS[one.severity])
        place = f"{_place(one.span)}: " if one.span != NOWHERE else ""
        lines = [f"{place}{head}: {both(one.zh, one.en, self._lang)}", *self._excerpt(one.span)]
        indent = " " * (len(str(one.span.line)) + 1)
        if one.fix is not None:
            lines.append(f"{indent}= {'fix' if self._lang == 'en' else '改法'}: {both(one.fix.zh, one.fix.en, self._lang)}")
        for span, zh, en in one.related:
            lines.append(f"{indent}= {'see' if self._lang == 'en' else '另见'} {_place(span)}: {both(zh, en, self._lang)}")
            if span.line != one.span.line:
                lines += self._excerpt(span)
        if one.trace is not None:
            lines.append(f"{indent}= {'trace' if self._lang == 'en' else '经过'}:")
            lines += (f"{indent}  {n}. {both(zh, en, self._lang)}" for n, (_, zh, en) in enumerate(one.trace.steps, 1))
        return "\n".join(lines)

    def _paint(self, text: str, code: str) -> str:
        return f"\033[1;{code}m{text}\033[0m" if self._color else text

    def _excerpt(self, span: Span) -> list[str]:
        """The source line with its number, and the carets below."""
        source = self._sources.get(span.file)
        if source is None or span == NOWHERE or not 1 <= span.line <= len(source.lines):
            return []
        line = source.lines[span.line - 1]
        start = min(span.column - 1, len(line))
        end = len(line.rstrip()) if span.end_line > span.line else min(span.end_column - 1, len(line))
        shown, before, width = _cut_around(line, start, max(end, start + 1))
        gutter = str(span.line)
        carets = self._paint("^" * max(1, width), _COLORS[self._one.severity])
        return [f"{gutter} | {shown}".rstrip(), f"{' ' * len(gutter)} | {' ' * before}{carets}"]


def _place(span: Span) -> str:
    return f"{escaped(span.file)}:{span.line}:{span.column}"


def _cells(line: str, start: int, stop: int) -> list[tuple[str, int]]:
    """What each character looks like on the screen, and how many columns it takes."""
    cells: list[tuple[str, int]] = []
    column = 0
    for char in line[start:stop]:
        if char == "\t":
            shown, width = " " * (TAB - column % TAB), TAB - column % TAB
        elif _hostile(char):
            shown, width = _code(char), len(_code(char))
        else:
            shown, width = char, display_width(char)
        cells.append((shown, width))
        column += width
    return cells


def _cut_around(line: str, start: int, end: int) -> tuple[str, int, int]:
    """The text to show, the display columns before the guilty characters, and the columns that they take."""
    first = max(0, start - WIDTH) if len(line) > WIDTH else 0  # look at a window only: a line may have a million characters
    cells = _cells(line, first, max(end, start) + WIDTH)
    lead, total = start - first, sum(width for _, width in cells)
    end = min(end - first, len(cells))
    low, high = 0, len(cells)
    if total > WIDTH or first:
        while low < lead and sum(width for _, width in cells[low:lead]) > WIDTH // 2:
            low += 1
        used, high = 0, low
        while high < len(cells) and used + cells[high][1] <= WIDTH:
            used += cells[high][1]
            high += 1
    left = "…" if low or first else ""
    right = "…" if high < len(cells) or first + high < len(line) else ""
    shown = left + "".join(shown for shown, _ in cells[low:high]) + right
    before = len(left) + sum(width for _, width in cells[low:lead])
    return shown, before, sum(width for _, width in cells[lead : min(end, high)])
