"""Why a way breaks a rule, in a sentence that whoever owns the process understands.

- returned: it was sent back and changed, and an approver before is left out
- used_up: the approval had served before ("the second visit goes on the first approval")
- changed: what was approved was changed afterwards, and not approved again
- refused: it was refused, and it goes on all the same
- skipped, deadline: the step was passed because of its condition, or because time ran out
- shortcut: a way leads around it; early: it only comes later
- left_out, before: of `after`: the case ends without it; it was done, but before and not after
- condition, forbidden: of `never`
"""

from __future__ import annotations

from dataclasses import dataclass

from oyiflow.model.definition import Definition, Field, Rule, Text
from oyiflow.model.expression import names_read, sentence
from oyiflow.model.values import Value, show
from oyiflow.verify.explore.occurrences import Occurrence, Watching
from oyiflow.verify.explore.reading import Facts
from oyiflow.verify.explore.way import Happening, Way
from oyiflow.verify.rules.monitors import After, Before, Never
from oyiflow.verify.rules.subjects import edits, is_approval, reached_without
from oyiflow.verify.rules.verdict import Reason

Monitors = Before | After | Never


@dataclass(frozen=True, slots=True)
class Told:
    """The reason, in words, with a remedy."""

    reason: Reason
    words: Text
    remedy: Text


