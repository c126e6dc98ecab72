"""The methods that a model gets, by name: what may happen in a definition, in words that Python can call.

    plan_done, review_approved, review_rejected, again_是     a procedure (`steps:`): step, underscore, answer
    submit, approve, order_paid                               a life cycle (`states:`): the event; a dot becomes an underscore
    aftersale_done, aftersale_failed, print_done              a called process or a handler has come to its end
    time_passed                                               the first timer that is due fires

Names are letters, digits and underscores of any language (`doc.again_是()` is Python), in the normal form in which Python
compares them; other signs become underscores. A name that cannot be called or that two things would share is refused.
Events that answer a task are never sent without a person, and the machine's own events never from outside.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from oyiflow.bridge.reachable import Input
from oyiflow.errors import OyiFlowError
from oyiflow.kernel.machine import timer_event
from oyiflow.model.definition import Action, Definition, Mode, Outcome, Perform, Send, State, Work, walk

OWN_EVENTS = ("done", "error", "after")
"""First words of the events that only the machine raises."""
TIME = "time_passed"
KEYWORDS = ("by", "roles", "values", "step", "checked")
"""Keywords of a trigger that are not fields; a field of such a name is given in `values`."""


class Kind(Enum):
    """What a trigger stands for."""

    ANSWER = "a person answers a task"
    MESSAGE = "an event from outside"
    TIME = "a timer fires"
    DONE = "a called process or handler has ended"
    FAILED = "a called process or handler has failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One method. `event`: what runs through the machine; of a call its name (`call.X`, `run.H`). `answers`: outcome by state."""

    name: str
    kind: Kind
    event: str = ""
    answers: tuple[tuple[str, Outcome], ...] = ()


