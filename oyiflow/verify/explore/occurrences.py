"""What happened in a macrostep, in the words of rules: a step came, was done, was refused; the process was over.

- A step *comes* when it is entered. Work, calls and waits that are passed in one go leave no trace (S27) and did not come,
  nor did a step that was skipped. A transition from a step to itself stays: it does not come again.
- A step is *done* by an answer that consents; without people, by leaving it on a way of its own that is neither a skip nor
  a deadline nor a failure. A step that has the final state of its region inside is done with it.
- An answer that does not consent *refuses* the step.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from oyiflow.kernel.machine import Machine
from oyiflow.kernel.messages import Trace
from oyiflow.model.definition import StateKind, Transition

What = Literal["came", "did", "refused", "over"]
Occurrence = tuple[What, str]

_NOT_DONE = ("skip", "late", "failed")


class Watching:
    """Reads occurrences out of traces."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._lasting = {
            state.id
            for state in machine.states
            if state.work is not None or state.call is not None or any(way.timed for way in state.transitions)
        }
        self._finals = {state.id for number, state in enumerate(machine.states) if machine.kind[number] is StateKind.FINAL}
        self._ways: dict[str, tuple[str, bool, bool]] = {}

    def of(self, trace: Iterable[Trace], answered: str = "", consent: bool = True, ended: int = -1) -> tuple[Occurrence, ...]:
        """In order. `answered`: the step whose people answered."""
        found: list[Occurrence | None] = []
        came: dict[str, int] = {}
        if answered:
            found.append(("did" if consent else "refused", answered))
        for micro in trace:
            skipped, own, around = self._read(micro)
            for name in micro.exited:
                place = came.pop(name, -1)
                if place >= 0 and (name in self._lasting or name in skipped):
                    found[place] = None
                if name in own or (name in around and name not in self._lasting):
                    found.append(("did", name))
            found += [("did", name) for name in own if name not in micro.exited]
            for name in micro.entered:
                if name in self._finals:
                    found += [("came", name), ("did", name)]
                elif name not in own or name not in micro.exited:
                    came[name] = len(found)
                    found.append(("came", name))
        if ended >= 0:
            found.append(("over", self.machine.ids[ended]))
        return tuple(one for one in found if one is not None)

    def _read(self, micro: Trace) -> tuple[set[str], list[str], set[str]]:
        """The states that were skipped, those done by a way of their own, and those left from inside."""
        skipped, own, around = set(), list[str](), set[str]()
        for name in micro.transitions:
            state, skips, counts = self._way(name)
            if skips:
                skipped.add(state)
            elif counts:
                own.append(state)
            if not skips:
                number = self.machine.parent[self.machine.index[state]]
                while number > 0:
                    around.add(self.machine.ids[number])
                    number = self.machine.parent[number]
        return skipped, own, around

    def _way(self, name: str) -> tuple[str, bool, bool]:
        """Of a transition: its state, whether it skips, whether it counts as having done the state."""
        found = self._ways.get(name)
        if found is None:
            state_id, _, place = name.rpartition("#")
            state = self.machine.states[self.machine.index[state_id]]
            way = state.transitions[int(place)]
            counts = state.work is None and bool(way.targets) and way.purpose not in _NOT_DONE and not _failed(way)
            found = self._ways[name] = (state_id, way.purpose == "skip", counts)
        return found


def _failed(way: Transition) -> bool:
    return any(event.startswith("error.") for event in way.events)
