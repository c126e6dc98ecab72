"""Which transitions are taken: SCXML's selectTransitions and removeConflictingTransitions.

For each active leaf, from the inside out, the first transition in document order whose event matches and whose guard
holds; then, among those that would leave the same states, the inner source wins, else the earlier in document order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oyiflow.kernel.machine import Arc, Guard, Inside, Machine, answers, remember
from oyiflow.model.definition import StateKind

Ask = Callable[[Guard, Inside], bool]


def candidates(machine: Machine, leaves: tuple[int, ...], event: str | None) -> tuple[tuple[Arc, ...], ...]:
    """Per leaf the transitions that could be taken on an event (None: eventless), inner states first, guards aside."""
    key = (leaves, event)
    found = machine.candidates.get(key)
    if found is None:
        found = tuple(row for leaf in leaves if (row := _chain(machine, leaf, event)))
        remember(machine.candidates, key, found)
    return found


def _chain(machine: Machine, leaf: int, event: str | None) -> tuple[Arc, ...]:
    row = []
    state = leaf
    while state >= 0:
        row += [arc for arc in machine.arcs[state] if answers(arc, event)]
        state = machine.parent[state]
    return tuple(row)


def select(
    machine: Machine, leaves: tuple[int, ...], event: str | None, ask: Ask, history: Mapping[str, tuple[str, ...]]
) -> tuple[Arc, ...]:
    """The optimal enabled set of transitions, in the order in which their contents are executed. `ask` judges guards."""
    rows = candidates(machine, leaves, event)
    if not rows:
        return ()
    inside = machine.active(leaves).__contains__
    enabled: list[Arc] = []
    for row in rows:
        # S4: from the leaf outwards, the first in document order whose event matches and whose guard is true.
        for arc in row:
            if arc.guard is None or ask(arc.guard, inside):
                if arc not in enabled:
                    enabled.append(arc)
                break
    if len(enabled) < 2:
        return tuple(enabled)
    return _without_conflicts(machine, enabled, leaves, history)


def _without_conflicts(
    machine: Machine, enabled: list[Arc], leaves: tuple[int, ...], history: Mapping[str, tuple[str, ...]]
) -> tuple[Arc, ...]:
    kept: list[Arc] = []
    left = {arc: left_by(machine, arc, leaves, history) for arc in enabled}
    for arc in enabled:
        beaten = [other for other in kept if left[arc] & left[other]]
        # S7: a transition gives way to an earlier one unless its source lies inside the other's source.
        if all(machine.is_below(arc.source, other.source) for other in beaten):
            kept = [other for other in kept if other not in beaten] + [arc]
    return tuple(kept)


def left_by(machine: Machine, arc: Arc, leaves: tuple[int, ...], history: Mapping[str, tuple[str, ...]]) -> frozenset[int]:
    """The active states that a transition leaves: all those below its domain."""
    below = domain(machine, arc, history)
    if below is None:
        return frozenset()
    gone: set[int] = set()
    for leaf in leaves:
        while machine.is_below(leaf, below) and leaf not in gone:
            gone.add(leaf)
            leaf = machine.parent[leaf]
    return frozenset(gone)


def domain(machine: Machine, arc: Arc, history: Mapping[str, tuple[str, ...]]) -> int | None:
    """S5: the innermost compound state that stays active while the transition is taken; None when nothing is left."""
    targets = effective_targets(machine, arc.targets, history)
    if not targets:
        return None
    source = arc.source
    # S13: an internal transition from a compound state to its own descendants does not leave it.
    if arc.internal and machine.kind[source] is StateKind.COMPOUND and all(machine.is_below(t, source) for t in targets):
        return source
    up = machine.parent[source]
    while up > 0 and not (machine.kind[up] is StateKind.COMPOUND and all(machine.is_below(t, up) for t in targets)):
        up = machine.parent[up]
    return max(up, 0)


def effective_targets(machine: Machine, targets: tuple[int, ...], history: Mapping[str, tuple[str, ...]]) -> tuple[int, ...]:
    """Targets with every history state replaced by what it remembers, or by its default."""
    found: list[int] = []
    seen: set[int] = set()
    todo = list(reversed(targets))
    while todo:
        target = todo.pop()
        if machine.kind[target] is not StateKind.HISTORY:
            found.append(target)
        elif target not in seen:  # histories whose defaults lead back to each other lead nowhere
            seen.add(target)
            todo.extend(reversed(recalled(machine, target, history) or machine.initial[target]))
    return tuple(dict.fromkeys(found))


def recalled(machine: Machine, number: int, history: Mapping[str, tuple[str, ...]]) -> tuple[int, ...]:
    """The states that a history state remembers; empty when its parent was never left."""
    return tuple(machine.index[name] for name in history.get(machine.ids[number], ()))
