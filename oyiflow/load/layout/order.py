"""The order of keys in a file: what it is, what it is called, who, with what, when, where to, where from, what is below.

The kind of a mapping is that of `shape.py`: process, step, rule …; `*role` is a table whose entries are roles; "" is a
mapping that is not known here, whose order is the author's.
"""

from __future__ import annotations

from collections.abc import Sequence as Sequential

from oyiflow.load.language.shape import NESTED, TABLES
from oyiflow.load.language.vocabulary import DISPATCH, SHAPES
from oyiflow.load.text.nodes import Mapping, Node, Scalar

_WORDS = ("title", "label", "say", "log", "company", "manual", "reason")
_ORDER = (
    "process", "company", "manual", "event", "after", "at", "day", "over", "always", "label", "title", "version",
    "type", "of", "columns", "min", "max", "required", "sensitive", "visible_to", "keep", "alias", "outside",
    "by", "who", "lane", "mode", "helped_by", "meets", "fill", "see", "hide", "checklist", "needs", "makes", "handler", "in", "as",
    "with", "gives", "retries", "for", "until", "value", "id", "about", "every", "for_each", "figures", "dated", "per", "days", "total", "at_least", "at_most",
    "must", "when", "only_when", "only_while", "not_before", "stamp", "within", "on_holiday", "late", "rejected", "resubmit", "failed", "otherwise",
    "to", "then", "clear", "tell", "allow",
    "internal", "deep", "default", "output", "initial", "parent", "missing", "carried_by", "reason", "source", "inferred", "was", "owner",
    "starts", "actions", "roles", "form", "people", "cases", "entry", "exit", "steps", "states", "transitions", "rules", "reports", "examples", "articles",
)  # fmt: skip
_FIRST = {
    "text": ("zh", "en"),
    "field": ("title", "type"),
    "employee": ("title", "roles", "superior"),
    "article": ("id", "title"),
    "example": ("name", "with", "play", "now_at", "ends", "told", "cannot"),
    "rule": ("say", "before", "after", "never", "different_people", "same_person"),
    "report": ("report", "title"),
    "schedule": ("every", "from", "by"),
    "figures": ("process", "report", "gives"),
    "days": ("from", "to"),
    "while": ("process", "at", "same"),
    "step.each": ("each", "title", "in", "process", "version"),
    "step.call": ("call", "title", "process", "version"),
    "state.state": ("state", "title", "process", "version"),
}
"""Where a shape begins otherwise."""


def shape_of(node: Mapping, kind: str) -> str:
    """The shape of a mapping: of a step, that of its verb."""
    if kind not in DISPATCH:
        return kind
    verb = next((key.text for key, _ in node.items if key.text in DISPATCH[kind]), "")
    return f"{kind}.{verb}" if verb else ""


def below(node: Mapping, kind: str, key: str) -> str:
    """The kind of the mappings in a value: of it, of its items, or of its entries."""
    if kind.startswith("*"):
        return kind[1:]
    shape = shape_of(node, kind)
    if shape not in SHAPES or key not in SHAPES[shape].keys:
        return ""
    table = TABLES.get(f"{shape}.{key}")
    return f"*{table}" if table else NESTED.get(key, "text" if key in _WORDS else "")


def in_order(node: Mapping, kind: str, only: Sequential[tuple[Scalar, Node]] | None = None) -> list[tuple[Scalar, Node]]:
    """The entries of a mapping (or some of them) in canonical order; a key that is not known here stays behind the one before it."""
    items = list(node.items if only is None else only)
    shape = shape_of(node, kind)
    if not shape or shape.startswith("*"):
        return items
    verb = shape.partition(".")[2]
    first = _FIRST.get(shape, (verb, "title") if verb else ())
    known = [*first, *(key for key in _ORDER if key not in first)]
    place, ranked = len(first) - 1, []
    for item in items:
        place = known.index(item[0].text) if item[0].text in known else place
        ranked.append((place, item))
    return [item for _, item in sorted(ranked, key=lambda pair: pair[0])]
