"""Definition: what each channel of a pixel is expected to be, by its fit and the errors of those before it.

The first channel is expected to be what its fit says. Of the others the fit says by how much they exceed the first; how
their errors followed those before them, in pixels that fade with the steps that lead to them, corrects it. All
arithmetic is in float32, each operation rounded once, in the order written here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.wave.definition.fused import Floats, fused
from l3c.wave.definition.local_fit import FROM_ABOVE, FROM_LEFT

# levels: what two samples of 8 bits differ by at most; 64 * 255 and an error of 2^15 are exact in binary32
REACH = np.float32(255)
CALM = np.float32(4)
"""Added to the sums of squares by which a slope is divided: where those are small, a slope stays near 0. By trial."""

FINE = 64
"""Steps of an expected residual in a grey level."""

SUMS = 6  # of squares of three channels' errors, then of products of two
FIRST_BY_SECOND = 3  # place of the sum of products of the first and the second channel's errors
FIRST_BY_THIRD = 4  # place of that of the first and the third
SECOND_BY_THIRD = 5  # place of that of the second and the third


def clip(values: Floats, most: np.float32) -> Floats:
    """Within -most..most; what is no number becomes -most. Format 5.5."""
    values = np.where(values > -most, values, -most)
    return np.where(values < most, values, most)


class Regression:
    """The sums of a tile. A wavefront: `fade`; for each channel `expect`, then `set_error`; `update`. Format 5.7."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        self.channels = channels
        self.sums = np.zeros((SUMS, height + 1, width + 2), np.float32)

    def fade(self, rows: NDArray[np.int64], columns: NDArray[np.int64], fits: Floats) -> NDArray[np.int64]:
        """Energies of the errors so far as inputs of the network [channels, N] in 0..255. fits: [channels, N].
        Format 5.7.
        """
        self.place = (slice(None), rows + 1, columns + 1)
        left, above = self.sums[:, rows + 1, columns], self.sums[:, rows, columns + 2]
        self.here = fused(np.full(1, FROM_ABOVE), above, FROM_LEFT * left)
        self.fits = clip(fits, REACH)
        self.residuals, self.errors = np.zeros_like(self.fits), np.zeros_like(self.fits)
        return energy_levels(self.here[: self.channels])

    def expect(self, channel: int) -> NDArray[np.int64]:
        """A channel's expected residual, int64 [N], 64ths of a level. Format 5.7."""
        value = self.fits[channel]
        if channel > 0:
            by_first = self._slope(FIRST_BY_SECOND if channel == 1 else FIRST_BY_THIRD, 0)
            value = fused(by_first, self.errors[0], self.residuals[0] + value)
        if channel > 1:
            value = fused(self._slope(SECOND_BY_THIRD, 1), self.errors[1], value)
        steps: NDArray[np.int64] = np.floor(clip(value, REACH) * np.float32(FINE) + np.float32(0.5)).astype(np.int64)
        return steps

    def set_error(self, channel: int, difference: NDArray[np.int64], expected: NDArray[np.int64]) -> NDArray[np.int64]:
        """The channel's true difference [N], 64ths, is known; returns its error [N], 64ths. Format 5.7."""
        error = difference - expected  # at most 2 * 255 * 64 < 2^15: exact in float32, and so are its 64ths
        self.residuals[channel] = difference.astype(np.float32) * np.float32(1 / FINE)
        self.errors[channel] = error.astype(np.float32) * np.float32(1 / FINE)
        return error

    def update(self) -> None:
        """Add the pixels to the sums. Format 5.7."""
        errors, here = self.errors, self.here.copy()
        if self.channels > 1:
            second, third = (self.residuals[channel] - self.residuals[0] - self.fits[channel] for channel in (1, 2))
            here[FIRST_BY_SECOND] = fused(errors[0], second, here[FIRST_BY_SECOND])
            here[FIRST_BY_THIRD] = fused(errors[0], third, here[FIRST_BY_THIRD])
            rest = fused(-self._slope(FIRST_BY_THIRD, 0), errors[0], third)
            here[SECOND_BY_THIRD] = fused(errors[1], rest, here[SECOND_BY_THIRD])
        for channel in range(self.channels):
            here[channel] = fused(errors[channel], errors[channel], here[channel])
        self.sums[self.place] = here

    def _slope(self, products: int, squares: int) -> Floats:
        """A regression coefficient, by places of sums: float32 [N]. Format 5.7."""
        slope: Floats = self.here[products] / (self.here[squares] + CALM)
        return slope


def step_levels(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """64ths of a level as inputs of the network: quarters of a level about 128, in 0..255. Format 5.7."""
    levels: NDArray[np.int64] = np.clip((steps + FINE // 8 >> 4) + 128, 0, 255)
    return levels


def energy_levels(sums: Floats) -> NDArray[np.int64]:
    """Sums of squares as inputs of the network: eighths of an octave, read off the bits of the float. Format 5.7."""
    bits = (sums + np.float32(0.25)).view(np.int32).astype(np.int64)
    levels: NDArray[np.int64] = np.clip((bits >> 20) - (127 << 3) + 72, 0, 255)
    return levels
