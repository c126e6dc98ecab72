"""The durable shell: starts instances, moves them, says what waits for whom.

Everything that an instance is lives in the store; an engine can be killed at any moment and another one goes on. Each
call that moves an instance is one transaction (see `steps`), and then, as well as it goes, delivers what the step asked
for (see `handlers`). A call that returns has been written for good; one that raises has written nothing. Callers who do
not hear an answer repeat the call with the same `key` and get the first answer.

The answer to `start`, `complete` and `send` is the instance right after that step; what handlers and called processes
did afterwards is seen with `instance(id)`. An engine may be used from several threads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

from oyiflow.engine.access import COMMENT_LIMIT, REPEATS, Access, check_given, check_text, elsewhere, state_of
from oyiflow.engine.acts import said
from oyiflow.engine.calendars import Calendars
from oyiflow.engine.deployments import Deployments
from oyiflow.engine.directory import Directory
from oyiflow.engine.entries import is_same, journalled, prepared
from oyiflow.engine.handlers import Delivery, Handler
from oyiflow.engine.keeping import Kept, overstayed
from oyiflow.engine.keys import check_key, key_taken
from oyiflow.engine.operations import Held, Operations, operation_of
from oyiflow.engine.projection import LEADER, PERSON, Loaded
from oyiflow.engine.reports import Inquiry, Line, chosen, lines
from oyiflow.engine.schedules import Schedules
from oyiflow.engine.steps import Advanced, Birth, Request, Steps
from oyiflow.engine.versions import Move, Wish, moves
from oyiflow.engine.views import (
    Deployed,
    FormField,
    Instance,
    JournalEntry,
    Notice,
    Surroundings,
    TaskView,
    Waiting,
    form_view,
    history_views,
    instance_view,
    notice_view,
    task_view,
    waiting_views,
)
from oyiflow.errors import Damaged, EventRejected, Forbidden, OyiFlowError
from oyiflow.kernel import Act, CallEnded, Event, Message, Operate, Snapshot, TimerFired
from oyiflow.kernel.snapshot import OPEN
from oyiflow.model.definition import Definition
from oyiflow.store.chain import Verified, verify
from oyiflow.store.opening import open_store
from oyiflow.store.protocol import Store

DUE_LIMIT = 100


class Engine:
    """See the module. `store` is a URL or a store; without a `directory` nobody may do anything."""

    def __init__(
        self,
        store: str | Store = "sqlite:///:memory:",
        *,
        directory: Directory | None = None,
        clock: Callable[[], datetime] | None = None,
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        self._store: Store = open_store(store) if isinstance(store, str) else store
        self._clock = clock if clock is not None else _wall_clock
        self._access = Access(directory)
        self._deployments = Deployments(self._store, Calendars(self._store, self._access.directory.calendar))
        self._steps = Steps(self._store, self._deployments)
        self._schedules = Schedules(self._steps, self._deployments, self._access, self._lines)
        self._operations = Operations(self._steps, self._store, self._access)
        self._delivery = Delivery(self._steps, self._deployments, self._store, self._access, handlers or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store; may be called twice."""
        self._store.close()

    # -- definitions ---------------------------------------------------------------------------------------------

    def deploy(self, definition: Definition) -> Deployed:
        """Publish a definition. The same content again is a no-op; other content gets its version or the next free one."""
        return self._deployments.deploy(definition, self._now())

    def deployed(self) -> tuple[Deployed, ...]:
        """Everything that was ever published, by name and version."""
        return self._deployments.all()

    def damaged(self, *, cases: bool = True) -> tuple[Damaged, ...]:
        """What can no longer be read, published definitions and calendars, then cases: these stand still, and lists and reports pass them over."""
        found = (*self._deployments.damaged(), *(self._steps.damaged() if cases else ()))
        return tuple({error.key: error for error in found}.values())

    def restore(self, instance: str) -> Instance:
        """Write the damaged state of an instance anew from its journal; refused when it is not damaged, or the journal is."""
        return instance_view(self._steps.restore(instance))

    def definition(self, process: str, version: int | None = None) -> Definition:
        """A published definition: the given version, or the latest."""
        return self._deployments.find(process, version)[0]

    def definition_of(self, instance: str) -> Definition:
        """The definition that an instance is pinned to."""
        return self._steps.load(instance).definition

    # -- moving --------------------------------------------------------------------------------------------------

    def start(
        self,
        process: str | Definition,
        *,
        actor: str = "",
        values: Mapping[str, Any] | None = None,
        version: int | None = None,
        instance: str | None = None,
        key: str | None = None,
    ) -> Instance:
        """Start an instance of a published process (a `Definition` is published first)."""
        if key is not None:
            check_key(key)
        self._access.check_known(actor)
        earlier = self._steps.earlier("", key or "")
        if earlier is not None:
            self._check_same_start(earlier, process, actor)
            return instance_view(earlier.loaded)
        if instance is not None:
            _check_id(instance)
        now = self._now()
        if isinstance(process, Definition):
            deployed = self._deployments.deploy(process, now)
            process, version = deployed.name, deployed.version
        definition, number = self._deployments.find(process, version)
        birth = Birth(
            definition=definition,
            version=number,
            now=now,
            instance=instance or "",
            actor=actor,
            values=values or {},
            key=key or "",
        )

        def check(first: Snapshot) -> None:
            self._access.check_start(definition, first, actor, now)
            check_given(definition, first, birth.values)

        return self._finish(self._steps.begin(birth, check), now)

    def complete(
        self,
        instance: str,
        task: str,
        *,
        actor: str,
        outcome: str = "",
        values: Mapping[str, Any] | None = None,
        comment: str = "",
        checked: Iterable[str] = (),
        key: str | None = None,
    ) -> Instance:
        """Answer an open task, named by its id or by its step. No outcome means the first one (done, approved).

        `checked`: what of the task's checklist has been ticked, in its own words; `*` for all of it.
        """
        return self.send(instance, said(task, outcome, actor, values or {}, comment, tuple(checked)), key=key)

    def send(
        self,
        instance: str,
        event: str | Event,
        *,
        actor: str = "",
        values: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Instance:
        """Send an event from outside. With no actor it is the embedding program's own; an actor must be known."""
        if key is not None:
            check_key(key)
        now = self._now()
        if isinstance(event, str):
            event = Message(name=event, actor=actor, values=values or {})
        loaded = self._steps.warm(instance)
        if loaded.snapshot.pending.timers and isinstance(event, (Act, Message)):
            self._delivery.catch_up(loaded, now)  # what time has brought comes before what people say now
            loaded = self._steps.warm(instance)
        try:
            prepared = self._prepare(loaded, event, now)
        except Forbidden:  # a deputy's day may be over; the answer that was given stands
            answered = self._steps.earlier(instance, key or "")
            if answered is None or not isinstance(event, Act) or not event.on_behalf:
                raise
            self._access.check_known(event.actor)
            self._check_same(answered, event)
            return instance_view(answered.loaded)
        fired = event.timer if isinstance(event, TimerFired) else ""
        advanced = self._steps.advance(instance, Request(prepared, now, key or "", fired))
        if not advanced.first:
            self._check_same(advanced, event)
        answer = self._finish(advanced, now)
        if advanced.first and isinstance(prepared, Act) and self._access.skips_repeats:
            return self._repeat(advanced, prepared, now) or answer
        return answer

    def operate(
        self, instance: str, operation: str, task: str = "", *, actor: str, people: Iterable[str] = (),
        key: str | None = None, **details: Any,
    ) -> Instance:  # fmt: skip
        """Claim, transfer, add a signer, send back, …: do something besides answering (`Operate` says what there is).

        `details`: `when`, `mode`, `to`, `straight`, `comment`, `on_behalf`, as far as the operation asks for them.
        """
        return self.send(instance, operation_of(operation, task, actor, people, details), key=key)

    def handover(
        self, person: str, to: str, *, actor: str, comment: str = "", dry_run: bool = False
    ) -> list[Held]:  # fmt: skip
        """Hand over everything that a person holds in all instances; with `dry_run`, only say what that is."""
        wish = Operate(operation="handover", actor=actor, people=(person, to), comment=comment)
        return self._operations.handover(wish, None if dry_run else self.send)

    def _check_same(self, answered: Advanced, event: Event) -> None:
        """Refuse a key that has already stood for something else: its caller must not believe that this was done."""
        row = self._store.journal(answered.loaded.row.id, answered.loaded.snapshot.revision)[-1]
        if not is_same(json.loads(row.event), row.step, event):
            raise key_taken(row.key)

    def _check_same_start(self, answered: Advanced, process: str | Definition, actor: str) -> None:
        loaded = answered.loaded
        name = process if isinstance(process, str) else process.name
        starter = loaded.snapshot.did.get(loaded.definition.root.id, ("",))
        if name != loaded.row.process or actor not in starter:
            raise key_taken(loaded.row.key)

    def _repeat(self, advanced: Advanced, event: Act, now: datetime) -> Instance | None:
        """Give the consents that follow of themselves (policy `repeated_approver`); the instance after the last of them."""
        answer = None
        for _ in range(REPEATS):
            loaded = advanced.loaded
            follow = self._access.repeated(loaded.definition, loaded.snapshot, event, now)
            if follow is None:
                break
            try:
                advanced = self._steps.advance(loaded.row.id, Request(event=follow, now=now))
            except OyiFlowError:
                break  # then the person is asked after all
            answer, event = self._finish(advanced, now), follow
        return answer

    def _prepare(self, loaded: Loaded, event: Event, now: datetime) -> Event:
        """Check who speaks, add the roles that the directory knows of, and give the values their lasting form."""
        definition, _, snapshot, _ = loaded
        match event:
            case Act() | Message():
                ready = prepared(self._access, definition, snapshot, event, now)
                if isinstance(ready, Act):
                    self._check_while(loaded, ready)
                return ready
            case CallEnded():
                return replace(event, output=journalled(event.output))
            case Operate():
                return self._operations.prepare(loaded, event, now)
            case _:
                return event

    def _check_while(self, loaded: Loaded, act: Act) -> None:
        """Refuse a consent while no case of the other process, with the same value, is where it must be (`only_while`)."""
        state = state_of(loaded.definition, act.task)
        if state is None or state.work is None or state.work.only_while is None:
            return
        wanted = state.work.only_while
        if not any(one.consent for one in state.work.outcomes if act.outcome in one.words):
            return
        value = loaded.snapshot.data.get(wanted.same)
        for other in self._steps.readable(self._store.instances(status="running", process=wanted.process)):
            if value is not None and other.snapshot.data.get(wanted.same) == value and _is_at(other, wanted.at):
                return
        raise elsewhere(loaded.definition, state, wanted, self._deployments.running())

    def _finish(self, advanced: Advanced, now: datetime) -> Instance:
        if advanced.outbox:
            self._delivery.drain(advanced.outbox, now)
        return instance_view(advanced.loaded)

    def run_due(self, now: datetime | None = None, *, limit: int = DUE_LIMIT) -> int:
        """Start what is scheduled, fire due timers, each exactly once, and deliver due outbox items, at least once.

        Returns how many were dealt with.
        """
        assert now is None or now.tzinfo is not None, "a moment has a zone"
        moment = now.astimezone(UTC) if now is not None else self._now()
        started, outbox = self._schedules.run(moment)
        self._delivery.drain(outbox, moment)
        by_store = now is None and self._clock is _wall_clock
        return started + self._delivery.run_due(None if by_store else moment, limit)

    def wait(self, seconds: float) -> bool:
        """Until somebody has left something for a worker, in any process on the same store, or so long; whether somebody has."""
        return self._store.wait(seconds)

    # -- looking -------------------------------------------------------------------------------------------------

    def instance(self, id: str, *, viewer: str | None = None) -> Instance:
        """An instance as of now. With a `viewer` ("" for anybody), sensitive values that this person may not see are masked."""
        loaded = self._steps.load(id)
        return instance_view(loaded, self._roles_of(loaded.definition, viewer))

    def instances(self, status: str | None = None, process: str | None = None, *, viewer: str | None = None) -> list[Instance]:
        """Instances, the oldest first; `viewer` as for `instance`."""
        found = self._steps.readable(self._store.instances(status=status or "", process=process or ""))
        return [instance_view(loaded, self._roles_of(loaded.definition, viewer)) for loaded in found]

    def _roles_of(self, definition: Definition, viewer: str | None) -> frozenset[str] | None:
        return None if viewer is None else self._access.roles(definition, viewer)

    def tasks(
        self, *, person: str | None = None, instance: str | None = None, process: str | None = None, viewer: str | None = None
    ) -> list[TaskView]:
        """What waits for whom, the oldest first; for a person: only what this person may act on now, as this person may see it.

        Without a person, `viewer` as for `instance`.
        """
        seen_by = viewer if person is None else person
        if instance is not None:
            loaded = self._steps.load(instance)
            found = [(loaded, task.id) for task in loaded.snapshot.tasks]
        else:
            rows = self._store.tasks(None if person is None else self._inboxes(person))
            keys = dict.fromkeys((row.instance, row.id) for row in rows if process in (None, row.process))
            known = {one.row.id: one for one in self._steps.readable(map(self._steps.row, dict.fromkeys(id for id, _ in keys)))}
            found = [(known[id], task) for id, task in keys if id in known]
        now = self._now()
        views = (self._view(loaded, task, now, seen_by) for loaded, task in found if process in (None, loaded.row.process))
        return [view for view in views if view is not None and (person is None or person in view.people)]

    def _inboxes(self, person: str) -> set[str]:
        """Under which holders a task for this person can stand: the person, the roles, and what processes call those roles.

        The same for everybody for whom the person stands in now.
        """
        people = self._access.speaks_for(person, self._now())
        roles = {role for one in people for role in self._access.directory.roles_of(one)}
        for definition in self._deployments.running():
            roles.update(role for one in people for role in self._access.roles(definition, one))
        led = {person for one in people for person in self._access.directory.led_by(one)}
        return roles | {PERSON + one for one in people} | {LEADER + one for one in led}

    def _view(self, loaded: Loaded, task_id: str, now: datetime, viewer: str | None) -> TaskView | None:
        task = next((task for task in loaded.snapshot.tasks if task.id == task_id), None)
        roles = self._roles_of(loaded.definition, viewer)
        return task_view(loaded, task, self._access, now, roles) if task is not None else None

    def history(self, id: str, *, viewer: str | None = None) -> list[JournalEntry]:
        """What happened, the first step first; `viewer` as for `instance`."""
        digest, sight = self._steps.load(id).row.digest, lambda definition: self._roles_of(definition, viewer)
        return history_views(self._store.journal(id), digest, self._deployments.by_digest, sight)

    def why(self, id: str, *, viewer: str | None = None) -> list[Waiting]:
        """What an instance waits for, and what would move it; empty when it has ended. `viewer` as for `instance`."""
        loaded = self._steps.load(id)
        store = self._store
        around = Surroundings(journal=store.journal(id), outbox=store.outbox(id), children=store.instances(parent=id))
        return waiting_views(loaded, around, self._access, self._now(), self._roles_of(loaded.definition, viewer))

    def notices(self, *, instance: str | None = None, person: str | None = None) -> list[Notice]:
        """Who was told about overdue tasks, the oldest first."""
        return [notice_view(row) for row in self._store.notices(instance=instance or "", person=person or "")]

    def form(self, instance: str, task: str, person: str) -> tuple[FormField, ...]:
        """What a task shows this person: which fields, with which values, and which of them are to be filled in."""
        self._access.check_known(person)
        return form_view(self._steps.load(instance), task, self._access, person, self._now())

    def report(self, process: str, name: str = "", *, period: str = "", viewer: str | None = None) -> list[Line]:
        """The answers of the `reports:` of a process, or of one; of one period (`2026-07`) or of all; `viewer` as for `instance`."""
        return self._lines(process, name, period, self._now(), viewer)

    def _lines(self, process: str, name: str, period: str, now: datetime, viewer: str | None = None) -> list[Line]:
        definition = self.definition(process)
        found, rows = chosen(definition, name, period), self._store.instances(process=process)
        loaded = list(self._steps.readable(rows))
        inquiry = Inquiry(
            definition=definition,
            loaded=loaded,
            left_out=len(rows) - len(loaded),
            journal=self._store.journal,
            access=self._access,
            today=definition.calendar.today(now),
            viewer=viewer,
            period=period,
        )
        return [line for one in found for line in lines(one, inquiry)]

    def overdue(self, *, viewer: str | None = None) -> list[TaskView]:
        """Every open task whose deadline has passed, the longest first; `viewer` as for `instance`."""
        now = self._now()
        passed = (task for task in self.tasks() if task.due is not None and task.due <= now)
        late = sorted(passed, key=lambda task: (task.due or now, task.id))
        if viewer is None:
            return late
        shown = {(task.instance, task.id): task for task in self.tasks(viewer=viewer)}
        return [shown[task.instance, task.id] for task in late if (task.instance, task.id) in shown]

    def kept(self) -> list[Kept]:
        """Of cases that have ended, the fields of which something is kept longer than they say (`keep`), and files to be deleted."""
        rows = (row for status in ("done", "cancelled") for row in self._store.instances(status=status))
        return list(overstayed(self._steps.readable(rows), self._deployments.versions(), self._steps.past, self._now()))

    def migrate(
        self,
        process: str,
        *,
        to: int | None = None,
        instance: str = "",
        actor: str = "",
        reason: str = "",
        dry_run: bool = False,
        drop_values: bool = False,
    ) -> list[Move]:
        """Carry running instances of a process (or one of them) over to a version, by default the latest.

        With `dry_run` nothing is written, and the answer says what would become of each. Whoever has no place in the other version
        stays; so does who holds a value that has none, unless `drop_values`. To undo it, migrate to the version before: it gets
        back what was dropped.
        """
        if actor:
            self._access.check_known(actor)
        check_text(reason, "reason", COMMENT_LIMIT)
        target = self._deployments.find(process, to)
        if instance:
            loaded = [self._steps.load(instance)]
        else:
            rows = (row for status in OPEN for row in self._store.instances(status=status, process=process))
            loaded = list(self._steps.readable(rows))
        return list(moves(self._steps, loaded, target, self._now(), Wish(None if dry_run else (actor, reason), drop_values)))

    def snapshot(self, id: str) -> Snapshot:
        """The stored snapshot of an instance."""
        return self._steps.load(id).snapshot

    def replay(self, id: str) -> Snapshot:
        """The snapshot folded from the journal; equal to the stored one unless somebody tampered with the database."""
        return self._steps.at_revision(id).snapshot

    def verify(self, id: str) -> Verified:
        """Whether the chain of seals of the journal holds: see `store.chain`."""
        return verify(self._steps.row(id), self._store.journal(id))

    def _now(self) -> datetime:
        now = self._clock()
        assert now.tzinfo is not None, "the clock gives aware datetimes"
        return now if now.tzinfo is UTC else now.astimezone(UTC)


def _is_at(loaded: Loaded, state: str) -> bool:
    """Whether an instance is in a state, itself or inside it."""
    parents = loaded.definition.parents
    for leaf in loaded.snapshot.configuration:
        name = leaf
        while name and name != state:
            name = parents.get(name, "")
        if name:
            return True
    return False


def _check_id(id: str) -> None:
    check_text(id, "instance")
    if not id or "/" in id or id != id.strip():
        raise EventRejected(
            "实例号不能为空、不能含“/”、首尾不能有空格", 'an instance id is not empty, holds no "/", no space at its ends',
            code="invalid_value",
        )  # fmt: skip


_wall_clock = partial(datetime.now, UTC)
