"""A `transitions.Machine` that carries states and triggers, while the kernel decides.

A trigger first asks the kernel, with the model's snapshot; a refusal is raised before anything has begun. The kernel's
answer then goes along with the event (`event.kwargs["step"]`), and a way of the flat machine is open if it leads where the
answer leads. So callbacks, conditions and `get_transitions` of the package work as ever, and what they do not do is decide.
A refusal comes before the package's own work, so `on_exception` does not see it. A condition that the program adds may say
no: the trigger answers False, as in the package. What a callback raises before the state changes leaves everything as it was.

Only public parts of `transitions` are used. The machine keeps no list of its models: they may come and go by the million.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

from transitions import Event, EventData, Machine, MachineError, State

from oyiflow.bridge.form import FORM, STATE, TEXT, Form, form_of
from oyiflow.bridge.reachable import Reachable, name_of
from oyiflow.bridge.triggers import KEYWORDS, TIME, Kind, Trigger, Triggers
from oyiflow.errors import EventRejected, Forbidden, OyiFlowError
from oyiflow.kernel.messages import Act, CallEnded, Message, Rejected, Step, TimerFired
from oyiflow.kernel.messages import Event as Happening
from oyiflow.kernel.people import asking_for_superiors, persons_named
from oyiflow.kernel.snapshot import Snapshot
from oyiflow.kernel.step import start, step
from oyiflow.model.definition import Definition

HOOK = "on_effects"
"""A method that a model may have."""

_ABOUT_PEOPLE = ("forbidden", "rule")
_ABOUT_FORM = ("missing_value", "invalid_value")


class People(Protocol):
    """Who holds which role; `oyiflow.model.company.Company` is one."""

    def person(self, name: str) -> object | None:
        """The person with this id; None for a stranger."""

    def roles_of(self, name: str) -> frozenset[str]:
        """The roles that a person holds."""

    def superior_of(self, name: str) -> str:
        """The id of a person's superior, or ""."""


class NotAccepted(EventRejected, MachineError):
    """The trigger does not fit the state: both an `EventRejected` and what `transitions` raises for it."""

    def __init__(self, zh: str, en: str, *, code: str, accepted: Iterable[str]) -> None:
        EventRejected.__init__(self, zh, en, code=code, accepted=tuple(accepted))

    def __str__(self) -> str:
        return f"{self.zh} ({self.en})"


class _Asking(Event):
    """A trigger that asks the kernel first."""

    def trigger(self, model: object, *args: Any, **kwargs: Any) -> bool:
        machine, form = self.machine, form_of(model)
        assert isinstance(machine, FlatMachine)
        if "step" in kwargs:
            raise TypeError(f"{self.name}(): step= 由机器填写; a field of that name is given in values=")
        source = form.follow()
        answer = machine.ask(form, self.name, args, kwargs)
        if isinstance(answer, Rejected):
            raise machine.refusal(answer, source, self.name)
        dest = _dest(source, answer)
        assert any(way.dest == dest for way in self.transitions.get(source, ())), f"no way {self.name} from {source} to {dest}"
        before, form.answer = form.answer, answer
        try:
            taken = super().trigger(model, *args, **kwargs, step=answer)
        finally:
            form.answer = before
        if taken:
            machine.tell(model, answer)
        return taken


class _LeadsTo:
    """The condition of a way: the kernel's answer leads there. Asked by `may_…`, it asks the kernel itself."""

    __slots__ = ("dest",)

    def __init__(self, dest: str | None) -> None:
        self.dest = dest

    def __call__(self, event: EventData) -> bool:
        machine, form = event.machine, form_of(event.model)
        assert isinstance(machine, FlatMachine) and event.event is not None
        answer = event.kwargs.get("step")
        if answer is None:
            answer = machine.would(form, event.event.name, tuple(event.args), event.kwargs)
        return isinstance(answer, Step) and _dest(form.follow(), answer) == self.dest


