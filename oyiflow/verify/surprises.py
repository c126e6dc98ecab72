"""Where the meaning of statecharts surprises people: the check says what will happen and asks for an explicit word.

OF307: a transition of a region to its own inside leaves the whole parallel state and enters all of its regions anew, since
a parallel state is never the domain of a transition. OF308: transitions in several regions leave the parallel state on
one event; only the first in the file is taken. OF504: a transition that stands behind one that always applies.
"""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.diagnostics import Diagnostic, Fix, Severity
from oyiflow.model.definition import Definition, State, StateKind, Transition, walk


def check_reentry(definition: Definition) -> Iterator[Diagnostic]:
    """OF307 for every region of every parallel state."""
    for parallel, region in _regions(definition):
        inside = {state.id for state in walk(region)}
        for way in region.transitions:
            if way.targets and inside.issuperset(way.targets) and not _stays(region, way) and not way.meant:
                yield Diagnostic(
                    code="OF307",
                    severity=Severity.WARNING,
                    span=way.span,
                    zh=f"这条转移会离开整个“{parallel.id}”，所有区域都重新进入",
                    en=f"this transition leaves the whole of {parallel.id!r}, and all of its regions are entered anew",
                    fix=Fix(
                        zh="只动这个区域写 internal: true；确是此意写 meant: true",
                        en="write internal: true to move this region only, or meant: true if it is meant",
                    ),
                )


def _stays(region: State, way: Transition) -> bool:
    return way.internal and region.kind is StateKind.COMPOUND and region.id not in way.targets


def _regions(definition: Definition) -> Iterator[tuple[State, State]]:
    for state in definition.states.values():
        if state.kind is StateKind.PARALLEL:
            yield from ((state, region) for region in state.states if region.kind is not StateKind.HISTORY)


def check_races(definition: Definition) -> Iterator[Diagnostic]:
    """OF308 for every parallel state of a life cycle."""
    first: dict[tuple[str, str], tuple[State, Transition]] = {}
    for parallel, region in _regions(definition):
        inside = {state.id for state in walk(parallel)}
        for state in walk(region):
            for way in state.transitions:
                if not way.targets or inside.issuperset(way.targets):
                    continue
                for event in way.events:
                    known, winner = first.setdefault((parallel.id, event), (region, way))
                    if known is not region and not winner.meant and winner.targets != way.targets:
                        yield _race(parallel, event, winner, way)


def _race(parallel: State, event: str, winner: Transition, way: Transition) -> Diagnostic:
    return Diagnostic(
        code="OF308",
        severity=Severity.WARNING,
        span=way.span,
        zh=f"事件“{event}”在“{parallel.id}”的几个区域里都会离开它；只走写在前面的那一条",
        en=f"on {event!r} several regions leave {parallel.id!r}; only the one written first is taken",
        fix=Fix(
            zh=f"把转移写在“{parallel.id}”上，或在前面那条写 meant: true",
            en=f"write the transition on {parallel.id!r}, or meant: true on the first",
        ),
        related=((winner.span, "走的是这一条", "this one is taken"),),
    )


def check_hidden(definition: Definition) -> Iterator[Diagnostic]:
    """OF504: a transition that can never be taken because one before it, of the same state and event, has no condition."""
    for state in definition.states.values():
        open_events: set[str] = set()
        for way in state.transitions:
            triggers = set(way.events) or (set() if way.timed else {""})
            if triggers and triggers <= open_events:
                yield Diagnostic(
                    code="OF504",
                    severity=Severity.WARNING,
                    span=way.span,
                    zh="永远走不到: 前面一条没有条件，总是先走",
                    en="this is never taken: one before it has no condition and always comes first",
                    fix=Fix(
                        zh="给前面那条加条件 when，或去掉这一条",
                        en="give the one before a condition (when), or remove this one",
                    ),
                )
            elif way.guard is None:
                open_events |= triggers
