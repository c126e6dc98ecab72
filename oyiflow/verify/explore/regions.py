"""Which parallel branches do not concern one another, so that one order of their steps stands for all orders.

A region is *free* when nothing that may happen outside of it, while it is active, can touch it: no state around it has a
transition that could leave it (but the join that waits for all branches), no other region reads what it writes, or writes
what it reads or writes, nobody asks after states across its edge, no event is answered on both sides, and nothing in it
raises or sends events or asks handlers. All of this is read off the definition, so it holds in every situation.

In a situation, what one leaf of a free region may do is then a persistent set (what else may happen commutes with it), and
a search may look at it alone where nobody can see it: see `breadth`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from oyiflow.model.definition import Action, Cancel, Perform, Raise, Send, Set, StateKind, actions_of
from oyiflow.model.expression import states_read
from oyiflow.verify.boxes.classes import known
from oyiflow.verify.explore.reading import Facts


class Regions:
    """The free regions of a definition."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.machine = facts.machine

    @cached_property
    def free(self) -> dict[int, int]:
        """For each leaf in a free region, that region: the innermost one around it."""
        machine = self.machine
        free = {number for number in range(len(machine.states)) if self._is_region(number) and self._is_free(number)}
        found = {}
        for leaf in range(len(machine.states)):
            if machine.is_leaf(leaf):
                region = leaf
                while region > 0 and not self._is_region(region):
                    region = machine.parent[region]
                if region in free:
                    found[leaf] = region
        return found

    def _is_region(self, number: int) -> bool:
        parent = self.machine.parent[number]
        return (
            parent >= 0
            and self.machine.kind[parent] is StateKind.PARALLEL
            and self.machine.kind[number] is not StateKind.HISTORY
        )

    def _is_free(self, region: int) -> bool:
        inside = range(region, self.machine.last[region] + 1)
        outside = list(self._beside(region))
        around = list(self._around(region))
        return (
            self._stays(inside, region)
            and all(map(self._keeps, around))
            and not self._share_fields(inside, [*outside, *around])
            and not self._share_events(inside, [*outside, *around])
            and not self._look_across(inside)
        )

    def _around(self, region: int) -> Iterator[int]:
        number = self.machine.parent[region]
        while number >= 0:
            yield number
            number = self.machine.parent[number]

    def _beside(self, region: int) -> Iterator[int]:
        """Every state that may be active together with this region and is not around it."""
        machine, child = self.machine, region
        for above in self._around(region):
            if machine.kind[above] is StateKind.PARALLEL:
                for other in machine.children[above]:
                    if other != child:
                        yield from range(other, machine.last[other] + 1)
            child = above

    def _stays(self, inside: range, region: int) -> bool:
        """Everything in the region stays in it, and only moves, reads and writes."""
        machine = self.machine
        for number in inside:
            state = machine.states[number]
            actions: list[Action] = [*state.entry, *state.exit, *state.initial_actions]
            for arc in machine.arcs[number]:
                actions += arc.actions
                if any(target not in inside or target == region for target in arc.targets):
                    return False
            if any(isinstance(a, Raise | Perform) or (isinstance(a, Send | Cancel) and self.facts.matters(a)) for a in actions):
                return False
            if machine.kind[number] is StateKind.HISTORY or (number == region and machine.arcs[number]):
                return False
        return True

    def _keeps(self, above: int) -> bool:
        """A state around the region has nothing that could interrupt it."""
        machine = self.machine
        state = machine.states[above]
        if state.work is not None or state.call is not None:
            return False
        joins = {f"done.state.{machine.ids[above]}"}
        for arc in machine.arcs[above]:
            joined = machine.kind[above] is StateKind.PARALLEL and set(arc.events) <= joins
            final = machine.kind[above] is StateKind.COMPOUND and set(arc.events) <= joins
            inert = bool(arc.events) and set(arc.events) <= self.facts.inert
            if not arc.events or not (joined or final or inert):
                return False
        return True

    def _share_fields(self, inside: range, others: list[int]) -> bool:
        reads = writes = other_reads = other_writes = 0
        for number in inside:
            reads |= self.facts.read[number]
            writes |= self.facts.written[number]
        for number in others:
            other_reads |= self.facts.read[number]
            other_writes |= self.facts.written[number]
        return bool(writes & (other_reads | other_writes) or other_writes & reads) or self._share_days(writes, other_writes)

    def _share_days(self, writes: int, other_writes: int) -> bool:
        """Whether both sides write what lies to the day on which it is filled in, and is compared: then their order shows."""
        groups = known(self.facts.definition).groups
        masks = [self.facts.mask(group.days.not_before | group.days.not_after) for group in groups]
        return any(writes & mask and other_writes & mask for mask in masks)

    def _share_events(self, inside: range, others: list[int]) -> bool:
        """Whether an event could be answered on both sides. What the machine says of its own states concerns these alone."""
        own = {event for number in inside for arc in self.machine.arcs[number] for event in arc.events}
        theirs = {event for number in others for arc in self.machine.arcs[number] for event in arc.events}
        plain = {event.split(".")[0] for event in own if not self._is_own(event)}
        return (
            "*" in own | theirs
            or bool(plain & {event.split(".")[0] for event in theirs if not self._is_own(event)})
            or any(event in ("done", "error", "after", "done.state") for event in own | theirs)
        )

    def _is_own(self, event: str) -> bool:
        return event.startswith(("done.state.", "done.call.", "error.call.", "after."))

    def _look_across(self, inside: range) -> bool:
        """Whether some condition asks after a state across the edge of the region."""
        machine = self.machine
        for number, state in enumerate(machine.states):
            asked: set[str] = set()
            for way in state.transitions:
                asked |= states_read(way.guard) if way.guard is not None else set()
            for action in actions_of(state):
                asked |= states_read(action.value) if isinstance(action, Set) else set()
            places = {machine.index[name] for name in asked if name in machine.index}
            if any((place in inside) != (number in inside) for place in places):
                return True
        return False
