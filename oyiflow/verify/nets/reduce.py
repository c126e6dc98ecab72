"""Making a net smaller without changing the verdict, and remembering how, so that a run of the small net is one of the large.

`kept` places (ends, and places of final markings) are never taken away, nor are places at an arc with a weight; a transition
with such an arc is not merged into others. So all arcs below have weight 1. Written: p a place,
•p the transitions that lay tokens there, p• those that take some; •t and t• the places before and after a transition.
A rule is used only where its side conditions hold; each keeps, in both directions: from every reachable marking an end can
be reached; no reachable marking is an end and more; no transition is dead; no place ever holds two tokens; the number of
tokens is bounded. The sketches below compare a marking with the one in which the work that was merged has been done.

after    p• = {t}, •t = {p}, t• not empty, p not in t•: whoever lays a token on p lays it on t• at once. t needs nothing but
         that token and can do no harm by being done early, nor help by being late: t• stays marked until somebody takes
         it, so two tokens on p become two on some place of t•. t is dead only if all of •p are. Tokens that lie on p at the
         beginning are moved, and t goes to the front of every run.
choice   •p = {u}, p empty at the beginning, every c in p• has •c = {p}: the choice is made when u fires, one transition for
         each pair. As above; c is dead only if u is.
before   •p = {u}, u• = {p}, p empty at the beginning, and u alone takes from •u: u waits until somebody wants the token, and
         each c in p• takes from •u instead. What u could take nobody else can, so it may wait; two tokens on p become two
         on every place of •u.
same     two places with the same transitions before and after and the same tokens at the beginning always hold the same, so
         one of them goes; but not if one is an end and the other is not, and both ends only where it does not matter on
         which ends tokens lie. Of two transitions with the same places before and after one goes.
loop     t with •t = t• = {p} changes nothing. It goes if p is marked at the beginning or something else lays tokens there: if
         t is dead, then so is that other transition.

A merged transition stands for a sequence of transitions of the net as it was given: `Kernel.steps`. It is a tree of pairs, so
that merging costs nothing, however long the sequence grows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from oyiflow.verify.nets.net import Net

Steps: TypeAlias = "int | tuple[Steps, Steps] | None"
"""A sequence of transitions: one, two sequences one after the other, or none."""

GROWTH = 8
"""How many arcs a rule may add when it makes several transitions of one. More would let some nets grow faster than they shrink."""
MANY = 8
"""More tokens of the beginning are not moved: each move is a step of every run."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """What is left: places by their old numbers, transitions with the places before and after, and what each stands for."""

    places: tuple[int, ...]
    before: tuple[frozenset[int], ...]
    after: tuple[frozenset[int], ...]
    steps: tuple[Steps, ...]
    speaks_for: tuple[int, ...]
    """For each transition, the one of the net as given that is dead if this one is."""
    tokens: dict[int, int]
    prefix: Steps
    heavy: dict[tuple[int, int, bool], int]
    """Weights other than 1: of (transition of the kernel, place, whether it is an output)."""

    def trace(self, fired: Iterable[int]) -> list[int]:
        """The transitions of the net as given for a run of the kernel, which begins after `prefix`."""
        return [*_flat([self.prefix]), *self.lifted(fired)]

    def lifted(self, fired: Iterable[int]) -> list[int]:
        """The same without `prefix`."""
        return _flat(self.steps[number] for number in fired)


def _flat(sequences: Iterable[Steps]) -> list[int]:
    found: list[int] = []
    for one in sequences:
        stack = [one]
        while stack:
            top = stack.pop()
            if isinstance(top, int):
                found.append(top)
            elif top is not None:
                stack += (top[1], top[0])
    return found


def whole(net: Net) -> Kernel:
    """The net as it is, in the same form."""
    count = range(len(net.transitions))
    return Kernel(
        places=tuple(range(len(net.places))),
        before=tuple(frozenset(place for place, _ in arcs) for arcs in net.inputs),
        after=tuple(frozenset(place for place, _ in arcs) for arcs in net.outputs),
        steps=tuple(count),
        speaks_for=tuple(count),
        tokens=dict(net.start),
        prefix=None,
        heavy=_heavy(net),
    )


def _heavy(net: Net) -> dict[tuple[int, int, bool], int]:
    found = {}
    for output, side in ((False, net.inputs), (True, net.outputs)):
        for number, arcs in enumerate(side):
            for place, weight in arcs:
                if weight != 1:
                    found[number, place, output] = weight
    return found


def reduced(net: Net, kept: frozenset[int], ends_alike: bool = False) -> Kernel:
    """The net after all rules have been used until none applies. `ends_alike`: it does not matter on which of `kept` tokens lie."""
    work = _Reduction(net, kept, ends_alike)
    work.run()
    return work.kernel()


class _Reduction:
    """Sets that shrink. `before[t]` and `after[t]` are None once t is gone, `makers[p]` and `takers[p]` once p is gone."""

    def __init__(self, net: Net, kept: frozenset[int], ends_alike: bool) -> None:
        count = len(net.places)
        self.heavy = _heavy(net)
        self.fixed = {number for number, _, _ in self.heavy}
        self.bound = {place for _, place, _ in self.heavy}
        """Transitions that are not merged into others, and places that stay."""
        self.kept, self.ends_alike = kept | self.bound, ends_alike and not self.bound
        self.before: list[set[int] | None] = [{place for place, _ in arcs} for arcs in net.inputs]
        self.after: list[set[int] | None] = [{place for place, _ in arcs} for arcs in net.outputs]
        self.makers: list[set[int] | None] = [set() for _ in range(count)]
        self.takers: list[set[int] | None] = [set() for _ in range(count)]
        for number, arcs in enumerate(net.inputs):
            for place, _ in arcs:
                self.takers[place].add(number)  # type: ignore[union-attr]
        for number, arcs in enumerate(net.outputs):
            for place, _ in arcs:
                self.makers[place].add(number)  # type: ignore[union-attr]
        self.tokens = dict(net.start)
        self.steps: list[Steps] = list(range(len(net.transitions)))
        self.speaks_for = list(range(len(net.transitions)))
        self.prefix: Steps = None
        self.places_to_see = list(range(count - 1, -1, -1))
        self.waiting = set(self.places_to_see)

    def see(self, places: Iterable[int]) -> None:
        """Places whose surroundings have changed are looked at again."""
        new = [place for place in places if place not in self.waiting]
        self.waiting.update(new)
        self.places_to_see += new

    def run(self) -> None:
        todo, waiting = self.places_to_see, self.waiting
        while todo:
            place = todo.pop()
            waiting.discard(place)
            makers, takers = self.makers[place], self.takers[place]
            if makers is None or takers is None:
                continue
            if place not in self.kept and takers and self._merge(place, makers, takers):
                continue
            if self._same_place(place, makers, takers):
                continue
            self._same_transitions(place, takers)

    def kernel(self) -> Kernel:
        alive = [number for number, before in enumerate(self.before) if before is not None]
        return Kernel(
            places=tuple(place for place, makers in enumerate(self.makers) if makers is not None),
            before=tuple(frozenset(self.before[number] or ()) for number in alive),
            after=tuple(frozenset(self.after[number] or ()) for number in alive),
            steps=tuple(self.steps[number] for number in alive),
            speaks_for=tuple(self.speaks_for[number] for number in alive),
            tokens=self.tokens,
            prefix=self.prefix,
            heavy={(alive.index(number), place, output): weight for (number, place, output), weight in self.heavy.items()},
        )

    # -- merging transitions over a place --------------------------------------------------------------------------------

    def _merge(self, place: int, makers: set[int], takers: set[int]) -> bool:
        if len(takers) == 1 and self._after(place, makers, next(iter(takers))):
            return True
        if len(makers) != 1 or place in self.tokens:
            return False
        maker = next(iter(makers))
        if maker in takers or maker in self.fixed:
            return False
        return self._choice(place, maker, takers) or self._before(place, maker, takers)

    def _after(self, place: int, makers: set[int], taker: int) -> bool:
        before, after = self.before[taker], self.after[taker]
        assert before is not None and after is not None
        if len(before) != 1 or not after or place in after or not (makers or place in self.tokens):
            return False
        if taker in self.fixed or self.tokens.get(place, 0) > MANY:
            return False
        if len(makers) > 1 and len(after) > 1 and len(makers) * len(after) > len(makers) + len(after) + GROWTH:
            return False
        ends = [self.after[maker] or set() for maker in makers]
        if not all(after.isdisjoint(end) for end in ends):
            return False
        for maker, end in zip(makers, ends, strict=True):
            end.discard(place)
            end |= after
            self.steps[maker] = (self.steps[maker], self.steps[taker])
            self.see(self.before[maker] or ())
            self.see(end)
        for one in after:
            producing = self.makers[one]
            assert producing is not None
            producing.discard(taker)
            producing |= makers
        self._move_tokens(place, taker, after)
        self.before[taker] = self.after[taker] = self.makers[place] = self.takers[place] = None
        self.see(after)
        return True

    def _move_tokens(self, place: int, taker: int, after: set[int]) -> None:
        count = self.tokens.pop(place, 0)
        for one in after if count else ():
            self.tokens[one] = self.tokens.get(one, 0) + count
        for _ in range(count):
            self.prefix = (self.prefix, self.steps[taker])

    def _choice(self, place: int, maker: int, takers: set[int]) -> bool:
        before, after = self.before[maker], self.after[maker]
        assert before is not None and after is not None
        rest = after - {place}
        if (len(takers) - 1) * (len(before) + len(rest)) > GROWTH:
            return False
        for taker in takers:
            end = self.after[taker]
            if len(self.before[taker] or ()) != 1 or not end or place in end or not rest.isdisjoint(end):
                return False
        for taker in takers:
            self.before[taker] = set(before)
            end = self.after[taker]
            assert end is not None
            end |= rest
            self.steps[taker] = (self.steps[maker], self.steps[taker])
            self.speaks_for[taker] = self.speaks_for[maker]
            self.see(end)
        self._instead(maker, takers, before, rest)
        self.makers[place] = self.takers[place] = None
        return True

    def _before(self, place: int, maker: int, takers: set[int]) -> bool:
        before, after = self.before[maker], self.after[maker]
        assert before is not None and after is not None
        if len(after) != 1 or not before or (len(takers) - 1) * len(before) > GROWTH:
            return False
        if any(one in self.kept or len(self.takers[one] or ()) != 1 for one in before):
            return False
        for taker in takers:
            wanted = self.before[taker]
            assert wanted is not None
            wanted.discard(place)
            wanted |= before
            self.steps[taker] = (self.steps[maker], self.steps[taker])
            self.see(wanted)
            self.see(self.after[taker] or ())
        self._instead(maker, takers, before, set())
        self.makers[place] = self.takers[place] = None
        return True

    def _instead(self, gone: int, new: set[int], before: set[int], after: set[int]) -> None:
        """Transitions that stand in the place of one that goes."""
        for one in before:
            taking = self.takers[one]
            assert taking is not None
            taking.discard(gone)
            taking |= new
        for one in after:
            making = self.makers[one]
            assert making is not None
            making.discard(gone)
            making |= new
        self.before[gone] = self.after[gone] = None
        self.see(before)
        self.see(after)

    # -- doubles -----------------------------------------------------------------------------------------------------------

    def _same_place(self, place: int, makers: set[int], takers: set[int]) -> bool:
        """Of two places that always hold the same, this one goes."""
        if makers:
            beside = self.after[min(makers)]
        elif takers:
            beside = self.before[min(takers)]
        else:
            return False
        kept, count = place in self.kept, self.tokens.get(place, 0)
        if kept and not self.ends_alike:
            return False
        for other in beside or ():
            if other == place or self.makers[other] != makers or self.takers[other] != takers:
                continue
            if self.tokens.get(other, 0) == count and kept == (other in self.kept):
                self._drop_place(place, makers, takers)
                return True
        return False

    def _drop_place(self, place: int, makers: set[int], takers: set[int]) -> None:
        for number in makers:
            end = self.after[number]
            assert end is not None
            end.discard(place)
            self.see(end)
            self.see(self.before[number] or ())
        for number in takers:
            wanted = self.before[number]
            assert wanted is not None
            wanted.discard(place)
            self.see(wanted)
            self.see(self.after[number] or ())
        self.tokens.pop(place, None)
        self.makers[place] = self.takers[place] = None

    def _same_transitions(self, place: int, takers: set[int]) -> None:
        """Doubles and loops among the transitions that take from a place."""
        known: dict[tuple[frozenset[int], frozenset[int]], int] = {}
        for number in sorted(takers) if len(takers) > 1 else tuple(takers):
            before, after = self.before[number], self.after[number]
            assert before is not None and after is not None
            if number in self.fixed:
                continue
            if before == after and len(before) == 1:
                if place in self.tokens or len(self.makers[place] or ()) > 1:
                    self._drop_transition(number, before, after)
            elif len(takers) > 1 and known.setdefault((frozenset(before), frozenset(after)), number) != number:
                self._drop_transition(number, before, after)

    def _drop_transition(self, number: int, before: set[int], after: set[int]) -> None:
        self.before[number] = self.after[number] = None
        for place in before:
            (self.takers[place] or set()).discard(number)
        for place in after:
            (self.makers[place] or set()).discard(number)
        self.see(before)
        self.see(after)
