"""Random legal definitions and random things that happen to them, for Hypothesis.

A definition is drawn in two passes: first the tree of states, then what refers to states by name (initial, transitions,
actions). Targets are drawn by walking down from one state and branching only at parallel states, so that they can always
be active together. In a loud machine every block opens with a `Log` of its own text: the journal shows the order of everything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import strategies as st

from oyiflow.model.calendar import Duration
from oyiflow.model.definition import (
    Action,
    Assignee,
    Call,
    Cancel,
    Definition,
    Field,
    Log,
    Mode,
    Outcome,
    Perform,
    Raise,
    Role,
    Rule,
    Send,
    Set,
    State,
    StateKind,
    Text,
    Transition,
    Work,
)
from oyiflow.model.expression import Active, Arithmetic, Compare, Constant, Expression, Name, Not, Or
from oyiflow.model.values import FieldType

EVENTS = ("a", "a", "a", "a.b", "b", "b", "b.c.d", "c", "ab")
RAISED = ("r", "r.s", "b", "c.r")
DESCRIPTORS: tuple[str, ...] = ("a",) * 6 + ("a.b", "b", "b", "b.*", "b.c", "c", "c", "r", "r", "r.s", "ab", "*")
DESCRIPTORS += ("error", "error.execution", "done.state", "done", "done.run", "error.run.h")
MAX_STATES = 12
MAX_DEPTH = 4

Choose = Callable[[int], int]
"""The one source of chance: a number from 0 to n - 1."""


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


Style = Literal["loud", "quiet", "plain"]
"""loud: all actions, every block writes into the journal. quiet: only actions without an effect outside, so that the kernel
may remember whole macrosteps. plain: quiet, and no region looks at another, so that it may remember them leaf by leaf."""
STYLES: tuple[Style, ...] = ("loud", "quiet", "plain")

Kind = Literal["message", "timer", "call", "act"]
PEOPLE = ("li", "wang", "zhao")
ROLES = ("r1", "r2")


@dataclass(frozen=True)
class Happening:
    """Something that happens: a message, the firing of the n-th timer, the end of the n-th call, or an answer to the n-th task."""

    kind: Kind
    name: str = ""
    number: int = 0
    failed: bool = False
    x: int | None = None
    outcome: str = ""
    actor: str = ""
    role: str = ""
    stands_in: str = ""
    z: bool = False


class _Drawing:
    """One definition in the making; counts states and journal lines."""

    def __init__(self, choose: Choose, style: Style, people: bool) -> None:
        self.choose = choose
        self.style = style
        self.people = people
        self.worked: list[str] = []
        self.count = 0
        self.lines = 0

    def one_in(self, n: int) -> bool:
        """True once in `n`; shrinks to False."""
        return self.choose(n) == n - 1

    def pick(self, options: Any) -> Any:
        return options[self.choose(len(options))]

    def between(self, low: int, high: int) -> int:
        return low + self.choose(high - low + 1)

    # --- the tree

    def node(self, kind: StateKind, parent: Node | None, deep: bool = False) -> Node:
        node = Node(id=f"s{self.count}", kind=kind, parent=parent, deep=deep)
        self.count += 1
        if parent is not None:
            parent.states.append(node)
        return node

    def tree(self) -> Node:
        """Breadth first, so that the last states to be drawn do not all belong to one branch."""
        root = self.node(StateKind.COMPOUND, None)
        todo = deque([(root, 0)])
        while todo:
            node, depth = todo.popleft()
            self.fill(node, depth)
            todo.extend((child, depth + 1) for child in node.states if child.kind in (StateKind.COMPOUND, StateKind.PARALLEL))
        for number, node in enumerate(root.walk()):
            node.id = f"s{number}"
        return root

    def fill(self, node: Node, depth: int) -> None:
        """Give a compound or parallel state its children, and a history before the last of them."""
        parallel = node.kind is StateKind.PARALLEL
        number = self.between(2, 3) if parallel else self.between(1 if depth else 2, 3 if depth else 4)
        history = depth > 0 and self.style != "plain" and self.one_in(2)
        for place in range(number):
            if history and place == number - 1:
                self.node(StateKind.HISTORY, node, deep=self.one_in(2))
            self.node(self.kind(depth, parallel, place), node)

    def kind(self, depth: int, in_parallel: bool, place: int) -> StateKind:
        kinds = [StateKind.ATOMIC]
        if not in_parallel and place > 0:
            kinds += [StateKind.FINAL] if depth else [StateKind.ATOMIC] * 3 + [StateKind.FINAL]
        if depth < MAX_DEPTH and self.count < MAX_STATES:
            kinds += [StateKind.COMPOUND, StateKind.PARALLEL] * 2
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
        match self.between(0, 5 if depth else 2):
            case 1 if self.style != "plain":
                return Active(state=f"s{self.between(0, self.count - 1)}")
            case 0 | 1:
                return Compare(left=Name(name=self.pick("xy")), op=self.pick(("<", ">=", "==")), right=_int(self.between(0, 4)))
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
        if self.style != "loud":
            return () if self.choose(3) else tuple(self.quiet_action() for _ in range(self.between(1, 2)))
        found: list[Action] = [self.log(what)]
        while len(found) < 4 and self.one_in(rarely):
            found += self.action()
        return tuple(found)

    def quiet_action(self) -> Action:
        """An action of which nothing but its consequence is seen."""
        match self.between(0, 3):
            case 0:
                return Raise(event=self.pick(RAISED))
            case 1:
                return Set(field="x", value=Arithmetic(left=Name(name="x"), op="+", right=_int(1)))
            case 2:
                return Set(field=self.pick("xy"), value=_int(self.pick((0, 1, 2, 3))))
            case _:
                return Set(field="f", value=self.expression())

    def action(self) -> list[Action]:
        match self.between(0, 7):
            case 0:
                return [Raise(event=self.pick(RAISED))]
            case 1:
                return [Send(event=self.pick(RAISED))]
            case 2:
                more = Arithmetic(left=Name(name="x"), op="+", right=_int(1))
                return [Set(field="x", value=more), self.log("set x")]
            case 3:
                return [Set(field=self.pick("xy"), value=_int(self.pick((0, 1, 2, 3, 4, 5)))), self.log("set to")]
            case 4:
                return [Set(field="f", value=self.expression())]
            case 5:
                return [Send(event=self.pick(EVENTS), after=_minutes(self.between(0, 3)), id=self.pick("pq"))]
            case 6:
                return [Cancel(id=self.pick("pq"))]
            case _:
                return [Perform(handler="h", inputs=(("x", Name(name="x")), ("f", self.expression(0))))]

    def transition(self, node: Node, root: Node) -> Transition:
        timed = self.one_in(12)
        eventless = not timed and self.style != "plain" and self.one_in(24)
        events = () if timed or eventless else self.events()
        guard = self.expression() if self.one_in(4) or (eventless and not self.one_in(6)) else None
        internal = self.one_in(2)
        targets: tuple[str, ...] = ()
        if not self.one_in(5):
            targets = self.below(node) if internal and node.kind is StateKind.COMPOUND else self.below(root)
        after = _minutes(self.between(0, 3)) if timed else None
        actions = self.block(f"{node.id} takes")
        return Transition(targets=targets, events=events, guard=guard, after=after, actions=actions, internal=internal)

    def events(self) -> tuple[str, ...]:
        if self.one_in(5):
            return (f"done.state.s{self.between(0, self.count - 1)}",)
        if self.one_in(6):
            return (self.pick(DESCRIPTORS), self.pick(DESCRIPTORS))
        return (self.pick(DESCRIPTORS),)

    def work(self, node: Node) -> Work:
        """What one to three people do, with answers that become events of the machine."""
        self.worked.append(node.id)
        outcomes = [Outcome(name="yes", event=self.pick(EVENTS), title=Text(zh="同意"))]
        if self.choose(2):
            outcomes.append(Outcome(name="no", event=self.pick(EVENTS), title=Text(zh="不"), consent=False))
        by = tuple(self.assignee() for _ in range(self.between(1, 3)))
        mode = self.pick((Mode.ANY, Mode.ANY, Mode.ALL, Mode.IN_TURN)) if len(by) > 1 else Mode.ANY
        fill = self.pick(((), ("x",), ("x",), ("x", "z")))
        within = _minutes(1) if self.one_in(3) else None
        return Work(by=by, mode=mode, outcomes=tuple(outcomes), fill=fill, within=within)

    def assignee(self) -> Assignee:
        if self.one_in(10):
            return Assignee(whoever_did=f"s{self.between(1, self.count - 1)}")
        return Assignee(person_in="w") if self.one_in(12) else Assignee(role=self.pick(ROLES))

    def rules(self) -> tuple[Rule, ...]:
        """Once in three machines, a rule about who may do two of the steps."""
        if len(self.worked) < 2 or not self.one_in(3):
            return ()
        one = self.choose(len(self.worked) - 1)
        form: Literal["different_people", "same_person"] = "different_people" if self.choose(3) else "same_person"
        return (Rule(form=form, say=Text(zh="规则"), steps=(self.worked[one], self.worked[one + 1])),)

    def state(self, node: Node, root: Node) -> State:
        if node.kind is StateKind.HISTORY:
            assert node.parent is not None
            default = self.below(node.parent, histories=False)
            return State(
                id=node.id, kind=node.kind, deep=node.deep, initial=default, initial_actions=self.block(f"{node.id} default")
            )
        final = node.kind is StateKind.FINAL
        compound = node.kind is StateKind.COMPOUND
        inside = node.parent is not None
        number = 0 if final else self.between(0, 4 if inside else 1)
        return State(
            id=node.id,
            kind=node.kind,
            initial=self.below(node) if compound and self.one_in(2) else (),
            initial_actions=self.block(f"{node.id} initial") if compound else (),
            transitions=tuple(self.transition(node, root) for _ in range(number)),
            work=self.work(node) if self.people and inside and not final and self.choose(3) else None,
            entry=self.block(f"{node.id} entered"),
            exit=self.block(f"{node.id} left", 6),
            call=Call(process="p", inputs=(("x", Name(name="x")),))
            if inside and not final and self.one_in(10 if self.style == "loud" else 30)
            else None,
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
    Field(name="z", title=Text(zh="z"), type=FieldType.INT, required=True),
    Field(name="w", title=Text(zh="w"), type=FieldType.PERSON),
)


def definition(choose: Choose, people: bool = False) -> Definition:
    """A legal definition with up to about thirty states; with `people`, states have work."""
    drawing = _Drawing(choose, STYLES[choose(len(STYLES))], people)
    tree = drawing.tree()
    root = drawing.state(tree, tree)
    roles = tuple(Role(name=name, title=Text(zh=name), aliases=(f"{name} alias",)) for name in ROLES)
    return Definition(name="random", title=Text(zh="随机"), roles=roles, fields=FIELDS, root=root, rules=drawing.rules())


def happening(choose: Choose, people: bool = False) -> Happening:
    """A message in half of the cases; numbers are taken modulo what there is. With `people`, every other one is an answer."""
    if people and choose(2):
        return answer(choose)
    kind: Kind = ("message", "message", "message", "message", "message", "timer", "timer", "call")[choose(8)]
    if kind == "message":
        return Happening(kind=kind, name=EVENTS[choose(len(EVENTS))], x=(None, None, None, None, None, 0, 3, 5)[choose(8)])
    return Happening(kind=kind, number=choose(4), failed=kind == "call" and choose(2) == 1)


def answer(choose: Choose) -> Happening:
    """Somebody's answer to a task: mostly by a role that may, with values that mostly fit."""
    return Happening(
        kind="act",
        number=choose(4),
        outcome=("yes", "yes", "yes", "", "no", "no", "不", "nothing")[choose(8)],
        actor=PEOPLE[choose(len(PEOPLE))],
        role=(*ROLES, *ROLES, "r1 alias", "r2 alias", "")[choose(7)],
        stands_in=("", "", "", "", "", *PEOPLE)[choose(8)],
        x=(None, None, None, None, 0, 2, 3, 5)[choose(8)],
        z=choose(3) == 0,
    )


def _chooser(draw: Any) -> Choose:
    return lambda n: int(draw(st.integers(0, n - 1)))


@st.composite
def definitions(draw: Any, people: bool = False) -> Definition:
    return definition(_chooser(draw), people)


@st.composite
def happenings(draw: Any, people: bool = False) -> Happening:
    return happening(_chooser(draw), people)


stories = st.lists(happenings(), min_size=1, max_size=10)
stories_of_people = st.lists(happenings(people=True), min_size=1, max_size=10)
