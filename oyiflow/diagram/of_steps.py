"""The chart of steps: work and sub-processes become boxes, approvals and decisions diamonds, `together` a fork and a join.

A step that may be skipped is dashed and says when it is taken; its bypass is not drawn. Reminders are not drawn either:
they move nothing. An arrow keeps the name of its transition (`state#n`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from oyiflow.diagram.chart import Chart, Edge, Lane, Node
from oyiflow.diagram.charting import EDGES, START, Charting, merged
from oyiflow.model.definition import State, StateKind, Transition, walk


class StepsCharting(Charting):
    """Makes the chart of steps, and says which arrows stand for a transition."""

    def chart(self) -> Chart:
        """Lanes, steps and arrows."""
        nodes = self._with_lanes(list(self._nodes()))
        used = {node.lane for node in nodes}
        lanes = tuple(Lane(id=role.name, title=self.lines(role.title)) for role in self.definition.roles if role.name in used)
        return Chart(
            id=self.definition.name,
            title=self.definition.title.of(self.lang),
            lanes=lanes,
            nodes=tuple(nodes),
            edges=tuple(dict.fromkeys(merged(self._edges({node.id for node in nodes})).values())),
        )

    def drawn_for(self, name: str, left: frozenset[str]) -> list[str]:
        """The arrows that stand for a transition taken: of an enclosing state, those from the inner states that were left."""
        state_id, _, place = name.rpartition("#")
        state = self.definition.states[state_id]
        if state.verb == "together" or state.kind is StateKind.ATOMIC:
            return [name]
        way = state.transitions[int(place)]
        targets = sum(len(self.entered(self.definition.states[target])) for target in way.targets)
        numbers = [n * targets + t for n, source in enumerate(self._left(state, way)) if source in left for t in range(targets)]
        return [name if number == 0 else f"{name}.{number}" for number in numbers]

    def arrows(self) -> dict[str, str]:
        """For each transition (`state#n`) the arrow that is drawn for it."""
        return {name: edge.id for name, edge in merged(self._edges(set(self.definition.states))).items()}

    def _with_lanes(self, nodes: list[Node]) -> list[Node]:
        """A step without people stands in the lane of the step before it, the first ones in that of the first that has one."""
        lane = next((node.lane for node in nodes if node.lane), None)
        placed = []
        forks: dict[str, str | None] = {}
        for node in nodes:
            lane = forks.get(node.id.removesuffix("+")) if node.kind == "join" else node.lane or lane
            if node.kind == "fork":
                forks[node.id] = lane
            placed.append(replace(node, lane=lane))
        return placed

    def _nodes(self) -> Iterator[Node]:
        yield Node(id=START, kind="start", label=self.word("start"))
        ends: list[tuple[str, State]] = []
        for state in walk(self.definition.root):
            while ends and not self._inside(state, ends[-1][1]):
                name, parallel = ends.pop()
                yield Node(id=name, kind="join", lane=parallel.lane or None)
            if state.verb == "together":
                yield Node(id=state.id, kind="fork", lane=state.lane or None)
                ends.append((join_of(state.id), state))
            elif state.kind is StateKind.HISTORY or (state.verb and state.kind in (StateKind.ATOMIC, StateKind.FINAL)):
                yield self.node(state)
        yield from (Node(id=name, kind="join", lane=parallel.lane or None) for name, parallel in reversed(ends))

    def _inside(self, state: State, parallel: State) -> bool:
        name = state.id
        while name in self.definition.parents:
            name = self.definition.parents[name]
            if name == parallel.id:
                return True
        return False

    # --- arrows

    def _edges(self, nodes: set[str]) -> Iterator[Edge]:
        for number, first in enumerate(self.entered(self.definition.root)):
            yield Edge(id=f"{START}#{number}", source=START, target=first)
        for state in walk(self.definition.root):
            if state.verb == "together":
                starts = [first for region in state.states for first in self.entered(region)]
                yield from (Edge(id=f"{state.id}+{n}", source=state.id, target=first) for n, first in enumerate(starts))
            if state.kind is StateKind.HISTORY:
                yield from (
                    Edge(id=f"{state.id}+{n}", source=state.id, target=t) for n, t in enumerate(state.initial) if t in nodes
                )
            for place, way in enumerate(state.transitions):
                yield from self._arrows(state, place, way)

    def _arrows(self, state: State, place: int, way: Transition) -> Iterator[Edge]:
        if way.purpose == "skip" or not way.targets or self._repeats(state, place, way):
            return
        targets = [end for target in way.targets for end in self.entered(self.definition.states[target])]
        for number, (source, target) in enumerate((s, t) for s in self._left(state, way) for t in targets):
            name = f"{state.id}#{place}" if number == 0 else f"{state.id}#{place}.{number}"
            yield Edge(id=name, source=source, target=target, label=self.label(way), kind=EDGES.get(way.purpose, "flow"))

    def _repeats(self, state: State, place: int, way: Transition) -> bool:
        """A deadline that leads where another answer leads adds nothing to the picture."""
        others = (other.targets for n, other in enumerate(state.transitions) if n != place and other.purpose != "skip")
        return way.purpose == "late" and way.targets in others

    def _left(self, state: State, way: Transition) -> list[str]:
        """The nodes from which a transition of a state starts; one that waits for its completion starts where it is complete."""
        done = f"done.state.{state.id}"
        if state.verb != "together" and way.events == (done,):
            parts = state.states if state.kind is StateKind.PARALLEL else (state,)
            return [end.id for part in parts for end in part.states if end.kind is StateKind.FINAL]
        if state.verb == "together":
            return [join_of(state.id)]
        if state.kind is StateKind.ATOMIC:
            return [state.id]
        return [inner.id for inner in walk(state) if inner.kind is StateKind.ATOMIC]

    def entered(self, state: State) -> list[str]:
        """The nodes that are entered with a state."""
        if state.verb == "together" or state.kind in (StateKind.ATOMIC, StateKind.HISTORY):
            return [state.id]
        if state.kind is StateKind.FINAL:
            return [state.id] if state.verb else [self._joined(state)]
        if state.kind is StateKind.PARALLEL:
            return [name for region in state.states for name in self.entered(region)]
        first = state.initial or tuple(child.id for child in state.states if child.kind is not StateKind.HISTORY)[:1]
        return [name for child in first for name in self.entered(self.definition.states[child])]

    def _joined(self, final: State) -> str:
        region = self.definition.parents[final.id]
        return join_of(self.definition.parents[region])


def join_of(name: str) -> str:
    """The bar at which parallel steps meet again."""
    return f"{name}+"
