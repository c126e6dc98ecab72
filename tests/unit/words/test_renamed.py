"""What was renamed is told as renamed, once, and nothing that speaks of it by its name is told as changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.words import Change, differences

GOLDEN = Path(__file__).parents[2] / "golden" / "words"
VERBS = "do|approve|decide|together|wait|call|run|end|state|parallel|history"
ALSO_WORDS = {"bill", "large", "tender", "oil", "paper", "repair", "note", "label", "day"}
"""Names that these files also use for something else: a label, a value, a process, a field of another process."""


def read(text: str) -> Definition:
    definition, found = read_definition(Source(name="x.yaml", text=text))
    assert definition is not None, found
    return definition


def said(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.kind, change.sentence.en) for change in changes]


def renamed(text: str, name: str, is_step: bool) -> str:
    """The file with another name for a step or a field, wherever it stands."""
    text = re.sub(rf"(?<![\w-]){name}(?!\w)", f"{name}_new", text)
    if not is_step:
        return re.sub(rf"^(\s*{name}_new: *\{{)", rf"\1was: {name}, ", text, count=1, flags=re.MULTILINE)
    line = re.search(rf"(?:^( *- )|{{)(?:{VERBS}): *{name}_new\b", text, re.MULTILINE)
    assert line is not None, name
    was = f", was: {name}" if line[1] is None else f"\n{' ' * len(line[1])}was: {name}"
    return text[: line.end()] + was + text[line.end() :]


def names() -> list[tuple[str, str, bool]]:
    found = []
    for file in ("order", "machine"):
        definition = read((GOLDEN / f"{file}.yaml").read_text(encoding="utf-8"))
        steps = [state.id for state in definition.states.values() if state.verb and state is not definition.root]
        found += [(file, name, True) for name in steps] + [(file, field.name, False) for field in definition.fields]
    return [one for one in found if one[1] not in ALSO_WORDS]


@pytest.mark.parametrize(("file", "name", "is_step"), names())
def test_a_name_is_told_once_and_both_ways(file: str, name: str, is_step: bool) -> None:
    text = (GOLDEN / f"{file}.yaml").read_text(encoding="utf-8")
    old, new = read(text), read(renamed(text, name, is_step))
    for one, other, was, now in ((old, new, name, f"{name}_new"), (new, old, f"{name}_new", name)):
        [change] = differences(one, other)
        assert (change.kind, change.aspect, change.group) == ("renamed", "name", "steps" if is_step else "form")
        assert (change.before.zh, change.after.zh) == (was, now)
        assert change.subject.endswith(f" {now}") and f"原名“{was}”" in change.sentence.zh


HEAD = """\
process: leave
title: Leave
roles: {staff: Staff, head: Head}
form: {days: {title: Days, type: int, required: true}, more: {title: More, type: text}}
steps:
"""
A = "  - {do: ask, title: Ask, by: staff, fill: [days, more]}\n"
B = "  - {do: look, title: Look, by: head}\n"
C = "  - {approve: sign, title: Sign, by: head, rejected: ask, resubmit: straight}\n"
END = "  - {end: done, title: Done}\n"


def test_without_was_it_is_another_step() -> None:
    new = B.replace("look", "review")
    assert [kind for kind, _ in said(differences(read(HEAD + A + B + C + END), read(HEAD + A + new + C + END)))] == [
        "added",
        "removed",
    ]


def test_what_else_has_changed_is_told_of_the_new_name() -> None:
    new = B.replace("look, title: Look, by: head", "review, was: look, title: Review, by: staff")
    assert said(differences(read(HEAD + A + B + C + END), read(HEAD + A + new + C + END))) == [
        ("renamed", "step “Review” (review) is renamed; it was “look”"),
        ("renamed", "“Review” (review): the title changed from “Look” to “Review”"),
        ("changed", "“Review” (review): the people who act changed from Head to Staff"),
    ]


def test_a_step_that_leads_straight_back_and_the_one_that_it_leads_to() -> None:
    new = (HEAD + A + B + C + END).replace("do: ask", "do: apply, was: ask").replace("rejected: ask", "rejected: apply")
    new = new.replace("approve: sign", "approve: agree, was: sign")
    assert said(differences(read(HEAD + A + B + C + END), read(new))) == [
        ("renamed", "step “Ask” (apply) is renamed; it was “ask”"),
        ("renamed", "step “Sign” (agree) is renamed; it was “sign”"),
    ]


def test_two_that_have_changed_names() -> None:
    new = A.replace("days, more", "days, more") + B.replace("do: look", "do: look2, was: look") + C
    assert [kind for kind, _ in said(differences(read(HEAD + A + B + C + END), read(HEAD + new + END)))] == ["renamed"]
    one = HEAD + A + "  - {do: x, title: X, by: head}\n  - {do: y, title: Y, by: staff}\n" + END
    other = HEAD + A + "  - {do: y, was: x, title: X, by: head}\n  - {do: x, was: y, title: Y, by: staff}\n" + END
    assert said(differences(read(one), read(other))) == [
        ("renamed", "step “X” (y) is renamed; it was “x”"),
        ("renamed", "step “Y” (x) is renamed; it was “y”"),
    ]


def test_a_name_that_another_step_has_taken_over_is_gone() -> None:
    one = HEAD + A + "  - {do: x, title: X, by: head}\n  - {do: y, title: Y, by: staff}\n" + END
    other = HEAD + A + "  - {do: x, was: y, title: Y, by: staff}\n" + END
    assert said(differences(read(one), read(other))) == [
        ("renamed", "step “Y” (x) is renamed; it was “y”"),
        ("removed", "removed: step “X” (x)"),
    ]
    fields = HEAD.replace(
        "more: {title: More, type: text}", "more: {was: days, title: Days, type: int, required: true}"
    ).replace("days: {title: Days, type: int, required: true}, ", "")
    found = differences(read(HEAD + A + END), read(fields + A.replace("[days, more]", "[more]") + END))
    assert said(found) == [
        ("changed", "“Ask” (ask): fields removed “More”"),
        ("renamed", "field “Days” (more) is renamed; it was “days”"),
        ("removed", "removed: field “More” (more)"),
    ]


def test_a_message_that_is_called_like_a_step_keeps_its_name() -> None:
    one = HEAD + A + "  - {wait: look, title: Wait, for: look.done}\n" + END
    other = one.replace("wait: look,", "wait: await, was: look,")
    assert [kind for kind, _ in said(differences(read(one), read(other)))] == ["renamed"]


def test_an_older_name_that_is_no_longer_said() -> None:
    one = HEAD + A + B.replace("do: look", "do: look, was: see") + END
    assert said(differences(read(one), read(HEAD + A + B + END))) == [
        ("removed", "“Look” (look) no longer has an old name: “see”")
    ]
