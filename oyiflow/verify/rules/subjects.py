"""What an approval approves, and who may change it before it is used.

A field belongs to an approval if some step fills it in that can be reached from the start without passing the approval, and
from which the approval can be reached. Fields that the approver fills in, or does not see, do not belong. A step that fills
such a field in again on the way from the approval to where it is needed changes what was approved; what another approver
fills in while signing does not. Ways are those of the states alone, data and the steps of parallel branches left aside.
"""

from __future__ import annotations

from collections.abc import Iterable

from oyiflow.model.definition import Definition, State, StateKind, Work
from oyiflow.verify.explore.reading import Facts

Ways = list[list[int]]


def subjects(facts: Facts, step: str, approvals: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """For each approval the fields that it approves and that some step may change before `step`."""
    if not approvals:
        return {}
    ways = _ways(facts)
    back: Ways = [[] for _ in ways]
    for number, row in enumerate(ways):
        for after in row:
            back[after].append(number)
    return {name: _fields(facts, ways, back, name, step) for name in approvals}


def _ways(facts: Facts) -> Ways:
    """For each state the states that may follow it: those that its transitions enter, its children, and what is around it."""
    found: Ways | None = facts.definition.memo.get("rules.ways")
    if found is None:
        machine, found = facts.machine, []
        for number in range(len(machine.states)):
            row = [machine.parent[number]] if machine.parent[number] > 0 else []
            for arc in machine.arcs[number]:
                row += facts.entered_by(arc)
            found.append(row)
        facts.definition.memo["rules.ways"] = found
    return found


def _fields(facts: Facts, ways: Ways, back: Ways, approval: str, step: str) -> frozenset[str]:
    machine = facts.machine
    here, there = machine.index[approval], machine.index[step]
    work = machine.states[here].work
    assert work is not None, "an approval is work"
    before = _reached(ways, facts.entered_first, here) & _reached(back, back[here], here)
    between = _reached(ways, ways[here], here) & (_reached(back, back[there], here) | {there})
    approved = {name for name in _filled(machine.states, before) if _sees(work, name)}
    return frozenset(approved & _filled(machine.states, between))


def _reached(ways: Ways, first: Iterable[int], without: int) -> set[int]:
    todo = [number for number in first if number != without]
    found = set(todo)
    while todo:
        fresh = {number for number in ways[todo.pop()] if number != without} - found
        found |= fresh
        todo += fresh
    return found


def _filled(states: list[State], numbers: set[int]) -> set[str]:
    found: set[str] = set()
    for number in numbers:
        work = states[number].work
        if work is not None and edits(states[number]):
            found.update(work.fill)
    return found


def edits(state: State) -> bool:
    """Whether people fill something in here without signing for it."""
    return state.work is not None and bool(state.work.fill) and state.verb != "approve"


def _sees(work: Work, name: str) -> bool:
    if name in work.fill or name in work.hide:
        return False
    return not work.see or name in work.see


def is_approval(definition: Definition, name: str) -> bool:
    """Whether a step is an approval, which is used up; any other step needs to have been done once."""
    state = definition.states[name]
    return state.verb == "approve" and state.kind is not StateKind.FINAL


def reached_without(facts: Facts, step: str) -> frozenset[str]:
    """The states that can be reached from the start without passing a step."""
    machine = facts.machine
    return frozenset(machine.ids[number] for number in _reached(_ways(facts), facts.entered_first, machine.index[step]))


def is_connected(definition: Definition, step: str) -> bool:
    """Whether some way of states leads to a step, whatever the data."""
    facts = Facts(definition)
    return facts.machine.index[step] in _reached(_ways(facts), facts.entered_first, -1)
