"""Who may do what, asked directly."""

from __future__ import annotations

import pytest
from samples import COMPANY, approval, listening

from oyiflow.engine.access import Access, check_event, check_text, is_outside
from oyiflow.errors import EventRejected, Forbidden
from oyiflow.kernel import Step, start
from oyiflow.testing import MONDAY


def test_events_from_outside_and_those_that_are_not() -> None:
    definition = approval()
    for name in (
        "review.done",
        "apply.rejected",
        "review.done.more",
        "done",
        "done.state.x",
        "error.execution",
        "after.review.2",
    ):
        assert not is_outside(definition, name)
        with pytest.raises(Forbidden):
            check_event(definition, name)
    for name in ("ring", "review", "reviewed.done", "doneness", "afternoon"):
        check_event(definition, name)


def test_texts_from_outside() -> None:
    for good in ("", "三天病假\n第二行\t表", "a" * 200, "😀"):
        check_text(good, "comment")
    for bad in ("a" * 201, "\0", "\x1b[31m", "\ud800", "\u202e", "a\u2028b"):
        with pytest.raises(EventRejected):
            check_text(bad, "comment")


def test_roles_are_the_definitions_own() -> None:
    access = Access(COMPANY)
    assert access.roles(approval(), "李") == {"staff"}  # holds the alias 大区专员
    assert access.roles(approval(), "王") == {"staff", "boss"}
    assert access.roles(approval(), "钱") == access.roles(approval(), "陌生人") == frozenset()


def test_superiors_each_once() -> None:
    assert Access(COMPANY).superiors(("李", "王", "钱", "陌生人")) == ("赵",)


def test_may_act_asks_the_kernel() -> None:
    definition = approval()
    first = start(definition, instance="x", now=MONDAY)
    assert isinstance(first, Step)
    task = first.snapshot.tasks[0]
    access = Access(COMPANY)
    assert [p for p in ("李", "王", "赵", "钱", "陌生人") if access.may_act(definition, first.snapshot, task, p, MONDAY)] == [
        "李",
        "王",
    ]
    assert not Access(None).may_act(definition, first.snapshot, task, "李", MONDAY)


def test_the_refusal_of_a_start_names_who_may() -> None:
    definition = approval()
    first = start(definition, instance="x", now=MONDAY)
    assert isinstance(first, Step)
    with pytest.raises(Forbidden, match="专员"):
        Access(COMPANY).check_start(definition, first.snapshot, "赵", MONDAY)
    quiet = start(listening(), instance="x", now=MONDAY)
    assert isinstance(quiet, Step)
    Access(COMPANY).check_start(listening(), quiet.snapshot, "钱", MONDAY)
