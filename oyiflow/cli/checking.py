"""`oyiflow check`: what is wrong with files, where, and how to mend it. What few ask for is loaded when they do."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from oyiflow.checking import check as check_files
from oyiflow.cli.console import Console
from oyiflow.cli.files import today
from oyiflow.diagnostics import Diagnostic, Severity
from oyiflow.rendering import render_json, render_text


def check(arguments: argparse.Namespace, console: Console) -> int:
    """Print every mistake, with --fix after mending the mechanical ones; 1 if there is an error (with --diff: if something would be mended)."""
    if any(str(path).lower().endswith(".pnml") for path in arguments.paths):
        from oyiflow.cli.nets import check_nets  # few check nets, and everybody would wait for their reader

        return check_nets(arguments, console)
    if arguments.fix or arguments.diff:
        from oyiflow.cli.editing import mend

        changed = mend(arguments, console)
        if arguments.diff:
            return 1 if changed else 0
    catalog = check_files(arguments.paths, lambda path: console.progress(f"… {path}"), today=today())
    console.progress_done()
    found = catalog.diagnostics
    if arguments.json or arguments.format == "json":
        print(render_json(found))
    elif arguments.format in ("sarif", "github"):
        print(_for_programs(found, arguments.format, console), end="")
    elif found:
        print(render_text(found, catalog.sources, color=sys.stdout.isatty(), lang=console.lang), end="")
    else:
        count = len(catalog.definitions) + (catalog.company is not None) + (catalog.manual is not None)
        console.say(f"{count} 个文件，没有发现错误。", f"{count} {'file' if count == 1 else 'files'}, no mistakes found.")
    if arguments.draw:
        from oyiflow.cli.proving import draw_findings

        draw_findings(catalog, Path(arguments.draw), console)
    bad = (Severity.ERROR, Severity.WARNING) if arguments.strict else (Severity.ERROR,)
    return 1 if any(d.severity in bad for d in found) else 0


def _for_programs(found: list[Diagnostic], form: str, console: Console) -> str:
    from importlib.metadata import version

    from oyiflow.sarif import render_github, render_sarif

    if form == "github":
        return render_github(found, lang=console.lang)
    return render_sarif(found, version("oyiflow"), lang=console.lang) + "\n"
