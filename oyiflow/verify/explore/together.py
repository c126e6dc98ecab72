"""What fields hold together that are compared with one another: a zone for each group of them (see `verify.boxes.zones`).

A situation knows the zone of each group and shows it by one point, which the kernel is run with. Whoever fills in a field
cuts the zone into pieces that all conditions see as one, so what the kernel does with a point it does with the piece. What
nobody will read is left out of the zone. A way through the situations is made real at its end (`along`): every value that
was filled in is a variable of its own there, and each piece on the way says how these lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from oyiflow.model.definition import Definition
from oyiflow.model.expression import EMPTY
from oyiflow.model.values import FieldType, Value
from oyiflow.verify.boxes.classes import known
from oyiflow.verify.boxes.line import place_of, value_at
from oyiflow.verify.boxes.zones import FREE, NOW, Bound, Group, Question, Zone, point
from oyiflow.verify.explore.values import sets_of

ZONES = 4000
"""Zones that are told apart; with more, what is tried is a sample."""

Zones = tuple[int, ...]
"""For each group the number of its zone."""
Days = Mapping[int, tuple[date, datetime]]
"""For some steps of a way, the first always among them: on which day one is then at the earliest, and at which moment."""
Filled = tuple[tuple[frozenset[str], Zones], ...]
"""Fields that were filled in, one step after the other, and the zones then."""


class Filling(NamedTuple):
    """Which fields are filled in, and which are emptied. `after`: a field with the day before which this is not done."""

    filled: frozenset[str]
    emptied: frozenset[str]
    after: str = ""


class Together:
    """The groups of one definition, and the zones that were met."""

    def __init__(self, definition: Definition, asking: frozenset[Question] = frozenset()) -> None:
        written = {action.field for action in sets_of(definition) if action.value != EMPTY}
        found = known(definition).groups
        self.types = {spec.name: spec.type for spec in definition.fields}
        self.groups = tuple(group.asking(asking) for group in found if written.isdisjoint(group.fields))
        self.group_of = {name: number for number, group in enumerate(self.groups) for name in group.fields}
        self.calculated = frozenset(name for group in found for name in group.fields if name not in self.group_of)
        """Fields that are compared with others in groups that the process writes itself: these are not followed."""
        self._day_of = definition.calendar.day_of
        self.first: Zones = (0,) * len(self.groups)
        self.exact = True
        self.learned = set(asking)
        """What decides, among values that are known, on which side others can come to lie later."""
        self._zones: list[Zone] = [Zone()]
        self._numbers: dict[Zone, int] = {Zone(): 0}
        self._held: dict[int, dict[str, Value] | None] = {0: {}}
        self._pieces: dict[tuple[int, int, Filling], tuple[int, ...]] = {}

    def pieces(self, group: int, zone: int, filling: Filling, most: int) -> tuple[int, ...]:
        """The zones that come of one when fields are filled in and others emptied; at most so many and one more."""
        key = (group, zone, filling)
        found = self._pieces.get(key)
        if found is None:
            before = self._zones[zone].without(filling.emptied)
            cut = list(islice(self.groups[group].pieces(before, filling.filled, filling.after), most + 1))
            known = before.without((*filling.filled, NOW))
            for piece in cut:
                self.learned.update(piece.without((*filling.filled, NOW)).beyond(known))
            found = self._pieces[key] = tuple(filter(self._is_real, map(self._number, cut)))
        return found

    def _is_real(self, zone: int) -> bool:
        if self.held(zone) is None:
            self.exact = False
            return False
        return True

    def _number(self, zone: Zone) -> int:
        number = self._numbers.get(zone)
        if number is None:
            number = self._numbers[zone] = len(self._zones)
            self._zones.append(zone)
            self.exact = self.exact and number < ZONES
        return number

    def held(self, zone: int) -> Mapping[str, Value] | None:
        """The point by which a zone is shown; None if there is none (see `zones`)."""
        if zone not in self._held:
            places = point(self._zones[zone].without((NOW,)), self.types)
            told = ((name, value_at(self.types[name], place)) for name, place in (places or {}).items())
            self._held[zone] = dict(told) if places is not None else None
        return self._held[zone]

    def kept(self, zones: Zones, names: Iterable[str]) -> Zones:
        """The zones, where only these fields still matter and are filled."""
        alive = frozenset(names)
        left = ((zone := self._zones[number]).without(set(zone.names) - alive - {NOW}) for number in zones)
        return tuple(self._number(zone.later(group.first)) for zone, group in zip(left, self.groups, strict=True))

    def includes(self, wide: Zones, narrow: Zones) -> bool:
        """Whether all that lies as in the second lies as in the first."""
        pairs = zip(wide, narrow, strict=True)
        return all(one == other or self._zones[one].takes_in(self._zones[other]) for one, other in pairs)

    def along(self, filled: Filled, varied: frozenset[str], days: Days) -> list[dict[str, Value]] | None:
        """Real values for what is filled in on a way; None if there are none. Under `NOW` the day, where it matters.

        `varied`: fields that get another value each time, where they can. `days`: before which the days cannot lie.
        """
        found: list[dict[str, Value]] = [{} for _ in filled]
        for number, group in enumerate(self.groups):
            way = _Way(group, varied, days)
            for names, zones in filled:
                way.go(self._zones[zones[number]], names.intersection(group.fields))
            places = point(way.zone, way.types, way.unlike, way.soon) if not way.lost else None
            if places is None:
                return None
            for name, place in places.items():
                field, _, step = name.rpartition("#")
                value, there = value_at(group.types[field], place), found[int(step)]
                if field in there and not self._agree(value, there[field]):
                    return None
                if field not in there or isinstance(value, datetime):
                    there[field] = value
        return found

    def _agree(self, one: Value, other: Value) -> bool:
        """Whether a day and a moment of one step can both be."""
        days = {self._day_of(value) for value in (one, other) if isinstance(value, date)}
        return len(days) == 1


class _Way:
    """A zone of all values that a group's fields get on a way. `a#3` is what was filled into `a` at number 3."""

    def __init__(self, group: Group, varied: frozenset[str], days: Days) -> None:
        self._group = group
        self._varied = varied
        self._days = days
        self.types: dict[str, Any] = {}
        self.unlike: dict[str, str] = {}
        self.soon = set[str]()
        self.zone = Zone()
        self.lost = False
        self._step = 0
        self._now: dict[str, str] = {}

    def go(self, zone: Zone, filled: Iterable[str]) -> None:
        """One step on, to where values lie as in this zone."""
        if self._group.is_dated(filled) and NOW in zone.names:
            self._move_on()
        for field in sorted(filled):
            if field in zone.names:
                before, name = self._now.get(field), self._fresh(field, FREE)
                if field in self._varied and before is not None:
                    self.unlike[name] = before
        self._lie(zone)
        self._step += 1

    def _fresh(self, field: str, low: Bound) -> str:
        name = self._now[field] = f"{field}#{self._step}"
        self.types[name] = self._group.types[field]
        self.zone = self.zone.having(name, low, FREE)
        return name

    def _move_on(self) -> None:
        """A day that is not before the last one."""
        day, moment = self._days[max(step for step in self._days if step <= self._step)]
        last, first = self._now.get(NOW), place_of(moment if self._group.types[NOW] is FieldType.DATETIME else day)
        assert first is not None, "days and moments lie on a line"
        name = self._fresh(NOW, (-first, 0))
        self.soon.add(name)
        if last is not None:
            names = self.zone.names
            later = self.zone.within(names.index(last) + 1, names.index(name) + 1, (0, 0))
            assert later is not None, "nothing is said of it yet"
            self.zone = later

    def _lie(self, zone: Zone) -> None:
        numbers = {name: number for number, name in enumerate(self.zone.names, 1)}
        at = [0, *(numbers[self._now[name]] for name in zone.names)]
        for one, row in enumerate(zone.bounds):
            for other, bound in enumerate(row):
                closer = self.zone.within(at[one], at[other], bound) if one != other and bound != FREE else self.zone
                if closer is None:
                    self.lost = True
                    return
                self.zone = closer


__all__ = ["Days", "Filled", "Filling", "Together", "Zones"]
