"""OF501–OF504: conditions that stand beside each other, and what happens to values between them.

Cases are tried from the first. So what two cases share goes to the first of them, and that is worth a question, unless one
of the two is a special case of the other, written before it. It is an error where both ask about the same fields (`<= 5000`
and `>= 5000`), a warning where they ask about different ones and only their order decides. Each finding names values.

    OF501  two cases hold at once                      OF503  a condition that nothing fulfils
    OF502  no case holds, or a single value slips      OF504  a case behind others that leave it nothing,
           through between two cases                          or a condition that everything fulfils

Nothing is said twice: a condition with a threshold outside its field's range is OF507, a read of an empty field is OF505. In
a life cycle the order of the file is part of the meaning: conditions on different fields are left alone, the others are warnings,
and `meant: true` says that it is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Span
from oyiflow.model.definition import Definition, State, Transition
from oyiflow.model.expression import Compare, Constant, Expression, Name, Or, states_read, text, walk
from oyiflow.model.values import FieldType, show
from oyiflow.verify.boxes.answers import Witness
from oyiflow.verify.boxes.decision import Decision, Point, Solver
from oyiflow.verify.boxes.line import place_of
from oyiflow.verify.data import filled_at, outside_limits
from oyiflow.verify.smt import solver

_NUMBERS = (FieldType.INT, FieldType.DECIMAL, FieldType.MONEY)
_STRICTER = {">=": ">", "<=": "<"}
_LOOSER = {">": ">=", "<": "<="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Transitions of a state that are tried one after the other. `exclusive`: the author sees them as cases of one decision."""

    state: State
    ways: tuple[Transition, ...]
    exclusive: bool
    given: tuple[Expression, ...] = ()
    filled: frozenset[str] = field(default=frozenset())
    typed: frozenset[str] = field(default=frozenset())
    """Fields that are filled in together with the answer."""


def check_decisions(definition: Definition) -> Iterator[Diagnostic]:
    """OF501 to OF504 for every condition of a definition."""
    second = solver()
    said = {one.guard.span for one in outside_limits(definition)}
    for state in definition.states.values():
        if state.only_when is not None and state.only_when.span not in said:
            yield from _step_condition(definition, state, state.only_when, second)
        for group in groups(definition, state):
            if any(way.guard is not None for way in group.ways) and not _is_plain(definition, group):
                yield from _Judge(definition, group, said, second).found()


def groups(definition: Definition, state: State) -> Iterator[Group]:
    """The decisions of a state."""
    filled = filled_at(definition).get(state.id, (frozenset(), frozenset()))
    given = (state.only_when,) if state.only_when is not None else ()
    cases = tuple(way for way in state.transitions if way.purpose in ("case", "otherwise"))
    if cases:
        typed = frozenset(state.work.fill) if state.work is not None else frozenset[str]()
        known = filled[1] if state.work is not None else filled[0]
        yield Group(state=state, ways=cases, exclusive=state.work is None, given=given, filled=known, typed=typed)
    triggers: dict[tuple[str, ...], list[Transition]] = {}
    for way in state.transitions:
        if way.purpose == "event" and not way.timed:
            triggers.setdefault(way.events, []).append(way)
    for ways in triggers.values():
        yield Group(state=state, ways=tuple(ways), exclusive=True, given=given)


def _is_plain(definition: Definition, group: Group) -> bool:
    """Whether nothing can be wrong at sight: one answer of a life cycle, under one comparison of a number without limits."""
    way = group.ways[0]
    match way.guard:
        case Compare(left=Name(name=name), op="<" | "<=" | ">" | ">=" | "==" | "!=", right=Constant()):
            spec = definition.field[name]
            alone = len(group.ways) == 1 and way.purpose == "event" and bool(way.events) and not group.given
            return alone and spec.type in _NUMBERS and spec.min is None and spec.max is None
    return False


