"""Automatic layout: ``layout(chart)`` turns a chart into a drawing.

Stages, each a module: ``sizes`` (texts and boxes), ``flow`` (the graph by index, back arrows), ``rows`` (one row per
step), ``grid`` (lanes, columns and channels), ``routing`` (a way for each arrow, then a track), ``search`` (tries other
rows), ``place`` (coordinates, last), ``labels`` and ``assemble`` (the finished drawing).  ``frames`` does rows, grid,
search and coordinates otherwise, for charts with nested states.

The same chart always gives the same drawing, on any machine: no clock, no randomness, no font lookup, and no order
taken from a hash.
"""

from __future__ import annotations

from oyiflow.diagram.chart import Chart, Direction
from oyiflow.diagram.drawing import Drawing
from oyiflow.diagram.layout.assemble import Plain
from oyiflow.diagram.layout.frames.framed import Framed

__all__ = ["layout"]


def layout(chart: Chart, *, direction: Direction = "TB") -> Drawing:
    """Place every lane, frame, step, arrow and label of a chart."""
    return (Framed if chart.frames else Plain)(chart, direction).drawing()
