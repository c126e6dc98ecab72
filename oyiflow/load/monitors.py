"""What watches over instances: deadlines that rules set, schedules, and reports over all of them.

A rule `after X must Y within …` is watched by a timer: done X arms it, done Y disarms it, and when it fires, whoever holds the
case and their superiors are told. Schedules and reports are read here and carried; the engine acts on them.
"""

from __future__ import annotations

from dataclasses import replace

from oyiflow.diagnostics import Fix
from oyiflow.load.reading import COUNTED, Reading, scalar, scalars
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence
from oyiflow.load.work import DATES, day_of, holiday_of
from oyiflow.model.definition import STARTER, Cancel, Figures, Notify, Report, Rule, Schedule, Send, State, Text, Transition
from oyiflow.model.periods import LONGEST
from oyiflow.model.values import FieldType, Problem, read_value

NUMBERS = (FieldType.INT, FieldType.DECIMAL, FieldType.MONEY)
DONE = ("next", "approved", "case", "otherwise", "event")
"""The purposes of the ways by which a step is done."""


def watched(root: State, rules: tuple[Rule, ...]) -> State:
    """The tree with the timers of its rules."""
    for number, rule in enumerate(rules, 1):
        if rule.form == "after" and rule.within is not None and rule.when is None and rule.steps and rule.must:
            event, name = f"after.rule.{number}", f"_rule_{number}"
            arm, disarm = Send(event=event, after=rule.within, id=name), Cancel(id=name)
            told = tuple(Notify(about=step, reason="rule") for step in rule.must[-1:])
            late = Transition(events=(event,), actions=told, label=Text(zh="逾期", en="late"), purpose="late", span=rule.span)
            root = _with_actions(
                _with_actions(root, rule.must[-1], (disarm,)), rule.steps[0], (disarm, arm)
            )  # done anew, it counts anew
            root = replace(root, transitions=(*root.transitions, late))
    return root


def _with_actions(state: State, name: str, actions: tuple[Send | Cancel, ...]) -> State:
    """The tree in which every way by which `name` is done carries the actions too."""
    if state.id == name:
        ways = (replace(way, actions=(*way.actions, *actions)) if way.purpose in DONE else way for way in state.transitions)
        return replace(state, transitions=tuple(ways))
    below = tuple(_with_actions(child, name, actions) for child in state.states)
    return state if all(a is b for a, b in zip(below, state.states, strict=True)) else replace(state, states=below)


def due_by(root: State, starts: Schedule | None) -> State:
    """The tree with the deadline of its schedule: when it has passed, whoever holds the case and their superiors are told."""
    if starts is None or not starts.by:
        return root
    late = Transition(
        day=starts.by, on_holiday=starts.on_holiday, actions=(Notify(about=root.id, reason="rule"),), purpose="late", span=starts.span,
    )  # fmt: skip
    return replace(root, transitions=(*root.transitions, late))


def read_schedule(node: Node | None, reading: Reading) -> Schedule | None:
    """`starts: {every: month, from: day 1, by: day 5, on_holiday: before, for_each: sales}`."""
    if not isinstance(node, Mapping):
        return None
    every = scalar(node.get("every"))
    if every not in LONGEST:
        return None
    by = _day(node.get("by"), every, reading) or 0
    if by and every != "month" and (key := node.key("by")) is not None:
        zh, en = (
            "by 只用于 every: month；其他周期在各步写 within",
            "by is for every: month; in other periods give the steps their within",
        )
        reading.report.error("OF103", key.span, zh, en, Fix(zh="去掉 by", en="drop by"))
    first, *more = sorted({day for one in scalars(node.get("from")) if (day := _day(one, every, reading))}) or [1]
    each = reading.by(node.get("for_each"))
    return Schedule(
        every=every,  # type: ignore[arg-type]  # one of LONGEST
        first=first,
        more=tuple(more),
        by=by,
        on_holiday=holiday_of(node),
        for_each=each[0].role if each else "",
        figures=_figures(node.get("figures"), reading),
        span=node.span,
    )


PARTS: dict[str, tuple[FieldType, ...]] = {
    "whose": (FieldType.PERSON, FieldType.TEXT),
    "period": (FieldType.TEXT,),
    "value": NUMBERS,
    "due": NUMBERS,
    "at_least": NUMBERS,
}
"""The parts of a report's answer that a process can start with, and the types of field that take them."""


