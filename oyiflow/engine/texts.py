"""The texts of a step, written piece by piece in a fourth of the time: the bytes of the kernel's codec, for effects fewer.

A step writes down a snapshot of which little has changed, effects of which nearly all are a task closed and a task opened,
and a trace that the kernel keeps one object of. So the text of a field is kept while its value is the same object, the text
of a place and of a trace is made once for a definition (`Phrases`), and the common events and effects are put together here;
effects leave out what the entry of the journal says anyway, and a snapshot what the row of its instance says.
What is not spelled out here, or has got other parts than those that are (`_SAME`), goes the codec's way; the tests compare
both on every kind of step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import compress
from operator import is_not
from typing import Any, NamedTuple

from oyiflow.kernel import Act, Event, Snapshot, Step, Task, effect_to_json, event_to_json, snapshot_to_json
from oyiflow.kernel.codec import FORMAT
from oyiflow.kernel.messages import Effect, TaskClosed, TaskOpened, Trace
from oyiflow.kernel.snapshot import Pending, Place, Timer
from oyiflow.model.definition import Definition
from oyiflow.model.values import to_json
from oyiflow.store.protocol import InstanceRow, JournalRow

CALENDAR = "calendar"
"""Where an event of the journal names the calendar that counted; nothing there means the plain week."""

_quote: Callable[[str], str] = json.encoder.encode_basestring
_KNOWN = 4096
_SAME = (
    Snapshot._fields == ("pin", "instance", "revision", "place", "data", "pending")
    and Pending._fields == ("status", "tasks", "timers", "calls", "did", "kept")
    and getattr(Task, "__slots__", ()) == ("id", "state", "opened", "waiting", "votes", "due", "arranged")
    and getattr(Act, "__slots__", ())
    == ("task", "outcome", "actor", "roles", "values", "comment", "on_behalf", "leads", "checked")
    and getattr(Timer, "__slots__", ()) == ("id", "due", "event", "state", "send_id")
    and FORMAT == 1
)


def _writer(sorted_by_name: bool) -> Callable[[Any], str]:
    """`JSONEncoder.encode` builds its C encoder anew at each call, which costs more than the encoding of a journal entry."""
    encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=sorted_by_name)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    fast = make(None, encoder.default, _quote, None, ":", ",", sorted_by_name, False, False)
    return lambda data: "".join(fast(data, 0))


to_text = _writer(False)
"""JSON in one line."""
_by_name = _writer(True)


class Filled(NamedTuple):
    """The text of the fields of a snapshot, kept for the next one."""

    data: Mapping[str, Any]
    names: list[str]
    """The fields in the order of `data`."""
    parts: dict[str, str]
    """By field, in the order of their names: `"field":value` as JSON."""
    text: str


NOTHING = Filled({}, [], {}, "{}")
_filled = tuple.__new__  # in a third of the time


def filled(definition: Definition, data: Mapping[str, Any], known: Filled) -> Filled:
    """The fields as JSON; those that have not changed since `known` are not written anew."""
    before = known.data
    if data is before:
        return known
    names, spec = list(data), definition.field
    if names == known.names:  # most steps change values only
        parts = known.parts.copy()
        changed = list(compress(names, map(is_not, data.values(), before.values())))
    else:
        parts = {name: known.parts.get(name, "") for name in sorted(names)}
        changed = [name for name in names if name not in before or before[name] is not data[name]]
    for name in changed:
        value = to_json(spec[name].type, data[name])
        parts[name] = f"{_quote(name)}:{_quote(value) if type(value) is str else to_text(value)}"
    return _filled(Filled, (data, names, parts, "{" + ",".join(parts.values()) + "}"))


class Phrases:
    """The texts that the instances of one definition share; each is made at its first use."""

    __slots__ = ("places", "traces")

    def __init__(self) -> None:
        self.places: dict[int, tuple[Place, str, str]] = {}  # a place and a trace are one object each: known by being the same
        self.traces: dict[int, tuple[tuple[Trace, ...], str]] = {}

    def place(self, place: Place) -> tuple[Place, str, str]:
        """Where an instance stands: configuration and history."""
        found = self.places.get(id(place))
        if found is None:
            if len(self.places) >= _KNOWN:
                self.places.clear()
            found = self.places[id(place)] = (place, to_text(place.configuration), to_text(dict(place.history)))
        return found

    def trace(self, trace: tuple[Trace, ...]) -> str:
        """The microsteps; of a remembered way the kernel gives the same object each time."""
        found = self.traces.get(id(trace))
        if found is None:
            text = to_text([{"exited": t.exited, "transitions": t.transitions, "entered": t.entered} for t in trace])
            if len(self.traces) >= _KNOWN:
                self.traces.clear()
            found = self.traces[id(trace)] = (trace, text)
        return found[1]


def phrases(definition: Definition) -> Phrases:
    """Those of a definition."""
    found: Phrases | None = definition.memo.get("phrases")
    return found if found is not None else definition.memo.setdefault("phrases", Phrases())


def effects_text(step: Step, now: datetime) -> str:
    """The effects of a step as the journal keeps them: see `effects_of`."""
    snapshot, effects, _ = step
    prefix, suffix = f"{snapshot[1]}/{snapshot[2]}/", f"@{snapshot[2]}"
    return "[" + ",".join([_effect(effect, f"{prefix}{n}", suffix, now) for n, effect in enumerate(effects)]) + "]"


def _effect(effect: Effect, id: str, suffix: str, now: datetime) -> str:
    """As `effect_to_json`; the two that nearly every step has are spelled out, without what the entry says itself."""
    if effect.__class__ is TaskClosed and effect.id == id:
        return f'{{"kind":"TaskClosed","task":{_quote(effect.task)},"outcome":{_quote(effect.outcome)}}}'
    if effect.__class__ is TaskOpened and effect.id == id and effect.task.opened is now:
        task = effect.task
        if _SAME and not task.votes and task.arranged is None and task.id == task.state + suffix:
            due = f',"due":"{task.due.isoformat()}"' if task.due else ""
            return f'{{"kind":"TaskOpened","task":{{"id":{_quote(task.id)},"waiting":{_places(task.waiting)}{due}}}}}'
    raw = effect_to_json(effect)
    return to_text(raw if raw.pop("id") == id else {"kind": raw["kind"], "id": effect.id, **raw})


def passing_texts(gone: TaskClosed, come: TaskOpened, at: str) -> tuple[str, str] | None:
    """The effects of a step that only passes a task on, and the tasks then open; None if this one is out of the ordinary.

    `at` is the moment of the step, as the store keeps it.
    """
    task = come.task
    id, state = task.id, task.state
    ordinary = _SAME and task.due is None and task.arranged is None and not task.votes
    if not ordinary or id.rpartition("@")[0] != state or gone.id[-2:] != "/0" or come.id[-2:] != "/1":
        return None
    opened = at if task.opened.microsecond else task.opened.isoformat()
    closed, outcome, id, waiting = _quote(gone.task), _quote(gone.outcome), _quote(id), _places(task.waiting)
    return (
        f'[{{"kind":"TaskClosed","task":{closed},"outcome":{outcome}}},'
        f'{{"kind":"TaskOpened","task":{{"id":{id},"waiting":{waiting}}}}}]',
        f'[{{"id":{id},"state":{_quote(state)},"opened":"{opened}","waiting":{waiting},"votes":[],"due":null}}]',
    )


def effects_of(row: JournalRow) -> list[dict[str, Any]]:
    """The effects of an entry as `effect_to_json` gives them: what their text leaves out, the entry itself says."""
    found = []
    for number, told in enumerate(json.loads(row.effects)):
        effect = {"kind": told["kind"], "id": f"{row.instance}/{row.revision}/{number}", **told}
        if effect["kind"] == "TaskOpened" and "state" not in told["task"]:
            opened = datetime.fromisoformat(row.at).isoformat()
            id, waiting, due = told["task"]["id"], told["task"]["waiting"], told["task"].get("due")
            state = id.rpartition("@")[0]
            effect["task"] = {"id": id, "state": state, "opened": opened, "waiting": waiting, "votes": [], "due": due}
        found.append(effect)
    return found


def snapshot_text(after: tuple[Definition, InstanceRow, Snapshot], shared: Phrases, data: Filled, tasks: str) -> str:
    """A snapshot as it is stored: as `snapshot_to_json` has it, byte for byte, without what the row says. `tasks`: their text, if it is known."""
    definition, row, snapshot = after
    pin, place, pending = snapshot[0], snapshot[3], snapshot[5]
    moved = "" if pin[2] == row.digest and pin[1] == row.version else f'"version":{pin[1]},"digest":"{pin[2]}",'
    tasks = tasks or _tasks(pending.tasks)
    if not tasks or pending.kept is not None:
        return _written_out(definition, snapshot, moved)
    timers, calls = pending.timers, pending.calls
    _, configuration, history = shared.place(place)
    return (
        f'{{{moved}"configuration":{configuration},"data":{data.text},"tasks":{tasks}'
        f',"timers":[{",".join(map(_timer, timers)) if timers else ""}],"calls":{to_text(calls) if calls else "[]"}'
        f',"history":{history},"did":{_by_name(pending.did)}}}'
    )


def _tasks(tasks: Sequence[Task]) -> str:
    """The open tasks; "" if one of them has more to tell than most."""
    if not _SAME or any(task.votes or task.arranged is not None for task in tasks):
        return ""
    texts = [
        f'{{"id":{_quote(task.id)},"state":{_quote(task.state)},"opened":"{task.opened.isoformat()}","waiting":{_places(task.waiting)}'
        f',"votes":[],"due":{_quote(task.due.isoformat()) if task.due else "null"}}}'
        for task in tasks
    ]
    return f"[{','.join(texts)}]"


def _written_out(definition: Definition, snapshot: Snapshot, moved: str) -> str:
    """The same by the codec; the first place of the configuration is no quotation, in which the sign " would have a \\ before it."""
    _, begin, rest = snapshot_to_json(definition, snapshot).partition('"configuration":')
    return f"{{{moved}{begin}{rest}"


