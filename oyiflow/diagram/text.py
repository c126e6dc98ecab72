"""How wide a text is, and where it may break.

Widths come from a shipped table (``widths``), never from a font on the machine.  Wrapping follows the habits of Chinese
print: between two Han characters a line may break anywhere, but no line starts with a closing mark (，。）？…) and none
ends with an opening one (（《“); a Latin word or number stays whole unless it alone is longer than a line.  A line break
written by the author is kept.
"""

from __future__ import annotations

from typing import Final

from oyiflow.diagram.widths import BOLD, REGULAR

NOT_AT_START: Final = frozenset("，。、；：？！）】》〉」』”’…—·～％,.;:?!)]}>%°℃ー々")
NOT_AT_END: Final = frozenset("（【《〈「『“‘([{<￥$#@")
HALF_EMPTY_AFTER: Final = frozenset("，。、；：）】》〉」』”’")
HALF_EMPTY_BEFORE: Final = frozenset("（【《〈「『“‘")
EVEN: Final = 0.25  # price of an uneven line, per squared em
ALPHABET: Final = 620  # thousandths of an em: a letter of an alphabet that the font lacks
FULL_WIDTH: Final = frozenset("§±¶·×÷ˉ")
_UNSEEN: Final = (
    range(0x20),
    range(0x7F, 0xA0),
    range(0x300, 0x370),
    range(0x200B, 0x2010),
    range(0xD800, 0xE000),
    range(0xFE00, 0xFE10),
)
UNSEEN: Final = frozenset(chr(code) for codes in (*_UNSEEN, (0xAD, 0xFEFF, 0xFFFE, 0xFFFF)) for code in codes)
"""Controls, accents that stand on the letter before them, joiners, halves of characters."""


def _by_character(runs: tuple[tuple[int, ...], ...]) -> dict[str, int]:
    return {chr(first + place): width for first, *widths in runs for place, width in enumerate(widths)}


_WIDTHS: Final = {False: _by_character(REGULAR), True: _by_character(BOLD)}


def char_width(char: str, *, bold: bool = False) -> float:
    """Width of one character in em."""
    return _units(char, bold) / 1000


def _units(char: str, bold: bool) -> int:
    known = _WIDTHS[bold].get(char)
    if known is not None:
        return known
    if char in UNSEEN or char >= "\U000e0000":
        return 0
    return 1000 if char >= "\u1100" or char in FULL_WIDTH else ALPHABET


def text_width(text: str, *, bold: bool = False) -> float:
    """Width of a line in em. Thousandths are added as whole numbers: sums of fractions differ between versions of Python."""
    return sum(_units(char, bold) for char in text) / 1000


def wrap(text: str, limit: float, *, bold: bool = False) -> tuple[str, ...]:
    """Break a text into lines no wider than ``limit`` em; marks that must hang may make a line longer by their width."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_fill(_pieces(paragraph.replace("\t", " ").strip()), limit, bold))
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def balanced(text: str, limit: float, *, bold: bool = False) -> tuple[str, ...]:
    """Like ``wrap`` with no more lines, but lines of even width, broken after a mark or a word where possible."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        pieces = _pieces(paragraph.replace("\t", " ").strip())
        parts = [part for piece in pieces for part in _split(piece, limit, bold)]
        lines.extend(_evened(parts, limit, len(_fill(pieces, limit, bold)), bold))
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def _evened(parts: list[str], limit: float, count: int, bold: bool) -> list[str]:
    """The best way to make exactly ``count`` lines, found line by line from the start."""
    if count < 2:
        return ["".join(parts).rstrip()]
    mean = text_width("".join(parts), bold=bold) / count
    # best[k] = (cost, lines) of the cheapest way to set the first k parts.
    best: dict[int, tuple[float, list[str]]] = {0: (0.0, [])}
    for _ in range(count):
        following: dict[int, tuple[float, list[str]]] = {}
        for start, (cost, lines) in best.items():
            for end in range(start + 1, len(parts) + 1):
                line = "".join(parts[start:end]).rstrip()
                width = text_width(line, bold=bold)
                if width > limit + 1e-6 and end > start + 1:
                    break
                total = cost + EVEN * (width - mean) ** 2 + (_break_cost(parts[end - 1]) if end < len(parts) else 0.0)
                if end not in following or total < following[end][0] - 1e-9:
                    following[end] = (total, [*lines, line])
        best = following
    return best[len(parts)][1]


def _break_cost(part: str) -> float:
    if part[-1] in NOT_AT_START:
        return 0.0
    return 1.0 if part[-1] == " " else 3.0


def lean(line: str) -> float:
    """How far (in em) a centred line must move to look centred: a full-width mark at its end is half empty."""
    if not line:
        return 0.0
    right = 0.25 if line[-1] in HALF_EMPTY_AFTER else 0.0
    return right - (0.25 if line[0] in HALF_EMPTY_BEFORE else 0.0)


def _pieces(paragraph: str) -> list[str]:
    """Cut where a break is allowed; a space stays at the end of the piece before it."""
    pieces: list[str] = []
    for char in paragraph:
        if pieces and not _may_break(pieces[-1][-1], char):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in NOT_AT_START or before in NOT_AT_END:
        return False
    if before == " ":
        return True
    return _is_wide(before) or _is_wide(after)


def _is_wide(char: str) -> bool:
    return ord(char) >= 0x1100 and char != "–"


def _fill(pieces: list[str], limit: float, bold: bool) -> list[str]:
    lines, line = [], ""
    for piece in pieces:
        for part in _split(piece, limit, bold):
            if line and text_width((line + part).rstrip(), bold=bold) > limit + 1e-6:
                lines.append(line.rstrip())
                line = part
            else:
                line += part
    lines.append(line.rstrip())
    return lines


def _split(piece: str, limit: float, bold: bool) -> list[str]:
    """A word longer than a line is cut by width; anything else stays whole."""
    if text_width(piece, bold=bold) <= limit + 2.0:
        return [piece]
    parts, part = [], ""
    for char in piece:
        if part and text_width(part + char, bold=bold) > limit and char not in NOT_AT_START:
            parts.append(part)
            part = ""
        part += char
    return [*parts, part]
