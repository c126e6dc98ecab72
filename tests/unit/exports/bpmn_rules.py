"""What must hold of every BPMN file: references that lead somewhere, the rules of the standard, a picture of everything."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from bpmn_reader import File, Node

ACTIVITIES = ("userTask", "serviceTask", "task", "callActivity", "subProcess")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def check(file: File) -> None:
    """Fail if a rule is broken."""
    _ids(file)
    _flows(file)
    for node in file.nodes.values():
        _node(file, node)
    _lanes(file)
    _picture(file)


def _ids(file: File) -> None:
    assert [name for name, count in Counter(file.ids).items() if count > 1] == []
    assert [name for name in file.ids if not NAME.fullmatch(name)] == []
    assert set(file.refs) <= set(file.ids)


def _flows(file: File) -> None:
    for flow in file.flows.values():
        source, target = file.nodes[flow.source], file.nodes[flow.target]
        assert source.scope == target.scope == flow.scope, f"{flow.id} crosses the border of a sub-process"
        assert flow.id in source.outgoing and flow.id in target.incoming
    for node in file.nodes.values():
        assert len(node.incoming) == sum(flow.target == node.id for flow in file.flows.values())
        assert len(node.outgoing) == sum(flow.source == node.id for flow in file.flows.values())
    pairs = Counter((flow.source, flow.target) for flow in file.flows.values())
    assert [pair for pair, count in pairs.items() if count > 1 and file.nodes[pair[0]].tag.endswith("Gateway")] == []


def _node(file: File, node: Node) -> None:
    flows = [file.flows[name] for name in node.outgoing]
    if node.tag in ("startEvent", "boundaryEvent"):
        assert not node.incoming and node.outgoing, node.id
    if node.tag == "endEvent":
        assert not node.outgoing, node.id
    if node.tag == "boundaryEvent":
        host = file.nodes[node.host]
        assert host.tag in ACTIVITIES and host.scope == node.scope and len(node.events) == 1, node.id
    if node.tag == "eventBasedGateway":
        caught = [file.nodes[flow.target] for flow in flows]
        assert len(caught) > 1 or caught
        assert all(one.tag == "intermediateCatchEvent" and len(one.incoming) == 1 for one in caught), node.id
    if node.tag == "exclusiveGateway" and len(flows) > 1:
        assert all(flow.condition or flow.id == node.default for flow in flows), node.id
        assert len(node.incoming) <= 1, f"{node.id} parts and unites"
    if node.tag == "parallelGateway":
        assert len(node.incoming) == 1 or len(flows) == 1, f"{node.id} parts and joins"
        assert len(node.incoming) < 2 or len(node.incoming) == _branches(file, node), (
            f"{node.id} waits for ways, not for branches"
        )
    if node.default:
        assert not file.flows[node.default].condition
    if node.tag in ACTIVITIES:
        assert len(flows) <= 1, f"{node.id} splits without a gateway"
    for flow in flows:
        assert not flow.condition or node.tag == "exclusiveGateway"


def _branches(file: File, join: Node) -> int:
    """How many branches the fork of a join begins."""
    fork = next(
        node for node in file.nodes.values() if node.step == join.step.removesuffix("+") and node.tag == "parallelGateway"
    )
    return len(fork.outgoing)


def _lanes(file: File) -> None:
    inside = [name for names in file.lanes.values() for name in names]
    top = {node.id for node in file.nodes.values() if node.scope.startswith("Process_")}
    if file.lanes:
        assert sorted(inside) == sorted(top), "each element of the process is in one lane"
    for source, target in file.messages:
        assert source in file.nodes and target in file.pools


def _picture(file: File) -> None:
    assert set(file.nodes) <= set(file.shapes) and set(file.flows) <= set(file.edges)
    for name, points in file.edges.items():
        assert len(points) > 1, name
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points)), f"{name} is not orthogonal"
    for flow in file.flows.values():
        _meets(file, flow.source, file.edges[flow.id][0])
        _meets(file, flow.target, file.edges[flow.id][-1])
    for node in file.nodes.values():
        w, h = file.shapes[node.id][2:]
        if node.tag.endswith("Gateway"):
            assert (w, h) == (50, 50)
        elif node.tag.endswith("Event"):
            assert (w, h) == (36, 36)
        else:
            assert w >= 100 and h >= 60


def _meets(file: File, name: str, point: tuple[float, float]) -> None:
    """A line ends on the outline of its symbol, give or take what rounding moves."""
    x, y, w, h = file.shapes[name]
    dx, dy = abs(point[0] - x - w / 2), abs(point[1] - y - h / 2)
    tag = file.nodes[name].tag
    if tag.endswith("Gateway"):
        assert abs(dx + dy - w / 2) <= 2, (name, point)
    elif tag.endswith("Event"):
        assert abs((dx * dx + dy * dy) ** 0.5 - w / 2) <= 2, (name, point)
    else:
        assert max(dx - w / 2, dy - h / 2) <= 1 and (abs(dx - w / 2) <= 1 or abs(dy - h / 2) <= 1), (name, point)
