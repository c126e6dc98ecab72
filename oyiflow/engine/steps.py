"""One transaction per step: decide on a snapshot, write it if nobody was faster, else decide again.

The kernel thinks before the transaction begins. That is as good as inside it, because the write holds only for the
revision that was decided upon, and it keeps the database free meanwhile. A warm step reads nothing: the snapshot of an
instance's last step is kept in memory, and the version check finds out if it is old. Nothing in memory is ever the
truth; a refusal that was decided on a snapshot from memory is only given after the store has confirmed its revision.

Idempotency: the key stands in the journal row of its step. A duplicate runs into the unique index or is refused by the
kernel; in both cases the journal is asked, and the answer of the first time is folded from it once more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from oyiflow.engine.deployments import Deployments
from oyiflow.engine.entries import event_of, journalled
from oyiflow.engine.fold import cancelled, folded, moved, replay
from oyiflow.engine.projection import Loaded, Taken, moment, write_of
from oyiflow.engine.restoring import not_to_be_restored, read, rewritten
from oyiflow.engine.texts import CALENDAR, NOTHING, event_text, to_text
from oyiflow.errors import Conflict, Damaged, EventRejected, Forbidden, OyiFlowError, UnknownInstance
from oyiflow.kernel import Event, Rejected, Snapshot, Step, start, step
from oyiflow.kernel.counterparts import lost, newcomers, recovered
from oyiflow.kernel.migration import Values
from oyiflow.kernel.snapshot import OPEN
from oyiflow.model.definition import Definition
from oyiflow.model.values import to_json
from oyiflow.store.protocol import InstanceRow, JournalRow, OutboxRow, Store

ATTEMPTS = 5
"""How often an event is decided again after somebody else was faster."""
NUMBERS = 1000
"""How many taken ids a start steps over before it gives up."""
_CACHED = 4096
_STRIPES = 1024
_new = tuple.__new__


class Advanced(NamedTuple):
    """An instance after a step, and what is now to be done. `first` is False for the answer to a duplicate."""

    loaded: Loaded
    outbox: tuple[OutboxRow, ...] = ()
    first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """A wish to start an instance."""

    definition: Definition
    version: int
    now: datetime
    instance: str = ""
    """"" takes the next number of the process."""
    actor: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    parent: str = ""
    call: str = ""
    done: tuple[tuple[str, int], ...] = ()


class Request(NamedTuple):
    """A wish to move an instance."""

    event: Event
    now: datetime
    key: str = ""
    fired: str = ""
    done: tuple[tuple[str, int], ...] = ()


class Steps:
    """Starts and moves instances; knows nothing of people and of deliveries."""

    def __init__(self, store: Store, deployments: Deployments) -> None:
        self._store = store
        self._deployments = deployments
        self._cache: dict[str, Loaded] = {}
        self._numbers: dict[str, tuple[int, int]] = {}  # the next one, and where those that are ours end
        self._numbering = threading.Lock()
        # Steps of one instance queue up here instead of meeting in the database; only other processes can conflict.
        self._stripes = tuple(threading.RLock() for _ in range(_STRIPES))

    # -- reading -------------------------------------------------------------------------------------------------

    def load(self, id: str) -> Loaded:
        """The instance as of now."""
        return self.loaded(self.row(id))

    def row(self, id: str) -> InstanceRow:
        """The instance as it is stored."""
        row = self._store.instance(id)
        if row is None:
            raise UnknownInstance(f"没有实例 {id[:80]}", f"no instance {id[:80]}")
        return row

    def loaded(self, row: InstanceRow) -> Loaded:
        """A row with its definition and snapshot; nothing is parsed when its revision is the one in memory."""
        known = self._cache.get(row.id)
        if known is not None and known.snapshot.revision == row.revision:
            return known
        return self._remember(read(row, self._deployments.by_digest))

    def readable(self, rows: Iterable[InstanceRow]) -> Iterator[Loaded]:
        """Rows with their definitions and snapshots; what is damaged is complained of and passed over."""
        for row in rows:
            try:
                yield self.loaded(row)
            except Damaged as error:
                self._deployments.complain(error)

    def damaged(self) -> Iterator[Damaged]:
        """What keeps instances from being read, as they are stored now, whatever is in memory."""
        for row in self._store.instances():
            try:
                read(row, self._deployments.by_digest)
            except Damaged as error:
                yield error

    def restore(self, id: str) -> Loaded:
        """Write the damaged state of an instance anew, as its journal has it; the journal and the revision stay as they are."""
        row, journal = self.row(id), self._store.journal(id)
        if (reason := not_to_be_restored(row, journal, self._deployments.by_digest)) is not None:
            raise reason
        loaded = self._folded(row, journal)
        self._store.commit(rewritten(loaded, self._store.tasks()))
        self._deployments.mended(id)
        return self._remember(loaded)

    def past(self, loaded: Loaded) -> Iterable[Snapshot]:
        """Every snapshot that an instance has had; only its last where a version that it has left is damaged."""
        try:
            return list(folded(self._store.journal(loaded.row.id), loaded.row.digest, self._deployments.under))
        except Damaged as error:
            self._deployments.complain(error)
            return (loaded.snapshot,)

    def warm(self, id: str) -> Loaded:
        """The instance as it was last seen, which may be old if another process has moved it."""
        return self._cache.get(id) or self.load(id)

    def at_revision(self, id: str, revision: int = 0) -> Loaded:
        """The instance folded from its journal, up to a revision or to the end."""
        return self._folded(self.row(id), self._store.journal(id, revision))

    def _folded(self, row: InstanceRow, journal: Sequence[JournalRow]) -> Loaded:
        snapshot = replay(journal, row.digest, self._deployments.under)
        definition = self._deployments.by_digest(snapshot.digest)
        row = row._replace(snapshot="", revision=snapshot.revision, status=snapshot.status, updated=journal[-1].at)
        return Loaded(definition, row, snapshot)

    def earlier(self, instance: str, key: str) -> Advanced | None:
        """The answer that was given under this key; with no instance: to a start."""
        found = self._store.answered(instance, key) if key else None
        return Advanced(self.at_revision(*found), first=False) if found else None

    # -- moving --------------------------------------------------------------------------------------------------

    def advance(self, id: str, request: Request) -> Advanced:
        """Take an event. Raises `Forbidden`, `EventRejected` or `Conflict`, and then nothing was written."""

        event, now, key, fired, done = request

        def decide(before: Loaded) -> Taken | Rejected:
            definition, _, snapshot, _ = before
            answer = step(definition, snapshot, event, now)
            if isinstance(answer, Rejected):
                return answer
            kind, actor, about = event_of(snapshot, event)
            text = event_text(event, self._deployments.mark(now))
            return _new(Taken, (answer, kind, text, now, key, actor, about, fired, done, None))

        return self._decided(id, key, decide)

    def recovered(self, before: Loaded, to: Definition) -> dict[str, Any]:
        """What an instance lost when it was moved before, and could hold again in this version."""
        if not newcomers(before.definition, to):
            return {}
        journal = self._store.journal(before.row.id)
        if all(row.kind != "migrate" for row in journal):
            return {}
        past = tuple(folded(journal, before.row.digest, self._deployments.under))
        known = ((one, self._deployments.by_digest(one.digest)) for one in reversed(past))
        return recovered(known, before.definition, to)

    def migrate(self, id: str, to: tuple[Definition, int], now: datetime, act: tuple[str, str], drop: bool = False) -> Advanced:
        """Carry an instance over to another version; `act` is (actor, reason). Raises `EventRejected` with all that stands in the way."""
        (definition, version), (actor, reason) = to, act

        def decide(before: Loaded) -> Taken | Rejected:
            restored, gone = self.recovered(before, definition), lost(before.snapshot, before.definition, definition)
            between = before.definition, definition
            answer = moved(before.snapshot, between, now, version, Values(drop=drop, restored=restored))
            if isinstance(answer, Rejected):
                return answer
            stored = {name: to_json(definition.field[name].type, value) for name, value in restored.items()}
            event = {
                "kind": "migrate",
                "from": before.snapshot.version,
                "to": definition.digest,
                "version": version,
                "reason": reason,
                **({"dropped": list(gone)} if gone else {}),
                **({"restored": stored} if stored else {}),
            }
            return Taken(answer, "migrate", self._under_calendar(event, now), now, actor=actor, to=definition)

        return self._decided(id, "", decide)

    def cancel(self, id: str, now: datetime, done: tuple[tuple[str, int], ...] = ()) -> Advanced:
        """End an instance from outside."""

        def decide(before: Loaded) -> Taken | Rejected:
            if before.snapshot.status not in OPEN:
                return Rejected(code="ended", zh="流程已经结束", en="the instance has ended")
            return Taken(cancelled(before.snapshot), "cancel", to_text({"kind": "cancel"}), now, done=done)

        return self._decided(id, "", decide)

    def _decided(self, id: str, key: str, decide: Callable[[Loaded], Taken | Rejected]) -> Advanced:
        conflict: Conflict | None = None
        with self._stripes[hash(id) % _STRIPES]:
            for _ in range(ATTEMPTS):
                before = self._cache.get(id) or self.load(id)
                taken = decide(before)
                if isinstance(taken, Rejected):
                    answer = self.earlier(id, key)
                    if answer is not None:
                        return answer
                    if self._is_old(before):
                        continue
                    raise refusal(taken)
                try:
                    return self._write(before, taken)
                except Conflict as error:
                    conflict = error
                    self._cache.pop(id, None)
                    answer = self.earlier(id, key)
                    if answer is not None:
                        return answer
        raise conflict or Conflict(f"实例 {id} 正由别人推进，请重试", f"somebody else is moving instance {id}; try again")

    def _write(self, before: Loaded, taken: Taken) -> Advanced:
        definition, row, _, _ = before
        snapshot = taken.step.snapshot
        write, after = write_of(before, _new(Loaded, (taken.to or definition, row, snapshot, NOTHING)), taken)
        self._store.commit(write)
        outbox = write.outbox + self._kept(after) if snapshot.pending.calls else write.outbox
        return Advanced(self._remember(after), outbox)

    def _kept(self, after: Loaded) -> tuple[OutboxRow, ...]:
        """Results that were not taken before; perhaps they are now."""
        return tuple(row for row in self._store.outbox(after.row.id) if row.kind == "result" and not row.wake)

    def _is_old(self, before: Loaded) -> bool:
        row = self._store.instance(before.row.id)
        if row is not None and row.revision == before.snapshot.revision:
            return False
        self._cache.pop(before.row.id, None)
        return True

    def _remember(self, loaded: Loaded) -> Loaded:
        if len(self._cache) >= _CACHED:
            for id in list(self._cache)[: _CACHED // 4]:  # the longest known; many at once, because the list costs too
                self._cache.pop(id, None)
        self._cache[loaded.row.id] = loaded
        return loaded

    # -- starting ------------------------------------------------------------------------------------------------

    def begin(self, birth: Birth, check: Callable[[Snapshot], None] | None = None) -> Advanced:
        """Start an instance, once `check` has seen its first snapshot and not objected."""
        for _ in range(1 if birth.instance else NUMBERS):
            id = birth.instance or self._next_id(birth.definition.name)
            values = journalled(birth.values)
            answer = start(
                birth.definition, instance=id, values=values, actor=birth.actor, now=birth.now, version=birth.version
            )
            try:
                if isinstance(answer, Rejected):
                    raise refusal(answer)
                if check is not None:
                    check(answer.snapshot)
            except OyiFlowError:
                if not birth.instance:
                    self._give_back(birth.definition.name, id)
                raise
            try:
                return self._write_birth(id, birth, values, answer)
            except Conflict:
                earlier = self.earlier("", birth.key)
                if earlier is not None:
                    return earlier
                self._catch_up(birth.definition.name)
        raise Conflict(f"实例号 {id} 已被占用", f"instance id {id} is taken")

    def _write_birth(self, id: str, birth: Birth, values: Mapping[str, Any], answer: Step) -> Advanced:
        definition, at = birth.definition, moment(birth.now)
        row = InstanceRow(
            id=id, process=definition.name, version=birth.version, digest=definition.digest, status="", revision=0, snapshot="",
            started=at, updated=at, parent=birth.parent, call=birth.call, key=birth.key,
        )  # fmt: skip
        event = self._under_calendar(
            {"kind": "start", "actor": birth.actor, "version": birth.version, "values": values}, birth.now
        )
        taken = Taken(answer, "start", event, birth.now, actor=birth.actor, done=birth.done)
        write, loaded = write_of(None, Loaded(definition, row, answer.snapshot), taken)
        self._store.commit(write)
        return Advanced(self._remember(loaded), write.outbox)

    def _under_calendar(self, event: dict[str, Any], now: datetime) -> str:
        """An event of the journal, naming the calendar that counted."""
        mark = self._deployments.mark(now)
        return to_text({**event, CALENDAR: mark} if mark else event)

    def _next_id(self, process: str) -> str:
        with self._numbering:
            number, stop = self._numbers.get(process, (0, 0))
            if number >= stop:
                fresh = self._store.numbers(process)
                number, stop = fresh.start, fresh.stop
            self._numbers[process] = number + 1, stop
            return f"{process}-{number}"

    def _give_back(self, process: str, id: str) -> None:
        """A start was refused: the next one takes this number, if no later one is out."""
        with self._numbering:
            number, stop = self._numbers.get(process, (0, 0))
            if number and id == f"{process}-{number - 1}":
                self._numbers[process] = number - 1, stop

    def _catch_up(self, process: str) -> None:
        """An id was taken: another program has been at work, or somebody has chosen it."""
        with self._numbering:
            fresh = self._store.numbers(process)
            self._numbers[process] = max(self._numbers.get(process, (0, 0))[0], fresh.start), fresh.stop


def refusal(rejected: Rejected) -> OyiFlowError:
    """What the caller gets for the kernel's refusal."""
    if rejected.code in ("forbidden", "rule"):
        return Forbidden(rejected.zh, rejected.en)
    return EventRejected(rejected.zh, rejected.en, code=rejected.code, accepted=rejected.accepted)
