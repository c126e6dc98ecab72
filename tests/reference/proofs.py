"""Rules decided the plain way: every snapshot of the real kernel, breadth first, nothing left out and nothing put off.

What happened is read off the effects that the engine would carry out (a task was opened, a task was closed with an answer,
the instance has ended), not off the traces. People are whoever is wanted; timers fire in any order. And random small
procedures with random rules, as YAML, for comparing this with the proofs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from random import Random
from typing import Any

from oyiflow.kernel import Act, Snapshot, Step, TimerFired, start, step
from oyiflow.kernel.messages import Ended, TaskClosed, TaskOpened
from oyiflow.model.definition import Definition, Rule
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.values import FieldType
from oyiflow.testing import MONDAY

Values = Mapping[str, tuple[Any, ...]]


@dataclass(slots=True)
class Plain:
    """What is known of a rule on one way; frozen into a key by `key`."""

    given: dict[str, frozenset[str] | None] = field(default_factory=dict)
    filled: frozenset[str] = frozenset()
    owed: frozenset[str] = frozenset()
    broken: bool = False

    def key(self) -> Any:
        return tuple(sorted((k, v if v is None else tuple(sorted(v))) for k, v in self.given.items())), self.filled, self.owed

    def copy(self) -> Plain:
        return Plain(dict(self.given), self.filled, self.owed)


class Decider:
    """Explores one definition for one rule. `about`: for each approval the fields that it approves."""

    def __init__(self, definition: Definition, rule: Rule, about: Mapping[str, frozenset[str]], limit: int = 30_000) -> None:
        self.definition = definition
        self.rule = rule
        self.about = about
        self.limit = limit
        self.when = compile_expression(rule.when) if rule.when is not None else None
        self.values = {
            spec.name: (None, True, False) if spec.type is FieldType.BOOL else (None, 1, 5, 9) for spec in definition.fields
        }

    def refuted(self) -> bool | None:
        """Whether some way breaks the rule; None when there is too much to look at."""
        queue: deque[tuple[Snapshot, Plain]] = deque()
        seen: set[Any] = set()
        for answer in self._starts():
            known = self._heard(Plain(), answer, "", True)
            if known.broken:
                return True
            queue.append((answer.snapshot, known))
        while queue:
            if len(seen) > self.limit:
                return None
            snapshot, known = queue.popleft()
            for answer, acted, consent in self._next(snapshot):
                after = self._heard(known.copy(), answer, acted, consent)
                if after.broken:
                    return True
                key = (self._key(answer.snapshot), after.key())
                if key not in seen:
                    seen.add(key)
                    queue.append((answer.snapshot, after))
        return False

    def reached(self) -> tuple[set[str], bool] | None:
        """The steps that ever get a task or end the case, and whether some snapshot leads to no end; None when there is too much."""
        numbers: dict[Any, int] = {}
        came: set[str] = set()
        back: dict[int, set[int]] = {}
        ended: set[int] = set()
        queue: deque[tuple[int, Snapshot]] = deque()

        def meet(answer: Step) -> int:
            for effect in answer.effects:
                if isinstance(effect, TaskOpened | Ended):
                    came.add(effect.task.state if isinstance(effect, TaskOpened) else effect.state)
            key = self._key(answer.snapshot)
            if key not in numbers:
                numbers[key] = len(numbers)
                queue.append((numbers[key], answer.snapshot))
                if answer.snapshot.status != "running":
                    ended.add(numbers[key])
            return numbers[key]

        for answer in self._starts():
            meet(answer)
        while queue:
            if len(numbers) > self.limit:
                return None
            number, snapshot = queue.popleft()
            for answer, _, _ in self._next(snapshot):
                back.setdefault(meet(answer), set()).add(number)
        safe, todo = set(ended), list(ended)
        while todo:
            fresh = back.get(todo.pop(), set()) - safe
            safe |= fresh
            todo += fresh
        return came, len(safe) < len(numbers)

    def _starts(self) -> Iterator[Step]:
        works = (state.work for state in self.definition.states.values() if state.work is not None)
        filled = {name for work in works for name in work.fill}
        outside = [name for name in self.values if name not in filled]
        for row in product(*(self.values[name] for name in outside)):
            given = {name: value for name, value in zip(outside, row, strict=True) if value is not None}
            answer = start(self.definition, instance="i", now=MONDAY, values=given)
            if isinstance(answer, Step):
                yield answer

    def _key(self, snapshot: Snapshot) -> Any:
        data = tuple(sorted(snapshot.data.items()))
        return (
            snapshot.place,
            snapshot.status,
            data,
            tuple(t.state for t in snapshot.tasks),
            tuple(t.event for t in snapshot.timers),
        )

    def _next(self, snapshot: Snapshot) -> Iterator[tuple[Step, str, bool]]:
        for task in snapshot.tasks:
            work = self.definition.states[task.state].work
            assert work is not None
            for outcome in work.outcomes:
                for row in product(*(self.values[name] for name in work.fill)):
                    given = dict(zip(work.fill, row, strict=True))
                    roles = frozenset(who.role for who in work.by)
                    act = Act(task=task.id, outcome=outcome.name, actor="x", roles=roles, values=given)
                    answer = step(self.definition, snapshot, act, MONDAY)
                    if isinstance(answer, Step):
                        yield answer, task.state, outcome.consent
        for timer in snapshot.timers:
            answer = step(self.definition, snapshot, TimerFired(timer=timer.id), max(MONDAY, timer.due))
            if isinstance(answer, Step):
                yield answer, "", True

    # --- the rule

    def _heard(self, known: Plain, answer: Step, acted: str, consent: bool) -> Plain:
        """What a step means for the rule: first what was done, then what came."""
        for effect in answer.effects:
            if isinstance(effect, TaskClosed) and effect.outcome and effect.task.partition("@")[0] == acted:
                self._done(known, acted, consent, answer)
        for effect in answer.effects:
            if isinstance(effect, TaskOpened):
                self._came(known, effect.task.state, answer)
            elif isinstance(effect, Ended):
                self._came(known, effect.state, answer)
                known.broken |= self.rule.form == "after" and bool(known.owed)
        if self.rule.form == "never" and self.rule.steps[0] in answer.snapshot.configuration:
            known.broken |= self._holds(answer)
        return known

    def _done(self, known: Plain, name: str, consent: bool, answer: Step) -> None:
        state = self.definition.states[name]
        assert state.work is not None
        if self.rule.form == "before":
            if state.verb != "approve":
                for approval, fields in self.about.items():
                    approved = known.given.get(approval)
                    if approved is not None and approved & fields & set(state.work.fill):
                        known.given[approval] = None
                relevant = frozenset().union(*self.about.values())
                known.filled |= relevant.intersection(state.work.fill)
            if name in self.rule.must:
                if name in self.about:
                    known.given[name] = known.filled & self.about[name] if consent else None
                elif consent:
                    known.given[name] = frozenset()
        elif self.rule.form == "after" and consent:
            known.owed -= {name}
            if name == self.rule.steps[0] and self._holds(answer):
                known.owed = frozenset(self.rule.must)

    def _came(self, known: Plain, name: str, answer: Step) -> None:
        if name != self.rule.steps[0] or self.rule.form == "after":
            return
        if self.rule.form == "never":
            known.broken |= self._holds(answer)
            return
        if self._holds(answer) and any(known.given.get(one) is None for one in self.rule.must):
            known.broken = True
        for approval in self.about:
            known.given[approval] = None

    def _holds(self, answer: Step) -> bool:
        if self.when is None:
            return True
        return self.when(answer.snapshot.data, lambda name: name in answer.snapshot.configuration) is True


# --- random procedures


def random_process(random: Random) -> str:
    """The text of a small procedure with rules. It may be unsound: that is not what is asked here."""
    fields = {"b": "bool", "n": "int"}
    names = [f"s{number}" for number in range(random.randint(3, 6))]
    lines = ["process: p", "title: P", "roles: {r: R}", "form:"]
    lines += [
        f"  {name}: {{type: {kind}{', required: true' if random.random() < 0.5 else ''}}}" for name, kind in fields.items()
    ]
    lines.append("steps:")
    targets = [*names, "done"]
    for place, name in enumerate(names):
        later = [one for one in targets if one != name]
        lines += _row(random, name, later, "  ", targets[place + 1])
    lines.append("  - {end: done}")
    works = [line.split()[2].rstrip(",") for line in lines if "do: " in line or "approve: " in line]
    if not works:
        return random_process(random)
    lines.append("rules:")
    for number in range(random.randint(1, 3)):
        lines.append("  - " + _rule(random, works, number))
    return "\n".join(lines) + "\n"


def _row(random: Random, name: str, later: list[str], pad: str, _following: str) -> list[str]:
    kind = random.choices(("do", "approve", "decide", "together", "choose"), (5, 5, 3, 2, 1))[0]
    if kind == "decide":
        return [
            f"{pad}- decide: {name}", f"{pad}  cases:", f"{pad}    - {{when: {_guard(random)}, then: {random.choice(later)}}}",
            f"{pad}    - {{otherwise: {random.choice(later)}}}",
        ]  # fmt: skip
    if kind == "choose":
        return [
            f"{pad}- decide: {name}", f"{pad}  by: r", f"{pad}  cases:", f"{pad}    - {{label: x, then: {random.choice(later)}}}",
            f"{pad}    - {{label: y, when: {_guard(random)}, then: {random.choice(later)}}}",
        ]  # fmt: skip
    if kind == "together":
        found = [f"{pad}- together: {name}"]
        if random.random() < 0.2:
            found.append(f"{pad}  until: first")
        found.append(f"{pad}  steps:")
        for branch in range(2):
            steps = [f"{name}{'ab'[branch]}{number}" for number in range(random.randint(1, 3))]
            found += [f"{pad}    - branch: {name}{'ab'[branch]}", f"{pad}      steps:"]
            for inner in steps:
                others = [one for one in steps if one != inner]
                found.append(f"{pad}        - {_work(random, inner, others, random.choice(('do', 'approve')))}")
        return found
    return [f"{pad}- {_work(random, name, later, kind)}"]


def _work(random: Random, name: str, later: list[str], kind: str) -> str:
    parts = [f"{kind}: {name}", "by: r"]
    if random.random() < 0.5:
        parts.append(f"fill: [{', '.join(random.sample(('b', 'n'), random.randint(1, 2)))}]")
    if random.random() < 0.25:
        parts.append(f"only_when: {_guard(random)}")
    if kind == "approve":
        if not later:
            return _work(random, name, later, "do")
        parts.append(f"rejected: {random.choice(later)}")
    elif later and random.random() < 0.3:
        parts.append(f"then: {random.choice(later)}")
    if random.random() < 0.15:
        parts.append("within: 2 days")
        parts.append(f"late: {random.choice(('remind', 'pass', *(('reject',) if kind == 'approve' else ())))}")
    return f"{{{', '.join(parts)}}}"


def _guard(random: Random) -> str:
    plain = ["b", "not b", "n > 5", "n == 5", "n < 5", "b is filled", "n is empty", "b == false"]
    if random.random() < 0.3:
        return f"{random.choice(plain)} {random.choice(('and', 'or'))} {random.choice(plain)}"
    return random.choice(plain)


def _rule(random: Random, works: list[str], number: int) -> str:
    form = random.choice(("before", "before", "before", "after", "never"))
    one = random.choice([*works, "done"] if form != "after" else works)
    must = random.sample(works, min(len(works), random.choice((1, 1, 2))))
    when = f", when: {_guard(random)}" if form == "never" or random.random() < 0.3 else ""
    if form == "never":
        return f"{{say: r{number}, never: {one}{when}}}"
    return f"{{say: r{number}, {form}: {one}, must: [{', '.join(must)}]{when}}}"


def texts(seed: int, count: int) -> Iterable[str]:
    """So many random procedures."""
    random = Random(seed)
    for _ in range(count):
        yield random_process(random)
