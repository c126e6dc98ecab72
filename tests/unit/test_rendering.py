"""How a diagnostic looks, to people and to programs."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oyiflow.diagnostics import NOWHERE, Diagnostic, Fix, Severity, Source, Span, in_order
from oyiflow.rendering import WIDTH, display_width, render_json, render_text, summary


def diagnostic(line: int = 1, column: int = 1, end: int = 2, **more: object) -> Diagnostic:
    span = Span(file="出差.yaml", line=line, column=column, end_line=line, end_column=end)
    given_: dict[str, object] = {"code": "OF001", "span": span, "zh": "全角冒号", "en": "full-width colon", **more}
    return Diagnostic(**given_)  # type: ignore[arg-type]


def rendered(text: str, one: Diagnostic, **more: object) -> list[str]:
    return render_text([one], {"出差.yaml": Source(name="出差.yaml", text=text)}, **more).splitlines()  # type: ignore[arg-type]


def test_the_whole_form() -> None:
    one = diagnostic(
        2, 5, 6, fix=Fix(zh="改成 `:`", en="write `:`", replacement=":"),
        related=((Span(file="出差.yaml", line=1, column=1, end_line=1, end_column=3), "第一次", "first"),),
    )  # fmt: skip
    assert rendered("流程: x\n  审批：\n", one) == [
        "出差.yaml:2:5: error[OF001]: 全角冒号 (full-width colon)",
        "2 |   审批：",
        "  |       ^^",
        "  = 改法: 改成 `:` (write `:`)",
        "  = 另见 出差.yaml:1:1: 第一次 (first)",
        "1 | 流程: x",
        "  | ^^^^",
        "1 error",
    ]


def test_one_language() -> None:
    one = diagnostic(fix=Fix(zh="改", en="mend"))
    assert "error[OF001]: full-width colon" in rendered("：", one, lang="en")[0]
    assert "  = fix: mend" in rendered("：", one, lang="en")
    assert rendered("：", one, lang="zh")[0].endswith("全角冒号")


@pytest.mark.parametrize(
    ("line", "column", "end", "carets"),
    [
        ("ab：", 3, 4, "  ^^"),
        ("\ta", 2, 3, "    ^"),
        ("a\tb", 3, 4, "    ^"),
        ("e\u0301x", 3, 4, " ^"),
        ("……x", 3, 4, "  ^"),
        ("审批 x", 4, 5, "     ^"),
        ("abc", 4, 5, "   ^"),
        ("", 1, 2, "^"),
    ],
)
def test_carets_stand_under_the_guilty_characters(line: str, column: int, end: int, carets: str) -> None:
    assert rendered(line, diagnostic(1, column, end))[2] == f"  | {carets}"


def test_an_error_over_several_lines_is_underlined_to_the_end_of_the_first() -> None:
    span = Span(file="出差.yaml", line=1, column=2, end_line=2, end_column=2)
    assert rendered("abc  \nd", diagnostic(span=span))[2] == "  |  ^^"


@pytest.mark.parametrize("place", [1, 150, 300])
def test_long_lines_are_cut_around_the_place(place: int) -> None:
    line = "字" * (place - 1) + "！" + "尾" * (300 - place)
    shown, carets = rendered(line, diagnostic(1, place, place + 1))[1:3]
    assert sum(map(display_width, shown)) <= WIDTH + 8
    cells = [char for char in shown for _ in range(display_width(char))]
    assert cells[carets.index("^")] == "！"


def test_control_characters_never_reach_the_terminal() -> None:
    one = diagnostic(1, 5, 6, zh="坏\x1b[31m", related=((NOWHERE, "\x07", "\u202e"),))
    text = "\n".join(rendered("a\x1b[2J\u202eb\u0085c", one))
    assert not [char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")]
    assert "\\u001b[2J" in text


@given(st.text(max_size=40), st.integers(1, 50), st.integers(1, 50))
def test_any_text_and_place_can_be_rendered(text: str, column: int, length: int) -> None:
    shown = render_text([diagnostic(1, column, column + length)], {"出差.yaml": Source(name="出差.yaml", text=text)})
    assert "\x1b" not in shown
    assert "^" in shown


def test_color_is_asked_for() -> None:
    assert "\033[1;31merror[OF001]\033[0m" in rendered("：", diagnostic(), color=True)[0]


def test_without_source_or_place() -> None:
    one = diagnostic(span=NOWHERE, severity=Severity.NOTE)
    assert render_text([one], {}) == "note[OF001]: 全角冒号 (full-width colon)\n1 note\n"
    assert render_text([], {}) == ""


def test_summary_counts_by_severity() -> None:
    found = [diagnostic(), diagnostic(severity=Severity.WARNING), diagnostic()]
    assert summary(found) == "2 errors, 1 warning"
    assert summary([]) == "no mistakes found"


def test_json() -> None:
    found = [
        diagnostic(2, 3, 4, fix=Fix(zh="改", en="mend", replacement="")),
        diagnostic(fix=Fix(zh="改", en="mend")),
        diagnostic(severity=Severity.WARNING, zh="\ud800"),
    ]
    text = render_json(found)
    text.encode("utf-8")
    rows = json.loads(text)
    assert rows[0] == {
        "code": "OF001", "severity": "error", "file": "出差.yaml", "line": 2, "column": 3, "end_line": 2, "end_column": 4,
        "message_zh": "全角冒号", "message_en": "full-width colon", "fix": "",
    }  # fmt: skip
    assert [row["fix"] for row in rows] == ["", "改 (mend)", None]
    assert "出差.yaml" in text
    assert json.loads(render_json([])) == []


def test_order_and_duplicates() -> None:
    late, early = diagnostic(2), diagnostic(1)
    assert in_order([late, early, late, early]) == [early, late]
