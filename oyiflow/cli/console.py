"""How things are printed: in the language asked for, as columns that line up in Chinese, or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any

from oyiflow.errors import EventRejected, OyiFlowError, in_language
from oyiflow.kernel.codec import plain
from oyiflow.model.definition import Text
from oyiflow.model.values import Calendar
from oyiflow.rendering import Language, display_width, escaped

_ZONE = Calendar().zone


class Console:
    """One command's output. `lang`: zh, en or both."""

    def __init__(self, lang: Language, as_json: bool) -> None:
        self.lang: Language = lang
        self.as_json = as_json

    def say(self, zh: str, en: str | None = None) -> None:
        """A line for people; nothing is printed when JSON was asked for."""
        if not self.as_json:
            print(escaped(self.word(zh, en) if en is not None else zh))

    def word(self, zh: str, en: str) -> str:
        """A word in the language asked for."""
        return zh if self.lang == "zh" else en if self.lang == "en" else f"{zh} {en}"

    def text(self, text: Text) -> str:
        """A title in the language asked for."""
        return text.of(self.lang)

    def title(self, zh: str, en: str) -> str:
        """A title that may be the same in both languages."""
        return Text(zh=zh, en=en).of(self.lang)

    def told(self, text: str) -> str:
        """A text that may be there in both languages."""
        return in_language(text, self.lang)

    def json(self, value: Any) -> None:
        """The answer as JSON."""
        print(json.dumps(_data(value), ensure_ascii=False, indent=2))

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Columns that line up where a Chinese character takes two."""
        lines = [list(head), *([escaped(cell) for cell in row] for row in rows)]
        widths = [max(width(line[column]) for line in lines) for column in range(len(head))]
        for line in lines:
            print("  ".join(cell + " " * (size - width(cell)) for cell, size in zip(line, widths, strict=True)).rstrip())

    def failure(self, error: OyiFlowError) -> None:
        """A refusal, on stderr; as JSON too if JSON was asked for."""
        if self.as_json:
            self.json(told(error))
        self.complain(error)

    def complain(self, error: OyiFlowError) -> None:
        """A refusal, on stderr only."""
        words = error.zh if self.lang == "zh" else error.en if self.lang == "en" else f"{error.zh} ({error.en})"
        print("oyiflow: " + "\n".join(escaped(line) for line in words.split("\n")), file=sys.stderr)

    def hint(self, zh: str, en: str) -> None:
        """A hint on stderr."""
        print(f"         {self.word(zh, en)}", file=sys.stderr)

    def warn(self, zh: str, en: str) -> None:
        """A warning on stderr, whatever the answer's form."""
        print(f"oyiflow: {escaped(self.word(f'注意: {zh}', f'warning: {en}'))}", file=sys.stderr)

    def progress(self, text: str) -> None:
        """A passing line on a terminal while something takes long; nothing elsewhere."""
        if sys.stderr.isatty():
            print(f"\r\x1b[2K{escaped(text)[:100]}", end="", file=sys.stderr, flush=True)

    def progress_done(self) -> None:
        """Wipe the passing line."""
        if sys.stderr.isatty():
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)


def told(error: OyiFlowError) -> dict[str, Any]:
    """A refusal as JSON data."""
    found: dict[str, Any] = {"error": type(error).__name__, "message_zh": error.zh, "message_en": error.en}
    return found | {"code": error.code, "accepted": list(error.accepted)} if isinstance(error, EventRejected) else found


def width(text: str) -> int:
    """The columns that a text takes."""
    return sum(display_width(char) for char in text)


def moment(at: datetime | None) -> str:
    """A moment on the company's wall clock, to the minute."""
    return at.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M") if at is not None else ""


def pairs(values: Mapping[str, Any]) -> str:
    """`budget=500 visit_date=2026-12-01`."""
    return " ".join(f"{name}={_short(plain(value))}" for name, value in values.items())


def told_rows(value: Any) -> str:
    """A value on one line: rows of a table apart from each other, and their cells; as lists, or as they were pasted."""
    if isinstance(value, str):
        cells = [line.split("\t") for line in value.splitlines() if line.strip()] if "\t" in value or "\n" in value else []
        return told_rows(cells) if cells else value
    if not isinstance(value, list):
        return str(value)
    if not any(isinstance(row, list | dict) for row in value):
        return "、".join(map(str, value))
    rows = [list(row.values()) if isinstance(row, dict) else row if isinstance(row, list) else [row] for row in value]
    return "；".join(" | ".join("" if cell is None else str(cell) for cell in row).rstrip(" |") for row in rows)


def _short(value: Any) -> str:
    text, longest = told_rows(value), 120 if isinstance(value, list) else 40
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _data(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(name): _data(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_data(item) for item in value]
    return plain(value)
