"""PNG: the scene as SVG with outlined text, rasterised by resvg, which needs no fonts and no libraries of the system."""

from __future__ import annotations

from typing import Final

from oyiflow.diagram.scene.primitives import Scene
from oyiflow.diagram.svg import written
from oyiflow.errors import OyiFlowError
from oyiflow.printing.fonts import FontLetters

LONGEST: Final = 16_000  # pixels along one side
MOST: Final = 80_000_000  # pixels in all


def png(scene: Scene, *, scale: float = 2.0) -> bytes:
    """The scene as a PNG, `scale` pixels for each of its own."""
    try:
        import resvg_py
    except ImportError:
        raise OyiFlowError(
            'PNG 要用 resvg-py：pip install "oyiflow[draw]"（SVG 和 PDF 不用）',
            'PNG needs resvg-py: pip install "oyiflow[draw]" (SVG and PDF need nothing)',
        ) from None
    scale = min(scale, LONGEST / max(scene.width, scene.height), (MOST / (scene.width * scene.height)) ** 0.5)
    text = written(scene, letters=FontLetters())
    return bytes(resvg_py.svg_to_bytes(svg_string=text, zoom=scale, skip_system_fonts=True))
