"""Which keys may stand where: every kind of mapping in the files, and the verbs by which steps, states and actions are told apart.

Together with `keys` this feeds four places, so that they cannot disagree: the published JSON Schema (`schema.py`), the shape
check and its messages (`shape.py`), the reader, and the documentation's vocabulary list (a test compares them).
"""

from __future__ import annotations

from dataclasses import dataclass

from oyiflow.load.language.keys import KEYS, OVERRIDES, Key

_STEP = ("title", "source", "inferred", "was")
_FORM = ("fill", "see", "hide", "checklist")
_TIME = ("within", "late", "on_holiday")
_WORK = (
    "lane", "mode", "who", "helped_by", "meets", *_FORM, "makes", "needs", *_TIME, "not_before", "stamp", "only_when", "only_while", "tell", "allow", "then",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of mapping: the keys that must be there and those that may."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """All allowed keys, required ones first."""
        return self.required + self.optional


SHAPES: dict[str, Shape] = {
    "process": Shape(
        ("process", "title"),
        (
            "version",
            "source",
            "inferred",
            "owner",
            "starts",
            "roles",
            "form",
            "steps",
            "states",
            "initial",
            "transitions",
            "rules",
            "reports",
            "examples",
        ),
    ),
    "company": Shape(("company", "people"), ("calendar", "absences", "policies")),
    "employee": Shape(("roles",), ("title", "superior", "deputy")),
    "absence": Shape(("person", "from", "to"), ("deputy",)),
    "policies": Shape((), ("no_approver", "repeated_approver", "self_approval", "administrators")),
    "calendar": Shape(("calendar", "years"), ("title", "timezone", "weekend")),
    "year": Shape((), ("holidays", "workdays")),
    "manual": Shape(("manual", "articles"), ("source",)),
    "article": Shape(("id", "title"), ("parent", "missing", "carried_by", "reason")),
    "role": Shape(("title",), ("alias", "outside", "source", "inferred")),
    "field": Shape(
        ("type",),
        ("title", "required", "of", "columns", "min", "max", "sensitive", "visible_to", "keep", "source", "inferred", "was"),
    ),
    "schedule": Shape(("every",), ("from", "by", "on_holiday", "for_each", "figures")),
    "figures": Shape(("process", "report", "gives"), ()),
    "days": Shape(("from", "to"), ()),
    "report": Shape(
        ("report",),
        ("title", "every", "dated", "per", "total", "days", "of", "at_least", "at_most", "source", "inferred"),
    ),
    "while": Shape(("process", "at", "same"), ()),
    "step.do": Shape(("do", "by"), _STEP + _WORK),
    "step.approve": Shape(("approve", "by", "rejected"), (*_STEP, *_WORK, "resubmit")),
    "step.decide": Shape(
        ("decide", "cases"),
        (*_STEP, "by", "lane", "who", *_FORM, *_TIME, "stamp", "only_when", "only_while", "tell", "allow", "then"),
    ),
    "step.together": Shape(("together", "steps"), (*_STEP, "lane", "until", *_TIME, "only_when", "then")),
    "step.branch": Shape(("branch", "steps"), _STEP),
    "step.wait": Shape(("wait", "for"), (*_STEP, "lane", *_TIME, "only_when", "then")),
    "step.call": Shape(
        ("call", "process"), (*_STEP, "lane", "version", "with", "gives", "failed", *_TIME, "only_when", "then")
    ),
    "step.each": Shape(
        ("each", "in", "process"), (*_STEP, "lane", "version", "as", "with", "failed", *_TIME, "only_when", "then")
    ),
    "step.run": Shape(("run", "handler"), (*_STEP, "lane", "with", "gives", "retries", "failed", *_TIME, "only_when", "then")),
    "step.end": Shape(("end",), (*_STEP, "lane")),
    "case": Shape((), ("label", "when", "then", "otherwise", "clear", "source", "inferred")),
    "state.state": Shape(
        ("state",),
        (
            *_STEP,
            "by",
            "lane",
            "mode",
            "who",
            "helped_by",
            "meets",
            *_FORM,
            "makes",
            "needs",
            "not_before",
            "stamp",
            "only_while",
            "allow",
            "process",
            "version",
            "handler",
            "retries",
            "in",
            "as",
            "with",
            "gives",
            "initial",
            "states",
            "transitions",
            "entry",
            "exit",
        ),
    ),
    "state.parallel": Shape(("parallel", "states"), (*_STEP, "transitions", "entry", "exit")),
    "state.history": Shape(("history", "default"), (*_STEP, "deep")),
    "state.end": Shape(("end",), (*_STEP, "output", "entry", "exit")),
    "transition": Shape(
        (),
        (
            "event",
            "after",
            "at",
            "day",
            "over",
            "on_holiday",
            "always",
            "when",
            "to",
            "internal",
            "meant",
            "actions",
            "label",
            "source",
            "inferred",
        ),
    ),
    "action.set": Shape(("set", "value"), ()),
    "action.raise": Shape(("raise",), ()),
    "action.send": Shape(("send",), ("after", "id")),
    "action.cancel": Shape(("cancel",), ()),
    "action.log": Shape(("log",), ()),
    "action.remind": Shape(("remind",), ()),
    "action.escalate": Shape(("escalate",), ()),
    "action.tell": Shape(("tell",), ("about",)),
    "action.overdue": Shape(("overdue",), ()),
    "action.perform": Shape(("perform",), ("with",)),
    "rule": Shape(
        (),
        (
            "say",
            "before",
            "after",
            "must",
            "by",
            "within",
            "never",
            "when",
            "different_people",
            "same_person",
            "source",
            "inferred",
        ),
    ),
    "example": Shape(("name", "play"), ("with", "now_at", "ends", "told", "cannot")),
}

SINGLE = {
    "company.policies": "policies",
    "process.starts": "schedule",
    "schedule.figures": "figures",
    "report.days": "days",
    "*.only_while": "while",
}
"""Keys whose value is one mapping, and its kind; `*` stands for every shape."""

OTHER_FILES = ("company", "employee", "absence", "policies", "calendar", "year", "manual", "article")
"""Shapes that do not occur in the file of a process."""

DISPATCH: dict[str, tuple[str, ...]] = {
    "step": ("do", "approve", "decide", "together", "branch", "wait", "call", "each", "run", "end"),
    "state": ("state", "parallel", "history", "end"),
    "action": ("set", "raise", "send", "cancel", "log", "remind", "escalate", "tell", "overdue", "perform"),
}
"""Lists whose items are told apart by their verb, which is one of their keys."""


def key_of(shape: str, name: str) -> Key:
    """The key `name` as it is meant in a shape."""
    return OVERRIDES.get((shape, name), KEYS[name])
