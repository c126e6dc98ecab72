"""Everything that an instance is, between two events.

A snapshot is a value: it is written to JSON after every step and read back before the next, so nothing of the engine's
memory matters. It does not grow with the number of steps taken. It names the version and digest of the definition that
made it; the kernel refuses it under another one.

One is made for every event, so it is a named tuple of few parts: what never changes (`pin`), what every step changes, and
what most steps leave alone (`pending`). Read it by its attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One signature: who, in which place of `by`, with which answer, when, and for which absent person."""

    actor: str
    place: int
    outcome: str
    at: datetime
    on_behalf: str = ""

    @property
    def people(self) -> tuple[str, ...]:
        """Who has signed: the actor and the one whom they stood in for."""
        return (self.actor, self.on_behalf) if self.on_behalf else (self.actor,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """A place of a task that is one person's alone: claimed by that person, or handed over `by` another, for good."""

    place: int
    person: str
    by: str = ""


When = Literal["before", "after", "beside", "opinion"]
"""When an added person signs: before, after or beside the place; an opinion is no signature, and comes before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A person whom the holder of a place has asked to sign too, or for an opinion. One asking is one `group`."""

    person: str
    by: str
    place: int
    when: When
    group: int = 0
    mode: Literal["any", "all", "in_turn"] = "all"
    vote: Vote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A step that was done on the way to where the instance stands, and the revision that did it."""

    state: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Where a step that was sent back leads straight back to: the task as it was, the way to it, and the fields' digest then."""

    task: Task
    passed: tuple[Passed, ...]
    fields: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """What people have arranged about a task among themselves. A task of which this is None has nothing of the kind."""

    hands: tuple[Hand, ...] = ()
    signers: tuple[Signer, ...] = ()
    urged: datetime | None = None
    back: Back | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work that waits for people. `waiting`: the places in the state's `by` (0, 1, …) that have not been answered for yet."""

    id: str
    state: str
    opened: datetime
    waiting: tuple[int, ...]
    votes: tuple[Vote, ...] = ()
    due: datetime | None = None
    arranged: Arrangement | None = None

    @property
    def hands(self) -> tuple[Hand, ...]:
        """The places that are one person's alone."""
        return self.arranged.hands if self.arranged is not None else ()

    @property
    def signers(self) -> tuple[Signer, ...]:
        """Who was asked to sign too, or for an opinion."""
        return self.arranged.signers if self.arranged is not None else ()

    @property
    def taken_part(self) -> tuple[str, ...]:
        """Everybody who has signed or given an opinion, each once, and those for whom they stood in."""
        added = (one.vote for one in self.signers if one.vote is not None)
        return tuple(dict.fromkeys(person for vote in (*self.votes, *added) for person in vote.people))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A moment that the instance waits for. `state` is where it was armed ("" for a delayed send)."""

    id: str
    due: datetime
    event: str
    state: str = ""
    send_id: str = ""


class Pin(NamedTuple):
    """The definition that a snapshot belongs to; one object shared by all instances of it."""

    definition: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What an instance keeps because of people's operations, where there is anything."""

    suspended: datetime | None = None
    """Since when it is suspended."""
    passed: tuple[Passed, ...] = ()
    """The steps on the way to where it stands, in order; kept only where the definition lets people send back or withdraw."""
    heirs: tuple[tuple[str, str], ...] = ()
    """Whoever has left, and who has taken over for them."""


OPEN = ("running", "suspended")
"""The statuses of what is not over."""


class Pending(NamedTuple):
    """What an instance waits for, and who did what."""

    status: str = "running"
    """running, suspended, done or cancelled."""
    tasks: tuple[Task, ...] = ()
    timers: tuple[Timer, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    """What runs elsewhere: (id of the effect that started it, `call.STATE` or `run.HANDLER`); its end is `done.` + the latter."""
    did: Mapping[str, tuple[str, ...]] = {}
    """Who completed each step last; several when it had several signers."""
    kept: Kept | None = None


NOTHING = Pending()

History = tuple[tuple[str, tuple[str, ...]], ...]
"""What history states remember, by their ids in order: the atomic (deep) or child (shallow) states to enter again."""


class Place:
    """Where an instance stands: its configuration, and what its history states remember. A value.

    A machine has few places compared with its instances, so it keeps one object for each and hangs on it what it
    remembers of the ways that lead on from there (`trails`). `owner` is its definition; a place of nobody's works as well.
    """

    __slots__ = ("configuration", "history", "owner", "trails")

    def __init__(self, configuration: tuple[str, ...], history: History = (), owner: object = None) -> None:
        self.configuration = configuration
        self.history = history
        self.owner = owner
        self.trails: dict[str, Any] = {}

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Place) and (self.configuration, self.history) == (other.configuration, other.history)
        )

    def __hash__(self) -> int:
        return hash((self.configuration, self.history))

    def __repr__(self) -> str:
        return f"Place({self.configuration!r}, {self.history!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Place, (self.configuration, self.history)


def unlocked(frozen: type) -> Callable[[], Any]:
    """A class with the slots of a frozen dataclass that lets itself be written; of the same layout, so it can become the other.

    The constructor of a frozen dataclass sets each attribute by a call. Where many are made, they are filled as such a one
    and then given their own class, in a fifth of the time.
    """
    slots: tuple[str, ...] = frozen.__slots__  # type: ignore[attr-defined]
    return type(f"Unlocked{frozen.__name__}", (), {"__slots__": slots})


class FastTuple(tuple[Any, ...]):
    """A base that puts `tuple`'s own constructor before the slower one of a named tuple: it takes one tuple of all parts."""

    __slots__ = ()

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (tuple(self),)


class _Parts(NamedTuple):
    pin: Pin
    instance: str
    revision: int
    """Counts the steps: 1 after the start."""
    place: Place
    data: Mapping[str, Any]
    """Fields that are filled; a field that is not a key is empty. Treat as read-only."""
    pending: Pending


class Snapshot(FastTuple, _Parts):
    """See the module. Made as `Snapshot((pin, instance, revision, place, data, pending))`."""

    __slots__ = ()
    if TYPE_CHECKING:

        def __new__(cls, parts: tuple[Pin, str, int, Place, Mapping[str, Any], Pending]) -> Self: ...
    else:
        __new__ = tuple.__new__

    @property
    def configuration(self) -> tuple[str, ...]:
        """The active atomic and final states, in document order."""
        return self.place.configuration

    @property
    def history(self) -> History:
        """What history states remember."""
        return self.place.history

    @property
    def definition(self) -> str:
        """The name of the definition."""
        return self.pin.definition

    @property
    def version(self) -> int:
        """The published version."""
        return self.pin.version

    @property
    def digest(self) -> str:
        """The digest of the definition's content."""
        return self.pin.digest

    @property
    def status(self) -> str:
        """running, suspended, done or cancelled."""
        return self.pending.status

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Open tasks with their votes."""
        return self.pending.tasks

    @property
    def timers(self) -> tuple[Timer, ...]:
        """Armed timers."""
        return self.pending.timers

    @property
    def calls(self) -> tuple[tuple[str, str], ...]:
        """What runs elsewhere: see `Pending.calls`."""
        return self.pending.calls

    @property
    def did(self) -> Mapping[str, tuple[str, ...]]:
        """Who completed each step last."""
        return self.pending.did

    @property
    def kept(self) -> Kept:
        """What it keeps because of people's operations."""
        return self.pending.kept or NOTHING_KEPT


NOTHING_KEPT = Kept()
