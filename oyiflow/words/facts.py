"""What can be said of each part of a definition, fact by fact, so that two versions can be compared.

Everything that the digest covers is a fact here or in `compare`; a test changes each attribute in turn and expects to be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Concatenate, ParamSpec

from oyiflow.model.definition import (
    NO_ORIGIN,
    NO_TEXT,
    Definition,
    Field,
    Mode,
    Origin,
    Report,
    Role,
    Rule,
    State,
    StateKind,
    Text,
    Transition,
    Work,
)
from oyiflow.model.example import Example
from oyiflow.model.expression import text as expression_text
from oyiflow.model.retention import kept_words
from oyiflow.words.change import Fact, Group, Subject
from oyiflow.words.deadlines import deadline_of, scheduled, until, way_of, when_late
from oyiflow.words.life import doings, trigger
from oyiflow.words.outline import Line
from oyiflow.words.reports import asked
from oyiflow.words.rules import meaning, walked
from oyiflow.words.speech import NOT_FUTURE, NOT_PAST, TYPES, Speech
from oyiflow.words.steps import called, during, operation

VERBS = {
    "do": Text(zh="办理", en="work"), "approve": Text(zh="审批", en="approval"), "decide": Text(zh="判断", en="decision"),
    "together": Text(zh="同时进行", en="at the same time"), "wait": Text(zh="等待", en="wait"), "call": Text(zh="调用", en="call"),
    "each": Text(zh="逐个", en="each"), "run": Text(zh="自动执行", en="run"),
    "end": Text(zh="结束", en="end"), "state": Text(zh="状态", en="state"), "parallel": Text(zh="并行", en="parallel"),
    "history": Text(zh="历史", en="history"), "": Text(zh="一支", en="branch"),
}  # fmt: skip
MODES = {Mode.ANY: Text(zh="或签", en="“the first answer decides”"), Mode.ALL: Text(zh="会签", en="“everybody signs”"),
         Mode.IN_TURN: Text(zh="依次", en="“one after the other”"), Mode.VOTE: Text(zh="票签", en="“a vote”")}  # fmt: skip
BELOW = ("@below",)
"""The line below as a target; no step can be called so."""
STEPS = frozenset({"do", "approve", "decide", "together", "wait", "call", "each", "run", "end", ""})


P = ParamSpec("P")


class Both:
    """One definition, spoken of in both languages, without numbers of steps: they differ from version to version."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.zh, self.en = Speech(definition, "zh", numbers=False), Speech(definition, "en", numbers=False)
        self.above = {line.below: line.state.id for line in self.zh.lines if line.below}
        self.lanes_around = {name: set(lanes) for name, lanes in _lanes_around(self.zh.lines)}

    def text(self, words: Callable[Concatenate[Speech, P], str], *rest: P.args, **named: P.kwargs) -> Text:
        """The same words in both languages."""
        return Text(zh=words(self.zh, *rest, **named), en=words(self.en, *rest, **named))

    def saying(self, words: Callable[Concatenate[Speech, P], str], *rest: P.args, **named: P.kwargs) -> Text:
        """As `text`, in quotation marks; those inside become single ones."""
        return inside_marks(self.text(words, *rest, **named))

    def several(self, names: Iterable[str], one: Callable[[Speech, str], str]) -> Text:
        """Several names; no text when there are none."""
        listed = tuple(names)
        return self.text(lambda s: s.several(one(s, name) for name in listed)) if listed else NO_TEXT

    def steps(self, names: Iterable[str]) -> Text:
        """Several steps by title and id."""
        return self.several(names, Speech.step)

    def step(self, name: str) -> Subject:
        """A step as the subject of a change."""
        kind = "step" if self.definition.body == "steps" else "state"
        return Subject(key=f"{kind} {name}", name=self.text(Speech.step, name))


def _lanes_around(lines: tuple[Line, ...]) -> Iterator[tuple[str, list[str]]]:
    """The lanes that a line takes over where it has none of its own: of the line above, of that above on its level, of that around it."""
    lanes = {line.state.id: line.state.lane for line in lines}
    sibling = {line.below: line.state.lane for line in lines if line.below}
    for place, line in enumerate(lines):
        above = lines[place - 1].state.lane if place else ""
        yield line.state.id, [above, sibling.get(line.state.id, above), lanes.get(line.inside, above)]


