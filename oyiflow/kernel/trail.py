"""Whole macrosteps, remembered: what an event did once in a place, it does again, without asking the machine anew.

While `Run` takes a step the slow way it notes, in order, each guard that it asked with the answer, and each field that it
wrote. Where nothing else happened (no timer or call began or ended, nothing was sent or told) that path is laid into
a tree: the next time the same event comes in the same place, the tree is walked, guards are asked at the very moments and
with the very configurations of the first time, writes are repeated, and the leaf knows where it all comes to rest. An
answer not seen before leads off the tree and back to the slow way, which then lays the new branch. Tasks that begin and end
are named at the leaf and made anew each time, because they bear the number of their step and its time (`settled`).

The macrostep is a function of (configuration, history, event, answers of guards), so a remembered path is never wrong;
what depends on data is asked anew every time. Two keys, one mechanism:

- the whole configuration, where a machine has few of them;
- one leaf, where many regions multiply: if the leaf alone answers the event, and what happens stays in its region and
  concerns no other (no join, history, eventless transition or `in()`), then the rest of the configuration does not matter.

The tree is walked in `step`, which is the one place in the house written for speed alone. The tables are bounded and hold nothing that a right answer needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from oyiflow.kernel.machine import Assignment, Guard, Inside, Machine
from oyiflow.kernel.messages import Trace
from oyiflow.kernel.snapshot import Place, Snapshot

NOTES_LIMIT = 200
FORKS_LIMIT = 4096
"""Longer paths are not remembered; a machine with more forks than this forgets them all and begins anew."""


class Asked(NamedTuple):
    """A guard was asked; `inside` answers for the configuration of that moment."""

    guard: Guard
    inside: Inside
    answer: bool


class Written(NamedTuple):
    """A field was written with the value of an expression."""

    assign: Assignment
    inside: Inside


Note = Asked | Written


Opening = tuple[str, tuple[int, ...]]
"""A task to open: its state, and the places of `by` that may answer first."""


Tasks = tuple[frozenset[str], tuple[Opening, ...]]
"""What a way means for tasks: the states whose tasks close, and the tasks that open, in order."""

Rest = tuple[Place, tuple[Trace, ...], Tasks | None]
"""Where a path comes to rest, the trace of the way, and what it means for tasks, if anything. Plain, as plain tuples come apart faster."""


@dataclass(slots=True, eq=False)
class Fork:
    """A place in a tree: writes to repeat (None: no writes), then a guard to ask, or the end. `straight`: the end, if nothing is to be written."""

    writes: tuple[tuple[Assignment, Inside], ...] | None = None
    guard: Guard | None = None
    inside: Inside | None = None
    yes: Fork | None = None
    no: Fork | None = None
    end: Rest | None = None
    straight: Rest | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """What a run noted on its way. `quiet`: no inner event was raised."""

    notes: list[Note]
    quiet: bool
    rest: Rest


def walk(
    fork: Fork | None, data: Mapping[str, Any], fresh: dict[str, Any] | None = None
) -> tuple[Rest, Mapping[str, Any]] | None:
    """Follow the tree to its end; None where it leads off, or where a value does not fit its field. `fresh`: `data`, if it may be written."""
    while fork is not None:
        if fork.writes is not None:
            if fresh is None:
                data = fresh = dict(data)
            for assign, inside in fork.writes:
                if not assign(fresh, inside):
                    return None
        if fork.end is not None:
            return fork.end, data
        fork = fork.yes if fork.guard(data, fork.inside) is True else fork.no  # type: ignore[misc, arg-type]
    return None


def only_responder(machine: Machine, configuration: tuple[str, ...], event: str) -> int:
    """The place of the one leaf that could answer an event, or -1 if there are none or several."""
    answering = machine.responders(event).intersection(configuration)
    return configuration.index(next(iter(answering))) if len(answering) == 1 else -1


def remember(machine: Machine, before: Snapshot, event: str, path: Path) -> None:
    """Lay a path that was taken into the tree of its place."""
    known, rest = _placed(machine, before, event, path)
    if known is None or len(path.notes) > NOTES_LIMIT:
        return
    if machine.forks > FORKS_LIMIT:
        machine.forget()
    root = known.get(event)
    if root is None:
        known[event] = _laid(machine, path.notes, rest)
        return
    fork, place = root, len(root.writes or ())
    while fork.end is None and place < len(path.notes):  # down to where the known path ends
        note = path.notes[place]
        assert isinstance(note, Asked), "the same place, event and answers lead the same way"
        below = fork.yes if note.answer else fork.no
        place += 1
        if below is None:
            below = _laid(machine, path.notes[place:], rest)
            if note.answer:
                fork.yes = below
            else:
                fork.no = below
            return
        fork, place = below, place + len(below.writes or ())


def _laid(machine: Machine, notes: list[Note], rest: Rest) -> Fork:
    """Notes as a branch, built from its end so that another thread sees it whole or not at all."""
    writes: list[tuple[Assignment, Inside]] = []
    fork = Fork(end=rest)
    for note in reversed(notes):
        if isinstance(note, Written):
            writes.append((note.assign, note.inside))
            continue
        fork.writes = tuple(reversed(writes)) if writes else None
        writes = []
        below, fork = fork, Fork(guard=note.guard, inside=note.inside)
        fork.yes, fork.no = (below, None) if note.answer else (None, below)
        machine.forks += 1
    fork.writes = tuple(reversed(writes)) if writes else None
    fork.straight = None if writes else fork.end
    machine.forks += 1
    return fork


def _placed(machine: Machine, before: Snapshot, event: str, path: Path) -> tuple[dict[str, Any] | None, Rest]:
    """Where a path may be remembered by its event, and its end as seen from there; nowhere if the path concerns others."""
    rest = path.rest
    if machine.few:
        return before.place.trails if before.place.owner is machine.definition else None, rest
    place = only_responder(machine, before.configuration, event)
    end, trace, tasks = rest
    alone = place >= 0 and machine.separate and path.quiet and tasks is None
    if not alone or _touches_others(machine, before.configuration, place, rest):
        return None, rest
    leaf = Place((end.configuration[place],))
    return machine.trails.setdefault(before.configuration[place], {}), (leaf, trace, None)


def _touches_others(machine: Machine, configuration: tuple[str, ...], place: int, rest: Rest) -> bool:
    """Whether any other leaf was left or entered on the way, or could have been, had it stood elsewhere."""
    after, traces = rest[0].configuration, rest[1]
    if len(after) != len(configuration) or len(traces) != 1:
        return True
    others = [machine.index[leaf] for n, leaf in enumerate(configuration) if n != place]
    moved = [machine.index[name] for trace in traces for name in (*trace.exited, *trace.entered)]
    return any(state <= leaf <= machine.last[state] for state in moved for leaf in others)
