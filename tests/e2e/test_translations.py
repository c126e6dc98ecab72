"""The sentences of docs/semantics.md have one number each, a test each, and a Chinese twin; both languages show the same figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SENTENCE = re.compile(r"^- \*\*S(\d+)\*\* ", re.MULTILINE)
CITED = re.compile(r"\bS\d+")
FIGURE = re.compile(r"\d(?:[\d,.]*\d)?")


def text(name: str) -> str:
    """A document, by its name."""
    return (DOCS / name).read_text(encoding="utf-8")


def numbers(name: str) -> list[int]:
    """The numbers of its sentences, as they stand."""
    return [int(number) for number in SENTENCE.findall(text(name))]


def tables(name: str) -> list[list[str]]:
    """The figures of each table of a document, row by row."""
    found = re.findall(r"(?:^\|.*\n?)+", text(name), re.MULTILINE)
    return [FIGURE.findall(re.sub(r"`[^`]*`", "", table)) for table in found]


def test_every_number_is_given_once_and_none_is_left_out() -> None:
    assert sorted(numbers("semantics.md")) == list(range(1, 57))


def test_every_sentence_has_a_test_of_its_number() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "conformance").glob("test_*.py"))
    named = {int(number) for number in re.findall(r"def test_s(\d\d)_", tests)}
    assert set(numbers("semantics.md")) <= named


def test_every_sentence_stands_in_the_code_that_obeys_it() -> None:
    cited = {int(number[1:]) for number in CITED.findall(code())}
    assert set(numbers("semantics.md")) <= cited


def code() -> str:
    """All of the kernel."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "oyiflow" / "kernel").glob("*.py")))


def test_the_table_names_only_what_is_there() -> None:
    kernel = code()
    tables = "".join(text(name).rpartition("\n## ")[2] for name in ("semantics.md", "semantics.zh-CN.md"))
    for name in re.findall(r"`(?:\w+\.)?(\w+)`", tables.replace(".py`", "`")):
        assert f"def {name}(" in kernel or f"class {name}" in kernel or (ROOT / "oyiflow" / "kernel" / f"{name}.py").exists(), (
            name
        )


def test_both_languages_have_the_same_sentences() -> None:
    """In the same order, and each cites the same others."""
    cited = []
    for name in ("semantics.md", "semantics.zh-CN.md"):
        parts = re.split(r"^- \*\*(S\d+)\*\* ", text(name).rpartition("\n## ")[0].rpartition("\n## ")[0], flags=re.MULTILINE)
        cited.append([(parts[n], sorted(CITED.findall(parts[n + 1].partition("\n#")[0]))) for n in range(1, len(parts), 2)])
    assert cited[0] == cited[1]


@pytest.mark.parametrize("name", ["semantics", "performance"])
def test_both_languages_show_the_same_figures(name: str) -> None:
    assert tables(f"{name}.md") == tables(f"{name}.zh-CN.md")
