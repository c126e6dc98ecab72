"""The kernel and the reference interpreter tell the same story, whatever the machine and whatever happens to it.

What is compared stands in `tests/reference/pair.py`. Both of the kernel's ways to remember macrosteps are tried, on machines
that only messages, timers and calls move, and on those in which people have work. `benchmarks/agreement.py` tries many more.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from oyiflow.kernel import machine, run
from oyiflow.model.definition import Definition
from tests.reference import interpreter
from tests.reference.machines import Happening, definitions, stories, stories_of_people
from tests.reference.pair import play


@pytest.mark.parametrize("people", [False, True], ids=["events", "people"])
@pytest.mark.parametrize("whole_limit", [machine.WHOLE_LIMIT, 1], ids=["whole configurations", "leaf by leaf"])
def test_the_kernel_agrees_with_the_reference(whole_limit: int, people: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every story is told twice with another one between, because the kernel remembers what it has done before."""
    monkeypatch.setattr(machine, "WHOLE_LIMIT", whole_limit)
    monkeypatch.setattr(run, "MICROSTEP_LIMIT", 40)  # cycles are common in random machines, and the reference is slow
    monkeypatch.setattr(interpreter, "LIMIT", 40)

    told_by = stories_of_people if people else stories

    @settings(
        max_examples=200, deadline=None, database=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck)
    )
    @given(definitions(people), told_by, told_by)
    def agree(definition: Definition, story: list[Happening], other: list[Happening]) -> None:
        for told in (story, other, story):
            play(definition, told)

    agree()
