"""The search for nets whose places may hold several tokens, or whose arcs have weights.

A marking is a tuple of counts. There may be infinitely many, and then one of them is more than one of those that led to it:
what lies between the two can be repeated for ever, and the net is unbounded. So every marking in which a place holds several
tokens is compared with those on its way from the beginning. That is enough: infinitely many markings make an infinite way,
all but finitely many of its markings hold several tokens somewhere, and among infinitely many tuples of counts one is always
at least another that came before it (Dickson's lemma).

Where a net is large, `walk` goes first: a few runs straight ahead. Nothing is decided by a run that meets nothing; but a run
that gets stuck, ends with tokens left, or comes by a marking that is more than one it has passed, shows a mistake as well as
any other. Each run prefers transitions that it has fired least, and turns the order of the others a little further than the
run before, so the same net gives the same runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from oyiflow.verify.nets.net import Arcs
from oyiflow.verify.nets.search import End, Result, leading_to, path, unfired

Counts = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A net as lists of arcs. `ends`, `goals` and `strict` as in `search.Machine`; `single`: a second token on a place is wrong by itself."""

    size: int
    before: tuple[Arcs, ...]
    after: tuple[Arcs, ...]
    start: Counts
    ends: frozenset[int]
    goals: frozenset[Counts]
    strict: tuple[Counts, ...]
    any_end: bool
    single: bool

    def over(self, marking: Counts) -> bool:
        """Whether it may end here."""
        if self.any_end:
            return any(marking) and all(place in self.ends for place, count in enumerate(marking) if count)
        return marking in self.goals

    def too_much(self, marking: Counts) -> bool:
        """Whether this is an end and more."""
        return any(marking != goal and covers(marking, goal) for goal in self.strict)

    def can_fire(self, marking: Counts, number: int) -> bool:
        """Whether a transition is enabled."""
        for place, weight in self.before[number]:  # noqa: SIM110  (several times faster than a generator)
            if marking[place] < weight:
                return False
        return True

    def after_firing(self, marking: Counts, number: int) -> Counts | None:
        """The marking after a transition, None if it cannot fire."""
        if not self.can_fire(marking, number):
            return None
        tokens = list(marking)
        for place, weight in self.before[number]:
            tokens[place] -= weight
        for place, weight in self.after[number]:
            tokens[place] += weight
        return tuple(tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growing:
    """The net is unbounded: the last `repeats` steps of the run can be repeated."""

    explored: int
    fired: tuple[int, ...]
    repeats: int


def covers(more: Counts, less: Counts) -> bool:
    """Whether a marking has, everywhere, at least what the other has."""
    return all(a >= b for a, b in zip(more, less, strict=True))


class _Search:
    def __init__(self, net: Counted) -> None:
        self.net = net
        self.seen = {net.start: 0}
        self.order = [net.start]
        self.origin: list[tuple[int, int]] = [(-1, -1)]
        self.ways: list[list[int]] = []
        self.over: list[int] = []
        self.fired: set[int] = set()
        self.safe = max(net.start, default=0) <= 1

    def run(self, budget: int) -> Result | Growing:
        place = 0
        while place < len(self.order):
            found = self.look(place)
            if found is not None:
                return found
            place += 1
            if len(self.order) > budget:
                return Result(end=End.SPENT, explored=len(self.order))
        return self.judged()

    def look(self, place: int) -> Result | Growing | None:
        """All markings after one."""
        net, marking, way = self.net, self.order[place], []
        if net.too_much(marking):
            return self.result(End.MORE, place)
        for number in range(len(net.before)):
            following = net.after_firing(marking, number)
            if following is None:
                continue
            self.fired.add(number)
            known = self.seen.setdefault(following, len(self.order))
            way.append(known)
            if known == len(self.order):
                self.order.append(following)
                self.origin.append((place, number))
                if (found := self.new(following)) is not None:
                    return found
        self.ways.append(way)
        if net.over(marking):
            self.over.append(place)
        elif not way:
            return self.result(End.STUCK, place)
        return None

    def new(self, marking: Counts) -> Result | Growing | None:
        """What is wrong with a marking that holds too many tokens."""
        if max(marking) <= 1:
            return None
        self.safe = False
        place = len(self.order) - 1
        if self.net.single:
            double = next(number for number, count in enumerate(marking) if count > 1)
            return Result(end=End.TWICE, explored=len(self.order), fired=path(self.origin, place), element=double)
        fired, steps = path(self.origin, place), 0
        while place > 0:
            place, steps = self.origin[place][0], steps + 1
            if covers(marking, self.order[place]):
                return Growing(explored=len(self.order), fired=fired, repeats=steps)
        return None

    def result(self, end: End, place: int) -> Result:
        return Result(end=end, explored=len(self.order), fired=path(self.origin, place))

    def judged(self) -> Result:
        good = leading_to(self.ways, self.over)
        if not all(good):
            return self.result(End.LOST, good.index(False))
        return unfired(sum(1 << number for number in self.fired), len(self.net.before), len(self.order))


def search_counted(net: Counted, budget: int) -> tuple[Result | Growing, bool]:
    """Look at every marking; also whether no place held two tokens in any of those looked at."""
    work = _Search(net)
    if net.single and not work.safe:
        double = next(number for number, count in enumerate(net.start) if count > 1)
        return Result(end=End.TWICE, explored=1, element=double), False
    return work.run(budget), work.safe


RUNS = 24
STEPS = 300
LOOKS = 600_000
"""How often a transition is looked at, in all runs together: a large net gets fewer runs."""


def walk(net: Counted) -> Result | Growing | None:
    """What some run shows to be wrong."""
    runs = min(RUNS, LOOKS // (STEPS * max(1, len(net.before))))
    for number in range(runs):
        if (found := _run(net, number)) is not None:
            return found
    return None


def _run(net: Counted, turn: int) -> Result | Growing | None:
    count = len(net.before)
    times = [0] * count
    passed: list[Counts] = [net.start]
    fired: list[int] = []
    for step in range(STEPS):
        marking = passed[-1]
        if net.too_much(marking):
            return _result(End.MORE, fired)
        shift = turn * (2 * step + 1) * 7919
        can = [number for number in range(count) if net.can_fire(marking, number)]
        if not can:
            return None if net.over(marking) else _result(End.STUCK, fired)
        best = min(can, key=lambda number: (times[number] if turn % 2 else 0, (number * 7907 + shift) % 8191))
        following = net.after_firing(marking, best)
        assert following is not None
        fired.append(best)
        times[best] += 1
        if (found := _grown(net, passed, following, fired)) is not None:
            return found
        passed.append(following)
    return None


def _grown(net: Counted, passed: list[Counts], marking: Counts, fired: list[int]) -> Result | Growing | None:
    if net.single and max(marking) > 1:
        double = next(number for number, count in enumerate(marking) if count > 1)
        return _result(End.TWICE, fired, double)
    total = sum(marking)
    for place in range(len(passed) - 1, -1, -1):
        if sum(passed[place]) < total and covers(marking, passed[place]):
            return Growing(explored=len(fired), fired=tuple(fired), repeats=len(fired) - place)
    return None


def _result(end: End, fired: list[int], element: int = -1) -> Result:
    return Result(end=end, explored=len(fired), fired=tuple(fired), element=element)
