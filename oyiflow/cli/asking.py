"""Commands that only look: the form of a task, reports over all instances."""

from __future__ import annotations

import argparse
from typing import Any

from oyiflow.cli.console import Console, moment, told_rows
from oyiflow.cli.opening import is_empty, need_company, need_instance, open_engine
from oyiflow.engine import Engine
from oyiflow.engine.reports import Line
from oyiflow.engine.views import FormColumn, FormField
from oyiflow.kernel.codec import plain


def form(arguments: argparse.Namespace, console: Console) -> int:
    """What a task shows this person."""
    need_company(arguments)
    need_instance(arguments)
    with open_engine(arguments) as engine:
        fields = engine.form(arguments.instance, arguments.step, arguments.person)
    if console.as_json:
        console.json(fields)
        return 0
    if not fields:
        console.say("这一步没有表单。", "There is no form at this step.")
        return 0
    how = {True: ("填写", "fill in"), False: ("只读", "read only")}
    head = [("字段", "field"), ("名称", "title"), ("类型", "type"), ("", ""), ("值", "value")]
    rows = [
        (
            one.name + (" *" if one.required and one.editable else ""),
            console.title(one.zh, one.en),
            type_of(one, console),
            console.word(*how[one.editable]),
            _shown(one.value),
        )
        for one in fields
    ]
    console.table([console.word(*pair) for pair in head], rows)
    return 0


def type_of(one: FormField | FormColumn, console: Console) -> str:
    """A type with what it allows: `choice: 是、否`; a table with its columns, a star at those that must be filled."""
    parts = list(one.options)
    for column in one.columns if isinstance(one, FormField) else ():
        title = console.title(column.zh, column.en)
        name = column.name if title == column.name else f"{column.name} {title}"
        parts.append(f"{name} ({type_of(column, console)}){' *' if column.required else ''}")
    return one.type + (": " + "、".join(parts) if parts else "")


def _shown(value: Any) -> str:
    found = plain(value)
    if isinstance(found, dict):
        return str(found.get("name", ""))
    return "" if found is None else told_rows(found)


def report(arguments: argparse.Namespace, console: Console) -> int:
    """The reports of a process; `overdue`: every open task whose deadline has passed; `kept`: what is kept too long."""
    need_company(arguments)
    if is_empty(arguments):
        console.say("还没有实例。", "There are no instances yet.")
        if console.as_json:
            console.json([])
        return 0
    with open_engine(arguments) as engine:
        if arguments.process == "kept":
            return _kept(engine, console)
        return (
            _overdue(engine, arguments.person or "", console)
            if arguments.process == "overdue"
            else _lines(engine, arguments, console)
        )


def _overdue(engine: Engine, viewer: str, console: Console) -> int:
    late = engine.overdue(viewer=viewer)
    if console.as_json:
        console.json(late)
    elif not late:
        console.say("没有逾期。", "Nothing is overdue.")
    else:
        head = [("实例", "instance"), ("步骤", "step"), ("谁", "who"), ("期限", "due")]
        rows = [(t.instance, console.title(t.zh, t.en), ", ".join(t.people), moment(t.due)) for t in late]
        console.table([console.word(*pair) for pair in head], rows)
    return 1 if late else 0


def _kept(engine: Engine, console: Console) -> int:
    found = engine.kept()
    if console.as_json:
        console.json(found)
    elif not found:
        console.say("没有超过保留期限的。", "Nothing is kept too long.")
    else:
        head = [("实例", "instance"), ("字段", "field"), ("结束", "ended"), ("保留到", "to be kept until"), ("文件", "files")]
        rows = [
            (k.instance, f"{console.title(k.zh, k.en)} [{k.field}]", str(k.ended), str(k.until), str(len(k.files) or ""))
            for k in found
        ]
        console.table([console.word(*pair) for pair in head], rows)
    return 1 if found else 0


def _row(one: Line, running: bool, console: Console) -> tuple[str, ...]:
    """A line of a report; `running`: some of them belong to a period that is not over."""
    bounds = " ".join(f"{sign} {plain(v)}" for sign, v in (("≥", one.least), ("≤", one.most)) if v is not None)
    due = [f"≥ {plain(one.due)}" if one.due is not None else ""] if running else []
    behind = f" {console.word('落后', 'behind')}" if one.behind else ""
    mark = ("" if one.right else "✗") + behind
    return (console.title(one.zh, one.en), one.period, one.whose, str(plain(one.value)), bounds, *due, mark)


def _lines(engine: Engine, arguments: argparse.Namespace, console: Console) -> int:
    viewer = getattr(arguments, "person", None) or ""
    found = engine.report(arguments.process, arguments.name, period=arguments.period, viewer=viewer)
    if console.as_json:
        console.json([{n: getattr(one, n) for n in (*one.__slots__, "right", "behind")} for one in found])
    elif not found:
        console.say("没有可统计的。", "There is nothing to report.")
    else:
        head = [("统计", "report"), ("周期", "period"), ("谁", "whose"), ("值", "value"), ("界限", "bounds")]
        running = any(one.due is not None for one in found)
        head += [("至今应有", "by now")] if running else []
        console.table([console.word(*pair) for pair in (*head, ("", ""))], [_row(one, running, console) for one in found])
    return 0 if all(one.right for one in found) else 1
