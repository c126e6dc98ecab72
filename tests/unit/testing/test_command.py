"""`oyiflow test`, what it prints, writes and answers; and the fixtures for pytest."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

import pytest

from oyiflow.cli import main
from oyiflow.errors import InvalidDefinition
from oyiflow.testing import examples_of

GOOD = """\
process: leave
title: {zh: 请假, en: Leave}
roles: {staff: Staff, head: Head}
steps:
  - {do: apply, by: staff}
  - {approve: sign, by: head, rejected: apply}
  - {end: over}
examples:
  - {name: 'a & b <"1">', play: [apply, sign], ends: over}
"""
BAD = GOOD.replace("leave", "other") + "  - {name: 一个, play: [apply, apply], now_at: sign}\n"
CALLER = """\
process: caller
title: Caller
roles: {staff: Staff}
steps:
  - {do: begin, by: staff}
  - {call: sub, process: leave}
  - {do: finish, by: staff}
  - {end: over}
examples:
  - {name: through, play: [begin, finish], ends: over}
"""

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("bad", BAD), ("caller", CALLER)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")

    def command(*arguments: str) -> tuple[int, str]:
        code = main(["test", *arguments])
        return code, capsys.readouterr().out

    return command


def test_a_line_per_example_and_what_they_cover(run: Command) -> None:
    code, said = run("good.yaml", "--lang", "en")
    assert code == 0
    assert said.splitlines() == [
        "leave  Leave",
        '  ✓ a & b <"1">',
        "  covered 83%: steps 3/3 · answers 2/3",
        "    left out: sign rejected (answers)",
        "1 examples passed, 0 failed.",
    ]


def test_a_failure_is_shown_in_its_line_and_is_the_exit_code(run: Command) -> None:
    code, said = run("bad.yaml", "--lang", "zh")
    assert code == 1
    assert said.splitlines()[1:6] == [
        '  ✓ a & b <"1">',
        "  ✗ 一个",
        "    bad.yaml:10:30: error[OF906]: 案例“一个”第 2 步“apply”走不了: “apply”现在不用办理；此时等着: sign（approved、rejected）",
        "    10 |   - {name: 一个, play: [apply, apply], now_at: sign}",
        "       |                                ^^^^^",
    ]
    assert said.endswith("1 个案例通过，1 个失败。\n")


def test_a_folder_and_processes_that_call_each_other(run: Command) -> None:
    code, said = run(".", "--lang", "en")
    assert code == 1
    assert "3 examples passed, 1 failed." in said
    assert run("caller.yaml")[0] == 0  # the process that it calls is found beside it


def test_files_with_errors_are_not_played_and_fail(run: Command, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(GOOD.replace("by: head", "by: nobody").replace("leave", "broken"), encoding="utf-8")
    code, said = run("broken.yaml", "good.yaml", "--lang", "en")
    assert code == 1
    assert "error[OF203]" in said
    assert "✓" in said
    assert run("missing.yaml")[0] == 1
    with pytest.raises(InvalidDefinition, match=r"broken\.yaml:6"):
        examples_of("broken.yaml")


def test_a_process_without_examples_says_so(run: Command, tmp_path: Path) -> None:
    (tmp_path / "none.yaml").write_text(GOOD.partition("examples:")[0], encoding="utf-8")
    code, said = run("none.yaml", "--lang", "en")
    assert (code, said.splitlines()[1]) == (0, "  no examples")


def test_the_people_of_a_company(run: Command, tmp_path: Path) -> None:
    (tmp_path / "company.yaml").write_text("company: Us\npeople:\n  ann: {roles: [staff]}\n", encoding="utf-8")
    code, said = run("good.yaml", "--company", "company.yaml", "--lang", "en")
    assert code == 1
    assert "nobody holds head" in said


def test_json_for_programs(run: Command) -> None:
    code, said = run("bad.yaml", "--json")
    found = json.loads(said)
    assert (code, found["passed"], found["failed"], found["errors"]) == (1, 1, 1, [])
    [one] = found["processes"]
    assert [example["passed"] for example in one["examples"]] == [True, False]
    assert one["examples"][1]["diagnostic"]["line"] == 10
    assert one["coverage"]["counts"]["outcome"] == {"covered": 2, "of": 3}
    assert one["coverage"]["missing"] == [{"kind": "outcome", "name": "sign rejected", "line": 6}]


def test_junit_is_well_formed_and_counts(run: Command, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("process: broken\ntitle: ]\n", encoding="utf-8")
    assert run(".", "--junit", "out/report.xml")[0] == 1
    top = ElementTree.fromstring((tmp_path / "out" / "report.xml").read_text(encoding="utf-8"))
    suites = {suite.get("name"): suite for suite in top}
    assert set(suites) == {"check", "leave", "other", "caller"}
    assert (suites["other"].get("tests"), suites["other"].get("failures")) == ("2", "1")
    assert suites["check"].get("errors") == str(len(suites["check"].findall("testcase/error")))
    [failure] = suites["other"].findall("testcase/failure")
    assert failure.get("type") == "OF906"
    assert "^^^^^" in (failure.text or "")
    assert suites["leave"][0].get("name") == 'a & b <"1">'


def test_junit_leaves_out_what_xml_does_not_have(run: Command, tmp_path: Path) -> None:
    text = GOOD.replace("'a & b <\"1\">'", '"bell \\u0007 and \\uFFFE"')
    (tmp_path / "odd.yaml").write_text(text, encoding="utf-8")
    run("odd.yaml", "--junit", "report.xml")
    assert ElementTree.fromstring((tmp_path / "report.xml").read_text(encoding="utf-8")) is not None


def test_the_fixtures_for_pytest(tmp_path: Path) -> None:
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "processes" / "bad.yaml").write_text(BAD, encoding="utf-8")
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["oyiflow.testing.pytest_plugin"]\n', encoding="utf-8")
    (tmp_path / "test_mine.py").write_text(
        dedent("""\
            import pytest

            from oyiflow import load
            from oyiflow.testing import examples_of

            @pytest.mark.parametrize("case", examples_of("processes/"), ids=str)
            def test_example(case):
                case.check()

            def test_engine(oyiflow_engine, manual_clock):
                engine = oyiflow_engine(load("processes/good.yaml"))
                leave = engine.start("leave", actor="staff")
                manual_clock.advance("2 days")
                assert engine.complete(leave.id, "apply", actor="staff").updated == manual_clock()
            """),
        encoding="utf-8",
    )
    root = Path(__file__).parents[3]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        "-c",
        "/dev/null",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONPATH": str(root), "PATH": ""},
    )
    assert "1 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    assert "error[OF906]" in done.stdout


def test_nothing_but_the_plugin_needs_pytest() -> None:
    code = "import sys; sys.modules['pytest'] = None; import oyiflow.testing, oyiflow.cli; print(len(oyiflow.testing.__all__))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
    )
    assert done.returncode == 0, done.stderr
