"""l3c as a codec of numcodecs, which finds it by the entry point `numcodecs.codecs`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numcodecs.abc import Codec
from numcodecs.compat import ensure_bytes, ensure_ndarray, ndarray_copy

from l3c import api
from l3c.container.read import read_file
from l3c.errors import FormatError, InputError
from l3c.plugins.chunks import in_memory_order, is_swapped, to_image

BYTE_ORDER = "byte order"
"""Kind of metadata that says how the numbers of a chunk lie in bytes (format 2.9)."""

BIG = b">"
"""Its content where the highest byte comes first."""


class L3C(Codec):  # type: ignore[misc]
    """Chunks of bool, integers or floats: the last axes are height and width, or height, width and 3 or 4 colours.

    What is decoded are the bytes of the chunk's memory, whatever its order of axes and bytes, as numcodecs wants it.

    model, effort: as for `l3c.encode`. threads: for each chunk.
    """

    codec_id = "l3c"

    def __init__(self, model: str = "wave", threads: int = 1, effort: int = api.DEFAULT_EFFORT) -> None:
        if not 1 <= effort <= api.EFFORT_MAX:
            raise InputError(f"effort {effort}: 1 to {api.EFFORT_MAX} are there")
        self.model, self.threads, self.effort = model, threads, effort

    def encode(self, buf: Any) -> bytes:
        """A chunk to an l3c file, its bytes as they lie in memory. Raises InputError for other dtypes."""
        chunk = in_memory_order(ensure_ndarray(buf))
        metadata = {BYTE_ORDER: BIG} if is_swapped(chunk.dtype) else {}
        image = to_image(chunk)
        return api.encode(image, model=self.model, threads=self.threads, effort=self.effort, metadata=metadata)

    def decode(self, buf: Any, out: Any = None) -> Any:
        """The samples, flat or in `out`. Raises as `l3c.decode` does."""
        contents = read_file(ensure_bytes(buf))
        if out is not None:
            there = ensure_ndarray(out)
            if contents.header.samples * np.dtype(contents.header.dtype).itemsize != there.nbytes:
                raise FormatError(f"the chunk is not of the {there.nbytes} bytes that the array's have")
        samples = np.ascontiguousarray(api.decode_contents(contents, threads=self.threads))
        swapped = contents.named_metadata.get(BYTE_ORDER) == BIG
        dtype = samples.dtype.newbyteorder(">") if swapped else samples.dtype.newbyteorder("<")
        return ndarray_copy(samples.astype(dtype, copy=False), out)
