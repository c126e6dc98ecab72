"""Fonts in a PDF: the letters that the document uses, embedded, with a table that says which character each of them is.

A glyph's number in the subset is its code in the text, so a whole line is one string and can be searched and copied as
one. A character that the font lacks has the code of its place like any other: an empty box that still means the character.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from oyiflow.diagram.text import char_width
from oyiflow.printing.fonts import font, unseen
from oyiflow.printing.pdf_objects import Objects, Ref, Value

_NAMES: Final = {False: "OyiFlowSansSC-Regular", True: "OyiFlowSansSC-Bold"}
_STEM: Final = {False: 80, True: 140}
_BLOCK: Final = 100  # most lines in one block of a table of characters


class PdfFont:
    """One weight in one document."""

    def __init__(self, chars: Sequence[str], *, bold: bool) -> None:
        self.bold = bold
        self.chars = tuple(char for char in chars if not unseen(char))
        self._codes = {char: code for code, char in enumerate(self.chars, 1)}

    def codes(self, words: str) -> str:
        """A line of text in hexadecimal."""
        return "".join(f"{self._codes[char]:04X}" for char in words if char in self._codes)

    def embed(self, objects: Objects) -> Ref:
        """The font's objects."""
        source = font(bold=self.bold)
        name = f"{_tag(self.chars)}+{_NAMES[self.bold]}"
        descriptor: dict[str, Value] = {
            "Type": "FontDescriptor",
            "FontName": name,
            "Flags": 4,
            "FontBBox": list(source.bounds),
            "ItalicAngle": 0,
            "Ascent": source.ascent,
            "Descent": source.descent,
            "CapHeight": source.cap_height,
            "StemV": _STEM[self.bold],
            "FontFile2": objects.stream(source.subset(self.chars, web=False)),
        }
        system: Value = {"Registry": b"(Adobe)", "Ordering": b"(Identity)", "Supplement": 0}
        letters: dict[str, Value] = {
            "Type": "Font",
            "Subtype": "CIDFontType2",
            "BaseFont": name,
            "CIDSystemInfo": system,
            "FontDescriptor": objects.add(descriptor),
            "DW": 1000,
            "W": [1, [round(char_width(char, bold=self.bold) * 1000) for char in self.chars]],
            "CIDToGIDMap": "Identity",
        }
        whole: dict[str, Value] = {
            "Type": "Font",
            "Subtype": "Type0",
            "BaseFont": name,
            "Encoding": "Identity-H",
            "DescendantFonts": [objects.add(letters)],
            "ToUnicode": objects.stream(self._meanings()),
        }
        return objects.add(whole)

    def _meanings(self) -> bytes:
        """Which character a code is."""
        lines = [f"<{code:04X}> <{char.encode('utf-16-be').hex().upper()}>" for char, code in self._codes.items()]
        blocks = [lines[at : at + _BLOCK] for at in range(0, len(lines), _BLOCK)]
        body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{body}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
        ).encode("ascii")


def _tag(chars: Sequence[str]) -> str:
    """Six letters that tell subsets apart."""
    value = 0
    for char in chars:
        value = (value * 1_000_003 + ord(char)) % 26**6
    return "".join(chr(65 + value // 26**place % 26) for place in range(6))
