"""Field types and values: what a field of the form may hold, and how it is read, kept and counted.

Money and decimals are `Decimal`, never binary floating point: a float is refused, not rounded. A value keeps the scale
that its author gave (`5000.50`). A moment is an aware datetime in UTC; a date has no zone. "Empty" is no value at all:
a field that is not filled is absent (or None), so no value stands for emptiness, and empty text is not a value.

Whatever a person or a program hands in goes through `read_value`, which answers with a typed value or with a `Problem`
that names what is allowed; it never raises. `to_json` and `from_json` are the stored form and round-trip exactly.
Durations and the calendar are values too and come from `oyiflow.model.calendar`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from oyiflow.model.calendar import STORED_DURATION, UNITS
from oyiflow.model.calendar import Calendar as Calendar
from oyiflow.model.calendar import Duration as Duration


class FieldType(StrEnum):
    """The types that `form:` knows; also the types of expressions."""

    TEXT = "text"
    LONGTEXT = "longtext"
    INT = "int"
    DECIMAL = "decimal"
    MONEY = "money"
    BOOL = "bool"
    DATE = "date"
    DATETIME = "datetime"
    DURATION = "duration"
    CHOICE = "choice"
    CHOICES = "choices"
    PERSON = "person"
    FILE = "file"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """A file that is kept elsewhere: its name, and what is known of it. `size` in bytes; `digest` such as `sha256:…`."""

    name: str
    size: int | None = None
    type: str = ""
    """The media type, such as `application/pdf`."""
    digest: str = ""


Value = str | int | Decimal | bool | date | datetime | Duration | FileReference | tuple[str, ...] | tuple[tuple[str, ...], ...]
"""What a filled field holds. A `list` is a tuple of rows, a row a tuple of the texts in its cells."""


class FieldSpec(Protocol):
    """What must be known of a field in order to read a value for it; `definition.Field` is one."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> FieldType: ...
    @property
    def required(self) -> bool: ...
    @property
    def options(self) -> tuple[str, ...]: ...
    @property
    def min(self) -> Value | None: ...
    @property
    def max(self) -> Value | None: ...
    @property
    def columns(self) -> Sequence[FieldSpec]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a value was not taken, and what would be."""

    zh: str
    en: str


MAX_DIGITS = 28
_SMALL = 10**18
MAX_LENGTH: Mapping[FieldType, int] = {
    FieldType.TEXT: 1_000, FieldType.PERSON: 1_000, FieldType.FILE: 1_000, FieldType.LONGTEXT: 100_000,
}  # fmt: skip
MAX_ROWS, MAX_CELLS = 1_000, 50
_YES = frozenset({"是", "true", "yes"})
_NO = frozenset({"否", "false", "no"})
_NUMBER = re.compile(r"[¥$]?\s*([+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?)\s*(万?)\s*(元?)")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)")
_CLOCK = re.compile(r"(.+?)[T\s]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d{2}:?\d{2})?")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def read_value(spec: FieldSpec, raw: object, *, utc_offset_minutes: int = 480) -> Value | Problem | None:
    """Read what a person typed, or check a typed Python value; None when the field is left empty.

    `utc_offset_minutes` is the wall clock for a date and time typed without a zone.
    """
    if raw is None or raw == () or raw == [] or (isinstance(raw, str) and not raw.strip()):
        return Problem(zh="必须填写", en="this field must be filled") if spec.required else None
    if isinstance(raw, float):
        return Problem(
            zh='不接受二进制浮点数，因为它不精确；请改用文本或 Decimal，例如 "5000.50"',
            en='a binary floating-point number is not exact and is refused; give text or a Decimal, for example "5000.50"',
        )
    value = _read_datetime(raw, utc_offset_minutes) if spec.type is FieldType.DATETIME else _READERS[spec.type](spec, raw)
    return value if isinstance(value, Problem) else _within(spec, value)


def _plain(raw: object) -> str:
    return unicodedata.normalize("NFKC", raw).strip() if isinstance(raw, str) else ""


def _shown(raw: object) -> str:
    """The refused value in a message: short, and without characters that do not show."""
    small = isinstance(raw, str | Decimal | date) or (isinstance(raw, int) and raw.bit_length() < 200)
    text = str(raw) if small else type(raw).__name__
    return "".join(c if c.isprintable() else "�" for c in (text if len(text) <= 40 else text[:39] + "…"))


def _wanted(raw: object, zh: str, en: str) -> Problem:
    return Problem(zh=f"“{_shown(raw)}”不能用：需要{zh}", en=f'"{_shown(raw)}" cannot be used: {en} is needed')


def _number(raw: object) -> Decimal | None:
    """The exact number, or None when it is not one or has more digits than are kept."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        number: Decimal | None = Decimal(raw) if abs(raw) < 10**MAX_DIGITS else None
    elif isinstance(raw, Decimal):
        number = raw
    else:
        text = _plain(raw)
        match = _NUMBER.fullmatch(text) if len(text) <= 2 * MAX_DIGITS else None
        number = Decimal(match[1].replace(",", "")) if match else None
        if number is not None and match is not None and match[2]:
            number = number.scaleb(4) if len(number.as_tuple().digits) <= MAX_DIGITS else None
    if number is None or not number.is_finite():
        return None
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    if max(len(digits), len(digits) + exponent, -exponent) > MAX_DIGITS:
        return None
    return number if exponent <= 0 else number.quantize(Decimal(1))  # 5E+3 is kept as 5000


