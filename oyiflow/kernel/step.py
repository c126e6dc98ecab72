"""`step(definition, snapshot, event, now)`: what happens next, as a function.

Pure (S38): no clock, no I/O, no randomness; the same arguments give the same answer, byte for byte. An event that cannot be
taken gives `Rejected` and nothing has changed (S37). The one exception that is raised is `VersionMismatch`: a snapshot belongs
to the definition that made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oyiflow.errors import VersionMismatch
from oyiflow.kernel.machine import Machine, answers, machine_of
from oyiflow.kernel.messages import Act, CallEnded, Event, Message, Operate, Rejected, Step, TimerFired
from oyiflow.kernel.operations import may_while_suspended, operate
from oyiflow.kernel.recall import answer_by_memory, settled
from oyiflow.kernel.run import Failure, Run
from oyiflow.kernel.snapshot import NOTHING, Pending, Pin, Place, Snapshot
from oyiflow.kernel.trail import only_responder, remember, walk
from oyiflow.kernel.work import answer
from oyiflow.model.definition import Definition
from oyiflow.model.expression import Expression, sentence


def start(
    definition: Definition,
    *,
    instance: str,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    actor: str = "",
    version: int | None = None,
) -> Step | Rejected:
    """The first step of a new instance. `values` fill fields of the form; `now` must be an aware datetime.

    `actor` is remembered as the one who did the root state. `version` is the published number if it differs from the file's.
    """
    machine = machine_of(definition)
    pin = machine.pin if version in (None, definition.version) else Pin(definition.name, version, definition.digest)
    pending = Pending(did={definition.root.id: (actor,)}) if actor else NOTHING
    before = Snapshot((pin, instance, 0, machine.place((), ()), {}, pending))
    run = Run(machine, before, now)
    try:
        _fill(run, values or {})
        run.enter()
        return run.finish()
    except Failure as failure:
        return failure.rejected


def step(definition: Definition, snapshot: Snapshot, event: Event, now: datetime) -> Step | Rejected:
    """The answer to one event. `now` must be an aware datetime."""
    data: Any
    if event.__class__ is Message:
        # The way by memory (`trail.walk`), written out here for speed; `+ ()` makes a plain tuple, which is faster to take apart.
        pin, instance, revision, place, data, pending = snapshot + ()  # noqa: RUF005
        if place.owner is definition and (pending is NOTHING or pending.status == "running"):
            try:
                fork = place.trails[event.name]
            except KeyError:
                return _other(definition, snapshot, event, now)
            end, fresh = fork.straight, None
            if event.values:
                end, data = None, _filled(machine_of(definition), data, event.values)
                fresh = data
            while end is None and fork is not None and data is not None:
                if fork.writes is not None:
                    if fresh is None:
                        data = fresh = dict(data)
                    for assign, inside in fork.writes:
                        if not assign(fresh, inside):
                            return _other(definition, snapshot, event, now)
                end = fork.end
                if end is None:
                    guard = fork.guard  # a name of its own: calling an attribute is slower
                    fork = fork.yes if guard(data, fork.inside) is True else fork.no
            if end is not None:
                place, trace, tasks = end
                if tasks is not None:
                    return settled(snapshot, end, data, now, None)
                return Step((Snapshot((pin, instance, revision + 1, place, data, pending)), (), trace))
    elif event.__class__ is Act:
        machine: Machine = definition.compiled or machine_of(definition)
        return answer_by_memory(machine, snapshot, event, now) or _work_out(machine, snapshot, event, now)
    return _other(definition, snapshot, event, now)


def _other(definition: Definition, snapshot: Snapshot, event: Event, now: datetime) -> Step | Rejected:
    """What no whole place remembers: by the memory of a leaf, or the long way."""
    machine: Machine = definition.compiled or machine_of(definition)
    found = None
    if event.__class__ is Message and not machine.few and snapshot.status == "running":
        found = _by_leaf(machine, snapshot, event)
    return _work_out(machine, snapshot, event, now) if found is None else found


def _filled(machine: Machine, data: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The data with the values of an event; None if one does not fit."""
    fresh = dict(data)
    writers = machine.writers
    for name, value in values.items():
        if name not in machine.fillable or name in machine.dated or not writers[name](fresh, value):
            return None
    return fresh


def _by_leaf(machine: Machine, snapshot: Snapshot, event: Message) -> Step | None:
    """The way by memory where only the leaf that answers is known."""
    pin, instance, revision, place, data, pending = snapshot + ()  # noqa: RUF005
    if pin is not machine.pin and pin.digest != machine.pin.digest:
        return None
    configuration = place.configuration
    number = only_responder(machine, configuration, event.name)
    fork = machine.trails.get(configuration[number], {}).get(event.name) if number >= 0 else None
    filled = _filled(machine, data, event.values) if event.values else data
    found = walk(fork, filled) if fork is not None and filled is not None else None
    if found is None:
        return None
    (leaf, trace, _), data = found
    place = Place((*configuration[:number], *leaf.configuration, *configuration[number + 1 :]), place.history)
    return Step((Snapshot((pin, instance, revision + 1, place, data, pending)), (), trace))


