"""Picture files to samples. Files whose samples cannot be taken exactly are refused, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, TypeVar

import numpy as np

from l3c.errors import InputError, L3CError
from l3c.images.content import Content, whole
from l3c.images.description import Description
from l3c.images.formats import Format, format_of
from l3c.images.picture import Picture

T = TypeVar("T")


BANDED = frozenset({"PNG", "PPM", "BMP"})
"""Formats that are read some rows at a time."""

WORKED = 24
"""Bytes a pixel that libraries take beside the samples (measured, with room: tests/images/test_read_memory.py)."""

BAND_BYTES = 96 << 20
"""The most of those where a format is read by rows (likewise)."""

COPIES = 4
"""Arrays of all samples while they are unpacked (likewise)."""

Check = Callable[[Description], None]


def read_picture(file: BinaryIO, name: str, allow: Check | None = None) -> Picture:
    """Every sample of a picture and its metadata, from the file's start; arrays may be written to.

    file: readable, seekable. allow: called with what the file holds before memory is taken for it, raises where that is
    too much. Raises InputError naming the file and the reason; DependencyError where a package is missing.
    """
    file.seek(0)
    picture = read_bytes(file.read(), name, allow)
    pages = tuple(replace(page, samples=np.require(page.samples, requirements="W")) for page in picture.pages)
    return replace(picture, samples=np.require(picture.samples, requirements="W"), pages=pages)


def memory_needed(description: Description) -> int:
    """Bytes that reading takes beside the file, samples among them."""
    pages = description.pages or (description,)
    largest = max(pages, key=lambda page: page.samples_size)
    work = max(WORKED * page.width * page.height for page in pages)
    if description.format in BANDED:
        work = min(work, BAND_BYTES)
    return sum(page.samples_size for page in pages) + (COPIES - 1) * largest.samples_size + work


def read_bytes(data: Content, name: str, allow: Check | None = None) -> Picture:
    """As `read_picture`, of a file in memory, of which arrays may be views that cannot be written to."""
    form = _format(data, name)
    data = data if form.pieces else whole(data)
    description = _guarded(name, lambda: form.reader.describe(data))
    if description.refused:
        raise InputError(f"{name}: {description.refused}")
    if allow is not None:
        allow(description)
    picture: Picture = _guarded(name, lambda: form.reader.read(data))
    _compare(picture, description, name)
    return picture


def describe(data: Content, name: str) -> Description:
    """The description of a file, without decoding it; `refused` says why its samples are not taken.

    Raises InputError for unknown formats and damaged files.
    """
    form = _format(data, name)
    data = data if form.pieces else whole(data)
    description: Description = _guarded(name, lambda: form.reader.describe(data))
    return description


def _format(data: Content, name: str) -> Format:
    form = format_of(data)
    if not len(data):
        raise InputError(f"{name}: the file is empty")
    if form is None:
        raise InputError(f"{name}: not a picture in a format known here")
    if not form.knows:
        raise InputError(f"{name}: {form.name} pictures are not supported")
    return form


def _guarded(name: str, work: Callable[[], T]) -> T:
    """The result of `work`, whose errors name the file."""
    try:
        return work()
    except MemoryError:
        raise
    except L3CError as error:
        raise type(error)(f"{name}: {error}") from error
    except Exception as error:  # readers raise whatever a damaged file leads to
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{name}: cannot be read: {reason}") from error


def _compare(picture: Picture, description: Description, name: str) -> None:
    """Raise where a reader gave other samples than the file holds."""
    pages = picture.pages or (picture,)
    stated = description.pages or (description,)
    decoded = [(page.samples.shape, page.samples.dtype) for page in pages]
    expected = [(page.shape, np.dtype(page.dtype)) for page in stated]
    if decoded != expected:
        i = next(
            (i for i, (a, b) in enumerate(zip(decoded, expected, strict=False)) if a != b),
            min(len(decoded), len(expected)),
        )
        raise InputError(
            f"{name}: cannot be read: its page {i + 1} is {decoded[i : i + 1]}, its header says {expected[i : i + 1]}"
        )
