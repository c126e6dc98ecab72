"""Colours: light for screens, dark for dark screens, print for a printer without colour.

A theme never says anything by colour alone: whatever has a colour of its own also differs in line, dash, shape or badge.
Every text can be read against what it stands on (a ratio of 4.5 at least, by the rules of WCAG 2), every line that means
something can be told from its ground (3 at least); `reading_pairs` and `line_pairs` list what is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

ThemeName = Literal["light", "dark", "print"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a step is drawn: its outline, what fills it, the text on it."""

    stroke: str
    fill: str
    ink: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """All colours of a picture."""

    name: ThemeName
    ground: str
    ink: str
    quiet: str  # small text of less weight
    lane_line: str
    lane_head: str
    lane_fills: tuple[str, str]
    step: Look
    decision: Look
    done: Look  # visited
    here: Look  # where a run stands
    mine: Look  # steps of the role asked for
    added: Look
    removed: Look
    changed: Look
    back: str  # rejections and ways back
    late: str  # deadlines
    badge_ink: str

    def reading_pairs(self) -> Iterator[tuple[str, str, str]]:
        """Name, text colour and ground of every text that there can be."""
        grounds = {"ground": self.ground, "lane 1": self.lane_fills[0], "lane 2": self.lane_fills[1]}
        labels = {"ink": self.ink, "quiet": self.quiet, "back": self.back, "late": self.late, "done": self.done.stroke}
        labels |= {name: look.stroke for name, look in self._changes().items()}
        for ground, fill in grounds.items():
            yield from ((f"{name} on {ground}", colour, fill) for name, colour in labels.items())
        yield "lane's name", self.ink, self.lane_head
        for name, look in self._looks().items():
            yield f"text of {name}", look.ink, look.fill
            yield f"badge of {name}", self.badge_ink, look.stroke

    def line_pairs(self) -> Iterator[tuple[str, str, str]]:
        """Name, line colour and ground of every line that carries a meaning."""
        lines = {name: look.stroke for name, look in self._looks().items()} | {"back": self.back, "late": self.late}
        for fill in (self.ground, *self.lane_fills):
            yield from ((f"{name} on {fill}", colour, fill) for name, colour in lines.items())

    def _looks(self) -> dict[str, Look]:
        plain = {"step": self.step, "decision": self.decision, "done": self.done, "here": self.here, "mine": self.mine}
        return plain | self._changes()

    def _changes(self) -> dict[str, Look]:
        return {"added": self.added, "removed": self.removed, "changed": self.changed}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (#RRGGBB), from 1 to 21, as WCAG 2 defines it."""
    dark, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


_INK: Final = "#1B2333"
LIGHT: Final = Theme(
    name="light",
    ground="#FFFFFF",
    ink=_INK,
    quiet="#4A5568",
    lane_line="#9AAFC4",
    lane_head="#E6EDF5",
    lane_fills=("#F6F8FC", "#FFFFFF"),
    step=Look(stroke=_INK, fill="#FFFFFF", ink=_INK),
    decision=Look(stroke=_INK, fill="#FFF6DF", ink=_INK),
    done=Look(stroke="#17733E", fill="#E2F4E8", ink=_INK),
    here=Look(stroke="#BF3D0A", fill="#FFE3C4", ink=_INK),
    mine=Look(stroke="#1D4FA8", fill="#E3EDFB", ink=_INK),
    added=Look(stroke="#17733E", fill="#E2F4E8", ink=_INK),
    removed=Look(stroke="#A3242B", fill="#FBE9E9", ink="#6B3A3D"),
    changed=Look(stroke="#855500", fill="#FFF1D0", ink=_INK),
    back="#8B3A3A",
    late="#7A5A00",
    badge_ink="#FFFFFF",
)
_PALE: Final = "#E8ECF3"
DARK: Final = Theme(
    name="dark",
    ground="#14181F",
    ink=_PALE,
    quiet="#A9B4C4",
    lane_line="#465468",
    lane_head="#26303D",
    lane_fills=("#1A202A", "#161B23"),
    step=Look(stroke="#C3CCDA", fill="#222A36", ink=_PALE),
    decision=Look(stroke="#C3CCDA", fill="#3A3320", ink=_PALE),
    done=Look(stroke="#5CC98B", fill="#17372A", ink=_PALE),
    here=Look(stroke="#FF9A57", fill="#54300F", ink="#FFF3E6"),
    mine=Look(stroke="#84B2FF", fill="#1D3157", ink=_PALE),
    added=Look(stroke="#5CC98B", fill="#17372A", ink=_PALE),
    removed=Look(stroke="#FF8F8F", fill="#421E22", ink="#F1C9CB"),
    changed=Look(stroke="#E7B54A", fill="#43350F", ink=_PALE),
    back="#F09A9A",
    late="#E0B84F",
    badge_ink="#10141A",
)
_BLACK: Final = "#000000"
PRINT: Final = Theme(
    name="print",
    ground="#FFFFFF",
    ink=_BLACK,
    quiet="#404040",
    lane_line="#8C8C8C",
    lane_head="#E4E4E4",
    lane_fills=("#F5F5F5", "#FFFFFF"),
    step=Look(stroke=_BLACK, fill="#FFFFFF", ink=_BLACK),
    decision=Look(stroke=_BLACK, fill="#FFFFFF", ink=_BLACK),
    done=Look(stroke=_BLACK, fill="#D6D6D6", ink=_BLACK),
    here=Look(stroke=_BLACK, fill="#2B2B2B", ink="#FFFFFF"),
    mine=Look(stroke=_BLACK, fill="#D6D6D6", ink=_BLACK),
    added=Look(stroke=_BLACK, fill="#D6D6D6", ink=_BLACK),
    removed=Look(stroke="#4D4D4D", fill="#FFFFFF", ink="#4D4D4D"),
    changed=Look(stroke="#262626", fill="#EBEBEB", ink=_BLACK),
    back="#333333",
    late="#333333",
    badge_ink="#FFFFFF",
)
THEMES: Final[dict[str, Theme]] = {theme.name: theme for theme in (LIGHT, DARK, PRINT)}
