"""Definition: tiles of samples of 9 to 16 bits, coded by the networks of bytes. Format 5.16.

A pixel's samples are seen in steps of a power of two, which follows how wrong the predictions before it were. In these
steps deep samples differ from their predictions as bytes do. The mixture is of the residual, in steps. Where a sample
lies in its step is coded behind it: the upper bits of that under the same mixture, the lower ones as they are. Beside
the mixture, samples that repeat others have probabilities of their own (`repeats`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from l3c.coding.mixture import SYMBOLS, Mixture, cumulative, mass_below
from l3c.coding.tables import FREQUENCY_BITS, GRAY_BITS
from l3c.errors import FormatError
from l3c.wave.definition.fused import Floats, fused
from l3c.wave.definition.learning import Learning
from l3c.wave.definition.local_fit import FROM_ABOVE, FROM_LEFT
from l3c.wave.definition.network import Integers, Network
from l3c.wave.definition.regression import FINE
from l3c.wave.definition.repeats import NEIGHBOURS, RepeatCounts, Repeats
from l3c.wave.definition.streams import StreamsDecoder, StreamsEncoder
from l3c.wave.definition.tile import Predictor, Wavefronts, predictor, residual, run

DeepTile = NDArray[np.uint16]
BYTE = 8  # bits of the samples that networks are made for
DEPTHS = range(BYTE + 1, 17)
"""Bits of samples that are coded so."""

USUAL = 3
"""Steps by which a prediction is usually wrong, at most, as a power of two: what an encoder takes that knows nothing of
the samples. `l3c.wave.model` chooses by them."""

USUAL_MAX = 6  # of payloads: with more, most residuals would be at an end

LEAST_PIXELS = 1 / 64  # weight of pixels that are not there: the first pixel's steps are single levels
NOTHING = np.zeros(1, np.int64)  # the prediction, where values are differences
DIFFERENCE_MAX = 255 * FINE  # 64ths of a step: as of bytes
FIT_MAX = np.float32(128)  # steps that the local fit sees, in magnitude: as of bytes
PLAIN_BITS = 4  # behind places, at most: steps are 2^8 at most
PLACE_BITS = 4
"""Of a place in a step, at most, that the mixture knows of. By trial: 2 bits cost 0.2 %, 6 gain nothing."""


class DeepWavefronts(Wavefronts):
    """The state of a deep tile. Format 5.16."""

    def __init__(self, network: Predictor, height: int, width: int, depth: int, usual: int) -> None:
        super().__init__(network, height, width, neutral=1 << (depth - 1))
        self.depth, self.usual = depth, usual
        self.counts = RepeatCounts(network.architecture.channels)
        self.sums = np.zeros((2, height + 1, width + 2), np.float32)

    def excesses(self, rows: Integers, columns: Integers, offset: tuple[int, int]) -> Integers:
        """What later channels exceed the first one by, and the first one itself: [channels, N]. Format 5.16.2."""
        samples = self.at(self.samples, rows, columns, offset).copy()
        samples[1:] -= samples[0]
        return samples

    def predictions(self, rows: Integers, columns: Integers) -> Integers:
        """From here on the steps of the wavefront are known. Format 5.16.1, 5.16.2."""
        self.place = (slice(None), rows + 1, columns + 1)
        left, above = self.sums[:, rows + 1, columns], self.sums[:, rows, columns + 2]
        self.here = fused(np.full(1, FROM_ABOVE), above, FROM_LEFT * left)
        magnitude, pixels = self.here
        most = (pixels + np.float32(LEAST_PIXELS)) * np.float32(len(self.network.architecture.coded) << self.usual)
        self.shifts = np.zeros_like(rows)
        for _ in range(self.depth - BYTE):
            self.shifts += magnitude > most
            most = most + most
        self.near = np.stack([self.excesses(rows, columns, offset) for offset in NEIGHBOURS])
        w, n, _, nw = self.near
        self.predicted = np.clip(w + n - nw, np.minimum(w, n), np.maximum(w, n))
        self.predicted[1:] += self.predicted[0]
        return self.predicted

    def fit_values(self, values: Integers, predictions: Integers) -> Floats:
        """In steps, with their fractions. Format 5.16.2."""
        steps = (values - predictions).astype(np.float32) / (1 << self.shifts).astype(np.float32)
        return np.clip(steps, -FIT_MAX, FIT_MAX)

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
        levels: Integers = np.clip(predictions, 0, (1 << self.depth) - 1) >> (self.depth - BYTE)
        return levels

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
        self.counts.merge()

    def repeats(self, channel: int, first: Integers) -> Repeats:
        """What the wavefront's samples may repeat. first: those of the first channel, or zeros for itself.
        Format 5.16.4.
        """
        edges = self.predicted[channel] - ((1 << self.shifts) >> 1)
        return self.counts.of(channel, self.near[:, channel], first, edges, self.shifts, self.depth)

    def kept(self) -> Floats:
        """The mixture's share of what the channel's samples teach. Format 5.16.6."""
        return self.counts.kept

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


def residual_cumulative(mixture: Mixture, repeats: Repeats, residuals: Integers) -> Integers:
    """The cumulative frequencies below residuals [N], 0..256. Format 5.16.5."""
    own = cumulative(mixture, residuals) - residuals
    inner = residuals + (own * repeats.mixture >> FREQUENCY_BITS) + repeats.slots_below(residuals)
    return np.where(residuals <= 0, 0, np.where(residuals >= SYMBOLS, 1 << FREQUENCY_BITS, inner))


def share(mass: Integers, slots: Integers, whole: Integers) -> Integers:
    """Of slots, as many as the mass has of the whole. Format 5.16.5."""
    result: Integers = mass * slots // whole  # below 2^44
    return result


def place_cumulative(
    mixture: Mixture, repeats: Repeats, residuals: Integers, here: Places, places: Integers
) -> Integers:
    """The cumulative frequencies below places [N], of 2^bits in the step of each residual. Format 5.16.5."""
    count = 1 << here.bits

    def mass(below: Integers) -> Integers:
        repeated = (repeats.residuals == residuals) & (repeats.inside >> here.plain < below)
        of_repeats: Integers = np.where(repeated, repeats.masses, 0).sum(axis=0)
        return own_mass(mixture, residuals, here, 0 * below, below) + of_repeats

    inner = places + share(mass(places), (1 << FREQUENCY_BITS) - count, mass(count))
    return np.where(places <= 0, 0, np.where(places >= count, 1 << FREQUENCY_BITS, inner))


def own_mass(mixture: Mixture, residuals: Integers, here: Places, first: Integers, end: Integers) -> Integers:
    """The mixture's mass of places first .. end - 1, and 1 for each of them. Format 5.16.5."""
    edges = (residuals << GRAY_BITS) - (1 << (GRAY_BITS - 1))
    below, above = (mass_below(mixture, edges + (place << (GRAY_BITS - here.bits))) for place in (first, end))
    return above - below + end - first


