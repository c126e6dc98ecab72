"""For tests of processes: time that stands still until it is moved, an engine in memory, examples played, what they cover.

    clock = ManualClock()
    with memory_engine(definition, clock=clock) as engine:
        visit = engine.start("visit", actor="specialist")
        engine.complete(visit.id, "plan", actor="specialist")
        clock.advance("2 workdays")
        engine.run_due()

    for example in definition.examples:
        assert play(definition, example).passed

The fixtures for pytest are in `oyiflow.testing.pytest_plugin`; nothing here needs pytest.
"""

from oyiflow.testing.coverage import Coverage, Item, coverage_of
from oyiflow.testing.examples import Case, Played, examples_of, play, shown, told
from oyiflow.testing.memory import MONDAY, ManualClock, memory_engine, one_per_role
from oyiflow.testing.paths import Path, Paths, paths

__all__ = [
    "MONDAY",
    "Case",
    "Coverage",
    "Item",
    "ManualClock",
    "Path",
    "Paths",
    "Played",
    "coverage_of",
    "examples_of",
    "memory_engine",
    "one_per_role",
    "paths",
    "play",
    "shown",
    "told",
]
