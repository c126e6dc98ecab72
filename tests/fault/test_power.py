"""A power cut at any point of the record of what an engine has done to its files; see `benchmarks/power.py`."""

from __future__ import annotations

import shutil
import sys

import pytest

from benchmarks.power import cuts

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="no C compiler: the writes to the disk cannot be recorded"
)


def test_a_power_cut_loses_nothing_that_was_acknowledged() -> None:
    played = cuts(25, seed=7)
    assert played is not None
    acknowledged, lost, damaged, _ = played
    assert acknowledged > 1000 and (lost, damaged) == (0, 0)


def test_the_cut_would_find_a_store_that_does_not_wait_for_the_disk() -> None:
    played = cuts(10, seed=7, synchronous="NORMAL")
    assert played is not None
    assert played[1] > 0
