"""One line of a procedure as a sentence of the manual: who does what, when, with which papers, by when, and what then.

A sentence is made of clauses, each there or not; each clause is written in Chinese and in English side by side. What is
said comes from the transitions that lowering made, so the text says what will happen and not what was meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.model.definition import Mode, Notify, Set, State, Transition, While, Work
from oyiflow.model.expression import Expression, Name
from oyiflow.words.deadlines import closes, deadline_of, goes_to, passed, until, way_of, when_late
from oyiflow.words.markdown import indented, table
from oyiflow.words.outline import Line
from oyiflow.words.speech import Speech

MANY = 6
"""Fields that are emptied, more than which are not listed if those that are kept are fewer."""


def told_steps(speech: Speech) -> list[str]:
    """All steps of a procedure in the author's order."""
    return [text for line in speech.lines for text in _told(speech, line)]


def _told(speech: Speech, line: Line) -> Iterator[str]:
    state = line.state
    name = speech.clean(state.title.of(speech.lang) or state.id)
    head = speech.say(f"**第 {line.number} 步　{name}**　", f"**Step {line.number}. {stopped(name)}** ")
    text = head + sentence_of(speech, line) + speech.origin(state.origin)
    bullet = "- " if line.depth else ""
    yield from indented([f"{bullet}{text}"], max(0, line.depth - 1))
    yield ""
    if state.verb == "decide":
        yield from indented(_cases(speech, line), line.depth)


def stopped(name: str) -> str:
    """A title with a full stop, unless it has a sign of its own."""
    return name if name.endswith(("?", "!", ".", "？", "！", "。")) else f"{name}."


def sentence_of(speech: Speech, line: Line) -> str:
    """What a line says, as one sentence or a few."""
    state = line.state
    if state.verb == "end":
        return speech.say("流程到此结束。", "The process is over.")
    if line.branch:
        if sum(other.inside == state.id for other in speech.lines) == 1:
            return speech.say("本支只有一步。", "This branch has one step.")
        return speech.say("本支依次办理以下各步。", "The steps of this branch, one after the other:")
    parts = [*_condition(speech, state), _body(speech, line), *_limits(speech, line), *_ways(speech, line)]
    return speech.say("", " ").join(_sentence(speech, part) for part in parts if part)


def _sentence(speech: Speech, words: str) -> str:
    return f"{words}。" if speech.zh else f"{words[:1].upper()}{words[1:]}."


def _condition(speech: Speech, state: State) -> Iterator[str]:
    if state.only_when is None:
        return
    skipped = way_of(state, "skip")
    line, words = speech.line[state.id], speech.when(state.only_when)
    onward = skipped.targets[0] if skipped is not None and skipped.targets else ""
    told = onward and not closes(speech, line, [onward])
    zh, en = ("，", ": ") if told else ("", "")
    after = speech.say(zh, en) + goes_to(speech, onward, line.below) if told else ""
    yield speech.say(f"仅当{words}办理；否则略过{after}", f"only when {words}; otherwise the step is skipped{after}")


def _body(speech: Speech, line: Line) -> str:
    state = line.state
    if state.work is not None:
        return work_of(speech, state, state.work)
    match state.verb:
        case "decide":
            return speech.say("按下列情形自动判断，取第一个符合的", "decided by the first case below that holds")
        case "together":
            return _together(speech, state)
        case "wait":
            return _wait(speech, state)
        case "call" | "each" | "run":
            return called(speech, state)
    return ""


# --- work


def work_of(speech: Speech, state: State, work: Work) -> str:
    """Who does it, with whom, on which papers, filling in what."""
    clauses = [_who(speech, state, work), *_company(speech, work), *_papers(speech, work)]
    more = (*filled_in(speech, work.fill), *_shown(speech, work), *_checked(speech, work))
    return speech.say("，", "; ").join((speech.say("，", ", ").join(clauses), *more))


def _who(speech: Speech, state: State, work: Work) -> str:
    zh, en = {"approve": ("审批", "approved or sent back by"), "decide": ("选择下列情形之一", "chosen by")}.get(
        state.verb, ("办理", "done by")
    )
    towards = f"面向{speech.roles(work.meets)}" if work.meets else ""
    people, note = speech.people(work), _mode(speech, state, work)
    how = "依次" if work.mode is Mode.IN_TURN else "各自" if work.mode is Mode.ALL and len(work.by) > 1 else ""
    told, where = _lane(speech, state, work)
    if told and speech.zh:
        return f"由{people}{told}{zh}{note}"
    return speech.say(f"由{people}{towards}{how}{zh}{note}{where}", f"{en} {people}{told}{note}{where}")


