"""Random legal definitions and random things that happen to them, for Hypothesis.

A definition is drawn in two passes: first the tree of states, then what refers to states by name (initial, transitions,
actions). Targets are drawn by walking down from one state and branching only at parallel states, so that they can always
be active together. Every block of actions opens with a `Log` of its own text: the journal shows the order of everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import strategies as st

from oyiflow.model.calendar import Duration
from oyiflow.model.definition import (
    Action,
    Call,
    Cancel,
    Definition,
    Field,
    Log,
    Perform,
    Raise,
    Send,
    Set,
    State,
    StateKind,
    Text,
    Transition,
)
from oyiflow.model.expression import Active, Arithmetic, Compare, Constant, Expression, Name, Not, Or
from oyiflow.model.values import FieldType

EVENTS = ("a", "a.b", "b", "b.c.d", "c", "ab")
DESCRIPTORS = ("a", "a", "a.b", "b", "b.*", "b.c", "c", "c", "*", "ab", "error", "error.execution", "done.state", "done.run", "error.run.h")
MAX_STATES = 18
MAX_DEPTH = 4

Draw = Any


@dataclass
class Node:
    """A state being drawn."""

    id: str
    kind: StateKind
    parent: Node | None = None
    states: list[Node] = field(default_factory=list)
    deep: bool = False

    def real(self) -> list[Node]:
        return [n for n in self.states if n.kind is not StateKind.HISTORY]

    def walk(self) -> Iterator[Node]:
        yield self
        for below in self.states:
            yield from below.walk()


@dataclass(frozen=True)
class Happening:
    """Something that happens: a message, the firing of the n-th timer, the end of the n-th call, or the passing of time."""

    kind: Literal["message", "timer", "call"]
    name: str = ""
    number: int = 0
    failed: bool = False
    x: int | None = None


class _Drawing:
    """One definition in the making; counts states and journal lines."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.count = 0
        self.lines = 0

    def one_in(self, n: int) -> bool:
        """True once in `n`; shrinks to False."""
        return bool(self.draw(st.integers(0, n - 1)) == n - 1)

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    # --- the tree

    def node(self, kind: StateKind, parent: Node | None, deep: bool = False) -> Node:
        node = Node(id=f"s{self.count}", kind=kind, parent=parent, deep=deep)
        self.count += 1
        if parent is not None:
            parent.states.append(node)
        return node

    def tree(self) -> Node:
        root = self.node(StateKind.COMPOUND, None)
        self.fill(root, 0)
        return root

    def fill(self, node: Node, depth: int) -> None:
        """Give a compound or parallel state its children, histories at a random place."""
        parallel = node.kind is StateKind.PARALLEL
        number = self.draw(st.integers(2, 3)) if parallel else self.draw(st.integers(1, 3))
        history = depth > 0 and self.one_in(2)
        for place in range(number):
            if history and place == number - 1:
                self.node(StateKind.HISTORY, node, deep=self.one_in(2))
            child = self.node(self.kind(depth, parallel, place), node)
            if child.kind in (StateKind.COMPOUND, StateKind.PARALLEL):
                self.fill(child, depth + 1)

    def kind(self, depth: int, in_parallel: bool, place: int) -> StateKind:
        if depth >= MAX_DEPTH or self.count >= MAX_STATES:
            return StateKind.ATOMIC
        kinds = [StateKind.ATOMIC, StateKind.COMPOUND, StateKind.PARALLEL, StateKind.COMPOUND]
        if not in_parallel and place > 0:
            kinds.insert(1, StateKind.FINAL)
        return self.pick(kinds)  # type: ignore[no-any-return]

    # --- what refers to states

    def below(self, node: Node, histories: bool = True) -> tuple[str, ...]:
        """Proper descendants of a node that can be active together."""
        options = [n for n in node.states if histories or n.kind is not StateKind.HISTORY]
        if node.kind is not StateKind.PARALLEL:
            return self.at_or_below(self.pick(options), histories)
        first = self.pick(options)
        if first.kind is StateKind.HISTORY:  # it may stand for any of the regions: no other target beside it
            return (first.id,)
        found = list(self.at_or_below(first, histories))
        for other in node.real():
            if other is not first and self.one_in(2):
                found += self.at_or_below(other, histories)
        return tuple(found)

    def at_or_below(self, node: Node, histories: bool) -> tuple[str, ...]:
        if not node.states or self.one_in(2):
            return (node.id,)
        return self.below(node, histories)

    def expression(self, depth: int = 1) -> Expression:
        match self.draw(st.integers(0, 5 if depth else 2)):
            case 0:
                return Compare(left=Name(name=self.pick("xy")), op=self.pick(("<", ">=", "==")), right=_int(self.draw(st.integers(0, 4))))
            case 1:
                return Active(state=f"s{self.draw(st.integers(0, self.count - 1))}")
            case 2:
                return Name(name="f")
            case 3:
                return Not(operand=self.expression(0))
            case _:
                return Or(parts=(self.expression(0), self.expression(0)))

    def log(self, what: str) -> Log:
        self.lines += 1
        return Log(text=Text(zh=f"{what} {self.lines}"))

    def block(self, what: str, rarely: int = 4) -> tuple[Action, ...]:
        """A line for the journal and, once in `rarely`, more; an action that may fail is followed by another line."""
        found: list[Action] = [self.log(what)]
        while len(found) < 4 and self.one_in(rarely):
            found += self.action()
        return tuple(found)

    def action(self) -> list[Action]:
        match self.draw(st.integers(0, 7)):
            case 0:
                return [Raise(event=self.pick(EVENTS))]
            case 1:
                return [Send(event=self.pick(EVENTS))]
            case 2:
                more = Arithmetic(left=Name(name="x"), op="+", right=_int(1))
                return [Set(field="x", value=more), self.log("set x")]
            case 3:
                return [Set(field=self.pick("xy"), value=_int(self.draw(st.integers(-1, 6)))), self.log("set to")]
            case 4:
                return [Set(field="f", value=self.expression())]
            case 5:
                return [Send(event=self.pick(EVENTS), after=_minutes(self.draw(st.integers(0, 3))), id=self.pick("pq"))]
            case 6:
                return [Cancel(id=self.pick("pq"))]
            case _:
                return [Perform(handler="h", inputs=(("x", Name(name="x")), ("f", self.expression(0))))]

    def transition(self, node: Node, root: Node) -> Transition:
        timed = eventless = False
        match self.draw(st.integers(0, 11)):
            case 9:
                timed = True
            case 10 | 11:
                eventless = True
        events = () if timed or eventless else self.events()
        guard = self.expression() if self.one_in(4) or (eventless and not self.one_in(6)) else None
        internal = self.one_in(2)
        targets: tuple[str, ...] = ()
        if not self.one_in(5):
            targets = self.below(node) if internal and node.kind is StateKind.COMPOUND else self.below(root)
        after = _minutes(self.draw(st.integers(0, 3))) if timed else None
        actions = self.block(f"{node.id} takes", 3)
        return Transition(targets=targets, events=events, guard=guard, after=after, actions=actions, internal=internal)

    def events(self) -> tuple[str, ...]:
        if self.one_in(5):
            return (f"done.state.s{self.draw(st.integers(0, self.count - 1))}",)
        if self.one_in(6):
            return (self.pick(DESCRIPTORS), self.pick(DESCRIPTORS))
        return (self.pick(DESCRIPTORS),)

    def state(self, node: Node, root: Node) -> State:
        if node.kind is StateKind.HISTORY:
            assert node.parent is not None
            default = self.below(node.parent, histories=False)
            return State(id=node.id, kind=node.kind, deep=node.deep, initial=default, initial_actions=self.block(f"{node.id} default"))
        final = node.kind is StateKind.FINAL
        compound = node.kind is StateKind.COMPOUND
        inside = node.parent is not None
        number = 0 if final else self.draw(st.integers(0, 3 if inside else 1))
        return State(
            id=node.id,
            kind=node.kind,
            initial=self.below(node) if compound and self.one_in(2) else (),
            initial_actions=self.block(f"{node.id} initial") if compound else (),
            transitions=tuple(self.transition(node, root) for _ in range(number)),
            entry=self.block(f"{node.id} entered"),
            exit=self.block(f"{node.id} left", 6),
            call=Call(process="p", inputs=(("x", Name(name="x")),)) if inside and not final and self.one_in(10) else None,
            output=(("x", Name(name="x")), ("f", self.expression(0))) if final else (),
            states=tuple(self.state(child, root) for child in node.states),
        )