def _work_out(machine: Machine, snapshot: Snapshot, event: Event, now: datetime) -> Step | Rejected:
    """The answer the long way, and a note of it for the next time."""
    check_same(machine.definition, snapshot)
    if snapshot.status == "suspended":
        if not may_while_suspended(event):
            return Rejected(code="suspended", zh="流程已挂起；恢复后再办", en="the instance is suspended; resume it first")
    elif snapshot.status != "running":  # S41
        return Rejected(code="ended", zh="流程已经结束", en="the instance has ended")
    run = Run(machine, snapshot, now)
    try:
        name = _arrive(run, event)
        if isinstance(event, Message) and not name:  # "" stands for an answer that does not decide yet, and for nothing else
            return _not_accepted(run, name)
        if name and not run.take(name) and _wants_an_answer(event, name):
            return _not_accepted(run, name)
        answer = run.finish()
    except Failure as failure:
        return failure.rejected
    if name and isinstance(event, Message | Act) and (path := run.path()) is not None:
        remember(machine, snapshot, name, path)
    return answer


def _wants_an_answer(event: Event, name: str) -> bool:
    """S6: what a person or a program sent, and a failure, is refused if nothing takes it; time and results may pass unheard."""
    return isinstance(event, Act | Message | Operate) or (isinstance(event, CallEnded) and name.startswith("error."))


def check_same(definition: Definition, snapshot: Snapshot) -> None:
    """S40: refuse a snapshot of another definition."""
    if snapshot.digest != definition.digest:
        raise VersionMismatch(
            f"实例 {snapshot.instance} 属于 {snapshot.definition} 的另一内容 ({snapshot.digest[:12]})，不是 {definition.digest[:12]}",
            f"instance {snapshot.instance} belongs to other content of {snapshot.definition} ({snapshot.digest[:12]}), not {definition.digest[:12]}",
        )


def _arrive(run: Run, event: Event) -> str:
    """Note what an event brings with it; returns the name to run through the machine, or "" for none."""
    match event:
        case Act():
            return answer(run, event)
        case Message():
            _fill(run, event.values)
            return event.name
        case TimerFired():
            return _fired(run, event)
        case CallEnded():
            return _call_ended(run, event)
        case Operate():
            return operate(run, event)


def _fill(run: Run, values: Mapping[str, Any]) -> None:
    for name, raw in values.items():
        if name not in run.machine.fillable:
            known = "、".join(spec.name for spec in run.machine.definition.fields if not spec.hidden) or "-"
            raise Failure(
                "invalid_value", f"表单没有字段“{name}”；有: {known}", f"the form has no field {name!r}; there are: {known}"
            )
        run.write(name, raw)
    run.check_days(values)


def _fired(run: Run, event: TimerFired) -> str:
    """S25: a timer fires once, not before it is due and not after it was disarmed."""
    timer = next((t for t in run.timers if t.id == event.timer), None)
    if timer is None:
        raise Failure("stale", f"定时器 {event.timer} 已失效", f"timer {event.timer} is no longer armed")
    if run.now < timer.due:
        raise Failure("too_early", f"定时器 {event.timer} 未到时间", f"timer {event.timer} is not due yet")
    run.timers.remove(timer)
    return timer.event


def _call_ended(run: Run, event: CallEnded) -> str:
    """S33, S35: the end of a call writes its outputs and becomes an event; an end that nobody waits for is stale."""
    name = dict(run.calls).get(event.call)
    if name is None:
        raise Failure("stale", f"调用 {event.call} 已失效", f"call {event.call} is no longer awaited")
    run.calls.remove((event.call, name))
    if event.failed:
        return f"error.{name}"
    state = run.machine.definition.states.get(name.removeprefix("call."))
    if state is not None and state.call is not None and state.call.each and any(other == name for _, other in run.calls):
        return ""  # S44: the others are still awaited
    before = run.data
    try:
        for field, theirs in state.call.outputs if state is not None and state.call is not None else ():
            run.write(field, event.output.get(theirs))
    except Failure:  # a result that does not fit our form is a failure of the call
        run.data = before
        return f"error.{name}"
    return f"done.{name}"


def _not_accepted(run: Run, name: str) -> Rejected:
    accepted = accepted_events(run.machine, run.before)
    if closed := _closed_guards(run.machine, run.before, name):
        zh, en = (
            " / ".join(sentence(guard, _titles(run.machine.definition, lang), lang) for guard in closed)
            for lang in ("zh", "en")
        )
        return Rejected(
            code="not_accepted",
            zh=f"“{name}”的条件不满足: {zh}",
            en=f"the condition of {name!r} does not hold: {en}",
            accepted=accepted,
        )
    now = "、".join(accepted) or "-"
    return Rejected(
        code="not_accepted",
        zh=f"现在不接受“{name}”；可接受: {now}",
        en=f"{name!r} is not accepted now; accepted: {now}",
        accepted=accepted,
    )


def _closed_guards(machine: Machine, snapshot: Snapshot, event: str) -> list[Expression]:
    """The conditions of the transitions that would answer an event."""
    active = machine.active(tuple(machine.index[name] for name in snapshot.configuration))
    arcs = [
        arc for number, name in enumerate(machine.ids) if name in active for arc in machine.arcs[number] if answers(arc, event)
    ]
    return [arc.definition.guard for arc in arcs if arc.definition.guard is not None]


def _titles(definition: Definition, lang: str) -> dict[str, str]:
    return {spec.name: spec.title.of(lang) for spec in definition.fields}


INTERNAL = ("after.", "done.", "error.")
"""Events that the kernel makes itself."""


def accepted_events(machine: Machine, snapshot: Snapshot) -> tuple[str, ...]:
    """The events from outside that some transition of an active state names, guards aside, in document order."""
    active = machine.active(tuple(machine.index[name] for name in snapshot.configuration))
    found: dict[str, None] = {}
    for number, name in enumerate(machine.ids):
        if name in active:
            found.update(
                (event, None) for arc in machine.arcs[number] for event in arc.events if not event.startswith(INTERNAL)
            )
    return tuple(found)
