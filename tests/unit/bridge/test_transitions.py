"""What a developer sees of the bridge: triggers, data, storing, callbacks, and what is refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import oyiflow
from oyiflow.bridge.transitions import machine
from oyiflow.diagnostics import Source
from oyiflow.errors import Conflict, EventRejected, Forbidden, OyiFlowError, VersionMismatch
from oyiflow.kernel.messages import CallStarted, Performed, TimerArmed
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Definition, Text

transitions = pytest.importorskip("transitions", reason="the bridge needs the package transitions")

PURCHASE = """
process: purchase
title: Purchase
roles: {staff: Staff, head: Head}
form:
  item: {type: text, required: true}
  cost: {type: money, required: true, min: 0}
  by: {type: text}
steps:
  - {do: request, by: staff, fill: [item, cost, by]}
  - {approve: sign, by: head, rejected: request}
  - {decide: large, cases: [{label: large, when: cost > 1000, then: board}, {label: small, otherwise: both}]}
  - {approve: board, by: [head, staff], mode: all, rejected: request}
  - {together: both, steps: [{do: order, by: staff}, {do: pay, by: staff}]}
  - {end: bought}
rules:
  - {say: Nobody approves a request of their own, different_people: [request, sign]}
"""
ORDER = """
process: order
title: Order
form: {parts: {type: int}}
states:
  - state: open
    states:
      - {state: packing, transitions: [{event: packed, when: parts > 0, to: ready}]}
      - {state: ready, transitions: [{event: order.shipped, to: gone}, {after: 2 days, to: packing, actions: [{log: again}]}]}
      - {history: back, default: packing}
    transitions:
      - {event: hold, to: held}
      - {event: count, actions: [{set: parts, value: 3}]}
      - {event: again, to: open}
  - {state: held, transitions: [{event: resume, to: back}]}
  - {end: gone}
"""
PEOPLE = Company(
    people=(
        Person(name="lin", title=Text(en="Lin"), roles=("staff", "head")),
        Person(name="gao", title=Text(en="Gao"), roles=("head",)),
    )
)

Load = Callable[[str], Definition]


class Document:
    """Anybody's class."""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def read(text: str) -> Definition:
        (tmp_path / "one.yaml").write_text(text, encoding="utf-8")
        return oyiflow.load(tmp_path / "one.yaml")

    return read


@pytest.fixture
def purchase(load: Load) -> Definition:
    return load(PURCHASE)


def new(definition: Definition, **options: Any) -> Any:
    """A document with its triggers."""
    document = Document()
    machine(definition, document, **options)
    return document


def states(*lines: str, form: str = "{}") -> str:
    return f"process: p\ntitle: P\nform: {form}\nroles: {{staff: Staff}}\nstates:\n" + "".join(
        f"  - {line}\n" for line in lines
    )


def test_a_document_goes_its_way(purchase: Definition) -> None:
    doc = new(purchase, company=PEOPLE)
    assert (doc.state, doc.form, doc.is_request()) == ("request", {}, True)
    assert doc.request_done(by="lin", item="Printer", cost="1,800") is True
    assert doc.form == {"item": "Printer", "cost": Decimal(1800)}
    assert doc.trigger("sign_approved", by="gao")
    assert doc.state == "board" and not doc.is_sign()
    assert doc.board_approved(by="gao")
    assert doc.state == "board", "all must sign"
    assert not doc.may_board_approved(by="gao") and doc.may_board_approved(by="lin")
    doc.board_approved(by="lin")
    assert doc.state == "order+pay" and doc.is_order() and doc.is_pay() and doc.is_both()
    doc.pay_done(by="lin")
    assert doc.is_order() and not doc.is_pay()
    doc.order_done(by="lin")
    assert (doc.state, doc.may_pay_done(by="lin")) == ("bought", False)


def test_may_answers_for_its_arguments_and_changes_nothing(purchase: Definition) -> None:
    doc = new(purchase, company=PEOPLE)
    before = doc.oyiflow
    assert not doc.may_request_done(by="lin")
    assert doc.may_request_done(by="lin", item="Printer", cost=5)
    assert not doc.may_request_done(by="lin", item="Printer", cost=-5)
    assert not doc.may_request_done(by="gao", item="Printer", cost=5)
    assert not doc.may_request_done(by="nobody", item="Printer", cost=5)
    assert doc.oyiflow == before


