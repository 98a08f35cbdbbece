"""Other libraries' arrays as NumPy's, and distributions in the form that the coder takes."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.coding.tables import FREQUENCY_BITS, GRAY_BITS, LOG_SCALE_ORIGIN, scale_bounds
from l3c.errors import InputError

TOTAL = 1 << FREQUENCY_BITS  # what the frequencies of all symbols sum to

LIMIT = 1 << 20
"""Parameters end here, as in the coder."""

LOG_SCALE_OFFSET = 1.0
"""A log-scale parameter of 0 stands for a scale of e symbols."""

LOGIT_UNIT = 16
"""Logits are in 1/16 nat."""

PARTS = float(1 << 30)
"""Probabilities are rounded to this part of their row's largest."""

INT32 = np.iinfo(np.int32)  # what the coder takes

NOT_FINITE = -LIMIT - 1
"""Marks a parameter of an invalid mixture, on its way to the host."""

WITHOUT_FLOAT64 = ("mps",)
"""Kinds of PyTorch's devices."""


def as_array(given: Any) -> NDArray[Any]:
    """As a NumPy array: lists, NumPy, tensors on any device (copied to the host), the array protocol, DLPack.

    Raises InputError for data that the host cannot read, such as another library's arrays in a device's memory.
    """
    if is_tensor(given):
        host = given.detach().cpu()
        return np.asarray(host.float() if host.is_floating_point() else host)
    try:
        if not hasattr(given, "__array__") and hasattr(given, "__dlpack__"):
            return np.from_dlpack(given)
        return np.asarray(given)
    except (TypeError, ValueError, BufferError, RuntimeError) as error:
        raise InputError(f"{type(given).__name__}: no array that the host can read: {error}") from error