def inside_marks(text: Text) -> Text:
    """A text in quotation marks."""
    zh, en = ("“" + words.replace("“", "‘").replace("”", "’") + "”" for words in (text.zh, text.en))
    return Text(zh=zh, en=en)


def fact(group: Group, aspect: str, label: tuple[str, str], value: object, words: Text) -> Fact:
    """One fact."""
    return Fact(group=group, aspect=aspect, label=Text(zh=label[0], en=label[1]), value=value, words=words)


def listed(
    both: Both, group: Group, aspect: str, label: tuple[str, str], names: tuple[str, ...], one: Callable[[Speech, str], str]
) -> Fact:
    """A fact that is a list of names."""
    items = tuple(both.text(one, name) for name in names)
    return replace(fact(group, aspect, label, names, both.several(names, one)), items=items)


def plain(words: str) -> Text:
    """The same in both languages."""
    return Text(zh=words, en=words)


def origins(origin: Origin) -> Iterator[Fact]:
    """Where something comes from."""
    yield fact("texts", "source", ("出处", "source"), origin.source, plain(f"“{origin.source}”") if origin.source else NO_TEXT)
    mark = ("推定标记", "mark “inferred”")
    yield fact("texts", "inferred", mark, origin.inferred, Text(zh=mark[0], en=mark[1]) if origin.inferred else NO_TEXT)


def title(group: Group, text: Text) -> Fact:
    """What something is called."""
    shown = Text(zh=f"“{text.of('zh')}”", en=f"“{text.of('en')}”")
    return fact(group, "title", ("名称", "title"), text, shown)


# --- steps and states


def facts_of_state(both: Both, line: Line) -> Iterator[Fact]:
    """What is so of one line."""
    state = line.state
    yield title("steps", state.title)
    yield fact("steps", "verb", ("种类", "kind"), (state.verb, state.kind), VERBS.get(state.verb, plain(state.verb)))
    only = both.saying(Speech.condition, state.only_when) if state.only_when is not None else NO_TEXT
    yield fact("steps", "only_when", ("条件", "condition"), state.only_when, only)
    lane = own_lane(both, state)
    yield fact("people", "lane", ("泳道", "lane"), lane, both.text(Speech.role, lane) if lane else NO_TEXT)
    yield fact("texts", "was", ("原名", "old name"), state.was, plain(f"“{state.was}”") if state.was else NO_TEXT)
    yield from _work(both, state.work or Work(by=()), state)
    yield from _deadline(both, line)
    yield from _targets(both, line)
    yield from _inside(both, state)
    yield from origins(state.origin)


def own_lane(both: Both, state: State) -> str:
    """The lane of a step, if neither its people nor the line above give it."""
    given = {who.role for who in state.work.by} if state.work is not None else set()
    return "" if state.lane in given or state.lane in both.lanes_around[state.id] else state.lane


