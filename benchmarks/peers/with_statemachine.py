"""python-statemachine 3: its StateChart, with compound and parallel states, deep history and done events."""

from __future__ import annotations

from typing import Any

from harness import A_EVENTS, B_EVENTS, C_EVENTS, LIMIT, Cycle, answer
from statemachine import HistoryState, State, StateChart
from statemachine.io import create_machine_class_from_definition


class Approval(StateChart):
    draft = State(initial=True)
    submitted = State()
    review = State()
    approved = State()
    rejected = State(final=True)
    paid = State()
    submit = draft.to(submitted)
    assign = submitted.to(review)
    approve = review.to(approved, cond="small") | review.to(rejected)
    pay = approved.to(paid)
    reset = paid.to(draft)
    amount = 10

    def small(self) -> bool:
        return self.amount <= LIMIT


class Editor(StateChart):
    class active(State.Compound):
        class editing(State.Compound):
            text = State(initial=True)
            table = State()
            switch = text.to(table) | table.to(text)

        preview = State()
        show = editing.to(preview)
        edit = preview.to(editing)
        before = HistoryState(type="deep")

    paused = State()
    pause = active.to(paused)
    resume = paused.to(active.before)
    n = 0

    def count(self) -> None:
        self.n += 1

    on_enter_active = on_exit_active = count
    on_enter_editing = on_exit_editing = count
    on_enter_text = on_exit_text = count
    on_enter_table = on_exit_table = count


class Join(StateChart):
    idle = State(initial=True)

    class work(State.Parallel):
        class legal(State.Compound):
            legal_pending = State(initial=True)
            legal_done = State(final=True)
            legal_ok = legal_pending.to(legal_done)

        class finance(State.Compound):
            finance_pending = State(initial=True)
            finance_done = State(final=True)
            finance_ok = finance_pending.to(finance_done)

    joined = State()
    start = idle.to(work)
    done_state_work = work.to(joined)
    reset = joined.to(idle)


def cycle_of(machine: Any, events: tuple[str, ...]) -> Cycle:
    def cycle() -> None:
        for event in events:
            machine.send(event)

    return cycle


def a() -> Cycle:
    return cycle_of(Approval(), A_EVENTS)


def b() -> Cycle:
    return cycle_of(Editor(), B_EVENTS)


def c() -> Cycle:
    machine = Join()
    cycle = cycle_of(machine, C_EVENTS)
    cycle()
    assert "idle" in machine.configuration_values
    return cycle


WORKLOADS = {"a": (a, len(A_EVENTS)), "b": (b, len(B_EVENTS)), "c": (c, len(C_EVENTS))}


def build(n: int) -> object:
    ring: Any = {f"s{i}": {"initial": i == 0, "on": {"next": [{"target": f"s{(i + 1) % n}"}]}} for i in range(n)}
    return create_machine_class_from_definition("Ring", states=ring)()


def instances(n: int) -> object:
    return [Approval() for _ in range(n)]


if __name__ == "__main__":
    answer(globals())
