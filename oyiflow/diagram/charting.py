"""What charts of both bodies share: the words on steps and arrows, in one language or two.

A step says when it is taken if it may be skipped, who signs if several people do, and who helps. Arrows say which answer or event
they stand for; where nothing was named, the condition.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from oyiflow.diagram.chart import Edge, EdgeKind, Node, NodeKind
from oyiflow.diagram.text import text_width
from oyiflow.model.definition import Definition, Mode, State, StateKind, Text, Transition, walk
from oyiflow.model.expression import sentence

START: Final = "@start"
KINDS: Final[dict[str, NodeKind]] = {
    "approve": "decision",
    "decide": "decision",
    "wait": "wait",
    "call": "sub",
    "end": "end",
    "history": "history",
}
EDGES: Final[dict[str, EdgeKind]] = {"rejected": "reject", "late": "timeout", "failed": "timeout"}
WORDS: Final = {"start": ("开始", "Start"), "only": ("仅当", "only if"), "after": ("满", "after"), "each": ("每个", "each of"),
         "with": ("协助", "with")}  # fmt: skip
ROOM: Final = 10.0  # em of small text on a line of a step
MODES: Final = {
    Mode.ANY: ("或签", "any of"),
    Mode.ALL: ("会签", "all of"),
    Mode.IN_TURN: ("依次签", "in turn"),
    Mode.VOTE: ("票签", "by vote"),
}


class Charting:
    """A definition and a language."""

    def __init__(self, definition: Definition, lang: str) -> None:
        self.definition = definition
        self.lang = lang
        self.one = "en" if lang == "en" else "zh"
        self.titles = {
            **{f.name: f.title.of(self.one) for f in definition.fields},
            **{s.id: s.title.of(self.one) for s in walk(definition.root)},
        }

    def node(self, state: State, *, frame: str | None = None, notes: Iterable[str] = ()) -> Node:
        """A step of a process, or a state without inner states."""
        kind = KINDS.get(state.verb, "end" if state.kind is StateKind.FINAL else "sub" if state.call else "task")
        label = ("H*" if state.deep else "H") if state.kind is StateKind.HISTORY else self.lines(state.title)
        return Node(
            id=state.id,
            lane=state.lane or None,
            kind=kind,
            label=label,
            note="\n".join((*notes, *self._notes(state))),
            conditional=state.only_when is not None,
            frame=frame,
        )

    def _notes(self, state: State) -> Iterable[str]:
        if state.only_when is not None:
            yield f"{self._said(WORDS['only'])} {sentence(state.only_when, self.titles, self.one)}"
        if state.work is not None and len(state.work.by) > 1:
            yield f"{self._said(MODES[state.work.mode])}\n{self._signers(state)}"
        if state.work is not None and state.work.helped_by:
            yield self._helpers(state.work.helped_by)
        if state.call is not None and state.call.each:
            yield f"{self._said(WORDS['each'])}{' ' if self.one == 'en' else ''}{self.titles.get(state.call.each, state.call.each)}"

    def _signers(self, state: State) -> str:
        assert state.work is not None
        roles = self.definition.role
        names = []
        for one in state.work.by:
            known = roles[one.role].title.of(self.one) if one.role in roles else ""
            names.append(known or self.titles.get(one.person_in or one.whoever_did, "") or one.role or self.titles[state.id])
        return ("、" if self.one == "zh" else ", ").join(names)

    def _helpers(self, roles: Iterable[str]) -> str:
        """Who helps. Titles of roles are there in both languages, so a chart in both has them in both."""
        known = self.definition.role
        titles = [known[role].title if role in known else Text(zh=role, en=role) for role in roles]
        zh, en = WORDS["with"]
        names = _packed([f"{zh}：", *(f"{title.of('zh')}、" for title in titles)]).removesuffix("、")
        return self.lines(Text(zh=names, en=f"{en} {', '.join(title.of('en') for title in titles)}"))

    def lines(self, title: Text) -> str:
        """In both languages, each on lines of its own."""
        both = self.lang == "both" and title.zh and title.en and title.zh != title.en
        return f"{title.zh}\n{title.en}" if both else title.of(self.lang)

    def word(self, key: str) -> str:
        """A word of the chart's own."""
        zh, en = WORDS[key]
        return self.lines(Text(zh=zh, en=en))

    def _said(self, pair: tuple[str, str]) -> str:
        return pair[self.one == "en"]

    def label(self, way: Transition) -> str:
        """What an arrow says."""
        if way.purpose not in ("event", "late"):
            return way.label.of(self.lang)
        named = way.label.of(self.lang) if way.purpose == "event" else ""
        words = [named or self._trigger(way)]
        if way.guard is not None and way.purpose == "event" and not named:
            words.append(f"[{sentence(way.guard, self.titles, self.one)}]")
        return " ".join(word for word in words if word)

    def _trigger(self, way: Transition) -> str:
        if way.after is not None:
            return f"{self._said(WORDS['after'])} {way.after.text(self.one)}"
        if way.at:
            return self.titles.get(way.at, way.at)
        return ", ".join(event for event in way.events if not event.startswith("done."))


def _packed(names: Iterable[str]) -> str:
    """Names on as few lines of small text as do not break one of them: in Chinese a line may else break anywhere."""
    lines: list[str] = []
    for name in names:
        if lines and text_width(lines[-1] + name) <= ROOM:
            lines[-1] += name
        else:
            lines.append(name)
    return "\n".join(lines)


def merged(edges: Iterable[Edge]) -> dict[str, Edge]:
    """The arrows by the transitions that they stand for; those that lead from one step to the same one share an arrow."""
    every = list(edges)
    same: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in every:
        same.setdefault((edge.source, edge.target, edge.kind), []).append(edge)
    shared = {}
    for (source, target, kind), group in same.items():
        label = " / ".join(dict.fromkeys(edge.label for edge in group if edge.label))
        shared[source, target, kind] = Edge(id=group[0].id, source=source, target=target, label=label, kind=group[0].kind)
    return {edge.id: shared[edge.source, edge.target, edge.kind] for edge in every}
