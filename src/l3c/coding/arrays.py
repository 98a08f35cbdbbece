"""Other libraries' arrays as NumPy's, and distributions in the form that the coder takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.coding.tables import FREQUENCY_BITS, GRAY_BITS
from l3c.errors import InputError

TOTAL = 1 << FREQUENCY_BITS
LIMIT = 1 << 20
LOG_SCALE_OFFSET = 1.0
"""A log-scale parameter of 0 stands for a scale of e symbols."""


def as_array(given: Any) -> NDArray[Any]:
    """View as a NumPy array: lists, NumPy, the array protocol, DLPack (in the memory of the processor)."""
    if not hasattr(given, "__array__") and hasattr(given, "__dlpack__"):
        return np.from_dlpack(given)
    return np.asarray(given)


def as_parameters(given: Any) -> NDArray[np.int32]:
    """Mixture parameters as int32 [rows, N]; floating ones must be whole numbers."""
    array = as_array(given)
    if array.ndim != 2:
        raise InputError(f"mixture parameters {array.shape}: needs [parts * channels * components, count]")
    return np.ascontiguousarray(array, np.int32)


def as_frequencies(given: Any) -> NDArray[np.int32]:
    """Cumulative frequencies as int32 [N or 1, L + 1]."""
    array = as_array(given)
    if array.ndim not in (1, 2) or array.dtype.kind not in "iu":
        raise InputError(f"cumulative frequencies, {array.dtype} {array.shape}: needs integers [N, L + 1] or [L + 1]")
    return np.ascontiguousarray(array if array.ndim == 2 else array[None], np.int32)


def uniform(levels: int) -> NDArray[np.int32]:
    """Cumulative frequencies [levels + 1] of equal shares.

    >>> uniform(4).tolist()
    [0, 16384, 32768, 49152, 65536]
    """
    shares: NDArray[np.int32] = (np.arange(levels + 1, dtype=np.int64) * TOTAL // levels).astype(np.int32)
    return shares


def frequencies_of(probabilities: Any) -> NDArray[np.int32]:
    """Cumulative frequencies [N, L + 1] of probabilities [N, L], every symbol at least 1.

    Floating point decides here: make frequencies once and use the same for both directions.

    >>> frequencies_of([[0.5, 0.25, 0.25, 0.0]]).tolist()
    [[0, 32767, 49151, 65535, 65536]]
    """
    shares = np.asarray(as_array(probabilities), np.float64)
    levels = shares.shape[-1]
    below = np.cumsum(shares, axis=-1) / shares.sum(axis=-1, keepdims=True)
    cumulative = np.zeros((*shares.shape[:-1], levels + 1), np.int32)
    cumulative[..., 1:] = np.floor(below * (TOTAL - levels) + 0.5) + np.arange(1, levels + 1)
    return cumulative


def mixture_parameters(logits: Any, means: Any, scales: Any) -> NDArray[np.int32]:
    """Integer parameters [3 K, N] of mixtures given in floating point, [K, N] each; means and scales in symbols.

    >>> mixture_parameters([[0.0]], [[10.0]], [[2.718281828]]).ravel().tolist()
    [0, 640, 0]
    """
    log_scales = np.log(np.asarray(as_array(scales), np.float64)) - LOG_SCALE_OFFSET
    units = ((logits, 16), (means, 1 << GRAY_BITS), (log_scales, 16))
    rows = [np.floor(np.asarray(as_array(values), np.float64) * unit + 0.5) for values, unit in units]
    whole: NDArray[np.int32] = np.concatenate(rows).clip(-LIMIT, LIMIT).astype(np.int32)
    return whole
