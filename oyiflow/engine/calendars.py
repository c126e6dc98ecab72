"""Which calendar has counted: the journal names it for every step, so that a replay counts as was counted then.

A calendar is no part of a process. When the days off of a new year become known, no process gets a new version for it,
and the cases that are running count by them from their next step on; deadlines that have been promised stay. What makes
that exact is here: each calendar that an engine ever ran with is kept in the store, beside the definitions and by its
digest, and that digest stands in the journal. The plain week needs no name.

One that is damaged in the store keeps no case from going on; only what was counted by it cannot be replayed, and whoever
asks for that gets `DamagedDefinition`. Publishing anything with the same calendar in the company file writes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from oyiflow.engine.projection import moment
from oyiflow.errors import Conflict, DamagedDefinition
from oyiflow.model import canonical
from oyiflow.model.calendar import PLAIN_WEEK, Calendar
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

    def mend(self, now: datetime) -> None:
        """Put this engine's calendar into the store once more, if what is there is not it."""
        if self._mark:
            self._keep(now, anew=True)

    def _keep(self, now: datetime, anew: bool = False) -> None:
        for _ in range(_ATTEMPTS):
            there = self._store.definitions(digest=self._mark)
            if there and (there[0].content == self._content or not anew):
                return
            row = there[0]._replace(content=self._content) if there else self._new(now)
            try:
                return self._store.commit(Write(definition=row))
            except Conflict:
                continue  # another process took the number or keeps the same
        raise Conflict("日历正由别人存入", "somebody else is keeping the calendar")

    def _new(self, now: datetime) -> DefinitionRow:
        name = f"{SIGN}{self.own.name}"
        number = max((row.version for row in self._store.definitions(name=name)), default=0) + 1
        return DefinitionRow(self._mark, name, number, self._content, "", moment(now))

    def find(self, mark: str) -> Calendar:
        """The calendar that the journal calls so."""
        found = self._known.get(mark)
        if found is None:
            rows = self._store.definitions(digest=mark)
            if not rows:
                raise _damaged("", mark, "数据库里没有", "the store does not have it")
            found = self._known[mark] = _read(rows[0])
        return found

    def damaged(self) -> Iterator[DamagedDefinition]:
        """The kept calendars that cannot be read any more."""
        for row in self._store.definitions():
            if row.name.startswith(SIGN):
                try:
                    _read(self._store.definitions(digest=row.digest)[0])  # lists come without contents
                except DamagedDefinition as error:
                    yield error


def _read(row: DefinitionRow) -> Calendar:
    name = f"{row.name.removeprefix(SIGN)} "
    try:
        calendar = canonical.decode(json.loads(row.content))
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise _damaged(name, row.digest, "读不出来", "it cannot be read") from None
    if not isinstance(calendar, Calendar) or sha256(row.content.encode()).hexdigest() != row.digest:
        raise _damaged(name, row.digest, "内容与其指纹不符", "its content does not match its digest")
    return calendar


def _damaged(name: str, digest: str, zh: str, en: str) -> DamagedDefinition:
    """With what is to be done about it; `name` says which calendar, if that is known."""
    return DamagedDefinition(
        f"存储的日历 {name}已损坏（指纹 {digest}）：{zh}。案件照常办理，但按它数过日子的经过不能重放；"
        "用当时的公司文件把任一流程再发布一次（oyiflow publish 文件 --company 公司文件），或从备份恢复这一行",
        f"the stored calendar {name}is damaged (digest {digest}): {en}. Cases go on, but what was counted by it cannot be replayed; "
        "publish any process once more with the company file of then (oyiflow publish FILE --company FILE), or restore its row from a backup",
        digest,
    )
