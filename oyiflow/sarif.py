"""Diagnostics for other tools: SARIF 2.1.0 (code scanning, editors) and the annotations of GitHub's workflow commands.

A trace becomes a `codeFlow`. In SARIF columns count Unicode code points from 1, and the end is exclusive, as in `Span`. A remedy that is the whole mending
becomes a `fix`. Every code that is found is a rule of the run, with the name that heads its section in docs/checks.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from oyiflow.diagnostics import Diagnostic, Severity, Span
from oyiflow.rendering import Language, both

NAMES: dict[str, tuple[str, str]] = {
    "OF001": ("全角标点", "full-width sign"),
    "OF003": ("不是半角空格", "not a plain space"),
    "OF005": ("看不见的字符", "invisible character"),
    "OF006": ("键重复", "a key twice"),
    "OF007": ("用不到的 YAML", "YAML beyond need"),
    "OF008": ("太大", "too large"),
    "OF009": ("被当作注释", "cut off as a comment"),
    "OF010": ("读不成 YAML", "not readable as YAML"),
    "OF011": ("在这里是文字", "text here, something else elsewhere"),
    "OF101": ("没有这个键", "unknown key"),
    "OF102": ("少了东西", "something is missing"),
    "OF103": ("值不对", "not a value for this key"),
    "OF104": ("没有动词，或有两个", "no verb, or two"),
    "OF105": ("条件看不懂", "condition not readable"),
    "OF201": ("没有这一步", "no such step"),
    "OF202": ("名字用了两次", "a name twice"),
    "OF203": ("没有这个角色，或不能派任务", "no such role, or one that gets no tasks"),
    "OF204": ("没有这个字段、函数或人", "no such field, function or person"),
    "OF205": ("没有这个流程，或互相调用", "no such process, or a circle of calls"),
    "OF206": ("没有用到", "never used"),
    "OF207": ("没有人产出的文件", "a document that nobody makes"),
    "OF208": ("用了角色的别名", "an alias of a role"),
    "OF301": ("没有第一步", "nothing to begin with"),
    "OF302": ("没有结束", "no end"),
    "OF303": ("走不到这一步", "no step leads here"),
    "OF304": ("从这里走不到结束", "no way to an end from here"),
    "OF305": ("没有分开的岔路", "a fork that forks nothing"),
    "OF306": ("跳出分支", "a jump over the edge of a branch"),
    "OF307": ("一个区域的转移离开了整个并行状态", "a region that leaves its whole parallel state"),
    "OF308": ("几个区域在同一事件上离开", "several regions leave on one event"),
    "OF401": ("几支汇合不了，或卡住", "branches that never join, or a case that gets stuck"),
    "OF403": ("一支里结束了整件事", "an end inside one branch"),
    "OF404": ("没有哪次办理会走到", "no case ever reaches this step"),
    "OF405": ("走不到结束", "no way out, data included"),
    "OF408": ("未能判定", "not decided"),
    "OF501": ("两种情形同时成立", "two cases hold at once"),
    "OF502": ("没有情形成立", "no case holds"),
    "OF503": ("永不成立", "can never hold"),
    "OF504": ("永远走不到", "never taken"),
    "OF505": ("这里可能还是空的", "may still be empty here"),
    "OF506": ("类型不合", "types that do not fit"),
    "OF507": ("超出字段的范围", "outside the range of its field"),
    "OF508": ("两支写同一个字段", "two branches write one field"),
    "OF509": ("记下的日子又由别处写", "a stamped day that something else writes"),
    "OF601": ("角色没有人", "a role that nobody holds"),
    "OF602": ("角色只系于一人", "a role that hangs on one person"),
    "OF603": ("按规则凑不齐人", "not enough people for the rules"),
    "OF604": ("规则互相矛盾", "rules that contradict each other"),
    "OF605": ("规则管不到人", "a rule about people where nobody acts"),
    "OF606": ("可以批准自己的事", "approving one's own"),
    "OF608": ("没有代理人，或代理自己", "no deputy, or one who is oneself"),
    "OF609": ("起止日期颠倒", "an absence that ends before it begins"),
    "OF607": ("上级绕成一圈", "superiors in a circle"),
    "OF701": ("来不及的期限", "a deadline that cannot be met"),
    "OF702": ("永远不会到的计时", "a timer that never fires"),
    "OF703": ("没有作用的计时", "a timer without effect"),
    "OF704": ("日历缺这一年", "a year that the calendar lacks"),
    "OF705": ("忘了期限", "a deadline forgotten"),
    "OF706": ("日历自相矛盾", "a calendar that contradicts itself"),
    "OF801": ("规则不成立", "a rule that is broken"),
    "OF802": ("规则从不起作用", "a rule that never applies"),
    "OF803": ("规则互相矛盾", "rules that contradict each other"),
    "OF804": ("条款与流程对不上", "an article without an element, a source without an article"),
    "OF901": ("忘了名称", "a title forgotten"),
    "OF902": ("名称像一句话", "a title that is a sentence"),
    "OF903": ("图太大", "a chart that is too large"),
    "OF906": ("案例走不通", "an example goes another way"),
}
"""The heading of each code in docs/checks.md, in Chinese and English."""
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(diagnostics: Sequence[Diagnostic], version: str, *, lang: Language = "both") -> str:
    """One run of SARIF 2.1.0."""
    codes = sorted({one.code for one in diagnostics})
    driver = {"name": "oyiflow", "version": version, "rules": [_rule(code, diagnostics, lang) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, codes.index(one.code), lang) for one in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _rule(code: str, diagnostics: Sequence[Diagnostic], lang: Language) -> dict[str, Any]:
    first = next(one for one in diagnostics if one.code == code)
    name = _text(*NAMES.get(code, (first.zh, first.en)), lang)
    more = _text(
        f"为什么报告、怎么改、正误各一例：docs/checks.zh-CN.md 的 {code}。",
        f"Why it is reported, how to mend it, a bad and a good example: {code} in docs/checks.md.",
        lang,
    )["text"]
    return {
        "id": code,
        "shortDescription": name,
        "help": {"text": f"{name['text']}. {more}"},
        "defaultConfiguration": {"level": _LEVELS[first.severity]},
    }


_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def _text(zh: str, en: str, lang: Language) -> dict[str, str]:
    return {"text": both(zh, en, lang)}


def _result(one: Diagnostic, index: int, lang: Language) -> dict[str, Any]:
    remedy = f" — {both(one.fix.zh, one.fix.en, lang)}" if one.fix is not None else ""
    result: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": index,
        "level": _LEVELS[one.severity],
        "message": {"text": both(one.zh, one.en, lang) + remedy},
        "locations": [{"physicalLocation": _place(one.span)}],
    }
    if one.related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _place(span), "message": _text(zh, en, lang)}
            for number, (span, zh, en) in enumerate(one.related, 1)
        ]
    if one.trace is not None:
        locations = [
            {"location": {"physicalLocation": _place(span), "message": _text(zh, en, lang)}} for span, zh, en in one.trace.steps
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": locations}]}]
    if one.fix is not None and one.fix.replacement is not None:
        change = {"deletedRegion": _region(one.span), "insertedContent": {"text": one.fix.replacement}}
        file = {"artifactLocation": {"uri": _uri(one.span.file)}, "replacements": [change]}
        result["fixes"] = [{"description": _text(one.fix.zh, one.fix.en, lang), "artifactChanges": [file]}]
    return result


def _place(span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(span.file)}, "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    return {"startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}


def _uri(name: str) -> str:
    path = PurePath(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def render_github(diagnostics: Iterable[Diagnostic], *, lang: Language = "both") -> str:
    """Workflow commands, one a line: GitHub shows each beside its line of the change."""
    return "".join(f"{_command(one, lang)}\n" for one in diagnostics)


_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def _command(one: Diagnostic, lang: Language) -> str:
    span, remedy = one.span, f" — {both(one.fix.zh, one.fix.en, lang)}" if one.fix is not None else ""
    place = {
        "file": PurePath(span.file).as_posix(),
        "line": span.line,
        "endLine": span.end_line,
        "col": span.column,
        "title": one.code,
    }
    if span.line == span.end_line:
        place["endColumn"] = max(span.column, span.end_column - 1)  # of the last character
    where = ",".join(f"{name}={_escaped(str(value), ',:')}" for name, value in place.items())
    return f"::{_KINDS[one.severity]} {where}::{_escaped(both(one.zh, one.en, lang) + remedy, '')}"


def _escaped(text: str, signs: str) -> str:
    """As the runner reads it: percent signs and line ends, in properties also commas and colons."""
    return "".join(f"%{ord(char):02X}" if char in f"%\r\n{signs}" else char for char in text)
