"""Every promise of docs/operations.md names a test that is there, and both languages promise the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "docs" / "operations.md", ROOT / "docs" / "operations.zh-CN.md"]
NAME = re.compile(r"`(test_\w+|tests/[\w/]+\.py)`")


def promises(document: Path) -> list[list[str]]:
    """The tests named by each row of the table of promises."""
    text = document.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and line.count("|") == 4]
    return [NAME.findall(row.split("|")[3]) for row in rows if "`test" in row]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_promise_is_held_by_tests_that_are_there(document: Path) -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    found = promises(document)
    assert len(found) >= 18 and all(found)
    for name in [name for row in found for name in row]:
        assert (ROOT / name).exists() if "/" in name else f"def {name}(" in tests, name


def test_both_languages_promise_the_same() -> None:
    first, second = (promises(document) for document in DOCUMENTS)
    assert first == second
