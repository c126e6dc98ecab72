"""Chinese words for keys and for the values that are words of the language: `审批: 审核` for `approve: 审核`.

A file may be written in either; `fmt` turns the Chinese ones into the canonical ones. A word counts only where a key of the
language may stand, so names of the author's (roles, fields, steps) are never touched; which word stands for which key is
what `synonyms` says, as far as it is Chinese and means one key only in that place. A file without any Chinese key is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from oyiflow.diagnostics import Diagnostic, Fix, Source
from oyiflow.load.language.shape import NESTED, TABLES, single
from oyiflow.load.language.synonyms import SYNONYMS
from oyiflow.load.language.vocabulary import DISPATCH, SHAPES, key_of
from oyiflow.load.text import nodes
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence

_WORD = re.compile(r"[\u4e00-\u9fff]+")
_KEY = re.compile(r"([\u4e00-\u9fff]+)['\"]?\s*:")
_KINDS = (("process", "process"), ("company", "company"), ("calendar", "calendar"), ("manual", "manual"))


def read(source: Source) -> tuple[Node | None, list[Diagnostic]]:
    """As `nodes.read`, in canonical words."""
    root, found = nodes.read(source)
    twice: list[Diagnostic] = []
    root = _translated(root, source.text, twice)
    return root, [*found, *twice]


def _translated(root: Node | None, text: str, twice: list[Diagnostic]) -> Node | None:
    """The tree with canonical words; the same object where the text has none of the Chinese ones."""
    if not isinstance(root, Mapping) or _chinese().isdisjoint(_KEY.findall(text)):
        return root
    top = {**_meant(SHAPES["process"].keys), **_meant(("company", "calendar", "manual"))}
    names = {top.get(key.text, key.text) for key, _ in root.items}
    kind = next((kind for name, kind in _KINDS if name in names), "")
    return _Words(twice).mapping(root, kind) if kind else root


@cache
def _chinese() -> frozenset[str]:
    return frozenset(word for words in SYNONYMS.values() for word in words if _WORD.fullmatch(word))


@cache
def _meant(keys: tuple[str, ...]) -> dict[str, str]:
    """The Chinese words for some words of the language; one that could mean two of them means neither."""
    found: dict[str, list[str]] = {}
    for key in keys:
        for word in SYNONYMS.get(key, ()):
            if _WORD.fullmatch(word):
                found.setdefault(word, []).append(key)
    return {word: names[0] for word, names in found.items() if len(names) == 1}


def words_for(key: str, shape: str = "") -> tuple[str, ...]:
    """The Chinese words that are read as a key, in this shape or wherever it may stand."""
    shapes = [SHAPES[shape]] if shape else [one for one in SHAPES.values() if key in one.keys]
    found = {word for one in shapes for word, name in _meant(one.keys).items() if name == key}
    return tuple(word for word in SYNONYMS.get(key, ()) if word in found)


class _Words:
    """Translates one tree; notes keys that are there twice, in two languages."""

    def __init__(self, twice: list[Diagnostic]) -> None:
        self.twice = twice

    def mapping(self, node: Mapping, kind: str) -> Mapping:
        """One mapping of a kind (the depth of a file is bounded, so recursion is safe)."""
        shape = kind
        if kind in DISPATCH:
            verbs = _meant(DISPATCH[kind])
            verb = next((v for key, _ in node.items if (v := verbs.get(key.text, key.text)) in DISPATCH[kind]), "")
            shape = f"{kind}.{verb}"
        if shape not in SHAPES:
            return node
        keys, items, seen = _meant(SHAPES[shape].keys), [], dict[str, Scalar]()
        for key, value in node.items:
            name = keys.get(key.text, key.text) if key.text not in SHAPES[shape].keys else key.text
            if name in seen:
                self._again(key, seen[name])
                continue
            seen[name] = key
            items.append((key if name == key.text else replace(key, text=name), self._value(value, shape, name)))
        return replace(node, items=tuple(items))

    def _again(self, key: Scalar, first: Scalar) -> None:
        zh, en = (
            f"“{key.text}”和“{first.text}”是同一个键，写了两次",
            f"{key.text!r} and {first.text!r} are the same key, written twice",
        )
        fix, there = Fix(zh="去掉一个", en="remove one of them"), (first.span, "第一次在这里", "first written here")
        self.twice.append(Diagnostic(code="OF006", span=key.span, zh=zh, en=en, fix=fix, related=(there,)))

    def _value(self, value: Node, shape: str, key: str) -> Node:
        if key not in SHAPES[shape].keys:
            return value
        if isinstance(value, Sequence):
            below = NESTED.get(key)
            if below is not None:
                return replace(value, items=tuple(self.mapping(i, below) if isinstance(i, Mapping) else i for i in value.items))
            return replace(value, items=tuple(_word(item, shape, key) for item in value.items))
        if isinstance(value, Mapping):
            table, one = TABLES.get(f"{shape}.{key}"), single(shape, key)
            if table is not None:
                rows = ((name, self.mapping(row, table) if isinstance(row, Mapping) else row) for name, row in value.items)
                return replace(value, items=tuple(rows))
            return self.mapping(value, one) if one else value
        return _word(value, shape, key)


def _word(value: Node, shape: str, key: str) -> Node:
    """A value that is a word of the language."""
    if not isinstance(value, Scalar) or value.style != "plain":
        return value
    words = _meant(tuple(dict.fromkeys(_enumerated(key_of(shape, key).schema))))
    return replace(value, text=words[value.text]) if value.text in words else value


def _enumerated(schema: dict[str, Any]) -> Iterable[str]:
    """The words among which a value may be chosen."""
    yield from schema.get("enum", ())
    for form in (*schema.get("anyOf", ()), *([schema["items"]] if isinstance(schema.get("items"), dict) else ())):
        yield from _enumerated(form)
