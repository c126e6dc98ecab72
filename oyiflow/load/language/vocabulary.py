"""The words of a process file, as tables: every key with its meaning and the shape of its value, every verb with its keys.

One table feeds four places, so that they cannot disagree: the published JSON Schema (`schema.py`), the shape check and its
messages (`shape.py`), the reader, and the documentation's vocabulary list (a test compares them).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oyiflow.model.values import FieldType

NAME = r"^[^\s\d\-.,:;#@!?*&|<>(){}\[\]\"'`%$+=/\\，。：；（）【】“”！？、][^\s.,:;#@!?*&|<>(){}\[\]\"'`%$+=/\\，。：；（）【】“”！？、]*$"
"""Names of steps, roles and processes: letters of any language, digits, _ and -, not starting with a digit."""

FIELD_NAME = NAME.replace(r"\s.,", r"\s\-.,")
"""Names of fields: as NAME, but without -, which is minus in a guard."""

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """A key: the JSON Schema of its value, what it means, and how the value is called in a message."""

    schema: Schema
    zh: str
    en: str
    value_zh: str
    value_en: str


TEXT: Schema = {"$ref": "#/$defs/text"}
LABEL: Schema = {"type": ["string", "number", "boolean"]}
ONE_NAME: Schema = {"type": "string", "pattern": NAME, "maxLength": 64}
NAMES: Schema = {"anyOf": [ONE_NAME, {"type": "array", "items": ONE_NAME, "minItems": 1, "maxItems": 1000}]}
GUARD: Schema = {"type": ["string", "boolean", "number"], "maxLength": 10_000}
DURATION: Schema = {"type": "string", "maxLength": 64}
FLAG: Schema = {"type": "boolean"}
SOURCE: Schema = {"type": ["string", "number"], "maxLength": 500}
EVENT: Schema = {"type": "string", "pattern": r"^(\*|[^\s,;#*\[\]{}]+(\.\*)?)$", "maxLength": 200}
EVENTS: Schema = {"anyOf": [EVENT, {"type": "array", "items": EVENT, "minItems": 1, "maxItems": 100}]}
LITERAL: Schema = {"type": ["string", "number", "boolean", "array"]}
DATE: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
DATES: Schema = {
    "type": "array",
    "items": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?$"},
    "maxItems": 366,
}
ARTICLE: Schema = {"type": ["string", "number"], "pattern": r"^[^\s、,，;；:：《》]+$", "maxLength": 64}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_TEXT = ("文字，或 {zh: 中文, en: English}", "text, or {zh: …, en: …}")
_NAME = (
    "一个名字 (字母、汉字、数字、_ 和 -，不以数字开头)",
    "a name (letters of any language, digits, _ and -, not starting with a digit)",
)
_NAMES = ("一个名字，或方括号里的几个名字，如 [甲, 乙]", "a name, or several in brackets such as [a, b]")
_GUARD = ("一个条件，如 费用 > 5000", "a condition such as cost > 5000")
_DURATION = ("一段时间，如 3 workdays、2 hours、3天、5工作日", "a duration such as 3 workdays, 2 hours, 30 minutes, 5 days")
_FLAG = ("true 或 false", "true or false")
_DATE = ("一个日期，如 2026-10-01", "a date such as 2026-10-01")
_ARTICLE = (
    "条款编号，如 第14条、3.3.1、二2(5)，里面没有空格、顿号、冒号",
    "an article such as 第14条, 3.3.1, 7.2(b), without spaces, commas and colons",
)
_DATES = ("日期的列表，如 [2026-10-01..2026-10-07, 2026-12-31]", "a list of dates such as [2026-10-01..2026-10-07, 2026-12-31]")


def _refs(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}, "maxItems": 20_000}


def _one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def _words(*words: str) -> tuple[str, str]:
    return "其中之一: " + ", ".join(words), "one of: " + ", ".join(words)


BY: Schema = {"$ref": "#/$defs/by"}
LATE = ("remind", "escalate", "pass", "reject", "skip")
MODES = ("any", "all", "in_turn")
TYPES = tuple(kind.value for kind in FieldType)

KEYS: dict[str, Key] = {
    # the file
    "process": Key(ONE_NAME, "流程编号", "the name of the process", *_NAME),
    "title": Key(TEXT, "名称", "title", *_TEXT),
    "version": Key(
        {"type": "integer", "minimum": 1, "maximum": 1_000_000}, "版本", "version", "从 1 起的整数", "a whole number from 1"
    ),
    "source": Key(SOURCE, "出处: 制度的条款或章节", "where it comes from: article or section", "文字", "text"),
    "inferred": Key(FLAG, "推定: 原文没有写明", "inferred: the manual does not say so", *_FLAG),
    "owner": Key(SOURCE, "流程负责人", "who owns the process", "文字", "text"),
    "roles": Key(
        {
            "type": "object",
            "propertyNames": {"pattern": NAME},
            "additionalProperties": {"$ref": "#/$defs/role"},
            "maxProperties": 200,
        },
        "泳道: 谁能办",
        "lanes: who acts",
        "角色表，如 manager: 经理",
        "a table of roles such as manager: Manager",
    ),
    "form": Key(
        {
            "type": "object",
            "propertyNames": {"pattern": FIELD_NAME},
            "additionalProperties": {"$ref": "#/$defs/field"},
            "maxProperties": 2000,
        },
        "表单字段",
        "the fields of the form",
        "字段表，如 amount: {type: money}",
        "a table of fields such as amount: {type: money}",
    ),
    "steps": Key(_refs("step"), "步骤: 一行一步", "steps, one per line", "步骤的列表", "a list of steps"),
    "states": Key(_refs("state"), "状态", "states", "状态的列表", "a list of states"),
    "rules": Key(_refs("rule"), "制度规则", "rules of the manual", "规则的列表", "a list of rules"),
    "examples": Key(_refs("example"), "案例", "examples", "案例的列表", "a list of examples"),
    # roles and fields
    "alias": Key({"type": "array", "items": SOURCE, "maxItems": 50}, "别名", "other names", "名字的列表", "a list of names"),
    "outside": Key(FLAG, "公司外部: 只画图、不派任务", "outside the company: drawn, gets no tasks", *_FLAG),
    "type": Key(_one_of(*TYPES), "字段类型", "type of the field", *_words(*TYPES)),
    "required": Key(FLAG, "必填", "must be filled in", *_FLAG),
    "of": Key(
        {"type": "array", "items": LABEL, "minItems": 1, "maxItems": 1000},
        "选项",
        "the options",
        "选项的列表，如 [是, 否]",
        "a list of options",
    ),
    "min": Key(LITERAL, "下限", "smallest value", "一个值", "a value"),
    "max": Key(LITERAL, "上限", "largest value", "一个值", "a value"),
    "sensitive": Key(FLAG, "敏感", "sensitive", *_FLAG),
    # verbs
    "do": Key(ONE_NAME, "办理: 一个人做的一步", "work that a person does", *_NAME),
    "approve": Key(ONE_NAME, "审批: 同意或退回", "approval: yes or send back", *_NAME),
    "decide": Key(ONE_NAME, "判断: 按条件，或由人选择", "decision, by conditions or by a person", *_NAME),
    "together": Key(ONE_NAME, "同时进行", "branches at the same time", *_NAME),
    "branch": Key(ONE_NAME, "同时进行中的一支 (多步)", "one branch of several steps", *_NAME),
    "wait": Key(ONE_NAME, "等待时间或消息", "wait for a time or a message", *_NAME),
    "call": Key(ONE_NAME, "调用另一流程", "call another process", *_NAME),
    "end": Key(ONE_NAME, "结束", "an end", *_NAME),
    "state": Key(ONE_NAME, "状态", "a state", *_NAME),
    "parallel": Key(ONE_NAME, "并行: 各区域同时有效", "parallel regions", *_NAME),
    "history": Key(ONE_NAME, "历史: 回到上次离开的地方", "history: back to where it was left", *_NAME),
    # people
    "by": Key(BY, "办理人", "who acts", "一个角色，如 manager，或几个 [a, b]", "a role such as manager, or several [a, b]"),
    "lane": Key(ONE_NAME, "画在哪条泳道", "the lane in which it is drawn", *_NAME),
    "mode": Key(_one_of(*MODES), "方式: 或签 会签 依次", "how several signers decide", *_words(*MODES)),
    "helped_by": Key(NAMES, "支持", "who helps", *_NAMES),
    "meets": Key(NAMES, "对方", "whom it meets", *_NAMES),
    # flow
    "then": Key(ONE_NAME, "然后到", "the next step", *_NAME),
    "rejected": Key(ONE_NAME, "退回到", "where a rejection goes", *_NAME),
    "failed": Key(ONE_NAME, "失败后到", "where a failure goes", *_NAME),
    "cases": Key(_refs("case"), "情形", "the cases", "情形的列表", "a list of cases"),
    "label": Key(TEXT, "箭头上的名称", "the label on the arrow", *_TEXT),
    "when": Key(GUARD, "条件", "the condition", *_GUARD),
    "otherwise": Key(ONE_NAME, "否则到", "where all else goes", *_NAME),
    "only_when": Key(GUARD, "仅当: 否则跳过这一步", "only when; else the step is skipped", *_GUARD),
    "until": Key(
        _one_of("all", "first"), "等所有分支，或第一支完成", "wait for all branches, or for the first", *_words("all", "first")
    ),
    "for": Key(
        LITERAL,
        "等什么: 时长、日期字段或消息名",
        "what is awaited: a duration, a date field or a message",
        "时长、字段或消息名",
        "a duration, a field or a message",
    ),
    # form and documents
    "fill": Key(NAMES, "可填字段", "fields that are filled in", *_NAMES),
    "makes": Key(
        {"anyOf": [SOURCE, {"type": "array", "items": SOURCE, "maxItems": 100}]},
        "产出文件",
        "documents made",
        "文件名，或几个",
        "a document, or several",
    ),
    "needs": Key(
        {"anyOf": [SOURCE, {"type": "array", "items": SOURCE, "maxItems": 100}]},
        "所需文件",
        "documents needed",
        "文件名，或几个",
        "a document, or several",
    ),
    # time
    "within": Key(DURATION, "期限", "deadline", *_DURATION),
    "late": Key(_one_of(*LATE), "逾期处理: 提醒 上报 通过 退回 跳过", "what happens when it is late", *_words(*LATE)),
    "not_before": Key(ONE_NAME, "不早于 (日期字段)", "not before (a date field)", *_NAME),
    # calls
    "with": Key(
        {"type": "object", "additionalProperties": LITERAL, "maxProperties": 500},
        "传入的值",
        "values that go in",
        "字段: 值 的表",
        "a table of field: value",
    ),
    "gives": Key(
        {"type": "object", "additionalProperties": ONE_NAME, "maxProperties": 500},
        "取回的值: 本流程字段 <- 对方字段",
        "values that come back: our field from theirs",
        "字段: 字段 的表",
        "a table of field: field",
    ),
    # states
    "initial": Key(NAMES, "初始状态", "the initial state", *_NAMES),
    "transitions": Key(_refs("transition"), "转移", "transitions", "转移的列表", "a list of transitions"),
    "entry": Key(_refs("action"), "进入时", "on entry", "动作的列表", "a list of actions"),
    "exit": Key(_refs("action"), "离开时", "on exit", "动作的列表", "a list of actions"),
    "deep": Key(FLAG, "深历史", "deep history", *_FLAG),
    "default": Key(NAMES, "没有历史时到", "where to without history", *_NAMES),
    "output": Key(
        {"type": "object", "additionalProperties": LITERAL}, "结果", "output", "名字: 值 的表", "a table of name: value"
    ),
    "event": Key(EVENTS, "事件", "the event", "事件名，如 submit", "the name of an event such as submit"),
    "after": Key(DURATION, "多久之后", "after how long", *_DURATION),
    "at": Key(ONE_NAME, "到哪个日期字段", "at the moment in a date field", *_NAME),
    "always": Key(FLAG, "无需事件，立刻", "at once, without an event", *_FLAG),
    "to": Key(NAMES, "到", "where to", *_NAMES),
    "internal": Key(FLAG, "内部转移: 不离开所在状态", "internal: does not leave its state", *_FLAG),
    "meant": Key(FLAG, "确是此意 (见 OF307、OF308)", "this is meant (see OF307, OF308)", *_FLAG),
    "actions": Key(_refs("action"), "动作", "actions", "动作的列表", "a list of actions"),
    "set": Key(ONE_NAME, "写字段", "write a field", *_NAME),
    "value": Key(LITERAL, "值", "the value", "一个值或算式", "a value or an expression"),
    "raise": Key(EVENT, "引发内部事件", "raise an internal event", "事件名", "an event"),
    "send": Key(EVENT, "发送事件", "send an event", "事件名", "an event"),
    "id": Key(ONE_NAME, "编号", "its id", *_NAME),
    "cancel": Key(ONE_NAME, "取消发送", "cancel a send", *_NAME),
    "log": Key(TEXT, "记录", "write to the journal", *_TEXT),
    "remind": Key(ONE_NAME, "提醒这一步的办理人", "remind those who act on this step", *_NAME),
    "escalate": Key(ONE_NAME, "上报这一步的办理人的上级", "tell the superiors of those who act on this step", *_NAME),
    "perform": Key(ONE_NAME, "请程序办理", "ask the program to act", *_NAME),
    # rules and examples
    "say": Key(TEXT, "规则的话", "the rule in words", *_TEXT),
    "before": Key(ONE_NAME, "在…之前", "before this step", *_NAME),
    "must": Key(NAMES, "必须先 (或后) 有", "what must come", *_NAMES),
    "never": Key(ONE_NAME, "绝不", "never this step", *_NAME),
    "different_people": Key(NAMES, "须是不同的人", "different people", *_NAMES),
    "same_person": Key(NAMES, "须是同一人", "the same person", *_NAMES),
    "name": Key(LABEL, "案例名称", "name of the example", "文字", "text"),
    "play": Key(
        {"type": "array", "maxItems": 10_000},
        "依次办理",
        "the moves",
        "步骤的列表，如 [plan, review rejected]",
        "a list of moves",
    ),
    "now_at": Key(NAMES, "此时停在", "where it then is", *_NAMES),
    # the company
    "company": Key(TEXT, "公司名称", "name of the company", *_TEXT),
    "people": Key(
        {"type": "object", "propertyNames": {"pattern": NAME}, "additionalProperties": {"$ref": "#/$defs/employee"}},
        "人员",
        "people",
        "人员表，如 li: {title: 李明, roles: [sales]}",
        "a table of people such as li: {title: Li Ming, roles: [sales]}",
    ),
    "superior": Key(ONE_NAME, "上级", "the superior", *_NAME),
    "deputy": Key(ONE_NAME, "代理人: 本人不在时代为办理", "the deputy: acts for somebody who is absent", *_NAME),
    "absences": Key(_refs("absence"), "不在岗", "who is absent, and when", "不在岗的列表", "a list of absences"),
    "person": Key(ONE_NAME, "谁", "who", *_NAME),
    "from": Key(DATE, "从哪天起", "the first day", *_DATE),
    "policies": Key(
        {"$ref": "#/$defs/policies"},
        "全公司的规定",
        "what holds in the whole company",
        "规定的表，如 {self_approval: never}",
        "a table such as {self_approval: never}",
    ),
    "no_approver": Key(_one_of("hold"), "无人可审批: 停下等人", "nobody may approve: wait for somebody", *_words("hold")),
    "repeated_approver": Key(
        _one_of("ask", "skip"),
        "接连由同一人审批: 再问一次，或自动通过",
        "the same person approves twice running: ask again, or pass",
        *_words("ask", "skip"),
    ),
    "self_approval": Key(
        _one_of("never", "allowed"),
        "发起人能否审批自己发起的事",
        "whether people may approve what they started",
        *_words("never", "allowed"),
    ),
    "calendar": Key(
        {"type": "string", "minLength": 1, "maxLength": 500},
        "工作日历",
        "the calendar of workdays",
        "日历名称如 cn，或日历文件",
        "a calendar such as cn, or a calendar file",
    ),
    # a calendar
    "timezone": Key(
        {"type": "string", "pattern": r"^[+-](0\d|1[0-4]):[0-5]\d$"},
        "时区",
        "the time zone",
        '与 UTC 的差，如 "+08:00"',
        'the difference from UTC such as "+08:00"',
    ),
    "weekend": Key(
        {"type": "array", "items": _one_of(*DAYS), "maxItems": 7},
        "每周的休息日",
        "the days of the week that are not worked",
        "如 [sat, sun]",
        "such as [sat, sun]",
    ),
    "years": Key(
        {
            "type": "object",
            "propertyNames": {"pattern": r"^[12]\d{3}$"},
            "additionalProperties": {"$ref": "#/$defs/year"},
            "maxProperties": 300,
        },
        "各年的安排",
        "what is known of each year",
        "年份的表，如 2026: {holidays: [2026-10-01..2026-10-07]}",
        "a table of years such as 2026: {holidays: [2026-10-01..2026-10-07]}",
    ),
    "holidays": Key(DATES, "放假的日子", "days off", *_DATES),
    "workdays": Key(DATES, "要上班的休息日 (调休)", "days of the weekend that are worked", *_DATES),
    "ends": Key(ONE_NAME, "结束于", "where it ends", *_NAME),
    # the manual
    "manual": Key(TEXT, "制度名称", "title of the manual", *_TEXT),
    "articles": Key(_refs("article"), "条款", "the articles", "条款的列表", "a list of articles"),
    "parent": Key(ARTICLE, "属于哪一条", "the article of which it is a part", *_ARTICLE),
    "missing": Key(FLAG, "原文缺这一条", "the manual itself lacks it", *_FLAG),
    "carried_by": Key(
        _one_of("text"), "由文字本身落实: 没有要办的事", "carried by its text: there is nothing to carry out", *_words("text")
    ),
    "reason": Key(TEXT, "理由", "the reason", *_TEXT),
}

_STEP = ("title", "source", "inferred")
_WORK = ("lane", "mode", "helped_by", "meets", "fill", "makes", "needs", "within", "late", "not_before", "only_when", "then")


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of mapping: the keys that must be there and those that may."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """All allowed keys, required ones first."""
        return self.required + self.optional


SHAPES: dict[str, Shape] = {
    "process": Shape(
        ("process", "title"),
        ("version", "source", "inferred", "owner", "roles", "form", "steps", "states", "initial", "rules", "examples"),
    ),
    "company": Shape(("company", "people"), ("calendar", "absences", "policies")),
    "employee": Shape(("roles",), ("title", "superior", "deputy")),
    "absence": Shape(("person", "from", "to"), ("deputy",)),
    "policies": Shape((), ("no_approver", "repeated_approver", "self_approval")),
    "calendar": Shape(("calendar", "years"), ("title", "timezone", "weekend")),
    "year": Shape((), ("holidays", "workdays")),
    "manual": Shape(("manual", "articles"), ("source",)),
    "article": Shape(("id", "title"), ("parent", "missing", "carried_by", "reason")),
    "role": Shape(("title",), ("alias", "outside", "source", "inferred")),
    "field": Shape(("type",), ("title", "required", "of", "min", "max", "sensitive", "source", "inferred")),
    "step.do": Shape(("do", "by"), _STEP + _WORK),
    "step.approve": Shape(("approve", "by", "rejected"), _STEP + _WORK),
    "step.decide": Shape(("decide", "cases"), (*_STEP, "by", "lane", "fill", "within", "late", "only_when", "then")),
    "step.together": Shape(("together", "steps"), (*_STEP, "lane", "until", "within", "late", "only_when", "then")),
    "step.branch": Shape(("branch", "steps"), _STEP),
    "step.wait": Shape(("wait", "for"), (*_STEP, "lane", "within", "late", "only_when", "then")),
    "step.call": Shape(
        ("call", "process"), (*_STEP, "lane", "version", "with", "gives", "failed", "within", "late", "only_when", "then")
    ),
    "step.end": Shape(("end",), (*_STEP, "lane")),
    "case": Shape((), ("label", "when", "then", "otherwise", "source", "inferred")),
    "state.state": Shape(
        ("state",),
        (
            *_STEP,
            "by",
            "lane",
            "mode",
            "helped_by",
            "meets",
            "fill",
            "makes",
            "needs",
            "not_before",
            "process",
            "version",
            "with",
            "gives",
            "initial",
            "states",
            "transitions",
            "entry",
            "exit",
        ),
    ),
    "state.parallel": Shape(("parallel", "states"), (*_STEP, "transitions", "entry", "exit")),
    "state.history": Shape(("history", "default"), (*_STEP, "deep")),
    "state.end": Shape(("end",), (*_STEP, "output", "entry", "exit")),
    "transition": Shape(
        (), ("event", "after", "at", "always", "when", "to", "internal", "meant", "actions", "label", "source", "inferred")
    ),
    "action.set": Shape(("set", "value"), ()),
    "action.raise": Shape(("raise",), ()),
    "action.send": Shape(("send",), ("after", "id")),
    "action.cancel": Shape(("cancel",), ()),
    "action.log": Shape(("log",), ()),
    "action.remind": Shape(("remind",), ()),
    "action.escalate": Shape(("escalate",), ()),
    "action.perform": Shape(("perform",), ("with",)),
    "rule": Shape(
        (),
        ("say", "before", "after", "must", "within", "never", "when", "different_people", "same_person", "source", "inferred"),
    ),
    "example": Shape(("name", "play"), ("with", "now_at", "ends")),
}

OVERRIDES: dict[tuple[str, str], Key] = {
    ("step.call", "process"): Key(ONE_NAME, "被调用的流程", "the process to call", *_NAME),
    ("state.state", "process"): Key(ONE_NAME, "这个状态里调用的流程", "the process that runs in this state", *_NAME),
    ("rule", "after"): Key(ONE_NAME, "在…之后", "after this step", *_NAME),
    ("role", "title"): Key(TEXT, "角色名称", "title of the role", *_TEXT),
    ("employee", "title"): Key(TEXT, "姓名", "the person's name", *_TEXT),
    ("absence", "to"): Key(DATE, "到哪天止 (含)", "the last day", *_DATE),
    ("calendar", "calendar"): Key(ONE_NAME, "日历名称", "the name of the calendar", *_NAME),
    ("manual", "source"): Key(SOURCE, "版本，节选了哪些", "the edition, and what of it is there", "文字", "text"),
    ("article", "id"): Key(ARTICLE, "条款编号", "the article's number", *_ARTICLE),
    ("employee", "roles"): Key(
        {**NAMES, "anyOf": [*NAMES["anyOf"], {"type": "array", "maxItems": 0}]}, "角色", "the roles held", *_NAMES
    ),
}
"""Keys that mean something else in one place."""

OTHER_FILES = ("company", "employee", "absence", "policies", "calendar", "year", "manual", "article")
"""Shapes that do not occur in the file of a process."""

DISPATCH: dict[str, tuple[str, ...]] = {
    "step": ("do", "approve", "decide", "together", "branch", "wait", "call", "end"),
    "state": ("state", "parallel", "history", "end"),
    "action": ("set", "raise", "send", "cancel", "log", "remind", "escalate", "perform"),
}
"""Lists whose items are told apart by their verb, which is one of their keys."""


def key_of(shape: str, name: str) -> Key:
    """The key `name` as it is meant in a shape."""
    return OVERRIDES.get((shape, name), KEYS[name])
