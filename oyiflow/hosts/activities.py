"""What a worker does outside of the workflows: it knows the people, the published definitions and the handlers.

Questions about people and definitions are local activities: they are answered in the process that runs the workflow, and
the answer stands in its history; a directory answers from memory, or quickly. Handlers are activities, tried again by Temporal with the engine's pauses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from oyiflow.engine.access import Access, check_given
from oyiflow.engine.failures import reason_of
from oyiflow.engine.handlers import ELSEWHERE, Handler, handler_of, is_last, output_of, pause
from oyiflow.errors import Bilingual, OyiFlowError, UnknownProcess
from oyiflow.hosts.admission import admitted
from oyiflow.hosts.workflow import CaseWorkflow, named, travelling
from oyiflow.kernel import event_from_json, event_to_json, snapshot_from_json
from oyiflow.model import canonical
from oyiflow.model.definition import Definition


class Published:
    """The definitions that can be started, by name and version, in canonical JSON."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[int, str]] = {}

    def add(self, definition: Definition) -> None:
        """Publish; the same version twice must be the same content, for each worker publishes on its own."""
        name, version, text = definition.name, definition.version, canonical.dumps(definition)
        if self._texts.setdefault(name, {}).setdefault(version, text) != text:
            raise UnknownProcess(
                f"{name} 版本 {version} 已有另一内容，请给新版本号",
                f"{name} version {version} has other content already; give it a new version",
            )

    def find(self, name: str, version: int | None = None) -> str:
        """The given version, or the latest."""
        versions = self._texts.get(name, {})
        found = versions.get(max(versions, default=0) if version is None else version)
        if found is None:
            known = "、".join(f"{one} {number}" for one, all in self._texts.items() for number in sorted(all)) or "-"
            wanted = name if version is None else f"{name} {version}"
            raise UnknownProcess(
                f"没有发布过流程 {wanted}；已发布：{known}", f"no process {wanted} is published; published: {known}"
            )
        return found


class Helpers:
    """The activities of one worker."""

    def __init__(self, access: Access, published: Published, handlers: Mapping[str, Handler]) -> None:
        self._access = access
        self._published = published
        self._handlers = dict(handlers)

    @property
    def all(self) -> list[Callable[..., Any]]:
        """What the worker registers."""
        return [self.admit, self.entitle, self.recipients, self.find, self.perform]

    @activity.defn(name="oyiflow.admit")
    async def admit(self, name: str, snapshot: str, now: str, actor: str, given: Sequence[str] = ()) -> None:
        """Refuse whoever may not start, and values that are not for the start. `given`: the fields that came with it."""
        definition = named(name)
        with travelling():
            first = snapshot_from_json(definition, snapshot)
            self._access.check_start(definition, first, actor, datetime.fromisoformat(now))
            check_given(definition, first, given)

    @activity.defn(name="oyiflow.entitle")
    async def entitle(self, name: str, snapshot: str, now: str, event: dict[str, Any]) -> list[dict[str, Any]]:
        """The event with what the directory knows of whoever speaks, and what follows of itself."""
        definition = named(name)
        before, wish = snapshot_from_json(definition, snapshot), event_from_json(event)
        with travelling():
            found = admitted(self._access, definition, before, wish, datetime.fromisoformat(now))
        return [event_to_json(one) for one in found]

    @activity.defn(name="oyiflow.recipients")
    async def recipients(self, name: str, snapshot: str, now: str, told: dict[str, Any]) -> tuple[list[str], bool]:
        """Whom a notice is for, and whether this program has a handler that tells them."""
        definition, at = named(name), datetime.fromisoformat(now)
        people = self._access.recipients(definition, snapshot_from_json(definition, snapshot), told, at)
        return list(people), "notify" in self._handlers

    @activity.defn(name="oyiflow.find")
    async def find(self, process: str, version: int | None) -> str:
        """A published definition in canonical JSON."""
        with travelling():
            return self._published.find(process, version)

    @activity.defn(name="oyiflow.perform")
    def perform(self, handler: str, values: dict[str, Any], key: str, retries: int | None) -> dict[str, Any]:
        """Call a handler of the embedding program, with the same key at every try."""
        try:
            called = handler_of(self._handlers, handler)
        except OyiFlowError as error:
            raise ApplicationError(str(error), error.zh, error.en, next_retry_delay=ELSEWHERE) from None
        try:
            return output_of(called, values, key)
        except Exception as error:
            reason, failures = reason_of(error), activity.info().attempt
            apart = (reason.zh, reason.en) if isinstance(reason, Bilingual) else ()
            raise ApplicationError(
                reason,
                *apart,
                type=type(error).__name__,
                non_retryable=is_last(failures, retries),
                next_retry_delay=pause(failures - 1),
            ) from None


class Doorkeeper(Interceptor):
    """Has every event from outside checked with the directory of this worker, before it leaves a trace."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """The class whose instances stand before each workflow."""
        access = self._access

        class Door(WorkflowInboundInterceptor):
            def handle_update_validator(self, input: HandleUpdateInput) -> None:
                case = workflow.instance()
                if isinstance(case, CaseWorkflow):
                    case.check(access, *input.args)
                else:
                    super().handle_update_validator(input)

        return Door
