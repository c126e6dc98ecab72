"""No case of the manual's processes is caught where nobody may go on, and none goes on where it has failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oyiflow import load
from oyiflow.checking import load_company
from oyiflow.engine import Engine
from oyiflow.errors import EventRejected, Forbidden
from oyiflow.testing import ManualClock

PROCESSES = Path(__file__).parents[2] / "processes"
OYI = load_company(PROCESSES / "company.yaml")
FIRST = datetime(2026, 2, 2, 1, 0, tzinfo=UTC)
"""A Monday, nine in the morning in Beijing."""


@contextmanager
def running(*names: str) -> Iterator[tuple[Engine, ManualClock]]:
    clock = ManualClock(FIRST)
    with Engine(directory=OYI, clock=clock) as engine:
        for name in names:
            engine.deploy(load(PROCESSES / f"{name}.yaml"))
        yield engine, clock


def later(engine: Engine, clock: ManualClock, days: int) -> None:
    clock.advance(timedelta(days=days))
    while engine.run_due():
        pass


def place(engine: Engine, case: str) -> set[str]:
    return set(engine.instance(case).configuration)


def test_a_receiver_who_is_the_leaver_cannot_receive_and_the_manager_names_another() -> None:
    with running("departure_handover") as (engine, clock):
        case = engine.start("departure_handover", actor="li").id

        def do(step: str, who: str, outcome: str = "", **values: Any) -> None:
            engine.complete(case, step, actor=who, values=values, **({"outcome": outcome} if outcome else {}))

        do("begin", "li", leaves_on="2026-02-27")
        do("assign", "wang", receiver="li")
        do("list", "li", accounts="东岭机械等十二家")
        do("return", "li", goods="无")
        with pytest.raises(Forbidden):
            do("receive", "li", "approved")
        later(engine, clock, 7)
        assert place(engine, case) == {"which"}
        do("which", "wang", "另定接收人")
        do("assign", "wang", receiver="zhao")
        do("list", "li", accounts="东岭机械等十二家")
        do("return", "li", goods="无")
        do("receive", "zhao", "approved")
        assert place(engine, case) == {"witness"}


def test_a_bid_that_the_buyer_never_comes_to_is_stopped_and_reviewed() -> None:
    with running("negotiation", "buyer_mirror") as (engine, _):
        case = engine.start("negotiation", actor="wang").id
        engine.complete(case, "project", actor="wang", values={"customer": "华远电气", "goal": "供货"})
        engine.complete(case, "sample", actor="zheng", values={"sample": "样车一台"})
        engine.complete(case, "sample_ok", actor="zhou", outcome="合格")
        engine.complete(case, "tender", actor="wang", outcome="已招标")
        with pytest.raises(EventRejected):  # the buyer is nowhere near its tender
            engine.complete(case, "bid", actor="wang", values={"bid_price": "96万元"})
        engine.complete(case, "bid_off", actor="wang", values={"stopped": "预算被砍，流标"})
        assert place(engine, case) == {"review"}
        engine.complete(case, "review", actor="wang", values={"lessons": "预算没有落实"})
        assert place(engine, case) == {"lost"}


def test_a_report_that_is_late_bears_the_day_on_which_it_came() -> None:
    with running("monthly_report") as (engine, clock):
        case = engine.start("monthly_report", actor="li").id
        later(engine, clock, 4)  # the 6th
        assert place(engine, case) == {"late_report"}
        parts = dict.fromkeys(("month", "area", "summary", "forecast", "problems", "remedies"), "…")
        engine.complete(case, "late_report", actor="li", values=parts)
        assert place(engine, case) == {"record"}
        assert str(engine.instance(case).data["submitted_on"]) == "2026-02-06"


def test_a_customer_not_worth_developing_is_not_contacted() -> None:
    with running("account_overview", "development", "visit", "negotiation", "deal", "service") as (engine, _):
        case = engine.start("account_overview", actor="wang").id
        engine.complete(case, "gather", actor="wang")
        engine.complete(case, "discern", actor="wang")
        engine.complete(case, "screen", actor="wang", values={"customer": "宏达五金", "classes": ["高值"]})
        (called,) = engine.instances(process="development")
        engine.complete(called.id, "survey", actor="li", values={"findings": "一年两台"})
        engine.complete(called.id, "material", actor="sun")
        engine.complete(called.id, "screen", actor="li", values={"forecast": "费用高于利润", "worth": "无"})
        engine.complete(called.id, "pool", actor="sun")
        assert place(engine, case) == {"developed"}
        with pytest.raises(EventRejected):
            engine.complete(case, "developed", actor="wang", outcome="继续")
        engine.complete(case, "developed", actor="wang", outcome="丢单", values={"reason": "没有开发价值"})
        assert place(engine, case) == {"lost"}
