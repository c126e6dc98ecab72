"""What `oyiflow draw` marks on a chart: roles, an example, a trace, places, the difference to an older version."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from oyiflow.checking import load
from oyiflow.diagram import Chart, Highlight
from oyiflow.diagram.highlight import difference, joined, of_roles, of_trace
from oyiflow.diagram.of_definition import chart_of, highlight_of
from oyiflow.errors import OyiFlowError
from oyiflow.kernel.renaming import carried
from oyiflow.model.definition import Definition


def marked(arguments: argparse.Namespace, definition: Definition, lang: str, run: Highlight) -> tuple[Chart, Highlight]:
    """The chart and everything that was asked for on it; `run` is the way of an instance."""
    chart, seen = chart_of(definition, lang), run
    if arguments.diff:
        old = carried(load(arguments.diff), definition).definition  # what was renamed is still there
        chart, changes = difference(old, definition, (chart_of(old, lang), chart))
        seen = joined(seen, changes)
    if arguments.role:
        seen = joined(seen, of_roles(definition, [_role(definition, name) for name in arguments.role]))
    if arguments.example:
        seen = joined(seen, _example(arguments.file, definition, arguments.example))
    if arguments.trace:
        seen = joined(seen, of_trace(chart, _known(definition, arguments.trace)))
    if arguments.at:
        seen = joined(seen, Highlight(current=frozenset(_known(definition, arguments.at))))
    return chart, seen


def _role(definition: Definition, name: str) -> str:
    """A role by its id, its title or another name of it."""
    for role in definition.roles:
        if name in (role.name, role.title.zh, role.title.en, *role.aliases):
            return role.name
    known = ", ".join(role.name for role in definition.roles)
    raise OyiFlowError(f"没有这个岗位: {name}；有 {known}", f"there is no role {name}; there are {known}")


def _known(definition: Definition, listed: str) -> list[str]:
    """Step ids from a list with commas."""
    names = [name for part in listed.split(",") if (name := part.strip())]
    unknown = [name for name in names if name not in definition.states]
    if unknown:
        known = ", ".join(name for name, state in definition.states.items() if state.verb and state is not definition.root)
        raise OyiFlowError(
            f"没有这些步骤: {', '.join(unknown)}；有 {known}",
            f"there are no such steps: {', '.join(unknown)}; there are {known}",
        )
    return names


def _example(file: str, definition: Definition, name: str) -> Highlight:
    """The way that an example takes, played on the engine in memory."""
    from oyiflow.testing.examples import examples_of

    cases = [case for case in examples_of(file) if case.definition.name == definition.name]
    case = next((one for one in cases if one.example.name == name), None)
    if case is None:
        zh = "、".join(f"“{one.example.name}”" for one in cases) or "–"
        en = ", ".join(f'"{one.example.name}"' for one in cases) or "–"
        raise OyiFlowError(f"没有这个案例: “{name}”；有 {zh}", f'there is no example "{name}"; there are {en}')
    played = case.play()
    if played.diagnostic is not None:
        raise OyiFlowError(
            f"案例走不通: {name}: {played.diagnostic.zh}", f"the example does not play: {name}: {played.diagnostic.en}"
        )
    traces = [micro for entry in played.history for micro in entry.trace]
    passed = [(micro["transitions"], micro["entered"], micro["exited"]) for micro in traces]
    return highlight_of(definition, _standing(passed), passed)


def _standing(passed: Iterable[tuple[Iterable[str], Iterable[str], Iterable[str]]]) -> set[str]:
    """The states that were entered and not left."""
    active: set[str] = set()
    for _, entered, left in passed:
        active -= set(left)
        active |= set(entered)
    return active
