"""The canonical layout, line for line, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyiflow.diagnostics import Source
from oyiflow.load.language.keys import KEYS
from oyiflow.load.layout.flowing import bare, condition
from oyiflow.load.layout.formatting import formatted
from oyiflow.load.layout.order import below, in_order
from oyiflow.load.reader import read_definition

HEAD = "process: a\ntitle: b\n"


def layout(text: str) -> str | None:
    return formatted(Source(name="x.yaml", text=text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("steps:\n- {do: a, by: b}\n", "steps:\n  - {do: a, by: b}\n"),
        ("steps:\n      - {do: a, by: b}\n", "steps:\n  - {do: a, by: b}\n"),
        ("steps:\n  -   {do: a, by: b}\n", "steps:\n  - {do: a, by: b}\n"),
        ("steps: [ a,b ,  c ]\n", "steps: [a, b, c]\n"),
        ("steps:\n  - { by: b,do: a }\n", "steps:\n  - {do: a, by: b}\n"),
        ("steps:\n  - {source: 1, by: b, title: c, do: a}\n", "steps:\n  - {do: a, title: c, by: b, source: 1}\n"),
        ("title: b\nprocess: a\n", "process: a\ntitle: b\n"),
        ("title: {en: A, zh: 甲}\n", "title: {zh: 甲, en: A}\n"),
        ("title: 'b'\n", "title: b\n"),
        ("title: 'b: c'\n", "title: 'b: c'\n"),
        ("title: 'b, c'\n", "title: b, c\n"),
        ("title: {zh: 'b, c'}\n", "title: {zh: 'b, c'}\n"),
        ("title: 'no'\n", "title: 'no'\n"),
        ("title: '12:30'\n", "title: '12:30'\n"),
        ('title: "true"\n', 'title: "true"\n'),
        ("title: '5'\n", "title: '5'\n"),
        ("title: ' b'\n", "title: ' b'\n"),
        ("of: ['b', \"c\"]\n", "of: ['b', \"c\"]\n"),
        ("with: {'a': 'b'}\n", "with: {a: 'b'}\n"),
        ("steps:\n    - {do: a,   # one\n       by:  b}   # two\n", "steps:\n  - {do: a,   # one\n     by:  b}   # two\n"),
        ("steps: [a,\n  # one\n  b]\n", "steps: [a,\n  # one\n  b]\n"),
        ("title:   b   \n\n\n\nsteps: []", "title: b\n\nsteps: []\n"),
        ("\n\ntitle: b\n\n\n", "title: b\n"),
        ("title: b    # why\n", "title: b    # why\n"),
        ("title: b # why\n", "title: b  # why\n"),
        ("# first\n\ntitle: b\n  # deep\nsteps: []\n# last\n", "# first\n\ntitle: b\n# deep\nsteps: []\n# last\n"),
        ("steps:\n    - {do: a}\n    # - {do: later}\n\nrules: []\n", "steps:\n  - {do: a}\n  # - {do: later}\n\nrules: []\n"),
        ("steps:\n    # here\n    - {do: a}\n", "steps:\n  # here\n  - {do: a}\n"),
        ("title: |\n      one\n        two\n\n      three\n", "title: |\n  one\n    two\n\n  three\n"),
        ("title: >-   # folded\n   one\n   two\n", "title: >-   # folded\n  one\n  two\n"),
        ("title: one\n     two\n", "title: one\n  two\n"),
        ("title:\n  b\n", "title: b\n"),
        ("steps:\n  - do: a\n    by: b\n", "steps:\n  - do: a\n    by: b\n"),
        ("steps:\n  - by: b\n    do: a\n", "steps:\n  - do: a\n    by: b\n"),
        ("steps:\n  - by: b   # who\n    do: a\n", "steps:\n  - do: a\n    by: b   # who\n"),
        ("steps:\n  - by: b\n    # what\n    do: a\n", "steps:\n  - by: b\n    # what\n    do: a\n"),
        ("steps:\n  - {do: a,\n    by: b}\n", "steps:\n  - {do: a,\n     by: b}\n"),
        ("play: [a,\n b: {c: 1},\n\n d]\n", "play: [a,\n       b: {c: 1},\n       d]\n"),
        ("form:\n  a: {type: int}\n  long: {type: int}\n", "form:\n  a:    {type: int}\n  long: {type: int}\n"),
        ("form:\n  金额: {type: int}\n  a: {type: int}\n", "form:\n  金额: {type: int}\n  a:    {type: int}\n"),
        ("roles:\n  a: A\n  long: B\n", "roles:\n  a: A\n  long: B\n"),
    ],
)  # fmt: skip
def test_lines(before: str, after: str) -> None:
    assert layout(before) == after


def test_steps_line_up_between_comments_and_blank_lines() -> None:
    before = """\
