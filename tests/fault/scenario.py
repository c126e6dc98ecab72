"""A story that uses everything: start, answer, reminder, handler, called process, cancelled call; and a connection that dies.

Each line of the story is a call with a key, so that a caller who heard no answer can tell the whole story again from the
beginning: what was written gives its first answer, what was not is done now. Before each line some minutes pass and the
worker runs, as it would; so leases of the dead run out.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oyiflow.engine import Engine, Worker
from oyiflow.model.calendar import Duration
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import (
    Assignee,
    Call,
    Definition,
    Field,
    Notify,
    Outcome,
    Perform,
    Role,
    State,
    StateKind,
    Text,
    Transition,
    Work,
)
from oyiflow.model.values import FieldType
from oyiflow.store import SqliteStore
from oyiflow.testing import ManualClock

COMPANY = Company(
    people=(
        Person(name="li", title=Text(en="Li"), roles=("staff",), superior="zhao"),
        Person(name="zhao", title=Text(en="Zhao"), roles=("boss",)),
    )
)


def work(state: str, by: str, fill: tuple[str, ...] = ()) -> Work:
    names = ("done", "rejected")
    outcomes = tuple(Outcome(name=n, event=f"{state}.{n}", title=Text(en=n), consent=n == "done") for n in names)
    return Work(by=(Assignee(role=by),), outcomes=outcomes, fill=fill)


def go(event: str, target: str) -> Transition:
    return Transition(events=(event,), targets=(target,))


def process(name: str, *states: State) -> Definition:
    roles = tuple(Role(name=role, title=Text(en=role)) for role in ("staff", "boss"))
    fields = (Field(name="note", title=Text(en="note"), type=FieldType.TEXT),)
    states = (*states, State(id="end", kind=StateKind.FINAL))
    root = State(id=name, kind=StateKind.COMPOUND, states=states)
    return Definition(name=name, title=Text(en=name), roles=roles, fields=fields, root=root)


CHILD = process(
    "child",
    State(id="fill", work=work("fill", "staff", ("note",)), transitions=(go("fill.done", "end"), go("fill.rejected", "fill"))),
)
PARENT = process(
    "parent",
    State(id="apply", work=work("apply", "staff", ("note",)), transitions=(go("apply.done", "review"),)),
    State(
        id="review",
        work=work("review", "boss"),
        transitions=(
            go("review.done", "pay"),
            go("review.rejected", "apply"),
            Transition(after=Duration(amount=1, unit="days"), actions=(Notify(about="review", reason="escalate"),)),
        ),
    ),
    State(id="pay", entry=(Perform(handler="pay"),), transitions=(go("done.run.pay", "sub"),)),
    State(
        id="sub",
        call=Call(process="child", outputs=(("note", "note"),)),
        transitions=(go("done.call.sub", "end"), go("again", "apply")),
    ),
)


class Mortal(sqlite3.Connection):
    """Counts statements, and kills the process before (or after) one of them. The kill is real: no handler, no clean-up."""

    seen: list[str]
    die_at: tuple[str, int] | None = None

    def cursor(self, factory: Any = None) -> Any:
        """One that counts too; the connection's own `execute` makes one and does not ask it."""
        return super().cursor(MortalCursor)

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:  # type: ignore[override]
        return self.counted(sql, lambda: super(Mortal, self).execute(sql, *parameters))

    @classmethod
    def counted(cls, sql: str, run: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        """Run a statement, or die of it."""
        number = len(cls.seen)
        cls.seen.append(" ".join(sql.split()[:3]))
        if cls.die_at == ("before", number):
            os.kill(os.getpid(), signal.SIGKILL)
        result = run()
        if cls.die_at == ("after", number):
            os.kill(os.getpid(), signal.SIGKILL)
        return result


class MortalCursor(sqlite3.Cursor):
    """See `Mortal`."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:  # type: ignore[override]
        return Mortal.counted(sql, lambda: super(MortalCursor, self).execute(sql, *parameters))


@dataclass
class Told:
    """What a caller heard: (line of the story, instance, revision)."""

    acknowledge: Callable[[str], None]
    answers: list[tuple[str, int]] = field(default_factory=list)

    def hear(self, instance: Any) -> str:
        self.answers.append((instance.id, instance.revision))
        self.acknowledge(f"{instance.id} {instance.revision}\n")
        return str(instance.id)


def open_engine(folder: Path, clock: ManualClock, factory: type[sqlite3.Connection] = sqlite3.Connection) -> Engine:
    """An engine whose handler writes down each call, as a bank would."""

    def pay(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        with open(folder / "bank", "a", encoding="utf-8") as bank:
            bank.write(key + "\n")
        return {"paid": key}

    return Engine(SqliteStore(folder / "e.db", factory=factory), directory=COMPANY, clock=clock, handlers={"pay": pay})


def tell(folder: Path, acknowledge: Callable[[str], None], factory: type[sqlite3.Connection] = sqlite3.Connection) -> None:
    """The story, from the beginning to the end."""
    clock = ManualClock()
    engine = open_engine(folder, clock, factory)
    told = Told(acknowledge)

    def meanwhile(by: str = "6 minutes") -> None:
        clock.advance(by)
        Worker(engine).run_once()

    engine.deploy(CHILD)
    engine.deploy(PARENT)
    id = told.hear(engine.start("parent", actor="li", key="start", values={"note": "first"}))
    meanwhile()
    told.hear(engine.complete(id, "apply", actor="li", key="apply"))
    meanwhile("2 days")
    told.hear(engine.complete(id, "review", actor="zhao", outcome="rejected", key="reject"))
    meanwhile()
    told.hear(engine.complete(id, "apply", actor="li", key="apply again"))
    meanwhile()
    told.hear(engine.complete(id, "review", actor="zhao", key="review"))
    meanwhile()
    told.hear(engine.send(id, "again", actor="li", key="again"))
    meanwhile()
    told.hear(engine.complete(id, "apply", actor="li", key="apply once more"))
    meanwhile()
    told.hear(engine.complete(id, "review", actor="zhao", key="review once more"))
    meanwhile()
    called = [effect["id"] for entry in engine.history(id) for effect in entry.effects if effect["kind"] == "CallStarted"]
    told.hear(engine.complete(called[-1], "fill", actor="li", key="fill", values={"note": "from the child"}))
    meanwhile()
    meanwhile()
    engine.close()
