"""Files from URLs: http and https by the standard library, others through fsspec."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import BinaryIO

from l3c.errors import InputError
from l3c.storage.atomic import naming_full_disk
from l3c.storage.remote import WEB, file_system

TIMEOUT = 60.0
"""Seconds without a byte after which a server is given up."""

CHUNK = 1 << 16
"""Bytes read at a time."""


def nobody(_: float) -> None:
    """Report nothing."""


def download(url: str, file: BinaryIO, most: int, progress: Callable[[float], None] = nobody) -> str:
    """Copy what lies at a URL to an open file; its SHA-256, hexadecimal.

    most: bytes. progress: called with the share of them that has come, 0..1. Raises InputError naming the URL where it
    cannot be read, ends early, or has more bytes; OSError where the file cannot be written.
    """
    hasher, size = hashlib.sha256(), 0
    with _naming(file), closing(_chunks(url)) as chunks:
        for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise InputError(f"{url}: more than {most:,} bytes")
            hasher.update(chunk)
            file.write(chunk)
            progress(size / most)
        file.flush()  # a full disk shows here, not when the caller closes the file
    return hasher.hexdigest()


def _naming(file: BinaryIO) -> AbstractContextManager[None]:
    """A full disk names the file, where that has a name: others are named by whoever opened them."""
    name = getattr(file, "name", None)
    return naming_full_disk(Path(name)) if isinstance(name, str) else nullcontext()


def _chunks(url: str) -> Generator[bytes, None, None]:
    from http.client import HTTPException
    from urllib.error import HTTPError

    try:
        yield from _of_web(url) if url.startswith(WEB) else _of_store(url)
    except InputError:
        raise
    except HTTPError as error:
        error.close()
        raise InputError(f"{url}: {error}") from error
    except (OSError, ValueError, HTTPException) as error:
        cause = getattr(error, "reason", error)  # of urllib's errors, which print it in brackets
        raise InputError(f"{url}: {getattr(cause, 'strerror', None) or cause or type(cause).__name__}") from error


def _of_web(url: str) -> Iterator[bytes]:
    from urllib.request import urlopen

    with urlopen(url, timeout=TIMEOUT) as answer:
        expected, size = answer.headers.get("Content-Length"), 0
        while chunk := answer.read(CHUNK):
            size += len(chunk)
            yield chunk
    if expected is not None and size != int(expected):
        raise InputError(f"{url}: ended after {size:,} of {int(expected):,} bytes")


def _of_store(url: str) -> Iterator[bytes]:
    fs, path = file_system(url, anonymous=True)
    with fs.open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
