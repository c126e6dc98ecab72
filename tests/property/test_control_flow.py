"""The net of a definition and the kernel agree: what the kernel does the net can do, and what the net says is lost is lost.

Two sources of definitions: random statecharts, from which only one direction follows (conditions and events are free in the
net), and random procedures without conditions, of which every situation is looked at with the kernel.
"""

from __future__ import annotations

from random import Random

import pytest

from oyiflow.diagnostics import Severity, Source
from oyiflow.kernel.messages import Act, Message, Rejected, TimerFired
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.verify.nets import Kind, Net, soundness
from oyiflow.verify.nets_of import flow_of
from oyiflow.verify.soundness import BEFORE, check_joins
from tests.reference.machines import definition as random_definition
from tests.reference.machines import happening
from tests.reference.playing import Play

SHARE = 60


def configurations(net: Net, limit: int = 800) -> set[frozenset[str]] | None:
    """The sets of states that the net can mark together, with no leaving under way; None if there are more than the limit."""
    start = frozenset(place for place, _ in net.start)
    before = [frozenset(place for place, _ in arcs) for arcs in net.inputs]
    after = [frozenset(place for place, _ in arcs) for arcs in net.outputs]
    seen, todo = {start}, [start]
    while todo:
        here = todo.pop()
        for wanted, laid in zip(before, after, strict=True):
            if wanted <= here and (there := (here - wanted) | laid) not in seen:
                assert not (here - wanted) & laid, "no place of the net is marked twice"
                seen.add(there)
                todo.append(there)
        if len(seen) > limit:
            return None
    named = [frozenset(net.places[place] for place in marking) for marking in seen]
    return {frozenset(p for p in marking if p[-1] != "+") for marking in named if not any(p[0] in "-~?" for p in marking)}


@pytest.mark.parametrize("first", range(0, 600, SHARE))
def test_the_net_can_do_what_the_kernel_does(first: int) -> None:
    looked_at = 0
    for seed in range(first, first + SHARE):
        choose = Random(seed)
        definition = random_definition(choose.randrange)
        flow = flow_of(definition)
        can = configurations(flow.net) if flow is not None else None
        if can is None:
            continue
        play = Play(definition)
        try:
            play.begin()
        except AssertionError:  # a machine that refuses to begin
            continue
        for _ in range(12):
            looked_at += 1
            assert frozenset(play.snapshot.configuration) in can, f"seed {seed}: {play.at}"
            what = happening(choose.randrange)
            if play.snapshot.status != "running":
                break
            if what.kind == "message":
                play.take(Message(name=what.name, values={} if what.x is None else {"x": what.x}))
            elif what.kind == "timer" and play.snapshot.timers:
                play.fire(what.number % len(play.snapshot.timers))
            elif what.kind == "call" and play.snapshot.calls:
                play.call_ended(what.number % len(play.snapshot.calls), failed=what.failed)
    assert looked_at > SHARE


