"""Executable content of SCXML documents as steps, with what is known beforehand put in.

A step is an action before it is translated. Here `foreach` over a constant list is written out, scripts that only assign
become assignments, conditions that are constant are decided, attributes given by an expression get its value where that is
known, and what every processor must find wrong becomes the step `fail`. What follows it in its block stays: the kernel must skip it.
"""

from __future__ import annotations

import itertools
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from statecharts_script import Skip, Tree, Wrong, read, statements

PROCESSOR = ("", "scxml", "http://www.w3.org/TR/scxml/#SCXMLEventProcessor", "http://www.w3.org/TR/scxml",
             "http://www.w3.org/TR/scxml/")  # fmt: skip
GLOBAL = frozenset(("In", "JSON", "Math", "Array", "Object", "String", "Number", "Boolean", "Date", "RegExp", "Error", "Function",
                    "parseInt", "parseFloat", "isNaN", "isFinite", "NaN", "Infinity", "null", "this", "eval", "console",
                    "encodeURIComponent", "decodeURIComponent"))  # fmt: skip
"""What every ECMAScript processor knows by name."""
Step = tuple[Any, ...]
"""set name tree | raise event data | send event ms id data internal | tell whom event ms id data | cancel id | log words | fail
| if branches, and for the converter's own sake once words (must not run twice) | heard event (its data have been read)."""


def tag(element: ET.Element) -> str:
    """The name of an element, without its namespace."""
    return element.tag.rpartition("}")[2]


def of(element: ET.Element, *names: str) -> list[ET.Element]:
    """The children of these names."""
    return [child for child in element if tag(child) in names]


def parts(tree: Any) -> Iterator[Tree]:
    """A tree of a script and all below it."""
    if isinstance(tree, tuple):
        if tree and isinstance(tree[0], str):
            yield tree
        for part in tree:
            yield from parts(part)


def names(tree: Any) -> set[str]:
    """The variables that an expression reads; `typeof x` may ask for any."""
    if not isinstance(tree, tuple) or tree[:1] == ("typeof",):
        return set()
    own = {tree[1]} if len(tree) == 2 and tree[0] == "name" else set()
    return own.union(*(names(part) for part in tree))


def asks_for_event(elements: Iterable[ET.Element]) -> bool:
    """Whether anything but a log looks at `_event`."""
    inside = (part for element in elements for part in element.iter() if tag(part) != "log")
    return any(
        "_event" in text for part in inside for key, text in part.attrib.items() if key != "location" or tag(part) == "param"
    )


def literal(tree: Tree) -> Any:
    """The value of a literal; None for everything else."""
    if tree[0] == "list":
        found = [literal(item) for item in tree[1]]
        return None if None in found else found
    return tree[1] if tree[0] in ("num", "str", "bool") else None


def as_tree(value: Any) -> Tree:
    """A value of JSON as a tree."""
    if isinstance(value, list):
        return ("list", tuple(as_tree(item) for item in value))
    kind = {bool: "bool", int: "num", str: "str"}.get(type(value))
    if kind is None:
        raise Skip("values: objects and fractions")
    return (kind, value)


