"""Who is meant where no role is: people named in the form or by what they did, and those whose superiors are.

The kernel knows no company: an answer says whom its actor leads (`Act.leads`), and whoever makes an answer asks here about
whom that has to be known.
"""

from __future__ import annotations

from collections.abc import Iterable

from oyiflow.kernel.snapshot import Snapshot
from oyiflow.model.definition import Assignee, Definition


def persons_named(snapshot: Snapshot, assignees: Iterable[Assignee], superior: bool = False) -> tuple[str, ...]:
    """People whom assignees name by a field of the form or by what they did, as of this snapshot.

    With `superior`: those whose superiors are meant.
    """
    found: dict[str, None] = {}
    for assignee in assignees:
        if assignee.superior is not superior:
            continue
        if assignee.person_in:
            value = snapshot.data.get(assignee.person_in)
            found.update({str(value): None} if value else {})
        elif assignee.whoever_did:
            found.update(dict.fromkeys(snapshot.did.get(assignee.whoever_did, ())))
    heirs = dict(snapshot.kept.heirs)  # S52
    return tuple(dict.fromkeys(heirs.get(person, person) for person in found))


def asking_for_superiors(definition: Definition) -> tuple[Assignee, ...]:
    """Every assignee of a definition that means somebody's superior."""
    found: tuple[Assignee, ...] | None = definition.memo.get("superiors")
    if found is None:
        works = [state.work for state in definition.states.values() if state.work is not None]
        named = [one for work in works for one in (*work.by, *((work.who,) if work.who is not None else ()))]
        found = definition.memo["superiors"] = tuple(dict.fromkeys(one for one in named if one.superior))
    return found
