"""Every theme can be read: contrast is measured, and nothing is said by colour alone."""

from __future__ import annotations

import re

import pytest
from diagram_samples import approval

from oyiflow.diagram import Highlight, layout
from oyiflow.diagram.scene import THEMES, paint
from oyiflow.diagram.scene.theme import contrast
from oyiflow.diagram.svg import written

EVERYTHING = Highlight(
    current=frozenset({"audit"}),
    visited={"start": 1, "plan": 2},
    taken={"e0": 1},
    mine=frozenset({"carry"}),
    order={"approve": (1, 3)},
    changes={"end": "removed", "e5": "added", "e6": "changed"},
)


def test_the_measure_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
def test_all_text_can_be_read_and_all_lines_be_seen(name: str) -> None:
    theme = THEMES[name]
    assert [(pair, contrast(ink, ground)) for pair, ink, ground in theme.reading_pairs() if contrast(ink, ground) < 4.5] == []
    assert [(pair, contrast(ink, ground)) for pair, ink, ground in theme.line_pairs() if contrast(ink, ground) < 3] == []


@pytest.mark.parametrize("name", THEMES)
def test_a_picture_has_no_colours_but_those_of_its_theme(name: str) -> None:
    theme = THEMES[name]
    known = {value for pair in (*theme.reading_pairs(), *theme.line_pairs()) for value in pair[1:]} | {theme.lane_line}
    drawn = set(re.findall(r"#[0-9A-F]{6}", written(paint(layout(approval()), highlight=EVERYTHING, theme=theme))))
    assert drawn <= known


def test_the_theme_for_print_is_grey() -> None:
    colours = re.findall(r"#([0-9A-F]{6})", written(paint(layout(approval()), highlight=EVERYTHING, theme=THEMES["print"])))
    assert colours and all(colour[:2] == colour[2:4] == colour[4:] for colour in colours)


def test_without_its_colours_each_mark_still_differs_from_the_plain_step() -> None:
    drawing = layout(approval())

    def drawn(seen: Highlight) -> str:
        text = written(paint(drawing, highlight=seen))
        return re.sub(
            r"#[0-9A-F]{6}", "", re.sub(r' (data-(visits|taken|mine|order|change|current)|aria-label)="[^"]*"', "", text)
        )

    marks = [
        Highlight(),
        Highlight(current=frozenset({"plan"})),
        Highlight(visited={"plan": 1}),
        Highlight(visited={"plan": 2}),
        Highlight(mine=frozenset({"plan"})),
        Highlight(order={"plan": (1,)}),
        *(Highlight(changes={"plan": change}) for change in ("added", "removed", "changed")),
        Highlight(taken={"e1": 1}),
        *(Highlight(changes={"e1": change}) for change in ("added", "removed", "changed")),
    ]
    assert len({drawn(mark) for mark in marks}) == len(marks)
