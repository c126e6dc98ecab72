"""What the reference interpreter asks of a definition: kinds, children, ancestors, document order, and names of events."""

from __future__ import annotations

from collections.abc import Iterable

from oyiflow.model.definition import Definition, State, StateKind


class Tree:
    """The states of a definition by their ids."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.order = {name: number for number, name in enumerate(definition.states)}

    def state(self, name: str) -> State:
        return self.definition.states[name]

    def kind(self, name: str) -> StateKind:
        return self.state(name).kind

    def parent(self, name: str) -> str:
        return self.definition.parents.get(name, "")

    def children(self, name: str, kind: StateKind | None = None) -> list[str]:
        below = self.state(name).states
        return [c.id for c in below if (c.kind is kind if kind else c.kind is not StateKind.HISTORY)]

    def initial(self, name: str) -> tuple[str, ...]:
        return self.state(name).initial or (self.children(name)[0],)

    def is_atomic(self, name: str) -> bool:
        return self.kind(name) in (StateKind.ATOMIC, StateKind.FINAL)

    def is_descendant(self, name: str, ancestor: str) -> bool:
        return ancestor in self.get_proper_ancestors(name, None)

    def get_proper_ancestors(self, name: str, below: str | None) -> list[str]:
        found = []
        up = self.parent(name)
        while up and up != below:
            found.append(up)
            up = self.parent(up)
        return found

    def in_document_order(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=lambda name: self.order[name])


def name_match(descriptor: str, event: str) -> bool:
    """Whether the tokens of a descriptor, a closing `*` left out, are the first tokens of an event's name."""
    tokens = descriptor.split(".")
    if tokens[-1] == "*":
        tokens.pop()
    return event.split(".")[: len(tokens)] == tokens
