"""What a played process calls: it waits until the example goes on behind it, then its people take the shortest way to an end.

An example may say which end (`visit done`), or that the call fails (`visit failed`); without that the nearest end will do.
The way is looked for anew after each move, because what the called process itself calls may answer otherwise than hoped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from oyiflow.diagnostics import Fix
from oyiflow.engine.keys import CALL_KEY
from oyiflow.engine.views import Instance, JournalEntry
from oyiflow.model.example import FAILED, Move
from oyiflow.model.tree import ends_named
from oyiflow.testing.memory import ManualClock
from oyiflow.testing.stage.answers import Answers
from oyiflow.testing.stage.choices import Choices
from oyiflow.testing.stage.playhouse import Playhouse
from oyiflow.testing.stage.search import way_to_end
from oyiflow.testing.stage.stuck import Stuck, attempt

CALLED_MOVES = 300
"""Moves that one called process may take to its end."""
CALLS = 40
"""Processes that may be called one after the other before the next move of an example."""


class Playing(Protocol):
    """The take whose calls these are."""

    id: str
    engine: Playhouse
    clock: ManualClock

    def act(self, id: str, move: Move, single: bool = False) -> None:
        """Answer a task of an instance."""

    def advance(self, to: datetime) -> None:
        """Let time pass."""

    def settle(self) -> int:
        """Do everything that is due."""


class Called:
    """The processes that one take calls."""

    def __init__(self, player: Playing, answers: Answers) -> None:
        self.player = player
        self.answers = answers
        self.engine = player.engine
        self._seen: Counter[str] = Counter()  # of each step, how many of its calls have ended before the eyes of the example

    def play(self, until: Callable[[], bool]) -> None:
        """Take called processes to their ends, the first called first, until it is so."""
        for _ in range(CALLS):
            if until():
                return
            child = next(self._children(self.player.id, "running"), None)
            if child is None:
                return
            step = dict(self.engine.snapshot(self.player.id).calls).get(child.id, "").removeprefix("call.")
            self._to_end(child)
            self.player.settle()
            self._seen[step] = len(self._answers(step))
        raise Stuck(
            f"流程接连调用了别的流程 {CALLS} 次，还没有走到这里: 它在兜圈子",
            f"{CALLS} processes were called one after the other, and it has not come here: it goes round",
            fix=Fix(zh="案例里写明被调用的流程怎样结束", en="say in the example how what is called ends"),
        )

    def end(self, move: Move) -> None:
        """Let what a step has called come to the end that the move names; of several that it has called, all of them."""
        if not self._open(move.step) and len(self._answers(move.step)) == self._seen[move.step]:
            self.play(lambda: bool(self._open(move.step)))
            seen = self._seen[move.step]
            if seen and not self._open(move.step) and len(self._answers(move.step)) == seen:
                raise Stuck(f"“{move.step}”没有再调用一次", f"{move.step!r} has not been called once more")
        for call in self._open(move.step):
            if call in self._open(move.step):  # else it was stopped when another one failed
                self._end_one(call, move.outcome)
        self._check_over(move)
        self._seen[move.step] = len(self._answers(move.step))

    def _end_one(self, call: str, outcome: str) -> None:
        child = self._child(call)
        ends = self._ends_named(child, outcome)
        if outcome == FAILED and not ends:
            attempt(lambda: self.engine.fail(self.player.id, call))
        elif child is not None:
            self._to_end(child, ends)
        self.player.settle()

    def ended(self) -> Iterator[tuple[str, str]]:
        """Each step whose call has ended, and in which end of what was called."""
        known = {one.id: one for one in self._children(self.player.id)}
        for entry in self.engine.history(self.player.id):
            child = known.get(_called_by(entry)) if entry.kind == "call" else None
            if child is not None and child.status == "done":
                yield entry.step, child.configuration[0]

    def _open(self, step: str) -> list[str]:
        """The calls of a step that have not ended; what was called has the same id."""
        return [call for call, name in self.engine.snapshot(self.player.id).calls if name == f"call.{step}"]

    def _answers(self, step: str) -> list[str]:
        """The calls of a step that have ended, in order."""
        found = (entry for entry in self.engine.history(self.player.id) if entry.kind == "call" and entry.step == step)
        return [_called_by(entry) for entry in found]

    def _children(self, id: str, status: str = "") -> Iterator[Instance]:
        """What an instance has called, the first called first: all, or those of one status."""
        return (one for one in self.engine.instances(status=status) if one.parent == id)

    def _child(self, call: str) -> Instance | None:
        """What began with a call; None before it has begun, and where it cannot."""
        return next((one for one in self._children(self.player.id) if one.id == call), None)

    def _ends_named(self, child: Instance | None, outcome: str) -> tuple[str, ...]:
        return ends_named(self.engine.definition_of(child.id), outcome) if child is not None else ()

    def _check_over(self, move: Move) -> None:
        """Whether the step's last call has ended as the move says."""
        answers = self._answers(move.step)
        if not answers:
            raise Stuck(f"“{move.step}”此时没有调用流程", f"{move.step!r} has called nothing by now")
        child = self._child(answers[-1])
        over = child.configuration[0] if child is not None and child.status == "done" else FAILED
        ends = self._ends_named(child, move.outcome)
        right = over in ends if ends else over == move.outcome == FAILED
        if move.outcome and not right:
            fix = Fix(
                zh=f"如果流程没有错，案例写 {move.step} {over}",
                en=f"if the process is right, the example says {move.step} {over}",
            )
            raise Stuck(f"“{move.step}”调用的流程结束于 {over}", f"what {move.step!r} called ended in {over}", fix=fix)

    def _to_end(self, first: Instance, ends: tuple[str, ...] = ()) -> None:
        """Take a called process to its end (one of these, if there are any); those that it calls itself come before it."""
        stack = [(first.id, ends)]
        for _ in range(CALLED_MOVES):
            here = self.engine.instance(stack[-1][0])
            if here.status != "running":
                stack.pop()
                if not stack:
                    return
                continue
            deeper = self._one_on(here, stack[-1][1])
            if deeper is not None:
                stack.append(deeper)
        raise Stuck(
            f"被调用的“{first.process}”走了 {CALLED_MOVES} 步还没有结束",
            f"{first.process!r}, which was called, has not ended after {CALLED_MOVES} moves",
        )

    def _one_on(self, here: Instance, ends: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
        """One move of a called process; returns the process that it waits for, if it waits for one, and the ends that will do."""
        player, definition = self.player, self.engine.definition_of(here.id)
        choices = Choices(definition, player.clock(), assuming=False, answers=self.answers.of)
        way = way_to_end(choices, self.engine.snapshot(here.id), player.clock(), ends)
        if not way:
            which = " / ".join(ends)
            raise Stuck(
                f"被调用的“{here.process}”找不到通向结束{which and f' {which} '}的路",
                f"{here.process!r}, which was called, finds no way to {(which and f'the end {which}') or 'an end'}",
            )
        move = way[0].move
        if move is None or (move.step and definition.states[move.step].call is not None):
            child = self._awaited(here.id, move)
            if child is None and not player.settle():
                raise Stuck(f"被调用的“{here.process}”等不到答复", f"{here.process!r}, which was called, waits in vain")
            return (child.id, self._ends_named(child, move.outcome) if move is not None else ()) if child is not None else None
        if move.wait is not None:
            assert way[0].until is not None
            player.advance(way[0].until)
        elif move.event:
            attempt(lambda: self.engine.send(here.id, move.event))
        else:
            player.act(here.id, move)
        player.settle()
        return None

    def _awaited(self, id: str, move: Move | None) -> Instance | None:
        """What a called process has called itself: at the step of this move, if there is one."""
        names = dict(self.engine.snapshot(id).calls)
        found = (one for one in self._children(id, "running") if move is None or names.get(one.id) == f"call.{move.step}")
        return next(found, None)


def _called_by(entry: JournalEntry) -> str:
    """The id of what was called, in the entry that tells of its end."""
    return entry.key.removeprefix(CALL_KEY)
