"""Reports over instances of all versions, processes that start by themselves, and event logs that other programs can read."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from oyiflow.diagnostics import Source
from oyiflow.engine import Engine
from oyiflow.engine.eventlog import LoggedEvent, as_csv, as_ocel, as_xes, events_of
from oyiflow.errors import EventRejected, StoreUnavailable
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person, Policies
from oyiflow.model.definition import Definition, Text
from oyiflow.store.opening import open_store
from oyiflow.testing import ManualClock

HEAD = "process: p\ntitle: P\nroles: {staff: Staff, head: Head}\n"


def definition(text: str) -> Definition:
    found, wrong = read_definition(Source(name="p.yaml", text=text))
    assert found is not None, [(one.span.line, one.en) for one in wrong]
    return found


def engine_with(**more: Any) -> tuple[Engine, ManualClock]:
    held = {"li": ["staff"], "wang": ["head"]}
    people = tuple(Person(name=name, title=Text(en=name), roles=tuple(roles)) for name, roles in held.items())
    clock = ManualClock()
    directory = Company(people=people, policies=Policies(administrators=("wang",)))
    return Engine(directory=directory, clock=clock, **more), clock


TOTAL = HEAD + (
    "form: {a: {type: int}, day: {type: date}, flag: {type: bool}, kinds: {type: choices, of: [u, v]}, took: {type: duration}, paper: {type: file}}\n"
    "steps:\n  - {do: ask, by: staff, fill: [a, day, flag, kinds, took, paper]}\n  - {end: done}\nreports:\n"
    "  - {report: sum, total: a}\n  - {report: months, every: month, dated: day}\n  - {report: quarters, every: quarter, dated: day}\n"
    "  - {report: flags, per: flag}\n  - {report: kinds, per: kinds}\n  - {report: took, per: took}\n  - {report: papers, per: paper}\n"
)


def answered(engine: Engine, text: str, **values: Any) -> str:
    instance = engine.start(definition(text), actor="li").id
    engine.complete(instance, "ask", actor="li", values=values)
    return instance


def test_instances_whose_value_was_of_another_type_are_left_out() -> None:
    engine, _ = engine_with()
    answered(engine, TOTAL.replace("a: {type: int}", "a: {type: text}").replace("  - {report: sum, total: a}\n", ""), a="one")
    new = [answered(engine, TOTAL, a=3), answered(engine, TOTAL, a=4)]
    (line,) = engine.report("p", "sum")
    assert (line.value, line.instances) == (7, tuple(new))


def test_values_are_written_as_people_write_them() -> None:
    engine, _ = engine_with()
    answered(engine, TOTAL, flag=True, kinds=["u", "v"], took="3 days", paper={"name": "x.pdf", "size": 5})
    whose = {name: [one.whose for one in engine.report("p", name)] for name in ("flags", "kinds", "took", "papers")}
    assert whose == {"flags": ["true"], "kinds": ["u", "v"], "took": ["3 days"], "papers": ["x.pdf"]}


@pytest.mark.parametrize("period", ["2026-5", "2026-13", "2026-W99", "26", "2026-Q5", "nonsense", "２０２６-05", "2026-05\n"])
def test_a_period_in_another_form_is_refused_with_the_forms_there_are(period: str) -> None:
    engine, _ = engine_with()
    engine.deploy(definition(TOTAL))
    with pytest.raises(EventRejected) as caught:
        engine.report("p", period=period)
    assert "2026-07" in caught.value.en and "2026-Q3" in caught.value.zh and caught.value.code == "invalid_value"


def test_a_period_that_the_report_does_not_have_is_refused() -> None:
    engine, _ = engine_with()
    answered(engine, TOTAL, day="2026-08-01")
    assert [(one.report, one.period) for one in engine.report("p", period="2026-08")] == [("months", "2026-08")]
    with pytest.raises(EventRejected, match="2026-07"):
        engine.report("p", "months", period="2026-Q3")
    with pytest.raises(EventRejected, match="no periods"):
        engine.report("p", "sum", period="2026")


NOBODY = HEAD + (
    "form: {a: {type: int}}\nsteps:\n  - {do: ask, by: staff, fill: a}\n  - {decide: big, cases: [{label: much, when: a > 5, then: both}, "
    "{label: little, otherwise: done}]}\n"
    "  - together: both\n    steps:\n      - {run: auto, handler: h}\n      - {wait: calm, for: 1 day}\n  - {do: more, by: staff}\n  - {end: done}\n"
    "reports:\n  - {report: auto, of: auto}\n  - {report: calm, of: calm}\n  - {report: both, of: both}\n  - {report: big, of: big}\n"
    "  - {report: more, of: more}\n"
)


def test_steps_that_nobody_does_count_as_come_to() -> None:
    engine, clock = engine_with(handlers={"h": lambda values, key: {}})
    far, near = answered(engine, NOBODY, a=9), answered(engine, NOBODY, a=1)
    for _ in range(2):
        clock.advance("2 days")
        engine.run_due()
    assert engine.snapshot(far).configuration == ("more",)
    found = {name: engine.report("p", name) for name in ("auto", "calm", "both", "more", "big")}
    assert {name: one[0].instances for name, one in found.items()} == {
        "auto": (far,), "calm": (far,), "both": (far,), "more": (far,), "big": (far, near)}  # fmt: skip


def test_steps_that_nobody_does_are_known_by_what_they_were_called() -> None:
    engine, _ = engine_with(handlers={"h": lambda values, key: {}})
    old = HEAD + "steps:\n  - {do: ask, by: staff}\n  - {run: auto, handler: h}\n  - {end: done}\n"
    instance = answered(engine, old)
    engine.deploy(definition(old.replace("run: auto,", "run: robot, was: auto,") + "reports:\n  - {report: r, of: robot}\n"))
    assert [one.instances for one in engine.report("p", "r")] == [(instance,)]


POISON = (
    HEAD
    + "form: {d: {type: date}}\nstarts: {every: month}\nsteps:\n  - {wait: w, for: d}\n  - {do: ask, by: staff, fill: d}\n  - {end: done}\n"
)
GOOD = (
    HEAD.replace("process: p", "process: z")
    + "starts: {every: month}\nsteps:\n  - {do: ask, by: staff, within: 1 day, late: remind}\n  - {end: done}\n"
)


def test_a_process_that_cannot_start_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    engine, clock = engine_with()
    engine.deploy(definition(POISON))
    engine.deploy(definition(GOOD))
    clock.advance("40 days")
    with caplog.at_level(logging.ERROR, "oyiflow.worker"):
        while engine.run_due():
            pass
        engine.run_due()
    assert [one.process for one in engine.instances()] == ["z"]
    assert [(one.name, one.message.split(":")[0]) for one in caplog.records] == [
        ("oyiflow.worker", "p version 1 cannot start by itself")
    ]
    clock.advance("3 days")
    engine.run_due()
    assert [one.step for one in engine.notices()] == ["ask"]  # the rest of the work goes on


class Away:
    """A store whose commits fail while it is away."""

    def __init__(self) -> None:
        self.store = open_store("sqlite:///:memory:")
        self.away = False

    def __getattr__(self, name: str) -> Any:
        if name == "commit" and self.away:
            raise StoreUnavailable("不在", "away")
        return getattr(self.store, name)


def test_a_store_that_is_away_is_not_taken_for_a_process_that_cannot_start() -> None:
    store = Away()
    engine, clock = engine_with(store=store)
    engine.deploy(definition(GOOD))
    clock.advance("40 days")
    store.away = True
    with pytest.raises(StoreUnavailable):
        engine.run_due()
    store.away = False
    assert engine.run_due() == 1 and [one.process for one in engine.instances()] == ["z"]


def logged(**more: Any) -> LoggedEvent:
    plain: dict[str, Any] = {
        "case": "p-1", "process": "p", "version": 1, "number": 1, "at": datetime(2026, 1, 5, tzinfo=UTC), "activity": "Ask", "step": "ask",
        "outcome": "done", "resource": "li", "on_behalf": "", "comment": "", "values": (),
    }  # fmt: skip
    return LoggedEvent(**{**plain, **more})


@pytest.mark.parametrize("text", ["\ufffe", "\uffff", "\x0b", "\x00", "a\ud800b", "\udfff", "😀\t\n中"])
def test_any_text_makes_a_log_that_can_be_read(text: str) -> None:
    events = [logged(comment=text, values=((f"n{text}", text),))]
    read = ElementTree.fromstring(as_xes(events).encode("utf-8"))
    comment = next(one.get("value") for one in read.iter() if one.get("key") == "comment")
    assert comment == (text if text.startswith("😀") else "".join("�" if one not in "ab" else one for one in text))
    assert json.loads(as_ocel(events).encode("utf-8"))["events"] and as_csv(events).encode("utf-8")


def test_object_types_and_objects_of_ocel_are_unique_whatever_a_process_is_called() -> None:
    log = json.loads(as_ocel([logged(process="person", case="person:li")]))
    types, ids = [one["name"] for one in log["objectTypes"]], [one["id"] for one in log["objects"]]
    assert len(set(types)) == len(types) == 2 and len(set(ids)) == len(ids) == 2
    assert {one["type"] for one in log["objects"]} == set(types)
    assert {one["objectId"] for one in log["events"][0]["relationships"]} == set(ids)
    usual = json.loads(as_ocel([logged()]))
    assert [one["name"] for one in usual["objectTypes"]] == ["p", "person"]


def test_what_people_do_besides_answering_is_an_activity_of_its_own() -> None:
    engine, _ = engine_with()
    instance = engine.start(definition(HEAD + "steps:\n  - {do: ask, title: Ask, by: staff}\n  - {end: done}\n"), actor="li").id
    engine.operate(instance, "claim", "ask", actor="li")
    engine.operate(instance, "suspend", actor="wang")
    engine.operate(instance, "resume", actor="wang")
    engine.complete(instance, "ask", actor="li")
    events = events_of(engine.instance(instance), engine.definition_of(instance), engine.history(instance))
    assert [one.activity for one in events] == ["发起 start", "认领 claim", "挂起 suspend", "恢复 resume", "Ask"]
