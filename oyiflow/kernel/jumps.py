"""Jumps that are in no definition: sending a step back, taking one back, and coming straight back.

A jump is one external transition, from the state that has the task to another with the same parent; so states are left and
entered, tasks closed, timers armed and histories kept as for every transition. It never leads into or out of parallel
branches. Which steps were done on the way is kept in the snapshot (`Kept.passed`), and only where a definition needs it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from oyiflow.kernel.machine import Arc
from oyiflow.kernel.run import Run
from oyiflow.kernel.snapshot import Passed, Snapshot, Task
from oyiflow.model.definition import Definition, StateKind, Transition
from oyiflow.model.values import to_json


def jump(run: Run, source: str, target: str) -> None:
    """S48: leave one state and enter another with the same parent."""
    arcs: dict[tuple[str, str], Arc] = run.machine.definition.memo.setdefault(
        "jumps", {}
    )  # one each, for plans are known by them
    arc = arcs.get((source, target))
    if arc is None:
        index = run.machine.index
        way = Transition(targets=(target,))
        arc = arcs[source, target] = Arc("", -1, index[source], (index[target],), (), None, (), False, way)
    run.leap(arc)


def fields_digest(run: Run) -> str:
    """S49: what the form holds, as a digest; what the machine keeps for itself does not count."""
    spec = run.machine.definition.field
    held = {name: to_json(spec[name].type, value) for name, value in run.data.items() if not spec[name].hidden}
    return hashlib.sha256(json.dumps(held, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def behind(definition: Definition, snapshot: Snapshot, state: str) -> tuple[str, ...]:
    """S48: the steps that were done on the way to a state, in its own branch, the last one first."""
    return tuple(one.state for one in reversed(snapshot.kept.passed) if beside(definition, one.state, state))


def beside(definition: Definition, one: str, other: str) -> bool:
    """S48: whether a jump may lead between two states: one after the other in the same parent, not at the same time."""
    above = definition.parents.get(one)
    return above is not None and above == definition.parents.get(other) and definition.states[above].kind is StateKind.COMPOUND


def began(definition: Definition, snapshot: Snapshot, person: str, step: str) -> bool:
    """S51: whether a person did a step, or started the instance."""
    return person in (*snapshot.did.get(step, ()), *snapshot.did.get(definition.root.id, ()))


def come_back(run: Run, task: Task) -> bool:
    """S49: after a step that was sent back is done again, go straight back to who sent it, if no field has changed."""
    back = task.arranged.back if task.arranged is not None else None
    if back is None or back.fields != fields_digest(run):
        return False
    states = [one.state for one in back.passed]
    if back.task.state not in run.machine.index or task.state not in states:  # it comes from an older version
        return False
    later: tuple[Passed, ...] = back.passed[states.index(task.state) + 1 :]
    run.kept = replace(run.kept, passed=(*run.kept.passed, *later))
    run.reopening[back.task.state] = back.task
    jump(run, task.state, back.task.state)
    return True
