"""The situations of a definition and what may happen in each, worked out when they are first asked for.

What may happen: every answer of everybody who has work, with all combinations of values that somebody will read; every
event from outside; every timer, call, handler and delayed send that is under way, in any order. What is assumed: fields
that steps fill in are empty at the start, and messages bring only fields that no step fills in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from oyiflow.kernel.machine import timer_event
from oyiflow.kernel.messages import Trace
from oyiflow.model.definition import Definition, Mode, Outcome
from oyiflow.model.expression import Expression
from oyiflow.verify.boxes.zones import Question
from oyiflow.verify.days import stamp_of
from oyiflow.verify.explore.occurrences import Occurrence, Watching
from oyiflow.verify.explore.reading import Asked, Facts
from oyiflow.verify.explore.regions import Regions
from oyiflow.verify.explore.relation import Fired, Relation, Situation
from oyiflow.verify.explore.together import Days, Filling, Together, Zones
from oyiflow.verify.explore.values import tried_values

COMBINED = 4096
"""Combinations of values that one answer may try; with more, what is tried is a sample."""

COUNTED = 2000
"""Calculated values of one field that are told apart; with more, what is tried is a sample."""


ALIKE = 40
"""Situations that differ in zones only, and are looked through for one that takes in another."""
ALL, SOME, ANY = range(3)
KEPT = -1
"""Where the number of a value stands: the field keeps what it holds."""

Row = tuple[tuple[int, int], ...]
"""Fields and the numbers of their values."""
Combinations = tuple[tuple[Row, Zones], ...]


class Choice(NamedTuple):
    """Something that may happen. `kind`: start, act, message, time, call, failure, handler, send."""

    kind: str
    step: str = ""
    outcome: str = ""
    event: str = ""
    gone: str = ""
    """What it uses up of what is under way."""
    values: tuple[tuple[int, int], ...] = ()
    """Fields and the numbers of their values."""


class Edge(NamedTuple):
    """One step: what happened, where it leads, and what that was in the words of rules."""

    choice: Choice
    target: int
    occurrences: tuple[Occurrence, ...]
    fired: Fired
    source: int = -1
    zones: Zones = ()
    """How fields lie that are compared with one another, before any is forgotten."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer to a step, prepared."""

    step: str
    outcome: Outcome
    asked: _Asked


class _Asked(NamedTuple):
    """What somebody may fill in. `how`: ALL that is required; SOME, others are kept or emptied; or ANY, others are empty."""

    columns: tuple[int, ...]
    how: int
    after: str = ""
    """A field with the day before which this is not done."""


