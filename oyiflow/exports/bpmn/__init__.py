"""BPMN 2.0 with diagram interchange: `bpmn(definition)` is the text of a file that BPMN programs open as it was drawn here.

Stages, each a module: `mapping` (states to elements, with `scope` for nesting and `words` for what is said beside the symbols),
`lanes` (who stands where, merges before joins), `places` (the chart and its layout), `shapes` and `names` (geometry), `write` (XML).
"""

from __future__ import annotations

from oyiflow.diagram.chart import Direction
from oyiflow.exports.bpmn.mapping import process_of
from oyiflow.exports.bpmn.write import written
from oyiflow.model.definition import Definition

__all__ = ["bpmn", "process_of"]


def bpmn(definition: Definition, lang: str = "zh", direction: Direction = "LR") -> str:
    """The BPMN file of a definition, with names in "zh", "en" or "both"."""
    return written(process_of(definition, lang), direction)
