"""Nested states: frames around their steps, regions side by side, arrows from a frame's edge."""

from __future__ import annotations

import pytest
from frame_samples import nested, order

from oyiflow.diagram import Chart, Drawing, Edge, Node, layout
from oyiflow.diagram.chart import Direction, Frame
from oyiflow.diagram.drawing import DrawnFrame
from oyiflow.diagram.quality import quality

BOTH: tuple[Direction, Direction] = ("TB", "LR")


def frame(drawing: Drawing, name: str) -> DrawnFrame:
    return next(one for one in drawing.frames if one.id == name)


@pytest.mark.parametrize("direction", BOTH)
def test_an_order_with_history_and_regions(direction: Direction) -> None:
    drawing = layout(order(), direction=direction)
    assert quality(drawing).hard == 0
    assert [one.id for one in drawing.frames] == ["open", "both", "make", "pay"]
    outer, inner = frame(drawing, "open").box, frame(drawing, "both").box
    assert outer.x < inner.x and outer.y < inner.y and inner.right < outer.right
    assert frame(drawing, "both").dividers and not frame(drawing, "open").dividers


@pytest.mark.parametrize("direction", BOTH)
def test_regions_lie_side_by_side_across_the_flow(direction: Direction) -> None:
    drawing = layout(order(), direction=direction)
    one, two = frame(drawing, "make").box, frame(drawing, "pay").box
    if direction == "TB":
        assert one.right == pytest.approx(two.x) and one.y == two.y and one.h == two.h
    else:
        assert one.y + one.h == pytest.approx(two.y) and one.x == two.x and one.w == two.w
    (start, end) = frame(drawing, "both").dividers[0]
    assert start[0] == end[0] == two.x if direction == "TB" else start[1] == end[1] == two.y


@pytest.mark.parametrize("direction", BOTH)
def test_an_event_of_a_frame_is_one_arrow_from_its_edge(direction: Direction) -> None:
    drawing = layout(order(), direction=direction)
    box = frame(drawing, "open").box
    for name in ("e10", "e11", "e12"):
        x, y = next(edge.points[0] for edge in drawing.edges if edge.id == name)
        assert min(abs(x - box.x), abs(x - box.right), abs(y - box.y), abs(y - box.y - box.h)) < 0.1
    starts = [next(edge.points[0] for edge in drawing.edges if edge.id == name) for name in ("e10", "e11", "e12")]
    assert len(set(starts)) == 3, "each event has a place of its own"


@pytest.mark.parametrize("direction", BOTH)
@pytest.mark.parametrize("block", range(4))
def test_random_nested_states_break_no_rule(block: int, direction: Direction) -> None:
    for seed in range(block * 6, block * 6 + 6):
        measured = quality(layout(nested(seed, 14), direction=direction))
        assert measured.hard == 0, (seed, measured.offenders)
        assert measured.figures()["flow"] == measured.figures()["label_edge"] == 0


def test_an_untitled_frame_has_a_band_of_no_height() -> None:
    sample = Chart(id="c", nodes=(Node(id="a", frame="f", label="a"),), frames=(Frame(id="f"),))
    drawing = layout(sample)
    assert drawing.frames[0].head.h == 0 and drawing.frames[0].lines == ()
    assert quality(drawing).hard == 0


def test_a_long_name_makes_its_frame_wider() -> None:
    sample = Chart(id="c", nodes=(Node(id="a", frame="f", label="a"),), frames=(Frame(id="f", title="很长的名称" * 3),))
    for direction in BOTH:
        drawing = layout(sample, direction=direction)
        assert drawing.frames[0].title_box.w < drawing.frames[0].box.w
        assert quality(drawing).hard == 0


def test_an_arrow_from_inside_to_the_frame_and_back_inside() -> None:
    sample = Chart(
        id="c",
        nodes=(Node(id="a", frame="f", label="a"), Node(id="b", frame="f", label="b")),
        frames=(Frame(id="f", title="f"),),
        edges=(
            Edge(id="up", source="b", target="f"),
            Edge(id="in", source="f", target="b"),
            Edge(id="on", source="a", target="b"),
        ),
    )
    for direction in BOTH:
        assert quality(layout(sample, direction=direction)).hard == 0


def test_deep_nesting_is_drawn() -> None:
    depth = 12
    frames = tuple(Frame(id=f"f{at}", title=f"{at}", parent=f"f{at - 1}" if at else None) for at in range(depth))
    sample = Chart(id="c", nodes=(Node(id="a", frame=f"f{depth - 1}", label="a"),), frames=frames)
    assert quality(layout(sample)).hard == 0
