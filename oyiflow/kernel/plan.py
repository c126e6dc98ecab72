"""What a microstep does, worked out once: states left, contents to execute, states entered, events raised.

SCXML's exitStates, computeEntrySet and enterStates as one pure function of (transitions, leaves, history), memoised in
the machine. A plan does not look at data; what data decides (guards, values) happens when its program is run. All walks
are iterative, so a state tree may be thousands of levels deep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oyiflow.kernel.machine import Arc, Machine, remember
from oyiflow.kernel.messages import Trace
from oyiflow.kernel.select import domain, left_by, recalled
from oyiflow.model.definition import Action, StateKind

History = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Block:
    """Contents that run together: an error skips the rest of the block. `active`: the configuration of that moment, if asked for."""

    actions: tuple[Action, ...]
    active: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Done:
    """A final state was entered: raise `event`, carrying the output of the final state."""

    event: str
    final: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One microstep. `ended`: the final child of the root that was entered, or -1."""

    program: tuple[Block | Done, ...]
    leaves: tuple[int, ...]
    recorded: tuple[tuple[str, tuple[str, ...]], ...]
    exited: tuple[int, ...]
    entered: tuple[int, ...]
    ended: int
    trace: Trace


def plan(machine: Machine, arcs: tuple[Arc, ...], leaves: tuple[int, ...], history: History) -> Plan:
    """The plan for taking `arcs` together in the configuration `leaves`."""
    key = (arcs, leaves, tuple(sorted(history.items())) if history else ())
    found: Plan | None = machine.plans.get(key)
    if found is None:
        found = _Planner(machine, leaves, history).microstep(arcs)
        remember(machine.plans, key, found)
    return found


def initial_plan(machine: Machine) -> Plan:
    """The plan for entering the machine. S18: its root is a state like any other."""
    return _Planner(machine, (), {}).enter((), {0}, 0)


