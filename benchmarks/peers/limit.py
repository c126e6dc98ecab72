"""The limit in CPython, written by hand: one function per event, two look-ups, a guard, two tuples.

No queue, no errors, no history, no revision, no refusal: what no general kernel can be faster than.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import A_EVENTS, B_EVENTS, C_EVENTS, LIMIT, Cycle, answer

Data = dict[str, int]
Row = tuple[Callable[[Data], bool] | None, str, tuple[Callable[[Data], None], ...]]
Table = dict[str, dict[str, list[Row]]]


def step(table: Table, now: tuple[str, Data], event: str) -> tuple[tuple[str, Data], tuple[Any, ...]]:
    for guard, target, actions in table[now[0]][event]:
        if guard is None or guard(now[1]):
            return (target, now[1]), actions
    return now, ()


def cycle_of(table: Table, state: str, data: Data, events: tuple[str, ...]) -> Cycle:
    last = (state, data)

    def cycle() -> None:
        nonlocal last
        now = last
        for event in events:
            now, actions = step(table, now, event)
            for action in actions:
                action(data)
        last = now

    return cycle


def small(data: Data) -> bool:
    return data["amount"] <= LIMIT


def count(data: Data) -> None:
    data["n"] += 1


def a() -> Cycle:
    table: Table = {
        "draft": {"submit": [(None, "submitted", ())]},
        "submitted": {"assign": [(None, "review", ())]},
        "review": {"approve": [(small, "approved", ()), (None, "rejected", ())]},
        "approved": {"pay": [(None, "paid", ())]},
        "paid": {"reset": [(None, "draft", ())]},
    }
    return cycle_of(table, "draft", {"amount": 10}, A_EVENTS)


def b() -> Cycle:
    two, three = (count,) * 2, (count,) * 3
    table: Table = {"preview": {"edit": [(None, "text", two)]}}
    for here, there in (("text", "table"), ("table", "text")):
        kept = f"paused, {here} remembered"
        table[here] = {"switch": [(None, there, two)], "show": [(None, "preview", two)], "pause": [(None, kept, three)]}
        table[kept] = {"resume": [(None, here, three)]}
    return cycle_of(table, "text", {"n": 0}, B_EVENTS)


def c() -> Cycle:
    table: Table = {
        "idle": {"start": [(None, "neither", ())]},
        "neither": {"legal_ok": [(None, "legal", ())]},
        "legal": {"finance_ok": [(None, "joined", ())]},
        "joined": {"reset": [(None, "idle", ())]},
    }
    return cycle_of(table, "idle", {}, C_EVENTS)


WORKLOADS = {"a": (a, len(A_EVENTS)), "b": (b, len(B_EVENTS)), "c": (c, len(C_EVENTS))}


def build(n: int) -> object:
    return {f"s{i}": {"next": [(None, f"s{(i + 1) % n}", ())]} for i in range(n)}


def instances(n: int) -> object:
    return [("draft", {"amount": i}) for i in range(n)]


if __name__ == "__main__":
    answer(globals())
