"""A Temporal workflow as somebody would write it for one application form, with what the kernel gives done by hand.

Apply, check; rejected it goes back. An Update per answer, refused by its validator; who may answer stands in a table in the
code, which a company could not change without nondeterminism: the cheapest that still keeps a journal. `AskingByHand` asks a
local activity for the roles, as a host must whose people change while its histories are kept.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

ROLES = {"ann": {"staff"}, "max": {"manager"}, "hal": {"hr"}}
STEPS = {
    "apply": ("staff", {"done": "check"}),
    "check": ("manager", {"approved": "pay", "rejected": "apply"}),
    "pay": ("hr", {"done": ""}),
}


@activity.defn(name="by_hand.roles")
def roles(actor: str) -> list[str]:
    """Which roles a person holds."""
    return sorted(ROLES.get(actor, ()))


class _Form:
    """What both have in common."""

    def __init__(self) -> None:
        self.step = "apply"
        self.values: dict[str, Any] = {}
        self.journal: list[dict[str, Any]] = []

    def refuse(self, event: dict[str, Any], held: set[str]) -> None:
        """Raise what is wrong with an answer."""
        role, outcomes = STEPS[self.step]
        if event["task"] != self.step or event["outcome"] not in outcomes:
            raise ValueError(f"not accepted: {event['task']} {event['outcome']}")
        if role not in held:
            raise ValueError(f"{event['actor']} does not hold {role}")

    def move(self, event: dict[str, Any]) -> dict[str, Any]:
        """Take an answer."""
        self.values |= event["values"]
        self.step = STEPS[self.step][1][event["outcome"]]
        self.journal.append({**event, "at": workflow.now().isoformat(), "to": self.step})
        return {"step": self.step, "revision": len(self.journal), "values": self.values}


@workflow.defn
class ByHand(_Form):
    """With a table of people in the code."""

    @workflow.run
    async def run(self) -> str:
        """Until it is paid."""
        await workflow.wait_condition(lambda: not self.step and workflow.all_handlers_finished())
        return "done"

    @workflow.update
    async def event(self, event: dict[str, Any]) -> dict[str, Any]:
        """An answer."""
        return self.move(event)

    @event.validator
    def check(self, event: dict[str, Any]) -> None:
        """Refuse without a trace."""
        self.refuse(event, ROLES.get(event["actor"], set()))


@workflow.defn
class AskingByHand(_Form):
    """With people who are asked for."""

    @workflow.run
    async def run(self) -> str:
        """Until it is paid."""
        await workflow.wait_condition(lambda: not self.step and workflow.all_handlers_finished())
        return "done"

    @workflow.update
    async def event(self, event: dict[str, Any]) -> dict[str, Any]:
        """An answer."""
        limit = timedelta(seconds=10)
        held = await workflow.execute_local_activity(roles, event["actor"], start_to_close_timeout=limit)
        self.refuse(event, set(held))
        return self.move(event)

    @event.validator
    def check(self, event: dict[str, Any]) -> None:
        """Refuse without a trace."""
        self.refuse(event, ROLES.get(event["actor"], set()))
