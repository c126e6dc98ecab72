"""Reading single values of a process file: texts, names, guards, durations, people; each reports its own mistakes.

A `Reading` knows the names that the file declares and notes which of them are used. Values of the wrong shape have been
reported by the shape check already; here they read as nothing, so that the rest of the file is still looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Source, Span
from oyiflow.load.guards.grammar import parse
from oyiflow.load.language.keys import KEYS, NAME
from oyiflow.load.report import Report
from oyiflow.load.text.nodes import Mapping as MappingNode
from oyiflow.load.text.nodes import Node, Scalar, Sequence, positions
from oyiflow.model.definition import STARTER, Assignee, Field, Origin, Role, Text
from oyiflow.model.expression import EMPTY, Constant, Expression, Not, names_read
from oyiflow.model.expression_types import check
from oyiflow.model.values import Duration, FieldType, Problem, Value, read_value

COUNTED = Field(name="count", title=Text(zh="个数", en="count"), type=FieldType.INT)
"""What a number of instances is."""


@dataclass(slots=True)
class Reading:
    """The names of one file and the report on it."""

    report: Report
    source: Source = field(default_factory=lambda: Source(name="", text=""))
    roles: Mapping[str, Role] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    """Ids of the steps or states and where they are declared."""
    root: str = ""
    """The id of the root state: whoever started the instance has done it."""
    used: set[str] = field(default_factory=set)
    """Roles and fields that something refers to, as `role:x` and `field:y`."""

    # --- plain values

    def text(self, node: Node | None, otherwise: str = "") -> Text:
        """Words for people: a scalar is taken for both languages by its script, a table names them."""
        if isinstance(node, Scalar) and not node.empty:
            return words(node.text)
        if isinstance(node, MappingNode):
            return Text(zh=scalar(node.get("zh")), en=scalar(node.get("en")))
        return words(otherwise) if otherwise else Text()

    def origin(self, node: MappingNode) -> Origin:
        """The article that an element comes from."""
        return Origin(source=scalar(node.get("source")), inferred=scalar(node.get("inferred")) == "true")

    def duration(self, node: Node | None) -> Duration | None:
        """A duration in words."""
        if not isinstance(node, Scalar) or node.empty:
            return None
        found = Duration.parse(node.text)
        if found is None:
            key = KEYS["within"]
            self.report.error(
                "OF103",
                node.span,
                f"“{node.text}”不是一段时间",
                f"{node.text!r} is not a duration",
                Fix(zh=f"写成: {key.value_zh}", en=f"write: {key.value_en}"),
            )
        return found

    def value(self, spec: Field, node: Node | None) -> Value | None:
        """A literal for a field of the form."""
        if node is None:
            return None
        raw: object = [_raw(item) for item in node.items] if isinstance(node, Sequence) else _raw(node)
        found = read_value(spec, raw)
        if isinstance(found, Problem):
            self.report.error("OF103", node.span, f"{spec.name}: {found.zh}", f"{spec.name}: {found.en}")
            return None
        return found

    # --- references

    def step(self, node: Node | None) -> str:
        """The id of a step or state; "" when there is none by that name."""
        if not isinstance(node, Scalar) or node.empty:
            return ""
        if node.text in self.places:
            return node.text
        if node.text == self.root.removeprefix("@") and self.root:  # the case as a whole
            return self.root
        if not IS_NAME(node.text):  # the shape check has said so
            return ""
        self.report.unknown("OF201", node.span, ("步骤", "step"), node.text, self.places)
        return ""

    def steps(self, node: Node | None) -> tuple[str, ...]:
        """Ids of several steps; unknown ones are left out."""
        return tuple(name for item in scalars(node) if (name := self.step(item)))

    def role(self, node: Node | None) -> str:
        """The name of a role; an alias leads to its role."""
        if not isinstance(node, Scalar) or node.empty:
            return ""
        role = self.roles.get(node.text)
        if role is None and not IS_NAME(node.text):
            return ""
        if role is None:
            self.report.unknown("OF203", node.span, ("角色", "role"), node.text, self.roles)
            return ""
        self.used.add(f"role:{role.name}")
        if node.text != role.name:
            zh, en = f"“{node.text}”是角色 {role.name} 的别名", f"{node.text!r} is an alias of the role {role.name!r}"
            self.report.note(
                "OF208",
                node.span,
                zh,
                en,
                Fix(zh=f"可以就这样写，也可以写 {role.name}", en=f"leave it so, or write {role.name}"),
            )
        return role.name

    def role_names(self, node: Node | None) -> tuple[str, ...]:
        """Names of several roles."""
        return tuple(name for item in scalars(node) if (name := self.role(item)))

    def field(self, node: Node | None, types: Iterable[FieldType] = ()) -> str:
        """The name of a field, of one of these types if any are given."""
        if not isinstance(node, Scalar) or node.empty:
            return ""
        spec = self.fields.get(node.text)
        if spec is None and not IS_NAME(node.text):
            return ""
        if spec is None:
            self.report.unknown("OF204", node.span, ("字段", "field"), node.text, self.fields)
            return ""
        self.used.add(f"field:{spec.name}")
        wanted = [kind.value for kind in types]
        if wanted and spec.type not in wanted:
            some = " / ".join(wanted)
            self.report.error(
                "OF506",
                node.span,
                f"字段“{spec.name}”是 {spec.type}，这里要 {some}",
                f"field {spec.name!r} is {spec.type}, {some} is needed here",
            )
            return ""
        return spec.name

    def field_names(self, node: Node | None) -> tuple[str, ...]:
        """Names of several fields."""
        return tuple(name for item in scalars(node) if (name := self.field(item)))

    def by(self, node: Node | None) -> tuple[Assignee, ...]:
        """Who acts: a role, a person in a field, whoever did a step, or several of these."""
        nodes = node.items if isinstance(node, Sequence) else (node,) if node is not None else ()
        return tuple(found for item in nodes if (found := self._assignee(item)) is not None)

    def person(self, node: Node | None) -> Assignee | None:
        """One person or role: `who:`."""
        return self._assignee(node) if node is not None else None

    def _somebody(self, node: MappingNode) -> Assignee | None:
        """Somebody who is no role: by a field, by what they did, or the superior of such a one."""
        if (person := self.field(node.get("person_in"), PEOPLE)) != "":
            return Assignee(person_in=person)
        led = node.get("manager_of")
        if scalar(led) in self.fields and scalar(led) not in self.places:
            return Assignee(person_in=self.field(led, PEOPLE), superior=True)
        step = self._doer(led if led is not None else node.get("whoever_did"))
        return Assignee(whoever_did=step, superior=led is not None) if step else None

    def _doer(self, node: Node | None) -> str:
        return self.root if scalar(node) == STARTER and STARTER not in self.places else self.step(node)

    def _assignee(self, node: Node) -> Assignee | None:
        if isinstance(node, MappingNode):
            return self._somebody(node)
        name = self.role(node)
        if name and self.roles[name].outside:
            self.report.error(
                "OF203",
                node.span,
                f"“{name}”在公司外部 (outside)，不能给它派任务",
                f"{name!r} is outside the company and cannot be given a task",
                Fix(zh="用 meets: 写对方", en="name the other side with meets:"),
            )
            return None
        return Assignee(role=name) if name else None

    # --- expressions

    def guard(self, node: Node | None) -> Expression | None:
        """A condition, checked against the form."""
        return self.expression(node, FieldType.BOOL)

    def expression(self, node: Node | None, expected: FieldType | Field | None) -> Expression | None:
        """An expression of the expected type (None: any)."""
        if not isinstance(node, Scalar) or node.empty:
            return None
        found, diagnostics = parse(node.text, inner(node), self._positions(node))
        self.report.add(diagnostics)
        if found is None:
            return None
        for name in names_read(found):
            self.used.add(f"field:{name}")
        _, problems = check(found, self.fields, self.places, expected)
        for problem in problems:
            fix = Fix(zh=f"改为 {problem.fix}", en=f"write {problem.fix}", replacement=problem.fix) if problem.fix else None
            self.report.error(problem.code, problem.span, problem.zh, problem.en, fix)
        return None if problems else found

    def _positions(self, node: Scalar) -> list[tuple[int, int]] | None:
        """Where each character of a quoted or folded text stands; a plain one on one line needs no map."""
        if node.style == "plain" and node.span.line == node.span.end_line:
            return None
        return positions(self.source, node)

    def assignment(self, name: str, node: Node | None) -> Expression | None:
        """The value to be set in a field: an expression, or a plain word for a text or a choice."""
        if not isinstance(node, Scalar):
            return None
        if not node.text and node.style != "plain":
            return EMPTY
        spec = self.fields[name]
        if node.style == "plain" or spec.type not in _WORDS:
            return self.expression(node, spec)
        value = self.value(spec, node)
        return Constant(value=value, type=spec.type, span=node.span) if value is not None else None

    def note(self, code: str, severity: Severity, span: Span, words: tuple[str, str], fix: Fix | None = None) -> None:
        """Note a diagnostic that is not an error."""
        self.report.found.append(Diagnostic(code=code, severity=severity, span=span, zh=words[0], en=words[1], fix=fix))


IS_NAME = re.compile(NAME).match
PEOPLE = (FieldType.PERSON, FieldType.TEXT)
_WORDS = frozenset({FieldType.TEXT, FieldType.LONGTEXT, FieldType.CHOICE, FieldType.PERSON, FieldType.FILE})


def words(text: str) -> Text:
    """A text in one language: Chinese if any Chinese character is in it, else English."""
    return Text(zh=text) if any("\u3400" <= c <= "\u9fff" for c in text) else Text(en=text)


def scalar(node: Node | None) -> str:
    """The text of a scalar; "" for anything else."""
    return node.text if isinstance(node, Scalar) else ""


def _raw(node: Node) -> object:
    """A value as somebody would type it: text, rows of texts, or texts by column."""
    if isinstance(node, Sequence):
        return [scalar(item) for item in node.items]
    return {key.text: scalar(value) for key, value in node.items} if isinstance(node, MappingNode) else scalar(node)


def scalars(node: Node | None) -> tuple[Scalar, ...]:
    """One scalar or the scalars of a list."""
    nodes = node.items if isinstance(node, Sequence) else (node,)
    return tuple(item for item in nodes if isinstance(item, Scalar) and not item.empty)


def inner(node: Scalar) -> Span:
    """The span of a scalar's text without its quotes."""
    if node.style == "plain":
        return node.span
    return Span(
        file=node.span.file,
        line=node.span.line,
        column=node.span.column + 1,
        end_line=node.span.end_line,
        end_column=node.span.end_column,
    )


def negated(guard: Expression) -> Expression:
    """The opposite condition."""
    return guard.operand if isinstance(guard, Not) else Not(operand=guard, span=guard.span)