def _work(both: Both, work: Work, state: State) -> Iterator[Fact]:
    people = both.text(lambda s: s.several(s.person(who) for who in work.by)) if work.by else NO_TEXT
    yield fact("people", "by", ("办理人", "people who act"), work.by, people)
    share = Text(zh=f"票签 {work.share}%", en=f"“a vote of {work.share} %”") if work.mode is Mode.VOTE else MODES[work.mode]
    yield fact("people", "mode", ("方式", "mode of signing"), (work.mode, work.share), share)
    also = both.text(Speech.person, work.who) if work.who is not None else NO_TEXT
    yield fact("people", "who", ("限定的人", "person who it must also be"), work.who, also)
    allowed = both.text(lambda s: s.several(operation(s, name) for name in work.allow)) if work.allow else NO_TEXT
    yield fact("people", "allow", ("允许的操作", "operations allowed"), work.allow, allowed)
    yield listed(both, "people", "helped_by", ("协助人", "helpers"), work.helped_by, Speech.role)
    yield listed(both, "people", "meets", ("对方", "other side"), work.meets, Speech.role)
    yield listed(both, "form", "fill", ("可填字段", "fields"), work.fill, Speech.field)
    yield listed(both, "form", "see", ("只读字段", "fields shown"), work.see, Speech.field)
    yield listed(both, "form", "hide", ("隐藏字段", "fields hidden"), work.hide, Speech.field)
    ticks = tuple(Text(zh=f"“{item.of('zh')}”", en=f"“{item.of('en')}”") for item in work.checklist)
    joined = Text(zh="、".join(t.zh for t in ticks), en=", ".join(t.en for t in ticks)) if ticks else NO_TEXT
    yield replace(fact("form", "checklist", ("检查清单", "checklist"), work.checklist, joined), items=ticks)
    looked = both.saying(during, work.only_while) if work.only_while is not None else NO_TEXT
    yield fact("steps", "only_while", ("仅在…期间", "only while"), work.only_while, looked)
    yield listed(both, "steps", "makes", ("产出文件", "documents made"), work.makes, lambda s, n: s.papers([n]))
    yield listed(both, "steps", "needs", ("所需文件", "documents needed"), work.needs, lambda s, n: s.papers([n]))
    day = both.text(Speech.field, work.not_before) if work.not_before else NO_TEXT
    yield fact("deadlines", "not_before", ("最早时间", "earliest day"), work.not_before, day)
    stamp = both.text(Speech.field, work.stamp) if work.stamp else NO_TEXT
    yield fact("deadlines", "stamp", ("记入日期的字段", "field that gets the day"), work.stamp, stamp)
    if state.verb not in STEPS:
        yield listed(both, "people", "answers", ("答复", "answers"), tuple(o.name for o in work.outcomes), Speech.quoted)


def _deadline(both: Both, line: Line) -> Iterator[Fact]:
    late = deadline_of(line.state)
    limit = (late.after, late.day, late.at, late.on_holiday) if late is not None else None
    yield fact("deadlines", "within", ("期限", "deadline"), limit, both.text(until, late) if late is not None else NO_TEXT)
    if late is not None:
        work = line.state.work
        how = (
            work.late if work is not None else "",
            tuple(a.reason for a in late.actions if hasattr(a, "reason")),
            bool(late.targets),
        )
        yield fact("deadlines", "late", ("逾期处理", "consequence of being late"), how, both.saying(_how_late, line))
    waited = way_of(line.state, "next", "event") if line.state.verb == "wait" else None
    if waited is not None:
        awaited = (waited.after, waited.at, waited.events if not waited.timed else ())
        yield fact("deadlines", "for", ("等待的对象", "thing awaited"), awaited, both.saying(trigger, line.state, waited))


def _how_late(speech: Speech, line: Line) -> str:
    """What happens, without the number of the step that it leads to."""
    late, words = deadline_of(line.state), when_late(speech, line)
    return words.split(speech.say("，", ": "))[0] if late is not None and late.targets else words


def _targets(both: Both, line: Line) -> Iterator[Fact]:
    """Where each answer leads. The line below is no news: what stands there is told as a step added, removed or moved."""
    for purpose, label in (("next", ("去向", "next step")), ("approved", ("同意去向", "next step when approved")),
                           ("rejected", ("退回去向", "step that a rejection goes to")), ("failed", ("失败去向", "next step after a failure"))):  # fmt: skip
        way = way_of(line.state, purpose, *(("event",) if purpose == "next" else ()))
        if way is None or line.state.verb not in STEPS:
            continue
        default = purpose in ("next", "approved") and follows(both.definition, line, way)
        words = Text(zh="下一步", en="the line below") if default else both.steps(way.targets)
        yield fact("steps", purpose, label, BELOW if default else way.targets, words)


def follows(definition: Definition, line: Line, way: Transition) -> bool:
    """Whether a way leads to the line below, or out of the branch that the line is the last of."""
    target = definition.states.get(way.targets[0]) if len(way.targets) == 1 else None
    return target is not None and (target.id == line.below or not target.verb)