class Reasons:
    """Tells why a way breaks a rule."""

    def __init__(self, facts: Facts, rule: Rule, monitor: Monitors) -> None:
        self.facts = facts
        self.definition: Definition = facts.definition
        self.rule = rule
        self.monitor = monitor
        self.watching = Watching(facts.machine)

    def told(self, way: Way) -> Told | None:
        """Why this way breaks the rule; None if it does not."""
        story = [(one, self.occurrences(one)) for one in way]
        match self.monitor:
            case Before():
                return self._before(self.monitor, story)
            case After():
                return self._after(self.monitor, story)
        return self._never(self.monitor, way[-1])

    def occurrences(self, one: Happening) -> tuple[Occurrence, ...]:
        """What a happening means in the words of rules."""
        ended = self.facts.machine.index[one.ended] if one.ended else -1
        return self.watching.of(one.passed, one.step if one.kind == "act" else "", one.consent, ended)

    def title(self, name: str) -> Text:
        """A step's title in both languages."""
        return title(self.definition, name)

    def holds(self, monitor: Monitors, one: Happening) -> bool:
        """Whether the condition of the rule holds after a happening."""
        active = self.facts.machine.active(tuple(self.facts.machine.index[name] for name in one.configuration))
        return monitor.condition is None or monitor.condition(one.data, active.__contains__) is True

    # --- before

    def _before(self, monitor: Before, story: list[tuple[Happening, tuple[Occurrence, ...]]]) -> Told | None:
        records = {name: _Record() for name in self.rule.must}
        comings, before = 0, dict[str, Value]()
        for happening, occurrences in story:
            for what, step in occurrences:
                if what == "came" and step == monitor.step:
                    comings += 1
                    missing = [name for name in self.rule.must if not records[name].good]
                    if missing and self.holds(monitor, happening):
                        return self._missing(missing[0], records[missing[0]], comings)
                    for name in self.rule.must:
                        if is_approval(self.definition, name):
                            records[name].used(comings)
                if what == "refused" and step == monitor.step:
                    for one in records.values():
                        one.sent_back = True
                if what in ("did", "refused"):
                    self._note(monitor, records, (before, happening), what, step)
            self._passed_by(records, happening)
            before = dict(happening.data)
        return None

    def _note(
        self, monitor: Before, records: dict[str, _Record], moment: tuple[dict[str, Value], Happening], what: str, step: str
    ) -> None:
        before, happening = moment
        if edits(self.definition.states[step]):
            for record in records.values():
                record.editor = step if record.sent_back and record.reason != "changed" else record.editor
        if step in monitor.fills:
            for name, place in monitor.place.items():
                if place in monitor.about and records[name].good:
                    mine = [
                        f for n, f in enumerate(monitor.fields) if monitor.about[place] >> n & 1 and f in records[name].data
                    ]
                    changed = [f for f, value in happening.values if f in mine and f in before and before[f] != value]
                    changed += [f for f in happening.emptied if f in mine]
                    if changed:
                        records[name].changed(step, changed[0], before[changed[0]], dict(happening.values).get(changed[0]))
        if step in records:
            approval = is_approval(self.definition, step)
            if what == "did":
                records[step].did(happening)
            elif approval:
                records[step].refused()

    def _passed_by(self, records: dict[str, _Record], happening: Happening) -> None:
        """Note where a required step was passed without being done: skipped, or because time ran out."""
        for micro in happening.passed:
            for transition in micro.transitions:
                name, _, place = transition.rpartition("#")
                if name in records and not records[name].good:
                    purpose = self.definition.states[name].transitions[int(place)].purpose
                    if purpose == "skip":
                        records[name].passed = "skipped"
                    elif purpose == "late" and self.definition.states[name].transitions[int(place)].targets:
                        records[name].passed = "deadline"

    def _missing(self, name: str, record: _Record, comings: int) -> Told:
        x, a = self.title(self.rule.steps[0]), self.title(name)
        again = Text(zh=f"让再到“{x.zh}”的路都先经过“{a.zh}”", en=f"let every way back to {_q(x.en)} pass {_q(a.en)} first")
        if record.passed == "skipped":
            return Told("skipped", *_pair(
                f"条件不满足时跳过“{a.zh}”，没有经过它就到了“{x.zh}”", f"{_q(a.en)} is skipped by its condition, and {_q(x.en)} comes without it",
                f"规则写上 when: 何时必须经过“{a.zh}”，或去掉它的 only_when", f"say in the rule when {_q(a.en)} is required, or drop its only_when",
            ))  # fmt: skip
        if record.passed == "deadline":
            return Told("deadline", *_pair(
                f"“{a.zh}”逾期就自动过去，没有人批就到了“{x.zh}”", f"{_q(a.en)} passes by its deadline: nobody approves, and {_q(x.en)} comes",
                "逾期改为 late: remind 或 escalate", "make it late: remind or escalate",
            ))  # fmt: skip
        if record.reason == "used_up" and record.sent_back:
            editor = self.title(record.editor) if record.editor else x
            return Told("returned", *_pair(
                f"“{x.zh}”退回、“{editor.zh}”修改之后，没有重新经过“{a.zh}”又到了“{x.zh}”",
                f"{_q(x.en)} sends it back, {_q(editor.en)} changes it, and it comes to {_q(x.en)} again without {_q(a.en)}",
                f"退回修改之后，先重新经过“{a.zh}”", f"after the change, let it pass {_q(a.en)} again first",
            ))  # fmt: skip
        if record.reason == "used_up":
            nth, used = record.used_by + 1, record.used_by
            comings = max(comings, nth)
            return Told("used_up", *_pair(
                f"第{_zh(comings)}次“{x.zh}”沿用了第{_zh(used)}次的“{a.zh}”：一次“{a.zh}”只管一次“{x.zh}”",
                f"{_q(x.en)} number {comings} goes on the {_q(a.en)} that was given for number {used}: one serves once",
                again.zh, again.en,
            ))  # fmt: skip
        if record.reason == "changed":
            return self._changed(record, x, a)
        if record.reason == "refused":
            return Told("refused", *_pair(
                f"“{a.zh}”退回了，却没有重新经过它就到了“{x.zh}”", f"{_q(a.en)} was refused, and {_q(x.en)} comes without asking it again",
                f"退回修改之后，先回到“{a.zh}”", f"after the correction, go to {_q(a.en)} again",
            ))  # fmt: skip
        return self._around(name, x, a)

    def _changed(self, record: _Record, x: Text, a: Text) -> Told:
        editor, field = self.title(record.editor), self.definition.field[record.field]
        was, now = (
            Text(zh=self._shown(field, value, "zh"), en=self._shown(field, value, "en")) for value in (record.was, record.now)
        )
        return Told("changed", *_pair(
            f"“{a.zh}”之后，“{editor.zh}”又把“{field.title.of('zh')}”从 {was.zh} 改成 {now.zh}，没有重新经过“{a.zh}”就到了“{x.zh}”",
            f"after {_q(a.en)}, {_q(editor.en)} changes {_q(field.title.of('en'))} from {was.en} to {now.en}, and {_q(x.en)} comes without a new {_q(a.en)}",
            f"修改之后退回到“{a.zh}”之前，让它再看一次", f"after the change, go back to before {_q(a.en)}, so that it is looked at again",
        ))  # fmt: skip

    def _around(self, name: str, x: Text, a: Text) -> Told:
        """It was never given on this way: because a way leads around it, or because it only comes later."""
        if self._can_precede(name):
            return Told("shortcut", *_pair(
                f"有一条路绕过“{a.zh}”，直接到了“{x.zh}”", f"a way leads around {_q(a.en)} to {_q(x.en)}",
                f"让这条路也经过“{a.zh}”；确有例外，就在规则里写 when", f"let this way pass {_q(a.en)} too; if it is an exception, say so with when",
            ))  # fmt: skip
        return Told("early", *_pair(
            f"“{x.zh}”走在“{a.zh}”前面", f"{_q(x.en)} comes before {_q(a.en)}",
            f"把“{a.zh}”移到“{x.zh}”之前", f"move {_q(a.en)} to before {_q(x.en)}",
        ))  # fmt: skip

    def _can_precede(self, name: str) -> bool:
        """Whether the step can be reached before the one that needs it."""
        return name in reached_without(self.facts, self.rule.steps[0])

    # --- after, never

    def _after(self, monitor: After, story: list[tuple[Happening, tuple[Occurrence, ...]]]) -> Told | None:
        owed: set[str] = set()
        before: set[str] = set()
        for happening, occurrences in story:
            for what, step in occurrences:
                if what == "did":
                    owed.discard(step)
                    before.add(step)
                if what == "did" and step == monitor.step and self.holds(monitor, happening):
                    owed = set(self.rule.must)
                if what == "over" and owed:
                    return self._owed(next(name for name in self.rule.must if name in owed), step, before)
        return None

    def _owed(self, name: str, end: str, before: set[str]) -> Told:
        x, y, over = self.title(self.rule.steps[0]), self.title(name), self.title(end)
        remedy = Text(
            zh=f"让“{x.zh}”之后的路都经过“{y.zh}”再结束", en=f"let all ways from {_q(x.en)} pass {_q(y.en)} before the end"
        )
        if name in before:
            return Told("before", Text(
                zh=f"“{y.zh}”做在“{x.zh}”之前，之后没有再做，就结束于“{over.zh}”",
                en=f"{_q(y.en)} is done before {_q(x.en)} and not after it; the case ends in {_q(over.en)}",
            ), remedy)  # fmt: skip
        return Told("left_out", Text(
            zh=f"“{x.zh}”之后没有“{y.zh}”，就结束于“{over.zh}”", en=f"after {_q(x.en)} the case ends in {_q(over.en)} without {_q(y.en)}",
        ), remedy)  # fmt: skip

    def _never(self, monitor: Never, last: Happening) -> Told | None:
        if not self.holds(monitor, last):
            return None
        x = self.title(monitor.step)
        if self.rule.when is None:
            return Told("forbidden", *_pair(
                f"走到了“{x.zh}”", f"{_q(x.en)} is reached",
                f"去掉通向“{x.zh}”的路", f"remove the ways that lead to {_q(x.en)}",
            ))  # fmt: skip
        when = self._condition()
        given = self._values(last, sorted(names_read(self.rule.when)))
        return Told("condition", *_pair(
            f"{when.zh}（{given.zh}）时走到了“{x.zh}”", f"{_q(x.en)} is reached while {when.en} ({given.en})",
            f"在“{x.zh}”之前加一个判断，或写 only_when", f"decide before {_q(x.en)}, or give it an only_when",
        ))  # fmt: skip

    def _condition(self) -> Text:
        assert self.rule.when is not None
        zh, en = (sentence(self.rule.when, titles(self.definition, lang), lang) for lang in ("zh", "en"))
        return Text(zh=zh, en=en)

    def _values(self, last: Happening, names: list[str]) -> Text:
        return Text(
            zh="，".join(self._value(last, name, "zh") for name in names),
            en=", ".join(self._value(last, name, "en") for name in names),
        )

    def _value(self, last: Happening, name: str, lang: str) -> str:
        spec = self.definition.field[name]
        return f"{spec.title.of(lang)} = {self._shown(spec, last.data.get(name), lang)}"

    def _shown(self, spec: Field, value: Value | None, lang: str) -> str:
        return ("空" if lang == "zh" else "empty") if value is None else show(spec.type, value, lang)


