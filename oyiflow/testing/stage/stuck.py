"""A play that does not go on, and why."""

from __future__ import annotations

from collections.abc import Callable

from oyiflow.diagnostics import Fix
from oyiflow.errors import OyiFlowError


class Stuck(Exception):
    """The play does not go on: why, in both languages. `group`: the tied steps whose people may be the reason."""

    def __init__(self, zh: str, en: str, group: str = "", fix: Fix | None = None) -> None:
        super().__init__(en)
        self.fix = fix
        self.zh = zh
        self.en = en
        self.group = group


def attempt(call: Callable[[], object]) -> None:
    """Do something on the engine; a refusal ends the play."""
    try:
        call()
    except OyiFlowError as error:
        raise Stuck(error.zh, error.en) from error
