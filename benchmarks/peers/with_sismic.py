"""sismic: guards and actions are Python text that it evaluates. It has no done events, so the join is a guard."""

from __future__ import annotations

from typing import Any

from harness import A_EVENTS, B_EVENTS, C_EVENTS, LIMIT, Cycle, answer
from sismic.interpreter import Interpreter
from sismic.io.datadict import import_from_dict

FLAT: dict[str, Any] = {
    "name": "root",
    "initial": "draft",
    "states": [
        {"name": "draft", "transitions": [{"event": "submit", "target": "submitted"}]},
        {"name": "submitted", "transitions": [{"event": "assign", "target": "review"}]},
        {
            "name": "review",
            "transitions": [
                {"event": "approve", "target": "approved", "guard": f"amount <= {LIMIT}"},
                {"event": "approve", "target": "rejected", "guard": f"amount > {LIMIT}"},  # two enabled ones are an error there
            ],
        },
        {"name": "approved", "transitions": [{"event": "pay", "target": "paid"}]},
        {"name": "rejected"},
        {"name": "paid", "transitions": [{"event": "reset", "target": "draft"}]},
    ],
}


def chart(root: dict[str, Any], preamble: str = "") -> Any:
    return import_from_dict({"statechart": {"name": "chart", "preamble": preamble, "root state": root}})


def running(statechart: Any) -> Interpreter:
    interpreter = Interpreter(statechart)
    interpreter.execute()
    return interpreter


def cycle_of(interpreter: Interpreter, events: tuple[str, ...]) -> Cycle:
    def cycle() -> None:
        for event in events:
            interpreter.queue(event)
            interpreter.execute()

    return cycle


def a() -> Cycle:
    return cycle_of(running(chart(FLAT, "amount = 10")), A_EVENTS)


def b() -> Cycle:
    counts = {"on entry": "n = n + 1", "on exit": "n = n + 1"}
    leaves = [
        {"name": here, "transitions": [{"event": "switch", "target": there}], **counts}
        for here, there in (("text", "table"), ("table", "text"))
    ]
    editing = {
        "name": "editing",
        "initial": "text",
        "transitions": [{"event": "show", "target": "preview"}],
        "states": leaves,
        **counts,
    }
    preview = {"name": "preview", "transitions": [{"event": "edit", "target": "editing"}]}
    before = {"name": "before", "type": "deep history", "memory": "editing"}
    active = {
        "name": "active",
        "initial": "editing",
        "transitions": [{"event": "pause", "target": "paused"}],
        "states": [editing, preview, before],
        **counts,
    }
    paused = {"name": "paused", "transitions": [{"event": "resume", "target": "before"}]}
    return cycle_of(running(chart({"name": "root", "initial": "active", "states": [active, paused]}, "n = 0")), B_EVENTS)


def c() -> Cycle:
    regions = [
        {
            "name": name,
            "initial": f"{name}_pending",
            "states": [
                {"name": f"{name}_pending", "transitions": [{"event": f"{name}_ok", "target": f"{name}_done"}]},
                {"name": f"{name}_done"},
            ],
        }
        for name in ("legal", "finance")
    ]
    both = "active('legal_done') and active('finance_done')"
    states = [
        {"name": "idle", "transitions": [{"event": "start", "target": "work"}]},
        {"name": "work", "parallel states": regions, "transitions": [{"guard": both, "target": "joined"}]},
        {"name": "joined", "transitions": [{"event": "reset", "target": "idle"}]},
    ]
    interpreter = running(chart({"name": "root", "initial": "idle", "states": states}))
    cycle = cycle_of(interpreter, C_EVENTS)
    cycle()
    assert "idle" in interpreter.configuration
    return cycle


WORKLOADS = {"a": (a, len(A_EVENTS)), "b": (b, len(B_EVENTS)), "c": (c, len(C_EVENTS))}


def build(n: int) -> object:
    ring = [{"name": f"s{i}", "transitions": [{"event": "next", "target": f"s{(i + 1) % n}"}]} for i in range(n)]
    return running(chart({"name": "root", "initial": "s0", "states": ring}))


def instances(n: int) -> object:
    statechart = chart(FLAT, "amount = 10")
    return [running(statechart) for _ in range(n)]


if __name__ == "__main__":
    answer(globals())
