"""What a check means can be read where only the package is installed: its copies of the pages are those of the documents."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import oyiflow

ROOT = Path(__file__).parents[2]


def test_the_copies_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "pages.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"write them anew: python3 tools/pages.py\n{done.stdout}"


def test_a_package_without_documents_beside_it_explains_a_check(tmp_path: Path) -> None:
    shutil.copytree(Path(oyiflow.__file__).parent, tmp_path / "oyiflow", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-c", "from oyiflow.cli import main; main(['explain', 'OF801', '--lang', 'en'])"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("### OF801 a rule that is broken\n")
