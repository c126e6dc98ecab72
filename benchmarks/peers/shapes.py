"""The processes that OyiFlow is measured with, built in Python or written as YAML, at any size."""

from __future__ import annotations

from collections.abc import Iterable

from harness import LIMIT

from oyiflow.model.definition import Assignee, Definition, Field, Outcome, Role, Set, State, StateKind, Text, Transition, Work
from oyiflow.model.expression import Arithmetic, Compare, Constant, Expression, ListOf, Member, Name
from oyiflow.model.values import FieldType

WORDS = Text(zh="测", en="measured")
AMOUNT = Field(name="amount", title=WORDS, type=FieldType.INT)
N = Field(name="n", title=WORDS, type=FieldType.INT)
ROLE = Field(name="role", title=WORDS, type=FieldType.TEXT)
ACTORS = {"submit": "staff", "assign": "desk", "approve": "boss", "pay": "cashier", "reset": "staff"}
SMALL = Compare(op="<=", left=Name(name="amount"), right=Constant(value=LIMIT, type=FieldType.INT))
COUNT = (Set(field="n", value=Arithmetic(op="+", left=Name(name="n"), right=Constant(value=1, type=FieldType.INT))),)


def process(states: Iterable[State], *fields: Field, roles: tuple[Role, ...] = ()) -> Definition:
    """A definition with these states at its top."""
    root = State(id="@p", kind=StateKind.COMPOUND, states=tuple(states))
    return Definition(name="p", title=WORDS, roles=roles, fields=fields, root=root)


def go(event: str, to: str, guard: Expression | None = None, actions: tuple[Set, ...] = ()) -> Transition:
    """An arrow."""
    return Transition(events=(event,), targets=(to,), guard=guard, actions=actions)


def compound(name: str, states: Iterable[State], *arrows: Transition, kind: StateKind = StateKind.COMPOUND) -> State:
    """A state with states in it."""
    return State(id=name, kind=kind, states=tuple(states), transitions=arrows)


def leaf(name: str, *arrows: Transition) -> State:
    """A state with nothing in it."""
    return State(id=name, transitions=arrows)


def flat() -> Definition:
    """Workload a."""
    return process(
        [
            leaf("draft", go("submit", "submitted")),
            leaf("submitted", go("assign", "review")),
            leaf("review", go("approve", "approved", SMALL), go("approve", "rejected")),
            leaf("approved", go("pay", "paid")),
            leaf("rejected"),
            leaf("paid", go("reset", "draft")),
        ],
        AMOUNT,
    )


def checked() -> Definition:
    """Workload a with a guard on who acts and a field written at every event, by guards and actions alone."""
    arrows = {}
    for state, event, to in (("draft", "submit", "submitted"), ("submitted", "assign", "review"), ("approved", "pay", "paid")):
        arrows[state] = [go(event, to, may(event), COUNT)]
    arrows["review"] = [go("approve", "approved", may("approve"), COUNT), go("approve", "rejected")]
    arrows["paid"] = [go("reset", "draft", may("reset"), COUNT)]
    order = ("draft", "submitted", "review", "approved", "rejected", "paid")
    return process([leaf(name, *arrows.get(name, ())) for name in order], N, ROLE)


def may(event: str) -> Expression:
    """`role in [ROLE OF THE EVENT, admin]`."""
    roles = tuple(Constant(value=role, type=FieldType.TEXT) for role in (ACTORS[event], "admin"))
    return Member(item=Name(name="role"), of=ListOf(items=roles))


def worked() -> Definition:
    """Workload a as people do it: each event is the answer of somebody in a role to a task, and fills a field."""
    return process(
        [
            task("draft", "submit", go("submit", "submitted")),
            task("submitted", "assign", go("assign", "review")),
            task("review", "approve", go("approve", "approved", SMALL), go("approve", "rejected")),
            task("approved", "pay", go("pay", "paid")),
            leaf("rejected"),
            task("paid", "reset", go("reset", "draft")),
        ],
        AMOUNT,
        roles=tuple(Role(name=name, title=WORDS) for name in dict.fromkeys(ACTORS.values())),
    )


def rework() -> Definition:
    """Two tasks that send a case back and forth for ever."""
    return process(
        [task("apply", "submit", go("submit", "check")), task("check", "approve", go("approve", "apply"))],
        AMOUNT,
        roles=tuple(Role(name=ACTORS[event], title=WORDS) for event in ("submit", "approve")),
    )


def task(name: str, event: str, *arrows: Transition) -> State:
    """A state in which somebody in the event's role has something to do."""
    outcome = Outcome(name="done", event=event, title=WORDS)
    return State(
        id=name, transitions=arrows, work=Work(by=(Assignee(role=ACTORS[event]),), outcomes=(outcome,), fill=("amount",))
    )


