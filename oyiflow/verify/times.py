"""Deadlines and timers beside each other: what cannot be met, never fires, tells nobody, or was forgotten.

    OF701  a deadline shorter than what lies inside it takes at least (an error), or than its inner deadlines allow, or than what a rule
           gives for the same work (a warning)
    OF702  a timer that something shorter always overtakes
    OF703  a timer whose moment changes nothing: nobody is told, nothing is left
    OF705  work without a deadline, where the process sets deadlines for most of its work

Lengths are bounded, not simulated. A workday takes at least a day; five of them with weekends and the longest holidays take at
most the days that `longest` counts. The least time of a way is the shortest path over waits that nothing cuts short, with
`together` taking as long as its slowest branch. Dates in fields may be any day and count nothing. So what is called
impossible is so on every way and whenever it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Span
from oyiflow.model.definition import Definition, Notify, Rule, State, StateKind, Transition, walk
from oyiflow.model.tree import way_up
from oyiflow.model.values import Duration
from oyiflow.verify.graph import entered_by_default

DAY = 1440
HOLIDAYS = 14
"""Days by which holidays may lengthen a run of workdays, weekends aside."""


class Length(NamedTuple):
    """A length of time as elapsed minutes and workdays together."""

    minutes: int = 0
    workdays: int = 0

    @property
    def least(self) -> int:
        """The minutes that it takes at least."""
        return self.minutes + self.workdays * DAY

    @property
    def most(self) -> int:
        """The minutes that it takes at most."""
        days = self.workdays + 2 * -(-self.workdays // 5) + HOLIDAYS if self.workdays else 0
        return self.minutes + days * DAY

    def plus(self, other: Length) -> Length:
        """Both, one after the other."""
        return Length(self.minutes + other.minutes, self.workdays + other.workdays)

    def exceeds(self, other: Length) -> bool:
        """Whether it is the longer one, whenever they begin."""
        if not self.minutes and not other.minutes:
            return self.workdays > other.workdays
        return self.least > other.most

    def text(self, lang: str) -> str:
        """As people say it."""
        parts = []
        if self.minutes or not self.workdays:
            unit = next(unit for unit, size in (("days", DAY), ("hours", 60), ("minutes", 1)) if self.minutes % size == 0)
            amount = self.minutes // {"days": DAY, "hours": 60, "minutes": 1}[unit]
            parts.append(Duration(amount=amount, unit=unit).text(lang))  # type: ignore[arg-type]
        if self.workdays:
            parts.append(Duration(amount=self.workdays, unit="workdays").text(lang))
        return " + ".join(parts)


NOTHING = Length()
Cost = Callable[[State], Length]


def length_of(duration: Duration) -> Length:
    """A duration as a length."""
    return Length(duration.minutes) if duration.minutes is not None else Length(0, duration.amount)


def check_times(definition: Definition) -> Iterator[Diagnostic]:
    """OF701 to OF705 of one definition."""
    times = _Times(definition)
    short = [(state, found) for state in definition.states.values() for way in state.transitions
             if way.after is not None for found in _too_short(state, way, times)]  # fmt: skip
    said = {state.id for state, _ in short}
    yield from (found for _, found in short)
    for state in definition.states.values():
        for way in state.transitions:
            if way.after is not None:
                yield from _overtaken(definition, state, way, times, said)
            if way.timed:
                yield from _without_effect(definition, state, way)
    for rule in definition.rules:
        yield from _rule_too_short(definition, rule, times)
        yield from _other_than_the_rule(definition, rule)
    yield from _forgotten(definition)


# --- how long things take ---------------------------------------------------------------------------------------------


def least_of(state: State) -> Length:
    """What a state takes at least: a wait that nothing else cuts short."""
    if state.work is not None or state.call is not None or state.states:
        return NOTHING
    ways = [way for way in state.transitions if way.targets]
    waits = [length_of(way.after) if way.after is not None and not way.at else NOTHING for way in ways]
    return min(waits, key=lambda one: one.least, default=NOTHING)


def allowed_to(state: State) -> Length:
    """What a state may take by its own deadline, or takes at least."""
    within = state.work.within if state.work is not None else None
    return length_of(within) if within is not None else least_of(state)


class _Times:
    """Shortest times over the ways of a definition; each state costs what `cost` says, and a join waits for all."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._inside: dict[tuple[str, Cost], Length | None] = {}

    def through(self, state: State, cost: Cost) -> Length:
        """From entering a state to leaving it, whichever way is quickest."""
        if not state.states:
            return cost(state)
        inside = self.inside(state, cost)
        times = [inside] if inside is not None else []
        for way in state.transitions:
            if way.targets and not all(event.startswith("done.state.") for event in way.events or ("",)):
                times.append(length_of(way.after) if way.after is not None else NOTHING)
        return min(times, key=lambda one: one.least, default=NOTHING)

    def inside(self, state: State, cost: Cost) -> Length | None:
        """From entering a state to the end of what is in it; None if that has no end."""
        key = (state.id, cost)
        if key not in self._inside:
            self._inside[key] = self._worked_out(state, cost)
        return self._inside[key]

    def _worked_out(self, state: State, cost: Cost) -> Length | None:
        if state.kind is StateKind.PARALLEL:
            regions = [child for child in state.states if child.kind is not StateKind.HISTORY]
            times = [self.inside(region, cost) or NOTHING for region in regions]
            first = any(f"done.state.{region.id}" in way.events for way in state.transitions for region in regions)
            pick = min if first else max
            return pick(times, key=lambda one: one.least, default=NOTHING)
        ends = {child.id for child in state.states if child.kind is StateKind.FINAL}
        found = self.between(entered_by_default(state), ends, cost, state)
        return found[0] if found is not None else None

    def between(
        self, starts: tuple[str, ...], ends: set[str], cost: Cost, inside: State
    ) -> tuple[Length, tuple[str, ...]] | None:
        """The shortest time over children of a state, from entering `starts` to leaving one of `ends`, and the way."""
        children = {child.id: child for child in inside.states}
        queue: list[tuple[int, int, Length, tuple[str, ...]]] = [
            (0, place, NOTHING, (start,)) for place, start in enumerate(starts) if start in children
        ]
        done: set[str] = set()
        tie = len(queue)
        while queue:
            _, _, spent, way = heappop(queue)
            state = children[way[-1]]
            if state.id in done:
                continue
            done.add(state.id)
            after = spent.plus(self.through(state, cost))
            if state.id in ends:
                return after, way
            for name in _next(state):
                if name in children and name not in done:
                    tie += 1
                    heappush(queue, (after.least, tie, after, (*way, name)))
        return None


