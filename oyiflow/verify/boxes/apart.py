"""Values of fields that are compared with one another, and which of them amount to the same.

Whoever fills in a field after another one may come to lie on either side of it, at each distance that is asked for, and so
may the next. So the values of such fields lie in rings: each ring is what lies beside the ring before, and all fields of a
group have the same. Of the values that stand in the same relation to everything that is known, the one of the innermost ring
serves for all (`Spread.kind`), and values that were reached one after the other may be moved inwards together. Whoever comes
to the outermost ring all the same has to say that not everything was tried (`Spread.outermost`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import chain, pairwise
from typing import NamedTuple

from oyiflow.model.values import FieldSpec, FieldType, Value
from oyiflow.verify.boxes.line import DENSE, LINES, MINUTE_TICKS, Stretch, is_value, place_of, value_at, whole_line
from oyiflow.verify.boxes.questions import Survey

RINGS = 5
WIDEST = 160
"""Places at most of a group; with more, there are fewer rings."""

Place = Fraction | int
Rings = dict[Place, int]


class Spread(NamedTuple):
    """The values of one field, those of the inner rings first."""

    values: tuple[Value, ...]
    outermost: frozenset[Value]
    fixed: tuple[Place, ...]
    """The places that matter by themselves: constants that one of the group is compared with, limits of their values."""
    gaps: Mapping[str, tuple[Place, ...]]
    """The distances from each other field that are asked for."""
    type: FieldType
    group: frozenset[str] = frozenset()
    """The fields that are compared with it, or with one of these."""

    def kind(self, value: Value | None, others: Mapping[str, Value]) -> object:
        """What conditions can find out about a value, next to those of other fields; two of one kind amount to the same."""
        place = place_of(value) if value is not None else None
        if place is None:
            return value
        beside = []
        for name, gaps in self.gaps.items():
            other = place_of(others[name]) if name in others else None
            if other is not None:
                beside.append(_between(gaps, place - other))
        return _between(self.fixed, place), tuple(beside)

    def like(self, kind: object, others: Mapping[str, Value]) -> Value | None:
        """The innermost value of a kind, next to those of other fields; else one beside these; None if there is none."""
        return next((value for value in chain(self.values, self._near(others)) if self.kind(value, others) == kind), None)

    def _near(self, others: Mapping[str, Value]) -> Iterator[Value]:
        """What lies beside the values of other fields, wherever these are."""
        step = MINUTE_TICKS if self.type is FieldType.DATETIME else 1
        at = [place for name in self.gaps if name in others and (place := place_of(others[name])) is not None]
        for place in (a + gap + by * step for a in at for gap in _both_ways(self.gaps) for by in (0, 8, -8, 1, -1)):
            if whole_line(self.type).holds(place) and is_value(place, self.type in DENSE):
                yield value_at(self.type, place)


def _both_ways(gaps: Mapping[str, tuple[Place, ...]]) -> list[Place]:
    return sorted({by for found in gaps.values() for gap in found for by in (gap, -gap)}, key=float)


def _between(places: tuple[Place, ...], place: Place) -> int:
    """On which of the places it is, or between which."""
    return bisect_left(places, place) + bisect_right(places, place)


def spreads(fields: Mapping[str, FieldSpec], survey: Survey, own: Mapping[str, list[Value]]) -> dict[str, Spread]:
    """For each field on a line that is compared with another one. `own`: the values that constants tell apart."""
    pairs = {names: gaps for names, gaps in survey.pairs.items() if all(_on_a_line(fields[name].type) for name in names)}
    found: dict[str, Spread] = {}
    for group in _groups(pairs):
        members = [fields[name] for name in sorted(group)]
        gaps = {by for names, asked in pairs.items() if names[0] in group for gap in (0, *asked) for by in (gap, -gap)}
        step = MINUTE_TICKS if any(spec.type is FieldType.DATETIME for spec in members) else 1
        limits = [limit for spec in members for limit in (spec.min, spec.max) if limit is not None]
        values = [value for spec in members for value in own[spec.name]]
        rings = _rings(_places((*values, *limits)), gaps, step)
        dense = all(spec.type in DENSE for spec in members)
        by = gaps if dense else {gap + one for gap in gaps for one in (-step, 0, step)}
        asked_for = {place for name in group if name in survey.questions for place in survey.questions[name].places}
        fixed = _reached({*asked_for, *_places(limits)}, by, len(group) - 1)  # room for what is to lie beyond
        sampled = len(fixed) > WIDEST or not _certain(members, gaps, fixed)
        by_way = tuple(sorted(_reached({0}, by, len(group) - 1)))
        for spec in members:
            values_of = _values(spec, rings)
            direct = _distances(spec.name, pairs)
            found[spec.name] = Spread(
                values=tuple(values_of),
                outermost=frozenset(value for value, ring in values_of.items() if sampled or ring == max(rings.values())),
                fixed=() if sampled else tuple(sorted(fixed)),
                gaps=direct if len(group) == 2 else dict.fromkeys(sorted(group - {spec.name}), by_way),  # a third counts too
                type=spec.type,
                group=frozenset(group),
            )
    return found


def _places(values: Iterable[Value]) -> dict[Place, None]:
    return dict.fromkeys(place for value in values if (place := place_of(value)) is not None)


def _reached(places: set[Place], by: set[Place], times: int) -> set[Place]:
    """Where one comes from these places by so many distances, one after the other."""
    for _ in range(times):
        places = {place + distance for place in places for distance in by}
    return places


def _certain(members: list[FieldSpec], gaps: set[Place], fixed: set[Place]) -> bool:
    """Whether the rings hold a value of every kind: nothing may be asked that lies closer than the steps of the rings."""
    if all(spec.type in (FieldType.INT, FieldType.DATE) for spec in members):
        return len(members) <= 4
    if len(members) > 2:
        return False
    places = sorted(fixed)
    return gaps == {0} and all(high - low > 2 << RINGS for low, high in pairwise(places))


def _on_a_line(kind: FieldType) -> bool:
    return kind in LINES and kind is not FieldType.DURATION  # workdays and hours lie on two


def _groups(pairs: Mapping[tuple[str, str], object]) -> list[set[str]]:
    """Fields that are compared, directly or by way of others."""
    groups: list[set[str]] = []
    for one, other in pairs:
        joined = {one, other}.union(*(group for group in groups if one in group or other in group))
        groups = [*(group for group in groups if not group & joined), joined]
    return groups


def _rings(bases: dict[Place, None], gaps: set[Place], step: int) -> Rings:
    """For each place the ring in which it lies: 0 for the bases."""
    rings: Rings = dict.fromkeys(bases, 0)
    for ring in range(1, RINGS + 1):
        far = step << (RINGS - ring)  # room for what is to lie between
        more = [at + gap + by for at in rings for gap in sorted(gaps) for by in (0, far, -far, step, -step)]
        fresh = dict.fromkeys(place for place in more if place not in rings)
        if ring > 1 and len(rings) + len(fresh) > WIDEST:
            break
        rings.update(dict.fromkeys(fresh, ring))
    return rings


def _values(spec: FieldSpec, rings: Rings) -> dict[Value, int]:
    """The values of one field, and the ring of each."""
    line, values = _limits(spec), dict[Value, int]()
    for place, ring in rings.items():
        at = min(max(place, line.low), line.high)  # what would lie outside lies at the very edge, where nothing is beyond it
        if is_value(at, spec.type in DENSE):
            values.setdefault(value_at(spec.type, at), ring if at == place else 0)
    return values


def _distances(name: str, pairs: Mapping[tuple[str, str], set[Place]]) -> dict[str, tuple[Place, ...]]:
    """The distances from each field that this one is compared with directly."""
    gaps = {}
    for (one, other), asked in pairs.items():
        if name == one:
            gaps[other] = tuple(sorted({0, *asked}))
        elif name == other:
            gaps[one] = tuple(sorted({0, *(-gap for gap in asked)}))
    return gaps


def _limits(spec: FieldSpec) -> Stretch:
    line = whole_line(spec.type)
    low, high = (place_of(limit) if limit is not None else None for limit in (spec.min, spec.max))
    return Stretch(line.low if low is None else low, line.high if high is None else high)
