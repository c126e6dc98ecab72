"""The rules as automata over occurrences, one for each form.

`before X must A`: each time X comes, A must have been given. An approval is used up when X comes; it is void when it is
asked again and refused, and when a field that it approved is filled in anew. Other steps must have been done once.

`after X must Y`: whenever the process ends, each Y has been done since X was done last.

`never X when c`: X does not come while c holds, and is not open while c holds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from oyiflow.model.definition import Definition, Rule, StateKind
from oyiflow.model.evaluation import compile_expression
from oyiflow.verify.explore.reading import Facts
from oyiflow.verify.explore.space import Edge, Space
from oyiflow.verify.explore.values import beside
from oyiflow.verify.rules.subjects import edits, is_approval, subjects

Condition = Callable[[Mapping[str, Any], Callable[[str], bool]], bool]
NOT_GIVEN = -1


def monitor_of(facts: Facts, rule: Rule) -> Before | After | Never:
    """The automaton of a rule about order."""
    definition = facts.definition
    match rule.form:
        case "before":
            return Before(facts, rule)
        case "after":
            return After(definition, rule)
        case "never":
            return Never(definition, rule)
    raise AssertionError(f"no rule about order: {rule.form}")


class _Conditional:
    """What the forms have in common: the step that they speak of, and the condition under which they do."""

    def __init__(self, definition: Definition, rule: Rule) -> None:
        self.rule = rule
        self.step = rule.steps[0]
        self.condition = compile_expression(rule.when, calendar=definition.calendar) if rule.when is not None else None
        self.triggered = False
        """Whether the rule had something to say on some way that was looked at."""

    def holds(self, edge: Edge, space: Space) -> bool:
        """Whether the condition holds after a step, with all that was known then."""
        if self.condition is None:
            return True
        return self.condition(edge.fired.values, space.relation.inside(edge.fired.leaves)) is True


class Before(_Conditional):
    """Its state: for each required step what had been filled in when it was given, or that it is not given; what is filled in."""

    def __init__(self, facts: Facts, rule: Rule) -> None:
        definition = facts.definition
        super().__init__(definition, rule)
        self.must = rule.must
        self.place = {name: place for place, name in enumerate(rule.must)}
        self.approvals = tuple(name for name in rule.must if is_approval(definition, name))
        about = subjects(facts, self.step, self.approvals)
        self.fields = tuple(sorted(set().union(*about.values())))
        bit = {name: 1 << number for number, name in enumerate(self.fields)}
        fills = {
            state.id: sum(bit.get(name, 0) for name in state.work.fill)
            for state in definition.states.values()
            if state.work is not None and edits(state)
        }
        self.fills = {name: mask for name, mask in fills.items() if mask}
        self.tracked = {name: bit[name] for name in self.fields if name in facts.bit}
        self._alone: dict[tuple[str, Any], bool] = {}
        self.about = {self.place[name]: sum(bit[field] for field in fields) for name, fields in about.items()}
        self.seen = frozenset((self.step, *rule.must, *self.fills))
        self.first: Hashable = ((NOT_GIVEN,) * len(rule.must), 0)

    def next(self, state: Hashable, edge: Edge, space: Space) -> Hashable | None:
        """See `Monitor`."""
        assert isinstance(state, tuple)
        given: tuple[int, ...] = state[0]
        filled: int = state[1]
        for what, step in edge.occurrences:
            if step not in self.seen:
                continue
            if what == "came" and step == self.step:
                if self.holds(edge, space):
                    self.triggered = True
                    if NOT_GIVEN in given:
                        return None
                given = self._used_up(given)
            if what in ("did", "refused") and step in self.fills:
                given, filled = self._changed(given, filled, self.fills[step], self._same(edge, space))
            if step in self.place and what != "came":
                given = self._given(given, self.place[step], filled if what == "did" else NOT_GIVEN)
        return given, filled

    def _used_up(self, given: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(NOT_GIVEN if place in self.about else what for place, what in enumerate(given))

    def _same(self, edge: Edge, space: Space) -> int:
        """Fields that were given the value that they had, where that is the only one of its class."""
        if edge.source < 0 or not self.tracked:
            return 0
        before, after, found = space.data(edge.source), edge.fired.values, 0
        for name, bit in self.tracked.items():
            if name in before and before[name] == after.get(name) and self._is_alone(space, name, before[name]):
                found |= bit
        return found

    def _is_alone(self, space: Space, name: str, value: Any) -> bool:
        known = self._alone.get((name, value))
        if known is None:
            known = self._alone[name, value] = next(beside(space.definition, name, value), None) is None
        return known

    def _changed(self, given: tuple[int, ...], filled: int, mask: int, same: int) -> tuple[tuple[int, ...], int]:
        """A field filled in again voids the approvals that approved it."""
        after = tuple(
            NOT_GIVEN if place in self.about and what != NOT_GIVEN and what & mask & ~same & self.about[place] else what
            for place, what in enumerate(given)
        )
        return after, filled | mask

    def _given(self, given: tuple[int, ...], place: int, what: int) -> tuple[int, ...]:
        if place not in self.about:
            what = 0 if what != NOT_GIVEN or given[place] != NOT_GIVEN else NOT_GIVEN
        elif what != NOT_GIVEN:
            what &= self.about[place]
        return (*given[:place], what, *given[place + 1 :])


class After(_Conditional):
    """Its state: the steps that are still to be done, as a bit mask."""

    def __init__(self, definition: Definition, rule: Rule) -> None:
        super().__init__(definition, rule)
        self.bit = {name: 1 << number for number, name in enumerate(rule.must)}
        self.all = (1 << len(rule.must)) - 1
        self.seen = frozenset((self.step, *rule.must))
        self.first: Hashable = 0
        self.approvals: tuple[str, ...] = ()

    def next(self, state: Hashable, edge: Edge, space: Space) -> Hashable | None:
        """See `Monitor`."""
        open_ = state
        assert isinstance(open_, int)
        for what, step in edge.occurrences:
            if what == "did" and step in self.bit:
                open_ &= ~self.bit[step]
            if what == "did" and step == self.step and self.holds(edge, space):
                self.triggered = True
                open_ = self.all
            if what == "over" and open_:
                return None
        return open_


class Never(_Conditional):
    """It has no memory."""

    def __init__(self, definition: Definition, rule: Rule) -> None:
        super().__init__(definition, rule)
        self.seen = frozenset((self.step,))
        self.first: Hashable = 0
        self.approvals: tuple[str, ...] = ()
        state = definition.states[self.step]
        self.lasts = state.kind is not StateKind.FINAL

    def next(self, state: Hashable, edge: Edge, space: Space) -> Hashable | None:
        """See `Monitor`."""
        came = any(what == "came" and step == self.step for what, step in edge.occurrences)
        self.triggered = self.triggered or came
        open_ = self.lasts and self.step in space.facts.machine.active(edge.fired.leaves)
        return None if (came or open_) and self.holds(edge, space) else state
