"""What every peer's script shares: the three workloads' events, the clock and the command line.

A peer is a script with `WORKLOADS` (name → function that makes a cycle, events in one cycle), `build(n)` (a ring of n states,
ready to run) and `instances(n)` (n live instances of workload a). It is run in a process of its own and answers with one line
of JSON:

    rate SECONDS CHUNKS NAME...   events per second of processor time, best of the chunks
    build N                       seconds of processor time
    memory N                      bytes of resident memory per instance

Time is the process's own processor time: on a shared machine the wall clock measures the neighbours. The best chunk is
taken because disturbances only ever slow a program down.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

LIMIT = 1000
A_EVENTS = ("submit", "assign", "approve", "pay", "reset")
"""Flat approval: six states, one guard on a data field."""
B_EVENTS = ("switch", "show", "edit", "switch", "pause", "resume")
"""Three levels with history: 14 entry and exit actions in six events."""
C_EVENTS = ("start", "legal_ok", "finance_ok", "reset")
"""Two regions, joined when both are done."""

Cycle = Callable[[], object]
Workload = tuple[Callable[[], Cycle], int]


def rate(cycle: Cycle, events: int, seconds: float, chunks: int) -> float:
    """Events per second of processor time, best of `chunks` chunks of `seconds`."""
    cycle()
    count, taken = 1, timed(cycle, 1)
    while taken < seconds / 4:
        count *= 2
        taken = timed(cycle, count)
    count = max(1, round(count * seconds / taken))
    gc.collect()
    return max(count * events / timed(cycle, count) for _ in range(chunks))


def timed(cycle: Cycle, count: int) -> float:
    """Seconds of processor time that so many cycles take."""
    begun = time.process_time()
    for _ in range(count):
        cycle()
    return time.process_time() - begun


def once(work: Callable[[], object], times: int = 1) -> float:
    """Seconds of processor time that one piece of work takes, best of `times`."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        begun = time.process_time()
        kept = work()
        best = min(best, time.process_time() - begun)
        del kept
    return best


def resident() -> int:
    """Bytes of memory that the process holds."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory(instances: Callable[[int], object], number: int) -> float:
    """Bytes of resident memory per instance, once everything is imported and has run."""
    warm = instances(10)
    gc.collect()
    before = resident()
    kept = instances(number)
    gc.collect()
    grown = (resident() - before) / number
    del kept, warm
    return grown


def answer(peer: Mapping[str, Any]) -> None:
    """The command line of a peer's script."""
    what, *rest = sys.argv[1:]
    out: dict[str, Any] = {}
    if what == "rate":
        for name in rest[2:]:
            make, events = peer["WORKLOADS"][name]
            out[name] = rate(make(), events, float(rest[0]), int(rest[1]))
    elif what == "build":
        number = int(rest[0])
        out["seconds"] = once(lambda: peer["build"](number), 3 if number < 5000 else 1)
    elif what == "memory":
        out["bytes"] = memory(peer["instances"], int(rest[0]))
    print(json.dumps(out))
