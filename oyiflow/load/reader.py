"""Text to `Definition`: the stages of loading, in order, and the parts of a file that are no body.

    nodes (strict YAML) → shape (the schema) → names → rows and states → Definition

Never raises on an author's mistake: every stage reports, the next one goes on with what is left. A definition comes out
only when nothing was wrong.
"""

from __future__ import annotations

import gc
from dataclasses import replace

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Source, Span
from oyiflow.load.language import aliases
from oyiflow.load.language.shape import check_shape
from oyiflow.load.lower import hidden_fields, lower
from oyiflow.load.monitors import due_by, read_reports, read_schedule, watched
from oyiflow.load.reading import IS_NAME, Reading, scalar, scalars
from oyiflow.load.report import Report
from oyiflow.load.states import read_states, read_transitions
from oyiflow.load.steps import collect, read_rows
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence
from oyiflow.load.work import DATES
from oyiflow.model.definition import NO_ORIGIN, Definition, Field, Role, Rule, State, StateKind, Text
from oyiflow.model.example import Example, Move
from oyiflow.model.retention import read_keep
from oyiflow.model.tree import ends_of
from oyiflow.model.values import FieldType, Value

TODAY = ("today", "今天")
"""As a limit of a date: the day on which it is filled in."""


def read_definition(source: Source) -> tuple[Definition | None, list[Diagnostic]]:
    """The definition in a text, and everything that is wrong with it; no definition if there is any error."""
    paused = gc.isenabled()  # thousands of new objects and no garbage
    gc.disable()
    try:
        root, found = aliases.read(source)
        return definition_of(source, root, found)
    finally:
        if paused:
            gc.enable()


def definition_of(source: Source, root: Node | None, found: list[Diagnostic]) -> tuple[Definition | None, list[Diagnostic]]:
    """As `read_definition`, for a text whose nodes have been read already."""
    report = Report()
    report.add(found)
    if root is None:
        _empty(source, report)
        return None, report.found
    check_shape(root, report)
    if not isinstance(root, Mapping):
        return None, report.found
    definition = _Reader(root, report, source).definition(source)
    return (None if report.failed else definition), report.found


def _empty(source: Source, report: Report) -> None:
    if not report.failed:
        span = Span(file=source.name)
        fix = Fix(zh="从 process: 名字 写起", en="begin with process: a name")
        report.error("OF102", span, "文件里没有流程", "there is no process in this file", fix)


NOBODY = "nobody"
"""Of an example: nobody has been told about anything."""


