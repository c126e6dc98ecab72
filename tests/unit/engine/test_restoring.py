"""Whatever stands where the state of a case was: nobody but whoever asks for it hears of it, and then in words of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oyiflow import load
from oyiflow.engine import Engine
from oyiflow.errors import OyiFlowError
from oyiflow.testing import ManualClock, memory_engine

RICH = """
process: rich
title: Rich
roles: {staff: Staff, boss: Boss, chief: Chief}
form:
  note: {title: Note, type: text}
  number: {title: Number, type: int}
  amount: {title: Amount, type: money}
  day: {title: Day, type: date}
  who: {title: Who, type: person}
  kind: {title: Kind, type: choice, of: [a, b]}
  kinds: {title: Kinds, type: choices, of: [a, b]}
  sure: {title: Sure, type: bool}
  paper: {title: Paper, type: file}
  span: {title: Span, type: duration}
reports:
  - {report: sum, title: Sum, of: ask, total: amount, dated: day, every: month}
  - {report: count, title: Count, of: ask, per: who}
steps:
  - {do: ask, title: Ask, by: staff, fill: [note, number, amount, day, who, kind, kinds, sure, paper, span]}
  - {approve: sign, title: Sign, by: [boss, chief], mode: all, within: 2 days, rejected: ask, allow: add_signer}
  - {end: done}
"""
VALUES = {"note": "x", "number": 0, "amount": "0", "day": "2026-01-02", "who": "staff", "kind": "a", "kinds": ["a"], "sure": False,
          "paper": {"name": "p.pdf"}, "span": "3 days"}  # fmt: skip
PEOPLE = ("staff", "boss", "chief")
JUNK: tuple[Any, ...] = (None, -1, 99, 1.5, True, "", "x", [], ["x"], [[]], {}, {"x": []})
BAD, GOOD = "rich-1", "rich-2"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Two cases that the boss has signed and the chief has not, with somebody who is to sign besides."""
    (tmp_path / "rich.yaml").write_text(RICH, encoding="utf-8")
    with memory_engine(load(tmp_path / "rich.yaml"), clock=ManualClock()) as made:
        for id in (BAD, GOOD):
            made.start("rich", actor="staff", instance=id)
            made.complete(id, "ask", actor="staff", values=VALUES)
            made.operate(id, "add_signer", "sign", actor="boss", people=["chief"], when="after")
            made.complete(id, "sign", actor="boss")
        yield made


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part."""
    yield at
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(part, (*at, key))


def mutilated(text: str) -> Iterator[str]:
    """With something else in the place of every part, without it, with it under another name; cut off at many places."""
    raw = json.loads(text)
    for at in paths(raw):
        for junk in (*JUNK, "gone", "renamed"):
            new = copy.deepcopy(raw)
            inner = new
            for key in at[:-1]:
                inner = inner[key]
            if not at:
                new = junk
            elif junk == "gone":
                del inner[at[-1]]
            elif junk == "renamed" and isinstance(inner, dict):
                inner["renamed"] = inner.pop(at[-1])
            else:
                inner[at[-1]] = junk
            yield json.dumps(new)
    yield from (text[:end] for end in range(0, len(text), 19))


def looks(engine: Engine) -> None:
    """Everything that looks at many cases."""
    assert GOOD in [case.id for case in engine.instances(viewer="staff")]
    assert GOOD in [task.instance for task in engine.tasks(viewer="")]
    assert GOOD in [task.instance for task in engine.tasks(person="chief")]
    engine.report("rich", viewer="staff")
    engine.overdue()
    engine.kept()
    engine.damaged()


def test_whatever_stands_there_the_others_are_seen_and_it_is_refused_in_our_words(engine: Engine) -> None:
    text = engine._store.instance(BAD).snapshot  # type: ignore[union-attr]
    asks = (
        engine.instance,
        engine.why,
        engine.history,
        lambda id: engine.form(id, "sign", "chief"),
        lambda id: engine.complete(id, "sign", actor="staff"),
    )
    refused = 0
    for bad in mutilated(text):
        engine._store._db.execute("UPDATE instance SET snapshot = ? WHERE id = ?", (bad, BAD))  # type: ignore[attr-defined]
        engine._steps._cache.clear()
        looks(engine)
        for ask in asks:
            try:
                ask(BAD)
            except OyiFlowError:
                refused += 1
    assert refused > 1000
    engine.restore(BAD)
    assert engine._store.instance(BAD).snapshot == text  # type: ignore[union-attr]
