"""The bridge and the kernel walk side by side: the same triggers are taken and refused, and lead to the same place with the same data.

On the kernel's side a trigger is told from the names of the definition here, not by the bridge. Three kinds of machines:
the processes of the house with people and valid values; random machines with data, timers and calls; and random machines
without data, of which the generated ways must be exactly those that the kernel takes, no fewer and no more.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from oyiflow import load, load_company
from oyiflow.bridge import reachable
from oyiflow.bridge.reachable import Way
from oyiflow.bridge.transitions import machine
from oyiflow.errors import EventRejected, Forbidden, OyiFlowError
from oyiflow.kernel.codec import snapshot_to_json
from oyiflow.kernel.messages import Act, CallEnded, Event, Message, Rejected, Step, TimerFired
from oyiflow.kernel.snapshot import Snapshot
from oyiflow.kernel.step import start, step
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition, Field, State, Transition
from oyiflow.model.values import FieldType
from tests.reference.machines import Happening, definitions, stories
from tests.reference.playing import atomic, compound, final, history, on, parallel
from tests.reference.playing import machine as definition_of

pytest.importorskip("transitions", reason="the bridge needs the package transitions")

PROCESSES = Path(__file__).parents[2] / "processes"
MONDAY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


class Model:
    """A developer's object."""

    def __init__(self) -> None:
        self.effects: list[Any] = []

    def on_effects(self, effects: tuple[Any, ...]) -> None:
        self.effects += effects


class Pair:
    """A model and a snapshot of the kernel's, moved by the same words."""

    def __init__(self, definition: Definition, company: Company | None = None) -> None:
        self.definition = definition
        self.company = company
        self.now = MONDAY
        self.flat = machine(definition, company=company, clock=lambda: self.now)
        self.model: Any = Model()
        self.flat.add_model(self.model)
        begun = start(definition, instance=self.model.form.now().instance, now=self.now)
        assert isinstance(begun, Step)
        self.snapshot: Snapshot = begun.snapshot
        self.taken = 0
        self.compare()

    def compare(self) -> None:
        assert self.model.state == "+".join(self.snapshot.configuration)
        assert dict(self.model.form) == dict(self.snapshot.data)
        assert self.model.oyiflow == snapshot_to_json(self.definition, self.snapshot)

    def happen(self, trigger: str, event: Event, **given: Any) -> None:
        """Pull a trigger of the model and hand an event to the kernel."""
        answer = step(self.definition, self.snapshot, event, self.now)
        before = self.model.oyiflow
        assert getattr(self.model, f"may_{trigger}")(**given) == isinstance(answer, Step)
        assert self.model.oyiflow == before, "asking changes nothing"
        if isinstance(answer, Rejected):
            with pytest.raises(Forbidden if answer.code in ("forbidden", "rule") else EventRejected):
                getattr(self.model, trigger)(**given)
        else:
            assert getattr(self.model, trigger)(**given) is True
            self.snapshot = answer.snapshot
            self.taken += 1
        self.compare()

    def stored_and_loaded(self) -> None:
        """Go on with another object that holds nothing but the text."""
        fresh: Any = Model()
        fresh.oyiflow = self.model.oyiflow
        self.flat.add_model(fresh)
        self.model = fresh
        self.compare()


# --- the processes of the house


