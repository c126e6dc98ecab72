"""The measures find what was put into a drawing on purpose; and the gate: hard figures are 0 on every chart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from diagram_samples import approval, flow, parallel

from oyiflow.checking import load
from oyiflow.diagram import Drawing, layout
from oyiflow.diagram.chart import Direction
from oyiflow.diagram.drawing import Box, DrawnFrame
from oyiflow.diagram.of_definition import chart_of
from oyiflow.diagram.quality import quality

PROCESSES = sorted(p for p in (Path(__file__).parents[3] / "processes").glob("*.yaml") if p.stem not in ("company", "manual"))
BOTH: tuple[Direction, Direction] = ("TB", "LR")


def moved(drawing: Drawing, name: str, **place: float) -> Drawing:
    nodes = tuple(replace(n, box=replace(n.box, **place)) if n.id == name else n for n in drawing.nodes)
    return replace(drawing, nodes=nodes)


def node(drawing: Drawing, name: str) -> Box:
    return next(one.box for one in drawing.nodes if one.id == name)


def overlapping(d: Drawing) -> Drawing:
    return moved(d, "carry", x=node(d, "plan").x + 3, y=node(d, "plan").y + 3)


def outside(d: Drawing) -> Drawing:
    return moved(d, "audit", x=node(d, "plan").x)


def narrow(d: Drawing) -> Drawing:
    return moved(d, "plan", w=4.0)


def through(d: Drawing) -> Drawing:
    box = node(d, "carry")
    first = replace(d.edges[0], points=((box.x - 50, box.cy), (box.right + 50, box.cy)))
    return replace(d, edges=(first, *d.edges[1:]))


def astray(d: Drawing) -> Drawing:
    first = replace(d.edges[0], points=((0.0, 0.0), *d.edges[0].points[1:]))
    return replace(d, edges=(first, *d.edges[1:]))


def clashing(d: Drawing) -> Drawing:
    there, back = d.edges[1], d.edges[3]
    return replace(d, edges=(there, replace(back, points=(*back.points[:-1], there.points[0]))))


def labels(d: Drawing) -> Drawing:
    boxed = [edge.label_box for edge in d.edges if edge.label_box]
    return replace(d, edges=tuple(replace(edge, label_box=boxed[0]) if edge.label_box else edge for edge in d.edges))


def label_on_step(d: Drawing) -> Drawing:
    return replace(d, edges=tuple(replace(e, label_box=node(d, "plan")) if e.label_box else e for e in d.edges[:3]))


def over_head(d: Drawing) -> Drawing:
    title = d.lanes[2].title_box
    return replace(d, edges=(replace(d.edges[0], points=((title.cx, title.cy), (title.cx, title.cy + 300))),))


def short_lane(d: Drawing) -> Drawing:
    return replace(d, lanes=(replace(d.lanes[0], box=replace(d.lanes[0].box, h=50.0)), *d.lanes[1:]))


def foreign(d: Drawing) -> Drawing:
    box = node(d, "plan")
    frame = DrawnFrame(
        id="f", title="", kind="state", parent=None, box=replace(box, x=box.x - 5, w=box.w + 10, y=box.y - 5, h=box.h + 10),
        head=box, title_box=box, lines=(),
    )  # fmt: skip
    return replace(d, frames=(frame, replace(frame, id="g")))


SPOILT: list[tuple[str, Callable[[Drawing], Drawing]]] = [
    ("node_overlap", overlapping),
    ("lane_out", outside),
    ("text_over", narrow),
    ("edge_node", through),
    ("blind_end", astray),
    ("port_clash", clashing),
    ("label_label", labels),
    ("label_node", label_on_step),
    ("title_hit", over_head),
    ("lane_bad", short_lane),
    ("frame_out", foreign),
    ("frame_overlap", foreign),
]


@pytest.mark.parametrize(("name", "spoil"), SPOILT, ids=[name for name, _ in SPOILT])
def test_a_spoilt_drawing_is_found_out(name: str, spoil: Callable[[Drawing], Drawing]) -> None:
    drawing = layout(approval())
    assert quality(drawing).hard == 0
    assert name in quality(spoil(drawing)).offenders


def test_crossings_and_bends_are_counted() -> None:
    drawing = layout(approval())
    figures = quality(drawing).figures()
    assert figures["bends"] == sum(len(edge.points) - 2 for edge in drawing.edges)
    assert figures["cross"] == 0
    low, high = min(p[1] for e in drawing.edges for p in e.points), max(p[1] for e in drawing.edges for p in e.points)
    x = node(drawing, "plan").cx
    crossing = replace(drawing.edges[0], points=((x - 400, (low + high) / 2), (x + 400, (low + high) / 2)))
    assert quality(replace(drawing, edges=(*drawing.edges, crossing))).figures()["cross"] > 0


@pytest.mark.parametrize("path", PROCESSES, ids=lambda path: path.stem)
def test_every_process_is_drawn_without_a_hard_mistake(path: Path) -> None:
    definition = load(path)
    for lang in ("zh", "en", "both"):
        for direction in BOTH:
            measured = quality(layout(chart_of(definition, lang), direction=direction))
            figures = measured.figures()
            assert measured.hard == 0, (lang, direction, measured.offenders)
            assert [figures[name] for name in ("flow", "label_edge", "near", "edge_share")] == [0, 0, 0, 0], (lang, direction)


@pytest.mark.parametrize("direction", BOTH)
def test_random_flows_are_drawn_without_a_hard_mistake(direction: Direction) -> None:
    crossings = bends = arrows = 0.0
    for seed in range(500, 512):
        measured = quality(layout(flow(seed, 14, 3), direction=direction))
        figures = measured.figures()
        assert measured.hard == figures["flow"] == figures["edge_share"] == 0, (seed, measured.offenders)
        crossings, bends, arrows = crossings + figures["cross"], bends + figures["bends"], arrows + figures["arrows"]
    assert crossings <= 6
    assert bends / arrows <= 0.9


def test_six_branches_in_one_lane() -> None:
    figures = quality(layout(parallel(6))).figures()
    assert figures["hard"] == figures["cross"] == 0
