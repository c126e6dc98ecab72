"""PDF and PNG: right, the same every time, found by search, and of one shape with the SVG."""

from __future__ import annotations

import builtins
import io
import re
import struct
import sys
import time
import zlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from pypdf import PdfReader

from oyiflow.checking import load
from oyiflow.diagram import Highlight, layout
from oyiflow.diagram.of_definition import chart_of
from oyiflow.diagram.scene import THEMES, Scene, paint
from oyiflow.diagram.svg import written
from oyiflow.errors import OyiFlowError
from oyiflow.printing import FontLetters, pdf, png

VISIT = Path(__file__).parents[3] / "processes" / "visit.yaml"


@pytest.fixture(scope="module")
def visit() -> Scene:
    seen = Highlight(current=frozenset({"review"}), visited={"plan": 2}, taken={"plan#0": 2}, changes={"gift": "removed"})
    return paint(layout(chart_of(load(VISIT), "zh")), highlight=seen)


def test_a_pdf_is_read_by_others_and_found_by_search(visit: Scene) -> None:
    reader = PdfReader(io.BytesIO(pdf([visit, visit])), strict=True)
    assert len(reader.pages) == 2
    text = reader.pages[0].extract_text()
    for words in ("大客户部经理", "锁定拜访对象", "×2", "仅当 款项预算大于 0"):
        assert words in text
    assert reader.metadata is not None and reader.metadata.title == "大客户拜访审批流程"
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"
    width, height = reader.pages[0].mediabox.width, reader.pages[0].mediabox.height
    assert (float(width), float(height)) == pytest.approx((visit.width * 0.75, visit.height * 0.75), abs=0.01)


def test_its_fonts_are_embedded_subsets(visit: Scene) -> None:
    reader = PdfReader(io.BytesIO(pdf([visit])))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    for one in fonts.values():
        inner = one.get_object()["/DescendantFonts"][0].get_object()
        assert re.fullmatch(r"/[A-Z]{6}\+OyiFlowSansSC-(Regular|Bold)", inner["/BaseFont"])
        assert len(inner["/FontDescriptor"]["/FontFile2"].get_object().get_data()) > 1000
    assert len(fonts) == 2


def test_its_steps_can_be_read_aloud_in_order(visit: Scene) -> None:
    reader = PdfReader(io.BytesIO(pdf([visit])))
    document = reader.trailer["/Root"]["/StructTreeRoot"]["/K"]
    told = [element.get_object().get("/Alt") for element in document["/K"]]
    steps = [words for words in told if words]
    assert steps[0].startswith("开始") and steps[1].startswith("锁定拜访对象，步骤，大客户专员")
    content = reader.pages[0].get_contents()
    assert content is not None
    assert content.get_data().count(b"BDC") == len(told)


def test_places_of_objects_are_right(visit: Scene) -> None:
    data = pdf([visit])
    start = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    rows = re.findall(rb"(\d{10}) 00000 n ", data[start:])
    assert len(rows) > 10
    for number, place in enumerate(rows, 1):
        assert data[int(place) :].startswith(b"%d 0 obj\n" % number)


def test_labels_are_only_text() -> None:
    chart = chart_of(load(VISIT), "zh")
    evil = "(a) \\ endstream >> 😀 \ud800 客户"
    nodes = tuple(type(node)(id=node.id, lane=node.lane, kind=node.kind, label=evil) for node in chart.nodes)
    scene = paint(layout(type(chart)(id=evil, title=evil, lanes=chart.lanes, nodes=nodes, edges=chart.edges)))
    assert len(PdfReader(io.BytesIO(pdf([scene])), strict=True).pages) == 1
    assert png(scene, scale=0.5).startswith(b"\x89PNG")


@pytest.mark.parametrize("theme", THEMES)
def test_same_scene_same_bytes(theme: str) -> None:
    def scene() -> Scene:
        return paint(layout(chart_of(load(VISIT), "zh")), theme=THEMES[theme])

    assert pdf([scene()]) == pdf([scene()])
    assert png(scene(), scale=0.5) == png(scene(), scale=0.5)
    assert b"Date" not in pdf([scene()])


