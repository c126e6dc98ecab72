"""Which calendar has counted: the journal names it for every step, so that a replay counts as was counted then.

A calendar is no part of a process. When the days off of a new year become known, no process gets a new version for it,
and the cases that are running count by them from their next step on; deadlines that have been promised stay. What makes
that exact is here: each calendar that an engine ever ran with is kept in the store, beside the definitions and by its
digest, and that digest stands in the journal. The plain week needs no name.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256

from oyiflow.engine.projection import moment
from oyiflow.errors import Conflict
from oyiflow.model import canonical
from oyiflow.model.calendar import PLAIN_WEEK, Calendar
from oyiflow.store.failures import StoreCorrupt
from oyiflow.store.protocol import DefinitionRow, Store, Write

SIGN = "@"
"""Begins the name of a calendar among the published definitions; the name of a process never begins with it."""
_ATTEMPTS = 5


class Calendars:
    """The calendar of this engine, and those of the past."""

    def __init__(self, store: Store, own: Calendar) -> None:
        self.own = own
        self._store = store
        self._content = json.dumps(canonical.encode(own), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self._mark = "" if own == PLAIN_WEEK else sha256(self._content.encode()).hexdigest()
        self._known: dict[str, Calendar] = {"": PLAIN_WEEK}

    def mark(self, now: datetime) -> str:
        """What the journal calls this engine's calendar; before the first use, it is put into the store."""
        if self._mark not in self._known:
            self._keep(now)
            self._known[self._mark] = self.own
        return self._mark

    def _keep(self, now: datetime) -> None:
        name = f"{SIGN}{self.own.name}"
        for _ in range(_ATTEMPTS):
            if self._store.definitions(digest=self._mark):
                return
            number = max((row.version for row in self._store.definitions(name=name)), default=0) + 1
            try:
                self._store.commit(Write(definition=DefinitionRow(self._mark, name, number, self._content, "", moment(now))))
                return
            except Conflict:
                continue  # another process took the number or keeps the same
        raise Conflict("日历正由别人存入", "somebody else is keeping the calendar")

    def find(self, mark: str) -> Calendar:
        """The calendar that the journal calls so."""
        found = self._known.get(mark)
        if found is None:
            rows = self._store.definitions(digest=mark)
            calendar = canonical.decode(json.loads(rows[0].content)) if rows else None
            if not isinstance(calendar, Calendar):
                raise StoreCorrupt(f"数据库里没有日历 {mark[:12]}", f"the store has no calendar {mark[:12]}")
            found = self._known[mark] = calendar
        return found