def plain_cumulative(
    mixture: Mixture, repeats: Repeats, residuals: Integers, here: Places, places: Integers, plain: Integers
) -> Integers:
    """The cumulative frequencies below plain bits [N], of samples that are not escaped. Format 5.16.5."""
    count = np.where(here.escaped, 1, 1 << here.plain)
    own = own_mass(mixture, residuals, here, places, places + 1)
    found = (repeats.residuals == residuals) & (repeats.inside >> here.plain == places)
    masses = np.where(found, repeats.masses, 0)
    below = own * plain + count * np.where(repeats.inside & (count - 1) < plain, masses, 0).sum(axis=0)
    inner = plain + share(below, (1 << FREQUENCY_BITS) - count, count * (own + masses.sum(axis=0)))
    return np.where(plain <= 0, 0, np.where(plain >= count, 1 << FREQUENCY_BITS, inner))


@dataclass(frozen=True)
class Alphabet:
    """The symbols of N samples, one after the other: each is known when the next one is asked for. Format 5.16.3."""

    mixture: Mixture
    repeats: Repeats
    shifts: Integers
    depth: int

    def residual(self, residuals: Integers) -> Integers:
        """The cumulative frequencies below residuals. Format 5.16.5."""
        return residual_cumulative(self.mixture, self.repeats, residuals)

    def place(self, residuals: Integers, places: Integers) -> Integers:
        """Those below places. Format 5.16.5."""
        here = Places.of(residuals, self.shifts, self.depth)
        return place_cumulative(self.mixture, self.repeats, residuals, here, places)

    def plain(self, residuals: Integers, places: Integers, plain: Integers) -> Integers:
        """Those below plain bits; of escaped samples all are equally likely. Format 5.16.3, 5.16.5."""
        here = Places.of(residuals, self.shifts, self.depth)
        near = plain_cumulative(self.mixture, self.repeats, residuals, here, places, plain)
        return np.where(here.escaped, plain << (FREQUENCY_BITS - here.plain), near)


Below = Callable[[Integers], Integers]
"""From symbols [N] to the cumulative frequencies below them."""


def interval(below: Below, symbols: Integers) -> tuple[Integers, Integers]:
    """(start, frequency) of each symbol, int64 [N] each. Format 5.16.5."""
    start = below(symbols)
    return start, below(symbols + 1) - start


