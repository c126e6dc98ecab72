"""From a definition to BPMN: what each state becomes.

    work                     a user task in the lane of its role; its answers are an exclusive gateway behind it
    approve                  the same: a user task, and a gateway „approved?“
    decide                   an exclusive gateway with conditions and a default flow
    only_when                an exclusive gateway before the step, and a way around it
    together                 a parallel gateway forth and back; where that is too little, a sub-process (see `scope`)
    wait                     a catching event: timer or message
    call, each, run          a call activity, one with several instances, a service task
    within                   a timer on the border: interrupting if it moves on, else leading to an event that tells people
    a state without work     an event-based gateway and what it listens to
    history                  an exclusive gateway that asks where it was

Dissolved states and opaque ones are explained in `scope`; what BPMN cannot say is said in the documentation of the element.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oyiflow.exports.bpmn.graph import Band, Document, Element, Flow, Graph, Happening, Loop, Process, Tag
from oyiflow.exports.bpmn.lanes import merge, placed, used_roles
from oyiflow.exports.bpmn.scope import Scope, Tree, Way
from oyiflow.exports.bpmn.words import Words, outside
from oyiflow.exports.ids import Ids
from oyiflow.model.definition import Call, Definition, Notify, State, StateKind, Transition
from oyiflow.model.expression import quoted, text

Leaving = tuple[Way, str]
"""A way that leads on from an element, and the condition under which it is taken."""

_SKIPPED = ("否", "no")
_TAKEN = ("是", "yes")


def process_of(definition: Definition, lang: str = "zh") -> Process:
    """The BPMN process of a definition, with names in "zh", "en" or "both"."""
    return _Mapping(definition, lang).process()


class _Mapping:
    def __init__(self, definition: Definition, lang: str) -> None:
        self.definition = definition
        self.words = Words(definition, lang)
        self.tree = Tree(definition)
        self.ids = Ids()

    def process(self) -> Process:
        definition, words = self.definition, self.words
        key = self.ids.of("Process", definition.name)
        scope = Scope(self.tree, definition.root)
        self._fill(scope)
        used = used_roles(self.tree)
        elements = [replace(e, meets=tuple(r for r in e.meets if r not in used)) for e in placed(scope.elements)]
        bands = {role.name: (words.of(role.title), role.name) for role in definition.roles}
        pools = {role for element in elements for role in element.meets}
        return Process(
            id=key,
            key=definition.name,
            name=words.of(definition.title),
            version=definition.version,
            lanes=tuple(self._band("Lane", name, *bands[name]) for name in bands if name in used),
            pools=tuple(
                self._band("Pool", role.name, *bands[role.name]) for role in outside(definition.roles) if role.name in pools
            ),
            roles=tuple(self._band("Role", name, *bands[name]) for name in bands),
            graph=Graph(elements=tuple(elements), flows=tuple(scope.flows)),
            notes=(*words.article(definition.origin), *words.rules()),
        )

    def _band(self, prefix: str, key: str, name: str, role: str) -> Band:
        return Band(id=self.ids.of(prefix, key), name=name, role=role)

    # --- a plane

    def _fill(self, scope: Scope) -> None:
        self._begin(scope)
        for state, closing in scope.order():
            if closing:
                self._joined(scope, state)
            elif state.kind is StateKind.FINAL:
                self._final(scope, state)
            elif state.kind is StateKind.HISTORY:
                self._history(scope, state)
            elif state.kind is StateKind.PARALLEL:
                self._parallel(scope, state)
            elif state.kind is StateKind.ATOMIC:
                self._atomic(scope, state)
        merge(scope, self.ids)

    def _begin(self, scope: Scope) -> None:
        root = scope.container is self.definition.root
        name, event = self.words.say("开始", "Start"), None
        if root and self.definition.starts is not None:
            event, name = self.words.start(self.definition.starts)
        start = self._add(scope, "startEvent", "Start", "" if root else scope.container.id, name=name, event=event)
        if root:
            self._flow(scope, start, self._reached(scope, scope.container.id))
            return
        fork = start
        if len(scope.container.states) > 1:
            fork = self._add(scope, "parallelGateway", "Fork", scope.container.id)
            self._flow(scope, start, fork)
        for region in scope.container.states:
            if region.kind is not StateKind.HISTORY:
                self._flow(scope, fork, self._reached(scope, region.id))

    def _add(self, scope: Scope, tag: Tag, prefix: str, key: str, **parts: object) -> str:
        element = replace(Element(id=self.ids.of(prefix, key), tag=tag), **parts)  # type: ignore[arg-type]
        scope.elements.append(element)
        return element.id

    def _flow(self, scope: Scope, source: str, target: str, way: Way | None = None, **parts: object) -> None:
        notes: tuple[str, ...] = ()
        if way is not None:
            notes = tuple(self.words.way(way[1]))
        known = Flow(
            id=self.ids.fresh("Flow", f"{source}-{target}"),
            source=source,
            target=target,
            way=way[0] if way else "",
            notes=notes,
        )
        scope.flows.append(replace(known, **parts))  # type: ignore[arg-type]

    # --- where an arrow ends

    def _reached(self, scope: Scope, target: str) -> str:
        """The element that a transition to a state leads to; the end of the plane if the state is outside it."""
        state = scope.stop(target)
        return self._entry(state) if state is not None else self._exit(scope, target)

    def _entry(self, state: State) -> str:
        if any(way.purpose == "skip" and way.targets for way in state.transitions):
            return self.ids.of("If", state.id)
        return self._main(state)

    def _main(self, state: State) -> str:
        if state.kind is StateKind.FINAL and not state.verb:
            return (
                self.ids.of("Join", self.tree.parents[self.tree.parents[state.id]]) if self._closes(state) else self._end(state)
            )
        return self._end(state) if state.kind is StateKind.FINAL else self.ids.of("Step", state.id)

    def _end(self, state: State) -> str:
        return self.ids.of("End", state.id)

    def _closes(self, final: State) -> bool:
        """Whether a final state ends a branch of a fork."""
        region = self.tree.parents[final.id]
        parallel = self.tree.parents.get(region)
        return (
            parallel is not None and self.tree.states[parallel].kind is StateKind.PARALLEL and parallel not in self.tree.opaque
        )

    def _exit(self, scope: Scope, target: str) -> str:
        """What leads out of a sub-process ends it with an escalation, which its border catches."""
        if target not in scope.exits:
            name = self.words.of(self.tree.states[target].title)
            key = f"{scope.container.id}.{target}"
            event = Happening(kind="escalation", detail=target)
            scope.exits[target] = self._add(scope, "endEvent", "Exit", key, name=name, event=event, step=target)
        return scope.exits[target]

    # --- states

    def _final(self, scope: Scope, state: State) -> None:
        if not state.verb and self._closes(state):
            return
        step, parent = state.id, self.tree.parents[state.id]
        name = self.words.of(state.title) if state.verb else self.words.say("完成", "Done")
        common = {"name": name, "step": step, "lane": state.lane, "notes": self.words.notes(state)}
        ways = scope.completions(state)
        if self._closes(state):
            milestone = self._add(scope, "intermediateThrowEvent", "End", state.id, **common)
            self._flow(scope, milestone, self.ids.of("Join", self.tree.parents[parent]))
        elif ways:
            milestone = self._add(scope, "intermediateThrowEvent", "End", state.id, **common)
            self._leave(scope, milestone, [((n, way), _and("", way)) for n, way in ways], state)
        else:
            event = Happening(kind="terminate") if self._decides(scope, parent) else None
            self._add(scope, "endEvent", "End", state.id, event=event, **common)

    def _decides(self, scope: Scope, region: str) -> bool:
        """Whether the end of one region ends the whole sub-process."""
        done = f"done.state.{region}"
        return any(done in way.events for way in scope.container.transitions) and scope.container.id in self.tree.opaque

    def _history(self, scope: Scope, state: State) -> None:
        parent = self.tree.states[self.tree.parents[state.id]]
        kinds = (StateKind.ATOMIC, StateKind.COMPOUND, StateKind.PARALLEL)
        places = [inner for inner in parent.states if inner.kind in kinds]
        note = self.words.say(
            "历史：BPMN 没有“回到上次离开的地方”，这里用网关表示。",
            "History: BPMN cannot return to where it was; a gateway stands for it.",
        )
        name = ("H*" if state.deep else "H") + (f" {self.words.of(state.title)}" if state.title.of("zh") != state.id else "")
        gateway = self._add(
            scope, "exclusiveGateway", "Step", state.id, name=name, step=state.id, lane=state.lane, notes=(note,)
        )
        first = self._reached(scope, state.initial[0]) if state.initial else ""
        reached = {self._reached(scope, place.id): place for place in reversed(places)}
        for target, place in reversed(reached.items()):
            if target != first:
                self._flow(scope, gateway, target, name=self.words.of(place.title), condition=f"was_in({quoted(place.id)})")
        if first:
            self._flow(scope, gateway, first, name=self.words.say("第一次", "the first time"), default=True)

    def _parallel(self, scope: Scope, state: State) -> None:
        self._gate(scope, state)
        if state.id in self.tree.opaque:
            self._sub_process(scope, state)
            return
        name, notes = self.words.of(state.title), self.words.notes(state)
        fork = self._add(scope, "parallelGateway", "Step", state.id, name=name, step=state.id, lane=state.lane, notes=notes)
        for region in state.states:
            self._flow(scope, fork, self._reached(scope, region.id))

    def _joined(self, scope: Scope, state: State) -> None:
        join = self._add(scope, "parallelGateway", "Join", state.id, step=f"{state.id}+", lane=state.lane)
        way = next((f"{state.id}#{n}", way) for n, way in enumerate(state.transitions) if way.purpose != "skip")
        self._flow(scope, join, self._reached(scope, way[1].targets[0]), way)

    def _sub_process(self, scope: Scope, state: State) -> None:
        inner = Scope(self.tree, state)
        self._fill(inner)
        host = self.ids.of("Step", state.id)
        graph = Graph(elements=tuple(inner.elements), flows=tuple(inner.flows))
        self._activity(scope, state, "subProcess", inner=graph)
        for target, end in inner.exits.items():
            event = Happening(kind="escalation", detail=target)
            name = self.words.of(self.tree.states[target].title)
            border = self._add(scope, "boundaryEvent", "On", f"{host}.{end}", name=name, event=event, host=host, step=state.id)
            self._flow(scope, border, self._reached(scope, target))

    def _gate(self, scope: Scope, state: State) -> None:
        """Before a step that may be skipped: the question, and the way around."""
        skips = [(f"{state.id}#{n}", way) for n, way in enumerate(state.transitions) if way.purpose == "skip" and way.targets]
        if not skips:
            return
        yes, no = self.words.say(*_TAKEN), self.words.say(*_SKIPPED)
        asked = state.only_when if state.only_when is not None and len(skips) == 1 else None
        name = self.words.condition(asked) if asked is not None else self.words.say("要办？", "To be done?")
        gate = self._add(scope, "exclusiveGateway", "If", state.id, name=name, step=f"{state.id}?", lane=state.lane)
        self._flow(
            scope, gate, self._main(state), name=yes, condition=text(asked) if asked is not None else "", default=asked is None
        )
        around: dict[str, list[Way]] = {}
        for way in skips:
            around.setdefault(self._reached(scope, way[1].targets[0]), []).append(way)
        for target, ways in around.items():
            guards = [text(way.guard) for _, way in ways if way.guard is not None and asked is None]
            condition = guards[0] if len(guards) == 1 else " or ".join(f"({guard})" for guard in guards)
            self._flow(scope, gate, target, ways[0], name=no, condition=condition, default=not condition)

    def _atomic(self, scope: Scope, state: State) -> None:
        self._gate(scope, state)
        ways = self._ways(scope, state)
        if state.work is not None:
            self._activity(scope, state, "userTask")
        elif state.call is not None:
            self._activity(scope, state, "serviceTask" if state.call.handler else "callActivity")
        elif ways and not any(way.events or way.timed for _, way in ways):
            self._choice(scope, state, ways)
        else:
            self._waiting(scope, state, ways)

    def _ways(self, scope: Scope, state: State) -> list[Way]:
        mine = [(f"{state.id}#{n}", way) for n, way in enumerate(state.transitions) if way.purpose != "skip"]
        heard = {event for _, way in mine if way.guard is None for event in way.events}
        outer = [
            way for way in scope.inherited(state) if way[1].targets and not (way[1].events and heard.issuperset(way[1].events))
        ]
        return [*mine, *outer]

    def _choice(self, scope: Scope, state: State, ways: Sequence[Way]) -> None:
        common = {"name": self.words.of(state.title), "step": state.id, "lane": state.lane, "notes": self.words.notes(state)}
        if len(ways) == 1 and ways[0][1].guard is None:
            passed = self._add(scope, "intermediateThrowEvent", "Step", state.id, **common)
            self._follow(scope, passed, ways[0])
            return
        gateway = self._add(scope, "exclusiveGateway", "Step", state.id, **common)
        self._answers(scope, gateway, [(way, _and("", way[1])) for way in ways], state)

    # --- what people, programs and other processes do

    def _activity(self, scope: Scope, state: State, tag: Tag, inner: Graph | None = None) -> None:
        work, call, words = state.work, state.call, self.words
        loop = words.loop(work) or (Loop(cardinality=f"count({call.each})") if call is not None and call.each else None)
        host = self._add(
            scope, tag, "Step", state.id, name=words.of(state.title), step=state.id, lane=state.lane, inner=inner, loop=loop,
            called=self._called(call) if tag == "callActivity" else "", people=words.people(work),
            documents=self._documents(state), notes=self._notes(state),
            meets=tuple(r for r in (work.meets if work else ()) if r in self.definition.role and self.definition.role[r].outside),
        )  # fmt: skip
        leaving: list[Leaving] = []
        for name, way in self._ways(scope, state):
            answers = self._leads_on(state, way)
            if answers:
                leaving.append(((name, way), _and(_answered(answers), way)))
            others = tuple(event for event in way.events if event not in answers)
            if others or not way.events:
                self._border(scope, host, (name, replace(way, events=others)))
        self._leave(scope, host, leaving, state)

    def _leads_on(self, state: State, way: Transition) -> list[str]:
        """The events of a transition by which the activity is over: answers of people, or the end of what runs."""
        regions = {f"done.state.{region.id}" for region in state.states}
        known = {f"done.call.{state.id}", f"done.state.{state.id}", *regions}
        outcomes = {outcome.event for outcome in state.work.outcomes} if state.work is not None else set()
        return [event for event in way.events if event in outcomes or event in known]

    def _called(self, call: Call | None) -> str:
        return "" if call is None or not call.process else self.ids.of("Process", call.process)

    def _documents(self, state: State) -> tuple[Document, ...]:
        work = state.work
        if work is None:
            return ()
        named = [(name, False) for name in work.needs] + [(name, True) for name in work.makes]
        return tuple(Document(id=self.ids.of("Document", name), name=name, made=made) for name, made in named)

    def _notes(self, state: State) -> tuple[str, ...]:
        notes = list(self.words.notes(state))
        if state.call is not None:
            given = [f"{name} ← {text(value)}" for name, value in state.call.inputs]
            notes += given + [f"{ours} → {theirs}" for ours, theirs in state.call.outputs]
            if state.work is not None:
                ran = state.call.process or state.call.handler
                notes.append(self.words.say(f"同时运行：{ran}", f"runs meanwhile: {ran}"))
        if state.id in self.tree.opaque and any(region.work for region in state.states):
            notes.append(self.words.say("区域本身的办理没有画出。", "Work of the regions themselves is not drawn."))
        return tuple(notes)

    # --- ways on

    def _leave(self, scope: Scope, source: str, leaving: Sequence[Leaving], state: State) -> None:
        """One way on is an arrow, even if it is open only while a condition holds; several are a gateway."""
        if leaving and leaving[0][0][1].targets and len({way.targets for (_, way), _ in leaving}) == 1:
            self._follow(scope, source, leaving[-1][0])
        elif leaving:
            name = self._question(state)
            gateway = self._add(scope, "exclusiveGateway", "Outcome", state.id, name=name, step=f"{state.id}!", lane=state.lane)
            self._flow(scope, source, gateway)
            self._answers(scope, gateway, leaving, state)

    def _question(self, state: State) -> str:
        if state.verb == "approve":
            return self.words.say("通过？", "Approved?")
        if state.verb == "decide":
            return self.words.of(state.title)
        return self.words.say("结果？", "Outcome?")

    def _answers(self, scope: Scope, gateway: str, leaving: Sequence[Leaving], state: State) -> None:
        """The arrows of a gateway; answers that lead to the same place share one."""
        free = [way for way, condition in leaving if not condition]
        together: dict[str, list[Leaving]] = {}
        for way, condition in leaving:
            target = self._reached(scope, way[1].targets[0]) if way[1].targets else self._entry(state)
            together.setdefault(target, []).append((way, condition))
        for target, group in together.items():
            default = any(way is free[-1] for way, _ in group) if free else False
            name = " / ".join(dict.fromkeys(label for way, _ in group if (label := self._label(state, way[1]))))
            conditions = [condition for _, condition in group if condition]
            condition = "" if default else conditions[0] if len(group) == 1 else " or ".join(f"({one})" for one in conditions)
            names = " ".join(way[0] for way, _ in group)
            self._flow(scope, gateway, target, (names, group[0][0][1]), name=name, condition=condition, default=default)

    def _label(self, state: State, way: Transition) -> str:
        label = self.words.of(way.label)
        if label or way.purpose == "next":
            return label
        titles = [self.words.of(o.title) for o in (state.work.outcomes if state.work else ()) if o.event in way.events]
        guard = self.words.condition(way.guard) if way.guard is not None else ""
        return " / ".join(titles) or guard or ", ".join(e for e in way.events if not e.startswith("done."))

    def _follow(self, scope: Scope, source: str, way: Way) -> None:
        for target in way[1].targets[:1]:
            name = self.words.of(way[1].label) if way[1].purpose == "event" else ""
            if way[1].guard is not None and not name:
                name = f"[{self.words.condition(way[1].guard)}]"
            self._flow(scope, source, self._reached(scope, target), way, name=name)

    # --- events

    def _triggers(self, way: Transition) -> list[tuple[Happening, str]]:
        """Each event of a transition as an event of BPMN."""
        singles = [replace(way, events=(event,)) for event in dict.fromkeys(way.events)] or [way]
        found = []
        for single in singles:
            event, name = self.words.trigger(single)
            if event.kind == "message" and event.detail.startswith("error."):
                event = Happening(kind="error", detail=event.detail)
            if way.guard is not None and event.kind != "conditional" and not self.words.of(way.label):
                name += f" [{self.words.condition(way.guard)}]"
            found.append((event, name))
        return found

    def _border(self, scope: Scope, host: str, way: Way) -> None:
        """What may happen while an activity is under way; without a target it goes on all the same."""
        for number, (event, name) in enumerate(self._triggers(way[1])):
            key = f"{host}.{way[0]}" + (f".{number}" if number else "")
            stays = not way[1].targets
            border = self._add(
                scope, "boundaryEvent", "On", key, name=name, event=event, host=host, interrupting=not stays, step=way[0].rpartition("#")[0]
            )  # fmt: skip
            target = self._told(scope, key, way[1]) if stays else self._reached(scope, way[1].targets[0])
            self._flow(scope, border, target, way)

    def _told(self, scope: Scope, key: str, way: Transition) -> str:
        """The event that tells people, or that stands for the actions of a transition that moves nothing."""
        reasons = {action.reason for action in way.actions if isinstance(action, Notify)}
        event = None
        if "escalate" in reasons or "rule" in reasons:
            event = Happening(kind="escalation", detail="escalate")
        elif reasons:
            event = Happening(kind="message", detail="remind" if "remind" in reasons else "tell")
        return self._add(scope, "endEvent", "Told", key, name="; ".join(self.words.actions(way.actions)), event=event)

    def _waiting(self, scope: Scope, state: State, ways: Sequence[Way]) -> None:
        awaited = [
            (way, *trigger) for way in ways if way[1].targets or way[1].purpose != "late" for trigger in self._triggers(way[1])
        ]
        common = {"name": self.words.of(state.title), "step": state.id, "lane": state.lane, "notes": self._notes(state)}
        if not awaited:
            note = self.words.say("停在这里：没有什么使它结束。", "It stays here: nothing ends it.")
            self._add(scope, "task", "Step", state.id, **common | {"notes": (*self._notes(state), note)})
        elif len(awaited) == 1 and awaited[0][0][1].targets:
            caught = self._add(scope, "intermediateCatchEvent", "Step", state.id, **common, event=awaited[0][1])
            self._follow(scope, caught, awaited[0][0])
        else:
            gateway = self._add(scope, "eventBasedGateway", "Step", state.id, **common)
            for number, (way, event, name) in enumerate(awaited):
                caught = self._add(
                    scope, "intermediateCatchEvent", "On", f"{state.id}.{number}", name=name, event=event, lane=state.lane, step=state.id
                )  # fmt: skip
                self._flow(scope, gateway, caught)
                target = self._reached(scope, way[1].targets[0]) if way[1].targets else gateway
                self._flow(scope, caught, target, way)


def _and(condition: str, way: Transition) -> str:
    parts = [condition] if condition else []
    if way.guard is not None:
        parts.append(f"({text(way.guard)})" if condition else text(way.guard))
    return " and ".join(parts)


def _answered(events: Sequence[str]) -> str:
    if len(events) == 1:
        return f"answer == {quoted(events[0])}"
    return f"answer in [{', '.join(quoted(event) for event in events)}]"
