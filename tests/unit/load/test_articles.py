"""The list of a manual's articles: what is read, every way to get it wrong, and how a source names articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyiflow import check
from oyiflow.diagnostics import Source
from oyiflow.fixing import found_in, laid_out
from oyiflow.load.files.manual import is_manual, manual_of
from oyiflow.load.text import nodes
from oyiflow.model.definition import Text
from oyiflow.model.manual import Article, Manual

HEAD = """\
manual: {zh: 管理办法, en: The rules}
source: 2013 draft
articles:
  - {id: 第4条, title: 因素}
  - {id: 第4条(1), title: 销售量, parent: 第4条}
"""


def read(text: str) -> tuple[Manual | None, list[str]]:
    root, found = nodes.read(Source(name="manual.yaml", text=text))
    assert root is not None
    manual, found = manual_of(root, found)
    return manual, [f"{d.span.line}:{d.span.column} {d.code}" for d in found]


def test_everything_that_a_manual_may_say() -> None:
    manual, wrong = read(
        HEAD
        + "  - {id: 第1条, title: 目的, carried_by: text, reason: 只说明目的}\n  - {id: 第19条, title: 缺, missing: true}\n"
    )
    assert manual is not None and not wrong
    assert (manual.title, manual.note) == (Text(zh="管理办法", en="The rules"), "2013 draft")
    assert manual.articles == (
        Article(id="第4条", title=Text(zh="因素")),
        Article(id="第4条(1)", title=Text(zh="销售量"), parent="第4条"),
        Article(id="第1条", title=Text(zh="目的"), by_text=True, reason=Text(zh="只说明目的")),
        Article(id="第19条", title=Text(zh="缺"), missing=True),
    )
    assert [article.id for article in manual.parts["第4条"]] == ["第4条(1)"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("  - {id: 第4条, title: 又一次}\n", ["6:10 OF202"]),
        ("  - {id: 第４条（1）, title: 全角也是同一条}\n", ["6:10 OF202"]),
        ("  - {id: 第5条, title: 地区, parent: 第6条}\n", ["6:34 OF204"]),
        ("  - {id: 第5条, title: 自己, parent: 第5条}\n", ["6:34 OF204"]),
        ("  - {id: 第5条, title: 地区, parent: 第6条}\n  - {id: 第6条, title: 写在后面}\n", ["6:34 OF204"]),
        ("  - {id: 第5条, title: 无由, carried_by: text}\n", ["6:26 OF102"]),
        ("  - {id: 第5条, title: 缺, missing: true, carried_by: text, reason: 无}\n", ["6:40 OF103"]),
        ("  - {id: 第5条, title: 别的, carried_by: people}\n", ["6:38 OF103"]),
        ("  - {id: 第 5 条, title: 有空格}\n", ["6:10 OF103"]),
        ("  - {id: 第5条}\n", ["6:6 OF102"]),
        ("  - {title: 没有编号}\n", ["6:6 OF102"]),
        ("  - {id: 第5条, title: 多一个键, source: 2.2}\n", ["6:28 OF101"]),
        ("  - 第5条\n", ["6:5 OF103"]),
        ("people: {}\n", ["6:1 OF101"]),
    ],
)
def test_mistakes_are_shown_at_their_place(more: str, expected: list[str]) -> None:
    manual, wrong = read(HEAD + more)
    assert wrong == expected
    assert manual is None


@pytest.mark.parametrize("text", ["manual: x\n", "manual: x\narticles: 5\n", "manual: x\narticles: [{id: {a: 1}, title: x}]\n"])
def test_what_is_no_list_of_articles(text: str) -> None:
    assert read(text)[0] is None


def test_an_unknown_parent_is_guessed() -> None:
    root, found = nodes.read(Source(name="m.yaml", text=HEAD + "  - {id: 第5条(1), title: 地区, parent: 第14条}\n"))
    assert root is not None
    [one] = manual_of(root, found)[1]
    assert one.fix is not None and one.fix.replacement == "第4条"


@pytest.mark.parametrize(
    ("text", "expected"),
    [(HEAD, True), ("process: x\nmanual: y\n", False), ("company: x\nmanual: y\n", False), ("- a\n", False)],
)
def test_what_a_manual_is_known_by(text: str, expected: bool) -> None:
    assert is_manual(nodes.read(Source(name="x", text=text))[0]) is expected


def test_it_is_one_of_the_files_that_check_reads(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD, encoding="utf-8")
    assert check([tmp_path]).manual is not None
    assert check([tmp_path]).diagnostics == []
    (tmp_path / "b.yaml").write_text(HEAD, encoding="utf-8")
    [second] = check([tmp_path]).diagnostics
    assert (second.code, Path(second.span.file).name, second.span.line) == ("OF202", "b.yaml", 1)


def test_it_is_laid_out_and_keeps_its_meaning() -> None:
    wild = Source(name="m.yaml", text="articles:\n  - {title: 因素,   id: 第4条}\nmanual: 管理办法\n")
    laid = laid_out(wild)
    assert laid.text == "manual: 管理办法\narticles:\n  - {id: 第4条, title: 因素}\n"
    assert found_in(Source(name="m.yaml", text="manual: x\n"))[0].code == "OF102"


# --- how a source names articles

MANUAL = Manual(
    title=Text(zh="管理办法", en="The rules"),
    articles=(Article(id="第4条", title=Text()), Article(id="（四）3(1)", title=Text())),
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ()),
        ("第14条", ("第14条",)),
        ("第4条、第14条", ("第4条", "第14条")),
        ("第4条，第14条;第15条； 第16条 第17条,第18条", ("第4条", "第14条", "第15条", "第16条", "第17条", "第18条")),
        ("（四）3（1）", ("(四)3(1)",)),
        ("第１４条", ("第14条",)),
        ("第4条、第4条", ("第4条",)),
        ("3.1：增值服务、其他", ("3.1",)),
        ("3.1: a remark, with commas", ("3.1",)),
        ("：只有附注", ()),
        ("《管理办法》3.1：附注", ("3.1",)),
        ("《 管理 办法 》 3.1", ("3.1",)),
        ("《the rules》3.1", ("3.1",)),
        ("《差旅办法》第4条", ()),
        ("《》第4条", ()),
        ("第4条《差旅办法》", ("第4条《差旅办法》",)),
    ],
)
def test_what_a_source_names(source: str, expected: tuple[str, ...]) -> None:
    assert MANUAL.cited(source) == expected


def test_full_width_ids_are_found() -> None:
    assert MANUAL.article[MANUAL.cited("（四）3(1)")[0]].id == "（四）3(1)"
    assert MANUAL.article[MANUAL.cited("(四)3（1）")[0]].id == "（四）3(1)"
