"""The coded data of a JPEG scan, by the compiled reader and writer; `l3c.jpeg.entropy` is their
definition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.errors import FormatError
from l3c.jpeg.layout import ScanOfPlanes


def read_scan(data: bytes, scan: ScanOfPlanes) -> bytes:
    """Coefficients out of coded data, into the planes; returns the notes. data: up to the marker
    that ends the scan.
    """
    from l3c import _engine  # here, so that training reads JPEG files from sources that were never built

    return _engine.read_jpeg_scan(data, **scan)


def write_scan(notes: bytes, limit: int, scan: ScanOfPlanes) -> bytes:
    """The coded data, of at most `limit` bytes. Raises FormatError."""
    from l3c import _engine  # here, so that training reads JPEG files from sources that were never built

    data, wrong = _engine.write_jpeg_scan(notes, limit, **scan)
    if wrong:
        raise FormatError(wrong)
    return data


def count_symbols(notes: bytes, limit: int, scan: ScanOfPlanes) -> NDArray[np.uint32]:
    """How often each symbol occurs in what `write_scan` would write: [components, 2, 256].

    The second axis: of differences and of other coefficients. The codes play no part. Raises
    FormatError.
    """
    from l3c import _engine  # here, so that training reads JPEG files from sources that were never built

    counts, wrong = _engine.count_jpeg_symbols(notes, limit, **scan)
    if wrong:
        raise FormatError(wrong)
    return np.frombuffer(counts, np.uint32).reshape(-1, 2, 256)
