"""From one situation to the next: what the kernel does with an event, with time, people and forgotten fields left out.

A `Situation` is where an instance stands as far as it matters for what may happen: active leaves, histories, tracked fields,
and what is still under way (timers, calls, handlers, delayed sends). Any of the latter may come at any moment: that is more
than can happen in time, never less.

Most macrosteps of a procedure move one leaf to a sibling and ask a few guards; these are worked out here on the kernel's own
tables (`_quick`). Everything else (joins, histories, actions, events inside) is handed to the kernel's `Run`. A property
test compares the two, situation by situation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from oyiflow.kernel.machine import Arc, answers, timer_event
from oyiflow.kernel.messages import Trace
from oyiflow.kernel.run import MICROSTEP_LIMIT, Failure, Run
from oyiflow.kernel.snapshot import NOTHING, Pending, Snapshot, Timer
from oyiflow.model.definition import StateKind
from oyiflow.verify.explore.reading import Facts

NOW = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
"""The moment at which everything happens here; nothing that matters depends on it."""
LONG_WAY = 4
"""How many quick microsteps one of the kernel's own is worth."""
SENDS = 2
ENDLESS = -2
LOOKS_LIKE_A_LOOP = 40
History = tuple[tuple[str, tuple[str, ...]], ...]
Inside = Callable[[str], bool]


class Spent(Exception):
    """More was done than `Relation.most` allows."""


class Situation(NamedTuple):
    """Where an instance stands. `data`: for each tracked field the number of its value; 0 is empty, or forgotten."""

    leaves: tuple[int, ...]
    history: History
    data: tuple[int, ...]
    under_way: tuple[str, ...]
    """Sorted: `after.STATE.n` (a timer that moves something), `call.STATE`, `run.HANDLER`, `send.ID:EVENT`."""
    zones: tuple[int, ...] = ()
    """How fields lie that are compared with one another (see `together`)."""


class Fired(NamedTuple):
    """What came of an event, nothing forgotten yet. `ended`: the final state of the process, or -1."""

    leaves: tuple[int, ...]
    history: History
    values: Mapping[str, Any]
    under_way: tuple[str, ...]
    trace: tuple[Trace, ...]
    ended: int


class _Run(Run):
    """The kernel's run, which gives up sooner when it goes round: the same place, data and queues again lead the same way again."""

    def _microstep(self, arcs: tuple[Arc, ...]) -> None:
        super()._microstep(arcs)
        if self.taken > LOOKS_LIKE_A_LOOP:
            data = tuple(sorted((name, repr(value)) for name, value in self.data.items()))
            here = (
                self.leaves,
                tuple(sorted(self.history.items())),
                data,
                tuple(event for event, _ in self.internal),
                tuple(self.external),
            )
            if here in self.__dict__.setdefault("been", set()):
                raise self._cycle()
            self.__dict__["been"].add(here)


