"""A developer's own object, moved by a process: its triggers, its state, its data.

    from oyiflow.bridge.transitions import machine

    class Visit:
        pass

    visits = machine(oyiflow.load("visit.yaml"), company=oyiflow.load_company("company.yaml"))
    visit = Visit()
    visits.add_model(visit)
    visit.state                                       # "target"
    visit.may_target_done(by="li")                    # False: the form is not filled
    visit.target_done(by="li", customer="东岭机械", classes=["高值"])
    visit.form["customer"]                            # "东岭机械"; read only
    visit.oyiflow                                     # the snapshot, one line of JSON: what to store

The machine is a flat `transitions.Machine` (package `transitions`, extra `oyiflow[transitions]`), generated once from
the configurations that the process can come to: a state is called by its id, several active ones `funds+kit`. Its
callbacks work as ever. The kernel decides everything else: who may, what the form needs, guards, rules, joins, history,
several signers, deadlines. What is refused raises an `OyiFlowError` and changes nothing. `may_…()` answers for the very
arguments that it is given, so it is False while the form lacks something; `open_to(model, by=…)` leaves the form aside.
A task needs `by=`, in both; without it a TypeError says so.

What one has to know:

- A model with a text in `oyiflow` goes on from there when it is added; store that attribute (and `state`, to search by).
  It belongs to one content of the definition: keep the old file for old rows, with a machine of its own.
- Nothing here watches the clock. Where there are deadlines, call `time_passed()` while `may_time_passed()`; `due(model)` says when.
- Effects (a call, a handler, a notice) go to the model's method `on_effects(effects)`, after the step. A process that calls others
  asks for that method; say that the call has ended with `…_done(…)` or `…_failed()`.
- Nothing is durable but what is stored by the program. Tasks, deliveries and a journal are the Engine's.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from oyiflow.bridge.reachable import reachable
from oyiflow.bridge.triggers import KEYWORDS, Kind, Trigger, Triggers, fields_given
from oyiflow.errors import OyiFlowError
from oyiflow.model.definition import Definition
from oyiflow.model.values import FieldType

if TYPE_CHECKING:
    from oyiflow.bridge.flat import FlatMachine, People

LIMIT = 2000
"""Configurations that a flat machine may have."""


def machine(
    definition: Definition,
    model: Any = None,
    *,
    company: People | None = None,
    clock: Callable[[], datetime] | None = None,
    limit: int = LIMIT,
) -> FlatMachine:
    """The flat machine of a definition, with `model` (one, or a list) added to it.

    `company` knows who holds which role; without it, or to overrule it, say `roles=` with each trigger. `clock` gives
    aware datetimes. Raises `OyiFlowError` above `limit` configurations, and for names that cannot be methods.
    """
    try:
        from oyiflow.bridge.flat import FlatMachine
    except ModuleNotFoundError as error:
        if error.name != "transitions":
            raise
        raise OyiFlowError(
            "需要 transitions 包: pip install 'oyiflow[transitions]'",
            "the package transitions is needed: pip install 'oyiflow[transitions]'",
        ) from error
    triggers = Triggers(definition)
    found = reachable(definition, triggers.inputs, limit)
    if not found.starts:
        raise OyiFlowError(f"“{definition.name}”一开始就循环不止", f"{definition.name} never comes to rest at its start")
    made = FlatMachine(triggers, found, company, clock or _now)
    if model is not None:
        made.add_model(model)
    return made


def _now() -> datetime:
    return datetime.now(UTC)


# --- types for editors and type checkers

_TYPES = {
    FieldType.INT: "int | str",
    FieldType.DECIMAL: "Decimal | int | str",
    FieldType.MONEY: "Decimal | int | str",
    FieldType.BOOL: "bool | str",
    FieldType.DATE: "date | str",
    FieldType.DATETIME: "datetime | str",
    FieldType.CHOICES: "Iterable[str] | str",
    FieldType.LIST: "Sequence[Sequence[str]]",
}


def stub(definition: Definition) -> str:
    """The text of a `.pyi` file with a Protocol of what a model gets: its triggers, with the fields that each may fill.

    Write it beside your module and let your class inherit from it where only the type checker looks:

        if TYPE_CHECKING:
            from visit_model import VisitModel   # visit_model.pyi
        else:
            VisitModel = object

        class Visit(VisitModel): ...
    """
    triggers = Triggers(definition)
    name = "".join(part[:1].upper() + part[1:] for part in definition.name.replace("-", "_").split("_")) + "Model"
    lines = [
        f"# {definition.title.of('both')} ({definition.name}, version {definition.version})",
        "from collections.abc import Iterable, Mapping, Sequence",
        "from datetime import date, datetime",
        "from decimal import Decimal",
        "from typing import Any, Protocol",
        "",
        f"class {name}(Protocol):",
        "    state: str = ...",
        "    oyiflow: str | None = ...",
        "    @property",
        "    def form(self) -> Mapping[str, Any]: ...",
    ]
    for trigger in triggers.by_name.values():
        signature = ", ".join(("self", *_parameters(definition, trigger)))
        lines.append(f"    # {_about(definition, trigger)}")
        lines += [f"    def {way}{trigger.name}({signature}) -> bool: ..." for way in ("", "may_")]
    states = [state for state in definition.states if state.isidentifier() and f"is_{state}" not in triggers.by_name]
    lines += [f"    def is_{state}(self) -> bool: ..." for state in states]
    return "\n".join(lines) + "\n"


def _parameters(definition: Definition, trigger: Trigger) -> Iterator[str]:
    if trigger.kind is Kind.TIME:
        return
    yield "*"
    if trigger.kind in (Kind.DONE, Kind.FAILED):
        yield "values: Mapping[str, Any] = ..."
        yield "**output: Any"
        return
    yield "by: str" if trigger.kind is Kind.ANSWER else "by: str = ..."
    yield "roles: Iterable[str] | None = ..."
    yield "values: Mapping[str, Any] = ..."
    if any((work := definition.states[state].work) is not None and work.checklist for state, _ in trigger.answers):
        yield "checked: Iterable[str] = ..."
    for name in fields_given(definition, trigger):
        if name.isidentifier() and not keyword.iskeyword(name) and name not in KEYWORDS:
            yield f"{name}: {_TYPES.get(definition.field[name].type, 'str')} | None = ..."


def _about(definition: Definition, trigger: Trigger) -> str:
    """A line for people: the steps and the answer, or the event."""
    if trigger.kind is not Kind.ANSWER:
        return trigger.event or trigger.kind.value
    titles = (f"{definition.states[state].title.of('both')}: {outcome.title.of('both')}" for state, outcome in trigger.answers)
    return " / ".join(titles).replace("\n", " ")
