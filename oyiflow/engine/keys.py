"""The keys under which a request can be repeated: those that callers choose, and those that the machine keeps for itself.

A key stands in the journal beside the step that it has led to. What nobody asked for from outside has a key as well, so that
it is done once too; a caller's key begins with none of these signs and so never meets one of them.
"""

from __future__ import annotations

from oyiflow.engine.access import NAME_LIMIT, check_text
from oyiflow.errors import EventRejected

OWN_KEY = "#"
"""Begins the key of a step that was given none."""
TIMER_KEY = "timer:"
"""Begins the key under which a timer fires."""
CALL_KEY = "call:"
"""Begins the key under which a call is answered."""
SCHEDULE_KEY = "schedule:"
"""Begins the key of a start by schedule."""
_OWN = (OWN_KEY, TIMER_KEY, CALL_KEY, SCHEDULE_KEY)


def check_key(key: str) -> None:
    """Refuse a caller's key that is empty, that no database should get, or that the machine keeps for itself."""
    if len(key) > NAME_LIMIT or not key.isprintable():
        check_text(key, "key")
    if not key or key.startswith(_OWN):
        raise EventRejected(
            "key 不能为空，也不能以 #、timer:、call:、schedule: 开头", "a key is not empty and does not begin with #, timer:, call: or schedule:",
            code="invalid_value",
        )  # fmt: skip


def key_taken(key: str) -> EventRejected:
    """The refusal of a key that has already stood for something else."""
    return EventRejected(
        f"key {key} 已用于另一次请求", f"the key {key} has already been used for another request", code="key_taken"
    )
