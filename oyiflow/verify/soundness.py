"""OF401 and OF403: what goes wrong where branches run at the same time, whatever the data.

The control flow becomes a net (`nets_of`), and the net is judged (`nets`). Without branches there is nothing to ask that the
checks of structure have not answered: a net with a single token is a graph. With branches, one thing escapes a graph: a join
needs *every* branch, and a graph follows any of them. So a join of which one branch has no way to its end looks passable, in
the graph, by way of the others; the net knows that it never fires.

What cannot go wrong here, because states are active or not, and leaving a parallel state leaves all of it: a step that runs
twice at once (OF402), and a join that waits for a branch that was cancelled (OF407).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Trace
from oyiflow.model.definition import Definition, State, StateKind, Transition, walk
from oyiflow.model.tree import ends_of
from oyiflow.verify.structure import check_connected, check_end, check_start, check_targets

if TYPE_CHECKING:
    from oyiflow.verify.nets import Verdict
    from oyiflow.verify.nets_of import Flow

BUDGET = 20_000
"""Markings of the net that a check looks at."""
BEFORE = (check_start, check_end, check_targets, check_connected)
"""What these find is mended first: it would be found here again, in other words."""


def check_joins(definition: Definition) -> Iterator[Diagnostic]:
    """OF401 for every join that can never be complete, and for every place at which the control flow alone gets stuck."""
    if not any(state.kind is StateKind.PARALLEL for state in definition.states.values()):
        return
    from oyiflow.verify.nets import Effort, Kind, soundness  # only a definition with branches needs them
    from oyiflow.verify.nets_of import flow_of

    flow = flow_of(definition)
    if flow is None:
        return
    if soundness(flow.net, budget=BUDGET, effort=Effort(as_it_stands=0)).sound is not False:
        return
    if any(one.severity is Severity.ERROR for check in BEFORE for one in check(definition)):
        return
    verdict = soundness(flow.net, budget=BUDGET)  # a shortest run, and all that is dead
    joined = _joins(definition, flow, verdict) if verdict.kind is Kind.DEAD else _endless_joins(definition)
    yield from (_incomplete(definition, parallel, flow) for parallel in joined)
    if not joined and verdict.kind in (Kind.DEADLOCK, Kind.LIVELOCK):
        yield from _stuck(definition, [flow.meant[name] for name in verdict.trace if name in flow.meant], dict(verdict.marking))


def _joins(definition: Definition, flow: Flow, verdict: Verdict) -> list[State]:
    """The parallel states whose end no run of the net ever comes to."""
    dead = dict.fromkeys(flow.meant[name] for name in verdict.dead if name in flow.meant)
    alive = {meant for name, meant in flow.meant.items() if name not in verdict.dead}
    ways = [definition.states[source].transitions[number] for source, number in dead if (source, number) not in alive]
    found = [state for way in ways if (state := _joined(definition, way)) is not None]
    return list({state.id: state for state in found}.values())


def _endless_joins(definition: Definition) -> list[State]:
    """Parallel states that are to be joined and never can be, because regions do not come to their end from their beginning."""
    ways = [way for state in definition.states.values() for way in state.transitions]
    joins = {state.id: (state, way) for way in ways if (state := _joined(definition, way)) is not None}
    return [state for state, way in joins.values() if _is_endless(state, way)]


def _is_endless(parallel: State, way: Transition) -> bool:
    endless, regions = _endless(parallel, out=True), [child for child in parallel.states if child.kind is not StateKind.HISTORY]
    race = f"done.state.{parallel.id}" not in way.events
    return len(endless) == len(regions) if race else bool(endless)


def _joined(definition: Definition, way: Transition) -> State | None:
    """The parallel state for whose end a transition waits, or in whose race it waits for the first region."""
    for event in way.events:
        state = definition.states.get(event.removeprefix("done.state."))
        if event.startswith("done.state.") and state is not None:
            for one in (state, definition.states.get(definition.parents.get(state.id, ""))):
                if one is not None and one.kind is StateKind.PARALLEL:
                    return one
    return None


def _incomplete(definition: Definition, parallel: State, flow: Flow) -> Diagnostic:
    endless = _endless(parallel, out=False)
    zh_names = "、".join(f"“{_name(region, 'zh')}”" for region in endless) or "其中一支"
    en_names = ", ".join(repr(_name(region, "en")) for region in endless) or "one of them"
    ways = _to_the_wait(definition, parallel, endless, flow)
    zh_way, en_way = _told(ways)
    return Diagnostic(
        code="OF401",
        span=parallel.span,
        zh=f"“{_name(parallel, 'zh')}”的几支永远汇合不了：{f'做完 {zh_way} 之后，' if zh_way else ''}还在等{zh_names}，它走不到头",
        en=f"the branches of {_name(parallel, 'en')!r} can never join:{f' after {en_way},' if en_way else ''} they wait for {en_names}, which cannot come to its end",
        fix=Fix(zh="让那一支有一条路走到头，或写明哪一支先完就往下走 (until: first)", en="give that branch a way to its end, or go on when the first is done (until: first)"),
        related=tuple((region.span, "这一支走不到头", "this one cannot come to its end") for region in endless),
        trace=_trace(definition, ways) if ways else None,
    )  # fmt: skip


def _to_the_wait(definition: Definition, parallel: State, endless: list[State], flow: Flow) -> list[Taken]:
    """A shortest run to where all branches of a parallel state are done but those that cannot be."""
    from oyiflow.verify.nets.search import run_to

    regions = [region for region in parallel.states if region.kind is StateKind.COMPOUND and region not in endless]
    finals = [[child.id for child in region.states if child.kind is StateKind.FINAL] for region in regions]
    fired = run_to(flow.net, [[f"{parallel.id}+"], *(names for names in finals if names)], BUDGET)
    return [_taken(definition, flow.meant[name]) for name in fired or () if name in flow.meant]


Taken = tuple[State, Transition]
"""A transition that was taken, with its state."""


def _taken(definition: Definition, meant: tuple[str, int]) -> Taken:
    state = definition.states[meant[0]]
    return state, state.transitions[meant[1]]


def _told(ways: list[Taken]) -> tuple[str, str]:
    """What was done, in Chinese and English."""
    zh = "、".join(_step(state, way, "zh") for state, way in ways if state.verb)
    return zh, ", ".join(_step(state, way, "en") for state, way in ways if state.verb)


def _trace(definition: Definition, ways: list[Taken], configuration: tuple[str, ...] = ()) -> Trace:
    return Trace(
        steps=tuple(
            (state.span, f"做完 {_step(state, way, 'zh')}", f"{_step(state, way, 'en')} is done") for state, way in ways
        ),
        process=definition.name,
        configuration=configuration,
    )


def _endless(parallel: State, out: bool) -> list[State]:
    """The regions of a parallel state that do not come to their end, or `out` of it, from their beginning."""
    regions = (child for child in parallel.states if child.kind is not StateKind.HISTORY)
    return [region for region in regions if not _begins_in(region, _leading_on(region, out))]


def _begins_in(state: State, good: set[str]) -> bool:
    """Whether entering a state leads on: it does itself, or some state inside in which it may begin."""
    below = [child for child in state.states if child.kind is not StateKind.HISTORY]
    if state.id in good:
        return True
    if state.kind is StateKind.PARALLEL:
        return all(_begins_in(child, _leading_on(child, out=True)) for child in below)
    begins = [child for child in walk(state) if child.id in state.initial] or below[:1]
    return any(child.id in good or (child is not state and _begins_in(child, good)) for child in begins)


def _leading_on(region: State, out: bool = True) -> set[str]:
    """States of a region from which some way leads to its end, or `out` of it; a history may lead anywhere."""
    inside = {state.id: state for state in walk(region)}
    good = {child.id for child in region.states if child.kind is StateKind.FINAL}
    good |= {name for name, state in inside.items() if state.kind is StateKind.HISTORY}
    grown = True
    while grown:
        grown = False
        for state in inside.values():
            targets = [target for way in state.transitions for target in way.targets] if state.id not in good else []
            if any(target in good or (out if target not in inside else _begins_in(inside[target], good)) for target in targets):
                good |= {one.id for one in walk(state)}
                grown = True
    return good


def _name(state: State, lang: str) -> str:
    return state.title.of(lang) or state.id


def _stuck(definition: Definition, fired: list[tuple[str, int]], marking: dict[str, int]) -> Iterator[Diagnostic]:
    """The control flow comes to a place from which nothing leads to an end. A run on which conditions decide proves nothing here."""
    states = definition.states
    ways = [_taken(definition, one) for one in fired]
    if any(way.guard is not None for _, way in ways):
        return
    here = [states[name] for name in marking if name in states]
    waiting = [state for state in here if state.kind is not StateKind.FINAL]
    lost = [state for state in waiting if state.id in _lost(definition)]
    place = next((state for state in (*lost, *waiting, *here) if state.verb), definition.root)
    zh_way, en_way = _told(ways)
    yield Diagnostic(
        code="OF401",
        span=place.span,
        zh=f"{f'做完 {zh_way} 之后' if zh_way else '开始之后'}，会等在“{_name(place, 'zh')}”，永远走不到结束",
        en=f"after {en_way or 'the beginning'} a case waits at {_name(place, 'en')!r} and never comes to an end",
        fix=Fix(zh="给它一条通向结束的路", en="give it a way that leads to an end"),
        trace=_trace(definition, ways, tuple(state.id for state in here)),
    )


def _lost(definition: Definition) -> set[str]:
    """States that lead neither to the end of the region that they are in, nor out of it."""
    regions = [region for state in definition.states.values() if state.kind is StateKind.PARALLEL for region in state.states]
    return {state.id for region in regions for state in walk(region)}.difference(*map(_leading_on, regions))


def _step(state: State, way: Transition, lang: str) -> str:
    """What was done, and how, if there is a choice."""
    events = ("、" if lang == "zh" else ", ").join(way.events) if way.purpose == "event" else ""
    how = (way.label.of(lang) or events) if len(state.transitions) > 1 else ""
    if not how:
        return _name(state, lang)
    return f"{_name(state, lang)}（{how}）" if lang == "zh" else f"{_name(state, lang)} ({how})"


def check_early_ends(definition: Definition) -> Iterator[Diagnostic]:
    """OF403: where branches are to be joined, one of them ends the whole case while another may still have work open."""
    ends = set(ends_of(definition))
    for parallel in definition.states.values():
        regions = [child for child in parallel.states if child.kind is not StateKind.HISTORY]
        if parallel.kind is not StateKind.PARALLEL or len(regions) < 2 or not _is_joined(parallel):
            continue  # without a join, an end inside a branch is the only end there is
        busy = {
            region.id: next((one for one in walk(region) if one.work is not None or one.call is not None), None)
            for region in regions
        }
        for region in regions:
            other = next((found for name, found in busy.items() if name != region.id and found is not None), None)
            for state in walk(region) if other is not None else ():
                for way in state.transitions:
                    if not way.meant and ends.intersection(way.targets):
                        yield _early(parallel, way, other)


def _is_joined(parallel: State) -> bool:
    return any(f"done.state.{parallel.id}" in way.events for way in parallel.transitions)


def _early(parallel: State, way: Transition, other: State | None) -> Diagnostic:
    assert other is not None
    return Diagnostic(
        code="OF403",
        severity=Severity.WARNING,
        span=way.span,
        zh=f"从“{parallel.id}”的一支里结束了整件事，那时“{_name(other, 'zh')}”可能还没办完，会被取消",
        en=f"this ends the whole case from inside one branch of {parallel.id!r}, while {_name(other, 'en')!r} may still be open and is cancelled",
        fix=Fix(
            zh=f"让这一支走到自己的结束，在“{parallel.id}”汇合之后再结束；确是此意写 meant: true",
            en=f"let this branch come to its own end and finish after {parallel.id!r}, or write meant: true if it is meant",
        ),
        related=((other.span, "这一步可能还开着", "this step may still be open"),),
    )
