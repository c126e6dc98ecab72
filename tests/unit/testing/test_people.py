"""Who plays: entitled, within the rules and the policies, and chosen so that it works out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plays import actors, company, leave, passes, played, process

from oyiflow.model.company import Policies
from oyiflow.testing import play

RULED = """\
    process: paper
    title: Paper
    roles: {staff: Staff, head: Head}
    steps:
      - {do: write, by: staff}
      - {do: read, by: staff}
      - {approve: sign, by: head, rejected: write}
      - {do: file, by: staff}
      - {end: done}
    rules:
      - {say: Other eyes, different_people: [write, read, sign]}
      - {say: Whoever wrote it files it, same_person: [write, file]}
    examples:
      - {name: all, play: [write, read, sign, file], ends: done}
"""


def test_made_up_people_are_enough_for_the_rules() -> None:
    [one] = passes(process(RULED))
    who = dict(actors(one))
    assert len({who["write"], who["read"], who["sign"]}) == 3
    assert who["write"] == who["file"]


def test_people_of_a_company_are_chosen_so_that_it_works_out() -> None:
    few = company(ann="staff head", bob="staff")  # only Ann can sign, so Bob must write, and nobody is left to read
    one = played(process(RULED), "all", company=few)
    assert one.diagnostic is not None and "没有人可以办理“sign”" in one.diagnostic.zh and "Other eyes" in one.diagnostic.en
    [enough] = passes(process(RULED), company=company(ann="staff head", bob="staff", cid="staff"))
    assert dict(actors(enough))["sign"] == "ann"


CHAIN = """\
    process: chain
    title: Chain
    roles: {a: A, b: B}
    form: {who: {type: person, required: true}}
    steps:
      - {do: one, by: a, fill: who}
      - {do: two, by: {person_in: who}}
      - {do: three, by: b}
      - {end: done}
    rules:
      - {say: Apart, different_people: [one, two, three]}
    examples:
      - {name: all, play: [one, two, three], ends: done}
"""


def test_a_choice_that_leads_nowhere_is_taken_back() -> None:
    # ann is the first to be written into the form, but is needed for the third step
    [one] = passes(process(CHAIN), company=company(ann="b", bob="a", cid=""))
    assert actors(one) == [("one", "bob"), ("two", "cid"), ("three", "ann")]
    assert one.takes > 1


OWN = """\
    process: own
    title: Own
    roles: {staff: Staff}
    steps:
      - {do: ask, by: staff}
      - {approve: first, by: staff, rejected: ask}
      - {approve: second, by: staff, rejected: ask}
      - {end: done}
    examples:
      - {name: all, play: [ask, first, second], ends: done}
"""


def test_whoever_starts_does_not_approve() -> None:
    [made_up] = passes(process(OWN))
    starter, signer = made_up.history[0].actor, dict(actors(made_up))["first"]
    assert starter != signer
    alone = played(process(OWN), "all", company=company(ann="staff"))
    assert alone.diagnostic is not None and "没有人可以办理“first”" in alone.diagnostic.zh
    [allowed] = passes(process(OWN), company=replace(company(ann="staff"), policies=Policies(self_approval="allowed")))
    assert {actor for _, actor in actors(allowed)} == {"ann"}


def test_an_approval_by_whoever_did_a_step_is_no_self_approval() -> None:
    definition = process(OWN.replace("{approve: second, by: staff,", "{approve: second, by: {whoever_did: ask},"))
    [one] = passes(definition)
    starter, who = one.history[0].actor, dict(actors(one))
    assert who["second"] == who["ask"] != starter


def test_every_answer_is_one_that_the_example_names() -> None:
    people = replace(company(ann="staff", bob="staff"), policies=Policies(repeated_approver="skip"))
    [one] = passes(process(OWN), company=people)
    assert [step for step, _ in actors(one)] == ["ask", "first", "second"]


def test_somebody_starts_what_begins_by_itself() -> None:
    definition = process("""\
        process: alone
        title: Alone
        roles: {head: Head}
        steps:
          - {wait: pause, for: 1 days}
          - {approve: sign, by: head, rejected: pause}
          - {end: done}
        examples:
          - {name: all, play: [wait: 1 days, sign], ends: done}
        """)
    [one] = passes(definition)
    assert (one.history[0].actor, actors(one)) == ("anyone", [("sign", "head")])


def test_a_role_is_held_under_its_other_name_too() -> None:
    definition = process(OWN.replace("{staff: Staff}", "{staff: {title: Staff, alias: [employee]}}"))
    passes(definition, company=company(ann="employee", bob="staff"))
    found = played(definition, "all", company=company(ann="employee")).diagnostic
    assert found is not None and "没有人担任" not in found.zh


def test_a_role_that_nobody_holds_is_named() -> None:
    found = played(leave("{name: x, play: [apply, sign], ends: done}"), "x", company=company(ann="staff")).diagnostic
    assert found is not None and "没有人担任 head" in found.zh and "nobody holds head" in found.en
    nobody = played(leave("{name: x, play: [apply], now_at: sign}"), "x", company=company(ann="head")).diagnostic
    assert nobody is not None and "不能发起" in nobody.zh


def test_whoever_did_a_step_does_the_next() -> None:
    definition = process("""\
        process: again
        title: Again
        roles: {a: A}
        steps:
          - {do: one, by: a}
          - {do: two, by: {whoever_did: one}}
          - {end: done}
        examples:
          - {name: all, play: [one, two], ends: done}
        """)
    [one] = passes(definition, company=company(ann="a", bob="a"))
    assert actors(one) == [("one", "ann"), ("two", "ann")]


SIGNED = """\
    process: signed
    title: Signed
    roles: {staff: Staff, head: Head, law: Law}
    steps:
      - {do: draft, by: staff}
      - {approve: both, by: [head, law, head], mode: MODE, rejected: draft}
      - {end: done}
    examples:
      - {name: one move for all, play: [draft, both], ends: done}
      - {name: one refuses, play: [draft, both rejected], now_at: draft}
      - {name: signature by signature, play: [draft, both, both, both], ends: done}
      - {name: the third refuses, play: [draft, both, both, both rejected], now_at: draft}
      - {name: two signed, play: [draft, both, both, event: draft.done], now_at: both}
"""


@pytest.mark.parametrize("mode", ["all", "in_turn"])
def test_several_signers(mode: str) -> None:
    definition = process(SIGNED.replace("MODE", mode))
    *good, last = [play(definition, example) for example in definition.examples]
    assert [one.diagnostic for one in good] == [None] * 4
    assert [len(actors(one)) for one in good] == [4, 2, 4, 4]
    assert len({actor for _, actor in actors(good[0])}) == 4
    assert last.diagnostic is not None and last.diagnostic.zh.startswith("案例“two signed”第 4 步“event: draft.done”走不了")
