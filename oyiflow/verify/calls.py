"""OF205, OF204, OF201: what a process calls, looks at or asks.

The other process exists (OF205), has the fields, reports and ends that are asked of it, ends that examples name among them
(OF204), and the steps (OF201); what it only can get from whoever calls it is passed (OF505). No process calls itself through others (OF205).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Span
from oyiflow.model.definition import STARTER, Call, Definition, Figures, Report, While
from oyiflow.model.example import FAILED
from oyiflow.model.expression import Name
from oyiflow.model.expression_types import check as check_type
from oyiflow.model.expression_types import closest
from oyiflow.model.tree import ends_named, ends_of
from oyiflow.model.values import FieldType
from oyiflow.verify.data import writes_of
from oyiflow.verify.graph import Graph, descendants

_NEEDS = {"period": ("every",), "at_least": ("at_least",), "due": ("at_least", "every")}
"""What a report must say so that this part of its answer is there; the other parts always are."""


def calls_of(definition: Definition) -> list[Call]:
    """The calls of other processes in a definition, in document order."""
    return [state.call for state in definition.states.values() if state.call is not None and state.call.process]


def looks_at(definition: Definition) -> list[While]:
    """The other processes that steps of a definition look at (`only_while`)."""
    works = (state.work for state in definition.states.values() if state.work is not None)
    return [work.only_while for work in works if work.only_while is not None]


def asks_of(definition: Definition) -> list[Figures]:
    """The reports of other processes that a definition asks (`figures`)."""
    return [definition.starts.figures] if definition.starts is not None and definition.starts.figures is not None else []


def check_calls(definition: Definition, others: Mapping[str, Definition | None]) -> Iterator[Diagnostic]:
    """OF205 and OF204 for the calls of one definition. `others`: known processes; None where one has errors of its own."""
    for call in calls_of(definition):
        if call.process not in others:
            yield _unknown(call.process, call.span, others)
            continue
        theirs = others[call.process]
        if theirs is not None:
            names = [name for name, _ in call.inputs] + [name for _, name in call.outputs] + _of_entries(definition, call)
            yield from (_no_field(call.span, name, theirs) for name in names if name not in theirs.field)
            yield from _check_types(definition, call, theirs)
            yield from (_not_given(call, name, theirs) for name in _only_given(theirs) if name not in names)
    yield from _check_examples(definition, others)
    for wanted in looks_at(definition):
        yield from _check_look(wanted, others)
    for figures in asks_of(definition):
        yield from _check_report(definition, figures, others)
    yield from _cycles(definition, others)


def _check_types(definition: Definition, call: Call, theirs: Definition) -> Iterator[Diagnostic]:
    """OF506: what is given fits their field, and what they give back fits ours."""
    given = [(value, definition, theirs.field[name]) for name, value in call.inputs if name in theirs.field]
    back = [(Name(name=name), theirs, definition.field[ours]) for ours, name in call.outputs if name in theirs.field]
    for value, side, wanted in (*given, *back):
        for problem in check_type(value, side.field, side.states, wanted)[1]:
            where_zh, where_en = f"“{wanted.title.of('zh') or wanted.name}”: ", f"{wanted.name}: "
            yield Diagnostic(code=problem.code, span=call.span, zh=where_zh + problem.zh, en=where_en + problem.en)


def _check_examples(definition: Definition, others: Mapping[str, Definition | None]) -> Iterator[Diagnostic]:
    """OF204: the ends of called processes that examples name exist; `failed` may always be said."""
    for move in (move for example in definition.examples for move in example.play if move.outcome not in ("", FAILED)):
        state = definition.states.get(move.step)
        theirs = others.get(state.call.process) if state is not None and state.call is not None else None
        if theirs is None:
            continue
        if not ends_named(theirs, move.outcome):
            known = "、".join(ends_of(theirs)) or "-"
            zh, en = f"流程“{theirs.name}”没有结束“{move.outcome}”", f"the process {theirs.name!r} has no end {move.outcome!r}"
            fix = Fix(zh=f"它的结束: {known}；失败写 {FAILED}", en=f"its ends: {known}; for a failure write {FAILED}")
            yield Diagnostic(code="OF204", span=move.span, zh=zh, en=en, fix=fix)


def _only_given(theirs: Definition) -> list[str]:
    """Required fields that a procedure shows to its people and never fills: they can come from a caller only."""
    if theirs.body != "steps":  # a life cycle may get them with any message
        return []
    found: list[str] | None = theirs.memo.get("calls.given")
    if found is None:
        works = [state.work for state in theirs.states.values() if state.work is not None]
        shown = {name for work in works for name in work.see}
        written = {write.field for write in writes_of(theirs.root)} | {work.stamp for work in works}
        if theirs.starts is not None and theirs.starts.figures is not None:
            written |= {name for name, _ in theirs.starts.figures.gives}
        found = [spec.name for spec in theirs.fields if spec.required and spec.name in shown - written]
        theirs.memo["calls.given"] = found
    return found


def _not_given(call: Call, name: str, theirs: Definition) -> Diagnostic:
    zh, en = (
        f"没有传入“{name}”: 流程“{theirs.name}”要看它 (see)，自己不填，它会是空的",
        f"{name!r} is not passed: the process {theirs.name!r} shows it (see) and never fills it, so it stays empty",
    )
    fix = Fix(zh=f"加上 with: {{{name}: 值}}", en=f"add with: {{{name}: a value}}")
    return Diagnostic(code="OF505", severity=Severity.WARNING, span=call.span, zh=zh, en=en, fix=fix)


def _of_entries(definition: Definition, call: Call) -> list[str]:
    """Their fields that get an entry: the one named by `as`, and those named like the columns."""
    if not call.each:
        return []
    columns = [column.name for column in definition.field[call.each].columns]
    return [*columns, *([call.item] if call.item else [])]


def _check_look(wanted: While, others: Mapping[str, Definition | None]) -> Iterator[Diagnostic]:
    if wanted.process not in others:
        yield _unknown(wanted.process, wanted.span, others)
        return
    theirs = others[wanted.process]
    if theirs is None:
        return
    if wanted.at not in theirs.states:
        guess = closest(wanted.at, theirs.states)
        known = "、".join(name for name, state in theirs.states.items() if state.verb)
        fix = (
            Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?")
            if guess
            else Fix(zh=f"它的步骤: {known}", en=f"its steps: {known}")
        )
        zh, en = f"流程“{theirs.name}”没有“{wanted.at}”这一步", f"the process {theirs.name!r} has no step {wanted.at!r}"
        yield Diagnostic(code="OF201", span=wanted.span, zh=zh, en=en, fix=fix)
    if wanted.same not in theirs.field:
        yield _no_field(wanted.span, wanted.same, theirs)


def _check_report(definition: Definition, figures: Figures, others: Mapping[str, Definition | None]) -> Iterator[Diagnostic]:
    """The report is there, and says what is wanted of it."""
    if figures.process not in others:
        yield _unknown(figures.process, figures.span, others)
        return
    theirs = others[figures.process]
    report = next((one for one in theirs.reports if one.name == figures.report), None) if theirs is not None else None
    if theirs is not None and report is None:
        known = "、".join(one.name for one in theirs.reports) or "-"
        zh, en = (
            f"流程“{theirs.name}”没有统计“{figures.report}”",
            f"the process {theirs.name!r} has no report {figures.report!r}",
        )
        fix = Fix(zh=f"它的统计: {known}", en=f"its reports: {known}")
        yield Diagnostic(code="OF204", span=figures.span, zh=zh, en=en, fix=fix)
    if theirs is None or report is None:
        return
    has = {"every": bool(report.every), "at_least": report.least is not None}
    for _, part in figures.gives:
        key = next((key for key in _NEEDS.get(part, ()) if not has[key]), "")
        if key:
            zh, en = f"统计“{report.name}”没有 {part}", f"the report {report.name!r} has no {part}"
            fix = Fix(zh=f"给它写上 {key}，或不取 {part}", en=f"give it {key}, or do not take {part}")
            yield Diagnostic(code="OF204", span=figures.span, zh=zh, en=en, fix=fix)
    yield from _check_whose(definition, figures, theirs, report)


def _check_whose(definition: Definition, figures: Figures, theirs: Definition, report: Report) -> Iterator[Diagnostic]:
    """A line of the report is somebody's where everybody gets a case of their own, and is for all where there is one case."""
    each = definition.starts is not None and bool(definition.starts.for_each)
    of_people = report.per == STARTER or (report.per in theirs.field and theirs.field[report.per].type is FieldType.PERSON)
    if of_people if each else not report.per:
        return
    zh, en = (
        (f"统计“{report.name}”不是按人分的，for_each 的每个人都会得到空的数", f"the report {report.name!r} is not by person: everybody of for_each would get no figure")
        if each
        else (f"统计“{report.name}”按“{report.per}”分开，没有 for_each 就不知道取哪一行", f"the report {report.name!r} is told apart by {report.per!r}: without for_each it is not known whose line is meant")
    )  # fmt: skip
    fix = (
        Fix(zh="统计里写 per: starter，或按一个人员字段", en="write per: starter in the report, or per: a field of people")
        if each
        else Fix(zh="给 starts 写上 for_each，或去掉统计的 per", en="give starts a for_each, or drop per in the report")
    )
    yield Diagnostic(code="OF204", span=figures.span, zh=zh, en=en, fix=fix)


