"""An author's mistake, as data.

A `Diagnostic` says what was found, where, what would be right, and how to mend it, in Chinese and in English.
Positions travel with values as a `Span` and become text only when they are printed. Lines and columns start at 1 and
count characters (Unicode code points); the end is exclusive, as in SARIF. This module knows nothing of YAML or processes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Severity(StrEnum):
    """How bad it is: an error stops publishing, a warning asks for a look, a note is for information."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A text and the name under which messages speak of it (usually the path as the user wrote it)."""

    name: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends; only `\\n`, `\\r\\n` and `\\r` end a line, as in YAML 1.2."""
        return tuple(self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A stretch of text: file name, first line and column, and the place just after its last character; all from 1."""

    file: str = ""
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


NOWHERE = Span()
"""For values that were built in Python and have no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """How to mend it. With a `replacement`, putting that text in place of the span is the whole remedy."""

    zh: str
    en: str
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A way on which the mistake shows itself, as plain data."""

    steps: tuple[tuple[Span, str, str], ...]
    """What happens, one thing after the other: (place in the file, Chinese, English)."""
    example: str = ""
    """The same as an entry for `examples:`, to be pasted into the file."""
    process: str = ""
    passed: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = ()
    """For a chart, microstep by microstep: transitions taken, states entered, states left."""
    configuration: tuple[str, ...] = ()
    """Where it then stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One mistake. `code` (OFnnn) never changes its meaning and has a page in `docs/checks.md`."""

    code: str
    severity: Severity = Severity.ERROR
    span: Span
    zh: str
    en: str
    fix: Fix | None = None
    related: tuple[tuple[Span, str, str], ...] = field(default=())
    """Other places that explain this one: (span, Chinese, English), for example the first of two duplicate keys."""
    trace: Trace | None = None


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """As a reader wants them: by file, place and code, and the same thing said of the same place only once."""
    kept: dict[tuple[Span, str, str], Diagnostic] = {}
    for one in diagnostics:
        kept.setdefault((one.span, one.code, one.zh), one)
    return [kept[key] for key in sorted(kept)]
