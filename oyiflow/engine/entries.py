"""How an event stands in the journal: its values and words in their lasting form, what it is about, and how it is read back.

Values that come from outside are first brought into the form in which the journal keeps them, so the kernel sees at
replay exactly what it saw the first time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from oyiflow.engine.access import Access, first_outcome, task_of
from oyiflow.engine.acts import in_words
from oyiflow.engine.texts import to_text
from oyiflow.kernel import Act, CallEnded, Event, Message, Operate, Snapshot, TimerFired
from oyiflow.kernel.codec import plain, words_from_json, words_to_json
from oyiflow.model.definition import Definition


def journalled(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Values as the journal will give them back; what has no such form is left for the kernel to refuse."""
    if not values:
        return {}
    return {str(name): v if type(v) is str else plain(_ordered(v)) for name, v in values.items()}


def in_words_of_journal(definition: Definition, snapshot: Snapshot, act: Act) -> Act:
    """An answer as the journal will give it back: with its outcome in so many words, and its values in their lasting form."""
    if act.outcome and act.values == {}:
        return act
    return in_words(act, act.outcome or first_outcome(definition, snapshot, act.task), journalled(act.values))


def prepared(access: Access, definition: Definition, snapshot: Snapshot, event: Act | Message, now: datetime) -> Act | Message:
    """What somebody says, as the kernel is to see it: checked, in lasting form, with the roles that the directory knows of.

    Raises `Forbidden` or `EventRejected` for what the directory or the policies do not take.
    """
    access.check_said(definition, event)
    if isinstance(event, Act):
        return access.answer(definition, snapshot, in_words_of_journal(definition, snapshot, event), now)
    return replace(event, values=journalled(event.values))


def _ordered(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, set | frozenset) else value


def event_of(before: Snapshot, event: Event) -> tuple[str, str, str]:
    """(kind, actor, step that it speaks of) of an event, for the journal."""
    match event:
        case Act():
            task = task_of(before, event.task)
            return "act", event.actor, task.state if task is not None else ""
        case Message():
            return "message", event.actor, ""
        case TimerFired():
            return "timer", "", next((timer.state for timer in before.timers if timer.id == event.timer), "")
        case CallEnded():
            name = dict(before.calls).get(event.call, "")
            return "call", "", name.partition(".")[2]
        case Operate():
            about = next((task.state for task in before.tasks if event.task and event.task in (task.id, task.state)), "")
            return "operate", event.actor, event.to if event.operation == "withdraw" else about


def told_by(event: Mapping[str, Any]) -> tuple[str, str, str]:
    """(outcome, comment, where to) of an event of the journal, whatever its kind calls them."""
    turned = event.get("when", "") if event.get("operation") == "add_signer" else ""
    outcome = event.get("outcome") or event.get("name") or event.get("operation") or ""
    said = event.get("comment") or words_from_json(event.get("reason") or "")
    return outcome, said, event.get("to") or turned


def is_same(written: Mapping[str, Any], step: str, event: Event) -> bool:
    """Whether an event is the one that the journal tells of, repeated. In whose name a deputy spoke is not asked again."""
    match event:
        case Act():
            said = (
                written.get("kind") == "act" and event.outcome in ("", written["outcome"]) and event.actor == written["actor"]
            )
            return said and event.task in (written["task"], step)
        case Message():
            return written.get("kind") == "message" and event.name == written["name"] and event.actor == written["actor"]
        case Operate():
            same = written.get("kind") == "operate" and event.operation == written["operation"]
            return same and event.actor == written["actor"] and event.task in (written.get("task", ""), step)
        case _:
            return True


def result_text(event: CallEnded) -> str:
    """A result as an outbox row carries it."""
    reason = words_to_json(event.reason)
    return to_text({"call": event.call, "failed": event.failed, "output": event.output, "reason": reason})
