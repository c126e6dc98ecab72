"""The stored form: exact both ways, independent of spans, safe against depth and against foreign text."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oyiflow.diagnostics import NOWHERE, Span
from oyiflow.load.guards.grammar import parse
from oyiflow.model.calendar import Calendar, Duration
from oyiflow.model.canonical import NotStored, digest, dumps, loads
from oyiflow.model.definition import (
    Assignee,
    Call,
    Cancel,
    Definition,
    Field,
    Log,
    Mode,
    Notify,
    Origin,
    Outcome,
    Perform,
    Raise,
    Role,
    Rule,
    Send,
    Set,
    State,
    StateKind,
    Text,
    Transition,
    Work,
    walk,
)
from oyiflow.model.example import Example, Move
from oyiflow.model.expression import Expression
from oyiflow.model.values import FieldType

THREE_DAYS = Duration(amount=3, unit="workdays")
HERE = Span(file="visit.yaml", line=3, column=5, end_line=3, end_column=9)


def guard(source: str) -> Expression:
    found, problems = parse(source, HERE)
    assert found is not None, problems
    return found


REVIEW = State(
    id="review", title=Text(zh="审核", en="Review"), verb="approve", lane="manager", span=HERE, only_when=guard("budget > 0.50"),
    work=Work(
        by=(Assignee(role="manager"), Assignee(person_in="owner")), mode=Mode.IN_TURN, within=THREE_DAYS, late="escalate", fill=("budget",),
        outcomes=(Outcome(name="approved", event="review.approved", title=Text(zh="同意")),
                  Outcome(name="rejected", event="review.rejected", title=Text(zh="退回"), consent=False)),
    ),
    transitions=(
        Transition(targets=("done",), events=("review.approved",), guard=guard("budget > 5000元 and kind in [\"重要\"] or in(review)"), purpose="approved"),
        Transition(events=("tick", "*"), internal=True, after=Duration(amount=30, unit="minutes"), actions=(
            Set(field="late", value=guard("true")), Raise(event="x"), Send(event="y", after=THREE_DAYS, id="s1"), Cancel(id="s1"),
            Log(text=Text(en="late")), Notify(about="review", reason="remind"), Perform(handler="mail", inputs=(("to", guard("owner")),)),
        )),
    ),
)  # fmt: skip
VISIT = Definition(
    name="visit", title=Text(zh="大客户拜访", en="Visit"), version=3, owner="张经理", body="steps", text="process: visit", span=HERE,
    origin=Origin(source="3.3.1", inferred=True), roles=(Role(name="manager", title=Text(zh="经理"), aliases=("大客户经理",), outside=True),),
    fields=(
        Field(name="budget", title=Text(zh="预算"), type=FieldType.MONEY, min=Decimal("0.00"), max=Decimal("99999.99"), required=True),
        Field(name="kind", title=Text(zh="类别"), type=FieldType.CHOICE, options=("重要", "高值")),
        Field(name="day", title=Text(zh="日期"), type=FieldType.DATE, min=date(2026, 1, 1)),
    ),
    root=State(id="", kind=StateKind.COMPOUND, states=(
        REVIEW,
        State(id="sub", kind=StateKind.PARALLEL, states=(State(id="h", kind=StateKind.HISTORY, deep=True), State(id="c", call=Call(process="p", version=2)))),
        State(id="done", kind=StateKind.FINAL, output=(("budget", guard("budget")),)),
    )),
    rules=(Rule(form="before", say=Text(zh="先批"), steps=("visit",), must=("review",), when=guard("budget > 1"), within=THREE_DAYS),),
    examples=(Example(name="一", play=(Move(step="review", values=(("budget", Decimal("5.10")), ("late", False))), Move(wait=THREE_DAYS)), ends="done"),),
    calendar=Calendar(name="cn", holidays=frozenset({date(2026, 10, 1), date(2026, 10, 2)}), years=(2026,)),
)  # fmt: skip


def test_a_definition_comes_back_equal_and_of_the_same_types() -> None:
    back = loads(dumps(VISIT))
    assert back == VISIT
    assert dumps(back) == dumps(VISIT)
    assert type(back.root.kind) is StateKind and type(back.fields[0].type) is FieldType
    assert type(back.fields[0].min) is Decimal and str(back.fields[0].min) == "0.00"
    assert back.examples[0].play[0].values[1][1] is False


def test_spans_and_the_yaml_text_are_no_part_of_it() -> None:
    bare = replace(VISIT, text="", span=NOWHERE)
    assert dumps(bare) == dumps(VISIT)
    assert "visit.yaml" not in dumps(VISIT) and "process: visit" not in dumps(VISIT)
    assert digest(bare) == VISIT.digest
    assert len(VISIT.digest) == 64


def test_every_change_of_content_changes_the_digest() -> None:
    changed = [
        replace(VISIT, version=4), replace(VISIT, owner=""), replace(VISIT, rules=()),
        replace(VISIT, root=replace(VISIT.root, states=VISIT.root.states[1:])), replace(VISIT, fields=VISIT.fields[::-1]),
    ]  # fmt: skip
    assert len({d.digest for d in [VISIT, *changed]}) == len(changed) + 1


def test_the_form_is_readable_versioned_and_fixed() -> None:
    """This text must never change while the format is 1: digests of running instances depend on it."""
    small = Definition(
        name="p",
        title=Text(zh="请假"),
        root=State(id="", kind=StateKind.COMPOUND, states=(State(id="end", kind=StateKind.FINAL),)),
    )
    assert dumps(small) == (
        '{"definition":{"is":"Definition","name":"p","root":{"is":"states","of":['
        '{"id":"","is":"State","kind":"compound","states":1},{"id":"end","is":"State","kind":"final"}]},'
        '"title":{"is":"Text","zh":"请假"}},"format":1}'
    )
    assert digest(small) == "b964e933e8caecf1983bef33d53f9291733f6832cf157f2b1935786a08d419cd"


def test_ten_thousand_nested_states() -> None:
    state = State(id="leaf")
    for n in range(10_000):
        state = State(id=f"s{n}", kind=StateKind.COMPOUND, states=(state,))
    deep = Definition(name="deep", title=Text(en="deep"), root=state)
    back = loads(dumps(deep))
    assert [s.id for s in walk(back.root)] == [s.id for s in walk(deep.root)]
    assert back.digest == deep.digest


names = st.text(max_size=5)
texts = st.builds(Text, zh=names, en=names)
lengths = st.builds(
    lambda amount, unit: Duration(amount=amount, unit=unit), st.integers(), st.sampled_from(["minutes", "workdays"])
)
guards = st.none() | st.sampled_from(["a > 0.10", "in(x)", "a in [1元, 2.50]", "d - 2026-01-01 > 3天", "not b"]).map(guard)
actions = (
    st.builds(Raise, event=names) | st.builds(Send, event=names, after=st.none() | lengths, id=names) | st.builds(Log, text=texts)
    | st.builds(Set, field=names, value=guards.filter(bool))
)  # fmt: skip
transitions = st.builds(
    Transition, targets=st.lists(names, max_size=2).map(tuple), guard=guards, after=st.none() | lengths, internal=st.booleans(),
    actions=st.lists(actions, max_size=2).map(tuple), label=texts, origin=st.builds(Origin, source=names, inferred=st.booleans()),
)  # fmt: skip
leaves = st.builds(
    State, id=names, kind=st.sampled_from(StateKind), title=texts, transitions=st.lists(transitions, max_size=2).map(tuple),
    deep=st.booleans(), work=st.none() | st.builds(Work, by=st.just(()), mode=st.sampled_from(Mode), within=st.none() | lengths),
)  # fmt: skip
trees = st.recursive(
    leaves, lambda inner: st.builds(replace, leaves, states=st.lists(inner, max_size=3).map(tuple)), max_leaves=8
)


@settings(max_examples=100, deadline=None)
@given(trees)
def test_any_tree_of_states_comes_back_equal(root: State) -> None:
    made = Definition(name="p", title=Text(en="p"), root=root)
    assert loads(dumps(made)) == made


def test_the_order_of_siblings_is_kept() -> None:
    def branch(name: str, depth: int) -> State:
        inner = tuple(branch(f"{name}.{n}", depth - 1) for n in range(3)) if depth else ()
        return State(id=name, states=inner)

    wide = Definition(name="w", title=Text(en="w"), root=branch("r", 4))
    assert loads(dumps(wide)) == wide


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", '{"format":1}', '{"format":2,"definition":{}}', '{"format":1,"definition":{"is":"os.system"}}',
        '{"format":1,"definition":{"is":"Text","zh":"x"}}', '{"format":1,"definition":{"is":"Definition"}}',
        '{"format":1,"definition":{"is":"Text","nope":1}}', '{"format":1,"definition":{"is":"decimal","of":"x"}}',
        '{"format":1,"definition":{"is":"states","of":[]}}', '{"format":1,"definition":{"is":"states","of":[{"is":"State","id":"a","states":1}]}}',
        '{"format":1,"definition":{"is":"states","of":[{"is":"State","id":"a"},{"is":"State","id":"b"}]}}',
        '{"format":1,"definition":{"is":"State","kind":"other","id":"a"}}', "[" * 100_000,
    ],
)  # fmt: skip
def test_foreign_text_is_refused(text: str) -> None:
    with pytest.raises(NotStored):
        loads(text)


def test_only_known_classes_are_written() -> None:
    foreign = replace(VISIT, owner=json)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not part of a definition"):
        dumps(foreign)
