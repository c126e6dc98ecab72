"""`oyiflow export`: a process in the form that another program reads."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from oyiflow.checking import load
from oyiflow.cli.console import Console
from oyiflow.cli.files import write
from oyiflow.diagram import layout
from oyiflow.diagram.chart import Direction
from oyiflow.diagram.of_definition import chart_of
from oyiflow.errors import OyiFlowError
from oyiflow.exports import bpmn, dot, drawio, layout_json, mermaid
from oyiflow.exports.dot import rendered
from oyiflow.model.definition import Definition

Make = Callable[[Definition, str, Direction], str]

FORMS: Mapping[str, tuple[str, Direction, Make]] = {
    "bpmn": (".bpmn", "LR", lambda definition, lang, way: bpmn(definition, lang, way)),
    "mermaid": (".mmd", "TB", lambda definition, lang, way: mermaid(chart_of(definition, lang), way)),
    "mermaid-swimlane": (".mmd", "TB", lambda definition, lang, way: mermaid(chart_of(definition, lang), way, swimlane=True)),
    "dot": (".dot", "TB", lambda definition, lang, way: dot(chart_of(definition, lang), way)),
    "drawio": (".drawio", "TB", lambda definition, lang, way: drawio(layout(chart_of(definition, lang), direction=way))),
    "json": (".json", "TB", lambda definition, lang, way: layout_json(layout(chart_of(definition, lang), direction=way))),
}
"""Of each form: the ending of its files, the direction that it is usually read in, how it is made."""

ENDINGS = {
    ".bpmn": "bpmn",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
    ".drawio": "drawio",
    ".json": "json",
}


def export(arguments: argparse.Namespace, console: Console) -> int:
    """Write a process in another form."""
    form = arguments.to or ENDINGS.get(Path(arguments.output or "").suffix.lower(), "")
    problem = _wrong(form, arguments)
    if problem is not None:
        console.failure(problem)
        return 2
    ending, usual, make = FORMS[form]
    definition = load(arguments.file)
    text = make(definition, console.lang, arguments.direction or usual)
    if arguments.engine:
        text, ending = rendered(text, arguments.engine), ".svg"
    target = arguments.output or str(Path(arguments.file).with_suffix(ending))
    if target == "-":
        print(text, end="")
        return 0
    write(Path(target), text)
    if console.as_json:
        console.json({"file": target, "to": form, "process": definition.name, "digest": definition.digest})
    console.say(f"已写 {target}", f"written {target}")
    return 0


def _wrong(form: str, arguments: argparse.Namespace) -> OyiFlowError | None:
    if not form:
        names = " ".join(FORMS)
        return OyiFlowError(f"要导出成什么？请写 --to，可选：{names}", f"export to what? say --to, one of: {names}")
    if arguments.engine and form != "dot":
        return OyiFlowError("--engine 只和 --to dot 一起用", "--engine goes with --to dot only")
    return None
