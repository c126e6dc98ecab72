"""A deadline, without waiting for it: the clock of a test stands still until it is moved.

    python3 examples/deadline.py

Three workdays from Thursday 15:00 is Tuesday 15:00. Then the worker tells whoever must act, and the superior; the task
stays open, because `late: escalate` only tells. `late: reject`, `pass` and `skip` move on by themselves.
"""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import oyiflow
from oyiflow.testing import ManualClock

PROCESS = """
process: report
title: Monthly report
roles: {staff: Staff}
steps:
  - {do: write, by: staff, within: 3 workdays, late: escalate}
  - {end: done}
"""

COMPANY = """
company: Example Ltd
people:
  lin: {title: Lin Xiao, roles: [staff], superior: gao}
  gao: {title: Gao Min, roles: []}
"""


def main(folder: Path) -> None:
    (folder / "report.yaml").write_text(PROCESS, encoding="utf-8")
    (folder / "company.yaml").write_text(COMPANY, encoding="utf-8")
    company = oyiflow.load_company(folder / "company.yaml")
    clock = ManualClock(datetime(2026, 1, 8, 7, 0, tzinfo=UTC))  # a Thursday, 15:00 in Beijing

    with oyiflow.Engine(directory=company, clock=clock) as engine:
        report = engine.start(oyiflow.load(folder / "report.yaml"), actor="lin")
        [task] = engine.tasks(instance=report.id)
        assert task.due is not None
        print("due", task.due.strftime("%A %H:%M UTC"))

        clock.advance("4 days")
        print("Monday:", oyiflow.Worker(engine).run_once(), "things done")
        clock.advance("1 day")
        print("Tuesday:", oyiflow.Worker(engine).run_once(), "things done")
        for notice in engine.notices(instance=report.id):
            print("told", notice.person, "about", notice.step, f"({notice.reason})")
        print("open still:", *(task.step for task in engine.tasks(instance=report.id)))


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        main(Path(name))

#> due Tuesday 07:00 UTC
#> Monday: 0 things done
#> Tuesday: 2 things done
#> told gao about write (escalate)
#> told lin about write (escalate)
#> open still: write