def is_tensor(given: Any) -> bool:
    """Whether it is PyTorch's. Nothing is imported: whoever has a tensor has imported PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(given, torch.Tensor)


def as_integers(given: Any, name: str) -> NDArray[np.int32]:
    """As int32 of the same shape; what is of another type must have the same values as that.

    name: for the message. Raises InputError for fractions, values that are not finite, and those beyond 32 bits.
    """
    array = as_array(given)
    if array.dtype == np.int32:
        return np.ascontiguousarray(array)
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name}: {array.dtype}, needs integers")
    if array.dtype.kind == "f" and not bool((np.isfinite(array) & (array == np.floor(array))).all()):
        raise InputError(f"{name}: has values that are no integers")
    if array.size and not INT32.min <= array.min() <= array.max() <= INT32.max:
        raise InputError(f"{name}: has values beyond 32 bits")
    return np.ascontiguousarray(array, np.int32)


def as_parameters(given: Any) -> NDArray[np.int32]:
    """Mixture parameters as int32 [rows, N]; floating ones must be integers."""
    array = as_integers(given, "mixture parameters")
    if array.ndim != 2:
        raise InputError(f"mixture parameters {array.shape}: needs [parts * channels * components, count]")
    return array


def as_frequencies(given: Any) -> NDArray[np.int32]:
    """Cumulative frequencies as int32 [N or 1, L + 1]."""
    array = as_array(given)
    if array.ndim not in (1, 2) or array.dtype.kind not in "iu":
        raise InputError(f"cumulative frequencies, {array.dtype} {array.shape}: needs integers [N, L + 1] or [L + 1]")
    return as_integers(array if array.ndim == 2 else array[None], "cumulative frequencies")


def uniform(levels: int) -> NDArray[np.int32]:
    """Cumulative frequencies [levels + 1] of equal shares. Format 4.9.

    >>> uniform(4).tolist()
    [0, 16384, 32768, 49152, 65536]
    """
    shares: NDArray[np.int32] = (np.arange(levels + 1, dtype=np.int64) * TOTAL // levels).astype(np.int32)
    return shares


def frequencies_of(probabilities: Any) -> NDArray[np.int32]:
    """Cumulative frequencies, int32 [..., L + 1], of probabilities [..., L]; every symbol gets at least 1.

    Rows need not sum to 1. A tensor is computed on its device, with one copy to the host. The same probabilities give
    the same frequencies on every device: they are rounded to 2^-30 of their row's largest, and the rest is integers.
    Raises InputError for rows that are negative, not finite, or 0.

    >>> frequencies_of([[0.5, 0.25, 0.25, 0.0]]).tolist()
    [[0, 32767, 49151, 65535, 65536]]
    """
    library, (shares,) = _together(probabilities)
    if shares.ndim < 1 or not 1 <= shares.shape[-1] <= TOTAL:
        raise InputError(f"probabilities {tuple(shares.shape)}: needs [..., L], L from 1 to {TOTAL}")
    frequencies = _on_host(_cumulative(library, shares))
    if (frequencies[..., 0] != 0).any():
        raise InputError("probabilities: a row is negative, not finite, or 0")
    return frequencies


def mixture_parameters(logits: Any, means: Any, scales: Any) -> NDArray[np.int32]:
    """Integer parameters, int32 [3 K, N], of mixtures given in floating point, [K, N] each; means, scales in symbols.

    Tensors are computed on their device, with one copy to the host. The same values give the same integers on every
    device: scales are compared with a table, no logarithm is taken. They end at e^-2.5 and e^5.4375 symbols, as those
    of the coder do. Raises InputError for values that are not finite, and negative scales.

    >>> mixture_parameters([[0.0]], [[10.0]], [[2.718281828]]).ravel().tolist()
    [0, 640, 0]
    """
    library, values = _together(logits, means, scales)
    shapes = [tuple(value.shape) for value in values]
    if len(set(shapes)) > 1 or len(shapes[0]) != 2:
        raise InputError(f"logits {shapes[0]}, means {shapes[1]}, scales {shapes[2]}: needs [components, count] each")
    parameters = _on_host(_integers(library, *values))
    if parameters.size and parameters.min() == NOT_FINITE:
        raise InputError("mixtures: a logit, mean or scale is not finite, or a scale is negative")
    return parameters


def _cumulative(library: Any, shares: Any) -> Any:
    """int32 [..., L + 1]; a row that is no distribution begins with -1. library: NumPy or PyTorch.

    Every step is exact or rounded correctly, so that it gives the same everywhere. No number leaves 63 bits: sums are
    at most 2^16 levels of 2^30 each, and are multiplied by at most 2^16.
    """
    levels = shares.shape[-1]
    most = library.amax(shares, -1)[..., None]
    valid = (library.isfinite(shares) & (shares >= 0)).all(-1)[..., None] & (most > 0)
    parts = library.where(valid, shares, 1.0) / library.where(valid, most, 1.0)
    sums = library.cumsum(library.asarray(library.floor(parts * PARTS + 0.5), dtype=library.int64), -1)
    whole = sums[..., -1:]
    inner = (sums * (TOTAL - levels) + whole // 2) // whole + library.cumsum(library.ones_like(sums), -1)
    first = library.asarray(valid, dtype=library.int64) - 1
    return library.asarray(library.concatenate([first, inner], -1), dtype=library.int32)


def _integers(library: Any, logits: Any, means: Any, scales: Any) -> Any:
    """int32 [3 K, N]; NOT_FINITE where something is wrong. library: NumPy or PyTorch."""
    valid = library.isfinite(logits) & library.isfinite(means) & library.isfinite(scales) & (scales >= 0)
    rows = []
    for values, unit in ((logits, LOGIT_UNIT), (means, 1 << GRAY_BITS)):
        near = library.clip(library.where(valid, values, 0.0), -LIMIT, LIMIT)
        rows.append(library.clip(library.floor(near * unit + 0.5), -LIMIT, LIMIT))
    bounds = scale_bounds() if library is np else library.asarray(scale_bounds(), device=scales.device)
    rows.append(library.searchsorted(bounds, scales, side="right") - LOG_SCALE_ORIGIN)
    return library.concatenate(
        [library.where(valid, library.asarray(row, dtype=library.int32), NOT_FINITE) for row in rows], 0
    )


def _together(*given: Any) -> tuple[Any, list[Any]]:
    """NumPy and float64 arrays; or PyTorch and float64 tensors on the device of the first tensor.

    A device without float64 leaves the work to the host.
    """
    tensors = [value for value in given if is_tensor(value)]
    if not tensors or tensors[0].device.type in WITHOUT_FLOAT64:
        return np, [np.asarray(as_array(value), np.float64) for value in given]
    torch, device = sys.modules["torch"], tensors[0].device
    values = [value.detach() if is_tensor(value) else torch.asarray(as_array(value)) for value in given]
    return torch, [value.to(device=device, dtype=torch.float64).contiguous() for value in values]


def _on_host(values: Any) -> NDArray[np.int32]:
    """int32; the one copy of a tensor."""
    return values if isinstance(values, np.ndarray) else np.asarray(values.cpu())
