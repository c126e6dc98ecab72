"""Scenes on paper and as pixels: PDF and PNG, and SVG whose text does not depend on the fonts of a machine.

Only this room opens the shipped font. PDF is written here, PNG by resvg; nothing is asked of the system.
"""

from __future__ import annotations

from oyiflow.printing.fonts import FontLetters, missing, named
from oyiflow.printing.pdf import pdf
from oyiflow.printing.png import png

__all__ = ["FontLetters", "missing", "named", "pdf", "png"]