class _Record:
    """What became of a required step on the way."""

    def __init__(self) -> None:
        self.good = False
        self.reason: Reason | None = None
        self.passed: Reason | None = None
        self.used_by = 0
        self.sent_back = False
        self.data: dict[str, Value] = {}
        self.editor = self.field = ""
        self.was: Value | None = None
        self.now: Value | None = None

    def did(self, happening: Happening) -> None:
        self.good, self.passed, self.sent_back, self.data = True, None, False, dict(happening.data)

    def refused(self) -> None:
        self.good, self.reason = False, "refused"

    def used(self, by: int) -> None:
        if self.good:
            self.good, self.reason, self.used_by = False, "used_up", by

    def changed(self, editor: str, field: str, was: Value, now: Value | None) -> None:
        self.good, self.reason, self.editor, self.field, self.was, self.now = False, "changed", editor, field, was, now


def _pair(zh: str, en: str, remedy_zh: str, remedy_en: str) -> tuple[Text, Text]:
    return Text(zh=zh, en=en), Text(zh=remedy_zh, en=remedy_en)


def _q(words: str) -> str:
    return f"“{words}”"


_NUMBERS = "零一二三四五六七八九十"


def _zh(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def title(definition: Definition, name: str) -> Text:
    """A step's title in both languages; its name where it has none."""
    state = definition.states[name]
    return Text(zh=state.title.of("zh") or name, en=state.title.of("en") or name)


def titles(definition: Definition, lang: str) -> dict[str, str]:
    """The names by which people know fields and steps."""
    fields = {spec.name: spec.title.of(lang) or spec.name for spec in definition.fields}
    return {**{name: state.title.of(lang) or name for name, state in definition.states.items()}, **fields}


__all__ = ["Reasons", "Told", "title", "titles"]