class _Judge:
    """One group: what is wrong with it, each slip once."""

    def __init__(self, definition: Definition, group: Group, said: set[Span], second: Solver | None) -> None:
        self.definition, self.group, self.said = definition, group, said
        self.ways = group.ways
        self.procedure = definition.body == "steps"
        guards = [way.guard for way in self.ways]
        self.decision = Decision(definition, guards, given=group.given, filled=group.filled, second=second)
        self.live: list[int] = []

    def found(self) -> Iterator[Diagnostic]:
        """In the order of the cases; then what is between them."""
        touched = False  # then the cases need mending anyway, and what is left for `otherwise` is not known yet
        for case, way in enumerate(self.ways):
            if way.guard is not None and way.guard.span in self.said:
                continue
            wrong = self._alone(case, way) or (self._behind(case, way) if self.group.exclusive else None)
            if wrong is not None:
                if way.guard is not None or not touched:
                    yield wrong
                continue
            yield from _dead_parts(self.decision, way.guard)
            if self.group.exclusive and way.guard is not None:
                overlaps = list(self._overlaps(case, way))
                touched = touched or bool(overlaps)
                yield from overlaps
            self.live.append(case)
            if way.guard is not None and self.decision.fails(case) is None and self.group.exclusive:
                if case + 1 < len(self.ways):
                    yield _always(way, self.ways[case + 1 :])
                return
        yield from self._gaps()

    def _alone(self, case: int, way: Transition) -> Diagnostic | None:
        if way.guard is None or self.decision.holds(case) is not None:
            return None
        if self.decision.holds(case, filled=()) is not None:
            return _never_filled(way.guard, sorted(self.group.filled & self.decision.fields(case)))
        return _never(way.guard)

    def _behind(self, case: int, way: Transition) -> Diagnostic | None:
        """A case that those before it leave nothing."""
        if not self.live or self.decision.reached(case, self.live) is not None:
            return None
        if any(self.ways[one].guard is None for one in self.live):
            return None  # `surprises` has said it
        alone = [one for one in self.live if self.decision.reached(case, (one,)) is None]
        return _hidden(way, [self.ways[one] for one in alone[:1] or self.live])

    # --- overlaps

    def _overlaps(self, case: int, way: Transition) -> Iterator[Diagnostic]:
        """The first case before this one with which it shares values, if neither is a special case of the other."""
        decision = self.decision
        for one in self.live:
            other = self.ways[one]
            if other.guard is None or other.meant or _alike(other, way) or states_read(other.guard) or states_read(way.guard):  # type: ignore[arg-type]
                continue
            if decision.both(one, case) is None:
                continue
            shared = decision.both(one, case, [each for each in self.live if each < one])
            if not isinstance(shared, Witness) or decision.reached(one, (case,)) is None:
                continue
            if decision.reached(case, (one,)) is None:
                continue
            same = decision.fields(one) == decision.fields(case)
            point = self._touching(one, case)
            if not same and point is None and not self.procedure:
                continue  # two conditions on different things, in the order of the file: that is what a life cycle means
            yield self._overlap(case, one, point.witness if point else shared, same or point is not None, point)
            return

    def _touching(self, one: int, case: int) -> Point | None:
        """The single value that is all that two cases share, if it is."""
        return next(self.decision.shared(one, case), None)

    def _overlap(self, case: int, one: int, shared: Witness, same: bool, point: Point | None) -> Diagnostic:
        way, other = self.ways[case], self.ways[one]
        guard = way.guard
        assert guard is not None
        zh, en = told(self.definition, shared)
        node = _at_place(guard, point, _STRICTER) if point is not None else None
        severity = Severity.ERROR if same and self.procedure else Severity.WARNING
        return Diagnostic(
            code="OF501",
            severity=severity,
            span=(node or guard).span,
            zh=f"{zh} 时这里和第 {one + 1} 种情形都成立，只走前面那一种",
            en=f"when {en}, this and case {one + 1} both hold, and only the one before is taken",
            fix=_sign_fix(node, _STRICTER) if node is not None else self._narrower(guard, other),
            related=((other.guard.span, "前面的情形", "the case before"),) if other.guard is not None else (),
        )

    def _narrower(self, guard: Expression, other: Transition) -> Fix:
        assert other.guard is not None
        words = f"{_bracketed(guard)} and not ({text(other.guard)})"
        if self.procedure:
            return Fix(zh=f"把两种情形写得互不相交，例如 {words}", en=f"let the two cases share nothing, for example {words}")
        return Fix(
            zh=f"写成 {words}；确是此意，在前面那条写 meant: true", en=f"write {words}, or meant: true on the one before"
        )

    # --- gaps

    def _gaps(self) -> Iterator[Diagnostic]:
        last = self.ways[-1]
        guarded = [case for case in self.live if self.ways[case].guard is not None]
        if self.group.exclusive and len(guarded) > 1 and not any(self.ways[case].meant for case in guarded):
            rest = last.targets if last.guard is None else None
            around = [case for case in guarded if rest is None or self.ways[case].targets != rest]
            found = next((p for p in self.decision.left_out(around, among=guarded) if p.place != 0), None)
            if found is not None:
                yield self._slips_through(found, guarded, last)
                return
        if self._must_choose() and len(guarded) == len(self.ways):
            gap = self.decision.gap(self.live)
            if isinstance(gap, Witness) and not any(states_read(way.guard) for way in self.ways if way.guard is not None):
                yield self._stuck(gap)

    def _must_choose(self) -> bool:
        """Whether there is no other way out of the state: a person chooses among cases, or a fork of a life cycle."""
        state = self.group.state
        others = [way for way in state.transitions if way not in self.ways and way.targets and way.purpose != "skip"]
        if others or self.group.typed & self.decision.space.survey.questions.keys():
            return False
        if self.procedure:
            return True
        inside = state.states or state.work is not None or state.call is not None or self.ways[0].events or len(self.ways) < 2
        parent = self.definition.parents.get(state.id)
        return not inside and parent == self.definition.root.id and not self.definition.root.transitions

    def _slips_through(self, point: Point, guarded: Sequence[int], last: Transition) -> Diagnostic:
        zh, en = told(self.definition, point.witness)
        ways = [self.ways[case] for case in guarded]
        node = next((n for w in reversed(ways) if w.guard is not None and (n := _at_place(w.guard, point, _LOOSER))), None)
        rest = last.guard is None and last.targets
        where_zh = f"只能走“{last.targets[0]}”(otherwise)" if rest else "没有分支可走"
        where_en = f"only {last.targets[0]!r} (otherwise) is left" if rest else "no branch is taken"
        return Diagnostic(
            code="OF502",
            severity=Severity.WARNING if rest or not self.procedure else Severity.ERROR,
            span=(node or ways[-1].guard or self.group.state).span,
            zh=f"{zh} 时{where_zh}：两边的情形都不包括它",
            en=f"when {en}, {where_en}: the cases on both sides leave it out",
            fix=_sign_fix(node, _LOOSER)
            if node is not None
            else Fix(zh=f"让一种情形包括 {zh}", en=f"let a case hold for {en}"),
        )

    def _stuck(self, gap: Witness) -> Diagnostic:
        zh, en = told(self.definition, gap)
        return Diagnostic(
            code="OF502",
            span=self.group.state.span,
            zh=f"{zh} 时没有分支可走，流程停在“{self.group.state.id}”",
            en=f"when {en}, no branch can be taken, and the process stays at {self.group.state.id!r}",
            fix=_widen(f"{zh}，或加上 otherwise", f"{en}, or add an otherwise"),
        )

    def _meant(self, fix: Fix) -> Fix:
        """In a life cycle the author may mean it."""
        if self.procedure:
            return fix
        return replace(fix, zh=f"{fix.zh}；确是此意写 meant: true", en=f"{fix.en}, or meant: true if it is meant")


