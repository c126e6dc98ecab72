"""The situations of a definition and what may happen in each, worked out when they are first asked for.

What may happen: every answer of everybody who has work, with all combinations of values that somebody will read; every
event from outside; every timer, call, handler and delayed send that is under way, in any order. What is assumed: fields
that steps fill in are empty at the start, and messages bring only fields that no step fills in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from oyiflow.kernel.messages import Trace
from oyiflow.model.definition import Definition, Outcome
from oyiflow.model.expression import EMPTY, Expression
from oyiflow.verify.boxes.classes import spreads_of
from oyiflow.verify.explore.occurrences import Occurrence, Watching
from oyiflow.verify.explore.reading import Asked, Facts
from oyiflow.verify.explore.regions import Regions
from oyiflow.verify.explore.relation import Fired, Relation, Situation
from oyiflow.verify.explore.values import sets_of, tried_values

COMBINED = 4096
"""Combinations of values that one answer may try; with more, what is tried is a sample."""

COUNTED = 2000
"""Calculated values of one field that are told apart; with more, what is tried is a sample."""


Row = tuple[tuple[int, int], ...]
"""Fields and the numbers of their values."""
Combinations = tuple[Row, ...]


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


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer to a step, prepared."""

    step: str
    outcome: Outcome
    combinations: Combinations
    columns: tuple[int, ...]


