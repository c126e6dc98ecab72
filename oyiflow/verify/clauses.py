"""OF804: the manual and the processes agree: every article is carried by an element, every source names articles that are there.

Asked only where a list of the manual's articles is among the files. An article with parts is judged by its parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Span
from oyiflow.model.definition import Definition
from oyiflow.model.expression_types import closest
from oyiflow.model.manual import Element, Manual, carriers, elements_of, status_of


def check_sources(manual: Manual, definitions: Iterable[Definition]) -> Iterator[Diagnostic]:
    """Sources that name what the manual does not have, and rules that come from nowhere."""
    for definition in definitions:
        for element in elements_of(definition):
            for name in manual.cited(element.origin.source):
                if name not in manual.article:
                    yield _unknown(name, element, manual)
                elif manual.article[name].missing:
                    yield _missing(manual.article[name].id, element.span)
            if element.kind == "rule" and not element.origin.source and not element.origin.inferred:
                fix = Fix(
                    zh="写上 source: 条款；原文没有的，写 inferred: true",
                    en="write source: an article; if the manual does not say it, inferred: true",
                )
                yield _warning(element.span, f"第 {element.id} 条规则没有出处", f"rule {element.id} has no source", fix)


def check_articles(manual: Manual, definitions: Iterable[Definition]) -> Iterator[Diagnostic]:
    """Articles that no element of any process carries."""
    carried = carriers(manual, (element for definition in definitions for element in elements_of(definition)))
    for article in manual.articles:
        if status_of(article, manual, carried) == "open":
            fix = Fix(
                zh=f"在对应的地方写 source: {article.id}；没有要办的事，写 carried_by: text 和 reason",
                en=f"write source: {article.id} where it is carried out; if there is nothing to carry out, carried_by: text and a reason",
            )
            yield _warning(article.span, f"没有流程对应“{article.id}”", f"no process carries {article.id!r}", fix)


def _unknown(name: str, element: Element, manual: Manual) -> Diagnostic:
    guess = closest(name, [one.id for one in manual.articles])
    fix = (
        Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?")
        if guess is not None
        else Fix(
            zh="写条款的编号；别的话写在冒号后面，如 第14条：批准",
            en="write the ids of articles; other words stand behind a colon, such as 7.2: approval",
        )
    )
    zh, en = f"source: 制度里没有“{name}”", f"source: the manual has no article {name!r}"
    return _warning(element.span, zh, en, fix)


def _missing(name: str, span: Span) -> Diagnostic:
    fix = Fix(
        zh="改正出处；原文没有的，写 inferred: true", en="correct the source; what the manual does not say is inferred: true"
    )
    return _warning(
        span, f"source: 原文缺“{name}”，不能出自它", f"source: the manual lacks {name!r}; nothing can come from it", fix
    )


def _warning(span: Span, zh: str, en: str, fix: Fix) -> Diagnostic:
    return Diagnostic(code="OF804", severity=Severity.WARNING, span=span, zh=zh, en=en, fix=fix)
