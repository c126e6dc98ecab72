"""Rules and examples for a process that has none, derived from what it says, in the way its owner would write them.

Rules are what the file already keeps: who signs before what (with the role, and only above the bound where the step is for
some cases only), what follows what, what never happens to whom, who must not sign their own. Each is proved on the original;
what cannot be proved is not written. Examples are shortest ways of the kernel: one that takes each transition
(`oyiflow.testing.paths`), one that stands at each step, both sides of every bound that leads elsewhere, a minute before and at each
deadline, the day before an agreed day. Nothing here knows of the mistakes that will be made.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain, islice, pairwise, product
from typing import Any

from mutation_equal import way_of
from mutation_operators import Data, rows, verb_of

from oyiflow.diagnostics import Severity, Source
from oyiflow.kernel.snapshot import Timer
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition, Outcome, Work
from oyiflow.model.example import Example, Move
from oyiflow.model.expression import Compare, Constant, names_read, walk
from oyiflow.model.values import FieldType, Value, to_json
from oyiflow.testing import MONDAY, paths, play
from oyiflow.testing.stage.choices import Choice, Choices, Spot
from oyiflow.testing.stage.samples import fitting, sample
from oyiflow.testing.stage.search import Found, Search
from oyiflow.verify.rules import prove

SEVERE = (Severity.ERROR, Severity.WARNING)
SITUATIONS = 10_000
"""That are looked at for the bounds of one process."""
ROWS, BASES = 400, 4
"""Ways to fill in a form that are tried; beyond that, those for each condition by itself, the other fields at so many values."""
FORMS = ("before", "after", "never", "different_people")
RULES = 6
"""Of each kind, at the most."""
ORDINARY: Mapping[str, Any] = {
    "text": "照常 as usual",
    "longtext": "照常 as usual",
    "int": 3,
    "money": 120,
    "date": "2026-01-05",
}


# --- rules


def proposed_rules(data: Data) -> list[list[Data]]:
    """For each thing that a rule could be about, rules from the one that an owner would like best to the last resort."""
    steps = list(in_order(data))
    order = [str(row[verb_of(row)]) for row in steps]
    found = [
        wishes for place, row in enumerate(steps) if "approve" in row for wishes in _signed_before(data, row, order, place)
    ]
    works = [row for row in steps if "by" in row and verb_of(row) in ("do", "state")]
    found += [[_rule("before", later, name, row)] for row in works for name in [str(row[verb_of(row)])]
              for later in order[order.index(name) + 1 :][:1]]  # fmt: skip
    found += [[_rule("after", name, later)] for row in works for name in [str(row[verb_of(row)])]
              for later in order[order.index(name) + 1 :][:2] if later not in _ends(data)]  # fmt: skip
    for row in steps:
        if isinstance(row.get("only_when"), str):
            name = str(row[verb_of(row)])
            found.append([{"say": f"{name} 只在规定的情形下办", "never": name, "when": f"not ({row['only_when']})"}])
    signers = [str(row["approve"]) for row in steps if "approve" in row and "only_when" not in row]
    if signers and "do" in steps[0]:
        found.append([{"say": "不得自批", "different_people": [order[0], signers[-1]]}])
    return found


def in_order(data: Data) -> Iterator[Data]:
    """The steps and states in which somebody acts, and the ends, as they stand in the file."""
    todo = list(data.get("steps") or data.get("states") or [])
    while todo:
        row = todo.pop(0)
        if verb_of(row) in ("do", "approve", "end", "state"):
            yield row
        todo = [*(row.get("steps") or row.get("states") or []), *todo]


def _rule(form: str, about: str, must: str, row: Data | None = None, when: str = "") -> Data:
    by = {"by": row["by"]} if row is not None and form == "before" and isinstance(row.get("by"), str) else {}
    return {"say": f"{form} {about}: {must}", form: about, **by, "must": must, **({"when": when} if when else {})}


def _signed_before(data: Data, row: Data, order: list[str], place: int) -> Iterator[list[Data]]:
    """Two of the steps that come after a signature: the next one that needs it, and the last."""
    name, later = str(row["approve"]), [one for one in order[place + 1 :] if one not in _ends(data)[1:]]
    conditions = [str(row["only_when"])] if "only_when" in row else ["", *_leading(data, name)]
    for targets in (later, later[::-1]):
        yield [_rule("before", target, name, row, when) for when in conditions for target in targets[:6]]


def _ends(data: Data) -> list[str]:
    return [str(below[n]["end"]) for below, n in rows(data) if "end" in below[n]]


def _leading(data: Data, name: str) -> list[str]:
    """The conditions of the cases that lead to a step, those of the cases before them left out."""
    found: list[str] = []
    for below, n in rows(data):
        earlier: list[str] = []
        for case in below[n].get("cases") or []:
            if "when" in case and case.get("then") == name:
                found.append(" and ".join([f"({case['when']})", *(f"not ({one})" for one in earlier)]))
            earlier.append(str(case.get("when", "")))
    return found


def kept_rules(data: Data, dice: random.Random) -> list[Data]:
    """Those of the proposed rules that are proved and say something."""
    wishes = proposed_rules(data)
    every = [rule for alternatives in wishes for rule in alternatives]
    definition = read({**data, "rules": every})
    assert definition is not None, "the rules that are proposed can be read"
    good = [v.outcome in ("proved", "runtime") and v.vacuous is None for v in prove(definition, 20_000, impatient=False)]
    held = {id(rule) for rule, fine in zip(every, good, strict=True) if fine}
    first = [next((rule for rule in alternatives if id(rule) in held), None) for alternatives in wishes]
    kinds: dict[str, list[Data]] = defaultdict(list)
    for rule in (one for one in first if one is not None):
        kind: str = next(form for form in FORMS if form in rule)
        kind += " by a role" if "by" in rule and _is_approval(data, rule["must"]) else ""
        if all({**rule, "say": ""} != {**other, "say": ""} for other in kinds[kind]):
            kinds[kind].append(rule)
    signed = kinds.pop("before by a role", [])
    return [*signed, *(rule for rules in kinds.values() for rule in dice.sample(rules, min(RULES, len(rules))))]


def _is_approval(data: Data, name: str) -> bool:
    return any(below[n].get("approve") == name for below, n in rows(data))


# --- examples


class Bounds(Choices):
    """The choices that matter for bounds: forms are filled in once, with every value that lies at a bound of some condition."""

    def __init__(self, definition: Definition) -> None:
        super().__init__(definition, MONDAY)
        self.guards = [way.guard for state in definition.states.values() for way in state.transitions if way.guard is not None]
        self.at_bounds = {name: self._values(name) for name in self.matter}

    def _values(self, name: str) -> tuple[Any, ...]:
        spec, tried = self.definition.field[name], [value for value in self.tried[name] if value is not None]
        if spec.type not in (FieldType.INT, FieldType.MONEY, FieldType.DECIMAL):
            return tuple(tried)
        nodes = (node for guard in self.guards if name in names_read(guard) for node in walk(guard))
        bounds = {node.value for node in nodes if isinstance(node, Compare) and name in names_read(node)
                  for node in walk(node) if isinstance(node, Constant)}  # fmt: skip
        near = (fitting(spec, bound + more) for bound in bounds if isinstance(bound, int | Decimal) for more in (-1, 0, 1))
        return tuple(sorted({value for value in near if value is not None} or set(tried)))

    def _fillings(self, work: Work, outcome: Outcome, spot: Spot) -> Iterator[dict[str, Value]]:
        if not outcome.consent:
            yield {}
            return
        data = spot.snapshot.data
        empty = [name for name in work.fill if name not in data]
        plain = {
            name: sample(self.definition.field[name], spot.now, self.definition.calendar)
            for name in empty
            if name not in self.matter
        }
        asked = [name for name in empty if name in self.matter]
        yield from ({**plain, **dict(zip(asked, row, strict=True))} for row in self._rows(asked))

    def _rows(self, asked: list[str]) -> Iterator[tuple[Any, ...]]:
        every = [self.at_bounds[name] for name in asked]
        count = 1
        for values in every:
            count *= len(values)
        if count <= ROWS:
            return iter(product(*every))
        read = {frozenset(names_read(guard)) for guard in self.guards}
        rows = (row for names in sorted(map(sorted, read)) for base in range(BASES) for row in self._around(asked, names, base))
        return iter(dict.fromkeys(rows))

    def _around(self, asked: list[str], names: list[str], base: int) -> Iterator[tuple[Any, ...]]:
        """Rows in which the fields of one condition take all their values, and the others one of each part of their range."""
        columns = []
        for place, name in enumerate(asked):
            values = self.at_bounds[name]
            columns.append(values if name in names else (values[(base + place) % BASES * len(values) // BASES],))
        return iter(product(*columns))


class InTurn(Bounds):
    """The same, without every order of what runs side by side: its branches are taken one after the other."""

    def of(self, spot: Spot) -> Iterator[Choice]:
        works = [task.state for task in spot.snapshot.tasks]
        for choice in super().of(spot):
            step = choice.move.step if choice.move is not None else ""
            if not step or all(self._around_another(step, other) for other in works[: works.index(step)]):
                yield choice

    def _around_another(self, one: str, other: str) -> bool:
        """Whether one of two states lies inside the other."""
        return other in self._up(one) or one in self._up(other)

    def _up(self, name: str) -> list[str]:
        around = [name]
        while around[-1] in self.definition.parents:
            around.append(self.definition.parents[around[-1]])
        return around


class Author:
    """Writes the examples of one process."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.choices = Bounds(definition)
        self.known = list(self._explored())
        self.plain = {
            spec.name: ORDINARY[spec.type] if spec.type in ORDINARY else to_json(spec.type, sample(spec, MONDAY, definition.calendar))
            for spec in definition.fields
            if spec.name not in self.choices.matter
        }  # fmt: skip

    def _explored(self) -> Iterator[Found]:
        """Situations, the nearest first; every order of branches only where the quickest of them decides and steps were not met."""
        met: set[str] = set()
        for found in Search(InTurn(self.definition), SITUATIONS).breadth_first(self._beginnings()):
            met.update(found.spot.snapshot.configuration)
            yield found
        works = {name for name, state in self.definition.states.items() if state.work is not None and not state.states}
        if not works <= met:
            yield from self._in_any_order()

    def _in_any_order(self) -> Iterator[Found]:
        yield from Search(self.choices, SITUATIONS).breadth_first(self._beginnings())

    def _beginnings(self) -> list[Found]:
        return [Found(spot=spot, given=values) for values, spot in self.choices.beginnings(MONDAY)]

    def examples(self) -> list[Data]:
        """All of them, each once."""
        made = [*self._of_paths(), *self._of_steps(), *self._of_bounds(), *self._of_answers(), *self._of_time()]
        kept: dict[str, Data] = {}
        for example in made:
            kept.setdefault(repr({**example, "name": ""}), example)
        return [{**example, "name": f"{number}. {example['name']}"} for number, example in enumerate(kept.values(), 1)]

    def _of_paths(self) -> Iterator[Data]:
        """A way for each transition; those that `paths` does not find because values of several fields must fit are looked up."""
        found = paths(self.definition)
        for path in found.paths:
            yield self._told("一条路", path.example)
        left = set(found.missed)
        for here in self.known:
            if left.intersection(here.spot.taken):
                left.difference_update(here.spot.taken)
                yield self._example("一条路", here)

    def _of_steps(self) -> Iterator[Data]:
        """The shortest way to stand at each step, and one case that needs them all, stop by stop, with every answer."""
        for name, found in self._arrivals().items():
            yield self._example(f"走到 {name}", found)
        for here in self._fullest().way():
            yield self._example("样样都要的一例，走到这里", here)
            for other in self._other_answers(here):
                yield self._example("样样都要的一例，到这里另作答复", other)

    def _other_answers(self, here: Found) -> Iterator[Found]:
        """Every answer but the first of each open task, one step further."""
        for after in self.choices_from(here):
            move = after.choice.move if after.choice is not None else None
            work = self.definition.states[move.step].work if move is not None and move.step else None
            if move is not None and work is not None and move.outcome != work.outcomes[0].name:
                yield after

    def _fullest(self) -> Found:
        """The case that comes to most steps."""

        def steps(found: Found) -> int:
            return len(
                {here.choice.move.step for here in found.way() if here.choice is not None and here.choice.move is not None}
            )

        return max(self.known, key=steps)

    def _arrivals(self) -> dict[str, Found]:
        first: dict[str, Found] = {}
        for found in self.known:
            for name in found.spot.snapshot.configuration:
                if self.definition.states[name].verb:
                    first.setdefault(name, found)
        return first

    def _of_bounds(self) -> Iterator[Data]:
        """Two neighbouring values of one field that lead to different places."""
        for state, seen in self._asked().items():
            fields = self._fields(state)
            for place, name in enumerate(fields):
                for one, other in self._neighbours(seen, place):
                    for values in (one, other):
                        yield self._example(f"{state}: {name} {values[place]}", seen[values][1])

    def _fields(self, state: str) -> list[str]:
        guards = [way.guard for way in self.definition.states[state].transitions if way.guard is not None and not way.events]
        return sorted({name for guard in guards for name in names_read(guard)} & self.choices.matter)

    def _asked(self) -> dict[str, dict[tuple[Any, ...], tuple[str, Found]]]:
        """For each state with a condition: by the values that it read, what came of it and how that was reached."""
        deciding = {name: fields for name in self.definition.states if (fields := self._fields(name))}
        seen: dict[str, dict[tuple[Any, ...], tuple[str, Found]]] = defaultdict(dict)
        for found in self.known:
            data = found.spot.snapshot.data
            passed = {taken.split("#")[0]: taken for taken in found.spot.taken}
            here = dict.fromkeys(found.spot.snapshot.configuration, "stays")
            for name, came in ({**here, **passed}).items():
                if name in deciding and all(field in data for field in deciding[name]):
                    values = tuple(data[field] for field in deciding[name])
                    seen[name].setdefault(values, (came, found))
        return seen

    def _of_answers(self) -> Iterator[Data]:
        """Both sides of the bounds of an answer that is only taken while a condition holds; the first answer of its step."""
        for name, fields in self._conditional().items():
            seen: dict[tuple[Any, ...], tuple[str, Found]] = {}
            for found in self.known:
                data, spot = found.spot.snapshot.data, found.spot
                values = tuple(data.get(field) for field in fields)
                if name in spot.snapshot.configuration and None not in values and values not in seen:
                    answer = next(
                        choice for choice in self.choices.of(spot) if choice.move is not None and choice.move.step == name
                    )
                    seen[values] = ("cannot" if self.choices.take(spot, answer) is None else "can", found)
            for place in range(len(fields)):
                for one, other in self._neighbours(seen, place):
                    for came, found in (seen[one], seen[other]):
                        yield from self._with_answer(name, came, found)

    def _conditional(self) -> dict[str, list[str]]:
        """The steps whose first answer has a condition, and what it reads."""
        found: dict[str, list[str]] = {}
        for name, state in self.definition.states.items():
            first = state.work.outcomes[0].event if state.work is not None and state.work.outcomes else None
            guard = next((way.guard for way in state.transitions if first in way.events), None)
            if guard is not None:
                found[name] = sorted(names_read(guard))
        return found

    def _with_answer(self, name: str, came: str, found: Found) -> Iterator[Data]:
        if came == "cannot":
            yield self._example(f"{name}: 不能这样答", found) | {"cannot": name}
            return
        after = next(
            one
            for one in self.choices_from(found)
            if one.choice is not None and one.choice.move is not None and one.choice.move.step == name
        )
        yield self._example(f"{name}: 可以这样答", after)

    def choices_from(self, found: Found) -> Iterator[Found]:
        """One step further from a situation."""
        return Search(self.choices, SITUATIONS).next(found)

    def _neighbours(self, seen: Mapping[tuple[Any, ...], tuple[str, Found]], place: int) -> Iterator[tuple[Any, Any]]:
        lines: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for values in seen:
            lines[(*values[:place], *values[place + 1 :])].append(values)
        met: set[tuple[Any, ...]] = set()
        for line in lines.values():
            for one, other in pairwise(
                sorted(line, key=lambda values: str(values[place]) if isinstance(values[place], str) else values[place])
            ):
                told = (one[place], other[place], seen[one][0], seen[other][0])
                if told[2] != told[3] and told not in met:
                    met.add(told)
                    yield one, other

    def _of_time(self) -> Iterator[Data]:
        """Just in time and just too late; and not before the day."""
        for name, first in self._arrivals().items():
            work = self.definition.states[name].work
            for words, less in (("没有逾期", 1), ("逾期", 0)):
                yield from islice(self._waits(name, words, less), 1)
            if work is not None and work.not_before:
                early = self._example(f"{name} 不到日子不能办", first)
                later = (first.spot.now + timedelta(days=3)).date()
                yield early | {"with": {**early["with"], work.not_before: str(later)}, "cannot": name}

    def _waits(self, name: str, words: str, less: int) -> Iterator[Data]:
        """Examples of a step that is waited for until so many minutes before its deadline."""
        for found in chain(self.known, self._in_any_order()):
            for due in [timer.due for timer in found.spot.snapshot.timers if timer.state == name]:
                minutes = int((due - found.spot.now).total_seconds() // 60) - less
                told = self._told_by(found, minutes)
                if told is not None:
                    yield self._example(f"{name} {words}", found, minutes) | {"told": told or "nobody"}

    def _told_by(self, found: Found, minutes: int) -> list[str] | None:
        """Who will have been told after waiting here; None if the case does not stay here."""
        until = found.spot.now + timedelta(minutes=minutes)
        if any(timer.due <= until and self._leaves(timer) for timer in found.spot.snapshot.timers):
            return None
        before = [name for one, other in pairwise(found.way()) for name in self._due(one.spot, other.spot.now)]
        return sorted({*before, *self._due(found.spot, until)})

    def _due(self, spot: Spot, until: datetime) -> list[str]:
        """The steps whose people are told by then."""
        return [timer.state for timer in spot.snapshot.timers if timer.due <= until and not self._leaves(timer)]

    def _leaves(self, timer: Timer) -> bool:
        """Whether the case goes on by itself when it fires."""
        return bool(way_of(self.definition, timer).targets)

    # --- as text

    def _example(self, name: str, found: Found, wait: int = 0) -> Data:
        moves = [here.choice.move for here in found.way() if here.choice is not None and here.choice.move is not None]
        snapshot = found.spot.snapshot
        over = snapshot.status != "running"
        there = tuple(one for one in snapshot.configuration if self.definition.states[one].verb)
        made = self._told(
            name,
            Example(name=name, play=tuple(moves), now_at=() if over else there, ends=snapshot.configuration[0] if over else ""),
        )
        return made | ({"play": [*made["play"], {"wait": f"{wait} minutes"}]} if wait else {})

    def _told(self, name: str, example: Example) -> Data:
        place: Data = {"ends": example.ends} if example.ends else {"now_at": list(example.now_at)}
        return {"name": name, "with": dict(self.plain), "play": [self._move(move) for move in example.play], **place}

    def _move(self, move: Move) -> Any:
        if move.wait is not None:
            return {"wait": move.wait.text("en")}
        if move.event:
            return {"event": move.event}
        name = f"{move.step} {move.outcome}".strip()
        values = {
            field: to_json(self.definition.field[field].type, value) for field, value in move.values if field not in self.plain
        }
        return {name: values} if values else name


def finished(data: Data, dice: random.Random) -> Data:
    """The file with rules and examples, all of which pass."""
    bare = read(data)
    assert bare is not None, "the file is clean"
    whole = {**data, "rules": kept_rules(data, dice), "examples": Author(bare).examples()}
    definition = read(whole)
    assert definition is not None, "what is derived can be read"
    for example in definition.examples:
        played = play(replace(definition, examples=(), text=""), example)
        assert played.passed, f"{data['process']}: {played.diagnostic}"
    return whole


def read(data: Data) -> Definition | None:
    definition, severe = parsed(data)
    return None if severe else definition


def parsed(data: Data) -> tuple[Definition | None, Counter[str]]:
    """The definition, and the codes of its errors and warnings."""
    text = json.dumps(data, ensure_ascii=False)
    definition, found = read_definition(Source(name=f"{data['process']}.yaml", text=text))
    return definition, Counter(one.code for one in found if one.severity in SEVERE)
