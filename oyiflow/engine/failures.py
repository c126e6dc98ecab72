"""What has gone wrong, in words: as the journal tells it, and as the store keeps it beside what is tried again.

Our own refusals have both languages and keep them apart; what a handler raises has the one that its author gave it.
"""

from __future__ import annotations

import json

from oyiflow.engine.texts import to_text
from oyiflow.errors import Bilingual, OyiFlowError
from oyiflow.kernel.codec import words_from_json, words_to_json

REASON = 500
"""How much of a failure is told, in each language."""
_APART = '{"zh":'


def reason_of(error: Exception) -> str:
    """Why something has failed; half characters, which names of files may bring along, become `?`."""
    if isinstance(error, OyiFlowError):
        return Bilingual(*(_storable(words) for words in (error.zh, error.en)))
    return _storable(f"{type(error).__name__}: {error}")


def _storable(text: str) -> str:
    return text.encode(errors="replace").decode()[:REASON]


def column_of(reason: str) -> str:
    """A reason as a column of the store."""
    return to_text(words_to_json(reason)) if isinstance(reason, Bilingual) else reason


def reason_in(column: str) -> str:
    """The reason that stands in a column of the store."""
    return words_from_json(json.loads(column)) if column.startswith(_APART) else column
