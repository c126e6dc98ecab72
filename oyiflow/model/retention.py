"""How long the value of a field is to be kept once its case has ended (`keep: 2 years`), and until which day that is."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

KEEP = r"[1-9]\d{0,2} ?(days?|months?|years?|天|个月|年)"
"""How it is written in a file."""
_ZH = {"day": "天", "month": "个月", "year": "年"}
_UNITS = {zh: unit for unit, zh in _ZH.items()}
_MONTHS = {"month": 1, "year": 12}


def read_keep(text: str) -> str:
    """The canonical form of a time to keep something: `90 days`, `1 year`; "" for anything else."""
    found = re.fullmatch(KEEP, text.strip())
    if found is None:
        return ""
    number, unit = int(found[0].removesuffix(found[1])), _UNITS.get(found[1], found[1].removesuffix("s"))
    return f"{number} {unit}{'s' if number > 1 else ''}"


def kept_until(keep: str, end: date) -> date:
    """The last day on which it is to be kept. A month after the 31st is the last day of a month that has none."""
    number, _, unit = keep.partition(" ")
    unit = unit.removesuffix("s")
    try:
        if unit == "day":
            return end + timedelta(days=int(number))
        months = end.year * 12 + end.month - 1 + int(number) * _MONTHS[unit]
        year, month = divmod(months, 12)
        return date(year, month + 1, min(end.day, monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return date.max


def kept_words(keep: str, lang: str) -> str:
    """`2 年`, `2 years`."""
    number, _, unit = keep.partition(" ")
    return f"{number} {_ZH.get(unit.removesuffix('s'), unit)}".strip() if lang == "zh" else keep
