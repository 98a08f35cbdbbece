"""Arrays of any number of axes as images, for stores of chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.api import FLOAT_TYPES, TYPES
from l3c.errors import FormatError, InputError

COLOURS = (3, 4)
DTYPES = TYPES + FLOAT_TYPES


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


def in_memory_order(chunk: NDArray[Any]) -> NDArray[Any]:
    """The array whose rows lie in memory one after another: of one in Fortran's order the transposed."""
    fortran = chunk.flags.f_contiguous and not chunk.flags.c_contiguous
    return chunk.T if fortran else chunk


def is_swapped(dtype: np.dtype[Any]) -> bool:
    """Whether its bytes are not in the order of a file's samples, the highest last."""
    return dtype.newbyteorder("<") != dtype


def to_chunk(samples: NDArray[Any], dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The array that a chunk was. Raises FormatError where it was another."""
    if samples.dtype != dtype.newbyteorder("="):
        raise FormatError(f"the chunk holds {samples.dtype}, the array is of {dtype}")
    if samples.size != np.prod(shape, dtype=object):
        raise FormatError(f"the chunk holds {samples.size} samples, the array's have {' x '.join(map(str, shape))}")
    return np.ascontiguousarray(samples).astype(dtype, copy=False).reshape(shape)
