"""Files that are read whole, by what users name them with."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from l3c.errors import InputError

SHOWN = 60
"""Characters of a text that a message shows, where it is no path. By taste."""


@contextmanager
def naming_paths(source: str | os.PathLike[str]) -> Iterator[None]:
    """What no path can be is an InputError; OSErrors, which name the file, pass."""
    try:
        yield
    except (ValueError, OSError) as error:  # ValueError: it contains a null character
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
            raise
        text = str(source)
        shown = repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}...")
        raise InputError(f"{shown}: is no path of a file; a file's content is given as bytes") from error


def read_file(source: str | os.PathLike[str]) -> bytes:
    """All bytes of a file, by its path. Raises InputError for what is no path, OSError naming the file."""
    with naming_paths(source):
        return Path(source).read_bytes()


def content_of(source: Any) -> Any:
    """A file's bytes, by its path, or by the URL of a file system that fsspec knows; else what was given.

    Raises as `read_file`, and InputError where nothing reaches the URL.
    """
    if not isinstance(source, str | os.PathLike):
        return source
    from l3c.storage.remote import file_system, is_remote

    name = os.fspath(source)
    if not is_remote(name):
        return read_file(name)
    fs, path = file_system(name)
    return bytes(fs.cat_file(path))