class Relation:
    """The macrosteps of one definition."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.machine = machine = facts.machine
        self.parallel = [machine.kind[number] is StateKind.PARALLEL for number in range(len(machine.states))]
        self.capped = False
        self.most = float("inf")
        self.spent = 0
        """What was done so far, in microsteps."""
        self._rows: dict[tuple[int, str | None], tuple[Arc, ...]] = {}
        self._plain: dict[int, bool] = {}
        self._timers = [self._moving_timers(number) for number in range(len(machine.states))]

    def _moving_timers(self, number: int) -> tuple[tuple[str, str], ...]:
        """The timers of a state that can move or write something: their events, and the field of their moment."""
        machine, found = self.machine, []
        for place, arc in machine.timed[number]:
            event = timer_event(machine.ids[number], place)
            if event not in self.facts.inert or arc.definition.at:
                found.append((event, arc.definition.at))
        return tuple(found)

    # --- firing

    def begin(self, values: Mapping[str, Any]) -> Fired | None:
        """The situation after the start; None if the kernel refuses it."""
        if self.spent > self.most:
            raise Spent
        run = self._run((), (), values, ())
        try:
            run.enter()
        except Failure:
            return None
        finally:
            self.spent += LONG_WAY * (run.taken + 1) * (1 if run.taken <= MICROSTEP_LIMIT else 10)
        return self._settled(run, ())

    def fire(self, here: Situation, values: Mapping[str, Any], event: str, heard: bool, gone: str = "") -> Fired | None:
        """What comes of an event; None if it is refused. `heard`: it is refused if nothing takes it. `gone`: what it uses up."""
        if self.spent > self.most:
            raise Spent
        under_way = here.under_way
        if gone:
            place = under_way.index(gone)
            under_way = (*under_way[:place], *under_way[place + 1 :])
        quick = self._quick(here, values, event)
        if quick is not None:
            self.spent += len(quick[2]) + 1
            if quick[1] == ENDLESS:
                return None
            if not quick[2]:
                return None if heard else Fired(here.leaves, here.history, values, under_way, (), -1)
            return self._moved(here, values, under_way, *quick)
        run = self._run(here.leaves, here.history, values, under_way)
        try:
            if not run.take(event) and heard:
                return None
        except Failure:
            return None
        finally:
            self.spent += LONG_WAY * (run.taken + 1) * (1 if run.taken <= MICROSTEP_LIMIT else 10)
        return self._settled(run, under_way)

    def inside(self, leaves: tuple[int, ...]) -> Inside:
        """Whether a state is active."""
        return self.machine.active(leaves).__contains__

    # --- the long way

    def _run(self, leaves: tuple[int, ...], history: History, values: Mapping[str, Any], under_way: tuple[str, ...]) -> Run:
        machine = self.machine
        timers = tuple(
            Timer(id=name, due=NOW, event=name.partition(":")[2], send_id=name[5:].partition(":")[0])
            for name in under_way
            if name.startswith("send.")
        )
        pending = Pending(timers=timers) if timers else NOTHING
        place = machine.place(tuple(machine.ids[n] for n in leaves), history)
        run = _Run(machine, Snapshot((machine.pin, "x", 1, place, values, pending)), NOW)
        run.notes = None
        return run

    def _settled(self, run: Run, under_way: tuple[str, ...]) -> Fired | None:
        """What belongs to states that were left is over, what belongs to states that were entered begins."""
        machine = self.machine
        history = tuple(sorted(run.history.items()))
        if run.ended >= 0:
            return Fired(run.leaves, history, run.data, (), tuple(run.trace), run.ended)
        left = {machine.ids[number] for number in run.exited}
        kept = [
            name
            for name in under_way
            if not name.startswith("send.") and not (name.startswith(("after.", "call.")) and _owner(name) in left)
        ]
        kept += [f"run.{name.removeprefix('run.')}" for _, name in run.calls]
        kept += self._sent(run)
        begun = self._begun(sorted(run.entered), run.data)
        if begun is None:
            return None
        return Fired(run.leaves, history, run.data, tuple(sorted((*kept, *begun))), tuple(run.trace), -1)

    def _sent(self, run: Run) -> list[str]:
        """Delayed sends under way. Of the same one so many are told apart; with more, not everything is looked at (`capped`)."""
        found: list[str] = []
        for timer in run.timers:
            name = f"send.{timer.send_id}:{timer.event}"
            if timer.event not in self.facts.inert:
                if found.count(name) < SENDS:
                    found.append(name)
                else:
                    self.capped = True
        return found

    def _begun(self, entered: Iterable[int], values: Mapping[str, Any]) -> list[str] | None:
        """The timers and calls of states that were entered; None if the moment of one is not known, which refuses the step."""
        begun = []
        for number in entered:
            for event, moment in self._timers[number]:
                if moment and values.get(moment) is None:
                    return None
                if event not in self.facts.inert:
                    begun.append(event)
            if self.machine.states[number].call is not None:
                begun.append(f"call.{self.machine.ids[number]}")
        return begun

    # --- the quick way

    def _quick(
        self, here: Situation, values: Mapping[str, Any], event: str
    ) -> tuple[tuple[int, ...], int, tuple[Arc, ...]] | None:
        """The leaves after a macrostep that moves one leaf among its siblings, where it ended, and the arcs; None: go the long way."""
        leaves, machine = here.leaves, self.machine
        mover = -1
        for leaf in leaves:
            if self._row(leaf, event):
                if mover >= 0:
                    return None
                mover = leaf
        if mover < 0:
            return leaves, -1, ()
        inside = machine.active(leaves).__contains__
        arc = next((arc for arc in self._row(mover, event) if arc.guard is None or arc.guard(values, inside) is True), None)
        if arc is None:
            return leaves, -1, ()
        taken: list[Arc] = []
        seen: set[tuple[int, ...]] = set()
        while True:
            if not self._is_plain(arc) or arc.source != mover or len(taken) > MICROSTEP_LIMIT:
                return None
            taken.append(arc)
            target = arc.targets[0]
            leaves = tuple(sorted(target if leaf == mover else leaf for leaf in leaves))
            mover = target
            if leaves in seen:  # no data have changed: it would go round for ever, and is refused (S42)
                return leaves, ENDLESS, tuple(taken)
            seen.add(leaves)
            if machine.kind[target] is StateKind.FINAL:
                parent = machine.parent[target]
                if parent == 0:
                    return leaves, target, tuple(taken)
                if self._announces(parent, leaves):
                    return None
            if not machine.eventless:
                break
            inside = machine.active(leaves).__contains__
            found = None
            for leaf in leaves:
                for one in self._row(leaf, None):
                    if one.guard is None or one.guard(values, inside) is True:
                        if leaf != mover:
                            return None
                        found = one
                        break
            if found is None:
                break
            arc = found
        return leaves, -1, tuple(taken)

    def _announces(self, region: int, leaves: tuple[int, ...]) -> bool:
        """Whether somebody may listen to the end of a region, or it was the last one."""
        machine = self.machine
        done, above = f"done.state.{machine.ids[region]}", machine.parent[region]
        if any(self._row(leaf, done) for leaf in leaves):
            return True
        if not self.parallel[above]:
            return False
        regions = [child for child in machine.children[above] if machine.kind[child] is not StateKind.HISTORY]
        finals = sum(
            1 for leaf in leaves if machine.kind[leaf] is StateKind.FINAL and machine.parent[machine.parent[leaf]] == above
        )
        return finals == len(regions) or any(self.parallel[child] for child in regions)

    def _row(self, leaf: int, event: str | None) -> tuple[Arc, ...]:
        """The transitions of a leaf and of what is around it that answer an event, inner ones first."""
        found = self._rows.get((leaf, event))
        if found is None:
            row, state = [], leaf
            while state >= 0:
                row += [arc for arc in self.machine.arcs[state] if answers(arc, event)]
                state = self.machine.parent[state]
            found = self._rows[leaf, event] = tuple(row)
        return found

    def _is_plain(self, arc: Arc) -> bool:
        """Whether a transition only replaces its leaf by a sibling."""
        found = self._plain.get(arc.number)
        if found is None:
            found = self._plain[arc.number] = self._plainly(arc)
        return found

    def _plainly(self, arc: Arc) -> bool:
        machine, facts = self.machine, self.facts
        if len(arc.targets) != 1 or not machine.is_leaf(arc.source) or any(map(facts.matters, arc.actions)):
            return False
        target = arc.targets[0]
        actions = (*machine.states[arc.source].exit, *machine.states[target].entry)
        siblings = machine.parent[target] == machine.parent[arc.source]
        return machine.is_leaf(target) and siblings and not any(map(facts.matters, actions))

    def _moved(
        self,
        here: Situation,
        values: Mapping[str, Any],
        under_way: tuple[str, ...],
        leaves: tuple[int, ...],
        ended: int,
        taken: tuple[Arc, ...],
    ) -> Fired | None:
        ids = self.machine.ids
        trace = tuple(
            Trace(exited=(ids[arc.source],), transitions=(arc.name,), entered=(ids[arc.targets[0]],)) for arc in taken
        )
        if ended >= 0:
            return Fired(leaves, here.history, values, (), trace, ended)
        source, target = ids[taken[0].source], taken[-1].targets[0]
        begun = self._begun((target,), values)
        if begun is None:
            return None
        if under_way:
            under_way = tuple(
                name for name in under_way if not (name.startswith(("after.", "call.")) and _owner(name) == source)
            )
        if begun:
            under_way = tuple(sorted((*under_way, *begun)))
        return Fired(leaves, here.history, values, under_way, trace, -1)


def _owner(name: str) -> str:
    """The state to which a timer or a call belongs."""
    return name[5:] if name.startswith("call.") else name[6:].rpartition(".")[0]