def find(below: Below, slots: Integers, bits: int) -> Integers:
    """The symbols below 2^bits whose intervals hold the slots, int64 [N], by bisection. Format 5.16.5."""
    low = np.zeros_like(slots)
    for bit in range(bits - 1, -1, -1):
        candidate = low + (1 << bit)
        low = np.where(below(candidate) <= slots, candidate, low)
    return low


def product(*symbols: tuple[Integers, Integers]) -> NDArray[np.float64]:
    """Of the frequencies of the symbols of N samples: at most 2^48, exact. Format 5.16.6."""
    frequencies: NDArray[np.float64] = np.prod([frequency.astype(np.float64) for _, frequency in symbols], axis=0)
    return frequencies


def encode_deep_tile(
    network: Network, tile: DeepTile, depth: int, learning: Learning | None = None, usual: int = USUAL
) -> bytes:
    """tile: uint16 [height, width, channels], samples of `depth` bits. Format 5.16.3.

    network: one without side information. learning: None for a network at rest. usual: 0..6, the steps by which
    predictions are usually wrong, at most, as a power of two.
    """
    true = tile.astype(np.int64).transpose(2, 0, 1)[list(network.architecture.order)]
    height, width = tile.shape[:2]
    encoder = StreamsEncoder(height, width)
    state = DeepWavefronts(predictor(network, learning), height, width, depth, usual)

    def code(mixture: Mixture, channel: int, rows: Integers, columns: Integers) -> Integers:
        samples: Integers = true[channel, rows, columns]
        repeats = state.repeats(channel, true[0, rows, columns] if channel else np.zeros_like(rows))
        offsets = samples - state.predicted[channel] + ((1 << state.shifts) >> 1)
        residuals = residual(offsets >> state.shifts, NOTHING)
        places = Places.of(residuals, state.shifts, depth)
        inside = offsets - ((residuals - 128) << state.shifts)
        plain = np.where(places.escaped, samples, inside) & ((1 << places.plain) - 1)
        upper = np.where(places.escaped, 0, inside >> places.plain)
        alphabet = Alphabet(mixture, repeats, state.shifts, depth)
        symbols = (
            interval(alphabet.residual, residuals),
            interval(partial(alphabet.place, residuals), upper),
            interval(partial(alphabet.plain, residuals, upper), plain),
        )
        encoder.put(rows, *symbols)
        state.counts.add(channel, repeats, samples, product(*symbols))
        return samples

    run(state, code)
    return bytes([usual]) + encoder.finish()


def decode_deep_tile(
    network: Network, payload: bytes, depth: int, height: int, width: int, learning: Learning | None = None
) -> DeepTile:
    """uint16 [height, width, channels], as `encode_deep_tile` takes it. Raises FormatError on a damaged payload.
    Format 5.16.3.
    """
    if not payload or payload[0] > USUAL_MAX:
        raise FormatError(f"payload of steps that there are not: 2^0 to 2^{USUAL_MAX} are usually wrong")
    decoder = StreamsDecoder(payload[1:])
    state = DeepWavefronts(predictor(network, learning), height, width, depth, payload[0])
    first = np.zeros(0, np.int64)

    def code(mixture: Mixture, channel: int, rows: Integers, columns: Integers) -> Integers:
        nonlocal first
        samples, frequencies = np.zeros_like(rows), np.ones(rows.size)
        repeats = state.repeats(channel, first if channel else np.zeros_like(rows))
        for stream, part, here in decoder.parts(mixture, rows):
            shifts, predictions = state.shifts[part], state.predicted[channel, part]
            alphabet = Alphabet(here, repeats.part(part), shifts, depth)
            residuals = find(alphabet.residual, stream.slots(shifts.size), BYTE)
            symbols = [interval(alphabet.residual, residuals)]
            stream.take(*symbols[-1])
            places = Places.of(residuals, shifts, depth)
            below = partial(alphabet.place, residuals)
            upper = find(below, stream.slots(shifts.size), PLACE_BITS)
            symbols.append(interval(below, upper))
            stream.take(*symbols[-1])
            below, slots = partial(alphabet.plain, residuals, upper), stream.slots(shifts.size)
            as_it_is = slots >> (FREQUENCY_BITS - places.plain)
            plain = np.where(places.escaped, as_it_is, find(below, slots, PLAIN_BITS))
            symbols.append(interval(below, plain))
            stream.take(*symbols[-1])
            inside = (upper << places.plain) + plain
            near = predictions - ((1 << shifts) >> 1) + ((residuals - 128) << shifts) + inside
            samples[part] = np.where(places.escaped, plain, np.clip(near, 0, (1 << depth) - 1))
            frequencies[part] = product(*symbols)
        state.counts.add(channel, repeats, samples, frequencies)
        first = samples if channel == 0 else first
        return samples

    run(state, code)
    decoder.finish()
    return state.deep_tile()
