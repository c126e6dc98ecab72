"""What people write instead of the words of the language: Chinese words for keys and values, and common English ones.

Only for the remedy of a message ("did you mean escalate?"); the reader itself knows one word for one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oyiflow.model.expression_types import closest

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "do": ("办理", "办", "做", "task"), "approve": ("审批", "审核", "批准", "approval"), "decide": ("判断", "决定", "decision"),
    "together": ("同时进行", "并行", "同时"), "branch": ("分支",), "wait": ("等待",), "call": ("调用", "调用流程"), "end": ("结束", "完"),
    "process": ("流程", "编号"), "title": ("名称", "标题", "名字", "name"), "version": ("版本",), "source": ("出处", "来源"),
    "inferred": ("推定",), "owner": ("负责人", "流程负责人"), "roles": ("角色", "泳道", "lanes"), "form": ("表单", "字段", "fields"),
    "steps": ("步骤",), "states": ("状态",), "rules": ("规则", "制度规则"), "examples": ("案例", "例子"), "alias": ("别名",),
    "outside": ("外部",), "type": ("类型",), "required": ("必填",), "of": ("选项", "options"), "min": ("下限", "最小"),
    "max": ("上限", "最大"), "sensitive": ("敏感",), "by": ("办理人", "谁办", "role", "who", "assignee"), "mode": ("方式",),
    "helped_by": ("支持",), "meets": ("对方",), "then": ("然后", "然后到", "下一步", "next"),
    "rejected": ("退回", "退回到", "驳回", "reject"), "cases": ("情形", "情况"), "label": ("名目",), "when": ("条件", "如果", "if"),
    "otherwise": ("否则", "其他", "else"), "clear": ("清空",), "only_when": ("仅当",), "fill": ("可填", "填写", "填"), "makes": ("产出", "产出文件"),
    "needs": ("所需", "所需文件"), "within": ("期限", "时限", "deadline", "due"), "late": ("逾期", "逾期处理", "超时"),
    "not_before": ("不早于",), "stamp": ("记日期",), "say": ("说",), "before": ("之前",), "after": ("之后",), "must": ("必须",), "never": ("绝不",),
    "different_people": ("不同的人", "不同人"), "same_person": ("同一人",), "play": ("演练",), "people": ("人员",),
    "superior": ("上级",), "company": ("公司",), "lane": ("所在泳道",), "to": ("到", "去"), "event": ("事件",),
    "remind": ("提醒",), "escalate": ("上报", "升级"), "pass": ("通过", "放行"), "reject": ("退回", "驳回", "拒绝"), "skip": ("跳过",),
    "any": ("或签", "任一"), "all": ("会签", "全部"), "in_turn": ("依次", "顺序"), "text": ("文本", "文字", "string"),
    "longtext": ("长文本",), "int": ("整数", "数字", "integer", "number"), "decimal": ("小数",), "money": ("金额", "钱"),
    "bool": ("是否", "boolean"), "date": ("日期",), "datetime": ("时间", "日期时间"), "duration": ("时长",),
    "choice": ("单选", "选择"), "choices": ("多选",), "person": ("人", "人名", "人员", "谁"), "file": ("文件", "附件"), "list": ("列表", "表格"),
    "each": ("逐个", "逐项"), "run": ("自动执行", "自动"), "handler": ("程序", "处理程序"), "retries": ("重试",), "in": ("列表字段",), "as": ("取作",),
    "who": ("限本人", "限"), "see": ("只读", "可看"), "hide": ("隐藏", "不显示"), "checklist": ("检查清单", "清单"), "tell": ("抄送", "报备", "告知"),
    "allow": ("允许", "允许操作"), "transfer": ("转办",), "delegate": ("委派",), "add_signer": ("加签",), "remove_signer": ("减签",),
    "send_back": ("退回",), "withdraw": ("撤回",), "urge": ("催办",), "resubmit": ("重提", "重提方式"), "straight": ("直送",), "again": ("重走",),
    "only_while": ("仅在期间",), "same": ("相同字段",), "on_holiday": ("遇假日", "遇休息日"), "starts": ("定时", "定时发起"), "every": ("每",),
    "week": ("周", "每周"), "month": ("月", "每月"), "quarter": ("季", "每季"), "year": ("年", "每年"), "for_each": ("每人一个", "每人"), "figures": ("带上",), "days": ("天数", "日历天"), "reports": ("统计",), "report": ("统计",),
    "visible_to": ("可见于", "给谁看"), "keep": ("保留",), "columns": ("列",), "name": ("名字", "案例名称"), "now_at": ("此时停在",), "ends": ("结束于",), "told": ("提醒过",), "cannot": ("办不成",),
    "with": ("传入", "值"), "gives": ("取回",), "failed": ("失败后到", "失败"), "until": ("直到",), "for": ("等什么",),
    "state": ("状态",), "parallel": ("并行",), "transitions": ("转移",), "always": ("立刻",), "actions": ("动作",), "entry": ("进入时",),
    "exit": ("离开时",), "set": ("写字段",), "value": ("值",), "log": ("记录",), "calendar": ("日历",), "absences": ("不在岗",), "policies": ("规定",),
    "was": ("原名", "原叫"), "deputy": ("代理人",), "from": ("从",), "manual": ("制度",), "articles": ("条款",), "administrators": ("管理员",),
}  # fmt: skip


def meant(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that was probably meant: by its synonym, or by its spelling."""
    words = list(allowed)
    return next((name for name in words if word in SYNONYMS.get(name, ())), None) or closest(word, words)
