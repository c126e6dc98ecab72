"""A `states:` body, read as it stands: nested, parallel, final and history states, transitions, actions.

Event names are the author's own. A state with `by:` gives its people a task whose answers are the events of its transitions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from oyiflow.diagnostics import Fix
from oyiflow.load.language.vocabulary import DISPATCH
from oyiflow.load.reading import Reading, inner, scalar, scalars, words
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence
from oyiflow.load.work import DATES, day_of, holiday_of, read_call, read_work
from oyiflow.model.definition import (
    Action,
    Cancel,
    Log,
    Notify,
    Outcome,
    Perform,
    Raise,
    Send,
    Set,
    State,
    StateKind,
    Text,
    Transition,
    Work,
)
from oyiflow.model.expression import And, Expression, Filled, Name

KINDS = {"parallel": StateKind.PARALLEL, "history": StateKind.HISTORY, "end": StateKind.FINAL}
MADE = ("done.state.", "done.call.", "error.call.")
"""Events that the machine makes, each about the state that is named after it."""


def read_states(body: Node | None, reading: Reading) -> tuple[State, ...]:
    """All states of a body. The depth of a file is bounded by the pre-scan, so recursion is safe."""
    states = _States(reading)
    return tuple(states.read(body))


def read_transitions(body: Node | None, reading: Reading) -> tuple[Transition, ...]:
    """Transitions of the process as a whole."""
    return tuple(_States(reading).transition(item) for item in _items(body))


class _States:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def read(self, body: Node | None) -> Iterator[State]:
        for item in body.items if isinstance(body, Sequence) else ():
            verb = (
                next((key.text for key, _ in item.items if key.text in DISPATCH["state"]), "")
                if isinstance(item, Mapping)
                else ""
            )
            if isinstance(item, Mapping) and isinstance(name := item.get(verb), Scalar) and not name.empty:
                yield self.state(item, verb, name)

    def state(self, node: Mapping, verb: str, name: Scalar) -> State:
        read = self.reading
        transitions = tuple(self.transition(item) for item in _items(node.get("transitions")))
        work = self._work(node, transitions)
        below = tuple(self.read(node.get("states")))
        kind = KINDS.get(verb, StateKind.COMPOUND if below else StateKind.ATOMIC)
        first = work.by[0].role if work is not None and work.by else ""
        call = read_call(node, read)
        if call is not None and call.each:
            transitions += tuple(_with_no_entries(call.each, f"done.call.{name.text}", transitions))
        return State(
            id=name.text,
            kind=kind,
            title=read.text(node.get("title"), name.text),
            states=below,
            initial=read.steps(node.get("default" if kind is StateKind.HISTORY else "initial")),
            deep=scalar(node.get("deep")) == "true",
            transitions=transitions,
            entry=self.actions(node.get("entry")),
            exit=self.actions(node.get("exit")),
            work=work,
            call=call,
            output=self._pairs(node.get("output")),
            verb=verb,
            was=scalar(node.get("was")),
            lane=read.role(node.get("lane")) or first,
            origin=read.origin(node),
            span=name.span,
        )

    def _work(self, node: Mapping, transitions: tuple[Transition, ...]) -> Work | None:
        if node.get("by") is None:
            return None
        named = [(event, way) for way in transitions for event in way.events if not _is_made_by_the_machine(event)]
        outcomes = {
            event: Outcome(name=event, event=event, title=way.label if way.label != Text() else words(event))
            for event, way in named
        }
        if not outcomes and (key := node.key("by")) is not None:
            self.reading.report.error(
                "OF102",
                key.span,
                "写了 by，却没有可答复的事件: 谁也不能答复",
                "there is a by, but no event that anybody could answer with",
                Fix(zh="给一条转移写上 event: 名字", en="give a transition an event: a name"),
            )
        return replace(read_work(node, self.reading), outcomes=tuple(outcomes.values()))

    def transition(self, node: Mapping) -> Transition:
        read = self.reading
        targets = read.steps(node.get("to"))
        after, at = read.duration(node.get("after")), read.field(node.get("at"), DATES)
        named = scalars(node.get("event"))
        events = tuple(item.text for item in named)
        for item in named:
            if item.text.startswith(MADE):
                self._about(item)
        actions = self.actions(node.get("actions"))
        to = node.get("to")
        day = day_of(scalar(node.get("day"))) or 0
        if sum(map(bool, (events, after, at, day))) > 1:
            read.report.error(
                "OF103", node.span, "event、after、at、day 只能写一个", "write only one of event, after, at and day"
            )
        if not targets and not actions and to is None:
            read.report.error(
                "OF102", node.span, "这条转移没有去处 (to)，也没有动作 (actions)", "this transition goes nowhere (to) and does nothing (actions)",
                Fix(zh="加上 to: 状态", en="add to: a state"),
            )  # fmt: skip
        asked = events or after or at or day
        if not asked and not any(node.get(key) is not None for key in ("event", "after", "at", "day", "when", "always")):
            read.report.error(
                "OF102", node.span, "这条转移没有说何时发生: event (事件)、after (多久之后)、at (到哪个日期)、when (条件) 或 always",
                "this transition does not say when it is taken: event, after, at, when or always",
                Fix(zh="加上 event: 名字；立刻转移写 always: true", en="add event: a name; for at once, always: true"),
            )  # fmt: skip
        return Transition(
            targets=targets,
            events=events,
            guard=read.guard(node.get("when")),
            after=after,
            at=at,
            day=day,
            over=scalar(node.get("over")) == "true",
            on_holiday=holiday_of(node),
            actions=actions,
            internal=scalar(node.get("internal")) == "true",
            meant=scalar(node.get("meant")) == "true",
            label=read.text(node.get("label")),
            purpose="event",
            origin=read.origin(node),
            span=node.span,
            target_span=to.span if to is not None else node.span,
        )

    def _about(self, event: Scalar) -> None:
        """An event that the machine makes when a state is done is about a state that there is."""
        read, prefix = self.reading, next(one for one in MADE if event.text.startswith(one))
        name = event.text.removeprefix(prefix)
        if name in read.places or name in ("", "*", read.root.removeprefix("@")):
            return
        span = inner(event)
        if span.line == span.end_line:
            column = span.column + len(prefix)
            span = replace(span, column=column, end_column=column + len(name))
        read.report.unknown("OF201", span, ("状态", "state"), name, read.places)

    def actions(self, body: Node | None) -> tuple[Action, ...]:
        return tuple(found for item in _items(body) if (found := self.action(item)) is not None)

    def action(self, node: Mapping) -> Action | None:
        read = self.reading
        verb = next((key.text for key, _ in node.items if key.text in DISPATCH["action"]), "")
        word = scalar(node.get(verb)) if verb else ""
        match verb:
            case "set":
                name = read.field(node.get("set"))
                value = read.assignment(name, node.get("value")) if name else None
                return Set(field=name, value=value) if value is not None else None
            case "raise":
                return Raise(event=word)
            case "send":
                return Send(event=word, after=read.duration(node.get("after")), id=scalar(node.get("id")))
            case "cancel":
                return Cancel(id=word)
            case "remind":
                return Notify(about=read.step(node.get("remind")), reason="remind")
            case "escalate":
                return Notify(about=read.step(node.get("escalate")), reason="escalate")
            case "tell":
                roles = read.role_names(node.get("tell"))
                return Notify(about=read.step(node.get("about")), reason="tell", roles=roles)
            case "overdue":
                return Notify(about=read.step(node.get("overdue")), reason="rule")
            case "log":
                return Log(text=read.text(node.get("log")))
            case "perform":
                return Perform(handler=word, inputs=self._pairs(node.get("with")))
        return None

    def _pairs(self, node: Node | None) -> tuple[tuple[str, Expression], ...]:
        items = node.items if isinstance(node, Mapping) else ()
        return tuple((key.text, found) for key, value in items if (found := self.reading.expression(value, None)) is not None)


def _with_no_entries(field: str, ended: str, ways: tuple[Transition, ...]) -> Iterator[Transition]:
    """S44: what the end of the last call does is done at once where there is nothing to call for; unless the author says what else."""
    if any(not (way.events or way.timed) for way in ways):
        return
    nothing = Filled(name=Name(name=field), negated=True)
    for way in ways:
        if ended in way.events:
            rest = way.guard.parts if isinstance(way.guard, And) else (way.guard,) if way.guard is not None else ()
            yield replace(way, events=(), guard=And(parts=(nothing, *rest)) if rest else nothing)


def _is_made_by_the_machine(event: str) -> bool:
    """Nobody can answer with an event that the machine makes itself, nor with a pattern."""
    return event == "*" or event.endswith(".*") or event.startswith(("done.", "error.", "after."))


def _items(body: Node | None) -> tuple[Mapping, ...]:
    return tuple(item for item in body.items if isinstance(item, Mapping)) if isinstance(body, Sequence) else ()