def _read_int(spec: FieldSpec, raw: object) -> Value | Problem:
    if type(raw) is int and -_SMALL < raw < _SMALL:  # the commonest by far; a Decimal would cost as much as all the rest
        return raw
    number = _number(raw)
    if number is None or number.as_tuple().exponent != 0 or (isinstance(raw, str) and "元" in raw):
        return _wanted(raw, "整数，例如 3（最多 28 位）", "a whole number such as 3 (at most 28 digits)")
    return int(number)


def _read_decimal(spec: FieldSpec, raw: object) -> Value | Problem:
    number = _number(raw)
    if number is None or (isinstance(raw, str) and "元" in raw):
        return _wanted(raw, "数字，例如 12.5（最多 28 位）", "a number such as 12.5 (at most 28 digits)")
    return number


def _read_money(spec: FieldSpec, raw: object) -> Value | Problem:
    number = _number(raw)
    if number is None:
        return _wanted(raw, "金额，例如 5000、5,000.50 或 5000元（最多 28 位）",
                       "an amount such as 5000, 5,000.50 or 5000元 (at most 28 digits)")  # fmt: skip
    return number


def _read_bool(spec: FieldSpec, raw: object) -> Value | Problem:
    if isinstance(raw, bool):
        return raw
    word = _plain(raw).lower()
    return word in _YES if word in _YES or word in _NO else _wanted(raw, "是或否", "yes or no (true or false)")


def _date_of(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _read_date(spec: FieldSpec, raw: object) -> Value | Problem:
    day = raw if isinstance(raw, date) and not isinstance(raw, datetime) else _date_of(_plain(raw))
    return day if day is not None else _wanted(raw, "日期，例如 2026-12-01", "a date such as 2026-12-01")


def _read_datetime(raw: object, utc_offset_minutes: int) -> Value | Problem:
    moment = raw if isinstance(raw, datetime) else _moment_of(_plain(raw))
    if moment is None:
        return _wanted(raw, "日期和时间，例如 2026-12-01 09:30", "a date and time such as 2026-12-01 09:30")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone(timedelta(minutes=utc_offset_minutes)))
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _wanted(raw, "1 年到 9999 年之间的时间", "a moment between the years 1 and 9999")


def _moment_of(text: str) -> datetime | None:
    match = _CLOCK.fullmatch(text)
    day = _date_of(match[1].strip()) if match else None
    if match is None or day is None:
        return None
    zone = f"{match[6][:3]}:{match[6][-2:]}" if match[6] and match[6] != "Z" else "+00:00" if match[6] else ""
    clock = f"{int(match[2]):02}:{match[3]}:{match[4] or '00'}.{(match[5] or '').ljust(6, '0')}"
    try:
        return datetime.fromisoformat(f"{day.isoformat()}T{clock}{zone}")
    except ValueError:
        return None


def _read_duration(spec: FieldSpec, raw: object) -> Value | Problem:
    duration = raw if isinstance(raw, Duration) else Duration.parse(_plain(raw))
    if duration is None:
        return _wanted(raw, "时长，例如 3天、5工作日、2小时", "a duration such as 3 days, 5 workdays or 2 hours")
    return duration


def _read_text(spec: FieldSpec, raw: object) -> Value | Problem:
    if not isinstance(raw, str):
        return _wanted(raw, "文本", "text")
    text = unicodedata.normalize("NFC", raw).replace("\r\n", "\n").replace("\r", "\n")
    allowed = "\n\t" if spec.type is FieldType.LONGTEXT else ""
    text = text if allowed else text.strip()
    if len(text) > MAX_LENGTH[spec.type]:
        limit = MAX_LENGTH[spec.type]
        return Problem(zh=f"太长：{len(text)} 字，最多 {limit} 字", en=f"too long: {len(text)} characters, at most {limit}")
    return _unseen(text, allowed) or text


def _unseen(text: str, allowed: str) -> Problem | None:
    bad = next((c for c in text if c not in allowed and (unicodedata.category(c) in ("Cc", "Cs") or c in _BIDI)), None)
    if bad is None:
        return None
    name = f"U+{ord(bad):04X}"
    return Problem(zh=f"含有不可见的控制字符 {name}，请删除", en=f"contains the control character {name}; remove it")


