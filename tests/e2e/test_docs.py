"""What the README and the documents show is true: every block is run, every word of the language and every code is there.

How a block is run is said in `documents`. Each text is read in a folder of its own, from its first line to its last.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest
from documents import Reader, blocks_of, oyiflow, visible

from oyiflow import check
from oyiflow.diagnostics import NOWHERE
from oyiflow.load.guards.grammar import parse
from oyiflow.load.language.aliases import words_for
from oyiflow.load.language.keys import KEYS, OVERRIDES, Key
from oyiflow.load.language.vocabulary import SHAPES
from oyiflow.rendering import render_text
from oyiflow.testing import examples_of

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md")])
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))
CHECKS = [ROOT / "docs" / "checks.md", ROOT / "docs" / "checks.zh-CN.md"]
LANGUAGES = [ROOT / "docs" / "language.md", ROOT / "docs" / "language.zh-CN.md"]
SETTINGS = ("OYIFLOW_DB", "OYIFLOW_COMPANY", "OYIFLOW_AS", "OYIFLOW_LANG", "LC_ALL", "LANG")
CODE = re.compile(r"OF\d{3}")
NAME = lambda path: str(path.relative_to(ROOT))  # noqa: E731


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAME)
def test_every_block_does_what_the_text_says(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:  # whatever the text exports is taken back afterwards
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    Reader(document, tmp_path).read()


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_first_two_blocks_are_the_two_commands(readme: str) -> None:
    first, second, *_ = blocks_of(ROOT / readme)
    assert (first.words, first.body) == (("sh",), "python3 dev.py demo\n")
    assert (second.words, second.body) == (("sh",), "python3 dev.py test\n")


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAME)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http:", "https:", "#", "mailto:")):
            assert (document.parent / target.partition("#")[0]).exists(), (
                f"{document.name} leads to {target}, which is not there"
            )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_examples_run(script: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said = re.findall(r"^#> (.*)$", script.read_text(encoding="utf-8"), re.MULTILINE)
    assert said, "an example says what it prints in its last lines: #> …"
    assert done.stdout.splitlines() == said
    assert not list(tmp_path.iterdir()), "an example leaves nothing behind"


def test_the_floors_are_those_that_are_enforced() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    rows = re.findall(r"^\| \d+ \| ([^|]+) \|", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [re.findall(r"`(\w+)`", row) for row in rows] == [layer.split(" | ") for layer in layers]


# --- the vocabulary


def key_rows(chinese_first: bool) -> list[str]:
    """The table of keys as it must stand in the documents."""
    every: list[tuple[str, Key, tuple[str, ...]]] = [(f"`{name}`", key, words_for(name)) for name, key in KEYS.items()]
    every += [(f"`{name}` ({shape})", key, words_for(name, shape)) for (shape, name), key in OVERRIDES.items()]
    return [
        f"| {name} | {key.zh} | {_names(words)} | {key.value_zh if chinese_first else key.en} |" for name, key, words in every
    ]


def shape_rows() -> list[str]:
    """The table of what may stand where."""
    return [f"| {name} | {_names(shape.required)} | {_names(shape.optional)} |" for name, shape in SHAPES.items()]


def _names(names: tuple[str, ...]) -> str:
    return " ".join(f"`{name}`" for name in names) or "–"


@pytest.mark.parametrize("document", LANGUAGES, ids=NAME)
def test_the_vocabulary_is_that_of_the_reader(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert table(text, "keys") == key_rows(document.name.endswith("zh-CN.md"))
    assert table(text, "shapes") == shape_rows()


def table(text: str, name: str) -> list[str]:
    """The rows of the table that follows a marker in a document, its head left out."""
    after = text.partition(f"<!-- table: {name} -->\n")[2].lstrip("\n")
    return after.partition("\n\n")[0].splitlines()[2:]


@pytest.mark.parametrize("document", LANGUAGES, ids=NAME)
def test_the_conditions_shown_can_be_read(document: Path) -> None:
    rows = table(document.read_text(encoding="utf-8"), "conditions")
    shown = [condition for row in rows for condition in re.findall(r"`([^`]+)`", row.split(" | ")[0])]
    assert len(shown) >= 15
    for condition in shown:
        found, diagnostics = parse(condition, NOWHERE)
        assert found is not None, f"{condition}: {diagnostics}"


# --- the codes


def codes_in_use() -> set[str]:
    return {
        code
        for path in (ROOT / "oyiflow").rglob("*.py")
        for code in re.findall(r'"(OF\d{3})"', path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("document", CHECKS, ids=NAME)
def test_every_code_has_its_section(document: Path) -> None:
    headings = re.findall(r"^### (OF\d{3}) ", document.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == sorted(codes_in_use())


@pytest.mark.parametrize("document", CHECKS, ids=NAME)
def test_bad_examples_are_found_and_good_ones_are_clean(document: Path, tmp_path: Path) -> None:
    folders: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for block in blocks_of(document):
        if block.kind == "yaml" and block.name in ("bad", "good"):
            folders[block.words[1:]].append(visible(block.body))
    for verdict in ("bad", "good"):
        assert {words[1] for words in folders if words[0] == verdict} == codes_in_use()
    for (verdict, *codes), files in folders.items():
        folder = tmp_path / f"{codes[0]}-{verdict}"
        folder.mkdir()
        for number, text in enumerate(files):
            (folder / f"{number}.yaml").write_text(text, encoding="utf-8")
        found = check([folder], today=date(2026, 7, 1))
        shown = render_text(found.diagnostics, found.sources)
        played = [] if found.failed else [one for case in examples_of(folder) if (one := case.play().diagnostic) is not None]
        codes_found = {d.code for d in (*found.diagnostics, *played)}
        assert codes_found == (set(codes) if verdict == "bad" else set()), f"{codes} {verdict}\n{shown}"
        assert all(d.zh and d.en for d in (*found.diagnostics, *played))


def test_a_document_names_only_codes_that_exist() -> None:
    known = codes_in_use()
    for document in DOCUMENTS:
        assert set(CODE.findall(document.read_text(encoding="utf-8"))) <= known, document


def test_the_picture_is_the_chart_of_the_process() -> None:
    text = (ROOT / "docs" / "visit.svg").read_text(encoding="utf-8")
    code, drawn = oyiflow("draw", str(ROOT / "processes" / "visit.yaml"), "--lang", "zh", "-o", "-")
    assert code == 0
    assert drawn.rstrip("\n") == text.rstrip("\n"), (
        "draw it anew: oyiflow draw processes/visit.yaml --lang zh -o docs/visit.svg"
    )
