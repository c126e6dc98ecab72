"""The Temporal workflow that is one instance. See `temporal`."""

from __future__ import annotations

import asyncio
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ApplicationErrorCategory,
    FailureError,
    is_cancelled_exception,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from oyiflow.engine.access import Access, asks_for_starter
from oyiflow.engine.projection import journalled
from oyiflow.errors import EventRejected, OyiFlowError
from oyiflow.hosts.admission import admitted, spoken
from oyiflow.hosts.case import Case, first_step, said
from oyiflow.kernel import CallEnded, Event, Step, TimerFired, event_from_json, snapshot_to_json
from oyiflow.kernel.messages import CallCancelled, CallStarted, Copied, Ended, Notified, Performed
from oyiflow.model import canonical
from oyiflow.model.definition import Definition

STEPS = 400
"""How many steps one run takes before it continues as new; a replay never has more to do."""
LEASE = timedelta(minutes=5)
"""How long a handler may take before it is tried again."""
PAUSES = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600))
"""How long to wait after the first, second … failure; a handler that fails once more than there are pauses has failed."""
LONGEST = timedelta(hours=1)
DEPTH = 20
"""How deep processes may call each other."""
ASK = "ask"
"""The code of a refusal: the roles that an answer brought along are not all that there is to know; send it without."""
PAGE = 500
"""Lines of the journal that one query gives."""
PATIENCE = timedelta(seconds=10)
"""How long the directory may take to answer."""
_REASON = 500
_NAMED: dict[str, Definition] = {}


def pause(failures: int) -> timedelta:
    """How long to wait after so many failures before this one."""
    return PAUSES[failures] if failures < len(PAUSES) else LONGEST


@dataclass(frozen=True, kw_only=True)
class Given:
    """The input of a run: what never changes, and what a run before has left."""

    definition: str
    """In canonical JSON."""
    calendar: str = ""
    """The same of the calendar; "" is the plain week."""
    actor: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    steps: int = STEPS
    carried: str = ""


@cache
def name_of(text: str, calendar: str) -> str:
    """Under which name this process has a definition with its calendar ready."""
    made = canonical.loads(text)
    made = replace(made, calendar=canonical.decode(json.loads(calendar))) if calendar else made
    name = f"{made.digest}/{sha256(calendar.encode()).hexdigest()}"
    _NAMED[name] = made
    return name


def named(name: str) -> Definition:
    """The definition of a workflow that runs in this process."""
    return _NAMED[name]


def definition_of(text: str, calendar: str) -> Definition:
    """A definition with its calendar. They are few, and each workflow of the process shares them."""
    return _NAMED[name_of(text, calendar)]


def failure(error: OyiFlowError) -> ApplicationError:
    """A refusal as it travels; `temporal.refused` makes it an error of ours again."""
    rejected = error if isinstance(error, EventRejected) else None
    details = [error.zh, error.en, rejected.code if rejected else "", list(rejected.accepted) if rejected else []]
    name, benign = type(error).__name__, ApplicationErrorCategory.BENIGN  # no mistake of a program: nobody logs it
    return ApplicationError(str(error), *details, type=name, non_retryable=True, category=benign)