def _next(state: State) -> Iterator[str]:
    """Where a state leads when it is left, whatever leaves it, or what is in it."""
    for one in walk(state):
        for way in one.transitions:
            yield from way.targets


# --- OF701 ------------------------------------------------------------------------------------------------------------


def _too_short(state: State, way: Transition, times: _Times) -> Iterator[Diagnostic]:
    """The deadline of a step that holds others. A single timer inside that a deadline overtakes is OF702."""
    assert way.after is not None
    if not state.states or way.guard is not None:
        return
    limit = length_of(way.after)
    if way.targets and any(_alone_exceeds(one, limit) for one in walk(state) if one is not state):
        return
    for cost, severity in ((least_of, Severity.ERROR), (allowed_to, Severity.WARNING)):
        inside = times.inside(state, cost)
        if inside is not None and inside.exceeds(limit):
            yield _cannot(state.span, limit, inside, severity, f"“{state.id}”", repr(state.id))
            return


def _alone_exceeds(state: State, limit: Length) -> bool:
    return any(way.after is not None and length_of(way.after).exceeds(limit) for way in state.transitions)


def _rule_too_short(definition: Definition, rule: Rule, times: _Times) -> Iterator[Diagnostic]:
    """`after A must B within D`: what lies between them."""
    if rule.form != "after" or rule.within is None or len(rule.steps) != 1:
        return
    limit = length_of(rule.within)
    parent = definition.states.get(definition.parents.get(rule.steps[0], ""))
    if parent is None or parent.kind is StateKind.PARALLEL:
        return
    begin = tuple(dict.fromkeys(_next(definition.states[rule.steps[0]])))
    for cost, severity in ((least_of, Severity.ERROR), (allowed_to, Severity.WARNING)):
        found = times.between(begin, set(rule.must), cost, parent)
        if found is not None and found[0].exceeds(limit):
            zh, en = " → ".join(found[1]), " → ".join(found[1])
            yield _cannot(rule.span, limit, found[0], severity, zh, en)
            return


def _other_than_the_rule(definition: Definition, rule: Rule) -> Iterator[Diagnostic]:
    """`after A must B within D`, where B comes right after A and has a deadline of its own: both speak of the same time."""
    state = definition.states[rule.must[-1]] if rule.form == "after" and rule.within is not None and rule.must else None
    if state is None or state.work is None or state.work.within is None or rule.within is None or len(rule.steps) != 1:
        return
    if state.id not in {target for way in definition.states[rule.steps[0]].transitions for target in way.targets}:
        return
    mine, wanted = length_of(state.work.within), length_of(rule.within)
    if mine == wanted or mine.exceeds(wanted):  # the longer one is told as a deadline that does not keep the rule
        return
    yield Diagnostic(
        code="OF701",
        severity=Severity.WARNING,
        span=state.span,
        zh=f"“{state.title.of('zh') or state.id}”的期限是 {mine.text('zh')}，规则“{rule.say.of('zh')}”给的是 {wanted.text('zh')}",
        en=f"the deadline of {state.id} is {mine.text('en')}, but the rule {rule.say.of('en')!r} gives {wanted.text('en')}",
        fix=Fix(zh="两处写成一样", en="make both the same"),
    )


