"""How good and how fast the layout is: the manual's two charts beside other tools, random flows, time by size, stability.

    python benchmarks/layout.py [--quick]

Times are processor time on one core.  Stability: one step is put into a chart of 20, somewhere on an arrow; the share of
the old steps that keep their lane, of pairs that keep their order along the flow, of steps that keep their place in the
lane, and of steps that move by more than the one row that the new step takes.  The random flows are those of the tests.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit" / "diagram"))

from diagram_samples import flow
from manual_charts import DEVELOPMENT, OTHERS, VISIT, chart

from oyiflow.diagram import Chart, Drawing, Edge, Node, layout
from oyiflow.diagram.drawing import DrawnNode
from oyiflow.diagram.quality import quality

CURVE: Final = ((20, 4, 0.5), (50, 6, 2.0), (100, 8, 8.0), (200, 8, 0.0))  # steps, lanes, bar in seconds
GROUPS: Final = ((12, 3, 20), (18, 4, 40), (30, 5, 20), (50, 6, 10))  # steps, lanes, flows


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the random flows")
    part = 10 if parser.parse_args().quick else 1
    beside_others()
    random_flows(part)
    good = time_by_size()
    stability(part)
    return 0 if good else 1


def beside_others() -> None:
    """The two charts of the manual."""
    print(f"{'development / visit':26}{'lanes':>8}{'hard':>8}{'cross':>8}{'bends':>8}{'length em':>12}{'A4 pt':>12}")
    for tool, figures in OTHERS.items():
        print(f"{tool:26}" + "".join(f"{one:>{8 if at < 4 else 12}}" for at, one in enumerate(figures)))
    measured = [quality(layout(chart(name, data))) for name, data in (("development", DEVELOPMENT), ("visit", VISIT))]
    names = ("hard", "cross", "bends", "length_em", "a4_points")
    lanes = "/".join(str(sum(len(one.offenders.get(name, ())) for name in ("lane_out", "lane_bad"))) for one in measured)
    row = [lanes, *("/".join(f"{one.figures()[name]:g}" for one in measured) for name in names)]
    print(f"{'oyiflow':26}" + "".join(f"{one:>{8 if at < 4 else 12}}" for at, one in enumerate(row)))


def random_flows(part: int) -> None:
    """Means over random flows."""
    print(f"\n{'random flows':26}{'hard':>8}{'cross':>8}{'free':>8}{'bends/arrow':>14}{'flow':>8}{'A4 pt':>8}")
    for steps, lanes, count in GROUPS:
        seeds = range(1, max(count // part, 2) + 1)
        measured = [quality(layout(flow(seed, steps, lanes))).figures() for seed in seeds]
        total = {name: sum(one[name] for one in measured) for name in measured[0]}
        free = sum(one["cross"] == 0 for one in measured)
        shape = f"{len(measured)} x {steps} steps, {lanes} lanes"
        each = {name: value / len(measured) for name, value in total.items()}
        print(
            f"{shape:26}{total['hard']:>8g}{each['cross']:>8.2f}{free:>8}{total['bends'] / total['arrows']:>14.2f}"
            f"{each['flow']:>8.2f}{each['a4_points']:>8.1f}"
        )


def time_by_size() -> bool:
    """Seconds of one core; whether every bar is met."""
    print(f"\n{'steps':26}{'arrows':>8}{'seconds':>10}{'at most':>10}")
    good = True
    for steps, lanes, bar in CURVE:
        sample = flow(7, steps, lanes)
        started = time.process_time()
        layout(sample)
        took = time.process_time() - started
        good = good and (not bar or took <= bar)
        print(f"{len(sample.nodes):<26}{len(sample.edges):>8}{took:>10.2f}{bar or '':>10}")
    return good


def with_step(sample: Chart, at: int) -> Chart:
    """One more step on an arrow, in the lane of the arrow's source, written right after it."""
    edge = sample.edges[at]
    place = next(index for index, node in enumerate(sample.nodes) if node.id == edge.source)
    new = Node(id="new", lane=sample.nodes[place].lane, label="另加一步")
    on = Edge(id="on", source="new", target=edge.target)
    return replace(
        sample,
        nodes=(*sample.nodes[: place + 1], new, *sample.nodes[place + 1 :]),
        edges=(*sample.edges[:at], replace(edge, target="new"), on, *sample.edges[at + 1 :]),
    )


def kept(old: Drawing, new: Drawing) -> tuple[float, float, float, float]:
    """Shares: lane kept, order kept, place in the lane kept, moved by more than a row."""
    before, after = ({node.id: node for node in one.nodes} for one in (old, new))
    names = list(before)
    lane = sum(before[name].lane == after[name].lane for name in names)
    pairs = list(combinations(names, 2))
    order = sum(_turned(before, one, other) * _turned(after, one, other) >= 0 for one, other in pairs)
    place = sum(abs(_aside(old, before[name]) - _aside(new, after[name])) <= old.em for name in names)
    rows = [sorted({round(node[name].box.cy) for name in names}) for node in (before, after)]
    moves = (rows[1].index(round(after[name].box.cy)) - rows[0].index(round(before[name].box.cy)) for name in names)
    return lane / len(names), order / len(pairs), place / len(names), sum(abs(move) > 1 for move in moves) / len(names)


def _turned(nodes: dict[str, DrawnNode], one: str, other: str) -> int:
    apart = nodes[one].box.cy - nodes[other].box.cy
    return (apart > 1) - (apart < -1)


def _aside(drawing: Drawing, node: DrawnNode) -> float:
    """From the middle of its lane."""
    return node.box.cx - next(lane.box.cx for lane in drawing.lanes if lane.id == node.lane)


def edits(count: int, draw: Callable[[Chart], Drawing] = layout) -> Iterator[tuple[float, float, float, float]]:
    """What edits to ``count`` charts of 20 steps leave as it was."""
    for seed in range(1, count + 1):
        sample = flow(seed, 20, 4)
        old = draw(sample)
        forward = [at for at, edge in enumerate(old.edges) if not edge.back]
        yield from (kept(old, draw(with_step(sample, at))) for at in forward[2::5])


def stability(part: int) -> None:
    """Means over many edits."""
    found = list(edits(max(30 // part, 3)))
    means = [sum(column) / len(found) for column in zip(*found, strict=True)]
    names = ("keep their lane", "keep their order", "keep their place in the lane", "move more than a row")
    print(f"\n{'a step added, of 20':34}{len(found):>6} edits")
    for name, mean in zip(names, means, strict=True):
        print(f"{name:34}{mean:>8.1%}")


if __name__ == "__main__":
    sys.exit(main())
