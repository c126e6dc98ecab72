"""OF505: a field is read where it may still be empty.

A forward analysis of definite filling: a required field is filled when a step that fills it is completed with consent, on
every way that leads to the reader. An empty field makes a comparison false, so a guard never fails while running; but
"false because nobody filled it in" is seldom what was meant. Two degrees: an error when some way passes no step that
offers the field at all, a warning when a step offers it but does not require it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oyiflow.diagnostics import Diagnostic, Fix, Severity
from oyiflow.model.definition import Definition, Set, State, StateKind, Transition
from oyiflow.model.expression import Expression, Name, text
from oyiflow.model.expression_types import may_be_empty
from oyiflow.verify.graph import entered_by_default

Filled = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is certain at a place: fields that are filled, and fields that a step has offered."""

    filled: Filled
    offered: Filled

    def meet(self, other: _Known) -> _Known:
        return _Known(self.filled & other.filled, self.offered & other.offered)


def check_empty_fields(definition: Definition) -> Iterator[Diagnostic]:
    """OF505 for every guard of a procedure. (Life cycles may get values with any message; they are not judged here.)"""
    if definition.body != "steps":
        return
    known = _analyse(definition)
    said: set[tuple[str, str]] = set()
    for state in definition.states.values():
        if state.id not in known:
            continue
        for moment in _moments(state):
            if moment not in known[state.id].filled and (state.id, moment) not in said:
                said.add((state.id, moment))
                yield _diagnostic(Name(name=moment, span=state.span), known[state.id])
        for guard in _guards(state):
            at = (
                _at(definition, state, known[state.id])
                if state.work is not None and guard is not state.only_when
                else known[state.id]
            )
            for name in may_be_empty(guard, at.filled):
                if (state.id, name.name) not in said:
                    said.add((state.id, name.name))
                    yield _diagnostic(name, at)


def _moments(state: State) -> list[str]:
    """Fields whose moment the state waits for: an empty one would refuse the step that leads here, or never come."""
    people = [who.person_in for who in state.work.by if who.person_in] if state.work is not None else []
    return (
        people
        + [way.at for way in state.transitions if way.at]
        + ([state.work.not_before] if state.work is not None and state.work.not_before else [])
    )


def _guards(state: State) -> list[Expression]:
    guards = [way.guard for way in state.transitions if way.guard is not None and way.purpose != "skip"]
    return [*([state.only_when] if state.only_when is not None else []), *guards]


def _diagnostic(name: Name, known: _Known) -> Diagnostic:
    offered = name.name in known.offered
    zh = f"字段“{name.name}”在这里可能还是空的" + ("（不是必填）" if offered else "（有一条路没有经过填写它的步骤）")
    en = f"the field {name.name!r} may be empty here " + (
        "(it is not required)" if offered else "(one way passes no step that fills it)"
    )
    fix = Fix(
        zh=f"先判断 {text(name)} is filled and …，或设为必填 required: true" if offered else "在前面的步骤里 fill 它",
        en=f"test {text(name)} is filled and … first, or make it required: true" if offered else "fill it in an earlier step",
    )
    return Diagnostic(
        code="OF505", severity=Severity.WARNING if offered else Severity.ERROR, span=name.span, zh=zh, en=en, fix=fix
    )


def _analyse(definition: Definition) -> dict[str, _Known]:
    """What is known on entering each state, as the greatest fixed point over all ways."""
    known: dict[str, _Known] = {definition.root.id: _Known(frozenset(), frozenset())}
    todo = [definition.root.id]
    while todo:
        state = definition.states[todo.pop()]
        for target, facts in _flows(definition, state, known):
            before = known.get(target)
            after = facts if before is None else before.meet(facts)
            if after != before:
                known[target] = after
                todo.append(target)
    return known


def _flows(definition: Definition, state: State, known: dict[str, _Known]) -> Iterator[tuple[str, _Known]]:
    here = known[state.id]
    yield from ((child, here) for child in entered_by_default(state))
    if state.kind is StateKind.FINAL and state.id in definition.parents:
        yield from _completed(definition, state, known)
    for way in state.transitions:
        if not any(event.startswith("done.state.") for event in way.events):
            facts = _after(definition, state, way, here)
            yield from ((target, facts) for target in way.targets)


def _completed(definition: Definition, final: State, known: dict[str, _Known]) -> Iterator[tuple[str, _Known]]:
    """Past a join, what any branch that has been looked at has filled is filled; a race (until: first) knows only its own."""
    region = definition.parents[final.id]
    parallel = definition.states.get(definition.parents.get(region, ""))
    if parallel is None:
        return
    finals = [child.id for part in parallel.states for child in part.states if child.kind is StateKind.FINAL]
    seen = [known[name] for name in finals if name in known]
    union = _Known(frozenset().union(*(k.filled for k in seen)), frozenset().union(*(k.offered for k in seen)))
    for way in parallel.transitions:
        race = f"done.state.{region}" in way.events
        if race or (f"done.state.{parallel.id}" in way.events and len(seen) == len(finals)):
            yield from ((target, known[final.id] if race else union) for target in way.targets)


def _after(definition: Definition, state: State, way: Transition, here: _Known) -> _Known:
    outcome = next((o for o in state.work.outcomes if o.event in way.events), None) if state.work is not None else None
    facts = _at(definition, state, here) if outcome is not None and outcome.consent else here
    written = {action.field for action in way.actions if isinstance(action, Set)}
    if state.call is not None and way.purpose == "next":
        offered = {ours for ours, _ in state.call.outputs}
        return _Known(facts.filled | written, facts.offered | written | offered)
    return _Known(facts.filled | written, facts.offered | written)


def _at(definition: Definition, state: State, here: _Known) -> _Known:
    """What is known when the work of a state has been completed with consent."""
    assert state.work is not None
    fill = state.work.fill
    required = {name for name in fill if definition.field[name].required}
    return _Known(here.filled | required, here.offered | frozenset(fill))