def _int(value: int) -> Constant:
    return Constant(value=value, type=FieldType.INT)


def _minutes(amount: int) -> Duration:
    return Duration(amount=amount, unit="minutes")


FIELDS = (
    Field(name="x", title=Text(zh="x"), type=FieldType.INT, min=0, max=4),
    Field(name="y", title=Text(zh="y"), type=FieldType.INT),
    Field(name="f", title=Text(zh="f"), type=FieldType.BOOL),
)


@st.composite
def definitions(draw: Draw) -> Definition:
    """A legal definition with up to about twenty states."""
    drawing = _Drawing(draw)
    tree = drawing.tree()
    return Definition(name="random", title=Text(zh="随机"), fields=FIELDS, root=drawing.state(tree, tree))


@st.composite
def happenings(draw: Draw) -> Happening:
    """A message in half of the cases; numbers are taken modulo what there is."""
    kind: Any = draw(st.sampled_from(("message", "message", "message", "timer", "timer", "call")))
    if kind == "message":
        x = draw(st.sampled_from((None, None, None, 0, 3, 5)))
        return Happening(kind=kind, name=draw(st.sampled_from(EVENTS)), x=x)
    return Happening(kind=kind, number=draw(st.integers(0, 3)), failed=kind == "call" and draw(st.booleans()))


stories = st.lists(happenings(), min_size=1, max_size=10)
