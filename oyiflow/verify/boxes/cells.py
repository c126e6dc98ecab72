"""The values of one field in finitely many classes, so that no question asked of the field tells two of a class apart.

A `Cell` stands for a class and shows it by one value. Where the classes end follows from the `Questions`: the constants
that a field is compared with, the beginnings that a text is asked for. The first cell of a field is always "empty". That a
text can be in the field at all is asked of `read_value`, the reader that the engine uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from oyiflow.model.values import Duration, FieldSpec, FieldType, FileReference, Problem, Value, read_value
from oyiflow.verify.boxes.line import DENSE, LINES, Stretch, cut, place_of, pleasant, value_at, whole_line

TEXTS = frozenset({FieldType.TEXT, FieldType.LONGTEXT, FieldType.PERSON})
_LETTERS = "甲乙丙丁"
_MORE_LETTERS = 0x4E00


class Cell(NamedTuple):
    """A class of values. `piece`: where it lies on its line; `key`: what all text fields call it; `single`: it is one value."""

    kind: FieldType
    fixed: Value | None = None
    piece: Stretch | None = None
    key: str = ""
    single: bool = True

    @property
    def value(self) -> Value | None:
        """The value that shows the class; None for "empty"."""
        if self.piece is None or self.fixed is not None:
            return self.fixed
        return value_at(self.kind, pleasant(self.piece, self.kind))


@dataclass(slots=True)
class Questions:
    """What is asked of a field: places on its line, numbers of workdays, texts, beginnings of texts."""

    places: set[Fraction | int] = field(default_factory=set)
    workdays: set[int] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    beginnings: set[str] = field(default_factory=set)

    def about(self, value: Value) -> None:
        """A comparison with a constant."""
        place = place_of(value)
        if place is not None:
            self.places.add(place)
        elif isinstance(value, Duration):
            self.workdays.add(value.amount)
        elif isinstance(value, str):
            self.texts.add(value)


def cells_of(spec: FieldSpec, questions: Questions, *, signed: bool = False) -> tuple[Cell, ...]:
    """The classes of a field, "empty" first. `signed`: a length of time may be negative, since it is calculated."""
    empty = Cell(spec.type)
    if spec.type in LINES:
        return (empty, *_on_line(spec, questions, signed))
    if spec.type is FieldType.BOOL:
        return empty, Cell(spec.type, True), Cell(spec.type, False)
    if spec.type is FieldType.CHOICE:
        return (empty, *(Cell(spec.type, option, key=f"={option}") for option in spec.options))
    if spec.type in TEXTS:
        return (empty, *_texts(spec, questions))
    return empty, Cell(spec.type, _some(spec), single=False)


def _some(spec: FieldSpec) -> Value:
    """Any value, of a field of which nothing is asked but whether it is filled, or which options it holds."""
    if spec.type is FieldType.CHOICES:
        return spec.options[:1]
    return FileReference(name="x") if spec.type is FieldType.FILE else (("x",),)


def differences_of(one: FieldType, other: FieldType, places: Iterable[Fraction | int]) -> tuple[Cell, ...]:
    """The classes of the difference of two fields."""
    kind = other if one not in DENSE else one
    line = whole_line(kind)
    longest = 2 * (line.high - line.low)
    return tuple(Cell(kind, None, piece, "", piece.single) for piece in cut(Stretch(-longest, longest), places, kind in DENSE))


def _on_line(spec: FieldSpec, questions: Questions, signed: bool) -> Iterator[Cell]:
    line, low, high = whole_line(spec.type), *_limits(spec)
    if spec.type is FieldType.DURATION and not signed and low is None:
        low = 0
    least = line.low if low is None else max(line.low, low)
    most = line.high if high is None else min(line.high, high)
    if least <= most:
        for piece in cut(Stretch(least, most), questions.places, spec.type in DENSE):
            yield Cell(spec.type, None, piece, "", piece.single)
    if spec.type is FieldType.DURATION:
        yield from _workdays(spec, questions, signed)


def _limits(spec: FieldSpec) -> tuple[Fraction | int | None, Fraction | int | None]:
    low = place_of(spec.min) if spec.min is not None else None
    return low, place_of(spec.max) if spec.max is not None else None


def _workdays(spec: FieldSpec, questions: Questions, signed: bool) -> Iterator[Cell]:
    """Workdays lie on a line of their own, with which no elapsed time is compared."""
    line = whole_line(FieldType.INT)
    low, high = (
        limit.amount if isinstance(limit, Duration) and limit.minutes is None else None for limit in (spec.min, spec.max)
    )
    least = low if low is not None else line.low if signed else 0
    for piece in cut(Stretch(least, high if high is not None else line.high), questions.workdays, False):
        yield Cell(spec.type, Duration(amount=int(pleasant(piece, FieldType.INT)), unit="workdays"), None, "", piece.single)


def _texts(spec: FieldSpec, questions: Questions) -> Iterator[Cell]:
    """Each text that is asked for, what else begins as asked, and all the rest."""
    yield from (Cell(spec.type, text, key=f"={text}") for text in sorted(questions.texts) if fits(spec, text))
    for beginning in sorted({"", *questions.beginnings}):
        longer = tuple(one for one in questions.beginnings if one != beginning and one.startswith(beginning))
        tried = (f"{beginning}{letter}" for letter in _letters(len(questions.texts) + len(longer) + 1))
        found = (one for one in tried if one not in questions.texts and not one.startswith(longer) and fits(spec, one))
        yield from (Cell(spec.type, one, None, f"^{beginning}", False) for one in _first(found))


def _first(texts: Iterable[str]) -> Iterator[str]:
    for one in texts:
        yield one
        return


def _letters(count: int) -> Iterator[str]:
    yield from _LETTERS
    yield from map(chr, range(_MORE_LETTERS, _MORE_LETTERS + count))


def fits(spec: FieldSpec, text: str) -> bool:
    """Whether the text can be what the field holds: the reader takes it as it stands."""
    found = read_value(spec, text)
    return not isinstance(found, Problem) and found == text
