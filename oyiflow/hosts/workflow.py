"""The Temporal workflow that is one instance. See `temporal`."""

from __future__ import annotations

import asyncio
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception
from temporalio.exceptions import ApplicationErrorCategory as Category
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from oyiflow.engine.access import Access, asks_for_starter, starter_of
from oyiflow.engine.entries import journalled
from oyiflow.engine.failures import REASON, reason_of
from oyiflow.engine.handlers import LEASE, LONGEST, check_depth, taken_over
from oyiflow.engine.keys import CALL_KEY, TIMER_KEY, check_key
from oyiflow.engine.projection import moment
from oyiflow.errors import Bilingual, EventRejected, OyiFlowError
from oyiflow.hosts.admission import ASK, admitted, check_size, heard, said, spoken
from oyiflow.hosts.case import START, Case, again
from oyiflow.kernel import CallEnded, Event, TimerFired, event_from_json, event_to_json
from oyiflow.model import canonical
from oyiflow.model.definition import Definition
from oyiflow.store.protocol import OutboxRow, Write

STEPS = 400
"""How many steps one run takes before it continues as new; a replay never has more to do."""
PAGE, PAGE_SIZE = 500, 200_000
"""Lines of the journal that one query gives, and how many characters they may have, the last one aside."""
HEAVIEST = 1_900_000
"""Bytes that a run may hand over to the next; a case that is heavier stays in its run."""
ANSWER_WITHIN = timedelta(seconds=10)
"""How long the directory may take to answer."""
Work = Callable[[str, Mapping[str, Any]], Awaitable[CallEnded | None]]
"""What is done for a row of the outbox: its id and its payload in, what the case is told of it out."""
_NAMED: dict[str, Definition] = {}


@dataclass(frozen=True, kw_only=True)
class Given:
    """The input of a run: what never changes, and what a run before has left."""

    definition: str
    """In canonical JSON."""
    calendar: str = ""
    """The same of the calendar; "" is the plain week."""
    actor: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    """Under which the start may be repeated."""
    steps: int = STEPS
    lease: float = LEASE.total_seconds()
    """How many seconds a handler may take before it is tried again."""
    carried: str = ""


@cache
def name_of(text: str, calendar: str) -> str:
    """Under which name this process has a definition with its calendar ready, for all workflows and their local activities."""
    made = canonical.loads(text)
    made = replace(made, calendar=canonical.decode(json.loads(calendar))) if calendar else made
    name = f"{made.digest}/{sha256(calendar.encode()).hexdigest()}"
    _NAMED[name] = made
    return name


def named(name: str) -> Definition:
    """The definition of a workflow that runs in this process."""
    return _NAMED[name]


@contextmanager
def travelling() -> Iterator[None]:
    """Refusals inside become errors that travel; `temporal.refused` makes them ours again."""
    try:
        yield
    except OyiFlowError as error:
        code, accepted = (error.code, list(error.accepted)) if isinstance(error, EventRejected) else ("", [])
        raise ApplicationError(
            str(error), error.zh, error.en, code, accepted, type=type(error).__name__, non_retryable=True,
            category=Category.BENIGN,  # no mistake of a program: nobody logs it
        ) from None  # fmt: skip


