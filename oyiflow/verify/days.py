"""What depends on the day on which something is done, for proofs: a day that is not known, but never before the last one.

When a step is done is not known before. So a date that a `stamp` brings is one that the step asks for here, and `bounds_of`
says how it lies: on the day of the step itself, as what is bound to today lies on one side of it. Which day that is, nobody
knows; that days follow one another is used where such fields are compared (`verify.boxes.zones`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from oyiflow.model.definition import Definition, Field, Set, State, actions_of
from oyiflow.model.timely import bound_to_today
from oyiflow.model.values import FieldType

MONDAY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
"""A Monday, nine in the morning in Beijing: when every story begins. No day on which something is done lies before it."""


class Bounds(NamedTuple):
    """Fields that never lie before the day on which they are filled in, and those that never lie after it; stamps do neither."""

    not_before: frozenset[str] = frozenset()
    not_after: frozenset[str] = frozenset()


def on_any_day(definition: Definition) -> Definition:
    """The definition with its stamps among what the steps ask for, and no date bound to today; itself, if it has neither."""
    found: Definition | None = definition.memo.get("days.any")
    if found is None:
        stamped = frozenset(state.work.stamp for state in definition.states.values() if state.work is not None) - {""}
        bound = any(map(bound_to_today, definition.fields))
        found = _typed(definition, stamped) if stamped or bound else definition
        definition.memo["days.any"] = found
    return found


def stamps_of(definition: Definition) -> frozenset[str]:
    """The fields that are stamps in truth, in a definition made by `on_any_day`: an example cannot give them."""
    return definition.memo.get("days.stamps", frozenset())  # type: ignore[no-any-return]


def bounds_of(definition: Definition) -> Bounds:
    """How fields lie to the day on which they are filled in, in a definition made by `on_any_day`."""
    return definition.memo.get("days.bounds", Bounds())  # type: ignore[no-any-return]


def _typed(definition: Definition, stamped: frozenset[str]) -> Definition:
    fields = tuple(
        replace(_unbound(spec), required=spec.required or spec.name in stamped, columns=tuple(map(_unbound, spec.columns)))
        for spec in definition.fields
    )
    found = replace(definition, fields=fields, root=_asking(definition.root))
    found.memo["days.stamps"] = stamped
    found.memo["days.bounds"] = _bounds(definition, stamped)
    return found


def _unbound(spec: Field) -> Field:
    return replace(spec, not_past=False, not_future=False)


def _bounds(definition: Definition, stamped: frozenset[str]) -> Bounds:
    """Of days: only these are compared with today as such. And only of what nobody but a step writes."""
    states = definition.states.values()
    asked = {name for state in states if state.work is not None for name in state.work.fill}
    days = [spec for spec in definition.fields if spec.type is FieldType.DATE and spec.name in asked | stamped]
    written = {action.field for state in states for action in actions_of(state) if isinstance(action, Set)}
    written.update(ours for state in states if state.call is not None for ours, _ in state.call.outputs)
    stamps = stamped - asked - written
    return Bounds(
        stamps | {spec.name for spec in days if spec.not_past and spec.name not in written},
        stamps | {spec.name for spec in days if spec.not_future and spec.name not in written},
    )


def _asking(state: State) -> State:
    # The pre-scan bounds the depth of a file (64), so recursion through nested states is safe.
    work = state.work
    if work is not None and work.stamp:
        work = replace(work, fill=tuple(dict.fromkeys((*work.fill, work.stamp))), stamp="")
    return replace(state, work=work, states=tuple(map(_asking, state.states)))
