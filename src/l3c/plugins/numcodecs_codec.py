"""l3c as a codec of numcodecs, which finds it by the entry point `numcodecs.codecs`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numcodecs.abc import Codec
from numcodecs.compat import ensure_bytes, ensure_ndarray, ndarray_copy

from l3c import api
from l3c.plugins.chunks import to_image


class L3C(Codec):  # type: ignore[misc]
    """Chunks of bool, uint8 or uint16: the last axes are height and width, or height, width and 3 or 4 colours.

    model: as for `l3c.encode`. threads: for each chunk.
    """

    codec_id = "l3c"

    def __init__(self, model: str = "wave", threads: int = 1) -> None:
        self.model, self.threads = model, threads

    def encode(self, buf: Any) -> bytes:
        """A chunk to an l3c file. Raises InputError for other dtypes."""
        return api.encode(to_image(ensure_ndarray(buf)), model=self.model, threads=self.threads)

    def decode(self, buf: Any, out: Any = None) -> Any:
        """The samples, flat or in `out`. Raises as `l3c.decode` does."""
        samples = np.ascontiguousarray(api.decode(ensure_bytes(buf), threads=self.threads))
        return ndarray_copy(samples, out)
