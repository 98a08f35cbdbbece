"""What is reached by URL, through fsspec."""

from __future__ import annotations

import os
from typing import Any

from l3c.errors import InputError, install_command

OPTIONS = "L3C_FSSPEC"
"""Environment variable: options of the file systems, as JSON: {"s3": {"anon": true}}."""


def is_remote(name: str) -> bool:
    """Whether it is a URL and no path."""
    return "://" in name


def file_system(root: str, anonymous: bool = False) -> tuple[Any, str]:
    """The file system of a URL, and the path below it. Raises InputError without fsspec or the protocol's package.

    anonymous: look for no credentials, where L3C_FSSPEC says nothing of the protocol.
    """
    import json

    protocol = root.partition("://")[0]
    default = {"anon": True} if anonymous and protocol == "s3" else {}
    options = json.loads(os.environ.get(OPTIONS, "{}")).get(protocol, default)
    try:
        import fsspec

        fs, path = fsspec.url_to_fs(root, **options)
    except (ImportError, ValueError) as error:
        raise InputError(f"{root}: {error}; URLs need: {install_command('cluster')}") from error
    return fs, str(path).rstrip("/")
