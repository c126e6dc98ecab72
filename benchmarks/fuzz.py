"""Checks damaged files for as long as you like: the damages of `tests/property/test_reader_fuzz.py`, drawn by a seed.

    python benchmarks/fuzz.py --seconds 60 --seed 1

Prints what crashed or pointed to a place that is not there, with all that is needed to make it again, and at the end how many
files were checked, the longest processor time of one, and the most memory. Exit code 1 if anything was found.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from oyiflow.checking import check
from tests.property.test_reader_fuzz import ENCODINGS, KINDS, Damage, damaged, misplaced

Case = tuple[int, tuple[float, float], list[Damage], str]


def drawn(chance: random.Random) -> Case:
    """Which text, which of its lines, what is done to it, and how it is written."""
    keep = (chance.random(), chance.random())
    if chance.random() < 0.5:  # most of the text
        keep = (0.15 * keep[0], 1 - 0.15 * keep[1])
    kinds = list(KINDS)
    damages = [
        Damage(chance.choice(kinds), chance.random(), chance.randint(1, 20), chance.randrange(1000))
        for _ in range(chance.randint(1, 4))
    ]
    return chance.randrange(10**6), keep, damages, chance.choice(ENCODINGS) if chance.random() < 0.1 else "utf-8"


def is_good(path: Path, case: Case) -> bool:
    """Whether the check of the damaged file ends as it should; says so if not."""
    path.write_bytes(damaged(*case))
    try:
        wrong = misplaced(check([path]))
    except Exception:
        traceback.print_exc()
        print("crashed:", case, flush=True)
        return False
    if wrong:
        print("points nowhere:", wrong[0].code, case, flush=True)
    return not wrong


def main() -> int:
    """Run for the time asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    chance, until, count, bad, longest = random.Random(wanted.seed), time.monotonic() + wanted.seconds, 0, 0, 0.0
    with TemporaryDirectory() as folder:
        try:
            while time.monotonic() < until:
                case, started = drawn(chance), time.process_time()
                bad += not is_good(Path(folder) / "x.yaml", case)
                count, longest = count + 1, max(longest, time.process_time() - started)
        except KeyboardInterrupt:
            print(file=sys.stderr)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:,} files, {bad} bad, longest {longest:.3f} s, {memory:.0f} MiB")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
