"""What the examples of a process touch, and what they leave out.

Counted are the things that an author writes and that can go wrong: every step; every answer that people can give; every
case of an automatic decision; every end of every process that is called; every step with `only_when`, done and skipped;
every deadline, missed; the other ways that events, time and failures open; every rule. A step counts when it was really there, not when it was skipped; a rule counts
when it had something to say: two of its steps were done, or the step or the condition of which it speaks came up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from oyiflow.diagnostics import Span
from oyiflow.model.definition import PEOPLE_FORMS, Definition, Rule, State, StateKind, Text, Transition
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.tree import ends_of
from oyiflow.testing.examples import Played

Kind = Literal["step", "outcome", "case", "end", "done", "skipped", "late", "way", "rule"]
KINDS: tuple[Kind, ...] = ("step", "outcome", "case", "end", "done", "skipped", "late", "way", "rule")
TITLES: dict[Kind, Text] = {
    "step": Text(zh="步骤", en="steps"),
    "outcome": Text(zh="答复", en="answers"),
    "case": Text(zh="情形", en="cases"),
    "end": Text(zh="被调用流程的结束", en="ends of what is called"),
    "done": Text(zh="有条件的步骤办了", en="conditional steps done"),
    "skipped": Text(zh="有条件的步骤跳过", en="conditional steps skipped"),
    "late": Text(zh="逾期", en="deadlines missed"),
    "way": Text(zh="其他去向", en="other ways"),
    "rule": Text(zh="规则", en="rules"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that can be covered. `name` is for people: `review`, `review rejected`, `limit 是`, the words of a rule."""

    kind: Kind
    name: str
    key: str
    """The step, the step and its answer (or the end of what it calls), or the transition (`state#n`)."""
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """All items of a process, and those that were covered."""

    process: str
    items: tuple[Item, ...]
    covered: frozenset[Item]

    @property
    def missing(self) -> tuple[Item, ...]:
        """What no example covers, in the order of the file."""
        return tuple(item for item in self.items if item not in self.covered)

    @property
    def percent(self) -> int:
        """Of all items, rounded down: 100 means everything."""
        return 100 * len(self.covered) // len(self.items) if self.items else 100

    def counts(self) -> dict[Kind, tuple[int, int]]:
        """For each kind that occurs: how many are covered, of how many."""
        every, hit = Counter(item.kind for item in self.items), Counter(item.kind for item in self.covered)
        return {kind: (hit[kind], every[kind]) for kind in KINDS if every[kind]}


def coverage_of(definition: Definition, played: Iterable[Played], others: Iterable[Definition] = ()) -> Coverage:
    """What these plays of examples cover together; those that failed count as far as they got.

    The ends of called processes are counted where these are among the `others`.
    """
    items = tuple(_items(definition, {other.name: other for other in others}))
    tracks = [_Track(definition, one) for one in played]
    rules = {_rule_item(rule): rule for rule in definition.rules}
    covered = {item for item in items if any(_hit(item, track, rules) for track in tracks)}
    return Coverage(process=definition.name, items=items, covered=frozenset(covered))


def _items(definition: Definition, others: Mapping[str, Definition]) -> Iterator[Item]:
    for state in definition.states.values():
        if state is not definition.root and state.verb and state.kind is not StateKind.HISTORY:
            yield Item(kind="step", name=state.id, key=state.id, span=state.span)
            yield from _answers(state)
            called = others.get(state.call.process) if state.call is not None else None
            for end in ends_of(called) if called is not None else ():
                yield Item(kind="end", name=f"{state.id} {end}", key=f"{state.id} {end}", span=state.span)
        yield from (item for place in range(len(state.transitions)) if (item := _way(state, place)) is not None)
    yield from map(_rule_item, definition.rules)


def _answers(state: State) -> Iterator[Item]:
    for outcome in state.work.outcomes if state.work is not None else ():
        name = f"{state.id} {outcome.name}"
        yield Item(kind="outcome", name=name, key=name, span=state.span)
    if state.only_when is not None:
        yield Item(kind="done", name=state.id, key=state.id, span=state.span)


def _way(state: State, place: int) -> Item | None:
    """The item of a transition; None where steps and answers say it already."""
    way = state.transitions[place]
    kind = _kind(state, way)
    if kind is None:
        return None
    words = "" if kind in ("skipped", "late") else way.label.of("zh") or " ".join(way.events) or f"→ {' '.join(way.targets)}"
    span = way.span if kind in ("case", "way") else state.span
    return Item(kind=kind, name=f"{state.id} {words}".strip(), key=f"{state.id}#{place}", span=span)


def _kind(state: State, way: Transition) -> Kind | None:
    match way.purpose:
        case "case" | "otherwise":
            return "case" if state.work is None else None
        case "skip":
            return "skipped"
        case "late":
            return "late"
        case "event" | "failed":
            return "way"
    return None


def _rule_item(rule: Rule) -> Item:
    return Item(kind="rule", name=rule.say.of("both"), key=rule.form, span=rule.span)


class _Track:
    """What one play left behind: states entered, transitions taken, answers given."""

    def __init__(self, definition: Definition, played: Played) -> None:
        micro = [trace for entry in played.history for trace in entry.trace]
        self.definition = definition
        self.data = played.data
        self.called = {f"{step} {end}" for step, end in played.called}
        self.entered = Counter(name for trace in micro for name in trace["entered"])
        self.taken = Counter(name for trace in micro for name in trace["transitions"])
        self.answers: set[str] = set()
        for entry in played.history:
            state = definition.states.get(entry.step)
            if entry.kind == "act" and state is not None and state.work is not None:
                self.answers |= {f"{state.id} {one.name}" for one in state.work.outcomes if entry.outcome in one.words}

    def was_at(self, step: str) -> bool:
        """Whether the step was there and not only skipped."""
        ways = self.definition.states[step].transitions
        skipped = sum(self.taken[f"{step}#{place}"] for place, way in enumerate(ways) if way.purpose == "skip")
        return self.entered[step] > skipped

    def did(self, step: str) -> bool:
        """Whether somebody answered the step."""
        return any(answer.partition(" ")[0] == step for answer in self.answers)

    def touches(self, rule: Rule) -> bool:
        """Whether a rule had something to say."""
        if rule.form in PEOPLE_FORMS:
            return sum(map(self.did, rule.steps)) >= 2
        return any(map(self.was_at, rule.steps)) or (rule.form == "never" and self.holds(rule))

    def holds(self, rule: Rule) -> bool:
        """Whether the condition of a rule holds at the end of the play."""
        if rule.when is None:
            return False
        return compile_expression(rule.when, calendar=self.definition.calendar)(self.data, lambda _: False) is True


def _hit(item: Item, track: _Track, rules: dict[Item, Rule]) -> bool:
    match item.kind:
        case "step" | "done":
            return track.was_at(item.key)
        case "outcome":
            return item.key in track.answers
        case "end":
            return item.key in track.called
        case "rule":
            return track.touches(rules[item])
    return track.taken[item.key] > 0
