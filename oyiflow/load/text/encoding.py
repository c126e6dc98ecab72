"""Bytes to text: UTF-8 only, and for anything else what it is and how to save it."""

from __future__ import annotations

from oyiflow.diagnostics import Diagnostic, Fix, Source, Span
from oyiflow.load.text import prescan


def read_bytes(name: str, data: bytes) -> tuple[Source | None, list[Diagnostic]]:
    """The text of a file, which must be UTF-8; a byte order mark is taken off. Otherwise no text, and how to save it."""
    if len(data) > prescan.MAX_SIZE:
        size = prescan.MAX_SIZE // 1_000_000
        return None, [
            _bad_bytes("OF008", Span(file=name), f"文件超过 {size} MB", f"the file is larger than {size} MB", prescan.SPLIT)
        ]
    body = data.removeprefix(b"\xef\xbb\xbf")
    zero = body.find(b"\0")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None, [
            _bad_bytes("OF010", Span(file=name), "文件的编码是 UTF-16，应是 UTF-8", "the file is UTF-16, not UTF-8", _SAVE)
        ]
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        zh, en = "文件的编码不是 UTF-8", "the file is not UTF-8"
        if zero < 0 and _decodes(body, "gb18030"):
            zh, en = "文件的编码是 GBK（GB18030），应是 UTF-8", "the file is GBK (GB18030), not UTF-8"
        return None, [_bad_bytes("OF010", _place_of(name, body, error.start), zh, en, _SAVE)]
    if zero >= 0:
        fix = Fix(zh="这不是文本文件，或已损坏", en="this is no text file, or it is damaged")
        return None, [_bad_bytes("OF010", _place_of(name, body, zero), "文件里有 NUL 字节", "the file holds a NUL byte", fix)]
    return Source(name=name, text=text), []


_SAVE = Fix(
    zh="在编辑器里选“另存为 → 编码 UTF-8”", en="save it as UTF-8 (in the editor: Save as, encoding UTF-8)"
)  # fmt: skip


def _bad_bytes(code: str, span: Span, zh: str, en: str, fix: Fix) -> Diagnostic:
    return Diagnostic(code=code, span=span, zh=zh, en=en, fix=fix)


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _place_of(name: str, data: bytes, offset: int) -> Span:
    lines = Source(name=name, text=data[:offset].decode("utf-8")).lines
    line, column = len(lines), len(lines[-1]) + 1
    return Span(file=name, line=line, column=column, end_line=line, end_column=column + 1)
