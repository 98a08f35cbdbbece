"""The compiled graphics coder, typed; `l3c.graphics.definition` is its definition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c import _engine
from l3c.errors import FormatError
from l3c.graphics.definition.tables import PIXELS_MAX, rate_table, squash_table, stretch_table

Samples = NDArray[np.uint8]

WORKSPACE = 4 << 20
"""Bytes of chances, weights and refinements, with room (format 1.7)."""

TABLES = 48 << 20
"""Bytes of memories and of tables of values, at most: 7 of 2^18 entries of 12 bytes, 6 of 2^16 lines of 64, and 2^18
places of 4, in whole pages of 2 MiB."""

TABLES_A_PIXEL = 1024
"""Bytes of them for each pixel of small tiles: fewer than two entries in each memory, and two lines in each table."""

PIXEL_BYTES = 8
"""For each pixel, at most: one number of 32 bits in the tile with its margins, and in the encoder's source, or the
samples of a decoder."""


def memory_needed(height: int, width: int) -> int:
    """Bytes for a tile, beside its samples and its payload."""
    return WORKSPACE + min(TABLES, TABLES_A_PIXEL * height * width) + PIXEL_BYTES * (height + 3) * (width + 12)


def fits(height: int, width: int) -> bool:
    """Whether a tile has no more pixels than the format allows."""
    return height * width <= PIXELS_MAX


def encode(samples: Samples) -> bytes:
    """A payload. samples: [height, width, 1 to 4], as many pixels as fit. Releases the interpreter's lock."""
    return _engine.encode_graphics(np.ascontiguousarray(samples), stretch_table(), squash_table(), rate_table())


def decode(payload: bytes | memoryview, height: int, width: int, channels: int) -> Samples:
    """[height, width, channels]. Raises FormatError on damage, and before it takes memory for more than fits."""
    if not fits(height, width):
        raise FormatError(f"its graphics have {height} x {width} pixels, more than {PIXELS_MAX}")
    samples = np.empty((height, width, channels), np.uint8)
    if not _engine.decode_graphics(bytes(payload), samples, stretch_table(), squash_table(), rate_table()):
        raise FormatError("its graphics payload is damaged")
    return samples


def count_repeated(samples: Samples, step: int) -> int:
    """Pixels that equal the left or the upper one, of rows 1, 1 + step, ... without their first. samples: as `encode`.
    Releases the interpreter's lock.
    """
    return _engine.count_repeated(np.ascontiguousarray(samples), step)


def count_runs(samples: Samples, length: int) -> tuple[int, int]:
    """Runs of so many pixels in a row, 8 to 16 bytes, whose sum begins with six zeros: all, and how many differ. As
    above.
    """
    return _engine.count_runs(np.ascontiguousarray(samples), length)


def find_colours(samples: Samples, most: int) -> list[int] | None:
    """The different colours in the order in which they come first, the first channel's sample highest; None of more
    than `most`, all of which are not looked for. samples: as `encode`. Releases the interpreter's lock.
    """
    colours = _engine.find_colours(np.ascontiguousarray(samples), most)
    return colours if len(colours) <= most else None


def index_colours(samples: Samples, colours: NDArray[np.uint32]) -> Samples:
    """[height, width, 1]: of each pixel the index of its colour among these, which all differ, and are 256 at most.

    samples: as `encode`. Raises ValueError where a colour is not there. Releases the interpreter's lock.
    """
    indices = np.empty(samples.shape[:2], np.uint8)
    if not _engine.index_colours(np.ascontiguousarray(samples), np.ascontiguousarray(colours), indices):
        raise ValueError("a pixel has a colour that is not in the table")
    return indices[..., None]
