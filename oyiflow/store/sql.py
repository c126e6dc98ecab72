"""SQL as source code: the named statements and the numbered migrations of each database, read from the package.

A statement of `statements/DIALECT.sql` begins with `-- name: its_name`; the comment lines after it say why it is written
so. A migration is a file `migrations/DIALECT/NNNN_what.sql`; its number is the schema version that it leads to. Files that
were released never change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Migration(NamedTuple):
    """The statements that lead to schema `version`."""

    version: int
    statements: tuple[str, ...]


@cache
def queries(dialect: str = "sqlite") -> Mapping[str, str]:
    """The statements of a database by name, without their comments."""
    text = files(__package__).joinpath("statements", f"{dialect}.sql").read_text("utf-8")
    found: dict[str, str] = {}
    for block in text.split("-- name: ")[1:]:
        name, _, body = block.partition("\n")
        assert name.strip() not in found, f"two queries are called {name}"
        found[name.strip()] = " ".join(line.strip() for line in body.splitlines() if line.strip() and not line.startswith("--"))
    return found


@cache
def migrations(dialect: str = "sqlite") -> tuple[Migration, ...]:
    """All migrations of a database, the first one first; their numbers run from 1 without a gap."""
    folder = files(__package__).joinpath("migrations", dialect)
    named = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    found = tuple(Migration(int(f.name[:4]), _statements(f.read_text("utf-8"))) for f in named)
    assert [m.version for m in found] == list(range(1, len(found) + 1)), "migration numbers have a gap"
    return found


def _statements(text: str) -> tuple[str, ...]:
    done: list[str] = []
    open_: list[str] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("--"):
            continue
        open_.append(line)
        if sqlite3.complete_statement("\n".join(open_)):
            done.append("\n".join(open_))
            open_ = []
    assert not open_, "a migration ends within a statement"
    return tuple(done)