def _cannot(span: Span, limit: Length, spent: Length, severity: Severity, zh: str, en: str) -> Diagnostic:
    impossible = severity is Severity.ERROR
    return Diagnostic(
        code="OF701",
        severity=severity,
        span=span,
        zh=f"期限 {limit.text('zh')} {'来不及' if impossible else '不够'}: {zh} {'至少要' if impossible else '的期限合起来有'} {spent.text('zh')}",
        en=f"the deadline of {limit.text('en')} {'cannot be met' if impossible else 'is too short'}: "
        f"{en} {'takes at least' if impossible else 'may take'} {spent.text('en')}",
        fix=Fix(zh="放宽期限，或缩短里面的等待和期限", en="allow more time, or shorten the waits and deadlines inside"),
    )


# --- OF702, OF703 -----------------------------------------------------------------------------------------------------


def _overtaken(definition: Definition, state: State, way: Transition, times: _Times, said: set[str]) -> Iterator[Diagnostic]:
    """A timer that another one of the state, or of a state around it, always overtakes."""
    assert way.after is not None
    mine, holder = length_of(way.after), state
    while True:
        first = next((other for other in holder.transitions if other is not way and _leaves_before(other, mine)), None)
        if first is not None and first.after is not None and holder.id not in said:
            yield _never_fires(way, state, mine, first, holder, length_of(first.after))
            return
        if not _timed_around(definition, holder):
            return
        parent = definition.states[definition.parents[holder.id]]
        if parent.kind is not StateKind.PARALLEL:
            before = times.between(entered_by_default(parent), {holder.id}, least_of, parent)
            own = times.through(holder, least_of)
            if before is not None:
                mine = mine.plus(Length(before[0].minutes - own.minutes, before[0].workdays - own.workdays))
        holder = parent


def _timed_around(definition: Definition, state: State) -> bool:
    """Whether a timer leaves one of the states around this one."""
    around = (definition.states[name] for name in way_up(definition, state.id)[1:])
    return any(way.after is not None and way.targets for one in around for way in one.transitions)


def _leaves_before(other: Transition, mine: Length) -> bool:
    """Whether a timer leaves its state before so much time has passed."""
    if other.after is None or not other.targets or other.guard is not None:
        return False
    return mine.exceeds(length_of(other.after))


def _never_fires(way: Transition, state: State, mine: Length, other: Transition, holder: State, limit: Length) -> Diagnostic:
    return Diagnostic(
        code="OF702",
        severity=Severity.WARNING,
        span=way.span,
        zh=f"“{state.id}”的计时要 {mine.text('zh')} 才到，而“{holder.id}”{limit.text('zh')} 就离开了: 它永远不会到",
        en=f"the timer of {state.id!r} takes {mine.text('en')}, and {holder.id!r} is left after {limit.text('en')}: it never fires",
        fix=Fix(zh="缩短里面的时间，或放宽外面的", en="shorten the inner time, or allow more outside"),
        related=((other.span, "这里先到", "this one comes first"),),
    )


def _without_effect(definition: Definition, state: State, way: Transition) -> Iterator[Diagnostic]:
    """A timer that tells people of a state where nobody works, or does nothing at all."""
    if way.targets:
        return
    told = [action for action in way.actions if isinstance(action, Notify) and action.reason in ("remind", "escalate")]
    if any(definition.states[one.about].work is not None for one in told) or len(told) < len(way.actions):
        return
    yield Diagnostic(
        code="OF703",
        severity=Severity.WARNING,
        span=way.span,
        zh=f"“{state.id}”到期时什么也不发生: 没有人可提醒，也不离开",
        en=f"nothing happens when the time of {state.id!r} is up: there is nobody to tell, and it is not left",
        fix=Fix(zh="写 late: pass 或 skip，或去掉期限", en="write late: pass or skip, or remove the deadline"),
    )


# --- OF705 ------------------------------------------------------------------------------------------------------------


def _forgotten(definition: Definition) -> Iterator[Diagnostic]:
    """Where at least three tasks have a deadline, and three of four do, one without has probably been forgotten."""
    first = set(_beginning(definition))
    works = [state for state in definition.states.values() if state.work is not None and state.id not in first]
    limited = {state.id for state in works if _limited(definition, state)}
    if len(limited) < 3 or 4 * len(limited) < 3 * len(works):
        return
    for state in works:
        if state.id not in limited:
            yield Diagnostic(
                code="OF705",
                severity=Severity.WARNING,
                span=state.span,
                zh=f"“{state.id}”没有期限，而这个流程里 {len(limited)} 步有: 忘了吗？",
                en=f"{state.id!r} has no deadline, while {len(limited)} steps of this process have: was it forgotten?",
                fix=Fix(zh="加上 within: 3 workdays 和 late: escalate", en="add within: 3 workdays and late: escalate"),
            )


def _limited(definition: Definition, state: State) -> bool:
    """Whether time ends the waiting of a state, or is told of it."""
    name = state.id
    while True:
        one = definition.states[name]
        if (one.work is not None and one.work.limited) or any(way.timed for way in one.transitions):
            return True
        if name not in definition.parents:
            return False
        name = definition.parents[name]


def _beginning(definition: Definition) -> Iterator[str]:
    """The steps on which a case begins: whoever starts it is there."""
    stack: list[str] = [definition.root.id]
    while stack:
        state = definition.states[stack.pop()]
        yield state.id
        stack.extend(entered_by_default(state))
