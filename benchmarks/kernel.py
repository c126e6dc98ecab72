"""How fast the kernel is, beside the peers, in one run: what a step costs, what the first one costs, what an instance weighs.

    python benchmarks/kernel.py [--quick] [--json] [--rounds N]

Every peer runs in a process of its own, one after the other, round by round; a round's figure is the best of some chunks of
processor time, the table shows the median over the rounds. The ratio is to the `transitions` package in the same round:
ratios hold from machine to machine, events per second do not. Where a bar has a ratio the ratio decides, else the figure.
The scripts of the peers are in `benchmarks/peers`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent / "peers"
LIVE = (10_000, 100_000)
US, REFERENCE = "oyiflow", "transitions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Somebody to run beside: script and distribution. `most`: the most live instances that fit the memory of a small machine."""

    script: str
    package: str = ""
    most: int = 10_000

    @property
    def version(self) -> str:
        """The installed version; "" if it is not installed."""
        try:
            return version(self.package) if self.package else platform.python_version()
        except PackageNotFoundError:
            return ""


ALL = {
    US: Peer(script="with_oyiflow.py", package="oyiflow", most=100_000),
    "limit, by hand": Peer(script="limit.py", most=100_000),
    REFERENCE: Peer(
        script="with_transitions.py", package="transitions"
    ),  # its add_model looks through all models: 100,000 would take an hour
    "python-statemachine": Peer(script="with_statemachine.py", package="python-statemachine"),
    "sismic": Peer(script="with_sismic.py", package="sismic"),
    "SpiffWorkflow": Peer(script="with_spiff.py", package="SpiffWorkflow"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What is wanted: at least (or, for costs, at most) `must`, better `stretch`; 0: no peer does the same, so the figure stands for itself.

    `ratio`: counted in the reference's speed at a.
    """

    what: str
    must: float = 0
    stretch: float = 0
    unit: str = "/s"
    ratio: str = ""
    cost: bool = False

    def verdict(self, value: float) -> str:
        """missed, met, or stretch met; "-" where nothing is wanted."""
        if not self.must:
            return "-"
        worse = [value > bar if self.cost else value < bar for bar in (self.must, self.stretch)]
        return "MISSED" if worse[0] else "met" if worse[1] else "stretch met"


BARS = {
    "a": Bar(what="a flat, guard", must=15, stretch=30, unit="x", ratio="a"),
    "b": Bar(what="b nested, history, actions", must=60, stretch=126, unit="x", ratio="b"),
    "c": Bar(what="c regions, join", must=150, stretch=300, unit="x", ratio="c"),
    "checked": Bar(what="a, role by guard + field by set", must=6, stretch=11, unit="x", ratio="a"),
    "act": Bar(what="a, people: role, field, tasks (Act)", unit="x", ratio="a"),
    "regions": Bar(what="12 regions x 5 states, random", must=400_000, stretch=700_000),
    "dumped": Bar(what="step + JSON snapshot", must=150_000, stretch=250_000),
    "durable": Bar(what="load + step + dump", must=80_000, stretch=140_000),
    "memo": Bar(what="12 regions: entries remembered", must=1_000, stretch=1_000, unit="", cost=True),
    "cold": Bar(what="cold plan (b)", must=40, stretch=25, unit=" µs", cost=True),
    "cold step": Bar(what="cold step (b), all of it", must=40, stretch=25, unit=" µs", cost=True),
    "compile 1000": Bar(what="compile 1,000 states + digest", must=8, stretch=4, unit=" ms", cost=True),
    "compile 10000": Bar(what="compile 10,000 states + digest", must=100, stretch=50, unit=" ms", cost=True),
    "growth": Bar(what="growth of that, 1,000 → 10,000", must=14, stretch=14, unit="x", cost=True),
    "load steps": Bar(what="YAML → read and checked, 1,000 steps", must=150, stretch=60, unit=" ms", cost=True),
    "load states": Bar(what="YAML → read and checked, 1,000 states", must=150, stretch=60, unit=" ms", cost=True),
    "memory": Bar(what="bytes per live instance (10,000)", must=400, stretch=270, unit=" B", cost=True),
}
WORKLOADS = {US: ("a", "b", "c", "checked", "act", "regions", "dumped", "durable")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    rounds: int
    seconds: float
    chunks: int
    sizes: tuple[int, ...]
    regions: tuple[int, ...]
    depths: tuple[int, ...]
    live: tuple[int, ...]
    loop: int
    heaviest: int


QUICK = Scale(
    rounds=2, seconds=0.02, chunks=3, sizes=(10, 1000), regions=(1, 12), depths=(1, 100), live=(1000,), loop=1000, heaviest=1000
)
FULL = Scale(
    rounds=5,
    seconds=0.1,
    chunks=5,
    sizes=(10, 100, 1000, 10_000),
    regions=(1, 2, 4, 8, 12, 16),
    depths=(1, 10, 100, 1000),
    live=(1, 10, 100, 1000, 10_000, 100_000),
    loop=1_000_000,
    heaviest=100_000,
)


def call(script: str, *arguments: object) -> Any:
    """The answer of a script in a process of its own, or what went wrong there as text."""
    roots = [str(PEERS.parent.parent), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, str(PEERS / script), *map(str, arguments)],
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(filter(None, roots))},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["killed"])[-1].split(":")[0].rpartition(".")[2]
    return json.loads(done.stdout.splitlines()[-1])


def rates(peers: Mapping[str, Peer], scale: Scale) -> dict[str, dict[str, list[float]]]:
    """Events per second: peer, workload, round."""
    out: dict[str, dict[str, list[float]]] = {name: {} for name in peers}
    for turn in range(scale.rounds):
        progress(f"round {turn + 1} of {scale.rounds}")
        for name, peer in peers.items():
            found = call(peer.script, "rate", scale.seconds, scale.chunks, *WORKLOADS.get(name, ("a", "b", "c")))
            assert isinstance(found, dict), f"{name}: {found}"
            for workload, rate in found.items():
                out[name].setdefault(workload, []).append(rate)
    return out


def sizes(peers: Mapping[str, Peer], scale: Scale) -> tuple[dict[str, Any], dict[str, Any]]:
    """Milliseconds to build machines, bytes of instances; a peer that cannot says why."""
    builds: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    for name, peer in peers.items():
        progress(f"sizes: {name}")
        found = {number: call(peer.script, "build", number) for number in scale.sizes}
        builds[name] = {number: got["seconds"] * 1e3 if isinstance(got, dict) else got for number, got in found.items()}
        # a quick run weighs only those that are light
        numbers = [number for number in LIVE if number <= peer.most and number <= scale.heaviest * (peer.most // LIVE[0])]
        weights[name] = {number: call(peer.script, "memory", number)["bytes"] for number in numbers}
    return builds, weights


def curves(scale: Scale) -> dict[str, Any]:
    """What OyiFlow costs as things grow."""
    progress("curves")
    return {
        "cold": call("curves.py", "cold"),
        "compile": {n: call("curves.py", "compile", n) for n in sorted({*scale.sizes, 1000, 10_000})},
        "load": {
            form: {n: call("curves.py", "load", form, n) for n in scale.sizes if n <= 1000} for form in ("steps", "states")
        },
        "regions": {n: call("curves.py", "regions", n) for n in scale.regions},
        "depth": {n: call("curves.py", "depth", n) for n in scale.depths},
        "live": {n: call("curves.py", "live", n) for n in scale.live},
        "loop": call("curves.py", "loop", scale.loop),
    }


def progress(what: str) -> None:
    """A line for whoever waits."""
    print(f"… {what}", file=sys.stderr, flush=True)


def ratio(report: Mapping[str, Any], peer: str, workload: str, base: str) -> float:
    """Median over the rounds of the ratio to the reference; nothing to compare with gives 0."""
    theirs = report["rates"].get(REFERENCE, {}).get(base)
    ours = report["rates"][peer][workload]
    return statistics.median(o / t for o, t in zip(ours, theirs, strict=True)) if theirs else 0.0


def values(report: Mapping[str, Any]) -> dict[str, float]:
    """The figure for each bar."""
    ours, curve = report["rates"][US], report["curves"]
    compiled = {n: 1e3 * (c["machine"] + c["digest"]) for n, c in curve["compile"].items()}
    out = {
        name: ratio(report, US, name, bar.ratio) if bar.ratio else statistics.median(ours[name])
        for name, bar in BARS.items()
        if name in ours
    }
    return out | {
        "memo": sum(curve["regions"][12]["memo"].values()),
        "cold": curve["cold"]["b"]["plan"],
        "cold step": curve["cold"]["b"]["step"],
        "compile 1000": compiled[1000],
        "compile 10000": compiled[10_000],
        "growth": compiled[10_000] / compiled[1000],
        "load steps": 1e3 * curve["load"]["steps"][1000]["seconds"],
        "load states": 1e3 * curve["load"]["states"][1000]["seconds"],
        "memory": report["memory"][US][10_000],
    }


# --- printing


def shown(number: Any) -> str:
    """Three digits that mean something."""
    if not isinstance(number, int | float):
        return str(number)
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def table(title: str, head: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """A Markdown table with aligned columns."""
    cells = [list(head), *([shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(cells[0]))]
    lines = ["| " + " | ".join(f"{cell:<{widths[n]}}" for n, cell in enumerate(row)) + " |" for row in cells]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    print(f"\n{title}\n", *[lines[0], rule, *lines[1:]], sep="\n")


def print_rates(report: Mapping[str, Any]) -> None:
    """All peers beside each other."""
    rows = []
    for name, found in report["rates"].items():
        row = [name]
        for workload in ("a", "b", "c"):
            middle = statistics.median(found[workload])
            spread = (max(found[workload]) - min(found[workload])) / 2 / middle
            row.append(f"{middle:,.0f} ±{spread:.0%} ({shown(ratio(report, name, workload, workload))}x)")
        rows.append(row)
    table(
        "Events per second (ratio to transitions)", ("", "a flat, guard", "b nested, history, actions", "c regions, join"), rows
    )


def print_bars(report: Mapping[str, Any]) -> None:
    """What is wanted, what is."""
    rows = []
    for name, value in report["values"].items():
        bar = BARS[name]
        rate = f"{statistics.median(report['rates'][US][name]):,.0f}/s" if name in report["rates"][US] else ""
        rows.append(
            (
                bar.what,
                rate,
                *(shown(number) + bar.unit if number else "-" for number in (value, bar.must, bar.stretch)),
                report["verdicts"][name],
            )
        )
    table("Bars", ("", "", "is", "must", "stretch", ""), rows)


def print_sizes(report: Mapping[str, Any]) -> None:
    """Building and memory, all peers."""
    rows = []
    for name, found in report["build"].items():
        last, before = found.get(10_000), found.get(1000)
        growth = f"{last / before:.1f}x" if isinstance(last, float) and isinstance(before, float) else "-"
        rows.append([name, *found.values(), growth, *(report["memory"][name].get(n, "-") for n in LIVE)])
    counts = [f"{n:,}" for n in next(iter(report["build"].values()))]
    head = ("", *(f"{count} states" for count in counts), "1,000 → 10,000", "B/instance (10,000)", "(100,000)")
    table("Building a ring ready to run (ms), and live instances (bytes of resident memory)", head, rows)


def print_curves(report: Mapping[str, Any]) -> None:
    """OyiFlow alone, as things grow."""
    curve = report["curves"]
    rows: Any = [(name, c["plan"], c["step"]) for name, c in curve["cold"].items()]
    table("The first time (µs)", ("workload", "plan", "step, all of it"), rows)
    rows = [(n, 1e3 * c["machine"], 1e3 * c["digest"]) for n, c in curve["compile"].items()]
    table("Compile (ms)", ("states", "machine", "digest"), rows)
    rows = [(form, n, 1e3 * c["seconds"], c["bytes"]) for form, found in curve["load"].items() for n, c in found.items()]
    table("YAML text → definition, read and checked", ("form", "states", "ms", "bytes of text"), rows)
    rows = [
        (n, f"{5**n:,}", c["rate"], sum(c["memo"].values()), c["memo"]["forks of trails"]) for n, c in curve["regions"].items()
    ]
    table("Regions of 5 states", ("regions", "configurations", "steps/s", "entries remembered", "of them trails"), rows)
    rows = [(n, c["flip"], c["through"], c["cold"]) for n, c in curve["depth"].items()]
    table("Depth", ("levels", "steps/s at the bottom", "steps/s through all levels", "first time, µs"), rows)
    rows = [(n, c["bytes"], c["rate"]) for n, c in curve["live"].items()]
    table("Live instances", ("instances", "bytes each, allocated", "steps/s, all in turn"), rows)
    rows = [(f"{c['iterations']:,}", c["us_per_step"], c["snapshot_bytes"], c["memo"]) for c in curve["loop"]]
    table(
        "One instance going round, two answers of people a round",
        ("rounds", "µs per step", "snapshot, bytes", "entries remembered"),
        rows,
    )


def main() -> int:
    """Measure, print, and say whether the bars are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="some twenty seconds instead of some minutes")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.add_argument("--rounds", type=int, help="rounds of the comparison")
    options = parser.parse_args()
    scale = QUICK if options.quick else FULL
    if options.rounds:
        scale = Scale(**{name: getattr(scale, name) for name in Scale.__slots__} | {"rounds": options.rounds})
    versions = {name: peer.version for name, peer in ALL.items() if peer.package}
    missing = [ALL[name].package for name, found in versions.items() if not found and name != US]
    peers = {name: peer for name, peer in ALL.items() if peer.package not in missing}
    report: dict[str, Any] = {"python": platform.python_version(), "cores": os.cpu_count(), "versions": versions}
    report["rates"] = rates(peers, scale)
    report["build"], report["memory"] = sizes(peers, scale)
    report["curves"] = curves(scale)
    report["values"] = values(report)
    report["verdicts"] = {name: BARS[name].verdict(value) for name, value in report["values"].items()}
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        known = ", ".join(f"{name} {found}" for name, found in versions.items() if found)
        print(f"{platform.python_implementation()} {report['python']}, {report['cores']} cores; {known}")
        for printing in (print_rates, print_bars, print_sizes, print_curves):
            printing(report)
    if missing:
        print(
            f"\nnot installed, and so not measured: {', '.join(missing)}; to have them: pip install {' '.join(missing)}",
            file=sys.stderr,
        )
    return 1 if "MISSED" in report["verdicts"].values() else 0


if __name__ == "__main__":
    sys.exit(main())
