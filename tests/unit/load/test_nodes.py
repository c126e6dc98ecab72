"""Text → nodes: values stay text, places are exact, nothing is ever raised."""

from __future__ import annotations

import gc
import time

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oyiflow.diagnostics import Severity, Source
from oyiflow.load.text.encoding import read_bytes
from oyiflow.load.text.nodes import MAX_NODES, MAX_SCALAR, Mapping, Node, Scalar, Sequence, plain, positions, read


def tree(text: str) -> Node:
    node, found = read(Source(name="x.yaml", text=text))
    assert not [one for one in found if one.severity is Severity.ERROR], found
    assert node is not None
    return node


def mapping(text: str) -> Mapping:
    node = tree(text)
    assert isinstance(node, Mapping)
    return node


def scalar(text: str) -> Scalar:
    node = mapping(text).get("a")
    assert isinstance(node, Scalar)
    return node


def cut(text: str, node: Node) -> str:
    """The source text under the span of a node."""
    lines, span = Source(name="", text=text).lines, node.span
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    inner = lines[span.line : span.end_line - 1]
    return "\n".join([lines[span.line - 1][span.column - 1 :], *inner, lines[span.end_line - 1][: span.end_column - 1]])


@pytest.mark.parametrize("value", ["no", "on", "12:30", "0755", "1.10", "2013-08-31", "1_000", "0x1F", "True", "~"])
def test_scalars_stay_text(value: str) -> None:
    assert scalar(f"a: {value}\n").text == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1), ("-7", -7), ("+3", 3), ("0", 0), ("1.5", 1.5), (".5", 0.5), ("true", True), ("false", False), ("null", None),
        ("~", None), ("", None), ("no", "no"), ("True", "True"), ("0755", "0755"), ("12:30", "12:30"), ("1_000", "1_000"),
        ("0x1F", "0x1F"), (".inf", ".inf"), ("1.", "1."), ("9" * 50, "9" * 50), ('"1"', "1"), ("'true'", "true"),
        ("[1, a]", [1, "a"]), ("{b: {c: 2}}", {"b": {"c": 2}}),
    ],
)  # fmt: skip
def test_plain_values(written: str, value: object) -> None:
    found = plain(tree(f"a: {written}\n"))
    assert found == {"a": value}
    assert isinstance(found, dict)
    assert type(found["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "under"),
    [
        ("a: 出差申请  # x\n", "出差申请"),
        ('a: "甲\\n乙" # x\n', '"甲\\n乙"'),
        ("a: 'it''s'\n", "'it''s'"),
        ("a: 一\n  二\nb: 1\n", "一\n  二"),
        ("a: |\n  一\n  二\n\n\nb: 1\n", "|\n  一\n  二"),
        ("a: >-\n  一\n", ">-\n  一"),
        ("a: |\n  一", "|\n  一"),
        ("a: [b, {c: d}]  # x\nb: 1\n", "[b, {c: d}]"),
        ("a:\n  - b\n  - c:\n      d: e  \n\n# end\nb: 1\n", "- b\n  - c:\n      d: e"),
        ("a:\n  b: 1\n  c:\nd: 1\n", "b: 1\n  c:"),
        ("a: [金额，天数]\nb: 1\n", "[金额，天数]"),
        ("a: “出差” # x\n", "“出差”"),
    ],
)
def test_spans(text: str, under: str) -> None:
    node, _ = read(Source(name="x.yaml", text=text))
    assert isinstance(node, Mapping)
    value = node.get("a")
    assert value is not None
    assert cut(text, value) == under
    assert value.span.file == "x.yaml"


def test_keys_and_items_in_order() -> None:
    node = mapping("b: 1\na: [x, y]\nc:\n")
    assert [key.text for key, _ in node.items] == ["b", "a", "c"]
    key = node.key("a")
    assert key is not None
    assert (key.span.line, key.span.column, key.span.end_column) == (2, 1, 2)
    items = node.get("a")
    assert isinstance(items, Sequence)
    assert [cut("b: 1\na: [x, y]\n", item) for item in items.items] == ["x", "y"]
    empty = node.get("c")
    assert isinstance(empty, Scalar)
    assert empty.empty
    assert node.get("d") is None
    assert node.key("d") is None


def test_the_first_of_two_keys_counts_and_is_pointed_at() -> None:
    node, found = read(Source(name="x.yaml", text="a: 1\nb: 2\na: 3\n"))
    assert isinstance(node, Mapping)
    assert plain(node) == {"a": 1, "b": 2}
    assert [(one.code, one.span.line, one.related[0][0].line) for one in found] == [("OF006", 3, 1)]


def test_a_mended_copy_goes_on_with_true_places() -> None:
    node, found = read(Source(name="x.yaml", text="审批：\n  负责人：张三, x\n  b: c\n"))
    assert plain(node) == {"审批": {"负责人": "张三, x", "b": "c"}}  # type: ignore[arg-type]
    assert len(found) == 2
    inner = node.get("审批") if isinstance(node, Mapping) else None
    assert isinstance(inner, Mapping)
    value = inner.get("负责人")
    assert value is not None
    assert (value.span.line, value.span.column, value.span.end_column) == (2, 7, 12)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a: 甲 > 5\n", [4, 5, 6, 7, 8]),
        ('a: "x\\u4e2d\\"y"\n', [5, 6, 12, 14]),
        ("a: 'x''y'\n", [5, 6, 8]),
        ('a: "\\ty"\n', [5, 7]),
    ],
)
def test_positions_on_one_line(text: str, columns: list[int]) -> None:
    assert positions(Source(name="", text=text), scalar(text)) == [(1, column) for column in columns]


