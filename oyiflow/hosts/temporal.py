"""The kernel as a deterministic Temporal workflow: one workflow is one instance.

An event is an Update: its validator asks the directory of the worker and lets the kernel try, so what is refused leaves no
history. What the directory said is recorded by a local activity, because a history is replayed without one. Timers are one
Temporal timer for the next that is due, handlers and notices are activities, called processes are child workflows, and after
some hundred steps the workflow continues as new with its snapshot and its journal. The definition is pinned as the input.

    host = TemporalHost(client, [claim], directory=company, handlers={"pay": pay})
    async with host.worker():
        case = await host.start("claim", actor="li")
        await host.complete(case["instance"], "apply", actor="li", values={"amount": "10"})

Whatever Temporal says instead of an answer is raised as an error of this package: a server or a worker that is away is
`StoreGone`, and the call is to be repeated under the same key.

Needs the extra `temporal`. Other languages send the Update `event` with the JSON of an event (`kernel.event_to_json`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

try:
    from temporalio.client import (
        Client,
        RPCTimeoutOrCancelledError,
        WithStartWorkflowOperation,
        WorkflowExecutionStatus,
        WorkflowHandle,
        WorkflowQueryFailedError,
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

from oyiflow.engine.access import Access, check_text
from oyiflow.engine.directory import Directory
from oyiflow.engine.entries import journalled
from oyiflow.engine.handlers import LEASE, Handler
from oyiflow.engine.keys import check_key
from oyiflow.errors import Conflict, EventRejected, Forbidden, OyiFlowError, UnknownInstance, UnknownProcess
from oyiflow.hosts.activities import Doorkeeper, Helpers, Published
from oyiflow.hosts.admission import ASK, check_size, said
from oyiflow.hosts.case import START, again
from oyiflow.hosts.workflow import PAGE, PAGE_SIZE, STEPS, CaseWorkflow, Given, name_of, named, sandbox
from oyiflow.kernel import Act, Event, Message, Snapshot, event_to_json, snapshot_from_json
from oyiflow.model import canonical
from oyiflow.model.calendar import PLAIN_WEEK
from oyiflow.model.definition import Definition
from oyiflow.store.failures import StoreGone

QUEUE = "oyiflow"
STICKY = timedelta(seconds=2)
"""How long an event waits for the worker that has the case in memory, if that has died."""
PATIENCE = timedelta(seconds=15)
"""How long a call waits for a worker; Temporal itself would wait for ever."""
THREADS = 16
"""Handlers that one worker runs at a time."""
_KINDS: Mapping[str, type[OyiFlowError]] = {"Forbidden": Forbidden, "UnknownProcess": UnknownProcess}
_SILENT = (RPCError, RPCTimeoutOrCancelledError, WorkflowQueryFailedError)


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
        lease: timedelta = LEASE,
        patience: timedelta = PATIENCE,
    ) -> None:
        """`lease`: how long a handler may take before it is tried again; `patience`: how long a call waits for a worker."""
        self._client = client
        self._queue = queue
        self._steps = steps
        self._lease = lease
        self._patience = patience
        self._access = Access(directory)
        self._handlers = dict(handlers or {})
        self._published = Published()
        calendar = self._access.directory.calendar
        self._calendar = "" if calendar == PLAIN_WEEK else json.dumps(canonical.encode(calendar), sort_keys=True)
        for definition in definitions:
            self.deploy(definition)

    def deploy(self, definition: Definition) -> None:
        """Publish a definition; cases that are running keep theirs. Refuses what only an engine can do, which sees all instances."""
        if any(state.work is not None and state.work.only_while for state in definition.states.values()):
            raise EventRejected(
                f"{definition.name} 用了 only_while，这个宿主看不到别的实例；请用引擎",
                f"{definition.name} uses only_while, and this host does not see other instances; run it on the engine",
                code="not_accepted",
            )
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
        key: str = "",
    ) -> dict[str, Any]:
        """Start an instance; its id, given or made up, is the id of the workflow. Repeated with the same `key`, it is the same one."""
        check_text(instance, "instance")
        if key:
            check_key(key)
        id = instance or f"{process}-{(sha256(key.encode()).hexdigest() if key else uuid4().hex)[:16]}"
        given = Given(
            definition=self._published.find(process, version),
            calendar=self._calendar,
            actor=actor,
            values=journalled(values),
            key=key,
            steps=self._steps,
            lease=self._lease.total_seconds(),
        )
        check_size(given.values)
        begin = WithStartWorkflowOperation(
            CaseWorkflow.run,
            given,
            id=id,
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,  # that is, if its start was refused
        )
        try:
            return await self._begun(id, begin)
        except WorkflowAlreadyStartedError as error:
            told = await self._ask(id, "answered", START + key) if key else []
            if not told:
                raise Conflict(f"实例号 {id} 已被占用", f"instance id {id} is taken") from error
            return again(told, [process, actor], key)

    async def _begun(self, id: str, begin: WithStartWorkflowOperation[Any, Any]) -> dict[str, Any]:
        update = self._client.execute_update_with_start_workflow
        try:
            call = update("begun", start_workflow_operation=begin)
            found: dict[str, Any] = await self._answer(id, call)
        except (OyiFlowError, WorkflowAlreadyStartedError):
            with suppress(Exception, asyncio.CancelledError):  # the SDK says it twice, and complains if one is not listened to
                await begin.workflow_handle()
            raise
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
        if key:
            check_key(key)
        if isinstance(event, str):
            event = Message(name=event, actor=actor, values=values or {})
        raw = _raw(event)
        check_size(raw)
        try:
            return await self._update(instance, {**raw, **self._holds(event)}, key)
        except EventRejected as error:
            told = await self._ask(instance, "answered", key) if key and error.code == "ended" else []
            if told:
                return again(told, said(raw), key)
            if error.code != ASK:
                raise
        return await self._update(instance, raw, key)

    def _holds(self, event: Event) -> dict[str, Any]:
        """The roles of whoever answers, where that is all: then the worker need not ask for what its history must hold."""
        directory = self._access.directory
        if not isinstance(event, Act) or event.on_behalf or directory.policies.repeated_approver == "skip":
            return {}
        return {"holds": sorted(directory.roles_of(event.actor))}

    async def _update(self, instance: str, raw: dict[str, Any], key: str) -> dict[str, Any]:
        id = sha256(json.dumps([key, raw], sort_keys=True).encode()).hexdigest() if key else uuid4().hex
        call = self._handle(instance).execute_update("event", args=[raw, key], id=id)
        found: dict[str, Any] = await self._answer(instance, call)
        return found

    async def cancel(self, instance: str) -> None:
        """End an instance from outside, with all that it has called."""
        await self._answer(instance, self._handle(instance).cancel())

    # -- looking ---------------------------------------------------------------------------------------------------

    async def definition_of(self, instance: str) -> Definition:
        """The definition that an instance is pinned to, with its calendar."""
        return named(name_of(*await self._ask(instance, "pinned")))

    async def snapshot(self, instance: str) -> Snapshot:
        """Where an instance stands."""
        definition = await self.definition_of(instance)
        return snapshot_from_json(definition, await self._ask(instance, "snapshot"))

    async def history(self, instance: str) -> list[dict[str, Any]]:
        """What happened, the first step first: the lines of `Engine.history` as JSON data."""
        found: list[str] = []
        while True:
            page = await self._ask(instance, "journal", len(found))
            found += page
            if len(page) < PAGE and sum(map(len, page)) <= PAGE_SIZE:  # it was not cut off
                return [json.loads(line) for line in found]

    async def notices(self, instance: str) -> list[dict[str, str]]:
        """Who was told about what, the oldest first."""
        names = ("person", "step", "reason", "at", "task")
        return [dict(zip(names, row, strict=True)) for row in await self._ask(instance, "notices")]

    def _handle(self, instance: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(instance)

    async def _ask(self, instance: str, question: str, *args: Any) -> Any:
        return await self._answer(instance, self._handle(instance).query(question, args=args))

    async def _answer(self, instance: str, call: Awaitable[Any]) -> Any:
        """What Temporal answers; what it says instead is raised as an error of ours."""
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                return await _cancellable(call)
        except TimeoutError as error:
            raise _gone(f"{self._patience.total_seconds():g} s") from error
        except WorkflowUpdateFailedError as error:
            raise refused(error.cause) from error
        except _SILENT as error:
            raise await self._meaning(instance, error) from error

    async def _meaning(self, instance: str, error: Exception) -> OyiFlowError:
        """What it means that there is no answer."""
        status = error.status if isinstance(error, RPCError) else None
        is_missing = status is RPCStatusCode.NOT_FOUND
        if status is RPCStatusCode.INVALID_ARGUMENT:
            return EventRejected(f"Temporal 不接受：{error}", f"Temporal does not take this: {error}", code="invalid_value")
        if not is_missing and not isinstance(error, WorkflowQueryFailedError):
            return _gone(error)
        try:
            found = (await self._handle(instance).describe()).status
        except RPCError as second:
            if second.status is not RPCStatusCode.NOT_FOUND:
                return _gone(second)
            found = WorkflowExecutionStatus.FAILED  # as where a start was refused: nothing has begun
        if found is WorkflowExecutionStatus.FAILED or (is_missing and found is WorkflowExecutionStatus.RUNNING):
            return UnknownInstance(f"没有实例 {instance}", f"no instance {instance}")
        return EventRejected("流程已经结束", "the instance has ended", code="ended") if is_missing else _gone(error)


async def _cancellable(call: Awaitable[Any]) -> Any:
    """The SDK gives an error of its own for whoever has lost patience; asyncio needs the one that it began with."""
    try:
        return await call
    except RPCTimeoutOrCancelledError as error:
        if isinstance(error.__cause__, asyncio.CancelledError):
            raise error.__cause__ from None
        raise


def _gone(error: object) -> StoreGone:
    return StoreGone(
        f"Temporal 或它的 worker 没有回答（{error}）。正在写的可能已记下，也可能没有：请用同一个 key 重试",
        f"Temporal or its worker does not answer: {error}. What was being written may be recorded or not: repeat it with the same key",
    )


def _raw(event: Event) -> dict[str, Any]:
    """An event as JSON data, its values in their lasting form, and without what is empty."""
    if isinstance(event, Act | Message):
        event = replace(event, values=journalled(event.values))
    return {name: part for name, part in event_to_json(event).items() if part}


def replayer() -> Replayer:
    """Replays recorded histories of cases, and fails where this version of the program would do otherwise."""
    return Replayer(workflows=[CaseWorkflow], workflow_runner=sandbox())


def refused(cause: BaseException | None) -> OyiFlowError:
    """A refusal that has travelled, as the error that it was."""
    if not isinstance(cause, ApplicationError) or len(cause.details) != 4:
        return _gone(cause)
    zh, en, code, accepted = cause.details
    kind = _KINDS.get(cause.type or "")
    return kind(zh, en) if kind is not None else EventRejected(zh, en, code=code, accepted=accepted)
