"""A process in the forms that other programs read: BPMN 2.0, Mermaid, Graphviz DOT, draw.io, and the layout as JSON.

All of them are text made from a definition, a chart or a drawing; nothing here reads or writes a file. Everything that has
geometry (BPMN, draw.io, JSON) takes it from the product's own layout, so a chart looks alike wherever it is opened; Mermaid and
DOT hand over the graph and are laid out by their own programs.
"""

from __future__ import annotations

from oyiflow.exports.bpmn import bpmn
from oyiflow.exports.dot import dot
from oyiflow.exports.drawio import drawio
from oyiflow.exports.layout_json import layout_json
from oyiflow.exports.mermaid import mermaid

__all__ = ["bpmn", "dot", "drawio", "layout_json", "mermaid"]
