"""BPMN files: valid by the rules of the standard, each verb as its readers expect it, and nothing lost on the way back."""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from bpmn_reader import MODEL, File, Flow, Node, read
from bpmn_rules import check
from export_samples import MANY, ODD, STATES, VERBS, lane_titles, names, process
from export_samples import read as sample

from oyiflow.diagram.of_definition import chart_of
from oyiflow.exports import bpmn
from oyiflow.exports.bpmn import process_of
from oyiflow.model.definition import Definition, State, StateKind, Text, walk
from tests.reference.machines import definition as random_definition


@pytest.fixture(scope="module")
def verbs() -> File:
    return read(bpmn(sample(VERBS), "en"))


@pytest.fixture(scope="module")
def states() -> File:
    return read(bpmn(sample(STATES), "en"))


def of(file: File, step: str, tag: str = "") -> Node:
    found = [node for node in file.nodes.values() if node.step == step and (not tag or node.tag == tag)]
    assert len(found) == 1, [node.id for node in found]
    return found[0]


def after(file: File, node: Node) -> dict[str, Node]:
    """What follows a node, by the names of the flows."""
    return {file.flows[name].name: file.nodes[file.flows[name].target] for name in node.outgoing}


def border(file: File, host: Node) -> list[Node]:
    return [node for node in file.nodes.values() if node.host == host.id]


# --- every process of the package


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", names())
def test_a_process_is_a_valid_file(name: str, direction: str) -> None:
    for lang in ("zh", "both"):
        check(read(bpmn(process(name), lang, direction)))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", names())
def test_the_lanes_are_those_of_the_chart(name: str) -> None:
    definition = process(name)
    file, chart = read(bpmn(definition, "en")), chart_of(definition, "en")
    assert file.lane_names == lane_titles(definition, "en")
    if chart.frames:  # a chart with enclosing states has no lanes
        return
    assert file.lane_names == [lane.title for lane in chart.lanes]
    lanes = {node.id: node.lane for node in chart.nodes}
    for role, inside in file.lanes.items():
        steps = {file.nodes[one].step for one in inside} & lanes.keys()
        assert {lanes[step] for step in steps} <= {role}


@pytest.mark.parametrize("name", names())
def test_the_file_read_back_is_the_same_graph(name: str) -> None:
    definition = process(name)
    graph, file = process_of(definition).graph, read(bpmn(definition))
    todo = [(graph, f"Process_{definition.name}")]
    while todo:
        plane, scope = todo.pop()
        assert [(e.id, e.tag, e.name, e.step, e.host) for e in plane.elements] == [
            (n.id, n.tag, n.name, n.step, n.host) for n in file.nodes.values() if n.scope == scope
        ]
        assert [(f.source, f.target, f.name, f.condition, f.way) for f in plane.flows] == [
            (f.source, f.target, f.name, f.condition, f.way) for f in file.flows.values() if f.scope == scope
        ]
        todo += [(e.inner, e.id) for e in plane.elements if e.inner is not None]


STRAIGHT = [name for name in names() if process(name).body == "steps"]


@pytest.mark.parametrize("name", STRAIGHT)
def test_its_arrows_are_the_transitions_of_the_process(name: str) -> None:
    """Gateways, merges and events contracted into their steps, the file has exactly the arrows of the definition."""
    definition = process(name)
    file = read(bpmn(definition))
    found = {
        (_owner(definition, one), _owner(definition, two), flow.way)
        for one, flow, two in file.between(f"Process_{definition.name}")
    }
    arrows = {(one, two) for one, two, way in found if one and two and (one != two or way)}
    assert arrows == set(_arrows(definition))


def _owner(definition: Definition, node: Node) -> str:
    """The step that a node belongs to; `+` marks the end of a together. Events that only tell people belong to none."""
    step = node.step.rstrip("?!&")
    parents = definition.parents
    if node.step.endswith("&") and step in definition.states and definition.states[step].verb == "" and step in parents:
        return f"{parents[step]}+"  # the merge of a branch before its join
    return "@start" if node.tag == "startEvent" else step


