"""What fields hold together that are compared with one another: a zone for each group of them (see `verify.boxes.zones`).

A situation knows the zone of each group and shows it by one point, which the kernel is run with. Whoever fills in a field
cuts the zone into pieces that all conditions see as one, so what the kernel does with a point it does with the piece. What
nobody will read is left out of the zone. A way through the situations is made real at its end (`along`): every value that
was filled in is a variable of its own there, and each piece on the way says how these lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from oyiflow.model.definition import Definition
from oyiflow.model.expression import EMPTY
from oyiflow.model.values import Value
from oyiflow.verify.boxes.classes import known
from oyiflow.verify.boxes.line import value_at
from oyiflow.verify.boxes.zones import FREE, Place, Question, Zone, point
from oyiflow.verify.explore.values import sets_of

ZONES = 4000
"""Zones that are told apart; with more, what is tried is a sample."""

Zones = tuple[int, ...]
"""For each group the number of its zone."""
Filled = tuple[tuple[frozenset[str], Zones], ...]
"""Fields that were filled in, one step after the other, and the zones then."""


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
        self.first: Zones = (0,) * len(self.groups)
        self.exact = True
        self.learned = set(asking)
        """What decides, among values that are known, on which side others can come to lie later."""
        self._zones: list[Zone] = [Zone()]
        self._numbers: dict[Zone, int] = {Zone(): 0}
        self._held: dict[int, dict[str, Value] | None] = {0: {}}
        self._pieces: dict[tuple[int, int, frozenset[str], frozenset[str]], tuple[int, ...]] = {}

    def pieces(self, group: int, zone: int, filled: frozenset[str], emptied: frozenset[str], most: int) -> tuple[int, ...]:
        """The zones that come of one when fields are filled in and others emptied; at most so many and one more."""
        key = (group, zone, filled, emptied)
        found = self._pieces.get(key)
        if found is None:
            before = self._zones[zone].without(emptied)
            cut = list(islice(self.groups[group].pieces(before, filled), most + 1))
            for piece in cut:
                self.learned.update(piece.without(filled).beyond(before.without(filled)))
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
            places = point(self._zones[zone], self.types)
            self._held[zone] = self._values(places) if places is not None else None
        return self._held[zone]

    def _values(self, places: Mapping[str, Place]) -> dict[str, Value]:
        return {name: value_at(self.types[name], place) for name, place in places.items()}

    def kept(self, zones: Zones, names: Iterable[str]) -> Zones:
        """The zones, where only these fields still matter and are filled."""
        alive = frozenset(names)
        return tuple(self._number((zone := self._zones[number]).without(set(zone.names) - alive)) for number in zones)

    def includes(self, wide: Zones, narrow: Zones) -> bool:
        """Whether all that lies as in the second lies as in the first."""
        pairs = zip(wide, narrow, strict=True)
        return all(one == other or self._zones[one].takes_in(self._zones[other]) for one, other in pairs)

    def along(self, filled: Filled, varied: frozenset[str]) -> list[dict[str, Value]] | None:
        """Real values for what is filled in on a way. `varied`: fields that get another value each time, where they can."""
        found: list[dict[str, Value]] = [{} for _ in filled]
        for group in range(len(self.groups)):
            way = _Way(self.types, varied)
            for names, zones in filled:
                way.go(self._zones[zones[group]], names.intersection(self.groups[group].fields))
            places = point(way.zone, way.types, way.unlike) if not way.lost else None
            if places is None:
                return None
            for name, place in places.items():
                field, _, step = name.rpartition("#")
                found[int(step)][field] = value_at(self.types[field], place)
        return found


class _Way:
    """A zone of all values that a group's fields get on a way. `a#3` is what was filled into `a` at number 3."""

    def __init__(self, types: Mapping[str, Any], varied: frozenset[str]) -> None:
        self._types = types
        self._varied = varied
        self.types: dict[str, Any] = {}
        self.unlike: dict[str, str] = {}
        self.zone = Zone()
        self.lost = False
        self._step = 0
        self._now: dict[str, str] = {}

    def go(self, zone: Zone, filled: Iterable[str]) -> None:
        """One step on, to where values lie as in this zone."""
        for field in sorted(filled):
            if field in zone.names:
                name, before = f"{field}#{self._step}", self._now.get(field)
                self.types[name] = self._types[field]
                if field in self._varied and before is not None:
                    self.unlike[name] = before
                self._now[field] = name
                self.zone = self.zone.having(name, FREE, FREE)
        self._lie(zone)
        self._step += 1

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


__all__ = ["Filled", "Together", "Zones"]
