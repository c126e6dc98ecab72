"""`oyiflow prove`, and traces in what `check` prints: for people, as JSON, as SARIF, as charts."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from oyiflow.cli import main
from tests.unit.verify.rules.flows import VISIT, mistaken

BAD = "second visit on the first approval"


@pytest.fixture
def good(tmp_path: Path) -> str:
    (tmp_path / "visit.yaml").write_text(VISIT, encoding="utf-8")
    return str(tmp_path / "visit.yaml")


@pytest.fixture
def bad(tmp_path: Path) -> str:
    (tmp_path / "visit.yaml").write_text(mistaken(BAD), encoding="utf-8")
    return str(tmp_path / "visit.yaml")


def test_proved_rules_exit_with_nought(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", good, "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "6 proved."
    assert "  ✓ 1. proved: 每次拜访都须先经审批" in out.splitlines()
    assert "    - fields that steps fill in are empty at the start" in out.splitlines()


def test_where_there_is_nothing_to_prove_it_says_so(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(good)
    for text, code in ((VISIT.replace("steps:", "stepz:"), 1), (VISIT[: VISIT.index("rules:")], 0)):
        path.write_text(text, encoding="utf-8")
        for lang, words in (("zh", "没有可证明的规则。"), ("en", "There is no rule to prove.")):
            assert main(["prove", good, "--lang", lang]) == code
            assert capsys.readouterr().out.splitlines()[-1] == words


def test_rules_says_what_each_was_taken_to_mean(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["prove", good, "--rules", "--lang", "zh"])
    assert "      即: 每次到“拜访”之前，须新经过“审批”（一次只管一次，改了内容要重来）" in capsys.readouterr().out.splitlines()


def test_a_broken_rule_is_told_and_exits_with_one(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", bad, "--lang", "zh"]) == 1
    out = capsys.readouterr().out
    assert "  ✗ 1. 不成立: 每次拜访都须先经审批" in out
    assert "        11. 专员在“约定下次拜访？”选“再约”；跳过“款项支持”" in out
    assert "        now_at: visit" in out.splitlines()


def test_for_programs(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", bad, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"proved": 4, "refuted": 2, "undecided": 0, "runtime": 0, "words": 0}
    first = told["processes"][0]["rules"][0]
    assert (first["verdict"], first["reason"], first["form"], first["steps"]) == ("refuted", "used_up", "before", ["visit"])
    assert first["trace"][1] == {
        "kind": "act", "step": "plan", "outcome": "done", "event": "plan.done", "line": 9, "values": {"budget": "0"},
        "zh": "专员办理“制定拜访计划”，“款项预算”是 0 元", "en": "专员 does “制定拜访计划”, “款项预算” is 0 元",
    }  # fmt: skip


def test_what_is_not_decided_counts_with_strict(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", good, "--limit", "2"]) == 0
    assert main(["prove", good, "--limit", "2", "--strict"]) == 1
    assert "1 未能判定" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.yaml").write_text("process: x\ntitel: X\n", encoding="utf-8")
    assert main(["prove", str(tmp_path / "x.yaml")]) == 1
    assert "error[OF101]" in capsys.readouterr().out


def test_check_tells_the_way(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", bad, "--lang", "en"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "   = trace:" in lines
    assert "     2. 专员 does “制定拜访计划”, “款项预算” is 0 元" in lines


def test_check_tells_programs_the_way(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", bad, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in found] == ["OF801", "OF801"]
    assert found[0]["trace"]["steps"][1]["line"] == 9
    assert found[0]["trace"]["example"].startswith("  - name: ")


def test_sarif_has_code_flows(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", bad, "--format", "sarif", "--lang", "en"])
    result = json.loads(capsys.readouterr().out)["runs"][0]["results"][0]
    [flow] = result["codeFlows"]
    [thread] = flow["threadFlows"]
    first, second = (one["location"] for one in thread["locations"][:2])
    assert first["message"]["text"] == "The case begins"
    assert second["physicalLocation"]["region"]["startLine"] == 9


@pytest.mark.parametrize("command", ["check", "prove"])
def test_each_way_is_drawn(command: str, bad: str, tmp_path: Path) -> None:
    folder = tmp_path / "charts"
    assert main([command, bad, "--draw", str(folder)]) == 1
    drawn = sorted(folder.iterdir())
    assert len(drawn) == 2
    for path in drawn:
        parts = list(ElementTree.fromstring(path.read_text(encoding="utf-8")).iter())
        assert sum(1 for part in parts if part.get("data-taken")) >= 11
        assert [part.get("data-id") for part in parts if part.get("data-current")] == ["visit"]
