"""The control flow of a definition as a net: what may be active together, and what may come after what, whatever the data.

Each state that has no states inside is a place, and each parallel state P has a place `P+` that is marked while it is active. A
transition takes the token of its source and lays those of the states that it enters. Leaving a parallel state means leaving
every region, wherever it stands; since that could be one of very many combinations, the regions are emptied one by one
(`-R`, then `~R`), and what is entered then comes when all are empty. What a region still does meanwhile it could have done just
before, so nothing is added by that.

More may happen in the net than in the definition: every condition may hold or not, every message may come, a history may lead
to any state that it could remember. So what never happens in the net never happens in any case. Ends: one token on a final
state of the process. A net that would grow too large, or a deep history over parallel states, gives no net.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

from oyiflow.model.definition import Definition, State, StateKind, Transition, walk
from oyiflow.model.tree import ends_of, way_up
from oyiflow.verify.nets.net import Net

LARGEST = 20_000
"""Transitions of a net."""
NEVER = "never"
"""A place that is never marked: before a join of which a region has no end."""


class NoNet(Exception):
    """The control flow is too large or too tangled for a net."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The net, and for each of its transitions that stands for one of the definition: the state that has it, and its number there."""

    net: Net
    meant: dict[str, tuple[str, int]]


def flow_of(definition: Definition) -> Flow | None:
    """The net of a definition; None if there is none."""
    try:
        return _Making(definition).flow()
    except NoNet:
        return None


