"""A way through a process, as a story and as an example: what happened, one thing after the other, with values and moments.

The steps of a search know values by their numbers and nothing of people and time. Here the way is gone once more, on the
kernel itself, with somebody for every answer, with a value for whatever must be filled in, and with time passing as far as
timers want it. What the kernel refuses, or what then goes another way, is no way (`Lost`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, Literal

from oyiflow.kernel import Act, CallEnded, Message, Rejected, Snapshot, Step, Task, TimerFired, start, step
from oyiflow.kernel.messages import Event, Trace
from oyiflow.model.calendar import Duration
from oyiflow.model.definition import Assignee, Definition, Outcome, Work
from oyiflow.model.evaluation import Evaluator, compile_expression
from oyiflow.model.example import FAILED, Example, Move
from oyiflow.model.expression import names_read
from oyiflow.model.timely import untimely
from oyiflow.model.values import Value
from oyiflow.verify.boxes.zones import NOW
from oyiflow.verify.days import MONDAY, as_written, bounds_of, stamp_of
from oyiflow.verify.explore.space import Choice, Edge, Space
from oyiflow.verify.explore.values import beside, plain

TIMERS = 100
Kind = Literal["start", "act", "message", "time", "call", "failure", "handler", "send"]


class Lost(Exception):
    """The way cannot be gone like this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happens. `values`: those that somebody gives and that matter; `passed`: what the kernel did then."""

    kind: Kind
    step: str = ""
    outcome: str = ""
    event: str = ""
    consent: bool = True
    values: tuple[tuple[str, Value], ...] = ()
    emptied: tuple[str, ...] = ()
    """Fields that were filled and that somebody empties."""
    waited: Duration | None = None
    """How much time passes before it."""
    paused: bool = False
    """Whether that time is let pass so that what is stamped, or bound to the day, lies so."""
    passed: tuple[Trace, ...] = ()
    data: Mapping[str, Any]
    """All fields that are filled afterwards."""
    configuration: tuple[str, ...] = ()
    ended: str = ""


Way = tuple[Happening, ...]


def way_of(space: Space, edges: Sequence[Edge], varied: Iterable[str] = ()) -> Way:
    """The way that these steps take. `varied`: fields that get another value each time they are filled in. Raises `Lost`."""
    days = dict[int, datetime]()
    for _ in edges:
        try:
            return tuple(_Walk(space, frozenset(varied), days).happenings(edges))
        except _Later as later:
            days[later.number] = later.moment
    raise Lost("the days do not lie like this")


class _Later(Exception):
    """When something is done it is later already than its values say, as something else had to be waited for."""

    def __init__(self, number: int, moment: datetime) -> None:
        super().__init__(number, moment)
        self.number = number
        self.moment = moment


class _Walk:
    """Goes a way on the kernel."""

    def __init__(self, space: Space, varied: frozenset[str], days: Mapping[int, datetime]) -> None:
        self.space = space
        self.definition: Definition = space.definition
        self.varied = varied
        self.now = MONDAY
        today = self.definition.calendar.today
        self.days = {step: (today(moment), moment) for step, moment in {0: MONDAY, **days}.items()}
        self.snapshot: Snapshot | None = None
        self.armed: dict[str, datetime] = {}

    def happenings(self, edges: Sequence[Edge]) -> Iterator[Happening]:
        given = self.space.along(edges, self.varied, self.days)
        if given is None:
            raise Lost("no values lie like this")
        for number, (edge, values) in enumerate(zip(edges, given, strict=True)):
            day = values.pop(NOW, None)
            paused = self._day_comes(number, day) if day is not None else None
            happening = self._happen(edge.choice, values)
            if day is not None and day != self._here(day):
                raise _Later(number, self.now)
            if paused is not None:
                happening = replace(happening, waited=paused, paused=True)
            expected = tuple(t for micro in edge.fired.trace for t in micro.transitions)
            if tuple(t for micro in happening.passed for t in micro.transitions if self._moves(t)) != tuple(
                t for t in expected if self._moves(t)
            ):
                raise Lost("the kernel goes another way")
            yield happening

    def _moves(self, transition: str) -> bool:
        state, _, place = transition.rpartition("#")
        return bool(self.definition.states[state].transitions[int(place)].targets)

    def _happen(self, choice: Choice, values: dict[str, Any]) -> Happening:
        began = self.now
        match choice.kind:
            case "start":
                return self._started(values)
            case "act":
                values = self._all_values(choice, values)
                late = self._overtaken(choice, values)
                values |= late
                self._fit_today(values)
                emptied = self._emptied(values)
                waited = self._until_allowed(choice)
                passed = self._acted(choice, values)
                shown = self._named(choice) | self.varied | late.keys()
                told = {n: v for n, v in values.items() if v is not None and n in shown}
                return replace(self._told(choice, told, passed, waited), emptied=emptied)
            case "message":
                self._fit_today(values)
                return self._told(choice, values, self._stepped(Message(name=choice.event, values=values)))
            case "time" | "send":
                passed = self._fired(choice.event)
                return self._told(choice, {}, passed, self._passed_since(began, choice))
            case _:
                return self._told(choice, values, self._ended(choice, values))

    # --- values

    def _named(self, choice: Choice) -> frozenset[str]:
        return frozenset(self.space.facts.fields[field] for field, _ in choice.values)

    def _all_values(self, choice: Choice, values: dict[str, Any]) -> dict[str, Any]:
        """With what else must be filled in, and another value in each field that is to vary."""
        assert self.snapshot is not None
        work, outcome = self._work(choice.step), self._outcome(choice)
        for name in work.fill:
            spec, before = self.definition.field[name], self.snapshot.data.get(name)
            if name in values and (name not in self.varied or values[name] is None or values[name] != before):
                continue
            if name in self.varied and name in values:
                values[name] = self._another(name, values)
            elif name in self.varied:
                values[name] = next((one for one in plain(spec) if one != before), before)
            elif outcome.consent and spec.required and before is None:
                values[name] = plain(spec)[0]
        return values

    def _overtaken(self, choice: Choice, values: Mapping[str, Any]) -> dict[str, Any]:
        """Today, in the fields that must not lie before it and do, for nobody asks after them any more."""
        assert self.snapshot is not None
        today = self.definition.calendar.today(self.now)
        bound = (
            bounds_of(self.definition).not_before - {stamp_of(self.definition, choice.step)}
            if self._outcome(choice).consent
            else ()
        )
        held = {name: values.get(name, self.snapshot.data.get(name)) for name in self._work(choice.step).fill if name in bound}
        return {name: today for name, day in held.items() if day is not None and day < today}

    def _fit_today(self, values: Mapping[str, Any]) -> None:
        """What is filled in now may be filled in today, by the definition as it is written."""
        definition = as_written(self.definition)
        today = definition.calendar.today(self.now)
        for name, value in values.items():
            if value is not None and untimely(definition.field[name], value, definition.calendar, today) is not None:
                raise Lost("a day that may not be filled in today")

    def _emptied(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        assert self.snapshot is not None
        return tuple(name for name, value in values.items() if value is None and name in self.snapshot.data)

    def _another(self, name: str, values: Mapping[str, Any]) -> Any:
        """A value for which every condition answers as it does for this one; this one itself if none is found."""
        assert self.snapshot is not None
        data, given = {**self.snapshot.data, **values}, values[name]
        guards = self._asking(name)
        for one in beside(self.definition, name, given):
            if all(bool(guard(data, _never)) == bool(guard({**data, name: one}, _never)) for guard in guards):
                return one
        return given

    def _asking(self, name: str) -> list[Evaluator]:
        """The guards that ask for a field."""
        guards = [way.guard for state in self.definition.states.values() for way in state.transitions if way.guard is not None]
        return [compile_expression(guard, calendar=self.definition.calendar) for guard in guards if name in names_read(guard)]

    def _work(self, name: str) -> Work:
        work = self.definition.states[name].work
        assert work is not None, "an answer is given to work"
        return work

    def _outcome(self, choice: Choice) -> Outcome:
        return next(one for one in self._work(choice.step).outcomes if one.name == choice.outcome)

    # --- steps

    def _started(self, values: dict[str, Any]) -> Happening:
        given = {name: value for name, value in values.items() if value is not None}
        self._fit_today(given)
        answer = start(self.definition, instance="x", now=self.now, values=given, actor="starter")
        if isinstance(answer, Rejected):
            raise Lost(answer.en)
        self._take(answer)
        return self._told(Choice("start"), given, answer.trace)

    def _take(self, answer: Step) -> None:
        self.snapshot = answer.snapshot
        self.armed = {timer.id: self.armed.get(timer.id, self.now) for timer in answer.snapshot.timers}

    def _stepped(self, event: Event) -> tuple[Trace, ...]:
        assert self.snapshot is not None
        answer = step(self.definition, self.snapshot, event, self.now)
        if isinstance(answer, Rejected):
            raise Lost(answer.en)
        self._take(answer)
        return answer.trace

    def _acted(self, choice: Choice, values: dict[str, Any]) -> tuple[Trace, ...]:
        """One signer after the other, until the task is decided."""
        work, passed = self._work(choice.step), tuple[Trace, ...]()
        for _ in work.by:
            task = self._task(choice.step)
            if task is None:
                break
            passed = (*passed, *self._signed(work, task, choice, values))
            values, left = {}, self._task(choice.step)
            if left is None or left.id != task.id or len(left.votes) <= len(task.votes):
                break
        return passed

    def _task(self, name: str) -> Task | None:
        assert self.snapshot is not None
        return next((task for task in self.snapshot.tasks if task.state == name), None)

    def _signed(self, work: Work, task: Task, choice: Choice, values: Mapping[str, Any]) -> tuple[Trace, ...]:
        problem = "nobody may"
        for place in task.waiting:
            for actor, roles in self._actors(work.by[place], task, place):
                try:
                    act = Act(
                        task=task.id,
                        outcome=choice.outcome,
                        actor=actor,
                        roles=roles,
                        values=values,
                        leads=self._everybody(),
                        checked=("*",),
                    )
                    return self._stepped(act)
                except Lost as lost:
                    problem = str(lost)
        raise Lost(problem)

    def _everybody(self) -> frozenset[str]:
        assert self.snapshot is not None
        people = {person for names in self.snapshot.did.values() for person in names}
        return frozenset(people | {str(value) for value in self.snapshot.data.values()})

    def _actors(self, who: Assignee, task: Task, place: int) -> Iterator[tuple[str, frozenset[str]]]:
        """Whoever could be meant: first somebody new, then those who are tied to what was done before."""
        assert self.snapshot is not None
        roles = frozenset((who.role,)) if who.role else frozenset[str]()
        fresh = f"{task.state}/{place}"
        if who.person_in and not who.superior:
            yield str(self.snapshot.data.get(who.person_in, "")), roles
        elif who.whoever_did and not who.superior:
            yield from ((person, roles) for person in self.snapshot.did.get(who.whoever_did, ()))
        else:
            yield fresh, roles
            yield from ((person, roles) for names in self.snapshot.did.values() for person in names)
            yield from ((str(value), roles) for value in self.snapshot.data.values() if isinstance(value, str))

    def _ended(self, choice: Choice, values: dict[str, Any]) -> tuple[Trace, ...]:
        assert self.snapshot is not None
        name = choice.gone
        calls = [id for id, called in self.snapshot.calls if called == name]
        failed, passed = choice.event.startswith("error."), tuple[Trace, ...]()
        outputs = dict(self.definition.states[choice.step].call.outputs) if choice.step else {}  # type: ignore[union-attr]
        output = {outputs[ours]: value for ours, value in values.items() if value is not None and ours in outputs}
        for id in calls[:1] if failed or name.startswith("run.") else calls:
            passed = (*passed, *self._stepped(CallEnded(call=id, failed=failed, output=output, reason="sample")))
        return passed

    # --- time

    def _until_allowed(self, choice: Choice) -> Duration | None:
        """Let the day come before which the answer would be refused."""
        assert self.snapshot is not None
        work = self._work(choice.step)
        moment = self.snapshot.data.get(work.not_before) if work.not_before else None
        if not isinstance(moment, date) or not self._outcome(choice).consent:
            return None
        return self._until(moment)

    def _day_comes(self, number: int, day: date) -> Duration | None:
        """Let the day come on which a step is done."""
        here = self._here(day)
        if day < here:
            raise _Later(number, self.now)
        return self._until(self.now + (day - here))

    def _here(self, day: date) -> date:
        """The day, or the moment, that it is."""
        return self.now if isinstance(day, datetime) else self.definition.calendar.today(self.now)

    def _until(self, moment: date) -> Duration | None:
        """Let a day or a moment come, if it is not there yet."""
        assert self.snapshot is not None
        begins = self.definition.calendar.moment_of(moment)
        if begins <= self.now:
            return None
        waited = _minutes(begins - self.now)
        if any(timer.due <= begins and timer.event not in self.space.facts.inert for timer in self.snapshot.timers):
            raise Lost("a deadline comes first")
        self.now = begins
        return waited

    def _fired(self, event: str) -> tuple[Trace, ...]:
        """Time passes until a timer fires; whatever is due before it fires too."""
        passed: tuple[Trace, ...] = ()
        for _ in range(TIMERS):
            assert self.snapshot is not None
            timers = sorted(self.snapshot.timers, key=lambda timer: (timer.due, timer.event != event))
            if not any(timer.event == event for timer in timers):
                break
            timer = timers[0]
            self.now = max(self.now, timer.due)
            passed = (*passed, *self._stepped(TimerFired(timer=timer.id)))
            if timer.event == event:
                return passed
        raise Lost("the moment does not come")

    def _passed_since(self, began: datetime, choice: Choice) -> Duration | None:
        """The time that had to pass, in the words of the file if it passed since the step began."""
        if self.now <= began:
            return None
        state = self.definition.states.get(choice.step)
        if state is not None:
            way = state.transitions[int(choice.event.rpartition(".")[2])]
            if way.after is not None and self.definition.calendar.due(began, way.after) == self.now:
                return way.after
        return _minutes(self.now - began)

    def _told(
        self, choice: Choice, values: Mapping[str, Any], passed: tuple[Trace, ...], waited: Duration | None = None
    ) -> Happening:
        assert self.snapshot is not None
        ended = self.snapshot.configuration[0] if self.snapshot.status == "done" else ""
        consent = self._outcome(choice).consent if choice.kind == "act" else True
        return Happening(
            kind=choice.kind,  # type: ignore[arg-type]
            step=choice.step, outcome=choice.outcome, event=choice.event, consent=consent, waited=waited, passed=passed, ended=ended,
            values=tuple((name, value) for name, value in values.items() if value is not None),
            data=self.snapshot.data, configuration=self.snapshot.configuration,
        )  # fmt: skip


def _never(state: str) -> bool:
    return False


def _minutes(length: timedelta) -> Duration:
    days, rest = divmod(length, timedelta(days=1))
    if not rest and days:
        return Duration(amount=days, unit="days")
    return Duration(amount=max(0, ceil(length / timedelta(minutes=1))), unit="minutes")


def example_of(definition: Definition, way: Way, name: str) -> Example:
    """The way as an example: what people and messages do, and which calls fail; else what is called ends by itself when it is played."""
    moves = list[Move]()
    for one in way[1:]:
        if one.waited is not None and (one.paused or one.kind != "act"):
            moves.append(Move(wait=one.waited))
        if one.kind == "act":
            outcome = "" if _only_one(definition, one) else one.outcome
            stamp = stamp_of(definition, one.step)
            typed = tuple((field, value) for field, value in one.values if field != stamp)
            emptied = tuple((field, "") for field in one.emptied)
            moves.append(Move(step=one.step, outcome=outcome, values=(*typed, *emptied)))
        elif one.kind == "message":
            moves.append(Move(event=one.event))
        elif one.kind == "failure" and (call := definition.states[one.step].call if one.step else None) and call.process:
            moves.append(Move(step=one.step, outcome=FAILED))
    last = way[-1]
    places = tuple(leaf for leaf in last.configuration if definition.states[leaf].verb)
    given = way[0].values
    example = Example(name=name, play=tuple(moves), values=given)
    return replace(example, ends=last.ended) if last.ended else replace(example, now_at=places)


def _only_one(definition: Definition, one: Happening) -> bool:
    """Whether an answer need not be named: it is the first one."""
    work = definition.states[one.step].work
    return work is not None and bool(work.outcomes) and work.outcomes[0].name == one.outcome
