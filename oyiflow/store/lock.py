"""One engine process per database file: a lock that the operating system frees when its holder dies.

SQLite would let several processes write in turn, but one of them can starve for a second and more; and an engine that
is alone may trust what it has cached. The lock is a byte of `<database>.lock`; beside it stands the holder's process
id, for the error message only. Nothing ever needs to be cleaned up by hand: after a kill the lock is free.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from oyiflow.store.failures import StoreInUse, StoreReadOnly

_BYTE = 1 << 20  # far behind the number, so that the number can be read while the byte is locked (Windows locks by range)
_PAUSE = 0.02


class FileLock:
    """Taken once and kept until `release`; a second one on the same file waits, then says who holds it."""

    def __init__(self, path: Path, wait: float) -> None:
        self._path = path
        self._wait = wait
        self._file: int | None = None
        self.held = False
        """Whether we have it."""

    def acquire(self) -> None:
        """Take the lock or raise `StoreInUse`."""
        if self._file is not None:
            return
        file = self._open()
        if not _patiently(file, self._wait):
            pid = _holder(file)
            os.close(file)
            who = f"进程 {pid} " if pid else "另一个进程"
            raise StoreInUse(
                f"{who}正在使用这个数据库，请先停掉它或稍后再试：{self._path}",
                f"process {pid or '(unknown)'} is using this database; stop it or try again later: {self._path}",
                pid=pid,
            )
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file, self.held = file, True

    def release(self) -> None:
        """Let go; the file stays, for removing it would race with the next holder."""
        if self._file is not None:
            _free(self._file)  # not only closed: a forked child may still hold the descriptor
            os.close(self._file)
            self._file, self.held = None, False

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        except OSError as error:
            raise StoreReadOnly(f"不能建立锁文件：{error}", f"the lock file cannot be created: {error}") from error


def _patiently(file: int, wait: float) -> bool:
    end = time.monotonic() + wait
    while not _try(file):
        if time.monotonic() >= end:
            return False
        time.sleep(_PAUSE)
    return True


def _holder(file: int) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        os.lseek(file, 0, os.SEEK_SET)
        return int(os.read(file, 20) or b"x")
    return None


if os.name == "nt":
    import msvcrt

    def _try(file: int) -> bool:
        os.lseek(file, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        os.lseek(file, 0, os.SEEK_SET)
        return True

    def _free(file: int) -> None:
        """Closing frees it."""

else:
    import fcntl

    def _try(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _free(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
