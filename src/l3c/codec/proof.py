"""Every encoded file is read again before it is returned; one that does not give the samples back is dropped."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.codec.decode import Item, decode_tile, place_of, tile_items
from l3c.container.lazy import read_in_pieces
from l3c.container.ranges import Parts
from l3c.container.structure import ImageHeader, Palette
from l3c.errors import FormatError
from l3c.history import registry
from l3c.history.plain import Components
from l3c.threads import in_order

STRIP = 256
"""Rows that are compared at a time."""


class Candidate(NamedTuple):
    """A file, and what it was made from."""

    data: Parts
    header: ImageHeader
    components: Components


class Expected(NamedTuple):
    """What a file must give back. samples: [height, width, channels]."""

    samples: NDArray[Any]
    metadata: dict[bytes, bytes]
    palette: Palette | None


def prove(candidate: Candidate, expected: Expected, threads: int | None) -> None:
    """Read the file's structure, decode every tile that no model codes, several at a time, and redo the history.

    Models' tiles are not decoded, which would take as long as encoding did: `verify` does.

    Raises FormatError where anything differs from what was encoded.
    """
    contents = read_in_pieces(candidate.data)
    stated = contents.header, contents.metadata, contents.palette
    if stated != (candidate.header, expected.metadata, expected.palette):
        raise FormatError("the file says another layout, palette or metadata")

    def check(item: Item) -> None:
        index, box = item.place
        whole = candidate.components[index]
        tile = decode_tile(item, whole.shape[2], [])
        if not np.array_equal(tile, whole[box.top : box.bottom, box.left : box.right]):
            raise FormatError(f"{place_of(item.number, box)} differs")

    for _ in in_order(check, [item for item in tile_items(contents) if item.entry.model is None], threads):
        pass
    again = registry.redo(candidate.components, candidate.header)
    if again.dtype.itemsize != expected.samples.dtype.itemsize or not _same(again, expected.samples):
        raise FormatError("the history that was found does not give the image")


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Equal bits: of floats too, where NaN differs from itself, and 0 from -0 does not. Takes little memory."""
    if one.shape != other.shape:
        return False
    if one.dtype.kind == "f":
        one, other = _bits(one), _bits(other)
    strips = range(0, len(one), STRIP)
    return all(np.array_equal(one[top : top + STRIP], other[top : top + STRIP]) for top in strips)


def _bits(floats: NDArray[Any]) -> NDArray[Any]:
    bits: NDArray[Any] = floats.view(f"u{floats.dtype.itemsize}")
    return bits
