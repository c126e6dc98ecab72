"""An older version of a process in the names of a newer one: who compares them then sees a step or field that was renamed as the same.

What was renamed is what `migration` says: a new name with `was:`, the way back, and the branches of a `together` by what is
in them. Names stand in many parts of a definition; the tables below say in which, and the rest is text that nobody renames.
It is done on the stored form, in which the tree of states is flat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from oyiflow.kernel.counterparts import BACK, names, places
from oyiflow.model import canonical
from oyiflow.model.definition import Definition

STEPS: Mapping[str, tuple[str, ...]] = {
    "State": ("id", "initial"), "Transition": ("targets",), "Assignee": ("whoever_did",), "Notify": ("about",),
    "Rule": ("steps", "must"), "Report": ("of",), "Move": ("step",), "Example": ("now_at", "ends", "told", "cannot"),
    "Active": ("state",),
}  # fmt: skip
"""Where the name of a step or state stands."""
FIELDS: Mapping[str, tuple[str, ...]] = {
    "Field": ("name",), "Name": ("name",), "Assignee": ("person_in",), "While": ("same",), "Call": ("each", "outputs"),
    "Work": ("fill", "see", "hide", "not_before", "stamp", "by_field"), "Set": ("field",), "Transition": ("at",),
    "Report": ("on", "per", "total", "days"), "Figures": ("gives",), "Move": ("values",), "Example": ("values",),
}  # fmt: skip
"""Where the name of a field stands."""
EVENTS: Mapping[str, tuple[str, ...]] = {
    "Outcome": ("event",), "Transition": ("events",), "Raise": ("event",), "Send": ("event", "id"), "Cancel": ("id",), "Move": ("event",),
}  # fmt: skip
"""Where an event stands that may be named after a step."""
PAIRS = frozenset((("Call", "outputs"), ("Figures", "gives"), ("Move", "values"), ("Example", "values")))
"""Where pairs stand, of which only the first part is a name of ours."""
COLUMNS = ("Field", "columns")


class Renaming(NamedTuple):
    """What is called otherwise in the newer version: by the old name, the new one."""

    steps: Mapping[str, str]
    fields: Mapping[str, str]


class Carried(NamedTuple):
    """The older version in the names of the newer one."""

    definition: Definition
    told: Renaming
    """What the author has renamed."""
    back: Renaming
    """By every name that is new here, what it was before."""


def carried(old: Definition, new: Definition) -> Carried:
    """The older version in the names of the newer one; itself where nothing was renamed."""
    told = Renaming(_news(names(old.states, new.states)), _news(names(old.field, new.field)))
    every = Renaming(
        _apart(places(old, new), old.states, new.states), _apart(names(old.field, new.field), old.field, new.field)
    )
    if not every.steps and not every.fields:
        return Carried(old, told, every)
    backs = {f"{BACK}{was}": f"{BACK}{now}" for was, now in every.steps.items() if f"{BACK}{was}" in old.field}
    table = _Table(_parts(old, every._replace(fields={**every.fields, **backs})), every.steps)
    made = canonical.decode(table.renamed(canonical.encode(old)))
    assert isinstance(made, Definition), "a definition with other names in it"
    return Carried(made, told, Renaming(*({now: was for was, now in one.items()} for one in every)))


def _news(found: Mapping[str, str]) -> dict[str, str]:
    return {was: now for was, now in found.items() if was != now}


def _apart(found: Mapping[str, str], old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """With names of their own for those whose name is another's now."""
    taken = {*_news(found).values()}
    return _news(found) | {name: f"{name}@old" for name in old if name not in found and name in taken}


def _parts(old: Definition, every: Renaming) -> dict[tuple[str, str], Mapping[str, str]]:
    """By class and part, what to call what stands there."""
    events = {
        f"{of}.{was}": f"{of}.{now}" for was, now in every.steps.items() for of in ("done.state", "done.call", "error.call")
    }
    for was, now in every.steps.items() if old.body == "steps" else ():  # elsewhere the author names them
        state = old.states[was]
        answers = [one.event for one in state.work.outcomes] if state.work is not None else []
        events |= {event: now + event.removeprefix(was) for event in answers if event.startswith(f"{was}.")}
    tables = ((STEPS, every.steps), (FIELDS, every.fields), (EVENTS, events))
    return {(kind, part): called for table, called in tables for kind, parts in table.items() for part in parts}


class _Table(NamedTuple):
    """What to call what stands where, and the steps for where a value names one."""

    parts: Mapping[tuple[str, str], Mapping[str, str]]
    steps: Mapping[str, str]

    def renamed(self, data: Any) -> Any:
        """The stored form with other names; the columns of a list are no fields."""
        if isinstance(data, list):
            return [self.renamed(item) for item in data]
        if not isinstance(data, dict):
            return data
        kind = data["is"]
        found = {part: value if (kind, part) == COLUMNS else self._part(kind, part, value) for part, value in data.items()}
        for part in ("value", "right") if _goes_back(data) else ():
            if part in found:
                found[part] = {**found[part], "value": self.steps.get(found[part]["value"], found[part]["value"])}
        return found

    def _part(self, kind: str, part: str, value: Any) -> Any:
        called = self.parts.get((kind, part))
        if called is None:
            return self.renamed(value)
        if (kind, part) in PAIRS:
            return [[called.get(name, name), *rest] for name, *rest in value]
        return _each(value, lambda name: called.get(name, name))


def _goes_back(data: Mapping[str, Any]) -> bool:
    """Whether something is written to, or compared with, a hidden field that holds the name of a step."""
    left = data.get("left") or {}
    name = data.get("field") if data["is"] == "Set" else left.get("name") if data["is"] == "Compare" else None
    return isinstance(name, str) and name.startswith(BACK)


def _each(value: Any, call: Callable[[str], str]) -> Any:
    """A name, or names in lists of lists."""
    return [_each(item, call) for item in value] if isinstance(value, list) else call(value)
