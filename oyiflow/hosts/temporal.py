"""The kernel as a deterministic Temporal workflow: one workflow is one instance.

An event is an Update: its validator asks the directory of the worker and lets the kernel try, so what is refused leaves no
history. What the directory said is recorded by a local activity, because a history is replayed without one. Timers are one
Temporal timer for the next that is due, handlers and notices are activities, called processes are child workflows, and after
some hundred steps the workflow continues as new with its snapshot and its journal. The definition is pinned as the input.

    host = TemporalHost(client, [claim], directory=company, handlers={"pay": pay})
    async with host.worker():
        case = await host.start("claim", actor="li")
        await host.complete(case["instance"], "apply", actor="li", values={"amount": "10"})

Needs the extra `temporal`. Other languages send the Update `event` with the JSON of an event (`kernel.event_to_json`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

try:
    from temporalio.client import (
        Client,
        WithStartWorkflowOperation,
        WorkflowExecutionStatus,
        WorkflowHandle,
        WorkflowUpdateFailedError,
    )
    from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
    from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
    from temporalio.service import RPCError, RPCStatusCode
    from temporalio.worker import Replayer, Worker
except ImportError as error:
    raise ImportError(
        f"使用 Temporal 需要安装 temporalio (Temporal needs it): pip install 'oyiflow[temporal]' ({error})"
    ) from error

from oyiflow.engine.access import Access, Directory, check_text
from oyiflow.engine.projection import journalled
from oyiflow.errors import Conflict, EventRejected, Forbidden, OyiFlowError, UnknownInstance, UnknownProcess
from oyiflow.hosts.activities import Doorkeeper, Handler, Helpers, Published
from oyiflow.hosts.admission import check_hosted
from oyiflow.hosts.workflow import ASK, PAGE, STEPS, CaseWorkflow, Given, definition_of, sandbox
from oyiflow.kernel import Act, Event, Message, Snapshot, snapshot_from_json
from oyiflow.kernel.codec import plain
from oyiflow.model import canonical
from oyiflow.model.calendar import PLAIN_WEEK
from oyiflow.model.definition import Definition

QUEUE = "oyiflow"
STICKY = timedelta(seconds=2)
"""How long an event waits for the worker that has the case in memory, if that has died."""
THREADS = 16
"""Handlers that one worker runs at a time."""
_KINDS: Mapping[str, type[OyiFlowError]] = {"Forbidden": Forbidden, "UnknownProcess": UnknownProcess}


class TemporalHost:
    """See the module. The answer to a call: instance, revision, status and configuration after it."""

    def __init__(
        self,
        client: Client,
        definitions: Iterable[Definition] = (),
        *,
        directory: Directory | None = None,
        handlers: Mapping[str, Handler] | None = None,
        queue: str = QUEUE,
        steps: int = STEPS,
    ) -> None:
        self._client = client
        self._queue = queue
        self._steps = steps
        self._access = Access(directory)
        self._handlers = dict(handlers or {})
        self._published = Published()
        calendar = self._access.directory.calendar
        self._calendar = "" if calendar == PLAIN_WEEK else json.dumps(canonical.encode(calendar), sort_keys=True)
        for definition in definitions:
            self.deploy(definition)

    def deploy(self, definition: Definition) -> None:
        """Publish a definition; cases that are running keep theirs."""
        check_hosted(definition)
        self._published.add(definition)

    def worker(self, **options: Any) -> Worker:
        """A worker that runs cases, deliveries and handlers; as many as you like, in any process with the same directory."""
        return Worker(
            self._client,
            task_queue=self._queue,
            workflows=[CaseWorkflow],
            activities=Helpers(self._access, self._published, self._handlers).all,
            workflow_runner=sandbox(),
            interceptors=[Doorkeeper(self._access)],
            **{
                "activity_executor": ThreadPoolExecutor(THREADS),
                "max_concurrent_activities": THREADS,
                "sticky_queue_schedule_to_start_timeout": STICKY,
                **options,
            },
        )

    # -- moving ----------------------------------------------------------------------------------------------------

    async def start(
        self,
        process: str,
        *,
        actor: str = "",
        values: Mapping[str, Any] | None = None,
        version: int | None = None,
        instance: str = "",
    ) -> dict[str, Any]:
        """Start an instance; its id, given or made up, is the id of the workflow."""
        check_text(instance, "instance")
        id = instance or f"{process}-{uuid4().hex[:16]}"
        given = Given(
            definition=self._published.find(process, version),
            calendar=self._calendar,
            actor=actor,
            values=journalled(values),
            steps=self._steps,
        )
        begin = WithStartWorkflowOperation(
            CaseWorkflow.run,
            given,
            id=id,
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
        try:
            found: dict[str, Any] = await self._client.execute_update_with_start_workflow(
                "begun", start_workflow_operation=begin
            )
        except WorkflowAlreadyStartedError as error:
            raise Conflict(f"实例号 {id} 已被占用", f"instance id {id} is taken") from error
        except WorkflowUpdateFailedError as error:
            raise refused(error.cause) from error
        return found

    async def complete(
        self,
        instance: str,
        task: str,
        *,
        actor: str,
        outcome: str = "",
        values: Mapping[str, Any] | None = None,
        comment: str = "",
        checked: Iterable[str] = (),
        key: str = "",
    ) -> dict[str, Any]:
        """Answer an open task, as `Engine.complete` does."""
        act = Act(task=task, outcome=outcome, actor=actor, values=values or {}, comment=comment, checked=tuple(checked))
        return await self.send(instance, act, key=key)

    async def send(
        self, instance: str, event: str | Event, *, actor: str = "", values: Mapping[str, Any] | None = None, key: str = ""
    ) -> dict[str, Any]:
        """Send an event from outside. Repeated with the same `key`, it gets the first answer."""
        check_text(key, "key")
        if isinstance(event, str):
            event = Message(name=event, actor=actor, values=values or {})
        handle = self._handle(instance)
        raw = _raw(event)
        try:
            return await self._update(handle, {**raw, **self._holds(event)}, key)
        except EventRejected as error:
            if error.code != ASK:
                raise
        return await self._update(handle, raw, key)

    def _holds(self, event: Event) -> dict[str, Any]:
        """The roles of whoever answers, where that is all: then the worker need not ask for what its history must hold."""
        directory = self._access.directory
        if not isinstance(event, Act) or event.on_behalf or directory.policies.repeated_approver == "skip":
            return {}
        return {"holds": sorted(directory.roles_of(event.actor))}

    async def _update(self, handle: WorkflowHandle[Any, Any], raw: dict[str, Any], key: str) -> dict[str, Any]:
        id = sha256(json.dumps([key, raw], sort_keys=True).encode()).hexdigest() if key else uuid4().hex
        try:
            found: dict[str, Any] = await handle.execute_update("event", args=[raw, key], id=id)
        except WorkflowUpdateFailedError as error:
            raise refused(error.cause) from error
        except RPCError as error:
            raise await self._missing(handle, error) from error
        return found

    async def cancel(self, instance: str) -> None:
        """End an instance from outside, with all that it has called."""
        handle = self._handle(instance)
        try:
            await handle.cancel()
        except RPCError as error:
            raise await self._missing(handle, error) from error

    # -- looking ---------------------------------------------------------------------------------------------------

    async def definition_of(self, instance: str) -> Definition:
        """The definition that an instance is pinned to."""
        return definition_of(*await self._ask(self._handle(instance), "pinned"))

    async def snapshot(self, instance: str) -> Snapshot:
        """Where an instance stands."""
        definition = await self.definition_of(instance)
        return snapshot_from_json(definition, await self._ask(self._handle(instance), "snapshot"))

    async def history(self, instance: str) -> list[dict[str, Any]]:
        """What happened, the first step first: the lines of `Engine.history` as JSON data."""
        handle, found = self._handle(instance), list[str]()
        while len(page := await self._ask(handle, "journal", len(found))) == PAGE:
            found += page
        return [json.loads(line) for line in (*found, *page)]

    async def notices(self, instance: str) -> list[dict[str, str]]:
        """Who was told about what, the oldest first."""
        names = ("person", "step", "reason", "at", "task")
        return [dict(zip(names, row, strict=True)) for row in await self._ask(self._handle(instance), "notices")]

    def _handle(self, instance: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(instance)

    async def _ask(self, handle: WorkflowHandle[Any, Any], question: str, *args: Any) -> Any:
        try:
            return await handle.query(question, args=args)
        except RPCError as error:
            raise await self._missing(handle, error) from error

    async def _missing(self, handle: WorkflowHandle[Any, Any], error: RPCError) -> Exception:
        """What it means that the server finds no running workflow of this id."""
        if error.status != RPCStatusCode.NOT_FOUND:
            return error
        try:
            status = (await handle.describe()).status
        except RPCError:
            status = None
        if status in (None, WorkflowExecutionStatus.RUNNING):
            return UnknownInstance(f"没有实例 {handle.id}", f"no instance {handle.id}")
        return EventRejected("流程已经结束", "the instance has ended", code="ended")


def _raw(event: Event) -> dict[str, Any]:
    """An event as JSON data, without what is empty, and without knowing its process."""
    parts = {part.name: plain(getattr(event, part.name)) for part in fields(event)}
    return {"kind": type(event).__name__.lower(), **{name: value for name, value in parts.items() if value}}


def replayer() -> Replayer:
    """Replays recorded histories of cases, and fails where this version of the program would do otherwise."""
    return Replayer(workflows=[CaseWorkflow], workflow_runner=sandbox())


def refused(cause: BaseException | None) -> Exception:
    """A refusal that has travelled, as the error that it was."""
    if not isinstance(cause, ApplicationError) or len(cause.details) != 4:
        return cause if isinstance(cause, Exception) else RuntimeError(str(cause))
    zh, en, code, accepted = cause.details
    kind = _KINDS.get(cause.type or "")
    return kind(zh, en) if kind is not None else EventRejected(zh, en, code=code, accepted=accepted)
