"""From rows to states: what each verb of a procedure means as a statechart.

    do X          a state with work; `X.done` leads on
    approve X     a state with work; `X.approved` leads on, `X.rejected` back
    decide X      a state that is left at once by the first case that holds; with `by:`, work whose answers are the cases
    together X    a parallel state with one region per branch; `done.state.X` leads on (until: first: the first region done)
    wait X        a state that a timer or a message leaves
    call X        a state that runs another process; `done.call.X` leads on, `error.call.X` to `failed:`
    each X        as call, with one process for every entry of a field; with no entries it is passed at once
    run X         as call, with a handler of the embedding program
    end X         a final state
    only_when g   an eventless transition that skips the state while `not g`
    within, late  a delayed transition: remind and escalate only tell, pass, reject and skip move on
    resubmit      straight: a rejection notes in a hidden field who rejected, and the step that it goes to leads straight back
    tell          a notice on the way on

No clever rewriting: each row becomes one state of the same name, so charts, journals and messages speak of the author's lines.
"""

from __future__ import annotations

from dataclasses import replace

from oyiflow.diagnostics import Fix
from oyiflow.load.reading import Reading, negated
from oyiflow.load.steps import Case, Row
from oyiflow.model.definition import Action, Field, Notify, Outcome, Set, State, StateKind, Text, Transition
from oyiflow.model.expression import EMPTY, Compare, Constant, Expression, Filled, Name
from oyiflow.model.values import FieldType

DONE = Text(zh="完成", en="done")
APPROVED = Text(zh="通过", en="approved")
REJECTED = Text(zh="退回", en="rejected")
LATE = Text(zh="逾期", en="late")


def lower(name: str, title: Text, rows: tuple[Row, ...], reading: Reading) -> State:
    """The root state of a procedure."""
    lowering = _Lowering(reading, _straight(rows))
    return State(id=name, kind=StateKind.COMPOUND, title=title, states=lowering.sequence(rows, ""), verb="process")


def hidden_fields(rows: tuple[Row, ...]) -> tuple[Field, ...]:
    """The fields that the machine keeps for itself: of a step to which rejections come that want to go straight back."""
    title = Text(zh="重提到", en="back to")
    return tuple(Field(name=back_of(step), title=title, type=FieldType.TEXT, hidden=True) for step in _straight(rows))


def back_of(step: str) -> str:
    """The hidden field of a step."""
    return f"_back_{step}"


def _straight(rows: tuple[Row, ...]) -> dict[str, list[str]]:
    """The approvals that get a rejected application straight back, by the step that they reject to."""
    found: dict[str, list[str]] = {}
    todo = list(rows)
    while todo:
        row = todo.pop(0)
        todo.extend(below for branch in row.branches for below in branch)
        if row.straight and row.rejected:
            found.setdefault(row.rejected, []).append(row.id)
    return found


