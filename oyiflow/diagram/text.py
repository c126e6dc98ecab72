"""How wide a text is, and where it may break.

Widths come from a shipped table (``widths``), never from a font on the machine.  Wrapping follows the habits of Chinese
print: between two Han characters a line may break anywhere, but no line starts with a closing mark (，。）？…) and none
ends with an opening one (（《“); a Latin word or number stays whole unless it alone is longer than a line.  A line break
written by the author is kept.
"""

from __future__ import annotations

from typing import Final

from oyiflow.diagram.widths import ALPHABET, ASCII, ASCII_BOLD, LATIN, OTHER

NOT_AT_START: Final = frozenset("，。、；：？！）】》〉」』”’…—·～％,.;:?!)]}>%°℃ー々")
NOT_AT_END: Final = frozenset("（【《〈「『“‘([{<￥$#@")
BOLD_GAIN: Final = 1.05


def char_width(char: str, *, bold: bool = False) -> float:
    """Width of one character in em."""
    code = ord(char)
    if 0x20 <= code < 0x7F:
        return (ASCII_BOLD if bold else ASCII)[code - 0x20] / 1000
    if code < 0xA0 or 0x300 <= code < 0x370 or code in (0x200B, 0x200D, 0xFEFF):
        return 0.0
    if code < 0x180:
        return LATIN[code - 0xA0] / 1000 * (BOLD_GAIN if bold else 1.0)
    if code < 0x1100:
        return ALPHABET / 1000 * (BOLD_GAIN if bold else 1.0)
    return OTHER.get(code, 1000) / 1000


def text_width(text: str, *, bold: bool = False) -> float:
    """Width of a line in em."""
    return sum(char_width(char, bold=bold) for char in text)


def wrap(text: str, limit: float, *, bold: bool = False) -> tuple[str, ...]:
    """Break a text into lines no wider than ``limit`` em; marks that must hang may make a line longer by their width."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_fill(_pieces(paragraph.replace("\t", " ").strip()), limit, bold))
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def balanced(text: str, limit: float, *, bold: bool = False) -> tuple[str, ...]:
    """Like ``wrap``, with the narrowest limit that gives no more lines: 4 + 4 reads better than 7 + 1."""
    best = wrap(text, limit, bold=bold)
    if len(best) < 2 or "\n" in text.strip():
        return best
    narrow = limit
    while narrow > 2.0:
        narrow -= 0.5
        lines = wrap(text, narrow, bold=bold)
        if len(lines) > len(best) or max(text_width(line, bold=bold) for line in lines) > limit:
            break
        best = lines
    return best


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
    return ord(char) >= 0x1100 and char not in "–"


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