def test_the_buttons_of_a_page_do_not_ask_for_the_form(purchase: Definition) -> None:
    flat = machine(purchase, company=PEOPLE)
    doc: Any = Document()
    flat.add_model(doc)
    assert flat.open_to(doc, by="lin") == ("request_done",)
    assert flat.open_to(doc, by="gao") == flat.open_to(doc, by="stranger") == ()
    assert flat.open_to(doc, by="stranger", roles=["staff"]) == ("request_done",)
    doc.request_done(by="lin", item="Printer", cost=5)
    assert flat.open_to(doc, by="gao") == ("sign_approved", "sign_rejected")
    assert flat.open_to(doc, by="lin") == (), "a rule forbids it"


def test_who_may_not_is_refused_and_nothing_changes(purchase: Definition) -> None:
    doc = new(purchase, company=PEOPLE)
    before = doc.oyiflow
    for person in ("gao", "stranger"):
        with pytest.raises(Forbidden):
            doc.request_done(by=person, item="Printer", cost=5)
    with pytest.raises(EventRejected) as missing:
        doc.request_done(by="lin", item="Printer")
    assert missing.value.code == "missing_value"
    with pytest.raises(EventRejected) as unknown:
        doc.request_done(by="lin", itme="Printer", cost=5)
    assert unknown.value.code == "invalid_value" and "itme" in unknown.value.en
    with pytest.raises(TypeError, match="by="):
        doc.request_done(item="Printer", cost=5)
    with pytest.raises(TypeError, match="keyword"):
        doc.request_done("lin")
    assert doc.oyiflow == before and doc.state == "request" and not doc.form


def test_without_a_company_nobody_holds_a_role_but_the_caller_may_say_so(purchase: Definition) -> None:
    doc = new(purchase)
    with pytest.raises(Forbidden):
        doc.request_done(by="lin", item="Printer", cost=5)
    assert doc.request_done(by="lin", roles="staff", item="Printer", cost=5)
    with pytest.raises(Forbidden, match="of their own"):
        doc.sign_approved(by="lin", roles={"head"})


def test_a_trigger_out_of_place_is_an_error_of_both_packages(purchase: Definition) -> None:
    doc = new(purchase, company=PEOPLE)
    with pytest.raises(transitions.MachineError) as error:
        doc.sign_approved(by="gao")
    assert isinstance(error.value, EventRejected)
    assert error.value.code == "not_accepted" and error.value.accepted == ("request_done",)
    assert str(error.value) == f"{error.value.zh} ({error.value.en})"


def test_fields_named_like_a_keyword_go_into_values(purchase: Definition) -> None:
    doc = new(purchase, company=PEOPLE)
    doc.request_done(by="lin", item="Printer", cost=5, values={"by": "air"})
    assert doc.form["by"] == "air"


def test_a_stored_text_goes_on_in_another_object(purchase: Definition) -> None:
    flat = machine(purchase, company=PEOPLE)
    doc: Any = Document()
    flat.add_model(doc)
    doc.request_done(by="lin", item="Printer", cost=5)
    other: Any = Document()
    other.oyiflow = json.loads(json.dumps(doc.oyiflow))
    flat.add_model(other)
    assert (other.state, other.form) == (doc.state, doc.form)
    with pytest.raises(Forbidden, match="of their own"):
        other.sign_approved(by="lin")
    flat.add_model([other, doc])  # once more does no harm
    assert flat.models == [], "the machine holds no model back"


def test_a_text_changed_from_below_is_followed(purchase: Definition) -> None:
    doc = new(purchase, company=PEOPLE)
    before = doc.oyiflow
    doc.request_done(by="lin", item="Printer", cost=5)
    doc.oyiflow = before  # as a rollback does, with a state that is not stored
    assert doc.form == {}
    assert doc.is_request() and doc.state == "request"
    assert doc.request_done(by="lin", item="Scanner", cost=5)


