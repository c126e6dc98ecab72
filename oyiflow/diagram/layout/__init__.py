"""Automatic layout: ``layout(chart)`` turns a chart into a drawing.

Stages, each a module: ``sizes`` (texts and boxes), ``flow`` (the graph by index, back arrows), ``rows`` (one row per
step), ``grid`` (lanes, columns and channels), ``routing`` (a way for each arrow, then a track), ``search`` (tries other
rows), ``place`` (coordinates, last), ``labels`` and ``assemble`` (the finished drawing).

The same chart always gives the same drawing, on any machine: no clock, no randomness, no font lookup, and no order
taken from a hash.
"""

from __future__ import annotations

from oyiflow.diagram.layout.assemble import layout

__all__ = ["layout"]
