"""The fixtures in `language/`: what is wrong with a process, on the guilty line, and nothing else.

A chunk is `## name` and a YAML text; a line `# ^ CODE [replacement]` below a guilty line points with its first `^` at the
column where the diagnostic begins (`#| CODE`: column 1). A chunk without such lines is clean.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oyiflow.diagnostics import Diagnostic, Source
from oyiflow.load.reader import read_definition
from oyiflow.verify import verify

FOLDER = Path(__file__).parent / "language"
MARK = re.compile(r"^#(?:\||( *)\^+) (OF\d{3})(?: \[(.*)\])?$")


def _chunks() -> list[tuple[str, str, list[str]]]:
    found = []
    for path in sorted(FOLDER.glob("*.chunks")):
        for chunk in path.read_text(encoding="utf-8").split("\n## ")[1:]:
            name, _, text = chunk.partition("\n")
            found.append((f"{path.stem}: {name}", *_split(text)))
    return found


def _split(text: str) -> tuple[str, list[str]]:
    """The YAML without its marks, and what the marks expect."""
    lines: list[str] = []
    expected: list[str] = []
    for line in text.splitlines():
        mark = MARK.match(line)
        if mark is None:
            lines.append(line)
        else:
            column = len(mark[1]) + 2 if mark[1] is not None else 1
            fix = f" [{mark[3]}]" if mark[3] is not None else ""
            expected.append(f"{len(lines)}:{column} {mark[2]}{fix}")
    return "\n".join(lines) + "\n", expected


def _told(one: Diagnostic) -> str:
    fix = one.fix.replacement if one.fix else None
    return f"{one.span.line}:{one.span.column} {one.code}" + (f" [{fix}]" if fix is not None else "")


def _found(text: str) -> list[Diagnostic]:
    definition, found = read_definition(Source(name="x.yaml", text=text))
    return found + (verify(definition, {}) if definition is not None else [])


CHUNKS = _chunks()


@pytest.mark.parametrize(("name", "text", "expected"), CHUNKS, ids=[name for name, _, _ in CHUNKS])
def test_chunk(name: str, text: str, expected: list[str]) -> None:
    found = _found(text)
    assert sorted(_told(one) for one in found) == sorted(expected), "\n".join(f"{_told(d)} {d.zh} | {d.en}" for d in found)
    for one in found:
        assert one.zh and one.en
        assert one.span.file == "x.yaml"
        assert (one.span.end_line, one.span.end_column) >= (one.span.line, one.span.column)


def test_every_replacement_is_a_remedy() -> None:
    """Put in place of its span, the text that a diagnostic offers makes that diagnostic go away."""
    for name, text, _ in CHUNKS:
        for one in _found(text):
            if one.fix is not None and one.fix.replacement is not None:
                lines = text.splitlines()
                line = lines[one.span.line - 1]
                lines[one.span.line - 1] = line[: one.span.column - 1] + one.fix.replacement + line[one.span.end_column - 1 :]
                again = [_told(d) for d in _found("\n".join(lines) + "\n")]
                assert _told(one) not in again, f"{name}: {one.en}"
