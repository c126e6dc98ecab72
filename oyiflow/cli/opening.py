"""Opening what a command works on: the engine on its file, the company, values given as FIELD=VALUE."""

from __future__ import annotations

import argparse
import hashlib
import logging
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oyiflow.checking import load_company
from oyiflow.cli.console import Console
from oyiflow.cli.typed import value_of
from oyiflow.engine import Engine
from oyiflow.errors import Forbidden, OyiFlowError, UnknownInstance
from oyiflow.model.company import Company
from oyiflow.model.definition import Field
from oyiflow.store.opening import is_postgres


class _Told(logging.Handler):
    """What an engine logs while a command runs, on stderr, in the language asked for."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """A refusal has both languages; all else is there in one."""
        about = record.args[0] if isinstance(record.args, tuple) and len(record.args) == 1 else None
        words = (about.zh, about.en) if isinstance(about, OyiFlowError) else (record.getMessage(),) * 2
        self._console.warn(*words)


def open_engine(arguments: argparse.Namespace) -> Engine:
    """The engine on `--db`, with the people of the company file."""
    logging.getLogger("oyiflow").handlers = [_Told(Console(arguments.lang, arguments.json))]
    db: str = arguments.db
    url = db if is_postgres(db) else f"sqlite:///{Path(db).as_posix()}"
    return Engine(url, directory=company_of(arguments))


def company_of(arguments: argparse.Namespace) -> Company | None:
    """The company file that was named, or the nearest `company.yaml`; None if there is none."""
    named = getattr(arguments, "company", None)
    if named:
        return load_company(named)
    beside = [
        Path(text).parent for name in ("process", "file") if (text := getattr(arguments, name, None)) and Path(text).is_file()
    ]
    for folder in (*beside, Path(), Path("processes")):
        if (folder / "company.yaml").is_file():
            return load_company(folder / "company.yaml")
    return None


def need_company(arguments: argparse.Namespace) -> None:
    """Say clearly that nobody can act while nobody is known."""
    company = company_of(arguments)
    person = getattr(arguments, "person", None)
    if company is not None and person and company.person(person) is None:
        known = ", ".join(p.name for p in company.people)
        where = getattr(arguments, "company", None) or "company.yaml"
        raise Forbidden(f"没有这个人: {person}；{where} 里有 {known}", f"nobody is called {person!r}; {where} knows {known}")
    if company is None:
        raise OyiFlowError(
            "不知道谁担任什么角色: 没有找到 company.yaml。写一个，例如\n"
            "company: 我的公司\npeople:\n  li: {title: 李明, roles: [sales]}\n或用 --company 文件 指明",
            "nobody is known: there is no company.yaml; write one as above, or name it with --company FILE",
        )


def is_empty(arguments: argparse.Namespace) -> bool:
    """Whether there is no database yet, though there could be one: looking makes none."""
    path = Path(arguments.db)
    return not is_postgres(arguments.db) and path.parent.is_dir() and not path.exists()


def need_instance(arguments: argparse.Namespace) -> None:
    """Say that there are no instances at all, without making a database."""
    if is_empty(arguments):
        raise UnknownInstance(
            f"没有实例 {arguments.instance}: 还没有数据库 {arguments.db}",
            f"there is no instance {arguments.instance}: there is no database {arguments.db} yet",
        )


def _file(path: Path) -> dict[str, Any]:
    """What is kept of a file: its name, size, type and digest. The file itself stays where it is."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = path.stat().st_size
    except OSError as error:
        raise OyiFlowError(
            f"文件 {path} 读不出来: {error.strerror}", f"the file {path} cannot be read: {error.strerror}"
        ) from None
    return {"name": path.name, "size": size, "type": mimetypes.guess_type(path.name)[0] or "", "digest": f"sha256:{digest}"}


def values_of(arguments: argparse.Namespace, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The fields given with `--set`, and the files given with `--attach`; `fields` are those of the process."""
    values: dict[str, Any] = {}
    for item in getattr(arguments, "files", ()):
        name, equals, path = item.partition("=")
        if not equals:
            raise OyiFlowError(f"--attach 要写成 字段=文件，收到的是 {item}", f"--attach takes FIELD=FILE, got {item}")
        values[name.strip()] = _file(Path(path))
    for item in arguments.values:
        name, equals, value = item.partition("=")
        if not equals:
            raise OyiFlowError(f"--set 要写成 字段=值，收到的是 {item}", f"--set takes FIELD=VALUE, got {item}")
        values[name.strip()] = value_of(fields.get(name.strip()), value)
    return values
