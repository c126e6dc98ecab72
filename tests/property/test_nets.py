"""Every way of searching a net gives the answer of the slow twin, and shows it by a run. More: `benchmarks/nets.py twin`."""

from __future__ import annotations

import pytest

from benchmarks.nets import disagreement

SHARE = 250
"""Nets of one test; `benchmarks/nets.py twin` asks about a million."""


@pytest.mark.parametrize("first", range(0, 4_000, SHARE))
def test_no_way_of_searching_disagrees_with_the_twin(first: int) -> None:
    wrong = [message for seed in range(first, first + SHARE) if (message := disagreement(seed)[0])]
    assert wrong == []
