"""Who may do what, where a host takes an event: the event as the kernel is to see it, with what the directory knows.

The same questions that the engine asks, of the same `Access`; without a directory nobody may do anything. What a host's own
history must hold is the answer, for a directory is of today and a history is replayed later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from oyiflow.engine.access import REPEATS, Access, own_roles
from oyiflow.engine.entries import in_words_of_journal, journalled, prepared
from oyiflow.engine.steps import refusal
from oyiflow.errors import EventRejected, Forbidden
from oyiflow.kernel import Act, Event, Message, Rejected, Snapshot, step
from oyiflow.kernel.people import asking_for_superiors
from oyiflow.model.definition import Definition

ASK = "ask"
"""The code of a refusal: the roles that an answer brought along are not all that there is to know; send it without."""
LARGEST = 256_000
"""Characters of one event as JSON. Temporal takes 2 MB at a time, and what has been taken is carried along."""


def admitted(access: Access, definition: Definition, snapshot: Snapshot, event: Event, now: datetime) -> list[Event]:
    """The event with the roles of whoever speaks, and the consents that follow of themselves.

    Raises `Forbidden` or `EventRejected` for what the directory, the policies or the kernel do not take.
    """
    if not isinstance(event, Act | Message):
        raise Forbidden(f"不能从外部发送 {type(event).__name__}", f"{type(event).__name__} cannot be sent from outside")
    ready: Event | None = prepared(access, definition, snapshot, event, now)
    found: list[Event] = []
    while ready is not None and len(found) <= REPEATS:
        answer = step(definition, snapshot, ready, now)
        if isinstance(answer, Rejected):
            if found:
                break  # then the person is asked after all
            raise refusal(answer)
        found.append(ready)
        snapshot = answer.snapshot
        ready = access.repeated(definition, snapshot, ready, now) if isinstance(ready, Act) else None
    return found


def spoken(definition: Definition, snapshot: Snapshot, event: Mapping[str, Any], wish: Event) -> Event | None:
    """The event as it says itself, where nobody has to be asked: a message, or an answer that brings the sender's roles along.

    None where more must be known. Whether what it says is true has been checked by then.
    """
    if isinstance(wish, Message):
        return replace(wish, values=journalled(wish.values))
    if not isinstance(wish, Act) or "holds" not in event or asking_for_superiors(definition):
        return None
    return replace(in_words_of_journal(definition, snapshot, wish), roles=own_roles(definition, frozenset(event["holds"])))


def heard(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event from outside: an answer, if it does not say what it is; the roles that it claims are not believed."""
    return {"kind": "act", **event, "roles": [], "leads": []}


def said(event: Mapping[str, Any]) -> list[str]:
    """By what an event from outside is known again when it is repeated."""
    return [str(event.get(part) or "") for part in ("kind", "task", "outcome", "name", "operation", "actor")]


def check_size(data: Any) -> None:
    """Refuse what is no JSON, or more of it than travels with a case. Raises `EventRejected`."""
    try:
        size = len(json.dumps(data))
    except (TypeError, ValueError, RecursionError) as error:
        raise EventRejected(f"不是 JSON 数据：{error}", f"this is no JSON: {error}", code="invalid_value") from None
    if size > LARGEST:
        zh, en = f"数据太大：{size} 字符，最多 {LARGEST}", f"too large: {size} characters, at most {LARGEST}"
        raise EventRejected(zh, en, code="invalid_value")
