"""The rules of a definition: proved, or refuted with a story, or not decided, never guessed."""

from oyiflow.verify.rules.proving import prove
from oyiflow.verify.rules.verdict import OUTCOMES, Broken, Verdict

__all__ = ["OUTCOMES", "Broken", "Verdict", "prove"]