def pixels(data: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and rows (RGBA) of a PNG."""
    width, height, depth, kind, *_, laced = struct.unpack_from(">IIBBBBB", data, 16)
    assert (depth, kind, laced) == (8, 6, 0)
    at, packed = 8, b""
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        packed += data[at + 8 : at + 8 + size] if name == b"IDAT" else b""
        at += 12 + size
    raw, stride, rows, last = zlib.decompress(packed), width * 4, [], bytes(width * 4)
    for y in range(height):
        line = bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        _unfilter(raw[y * (stride + 1)], line, last)
        last = bytes(line)
        rows.append(last)
    return width, height, rows


def _unfilter(kind: int, line: bytearray, above: bytes) -> None:
    for at in range(len(line)):
        left, up, corner = (line[at - 4], above[at], above[at - 4]) if at >= 4 else (0, above[at], 0)
        if kind == 4:
            guess = left + up - corner
            away = (abs(guess - left), abs(guess - up), abs(guess - corner))
            add = (left, up, corner)[away.index(min(away))]
        else:
            add = (0, left, up, (left + up) // 2)[kind]
        line[at] = (line[at] + add) & 0xFF


def test_a_png_shows_the_scene(visit: Scene) -> None:
    width, height, rows = pixels(png(visit, scale=1))
    assert (width, height) == pytest.approx((visit.width, visit.height), abs=1)
    assert rows[2][:4] == bytes.fromhex(visit.background[1:]) + b"\xff"
    colours = {row[at : at + 4] for row in rows for at in range(0, len(row), 4)}
    assert {bytes.fromhex("BF3D0AFF"), bytes.fromhex("FFE3C4FF"), bytes.fromhex("E6EDF5FF")} <= colours


def test_a_png_may_be_large_but_not_endless(visit: Scene) -> None:
    drawn = struct.unpack_from(">II", png(visit, scale=2), 16)
    assert drawn == pytest.approx((visit.width * 2, visit.height * 2), abs=1)
    long = replace(visit, width=10, height=40_000, marks=())
    assert struct.unpack_from(">II", png(long, scale=2), 16) == (4, 16_000)


def test_without_resvg_one_message_says_what_to_do(visit: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "resvg_py", raising=False)
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name == "resvg_py":
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(OyiFlowError, match=r'PNG 要用 resvg-py：pip install "oyiflow\[draw\]"'):
        png(visit)
    assert pdf([visit]).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("text", "there", "not_there"), [("embed", "@font-face", "href"), ("outlines", "<path transform", "<text")]
)
def test_svg_that_needs_no_fonts(visit: Scene, text: str, there: str, not_there: str) -> None:
    drawn = written(visit, text=text, letters=FontLetters())  # type: ignore[arg-type]
    assert there in drawn and not_there not in drawn
    assert drawn == written(visit, text=text, letters=FontLetters())  # type: ignore[arg-type]


def test_all_forms_put_a_line_of_text_at_the_same_place(visit: Scene) -> None:
    outlined = written(visit, letters=FontLetters())
    places = [tuple(map(float, found)) for found in re.findall(r'<path transform="translate\(([-\d.]+) ([-\d.]+)\)', outlined)]
    assert places == [(round(words.left, 2), round(words.y, 2)) for words in visit.words()]
    content = PdfReader(io.BytesIO(pdf([visit]))).pages[0].get_contents()
    assert content is not None
    printed = re.findall(rb"1 0 0 -1 ([-\d.]+) ([-\d.]+) Tm", content.get_data())
    apart = [abs(float(a) - b) for found, place in zip(printed, places, strict=True) for a, b in zip(found, place, strict=True)]
    assert max(apart) < 0.01


def test_it_is_quick(visit: Scene) -> None:
    """Generous: a tenth of this is usual."""
    pdf([visit])
    moments = [time.perf_counter()]
    for make in (lambda: pdf([visit]), lambda: png(visit, scale=1)):
        make()
        moments.append(time.perf_counter())
    assert all(after - before < 2 for before, after in pairwise(moments))
