"""The texts of a step, written piece by piece: the same bytes as the kernel's codec gives, in a third of the time.

A step writes down a snapshot of which little has changed, effects of which nearly all are a task closed and a task opened,
and a trace that the kernel keeps one object of. So the text of a field is kept while its value is the same object, the text
of a place and of a trace is made once, and the common effects are put together here. What is not spelled out here, or has
got other parts than those that are (`_SAME`), goes the codec's way; the tests compare both on every kind of step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from oyiflow.kernel import Snapshot, Step, Task, effect_to_json, snapshot_to_json
from oyiflow.kernel.codec import FORMAT
from oyiflow.kernel.messages import Effect, TaskClosed, TaskOpened, Trace
from oyiflow.kernel.snapshot import Pending, Pin, Place
from oyiflow.model.definition import Definition
from oyiflow.model.values import to_json

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_MAKE = getattr(json.encoder, "c_make_encoder", None)
# `JSONEncoder.encode` builds its C encoder anew at each call, which costs more than the encoding of a journal entry.
_FAST = _MAKE(None, _ENCODER.default, json.encoder.encode_basestring, None, ":", ",", False, False, False) if _MAKE else None
_quote: Callable[[str], str] = json.encoder.encode_basestring
_KNOWN = 4096
_TASK, _PENDING = ("id", "state", "opened", "waiting", "votes", "due"), ("status", "tasks", "timers", "calls", "did")
_SLOTS: tuple[str, ...] = getattr(Task, "__slots__", ())
_SAME = (
    Pending._fields[: len(_PENDING)] == _PENDING
    and Snapshot._fields == ("pin", "instance", "revision", "place", "data", "pending")
    and _SLOTS[: len(_TASK)] == _TASK
    and FORMAT == 1
)
_MORE = tuple(Pending._fields[len(_PENDING) :]), _SLOTS[len(_TASK) :]
"""Parts that are not spelled out here; what has any of them goes the codec's way."""


def to_text(data: Any) -> str:
    """JSON in one line."""
    return "".join(_FAST(data, 0)) if _FAST is not None else _ENCODER.encode(data)


class Filled(NamedTuple):
    """The text of the fields of a snapshot, kept for the next one."""

    data: Mapping[str, Any]
    parts: Mapping[str, tuple[Any, str]]
    """By field: the value, and `"field":value` as JSON."""
    text: str


NOTHING = Filled({}, {}, "{}")


def filled(definition: Definition, data: Mapping[str, Any], known: Filled) -> Filled:
    """The fields as JSON; those that have not changed since `known` are not written anew."""
    if data is known.data:
        return known
    parts, spec, before = {}, definition.field, known.parts
    for name in sorted(data):
        value = data[name]
        part = before.get(name)
        if part is None or part[0] is not value:
            text = _quote(value) if type(value) is str else to_text(to_json(spec[name].type, value))
            part = (value, f"{_quote(name)}:{text}")
        parts[name] = part
    return Filled(data, parts, "{" + ",".join([part[1] for part in parts.values()]) + "}")


def snapshot_text(definition: Definition, snapshot: Snapshot, data: Filled) -> str:
    """As `snapshot_to_json`, byte for byte."""
    pin, instance, revision, place, _, pending = snapshot
    status, tasks, timers, calls, did = pending[:5]
    if not _SAME or timers or any(map(_is_special, tasks)) or any(getattr(pending, name) is not None for name in _MORE[0]):
        return snapshot_to_json(definition, snapshot)
    configuration, history = _place(definition, place)
    people = ",".join([f"{_quote(step)}:{_names(did[step])}" for step in sorted(did)])
    return (
        f'{_head(definition, pin)}{_quote(instance)},"revision":{revision},"status":"{status}","configuration":{configuration}'
        f',"data":{data.text},"tasks":[{",".join([_task(task) for task in tasks])}],"timers":[]'
        f',"calls":{to_text(calls) if calls else "[]"},"history":{history},"did":{{{people}}}}}'
    )


def _is_special(task: Task) -> bool:
    """Whether a task has more than is spelled out here."""
    return bool(task.votes) or any(getattr(task, name) is not None for name in _MORE[1])


def _head(definition: Definition, pin: Pin) -> str:
    known = definition.memo.setdefault("heads", {})
    found: str | None = known.get(pin.version)
    if found is None:
        name, version, digest = pin
        head = {"format": FORMAT, "definition": name, "version": version, "digest": digest}
        found = known[version] = to_text(head)[:-1] + ',"instance":'
    return found


def _place(definition: Definition, place: Place) -> tuple[str, str]:
    """The texts of where an instance stands; a place is one object, so it is known by being the same."""
    known = definition.memo.setdefault("places", {})
    found = known.get(id(place))
    if found is None:
        texts = to_text(place.configuration), to_text(dict(place.history))
        if len(known) >= _KNOWN:
            known.clear()
        found = known[id(place)] = (place, texts)
    kept: tuple[str, str] = found[1]
    return kept


def _names(names: tuple[str, ...]) -> str:
    return f"[{_quote(names[0])}]" if len(names) == 1 else to_text(names)


def _task(task: Task) -> str:
    """A task without votes."""
    places = task.waiting
    waiting = f"[{places[0]}]" if len(places) == 1 else to_text(places)
    due = f'"{task.due.isoformat()}"' if task.due else "null"
    return (
        f'{{"id":{_quote(task.id)},"state":{_quote(task.state)},"opened":"{task.opened.isoformat()}","waiting":{waiting}'
        f',"votes":[],"due":{due}}}'
    )


def effects_text(step: Step) -> str:
    """The effects of a step as the journal keeps them."""
    return "[" + ",".join([_effect(effect) for effect in step.effects]) + "]"


def _effect(effect: Effect) -> str:
    """As `effect_to_json`; the two that nearly every step has are spelled out."""
    if _SAME and type(effect) is TaskClosed:
        return (
            f'{{"kind":"TaskClosed","id":{_quote(effect.id)},"task":{_quote(effect.task)},"outcome":{_quote(effect.outcome)}}}'
        )
    if _SAME and type(effect) is TaskOpened and not effect.task.votes and not effect.task.arranged:
        return f'{{"kind":"TaskOpened","id":{_quote(effect.id)},"task":{_task(effect.task)}}}'
    return to_text(effect_to_json(effect))


def trace_text(definition: Definition, trace: tuple[Trace, ...]) -> str:
    """The microsteps; of a remembered way the kernel gives the same object each time."""
    known = definition.memo.setdefault("traces", {})
    found = known.get(id(trace))
    if found is not None:
        text: str = found[1]
        return text
    text = to_text([{"exited": t.exited, "transitions": t.transitions, "entered": t.entered} for t in trace])
    if len(known) >= _KNOWN:
        known.clear()
    known[id(trace)] = (trace, text)
    return text
