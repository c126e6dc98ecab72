"""`oyiflow db status|upgrade|restore`: which version the tables have, bringing them up to date, restoring a damaged case.

A file is brought up to date by whoever opens it; a PostgreSQL database only by this command, because other processes may be
running on it.
"""

from __future__ import annotations

import argparse
import sqlite3
from pathlib import Path

from oyiflow.cli.console import Console
from oyiflow.cli.opening import need_instance, open_engine
from oyiflow.errors import OyiFlowError
from oyiflow.store import SqliteStore, schema_status, upgrade
from oyiflow.store.opening import is_postgres
from oyiflow.store.sql import migrations


def db(arguments: argparse.Namespace, console: Console) -> int:
    """Status: 0 when the tables are those of this program, else 1. Upgrade and restore: 0. 2 when it is not clear what is meant."""
    if (arguments.action == "restore") != bool(arguments.instance):
        console.failure(
            OyiFlowError("restore 要写明恢复哪个案件，别的都不要", "restore names the case to restore, and only restore does")
        )
        return 2
    return _restore(arguments, console) if arguments.instance else _tables(arguments, console)


def _restore(arguments: argparse.Namespace, console: Console) -> int:
    need_instance(arguments)
    with open_engine(arguments) as engine:
        instance = engine.restore(arguments.instance)
    if console.as_json:
        console.json({"instance": instance.id, "revision": instance.revision, "status": instance.status})
    console.say(
        f"{instance.id}: 已从经过恢复到第 {instance.revision} 步",
        f"{instance.id}: restored from its journal, as of step {instance.revision}",
    )
    return 0


def _tables(arguments: argparse.Namespace, console: Console) -> int:
    asked: str = arguments.db
    if is_postgres(asked):
        found = upgrade(asked) if arguments.action == "upgrade" else schema_status(asked)
        name, before, known = found.name, found.version, found.known
    else:
        name, known = asked, len(migrations())
        before = _file_version(Path(asked))
        if arguments.action == "upgrade":
            SqliteStore(asked).close()
    after = known if arguments.action == "upgrade" else before
    if console.as_json:
        console.json({"database": name, "version": after, "before": before, "known": known})
    else:
        console.say(*_sentence(name, before, after, known))
    return 0 if after == known else 1


def _sentence(name: str, before: int, after: int, known: int) -> tuple[str, str]:
    if before != after:
        return f"{name}: 结构 {before} 已升级到 {after}", f"{name}: schema {before} has been upgraded to {after}"
    if after == known:
        return f"{name}: 结构 {after}，是最新的", f"{name}: schema {after}, up to date"
    if not after:
        return (
            f"{name}: 还没有 OyiFlow 的表（oyiflow db upgrade 建立）",
            f"{name}: no tables of OyiFlow yet (oyiflow db upgrade makes them)",
        )
    if after > known:
        return (
            f"{name}: 结构 {after}，本程序只认到 {known}，请升级程序",
            f"{name}: schema {after}, newer than this program ({known})",
        )
    return (
        f"{name}: 结构 {after}，本程序要 {known}（oyiflow db upgrade）",
        f"{name}: schema {after}, this program needs {known} (oyiflow db upgrade)",
    )


def _file_version(path: Path) -> int:
    """The version of a file; 0 if there is none. Looks only."""
    if not path.is_file():
        return 0
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return int(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError:
        return 0
    finally:
        db.close()
