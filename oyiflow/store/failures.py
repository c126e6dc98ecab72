"""Why a database cannot be used, each reason with a type and a sentence in both languages.

StoreUnavailable
├── DiskFull         no room; what was tried left nothing behind, reading goes on
├── StoreLocked      another connection holds the database for longer than we wait
├── StoreInUse       another engine process owns the file; `pid` says which
├── StoreCorrupt     the file is damaged
├── NotAStore        the file is no database, or some other program's
├── MissingFolder    the folder of the file does not exist, or the file cannot be opened
├── FileGone         the file was deleted, renamed or replaced while it was open
├── StoreGone        the database server cannot be reached, or hung up; a write that was under way may have been done or not:
│                    repeat it under the same key
├── StoreReadOnly    file or folder may not be written
├── OlderStore       its tables are to be brought up to date first (`oyiflow db upgrade`)
└── NewerStore       a later OyiFlow made it
"""

from __future__ import annotations

import sqlite3

from oyiflow.errors import Conflict, EventRejected, OyiFlowError, StoreUnavailable


class DiskFull(StoreUnavailable):
    """No room is left on the disk."""


class StoreLocked(StoreUnavailable):
    """The database stayed locked."""


class StoreInUse(StoreUnavailable):
    """Another engine process owns the file."""

    def __init__(self, zh: str, en: str, *, pid: int | None = None) -> None:
        super().__init__(zh, en)
        self.pid = pid


class StoreCorrupt(StoreUnavailable):
    """The file is damaged."""


class NotAStore(StoreUnavailable):
    """The file is not an OyiFlow database."""


class MissingFolder(StoreUnavailable):
    """The file cannot be opened."""


class FileGone(StoreUnavailable):
    """The file was deleted, renamed or replaced while it was open."""


class StoreGone(StoreUnavailable):
    """The database server is away. Whether a write that was under way has been done, its key tells when it is back."""


class OlderStore(StoreUnavailable):
    """The tables are those of an earlier version, or there are none."""


class StoreReadOnly(StoreUnavailable):
    """The file cannot be written."""


class NewerStore(StoreUnavailable):
    """A later version of OyiFlow made the file."""


_BY_CODE: dict[int, tuple[type[StoreUnavailable], str, str]] = {
    sqlite3.SQLITE_FULL: (DiskFull, "磁盘已满，本次没有写入", "the disk is full; nothing of this call was written"),
    sqlite3.SQLITE_BUSY: (StoreLocked, "数据库被其他连接锁住", "another connection keeps the database locked"),
    sqlite3.SQLITE_LOCKED: (StoreLocked, "数据库被其他连接锁住", "another connection keeps the database locked"),
    sqlite3.SQLITE_CORRUPT: (StoreCorrupt, "数据库文件已损坏", "the database file is damaged"),
    sqlite3.SQLITE_NOTADB: (NotAStore, "这个文件不是数据库", "the file is not a database"),
    sqlite3.SQLITE_CANTOPEN: (MissingFolder, "打不开数据库文件", "the database file cannot be opened"),
    sqlite3.SQLITE_READONLY: (StoreReadOnly, "数据库只读，不能写入", "the database is read-only"),
    sqlite3.SQLITE_PERM: (StoreReadOnly, "没有读写数据库的权限", "no permission to use the database"),
}
_OTHER = (StoreUnavailable, "数据库出错，本次没有写入", "the database failed; nothing was written")
_TAKEN = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)


def translate(error: sqlite3.Error, path: str) -> OyiFlowError:
    """Our error for the driver's: a broken uniqueness means that somebody was faster, all else is the store's trouble."""
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if extended in _TAKEN:
        return Conflict("别人已先一步写入", "somebody else wrote it first")
    code = extended & 0xFF  # the low byte; the rest says where it happened
    kind, zh, en = _BY_CODE.get(code, _OTHER)
    return kind(f"{zh}：{path}：{error}", f"{en}: {path}: {error}")


def unfit() -> EventRejected:
    """The refusal of a value that no database keeps: half a character (a lone surrogate), a number beyond 64 bits."""
    return EventRejected(
        "含有不能保存的字符或过大的数", "holds a character or a number that cannot be stored", code="invalid_value"
    )
