"""Whoever types a command waits for its own imports only."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from oyiflow.cli import command
from oyiflow.cli.arguments import ENGINES, FORMS, LOGS, parser
from oyiflow.cli.exporting import FORMS as MAKERS
from oyiflow.cli.mining import FORMATS
from oyiflow.exports.dot import engines
from oyiflow.verify.explore.breadth import LIMIT

ROOT = Path(__file__).parents[3]


def commands() -> dict[str, argparse.ArgumentParser]:
    found = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(found.choices)


@pytest.mark.parametrize("name", commands())
def test_every_command_is_carried_out_by_a_function(name: str) -> None:
    assert callable(command(commands()[name].get_default("run")))


def test_the_choices_that_can_be_typed_are_those_that_there_are() -> None:
    assert tuple(MAKERS) == FORMS
    assert tuple(FORMATS) == LOGS
    assert engines() == ENGINES


def test_the_limit_that_is_told_is_that_of_the_search() -> None:
    assert commands()["prove"].get_default("limit") == LIMIT
    assert f"default: {LIMIT:,}" in commands()["prove"].format_help()


def test_checking_a_file_that_is_right_loads_neither_the_engine_nor_a_chart() -> None:
    script = "import sys; from oyiflow.cli import main; code = main(sys.argv[1:]); print(code, *sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script, "check", "processes/visit.yaml"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    code, *loaded = done.stdout.splitlines()[-1].split()
    assert code == "0"
    for heavy in ("oyiflow.engine", "oyiflow.diagram", "oyiflow.exports", "jsonschema", "networkx", "sqlite3"):
        assert heavy not in loaded, heavy


def test_a_call_is_found_by_the_name_of_its_file_or_by_looking_through_the_folder(tmp_path: Path) -> None:
    trip, claim = tmp_path / "trip.yaml", tmp_path / "claim.yaml"
    head = "title: T\nversion: 1\nroles: {sales: 销售}\nsteps:\n"
    trip.write_text(
        f"process: trip\n{head}  - {{do: go, title: G, by: sales}}\n  - {{call: pay, title: P, process: claim}}\n  - {{end: done, title: D}}\n",
        "utf-8",
    )
    claim.write_text(f"process: claim\n{head}  - {{do: apply, title: A, by: sales}}\n  - {{end: paid, title: D}}\n", "utf-8")
    (tmp_path / "broken.yaml").write_text("process: [", "utf-8")
    assert _check(trip) == 0
    claim.rename(tmp_path / "claims.yaml")
    assert _check(trip) == 0
    (tmp_path / "claims.yaml").unlink()
    assert _check(trip) == 1


def _check(path: Path) -> int:
    return subprocess.run([sys.executable, "-m", "oyiflow", "check", str(path)], cwd=ROOT, capture_output=True).returncode
