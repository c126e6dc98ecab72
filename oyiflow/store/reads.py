"""What every database is asked in the same words: statements of the same name, whose rows have the same parts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from oyiflow.errors import StoreUnavailable
from oyiflow.store.protocol import DefinitionRow, Due, InstanceRow, JournalRow, NoticeRow, OutboxRow, TimerRow


class Reads:
    """The questions of a `Store` that need no more than a named statement and its values, and whether it may be asked at all."""

    _closed: bool
    _process: int
    """The id of the process that has opened it."""

    def _usable(self) -> None:
        """Refuse a store that is closed, or that was opened by another process.

        After a fork two processes would talk on one connection; with SQLite the locks are the parent's, and what is written can be lost.
        """
        if self._closed:
            raise StoreUnavailable("数据库已关闭", "the store is closed")
        if os.getpid() != self._process:
            raise StoreUnavailable(
                "数据库由父进程打开，请在本进程里另开一个引擎",
                "the store was opened before a fork; open an engine in this process",
            )

    def _all(self, query: str, *values: Any) -> list[Any]:
        """The rows of a statement."""
        raise NotImplementedError

    def definitions(self, *, digest: str = "", name: str = "") -> Sequence[DefinitionRow]:
        """See `Store`."""
        if digest:
            found = self._all("definition_by_digest", digest)
        else:
            found = self._all("definitions_by_name", name) if name else self._all("definitions")
        return [DefinitionRow._make(row) for row in found]

    def instance(self, id: str) -> InstanceRow | None:
        """See `Store`."""
        return next((InstanceRow._make(row) for row in self._all("instance", id)), None)

    def instances(self, *, status: str = "", process: str = "", parent: str = "") -> Sequence[InstanceRow]:
        """See `Store`."""
        found = self._all("children", parent, status, process) if parent else self._all("instances", status, process)
        return [InstanceRow._make(row) for row in found]

    def journal(self, instance: str, upto: int = 0) -> Sequence[JournalRow]:
        """See `Store`."""
        return [JournalRow._make(row) for row in self._all("journal", instance, upto)]

    def answered(self, instance: str, key: str) -> tuple[str, int] | None:
        """See `Store`."""
        found = self._all("answered_event", instance, key) if instance else self._all("answered_start", key)
        return (found[0][0], found[0][1]) if found else None

    def due(self, now: str, limit: int) -> Due:
        """See `Store`."""
        timers = tuple(TimerRow._make(row) for row in self._all("due_timers", now, limit))
        return Due(timers, tuple(OutboxRow._make(row) for row in self._all("due_outbox", now, limit)))

    def outbox(self, instance: str) -> Sequence[OutboxRow]:
        """See `Store`."""
        return [OutboxRow._make(row) for row in self._all("outbox_of_instance", instance)]

    def notices(self, *, instance: str = "", person: str = "") -> Sequence[NoticeRow]:
        """See `Store`."""
        return [NoticeRow._make(row) for row in self._all("notices", instance, person)]