class Procedure:
    """A random procedure without conditions: nested branches, returns and jumps inside them, some with a deadline."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.count = 0

    def name(self) -> str:
        self.count += 1
        return f"s{self.count}"

    def text(self) -> str:
        lines = self.rows(self.random.randint(1, 3), 0, "  ")
        return "\n".join(["process: p", "title: P", "roles: {r: R}", "steps:", *lines, "  - {end: done, title: Done}", ""])

    def rows(self, count: int, depth: int, indent: str) -> list[str]:
        names, lines = [self.name() for _ in range(count)], []
        for name in names:
            kind = self.random.random()
            if kind < 0.3 and depth < 2:
                lines += self.together(name, depth, indent)
                continue
            then = f", then: {self.random.choice(names)}" if self.random.random() < 0.25 else ""
            late = ", within: 3 days, late: skip" if self.random.random() < 0.15 else ""
            if kind < 0.6:
                lines.append(f"{indent}- {{approve: {name}, by: r, rejected: {self.random.choice(names)}{then}{late}}}")
            else:
                lines.append(f"{indent}- {{do: {name}, by: r{then}{late}}}")
        return lines

    def together(self, name: str, depth: int, indent: str) -> list[str]:
        lines = [f"{indent}- together: {name}"]
        if self.random.random() < 0.2:
            lines.append(f"{indent}  until: first")
        if self.random.random() < 0.3:
            lines += [f"{indent}  within: 9 days", f"{indent}  late: skip"]
        lines.append(f"{indent}  steps:")
        for _ in range(2):
            lines += [f"{indent}    - branch: {self.name()}b", f"{indent}      steps:"]
            lines += self.rows(self.random.randint(1, 3), depth + 1, indent + "        ")
        return lines


def situations(definition: Definition) -> tuple[dict[str, set[str]], set[str], set[str]]:
    """All that can happen, by the kernel: where each situation leads, those in which it is over, and the transitions taken."""
    begun = Play(definition).begin()
    known, todo = {begun.at: begun}, [begun]
    ways: dict[str, set[str]] = {}
    taken: set[str] = set()
    over: set[str] = set()
    while todo:
        here = todo.pop()
        ways[here.at] = set()
        if here.snapshot.status != "running":
            over.add(here.at)
            continue
        events = [
            Act(task=task.id, outcome=outcome.name, actor="li", roles=frozenset({"r"}), values={})
            for task in here.snapshot.tasks
            for outcome in definition.states[task.state].work.outcomes  # type: ignore[union-attr]
        ]
        for event in (*events, *(TimerFired(timer=timer.id) for timer in here.snapshot.timers)):
            there = Play(definition)
            there.stands, there.now = here.snapshot, max([here.now, *(timer.due for timer in here.snapshot.timers)])
            answer = there.take(event)
            assert not isinstance(answer, Rejected), answer
            taken.update(name for micro in answer.trace for name in micro.transitions)
            ways[here.at].add(there.at)
            if there.at not in known:
                known[there.at] = there
                todo.append(there)
    return ways, over, taken


def replayed(definition: Definition, fired: list[tuple[str, int]]) -> str:
    """Where the kernel stands after the run that a verdict shows: what people and deadlines do; joins come by themselves."""
    play = Play(definition).begin()
    for name, number in fired:
        way = definition.states[name].transitions[number]
        task = next((task for task in play.snapshot.tasks if task.state == name and way.events), None)
        timer = next((place for place, timer in enumerate(play.snapshot.timers) if timer.state == name and way.timed), None)
        if task is not None:
            [outcome] = [one.name for one in definition.states[name].work.outcomes if one.event in way.events]  # type: ignore[union-attr]
            answer = play.act(task.id, "li", outcome, "r")
            assert not isinstance(answer, Rejected), answer
        elif timer is not None:
            play.fire(timer)
        else:
            assert way.events[0].startswith("done.state."), f"{name}#{number} cannot be replayed"
    return play.at


@pytest.mark.parametrize("first", range(0, 400, SHARE))
def test_what_the_net_says_of_a_procedure_is_so_in_the_kernel(first: int) -> None:
    told = 0
    for seed in range(first, first + SHARE):
        text = Procedure(seed).text()
        definition, _ = read_definition(Source(name="p.yaml", text=text))
        if definition is None or any(one.severity is Severity.ERROR for check in BEFORE for one in check(definition)):
            continue
        ways, over, taken = situations(definition)
        flow = flow_of(definition)
        assert flow is not None
        verdict = soundness(flow.net)
        safe, grown = set(over), True
        while grown:
            new = {here for here, there in ways.items() if here not in safe and there & safe}
            grown, safe = bool(new), safe | new
        lost = set(ways) - safe
        assert bool(lost) == (verdict.kind in (Kind.DEADLOCK, Kind.LIVELOCK)), f"seed {seed}\n{text}\n{verdict}"
        if lost:
            assert replayed(definition, [flow.meant[name] for name in verdict.trace if name in flow.meant]) in lost
        if verdict.kind is Kind.DEAD:
            dead = {flow.meant[name] for name in verdict.dead if name in flow.meant}
            alive = {meant for name, meant in flow.meant.items() if name not in verdict.dead}
            assert not {f"{state}#{number}" for state, number in dead - alive} & taken, f"seed {seed}\n{text}\n{verdict}"
        joins = [f"{state.id}#0" for state in definition.states.values() if state.verb == "together"]
        found = list(check_joins(definition))
        assert bool(found) == bool(lost or [join for join in joins if join not in taken]), f"seed {seed}\n{text}\n{found}"
        told += len(found)
    assert told, "some of the procedures do get stuck"
