"""`oyiflow draw`: formats by the file's ending, paper, marks, and what is said when something is missing."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from oyiflow.cli import main

PROCESS = """
process: purchase
title: {zh: 采购申请, en: Purchase request}
source: 《员工手册》7
roles: {staff: {title: {zh: 员工, en: Staff}}, head: {title: {zh: 主管, en: Head}}}
form:
  cost: {title: {zh: 金额, en: Cost}, type: money, required: true}
steps:
  - {do: request, title: {zh: 申请, en: Request}, by: staff, fill: cost, source: '7.1'}
  - {approve: sign, title: {zh: 审批, en: Approve}, by: head, rejected: request, source: '7.2'}
  - {do: order, title: {zh: 下单, en: Order}, by: staff}
  - {end: done, title: {zh: 结束, en: End}}
examples:
  - {name: 退回一次, with: {cost: 5}, play: [request, sign rejected, request, sign, order], ends: done}
"""


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["draw", "purchase.yaml", "--lang", "zh", *arguments])
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "purchase.yaml").write_text(PROCESS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", b"<svg"), ("a.png", b"\x89PNG"), ("a.pdf", b"%PDF-1.7"), ("a.txt", "采购申请\n".encode())]
)
def test_the_ending_decides_the_format(name: str, start: bytes) -> None:
    assert run("-o", name) == (0, f"已写 {name}\n", "")
    assert Path(name).read_bytes().startswith(start)


def test_another_ending_is_asked_about_and_a_format_may_be_said() -> None:
    code, _, err = run("-o", "a.jpg")
    assert code == 2 and "不知道要写成什么格式" in err and not Path("a.jpg").exists()
    assert run("-o", "a.jpg", "--format", "png")[0] == 0
    assert run("--format", "pdf")[:2] == (0, "已写 purchase.pdf\n")


def test_words_go_to_standard_output() -> None:
    code, out, _ = run("-o", "-", "--format", "outline")
    assert code == 0 and "3. 审批（判断，主管）  通过 → 4; 退回 → 2" in out


def test_a_pdf_has_a_title_block_a_legend_and_the_articles() -> None:
    run("-o", "a.pdf", "--date", "2026-07-01")
    pages = PdfReader("a.pdf").pages
    text = "".join(page.extract_text() for page in pages)
    for words in ("采购申请 (purchase)", "第 1 版", "2026-07-01", "审批、判断", "《员工手册》7", "步骤：审批"):
        assert words.replace(" ", "") in text.replace(" ", ""), words
    run("-o", "b.pdf", "--no-legend", "--no-articles")
    plain = "".join(page.extract_text() for page in PdfReader("b.pdf").pages)
    assert "审批、判断" not in plain and "步骤：审批" not in plain and "2026" not in plain


def test_the_same_command_gives_the_same_bytes() -> None:
    for name in ("a.pdf", "a.png", "a.svg"):
        run("-o", name, "--text", "embed")
        once = Path(name).read_bytes()
        run("-o", name, "--text", "embed")
        assert Path(name).read_bytes() == once


def test_a_date_that_is_none_is_refused() -> None:
    code, _, err = run("-o", "a.pdf", "--date", "tomorrow")
    assert code == 1 and "--date 要写成 2026-07-01 或 today，不是 tomorrow" in err


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("--role", "主管"), 'data-mine="true"'),
        (("--role", "head"), 'data-mine="true"'),
        (("--at", "sign"), 'data-current="true"'),
        (("--trace", "request, sign,request"), 'data-order="1 3"'),
        (("--example", "退回一次"), 'data-visits="2"'),
        (("--diff", "old.yaml"), 'data-change="added"'),
    ],
)
def test_marks(asked: tuple[str, ...], found: str) -> None:
    old = PROCESS.replace("  - {do: order, title: {zh: 下单, en: Order}, by: staff}\n", "").replace(", sign, order]", ", sign]")
    Path("old.yaml").write_text(old, encoding="utf-8")
    code, out, err = run("-o", "-", *asked)
    assert (code, err) == (0, "")
    assert found in out
    assert found not in run("-o", "-")[1]


def test_a_step_that_was_renamed_is_marked_as_changed() -> None:
    old = PROCESS.replace("{do: order,", "{do: buy,").replace(", sign, order]", ", sign, buy]")
    Path("old.yaml").write_text(old, encoding="utf-8")
    Path("purchase.yaml").write_text(PROCESS.replace("{do: order,", "{do: order, was: buy,"), encoding="utf-8")
    code, out, err = run("-o", "-", "--diff", "old.yaml")
    assert (code, err) == (0, "")
    assert re.findall('data-change="([a-z]+)"', out) == ["changed"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--role", "nobody"), "没有这个岗位: nobody；有 staff, head"),
        (("--trace", "request,nowhere"), "没有这些步骤: nowhere；有 request, sign, order, done"),
        (("--at", "nowhere"), "没有这些步骤: nowhere"),
        (("--example", "没有"), "没有这个案例: “没有”；有 “退回一次”"),
    ],
)
def test_marks_that_are_not_there_name_those_that_are(asked: tuple[str, ...], said: str) -> None:
    code, _, err = run("-o", "a.svg", *asked)
    assert code == 1 and said in err
    assert not Path("a.svg").exists()


def test_pages_as_pictures_are_numbered() -> None:
    code, out, _ = run("-o", "a.png", "--paper", "A4", "--articles", "--scale", "0.5")
    assert (code, out) == (0, "已写 a-1.png、a-2.png\n")
    assert Path("a-1.png").exists() and Path("a-2.png").exists()
    code, out, err = run("-o", "-", "--paper", "A4", "--articles")
    assert (code, out) == (1, "") and "分成 2 页，不能写到标准输出" in err


def test_a_character_that_the_font_lacks_is_named() -> None:
    Path("purchase.yaml").write_text(PROCESS.replace("zh: 下单", "zh: 下单😀"), encoding="utf-8")
    code, out, err = run("-o", "a.pdf", "--json")
    assert code == 0 and "注意: 随附的字体没有这些字，画成了空框: 😀 (U+1F600 GRINNING FACE)" in err
    assert json.loads(out)["missing"] == ["😀"]
    assert run("-o", "a.svg")[2] == "", "the machine's fonts may have it"


def test_both_languages_in_the_same_places() -> None:
    def places(*asked: str) -> list[str]:
        return re.findall(r'data-bbox="[^"]*"', run("-o", "-", *asked)[1])

    shared = places("--same-layout")
    assert shared == places("--same-layout", "--lang", "en") == places("--same-layout", "--lang", "both")
    assert shared != places()
    assert "审批" not in run("-o", "-", "--same-layout", "--lang", "en")[1]


def test_themes_differ_and_the_size_of_a_picture_is_bounded() -> None:
    drawn = {run("-o", "-", "--theme", theme)[1] for theme in ("light", "dark", "print")}
    assert len(drawn) == 3
    with pytest.raises(SystemExit):
        run("--scale", "1000")


def test_what_is_not_asked_for_is_not_loaded() -> None:
    asked = (
        "import sys; from oyiflow.cli import main; main(['draw', 'purchase.yaml', '-o', 'a.svg']);"
        "print([name for name in sys.modules if name.startswith(('oyiflow.printing', 'resvg', 'fontTools'))])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.splitlines()[-1] == "[]"
