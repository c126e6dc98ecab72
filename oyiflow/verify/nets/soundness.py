"""Is a net sound: from every marking that can be reached, an end can be reached; an end is nothing but an end; each transition
fires in some run. One function, `soundness`.

How: all markings of the net as it stands, breadth first, if they are few; what is found then is found on a shortest run. Else
the net is made smaller (`reduce`) and searched again; then with stubborn sets (`stubborn`); then in full until the budget is
spent. Every step either decides exactly or hands on; a search that ran out of its budget answers "undecided" and nothing else.

Two tokens on one place: with a single end or given final markings that is allowed, and counted (`counted`). In a free-choice
workflow net it is wrong all the same, since a sound one never does it (W. van der Aalst), so it is reported at once. With
several ends (`Ends.ANY`) it is wrong by definition: two tokens on one flow are a missing synchronisation (Fahland and others,
"Instantaneous soundness checking of industrial business process models", 2009).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oyiflow.verify.nets.counted import Counted, Counts, Growing, search_counted, walk
from oyiflow.verify.nets.net import Arcs, Ends, Kind, Net, Status, Verdict, replay
from oyiflow.verify.nets.reduce import Kernel, reduced, whole
from oyiflow.verify.nets.search import End, Machine, Result, machine, search
from oyiflow.verify.nets.shape import is_free_choice_workflow_net
from oyiflow.verify.nets.stubborn import search_stubborn

BUDGET = 200_000
KINDS = {
    End.TWICE: Kind.UNSAFE,
    End.STUCK: Kind.DEADLOCK,
    End.LOST: Kind.LIVELOCK,
    End.MORE: Kind.IMPROPER,
    End.NEVER: Kind.DEAD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """When to go on to the next way of searching: after so many markings of the net as it stands, and of the smaller net.

    With `reduce` off, what would be done with the smaller net is done with the net as it stands.
    """

    as_it_stands: int = 400
    smaller: int = 4_000
    reduce: bool = True


USUAL = Effort()


def soundness(
    net: Net, *, budget: int = BUDGET, ends: Ends = Ends.ANY, safe: bool | None = None, effort: Effort = USUAL
) -> Verdict:
    """Whether the net is sound, and if it is not, a run of it that shows why.

    `ends`: what several end places mean, if the net has no final markings of its own. `safe`: whether two tokens on a place are
    wrong by themselves; None: yes with several ends that mean `ANY`, else no. `budget`: markings to look at in any one search.
    """
    if not net.start:
        return Verdict(status=Status.UNSOUND, kind=Kind.SHAPE, element="start")
    if not net.finals and not net.ends:
        return Verdict(status=Status.UNSOUND, kind=Kind.SHAPE, element="end")
    return _Question(net, budget, _goal(net, ends), safe, effort).answer()


@dataclass(frozen=True, slots=True)
class _Goal:
    """Where it may end: any marking within `places` (`any_end`), or one of `markings`, which concern only `places`.

    `strict`: the markings that none may exceed. If one is part of another, it is no mistake to have more than it.
    """

    places: frozenset[int]
    markings: tuple[Arcs, ...] = ()
    strict: tuple[Arcs, ...] = ()
    any_end: bool = False


def _goal(net: Net, ends: Ends) -> _Goal:
    if net.finals:
        strict = tuple(one for one in net.finals if not any(_part(one, other) for other in net.finals))
        return _Goal(frozenset(place for marking in net.finals for place, _ in marking), net.finals, strict)
    if ends is Ends.ANY and len(net.ends) > 1:
        return _Goal(frozenset(net.ends), any_end=True)
    single = tuple(((place, 1),) for place in net.ends)
    return _Goal(frozenset(net.ends), single, single)


def _part(less: Arcs, more: Arcs) -> bool:
    there = dict(more)
    return set(less) != set(more) and all(count <= there.get(place, 0) for place, count in less)


class _Question:
    def __init__(self, net: Net, budget: int, goal: _Goal, safe: bool | None, effort: Effort) -> None:
        self.net, self.budget, self.goal = net, budget, goal
        self.reduce = effort.reduce
        self.wrong_twice: bool | None = None
        self.few, self.some = min(effort.as_it_stands, budget), min(effort.smaller, budget)
        self.single = goal.any_end if safe is None else safe
        self.explored = 0

    def answer(self) -> Verdict:
        kernel = whole(self.net)
        if kernel.heavy or any(count != 1 for count in kernel.tokens.values()):
            return self.with_counting(kernel)
        if not self.few:
            return self.large()
        result = search(self.machine(kernel), self.few)
        if result.end is End.SPENT:
            return self.large()
        if result.end is not End.TWICE or self.twice_is_wrong():
            return self.verdict(kernel, result)
        return self.with_counting(kernel)

    def with_counting(self, kernel: Kernel) -> Verdict:
        """A net whose places may hold several tokens: as it stands, then smaller."""
        found = self.counted(kernel, self.few) if self.few else None
        if found is not None and (found.status is not Status.UNDECIDED or self.few == self.budget):
            return found
        return self.counted(self.smaller(), self.budget)

    def smaller(self) -> Kernel:
        return reduced(self.net, self.goal.places, self.goal.any_end) if self.reduce else whole(self.net)

    def machine(self, kernel: Kernel) -> Machine:
        goal = self.goal
        return machine(kernel, goal.places, _plain(goal.markings), _plain(goal.strict), goal.any_end)

    def large(self) -> Verdict:
        """A net with many markings."""
        kernel = self.smaller()
        if any(count > 1 for count in kernel.tokens.values()):  # laid there by moving the tokens of the beginning
            return self.verdict(kernel, Result(end=End.TWICE, explored=1, element=_double(kernel)))
        quick = self.machine(kernel)
        result = search(quick, self.some) if self.some else None
        if result is None or result.end is End.SPENT:
            return self.very_large(kernel, quick)
        return self.verdict(kernel, result)

    def very_large(self, kernel: Kernel, quick: Machine) -> Verdict:
        """A few runs ahead; stubborn sets where they are exact; everything where they are not or prove too little."""
        if self.some and (wrong := walk(self.tokens(kernel))) is not None:
            return self.counted_verdict(kernel, wrong, None)
        found = Result(end=End.SPENT, explored=0)
        ends_are_still = not any(before & quick.ends for before in quick.before)
        if ends_are_still and all(quick.before) and all(quick.after):
            found = search_stubborn(quick, self.budget)
            if found.end is End.SPENT or (found.end is End.ALL and self.single):
                self.explored += found.explored
            else:
                return self.verdict(kernel, found, safe=None)
        return self.verdict(kernel, search(quick, self.budget))

    def twice_is_wrong(self) -> bool:
        """Whether two tokens on a place already show that the net is not sound."""
        if self.wrong_twice is None:
            self.wrong_twice = self.single or (not self.net.finals and is_free_choice_workflow_net(self.net))
        return self.wrong_twice

    def counted(self, kernel: Kernel, budget: int) -> Verdict:
        work = self.tokens(kernel)
        if budget > self.few and (found := walk(work)) is not None:
            return self.counted_verdict(kernel, found, None)
        result, safe = search_counted(work, budget)
        return self.counted_verdict(kernel, result, safe)

    def tokens(self, kernel: Kernel) -> Counted:
        numbers = {place: number for number, place in enumerate(kernel.places)}
        heavy = kernel.heavy

        def arcs(side: Iterable[frozenset[int]], output: bool) -> tuple[Arcs, ...]:
            return tuple(
                tuple((numbers[place], heavy.get((number, place, output), 1)) for place in places)
                for number, places in enumerate(side)
            )

        return Counted(
            size=len(kernel.places),
            before=arcs(kernel.before, False),
            after=arcs(kernel.after, True),
            start=_counts(kernel.tokens.items(), numbers),
            ends=frozenset(numbers[place] for place in self.goal.places if place in numbers),
            goals=frozenset(_counts(marking, numbers) for marking in self.goal.markings),
            strict=tuple(_counts(marking, numbers) for marking in self.goal.strict),
            any_end=self.goal.any_end,
            single=self.twice_is_wrong(),
        )

    def counted_verdict(self, kernel: Kernel, result: Result | Growing, safe: bool | None) -> Verdict:
        if isinstance(result, Growing):
            trace = self.names(kernel, result.fired)
            repeats = len(kernel.lifted(result.fired[len(result.fired) - result.repeats :]))
            return self.unsound(Kind.UNBOUNDED, trace, result.explored, repeats=repeats)
        return self.verdict(kernel, result, safe=safe)

    # -- from a result to a verdict ------------------------------------------------------------------------------------------

    def verdict(self, kernel: Kernel, result: Result, safe: bool | None = True) -> Verdict:
        explored = result.explored
        if result.end is End.SPENT:
            return Verdict(status=Status.UNDECIDED, explored=explored + self.explored)
        if result.end is End.ALL:
            return Verdict(status=Status.SOUND, explored=explored + self.explored, safe=safe)
        if result.end is End.NEVER:
            dead = tuple(self.net.transitions[kernel.speaks_for[number]] for number in result.never)
            return Verdict(status=Status.UNSOUND, kind=Kind.DEAD, element=dead[0], dead=dead, explored=explored + self.explored)
        trace = self.names(kernel, result.fired)
        if result.end is End.TWICE:
            if not self.twice_is_wrong():
                return self.counted(kernel, self.budget)
            place = self.net.places[kernel.places[result.element]]
            return self.unsound(Kind.UNSAFE, trace, explored, element=place)
        if result.end is End.STUCK:
            return self.stuck(trace, explored)
        return self.unsound(KINDS[result.end], trace, explored)

    def names(self, kernel: Kernel, fired: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.net.transitions[number] for number in kernel.trace(fired))

    def unsound(self, kind: Kind, trace: tuple[str, ...], explored: int, *, element: str = "", repeats: int = 0) -> Verdict:
        return Verdict(
            status=Status.UNSOUND,
            kind=kind,
            trace=trace,
            marking=tuple(replay(self.net, trace).items()),
            element=element,
            explored=explored + self.explored,
            safe=False if kind is Kind.UNSAFE else None,
            repeats=repeats,
        )

    def stuck(self, trace: tuple[str, ...], explored: int) -> Verdict:
        """Transitions that the smaller net puts off may still fire before nothing can; then it does stand still."""
        net = self.net
        numbers = {name: number for number, name in enumerate(net.places)}
        tokens = {numbers[name]: count for name, count in replay(net, trace).items()}
        takers: dict[int, list[int]] = {}
        for number, arcs in enumerate(net.inputs):
            for place, _ in arcs:
                takers.setdefault(place, []).append(number)
        more: list[str] = []
        todo = list(range(len(net.transitions) - 1, -1, -1))
        while todo:
            number = todo.pop()
            if not all(tokens.get(place, 0) >= weight for place, weight in net.inputs[number]):
                continue
            if len(more) > len(net.transitions):
                return self.unsound(Kind.LIVELOCK, trace, explored)
            more.append(net.transitions[number])
            for place, weight in net.inputs[number]:
                tokens[place] -= weight
            for place, weight in net.outputs[number]:
                tokens[place] = tokens.get(place, 0) + weight
            todo += [number, *(one for place, _ in net.outputs[number] for one in takers.get(place, ()))]
        return self.unsound(Kind.DEADLOCK, (*trace, *more), explored)


def _plain(markings: Iterable[Arcs]) -> list[list[int]]:
    """Those in which no place holds two tokens: the others are not met before one does."""
    return [[place for place, _ in marking] for marking in markings if all(count == 1 for _, count in marking)]


def _double(kernel: Kernel) -> int:
    return next(number for number, place in enumerate(kernel.places) if kernel.tokens.get(place, 0) > 1)


def _counts(tokens: Iterable[tuple[int, int]], numbers: dict[int, int]) -> Counts:
    counts = [0] * len(numbers)
    for place, count in tokens:
        counts[numbers[place]] = count
    return tuple(counts)
