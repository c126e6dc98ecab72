"""The examples of a file: their moves and values, and whether the process could take them at all.

Here only names are looked at: that a step has this answer, that it asks for this field. Whether the example goes as it is told, its
play says (`oyiflow test`).
"""

from __future__ import annotations

from oyiflow.diagnostics import Fix, Span
from oyiflow.load.reading import IS_NAME, Reading, scalar
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence
from oyiflow.model.definition import Definition, StateKind
from oyiflow.model.example import Example, Move
from oyiflow.model.tree import ends_of
from oyiflow.model.values import Value

NOBODY = "nobody"
"""Of an example: nobody has been told about anything."""


class Examples:
    """Reads them, and remembers where their values stand until the steps are known that should ask for them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.given: list[tuple[str, Scalar]] = []
        """Each field that gets a value, and the step at which it is typed; "" for `with`."""
        self.events: list[Scalar] = []
        """The events that come from outside."""

    def read(self, table: Node | None) -> tuple[Example, ...]:
        """All examples of a file."""
        items = table.items if isinstance(table, Sequence) else ()
        return tuple(self._example(node) for node in items if isinstance(node, Mapping))

    def _example(self, node: Mapping) -> Example:
        read, play = self.reading, node.get("play")
        moves = (self._move(item) for item in (play.items if isinstance(play, Sequence) else ()))
        return Example(
            name=scalar(node.get("name")),
            play=tuple(move for move in moves if move is not None),
            values=self._values(node.get("with"), ""),
            now_at=read.steps(node.get("now_at")),
            ends=read.step(node.get("ends")),
            told=self._told(node.get("told")),
            cannot=read.steps(node.get("cannot")),
            span=node.span,
        )

    def _told(self, node: Node | None) -> tuple[str, ...] | None:
        if node is None:
            return None
        nobody = scalar(node) == NOBODY and NOBODY not in self.reading.places
        return () if nobody else self.reading.steps(node)

    # --- moves

    def _move(self, node: Node) -> Move | None:
        """`review rejected`, or `{plan: {budget: 5000}}`, `{wait: 2 days}`, `{event: signed}`."""
        if isinstance(node, Mapping) and len(node.items) == 1:
            key, value = node.items[0]
            if key.text == "wait":
                return Move(wait=self.reading.duration(value), span=node.span)
            if key.text == "event" and isinstance(value, Scalar):
                self.events.append(value)
                return Move(event=scalar(value), span=node.span)
            return self._act(key, value)
        if isinstance(node, Scalar) and not node.empty:
            return self._act(node, None)
        self._unreadable(node)
        return None

    def _unreadable(self, node: Node) -> None:
        fix = Fix(
            zh="写成: plan，或 review rejected，或 {plan: {budget: 5000}}，或 {wait: 2 days}",
            en="write: plan, or review rejected, or {plan: {budget: 5000}}, or {wait: 2 days}",
        )
        self.reading.report.error("OF103", node.span, "案例里的这一行看不懂", "this line of the example cannot be read", fix)

    def _act(self, node: Scalar, typed: Node | None) -> Move | None:
        word, _, outcome = node.text.partition(" ")
        if not IS_NAME(word):
            self._unreadable(node)
            return None
        span = node.span if not outcome else Span(
            file=node.span.file, line=node.span.line, column=node.span.column, end_line=node.span.line, end_column=node.span.column + len(word)
        )  # fmt: skip
        step = self.reading.step(Scalar(text=word, span=span))
        return Move(step=step, outcome=outcome.strip(), values=self._values(typed, step), span=node.span)

    def _values(self, node: Node | None, step: str) -> tuple[tuple[str, Value], ...]:
        """Values for fields. At a step an empty text empties its field; else it stands for nothing."""
        read, out = self.reading, list[tuple[str, Value]]()
        for key, value in node.items if isinstance(node, Mapping) else ():
            name = read.field(key)
            if not name:
                continue
            self.given.append((step, key))
            if step and isinstance(value, Scalar) and not value.text.strip():
                out.append((name, ""))
            elif (found := read.value(read.fields[name], value)) is not None:
                out.append((name, found))
        return tuple(out)

    # --- what the process could take

    def check(self, definition: Definition) -> None:
        """OF204: the answers and ends that examples name exist, and somebody asks for the values that they give."""
        for example in definition.examples:
            for move in example.play:
                self._answer(definition, move)
            end = definition.states.get(example.ends)
            if end is not None and end.kind is not StateKind.FINAL:
                ends = "、".join(ends_of(definition))
                fix = Fix(zh=f"结束有: {ends}；停在某一步写 now_at", en=f"the ends are: {ends}; for a step write now_at")
                self._wrong(example.span, f"ends: “{end.id}”不是结束", f"ends: {end.id!r} is no end", fix)
        self._heard(definition)
        self._typed(definition)

    def _answer(self, definition: Definition, move: Move) -> None:
        state = definition.states.get(move.step)
        work = state.work if state is not None else None
        if state is not None and state.call is not None and state.call.process and work is None:
            if move.values:  # which ends there are is known where the other process is
                fix = Fix(zh="值由被调用的流程自己填，去掉", en="the called process fills in its own; drop them")
                self._wrong(move.span, f"“{move.step}”是调用", f"{move.step!r} is a call", fix)
        elif state is not None and work is None:
            fix = Fix(zh="去掉它；流程会自己走过这一步", en="leave it out; the process passes this step by itself")
            self._wrong(move.span, f"“{move.step}”不由人办理", f"nobody acts on {move.step!r}", fix)
        elif work is not None and move.outcome and move.outcome not in {word for o in work.outcomes for word in o.words}:
            names = [outcome.name for outcome in work.outcomes]
            self.reading.report.unknown("OF204", move.span, ("答复", "answer"), move.outcome, names)

    def _heard(self, definition: Definition) -> None:
        """Some transition waits for each event; one that names how events begin, or `*`, hears all of these."""
        if not self.events:
            return
        ways = ((state, way) for state in definition.states.values() for way in state.transitions)
        known = {event.removesuffix(".*"): state for state, way in ways for event in way.events}
        for event in self.events if "*" not in known else ():
            parts = event.text.split(".")
            if not any(".".join(parts[:count]) in known for count in range(1, len(parts) + 1)):
                own = definition.body == "states"  # the answers of a step have names of the machine's
                heard = (name for name, state in known.items() if own or state.work is None)
                names = [name for name in heard if not name.startswith(("done.", "error.", "after."))]
                self.reading.report.unknown("OF204", event.span, ("事件", "event"), event.text, names)

    def _typed(self, definition: Definition) -> None:
        """A step is given what it asks for; and nobody is given the day that a step writes by itself."""
        works = {state.id: state.work for state in definition.states.values() if state.work is not None}
        asked = {name for work in works.values() for name in work.fill}
        stamps = {work.stamp for work in works.values()} - asked
        for step, field in self.given:
            fill = works[step].fill if step in works else None
            if field.text in stamps:
                zh, en = (
                    f"“{field.text}”由办的那天自己记 (stamp)，案例不能填",
                    f"{field.text!r} gets the day by itself (stamp); no example fills it in",
                )
                self._wrong(
                    field.span,
                    zh,
                    en,
                    Fix(zh="去掉它；日子用 wait: 2 days 推后", en="drop it; for a later day write wait: 2 days"),
                )
            elif fill is not None and field.text not in fill:
                may = ", ".join(fill)
                fix = Fix(zh=f"这一步可填: {may or '(无)'}", en=f"filled in there: {may or '(nothing)'}")
                self._wrong(field.span, f"“{step}”不填“{field.text}”", f"{field.text!r} is not filled in at {step!r}", fix)

    def _wrong(self, span: Span, zh: str, en: str, fix: Fix) -> None:
        self.reading.report.error("OF204", span, zh, en, fix)
