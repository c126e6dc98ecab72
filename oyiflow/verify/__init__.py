"""Is it sound: a definition that reads well is looked at as a whole. One function per check, each a generator of diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from oyiflow.diagnostics import Diagnostic
from oyiflow.model.definition import Definition
from oyiflow.verify.calls import check_calls
from oyiflow.verify.data import check_empty_fields, check_limits, check_shared_writes, check_unread
from oyiflow.verify.days import on_any_day
from oyiflow.verify.decisions import check_decisions
from oyiflow.verify.doers import check_doers
from oyiflow.verify.labels import check_documents, check_same_titles, check_size, check_titles
from oyiflow.verify.people import check_rules_of_people
from oyiflow.verify.soundness import check_early_ends, check_joins
from oyiflow.verify.structure import check_connected, check_end, check_gateways, check_start, check_targets
from oyiflow.verify.surprises import check_hidden, check_races, check_reentry
from oyiflow.verify.times import check_times
from oyiflow.verify.unfilled import check_unfilled

if TYPE_CHECKING:
    from oyiflow.verify.rules.findings import Teller

CHECKS = (
    check_same_titles, check_documents, check_start, check_end, check_connected, check_gateways, check_targets, check_reentry, check_races,
    check_joins, check_early_ends, check_decisions, check_hidden, check_empty_fields, check_unfilled, check_limits, check_shared_writes,
    check_rules_of_people, check_doers, check_times, check_titles, check_size,
)  # fmt: skip
"""The checks of one definition by itself, in the order of their codes."""

MISSHAPEN = frozenset(("OF301", "OF306", "OF401"))
"""What cannot be begun, stands where it cannot stand, or waits for what never comes, is not run through.
Nor is a life cycle that waits for an empty field."""


def verify(
    definition: Definition, others: Mapping[str, Definition | None] | None = None, tell: Teller | None = None
) -> list[Diagnostic]:
    """Everything that is wrong with a definition. With `others` (processes by name), its calls are checked too.

    `tell` makes the sentences of traces (`oyiflow.words.story`).
    """
    definition = on_any_day(definition)
    found = [diagnostic for check in CHECKS for diagnostic in check(definition)]
    if not any(one.code in MISSHAPEN or (one.code == "OF505" and definition.body == "states") for one in found):
        found += _run_through(definition, tell, found)
    if others is not None:
        found += check_calls(definition, others)
        found += check_unread(definition, others)
    return found


def _run_through(definition: Definition, tell: Teller | None, before: list[Diagnostic]) -> list[Diagnostic]:
    """What shows only when everything that may happen is looked at."""
    from oyiflow.verify.dead import check_dead  # whoever checks nothing need not read all this
    from oyiflow.verify.rules.findings import check_rules, plainly
    from oyiflow.verify.rules.proving import Spaces

    spaces, teller = Spaces(definition), tell or plainly  # what is found out about situations serves both
    known = {(one.code, one.span) for one in before}
    dead = [one for one in check_dead(definition, teller, spaces, before) if (one.code, one.span) not in known]
    return [*dead, *check_rules(definition, teller, spaces)]
