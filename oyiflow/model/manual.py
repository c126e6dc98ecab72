"""The manual that processes are written from: its articles, and which elements of which processes carry them.

An element (a process, role, field, step, decision, case, rule or report) says in its `source` which articles it comes from:

    source: 第14条            one article
    source: 二2(2)、二2(3)    several, with 、 or , or ; or a space between them
    source: 3.1：增值服务     what follows a colon is a remark
    source: 《手册》第14条    a title in front names the document; articles of another document are none of this manual

Every word must be the id of an article, whole: 第4条 is never found in 第14条. Full-width and half-width letters and brackets
are the same. An article is carried by the elements that name it; one that has parts is carried by its parts too, never the
other way round: who names 第4条 has not named 第4条(2).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from oyiflow.diagnostics import NOWHERE, Span
from oyiflow.model.definition import NO_ORIGIN, NO_TEXT, Definition, Origin, State, Text, Transition

Kind = Literal["process", "role", "field", "step", "decision", "case", "rule", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article or section. `missing`: the manual itself lacks it. `by_text`: there is nothing to carry out in it, for a `reason`."""

    id: str
    title: Text
    parent: str = ""
    missing: bool = False
    by_text: bool = False
    reason: Text = NO_TEXT
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def key(self) -> str:
        """The id as it is compared."""
        return folded(self.id)


@dataclass(frozen=True, kw_only=True)
class Manual:
    """A list of articles in the manual's own order; a parent stands before its parts."""

    title: Text
    note: str = ""
    """Which edition this is, and what of it is there."""
    articles: tuple[Article, ...] = ()

    @cached_property
    def article(self) -> Mapping[str, Article]:
        """The articles by their folded ids."""
        return {one.key: one for one in self.articles}

    @cached_property
    def parts(self) -> Mapping[str, tuple[Article, ...]]:
        """The parts of each article that has any, by its folded id."""
        found: dict[str, tuple[Article, ...]] = {}
        for one in self.articles:
            if one.parent:
                found[folded(one.parent)] = (*found.get(folded(one.parent), ()), one)
        return found

    def cited(self, source: str) -> tuple[str, ...]:
        """The folded ids that a `source` names; none if it speaks of another document."""
        named = re.match(r"\s*《([^》]*)》", source)
        if named is not None:
            if _spoken(named[1]) not in {_spoken(self.title.zh), _spoken(self.title.en)} - {""}:
                return ()
            source = source[named.end() :]
        words = re.split(r"[\s、,;]+", folded(source).partition(":")[0])
        return tuple(dict.fromkeys(word for word in words if word))


def folded(text: str) -> str:
    """A text as ids are compared: full-width signs are their half-width ones."""
    return unicodedata.normalize("NFKC", text)


def _spoken(title: str) -> str:
    return "".join(folded(title).split()).casefold()


# --- the elements of processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Something in a process that comes from somewhere. `id` finds it in the file: a name, `step → target`, the number of a rule."""

    process: str
    kind: Kind
    id: str
    title: Text
    origin: Origin
    span: Span = field(default=NOWHERE, compare=False)


def elements_of(definition: Definition) -> Iterator[Element]:
    """All elements in the order of the file. A case or transition that says nothing of its own belongs to its step."""
    name = definition.name
    yield Element(process=name, kind="process", id=name, title=definition.title, origin=definition.origin, span=definition.span)
    for role in definition.roles:
        yield Element(process=name, kind="role", id=role.name, title=role.title, origin=role.origin, span=role.span)
    for spec in definition.fields:
        yield Element(process=name, kind="field", id=spec.name, title=spec.title, origin=spec.origin, span=spec.span)
    for state in definition.states.values():
        if state is not definition.root and (state.verb or state.origin != NO_ORIGIN):  # else it was made by lowering
            kind: Kind = "decision" if state.verb == "decide" else "step"
            yield Element(process=name, kind=kind, id=state.id, title=state.title, origin=state.origin, span=state.span)
        yield from (_case(name, state, way) for way in state.transitions if way.origin != NO_ORIGIN)
    for place, rule in enumerate(definition.rules, 1):
        yield Element(process=name, kind="rule", id=str(place), title=rule.say, origin=rule.origin, span=rule.span)
    for one in definition.reports:
        yield Element(process=name, kind="report", id=one.name, title=one.title, origin=one.origin, span=one.span)


def _case(process: str, state: State, way: Transition) -> Element:
    to = ", ".join(way.targets) or "–"
    return Element(process=process, kind="case", id=f"{state.id} → {to}", title=way.label, origin=way.origin, span=way.span)


def carriers(manual: Manual, elements: Iterable[Element]) -> dict[str, list[Element]]:
    """The elements by the folded ids that they name, known to the manual or not."""
    found: dict[str, list[Element]] = {}
    for element in elements:
        for one in manual.cited(element.origin.source):
            found.setdefault(one, []).append(element)
    return found


Status = Literal["carried", "parts", "text", "missing", "open"]


def status_of(article: Article, manual: Manual, carried: Mapping[str, object]) -> Status:
    """How an article stands; `carried`: what `carriers` found."""
    if article.missing:
        return "missing"
    if article.key in carried:
        return "carried"
    if article.by_text:
        return "text"
    return "parts" if article.key in manual.parts else "open"