def _unknown(name: str, span: Span, others: Mapping[str, Definition | None]) -> Diagnostic:
    guess = closest(name, others)
    known = "、".join(sorted(others)) or "-"
    fix = (
        Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?", replacement=guess)
        if guess
        else Fix(zh=f"已有的流程: {known}", en=f"known processes: {known}")
    )
    return Diagnostic(
        code="OF205",
        span=span,
        zh=f"没有叫“{name}”的流程",
        en=f"there is no process named {name!r}",
        fix=fix,
    )


def _no_field(span: Span, name: str, theirs: Definition) -> Diagnostic:
    guess = closest(name, theirs.field)
    known = "、".join(theirs.field) or "-"
    fix = (
        Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?")
        if guess
        else Fix(zh=f"它的字段: {known}", en=f"its fields: {known}")
    )
    zh, en = f"流程“{theirs.name}”没有字段“{name}”", f"the process {theirs.name!r} has no field {name!r}"
    return Diagnostic(code="OF204", span=span, zh=zh, en=en, fix=fix)


def _cycles(definition: Definition, others: Mapping[str, Definition | None]) -> Iterator[Diagnostic]:
    graph: Graph = {}
    for other in (definition, *(d for d in others.values() if d is not None)):
        graph.setdefault(other.name, []).extend(call.process for call in calls_of(other))
    for call in calls_of(definition):
        if definition.name in {call.process, *descendants(graph, [call.process])}:
            zh, en = (
                f"“{definition.name}”会通过“{call.process}”调用自己，没有尽头",
                f"{definition.name!r} calls itself through {call.process!r}, without end",
            )
            yield Diagnostic(code="OF205", span=call.span, zh=zh, en=en, fix=Fix(zh="断开这个圈", en="break the circle"))
