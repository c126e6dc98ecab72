"""What the suites of this folder begin with."""

from __future__ import annotations

import pytest

from tests.reference.playing import Begin, beginner


@pytest.fixture(params=[False, True], ids=["direct", "through json"])
def begin(request: pytest.FixtureRequest) -> Begin:
    """Begins a process for a test of the semantics: once directly, once with every snapshot through JSON."""
    return beginner(request.param)
