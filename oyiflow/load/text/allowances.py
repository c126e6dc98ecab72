"""Findings that an author has decided to live with: `# oyiflow: allow OF602 until 2027-03 because Wang is being trained`.

The comment stands at the end of the line that it is about, or above it; it needs a day or month and a reason. What is
wrong with how a file is written (OF0xx to OF3xx) cannot be allowed. When its time is over, the finding is back, and says so;
an allowance that allows nothing is reported (OF206), so that none outlives its cause.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Source, Span

_MARK = re.compile(r"#\s*oyiflow:\s*allow\b(?P<rest>.*)$")
_WHOLE = re.compile(
    r"\s+(?P<codes>OF\d{3}(?:[,、 ]+OF\d{3})*)\s+until\s+(?P<until>\d{4}-\d\d(?:-\d\d)?)\s+because\s+(?P<why>\S.*)"
)
_READING = ("OF0", "OF1", "OF2", "OF3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one comment allows: these codes, on these lines of this file, up to and including this day."""

    codes: tuple[str, ...]
    until: date
    why: str
    lines: range
    span: Span


def allowances(source: Source) -> tuple[list[Allowance], list[Diagnostic]]:
    """The allowances of a file, and what is wrong with them."""
    found: list[Allowance] = []
    wrong: list[Diagnostic] = []
    if "oyiflow:" not in source.text:
        return found, wrong
    for number, line in enumerate(source.lines):
        mark = _MARK.search(line)
        if mark is None or _is_quoted(line[: mark.start()]):
            continue
        span = Span(file=source.name, line=number + 1, column=mark.start() + 1, end_line=number + 1, end_column=len(line) + 1)
        whole = _WHOLE.fullmatch(mark["rest"].rstrip())
        until = _day(whole["until"]) if whole is not None else None
        if whole is None or until is None:
            wrong.append(_incomplete(span))
            continue
        codes = tuple(re.findall(r"OF\d{3}", whole["codes"]))
        wrong += [_not_allowed(span, code) for code in codes if code.startswith(_READING)]
        kept = tuple(code for code in codes if not code.startswith(_READING))
        if kept:
            found.append(
                Allowance(codes=kept, until=until, why=whole["why"], lines=_lines(source, number, mark.start()), span=span)
            )
    return found, wrong


def _is_quoted(before: str) -> bool:
    """Whether a `#` stands inside quotation marks, or is glued to a word."""
    return before.count('"') % 2 == 1 or before.count("'") % 2 == 1 or (before != "" and not before[-1].isspace())


def _day(text: str) -> date | None:
    """The last day of a month, or the day itself."""
    try:
        if len(text) == 7:
            year, month = int(text[:4]), int(text[5:])
            return date(year, month, monthrange(year, month)[1])
        return date.fromisoformat(text)
    except ValueError:
        return None


def _lines(source: Source, number: int, column: int) -> range:
    """The lines (from 1) that a comment speaks of: its own, or the next one with all that is written deeper below it."""
    lines = source.lines
    if lines[number][:column].strip():
        return range(number + 1, number + 2)
    first = next(
        (n for n in range(number + 1, len(lines)) if lines[n].strip() and not lines[n].lstrip().startswith("#")), number
    )
    deep = len(lines[first]) - len(lines[first].lstrip())
    end = first + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > deep):
        end += 1
    return range(first + 1, end + 1)


def apply(found: list[Diagnostic], sources: dict[str, Source], today: date | None) -> list[Diagnostic]:
    """The diagnostics without those that are allowed, and with what is wrong with allowances. Without a day none is over."""
    allowed: list[Allowance] = []
    kept: list[Diagnostic] = []
    for source in sources.values():
        mine, wrong = allowances(source)
        allowed += mine
        kept += wrong
    if not allowed:
        return [*found, *kept]
    used: set[tuple[Span, str]] = set()
    for one in found:
        by = next(
            (a for a in allowed if one.code in a.codes and one.span.file == a.span.file and one.span.line in a.lines), None
        )
        if by is None:
            kept.append(one)
            continue
        used.add((by.span, one.code))
        if today is not None and today > by.until:
            zh, en = f"这里的准许到 {by.until} 为止，已经过了", f"it was allowed here until {by.until}, which is over"
            kept.append(replace(one, related=(*one.related, (by.span, zh, en))))
    return [*kept, *_unused(allowed, used)]


def _unused(allowed: list[Allowance], used: set[tuple[Span, str]]) -> Iterator[Diagnostic]:
    for one in allowed:
        for code in one.codes:
            if (one.span, code) not in used:
                yield Diagnostic(
                    code="OF206", severity=Severity.WARNING, span=one.span, zh=f"这里没有 {code}，准许已没有用处", en=f"there is no {code} here: the allowance allows nothing",
                    fix=Fix(zh="去掉这条注释", en="remove the comment"),
                )  # fmt: skip


def _incomplete(span: Span) -> Diagnostic:
    return Diagnostic(
        code="OF103", span=span, zh="准许要有代码、期限和理由", en="an allowance needs a code, a day or month, and a reason",
        fix=Fix(
            zh="写成: # oyiflow: allow OF602 until 2027-03 because 理由", en="write: # oyiflow: allow OF602 until 2027-03 because reason"
        ),
    )  # fmt: skip


def _not_allowed(span: Span, code: str) -> Diagnostic:
    return Diagnostic(
        code="OF103", span=span, zh=f"{code} 是写法上的错误，不能准许", en=f"{code} is a mistake of writing and cannot be allowed",
        fix=Fix(zh="改正它", en="mend it"),
    )  # fmt: skip