def _arrows(definition: Definition) -> list[tuple[str, str]]:
    """The arrows of the definition; of a together that is over with its first branch only those to it and from it."""
    found = [("@start", _entered(definition, definition.root))]
    races = [state for state in walk(definition.root) if _is_race(state)]
    inside = {inner.id for race in races for inner in walk(race)} - {race.id for race in races}
    for state in walk(definition.root):
        if state.id in inside:
            continue
        if state.kind is StateKind.PARALLEL and state not in races:
            found += [(state.id, _entered(definition, region)) for region in state.states]
        for way in state.transitions:
            together = state.kind is StateKind.PARALLEL and way.purpose != "skip" and state not in races
            found += [
                (f"{state.id}+" if together else state.id, _entered(definition, definition.states[t])) for t in way.targets
            ]
    return found


def _is_race(state: State) -> bool:
    """A together that is over with its first branch: a sub-process in the file."""
    ends = {f"done.state.{region.id}" for region in state.states}
    return state.kind is StateKind.PARALLEL and any(ends & set(way.events) for way in state.transitions)


def _entered(definition: Definition, state: State) -> str:
    while state.kind is StateKind.COMPOUND:
        state = state.states[0]
    if state.kind is StateKind.FINAL and not state.verb:
        return f"{definition.parents[definition.parents[state.id]]}+"
    return state.id


# --- what each verb becomes


def test_do_and_approve(verbs: File) -> None:
    apply, sign = of(verbs, "apply"), of(verbs, "sign", "userTask")
    assert (apply.tag, apply.name) == ("userTask", "Apply")
    assert apply.xml.find(f"{MODEL}potentialOwner/{MODEL}resourceRef").text == "Role_staff"  # type: ignore[union-attr]
    asked = after(verbs, sign)[""]
    assert (asked.tag, asked.name) == ("exclusiveGateway", "Approved?")
    assert {name: node.step for name, node in after(verbs, asked).items()} == {"approved": "all_sign", "rejected": "apply"}
    assert {verbs.flows[flow].condition for flow in asked.outgoing} == {
        'answer == "sign.approved"',
        'answer == "sign.rejected"',
    }


def test_several_signers(verbs: File) -> None:
    for step, sequential in (("all_sign", "false"), ("in_row", "true")):
        loop = of(verbs, step, "userTask").xml.find(f"{MODEL}multiInstanceLoopCharacteristics")
        assert loop is not None and loop.get("isSequential") == sequential
        assert loop.findtext(f"{MODEL}loopCardinality") == "2"


def test_deadlines(verbs: File) -> None:
    """Reminders leave the task alone and end in an event that tells people; what moves on interrupts it."""
    expected = {
        "sign": (False, "3 workdays", "messageEventDefinition"),
        "in_row": (False, "P2D", "escalationEventDefinition"),
        "all_sign": (True, "P5D", "apply"),
        "big": (True, "P1D", "kind"),
    }
    for step, (interrupting, duration, then) in expected.items():
        (timer,) = border(verbs, of(verbs, step, "userTask"))
        assert timer.events == ["timerEventDefinition"] and timer.interrupting is interrupting
        assert timer.xml.findtext(f"{MODEL}timerEventDefinition/{MODEL}timeDuration") == duration
        (target,) = after(verbs, timer).values()
        assert (target.events[0] if target.tag == "endEvent" else target.step.rstrip("&")) == then


def test_only_when_asks_before_the_step(verbs: File) -> None:
    gate = of(verbs, "big?")
    assert (gate.tag, gate.name) == ("exclusiveGateway", "Amount is more than 10000")
    assert {name: node.step for name, node in after(verbs, gate).items()} == {"yes": "big", "no": "kind&"}
    assert verbs.flows[gate.default].name == "no"


def test_decide(verbs: File) -> None:
    kind, again = of(verbs, "kind"), of(verbs, "again", "userTask")
    assert kind.tag == "exclusiveGateway" and verbs.flows[kind.default].name == "small"
    assert {verbs.flows[flow].condition for flow in kind.outgoing} == {"amount > 5000", ""}
    (asked,) = after(verbs, again).values()
    assert {name: node.step for name, node in after(verbs, asked).items()} == {"yes": "apply", "no": "done"}


def test_together_is_a_fork_and_a_join(verbs: File) -> None:
    """A branch that may be skipped reaches the join by two ways, and is united before it."""
    fork, join = of(verbs, "both", "parallelGateway"), of(verbs, "both+")
    assert [verbs.nodes[verbs.flows[flow].target].step for flow in fork.outgoing] == ["left?", "right_one"]
    assert sorted(verbs.nodes[verbs.flows[flow].source].step for flow in join.incoming) == ["both-1&", "right_two"]
    assert len(of(verbs, "both-1&").incoming) == 2


