"""Who may do what, where a host takes an event: the event as the kernel is to see it, with what the directory knows.

The same questions that the engine asks, of the same `Access`; without a directory nobody may do anything. What a host's own
history must hold is the answer, for a directory is of today and a history is replayed later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from oyiflow.engine.access import Access, check_event, first_outcome
from oyiflow.engine.projection import journalled
from oyiflow.engine.steps import refusal
from oyiflow.errors import EventRejected, Forbidden
from oyiflow.kernel import Act, Event, Message, Rejected, Snapshot, step
from oyiflow.kernel.people import asking_for_superiors
from oyiflow.model.definition import Definition

REPEATS = 100
"""Consents that may follow of themselves from one."""


def admitted(access: Access, definition: Definition, snapshot: Snapshot, event: Event, now: datetime) -> list[Event]:
    """The event with the roles of whoever speaks, and the consents that follow of themselves.

    Raises `Forbidden` or `EventRejected` for what the directory, the policies or the kernel do not take.
    """
    ready = _prepared(access, definition, snapshot, event, now)
    found: list[Event] = [ready]
    answer = step(definition, snapshot, ready, now)
    if isinstance(answer, Rejected):
        raise refusal(answer)
    follow = ready if isinstance(ready, Act) else None
    for _ in range(REPEATS):
        follow = access.repeated(definition, answer.snapshot, follow, now) if follow is not None else None
        after = step(definition, answer.snapshot, follow, now) if follow is not None else None
        if follow is None or after is None or isinstance(after, Rejected):
            break  # then the person is asked after all
        found.append(follow)
        answer = after
    return found


def spoken(definition: Definition, snapshot: Snapshot, event: Mapping[str, Any], wish: Event) -> Event | None:
    """The event as it says itself, where nobody has to be asked: a message, or an answer that brings the sender's roles along.

    None where more must be known. Whether what it says is true has been checked by then.
    """
    if isinstance(wish, Message):
        return replace(wish, values=journalled(wish.values))
    if not isinstance(wish, Act) or "holds" not in event or asking_for_superiors(definition):
        return None
    roles = frozenset(definition.role[name].name for name in event["holds"] if name in definition.role)
    outcome = wish.outcome or first_outcome(definition, snapshot, wish.task)
    return replace(wish, outcome=outcome, values=journalled(wish.values), roles=roles)


def _prepared(access: Access, definition: Definition, snapshot: Snapshot, event: Event, now: datetime) -> Event:
    match event:
        case Act():
            access.check_said(event)
            outcome = event.outcome or first_outcome(definition, snapshot, event.task)
            return access.answer(definition, snapshot, replace(event, outcome=outcome, values=journalled(event.values)), now)
        case Message():
            access.check_said(event)
            check_event(definition, event.name)
            return replace(event, values=journalled(event.values))
        case _:
            raise Forbidden(f"不能从外部发送 {type(event).__name__}", f"{type(event).__name__} cannot be sent from outside")


def check_hosted(definition: Definition) -> None:
    """Refuse what only an engine can do, which sees all instances: to wait for where another case stands."""
    if any(state.work is not None and state.work.only_while for state in definition.states.values()):
        raise EventRejected(
            f"{definition.name} 用了 only_while，这个宿主看不到别的实例；请用引擎",
            f"{definition.name} uses only_while, and this host does not see other instances; run it on the engine",
            code="not_accepted",
        )
