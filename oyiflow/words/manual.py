"""The manual of a process: everything that its file says, as a document that a company would print.

One definition, one language, one text; nothing in it depends on when or where it is written, so the same file gives the
same manual. What the file does not say (why the process is there, for instance) is not made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from oyiflow.model.definition import Definition, Schedule, State, Work
from oyiflow.model.tree import ends_of
from oyiflow.words.deadlines import rows_of_deadlines, scheduled
from oyiflow.words.life import told_states
from oyiflow.words.markdown import inline, table
from oyiflow.words.outline import Line
from oyiflow.words.reports import told_reports
from oyiflow.words.rules import told_examples, told_rules
from oyiflow.words.speech import Speech
from oyiflow.words.steps import told_steps
from oyiflow.words.tables import (
    table_of_documents,
    table_of_fields,
    table_of_inferred,
    table_of_responsibilities,
    table_of_roles,
)


def explain(definition: Definition, lang: str = "both", others: Mapping[str, Definition] | None = None) -> str:
    """The manual as Markdown, in "zh", "en", or in "both": first all in Chinese, then all in English.

    Of `others`, the processes that this one speaks of, it takes the titles; else they are called by their names.
    """
    if lang == "both":
        return explain(definition, "zh", others) + "\n---\n\n" + explain(definition, "en", others)
    speech = Speech(definition, "en" if lang == "en" else "zh", inline, others=others)
    lines = [f"# {_heading(speech)}", "", *_title_block(speech)]
    number = 0
    for title, body in _chapters(speech):
        if body:
            number += 1
            lines += [f"## {speech.say(f'{_CHINESE[number]}、', f'{number}. ')}{title}", "", *body]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


_CHINESE = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")


def _heading(speech: Speech) -> str:
    title = speech.text(speech.definition.title)
    return speech.say(f"{title}　流程说明书", f"{title}: manual of the process")


def _title_block(speech: Speech) -> list[str]:
    of = speech.definition
    rows = [
        (speech.say("流程编号", "process"), speech.clean(of.name)),
        (speech.say("版本", "version"), str(of.version)),
        (speech.say("负责", "owner"), speech.clean(of.owner)),
        (speech.say("依据", "source"), speech.source(of.origin)),
        (speech.say("内容摘要（SHA-256）", "digest (SHA-256)"), of.digest),
    ]
    return table((speech.say("项目", "item"), speech.say("内容", "content")), [row for row in rows if row[1]])


def _chapters(speech: Speech) -> Iterator[tuple[str, list[str]]]:
    of = speech.definition
    yield speech.say("适用范围", "Scope"), _scope(speech)
    yield speech.say("角色", "Roles"), table_of_roles(speech)
    if of.body == "steps":
        yield speech.say("步骤", "Steps"), told_steps(speech)
    else:
        yield speech.say("状态与转移", "States and transitions"), told_states(speech)
    yield speech.say("表单", "The form"), table_of_fields(speech)
    yield speech.say("文件", "Documents"), table_of_documents(speech)
    heads = (("事项", "what"), ("时间", "by when"), ("届时或逾期", "then, or if late"))
    yield speech.say("期限", "Deadlines"), table([speech.say(*head) for head in heads], rows_of_deadlines(speech))
    yield speech.say("职责", "Responsibilities"), _responsibilities(speech)
    yield speech.say("规则", "Rules"), told_rules(speech)
    yield speech.say("统计", "Reports"), told_reports(speech)
    yield speech.say("案例", "Examples"), told_examples(speech)
    yield speech.say("推定内容一览", "What is inferred"), _inferred(speech)


def _scope(speech: Speech) -> list[str]:
    of = speech.definition
    ends = ends_of(of)
    inside = [role.name for role in of.roles if not role.outside]
    outside = [role.name for role in of.roles if role.outside]
    calls = list(
        dict.fromkeys(state.call.process for state in of.states.values() if state.call is not None and state.call.process)
    )
    title = speech.text(of.title)
    sentences = [
        speech.say(f"本说明书规定“{title}”由谁、按什么条件、在什么期限内办理", f"This manual says who carries out “{title}”, under which conditions and by when"),
        _starter(speech),
        speech.say(f"流程结束于{speech.several(map(speech.title, ends), ('或', 'or'))}", f"The process ends at {speech.several(map(speech.title, ends), ('或', 'or'))}")
        if ends else "",
        speech.say(f"参与的角色有{speech.roles(inside)}", f"The roles in it are {speech.roles(inside)}") if inside else "",
        speech.say(f"公司外部有{speech.roles(outside)}", f"Outside the company: {speech.roles(outside)}") if outside else "",
        speech.say(f"调用的流程有{speech.several(map(speech.process, calls))}", f"It runs other processes: {speech.several(map(speech.process, calls))}") if calls else "",
        speech.say(f"凡标有{speech.inferred}的，原文没有写明，是推定的；全部列在末章", f"What is marked{speech.inferred} is not said by the source; all of it is listed in the last chapter")
        if table_of_inferred(speech) else "",
    ]  # fmt: skip
    stop = speech.say("。", ". ")
    return ["".join(sentence + stop for sentence in sentences if sentence).strip(), ""]


def _starter(speech: Speech) -> str:
    """What begins a case: the calendar, or whoever does the first line, where that is work that is never skipped; else nothing is claimed."""
    of, first = speech.definition, _first(speech)
    if of.starts is not None:
        return _by_itself(speech, of.starts, first)
    if first is None or first.work is None or first is not speech.lines[0].state:
        return ""
    people = _without_starter(speech, first.work)
    return speech.say(
        f"由{people}发起，自{speech.title(first.id)}开始", f"A case is begun by {people} with {speech.title(first.id)}"
    )


def _first(speech: Speech) -> State | None:
    """The one line with work or a choice that a case comes to first, through branches and waiting beside it; none where there are several."""
    found = [line for line in speech.lines if not line.inside][:1] if speech.definition.body == "steps" else []
    inner = {line.inside for line in speech.lines}
    while any(line.state.id in inner for line in found):
        found = [one for line in found for one in (_opened(speech, line) if line.state.id in inner else [line])]
    acts = [line.state for line in found if line.state.verb != "wait"]
    return acts[0] if len(acts) == 1 and acts[0].only_when is None else None


def _opened(speech: Speech, line: Line) -> list[Line]:
    below = [one for one in speech.lines if one.inside == line.state.id]
    return below if line.state.verb == "together" else below[:1]


def _without_starter(speech: Speech, work: Work) -> str:
    """Who acts; that it must be who began the case goes without saying of the line that begins it."""
    return speech.people(replace(work, who=None) if _own(speech, work) else work)


def _own(speech: Speech, work: Work) -> bool:
    return work.who is not None and work.who.whoever_did == speech.definition.root.id and not work.who.superior


def _by_itself(speech: Speech, starts: Schedule, first: State | None) -> str:
    """`流程每月 1 日自动发起，销售人员每人一份，25 日前办完；各份由本人从“选定拜访客户”办起`."""
    told = speech.say(f"流程{scheduled(speech, starts)}", f"The process {scheduled(speech, starts)}")
    if first is None:
        return told
    title = speech.title(first.id)
    if first.work is None:
        return told + (speech.say(f"；先判断{title}", f"; {title} is decided first") if first.verb == "decide" else "")
    if starts.for_each and _own(speech, first.work):
        return told + speech.say(f"；各份由本人从{title}办起", f"; each of them begins with {title} in their own")
    people = _without_starter(speech, first.work)
    return told + speech.say(f"；由{people}从{title}办起", f"; {people} then begins with {title}")


def _responsibilities(speech: Speech) -> list[str]:
    found = table_of_responsibilities(speech)
    legend = speech.say("R 办理，A 审批，C 协助，I 对方（会同或告知）。", "R does it, A approves, C helps, I is met or told.")
    return [legend, "", *found] if found else []


def _inferred(speech: Speech) -> list[str]:
    found = table_of_inferred(speech)
    note = speech.say("下列内容原文没有写明，由流程的编写人补上；有条款的，意思出自该条款，次序、条件、期限或去向是推定的。",
                      "The source does not say the following; the author of the process has added it. Where an article is named, the matter comes from it, "
                      "and the order, condition, deadline or direction is inferred.")  # fmt: skip
    return [note, "", *found] if found else []