def _inside(both: Both, state: State) -> Iterator[Fact]:
    if state.verb == "together":
        way = way_of(state, "next")
        every = way is None or f"done.state.{state.id}" in way.events
        yield fact("steps", "until", ("完成条件", "condition of being complete"), every, _until(every))
    if state.call is not None:
        yield fact("steps", "call", ("调用", "call"), state.call, both.saying(called, state))
    if state.kind is not StateKind.HISTORY:
        yield fact("steps", "initial", ("初始状态", "initial state"), state.initial, both.steps(state.initial))
    else:
        yield fact("steps", "default", ("没有历史时的去向", "default of the history"), state.initial, both.steps(state.initial))
        yield fact(
            "steps",
            "deep",
            ("历史的深浅", "depth of the history"),
            state.deep,
            Text(zh="深", en="deep") if state.deep else Text(zh="浅", en="shallow"),
        )
    for aspect, label, actions in (
        ("entry", ("进入时的动作", "actions on entry"), state.entry),
        ("exit", ("离开时的动作", "actions on exit"), state.exit),
    ):
        words = both.saying(doings, actions) if actions else NO_TEXT
        yield fact("steps", aspect, label, actions, words)
    output = ", ".join(f"{name} = {expression_text(value)}" for name, value in state.output)
    yield fact("steps", "output", ("结果", "output"), state.output, plain(output) if output else NO_TEXT)


def _until(every: bool) -> Text:
    return Text(zh="全部完成", en="all branches") if every else Text(zh="一支完成", en="the first branch")


# --- ways of decisions and of life cycles


def way_subject(both: Both, state: State, way: Transition) -> Subject:
    """A case or a transition as the subject of a change."""
    step = both.step(state.id)
    label = both.text(lambda s: s.text(way.label) or trigger(s, state, way))
    what, shown = (
        Text(zh="情形", en="case") if way.purpose != "event" else Text(zh="转移", en="transition"),
        inside_marks(label),
    )
    name = Text(zh=f"{step.name.zh}的{what.zh}{shown.zh}", en=f"{step.name.en}, {what.en} {shown.en}")
    return Subject(key=f"{step.key} {what.en} {label.en.replace('“', '').replace('”', '')}", name=name)


def facts_of_way(both: Both, line: Line, way: Transition) -> Iterator[Fact]:
    """What is so of a case or a transition."""
    default = way.purpose != "event" and follows(both.definition, line, way)
    words = Text(zh="下一步", en="the line below") if default else both.steps(way.targets)
    yield fact("steps", "to", ("去向", "target"), BELOW if default else way.targets, words)
    condition = both.saying(Speech.condition, way.guard) if way.guard is not None else NO_TEXT
    condition = Text(zh="“其他情形”", en="“all else”") if way.purpose == "otherwise" else condition
    yield fact("steps", "when", ("条件", "condition"), (way.guard, way.purpose), condition)
    when = (way.events if way.purpose == "event" else (), way.after, way.at)
    group: Group = "deadlines" if way.timed else "steps"
    yield fact(group, "trigger", ("触发", "trigger"), when, both.saying(trigger, line.state, replace(way, label=NO_TEXT)))
    done = both.saying(doings, way.actions) if way.actions else NO_TEXT
    yield fact("steps", "actions", ("动作", "actions"), way.actions, done)
    yield fact(
        "steps",
        "internal",
        ("内部转移", "mark “internal”"),
        way.internal,
        Text(zh="内部转移", en="mark “internal”") if way.internal else NO_TEXT,
    )
    label = Text(zh=f"“{way.label.of('zh')}”", en=f"“{way.label.of('en')}”") if way.label != NO_TEXT else NO_TEXT
    yield fact("texts", "label", ("名称", "label"), way.label, label)
    yield from origins(way.origin)


# --- roles, fields, rules, examples, the process


def facts_of_role(role: Role) -> Iterator[Fact]:
    """What is so of a role."""
    yield title("people", role.title)
    aliases = tuple(plain(f"“{alias}”") for alias in role.aliases)
    yield replace(
        fact("people", "alias", ("别名", "other names"), role.aliases, plain("、".join(a.zh for a in aliases))), items=aliases
    )
    yield fact(
        "people",
        "outside",
        ("归属", "side"),
        role.outside,
        Text(zh="公司外部", en="outside") if role.outside else Text(zh="本公司", en="the company"),
    )
    yield from origins(role.origin)


