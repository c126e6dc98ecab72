"""The journal of many instances as an event log for process mining: CSV, XES (IEEE 1849) and OCEL 2.0 (JSON).

One event for every step that somebody or something took: the activity is the step's title, with what was answered; the
resource is who did it. Values are those that the viewer may see. The texts are made here; writing them is the caller's.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from oyiflow.engine.views import Instance, JournalEntry
from oyiflow.kernel.codec import plain
from oyiflow.kernel.operations import WORDS
from oyiflow.model.definition import Definition

NAMES = {
    "start": "发起 start",
    "message": "消息 message",
    "timer": "到期 timer",
    "call": "返回 return",
    "cancel": "取消 cancel",
    "migrate": "换版本 migrate",
}
"""Activities of events that belong to no step."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_CHARACTER = re.compile("[\ud800-\udfff]")
"""What XML cannot hold at all, and what no encoding can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """One event of a log."""

    case: str
    process: str
    version: int
    number: int
    at: datetime
    activity: str
    step: str
    outcome: str
    resource: str
    on_behalf: str
    comment: str
    values: tuple[tuple[str, str], ...]


def events_of(instance: Instance, definition: Definition, history: Iterable[JournalEntry]) -> list[LoggedEvent]:
    """The events of one instance, in order."""
    found = []
    for entry in history:
        title = _activity(definition, entry)
        values = tuple((name, _text(value)) for name, value in entry.values.items())
        found.append(
            LoggedEvent(
                case=instance.id, process=instance.process, version=instance.version, number=entry.revision, at=entry.at, activity=title,
                step=entry.step, outcome=entry.outcome, resource=entry.actor, on_behalf=entry.on_behalf, comment=entry.comment, values=values,
            )
        )  # fmt: skip
    return found


def _activity(definition: Definition, entry: JournalEntry) -> str:
    """The step that was done; or, where somebody did something with it besides answering, what that was."""
    if entry.kind == "operate":
        return " ".join(WORDS.get(entry.outcome, (entry.outcome,)))
    state = definition.states.get(entry.step)
    return state.title.of("zh") if state is not None and state is not definition.root else NAMES.get(entry.kind, entry.kind)


def _text(value: Any) -> str:
    found = plain(value)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def as_csv(events: Sequence[LoggedEvent]) -> str:
    """One line per event, with the column names that pm4py and Disco know. A cell never begins like a formula of a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    head = ("case:concept:name", "concept:name", "time:timestamp", "org:resource", "process", "version", "number", "step", "outcome",
            "on_behalf_of", "comment", "values")  # fmt: skip
    writer.writerow(head)
    for one in events:
        values = json.dumps(dict(one.values), ensure_ascii=False) if one.values else ""
        row = (one.case, one.activity, one.at.isoformat(), one.resource, one.process, one.version, one.number, one.step, one.outcome,
               one.on_behalf, one.comment, values)  # fmt: skip
        writer.writerow([_cell(str(cell)) for cell in row])
    return _NO_CHARACTER.sub("�", out.getvalue())


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def as_xes(events: Sequence[LoggedEvent]) -> str:
    """An XES log: one trace per case, with the standard extensions concept, time, organizational and lifecycle."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<log xes.version="1849.2016" xmlns="http://www.xes-standard.org/">']
    for name, prefix in (("Concept", "concept"), ("Time", "time"), ("Organizational", "org"), ("Lifecycle", "lifecycle")):
        lines.append(f'  <extension name="{name}" prefix="{prefix}" uri="http://www.xes-standard.org/{prefix}.xesext"/>')
    lines.append('  <classifier name="Activity" keys="concept:name"/>')
    case = None
    for one in events:
        if one.case != case:
            lines += ["  </trace>"] if case is not None else []
            lines += ["  <trace>", _xes("string", "concept:name", one.case, 4), _xes("string", "process", one.process, 4)]
            case = one.case
        lines += ["    <event>", *(_xes(kind, key, value, 6) for kind, key, value in _attributes(one)), "    </event>"]
    return "\n".join([*lines, *(["  </trace>"] if case is not None else []), "</log>"]) + "\n"


def _attributes(one: LoggedEvent) -> Iterable[tuple[str, str, str]]:
    yield "string", "concept:name", one.activity
    yield "date", "time:timestamp", one.at.isoformat(timespec="milliseconds")
    yield "string", "lifecycle:transition", "complete"
    more = (
        ("org:resource", one.resource),
        ("step", one.step),
        ("outcome", one.outcome),
        ("on_behalf_of", one.on_behalf),
        ("comment", one.comment),
    )
    yield from (("string", key, value) for key, value in (*more, *((f"value:{n}", v) for n, v in one.values)) if value)


def _xes(kind: str, key: str, value: str, pad: int) -> str:
    key, value = _NOT_XML.sub("�", key), _NOT_XML.sub("�", value)
    return f"{' ' * pad}<{kind} key={quoteattr(key)} value={quoteattr(value)}/>"


def as_ocel(events: Sequence[LoggedEvent]) -> str:
    """An OCEL 2.0 log in JSON: cases and people are objects; an event relates to its case and to whoever acted."""
    kinds = sorted({one.process for one in events})
    person = "person"
    while person in kinds or any(one.case.startswith(f"{person}:") for one in events):  # a process may be called so too
        person += "_"
    people = sorted({name for one in events for name in (one.resource, one.on_behalf) if name})
    attributes = [{"name": name, "type": "string"} for name in ("step", "outcome", "comment", "values")]
    document = {
        "objectTypes": [{"name": kind, "attributes": []} for kind in (*kinds, person)],
        "eventTypes": [{"name": name, "attributes": attributes} for name in sorted({one.activity for one in events})],
        "objects": [
            *(
                {"id": case, "type": kind, "attributes": [], "relationships": []}
                for case, kind in {e.case: e.process for e in events}.items()
            ),
            *({"id": f"{person}:{name}", "type": person, "attributes": [], "relationships": []} for name in people),
        ],
        "events": [_ocel(one, person) for one in events],
    }
    return _NO_CHARACTER.sub("�", json.dumps(document, ensure_ascii=False, indent=1)) + "\n"


def _ocel(one: LoggedEvent, person: str) -> dict[str, Any]:
    given = (
        ("step", one.step),
        ("outcome", one.outcome),
        ("comment", one.comment),
        ("values", json.dumps(dict(one.values), ensure_ascii=False) if one.values else ""),
    )
    related = [
        (one.case, "case"),
        *((f"{person}:{name}", role) for name, role in ((one.resource, "actor"), (one.on_behalf, "on behalf of")) if name),
    ]
    return {
        "id": f"{one.case}/{one.number}",
        "type": one.activity,
        "time": one.at.isoformat(timespec="milliseconds"),
        "attributes": [{"name": name, "value": value} for name, value in given if value],
        "relationships": [{"objectId": id, "qualifier": qualifier} for id, qualifier in related],
    }
