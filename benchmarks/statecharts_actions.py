"""What a document's expressions and actions are in ours: variables and the data of events as fields, `if` as flags.

`Actions` knows where each event comes from and the type of each variable; `statecharts_convert` puts states around it.
"""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from statecharts_read import PROCESSOR, Reading, Step, asks_for_event, names, of, tag
from statecharts_script import BOOL, INT, NO, TEXT, UNDEFINED, YES, Scope, Skip, Tree, Value, Wrong, constant

from oyiflow.model.definition import Action, Cancel, Log, Perform, Raise, Send, Set, Text, Transition
from oyiflow.model.expression import Active, And, Constant, Expression, Filled, Name, Not, Or
from oyiflow.model.values import Duration, FieldType

INSTANCE, TWICE = "one", "(twice: "
KINDS = {"raise": "internal", "platform": "platform", "send": "external", "outside": "external", "session": "external"}
WRONG, NOTHING, HEARD = "(wrong)", "(nothing)", "_event.name"
STATES = ("state", "parallel", "final", "history")
FAIL = Set(field=WRONG, value=Constant(value=1, type=INT))


@dataclass
class Source:
    """Where an event comes from: raise, send, session, platform or outside; the data that it brings, by name ("" for the
    whole); the id of the send; the id of the <invoke> of the session that it comes from."""

    kind: str
    data: dict[str, Tree] = field(default_factory=dict)
    id: str = ""
    invoke: str = ""


@dataclass
class Setting:
    """What surrounds a document. `outside`: events that may be sent to it; `given`: variables that get their first value with
    the call; `ends`: whether a final state of the whole is one of ours, or an ordinary state that nothing leaves."""

    outside: frozenset[str] = frozenset()
    ends: bool = True
    called: bool = False
    given: dict[str, FieldType] = field(default_factory=dict)


def own(root: ET.Element) -> Iterator[ET.Element]:
    """All elements of a document, without those of documents inside."""
    for child in root:
        yield child
        if tag(child) != "scxml":
            yield from own(child)


def taken_out(invoke: ET.Element) -> ET.Element | None:
    """The document that stands in an `<invoke>`, taken out of it."""
    for content in of(invoke, "content"):
        for document in of(content, "scxml"):
            content.remove(document)
            return document
    return None


