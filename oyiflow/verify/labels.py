"""What people read: titles that tell steps apart, documents that somebody makes, a chart that fits on a page.

Nothing here stops a process from running; it stops people from understanding it. Titles are optional in the language, so a
missing one is reported only where most steps have one: there it was forgotten. Documents are words, so what is needed is
compared with what is made only where a process says of any document that it is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.diagnostics import Diagnostic, Fix, Severity
from oyiflow.model.definition import Definition, State, Text
from oyiflow.model.expression_types import closest

MAX_NODES = 50
MAX_TITLE = 40
"""Characters of a title; a longer one is an instruction."""
_STOPS = "。．.；;，,：:"


def check_same_titles(definition: Definition) -> Iterator[Diagnostic]:
    """OF202: in one lane, two tasks with one title cannot be told apart in the inbox."""
    first: dict[tuple[str, Text], State] = {}
    for state in _tasks(definition):
        other = first.setdefault((state.lane, state.title), state)
        if other is not state and not _untitled(state):
            title = state.title.of("zh"), state.title.of("en")
            yield Diagnostic(
                code="OF202",
                severity=Severity.WARNING,
                span=state.span,
                zh=f"“{state.id}”和“{other.id}”在同一条泳道里，名称都是“{title[0]}”，待办里分不清",
                en=f"{state.id!r} and {other.id!r} in the same lane are both called {title[1]!r}: nobody can tell them apart",
                fix=Fix(
                    zh="给其中一步换个说法，如 审核报告、审核报销",
                    en="give one of them another title, such as Review report, Review claim",
                ),
                related=((other.span, "另一步在这里", "the other one is here"),),
            )


def check_documents(definition: Definition) -> Iterator[Diagnostic]:
    """OF207: a document that a step needs and no step makes, in a process that says where documents come from."""
    works = [(state, state.work) for state in definition.states.values() if state.work is not None]
    made = {name for _, work in works for name in work.makes}
    for state, work in works if made else ():
        for name in dict.fromkeys(work.needs):
            if name not in made:
                guess = closest(name, made)
                known = "、".join(sorted(made)), ", ".join(sorted(made))
                yield Diagnostic(
                    code="OF207",
                    severity=Severity.WARNING,
                    span=state.span,
                    zh=f"“{state.id}”需要“{name}”，却没有哪一步产出 (makes) 它",
                    en=f"{state.id!r} needs {name!r}, but no step makes it",
                    fix=Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?")
                    if guess
                    else Fix(
                        zh=f"在收到或写出它的那一步写 makes: {name}；已有的: {known[0]}",
                        en=f"write makes: {name} where it is written or received; made are: {known[1]}",
                    ),
                )


def check_titles(definition: Definition) -> Iterator[Diagnostic]:
    """OF901: a task without a title although most tasks have one; OF902: a title that is a sentence."""
    tasks = _tasks(definition)
    forgotten = [state for state in tasks if _untitled(state)]
    for state in forgotten if len(forgotten) * 2 < len(tasks) else ():
        yield Diagnostic(
            code="OF901",
            severity=Severity.WARNING,
            span=state.span,
            zh=f"“{state.id}”没有名称，办理的人看到的是编号",
            en=f"{state.id!r} has no title; who acts on it is shown its name",
            fix=Fix(zh="加上 title: 做什么，如 审核报告", en="add title: what is done, such as Review report"),
        )
    for state in tasks:
        yield from _style(state)


def _style(state: State) -> Iterator[Diagnostic]:
    for title in dict.fromkeys((state.title.zh, state.title.en)):
        long = len(title) > MAX_TITLE
        if long or (title and title[-1] in _STOPS):
            why = (
                (f"超过 {MAX_TITLE} 个字", f"has more than {MAX_TITLE} characters")
                if long
                else (f"以“{title[-1]}”结束", f"ends with {title[-1]!r}")
            )
            yield Diagnostic(
                code="OF902",
                severity=Severity.NOTE,
                span=state.span,
                zh=f"名称“{title[:MAX_TITLE]}”{why[0]}，像一句话",
                en=f"the title {title[:MAX_TITLE]!r} {why[1]}; it reads like a sentence",
                fix=Fix(zh="写成动词加对象，如 审核报告", en="write a verb and an object, such as Review report"),
            )
            return


def check_size(definition: Definition) -> Iterator[Diagnostic]:
    """OF903: a chart that nobody can take in."""
    count = sum(1 for state in definition.states.values() if state.verb and state is not definition.root)
    if count > MAX_NODES:
        yield Diagnostic(
            code="OF903",
            severity=Severity.NOTE,
            span=definition.span,
            zh=f"流程有 {count} 步，超过 {MAX_NODES} 步的图很难看懂",
            en=f"the process has {count} steps; a chart of more than {MAX_NODES} is hard to read",
            fix=Fix(
                zh="把成段的步骤另写一个流程，用 call 调用", en="put a stretch of steps into a process of its own and call it"
            ),
        )


def _tasks(definition: Definition) -> list[State]:
    """The steps on which people act, in document order."""
    return [state for state in definition.states.values() if state.work is not None and state.verb]


def _untitled(state: State) -> bool:
    """A name in Chinese is a title by itself."""
    return state.id in (state.title.zh, state.title.en) and state.id.isascii()