@workflow.defn(name="oyiflow.case")
class CaseWorkflow:
    """One instance; its id is the id of the workflow."""

    @workflow.init
    def __init__(self, given: Given) -> None:
        self._given = given
        self._definition = definition_of(given.definition, given.calendar)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._kept: list[CallEnded] = []  # failures that nobody takes now
        self._notices: list[list[str]] = []
        self._late: dict[str, datetime] = {}  # timers that could not be taken, and when to try again
        self._first: Step | None = None
        self._output: Mapping[str, Any] = {}
        self._broken: BaseException | None = None
        self._name = name_of(given.definition, given.calendar)
        self._problem: ApplicationError | None = None
        self._admitted = bool(given.carried)
        self._taken = 0
        if given.carried:
            self._restore(json.loads(zlib.decompress(b64decode(given.carried))))
        else:
            self._begin()

    def _begin(self) -> None:
        now, given = workflow.now(), self._given
        try:
            self._first = first_step(self._definition, workflow.info().workflow_id, now, given.actor, given.values)
        except OyiFlowError as error:
            self._problem = failure(error)
        else:
            self._case = Case.born(self._definition, self._first, now, given.actor, given.values)

    # -- the life of a case ----------------------------------------------------------------------------------------

    @workflow.run
    async def run(self, given: Given) -> dict[str, Any]:
        """From the first step to the end, or until the next run takes over. Returns the status and the values."""
        if not given.carried:
            await self._open()
        try:
            await self._live()
        except asyncio.CancelledError:
            if not self._case.is_over:
                calls = dict(self._case.snapshot.calls)
                self._perform(self._case.cancel(workflow.now()), calls)
        await workflow.wait_condition(lambda: not self._running and workflow.all_handlers_finished())
        if self._broken is not None:
            raise self._broken
        data = {**self._case.snapshot.data, **self._output}
        return {"status": self._case.snapshot.status, "values": journalled(data)}

    async def _open(self) -> None:
        """Begin what the first step asks for, once the starter is admitted; a caller is not asked."""
        try:
            if self._problem is None and workflow.info().parent is None:
                await self._ask("admit", self._given.actor)
        except ApplicationError as error:
            self._problem = error
        self._admitted = True
        if self._problem is not None:
            await workflow.wait_condition(workflow.all_handlers_finished)  # whoever has started it hears of it first
            raise self._problem
        self._perform(self._first, {})

    async def _live(self) -> None:
        while not self._case.is_over:
            now, due = workflow.now(), self._next_due()
            if due is not None and due <= now:
                self._fire(now)
                continue
            if self._is_long():
                workflow.continue_as_new(replace(self._given, values={}, carried=self._carried()))
            with suppress(asyncio.TimeoutError):
                await workflow.wait_condition(lambda: self._has_changed(due), timeout=due - now if due else None)  # noqa: B023
            if self._broken is not None:
                raise self._broken

    def _has_changed(self, due: datetime | None) -> bool:
        return self._case.is_over or self._next_due() != due or self._is_long() or self._broken is not None

    def _is_long(self) -> bool:
        """Whether the next run should take over, and can: what runs elsewhere answers to this one."""
        long = self._taken >= self._given.steps or workflow.info().is_continue_as_new_suggested()
        return long and not self._running and workflow.all_handlers_finished()

    def _carried(self) -> str:
        kept = [asdict(event) for event in self._kept]
        late = {timer: at.isoformat() for timer, at in self._late.items()}
        data = {**self._case.carried(), "kept": kept, "notices": self._notices, "late": late}
        return b64encode(zlib.compress(json.dumps(data, ensure_ascii=False).encode())).decode()

    def _restore(self, data: Mapping[str, Any]) -> None:
        self._case = Case.restored(self._definition, data)
        self._kept = [CallEnded(**raw) for raw in data["kept"]]
        self._notices = list(data["notices"])
        self._late = {timer: datetime.fromisoformat(at) for timer, at in data["late"].items()}

    # -- events ----------------------------------------------------------------------------------------------------

    @workflow.update(name="begun")
    async def begun(self) -> dict[str, Any]:
        """The answer to the start."""
        await workflow.wait_condition(lambda: self._admitted)
        self._check_begun()
        return self._case.answer()

    @workflow.update(name="event")
    async def event(self, event: dict[str, Any], key: str = "") -> dict[str, Any]:
        """An event from outside, as JSON. Under a key that has been answered, the first answer again."""
        if not self._admitted:
            await workflow.wait_condition(lambda: self._admitted)
        self._check_begun()
        found = await self._entitled(event) if key not in self._case.answers else []
        if key in self._case.answers:
            return self._case.again(key, event)
        for number, one in enumerate(found):
            try:
                self._take(one, "" if number else key)
            except OyiFlowError as error:
                if number:
                    break  # a consent that would follow of itself; then the person is asked after all
                raise failure(error) from None
        answer = self._case.answer()
        if key:
            self._case.answers[key] = [said(event), answer]
        return answer

    async def _entitled(self, event: dict[str, Any]) -> list[Event]:
        whole = _whole(event)
        said = spoken(self._definition, self._case.snapshot, event, event_from_json(self._definition, whole))
        if said is not None:
            return [said]
        return [event_from_json(self._definition, raw) for raw in await self._ask("entitle", whole)]

    @event.validator
    def closed(self, event: dict[str, Any], key: str = "") -> None:
        """Without a doorkeeper nobody may do anything."""
        self.check(Access(None), event, key)

    def check(self, access: Access, event: dict[str, Any], key: str = "") -> None:
        """Refuse what would not be taken; changes nothing."""
        self._check_begun()
        try:
            if key in self._case.answers:
                self._case.again(key, event)
            else:
                wish = event_from_json(self._definition, _whole(event))
                found = admitted(access, self._definition, self._case.snapshot, wish, workflow.now())
                said = spoken(self._definition, self._case.snapshot, event, wish)
                if said is not None and found != [said]:
                    raise EventRejected("角色与通讯录不符", "the directory says otherwise", code=ASK)
        except OyiFlowError as error:
            raise failure(error) from None

    def _take(self, event: Event, key: str = "") -> None:
        calls = dict(self._case.snapshot.calls)
        answer = self._case.take(event, workflow.now(), key)
        self._taken += 1
        self._perform(answer, calls)
        kept, self._kept = self._kept, []
        for again in kept:  # perhaps they are taken now
            self._call_ended(again)

    def _next_due(self) -> datetime | None:
        return min((self._late.get(timer.id, timer.due) for timer in self._case.timers), default=None)

    def _fire(self, now: datetime) -> None:
        for timer in self._case.timers:
            if self._late.get(timer.id, timer.due) > now:
                continue
            try:
                self._take(TimerFired(timer=timer.id), f"timer:{timer.id}")
            except OyiFlowError as error:  # somebody has to mend it, or another timer has disarmed it
                self._late[timer.id] = now + LONGEST
                workflow.logger.warning("timer %s was not taken: %s", timer.id, error)

    def _call_ended(self, event: CallEnded) -> None:
        """Give a result to the case, if it still waits for it; a failure that it does not take now is kept for later."""
        if event.call not in dict(self._case.snapshot.calls):
            return
        try:
            self._take(event, f"call:{event.call}")
        except OyiFlowError as error:
            if event.failed or self._case.snapshot.status == "suspended":
                self._kept.append(event)
            else:
                self._call_ended(CallEnded(call=event.call, failed=True, reason=str(error)[:_REASON]))

    # -- what a step asks for --------------------------------------------------------------------------------------

    def _perform(self, answer: Step | None, calls: Mapping[str, str]) -> None:
        """Begin what a step asks for; `calls` is what was running before it."""
        for effect in answer.effects if answer is not None else ():
            match effect:
                case CallStarted():
                    self._spawn(effect.id, self._call(effect))
                case Performed():
                    self._spawn(effect.id, self._handle(effect))
                case Notified() | Copied():
                    self._spawn(effect.id, self._tell(effect))
                case CallCancelled() if calls.get(effect.call, "").startswith("call."):
                    if effect.call in self._running:  # what an action asked of a handler is still done
                        self._running[effect.call].cancel()
                case Ended():
                    self._output = effect.output

    def _spawn(self, id: str, work: Coroutine[Any, Any, None]) -> None:
        task = self._running[id] = asyncio.create_task(work)
        task.add_done_callback(lambda done: self._done(id, done))

    def _done(self, id: str, task: asyncio.Task[None]) -> None:
        del self._running[id]
        error = None if task.cancelled() else task.exception()
        if isinstance(error, FailureError):
            workflow.logger.error("%s was given up: %s", id, _reason(error))
        elif error is not None:  # a mistake of this program: the task of the workflow is to fail, and to be tried again
            self._broken = error

    async def _call(self, effect: CallStarted) -> None:
        try:
            if effect.id.count("/") > 2 * DEPTH:
                raise ApplicationError(f"流程互相调用超过 {DEPTH} 层 (processes call each other more than {DEPTH} deep)")
            found = await self._ask("find", effect.process, effect.version)
            asks = asks_for_starter(definition_of(found, self._given.calendar))
            starter = self._case.snapshot.did.get(self._definition.root.id, ("",))[0]
            given = replace(
                self._given, definition=found, actor=starter if asks else "", values=journalled(effect.values), carried=""
            )
            ended = await workflow.execute_child_workflow(
                CaseWorkflow.run, given, id=effect.id, parent_close_policy=workflow.ParentClosePolicy.REQUEST_CANCEL
            )
        except FailureError as error:
            self._call_ended(CallEnded(call=effect.id, failed=True, reason=_reason(error)))
        else:
            failed = ended["status"] != "done"
            output = {} if failed else self._wanted(effect.state, ended["values"])
            self._call_ended(CallEnded(call=effect.id, failed=failed, output=output, reason="cancelled" if failed else ""))

    def _wanted(self, state: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Of what a called process has, only what the caller takes over."""
        call = self._definition.states[state].call
        wanted = {theirs for _, theirs in call.outputs} if call is not None else set()
        return {name: value for name, value in values.items() if name in wanted}

    async def _handle(self, effect: Performed) -> None:
        try:
            output = await self._work(effect.handler, journalled(effect.values), effect.id, effect.retries)
        except ActivityError as error:
            if is_cancelled_exception(error):
                return
            self._call_ended(CallEnded(call=effect.id, failed=True, reason=_reason(error)))
        else:
            self._call_ended(CallEnded(call=effect.id, output=output))

    async def _tell(self, effect: Notified | Copied) -> None:
        reason = effect.reason if isinstance(effect, Notified) else "copy"
        told = {"about": effect.about, "task": effect.task, "reason": reason}
        more = {"roles": list(effect.roles)} if isinstance(effect, Notified) else {"people": list(effect.people)}
        people, is_handled = await self._ask("recipients", {**told, **more})
        if is_handled:
            given = {"instance": self._case.snapshot.instance, **told, **{k: v for k, v in more.items() if v}, "people": people}
            await self._work("notify", given, effect.id, None)
        at = workflow.now().isoformat(timespec="microseconds")
        self._notices += [[person, effect.about, reason, at, effect.task] for person in people]

    async def _work(self, handler: str, values: dict[str, Any], key: str, retries: int | None) -> dict[str, Any]:
        found: dict[str, Any] = await workflow.execute_activity(
            "oyiflow.perform", args=[handler, values, key, retries], start_to_close_timeout=LEASE, result_type=dict
        )
        return found

    async def _ask(self, question: str, *args: Any) -> Any:
        """What the worker knows and a history must remember: people and definitions. Its refusals are ours."""
        around = [self._name, snapshot_to_json(self._definition, self._case.snapshot), workflow.now().isoformat()]
        given = [*(around if question != "find" else ()), *args]
        try:
            return await workflow.execute_local_activity(f"oyiflow.{question}", args=given, start_to_close_timeout=PATIENCE)
        except ActivityError as error:
            raise error.cause or error from None

    # -- looking ---------------------------------------------------------------------------------------------------

    @workflow.query(name="snapshot")
    def snapshot(self) -> str:
        """The snapshot as JSON."""
        self._check_begun()
        return snapshot_to_json(self._definition, self._case.snapshot)

    @workflow.query(name="pinned")
    def pinned(self) -> list[str]:
        """The definition and the calendar."""
        return [self._given.definition, self._given.calendar]

    @workflow.query(name="journal")
    def journal(self, after: int = 0) -> list[str]:
        """Lines of the journal as JSON, a page of them, from a place on."""
        self._check_begun()
        return self._case.journal[after : after + PAGE]

    @workflow.query(name="notices")
    def notices(self) -> list[list[str]]:
        """Who was told: person, step, reason, when, task."""
        return self._notices

    def _check_begun(self) -> None:
        if self._problem is not None:
            raise self._problem


def sandbox() -> SandboxedWorkflowRunner:
    """The SDK's sandbox, which need not import the kernel anew for every workflow."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules("oyiflow"))


def _whole(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event of which the sender has said only what matters."""
    kind = event.get("kind", "act")
    parts = {"task": "", "outcome": "", "name": "", "actor": "", "values": {}, "comment": "", "operation": ""}
    return {**parts, **event, "kind": kind, "roles": [], "leads": []}


def _reason(error: BaseException) -> str:
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return (cause.message if isinstance(cause, FailureError) else str(cause))[:_REASON]
