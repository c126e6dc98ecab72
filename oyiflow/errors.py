"""What a caller may catch.

Three kinds of mistake exist and no fourth: an author's mistake is a `Diagnostic` (data, never raised by the readers),
a programmer's is an `assert`, and a caller's is one of these:

    OyiFlowError
    ├── InvalidDefinition   a process file does not load; carries the diagnostics
    ├── InvalidCompany      the file of people and roles does not load; carries the diagnostics
    ├── UnknownProcess      no such process, or no such version of it
    ├── UnknownInstance     no such instance
    ├── EventRejected       the instance does not accept this event now; names what it would accept
    ├── Forbidden           this person may not do this
    ├── Conflict            somebody else moved the instance first; read again and repeat
    ├── VersionMismatch     a snapshot belongs to another version or content of the definition
    ├── Damaged             what is stored can no longer be read; its own cases stand still, and no others
    │   ├── DamagedDefinition   a published definition; a VersionMismatch too
    │   └── DamagedInstance     the state of an instance
    └── StoreUnavailable    the database cannot be opened, is locked, full or newer than this program

Every message is there twice, in Chinese and in English; `str(error)` shows both, and `error.words` keeps them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from oyiflow.diagnostics import Diagnostic


class Bilingual(str):
    """A sentence that reads as both languages, `中文 (English)`, and from which each can be had alone."""

    __slots__ = ("en", "zh")
    zh: str
    en: str

    def __new__(cls, zh: str, en: str) -> Self:
        """The sentence in both languages."""
        made = super().__new__(cls, f"{zh} ({en})")
        made.zh, made.en = zh, en
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # what a copy is made of
        """Both languages."""
        return self.zh, self.en


def in_language(text: str, lang: str) -> str:
    """A text in one language, if it is there in both (`lang`: zh, en or both)."""
    if not isinstance(text, Bilingual) or lang == "both":
        return text
    return text.zh if lang == "zh" else text.en


class OyiFlowError(Exception):
    """The root: `zh` and `en` hold the message in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} ({en})")
        self.zh = zh
        self.en = en

    @property
    def words(self) -> Bilingual:
        """The message in both languages, as one text."""
        return Bilingual(self.zh, self.en)


class _WithDiagnostics(OyiFlowError):
    def __init__(self, zh: str, en: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(zh, en)
        self.diagnostics = tuple(diagnostics)


class InvalidDefinition(_WithDiagnostics):
    """A process file has errors; `diagnostics` holds all of them."""


class InvalidCompany(_WithDiagnostics):
    """The company file has errors; `diagnostics` holds all of them."""


class UnknownProcess(OyiFlowError):
    """No process, or no version of it, goes by this name."""


class UnknownInstance(OyiFlowError):
    """No instance goes by this id."""


class EventRejected(OyiFlowError):
    """The instance does not accept the event now. `code` is stable; `accepted` names what would be taken instead."""

    def __init__(self, zh: str, en: str, *, code: str = "rejected", accepted: Sequence[str] = ()) -> None:
        super().__init__(zh, en)
        self.code = code
        self.accepted = tuple(accepted)


class Forbidden(OyiFlowError):
    """The person does not hold the role, or a rule about people forbids it."""


class Conflict(OyiFlowError):
    """Another caller changed the instance in between; nothing of this call was written."""


class VersionMismatch(OyiFlowError):
    """A snapshot was made under another version or content digest of the definition."""


class Damaged(OyiFlowError):
    """Something in the store can no longer be read. Its own cases stand still, and no others. `key` tells it from all others."""

    def __init__(self, zh: str, en: str, key: str) -> None:
        super().__init__(zh, en)
        self.key = key


class DamagedDefinition(Damaged, VersionMismatch):
    """A published definition is gone from the store or not what its digest says.

    Publishing the same file once more puts it back. So does it, with the same company file, a calendar by which cases have counted.
    """

    @property
    def digest(self) -> str:
        """Of what was published."""
        return self.key


class DamagedInstance(Damaged):
    """The stored state of an instance cannot be read. Its journal gives it back (`Engine.restore`), if that is whole."""

    @property
    def instance(self) -> str:
        """Its id."""
        return self.key


class StoreUnavailable(OyiFlowError):
    """The store cannot be used now; nothing was written."""