def facts_of_field(both: Both, field: Field) -> Iterator[Fact]:
    """What is so of a field of the form."""
    yield title("form", field.title)
    yield fact("texts", "was", ("原名", "old name"), field.was, plain(f"“{field.was}”") if field.was else NO_TEXT)
    yield fact("form", "type", ("类型", "type"), field.type, TYPES[field.type])
    need = Text(zh="必填", en="required") if field.required else Text(zh="选填", en="optional")
    yield fact("form", "required", ("填写要求", "need"), field.required, need)
    options = tuple(plain(f"“{option}”") for option in field.options)
    yield replace(
        fact("form", "of", ("选项", "options"), field.options, plain("、".join(o.zh for o in options))), items=options
    )
    for aspect, label, limit in (("min", ("下限", "least value"), field.min), ("max", ("上限", "greatest value"), field.max)):
        words = both.text(Speech.value, field.name, limit) if limit is not None else NO_TEXT
        yield fact("form", aspect, label, limit, words)
    for aspect, words, bound in (("not_past", NOT_PAST, field.not_past), ("not_future", NOT_FUTURE, field.not_future)):
        yield fact("form", aspect, ("对当天", "beside the day itself"), bound, words if bound else NO_TEXT)
    mark = ("敏感标记", "mark “sensitive”")
    yield fact("form", "sensitive", mark, field.sensitive, Text(zh=mark[0], en=mark[1]) if field.sensitive else NO_TEXT)
    kept = Text(zh=kept_words(field.keep, "zh"), en=kept_words(field.keep, "en")) if field.keep else NO_TEXT
    yield fact("form", "keep", ("保留期限", "time that it is kept"), field.keep, kept)
    yield listed(both, "form", "visible_to", ("能看的角色", "roles that may see it"), field.visible_to, Speech.role)
    columns = tuple(Text(zh=f"“{c.title.of('zh')}”", en=f"“{c.title.of('en')}”") for c in field.columns)
    joined = Text(zh="、".join(c.zh for c in columns), en=", ".join(c.en for c in columns)) if columns else NO_TEXT
    yield replace(fact("form", "columns", ("列", "columns"), field.columns, joined), items=columns)
    yield from origins(field.origin)


def facts_of_rule(both: Both, rule: Rule) -> Iterator[Fact]:
    """What is so of a rule: what it means, and its words."""
    formal = replace(rule, say=NO_TEXT, origin=NO_ORIGIN)
    yield fact("rules", "meaning", ("内容", "meaning"), formal, both.saying(meaning, rule))
    said = Text(zh=f"“{rule.say.of('zh')}”", en=f"“{rule.say.of('en')}”") if rule.say != NO_TEXT else NO_TEXT
    yield fact("texts", "say", ("条文", "sentence"), rule.say, said)
    yield from origins(rule.origin)


def facts_of_report(both: Both, report: Report) -> Iterator[Fact]:
    """What is so of a report: what it asks, its title, where it comes from."""
    formal = replace(report, title=NO_TEXT, origin=NO_ORIGIN)
    yield fact("rules", "asks", ("内容", "meaning"), formal, both.saying(asked, report))
    yield title("texts", report.title)
    yield from origins(report.origin)


def facts_of_example(both: Both, example: Example) -> Iterator[Fact]:
    """What is so of an example, which is told as a whole."""
    formal = replace(example, name="")
    yield replace(fact("examples", "play", ("经过", "story"), formal, both.text(walked, example)), brief=True)


def facts_of_process(both: Both) -> Iterator[Fact]:
    """What is so of the process as a whole."""
    of = both.definition
    yield fact("process", "process", ("编号", "name"), of.name, plain(f"“{of.name}”"))
    yield fact("process", "version", ("版本", "version"), of.version, plain(str(of.version)))
    yield fact("process", "owner", ("负责", "owner"), of.owner, plain(f"“{of.owner}”") if of.owner else NO_TEXT)
    yield fact(
        "process",
        "body",
        ("写法", "way of writing"),
        of.body,
        Text(zh="步骤", en="steps") if of.body == "steps" else Text(zh="状态", en="states"),
    )
    starts = both.saying(scheduled, of.starts) if of.starts is not None else NO_TEXT
    yield fact("deadlines", "starts", ("定时发起", "schedule"), of.starts, starts)
    yield fact("process", "initial", ("初始状态", "initial state"), of.root.initial, both.steps(of.root.initial))
    calendar = Text(zh=of.calendar.name or "周一至周五", en=of.calendar.name or "Monday to Friday")
    yield fact("deadlines", "calendar", ("工作日历", "calendar"), of.calendar, calendar)
    yield replace(title("texts", of.title))
    yield from origins(of.origin)