def test_what_is_set_by_hand_is_noticed(purchase: Definition) -> None:
    doc = new(purchase, company=PEOPLE)
    with pytest.raises(TypeError):
        doc.form["cost"] = 5
    doc.state = "bought"
    with pytest.raises(OyiFlowError, match="by hand"):
        doc.request_done(by="lin", item="Printer", cost=5)
    doc.state = "request"
    doc.form = {"cost": 5}
    with pytest.raises(OyiFlowError, match="was replaced"):
        doc.request_done(by="lin", item="Printer", cost=5)
    flat = machine(purchase)
    flat.add_model(other := Document())
    with pytest.raises(OyiFlowError, match="cannot be set"):
        flat.set_state("bought", other)


def test_a_text_that_is_no_snapshot_or_of_other_content_is_refused(purchase: Definition, load: Load) -> None:
    doc = new(purchase)
    for text in ("{}", "nonsense"):
        broken: Any = Document()
        broken.oyiflow = text
        with pytest.raises(OyiFlowError, match="no snapshot"):
            machine(purchase, broken)
    older: Any = Document()
    older.oyiflow = doc.oyiflow
    with pytest.raises(VersionMismatch):
        machine(load(PURCHASE.replace("bought", "done")), older)
    stateful: Any = Document()
    stateful.state = "sign"
    with pytest.raises(OyiFlowError, match="no snapshot"):
        machine(purchase, stateful)


def test_a_life_cycle_has_its_events_and_its_history(load: Load) -> None:
    doc = new(load(ORDER))
    assert doc.state == "packing"
    assert not doc.may_packed() and doc.may_packed(parts=2)
    doc.count()
    assert doc.form == {"parts": 3}
    doc.packed()
    doc.hold()
    assert doc.state == "held"
    doc.resume()
    assert doc.state == "ready" and doc.is_open()
    doc.order_shipped()
    assert doc.state == "gone"


def test_time_passes_when_it_is_told(load: Load) -> None:
    now = [datetime(2026, 1, 5, tzinfo=UTC)]
    flat = machine(load(ORDER), clock=lambda: now[0])
    doc: Any = Document()
    flat.add_model(doc, values={"parts": "1"}, by="lin")
    assert flat.due(doc) is None and not doc.may_time_passed()
    doc.packed()
    assert flat.due(doc) == now[0] + timedelta(days=2)
    with pytest.raises(EventRejected):
        doc.time_passed()
    now[0] += timedelta(days=2)
    assert doc.may_time_passed() and doc.time_passed()
    assert doc.state == "packing"


def test_callbacks_of_the_package_run_around_what_the_kernel_decided(load: Load) -> None:
    told: list[Any] = []

    class Watched:
        def on_enter_ready(self, event: Any) -> None:
            told.append(("ready", self.form["parts"], event.kwargs["step"].trace[0].exited))  # type: ignore[attr-defined]

        def on_effects(self, effects: tuple[Any, ...]) -> None:
            told.append([type(effect) for effect in effects])

    flat = machine(load(ORDER), clock=lambda: datetime(2026, 1, 5, tzinfo=UTC))
    flat.get_state("packing").add_callback("exit", lambda event: told.append("left"))
    doc: Any = Watched()
    flat.add_model(doc)
    doc.count()
    assert told == [], "nothing is left when an action alone runs"
    doc.again()
    assert told == ["left"], "left and entered again"
    doc.packed()
    assert told[1:3] == ["left", ("ready", 3, ("packing",))]
    assert told[3:] == [[TimerArmed]]


def test_a_condition_of_the_program_may_say_no(load: Load) -> None:
    flat = machine(load(ORDER))
    [way] = flat.get_transitions("packed", "packing", "ready")
    way.conditions.append(transitions.core.Condition(lambda event: False))
    doc: Any = Document()
    flat.add_model(doc)
    before = doc.oyiflow
    assert not doc.may_packed(parts=2)
    assert doc.packed(parts=2) is False
    assert (doc.state, doc.oyiflow, doc.form) == ("packing", before, {})