def test_the_first_of_several_ends_its_sub_process(verbs: File) -> None:
    race = of(verbs, "race")
    assert race.tag == "subProcess"
    ends = [node for node in verbs.nodes.values() if node.scope == race.id and node.tag == "endEvent"]
    assert [end.events for end in ends] == [["terminateEventDefinition"]] * 2
    assert verbs.shapes[race.id][2] < 250 and ends[0].id in verbs.shapes


def test_waits(verbs: File) -> None:
    """A wait with a deadline is whichever comes first; no event can stand on the border of an event."""
    answer = of(verbs, "answer", "eventBasedGateway")
    caught = [verbs.nodes[verbs.flows[flow].target] for flow in answer.outgoing]
    assert [node.events for node in caught] == [["messageEventDefinition"], ["timerEventDefinition"]]
    day, pause = of(verbs, "day"), of(verbs, "pause")
    assert day.xml.findtext(f"{MODEL}timerEventDefinition/{MODEL}timeDate") == "until"
    assert pause.xml.findtext(f"{MODEL}timerEventDefinition/{MODEL}timeDuration") == "P1W"


def test_calls(verbs: File) -> None:
    call = of(verbs, "other", "callActivity")
    assert call.xml.get("calledElement") == "Process_u5176u4ED6u6D41u7A0B"
    (error,) = border(verbs, call)
    assert error.events == ["errorEventDefinition"] and [node.step for node in after(verbs, error).values()] == ["apply"]


def test_many_at_once_programs_votes_and_starts() -> None:
    file = read(bpmn(sample(MANY), "en"))
    check(file)
    start = next(node for node in file.nodes.values() if node.tag == "startEvent")
    assert start.xml.findtext(f"{MODEL}timerEventDefinition/{MODEL}timeCycle") == "R/P1M"
    each = of(file, "calls", "callActivity")
    loop = each.xml.find(f"{MODEL}multiInstanceLoopCharacteristics")
    assert (
        loop is not None and loop.findtext(f"{MODEL}loopCardinality") == "count(visits)" and loop.get("isSequential") == "false"
    )
    assert {name: node.step for name, node in after(file, of(file, "calls?")).items()} == {"yes": "calls", "no": "pay"}
    assert of(file, "pay", "serviceTask").name == "Pay"
    vote = of(file, "agree", "userTask").xml.findtext(f"{MODEL}multiInstanceLoopCharacteristics/{MODEL}completionCondition")
    assert vote == "consents * 100 >= 60 * 3"
    (late,) = border(file, of(file, "plan", "userTask"))
    assert late.name == "day 5 of the month" and not late.interrupting
    assert [node.step for node in after(file, of(file, "plan", "userTask")).values()] == ["agree"]


def test_documents_and_partners(verbs: File) -> None:
    apply, sign = of(verbs, "apply"), of(verbs, "sign", "userTask")
    assert (
        apply.xml.find(f"{MODEL}dataOutputAssociation") is not None
        and sign.xml.find(f"{MODEL}dataInputAssociation") is not None
    )
    assert verbs.messages == [(apply.id, "Pool_customer")] and verbs.pools["Pool_customer"] == "Customer"
    objects = [name for name in verbs.shapes if ".doc" in name]
    assert objects == ["Step_apply.doc0", "Step_sign.doc0"]


def test_articles_rules_and_forms_are_documentation(verbs: File) -> None:
    notes = of(verbs, "apply").xml.findtext(f"{MODEL}documentation") or ""
    assert (
        "source: 手册 9.1" in notes
        and "fill in: Amount, Until, Heir" in notes
        and "rule: Nobody signs their own (手册 9.2)" in notes
    )


def test_states_that_wait_catch_events(states: File) -> None:
    """What an enclosing state listens to, each state inside it does; an action without a target leads back."""
    busy = of(states, "busy", "eventBasedGateway")
    assert {node.name: node.tag for node in (states.nodes[states.flows[f].target] for f in busy.outgoing)} == {
        "hour_over": "intermediateCatchEvent", "rest": "intermediateCatchEvent", "broken": "intermediateCatchEvent",
        "Hours is at least 1000": "intermediateCatchEvent",
    }  # fmt: skip
    hour = next(node for node in states.nodes.values() if node.name == "hour_over")
    assert [node.step for node in after(states, hour).values()] == ["busy&"]


