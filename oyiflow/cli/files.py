"""What several commands need for a file: write one, draw a definition, mark the way of an instance in it; and the day it is."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from oyiflow.errors import OyiFlowError
from oyiflow.model.calendar import PLAIN_WEEK
from oyiflow.model.definition import Definition

if TYPE_CHECKING:  # drawing and the engine are loaded only where something is drawn or run
    from oyiflow.diagram.chart import Highlight
    from oyiflow.engine import Engine


def today() -> date:
    """The day for which calendars must suffice; `OYIFLOW_TODAY` (2026-07-01) asks for another one."""
    asked = os.environ.get("OYIFLOW_TODAY", "")
    try:
        return date.fromisoformat(asked) if asked else PLAIN_WEEK.today(datetime.now(UTC))
    except ValueError:
        raise OyiFlowError(
            f"OYIFLOW_TODAY 要写成 2026-07-01，不是 {asked}", f"OYIFLOW_TODAY is written 2026-07-01, not {asked}"
        ) from None


def drawn(definition: Definition, direction: str, lang: str, highlight: Highlight | None) -> str:
    """The SVG of a definition."""
    from oyiflow.diagram import layout, svg
    from oyiflow.diagram.of_definition import chart_of

    return svg(
        layout(chart_of(definition, lang), direction="LR" if direction == "LR" else "TB"),
        highlight=highlight,
        lang="en" if lang == "en" else "zh",
    )


def path_of(engine: Engine, instance: str) -> Highlight:
    """Where an instance stands and the way that it took, by its journal."""
    from oyiflow.diagram.of_definition import highlight_of

    traces = [micro for entry in engine.history(instance) for micro in entry.trace]
    passed = [(micro["transitions"], micro["entered"], micro["exited"]) for micro in traces]
    return highlight_of(engine.definition_of(instance), engine.instance(instance).configuration, passed)


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all."""
    if not path.name or path.is_dir():
        raise OyiFlowError(f"{path} 写不进去: 那是文件夹", f"cannot write {path}: it is a folder")
    data = content.encode("utf-8") if isinstance(content, str) else content
    part = path.with_name(path.name + ".part")
    try:
        if path.exists() and not path.is_file():  # a device or a pipe must not be replaced
            path.write_bytes(data)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OyiFlowError(f"{path} 写不进去: {error.strerror}", f"cannot write {path}: {error.strerror}") from None
