"""What the parts of one version of a process are called in another, and which values have no place there.

States and fields are matched by name, or by `was:` where the new version says what something was called; the way back
follows the same words. Branches of a `together` that have no name of their own are known by what is in them.
A value whose field the other version does not know is lost when an instance moves there; moving on to a version that
knows the field again brings the last value back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oyiflow.kernel.snapshot import Snapshot
from oyiflow.model.definition import Definition, StateKind
from oyiflow.model.values import Problem, Value, read_value

BACK = "_back_"
"""How the hidden fields begin that hold, for a step, where it leads straight back to."""


def names(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """What each old name (of a state or field) is called in the new version; names without a counterpart are no keys.

    A new thing that says `was: x` takes the place of x; else the name itself; else, on the way back, what the old thing was.
    A `was` that the old version said already, or that speaks of a version before it, is no news.
    """
    news = {
        name: thing.was for name, thing in new.items() if thing.was in old and (name not in old or old[name].was != thing.was)
    }
    renamed = {was: name for name, was in news.items()}
    found: dict[str, str] = {}
    for name, thing in old.items():
        itself = name if name in new and name not in news else ""
        before = thing.was if thing.was in new and thing.was not in old else ""
        if other := renamed.get(name) or itself or before:
            found[name] = other
    return found


def places(old: Definition, new: Definition) -> dict[str, str]:
    """What each state is called in the new version: by its name, and what has none of its own by what is in it."""
    found = {**names(old.states, new.states), old.root.id: new.root.id}
    ours, theirs = regions(old), regions(new)
    for region in ours:
        found.pop(region, None)
        found.pop(f"{region}-end", None)
    for region, (above, number, steps) in ours.items():
        moved = {found[step] for step in steps if step in found}
        # A step that is new at the end of a branch has not been done: who is through with the branch is not through with that one.
        named = not number and region in theirs and not theirs[region][1] and moved.intersection(theirs[region][2][-1:])
        alike = (other for other, (_, _, inside) in theirs.items() if moved == set(inside) and len(moved) == len(steps))
        other = region if named else next(alike, None)
        if other is not None and found.get(above) == theirs[other][0]:
            found[region], found[f"{region}-end"] = other, f"{other}-end"
    return found


def regions(definition: Definition) -> dict[str, tuple[str, int, tuple[str, ...]]]:
    """The branches of each `together`: (the together, the number if that is all its name, the steps in it)."""
    found = {}
    for state in definition.states.values():
        below = state.states if state.kind is StateKind.PARALLEL and state.verb == "together" else ()
        for place, region in enumerate(below, 1):
            steps = tuple(step.id for step in region.states if step.verb)
            found[region.id] = (state.id, place if region.id == f"{state.id}-{place}" else 0, steps)
    return found


def lost(snapshot: Snapshot, old: Definition, new: Definition) -> tuple[str, ...]:
    """The fields that hold something for which the new version has no place, by their old names."""
    called = names(old.field, new.field)
    filled = (name for name, value in snapshot.data.items() if value is not None and not old.field[name].hidden)
    return tuple(name for name in filled if name not in called)


def newcomers(old: Definition, new: Definition) -> tuple[str, ...]:
    """The fields of the new version that the old one does not know."""
    known = set(names(old.field, new.field).values())
    return tuple(name for name, spec in new.field.items() if name not in known and not spec.hidden)


def recovered(past: Iterable[tuple[Snapshot, Definition]], old: Definition, new: Definition) -> dict[str, Value]:
    """What an instance held in fields that it loses under `old` and that `new` knows; `past`: its snapshots, the last one first.

    The last version that knew a field says what it held. What does not fit the field any more stays in the journal.
    """
    wanted, found = set(newcomers(old, new)), dict[str, Value]()
    for snapshot, definition in past:
        if not wanted:
            break
        for was, name in names(definition.field, new.field).items():
            if name not in wanted:
                continue
            wanted.discard(name)
            spec, value = new.field[name], snapshot.data.get(was)
            fits = spec.type is definition.field[was].type and value is not None
            read = read_value(spec, value, utc_offset_minutes=new.calendar.utc_offset_minutes) if fits else None
            if read is not None and not isinstance(read, Problem):
                found[name] = read
    return found
