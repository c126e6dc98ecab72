"""Where instances live: the `Store` protocol and its implementations."""

from oyiflow.store.protocol import Store
from oyiflow.store.sqlite import SqliteStore, open_store

__all__ = ["SqliteStore", "Store", "open_store"]
