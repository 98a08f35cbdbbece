"""What is reached by URL, through fsspec."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from l3c.errors import InputError, L3CError, install_command

WEB = ("http://", "https://")
"""What URLs of the web begin with, which the standard library reads."""

OPTIONS = "L3C_FSSPEC"
"""Environment variable: options of the file systems, as JSON: {"s3": {"anon": true}}."""

WHOLE_PUTS = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "memory"}
"""Protocols under which a name shows the old content or all of the new, never a part."""


def is_remote(name: str) -> bool:
    """Whether it is a URL and no path."""
    return "://" in name


def path_of(url: str) -> PurePosixPath:
    """The path within a URL, without host, query and fragment."""
    return PurePosixPath(urlsplit(url).path)


def file_system(root: str, anonymous: bool = False) -> tuple[Any, str]:
    """The file system of a URL, and the path below it. Raises InputError without fsspec or the protocol's package,
    and for an L3C_FSSPEC that cannot be read.

    anonymous: look for no credentials, where L3C_FSSPEC says nothing of the protocol.
    """
    protocol = root.partition("://")[0]
    default = {"anon": True} if anonymous and protocol == "s3" else {}
    options = _options().get(protocol, default)
    try:
        import fsspec

        fs, path = fsspec.url_to_fs(root, **options)
    except (ImportError, ValueError) as error:
        raise InputError(f"{root}: {error}; URLs need: {install_command('cluster')}") from error
    return fs, str(path).rstrip("/")


def _options() -> dict[str, dict[str, Any]]:
    """What the environment says of each protocol."""
    import json

    try:
        options = json.loads(os.environ.get(OPTIONS) or "{}")
    except ValueError as error:
        raise InputError(f"{OPTIONS}: not JSON: {error}") from error
    if not isinstance(options, dict) or not all(isinstance(of, dict) for of in options.values()):
        raise InputError(f'{OPTIONS}: options of protocols expected, as {{"s3": {{"anon": true}}}}')
    return options


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Whatever keeps a URL from being reached is an OSError that names it, with a reason of one line.

    Libraries of object stores and the web raise errors of many classes, of which only some are OSErrors.
    """
    try:
        yield
    except (L3CError, MemoryError, NotImplementedError):
        raise
    except FileNotFoundError as error:
        if reason := _web_refusal(error.__cause__):
            raise OSError(errno.EIO, reason, url) from error
        raise FileNotFoundError(errno.ENOENT, "not found", url) from error
    except FileExistsError:
        raise
    except PermissionError as error:
        raise PermissionError(errno.EACCES, _one_line(error), url) from error
    except Exception as error:
        raise OSError(errno.EIO, _one_line(error), url) from error


GONE = (404, 410)
"""Answers of the web that say that there is no such file."""


def _web_refusal(cause: BaseException | None) -> str:
    """Why the web gave no answer, or none that says that a file is missing: fsspec calls every such file missing."""
    if not isinstance(cause, Exception) or not type(cause).__module__.startswith("aiohttp"):
        return ""
    status = getattr(cause, "status", None)
    if status is None:
        return _one_line(cause)
    return "" if status in GONE else f"{status} {getattr(cause, 'message', '')}".rstrip()


def _one_line(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return " ".join(str(text).split()) or type(error).__name__


def put(url: str, data: bytes, replace: bool) -> None:
    """Write a file whole or not at all. Raises FileExistsError without `replace`, else as `reaching`.

    Object stores take a file whole; elsewhere it is written beside its final name and moved.
    """
    with reaching(url):
        fs, path = file_system(url)
        if not replace and fs.exists(path):
            raise FileExistsError(errno.EEXIST, "exists already", url)
        if url.partition("://")[0] in WHOLE_PUTS:
            fs.pipe_file(path, data)
            return
        folder = path.rpartition("/")[0]
        partial = f"{folder}/.l3c-bulk.{os.urandom(16).hex()}.partial"
        fs.makedirs(folder, exist_ok=True)
        try:
            fs.pipe_file(partial, data)
            fs.mv(partial, path)
        finally:
            if fs.exists(partial):
                fs.rm_file(partial)