def nested() -> Definition:
    """Workload b."""
    leaves = [
        State(id=here, transitions=(go("switch", there),), entry=COUNT, exit=COUNT)
        for here, there in (("text", "table"), ("table", "text"))
    ]
    editing = State(
        id="editing",
        kind=StateKind.COMPOUND,
        states=tuple(leaves),
        transitions=(go("show", "preview"),),
        entry=COUNT,
        exit=COUNT,
    )
    active = State(
        id="active",
        kind=StateKind.COMPOUND,
        initial=("editing",),
        states=(
            leaf("preview", go("edit", "editing")),
            editing,
            State(id="before", kind=StateKind.HISTORY, deep=True, initial=("editing",)),
        ),
        transitions=(go("pause", "paused"),),
        entry=COUNT,
        exit=COUNT,
    )
    return process([active, leaf("paused", go("resume", "before"))], N)


def joined() -> Definition:
    """Workload c."""
    regions = [
        compound(
            name, [leaf(f"{name}_pending", go(f"{name}_ok", f"{name}_done")), State(id=f"{name}_done", kind=StateKind.FINAL)]
        )
        for name in ("legal", "finance")
    ]
    work = compound("work", regions, go("done.state.work", "joined"), kind=StateKind.PARALLEL)
    return process([leaf("idle", go("start", "work")), work, leaf("joined", go("reset", "idle"))])


def regions(number: int, states: int = 5) -> Definition:
    """So many regions, each a ring that can be walked both ways."""
    rings = []
    for r in range(number):
        ring = [
            leaf(
                f"r{r}s{s}",
                go(f"r{r}.next", f"r{r}s{(s + 1) % states}"),
                go(f"r{r}.back", f"r{r}s{s - 1 if s else states - 1}"),
            )
            for s in range(states)
        ]
        rings.append(compound(f"r{r}", ring))
    return process([compound("all", rings, kind=StateKind.PARALLEL)])


def ring(number: int) -> Definition:
    """So many states, one after the other."""
    return process(leaf(f"s{i}", go("next", f"s{(i + 1) % number}")) for i in range(number))


def deep(levels: int) -> Definition:
    """Two leaves so many levels down: `flip` goes from one to the other, `leave` and `enter` pass all levels."""
    inner = (leaf("tick", go("flip", "tock")), leaf("tock", go("flip", "tick")))
    for level in range(levels, 1, -1):
        inner = (compound(f"level{level}", inner),)
    return process([compound("level1", inner, go("leave", "outside")), leaf("outside", go("enter", "level1"))])


def steps_file(number: int) -> str:
    """A procedure of so many rows: work, an approval every fifth row, a decision every tenth."""
    lines = [
        "process: long",
        "title: {zh: 很长的流程, en: A long procedure}",
        "roles: {staff: {title: {zh: 员工, en: Staff}}, head: {title: {zh: 主管, en: Head}}}",
        "form:",
        "  amount: {title: {zh: 金额, en: Amount}, type: money, required: true}",
        "steps:",
        "  - {do: s0, title: {zh: 申请, en: Apply}, by: staff, fill: [amount], source: 1.1}",
    ]
    for i in range(1, number - 1):
        title = f"title: {{zh: 第{i}步, en: Step {i}}}, source: {i // 10}.{i % 10}"
        if i % 10 == 9:
            lines.append(f"  - {{decide: s{i}, {title}, cases: [{{when: amount > {i}, then: s{i + 1}}}, {{otherwise: end}}]}}")
        elif i % 5 == 4:
            lines.append(f"  - {{approve: s{i}, {title}, by: head, rejected: s{i - 1}}}")
        else:
            lines.append(f"  - {{do: s{i}, {title}, by: staff}}")
    return "\n".join([*lines, "  - {end: end, title: {zh: 结束, en: End}}", ""])


def states_file(number: int) -> str:
    """A life cycle of so many states in groups of ten, with a guard and an action on every arrow."""
    lines = [
        "process: large",
        "title: {zh: 很大的状态图, en: A large chart}",
        "form:",
        "  n: {title: {zh: 次数, en: Count}, type: int}",
        "states:",
    ]
    groups = number // 10
    for group in range(groups):
        after = f"g{group + 1}" if group + 1 < groups else "end"
        lines += [f"  - state: g{group}", f"    title: {{zh: 第{group}组, en: Group {group}}}", "    states:"]
        for i in range(9):
            to = f"s{group}_{i + 1}" if i < 8 else after
            arrow = f"{{event: next, to: {to}, when: n < {group + i + 1}, actions: [{{set: n, value: n + 1}}]}}"
            lines += [
                f"      - state: s{group}_{i}",
                f"        title: {{zh: 状态{i}, en: State {i}}}",
                f"        transitions: [{arrow}]",
            ]
        lines.append(f"    transitions: [{{event: stop, to: {after}}}]")
    return "\n".join([*lines, "  - {end: end}", ""])