def _options(spec: FieldSpec) -> tuple[str, str]:
    return "以下之一：" + "、".join(spec.options), "one of " + ", ".join(spec.options)


def _option(spec: FieldSpec, raw: object) -> str | None:
    if isinstance(raw, str) and raw in spec.options:
        return raw
    return next((o for o in spec.options if _plain(o) == _plain(raw)), None) if isinstance(raw, str) else None


def _read_choice(spec: FieldSpec, raw: object) -> Value | Problem:
    option = _option(spec, raw)
    return option if option is not None else _wanted(raw, *_options(spec))


def _read_choices(spec: FieldSpec, raw: object) -> Value | Problem:
    """Several options, kept once each and in the order of the form."""
    if isinstance(raw, str):
        parts: list[object] = [raw] if _option(spec, raw) else [p for p in re.split(r"[,，、;；\n]", raw) if p.strip()]
    elif isinstance(raw, list | tuple | set | frozenset):
        parts = list(raw)
    else:
        return _wanted(raw, *_options(spec))
    wrong = next((p for p in parts if _option(spec, p) is None), None)
    if wrong is not None or not parts:
        return _wanted(wrong or raw, *_options(spec))
    chosen = {_option(spec, p) for p in parts}
    return tuple(o for o in spec.options if o in chosen)


def _read_file(spec: FieldSpec, raw: object) -> Value | Problem:
    """A reference to a file: its name, or a mapping with name, size, type and digest."""
    given = raw if isinstance(raw, Mapping) else {"name": raw}
    if isinstance(raw, FileReference):
        given = {"name": raw.name, "size": raw.size, "type": raw.type, "digest": raw.digest}
    name, size, kind, digest = (given.get(key) for key in ("name", "size", "type", "digest"))
    name = _read_text(spec, name)
    if isinstance(name, Problem):
        return name
    if given.keys() - {"name", "size", "type", "digest"} or not isinstance(name, str) or not name:
        return _wanted(raw, "文件: 文件名，或 {name, size, type, digest}", "a file: its name, or {name, size, type, digest}")
    if size is not None and (type(size) is not int or not 0 <= size < _SMALL):
        return _wanted(size, "文件大小（字节数）", "a size in bytes")
    if not _MEDIA_TYPE.fullmatch(_text_of(kind)) or not _DIGEST.fullmatch(_text_of(digest)):
        return _wanted(
            raw, "文件类型如 application/pdf、摘要如 sha256:…", "a type such as application/pdf and a digest such as sha256:…"
        )
    return FileReference(name=name, size=size, type=_text_of(kind), digest=_text_of(digest).lower())


def _text_of(raw: object) -> str:
    return raw if isinstance(raw, str) else "" if raw is None else "?"


_MEDIA_TYPE = re.compile(r"(?:[\w.+-]{1,100}/[\w.+-]{1,100})?", re.ASCII)
_DIGEST = re.compile(r"(?:[a-zA-Z0-9]{1,20}:[0-9a-fA-F]{8,128})?")


def _row(spec: FieldSpec, row: object) -> tuple[object, ...] | Problem:
    """The cells of a row, each as the text in which its column keeps it; a row may also name its columns."""
    names = [column.name for column in spec.columns]
    if isinstance(row, Mapping):
        unknown = next((str(name) for name in row if name not in names), None)
        if unknown is not None:
            return _wanted(unknown, "列名: " + "、".join(names), "a column: " + ", ".join(names))
        row = [row.get(name) for name in names]
    cells = tuple(row) if isinstance(row, list | tuple) else (row,)
    if not names:
        return cells
    if len(cells) > len(names):
        return _wanted(cells[len(names)], f"每行 {len(names)} 格", f"rows of {len(names)} cells")
    out = []
    for column, cell in zip(spec.columns, (*cells, *[None] * (len(names) - len(cells))), strict=True):
        value = read_value(column, cell)
        if isinstance(value, Problem):
            return Problem(zh=f"{column.name}: {value.zh}", en=f"{column.name}: {value.en}")
        stored = to_json(column.type, value)
        out.append("" if stored is None else stored if isinstance(stored, str) else str(stored).lower())
    return tuple(out)


