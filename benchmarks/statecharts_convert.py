"""SCXML documents as OyiFlow definitions, with the same meaning or not at all.

Direct: states, parallel, history, initial and final states; transitions with events, targets, type and condition; raise,
send with a delay or to `#_internal`, cancel, assign, log; data of one type (whole number, text, yes/no).

What the model has no word for is lowered where that means the same, and each lowering is noted (`Chart.notes`): data of
events go into fields, written where the event is sent (a play in which they are written again before they are read is
refused); `if` sets flags that eventless transitions without targets at every leaf work off in order, before anything else
(not beside parallel states); `foreach` over a constant list is written out; a script that only assigns is assignments; an
action that ECMAScript or SCXML finds wrong is an assignment that does not fit its field, which ends the block and raises
`error.execution` (S11), and what nobody takes of that is dropped by a transition of the root; where the whole would end
before that, its final states are ordinary ones; `delayexpr` and the like where the value is known beforehand; `<invoke>`
of a document is a called process, its parameters are inputs, and an event from one to the other is work for the embedding
program (`perform`), which delivers it as a message with its data.

Not converted (`Skip`, counted by reason): functions, objects, XML, joined texts, division; `_ioprocessors` and where an
event came from; conditions that are errors, for ours cannot be; addresses worked out at run time, HTTP, autoforward; exit
actions of a called document's end (S19). A millisecond is a minute of ours.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from pathlib import Path

from statecharts_actions import HEARD, STATES, WRONG, Actions, Setting, Source
from statecharts_read import PROCESSOR, asks_for_event, of, tag
from statecharts_script import INT, Skip, Tree, Wrong, constant

from oyiflow.model.definition import Action, Call, Definition, Field, State, StateKind, Text, Transition
from oyiflow.model.expression import Expression
from oyiflow.model.values import FieldType


@dataclass
class Chart:
    """A converted document. `notes`: what was lowered; `calls`: the documents that it calls, by the name of their process;
    `hears`: the names of the data of each event that it may hear; `tells`: of each that it tells its caller, with their types."""

    definition: Definition
    notes: set[str]
    calls: dict[str, Called]
    hears: dict[str, list[str]]
    tells: dict[str, dict[str, FieldType]]


@dataclass
class Called:
    """A called document; its name for events to it; and what `<finalize>` does: a variable of the caller from a part of the data."""

    chart: Chart
    name: str
    finalize: dict[str, str]


class Converter(Actions):
    """States and transitions around the actions. One use per document."""

    def __init__(self, root: ET.Element, folder: Path, setting: Setting) -> None:
        super().__init__(root, folder, setting)
        self.calls: dict[str, Called] = {}
        self.inputs: dict[str, tuple[tuple[str, Expression], ...]] = {}
        for parent in list(root.iter()):
            if len(of(parent, "invoke")) > 1:
                raise Skip("sessions: several of one state")
            for one in of(parent, "invoke"):
                self.invoke(parent.get("id", ""), one)
        self.find_types()

    def concrete(self, e: ET.Element) -> list[tuple[str, tuple[str, ...]]]:
        """The events of a transition: as written, or one by one where somebody asks which it was."""
        words = [self.descriptor(word) for word in (e.get("event") or "").split()]
        hit = [name for name in self.sources if any(word in ("*", name) or name.startswith(word + ".") for word in words)]
        apart = self.tracked or asks_for_event([e]) or (self.alone and any(self.parts(name) for name in hit))
        return [(name, (name,)) for name in hit] if words and apart else [("", tuple(words))]

    def descriptor(self, word: str) -> str:
        word = word.removesuffix("*").removesuffix(".") or "*"
        head, found, invoked = word.partition("done.invoke")
        if found and not head:
            owner = next(
                (
                    parent.get("id", "")
                    for parent in self.root.iter()
                    for one in of(parent, "invoke")
                    if one.get("id") == invoked[1:]
                ),
                "",
            )
            return f"done.call.{owner}" if owner else "done.call" if not invoked else word
        return word

    def transitions(self, e: ET.Element) -> list[Transition]:
        out: list[Transition] = []
        for one in of(e, "transition"):
            for event, words in self.concrete(one):
                steps = self.steps[id(one)]
                if self.alone and self.parts(event):  # the data have been read when the content is over
                    if asks_for_event([one]) and any(
                        s[0] in ("raise", "send") and s[1] == event for s in self._all_steps(steps)
                    ):
                        raise Skip("events: the data of an event that is sent twice")
                    steps = [*steps, ("heard", event)]
                note: list[Action] = [*self.set(HEARD, constant(event))] if self.tracked and event else []
                guard = self.condition(one.get("cond", ""), event) if one.get("cond") is not None else None
                out.append(
                    Transition(
                        events=words,
                        targets=tuple((one.get("target") or "").split()),
                        guard=guard,
                        actions=(*note, *self.block(steps, event, "way")),
                        internal=one.get("type") == "internal",
                    )
                )
        return out

    def state(self, e: ET.Element) -> State:
        """A state and all below it. (The documents of these suites are not deep.)"""
        name, kind = e.get("id", ""), tag(e)
        known = (*STATES, "initial", "transition", "onentry", "onexit", "datamodel", "donedata", "invoke", "script")
        if strange := [tag(child) for child in e if tag(child) not in known]:
            raise Skip(f"elements: <{strange[0]}> in a state")
        if kind == "history":
            targets, actions = self.default(of(e, "transition"))
            return State(
                id=name, kind=StateKind.HISTORY, deep=e.get("type") == "deep", initial=targets, initial_actions=actions
            )
        entry = (*self.beginning(e), *self.blocks(e, "onentry"), *self.done(e))
        targets, actions = self.default([way for start in of(e, "initial") for way in of(start, "transition")])
        exits, transitions = tuple(self.blocks(e, "onexit")), self.transitions(e)
        if kind == "scxml":  # an error that nobody takes is dropped
            transitions.append(Transition(events=("error.execution",)))
        made = {child.get("id", ""): self.state(child) for child in (*of(e, "history"), *of(e, "state", "parallel", "final"))}
        children = tuple(made[child.get("id", "")] for child in of(e, *STATES))
        plain = StateKind.COMPOUND if any(tag(child) != "history" for child in of(e, *STATES)) else StateKind.ATOMIC
        if kind == "final" and (self.setting.ends or e not in list(self.root)):
            plain = StateKind.FINAL
        return State(
            id=name,
            kind=StateKind.PARALLEL if kind == "parallel" else plain,
            states=children,
            transitions=tuple(transitions),
            initial=targets or tuple(e.get("initial", "").split()),
            initial_actions=actions,
            entry=entry,
            exit=exits,
            call=self.call(e),
        )

    def default(self, ways: list[ET.Element]) -> tuple[tuple[str, ...], tuple[Action, ...]]:
        """The targets and actions of the transition in `<initial>` or `<history>`."""
        if not ways:
            return (), ()
        return tuple(ways[0].get("target", "").split()), tuple(self.block(self.steps[id(ways[0])], "", "entry"))

    def beginning(self, e: ET.Element) -> list[Action]:
        """The first values of variables: all when the document begins, with late binding those of a state when it is entered."""
        out: list[Action] = []
        for name, tree, parent in self.reading.values:
            here = parent is e if self.late else e is self.root
            if here and name not in self.setting.given and not isinstance(self.reading.known.get(name), list):
                out += self.set(name, self.scope("").value(tree))
        if e is not self.root:
            if out:
                self.notes.add("late binding as assignments on the first entry")
            return [*self.once(f"late data of {e.get('id')}"), *out] if out else []
        for script in of(e, "script"):
            for name, tree in self.reading.script(script):
                out += self.set(name, self.scope("").value(tree))
        if self.reading.wrong > 1:
            raise Skip("errors: several in the data model")
        return [*out, *(self.action(("fail",), "") if self.reading.wrong else ())]

    def done(self, e: ET.Element) -> list[Action]:
        """The data of the done event of a final state's parent."""
        parent = next((one for one in self.root.iter() if e in list(one)), self.root)
        if tag(e) != "final" or parent is self.root:
            return []
        if self.branching:
            raise Skip("if: with final states inside")
        data = self._done_data(e)
        event = f"done.state.{parent.get('id')}"
        return self.action(("fail",), "") if data is None else self.fill(event, data, "")

    def invoke(self, state: str, e: ET.Element) -> None:
        """Convert what a state calls, and note which events come from there."""
        if e.get("autoforward") == "true":
            raise Skip("sessions: autoforward")
        if e.get("idlocation"):
            raise Skip("events: ids that the processor makes up")
        if e.get("typeexpr") or e.get("srcexpr") or e.get("type", "") not in PROCESSOR:
            raise Skip("attributes: typeexpr or srcexpr of <invoke>")
        document, name = self.documents[e], e.get("id", "")
        if document is None:
            if not e.get("src"):
                raise Skip("elements: <invoke> of other than a document")
            document = ET.parse(self.folder / e.get("src", "").removeprefix("file:")).getroot()
        if any(len(of(final, "onexit")) for final in of(document, "final")):
            raise Skip("exit actions at the end (S19)")
        wanted = {data.get("id", "") for data in document.iter() if tag(data) == "data"}
        given = {key: tree for key, tree in self.parameters(e).items() if key in wanted}
        values = {key: self.scope("").value(tree) for key, tree in given.items()}
        told = frozenset(step[2] for step in self.every_step() if step[0] == "tell" and step[1] == name)
        if any(step[5] for step in self.every_step() if step[0] == "tell" and step[1] == name):
            raise Skip("sessions: data to a called one")
        kinds = {key: value.type or INT for key, value in values.items()}
        setting = Setting(outside=told, called=True, given=kinds)
        called = Converter(document, self.folder, setting).chart()
        self.notes |= {"invoke as a called process", *called.notes}
        self.inputs[state] = tuple((key, value.tree) for key, value in values.items() if value.tree is not None)
        self.calls[f"{state} (called)"] = Called(called, name, self.finalize(e))
        for event, data in called.tells.items():
            self.add(event, Source("session", {key: ("typed", kind) for key, kind in data.items()}, invoke=name or "session"))
            self.open |= {self.part(event, key) for key in data}

    def parameters(self, e: ET.Element) -> dict[str, Tree]:
        """What an `<invoke>` hands over."""
        plain = ET.Element(e.tag, e.attrib)
        plain.extend(of(e, "param"))
        try:
            return self.reading.payload(plain, note=False)
        except Wrong:
            raise Skip("elements: <invoke> with a wrong parameter") from None

    def finalize(self, e: ET.Element) -> dict[str, str]:
        """`<finalize>` that only takes parts of the data: they come with the event, and are written before its guards are asked."""
        found = {}
        for step in (step for one in of(e, "finalize") for step in self.reading.block(one)):
            match step:
                case ("set", name, ("member", ("member", ("name", "_event"), "data"), key)):
                    found[name] = key
                case _:
                    raise Skip("sessions: finalize that does more")
        self.open |= found.keys()
        return found

    def call(self, e: ET.Element) -> Call | None:
        """What a state calls."""
        name = f"{e.get('id')} (called)"
        return Call(process=name, inputs=self.inputs[e.get("id", "")]) if name in self.calls else None

    def tells(self) -> dict[str, dict[str, FieldType]]:
        """The events that the caller is told."""
        found: dict[str, dict[str, FieldType]] = {}
        for step in self.every_step():
            if step[0] == "tell" and step[1] == "parent":
                data = found.setdefault(step[2], {})
                data |= {key: self.type_of(tree) or INT for key, tree in step[5].items()}
        return found

    def chart(self) -> Chart:
        """The whole document."""
        for e in self.root.iter():
            odd = [e] if tag(e) == "onexit" else of(e, "transition") if tag(e) in STATES else []
            if asks_for_event(one for one in odd if tag(one) == "onexit" or one.get("event") is None):
                raise Skip("events: read long after they came")
        for name in sorted(self.open):
            self.field(name)
        root = self.state(self.root)
        root = replace(root, transitions=(*root.transitions, *self.later))
        if self.branching:
            groups = (*reversed(self.deferred["exit"]), *self.deferred["way"], *self.deferred["entry"])
            root = at_leaves(root, tuple(rule for group in groups for rule in group))
        fields = [Field(name=WRONG, title=Text(en=WRONG), type=INT, max=0, hidden=True)]
        fields += [Field(name=n, title=Text(en=n), type=t, hidden=n not in self.open) for n, t in self.fields.items()]
        definition = Definition(name="chart", title=Text(en="chart"), fields=tuple(fields), root=root)
        return Chart(definition, self.notes, self.calls, {event: self.parts(event) for event in self.sources}, self.tells())


def at_leaves(state: State, rules: tuple[Transition, ...]) -> State:
    """The same states, with these transitions first at every atomic one."""
    if state.kind is StateKind.ATOMIC:
        return replace(state, transitions=(*rules, *state.transitions))
    return replace(state, states=tuple(at_leaves(child, rules) for child in state.states))


def convert(root: ET.Element, folder: Path, outside: frozenset[str], *, ends: bool = True) -> Chart:
    """A document as a definition; see `Setting`."""
    return Converter(root, folder, Setting(outside, ends)).chart()
