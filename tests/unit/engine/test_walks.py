"""Random walks over all sample processes: whatever people do, the invariants hold after every call."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from samples import COMPANY, approval, caller, owned, performing, signing
from test_engine import assert_sound

from oyiflow.engine import Engine, Worker
from oyiflow.errors import EventRejected, Forbidden
from oyiflow.model.definition import Mode
from oyiflow.testing import ManualClock, memory_engine

PROCESSES = (approval(), caller(), owned(), performing(), signing(Mode.ALL, "both"), signing(Mode.IN_TURN, "turns"))
PEOPLE = ("李", "王", "赵", "钱", "陌生人")


def stumble(engine: Engine, clock: ManualClock, dice: random.Random) -> None:
    """Do something, sensible or not."""
    instances = engine.instances("running")
    if not instances or dice.random() < 0.15:
        engine.start(dice.choice(PROCESSES).name, actor=dice.choice(PEOPLE), values={"owner": dice.choice(PEOPLE)})
        return
    instance = dice.choice(instances)
    if dice.random() < 0.1:
        engine.send(instance.id, dice.choice(("stop", "ring")))
    elif dice.random() < 0.15:
        clock.advance(timedelta(hours=dice.randrange(100)))
        Worker(engine).run_once()
    else:
        tasks = engine.tasks(instance=instance.id)
        task = dice.choice(tasks).step if tasks else "nothing"
        values = dice.choice(({}, {"owner": dice.choice(PEOPLE)}, {"amount": str(dice.randrange(-3, 99))}))
        engine.complete(
            instance.id, task, actor=dice.choice(PEOPLE), outcome=dice.choice(("", "done", "rejected")), values=values
        )


def stored(engine: Engine) -> list[object]:
    """The rows that a step writes, and when timers are due."""
    store, ever = engine._store, "9999"
    rows = [store.instances(), store.tasks(), sorted((one.instance, one.id, one.due) for one in store.due(ever, 10_000).timers)]
    return [*rows, [store.journal(one.id) for one in store.instances()]]


@pytest.mark.parametrize("seed", range(12))
def test_walk(seed: int) -> None:
    dice = random.Random(seed)
    clock = ManualClock()

    def pay(values: object, key: str) -> dict[str, str]:
        if dice.random() < 0.5:
            raise ConnectionError(key)
        return {}

    taken = 0
    with memory_engine(*PROCESSES, directory=COMPANY, clock=clock, handlers={"pay": pay}) as engine:
        for _ in range(120):
            before = {i.id: i.revision for i in engine.instances()}
            try:
                stumble(engine, clock, dice)
                taken += 1
            except (EventRejected, Forbidden):
                assert {i.id: i.revision for i in engine.instances()} == before, "what was refused has written nothing"
            for person in PEOPLE:
                assert all(person in task.people for task in engine.tasks(person=person))
        assert_sound(engine)
        rows = stored(engine)
        for instance in engine.instances():
            engine._store._db.execute("UPDATE instance SET snapshot = '' WHERE id = ?", (instance.id,))  # type: ignore[attr-defined]
            engine.restore(instance.id)
        assert stored(engine) == rows, "a state that is restored from its journal is written as it was, byte by byte"
        inboxes = {(t.instance, t.id, p) for p in PEOPLE for t in engine.tasks(person=p)}
        assert inboxes == {(t.instance, t.id, p) for t in engine.tasks() for p in t.people}, "inboxes and tasks say the same"
    assert taken > 20
