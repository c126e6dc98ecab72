"""Proofs by shape alone: for rules about the steps on the spine of a process, where one step is active at a time.

No data, no branches: a graph of the states directly below the root, with every guard true. If, with the ways by which a
required step is done taken out, there is no way left from where it is needed anew to where it must have been, the rule
holds whatever the values. It is asked where a search came to its limit or could only try samples. What it does not prove
may hold all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oyiflow.kernel.machine import Arc, answers
from oyiflow.model.definition import Rule, StateKind
from oyiflow.verify.explore.reading import Facts
from oyiflow.verify.rules.subjects import is_approval

_NOT_DONE = ("skip", "late", "failed")


def holds_by_shape(facts: Facts, rule: Rule, editors: Iterable[str]) -> bool:
    """Whether a rule about order holds because of the shape of the process. `editors`: the steps that may change what is approved."""
    spine, machine = _Spine(facts, frozenset(editors)), facts.machine
    steps = [machine.index[name] for name in (*rule.steps, *rule.must)]
    if (
        rule.form not in ("before", "after")
        or any(machine.parent[step] != 0 for step in steps)
        or (machine.arcs[0] and spine.jumps)
    ):
        return False
    proof = spine.before if rule.form == "before" else spine.after
    return all(proof(steps[0], required) for required in steps[1:])


class _Spine:
    """The graph of the states below the root."""

    def __init__(self, facts: Facts, editors: frozenset[str]) -> None:
        self.facts = facts
        self.editors = editors
        self.machine = machine = facts.machine
        self.jumps = any(arc.targets for arc in machine.arcs[0])
        self.ways: dict[int, list[tuple[int, Arc]]] = {}
        for number in range(1, len(machine.states)):
            top = self._top(number)
            for arc in machine.arcs[number]:
                ends = [end for target in arc.targets if (end := self._top(target)) != top or machine.parent[number] == 0]
                self.ways.setdefault(top, []).extend((end, arc) for end in ends)

    def _top(self, number: int) -> int:
        while self.machine.parent[number] > 0:
            number = self.machine.parent[number]
        return number

    def before(self, step: int, required: int) -> bool:
        """Whether each coming of `step` has had `required`: done once, or since it was last used up, refused or changed."""
        machine = self.machine
        done = {id(arc) for arc in machine.arcs[required] if self._is_done(arc)}
        first = [self._top(number) for number in self.facts.entered_first]
        if is_approval(self.facts.definition, machine.ids[required]):
            first += self._after(step)
            first += [self._top(t) for arc in machine.arcs[required] if id(arc) not in done for t in arc.targets]
            for number, state in enumerate(machine.states):
                if number != required and state.id in self.editors:
                    first += self._after(self._top(number))
        return step not in self._reached(first, done)

    def after(self, step: int, required: int) -> bool:
        """Whether every way from having done `step` to an end does `required`."""
        machine = self.machine
        done = {id(arc) for arc in machine.arcs[required] if self._is_done(arc)}
        first = [self._top(t) for arc in machine.arcs[step] if self._is_done(arc) for t in arc.targets]
        return not any(machine.kind[number] is StateKind.FINAL for number in self._reached(first, done))

    def _after(self, top: int) -> Iterator[int]:
        return (target for target, _ in self.ways.get(top, ()))

    def _reached(self, first: Iterable[int], without: set[int]) -> set[int]:
        todo = list(first)
        found = set(todo)
        while todo:
            here = todo.pop()
            fresh = {target for target, arc in self.ways.get(here, ()) if id(arc) not in without} - found
            found |= fresh
            todo += fresh
        return found

    def _is_done(self, arc: Arc) -> bool:
        """Whether taking a transition means that its step was done."""
        work, way = self.machine.states[arc.source].work, arc.definition
        if work is None:
            return way.purpose not in _NOT_DONE and not any(event.startswith("error.") for event in way.events)
        answering = [outcome for outcome in work.outcomes if answers(arc, outcome.event)]
        return bool(answering) and all(outcome.consent for outcome in answering)
