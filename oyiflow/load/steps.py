"""A `steps:` body as rows: one row a line, the verb first, everything that the line says with its references resolved.

Rows are the author's view; `lower` turns them into states. A first pass collects the ids, so that a row may name a later
one; jumps into or out of a branch of `together` are refused here, where the lines still are what the author wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from oyiflow.diagnostics import Diagnostic, Fix, Span
from oyiflow.load.language.keys import KEYS, LATE
from oyiflow.load.language.synonyms import meant
from oyiflow.load.language.vocabulary import DISPATCH
from oyiflow.load.reading import Reading, scalar
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence
from oyiflow.load.work import DATES, Limit, day_of, read_call, read_limit, read_work
from oyiflow.model.definition import NO_ORIGIN, Call, Origin, Text, Work
from oyiflow.model.expression import Expression
from oyiflow.model.values import Duration

OTHERWISE = Text(zh="否则", en="otherwise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case of a decision. `otherwise`: taken when no other applies. `to` is empty for the next line."""

    label: Text
    when: Expression | None
    to: str
    otherwise: bool
    clear: tuple[str, ...]
    origin: Origin
    span: Span
    to_span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a procedure. References are ids of other rows; empty ones mean the next line, or nothing."""

    verb: str
    id: str
    title: Text
    span: Span
    origin: Origin = NO_ORIGIN
    lane: str = ""
    work: Work | None = None
    then: str = ""
    then_span: Span = field(default_factory=Span)
    rejected: str = ""
    rejected_span: Span = field(default_factory=Span)
    failed: str = ""
    failed_span: Span = field(default_factory=Span)
    cases: tuple[Case, ...] = ()
    branches: tuple[tuple[Row, ...], ...] = ()
    until: str = "all"
    wait_for: Duration | None = None
    wait_until: Limit | None = None
    wait_field: str = ""
    wait_event: str = ""
    call: Call | None = None
    only_when: Expression | None = None
    within: Limit | None = None
    late: str = ""
    was: str = ""
    straight: bool = False
    """After a rejection the application comes straight back here."""
    tell: tuple[str, ...] = ()


def collect(body: Node | None, reading: Reading) -> None:
    """Note all ids below a body of steps or states; a name used twice is an error at its second place."""
    verbs = {*DISPATCH["step"], *DISPATCH["state"]}
    for node in mappings(body):
        name = next((value for key, value in node.items if key.text in verbs), None)
        if name is None:  # a misspelt verb still names its step, so that nothing else is blamed
            name = next((value for key, value in node.items if meant(key.text, verbs) is not None), None)
        if isinstance(name, Scalar) and not name.empty:
            _declare(name, reading)


def _declare(name: Scalar, reading: Reading) -> None:
    first = reading.places.setdefault(name.text, name.span)
    if first != name.span:
        fix = Fix(zh="给这一步另起一个名字", en="give this one another name")
        related = ((first, "第一次在这里", "first used here"),)
        reading.report.found.append(
            Diagnostic(
                code="OF202",
                span=name.span,
                zh=f"名字“{name.text}”用了两次",
                en=f"the name {name.text!r} is used twice",
                fix=fix,
                related=related,
            )
        )


def mappings(body: Node | None, below: tuple[str, ...] = ("steps", "states")) -> Iterator[Mapping]:
    """The steps of a body and those inside of them, in order; with other keys in `below`, what stands under these."""
    todo = [body]
    while todo:
        node = todo.pop()
        if isinstance(node, Sequence):
            todo.extend(reversed(node.items))
        elif isinstance(node, Mapping):
            yield node
            todo.extend(value for key, value in node.items if key.text in below)


def _own_names(body: Node | None, reading: Reading) -> None:
    """OF202: names that the regions of a `together` get are not free for steps."""
    for node in mappings(body):
        name, below = scalar(node.get("together")), node.get("steps")
        branches = below.items if name and isinstance(below, Sequence) else ()
        for place, branch in enumerate(branches, 1):
            region = (scalar(branch.get("branch")) if isinstance(branch, Mapping) else "") or f"{name}-{place}"
            for taken in (region, f"{region}-end"):
                span = reading.places.get(taken)
                if span is not None and not (taken == region and isinstance(branch, Mapping) and branch.key("branch")):
                    zh, en = f"名字“{taken}”已归“{name}”的一支所有", f"the name {taken!r} is that of a branch of {name!r}"
                    reading.report.error(
                        "OF202", span, zh, en, Fix(zh="给这一步另起一个名字", en="give this step another name")
                    )


def read_rows(body: Node | None, reading: Reading) -> tuple[Row, ...]:
    """All rows of a body of steps."""
    _own_names(body, reading)
    return _Rows(reading, _scopes(body)).read(body)


def _scopes(body: Node | None) -> dict[str, str]:
    """For each id the branch that it stands in: the ids of the `together`s around it, with the place of the branch."""
    scopes: dict[str, str] = {}
    todo: list[tuple[Node | None, str]] = [(body, "")]
    while todo:
        node, scope = todo.pop()
        for item in node.items if isinstance(node, Sequence) else ():
            if not isinstance(item, Mapping):
                continue
            name = next((scalar(value) for key, value in item.items if key.text in DISPATCH["step"]), "")
            scopes.setdefault(name, scope)
            inside = f"{scope}/{name}" if item.key("together") or item.key("branch") else scope
            below = item.get("steps")
            if item.key("together") and isinstance(below, Sequence):
                todo += [(Sequence(items=(branch,), span=below.span), f"{inside}/{n}") for n, branch in enumerate(below.items)]
            else:
                todo.append((below, inside))
    return scopes


class _Rows:
    """Reads rows in order; `lane` is the lane of the row before, in which decisions and ends are drawn."""

    def __init__(self, reading: Reading, scopes: dict[str, str]) -> None:
        self.reading = reading
        self.scopes = scopes
        self.lane = ""
        self.lanes: dict[str, str] = {}

    def read(self, body: Node | None, branches: bool = False) -> tuple[Row, ...]:
        # The pre-scan bounds the depth of a file (64), so recursion through nested `together` is safe.
        items = body.items if isinstance(body, Sequence) else ()
        rows = tuple(row for item in items if isinstance(item, Mapping) and (row := self.row(item)) is not None)
        for row in rows:
            if row.verb == "branch" and not branches:
                self.reading.report.error(
                    "OF104", row.span, "branch 只能写在 together 的 steps 里", "a branch stands only in the steps of a together"
                )
            if row.verb == "end" and self.scopes.get(row.id):
                zh, en = "together 的分支里不能结束整个流程", "the case cannot end inside a branch of a together"
                fix = Fix(
                    zh="分支到最后一行就完了；结束写在 together 之后",
                    en="a branch is over after its last line; write the end after the together",
                )
                self.reading.report.error("OF306", row.span, zh, en, fix)
        return rows

    def row(self, node: Mapping) -> Row | None:
        verb = next((key.text for key, _ in node.items if key.text in DISPATCH["step"]), "")
        name = node.get(verb)
        if not verb or not isinstance(name, Scalar) or name.empty:
            return None
        read = self.reading
        work = self._work(node, verb)
        self.lane = self._lane(node, work) or self.lane
        self.lanes[name.text] = self.lane
        then, then_span = self._target(node.get("then"), name.text)
        rejected, rejected_span = self._target(node.get("rejected"), name.text)
        failed, failed_span = self._target(node.get("failed"), name.text)
        only_when = read.guard(node.get("only_when"))
        row = Row(
            verb=verb,
            id=name.text,
            title=read.text(node.get("title"), name.text),
            span=name.span,
            origin=read.origin(node),
            lane=self.lane,
            work=work,
            then=then,
            then_span=then_span,
            rejected=rejected,
            rejected_span=rejected_span,
            failed=failed,
            failed_span=failed_span,
            cases=self._cases(node, name.text),
            until=scalar(node.get("until")) or "all",
            call=read_call(node, read) if verb in ("call", "each", "run") else None,
            only_when=only_when,
            within=read_limit(node, read),
            late=self._late(node, verb),
            was=scalar(node.get("was")),
            straight=scalar(node.get("resubmit")) == "straight",
            tell=read.role_names(node.get("tell")),
            branches=self._branches(node, verb),
        )
        return self._wait(node, row) if verb == "wait" else row

    def _lane(self, node: Mapping, work: Work | None) -> str:
        if node.get("lane") is not None:
            return self.reading.role(node.get("lane"))
        first = work.by[0] if work is not None and work.by else None
        return (first.role or self.lanes.get(first.whoever_did, "")) if first is not None else ""

    def _target(self, node: Node | None, here: str) -> tuple[str, Span]:
        name = self.reading.step(node)
        if name and node is not None and self.scopes.get(name, "") != self.scopes.get(here, ""):
            self.reading.report.error(
                "OF306",
                node.span,
                f"“{name}”不在同一分支里: 不能跳进或跳出 together 的分支",
                f"{name!r} is not in the same branch: no jumps into or out of a branch of together",
                Fix(
                    zh="到同一分支里的一步，或到整个 together 之后再判断",
                    en="go to a step of the same branch, or decide after the whole together",
                ),
            )
            name = ""
        return name, node.span if node is not None else Span()

    def _work(self, node: Mapping, verb: str) -> Work | None:
        by = node.get("by")
        if verb not in ("do", "approve", "decide") or (verb == "decide" and by is None):
            return None
        return read_work(node, self.reading)

    def _cases(self, node: Mapping, here: str) -> tuple[Case, ...]:
        cases = node.get("cases")
        items = cases.items if isinstance(cases, Sequence) else ()
        found = tuple(self._case(item, here) for item in items if isinstance(item, Mapping))
        if isinstance(cases, Sequence):
            self._check_cases(node, cases, found)
        return found

    def _check_cases(self, node: Mapping, cases: Sequence, found: tuple[Case, ...]) -> None:
        """A decision by conditions says what happens otherwise; one by a person gives each answer its own label."""
        report, key = self.reading.report, node.key("cases")
        assert key is not None
        if node.get("by") is None:
            if not any(case.otherwise for case in found):
                fix = Fix(zh="加一行 - {label: 否, otherwise: 到哪一步}", en="add a line - {label: no, otherwise: which step}")
                report.error(
                    "OF102",
                    key.span,
                    "判断少了 otherwise: 其他情形怎么走",
                    "the decision lacks otherwise: what happens in all other cases",
                    fix,
                )
            for case, item in zip(found, cases.items, strict=False):
                if not case.otherwise and isinstance(item, Mapping) and item.get("when") is None:
                    report.error("OF102", case.span, "这个情形少了条件 when", "this case lacks its condition when")
            return
        labels = [case.label for case in found]
        for place, case in enumerate(found):
            if case.label == Text() or case.label in labels[:place]:
                report.error(
                    "OF102",
                    case.span,
                    "由人判断时，每个情形要有自己的 label",
                    "when a person decides, each case needs a label of its own",
                )

    def _case(self, node: Mapping, here: str) -> Case:
        otherwise = node.get("otherwise")
        for name in ("when", "then") if otherwise is not None else ():
            if (key := node.key(name)) is not None:
                self.reading.report.error(
                    "OF103",
                    key.span,
                    f"otherwise 是其余一切情形，不能再写 {name}",
                    f"otherwise takes whatever is left, so {name} cannot stand beside it",
                    Fix(zh=f"去掉 {name}，或另写一个情形", en=f"remove {name}, or write a case of its own"),
                )
        to, span = self._target(otherwise if otherwise is not None else node.get("then"), here)
        label = node.get("label")
        return Case(
            label=self.reading.text(label) if label is not None else OTHERWISE if otherwise is not None else Text(),
            when=self.reading.guard(node.get("when")),
            to=to,
            otherwise=otherwise is not None,
            clear=self.reading.field_names(node.get("clear")),
            origin=self.reading.origin(node),
            span=node.span,
            to_span=span,
        )

    def _branches(self, node: Mapping, verb: str) -> tuple[tuple[Row, ...], ...]:
        if verb == "branch":
            return (self.read(node.get("steps")),)
        if verb != "together":
            return ()
        lane, out = self.lane, []
        for branch in self.read(node.get("steps"), branches=True):
            out.append((branch,))
        self.lane = lane
        return tuple(out)

    def _wait(self, node: Mapping, row: Row) -> Row:
        awaited = node.get("for")
        if not isinstance(awaited, Scalar) or awaited.empty:
            return row
        if day_of(awaited.text) is not None:
            return replace(row, wait_until=read_limit(node, self.reading, "for"))
        duration = Duration.parse(awaited.text)
        if duration is not None:
            return replace(row, wait_for=duration)
        if awaited.text in self.reading.fields:
            return replace(row, wait_field=self.reading.field(awaited, DATES))
        if awaited.text[0].isdigit() or " " in awaited.text:
            zh, en = (
                f"“{awaited.text}”不是一段时间，也不能作消息的名字",
                f"{awaited.text!r} is no duration, nor can a message be called so",
            )
            key = KEYS["within"]
            fix = Fix(zh=f"写成: {key.value_zh}", en=f"write: {key.value_en}")
            self.reading.report.error("OF103", awaited.span, zh, en, fix)
        return replace(row, wait_event=awaited.text)

    def _late(self, node: Mapping, verb: str) -> str:
        late, key = scalar(node.get("late")), node.key("late")
        if not late or key is None or late not in LATE:
            return ""
        if node.get("within") is None:
            self.reading.report.error(
                "OF102",
                key.span,
                "写了 late，却没有期限 within",
                "late without a deadline",
                Fix(zh="加上 within: 3 workdays", en="add within: 3 workdays"),
            )
        if late in ("remind", "escalate") and node.get("by") is None and verb not in ("do", "approve"):
            zh, en = (
                f"这一步没有人办理，late: {late} 没有人可通知",
                f"nobody acts on this step, so late: {late} has nobody to tell",
            )
            self.reading.report.error(
                "OF103", key.span, zh, en, Fix(zh="写 late: skip (继续往下)", en="write late: skip (go on)")
            )
            return ""
        if late == "reject" and verb != "approve":
            self.reading.report.error(
                "OF103", key.span, "late: reject 只用于审批 (approve)", "late: reject is for approvals only"
            )
            return ""
        return late
