"""What could happen next, and what comes of it: the kernel, asked without people, database or clock.

A `Spot` is a snapshot and the moment at which it stands. From a spot lead the `Choice`s: each answer of each open task
with the values that may matter, each event from outside, the next moment that something waits for, and the end of what
runs elsewhere. People are whoever the task wants: rules about different people never stand in the way here.

What an `Example` cannot say (what a called process answers that is not known, that a handler fails) is told in `Choice.assumes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

from oyiflow.engine.access import asks_for_starter, is_outside
from oyiflow.kernel import Act, CallEnded, Event, Message, Rejected, Snapshot, Step, Task, TimerFired, start, step
from oyiflow.kernel.machine import answers, machine_of
from oyiflow.kernel.people import asking_for_superiors, persons_named
from oyiflow.kernel.step import accepted_events
from oyiflow.model.calendar import Duration
from oyiflow.model.definition import Assignee, Definition, Outcome, Work
from oyiflow.model.example import FAILED, Move
from oyiflow.model.values import Value
from oyiflow.testing.stage.samples import awaited, candidates, combinations, deciding, given_from_outside, sample, written

Answering = Callable[[Definition, str, "Spot"], Iterable[tuple[str, Mapping[str, Any], datetime]]]
"""Which ends what a step has called may come to from a spot, with what its fields hold then, and when."""
INSTANCE = "path-1"
TIMERS = 100
"""Timers that are fired on the way to one moment."""


class Spot(NamedTuple):
    """Where an instance stands, when, and by which transitions (`state#n`) the last choice led there."""

    snapshot: Snapshot
    now: datetime
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing that may happen. `move` is how an example says it; None where it happens by itself."""

    move: Move | None = None
    event: Event | None = None
    """Of what runs elsewhere: how it ends."""
    until: datetime | None = None
    """Of a wait, and of what takes its time elsewhere: the moment."""
    assumes: tuple[tuple[str, str], ...] = field(default=())
    """What must be true elsewhere, in Chinese and English."""


