"""A Petri net with a beginning and ends, and what can be said of it.

A net is places, transitions and arcs with weights. Places and transitions are numbered in the order in which they were
given; names are for people. A marking is how many tokens lie on each place. A transition may fire when each of its inputs
holds as many tokens as its arc says; it takes those and lays the tokens of its outputs.

Where it begins: the tokens that are given, or, if none are, one token on the only place into which nothing leads.
Where it may end: the markings that are given; or, if none are, the end places (no arc leads out of them). With a single end
place that is one token there and nothing elsewhere. With several it depends on `Ends`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

Arcs = tuple[tuple[int, int], ...]
"""Pairs of a place's number and a weight, every place once."""


class Ends(StrEnum):
    """What it means to be over in a net that has several end places and no final markings of its own."""

    ANY = "any"
    """Tokens lie on end places only, on one or on several: parallel branches may each run to an end of their own. As business
    process models mean it; no place may ever hold two tokens."""
    ONE = "one"
    """A single token lies on one of the end places, as if all of them led into one."""


class NotThatTransition(ValueError):
    """A trace names a transition that the net has not, or that could not fire."""


@dataclass(frozen=True, kw_only=True)
class Net:
    """A net, frozen. `inputs` and `outputs` belong to the transitions, in their order."""

    places: tuple[str, ...]
    transitions: tuple[str, ...]
    inputs: tuple[Arcs, ...]
    outputs: tuple[Arcs, ...]
    initial: Arcs = ()
    finals: tuple[Arcs, ...] = ()
    labels: Mapping[str, str] | None = None
    """Words for people, of places and transitions whose name is a mere number."""

    @classmethod
    def of(
        cls,
        transitions: Mapping[str, tuple[str | Mapping[str, int], str | Mapping[str, int]]],
        initial: str | Mapping[str, int] = "",
        finals: Iterable[str | Mapping[str, int]] = (),
    ) -> Net:
        """A net written down: `{"t": ("a b", "c")}` takes a token from a and b and lays one on c; `a:2` takes two."""
        numbers: dict[str, int] = {}
        rows = [(_arcs(before, numbers), _arcs(after, numbers)) for before, after in transitions.values()]
        begin, ends = _arcs(initial, numbers), tuple(_arcs(one, numbers) for one in finals)
        return cls(
            places=tuple(numbers),
            transitions=tuple(transitions),
            inputs=tuple(row[0] for row in rows),
            outputs=tuple(row[1] for row in rows),
            initial=begin,
            finals=ends,
        )

    @cached_property
    def consumed(self) -> frozenset[int]:
        """Places out of which some arc leads."""
        return frozenset(place for arcs in self.inputs for place, _ in arcs)

    @cached_property
    def produced(self) -> frozenset[int]:
        """Places into which some arc leads."""
        return frozenset(place for arcs in self.outputs for place, _ in arcs)

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """The end places: no arc leads out of them, and a token can lie there."""
        begun = {place for place, _ in self.initial}
        alive = self.produced | begun
        return tuple(place for place in range(len(self.places)) if place in alive and place not in self.consumed)

    @cached_property
    def start(self) -> Arcs:
        """The tokens at the beginning; empty if the net does not say where it begins."""
        if self.initial:
            return self.initial
        sources = [place for place in range(len(self.places)) if place not in self.produced and place in self.consumed]
        return ((sources[0], 1),) if len(sources) == 1 else ()

    def shown(self, name: str) -> str:
        """The words for a place or transition, or its name."""
        return (self.labels or {}).get(name) or name


def _arcs(text: str | Mapping[str, int], numbers: dict[str, int]) -> Arcs:
    if isinstance(text, str):
        parts = [part.partition(":") for part in text.split()]
        pairs = [(name, int(weight or 1)) for name, _, weight in parts]
    else:
        pairs = list(text.items())
    weights: dict[int, int] = {}
    for name, weight in pairs:
        place = numbers.setdefault(name, len(numbers))
        weights[place] = weights.get(place, 0) + weight
    return tuple((place, weight) for place, weight in weights.items() if weight > 0)


def replay(net: Net, trace: Iterable[str]) -> dict[str, int]:
    """The marking after firing `trace` from the beginning: place to tokens, empty places left out."""
    numbers = {name: number for number, name in enumerate(net.transitions)}
    tokens = dict(net.start)
    for name in trace:
        number = numbers.get(name)
        if number is None or any(tokens.get(place, 0) < weight for place, weight in net.inputs[number]):
            raise NotThatTransition(name)
        for place, weight in net.inputs[number]:
            tokens[place] -= weight
        for place, weight in net.outputs[number]:
            tokens[place] = tokens.get(place, 0) + weight
    return {net.places[place]: count for place, count in sorted(tokens.items()) if count}


class Status(StrEnum):
    """The answer."""

    SOUND = "sound"
    UNSOUND = "unsound"
    UNDECIDED = "undecided"


class Kind(StrEnum):
    """What is wrong."""

    NONE = ""
    DEADLOCK = "deadlock"
    """Nothing can fire, and it is no end."""
    LIVELOCK = "livelock"
    """Something can always fire, but an end cannot be reached any more."""
    IMPROPER = "improper"
    """It is over while tokens lie elsewhere too."""
    UNSAFE = "unsafe"
    """A place holds two tokens, in a net whose places may hold one."""
    UNBOUNDED = "unbounded"
    """A part of the trace can be repeated for ever, and leaves more tokens behind each time."""
    DEAD = "dead"
    """No run ever fires this transition."""
    SHAPE = "shape"
    """It is not said where the net begins, or it has no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found. `trace` fires from the beginning of the net as it was given and leads to `marking`.

    `element`: the dead transition, the place with two tokens, or what is missing in the shape. `explored`: markings looked
    at, after reduction. `safe`: whether no place ever holds two tokens, None where that was not looked at. `repeats`: how
    many of the last steps of the trace can be repeated for ever (unbounded).
    """

    status: Status
    kind: Kind = Kind.NONE
    trace: tuple[str, ...] = ()
    marking: tuple[tuple[str, int], ...] = ()
    element: str = ""
    explored: int = 0
    safe: bool | None = None
    repeats: int = 0
    dead: tuple[str, ...] = ()
    """Dead transitions, `element` first; after reduction perhaps not all of them."""

    @property
    def sound(self) -> bool | None:
        """True, False, or None if it was not decided."""
        return None if self.status is Status.UNDECIDED else self.status is Status.SOUND
