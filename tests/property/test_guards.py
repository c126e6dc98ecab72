"""Properties of the guard language: reading never fails, text round-trips, checked guards never fail, facts are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oyiflow.diagnostics import Span
from oyiflow.load.guards.grammar import parse
from oyiflow.model.calendar import Calendar
from oyiflow.model.canonical import decode, encode
from oyiflow.model.evaluation import compile_expression
from oyiflow.model.expression import (
    MAX_DEPTH,
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
    children,
    depth,
    sentence,
    text,
    walk,
)
from oyiflow.model.expression_types import check, may_be_empty
from oyiflow.model.values import Duration, FieldType, Problem, Value, from_json, read_value, to_json

START = Span(file="x.yaml", line=7, column=13)
OPTIONS = ("重要", "高值", 'it\'s "so"')


@dataclass(frozen=True)
class Spec:
    """A field of the form, as far as values and types need it."""

    name: str
    type: FieldType
    options: tuple[str, ...] = ()
    required: bool = False
    min: Value | None = None
    max: Value | None = None
    columns: tuple[Spec, ...] = ()


TYPED = (FieldType.INT, FieldType.DECIMAL, FieldType.MONEY, FieldType.BOOL, FieldType.TEXT, FieldType.DATE, FieldType.DATETIME,
         FieldType.DURATION, FieldType.CHOICE, FieldType.CHOICES)  # fmt: skip
FIELDS = {f"{kind}{n}": Spec(f"{kind}{n}", kind, OPTIONS if "choice" in kind else ()) for kind in TYPED for n in (1, 2)}
FIELDS["and"] = Spec("and", FieldType.BOOL)  # a field may be named like a word of the language
STATES = ("review", "审批", "a-b.c", "1号")

numbers = st.integers(-(10**20), 10**20)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**15), max_value=10**15)
moments = st.datetimes(timezones=st.just(UTC))
durations = st.builds(
    lambda amount, unit: Duration(amount=amount, unit=unit),
    st.integers(0, 5_000), st.sampled_from(["minutes", "hours", "days", "weeks", "workdays"]),
)  # fmt: skip
VALUES: Mapping[FieldType, st.SearchStrategy[Any]] = {
    FieldType.INT: numbers, FieldType.DECIMAL: decimals, FieldType.MONEY: decimals, FieldType.BOOL: st.booleans(),
    FieldType.TEXT: st.text(min_size=1), FieldType.DATE: st.dates(), FieldType.DATETIME: moments,
    FieldType.DURATION: durations, FieldType.CHOICE: st.sampled_from(OPTIONS),
    FieldType.CHOICES: st.lists(st.sampled_from(OPTIONS), min_size=1, unique=True).map(tuple),
}  # fmt: skip
filled_forms = st.fixed_dictionaries({}, optional={name: VALUES[spec.type] for name, spec in FIELDS.items()})


Terms = st.SearchStrategy[Expression]


def arithmetic(left: Terms, signs: list[str], right: Terms) -> Terms:
    return st.builds(lambda a, op, b: Arithmetic(left=a, op=op, right=b), left, st.sampled_from(signs), right)


def leaves(kind: FieldType) -> Terms:
    names: Terms = st.sampled_from([n for n, spec in FIELDS.items() if spec.type is kind]).map(lambda n: Name(name=n))
    literal = FieldType.TEXT if kind is FieldType.CHOICE else kind
    return names if kind is FieldType.CHOICES else names | VALUES[kind].map(lambda value: Constant(value=value, type=literal))


def terms(kind: FieldType) -> Terms:
    """Expressions without a condition in them."""
    if kind in (FieldType.INT, FieldType.DECIMAL, FieldType.MONEY, FieldType.DURATION):
        signs = ["+", "-"] if kind in (FieldType.MONEY, FieldType.DURATION) else ["+", "-", "*"]
        inner = leaves(kind) | arithmetic(leaves(kind), signs, leaves(kind))
        return inner | inner.map(lambda x: Negative(operand=x)) | arithmetic(inner, signs, inner)
    if kind in (FieldType.DATE, FieldType.DATETIME):
        return leaves(kind) | arithmetic(leaves(kind), ["+", "-"], leaves(FieldType.DURATION))
    return leaves(kind)


def conditions(kind: FieldType) -> Terms:
    """One comparison, or membership, of terms of a type."""
    term = terms(kind)
    if kind is FieldType.CHOICES:
        option = st.sampled_from(OPTIONS).map(lambda value: Constant(value=value, type=FieldType.TEXT))
        return st.builds(lambda item, of, no: Member(item=item, of=of, negated=no), option, term, st.booleans())
    ordered = kind not in (FieldType.BOOL, FieldType.TEXT, FieldType.CHOICE)
    signs = ["==", "!=", *(["<", "<=", ">", ">="] if ordered else []), *(["starts with"] if kind is FieldType.TEXT else [])]
    compared = st.builds(lambda a, op, b: Compare(left=a, op=op, right=b), term, st.sampled_from(signs), term)
    listed = st.lists(term, min_size=1, max_size=3).map(lambda items: ListOf(items=tuple(items)))
    member = st.builds(lambda item, of, no: Member(item=item, of=of, negated=no), term, listed, st.booleans())
    between = st.builds(lambda x, low, high: Between(item=x, low=low, high=high), term, term, term)
    return compared | member | between if ordered else compared | member


asked = st.builds(lambda name, no: Filled(name=Name(name=name), negated=no), st.sampled_from(sorted(FIELDS)), st.booleans())
simple: Terms = st.one_of(
    *[conditions(kind) for kind in TYPED], asked, asked, st.sampled_from(STATES).map(lambda state: Active(state=state)),
    st.sampled_from(["bool1", "bool2", "and"]).map(lambda name: Name(name=name)),
)  # fmt: skip
guards: Terms = st.recursive(
    simple,
    lambda inner: (
        inner.map(lambda x: Not(operand=x))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(parts=tuple(parts)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(parts=tuple(parts)))
    ),
    max_leaves=8,
)

WORDS = ["a", "费用", "and", "or", "not", "且", "或", "非", "不", "in", "属于", "不属于", "between", "介于", "和", "到", "is", "是", "否",
         "空", "为空", "已填写", "filled", "(", ")", "[", "]", ",", "，", "（", "）", "＞", "＝", ">=", "==", "=", "!", "&&", "||", "<", "+",
         "-", "*", "5", "5000元", "1.5", "3天", "5工作日", "007", "2026-12-01", "2026-13-40", "T09:30", '"', "“", "”", "'", "`", "\\", ".",
         "%", "\n", "\u3000", "\x00", "\ud800", "½", "𝟙", "ﷺ", " "]  # fmt: skip
jumbles = st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join) | st.lists(st.sampled_from(WORDS)).map("".join)
slips = st.builds(
    lambda guard, at, word, gone: (whole := text(guard))[: at % len(whole)] + word + whole[at % len(whole) + gone :],
    guards, st.integers(0, 10**6), st.sampled_from(["", *WORDS]), st.integers(0, 3),
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(jumbles | slips)
def test_reading_never_raises_and_every_mistake_lies_inside_the_text(source: str) -> None:
    tree, problems = parse(source, START)
    assert (tree is None) == bool(problems)
    for problem in problems:
        assert problem.zh and problem.en and problem.code in ("OF105", "OF204")
        first, last = (problem.span.line, problem.span.column), (problem.span.end_line, problem.span.end_column)
        assert (START.line, 1) <= first < last
        assert last[0] <= START.line + source.count("\n")


@settings(max_examples=300, deadline=None)
@given(slips)
def test_what_was_read_reads_the_same_from_its_canonical_text(source: str) -> None:
    tree, _ = parse(source, START)
    if tree is None:
        return
    again, problems = parse(text(tree), START)
    assert again == tree, problems
    check(tree, FIELDS, STATES)  # wrong types are problems, never exceptions
    may_be_empty(tree)


@settings(max_examples=300, deadline=None)
@given(guards)
def test_text_is_read_back_to_an_equal_guard(guard: Expression) -> None:
    assume(depth(guard) <= MAX_DEPTH)
    again, problems = parse(text(guard), START)
    assert problems == []
    assert again == guard
    assert sentence(guard, {}, "zh") and sentence(guard, {}, "en")


@settings(max_examples=300, deadline=None)
@given(guards, filled_forms)
def test_a_checked_guard_never_fails_and_is_never_neither(guard: Expression, data: dict[str, Any]) -> None:
    found, problems = check(guard, FIELDS, STATES, "bool")
    assume(not problems)
    assert found is FieldType.BOOL
    result = compile_expression(guard)(data, lambda state: state == "review")
    assert result is True or result is False or (result is None and isinstance(guard, Name))


@settings(max_examples=300, deadline=None)
@given(guards, filled_forms)
def test_a_guard_whose_reads_are_all_covered_does_not_depend_on_emptiness(guard: Expression, data: dict[str, Any]) -> None:
    """Where `may_be_empty` is content, no read meets an empty field; a mapping that watches its reads proves it."""
    assume(not may_be_empty(guard, frozenset(data)))
    watched = Watched(data, {node.name.name for node in walk(guard) if isinstance(node, Filled)})
    compile_expression(guard)(watched, lambda state: False)
    assert watched.missed == set()


PLAIN = (FieldType.INT, FieldType.DECIMAL, FieldType.MONEY, FieldType.BOOL, FieldType.TEXT, FieldType.CHOICE, FieldType.CHOICES)
plain_guards: Terms = st.recursive(
    st.one_of(*[conditions(kind) for kind in PLAIN], asked),
    lambda inner: inner.map(lambda x: Not(operand=x)) | st.builds(lambda a, b: And(parts=(a, b)), inner, inner)
    | st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(parts=tuple(parts))),
    max_leaves=6,
)  # fmt: skip


def exact(value: Any) -> Any:
    return Fraction(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def by_the_book(node: Expression, data: Mapping[str, Any]) -> Any:
    """A second evaluator, slow and plain, with fractions for numbers."""
    parts = [by_the_book(child, data) for child in children(node)]
    match node:
        case Constant(value=value):
            return exact(value)
        case Name(name=name):
            return exact(data.get(name))
        case Filled(name=name, negated=negated):
            return (name.name in data) is not negated
        case Not():
            return not parts[0]
        case And():
            return all(parts)
        case Or():
            return any(parts)
        case ListOf():
            return parts
        case Member(negated=negated):
            item, of = parts
            return item is not None and of is not None and (item in of) is not negated
    if None in parts:
        return False if isinstance(node, Compare | Between) else None
    match node:
        case Compare(op=op):
            a, b = parts
            return {"==": lambda: a == b, "!=": lambda: a != b, "<": lambda: a < b, "<=": lambda: a <= b, ">": lambda: a > b,
                    ">=": lambda: a >= b, "starts with": lambda: a[: len(b)] == b}[op]()  # fmt: skip
        case Between():
            return parts[1] <= parts[0] <= parts[2]
        case Negative():
            return -parts[0]
        case Arithmetic(op=op):
            return {"+": sum(parts), "-": parts[0] - parts[1], "*": parts[0] * parts[1]}[op]
    raise AssertionError(node)


@settings(max_examples=300, deadline=None)
@given(plain_guards, filled_forms)
def test_the_quick_evaluator_agrees_with_a_plain_one(guard: Expression, data: dict[str, Any]) -> None:
    assume(not check(guard, FIELDS, STATES, "bool")[1])
    assert compile_expression(guard)(data, lambda state: False) is by_the_book(guard, data)


class Watched(dict[str, Any]):
    """Notes the names that were read and are empty, unless the guard also asks whether they are filled."""

    def __init__(self, data: dict[str, Any], asked: set[str]) -> None:
        super().__init__(data)
        self.asked = asked
        self.missed: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self and key not in self.asked:
            self.missed.add(key)
        return super().get(key, default)


@settings(max_examples=200, deadline=None)
@given(guards)
def test_guards_are_stored_exactly(guard: Expression) -> None:
    assert decode(encode(guard)) == guard


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FIELDS)), st.data())
def test_a_value_survives_storing_and_reading(name: str, data: st.DataObject) -> None:
    spec = FIELDS[name]
    value = data.draw(VALUES[spec.type])
    stored = to_json(spec.type, value)
    assert from_json(spec.type, stored) == value
    taken = read_value(spec, value)
    assert isinstance(taken, Problem) or taken is None or spec.type in (FieldType.TEXT, FieldType.CHOICES) or taken == value


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(list(FieldType)),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals() | st.dates() | st.datetimes()
    | st.lists(st.text() | st.integers()) | st.lists(st.lists(st.text())) | st.dictionaries(st.text(), st.text()),
)  # fmt: skip
def test_reading_a_value_never_raises_and_gives_a_value_that_is_stored_exactly(kind: FieldType, raw: object) -> None:
    value = read_value(Spec("x", kind, OPTIONS), raw)
    if not isinstance(value, Problem):
        assert from_json(kind, to_json(kind, value)) == value
        assert value is None or not isinstance(value, float)
        assert not isinstance(value, Decimal) or value.is_finite()


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 100), st.integers(0, 1439))
def test_workdays_end_on_a_workday_at_the_same_time_of_day(day: date, amount: int, minute: int) -> None:
    calendar = Calendar(holidays=frozenset({day + timedelta(days=1)}))
    assume(calendar.is_workday(day))
    start = calendar.at_start_of(day) + timedelta(minutes=minute)
    end = calendar.due(start, Duration(amount=amount, unit="workdays"))
    last = calendar.today(end)
    assert calendar.is_workday(last)
    assert end - calendar.at_start_of(last) == timedelta(minutes=minute)
    assert sum(calendar.is_workday(day + timedelta(days=n)) for n in range(1, (last - day).days + 1)) == amount


def test_the_bounds_of_moments() -> None:
    edge = datetime(9999, 12, 31, 23, tzinfo=UTC)
    guard = Compare(
        left=Arithmetic(left=Name(name="t"), op="+", right=Constant(value=Duration(amount=9, unit="weeks"), type=FieldType.DURATION)),
        op=">", right=Name(name="t"),
    )  # fmt: skip
    assert compile_expression(guard)({"t": edge}, lambda state: False) is True
