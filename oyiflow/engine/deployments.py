"""Published definitions: the store holds the truth, this keeps them ready.

A definition is published once and never changes: the same content is the same publication, other content under the same
name is the next version. What is stored is the canonical text; running instances are loaded from it and never from
files, and the digest is checked when it is read back. The cache is by digest, so nothing in it can become stale. What is
handed out counts workdays by the calendar of this engine (see `calendars`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from oyiflow.engine.calendars import SIGN, Calendars
from oyiflow.engine.projection import moment
from oyiflow.engine.views import Deployed
from oyiflow.errors import Conflict, UnknownProcess, VersionMismatch
from oyiflow.model import canonical
from oyiflow.model.definition import Definition
from oyiflow.store.protocol import DefinitionRow, Store, Write

_ATTEMPTS = 5
_log = logging.getLogger("oyiflow.worker")


class Deployments:
    """What can be started, and what runs."""

    def __init__(self, store: Store, calendars: Calendars) -> None:
        self._store = store
        self._calendars = calendars
        self.mark = calendars.mark
        """What the journal calls the calendar by which a step of now counts."""
        self._past: dict[tuple[str, str], Definition] = {}
        self._ready: dict[str, Definition] = {}
        self._damaged: set[str] = set()
        self._deploying = threading.Lock()

    def deploy(self, definition: Definition, now: datetime) -> Deployed:
        """Publish; the same content again changes nothing."""
        with self._deploying:
            for _ in range(_ATTEMPTS):
                for row in self._store.definitions(digest=definition.digest):
                    return _deployed(row)
                try:
                    return self._publish(definition, now)
                except Conflict:
                    continue  # another process took the number or published the same
        raise Conflict(f"{definition.name} 正由别人发布", f"somebody else is publishing {definition.name}")

    def _publish(self, definition: Definition, now: datetime) -> Deployed:
        taken = [row.version for row in self._store.definitions(name=definition.name)]
        version = definition.version if definition.version not in taken else max(taken) + 1
        row = DefinitionRow(
            definition.digest, definition.name, version, canonical.dumps(definition), definition.text, moment(now)
        )
        self._store.commit(Write(definition=row))
        self._ready[row.digest] = replace(definition, calendar=self._calendars.own)
        return _deployed(row)

    def find(self, name: str, version: int | None = None) -> tuple[Definition, int]:
        """A published definition and its number: the given version, or the latest."""
        rows = self._store.definitions(name=name)
        if not rows:
            known = "、".join(dict.fromkeys(row.name for row in self._rows())) or "-"
            raise UnknownProcess(
                f"没有发布过流程 {name}；已发布：{known}", f"no process {name} is published; published: {known}"
            )
        row = rows[-1] if version is None else next((row for row in rows if row.version == version), None)
        if row is None:
            known = ", ".join(str(row.version) for row in rows)
            raise UnknownProcess(
                f"流程 {name} 没有版本 {version}；有：{known}", f"{name} has no version {version}; there are: {known}"
            )
        return self.by_digest(row.digest), row.version

    def by_digest(self, digest: str) -> Definition:
        """The definition that an instance belongs to."""
        ready = self._ready.get(digest)
        if ready is not None:
            return ready
        rows = self._store.definitions(digest=digest)
        if not rows:
            raise UnknownProcess(f"数据库里没有定义 {digest[:12]}", f"the store has no definition {digest[:12]}")
        return self._load(rows[0])

    def all(self) -> tuple[Deployed, ...]:
        """Everything that was ever published, by name and version."""
        return tuple(_deployed(row) for row in self._rows())

    def running(self) -> tuple[Definition, ...]:
        """Every published definition, loaded: instances of any version may still be running."""
        return tuple(self.by_digest(row.digest) for row in self._rows())

    def scheduled(self) -> Iterator[tuple[Definition, int, datetime]]:
        """The latest version of every process that starts by itself: its definition, its number, when it was published.

        One whose stored text is damaged is said once and passed over: the others start all the same.
        """
        for row in {row.name: row for row in self._rows()}.values():
            try:
                definition = self.by_digest(row.digest)
            except (canonical.NotStored, VersionMismatch) as error:
                if row.digest not in self._damaged:
                    _log.error(
                        "%s version %s is damaged in the store and cannot start by itself: %s", row.name, row.version, error
                    )
                self._damaged.add(row.digest)
                continue
            if definition.starts is not None:
                yield definition, row.version, datetime.fromisoformat(row.deployed)

    def _rows(self) -> list[DefinitionRow]:
        """What is published, without the calendars, which are kept in the same place."""
        return [row for row in self._store.definitions() if not row.name.startswith(SIGN)]

    def under(self, digest: str, mark: str) -> Definition:
        """The definition with the calendar that the journal calls so."""
        ready = self.by_digest(digest)
        calendar = self._calendars.find(mark)
        if calendar == ready.calendar:
            return ready
        return self._past.setdefault((digest, mark), replace(ready, calendar=calendar))

    def _load(self, row: DefinitionRow) -> Definition:
        ready = replace(canonical.loads(row.content), text=row.text, calendar=self._calendars.own)
        if ready.digest != row.digest:
            raise VersionMismatch(
                f"{row.name} 版本 {row.version} 的内容与其指纹不符",
                f"the content of {row.name} version {row.version} does not match its digest",
            )
        return self._ready.setdefault(row.digest, ready)


def _deployed(row: DefinitionRow) -> Deployed:
    return Deployed(name=row.name, version=row.version, digest=row.digest)
