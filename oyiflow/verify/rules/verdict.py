"""What is known of a rule: proved, refuted by a way on which it is broken, not decided, or kept while the process runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from oyiflow.model.definition import Rule, Text
from oyiflow.model.example import Example
from oyiflow.verify.explore.way import Way

Outcome = Literal["proved", "refuted", "undecided", "runtime", "words"]
OUTCOMES: dict[Outcome, Text] = {
    "proved": Text(zh="已证明", en="proved"),
    "refuted": Text(zh="不成立", en="broken"),
    "undecided": Text(zh="未能判定", en="not decided"),
    "runtime": Text(zh="运行时强制", en="kept while running"),
    "words": Text(zh="只有文字", en="words only"),
}
Reason = Literal[
    "returned",
    "used_up",
    "changed",
    "refused",
    "skipped",
    "deadline",
    "shortcut",
    "early",
    "left_out",
    "before",
    "condition",
    "forbidden",
]
"""Why a rule is broken: see `reasons`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """How a rule is broken: the way there, why, and what to say of it."""

    way: Way
    reason: Reason
    told: Text
    remedy: Text
    example: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known of one rule. `means`: what was asked; `looked_at`: situations; `vacuous`: why it says nothing, if so."""

    rule: Rule
    number: int
    outcome: Outcome
    means: Text
    looked_at: int = 0
    broken: Broken | None = None
    why: Text | None = None
    """Of "not decided" and of what is kept while running: why."""
    vacuous: Text | None = None
    assumes: tuple[Text, ...] = ()
