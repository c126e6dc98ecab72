"""The trace: every article of the manual beside the elements that carry it, and every element beside where it comes from.

What is not carried, comes from nowhere or is inferred is listed by itself, so that nothing is lost among what is well.
The same files give the same text, to the letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from oyiflow.model.definition import Definition, Text
from oyiflow.model.manual import Article, Element, Manual, Status, carriers, elements_of, status_of
from oyiflow.words.markdown import inline, table

STATUSES: dict[Status, Text] = {
    "carried": Text(zh="有对应", en="carried"),
    "parts": Text(zh="见下级", en="by its parts"),
    "text": Text(zh="无须办理", en="nothing to carry out"),
    "missing": Text(zh="原文缺", en="missing in the manual"),
    "open": Text(zh="没有对应", en="not carried"),
}
KINDS = {
    "process": Text(zh="流程", en="process"),
    "role": Text(zh="角色", en="role"),
    "field": Text(zh="字段", en="field"),
    "step": Text(zh="步骤", en="step"),
    "decision": Text(zh="判断", en="decision"),
    "case": Text(zh="情形", en="case"),
    "rule": Text(zh="规则", en="rule"),
    "report": Text(zh="统计", en="report"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An article, how it stands, and the elements that name it, in the order of the files."""

    article: Article
    status: Status
    carriers: tuple[Element, ...] = ()

    @property
    def only_inferred(self) -> bool:
        """Whether the manual's own words are in none of the carriers."""
        return self.status == "carried" and all(one.origin.inferred for one in self.carriers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The manual and the processes, laid side by side."""

    manual: Manual
    rows: tuple[Row, ...]
    elements: tuple[Element, ...]
    unknown: tuple[tuple[str, Element], ...] = ()
    """What sources name and the manual does not have."""

    def of(self, status: Status) -> tuple[Row, ...]:
        """The articles that stand so."""
        return tuple(row for row in self.rows if row.status == status)

    @property
    def only_inferred(self) -> int:
        """How many articles are carried by nothing but what is inferred."""
        return sum(row.only_inferred for row in self.rows)

    @property
    def inferred(self) -> tuple[Element, ...]:
        """What the manual does not say, or does not say so."""
        return tuple(one for one in self.elements if one.origin.inferred)

    @property
    def unsourced(self) -> tuple[Element, ...]:
        """What comes from nowhere and is not marked either."""
        return tuple(one for one in self.elements if not one.origin.source and not one.origin.inferred)


def trace(manual: Manual, definitions: Iterable[Definition]) -> Trace:
    """Lay a manual and processes side by side."""
    elements = tuple(element for definition in definitions for element in elements_of(definition))
    carried = carriers(manual, elements)
    rows = [
        Row(article=one, status=status_of(one, manual, carried), carriers=tuple(carried.get(one.key, ())))
        for one in manual.articles
    ]
    unknown = [(name, element) for name, found in carried.items() if name not in manual.article for element in found]
    return Trace(manual=manual, rows=tuple(rows), elements=elements, unknown=tuple(unknown))


# --- as a document


def told(found: Trace, lang: str = "both") -> str:
    """The trace as Markdown, in "zh", "en", or in "both": first all in Chinese, then all in English."""
    if lang == "both":
        return told(found, "zh") + "\n---\n\n" + told(found, "en")
    words = _Words(lang)
    title = words.text(found.manual.title)
    note = [inline(found.manual.note), ""] if found.manual.note else []
    lines = [words.say(f"# {title}　条款与流程对照", f"# {title}: articles and processes"), "", *note, *_summary(found, words)]
    for heading, body in _chapters(found, words):
        if body:
            lines += [f"## {heading}", "", *body]
    return "\n".join(lines).rstrip("\n") + "\n"


@dataclass(frozen=True, slots=True)
class _Words:
    lang: str

    def say(self, zh: str, en: str) -> str:
        return en if self.lang == "en" else zh

    def text(self, text: Text) -> str:
        return inline(text.of(self.lang))

    def element(self, one: Element) -> str:
        """`visit · step approval 审批`; * marks what is inferred."""
        kind = KINDS[one.kind].of(self.lang)
        name = f"{kind} {inline(one.id)}" if one.kind != "process" else kind
        return f"{inline(one.process)} · {name} {self.text(one.title)}".rstrip() + ("\\*" if one.origin.inferred else "")


def _summary(found: Trace, words: _Words) -> list[str]:
    counts = Counter(row.status for row in found.rows)
    told = words.say("、", ", ").join(
        f"{STATUSES[status].of(words.lang)} {counts[status]}" for status in STATUSES if counts[status]
    )
    if found.only_inferred:
        told += words.say(
            f"（其中 {found.only_inferred} 条只有推定的元素）",
            f" ({found.only_inferred} of the carried only by what is inferred)",
        )
    articles, elements = len(found.rows), len(found.elements)
    inferred, unsourced = len(found.inferred), len(found.unsourced)
    zh = f"条款 {articles}：{told}。流程中的元素 {elements}：有出处 {elements - inferred - unsourced}、推定 {inferred}、没有出处 {unsourced}。"
    en = f"{articles} articles: {told}. {elements} elements of processes: {elements - inferred - unsourced} with a source, {inferred} inferred, {unsourced} without a source."
    return [words.say(zh, en), ""]


def _chapters(found: Trace, words: _Words) -> Iterator[tuple[str, list[str]]]:
    yield (
        words.say("没有对应的条款", "Articles that nothing carries"),
        _listed(_article(row.article, words) for row in found.of("open")),
    )
    yield (
        words.say("制度里没有的出处", "Sources that the manual does not have"),
        _listed(f"{inline(name)}{words.say('：', ': ')}{words.element(one)}" for name, one in found.unknown),
    )
    yield words.say("没有出处的元素", "Elements without a source"), _listed(map(words.element, found.unsourced))
    yield words.say("条款", "Articles"), _articles(found, words)
    yield words.say("推定的元素", "What is inferred"), _inferred(found, words)


def _listed(lines: Iterable[str]) -> list[str]:
    body = [f"- {line}" for line in lines]
    return [*body, ""] if body else []


def _article(article: Article, words: _Words) -> str:
    return f"{inline(article.id)} {words.text(article.title)}"


def _articles(found: Trace, words: _Words) -> list[str]:
    heads = (
        ("条款", "article"),
        ("内容", "about"),
        ("情况", "status"),
        ("对应的元素（\\* 推定）", "carried by (\\* inferred)"),
    )
    rows = [
        (
            inline(row.article.id),
            words.text(row.article.title),
            STATUSES[row.status].of(words.lang) + "\\*" * row.only_inferred,
            _carried_by(row, words),
        )
        for row in found.rows
    ]
    return table([words.say(*head) for head in heads], rows)


def _carried_by(row: Row, words: _Words) -> str:
    if row.carriers:
        return "<br>".join(map(words.element, row.carriers))
    return words.text(row.article.reason)


def _inferred(found: Trace, words: _Words) -> list[str]:
    heads = (("元素", "element"), ("所依据的条款", "articles that it leans on"))
    rows = [(words.element(one), inline(one.origin.source)) for one in found.inferred]
    return table([words.say(*head) for head in heads], rows)


# --- as data


def as_data(found: Trace) -> dict[str, Any]:
    """The trace for programs."""
    return {
        "manual": _both(found.manual.title),
        "articles": [
            {
                "id": row.article.id,
                "title": _both(row.article.title),
                "parent": row.article.parent or None,
                "status": row.status,
                "reason": _both(row.article.reason),
                "carried_by": [_data(one) for one in row.carriers],
            }
            for row in found.rows
        ],
        "unknown": [{"article": name, **_data(one)} for name, one in found.unknown],
        "without_source": [_data(one) for one in found.unsourced],
        "inferred": [_data(one) for one in found.inferred],
        "elements": len(found.elements),
    }


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _data(one: Element) -> dict[str, Any]:
    return {
        "process": one.process, "kind": one.kind, "id": one.id, "title": _both(one.title),
        "source": one.origin.source, "inferred": one.origin.inferred, "file": one.span.file, "line": one.span.line,
    }  # fmt: skip
