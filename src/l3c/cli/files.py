"""Reading sources and writing targets: `-` is standard input and output, and a target appears whole or not at all."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from l3c.container.constants import FILE_SUFFIX
from l3c.convert import paths
from l3c.errors import InputError
from l3c.storage import atomic
from l3c.storage.atomic import NEW, Attributes, whole_file
from l3c.storage.draft import Draft, drafting
from l3c.storage.large import LargeFile
from l3c.storage.remote import is_remote, path_of, put
from l3c.storage.source import open_any, read_any

STANDARD = "-"  # standard input or output, as in other Unix tools


def read_source(name: str) -> bytes:
    if name == STANDARD:
        if sys.stdin is None:
            raise InputError("standard input is closed")
        return sys.stdin.buffer.read()
    if "://" not in name and Path(name).is_dir():
        raise InputError(f"{name}: is a folder")
    return read_any(name)


def open_source(name: str) -> bytes | LargeFile:
    """As `read_source`; parts of a large file are read when they are taken."""
    if name == STANDARD or is_remote(name) or Path(name).is_dir():
        return read_source(name)
    return open_any(name)


def is_file_url(name: str) -> bool:
    """Whether it is a URL whose path is named as a picture or an l3c file; with "/" at its end it is a folder's."""
    if not is_remote(name):
        return False
    from l3c.convert.files import TAKEN

    suffix = path_of(name).suffix.lower()
    return not name.endswith("/") and (suffix == FILE_SUFFIX or suffix in TAKEN)


def shown(name: str, standard: str) -> str:
    """A name for messages; bytes that are no text as escapes."""
    return standard if name == STANDARD else name.encode(errors="backslashreplace").decode()


def check_target(name: str, source: str, force: bool) -> None:
    """Raise InputError where writing would destroy something, before any work is done."""
    if name == STANDARD:
        if sys.stdout is None:
            raise InputError("standard output is closed")
        if sys.stdout.isatty() and not force:
            raise InputError("standard output is a terminal; name a target or use --force")
        return
    paths.check_target(name, None if source == STANDARD else source, force, "--force")


@contextmanager
def target(name: str, force: bool, attributes: Attributes = NEW) -> Iterator[BinaryIO]:
    """A file beside the target, flushed to disk and moved into place at the end, removed on any error.

    With `force`, devices and pipes are written into, and links stay. A URL is written at the end. Raises InputError,
    OSError with the name.
    """
    if name == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        if is_remote(name):
            collected = io.BytesIO()
            yield collected
            put(name, collected.getvalue(), force)
            return
        with whole_file(Path(name), replace=force, attributes=attributes) as file:
            yield file
    except FileExistsError:
        raise _exists(name) from None
    except OSError as error:
        error.filename = name
        raise


def draft_of(name: str) -> AbstractContextManager[Draft]:
    """A draft of a target."""
    return drafting(None if name == STANDARD or is_remote(name) else name)


def put_draft(draft: Draft, name: str, force: bool, attributes: Attributes = NEW) -> None:
    """Make a draft the target, as `target` does."""
    if name == STANDARD or is_remote(name):
        with target(name, force, attributes) as file:
            draft.write_into(file)
        return
    try:
        draft.become(Path(name), replace=force, attributes=attributes)
    except FileExistsError:
        raise _exists(name) from None
    except OSError as error:
        error.filename = name
        raise


def _exists(name: str) -> InputError:
    return InputError(f"{name}: exists already; --force overwrites it")


def attributes_of(source: str) -> Attributes:
    """Attributes for the result of a source: the time and mode of a plain file, else none."""
    return NEW if source == STANDARD or is_remote(source) else atomic.attributes_of(Path(source))
