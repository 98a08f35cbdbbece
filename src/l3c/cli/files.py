"""Reading sources and writing targets: `-` is standard input and output, and a target appears whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from l3c.errors import InputError, L3CError

STANDARD = "-"


def read_source(name: str) -> bytes:
    if name == STANDARD:
        return sys.stdin.buffer.read()
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{name}: is a folder")
    return path.read_bytes()


def shown(name: str, standard: str) -> str:
    """A name for messages; bytes that are no text as escapes."""
    return standard if name == STANDARD else name.encode(errors="backslashreplace").decode()


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Errors of the codec raised inside name the file."""
    try:
        yield
    except L3CError as error:
        raise type(error)(f"{name}: {error}") from error


def check_target(name: str, source: str, force: bool) -> None:
    """Raise InputError where writing would destroy something, before any work is done."""
    if name == STANDARD:
        if sys.stdout.isatty() and not force:
            raise InputError("standard output is a terminal; name a target or use --force")
        return
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{name}: is a folder")
    if source != STANDARD and path.exists() and path.samefile(source):
        raise InputError(f"{name}: is the source itself")
    if path.exists() and not force:
        raise InputError(f"{name}: exists already; --force overwrites it")
    if not path.parent.is_dir():
        raise InputError(f"{name}: there is no folder {path.parent}")


@contextmanager
def target(name: str, force: bool) -> Iterator[BinaryIO]:
    """A file beside the target, flushed to disk and renamed into place at the end, removed on any error."""
    if name == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    partial = path.with_name(f".{crc32(path.name.encode(errors='surrogateescape')):08x}.{os.getpid()}.partial")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _move(partial, path, force)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = name
        raise


def _move(partial: Path, path: Path, force: bool) -> None:
    if force:
        partial.replace(path)
        return
    try:
        os.link(partial, path)  # unlike a rename, refuses a target that has appeared meanwhile
    except FileExistsError:
        raise InputError(f"{path}: exists already; --force overwrites it") from None
    except OSError:  # a file system without hard links
        partial.replace(path)
        return
    partial.unlink()
