"""The company file: who works here, which roles they hold, who is absent, which calendar and policies hold.

    company: 欧意科技
    calendar: cn
    people:
      li:   {title: 李明, roles: [specialist], superior: wang}
      wang: {title: 王芳, roles: [manager], deputy: chen}
      chen: {title: 陈建国, roles: []}
    absences:
      - {person: wang, from: 2026-10-09, to: 2026-10-16}
    policies: {self_approval: never}

Read as strictly as a process, with the same diagnostics. Role names are those of the process files. Of the calendar only the
name is read here; the catalog puts its content in place.
"""

from __future__ import annotations

import re
from datetime import date

from oyiflow.diagnostics import Diagnostic, Fix, Source, Span
from oyiflow.load.files.calendar import date_of
from oyiflow.load.language import aliases
from oyiflow.load.language.keys import DATE
from oyiflow.load.language.shape import check_shape
from oyiflow.load.reading import Reading, scalar, scalars
from oyiflow.load.report import Report
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence
from oyiflow.model.calendar import Calendar
from oyiflow.model.company import Absence, Company, Person, Policies


def is_company(root: Node | None) -> bool:
    """Whether a file speaks of the company and not of a process."""
    return isinstance(root, Mapping) and root.key("company") is not None and root.key("process") is None


def read_company(source: Source) -> tuple[Company | None, list[Diagnostic]]:
    """The company in a text, and everything that is wrong with it; no company if there is any error."""
    return company_of(*aliases.read(source))


def company_of(root: Node | None, found: list[Diagnostic]) -> tuple[Company | None, list[Diagnostic]]:
    """As `read_company`, for a text whose nodes have been read already."""
    report = Report()
    report.add(found)
    if root is None:
        return None, report.found
    check_shape(root, report, "company")
    table = root.get("people") if isinstance(root, Mapping) else None
    people = (
        [_person(key, node, report) for key, node in table.items if isinstance(node, Mapping)]
        if isinstance(table, Mapping)
        else []
    )
    _check_superiors(people, table, report)
    _check_deputies(people, table, report)
    if not isinstance(root, Mapping):
        return None, report.found
    company = Company(
        title=Reading(report=report).text(root.get("company")),
        people=tuple(people),
        absences=_absences(root.get("absences"), people, report),
        policies=_policies(root.get("policies"), people, report),
        calendar=Calendar(name=scalar(root.get("calendar"))),
        calendar_span=calendar.span if (calendar := root.get("calendar")) is not None else root.span,
    )
    return (None if report.failed else company), report.found


def _person(key: Scalar, node: Mapping, report: Report) -> Person:
    return Person(
        name=key.text,
        title=Reading(report=report).text(node.get("title"), key.text),
        roles=tuple(item.text for item in scalars(node.get("roles"))),
        superior=scalar(node.get("superior")),
        deputy=scalar(node.get("deputy")),
        span=key.span,
    )


def _policies(node: Node | None, people: list[Person], report: Report) -> Policies:
    given = {key.text: scalar(value) for key, value in node.items} if isinstance(node, Mapping) else {}
    default, names = Policies(), {person.name: person for person in people}
    listed = scalars(node.get("administrators")) if isinstance(node, Mapping) else ()
    return Policies(
        administrators=tuple(found.name for item in listed if (found := _known(item, names, report)) is not None),
        repeated_approver="skip" if given.get("repeated_approver") == "skip" else default.repeated_approver,
        self_approval="allowed" if given.get("self_approval") == "allowed" else default.self_approval,
    )


def _absences(node: Node | None, people: list[Person], report: Report) -> tuple[Absence, ...]:
    items = node.items if isinstance(node, Sequence) else ()
    return tuple(found for item in items if isinstance(item, Mapping) and (found := _absence(item, people, report)) is not None)


def _absence(node: Mapping, people: list[Person], report: Report) -> Absence | None:
    names = {person.name: person for person in people}
    who, named = _known(node.get("person"), names, report), _known(node.get("deputy"), names, report)
    first, last = _date(node.get("from"), report), _date(node.get("to"), report)
    if who is None or first is None or last is None:
        return None
    if last < first:
        fix = Fix(zh="把 from 和 to 换过来", en="exchange from and to")
        report.error(
            "OF609", _span(node, "to"), f"到 {last} 止，却从 {first} 起", f"it ends on {last} and begins on {first}", fix
        )
    deputy = named.name if named else who.deputy
    if not deputy and node.get("deputy") is None:
        fix = Fix(zh=f"在这里或在 {who.name} 那里写上 deputy: 谁", en=f"write deputy: here or at {who.name}")
        report.error("OF608", _span(node, "person"), f"“{who.name}”不在时没有代理人", f"nobody stands in for {who.name!r}", fix)
    if named is who:
        _own_deputy(_span(node, "deputy"), who.name, report)
    return Absence(person=who.name, first=first, last=last, deputy=deputy, span=node.span)


def _date(node: Node | None, report: Report) -> date | None:
    """The date in a value; one of the wrong shape has been reported."""
    return date_of(node, node.text, report) if isinstance(node, Scalar) and re.fullmatch(DATE["pattern"], node.text) else None


def _known(node: Node | None, people: dict[str, Person], report: Report) -> Person | None:
    name = scalar(node)
    if name and node is not None and name not in people:
        report.unknown("OF204", node.span, ("人", "person"), name, people)
    return people.get(name)


def _span(node: Mapping, key: str) -> Span:
    value = node.get(key)
    return value.span if value is not None else node.span


def _own_deputy(span: Span, name: str, report: Report) -> None:
    fix = Fix(zh="换一个人", en="name somebody else")
    report.error("OF608", span, f"“{name}”不能是自己的代理人", f"{name!r} cannot stand in for themselves", fix)


def _check_deputies(people: list[Person], table: Node | None, report: Report) -> None:
    names = {person.name: person for person in people}
    for person in people:
        node = table.get(person.name) if isinstance(table, Mapping) else None
        if person.deputy and isinstance(node, Mapping):
            _known(node.get("deputy"), names, report)
            if person.deputy == person.name:
                _own_deputy(_span(node, "deputy"), person.name, report)


def _check_superiors(people: list[Person], table: Node | None, report: Report) -> None:
    names = {person.name: person for person in people}
    for person in people:
        if person.superior and person.superior not in names and isinstance(table, Mapping):
            node = table.get(person.name)
            value = node.get("superior") if isinstance(node, Mapping) else None
            report.unknown("OF204", value.span if value else person.span, ("人", "person"), person.superior, names)
        elif _in_a_circle(person, names):
            fix = Fix(zh="改正其中一个人的 superior", en="correct the superior of one of them")
            report.error(
                "OF607",
                person.span,
                f"“{person.name}”的上级绕成了一圈",
                f"the superiors of {person.name!r} go in a circle",
                fix,
            )


def _in_a_circle(person: Person, names: dict[str, Person]) -> bool:
    seen: set[str] = set()
    above: Person | None = person
    while above is not None and above.superior and above.name not in seen:
        seen.add(above.name)
        above = names.get(above.superior)
    return above is not None and above.name == person.name and bool(seen)
