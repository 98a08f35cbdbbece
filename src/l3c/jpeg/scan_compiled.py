"""The scan of a baseline JPEG file, by the compiled reader; `l3c.jpeg.scan` is its definition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c import _engine
from l3c.errors import FormatError

Code = tuple[bytes, bytes]
"""How many codes there are of 1 .. 16 bits, and their symbols in rising order."""


def read_scan(data: bytes, dc: Code, ac: Code, components: list[int], units: int) -> NDArray[np.int16]:
    """Blocks [units, len(components), 64] in zigzag order.

    data: the scan without stuffed bytes. components: that of each block of a unit, 0 .. 2. Raises FormatError.
    """
    out = np.zeros((units, len(components), 64), np.int16)
    scan, unit = np.frombuffer(data, np.uint8), np.frombuffer(bytes(components), np.uint8)
    lengths, symbols = ([np.frombuffer(code[i], np.uint8) for code in (dc, ac)] for i in range(2))
    wrong = _engine.read_scan(scan, lengths[0], symbols[0], lengths[1], symbols[1], unit, out)
    if wrong:
        raise FormatError(wrong)
    return out
