"""The pre-scan: what is ordinary text, what is mended, and how places lead back."""

from __future__ import annotations

import random
import time

import pytest

from oyiflow.diagnostics import Source
from oyiflow.load.text.mending import MAX_FOUND, Scanned
from oyiflow.load.text.nodes import plain, read
from oyiflow.load.text.prescan import scan


def scanned(text: str) -> Scanned:
    return scan(Source(name="x.yaml", text=text))


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("a：\n  b：1\n", "a:\n  b: 1\n"),
        ("a： b\n", "a: b\n"),
        ("a: [b，c]\n", "a: [b,c]\n"),
        ("a: {b：1，c：2}\n", "a: {b: 1, c: 2}\n"),
        ("a: 【b，c】\n", "a: [b,c]\n"),
        ("a: “b”\n", 'a: "b"\n'),
        ("a:\n\u3000\u3000b: 1\n\u3000\u3000c: 2\n", "a:\n    b: 1\n    c: 2\n"),
        ("a: 1\n\tb: 1\n", "a: 1\nb: 1\n"),
        ("a:1\nb:2\n", "a: 1\nb: 2\n"),
        ("a: b: c\n", 'a: "b: c"\n'),
        ("a: x\x07\u2028y\n", "a: x  y\n"),
        ("\ufeffa: 1\n", "a: 1\n"),
    ],
)
def test_the_copy_for_the_parser(text: str, mended: str) -> None:
    result = scanned(text)
    assert result.text == mended
    assert not result.guesswork


def test_places_lead_back() -> None:
    result = scanned("a：b\nc: d\n")
    assert result.text.startswith("a: b")
    assert [result.original(0, column) for column in range(5)] == [(0, 0), (0, 1), (0, 2), (0, 2), (0, 3)]
    assert result.original(1, 3) == (1, 3)


def test_an_ordinary_text_is_handed_on_untouched() -> None:
    text = "a: 1\r\nb: [x, 'y']\r\n"
    assert scanned(text) == Scanned(text=text)


def test_hostile_depth_never_reaches_the_parser() -> None:
    result = scanned("[" * 30_000)
    assert not result.readable
    assert result.text == ""


def test_the_number_of_mistakes_is_bounded() -> None:
    result = scanned("a：1\n" * 5000)
    assert len(result.diagnostics) == MAX_FOUND + 1
    assert not result.readable


WORDS = [
    "陈述、了解需求：第一步",
    "甲，乙；丙",
    "【重要】审批",
    "“甲”和“乙”",
    "编号 ＃3",
    "拜访－回访",
    "《办法》3.3（四）",
    "约定下次拜访？",
    "a > 5",
    "是",
]


def _ordinary(lines: int) -> str:
    """Process text as people write it, full of full-width punctuation in values; the seed makes it repeatable."""
    draw = random.Random(7)
    out = ["process: x", "steps:"]
    while len(out) < lines:
        word, other = draw.choice(WORDS), draw.choice(WORDS)
        out += draw.choice([
            [f"  - {{do: s{len(out)}, title: {word}, by: [经理, 专员], note: {other}}}   # 注释：{word}"],
            [f"  - do: s{len(out)}", f"    title: {word}", f'    say: "{other}"', "    note: |", f"      {word}", f"      审批：{other}"],
            [f"  - call: s{len(out)}", f"    with: ['{word}', \"{other}\"]", f"    # {word}", f"    note: {word}", f"      {other}"],
            [f"  - run: {word}", "    checklist:", f"      - {word}", f"      - {other}"],
        ])  # fmt: skip
    return "\n".join(out) + "\n"


def test_no_false_alarm_on_ten_thousand_lines() -> None:
    result = scanned(_ordinary(10_000))
    assert result.diagnostics == ()
    assert not result.edited


def test_every_seeded_colon_is_found_among_ordinary_lines() -> None:
    """One full-width colon put for the colon of a key, anywhere: found on its line, and the tree is the same."""
    text = _ordinary(120)
    lines = text.split("\n")
    right, _ = read(Source(name="", text=text))
    assert right is not None
    tried = 0
    for number, line in enumerate(lines):
        if ": " not in line or line.lstrip().startswith(("#", "- {")) or "审批：" in line:
            continue
        tried += 1
        wrong = [*lines[:number], line.replace(": ", "： ", 1), *lines[number + 1 :]]
        node, found = read(Source(name="", text="\n".join(wrong)))
        assert [(one.code, one.span.line, one.span.column) for one in found] == [("OF001", number + 1, line.index(": ") + 1)]
        assert node is not None
        assert plain(node) == plain(right)
    assert tried > 40


def test_time_is_linear() -> None:
    for text in ("a: {" + "b：1，" * 200 + "}\n", "x " * 200_000, "a: [" + "【a, " * 20_000 + "]", '"\n' * 50_000):
        started = time.perf_counter()
        scanned(text)
        assert time.perf_counter() - started < 3
