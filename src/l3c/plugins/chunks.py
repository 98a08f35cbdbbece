"""Arrays of any number of axes as images, for stores of chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.api import FLOAT_TYPES, TYPES
from l3c.container.structure import Contents
from l3c.errors import FormatError, InputError

COLOURS = (3, 4)  # axes of so many, at the end, are channels
DTYPES = TYPES + FLOAT_TYPES  # those that `encode` takes


def to_image(chunk: NDArray[Any]) -> NDArray[Any]:
    """[..., height, width, 3 or 4] as colour, else [..., width] as gray, what is above stacked downwards.

    Raises InputError for dtypes that are not of images.
    """
    check_dtype(chunk.dtype)
    chunk = np.ascontiguousarray(chunk).astype(chunk.dtype.newbyteorder("="), copy=False)
    if chunk.ndim >= 3 and chunk.shape[-1] in COLOURS:
        return chunk.reshape(-1, *chunk.shape[-2:])
    return chunk.reshape(-1, chunk.shape[-1] if chunk.ndim else 1)


def check_dtype(dtype: np.dtype[Any]) -> None:
    """Raise InputError for dtypes that are not of images."""
    if dtype.name not in DTYPES:
        raise InputError(f"chunks of {dtype.name}: l3c takes {', '.join(DTYPES)}")


def in_memory_order(chunk: NDArray[Any]) -> NDArray[Any]:
    """The array whose rows lie in memory one after another: of one in Fortran's order the transposed."""
    fortran = chunk.flags.f_contiguous and not chunk.flags.c_contiguous
    return chunk.T if fortran else chunk


def is_swapped(dtype: np.dtype[Any]) -> bool:
    """Whether its bytes are not in the order of a file's samples, the highest last."""
    return dtype.newbyteorder("<") != dtype


def check_header(contents: Contents, dtype: np.dtype[Any], samples: int) -> None:
    """Raise FormatError where a file is not that of a chunk, before anything is decoded: a file says what it takes, and
    in an array of strangers it may say anything.
    """
    header = contents.header
    if contents.pages or contents.kept is not None:
        raise FormatError("the chunk is no plain image")
    if np.dtype(header.dtype) != dtype.newbyteorder("="):
        raise FormatError(f"the chunk holds {header.dtype}, the array is of {dtype}")
    if header.samples != samples:
        raise FormatError(f"the chunk holds {header.samples} samples, the array's have {samples}")


def to_chunk(samples: NDArray[Any], dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The array that a chunk was, from samples of a file that `check_header` let pass."""
    return np.ascontiguousarray(samples).astype(dtype, copy=False).reshape(shape)