class Walker:
    """Somebody who tries things at random, most of them sensible."""

    def __init__(self, pair: Pair, chance: random.Random) -> None:
        self.pair = pair
        self.chance = chance
        self.answers = {
            f"{state.id}_{outcome.name}": (state, outcome)
            for state in pair.definition.states.values()
            if state.work is not None
            for outcome in state.work.outcomes
        }

    def try_something(self) -> None:
        pair, chance = self.pair, self.chance
        if chance.random() < 0.1:
            pair.stored_and_loaded()
        if pair.snapshot.calls and chance.random() < 0.5:
            call, name = pair.snapshot.calls[0]
            output = {"satisfied": chance.choice((True, False)), "remedy": "换"}
            pair.happen(f"{name.removeprefix('call.')}_done", CallEnded(call=call, output=output), **output)
        elif pair.snapshot.timers and chance.random() < 0.3:
            timer = min(pair.snapshot.timers, key=lambda t: t.due)
            if chance.random() < 0.5:
                pair.now = max(pair.now, timer.due)
            pair.happen("time_passed", TimerFired(timer=timer.id))
        else:
            self.answer()
        pair.now += timedelta(hours=chance.choice((0, 1, 30)))

    def answer(self) -> None:
        pair, chance = self.pair, self.chance
        open_now = [name for name, (state, _) in self.answers.items() if any(t.state == state.id for t in pair.snapshot.tasks)]
        name = chance.choice(open_now) if open_now and chance.random() < 0.9 else chance.choice(list(self.answers))
        state, outcome = self.answers[name]
        company = pair.company
        assert company is not None and state.work is not None
        able = [p.name for p in company.people if state.work.by[0].role in p.roles]
        by = chance.choice(able) if able and chance.random() < 0.85 else chance.choice(company.people).name
        fields = [pair.definition.field[field] for field in state.work.fill]
        values = {f.name: self.value(f) for f in fields if f.required or chance.random() < 0.7}
        if values and chance.random() < 0.1:
            values[chance.choice(list(values))] = chance.choice((1.5, "?" * 2000, "", None))
        checked = ("*",) if chance.random() < 0.9 else ()
        act = Act(task=state.id, outcome=outcome.name, actor=by, roles=company.roles_of(by), values=values, checked=checked)
        pair.happen(name, act, by=by, checked=checked, **values)

    def value(self, field: Field) -> Any:
        match field.type:
            case FieldType.CHOICE:
                return self.chance.choice(field.options)
            case FieldType.CHOICES:
                return self.chance.sample(field.options, self.chance.randint(1, len(field.options)))
            case FieldType.INT:
                return self.chance.choice((1, "2"))
            case FieldType.MONEY:
                return self.chance.choice((Decimal("500.50"), 0, "3000"))
            case FieldType.BOOL:
                return self.chance.choice((True, "否"))
            case FieldType.DATE:
                return self.chance.choice((date(2026, 1, 5), "2026-01-20"))
        return self.chance.choice(("东岭机械", "华远电气"))


@pytest.mark.parametrize("name", ["visit", "service", "complaint", "development"])
def test_the_processes_run_the_same_on_both_sides(name: str) -> None:
    company = load_company(PROCESSES / "company.yaml")
    definition = load(PROCESSES / f"{name}.yaml")
    taken, seen = 0, set()
    for seed in range(15):
        pair = Pair(definition, company)
        walker = Walker(pair, random.Random(f"{name} {seed}"))
        for _ in range(60):
            walker.try_something()
            seen |= set(pair.snapshot.configuration)
        taken += pair.taken
    assert taken > 50, "refused only"
    assert len(seen) > len([s for s in definition.states.values() if s.work]) / 2


# --- random machines


def test_random_machines_with_data_run_the_same_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachable, "MOMENTS_AT_LEAST", 1000)  # many of these machines raise events without end
    reasons: dict[str, int] = {}

    @settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(definitions(), stories)
    def agree(definition: Definition, story: list[Happening]) -> None:
        if isinstance(start(definition, instance="i", now=MONDAY), Rejected):
            return
        try:
            pair = Pair(definition)
        except OyiFlowError as error:
            reasons[error.en[:40]] = reasons.get(error.en[:40], 0) + 1
            assert "no flat machine" in error.en or "never comes to rest" in error.en
            return
        for happening in story:
            play(pair, happening)
        reasons["ran"] = reasons.get("ran", 0) + 1

    agree()
    assert reasons["ran"] >= 15, reasons


