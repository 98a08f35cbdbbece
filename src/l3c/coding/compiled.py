"""Arrays of symbols to bytes and back, by the compiled coder; `l3c.coding` is the public name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c import _engine
from l3c.coding.arrays import as_frequencies, as_integers, as_parameters
from l3c.coding.tables import exponential_table, inverse_scale_tables, sigmoid_table
from l3c.errors import FormatError, InputError
from l3c.isa import chosen_isa

Table = NDArray[np.int32]


def engine_tables() -> tuple[Table, Table, Table, Table]:
    """The tables of `coding.tables` as the engine takes them: a logistic value and the next step in one number."""
    sigmoid = sigmoid_table()
    return ((sigmoid[:-1] << 11) | np.diff(sigmoid), exponential_table(), *inverse_scale_tables())


class SymbolEncoder:
    """Collects arrays of symbols, each under its distribution; `finish` gives the bytes.

    A decoder must take the arrays in the same order and with equal distributions. Arrays may be NumPy's or anything
    that NumPy can read through the array protocol or DLPack. Calls of one thread at a time: their order is what is
    coded, so a call while another one runs raises InputError and changes nothing. Coders of their own run side by side.
    """

    def __init__(self) -> None:
        self._coder = _engine.SymbolEncoder(*engine_tables(), chosen_isa())

    def put_mixtures(self, symbols: Any, parameters: Any, levels: int = 256, *, joint: bool = False) -> None:
        """Add symbols [C, N] under mixtures of K logistics, int32 [parts * C * K, N].

        parts: logits (1/16 nat), means (1/64 of a symbol), log scales (1/16, 0 stands for e symbols) and, where joint,
        logits of coefficients (1/1024). joint: 3 channels, each mean shifted by the channels before it. K up to 16.
        """
        values = as_integers(symbols, "symbols")
        if values.ndim != 2 or (values.size and not 0 <= values.min() <= values.max() < levels):
            raise InputError(f"symbols {values.shape}: needs [channels, count], each in 0..{levels - 1}")
        rows, bytes_of_symbols = as_parameters(parameters), values.astype(np.uint8, order="C")
        _call(self._coder.put_mixtures, rows, bytes_of_symbols, levels, joint)

    def put(self, symbols: Any, cumulative: Any) -> None:
        """Add symbols [N] under cumulative frequencies [N, L + 1], or one row [L + 1] for all, from 0 to 65536."""
        values = as_integers(symbols, "symbols")
        _call(self._coder.put_frequencies, as_frequencies(cumulative), values)

    @property
    def bits(self) -> float:
        """What all symbols so far cost under their integer frequencies."""
        return float(_call(self._coder.bits))

    def finish(self) -> bytes:
        """Everything that was put, coded."""
        return bytes(_call(self._coder.finish))


class SymbolDecoder:
    """Takes arrays out of what `SymbolEncoder.finish` gave. Raises FormatError on a damaged payload.

    Calls of one thread at a time, as there: a call while another one runs raises InputError and takes nothing.
    """

    def __init__(self, payload: bytes) -> None:
        self._coder = _engine.SymbolDecoder(payload, *engine_tables(), chosen_isa())

    def take_mixtures(
        self, parameters: Any, channels: int, levels: int = 256, *, joint: bool = False
    ) -> NDArray[np.uint8]:
        """Give the next symbols, uint8 [channels, N], under the same parameters as in `SymbolEncoder.put_mixtures`."""
        given = as_parameters(parameters)
        out = np.empty((channels, given.shape[1]), np.uint8)
        _check(_call(self._coder.take_mixtures, given, out, levels, joint))
        return out

    def take(self, count: int, cumulative: Any) -> NDArray[np.int32]:
        """Give the next symbols, int32 [count], under cumulative frequencies as in `SymbolEncoder.put`."""
        out = np.empty(count, np.int32)
        _check(_call(self._coder.take_frequencies, as_frequencies(cumulative), out))
        return out

    def finish(self) -> None:
        """Check that nothing is left."""
        _check(_call(self._coder.finish))


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the compiled coder gives; what it refuses is an InputError."""
    try:
        return function(*arguments)
    except (ValueError, TypeError) as error:
        raise InputError(str(error)) from error


def _check(wrong: str) -> None:
    if wrong:
        raise FormatError(wrong)
