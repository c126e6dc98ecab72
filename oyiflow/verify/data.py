"""What a field holds where it is read and written: it may be empty (OF505), is never so large (OF507), is written twice (OF508).

OF505 is a forward analysis of definite filling: a required field is filled when a step that fills it is completed with
consent, on every way that leads to the reader. An empty field makes a comparison false, so a guard never fails while running;
but "false because nobody filled it in" is seldom what was meant. Two degrees: an error when some way passes no step that
offers the field at all, a warning when a step offers it but does not require it.

OF507: a threshold that the limits of its field keep any value from reaching; and a hidden field that is written for nobody.
OF508: a field that two branches write which run side by side, so that whoever comes last wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from oyiflow.diagnostics import Diagnostic, Fix, Severity
from oyiflow.model.definition import Definition, Field, Perform, Set, State, StateKind, Transition, actions_of, walk
from oyiflow.model.expression import EMPTY, Compare, Constant, Expression, ListOf, Member, Name, names_read, text
from oyiflow.model.expression import walk as nodes
from oyiflow.model.expression_types import may_be_empty
from oyiflow.model.values import FieldType, show
from oyiflow.verify.boxes.classes import conditions
from oyiflow.verify.boxes.line import DENSE, place_of
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
    """OF505 for every guard of a procedure. (Life cycles may get values with any message: `unfilled`.)"""
    if definition.body != "steps":
        return
    known = _known(definition)
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
                own = name.name in definition.field and definition.field[name.name].hidden  # the machine's: empty is meant
                if (state.id, name.name) not in said and not own:
                    said.add((state.id, name.name))
                    yield _diagnostic(name, at)


def _moments(state: State) -> list[str]:
    """Fields whose moment the state waits for: an empty one would refuse the step that leads here, or never come."""
    people = (
        [who.person_in for who in (*state.work.by, state.work.who) if who and who.person_in] if state.work is not None else []
    )
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
        zh=f"先判断 {text(name)} 已填写 且 …，或设为必填 (required: true)" if offered else "在前面的步骤里填写它 (fill)",
        en=f"test {text(name)} is filled and … first, or make it required: true" if offered else "fill it in an earlier step",
    )
    return Diagnostic(
        code="OF505", severity=Severity.WARNING if offered else Severity.ERROR, span=name.span, zh=zh, en=en, fix=fix
    )


def filled_at(definition: Definition) -> Mapping[str, tuple[Filled, Filled]]:
    """The fields that are certainly filled when a step is entered, and when its work is completed with consent; {} for life cycles."""
    if definition.body != "steps":
        return {}
    found: dict[str, tuple[Filled, Filled]] | None = definition.memo.get("data.filled")
    if found is None:
        states = ((definition.states[name], here) for name, here in _known(definition).items())
        found = {s.id: (here.filled, here.filled if s.work is None else _at(definition, s, here).filled) for s, here in states}
        definition.memo["data.filled"] = found
    return found


def _known(definition: Definition) -> dict[str, _Known]:
    found: dict[str, _Known] | None = definition.memo.get("data.known")
    if found is None:
        found = definition.memo["data.known"] = _analyse(definition)
    return found


def _analyse(definition: Definition) -> dict[str, _Known]:
    """What is known on entering each state, as the greatest fixed point over all ways."""
    figures = definition.starts.figures if definition.starts is not None else None
    begun = (
        frozenset(name for name, _ in figures.gives) if figures is not None else frozenset()
    )  # it starts by itself with these
    known: dict[str, _Known] = {definition.root.id: _Known(begun, begun)}
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
    sets = [action for action in way.actions if isinstance(action, Set)]
    emptied = {action.field for action in sets if action.value == EMPTY}
    written = {action.field for action in sets} - emptied
    offered = {ours for ours, _ in state.call.outputs} if state.call is not None and way.purpose == "next" else set()
    return _Known((facts.filled | written) - emptied, (facts.offered | written | offered) - emptied)


def _at(definition: Definition, state: State, here: _Known) -> _Known:
    """What is known when the work of a state has been completed with consent."""
    assert state.work is not None
    fill = state.work.fill
    required = {name for name in fill if definition.field[name].required}
    return _Known(here.filled | required, here.offered | frozenset(fill))


# --- OF507: thresholds, and fields written for nobody -----------------------------------------------------------------


class Outside(NamedTuple):
    """A part of a condition that asks for what the limits of a field exclude; `holds`: whether it is always true, or never."""

    guard: Expression
    node: Expression
    field: Field
    holds: bool


def outside_limits(definition: Definition) -> list[Outside]:
    """Every threshold outside the range of its field, in the order of the document."""
    found: list[Outside] | None = definition.memo.get("data.outside")
    if found is None:
        fields = definition.field
        found = definition.memo["data.outside"] = [
            one for guard in conditions(definition) for node in nodes(guard) for one in _outside(guard, node, fields)
        ]
    return found


def _outside(guard: Expression, node: Expression, fields: Mapping[str, Field]) -> Iterator[Outside]:
    if isinstance(node, Member) and isinstance(node.item, Name) and isinstance(node.of, ListOf):
        for one in node.of.items:
            if _comes_to(fields[node.item.name], "==", one) is False:
                yield Outside(guard, one, fields[node.item.name], node.negated)
    if isinstance(node, Compare):
        turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(node.op, node.op)
        for side, op, other in ((node.left, node.op, node.right), (node.right, turned, node.left)):
            truth = _comes_to(fields[side.name], op, other) if isinstance(side, Name) else None
            if truth is not None and isinstance(side, Name):
                yield Outside(guard, node, fields[side.name], truth)


def _comes_to(spec: Field, op: str, constant: Expression) -> bool | None:
    """What a comparison with a constant outside the limits always is; None where it may be either, or touches a limit."""
    if not isinstance(constant, Constant) or (spec.min is None and spec.max is None):
        return None
    at = place_of(constant.value)
    low, high = (place_of(limit) if limit is not None else None for limit in (spec.min, spec.max))
    if at is None or spec.type is FieldType.DURATION:
        return None
    if spec.type not in DENSE and op in ("<", ">"):  # more than 2 days is at least 3
        at, op = (at + 1, ">=") if op == ">" else (at - 1, "<=")
    return _beyond(op, at, low, high)


def _beyond(op: str, at: Fraction | int, low: Fraction | int | None, high: Fraction | int | None) -> bool | None:
    below, above = low is not None and at < low, high is not None and at > high
    match op:
        case "<" | "<=":
            return False if below or (op == "<" and at == low) else True if above else None
        case ">" | ">=":
            return False if above or (op == ">" and at == high) else True if below else None
        case "==" | "!=":
            return op == "!=" if below or above else None
    return None


def check_limits(definition: Definition) -> Iterator[Diagnostic]:
    """OF507 for thresholds."""
    for one in outside_limits(definition):
        spec = one.field
        limits = ((spec.min, "至少", "at least"), (spec.max, "至多", "at most"))
        zh = "，".join(f"{word} {show(spec.type, limit, 'zh')}" for limit, word, _ in limits if limit is not None)
        en = ", ".join(f"{word} {show(spec.type, limit, 'en')}" for limit, _, word in limits if limit is not None)
        yield Diagnostic(
            code="OF507",
            severity=Severity.WARNING,
            span=one.node.span,
            zh=f"“{spec.name}”{zh}，这里{'总是' if one.holds else '永不'}成立",
            en=f"{spec.name!r} is {en}, so this is {'always' if one.holds else 'never'} so",
            fix=Fix(
                zh="改成范围内的值，或改字段的 min、max",
                en="compare with a value in its range, or change min or max of the field",
            ),
            related=((spec.span, "字段在这里", "the field"),),
        )


def check_unread(definition: Definition, others: Mapping[str, Definition | None]) -> Iterator[Diagnostic]:
    """OF507 for hidden fields: what is shown to nobody and read by nothing is written in vain."""
    hidden = [spec for spec in definition.fields if spec.hidden]
    if not hidden:
        return
    given = {theirs for other in others.values() if other is not None for theirs in _given(other, definition.name)}
    read, written = _read(definition) | given, {write.field: write for write in reversed(list(writes_of(definition.root)))}
    for spec in hidden:
        if spec.name in written and spec.name not in read:
            yield Diagnostic(
                code="OF507",
                severity=Severity.WARNING,
                span=spec.span,
                zh=f"隐藏字段“{spec.name}”写了却没有谁读",
                en=f"the hidden field {spec.name!r} is written, and nothing reads it",
                fix=Fix(zh="去掉它，或在条件里用它", en="remove it, or use it in a condition"),
                related=((written[spec.name].state.span, "写在这里", "written here"),),
            )


def _given(other: Definition, process: str) -> Iterator[str]:
    for state in other.states.values():
        if state.call is not None and state.call.process == process:
            yield from (theirs for _, theirs in state.call.outputs)


def _read(definition: Definition) -> set[str]:
    """Every field that something reads."""
    found = {name for guard in conditions(definition) for name in names_read(guard)}
    for report in definition.reports:
        found |= {report.on, report.per, report.total}
    for state in definition.states.values():
        found.update(_moments(state), *(names_read(value) for _, value in state.output))
        if state.work is not None:
            found.add(state.work.by_field)
        if state.call is not None:
            found.update([state.call.each], *(names_read(value) for _, value in state.call.inputs))
        for action in actions_of(state):
            if isinstance(action, Set):
                found |= names_read(action.value) - {action.field}
            elif isinstance(action, Perform):
                found.update(*(names_read(value) for _, value in action.inputs))
    return found


# --- OF508: branches that write the same field ------------------------------------------------------------------------


class _Write(NamedTuple):
    """Who writes a field; `value` of what is calculated, None of what comes from people or elsewhere."""

    field: str
    state: State
    value: Expression | None = None


def check_shared_writes(definition: Definition) -> Iterator[Diagnostic]:
    """OF508 for every state with regions."""
    for parallel in definition.states.values():
        regions = [child for child in parallel.states if child.kind is not StateKind.HISTORY]
        if parallel.kind is not StateKind.PARALLEL or _first_wins(parallel, regions):
            continue
        first: dict[str, tuple[State, _Write]] = {}
        said: set[str] = set()
        for region in regions:
            for write in writes_of(region):
                known, earlier = first.setdefault(write.field, (region, write))
                same = earlier.value is not None and earlier.value == write.value and not names_read(earlier.value)
                if known is not region and not same and write.field not in said:
                    said.add(write.field)
                    yield _twice(parallel, write, earlier)


def _first_wins(parallel: State, regions: list[State]) -> bool:
    """Whether only one branch can write: each is a single step, and the first that is done withdraws the others."""
    race = {event for way in parallel.transitions for event in way.events if event.startswith("done.state.")}
    single = all(len(region.states) <= 2 and not any(child.states for child in region.states) for region in regions)
    return single and bool(regions) and all(f"done.state.{region.id}" in race for region in regions)


def writes_of(root: State) -> Iterator[_Write]:
    """Every writing of a field in a state and below it, but for the stamps."""
    for state in walk(root):
        if state.work is not None:
            yield from (_Write(name, state) for name in state.work.fill)
        if state.call is not None:
            yield from (_Write(ours, state) for ours, _ in state.call.outputs)
        yield from (_Write(action.field, state, action.value) for action in actions_of(state) if isinstance(action, Set))


def _twice(parallel: State, write: _Write, earlier: _Write) -> Diagnostic:
    one, other = earlier.state.id, write.state.id
    return Diagnostic(
        code="OF508",
        severity=Severity.WARNING,
        span=write.state.span,
        zh=f"“{other}”和同时进行的“{one}”都写字段“{write.field}”，后写的覆盖先写的",
        en=f"{other!r} and {one!r}, which run side by side, both write the field {write.field!r}; the later wins",
        fix=Fix(
            zh=f"各写各的字段，或在“{parallel.id}”之后再写",
            en=f"give each a field of its own, or write it after {parallel.id!r}",
        ),
        related=((earlier.state.span, "另一处在这里", "the other one"),),
    )
