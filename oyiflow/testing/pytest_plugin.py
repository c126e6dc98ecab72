"""For pytest: a clock, engines in memory, and a test from each example of a folder. Enabled in `conftest.py`:

    pytest_plugins = ["oyiflow.testing.pytest_plugin"]

and used like this:

    @pytest.mark.parametrize("case", examples_of("processes/"), ids=str)
    def test_example(case):
        case.check()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from oyiflow.engine.directory import Directory
from oyiflow.engine.engine import Engine
from oyiflow.engine.handlers import Handler
from oyiflow.model.definition import Definition
from oyiflow.testing.examples import examples_of
from oyiflow.testing.memory import ManualClock, memory_engine

__all__ = ["EngineMaker", "examples_of", "manual_clock", "oyiflow_engine"]

EngineMaker = Callable[..., Engine]
"""`oyiflow_engine(*definitions, directory=None, handlers=None)`."""


@pytest.fixture
def manual_clock() -> ManualClock:
    """A clock that stands on a Monday morning until the test moves it."""
    return ManualClock()


@pytest.fixture
def oyiflow_engine(manual_clock: ManualClock) -> Iterator[EngineMaker]:
    """Makes engines in memory that go by `manual_clock`, with these processes published; they are closed after the test."""
    with ExitStack() as opened:

        def make(
            *definitions: Definition, directory: Directory | None = None, handlers: Mapping[str, Handler] | None = None
        ) -> Engine:
            engine = memory_engine(*definitions, directory=directory, clock=manual_clock, handlers=handlers)
            return opened.enter_context(engine)

        yield make
