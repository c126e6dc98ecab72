"""PNML (ISO/IEC 15909-2) to a net: place/transition nets, as editors and process miners write them.

Read: places with `initialMarking`, transitions, arcs with `inscription` as weight, names, pages however deep, and reference
places and transitions, which stand for what they refer to. Final markings as pm4py and ProM write them (`finalmarkings`).
Not read: graphics, `toolspecific`, anything else. Refused: high-level nets (their tokens have values), inhibitor, reset and
read arcs (they change what a net can do), several nets in one file, arcs between two places or two transitions.

The text may come from anywhere, so nothing in it can make the reader look elsewhere or swell: a document type declaration,
and with it every entity of one's own, is refused, and depth is bounded.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from oyiflow.verify.nets.net import Arcs, Net

DEEPEST = 100
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
ARCS_THAT_ARE_NOT = {"inhibitor", "reset", "read", "test", "transfer"}
HIGH_LEVEL = ("highlevel", "symmetricnet", "pt-hlpng")


class UnreadableNet(ValueError):
    """The text is no net that can be read. Says why in Chinese (`zh`) and English (`en`), and at which line."""

    def __init__(self, line: int, zh: str, en: str) -> None:
        super().__init__(f"{line}: {zh} ({en})")
        self.line, self.zh, self.en = line, zh, en


def read_pnml(text: str | bytes) -> Net:
    """The net in a PNML document. Raises `UnreadableNet`."""
    data, encoding = (text.encode("utf-8", "replace"), "utf-8") if isinstance(text, str) else (text, None)
    try:
        reader = _parsed(data, encoding)
    except expat.ExpatError:  # some tools write -- into comments, which XML forbids
        data = _COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), data)
        reader = _parsed_or_refused(data, encoding)
    try:
        return reader.net()
    except _At as found:
        line = data.count(b"\n", 0, found.index) + 1
        raise UnreadableNet(line, found.zh, found.en) from None


def _parsed(data: bytes, encoding: str | None) -> _Reader:
    reader = _Reader(encoding)
    try:
        reader.parser.Parse(data, True)
    except LookupError:
        raise UnreadableNet(1, "文字的编码读不了", "the encoding of the text cannot be read") from None
    return reader


def _parsed_or_refused(data: bytes, encoding: str | None) -> _Reader:
    try:
        return _parsed(data, encoding)
    except expat.ExpatError as error:
        message = expat.ErrorString(error.code)
        raise UnreadableNet(error.lineno, f"读不成 XML: {message}", f"not readable as XML: {message}") from None


class _At(Exception):
    """Something wrong at a byte of the text. To count lines for every arc would take longer than all the rest."""

    def __init__(self, index: int, zh: str, en: str) -> None:
        super().__init__(en)
        self.index, self.zh, self.en = index, zh, en


class _Reader:
    """Handlers of the parser. `text` collects characters while something is open that wants them."""

    def __init__(self, encoding: str | None) -> None:
        self.parser = expat.ParserCreate(encoding, namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.no_doctype
        self.open: list[str] = []
        self.nets = 0
        self.here = ""
        """The id of the place, transition or arc that is open; of a place in a final marking too."""
        self.text: list[str] = []
        self.skip = 0
        self.places: dict[str, int] = {}
        self.transitions: dict[str, int] = {}
        self.references: dict[str, tuple[str, int]] = {}
        self.arcs: list[tuple[str, str, int, int]] = []
        self.initial: dict[str, int] = {}
        self.finals: list[dict[str, int]] = []
        self.labels: dict[str, str] = {}

    def refuse(self, zh: str, en: str) -> UnreadableNet:
        return UnreadableNet(self.parser.CurrentLineNumber, zh, en)

    def no_doctype(self, *_: object) -> None:
        raise self.refuse("PNML 里不能有 DOCTYPE", "a PNML file has no DOCTYPE")

    # -- the parser calls these --------------------------------------------------------------------------------------------

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if "}" in name:
            name = name[name.rfind("}") + 1 :]
        self.open.append(name)
        if self.skip:
            self.skip += 1
        elif (handler := _BEGIN.get(name)) is not None:
            handler(self, attributes)
        elif len(self.open) > DEEPEST:
            raise self.refuse("层次太深", "nested too deeply")

    def end(self, name: str) -> None:
        name = self.open.pop()
        if self.skip:
            self.skip -= 1
        elif (handler := _END.get(name)) is not None:
            handler(self)

    def characters(self, text: str) -> None:
        self.text.append(text)

    # -- what opens --------------------------------------------------------------------------------------------------------

    def begin_net(self, attributes: dict[str, str]) -> None:
        self.nets += 1
        kind = attributes.get("type", "").lower()
        if self.nets > 1:
            raise self.refuse("文件里有几个网，这里只要一个", "there are several nets in the file, and one is wanted here")
        if any(word in kind for word in HIGH_LEVEL):
            raise self.refuse(
                "这是高级网，这里只读库所/变迁网", "this is a high-level net; only place/transition nets are read"
            )

    def begin_place(self, attributes: dict[str, str]) -> None:
        if "finalmarkings" in self.open:
            self.here = attributes.get("idref", attributes.get("id", ""))
            if self.finals:
                self.finals[-1].setdefault(self.here, 0)
            return
        self.new(attributes, self.places)

    def begin_transition(self, attributes: dict[str, str]) -> None:
        self.new(attributes, self.transitions)

    def new(self, attributes: dict[str, str], numbers: dict[str, int]) -> None:
        name = attributes.get("id")
        if not name:
            raise self.refuse("这里少了 id", "an id is missing here")
        if name in self.places or name in self.transitions or name in self.references:
            raise self.refuse(f"id “{name}” 用了两次", f"the id {name!r} is used twice")
        numbers[name] = len(numbers)
        self.here = name

    def begin_reference(self, attributes: dict[str, str]) -> None:
        name, other = attributes.get("id", ""), attributes.get("ref", "")
        if not name or not other or name in self.references or name in self.places or name in self.transitions:
            raise self.refuse("引用要有自己的 id 和 ref", "a reference needs an id of its own and a ref")
        self.references[name] = (other, self.parser.CurrentByteIndex)
        self.here = ""

    def begin_arc(self, attributes: dict[str, str]) -> None:
        source, target = attributes.get("source"), attributes.get("target")
        if not source or not target:
            raise self.refuse("弧少了 source 或 target", "an arc lacks its source or target")
        self.arcs.append((source, target, 1, self.parser.CurrentByteIndex))
        self.here = ""

    def begin_type(self, attributes: dict[str, str]) -> None:
        """ProM, WoPeD and others: `<arctype><text>inhibitor</text>`, `<type value="reset"/>`."""
        self.wants_text(attributes)
        if attributes.get("value", "").lower() in ARCS_THAT_ARE_NOT:
            raise self.refuse("这种弧改变网的含义，这里不读", "this kind of arc changes what the net means and is not read")

    def begin_marking(self, attributes: dict[str, str]) -> None:
        self.finals.append({})

    def wants_text(self, attributes: dict[str, str]) -> None:
        self.text.clear()
        self.parser.CharacterDataHandler = self.characters

    def begin_tools(self, attributes: dict[str, str]) -> None:
        self.skip = 1

    # -- what closes -------------------------------------------------------------------------------------------------------

    def taken(self) -> str:
        self.parser.CharacterDataHandler = None
        text = "".join(self.text).strip()
        self.text.clear()
        return text

    def count(self, text: str) -> int:
        """A number of tokens: `2`, and as some editors write it `Default,2` or `2.0`."""
        number = text.rpartition(",")[2].strip().removesuffix(".0")
        if not number.isascii() or not number.isdigit() or len(number) > 9:
            raise self.refuse(f"“{text}”不是个数", f"{text!r} is not a number of tokens")
        return int(number)

    def end_text(self) -> None:
        """A `text` counts by what it stands in."""
        if len(self.open) < 2:
            return
        owner, above = self.open[-1], self.open[-2]
        if owner == "place" and above == "marking":
            if (text := self.taken()) and self.finals:
                self.finals[-1][self.here] = self.count(text)
            return
        if owner not in _TEXTS:
            return
        self.label(owner, above, self.taken())

    def label(self, owner: str, above: str, text: str) -> None:
        if owner == "initialMarking" and above == "place" and text and self.here in self.places:
            self.initial[self.here] = self.count(text)
        elif owner == "inscription" and above == "arc" and text and self.arcs:
            source, target, _, index = self.arcs[-1]
            self.arcs[-1] = (source, target, self.count(text), index)
        elif owner == "name" and above in ("place", "transition") and text:
            self.labels[self.here] = text
        elif owner in ("arctype", "type") and above == "arc" and text.lower() in ARCS_THAT_ARE_NOT:
            raise self.refuse("这种弧改变网的含义，这里不读", "this kind of arc changes what the net means and is not read")

    # -- all of it ---------------------------------------------------------------------------------------------------------

    def net(self) -> Net:
        if not self.nets:
            raise UnreadableNet(1, "文件里没有网 (net)", "there is no net in the file")
        if not self.places and not self.transitions:
            raise UnreadableNet(1, "网里什么也没有", "the net is empty")
        inputs: list[dict[int, int]] = [{} for _ in self.transitions]
        outputs: list[dict[int, int]] = [{} for _ in self.transitions]
        places, transitions, meant = self.places, self.transitions, self.meant
        for source, target, weight, index in self.arcs:
            one = source if source in places or source in transitions else meant(source, index)
            other = target if target in places or target in transitions else meant(target, index)
            if one in places and other in transitions:
                arcs, place = inputs[transitions[other]], places[one]
            elif one in transitions and other in places:
                arcs, place = outputs[transitions[one]], places[other]
            else:
                zh, en = (
                    f"弧要连一个库所和一个变迁: {source} → {target}",
                    f"an arc joins a place and a transition: {source} → {target}",
                )
                raise _At(index, zh, en)
            arcs[place] = arcs.get(place, 0) + weight
        return Net(
            places=tuple(self.places),
            transitions=tuple(self.transitions),
            inputs=tuple(_arcs(arcs) for arcs in inputs),
            outputs=tuple(_arcs(arcs) for arcs in outputs),
            initial=_arcs({self.places[name]: count for name, count in self.initial.items()}),
            finals=tuple(found for marking in self.finals if (found := self.final(marking))),
            labels=self.labels or None,
        )

    def final(self, marking: dict[str, int]) -> Arcs:
        for name in marking:
            if name not in self.places:
                raise UnreadableNet(1, f"终止标识里的库所“{name}”不存在", f"a final marking names {name!r}, which is no place")
        return _arcs({self.places[name]: count for name, count in marking.items()})

    def meant(self, name: str, index: int) -> str:
        """What a name stands for, through references."""
        for _ in range(len(self.references) + 1):
            if name not in self.references:
                break
            name, index = self.references[name]
        if name not in self.places and name not in self.transitions:
            raise _At(index, f"没有“{name}”这个库所或变迁", f"there is no place or transition {name!r}")
        return name


def _arcs(weights: dict[int, int]) -> Arcs:
    return tuple((place, weight) for place, weight in weights.items() if weight)


_TEXTS = {"initialMarking", "inscription", "name", "arctype", "type"}
_BEGIN = {
    "net": _Reader.begin_net,
    "place": _Reader.begin_place,
    "transition": _Reader.begin_transition,
    "referencePlace": _Reader.begin_reference,
    "referenceTransition": _Reader.begin_reference,
    "arc": _Reader.begin_arc,
    "type": _Reader.begin_type,
    "arctype": _Reader.begin_type,
    "marking": _Reader.begin_marking,
    "text": _Reader.wants_text,
    "value": _Reader.wants_text,
    "toolspecific": _Reader.begin_tools,
    "graphics": _Reader.begin_tools,
}
_END = {"text": _Reader.end_text, "value": _Reader.end_text}
