"""Makes `oyiflow/fonts/*.ttf` and `oyiflow/diagram/widths.py` from Noto Sans CJK.

    python tools/font.py /usr/share/fonts/opentype/noto

Needs `pip install fonttools`; the product itself does not. What is kept: GB 2312 with its signs, the 8,105 characters of
the national list, kana, Latin with accents, and the signs, arrows and numbers in circles that people put into a process.
Outlines become quadratic (TrueType), without composites, hints and layout tables: the product reads them with a reader of
its own and sets every letter by its width. The same sources give the same bytes.

The licence (OFL 1.1) reserves the name "Source", so the result has a name of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

ROOT = Path(__file__).parent.parent
FAMILY = "OyiFlow Sans SC"
WEIGHTS = {"Regular": 400, "Bold": 700}
CHINESE = 2  # the font for mainland China in the collection
ERROR = 1.0  # how far a quadratic curve may be from the cubic one, in thousandths of an em
RANGES = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x18F, 0x18F), (0x192, 0x192), (0x1CD, 0x1DC), (0x218, 0x21B), (0x2C6, 0x2DD),
    (0x391, 0x3C9), (0x401, 0x451), (0x1E3E, 0x1E3F), (0x2010, 0x203E), (0x2042, 0x2042), (0x2070, 0x208E), (0x20A0, 0x20BF),
    (0x2100, 0x218B), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2300, 0x23FF), (0x2460, 0x27BF), (0x2B00, 0x2BFF), (0x2E80, 0x2FDF),
    (0x3000, 0x30FF), (0x3105, 0x312F), (0x3190, 0x319F), (0x31F0, 0x31FF),
    (0x3220, 0x325F), (0x3280, 0x33FF), (0xFE10, 0xFE6F), (0xFF01, 0xFF9F), (0xFFE0, 0xFFEE), (0x1F100, 0x1F1AD),
)  # fmt: skip


def characters() -> set[int]:
    """Everything that is asked for; what the source font lacks falls away."""
    wanted = {code for first, last in RANGES for code in range(first, last + 1)}
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            wanted.update(ord(char) for char in bytes([row, cell]).decode("gb2312", errors="ignore"))
    lines = (ROOT / "tools" / "font_characters.txt").read_text(encoding="utf-8").splitlines()
    wanted.update(ord(char) for line in lines if not line.startswith("#") for char in line)
    return wanted


def build(source: TTFont, weight: str, wanted: set[int]) -> TTFont:
    """One weight as a TrueType font."""
    names = {code: name for code, name in source.getBestCmap().items() if code in wanted}
    order = [".notdef", *dict.fromkeys(names[code] for code in sorted(names))]
    called = {old: ".notdef" if old == ".notdef" else f"g{number}" for number, old in enumerate(order)}
    glyphs, widths, source_glyphs = {}, {}, source.getGlyphSet()
    for old in order:
        pen = TTGlyphPen(None)
        source_glyphs[old].draw(Cu2QuPen(pen, ERROR, reverse_direction=True))
        glyphs[called[old]] = pen.glyph()
        widths[called[old]] = source_glyphs[old].width
    maker = FontBuilder(source["head"].unitsPerEm, isTTF=True)
    maker.setupGlyphOrder(list(called.values()))
    maker.setupCharacterMap({code: called[name] for code, name in names.items()})
    maker.setupGlyf(glyphs)
    maker.setupHorizontalMetrics(
        {name: (width, glyphs[name].xMin if glyphs[name].numberOfContours else 0) for name, width in widths.items()}
    )
    line = source["hhea"]
    maker.setupHorizontalHeader(ascent=line.ascent, descent=line.descent, lineGap=line.lineGap)
    maker.setupNameTable(_names(source, weight), mac=False)
    old = source["OS/2"]
    maker.setupOS2(
        version=4, usWeightClass=WEIGHTS[weight], fsType=0, fsSelection=0x20 if weight == "Bold" else 0x40, achVendID="OYIF",
        sTypoAscender=old.sTypoAscender, sTypoDescender=old.sTypoDescender, sTypoLineGap=old.sTypoLineGap,
        usWinAscent=old.usWinAscent, usWinDescent=old.usWinDescent, sxHeight=old.sxHeight, sCapHeight=old.sCapHeight,
        ulCodePageRange1=1 << 18, ulUnicodeRange2=1 << 27,
    )  # fmt: skip
    maker.setupPost(keepGlyphNames=False, underlinePosition=source["post"].underlinePosition)
    maker.font["head"].created = maker.font["head"].modified = source["head"].modified
    maker.font["head"].macStyle = int(weight == "Bold")
    maker.font["head"].fontRevision = 1.0
    return maker.font


def _names(source: TTFont, weight: str) -> dict[str, str]:
    old = source["name"]
    return {
        "copyright": f"{old.getDebugName(0)} Subset and conversion to TrueType under the name {FAMILY}.",
        "familyName": FAMILY,
        "styleName": weight,
        "uniqueFontIdentifier": f"{FAMILY} {weight} 1.0, from {old.getDebugName(4)} {old.getDebugName(5).partition(';')[0]}",
        "fullName": f"{FAMILY} {weight}" if weight == "Bold" else FAMILY,
        "version": "Version 1.000",
        "psName": f"OyiFlowSansSC-{weight}",
        "licenseDescription": str(old.getDebugName(13)),
        "licenseInfoURL": "https://openfontlicense.org",
    }


def table(fonts: dict[str, TTFont]) -> str:
    """`widths.py`: what is not one em wide, as runs of neighbours."""
    parts = [
        '"""Advance widths of the font shipped in `fonts/`, in thousandths of an em; written by `tools/font.py`.\n\n'
        "With them boxes have the same size on every machine, with or without the font. What is not here is one em wide: Han,\n"
        'kana, full-width forms and most signs.\n"""\n\nfrom __future__ import annotations\n\nfrom typing import Final\n\n# fmt: off\n'
        "# First code point, then the widths of it and its neighbours.\n"
    ]
    for weight, font in fonts.items():
        widths = {code: font["hmtx"][name][0] for code, name in font.getBestCmap().items()}
        parts.append(f"{weight.upper()}: Final = (\n{_runs({c: w for c, w in sorted(widths.items()) if w != 1000})})\n")
    parts.append("# fmt: on\n")
    return "".join(parts)


