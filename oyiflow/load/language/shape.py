"""The shape of a file against the published schema: which keys may stand where, which must, and what their values look like.

Items of `steps:`, `states:` and actions are told apart by their verb first and then validated against the schema of that
verb alone, so that one slip gives one message (a `oneOf` over all verbs gave twenty). jsonschema finds the faults; the
words that a user reads are ours and come from the vocabulary.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from oyiflow.diagnostics import Fix, Span
from oyiflow.load.language.fits import Fits, fits
from oyiflow.load.language.keys import BY, NAMES, Schema
from oyiflow.load.language.schema import definitions, shape_schema
from oyiflow.load.language.synonyms import meant as nearest
from oyiflow.load.language.vocabulary import DISPATCH, SHAPES, SINGLE, key_of
from oyiflow.load.report import Report
from oyiflow.load.text.nodes import Mapping, Node, Scalar, Sequence, plain

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

NESTED = {"steps": "step", "states": "state", "cases": "case", "rules": "rule", "examples": "example", "transitions": "transition",
          "entry": "action", "exit": "action", "actions": "action", "absences": "absence", "articles": "article", "reports": "report"}  # fmt: skip
"""Keys whose value is a list of mappings, and the kind of the items."""

TABLES = {
    "process.roles": "role",
    "process.form": "field",
    "field.columns": "field",
    "company.people": "employee",
    "calendar.years": "year",
}
"""Keys whose value is a table of mappings, and the kind of the entries."""


def check_shape(root: Node, report: Report, kind: str = "process") -> None:
    """Report every fault of shape in a file (of a process, a company, a calendar or a manual), in one pass and without recursion."""
    todo: list[tuple[Node, str]] = [(root, kind)]
    if kind == "process" and isinstance(root, Mapping) and has_two_bodies(root):
        _check_body(root, report)  # what holds for one of them is wrong for the other: no use in telling more
        return
    while todo:
        node, kind = todo.pop()
        shape = _shape_of(node, kind, report)
        if shape is None or not isinstance(node, Mapping):
            continue
        _check_one(node, shape, report)
        if shape == "process":
            _check_body(node, report)
        nested = _nested(shape)
        for key, value in node.items:
            if key.text in nested and not isinstance(value, Scalar):
                todo += _below(key.text, value, shape)


@cache
def _nested(shape: str) -> frozenset[str]:
    """The keys of a shape under which mappings stand that have a shape of their own."""
    keys = SHAPES[shape].keys
    return frozenset(key for key in keys if key in NESTED or f"{shape}.{key}" in TABLES or single(shape, key))


def _below(key: str, value: Node, shape: str) -> list[tuple[Node, str]]:
    if key not in SHAPES[shape].keys:
        return []
    if key in NESTED and isinstance(value, Sequence):
        return [(item, NESTED[key]) for item in value.items]
    if (table := f"{shape}.{key}") in TABLES and isinstance(value, Mapping):
        return [(item, TABLES[table]) for _, item in value.items]
    if (one := single(shape, key)) and isinstance(value, Mapping):
        return [(value, one)]
    return []


def single(shape: str, key: str) -> str:
    """The kind of the one mapping under a key, or ""."""
    return SINGLE.get(f"{shape}.{key}") or SINGLE.get(f"*.{key}", "")


def _shape_of(node: Node, kind: str, report: Report) -> str | None:
    """The shape to validate against; reports what has none."""
    if kind == "role" and _is_title(node):
        return None
    if not isinstance(node, Mapping):
        example = {
            "step": "{do: plan, by: sales}",
            "state": "{state: draft}",
            "process": "process: visit",
            "company": "company: ACME",
            "calendar": "calendar: cn",
            "manual": "manual: 管理办法",
        }.get(kind, "{key: value}")
        report.error(
            "OF103", node.span, f"这里要写成“键: 值”，如 {example}", f"expected keys and values here, such as {example}",
        )  # fmt: skip
        return None
    if kind not in DISPATCH:
        return kind
    verb = _verb(node, kind, report)
    return f"{kind}.{verb}" if verb else None


def _is_title(node: Node) -> bool:
    """A role may be written as its title alone, in one language or in both."""
    if isinstance(node, Mapping):
        return bool(node.items) and all(key.text in ("zh", "en") and isinstance(value, Scalar) for key, value in node.items)
    return isinstance(node, Scalar) and not node.empty


def _verb(node: Mapping, kind: str, report: Report) -> str | None:
    verbs = DISPATCH[kind]
    there = [key for key, _ in node.items if key.text in verbs]
    # `process` and `with` may accompany a verb, but a second verb means that two steps were written as one
    if len(there) > 1:
        report.error(
            "OF104", there[1].span, f"一行只能有一个动词，这里已经有 {there[0].text}", f"one verb per line; this one has {there[0].text} already",
            Fix(zh="拆成两行", en="write two lines"),
        )  # fmt: skip
    if there:
        return there[0].text
    first = node.items[0][0] if node.items else None
    span = first.span if first else node.span
    guess = next((g for key, _ in node.items if (g := nearest(key.text, verbs)) is not None), None)
    if guess is not None:
        first = next(key for key, _ in node.items if nearest(key.text, verbs) == guess)
        span = first.span
    fix = Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?", replacement=guess) if guess else Fix(
        zh="写上其中一个: " + "、".join(verbs), en="write one of: " + ", ".join(verbs)
    )  # fmt: skip
    found = first.text if first else "{}"
    report.error(
        "OF104",
        span,
        f"“{found}”不是动词，这一行不知道要做什么",
        f"{found!r} is no verb; this line does not say what it is",
        fix,
    )
    return None


def _check_one(node: Mapping, shape: str, report: Report) -> None:
    value = {key.text: plain(item) if isinstance(item, Scalar) else _shallow(key.text, item, shape) for key, item in node.items}
    if _quick(shape)(value):
        return
    seen: set[str] = set()
    for error in sorted(_validator(shape).iter_errors(value), key=_place):
        if error.validator == "additionalProperties" and not error.absolute_path:
            _unknown_keys(node, shape, report)
        elif error.validator == "required" and not error.absolute_path:
            missing = next(key for key in SHAPES[shape].required if f"'{key}'" in error.message.split(" is a required")[0])
            if not _misspelt(node, shape, missing):
                _missing(node, shape, missing, report)
        elif error.absolute_path and (name := str(error.absolute_path[0])) not in seen:
            seen.add(name)
            _wrong(node, shape, name, error, report)


def _place(error: ValidationError) -> tuple[str, ...]:
    return tuple(str(part) for part in error.absolute_path)


def _shallow(key: str, node: Node, shape: str) -> object:
    """A value for validation: lists and tables of mappings are judged by themselves, here only by being such."""
    if key in NESTED and isinstance(node, Sequence):
        return []
    if f"{shape}.{key}" in TABLES and isinstance(node, Mapping):
        return {name.text: {} for name, _ in node.items}
    if single(shape, key) and isinstance(node, Mapping):
        return {}
    return plain(node)


@cache
def _quick(shape: str) -> Fits:
    return fits(shallow_schema(shape), definitions())


@cache
def _validator(shape: str) -> Any:
    from jsonschema import Draft202012Validator  # nobody whose files are right waits for its import

    return Draft202012Validator(shallow_schema(shape))


def shallow_schema(shape: str) -> Schema:
    schema = shape_schema(shape)
    shallow: Schema = {
        **schema,
        "properties": {name: _without_refs(name, value, shape) for name, value in schema["properties"].items()},
    }
    return {**shallow, "$defs": {name: definitions()[name] for name in ("text", "by", "person")}}


def _without_refs(name: str, schema: Schema, shape: str) -> Schema:
    if name in NESTED:
        return {"type": "array"}
    if f"{shape}.{name}" in TABLES:
        return {**schema, "additionalProperties": True}
    if single(shape, name):
        return {"type": "object", "description": schema["description"]}
    return schema


ELSEWHERE = {
    ("state.state", "within"): Fix(
        zh="状态的期限写成转移: transitions: [{after: 5 days, to: 状态}]",
        en="the deadline of a state is a transition: transitions: [{after: 5 days, to: a state}]",
    ),
    ("state.state", "then"): Fix(
        zh="状态往哪走写成转移: transitions: [{event: 名字, to: 状态}]",
        en="where a state leads is a transition: transitions: [{event: a name, to: a state}]",
    ),
}
"""Keys of steps that states say in another way."""


def _unknown_keys(node: Mapping, shape: str, report: Report) -> None:
    allowed = SHAPES[shape].keys
    for key, _ in node.items:
        if key.text not in allowed and not _is_second_verb(key.text, shape):
            guess = None if (shape, key.text) in ELSEWHERE else nearest(key.text, allowed)
            hint = "、".join(allowed)
            fix = (
                Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?", replacement=guess)
                if guess
                else ELSEWHERE.get((shape, key.text)) or Fix(zh=f"这里可以写: {hint}", en=f"allowed here: {', '.join(allowed)}")
            )
            report.error("OF101", key.span, f"这里没有“{key.text}”这个键", f"{key.text!r} is not a key here", fix)


def _is_second_verb(name: str, shape: str) -> bool:
    return name in DISPATCH.get(shape.partition(".")[0], ())


def _misspelt(node: Mapping, shape: str, name: str) -> bool:
    """Whether a key that is not known here was probably meant to be this one: one slip, one message."""
    allowed = SHAPES[shape].keys
    return any(key.text not in allowed and nearest(key.text, allowed) == name for key, _ in node.items)


def _missing(node: Mapping, shape: str, name: str, report: Report) -> None:
    key = key_of(shape, name)
    first = node.items[0][0].span if node.items else node.span
    report.error(
        "OF102", first, f"少了 {name} ({key.zh})", f"{name} is missing ({key.en})",
        Fix(zh=f"加上 {name}: {key.value_zh}", en=f"add {name}: {key.value_en}"),
    )  # fmt: skip


def _wrong(node: Mapping, shape: str, name: str, error: ValidationError, report: Report) -> None:
    key = key_of(shape, name)
    if key.schema in (NAMES, BY) and _badly_separated(node.get(name), report):
        return
    span = _span_at(node, list(error.absolute_path))
    found = _words(error.instance)
    fix = Fix(zh=f"写成: {key.value_zh}", en=f"write: {key.value_en}")
    allowed: Any = error.validator_value if error.validator == "enum" else _alternatives(error)
    if allowed and isinstance(error.instance, str):
        guess = nearest(error.instance, [str(word) for word in allowed])
        fix = Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?", replacement=guess) if guess else fix
    report.error("OF103", span, f"{name} 的值“{found}”不对", f"{found!r} is not a value for {name}", fix)


def _alternatives(error: ValidationError) -> Any:
    """The words among which one of several forms of a value lets choose."""
    value: Any = error.validator_value
    forms: Any = value if error.validator == "anyOf" else []
    return next((form["enum"] for form in forms if "enum" in form), ())


def _badly_separated(value: Node | None, report: Report) -> bool:
    """Several names that are separated by something else than an ASCII comma in brackets: one message, at the sign."""
    items = value.items if isinstance(value, Sequence) else (value,)
    wrong = [item for item in items if isinstance(item, Scalar) and item.style == "plain" and _SEPARATOR.search(item.text)]
    for item in wrong:
        sign = _SEPARATOR.search(item.text)
        assert sign is not None
        listed = ", ".join(part.strip() for part in _SEPARATOR.split(item.text.strip(_BRACKETS)) if part.strip())
        right = listed if isinstance(value, Sequence) else f"[{listed}]"
        report.error(
            "OF103", item.span, f"几个名字之间不能用“{sign.group()}”", f"names are not separated by {sign.group()!r}",
            Fix(zh=f"写成 {right}", en=f"write {right}", replacement=right),
        )  # fmt: skip
    return bool(wrong)


_SEPARATOR = re.compile(r"[、，；;/]")
_BRACKETS = '【】［］（）「」『』《》〔〕()“”‘’" '


def _words(value: object) -> str:
    """What was written, as it would stand on one line; the depth of a file is bounded, so recursion is safe."""
    if isinstance(value, list):
        text = f"[{', '.join(map(_words, value))}]"
    elif isinstance(value, dict):
        text = f"{{{', '.join(f'{key}: {_words(item)}' for key, item in value.items())}}}"
    else:
        text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _span_at(node: Node, path: list[Any]) -> Span:
    """The span of the value at a path, as deep as the nodes go."""
    for part in path:
        if isinstance(node, Mapping):
            below = node.get(str(part))
        else:
            below = node.items[part] if isinstance(node, Sequence) and isinstance(part, int) else None
        if below is None:
            break
        node = below
    return node.span


def has_two_bodies(root: Mapping) -> bool:
    """Whether a file says twice what happens."""
    return root.key("steps") is not None and root.key("states") is not None


def _check_body(node: Mapping, report: Report) -> None:
    bodies = [key for name in ("steps", "states") if (key := node.key(name)) is not None]
    if len(bodies) == 2:
        fix = Fix(zh="去掉一个；其余的先不看", en="remove one of them; nothing else is looked at until then")
        report.error("OF103", bodies[1].span, "steps 和 states 只能写一个", "write steps or states, not both", fix)
    if not bodies and node.items:
        report.error(
            "OF102", node.items[0][0].span, "少了流程的内容: steps (步骤) 或 states (状态)", "the body is missing: steps or states",
            Fix(zh="加上 steps: 和下面的步骤", en="add steps: and the steps below it"),
        )  # fmt: skip
