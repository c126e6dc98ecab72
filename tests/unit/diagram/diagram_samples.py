"""Charts for the tests: two from the manual, random well-formed flows, and random nonsense."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from oyiflow.diagram import Chart, Edge, Lane, Node
from oyiflow.diagram.chart import EdgeKind, NodeKind

ROLES = ("客户", "专员", "经理", "总经理", "财务部", "法务部", "技术支持", "Key-account manager")
DEEDS = (
    "受理",
    "编制开发方案",
    "审查合同条款",
    "组织客户拜访并汇报",
    "归档",
    "Prepare the budget",
    "通知客户",
    "提出费用报销申请",
)
DOUBTS = ("合格？", "金额超过五万元？", "同意", "Approved?", "客户满意？")
ANSWERS = (("是", "否"), ("通过", "退回"), ("yes", "no"), ("金额在五万元以内", "其他情况"))


def chart(lanes: str, nodes: str, edges: str) -> Chart:
    """A small chart from text: "a b", "x:a y:b:decision", "x>y y>x:否"."""

    def node(text: str) -> Node:
        name, lane, kind = ([*text.split(":"), "", "task"])[:3] if text.count(":") < 2 else text.split(":")
        return Node(id=name, lane=lane or None, kind=kind or "task", label=name)  # type: ignore[arg-type]

    def edge(index: int, text: str) -> Edge:
        ends, _, label = text.partition(":")
        source, target = ends.split(">")
        return Edge(id=f"e{index}", source=source, target=target, label=label)

    return Chart(
        id="sample",
        title="sample",
        lanes=tuple(Lane(id=name, title=name) for name in lanes.split()),
        nodes=tuple(node(text) for text in nodes.split()),
        edges=tuple(edge(index, text) for index, text in enumerate(edges.split())),
    )


def approval() -> Chart:
    """A plan that two levels approve, with two ways back."""
    return chart(
        "总经理 经理 专员",
        "start:专员:start plan:专员 audit:经理:decision approve:总经理:decision carry:专员 end:专员:end",
        "start>plan plan>audit audit>approve:是 audit>plan:否 approve>carry:是 approve>plan:否 carry>end",
    )


def parallel(branches: int) -> Chart:
    """A fork, so many branches in one lane, and a join."""
    names = [f"b{index}" for index in range(branches)]
    return chart(
        "甲 乙",
        "s:甲:start f:甲:fork " + " ".join(f"{name}:甲" for name in names) + " j:甲:join e:乙:end",
        "s>f " + " ".join(f"f>{name} {name}>j" for name in names) + " j>e",
    )


@dataclass(slots=True)
class _Writer:
    dice: random.Random
    lanes: tuple[str, ...]
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    lane: str = ""

    def step(self, kind: NodeKind, label: str) -> str:
        if not self.lane or self.dice.random() < 0.45:
            self.lane = self.dice.choice(self.lanes)
        name = f"n{len(self.nodes)}"
        note = "仅当 预算 > 0" if kind == "task" and self.dice.random() < 0.1 else ""
        self.nodes.append(Node(id=name, lane=self.lane, kind=kind, label=label, note=note, conditional=bool(note)))
        return name

    def link(self, source: str, target: str, label: str = "", kind: EdgeKind = "flow") -> None:
        self.edges.append(Edge(id=f"e{len(self.edges)}", source=source, target=target, label=label, kind=kind))

    def task(self) -> str:
        return self.step(self.dice.choice(("task", "task", "task", "wait", "sub")), self.dice.choice(DEEDS))

    def block(self, last: str, depth: int, label: str = "") -> str:
        """Adds a block after a step and returns the block's last step."""
        roll = self.dice.random()
        if depth == 0 or roll < 0.45:
            task = self.task()
            self.link(last, task, label)
            return task
        if roll < 0.65:
            return self.rework(last, label)
        return self.split(last, depth, label, bars=roll > 0.85)

    def rework(self, last: str, label: str) -> str:
        task, doubt = self.task(), self.step("decision", self.dice.choice(DOUBTS))
        after = self.task()
        yes, no = self.dice.choice(ANSWERS)
        self.link(last, task, label)
        self.link(task, doubt)
        self.link(doubt, after, yes)
        self.link(doubt, task, no, "reject")
        return after

    def split(self, last: str, depth: int, label: str, *, bars: bool) -> str:
        opening = self.step("fork", "") if bars else self.step("decision", self.dice.choice(DOUBTS))
        self.link(last, opening, label)
        answers = ("", "", "") if bars else (*self.dice.choice(ANSWERS), "再议")
        ends = [self.block(opening, depth - 1, answers[at]) for at in range(self.dice.choice((2, 2, 3)))]
        closing = self.step("join", "") if bars else self.task()
        for end in ends:
            self.link(end, closing)
        return closing


def flow(seed: int, steps: int, lanes: int) -> Chart:
    """A random process: sequences, rework, branches and parallel work, nested twice."""
    writer = _Writer(dice=random.Random(seed), lanes=ROLES[:lanes])
    last = writer.step("start", "开始")
    while len(writer.nodes) < steps:
        last = writer.block(last, 2)
    writer.link(last, writer.step("end", "结束"))
    used = {node.lane for node in writer.nodes}
    titles = tuple(Lane(id=name, title=name) for name in writer.lanes if name in used)
    return Chart(id=f"flow{seed}", title=f"流程 {seed}", lanes=titles, nodes=tuple(writer.nodes), edges=tuple(writer.edges))


def nonsense(seed: int) -> Chart:
    """Any graph at all: circles, loops, twins, islands, steps without a lane."""
    dice = random.Random(seed)
    count = dice.randrange(1, 9)
    lanes = ROLES[: dice.randrange(0, 4)]
    kinds: tuple[NodeKind, ...] = ("start", "end", "task", "decision", "join", "fork", "wait", "sub")
    nodes = tuple(
        Node(id=f"n{at}", lane=dice.choice((*lanes, None)), kind=dice.choice(kinds), label=dice.choice((*DEEDS, "")))
        for at in range(count)
    )
    edges = tuple(
        Edge(
            id=f"e{at}",
            source=f"n{dice.randrange(count)}",
            target=f"n{dice.randrange(count)}",
            label=dice.choice(("", "", "否", "a very long label that must wrap")),
            kind=dice.choice(("flow", "reject", "timeout")),
        )
        for at in range(dice.randrange(0, 2 * count + 1))
    )
    return Chart(id=f"odd{seed}", lanes=tuple(Lane(id=one, title=one) for one in lanes), nodes=nodes, edges=edges)
