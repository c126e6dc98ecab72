"""Which lane each element stands in, and the merges that a join needs.

A step without people stands in the lane of the step before it, the first ones in that of the first that has one: as in the chart.

A join waits for one token on each of its arrows. Where a branch reaches it by two ways (a step that may be skipped is last), the two
meet in an exclusive gateway first; otherwise the process would wait for ever. A gateway that parts the flow does not unite it too:
that is allowed, and hard to read.
"""

from __future__ import annotations

from dataclasses import replace

from oyiflow.exports.bpmn.graph import Element, Flow
from oyiflow.exports.bpmn.scope import Scope, Tree
from oyiflow.exports.ids import Ids


def used_roles(tree: Tree) -> set[str]:
    """The roles that have a lane: those of steps inside sub-processes too."""
    return {state.lane for state in tree.states.values() if state.lane and state.verb}


def merge(scope: Scope, ids: Ids) -> None:
    """Let each branch reach its join by one arrow, and each gateway either part or unite."""
    steps = {element.id: element.step.rstrip("?!+") for element in scope.elements}
    for join in [element for element in scope.elements if element.id.startswith("Join_")]:
        for region in scope.tree.states[join.step[:-1]].states:
            ways = [
                n
                for n, f in enumerate(scope.flows)
                if f.target == join.id and _comes(steps.get(f.source), region.id, scope.tree)
            ]
            _meet(scope, ids, join, ways, region.id)
    for gateway in [
        element for element in scope.elements if element.is_gateway and not element.id.startswith(("Join_", "Merge_"))
    ]:
        if gateway.tag == "parallelGateway" or sum(flow.source == gateway.id for flow in scope.flows) > 1:
            _meet(scope, ids, gateway, [n for n, flow in enumerate(scope.flows) if flow.target == gateway.id], gateway.step)


def _meet(scope: Scope, ids: Ids, element: Element, ways: list[int], name: str) -> None:
    if len(ways) < 2:
        return
    gateway = Element(id=ids.of("Merge", name), tag="exclusiveGateway", step=f"{name}&", lane=element.lane)
    scope.elements.insert(scope.elements.index(element), gateway)
    for n in ways:
        scope.flows[n] = replace(scope.flows[n], target=gateway.id)
    scope.flows.append(Flow(id=ids.fresh("Flow", f"{gateway.id}-{element.id}"), source=gateway.id, target=element.id))


def placed(elements: list[Element]) -> list[Element]:
    """The elements, each in its lane."""
    lane = next((element.lane for element in elements if element.lane), "")
    hosts: dict[str, str] = {}
    forks: dict[str, str] = {}
    found = []
    for element in elements:
        own = hosts.get(element.host, "") or element.lane
        if element.step.endswith("+"):
            own = forks.get(element.step[:-1], "")
        lane = own or lane
        hosts[element.id] = forks[element.step] = lane
        found.append(replace(element, lane=lane))
    return found


def _comes(step: str | None, region: str, tree: Tree) -> bool:
    return bool(step) and tree.inside(str(step), region)
