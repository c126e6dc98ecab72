"""Words for a play that has come to a stop: what the instance waits for, and what the example would have to say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from oyiflow.diagnostics import Fix
from oyiflow.engine.engine import Engine
from oyiflow.engine.views import Waiting


def awaited(engine: Engine, id: str) -> tuple[str, str]:
    """What an instance waits for now, in Chinese and English; `id` is "" when it could not be started."""
    if not id:
        return "没有（还没有开始）", "nothing (it has not begun)"
    instance = engine.instance(id)
    if instance.status != "running":
        where = "、".join(instance.configuration)
        return f"没有（已经结束于 {where}）", f"nothing (it has ended in {where})"
    waiting, zone = engine.why(id), engine.definition_of(id).calendar.zone
    return "；".join(_told(one, "zh", zone) for one in waiting) or "-", "; ".join(
        _told(one, "en", zone) for one in waiting
    ) or "-"


def remedy(key: str, places: Sequence[str]) -> Fix | None:
    """What the last line of the example would have to say, if the process is right."""
    if not places:
        return None
    line = f"{key}: {places[0]}" if len(places) == 1 else f"{key}: [{', '.join(places)}]"
    return Fix(zh=f"如果流程没有错，案例写 {line}", en=f"if the process is right, the example says {line}")


def _told(one: Waiting, lang: str, zone: tzinfo) -> str:
    """`review (approved, rejected)`, `pause until 2026-01-08 09:00`."""
    zh = lang == "zh"
    match one.what:
        case "task" | "message":
            moves = ("、" if zh else ", ").join(one.moves)
            word = one.step if one.what == "task" else f"{one.step} 的消息" if zh else f"a message at {one.step}"
            return f"{word}（{moves}）" if zh else f"{word} ({moves})"
        case "timer":
            due = f"{one.due.astimezone(zone):%Y-%m-%d %H:%M}" if one.due is not None else "?"
            return f"{one.step} 等到 {due}" if zh else f"{one.step} until {due}"
        case _:
            problem = f": {one.problem}" if one.problem else ""
            return (
                f"{one.step} 调用的 {one.called or '?'}{problem}"
                if zh
                else f"{one.called or '?'} called by {one.step}{problem}"
            )
