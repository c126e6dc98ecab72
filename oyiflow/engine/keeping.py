"""Values that are kept longer than their fields say (`keep:`): of which cases, since when, and which files they are.

What the latest version of a process says of a field holds for the cases of all its versions, whatever it was called there;
of a field that a later version has dropped, the last version that knew it says it. A value that was emptied, or replaced by
another, is still in the journal, so all that a case has ever held is looked at. Nothing is erased here: a journal is sealed
and kept whole, and files lie elsewhere. The list tells whoever answers for both what is to go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from oyiflow.engine.projection import Loaded
from oyiflow.kernel import Snapshot
from oyiflow.kernel.counterparts import names
from oyiflow.kernel.snapshot import OPEN
from oyiflow.model.definition import Definition, Field
from oyiflow.model.retention import kept_until
from oyiflow.model.values import FileReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A field of a case of which nothing should be there any more. The values themselves are not told."""

    instance: str
    process: str
    field: str
    """Its latest name."""
    zh: str
    en: str
    ended: date
    until: date
    """The last day on which it was to be kept."""
    files: tuple[str, ...] = ()
    """The files that it has ever referred to: their digests, or the names of those that have none."""


Past = Callable[[Loaded], Iterable[Snapshot]]
"""Every snapshot that a case has had."""
_Latest = Mapping[tuple[str, str], Field]
"""By digest and field: what holds for it today."""


def overstayed(
    loaded: Iterable[Loaded], versions: Mapping[str, Sequence[Definition]], past: Past, now: datetime
) -> Iterator[Kept]:
    """What is kept too long now, in the order of the cases; `versions`: all of each process, the latest last."""
    latest = {process: _latest(every) for process, every in versions.items()}
    for one in loaded:
        known = latest.get(one.row.process)
        if known is None or one.snapshot.status in OPEN:
            continue
        calendar = one.definition.calendar
        ended, today = calendar.today(datetime.fromisoformat(one.row.updated)), calendar.today(now)
        over = {at: spec for at, spec in known.items() if spec.keep and kept_until(spec.keep, ended) < today}
        for spec, files in _held(past(one), over).values() if over else ():
            until, zh, en = kept_until(spec.keep, ended), spec.title.of("zh"), spec.title.of("en")
            yield Kept(
                instance=one.row.id, process=one.row.process, field=spec.name, zh=zh, en=en, ended=ended, until=until, files=tuple(files)
            )  # fmt: skip


def _latest(versions: Sequence[Definition]) -> _Latest:
    """What holds today for each field of each version: what the next version says of it, or itself where that does not know it."""
    found: dict[tuple[str, str], Field] = {}
    after: Definition | None = None
    for version in reversed(versions):
        called = names(version.field, after.field) if after is not None else {}
        for name, spec in version.field.items():
            found[version.digest, name] = found[after.digest, called[name]] if after is not None and name in called else spec
        after = version
    return found


def _held(past: Iterable[Snapshot], over: _Latest) -> dict[str, tuple[Field, dict[str, None]]]:
    """The fields that are over and have ever held something, with the files among it, in the order in which they came."""
    found: dict[str, tuple[Field, dict[str, None]]] = {}
    for snapshot in past:
        for name, value in snapshot.data.items():
            spec = over.get((snapshot.digest, name))
            if spec is not None and value is not None:
                _, files = found.setdefault(spec.name, (spec, {}))
                files |= dict.fromkeys(_files_in(value))
    return found


def _files_in(value: Any) -> Iterator[str]:
    if isinstance(value, FileReference):
        yield value.digest or value.name
