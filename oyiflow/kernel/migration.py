"""Moving a running instance to another version of its definition: what can be carried over, exactly, and what stands in the way.

States and fields are matched by name or by `was:` (see `counterparts`). An instance moves only if everything that is active has a place in the new version, and the
places together are a configuration that the new machine can have. Nothing is guessed: what has no place is an obstacle,
and the instance stays where it is.

A move takes no transition and starts nothing. Where the new version would not wait at all (a condition decides, a program
does it, it is an end) the instance would stand dead, so that is an obstacle too. A filled value that has no place is one
unless the caller lets it go; what the instance has lost that way before is brought along by the caller.

Open tasks whose work is the same stay as they are, with their signatures and what people have arranged about them; tasks whose
work has changed are opened anew, unless somebody has signed already (an obstacle). A deadline that is the same keeps its
moment; one that is new counts from when its task was opened; one that has been missed already is not fired again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from oyiflow.kernel.counterparts import BACK, lost, names, places, regions
from oyiflow.kernel.jumps import fields_digest
from oyiflow.kernel.machine import Machine, answers, machine_of, timer_event
from oyiflow.kernel.messages import Effect, Step, TaskChanged, TaskClosed, TaskOpened, TimerArmed, TimerCancelled
from oyiflow.kernel.run import Failure, Run, new_task
from oyiflow.kernel.select import select
from oyiflow.kernel.signers import arranged
from oyiflow.kernel.snapshot import NOTHING_KEPT, Back, History, Passed, Pending, Pin, Snapshot, Task, Timer
from oyiflow.model.definition import Call, Definition, Rule, StateKind, Transition, Work
from oyiflow.model.values import Problem, read_value

_RULE = "_rule_"
"""How the ids of delayed sends begin that watch over a rule; its number follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why an instance cannot move. `about`: the state or field, by its old name."""

    about: str
    zh: str
    en: str


class Values(NamedTuple):
    """What the caller says of values. `drop`: those without a place may go; `restored`: what was lost on an earlier move and fits again."""

    drop: bool = False
    restored: Mapping[str, Any] = MappingProxyType({})


KEPT = Values()
"""No value may go, and none comes back."""


def migrate(
    snapshot: Snapshot, old: Definition, new: Definition, now: datetime, version: int | None = None, values: Values = KEPT
) -> Step | tuple[Obstacle, ...]:
    """The step that carries an instance over to `new`, or everything that stands in the way; `version` is its published number."""
    moving = _Moving(snapshot, old, new, now, version)
    moving.look(values)
    return tuple(moving.obstacles) if moving.obstacles else moving.step()


class _Moving:
    def __init__(self, snapshot: Snapshot, old: Definition, new: Definition, now: datetime, version: int | None) -> None:
        self.before, self.old, self.new, self.now = snapshot, old, new, now
        self.states = places(old, new)
        self.back = {now: was for was, now in self.states.items()}
        self.fields = names(old.field, new.field)
        self.machine: Machine = machine_of(new)
        self.pin = Pin(new.name, version if version is not None else new.version, new.digest)
        self.obstacles: list[Obstacle] = []
        self.effects: list[Effect] = []
        self.leaves: tuple[str, ...] = ()
        self.data: dict[str, Any] = {}
        self.missed: set[str] = set()
        """States of which a deadline has passed already."""

    # --- what stands in the way

    def look(self, values: Values) -> None:
        """Find every obstacle."""
        if self.old.name != self.new.name:
            self._no(self.old.name, f"“{self.new.name}”是另一个流程", f"{self.new.name!r} is another process")
            return
        if self.before.status != "running":
            suspended, ended = ("挂起中，恢复后再换", "it is suspended; resume it first"), ("已经结束", "it has ended")
            self._no(self.before.instance, *(suspended if self.before.status == "suspended" else ended))
            return
        self._places()
        self._values()
        self.data.update((name, value) for name, value in values.restored.items() if name not in self.data)
        for name in () if values.drop else lost(self.before, self.old, self.new):
            self._no(
                name,
                f"字段“{name}”填了值，新版本里没有它的位置；它改了名就写 was: {name}，否则要准许丢掉",
                f"the field {name!r} is filled and has no place in the new version; if it was renamed, say was: {name}, "
                "else its value must be allowed to go",
            )
        for task in self.before.tasks:
            self._signed(task)
        for name in dict.fromkeys(name for _, name in self.before.calls):
            self._called(name)
        if not self.obstacles:
            self._rests()

    def _no(self, about: str, zh: str, en: str) -> None:
        self.obstacles.append(Obstacle(about=about, zh=zh, en=en))

    def _places(self) -> None:
        missing = [leaf for leaf in self.before.configuration if leaf not in self.states]
        branches = regions(self.old)
        for leaf in missing:
            above, _, steps = branches.get(leaf.removesuffix("-end"), ("", 0, ()))
            if above and not self.old.states[leaf].verb:
                self._no(
                    above,
                    f"“{above}”里“{'、'.join(steps)}”这一支已经办完，新版本里没有同样的一支",
                    f"in {above!r} the branch of {', '.join(steps)} is done, and the new version has no such branch",
                )
                continue
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
            if self.old.field[name].hidden and name.startswith(BACK):
                self._straight(name.removeprefix(BACK), value)
                continue
            target = self.fields.get(name)
            if target is None:
                continue  # the field is gone; `lost` says so, and the journal keeps what it held
            spec, was = self.new.field[target], self.old.field[name]
            found = read_value(spec, value, utc_offset_minutes=offset) if spec.type is was.type else None
            if found is not None and not isinstance(found, Problem):
                self.data[target] = found
                continue
            zh, en = (f"类型改成了 {spec.type}", f"its type is now {spec.type}") if found is None else (found.zh, found.en)
            self._no(name, f"字段“{name}”的值放不进新版本: {zh}", f"the value of {name!r} does not fit the new version: {en}")

    def _straight(self, step: str, to: str) -> None:
        """A step that leads straight back goes on to do so, whatever the two are called now."""
        field = f"{BACK}{self.states.get(step)}"
        if to in self.states and field in self.new.field and self.new.field[field].hidden:
            self.data[field] = self.states[to]

    def _signed(self, task: Task) -> None:
        state = self.states.get(task.state)
        if state is not None and task.taken_part and not self._same_work(task.state, state):
            people = "、".join(task.taken_part)
            self._no(
                task.state,
                f"{people} 已经签过“{task.state}”，而它的办法变了",
                f"{people} signed {task.state!r} already, and how it is signed has changed",
            )

    def _called(self, name: str) -> None:
        state = name.removeprefix("call.")
        if not name.startswith("call.") or (state not in self.states and state in self.before.configuration):
            return  # an action's handler; or what has been told already
        ours, theirs = self.old.states[state].call, self.new.states[self.states[state]].call if state in self.states else None
        if theirs is None or ours is None or _what(ours, self.fields) != _what(theirs, {}):
            en = f"{state!r} is waiting for a call that is another one in the new version"
            self._no(state, f"“{state}”正在调用，新版本里它调用的不同了", en)

    def _same_work(self, old: str, new: str) -> bool:
        ours, theirs = self.old.states[old].work, self.new.states[new].work
        return ours is not None and theirs is not None and _signing(ours, self.states, self.fields) == _signing(theirs, {}, {})

    def _rests(self) -> None:
        """Nobody waits for what the new version would have done on the way in: there the instance would stand dead."""
        for name in self._active():
            was, state = self.back.get(name, ""), self.new.states[name]
            before = self.old.states.get(was)
            call = before.call if before is not None else None
            if state.call is not None and (call is None or _what(call, self.fields) != _what(state.call, {})):
                zh, en = "由程序办理", "is done by a program"
            elif state.kind is StateKind.FINAL and (before is None or before.kind is not StateKind.FINAL):
                zh, en = "是终点", "is an end"
            else:
                continue
            self._no(
                was or name,
                f"新版本里“{name}”{zh}，这一件停在这里过不去；先办完这一步再换",
                f"in the new version {name!r} {en}, and nothing would move the case on from there; finish the step first",
            )
        if not self.obstacles:
            self._waits()

    def _active(self) -> list[str]:
        """The active states of the new version, in the order of the document."""
        active = self.machine.active(tuple(self.machine.index[leaf] for leaf in self.leaves))
        return sorted(active, key=self.machine.index.__getitem__)

    def _waits(self) -> None:
        """A way that leads on at once in the new version, and did not in the old."""
        ours = _at_once(machine_of(self.old), self.before.configuration, self.before.data, self.before.history)
        theirs = _at_once(self.machine, self.leaves, self.data, self._history())
        for finished, source in theirs.items():
            if self.back.get(finished, finished) in ours:
                continue
            self._no(
                self.back.get(source, source),
                f"新版本里“{source}”不用人办，按条件直接往下走；这一件停在这里过不去，先办完这一步再换",
                f"in the new version {source!r} leads on at once, and nothing would move the case here; finish the step first",
            )

    # --- moving

    def step(self) -> Step:
        """The step; there are no obstacles."""
        opened = self._tasks()
        timers = [*self._sent(), *self._timers({task.state: task.opened for task in opened})]
        tasks = [self._limited(task, timers) for task in opened]
        self._tell(tasks, timers)
        calls = tuple(
            (id, f"call.{self.states[n.removeprefix('call.')]}" if n.startswith("call.") else n) for id, n in self.before.calls
        )
        did = {self.states[step]: people for step, people in self.before.did.items() if step in self.states}
        place = self.machine.place(self.leaves, self._history())
        kept = replace(self.before.kept, passed=self._passed(self.before.kept.passed))
        left = None if kept == NOTHING_KEPT else kept
        pending = Pending(self.before.status, tuple(tasks), tuple(timers), calls, did, left)
        after = Snapshot((self.pin, self.before.instance, self.before.revision + 1, place, self.data, pending))
        return Step((after, tuple(self.effects), ()))

    def _history(self) -> History:
        kept = []
        for name, leaves in self.before.history:
            moved = tuple(self.states[leaf] for leaf in leaves if leaf in self.states)
            if name in self.states and len(moved) == len(leaves):
                kept.append((self.states[name], moved))
        return tuple(sorted(kept))

    def _passed(self, passed: tuple[Passed, ...]) -> tuple[Passed, ...]:
        return tuple(replace(one, state=self.states[one.state]) for one in passed if one.state in self.states)

    def _tasks(self) -> list[Task]:
        """Tasks as the new version has them, in the order of the document; what is the same stays."""
        found: dict[str, Task] = {}
        for task in self.before.tasks:
            state = self.states.get(task.state, "")
            work = self.new.states[state].work if state else None
            if work is not None:
                found[state] = self._task(task, state, work)
        for name in self._active():
            work = self.new.states[name].work
            if work is not None and name not in found:
                found[name] = new_task(f"{name}@{self.before.revision + 1}", name, work, self.now)
        return [found[name] for name in sorted(found, key=self.machine.index.__getitem__)]

    def _task(self, was: Task, state: str, work: Work) -> Task:
        same, back = self._same_work(was.state, state), was.arranged.back if was.arranged is not None else None
        task = was
        if not same or state != was.state:
            task = new_task(f"{state}@{self.before.revision + 1}", state, work, was.opened, was.due)
        if same:
            task = replace(task, votes=was.votes, waiting=was.waiting, arranged=was.arranged)
        return arranged(task, back=self._back(back)) if back is not None else task

    def _back(self, back: Back) -> Back | None:
        """The way straight back, with the names of the new version; none if who sent it back signs otherwise now."""
        state = self.states.get(back.task.state)
        if state is None or not self._same_work(back.task.state, state):
            return None
        task, below = replace(back.task, state=state), back.task.arranged.back if back.task.arranged is not None else None
        if below is not None:
            task = arranged(task, back=self._back(below))
        fields = back.fields
        if fields == fields_digest(Run(machine_of(self.old), self.before, self.now)):  # nobody has changed them so far
            fields = fields_digest(self._run(self.now))
        return Back(task=task, passed=self._passed(back.passed), fields=fields)

    def _limited(self, task: Task, timers: list[Timer]) -> Task:
        """The task with the deadline that its timers say; one that has passed already stays."""
        work, due = self.new.states[task.state].work, None
        if work is not None and work.limited:
            dues = [timer.due for timer in timers if timer.state == task.state]
            due = min([*dues, *([task.due] if task.state in self.missed and task.due is not None else [])], default=None)
        return task if due == task.due else replace(task, due=due)

    def _id(self) -> str:
        return f"{self.before.instance}/{self.before.revision + 1}/{len(self.effects)}"

    def _tell(self, tasks: list[Task], timers: list[Timer]) -> None:
        """The effects: first what goes, then what comes."""
        before, after = {task.id: task for task in self.before.tasks}, {task.id for task in tasks}
        for id in before:
            if id not in after:
                self.effects.append(TaskClosed(id=self._id(), task=id))
        for task in tasks:
            if task.id not in before:
                self.effects.append(TaskOpened(id=self._id(), task=task))
            elif task != before[task.id]:
                self.effects.append(TaskChanged(id=self._id(), task=task))
        for timer in self.before.timers:
            if timer not in timers:
                self.effects.append(TimerCancelled(id=self._id(), timer=timer.id))
        for timer in timers:
            if timer not in self.before.timers:
                self.effects.append(TimerArmed(id=self._id(), timer=timer))

    def _sent(self) -> list[Timer]:
        """What was sent with a delay and is still awaited."""
        old, kept = machine_of(self.old), []
        for place, timer in enumerate(self.before.timers):
            if timer.state:
                continue
            number = timer.send_id.removeprefix(_RULE)
            if timer.send_id.startswith(_RULE) and number.isdecimal() and 0 < int(number) <= len(self.old.rules):
                kept += self._watching(timer, int(number), place)
            elif _hears(self.machine, timer.event) or not _hears(old, timer.event):
                kept.append(timer)
        return kept

    def _watching(self, timer: Timer, number: int, place: int) -> list[Timer]:
        """The timer of the same rule in the new version, whatever its number; none if there is no such rule."""
        ours = self.old.rules[number - 1]
        about = _demand(ours, self.states)
        alike = [n for n, rule in enumerate(self.new.rules, 1) if rule.within is not None and _demand(rule, {}) == about]
        if not alike:
            return []
        found = min(alike, key=lambda n: (self.new.rules[n - 1].within != ours.within, n != number, n))
        due = self._moved(timer.due, ours, self.new.rules[found - 1])
        if (found, due) == (number, timer.due):
            return [timer]
        event, name = f"after.rule.{found}", f"{_RULE}{found}"
        return [Timer(id=f"send@{self.before.revision + 1}.{place}", due=due, event=event, send_id=name)]

    def _moved(self, due: datetime, ours: Rule, theirs: Rule) -> datetime:
        """The moment of a rule whose time has changed, counted from when it began; of workdays, whose beginning cannot be told, as it is."""
        if ours.within == theirs.within or ours.within is None or theirs.within is None or ours.within.minutes is None:
            return due
        return self.new.calendar.due(due - timedelta(minutes=ours.within.minutes), theirs.within)

    def _timers(self, opened: Mapping[str, datetime]) -> list[Timer]:
        """Timers of states as the new version has them. A deadline that is the same keeps its moment, or has passed."""
        kept = []
        for name in self._active():
            for place, way in enumerate(self.new.states[name].transitions):
                if way.timed and (timer := self._timer(name, place, way, self.back.get(name), opened)) is not None:
                    kept.append(timer)
        return kept

    def _timer(self, name: str, place: int, way: Transition, was: str | None, opened: Mapping[str, datetime]) -> Timer | None:
        id, event = f"{name}#{place}@{self.before.revision + 1}", timer_event(name, place)
        number = self._same(name, place, way, was)
        if number < 0:
            return Timer(id=id, due=self._due(way, opened.get(name, self.now)), event=event, state=name)
        wanted = timer_event(was or "", number)
        armed = next((timer for timer in self.before.timers if timer.event == wanted and timer.state == was), None)
        if armed is None:
            self.missed.add(name)
        if armed is None or (was, number) == (name, place):
            return armed
        return Timer(id=id, due=armed.due, event=event, state=name)

    def _same(self, name: str, place: int, way: Transition, was: str | None) -> int:
        """The number of the delayed transition that this one was: of several for the same moment, the one in the same place among them."""
        if was is None:
            return -1
        rank = sum(_is_like(other, way, {}) for other in self.new.states[name].transitions[:place])
        like = [number for number, other in enumerate(self.old.states[was].transitions) if _is_like(other, way, self.fields)]
        return like[rank] if rank < len(like) else -1

    def _due(self, way: Transition, since: datetime) -> datetime:
        """When a new deadline comes; one whose field is empty cannot come, and counts as due now, so that somebody looks."""
        arc = next(arc for row in self.machine.arcs for arc in row if arc.definition is way)
        try:
            return self._run(since).due(arc)
        except Failure:
            return self.now

    def _run(self, now: datetime) -> Run:
        """The instance in the new version, to ask it something."""
        place = self.machine.place(self.leaves, ())
        before = Snapshot((self.pin, self.before.instance, self.before.revision, place, self.data, Pending()))
        return Run(self.machine, before, now)


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


def _at_once(machine: Machine, leaves: tuple[str, ...], data: Mapping[str, Any], history: History) -> dict[str, str]:
    """What leads on at once where an instance stands: by the state that is finished ("" for none), where the way begins."""
    numbers = tuple(machine.index[leaf] for leaf in leaves)
    found = {}
    for name in ("", *_finished(machine, leaves)):
        event = f"done.state.{name}" if name else None
        arcs = select(machine, numbers, event, lambda guard, inside: guard(data, inside) is True, dict(history))
        if arcs:
            found[name] = machine.ids[arcs[0].source]
    return found


def _finished(machine: Machine, leaves: tuple[str, ...]) -> list[str]:
    """Compounds of which the final child is active, and parallels of which all regions are finished."""
    done: set[int] = set()
    for number in reversed(range(len(machine.ids))):
        below = [child for child in machine.children[number] if machine.kind[child] is not StateKind.HISTORY]
        final = any(machine.kind[child] is StateKind.FINAL and machine.ids[child] in leaves for child in below)
        if final if machine.kind[number] is StateKind.COMPOUND else below and done.issuperset(below):
            done.add(number)
    return [machine.ids[number] for number in sorted(done)]


def _hears(machine: Machine, event: str) -> bool:
    return any(answers(arc, event) for row in machine.arcs for arc in row)


def _demand(rule: Rule, states: Mapping[str, str]) -> tuple[Any, ...]:
    """What a rule demands, with names as the other version has them."""
    steps, must = (tuple(states.get(step, step) for step in steps) for steps in (rule.steps, rule.must))
    return rule.form, steps, must


def _what(call: Call, fields: Mapping[str, str]) -> tuple[Any, ...]:
    return (call.process, call.handler, fields.get(call.each, call.each), call.item)


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


def _is_like(one: Transition, other: Transition, fields: Mapping[str, str]) -> bool:
    return one.timed and _moment(one, fields) == _moment(other, {})


def _moment(way: Transition, fields: Mapping[str, str]) -> tuple[Any, ...]:
    return (way.after, fields.get(way.at, way.at), way.day, way.over, way.on_holiday, way.purpose)