def json_object(text: str) -> dict[str, Any]:
    """An object of JSON."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        raise Skip("values: objects and fractions") from None
    return found if isinstance(found, dict) else {"": found}


def milliseconds(text: str) -> int:
    """A delay of CSS: `1.5s`, `.5s`, `10ms`."""
    match = re.fullmatch(r"\s*(\d*\.?\d+)(ms|s)?\s*", text)
    if match is None:
        raise Skip("delays: other than s and ms")
    return round(float(match[1]) * (1000 if match[2] == "s" else 1))


class Reading:
    """The first half: blocks of executable content as steps, with what is known beforehand put in."""

    def __init__(self, root: ET.Element, folder: Path, partners: set[str]) -> None:
        self.root, self.folder, self.partners = root, folder, partners
        self.notes: set[str] = set()
        self.ids = itertools.count(1)
        self.data = [(e, parent) for parent in root.iter() for model in of(parent, "datamodel") for e in of(model, "data")]
        everything = list(root.iter())
        made = {e.get(key, "") for e in everything if tag(e) == "foreach" for key in ("item", "index")} - {""}
        made |= {name for e in everything if tag(e) == "script" for name, _ in self.script(e)}
        places = {e.get(key, "").strip() for e in everything for key in ("location", "idlocation") if tag(e) != "param"}
        self.assigned, self.declared = made | places, made | {e.get("id", "") for e, _ in self.data}
        self.machine = root.get("name", "")
        self.known: dict[str, Any] = {}
        self.values: list[tuple[str, Tree, ET.Element]] = []
        self.wrong = 0
        for e, parent in self.data:
            self._declare(e, parent)

    def _declare(self, e: ET.Element, parent: ET.Element) -> None:
        name = e.get("id", "")
        try:
            tree = self.content(e) if e.get("expr") is None else self.checked(e.get("expr", ""))
        except Wrong:
            self.wrong += 1
            return
        if tree is not None:
            self.values.append((name, tree, parent))
            if name not in self.assigned and literal(tree) is not None:
                self.known[name] = literal(tree)

    def content(self, e: ET.Element) -> Tree | None:
        """What stands in an element, or in its file: JSON, else a text with its spaces made one."""
        if len(e):
            raise Skip("values: XML")
        text = e.text or ""
        if e.get("src"):
            text = (self.folder / e.get("src", "").removeprefix("file:")).read_text(encoding="utf-8")
        if not text.strip():
            return None
        if text.lstrip().startswith("<"):
            raise Skip("values: XML")
        try:
            return as_tree(json.loads(text))
        except json.JSONDecodeError:
            return ("str", " ".join(text.split()))

    def checked(self, text: str) -> Tree:
        """An expression that names nothing unknown. `Wrong`: it does."""
        tree = read(text)
        if any(name not in self.declared and name[0] != "_" and name not in GLOBAL for name in names(tree)):
            raise Wrong(text)
        return tree

    def script(self, e: ET.Element) -> list[tuple[str, Tree]]:
        """A script that only assigns."""
        text = e.text or ""
        if e.get("src"):
            path = self.folder / e.get("src", "")
            if not path.is_file():
                raise Skip("scripts: from elsewhere")
            text = path.read_text(encoding="utf-8")
        self.notes.add("a script of assignments as assignments")
        return statements(text)

    def block(self, e: ET.Element) -> list[Step]:
        """One block of executable content as steps."""
        out: list[Step] = []
        self._into(e, out, dict(self.known))
        return out

    def _into(self, parent: Iterable[ET.Element], out: list[Step], known: dict[str, Any]) -> None:
        for e in parent:
            try:
                self._one(e, out, known)
            except Wrong:
                out.append(("fail",))

    def _one(self, e: ET.Element, out: list[Step], known: dict[str, Any]) -> None:
        match tag(e):
            case "raise":
                out.append(("raise", e.get("event", ""), {}))
            case "log":
                self._log(e, out)
            case "assign":
                self._assign(e, out, known)
            case "script":
                for name, tree in self.script(e):
                    out.append(("set", name, tree))
                    known.pop(name, None)
            case "send":
                self._send(e, out, known)
            case "cancel":
                out.append(("cancel", e.get("sendid") or self._fixed(e, "sendid", known)))
            case "foreach":
                self._foreach(e, out, known)
            case "if":
                self._if(e, out, known)
            case other:
                raise Skip(f"elements: <{other}>")

    def _log(self, e: ET.Element, out: list[Step]) -> None:
        text = e.get("expr", "")
        plain = ("str", "num", "bool", "name", "op", "list", "member", "call")
        for part in parts(self.checked(text)) if text.strip() else ():
            harmless = part[0] in plain and (part[0] != "call" or part[1] == ("member", ("name", "JSON"), "stringify"))
            if not harmless or (part[0] == "member" and part[1] not in (("name", "_event"), ("name", "JSON"))):
                raise Skip("scripts: function calls")
        out.append(("log", text or e.get("label") or "log"))

    def _assign(self, e: ET.Element, out: list[Step], known: dict[str, Any]) -> None:
        name = e.get("location", "").strip()
        if re.split(r"\W", name)[0] not in self.declared:
            raise Wrong(name)  # a system variable, or no variable
        if name not in self.declared:
            raise Skip("values: objects and fractions")
        if e.get("expr") is None:
            raise Skip("values: XML" if len(e) else "elements: <assign> without expr")
        tree = self.checked(e.get("expr", ""))
        out.append(("set", name, tree))
        known.pop(name, None)
        if literal(tree) is not None:
            known[name] = literal(tree)

    def _fixed(self, e: ET.Element, key: str, known: dict[str, Any]) -> str:
        """An attribute, or the value of its expression if that is known beforehand; "" if there is neither."""
        text = e.get(f"{key}expr")
        if text is None:
            return e.get(key, "")
        tree = self.checked(text)
        value = known.get(tree[1]) if tree[0] == "name" else literal(tree)
        if not isinstance(value, str):
            if key == "target":
                raise Skip("sessions: an address worked out at run time")
            raise Skip(f"attributes: {key}expr with a value not known beforehand")
        self.notes.add("an attribute's expression as its value, where that is known beforehand")
        return value

    def _send(self, e: ET.Element, out: list[Step], known: dict[str, Any]) -> None:
        kind = self._fixed(e, "type", known)
        if "HTTP" in kind:
            raise Skip("sessions: HTTP")
        target = self._fixed(e, "target", known)
        if kind not in PROCESSOR or (target and not target.startswith("#_")):
            raise Wrong(kind or target)
        whom = target.removeprefix("#_")
        if whom not in ("", "internal", *self.partners):
            raise Skip("sessions: unknown ones, and error.communication")
        event, delay = self._fixed(e, "event", known), self._fixed(e, "delay", known)
        if not event:
            raise Skip("elements: <send> without event")
        wait = milliseconds(delay) if delay else 0
        if wait and whom == "internal":
            raise Skip("delays: of internal events")
        name = e.get("id", "")
        if place := e.get("idlocation", "").strip():
            if place not in self.declared:
                raise Wrong(place)
            name = f"(id {next(self.ids)})"
            out += [("once", name), ("set", place, ("str", name))]
            known[place] = name
            self.notes.add("an id that the processor makes up as one made up beforehand")
        if whom in self.partners:
            out.append(("tell", whom, event, wait, name, self.payload(e, note=False)))
            return
        out.append(("send", event, wait, name, self.payload(e), target == "#_internal"))

    def payload(self, e: ET.Element, *, note: bool = True) -> dict[str, Tree]:
        """The data of an event: by name, or under "" the whole of it."""
        found: dict[str, Tree] = {name: self.checked(name) for name in e.get("namelist", "").split()}
        for part in of(e, "param", "content"):
            name = part.get("name", "")
            if name in found:
                raise Skip("events: the same param twice")
            text = part.get("expr") or part.get("location")
            if text is not None:
                found[name] = self.checked(text)
            elif tag(part) == "content" and (part.text or "").lstrip().startswith("{"):
                found |= {key: as_tree(value) for key, value in json_object(part.text or "").items()}
            elif (tree := self.content(part)) is not None:
                found[name] = tree
        if found and note:
            self.notes.add("the data of an event in fields")
        return found

    def _foreach(self, e: ET.Element, out: list[Step], known: dict[str, Any]) -> None:
        item, index = e.get("item", ""), e.get("index", "")
        tree = self.checked(e.get("array", ""))
        if not item.isidentifier():
            raise Wrong(item)
        array = known.get(tree[1]) if tree[0] == "name" else literal(tree)
        if array is None:
            raise Skip("foreach: over a list that is not constant")
        if not isinstance(array, list):
            raise Wrong("no list")
        self.notes.add("foreach written out")
        for place, value in enumerate(array):
            for name, now in ((item, value), (index, place)):
                if name:
                    out.append(("set", name, as_tree(now)))
                    known[name] = now
            self._into(e, out, known)

    def _if(self, e: ET.Element, out: list[Step], known: dict[str, Any]) -> None:
        branches: list[tuple[Tree, list[ET.Element]]] = [(self._condition(e), [])]
        for part in e:
            if tag(part) in ("elseif", "else"):
                branches.append((self._condition(part) if tag(part) == "elseif" else ("bool", True), []))
            else:
                branches[-1][1].append(part)
        while branches and branches[0][0] == ("bool", False):
            branches.pop(0)
        if branches and branches[0][0] == ("bool", True):
            self._into(branches[0][1], out, known)
            return
        taken: list[tuple[Tree, list[Step]]] = []
        changed: set[str] = set()
        for condition, body in branches:
            steps: list[Step] = []
            inside = dict(known)
            self._into(body, steps, inside)
            changed |= {name for name in {*known, *inside} if known.get(name) != inside.get(name)}
            taken.append((condition, steps))
        for name in changed:
            known.pop(name, None)
        if taken:
            out.append(("if", taken))

    def _condition(self, e: ET.Element) -> Tree:
        try:
            return self.checked(e.get("cond", ""))
        except Wrong:
            raise Skip("conditions that are errors (ours cannot be)") from None