def _lane(speech: Speech, state: State, work: Work) -> tuple[str, str]:
    """What a lane that is not of the people who act means: in an outsider's lane their choice follows the outsider; else only where it is drawn."""
    lane = speech.definition.role.get(state.lane)
    if lane is None or state.lane in [who.role for who in work.by] or not any(who.role for who in work.by):
        return "", ""
    title = speech.role(state.lane)
    if lane.outside and state.verb == "decide":
        return speech.say(f"按{title}的情况", f", as it stands with {title}"), ""
    return "", speech.say(f"（图上画在{speech.quoted(title)}泳道）", f" (drawn in the lane {speech.quoted(title)})")


def _mode(speech: Speech, state: State, work: Work) -> str:
    if len(work.by) < 2:
        return ""
    signed = state.verb == "approve"
    match work.mode:
        case Mode.ALL:
            zh, en = (
                ("会签：全体同意方为同意，一人退回即为退回", "all must agree; one rejection decides")
                if signed
                else ("全体办毕方为办毕", "all of them")
            )
        case Mode.IN_TURN:
            zh, en = ("前一人同意后轮到下一人，一人退回即为退回", "one after the other; one rejection decides") if signed else (
                "前一人办毕后轮到下一人", "one after the other")  # fmt: skip
        case Mode.VOTE:
            zh, en = f"票签：{work.share}% 同意方为同意", f"a vote: {work.share} % of them must consent"
        case _:
            zh, en = ("或签：先答复者为准", "the first answer decides") if signed else ("一人办理即可", "one of them is enough")
    return speech.say(f"（{zh}）", f" ({en})")


def _company(speech: Speech, work: Work) -> Iterator[str]:
    if work.meets and not speech.zh:
        yield f"dealing with {speech.roles(work.meets)}"
    if work.helped_by:
        yield speech.say(f"{speech.roles(work.helped_by)}协助", f"helped by {speech.roles(work.helped_by)}")


def _papers(speech: Speech, work: Work) -> Iterator[str]:
    if work.needs:
        yield speech.say(f"依据{speech.papers(work.needs)}", f"on the basis of {speech.papers(work.needs)}")
    if work.makes:
        yield speech.say(f"形成{speech.papers(work.makes)}", f"making {speech.papers(work.makes)}")


def filled_in(speech: Speech, names: tuple[str, ...]) -> Iterator[str]:
    """What must and what may be filled in."""
    fields = speech.definition.field
    must = [name for name in names if name in fields and fields[name].required]
    may = [name for name in names if name not in must]
    if must:
        yield speech.say(f"须填写{speech.fields(must)}", f"{speech.fields(must)} must be filled in")
    if may:
        yield speech.say(f"可填写{speech.fields(may)}", f"{speech.fields(may)} may be filled in")


def _shown(speech: Speech, work: Work) -> Iterator[str]:
    if work.see:
        yield speech.say(f"可查看{speech.fields(work.see)}", f"{speech.fields(work.see)} are shown")
    if work.hide:
        yield speech.say(f"不显示{speech.fields(work.hide)}", f"{speech.fields(work.hide)} are not shown")


def _checked(speech: Speech, work: Work) -> Iterator[str]:
    if work.checklist:
        items = speech.several(speech.quoted(item.of(speech.lang)) for item in work.checklist)
        yield speech.say(f"须逐项核对{items}", f"to be ticked: {items}")


def during(speech: Speech, wanted: While) -> str:
    """The state of another process during which a step may be done."""
    same, process, at = speech.field(wanted.same), speech.process(wanted.process), speech.step_of(wanted.process, wanted.at)
    return speech.say(f"流程{process}（{same}相同的）处于{at}期间", f"the process {process} with the same {same} is at {at}")


_OPERATIONS = {
    "transfer": ("转办", "transfer"), "delegate": ("委派", "delegate"), "add_signer": ("加签", "add a signer"),
    "remove_signer": ("减签", "remove a signer"), "send_back": ("退回", "send back"), "withdraw": ("撤回", "withdraw"), "urge": ("催办", "urge"),
}  # fmt: skip


