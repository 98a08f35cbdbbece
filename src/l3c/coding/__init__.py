"""From mixtures of logistics to integer frequencies, and from frequencies to bytes: a library for anybody's symbols.

Symbols under cumulative frequencies (one row for each, or one for all):

>>> import numpy as np
>>> from l3c.coding import SymbolDecoder, SymbolEncoder, frequencies_of
>>> symbols = np.array([0, 2, 1, 2, 2])
>>> cumulative = frequencies_of([[0.1, 0.2, 0.7]] * 5)
>>> encoder = SymbolEncoder()
>>> encoder.put(symbols, cumulative)
>>> payload = encoder.finish()
>>> decoder = SymbolDecoder(payload)
>>> decoder.take(5, cumulative).tolist()
[0, 2, 1, 2, 2]
>>> decoder.finish()

Symbols under mixtures of logistics, here of two:

>>> from l3c.coding import mixture_parameters
>>> n = 1000
>>> means, scales = np.full((2, n), [[100.0], [120.0]]), np.full((2, n), 3.0)
>>> parameters = mixture_parameters(np.zeros((2, n)), means, scales)
>>> symbols = np.random.default_rng(0).integers(90, 130, (1, n))
>>> encoder = SymbolEncoder()
>>> encoder.put_mixtures(symbols, parameters)
>>> decoder = SymbolDecoder(encoder.finish())
>>> bool((decoder.take_mixtures(parameters, channels=1) == symbols).all())
True

`SymbolEncoder` and `SymbolDecoder` are compiled; `mixture`, `rans` and `tables` are their definition in NumPy.
"""

from __future__ import annotations

from typing import Any

from l3c.coding.arrays import frequencies_of, mixture_parameters, uniform

__all__ = ["SymbolDecoder", "SymbolEncoder", "frequencies_of", "mixture_parameters", "uniform"]


def __getattr__(name: str) -> Any:
    """Fetch the compiled coder when it is first wanted: the definition needs nothing compiled."""
    if name in ("SymbolDecoder", "SymbolEncoder"):
        from l3c.coding import compiled

        return getattr(compiled, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
