"""The pictures of the documents are those that the commands beside them draw.

They are written anew with `python tests/e2e/test_pictures.py`.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from documents import Reader

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENTS = sorted(DOCS.glob("diagrams*.md"))
PICTURE = re.compile(r"!\[[^\]]+\]\((pictures/[^)]+)\)")


def drawn(document: Path, folder: Path) -> dict[str, str]:
    """Every picture that a document shows, drawn by its own commands."""
    Reader(document, folder).read()
    names = PICTURE.findall(document.read_text(encoding="utf-8"))
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_shows_what_its_commands_draw(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pictures = drawn(document, tmp_path)
    assert len(pictures) == 6
    for name, text in pictures.items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"{name}: write it anew, python tests/e2e/test_pictures.py"


def test_no_picture_is_left_over_and_none_needs_fonts() -> None:
    shown = {name for document in DOCUMENTS for name in PICTURE.findall(document.read_text(encoding="utf-8"))}
    assert shown == {f"pictures/{path.name}" for path in (DOCS / "pictures").iterdir()}
    for name in shown:
        root = ET.fromstring((DOCS / name).read_text(encoding="utf-8"))
        assert not list(root.iter("{http://www.w3.org/2000/svg}text"))


def main() -> None:
    """Write all pictures."""
    for document in DOCUMENTS:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            for name, text in drawn(document, Path(folder)).items():
                (DOCS / name).parent.mkdir(exist_ok=True)
                (DOCS / name).write_text(text, encoding="utf-8")
            os.chdir(DOCS)


if __name__ == "__main__":
    sys.exit(main())
