"""The kernel against the reference interpreter, on as many random machines as one likes.

    python benchmarks/agreement.py                    # 10,000 cases
    python benchmarks/agreement.py --cases 100000     # about half an hour; --seed N for others, --seconds N to stop early

A case is a random machine and two random stories of up to 14 events, of which the first is told once more at the end,
when the kernel remembers its ways. Every other machine is remembered leaf by leaf, and half of them have work for people. The
snapshot is written as JSON and read back after every event. What differs is printed with the seed that makes it again
(`--only N`); the exit code says whether anything did. From the root of the repository, with what the tests need installed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from oyiflow.kernel import machine, run
from tests.reference import interpreter
from tests.reference.machines import definition, happening
from tests.reference.pair import Counted, play

SHOWN = 5
"""Differences printed in full."""


def case(seed: int, number: int) -> Counted:
    """One case; the same numbers make the same one anywhere."""
    dice = random.Random(f"{seed}/{number}")
    machine.WHOLE_LIMIT = WHOLE_LIMIT if number % 2 else 1
    people = number % 4 > 1
    made = definition(dice.randrange, people)
    story, other = ([happening(dice.randrange, people) for _ in range(dice.randrange(1, 15))] for _ in range(2))
    counted = Counted()
    for told in (story, other, story):
        play(made, told, counted)
    return counted


WHOLE_LIMIT = machine.WHOLE_LIMIT


def cases(options: argparse.Namespace) -> Iterator[int]:
    """The numbers of the cases, as long as there is time."""
    end = time.monotonic() + options.seconds if options.seconds else float("inf")
    for number in [options.only] if options.only is not None else range(options.cases):
        if time.monotonic() > end:
            return
        yield number


def main() -> int:
    """Tell the stories, with a line now and then for whoever waits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--only", type=int, help="one case by its number")
    options = parser.parse_args()
    run.MICROSTEP_LIMIT = interpreter.LIMIT = 40  # cycles are common in random machines, and the reference is slow
    total, done, differing, begun = Counted(), 0, 0, time.monotonic()
    for number in cases(options):
        try:
            total.add(case(options.seed, number))
        except Exception:  # a difference is an AssertionError, but a crash on either side is one as well
            differing += 1
            if differing <= SHOWN:
                print(f"--seed {options.seed} --only {number}:", traceback.format_exc(limit=-3), sep="\n", flush=True)
        done += 1
        if done % 1000 == 0:
            print(
                f"… {done:,} cases, {time.monotonic() - begun:,.0f} s: {total}; {differing} differ", file=sys.stderr, flush=True
            )
    print(f"{done:,} cases (seed {options.seed}), {total}; {differing} differ")
    return 1 if differing or not done else 0


if __name__ == "__main__":
    sys.exit(main())
