"""What has gone wrong is told in the language asked for, also where it was written down long ago."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from oyiflow import Engine
from oyiflow.cli import main
from oyiflow.diagnostics import Source
from oyiflow.engine.failures import REASON, column_of, reason_in, reason_of
from oyiflow.errors import Bilingual, EventRejected, in_language
from oyiflow.load.reader import read_definition
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Text

PROCESS = """
process: order
title: {zh: 订购, en: Order}
roles: {staff: {title: {zh: 员工, en: Staff}}}
steps:
  - {do: ask, title: {zh: 申请, en: Ask}, by: staff}
  - {call: pay, title: {zh: 付款, en: Pay}, process: payment%s}
  - {do: file, title: {zh: 归档, en: File}, by: staff}
  - {end: done, title: {zh: 结束, en: Done}}
"""
ZH, EN = "没有发布过流程 payment", "no process payment is published"
COMPANY = Company(people=(Person(name="li", title=Text(zh="李", en="Li"), roles=("staff",)),))

Told = Callable[..., str]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """What a command prints about a case that has called a process which is not there."""
    monkeypatch.chdir(tmp_path)

    def ask(command: str, *options: str, failed: str = "") -> str:
        definition, _ = read_definition(Source(name="order.yaml", text=PROCESS % failed))
        assert definition is not None
        with Engine("sqlite:///a.db", directory=COMPANY) as engine:
            case = engine.start(definition, actor="li").id
            engine.complete(case, "ask", actor="li")
        assert main([command, case, "--db", "a.db", *options]) == 0
        return capsys.readouterr().out

    return ask


@pytest.mark.parametrize(("command", "failed"), [("log", ", failed: file"), ("why", "")])
def test_why_a_call_has_failed(told: Told, command: str, failed: str) -> None:
    chinese, english, both = (told(command, "--lang", lang, failed=failed) for lang in ("zh", "en", "both"))
    assert ZH in chinese and EN not in chinese
    assert EN in english and ZH not in english
    assert ZH in both and EN in both


def test_a_program_reads_both(told: Told) -> None:
    assert f"{ZH}；已发布：order ({EN}; published: order)" in told("log", "--json", failed=", failed: file")


def test_what_is_told_by_a_replay_is_the_same(tmp_path: Path) -> None:
    definition, _ = read_definition(Source(name="order.yaml", text=PROCESS % ", failed: file"))
    assert definition is not None
    with Engine(f"sqlite:///{tmp_path / 'a.db'}", directory=COMPANY) as engine:
        case = engine.start(definition, actor="li").id
        engine.complete(case, "ask", actor="li")
        [failed] = [entry for entry in engine.history(case) if entry.kind == "call"]
        assert isinstance(failed.comment, Bilingual) and failed.comment.en.startswith(EN)
        assert engine.replay(case) == engine.snapshot(case) and engine.verify(case).broken_at == 0


def test_a_text_in_two_languages() -> None:
    words = Bilingual("坏了", "broken")
    assert words == "坏了 (broken)" == str(EventRejected("坏了", "broken")) == EventRejected("坏了", "broken").words
    assert [in_language(words, lang) for lang in ("zh", "en", "both")] == ["坏了", "broken", words]
    assert in_language("坏了 (broken)", "en") == "坏了 (broken)", "what somebody else has written is nobody's to take apart"
    for same in (copy.deepcopy(words), pickle.loads(pickle.dumps(words))):
        assert (same, same.zh, same.en) == (words, "坏了", "broken")


def test_a_reason_in_a_column_is_the_same_when_it_is_read() -> None:
    reasons = [
        reason_of(error) for error in (EventRejected("坏" * 900, "broken" * 900), ValueError("\udcff"), ValueError("x" * 900))
    ]
    assert [len(one.zh) if isinstance(one, Bilingual) else len(one) for one in reasons] == [REASON, 13, REASON]
    for reason in (*reasons, "坏了 (broken)", ""):
        assert reason_in(column_of(reason)) == reason and type(reason_in(column_of(reason))) is type(reason)
