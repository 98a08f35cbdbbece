"""Definition: tiles of samples of 9 to 16 bits, coded by the networks of bytes. Format 5.16.

A pixel's samples are seen in steps of a power of two, which follows how wrong the predictions before it were. In these
steps deep samples differ from their predictions as bytes do. The mixture is of the residual, in steps. Where a sample
lies in its step is coded behind it: the upper bits of that under the same mixture, the lower ones as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l3c.coding.mixture import SYMBOLS, Mixture, find_symbols, intervals, mass_below
from l3c.coding.tables import FREQUENCY_BITS, GRAY_BITS
from l3c.wave.definition.fused import fused
from l3c.wave.definition.learning import Learning
from l3c.wave.definition.local_fit import FROM_ABOVE, FROM_LEFT
from l3c.wave.definition.network import Integers, Network
from l3c.wave.definition.regression import FINE
from l3c.wave.definition.streams import StreamsDecoder, StreamsEncoder
from l3c.wave.definition.tile import Predictor, Wavefronts, predictor, residual, run

DeepTile = NDArray[np.uint16]
BYTE = 8  # bits of the samples that networks are made for
DEPTHS = range(BYTE + 1, 17)
"""Bits of samples that are coded so."""

USUAL = 8
"""Steps by which a prediction is usually wrong, at most. By trial: with 4 and 12 files are 0.3 % and 0.1 % larger."""

LEAST_PIXELS = 1 / 64  # weight of pixels that are not there: the first pixel's steps are single levels
NOTHING = np.zeros(1, np.int64)  # the prediction, where values are differences
DIFFERENCE_MAX = 255 * FINE  # 64ths of a step: as of bytes
PLACE_BITS = 4
"""Of a place in a step, at most, that the mixture knows of. By trial: 2 bits cost 0.2 %, 6 gain nothing."""


class DeepWavefronts(Wavefronts):
    """The state of a deep tile. Format 5.16."""

    def __init__(self, network: Predictor, height: int, width: int, depth: int) -> None:
        super().__init__(network, height, width, neutral=1 << (depth - 1))
        self.depth = depth
        self.sums = np.zeros((2, height + 1, width + 2), np.float32)

    def predictions(self, rows: Integers, columns: Integers) -> Integers:
        """As of bytes; from here on the steps of the wavefront are known. Format 5.16.1."""
        self.place = (slice(None), rows + 1, columns + 1)
        left, above = self.sums[:, rows + 1, columns], self.sums[:, rows, columns + 2]
        self.here = fused(np.full(1, FROM_ABOVE), above, FROM_LEFT * left)
        magnitude, pixels = self.here
        most = (pixels + np.float32(LEAST_PIXELS)) * np.float32(USUAL * len(self.network.architecture.coded))
        self.shifts = np.zeros_like(rows)
        for _ in range(self.depth - BYTE):
            self.shifts += magnitude > most
            most = most + most
        self.predicted = super().predictions(rows, columns)
        return self.predicted

    def residuals(self, values: Integers, predictions: Integers) -> Integers:
        """In steps. Format 5.16.2."""
        half = (1 << self.shifts) >> 1
        return residual(values - predictions + half >> self.shifts, NOTHING)

    def differences(self, samples: Integers, predictions: Integers) -> Integers:
        """64ths of a step. Format 5.16.2."""
        fine: Integers = np.clip((samples - predictions) * FINE >> self.shifts, -DIFFERENCE_MAX, DIFFERENCE_MAX)
        return fine

    def levels(self, predictions: Integers) -> Integers:
        """The upper 8 bits. Format 5.16.2."""
        return predictions >> (self.depth - BYTE)

    def centre(self, prediction: Integers) -> Integers:
        """The residual 0. Format 5.16.2."""
        return np.full_like(prediction, 128)

    def symbols(self, samples: Integers, prediction: Integers) -> Integers:
        """Residuals. Format 5.16.2."""
        return self.residuals(samples, prediction)

    def remember(
        self, rows: Integers, columns: Integers, samples: Integers, residuals: Integers, features: Integers
    ) -> None:
        """As of bytes; the sums take the pixels in. Format 5.16.1."""
        super().remember(rows, columns, samples, residuals, features)
        self.here[0] += np.abs(samples - self.predicted).sum(axis=0).astype(np.float32)
        self.here[1] += np.float32(1)
        self.sums[self.place] = self.here

    def deep_tile(self) -> DeepTile:
        """uint16 [height, width, channels]."""
        return self.inner().astype(np.uint16)


@dataclass(frozen=True)
class Places:
    """What the residuals [N] of some pixels leave open. Format 5.16.3.

    escaped: those at an end, which stand for all beyond: the sample follows as it is. bits: of a place in a step, under
    the mixture. plain: bits behind those, or of the whole sample.
    """

    escaped: NDArray[np.bool_]
    bits: Integers
    plain: Integers

    @classmethod
    def of(cls, residuals: Integers, shifts: Integers, depth: int) -> Places:
        escaped = (residuals == 0) | (residuals == SYMBOLS - 1)
        bits = np.minimum(shifts, PLACE_BITS)
        return cls(escaped, np.where(escaped, 0, bits), np.where(escaped, depth, shifts - bits))


def place_cumulative(mixture: Mixture, residuals: Integers, bits: Integers, places: Integers) -> Integers:
    """The cumulative frequencies below places [N], of 2^bits in the step of each residual. Format 5.16.4."""
    edges = (residuals << GRAY_BITS) - (1 << (GRAY_BITS - 1))
    below, count = mass_below(mixture, edges), 1 << bits
    whole = mass_below(mixture, edges + (1 << GRAY_BITS)) - below + count
    mass = mass_below(mixture, edges + (places << (GRAY_BITS - bits))) - below + places
    inner = places + mass * ((1 << FREQUENCY_BITS) - count) // whole  # the product is below 2^32
    return np.where(places <= 0, 0, np.where(places >= count, 1 << FREQUENCY_BITS, inner))


def place_intervals(
    mixture: Mixture, residuals: Integers, bits: Integers, places: Integers
) -> tuple[Integers, Integers]:
    """(start, frequency) of each place, int64 [N] each. Format 5.16.4."""
    start = place_cumulative(mixture, residuals, bits, places)
    return start, place_cumulative(mixture, residuals, bits, places + 1) - start


def find_places(mixture: Mixture, residuals: Integers, bits: Integers, slots: Integers) -> Integers:
    """The places whose intervals hold the slots, int64 [N], by bisection. Format 5.16.4."""
    low = np.zeros_like(slots)
    for bit in range(PLACE_BITS - 1, -1, -1):
        candidate = low + (1 << bit)
        low = np.where(place_cumulative(mixture, residuals, bits, candidate) <= slots, candidate, low)
    return low


def plain_intervals(values: Integers, bits: Integers) -> tuple[Integers, Integers]:
    """(start, frequency) of numbers of so many bits, all equally likely: int64 [N] each. Format 5.16.3."""
    return values << (FREQUENCY_BITS - bits), (1 << FREQUENCY_BITS) >> bits


def encode_deep_tile(network: Network, tile: DeepTile, depth: int, learning: Learning | None = None) -> bytes:
    """tile: uint16 [height, width, channels], samples of `depth` bits. Format 5.16.3.

    network: one without side information. learning: None for a network at rest.
    """
    true = tile.astype(np.int64).transpose(2, 0, 1)[list(network.architecture.order)]
    height, width = tile.shape[:2]
    encoder = StreamsEncoder(height, width)
    state = DeepWavefronts(predictor(network, learning), height, width, depth)

    def code(mixture: Mixture, channel: int, rows: Integers, columns: Integers) -> Integers:
        samples: Integers = true[channel, rows, columns]
        offsets = samples - state.predicted[channel] + ((1 << state.shifts) >> 1)
        residuals = residual(offsets >> state.shifts, NOTHING)
        places = Places.of(residuals, state.shifts, depth)
        inside = offsets - ((residuals - 128) << state.shifts)
        plain = np.where(places.escaped, samples, inside) & ((1 << places.plain) - 1)
        upper = np.where(places.escaped, 0, inside >> places.plain)
        encoder.put(
            rows,
            intervals(mixture, residuals),
            place_intervals(mixture, residuals, places.bits, upper),
            plain_intervals(plain, places.plain),
        )
        return samples

    run(state, code)
    return encoder.finish()


def decode_deep_tile(
    network: Network, payload: bytes, depth: int, height: int, width: int, learning: Learning | None = None
) -> DeepTile:
    """uint16 [height, width, channels], as `encode_deep_tile` takes it. Raises FormatError on a damaged payload.
    Format 5.16.3.
    """
    decoder = StreamsDecoder(payload)
    state = DeepWavefronts(predictor(network, learning), height, width, depth)

    def code(mixture: Mixture, channel: int, rows: Integers, columns: Integers) -> Integers:
        samples = np.zeros_like(rows)
        for stream, part, here in decoder.parts(mixture, rows):
            shifts, predictions = state.shifts[part], state.predicted[channel, part]
            residuals = find_symbols(here, stream.slots(shifts.size))
            stream.take(*intervals(here, residuals))
            places = Places.of(residuals, shifts, depth)
            upper = find_places(here, residuals, places.bits, stream.slots(shifts.size))
            stream.take(*place_intervals(here, residuals, places.bits, upper))
            plain = stream.slots(shifts.size) >> (FREQUENCY_BITS - places.plain)
            stream.take(*plain_intervals(plain, places.plain))
            inside = (upper << places.plain) + plain
            near = predictions - ((1 << shifts) >> 1) + ((residuals - 128) << shifts) + inside
            samples[part] = np.where(places.escaped, plain, np.clip(near, 0, (1 << depth) - 1))
        return samples

    run(state, code)
    decoder.finish()
    return state.deep_tile()
