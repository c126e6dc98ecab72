"""Where instances live: the `Store` protocol and its implementations."""

from oyiflow.store.opening import open_store, schema_status, upgrade
from oyiflow.store.protocol import Store
from oyiflow.store.sqlite import SqliteStore

__all__ = ["SqliteStore", "Store", "open_store", "schema_status", "upgrade"]
