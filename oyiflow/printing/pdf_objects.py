"""The syntax of PDF: objects with numbers, streams, strings, the table of where they are.

Streams are not compressed: what a compressor makes differs from one of its versions to the next, and the same chart must
give the same bytes everywhere. The only identifier of a file is the sum of its content; there is no date in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

_HEAD: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


class Ref(int):
    """The number of an object, written as a reference to it."""


Value = None | bool | int | float | str | bytes | Ref | list["Value"] | Mapping[str, "Value"]
"""A `str` is a name or ready syntax, `bytes` are syntax too; texts for people go through `text`."""


class Objects:
    """Objects in the order of their numbers; one may be referred to before it is there."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []

    def reserve(self) -> Ref:
        """A number whose object comes later."""
        self._bodies.append(b"")
        return Ref(len(self._bodies))

    def put(self, ref: Ref, value: Value) -> None:
        """The object of a reserved number."""
        self._bodies[ref - 1] = serialized(value)

    def add(self, value: Value) -> Ref:
        """A new object."""
        ref = self.reserve()
        self.put(ref, value)
        return ref

    def stream(self, data: bytes, entries: Mapping[str, Value] | None = None) -> Ref:
        """A new stream."""
        ref = self.reserve()
        self._bodies[ref - 1] = serialized({**(entries or {}), "Length": len(data)}) + b"\nstream\n" + data + b"\nendstream"
        return ref

    def file(self, root: Ref, info: Ref) -> bytes:
        """The whole document."""
        parts, places, at = [_HEAD], [], len(_HEAD)
        for number, body in enumerate(self._bodies, 1):
            part = b"%d 0 obj\n%b\nendobj\n" % (number, body)
            places.append(at)
            parts.append(part)
            at += len(part)
        digest = b"<%b>" % sha256(b"".join(parts)).hexdigest()[:32].encode("ascii")
        table = b"".join(b"%010d 00000 n \n" % place for place in places)
        size = len(places) + 1
        trailer = serialized({"Size": size, "Root": root, "Info": info, "ID": [digest, digest]})
        parts.append(b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (size, table, trailer, at))
        return b"".join(parts)


def serialized(value: Value) -> bytes:
    """A value in the syntax of PDF."""
    if value is None:
        return b"null"
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, Ref):
        return b"%d 0 R" % value
    if isinstance(value, int | float):
        return number(value).encode("ascii")
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return f"/{value}".encode("ascii")
    if isinstance(value, list):
        return b"[" + b" ".join(map(serialized, value)) + b"]"
    return b"<<" + b" ".join(b"/%b %b" % (key.encode("ascii"), serialized(entry)) for key, entry in value.items()) + b">>"


def text(words: str) -> bytes:
    """A text for people."""
    return b"<FEFF" + words.encode("utf-16-be", errors="ignore").hex().upper().encode("ascii") + b">"


def number(value: float) -> str:
    """A number with at most three decimals."""
    short = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short