class _Planner:
    """Builds one plan; `active` follows the configuration through the microstep."""

    def __init__(self, machine: Machine, leaves: Iterable[int], history: History) -> None:
        self.machine = machine
        self.leaves = tuple(leaves)
        self.history = history
        self.program: list[Block | Done] = []
        self.active: set[int] = set()
        for leaf in self.leaves:
            while leaf >= 0 and leaf not in self.active:
                self.active.add(leaf)
                leaf = machine.parent[leaf]
        self.default_entry: set[int] = set()
        self.default_history: dict[int, int] = {}

    def microstep(self, arcs: tuple[Arc, ...]) -> Plan:
        machine = self.machine
        gone = sorted(set().union(*(left_by(machine, arc, self.leaves, self.history) for arc in arcs)), reverse=True)
        # S14: leave, then the transitions' actions, then enter.
        recorded = tuple(self._record(gone))
        # S8: states are left in reverse document order, inner before outer.
        for number in gone:
            self._block(machine.states[number].exit)
            self.active.discard(number)
        for arc in arcs:
            self._block(arc.actions)
        domains = [domain(machine, arc, self.history) for arc in arcs]
        self.history = {**self.history, **dict(recorded)}
        wanted: set[int] = set()
        for arc, below in zip(arcs, domains, strict=True):
            if below is not None:
                for target in self._resolve(arc.targets):
                    self._add(target, below, wanted)
        return self.enter(tuple(gone), wanted, -1, recorded, tuple(arc.name for arc in arcs))

    def enter(
        self,
        gone: tuple[int, ...],
        wanted: set[int],
        root: int,
        recorded: tuple[tuple[str, tuple[str, ...]], ...] = (),
        names: tuple[str, ...] = (),
    ) -> Plan:
        machine = self.machine
        self._complete(wanted)
        ended = -1
        # S10: states are entered in document order, outer before inner.
        entered = tuple(sorted(wanted))
        for number in entered:
            ended = max(ended, self._enter(number))
        ids = machine.ids
        return Plan(
            program=tuple(self.program),
            leaves=tuple(sorted(n for n in self.active if machine.is_leaf(n))),  # S15
            recorded=recorded,
            exited=gone,
            entered=entered,
            ended=ended,
            trace=Trace(
                exited=tuple(ids[n] for n in gone),
                transitions=names,
                entered=tuple(ids[n] for n in entered if n != 0 or root != 0),
            ),
        )

    def _record(self, gone: list[int]) -> Iterable[tuple[str, tuple[str, ...]]]:
        """S9: before anything is left, history states remember what is active below their parent."""
        machine = self.machine
        for number in gone:
            for history in machine.histories[number]:
                deep = machine.states[history].deep
                below = sorted(n for n in self.active if machine.is_below(n, number))
                kept = [n for n in below if (machine.is_leaf(n) if deep else machine.parent[n] == number)]
                yield machine.ids[history], tuple(machine.ids[n] for n in kept)

    def _block(self, actions: tuple[Action, ...]) -> None:
        if actions:
            # S26: `in(state)` sees the configuration of this very moment.
            moment = frozenset(self.machine.ids[n] for n in self.active) if self.machine.looks_at_states(actions) else None
            self.program.append(Block(actions, moment))

    def _resolve(self, targets: tuple[int, ...]) -> list[int]:
        """Targets without history states; notes which histories fell back on their default."""
        machine, found, todo = self.machine, [], list(reversed(targets))
        seen: set[int] = set()
        while todo:
            target = todo.pop()
            if target in seen:
                continue
            seen.add(target)
            if machine.kind[target] is not StateKind.HISTORY:
                found.append(target)
                continue
            # S17: a history state stands for what it remembers, or for its default.
            kept = recalled(machine, target, self.history)
            if not kept:
                self.default_history[machine.parent[target]] = target
            todo.extend(reversed(kept or machine.initial[target]))
        return found

    def _add(self, target: int, above: int, wanted: set[int]) -> None:
        while target > above and target not in wanted:
            wanted.add(target)
            target = self.machine.parent[target]

    def _complete(self, wanted: set[int]) -> None:
        """Add default descendants until every compound state has one child and every parallel state all of its regions."""
        machine = self.machine
        occupied = {machine.parent[n] for n in wanted}
        todo = sorted(wanted, reverse=True)
        while todo:
            number = todo.pop()
            for child in self._defaults(number, number in occupied, wanted):
                fresh: set[int] = set()
                self._add(child, number, fresh)
                fresh -= wanted
                wanted |= fresh
                occupied.update(machine.parent[n] for n in fresh)
                todo.extend(sorted(fresh, reverse=True))

    def _defaults(self, number: int, occupied: bool, wanted: set[int]) -> list[int]:
        machine = self.machine
        # S16: a parallel state is completed by its regions, a compound one by its initial states.
        if machine.kind[number] is StateKind.PARALLEL:
            regions = (c for c in machine.children[number] if machine.kind[c] is not StateKind.HISTORY)
            return [c for c in regions if c not in wanted]
        if machine.kind[number] is not StateKind.COMPOUND or occupied:
            return []
        self.default_entry.add(number)
        return self._resolve(machine.initial[number])

    def _enter(self, number: int) -> int:
        machine = self.machine
        self.active.add(number)
        state = machine.states[number]
        self._block(state.entry)
        if number in self.default_entry:
            self._block(state.initial_actions)
        if number in self.default_history:
            self._block(machine.states[self.default_history[number]].initial_actions)
        if machine.kind[number] is not StateKind.FINAL:
            return -1
        parent = machine.parent[number]
        if parent == 0:
            return number
        # S12: entering a final state raises done.state.PARENT, then done.state.GRANDPARENT if all its regions are done.
        self.program.append(Done(f"done.state.{machine.ids[parent]}", number))
        above = machine.parent[parent]
        if machine.kind[above] is StateKind.PARALLEL and self._finished(above):
            self.program.append(Done(f"done.state.{machine.ids[above]}", -1))
        return -1

    def _finished(self, number: int) -> bool:
        """Whether a state is in a final state: a compound with its final child active, a parallel with all regions finished."""
        machine = self.machine
        todo = [number]
        while todo:
            state = todo.pop()
            regions = [c for c in machine.children[state] if machine.kind[c] is not StateKind.HISTORY]
            if machine.kind[state] is StateKind.PARALLEL:
                todo.extend(regions)
            elif not any(machine.kind[c] is StateKind.FINAL and c in self.active for c in regions):
                return False
        return True
