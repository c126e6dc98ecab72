"""What is written beside the symbols: names, triggers, conditions in words, and the documentation of a step.

BPMN has no place for articles of a manual, fields of a form or rules; they go into `documentation`, which every program shows.
So do the sentences that say where BPMN means less, or something slightly different, than the process does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from oyiflow.exports.bpmn.graph import Happening, Loop, Person
from oyiflow.model.definition import (
    Action,
    Assignee,
    Cancel,
    Definition,
    Log,
    Mode,
    Notify,
    Origin,
    Perform,
    Raise,
    Role,
    Rule,
    Schedule,
    Send,
    Set,
    State,
    Text,
    Transition,
    Work,
)
from oyiflow.model.expression import Expression, sentence, text
from oyiflow.model.values import Duration

_ISO = {"minutes": "PT{}M", "hours": "PT{}H", "days": "P{}D", "weeks": "P{}W"}
_NOTICES = {
    "remind": ("提醒", "remind"),
    "escalate": ("上报", "escalate"),
    "rule": ("规则逾期，上报", "a rule is overdue: escalate"),
    "tell": ("告知", "tell"),
}
_EVERY = {"week": ("每周", "every week"), "month": ("每月", "every month"), "quarter": ("每季", "every quarter"),
          "year": ("每年", "every year")}  # fmt: skip
_CYCLE = {"week": "R/P1W", "month": "R/P1M", "quarter": "R/P3M", "year": "R/P1Y"}


class Words:
    """A definition's texts in "zh", "en" or "both" (Chinese, a line end, English)."""

    def __init__(self, definition: Definition, lang: str) -> None:
        self.definition = definition
        self.lang = lang
        states = definition.states.items()
        self._titles = {
            one: {f.name: f.title.of(one) for f in definition.fields} | {name: state.title.of(one) for name, state in states}
            for one in ("zh", "en")
        }
        self._rules = _rules_by_step(definition)

    def of(self, title: Text) -> str:
        """A text of the author's."""
        return self.say(title.of("zh"), title.of("en"))

    def say(self, zh: str, en: str) -> str:
        """Words of our own."""
        if self.lang == "both" and zh != en:
            return f"{zh}\n{en}"
        return en if self.lang == "en" else zh

    def condition(self, guard: Expression) -> str:
        """A condition in words."""
        return self.say(sentence(guard, self._titles["zh"], "zh"), sentence(guard, self._titles["en"], "en"))

    def field(self, name: str) -> str:
        """The title of a field."""
        return self.say(self._titles["zh"].get(name, name), self._titles["en"].get(name, name))

    def length(self, duration: Duration) -> str:
        return self.say(duration.text("zh"), duration.text("en"))

    # --- what a transition waits for

    def trigger(self, way: Transition) -> tuple[Happening, str]:
        """What takes a transition that nobody's answer takes, and its name. One with several events is asked for each of them."""
        label = self.of(way.label) if way.purpose in ("event", "failed") else ""
        if way.after is not None:
            return timer(way.after), label or self.length(way.after)
        if way.at:
            return Happening(kind="timer", form="timeDate", detail=way.at), label or self.field(way.at)
        if way.day:
            named = self.say(f"{way.day} 日", f"day {way.day} of the month")
            return Happening(kind="timer", form="timeCycle", detail=f"day {way.day} of the month"), label or named
        if not way.events:
            words = self.condition(way.guard) if way.guard is not None else self.say("立刻", "at once")
            return Happening(kind="conditional", detail=text(way.guard) if way.guard is not None else "true"), label or words
        return Happening(kind="message", detail=way.events[0]), label or way.events[0]

    def start(self, schedule: Schedule) -> tuple[Happening, str]:
        """The event by which instances start of themselves."""
        zh, en = _EVERY[schedule.every]
        name = self.say(f"{zh}第 {schedule.first} 天", f"{en}, day {schedule.first}")
        return Happening(kind="timer", form="timeCycle", detail=_CYCLE[schedule.every]), name

    # --- people

    def people(self, work: Work | None) -> tuple[Person, ...]:
        """Who may act, who helps, and whom it meets."""
        if work is None:
            return ()
        owners = [_person(one) for one in work.by]
        helpers = [Person(part="resourceRole", label="helped_by", role=role) for role in work.helped_by]
        partners = [Person(part="resourceRole", label="meets", role=role) for role in work.meets if not self._outside(role)]
        return (*owners, *helpers, *partners)

    def _outside(self, role: str) -> bool:
        return role in self.definition.role and self.definition.role[role].outside

    def loop(self, work: Work | None) -> Loop | None:
        """Several signers, each of whom must be heard."""
        if work is None or work.mode is Mode.ANY or len(work.by) < 2:
            return None
        count = str(len(work.by))
        if work.mode is Mode.VOTE:
            return Loop(cardinality=count, until=f"consents * 100 >= {work.share} * {count}")
        return Loop(sequential=work.mode is Mode.IN_TURN, cardinality=count, until='answer == "rejected"')

    # --- documentation

    def notes(self, state: State) -> tuple[str, ...]:
        """What is known of a step beyond its symbol."""
        return tuple(self._notes(state))

    def _notes(self, state: State) -> Iterator[str]:
        yield from self.article(state.origin)
        if state.work is not None:
            yield from self._of_work(state.work)
        if state.only_when is not None:
            yield self.say(
                "条件一直有效：办理中条件不再成立，这一步也会跳过；BPMN 只在进入时判断一次。",
                "The condition is watched: the step is left when it ceases to hold. BPMN asks once, at the gateway.",
            )
        for kind, actions in (("entry", state.entry), ("exit", state.exit)):
            for words in self.actions(actions):
                yield self.say("进入时：" if kind == "entry" else "离开时：", f"on {kind}: ") + words
        yield from (self._rule(rule) for rule in self._rules.get(state.id, ()))

    def _of_work(self, work: Work) -> Iterator[str]:
        for zh, en, names in (("填写", "fill in", work.fill), ("查看", "see", work.see)):
            if names:
                yield self._listed(zh, en, [self.field(name) for name in names])
        if work.checklist:
            yield self._listed("核对", "check", [self.of(item) for item in work.checklist])
        if work.not_before:
            yield self._listed("不早于", "not before", [self.field(work.not_before)])
        if work.stamp:
            yield self._listed("办完那天记入", "the day on which it is done goes into", [self.field(work.stamp)])
        if work.mode is not Mode.ANY and len(work.by) > 1:
            yield self.say("会签：一人退回即退回。", "Several sign: the first refusal decides.")

    def _listed(self, zh: str, en: str, items: Sequence[str]) -> str:
        flat = [" ".join(item.split("\n")) for item in items]
        return self.say(f"{zh}：{'、'.join(flat)}", f"{en}: {', '.join(flat)}")

    def article(self, origin: Origin) -> Iterator[str]:
        """The article that an element comes from, and whether the manual says so itself."""
        if origin.source:
            yield self.say(f"出处：{origin.source}", f"source: {origin.source}")
        if origin.inferred:
            yield self.say("推定：原文没有写明。", "inferred: the manual does not say so.")

    def way(self, way: Transition) -> Iterator[str]:
        """What is known of a transition beyond its name."""
        if not way.targets:
            return
        yield from self.article(way.origin)
        if way.guard is not None and way.purpose == "event":
            yield self.say("仅当：", "only while: ") + self.condition(way.guard)
        yield from self.actions(way.actions)

    def rules(self) -> Iterator[str]:
        """The rules of the process, in words."""
        yield from (self._rule(rule) for rule in self.definition.rules)

    def _rule(self, rule: Rule) -> str:
        source = f" ({rule.origin.source})" if rule.origin.source else ""
        return self.say(f"规则：{rule.say.of('zh')}{source}", f"rule: {rule.say.of('en')}{source}")

    def actions(self, actions: Iterable[Action]) -> Iterator[str]:
        """What a transition does besides moving, one piece each."""
        for action in actions:
            yield self._action(action)

    def _action(self, action: Action) -> str:
        match action:
            case Set(field=field, value=value):
                return f"{self.field(field)} = {text(value)}"
            case Raise(event=event):
                return self.say(f"引发 {event}", f"raise {event}")
            case Send(event=event, after=after):
                later = self.say(f"{after.text('zh')}后", f"after {after.text('en')} ") if after is not None else ""
                return later + self.say(f"发送 {event}", f"send {event}")
            case Cancel(id=name):
                return self.say(f"取消 {name}", f"cancel {name}")
            case Log(text=words):
                return self.say("记录：", "log: ") + self.of(words)
            case Perform(handler=handler):
                return self.say(f"请程序 {handler} 办理", f"ask the program {handler}")
            case Notify(reason=reason, roles=roles):
                known = self.definition.role
                told = [self.of(known[role].title) if role in known else role for role in roles]
                return self.say(*_NOTICES[reason]) + ("" if not told else " " + "、".join(told))


def timer(duration: Duration) -> Happening:
    """A length of time by ISO 8601, which knows no workdays; those are written as they are."""
    written = _ISO[duration.unit].format(duration.amount) if duration.unit in _ISO else duration.text("en")
    return Happening(kind="timer", form="timeDuration", detail=written)


def outside(roles: Iterable[Role]) -> list[Role]:
    """The roles of other companies."""
    return [role for role in roles if role.outside]


def _person(one: Assignee) -> Person:
    if one.role:
        return Person(role=one.role, label="superior" if one.superior else "")
    asked = f"person_in({one.person_in})" if one.person_in else f"whoever_did({one.whoever_did})"
    return Person(expression=f"superior({asked})" if one.superior else asked)


def _rules_by_step(definition: Definition) -> dict[str, list[Rule]]:
    """Which rules speak of a step."""
    found: dict[str, list[Rule]] = {}
    for rule in definition.rules:
        for step in dict.fromkeys((*rule.steps, *rule.must)):
            found.setdefault(step, []).append(rule)
    return found
