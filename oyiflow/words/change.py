"""What a difference between two versions is: one change, its group, and its sentence in both languages.

A change is data: programs read `group`, `kind`, `subject` and `aspect`, people read the sentence. How the sentence is made
from what was and what is, is said here once for all subjects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from oyiflow.model.definition import NO_TEXT, Text

Group = Literal["process", "steps", "people", "form", "deadlines", "rules", "examples", "texts"]
Kind = Literal["added", "removed", "moved", "renamed", "changed"]

GROUPS: Mapping[Group, Text] = {
    "process": Text(zh="流程", en="process"), "steps": Text(zh="步骤", en="steps"), "people": Text(zh="人", en="people"),
    "form": Text(zh="表单", en="form"), "deadlines": Text(zh="期限", en="deadlines"), "rules": Text(zh="规则", en="rules"),
    "examples": Text(zh="案例", en="examples"), "texts": Text(zh="文字", en="texts"),
}  # fmt: skip
"""The groups in the order in which they are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `subject`: what it is about, such as `step review`; `aspect`: what of it, such as `by`."""

    group: Group
    kind: Kind
    subject: str
    aspect: str = ""
    before: Text = NO_TEXT
    after: Text = NO_TEXT
    sentence: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that is so: `value` is compared, `words` are shown (empty: there is none), `items` if it is a list of things."""

    group: Group
    aspect: str
    label: Text
    value: object
    words: Text
    items: tuple[Text, ...] = field(default=())
    brief: bool = False
    """Too long to be told: the sentence only says that it differs; the words are kept for programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What changes are about: its key for programs and its name for people."""

    key: str
    name: Text


def told(subject: Subject, old: Fact | None, new: Fact | None) -> Change | None:
    """The change from one fact to another of the same aspect; nothing when they are equal."""
    fact = new or old
    if fact is None or (old is not None and new is not None and old.value == new.value):
        return None
    before, after = (side.words if side is not None else NO_TEXT for side in (old, new))
    if old is not None and new is not None and old.items and new.items:
        sentence = _listed(subject, fact, old, new)
    elif fact.brief:
        sentence = Text(zh=f"{subject.name.zh}的{fact.label.zh}有改动", en=f"{subject.name.en}: the {fact.label.en} changed")
    else:
        sentence = _sentence(subject, fact.label, before, after)
    kind: Kind = "changed" if before != NO_TEXT and after != NO_TEXT else "added" if before == NO_TEXT else "removed"
    kind = "renamed" if fact.aspect == "title" else kind
    return Change(
        group=fact.group, kind=kind, subject=subject.key, aspect=fact.aspect, before=before, after=after, sentence=sentence
    )


def _sentence(subject: Subject, label: Text, before: Text, after: Text) -> Text:
    name = subject.name
    if before == NO_TEXT or after == NO_TEXT:
        words = after if before == NO_TEXT else before
        zh, en = ("增加", "now has") if before == NO_TEXT else ("取消", "no longer has")
        more = (f"：{words.zh}", f": {words.en}") if words != label else ("", "")
        return Text(zh=f"{name.zh}{zh}{label.zh}{more[0]}", en=f"{name.en} {en} {_a(label.en)}{more[1]}")
    zh = f"由{_spaced(before.zh)}改为{_spaced(after.zh).rstrip()}" if before.zh != after.zh else f"有改动，中文仍是{after.zh}"
    en = f"changed from {before.en} to {after.en}" if before.en != after.en else f"changed; in English it is still {after.en}"
    return Text(zh=f"{name.zh}的{label.zh}{zh}", en=f"{name.en}: the {label.en} {en}")


def _spaced(words: str) -> str:
    """A number or a Latin word stands off from the Chinese around it."""
    left, right = (" " if words[at].isascii() and words[at].isalnum() else "" for at in (0, -1))
    return f"{left}{words}{right}"


def _a(words: str) -> str:
    return (
        words
        if words.startswith(("documents", "people", "fields", "options", "other", "answers", "actions"))
        else ("an " if words[0] in "aeiou" else "a ") + words
    )


def _listed(subject: Subject, fact: Fact, old: Fact, new: Fact) -> Text:
    come, gone = [item for item in new.items if item not in old.items], [item for item in old.items if item not in new.items]
    if not come and not gone:
        return Text(
            zh=f"{subject.name.zh}的{fact.label.zh}的次序改为{'、'.join(i.zh for i in new.items)}",
            en=f"{subject.name.en}: the {fact.label.en} now stand in the order {', '.join(i.en for i in new.items)}",
        )
    zh, en = [], []
    for verb, items in ((("增加", "added"), come), (("去掉", "removed"), gone)):
        if items:
            zh.append(verb[0] + "、".join(item.zh for item in items))
            en.append(f"{verb[1]} {', '.join(item.en for item in items)}")
    return Text(
        zh=f"{subject.name.zh}的{fact.label.zh}{'，'.join(zh)}", en=f"{subject.name.en}: {fact.label.en} {'; '.join(en)}"
    )
