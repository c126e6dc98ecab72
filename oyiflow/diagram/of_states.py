"""The chart of a life cycle: states as steps, enclosing states as frames around them.

A state with inner states is a frame with an initial dot in it; a parallel state is a frame whose regions lie side by side.
A transition of an enclosing state is one arrow from the frame's edge, however many states are inside; one that waits for
completion bears no word. A history state is a circle, H or H* if it is deep.

A chart with frames has no lanes, for a frame may hold the work of several roles: who acts is written in the step, unless
it is the same role everywhere; then the whole chart is that role's lane. A life cycle without inner states has lanes.

An arrow keeps the name of its transition (`state#n`, further targets `state#n.k`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from oyiflow.diagram.chart import Chart, Edge, EdgeKind, Frame, FrameKind, Lane, Node
from oyiflow.diagram.charting import EDGES, START, Charting, merged
from oyiflow.model.definition import State, StateKind, Transition, walk


class StatesCharting(Charting):
    """Makes the chart, and says which arrows stand for a transition."""

    def chart(self) -> Chart:
        """Frames, steps and arrows."""
        frames, nodes = tuple(self._frames()), list(self._nodes())
        lanes, nodes = self._laned(nodes, bool(frames))
        return Chart(
            id=self.definition.name,
            title=self.definition.title.of(self.lang),
            lanes=lanes,
            nodes=tuple(nodes),
            edges=tuple(dict.fromkeys(merged(self._edges()).values())),
            frames=frames,
        )

    def arrows(self) -> dict[str, str]:
        """For each transition (`state#n`) the arrow that is drawn for it."""
        return {name: edge.id for name, edge in merged(self._edges()).items()}

    def drawn_for(self, name: str) -> list[str]:
        """The arrows of a transition before arrows were merged: one for each target."""
        state_id, _, place = name.rpartition("#")
        targets = self.definition.states[state_id].transitions[int(place)].targets
        return [_numbered(name, number) for number in range(len(targets))]

    # --- frames and steps

    def _is_frame(self, state: State) -> bool:
        if state is self.definition.root:
            return any(way.targets for way in state.transitions)
        return bool(state.states)

    def _frame_of(self, state: State) -> str | None:
        """The innermost frame around a state; regions that are no frames of their own get one."""
        parent = self.definition.parents.get(state.id)
        if parent is None:
            return None
        outer = self.definition.states[parent]
        if outer.kind is StateKind.PARALLEL and not _is_region(state):
            return _region(state)
        return parent if self._is_frame(outer) else None

    def _frames(self) -> Iterator[Frame]:
        for state in walk(self.definition.root):
            outer = self.definition.states.get(self.definition.parents.get(state.id, ""))
            inside = outer is not None and outer.kind is StateKind.PARALLEL
            if inside and outer is not None and not _is_region(state) and state.kind is not StateKind.HISTORY:
                yield Frame(id=_region(state), kind="region", parent=outer.id)
            if self._is_frame(state):
                kind: FrameKind = "parallel" if state.kind is StateKind.PARALLEL else "region" if inside else "state"
                title = "" if state is self.definition.root else " ".join(self.lines(state.title).split("\n"))
                yield Frame(id=state.id, title=title, kind=kind, parent=self._frame_of(state))

    def _nodes(self) -> Iterator[Node]:
        yield Node(id=START, kind="start", label=self.word("start"))
        for state in walk(self.definition.root):
            if state.kind is StateKind.HISTORY:
                outer = self.definition.states[self.definition.parents[state.id]]
                region = outer.kind is StateKind.PARALLEL and outer.states
                yield self.node(state, frame=self._first_region(outer) if region else self._frame_of(state))
            elif not state.states and state is not self.definition.root:
                yield self.node(state, frame=self._frame_of(state))
            elif state.kind is StateKind.COMPOUND and state is not self.definition.root:
                yield Node(id=_dot(state), kind="initial", frame=state.id)

    def _first_region(self, outer: State) -> str:
        """The history of a parallel state stands in its first region, for there is no other place in it."""
        first = next(state for state in outer.states if state.kind is not StateKind.HISTORY)
        return first.id if _is_region(first) else _region(first)

    def _laned(self, nodes: list[Node], framed: bool) -> tuple[tuple[Lane, ...], list[Node]]:
        used = {node.lane for node in nodes if node.lane}
        roles = [role for role in self.definition.roles if role.name in used]
        if framed and len(roles) > 1:
            titles = {role.name: self.lines(role.title) for role in roles}
            return (), [replace(node, lane=None, note=_with(titles.get(node.lane or "", ""), node.note)) for node in nodes]
        lanes = tuple(Lane(id=role.name, title=self.lines(role.title)) for role in roles)
        lane = next((node.lane for node in nodes if node.lane), None)
        placed = []
        for node in nodes:
            lane = node.lane or lane
            placed.append(replace(node, lane=lane))
        return lanes, placed

    # --- arrows

    def _edges(self) -> Iterator[Edge]:
        root = self.definition.root
        for number, first in enumerate(self._first(root)):
            yield Edge(id=f"{START}#{number}", source=START, target=first)
        for state in walk(root):
            if state.kind is StateKind.COMPOUND and state is not root:
                for number, first in enumerate(self._first(state)):
                    yield Edge(id=f"{_dot(state)}#{number}", source=_dot(state), target=first)
            if state.kind is StateKind.HISTORY:
                yield from (
                    Edge(id=f"{state.id}+{number}", source=state.id, target=to) for number, to in enumerate(state.initial)
                )
            for place, way in enumerate(state.transitions):
                yield from self._arrows(state, place, way)

    def _first(self, state: State) -> tuple[str, ...]:
        return state.initial or tuple(child.id for child in state.states if child.kind is not StateKind.HISTORY)[:1]

    def _arrows(self, state: State, place: int, way: Transition) -> Iterator[Edge]:
        kind: EdgeKind = EDGES.get(way.purpose, "timeout" if way.timed else "flow")
        for number, target in enumerate(way.targets):
            name = _numbered(f"{state.id}#{place}", number)
            yield Edge(id=name, source=state.id, target=target, label=self.label(way), kind=kind)

    def entered_by_default(self, entered: list[str], names: list[str]) -> list[str]:
        """Arrows from the initial dots of frames that the transitions of a microstep entered without naming anything inside."""
        taken = []
        ways = (self.definition.states[state].transitions[int(place)] for state, _, place in (n.rpartition("#") for n in names))
        targets = {target for way in ways for target in way.targets}
        aimed = {name for target in targets for name in self._around(target)}
        for name in entered:
            state = self.definition.states[name]
            if state.kind is StateKind.COMPOUND and state is not self.definition.root and name not in aimed:
                taken += [f"{_dot(state)}#{number}" for number, _ in enumerate(self._first(state))]
        return taken

    def _around(self, name: str) -> Iterator[str]:
        while name in self.definition.parents:
            name = self.definition.parents[name]
            yield name


def _is_region(state: State) -> bool:
    return state.kind is StateKind.COMPOUND


def _region(state: State) -> str:
    return f"{state.id}@region"


def _dot(state: State) -> str:
    return f"{state.id}@start"


def _numbered(name: str, number: int) -> str:
    return name if number == 0 else f"{name}.{number}"


def _with(role: str, note: str) -> str:
    return "\n".join(text for text in (role, note) if text)
