"""The hash chain of a journal: each entry seals its content and the entry before it; the instance keeps the last seal.

Who edits, removes, adds or reorders an entry breaks the chain from there on; who cuts entries off at the end leaves an
instance whose `head` is no seal of the journal. Only somebody who rewrites the whole tail and the instance as well goes
unnoticed, and is found by whoever has written down the head elsewhere: `oyiflow log --verify` prints it. SHA-256 over
every column of the entry and the digest of the definition that the instance followed; texts go in with their lengths, so
that nothing can be moved from one column into the next.

Entries from before there was a chain have no seal. The chain of such an instance begins at its first new entry, and
whoever verifies is told which one that is; an entry without a seal after that is a broken chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from oyiflow.store.protocol import InstanceRow, JournalRow


class Verified(NamedTuple):
    """What a look at a chain has found."""

    sealed_from: int
    """The first revision with a seal; 0 when there is none."""
    broken_at: int
    """The first revision that does not fit; 0 when all do."""
    head: str
    """The last seal, to be written down elsewhere."""


def link(previous: str, digest: str, row: tuple[Any, ...]) -> str:
    """The seal of an entry: of the seal before it ("" for the first), the definition's digest, and the entry (its own seal aside)."""
    instance, revision, at, kind, actor, step, event, effects, trace, key = row[:10]
    text = (
        f"{previous} {digest} {revision} {at} {kind} {len(instance)} {len(actor)} {len(step)} {len(event)} {len(effects)} "
        f"{len(trace)} {instance}{actor}{step}{event}{effects}{trace}{key}"
    )
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def verify(instance: InstanceRow, journal: Sequence[JournalRow], digests: Mapping[int, str] | None = None) -> Verified:
    """Walk the chain of a whole journal, in order. `digests`: from which revision on the instance followed another definition."""
    previous, first, digest = "", 0, instance.digest
    changes = digests or {}
    for number, row in enumerate(journal, 1):
        digest = changes.get(row.revision, digest)
        if row.revision != number:
            return Verified(first, number, previous)
        if not row.hash and not first:
            continue
        first = first or number
        if row.hash != link(previous, digest, row):
            return Verified(first, number, previous)
        previous = row.hash
    if instance.revision != len(journal) or instance.head != previous:
        return Verified(first, len(journal) + 1, previous)
    return Verified(first, 0, previous)
