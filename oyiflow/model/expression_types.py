"""The types of expressions, found before anything runs.

`check` gives every expression a `FieldType` or says why it has none: unknown names with the nearest known one, and
operands that do not go together. Types never mix by accident: no truth of numbers or texts, no bool as a number, no
date against money, and a text beside a choice must be one of its options. Int, decimal and money are all exact numbers
and compare with each other. A mistake is reported once: what follows from it stays silent.

`may_be_empty` finds fields that are read where nothing shows them to be filled, following `and`, `or`, `not` and
`is filled` from left to right. A comparison that is true shows the fields in it to be filled.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from oyiflow.diagnostics import Span
from oyiflow.model.expression import (
    Active,
    And,
    Arithmetic,
    Between,
    Compare,
    Constant,
    Expression,
    Filled,
    ListOf,
    Member,
    Name,
    Negative,
    Not,
    Or,
    quoted,
    text,
    walk,
)
from oyiflow.model.values import Duration, FieldSpec, FieldType

Type = FieldType
Code = Literal["OF204", "OF506"]

NUMBERS = frozenset({Type.INT, Type.DECIMAL, Type.MONEY})
TEXTS = frozenset({Type.TEXT, Type.LONGTEXT, Type.CHOICE, Type.PERSON})
TIMES = frozenset({Type.DATE, Type.DATETIME})
ORDERED = NUMBERS | TIMES | {Type.DURATION}

_TYPE_ZH: Mapping[Type, str] = {
    Type.TEXT: "文本", Type.LONGTEXT: "长文本", Type.INT: "整数", Type.DECIMAL: "小数", Type.MONEY: "金额", Type.BOOL: "是/否",
    Type.DATE: "日期", Type.DATETIME: "日期时间", Type.DURATION: "时长", Type.CHOICE: "单选", Type.CHOICES: "多选",
    Type.PERSON: "人员", Type.FILE: "文件", Type.LIST: "列表",
}  # fmt: skip
_TYPE_EN: Mapping[Type, str] = {
    Type.TEXT: "a text", Type.LONGTEXT: "a long text", Type.INT: "a whole number", Type.DECIMAL: "a decimal number",
    Type.MONEY: "an amount of money", Type.BOOL: "a yes or no", Type.DATE: "a date", Type.DATETIME: "a date and time",
    Type.DURATION: "a duration", Type.CHOICE: "a choice", Type.CHOICES: "several choices", Type.PERSON: "a person",
    Type.FILE: "a file", Type.LIST: "a list",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeProblem:
    """A mistake in an expression. `fix` is the text that would be right in place of the span."""

    code: Code
    span: Span
    zh: str
    en: str
    fix: str | None = None


def check(
    expression: Expression,
    fields: Mapping[str, FieldSpec],
    states: Container[str],
    expected: Type | Literal["bool"] | FieldSpec | None = None,
) -> tuple[Type | None, list[TypeProblem]]:
    """The type of an expression (None when it has none) and what is wrong with it.

    `expected`: "bool" for a guard, the field (or its type) that a `set` writes, None for anything. The states are a
    container; when it can be iterated over, an unknown state gets the nearest name.
    """
    checker = _Checker(fields, states)
    found = checker.type_of(expression)
    if found is not None and expected is not None:
        wanted = Type(expected) if isinstance(expected, str) else expected.type
        if checker.fits(expression, found, wanted) and not isinstance(expected, str):
            checker.options(expression, expected)
    return found, checker.problems


class _Checker:
    """One walk over one expression; `problems` grows."""

    def __init__(self, fields: Mapping[str, FieldSpec], states: Container[str]) -> None:
        self.fields = fields
        self.states = states
        self.problems: list[TypeProblem] = []

    def wrong(self, node: Expression, zh: str, en: str, fix: str | None = None, code: Code = "OF506") -> None:
        self.problems.append(TypeProblem(code=code, span=node.span, zh=zh, en=en, fix=fix))

    def type_of(self, node: Expression) -> Type | None:
        match node:
            case Constant(type=type):
                return type
            case Name():
                return self.name(node)
            case Active():
                return self.active(node)
            case Filled(name=name):
                self.name(name)
                return Type.BOOL
            case ListOf(items=items):
                types = [self.type_of(item) for item in items]
                return Type.LIST if None not in types else None
            case Compare():
                return self.compare(node)
            case Member():
                return self.member(node)
            case Between():
                return self.between(node)
            case Arithmetic():
                return self.arithmetic(node)
            case Negative(operand=operand):
                return self.negative(node, operand)
            case Not(operand=operand):
                return self.all_bool((operand,))
            case And(parts=parts) | Or(parts=parts):
                return self.all_bool(parts)

    def name(self, node: Name) -> Type | None:
        spec = self.fields.get(node.name)
        if spec is not None:
            return spec.type
        near = closest(node.name, self.fields)
        spaced = _with_spaces(node.name, self.fields) if near is None else None
        hint_zh = (
            f"，是不是“{near}”？" if near else f"；词与词之间要有空格：{spaced}" if spaced else f"；有：{_some(self.fields)}"
        )
        hint_en = f'; did you mean "{near}"?' if near else f"; put spaces between words: {spaced}" if spaced else ""
        fix = text(Name(name=near)) if near else spaced
        self.wrong(node, f"没有字段“{node.name}”{hint_zh}", f'there is no field "{node.name}"{hint_en}', fix, "OF204")
        return None

    def active(self, node: Active) -> Type:
        if node.state not in self.states:
            near = closest(node.state, self.states) if isinstance(self.states, Iterable) else None
            hint_zh, hint_en = (f"，是不是“{near}”？", f'; did you mean "{near}"?') if near else ("", "")
            fix = text(Active(state=near)) if near else None
            self.wrong(node, f"没有步骤“{node.state}”{hint_zh}", f'there is no step "{node.state}"{hint_en}', fix, "OF204")
        return Type.BOOL

    def all_bool(self, parts: Iterable[Expression]) -> Type:
        for part in parts:
            found = self.type_of(part)
            if found is not None:
                self.fits(part, found, Type.BOOL)
        return Type.BOOL

    def fits(self, node: Expression, found: Type, wanted: Type) -> bool:
        """Whether a value of type `found` may stand where `wanted` is needed; reports it when it may not."""
        numbers = found in NUMBERS and wanted in NUMBERS and (wanted is not Type.INT or found is Type.INT)
        texts = found in TEXTS and wanted in TEXTS and (wanted is not Type.CHOICE or _is_text(node))
        chosen = wanted is Type.CHOICES and isinstance(node, ListOf) and all(map(_is_text, node.items))
        if found is wanted or numbers or texts or chosen:
            return True
        zh, en = f"这里需要{_zh(wanted)}，而这是{_zh(found)}", f"{_en(wanted)} is needed here, and this is {_en(found)}"
        test = f"{text(node)} is filled" if wanted is Type.BOOL and isinstance(node, Name) else None
        self.wrong(node, f"{zh}；例如 {test}" if test else zh, f"{en}; for example {test}" if test else en, test)
        return False

    def options(self, node: Expression, spec: FieldSpec) -> None:
        """What is written into a field of choices must be among its options."""
        for part in node.items if isinstance(node, ListOf) else (node,):
            self.option(spec, part)

    def compare(self, node: Compare) -> Type:
        left, right = self.type_of(node.left), self.type_of(node.right)
        if left is None or right is None:
            return Type.BOOL
        if node.op == "starts with":
            if left not in TEXTS or right not in TEXTS:
                self.wrong(node, "“starts with”只用于文本", "'starts with' is for texts")
        elif Type.CHOICES in (left, right):
            self.several(node)
        elif Type.LIST in (left, right) or not self.alike(node.left, left, node.right, right):
            self.apart(node, left, right)
        elif node.op not in ("==", "!=") and left not in ORDERED:
            self.wrong(node, f"{_zh(left)}不分大小，只能用 ==、!= 或 in", f"{_en(left)} has no order; use ==, != or in")
        return Type.BOOL

    def several(self, node: Compare) -> None:
        """A comparison with a field of several choices."""
        field, other = (node.left, node.right) if self.type_of(node.left) is Type.CHOICES else (node.right, node.left)
        usable = _is_text(other) and node.op in ("==", "!=")
        fix = text(Member(item=other, of=field, negated=node.op == "!=")) if usable else None
        self.one_of(node, field, fix)

    def one_of(self, node: Expression, field: Expression, fix: str | None) -> None:
        shown, colon = text(field), f"：{fix}" if fix else ""
        self.wrong(node, f"“{shown}”是多选，只能问是否包含某一项{colon}",
                   f'"{shown}" holds several choices; ask whether one is among them' + (f": {fix}" if fix else ""), fix)  # fmt: skip

    def alike(self, left: Expression, left_type: Type, right: Expression, right_type: Type) -> bool:
        """Whether two operands may be compared; an option that does not exist is reported here."""
        if left_type in NUMBERS:
            return right_type in NUMBERS
        if left_type in TEXTS and right_type in TEXTS:
            self.beside(left, right)
            self.beside(right, left)
            return True
        if left_type is right_type is Type.DURATION:
            return _elapsed(left) is None or _elapsed(right) is None or _elapsed(left) == _elapsed(right)
        return left_type is right_type

    def beside(self, field: Expression, constant: Expression) -> None:
        if isinstance(field, Name) and field.name in self.fields:
            self.option(self.fields[field.name], constant)

    def option(self, spec: FieldSpec, constant: Expression) -> None:
        """A text beside a field: not empty, and for choices one of the options."""
        if not isinstance(constant, Constant) or not isinstance(constant.value, str):
            return
        value, allowed = constant.value, "、".join(spec.options)
        if value == "":
            self.wrong(constant, "没有空文本这个值；请写 is empty（为空）", "there is no empty text; write 'is empty'")
        elif spec.type in (Type.CHOICE, Type.CHOICES) and value not in spec.options:
            near = closest(value, spec.options)
            hint_zh, hint_en = (
                (f"，是不是“{near}”？", f'; did you mean "{near}"?') if near else (f"；有：{allowed}", f": {allowed}")
            )
            self.wrong(constant, f"“{value}”不是“{spec.name}”的选项{hint_zh}", f'"{value}" is not an option of "{spec.name}"{hint_en}',
                       quoted(near) if near else None)  # fmt: skip

    def apart(self, node: Expression, left: Type, right: Type) -> None:
        if left is right is Type.DURATION:
            self.wrong(node, "工作日与自然时间长短不定，不能比较", "workdays and elapsed time have no common measure")
        elif {left, right} == {Type.DATE, Type.DATETIME}:
            self.wrong(
                node,
                "日期不能与日期时间比较；请写明时间，例如 2026-12-01T00:00+08:00",
                "a date cannot be compared with a date and time; write the time, for example 2026-12-01T00:00+08:00",
            )
        else:
            fix = _in_days(node) if Type.DURATION in (left, right) else None
            hint_zh, hint_en = (f"；请写单位，例如 {fix}", f"; write the unit, for example {fix}") if fix else ("", "")
            self.wrong(
                node,
                f"{_zh(left)}不能与{_zh(right)}比较{hint_zh}",
                f"{_en(left)} cannot be compared with {_en(right)}{hint_en}",
                fix,
            )

    def member(self, node: Member) -> Type:
        item, of = self.type_of(node.item), self.type_of(node.of)
        if item is None or of is None:
            return Type.BOOL
        if isinstance(node.of, ListOf):
            self.listed(node, item, node.of.items)
        elif of is not Type.CHOICES:
            fix = text(ListOf(items=(node.of,))) if isinstance(node.of, Constant) else None
            self.wrong(node.of, f"“in”后面要写列表 [a, b] 或多选字段，而这是{_zh(of)}",
                       f"after 'in' comes a list [a, b] or a field of several choices, and this is {_en(of)}", fix)  # fmt: skip
        elif item in TEXTS:
            self.beside(node.of, node.item)
        else:
            self.apart(node, item, Type.CHOICE)
        return Type.BOOL

    def listed(self, node: Member, item: Type, choices: tuple[Expression, ...]) -> None:
        """`item in [a, b]`: every one must be comparable with the item."""
        if not choices:
            self.wrong(node.of, "列表是空的，条件永不成立", "the list is empty; this can never hold")
        if item is Type.CHOICES:
            parts = [Member(item=choice, of=node.item, negated=node.negated) for choice in choices if _is_text(choice)]
            self.one_of(node, node.item, text(parts[0]) if len(parts) == len(choices) == 1 else None)
            return
        for choice in choices:
            found = self.type_of(choice)
            if found is not None and (item is Type.LIST or not self.alike(node.item, item, choice, found)):
                self.apart(choice, item, found)

    def between(self, node: Between) -> Type:
        item = self.type_of(node.item)
        for bound in (node.low, node.high):
            found = self.type_of(bound)
            if item is None or found is None:
                continue
            if not self.alike(node.item, item, bound, found):
                self.apart(bound, item, found)
            elif item not in ORDERED:
                self.wrong(node, f"{_zh(item)}不分大小，不能用“介于”", f"{_en(item)} has no order; 'between' does not apply")
                break
        return Type.BOOL

    def negative(self, node: Expression, operand: Expression) -> Type | None:
        found = self.type_of(operand)
        if found is None or found in NUMBERS or found is Type.DURATION:
            return found
        self.wrong(node, f"{_zh(found)}不能取负", f"{_en(found)} has no negative")
        return None

    def arithmetic(self, node: Arithmetic) -> Type | None:
        left, right = self.type_of(node.left), self.type_of(node.right)
        if left is None or right is None:
            return None
        result = _product(left, right) if node.op == "*" else _sum(node, left, right)
        if result is None:
            self.wrong(
                node,
                f"{_zh(left)}与{_zh(right)}不能这样计算（{node.op}）",
                f"'{node.op}' does not apply to {_en(left)} and {_en(right)}",
            )
        return result


def _in_days(node: Expression) -> str | None:
    """The comparison with days in place of a bare number: `back - out > 5` becomes `back - out > 5 days`."""
    if isinstance(node, Compare) and isinstance(node.right, Constant) and type(node.right.value) is int:
        days = Constant(value=Duration(amount=node.right.value, unit="days"), type=Type.DURATION)
        return text(Compare(left=node.left, op=node.op, right=days))
    return None


def _product(left: Type, right: Type) -> Type | None:
    if left in NUMBERS and right in NUMBERS:
        if left is right is Type.MONEY:
            return None
        return next(t for t in (Type.MONEY, Type.DECIMAL, Type.INT) if t in (left, right))
    return Type.DURATION if {left, right} == {Type.DURATION, Type.INT} else None


def _sum(node: Arithmetic, left: Type, right: Type) -> Type | None:
    if left in NUMBERS and right in NUMBERS:
        return next(t for t in (Type.MONEY, Type.DECIMAL, Type.INT) if t in (left, right))
    if left in TIMES and right is Type.DURATION:
        whole = isinstance(node.right, Constant) and isinstance(node.right.value, Duration) and node.right.value.unit
        return None if left is Type.DATE and whole in ("minutes", "hours") else left
    if left is Type.DURATION and right is Type.DURATION:
        units = {_elapsed(node.left), _elapsed(node.right)}
        return None if units == {True, False} else Type.DURATION
    return Type.DURATION if node.op == "-" and left is right and left in TIMES else None


def _elapsed(node: Expression) -> bool | None:
    """Whether a duration is elapsed time (or workdays); None when only the running process knows."""
    units = [
        part.value.minutes is not None for part in walk(node) if isinstance(part, Constant) and isinstance(part.value, Duration)
    ]
    return units[0] if units and isinstance(node, Constant | Negative) else None


def _is_text(node: Expression) -> bool:
    return isinstance(node, Constant) and isinstance(node.value, str)


def _zh(type: Type) -> str:
    return _TYPE_ZH[type]


def _en(type: Type) -> str:
    return _TYPE_EN[type]


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    return "、".join(listed[:8]) + ("…" if len(listed) > 8 else "") if listed else "（无）"


# --- nearest names ---------------------------------------------------------------------------------------------------


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant: one slip for up to 4 characters, two for up to 8, three beyond."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    allowed = 1 if len(plain) <= 4 else 2 if len(plain) <= 8 else 3
    best: tuple[int, str] | None = None
    for candidate in candidates:
        other = unicodedata.normalize("NFKC", candidate).casefold()
        if abs(len(other) - len(plain)) > allowed or max(len(other), len(plain)) <= 1:
            continue
        rank = (distance(plain, other), candidate)
        if rank[0] <= allowed and (best is None or rank < best):
            best = rank
    return best[1] if best else None


def distance(a: str, b: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


_GLUED = (
    "不属于",
    "属于",
    "介于",
    "不为空",
    "为空",
    "已填写",
    "大于等于",
    "小于等于",
    "不大于",
    "不小于",
    "不等于",
    "等于",
    "大于",
    "小于",
    "且",
    "或",
)


def _with_spaces(name: str, fields: Container[str]) -> str | None:
    """`金额且天数` typed without spaces: the same with spaces, when that leads to a field."""
    for word in _GLUED:
        head, found, tail = name.partition(word)
        if found and head in fields:
            return f"{head} {word} {tail}".rstrip()
    return None


# --- empty fields ----------------------------------------------------------------------------------------------------


class _Facts(NamedTuple):
    """What is known to be filled when the expression is true, and when it is false; and the reads that nothing covers."""

    if_true: frozenset[str]
    if_false: frozenset[str]
    open: tuple[Name, ...]


_NONE: frozenset[str] = frozenset()


def may_be_empty(expression: Expression, known: frozenset[str] = _NONE) -> tuple[Name, ...]:
    """The reads of fields that nothing shows to be filled there; `known` are filled from the outset."""
    return _facts(expression, known).open


def _facts(node: Expression, known: frozenset[str]) -> _Facts:
    match node:
        case Filled(name=name, negated=negated):
            shown = frozenset({name.name})
            return _Facts(_NONE, shown, ()) if negated else _Facts(shown, _NONE, ())
        case Not(operand=operand):
            inner = _facts(operand, known)
            return _Facts(inner.if_false, inner.if_true, inner.open)
        case And(parts=parts):
            return _sequence(parts, known)
        case Or(parts=parts):
            false, true, reads = _sequence(parts, known, turned=True)
            return _Facts(true, false, reads)
    names = [n for n in walk(node) if isinstance(n, Name)]
    sure = (
        walk(node.item) if isinstance(node, Member) and isinstance(node.of, ListOf) else names
    )  # of a list, one item is enough
    shown = frozenset(n.name for n in sure if isinstance(n, Name))
    return _Facts(shown, _NONE, tuple(n for n in names if n.name not in known))


def _sequence(parts: tuple[Expression, ...], known: frozenset[str], turned: bool = False) -> _Facts:
    """The facts of `and`, left to right; `or` is the same with true and false changed over."""
    passed = _NONE
    stopped: frozenset[str] | None = None
    reads: list[Name] = []
    for part in parts:
        true, false, opened = _facts(part, known | passed)
        go, stop = (false, true) if turned else (true, false)
        stopped = stop if stopped is None else stopped & stop
        passed |= go
        reads.extend(opened)
    return _Facts(passed, stopped or _NONE, tuple(reads))
