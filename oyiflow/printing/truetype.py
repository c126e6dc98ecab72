"""A TrueType font as far as it is needed here: which glyph a character has, how wide it is, its outline, and a subset.

It reads the fonts that `tools/font.py` makes: plain glyphs without parts and hints, one table of characters in format 12.
Nothing is guessed about other fonts. Outlines are in units of the font, y upwards. Subsets keep the glyphs as they are, so
that a letter has the same shape in every output. No input or output: a font is bytes.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

from oyiflow.diagram.scene.primitives import Segment

_ON: Final = 0x01
_SHORT: Final = (0x02, 0x04)
_REPEATED: Final = 0x08
_SAME: Final = (0x10, 0x20)
_COPIED: Final = (b"OS/2", b"name", b"post")
_SUM: Final = 0xB1B0AFBA  # what the sum of a whole font must come to

Corner = tuple[float, float, bool]


class TrueType:
    """One font."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        count = struct.unpack_from(">H", data, 4)[0]
        rows = (struct.unpack_from(">4sIII", data, 12 + 16 * place) for place in range(count))
        self._tables = {tag: (offset, length) for tag, _, offset, length in rows}
        head = self._table(b"head")
        self.units: int = struct.unpack_from(">H", head, 18)[0]
        self.bounds: tuple[int, ...] = struct.unpack_from(">4h", head, 36)
        self.ascent, self.descent = struct.unpack_from(">2h", self._table(b"hhea"), 4)
        self.cap_height: int = struct.unpack_from(">h", self._table(b"OS/2"), 88)[0]
        self._long = struct.unpack_from(">h", head, 50)[0] == 1
        self._wide = struct.unpack_from(">H", self._table(b"hhea"), 34)[0]

    def _table(self, tag: bytes) -> bytes:
        offset, length = self._tables[tag]
        return self._data[offset : offset + length]

    @cached_property
    def _groups(self) -> list[tuple[int, int, int]]:
        """Ranges of characters: first, last, glyph of the first."""
        table = self._table(b"cmap")
        for place in range(struct.unpack_from(">H", table, 2)[0]):
            platform, encoding, offset = struct.unpack_from(">HHI", table, 4 + 8 * place)
            if (platform, encoding) == (3, 10):
                count = struct.unpack_from(">I", table, offset + 12)[0]
                return list(struct.iter_unpack(">III", table[offset + 16 : offset + 16 + 12 * count]))
        raise ValueError("the font has no table of characters in format 12")

    def glyph(self, char: str) -> int:
        """The glyph of a character; 0 if the font lacks it."""
        code = ord(char)
        place = bisect_right(self._groups, code, key=lambda group: group[0]) - 1
        if place < 0:
            return 0
        first, last, glyph = self._groups[place]
        return glyph + code - first if code <= last else 0

    def advance(self, glyph: int) -> int:
        """How far the next glyph stands."""
        offset = self._tables[b"hmtx"][0] + 4 * min(glyph, self._wide - 1)
        return int(struct.unpack_from(">H", self._data, offset)[0])

    def _bearing(self, glyph: int) -> int:
        """The last glyphs share one advance and have only a bearing each."""
        place = 4 * glyph + 2 if glyph < self._wide else 4 * self._wide + 2 * (glyph - self._wide)
        return int(struct.unpack_from(">h", self._data, self._tables[b"hmtx"][0] + place)[0])

    def data(self, glyph: int) -> bytes:
        """The glyph as it is stored."""
        loca, glyf = self._tables[b"loca"][0], self._tables[b"glyf"][0]
        if self._long:
            start, end = struct.unpack_from(">2I", self._data, loca + 4 * glyph)
        else:
            start, end = (2 * half for half in struct.unpack_from(">2H", self._data, loca + 2 * glyph))
        return self._data[glyf + start : glyf + end]

    def outline(self, glyph: int) -> tuple[Segment, ...]:
        """The shape of a glyph."""
        return tuple(segment for contour in _contours(self.data(glyph)) for segment in _curves(contour))

    def subset(self, chars: Iterable[str], *, web: bool) -> bytes:
        """A font with these characters, as glyphs 1, 2, 3 … in their order; 0 stands for what is missing.

        For the `web` it has names and a table of characters; in a PDF the document itself says what a glyph means.
        """
        chars = list(chars)
        glyphs = [0, *(self.glyph(char) for char in chars)]
        outlines = [self.data(glyph) + b"\0" * (-len(self.data(glyph)) % 4) for glyph in glyphs]
        places = [0]
        for outline in outlines:
            places.append(places[-1] + len(outline))
        head, line, most = (bytearray(self._table(tag)) for tag in (b"head", b"hhea", b"maxp"))
        struct.pack_into(">I", head, 8, 0)
        struct.pack_into(">h", head, 50, 1)
        struct.pack_into(">H", line, 34, len(glyphs))
        struct.pack_into(">H", most, 4, len(glyphs))
        tables = {
            b"head": bytes(head),
            b"hhea": bytes(line),
            b"maxp": bytes(most),
            b"hmtx": b"".join(struct.pack(">Hh", self.advance(glyph), self._bearing(glyph)) for glyph in glyphs),
            b"loca": struct.pack(f">{len(places)}I", *places),
            b"glyf": b"".join(outlines),
        }
        if web:
            tables |= {tag: self._table(tag) for tag in _COPIED} | {b"cmap": _characters(chars)}
        return _assembled(tables)


