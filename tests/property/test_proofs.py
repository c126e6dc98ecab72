"""Verdicts agree with a plain search that leaves nothing out; every story can be played on the engine; quick steps are the kernel's.

A share of what was run while this was written (tens of thousands of rules, no disagreement); `OYIFLOW_PROOFS=5000` runs more.
"""

from __future__ import annotations

import os

import pytest

from oyiflow.diagnostics import Source
from oyiflow.kernel.messages import Trace
from oyiflow.kernel.run import Failure
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person, Policies
from oyiflow.model.definition import Definition, Rule, Text
from oyiflow.testing import play
from oyiflow.verify.dead import Onlooker, caught
from oyiflow.verify.explore import search
from oyiflow.verify.explore.relation import Fired
from oyiflow.verify.explore.space import Space
from oyiflow.verify.rules import prove
from oyiflow.verify.rules.monitors import Before
from oyiflow.verify.rules.proving import ORDER, Spaces
from oyiflow.verify.rules.spine import holds_by_shape
from oyiflow.verify.rules.subjects import subjects
from oyiflow.words.story import tell
from tests.reference.proofs import Decider, texts

COUNT = int(os.environ.get("OYIFLOW_PROOFS", "120"))
MANY = Company(
    title=Text(en="T"),
    people=tuple(Person(name=f"r{n}", title=Text(en="R"), roles=("r",)) for n in range(6)),
    policies=Policies(self_approval="allowed"),
)


NO_RULE = Rule(form="words", say=Text(en="nothing"), steps=("done",))


def read(text: str) -> Definition | None:
    return read_definition(Source(name="p.yaml", text=text))[0]


def processes(seed: int, count: int = COUNT) -> list[tuple[str, Definition]]:
    return [(text, definition) for text in texts(seed, count) if (definition := read(text)) is not None]


@pytest.mark.parametrize("seed", range(3))
def test_verdicts_are_those_of_a_plain_search(seed: int) -> None:
    decided = 0
    for text, definition in processes(seed):
        spaces = Spaces(definition)
        for rule in definition.rules:
            space, monitor = spaces.of(rule)
            found = search(space, monitor, 20_000)
            about = subjects(space.facts, rule.steps[0], monitor.approvals) if isinstance(monitor, Before) else {}
            plainly = Decider(definition, rule, about).refuted()
            assert found.exhausted or found.way is not None
            if plainly is not None:
                decided += 1
                assert (found.way is not None) == plainly, f"{text}\n{rule}"
    assert decided > COUNT


@pytest.mark.parametrize("seed", range(10, 12))
def test_every_story_is_played_on_the_engine(seed: int) -> None:
    played = 0
    for text, definition in processes(seed):
        for verdict in prove(definition, 20_000):
            assert verdict.outcome in ("proved", "refuted"), f"{text}\n{verdict.number}: {verdict.why}"
            if verdict.broken is None or any(one.emptied for one in verdict.broken.way):
                continue  # an example has no words for emptying a field
            _, example = tell(definition, verdict.broken.way, verdict.broken.example)
            pasted = read(f"{text}examples:\n{example}")
            assert pasted is not None, example
            done = play(pasted, pasted.examples[0], company=MANY)
            assert done.passed, f"{text}{example}{done.diagnostic}"
            entered = [name for entry in done.history for micro in entry.trace for name in micro["entered"]]
            assert verdict.rule.form == "after" or verdict.rule.steps[0] in entered
            played += 1
    assert played > COUNT // 2


@pytest.mark.parametrize("seed", range(20, 22))
def test_branches_in_one_order_stand_for_all_orders(seed: int) -> None:
    for text, definition in processes(seed):
        spaces = Spaces(definition)
        for rule in definition.rules:
            space, monitor = spaces.of(rule)
            one, all_ = search(space, monitor, 20_000), search(space, monitor, 20_000, reduced=False)
            assert (one.way is None) == (all_.way is None), f"{text}\n{rule}"
            assert one.met <= all_.met or one.way is not None


@pytest.mark.parametrize("seed", range(40, 42))
def test_what_is_out_of_reach_and_what_is_caught_is_what_a_plain_search_finds(seed: int) -> None:
    caught_somewhere = 0
    for text, definition in processes(seed):
        space, onlooker = Space(definition), Onlooker()
        found = search(space, onlooker, 20_000)
        plainly = Decider(definition, NO_RULE, {}).reached()
        if plainly is None:
            continue
        assert found.exhausted and space.exact
        works = {state.id for state in definition.states.values() if state.work is not None} | {"done"}
        assert onlooker.came & works == plainly[0] & works, text
        assert bool(caught(space, found)[0]) == plainly[1], text
        caught_somewhere += plainly[1]
    assert caught_somewhere > 5


@pytest.mark.parametrize("seed", range(30, 32))
def test_quick_steps_are_those_of_the_kernel(seed: int) -> None:
    compared = 0
    for text, definition in processes(seed):
        space = Space(definition)
        todo = [edge.target for edge in space.beginnings()]
        known = set(todo)
        while todo and len(known) < 200:
            number = todo.pop()
            here, values = space.situations[number], dict(space.data(number))
            for edge in space.edges(number):
                compared += 1
                given = {space.facts.fields[f]: space.values[f][n] for f, n in edge.choice.values}
                before = {name: value for name, value in {**values, **given}.items() if value is not None}
                slowly = _slowly(space, number, before, edge.choice.event, edge.choice.gone)
                assert slowly is not None and _same(slowly, edge.fired), f"{text}\n{here}\n{edge}"
                if edge.target not in known:
                    known.add(edge.target)
                    todo.append(edge.target)
    assert compared > 10 * COUNT // 2


def _slowly(space: Space, number: int, values: dict[str, object], event: str, gone: str) -> Fired | None:
    """The same step by the kernel's own run."""
    here, relation = space.situations[number], space.relation
    under_way = list(here.under_way)
    if gone:
        under_way.remove(gone)
    run = relation._run(here.leaves, here.history, values, tuple(under_way))
    try:
        run.take(event)
    except Failure:
        return None
    return relation._settled(run, tuple(under_way))


def _same(one: Fired, other: Fired) -> bool:
    def moved(trace: tuple[Trace, ...]) -> list[tuple[str, ...]]:
        return [micro.transitions for micro in trace]

    alike = (one.leaves, one.history, one.under_way, one.ended) == (other.leaves, other.history, other.under_way, other.ended)
    return alike and dict(one.values) == dict(other.values) and moved(one.trace) == moved(other.trace)


@pytest.mark.parametrize("seed", range(50, 52))
def test_what_holds_by_shape_holds(seed: int) -> None:
    held = 0
    for text, definition in processes(seed):
        spaces = Spaces(definition)
        for rule in definition.rules:
            space, monitor = spaces.of(rule)
            if rule.form != "never" and holds_by_shape(space.facts, rule, monitor.fills if isinstance(monitor, Before) else ()):
                held += 1
                assert search(space, monitor, 20_000).way is None, f"{text}\n{rule}"
    assert held > 5


def test_the_rules_of_order_are_those_that_are_decided() -> None:
    assert ORDER == ("before", "after", "never")
