"""Guards as trees: the frozen nodes of the expression language, and how they are read back as text and as sentences.

The language is total and small: constants, fields, comparisons, membership, `and`/`or`/`not`, `+ - *`, a test for a
filled field and a test for an active state. There is no call of user code, no clock and no truthiness. One tree feeds
everything: the type check (`expression_types`), the evaluator (`evaluation`), the proofs, the sentence and the text.

`text` is canonical: it parses back to an equal tree. Spans take no part in equality. The parser keeps trees shallow
(`MAX_DEPTH`), so the functions over trees may recurse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from oyiflow.diagnostics import NOWHERE, Span
from oyiflow.model.values import Duration, FieldType, Value, show

MAX_DEPTH = 50
"""The deepest tree that the parser makes."""

CompareOp = Literal["==", "!=", "<", "<=", ">", ">=", "starts with"]
ArithmeticOp = Literal["+", "-", "*"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A value written in the text: int, decimal, money (`5000元`), bool, text, date, datetime or duration (`3天`)."""

    value: Value
    type: FieldType
    span: Span = field(default=NOWHERE, compare=False)


EMPTY = Constant(value="", type=FieldType.TEXT)
"""What a `set` writes to empty a field, of whatever type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The value of a field of the form."""

    name: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """`in(state)`: whether the state is active at this very moment."""

    state: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """`x is filled`; `negated`: `x is empty`. The only question that an empty field answers."""

    name: Name
    negated: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """`[a, b]`: what `in` looks into."""

    items: tuple[Expression, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """`left op right`; false when a side is empty, `!=` too."""

    left: Expression
    op: CompareOp
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`item in of`, where `of` is a list or a field of choices; false when a side is empty, `not in` too."""

    item: Expression
    of: Expression
    negated: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """`item between low and high`, both ends included."""

    item: Expression
    low: Expression
    high: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """`left op right`, exact; empty when a side is empty."""

    left: Expression
    op: ArithmeticOp
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    """`-operand`."""

    operand: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """`not operand`."""

    operand: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """`a and b and c`: two parts or more."""

    parts: tuple[Expression, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """`a or b or c`: two parts or more."""

    parts: tuple[Expression, ...]
    span: Span = field(default=NOWHERE, compare=False)


Expression = (
    Constant | Name | Active | Filled | ListOf | Compare | Member | Between | Arithmetic | Negative | Not | And | Or
)  # fmt: skip


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of a node, in the order of the text."""
    match expression:
        case Constant() | Name():  # most nodes are
            return ()
        case Filled(name=name):
            return (name,)
        case ListOf(items=parts) | And(parts=parts) | Or(parts=parts):
            return parts
        case Compare(left=left, right=right) | Arithmetic(left=left, right=right):
            return left, right
        case Member(item=item, of=of):
            return item, of
        case Between(item=item, low=low, high=high):
            return item, low, high
        case Negative(operand=operand) | Not(operand=operand):
            return (operand,)
    return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The node and all below it, in the order of the text."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def depth(expression: Expression) -> int:
    """How many nodes lie on the longest way down; at most `MAX_DEPTH` for a parsed tree."""
    deepest, level = 0, [expression]
    while level:
        deepest += 1
        level = [child for node in level for child in children(node)]
    return deepest


def names_read(expression: Expression) -> frozenset[str]:
    """The fields that the expression looks at, `is filled` included."""
    return frozenset(node.name for node in walk(expression) if isinstance(node, Name))


def states_read(expression: Expression) -> frozenset[str]:
    """The states that the expression asks after."""
    return frozenset(node.state for node in walk(expression) if isinstance(node, Active))


# --- text ------------------------------------------------------------------------------------------------------------

KEYWORDS: Mapping[str, str] = {
    "and": "and", "且": "and", "并且": "and", "or": "or", "或": "or", "或者": "or", "not": "not", "非": "not", "不": "not",
    "in": "in", "属于": "in", "不属于": "not in", "between": "between", "介于": "between", "is": "is", "是": "是",
    "为": "is", "不为": "is not", "filled": "filled", "empty": "empty", "空": "empty", "为空": "is empty",
    "不为空": "is filled", "非空": "is filled", "已填写": "filled", "未填写": "is empty", "true": "true", "false": "false",
    "否": "false", "开头为": "starts with", "开头是": "starts with",
    "处于": "active", "等于": "==", "不等于": "!=", "大于": ">", "小于": "<", "大于等于": ">=", "不小于": ">=", "小于等于": "<=",
    "不大于": "<=", "包含": "contains", "不含": "contains not", "不包含": "contains not", "和": "to", "到": "to", "与": "to",
}  # fmt: skip
"""The words of the language and what they mean; a field of the same name is written in back-quotes."""

_WORD = re.compile(r"[^\W\d]\w*")
_POWER: Mapping[type, int] = {Or: 1, And: 2, Not: 3, Compare: 4, Member: 4, Between: 4, Filled: 4, Arithmetic: 5, Negative: 7}


def power(expression: Expression) -> int:
    """How tightly a node binds, 1 (`or`) to 9 (a constant); a looser part needs brackets inside a tighter node."""
    if isinstance(expression, Arithmetic) and expression.op == "*":
        return 6
    return _POWER.get(type(expression), 9)


def text(expression: Expression) -> str:
    """The canonical text; it parses back to an equal expression."""
    match expression:
        case Constant():
            return _constant(expression)
        case Name(name=name):
            return name if _WORD.fullmatch(name) and name.lower() not in KEYWORDS else f"`{name}`"
        case Active(state=state):
            return f"in({state})" if _WORD.fullmatch(state) else f"in({quoted(state)})"
        case Filled(name=name, negated=negated):
            return f"{text(name)} is {'empty' if negated else 'filled'}"
        case ListOf(items=items):
            return f"[{', '.join(text(item) for item in items)}]"
        case Compare(left=left, op=op, right=right):
            return f"{_inside(left, 5)} {op} {_inside(right, 5)}"
        case Member(item=item, of=of, negated=negated):
            return f"{_inside(item, 5)} {'not in' if negated else 'in'} {_inside(of, 5)}"
        case Between(item=item, low=low, high=high):
            return f"{_inside(item, 5)} between {_inside(low, 5)} and {_inside(high, 5)}"
        case Arithmetic(left=left, op=op, right=right):
            own = power(expression)
            return f"{_inside(left, own)} {op} {_inside(right, own + 1)}"
        case Negative(operand=operand):
            return f"-({text(operand)})"
        case Not(operand=operand):
            return f"not {_inside(operand, 3)}"
        case And(parts=parts):
            return " and ".join(_inside(part, 3) for part in parts)
        case Or(parts=parts):
            return " or ".join(_inside(part, 2) for part in parts)


def _inside(expression: Expression, least: int) -> str:
    return text(expression) if power(expression) >= least else f"({text(expression)})"


def quoted(words: str) -> str:
    """A text constant; backslash hides a quote, a backslash or a line end."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _constant(constant: Constant) -> str:
    value = constant.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        digits = f"{value:f}"
        if constant.type is FieldType.MONEY:
            return f"{digits}元"
        return digits if "." in digits else f"{digits}.0"
    if isinstance(value, Duration):
        return value.text("en")
    if isinstance(value, datetime):
        return value.isoformat()
    return quoted(value) if isinstance(value, str) else str(value)


# --- sentences -------------------------------------------------------------------------------------------------------

_OP_ZH = {"==": "等于", "!=": "不等于", "<": "小于", "<=": "不大于", ">": "大于", ">=": "不小于", "starts with": "开头为"}
_OP_EN = {"==": "is", "!=": "is not", "<": "is less than", "<=": "is at most", ">": "is more than", ">=": "is at least",
          "starts with": "starts with"}  # fmt: skip


def sentence(expression: Expression, titles: Mapping[str, str], lang: str = "zh") -> str:
    """The expression in words; `titles` gives fields and states the names that people know them by."""
    return (_zh if lang == "zh" else _en)(expression, lambda name: titles.get(name, name))


def _zh(expression: Expression, title: Callable[[str], str]) -> str:
    def words(part: Expression) -> str:
        return _zh(part, title)

    match expression:
        case Active(state=state):
            return f"正处于“{title(state)}”"
        case Filled(name=name, negated=negated):
            return f"{words(name)}{'为空' if negated else '已填写'}"
        case Compare(left=left, op=op, right=right):
            return _joined(words(left) + _OP_ZH[op], words(right))
        case Member(item=Constant() as item, of=Name() as of, negated=negated):
            return f"{words(of)}{'不含' if negated else '包含'}{words(item)}"
        case Member(item=item, of=of, negated=negated):
            return f"{words(item)}{'不' if negated else ''}属于{words(of)}"
        case Between(item=item, low=low, high=high):
            return f"{words(item)}介于 {words(low)} 和 {words(high)} 之间"
        case Not(operand=operand):
            return f"并非（{words(operand)}）"
        case And(parts=parts):
            return "，且 ".join(f"（{words(p)}）" if isinstance(p, Or) else words(p) for p in parts)
        case Or(parts=parts):
            return "，或 ".join(f"（{words(p)}）" if isinstance(p, And) else words(p) for p in parts)
        case ListOf(items=items):
            return "、".join(words(item) for item in items)
    return _term(expression, title, words, "zh")


def _joined(first: str, second: str) -> str:
    """Chinese needs a space before figures and Latin letters, and none before Chinese."""
    return f"{first} {second}" if second[:1].isascii() else first + second


def _en(expression: Expression, title: Callable[[str], str]) -> str:
    def words(part: Expression) -> str:
        return _en(part, title)

    match expression:
        case Active(state=state):
            return f'"{title(state)}" is active'
        case Filled(name=name, negated=negated):
            return f"{words(name)} is {'empty' if negated else 'filled'}"
        case Compare(left=left, op=op, right=right):
            return f"{words(left)} {_OP_EN[op]} {words(right)}"
        case Member(item=Constant() as item, of=Name() as of, negated=negated):
            return f"{words(of)} {'does not include' if negated else 'includes'} {words(item)}"
        case Member(item=item, of=of, negated=negated):
            return f"{words(item)} is {'none' if negated else 'one'} of {words(of)}"
        case Between(item=item, low=low, high=high):
            return f"{words(item)} is between {words(low)} and {words(high)}"
        case Not(operand=operand):
            return f"it is not true that ({words(operand)})"
        case And(parts=parts):
            return ", and ".join(f"({words(p)})" if isinstance(p, Or) else words(p) for p in parts)
        case Or(parts=parts):
            return ", or ".join(f"({words(p)})" if isinstance(p, And) else words(p) for p in parts)
        case ListOf(items=items):
            return ", ".join(words(item) for item in items)
    return _term(expression, title, words, "en")


def _term(expression: Expression, title: Callable[[str], str], words: Callable[[Expression], str], lang: str) -> str:
    """Names, constants and arithmetic, which read alike in both languages."""
    match expression:
        case Name(name=name):
            return title(name)
        case Constant(value=str() as value):
            return f"“{value}”" if lang == "zh" else f'"{value}"'
        case Constant(value=value, type=type):
            return show(type, value, lang)
        case Arithmetic(left=left, op=op, right=right):
            own = power(expression)
            first = words(left) if power(left) >= own else f"({words(left)})"
            second = words(right) if power(right) > own else f"({words(right)})"
            return f"{first} {'×' if op == '*' else op} {second}"
        case Negative(operand=operand):
            return f"-({words(operand)})"
    raise AssertionError(f"no words for {expression!r}")