class FlatMachine(Machine):
    """See the module. `definition`, `triggers` and `reachable` say what it was made from."""

    event_cls = _Asking

    def __init__(self, triggers: Triggers, reachable: Reachable, people: People | None, clock: Callable[[], datetime]) -> None:
        self.definition: Definition = triggers.definition
        self.process = triggers
        self.reachable = reachable
        self.people = people
        self.clock = clock
        super().__init__(
            model=None,
            states=[State(name, final=name in reachable.ends) for name in reachable.configurations],
            initial=reachable.starts[0],
            auto_transitions=False,
            send_event=True,
        )
        for way in reachable.ways:
            after = _carry_out if way.dest is None else None
            self.add_transition(way.trigger, way.source, way.dest, conditions=_LeadsTo(way.dest), after=after)
        for name in sorted(triggers.by_name.keys() - self.events.keys()):  # what leads nowhere is a method too, and says so
            self.add_transition(name, reachable.starts[0], None, conditions=_LeadsTo(None), after=_carry_out)

    # --- models

    def add_model(self, model: Any, initial: Any = None, *, by: str = "", values: Mapping[str, Any] | None = None) -> None:
        """Give a model its triggers: one with a snapshot goes on from there, another begins the process.

        `by`: who begins it; `values`: fields filled from the beginning.
        """
        if initial is not None:
            raise OyiFlowError(
                "开始的状态由流程决定，不能指定 initial", "the process decides where it begins; initial cannot be given"
            )
        for one in model if isinstance(model, list | tuple) else (model,):
            if not (
                isinstance(known := getattr(one, FORM, None), Form)
                and known.model is one
                and known.definition is self.definition
            ):
                self._bind(one, by, values or {})

    def _bind(self, model: Any, by: str, values: Mapping[str, Any]) -> None:
        self._check_free(model)
        form = Form(self.definition, model)
        begun = None if getattr(model, TEXT, None) else self._begin(model, by, values)
        if begun is not None:
            form.write(begun)
        name = form.follow()
        setattr(model, FORM, form)
        super().add_model(model, name)
        self.models.pop()
        for state in self.definition.states:
            if state.isidentifier() and not hasattr(model, f"is_{state}"):
                setattr(model, f"is_{state}", partial(self.is_state, state, model))
        if begun is not None:
            self.tell(model, begun)

    def _begin(self, model: Any, by: str, values: Mapping[str, Any]) -> Step:
        if getattr(model, STATE, None) not in (None, ""):
            raise OyiFlowError(
                f"对象已有状态 {getattr(model, STATE)!r}，却没有 {TEXT} 快照，无法接着办",
                f"the model has the state {getattr(model, STATE)!r} but no snapshot in {TEXT}, so it cannot go on",
            )
        answer = start(self.definition, instance=uuid4().hex, now=self.clock(), values=values, actor=by)
        if isinstance(answer, Rejected):
            raise EventRejected(answer.zh, answer.en, code=answer.code)
        return answer

    def _check_free(self, model: Any) -> None:
        """Refuse a model whose own attributes would hide a trigger, or whose methods would never be called."""
        mine = [FORM, *(f"{may}{name}" for name in self.process.by_name for may in ("", "may_"))]
        taken = next((name for name in mine if getattr(model, name, None) is not None), "")
        if taken:
            raise OyiFlowError(
                f"{type(model).__name__} 已有属性 {taken}，与流程的方法重名；请给其中一个改名",
                f"{type(model).__name__} has an attribute {taken} already, which the process needs; rename one of them",
            )
        parts = [s for s in self.definition.states if s not in self.reachable.configurations and s.isidentifier()]
        dead = next((f"on_{way}_{s}" for s in parts for way in ("enter", "exit") if hasattr(model, f"on_{way}_{s}")), "")
        if dead:
            raise OyiFlowError(
                f"方法 {dead} 永远不会被调用：状态的名字是整个组合；请用 machine.after_state_change 或 {HOOK}",
                f"{dead} would never be called: states are named by the whole configuration; use machine.after_state_change or {HOOK}",
            )
        outside = next((t.event for t in self.process.by_name.values() if t.kind is Kind.DONE), "")
        if outside and not callable(getattr(model, HOOK, None)):
            raise OyiFlowError(
                f"流程要你的程序去做 {outside}；请给 {type(model).__name__} 写方法 {HOOK}(effects)，或改用 oyiflow.Engine",
                f"the process asks your program for {outside}; give {type(model).__name__} a method {HOOK}(effects), or use oyiflow.Engine",
            )

    def set_state(self, state: Any, model: Any = None) -> None:
        """Called by the package when a way is taken; by hand it is refused."""
        for one in self.models if model is None else model if isinstance(model, list | tuple) else (model,):
            form = form_of(one)
            if form.answer is not None or getattr(one, STATE) != getattr(state, "name", state):
                form.carry_out()

    def get_model_state(self, model: Any) -> State:
        """The state of a model, after it has followed its snapshot."""
        return self.get_state(form_of(model).follow())

    def is_state(self, state: Any, model: Any) -> bool:
        """Whether a state is active, alone or with others; also for states around it. `is_review()` of the model."""
        return state in self.active(model)

    def active(self, model: Any) -> frozenset[str]:
        """The ids of all active states of a model, and the name of its configuration."""
        name = form_of(model).follow()
        return self.reachable.configurations[name] | {name}

    def due(self, model: Any) -> datetime | None:
        """When `time_passed` should be called next; None if the model waits for no moment."""
        return min((timer.due for timer in form_of(model).now().timers), default=None)

    def open_to(self, model: Any, *, by: str, roles: Iterable[str] | None = None) -> tuple[str, ...]:
        """The triggers that a person may call now, whatever the form still lacks: the buttons of a page."""
        form = form_of(model)
        asked = {"by": by} if roles is None else {"by": by, "roles": roles}
        names = [name for name in self.get_triggers(form.follow()) if name != TIME]
        answers = {name: self.would(form, name, (), asked) for name in names}
        return tuple(
            n for n, a in answers.items() if isinstance(a, Step) or (isinstance(a, Rejected) and a.code in _ABOUT_FORM)
        )

    def _add_model_to_state(self, state: State, model: Any) -> None:
        # Names with a plus sign make no methods. Should the package no longer ask here, models get a few attributes more.
        if state.name.isidentifier():
            super()._add_model_to_state(state, model)

    # --- the kernel

    def would(self, form: Form, trigger: str, args: tuple[Any, ...], given: Mapping[str, Any]) -> Step | Rejected | None:
        """The kernel's answer to a trigger; None for somebody who is not known."""
        try:
            return self.ask(form, trigger, args, given)
        except Forbidden:
            return None

    def ask(self, form: Form, trigger: str, args: tuple[Any, ...], given: Mapping[str, Any]) -> Step | Rejected:
        """The kernel's answer to a trigger; nothing is written."""
        if args:
            raise TypeError(f"{trigger}() 只用关键字参数 takes keyword arguments only: by=, roles=, values=, fields")
        now = self.clock()
        event = self._event(self.process.by_name[trigger], form.now(), now, given)
        return event if isinstance(event, Rejected) else step(self.definition, form.now(), event, now)

    def _event(self, trigger: Trigger, now: Snapshot, moment: datetime, given: Mapping[str, Any]) -> Happening | Rejected:
        values = {**given.get("values", {}), **{name: value for name, value in given.items() if name not in KEYWORDS}}
        match trigger.kind:
            case Kind.ANSWER:
                return self._act(trigger, now, given, values)
            case Kind.MESSAGE:
                self._roles(given)
                return Message(name=trigger.event, values=values, actor=given.get("by", ""))
            case Kind.TIME:
                due = min((t for t in now.timers if t.due <= moment), key=lambda t: t.due, default=None)
                return TimerFired(timer=due.id) if due is not None else _NOTHING
            case Kind.DONE | Kind.FAILED:
                call = next((id for id, name in now.calls if name == trigger.event), None)
                return CallEnded(call=call, failed=trigger.kind is Kind.FAILED, output=values) if call is not None else _NOTHING

    def _act(self, trigger: Trigger, now: Snapshot, given: Mapping[str, Any], values: Mapping[str, Any]) -> Act | Rejected:
        if not given.get("by"):
            raise TypeError(f"{trigger.name}() 须说明是谁办理 needs to know who acts: by=…")
        outcomes = dict(trigger.answers)
        for task in now.tasks:
            if task.state in outcomes:
                name = outcomes[task.state].name
                checked = given.get("checked", ())
                return Act(
                    task=task.id, outcome=name, actor=given["by"], roles=self._roles(given), values=values,
                    leads=self._leads(now, given["by"]), checked=(checked,) if isinstance(checked, str) else tuple(checked),
                )  # fmt: skip
        return _NOTHING

    def _leads(self, now: Snapshot, by: str) -> frozenset[str]:
        """The people whose superior this is, as far as the process asks for superiors."""
        asked = asking_for_superiors(self.definition)
        below = persons_named(now, asked, superior=True) if asked and self.people is not None else ()
        return frozenset(person for person in below if self.people is not None and self.people.superior_of(person) == by)

    def _roles(self, given: Mapping[str, Any]) -> frozenset[str]:
        """The roles of whoever acts: those that are given, else those that the company knows."""
        by, roles = given.get("by", ""), given.get("roles")
        if roles is not None:
            return frozenset((roles,) if isinstance(roles, str) else roles)
        if self.people is None or not by:
            return frozenset()
        if self.people.person(by) is None:
            raise Forbidden(f"通讯录里没有这个人: {by}", f"the company does not know {by}")
        return self.people.roles_of(by)

    def refusal(self, answer: Rejected, source: str, trigger: str) -> EventRejected | Forbidden:
        """What the kernel answered, as an exception."""
        if answer.code in _ABOUT_PEOPLE:
            return Forbidden(answer.zh, answer.en)
        if answer.code not in ("not_accepted", "ended", "unknown_task"):
            return EventRejected(answer.zh, answer.en, code=answer.code)
        accepted = self.get_triggers(source)
        return NotAccepted(
            f"“{source}”时不能 {trigger}；可以: {'、'.join(accepted) or '-'}",
            f"{trigger} is not accepted in {source}; accepted: {', '.join(accepted) or '-'}",
            code=answer.code,
            accepted=accepted,
        )

    def tell(self, model: Any, answer: Step) -> None:
        """Hand the effects of a step to the model, if it wants them."""
        hook = getattr(model, HOOK, None)
        if answer.effects and callable(hook):
            hook(answer.effects)


def _carry_out(event: EventData) -> None:
    form_of(event.model).carry_out()


def _dest(source: str, answer: Step) -> str | None:
    """Where an answer leads, in the words of the flat machine: None if no state was left."""
    name = name_of(answer.snapshot.configuration)
    return None if name == source and not any(trace.exited for trace in answer.trace) else name


_NOTHING = Rejected(code="not_accepted", zh="现在没有这件事", en="there is no such thing now")
