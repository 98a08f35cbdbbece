"""The memory that encoding takes, from a picture's size, before any is allocated."""

from __future__ import annotations

from l3c.codec.decode import LANE, WORKSPACE
from l3c.container.constants import DEFAULT_MAX_MEMORY, WIDE_BITS_MIN
from l3c.errors import exceeding
from l3c.graphics import compiled as graphics
from l3c.graphics.definition.tables import PIXELS_MAX

COPIES = 8
"""Arrays of all samples that searches, candidates and their proof hold at once (measured, with room:
tests/codec/test_encoding_memory.py)."""

WIDE_COPIES = 12
"""The same, of samples of more than 16 bits, of which values are sorted."""

TILE_SIDE = 1024
"""Of models' tiles, at most."""


def memory_needed(height: int, width: int, channels: int, bits: int, threads: int) -> int:
    """Bytes that encoding takes beside the samples. bits: of a sample in its array: 8 for bool.

    Histories that take more are left out where the limit does not allow them: see `registry.is_affordable`. What
    networks that PyTorch or an exported model runs take for their activations is not counted.
    """
    size = height * width * channels * bits // 8
    tried = graphics.memory_needed(1, min(height * width, PIXELS_MAX))
    sides = min(height, TILE_SIDE), min(width, TILE_SIDE)
    busy = min(threads, -(-height // TILE_SIDE) * -(-width // TILE_SIDE))
    lanes = busy * (LANE * sides[0] + WORKSPACE + 3 * channels * sides[0] * sides[1])
    return (WIDE_COPIES if bits >= WIDE_BITS_MIN else COPIES) * size + tried + lanes


def limit_of(max_memory: int | None) -> int:
    """max_memory in bytes; None is 4 GiB."""
    return DEFAULT_MAX_MEMORY if max_memory is None else max_memory


def check(needed: int, max_memory: int | None) -> None:
    """max_memory in bytes; None is 4 GiB. Raises LimitError."""
    limit = limit_of(max_memory)
    if needed > limit:
        raise exceeding("encoding takes", needed, limit)
