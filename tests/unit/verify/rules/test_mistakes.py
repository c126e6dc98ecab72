"""The four mistakes of an approval process, and some more: each is refuted, for its own reason, by a story that can be played."""

from __future__ import annotations

import pytest

from oyiflow.testing import play
from oyiflow.verify.rules import Verdict, prove
from oyiflow.words.story import tell
from tests.unit.verify.rules.flows import MISTAKES, VISIT, mistaken, read

EXPECTED = {
    "second visit on the first approval": {1: "used_up", 2: "used_up"},
    "urgent shortcut": {1: "shortcut", 2: "shortcut"},
    "return that skips an approver after an edit": {2: "changed", 3: "returned"},
    "claim before check": {4: "early"},
    "straight back to the one who rejected": {2: "changed", 3: "returned"},
    "approved by running out of time": {1: "deadline", 2: "deadline"},
    "approval skipped below a limit": {1: "skipped", 2: "skipped"},
    "report only of costly visits": {5: "left_out"},
    "funds without a budget": {6: "condition"},
}


def broken(verdicts: list[Verdict]) -> dict[int, str]:
    return {one.number: one.broken.reason for one in verdicts if one.broken is not None}


def test_without_a_mistake_all_is_proved() -> None:
    assert [one.outcome for one in prove(read(VISIT))] == ["proved"] * 6
    assert not [one for one in prove(read(VISIT)) if one.vacuous]


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_found_for_what_it_is(name: str) -> None:
    verdicts = prove(read(mistaken(name)))
    assert broken(verdicts) == EXPECTED[name]
    assert {one.outcome for one in verdicts} == {"proved", "refuted"}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_story_can_be_pasted_and_played(name: str) -> None:
    text = mistaken(name)
    for verdict in prove(read(text)):
        if verdict.broken is not None:
            _, example = tell(read(text), verdict.broken.way, verdict.broken.example)
            pasted = read(f"{text}examples:\n{example}")
            played = play(pasted, pasted.examples[0])
            assert played.passed, played.diagnostic


def told(name: str, number: int) -> tuple[str, str]:
    one = prove(read(mistaken(name)))[number - 1].broken
    assert one is not None
    return one.told.zh, one.told.en


def test_the_reasons_are_said_so_that_an_owner_understands() -> None:
    assert told("second visit on the first approval", 1)[0] == "第二次“拜访”沿用了第一次的“审批”：一次“审批”只管一次“拜访”"
    assert told("urgent shortcut", 1)[0] == "有一条路绕过“审批”，直接到了“拜访”"
    assert (
        told("return that skips an approver after an edit", 3)[0]
        == "“审批”退回、“修改计划”修改之后，没有重新经过“审核”又到了“审批”"
    )
    assert "“修改计划”又把“款项预算”从 1 元 改成 0 元" in told("return that skips an approver after an edit", 2)[0]
    assert told("claim before check", 4)[0] == "“报销”走在“检查报告”前面"
    assert told("report only of costly visits", 5)[0] == "“拜访”之后没有“拜访报告”，就结束于“结束”"
    assert told("funds without a budget", 6)[0] == "款项预算等于 0（款项预算 = 0 元）时走到了“款项支持”"


def test_the_story_names_who_does_what_with_which_values() -> None:
    definition = read(mistaken("urgent shortcut"))
    one = prove(definition)[0].broken
    assert one is not None
    sentences, example = tell(definition, one.way, one.example)
    assert [text.zh for text in sentences] == [
        "发起",
        "专员办理“制定拜访计划”，“款项预算”是 0 元，“紧急”为“是”",
        "专员办理“提出拜访申请”；“紧急？”是“急”；跳过“款项支持”",
        "专员办理“物料支持”",
    ]
    assert sentences[3].en == "专员 does “物料支持”"
    assert example == (
        '  - name: "反例: 每次拜访都须先经审批"\n    play: [plan: {budget: 0, urgent: true}, apply, kit]\n    now_at: visit\n'
    )
