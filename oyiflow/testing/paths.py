"""Ways through a process that nobody had to think of: together they take every transition that can be taken.

The kernel itself is explored, breadth first, so each transition is first met on a shortest way; from these ways a few
are kept that cover all. Where the process is too big for that (many branches at the same time), walks follow that always
make the choice made least so far; their ways are not the shortest. Both are bounded, and what was not met is said.

A path is told as an `Example`, so it can be played, printed and kept. What an example cannot say (what an unknown process
answers, that something fails) stands in `assumes`; a path that assumes something may go another way when it is played.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from oyiflow.model.definition import Definition
from oyiflow.model.example import Example
from oyiflow.testing.memory import MONDAY
from oyiflow.testing.stage.answers import Answers
from oyiflow.testing.stage.choices import Choice, Choices
from oyiflow.testing.stage.search import Found, Search

LIMIT = 2000
WALK = 300
"""Choices of one walk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A way from the start. `takes`: the transitions on it, named `state#n`."""

    example: Example
    takes: frozenset[str]
    assumes: tuple[tuple[str, str], ...] = ()
    """What must be true elsewhere, in Chinese and English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """What was found. `complete`: everything that may happen was looked at, with the values that were tried."""

    paths: tuple[Path, ...]
    missed: tuple[str, ...]
    """Transitions that no way was found to."""
    complete: bool


def paths(definition: Definition, limit: int = LIMIT, *, others: Iterable[Definition] = ()) -> Paths:
    """Short paths that together take every transition that was met. `limit`: situations looked at, and as many again in walks.

    `others`: processes that may be called; what they answer is then no matter of assumptions, as far as their shortest ways go.
    """
    every = [f"{state.id}#{n}" for state in definition.states.values() for n in range(len(state.transitions))]
    choices = Choices(definition, MONDAY, answers=Answers(others).of)
    search = Search(choices, limit)
    beginnings = [Found(spot=spot, given=values) for values, spot in choices.beginnings(MONDAY)]
    firsts: dict[str, Found] = {}
    for found in search.breadth_first(beginnings):
        _note(firsts, found)
        if len(firsts) == len(every):
            break
    else:
        for found in () if search.exhausted else _walks(search, beginnings, limit, len(every)):
            _note(firsts, found)
    kept = [_path(definition, found, number) for number, found in enumerate(_few(firsts), 1)]
    missed = tuple(name for name in every if name not in firsts)
    return Paths(paths=tuple(kept), missed=missed, complete=search.exhausted or not missed)


def _note(firsts: dict[str, Found], found: Found) -> None:
    for name in found.spot.taken:
        firsts.setdefault(name, found)


def _walks(search: Search, beginnings: list[Found], limit: int, wanted: int) -> Iterator[Found]:
    """Deep ways: at each spot the choice made least so far, from the beginning again and again."""
    made: Counter[str] = Counter()
    met: set[str] = set()
    left = limit
    while left > 0 and len(met) < wanted:
        here: Found | None = beginnings[left % len(beginnings)] if beginnings else None
        left -= 1
        for _ in range(WALK):
            here = _least_made(search, here, made) if here is not None and left > 0 else None
            if here is None:
                break
            left -= 1
            met.update(here.spot.taken)
            yield here


def _least_made(search: Search, here: Found, made: Counter[str]) -> Found | None:
    nexts = list(search.next(here))
    if not nexts:
        return None
    after = min(nexts, key=lambda found: made[_name(found.choice)])
    made[_name(after.choice)] += 1
    return after


def _name(choice: Choice | None) -> str:
    return f"{choice.move}{choice.assumes}{choice.until is not None}" if choice is not None else ""


def _few(firsts: dict[str, Found]) -> list[Found]:
    """Ways that cover all that the first ways cover: always the one that adds most, the shorter one of equals."""
    ways = list({id(found): found for found in firsts.values()}.values())
    takes = [_takes(found) for found in ways]
    lengths = [len(found.way()) for found in ways]
    queue = [(-len(takes[place]), lengths[place], place) for place in range(len(ways))]
    heapify(queue)
    kept: list[Found] = []
    left = set(firsts)
    while left:
        _, length, place = heappop(queue)
        adds = len(takes[place] & left)
        if queue and (-adds, length, place) > queue[0]:  # what a way adds only shrinks, so the others need no new look
            heappush(queue, (-adds, length, place))
            continue
        kept.append(ways[place])
        left -= takes[place]
    return kept


def _takes(found: Found) -> frozenset[str]:
    return frozenset(name for here in found.way() for name in here.spot.taken)


def _path(definition: Definition, found: Found, number: int) -> Path:
    way = found.way()
    moves = tuple(here.choice.move for here in way if here.choice is not None and here.choice.move is not None)
    snapshot = found.spot.snapshot
    ended = snapshot.status != "running"
    places = tuple(name for name in snapshot.configuration if definition.states[name].verb)
    example = Example(
        name=f"path {number}",
        play=moves,
        values=tuple((way[0].given or {}).items()),
        now_at=() if ended else places,
        ends=snapshot.configuration[0] if ended else "",
    )
    return Path(example=example, takes=_takes(found), assumes=_assumed(way))


def _assumed(way: Iterable[Found]) -> tuple[tuple[str, str], ...]:
    return tuple(told for here in way if here.choice is not None for told in here.choice.assumes)
