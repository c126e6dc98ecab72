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
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from oyiflow.engine.access import COMMENT_LIMIT, Access, Directory, check_event, check_text
from oyiflow.engine.calendars import Calendars
from oyiflow.engine.deployments import Deployments
from oyiflow.engine.handlers import Delivery, Handler
from oyiflow.engine.projection import OWN_KEY, PERSON, Loaded, is_same, journalled
from oyiflow.engine.steps import Advanced, Birth, Request, Steps
from oyiflow.engine.views import (
    Deployed,
    Instance,
    JournalEntry,
    Notice,
    Surroundings,
    TaskView,
    Waiting,
    instance_view,
    journal_view,
    notice_view,
    task_view,
    waiting_views,
)
from oyiflow.errors import EventRejected, Forbidden, OyiFlowError
from oyiflow.kernel import Act, CallEnded, Event, Message, Snapshot, TimerFired
from oyiflow.model.definition import Definition
from oyiflow.store.protocol import Store
from oyiflow.store.sqlite import open_store

DUE_LIMIT = 100
REPEATS = 100
"""Consents that may follow of themselves from one."""
_OWN_KEYS = (OWN_KEY, "timer:", "call:")


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
        self._check_key(key)
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
        check = lambda first: self._access.check_start(definition, first, actor, now)  # noqa: E731
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
        key: str | None = None,
    ) -> Instance:
        """Answer an open task, named by its id or by its step. No outcome means the first one (done, approved)."""
        act = Act(task=task, outcome=outcome, actor=actor, values=values or {}, comment=comment)
        return self.send(instance, act, key=key)

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
        self._check_key(key)
        now = self._now()
        if isinstance(event, str):
            event = Message(name=event, actor=actor, values=values or {})
        try:
            prepared = self._prepare(self._steps.warm(instance), event, now)
        except Forbidden:  # a deputy's day may be over; the answer that was given stands
            answered = self._steps.earlier(instance, key or "")
            if answered is None or not isinstance(event, Act) or not event.on_behalf:
                raise
            self._access.check_known(event.actor)
            self._check_same(answered, event)
            return instance_view(answered.loaded)
        fired = event.timer if isinstance(event, TimerFired) else ""
        advanced = self._steps.advance(instance, Request(event=prepared, now=now, key=key or "", fired=fired))
        if not advanced.first:
            self._check_same(advanced, event)
        answer = self._finish(advanced, now)
        return self._repeat(advanced, prepared, now) or answer if isinstance(prepared, Act) and advanced.first else answer

    def _check_same(self, answered: Advanced, event: Event) -> None:
        """Refuse a key that has already stood for something else: its caller must not believe that this was done."""
        row = self._store.journal(answered.loaded.row.id, answered.loaded.snapshot.revision)[-1]
        if not is_same(json.loads(row.event), row.step, event):
            raise _key_taken(row.key)

    def _check_same_start(self, answered: Advanced, process: str | Definition, actor: str) -> None:
        loaded = answered.loaded
        name = process if isinstance(process, str) else process.name
        starter = loaded.snapshot.did.get(loaded.definition.root.id, ("",))
        if name != loaded.row.process or actor not in starter:
            raise _key_taken(loaded.row.key)

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
        match event:
            case Act():
                check_text(event.task, "task")
                check_text(event.outcome, "outcome")
                check_text(event.comment, "comment", COMMENT_LIMIT)
                self._access.check_known(event.actor)
                outcome = event.outcome or _first_outcome(loaded, event.task)
                act = replace(event, outcome=outcome, values=journalled(event.values))
                return self._access.answer(loaded.definition, loaded.snapshot, act, now)
            case Message():
                check_text(event.name, "event")
                if event.actor:
                    self._access.check_known(event.actor)
                check_event(loaded.definition, event.name)
                return replace(event, values=journalled(event.values))
            case CallEnded():
                return replace(event, output=journalled(event.output))
            case _:
                return event

    def _finish(self, advanced: Advanced, now: datetime) -> Instance:
        if advanced.outbox:
            self._delivery.drain(advanced.outbox, now)
        return instance_view(advanced.loaded)

    def run_due(self, now: datetime | None = None, *, limit: int = DUE_LIMIT) -> int:
        """Fire due timers, each exactly once, and deliver due outbox items, at least once. Returns how many were dealt with."""
        assert now is None or now.tzinfo is not None, "a moment has a zone"
        return self._delivery.run_due(now.astimezone(UTC) if now is not None else self._now(), limit)

    # -- looking -------------------------------------------------------------------------------------------------

    def instance(self, id: str) -> Instance:
        """An instance as of now."""
        return instance_view(self._steps.load(id))

    def instances(self, status: str | None = None, process: str | None = None) -> list[Instance]:
        """Instances, the oldest first."""
        rows = self._store.instances(status=status or "", process=process or "")
        return [instance_view(self._steps.loaded(row)) for row in rows]

    def tasks(self, *, person: str | None = None, instance: str | None = None, process: str | None = None) -> list[TaskView]:
        """What waits for whom, the oldest first; for a person: only what this person may act on now."""
        if instance is not None:
            loaded = self._steps.load(instance)
            found = [(loaded, task.id) for task in loaded.snapshot.tasks]
        else:
            rows = self._store.tasks(None if person is None else self._inboxes(person))
            keys = dict.fromkeys((row.instance, row.id) for row in rows if process in (None, row.process))
            known = {id: self._steps.load(id) for id, _ in keys}
            found = [(known[id], task) for id, task in keys]
        now = self._now()
        views = (self._view(loaded, task, now) for loaded, task in found if process in (None, loaded.row.process))
        return [view for view in views if view is not None and (person is None or person in view.people)]

    def _inboxes(self, person: str) -> set[str]:
        """Under which holders a task for this person can stand: the person, the roles, and what processes call those roles.

        The same for everybody for whom the person stands in now.
        """
        people = self._access.speaks_for(person, self._now())
        roles = {role for one in people for role in self._access.directory.roles_of(one)}
        for definition in self._deployments.running():
            roles.update(role for one in people for role in self._access.roles(definition, one))
        return roles | {PERSON + one for one in people}

    def _view(self, loaded: Loaded, task_id: str, now: datetime) -> TaskView | None:
        task = next((task for task in loaded.snapshot.tasks if task.id == task_id), None)
        return task_view(loaded, task, self._access, now) if task is not None else None

    def history(self, id: str) -> list[JournalEntry]:
        """What happened, the first step first."""
        self._steps.load(id)
        return [journal_view(row) for row in self._store.journal(id)]

    def why(self, id: str) -> list[Waiting]:
        """What an instance waits for, and what would move it; empty when it has ended."""
        loaded = self._steps.load(id)
        store = self._store
        around = Surroundings(journal=store.journal(id), outbox=store.outbox(id), children=store.instances(parent=id))
        return waiting_views(loaded, around, self._access, self._now())

    def notices(self, *, instance: str | None = None, person: str | None = None) -> list[Notice]:
        """Who was told about overdue tasks, the oldest first."""
        return [notice_view(row) for row in self._store.notices(instance=instance or "", person=person or "")]

    def snapshot(self, id: str) -> Snapshot:
        """The stored snapshot of an instance."""
        return self._steps.load(id).snapshot

    def replay(self, id: str) -> Snapshot:
        """The snapshot folded from the journal; equal to the stored one unless somebody tampered with the database."""
        return self._steps.at_revision(id).snapshot

    def _now(self) -> datetime:
        now = self._clock()
        assert now.tzinfo is not None, "the clock gives aware datetimes"
        return now.astimezone(UTC)

    def _check_key(self, key: str | None) -> None:
        check_text(key or "", "key")
        if key is not None and (not key or key.startswith(_OWN_KEYS)):
            raise EventRejected(
                "key 不能为空，也不能以 #、timer:、call: 开头", "a key is not empty and does not begin with #, timer: or call:",
                code="invalid_value",
            )  # fmt: skip


def _first_outcome(loaded: Loaded, name: str) -> str:
    """What an answer without an outcome means, so that the journal says it in so many words."""
    state = next((task.state for task in loaded.snapshot.tasks if name in (task.id, task.state)), name)
    found = loaded.definition.states.get(state)
    return found.work.outcomes[0].name if found and found.work and found.work.outcomes else ""


def _key_taken(key: str) -> EventRejected:
    return EventRejected(
        f"key {key} 已用于另一次请求", f"the key {key} has already been used for another request", code="key_taken"
    )


def _check_id(id: str) -> None:
    check_text(id, "instance")
    if not id or "/" in id or id != id.strip():
        raise EventRejected(
            "实例号不能为空、不能含“/”、首尾不能有空格", 'an instance id is not empty, holds no "/", no space at its ends',
            code="invalid_value",
        )  # fmt: skip


def _wall_clock() -> datetime:
    return datetime.now(UTC)
