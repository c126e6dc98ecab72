"""Two versions compared: nothing that the digest covers may change without being told, and nothing is told twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from oyiflow import Definition, load
from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Text, walk
from oyiflow.words import GROUPS, Change, differences
from oyiflow.words.compare import moved_among, paired

GOLDEN = Path(__file__).parents[2] / "golden" / "words"

BASE = """\
process: leave
title: {zh: 请假, en: Leave}
roles: {staff: {title: {zh: 员工, en: Staff}}, head: {title: {zh: 主管, en: Head}}}
form: {days: {title: {zh: 天数, en: Days}, type: int, required: true}}
steps:
  - {do: apply, title: {zh: 申请, en: Apply}, by: staff, fill: days}
  - {do: look, title: {zh: 查看, en: Look}, by: head}
  - {approve: sign, title: {zh: 审批, en: Approve}, by: head, rejected: apply}
  - {do: file, title: {zh: 归档, en: File}, by: staff}
  - {end: done, title: {zh: 结束, en: Done}}
"""


def read(text: str) -> Definition:
    definition, found = read_definition(Source(name="leave.yaml", text=text))
    assert definition is not None, found
    return definition


def changed(*edits: tuple[str, str]) -> list[Change]:
    text = BASE
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return differences(read(BASE), read(text))


def zh(changes: list[Change]) -> list[str]:
    return [change.sentence.zh for change in changes]


# --- what is told


def test_a_version_does_not_differ_from_itself() -> None:
    assert differences(read(BASE), read(BASE)) == []


def test_layout_and_comments_are_no_difference() -> None:
    assert differences(read(BASE), read(BASE.replace("version", "version") + "# a comment\n")) == []


def test_a_step_put_in_is_told_once_and_its_neighbours_are_not() -> None:
    line = "  - {do: file,"
    found = changed((line, "  - {do: copy, title: {zh: 复印, en: Copy}, by: head, makes: 副本}\n" + line))
    assert zh(found) == ["增加步骤“复印”(copy)，在“审批”(sign)之后：由主管办理，形成《副本》。办毕，进入下一步"]
    assert (found[0].group, found[0].kind, found[0].subject) == ("steps", "added", "step copy")


def test_a_step_taken_out_is_told_once() -> None:
    assert zh(changed(("  - {do: look, title: {zh: 查看, en: Look}, by: head}\n", ""))) == ["删除步骤“查看”(look)"]


def test_a_step_moved_is_told_once() -> None:
    look, file = (
        "  - {do: look, title: {zh: 查看, en: Look}, by: head}\n",
        "  - {do: file, title: {zh: 归档, en: File}, by: staff}\n",
    )
    found = changed((look, ""), (file, file + look))
    assert zh(found) == ["“查看”(look)移到“归档”(file)之后"]
    assert found[0].kind == "moved"


def test_a_step_moved_into_a_branch_is_told_with_the_place() -> None:
    found = changed(
        ("  - {do: look, title: {zh: 查看, en: Look}, by: head}\n", ""),
        ("  - {do: file, title: {zh: 归档, en: File}, by: staff}\n",
         "  - together: both\n    steps:\n      - {do: file, title: {zh: 归档, en: File}, by: staff}\n      - {do: look, title: {zh: 查看, en: Look}, by: head}\n"),
    )  # fmt: skip
    assert "“查看”(look)移到“both”中" in zh(found)
    assert "“归档”(file)移到“both”中" in zh(found)


def test_the_same_id_is_the_same_step_under_another_name() -> None:
    found = changed(("{zh: 查看, en: Look}", "{zh: 初审, en: First look}"))
    assert [(c.kind, c.sentence.zh, c.sentence.en) for c in found] == [
        (
            "renamed",
            "“初审”(look)的名称由“查看”改为“初审”",
            "“First look” (look): the title changed from “Look” to “First look”",
        )
    ]


def test_a_target_that_is_named_is_told_and_the_line_below_is_not() -> None:
    assert zh(changed(("en: Look}, by: head}", "en: Look}, by: head, then: sign}"))) == []
    assert zh(changed(("en: Look}, by: head}", "en: Look}, by: head, then: file}"))) == [
        "“查看”(look)的去向由下一步改为“归档”(file)"
    ]


def test_groups_come_in_their_order() -> None:
    found = changed(
        ("title: {zh: 请假, en: Leave}", "title: {zh: 休假, en: Leave}\nversion: 2"),
        ("type: int", "type: decimal"),
        ("en: File}, by: staff", "en: File}, by: head"),
    )
    assert [change.group for change in found] == ["process", "people", "form", "texts"]
    assert list(GROUPS) == ["process", "steps", "people", "form", "deadlines", "rules", "examples", "texts"]


def test_lists_say_what_came_and_what_went() -> None:
    [found] = [c for c in changed(("by: staff, fill: days", "by: staff, fill: days, makes: [甲, 乙]")) if c.aspect == "makes"]
    assert found.sentence.zh == "“申请”(apply)增加产出文件：《甲》《乙》"
    old, new = (
        BASE.replace("fill: days", "fill: days, makes: [甲, 乙]"),
        BASE.replace("fill: days", "fill: days, makes: [乙, 丙]"),
    )
    assert zh(differences(read(old), read(new))) == ["“申请”(apply)的产出文件增加《丙》，去掉《甲》"]


def test_two_processes_can_be_compared() -> None:
    found = differences(load(GOLDEN / "order.yaml"), load(GOLDEN / "machine.yaml"))
    assert {"process", "steps", "people", "form", "rules", "examples"} <= {change.group for change in found}


# --- nothing goes untold


def variants(thing: Any, path: str = "", pair: bool = False) -> Iterator[tuple[str, Any]]:
    """The thing with one attribute changed, for each attribute at any depth; a tuple in a tuple is a pair and keeps its length."""
    if is_dataclass(thing) and not isinstance(thing, type):
        for item in fields(thing):
            if item.compare and item.init:
                for where, value in variants(getattr(thing, item.name), f"{path}.{item.name}"):
                    yield where, replace(thing, **{item.name: value})
    elif isinstance(thing, tuple):
        for place, part in enumerate(thing):
            if not pair:
                yield f"{path}[]", (*thing[:place], *thing[place + 1 :])
            for where, value in variants(part, path, pair=True):
                yield where, (*thing[:place], value, *thing[place + 1 :])
        if not pair and len(set(map(repr, thing))) > 1:
            yield f"{path}~", tuple(reversed(thing))
    else:
        yield from ((path, value) for value in _other(thing))


def _other(value: Any) -> list[Any]:
    words = [pair for pair in (("before", "after"), ("after", "before"), ("same_person", "different_people"), ("different_people", "same_person"),
                               ("never", "before"), ("remind", "escalate"), ("escalate", "remind")) if pair[0] == value]  # fmt: skip
    if words:
        return [words[0][1]]
    if isinstance(value, Enum):
        return [kind for kind in type(value) if kind is not value][:1]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, str):
        return [value + "x"]
    return [value + 1] if isinstance(value, int) else []


DERIVED = (
    ".outcomes",
    ".kind",
    ".purpose",
    ".late",
    ".unit",
    ".op",
    ".calendar",
    ".body",
    ".id",
    ".verb",
    ".negated",
    ".options~",
    ".hidden",
)
"""What an author cannot change by itself: lowering or the reader decides it. `id` and `verb` name a line and are told as lines."""


@pytest.mark.parametrize("name", ["order", "machine"])
def test_whatever_is_changed_is_told(name: str) -> None:
    definition = load(GOLDEN / f"{name}.yaml")
    count, untold = 0, []
    for part in ("name", "title", "version", "origin", "owner", "roles", "fields", "rules", "examples"):
        for path, value in variants(getattr(definition, part)):
            if not path.endswith(DERIVED):
                count += 1
                untold += [] if told(definition, replace(definition, **{part: value})) else [part + path]
    assert untold == []
    assert count > 20


def told(old: Definition, new: Definition) -> bool:
    """Whether there is a change that says what it is; no digest, no change."""
    return old.digest == new.digest or any(change.aspect or change.kind != "changed" for change in differences(old, new))


@pytest.mark.parametrize("name", ["order", "machine"])
def test_whatever_is_changed_in_a_line_is_told_of_that_line(name: str) -> None:
    definition = load(GOLDEN / f"{name}.yaml")
    count, untold = 0, []
    for state in walk(definition.root):
        if not state.verb or state is definition.root:
            continue
        for path, other in variants(replace(state, states=())):
            branches = state.verb == "together" and ".events" in path  # named after its branches, which are lines of their own
            if not path.endswith(DERIVED) and not branches:
                count += 1
                new = replace(definition, root=_with(definition.root, replace(other, states=state.states)))
                untold += (
                    []
                    if any(f" {state.id}" in change.subject for change in differences(definition, new))
                    else [state.id + path]
                )
    assert untold == []
    assert count > 100


def _with(root: Any, new: Any) -> Any:
    if root.id == new.id:
        return new
    return replace(root, states=tuple(_with(child, new) for child in root.states))


# --- pairing and order


def test_moves_are_as_few_as_explain_the_order() -> None:
    assert moved_among(list("abcde"), list("abcde")) == []
    assert moved_among(list("abcde"), list("bcdea")) == ["a"]
    assert moved_among(list("abcde"), list("eabcd")) == ["e"]
    assert moved_among(list("abc"), list("axc")) == []


def test_pairs_are_found_by_the_first_key_that_fits() -> None:
    found = paired(["a1", "b1", "c"], ["b2", "a1", "d"], str, lambda word: word[0])
    assert found == [(1, 0), (0, 1), (None, 2), (2, None)]


def test_pairs_of_equal_things_keep_their_order() -> None:
    assert paired(["a", "a"], ["a", "a", "a"], str) == [(0, 0), (1, 1), (None, 2)]


def test_a_change_has_both_languages() -> None:
    for new in ("order.new", "machine"):
        for change in differences(load(GOLDEN / "order.yaml"), load(GOLDEN / f"{new}.yaml")):
            assert change.sentence.zh and change.sentence.en
            assert change.sentence != Text(zh=change.sentence.en, en=change.sentence.en), "both are written out"
