"""`oyiflow show` and `oyiflow schema`: what was read from a file, and what may stand in one."""

from __future__ import annotations

import argparse

from oyiflow.bridge.states_yaml import states_yaml
from oyiflow.checking import load
from oyiflow.cli.console import Console
from oyiflow.load.language.schema import schema_texts
from oyiflow.model.definition import Definition


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
