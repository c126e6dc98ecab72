"""From steps to rows and back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from samples import COMPANY, approval

from oyiflow.engine.entries import journalled
from oyiflow.engine.fold import cancelled, replay
from oyiflow.engine.projection import moment, to_text
from oyiflow.kernel import Step, start
from oyiflow.kernel.messages import TaskClosed
from oyiflow.store.failures import StoreCorrupt
from oyiflow.testing import MONDAY, memory_engine


def test_moments_sort_as_text() -> None:
    beijing = timezone(timedelta(hours=8))
    times = [
        datetime(2026, 1, 5, 9, tzinfo=beijing),
        datetime(2026, 1, 5, 1, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 1, 5, 1, 1, tzinfo=UTC),
    ]
    texts = [moment(at) for at in times]
    assert texts == sorted(texts) and texts[0] == "2026-01-05T01:00:00.000000+00:00"
    assert [datetime.fromisoformat(text) for text in texts] == times


def test_values_take_the_form_of_the_journal() -> None:
    values = {"a": Decimal("5.10"), "b": date(2026, 1, 5), "c": {"y", "x"}, "d": ("p", "q"), "e": True, "f": None, "g": "三"}
    assert journalled(values) == {
        "a": "5.10",
        "b": "2026-01-05",
        "c": ["x", "y"],
        "d": ["p", "q"],
        "e": True,
        "f": None,
        "g": "三",
    }
    assert journalled(None) == {}


def test_json_in_one_line() -> None:
    data = {"a": [1, "二", None, True], "b": {"c": '"\\\n'}}
    assert json.loads(to_text(data)) == data and "\n" not in to_text(data) and "二" in to_text(data)
    with pytest.raises(TypeError):
        to_text({"a": object()})
    for number in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="JSON"):
            to_text([number])


def test_cancelling_closes_everything() -> None:
    first = start(approval(), instance="x", now=MONDAY)
    assert isinstance(first, Step)
    step = cancelled(first.snapshot)
    after = step.snapshot
    assert (after.status, after.revision, after.tasks, after.timers, after.calls) == ("cancelled", 2, (), (), ())
    assert after.configuration == ("apply",)
    assert step.effects == (TaskClosed(id="x/2/0", task="apply@1"),)


def test_a_journal_that_was_tampered_with() -> None:
    definition = approval()
    with memory_engine(definition, directory=COMPANY) as engine:
        id = engine.start("leave", actor="李").id
        engine.complete(id, "apply", actor="李", values={"note": "a"})
        rows = list(engine._store.journal(id))
    assert replay(rows, definition.digest, lambda digest, mark: definition).data == {"note": "a"}
    forged = rows[1]._replace(event=rows[1].event.replace('"a"', '"b"'))
    assert replay([rows[0], forged], definition.digest, lambda digest, mark: definition).data == {"note": "b"}, (
        "the fold differs from the snapshot, which is how it shows"
    )
    with pytest.raises(StoreCorrupt, match="cannot be replayed"):
        replay([rows[0], rows[1], rows[1]], definition.digest, lambda digest, mark: definition)
    with pytest.raises(StoreCorrupt, match="empty"):
        replay([], definition.digest, lambda digest, mark: definition)