def _runs(widths: dict[int, int]) -> str:
    runs: list[list[int]] = []
    for code, width in widths.items():
        if runs and code == runs[-1][0] + len(runs[-1]) - 1:
            runs[-1].append(width)
        else:
            runs.append([code, width])
    return "".join(_wrapped(f"(0x{run[0]:X}, " + ", ".join(map(str, run[1:])) + "),") for run in runs)


def _wrapped(text: str) -> str:
    lines, line = [], "   "
    for word in text.split(" "):
        if len(line) + 1 + len(word) > 126:
            lines.append(line)
            line = "   "
        line += f" {word}"
    return "\n".join([*lines, line, ""])


def main(folder: Path) -> None:
    """Both weights and the table."""
    wanted, fonts = characters(), {}
    for weight in WEIGHTS:
        source = TTCollection(folder / f"NotoSansCJK-{weight}.ttc").fonts[CHINESE]
        fonts[weight] = build(source, weight, wanted)
        target = ROOT / "oyiflow" / "fonts" / f"OyiFlowSansSC-{weight}.ttf"
        fonts[weight].recalcTimestamp = False
        fonts[weight].save(target)
        print(target.name, target.stat().st_size, "bytes,", len(fonts[weight].getBestCmap()), "characters")
    (ROOT / "oyiflow" / "diagram" / "widths.py").write_text(table(fonts), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
