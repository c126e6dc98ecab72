"""One corpus of scenarios for every host: each is played by a `Player`, and what it leaves must be the same everywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Protocol

from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Absence, Company, Person, Policies
from oyiflow.model.definition import Definition, Text


class Player(Protocol):
    """What a scenario may do. Instances are named by what follows the name of the first one; "" is that one."""

    async def start(self, process: str, actor: str = "ann", **values: Any) -> None: ...

    async def act(self, step: str, actor: str, outcome: str = "", *, at: str = "", key: str = "", **values: Any) -> None: ...

    async def send(self, event: str, *, actor: str = "", **values: Any) -> None: ...

    async def refused(self, code: str, doing: Awaitable[None]) -> None: ...

    async def sleep(self, time: timedelta) -> None: ...

    async def settled(self, revision: int, at: str = "") -> None:
        """Until an instance has come so far by itself."""

    async def cancel(self) -> None: ...

    def publish(self, text: str) -> None: ...


HEAD = "title: Case\nroles: {staff: Staff, manager: Manager, gm: General manager, hr: Personnel}\n"
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
MOMENT = timedelta(seconds=1)


def definition(text: str) -> Definition:
    first, _, rest = text.strip().partition("\n")
    found, diagnostics = read_definition(Source(name="case.yaml", text=f"{first}\n{HEAD}{rest}"))
    assert found is not None, [(d.span.line, d.en) for d in diagnostics]
    return found


def person(name: str, *roles: str, superior: str = "") -> Person:
    return Person(name=name, title=Text(en=name), roles=roles, superior=superior)


COMPANY = Company(
    people=(
        person("ann", "staff", superior="max"), person("bob", "staff", superior="eve"), person("max", "manager", superior="gus"),
        person("eve", "manager", superior="gus"), person("ida", "manager", superior="gus"), person("gus", "gm"), person("hal", "hr"),
    ),
    absences=(Absence(person="max", first=date(2000, 1, 1), last=date(2099, 1, 1), deputy="ida"),),
)  # fmt: skip
SKIPPING = replace(COMPANY, policies=Policies(repeated_approver="skip"))
"""The same where nobody signs twice in a row; then the host has to ask the worker about every answer."""


class Bank:
    """A handler that fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.keys: list[str] = []

    def __call__(self, values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        self.keys.append(key)
        if len(self.keys) <= self.fails:
            raise ConnectionError("the bank is closed")
        return {"number": f"paid {values.get('sum', '')}"}


Scenario = Callable[[Player], Awaitable[None]]

PAYMENT = """
process: payment
form: {amount: {type: money, required: true}, note: {type: text}}
steps:
  - {do: apply, by: staff, fill: amount}
  - {approve: check, by: manager, fill: note, rejected: apply}
  - {do: pay, by: hr}
  - {end: done}
"""
ALL = """
process: signing
steps:
  - {do: apply, by: staff}
  - {approve: sign, by: [manager, gm, hr], mode: all, rejected: apply}
  - {approve: turn, by: [hr, gm], mode: in_turn, rejected: apply}
  - {end: done}
"""
VOTE = """
process: voting
steps:
  - {do: apply, by: staff}
  - {approve: board, by: [manager, gm, hr], mode: vote 60%, rejected: no}
  - {end: done}
  - {end: no}
"""
LATE = """
process: late
steps:
  - {do: apply, by: staff}
  - {approve: look, by: manager, within: 2 days, late: remind, rejected: apply}
  - {do: check, by: hr, within: 3 days, late: escalate, tell: staff}
  - {approve: skip, by: gm, within: 1 day, late: pass, rejected: apply}
  - {end: done}
"""
WAIT = """
process: waiting
form: {until: {type: date}, paper: {type: text}}
steps:
  - {do: lend, by: staff}
  - {wait: pause, for: 36 hours}
  - {wait: reply, for: customer_replied}
  - {end: done}
"""
REFUND = """
process: refund
form: {amount: {type: money, required: true, max: 1000}, receipt: {type: text}}
steps:
  - {do: pay_back, by: hr, fill: receipt, see: amount}
  - {end: paid}
"""
CALLING = """
process: calling
form: {damage: {type: money}, paper: {type: text}}
steps:
  - {do: listen, by: staff, fill: damage}
  - {call: refunding, process: refund, with: {amount: damage}, gives: {paper: receipt}, within: 5 days, late: skip, failed: listen}
  - {do: tell, by: staff}
  - {end: closed}
"""
CALL_ON = """
process: call_on
form: {customer: {type: text, required: true}, budget: {type: money}}
steps:
  - {do: visit, by: staff, see: [customer, budget]}
  - {end: done}
"""
ROUND = """
process: round
form:
  visits: {type: list, columns: {customer: {type: text, required: true}, budget: {type: money}}}
steps:
  - {do: plan, by: staff, fill: visits}
  - {each: calls, in: visits, process: call_on, failed: plan}
  - {end: done}
"""
PAYOUT = """
process: payout
form: {amount: {type: money, required: true}, receipt: {type: text}}
steps:
  - {do: order, by: staff, fill: amount}
  - {run: pay, handler: bank, with: {sum: amount}, gives: {receipt: number}, retries: 2, failed: by_hand, then: done}
  - {do: by_hand, by: hr, fill: receipt}
  - {end: done}
"""
FAIR = """
process: fair
steps:
  - together: prepare
    steps:
      - {do: invite, by: staff}
      - branch: stand
        steps:
          - {do: design, by: hr}
          - {do: build, by: [hr, staff]}
  - {do: attend, by: staff}
  - {end: done}
"""
RULED = """
process: ruled
steps:
  - {do: apply, by: [staff, manager]}
  - {approve: check, by: [manager, gm], rejected: apply}
  - {approve: sign, by: [manager, gm], rejected: apply}
  - {end: done}
rules:
  - {different_people: [apply, check], say: Nobody checks their own}
"""
LED = """
process: led
steps:
  - {do: apply, by: staff}
  - {approve: lead, by: {manager_of: starter}, rejected: apply}
  - {end: done}
"""
SECOND = PAYMENT.replace("process: payment", "process: payment\nversion: 2").replace("  - {do: pay, by: hr}\n", "")


async def approved(play: Player) -> None:
    await play.start("payment")
    await play.act("apply", "ann", amount="5000.50")
    await play.act("check", "max", "rejected", note="too much")
    await play.act("apply", "ann", amount="4000")
    await play.act("check", "eve", "approved")
    await play.act("pay", "hal")


async def refusals(play: Player) -> None:
    await play.start("payment")
    await play.refused("Forbidden", play.act("apply", "hal", amount="1"))
    await play.refused("Forbidden", play.act("apply", "nobody", amount="1"))
    await play.refused("missing_value", play.act("apply", "ann"))
    await play.refused("invalid_value", play.act("apply", "ann", amount="much"))
    await play.refused("unknown_task", play.act("pay", "hal"))
    await play.refused("unknown_outcome", play.act("apply", "ann", "perhaps"))
    await play.refused("Forbidden", play.send("check.approved"))
    await play.refused("not_accepted", play.send("hello"))
    await play.act("apply", "ann", amount="1")


async def repeated(play: Player) -> None:
    await play.start("payment")
    await play.act("apply", "ann", amount="1", key="once")
    await play.act("apply", "ann", amount="1", key="once")
    await play.refused("key_taken", play.act("check", "max", key="once"))
    await play.act("check", "max")


async def all_and_in_turn(play: Player) -> None:
    await play.start("signing")
    await play.act("apply", "ann")
    await play.act("sign", "gus")
    await play.refused("Forbidden", play.act("sign", "gus"))
    await play.act("sign", "max")
    await play.act("sign", "hal", "rejected")
    await play.act("apply", "bob")
    for one in ("max", "hal", "gus"):
        await play.act("sign", one)
    await play.refused("Forbidden", play.act("turn", "gus"))
    await play.act("turn", "hal")
    await play.act("turn", "gus")


async def vote(play: Player) -> None:
    await play.start("voting")
    await play.act("apply", "ann")
    await play.act("board", "hal", "rejected")
    await play.act("board", "max")
    await play.act("board", "gus")


async def deadlines(play: Player) -> None:
    await play.start("late")
    await play.act("apply", "ann")
    await play.sleep(2 * DAY + MINUTE)
    await play.settled(3)
    await play.sleep(DAY)
    await play.act("look", "max")
    await play.sleep(4 * DAY)
    await play.act("check", "hal")
    await play.sleep(DAY + MINUTE)


async def waits(play: Player) -> None:
    await play.start("waiting")
    await play.act("lend", "ann")
    await play.refused("not_accepted", play.send("customer_replied"))
    await play.sleep(timedelta(hours=36, minutes=1))
    await play.settled(3)
    await play.send("customer_replied", paper="yes")


async def call_done(play: Player) -> None:
    await play.start("calling")
    await play.act("listen", "ann", damage="99.90")
    await play.settled(1, "/2/2")
    await play.act("pay_back", "hal", at="/2/2", receipt="R1")
    await play.settled(3)
    await play.act("tell", "bob")


async def call_failed(play: Player) -> None:
    await play.start("calling")
    await play.act("listen", "ann", damage="5000")  # more than the other process will have
    await play.settled(3)
    await play.act("listen", "bob", damage="5")


async def call_left(play: Player) -> None:
    await play.start("calling")
    await play.act("listen", "ann", damage="5")
    await play.settled(1, "/2/2")
    await play.sleep(5 * DAY + MOMENT)
    await play.settled(2, "/2/2")
    await play.act("tell", "ann")


async def cancelled(play: Player) -> None:
    await play.start("calling")
    await play.act("listen", "ann", damage="5")
    await play.settled(1, "/2/2")
    await play.cancel()
    await play.settled(2, "/2/2")


async def each(play: Player) -> None:
    await play.start("round")
    await play.act("plan", "ann", visits=[["ACME", "5"], ["Bolt", ""]])
    for at in ("/2/1", "/2/2"):
        await play.settled(1, at)
    await play.act("visit", "bob", at="/2/2")
    await play.settled(3)
    await play.act("visit", "ann", at="/2/1")
    await play.settled(4)


async def handled(play: Player) -> None:
    await play.start("payout")
    await play.act("order", "ann", amount="7")
    await play.sleep(MINUTE)
    await play.settled(3)


async def parallel(play: Player) -> None:
    await play.start("fair")
    await play.act("design", "hal")
    await play.act("invite", "ann")
    await play.act("build", "bob")
    await play.act("attend", "bob")


async def ruled(play: Player) -> None:
    await play.start("ruled", "max")
    await play.act("apply", "max")
    await play.refused("Forbidden", play.act("check", "max"))
    await play.act("check", "eve")  # and signs with it, by the company's policy


async def superior(play: Player) -> None:
    await play.start("led", "bob")
    await play.act("apply", "bob")
    await play.refused("Forbidden", play.act("lead", "gus"))
    await play.act("lead", "eve")


async def deputy(play: Player) -> None:
    await play.start("led")
    await play.act("apply", "ann")
    await play.act("lead", "ida")


async def pinned(play: Player) -> None:
    await play.start("payment")
    await play.act("apply", "ann", amount="1")
    play.publish(SECOND)
    await play.act("check", "max")
    await play.act("pay", "hal")


CORPUS: Mapping[str, tuple[Scenario, tuple[str, ...], int, bool]] = {
    # name: (what happens, the processes, how often the bank fails, whether time passes)
    "approved": (approved, (PAYMENT,), 0, False),
    "refusals": (refusals, (PAYMENT,), 0, False),
    "repeated": (repeated, (PAYMENT,), 0, False),
    "all and in turn": (all_and_in_turn, (ALL,), 0, False),
    "vote": (vote, (VOTE,), 0, False),
    "deadlines": (deadlines, (LATE,), 0, True),
    "waits": (waits, (WAIT,), 0, True),
    "call done": (call_done, (CALLING, REFUND), 0, False),
    "call failed": (call_failed, (CALLING, REFUND), 0, False),
    "call left": (call_left, (CALLING, REFUND), 0, True),
    "cancelled": (cancelled, (CALLING, REFUND), 0, False),
    "each": (each, (ROUND, CALL_ON), 0, False),
    "handled": (handled, (PAYOUT,), 0, True),
    "handled at the third try": (handled, (PAYOUT,), 2, True),
    "handled by hand at last": (handled, (PAYOUT,), 9, True),
    "parallel": (parallel, (FAIR,), 0, False),
    "ruled": (ruled, (RULED,), 0, False),
    "superior": (superior, (LED,), 0, False),
    "deputy": (deputy, (LED,), 0, False),
    "pinned": (pinned, (PAYMENT,), 0, False),
}
