"""The form: what each field holds, and between which limits. Whatever a limit or a key cannot mean for its type is told here."""

from __future__ import annotations

from dataclasses import replace

from oyiflow.diagnostics import Fix
from oyiflow.load.reading import Reading, scalar
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence
from oyiflow.load.work import DATES
from oyiflow.model.definition import Field
from oyiflow.model.retention import read_keep
from oyiflow.model.values import FieldType, Problem, Value, read_value

TODAY = ("today", "今天")
"""As a limit of a date: the day on which it is filled in."""
MEASURED = (FieldType.INT, FieldType.DECIMAL, FieldType.MONEY, FieldType.DURATION, *DATES)
"""The types whose values can be less or more."""


def read_fields(table: Node | None, reading: Reading) -> tuple[Field, ...]:
    """The fields of a form, or the columns of a table."""
    items = table.items if isinstance(table, Mapping) else ()
    return tuple(_field(key, node, reading) for key, node in items if isinstance(node, Mapping))


def _field(key: Scalar, node: Mapping, reading: Reading) -> Field:
    kind = scalar(node.get("type"))
    options = node.get("of")
    spec = Field(
        name=key.text,
        title=reading.text(node.get("title"), key.text),
        type=FieldType(kind) if kind in set(FieldType) else FieldType.TEXT,
        required=scalar(node.get("required")) == "true",
        options=tuple(item.text for item in options.items if isinstance(item, Scalar)) if isinstance(options, Sequence) else (),
        sensitive=scalar(node.get("sensitive")) == "true",
        visible_to=reading.role_names(node.get("visible_to")),
        keep=read_keep(scalar(node.get("keep"))),
        columns=read_fields(node.get("columns"), reading),
        was=scalar(node.get("was")),
        origin=reading.origin(node),
        span=key.span,
    )
    _check_options(spec, node, reading)
    _check_extras(spec, node, reading)
    return _limited(spec, node, reading) if kind in set(FieldType) else spec


# --- limits


def _limited(spec: Field, node: Mapping, reading: Reading) -> Field:
    """The field with its limits: values of its own type, or of a date the day on which it is filled in."""
    today = {key: spec.type in DATES and _is_today(node.get(key)) for key in ("min", "max")}
    least, most = (None if today[key] else _limit(spec, key, node, reading) for key in ("min", "max"))
    upper = node.get("max")
    if upper is not None and most is not None and isinstance(read_value(replace(spec, min=least), most), Problem):
        zh, en = (
            f"max 小于 min，“{spec.name}”什么也填不进去",
            f"max is less than min, so nothing can be filled into {spec.name!r}",
        )
        reading.report.error("OF103", upper.span, zh, en, Fix(zh="改 min 或 max", en="change min or max"))
        least = most = None  # values are not blamed for limits that leave none
    return replace(spec, min=least, max=most, not_past=today["min"], not_future=today["max"])


def _is_today(node: Node | None) -> bool:
    return scalar(node).lower() in TODAY


def _limit(spec: Field, key: str, node: Mapping, reading: Reading) -> Value | None:
    """A limit that is a value; what has no measure has no limits."""
    limit, at = node.get(key), node.key(key)
    if limit is None or at is None:
        return None
    if spec.type not in MEASURED:
        zh, en = f"{key} 只用于数字、金额、日期和时长", f"{key} is for numbers, amounts, dates and durations"
        fix = Fix(zh=f"去掉 {key}，或改类型，如 int、date", en=f"drop {key}, or change the type, to int or date for instance")
        reading.report.error("OF103", at.span, f"{zh}；“{spec.name}”是 {spec.type}", f"{en}; {spec.name!r} is {spec.type}", fix)
        return None
    if _is_today(limit):
        zh, en = f"{key}: today (今天) 只用于日期", f"{key}: today is for dates"
        fix = Fix(zh="类型改为 date 或 datetime，或写一个值", en="make the type date or datetime, or write a value")
        reading.report.error(
            "OF103", limit.span, f"{zh}；“{spec.name}”是 {spec.type}", f"{en}; {spec.name!r} is {spec.type}", fix
        )
        return None
    return reading.value(replace(spec, required=False), limit)


# --- keys that some types have


def _check_extras(spec: Field, node: Mapping, reading: Reading) -> None:
    error = reading.report.error
    if spec.type is not FieldType.LIST and (key := node.key("columns")) is not None:
        fix = Fix(zh="类型改为 list，或去掉 columns", en="make the type list, or drop columns")
        error("OF103", key.span, "columns 只用于 list", "columns is for list only", fix)
    for column in spec.columns:
        if column.type in (FieldType.LIST, FieldType.CHOICES, FieldType.FILE):
            zh, en = f"列“{column.name}”不能是 {column.type}", f"the column {column.name!r} cannot be a {column.type}"
            error("OF103", column.span, zh, en, Fix(zh="改成 text 等单个值", en="make it a single value such as text"))
        if column.sensitive or column.visible_to or column.keep:
            zh, en = (
                f"列“{column.name}”不能单独设为敏感、保留",
                f"the column {column.name!r} cannot be sensitive or kept by itself",
            )
            fix = Fix(
                zh="把 sensitive、visible_to、keep 写在整个字段上", en="write sensitive, visible_to and keep at the whole field"
            )
            error("OF103", column.span, zh, en, fix)
    if not spec.sensitive and (key := node.key("visible_to")) is not None:
        fix = Fix(zh="加上 sensitive: true", en="add sensitive: true")
        error("OF103", key.span, "visible_to 只用于敏感字段", "visible_to is for sensitive fields", fix)


def _check_options(spec: Field, node: Mapping, reading: Reading) -> None:
    choice = spec.type in (FieldType.CHOICE, FieldType.CHOICES)
    if choice and node.get("of") is None:
        fix = Fix(zh="加上 of: [选项一, 选项二]", en="add of: [one, two]")
        reading.report.error(
            "OF102", spec.span, f"选择字段“{spec.name}”少了选项 of", f"the options of {spec.name!r} are missing: of", fix
        )
    if not choice and (key := node.key("of")) is not None:
        fix = Fix(zh="类型改为 choice 或 choices，或去掉 of", en="make the type choice or choices, or drop of")
        reading.report.error("OF103", key.span, "of 只用于 choice 和 choices", "of is for choice and choices only", fix)