class Choices:
    """The choices of one definition. `answers`: how what a step has called may end, as far as that is known.

    With `assuming`, what is called may also answer anything else that would matter, and calls and handlers may fail where a
    transition takes that.
    """

    def __init__(
        self, definition: Definition, now: datetime, *, assuming: bool = True, answers: Answering = lambda *_: ()
    ) -> None:
        self.assuming = assuming
        self.answers = answers
        self.definition = definition
        self.machine = machine_of(definition)
        self.matter = deciding(definition)
        self.awaited = awaited(definition)
        self.tried = candidates(definition, now)

    # --- beginnings

    def beginnings(self, now: datetime) -> Iterator[tuple[Mapping[str, Value], Spot]]:
        """The first spots, one for each combination of values that only come with the start."""
        actor = "starter" if asks_for_starter(self.definition) else ""
        names = sorted((self.matter & given_from_outside(self.definition)) - written(self.definition))
        for values in combinations({name: self.tried[name] for name in names}):
            answer = start(self.definition, instance=INSTANCE, now=now, values=values, actor=actor)
            if isinstance(answer, Step):
                yield values, self.settled(answer, now)

    # --- what may happen

    def of(self, spot: Spot) -> Iterator[Choice]:
        """All choices, in a fixed order. What a handler does comes before all else, as it does in the engine."""
        snapshot = spot.snapshot
        if snapshot.status != "running":
            return
        runs = [call for call in snapshot.calls if call[1].startswith("run.") or self._is_handler(call[1])]
        if runs:
            yield from self._run(*runs[0], spot)
            return
        for task in snapshot.tasks:
            yield from self._acts(task, spot)
        for call, name in snapshot.calls:
            yield from self._called(call, name.removeprefix("call."), spot)
        for event in accepted_events(self.machine, snapshot):
            plain = event.removesuffix(".*")
            if plain != "*" and is_outside(self.definition, plain):
                yield Choice(move=Move(event=plain))
        if snapshot.timers:
            yield self._wait(min(timer.due for timer in snapshot.timers), spot.now)

    def _acts(self, task: Task, spot: Spot) -> Iterator[Choice]:
        work = self.definition.states[task.state].work
        assert work is not None, "a task belongs to a state with work"
        for outcome in work.outcomes:
            for values in self._fillings(work, outcome, spot):
                yield Choice(move=Move(step=task.state, outcome=outcome.name, values=tuple(values.items())))

    def _fillings(self, work: Work, outcome: Outcome, spot: Spot) -> Iterator[dict[str, Value]]:
        """The values to try: those on which the way depends, and one sample for what else is needed."""
        if not outcome.consent:
            yield {}
            return
        data, plain, tried = spot.snapshot.data, {}, {}
        for name in work.fill:
            spec = self.definition.field[name]
            if name in self.matter:
                tried[name] = (*self.tried[name], *((None,) if spec.required and name in data else ()))
            elif (spec.required or name in self.awaited) and name not in data:
                plain[name] = sample(spec, spot.now, self.definition.calendar)
        for values in combinations(tried):
            yield {name: found for name in work.fill if (found := {**plain, **values}.get(name)) is not None}

    def _called(self, call: str, state: str, spot: Spot) -> Iterator[Choice]:
        calls = self.definition.states[state].call
        assert calls is not None, "what was called belongs to a state with a call"
        mine = {ours: self.tried[ours] for ours, _ in calls.outputs if ours in self.matter}
        theirs = dict(calls.outputs)
        known = self.answers(self.definition, state, spot) if mine else ()
        for end, data, at in known:
            output = {name: data.get(name) for name in theirs.values()}
            yield Choice(move=Move(step=state, outcome=end), event=CallEnded(call=call, output=output), until=at)
        for values in combinations(mine) if self.assuming or not known else ():
            output = {theirs[name]: value for name, value in values.items()}
            given = ", ".join(f"{name}={value}" for name, value in output.items())
            told = (f"“{calls.process or calls.handler}”给出 {given}", f"{calls.process or calls.handler!r} gives {given}")
            yield Choice(event=CallEnded(call=call, output=output), assumes=(told,) if given else ())
        yield from self._failure(call, f"call.{state}", calls.process or calls.handler)

    def _run(self, call: str, name: str, spot: Spot) -> Iterator[Choice]:
        if name.startswith("call."):
            yield from self._called(call, name.removeprefix("call."), spot)
            return
        yield Choice(event=CallEnded(call=call))
        yield from self._failure(call, name, name.removeprefix("run."))

    def _failure(self, call: str, name: str, title: str) -> Iterator[Choice]:
        """A failure is a choice only where some transition takes it by its name."""
        event = f"error.{name}"
        if self.assuming and any(answers(arc, event) and "*" not in arc.events for row in self.machine.arcs for arc in row):
            told = ((f"“{title}”失败", f"{title!r} fails"),)
            state = name.removeprefix("call.")
            move = Move(step=state, outcome=FAILED) if name.startswith("call.") and not self._is_handler(name) else None
            failed = CallEnded(call=call, failed=True, reason="sample")
            yield Choice(move=move, event=failed, assumes=told)

    def _wait(self, due: datetime, now: datetime) -> Choice:
        minutes = max(0, ceil((due - now) / timedelta(minutes=1)))
        return Choice(move=Move(wait=Duration(amount=minutes, unit="minutes")), until=max(now, due))

    # --- what comes of it

    def take(self, spot: Spot, choice: Choice) -> Spot | None:
        """The next spot; None if the kernel refuses."""
        spot = spot._replace(taken=())
        if choice.until is not None:
            spot = self._advanced(spot, choice.until)
            if choice.event is None:
                return spot
        after = self._done(spot, choice)
        return after._replace(taken=(*spot.taken, *after.taken)) if after is not None else None

    def _done(self, spot: Spot, choice: Choice) -> Spot | None:
        if choice.event is not None:
            return self._stepped(spot, choice.event)
        assert choice.move is not None
        if choice.move.event:
            return self._stepped(spot, Message(name=choice.move.event))
        return self._acted(spot, choice.move)

    def _acted(self, spot: Spot, move: Move) -> Spot | None:
        """One signer after the other, until the task is decided."""
        work = self.definition.states[move.step].work
        assert work is not None
        spot = self._not_too_early(spot, work, move)
        values, taken = dict(move.values), spot.taken
        for _ in work.by:
            task = next((task for task in spot.snapshot.tasks if task.state == move.step), None)
            after = self._signed(spot, task, move, values) if task is not None else None
            if task is None or after is None:
                return None
            spot, values, taken = after, {}, (*taken, *after.taken)
            left = next((other for other in spot.snapshot.tasks if other.id == task.id), None)
            if left is None or len(left.votes) <= len(task.votes):
                break
        return spot._replace(taken=taken)

    def _signed(self, spot: Spot, task: Task, move: Move, values: Mapping[str, Any]) -> Spot | None:
        work = self.definition.states[task.state].work
        assert work is not None
        for actor in self._actors(spot.snapshot, task, work.by[task.waiting[0]]):
            roles = frozenset((work.by[task.waiting[0]].role,))
            leads = frozenset(persons_named(spot.snapshot, asking_for_superiors(self.definition), superior=True))
            act = Act(
                task=task.id, outcome=move.outcome, actor=actor, roles=self._names(roles), values=values, leads=leads, checked=("*",),
            )  # fmt: skip
            after = self._stepped(spot, act)
            if after is not None:
                return after
        return None

    def _names(self, roles: frozenset[str]) -> frozenset[str]:
        return frozenset(self.definition.role[name].name for name in roles if name)

    def _is_handler(self, name: str) -> bool:
        state = self.definition.states.get(name.removeprefix("call."))
        return state is not None and state.call is not None and bool(state.call.handler)

    def _actors(self, snapshot: Snapshot, task: Task, assignee: Assignee) -> Iterator[str]:
        """Whoever could be meant; for a role, first those whom a rule wants again, then somebody new."""
        work = self.definition.states[task.state].work
        named = work.who if work is not None and work.who is not None and assignee.role else assignee
        if named.superior:
            yield "superior"
        elif named.person_in or named.whoever_did:
            yield from persons_named(snapshot, (named,))
        else:
            for rule in self.definition.rules:
                if rule.form == "same_person" and task.state in rule.steps:
                    yield from (actor for other in rule.steps for actor in snapshot.did.get(other, ()))
            yield f"{task.state}/{task.waiting[0]}"

    def _not_too_early(self, spot: Spot, work: Work, move: Move) -> Spot:
        moment = spot.snapshot.data.get(work.not_before) if work.not_before else None
        outcome = next((one for one in work.outcomes if move.outcome in one.words), None)
        if outcome is None or not outcome.consent or not isinstance(moment, date):
            return spot
        begins = self.definition.calendar.moment_of(moment)
        return self._advanced(spot, begins) if begins > spot.now else spot

    def _stepped(self, spot: Spot, event: Event) -> Spot | None:
        answer = step(self.definition, spot.snapshot, event, spot.now)
        return None if isinstance(answer, Rejected) else self.settled(answer, spot.now)

    def settled(self, answer: Step, now: datetime) -> Spot:
        """What is due at once is fired at once, as the engine does."""
        taken = tuple(name for micro in answer.trace for name in micro.transitions)
        return self._advanced(Spot(answer.snapshot, now, taken), now)

    def _advanced(self, spot: Spot, to: datetime) -> Spot:
        """The clock moves on, and what comes due on the way is fired in its order."""
        for _ in range(TIMERS):
            timer = min(spot.snapshot.timers, key=lambda timer: timer.due, default=None)
            if timer is None or timer.due > to:
                break
            now = max(spot.now, timer.due)
            answer = step(self.definition, spot.snapshot, TimerFired(timer=timer.id), now)
            if isinstance(answer, Rejected):
                break
            spot = Spot(answer.snapshot, now, (*spot.taken, *(name for micro in answer.trace for name in micro.transitions)))
        return spot._replace(now=max(spot.now, to))
