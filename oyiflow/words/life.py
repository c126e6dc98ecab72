"""A life cycle in words: each state with what is done in it, and its transitions as a table of when, if, where and what else.

The states are numbered as they are nested in the file: 2.1 lies inside 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from oyiflow.model.definition import Action, Cancel, Log, Notify, Perform, Raise, Send, Set, State, StateKind, Transition
from oyiflow.model.expression import EMPTY, Constant, Expression
from oyiflow.words.deadlines import goes_to, passed
from oyiflow.words.markdown import indented, table
from oyiflow.words.outline import Line
from oyiflow.words.speech import Speech
from oyiflow.words.steps import called, source_of, spaced, stamped, stopped, work_of


def told_states(speech: Speech) -> list[str]:
    """All states in the author's order."""
    return [text for line in speech.lines for text in _told(speech, line)]


def _told(speech: Speech, line: Line) -> Iterator[str]:
    state = line.state
    name = speech.clean(state.title.of(speech.lang) or state.id)
    sentences = "".join(_closed(speech, part) for part in _parts(speech, state)).strip()
    head = f"**{line.number}　{name}**　" if speech.zh else f"**{line.number} {stopped(name)}** "
    bullet = "- " if line.depth else ""
    yield from indented([f"{bullet}{head}{sentences}{speech.origin(state.origin)}".rstrip()], max(0, line.depth - 1))
    yield ""
    yield from indented(_transitions(speech, state), line.depth)


def _closed(speech: Speech, words: str) -> str:
    return f"{words}。" if speech.zh else f" {words[:1].upper()}{words[1:]}."


def _parts(speech: Speech, state: State) -> Iterator[str]:
    yield from _kind(speech, state)
    if state.work is not None:
        yield work_of(speech, state, state.work)
        if state.work.not_before:
            day = speech.field(state.work.not_before)
            yield speech.say(f"不得早于{day}办毕", f"it cannot be completed before {day}")
        yield from stamped(speech, state.work)
    if state.call is not None:
        yield called(speech, state)
    for words, actions in ((("进入时", "on entry"), state.entry), (("离开时", "on exit"), state.exit)):
        if actions:
            yield speech.say(f"{words[0]}：{doings(speech, actions)}", f"{words[1]}: {doings(speech, actions)}")
    if state.output:
        given = [speech.say(f"{speech.quoted(name)}为{constant_or_source(speech, value)}", f"{speech.quoted(name)} is {constant_or_source(speech, value)}")
                 for name, value in state.output]  # fmt: skip
        yield speech.say("结果：", "its result: ") + speech.several(given)


def _kind(speech: Speech, state: State) -> Iterator[str]:
    inner = [child.id for child in state.states]
    match state.kind:
        case StateKind.FINAL:
            outermost = speech.definition.parents.get(state.id) == speech.definition.root.id
            yield (
                speech.say("流程到此结束", "the process is over")
                if outermost
                else speech.say("所在状态到此完成", "the state around it is complete")
            )
        case StateKind.PARALLEL:
            yield speech.say(
                f"{speech.several(map(speech.title, inner))}同时有效",
                f"{speech.several(map(speech.title, inner))} are active at the same time",
            )
        case StateKind.COMPOUND:
            first = state.initial or tuple(child.id for child in state.states if child.kind is not StateKind.HISTORY)[:1]
            yield speech.say(
                f"进入后先处于{speech.several(map(speech.title, first))}",
                f"begins in {speech.several(map(speech.title, first))}",
            )
        case StateKind.HISTORY:
            where = speech.several(map(speech.title, state.initial))
            deep = ("各层", " at all levels") if state.deep else ("", "")
            yield speech.say(
                f"回到上次离开时{deep[0]}所在的状态；没有来过的，到{where}",
                f"back to where it was left{deep[1]}; the first time, to {where}",
            )


# --- transitions


def _transitions(speech: Speech, state: State) -> list[str]:
    rows = []
    for way in state.transitions:
        where = speech.several(_goes(speech, state, target) for target in way.targets) or speech.say(
            "留在原状态", "no state is left"
        )
        if way.internal and way.targets:
            where += speech.say("（不离开所在状态）", " (without leaving this state)")
        guard = speech.condition(way.guard) if way.guard is not None else ""
        rows.append((trigger(speech, state, way), guard, where, doings(speech, way.actions), speech.source(way.origin)))
    columns = (("何时", "when"), ("条件", "condition"), ("去向", "where to"), ("同时做", "what is done"), ("出处", "source"))
    kept = [n for n in range(5) if n in (0, 2) or any(row[n] for row in rows)]
    return table([speech.say(*columns[n]) for n in kept], [[row[n] for n in kept] for row in rows])


def _goes(speech: Speech, state: State, target: str) -> str:
    return speech.say("重新进入本状态", "enter this state again") if target == state.id else goes_to(speech, target)


