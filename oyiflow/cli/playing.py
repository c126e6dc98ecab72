"""`oyiflow play FILE`: walk through a process on the real engine in memory, as any of its people, with a clock moved by hand.

What may happen next is listed by number. Nothing is kept: no database, no real handler, no real time. What was typed can be
taken back (`undo`), and shown at the end as an `examples:` entry for the file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oyiflow.checking import check, load
from oyiflow.cli.asking import type_of
from oyiflow.cli.console import Console, moment
from oyiflow.cli.instances import print_history, without_deadlines
from oyiflow.cli.opening import company_of
from oyiflow.cli.typed import flow, pairs_of, value_of
from oyiflow.engine import Engine, TaskView
from oyiflow.engine.worker import Worker
from oyiflow.errors import OyiFlowError
from oyiflow.model.calendar import Duration
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition
from oyiflow.model.example import Example
from oyiflow.testing.memory import ManualClock
from oyiflow.testing.stage.cast import enough_people
from oyiflow.testing.stage.player import nothing_handlers

HELP = (
    "数字 办理这一项，后面可写 字段=值、表格=[{列: 值, …}, …] · as 谁 换人 · wait 3 days 过一段时间 · send 事件 送消息 · form 看表单 · log 看经过 · undo 退一步 · example 写成案例 · quit 结束",
    "a number does it, with field=value or table=[{column: value, …}, …] after it · as WHO · wait 3 days · send EVENT · form · log · undo · example · quit",
)


@dataclass(slots=True)
class Game:
    """One walk. `said` are the commands so far, with who was looking: to take one back, the others are played again."""

    definition: Definition
    others: tuple[Definition, ...]
    company: Company
    person: str = ""
    said: list[tuple[str, str]] = field(default_factory=list)
    moves: list[str] = field(default_factory=list)
    clock: ManualClock = field(init=False)
    engine: Engine = field(init=False)
    id: str = field(init=False)
    starter: str = field(init=False)

    def __post_init__(self) -> None:
        self.starter = self.person = self.known(self.person)

    def known(self, who: str) -> str:
        """The person of this name or title, or the first who holds this role; "" is everybody."""
        if not who:
            return ""
        people = self.company.people
        by_name = [one.name for one in people if who in (one.name, one.title.of("zh"), one.title.of("en"))]
        called = [{one.name, *one.aliases, one.title.of("zh"), one.title.of("en")} for one in self.definition.roles]
        roles = set().union(*(words for words in called if who in words))
        found = by_name or [one.name for one in people if roles.intersection(one.roles)]
        if found:
            return found[0]
        known = ", ".join(one.name for one in people)
        raise OyiFlowError(f"没有这个人或角色: {who}；有: {known}", f"there is no person or role {who!r}; there are: {known}")

    def begin(self) -> None:
        """A fresh engine, and the instance."""
        self.clock = ManualClock()
        handlers = nothing_handlers((self.definition, *self.others))
        self.engine = Engine(directory=self.company, clock=self.clock, handlers=handlers)
        for one in (self.definition, *self.others):
            self.engine.deploy(one)
        self.moves = []
        self.id = self._start().id
        Worker(self.engine).run_once()

    def _start(self) -> Any:
        """Started by the person, or by the first who may."""
        people = [self.starter] if self.starter else [person.name for person in self.company.people]
        refusal: OyiFlowError | None = None
        for person in people:
            try:
                return self.engine.start(self.definition.name, actor=person)
            except OyiFlowError as error:
                refusal = refusal or error
        assert refusal is not None, "there is somebody"
        raise refusal

    def choices(self) -> list[tuple[TaskView, str, str]]:
        """What may be done now: task, answer, person."""
        return list(self._choices())

    def _choices(self) -> Iterator[tuple[TaskView, str, str]]:
        for task in self.engine.tasks():
            people = [p for p in task.people if self.person in ("", p)]
            for outcome in task.outcomes if people else ():
                yield task, outcome, people[0]

    def do(self, line: str) -> None:
        """Carry out one command that moves. Raises `OyiFlowError`."""
        word, _, rest = line.partition(" ")
        if word.isascii() and word.isdigit():
            self._act(int(word), rest)
        elif word == "wait":
            duration = Duration.parse(rest)
            if duration is None:
                raise OyiFlowError(f"“{rest}”不是一段时间，如 3 workdays、2天", f"{rest!r} is no duration such as 3 workdays")
            self._wait(duration)
            self.moves.append(f"wait: {duration.text('en')}")
        elif word == "send":
            self.engine.send(self.id, rest.strip())
            self.moves.append(f"event: {rest.strip()}")
        else:
            raise OyiFlowError(f"不懂“{line}”: {HELP[0]}", f"{line!r} is not understood: {HELP[1]}")
        Worker(self.engine).run_once()

    def _act(self, number: int, rest: str) -> None:
        choices = self.choices()
        if not 1 <= number <= len(choices):
            raise OyiFlowError(f"没有第 {number} 项", f"there is no number {number}")
        task, outcome, person = choices[number - 1]
        fields = self.engine.definition_of(task.instance).field
        values = {name: value_of(fields.get(name), text) for name, text in pairs_of(rest)}
        self.engine.complete(task.instance, task.id, actor=person, outcome=outcome, values=values, checked=("*",))
        if task.instance == self.id:
            told = task.step if outcome in ("done", "approved") else f"{task.step} {outcome}"
            self.moves.append(f"{told}: {flow(values)}" if values else told)

    def _wait(self, duration: Duration) -> None:
        """Move the clock; what comes due on the way happens at its own moment."""
        until = self.definition.calendar.due(self.clock(), duration)
        while True:
            timers = [t.due for one in self.engine.instances(status="running") for t in self.engine.snapshot(one.id).timers]
            due = min((at for at in timers if self.clock() < at <= until), default=until)
            self.clock.advance(due - self.clock())
            Worker(self.engine).run_once()
            if due == until:
                return

    def take(self, line: str) -> None:
        """A command, remembered if it was taken."""
        self.do(line)
        self.said.append((self.person, line))

    def undo(self) -> None:
        """Take the last command back: play the others again."""
        kept, person = self.said[:-1], self.person
        self.begin()
        self.said = []
        for self.person, line in kept:
            self.take(line)
        self.person = person


def play(arguments: argparse.Namespace, console: Console) -> int:
    """Walk through a process."""
    path = Path(arguments.file)
    definition = load(path)
    catalog = check([path.parent])
    others = tuple(one for name, one in catalog.definitions.items() if name != definition.name)
    company = company_of(arguments) if arguments.company or arguments.person else None
    people = company or enough_people((definition, *others), Example(name="", play=()))
    game = Game(definition, others, people, arguments.person or "")
    game.begin()
    _show(game, console)
    for line in _lines():
        if line.strip() in ("quit", "exit", "q"):
            break
        if line.strip():
            _answer(game, line.strip(), console)
    if console.as_json:
        instance = game.engine.instance(game.id)
        console.json({"instance": instance, "play": game.moves, "tasks": game.engine.tasks(instance=game.id)})
    return 0


def _lines() -> Iterator[str]:
    """What is typed; a sign before it on a terminal."""
    while True:
        if sys.stdin.isatty():
            print("> ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        yield line


def _answer(game: Game, line: str, console: Console) -> None:
    word, _, rest = line.partition(" ")
    try:
        if word == "as":
            game.person = game.known(rest.strip())
        elif word == "undo":
            game.undo()
        elif word == "log":
            return print_history(game.engine, game.id, console)
        elif word == "example":
            return console.say(_example(game))
        elif word == "form":
            return _forms(game, console)
        elif word in ("help", "?"):
            return console.say(*HELP)
        else:
            game.take(line)
    except OyiFlowError as error:
        console.failure(error)
    _show(game, console)


def _forms(game: Game, console: Console) -> None:
    for task in game.engine.tasks():
        for one in game.engine.form(task.instance, task.id, (task.people or ("",))[0]) if task.people else ():
            mark = console.word("填写", "fill in") if one.editable else console.word("只读", "read only")
            console.say(f"  {task.step}.{one.name}  {console.title(one.zh, one.en)}  {type_of(one, console)}  {mark}")


def _example(game: Game) -> str:
    instance = game.engine.instance(game.id)
    places = ", ".join(instance.configuration)
    end = f"ends: {places}" if instance.status == "done" else f"now_at: [{places}]"
    return f"- {{name: {console_name(game)}, play: [{', '.join(game.moves)}], {end}}}"


def console_name(game: Game) -> str:
    """A name for the walk."""
    return f"演练 {len(game.moves)} 步"


def _show(game: Game, console: Console) -> None:
    """Where it stands, and what may be done."""
    instance = game.engine.instance(game.id)
    states = game.definition.states
    at = "、".join(f"{console.text(states[name].title)} [{name}]" for name in instance.configuration if states[name].verb)
    console.say(f"— {moment(game.clock())}  {at or instance.status}")
    if instance.status != "running":
        console.say("  已结束。undo 退一步，example 写成案例，quit 结束。", "  It has ended. undo, example, quit.")
    for number, (task, outcome, person) in enumerate(game.choices(), 1):
        filled = f"  ({', '.join(task.fill)})" if task.fill else ""
        console.say(f"  {number}. {console.title(task.zh, task.en)} [{task.step}] {outcome} ← {person}{filled}")
    for one in without_deadlines(game.engine.why(game.id)):
        if one.what == "task":
            continue
        due = f" {moment(one.due)}" if one.due else ""
        console.say(f"  … {one.what} {' / '.join(one.moves)}{one.called}{due}")
