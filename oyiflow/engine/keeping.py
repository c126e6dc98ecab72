"""Values that are kept longer than their fields say (`keep:`): of which cases, since when.

What the latest version of a process says of a field holds for the cases of all its versions. Nothing is erased here: a
journal is sealed and kept whole. The list tells whoever answers for the database which cases to take out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from oyiflow.engine.projection import Loaded
from oyiflow.kernel.snapshot import OPEN
from oyiflow.model.definition import Definition
from oyiflow.model.retention import kept_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A value that should be gone. The value itself is not told."""

    instance: str
    process: str
    field: str
    zh: str
    en: str
    ended: date
    until: date
    """The last day on which it was to be kept."""


def overstayed(loaded: Iterable[Loaded], latest: Mapping[str, Definition], now: datetime) -> Iterator[Kept]:
    """What is kept too long now, in the order of the cases."""
    for one in loaded:
        if one.snapshot.status in OPEN or one.row.process not in latest:
            continue
        newest, calendar = latest[one.row.process].field, one.definition.calendar
        ended = calendar.today(datetime.fromisoformat(one.row.updated))
        for own in one.definition.fields:
            spec = newest.get(own.name, own)
            if not spec.keep or one.snapshot.data.get(own.name) is None:
                continue
            until = kept_until(spec.keep, ended)
            if until < calendar.today(now):
                zh, en = spec.title.of("zh"), spec.title.of("en")
                yield Kept(instance=one.row.id, process=one.row.process, field=own.name, zh=zh, en=en, ended=ended, until=until)
