"""`oyiflow draw --expand`: the charts of called processes, each on pages of its own after the one that calls it.

A sub-process is not drawn inside the step that calls it: it has lanes of its own, and its chart is the same wherever it is
called from. A called process is looked for beside the calling file, under its name.
"""

from __future__ import annotations

from pathlib import Path

from oyiflow.checking import load
from oyiflow.errors import OyiFlowError
from oyiflow.model.definition import Definition


def called(file: str, definition: Definition) -> list[Definition]:
    """The processes that one calls, and those that these call, in the order in which they are met; each once."""
    found: dict[str, Definition] = {definition.name: definition}
    waiting = [definition]
    while waiting:
        for name in _calls(waiting.pop(0)):
            if name not in found:
                found[name] = _beside(Path(file), name)
                waiting.append(found[name])
    return list(found.values())[1:]


def _calls(definition: Definition) -> list[str]:
    return [state.call.process for state in definition.states.values() if state.call is not None and state.call.process]


def _beside(file: Path, name: str) -> Definition:
    path = file.with_name(f"{name}.yaml")
    if not path.is_file():
        raise OyiFlowError(
            f"{file} 调用 {name}，旁边没有 {path.name}；不加 --expand 就只画本流程",
            f"{file} calls {name}, and there is no {path.name} beside it; without --expand only this process is drawn",
        )
    return load(path)
