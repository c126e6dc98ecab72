"""`oyiflow draw --report`: how good a chart is, in figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from oyiflow.cli.console import Console
from oyiflow.diagram import Drawing
from oyiflow.diagram.quality import HARD, quality

_NAMES: Final = {
    "steps": ("步骤", "steps"),
    "arrows": ("箭头", "arrows"),
    "hard": ("硬错合计，必须为 0", "hard figures together, must be 0"),
    "node_overlap": ("框压住框", "a step lies on another"),
    "edge_node": ("箭头穿过框", "an arrow runs through a step"),
    "text_over": ("文字出框", "text outside its step"),
    "label_node": ("标注压住框", "a label lies on a step"),
    "label_label": ("标注压住标注", "a label lies on a label"),
    "lane_out": ("步骤在泳道之外", "a step outside its lane"),
    "lane_bad": ("泳道不齐", "lanes that do not line up"),
    "title_hit": ("泳道名被压住", "something over a lane's name"),
    "port_clash": ("进出同一点", "in and out at one point"),
    "blind_end": ("箭头没有接到框上", "an arrow that ends beside its step"),
    "frame_out": ("步骤与外框不符", "a step on the wrong side of a frame"),
    "frame_overlap": ("外框相压", "frames that overlap"),
    "name_hit": ("外框的名称被压住", "something over a frame's name"),
    "cross": ("交叉", "crossings"),
    "edge_share": ("无关的箭头同走一线", "unrelated arrows on one line"),
    "edge_merge": ("同来同去的箭头合走一段", "arrows that share a trunk"),
    "label_edge": ("箭头穿过标注", "an arrow runs through a label"),
    "label_far": ("标注离箭头太远", "a label far from its arrow"),
    "near": ("箭头离框太近", "an arrow close to a step"),
    "flow": ("逆向的箭头", "forward arrows against the flow"),
    "bends": ("拐弯", "bends"),
    "most_bends": ("一条箭头最多的拐弯", "most bends of one arrow"),
    "length_em": ("箭头总长（字宽）", "length of all arrows, in em"),
    "width_em": ("宽（字宽）", "width, in em"),
    "height_em": ("高（字宽）", "height, in em"),
    "a4_points": ("印在 A4 上的字号（点）", "size of the text on A4, in points"),
}


def report(drawings: Sequence[Drawing], console: Console) -> int:
    """Print the figures of a chart, or of each of its pages; 1 if a hard figure is not 0."""
    measured = [quality(drawing) for drawing in drawings]
    if console.as_json:
        console.json(
            [
                {"figures": one.figures(), "offenders": {name: list(who) for name, who in one.offenders.items()}}
                for one in measured
            ]
        )
        return int(any(one.hard for one in measured))
    for place, one in enumerate(measured, 1):
        if len(measured) > 1:
            console.say(f"第 {place} 页", f"page {place}")
        rows = [(name, f"{value:g}", console.word(*_NAMES[name])) for name, value in one.figures().items()]
        console.table((console.word("指标", "figure"), "", console.word("意思", "meaning")), rows)
        for name in (*HARD, "label_edge", "edge_share", "cross"):
            for who in one.offenders.get(name, ()):
                console.say(f"{name}: {who}")
    return int(any(one.hard for one in measured))
