"""The compiled coefficient models, typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from l3c import _engine
from l3c.coding.compiled import engine_tables
from l3c.dct.definition.features import EDGE_LOG, FINE_LOG, LOG, OTHER_LOG, OWN_LOG, RESIDUAL_LOG
from l3c.dct.definition.levels import magnitude_table, signed_table
from l3c.dct.definition.network import Network
from l3c.dct.definition.plane import Plane
from l3c.errors import FormatError
from l3c.isa import chosen_isa


@cache
def log_tables() -> tuple[NDArray[np.uint8], ...]:
    """Logarithms of dequantized magnitudes, of quantized ones, of those around; of edges, of residuals, of the other
    chroma component.
    """
    tables = [magnitude_table(octave) for octave in (LOG, FINE_LOG, OWN_LOG)]
    tables += [signed_table(octave) for octave in (EDGE_LOG, RESIDUAL_LOG, OTHER_LOG)]
    return tuple(table.astype(np.uint8) for table in tables)


class DctCoder:
    """Two networks, for the first plane and for the others, ready to code planes. Thread-safe; releases the
    interpreter's lock while it works.

    calibrated: whether what networks say is corrected by what came so far.
    """

    def __init__(self, networks: tuple[Network, Network], isa: str | None = None, *, calibrated: bool = True) -> None:
        self._coder = _engine.DctCoder(
            list(networks), list(log_tables()), *engine_tables(), calibrated, isa or chosen_isa()
        )

    @property
    def isa(self) -> str:
        """The instruction set that codes."""
        return str(self._coder.isa)

    def encode(self, planes: Sequence[Plane], /) -> bytes:
        """A payload of all planes, at most 4."""
        return bytes(self._coder.encode([replace(p, coefficients=np.array(p.coefficients, np.int16)) for p in planes]))

    def decode(self, payload: bytes, planes: Sequence[Plane], /) -> list[NDArray[np.int16]]:
        """Coefficients of all planes. planes: their shapes, steps and sampling factors; their coefficients are not
        looked at. Raises FormatError on a damaged payload.
        """
        blank = [replace(plane, coefficients=np.zeros(plane.coefficients.shape, np.int16)) for plane in planes]
        wrong = self._coder.decode(payload, blank)
        if wrong:
            raise FormatError(wrong)
        return [plane.coefficients for plane in blank]
