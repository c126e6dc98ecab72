"""A worker in a process of its own, which a test may kill: `python faulty_worker.py ADDRESS FOLDER`.

It halts inside a handler while there is a file `hold-effect` in the folder, and inside the recording of an answer while there
is `hold-answer`; that it stands there is told by `held-effect`, `held-answer`. What the handler has done is in `effects`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from corpus import PAYMENT, PAYOUT, SKIPPING, definition
from temporalio import activity
from temporalio.client import Client
from temporalio.service import RetryConfig

from oyiflow.hosts.temporal import TemporalHost

QUEUE = "faults"
LEASE = timedelta(seconds=1)


def halt(folder: Path, where: str) -> None:
    hold, held = folder / f"hold-{where}", folder / f"held-{where}"
    while hold.exists():
        held.touch()
        time.sleep(0.01)


class Directory:
    """A company that may take its time, when an activity asks it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def roles_of(self, name: str) -> frozenset[str]:
        if activity.in_activity():
            halt(self._folder, "answer")
        return SKIPPING.roles_of(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(SKIPPING, name)


def host_in(client: Client, folder: Path, **options: Any) -> TemporalHost:
    def bank(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        with (folder / "effects").open("a", encoding="utf-8") as effects:
            effects.write(key + "\n")
        halt(folder, "effect")
        return {"number": f"paid {values['sum']}"}

    given = {"directory": Directory(folder), "handlers": {"bank": bank}, "queue": QUEUE, "lease": LEASE, **options}
    return TemporalHost(client, map(definition, (PAYMENT, PAYOUT)), **given)


async def connected(address: str, retry: RetryConfig | None = None) -> Client:
    """A client, as soon as the server is there."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await Client.connect(address, retry_config=retry)
            except RuntimeError:
                await asyncio.sleep(0.05)


async def main(address: str, folder: Path) -> None:
    async with host_in(await connected(address), folder).worker(max_concurrent_activities=4):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
