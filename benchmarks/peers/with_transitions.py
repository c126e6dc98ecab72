"""The `transitions` package: its flat Machine for a, its HierarchicalMachine for b and c. It has no history states."""

from __future__ import annotations

from typing import Any

from harness import A_EVENTS, B_EVENTS, C_EVENTS, LIMIT, Cycle, answer
from transitions import Machine
from transitions.extensions import HierarchicalMachine

FLAT: dict[str, Any] = {
    "states": ["draft", "submitted", "review", "approved", "rejected", "paid"],
    "initial": "draft",
    "transitions": [
        ["submit", "draft", "submitted"],
        ["assign", "submitted", "review"],
        {"trigger": "approve", "source": "review", "dest": "approved", "conditions": "small"},
        ["approve", "review", "rejected"],
        ["pay", "approved", "paid"],
        ["reset", "paid", "draft"],
    ],
    "auto_transitions": False,  # the default makes a machine of n states with n² transitions
}


class Paper:
    def __init__(self, amount: int = 10) -> None:
        self.amount = amount
        self.n = 0

    def small(self) -> bool:
        return self.amount <= LIMIT

    def count(self) -> None:
        self.n += 1


def cycle_of(paper: Any, events: tuple[str, ...]) -> Cycle:
    triggers = [getattr(paper, event) for event in events]  # the shortest public way to fire an event

    def cycle() -> None:
        for trigger in triggers:
            trigger()

    return cycle


def a() -> Cycle:
    paper = Paper()
    Machine(paper, **FLAT)
    return cycle_of(paper, A_EVENTS)


def b() -> Cycle:
    counts = {"on_enter": "count", "on_exit": "count"}
    leaves = [{"name": name, **counts} for name in ("text", "table")]
    editing = {"name": "editing", "initial": "text", "children": leaves, **counts}
    active = {"name": "active", "initial": "editing", "children": ["preview", editing], **counts}
    paper = Paper()
    HierarchicalMachine(
        paper,
        initial="active",
        auto_transitions=False,
        states=["paused", active],
        transitions=[
            ["switch", "active_editing_text", "active_editing_table"],
            ["switch", "active_editing_table", "active_editing_text"],
            ["show", "active_editing", "active_preview"],
            ["edit", "active_preview", "active_editing"],
            ["pause", "active", "paused"],
            ["resume", "paused", "active"],
        ],
    )
    return cycle_of(paper, B_EVENTS)


def c() -> Cycle:
    regions = [
        {"name": name, "initial": "pending", "children": ["pending", {"name": "done", "final": True}]}
        for name in ("legal", "finance")
    ]
    paper: Any = Paper()
    HierarchicalMachine(
        paper,
        initial="idle",
        auto_transitions=False,
        queued=True,
        states=["idle", "joined", {"name": "work", "parallel": regions, "on_final": "join"}],
        transitions=[
            ["start", "idle", "work"],
            ["legal_ok", "work_legal_pending", "work_legal_done"],
            ["finance_ok", "work_finance_pending", "work_finance_done"],
            ["join", "work", "joined"],
            ["reset", "joined", "idle"],
        ],
    )
    cycle = cycle_of(paper, C_EVENTS)
    cycle()
    assert paper.state == "idle", paper.state
    return cycle


WORKLOADS = {"a": (a, len(A_EVENTS)), "b": (b, len(B_EVENTS)), "c": (c, len(C_EVENTS))}


def build(n: int) -> object:
    ring = [["next", f"s{i}", f"s{(i + 1) % n}"] for i in range(n)]
    return Machine(Paper(), states=[f"s{i}" for i in range(n)], initial="s0", auto_transitions=False, transitions=ring)


def instances(n: int) -> object:
    machine = Machine(None, **FLAT)  # one machine and n models is its leanest way
    papers = [Paper(i) for i in range(n)]
    machine.add_model(papers)
    return machine, papers


if __name__ == "__main__":
    answer(globals())