def trigger(speech: Speech, state: State, way: Transition) -> str:
    """What a transition waits for, under its label if it has one. The label of an answer is the answer."""
    label, waited = speech.text(way.label), _waited(speech, state, way)
    if not label:
        return waited
    if speech.numbers and state.work is not None and way.events and {*way.events} <= _answers(state):
        return speech.say(
            f"选{speech.quoted(way.label.of(speech.lang))}", f"the answer {speech.quoted(way.label.of(speech.lang))}"
        )
    return speech.say(f"{label}（{waited}）", f"{label} ({waited})")


def _waited(speech: Speech, state: State, way: Transition) -> str:
    if way.after is not None:
        return speech.say(f"满 {speech.duration(way.after)}", f"after {speech.duration(way.after)}")
    if way.day or way.over:
        return passed(speech, way)
    if way.at:
        return speech.say(f"到{speech.field(way.at)}所填时间", f"at the moment in {speech.field(way.at)}")
    if not way.events:
        return speech.say("条件一成立", "as soon as it holds") if way.guard is not None else speech.say("立即", "at once")
    return speech.several((_event(speech, state, event) for event in way.events), ("或", "or"))


def _answers(state: State) -> set[str]:
    return {answer.event for answer in state.work.outcomes} if state.work is not None else set()


def _event(speech: Speech, state: State, event: str) -> str:
    answers = _answers(state)
    for prefix, zh, en in (("done.state.", "{}完成", "{} is complete"), ("done.call.", "{}所调用的流程结束", "the process called by {} is over"),
                           ("error.call.", "{}所调用的流程不能启动", "the process called by {} could not be started")):  # fmt: skip
        if event.startswith(prefix):
            return speech.say(zh, en).format(speech.title(event.removeprefix(prefix)))
    if event == "*":
        return speech.say("任何事件", "any event")
    return speech.say(
        ("答复" if event in answers else "收到") + speech.quoted(event),
        ("the answer " if event in answers else "the event " if speech.numbers else "") + speech.quoted(event),
    )


# --- actions


def doings(speech: Speech, actions: tuple[Action, ...]) -> str:
    """Actions in words."""
    groups = [(key, list(group)) for key, group in groupby(actions, _empties)]
    told = [[_emptied(speech, group)] if key else [_doing(speech, action) for action in group] for key, group in groups]
    return speech.say("；", "; ").join(words for group in told for words in group)


def _empties(action: Action) -> bool:
    return isinstance(action, Set) and action.value == EMPTY


def _emptied(speech: Speech, actions: list[Action]) -> str:
    """Fields emptied one after the other are told at once."""
    fields = speech.fields(action.field for action in actions if isinstance(action, Set))
    return speech.say(f"清空{fields}", f"{fields} {'is' if len(actions) == 1 else 'are'} emptied")


def _doing(speech: Speech, action: Action) -> str:
    match action:
        case Set(field=field, value=value):
            words = constant_or_source(speech, value)
            return speech.say(f"{speech.field(field)}记为{spaced(words)}", f"{speech.field(field)} becomes {words}")
        case Raise(event=event):
            return speech.say(f"引发{speech.quoted(event)}", f"raise {speech.quoted(event)}")
        case Send(event=event, after=after):
            when = speech.say(f"{speech.duration(after)}后", f" after {speech.duration(after)}") if after is not None else ""
            return speech.say(f"{when}发送{speech.quoted(event)}", f"send {speech.quoted(event)}{when}")
        case Cancel(id=id):
            return speech.say(f"取消待发的{speech.quoted(id)}", f"cancel what is to be sent as {speech.quoted(id)}")
        case Log(text=text):
            return speech.say(f"记录：{speech.text(text)}", f"write down: {speech.text(text)}")
        case Notify(about=about, reason=reason, roles=roles):
            if reason == "remind":
                return speech.say(f"提醒{speech.title(about)}的办理人", f"remind those who act on {speech.title(about)}")
            if reason == "tell":
                return speech.say(f"告知{speech.roles(roles)}", f"tell {speech.roles(roles)}")
            if reason == "rule":
                late = speech.title(about) if about in speech.definition.states else ""
                return speech.say(
                    f"把{late}逾期告知此刻的办理人及其上级",
                    f"tell whoever holds the case, and their superiors, that {late} is overdue",
                )
            return speech.say(
                f"把{speech.title(about)}上报办理人的上级", f"tell the superiors of those who act on {speech.title(about)}"
            )
        case Perform(handler=handler, inputs=inputs):
            given = speech.several(f"{speech.quoted(name)} = {constant_or_source(speech, value)}" for name, value in inputs)
            asked = speech.say(f"请程序{speech.quoted(handler)}办理", f"ask the program for {speech.quoted(handler)}")
            return asked + (speech.say(f"（{given}）", f" ({given})") if inputs else "")


def constant_or_source(speech: Speech, value: Expression) -> str:
    """A value: a constant as it is read, a field by its title, anything else as an expression."""
    return speech.condition(value) if isinstance(value, Constant) else source_of(speech, value)
