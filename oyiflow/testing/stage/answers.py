"""What a called process answers: for each of its ends, what its fields hold there on the shortest way, and when that is.

A search for ways has no engine, so what is called is taken to its ends by a search of its own, and what that calls by another. It is known
again when the same process is called at the same moment with the same values. A process that calls itself by way of others is not followed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from oyiflow.engine.access import asks_for_starter
from oyiflow.kernel import Rejected, start
from oyiflow.kernel.machine import machine_of
from oyiflow.model.definition import Definition
from oyiflow.model.tree import ends_of
from oyiflow.testing.stage.choices import INSTANCE, Choices, Spot
from oyiflow.testing.stage.search import Found, Search

LIMIT = 1000
"""Spots of a called process that are looked at for its ends."""


class Answer(NamedTuple):
    """An end of a called process, what its fields hold there, and when."""

    end: str
    data: Mapping[str, Any]
    at: datetime


class Answers:
    """The answers of the processes that are known."""

    def __init__(self, others: Iterable[Definition] = ()) -> None:
        self.others = {one.name: one for one in others}
        self._known: dict[Hashable, tuple[Answer, ...]] = {}
        self._asked: list[str] = []
        """The processes that are being followed, from the outside inwards."""

    def of(self, definition: Definition, state: str, spot: Spot) -> tuple[Answer, ...]:
        """How what a step has called may end; nothing of what is not known."""
        call = definition.states[state].call
        other = self.others.get(call.process) if call is not None else None
        if call is None or other is None or other.name in self._asked or call.each:
            return ()
        machine, data = machine_of(definition), spot.snapshot.data
        inside = machine.active(tuple(machine.index[name] for name in spot.snapshot.configuration)).__contains__
        values = {name: machine.value(value)(data, inside) for name, value in call.inputs}
        key = (other.name, spot.now, tuple(values.items()))
        if key not in self._known:
            self._asked.append(other.name)
            self._known[key] = tuple(self._ends(other, values, spot.now))
            self._asked.pop()
        return self._known[key]

    def _ends(self, other: Definition, values: Mapping[str, Any], now: datetime) -> Iterator[Answer]:
        actor = "starter" if asks_for_starter(other) else ""
        begun = start(other, instance=INSTANCE, now=now, values=values, actor=actor)
        if isinstance(begun, Rejected):
            return
        choices, left = Choices(other, now, assuming=False, answers=self.of), set(ends_of(other))
        for found in Search(choices, LIMIT).breadth_first([Found(spot=choices.settled(begun, now))]):
            snapshot = found.spot.snapshot
            for end in left.intersection(snapshot.configuration):
                left.remove(end)
                yield Answer(end, snapshot.data, found.spot.now)
            if not left:
                return
