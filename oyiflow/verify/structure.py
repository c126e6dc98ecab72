"""Group OF3xx: the shape of the flow, found without looking at data. One function per check."""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.diagnostics import Diagnostic, Fix, Severity
from oyiflow.model.definition import Definition, State, StateKind
from oyiflow.model.tree import ends_of, way_up
from oyiflow.verify.graph import can_end, may_follow, reachable


def check_start(definition: Definition) -> Iterator[Diagnostic]:
    """OF301: the process has a first step."""
    if not [s for s in definition.root.states if s.kind is not StateKind.HISTORY]:
        yield Diagnostic(
            code="OF301",
            span=definition.span,
            zh="流程里没有一步，不知从哪里开始",
            en="the process has no step to begin with",
            fix=Fix(zh="在 steps: 下写第一步", en="write the first step below steps:"),
        )


def check_end(definition: Definition) -> Iterator[Diagnostic]:
    """OF302: the process has an end."""
    if not ends_of(definition):
        yield Diagnostic(
            code="OF302",
            span=definition.span,
            zh="流程没有结束",
            en="the process has no end",
            fix=Fix(zh="加一行 - {end: done, title: 结束}", en="add a line - {end: done, title: End}"),
        )


def check_connected(definition: Definition) -> Iterator[Diagnostic]:
    """OF303: every step is connected to the start; OF304: from every step an end can be reached."""
    graph = may_follow(definition)
    found, ending = reachable(definition, graph), can_end(definition, graph)
    who, one, way = ("某一步", "a step", "then") if definition.body == "steps" else ("某条转移", "a transition", "to")
    for state in definition.states.values():
        if state.id not in found and state.verb and state.kind is not StateKind.HISTORY and _first(definition, state, found):
            yield Diagnostic(
                code="OF303",
                span=state.span,
                zh=f"没有哪一步会走到“{state.id}”",
                en=f"no step leads to {state.id!r}",
                fix=Fix(zh=f"让{who} {way}: {state.id}，或去掉它", en=f"let {one} say {way}: {state.id}, or remove it"),
            )
        elif state.id in found and state.id not in ending and _is_place(state) and ending:
            yield Diagnostic(
                code="OF304",
                span=state.span,
                zh=f"到了“{state.id}”就再也走不到结束",
                en=f"from {state.id!r} no end can be reached",
                fix=Fix(zh="给它一条通向结束的路", en="give it a way that leads to an end"),
            )


def _first(definition: Definition, state: State, found: set[str]) -> bool:
    """Only the outermost of nested unreachable states is reported."""
    parent = definition.parents.get(state.id)
    return parent is None or parent in found


def _is_place(state: State) -> bool:
    return state.kind in (StateKind.ATOMIC, StateKind.FINAL) and bool(state.verb)


def check_targets(definition: Definition) -> Iterator[Diagnostic]:
    """OF306: targets that are named together can be active together; a history falls back to something beside it."""
    for state in definition.states.values():
        for way in state.transitions:
            if _cannot_be_together(definition, way.targets):
                names = "、".join(way.targets)
                zh, en = f"“{names}”不能同时有效", f"{', '.join(way.targets)} cannot be active together"
                fix = Fix(zh="只写一个，或各写不同并行区域里的一个", en="name one, or one in each parallel region")
                yield Diagnostic(code="OF306", span=way.target_span, zh=zh, en=en, fix=fix)
        outside = [name for name in state.initial if not _may_begin_with(definition, state, name)]
        if outside or _cannot_be_together(definition, state.initial):
            names = "、".join(outside or state.initial)
            zh, en = f"“{state.id}”不能从“{names}”开始", f"{state.id!r} cannot begin with {names!r}"
            fix = Fix(zh="写它里面的一个状态", en="name a state inside it")
            yield Diagnostic(code="OF306", span=state.span, zh=zh, en=en, fix=fix)


def _may_begin_with(definition: Definition, state: State, name: str) -> bool:
    """A compound state begins inside itself; a history falls back to a state, no history, inside its parent."""
    if state.kind is StateKind.HISTORY:
        parent = definition.parents.get(state.id, "")
        return definition.states[name].kind is not StateKind.HISTORY and parent in way_up(definition, name)
    return name != state.id and state.id in way_up(definition, name)


def _cannot_be_together(definition: Definition, names: tuple[str, ...]) -> bool:
    """Whether two of these states meet below a state of which only one child is active."""
    ways = [way_up(definition, name) for name in names] if len(names) > 1 else []
    for place, one in enumerate(ways):
        for other in ways[:place]:
            meeting = next(name for name in one if name in other)
            if meeting in (one[0], other[0]) or definition.states[meeting].kind is not StateKind.PARALLEL:
                return True
    return False


def check_gateways(definition: Definition) -> Iterator[Diagnostic]:
    """OF305: a decision with a single way, or a `together` with a single branch, has no effect."""
    for state in definition.states.values():
        branches = [child for child in state.states if child.kind is not StateKind.HISTORY]
        if (
            state.verb == "decide"
            and len({way.targets for way in state.transitions if way.purpose in ("case", "otherwise")}) == 1
        ):
            yield Diagnostic(
                code="OF305",
                severity=Severity.WARNING,
                span=state.span,
                zh=f"判断“{state.id}”的所有情形都到同一步",
                en=f"all cases of {state.id!r} lead to the same step",
                fix=Fix(zh="去掉这个判断，或让情形走不同的路", en="remove the decision, or let its cases lead apart"),
            )
        if state.kind is StateKind.PARALLEL and len(branches) < 2:
            yield Diagnostic(
                code="OF305",
                severity=Severity.WARNING,
                span=state.span,
                zh=f"“{state.id}”里只有一支，没有什么可同时进行",
                en=f"{state.id!r} has a single branch, so nothing happens at the same time",
                fix=Fix(zh="再加一支，或去掉 together", en="add a branch, or remove the together"),
            )
