"""Ids for other programs from names in any language.

An id in XML may hold Chinese letters; the readers of BPMN files in use refuse them, and Mermaid's ids are short of signs. So every character
beyond ASCII letters and digits is written as its code (复核 → u590Du6838), after a prefix that says what the element is. Two
names that would come to the same id are told apart by a number, in the order in which they are asked for.
"""

from __future__ import annotations

import re

_PLAIN = re.compile("[A-Za-z0-9_]")


class Ids:
    """Hands out ids; the same prefix and name always give the same id. `signs`: what may stand in one besides letters and digits."""

    def __init__(self, signs: str = ".-") -> None:
        self._signs = signs
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()
        self._used: dict[str, int] = {}

    def of(self, prefix: str, name: str) -> str:
        """The id of what `name` names."""
        known = self._given.get((prefix, name))
        if known is None:
            known = self._given[prefix, name] = self.fresh(prefix, name)
        return known

    def knows(self, prefix: str, name: str) -> bool:
        """Whether an id has been asked for before."""
        return (prefix, name) in self._given

    def fresh(self, prefix: str, name: str) -> str:
        """An id that nothing else has."""
        wanted = f"{prefix}_{written(name, self._signs)}" if name else prefix
        number = self._used.get(wanted, 0)
        free = wanted
        while free in self._taken:
            number += 1
            free = f"{wanted}_{number + 1}"
        self._used[wanted] = number
        self._taken.add(free)
        return free


def written(name: str, signs: str = ".-") -> str:
    """A name in ASCII letters, digits, `_` and `signs`."""
    return "".join(char if _PLAIN.fullmatch(char) or char in signs else f"u{ord(char):04X}" for char in name)
