"""Breadth first through everything that may happen, up to a limit: the spots found, how each was reached, what was taken.

Two spots are the same if they stand in the same states with the same open signatures, timers and calls, and agree on the
fields that decide. That leaves out moments and names, so that a loop comes back to where it was. The search keeps no
order of its own: the same definition gives the same spots in the same order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from oyiflow.kernel import Snapshot
from oyiflow.model.values import Value
from oyiflow.testing.stage.choices import Choice, Choices, Spot

TO_END = 3000
"""Spots that are looked at for a way to an end."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """A spot and the way to it."""

    spot: Spot
    before: Found | None = None
    choice: Choice | None = None
    given: Mapping[str, Value] | None = None
    """Of a beginning: the values that it was started with."""

    def way(self) -> list[Found]:
        """From the beginning to here."""
        found, here = [], self
        while here.before is not None:
            found.append(here)
            here = here.before
        return [here, *reversed(found)]


class Search:
    """One exploration. `exhausted` says whether everything that may happen was looked at."""

    def __init__(self, choices: Choices, limit: int) -> None:
        self.choices = choices
        self.limit = limit
        self.exhausted = False
        self._seen: set[Hashable] = set()

    def breadth_first(self, beginnings: Iterable[Found]) -> Iterator[Found]:
        """Every new spot, the nearest first, until the limit; also steps into known spots that take something new."""
        queue: deque[Found] = deque()
        for first in beginnings:
            if self.is_new(first.spot):
                queue.append(first)
                yield first
        looked = 0
        while queue:
            if looked >= self.limit:
                return
            looked += 1
            for after in self.next(queue.popleft()):
                if self.is_new(after.spot):
                    queue.append(after)
                yield after
        self.exhausted = True

    def next(self, here: Found) -> Iterator[Found]:
        """One step further by each choice that the kernel takes."""
        for choice in self.choices.of(here.spot):
            spot = self.choices.take(here.spot, choice)
            if spot is not None:
                yield Found(spot=spot, before=here, choice=choice)

    def is_new(self, spot: Spot) -> bool:
        """Note a spot; whether it was not known."""
        key = _key(self.choices, spot.snapshot)
        known = key in self._seen
        self._seen.add(key)
        return not known


def _key(choices: Choices, snapshot: Snapshot) -> Hashable:
    return (
        snapshot.place,
        snapshot.status,
        tuple((task.state, task.waiting, tuple(vote.outcome for vote in task.votes)) for task in snapshot.tasks),
        tuple(timer.event for timer in snapshot.timers),
        tuple(name for _, name in snapshot.calls),
        tuple((name, value) for name in sorted(choices.matter) if (value := snapshot.data.get(name)) is not None),
    )


def way_to_end(choices: Choices, snapshot: Snapshot, now: datetime, ends: Container[str] = ()) -> list[Choice] | None:
    """The shortest way from here to an end (one of these, if there are any); None if none was found."""
    for found in Search(choices, TO_END).breadth_first([Found(spot=Spot(snapshot, now))]):
        after = found.spot.snapshot
        if after.status != "running" and (not ends or any(name in ends for name in after.configuration)):
            return [here.choice for here in found.way() if here.choice is not None]
    return None