class _Lowering:
    def __init__(self, reading: Reading, straight: dict[str, list[str]]) -> None:
        self.reading = reading
        self.straight = straight

    def sequence(self, rows: tuple[Row, ...], follow: str) -> tuple[State, ...]:
        """One state per row; each leads to the row below unless it says otherwise, the last to `follow`."""
        below = [*(row.id for row in rows[1:]), follow][: len(rows)]
        return tuple(self.state(row, row.then or after) for row, after in zip(rows, below, strict=True))

    def state(self, row: Row, following: str) -> State:
        """The state of one row. `following` is where it leads; "" when the author has not said and no line is below."""
        if row.verb == "end":
            return State(
                id=row.id, kind=StateKind.FINAL, title=row.title, verb="end", lane=row.lane, was=row.was, origin=row.origin, span=row.span,
            )  # fmt: skip
        self._must_lead_on(row, following)
        ways = self._back(row, self._telling(row, self._ways(row, following)))
        plain = State(
            id=row.id,
            title=row.title,
            verb=row.verb,
            lane=row.lane,
            origin=row.origin,
            span=row.span,
            only_when=row.only_when,
            was=row.was,
            call=row.call,
            transitions=(
                *self._forgetting(row, self._skip(row, following)),
                *ways,
                *self._forgetting(row, self._late(row, following, ways)),
            ),
            work=replace(row.work, outcomes=self._outcomes(row)) if row.work is not None else None,
        )
        if row.verb != "together":
            return plain
        regions = tuple(self._region(row, branch, place) for place, branch in enumerate(row.branches, 1))
        return replace(plain, kind=StateKind.PARALLEL, states=regions)

    def _forgetting(self, row: Row, ways: tuple[Transition, ...]) -> tuple[Transition, ...]:
        """Ways that leave a step without its being done: who wanted it straight back is forgotten."""
        if row.id not in self.straight:
            return ways
        empty = Set(field=back_of(row.id), value=EMPTY)
        return tuple(replace(way, actions=(*way.actions, empty)) if way.targets else way for way in ways)

    def _telling(self, row: Row, ways: tuple[Transition, ...]) -> tuple[Transition, ...]:
        if not row.tell:
            return ways
        told = Notify(about=row.id, reason="tell", roles=row.tell)
        return tuple(replace(way, actions=(*way.actions, told)) if way.purpose != "rejected" else way for way in ways)

    def _back(self, row: Row, ways: tuple[Transition, ...]) -> tuple[Transition, ...]:
        """The ways of a step to which rejections come: first those that lead straight back."""
        wanted = self.straight.get(row.id, ())
        if wanted and row.verb not in ("do", "approve"):
            zh, en = (
                "resubmit: straight 只能退回到办理 (do) 或审批 (approve) 的一步",
                "resubmit: straight needs a do or approve to go back to",
            )
            self.reading.report.error("OF103", row.span, zh, en, Fix(zh="去掉 resubmit", en="drop resubmit"))
            return ways
        field = back_of(row.id)
        back = tuple(
            replace(
                ways[0],
                targets=(to,),
                guard=Compare(op="==", left=Name(name=field), right=Constant(value=to, type=FieldType.TEXT)),
                actions=(*ways[0].actions, Set(field=field, value=EMPTY)),
                label=Text(zh="直送", en="straight back"),
            )
            for to in wanted
        )
        return (*back, *ways)

    def _must_lead_on(self, row: Row, following: str) -> None:
        open_cases = any(not case.to for case in row.cases) or row.late in ("pass", "skip")
        if following or (row.verb == "decide" and not open_cases and row.only_when is None):
            return
        if self.reading.report.failed:  # the line below may be one that could not be read
            return
        self.reading.report.error(
            "OF304",
            row.span,
            f"“{row.id}”之后没有下一步，也不是结束",
            f"nothing comes after {row.id!r}, and it is no end",
            Fix(
                zh="在下面加一行 - {end: done}，或写 then: 到哪一步",
                en="add a line - {end: done} below, or say then: which step",
            ),
        )

    def _ways(self, row: Row, following: str) -> tuple[Transition, ...]:
        match row.verb:
            case "do":
                return (_to(row, following, f"{row.id}.done", label=Text()),)
            case "approve":
                ahead = replace(_to(row, following, f"{row.id}.approved", label=APPROVED), purpose="approved")
                noted = Set(
                    field=back_of(row.rejected), value=Constant(value=row.id if row.straight else "", type=FieldType.TEXT)
                )
                back = Transition(
                    targets=_targets(row.rejected),
                    events=(f"{row.id}.rejected",),
                    actions=(noted,) if row.rejected in self.straight else (),
                    label=REJECTED,
                    purpose="rejected",
                    span=row.span,
                    target_span=row.rejected_span,
                )
                return ahead, back
            case "decide":
                return tuple(self._case(row, place, case, following) for place, case in enumerate(row.cases, 1))
            case "together":
                return self._joined(row, following)
            case "wait":
                return (self._awaited(row, following),)
            case "call" | "each" | "run":
                return self._called(row, following)
        return ()

    def _case(self, row: Row, place: int, case: Case, following: str) -> Transition:
        return Transition(
            targets=_targets(case.to or following),
            events=(f"{row.id}.{place}",) if row.work is not None else (),
            guard=case.when,
            actions=tuple(Set(field=name, value=EMPTY) for name in case.clear),
            label=case.label,
            purpose="otherwise" if case.otherwise else "case",
            origin=case.origin,
            span=case.span,
            target_span=case.to_span,
        )

    def _joined(self, row: Row, following: str) -> tuple[Transition, ...]:
        if row.until == "first" and row.branches:
            events = tuple(f"done.state.{self._region_id(row, branch, n)}" for n, branch in enumerate(row.branches, 1))
        else:
            events = (f"done.state.{row.id}",)
        return (replace(_to(row, following, events[0], label=Text()), events=events),)

    def _awaited(self, row: Row, following: str) -> Transition:
        way = _to(row, following, row.wait_event, label=Text())
        if row.wait_event:
            return replace(way, purpose="event")
        limit = row.wait_until
        if limit is not None:
            return replace(way, events=(), day=limit.day, on_holiday=limit.on_holiday)
        return replace(way, events=(), after=row.wait_for, at=row.wait_field)

    def _called(self, row: Row, following: str) -> tuple[Transition, ...]:
        ahead = _to(row, following, f"done.call.{row.id}", label=Text())
        if not row.failed:
            return (ahead,)
        failed = Transition(
            targets=(row.failed,), events=(f"error.call.{row.id}",), label=Text(zh="失败", en="failed"), purpose="failed", span=row.span,
            target_span=row.failed_span,
        )  # fmt: skip
        return ahead, failed

    def _skip(self, row: Row, following: str) -> tuple[Transition, ...]:
        nothing = Filled(name=Name(name=row.call.each), negated=True) if row.call is not None and row.call.each else None
        guards: list[Expression] = [guard for guard in (negated(row.only_when) if row.only_when else None, nothing) if guard]
        return tuple(Transition(targets=_targets(following), guard=guard, purpose="skip", span=row.span) for guard in guards)

    def _late(self, row: Row, following: str, ways: tuple[Transition, ...]) -> tuple[Transition, ...]:
        if row.within is None:
            return ()
        actions: tuple[Action, ...] = ()
        targets: tuple[str, ...] = ()
        if row.late in ("", "remind"):
            actions = (Notify(about=row.id, reason="remind"),)
        elif row.late == "escalate":
            actions = (Notify(about=row.id, reason="escalate"),)
        elif row.late == "reject":
            rejected = next(way for way in ways if way.purpose == "rejected")
            targets, actions = rejected.targets, rejected.actions
        else:
            targets = _targets(following)
        limit = row.within
        return (
            Transition(
                targets=targets, after=limit.after, day=limit.day, at=limit.field, over=bool(limit.field), on_holiday=limit.on_holiday,
                actions=actions, label=LATE, purpose="late", span=row.span,
            ),
        )  # fmt: skip

    def _outcomes(self, row: Row) -> tuple[Outcome, ...]:
        if row.verb == "do":
            return (Outcome(name="done", event=f"{row.id}.done", title=DONE),)
        if row.verb == "approve":
            return (
                Outcome(name="approved", event=f"{row.id}.approved", title=APPROVED),
                Outcome(name="rejected", event=f"{row.id}.rejected", title=REJECTED, consent=False),
            )
        return tuple(
            Outcome(name=case.label.of("zh") or str(place), event=f"{row.id}.{place}", title=case.label)
            for place, case in enumerate(row.cases, 1)
        )

    def _region_id(self, row: Row, branch: tuple[Row, ...], place: int) -> str:
        return branch[0].id if branch and branch[0].verb == "branch" else f"{row.id}-{place}"

    def _region(self, row: Row, branch: tuple[Row, ...], place: int) -> State:
        name = self._region_id(row, branch, place)
        first = branch[0] if branch else None
        rows = first.branches[0] if first is not None and first.verb == "branch" else branch
        final = State(id=f"{name}-end", kind=StateKind.FINAL, verb="", span=row.span)
        return State(
            id=name,
            kind=StateKind.COMPOUND,
            title=first.title if first is not None else Text(),
            states=(*self.sequence(rows, final.id), final),
            verb="",
            span=first.span if first is not None else row.span,
        )


def _targets(name: str) -> tuple[str, ...]:
    return (name,) if name else ()


def _to(row: Row, target: str, event: str, *, label: Text) -> Transition:
    return Transition(
        targets=_targets(target),
        events=(event,),
        label=label,
        purpose="next",
        span=row.span,
        target_span=row.then_span if row.then else row.span,
    )
