"""Whether the verdicts on nets are right, and how long they take.

    python benchmarks/nets.py twin [--from 0] [--count 1000000]    random nets against the slow twin; takes about ten minutes
    python benchmarks/nets.py speed                                block-structured nets, parallel branches, damaged nets
    python benchmarks/nets.py files FOLDER                         every .pnml below a folder: verdicts, and the time for all

`twin` asks five ways of searching about every net (as it stands, made smaller first, with stubborn sets and without, and mixed)
and has each verdict confirmed: the answer, and the run that shows it. Any disagreement prints the seed and ends with 1. Times are
processor time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from oyiflow.verify.nets import Effort, Ends, Kind, Net, UnreadableNet, read_pnml, replay, soundness
from tests.unit.verify.nets.brute import Twin
from tests.unit.verify.nets.made import Blocks, damaged, random_net

WAYS = (
    Effort(),
    Effort(as_it_stands=0),
    Effort(as_it_stands=0, smaller=0),
    Effort(as_it_stands=4, smaller=8),
    Effort(as_it_stands=0, smaller=0, reduce=False),
)
ENDS = (Ends.ANY, Ends.ANY, Ends.ONE)
SAFE = (None, None, None, True, False)
EXACT = (Kind.DEADLOCK, Kind.UNSAFE, Kind.IMPROPER)
"""Kinds of which the search of the net as it stands finds a shortest run."""


def disagreement(seed: int, limit: int = 1_000) -> tuple[str, str]:
    """What is wrong with the verdicts on a random net ("": nothing), and what the net is."""
    net, ends, safe = random_net(seed), ENDS[seed % len(ENDS)], SAFE[seed % len(SAFE)]
    twin = Twin(net, ends, safe)
    truth = twin.truth(limit)
    if truth.sound is None:
        return "", "too many markings"
    for way in WAYS:
        verdict = soundness(net, ends=ends, safe=safe, effort=way, budget=3_000)
        wrong = twin.confirm(verdict, truth)
        if not wrong and way is WAYS[0] and verdict.kind in EXACT and truth.markings < way.as_it_stands:
            wrong = "" if len(verdict.trace) == truth.depth.get(verdict.kind, len(verdict.trace)) else "a shorter run shows it"
        if wrong:
            return f"seed {seed} {way}: {wrong}", ""
    return "", "sound" if truth.sound else "/".join(sorted(truth.kinds))


def twin(first: int, count: int) -> int:
    found: Counter[str] = Counter()
    wrong, begun = 0, time.monotonic()
    for done, seed in enumerate(range(first, first + count), 1):
        message, kind = disagreement(seed)
        found[kind] += 1
        if message:
            wrong += 1
            print(message, flush=True)
        if done % 20_000 == 0 or done == count:
            rate = done / (time.monotonic() - begun)
            print(f"{done:,} of {count:,} nets, {wrong} wrong, {rate:,.0f} a second", file=sys.stderr, flush=True)
    for kind, number in found.most_common(12):
        print(f"{number:>9,}  {kind}")
    print(f"{count:,} nets from seed {first}, five ways each: {wrong} disagreements")
    return 1 if wrong else 0


def timed(net: Net) -> tuple[str, float]:
    begun = time.process_time()
    verdict = soundness(net)
    spent = (time.process_time() - begun) * 1_000
    if verdict.trace:
        assert tuple(replay(net, verdict.trace).items()) == verdict.marking
    return verdict.status.value, spent


def blocks(size: int, seed: int, damages: int = 0) -> Net:
    random = Random(seed)
    made = Blocks(random)
    made.block("i", "o", size)
    for _ in range(damages):
        damaged(random, made.rows)
    return Net.of(made.rows, "i")


def branches(count: int, steps: int) -> Net:
    rows = {"split": ("i", " ".join(f"p{one}_0" for one in range(count)))}
    for one in range(count):
        rows |= {f"t{one}_{step}": (f"p{one}_{step}", f"p{one}_{step + 1}") for step in range(steps)}
    rows["join"] = (" ".join(f"p{one}_{steps}" for one in range(count)), "o")
    return Net.of(rows, "i")


def speed() -> int:
    print("parallel branches × steps                       ms")
    for count, steps in ((12, 3), (30, 10), (100, 10), (1_000, 3)):
        print(f"{count:>8} × {steps:<30} {timed(branches(count, steps))[1]:>10.1f}")
    print("block-structured: transitions                   ms")
    for size in (100, 1_000, 4_600, 10_000, 30_000):
        net = blocks(size, 1)
        print(f"{len(net.transitions):>8} {'':32} {timed(net)[1]:>10.1f}")
    print("damaged at one to four places: size     nets   sound unsound undecided     mean ms    worst ms")
    for size, nets in ((30, 3_000), (100, 1_000), (1_000, 60), (4_600, 30)):
        results = [timed(blocks(size, seed, 1 + seed % 4)) for seed in range(nets)]
        kinds = Counter(status for status, _ in results)
        mean, worst = sum(spent for _, spent in results) / nets, max(spent for _, spent in results)
        print(
            f"{size:>36} {nets:>8} {kinds['sound']:>7} {kinds['unsound']:>7} {kinds['undecided']:>9} {mean:>11.2f} {worst:>11.1f}"
        )
    return 0


def files(folder: Path) -> int:
    found: Counter[str] = Counter()
    texts = [path.read_bytes() for path in sorted(folder.rglob("*.pnml"))]
    begun = time.process_time()
    for text in texts:
        try:
            verdict = soundness(read_pnml(text))
        except UnreadableNet:
            found["unreadable"] += 1
        else:
            found[f"{verdict.status.value} {verdict.kind.value}".strip()] += 1
    spent = time.process_time() - begun
    for kind, number in found.most_common():
        print(f"{number:>7,}  {kind}")
    print(f"{len(texts):,} nets read and judged in {spent:.2f} s of processor time")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("twin", "speed", "files"))
    parser.add_argument("folder", nargs="?", type=Path, default=Path("."))
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1_000_000)
    arguments = parser.parse_args()
    if arguments.what == "twin":
        return twin(arguments.first, arguments.count)
    return speed() if arguments.what == "speed" else files(arguments.folder)


if __name__ == "__main__":
    sys.exit(main())
