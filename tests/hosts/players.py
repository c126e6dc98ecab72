"""The hosts under the same scenarios: an engine on a store, and Temporal workflows on a server."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from corpus import Bank, definition
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from oyiflow.engine import Engine
from oyiflow.errors import EventRejected, Forbidden, UnknownInstance
from oyiflow.hosts.temporal import TemporalHost
from oyiflow.kernel import snapshot_to_json
from oyiflow.model.company import Company
from oyiflow.store.protocol import Store
from oyiflow.testing import ManualClock

FIRST = "case-1"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


def code_of(error: Exception) -> str:
    return error.code if isinstance(error, EventRejected) else type(error).__name__


def relative(value: Any, start: datetime) -> Any:
    """The same with each moment as minutes after the start, wherever it stands."""
    if isinstance(value, str):
        return _MOMENT.sub(lambda found: f"+{round((datetime.fromisoformat(found[0]) - start).total_seconds() / 60)}m", value)
    if isinstance(value, datetime):
        return relative(value.isoformat(), start)
    if isinstance(value, Mapping):
        return {key: relative(item, start) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [relative(item, start) for item in value]
    return value


def in_order(notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those who are told of one thing are in no order."""
    return sorted(notices, key=lambda notice: (notice["at"], notice["step"], notice["person"]))


class Base:
    refusals: list[str]

    async def refused(self, code: str, doing: Awaitable[None]) -> None:
        try:
            await doing
        except (EventRejected, Forbidden) as error:
            assert code_of(error) == code, error
            self.refusals.append(str(error))
        else:
            raise AssertionError(f"taken, not refused with {code}")


class EnginePlayer(Base):
    """An engine, with a clock that is moved from one due moment to the next."""

    def __init__(self, store: str | Store, company: Company, bank: Bank, start: datetime) -> None:
        self.clock, self.refusals = ManualClock(start), []
        self.engine = Engine(store, directory=company, clock=self.clock, handlers={"bank": bank})

    def publish(self, text: str) -> None:
        self.engine.deploy(definition(text))

    async def start(self, process: str, actor: str = "ann", **values: Any) -> None:
        self.engine.start(process, actor=actor, values=values, instance=FIRST)

    async def act(self, step: str, actor: str, outcome: str = "", *, at: str = "", key: str = "", **values: Any) -> None:
        self.engine.complete(FIRST + at, step, actor=actor, outcome=outcome, values=values, key=key or None)

    async def send(self, event: str, *, actor: str = "", **values: Any) -> None:
        self.engine.send(FIRST, event, actor=actor, values=values)

    async def sleep(self, time: timedelta) -> None:
        until = self.clock() + time
        while wakes := [wake for wake in self._wakes() if wake <= until]:
            self.clock.advance(max(min(wakes), self.clock()) - self.clock())
            self.engine.run_due()
        self.clock.advance(until - self.clock())

    def _wakes(self) -> list[datetime]:
        due = self.engine._store.due("9999", 1000)
        return [datetime.fromisoformat(row.wake) for row in (*due.timers, *due.outbox)]

    async def settled(self, revision: int, at: str = "") -> None:
        assert self.engine.snapshot(FIRST + at).revision >= revision

    async def cancel(self) -> None:
        answer = self.engine._steps.cancel(FIRST, self.clock())
        self.engine._delivery.drain(answer.outbox, self.clock())

    async def left(self) -> dict[str, Any]:
        """All that it has left, with times from the start on."""
        found: dict[str, Any] = {"refusals": self.refusals}
        start = self.engine.history(FIRST)[0].at
        for id in (one.id for one in self.engine.instances()):
            notices = [asdict(notice) for notice in self.engine.notices(instance=id)]
            for notice in notices:
                del notice["instance"]
            snapshot = self.engine.snapshot(id)
            found[id] = {
                "history": relative([asdict(entry) for entry in self.engine.history(id)], start),
                "notices": in_order(relative(notices, start)),
                "snapshot": relative(snapshot_to_json(self.engine.definition_of(id), snapshot), start),
            }
        return found


class TemporalPlayer(Base):
    """Workflows on a server that may skip time."""

    def __init__(self, env: WorkflowEnvironment, host: TemporalHost, name: str) -> None:
        self.env, self.host, self.name, self.refusals = env, host, name, []

    def publish(self, text: str) -> None:
        self.host.deploy(definition(text))

    async def start(self, process: str, actor: str = "ann", **values: Any) -> None:
        await self.host.start(process, actor=actor, values=values, instance=self.name)

    async def act(self, step: str, actor: str, outcome: str = "", *, at: str = "", key: str = "", **values: Any) -> None:
        await self.host.complete(self.name + at, step, actor=actor, outcome=outcome, values=values, key=key)

    async def send(self, event: str, *, actor: str = "", **values: Any) -> None:
        await self.host.send(self.name, event, actor=actor, values=values)

    async def refused(self, code: str, doing: Awaitable[None]) -> None:
        before = await self._events()
        await super().refused(code, doing)
        assert await self._events() == before, "what is refused leaves no history"

    async def _events(self) -> int:
        """Events of the history; the server that skips time also notes that it has asked a worker."""
        events = (await self.host._handle(self.name).fetch_history()).events
        kinds = [EventType.Name(event.event_type) for event in events]
        return sum(1 for kind in kinds if not self.env.supports_time_skipping or "WORKFLOW_TASK" not in kind)

    async def sleep(self, time: timedelta) -> None:
        await self.env.sleep(time)

    async def settled(self, revision: int, at: str = "") -> None:
        async def is_there() -> bool:
            try:
                return (await self.host.snapshot(self.name + at)).revision >= revision
            except UnknownInstance:
                return False

        await eventually(is_there)

    async def cancel(self) -> None:
        await self.host.cancel(self.name)
        await self.host._handle(self.name).result()

    async def left(self) -> dict[str, Any]:
        found: dict[str, Any] = {"refusals": self.refusals}
        start = datetime.fromisoformat((await self.host.history(self.name))[0]["at"])
        for id in await self.instances():
            definition = await self.host.definition_of(id)
            found[id] = {
                "history": relative(await self.host.history(id), start),
                "notices": in_order(relative(await self.host.notices(id), start)),
                "snapshot": relative(snapshot_to_json(definition, await self.host.snapshot(id)), start),
            }
        return json.loads(json.dumps(found).replace(self.name, FIRST))  # type: ignore[no-any-return]

    async def instances(self) -> list[str]:
        """The first one and those that it has called."""
        found = [self.name]
        for id in found:
            effects = [effect for entry in await self.host.history(id) for effect in entry["effects"]]
            called = [effect["id"] for effect in effects if effect["kind"] == "CallStarted"]
            found += [one for one in called if await self._exists(one)]
        return found

    async def end(self) -> None:
        """Nothing of it goes on."""
        for id in await self.instances():
            with suppress(RPCError):
                await self.host._handle(id).terminate()

    async def _exists(self, id: str) -> bool:
        return (await self.host._handle(id).describe()).status is not WorkflowExecutionStatus.FAILED


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Until something is so that another program brings about; an error if it takes too long."""
    async with asyncio.timeout(20):
        while not await holds():
            await asyncio.sleep(0.01)
