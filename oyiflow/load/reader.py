"""Text to `Definition`: the stages of loading, in order, and the parts of a file that are no body.

    nodes (strict YAML) → shape (the schema) → names → rows and states → Definition

Never raises on an author's mistake: every stage reports, the next one goes on with what is left. A definition comes out
only when nothing was wrong.
"""

from __future__ import annotations

import gc

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Source, Span
from oyiflow.load.examples import Examples
from oyiflow.load.form import read_fields
from oyiflow.load.language import aliases
from oyiflow.load.language.shape import check_shape, has_two_bodies
from oyiflow.load.lower import hidden_fields, lower
from oyiflow.load.monitors import due_by, read_reports, read_schedule, watched
from oyiflow.load.reading import Reading, scalar, scalars
from oyiflow.load.report import Report
from oyiflow.load.stamps import check_stamps
from oyiflow.load.states import read_states, read_transitions
from oyiflow.load.steps import collect, read_rows
from oyiflow.load.text.nodes import Mapping, Node, Sequence
from oyiflow.model.definition import NO_ORIGIN, Definition, Field, Role, Rule, State, StateKind, Text


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
    if not isinstance(root, Mapping) or has_two_bodies(root):
        return None, report.found
    definition = _Reader(root, report, source).definition(source)
    return (None if report.failed else definition), report.found


def _empty(source: Source, report: Report) -> None:
    if not report.failed:
        span = Span(file=source.name)
        fix = Fix(zh="从 process: 名字 写起", en="begin with process: a name")
        report.error("OF102", span, "文件里没有流程", "there is no process in this file", fix)


class _Reader:
    def __init__(self, root: Mapping, report: Report, source: Source) -> None:
        self.root = root
        self.read = Reading(report=report, source=source)

    def definition(self, source: Source) -> Definition:
        root, read = self.root, self.read
        roles = self.roles()
        read.roles = {**{alias: role for role in roles for alias in role.aliases}, **{role.name: role for role in roles}}
        fields = read_fields(root.get("form"), read)
        read.fields = {spec.name: spec for spec in fields}
        body = "steps" if root.key("steps") else "states"
        collect(root.get(body), read)
        name = scalar(root.get("process")) or "process"
        read.root = f"@{name}"  # no step can be called so
        title = read.text(root.get("title"), name)
        version = scalar(root.get("version"))
        tree, hidden = self.body(body, title)
        rules = self.rules()
        starts, examples = read_schedule(root.get("starts"), read), Examples(read)
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
            examples=examples.read(root.get("examples")),
            starts=starts,
            reports=read_reports(root.get("reports"), read),
            body="steps" if body == "steps" else "states",
            text=source.text,
            span=key.span if (key := root.key("process")) is not None else root.span,
        )
        check_stamps(root, read)
        examples.check(definition)
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

    # --- roles

    def roles(self) -> tuple[Role, ...]:
        table = self.root.get("roles")
        roles: list[Role] = []
        names = {key.text for key, _ in table.items} if isinstance(table, Mapping) else set()
        for key, node in table.items if isinstance(table, Mapping) else ():
            aliases = scalars(node.get("alias")) if isinstance(node, Mapping) else ()
            known = names - {key.text} | {name for role in roles for name in role.aliases}
            for alias in aliases:
                if alias.text in known:
                    zh, en = f"“{alias.text}”是另一个角色的名字", f"{alias.text!r} names another role"
                    fix = Fix(zh="去掉这个别名，或另取一个", en="drop this other name, or choose one that is free")
                    self.read.report.error("OF202", alias.span, zh, en, fix)
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

    # --- rules

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
