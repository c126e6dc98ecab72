"""The company file: who works here and which roles they hold.

    company: 欧意科技
    people:
      li:   {title: 李明, roles: [specialist], superior: wang}
      wang: {title: 王芳, roles: [manager]}

Read as strictly as a process, with the same diagnostics. Role names are those of the process files.
"""

from __future__ import annotations

from oyiflow.diagnostics import Diagnostic, Fix, Source
from oyiflow.load import nodes
from oyiflow.load.nodes import Mapping, Node, Scalar
from oyiflow.load.reading import Reading, scalar, scalars
from oyiflow.load.report import Report
from oyiflow.load.shape import check_shape
from oyiflow.model.company import Company, Person


def is_company(root: Node | None) -> bool:
    """Whether a file speaks of the company and not of a process."""
    return isinstance(root, Mapping) and root.key("company") is not None and root.key("process") is None


def read_company(source: Source) -> tuple[Company | None, list[Diagnostic]]:
    """The company in a text, and everything that is wrong with it; no company if there is any error."""
    return company_of(*nodes.read(source))


def company_of(root: Node | None, found: list[Diagnostic]) -> tuple[Company | None, list[Diagnostic]]:
    """As `read_company`, for a text whose nodes have been read already."""
    report = Report()
    report.add(found)
    if root is None:
        return None, report.found
    check_shape(root, report, "company")
    table = root.get("people") if isinstance(root, Mapping) else None
    people = [_person(key, node, report) for key, node in table.items if isinstance(node, Mapping)] if isinstance(table, Mapping) else []
    _check_superiors(people, table, report)
    title = Reading(report=report).text(root.get("company") if isinstance(root, Mapping) else None)
    return (None if report.failed else Company(title=title, people=tuple(people))), report.found


def _person(key: Scalar, node: Mapping, report: Report) -> Person:
    return Person(
        name=key.text,
        title=Reading(report=report).text(node.get("title"), key.text),
        roles=tuple(item.text for item in scalars(node.get("roles"))),
        superior=scalar(node.get("superior")),
        span=key.span,
    )


def _check_superiors(people: list[Person], table: Node | None, report: Report) -> None:
    names = {person.name: person for person in people}
    for person in people:
        if person.superior and person.superior not in names and isinstance(table, Mapping):
            node = table.get(person.name)
            value = node.get("superior") if isinstance(node, Mapping) else None
            report.unknown("OF204", value.span if value else person.span, ("人", "person"), person.superior, names)
        elif _in_a_circle(person, names):
            fix = Fix(zh="改正其中一个人的 superior", en="correct the superior of one of them")
            report.error("OF607", person.span, f"“{person.name}”的上级绕成了一圈", f"the superiors of {person.name!r} go in a circle", fix)


def _in_a_circle(person: Person, names: dict[str, Person]) -> bool:
    seen: set[str] = set()
    above: Person | None = person
    while above is not None and above.superior and above.name not in seen:
        seen.add(above.name)
        above = names.get(above.superior)
    return above is not None and above.name == person.name and bool(seen)
