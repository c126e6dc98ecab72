"""Whether the verdicts on nets are right, and how long they take.

    python benchmarks/nets.py twin [--from 0] [--count 1000000]    random nets against the slow twin; takes about ten minutes
    python benchmarks/nets.py speed                                block-structured nets, parallel branches, damaged nets
    python benchmarks/nets.py files FOLDER                         every .pnml below a folder: verdicts, and the time for all
    python benchmarks/nets.py beside                               the same nets judged by pm4py too, where it is installed

`twin` asks five ways of searching about every net (as it stands, made smaller first, with stubborn sets and without, and mixed)
and has each verdict confirmed: the answer, and the run that shows it. Any disagreement prints the seed and ends with 1. Times are
processor time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from itertools import count as count_from
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from oyiflow.verify.nets import Effort, Ends, Kind, Net, Status, UnreadableNet, read_pnml, replay, soundness
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


PATIENCE = 500
"""Milliseconds after which pm4py is not asked about a larger net of the same kind."""


def beside() -> int:
    """Both on the same nets: sound ones of two kinds, and each with one damage. pm4py builds the reachability graph and its covering tree."""
    kinds: dict[str, list[Net]] = {
        "parallel branches × 2 steps": [branches(count, 2) for count in (2, 3, 4, 5, 12, 30)],
        "block-structured": [blocks(size, 1) for size in (10, 30, 100, 1_000)],
        "block-structured, damaged": [with_one_end(size) for size in (10, 30, 100, 1_000)],
    }
    print(f"{'nets':<30} transitions    ms  pm4py ms    ratio  verdicts")
    for kind, nets in kinds.items():
        patient = True
        for net in nets:
            ours, spent = timed(net)
            theirs, other = by_pm4py(net) if patient else ("not asked", 0.0)
            patient = patient and other < PATIENCE
            said = f"{other:>9.1f} {other / spent:>8.0f}" if other else f"{'-':>9} {'-':>8}"
            print(f"{kind:<30} {len(net.transitions):>11} {spent:>5.1f} {said}  {ours}, {theirs}", flush=True)
    return 0


def with_one_end(size: int) -> Net:
    """A damaged net that both take for the same question: with several end places the two mean different things by sound."""
    nets = (blocks(size, seed, 1) for seed in count_from(7))
    return next(net for net in nets if len(net.places) - len(net.consumed) == 1 and soundness(net).status is not Status.SOUND)


def by_pm4py(net: Net) -> tuple[str, float]:
    """The verdict of `pm4py.check_soundness` and its processor time in milliseconds."""
    import pm4py  # type: ignore[import-not-found,unused-ignore]
    from pm4py.objects.petri_net.obj import Marking, PetriNet  # type: ignore[import-not-found,unused-ignore]
    from pm4py.objects.petri_net.utils import petri_utils  # type: ignore[import-not-found,unused-ignore]

    made = PetriNet("net")
    places = {name: PetriNet.Place(name) for name in net.places}
    made.places.update(places.values())
    for name, inputs, outputs in zip(net.transitions, net.inputs, net.outputs, strict=True):
        transition = PetriNet.Transition(name, name)
        made.transitions.add(transition)
        for place, _ in inputs:
            petri_utils.add_arc_from_to(places[net.places[place]], transition, made)
        for place, _ in outputs:
            petri_utils.add_arc_from_to(transition, places[net.places[place]], made)
    begun = time.process_time()
    sound, _ = pm4py.check_soundness(made, Marking({places["i"]: 1}), Marking({places["o"]: 1}))
    return ("sound" if sound else "unsound"), (time.process_time() - begun) * 1_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("twin", "speed", "files", "beside"))
    parser.add_argument("folder", nargs="?", type=Path, default=Path("."))
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1_000_000)
    arguments = parser.parse_args()
    if arguments.what == "twin":
        return twin(arguments.first, arguments.count)
    if arguments.what == "beside":
        return beside()
    return speed() if arguments.what == "speed" else files(arguments.folder)


if __name__ == "__main__":
    sys.exit(main())
