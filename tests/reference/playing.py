"""Short words for building small machines and for playing them, with the snapshot through JSON after every event if wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from oyiflow.kernel.codec import snapshot_from_json, snapshot_to_json
from oyiflow.kernel.messages import Act, CallEnded, Effect, Event, Logged, Message, Rejected, Step, TimerFired
from oyiflow.kernel.snapshot import Snapshot
from oyiflow.kernel.step import start, step
from oyiflow.model.calendar import Duration
from oyiflow.model.definition import (
    Action,
    Assignee,
    Definition,
    Field,
    Log,
    Mode,
    Outcome,
    Role,
    Set,
    State,
    StateKind,
    Text,
    Transition,
    Work,
)
from oyiflow.model.expression import Active, Arithmetic, Compare, Constant, Expression, Name
from oyiflow.model.values import FieldType

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIELDS = (
    Field(name="x", title=Text(zh="x"), type=FieldType.INT, min=0, max=9),
    Field(name="n", title=Text(zh="n"), type=FieldType.INT),
    Field(name="f", title=Text(zh="f"), type=FieldType.BOOL),
    Field(name="day", title=Text(zh="day"), type=FieldType.DATE),
    Field(name="who", title=Text(zh="who"), type=FieldType.PERSON),
    Field(name="note", title=Text(zh="note"), type=FieldType.TEXT, required=True),
)


def minutes(amount: int) -> Duration:
    return Duration(amount=amount, unit="minutes")


def log(words: str) -> Log:
    return Log(text=Text(zh=words))


def put(field: str, value: int | bool | Expression) -> Set:
    return Set(field=field, value=value if not isinstance(value, int) else constant(value))


def constant(value: int | bool) -> Constant:
    return Constant(value=value, type=FieldType.BOOL if isinstance(value, bool) else FieldType.INT)


def add(field: str, amount: int = 1) -> Set:
    return Set(field=field, value=Arithmetic(left=Name(name=field), op="+", right=constant(amount)))


def more(field: str, least: int) -> Compare:
    return Compare(left=Name(name=field), op=">", right=constant(least))


def inside(state: str) -> Active:
    return Active(state=state)


def on(events: str, targets: str = "", *actions: Action, **rest: Any) -> Transition:
    """`on("a b", "x y")`: when a or b comes, to x and y; an empty text is no event, no target."""
    return Transition(targets=tuple(targets.split()), events=tuple(events.split()), actions=actions, **rest)


def atomic(id: str, *transitions: Transition, **rest: Any) -> State:
    return State(id=id, transitions=transitions, **_spoken(id, rest))


def compound(id: str, *parts: State | Transition, **rest: Any) -> State:
    return _composed(id, StateKind.COMPOUND, parts, rest)


def parallel(id: str, *parts: State | Transition, **rest: Any) -> State:
    return _composed(id, StateKind.PARALLEL, parts, rest)


def final(id: str, **rest: Any) -> State:
    return State(id=id, kind=StateKind.FINAL, **_spoken(id, rest))


def history(id: str, default: str, *, deep: bool = False, **rest: Any) -> State:
    return State(id=id, kind=StateKind.HISTORY, initial=tuple(default.split()), deep=deep, **rest)


def _composed(id: str, kind: StateKind, parts: tuple[State | Transition, ...], rest: dict[str, Any]) -> State:
    states = tuple(part for part in parts if isinstance(part, State))
    transitions = tuple(part for part in parts if isinstance(part, Transition))
    if isinstance(rest.get("initial"), str):
        rest["initial"] = tuple(rest["initial"].split())
    return State(id=id, kind=kind, states=states, transitions=transitions, **_spoken(id, rest))


def _spoken(id: str, rest: dict[str, Any]) -> dict[str, Any]:
    """`loud=True`: the journal says when the state is entered and left."""
    if rest.pop("loud", False):
        rest = {"entry": (log(f"+{id}"),), "exit": (log(f"-{id}"),), **rest}
    return rest


def work(*roles: str, mode: Mode = Mode.ANY, **rest: Any) -> Work:
    """Work that is answered with yes or no; the outcomes become the events yes and no."""
    outcomes = tuple(Outcome(name=name, event=name, title=Text(en=name), consent=name == "yes") for name in ("yes", "no"))
    return Work(by=tuple(Assignee(role=role) for role in roles), mode=mode, outcomes=outcomes, **rest)


def machine(*parts: State | Transition, **rest: Any) -> Definition:
    """A definition whose root holds these states and transitions."""
    roles = tuple(Role(name=name, title=Text(en=name)) for name in ("boss", "clerk"))
    rules, more_fields = rest.pop("rules", ()), rest.pop("fields", ())
    root = compound("root", *parts, **rest)
    return Definition(name="small", title=Text(en="small"), roles=roles, fields=(*FIELDS, *more_fields), rules=rules, root=root)


class Play:
    """One instance. Every method answers with the step or the refusal; `snapshot` is where it stands."""

    def __init__(self, definition: Definition, *, through_json: bool = False) -> None:
        self.definition = definition
        self.through_json = through_json
        self.now = MORNING
        self.effects: tuple[Effect, ...] = ()
        self.stands: Snapshot | None = None

    def begin(self, **values: Any) -> Play:
        answer = start(self.definition, instance="i", now=self.now, values=values)
        assert not isinstance(answer, Rejected), answer
        self._keep(answer)
        return self

    @property
    def snapshot(self) -> Snapshot:
        assert self.stands is not None
        return self.stands

    @property
    def at(self) -> str:
        return " ".join(self.snapshot.configuration)

    def logged(self) -> str:
        """What the last step wrote into the journal."""
        return " ".join(effect.zh for effect in self.effects if isinstance(effect, Logged))

    def kinds(self) -> list[str]:
        return [type(effect).__name__ for effect in self.effects]

    def send(self, name: str, **values: Any) -> Step | Rejected:
        return self.take(Message(name=name, values=values))

    def act(self, task: str, actor: str, outcome: str = "yes", role: str = "boss", **values: Any) -> Step | Rejected:
        return self.take(Act(task=task, outcome=outcome, actor=actor, roles=frozenset({role}), values=values))

    def fire(self, number: int = 0) -> Step | Rejected:
        timer = self.snapshot.timers[number]
        self.now = max(self.now, timer.due)
        return self.take(TimerFired(timer=timer.id))

    def call_ended(self, number: int = 0, *, failed: bool = False, **output: Any) -> Step | Rejected:
        return self.take(CallEnded(call=self.snapshot.calls[number][0], failed=failed, output=output))

    def take(self, event: Event) -> Step | Rejected:
        answer = step(self.definition, self.snapshot, event, self.now)
        if not isinstance(answer, Rejected):
            self._keep(answer)
        return answer

    def _keep(self, answer: Step) -> None:
        self.effects = answer.effects
        self.stands = answer.snapshot
        if self.through_json:
            self.stands = snapshot_from_json(self.definition, snapshot_to_json(self.definition, answer.snapshot))
            assert self.stands == answer.snapshot


Begin = Callable[..., Play]


def beginner(through_json: bool) -> Begin:
    """Starts an instance of a definition, or of a machine made of these parts."""

    def begin(*parts: Any, values: dict[str, Any] | None = None, **rest: Any) -> Play:
        definition = parts[0] if isinstance(parts[0], Definition) else machine(*parts, **rest)
        return Play(definition, through_json=through_json).begin(**(values or {}))

    return begin


def code(answer: Step | Rejected) -> str:
    """The code of a refusal; "" for a step."""
    return answer.code if isinstance(answer, Rejected) else ""
