"""Breadth first through the situations, together with a monitor: is there a way on which it raises the alarm?

A monitor is a small automaton that reads occurrences; `next` gives its state after them, or the alarm. The search meets
the nearest alarm first. Where the monitor cannot see what a free branch does, that branch goes first and the others wait
(`Regions`); nothing may be put off for ever, so from every situation some way must lead to one where all was looked at
(`_put_off`). A search that runs into its limit says so; what it did not see is never taken for proved.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Protocol

from oyiflow.verify.explore.occurrences import Occurrence
from oyiflow.verify.explore.relation import Spent
from oyiflow.verify.explore.space import Edge, Space

LIMIT = 200_000
EFFORT = 20
"""Microsteps that a search may take for each situation within its limit, on an average."""


class Monitor(Protocol):
    """An automaton over occurrences."""

    @property
    def seen(self) -> frozenset[str]:
        """The steps whose occurrences it looks at."""

    @property
    def first(self) -> Hashable:
        """Its state before anything has happened."""

    def next(self, state: Hashable, edge: Edge, space: Space) -> Hashable | None:
        """Its state after a step; None is the alarm."""


@dataclass(slots=True)
class Found:
    """What a search came to. `way`: the steps to the alarm; `exhausted`: everything was looked at; `met`: situations with the monitor."""

    way: tuple[Edge, ...] | None = None
    exhausted: bool = False
    met: int = 0
    situations: set[int] = field(default_factory=set)


Node = tuple[int, Hashable]


def search(space: Space, monitor: Monitor, limit: int = LIMIT, *, reduced: bool = True) -> Found:
    """The nearest alarm, if there is one within the limit."""
    relation = space.relation
    relation.most = relation.spent + EFFORT * limit
    search = _Search(space, monitor, limit, reduced)
    try:
        return search.run()
    except Spent:
        return Found(met=len(search.before))
    finally:
        relation.most = float("inf")


class _Search:
    def __init__(self, space: Space, monitor: Monitor, limit: int, reduced: bool) -> None:
        self.space = space
        self.monitor = monitor
        self.limit = limit
        self.free = space.regions.free if reduced else {}
        self.seen = monitor.seen
        self.before: dict[Node, tuple[Node | None, Edge]] = {}
        self.queue: deque[Node] = deque()
        self.partly: dict[Node, list[Node]] = {}
        """Situations where one branch stood for all, and where it led."""
        self.wholly: dict[Node, list[Node]] = {}

    def run(self) -> Found:
        found = Found()
        for edge in self.space.beginnings():
            if self._reach(None, edge, self.monitor.first) is None:
                return self._alarm(found, None, edge)
        while self.queue or (self.partly and self._put_off()):
            if len(self.before) > self.limit:
                found.met = len(self.before)
                return found
            node = self.queue.popleft()
            edges = self._edges(node)
            after = self.partly if node not in self.wholly and edges is not None else self.wholly
            after[node] = []
            for edge in self.space.edges(node[0]) if edges is None else edges:
                reached = self._reach(node, edge, node[1])
                if reached is None:
                    return self._alarm(found, node, edge)
                after[node].append(reached)
        found.exhausted, found.met = True, len(self.before)
        found.situations = {number for number, _ in self.before}
        return found

    def _reach(self, node: Node | None, edge: Edge, state: Hashable) -> Node | None:
        """Take a step; None is the alarm."""
        after = self.monitor.next(state, edge, self.space)
        if after is None:
            return None
        key = (edge.target, after)
        if key not in self.before:
            self.before[key] = (node, edge)
            self.queue.append(key)
        return key

    def _alarm(self, found: Found, node: Node | None, last: Edge) -> Found:
        way = [last]
        while node is not None:
            node, edge = self.before[node]
            way.append(edge)
        found.way, found.met = tuple(reversed(way)), len(self.before)
        return found

    def _edges(self, node: Node) -> tuple[Edge, ...] | None:
        """The steps of one free branch, if the monitor sees none of them; None: all steps are to be looked at."""
        number = node[0]
        if not self.free or node in self.wholly or self.space.final[number] >= 0:
            return None
        for leaf in self.space.situations[number].leaves:
            if leaf in self.free:
                edges = self.space.of_leaf(number, leaf)
                if edges and not any(self._is_seen(edge.occurrences) for edge in edges):
                    return edges
        return None

    def _is_seen(self, occurrences: tuple[Occurrence, ...]) -> bool:
        return any(step in self.seen or what == "over" for what, step in occurrences)

    def _put_off(self) -> bool:
        """Queue a situation where others were put off for ever: from where no way leads to one at which all was looked at."""
        sources: dict[Node, list[Node]] = {}
        for node, reached in self.partly.items():
            for after in reached:
                sources.setdefault(after, []).append(node)
        todo = list(self.wholly)
        safe = set(todo)
        while todo:
            fresh = [node for node in sources.get(todo.pop(), ()) if node not in safe]
            todo += fresh
            safe.update(fresh)
        waiting = next((node for node in self.partly if node not in safe), None)
        if waiting is None:
            return False
        del self.partly[waiting]
        self.wholly[waiting] = []
        self.queue.append(waiting)
        return True
