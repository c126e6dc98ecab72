"""Whether rules about people can be kept by those who are there: at all, without one of them, and by whoever starts."""

from __future__ import annotations

import pytest

from oyiflow.diagnostics import Diagnostic, Source
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person, Policies
from oyiflow.model.definition import Definition, Text
from oyiflow.verify.duties import beginners, first_steps
from oyiflow.verify.people import check_duties, check_people, check_rules_of_people

STEPS = """\
  - {do: a, by: staff}
  - {approve: b, by: head, rejected: a}
  - {approve: c, by: [head, boss], rejected: a}"""


def process(steps: str = STEPS, *rules: str) -> Definition:
    text = f"process: p\ntitle: P\nroles: {{staff: S, head: H, boss: B}}\nsteps:\n{steps}\n  - {{end: done}}\n"
    text += "rules:\n" + "".join(f"  - {{say: It is so, {rule}}}\n" for rule in rules) if rules else ""
    definition, wrong = read_definition(Source(name="p.yaml", text=text))
    assert definition is not None, wrong
    return definition


def company(*people: str, self_approval: str = "never") -> Company:
    """`ann: staff head > bob` is Ann with two roles and Bob as deputy."""
    made = []
    for one in people:
        name, _, rest = one.partition(": ")
        roles, _, deputy = rest.partition(" > ")
        made.append(Person(name=name, title=Text(en=name), roles=tuple(roles.split()), deputy=deputy))
    return Company(people=tuple(made), policies=Policies(self_approval=self_approval))  # type: ignore[arg-type]


def duties(here: Company, definition: Definition) -> list[Diagnostic]:
    return list(check_duties(here, [definition]))


def told(here: Company, definition: Definition) -> list[str]:
    return [f"{one.severity} {one.code}" for one in duties(here, definition)]


ABC = "different_people: [a, b, c]"


def test_three_steps_and_two_people() -> None:
    [one] = duties(company("ann: staff head boss", "bob: staff head boss"), process(STEPS, ABC))
    assert (one.severity, one.code, one.span.line) == ("error", "OF603", 10)
    assert one.zh == "凑不齐人: a、b、c 要由不同的人办，而能办的只有 ann、bob"
    assert one.en == "there are not enough people: a, b, c want different people, and only ann, bob can"


def test_only_the_steps_that_are_in_each_others_way_are_named() -> None:
    definition = process(f"{STEPS}\n  - {{do: d, by: staff}}", "different_people: [a, b, c, d]")
    [one] = duties(company("ann: staff", "bob: staff", "cid: head boss"), definition)
    assert "b、c 要由不同的人办，而能办的只有 cid" in one.zh


def test_a_deputy_who_has_a_part_in_it_is_no_help() -> None:
    here = company("ann: staff > bob", "bob: head > ann", "cid: boss > ann", "dan: staff")
    found = duties(here, process(STEPS, ABC))
    assert [(one.severity, one.zh.split("，")[0]) for one in found] == [("warning", "bob 不在时")] or found == []
    helped = company("ann: staff > eve", "bob: head > eve", "cid: boss > fay", "eve: ", "fay: ")
    assert duties(helped, process(STEPS, ABC)) == []
    alone = company("ann: staff > bob", "bob: head > ann", "cid: boss > ann")
    assert {one.zh.split("，")[0] for one in duties(alone, process(STEPS, ABC))} == {"ann 不在时", "bob 不在时", "cid 不在时"}
    assert "x、ann(代 bob)".replace("x", "ann") in next(
        one.zh for one in duties(alone, process(STEPS, ABC)) if one.zh[:3] == "bob"
    )


def test_steps_that_never_come_in_one_case_do_not_need_different_people() -> None:
    steps = """\
  - {do: ask, by: boss}
  - decide: which
    by: boss
    cases:
      - {label: x, then: a}
      - {label: y, then: b}
  - {do: a, by: staff, then: done}
  - {do: b, by: staff}"""
    assert told(company("ann: staff", "bob: boss"), process(steps, "different_people: [a, b]")) == []
    assert told(company("ann: staff", "bob: boss"), process(steps, "different_people: [ask, a]")) == []
    assert told(company("ann: staff boss"), process(steps, "different_people: [ask, a]")) == ["error OF603"]


def test_everybody_signs_once() -> None:
    steps = "  - {do: a, by: staff}\n  - {approve: b, by: [head, head], mode: all, rejected: a}"
    [one] = duties(company("ann: staff", "bob: head"), process(steps))
    assert one.zh == "凑不齐人: b 要 2 个人签，而能办的只有 bob"
    assert told(company("ann: staff", "bob: head", "cid: head", "dan: head"), process(steps)) == []


def test_whoever_starts_does_not_approve() -> None:
    assert told(company("ann: staff head boss"), process()) == ["error OF603"]
    notes = duties(company("ann: staff head boss", "bob: staff", "cid: boss"), process())
    assert [(one.severity, one.code) for one in notes] == [("note", "OF603")]
    assert notes[0].zh.startswith("由 ann 发起时，b 没有别人可办")
    assert told(company("ann: staff head boss", self_approval="allowed"), process()) == ["warning OF606", "warning OF606"]
    spared = process(STEPS, "same_person: [a, b, c]")
    assert told(company("ann: staff head boss"), spared) == [], "a rule lets them"


def test_self_approval_that_a_rule_forbids() -> None:
    here = company("ann: staff head", "bob: staff head", "cid: staff head", "dan: boss", self_approval="allowed")
    assert told(here, process()) == ["warning OF606", "warning OF606"]
    assert told(here, process(STEPS, "different_people: [a, b]", "different_people: [a, c]")) == []


def test_what_no_company_can_keep_is_said_of_the_rules() -> None:
    definition = process(STEPS, "same_person: [a, b]", "different_people: [b, a]")
    assert told(company("ann: staff head", "bob: staff head boss"), definition) == []
    [one] = check_rules_of_people(definition)
    assert (one.code, one.span.line) == ("OF604", 11)
    assert one.related[0][0].line == 10


def test_roles_without_anybody_are_another_check() -> None:
    here = company("ann: staff")
    assert told(here, process(STEPS, ABC)) == []
    assert {one.code for one in check_people(here, [process(STEPS, ABC)])} == {"OF601", "OF602"}


@pytest.mark.parametrize(
    ("steps", "first", "people"),
    [
        (STEPS, ("a",), ["ann", "bob"]),
        ("  - {wait: w, for: 1 day}\n  - {do: a, by: staff}", (), ["ann", "bob", "cid"]),
        (
            "  - together: t\n    steps:\n      - {do: a, by: staff}\n      - {do: b, by: head}",
            ("b", "a"),
            ["ann", "bob", "cid"],
        ),
    ],
)
def test_who_begins(steps: str, first: tuple[str, ...], people: list[str]) -> None:
    here = company("ann: staff", "bob: staff", "cid: head")
    assert set(first_steps(process(steps))) == set(first)
    assert [person.name for person in beginners(process(steps), here)] == people
