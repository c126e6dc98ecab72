"""People's operations in machines of any shape: nested, parallel, with histories, timers and calls.

Whatever is done, the instance stands in a configuration that the machine can have, exactly those active states have a task
that have work, timers belong to active states, and the same event, also through JSON, gives the same answer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oyiflow.kernel import event_from_json, event_to_json, snapshot_from_json, snapshot_to_json, start, step
from oyiflow.kernel.machine import machine_of
from oyiflow.kernel.messages import Act, Event, Message, Operate, Rejected, TimerFired
from oyiflow.kernel.operations import WORDS
from oyiflow.kernel.snapshot import Snapshot
from oyiflow.model.definition import Definition, Operation, State, StateKind
from tests.reference.machines import EVENTS, definitions
from tests.reference.pair import MORNING

ALLOW: tuple[Operation, ...] = ("transfer", "delegate", "add_signer", "remove_signer", "send_back", "withdraw", "urge")
PEOPLE = ("p", "q", "r")
OFTEN = ("act", "act", "act", "message", "timer", "send_back", "send_back", "withdraw", "resume", *WORDS)
numbers = st.integers(0, 11)
stories = st.lists(st.tuples(st.sampled_from(OFTEN), numbers, numbers, st.booleans()), min_size=10, max_size=40)


def allowing(state: State) -> State:
    """The state and all below it, allowing everything."""
    work = replace(state.work, allow=ALLOW) if state.work is not None else None
    return replace(state, states=tuple(map(allowing, state.states)), work=work)


def event_of(definition: Definition, snapshot: Snapshot, what: str, which: int, who: int, yes: bool) -> Event:
    task = snapshot.tasks[which % len(snapshot.tasks)].id if snapshot.tasks else ""
    actor, other, roles = PEOPLE[who % 3], PEOPLE[(who + 1 + yes) % 3], frozenset(definition.role)
    if what == "act":
        return Act(task=task, actor=actor, roles=roles, outcome="" if yes or which % 2 else "no")
    if what == "message":
        return Message(name=EVENTS[which % len(EVENTS)])
    if what == "timer":
        return TimerFired(timer=snapshot.timers[which % len(snapshot.timers)].id if snapshot.timers else "")
    people = (actor, other) if what == "handover" else (other,)
    when, mode = ("before", "after", "beside")[which % 3], ("any", "all", "in_turn")[who % 3]
    return Operate(
        operation=what, task=task, actor=actor, roles=roles, owner=True, people=people, when=when, mode=mode,  # type: ignore[arg-type]
        straight=yes, comment="because",
    )  # fmt: skip


def check(definition: Definition, snapshot: Snapshot) -> None:
    machine = machine_of(definition)
    active = machine.active(tuple(machine.index[name] for name in snapshot.configuration))
    for name in active:
        state = definition.states[name]
        below = [one.id for one in state.states if one.kind is not StateKind.HISTORY]
        entered = [one for one in below if one in active]
        assert state.kind is not StateKind.COMPOUND or len(entered) == 1
        assert state.kind is not StateKind.PARALLEL or entered == below
    working = [name for name in active if definition.states[name].work is not None]
    assert sorted(task.state for task in snapshot.tasks) == sorted(working)
    assert all(timer.state in active for timer in snapshot.timers if timer.state)
    assert snapshot_from_json(definition, snapshot_to_json(definition, snapshot)) == snapshot


@settings(max_examples=150, deadline=None, database=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck))
@given(definitions(True), stories)
def test_an_instance_stands_where_its_machine_can_stand(found: Definition, story: list[tuple[str, int, int, bool]]) -> None:
    definition = replace(found, root=allowing(found.root))
    begun, now = start(definition, instance="i", now=MORNING, values={"x": 1}, actor="p"), MORNING
    if isinstance(begun, Rejected):
        return
    snapshot = begun.snapshot
    for what, which, who, yes in story:
        now += timedelta(minutes=40)
        event = event_of(definition, snapshot, what, which, who, yes)
        answer = step(definition, snapshot, event, now)
        assert step(definition, snapshot, event_from_json(event_to_json(event)), now) == answer
        if isinstance(answer, Rejected):
            continue
        snapshot = answer.snapshot
        if snapshot.status == "done":
            return
        check(definition, snapshot)
