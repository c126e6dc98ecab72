"""OF505 for life cycles: a state waits for the date, or for the person, in a field that nothing can have filled by then.

A procedure is asked what is certainly filled (`oyiflow.verify.data`); a life cycle may get values with any message, so here only what
is certainly empty counts. A field may be filled where a state that writes it has come before: its people fill or stamp it, a call brings
it back, or an action sets it. But for the moment of `at`, without which a state refuses to be entered, it may also come with an event from
outside where nobody acts, or at the start, if an example says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.diagnostics import Diagnostic, Fix, Span
from oyiflow.model.definition import Definition, Set, State, StateKind, Transition, actions_of
from oyiflow.model.expression import EMPTY
from oyiflow.model.tree import way_up
from oyiflow.verify.graph import descendants, may_follow, reachable

ANY = ""
"""Of a writer: it may write any field."""


def check_unfilled(definition: Definition) -> Iterator[Diagnostic]:
    """OF505 for every state of a life cycle that waits for a field."""
    waits = (
        [(state, *one) for state in definition.states.values() for one in _waits(state)] if definition.body == "states" else []
    )
    if not waits:
        return
    graph = may_follow(definition)
    there, given, writers = reachable(definition, graph), _given(definition), _writers(definition)
    after: dict[tuple[str, bool], set[str]] = {}
    for state, name, span, key in waits:
        own = state.work.fill if key == "not_before" and state.work is not None else ()
        luck = key != "at"  # whoever is to wait `at` an empty moment is refused: what may come by chance does not count
        if state.id not in there or name in own or (luck and name in given):
            continue
        if (name, luck) not in after:
            after[name, luck] = descendants(graph, (*writers.get(name, ()), *(writers.get(ANY, ()) if luck else ())))
        if state.id not in after[name, luck]:
            yield _empty(state, name, span)


def _waits(state: State) -> Iterator[tuple[str, Span, str]]:
    """The fields for which a state waits, with the key that says so."""
    yield from ((way.at, way.span, "at") for way in state.transitions if way.at)
    work = state.work
    if work is None:
        return
    if work.not_before:
        yield work.not_before, state.span, "not_before"
    yield from ((who.person_in, state.span, "person_in") for who in (*work.by, work.who) if who is not None and who.person_in)


def _given(definition: Definition) -> frozenset[str]:
    """What a case may begin with."""
    figures = definition.starts.figures if definition.starts is not None else None
    started = [name for name, _ in figures.gives] if figures is not None else []
    return frozenset((*started, *(name for example in definition.examples for name, _ in example.values)))


def _writers(definition: Definition) -> dict[str, list[str]]:
    """By field, the nodes of the graph after which it may be filled."""
    found: dict[str, list[str]] = {}
    for state in definition.states.values():
        if _is_told(state):
            found.setdefault(ANY, []).append(f"+{state.id}")
        for action in state.entry:
            if (name := _set_by(action)) != "":
                found.setdefault(name, []).append(f"+{state.id}")
        for name in _written(state):
            found.setdefault(name, []).append(f"+{state.id}" if state.states else state.id)
            around = (one for one in way_up(definition, state.id) if definition.states[one].kind is StateKind.PARALLEL)
            found[name] += (f"+{one}" for one in around)  # what runs beside it may see it too
    return found


def _written(state: State) -> Iterator[str]:
    """What a state fills before it is left."""
    if state.work is not None:
        yield from (*state.work.fill, *([state.work.stamp] if state.work.stamp else []))
    if state.call is not None:
        yield from (ours for ours, _ in state.call.outputs)
    yield from (name for action in actions_of(state) if (name := _set_by(action)))


def _set_by(action: object) -> str:
    return action.field if isinstance(action, Set) and action.value != EMPTY else ""


def _is_told(state: State) -> bool:
    """Whether an event may come from outside, with whatever values: one that is nobody's answer and not made by the machine."""
    return state.work is None and any(_is_from_outside(way) for way in state.transitions)


def _is_from_outside(way: Transition) -> bool:
    return any(not event.startswith(("done.", "error.", "after.")) for event in way.events)


def _empty(state: State, name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        code="OF505",
        span=span,
        zh=f"字段“{name}”在“{state.id}”还是空的：之前没有哪个状态填它",
        en=f"the field {name!r} is still empty at {state.id!r}: no state before it fills it",
        fix=Fix(zh="在前面的状态里填写它 (fill、stamp 或 set)", en="fill it in an earlier state (fill, stamp or set)"),
    )
