"""A picture of a process: a ``Chart`` is laid out into a ``Drawing``, and a drawing is written as SVG.

Nothing here reads a file, knows a font, a clock or a random number: the same chart gives the same bytes everywhere.
"""

from __future__ import annotations

from oyiflow.diagram.chart import Chart, Edge, Highlight, Lane, Node
from oyiflow.diagram.drawing import Drawing
from oyiflow.diagram.layout import layout
from oyiflow.diagram.svg import svg

__all__ = ["Chart", "Drawing", "Edge", "Highlight", "Lane", "Node", "layout", "svg"]
