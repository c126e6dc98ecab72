"""The author's lines, numbered: 1, 2, 3; what goes on at the same time in step 6 is 6.1, 6.2; a branch's own steps 6.2.1, 6.2.2.

Lowering adds states that nobody wrote (the regions of `together` and their ends); here they are taken out again, so that
a text speaks of the lines of the file and of nothing else. Iterative: the depth comes from the author.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oyiflow.model.definition import Definition, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the file: its number, its state, how deep it stands, and the line around it ("" outermost)."""

    number: str
    state: State
    depth: int
    inside: str = ""
    below: str = ""
    """The id of the next line on the same level, which a step leads to unless it says otherwise; "" for the last."""

    @property
    def branch(self) -> bool:
        """Whether it is a branch of several steps."""
        return not self.state.verb


def outline(definition: Definition) -> tuple[Line, ...]:
    """All lines in the order of the file."""
    lines: list[Line] = []
    stack = list(reversed(_numbered(definition.root, "", 0)))
    while stack:
        line = stack.pop()
        lines.append(line)
        stack.extend(reversed(_numbered(line.state, line.number, line.depth + 1)))
    return tuple(lines)


def _numbered(state: State, number: str, depth: int) -> list[Line]:
    found = list(_lines_of(state))
    after = [*(child.id for child in found[1:]), ""]
    if state.verb == "together":
        after = [""] * len(found)
    prefix, inside = (f"{number}.", state.id) if number else ("", "")
    return [
        Line(number=f"{prefix}{place}", state=child, depth=depth, inside=inside, below=below)
        for place, (child, below) in enumerate(zip(found, after, strict=False), 1)
    ]


def _lines_of(state: State) -> Iterator[State]:
    if state.verb != "together":
        yield from (child for child in state.states if child.verb)
        return
    for place, region in enumerate(state.states, 1):
        if region.id == f"{state.id}-{place}":
            yield from (child for child in region.states if child.verb)
        else:
            yield region
