"""One of many engine processes on one database, by what it does. What it has heard it prints, a line each.

send N      sends every event of every case, N of them, under keys that all processes share; says which revision each got
work        works until nothing is due; says how many timers it has fired
slow        takes one call to a handler and does not come back until a line is read
start N     starts N cases without ids of their own; says which ids they got
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from oyiflow.engine import Engine
from oyiflow.errors import EventRejected
from oyiflow.model.calendar import Duration
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Definition, Perform, Role, State, StateKind, Text, Transition

COMPANY = Company(people=(Person(name="li", title=Text(en="Li"), roles=("staff",)),))
LATER = datetime(2031, 1, 1, tzinfo=UTC)
BEGUN = datetime(2030, 1, 1, tzinfo=UTC)


def go(event: str, target: str) -> Transition:
    return Transition(events=(event,), targets=(target,))


def process(name: str, *states: State) -> Definition:
    root = State(id=name, kind=StateKind.COMPOUND, states=(*states, State(id="end", kind=StateKind.FINAL)))
    return Definition(name=name, title=Text(en=name), roles=(Role(name="staff", title=Text(en="staff")),), root=root)


LOOP = process("loop", State(id="on", transitions=(go("tick", "on"), go("stop", "end"))))
WAIT = process("wait", State(id="on", transitions=(Transition(after=Duration(amount=1, unit="days"), targets=("end",)),)))
PAY = process(
    "pay",
    State(id="on", entry=(Perform(handler="bank"),), transitions=(go("done.run.bank", "end"), go("error.run.bank", "on"))),
)


def say(*words: object) -> None:
    print(*words, flush=True)


def send(engine: Engine, count: int) -> None:
    ids = [i.id for i in engine.instances(process="loop")]
    for n in range(count):
        for id in ids:
            say(id, n, engine.send(id, "tick", key=f"tick {n}").revision)


def work(engine: Engine) -> None:
    total = 0
    while done := engine.run_due(LATER, limit=20):
        total += done
    say("fired", total)


def slow(url: str) -> None:
    """Somebody whose lease runs out while they work; the answer that comes too late is not taken."""

    def bank(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        say("called", key)
        sys.stdin.readline()
        return {"by": "slow"}

    with Engine(url, directory=COMPANY, clock=lambda: BEGUN, handlers={"bank": bank}) as engine:
        engine.run_due(BEGUN + timedelta(seconds=1))
    say("done")


def start(engine: Engine, count: int) -> None:
    for _ in range(count):
        say(engine.start("loop", actor="li").id)


def main(url: str, what: str, *rest: str) -> None:
    if what == "slow":
        slow(url)
        return
    with Engine(url, directory=COMPANY, clock=lambda: BEGUN) as engine:
        try:
            {"send": send, "work": lambda e: work(e), "start": start}[what](engine, *map(int, rest))  # type: ignore[operator]
        except EventRejected as error:
            say("refused", error)
            raise
