"""Code symbols under anybody's probabilities: cumulative distributions, or mixtures of logistics.

Integers decide, so what one machine encodes every other decodes, given the same cumulative frequencies, or the same
floating-point parameters bit for bit. Payloads have 40 bytes of overhead and no header: the decoder must know shapes.

>>> import numpy as np
>>> from l3c import coding
>>> symbols = np.array([2, 0, 1, 2, 2])
>>> cdf = np.array([0.0, 0.1, 0.4, 1.0])                      # one for all; or one a symbol: [5, 4]
>>> data = coding.encode(symbols, cdf)
>>> coding.decode(data, cdf, shape=(5,)).tolist()
[2, 0, 1, 2, 2]
>>> logits, means, log_scales = np.zeros((5, 2)), np.tile([0.0, 2.0], (5, 1)), np.full((5, 2), -1.0)
>>> data = coding.encode_mixture(symbols, logits, means, log_scales, levels=3)
>>> coding.decode_mixture(data, logits, means, log_scales, levels=3).tolist()
[2, 0, 1, 2, 2]
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.coding.arrays import is_float, like, rounded, to_numpy
from l3c.coding.levels import TOTAL
from l3c.errors import FormatError, InputError

LOG_SCALE_SHIFT = 16
"""Log scales in 1/16 minus this are what `l3c.coding.mixture.make_mixture` takes."""

MOST = 1 << 20
COMPONENTS_MAX, LEVELS_MAX = 64, 256

Integers32 = NDArray[np.int32]


def encode(symbols: Any, cdf: Any) -> bytes:
    """Encode symbols [...], whole numbers 0 .. L - 1.

    cdf: [L + 1] for all symbols, or [..., L + 1], one for each. Floating point: probabilities of smaller symbols, 0 to
    1, rising; made into frequencies by `integer_cdf`. Integers: cumulative frequencies from 0 to 65536, in int32, or in
    uint16, whose last column stands for 65536 whatever it holds. Raises InputError where a symbol has frequency 0.
    """
    flat, rows = _flat(symbols), _rows(cdf)
    _check_rows(np.shape(symbols), np.shape(cdf))
    bad, payload = _engine().encode_cumulative(flat, rows)
    if bad >= 0:
        raise InputError(f"symbol {bad} of {flat.size}: {flat[bad]} has no frequency of its own")
    return bytes(payload)


def decode(data: bytes, cdf: Any, *, shape: tuple[int, ...] | None = None) -> Any:
    """Undo `encode`: int32 of the given shape, or of the CDFs' leading dimensions; a tensor where the CDF is one.

    Raises FormatError where the data is damaged, cut, or was made with other frequencies (most often; there is no check
    sum in it).
    """
    shape = tuple(np.shape(cdf)[:-1]) if shape is None else shape
    _check_rows(shape, np.shape(cdf))
    symbols = np.empty(int(np.prod(shape)), np.int32)
    _raise(_engine().decode_cumulative(data, symbols, _rows(cdf)))
    return like(symbols.reshape(shape), cdf)


def encode_mixture(symbols: Any, logits: Any, means: Any, log_scales: Any, *, levels: int = LEVELS_MAX) -> bytes:
    """Encode symbols [...], 0 .. levels - 1, each under a mixture of K logistics: parameters [..., K].

    means and scales are in levels: a component with mean 3 has its middle at symbol 3. Parameters are rounded: logits
    and log scales to 1/16, means to 1/64; scales end at 0.08 and 230 levels. Every symbol keeps at least 1/65536.
    """
    flat = _flat(symbols)
    parameters = _parameters(np.shape(symbols), logits, means, log_scales, levels)
    bad, payload = _mixture_coder().encode(flat, *parameters, levels)
    if bad >= 0:
        raise InputError(f"symbol {bad} of {flat.size}: {flat[bad]} is none of {levels} levels")
    return bytes(payload)


def decode_mixture(data: bytes, logits: Any, means: Any, log_scales: Any, *, levels: int = LEVELS_MAX) -> Any:
    """Undo `encode_mixture`: int32 [...], a tensor where the logits are one. Raises FormatError as `decode` does."""
    shape = tuple(np.shape(logits)[:-1])
    parameters = _parameters(shape, logits, means, log_scales, levels)
    symbols = np.empty(int(np.prod(shape)), np.int32)
    _raise(_mixture_coder().decode(data, symbols, *parameters, levels))
    return like(symbols.reshape(shape), logits)


def integer_cdf(cdf: Any) -> Integers32:
    """Cumulative frequencies, int32 [..., L + 1], of probabilities [..., L + 1]: from 0 to 65536, rising by 1 or more.

    floor(p (65536 - L) + 0.5) + l at level l, computed where the probabilities lie.
    """
    levels = np.shape(cdf)[-1] - 1
    frequencies: Integers32 = rounded(cdf, TOTAL - levels, TOTAL - levels) + np.arange(levels + 1, dtype=np.int32)
    frequencies[..., 0], frequencies[..., -1] = 0, TOTAL
    if (frequencies[..., 1:] <= frequencies[..., :-1]).any():
        raise InputError("a cumulative distribution falls")
    return frequencies


def _flat(symbols: Any) -> Integers32:
    array = to_numpy(symbols)
    if array.dtype.kind not in "iu":
        raise InputError(f"symbols are whole numbers, not {array.dtype}")
    return np.ascontiguousarray(array.reshape(-1), np.int32)


def _rows(cdf: Any) -> NDArray[Any]:
    """[rows, L + 1], uint16 or int32."""
    if np.ndim(cdf) < 1 or np.shape(cdf)[-1] < 3:
        raise InputError("a cumulative distribution has L + 1 entries, with 2 levels L or more")
    array = integer_cdf(cdf) if is_float(cdf) else to_numpy(cdf)
    kind = np.uint16 if array.dtype == np.uint16 else np.int32
    return np.ascontiguousarray(array.reshape(-1, array.shape[-1]), kind)


def _check_rows(symbols: tuple[int, ...], cdf: tuple[int, ...]) -> None:
    if len(cdf) > 1 and tuple(cdf[:-1]) != tuple(symbols):
        raise InputError(
            f"symbols of shape {tuple(symbols)} need CDFs [L + 1] or [*{tuple(symbols)}, L + 1], not {tuple(cdf)}"
        )


def _parameters(shape: tuple[int, ...], logits: Any, means: Any, log_scales: Any, levels: int) -> list[Integers32]:
    """Integer parameters [N, K], in the units of `make_mixture`."""
    components = np.shape(logits)[-1] if np.ndim(logits) else 0
    for name, values in (("logits", logits), ("means", means), ("log_scales", log_scales)):
        if tuple(np.shape(values)) != (*shape, components):
            raise InputError(f"{name} of shape {tuple(np.shape(values))}, where {(*shape, components)} is expected")
    if not 1 <= components <= COMPONENTS_MAX or not 2 <= levels <= LEVELS_MAX:
        raise InputError(f"{components} components, {levels} levels: 1 to {COMPONENTS_MAX}, and 2 to {LEVELS_MAX}")
    integers = [rounded(logits, 16, MOST), rounded(means, 64, MOST), rounded(log_scales, 16, MOST) - LOG_SCALE_SHIFT]
    return [values.reshape(-1, components) for values in integers]


def _engine() -> Any:
    from l3c.engine import compiled

    return compiled()


@cache
def _mixture_coder() -> Any:
    from l3c.engine import mixture_coder

    return mixture_coder()


def _raise(wrong: str) -> None:
    if wrong:
        raise FormatError(wrong)
