"""The examples of a process, played: each is a test that its author wrote without knowing of tests.

    played = play(definition, definition.examples[0])
    assert played.passed, played.diagnostic

An example is played on the real engine in memory, beginning on a Monday morning. Each move is made by a person who is
entitled and breaks no rule about people; if the first choice of people leads nowhere, others are tried. A failure is an
author's mistake like any other: a `Diagnostic` at the move that could not be made, or at the example whose end is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from oyiflow.checking import check
from oyiflow.diagnostics import Diagnostic, Severity, Source
from oyiflow.engine.handlers import Handler
from oyiflow.engine.views import JournalEntry
from oyiflow.errors import InvalidDefinition
from oyiflow.load.catalog import Catalog, read_catalog
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition
from oyiflow.model.example import Example, Move
from oyiflow.rendering import render_text
from oyiflow.testing.stage.cast import Cast, enough_people
from oyiflow.testing.stage.player import Player, Stage
from oyiflow.testing.stage.stuck import Stuck
from oyiflow.testing.stage.telling import awaited

CODE = "OF906"
TAKES = 100
"""How often an example is played with other people before it is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of an example. `history` and `data` are those of its instance, as far as it got."""

    process: str
    example: Example
    diagnostic: Diagnostic | None = None
    history: tuple[JournalEntry, ...] = ()
    data: Mapping[str, Any]
    called: tuple[tuple[str, str], ...] = ()
    """The calls that ended: the step, and the end of what it called."""
    takes: int = 1
    """How often it was played until the people were right."""

    @property
    def passed(self) -> bool:
        """Whether all moves were made and the end is the one that was told."""
        return self.diagnostic is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An example with all that is needed to play it."""

    definition: Definition
    example: Example
    others: tuple[Definition, ...] = ()

    def __str__(self) -> str:
        return f"{self.definition.name}: {self.example.name}"

    def play(self, company: Company | None = None) -> Played:
        """Play it."""
        return play(self.definition, self.example, others=self.others, company=company)

    def check(self, company: Company | None = None) -> None:
        """Play it; an `AssertionError` says what went wrong, with the line of the file."""
        played = self.play(company)
        if played.diagnostic is not None:
            raise AssertionError("\n" + shown(self.definition, played.diagnostic))


def shown(definition: Definition, diagnostic: Diagnostic) -> str:
    """A diagnostic as `oyiflow check` shows it, with the line of the file that the definition was read from."""
    sources = {diagnostic.span.file: Source(name=diagnostic.span.file, text=definition.text)} if definition.text else {}
    return render_text([diagnostic], sources)


def play(
    definition: Definition,
    example: Example,
    *,
    others: Iterable[Definition] = (),
    company: Company | None = None,
    handlers: Mapping[str, Handler] | None = None,
) -> Played:
    """Play an example. `others`: processes that may be called. Without a company, every role is held by enough people.

    A handler that is not given is one that succeeds and has nothing to say.
    """
    called = called_by(definition, others)
    people = company if company is not None else enough_people((definition, *called), example)
    people = replace(people, policies=replace(people.policies, repeated_approver="ask"))  # an example names every answer
    stage = Stage(definition=definition, example=example, called=called, company=people, handlers=handlers or {})
    cast: Cast | None = Cast()
    first: Played | None = None
    for take in range(1, TAKES + 1):
        assert cast is not None
        played, group = _take(stage, cast)
        played = replace(played, takes=take)
        first = first if first is not None else played
        cast = cast.another(group) if group else None
        if cast is None:
            return played if played.passed or not group else replace(first, takes=take)
    assert first is not None
    return first


def _take(stage: Stage, cast: Cast) -> tuple[Played, str]:
    """One take, and the group of steps whose people are the reason if it failed for want of people."""
    player = Player(stage, cast)
    with player.engine:
        number, group, diagnostic = 0, "", None
        try:
            player.begin()
            for move, following in pairwise((*stage.example.play, None)):
                assert move is not None
                number += 1
                player.move(move, following)
            number = 0
            player.check()
        except Stuck as stuck:
            group, diagnostic = stuck.group, _failure(player, number, stuck)
        played = Played(
            process=stage.definition.name,
            example=stage.example,
            diagnostic=diagnostic,
            history=tuple(player.engine.history(player.id)) if player.id else (),
            data=player.engine.instance(player.id).data if player.id else {},
            called=tuple(player.called.ended()) if player.id else (),
        )
    return played, group


def _failure(player: Player, number: int, stuck: Stuck) -> Diagnostic:
    """`number`: the move that could not be made; 0 for the beginning and the end."""
    example = player.stage.example
    zh, en = awaited(player.engine, player.id)
    if not number:
        told_zh, told_en, span = stuck.zh, stuck.en, example.span
    else:
        move = example.play[number - 1]
        told_zh = f"第 {number} 步“{told(move)}”走不了: {stuck.zh}"
        told_en = f"move {number} ({told(move)}) cannot be made: {stuck.en}"
        span = move.span
    return Diagnostic(
        code=CODE,
        span=span,
        zh=f"案例“{example.name}”{told_zh}；此时等着: {zh}",
        en=f"example {example.name!r}: {told_en}; it waits for: {en}",
        fix=stuck.fix,
    )


def told(move: Move) -> str:
    """A move as an example says it."""
    if move.wait is not None:
        return f"wait: {move.wait.text()}"
    return f"event: {move.event}" if move.event else f"{move.step} {move.outcome}".strip()


def called_by(definition: Definition, others: Iterable[Definition]) -> tuple[Definition, ...]:
    """Those of the others that a process calls, directly or through others."""
    known = {other.name: other for other in others if other.name != definition.name}
    found: dict[str, Definition] = {}
    todo = [definition]
    while todo:
        for state in todo.pop().states.values():
            if state.call is not None and state.call.process in known and state.call.process not in found:
                found[state.call.process] = known[state.call.process]
                todo.append(known[state.call.process])
    return tuple(found.values())


def catalog_of(
    paths: Iterable[str | Path], progress: Callable[[Path], None] | None = None
) -> tuple[Catalog, dict[str, Definition]]:
    """What is in files and folders, checked; and by name every process that may be called, those in the same folders too."""
    named = [Path(path) for path in paths]
    catalog = check(named, progress)
    others = dict(catalog.definitions)
    wanted = {
        state.call.process
        for one in others.values()
        for state in one.states.values()
        if state.call is not None and state.call.process
    }
    folders = sorted({path.parent for path in named if path.is_file()})
    if folders and not wanted <= catalog.names:
        others = {**read_catalog(folders).definitions, **others}
    return catalog, others


def examples_of(*paths: str | Path) -> list[Case]:
    """Every example of the processes in files and folders. Raises `InvalidDefinition` if one of them has errors."""
    catalog, others = catalog_of(paths)
    errors = [one for one in catalog.diagnostics if one.severity is Severity.ERROR]
    if errors:
        first, where = errors[0], f"{errors[0].span.file}:{errors[0].span.line}"
        raise InvalidDefinition(f"{where}: {first.zh}", f"{where}: {first.en}", errors)
    called = tuple(others.values())
    definitions = catalog.definitions.values()
    return [
        Case(definition=one, example=example, others=called_by(one, called)) for one in definitions for example in one.examples
    ]
