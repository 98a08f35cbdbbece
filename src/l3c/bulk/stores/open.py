"""The one place that knows which store a root belongs to."""

from __future__ import annotations

from l3c.bulk.stores.store import Store
from l3c.storage.remote import is_remote


def open_store(root: str) -> Store:
    """A folder of this machine, or a URL of any file system that fsspec knows."""
    if is_remote(root):
        from l3c.bulk.stores.remote import RemoteStore

        return RemoteStore(root)
    from l3c.bulk.stores.local import LocalStore

    return LocalStore(root)