def test_history_asks_where_it_was(states: File) -> None:
    history = of(states, "as_before")
    assert history.tag == "exclusiveGateway" and states.nodes[states.flows[history.default].target].step == "idle&"
    assert {states.flows[flow].condition for flow in history.outgoing} == {'was_in("busy")', ""}


def test_a_border_that_is_crossed_makes_a_sub_process(states: File) -> None:
    """What leads out of a region ends the sub-process with an escalation, which its border catches."""
    service = of(states, "service", "subProcess")
    (caught,) = border(states, service)
    assert caught.events == ["escalationEventDefinition"] and [node.step for node in after(states, caught).values()] == [
        "scrapped"
    ]
    thrown = [
        node for node in states.nodes.values() if node.scope == service.id and node.events == ["escalationEventDefinition"]
    ]
    assert [node.step for node in thrown] == ["scrapped"]


# --- the text of the file


def test_the_same_definition_gives_the_same_bytes() -> None:
    assert bpmn(sample(VERBS)) == bpmn(sample(VERBS))


@pytest.mark.parametrize("offset", range(0, len(ODD), 12))
def test_any_name_is_only_a_name(offset: int) -> None:
    definition = sample(VERBS)
    evil = ["\x00\x1b ]]> \ud800\ufffe", "a\nb", *ODD[offset:], *ODD[:offset]]
    titles: dict[str, str] = {}

    def changed(state: State) -> State:
        title = titles[state.id] = evil[len(titles) % len(evil)]
        return replace(state, title=Text(zh=title), states=tuple(changed(child) for child in state.states))

    text = bpmn(replace(definition, root=changed(definition.root), title=Text(zh=evil[0])))
    file = read(text)
    check(file)
    for node in file.nodes.values():
        if node.tag in ("userTask", "callActivity", "subProcess"):
            assert node.name == re.sub("[\x00-\x08\x0b-\x1f\ud800\ufffe]", "\ufffd", titles[node.step])
    text.encode()


@pytest.mark.parametrize("seed", range(400, 412))
def test_random_machines_are_valid_files(seed: int) -> None:
    chance = random.Random(seed)
    definition = random_definition(chance.randrange, people=seed % 2 == 0)
    check(read(bpmn(definition, "zh", "TB" if seed % 3 else "LR")))


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_nothing_is_drawn_over_something_else(direction: str) -> None:
    """No symbol overlaps another, and no arrow or message runs through one; events on the border of their task are meant to."""
    for name in names():
        file = read(bpmn(process(name), "zh", direction))  # type: ignore[arg-type]
        nodes = [node for node in file.nodes.values() if not node.host]
        for one, two in combinations(nodes, 2):
            assert not _overlap(file.shapes[one.id], file.shapes[two.id]), (name, one.id, two.id)
        for flow in (*file.flows.values(), *file.messages):
            source, target, line = _line(file, flow)
            for node in nodes:
                if node.id not in (source, target, file.nodes[source].host):
                    assert not any(_runs_through(a, b, file.shapes[node.id]) for a, b in pairwise(line)), (
                        name,
                        source,
                        node.id,
                    )


def _line(file: File, flow: Flow | tuple[str, str]) -> tuple[str, str, list[tuple[float, float]]]:
    if isinstance(flow, Flow):
        return flow.source, flow.target, file.edges[flow.id]
    return *flow, file.edges[f"Message_flow_{file.messages.index(flow) + 1}"]


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return min(a[0] + a[2], b[0] + b[2]) > max(a[0], b[0]) and min(a[1] + a[3], b[1] + b[3]) > max(a[1], b[1])


def _runs_through(a: tuple[float, float], b: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    x, y = min(a[0], b[0]), min(a[1], b[1])
    return _overlap((x - 0.5, y - 0.5, abs(a[0] - b[0]) + 1, abs(a[1] - b[1]) + 1), box)


def test_the_head_of_the_file() -> None:
    root = ET.fromstring(bpmn(sample(VERBS)))
    assert root.tag == f"{MODEL}definitions" and root.get("exporter") == "OyiFlow"
    assert root.find(f"{MODEL}process").get("isExecutable") == "false"  # type: ignore[union-attr]
