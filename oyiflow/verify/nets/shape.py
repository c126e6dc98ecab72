"""What a net looks like, without running it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oyiflow.verify.nets.net import Net


def is_free_choice(net: Net) -> bool:
    """Whether transitions that share an input share all of them."""
    first: dict[int, frozenset[int]] = {}
    for arcs in net.inputs:
        wanted = frozenset(place for place, _ in arcs)
        if any(first.setdefault(place, wanted) != wanted for place in wanted):
            return False
    return True


def is_workflow_net(net: Net) -> bool:
    """One token at the only place into which nothing leads, one end place, and every node on a way from there to there."""
    if len(net.start) != 1 or net.start[0][1] != 1 or len(net.ends) != 1:
        return False
    first, last = net.start[0][0], net.ends[0]
    if first in net.produced or len(net.produced | net.consumed) != len(net.places):
        return False
    count = len(net.places)
    ahead: dict[int, list[int]] = {}
    back: dict[int, list[int]] = {}
    for number in range(len(net.transitions)):
        for node, other in ((place, count + number) for place, _ in net.inputs[number]):
            ahead.setdefault(node, []).append(other)
            back.setdefault(other, []).append(node)
        for node, other in ((count + number, place) for place, _ in net.outputs[number]):
            ahead.setdefault(node, []).append(other)
            back.setdefault(other, []).append(node)
    everything = count + len(net.transitions)
    return len(_reached([first], ahead)) == everything == len(_reached([last], back))


def is_free_choice_workflow_net(net: Net) -> bool:
    """Both, and no weights: such a net never holds two tokens on a place if it is sound."""
    ordinary = all(weight == 1 for arcs in (*net.inputs, *net.outputs) for _, weight in arcs)
    return ordinary and is_free_choice(net) and is_workflow_net(net)


def _reached(todo: list[int], ways: Mapping[int, Iterable[int]]) -> set[int]:
    found = set(todo)
    while todo:
        for node in ways.get(todo.pop(), ()):
            if node not in found:
                found.add(node)
                todo.append(node)
    return found
