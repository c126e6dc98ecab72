"""The demo, killed with SIGKILL at every commit: nothing is lost, nothing is done twice, and the next run goes on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENTRIES = 24
"""One start and 22 answers."""


def run_demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "oyiflow",
        "demo",
        "--processes",
        str(ROOT / "processes"),
        "--output",
        str(folder),
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_demo_takes_a_visit_through_and_draws_it(tmp_path: Path) -> None:
    done = run_demo(tmp_path / "out", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for words in (
        "no errors",
        "started visit-1",
        "rejected",
        "the process has ended",
        "replays to the stored state",
        "visit.svg",
    ):
        assert words in done.stdout
    assert (tmp_path / "out" / "visit.svg").read_text(encoding="utf-8").startswith("<")
    assert (tmp_path / "out" / "demo.db").is_file()


def test_the_demo_in_chinese_and_as_json(tmp_path: Path) -> None:
    chinese = run_demo(tmp_path, "--lang", "zh")
    assert chinese.returncode == 0, chinese.stderr
    assert "流程结束" in chinese.stdout
    assert "started" not in chinese.stdout
    again = run_demo(tmp_path, "--json")
    answer = json.loads(again.stdout)
    assert answer["instance"]["id"] == "visit-2", "a visit that has ended is not taken up again"
    assert len(answer["history"]) == ENTRIES


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows neither fork nor SIGKILL")
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_commit_it_goes_on(when: str, tmp_path: Path) -> None:
    processes = tmp_path / "processes"
    processes.mkdir()
    for name in (
        "visit.yaml",
        "gift_request.yaml",
        "company.yaml",
    ):  # the demo needs no more, and each file is checked a hundred times
        shutil.copy(ROOT / "processes" / name, processes)
    driver = Path(__file__).with_name("killed_demo.py")
    command = [sys.executable, str(driver), when, str(processes), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    *killed, unharmed = [json.loads(line) for line in done.stdout.splitlines()]
    story = unharmed["visits"]["visit-1"]["steps"]
    assert unharmed["first"] == 0
    assert len(story) == ENTRIES
    assert len(killed) >= ENTRIES + 2, "one commit for the schema, some to publish, one for each entry"
    for case in killed:
        assert (case["first"], case["second"]) == (-9, 0), case
        visit = case["visits"]["visit-1"]
        assert visit["steps"] == story, f"killed {when} commit {case['n']}"
        assert visit["revisions"] == list(range(1, ENTRIES + 1))
        assert visit["status"] == "done"
        assert visit["replays"]
        finished_before = when == "after" and case["n"] == len(killed)
        assert list(case["visits"]) == (["visit-1", "visit-2"] if finished_before else ["visit-1"])
