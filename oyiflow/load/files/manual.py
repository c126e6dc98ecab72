"""The manual's file: the list of its articles, against which the processes are traced.

    manual: {zh: 大客户业务流程及管理办法, en: Key-account manual}
    source: the edition, and what of it is there
    articles:
      - {id: 第6条, title: {zh: 变更须批准, en: Changes need approval}}
      - {id: 第4条, title: 参考因素}
      - {id: 第4条(1), title: 近期人均销售量, parent: 第4条}
      - {id: 第1条, title: 目的, carried_by: text, reason: 说明目的，没有要办的事}
      - {id: 第19条, title: 缺, missing: true}

Read as strictly as a process, with the same diagnostics.
"""

from __future__ import annotations

from oyiflow.diagnostics import Diagnostic, Fix
from oyiflow.load.language.shape import check_shape
from oyiflow.load.reading import Reading, scalar
from oyiflow.load.report import Report
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence
from oyiflow.model.manual import Article, Manual, folded


def is_manual(root: Node | None) -> bool:
    """Whether a file lists the articles of a manual."""
    return (
        isinstance(root, Mapping)
        and root.key("manual") is not None
        and root.key("process") is None
        and root.key("company") is None
    )


def manual_of(root: Node, found: list[Diagnostic]) -> tuple[Manual | None, list[Diagnostic]]:
    """The manual in a text whose nodes have been read, and everything that is wrong with it; none if there is any error."""
    report = Report()
    report.add(found)
    check_shape(root, report, "manual")
    if not isinstance(root, Mapping):
        return None, report.found
    table = root.get("articles")
    known: dict[str, Article] = {}
    for node in table.items if isinstance(table, Sequence) else ():
        if isinstance(node, Mapping) and (id := node.get("id")) is not None and isinstance(id, Scalar):
            _take(node, id, known, report)
    manual = Manual(
        title=Reading(report=report).text(root.get("manual")), note=scalar(root.get("source")), articles=tuple(known.values())
    )
    return (None if report.failed else manual), report.found


def _take(node: Mapping, id: Scalar, known: dict[str, Article], report: Report) -> None:
    """One article, after those that stand before it."""
    if folded(id.text) in known:
        fix = Fix(zh="去掉一个，或改编号", en="remove one of them, or give it another id")
        report.error("OF202", id.span, f"条款“{id.text}”写了两次", f"the article {id.text!r} is listed twice", fix)
        return
    parent = node.get("parent")
    if isinstance(parent, Scalar) and folded(parent.text) not in known:
        report.unknown(
            "OF204", parent.span, ("写在前面的条款", "article listed before"), parent.text, [one.id for one in known.values()]
        )
    known[folded(id.text)] = _article(node, id, report)
    _check_reason(node, report)


def _article(node: Mapping, id: Scalar, report: Report) -> Article:
    reading = Reading(report=report)
    return Article(
        id=id.text,
        title=reading.text(node.get("title"), id.text),
        parent=scalar(node.get("parent")),
        missing=scalar(node.get("missing")) == "true",
        by_text=scalar(node.get("carried_by")) == "text",
        reason=reading.text(node.get("reason")),
        span=id.span,
    )


def _check_reason(node: Mapping, report: Report) -> None:
    """What is not carried by an element says why; what is not there cannot be carried."""
    carried, missing = node.key("carried_by"), scalar(node.get("missing")) == "true"
    if carried is not None and missing:
        fix = Fix(zh="去掉其中一个", en="drop one of the two")
        report.error(
            "OF103", carried.span, "原文缺的条款，不能有 carried_by", "an article that is missing cannot be carried", fix
        )
    elif carried is not None and scalar(node.get("carried_by")) == "text" and node.get("reason") is None:
        fix = Fix(zh="加上 reason: 为什么不必由流程落实", en="add reason: why no process need carry it")
        report.error("OF102", carried.span, "carried_by 少了理由 reason", "carried_by lacks its reason", fix)