def test_positions_over_several_lines() -> None:
    text = "a: |\n  xy\n\n  z\n"
    assert positions(Source(name="", text=text), scalar(text))[:5] == [(2, 3), (2, 4), (2, 5), (3, 1), (4, 3)]
    text = "a: x\n   y z\n"
    assert positions(Source(name="", text=text), scalar(text)) == [(1, 4), (1, 5), (2, 4), (2, 5), (2, 6)]
    text = "a: >\n  x\n  y\n"
    assert positions(Source(name="", text=text), scalar(text))[:3] == [(2, 3), (2, 4), (3, 3)]


@pytest.mark.parametrize("text", ["", "\n\n", "# 只有注释\n", "---\n...\n"])
def test_empty_texts(text: str) -> None:
    node, found = read(Source(name="x.yaml", text=text))
    assert not found
    assert node is None or (isinstance(node, Scalar) and node.empty)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("brackets", "[" * 30_000, "OF008"),
        ("braces", "{a: " * 30_000, "OF008"),
        ("dashes", "- " * 30_000, "OF008"),
        ("indentation", "\n".join(" " * i + "a:" for i in range(500)), "OF008"),
        ("size", "a: b\n" * 1_100_000, "OF008"),
        ("line", "a: " + "字" * 1_100_000, "OF008"),
        ("scalar", "a: |\n" + "  字字字字\n" * (MAX_SCALAR // 4), "OF008"),
        ("nodes", "a: [" + "x," * (MAX_NODES + 10) + "]", "OF008"),
        ("laughs", "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(2000)), "OF007"),
        ("quotes", '"' * 30_000, "OF010"),
        ("mistakes", "a：b\n" * 30_000, "OF001"),
    ],
)
def test_bombs(name: str, text: str, code: str) -> None:
    started = time.perf_counter()
    node, found = read(Source(name=name, text=text))
    assert time.perf_counter() - started < 5
    assert node is None or isinstance(node, Scalar)
    assert code in {one.code for one in found}
    assert len(found) < 1000


def test_depth_of_64_is_allowed() -> None:
    assert plain(tree("[" * 64 + "]" * 64)) is not None
    _, found = read(Source(name="", text="[" * 65 + "]" * 65))
    assert [(one.code, one.span.column) for one in found] == [("OF008", 65)]


def test_garbage_collection_is_left_as_it_was() -> None:
    read(Source(name="", text="a: [b"))
    assert gc.isenabled()


PIECES = st.sampled_from([
    "a", "b: ", "：", "，", "【", "】", "［", "］", "｛", "｝", "－ ", "- ", "\n", "\n  ", "\n    ", " ", "\t", "\u3000", "\xa0", "#", " #",
    "＃", "“", "”", '"', "'", "|", "|\n  ", "> ", "&x", "*x", "!t", "%", "@", "[", "]", "{", "}", ", ", ":", "?", "---", "...", "\\",
    "\u200b", "\u2028", "\x85", "\x00", "\ud800", "\ufeff", "\r", "\r\n", "<<", "12:30", "审批", "‘", "’",
])  # fmt: skip


@settings(max_examples=400, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_never_raises_and_places_lie_in_the_text(text: str) -> None:
    source = Source(name="x.yaml", text=text)
    node, found = read(source)
    for one in found:
        assert 1 <= one.span.line <= one.span.end_line <= len(source.lines)
        assert 1 <= one.span.column <= len(source.lines[one.span.line - 1]) + 1
    todo = [node] if node is not None else []
    while todo:
        here = todo.pop()
        assert (here.span.line, here.span.column) <= (here.span.end_line, here.span.end_column)
        assert here.span.end_line <= len(source.lines)
        if isinstance(here, Scalar):
            assert len(positions(source, here)) == len(here.text)
        else:
            todo += here.items if isinstance(here, Sequence) else [part for item in here.items for part in item]


def texts(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [texts(item) for item in node.items]
    return {key.text: texts(value) for key, value in node.items}


TAME = st.sampled_from(
    [
        "a",
        "b: ",
        "审批: ",
        "- ",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        " # c",
        "'x'",
        '"y"',
        "[",
        "]",
        "{",
        "}",
        ", ",
        "|\n   ",
        "：",
        "，",
    ]
)


@settings(max_examples=500, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TAME, max_size=16).map("".join))
def test_a_text_without_errors_means_what_pyyaml_reads(text: str) -> None:
    """And what PyYAML cannot read has an error here."""
    node, found = read(Source(name="x.yaml", text=text))
    if any(one.severity is Severity.ERROR for one in found):
        return
    expected = yaml.load(text, Loader=yaml.CBaseLoader)
    assert (texts(node) if node is not None else None) == expected


@settings(max_examples=200, deadline=2000)
@given(st.binary(max_size=80))
def test_bytes_never_raise(data: bytes) -> None:
    source, found = read_bytes("x.yaml", data)
    assert (source is None) == bool(found)


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        ("a: 1\n标题: 出差".encode("gbk"), 2, 1, "GBK"),
        ("a: 1".encode("utf-16"), 1, 1, "UTF-16"),
        (b"a: 1\nb: x\0y", 2, 5, "NUL"),
        ("标题: ".encode() + b"\xff\xff", 1, 5, "UTF-8"),
    ],
)
def test_bytes_that_are_no_utf8_text(data: bytes, line: int, column: int, words: str) -> None:
    source, found = read_bytes("x.yaml", data)
    assert source is None
    assert [(one.code, one.span.line, one.span.column) for one in found] == [("OF010", line, column)]
    assert words in found[0].en
    assert words in found[0].zh
    assert found[0].fix is not None


def test_bytes_of_a_good_file() -> None:
    source, found = read_bytes("x.yaml", b"\xef\xbb\xbf" + "标题: 出差\r\n".encode())
    assert not found
    assert source is not None
    assert source.text == "标题: 出差\r\n"
    assert read_bytes("x.yaml", b"a" * 5_000_001)[1][0].code == "OF008"
