"""`oyiflow events`: the journal of many instances as an event log for process mining."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from oyiflow.cli.console import Console
from oyiflow.cli.editing import create, replace
from oyiflow.cli.opening import is_empty, open_engine
from oyiflow.engine.eventlog import LoggedEvent, as_csv, as_ocel, as_xes, events_of
from oyiflow.errors import UnknownInstance

FORMATS = {"csv": as_csv, "xes": as_xes, "ocel": as_ocel}


def events(arguments: argparse.Namespace, console: Console) -> int:
    """Write the log to a file or to standard output."""
    if is_empty(arguments):
        raise UnknownInstance(f"还没有数据库 {arguments.db}", f"there is no database {arguments.db} yet")
    found: list[LoggedEvent] = []
    viewer = arguments.person or ""
    with open_engine(arguments) as engine:
        instances = engine.instances(process=arguments.process, viewer=viewer)
        for number, instance in enumerate(instances, 1):
            console.progress(f"… {number}/{len(instances)} {instance.id}")
            found += events_of(instance, engine.definition_of(instance.id), engine.history(instance.id, viewer=viewer))
    console.progress_done()
    text = FORMATS[arguments.to](found)
    if arguments.output in (None, "-"):
        sys.stdout.write(text)
        return 0
    path = Path(arguments.output)
    (replace if path.exists() else create)(path, text)
    if console.as_json:
        console.json({"file": arguments.output, "events": len(found), "cases": len({one.case for one in found})})
    console.say(f"{arguments.output}: {len(found)} 个事件。", f"{arguments.output}: {len(found)} events.")
    return 0
