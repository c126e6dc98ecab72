"""From a definition to a chart, and from what happened to a highlight.

A chart of steps has lanes (`of_steps`), one of a life cycle frames (`of_states`). An arrow keeps the name of its
transition, so that a journal can be laid over the chart without guessing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from oyiflow.diagram.chart import Chart, Highlight
from oyiflow.diagram.charting import START
from oyiflow.diagram.of_states import StatesCharting
from oyiflow.diagram.of_steps import StepsCharting, join_of
from oyiflow.model.definition import Definition, walk


def chart_of(definition: Definition, lang: str = "zh") -> Chart:
    """The chart of a definition with its texts in "zh", "en" or "both"."""
    return _charting(definition, lang).chart()


def _charting(definition: Definition, lang: str) -> StatesCharting | StepsCharting:
    return (StatesCharting if definition.body == "states" else StepsCharting)(definition, lang)


Passed = tuple[Iterable[str], Iterable[str], Iterable[str]]
"""One microstep: the transitions taken, the states entered, the states left."""


def highlight_of(definition: Definition, current: Iterable[str], passed: Iterable[Passed]) -> Highlight:
    """Where an instance stands and the way it took, microstep by microstep."""
    charting = _charting(definition, "zh")
    if isinstance(charting, StatesCharting):
        return _of_states(charting, frozenset(current), passed)
    taken: Counter[str] = Counter()
    visited: Counter[str] = Counter()
    for transitions, entered, left in passed:
        for name in transitions:
            skipped = _skipped(definition, name)
            taken.update([skipped] if skipped else charting.drawn_for(name, frozenset(left)))
            if skipped:
                visited[name.rpartition("#")[0]] -= 1
        visited.update(entered)
    return _around(charting, frozenset(current), visited, taken)


def _of_states(charting: StatesCharting, current: frozenset[str], passed: Iterable[Passed]) -> Highlight:
    taken: Counter[str] = Counter()
    visited: Counter[str] = Counter()
    for transitions, entered, _ in passed:
        names = list(transitions)
        taken.update(arrow for name in names for arrow in charting.drawn_for(name))
        inside = list(entered)
        visited.update(inside)
        taken.update(charting.entered_by_default(inside, names))
    return _merged(charting, current, visited, taken)


def _skipped(definition: Definition, name: str) -> str:
    """The arrow that stands for the bypass of a skipped step, or nothing."""
    state_id, _, place = name.rpartition("#")
    ways = definition.states[state_id].transitions
    way = ways[int(place)]
    if way.purpose != "skip":
        return ""
    return next(
        (f"{state_id}#{n}" for n, other in enumerate(ways) if other.purpose != "skip" and other.targets == way.targets), name
    )


def _around(charting: StepsCharting, current: frozenset[str], visited: Counter[str], taken: Counter[str]) -> Highlight:
    """Add what has no transition of its own: forks and joins."""
    for state in walk(charting.definition.root):
        if state.verb == "together" and visited[state.id]:
            starts = [first for region in state.states for first in charting.entered(region)]
            taken.update({f"{state.id}+{n}": visited[state.id] for n, _ in enumerate(starts)})
            left = max(
                (taken[f"{state.id}#{n}"] for n, way in enumerate(state.transitions) if way.purpose == "next"), default=0
            )
            visited[join_of(state.id)] = left
    return _merged(charting, current, visited, taken)


def _merged(
    charting: StatesCharting | StepsCharting, current: frozenset[str], visited: Counter[str], taken: Counter[str]
) -> Highlight:
    """Add the start, and count transitions by the arrows that are drawn for them."""
    arrows = charting.arrows()
    visited[START] = 1 if visited or current else 0
    taken.update({name: visited[START] for name in arrows if name.startswith(f"{START}#")})
    for name, edge in arrows.items():
        if name != edge:
            taken[edge] += taken.pop(name, 0)
    places = {name for name in current if charting.definition.states[name].verb}
    return Highlight(
        current=frozenset(places),
        visited={name: n for name, n in visited.items() if n > 0},
        taken={name: n for name, n in taken.items() if n > 0},
    )
