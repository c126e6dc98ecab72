"""What a step or a state says of people, time and calls; steps and states say it with the same keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from oyiflow.diagnostics import Fix
from oyiflow.load.language.keys import MODES, OPERATIONS
from oyiflow.load.reading import IS_NAME, Reading, scalar, scalars
from oyiflow.load.report import Report
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence
from oyiflow.model.definition import Call, Mode, Text, While, Work
from oyiflow.model.expression_types import closest
from oyiflow.model.values import Duration, FieldType

DATES = (FieldType.DATE, FieldType.DATETIME)
MANY = (FieldType.LIST, FieldType.CHOICES)
_SHARE = re.compile(r"vote (\d{1,3})%")
_DAY = re.compile(r"day (\d{1,3})|第? ?(\d{1,3}) ?[日号]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A deadline: after a time, at the end of a day of the month, or at the end of the day in a field. Exactly one is set."""

    after: Duration | None = None
    day: int = 0
    field: str = ""
    on_holiday: Literal["", "before", "after"] = ""


def read_limit(node: Mapping, reading: Reading, key: str = "within") -> Limit | None:
    """The deadline of a step: `3 workdays`, `day 5`, or a date field; what a `wait` waits for is said in the same way."""
    within = node.get(key)
    if not isinstance(within, Scalar) or within.empty:
        return None
    moved = holiday_of(node)
    day = day_of(within.text)
    if day is not None:
        if not 1 <= day <= 31:
            zh, en = f"一个月没有第 {day} 天", f"no month has a day {day}"
            reading.report.error("OF103", within.span, zh, en, Fix(zh="写 day 1 到 day 31", en="write day 1 to day 31"))
        return Limit(day=min(max(day, 1), 31), on_holiday=moved)
    if within.text in reading.fields and Duration.parse(within.text) is None:
        name = reading.field(within, DATES)
        return Limit(field=name, on_holiday=moved) if name else None
    found = None if _is_like_a_date(within, reading) else reading.duration(within)
    if (holiday := node.key("on_holiday")) is not None:
        zh, en = "on_holiday 只用于某一天的期限", "on_holiday is for deadlines on a day"
        fix = Fix(zh="期限写成 day 5 或日期字段，或去掉 on_holiday", en="write day 5 or a date field, or drop on_holiday")
        reading.report.error("OF103", holiday.span, zh, en, fix)
    return Limit(after=found) if found is not None else None


def _is_like_a_date(within: Scalar, reading: Reading) -> bool:
    """Whether a deadline that is no duration is nearly the name of a date field; reports it."""
    if not IS_NAME(within.text) or Duration.parse(within.text) is not None:
        return False
    guess = closest(within.text, [name for name, spec in reading.fields.items() if spec.type in DATES])
    if guess is None:
        return False
    zh, en = f"“{within.text}”不是一段时间，也不是日期字段", f"{within.text!r} is neither a duration nor a date field"
    fix = Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?", replacement=guess)
    reading.report.error("OF103", within.span, zh, en, fix)
    return True


def holiday_of(node: Mapping) -> Literal["", "before", "after"]:
    """Where a day goes on which nobody works."""
    word = scalar(node.get("on_holiday"))
    return "before" if word == "before" else "after" if word == "after" else ""


def day_of(text: str) -> int | None:
    """The number in `day 5`, `5日`, `第5天`; None for anything else, such as the duration `5天`."""
    found = _DAY.fullmatch(text.strip())
    return int(found[1] or found[2]) if found else None


def read_work(node: Mapping, reading: Reading) -> Work:
    """What people do, but for the outcomes, which depend on the verb."""
    mode = scalar(node.get("mode"))
    share = _SHARE.fullmatch(mode)
    allow = tuple(item.text for item in scalars(node.get("allow")) if item.text in OPERATIONS)
    limit = read_limit(node, Reading(report=Report(), fields=reading.fields))  # its mistakes are told where the row is read
    return Work(
        by=reading.by(node.get("by")),
        mode=Mode.VOTE if share else Mode(mode) if mode in MODES else Mode.ANY,
        share=int(share[1]) if share else 0,
        who=reading.person(node.get("who")),
        fill=reading.field_names(node.get("fill")),
        see=reading.field_names(node.get("see")),
        hide=reading.field_names(node.get("hide")),
        checklist=_texts(node.get("checklist"), reading),
        allow=allow,  # type: ignore[arg-type]  # each is one of OPERATIONS
        only_while=read_while(node.get("only_while"), reading),
        makes=tuple(item.text for item in scalars(node.get("makes"))),
        needs=tuple(item.text for item in scalars(node.get("needs"))),
        helped_by=reading.role_names(node.get("helped_by")),
        meets=reading.role_names(node.get("meets")),
        not_before=reading.field(node.get("not_before"), DATES),
        stamp=reading.field(node.get("stamp"), DATES),
        within=limit.after if limit is not None else None,
        by_day=limit.day if limit is not None else 0,
        by_field=limit.field if limit is not None else "",
        on_holiday=limit.on_holiday if limit is not None else "",
        late=scalar(node.get("late")),
    )


def _texts(node: Node | None, reading: Reading) -> tuple[Text, ...]:
    return tuple(reading.text(item) for item in node.items) if isinstance(node, Sequence) else ()


def read_while(node: Node | None, reading: Reading) -> While | None:
    """The state of another process during which a step may be done."""
    if not isinstance(node, Mapping):
        return None
    process, at, same = scalar(node.get("process")), scalar(node.get("at")), reading.field(node.get("same"))
    return While(process=process, at=at, same=same, span=node.span) if process and at and same else None


def read_call(node: Mapping, reading: Reading) -> Call | None:
    """What a step or state runs elsewhere, if anything: a process, one for each entry of a field, or a handler."""
    process, handler = node.get("process"), scalar(node.get("handler"))
    if not handler and (not isinstance(process, Scalar) or process.empty):
        return None
    version, retries = scalar(node.get("version")), scalar(node.get("retries"))
    inputs, outputs = node.get("with"), node.get("gives")
    pairs = [(key.text, reading.expression(value, None)) for key, value in inputs.items] if isinstance(inputs, Mapping) else []
    back = [(reading.field(key), scalar(value)) for key, value in outputs.items] if isinstance(outputs, Mapping) else []
    return Call(
        process=scalar(process),
        version=int(version) if version.isdecimal() and version.isascii() else None,
        handler=handler,
        retries=int(retries) if retries.isdecimal() and retries.isascii() else None,
        each=reading.field(node.get("in"), MANY),
        item=scalar(node.get("as")),
        inputs=tuple((name, value) for name, value in pairs if value is not None),
        outputs=tuple((ours, theirs) for ours, theirs in back if ours and theirs),
        span=process.span if process is not None else node.span,
    )
