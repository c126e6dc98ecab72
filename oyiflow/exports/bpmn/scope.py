"""Which states of a process share a plane, and how one is reached.

Nested states are dissolved: what a state around others listens to, each of them listens to, as in the chart. Parallel states become a
fork and a join where that says all there is to say: they are entered as a whole, left when all regions are over, and nothing leads
across their border. Any other parallel state is *opaque*: a sub-process with a plane of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.exports.bpmn.graph import Element, Flow
from oyiflow.model.definition import Definition, State, StateKind, Transition, walk

Way = tuple[str, Transition]
"""A transition and its name (`state#n`)."""


class Tree:
    """The states of a definition, with quick answers to who is inside whom."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.states = definition.states
        self.parents = definition.parents
        order = list(walk(definition.root))
        self.place = {state.id: n for n, state in enumerate(order)}
        self.last = {state.id: n for n, state in enumerate(order)}
        for state in reversed(order):
            parent = self.parents.get(state.id)
            if parent is not None:
                self.last[parent] = max(self.last[parent], self.last[state.id])
        crossings = [(s.id, t) for s in order for way in s.transitions for t in way.targets]
        crossings += [(s.id, t) for s in order for t in s.initial]
        self.opaque = {s.id for s in order if s.kind is StateKind.PARALLEL and not self._forks(s, crossings)}

    def inside(self, name: str, outer: str) -> bool:
        """Whether a state is `outer` or below it."""
        return self.place[outer] <= self.place[name] <= self.last[outer]

    def around(self, name: str) -> Iterator[State]:
        """The states around a state, the nearest first."""
        while name in self.parents:
            name = self.parents[name]
            yield self.states[name]

    def _forks(self, parallel: State, crossings: list[tuple[str, str]]) -> bool:
        ways = [way for way in parallel.transitions if way.purpose != "skip"]
        if (
            len(ways) != 1
            or ways[0].events != (f"done.state.{parallel.id}",)
            or ways[0].guard is not None
            or not ways[0].targets
        ):
            return False
        if any(region.kind is not StateKind.COMPOUND or not _ends(region) for region in parallel.states):
            return False
        if any(way.targets for outer in self.around(parallel.id) for _, way in own(outer)):
            return False
        return all(self._within(parallel.id, one) == self._within(parallel.id, two) for one, two in crossings)

    def _within(self, outer: str, name: str) -> bool:
        return name != outer and self.inside(name, outer)

    def first(self, name: str) -> State:
        """What is entered with a state: itself, or the first of what is inside a dissolved one."""
        state = self.states[name]
        while state.kind is StateKind.COMPOUND:
            inner = [child.id for child in state.states if child.kind is not StateKind.HISTORY]
            state = self.states[(state.initial or tuple(inner))[0]]
        return state


def _ends(region: State) -> bool:
    return any(child.kind is StateKind.FINAL for child in region.states)


def own(state: State) -> list[Way]:
    """What a dissolved state listens to on behalf of those inside it; that it is complete is said by its ends."""
    done = f"done.state.{state.id}"
    return [
        (f"{state.id}#{n}", way) for n, way in enumerate(state.transitions) if way.events != (done,) and way.purpose != "skip"
    ]


class Scope:
    """A plane that is being filled: what is on it, and the targets outside it that something on it leads to."""

    def __init__(self, tree: Tree, container: State) -> None:
        self.tree = tree
        self.container = container
        self.elements: list[Element] = []
        self.flows: list[Flow] = []
        self.exits: dict[str, str] = {}

    def order(self) -> Iterator[tuple[State, bool]]:
        """The states of the plane in document order; a forked one comes a second time after its regions."""
        stack: list[tuple[State, bool]] = [(child, False) for child in reversed(self.container.states)]
        while stack:
            state, closing = stack.pop()
            yield state, closing
            if closing or state.id in self.tree.opaque:
                continue
            if state.kind is StateKind.PARALLEL:
                stack.append((state, True))
            stack.extend((child, False) for child in reversed(state.states))

    def inherited(self, state: State) -> list[Way]:
        """The transitions of the dissolved states around a state, the nearest first."""
        found: list[Way] = []
        for outer in self.tree.around(state.id):
            if outer.id == self.container.id and outer.id in self.tree.opaque:
                break
            found += own(outer)
            if outer.id == self.container.id:
                break
        return found

    def stop(self, target: str) -> State | None:
        """The state of this plane that stands for a target; None if it is outside."""
        root = target == self.tree.definition.root.id == self.container.id
        if not root and (target == self.container.id or not self.tree.inside(target, self.container.id)):
            return None
        state = self.tree.first(target)
        for outer in (state, *self.tree.around(state.id)):
            if outer.id == self.container.id:
                break
            if outer.id in self.tree.opaque:
                state = outer
        return state

    def completions(self, final: State) -> list[Way]:
        """What is taken when a dissolved state is complete by this final state of its."""
        parent = self.tree.parents[final.id]
        done = f"done.state.{parent}"
        found: list[Way] = []
        for outer in self.tree.around(final.id):
            if outer.id == self.container.id and outer.id in self.tree.opaque:
                break
            found += [(f"{outer.id}#{n}", way) for n, way in enumerate(outer.transitions) if done in way.events]
            if outer.id == self.container.id:
                break
        return found
