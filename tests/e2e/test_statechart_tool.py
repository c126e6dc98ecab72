"""The tool that plays statechart suites from outside says what passes, what does not, and what it cannot convert."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHART = """<scxml xmlns="http://www.w3.org/2005/07/scxml" datamodel="ecmascript" initial="a">
  <datamodel><data id="n" expr="1"/></datamodel>
  <state id="a"><transition event="go" cond="n === 1" target="b"><assign location="n" expr="n + 1"/></transition></state>
  <state id="b"><transition event="go" cond="n === 2" target="c"/></state>
  <state id="c">%s</state>
</scxml>"""


def script(*leaves: str) -> str:
    """Each `go` must lead to the next of these."""
    events = [{"event": {"name": "go"}, "nextConfiguration": [leaf]} for leaf in leaves]
    return json.dumps({"initialConfiguration": ["a"], "events": events})


def test_a_suite_is_played_and_counted(tmp_path: Path) -> None:
    group = tmp_path / "test" / "own"
    group.mkdir(parents=True)
    plays = {
        "right": ("", script("b", "c")),
        "wrong": ("", script("b", "a")),
        "strange": ("<invoke srcexpr='x()'/>", script("b", "c")),
    }
    for name, (inside, asked) in plays.items():
        (group / f"{name}.scxml").write_text(CHART % inside, "utf-8")
        (group / f"{name}.json").write_text(asked, "utf-8")
    tool = [sys.executable, str(ROOT / "benchmarks" / "statecharts.py"), str(tmp_path), "--show"]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    row = next(line.split() for line in done.stdout.splitlines() if line.startswith("own "))
    assert row[1:] == ["3", "1", "0", "1", "1"]
