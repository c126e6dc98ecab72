"""What OyiFlow costs as things grow, and what it costs the first time: one measurement per call, one line of JSON.

cold | compile N | load FORM N | regions N | depth N | live N | loop N
"""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import shapes
from harness import A_EVENTS, B_EVENTS, C_EVENTS, once, rate, timed
from with_oyiflow import NOW, acts, cycle_of, instances_of, messages, random_events, remembered, started

from oyiflow.diagnostics import Severity, Source
from oyiflow.kernel import Snapshot, snapshot_to_json, step
from oyiflow.kernel.machine import Machine, machine_of
from oyiflow.kernel.plan import plan
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.verify import CHECKS


def cold() -> dict[str, Any]:
    """Microseconds of a plan and of a whole step the first time, means over the events of a workload."""
    out: dict[str, Any] = {}
    for name, definition, values, events in (
        ("a", shapes.flat(), {"amount": 10}, A_EVENTS),
        ("b", shapes.nested(), {"n": 0}, B_EVENTS),
        ("c", shapes.joined(), {}, C_EVENTS),
    ):
        out[name] = {"plan": cold_plan(definition, values, events), "step": cold_step(definition, values, events)}
    return out


def cold_plan(definition: Definition, values: dict[str, int], events: tuple[str, ...]) -> float:
    """One plan, worked out anew."""
    cycle_of(definition, values, messages(events))()
    machine = machine_of(definition)
    keys = [(arcs, leaves, dict(history)) for arcs, leaves, history in machine.plans]

    def again() -> None:
        machine.plans.clear()
        for arcs, leaves, history in keys:
            plan(machine, arcs, leaves, history)

    return 1e6 / rate(again, len(keys), 0.02, 5)


def cold_step(definition: Definition, values: dict[str, int], events: tuple[str, ...]) -> float:
    """One step in a machine that remembers nothing: candidates, plan, run, and the note of it for the next time."""
    machine = machine_of(definition)

    def again() -> None:
        machine.forget()
        for table in (machine.plans, machine.candidates, machine.active_ids):
            table.clear()

    cycle = cycle_of(definition, values, messages(events))

    def both() -> None:
        again()
        cycle()

    return (1e6 / rate(both, 1, 0.05, 5) - 1e6 / rate(again, 1, 0.02, 5)) / len(events)


def compiled(number: int) -> dict[str, float]:
    """Seconds to make the machine of a ring, and of its definition's digest, which is part of it."""
    times = 5 if number < 5000 else 3
    whole, digest = [], []
    for _ in range(times):
        definition = shapes.ring(number)
        digest.append(once(lambda d=definition: d.digest))  # type: ignore[misc]
        whole.append(once(lambda d=definition: Machine(d)))  # type: ignore[misc]
    return {"machine": min(whole), "digest": min(digest)}


def loaded(form: str, number: int) -> dict[str, float]:
    """Seconds from YAML text to a verified definition."""
    text = {"steps": shapes.steps_file, "states": shapes.states_file}[form](number)

    def load() -> None:
        definition, wrong = read_definition(Source(name=form, text=text))
        assert definition is not None, wrong[0]
        errors = [found for check in CHECKS for found in check(definition) if found.severity is Severity.ERROR]
        assert not errors, errors[0]

    return {"seconds": once(load, 3), "bytes": len(text.encode())}


def regions(number: int) -> dict[str, Any]:
    """Steps per second with so many regions, and what the machine remembers after as many events as it takes."""
    definition, events = shapes.regions(number), random_events(number)
    cycle = cycle_of(definition, {}, events)
    return {"rate": rate(cycle, len(events), 0.1, 3), "memo": remembered(machine_of(definition))}


def depth(levels: int) -> dict[str, float]:
    """Steps per second at the bottom and through all levels, and microseconds of the latter the first time."""
    definition = shapes.deep(levels)
    bottom = rate(cycle_of(definition, {}, messages(("flip", "flip"))), 2, 0.05, 3)
    through = ("leave", "enter")
    return {
        "flip": bottom,
        "through": rate(cycle_of(definition, {}, messages(through)), 2, 0.05, 3),
        "cold": cold_step(definition, {}, through),
    }


def live(number: int) -> dict[str, float]:
    """Bytes that Python's allocator gave out per live instance, and steps per second over all of them in turn."""
    definition = shapes.flat()
    instances_of(definition, 1)
    gc.collect()
    tracemalloc.start()
    snapshots = instances_of(definition, number)
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    events = messages(A_EVENTS)

    def cycle() -> None:
        for event in events:
            snapshots[:] = [step(definition, snapshot, event, NOW).snapshot for snapshot in snapshots]  # type: ignore[union-attr]

    return {"bytes": size / number, "rate": rate(cycle, len(events) * number, 0.05, 3)}


def loop(limit: int) -> list[dict[str, float]]:
    """One instance that goes round: at 1, 10, 100, … iterations the time of a step and the size of the snapshot."""
    definition, events = shapes.rework(), acts(apply="submit", check="approve")
    last: Snapshot = started(definition, {"amount": 10})
    done, out = 0, []

    def cycle() -> None:
        nonlocal last
        for event in events:
            last = step(definition, last, event, NOW).snapshot  # type: ignore[union-attr]

    window = min(1000, limit // 10)
    mark = 1
    while mark <= limit:
        for _ in range(mark - done):
            cycle()
        best = min(timed(cycle, window) for _ in range(3))
        out.append(
            {
                "iterations": mark,
                "us_per_step": 1e6 * best / window / len(events),
                "snapshot_bytes": len(snapshot_to_json(definition, last).encode()),
                "memo": sum(remembered(machine_of(definition)).values()),
            }
        )
        done = mark + 3 * window
        mark *= 10
    return out


COMMANDS: dict[str, Callable[..., Any]] = {
    "cold": cold,
    "compile": compiled,
    "load": loaded,
    "regions": regions,
    "depth": depth,
    "live": live,
    "loop": loop,
}

if __name__ == "__main__":
    arguments = [int(word) if word.isdigit() else word for word in sys.argv[2:]]
    print(json.dumps(COMMANDS[sys.argv[1]](*arguments)))
