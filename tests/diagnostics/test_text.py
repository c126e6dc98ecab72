"""The fixtures in `text/`: every slip at its place with its remedy, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oyiflow.diagnostics import Diagnostic, Source
from oyiflow.load.text.nodes import read

FOLDER = Path(__file__).parent / "text"


def _chunks() -> list[tuple[str, str, list[str]]]:
    found = []
    for path in sorted(FOLDER.glob("*.chunks")):
        for chunk in path.read_text(encoding="utf-8").split("\n## ")[1:]:
            name, _, rest = chunk.partition("\n")
            text, _, expected = rest.partition("->\n") if "->\n" in rest else rest.partition("->")
            found.append((f"{path.stem}: {name}", _visible(text), expected.strip("\n").splitlines()))
    return found


def _visible(text: str) -> str:
    text = text.replace("⟨TAB⟩", "\t")
    return re.sub(r"⟨U\+([0-9A-F]{4})⟩", lambda match: chr(int(match[1], 16)), text)


def _told(one: Diagnostic) -> str:
    fix = one.fix.replacement if one.fix else None
    return f"{one.span.line}:{one.span.column} {one.code}" + (f" [{fix}]" if fix is not None else "")


CHUNKS = _chunks()


@pytest.mark.parametrize(("name", "text", "expected"), CHUNKS, ids=[name for name, _, _ in CHUNKS])
def test_chunk(name: str, text: str, expected: list[str]) -> None:
    _, found = read(Source(name="x.yaml", text=text))
    assert [_told(one) for one in found] == expected
    assert all(one.fix and one.fix.zh and one.fix.en for one in found)


def test_all_slips_are_there() -> None:
    assert sum(name.startswith("slips: ") for name, _, _ in CHUNKS) == 33


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, t, _ in CHUNKS], ids=[name for name, _, _ in CHUNKS])
def test_mechanical_fixes_mend(name: str, text: str) -> None:
    """Applying a replacement makes its own diagnostic go away, and no new error of another code appears on its line."""
    source = Source(name="x.yaml", text=text)
    before = read(source)[1]
    for one in before:
        if one.fix is None or one.fix.replacement is None:
            continue
        lines = list(source.lines)
        line = lines[one.span.line - 1]
        lines[one.span.line - 1] = line[: one.span.column - 1] + one.fix.replacement + line[one.span.end_column - 1 :]
        after = read(Source(name="x.yaml", text="\n".join(lines)))[1]
        assert len(after) < len(before), (one, after)