def _read_list(spec: FieldSpec, raw: object) -> Value | Problem:
    """Rows of cells; text is taken as pasted from a spreadsheet, a line per row, tabs between cells."""
    rows = [line.split("\t") for line in raw.splitlines() if line.strip()] if isinstance(raw, str) else raw
    if not isinstance(rows, list | tuple) or len(rows) > MAX_ROWS:
        return _wanted(raw, f"最多 {MAX_ROWS} 行的表格", f"a table of at most {MAX_ROWS} rows")
    read = [_row(spec, row) for row in rows]
    number, wrong = next(((number, row) for number, row in enumerate(read, 1) if isinstance(row, Problem)), (0, None))
    if wrong is not None:
        return Problem(zh=f"第 {number} 行，{wrong.zh}", en=f"row {number}, {wrong.en}")
    table: Any = tuple(read)
    cells = [cell for row in table for cell in row]
    if any(len(row) > MAX_CELLS for row in table) or not all(isinstance(c, str) and len(c) <= 1_000 for c in cells):
        return _wanted(raw, f"每行最多 {MAX_CELLS} 格、每格为文本的表格", f"rows of at most {MAX_CELLS} cells, each a text")
    return next((wrong for cell in cells if (wrong := _unseen(cell, "\n\t")) is not None), table)


_READERS: Mapping[FieldType, Callable[[FieldSpec, object], Value | Problem]] = {
    FieldType.TEXT: _read_text, FieldType.LONGTEXT: _read_text, FieldType.PERSON: _read_text, FieldType.FILE: _read_file,
    FieldType.INT: _read_int, FieldType.DECIMAL: _read_decimal, FieldType.MONEY: _read_money, FieldType.BOOL: _read_bool,
    FieldType.DATE: _read_date, FieldType.DURATION: _read_duration, FieldType.CHOICE: _read_choice,
    FieldType.CHOICES: _read_choices, FieldType.LIST: _read_list,
}  # fmt: skip


def order_key(value: Any) -> Any:
    """What a value is ordered by: a duration by its minutes, workdays among themselves, all else by itself."""
    if type(value) is Duration:
        minutes = value.minutes
        return minutes if minutes is not None else ("workdays", value.amount)
    return value


def _within(spec: FieldSpec, value: Value) -> Value | Problem:
    if spec.min is not None and _less(value, spec.min):
        return _bound(spec, "不能小于", "not less than", spec.min)
    if spec.max is not None and _less(spec.max, value):
        return _bound(spec, "不能大于", "not more than", spec.max)
    return value


def _less(a: Value, b: Value) -> bool:
    """Whether `a` is less; false for what has no common measure, as workdays and hours."""
    low, high = order_key(a), order_key(b)
    numbers = isinstance(low, int | Decimal) and isinstance(high, int | Decimal)
    return bool(low < high) if numbers or type(low) is type(high) else False


def _bound(spec: FieldSpec, zh: str, en: str, limit: Value) -> Problem:
    return Problem(zh=f"{zh} {show(spec.type, limit, 'zh')}", en=f"must be {en} {show(spec.type, limit, 'en')}")


def show(type: FieldType, value: Value, lang: str = "zh") -> str:
    """A value as people read it: `5000 元`, `是`, `3 个工作日`, `重要、高值`."""
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    if isinstance(value, int | Decimal):
        return f"{value:f} 元" if type is FieldType.MONEY else f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, Duration):
        return value.text(lang)
    if isinstance(value, FileReference):
        size = "" if value.size is None else f" ({value.size:,} B)"
        return f"{value.name}{size}"
    if isinstance(value, tuple):
        return ("、" if lang == "zh" else ", ").join(v if isinstance(v, str) else " ".join(v) for v in value)
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


def to_json(type: FieldType, value: Value | None) -> Any:
    """The stored form: decimals and moments as text, rows as lists; None stays None."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, int):
        return str(value) if type in (FieldType.DECIMAL, FieldType.MONEY) else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Duration):
        return f"{value.amount} {value.unit}"
    if isinstance(value, FileReference):
        known = {"name": value.name, "size": value.size, "type": value.type, "digest": value.digest}
        return {name: part for name, part in known.items() if part not in (None, "")}
    return [v if isinstance(v, str) else list(v) for v in value]


def from_json(type: FieldType, value: Any) -> Value | None:
    """Back from the stored form; the counterpart of `to_json` and not a reader of what people type."""
    return value if value is None else _FROM_JSON.get(type, _same)(value)


def _same(value: Any) -> Value:
    return value  # type: ignore[no-any-return]


def _stored_duration(value: str) -> Value:
    match = STORED_DURATION.fullmatch(value)
    assert match is not None, f"not a stored duration: {value!r}"
    return Duration(amount=int(match[1]), unit=UNITS[match[2]])


_FROM_JSON: Mapping[FieldType, Callable[[Any], Value]] = {
    FieldType.DECIMAL: Decimal, FieldType.MONEY: Decimal, FieldType.DATE: date.fromisoformat,
    FieldType.DATETIME: datetime.fromisoformat, FieldType.DURATION: _stored_duration, FieldType.CHOICES: tuple,
    FieldType.LIST: lambda rows: tuple(tuple(row) for row in rows),
    FieldType.FILE: lambda known: FileReference(**known) if isinstance(known, dict) else FileReference(name=known),
}  # fmt: skip
