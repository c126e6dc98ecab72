"""What people type becomes an exact typed value, or a message that names what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from oyiflow.model.values import (
    Calendar,
    Duration,
    FieldType,
    Problem,
    Value,
    from_json,
    read_value,
    show,
    to_json,
)


@dataclass(frozen=True)
class Spec:
    type: FieldType
    name: str = "x"
    required: bool = False
    options: tuple[str, ...] = ("重要", "高值", "集团")
    min: Value | None = None
    max: Value | None = None
    columns: tuple[Spec, ...] = ()


def read(kind: str, raw: object, **more: Any) -> Any:
    return read_value(Spec(FieldType(kind), **more), raw)


def days(amount: int) -> Duration:
    return Duration(amount=amount, unit="days")


def work(amount: int) -> Duration:
    return Duration(amount=amount, unit="workdays")


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("int", "3", 3), ("int", "１２", 12), ("int", "1,200", 1200), ("int", -4, -4), ("int", "5万", 50000),
        ("decimal", "12.50", Decimal("12.50")), ("decimal", 3, Decimal(3)), ("decimal", Decimal("5E+3"), Decimal("5000")),
        ("money", "5000", Decimal("5000")), ("money", "5,000.50", Decimal("5000.50")), ("money", "5000元", Decimal("5000")),
        ("money", "￥5,000", Decimal("5000")), ("money", "1.5万元", Decimal("15000")), ("money", "５０００．５ 元", Decimal("5000.5")),
        ("bool", "是", True), ("bool", "No", False), ("bool", "TRUE", True), ("bool", False, False),
        ("date", "2026-12-01", date(2026, 12, 1)), ("date", "2026年12月1日", date(2026, 12, 1)), ("date", "2026/12/1", date(2026, 12, 1)),
        ("datetime", "2026-12-01 09:30", datetime(2026, 12, 1, 1, 30, tzinfo=UTC)),
        ("datetime", "2026-12-01T09:30:15Z", datetime(2026, 12, 1, 9, 30, 15, tzinfo=UTC)),
        ("duration", "3天", days(3)), ("duration", "5 个工作日", work(5)),
        ("choice", "重要", "重要"), ("choices", "集团、重要", ("重要", "集团")), ("choices", "高值, 高值", ("高值",)),
        ("choices", ["集团"], ("集团",)), ("text", "  王先生 ", "王先生"), ("longtext", "一\r\n二\t三", "一\n二\t三"),
        ("person", "li.lei", "li.lei"), ("list", "车费\t50\n餐费\t30", (("车费", "50"), ("餐费", "30"))), ("list", [["a"], "b"], (("a",), ("b",))),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_an_exact_value(kind: str, raw: object, value: object) -> None:
    found = read(kind, raw)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("int", "3.5"), ("int", True), ("int", "5元"), ("int", "1,20"), ("int", 10**28), ("int", "x"),
        ("decimal", "NaN"), ("decimal", Decimal("Infinity")), ("decimal", Decimal("sNaN")), ("decimal", "1e5"), ("decimal", "9" * 60), ("decimal", "0." + "1" * 29),
        ("money", "五千"), ("money", "5,000,00"), ("money", "1" * 29), ("money", Decimal("1E+999999")), ("money", True),
        ("bool", 1), ("bool", "1"), ("date", "2026-02-30"), ("date", "12:30"), ("date", datetime(2026, 1, 1, tzinfo=UTC)),
        ("datetime", "2026-12-01"), ("datetime", "2026-12-01 25:00"), ("duration", "3"), ("duration", "-3天"), ("duration", "200年"),
        ("choice", "重耍"), ("choices", "重要、别的"), ("choices", {}), ("text", 5), ("text", "a\nb"), ("text", "a\x00b"),
        ("text", "a\u202eb"), ("text", "a\ud800"), ("text", "长" * 1001), ("longtext", "a\x07"), ("file", b"x"), ("list", "a\n" * 1001),
        ("list", [[1]]),
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_both_languages(kind: str, raw: object) -> None:
    found = read(kind, raw)
    assert isinstance(found, Problem)
    assert found.zh and found.en


def test_numbers_too_long_to_print_are_refused_too() -> None:
    assert isinstance(read("int", 10**5000), Problem)


def test_a_binary_float_is_refused_even_if_it_looks_round() -> None:
    for kind in FieldType:
        found = read(kind, 5000.0)
        assert isinstance(found, Problem) and "Decimal" in found.zh and "Decimal" in found.en


def test_the_message_names_what_is_allowed() -> None:
    assert read("choice", "重耍") == Problem(
        zh="“重耍”不能用：需要以下之一：重要、高值、集团", en='"重耍" cannot be used: one of 重要, 高值, 集团 is needed'
    )
    assert read("money", "600", max=Decimal("500.00")) == Problem(zh="不能大于 500.00 元", en="must be not more than 500.00 元")
    assert read("date", "2026-01-01", min=date(2026, 6, 1)) == Problem(
        zh="不能小于 2026-06-01", en="must be not less than 2026-06-01"
    )


def test_limits_are_included_and_durations_are_compared_by_their_length() -> None:
    assert read("int", "5", min=5, max=5) == 5
    assert isinstance(read("duration", "49小时", max=days(2)), Problem)
    assert read("duration", "48小时", max=days(2)) == Duration(amount=48, unit="hours")
    assert read("duration", "9工作日", max=days(2)) == work(9)  # no common measure: the limit does not apply


@pytest.mark.parametrize("raw", [None, "", "  ", "　", [], ()])
def test_empty_is_no_value_and_a_required_field_wants_one(raw: object) -> None:
    assert read("text", raw) is None
    assert read("choices", raw, required=True) == Problem(zh="必须填写", en="this field must be filled")


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("3 workdays", work(3)), ("1 workday", work(1)), ("30 minutes", Duration(amount=30, unit="minutes")),
        ("2 Hours", Duration(amount=2, unit="hours")), ("5 days", days(5)), ("３天", days(3)), ("5工作日", work(5)), ("5个工作日", work(5)),
        ("2小时", Duration(amount=2, unit="hours")), ("30分钟", Duration(amount=30, unit="minutes")), ("1周", Duration(amount=1, unit="weeks")),
        ("3", None), ("天", None), ("soon", None), ("3 moons", None), ("1.5天", None), ("-1天", None), ("999999 weeks", None), ("", None),
    ],
)  # fmt: skip
def test_durations_in_words(text: str, duration: Duration | None) -> None:
    assert Duration.parse(text) == duration


def test_durations_as_people_read_them() -> None:
    assert (work(3).text("zh"), work(3).text("en"), work(1).text("en")) == ("3 个工作日", "3 workdays", "1 workday")


CHINA = timezone(timedelta(hours=8))
FRIDAY = datetime(2026, 9, 25, 15, 0, tzinfo=CHINA)
NATIONAL_DAY = Calendar(
    name="中国 2026", years=(2026,), holidays=frozenset(date(2026, 10, d) for d in range(1, 8)),
    workdays=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        (FRIDAY, "1 workday", datetime(2026, 9, 28, 15, 0, tzinfo=CHINA)),
        (FRIDAY, "0 workdays", FRIDAY),
        (FRIDAY + timedelta(days=1), "1 workday", datetime(2026, 9, 29, 0, 0, tzinfo=CHINA)),  # Saturday: all of Monday
        (
            datetime(2026, 9, 30, 9, 0, tzinfo=CHINA),
            "1 workday",
            datetime(2026, 10, 8, 9, 0, tzinfo=CHINA),
        ),  # over the holidays
        (
            datetime(2026, 10, 9, 9, 0, tzinfo=CHINA),
            "1 workday",
            datetime(2026, 10, 10, 9, 0, tzinfo=CHINA),
        ),  # 调休: a working Saturday
        (FRIDAY, "2 days", datetime(2026, 9, 27, 15, 0, tzinfo=CHINA)),
        (FRIDAY, "90 minutes", datetime(2026, 9, 25, 16, 30, tzinfo=CHINA)),
    ],
)
def test_when_a_duration_has_passed(start: datetime, length: str, end: datetime) -> None:
    duration = Duration.parse(length)
    assert duration is not None
    due = NATIONAL_DAY.due(start, duration)
    assert due == end
    assert due.utcoffset() == timedelta(0)


def test_the_wall_clock_decides_which_day_it_is() -> None:
    late = datetime(2026, 9, 25, 17, 0, tzinfo=UTC)  # 1:00 on Saturday in China
    assert Calendar().today(late) == date(2026, 9, 26)
    assert Calendar(utc_offset_minutes=0).today(late) == date(2026, 9, 25)
    assert Calendar().at_start_of(date(2026, 9, 26)) == datetime(2026, 9, 25, 16, 0, tzinfo=UTC)
    assert Calendar().due(late, work(1)) == datetime(2026, 9, 28, 16, 0, tzinfo=UTC)


def test_a_calendar_knows_the_years_that_it_covers() -> None:
    assert NATIONAL_DAY.covers(date(2026, 1, 1)) and not NATIONAL_DAY.covers(date(2027, 1, 1))
    assert Calendar().covers(date(2027, 1, 1))


def test_time_stops_at_the_edge_of_the_computer_calendar_even_if_nobody_ever_works() -> None:
    never = Calendar(weekend=(0, 1, 2, 3, 4, 5, 6))
    assert never.due(datetime(9998, 1, 1, tzinfo=UTC), work(3)).year == 9999
    assert Calendar().due(datetime(9999, 12, 30, tzinfo=UTC), days(36500)).year == 9999


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("money", Decimal("5000.50"), "5000.50"), ("int", 10**27, 10**27), ("bool", True, True), ("date", date(2026, 12, 1), "2026-12-01"),
        ("datetime", datetime(2026, 12, 1, 1, 30, tzinfo=UTC), "2026-12-01T01:30:00+00:00"), ("duration", work(5), "5 workdays"),
        ("duration", days(-3), "-3 days"), ("choices", ("重要",), ["重要"]), ("list", (("a", "b"),), [["a", "b"]]), ("text", "x", "x"),
        ("decimal", None, None),
    ],
)  # fmt: skip
def test_the_stored_form_is_exact(kind: str, value: Value | None, stored: object) -> None:
    assert to_json(FieldType(kind), value) == stored
    back = from_json(FieldType(kind), stored)
    assert back == value and type(back) is type(value)


def test_values_as_people_read_them() -> None:
    assert show(FieldType.MONEY, Decimal("5000.50"), "zh") == "5000.50 元"
    assert show(FieldType.BOOL, True, "zh") == "是"
    assert show(FieldType.CHOICES, ("重要", "高值"), "en") == "重要, 高值"
