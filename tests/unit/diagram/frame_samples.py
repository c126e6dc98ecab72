"""Charts with nested states for the tests: one by hand, and random ones."""

from __future__ import annotations

import random
from itertools import pairwise

from oyiflow.diagram import Chart, Edge, Node
from oyiflow.diagram.chart import Frame, FrameKind

NAMES = ("在办", "履约", "处理客户异议及其后续工作", "Quality control", "")
STATES = ("受理", "编制开发方案", "组织客户拜访并汇报", "归档", "Prepare the budget", "待收款")
EVENTS = ("通过", "退回", "到账", "advance", "金额在五万元以内", "")


def order() -> Chart:
    """An order: a frame with deep history, in it two regions side by side."""
    frames = (
        Frame(id="open", title="在办"),
        Frame(id="both", title="履约", kind="parallel", parent="open"),
        Frame(id="make", title="生产", kind="region", parent="both"),
        Frame(id="pay", title="收款", kind="region", parent="both"),
    )
    nodes = (
        Node(id="start", kind="start", label="开始"),
        Node(id="draft", label="草拟"),
        Node(id="open.", kind="initial", frame="open"),
        Node(id="back", kind="history", label="H*", frame="open"),
        Node(id="check", label="审查", frame="open"),
        Node(id="make.", kind="initial", frame="make"),
        Node(id="plan", label="排产", frame="make"),
        Node(id="pay.", kind="initial", frame="pay"),
        Node(id="bill", label="开票", frame="pay"),
        Node(id="held", label="挂起"),
        Node(id="closed", kind="end", label="结案"),
        Node(id="void", kind="end", label="撤销"),
    )
    ways = (
        "start>draft draft>open:下单 open.>check back>check check>both:通过 check>draft:退回 make.>plan pay.>bill "
        "plan>plan:重排 both>both:再来 open>held:挂起 open>void:撤单 open>closed held>back:恢复 bill>void:坏账"
    )
    return Chart(id="order", title="订单", nodes=nodes, frames=frames, edges=_edges(ways))


def _edges(ways: str) -> tuple[Edge, ...]:
    found = []
    for at, way in enumerate(ways.split()):
        ends, _, label = way.partition(":")
        source, target = ends.split(">")
        found.append(Edge(id=f"e{at}", source=source, target=target, label=label))
    return tuple(found)


class _Growing:
    def __init__(self, seed: int, size: int) -> None:
        self.dice, self.size = random.Random(seed), size
        self.nodes = [Node(id="start", kind="start", label="开始")]
        self.frames: list[Frame] = []
        self.ways: list[tuple[str, str, str]] = []

    def frame(self, kind: FrameKind, parent: str | None) -> str:
        name = f"f{len(self.frames)}"
        self.frames.append(Frame(id=name, title=self.dice.choice(NAMES), kind=kind, parent=parent))
        return name

    def thing(self, parent: str | None, depth: int) -> str:
        roll = self.dice.random()
        if depth < 3 and len(self.nodes) < self.size and roll < 0.2:
            return self.filled(self.frame("state", parent), depth)
        if depth < 2 and len(self.nodes) < self.size and roll < 0.3:
            outer = self.frame("parallel", parent)
            for _ in range(self.dice.choice((2, 3))):
                self.filled(self.frame("region", outer), depth)
            return outer
        return self.node(parent)

    def node(self, parent: str | None) -> str:
        name = f"n{len(self.nodes)}"
        note = self.dice.choice(("", "财务部"))
        self.nodes.append(Node(id=name, label=self.dice.choice(STATES), note=note, frame=parent))
        return name

    def filled(self, frame: str, depth: int) -> str:
        self.nodes.append(Node(id=f"{frame}.", kind="initial", frame=frame))
        things = self.chain(frame, self.dice.randint(1, 4), depth + 1)
        self.ways.append((f"{frame}.", things[0], ""))
        if self.dice.random() < 0.3:
            self.nodes.append(Node(id=f"{frame}h", kind="history", label="H", frame=frame))
            self.ways.append((f"{frame}h", things[0], ""))
        return frame

    def chain(self, parent: str | None, count: int, depth: int) -> list[str]:
        things = [self.thing(parent, depth) for _ in range(count)]
        self.ways += [(one, two, self.dice.choice(EVENTS)) for one, two in pairwise(things)]
        return things


def nested(seed: int, size: int) -> Chart:
    """Random nested states with random transitions between any two of them."""
    grown = _Growing(seed, size)
    first = grown.chain(None, max(2, size // 4), 0)[0]
    grown.ways.insert(0, ("start", first, ""))
    names = [node.id for node in grown.nodes if node.kind in ("task", "history")]
    names += [frame.id for frame in grown.frames if frame.kind != "region"]
    for _ in range(len(names) // 3):
        grown.ways.append((grown.dice.choice(names), grown.dice.choice(names), grown.dice.choice(EVENTS)))
    edges = tuple(Edge(id=f"e{at}", source=a, target=b, label=label) for at, (a, b, label) in enumerate(grown.ways))
    return Chart(id=f"nested{seed}", title="随机", nodes=tuple(grown.nodes), frames=tuple(grown.frames), edges=edges)