@dataclass(slots=True)
class _Making:
    definition: Definition
    rows: dict[str, tuple[dict[str, int], dict[str, int]]] = field(default_factory=dict)
    meant: dict[str, tuple[str, int]] = field(default_factory=dict)
    emptied: set[str] = field(default_factory=set)
    ups: dict[str, list[str]] = field(default_factory=dict)

    def flow(self) -> Flow:
        root = self.definition.root
        for state in walk(root):
            for number, way in enumerate(state.transitions):
                if way.targets:
                    self.way(state, number, way)
        start = dict.fromkeys(self.entered(root, frozenset()), 1)
        return Flow(net=Net.of(self.rows, start, ends_of(self.definition)), meant=self.meant)

    # -- what is active --------------------------------------------------------------------------------------------------------

    def real(self, state: State) -> list[State]:
        return [child for child in state.states if child.kind is not StateKind.HISTORY]

    def units(self, state: State) -> list[str]:
        """Places of which exactly one is marked while the state is active."""
        found, todo = [], [state]
        while todo:
            one = todo.pop()
            if one.kind is StateKind.PARALLEL:
                found.append(f"{one.id}+")
            elif below := self.real(one):
                todo += reversed(below)
            else:
                found.append(one.id)
        return found

    def state_of(self, unit: str) -> State:
        states = self.definition.states
        return states[unit] if unit in states else states[unit.removesuffix("+")]

    def way_up(self, name: str) -> list[str]:
        """A state and all around it, found once."""
        way = self.ups.get(name)
        if way is None:
            way = self.ups[name] = way_up(self.definition, name)
        return way

    def entered(self, state: State, targets: frozenset[str]) -> list[str]:
        """The places that are marked when a state is entered, with these states inside as targets."""
        inside = frozenset(name for name in targets if name != state.id and state.id in self.way_up(name))
        below = self.real(state)
        if state.kind is StateKind.PARALLEL:
            return [f"{state.id}+", *(place for child in below for place in self.entered(child, inside))]
        if not below:
            return [state.id]
        inside = inside or frozenset(state.initial) or frozenset((below[0].id,))
        first = next(iter(inside))
        child = next(name for name in self.way_up(first) if self.definition.parents.get(name) == state.id)
        if self.definition.states[child].kind is StateKind.HISTORY:
            raise NoNet
        return self.entered(self.definition.states[child], inside)

    def landings(self, targets: Iterable[str]) -> list[frozenset[str]]:
        """The targets, with every state that a history among them may stand for."""
        return [frozenset(chosen) for chosen in product(*(self.remembered(name) for name in targets))]

    def remembered(self, name: str) -> list[str]:
        state = self.definition.states[name]
        if state.kind is not StateKind.HISTORY:
            return [name]
        parent = self.definition.states[self.definition.parents[name]]
        if not state.deep and parent.kind is not StateKind.PARALLEL:
            return [child.id for child in self.real(parent)]
        below = [one for one in walk(parent) if one.kind is not StateKind.HISTORY]
        if any(one.kind is StateKind.PARALLEL for one in below):
            raise NoNet
        return [one.id for one in below if not self.real(one)]

    # -- transitions -----------------------------------------------------------------------------------------------------------

    def way(self, state: State, number: int, way: Transition) -> None:
        joins = [event.removeprefix("done.state.") for event in way.events if event.startswith("done.state.")]
        joins = [name for name in joins if name in self.definition.states and state.id in self.way_up(name)]
        for targets in self.landings(way.targets):
            left, entered = self.domain(state, way, targets)
            if len(joins) < len(way.events) or not joins:
                for unit in self.units(state):
                    self.row(state.id, number, left, {unit}, entered)
            for name in joins:
                for units in self.completed(self.definition.states[name]):
                    self.row(state.id, number, left, units, entered)

    def domain(self, state: State, way: Transition, targets: frozenset[str]) -> tuple[State, list[str]]:
        """What is left, and the places of what is entered then (S5, S13)."""
        states, parents = self.definition.states, self.definition.parents
        ways = [self.way_up(name) for name in targets]
        inside = all(state.id in up[1:] for up in ways)
        stays = state.id not in parents or (way.internal and inside and state.kind is StateKind.COMPOUND)
        above = self.way_up(state.id)[1:]
        common = state.id if stays else next(name for name in above if self.holds(name, ways))
        ahead = next(name for name in ways[0] if parents.get(name) == common)
        left = state.id if stays else next(name for name in (state.id, *above) if parents.get(name) == common)
        return states[left], self.entered(states[ahead], targets)

    def holds(self, name: str, ways: list[list[str]]) -> bool:
        return self.definition.states[name].kind is not StateKind.PARALLEL and all(name in up[1:] for up in ways)

    def completed(self, state: State) -> list[set[str]]:
        """What is marked when a state is done: for each choice of final states, their places."""
        if state.kind is StateKind.PARALLEL:
            regions = [self.completed(region) for region in self.real(state)]
            count = 1
            for region in regions:
                count *= len(region)
            if count > LARGEST:
                raise NoNet
            return [{f"{state.id}+"}.union(*chosen) for chosen in product(*regions)]
        finals: list[set[str]] = [{child.id} for child in state.states if child.kind is StateKind.FINAL]
        return finals or [{NEVER}]

    def row(self, source: str, number: int, left: State, units: set[str], entered: list[str]) -> None:
        """One transition of the net, and what it takes to empty the regions that it leaves."""
        name = f"{source} {number} {len(self.rows)}"
        self.meant[name] = (source, number)
        taken, regions = set(units), []
        if NEVER not in units:
            regions = list(self.rest(left, taken))
        if not regions:
            self.add(name, taken, entered)
            return
        for region in regions:
            self.emptying(region)
        self.add(name, taken, [f"?{name}", *(f"-{region.id}" for region in regions)])
        self.add(f"{name} then", [f"?{name}", *(f"~{region.id}" for region in regions)], entered)

    def add(self, name: str, before: Iterable[str], after: Iterable[str]) -> None:
        self.rows[name] = (dict.fromkeys(before, 1), dict.fromkeys(after, 1))
        if len(self.rows) > LARGEST:
            raise NoNet

    def rest(self, left: State, taken: set[str]) -> Iterator[State]:
        """The regions that are still to be emptied when `left` is left and these tokens are taken; marks of parallels are added."""
        here = {name for unit in taken for name in self.way_up(self.state_of(unit).id)}
        todo = [left]
        while todo:
            state = todo.pop()
            if state.kind is StateKind.PARALLEL:
                taken.add(f"{state.id}+")
                for region in self.real(state):
                    if region.id in here:
                        todo.append(region)
                    else:
                        yield region
            else:
                todo += [child for child in self.real(state) if child.id in here]

    def emptying(self, region: State) -> None:
        """Transitions that empty a region wherever it stands."""
        if region.id in self.emptied:
            return
        self.emptied.add(region.id)
        for unit in self.units(region):
            name = f"empty {region.id} {unit}"
            if not unit.endswith("+") or unit in self.definition.states:
                self.add(name, [f"-{region.id}", unit], [f"~{region.id}"])
                continue
            inner = self.real(self.state_of(unit))
            for one in inner:
                self.emptying(one)
            self.add(name, [f"-{region.id}", unit], [f"?{name}", *(f"-{one.id}" for one in inner)])
            self.add(f"{name} then", [f"?{name}", *(f"~{one.id}" for one in inner)], [f"~{region.id}"])
