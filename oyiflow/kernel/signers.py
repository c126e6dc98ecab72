"""Several hands on one task: places that are one person's alone, and people whom the holder of a place has asked to sign too.

All of it is a value on the task (`Arrangement`) and follows from it alone. A place of the work is answered when its holder
has signed and no group of added signers is open any more: of a group `any`, the first decides; of `all` and `in_turn`, each
must sign. Signers `before`, and those asked for an opinion, sign before the holder may; those `after` only then. A refusal
of an added signer is the refusal of the place.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from oyiflow.kernel.snapshot import Arrangement, Hand, Signer, Task, Vote

_FIRST = ("before", "opinion")


def arranged(task: Task, **changes: Any) -> Task:
    """The task with another arrangement; one of which nothing is left is None."""
    found = replace(task.arranged or Arrangement(), **changes)
    return replace(task, arranged=None if found == Arrangement() else found)


def hand_of(task: Task, place: int) -> Hand | None:
    """Whose alone a place is; None if it is everybody's whom the work means."""
    return next((hand for hand in task.hands if hand.place == place), None)


def in_hands(task: Task, hands: tuple[Hand, ...]) -> Task:
    """The task with these places in these hands, whoever had them before."""
    places = {hand.place for hand in hands}
    return arranged(task, hands=(*(hand for hand in task.hands if hand.place not in places), *hands))


def own_vote(task: Task, place: int) -> Vote | None:
    """The signature of a place's own holder."""
    return next((vote for vote in task.votes if vote.place == place), None)


def signed(task: Task) -> frozenset[str]:
    """Everybody who may not sign again; an opinion is no signature."""
    added = (one.vote for one in task.signers if one.vote is not None and one.when != "opinion")
    return frozenset(person for vote in (*task.votes, *added) for person in vote.people)


def _open(task: Task) -> list[Signer]:
    """Added signers of open places whose group still needs them."""
    done = {one.group for one in task.signers if one.mode == "any" and one.vote is not None}
    return [one for one in task.signers if one.vote is None and one.place in task.waiting and one.group not in done]


def turn(task: Task) -> tuple[Signer, ...]:
    """S47: the added signers who may sign now."""
    found: list[Signer] = []
    for one in _open(task):
        behind = one.mode == "in_turn" and any(other.group == one.group for other in found)
        early = one.when == "after" and own_vote(task, one.place) is None
        if not behind and not early:
            found.append(one)
    return tuple(found)


def holding_up(task: Task, place: int) -> tuple[str, ...]:
    """S47: those who must sign before the holder of a place may."""
    return tuple(one.person for one in _open(task) if one.place == place and one.when in _FIRST)


def unfinished(task: Task, place: int) -> bool:
    """Whether added signers of a place have still to sign."""
    return any(one.place == place for one in _open(task))


def with_vote(task: Task, signer: Signer, vote: Vote) -> Task:
    """The task after an added signer has signed."""
    return arranged(task, signers=tuple(replace(one, vote=vote) if one is signer else one for one in task.signers))


def counted(task: Task, refusing: frozenset[str]) -> Task:
    """The task with one vote for each place that is closed, as the modes count them: what an added signer refused is refused."""
    votes = []
    for place in sorted({vote.place for vote in task.votes} | {one.place for one in task.signers}):
        added = [one.vote for one in task.signers if one.place == place and one.vote is not None and one.when != "opinion"]
        refused = next((vote for vote in added if vote.outcome in refusing), None)
        vote = refused or own_vote(task, place)
        if vote is not None and place not in task.waiting:
            votes.append(vote)
    return replace(task, votes=tuple(votes))


def awaited(task: Task) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """S46, S47: the places that wait for whom the work means, and the people by name who are waited for besides."""
    if task.arranged is None:
        return task.waiting, ()
    free = [place for place in task.waiting if own_vote(task, place) is None and not holding_up(task, place)]
    hands = {place: hand for place in free if (hand := hand_of(task, place)) is not None}
    people = [*(hand.person for hand in hands.values()), *(one.person for one in turn(task))]
    return tuple(place for place in free if place not in hands), tuple(dict.fromkeys(people))


def urged_at(task: Task) -> datetime | None:
    """When those it waits for were last urged."""
    return task.arranged.urged if task.arranged is not None else None