def _figures(node: Node | None, reading: Reading) -> Figures | None:
    """`figures: {process: trip, report: days, gives: {days: value, due: due}}`."""
    if not isinstance(node, Mapping):
        return None
    process, report, gives = scalar(node.get("process")), scalar(node.get("report")), node.get("gives")
    items = gives.items if isinstance(gives, Mapping) else ()
    taken = [(name, scalar(part)) for key, part in items if (name := reading.field(key, PARTS.get(scalar(part), ())))]
    parts = tuple((name, part) for name, part in taken if part in PARTS)
    return Figures(process=process, report=report, gives=parts, span=node.span) if process and report else None  # type: ignore[arg-type]  # of PARTS


def _day(value: Node | None, every: str, reading: Reading) -> int:
    day = day_of(scalar(value)) if isinstance(value, Scalar) else None
    if day is None:
        return 0
    if not 1 <= day <= LONGEST[every] and value is not None:
        zh, en = f"{every} 没有第 {day} 天", f"no {every} has a day {day}"
        reading.report.error(
            "OF103", value.span, zh, en, Fix(zh=f"写 day 1 到 day {LONGEST[every]}", en=f"write day 1 to day {LONGEST[every]}")
        )
    return day


def read_reports(node: Node | None, reading: Reading) -> tuple[Report, ...]:
    """All reports of a file."""
    items = node.items if isinstance(node, Sequence) else ()
    return tuple(_report(item, reading) for item in items if isinstance(item, Mapping) and scalar(item.get("report")))


def _report(node: Mapping, reading: Reading) -> Report:
    name, total = scalar(node.get("report")), reading.field(node.get("total"), NUMBERS)
    per = node.get("per")
    starter = scalar(per) == STARTER and STARTER not in reading.fields
    every, dated = scalar(node.get("every")), reading.field(node.get("dated"), DATES)
    days = _counted_days(node, reading)
    times = every and scalars(node.get("of")) and not total  # each time that it was done belongs to its own day
    if bool(every) != (node.get("dated") is not None) and not days and not times:
        zh, en = (
            "every 和 dated 要一起写: 按哪个日期归入哪个周期",
            "every and dated go together: by which date it belongs to which period",
        )
        fix = Fix(
            zh="加上 dated: 日期字段；要数次数，写 of: 步骤，不写 total",
            en="add dated: a date field; to count how often a step was done, write of: step, and no total",
        )
        reading.report.error("OF102", node.span, zh, en, fix)
    spec = replace(reading.fields[total], required=False, min=None, max=None) if total else COUNTED
    least, most = reading.value(spec, node.get("at_least")), reading.value(spec, node.get("at_most"))
    if (
        least is not None
        and (upper := node.get("at_most")) is not None
        and isinstance(read_value(replace(spec, min=least), most), Problem)
    ):
        zh, en = "at_most 小于 at_least，怎样都不合", "at_most is less than at_least: nothing is ever right"
        reading.report.error("OF103", upper.span, zh, en, Fix(zh="改 at_least 或 at_most", en="change at_least or at_most"))
    return Report(
        name=name,
        title=reading.text(node.get("title"), name),
        every=every if every in LONGEST else "",  # type: ignore[arg-type]
        on=dated,
        per=STARTER if starter else reading.field(per),
        total=total,
        days=days,
        of=reading.steps(node.get("of")),
        least=least,
        most=most,
        origin=reading.origin(node),
        span=node.span,
    )


def _counted_days(node: Mapping, reading: Reading) -> tuple[tuple[str, ...], ...]:
    """`days: {from: [agreed, left], to: back}`: the fields of the first days, and those of the last ones."""
    days = node.get("days")
    if not isinstance(days, Mapping):
        return ()
    for name in ("total", "dated"):
        if (key := node.key(name)) is not None:
            zh, en = (
                f"写了 days 就不写 {name}: 数的是日历天，每天归入它自己的周期",
                f"days goes without {name}: calendar days are counted, and each belongs to its own period",
            )
            reading.report.error("OF103", key.span, zh, en, Fix(zh=f"去掉 {name}", en=f"drop {name}"))
    first, last = (
        tuple(name for one in scalars(days.get(end)) if (name := reading.field(one, DATES))) for end in ("from", "to")
    )
    return (first, last) if first and last else ()
