"""A visit that needs approval, and the ways in which such processes go wrong: what the tests of rules are tried on."""

from __future__ import annotations

from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition

VISIT = """process: visit
title: 拜访
roles: {sales: 专员, manager: 经理, gm: 总经理, cash: 财务}
form:
  budget: {title: 款项预算, type: money, min: 0, required: true}
  urgent: {title: 紧急, type: bool, required: true}
  spent: {title: 报销金额, type: money, required: true}
steps:
  - {do: plan, title: 制定拜访计划, by: sales, fill: [budget, urgent]}
  - {do: apply, title: 提出拜访申请, by: sales}
  - {approve: review, title: 审核, by: manager, rejected: plan}
  - {approve: approval, title: 审批, by: gm, rejected: plan}
  - together: prepare
    title: 准备
    steps:
      - {do: funds, title: 款项支持, by: cash, only_when: budget > 0}
      - {do: kit, title: 物料支持, by: sales}
  - {do: visit, title: 拜访, by: sales}
  - {do: report, title: 拜访报告, by: sales}
  - {approve: check, title: 检查报告, by: manager, rejected: report}
  - {do: claim, title: 报销, by: sales, fill: spent}
  - decide: again
    title: 约定下次拜访？
    by: sales
    cases:
      - {label: 再约, then: plan}
      - {label: 不约, then: done}
  - {end: done, title: 结束}
rules:
  - {say: 每次拜访都须先经审批, before: visit, must: approval}
  - {say: 拜访须先经两级审核, before: visit, must: [review, approval]}
  - {say: 先审核，后审批, before: approval, must: review}
  - {say: 报告检查合格才报销, before: claim, must: check}
  - {say: 拜访后须交报告, after: visit, must: report}
  - {say: 没有预算不支款, never: funds, when: budget == 0}
"""
APPROVAL = "{approve: approval, title: 审批, by: gm, rejected: plan}"
MISTAKES: dict[str, tuple[tuple[str, str], ...]] = {
    "second visit on the first approval": (("{label: 再约, then: plan}", "{label: 再约, then: prepare}"),),
    "urgent shortcut": (
        (
            "  - {approve: review,",
            "  - decide: rush\n    title: 紧急？\n    cases:\n      - {label: 急, when: urgent, then: prepare}\n"
            "      - {label: 不急, otherwise: review}\n  - {approve: review,",
        ),
    ),
    "return that skips an approver after an edit": (
        (APPROVAL, "{approve: approval, title: 审批, by: gm, rejected: amend, then: prepare}"),
        (
            "  - together: prepare",
            "  - {do: amend, title: 修改计划, by: sales, fill: budget, then: approval}\n  - together: prepare",
        ),
    ),
    "claim before check": (
        (
            "  - {approve: check, title: 检查报告, by: manager, rejected: report}\n  - {do: claim, title: 报销, by: sales, fill: spent}\n",
            "  - {do: claim, title: 报销, by: sales, fill: spent}\n  - {approve: check, title: 检查报告, by: manager, rejected: report}\n",
        ),
    ),
    "straight back to the one who rejected": ((APPROVAL, APPROVAL.replace("plan}", "plan, resubmit: straight}")),),
    "approved by running out of time": ((APPROVAL, APPROVAL.replace("plan}", "plan, within: 2 workdays, late: pass}")),),
    "approval skipped below a limit": ((APPROVAL, APPROVAL.replace("plan}", "plan, only_when: budget > 20000}")),),
    "report only of costly visits": (
        ("{do: report, title: 拜访报告, by: sales}", "{do: report, title: 拜访报告, by: sales, only_when: budget > 500}"),
    ),
    "funds without a budget": ((", only_when: budget > 0}", "}"),),
}


def mistaken(name: str) -> str:
    """The text of the visit with a mistake."""
    text = VISIT
    for old, new in MISTAKES[name]:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def read(text: str) -> Definition:
    """The definition of a text without mistakes of writing."""
    definition, found = read_definition(Source(name="visit.yaml", text=text))
    assert definition is not None, [(one.code, one.en) for one in found]
    return definition
