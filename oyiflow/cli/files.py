"""Commands on files: check, show, schema; and what other commands draw and write with."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from oyiflow.bridge.states_yaml import states_yaml
from oyiflow.checking import check as check_paths
from oyiflow.checking import load
from oyiflow.cli.console import Console
from oyiflow.cli.editing import mend
from oyiflow.diagnostics import Severity
from oyiflow.engine import Engine
from oyiflow.errors import OyiFlowError
from oyiflow.load.language.schema import schema_texts
from oyiflow.model.calendar import PLAIN_WEEK
from oyiflow.model.definition import Definition
from oyiflow.rendering import render_json, render_text
from oyiflow.sarif import render_github, render_sarif

if TYPE_CHECKING:  # drawing is loaded only when something is drawn
    from oyiflow.diagram.chart import Highlight


def check(arguments: argparse.Namespace, console: Console) -> int:
    """Print every mistake, with --fix after mending the mechanical ones; 1 if there is an error (with --diff: if something would be mended)."""
    if any(str(path).lower().endswith(".pnml") for path in arguments.paths):
        from oyiflow.cli.nets import check_nets  # few check nets, and everybody would wait for their reader

        return check_nets(arguments, console)
    if arguments.fix or arguments.diff:
        changed = mend(arguments, console)
        if arguments.diff:
            return 1 if changed else 0
    catalog = check_paths(arguments.paths, lambda path: console.progress(f"… {path}"), today=today())
    console.progress_done()
    found = catalog.diagnostics
    if arguments.json or arguments.format == "json":
        print(render_json(found))
    elif arguments.format == "sarif":
        print(render_sarif(found, version("oyiflow"), lang=console.lang))
    elif arguments.format == "github":
        print(render_github(found, lang=console.lang), end="")
    elif found:
        print(render_text(found, catalog.sources, color=sys.stdout.isatty(), lang=console.lang), end="")
    else:
        count = len(catalog.definitions) + (catalog.company is not None) + (catalog.manual is not None)
        console.say(f"{count} 个文件，没有发现错误。", f"{count} {'file' if count == 1 else 'files'}, no mistakes found.")
    bad = (Severity.ERROR, Severity.WARNING) if arguments.strict else (Severity.ERROR,)
    return 1 if any(d.severity in bad for d in found) else 0


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


def show(arguments: argparse.Namespace, console: Console) -> int:
    """Print what was read from a file."""
    definition = load(arguments.file)
    if console.as_json:
        console.json(
            {
                "process": definition.name,
                "version": definition.version,
                "digest": definition.digest,
                "title": definition.title,
                "roles": [{"name": role.name, "title": role.title, "outside": role.outside} for role in definition.roles],
                "fields": [
                    {"name": f.name, "type": f.type.value, "title": f.title, "required": f.required} for f in definition.fields
                ],
                "states": [
                    {"id": s.id, "kind": s.kind.value, "verb": s.verb, "lane": s.lane} for s in definition.states.values()
                ],
            }
        )
    elif arguments.states:
        print(states_yaml(definition), end="")
    else:
        _outline(definition, console)
    return 0


def _outline(definition: Definition, console: Console) -> None:
    console.say(f"{definition.name}  {console.text(definition.title)}  v{definition.version}  {definition.digest[:12]}")
    roles = definition.role
    rows = []
    for state in definition.states.values():
        if state.verb and state is not definition.root:
            lane = console.text(roles[state.lane].title) if state.lane in roles else ""
            to = ", ".join(dict.fromkeys(target for way in state.transitions for target in way.targets))
            rows.append((state.verb, state.id, console.text(state.title), lane, to))
    console.table(
        (
            console.word("动词", "verb"),
            console.word("编号", "id"),
            console.word("名称", "title"),
            console.word("泳道", "lane"),
            "→",
        ),
        rows,
    )


def schema(arguments: argparse.Namespace, console: Console) -> int:
    """Print a JSON Schema."""
    print(schema_texts()[f"{arguments.kind}.schema.json"], end="")
    return 0