def operation(speech: Speech, name: str) -> str:
    """What people may do with a task besides answering it."""
    return speech.say(*_OPERATIONS[name])


# --- what has no people


def _together(speech: Speech, state: State) -> str:
    way = way_of(state, "next")
    every = way is None or f"done.state.{state.id}" in way.events
    if every:
        return speech.say("下列各项同时进行，须全部完成", "the following go on at the same time, and all must be completed")
    return speech.say(
        "下列各项同时进行，有一项完成即可，其余的任务撤回",
        "the following go on at the same time until one is completed; the tasks of the others are withdrawn",
    )


def _wait(speech: Speech, state: State) -> str:
    way = way_of(state, "next", "event")
    if way is None:
        return ""
    if way.after is not None:
        return speech.say(f"等待 {speech.duration(way.after)}", f"wait for {speech.duration(way.after)}")
    if way.day:
        return speech.say(f"等到{passed(speech, way)}", f"wait until {passed(speech, way)}")
    if way.at:
        return speech.say(f"等到{speech.field(way.at)}所填的时间", f"wait until the moment in {speech.field(way.at)}")
    events = speech.several((speech.quoted(event) for event in way.events), ("或", "or"))
    return speech.say(f"等待外部消息{events}", f"wait for the message {events} from outside")


def called(speech: Speech, state: State) -> str:
    """Which process runs, what goes in and what comes back."""
    call = state.call
    assert call is not None, "asked of a state that calls"
    pinned = (
        (f"第 {call.version} 版", f", version {call.version}")
        if call.version is not None
        else ("（当时的最新版本）", " (the newest version at that moment)")
    )
    name = speech.process(call.process)
    clauses = [speech.say(f"启动流程{name}{pinned[0]}并等它结束", f"run the process {name}{pinned[1]} and wait for its end")]
    if call.handler:
        tries = (
            "" if call.retries is None else speech.say(f"，失败后再试 {call.retries} 次", f", tried again {call.retries} times")
        )
        handler = speech.quoted(call.handler)
        clauses = [speech.say(f"由程序{handler}自动执行{tries}", f"done by the program {handler}{tries}")]
    elif call.each:
        field = speech.field(call.each)
        clauses = [
            speech.say(
                f"对{field}中的每一项各启动一个流程{name}{pinned[0]}，并等它们全部结束",
                f"for every entry of {field} run the process {name}{pinned[1]}, and wait for the end of all of them",
            )
        ]
    if call.inputs:
        given = [_shared(speech, source_of(speech, value), speech.field_of(call.process, name)) for name, value in call.inputs]
        clauses.append(speech.say("传入：", "giving ") + speech.several(given))
    if call.outputs:
        back = [_shared(speech, speech.field(ours), speech.field_of(call.process, theirs)) for ours, theirs in call.outputs]
        clauses.append(speech.say("取回：", "taking back ") + speech.several(back))
    return speech.say("；", "; ").join(clauses)


def _shared(speech: Speech, ours: str, theirs: str) -> str:
    """What two processes share, under both names if it has two."""
    return ours if ours == theirs else speech.say(f"{ours}（对方的{theirs}）", f"{ours} (its {theirs})")


def spaced(words: str) -> str:
    """Chinese, a number or a Latin word among it standing off from what is before."""
    return f" {words}" if words[:1].isascii() else words


def source_of(speech: Speech, value: Expression) -> str:
    return speech.field(value.name) if isinstance(value, Name) else speech.condition(value)


# --- when, and what then


def stamped(speech: Speech, work: Work) -> Iterator[str]:
    """That the day on which it is done is kept."""
    if work.stamp:
        day = speech.field(work.stamp)
        yield speech.say(f"办完那天记入{day}", f"the day on which it is done goes into {day}")


def _limits(speech: Speech, line: Line) -> Iterator[str]:
    work, late = line.state.work, deadline_of(line.state)
    if work is not None and work.not_before:
        yield speech.say(
            f"不得早于{speech.field(work.not_before)}办毕", f"it cannot be completed before {speech.field(work.not_before)}"
        )
    if work is not None:
        yield from stamped(speech, work)
    if work is not None and work.only_while is not None:
        yield speech.say(f"只能在{during(speech, work.only_while)}办理", f"only while {during(speech, work.only_while)}")
    if late is not None:
        limit, told = until(speech, late), when_late(speech, line)
        if late.after is not None:
            limit = speech.say(f"在 {limit}内", f"within {limit}")
        yield speech.say(f"应{limit}完成；逾期的，{told}", f"to be done {limit}; if late, {told}")
    if work is not None and work.allow:
        names = speech.several(operation(speech, name) for name in work.allow)
        yield speech.say(f"允许{names}", f"people may also: {names}")


