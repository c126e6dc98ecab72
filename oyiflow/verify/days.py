"""What depends on the day on which something is done, for proofs: as if that day could be any.

When a step is done is not known before. So whatever date a `stamp` may bring is tried, as if the step asked for it, and
dates bound to today are taken as any dates. What holds then holds for the days that really come.
"""

from __future__ import annotations

from dataclasses import replace

from oyiflow.model.definition import Definition, State


def on_any_day(definition: Definition) -> Definition:
    """The definition with its stamps among what the steps ask for, and no date bound to today; itself, if it has neither."""
    found: Definition | None = definition.memo.get("days.any")
    if found is None:
        stamped = {state.work.stamp for state in definition.states.values() if state.work is not None} - {""}
        bound = any(spec.not_past or spec.not_future for spec in definition.fields)
        found = _typed(definition, stamped) if stamped or bound else definition
        definition.memo["days.any"] = found
    return found


def stamps_of(definition: Definition) -> frozenset[str]:
    """The fields that are stamps in truth, in a definition made by `on_any_day`: an example cannot give them."""
    return definition.memo.get("days.stamps", frozenset())  # type: ignore[no-any-return]


def _typed(definition: Definition, stamped: set[str]) -> Definition:
    fields = tuple(
        replace(spec, required=spec.required or spec.name in stamped, not_past=False, not_future=False)
        for spec in definition.fields
    )
    found = replace(definition, fields=fields, root=_asking(definition.root))
    found.memo["days.stamps"] = frozenset(stamped)
    return found


def _asking(state: State) -> State:
    # The pre-scan bounds the depth of a file (64), so recursion through nested states is safe.
    work = state.work
    if work is not None and work.stamp:
        work = replace(work, fill=tuple(dict.fromkeys((*work.fill, work.stamp))), stamp="")
    return replace(state, work=work, states=tuple(map(_asking, state.states)))
