"""The little ECMAScript of the public statechart suites, read and translated into the expression language; nothing is executed.

Read: literals, names, members, calls, `! - + * && || |`, comparisons, `typeof`, arrays, and statements that only assign.
Translated: numbers (whole ones), texts and yes/no; comparisons, arithmetic `+ - *`, `In()`, truthiness of a variable, the
undefined value as an empty field. Left out, because the language has nothing like it: functions and their calls, objects,
`++`, division, joined texts, regular expressions. Two exceptions tell two things apart: `Wrong`, what every ECMAScript
processor must find wrong (so that SCXML has it raise `error.execution`), and `Skip`, what this converter cannot say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oyiflow.model.expression import (
    And,
    Arithmetic,
    Compare,
    Constant,
    Expression,
    Filled,
    Name,
    Negative,
    Not,
    Or,
)  # fmt: skip
from oyiflow.model.values import FieldType

TEXT, INT, BOOL = FieldType.TEXT, FieldType.INT, FieldType.BOOL
Tree = tuple[Any, ...]
"""(kind, …): num str bool undefined | name n | member tree n | call tree trees | list trees | op sign tree tree | not/neg/typeof tree."""


class Skip(Exception):
    """Not convertible; the words are the reason, under which it is counted."""


class Wrong(Exception):
    """No ECMAScript processor could evaluate it."""


# --- reading

_TOKEN = re.compile(
    r"\s*(?:(\d+(?:\.\d+)?)|('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|([A-Za-z_$][\w$]*)|(===|!==|[=!<>]=|&&|\|\||[-+*]=|\+\+|--|\S))"
)
_RESERVED = frozenset(("return", "break", "continue", "function", "var", "if", "else", "for", "while", "do", "switch", "case", "new",
                       "delete", "throw", "try", "void"))  # fmt: skip
_LEVEL = {"||": 1, "&&": 2, "|": 3, "===": 4, "!==": 4, "==": 4, "!=": 4, "<": 5, "<=": 5, ">": 5, ">=": 5, "in": 5, "instanceof": 5,
          "+": 6, "-": 6, "*": 7, "/": 7, "%": 7}  # fmt: skip


def _balanced(text: str) -> bool:
    plain = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "", text)
    return all(plain.count(a) == plain.count(b) for a, b in ("()", "[]", "{}")) and not set("'\"") & set(plain)


class Reader:
    """A recursive reader of one expression."""

    def __init__(self, text: str) -> None:
        if not (_balanced(text) or set("/`") & set(text)) or text.strip() in _RESERVED or not text.strip():
            raise Wrong(text)
        self.text = text
        self.tokens = [match.group().strip() for match in _TOKEN.finditer(text) if match.group().strip()]

    def peek(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, wanted: str = "") -> str:
        if not self.tokens or (wanted and self.tokens[0] != wanted):
            raise Skip("scripts: " + self.what())
        return self.tokens.pop(0)

    def what(self) -> str:
        """What of ECMAScript it is that is not read."""
        for sign, words in (
            ("function", "functions"),
            ("new ", "objects"),
            ("{", "objects"),
            ("++", "++ in an expression"),
            ("/", "division, patterns"),
        ):
            if sign in self.text:
                return words
        return "other syntax"

    def whole(self) -> Tree:
        tree = self.binary(1)
        if self.tokens:
            raise Skip("scripts: " + self.what())
        return tree

    def binary(self, least: int) -> Tree:
        left = self.unary()
        while _LEVEL.get(self.peek(), 0) >= least:
            sign = self.take()
            left = ("op", sign, left, self.binary(_LEVEL[sign] + 1))
        return left

    def unary(self) -> Tree:
        for sign, kind in (("!", "not"), ("-", "neg"), ("typeof", "typeof")):
            if self.peek() == sign:
                self.take()
                return (kind, self.unary())
        return self.postfix(self.atom())

    def postfix(self, tree: Tree) -> Tree:
        while self.peek() in (".", "[", "("):
            sign = self.take()
            if sign == ".":
                tree = ("member", tree, self.take())
            elif sign == "[":
                inside = self.binary(1)
                if inside[0] != "str":
                    raise Skip("values: lists other than to be gone through")
                tree = ("member", tree, inside[1])
                self.take("]")
            else:
                tree = ("call", tree, self.items(")"))
        return tree

    def items(self, end: str) -> tuple[Tree, ...]:
        found = []
        while self.peek() != end:
            found.append(self.binary(1))
            if self.peek() != end:
                self.take(",")
        self.take(end)
        return tuple(found)

    def atom(self) -> Tree:
        token = self.take()
        if token == "(":
            tree = self.binary(1)
            self.take(")")
            return tree
        if token == "[":
            return ("list", self.items("]"))
        if token[0] in "'\"":
            if re.search(r"\\[^'\"\\]", token):
                raise Skip("scripts: other syntax")
            return ("str", re.sub(r"\\(.)", r"\1", token[1:-1]))
        if token.isdecimal():
            return ("num", int(token))
        if token in ("true", "false"):
            return ("bool", token == "true")
        if token == "undefined":
            return ("undefined",)
        if token in _RESERVED or token in ("null", "this", "NaN", "Infinity") or not re.match(r"[A-Za-z_$]", token):
            raise Skip("scripts: " + self.what())
        return ("name", token)


def read(text: str) -> Tree:
    """An expression as a tree. `Wrong`: no expression at all; `Skip`: one that is not read."""
    return Reader(text).whole()


_ASSIGN = re.compile(r"(?:var\s+)?([A-Za-z_$][\w$]*)\s*(=|\+=|-=|\*=)(?!=)\s*([^;]+)", re.S)


def statements(text: str) -> list[tuple[str, Tree]]:
    """A script that does nothing but assign: its variables and their new values, in order."""
    plain = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S).strip()
    if re.search(r"\bfunction\b|[{}]", plain):
        raise Skip("scripts: functions")
    found = []
    for line in (part.strip() for part in re.split(r";", plain)):
        parts = re.split(r",", line.removeprefix("var ")) if line.startswith("var ") else [line]
        for part in (one.strip() for one in parts):
            match = _ASSIGN.fullmatch(part)
            if match:
                name, sign, value = match.groups()
                tree = read(value)
                found.append((name, tree if sign == "=" else ("op", sign[0], ("name", name), tree)))
            elif part and not (line.startswith("var ") and part.isidentifier()):  # `var x;` leaves x as it is
                raise Skip("scripts: other than assignments")
    return found


# --- translating


@dataclass(frozen=True)
class Value:
    """What an expression is worth: a tree of ours with its type; with neither, the undefined value. `items`: a constant list."""

    tree: Expression | None = None
    type: FieldType | None = None
    items: tuple[Any, ...] | None = None

    @property
    def constant(self) -> Any:
        """The value of a constant, else None."""
        return self.tree.value if isinstance(self.tree, Constant) else None


UNDEFINED = Value()
YES, NO = Constant(value=True, type=BOOL), Constant(value=False, type=BOOL)


def constant(value: Any) -> Value:
    """A Python value as a constant of ours."""
    if value is None:
        return UNDEFINED
    if isinstance(value, list | tuple):
        return Value(items=tuple(value))
    if isinstance(value, str) and (value != value.strip() or not value or not value.isprintable()):
        raise Skip("values: a text that is empty, has spaces around it or several lines")
    kind = {bool: BOOL, int: INT, str: TEXT}.get(type(value))
    if kind is None:
        raise Skip("values: objects and fractions")
    return Value(Constant(value=value, type=kind), kind)


@dataclass
class Scope:
    """What names mean at one place: `variable` of the document, `event(path)` of `_event`, what `In()` is, and whether a variable
    may have become NaN, which with us is as empty as the undefined value."""

    variable: Callable[[str], Value]
    event: Callable[[tuple[str, ...]], Value]
    active: Callable[[str], Expression]
    doubtful: Callable[[str], bool] = lambda name: False

    def value(self, tree: Tree) -> Value:
        """An expression's value."""
        match tree:
            case ("undefined",):
                return UNDEFINED
            case (("num" | "str" | "bool"), value):
                return constant(value)
            case ("list", items):
                return Value(items=tuple(self.value(item).constant for item in items))
            case ("name", name):
                return self.variable(name)
            case ("member", _, _):
                return self._member(tree)
            case ("neg", inner):
                return self._negative(self.value(inner))
            case ("op", ("+" | "-" | "*") as sign, left, right):
                return self._calculated(sign, self.value(left), self.value(right))
            case ("call", ("member", ("name", "Math"), "pow"), (base, ("num", power))) if 1 <= power <= 4:
                found = self.value(base)
                for _ in range(power - 1):
                    found = self._calculated("*", found, self.value(base))
                return found
            case ("op", ("/" | "%"), *_):
                raise Skip("scripts: division, patterns")
            case ("typeof", _):
                raise Skip("scripts: typeof other than undefined")
        return Value(self.truth(tree), BOOL)

    def _member(self, tree: Tree) -> Value:
        path: tuple[str, ...] = ()
        while tree[0] == "member":
            tree, path = tree[1], (tree[2], *path)
        if tree == ("name", "_event"):
            return self.event(path)
        if tree[0] == "name" and not tree[1].startswith("_"):
            self.variable(tree[1])
            raise Skip("values: objects and fractions")
        raise Skip("system variables: _ioprocessors")

    def _negative(self, inner: Value) -> Value:
        if inner.type is not INT or inner.tree is None:
            raise Skip("values: arithmetic with other than whole numbers")
        if isinstance(inner.tree, Constant):
            return constant(-inner.constant)
        return Value(Negative(operand=inner.tree), INT)

    def _calculated(self, sign: Any, left: Value, right: Value) -> Value:
        if TEXT in (left.type, right.type):
            raise Skip("values: joined texts")
        if left.type is not INT or right.type is not INT or left.tree is None or right.tree is None:
            raise Skip("values: arithmetic with other than whole numbers")
        return Value(Arithmetic(left=left.tree, op=sign, right=right.tree), INT)

    def truth(self, tree: Tree) -> Expression:
        """Whether an expression is true, in the way of ECMAScript, where every value is true or not."""
        match tree:
            case ("not", inner):
                return Not(operand=self.truth(inner))
            case ("op", "&&", left, right):
                return And(parts=(self.truth(left), self.truth(right)))
            case ("op", ("||" | "|") as sign, left, right):
                if sign == "|" and not all(part[0] == "op" and _LEVEL[part[1]] in (4, 5) for part in (left, right)):
                    raise Skip("scripts: other syntax")
                return Or(parts=(self.truth(left), self.truth(right)))
            case ("op", ("===" | "==") as sign, left, right):
                return self._equal(left, right, sign)
            case ("op", ("!==" | "!=") as sign, left, right):
                return Not(operand=self._equal(left, right, "===" if sign == "!==" else "=="))
            case ("op", ("<" | "<=" | ">" | ">=") as sign, left, right):
                return self._less(sign, self.value(left), self.value(right))
            case ("op", ("in" | "instanceof"), *_):
                raise Skip("scripts: in, instanceof")
            case ("call", ("name", "In"), (("str", state),)):
                return self.active(state)
            case ("call", *_):
                raise Skip("scripts: function calls")
            case ("name", "_event"):
                return _filled(self.event(("name",)))
        return _true(self.value(tree))

    def _sure(self, value: Value) -> Value:
        """A value that is empty only if it is undefined."""
        if isinstance(value.tree, Name) and self.doubtful(value.tree.name):
            raise Skip("values: a variable that may be NaN, asked whether it is undefined")
        return value

    def _less(self, sign: Any, left: Value, right: Value) -> Expression:
        if left.type is not INT or right.type is not INT or left.tree is None or right.tree is None:
            raise Skip("values: order of other than whole numbers")
        return Compare(left=left.tree, op=sign, right=right.tree)

    def _equal(self, left: Tree, right: Tree, sign: str) -> Expression:
        if left[0] == "typeof" and right[0] == "str":
            if right[1] != "undefined":
                raise Skip("scripts: typeof other than undefined")
            return Not(operand=_filled(self._sure(self.value(left[1]))))
        one, other = self.value(left), self.value(right)
        if one.items is not None or other.items is not None:
            pair = [value for value in (one, other) if value.items is None]
            if len(pair) == 1 and pair[0].type is INT and len(one.items or other.items or ()) > 1:
                return NO  # a list of two or more is no number
            raise Skip("values: lists other than to be gone through")
        if other == UNDEFINED or one == UNDEFINED:
            return Not(operand=_filled(self._sure(one if other == UNDEFINED else other)))
        assert one.tree is not None and other.tree is not None
        if one.type is not other.type:
            if sign == "==":
                raise Skip("values: a variable of several types")
            return NO
        same: Expression = Compare(left=one.tree, op="==", right=other.tree)
        if isinstance(one.tree, Name) and isinstance(other.tree, Name):  # undefined equals undefined
            self._sure(one)
            self._sure(other)
            nothing = And(parts=(Filled(name=one.tree, negated=True), Filled(name=other.tree, negated=True)))
            return Or(parts=(same, nothing))
        return same


def _filled(value: Value) -> Expression:
    """Whether a value is other than undefined."""
    if isinstance(value.tree, Name):
        return Filled(name=value.tree)
    if value.tree is not None and value.type is None:  # of an event's data with parts: whether there is any
        return value.tree
    return NO if value == UNDEFINED else YES


def _true(value: Value) -> Expression:
    """Truthiness of a value: neither undefined, nor 0, nor false."""
    if value.type is INT and value.tree is not None:
        return Compare(left=value.tree, op="!=", right=Constant(value=0, type=INT))
    if value.type is BOOL and value.tree is not None:
        return value.tree
    return _filled(value)
