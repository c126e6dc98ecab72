"""`oyiflow explain` and `oyiflow diff` as they are typed: what is printed, what is written, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oyiflow import load
from oyiflow.checking import around
from oyiflow.cli import main
from oyiflow.cli.words_commands import DOCS, section
from oyiflow.errors import OyiFlowError
from oyiflow.words import explain

GOLDEN = Path(__file__).parents[2] / "golden" / "words"
ORDER, NEW = str(GOLDEN / "order.yaml"), str(GOLDEN / "order.new.yaml")


def test_explain_prints_the_manual(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", ORDER, "--lang", "en"]) == 0
    text, order = capsys.readouterr().out, load(ORDER)
    assert text == explain(order, "en", around(ORDER, order))
    assert "It runs other processes: “Tender”" in text, "it lies beside it, with its title"


def test_explain_writes_a_file_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "deep" / "order.md"
    assert main(["explain", ORDER, "--lang", "zh", "-o", str(target)]) == 0
    assert capsys.readouterr().out == f"已写 {target}\n"
    assert target.read_text(encoding="utf-8").startswith("# 采购　流程说明书\n")
    assert [path.name for path in target.parent.iterdir()] == ["order.md"]


def test_explain_that_cannot_write_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", ORDER, "-o", str(tmp_path)]) == 1
    assert "it is a folder" in capsys.readouterr().err


def test_explain_a_bad_file_fails_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("process: x\n", encoding="utf-8")
    assert main(["explain", str(bad), "-o", str(tmp_path / "x.md")]) == 1
    assert not (tmp_path / "x.md").exists()


def test_explain_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", ORDER, "--json", "--lang", "zh"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["process"], found["version"]) == ("order", 3)
    assert found["text"].startswith("# 采购")


@pytest.mark.parametrize("word", ["OF201", "of201"])
def test_explain_a_code_prints_its_section(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", word, "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("### OF201 ")
    assert "```yaml good OF201" in out
    assert "### OF202" not in out
    assert "\n## " not in out


def test_both_languages_of_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "OF201", "--lang", "both"]) == 0
    assert capsys.readouterr().out.count("### OF201 ") == 2


def test_a_code_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "OF000"]) == 1
    assert "there is no check OF000" in capsys.readouterr().err


def test_without_the_documents_it_says_where_to_read(tmp_path: Path) -> None:
    with pytest.raises(OyiFlowError, match=r"docs/checks\.md"):
        section("OF201", "en", tmp_path)


def test_every_section_can_be_shown() -> None:
    page = (DOCS / "checks.md").read_text(encoding="utf-8")
    codes = [line.split()[1] for line in page.splitlines() if line.startswith("### OF")]
    assert codes
    for code in codes:
        for lang in ("zh", "en"):
            assert section(code, lang, DOCS).count(f"### {code} ") == 1


def test_diff_of_the_same_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", ORDER, ORDER, "--lang", "en"]) == 0
    assert capsys.readouterr().out == "no differences.\n"


def test_diff_tells_groups_and_whom_it_concerns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", ORDER, NEW, "--lang", "zh"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("order v3 ")
    assert "  字段“金额”(cost)的上限由 100000 元改为 200000 元" in lines
    assert "运行中的实例仍按开始时的版本办理" in lines[-1]
    assert "版本号都是" not in lines[-1]


def test_diff_in_both_languages_puts_one_below_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", ORDER, NEW, "--lang", "both"]) == 1
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("  删除步骤“复核”(audit)")
    assert lines[place + 1] == "    removed: step “Audit” (audit)"


def test_diff_says_when_the_number_was_not_raised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tender.yaml").write_text((GOLDEN / "tender.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    copy = tmp_path / "order.yaml"
    copy.write_text((GOLDEN / "order.yaml").read_text(encoding="utf-8").replace("max: 100000", "max: 90000"), encoding="utf-8")
    assert main(["diff", ORDER, str(copy), "--lang", "en"]) == 1
    assert "the next free number" in capsys.readouterr().out


def test_diff_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", ORDER, NEW, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["old"]["version"], found["new"]["version"]) == (3, 4)
    [change] = [c for c in found["changes"] if c["subject"] == "field cost"]
    assert (change["group"], change["kind"], change["aspect"]) == ("form", "changed", "max")
    assert (change["before"]["en"], change["after"]["en"]) == ("100000 元", "200000 元")


def test_diff_for_programs_of_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", ORDER, ORDER, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == []


def test_diff_that_cannot_read_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", ORDER, str(tmp_path / "none.yaml")]) == 2
    assert capsys.readouterr().err