# -- outlines


def _contours(data: bytes) -> Iterator[list[Corner]]:
    """The closed lines of a plain glyph: points that lie on the line, and control points between them."""
    count = struct.unpack_from(">h", data)[0] if data else 0
    if count <= 0:
        return
    ends = struct.unpack_from(f">{count}H", data, 10)
    at = 10 + 2 * count
    at += 2 + struct.unpack_from(">H", data, at)[0]
    flags, at = _flags(data, at, ends[-1] + 1)
    xs, at = _coordinates(data, at, flags, axis=0)
    ys, at = _coordinates(data, at, flags, axis=1)
    points: list[Corner] = [(x, y, bool(flag & _ON)) for x, y, flag in zip(xs, ys, flags, strict=True)]
    start = 0
    for end in ends:
        yield points[start : end + 1]
        start = end + 1


def _flags(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    flags: list[int] = []
    while len(flags) < count:
        flag = data[at]
        at += 1
        times = 1
        if flag & _REPEATED:
            times += data[at]
            at += 1
        flags += [flag] * times
    return flags, at


def _coordinates(data: bytes, at: int, flags: Sequence[int], *, axis: int) -> tuple[list[int], int]:
    """Each is the distance from the one before: none, one byte with its sign in the flag, or two bytes."""
    short, same = _SHORT[axis], _SAME[axis]
    values, value = [], 0
    for flag in flags:
        if flag & short:
            value += data[at] if flag & same else -data[at]
            at += 1
        elif not flag & same:
            value += struct.unpack_from(">h", data, at)[0]
            at += 2
        values.append(value)
    return values, at


def _curves(points: list[Corner]) -> Iterator[Segment]:
    """Between two control points the line passes through their middle, which is not stored."""
    full: list[Corner] = []
    for before, point in zip([points[-1], *points], points, strict=False):
        if not before[2] and not point[2]:
            full.append(((before[0] + point[0]) / 2, (before[1] + point[1]) / 2, True))
        full.append(point)
    first = next(place for place, point in enumerate(full) if point[2])
    full = full[first:] + full[:first]
    yield "M", full[0][:2]
    control: tuple[float, ...] = ()
    for x, y, on in [*full[1:], full[0]]:
        if not on:
            control = (x, y)
        elif control:
            yield "Q", (*control, x, y)
            control = ()
        else:
            yield "L", (x, y)
    yield "Z", ()


# -- subsets


def _characters(chars: Sequence[str]) -> bytes:
    """A table of characters in format 12, for glyphs 1, 2, 3 …"""
    rows = sorted((ord(char), place) for place, char in enumerate(chars, 1))
    groups = b"".join(struct.pack(">III", code, code, glyph) for code, glyph in rows)
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(rows)) + groups


def _assembled(tables: dict[bytes, bytes]) -> bytes:
    """Tables in order, with their sums, and the sum of the whole."""
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    directory, body, offset = b"", b"", 12 + 16 * count
    for tag, table in sorted(tables.items()):
        directory += struct.pack(">4sIII", tag, _summed(table), offset + len(body), len(table))
        body += table + b"\0" * (-len(table) % 4)
    font = bytearray(
        struct.pack(">IHHHH", 0x00010000, count, 16 * power, power.bit_length() - 1, 16 * (count - power)) + directory + body
    )
    head = font.index(tables[b"head"], offset)
    struct.pack_into(">I", font, head + 8, (_SUM - _summed(bytes(font))) & 0xFFFFFFFF)
    return bytes(font)


def _summed(table: bytes) -> int:
    padded = table + b"\0" * (-len(table) % 4)
    return int(sum(struct.unpack(f">{len(padded) // 4}I", padded))) & 0xFFFFFFFF
