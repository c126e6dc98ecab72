"""Is it sound: a definition that reads well is looked at as a whole. One function per check, each a generator of diagnostics."""

from __future__ import annotations

from collections.abc import Mapping

from oyiflow.diagnostics import Diagnostic
from oyiflow.model.definition import Definition
from oyiflow.verify.calls import check_calls
from oyiflow.verify.data import check_empty_fields
from oyiflow.verify.labels import check_documents, check_same_titles, check_size, check_titles
from oyiflow.verify.structure import check_connected, check_end, check_gateways, check_start, check_targets
from oyiflow.verify.surprises import check_hidden, check_races, check_reentry

CHECKS = (
    check_same_titles, check_documents, check_start, check_end, check_connected, check_gateways, check_targets, check_reentry, check_races,
    check_hidden, check_empty_fields, check_titles, check_size,
)  # fmt: skip
"""The checks of one definition by itself, in the order of their codes."""


def verify(definition: Definition, others: Mapping[str, Definition | None] | None = None) -> list[Diagnostic]:
    """Everything that is wrong with a definition. With `others` (processes by name), its calls are checked too."""
    found = [diagnostic for check in CHECKS for diagnostic in check(definition)]
    if others is not None:
        found += check_calls(definition, others)
    return found
