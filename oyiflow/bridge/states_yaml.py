"""A definition written out as a `states:` file: what a procedure was lowered to, in words that load again.

What has no key in a life cycle (the verbs of the author's lines, rules, examples) is left out; what people may answer
becomes the events of the transitions. One line per short item, so that it can be read beside the procedure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oyiflow.model.definition import (
    STARTER,
    Action,
    Assignee,
    Cancel,
    Definition,
    Log,
    Mode,
    Notify,
    Perform,
    Raise,
    Send,
    Set,
    State,
    StateKind,
    Text,
    Transition,
    Work,
)
from oyiflow.model.expression import EMPTY
from oyiflow.model.expression import text as expression_text
from oyiflow.model.values import to_json

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./@ ")


def states_yaml(definition: Definition) -> str:
    """The YAML text of a definition with its lowered states."""
    lines = [f"process: {definition.name}", f"title: {_flow(_text(definition.title))}", f"version: {definition.version}"]
    lines += _table("roles", {r.name: _role(r.title, r.aliases, r.outside) for r in definition.roles})
    lines += _table("form", {f.name: _field(f) for f in definition.fields})
    if definition.root.initial:
        lines.append(f"initial: {_flow(list(definition.root.initial))}")
    if definition.root.transitions:
        lines.append("transitions:")
        lines += [f"  - {_flow(_transition(way))}" for way in definition.root.transitions]
    lines.append("states:")
    for state in definition.root.states:
        lines += _state(state, 1)
    return "\n".join(lines) + "\n"


def _table(name: str, rows: dict[str, Any]) -> Iterator[str]:
    if rows:
        yield f"{name}:"
        yield from (f"  {key}: {_flow(value)}" for key, value in rows.items())


def _role(title: Text, aliases: tuple[str, ...], outside: bool) -> dict[str, Any]:
    return _some({"title": _text(title), "alias": list(aliases), "outside": outside})


def _field(field: Any) -> dict[str, Any]:
    limits = {name: to_json(field.type, getattr(field, name)) for name in ("min", "max") if getattr(field, name) is not None}
    limits |= {name: "today" for name, bound in (("min", field.not_past), ("max", field.not_future)) if bound}
    return _some(
        {"title": _text(field.title), "type": field.type.value, "required": field.required, "of": list(field.options), **limits}
    ) | _some(
        {
            "sensitive": field.sensitive,
            "visible_to": list(field.visible_to),
            "keep": field.keep,
            "columns": {column.name: _field(column) for column in field.columns},
        }
    )


def _state(state: State, depth: int) -> Iterator[str]:
    pad = "  " * depth
    verb = {StateKind.PARALLEL: "parallel", StateKind.HISTORY: "history", StateKind.FINAL: "end"}.get(state.kind, "state")
    yield f"{pad}- {verb}: {state.id}"
    head = {
        "title": _text(state.title) if state.title != Text() else None,
        **(_work(state.work) if state.work else {}),
        **_call(state),
    }
    if state.kind is StateKind.HISTORY:
        head |= {"default": list(state.initial), "deep": state.deep}
    elif state.initial:
        head |= {"initial": list(state.initial)}
    if state.output:
        head |= {"output": {name: expression_text(value) for name, value in state.output}}
    yield from (f"{pad}  {key}: {_flow(value)}" for key, value in _some(head).items())
    for key, actions in (("entry", state.entry), ("exit", state.exit)):
        if actions:
            yield f"{pad}  {key}: {_flow([_action(action) for action in actions])}"
    if state.transitions:
        yield f"{pad}  transitions:"
        yield from (f"{pad}    - {_flow(_transition(way))}" for way in state.transitions)
    if state.states:
        yield f"{pad}  states:"
        for child in state.states:
            yield from _state(child, depth + 2)


def _work(work: Work) -> dict[str, Any]:
    people = [_person(who) for who in work.by]
    voted = f"vote {work.share}%" if work.mode is Mode.VOTE else work.mode.value
    looked = work.only_while
    return {
        "by": people[0] if len(people) == 1 else people,
        "mode": voted if work.mode is not Mode.ANY else None,
        "who": _person(work.who) if work.who is not None else None,
        "fill": list(work.fill),
        "see": list(work.see),
        "hide": list(work.hide),
        "checklist": [_text(item) for item in work.checklist],
        "allow": list(work.allow),
        "only_while": {"process": looked.process, "at": looked.at, "same": looked.same} if looked is not None else None,
        "makes": list(work.makes),
        "needs": list(work.needs),
        "helped_by": list(work.helped_by),
        "meets": list(work.meets),
        "not_before": work.not_before,
        "stamp": work.stamp,
    }


def _person(who: Assignee) -> Any:
    if who.role:
        return who.role
    doer = STARTER if who.whoever_did.startswith("@") else who.whoever_did
    if who.superior:
        return {"manager_of": who.person_in or doer}
    return {"person_in": who.person_in} if who.person_in else {"whoever_did": doer}


def _call(state: State) -> dict[str, Any]:
    if state.call is None:
        return {}
    inputs = {name: expression_text(value) for name, value in state.call.inputs}
    call = state.call
    return {
        "process": call.process,
        "handler": call.handler,
        "retries": call.retries,
        "version": call.version,
        "in": call.each,
        "as": call.item,
        "with": inputs,
        "gives": dict(call.outputs),
    }


def _transition(way: Transition) -> dict[str, Any]:
    return _some(
        {
            "event": way.events[0] if len(way.events) == 1 else list(way.events),
            "after": way.after.text("en") if way.after is not None else None,
            "at": way.at,
            "day": f"day {way.day}" if way.day else None,
            "over": way.over,
            "on_holiday": way.on_holiday,
            "always": not way.events and not way.timed and way.guard is None,
            "when": expression_text(way.guard) if way.guard is not None else None,
            "to": way.targets[0] if len(way.targets) == 1 else list(way.targets),
            "internal": way.internal,
            "meant": way.meant,
            "actions": [_action(action) for action in way.actions],
            "label": _text(way.label) if way.label != Text() else None,
        }
    )


def _action(action: Action) -> dict[str, Any]:
    match action:
        case Set(field=field, value=value):
            return {"set": field, "value": "" if value == EMPTY else expression_text(value)}
        case Raise(event=event):
            return {"raise": event}
        case Send(event=event, after=after, id=id):
            return _some({"send": event, "after": after.text("en") if after else None, "id": id})
        case Cancel(id=id):
            return {"cancel": id}
        case Log(text=text):
            return {"log": _text(text)}
        case Notify(about=about, reason="tell", roles=roles):
            return {"tell": list(roles), "about": about}
        case Notify(about=about, reason="rule"):
            return {"overdue": about.removeprefix("@")}
        case Notify(about=about, reason=reason):
            return {reason: about}
        case Perform(handler=handler, inputs=inputs):
            return _some({"perform": handler, "with": {name: expression_text(value) for name, value in inputs}})


def _text(text: Text) -> Any:
    return {"zh": text.zh, "en": text.en} if text.zh and text.en else text.zh or text.en


def _some(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {}, False)}


def _flow(value: Any) -> str:
    """A value in flow style; whatever is not a plain word is quoted."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if text and _is_plain(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _is_plain(text: str) -> bool:
    ordinary = all(char in _PLAIN or "\u4e00" <= char <= "\u9fff" for char in text)
    return (
        ordinary
        and text == text.strip()
        and text[0] not in "@.0123456789"
        and text not in ("true", "false", "null", "no", "yes", "on", "off")
    )