class Space:
    """All situations of one definition for one set of questions. Situations are numbered as they are met."""

    def __init__(
        self,
        definition: Definition,
        asked: Asked | None = None,
        conditions: Iterable[Expression] = (),
        asking: frozenset[Question] = frozenset(),
        merging: bool = True,
    ) -> None:
        """`asking`: questions besides those of the definition. `merging`: what lies within a wider situation is not told apart."""
        self.definition = definition
        self.conditions = tuple(conditions)
        self.facts = Facts(definition, asked)
        self.relation = Relation(self.facts)
        self.watching = Watching(self.facts.machine)
        tried = tried_values(definition, self.facts.fields, (*self._conditions(), *self.conditions))
        self.asking = asking
        self.merging = merging
        self.merged = False
        """Whether some way may go on from where it does not quite lead."""
        self.together = Together(definition, asking)
        self._exact = (
            tried.exact
            and self.together.calculated.isdisjoint(self.facts.fields)
            and not any(map(self._half_signed, range(len(self.facts.machine.states))))
        )
        self.values: list[list[Any]] = [
            [None, *(tried.values[name] if name not in self.together.group_of else ())] for name in self.facts.fields
        ]
        self._group = [self.together.group_of.get(name, -1) for name in self.facts.fields]
        self._numbers: list[dict[Any, int]] = [
            {_key(value): number for number, value in enumerate(column)} for column in self.values
        ]
        self._asked = tuple(sorted(set().union(*self.facts.asked.values()))) if self.facts.asked else ()
        self._tried = [len(column) for column in self.values]
        self.situations: list[Situation] = []
        self.final: list[int] = []
        """For each situation the final state in which the process is over, or -1."""
        self._beginnings: tuple[Edge, ...] | None = None
        self._alike: dict[tuple[Any, ...], list[int]] = {}
        self._known: dict[tuple[Situation, int], int] = {}
        self._edges: dict[int, tuple[Edge, ...]] = {}
        self._by_leaf: dict[tuple[int, int], tuple[Edge, ...]] = {}
        self._answers: dict[int, tuple[_Answer, ...]] = {}
        self._combined: dict[tuple[_Asked, Zones], Combinations] = {}
        self._live: dict[tuple[int, ...], int] = {}
        self._data: dict[tuple[int, ...], dict[str, Any]] = {}
        self._messages: dict[int, tuple[str, ...]] = {}
        self.regions = Regions(self.facts)

    def _conditions(self) -> Iterator[Expression]:
        for state in self.definition.states.values():
            yield from (way.guard for way in state.transitions if way.guard is not None)

    def _half_signed(self, state: int) -> bool:
        """Whether time may end a task after some of its signers have filled in something; here several answers are one."""
        work, machine = self.facts.machine.states[state].work, self.facts.machine
        several = work is not None and len(work.by) > 1 and work.mode is not Mode.ANY and bool(self.facts.fillable[state])
        return several and any(
            timer_event(machine.ids[state], place) not in self.facts.inert for place, _ in machine.timed[state]
        )

    @property
    def exact(self) -> bool:
        """Whether nothing that may happen was left out so far: of values, or of what is under way."""
        return self._exact and self.together.exact and not self.relation.capped

    # --- situations

    def beginnings(self) -> tuple[Edge, ...]:
        """The first situations, one for each combination of values that only come with the start."""
        if self._beginnings is None:
            self._beginnings = self._begun()
        return self._beginnings

    def _begun(self) -> tuple[Edge, ...]:
        found: dict[tuple[Any, ...], Edge] = {}
        for values, zones in self._combinations(_Asked(self._places(self.facts.outside), ANY), self.together.first):
            data = {self.facts.fields[field]: self.values[field][number] for field, number in values if number}
            fired = self.relation.begin(data)
            if fired is not None:
                edge = self._edge(Choice("start", values=values), fired, zones)
                found.setdefault((edge.target, edge.occurrences, *(fired.values.get(name) for name in self._asked)), edge)
        return tuple(found.values())

    def _places(self, names: Iterable[str]) -> tuple[int, ...]:
        return tuple(self.facts.fields.index(name) for name in names)

    def data(self, number: int) -> Mapping[str, Any]:
        """The fields that are filled and still matter, in a situation."""
        return self._filled(self.situations[number].data)

    def active(self, number: int) -> frozenset[str]:
        """The ids of all active states of a situation."""
        return self.facts.machine.active(self.situations[number].leaves)

    def _filled(self, numbers: tuple[int, ...]) -> dict[str, Any]:
        found = self._data.get(numbers)
        if found is None:
            pairs = zip(self.facts.fields, numbers, self.values, strict=True)
            found = self._data[numbers] = {name: column[number] for name, number, column in pairs if number}
        return found

    def _edge(
        self, choice: Choice, fired: Fired, zones: Zones, answered: str = "", consent: bool = True, source: int = -1
    ) -> Edge:
        occurrences = self.watching.of(fired.trace, answered, consent, fired.ended)
        return Edge(choice, self._number(fired, zones), occurrences, fired, source, zones)

    def _number(self, fired: Fired, zones: Zones) -> int:
        live = 0 if fired.ended >= 0 else self._alive(fired.leaves)
        values: Mapping[str, Any] = fired.values
        if zones:
            alive = [name for place, name in enumerate(self.facts.fields) if live >> place & 1 and values.get(name) is not None]
            zones = self.together.kept(zones, alive)
            values = self._lying(values, zones)
        data = tuple(
            self._value(place, values.get(name)) if live >> place & 1 else 0 for place, name in enumerate(self.facts.fields)
        )
        situation = Situation(fired.leaves, fired.history if fired.ended < 0 else (), data, fired.under_way, zones)
        number = self._known.get((situation, fired.ended))
        if number is None:
            number = self._known[situation, fired.ended] = self._wider(situation, fired.ended)
        return number

    def _wider(self, situation: Situation, ended: int) -> int:
        """The number of a situation that takes in all of this one; else its own."""
        data = tuple(number if group < 0 else min(number, 1) for number, group in zip(situation.data, self._group, strict=True))
        place = (situation.leaves, situation.history, data, situation.under_way, ended)
        alike = self._alike.setdefault(place, [])
        for number in alike[:ALIKE] if self.merging else ():
            if self.together.includes(self.situations[number].zones, situation.zones):
                self.merged = True
                return number
        alike.append(len(self.situations))
        self.situations.append(situation)
        self.final.append(ended)
        return alike[-1]

    def _lying(self, values: Mapping[str, Any], zones: Zones) -> dict[str, Any]:
        """The values, where those that are compared with one another are what shows their zones."""
        found = dict(values)
        for zone in zones:
            found.update(self.together.held(zone) or {})
        return found

    def along(self, edges: Sequence[Edge], varied: frozenset[str], days: Days) -> list[dict[str, Any]] | None:
        """The values that are given on a way (see `Together.along`); None if none can be."""
        names = [{self.facts.fields[place] for place, number in edge.choice.values if number} for edge in edges]
        real = self.together.along(tuple((frozenset(n), e.zones) for n, e in zip(names, edges, strict=True)), varied, days)
        if real is None:
            return None
        found = []
        for edge, together in zip(edges, real, strict=True):
            own = {self.facts.fields[place]: self.values[place][number] for place, number in edge.choice.values}
            found.append({**own, **together})
        return found

    def _value(self, field: int, value: Any) -> int:
        if value is None:
            return 0
        number = self._numbers[field].get(_key(value))
        if number is None and self._group[field] >= 0:
            number = self._numbers[field][_key(value)] = len(self.values[field])
            self.values[field].append(value)
        return number if number is not None else self._calculated(field, value)

    def _calculated(self, field: int, value: Any) -> int:
        """The number of a value that the process has calculated. What counts up past all that is asked for stays there."""
        name, column = self.facts.fields[field], self.values[field]
        tried = [one for one in column[1 : self._tried[field]] if type(one) is type(value)]
        if tried and name in self.facts.rising and value > max(tried):
            return self._numbers[field][_key(max(tried))]
        if tried and name in self.facts.falling and value < min(tried):
            return self._numbers[field][_key(min(tried))]
        if len(column) > self._tried[field] + COUNTED:
            self._exact = False
            return len(column) - 1
        self._numbers[field][_key(value)] = len(column)
        column.append(value)
        return len(column) - 1

    def _alive(self, leaves: tuple[int, ...]) -> int:
        """The fields that may still be read, standing here."""
        found = self._live.get(leaves)
        if found is None:
            machine, found, seen = self.facts.machine, 0, set[int]()
            for leaf in leaves:
                while leaf >= 0 and leaf not in seen:
                    seen.add(leaf)
                    found |= self.facts.live[leaf]
                    leaf = machine.parent[leaf]
            self._live[leaves] = found
        return found

    # --- what may happen

    def edges(self, number: int) -> tuple[Edge, ...]:
        """Everything that may happen in a situation, in a fixed order."""
        found = self._edges.get(number)
        if found is None:
            if self.final[number] >= 0:
                found = ()
            else:
                found = tuple(edge for leaf in self.situations[number].leaves for edge in self.of_leaf(number, leaf))
                found = (*found, *self.of_all(number))
            self._edges[number] = found
        return found

    def known_edges(self, number: int) -> tuple[Edge, ...]:
        """What has been looked at of what may happen in a situation: all of it, or what the first branches may do."""
        found = self._edges.get(number)
        if found is not None:
            return found
        return tuple(edge for leaf in self.situations[number].leaves for edge in self._by_leaf.get((number, leaf), ()))

    def of_leaf(self, number: int, leaf: int) -> tuple[Edge, ...]:
        """What may happen because of one leaf and the states around it that no leaf before it is in."""
        found = self._by_leaf.get((number, leaf))
        if found is None:
            here = self.situations[number]
            earlier = here.leaves[: here.leaves.index(leaf)]
            machine, edges = self.facts.machine, dict[tuple[Any, ...], Edge]()
            state = leaf
            while state >= 0:
                if not any(state <= other <= machine.last[state] for other in earlier):
                    self._of_state(number, state, edges)
                state = machine.parent[state]
            self._of_messages(number, leaf, earlier, edges)
            found = self._by_leaf[number, leaf] = tuple(edges.values())
        return found

    def _of_messages(self, number: int, leaf: int, earlier: tuple[int, ...], edges: dict[tuple[Any, ...], Edge]) -> None:
        """The messages that this leaf or a state around it awaits, and no leaf before it."""
        for event in self._awaited(leaf):
            if not any(event in self._awaited(other) for other in earlier):
                asked = _Asked(self._places(self.facts.outside), SOME)
                for values, zones in self._combinations(asked, self.situations[number].zones):
                    self._add(number, Choice("message", event=event, values=values), edges, zones)

    def _of_state(self, number: int, state: int, edges: dict[tuple[Any, ...], Edge]) -> None:
        for answer in self._answers_of(state):
            for values, zones in self._combinations(answer.asked, self.situations[number].zones):
                choice = Choice("act", answer.step, answer.outcome.name, answer.outcome.event, values=values)
                self._add(number, choice, edges, zones, answer.outcome.consent)
        name = self.facts.machine.ids[state]
        for gone in self.situations[number].under_way:
            if gone == f"call.{name}":
                self._called(number, state, gone, edges)
            elif gone.startswith("after.") and gone[6:].rpartition(".")[0] == name:
                self._add(number, Choice("time", name, event=gone, gone=gone), edges)

    def of_all(self, number: int) -> tuple[Edge, ...]:
        """What belongs to no state: handlers and delayed sends."""
        here, edges = self.situations[number], dict[tuple[Any, ...], Edge]()
        for gone in dict.fromkeys(here.under_way):
            if gone.startswith("run."):
                self._add(number, Choice("handler", event=f"done.{gone}", gone=gone), edges)
                self._add(number, Choice("failure", event=f"error.{gone}", gone=gone), edges)
            elif gone.startswith("send."):
                self._add(number, Choice("send", event=gone.partition(":")[2], gone=gone), edges)
        return tuple(edges.values())

    def _awaited(self, leaf: int) -> tuple[str, ...]:
        """The messages that a leaf or a state around it names, inner ones first."""
        found = self._messages.get(leaf)
        if found is None:
            machine, events, state = self.facts.machine, list[str](), leaf
            while state >= 0:
                events += (event for arc in machine.arcs[state] for event in arc.events)
                state = machine.parent[state]
            named = (e.removesuffix(".*") for e in events)
            found = self._messages[leaf] = tuple(dict.fromkeys(e for e in named if e != "*" and self.facts.is_message(e)))
        return found

    def _called(self, number: int, state: int, gone: str, edges: dict[tuple[Any, ...], Edge]) -> None:
        call, name = self.facts.machine.states[state].call, self.facts.machine.ids[state]
        assert call is not None, "what is under way belongs to a state that calls"
        asked = _Asked(self._places(ours for ours, _ in call.outputs if ours in self.facts.bit), ANY)
        for values, zones in self._combinations(asked, self.situations[number].zones):
            self._add(number, Choice("call", name, event=f"done.{gone}", gone=gone, values=values), edges, zones)
        self._add(number, Choice("failure", name, event=f"error.{gone}", gone=gone), edges)

    def _add(
        self,
        number: int,
        choice: Choice,
        edges: dict[tuple[Any, ...], Edge],
        zones: Zones | None = None,
        consent: bool = True,
    ) -> None:
        here, values = self.situations[number], self.data(number)
        zones = here.zones if zones is None else zones
        if choice.values:
            values = dict(values)
            for field, value in choice.values:
                if value:
                    values[self.facts.fields[field]] = self.values[field][value]
                else:
                    values.pop(self.facts.fields[field], None)
            values = self._lying(values, zones)
        heard = choice.kind in ("act", "message", "failure")
        fired = self.relation.fire(here, values, choice.event, heard, choice.gone)
        if fired is not None:
            edge = self._edge(choice, fired, zones, choice.step if choice.kind == "act" else "", consent, number)
            asked = tuple(fired.values.get(name) for name in self._asked)
            edges.setdefault(
                (choice.kind, choice.step, choice.outcome, choice.event, edge.target, edge.occurrences, asked), edge
            )

    def _answers_of(self, state: int) -> tuple[_Answer, ...]:
        found = self._answers.get(state)
        if found is None:
            found = self._answers[state] = tuple(self._prepared(state))
        return found

    def _prepared(self, state: int) -> Iterator[_Answer]:
        work = self.facts.machine.states[state].work
        if work is None:
            return
        name, mask = self.facts.machine.ids[state], self.facts.fillable[state]
        columns = tuple(place for place in range(len(self.facts.fields)) if mask >> place & 1)
        stamp = stamp_of(self.definition, name)
        typed = tuple(place for place in columns if self.facts.fields[place] != stamp)
        for outcome in work.outcomes:
            asked = _Asked(columns, ALL, work.not_before) if outcome.consent else _Asked(typed, SOME)
            yield _Answer(step=name, outcome=outcome, asked=asked)

    def _combinations(self, asked: _Asked, zones: Zones) -> Combinations:
        """Values for what is asked, where others lie so."""
        key = (asked, zones)
        found = self._combined.get(key)
        if found is None:
            rows = self._rows(asked, zones)
            for few in (2, 1):
                if len(rows) > COMBINED:
                    self._exact = False
                    rows = self._rows(asked, zones, few)
            found = self._combined[key] = tuple(rows)
        return found

    def _rows(self, asked: _Asked, zones: Zones, most: int = COMBINED) -> list[tuple[Row, Zones]]:
        """One field after the other, at most so many values of each; more than `COMBINED` are not gone through with."""
        rows: list[tuple[Row, Zones]] = [((), zones)]
        for place in asked.columns:
            numbers = [*range(1, self._tried[place]), *self._left(place, asked.how)][:most]
            if self._group[place] < 0:
                rows = [((*row, (place, n)) if n != KEPT else row, lying) for row, lying in rows for n in numbers]
            if len(rows) > COMBINED:
                return rows
        for group in range(len(zones)):
            members = [place for place in asked.columns if self._group[place] == group]
            if members:
                more = list(self._together(group, members, asked, zones[group]))[:most]
                rows = [
                    (tuple(sorted((*row, *values))), (*lying[:group], zone, *lying[group + 1 :]))
                    for row, lying in rows
                    for values, zone in more
                ]
        return rows

    def _left(self, place: int, how: int) -> tuple[int, ...]:
        """What may be of a field that nobody fills in: it is emptied, or keeps what it holds."""
        optional = how != ALL or not self.definition.field[self.facts.fields[place]].required
        return (*((0,) if optional else ()), *((KEPT,) if how == SOME else ()))

    def _together(self, group: int, places: list[int], asked: _Asked, zone: int) -> Iterator[tuple[Row, int]]:
        """Values of fields that are compared with one another: one for each piece, with whichever of them not filled in."""
        for filled in product(*((1, *self._left(place, asked.how)) for place in places)):
            said = {place: number for place, number in zip(places, filled, strict=True) if number != KEPT}
            names = {
                number: frozenset(self.facts.fields[place] for place in said if said[place] == number) for number in (0, 1)
            }
            for piece in self.together.pieces(group, zone, Filling(names[1], names[0], asked.after), COMBINED):
                held = self.together.held(piece) or {}
                values = (
                    (place, number and self._value(place, held[self.facts.fields[place]])) for place, number in said.items()
                )
                yield tuple(values), piece


def _key(value: Any) -> Any:
    return (type(value).__name__, value)


__all__ = ["COMBINED", "Choice", "Edge", "Space", "Trace"]
