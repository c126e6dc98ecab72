"""When something must be done, what happens when it is late, and the table of all moments that a process knows.

What a deadline does is read from the transition that does it, so the words cannot promise what the kernel does not do: a
reminder on a step without people of its own tells nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oyiflow.model.definition import Notify, Rule, Schedule, State, Transition
from oyiflow.words.outline import Line
from oyiflow.words.speech import Speech


def deadline_of(state: State) -> Transition | None:
    """The deadline of a step, if it has one."""
    return next((way for way in state.transitions if way.purpose == "late"), None)


def until(speech: Speech, way: Transition) -> str:
    """The deadline itself: a length of time, a day of the month, or the day in a field."""
    if way.after is not None:
        return speech.duration(way.after)
    zh, en = _MOVED.get(way.on_holiday, ("", ""))
    if way.day:
        return speech.say(f"在每月 {way.day} 日前（含当日{zh}）", f"by the end of day {way.day} of the month{en}")
    return speech.say(f"在{speech.field(way.at)}当日前（含当日{zh}）", f"by the end of the day in {speech.field(way.at)}{en}")


def passed(speech: Speech, way: Transition) -> str:
    """The same as a moment that is waited for: when that day is over."""
    zh, en = _MOVED.get(way.on_holiday, ("", ""))
    moved = f"（{zh[1:]}）" if zh else ""
    if way.day:
        return speech.say(f"每月 {way.day} 日过完{moved}", f"day {way.day} of the month is over{en}")
    return speech.say(f"{speech.field(way.at)}当日过完{moved}", f"the day in {speech.field(way.at)} is over{en}")


_MOVED = {
    "before": ("，遇休息日提前", " (the workday before, if it is a day off)"),
    "after": ("，遇休息日顺延", " (the workday after, if it is a day off)"),
}
PERIODS = {"week": ("每周", "week"), "month": ("每月", "month"), "quarter": ("每季度", "quarter"), "year": ("每年", "year")}


def scheduled(speech: Speech, starts: Schedule) -> str:
    """When a process starts by itself."""
    zh, en = PERIODS[starts.every]
    unit = "日" if starts.every == "month" else "天"
    limit = ""
    if starts.by:
        moved_zh, moved_en = _MOVED.get(starts.on_holiday, ("", ""))
        limit_zh = f"，{'第 ' if unit == '天' else ''}{starts.by} {unit}前办完（含当日{moved_zh}）"
        limit = speech.say(limit_zh, f", to be over by the end of day {starts.by}{moved_en}")
    days = [str(day) for day in (starts.first, *starts.more)]
    each, figures = "", ""
    if starts.for_each:
        role = speech.roles((starts.for_each,))
        each = speech.say(f"，{role}每人一份", f", one for everybody who is {role}")
    if starts.figures is not None:
        process, report = (
            speech.process(starts.figures.process),
            speech.report_of(starts.figures.process, starts.figures.report),
        )
        filled = speech.fields(tuple(name for name, _ in starts.figures.gives))
        figures = speech.say(
            f"，{filled}由流程{process}的统计{report}填好", f", with {filled} from the report {report} of the process {process}"
        )
    return speech.say(
        f"{zh}{'' if unit == '日' else '第'} {'、'.join(days)} {unit}自动发起{each}{figures}{limit}",
        f"starts by itself on day {' and day '.join(days)} of every {en}{each}{figures}{limit}",
    )


def way_of(state: State, *purposes: str) -> Transition | None:
    """The first transition that is there for one of these purposes."""
    return next((way for way in state.transitions if way.purpose in purposes), None)


def goes_to(speech: Speech, target: str, below: str = "") -> str:
    """Where the process goes on; `below` is the next line, which needs only its number."""
    state = speech.definition.states.get(target)
    if state is not None and not state.verb:
        return speech.say("本支到此完成", "this branch is complete")
    if state is not None and state.verb == "end" and speech.definition.parents.get(target) == speech.definition.root.id:
        return speech.say(f"流程结束于{speech.title(target)}", f"the process ends at {speech.title(target)}")
    if target == below and not speech.numbers:
        return speech.say("进入下一步", "go on to the next step")
    if target == below and target in speech.line:
        number = speech.line[target].number
        return speech.say(f"进入第 {number} 步", f"go on to step {number}")
    return speech.say(f"转{speech.step(target)}", f"go to {speech.step(target)}")


def closes(speech: Speech, line: Line, targets: Iterable[str]) -> bool:
    """Whether a way only ends the branch that the line is the last of: the sentence of all branches says what then."""
    ends = all(not state.verb for state in map(speech.definition.states.get, targets) if state is not None)
    return speech.numbers and ends and not line.below and bool(line.inside)


def when_late(speech: Speech, line: Line) -> str:
    """What happens when the deadline of a step has passed."""
    state, late = line.state, deadline_of(line.state)
    assert late is not None, "asked of a step without a deadline"
    if not late.targets:
        return _told(speech, state, late)
    how = state.work.late if state.work is not None else "pass"
    consent = (
        speech.say("视为同意", "it counts as approved")
        if state.verb == "approve"
        else speech.say("视为办毕", "it counts as done")
    )
    words = {
        "skip": speech.say("略过本步", "the step is left out"),
        "reject": speech.say("视为退回", "it counts as sent back"),
    }.get(how, consent)
    if closes(speech, line, late.targets):
        return words
    return speech.say("，", ": ").join((words, _onward(speech, late, line.below)))


def _onward(speech: Speech, way: Transition, below: str) -> str:
    """Where a transition leads; the end of a branch needs no further word."""
    return speech.several(goes_to(speech, target, below) for target in way.targets)


def _told(speech: Speech, state: State, late: Transition) -> str:
    if state.work is None:
        return speech.say("不作处理（本步没有办理人）", "nothing happens (the step has no people of its own)")
    if any(isinstance(action, Notify) and action.reason == "escalate" for action in late.actions):
        return speech.say(
            "告知办理人并上报其上级，本步仍须办理", "those who act and their superiors are told, and the step stays open"
        )
    return speech.say("提醒办理人，本步仍须办理", "those who act are reminded, and the step stays open")


def rows_of_deadlines(speech: Speech) -> Iterator[tuple[str, str, str]]:
    """Of each deadline: the step, by when, what if not."""
    starts = speech.definition.starts
    if starts is not None:
        late_zh, late_en = "告知此刻的办理人及其上级", "whoever holds it and their superiors are told"
        yield (
            speech.say("整个流程", "the process"),
            scheduled(speech, starts),
            speech.say(late_zh, late_en) if starts.by else "",
        )
    for line in speech.lines:
        name = speech.step(line.state.id)
        late, work = deadline_of(line.state), line.state.work
        if late is not None:
            limit = until(speech, late)
            if late.after is not None:
                limit = speech.say(f"进入本步后 {limit}内", f"within {limit} of its beginning")
            yield name, limit, when_late(speech, line)
        if work is not None and work.not_before:
            moment = speech.say(f"不早于{speech.field(work.not_before)}", f"not before {speech.field(work.not_before)}")
            yield name, moment, speech.say("在此之前不能办毕", "it cannot be completed earlier")
        for way in line.state.transitions:
            if way.timed and way.purpose != "late":
                yield name, _moment(speech, way), _then(speech, way, line.below)
    for place, rule in enumerate(speech.definition.rules, 1):
        if rule.within is not None:
            yield speech.say(f"规则第 {place} 条", f"rule {place}"), _by_rule(speech, rule), ""


def _moment(speech: Speech, way: Transition) -> str:
    if way.after is not None:
        return speech.say(f"满 {speech.duration(way.after)}", f"after {speech.duration(way.after)}")
    if way.day or way.over:
        return passed(speech, way)
    return speech.say(f"到{speech.field(way.at)}所填时间", f"at the moment in {speech.field(way.at)}")


def _then(speech: Speech, way: Transition, below: str) -> str:
    return _onward(speech, way, below) if way.targets else speech.say("执行动作，留在原状态", "actions only; no state is left")


def _by_rule(speech: Speech, rule: Rule) -> str:
    assert rule.within is not None
    steps, must = speech.several(map(speech.step, rule.steps)), speech.several(map(speech.step, rule.must))
    return speech.say(
        f"{steps}之后 {speech.duration(rule.within)}内：{must}", f"{must} within {speech.duration(rule.within)} of {steps}"
    )