_MOVED = re.compile(r'\{(?:"format":\d+,"definition":"(?:[^"\\]|\\.)*",)?"version":(\d+),"digest":"([0-9a-f]{64})",')


def pinned(row: InstanceRow) -> str:
    """The digest that an instance is pinned to now: what its snapshot says, if it has moved since it began."""
    found = _MOVED.match(row.snapshot)
    return found[2] if found is not None else row.digest


def whole_snapshot(row: InstanceRow) -> str:
    """The text of `snapshot_to_json` from a row: with what the row says. Those of before are whole."""
    if row.snapshot.startswith('{"format":'):
        return row.snapshot
    found = _MOVED.match(row.snapshot)
    version, digest, begin = (int(found[1]), found[2], found.end()) if found is not None else (row.version, row.digest, 1)
    pin = {"format": FORMAT, "definition": row.process, "version": version, "digest": digest}
    head = to_text({**pin, "instance": row.id, "revision": row.revision, "status": row.status})
    return f"{head[:-1]},{row.snapshot[begin:]}"


def _names(names: Sequence[str]) -> str:
    return f"[{_quote(names[0])}]" if len(names) == 1 else to_text(names)


def _places(places: tuple[int, ...]) -> str:
    return f"[{places[0]}]" if len(places) == 1 else to_text(places)


def _timer(timer: Timer) -> str:
    return to_text((timer.id, timer.due.isoformat(), timer.event, timer.state, timer.send_id))


def event_text(event: Event, calendar: str) -> str:
    """As `event_to_json`, with the name of the calendar that counts."""
    if not _SAME or type(event) is not Act or event.on_behalf or event.leads or event.checked or calendar:
        raw = event_to_json(event)
        return to_text({**raw, CALENDAR: calendar} if calendar else raw)
    return (
        f'{{"kind":"act","task":{_quote(event.task)},"outcome":{_quote(event.outcome)},"actor":{_quote(event.actor)}'
        f',"comment":{_quote(event.comment)},"roles":{_names(sorted(event.roles))},"values":{to_text(event.values) if event.values else "{}"}}}'
    )
