"""Guard text to tree: a Pratt parser that knows where every mistake is and what was probably meant.

    expression = expression ("or" | "或") expression              weakest
               | expression ("and" | "且") expression
               | ("not" | "非" | "不") expression
               | term ("==" | "!=" | "<" | "<=" | ">" | ">=" | "starts with") term
                      等于 不等于 小于 小于等于 大于 大于等于 开头为
               | term ["not"] ("in" | "属于") term                不属于; the other way round: 包含 不含
               | term ("between" | "介于") term ("and" | "和" | "到") term
               | name "is" ["not"] ("filled" | "empty")           已填写 未填写 为空 不为空
               | ("filled" | "已填写" | "empty" | "为空") "(" name ")"
               | ("in" | "处于") "(" state ")"
               | term
    term       = term ("+" | "-") term | term "*" term | "-" term | "(" expression ")" | "[" [term {"," term}] "]"
               | number | number ("元" | "万元") | number unit | date | moment | quoted text
               | "true" | "是" | "false" | "否" | name            strongest

Comparisons do not chain. Names are NFKC-normalised letters, digits and `_`, any script; odd ones go in back-quotes.
Full-width signs and Chinese quotes count as their ASCII twins; a moment is `2026-12-01T09:30+08:00`. Reading never raises:
mistakes come back as OF105 (OF204 for an unknown function), each at its own characters in the YAML file. A slip whose
meaning is clear (`=`, `&&`, `||`, `!`) is reported with its remedy and reading goes on; any other ends the reading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, cast

from oyiflow.diagnostics import Diagnostic, Fix, Span
from oyiflow.load.guards.tokens import Slip, Stop, Token, tokens
from oyiflow.model.calendar import Duration
from oyiflow.model.expression import (
    MAX_DEPTH,
    Active,
    And,
    Arithmetic,
    ArithmeticOp,
    Between,
    Compare,
    CompareOp,
    Constant,
    Expression,
    Filled,
    ListOf,
    Member,
    Name,
    Negative,
    Not,
    Or,
    depth,
    text,
)
from oyiflow.model.expression_types import closest
from oyiflow.model.values import FieldType

MAX_LENGTH = 10_000

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "starts with"})
_FILLED: Mapping[str, bool] = {"filled": False, "is filled": False, "empty": True, "is empty": True}
"""Words after or before a name, and whether they ask for emptiness."""
_LEVELS: Mapping[str, int] = {
    "or": 1, "and": 2, "not": 4, "in": 4, "not in": 4, "contains": 4, "contains not": 4, "between": 4, "is": 4, "是": 4, "is not": 4, "+": 5, "-": 5, "*": 6,
    **dict.fromkeys(_COMPARISONS, 4), **dict.fromkeys(_FILLED, 4),
}  # fmt: skip
_FUNCTIONS = ("filled", "empty", "in", "已填写", "为空", "处于")
_NOTHING = frozenset({"null", "none", "nil", "空", "无"})
_STATE = re.compile(r"[\w.\-]+")


def parse(
    source: str, span: Span, positions: Sequence[tuple[int, int]] | None = None
) -> tuple[Expression | None, list[Diagnostic]]:
    """The tree of a guard, or None and what is wrong.

    `span` is where the text begins in its file. `positions` gives the (line, column) of every character where the text
    does not simply run on from there: in quoted, folded and block scalars.
    """
    parser = _Parser(source, _Places(source, span, positions))
    try:
        tree = parser.whole()
    except Stop:
        tree = None
    return (None if parser.problems else tree), parser.problems


class _Places:
    """Where each character of the text is in the file."""

    def __init__(self, source: str, span: Span, positions: Sequence[tuple[int, int]] | None) -> None:
        self.file = span.file
        self.line, self.column, self.length = span.line, span.column, len(source)
        self.points: list[tuple[int, int]] | None = None
        if positions or "\n" in source:
            self._note(source, list(positions)[: len(source)] if positions else _run_on(source, span), span)

    def _note(self, source: str, points: list[tuple[int, int]], span: Span) -> None:
        self.points = points
        last = self.points[-1] if self.points else (span.line, span.column - 1)
        self.points.extend([last] * (len(source) - len(self.points)))
        self.after = (last[0], last[1] + 1)

    def span(self, start: int, end: int) -> Span:
        """The stretch of the file for a stretch of the text; an empty one is as wide as a character."""
        if self.points is None:  # all on one line
            begin = min(start, self.length)
            if not start < end <= self.length:
                end = begin + 1
            column, last = self.column + begin, self.column + end
            return Span(file=self.file, line=self.line, column=column, end_line=self.line, end_column=last)
        line, column = self.points[start] if start < len(self.points) else self.after
        end_line, end_column = self.points[end - 1] if 0 < end <= len(self.points) and end > start else (line, column)
        return Span(file=self.file, line=line, column=column, end_line=end_line, end_column=end_column + 1)


def _run_on(source: str, span: Span) -> list[tuple[int, int]]:
    line, column = span.line, span.column
    points = []
    for character in source:
        points.append((line, column))
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
    return points


class _Parser:
    def __init__(self, source: str, places: _Places) -> None:
        self.source = source
        self.places = places
        self.problems: list[Diagnostic] = []
        self.tokens: list[Token] = []
        self.at = 0
        self.level = 0

    # --- reporting ---

    def report(self, slip: Slip) -> None:
        remedy = slip.fix or ((f"请写 {slip.put}", f"write {slip.put}") if slip.put else None)
        mend = Fix(zh=remedy[0], en=remedy[1], replacement=slip.put) if remedy else None
        place = self.places.span(slip.start, slip.end)
        self.problems.append(Diagnostic(code=slip.code, span=place, zh=slip.zh, en=slip.en, fix=mend))

    def stop(self, token: Token, zh: str, en: str, put: str | None = None, code: str = "OF105") -> NoReturn:
        self.report(Slip(token.start, token.end, zh, en, put, code=code))
        raise Stop

    def found(self, token: Token) -> tuple[str, str]:
        """What a token is called in messages."""
        shown = self.source[token.start : token.end]
        return ("条件结束了", "the condition ends here") if token.kind == "end" else (f"这里是“{shown}”", f'found "{shown}"')

    # --- tokens ---

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def sees(self, *signs: str) -> bool:
        return self.next.kind == "sign" and self.next.value in signs

    def accept(self, *signs: str) -> bool:
        seen = self.sees(*signs)
        self.at += seen
        return seen

    def close(self, sign: str, opened: Token) -> None:
        if not self.accept(sign):
            zh, en = self.found(self.next)
            if self.sees(",") and sign == ")":
                self.stop(self.next, "列表请用方括号 [a, b]", "a list is written in square brackets: [a, b]")
            start = self.source[opened.start : opened.end]
            self.stop(self.next, f"“{start}”没有配对的“{sign}”；{zh}", f'"{start}" is not closed by "{sign}"; {en}')

    def node_span(self, start: Token) -> Span:
        """From a token to the last one taken."""
        return self.places.span(start.start, self.tokens[self.at - 1].end)

    # --- expressions ---

    def whole(self) -> Expression:
        if len(self.source) > MAX_LENGTH:
            too_long = f"条件太长，最多 {MAX_LENGTH} 字", f"the condition is too long; at most {MAX_LENGTH} characters"
            self.report(Slip(0, 1, *too_long))
            raise Stop
        self.tokens = tokens(self.source, self.report)
        if self.next.kind == "end":
            self.stop(self.next, "条件是空的；例如 amount > 5000", "the condition is empty; for example amount > 5000")
        tree = self.expression(0)
        if self.next.kind != "end":
            self.left_over()
        if depth(tree) > MAX_DEPTH:
            self.too_deep(self.tokens[0])
        return tree

    def left_over(self) -> NoReturn:
        zh, en = self.found(self.next)
        if self.sees(")", "]"):
            self.stop(self.next, f"{zh}，前面没有与它配对的括号", f"{en}, but no bracket was opened")
        if self.sees("to"):
            self.stop(
                self.next,
                f"{zh}，它只用于“介于”；连接条件请写 且",
                f"{en}, which belongs to 'between'; join conditions with 'and'",
                "and",
            )
        if self.sees(","):
            self.stop(self.next, f"{zh}；数字不写千位分隔符，条件用 and（且）连接",
                      f"{en}; numbers have no thousands separators, and conditions are joined with 'and'")  # fmt: skip
        self.stop(self.next, f"{zh}，需要比较（==、>、in …）、and（且）、or（或）或结束",
                  f"{en}, where a comparison (==, >, in …), 'and', 'or' or the end is needed")  # fmt: skip

    def too_deep(self, token: Token) -> NoReturn:
        self.stop(token, f"嵌套太深，最多 {MAX_DEPTH} 层；请拆成几个条件", f"nested too deeply; at most {MAX_DEPTH} levels")

    def expression(self, power: int) -> Expression:
        """Reads on while the signs bind more tightly than `power`."""
        start = self.next
        self.level += 1
        if self.level > 2 * MAX_DEPTH:
            self.too_deep(start)
        left = self.prefix()
        while self.next.kind == "sign" and (level := _LEVELS.get(str(self.next.value), 0)) > power:
            left = self.infix(left, level, start)
        self.level -= 1
        return left

    def prefix(self) -> Expression:
        token = self.take()
        if token.kind == "constant":
            return Constant(value=token.value, type=token.type, span=self.node_span(token))
        if token.kind == "name":
            if self.sees("("):
                self.unknown_function(token)
            return Name(name=str(token.value), span=self.node_span(token))
        reader = self.prefixes.get(str(token.value)) if token.kind == "sign" else None
        if reader is None:
            self.operand_missing(token)
        return reader(self, token)

    def operand_missing(self, token: Token) -> NoReturn:
        zh, en = self.found(token)
        before = (
            self.tokens[self.at - 2] if self.at > 1 and token.kind != "end" else self.tokens[self.at - 1] if self.at else token
        )
        after = self.source[before.start : before.end] if before is not token else ""
        where_zh, where_en = (f"“{after}”后面", f'after "{after}"') if after else ("开头", "at the beginning")
        if token.kind == "sign" and token.value == "empty":
            self.stop(token, "“空”不能当作值；请写 x 为空（x is empty）", "emptiness is not a value; write: x is empty")
        self.stop(token, f"{where_zh}需要字段或值；{zh}", f"a field or a value is needed {where_en}; {en}")

    def unknown_function(self, token: Token) -> NoReturn:
        near = closest(str(token.value), _FUNCTIONS)
        self.stop(token, f"没有函数“{token.value}”；有：filled(x)（已填写）、empty(x)（为空）、in(步骤)（处于）",
                  f'there is no function "{token.value}"; there are: filled(x), empty(x), in(state)', near, "OF204")  # fmt: skip

    def bracket(self, token: Token) -> Expression:
        inner = self.expression(0)
        self.close(")", token)
        return inner

    def list_of(self, token: Token) -> Expression:
        items: list[Expression] = []
        while not self.sees("]"):
            items.append(self.expression(0))
            if not self.accept(","):
                break
        self.close("]", token)
        return ListOf(items=tuple(items), span=self.node_span(token))

    def negation(self, token: Token) -> Expression:
        operand = self.expression(3)
        return Not(operand=operand, span=self.node_span(token))

    def minus(self, token: Token) -> Expression:
        number = self.next
        value = number.value
        if number.kind == "constant" and isinstance(value, Duration):
            self.take()
            return Constant(value=Duration(amount=-value.amount, unit=value.unit), type=number.type, span=self.node_span(token))
        if number.kind == "constant" and number.type in (FieldType.INT, FieldType.DECIMAL, FieldType.MONEY):
            self.take()
            return Constant(value=-value, type=number.type, span=self.node_span(token))  # type: ignore[operator]
        operand = self.expression(6)
        return Negative(operand=operand, span=self.node_span(token))

    def filled_call(self, token: Token) -> Expression:
        if not self.accept("("):
            self.operand_missing(token)
        name = self.take()
        if name.kind != "name":
            zh, en = self.found(name)
            self.stop(name, f"括号里要写字段名；{zh}", f"a field name is needed in the brackets; {en}")
        self.close(")", token)
        inner = Name(name=str(name.value), span=self.places.span(name.start, name.end))
        return Filled(name=inner, negated=_FILLED[str(token.value)], span=self.node_span(token))

    def active(self, token: Token) -> Expression:
        opened = self.next
        if not self.accept("("):
            self.operand_missing(token)
        first = self.next
        while self.next.kind != "end" and not self.sees(")"):
            self.take()
        inner = unicodedata.normalize("NFKC", self.source[first.start : self.next.start]).strip()
        if first.kind == "constant" and isinstance(first.value, str):
            inner = first.value
        elif not _STATE.fullmatch(inner):
            self.stop(
                first, "in( ) 里要写一个步骤的名字；列表请用方括号 [ ]", "in( ) holds the name of one step; lists are in [ ]"
            )
        self.close(")", opened)
        return Active(state=inner, span=self.node_span(token))

    def infix(self, left: Expression, level: int, start: Token) -> Expression:
        token = self.take()
        sign = str(token.value)
        if sign in ("and", "or"):
            return self.joined(left, sign, level, start)
        if sign in ("+", "-", "*"):
            right = self.expression(level)
            return Arithmetic(left=left, op=cast(ArithmeticOp, sign), right=right, span=self.node_span(start))
        if sign in _COMPARISONS:
            made = self.comparison(left, sign, start)
        elif sign == "between":
            made = self.between(left, start)
        elif sign in ("in", "not in") or (sign == "not" and self.accept("in")):
            of = self.expression(level)
            made = Member(item=left, of=of, negated=sign != "in", span=self.node_span(start))
        elif sign in ("contains", "contains not"):
            made = Member(item=self.expression(level), of=left, negated=sign != "contains", span=self.node_span(start))
        else:
            made = self.question(left, token, start)
        if self.next.kind == "sign" and _LEVELS.get(str(self.next.value)) == 4:
            self.chained(made, start)
        return made

    def joined(self, left: Expression, sign: str, level: int, start: Token) -> Expression:
        parts = [left, self.expression(level)]
        while self.accept(sign):
            parts.append(self.expression(level))
        return (And if sign == "and" else Or)(parts=tuple(parts), span=self.node_span(start))

    def comparison(self, left: Expression, sign: str, start: Token) -> Expression:
        word = self.next
        nothing = word.value == "empty" if word.kind == "sign" else word.kind == "name" and str(word.value).lower() in _NOTHING
        if nothing and sign in ("==", "!=") and isinstance(left, Name):
            self.take()
            made = Filled(name=left, negated=sign == "==", span=self.node_span(start))
            zh, en = "“空”不能当作值来比较", "emptiness is not a value to compare with"
            self.report(Slip(start.start, word.end, zh, en, text(made)))
            return made
        right = self.expression(4)
        return Compare(left=left, op=cast(CompareOp, sign), right=right, span=self.node_span(start))

    def between(self, left: Expression, start: Token) -> Expression:
        low = self.expression(4)
        if not self.accept("and", "to"):
            zh, en = self.found(self.next)
            self.stop(
                self.next, f"介于需要两个界限：x 介于 1 和 5；{zh}", f"'between' needs two bounds: x between 1 and 5; {en}"
            )
        high = self.expression(4)
        return Between(item=left, low=low, high=high, span=self.node_span(start))

    def question(self, left: Expression, token: Token, start: Token) -> Expression:
        """`is filled` and its kin, after the sign that opens them."""
        sign = str(token.value)
        negated = False
        if sign not in _FILLED:
            negated = sign in ("is not", "not") or self.accept("not")
            word = self.take()
            if word.kind != "sign" or word.value not in _FILLED:
                self.not_a_question(token, word)
            sign = str(word.value)
        if not isinstance(left, Name):
            self.stop(token, "只能问字段是否已填写", "only a field can be filled or empty")
        return Filled(name=left, negated=_FILLED[sign] is not negated, span=self.node_span(start))

    def not_a_question(self, token: Token, word: Token) -> NoReturn:
        zh, en = self.found(word)
        if token.value == "not":
            self.stop(word, f"“not”后面需要 in；{zh}", f"'in' is needed after 'not'; {en}")
        if word.kind == "sign":
            self.stop(word, f"“{self.source[token.start : token.end]}”后面只能是“空”或“已填写”；{zh}",
                      f"here only 'filled' or 'empty' can follow; {en}")  # fmt: skip
        equal = "!=" if token.value == "is not" else "=="
        self.stop(token, f"“{self.source[token.start : token.end]}”后面只能是“空”或“已填写”；比较请写 {equal}",
                  f"here only 'filled' or 'empty' can follow; write {equal} to compare", equal)  # fmt: skip

    def chained(self, made: Expression, start: Token) -> NoReturn:
        """`a < b < c`: say it as `between`, or as two comparisons."""
        token = self.take()
        put = None
        if isinstance(made, Compare) and token.value in _COMPARISONS:
            right = self.expression(4)
            second = Compare(left=made.right, op=cast(CompareOp, token.value), right=right)
            inside = Between(item=made.right, low=made.left, high=right)
            put = text(inside if made.op == second.op == "<=" else And(parts=(made, second)))
        zh, en = "比较不能连写；请用 between（介于）或 and（且）", "comparisons do not chain; use 'between' or 'and'"
        self.report(Slip(start.start, self.tokens[self.at - 1].end, zh, en, put))
        raise Stop

    prefixes: Mapping[str, Callable[[_Parser, Token], Expression]] = {
        "(": bracket, "[": list_of, "not": negation, "-": minus, "in": active, "active": active,
        **dict.fromkeys(_FILLED, filled_call),
    }  # fmt: skip
