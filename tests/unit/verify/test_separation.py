"""Choosing people for posts: the same answer as trying everything, and contradictions that cannot be made smaller."""

from __future__ import annotations

import itertools
import random

import pytest

from oyiflow.verify.separation import Post, Tie, Verdict, choose, smallest

Problem = tuple[list[Post], list[Tie], list[int]]


def everything(posts: list[Post], ties: list[Tie], clashes: list[int]) -> bool:
    """Whether some choice keeps all ties; every choice is looked at."""
    tied = sorted({post for tie in ties for post in tie.posts})
    for choice in itertools.product(*([bit for bit in range(8) if posts[post].candidates >> bit & 1] for post in tied)):
        chosen = dict(zip(tied, choice, strict=True))
        if all(_shared(chosen, one, other, clashes) is not tie.different for tie in ties
               for one, other in itertools.combinations(tie.posts, 2)):  # fmt: skip
            return True
    return False


def _shared(chosen: dict[int, int], one: int, other: int, clashes: list[int]) -> bool:
    mine = clashes[chosen[one]] if clashes else 1 << chosen[one]
    return bool(mine >> chosen[other] & 1)


def problem(seed: int) -> Problem:
    rng = random.Random(seed)
    count, people = rng.randint(2, 5), rng.randint(1, 4)
    posts = [Post(str(n), rng.randrange(0 if rng.random() < 0.1 else 1, 1 << people)) for n in range(count)]
    clashes = [1 << n for n in range(people)] if rng.random() < 0.4 else []
    for one, other in itertools.combinations(range(len(clashes)), 2):
        if rng.random() < 0.3:
            clashes[one] |= 1 << other
            clashes[other] |= 1 << one
    ties = [Tie(tuple(rng.sample(range(count), rng.randint(2, count))), rng.random() < 0.7) for _ in range(rng.randint(1, 3))]
    return posts, ties, clashes


def test_it_agrees_with_trying_everything() -> None:
    answers = set()
    for seed in range(3_000):
        posts, ties, clashes = problem(seed)
        found = choose(posts, ties, clashes)
        assert (found is not Verdict.IMPOSSIBLE) is everything(posts, ties, clashes), f"seed {seed}"
        answers.add(isinstance(found, dict))
        if isinstance(found, dict):
            assert all(_shared(found, *pair, clashes) is not tie.different for tie in ties
                       for pair in itertools.combinations(tie.posts, 2)), f"seed {seed}"  # fmt: skip
            assert all(posts[post].candidates >> bit & 1 for post, bit in found.items()), f"seed {seed}"
    assert answers == {True, False}


def test_a_smallest_contradiction_has_nothing_to_spare() -> None:
    for seed in range(600):
        posts, ties, clashes = problem(seed)
        if choose(posts, ties, clashes) is not Verdict.IMPOSSIBLE:
            continue
        left = smallest(posts, ties, clashes)
        assert not everything(posts, left, clashes), f"seed {seed}"
        assert all(everything(posts, [other for other in left if other is not tie], clashes) for tie in left), f"seed {seed}"


def test_more_posts_than_people_is_seen_at_once() -> None:
    posts = [Post(str(n), (1 << 30) - 1) for n in range(31)]
    assert choose(posts, [Tie(tuple(range(31)), True)]) is Verdict.IMPOSSIBLE
    assert isinstance(choose(posts[:30], [Tie(tuple(range(30)), True)]), dict)


def test_what_takes_too_long_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two circles of five posts with two people each: an odd circle cannot alternate, and no single tie shows it."""
    posts = [Post(str(n), 3) for n in range(5)]
    ties = [Tie((n, (n + 1) % 5), True) for n in range(5)]
    assert choose(posts, ties) is Verdict.IMPOSSIBLE
    monkeypatch.setattr("oyiflow.verify.separation.TRIES", 1)
    assert choose(posts, ties) is Verdict.UNDECIDED


def test_posts_without_ties_are_nobodys_business() -> None:
    assert choose([Post("a", 0)], []) == {}
