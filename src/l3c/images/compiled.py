"""What picture files need of the engine, typed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c import _engine


def undo_png_filters(rows: bytes, step: int, out: NDArray[np.uint8], top: int) -> int:
    """Undo the filters of rows that begin with theirs, into out[top:], [height, bytes of a row]; the row before them is
    there already. Returns how many rows were done: fewer where the next one has a filter that there is not.

    step: bytes from a pixel to the next, 1, 2, 3, 4, 6 or 8, of which a row has a multiple. Releases the interpreter's
    lock.
    """
    return _engine.undo_png_filters(rows, step, out, top)
