"""OyiFlow: `step` as a host calls it, with the answer's snapshot as the next question.

Beside the three workloads of all peers: `checked` (a with a guard on a role and a field written by `set` at every event), `act` (a
by people: a role is checked, a field filled, a task closed and the next opened), `regions` (12 regions of 5 states under
random events), `dumped` (a, and the snapshot written as JSON) and `durable` (a, and the snapshot read, stepped, written).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import shapes
from harness import A_EVENTS, B_EVENTS, C_EVENTS, Cycle, answer

from oyiflow.kernel import Act, Event, Message, Rejected, Snapshot, snapshot_from_json, snapshot_to_json, start, step
from oyiflow.kernel.machine import Machine, machine_of
from oyiflow.model.definition import Definition

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RANDOM_EVENTS = 10_000


def started(definition: Definition, values: Mapping[str, Any]) -> Snapshot:
    """A new instance."""
    first = start(definition, instance="i", now=NOW, values=values)
    assert not isinstance(first, Rejected), first
    return first.snapshot


def cycle_of(definition: Definition, values: Mapping[str, Any], events: Sequence[Event]) -> Cycle:
    """Steps round and round; proved to come back to where it began, with none refused."""
    last = started(definition, values)
    for event in events:
        assert isinstance(last, Snapshot), last
        last = step(definition, last, event, NOW).snapshot  # type: ignore[union-attr]

    def cycle() -> None:
        nonlocal last
        now = last
        for event in events:
            now = step(definition, now, event, NOW).snapshot  # type: ignore[union-attr]
        last = now

    return cycle


def messages(names: Sequence[str]) -> list[Event]:
    """Events by their names."""
    return [Message(name=name) for name in names]


def acts(**tasks: str) -> list[Event]:
    """People's answers, each with a value: task and the event that its answer becomes, those of a unless others are given."""
    tasks = tasks or dict(zip(("draft", "submitted", "review", "approved", "paid"), A_EVENTS, strict=True))
    return [
        Act(task=task, actor="li", roles=frozenset({shapes.ACTORS[event]}), values={"amount": 10 + place})
        for place, (task, event) in enumerate(tasks.items())
    ]


def random_events(number: int) -> list[Event]:
    """Each for one of so many regions, forth or back."""
    dice = random.Random(number)
    kinds = messages([f"r{r}.{way}" for r in range(number) for way in ("next", "back")])
    return [dice.choice(kinds) for _ in range(RANDOM_EVENTS)]


def regions(number: int = 12) -> Cycle:
    return cycle_of(shapes.regions(number), {}, random_events(number))


def json_cycle(read: bool) -> Cycle:
    definition, events = shapes.flat(), messages(A_EVENTS)
    last = started(definition, {"amount": 10})
    text = snapshot_to_json(definition, last)

    def cycle() -> None:
        nonlocal last, text
        for event in events:
            if read:
                last = snapshot_from_json(definition, text)
            last = step(definition, last, event, NOW).snapshot  # type: ignore[union-attr]
            text = snapshot_to_json(definition, last)

    return cycle


WORKLOADS = {
    "a": (lambda: cycle_of(shapes.flat(), {"amount": 10}, messages(A_EVENTS)), len(A_EVENTS)),
    "b": (lambda: cycle_of(shapes.nested(), {"n": 0}, messages(B_EVENTS)), len(B_EVENTS)),
    "c": (lambda: cycle_of(shapes.joined(), {}, messages(C_EVENTS)), len(C_EVENTS)),
    "checked": (lambda: cycle_of(shapes.checked(), {"n": 0, "role": "admin"}, messages(A_EVENTS)), len(A_EVENTS)),
    "act": (lambda: cycle_of(shapes.worked(), {"amount": 10}, acts()), len(A_EVENTS)),
    "regions": (regions, RANDOM_EVENTS),
    "dumped": (lambda: json_cycle(read=False), len(A_EVENTS)),
    "durable": (lambda: json_cycle(read=True), len(A_EVENTS)),
}


def remembered(machine: Machine) -> dict[str, int]:
    """How many entries the memo tables of a machine hold."""
    tables = {name: len(value) for name, value in vars(machine).items() if name in MEMOS}
    tables["forks of trails"] = machine.forks
    return tables


MEMOS = ("places", "plans", "candidates", "active_ids", "_responders")


def build(n: int) -> object:
    definition = shapes.ring(n)
    machine_of(definition)
    return definition, started(definition, {})


def instances(n: int) -> object:
    definition = shapes.flat()
    return definition, instances_of(definition, n)


def instances_of(definition: Definition, n: int) -> list[Snapshot]:
    """New instances of workload a, each with a number of its own as data."""
    kept = []
    for number in range(n):
        first = start(definition, instance=f"i{number}", now=NOW, values={"amount": -number})
        assert not isinstance(first, Rejected)
        kept.append(first.snapshot)
    return kept


if __name__ == "__main__":
    answer(globals())
