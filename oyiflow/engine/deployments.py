"""Published definitions: the store holds the truth, this keeps them ready.

A definition is published once and never changes: the same content is the same publication, other content under the same
name is the next version. What is stored is the canonical text; running instances are loaded from it and never from
files, and the digest is checked when it is read back. The cache is by digest, so nothing in it can become stale. What is
handed out counts workdays by the calendar of this engine (see `calendars`).

A definition that is damaged in the store holds up its own cases and nothing else: whoever asks for one of them gets
`DamagedDefinition`, whoever goes through many passes it over, and it is logged once. Publishing the same content again
writes what belongs there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from oyiflow.engine.calendars import SIGN, Calendars
from oyiflow.engine.projection import moment
from oyiflow.engine.views import Deployed
from oyiflow.errors import Conflict, Damaged, DamagedDefinition, UnknownProcess
from oyiflow.model import canonical
from oyiflow.model.definition import Definition
from oyiflow.store.protocol import DefinitionRow, Store, Write

_ATTEMPTS = 5
_log = logging.getLogger("oyiflow.engine")


class Deployments:
    """What can be started, and what runs."""

    def __init__(self, store: Store, calendars: Calendars) -> None:
        self._store = store
        self._calendars = calendars
        self.mark = calendars.mark
        """What the journal calls the calendar by which a step of now counts."""
        self._past: dict[tuple[str, str], Definition] = {}
        self._ready: dict[str, Definition] = {}
        self._damaged: dict[str, Damaged] = {}
        self._deploying = threading.Lock()

    def deploy(self, definition: Definition, now: datetime) -> Deployed:
        """Publish; the same content again changes nothing."""
        content = canonical.dumps(definition)
        with self._deploying:
            self._calendars.mend(now)
            for _ in range(_ATTEMPTS):
                found = self._store.definitions(digest=definition.digest)
                if found and found[0].content == content:
                    self._ready.setdefault(definition.digest, replace(definition, calendar=self._calendars.own))
                    self.mended(definition.digest)
                    return _deployed(found[0])
                row = found[0]._replace(content=content, text=definition.text) if found else self._new(definition, content, now)
                try:
                    self._store.commit(Write(definition=row))
                except Conflict:
                    continue  # another process took the number
        raise Conflict(f"{definition.name} 正由别人发布", f"somebody else is publishing {definition.name}")

    def _new(self, definition: Definition, content: str, now: datetime) -> DefinitionRow:
        taken = [row.version for row in self._store.definitions(name=definition.name)]
        version = definition.version if definition.version not in taken else max(taken) + 1
        return DefinitionRow(definition.digest, definition.name, version, content, definition.text, moment(now))

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
            raise _damaged("", digest, "数据库里没有", "the store does not have it")
        return self._load(rows[0])

    def all(self) -> tuple[Deployed, ...]:
        """Everything that was ever published, by name and version."""
        return tuple(_deployed(row) for row in self._rows())

    def running(self) -> tuple[Definition, ...]:
        """Every published definition, loaded: instances of any version may still be running."""
        return tuple(definition for definition, _ in self._whole(self._rows()))

    def damaged(self, process: str = "") -> tuple[Damaged, ...]:
        """What is damaged of everything that was published and of the calendars, or of one process."""
        rows = self._rows(process)
        whole = {definition.digest for definition, _ in self._whole(rows)}
        calendars = () if process else self._calendars.damaged()
        return (*(self._damaged[row.digest] for row in rows if row.digest not in whole), *calendars)

    def complain(self, error: Damaged) -> None:
        """Log what is passed over, once."""
        if error.key not in self._damaged:
            _log.error("%s", error)
        self._damaged[error.key] = error

    def mended(self, key: str) -> None:
        """Should it be damaged again, that is worth a line again."""
        self._damaged.pop(key, None)

    def scheduled(self) -> Iterator[tuple[Definition, int, datetime]]:
        """The latest version of every process that starts by itself: its definition, its number, when it was published."""
        for definition, row in self._whole({row.name: row for row in self._rows()}.values()):
            if definition.starts is not None:
                yield definition, row.version, datetime.fromisoformat(row.deployed)

    def versions(self) -> dict[str, list[Definition]]:
        """Every version of each process, the latest last; nothing of a process of which the latest is damaged."""
        rows, found = self._rows(), dict[str, list[Definition]]()
        latest = {row.name: row.digest for row in rows}
        for definition, row in self._whole(rows):
            found.setdefault(row.name, []).append(definition)
        return {name: known for name, known in found.items() if known[-1].digest == latest[name]}

    def _rows(self, name: str = "") -> list[DefinitionRow]:
        """What is published, without the calendars, which are kept in the same place."""
        return [row for row in self._store.definitions(name=name) if not row.name.startswith(SIGN)]

    def _whole(self, rows: Iterable[DefinitionRow]) -> Iterator[tuple[Definition, DefinitionRow]]:
        """Those that can be loaded; the others are complained of and passed over."""
        for row in rows:
            try:
                yield self.by_digest(row.digest), row
            except DamagedDefinition as error:
                self.complain(error)

    def under(self, digest: str, mark: str) -> Definition:
        """The definition with the calendar that the journal calls so."""
        ready = self.by_digest(digest)
        calendar = self._calendars.find(mark)
        if calendar == ready.calendar:
            return ready
        return self._past.setdefault((digest, mark), replace(ready, calendar=calendar))

    def _load(self, row: DefinitionRow) -> Definition:
        name = f"{row.name} {row.version} "
        try:
            loaded = canonical.loads(row.content)
        except canonical.NotStored as error:
            raise _damaged(name, row.digest, f"读不出来：{error}", f"it cannot be read: {error}") from None
        if loaded.digest != row.digest:
            raise _damaged(name, row.digest, "内容与其指纹不符", "its content does not match its digest")
        return self._ready.setdefault(row.digest, replace(loaded, text=row.text, calendar=self._calendars.own))


def _deployed(row: DefinitionRow) -> Deployed:
    return Deployed(name=row.name, version=row.version, digest=row.digest)


def _damaged(name: str, digest: str, zh: str, en: str) -> DamagedDefinition:
    """With what is to be done about it; `name` says which process and version, if that is known."""
    return DamagedDefinition(
        f"存储的定义 {name}已损坏（指纹 {digest}）：{zh}。它的案件停着，其他照常；把发布时的文件再发布一次（oyiflow publish），或从备份恢复这一行",
        f"the stored definition {name}is damaged (digest {digest}): {en}. Its cases stand still, all others go on; "
        "publish the file that it was published from once more (oyiflow publish), or restore its row from a backup",
        digest,
    )
