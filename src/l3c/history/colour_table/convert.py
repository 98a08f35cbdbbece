"""Colours in an order in which neighbours are alike, and pixels as indices of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.container.structure import Palette
from l3c.graphics import compiled

Samples = NDArray[np.uint8]

OPAQUE = 255  # of alpha that a table does not name
STRIP = 64
"""Rows that are looked up at a time: few, since NumPy makes indices of 8 bytes of them."""


def colours_of(samples: Samples, most: int) -> Samples | None:
    """The different colours, [count, channels], sorted by their samples; None of more than `most`.

    samples: [height, width, 1 to 4]. Ends early: photographs have so many in their first row.
    """
    colours = compiled.find_colours(samples, most)
    if colours is None:
        return None
    channels = samples.shape[2]
    return np.array(sorted(colours), ">u4").view(np.uint8).reshape(-1, 4)[:, 4 - channels :]


def in_a_chain(colours: Samples) -> Samples:
    """Each colour followed by the one most like it of those that are left. The first is the darkest."""
    left = colours.astype(np.int32)
    at = int(left.sum(1).argmin())
    chain = []
    while True:
        colour = left[at]
        chain.append(colour)
        left = np.delete(left, at, 0)
        if not len(left):
            return np.array(chain, np.uint8)
        at = int(((left - colour) ** 2).sum(1).argmin())


def to_indices(samples: Samples, colours: Samples) -> Samples:
    """[height, width, 1]. colours: [count, channels], every one that occurs, each once."""
    packed = np.zeros((len(colours), 4), np.uint8)
    packed[:, 4 - colours.shape[1] :] = colours
    return compiled.index_colours(samples, packed.view(">u4")[:, 0].astype(np.uint32))


def from_indices(indices: Samples, colours: Samples) -> Samples:
    """[height, width, channels] of [height, width, 1]; indices beyond the table are its last."""
    out = np.empty((*indices.shape[:2], colours.shape[1]), np.uint8)
    for top in range(0, len(indices), STRIP):
        rows = slice(top, top + STRIP)
        np.take(colours, indices[rows, :, 0], 0, out=out[rows], mode="clip")
    return out


def to_table(colours: Samples) -> Palette:
    """colours: [count, 1 to 4]: red, green and blue, or gray, then alpha if there is one."""
    channels = colours.shape[1]
    shown = colours[:, :3] if channels > 2 else colours[:, :1].repeat(3, 1)
    alphas = b"" if channels % 2 else colours[:, -1].tobytes().rstrip(bytes([OPAQUE]))
    return Palette(shown.tobytes(), alphas)


def from_table(table: Palette, channels: int) -> Samples:
    """The inverse; gray is green."""
    shown = np.frombuffer(table.colours, np.uint8).reshape(-1, 3)
    columns = [shown] if channels > 2 else [shown[:, 1:2]]
    if channels % 2 == 0:
        alphas = np.full((len(shown), 1), OPAQUE, np.uint8)
        alphas[: len(table.alphas), 0] = np.frombuffer(table.alphas, np.uint8)
        columns.append(alphas)
    return np.ascontiguousarray(np.concatenate(columns, 1))
