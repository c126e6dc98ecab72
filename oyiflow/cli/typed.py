"""What is typed as FIELD=VALUE: pairs on one line, and rows of a table written as a list, `[{part: screw, price: 3}, …]`.

A value goes on to the next `name=`; in quotes or brackets it ends with them. Rows are read as YAML is in a process file,
and every cell stays the text that was typed: its column's type decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from oyiflow.diagnostics import Severity, Source
from oyiflow.errors import OyiFlowError
from oyiflow.load.text.nodes import Node, Scalar, Sequence, plain, read
from oyiflow.model.definition import Field
from oyiflow.model.values import FieldType

_NAME = re.compile(r"([^\s=]+)=")
_NEXT = re.compile(r"\s+(?=[^\s=]+=)")
_CLOSES = {"[": "]", "{": "}"}
_ROWS = frozenset((FieldType.LIST, FieldType.CHOICES))
_BARE = re.compile(r"[^\W_](?:[\w.+/-]|(?<=[^\s]) (?=[^\s]))*")
_EMPTY = frozenset(("null", "~"))


def pairs_of(line: str) -> Iterator[tuple[str, str]]:
    """`a=1 b=two words c="a=b" d=[{x: 1, y: 2}]` as pairs, values in brackets with them, those in quotes without."""
    place, line = 0, line.strip()
    while place < len(line):
        name = _NAME.match(line, place)
        if name is None:
            word = line[place:].split()[0]
            raise OyiFlowError(f"“{word}”要写成 字段=值", f"{word!r} must be field=value")
        value, place = _value(line, name.end())
        yield name[1], value
        place += len(line) - place - len(line[place:].lstrip())


def _value(line: str, start: int) -> tuple[str, int]:
    """The value that begins here, and where it ends."""
    sign = line[start : start + 1]
    end = _closed(line, start) if sign in ('"', "'", "[", "{") and sign else -1
    if end > 0 and (end == len(line) or _NEXT.match(line, end)):
        return (line[start:end], end) if sign in _CLOSES else (line[start + 1 : end - 1], end)
    following = _NEXT.search(line, start)
    end = following.start() if following is not None else len(line)
    return line[start:end].strip(), end


def _closed(line: str, start: int) -> int:
    """Behind the sign that closes the quote or bracket which begins here; -1 if none does."""
    open_: list[str] = []
    for place in range(start, len(line)):
        sign = line[place]
        if open_ and open_[-1] in "\"'":
            if sign == open_[-1]:
                open_.pop()
        elif sign in _CLOSES:
            open_.append(_CLOSES[sign])
        elif sign in "\"'" and (place == start or line[place - 1] in " ,[{:\t"):
            open_.append(sign)
        elif open_ and sign == open_[-1]:
            open_.pop()
        if not open_:
            return place + 1
    return -1


def value_of(spec: Field | None, text: str) -> Any:
    """What was typed for a field: rows where a table or several options are written as a list, else the text."""
    if spec is None or spec.type not in _ROWS or text.strip()[:1] not in _CLOSES or text.strip() in spec.options:
        return text
    root, found = read(Source(name=spec.name, text=text))
    wrong = next((one for one in found if one.severity is Severity.ERROR), None)
    if root is None or wrong is not None:
        zh, en = (wrong.zh, wrong.en) if wrong is not None else ("读不懂", "it cannot be read")
        raise OyiFlowError(
            f"{spec.name}: {zh}；写法: [{{列: 值, …}}, …]", f"{spec.name}: {en}; write [{{column: value, …}}, …]"
        )
    return [_row(item) for item in root.items] if isinstance(root, Sequence) else [_row(root)]


def _row(node: Node) -> Any:
    """A row: its cells as they were typed."""
    if isinstance(node, Scalar):
        return None if node.style == "plain" and node.text in _EMPTY else node.text
    if isinstance(node, Sequence):
        return [_cell(item) for item in node.items]
    return {name.text: _cell(item) for name, item in node.items}


def _cell(node: Node) -> Any:
    return _row(node) if isinstance(node, Scalar) else plain(node)


def flow(value: Any) -> str:
    """A value as it is written in a process file, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(name)}: {flow(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    text = "" if value is None else str(value)
    return text if _BARE.fullmatch(text) and text not in _EMPTY else json.dumps(text, ensure_ascii=False)