def test_a_trigger_within_a_trigger_is_a_conflict_before_and_goes_on_after(load: Load) -> None:
    flat = machine(load(ORDER))
    doc: Any = Document()
    flat.add_model(doc, values={"parts": 2})
    flat.get_state("packing").add_callback("exit", lambda event: doc.count())
    before = doc.oyiflow
    with pytest.raises(Conflict):
        doc.packed()
    assert doc.state == "packing" and doc.oyiflow != before, "what the callback did stands"
    flat.get_state("packing").on_exit.clear()
    flat.get_state("ready").add_callback("enter", lambda event: doc.hold())
    doc.packed()
    assert doc.state == "held"


def test_calls_and_handlers_are_the_program_s(load: Load) -> None:
    text = states(
        "{state: a, process: child, with: {}, gives: {n: m}, transitions: [{event: done.call.a, to: b}, {event: error.call.a, to: c}]}",
        "{state: b, entry: [{perform: print}], transitions: [{event: done.run.print, to: c}]}",
        "{end: c}",
        form="{n: {type: int}}",
    )
    definition, _ = read_definition(Source(name="one.yaml", text=text))  # the called process is not looked for
    assert definition is not None
    with pytest.raises(OyiFlowError, match="on_effects"):
        new(definition)

    class Caller(Document):
        def on_effects(self, effects: tuple[Any, ...]) -> None:
            self.effects = effects

    doc: Any = Caller()
    machine(definition, doc)
    assert isinstance(doc.effects[-1], CallStarted)
    assert not doc.may_print_done()
    doc.a_done(m=4)
    assert doc.form == {"n": 4} and isinstance(doc.effects[0], Performed)
    doc.print_done()
    assert doc.state == "c"


# --- refused at once


def test_too_many_combinations_are_refused(load: Load) -> None:
    regions = ", ".join(
        f"{{state: r{n}, states: [{{state: a{n}, transitions: [{{event: e{n}, to: b{n}}}]}}, {{state: b{n}}}]}}"
        for n in range(5)
    )
    definition = load(
        states(f"{{parallel: all, states: [{regions}], transitions: [{{event: stop, to: over}}]}}", "{end: over}")
    )
    assert len(machine(definition, limit=33).states) == 33
    with pytest.raises(OyiFlowError) as error:
        machine(definition, limit=32)
    assert "32" in error.value.zh and "oyiflow.Engine" in error.value.en


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (("{state: a, transitions: [{event: return, to: b}]}", "{end: b}"), "return"),
        (("{state: a, transitions: [{event: x.y, to: b}, {event: x_y, to: b}]}", "{end: b}"), "x_y"),
        (
            (
                "{parallel: p, states: [{state: r, states: [{state: a, by: staff, transitions: [{event: yes, to: b}]}, {end: b}]}, "
                "{state: s, states: [{state: c, by: staff, transitions: [{event: yes, to: d}]}, {end: d}]}], transitions: [{event: done.state.p, to: e}]}",
                "{end: e}",
            ),
            "a and c",
        ),
    ],
)
def test_names_that_make_no_method_are_refused(load: Load, lines: tuple[str, ...], named: str) -> None:
    with pytest.raises(OyiFlowError, match=named):
        machine(load(states(*lines)))


@pytest.mark.parametrize("name", ["request_done", "may_sign_approved", "form", "on_enter_both"])
def test_a_model_that_has_the_name_already_is_refused(purchase: Definition, name: str) -> None:
    model = type("Mine", (), {name: lambda self: None})()
    with pytest.raises(OyiFlowError, match=name):
        machine(purchase, model)
    assert not hasattr(model, "oyiflow"), "nothing was begun"


def test_the_package_is_asked_for_when_it_is_missing(purchase: Definition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transitions", None)
    monkeypatch.delitem(sys.modules, "oyiflow.bridge.flat", raising=False)
    with pytest.raises(OyiFlowError, match=r"oyiflow\[transitions\]"):
        machine(purchase)


def test_one_machine_serves_several_threads(load: Load) -> None:
    flat = machine(load(ORDER))
    faults: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                doc: Any = Document()
                flat.add_model(doc)
                doc.count()
                for _ in range(10):
                    doc.packed()
                    doc.hold()
                    doc.resume()
                    doc.again()
                assert (doc.state, doc.form["parts"]) == ("packing", 3)
        except BaseException as error:
            faults.append(error)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == [] and flat.models == []