# --- single conditions -----------------------------------------------------------------------------------------------


def _step_condition(definition: Definition, state: State, guard: Expression, second: Solver | None) -> Iterator[Diagnostic]:
    """`only_when` that never or always holds."""
    filled = filled_at(definition).get(state.id, (frozenset(), frozenset()))[0]
    decision = Decision(definition, [guard], filled=filled, second=second)
    if decision.holds(0) is None:
        known = decision.holds(0, filled=()) is not None
        yield _never_filled(guard, sorted(filled & decision.fields(0))) if known else _never(guard)
    elif decision.fails(0) is None:
        yield Diagnostic(
            code="OF504",
            severity=Severity.WARNING,
            span=guard.span,
            zh=f"这个条件总是成立，“{state.id}”从不跳过",
            en=f"this always holds, and {state.id!r} is never skipped",
            fix=Fix(zh="去掉 only_when，或改条件", en="drop only_when, or change the condition"),
        )
    else:
        yield from _dead_parts(decision, guard)


def _dead_parts(decision: Decision, guard: Expression | None) -> Iterator[Diagnostic]:
    """Alternatives of a condition that nothing fulfils, while the whole may hold."""
    parts = [part for node in walk(guard) if isinstance(node, Or) for part in node.parts] if guard is not None else []
    yield from (_never(part) for part in parts if not isinstance(part, Or) and decision.alone(part) is None)


