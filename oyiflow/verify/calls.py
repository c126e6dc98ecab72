"""OF205: the processes that a process calls exist, and no process calls itself through others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import networkx as nx

from oyiflow.diagnostics import Diagnostic, Fix
from oyiflow.model.definition import Call, Definition
from oyiflow.model.expression_types import closest


def calls_of(definition: Definition) -> list[Call]:
    """The calls of a definition in document order."""
    return [state.call for state in definition.states.values() if state.call is not None]


def check_calls(definition: Definition, others: Mapping[str, Definition | None]) -> Iterator[Diagnostic]:
    """OF205 and OF204 for the calls of one definition. `others`: known processes; None where one has errors of its own."""
    for call in calls_of(definition):
        if call.process not in others:
            yield _unknown(call, others)
            continue
        theirs = others[call.process]
        if theirs is not None:
            names = [name for name, _ in call.inputs] + [name for _, name in call.outputs]
            yield from (_no_field(call, name, theirs) for name in names if name not in theirs.field)
    yield from _cycles(definition, others)


def _unknown(call: Call, others: Mapping[str, Definition | None]) -> Diagnostic:
    guess = closest(call.process, others)
    known = "、".join(sorted(others)) or "-"
    fix = (
        Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?", replacement=guess)
        if guess
        else Fix(zh=f"已有的流程: {known}", en=f"known processes: {known}")
    )
    return Diagnostic(
        code="OF205",
        span=call.span,
        zh=f"没有叫“{call.process}”的流程",
        en=f"there is no process named {call.process!r}",
        fix=fix,
    )


def _no_field(call: Call, name: str, theirs: Definition) -> Diagnostic:
    guess = closest(name, theirs.field)
    known = "、".join(theirs.field) or "-"
    fix = (
        Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?")
        if guess
        else Fix(zh=f"它的字段: {known}", en=f"its fields: {known}")
    )
    zh, en = f"流程“{theirs.name}”没有字段“{name}”", f"the process {theirs.name!r} has no field {name!r}"
    return Diagnostic(code="OF204", span=call.span, zh=zh, en=en, fix=fix)


def _cycles(definition: Definition, others: Mapping[str, Definition | None]) -> Iterator[Diagnostic]:
    graph: nx.DiGraph = nx.DiGraph()
    for other in (definition, *(d for d in others.values() if d is not None)):
        graph.add_edges_from((other.name, call.process) for call in calls_of(other))
    for call in calls_of(definition):
        if call.process in graph and definition.name in {call.process, *nx.descendants(graph, call.process)}:
            zh, en = (
                f"“{definition.name}”会通过“{call.process}”调用自己，没有尽头",
                f"{definition.name!r} calls itself through {call.process!r}, without end",
            )
            yield Diagnostic(code="OF205", span=call.span, zh=zh, en=en, fix=Fix(zh="断开这个圈", en="break the circle"))
