"""Every marking that a net can reach, breadth first, until something is wrong or the budget is spent.

`Machine` is a net made ready for it: places are bits, and a marking in which no place holds two tokens is one integer. Which
transitions are enabled is carried along from marking to marking: firing t can only touch those that share a place with it.
As soon as a place would hold two tokens, `search` says so and stops; what that means is for the caller to say.

Breadth first, so whatever is found is found on a shortest run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from oyiflow.verify.nets.net import Net
from oyiflow.verify.nets.reduce import Kernel, whole


class End(Enum):
    """How a search ended."""

    ALL = auto()
    """Every marking was looked at, and nothing is wrong."""
    SPENT = auto()
    TWICE = auto()
    """A place would hold two tokens."""
    STUCK = auto()
    LOST = auto()
    """Markings go round for ever, and none of them leads to an end."""
    MORE = auto()
    """An end was reached with tokens elsewhere."""
    NEVER = auto()
    """A transition that nothing fires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`fired` leads to what was found; `element` is a place (TWICE) or a transition (NEVER) by its number in the machine."""

    end: End
    explored: int
    fired: tuple[int, ...] = ()
    element: int = -1
    never: tuple[int, ...] = ()
    """All transitions that nothing fires."""


def unfired(fired: int, count: int, explored: int) -> Result:
    """The result when an end can be reached from everywhere: are there transitions that never fire."""
    never = tuple(number for number in range(count) if not fired >> number & 1)
    if not never:
        return Result(end=End.ALL, explored=explored)
    return Result(end=End.NEVER, explored=explored, element=never[0], never=never)


@dataclass(slots=True)
class Machine:
    """A net whose markings are integers.

    `goals`: markings in which it may end; with `any_end`, all markings within `ends`. `strict`: those of the goals that no
    marking may exceed.
    """

    before: list[int]
    after: list[int]
    start: int
    ends: int
    goals: frozenset[int]
    strict: tuple[int, ...]
    any_end: bool
    takers: list[int]
    """For each place, the transitions that take from it, as bits."""
    makers: list[int]
    hurt: list[int] = field(default_factory=list)
    """For each transition, those that share an input with it, itself included."""
    helped: list[tuple[tuple[int, int], ...]] = field(default_factory=list)
    """For each transition, those that take from where it lays tokens: their bit and what they need."""

    def over(self, marking: int) -> bool:
        """Whether it may end here."""
        return (not marking & ~self.ends and marking != 0) if self.any_end else marking in self.goals

    def too_much(self, marking: int) -> bool:
        """Whether this is an end and more."""
        return any(marking & goal == goal and marking != goal for goal in self.strict)

    def enabled(self, marking: int) -> int:
        """The enabled transitions, as bits."""
        found = 0
        for number, before in enumerate(self.before):
            if marking & before == before:
                found |= 1 << number
        return found


Goals = Iterable[Iterable[int]]
"""Markings as places."""


def machine(kernel: Kernel, ends: Iterable[int], goals: Goals, strict: Goals, any_end: bool) -> Machine:
    """The kernel as a machine. No place may hold two tokens at the beginning."""
    bits = {place: 1 << number for number, place in enumerate(kernel.places)}
    before = [sum(map(bits.__getitem__, places)) for places in kernel.before]
    after = [sum(map(bits.__getitem__, places)) for places in kernel.after]
    takers, makers = dict.fromkeys(kernel.places, 0), dict.fromkeys(kernel.places, 0)
    taking: dict[int, list[int]] = {place: [] for place in kernel.places}
    for number, (wanted, laid) in enumerate(zip(kernel.before, kernel.after, strict=True)):
        bit = 1 << number
        for place in wanted:
            takers[place] |= bit
            taking[place].append(number)
        for place in laid:
            makers[place] |= bit
    hurt, helped = [], []
    for wanted, laid in zip(kernel.before, kernel.after, strict=True):
        mask = 0
        for place in wanted:
            mask |= takers[place]
        hurt.append(mask)
        near = taking[next(iter(laid))] if len(laid) == 1 else sorted({one for place in laid for one in taking[place]})
        helped.append(tuple((1 << one, before[one]) for one in near))
    return Machine(
        before=before,
        after=after,
        start=sum(bits[place] for place in kernel.tokens),
        ends=sum(bits[place] for place in ends if place in bits),
        goals=frozenset(sum(bits[place] for place in goal) for goal in goals),
        strict=tuple(sum(bits[place] for place in goal) for goal in strict),
        any_end=any_end,
        takers=[takers[place] for place in kernel.places],
        makers=[makers[place] for place in kernel.places],
        hurt=hurt,
        helped=helped,
    )


def search(net: Machine, budget: int) -> Result:
    """Look at every marking."""
    before, after, hurt, helped, strict = net.before, net.after, net.hurt, net.helped, net.strict
    seen = {net.start: 0}
    order, enabled, origin = [net.start], [net.enabled(net.start)], [(-1, -1)]
    ways: list[list[int]] = []
    over: list[int] = []
    fired, place = 0, 0
    while place < len(order):
        marking, can = order[place], enabled[place]
        if net.over(marking):
            over.append(place)
        elif not can:
            return Result(end=End.STUCK, explored=len(order), fired=path(origin, place))
        elif strict and net.too_much(marking):
            return Result(end=End.MORE, explored=len(order), fired=path(origin, place))
        fired |= can
        way: list[int] = []
        left = can
        while left:
            low = left & -left
            left ^= low
            number = low.bit_length() - 1
            rest = marking & ~before[number]
            if rest & after[number]:
                return twice(net, origin, place, number, len(order))
            following = rest | after[number]
            known = seen.setdefault(following, len(order))
            way.append(known)
            if known == len(order):
                now = can & ~hurt[number]
                for bit, wanted in helped[number]:
                    if following & wanted == wanted:
                        now |= bit
                order.append(following)
                enabled.append(now)
                origin.append((place, number))
        ways.append(way)
        place += 1
        if len(order) > budget:
            return Result(end=End.SPENT, explored=len(order))
    return judged(net, fired, ways, over, origin)


def run_to(net: Net, wanted: Iterable[Iterable[str]], budget: int) -> tuple[str, ...] | None:
    """A shortest run after which one place of each of these groups is marked, in a net that never marks one twice."""
    bits = {name: 1 << number for number, name in enumerate(net.places)}
    masks = [sum(bits[name] for name in names if name in bits) for names in wanted]
    quick = machine(whole(net), (), (), (), any_end=False)
    seen, order, origin = {quick.start}, [quick.start], [(-1, -1)]
    for place, marking in enumerate(order):
        if all(marking & mask for mask in masks):
            return tuple(net.transitions[number] for number in path(origin, place))
        for number, before in enumerate(quick.before):
            if marking & before == before and (following := marking & ~before | quick.after[number]) not in seen:
                seen.add(following)
                order.append(following)
                origin.append((place, number))
        if len(order) > budget:
            break
    return None


def judged(net: Machine, fired: int, ways: list[list[int]], over: list[int], origin: list[tuple[int, int]]) -> Result:
    """When all markings are known: does each lead to an end, and does each transition fire somewhere."""
    good = leading_to(ways, over)
    if not all(good):
        return Result(end=End.LOST, explored=len(ways), fired=path(origin, good.index(False)))
    return unfired(fired, len(net.before), len(ways))


def leading_to(ways: list[list[int]], goals: Iterable[int]) -> list[bool]:
    """For each marking, whether some way leads to one of the goals."""
    back: list[list[int]] = [[] for _ in ways]
    for here, way in enumerate(ways):
        for there in way:
            back[there].append(here)
    todo = list(goals)
    good = [False] * len(ways)
    for one in todo:
        good[one] = True
    while todo:
        for one in back[todo.pop()]:
            if not good[one]:
                good[one] = True
                todo.append(one)
    return good


def twice(net: Machine, origin: list[tuple[int, int]], place: int, number: int, explored: int) -> Result:
    """The result when firing a transition lays a second token on a place."""
    marking = net.start if place == 0 else _marking(net, path(origin, place))
    double = marking & ~net.before[number] & net.after[number]
    element = (double & -double).bit_length() - 1
    return Result(end=End.TWICE, explored=explored, fired=(*path(origin, place), number), element=element)


def _marking(net: Machine, fired: Iterable[int]) -> int:
    marking = net.start
    for number in fired:
        marking = marking & ~net.before[number] | net.after[number]
    return marking


def path(origin: list[tuple[int, int]], place: int) -> tuple[int, ...]:
    """The transitions that led to a marking."""
    fired: list[int] = []
    while place > 0:
        place, number = origin[place]
        fired.append(number)
    return tuple(reversed(fired))