class Triggers:
    """All triggers of a definition, by name and in document order. Raises `OyiFlowError` for names that do not do."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.by_name: dict[str, Trigger] = {}
        self.origin: dict[str, str] = {}
        self.sent_later = [a.event for a in actions_of(definition) if isinstance(a, Send) and a.after is not None]
        self.handlers = tuple(dict.fromkeys(a.handler for a in actions_of(definition) if isinstance(a, Perform)))
        self.timed = bool(self.sent_later) or any(t.timed for s in definition.states.values() for t in s.transitions)
        self._answered = {o.event for s in definition.states.values() if s.work is not None for o in s.work.outcomes}
        for state in definition.states.values():
            self._of_state(state)
        for handler in self.handlers:
            self._of_call(handler, f"run.{handler}")
        if self.timed:
            self._add(Trigger(name=TIME, kind=Kind.TIME), TIME)

    def _of_state(self, state: State) -> None:
        for outcome in state.work.outcomes if state.work is not None else ():
            if not _is_own(outcome.event):
                self._answer(state, outcome)
        for descriptor in (event.removesuffix(".*") for way in state.transitions for event in way.events):
            if descriptor != "*" and self.is_outside(descriptor):
                self._add(Trigger(name=identifier(descriptor), kind=Kind.MESSAGE, event=descriptor), descriptor)
        if state.call is not None:
            self._of_call(state.id, f"call.{state.id}")

    def _of_call(self, name: str, event: str) -> None:
        self._add(Trigger(name=identifier(f"{name}_done"), kind=Kind.DONE, event=event), f"done.{event}")
        self._add(Trigger(name=identifier(f"{name}_failed"), kind=Kind.FAILED, event=event), f"error.{event}")

    def _answer(self, state: State, outcome: Outcome) -> None:
        steps = self.definition.body == "steps"
        origin = f"{state.id} {outcome.name}" if steps else outcome.event
        name = identifier(f"{state.id}_{outcome.name}" if steps else outcome.event)
        known = self.by_name.get(name)
        answers = known.answers if known is not None else ()
        self._add(Trigger(name=name, kind=Kind.ANSWER, event=outcome.event, answers=(*answers, (state.id, outcome))), origin)

    def _add(self, trigger: Trigger, origin: str) -> None:
        name = trigger.name
        if not name.isidentifier() or keyword.iskeyword(name):
            raise OyiFlowError(
                f"“{origin}”不能作为 Python 的方法名；请改个名字，或改用 oyiflow.Engine",
                f"{origin!r} cannot be the name of a method in Python; rename it, or use oyiflow.Engine",
            )
        if self.origin.setdefault(name, origin) != origin:
            raise OyiFlowError(
                f"“{self.origin[name]}”和“{origin}”都会成为方法 {name}；请给其中一个改名",
                f"{self.origin[name]!r} and {origin!r} would both be the method {name}; rename one of them",
            )
        self.by_name[name] = trigger

    def is_outside(self, event: str) -> bool:
        """Whether an event may come from outside: it is no answer to a task and none of the machine's own events."""
        parts = event.split(".")
        prefixes = {".".join(parts[: n + 1]) for n in range(len(parts))}
        return not (_is_own(event) or prefixes & self._answered)

    # --- what may happen where

    def inputs(self, active: frozenset[str]) -> Iterator[Input]:
        """The inputs of a configuration; see `reachable`."""
        for trigger in self.by_name.values():
            match trigger.kind:
                case Kind.ANSWER:
                    yield from self._answers(trigger, active)
                case Kind.MESSAGE:
                    yield Input(trigger.name, trigger.event)
                case Kind.TIME:
                    yield from (Input(trigger.name, event, True) for event in self._timers(active))
                case Kind.DONE | Kind.FAILED:
                    if trigger.event.startswith("run.") or trigger.event.removeprefix("call.") in active:
                        done = trigger.kind is Kind.DONE
                        yield Input(trigger.name, f"{'done' if done else 'error'}.{trigger.event}", may_stay=done)

    def _answers(self, trigger: Trigger, active: frozenset[str]) -> Iterator[Input]:
        asked = [state for state, _ in trigger.answers if state in active]
        if len(asked) > 1:
            raise OyiFlowError(
                f"“{asked[0]}”和“{asked[1]}”可以同时待办，又用同一个事件 {trigger.event} 答复，方法 {trigger.name} 分不清是哪一个；请用不同的事件名",
                f"{asked[0]} and {asked[1]} may wait at the same time and are answered by the same event {trigger.event}, so "
                f"{trigger.name}() would not know which is meant; give them events of different names",
            )
        for state in asked:
            work = self.definition.states[state].work
            assert work is not None
            yield Input(trigger.name, trigger.event, may_stay=signs_several(work))

    def _timers(self, active: frozenset[str]) -> Iterator[str]:
        for name in active:
            for place, way in enumerate(self.definition.states[name].transitions):
                if way.timed:
                    yield timer_event(name, place)
        yield from self.sent_later


def signs_several(work: Work) -> bool:
    """Whether one signature may leave the task open."""
    return work.mode is not Mode.ANY and len(work.by) > 1


def identifier(text: str) -> str:
    """A text as Python would compare it, with every sign that may not stand in a name turned into an underscore."""
    return re.sub(r"\W+", "_", unicodedata.normalize("NFKC", text)).strip("_")


def actions_of(definition: Definition) -> Iterator[Action]:
    """Every action in a definition."""
    for state in walk(definition.root):
        yield from (*state.entry, *state.exit, *state.initial_actions)
        for way in state.transitions:
            yield from way.actions


def fields_given(definition: Definition, trigger: Trigger) -> Iterable[str]:
    """The fields that a trigger may fill: those of the steps that it answers, of a message all."""
    if trigger.kind is Kind.MESSAGE:
        return definition.field
    works = [work for state, _ in trigger.answers if (work := definition.states[state].work) is not None]
    return dict.fromkeys(name for work in works for name in work.fill)


def _is_own(event: str) -> bool:
    return event.partition(".")[0] in OWN_EVENTS
