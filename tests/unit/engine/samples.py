"""Small processes built in Python, and a company to act in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from oyiflow.model.calendar import Duration
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import (
    Assignee,
    Call,
    Definition,
    Field,
    Mode,
    Notify,
    Outcome,
    Perform,
    Role,
    Rule,
    State,
    StateKind,
    Text,
    Transition,
    Work,
)
from oyiflow.model.expression import Name
from oyiflow.model.values import FieldType

DONE, NO = "done", "rejected"


def text(words: str) -> Text:
    return Text(zh=words, en=words)


def work(state: str, *by: Assignee | str, fill: tuple[str, ...] = (), mode: Mode = Mode.ANY, **more: object) -> Work:
    """Work with the outcomes done and rejected; a word stands for a role."""
    outcomes = (
        Outcome(name=DONE, event=f"{state}.{DONE}", title=text(DONE)),
        Outcome(name=NO, event=f"{state}.{NO}", title=text(NO), consent=False),
    )
    assignees = tuple(Assignee(role=a) if isinstance(a, str) else a for a in by)
    return Work(by=assignees, fill=fill, mode=mode, outcomes=outcomes, **more)  # type: ignore[arg-type]


def go(event: str, target: str) -> Transition:
    return Transition(events=(event,), targets=(target,))


def end(name: str = "end") -> State:
    return State(id=name, kind=StateKind.FINAL)


def process(name: str, *states: State, **more: object) -> Definition:
    roles = (Role(name="staff", title=text("专员"), aliases=("大区专员",)), Role(name="boss", title=text("经理")))
    fields = (
        Field(name="amount", title=text("金额"), type=FieldType.MONEY, min=Decimal(0)),
        Field(name="owner", title=text("负责人"), type=FieldType.PERSON),
        Field(name="note", title=text("说明"), type=FieldType.TEXT),
    )
    root = State(id=name, kind=StateKind.COMPOUND, title=text(name), states=states)
    return Definition(**{"name": name, "title": text(name), "roles": roles, "fields": fields, "root": root, **more})  # type: ignore[arg-type]


def approval(name: str = "leave") -> Definition:
    """apply (staff) → review (boss, within 2 days, then reminded), rejected goes back; the applicant must not review."""
    late = Transition(after=Duration(amount=2, unit="days"), actions=(Notify(about="review", reason="escalate"),))
    return process(
        name,
        State(
            id="apply", work=work("apply", "staff", fill=("amount", "note", "owner")), transitions=(go("apply.done", "review"),)
        ),
        State(
            id="review",
            work=work("review", "boss", within=Duration(amount=2, unit="days")),
            transitions=(go("review.done", "end"), go("review.rejected", "apply"), late),
        ),
        end(),
        rules=(Rule(form="different_people", say=text("申请人不得审批"), steps=("apply", "review")),),
    )


def caller(child: str = "leave", name: str = "caller", version: int | None = None) -> Definition:
    """Calls another process, gives it `amount`, takes its `note`; may be told to stop."""
    call = Call(process=child, version=version, inputs=(("amount", Name(name="amount")),), outputs=(("note", "note"),))
    return process(
        name,
        State(id="ask", work=work("ask", "staff", fill=("amount",)), transitions=(go("ask.done", "sub"),)),
        State(
            id="sub",
            call=call,
            transitions=(go("done.call.sub", "end"), go("error.call.sub", "mend"), go("stop", "mend")),
        ),
        State(id="mend", work=work("mend", "staff"), transitions=(go("mend.done", "sub"),)),
        end(),
    )


def performing(handler: str = "pay", name: str = "payment") -> Definition:
    """Lets a handler pay `amount` and waits for it."""
    inputs = (("amount", Name(name="amount")),)
    return process(
        name,
        State(id="order", work=work("order", "staff", fill=("amount",)), transitions=(go("order.done", "paying"),)),
        State(
            id="paying",
            entry=(Perform(handler=handler, inputs=inputs),),
            transitions=(go(f"done.run.{handler}", "end"), go(f"error.run.{handler}", "order")),
        ),
        end(),
    )


def owned(name: str = "owned") -> Definition:
    """A task for the person whom a field names, beside one that may change the field."""
    return process(
        name,
        State(
            id="both",
            kind=StateKind.PARALLEL,
            states=(
                State(
                    id="left",
                    kind=StateKind.COMPOUND,
                    states=(
                        State(id="name", work=work("name", "staff", fill=("owner",)), transitions=(go("name.done", "named"),)),
                        end("named"),
                    ),
                ),
                State(
                    id="right",
                    kind=StateKind.COMPOUND,
                    states=(
                        State(
                            id="act",
                            work=work("act", Assignee(person_in="owner")),
                            transitions=(go("act.done", "acted"),),
                        ),
                        end("acted"),
                    ),
                ),
            ),
            transitions=(go("done.state.both", "end"),),
        ),
        end(),
    )


def signing(mode: Mode, name: str = "signing") -> Definition:
    """Two must sign: staff and boss."""
    return process(
        name, State(id="sign", work=work("sign", "staff", "boss", mode=mode), transitions=(go("sign.done", "end"),)), end()
    )


def listening(name: str = "listening") -> Definition:
    """No work at all: waits for an event from outside."""
    return process(name, State(id="quiet", transitions=(go("ring", "end"),)), end())


def changed(definition: Definition) -> Definition:
    """The same process with other words: other content under the same name and version."""
    return replace(definition, title=text(definition.title.zh + "改"))


COMPANY = Company(
    people=(
        Person(name="李", title=text("李"), roles=("大区专员",), superior="赵"),
        Person(name="王", title=text("王"), roles=("staff", "boss"), superior="赵"),
        Person(name="赵", title=text("赵"), roles=("boss",), superior="钱"),
        Person(name="钱", title=text("钱"), roles=()),
    )
)