def _ways(speech: Speech, line: Line) -> Iterator[str]:
    state = line.state
    told = next((a.roles for way in state.transitions for a in way.actions if isinstance(a, Notify) and a.reason == "tell"), ())
    names = speech.roles(told) if told else ""
    told_en = f"{names} {'are' if len(told) > 1 else 'is'} told" if told else ""
    if state.verb == "approve":
        yes = _answer(speech, way_of(state, "approved"), line, ("同意的", "if approved"))
        no = _answer(speech, way_of(state, "rejected"), line, ("退回的", "if sent back"))
        if told:
            yes += speech.say(f"，并告知{names}", f", and {told_en}")
        yield speech.say("；", "; ").join(words for words in (yes, no) if words)
    elif state.verb == "decide":
        yield speech.say(f"{'选定后' if state.work is not None else '判断后'}告知{names}", told_en) if told else ""
    else:
        yield from _straight(speech, state)
        done = ("办毕", "then") if state.work is not None else ("完成后", "then")
        onward = onward_of(state)
        answer = "" if onward is None or closes(speech, line, onward.targets) else _answer(speech, onward, line, done)
        if told and speech.zh:
            answer = f"{answer}，并告知{names}" if answer else f"{done[0]}，告知{names}"
        yield answer
        yield speech.say("", told_en)
        yield _answer(speech, way_of(state, "failed"), line, ("不能启动的", "if it could not be started"))


def onward_of(state: State) -> Transition | None:
    """The ordinary way on: not the one by which a rejected application goes straight back."""
    ways = [way for way in state.transitions if way.purpose in ("next", "event")]
    return next((way for way in ways if way.guard is None), ways[0] if ways else None)


def _straight(speech: Speech, state: State) -> Iterator[str]:
    back = [way.targets[0] for way in state.transitions if way.purpose == "next" and way.guard is not None and way.targets]
    if state.work is not None and back:
        names = speech.several(map(speech.step, back), ("或", "or"))
        yield speech.say(f"由{names}退回的，办毕直送{names}", f"if {names} sent it back, it goes straight back there")


def _answer(speech: Speech, way: Transition | None, line: Line, answer: tuple[str, str]) -> str:
    if way is None or not way.targets:
        return ""
    onward = speech.several(goes_to(speech, target, line.below) for target in way.targets)
    if speech.zh:
        return f"{answer[0]}，{onward}"
    return f"{answer[1]} {onward}" if answer[1] == "then" else f"{answer[1]}, {onward}"


def emptied(speech: Speech, fields: list[str]) -> Iterator[str]:
    """That a case empties fields, which are then filled in anew; where it is nearly the whole form, what it keeps."""
    kept = [field.name for field in speech.definition.fields if not field.hidden and field.name not in fields]
    if len(fields) > MANY and len(kept) * 2 <= len(fields):
        names = speech.fields(kept)
        but = speech.say(f"除{names}外，", f" but {names}") if kept else ""
        yield speech.say(f"，{but}各栏清空重填", f", with all fields{but} to be filled in anew")
    elif fields:
        names = speech.several(map(speech.field, fields))
        yield speech.say(f"，{names}清空重填", f", with {names} to be filled in anew")


def _cases(speech: Speech, line: Line) -> list[str]:
    state = line.state
    asked = any(way.guard is not None for way in state.transitions if way.purpose == "case") or state.work is None
    rows = []
    for way in (way for way in state.transitions if way.purpose in ("case", "otherwise")):
        onward = speech.several(goes_to(speech, target, line.below) for target in way.targets)
        condition = (
            speech.condition(way.guard)
            if way.guard is not None
            else speech.say("其他情形", "all else")
            if state.work is None
            else ""
        )
        marks = speech.source(way.origin)
        onward += "".join(emptied(speech, [action.field for action in way.actions if isinstance(action, Set)]))
        rows.append((speech.text(way.label), *([condition] if asked else []), onward, marks))
    head = [
        speech.say("情形", "case"),
        *([speech.say("条件", "condition")] if asked else []),
        speech.say("去向", "where to"),
        speech.say("出处", "source"),
    ]
    return table(head, rows)
