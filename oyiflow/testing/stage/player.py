"""One take of an example on the real engine in memory: the moves are made, and what stands in their way is said.

A move answers for a step: where several must sign, all of them give the answer, unless the next move names the same step
again; then each move is one signature. Time moves only for `wait` moves and to the day of `not_before`; whatever comes
due on the way is fired at its own moment. What is called has a module of its own (`called`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from oyiflow.engine.handlers import PAUSES, Handler
from oyiflow.engine.views import TaskView
from oyiflow.engine.worker import Worker
from oyiflow.errors import OyiFlowError
from oyiflow.kernel.machine import descriptors
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition, Perform, StateKind, Work, actions_of
from oyiflow.model.example import Example, Move
from oyiflow.model.tree import way_up
from oyiflow.model.values import Value
from oyiflow.testing.memory import ManualClock
from oyiflow.testing.stage.answers import Answers
from oyiflow.testing.stage.called import Called
from oyiflow.testing.stage.cast import Cast, beginners, least_needed_first, person_fields, ties
from oyiflow.testing.stage.playhouse import Playhouse
from oyiflow.testing.stage.samples import given_from_outside, sample
from oyiflow.testing.stage.stuck import Stuck, attempt
from oyiflow.testing.stage.telling import remedy

TIMERS = 1000
"""Moments at which something comes due during one wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What is needed to play: the process, the case, the processes that may be called, the people, the handlers."""

    definition: Definition
    example: Example
    called: tuple[Definition, ...]
    company: Company
    handlers: Mapping[str, Handler]


class Player:
    """One take."""

    def __init__(self, stage: Stage, cast: Cast) -> None:
        self.stage = stage
        self.cast = cast
        self.clock = ManualClock()
        definitions = (stage.definition, *stage.called)
        handlers = nothing_handlers(definitions) | dict(stage.handlers)
        self.engine = Playhouse(directory=stage.company, clock=self.clock, handlers=handlers)
        self.given = dict(stage.example.values)
        self.id = ""
        self.called = Called(self, Answers(stage.called))
        self.tied: dict[str, Mapping[str, str]] = {}
        for definition in definitions:
            self.engine.deploy(definition)

    # --- the beginning

    def begin(self) -> None:
        """Start the instance by somebody who may."""
        definition, names = self.stage.definition, given_from_outside(self.stage.definition)
        values = {name: value for name, value in self.given.items() if name in names}
        people = beginners(definition, values, self.stage.company) or [person.name for person in self.stage.company.people[:1]]
        if not people:
            raise Stuck("没有人可以发起", "there is nobody who may start it")
        actor = self.cast.choose(people, self._group(definition, definition.root.id))
        try:
            self.id = self.engine.start(definition.name, actor=actor, values=values).id
        except OyiFlowError as error:
            raise Stuck(error.zh, error.en) from error
        self.settle()

    # --- moves

    def move(self, move: Move, following: Move | None) -> None:
        """Make one move. `following` is the next one."""
        if move.wait is not None:
            self.advance(self.engine.definition_of(self.id).calendar.due(self.clock(), move.wait))
        elif move.event:
            self.called.play(lambda: self._awaits_event(move.event))
            attempt(lambda: self.engine.send(self.id, move.event))
        elif self.stage.definition.states[move.step].call is not None:
            self.called.end(move)
        else:
            self.called.play(lambda: self._task(self.id, move.step) is not None)
            single = following is not None and following.step == move.step != ""
            self.act(self.id, move, single)
        self.settle()

    def act(self, id: str, move: Move, single: bool = False) -> None:
        """Answer a task, one signer after the other until it is decided (`single`: just one)."""
        definition = self.engine.definition_of(id)
        work = definition.states[move.step].work
        assert work is not None, "a step that people answer has work"
        self._not_too_early(id, work, move)
        values: Mapping[str, Any] | None = None
        for _ in work.by:
            task = self._task(id, move.step)
            if task is None:
                raise Stuck(f"“{move.step}”现在不用办理", f"{move.step!r} is not to be done now")
            values = self._values(definition, id, move) if values is None else {}
            self._sign(definition, task, move, values)
            left = self._task(id, move.step)
            if single or left is None or left.id != task.id or len(left.signed) <= len(task.signed):
                return

    def _sign(self, definition: Definition, task: TaskView, move: Move, values: Mapping[str, Any]) -> None:
        group = self._group(definition, task.step)
        if not task.people:
            self._nobody(definition, task, move, group)
        people = least_needed_first(definition, task.step, task.people, self.stage.company)
        actor = self.cast.choose(people, group)
        attempt(
            lambda: self.engine.complete(
                task.instance, task.id, actor=actor, outcome=move.outcome, values=values, checked=("*",)
            )
        )

    def _nobody(self, definition: Definition, task: TaskView, move: Move, group: str) -> None:
        """Say why nobody may act: the refusal that the first of those meant would get."""
        roles = [definition.role[name] for name in task.roles]
        meant = [
            person.name for person in self.stage.company.holders(name for role in roles for name in (role.name, *role.aliases))
        ]
        wanted = "、".join(task.roles) or "?"
        zh, en = f"没有人担任 {wanted}", f"nobody holds {wanted}"
        for person in meant[:1]:
            try:
                self.engine.complete(task.instance, task.id, actor=person, outcome=move.outcome)
            except OyiFlowError as error:
                zh, en = error.zh, error.en
        group = group if meant or not task.roles else ""  # other choices make no holders
        raise Stuck(f"没有人可以办理“{task.step}”: {zh}", f"nobody may act on {task.step!r}: {en}", group)

    # --- the form

    def _values(self, definition: Definition, id: str, move: Move) -> dict[str, Value]:
        """What is filled in: what the move says, else what the example is `with`, else samples where something must be."""
        work = definition.states[move.step].work
        assert work is not None
        chosen = (
            next((one for one in work.outcomes if move.outcome in one.words), None)
            if move.outcome
            else next(iter(work.outcomes), None)
        )
        mine = self.given if id == self.id else {}
        found: dict[str, Value] = {name: mine[name] for name in work.fill if name in mine} | dict(move.values)
        data = self.engine.instance(id).data
        for name in work.fill if chosen is None or chosen.consent else ():
            if definition.field[name].required and name not in found and name not in data:
                found[name] = self._sample(definition, move.step, name)
        return found

    def _sample(self, definition: Definition, step: str, name: str) -> Value:
        spec = definition.field[name]
        if name not in person_fields(definition):
            return sample(spec, self.clock(), definition.calendar)
        people = [person.name for person in self.stage.company.people]
        return self.cast.choose(sorted(people, key=lambda person: person != name), self._group(definition, step))

    def _group(self, definition: Definition, step: str) -> str:
        """The group of steps whose people depend on one another, or ""."""
        if definition.name not in self.tied:
            self.tied[definition.name] = ties(definition)
        return self.tied[definition.name].get(step, "")

    # --- time

    def _not_too_early(self, id: str, work: Work, move: Move) -> None:
        """Let the day come before which the answer would be refused."""
        moment = self.engine.instance(id).data.get(work.not_before) if work.not_before else None
        refusing = any(move.outcome in one.words and not one.consent for one in work.outcomes)
        if isinstance(moment, date) and not refusing:
            calendar = self.engine.definition_of(id).calendar
            self.advance(calendar.moment_of(moment))

    def advance(self, to: datetime) -> None:
        """Let time pass; whatever comes due is fired at its own moment, and handlers that failed are tried again."""
        for tries in range(TIMERS):
            due = min((moment for moment in self._moments(tries) if self.clock() < moment <= to), default=None)
            if due is None:
                break
            self.clock.advance(due - self.clock())
            self.settle()
        self.clock.advance(max(timedelta(0), to - self.clock()))
        self.settle()

    def _moments(self, tries: int) -> list[datetime]:
        """When something comes due. The engine does not say when it tries a handler again, only how long it waits."""
        snapshots = [self.engine.snapshot(one.id) for one in self.engine.instances(status="running")]
        moments = [timer.due for snapshot in snapshots for timer in snapshot.timers]
        if any(snapshot.calls for snapshot in snapshots):
            moments.append(self.clock() + PAUSES[min(tries, len(PAUSES) - 1)])
        return moments

    def settle(self) -> int:
        """Do everything that is due now."""
        return Worker(self.engine).run_once()

    # --- the end

    def check(self) -> None:
        """Whether it stands or ended where the example says, whom it told, and what it does not let happen."""
        self._check_where()
        self._check_told()
        for step in self.stage.example.cannot:
            self._check_cannot(step)

    def _check_where(self) -> None:
        example = self.stage.example
        if example.ends:
            self.called.play(lambda: self.engine.instance(self.id).status != "running")
            self._check_end(example.ends)
        elif example.now_at:
            self.called.play(self._stands)
            self._check_place(example.now_at)

    def _check_told(self) -> None:
        wanted = self.stage.example.told
        if wanted is None:
            return
        found = tuple(dict.fromkeys(one.step for one in self.engine.notices(instance=self.id) if one.reason != "tell"))
        if set(found) != set(wanted):
            zh, en = "、".join(wanted) or "没有", ", ".join(wanted) or "nobody"
            there, here = "、".join(found) or "没有", ", ".join(found) or "nobody"
            fix = remedy("told", found or ("nobody",))
            raise Stuck(
                f"应当提醒过: {zh}，却是: {there}", f"people should have been told about {en}, but it is {here}", fix=fix
            )

    def _check_cannot(self, step: str) -> None:
        """That nobody's consent is taken now; it is tried with all that it needs but the right moment."""
        task = self._task(self.id, step)
        if task is None:
            raise Stuck(f"“{step}”现在不用办理，谈不上办不成", f"{step!r} is not open, so it cannot be refused")
        definition = self.engine.definition_of(self.id)
        values = self._values(definition, self.id, Move(step=step))
        for person in task.people:
            try:
                self.engine.complete(self.id, task.id, actor=person, values=values, checked=("*",))
            except OyiFlowError:
                continue
            raise Stuck(f"“{step}”应当办不成，{person} 却办成了", f"{step!r} should be refused, but {person} could do it")

    def _check_end(self, end: str) -> None:
        instance = self.engine.instance(self.id)
        if instance.status == "running":
            fix = remedy("now_at", self.places())
            raise Stuck(f"应当结束于 {end}，但还没有结束", f"it should have ended in {end}, but it has not ended", fix=fix)
        if end not in instance.configuration:
            there = "、".join(instance.configuration)
            fix = remedy("ends", instance.configuration)
            raise Stuck(f"应当结束于 {end}，却结束于 {there}", f"it should have ended in {end}, but ended in {there}", fix=fix)

    def _check_place(self, now_at: Sequence[str]) -> None:
        if not self._stands():
            wanted, found = "、".join(now_at), "、".join(self.places()) or "-"
            fix = remedy("now_at" if self.engine.instance(self.id).status == "running" else "ends", self.places())
            raise Stuck(f"应当停在 {wanted}，却在 {found}", f"it should stand at {wanted}, but is at {found}", fix=fix)

    def _stands(self) -> bool:
        """Whether exactly the named steps are active. A state around others stands for all of them."""
        states = self.stage.definition.states
        named, met = set(self.stage.example.now_at), set()
        for leaf in self.engine.instance(self.id).configuration:
            hit = named.intersection(way_up(self.stage.definition, leaf))
            if not hit and states[leaf].kind is not StateKind.FINAL:
                return False
            met |= hit
        return met == named and self.engine.instance(self.id).status == "running"

    def places(self) -> tuple[str, ...]:
        """The steps that are active, as their author wrote them."""
        states = self.stage.definition.states
        return tuple(leaf for leaf in self.engine.instance(self.id).configuration if states[leaf].verb)

    # --- looking

    def _task(self, id: str, step: str) -> TaskView | None:
        return next((task for task in self.engine.tasks(instance=id) if task.step == step), None)

    def _awaits_event(self, event: str) -> bool:
        heads = {one.removesuffix(".*") for w in self.engine.why(self.id) if w.what == "message" for one in w.moves}
        return not heads.isdisjoint(descriptors(event))


def nothing_handlers(definitions: Sequence[Definition]) -> dict[str, Handler]:
    """A handler for every name that these processes use; it succeeds and has nothing to say."""
    return {name: _nothing for definition in definitions for name in _handlers_of(definition)}


def _handlers_of(definition: Definition) -> set[str]:
    called = {state.call.handler for state in definition.states.values() if state.call is not None and state.call.handler}
    return called | {
        action.handler for state in definition.states.values() for action in actions_of(state) if isinstance(action, Perform)
    }


def _nothing(values: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    """The handler that stands in: it succeeds and has nothing to say."""
    return None
