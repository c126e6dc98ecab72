"""A way through a process as a story: who does what with which values, and what the process decides by itself.

What happened comes as `Happening`s, one for each thing that somebody or something does; each becomes one sentence in Chinese
and in English. And the same way as an entry of `examples:`, to be pasted into the file and played.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from oyiflow.model.definition import Definition, StateKind, Text
from oyiflow.model.example import Example, Move
from oyiflow.model.values import Duration, FieldType, Value, to_json
from oyiflow.words.speech import Speech

WIDTH = 120


class Micro(Protocol):
    """One microstep, as the kernel's `Trace` tells it."""

    @property
    def transitions(self) -> tuple[str, ...]: ...
    @property
    def entered(self) -> tuple[str, ...]: ...


class Happening(Protocol):
    """One thing that happens: see `oyiflow.verify.explore.way.Happening`."""

    @property
    def kind(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def consent(self) -> bool: ...
    @property
    def values(self) -> tuple[tuple[str, Value], ...]: ...
    @property
    def emptied(self) -> tuple[str, ...]: ...
    @property
    def waited(self) -> Duration | None: ...
    @property
    def passed(self) -> Sequence[Micro]: ...
    @property
    def data(self) -> Mapping[str, Any]: ...
    @property
    def ended(self) -> str: ...


def tell(definition: Definition, way: Iterable[Happening], example: Example) -> tuple[tuple[Text, ...], str]:
    """One sentence for each happening, and the text of the example."""
    zh, en = Speech(definition, "zh", numbers=False), Speech(definition, "en", numbers=False)
    told = tuple(Text(zh=_Teller(zh).sentence(one), en=_Teller(en).sentence(one)) for one in way)
    return told, example_text(definition, example)


class _Teller:
    """Tells one way in one language."""

    def __init__(self, speech: Speech) -> None:
        self.speech = speech
        self.definition = speech.definition

    def sentence(self, one: Happening) -> str:
        """What happens, and what follows by itself."""
        say = self.speech.say
        head = self._happens(one)
        values = self._given(one.values)
        if values:
            head += say("，", ", ") + values
        if one.emptied:
            head += say(f"，清空{self.speech.fields(one.emptied)}", f", emptying {self.speech.fields(one.emptied)}")
        rest = [*self._by_itself(one)]
        return head + "".join(say("；", "; ") + part for part in rest)

    def _happens(self, one: Happening) -> str:
        say, title = self.speech.say, self.speech.title(one.step) if one.step else ""
        wait = f"{self.speech.duration(one.waited)}" if one.waited is not None else ""
        match one.kind:
            case "start":
                return say("发起", "The case begins")
            case "act":
                then = say(f"过了 {wait}，", f"after {wait}, ") if wait else ""
                return then + self._act(one, title)
            case "message":
                return say(f"收到消息“{one.event}”", f"the message “{one.event}” comes")
            case "time":
                late = self._purpose(one) == "late"
                passed = say(f"过了 {wait}，", f"{wait} pass, and ") if wait else ""
                return passed + (say(f"{title}逾期", f"{title} is late") if late else say(f"{title}到时", f"{title} is over"))
            case "call":
                return say(f"{title}调用的流程办完了", f"the process called by {title} has ended")
            case "failure":
                what = title or say(f"程序“{one.event.rpartition('.')[2]}”", f"the handler “{one.event.rpartition('.')[2]}”")
                return say(f"{what}失败", f"{what} fails")
            case "handler":
                return say(
                    f"程序“{one.event.rpartition('.')[2]}”办完了",
                    f"the handler “{one.event.rpartition('.')[2]}” has done its work",
                )
        return say(f"到时发出“{one.event}”", f"“{one.event}” is sent in its time")

    def _act(self, one: Happening, title: str) -> str:
        state, say = self.definition.states[one.step], self.speech.say
        who = self.speech.people(state.work) if state.work is not None else ""
        outcome = next((o for o in state.work.outcomes if o.name == one.outcome), None) if state.work is not None else None
        if state.verb == "do" or outcome is None or len(state.work.outcomes if state.work is not None else ()) < 2:
            return say(f"{who}办理{title}", f"{who} does {title}")
        if state.verb == "approve":
            return (
                say(f"{who}同意{title}", f"{who} approves at {title}")
                if one.consent
                else say(f"{who}在{title}退回", f"{who} sends it back at {title}")
            )
        answer = self.speech.quoted(outcome.title.of(self.speech.lang) or outcome.name)
        return say(f"{who}在{title}选{answer}", f"{who} answers {answer} at {title}")

    def _given(self, values: Iterable[tuple[str, Value]]) -> str:
        shown = [self.speech.given(name, value) for name, value in values if not self.definition.field[name].hidden]
        return self.speech.say("，", ", ").join(shown)

    def _purpose(self, one: Happening) -> str:
        state = self.definition.states.get(one.step)
        place = one.event.rpartition(".")[2]
        return state.transitions[int(place)].purpose if state is not None and place.isdigit() else ""

    def _by_itself(self, one: Happening) -> Iterator[str]:
        """Decisions that the process makes, steps that it skips, and the end."""
        say = self.speech.say
        for micro in one.passed:
            for name in micro.transitions:
                state_id, _, place = name.rpartition("#")
                state = self.definition.states[state_id]
                way = state.transitions[int(place)]
                if way.purpose == "skip":
                    yield say(f"跳过{self.speech.title(state_id)}", f"{self.speech.title(state_id)} is skipped")
                elif way.purpose in ("case", "otherwise") and state.work is None:
                    label = way.label.of(self.speech.lang)
                    answer = self.speech.quoted(label) if label else self.speech.title(way.targets[0])
                    yield say(f"{self.speech.title(state_id)}是{answer}", f"{self.speech.title(state_id)} is {answer}")
            for name in micro.entered:
                state = self.definition.states[name]
                if state.kind is StateKind.FINAL and state.verb and name == one.ended:
                    yield say(f"结束于{self.speech.title(name)}", f"it ends in {self.speech.title(name)}")


# --- the example, as text


def example_text(definition: Definition, example: Example) -> str:
    """An entry of `examples:`, as it stands in a file."""
    lines = [f"  - name: {_word(example.name)}"]
    if example.values:
        lines.append(f"    with: {_values(definition, example.values)}")
    lines += _play([_move(definition, move) for move in example.play])
    if example.ends:
        lines.append(f"    ends: {_word(example.ends)}")
    elif example.now_at:
        places = ", ".join(map(_word, example.now_at))
        lines.append(f"    now_at: {f'[{places}]' if len(example.now_at) > 1 else places}")
    return "\n".join(lines) + "\n"


def _play(moves: list[str]) -> list[str]:
    """The moves in flow style, several lines if they are many."""
    lines, line = [], "    play: ["
    for place, move in enumerate(moves):
        part = move + (", " if place + 1 < len(moves) else "")
        if len(line) + len(part) > WIDTH:
            lines.append(line.rstrip())
            line = "           "
        line += part
    return [*lines, f"{line}]"]


def _move(definition: Definition, move: Move) -> str:
    if move.wait is not None:
        return f"wait: {move.wait.text('en')}"
    if move.event:
        return f"event: {_word(move.event)}"
    name = _word(f"{move.step} {move.outcome}".strip())
    shown = [pair for pair in move.values if not definition.field[pair[0]].hidden]
    return f"{name}: {_values(definition, shown)}" if shown else name


def _values(definition: Definition, values: Iterable[tuple[str, Value]]) -> str:
    return "{" + ", ".join(f"{name}: {_value(definition, name, value)}" for name, value in values) + "}"


def _value(definition: Definition, name: str, value: Value) -> str:
    kind = definition.field[name].type
    if value == "":
        return "''"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_value_of(one) for one in value) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return _word(str(to_json(FieldType.DATETIME, value)))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Duration):
        return value.text("en")
    return str(value) if kind is FieldType.INT else _word(str(value))


def _value_of(one: object) -> str:
    if isinstance(one, tuple):
        return "[" + ", ".join(_value_of(cell) for cell in one) + "]"
    return _word(str(one))


_PLAIN = re.compile(r"[\w][\w.\-]*(?: [\w][\w.\-]*)*")


def _word(text: str) -> str:
    """A text as YAML reads it back."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
