"""Pages: size of the text, title block, a legend that explains what is there and nothing else, the list of articles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from diagram_samples import approval, flow, parallel

from oyiflow.checking import load
from oyiflow.diagram import Chart, Highlight, layout
from oyiflow.diagram.of_definition import chart_of
from oyiflow.diagram.pages import pages
from oyiflow.diagram.paper import Article, Colophon, Style, articles_of, sheets, with_legend
from oyiflow.diagram.scene import LIGHT, Scene, paint
from oyiflow.diagram.scene.primitives import Group, Rect, Words

VISIT = Path(__file__).parents[3] / "processes" / "visit.yaml"
COLOPHON = Colophon(title="采购流程", name="purchase", version="第 3 版", date="2026-07-01")


def texts(scene: Scene) -> list[str]:
    return [words.text for words in scene.words()]


def explained(chart: Chart, highlight: Highlight | None = None) -> set[str]:
    drawing = layout(chart)
    scene = paint(drawing, highlight=highlight)
    return set(texts(with_legend(scene, drawing, highlight, LIGHT, "zh"))) - set(texts(scene))


def test_a_legend_explains_what_is_there_and_nothing_else() -> None:
    assert explained(approval()) == {"开始、结束", "步骤", "审批、判断", "退回、返回"}
    assert explained(parallel(2)) == {"开始、结束", "步骤", "同时进行：分开、汇合"}
    seen = Highlight(visited={"plan": 1}, mine=frozenset({"carry"}), changes={"e1": "added", "gone": "removed"})
    assert explained(approval(), seen) - explained(approval()) == {"走过", "我的步骤", "新增"}


def test_the_title_block_says_what_when_and_which_page() -> None:
    [page] = sheets(pages(approval()), COLOPHON)
    for text in ("采购流程  (purchase)", "第 3 版", "2026-07-01", "第 1 页，共 1 页"):
        assert text in texts(page)
    [english] = sheets(pages(approval()), replace(COLOPHON, date=""), style=Style(lang="en"))
    assert "page 1 of 1" in texts(english) and "2026-07-01" not in texts(english)


def test_a_title_too_long_for_its_place_is_cut_with_a_sign() -> None:
    [page] = sheets(pages(approval()), replace(COLOPHON, title="很长的名称" * 30))
    assert any(text.endswith("…") for text in texts(page))


@pytest.mark.parametrize("seed", range(6))
def test_everything_stays_inside_the_margins(seed: int) -> None:
    for page in sheets(pages(flow(seed, 12 + 3 * seed, 4)), COLOPHON):
        assert all(low >= 37 and high <= size - 37 for low, high, size in _extents(page))


def _extents(page: Scene) -> list[tuple[float, float, float]]:
    found = []
    stack = [(mark, 1.0, 0.0, 0.0) for mark in page.marks]
    while stack:
        mark, scale, dx, dy = stack.pop()
        if isinstance(mark, Group):
            stack += [(one, scale * mark.scale, dx + scale * mark.dx, dy + scale * mark.dy) for one in mark.marks]
        elif isinstance(mark, Rect):
            found.append((dx + mark.box.x * scale, dx + mark.box.right * scale, page.width))
            found.append((dy + mark.box.y * scale, dy + (mark.box.y + mark.box.h) * scale, page.height))
        elif isinstance(mark, Words):
            found.append((dx + mark.left * scale, dx + (mark.left + mark.width) * scale, page.width))
    return found


def test_a_chart_split_over_pages_has_them_numbered_and_a_legend() -> None:
    made = pages(flow(3, 30, 4), paper="A4", floor=9.5)
    drawn = sheets(made, COLOPHON)
    assert len(drawn) >= len(made) > 1
    assert f"第 2 页，共 {len(drawn)} 页" in texts(drawn[1])
    assert any("审批、判断" in texts(page) for page in drawn)


def test_text_is_never_bigger_than_needed() -> None:
    [page] = sheets(pages(parallel(2)), COLOPHON)
    assert dict(page.attributes)["data-text-pt"] == "12"


def test_the_articles_of_a_process_and_who_carries_them() -> None:
    articles = {one.source: one for one in articles_of(load(VISIT), "zh")}
    assert ("步骤", "锁定拜访对象") in {(kind, names[0]) for kind, names in articles["3.3.1"].elements}
    assert articles["二1(1)"].lines("zh") == ("表单：客户类别（重要＝党政军）",)
    assert any(name.endswith("*") for _, names in articles["3.3.1"].elements for name in names)


def test_the_list_of_articles_follows_the_chart_and_goes_on_over_pages() -> None:
    many = [Article(source=f"第{n}条", elements=(("步骤", ("编制方案", "审核")),)) for n in range(120)]
    drawn = sheets(pages(approval()), replace(COLOPHON, basis="《管理办法》"), articles=many)
    assert len(drawn) > 3
    assert "《管理办法》" in texts(drawn[1])
    listed = [text for page in drawn[1:] for text in texts(page) if text.startswith("第") and text.endswith("条")]
    assert listed == [one.source for one in many]


def test_pages_in_both_languages() -> None:
    chart = chart_of(load(VISIT), "both")
    drawn = sheets(pages(chart, lang="both"), COLOPHON, style=Style(lang="both"), articles=articles_of(load(VISIT), "both"))
    assert any("page 1 of" in text and "第 1 页" in text for text in texts(drawn[0]))


@pytest.mark.parametrize(("name", "words"), [("buyer_mirror", "同时进行的部分"), ("target_change", "状态里的状态")])
def test_the_legend_of_a_life_cycle(name: str, words: str) -> None:
    chart = chart_of(load(VISIT.with_name(f"{name}.yaml")), "zh")
    assert {words, "从这里开始"} <= explained(chart)