def play(pair: Pair, happening: Happening) -> None:
    pair.now += timedelta(seconds=20)
    snapshot = pair.snapshot
    if happening.kind == "message":
        name = happening.name.replace(".", "_")
        given = {} if happening.x is None else {"x": happening.x}
        if hasattr(pair.model, name):  # else no transition names the event, so there is no such method
            pair.happen(name, Message(name=happening.name, values=given), **given)
    elif happening.kind == "timer" and snapshot.timers:
        timer = min(snapshot.timers, key=lambda t: t.due)
        pair.now = max(pair.now, timer.due)
        pair.happen("time_passed", TimerFired(timer=timer.id))
    elif happening.kind == "call" and snapshot.calls:
        call, name = snapshot.calls[happening.number % len(snapshot.calls)]
        if call == next(c for c, n in snapshot.calls if n == name):
            ending = "failed" if happening.failed else "done"
            pair.happen(f"{name.partition('.')[2]}_{ending}", CallEnded(call=call, failed=happening.failed))


def random_states(chance: random.Random) -> Definition:
    """Nested and parallel states with histories, joins and inner events, and no data."""
    names: list[str] = []

    def name() -> str:
        names.append(f"s{len(names)}")
        return names[-1]

    def tree(depth: int, inside: str) -> tuple[str, str, list[Any]]:
        kind = chance.choice(("atomic",) if depth > 2 or len(names) > 9 else ("atomic", "compound", "parallel"))
        if inside == "compound" and chance.random() < 0.2:
            kind = "final"
        mine = name()
        if kind in ("atomic", "final"):
            return mine, kind, []
        below = [tree(depth + 1, kind) for _ in range(chance.randint(2, 3))]
        if below[0][1] == "final":
            below[0] = (below[0][0], "atomic", [])
        return mine, kind, below

    top = [tree(0, "root") for _ in range(3)]

    def transitions() -> list[Transition]:
        found = []
        for _ in range(chance.randint(2, 5)):
            event = chance.choice(("a", "b", "c", "a", "b", "c", "done.state." + chance.choice(names)))
            found.append(on(event, "" if chance.random() < 0.15 else chance.choice(names), internal=chance.random() < 0.3))
        return found

    def state(mine: str, kind: str, below: list[Any]) -> State:
        if kind == "atomic":
            return atomic(mine, *transitions())
        if kind == "final":
            return final(mine)
        parts: list[Any] = [state(*one) for one in below]
        if kind == "compound" and chance.random() < 0.5:
            parts.append(history(name(), below[0][0], deep=chance.random() < 0.5))
        return (compound if kind == "compound" else parallel)(mine, *parts, *transitions())

    return definition_of(*(state(*one) for one in top))


def kernel_ways(definition: Definition) -> tuple[set[Way], set[str]]:
    """All ways, found by stepping through everything that can be reached."""
    begun = start(definition, instance="i", now=MONDAY)
    assert isinstance(begun, Step)
    todo, ways = [begun.snapshot], set()
    seen = {begun.snapshot.place}
    while todo:
        snapshot = todo.pop()
        source = "+".join(snapshot.configuration)
        for event in "abc":
            answer = step(definition, snapshot, Message(name=event), MONDAY)
            if isinstance(answer, Step):
                dest = "+".join(answer.snapshot.configuration)
                stayed = dest == source and not any(trace.exited for trace in answer.trace)
                ways.add(Way(event, source, None if stayed else dest))
                if answer.snapshot.place not in seen:
                    seen.add(answer.snapshot.place)
                    todo.append(answer.snapshot)
    return ways, {"+".join(place.configuration) for place in seen}


def test_without_data_the_ways_are_exactly_the_kernel_s() -> None:
    several = remembering = 0
    for seed in range(120):
        definition = random_states(random.Random(seed))
        flat = machine(definition)
        ways, configurations = kernel_ways(definition)
        assert set(flat.reachable.ways) == ways
        assert set(flat.states) == configurations
        several += any("+" in name for name in configurations)
        remembering += any(len({w.dest for w in ways if (w.trigger, w.source) == (a.trigger, a.source)}) > 1 for a in ways)
    assert several > 30 and remembering > 3, "the generator lost its teeth"