steps:
  - {do: a, title: 申请, by: x, fill: k}
  - {approve: sign, title: B, by: long, rejected: a}
  # here it begins anew
  - {do: c, title: C, by: x}
  - {end: done, title: End}
"""
    after = """\
steps:
  - {do: a,         title: 申请, by: x,    fill: k}
  - {approve: sign, title: B,    by: long, rejected: a}
  # here it begins anew
  - {do: c,     title: C, by: x}
  - {end: done, title: End}
"""
    assert layout(before) == after


def test_a_long_line_is_broken_below_its_first_entry() -> None:
    names = ", ".join(f"field_number_{n}" for n in range(14))
    text = layout(f"steps:\n  - {{do: a, title: b, by: c, fill: [{names}]}}\n")
    assert text is not None
    lines = text.splitlines()
    assert lines[2].startswith("     fill: [field_number_0,")
    assert lines[3].startswith("            field_number_")
    assert all(len(line) <= 160 for line in lines)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("费用 ＞ 5000", "费用 > 5000"),
        ("（a ＞ 1）且 b", "(a > 1)且 b"),
        ("a ≥ 1", "a >= 1"),
        ("“重要” not in classes", "“重要” not in classes"),
        ("a ＝＝ “x＞y，z”", "a == “x＞y，z”"),
        ("k 属于 [“火车”，“飞机”]", "k 属于 [“火车”, “飞机”]"),
        ("a 大于 1", "a 大于 1"),
        ("a ＞＞ （", "a ＞＞ （"),
    ],
)
def test_conditions(written: str, canonical: str) -> None:
    assert condition(written) == canonical


def test_a_condition_gets_quotes_if_its_signs_now_need_them() -> None:
    assert layout("steps:\n  - {do: a, only_when: ！b}\n") == "steps:\n  - {do: a, only_when: ！b}\n"
    assert layout("steps:\n  - {do: a, only_when: （b）}\n") == "steps:\n  - {do: a, only_when: (b)}\n"
    assert (
        layout("steps:\n  - {do: a, only_when: k 属于 【“x”，“y”】}\n")
        == "steps:\n  - {do: a, only_when: 'k 属于 [“x”, “y”]'}\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "{process: a}\n",
        "---\ntitle: b\n",
        "steps:\n  -\n    do: a\n",
        "title: |+\n  a\n\n",
        "title: |2\n   a\n",
        "- a\n",
        "a: {b: }\n",
    ],
)
def test_what_is_not_known_is_left_alone(text: str) -> None:
    assert layout(text) is None


def test_every_key_has_its_place() -> None:
    """A key that is new in the vocabulary comes right after the key before it, but never before the verb."""
    from oyiflow.load.text.nodes import Mapping, read

    root, _ = read(Source(name="x", text="{unheard: 1, by: b, odd: 2, do: a}"))
    assert isinstance(root, Mapping)
    assert [key.text for key, _ in in_order(root, "step")] == ["do", "unheard", "by", "odd"]
    assert below(root, "step", "by") == ""
    assert len(KEYS) > 50


def test_quotes_that_are_needed() -> None:
    assert bare("Our fault?", "flow")
    assert not bare("a, b", "flow")
    assert bare("a, b", "block")
    assert not any(
        bare(text, place)
        for text in ("yes", "null", "5", "a: b", "a #b", "", "-", "“a”", "a\nb")
        for place in ("flow", "block", "key")
    )


def test_the_shipped_files_keep_their_meaning() -> None:
    for path in sorted((Path(__file__).parents[3] / "processes").glob("*.yaml")):
        source = Source(name="x.yaml", text=path.read_text(encoding="utf-8"))
        text = formatted(source)
        assert text is not None, path
        assert read_definition(Source(name="x.yaml", text=text))[0] == read_definition(source)[0], path
        assert layout(text) == text, path