def _never(guard: Expression) -> Diagnostic:
    return Diagnostic(
        code="OF503",
        span=guard.span,
        zh="这个条件永不成立",
        en="this can never hold",
        fix=Fix(zh="检查比较的方向和 and/or", en="look at the direction of the comparisons, and at and/or"),
    )


def _never_filled(guard: Expression, names: Sequence[str]) -> Diagnostic:
    zh, en = "、".join(names), ", ".join(names)
    return Diagnostic(
        code="OF503",
        severity=Severity.WARNING,
        span=guard.span,
        zh=f"这个条件永不成立：到这里 {zh} 一定已经填写",
        en=f"this can never hold: {en} {'is' if len(names) == 1 else 'are'} always filled by then",
        fix=Fix(zh="去掉这个条件，或不要设为必填", en="drop it, or do not make the field required"),
    )


def _always(way: Transition, behind: Sequence[Transition]) -> Diagnostic:
    assert way.guard is not None
    return Diagnostic(
        code="OF504",
        severity=Severity.WARNING,
        span=way.guard.span,
        zh=f"这个条件总是成立，后面的 {len(behind)} 种情形永远走不到",
        en=f"this always holds, and the {len(behind)} behind it {'is' if len(behind) == 1 else 'are'} never taken",
        fix=Fix(zh="改条件，或去掉后面的情形", en="change the condition, or remove what is behind it"),
        related=tuple((one.span, "永远走不到", "never taken") for one in behind),
    )


def _hidden(way: Transition, before: Sequence[Transition]) -> Diagnostic:
    if way.guard is None:
        zh, en = "永远走不到: 前面的情形已经包括一切", "this is never taken: the cases before it leave nothing"
        fix = Fix(zh="去掉前面最后一个 when，让它成为 otherwise", en="make the last case before it the otherwise")
    elif len(before) == 1:
        zh, en = (
            "永远走不到: 凡是它成立的，前面一种情形都已成立",
            "this is never taken: whenever it holds, one case before it holds",
        )
        fix = Fix(zh="把它移到那种情形前面，或改条件", en="move it before that case, or change the conditions")
    else:
        zh, en = (
            "永远走不到: 前面几种情形合起来已经包括它",
            "this is never taken: the cases before it together leave it nothing",
        )
        fix = Fix(zh="改条件，或去掉它", en="change the conditions, or remove it")
    related = tuple((one.guard.span, "先走的是这一种", "this one is taken") for one in before if one.guard is not None)
    severity = Severity.WARNING if way.guard is not None else Severity.NOTE  # an `otherwise` must be there, needed or not
    return Diagnostic(code="OF504", severity=severity, span=(way.guard or way).span, zh=zh, en=en, fix=fix, related=related)


# --- words -----------------------------------------------------------------------------------------------------------


def told(definition: Definition, witness: Witness) -> tuple[str, str]:
    """The values of a witness as people write them, in Chinese and English."""
    zh, en = [], []
    for name, value in sorted(witness.values.items(), key=lambda pair: list(definition.field).index(pair[0])):
        kind = definition.field[name].type
        zh.append(f"{name} 未填" if value is None else f"{name} = {show(kind, value, 'zh')}")
        en.append(f"{name} is empty" if value is None else f"{name} = {show(kind, value, 'en')}")
    return "，".join(zh), " and ".join(en)


def _alike(one: Transition, other: Transition) -> bool:
    """Whether it makes no difference which of two is taken."""
    return one.targets == other.targets and one.actions == other.actions


def _at_place(guard: Expression, point: Point, signs: dict[str, str]) -> Compare | None:
    """The comparison of a condition that has its end at a single value."""
    for node in walk(guard):
        if not isinstance(node, Compare) or node.op not in signs:
            continue
        for side, other in ((node.left, node.right), (node.right, node.left)):
            named = isinstance(side, Name) and side.name == point.field
            if named and isinstance(other, Constant) and place_of(other.value) == point.place:
                return node
    return None


def _sign_fix(node: Compare, signs: dict[str, str]) -> Fix:
    right = text(Compare(left=node.left, op=signs[node.op], right=node.right))  # type: ignore[arg-type]
    return Fix(zh=f"写成 {right}", en=f"write {right}", replacement=right)


def _widen(zh: str, en: str) -> Fix:
    return Fix(zh=f"让一种情形包括 {zh}", en=f"let a case hold for {en}")


def _bracketed(guard: Expression) -> str:
    return text(guard) if isinstance(guard, Compare) else f"({text(guard)})"
