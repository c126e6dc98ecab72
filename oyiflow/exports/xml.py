"""XML as text, written line by line: the same input gives the same bytes.

Characters that XML 1.0 cannot hold at all (control characters, half a surrogate pair) become U+FFFD; a line end inside an attribute is
written as a reference, since a reader would take it for a space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_IN_ATTRIBUTES = {**_REFERENCES, '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}

Attributes = Mapping[str, object]
"""Names and values; None leaves an attribute out."""


class Writer:
    """Collects lines, each element indented by its depth."""

    def __init__(self) -> None:
        self._lines = ['<?xml version="1.0" encoding="UTF-8"?>']
        self._depth = 0

    def leaf(self, tag: str, attributes: Attributes, text: str = "") -> None:
        """An element with text or nothing inside."""
        self._line(f"<{tag}{_written(attributes)}" + (f">{escaped(text)}</{tag}>" if text else " />"))

    @contextmanager
    def element(self, tag: str, attributes: Attributes) -> Iterator[None]:
        """An element around what is written meanwhile."""
        self._line(f"<{tag}{_written(attributes)}>")
        self._depth += 1
        yield
        self._depth -= 1
        self._line(f"</{tag}>")

    def _line(self, text: str) -> None:
        self._lines.append("  " * self._depth + text)

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"


def escaped(text: str) -> str:
    """A text as it stands between tags."""
    return "".join(_REFERENCES.get(char, char) for char in _IMPOSSIBLE.sub("\ufffd", text)).replace("\r", "&#13;")


def _written(attributes: Attributes) -> str:
    return "".join(f' {name}="{_attribute(str(value))}"' for name, value in attributes.items() if value is not None)


def _attribute(text: str) -> str:
    return "".join(_IN_ATTRIBUTES.get(char, char) for char in _IMPOSSIBLE.sub("\ufffd", text))


def number(value: float) -> str:
    """A coordinate: whole, half rounded up."""
    return str(int(value + 0.5) if value >= 0 else -int(-value + 0.5))