class Space:
    """All situations of one definition for one set of questions. Situations are numbered as they are met."""

    def __init__(self, definition: Definition, asked: Asked | None = None, conditions: Iterable[Expression] = ()) -> None:
        self.definition = definition
        self.facts = Facts(definition, asked)
        self.relation = Relation(self.facts)
        self.watching = Watching(self.facts.machine)
        tried = tried_values(definition, self.facts.fields, (*self._conditions(), *conditions))
        self._exact = tried.exact
        self.values: list[list[Any]] = [[None, *tried.values[name]] for name in self.facts.fields]
        self._numbers: list[dict[Any, int]] = [
            {_key(value): number for number, value in enumerate(column)} for column in self.values
        ]
        self._asked = tuple(sorted(set().union(*self.facts.asked.values()))) if self.facts.asked else ()
        self._tried = [len(column) for column in self.values]
        self.situations: list[Situation] = []
        self.final: list[int] = []
        """For each situation the final state in which the process is over, or -1."""
        self._beginnings: tuple[Edge, ...] | None = None
        self._known: dict[tuple[Situation, int], int] = {}
        self._edges: dict[int, tuple[Edge, ...]] = {}
        self._by_leaf: dict[tuple[int, int], tuple[Edge, ...]] = {}
        self._answers: dict[int, tuple[_Answer, ...]] = {}
        spread = spreads_of(definition)
        self._spread = {place: spread[name] for place, name in enumerate(self.facts.fields) if name in spread}
        counted = {action.field for action in sets_of(definition) if action.value != EMPTY}
        self._moving = [place for place, one in self._spread.items() if counted.isdisjoint(one.group)]
        self._inner: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._live: dict[tuple[int, ...], int] = {}
        self._data: dict[tuple[int, ...], dict[str, Any]] = {}
        self._messages: dict[int, tuple[str, ...]] = {}
        self.regions = Regions(self.facts)

    def _conditions(self) -> Iterator[Expression]:
        for state in self.definition.states.values():
            yield from (way.guard for way in state.transitions if way.guard is not None)

    @property
    def exact(self) -> bool:
        """Whether nothing that may happen was left out so far: of values, or of what is under way."""
        return self._exact and not self.relation.capped

    # --- situations

    def beginnings(self) -> tuple[Edge, ...]:
        """The first situations, one for each combination of values that only come with the start."""
        if self._beginnings is None:
            self._beginnings = self._begun()
        return self._beginnings

    def _begun(self) -> tuple[Edge, ...]:
        columns = [self.facts.fields.index(name) for name in self.facts.outside]
        found: dict[tuple[Any, ...], Edge] = {}
        for values in self._combinations(columns, empty=True, known={}):
            data = {self.facts.fields[field]: self.values[field][number] for field, number in values if number}
            fired = self.relation.begin(data)
            if fired is not None:
                edge = self._edge(Choice("start", values=values), fired)
                found.setdefault((edge.target, edge.occurrences, *(fired.values.get(name) for name in self._asked)), edge)
        return tuple(found.values())

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

    def _edge(self, choice: Choice, fired: Fired, answered: str = "", consent: bool = True, source: int = -1) -> Edge:
        occurrences = self.watching.of(fired.trace, answered, consent, fired.ended)
        return Edge(choice, self._number(fired), occurrences, fired, source)

    def _number(self, fired: Fired) -> int:
        live = 0 if fired.ended >= 0 else self._alive(fired.leaves)
        data = tuple(
            self._value(place, fired.values.get(name)) if live >> place & 1 else 0
            for place, name in enumerate(self.facts.fields)
        )
        data = self._inwards(data) if self._moving else data
        situation = Situation(fired.leaves, fired.history if fired.ended < 0 else (), data, fired.under_way)
        number = self._known.get((situation, fired.ended))
        if number is None:
            number = self._known[situation, fired.ended] = len(self.situations)
            self.situations.append(situation)
            self.final.append(fired.ended)
        return number

    def _inwards(self, data: tuple[int, ...]) -> tuple[int, ...]:
        """Values that are compared with one another, moved together to the innermost ones that amount to the same."""
        found = self._inner.get(data)
        if found is None:
            moved, were, are = list(data), dict[str, Any](), dict[str, Any]()
            for place in self._moving:
                if data[place]:
                    spread, name, value = self._spread[place], self.facts.fields[place], self.values[place][data[place]]
                    inner = spread.like(spread.kind(value, were), are)
                    if inner is None:
                        moved = list(data)
                        break
                    were[name], are[name] = value, inner
                    moved[place] = self._numbers[place][_key(inner)]
            found = self._inner[data] = tuple(moved)
        return found

    def really(self, edge: Edge, held: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a step, where fields really hold what they amount to here, and not what they were moved to."""
        names = {self.facts.fields[place] for place, _ in edge.choice.values}
        known = self.data(edge.source) if edge.source >= 0 else {}
        were = {name: value for name, value in known.items() if name not in names}
        are = {name: held[name] for name in were if name in held}
        for place, number in edge.choice.values:
            name, value = self.facts.fields[place], self.values[place][number]
            if place in self._spread and value is not None:
                spread = self._spread[place]
                kind = spread.kind(value, were)
                were[name], value = value, value if spread.kind(value, are) == kind else spread.like(kind, are)
            are[name] = value
        return {self.facts.fields[place]: are[self.facts.fields[place]] for place, _ in edge.choice.values}

    def _value(self, field: int, value: Any) -> int:
        if value is None:
            return 0
        number = self._numbers[field].get(_key(value))
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
                columns = [self.facts.fields.index(name) for name in self.facts.outside]
                for values in dict.fromkeys(((), *self._combinations(columns, empty=False, known=self.data(number)))):
                    self._add(number, Choice("message", event=event, values=values), edges)

    def _of_state(self, number: int, state: int, edges: dict[tuple[Any, ...], Edge]) -> None:
        for answer in self._answers_of(state):
            for values in self._given(answer, number):
                choice = Choice("act", answer.step, answer.outcome.name, answer.outcome.event, values=values)
                self._add(number, choice, edges, answer.outcome.consent)
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
        columns = [self.facts.fields.index(ours) for ours, _ in call.outputs if ours in self.facts.bit]
        for values in self._combinations(columns, empty=True, known=self.data(number)):
            self._add(number, Choice("call", name, event=f"done.{gone}", gone=gone, values=values), edges)
        self._add(number, Choice("failure", name, event=f"error.{gone}", gone=gone), edges)

    def _add(self, number: int, choice: Choice, edges: dict[tuple[Any, ...], Edge], consent: bool = True) -> None:
        here, values = self.situations[number], self.data(number)
        if choice.values:
            values = dict(values)
            for field, value in choice.values:
                if value:
                    values[self.facts.fields[field]] = self.values[field][value]
                else:
                    values.pop(self.facts.fields[field], None)
        heard = choice.kind in ("act", "message", "failure")
        fired = self.relation.fire(here, values, choice.event, heard, choice.gone)
        if fired is not None:
            edge = self._edge(choice, fired, choice.step if choice.kind == "act" else "", consent, number)
            asked = tuple(fired.values.get(name) for name in self._asked)
            edges.setdefault(
                (choice.kind, choice.step, choice.outcome, choice.event, edge.target, edge.occurrences, asked), edge
            )

    def _answers_of(self, state: int) -> tuple[_Answer, ...]:
        found = self._answers.get(state)
        if found is None:
            found = self._answers[state] = tuple(self._prepared(state))
        return found

    def _given(self, answer: _Answer, number: int) -> Combinations:
        """The values that an answer may bring, here: what is compared with other fields depends on what these hold."""
        if self._spread.keys().isdisjoint(answer.columns):
            return answer.combinations
        return self._combinations(answer.columns, empty=not answer.outcome.consent, known=self.data(number))

    def _prepared(self, state: int) -> Iterator[_Answer]:
        work = self.facts.machine.states[state].work
        if work is None:
            return
        name, mask = self.facts.machine.ids[state], self.facts.fillable[state]
        columns = [place for place in range(len(self.facts.fields)) if mask >> place & 1]
        for outcome in work.outcomes:
            combined = self._combinations(columns, empty=not outcome.consent, known={})
            yield _Answer(step=name, outcome=outcome, combinations=combined, columns=tuple(columns))

    def _combinations(self, columns: Sequence[int], *, empty: bool, known: Mapping[str, Any]) -> Combinations:
        """Values for these fields, while others hold what is `known`. `empty`: required fields may be empty too."""
        names = {self.facts.fields[place] for place in columns}
        known = {name: value for name, value in known.items() if name not in names}
        found = self._rows(columns, empty, known)
        for few in (2, 1):
            if len(found) > COMBINED:
                self._exact = False
                found = self._rows(columns, empty, known, few)
        return tuple(found)

    def _rows(self, columns: Sequence[int], empty: bool, known: Mapping[str, Any], most: int | None = None) -> list[Row]:
        """One field after the other, at most so many values of each; more than `COMBINED` are not gone through with."""
        rows: list[Row] = [()]
        for place in columns:
            optional = empty or not self.definition.field[self.facts.fields[place]].required
            numbers = [*range(1, self._tried[place]), *((0,) if optional else ())][:most]
            if place in self._spread:
                rows = [(*row, (place, number)) for row in rows for number in self._beside(place, numbers, row, known)]
            else:
                rows = [(*row, (place, number)) for row in rows for number in numbers]
            if len(rows) > COMBINED:
                break
        return rows

    def _beside(self, place: int, numbers: list[int], row: Row, known: Mapping[str, Any]) -> Iterator[int]:
        """Of the values of a field that is compared with others, one of each kind, next to what these hold."""
        spread, column = self._spread[place], self.values[place]
        others = {**known, **{self.facts.fields[at]: self.values[at][number] for at, number in row if number}}
        seen = set[object]()
        for number in numbers:
            kind = spread.kind(column[number], others)
            if kind not in seen:
                seen.add(kind)
                self._exact = self._exact and column[number] not in spread.outermost
                yield number


def _key(value: Any) -> Any:
    return (type(value).__name__, value)


__all__ = ["COMBINED", "Choice", "Edge", "Space", "Trace"]
