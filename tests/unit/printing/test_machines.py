"""The same bytes on every machine: whatever fonts, language, hash seed or Python it has.

The digests are of a drawing made by hand, so that they change with the painting and the writing of files only, never with
the layout: if one of these is meant to look or be written otherwise, write the new digest here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from oyiflow.diagram import Highlight
from oyiflow.diagram.drawing import Box, Drawing, DrawnEdge, DrawnLane, DrawnNode, TextLine
from oyiflow.diagram.scene import THEMES, Scene, paint
from oyiflow.diagram.svg import written
from oyiflow.printing import FontLetters, pdf

ROOT = Path(__file__).parents[3]
DIGESTS = {
    "stack": "1dd879b4b69e27f4",
    "embed": "cc49c819514a0e7a",
    "outlines": "ab96d864ef62ca24",
    "pdf": "5b8b3e185e73f3ee",
}


def by_hand() -> Scene:
    def text(words: str, x: float, y: float) -> tuple[TextLine, ...]:
        return (TextLine(text=words, x=x, y=y, size=14.0),)

    lane = Box(x=10, y=40, w=180, h=260)
    head = Box(x=10, y=40, w=180, h=30)
    first, second = Box(x=50, y=100, w=100, h=42), Box(x=45, y=190, w=110, h=60)
    return paint(
        Drawing(
            id="hand", title="手工 by hand", direction="TB", em=14.0, width=200, height=310,
            title_lines=(TextLine(text="手工 by hand", x=10, y=30, size=18.2, anchor="start"),),
            lanes=(DrawnLane(id="a", title="大客户部", box=lane, head=head, title_box=head, lines=text("大客户部", 100, 60)),),
            nodes=(
                DrawnNode(id="one", lane="a", kind="task", label="编制方案", conditional=True, box=first, text_box=first, lines=text("编制方案①", 100, 126)),
                DrawnNode(id="two", lane="a", kind="decision", label="Approved?", conditional=False, box=second, text_box=second, lines=text("Approved?", 100, 225)),
            ),
            edges=(
                DrawnEdge(id="on", source="one", target="two", kind="flow", back=False, label="", points=((100, 142), (100, 190)), label_box=None, lines=()),
                DrawnEdge(id="off", source="two", target="one", kind="reject", back=True, label="退回", points=((155, 220), (175, 220), (175, 121), (150, 121)), label_box=Box(x=150, y=205, w=30, h=16), lines=text("退回", 165, 215)),
            ),
        ),
        highlight=Highlight(current=frozenset({"two"}), visited={"one": 2}, taken={"on": 1}, order={"one": (1, 3)}, changes={"off": "changed"}),
        theme=THEMES["light"],
    )  # fmt: skip


@pytest.mark.parametrize("form", DIGESTS)
def test_the_bytes_are_those_of_every_other_machine(form: str) -> None:
    scene = by_hand()
    made = (
        pdf([scene])
        if form == "pdf"
        else written(scene, text=form, letters=FontLetters() if form != "stack" else None).encode()
    )  # type: ignore[arg-type]
    assert sha256(made).hexdigest()[:16] == DIGESTS[form]


def test_a_bare_environment_changes_nothing(tmp_path: Path) -> None:
    """No fonts to be found, no home, another language, another seed: the same PNG, PDF and SVG."""
    digests = set()
    bare = {"FONTCONFIG_FILE": str(tmp_path / "none.conf"), "LC_ALL": "C", "HOME": str(tmp_path), "PYTHONHASHSEED": "7"}
    for name, environment in (("usual", dict(os.environ)), ("bare", bare)):
        folder = tmp_path / name
        folder.mkdir()
        for form in ("svg", "pdf", "png"):
            command = (
                "draw",
                str(ROOT / "processes" / "visit.yaml"),
                "--lang",
                "both",
                "--text",
                "embed",
                "-o",
                f"{folder}/a.{form}",
            )
            subprocess.run(
                [sys.executable, "-m", "oyiflow", *command],
                env={**environment, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, check=True, capture_output=True,
            )  # fmt: skip
        digests.add(tuple(sha256((folder / f"a.{form}").read_bytes()).hexdigest() for form in ("svg", "pdf", "png")))
    assert len(digests) == 1
