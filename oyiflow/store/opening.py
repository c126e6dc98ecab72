"""From an address to a store.

`sqlite:///file.db` (relative), `sqlite:////folder/file.db` (absolute), `sqlite://` or `sqlite:///:memory:`;
`postgresql://user@host/database`, as the PostgreSQL tools understand it, with `?schema=` for another schema than `oyiflow`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oyiflow.errors import StoreUnavailable
from oyiflow.store.protocol import Store
from oyiflow.store.sqlite import WAIT, SqliteStore

if TYPE_CHECKING:
    from oyiflow.store import schema

POSTGRES = ("postgresql", "postgres")


def is_postgres(url: str) -> bool:
    """Whether an address is that of a PostgreSQL database."""
    return url.partition("://")[0] in POSTGRES and "://" in url


def open_store(url: str, *, wait: float = WAIT) -> Store:
    """See the module. `wait` in seconds, for locks and for a server that is away."""
    if is_postgres(url):
        need_driver()
        from oyiflow.store.postgres import PostgresStore  # the driver is an extra

        return PostgresStore(url, wait=wait)
    scheme, separator, path = url.partition("://")
    if scheme != "sqlite" or not separator or (path and not path.startswith("/")):
        raise StoreUnavailable(
            f"不认识的数据库地址：{url}，应写作 sqlite:///文件名 或 postgresql://用户@主机/库",
            f"unknown database address: {url}; write sqlite:///file.db or postgresql://user@host/database",
        )
    path = path[1:]
    return SqliteStore(None if path in ("", ":memory:") else path, wait=wait)


def need_driver() -> None:
    """Say what to install if the driver is not there."""
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise StoreUnavailable(
            "使用 PostgreSQL 需要安装 psycopg：pip install 'oyiflow[postgres]'",
            f"PostgreSQL needs psycopg: pip install 'oyiflow[postgres]' ({error})",
        ) from error


def schema_status(url: str) -> schema.Status:
    """Where the schema of a PostgreSQL database stands."""
    need_driver()
    from oyiflow.store import schema

    return schema.status(url)


def upgrade(url: str) -> schema.Status:
    """Bring the schema of a PostgreSQL database up to date; says where it stood before."""
    need_driver()
    from oyiflow.store import schema

    return schema.upgrade(url)
