"""Moving a running instance to another version of its definition: what can be carried over, exactly, and what stands in the way.

States and fields are matched by name, or by `was:` where the new version says what something was called; the way back
follows the same words. An instance moves only if everything that is active has a place in the new version, and the
places together are a configuration that the new machine can have. Nothing is guessed: what has no place is an obstacle,
and the instance stays where it is.

Open tasks whose work is the same stay as they are, with their signatures; tasks whose work has changed are opened anew, unless
somebody has signed already (an obstacle). A deadline that is the same keeps its moment; one that is new counts from
when its task was opened; one that has been missed already is not fired again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from oyiflow.kernel.machine import Machine, machine_of, timer_event
from oyiflow.kernel.messages import Effect, Step, TaskClosed, TaskOpened, TimerArmed, TimerCancelled
from oyiflow.kernel.run import Failure, Run, new_task
from oyiflow.kernel.snapshot import History, Pending, Pin, Snapshot, Task, Timer
from oyiflow.model.definition import Call, Definition, StateKind, Transition, Work
from oyiflow.model.values import Problem, read_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why an instance cannot move. `about`: the state or field, by its old name."""

    about: str
    zh: str
    en: str


def migrate(
    snapshot: Snapshot, old: Definition, new: Definition, now: datetime, version: int | None = None
) -> Step | tuple[Obstacle, ...]:
    """The step that carries an instance over to `new`, or everything that stands in the way; `version` is its published number."""
    moving = _Moving(snapshot, old, new, now, version)
    moving.look()
    return tuple(moving.obstacles) if moving.obstacles else moving.step()


