"""Who could do what, so that rules about people are kept: a question of choosing one person for each post.

A `Post` is a place to sign, with the candidates who may. A `Tie` says of some posts that all are held by different people, or
all by the same. Candidates are bits of a mask. Usually a candidate is one person; who stands in for another is a candidate
that counts as both, so `clashes` says for each candidate which ones share a person with it.

Found by trying, the post with fewest candidates first, striking from the others what a choice excludes. A tie that has fewer
candidates than posts is seen before anything is tried (a matching). What has taken `TRIES` choices is undecided, and nothing
is said of it. `smallest` shrinks a contradiction until nothing can be left out: the ties and posts that a reader must look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, NamedTuple

TRIES = 50_000


class Post(NamedTuple):
    """A place to sign on a step, and the mask of candidates."""

    step: str
    candidates: int


class Tie(NamedTuple):
    """Different people for all these posts, or the same one; `reason` is whatever demands it."""

    posts: tuple[int, ...]
    different: bool
    reason: Any = None


class Verdict(Enum):
    """No choice of people."""

    IMPOSSIBLE = "impossible"
    UNDECIDED = "undecided"


def choose(posts: Sequence[Post], ties: Sequence[Tie], clashes: Sequence[int] = ()) -> dict[int, int] | Verdict:
    """A candidate for each post that a tie speaks of, or why there is none. Posts without ties are free to choose."""
    left = {post: posts[post].candidates for tie in ties for post in tie.posts}
    if not all(left.values()):
        return Verdict.IMPOSSIBLE
    if not clashes:
        ties, left, head = _merged(ties, left)
        if not all(left.values()):
            return Verdict.IMPOSSIBLE
    else:
        head = {post: post for post in left}
    if any(tie.different and not _matching([left[post] for post in tie.posts]) for tie in ties):
        return Verdict.IMPOSSIBLE
    apart, same = _neighbours(ties, True), _neighbours(ties, False)
    later = _later(left, apart, same, clashes)
    found = _tried({post: mask for post, mask in left.items() if post not in later}, apart, same, clashes)
    if isinstance(found, Verdict):
        return found
    for post in reversed(later):
        taken = 0
        for other in apart.get(post, ()):
            if other in found:
                taken |= clashes[found[other]] if clashes else 1 << found[other]
        free = left[post] & ~taken
        found[post] = (free & -free).bit_length() - 1
    return {post: found[head[post]] for post in head}


def _later(
    left: dict[int, int], apart: dict[int, set[int]], same: dict[int, set[int]], clashes: Sequence[int]
) -> dict[int, None]:
    """Posts that find somebody whatever the others choose, as they have more candidates than others they differ from; in order."""
    most = max((mask.bit_count() for mask in clashes), default=1)
    degree = {post: len(apart.get(post, ())) for post in left}
    later: dict[int, None] = {}
    queue = [post for post in left if post not in same]
    while queue:
        post = queue.pop()
        if post in later or left[post].bit_count() <= degree[post] * most:
            continue
        later[post] = None
        for other in apart.get(post, ()):
            degree[other] -= 1
            if other not in same and other not in later:
                queue.append(other)
    return later


def _merged(ties: Sequence[Tie], left: dict[int, int]) -> tuple[Sequence[Tie], dict[int, int], dict[int, int]]:
    """Posts of one person as one post."""
    head = {post: post for post in left}

    def top(post: int) -> int:
        while head[post] != post:
            head[post] = head[head[post]]
            post = head[post]
        return post

    for tie in ties:
        if not tie.different:
            for post in tie.posts[1:]:
                head[top(post)] = top(tie.posts[0])
    heads = {post: top(post) for post in left}
    merged: dict[int, int] = {}
    for post, mask in left.items():
        merged[heads[post]] = merged.get(heads[post], -1) & mask
    apart = [Tie(tuple(heads[post] for post in tie.posts), True, tie.reason) for tie in ties if tie.different]
    if any(len(set(tie.posts)) < len(tie.posts) for tie in apart):
        return (), {0: 0}, {}
    return apart, merged, heads


def _neighbours(ties: Sequence[Tie], different: bool) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for tie in ties:
        if tie.different is different:
            for post in tie.posts:
                found.setdefault(post, set()).update(other for other in tie.posts if other != post)
    return found


def _matching(masks: Sequence[int]) -> bool:
    """Whether each mask can have a bit of its own (augmenting paths)."""
    owner: dict[int, int] = {}
    for start in range(len(masks)):
        came: dict[int, tuple[int, int]] = {}
        queue, seen, free = [start], 0, None
        while queue and free is None:
            post = queue.pop()
            fresh = masks[post] & ~seen
            seen |= fresh
            for bit in _bits(fresh):
                came[bit] = (post, bit)
                if bit not in owner:
                    free = bit
                    break
                queue.append(owner[bit])
        if free is None:
            return False
        held = {post: bit for bit, post in owner.items()}
        while free is not None:
            post = came[free][0]
            owner[free], free = post, held.get(post)
    return True


def _bits(mask: int) -> Iterable[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _tried(
    left: dict[int, int], apart: dict[int, set[int]], same: dict[int, set[int]], clashes: Sequence[int]
) -> dict[int, int] | Verdict:
    """A choice for every post, depth first; each level keeps what was left before it chose."""
    chosen: dict[int, int] = {}
    levels: list[tuple[int, int, dict[int, int]]] = []
    tries, post = 0, _tightest(left, chosen, apart)
    untried = left[post] if post is not None else 0
    while post is not None:
        if not untried:
            if not levels:
                return Verdict.IMPOSSIBLE
            post, untried, left = levels.pop()
            chosen.pop(post)
            continue
        tries += 1
        if tries > TRIES:
            return Verdict.UNDECIDED
        bit = (untried & -untried).bit_length() - 1
        untried &= untried - 1
        after = _after(left, post, bit, chosen, apart, same, clashes)
        if after is None:
            continue
        levels.append((post, untried, left))
        chosen[post], left = bit, after
        post = _tightest(left, chosen, apart)
        untried = left[post] if post is not None else 0
    return chosen


def _tightest(left: dict[int, int], chosen: dict[int, int], apart: dict[int, set[int]]) -> int | None:
    """The post with the fewest candidates; among those, the one that excludes most."""
    open_posts = [post for post in left if post not in chosen]
    if not open_posts:
        return None
    return min(open_posts, key=lambda post: (left[post].bit_count(), -len(apart.get(post, ()))))


def _after(
    left: dict[int, int], post: int, bit: int, chosen: dict[int, int], apart: dict[int, set[int]], same: dict[int, set[int]],
    clashes: Sequence[int],
) -> dict[int, int] | None:  # fmt: skip
    """What is left for the others; None if one has nobody left."""
    mine = clashes[bit] if clashes else 1 << bit
    after = dict(left)
    after[post] = 1 << bit
    for others, keep in ((apart.get(post, ()), ~mine), (same.get(post, ()), mine)):
        for other in others:
            if other in after and other not in chosen:
                after[other] &= keep
                if not after[other]:
                    return None
    return after


def smallest(posts: Sequence[Post], ties: Sequence[Tie], clashes: Sequence[int] = ()) -> list[Tie]:
    """Of ties that cannot all be kept, some that already cannot, each with no more posts than it takes."""
    kept = list(ties)
    for tie in ties:
        fewer = [one for one in kept if one is not tie]
        if len(fewer) < len(kept) and choose(posts, fewer, clashes) is Verdict.IMPOSSIBLE:
            kept = fewer
    for place, tie in enumerate(kept):
        for post in tie.posts:
            shorter = kept[place]._replace(posts=tuple(one for one in kept[place].posts if one != post))
            others = [*kept[:place], shorter, *kept[place + 1 :]]
            if len(shorter.posts) > 1 and choose(posts, others, clashes) is Verdict.IMPOSSIBLE:
                kept[place] = shorter
    return kept
