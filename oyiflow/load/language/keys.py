"""Every key of the files, with its meaning and the shape of its value; which of them may stand where, `vocabulary` says.

The JSON Schema of a value is what editors and the shape check use; the words beside it are what a user reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oyiflow.model import retention
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
DAY: Schema = {"type": "string", "pattern": r"^(day \d{1,3}|第? ?\d{1,3} ?[日号])$"}
DAY_OR_DAYS: Schema = {"anyOf": [DAY, {"type": "array", "items": DAY, "minItems": 1, "maxItems": 31}]}
KEEP: Schema = {"type": "string", "pattern": f"^{retention.KEEP}$"}
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
_LIMIT = (
    "一段时间，如 3 workdays、5天；每月几号，如 day 5；或日期字段",
    "a duration such as 3 workdays; a day of the month such as day 5; or a date field",
)
_DAY = ("第几天，如 day 5", "a day such as day 5")
_STARTS = ("如 {every: month, by: day 5}", "such as {every: month, by: day 5}")
_KEEP = ("一段时间，如 2 years、18 months、90 days、2年", "a time such as 2 years, 18 months or 90 days")
_FIGURES = ("如 {process: 甲, report: 乙, gives: {丙: due}}", "such as {process: a, report: b, gives: {c: due}}")
_SPAN = ("如 {from: 出发, to: 返回}", "such as {from: left, to: returned}")
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
OPERATIONS = ("transfer", "delegate", "add_signer", "remove_signer", "send_back", "withdraw", "urge")
PERIODS = ("week", "month", "quarter", "year")
FIGURES = ("whose", "period", "value", "due", "at_least")
ON_HOLIDAY = ("before", "after")
RESUBMIT = ("again", "straight")
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
    "was": Key(ONE_NAME, "上一版本里叫什么", "what it was called in the version before", *_NAME),
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
    "starts": Key({"$ref": "#/$defs/schedule"}, "定时发起", "starts by itself", *_STARTS),
    "every": Key(_one_of(*PERIODS), "每周、每月、每季、每年", "in every period", *_words(*PERIODS)),
    "for_each": Key(ONE_NAME, "给这个角色的每个人各发起一个", "one for everybody who holds this role", *_NAME),
    "figures": Key({"$ref": "#/$defs/figures"}, "带上统计里此人的数", "with what a report says of that person", *_FIGURES),
    "reports": Key(_refs("report"), "统计: 对所有实例", "reports over all instances", "统计的列表", "a list of reports"),
    "report": Key(ONE_NAME, "统计的名字", "the name of the report", *_NAME),
    "per": Key(ONE_NAME, "按谁、按哪个字段分开 (starter: 发起人)", "told apart by: starter, or a field", *_NAME),
    "total": Key(
        ONE_NAME, "累加哪个字段 (不写: 数个数)", "the field that is added up (without: instances are counted)", *_NAME
    ),
    "days": Key({"$ref": "#/$defs/days"}, "数日历天: 从哪天到哪天", "calendar days are counted: from which to which", *_SPAN),
    "dated": Key(ONE_NAME, "按哪个日期字段归入周期", "the date by which it belongs to a period", *_NAME),
    "at_least": Key(LITERAL, "不少于", "not less than", "一个值", "a value"),
    "at_most": Key(LITERAL, "不多于", "not more than", "一个值", "a value"),
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
    "min": Key(LITERAL, "下限 (日期可写 today)", "smallest value (of a date also today)", "一个值", "a value"),
    "max": Key(LITERAL, "上限 (日期可写 today)", "largest value (of a date also today)", "一个值", "a value"),
    "sensitive": Key(FLAG, "敏感: 只给有权的人看", "sensitive: shown only to those who may see it", *_FLAG),
    "visible_to": Key(NAMES, "给哪些角色看", "the roles that may see it", *_NAMES),
    "keep": Key(KEEP, "案子结束后值保留多久", "how long its value is kept after the case has ended", *_KEEP),
    "columns": Key(
        {
            "type": "object",
            "propertyNames": {"pattern": FIELD_NAME},
            "additionalProperties": {"$ref": "#/$defs/column"},
            "minProperties": 1,
            "maxProperties": 50,
        },
        "表格的列",
        "the columns of the table",
        "列的表，如 {customer: {type: text}}",
        "a table of columns such as {customer: {type: text}}",
    ),
    # verbs
    "do": Key(ONE_NAME, "办理: 一个人做的一步", "work that a person does", *_NAME),
    "approve": Key(ONE_NAME, "审批: 同意或退回", "approval: yes or send back", *_NAME),
    "decide": Key(ONE_NAME, "判断: 按条件，或由人选择", "decision, by conditions or by a person", *_NAME),
    "together": Key(ONE_NAME, "同时进行", "branches at the same time", *_NAME),
    "branch": Key(ONE_NAME, "同时进行中的一支 (多步)", "one branch of several steps", *_NAME),
    "wait": Key(ONE_NAME, "等待时间或消息", "wait for a time or a message", *_NAME),
    "call": Key(ONE_NAME, "调用另一流程", "call another process", *_NAME),
    "each": Key(ONE_NAME, "逐个: 对列表里的每一项调用一个流程", "each: one process for every entry of a list", *_NAME),
    "run": Key(ONE_NAME, "自动执行: 由程序办理", "run: done by a program", *_NAME),
    "end": Key(ONE_NAME, "结束", "an end", *_NAME),
    "state": Key(ONE_NAME, "状态", "a state", *_NAME),
    "parallel": Key(ONE_NAME, "并行: 各区域同时有效", "parallel regions", *_NAME),
    "history": Key(ONE_NAME, "历史: 回到上次离开的地方", "history: back to where it was left", *_NAME),
    # people
    "by": Key(BY, "办理人", "who acts", "一个角色，如 manager，或几个 [a, b]", "a role such as manager, or several [a, b]"),
    "lane": Key(ONE_NAME, "画在哪条泳道", "the lane in which it is drawn", *_NAME),
    "who": Key(
        {"$ref": "#/$defs/person"},
        "还须是这个人",
        "and it must be this person",
        "如 {whoever_did: plan}",
        "such as {whoever_did: plan}",
    ),
    "mode": Key(
        {"anyOf": [_one_of(*MODES), {"type": "string", "pattern": r"^vote (100|[1-9]\d?)%$"}]},
        "方式: 或签 会签 依次 票签",
        "how several signers decide",
        "其中之一: any, all, in_turn，或 vote 60%",
        "one of: any, all, in_turn; or vote 60%",
    ),
    "tell": Key(NAMES, "办完后抄送、报备给", "who is told when it is done", *_NAMES),
    "allow": Key(
        {"anyOf": [_one_of(*OPERATIONS), {"type": "array", "items": _one_of(*OPERATIONS), "minItems": 1}]},
        "允许的操作: 转办 委派 加签 减签 退回 撤回 催办",
        "what people may do with the task besides answering it",
        "其中几个: " + ", ".join(OPERATIONS),
        "some of: " + ", ".join(OPERATIONS),
    ),
    "helped_by": Key(NAMES, "支持", "who helps", *_NAMES),
    "meets": Key(NAMES, "对方", "whom it meets", *_NAMES),
    # flow
    "then": Key(ONE_NAME, "然后到", "the next step", *_NAME),
    "clear": Key(NAMES, "清空: 这些字段重新填", "fields that are emptied, to be filled in anew", *_NAMES),
    "rejected": Key(ONE_NAME, "退回到", "where a rejection goes", *_NAME),
    "resubmit": Key(
        _one_of(*RESUBMIT),
        "重提方式: 重走各步，或直送退回的人",
        "after a rejection: through all steps again, or straight back to who rejected",
        *_words(*RESUBMIT),
    ),
    "failed": Key(ONE_NAME, "失败后到", "where a failure goes", *_NAME),
    "cases": Key(_refs("case"), "情形", "the cases", "情形的列表", "a list of cases"),
    "label": Key(TEXT, "箭头上的名称", "the label on the arrow", *_TEXT),
    "when": Key(GUARD, "条件", "the condition", *_GUARD),
    "otherwise": Key(ONE_NAME, "否则到", "where all else goes", *_NAME),
    "only_when": Key(GUARD, "仅当: 否则跳过这一步", "only when; else the step is skipped", *_GUARD),
    "only_while": Key(
        {"$ref": "#/$defs/while"},
        "仅在另一流程处于某一步期间",
        "only while a case of another process is at a state",
        "如 {process: buyer, at: tender, same: customer}",
        "such as {process: buyer, at: tender, same: customer}",
    ),
    "same": Key(ONE_NAME, "两边值相同的字段", "the field that is the same in both", *_NAME),
    "until": Key(
        _one_of("all", "first"), "等所有分支，或第一支完成", "wait for all branches, or for the first", *_words("all", "first")
    ),
    "for": Key(
        LITERAL,
        "等什么: 时长、每月几号 (过完)、日期字段或消息名",
        "what is awaited: a duration, a day of the month (its end), a date field or a message",
        "时长、day 5、字段或消息名",
        "a duration, day 5, a field or a message",
    ),
    # form and documents
    "fill": Key(NAMES, "可填字段", "fields that are filled in", *_NAMES),
    "see": Key(NAMES, "只读字段", "fields that are shown and cannot be changed", *_NAMES),
    "hide": Key(NAMES, "隐藏字段", "fields that are not shown", *_NAMES),
    "checklist": Key(
        {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 200},
        "检查清单: 逐项核对后才能通过",
        "checklist: to be ticked before a consent",
        "文字的列表",
        "a list of texts",
    ),
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
    "within": Key(DURATION, "期限", "deadline", *_LIMIT),
    "on_holiday": Key(
        _one_of(*ON_HOLIDAY), "遇休息日: 提前或顺延到工作日", "on a day off: the workday before, or after", *_words(*ON_HOLIDAY)
    ),
    "late": Key(_one_of(*LATE), "逾期处理: 提醒 上报 通过 退回 跳过", "what happens when it is late", *_words(*LATE)),
    "not_before": Key(ONE_NAME, "不早于 (日期字段)", "not before (a date field)", *_NAME),
    "stamp": Key(ONE_NAME, "办完那天记入这个日期字段", "a date field that gets the day on which it is done", *_NAME),
    # calls
    "handler": Key(
        {"type": "string", "pattern": r"^[^\s,;:#*\[\]{}]+$", "maxLength": 200},
        "处理程序的名字",
        "the name of the handler",
        "程序里登记的名字，如 bank.pay",
        "the name under which the program has it, such as bank.pay",
    ),
    "retries": Key(
        {"type": "integer", "minimum": 0, "maximum": 100},
        "失败后再试几次",
        "how often it is tried again",
        "0 到 100 的整数",
        "a whole number from 0 to 100",
    ),
    "in": Key(ONE_NAME, "哪个列表字段", "the field with the entries", *_NAME),
    "as": Key(ONE_NAME, "对方的哪个字段取这一项", "their field that gets the entry", *_NAME),
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
    "day": Key(DAY, "到每月几号结束时", "when this day of the month is over", *_DAY),
    "over": Key(FLAG, "到那天结束时 (不写: 到那天开始时)", "when that day is over (else: when it begins)", *_FLAG),
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
    "overdue": Key(
        ONE_NAME,
        "提醒此刻的办理人和上级: 这一步逾期",
        "tell whoever holds the case, and their superiors, that this step is overdue",
        *_NAME,
    ),
    "about": Key(ONE_NAME, "关于哪一步", "about which step", *_NAME),
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
    "administrators": Key(
        NAMES, "管理员: 可以挂起、恢复、跳过、移交", "administrators: may suspend, resume, skip and hand over", *_NAMES
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
    "told": Key(
        NAMES, "到此提醒、上报过哪些步骤 (nobody: 没有)", "about which steps somebody was reminded (nobody: none)", *_NAMES
    ),
    "cannot": Key(NAMES, "此时办不成的步骤", "open steps to which nobody can consent then", *_NAMES),
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

OVERRIDES: dict[tuple[str, str], Key] = {
    ("schedule", "from"): Key(DAY_OR_DAYS, "周期里的第几天发起", "on which day of the period (or days) it starts", *_DAY),
    ("schedule", "by"): Key(DAY, "周期里的第几天以前办完 (含)", "by the end of which day it must be over", *_DAY),
    ("figures", "gives"): Key(
        {"type": "object", "additionalProperties": _one_of(*FIGURES), "minProperties": 1, "maxProperties": 500},
        "取来的数: 本流程字段 <- 统计的一项",
        "what is taken: our field from a part of the answer",
        *_words(*FIGURES),
    ),
    ("days", "from"): Key(NAMES, "从哪个日期字段起 (几个: 取最晚的)", "from the day in this field (the latest)", *_NAMES),
    ("days", "to"): Key(NAMES, "到哪个日期字段止，含当天 (几个: 取最早的)", "to the day in this field (the earliest)", *_NAMES),
    ("report", "of"): Key(NAMES, "只算到过这些步骤的", "only those that came to these steps", *_NAMES),
    ("while", "process"): Key(ONE_NAME, "哪个流程", "the other process", *_NAME),
    ("while", "at"): Key(ONE_NAME, "它处于哪一步", "the state in which it is", *_NAME),
    ("step.each", "process"): Key(ONE_NAME, "被调用的流程", "the process to call", *_NAME),
    ("step.call", "process"): Key(ONE_NAME, "被调用的流程", "the process to call", *_NAME),
    ("state.state", "process"): Key(ONE_NAME, "这个状态里调用的流程", "the process that runs in this state", *_NAME),
    ("rule", "by"): Key(NAMES, "必须由谁办", "by whom what must come is done", *_NAMES),
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