def names(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """What each old name (of a state or field) is called in the new version; names without a counterpart are no keys.

    A new thing that says `was: x` takes the place of x; else the name itself; else, on the way back, what the old thing was.
    """
    renamed = {thing.was: name for name, thing in new.items() if thing.was}
    found: dict[str, str] = {}
    for name, thing in old.items():
        other = (
            renamed.get(name) or (name if name in new and not new[name].was else "") or (thing.was if thing.was in new else "")
        )
        if other:
            found[name] = other
    return found


class _Moving:
    def __init__(self, snapshot: Snapshot, old: Definition, new: Definition, now: datetime, version: int | None) -> None:
        self.before, self.old, self.new, self.now = snapshot, old, new, now
        self.states = {**names(old.states, new.states), old.root.id: new.root.id}
        self.fields = names(old.field, new.field)
        self.machine: Machine = machine_of(new)
        self.pin = Pin(new.name, version if version is not None else new.version, new.digest)
        self.obstacles: list[Obstacle] = []
        self.effects: list[Effect] = []
        self.leaves: tuple[str, ...] = ()
        self.data: dict[str, Any] = {}

    # --- what stands in the way

    def look(self) -> None:
        """Find every obstacle."""
        if self.old.name != self.new.name:
            self._no(self.old.name, f"“{self.new.name}”是另一个流程", f"{self.new.name!r} is another process")
            return
        if self.before.status != "running":
            self._no(self.before.instance, "已经结束", "it has ended")
            return
        self._places()
        self._values()
        for task in self.before.tasks:
            self._signed(task)
        for _, name in self.before.calls:
            self._called(name)

    def _no(self, about: str, zh: str, en: str) -> None:
        self.obstacles.append(Obstacle(about=about, zh=zh, en=en))

    def _places(self) -> None:
        missing = [leaf for leaf in self.before.configuration if leaf not in self.states]
        for leaf in missing:
            self._no(
                leaf,
                f"新版本没有“{leaf}”；它改了名就写 was: {leaf}",
                f"the new version has no {leaf!r}; if it was renamed, say was: {leaf}",
            )
        if missing:
            return
        self.leaves = tuple(
            sorted((self.states[leaf] for leaf in self.before.configuration), key=self.machine.index.__getitem__)
        )
        if not _is_configuration(self.machine, self.leaves):
            where = "、".join(self.before.configuration)
            self._no(where, f"新版本里不能同时停在: {where}", f"the new version cannot stand at: {', '.join(self.leaves)}")

    def _values(self) -> None:
        offset = self.new.calendar.utc_offset_minutes
        for name, value in self.before.data.items():
            target = self.fields.get(name)
            if target is None:
                continue  # the field is gone; the journal keeps what it held
            spec, was = self.new.field[target], self.old.field[name]
            found = read_value(spec, value, utc_offset_minutes=offset) if spec.type is was.type else None
            if found is None or isinstance(found, Problem):
                zh, en = (
                    (found.zh, found.en)
                    if isinstance(found, Problem)
                    else (f"类型改成了 {spec.type}", f"its type is now {spec.type}")
                )
                self._no(
                    name, f"字段“{name}”的值放不进新版本: {zh}", f"the value of {name!r} does not fit the new version: {en}"
                )
            else:
                self.data[target] = found

    def _signed(self, task: Task) -> None:
        state = self.states.get(task.state)
        if state is not None and task.votes and not self._same_work(task.state, state):
            people = "、".join(vote.actor for vote in task.votes)
            self._no(
                task.state,
                f"{people} 已经签过“{task.state}”，而它的办法变了",
                f"{people} signed {task.state!r} already, and how it is signed has changed",
            )

    def _called(self, name: str) -> None:
        state = name.removeprefix("call.")
        if not name.startswith("call."):
            return
        ours, theirs = self.old.states[state].call, self.new.states[self.states[state]].call if state in self.states else None
        if theirs is None or ours is None or _what(ours) != _what(theirs):
            self._no(
                state,
                f"“{state}”正在调用，新版本里它调用的不同了",
                f"{state!r} is waiting for a call that is another one in the new version",
            )

    def _same_work(self, old: str, new: str) -> bool:
        ours, theirs = self.old.states[old].work, self.new.states[new].work
        return ours is not None and theirs is not None and _signing(ours, self.states, self.fields) == _signing(theirs, {}, {})

    # --- moving

    def step(self) -> Step:
        """The step; there are no obstacles."""
        tasks = self._tasks()
        timers = self._timers({task.state: task.opened for task in tasks})
        calls = tuple(
            (id, f"call.{self.states[n.removeprefix('call.')]}" if n.startswith("call.") else n) for id, n in self.before.calls
        )
        did = {self.states[step]: people for step, people in self.before.did.items() if step in self.states}
        place = self.machine.place(self.leaves, self._history())
        pending = self.before.pending._replace(tasks=tuple(tasks), timers=tuple(timers), calls=calls, did=did)
        after = Snapshot((self.pin, self.before.instance, self.before.revision + 1, place, self.data, Pending(*pending)))
        return Step((after, tuple(self.effects), ()))

    def _id(self) -> str:
        return f"{self.before.instance}/{self.before.revision + 1}/{len(self.effects)}"

    def _history(self) -> History:
        kept = []
        for name, places in self.before.history:
            moved = tuple(self.states[place] for place in places if place in self.states)
            if name in self.states and len(moved) == len(places):
                kept.append((self.states[name], moved))
        return tuple(sorted(kept))

    def _tasks(self) -> list[Task]:
        """Tasks as the new version has them, in the order of the document; what is the same stays."""
        kept: dict[str, Task] = {}
        for task in self.before.tasks:
            state = self.states.get(task.state, "")
            work = self.new.states[state].work if state else None
            if work is not None and state == task.state and self._same_work(task.state, state):
                kept[state] = task
                continue
            self.effects.append(TaskClosed(id=self._id(), task=task.id))
            if work is not None:
                self._open(kept, state, work, task)
        for name in sorted(self.machine.active(tuple(self.machine.index[leaf] for leaf in self.leaves))):
            new_work = self.new.states[name].work
            if new_work is not None and name not in kept:
                self._open(kept, name, new_work, None)
        return [kept[name] for name in sorted(kept, key=self.machine.index.__getitem__)]

    def _open(self, kept: dict[str, Task], state: str, work: Work, was: Task | None) -> None:
        task = new_task(f"{state}@{self.before.revision + 1}", state, work, was.opened if was is not None else self.now)
        if was is not None and was.votes:  # the work is the same under another name
            task = replace(task, votes=was.votes, waiting=was.waiting)
        kept[state] = task
        self.effects.append(TaskOpened(id=self._id(), task=task))

    def _timers(self, opened: Mapping[str, datetime]) -> list[Timer]:
        """Timers as the new version has them. A deadline that is the same keeps its moment, or has passed."""
        kept = [timer for timer in self.before.timers if not timer.state]  # what is sent is heard by whatever awaits it then
        back = {new: old for old, new in self.states.items()}
        ids = {timer.id: timer for timer in self.before.timers}
        for name in sorted(
            self.machine.active(tuple(self.machine.index[leaf] for leaf in self.leaves)), key=self.machine.index.__getitem__
        ):
            for place, way in enumerate(self.new.states[name].transitions):
                if way.timed and (timer := self._timer(name, place, way, back.get(name), opened)) is not None:
                    kept.append(timer)
        same = {timer.id for timer in kept if ids.get(timer.id) == timer}
        for timer in self.before.timers:
            if timer.id not in same:
                self.effects.append(TimerCancelled(id=self._id(), timer=timer.id))
        for timer in kept:
            if timer.id not in same:
                self.effects.append(TimerArmed(id=self._id(), timer=timer))
        return kept

    def _timer(self, name: str, place: int, way: Transition, was: str | None, opened: Mapping[str, datetime]) -> Timer | None:
        id, event = f"{name}#{place}@{self.before.revision + 1}", timer_event(name, place)
        number = self._same(name, place, way, was)
        if number < 0:
            return Timer(id=id, due=self._due(way, opened.get(name, self.now)), event=event, state=name)
        wanted = timer_event(was or "", number)
        armed = next((timer for timer in self.before.timers if timer.event == wanted and timer.state == was), None)
        if armed is None or (was, number) == (name, place):
            return armed  # none: it has been missed already
        return Timer(id=id, due=armed.due, event=event, state=name)

    def _same(self, name: str, place: int, way: Transition, was: str | None) -> int:
        """The number of the delayed transition that this one was: of several for the same moment, the one in the same place among them."""
        if was is None:
            return -1
        rank = sum(_is_like(other, way) for other in self.new.states[name].transitions[:place])
        like = [number for number, other in enumerate(self.old.states[was].transitions) if _is_like(other, way)]
        return like[rank] if rank < len(like) else -1

    def _due(self, way: Transition, since: datetime) -> datetime:
        """When a new deadline comes; one whose field is empty cannot come, and counts as due now, so that somebody looks."""
        arc = next(arc for row in self.machine.arcs for arc in row if arc.definition is way)
        place = self.machine.place(self.leaves, ())
        run = Run(
            self.machine, Snapshot((self.pin, self.before.instance, self.before.revision, place, self.data, Pending())), since
        )
        try:
            return run.due(arc)
        except Failure:
            return self.now


def _is_configuration(machine: Machine, leaves: tuple[str, ...]) -> bool:
    """Whether these states can be active together, and no others need be."""
    numbers = [machine.index[leaf] for leaf in leaves]
    if not numbers or not all(machine.is_leaf(number) for number in numbers):
        return False
    active = machine.active(tuple(numbers))
    for number, name in enumerate(machine.ids):
        if name not in active:
            continue
        below = [child for child in machine.children[number] if machine.kind[child] is not StateKind.HISTORY]
        count = sum(machine.ids[child] in active for child in below)
        if count != {StateKind.COMPOUND: 1, StateKind.PARALLEL: len(below)}.get(machine.kind[number], 0):
            return False
    return True


def _what(call: Call) -> tuple[Any, ...]:
    return (call.process, call.handler, call.each, call.item)


def _signing(work: Work, states: Mapping[str, str], fields: Mapping[str, str]) -> tuple[Any, ...]:
    """How work is signed, with names as the other version has them."""

    def renamed(people: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(
            (who.role, fields.get(who.person_in, who.person_in), states.get(who.whoever_did, who.whoever_did), who.superior)
            for who in people
        )

    who = renamed((work.who,)) if work.who is not None else ()
    answers = tuple((outcome.name, outcome.consent) for outcome in work.outcomes)
    return renamed(work.by), work.mode, work.share, who, answers


def _is_like(one: Transition, other: Transition) -> bool:
    return one.timed and _moment(one) == _moment(other)


def _moment(way: Transition) -> tuple[Any, ...]:
    return (way.after, way.at, way.day, way.over, way.on_holiday, way.purpose)
