"""The house rules: floors, types, style, sizes, words. What these tests say is true of every commit."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "oyiflow").rglob("*.py"))


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nobody_imports_upward() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_are_strict() -> None:
    run("mypy", "--no-error-summary")


def test_style_is_clean() -> None:
    run("ruff", "check", "--no-cache", ".")
    run("ruff", "format", "--check", "--no-cache", ".")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 500, f"{path} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno <= 60, f"{path}:{node.lineno} {node.name} is too long"


@pytest.mark.parametrize("path", [p for p in MODULES if p.stat().st_size > 0], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_opens_with_its_theory(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} does not say what it is"


def _calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = (
                node.func.id
                if isinstance(node.func, ast.Name)
                else node.func.attr
                if isinstance(node.func, ast.Attribute)
                else ""
            )
            owner = node.func.value.id if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) else ""
            yield node.lineno, f"{owner}.{name}" if owner else name


@pytest.mark.parametrize("room", ["model", "kernel", "verify", "diagram", "words"])
def test_the_inner_house_opens_nothing_and_asks_no_clock(room: str) -> None:
    for path in (ROOT / "oyiflow" / room).rglob("*.py"):
        for line, call in _calls(path):
            assert call not in ("open", "input", "print", "datetime.now", "datetime.utcnow", "date.today"), (
                f"{path}:{line} calls {call}"
            )


def test_user_text_is_never_executed() -> None:
    for path in MODULES:
        for line, call in _calls(path):
            assert call not in ("eval", "exec", "compile", "pickle.loads", "yaml.load", "os.system"), (
                f"{path}:{line} calls {call}"
            )


def test_the_public_face_is_small_and_there() -> None:
    import oyiflow

    assert len(oyiflow.__all__) <= 15
    assert all(hasattr(oyiflow, name) for name in oyiflow.__all__)


def test_the_published_schemas_are_those_of_the_vocabulary() -> None:
    from oyiflow.load.language.schema import schema_texts

    for name, text in schema_texts().items():
        assert (ROOT / "schemas" / name).read_text(encoding="utf-8") == text, f"write it anew: oyiflow schema > schemas/{name}"


def test_the_product_names_no_place_of_one_machine() -> None:
    place = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/\w")
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    for name in files:
        path = ROOT / name
        if name and path.is_file() and path.suffix in (".py", ".md", ".yaml", ".toml", ".sql", ""):
            found = place.search(path.read_text(encoding="utf-8", errors="ignore"))
            assert found is None, f"{name} names {found.group() if found else ''}"
