"""Arrays of any number of axes as images, for stores of chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError

COLOURS = (3, 4)
DTYPES = ("bool", "uint8", "uint16")


def to_image(chunk: NDArray[Any]) -> NDArray[Any]:
    """[..., height, width, 3 or 4] as colour, else [..., width] as gray, what is above stacked downwards.

    Raises InputError for dtypes that are not of images.
    """
    if chunk.dtype.name not in DTYPES:
        raise InputError(f"chunks of {chunk.dtype.name}: l3c takes {', '.join(DTYPES)}")
    chunk = np.ascontiguousarray(chunk).astype(chunk.dtype.newbyteorder("="), copy=False)
    if chunk.ndim >= 3 and chunk.shape[-1] in COLOURS:
        return chunk.reshape(-1, *chunk.shape[-2:])
    return chunk.reshape(-1, chunk.shape[-1] if chunk.ndim else 1)