@workflow.defn(name="oyiflow.case")
class CaseWorkflow:
    """One instance; its id is the id of the workflow."""

    @workflow.init
    def __init__(self, given: Given) -> None:
        self._given = given
        self._name = name_of(given.definition, given.calendar)
        self._definition = named(self._name)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._kept: list[CallEnded] = []  # failures that nobody takes now
        self._notices: list[list[str]] = []
        self._late: dict[str, datetime] = {}  # timers that could not be taken, and when to try again
        self._broken: BaseException | None = None
        self._problem: ApplicationError | None = None
        self._admitted = bool(given.carried)
        self._taken = 0
        self._is_heavy = False
        if given.carried:
            self._restore(json.loads(zlib.decompress(b64decode(given.carried))))
            return
        try:
            with travelling():
                born = Case.born(self._definition, workflow.info().workflow_id, workflow.now(), given.actor, given.values)
            self._case, self._first = born
        except ApplicationError as error:
            self._problem = error

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
                self._perform(self._case.cancel(workflow.now()))
        await workflow.wait_condition(lambda: not self._running and workflow.all_handlers_finished())
        if self._broken is not None:
            raise self._broken
        data = {**self._case.snapshot.data, **self._case.output}
        return {"status": self._case.snapshot.status, "values": journalled(data)}

    async def _open(self) -> None:
        """Begin what the first step asks for, once the starter is admitted; a caller is not asked."""
        try:
            if self._problem is None and workflow.info().parent is None:
                await self._ask("admit", self._given.actor, sorted(self._given.values))
        except ApplicationError as error:
            self._problem = error
        self._admitted = True
        if self._problem is not None:
            await workflow.wait_condition(workflow.all_handlers_finished)  # whoever has started it hears of it first
            raise self._problem
        self._case.answers[START + self._given.key] = [[self._definition.name, self._given.actor], self._case.answer()]
        self._perform(self._first)

    async def _live(self) -> None:
        while not self._case.is_over:
            now, due = workflow.now(), self._next_due()
            if due is not None and due <= now:
                self._fire(now)
                continue
            if self._is_long():
                self._hand_over()
                continue
            with suppress(asyncio.TimeoutError):
                await workflow.wait_condition(lambda: self._has_changed(due), timeout=due - now if due else None)  # noqa: B023
            if self._broken is not None:
                raise self._broken

    def _has_changed(self, due: datetime | None) -> bool:
        return self._case.is_over or self._next_due() != due or self._is_long() or self._broken is not None

    def _is_long(self) -> bool:
        """Whether the next run should take over, and can: what runs elsewhere answers to this one."""
        long = self._taken >= self._given.steps or workflow.info().is_continue_as_new_suggested()
        return long and not self._is_heavy and not self._running and workflow.all_handlers_finished()

    def _hand_over(self) -> None:
        kept = [event_to_json(event) for event in self._kept]
        late = {timer: at.isoformat() for timer, at in self._late.items()}
        data = {**self._case.carried(), "kept": kept, "notices": self._notices, "late": late}
        carried = b64encode(zlib.compress(json.dumps(data, ensure_ascii=False).encode(errors="surrogatepass"))).decode()
        self._is_heavy = len(carried) + len(self._given.definition) > HEAVIEST
        if not self._is_heavy:
            workflow.continue_as_new(replace(self._given, values={}, carried=carried))

    def _restore(self, data: Mapping[str, Any]) -> None:
        self._case = Case.restored(self._definition, data)
        kept = (event_from_json({"kind": "call", **raw}) for raw in data["kept"])
        self._kept = [event for event in kept if isinstance(event, CallEnded)]
        self._notices = list(data["notices"])
        self._late = {timer: datetime.fromisoformat(at) for timer, at in data["late"].items()}

    # -- events ----------------------------------------------------------------------------------------------------

    @workflow.update(name="begun")
    async def begun(self) -> dict[str, Any]:
        """The answer to the start."""
        await self._is_open()
        return self._case.answer()

    @workflow.update(name="event")
    async def event(self, event: dict[str, Any], key: str = "") -> dict[str, Any]:
        """An event from outside, as JSON. Under a key that has been answered, the first answer again."""
        await self._is_open()
        found = await self._entitled(event) if key not in self._case.answers else []
        if key in self._case.answers:
            with travelling():
                return again(self._case.answers[key], said(event), key)
        for number, one in enumerate(found):
            try:
                with travelling():
                    self._take(one, "" if number else key)
            except ApplicationError:
                if number:
                    break  # a consent that would follow of itself; then the person is asked after all
                raise
        answer = self._case.answer()
        if key:
            self._case.answers[key] = [said(event), answer]
        return answer

    async def _is_open(self) -> None:
        if not self._admitted:
            await workflow.wait_condition(lambda: self._admitted)
        self._check_begun()

    def _check_begun(self) -> None:
        if self._problem is not None:
            raise self._problem

    async def _entitled(self, event: dict[str, Any]) -> list[Event]:
        wish = heard(event)
        own = spoken(self._definition, self._case.snapshot, event, event_from_json(wish))
        if own is not None:
            return [own]
        return [event_from_json(raw) for raw in await self._ask("entitle", wish)]

    @event.validator
    def closed(self, event: dict[str, Any], key: str = "") -> None:
        """Without a doorkeeper nobody may do anything."""
        self.check(Access(None), event, key)

    def check(self, access: Access, event: dict[str, Any], key: str = "") -> None:
        """Refuse what would not be taken; changes nothing."""
        self._check_begun()
        with travelling():
            check_size(event)
            if key:
                check_key(key)
            if key in self._case.answers:
                again(self._case.answers[key], said(event), key)
                return
            wish = event_from_json(heard(event))
            found = admitted(access, self._definition, self._case.snapshot, wish, workflow.now())
            own = spoken(self._definition, self._case.snapshot, event, wish)
            if own is not None and found != [own]:
                raise EventRejected("角色与通讯录不符", "the directory says otherwise", code=ASK)

    def _take(self, event: Event, key: str = "") -> None:
        write = self._case.take(event, workflow.now(), key)
        self._taken += 1
        self._perform(write)
        kept, self._kept = self._kept, []
        for ended in kept:  # perhaps they are taken now
            self._call_ended(ended)

    def _next_due(self) -> datetime | None:
        return min((self._late.get(timer.id, timer.due) for timer in self._case.timers), default=None)

    def _fire(self, now: datetime) -> None:
        for timer in self._case.timers:
            if self._late.get(timer.id, timer.due) > now:
                continue
            try:
                self._take(TimerFired(timer=timer.id), f"{TIMER_KEY}{timer.id}")
            except OyiFlowError as error:  # somebody has to mend it, or another timer has disarmed it
                self._late[timer.id] = now + LONGEST
                workflow.logger.warning("timer %s was not taken: %s", timer.id, error)

    def _call_ended(self, event: CallEnded) -> None:
        """Give a result to the case, if it still waits for it; a failure that it does not take now is kept for later."""
        if event.call not in dict(self._case.snapshot.calls):
            return
        try:
            self._take(event, f"{CALL_KEY}{event.call}")
        except OyiFlowError as error:
            if event.failed or self._case.snapshot.status == "suspended":
                self._kept.append(event)
            else:
                self._call_ended(CallEnded(call=event.call, failed=True, reason=reason_of(error)))

    # -- what a step asks for: the rows that the engine puts into its outbox -----------------------------------------

    def _perform(self, write: Write) -> None:
        for call in write.withdrawn:
            if call in self._running:
                self._running[call].cancel()
        works: dict[str, Work] = {"call": self._call, "perform": self._handle, "notify": self._tell}
        for row in write.outbox:
            if row.kind in works:  # the others say what has been withdrawn
                task = self._running[row.id] = asyncio.create_task(self._deliver(works[row.kind], row))
                task.add_done_callback(partial(self._done, row.id))

    async def _deliver(self, work: Work, row: OutboxRow) -> None:
        try:
            ended = await work(row.id, json.loads(row.payload))
        except FailureError as error:
            if is_cancelled_exception(error):
                return
            workflow.logger.warning("%s has failed: %s", row.id, _reason(error))
            ended = CallEnded(call=row.id, failed=True, reason=_reason(error))
        if ended is not None:
            self._call_ended(ended)

    def _done(self, id: str, task: asyncio.Task[None]) -> None:
        del self._running[id]
        if not task.cancelled():  # a mistake of this program: the task of the workflow is to fail, and to be tried again
            self._broken = self._broken or task.exception()

    async def _call(self, id: str, asked: Mapping[str, Any]) -> CallEnded:
        with travelling():
            check_depth(id)
        found = await self._ask("find", asked["process"], asked["version"])
        asks = asks_for_starter(named(name_of(found, self._given.calendar)))
        starter = starter_of(self._definition, self._case.snapshot) if asks else ""
        given = replace(self._given, definition=found, actor=starter, values=asked["values"], key="", carried="")
        ended = await workflow.execute_child_workflow(
            CaseWorkflow.run, given, id=id, parent_close_policy=workflow.ParentClosePolicy.REQUEST_CANCEL
        )
        if ended["status"] != "done":
            return CallEnded(call=id, failed=True, reason="cancelled")
        return CallEnded(call=id, output=taken_over(self._definition, self._case.snapshot, id, ended["values"]))

    async def _handle(self, id: str, asked: Mapping[str, Any]) -> CallEnded:
        return CallEnded(call=id, output=await self._work(asked["handler"], asked["values"], id, asked.get("retries")))

    async def _tell(self, id: str, told: Mapping[str, Any]) -> None:
        people, is_handled = await self._ask("recipients", told)
        if is_handled:
            instance = self._case.snapshot.instance
            await self._work("notify", {"instance": instance, **told, "people": people}, id, None)
        at = moment(workflow.now())
        self._notices += [[person, told["about"], told["reason"], at, told["task"]] for person in people]

    async def _work(self, handler: str, values: Mapping[str, Any], key: str, retries: int | None) -> dict[str, Any]:
        args, lease = [handler, values, key, retries], timedelta(seconds=self._given.lease)
        found: dict[str, Any] = await workflow.execute_activity(
            "oyiflow.perform", args=args, start_to_close_timeout=lease, result_type=dict
        )
        return found

    async def _ask(self, question: str, *args: Any) -> Any:
        """What the worker knows and a history must remember: people and definitions. Its refusals are ours."""
        around = [self._name, self._case.text, workflow.now().isoformat()]
        given = [*(around if question != "find" else ()), *args]
        try:
            return await workflow.execute_local_activity(
                f"oyiflow.{question}", args=given, start_to_close_timeout=ANSWER_WITHIN
            )
        except ActivityError as error:
            raise error.cause or error from None

    # -- looking ---------------------------------------------------------------------------------------------------

    @workflow.query(name="snapshot")
    def snapshot(self) -> str:
        """The snapshot as JSON."""
        self._check_begun()
        return self._case.text

    @workflow.query(name="pinned")
    def pinned(self) -> list[str]:
        """The definition and the calendar."""
        return [self._given.definition, self._given.calendar]

    @workflow.query(name="answered")
    def answered(self, key: str) -> list[Any]:
        """What was asked under a key, and what was answered; empty if nothing was."""
        self._check_begun()
        if not self._admitted:
            raise ApplicationError("还没有答复 (there is no answer yet)")
        return self._case.answers.get(key, [])

    @workflow.query(name="journal")
    def journal(self, after: int = 0) -> list[str]:
        """Lines of the journal as JSON, a page of them, from a place on."""
        self._check_begun()
        page, size = list[str](), 0
        for line in self._case.history(after, PAGE):
            page.append(line)
            size += len(line)
            if size > PAGE_SIZE:
                break
        return page

    @workflow.query(name="notices")
    def notices(self) -> list[list[str]]:
        """Who was told: person, step, reason, when, task."""
        return self._notices


def sandbox() -> SandboxedWorkflowRunner:
    """The SDK's sandbox, which need not import the kernel anew for every workflow."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules("oyiflow"))


def _reason(error: BaseException) -> str:
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, ApplicationError) and cause.details:
        return Bilingual(*cause.details[:2])  # one of ours, as `travelling` sends it
    return (cause.message if isinstance(cause, FailureError) else str(cause))[:REASON]
