"""Fields that are compared with one another, and all the values that they may hold together.

A `Zone` is a set of such values: how far each field may be above each other one, and where it may lie itself. These are
difference bound matrices (D. L. Dill, *Timing assumptions and verification of finite-state concurrent systems*, 1989): the
bounds are kept as tight as they can be, so that leaving a field out is leaving out its row, and a zone is empty just where
some field would have to be above itself. A `Group` knows what is asked of its fields, and cuts a zone into pieces in which
no question tells two points apart (`Group.pieces`). Nothing is rounded and nothing is left out; only where whole numbers
are compared with decimals a zone may hold no point at all, and then `point` says so.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from copy import copy
from fractions import Fraction
from math import ceil, floor, inf, isinf
from typing import NamedTuple

from oyiflow.model.values import FieldSpec, FieldType
from oyiflow.verify.boxes.line import DENSE, LINES, MINUTE_TICKS, Stretch, is_value, place_of, pleasant, whole_line
from oyiflow.verify.boxes.questions import Survey
from oyiflow.verify.days import MONDAY, Bounds

Place = Fraction | int
Bound = tuple[Place | float, int]
"""At most so much, and 0; or less than that, and -1. Of two bounds the lesser is the tighter."""
FREE: Bound = (inf, 0)
ITSELF: Bound = (0, 0)
NOW = "#today"
"""Beside the fields of a group that lie to the day on which they are filled in: that day, or moment. It only moves on."""
Row = tuple[Bound, ...]


class Question(NamedTuple):
    """On which side of a place the one field lies, seen from the other one; or from zero, if that has no name."""

    one: str
    other: str
    place: Place


class Zone(NamedTuple):
    """Values of some fields. `bounds[i][j]`: how far `names[i - 1]` may be above `names[j - 1]`; number 0 is zero itself."""

    names: tuple[str, ...] = ()
    bounds: tuple[Row, ...] = ((ITSELF,),)

    def takes_in(self, other: Zone) -> bool:
        """Whether every point of the other one lies in it, and both are of the same fields."""
        return self.names == other.names and all(
            mine >= its
            for row, its_row in zip(self.bounds, other.bounds, strict=True)
            for mine, its in zip(row, its_row, strict=True)
        )

    def without(self, names: Iterable[str]) -> Zone:
        """Where some fields hold anything, or nothing."""
        gone = set(names)
        kept = [0, *(number for number, name in enumerate(self.names, 1) if name not in gone)]
        if len(kept) == len(self.bounds):
            return self
        bounds = tuple(tuple(self.bounds[i][j] for j in kept) for i in kept)
        return Zone(tuple(self.names[i - 1] for i in kept[1:]), bounds)

    def beyond(self, wider: Zone) -> Iterator[Question]:
        """Where this zone ends and a wider one of the same names does not."""
        names = ("", *self.names)
        for one, (row, wide) in enumerate(zip(self.bounds, wider.bounds, strict=True)):
            for other, (bound, most) in enumerate(zip(row, wide, strict=True)):
                if bound < most and one:
                    yield Question(names[one], names[other], bound[0])  # type: ignore[arg-type]
                elif bound < most:
                    yield Question(names[other], "", -bound[0])  # type: ignore[arg-type]

    def later(self, first: Bound) -> Zone:
        """When days may have passed: today is no longer bound from above. `first`: before which it never lies."""
        if NOW not in self.names:
            return self
        today = self.names.index(NOW) + 1
        freed = tuple(ITSELF if number == today else FREE for number in range(len(self.bounds)))
        found = Zone(self.names, (*self.bounds[:today], freed, *self.bounds[today + 1 :]))
        anyhow = found.without((NOW,))
        return anyhow if anyhow.having(NOW, first, FREE).ordered() == found else found

    def having(self, name: str, low: Bound, high: Bound) -> Zone:
        """With one more field, between two limits: at most `high`, and `low` is what its negative is at most."""
        above = tuple(_plus(high, row) for row in self.bounds[0])
        bounds = tuple((*row, _plus(row[0], low)) for row in self.bounds)
        return Zone((*self.names, name), (*bounds, (*above, ITSELF)))

    def ordered(self) -> Zone:
        """The same, with the names in their order: equal zones are then alike."""
        order = [0, *sorted(range(1, len(self.bounds)), key=lambda number: self.names[number - 1])]
        return Zone(tuple(sorted(self.names)), tuple(tuple(self.bounds[i][j] for j in order) for i in order))

    def within(self, one: int, other: int, bound: Bound) -> Zone | None:
        """Where the one is no farther above the other than that; None if there is no such place."""
        if bound >= self.bounds[one][other]:
            return self
        if _plus(self.bounds[other][one], bound) < ITSELF:
            return None
        past = [_plus(bound, to) for to in self.bounds[other]]
        bounds = tuple(
            row if row[one][0] == inf else tuple(min(now, _plus(row[one], by)) for now, by in zip(row, past, strict=True))
            for row in self.bounds
        )
        return Zone(self.names, bounds)


class Group:
    """Some fields that are compared with one another, and what is asked of them."""

    def __init__(self, fields: Mapping[str, FieldSpec], names: Iterable[str], survey: Survey, days: Bounds) -> None:
        self.fields = {name: fields[name] for name in sorted(names)}
        self.days = Bounds(days.not_before & self.fields.keys(), days.not_after & self.fields.keys())
        self.types = {name: spec.type for name, spec in self.fields.items()}
        if dated := self.days.not_before | self.days.not_after:
            self.types[NOW] = self.types[min(dated)]
        first = place_of(MONDAY if self.types.get(NOW) is FieldType.DATETIME else MONDAY.date())
        assert first is not None, "days and moments lie on a line"
        self.first: Bound = (-first, 0)
        """Before what day nothing is filled in."""
        self.dense = frozenset(name for name, spec in self.fields.items() if spec.type in DENSE)
        self._questions = {
            Question(name, "", place)
            for name in self.fields
            if name in survey.questions
            for place in survey.questions[name].places
        }
        self._questions |= {
            Question(one, other, gap) for (one, other), gaps in survey.pairs.items() if one in self.fields for gap in gaps
        }

    def asking(self, more: Iterable[Question]) -> Group:
        """The same group, of which more is asked."""
        found = copy(self)
        found._questions = self._questions | {one for one in more if one.one in self.fields or one.other in self.fields}
        return found

    def pieces(self, zone: Zone, names: Iterable[str], after: str = "") -> Iterator[Zone]:
        """What the zone becomes when these fields are filled in, with whatever: cut along all that is asked of them.

        `after`: a field with the day before which this is not done.
        """
        fresh = sorted(names)
        zone = zone.without(fresh)
        for name in fresh:
            low, high = self._limits(name)
            if _plus(low, high) < ITSELF:
                return
            zone = zone.having(name, low, high)
        dated = self._dated(zone, fresh, after)
        if dated is not None:
            ready = dated.ordered()
            yield from self._cut(ready, self._asked(ready.names, frozenset(fresh)))

    def is_dated(self, names: Iterable[str]) -> bool:
        """Whether some of the fields lie to the day on which they are filled in."""
        return not (self.days.not_before | self.days.not_after).isdisjoint(names)

    def _dated(self, zone: Zone, fresh: list[str], after: str) -> Zone | None:
        """With the day on which these fields are filled in."""
        if not self.is_dated(fresh):
            return zone
        found: Zone | None = zone if NOW in zone.names else zone.having(NOW, self.first, FREE)
        limits = [(name, NOW) for name in fresh if name in self.days.not_after]
        limits += [(NOW, name) for name in fresh if name in self.days.not_before]
        limits += [(after, NOW)] if after in zone.names else []
        for one, other in limits:
            found = found and found.within(found.names.index(one) + 1, found.names.index(other) + 1, ITSELF)
        return found

    def _asked(self, names: tuple[str, ...], fresh: frozenset[str]) -> list[tuple[int, int, Place]]:
        number = {"": 0, **{name: at for at, name in enumerate(names, 1)}}
        return sorted(
            (number[one], number[other], place)
            for one, other, place in self._questions
            if one in number and other in number and not fresh.isdisjoint((one, other))
        )

    def _cut(self, zone: Zone, questions: list[tuple[int, int, Place]]) -> Iterator[Zone]:
        stack = [(zone, 0)]
        while stack:
            zone, asked = stack.pop()
            if asked == len(questions):
                yield zone
                continue
            one, other, place = questions[asked]
            most = self._within(zone, one, other, (place, 0))
            same = self._within(most, other, one, (-place, 0)) if most is not None else None
            more, less = self._within(zone, other, one, (-place, -1)), self._within(zone, one, other, (place, -1))
            stack += [(part, asked + 1) for part in (same, more, less) if part is not None]

    def _within(self, zone: Zone, one: int, other: int, bound: Bound) -> Zone | None:
        """See `Zone.within`; a bound between whole numbers is a whole number."""
        discrete = not any(at and zone.names[at - 1] in self.dense for at in (one, other))
        return zone.within(one, other, whole(bound) if discrete else bound)

    def _limits(self, name: str) -> tuple[Bound, Bound]:
        low, high = (place_of(limit) if limit is not None else None for limit in (self.fields[name].min, self.fields[name].max))
        return FREE if low is None else (-low, 0), FREE if high is None else (high, 0)


def groups(fields: Mapping[str, FieldSpec], survey: Survey, days: Bounds) -> tuple[Group, ...]:
    """The fields on a line that are compared, directly or by way of others, or by way of the day on which they are filled in."""
    dated = [name for name in survey.questions if name in days.not_before | days.not_after]
    kinds = dict.fromkeys(fields[name].type for name in dated)
    found = [{name for name in dated if fields[name].type is kind} for kind in kinds]
    for pair in survey.pairs:
        if all(fields[name].type in LINES - {FieldType.DURATION} for name in pair):  # workdays and hours lie on two lines
            joined = set(pair).union(*(group for group in found if not group.isdisjoint(pair)))
            found = [*(group for group in found if not group <= joined), joined]
    return tuple(Group(fields, names, survey, days) for names in found)


def point(
    zone: Zone, types: Mapping[str, FieldType], unlike: Mapping[str, str] | None = None, soon: Container[str] = ()
) -> dict[str, Place] | None:
    """A place for each field, those that read best; None if none is found.

    `unlike`: fields that are to differ from others. `soon`: those that are to lie as early as they can.
    """
    found: dict[str, Place] = {}
    at: list[Place | None] = [0, *(None for _ in zone.names)]
    for number, name in sorted(
        enumerate(zone.names, 1), key=lambda one: types[one[1]] in DENSE
    ):  # room for whole numbers first
        piece = _piece(zone, number, at, types[name])
        if piece is None:
            return None
        place = _soonest(piece, types[name]) if name in soon else pleasant(piece, types[name])
        other = found.get(unlike[name]) if unlike and name in unlike else None
        if place == other:
            place = next(
                (one for one in (place + 1, place - 1, piece.low, piece.high) if piece.holds(one) and one != other), place
            )
        if not is_value(place, types[name] in DENSE):
            return None
        at[number] = found[name] = place
    return found


def _soonest(piece: Stretch, kind: FieldType) -> Place:
    """The first day, or the first whole minute if there is one."""
    minute = -(-piece.low // MINUTE_TICKS) * MINUTE_TICKS if kind is FieldType.DATETIME else piece.low
    return minute if piece.holds(minute) else piece.low


def _piece(zone: Zone, number: int, at: list[Place | None], kind: FieldType) -> Stretch | None:
    """Where a field may lie, when those before it lie so."""
    line, bounds = whole_line(kind), zone.bounds
    known = [(other, place) for other, place in enumerate(at) if place is not None]
    high, under = min(_plus(bounds[number][other], (place, 0)) for other, place in known)
    low, over = min(_plus(bounds[other][number], (-place, 0)) for other, place in known)
    if kind not in DENSE:
        (high, under), (low, over) = whole((high, under)), whole((low, over))
    most, least = min(high, line.high), max(-low, line.low)
    if least > most or (least == most and (under or over)):
        return None
    return Stretch(least, most, bool(over) and not isinf(low), bool(under) and not isinf(high))  # type: ignore[arg-type]


def whole(bound: Bound) -> Bound:
    """The bound that says the same of whole numbers, and is met."""
    most, strict = bound
    if most == inf:
        return FREE
    return (ceil(most) - 1, 0) if strict else (floor(most), 0)


def _plus(one: Bound, other: Bound) -> Bound:
    most = one[0] + other[0]
    return (most, one[1] | other[1]) if most != inf else FREE


__all__ = ["FREE", "NOW", "Bound", "Group", "Place", "Question", "Zone", "groups", "point", "whole"]
