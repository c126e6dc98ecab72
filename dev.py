#!/usr/bin/env python3
"""One file that sets everything up and runs it: `python3 dev.py demo`, `python3 dev.py test`.

Needs Python 3.11 or newer with venv and pip, nothing else. It makes a virtual environment in `.venv` beside itself,
installs the package and what the command needs, and runs the command there; nothing outside this folder is touched.

    python3 dev.py demo              take a key-account visit through, step by step, and draw its chart
    python3 dev.py test [ARGS…]      all tests (ARGS go to pytest)
    python3 dev.py oyiflow ARGS…     the command line, for example: python3 dev.py oyiflow check processes/
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def main(arguments: list[str]) -> int:
    """Set up, run, and return the exit code of what was run."""
    if sys.version_info < (3, 11):  # noqa: UP036
        print("需要 Python 3.11 或更新版本 (Python 3.11 or newer is needed)", file=sys.stderr)
        return 2
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    runs = {
        "demo": ("", ["-m", "oyiflow", "demo", *rest]),
        "test": ("test", ["-m", "pytest", "-n", "auto", *rest]),
        "oyiflow": ("", ["-m", "oyiflow", *rest]),
    }
    if command not in runs:
        print(__doc__)
        return 0 if command in ("", "-h", "--help") else 2
    extra, line = runs[command]
    if not set_up(extra):
        return 1
    where = None if command == "oyiflow" else HERE
    try:
        return subprocess.run([str(PYTHON), *line], cwd=where, env={**os.environ, "PYTHONUTF8": "1"}, check=False).returncode
    except KeyboardInterrupt:
        return 130


def set_up(extra: str) -> bool:
    """The virtual environment with the package in it, made or brought up to date; False if that failed."""
    stamp = VENV / f"ready-{extra or 'base'}"
    wanted = hashlib.sha256((HERE / "pyproject.toml").read_bytes() + sys.version.encode() + str(HERE).encode()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return True
    try:
        if not (PYTHON.exists() and works()):
            print("准备环境 .venv … (setting up .venv, once)", file=sys.stderr)
            venv.EnvBuilder(with_pip=True, clear=VENV.exists()).create(VENV)
        target = f"{HERE}[{extra}]" if extra else str(HERE)
        print(f"安装依赖 … (installing oyiflow{f'[{extra}]' if extra else ''}, once)", file=sys.stderr)
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
        subprocess.run([str(PYTHON), "-m", "pip", "install", *quiet, "--editable", target], check=True)
    except (subprocess.CalledProcessError, OSError) as error:
        print(
            f"环境没有准备好: {error}\n需要带 venv 和 pip 的 Python，以及能访问软件包源的网络。删除 .venv 后可重试。\n"
            "(the set-up failed: Python with venv and pip and a network that reaches a package index are needed; "
            "delete .venv to try again from the beginning)",
            file=sys.stderr,
        )
        return False
    stamp.write_text(wanted)
    return True


def works() -> bool:
    """Whether the environment's Python still runs and has pip (a moved folder or a removed Python breaks it)."""
    probe = [str(PYTHON), "-c", "import pip"]
    return subprocess.run(probe, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
