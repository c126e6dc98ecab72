"""Nets from anywhere: is a Petri net sound, and if not, a run that shows why. Knows nothing of definitions.

>>> net = Net.of({"split": ("i", "a b"), "join": ("a c", "o")})
>>> verdict = soundness(net)
>>> verdict.status.value, verdict.kind.value, verdict.trace
('unsound', 'deadlock', ('split',))
"""

from __future__ import annotations

from oyiflow.verify.nets.net import Ends, Kind, Net, NotThatTransition, Status, Verdict, replay
from oyiflow.verify.nets.pnml import UnreadableNet, read_pnml
from oyiflow.verify.nets.soundness import Effort, soundness

__all__ = [
    "Effort", "Ends", "Kind", "Net", "NotThatTransition", "Status", "UnreadableNet", "Verdict", "read_pnml", "replay", "soundness",
]  # fmt: skip
