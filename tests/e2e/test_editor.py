"""What an editor shows of the published schema, asked of the language server that editors use for YAML.

The server comes from npm. Where there is no npm, or it cannot be reached, these tests say so and are left out; the schema itself
is tested against the vocabulary in `tests/unit/load`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HEAD = "process: a\ntitle: A\nroles: {x: X}\nsteps:\n"
FILES = {
    "key.yaml": f"{HEAD}  - approve: ok\n    by: x\n    rejected: ok\n    |\n  - end: done\n",
    "value.yaml": f"{HEAD}  - approve: ok\n    by: x\n    rejected: ok\n    late: |\n",
    "hover.yaml": f"{HEAD}  - approve: ok\n    rejec|ted: ok\n    by: x\n  - end: done\n",
    "broken.yaml": f"{HEAD}  - {{approve: ok, by: x, rejeted: ok}}\n  - {{end: done}}\n",
    "good.yaml": f"{HEAD}  - {{do: ok, by: x, within: day 5, mode: vote 60%, who: {{manager_of: starter}}}}\n  - {{end: done}}\n",
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("node and npm are not here: the editor's language server is not asked")
    folder = tmp_path_factory.mktemp("editor")
    for name in ("package.json", "ask.mjs"):
        shutil.copy(ROOT / "tools" / "editor" / name, folder / name)
    installed = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, timeout=120
    )
    if installed.returncode:
        pytest.skip("npm cannot fetch yaml-language-server: the editor's language server is not asked")
    schema = ROOT / "schemas" / "process.schema.json"
    asked = subprocess.run(
        [node, "ask.mjs", str(schema)],
        cwd=folder,
        input=json.dumps({"files": FILES}),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert asked.returncode == 0, asked.stderr
    answer: dict[str, Any] = json.loads(asked.stdout)
    return answer


def test_a_key_is_completed(shown: dict[str, Any]) -> None:
    assert {"resubmit", "mode", "within"} <= set(shown["key.yaml"]["completions"])


def test_a_value_is_completed(shown: dict[str, Any]) -> None:
    assert set(shown["value.yaml"]["completions"]) == {"remind", "escalate", "pass", "reject", "skip"}


def test_a_key_is_explained_in_both_languages(shown: dict[str, Any]) -> None:
    assert "退回到 / where a rejection goes" in shown["hover.yaml"]["hover"]


def test_a_mistake_is_underlined_on_its_line_and_what_is_right_is_not(shown: dict[str, Any]) -> None:
    assert [5, "Property rejeted is not allowed."] in shown["broken.yaml"]["diagnostics"]
    assert shown["good.yaml"]["diagnostics"] == []