class _Reader:
    def __init__(self, root: Mapping, report: Report, source: Source) -> None:
        self.root = root
        self.read = Reading(report=report, source=source)

    def definition(self, source: Source) -> Definition:
        root, read = self.root, self.read
        roles = self.roles()
        read.roles = {**{alias: role for role in roles for alias in role.aliases}, **{role.name: role for role in roles}}
        fields = self.fields()
        read.fields = {spec.name: spec for spec in fields}
        body = "steps" if root.key("steps") else "states"
        collect(root.get(body), read)
        name = scalar(root.get("process")) or "process"
        read.root = f"@{name}"  # no step can be called so
        title = read.text(root.get("title"), name)
        version = scalar(root.get("version"))
        tree, hidden = self.body(body, title)
        rules = self.rules()
        starts = read_schedule(root.get("starts"), read)
        definition = Definition(
            name=name,
            title=title,
            version=int(version) if version.isdecimal() and version.isascii() else 1,
            origin=read.origin(root),
            owner=scalar(root.get("owner")),
            roles=roles,
            fields=(*fields, *hidden),
            root=due_by(watched(tree, rules), starts),
            rules=rules,
            examples=self.examples(),
            starts=starts,
            reports=read_reports(root.get("reports"), read),
            body="steps" if body == "steps" else "states",
            text=source.text,
            span=key.span if (key := root.key("process")) is not None else root.span,
        )
        self.played(definition)
        if not read.report.failed:  # a name that could not be resolved would make its target look unused
            self.unused(definition)
        return definition

    def body(self, body: str, title: Text) -> tuple[State, tuple[Field, ...]]:
        """The root state, and the fields that it keeps for itself."""
        root = self.read.root
        if body == "steps":
            if (key := self.root.key("transitions")) is not None:
                fix = Fix(zh="写到某一步的 then、cases 里", en="write then or cases at a step")
                self.read.report.error("OF103", key.span, "transitions 只用于 states", "transitions go with states only", fix)
            rows = read_rows(self.root.get("steps"), self.read)
            return lower(root, title, rows, self.read), hidden_fields(rows)
        states = read_states(self.root.get("states"), self.read)
        initial, ways = self.read.steps(self.root.get("initial")), read_transitions(self.root.get("transitions"), self.read)
        kind = StateKind.COMPOUND
        return State(id=root, kind=kind, title=title, states=states, initial=initial, transitions=ways, verb="process"), ()

    # --- roles and fields

    def roles(self) -> tuple[Role, ...]:
        table = self.root.get("roles")
        roles: list[Role] = []
        for key, node in table.items if isinstance(table, Mapping) else ():
            aliases = scalars(node.get("alias")) if isinstance(node, Mapping) else ()
            known = {name for role in roles for name in (role.name, *role.aliases)}
            for alias in aliases:
                if alias.text in known:
                    self.read.report.error(
                        "OF202", alias.span, f"“{alias.text}”已是另一个角色的名字", f"{alias.text!r} names another role already"
                    )
            roles.append(
                Role(
                    name=key.text,
                    title=self.read.text(
                        node.get("title") if isinstance(node, Mapping) and node.key("title") else node, key.text
                    ),
                    aliases=tuple(alias.text for alias in aliases),
                    outside=isinstance(node, Mapping) and scalar(node.get("outside")) == "true",
                    origin=self.read.origin(node) if isinstance(node, Mapping) else NO_ORIGIN,
                    span=key.span,
                )
            )
        return tuple(roles)

    def fields(self) -> tuple[Field, ...]:
        return self._fields(self.root.get("form"))

    def _fields(self, table: Node | None) -> tuple[Field, ...]:
        items = table.items if isinstance(table, Mapping) else ()
        return tuple(self.field(key, node) for key, node in items if isinstance(node, Mapping))

    def field(self, key: Scalar, node: Mapping) -> Field:
        kind = scalar(node.get("type"))
        options = node.get("of")
        spec = Field(
            name=key.text,
            title=self.read.text(node.get("title"), key.text),
            type=FieldType(kind) if kind in set(FieldType) else FieldType.TEXT,
            required=scalar(node.get("required")) == "true",
            options=tuple(item.text for item in options.items if isinstance(item, Scalar))
            if isinstance(options, Sequence)
            else (),
            sensitive=scalar(node.get("sensitive")) == "true",
            visible_to=self.read.role_names(node.get("visible_to")),
            keep=read_keep(scalar(node.get("keep"))),
            columns=self._fields(node.get("columns")),
            was=scalar(node.get("was")),
            origin=self.read.origin(node),
            span=key.span,
        )
        self._check_options(spec, node)
        self._check_extras(spec, node)
        optional = replace(spec, required=False)
        today = {key: spec.type in DATES and scalar(node.get(key)).lower() in TODAY for key in ("min", "max")}
        least, most = (None if today[key] else self.read.value(optional, node.get(key)) for key in ("min", "max"))
        return replace(spec, min=least, max=most, not_past=today["min"], not_future=today["max"])

    def _check_extras(self, spec: Field, node: Mapping) -> None:
        if spec.type is not FieldType.LIST and (key := node.key("columns")) is not None:
            fix = Fix(zh="类型改为 list，或去掉 columns", en="make the type list, or drop columns")
            self.read.report.error("OF103", key.span, "columns 只用于 list", "columns is for list only", fix)
        for column in spec.columns:
            if column.type in (FieldType.LIST, FieldType.CHOICES, FieldType.FILE):
                zh, en = f"列“{column.name}”不能是 {column.type}", f"the column {column.name!r} cannot be a {column.type}"
                self.read.report.error(
                    "OF103", column.span, zh, en, Fix(zh="改成 text 等单个值", en="make it a single value such as text")
                )
            if column.sensitive or column.visible_to or column.keep:
                zh, en = (
                    f"列“{column.name}”不能单独设为敏感、保留",
                    f"the column {column.name!r} cannot be sensitive or kept by itself",
                )
                fix = Fix(
                    zh="把 sensitive、visible_to、keep 写在整个字段上",
                    en="write sensitive, visible_to and keep at the whole field",
                )
                self.read.report.error("OF103", column.span, zh, en, fix)
        if not spec.sensitive and (key := node.key("visible_to")) is not None:
            fix = Fix(zh="加上 sensitive: true", en="add sensitive: true")
            self.read.report.error("OF103", key.span, "visible_to 只用于敏感字段", "visible_to is for sensitive fields", fix)

    def _check_options(self, spec: Field, node: Mapping) -> None:
        choice = spec.type in (FieldType.CHOICE, FieldType.CHOICES)
        if choice and node.get("of") is None:
            fix = Fix(zh="加上 of: [选项一, 选项二]", en="add of: [one, two]")
            self.read.report.error(
                "OF102", spec.span, f"选择字段“{spec.name}”少了选项 of", f"the options of {spec.name!r} are missing: of", fix
            )
        if not choice and (key := node.key("of")) is not None:
            fix = Fix(zh="类型改为 choice 或 choices，或去掉 of", en="make the type choice or choices, or drop of")
            self.read.report.error("OF103", key.span, "of 只用于 choice 和 choices", "of is for choice and choices only", fix)

    # --- rules and examples

    def rules(self) -> tuple[Rule, ...]:
        table = self.root.get("rules")
        items = table.items if isinstance(table, Sequence) else ()
        return tuple(rule for node in items if isinstance(node, Mapping) and (rule := self.rule(node)) is not None)

    def rule(self, node: Mapping) -> Rule | None:
        forms = [key for key, _ in node.items if key.text in ("before", "after", "never", "different_people", "same_person")]
        if (
            not forms
            and node.get("say") is not None
            and not any(node.get(key) is not None for key in ("must", "when", "within"))
        ):
            return Rule(
                form="words", say=self.read.text(node.get("say")), steps=(), origin=self.read.origin(node), span=node.span
            )
        if len(forms) != 1:
            zh = "一条规则写且只写一个: before、after、never、different_people、same_person"
            en = "a rule has exactly one of: before, after, never, different_people, same_person"
            self.read.report.error("OF102" if not forms else "OF103", forms[1].span if forms else node.span, zh, en)
            return None
        form = forms[0].text
        if form in ("before", "after") and node.get("must") is None:
            self.read.report.error(
                "OF102", forms[0].span, f"规则 {form} 少了 must: 哪一步", f"the rule lacks must: which step must come {form}"
            )
        steps = self.read.steps(node.get(form))
        return Rule(
            form=form,  # type: ignore[arg-type]
            say=self.read.text(node.get("say")),
            steps=steps,
            must=self.read.steps(node.get("must")),
            by=self.read.role_names(node.get("by")),
            when=self.read.guard(node.get("when")),
            within=self.read.duration(node.get("within")),
            origin=self.read.origin(node),
            span=node.span,
        )

    def examples(self) -> tuple[Example, ...]:
        table = self.root.get("examples")
        items = table.items if isinstance(table, Sequence) else ()
        return tuple(self.example(node) for node in items if isinstance(node, Mapping))

    def example(self, node: Mapping) -> Example:
        play = node.get("play")
        moves = (self.move(item) for item in (play.items if isinstance(play, Sequence) else ()))
        return Example(
            name=scalar(node.get("name")),
            play=tuple(move for move in moves if move is not None),
            values=self.values(node.get("with")),
            now_at=self.read.steps(node.get("now_at")),
            ends=self.read.step(node.get("ends")),
            told=self._told(node.get("told")),
            cannot=self.read.steps(node.get("cannot")),
            span=node.span,
        )

    def _told(self, node: Node | None) -> tuple[str, ...] | None:
        if node is None:
            return None
        nobody = scalar(node) == NOBODY and NOBODY not in self.read.places
        return () if nobody else self.read.steps(node)

    def move(self, node: Node) -> Move | None:
        """`review rejected`, or `{plan: {budget: 5000}}`, `{wait: 2 days}`, `{event: signed}`."""
        if isinstance(node, Mapping) and len(node.items) == 1:
            key, value = node.items[0]
            if key.text == "wait":
                return Move(wait=self.read.duration(value), span=node.span)
            if key.text == "event":
                return Move(event=scalar(value), span=node.span)
            return self._act(key, self.values(value, emptying=True))
        if isinstance(node, Scalar) and not node.empty:
            return self._act(node, ())
        self._unreadable(node)
        return None

    def _unreadable(self, node: Node) -> None:
        fix = Fix(
            zh="写成: plan，或 review rejected，或 {plan: {budget: 5000}}，或 {wait: 2 days}",
            en="write: plan, or review rejected, or {plan: {budget: 5000}}, or {wait: 2 days}",
        )
        self.read.report.error("OF103", node.span, "案例里的这一行看不懂", "this line of the example cannot be read", fix)

    def _act(self, node: Scalar, values: tuple[tuple[str, Value], ...]) -> Move | None:
        step, _, outcome = node.text.partition(" ")
        if not IS_NAME(step):
            self._unreadable(node)
            return None
        span = node.span if not outcome else Span(
            file=node.span.file, line=node.span.line, column=node.span.column, end_line=node.span.line, end_column=node.span.column + len(step)
        )  # fmt: skip
        return Move(step=self.read.step(Scalar(text=step, span=span)), outcome=outcome.strip(), values=values, span=node.span)

    def values(self, node: Node | None, *, emptying: bool = False) -> tuple[tuple[str, Value], ...]:
        """Values for fields. `emptying`: an empty text empties its field, and does not stand for nothing."""
        out: list[tuple[str, Value]] = []
        for key, value in node.items if isinstance(node, Mapping) else ():
            name = self.read.field(key)
            if name and emptying and isinstance(value, Scalar) and not value.text.strip():
                out.append((name, ""))
                continue
            found = self.read.value(self.read.fields[name], value) if name else None
            if found is not None:
                out.append((name, found))
        return tuple(out)

    def played(self, definition: Definition) -> None:
        """OF204: the answers and ends that examples name exist."""
        for example in definition.examples:
            for move in example.play:
                self._answer(definition, move)
            end = definition.states.get(example.ends)
            if end is not None and end.kind is not StateKind.FINAL:
                ends = "、".join(ends_of(definition))
                fix = Fix(zh=f"结束有: {ends}；停在某一步写 now_at", en=f"the ends are: {ends}; for a step write now_at")
                self.read.report.error("OF204", example.span, f"ends: “{end.id}”不是结束", f"ends: {end.id!r} is no end", fix)

    def _answer(self, definition: Definition, move: Move) -> None:
        state = definition.states.get(move.step)
        work = state.work if state is not None else None
        if state is not None and state.call is not None and state.call.process and work is None:
            if move.values:  # which ends there are is known where the other process is
                fix = Fix(zh="值由被调用的流程自己填，去掉", en="the called process fills in its own; drop them")
                self.read.report.error("OF204", move.span, f"“{move.step}”是调用", f"{move.step!r} is a call", fix)
        elif state is not None and work is None:
            fix = Fix(zh="去掉它；流程会自己走过这一步", en="leave it out; the process passes this step by itself")
            self.read.report.error("OF204", move.span, f"“{move.step}”不由人办理", f"nobody acts on {move.step!r}", fix)
        elif work is not None and move.outcome and move.outcome not in {word for o in work.outcomes for word in o.words}:
            names = [outcome.name for outcome in work.outcomes]
            self.read.report.unknown("OF204", move.span, ("答复", "answer"), move.outcome, names)

    # --- what nobody uses

    def unused(self, definition: Definition) -> None:
        """OF206: roles without any part and fields that nobody fills, reads or shows."""
        for role in definition.roles:
            if f"role:{role.name}" not in self.read.used:
                self._unused(role.span, "角色", "role", role.name)
        for spec in definition.fields:
            if not spec.hidden and f"field:{spec.name}" not in self.read.used:
                self._unused(spec.span, "字段", "field", spec.name)

    def _unused(self, span: Span, zh: str, en: str, name: str) -> None:
        fix = Fix(zh="去掉它，或在某一步用上它", en="remove it, or use it in a step")
        self.read.note("OF206", Severity.WARNING, span, (f"{zh}“{name}”没有用到", f"the {en} {name!r} is never used"), fix)
