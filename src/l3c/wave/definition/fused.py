"""Definition: the fused product and sum of float32, a b + c rounded once, as IEEE 754 has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def fused(a: Floats, b: Floats, c: Floats) -> Floats:
    """float32 a b + c, broadcast, with one rounding. Format 5.5.

    In double precision the product is exact. Where the sum is not, the odd one of its two neighbours is taken
    ("rounding to odd", Boldo and Melquiond, 2008), so that rounding to float32 sees on which side of a tie it lies.
    """
    product, start = a.astype(np.float64) * b.astype(np.float64), c.astype(np.float64)
    total = np.asarray(product + start)
    part = total - product
    error = (product - (total - part)) + (start - part)
    bits = total.view(np.int64)
    even, away = (bits & 1) == 0, (error > 0) == (total > 0)
    bits += np.where(even & (error != 0), np.where(away, 1, -1), 0)
    return total.astype(np.float32)
