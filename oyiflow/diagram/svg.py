"""A scene as SVG text that any viewer shows alike.

Colours are literal and sizes are pixels: no ``var()``, no markers, no script, nothing from outside, so the file looks the
same in a browser, in an office program and in a plain rasteriser.  Text is written in one of three ways:

  stack      as text, in the first font of a list that the machine has: small, can be searched and edited
  embed      as text, with the letters that are used embedded as a font: can be searched, right in every browser
  outlines   as shapes: right everywhere, also where fonts in a file are ignored

Every lane, step and arrow is a group whose ``data-*`` attributes repeat its geometry, for tools that measure or animate:

  <svg data-dir data-em>, <g class="lane" data-id data-bbox data-title-bbox>,
  <g class="node" data-id data-lane data-kind data-bbox data-text-bbox>,
  <g class="edge" data-id data-from data-to data-points data-label-bbox>; a box is "x y w h".

A highlight adds data-current, data-visits, data-taken, data-mine, data-order, data-change.  For those who do not see:
title, description and language, and for every step a focusable group with a sentence.  Labels are untrusted: everything
from the chart is escaped and control characters are dropped.  Same scene, same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final, Literal, Protocol

from oyiflow.diagram.chart import Highlight
from oyiflow.diagram.drawing import Box, Drawing
from oyiflow.diagram.scene.painter import number as _n
from oyiflow.diagram.scene.painter import paint
from oyiflow.diagram.scene.primitives import Group, Mark, Path, Pen, Rect, Scene, Segment, Words
from oyiflow.diagram.scene.theme import LIGHT, Theme
from oyiflow.diagram.scene.words import Lang

TextMode = Literal["stack", "embed", "outlines"]
FAMILY: Final = "OyiFlow Sans SC"
STACK: Final = "'Noto Sans CJK SC','Source Han Sans SC','Source Han Sans CN','PingFang SC','Microsoft YaHei',sans-serif"


class Letters(Protocol):
    """The shapes of letters, for text that must not depend on the fonts of a machine."""

    def shape(self, text: str, *, bold: bool) -> tuple[Segment, ...]:
        """A line of text as outlines, in thousandths of an em, y upwards, beginning at 0."""

    def subset(self, chars: tuple[str, ...], *, bold: bool) -> bytes:
        """A TrueType font with these characters only."""


def svg(
    drawing: Drawing, *, highlight: Highlight | None = None, lang: Lang = "zh", theme: Theme = LIGHT, letters: Letters | None = None
) -> str:  # fmt: skip
    """A chart as SVG; with letters, its text as outlines."""
    return written(paint(drawing, highlight=highlight, theme=theme, lang=lang), letters=letters)


def written(scene: Scene, *, text: TextMode | None = None, letters: Letters | None = None) -> str:
    """A scene as SVG. Without letters text is text; with them it is outlines, or an embedded font if asked for."""
    mode = (text or "outlines") if letters is not None else "stack"
    writer = _Writer(letters if mode == "outlines" else None)
    ground = Rect(box=Box(x=0, y=0, w=scene.width, h=scene.height), fill=scene.background)
    fonts = {"stack": STACK, "embed": f"'{FAMILY}',{STACK}", "outlines": ""}
    parts = [_opened(scene, fonts[mode])]
    if mode == "embed" and letters is not None:
        parts.append(_style(scene, letters))
    parts.append(_rect(ground, corner=False))
    parts += [writer.mark(mark) for mark in scene.marks]
    return "\n".join([*parts, "</svg>", ""])


def _opened(scene: Scene, fonts: str) -> str:
    size = _n(scene.width), _n(scene.height)
    family = f' font-family="{fonts}"' if fonts else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}"'
        f' viewBox="0 0 {size[0]} {size[1]}" role="graphics-document document" lang="{scene.lang}" xml:lang="{scene.lang}"'
        f' aria-label="{escaped(scene.title)}"{_attributes(scene.attributes)}{family}>\n'
        f"<title>{escaped(scene.title)}</title>\n<desc>{escaped(scene.description)}</desc>"
    )


def _style(scene: Scene, letters: Letters) -> str:
    faces = []
    for bold, chars in scene.letters().items():
        if chars:
            font = b64encode(letters.subset(chars, bold=bold)).decode("ascii")
            faces.append(
                f"@font-face{{font-family:'{FAMILY}';font-weight:{700 if bold else 400};src:url(data:font/ttf;base64,{font})}}"
            )
    return f"<style>{''.join(faces)}</style>"


class _Writer:
    """Writes marks; with letters, text as outlines."""

    __slots__ = ("letters",)

    def __init__(self, letters: Letters | None) -> None:
        self.letters = letters

    def mark(self, mark: Mark) -> str:
        if isinstance(mark, Group):
            return self.group(mark)
        if isinstance(mark, Rect):
            return _rect(mark)
        return _path(mark) if isinstance(mark, Path) else self.words(mark)

    def group(self, group: Group) -> str:
        moved = group.scale != 1 or group.dx or group.dy
        place = f' transform="translate({_n(group.dx)} {_n(group.dy)}) scale({group.scale:.5g})"' if moved else ""
        title = f"<title>{escaped(group.title)}</title>" if group.title else ""
        return f"<g{_attributes(group.attributes)}{place}>{title}{''.join(map(self.mark, group.marks))}</g>"

    def words(self, words: Words) -> str:
        if self.letters is not None:
            return self._outlined(words, self.letters)
        anchor = ' text-anchor="middle"' if words.centred else ""
        weight = ' font-weight="bold"' if words.bold else ""
        return (
            f'<text x="{_n(words.x)}" y="{_n(words.y)}" font-size="{_n(words.size)}"{anchor}{weight} fill="{words.colour}">'
            f"{escaped(words.text)}</text>"
        )

    def _outlined(self, words: Words, letters: Letters) -> str:
        scale = words.size / 1000
        place = f"translate({_n(words.left)} {_n(words.y)}) scale({scale:.5g} {-scale:.5g})"
        return (
            f'<path transform="{place}" d="{segments_text(letters.shape(words.text, bold=words.bold))}" fill="{words.colour}"/>'
        )


def _rect(rect: Rect, *, corner: bool = True) -> str:
    box = rect.box
    at = f'x="{_n(box.x)}" y="{_n(box.y)}" ' if corner else ""
    radius = f' rx="{_n(rect.radius)}"' if rect.radius else ""
    return f'<rect {at}width="{_n(box.w)}" height="{_n(box.h)}"{radius}{_paint(rect.fill, rect.pen)}/>'


def _path(path: Path) -> str:
    return f'<path d="{segments_text(path.segments)}"{_paint(path.fill, path.pen)}/>'


def segments_text(segments: tuple[Segment, ...]) -> str:
    """The `d` of a path."""
    return "".join(kind + " ".join(map(_n, numbers)) for kind, numbers in segments)


def _paint(fill: str, pen: Pen | None) -> str:
    paint = f' fill="{fill or "none"}"'
    if pen is None:
        return paint
    dash = f' stroke-dasharray="{_n(pen.dash[0])} {_n(pen.dash[1])}" stroke-dashoffset="{_n(pen.offset)}"' if pen.dash else ""
    return f'{paint} stroke="{pen.colour}" stroke-width="{_n(pen.width)}" stroke-linejoin="round"{dash}'


def _attributes(attributes: tuple[tuple[str, str], ...]) -> str:
    return "".join(f' {name}="{escaped(value)}"' for name, value in attributes)


def escaped(text: str) -> str:
    """XML text or attribute value; characters XML forbids are dropped."""
    kept = "".join(char for char in text if _is_legal(ord(char)))
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        kept = kept.replace(char, entity)
    return kept.replace("\n", " ").replace("\t", " ").replace("\r", " ")


def _is_legal(code: int) -> bool:
    if code < 0x20:
        return code in (0x09, 0x0A, 0x0D)
    return not (0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code & 0xFFFE == 0xFFFE)
