"""From a definition to a chart, and from what happened to a highlight.

Work and sub-processes become boxes, approvals and decisions diamonds, `together` a fork and a join. A step that may be
skipped is dashed and says when it is taken; its bypass is not drawn. Reminders are not drawn either: they move nothing.
An arrow keeps the name of its transition (`state#n`), so that a journal can be laid over the chart without guessing.
In a life cycle, a transition of an enclosing state is drawn from each state inside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from oyiflow.diagram.chart import Chart, Edge, EdgeKind, Highlight, Lane, Node, NodeKind
from oyiflow.model.definition import Definition, State, StateKind, Text, Transition, walk
from oyiflow.model.expression import sentence

START = "@start"
_KINDS: dict[str, NodeKind] = {
    "approve": "decision",
    "decide": "decision",
    "wait": "wait",
    "call": "sub",
    "end": "end",
    "history": "wait",
}
_EDGES: dict[str, EdgeKind] = {"rejected": "reject", "late": "timeout", "failed": "timeout"}
_WORDS = {"start": ("开始", "Start"), "only": ("仅当", "only if"), "after": ("满", "after")}


def chart_of(definition: Definition, lang: str = "zh") -> Chart:
    """The chart of a definition with its texts in "zh", "en" or "both"."""
    return _Charting(definition, lang).chart()


class _Charting:
    def __init__(self, definition: Definition, lang: str) -> None:
        self.definition = definition
        self.lang = lang
        one = self._one()
        self.titles = {
            **{f.name: f.title.of(one) for f in definition.fields},
            **{s.id: s.title.of(one) for s in walk(definition.root)},
        }

    def chart(self) -> Chart:
        nodes = self._with_lanes(list(self._nodes()))
        used = {node.lane for node in nodes}
        lanes = tuple(Lane(id=role.name, title=self._lines(role.title)) for role in self.definition.roles if role.name in used)
        return Chart(
            id=self.definition.name,
            title=self.definition.title.of(self.lang),
            lanes=lanes,
            nodes=tuple(nodes),
            edges=tuple(dict.fromkeys(self._merged({node.id for node in nodes}).values())),
        )

    def _merged(self, nodes: set[str]) -> dict[str, Edge]:
        """The arrows by the transitions that they stand for; cases that lead from one step to the same one share an arrow."""
        edges = list(self._edges(nodes))
        same: dict[tuple[str, str, str], list[Edge]] = {}
        for edge in edges:
            same.setdefault((edge.source, edge.target, edge.kind), []).append(edge)
        for (source, target, kind), group in same.items():
            label = " / ".join(dict.fromkeys(edge.label for edge in group if edge.label))
            same[source, target, kind] = [Edge(id=group[0].id, source=source, target=target, label=label, kind=group[0].kind)]
        return {edge.id: same[edge.source, edge.target, edge.kind][0] for edge in edges}

    def drawn_for(self, name: str, left: frozenset[str]) -> list[str]:
        """The arrows that stand for a transition taken: of an enclosing state, those from the inner states that were left."""
        state_id, _, place = name.rpartition("#")
        state = self.definition.states[state_id]
        if state.verb == "together" or state.kind is StateKind.ATOMIC:
            return [name]
        way = state.transitions[int(place)]
        targets = sum(len(self._entered(self.definition.states[target])) for target in way.targets)
        numbers = [n * targets + t for n, source in enumerate(self._left(state, way)) if source in left for t in range(targets)]
        return [name if number == 0 else f"{name}.{number}" for number in numbers]

    def arrows(self) -> dict[str, str]:
        """For each transition (`state#n`) the arrow that is drawn for it."""
        return {name: edge.id for name, edge in self._merged(set(self.definition.states)).items()}

    def _with_lanes(self, nodes: list[Node]) -> list[Node]:
        """A step without people stands in the lane of the step before it, the first ones in that of the first that has one."""
        lane = next((node.lane for node in nodes if node.lane), None)
        placed = []
        forks: dict[str, str | None] = {}
        for node in nodes:
            lane = forks.get(node.id.removesuffix("+")) if node.kind == "join" else node.lane or lane
            if node.kind == "fork":
                forks[node.id] = lane
            placed.append(Node(**{name: getattr(node, name) for name in Node.__slots__} | {"lane": lane}))
        return placed

    def _nodes(self) -> Iterator[Node]:
        yield Node(id=START, kind="start", label=self._word("start"))
        ends: list[tuple[str, State]] = []
        for state in walk(self.definition.root):
            while ends and not self._inside(state, ends[-1][1]):
                name, parallel = ends.pop()
                yield Node(id=name, kind="join", lane=parallel.lane or None)
            if state.verb == "together":
                yield Node(id=state.id, kind="fork", lane=state.lane or None)
                ends.append((_join(state.id), state))
            elif state.kind is StateKind.HISTORY or (state.verb and state.kind in (StateKind.ATOMIC, StateKind.FINAL)):
                yield self._node(state)
        yield from (Node(id=name, kind="join", lane=parallel.lane or None) for name, parallel in reversed(ends))

    def _inside(self, state: State, parallel: State) -> bool:
        name = state.id
        while name in self.definition.parents:
            name = self.definition.parents[name]
            if name == parallel.id:
                return True
        return False

    def _node(self, state: State) -> Node:
        note = (
            f"{_WORDS['only'][self.lang == 'en']} {sentence(state.only_when, self.titles, self._one())}"
            if state.only_when is not None
            else ""
        )
        label = ("H*" if state.deep else "H") if state.kind is StateKind.HISTORY else self._lines(state.title)
        return Node(
            id=state.id,
            lane=state.lane or None,
            kind=_KINDS.get(state.verb, "end" if state.kind is StateKind.FINAL else "task"),
            label=label,
            note=note,
            conditional=state.only_when is not None,
        )

    def _one(self) -> str:
        return "en" if self.lang == "en" else "zh"

    def _lines(self, title: Text) -> str:
        """In both languages, each on lines of its own."""
        both = self.lang == "both" and title.zh and title.en and title.zh != title.en
        return f"{title.zh}\n{title.en}" if both else title.of(self.lang)

    def _word(self, key: str) -> str:
        zh, en = _WORDS[key]
        return self._lines(Text(zh=zh, en=en))

    # --- arrows

    def _edges(self, nodes: set[str]) -> Iterator[Edge]:
        for number, first in enumerate(self._entered(self.definition.root)):
            yield Edge(id=f"{START}#{number}", source=START, target=first)
        for state in walk(self.definition.root):
            if state.verb == "together":
                starts = [first for region in state.states for first in self._entered(region)]
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
        targets = [end for target in way.targets for end in self._entered(self.definition.states[target])]
        for number, (source, target) in enumerate((s, t) for s in self._left(state, way) for t in targets):
            name = f"{state.id}#{place}" if number == 0 else f"{state.id}#{place}.{number}"
            yield Edge(id=name, source=source, target=target, label=self._label(way), kind=_EDGES.get(way.purpose, "flow"))

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
            return [_join(state.id)]
        if state.kind is StateKind.ATOMIC:
            return [state.id]
        return [inner.id for inner in walk(state) if inner.kind is StateKind.ATOMIC]

    def _entered(self, state: State) -> list[str]:
        """The nodes that are entered with a state."""
        if state.verb == "together" or state.kind in (StateKind.ATOMIC, StateKind.HISTORY):
            return [state.id]
        if state.kind is StateKind.FINAL:
            return [state.id] if state.verb else [self._joined(state)]
        if state.kind is StateKind.PARALLEL:
            return [name for region in state.states for name in self._entered(region)]
        first = state.initial or tuple(child.id for child in state.states if child.kind is not StateKind.HISTORY)[:1]
        return [name for child in first for name in self._entered(self.definition.states[child])]

    def _joined(self, final: State) -> str:
        region = self.definition.parents[final.id]
        return _join(self.definition.parents[region])

    def _label(self, way: Transition) -> str:
        if way.purpose not in ("event", "late"):
            return way.label.of(self.lang)
        words = [way.label.of(self.lang)] if way.purpose == "event" else []
        if not words or not words[0]:
            words = [self._trigger(way)]
        if way.guard is not None and way.purpose == "event" and not way.label.of(self.lang):
            words.append(f"[{sentence(way.guard, self.titles, self._one())}]")
        return " ".join(word for word in words if word)

    def _trigger(self, way: Transition) -> str:
        if way.after is not None:
            return f"{_WORDS['after'][self.lang == 'en']} {way.after.text(self._one())}"
        if way.at:
            return self.titles.get(way.at, way.at)
        return ", ".join(event for event in way.events if not event.startswith("done."))


def _join(name: str) -> str:
    return f"{name}+"


Passed = tuple[Iterable[str], Iterable[str], Iterable[str]]
"""One microstep: the transitions taken, the states entered, the states left."""


def highlight_of(definition: Definition, current: Iterable[str], passed: Iterable[Passed]) -> Highlight:
    """Where an instance stands and the way it took, microstep by microstep."""
    charting = _Charting(definition, "zh")
    taken: Counter[str] = Counter()
    visited: Counter[str] = Counter()
    for transitions, entered, left in passed:
        for name in transitions:
            skipped = _skipped(definition, name)
            taken.update([skipped] if skipped else charting.drawn_for(name, frozenset(left)))
            if skipped:
                visited[name.rpartition("#")[0]] -= 1
        visited.update(entered)
    return _around(charting, frozenset(current), visited, taken)


def _skipped(definition: Definition, name: str) -> str:
    """The arrow that stands for the bypass of a skipped step, or nothing."""
    state_id, _, place = name.rpartition("#")
    ways = definition.states[state_id].transitions
    way = ways[int(place)]
    if way.purpose != "skip":
        return ""
    return next(
        (f"{state_id}#{n}" for n, other in enumerate(ways) if other.purpose != "skip" and other.targets == way.targets), name
    )


def _around(charting: _Charting, current: frozenset[str], visited: Counter[str], taken: Counter[str]) -> Highlight:
    """Add what has no transition of its own: the start, forks and joins."""
    definition, arrows = charting.definition, charting.arrows()
    for name, edge in arrows.items():
        if name != edge:
            taken[edge] += taken.pop(name, 0)
    visited[START] = 1 if visited or current else 0
    for number, _ in enumerate(charting._entered(definition.root)):
        taken[f"{START}#{number}"] = visited[START]
    for state in walk(definition.root):
        if state.verb == "together" and visited[state.id]:
            starts = [first for region in state.states for first in charting._entered(region)]
            taken.update({f"{state.id}+{n}": visited[state.id] for n, _ in enumerate(starts)})
            left = max(
                (taken[f"{state.id}#{n}"] for n, way in enumerate(state.transitions) if way.purpose == "next"), default=0
            )
            visited[_join(state.id)] = left
    places = {name for name in current if definition.states[name].verb}
    return Highlight(
        current=frozenset(places),
        visited={name: n for name, n in visited.items() if n > 0},
        taken={name: n for name, n in taken.items() if n > 0},
    )
