"""Mending a text by the remedies of its own diagnostics.

Mechanical are slips of typing whose remedy leaves no choice: full-width signs, indentation, invisible characters, a missing
space, quotes, signs of a condition. "Did you mean …?" is a guess and stays with the author. A round applies the remedies
that do not overlap, from the end of the text backwards; one remedy may bring the next mistake to light, so rounds follow
until nothing changes. Line ends stay as they are. Nothing here writes a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff

from oyiflow.diagnostics import Diagnostic, Severity, Source, Span
from oyiflow.load.files.calendar import calendar_of, is_calendar
from oyiflow.load.files.company import company_of, is_company
from oyiflow.load.files.manual import is_manual, manual_of
from oyiflow.load.language import aliases
from oyiflow.load.layout.formatting import formatted
from oyiflow.load.reader import definition_of

MECHANICAL = frozenset({"OF001", "OF003", "OF005", "OF010", "OF011", "OF105"})
SIGNS = frozenset({"OF001", "OF003"})
"""What the canonical layout mends on its way: errors only, so that it never changes what a file says."""
ROUNDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A text after mending, and how many remedies were applied."""

    text: str
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A text in canonical layout; None, with what stands in the way, if it has errors or its layout is not known."""

    text: str | None
    errors: tuple[Diagnostic, ...] = ()


def mended(source: Source, codes: frozenset[str] = MECHANICAL) -> Mended:
    """The text with every mechanical remedy of these codes applied."""
    text, count, seen = source.text, 0, {source.text}
    for _ in range(ROUNDS):
        now = Source(name=source.name, text=text)
        found = (one for one in found_in(now) if one.code in codes and one.fix is not None and _is_sure(one))
        remedies = list(
            _apart((one.span, one.fix.replacement) for one in found if one.fix is not None and one.fix.replacement is not None)
        )
        text = _applied(now, remedies)
        if text in seen:  # nothing more to mend, or a remedy that undoes another
            break
        seen.add(text)
        count += len(remedies)
    return Mended(text=text, count=count)


def _is_sure(one: Diagnostic) -> bool:
    """Quotes around what YAML cannot read make it readable, but not right when brackets stand in it."""
    text = one.fix.replacement if one.fix is not None else None
    return text is not None and not (one.code == "OF010" and text[:1] in "\"'" and set(text) & set("{}[]（）｛｝［］【】"))


def laid_out(source: Source) -> Laid:
    """The text in canonical layout, full-width signs mended; its line ends are those of its first line."""
    plain = Source(name=source.name, text=mended(source, SIGNS).text)
    errors = tuple(one for one in found_in(plain) if one.severity is Severity.ERROR)
    if errors:
        return Laid(text=None, errors=errors)
    text = formatted(plain)
    first = source.text.partition("\n")[0]
    return Laid(text=text.replace("\n", "\r\n") if text is not None and first.endswith("\r") and "\n" in source.text else text)


def found_in(source: Source) -> list[Diagnostic]:
    """What is wrong with one text by itself, as a process, a company, a calendar or a manual."""
    root, found = aliases.read(source)
    if root is not None and is_calendar(root):
        return calendar_of(root, found)[1]
    if root is not None and is_manual(root):
        return manual_of(root, found)[1]
    return company_of(root, found)[1] if is_company(root) else definition_of(source, root, found)[1]


def difference(name: str, before: str, after: str) -> str:
    """A unified diff of two texts; line ends are not shown."""
    old, new = Source(name=name, text=before).lines, Source(name=name, text=after).lines
    lines = unified_diff(_whole(old), _whole(new), name, name, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _whole(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Without the nothing after the last line end; a text without a line end there says so, as diff does."""
    return lines[:-1] if lines[-1] == "" else (*lines[:-1], lines[-1] + "\n\\ No newline at end of file")


def _apart(remedies: Iterable[tuple[Span, str]]) -> Iterator[tuple[Span, str]]:
    """Of remedies that overlap or touch, the first."""
    end = (0, 0)
    for span, text in sorted(set(remedies)):
        if (span.line, span.column) > end:
            yield span, text
            end = (span.end_line, span.end_column)


def _applied(source: Source, remedies: list[tuple[Span, str]]) -> str:
    """The text with each stretch replaced, from the end backwards."""
    starts, text = _line_starts(source.text), source.text
    for span, new in reversed(remedies):
        start = starts[span.line - 1] + span.column - 1
        text = text[:start] + new + text[starts[span.end_line - 1] + span.end_column - 1 :]
    return text


def _line_starts(text: str) -> list[int]:
    """Where each line begins; `\\n`, `\\r\\n` and `\\r` end one, as in `Source.lines`."""
    starts = [0]
    for at, char in enumerate(text):
        if char == "\n" or (char == "\r" and text[at + 1 : at + 2] != "\n"):
            starts.append(at + 1)
    return starts
