"""Deliveries: what a step has asked for is done here, at least once, and its result comes back as an event, exactly once.

Each outbox row is one promise. Starting a called process, telling the caller that it has ended, stopping it: these stay
inside the database, so the row is struck off in the very transaction that does the work. A handler and a notice reach
outside: the row is first taken for a while (a lease: `wake` moves, `tries` counts up), then the handler is called
without any transaction, then its result is written together with striking the row off. `tries` is the fence: who was
overtaken by a later try cannot deliver. A handler that fails is tried again later and in the end answered with
`failed=True`; a handler that this program does not have waits for a program that has it. A failure that the instance does
not take in its present state is kept, shown by `why`, and offered again whenever the instance has moved.

A handler is called as `handler(values, key)`: values are JSON data (decimals and dates as text), the key is the same at
every try, to be passed on to whoever must not do it twice. What it returns (a mapping of JSON data, or None) is the
output. The handler called `notify` is told about notices instead of nobody.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from oyiflow.engine.access import Access, asks_for_starter, starter_of
from oyiflow.engine.deployments import Deployments
from oyiflow.engine.entries import journalled, result_text
from oyiflow.engine.failures import column_of, reason_of
from oyiflow.engine.keys import CALL_KEY, TIMER_KEY
from oyiflow.engine.projection import Loaded, moment
from oyiflow.engine.steps import Birth, Request, Steps
from oyiflow.engine.texts import to_text
from oyiflow.errors import Conflict, Damaged, EventRejected, OyiFlowError, StoreUnavailable, UnknownInstance
from oyiflow.kernel import CallEnded, Snapshot, TimerFired
from oyiflow.kernel.codec import words_from_json
from oyiflow.model.definition import Definition
from oyiflow.store.protocol import NoticeRow, OutboxRow, Store, TimerRow, Write

Handler = Callable[[Mapping[str, Any], str], Mapping[str, Any] | None]

LEASE = timedelta(minutes=5)
"""How long a handler may take before somebody else tries."""
PAUSES = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600))
"""How long to wait after the first, second … failure; a handler that fails once more than there are pauses has failed."""
LONGEST = timedelta(hours=1)
"""How long to wait for what needs somebody to mend it, such as a timer that cannot be taken."""
ELSEWHERE = timedelta(seconds=30)
"""How long to leave to other programs what this one has no handler for."""
CLAIM = timedelta(seconds=30)
"""How long the other workers leave to one what it has claimed; if it dies, they do it after that."""
DRAIN_LIMIT = 1000
"""Deliveries that one call may cause; the rest is left to the worker."""
DEPTH = 20
"""How deep processes may call each other."""
_GONE = frozenset(("stale", "ended"))


class _NoHandler(OyiFlowError):
    """This program has no handler of this name."""


class Delivery:
    """Fires timers and works off the outbox. Safe to use from several threads: who comes second leaves it."""

    def __init__(
        self, steps: Steps, deployments: Deployments, store: Store, access: Access, handlers: Mapping[str, Handler]
    ) -> None:
        self._steps = steps
        self._deployments = deployments
        self._store = store
        self._access = access
        self._handlers = dict(handlers)

    # -- loops ---------------------------------------------------------------------------------------------------

    def drain(self, rows: Iterable[OutboxRow], now: datetime) -> None:
        """Deliver right after a commit, as well as it goes; what does not go is left to `run_due`."""
        queue, left = deque(rows), False
        for _ in range(DRAIN_LIMIT):
            if not queue:
                break
            try:
                queue.extend(self._deliver(queue.popleft(), now))
            except OyiFlowError:
                left = True  # the step itself has been written; the row is still there
        if left or queue:
            self._store.ring()

    def run_due(self, asked: datetime | None, limit: int) -> int:
        """Fire and deliver what is due; returns how many were dealt with (a handler that failed was, till its next try).

        With no moment, the store's clock decides, so that no process fires early whose own clock is ahead.
        """
        text, due = self._store.claim(moment(asked) if asked is not None else "", limit, _until)
        now = asked if asked is not None else datetime.fromisoformat(text)
        done = 0
        queue = deque(due.outbox)
        for timer in due.timers:
            done += self._attempt(lambda: queue.extend(self._fire(timer, now)), lambda e: self._delay(timer, e, now))  # noqa: B023
        for _ in range(limit + DRAIN_LIMIT):
            if not queue:
                break
            row = queue.popleft()
            done += self._attempt(lambda: queue.extend(self._deliver(row, now)), lambda e: self._hold(row, e, now))  # noqa: B023
        return done

    def _attempt(self, work: Callable[[], None], otherwise: Callable[[OyiFlowError], None]) -> bool:
        """One poisonous item must not keep its neighbours waiting."""
        try:
            work()
        except StoreUnavailable:
            raise
        except Conflict:
            return False  # somebody else is at it
        except OyiFlowError as error:
            otherwise(error)
            return False
        return True

    # -- timers --------------------------------------------------------------------------------------------------

    def _fire(self, timer: TimerRow, now: datetime) -> tuple[OutboxRow, ...]:
        request = Request(event=TimerFired(timer=timer.id), now=now, key=f"{TIMER_KEY}{timer.id}", fired=timer.id)
        try:
            advanced = self._steps.advance(timer.instance, request)
            if advanced.first:
                return advanced.outbox
        except EventRejected as error:
            if error.code not in _GONE:
                raise
        self._store.commit(Write(cancelled=((timer.instance, timer.id),)))
        return ()

    def catch_up(self, loaded: Loaded, now: datetime) -> None:
        """Fire the timers of one instance that are due, as well as it goes; what does not go is left to `run_due`."""
        for timer in sorted(loaded.snapshot.timers, key=lambda one: one.due):
            if timer.due > now:
                return
            due = moment(timer.due)
            self._attempt(lambda: self.drain(self._fire(TimerRow(loaded.row.id, timer.id, due, due), now), now), lambda _: None)  # noqa: B023

    def _delay(self, timer: TimerRow, error: OyiFlowError, now: datetime) -> None:
        wake = moment(now + pause(timer.tries))
        self._store.commit(
            Write(delayed=(timer._replace(wake=wake, tries=timer.tries + 1, error=column_of(reason_of(error))),))
        )

    # -- the outbox ----------------------------------------------------------------------------------------------

    def _deliver(self, row: OutboxRow, now: datetime) -> tuple[OutboxRow, ...]:
        payload = json.loads(row.payload)
        match row.kind:
            case "call":
                return self._call(row, payload, now)
            case "result":
                return self._answer(row, self._result(row, payload), now)
            case "cancel":
                return self._cancel(row, payload["call"], now)
            case "perform":
                return self._perform(row, payload, now)
            case _:
                return self._notify(row, payload, now)

    def _hold(self, row: OutboxRow, error: OyiFlowError, now: datetime) -> None:
        """Put off what could not be delivered for reasons inside the house."""
        wait = ELSEWHERE if isinstance(error, _NoHandler) else pause(row.tries)
        tries = row.tries if isinstance(error, _NoHandler) else row.tries + 1
        held = row._replace(wake=moment(now + wait), tries=tries, error=column_of(reason_of(error)))
        self._attempt(lambda: self._store.commit(Write(postponed=((held, row.tries),))), lambda _: None)

    def _call(self, row: OutboxRow, payload: Mapping[str, Any], now: datetime) -> tuple[OutboxRow, ...]:
        try:
            check_depth(row.id)
            definition, version = self._deployments.find(payload["process"], payload["version"])
            caller = self._steps.warm(row.instance)
            birth = Birth(
                definition=definition,
                version=version,
                now=now,
                instance=row.id,
                actor=starter_of(caller.definition, caller.snapshot) if asks_for_starter(definition) else "",
                values=payload["values"],
                parent=row.instance,
                call=row.id,
                done=((row.id, row.tries),),
            )
            return self._steps.begin(birth).outbox
        except (StoreUnavailable, Conflict, Damaged):
            raise
        except OyiFlowError as error:
            return self._answer(row, CallEnded(call=row.id, failed=True, reason=reason_of(error)), now)

    def _answer(self, row: OutboxRow, event: CallEnded, now: datetime) -> tuple[OutboxRow, ...]:
        """Give a result to the instance that waits for it, and strike the row off with it."""
        done = ((row.id, row.tries),)
        request = Request(event=event, now=now, key=f"{CALL_KEY}{event.call}", done=done)
        try:
            advanced = self._steps.advance(row.instance, request)
            if advanced.first:
                return advanced.outbox
        except EventRejected as error:
            if error.code not in _GONE:
                if event.failed or error.code == "suspended":  # what ends meanwhile is kept
                    return self._keep(row, event, error)
                return self._answer(row, CallEnded(call=event.call, failed=True, reason=reason_of(error)), now)
        self._store.commit(Write(done=done))
        return ()

    def _keep(self, row: OutboxRow, event: CallEnded, error: OyiFlowError) -> tuple[OutboxRow, ...]:
        """A failure that is not taken now is kept and offered again after each step of the instance; nothing is called again."""
        if row.kind == "result" and not row.wake:
            return ()
        reason = column_of(event.reason or reason_of(error))
        kept = OutboxRow(row.id, row.instance, "result", result_text(event), "", 0, reason)
        self._store.commit(Write(done=((row.id, row.tries),), outbox=(kept,)))
        return ()

    def _result(self, row: OutboxRow, payload: Mapping[str, Any]) -> CallEnded:
        """A result as an event; of what a called process has, only what the caller takes over."""
        loaded = self._steps.load(row.instance)
        call, failed, reason = payload["call"], payload["failed"], words_from_json(payload["reason"])
        output = taken_over(loaded.definition, loaded.snapshot, call, payload["output"])
        return CallEnded(call=call, failed=failed, output=output, reason=reason)

    def _cancel(self, row: OutboxRow, child: str, now: datetime) -> tuple[OutboxRow, ...]:
        done = ((row.id, row.tries),)
        try:
            return self._steps.cancel(child, now, done).outbox
        except (UnknownInstance, EventRejected):
            self._store.commit(Write(done=done))  # it was never started, or has come to its end by itself
            return ()

    def _perform(self, row: OutboxRow, payload: Mapping[str, Any], now: datetime) -> tuple[OutboxRow, ...]:
        handler = handler_of(self._handlers, payload["handler"])
        taken = self._take(row, now)
        try:
            output = output_of(handler, payload["values"], row.id)
        except Exception as error:
            return self._failed(taken, error, now)
        return self._answer(taken, CallEnded(call=row.id, output=output), now)

    def _take(self, row: OutboxRow, now: datetime) -> OutboxRow:
        taken = row._replace(wake=moment(now + LEASE), tries=row.tries + 1)
        self._store.commit(Write(postponed=((taken, row.tries),)))
        return taken

    def _failed(self, row: OutboxRow, error: Exception, now: datetime) -> tuple[OutboxRow, ...]:
        reason = reason_of(error)
        if not is_last(row.tries, json.loads(row.payload).get("retries")):
            later = row._replace(wake=moment(now + pause(row.tries - 1)), error=column_of(reason))
            self._store.commit(Write(postponed=((later, row.tries),)))
            return ()
        if row.kind == "perform":
            return self._answer(row, CallEnded(call=row.id, failed=True, reason=reason), now)
        self._store.commit(Write(postponed=((row._replace(wake="", error=column_of(reason)), row.tries),)))
        return ()

    def _notify(self, row: OutboxRow, payload: Mapping[str, Any], now: datetime) -> tuple[OutboxRow, ...]:
        loaded = self._steps.load(row.instance)
        people = self._access.recipients(loaded.definition, loaded.snapshot, payload, now)
        if "notify" in self._handlers:
            row = self._take(row, now)
            try:
                self._handlers["notify"]({"instance": row.instance, **payload, "people": list(people)}, row.id)
            except Exception as error:
                return self._failed(row, error, now)
        about, reason = payload["about"], payload["reason"]
        notices = tuple(
            NoticeRow(row.id, person, row.instance, payload["task"], about, reason, moment(now)) for person in people
        )
        self._store.commit(Write(done=((row.id, row.tries),), notices=notices))
        return ()


def handler_of(handlers: Mapping[str, Handler], name: str) -> Handler:
    """The handler of this program; raises an error that says that it has none, for another may have it."""
    handler = handlers.get(name)
    if handler is None:
        raise _NoHandler(f"本程序没有处理器 {name}", f"this program has no handler {name}")
    return handler


def output_of(handler: Handler, values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """What a handler gives, in its lasting form; raises what it raises, and for what no journal keeps."""
    output = journalled(handler(values, key))
    to_text(output).encode()
    return output


def is_last(failures: int, retries: int | None) -> bool:
    """Whether a handler that has failed so often has failed."""
    return failures > (len(PAUSES) if retries is None else retries)


def check_depth(call: str) -> None:
    """Refuse a call that lies too deep; each one adds two parts to the id. Raises `EventRejected`."""
    if call.count("/") > 2 * DEPTH:
        raise EventRejected(f"流程互相调用超过 {DEPTH} 层", f"processes call each other more than {DEPTH} deep", code="loop")


def taken_over(definition: Definition, snapshot: Snapshot, call: str, output: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of what a called process has, only what its caller takes over."""
    state = definition.states.get(dict(snapshot.calls).get(call, "").removeprefix("call."))
    if state is None or state.call is None:
        return output
    wanted = {theirs for _, theirs in state.call.outputs}
    return {name: value for name, value in output.items() if name in wanted}


def _until(now: str) -> str:
    return moment(datetime.fromisoformat(now) + CLAIM)


def pause(tries: int) -> timedelta:
    """How long to wait after so many failures before this one."""
    return PAUSES[tries] if tries < len(PAUSES) else LONGEST