class Actions:
    """One document's expressions and actions. One use per document."""

    def __init__(self, root: ET.Element, folder: Path, setting: Setting) -> None:
        if root.get("datamodel") not in (None, "", "ecmascript", "null"):
            raise Skip(f"data models: {root.get('datamodel')}")
        self.root, self.folder, self.setting = root, folder, setting
        self.documents = {e: taken_out(e) for e in list(own(root)) if tag(e) == "invoke"}
        self.number = itertools.count(1)
        for e in root.iter():
            if tag(e) in STATES:
                e.attrib.setdefault("id", f"unnamed{next(self.number)}")
        root.attrib["id"] = "@root"
        self.states = {e.get("id", "") for e in root.iter() if tag(e) in (*STATES, "scxml")}
        partners = {e.get("id", "") for e in self.documents} - {""} | ({"parent"} if setting.called else set())
        self.reading = Reading(root, folder, partners)
        self.notes = self.reading.notes
        self.steps = {id(e): self.reading.block(e) for e in root.iter() if tag(e) in ("onentry", "onexit", "transition")}
        sums = {
            step[1] for step in self.every_step() if step[0] == "set" and step[2][0] in ("op", "call", "neg") and names(step[2])
        }
        self.doubtful = frozenset(sums)
        self.late = root.get("binding") == "late"
        self.branching = any(step[0] == "if" for block in self.steps.values() for step in block)
        self.alone = not any(tag(e) == "parallel" for e in root.iter())
        if self.branching:
            self.notes.add("if as flags that eventless transitions work off")
            if not self.alone:
                raise Skip("if: beside parallel states")
        self.tracked = asks_for_event(e for e in root.iter() if tag(e) == "onentry")
        self.types: dict[str, FieldType] = {HEARD: TEXT, **setting.given}
        self.mixed: set[str] = set()
        self.fields: dict[str, FieldType] = {NOTHING: TEXT}
        self.open = set(setting.given)
        self.deferred: dict[str, list[list[Transition]]] = {"exit": [], "way": [], "entry": []}
        self.later: list[Transition] = []
        self.captured: dict[str, Set] | None = None
        self.sources: dict[str, list[Source]] = {}
        self._find_sources()
        self.find_types()

    # --- what happens where

    def _all_steps(self, steps: Iterable[Step]) -> Iterable[Step]:
        for step in steps:
            yield step
            for _, body in step[1] if step[0] == "if" else ():
                yield from self._all_steps(body)

    def add(self, event: str, source: Source) -> None:
        """Note where an event comes from."""
        self.sources.setdefault(event, []).append(source)

    def every_step(self) -> Iterable[Step]:
        """All steps of the document."""
        for block in self.steps.values():
            yield from self._all_steps(block)

    def _find_sources(self) -> None:
        add = self.add
        for step in self.every_step():
            if step[0] == "raise":
                add(step[1], Source("raise", step[2]))
            elif step[0] == "send":
                add(step[1], Source("raise" if step[5] else "send", step[4], step[3]))
        for event in sorted(self.setting.outside):
            add(event, Source("outside"))
        for parent in self.root.iter():
            for final in of(parent, "final"):
                if parent is not self.root:
                    add(f"done.state.{parent.get('id')}", Source("platform", self._done_data(final) or {}))
            if tag(parent) == "parallel":
                add(f"done.state.{parent.get('id')}", Source("platform"))
            for invoke in of(parent, "invoke"):
                add(f"done.call.{parent.get('id')}", Source("platform", invoke=invoke.get("id", "")))
        add("error.execution", Source("platform"))
        if any("_event.type" in text for e in self.root.iter() for text in e.attrib.values()):
            for sources in self.sources.values():
                if {source.kind for source in sources} == {"raise", "send"}:
                    for source in sources:
                        source.data["(type)"] = ("str", KINDS[source.kind])

    def _done_data(self, final: ET.Element) -> dict[str, Tree] | None:
        """The data of a done event; None where an error empties them."""
        found: dict[str, Tree] = {}
        try:
            for done in of(final, "donedata"):
                found |= self.reading.payload(done)
        except Wrong:
            return None
        return found

    def find_types(self) -> None:
        """The type of each variable, and of the data of each event."""
        places: list[tuple[str, Tree]] = [(name, tree) for name, tree, _ in self.reading.values]
        places += [(step[1], step[2]) for step in self.every_step() if step[0] == "set"]
        for event, sources in self.sources.items():
            places += [(self.part(event, key), tree) for source in sources for key, tree in source.data.items()]
        for _ in range(len(places) + 1):
            before = dict(self.types)
            for name, tree in places:
                found = self.type_of(tree)
                if found is not None and self.types.setdefault(name, found) is not found:
                    self.mixed.add(name)
            if before == self.types:
                return

    def type_of(self, tree: Tree) -> FieldType | None:
        """The type of an expression, as far as it is known yet."""
        match tree:
            case ("typed", kind):
                return FieldType(kind)
            case ("num" | "neg" | "call", *_) | ("op", "+" | "-" | "*", *_):
                return INT
            case ("str", _):
                return TEXT
            case ("name", name):
                return self.types.get(name, TEXT if name in ("_name", "_sessionid") else None)
            case ("member", ("member", ("name", "_event"), "data"), key):
                return next((kind for name, kind in self.types.items() if name.endswith(f":{key}")), None)
            case ("member", ("name", "_event"), "data"):
                return next((kind for name, kind in self.types.items() if name.endswith(":")), None)
            case ("member", ("name", "_event"), _):
                return TEXT
            case ("bool" | "not", *_) | ("op", *_):
                return BOOL
        return None

    @staticmethod
    def part(event: str, key: str) -> str:
        """The field that keeps a part of an event's data."""
        return f"{event}:{key}"

    def parts(self, event: str) -> list[str]:
        """The names of the data that an event may bring."""
        return sorted({key for source in self.sources.get(event, ()) for key in source.data})

    # --- expressions

    def field(self, name: str) -> Name:
        """A field to be read."""
        if name in self.mixed:
            raise Skip("values: a variable of several types")
        self.fields.setdefault(name, self.types.get(name, INT))
        return Name(name=name)

    def variable(self, name: str) -> Value:
        if name == "_name":
            self.notes.add("_name as a constant")
            return constant(self.reading.machine)
        if name[0] != "_" and name not in self.reading.declared:
            return UNDEFINED  # only `typeof` may ask
        if name == "_sessionid":
            self.notes.add("_sessionid as a constant, the name of the instance")
            return constant(INSTANCE)
        if name[0] == "_":
            raise Skip("system variables: _ioprocessors" if name != "_event" else "events: as a whole")
        if isinstance(self.reading.known.get(name), list):
            return Value(items=tuple(self.reading.known[name]))
        return self.kept(name)

    def kept(self, name: str) -> Value:
        """What a field holds."""
        return Value(self.field(name), self.types.get(name, INT))

    def event(self, event: str, path: tuple[str, ...]) -> Value:
        """A part of `_event`; `event` is its name where that is known, else "": then only the name is kept, in a field."""
        if not event:
            if path != ("name",) or not self.tracked:
                raise Skip("events: read long after they came")
            return self.kept(HEARD)
        sources = self.sources.get(event, [])
        kinds = {source.kind for source in sources}
        match path:
            case ("name",):
                return constant(event)
            case ("type",) if len(kinds) == 1 and not event.startswith("done."):
                return constant(KINDS[next(iter(kinds))])
            case ("type",) if "(type)" in self.parts(event):
                return self.kept(self.part(event, "(type)"))
            case ("sendid",) if "platform" not in kinds and len({source.id for source in sources}) == 1:
                return constant(sources[0].id or None)
            case ("origin" | "origintype",) if kinds <= {"raise", "platform"}:
                return UNDEFINED
            case ("origintype",) if kinds <= {"send", "session"}:
                return constant(PROCESSOR[2])
            case ("invokeid",) if len({source.invoke for source in sources}) == 1 and "session" not in kinds | {
                sources[0].invoke
            }:
                return constant(sources[0].invoke or None)
            case ("data",):
                return self._data(event)
            case ("data", key):
                return self.kept(self.part(event, key)) if key in self.parts(event) else UNDEFINED
        raise Skip("events: where they came from, their ids")

    def _data(self, event: str) -> Value:
        keys = [key for key in self.parts(event) if key != "(type)"]
        if keys == [""]:
            return self.kept(self.part(event, ""))
        filled = tuple(Filled(name=self.field(self.part(event, key))) for key in keys)
        return UNDEFINED if not filled else Value(filled[0] if len(filled) == 1 else Or(parts=filled))

    def active(self, state: str) -> Expression:
        """`In(state)`; inside what is put off, as it was at the moment that SCXML means (S26)."""
        if state not in self.states:
            return NO
        if self.captured is None:
            return Active(state=state)
        found = self.captured.get(state)
        if found is None:
            name = self.new(f"in {state}")
            found = self.captured[state] = Set(field=name, value=Active(state=state))
        return Name(name=found.field)

    def new(self, words: str, kind: FieldType = BOOL) -> str:
        """A field of our own."""
        name = f"({words} {next(self.number)})"
        self.fields[name] = self.types[name] = kind
        return name

    def scope(self, event: str) -> Scope:
        """What names mean where `event` is the one that came."""
        return Scope(self.variable, lambda path: self.event(event, path), self.active, self.doubtful.__contains__)

    def condition(self, text: str, event: str) -> Expression:
        """A guard."""
        try:
            return self.scope(event).truth(self.reading.checked(text))
        except Wrong:
            raise Skip("conditions that are errors (ours cannot be)") from None

    # --- actions

    def set(self, name: str, value: Value) -> list[Action]:
        """Write a variable; what nobody reads need not be written."""
        if value.items is not None:
            raise Skip("values: lists other than to be gone through")
        if name in self.mixed:
            return []
        self.fields.setdefault(name, self.types.get(name, INT))
        return [Set(field=name, value=value.tree if value.tree is not None else Name(name=NOTHING))]

    def action(self, step: Step, event: str) -> list[Action]:
        """One step that is no `if`."""
        match step:
            case ("set", name, tree):
                return self.set(name, self.scope(event).value(tree))
            case ("raise", name, data):
                return [*self.fill(name, data, event), Raise(event=name)]
            case ("send", name, wait, id, data, internal):
                kept = self.fill(name, data, event)
                after = Duration(amount=wait, unit="minutes") if wait else None
                return [*kept, Raise(event=name) if internal else Send(event=name, after=after, id=id)]
            case ("tell", whom, name, wait, id, data):
                return self.tell(whom, name, wait, id, data, event)
            case ("cancel", id):
                return [Cancel(id=id)]
            case ("log", words):
                return [Log(text=Text(en=words))]
            case ("once", words):
                return self.once(words)
            case ("heard", name):
                return [Set(field=self.flags(f"data of {name}")[0], value=NO)]
        self.notes.add("an error as an assignment that does not fit its field")
        return [FAIL]

    def fill(self, name: str, data: dict[str, Tree], event: str) -> list[Action]:
        """Put the data of an event into its fields, and note whether that is done twice."""
        out: list[Action] = []
        keys = self.parts(name)
        for key in keys:
            value = self.scope(event).value(data[key]) if key in data else UNDEFINED
            out += self.set(self.part(name, key), value)
        return [*out, *self.once(f"data of {name}")] if keys else []

    def tell(self, *step: Any) -> list[Action]:
        """An event to another session: the embedding program is asked to deliver it, with a delay after an event to ourselves."""
        whom, name, wait, id, data, event = step
        values = [(key, self.scope(event).value(tree).tree) for key, tree in data.items()]
        inputs = [("event", constant(name).tree), *values]
        action = Perform(handler=whom, inputs=tuple((key, tree) for key, tree in inputs if tree is not None))
        self.notes.add("an event to another session as work for the embedding program")
        if not wait:
            return [action]
        if data or any("*" in e.get("event", "") for e in self.root.iter()):
            raise Skip("sessions: delayed events with data, or beside *")
        later = f"(tell {next(self.number)})"
        self.later.append(Transition(events=(later,), actions=(action,)))
        return [Send(event=later, after=Duration(amount=wait, unit="minutes"), id=id)]

    def once(self, words: str) -> list[Action]:
        """The player refuses a play in which this runs a second time before it was heard."""
        first, again = self.flags(words)
        return [Set(field=again, value=Or(parts=(Name(name=again), Name(name=first)))), Set(field=first, value=YES)]

    def flags(self, words: str) -> tuple[str, str]:
        """Whether it has run, and whether again."""
        first, again = f"(once: {words})", f"{TWICE}{words})"
        self.fields |= {first: BOOL, again: BOOL}
        return first, again

    def block(self, steps: list[Step], event: str, kind: str) -> list[Action]:
        """The actions of one block; where there are `if`s, only a flag, and the rest as eventless transitions."""
        if not steps:
            return []
        if not self.branching:
            return [action for step in steps for action in self.action(step, event)]
        self.captured = {}
        group: list[Transition] = []
        self.deferred[kind].append(group)
        flag = self.new("flag")
        self.rule(group, flag, steps, event, "")
        captured, self.captured = self.captured, None
        return [*captured.values(), Set(field=flag, value=YES)]

    def rule(self, group: list[Transition], flag: str, steps: list[Step], event: str, then: str) -> None:
        """Add the transition that works off a flag; what its steps put off themselves comes after it in the group."""
        place = len(group)
        group.append(Transition())
        actions = self.sequence(group, steps, event, then)
        group[place] = Transition(guard=Name(name=flag), actions=(Set(field=flag, value=NO), *actions))

    def sequence(self, group: list[Transition], steps: list[Step], event: str, then: str) -> list[Action]:
        """Steps, and the flag `then` at their end; an `if` ends them here, and what follows it is work for a flag."""
        out: list[Action] = []
        for place, step in enumerate(steps):
            if step[0] != "if":
                out += self.action(step, event)
                continue
            rest = steps[place + 1 :]
            after = self.new("flag") if rest else then
            others: list[Expression] = []
            for condition, body in [*step[1], (("bool", True), [])]:
                flag = self.new("flag")
                now = self.scope(event).truth(condition)
                out.append(Set(field=flag, value=And(parts=(YES, *(Not(operand=one) for one in others), now))))
                others.append(now)
                self.rule(group, flag, body, event, after)
            if rest:
                self.rule(group, after, rest, event, then)
            return out
        return [*out, Set(field=then, value=YES)] if then else out

    def blocks(self, e: ET.Element, name: str) -> list[Action]:
        """All `<onentry>` or `<onexit>` of a state. Each is a block of its own; an error ends only its own."""
        found = [self.steps[id(one)] for one in of(e, name)]
        if self.branching and len(found) > 1:
            raise Skip("if: in one of several blocks of a state")
        last: list[Step] = []
        steps: list[Step] = []
        for block in found:
            if last and any(step[0] in ("raise", "fail", "if") for step in block):
                raise Skip("errors: several blocks of one state of which more than one raises events")
            if len(found) > 1 and ("fail",) in block:
                last, block = [("fail",)], block[: block.index(("fail",))]
            steps += block
        return self.block([*steps, *last], "", "entry" if name == "onentry" else "exit")
