"""Definition: how a tile is coded in wavefronts. The engine does the same, faster; this is for reading and for tests.

Samples are in coding order: green, red, blue, or gray alone, or a guide (luma), blue and red chroma. Beyond the tile's
borders a pixel sees 128 above the first row, the first pixel of the row above on the left (128 for the first row), and
the row's own last pixel on the right; of a guide the last row again below; kept features beyond the borders are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from l3c.coding.mixture import Mixture, find_symbols, intervals, make_mixture
from l3c.coding.rans import LANES, Decoder, Encoder
from l3c.wave.architecture import AHEAD, KEPT_POSITIONS, NEIGHBOURS, SLOPE
from l3c.wave.learning import Learning, LearningNetwork
from l3c.wave.local_fit import FITTED, LocalFit, fit_levels
from l3c.wave.network import Integers, Network

Tile = NDArray[np.uint8]
Predictor = Network | LearningNetwork
Code = Callable[[Mixture, int, Integers, Integers], Integers]
"""From a channel's mixture, the channel, rows and columns of a wavefront to its samples."""

TOP, LEFT, RIGHT, BELOW = 3, 3, 2, 1
NEUTRAL = 128


class Wavefronts:
    """The state of a tile while it is coded: known samples and kept features, with their borders."""

    def __init__(self, network: Predictor, height: int, width: int, guide: Tile | None = None) -> None:
        """guide: uint8 [height, width, guides], for a network that has one."""
        a = network.architecture
        self.network, self.height, self.width = network, height, width
        size = (height + TOP + BELOW, width + LEFT + RIGHT)
        self.samples = np.full((a.channels, *size), NEUTRAL, np.int64)
        self.features = np.zeros((a.kept, *size), np.int64)
        self.fits = [LocalFit(height, width) for _ in a.coded] if a.fitted else []
        for c in range(a.guides):
            self.samples[c] = with_borders(guide[..., c])  # type: ignore[index]

    def __iter__(self) -> Iterator[tuple[Integers, Integers]]:
        """Yield (rows, columns) of each wavefront x + 3 y = t, int64 [N], rows rising."""
        for t in range(self.width + SLOPE * (self.height - 1)):
            rows = np.arange(max(0, -(-(t - self.width + 1) // SLOPE)), min(self.height - 1, t // SLOPE) + 1)
            if rows.size:
                yield rows, t - SLOPE * rows

    def at(self, planes: Integers, rows: Integers, columns: Integers, offset: tuple[int, int] = (0, 0)) -> Integers:
        """planes [C, height, width] at the pixels, moved by offset: [C, N]."""
        return planes[:, rows + offset[0] + TOP, columns + offset[1] + LEFT]

    def predictions(self, rows: Integers, columns: Integers) -> Integers:
        """Median edge prediction (the predictor of JPEG-LS), [channels, N]."""
        w, n, nw = (self.at(self.samples, rows, columns, o) for o in ((0, -1), (-1, 0), (-1, -1)))
        predictions: Integers = np.clip(w + n - nw, np.minimum(w, n), np.maximum(w, n))
        return predictions

    def ahead(self, rows: Integers, columns: Integers, predictions: Integers) -> Integers:
        """Pixels of the guides minus their predictions, also of what is coded later: [AHEAD guides, N] in 0..255."""
        guides = self.network.architecture.guides
        seen = np.stack([self.at(self.samples[:guides], rows, columns, o) for o in AHEAD], axis=1)
        return residual(seen, predictions[:guides, None]).reshape(-1, rows.size)

    def context(self, rows: Integers, columns: Integers, predictions: Integers) -> Integers:
        """Neighbours minus predictions, the predictions themselves, what is ahead, the fits: [context, N] in 0..255."""
        neighbours = np.stack([self.at(self.samples, rows, columns, o) for o in NEIGHBOURS], axis=1)
        differences = residual(neighbours, predictions[:, None])
        coded = slice(self.network.architecture.guides, None)
        self.fitted = (differences[coded, :FITTED] - 128).astype(np.float32)
        fits = [fit_levels(f.predict(rows, columns, x))[None] for f, x in zip(self.fits, self.fitted, strict=False)]
        ahead = self.ahead(rows, columns, predictions)
        return np.concatenate([differences.reshape(-1, rows.size), predictions, ahead, *fits])

    def learn_fits(self, rows: Integers, columns: Integers, own: Integers) -> None:
        """own: the pixels' residuals, int64 [channels, N]."""
        coded = own[self.network.architecture.guides :]
        for fit, inputs, residuals in zip(self.fits, self.fitted, coded, strict=False):
            fit.update(rows, columns, inputs, (residuals - 128).astype(np.float32))

    def kept(self, rows: Integers, columns: Integers) -> Integers:
        return np.concatenate([self.at(self.features, rows, columns, o) for o in KEPT_POSITIONS])

    def write(self, rows: Integers, columns: Integers, samples: Integers, features: Integers) -> None:
        """samples: [coded channels, N]. features: [kept, N]."""
        coded = self.samples[self.network.architecture.guides :]
        coded[:, rows + TOP, columns + LEFT] = samples
        self.features[:, rows + TOP, columns + LEFT] = features
        for y, x, value in zip(rows, columns, samples.T, strict=True):
            if x == 0 and y + 1 < self.height:
                coded[:, y + 1 + TOP, :LEFT] = value[:, None]
            if x == self.width - 1:
                coded[:, y + TOP, LEFT + self.width :] = value[:, None]

    def tile(self) -> Tile:
        """uint8 [height, width, channels]: the guides too."""
        inner = self.samples[:, TOP : TOP + self.height, LEFT : LEFT + self.width]
        order = np.argsort(self.network.architecture.order)
        return np.ascontiguousarray(inner[order].transpose(1, 2, 0), np.uint8)


def with_borders(plane: Tile) -> Integers:
    """A guide [height, width] as pixels see it: [TOP + height + BELOW, LEFT + width + RIGHT]."""
    wide = np.pad(plane.astype(np.int64), ((TOP, BELOW), (LEFT, RIGHT)), "edge")
    wide[:TOP] = NEUTRAL
    wide[TOP, :LEFT] = NEUTRAL
    wide[TOP + 1 :, :LEFT] = wide[TOP:-1, LEFT : LEFT + 1]
    return wide


def residual(values: Integers, predictions: Integers) -> Integers:
    """Difference clipped to -128..127, with 128 added."""
    clipped: Integers = np.clip(values - predictions, -128, 127)
    return clipped + 128


def channel_mixture(outputs: Integers, components: int, prediction: Integers, differences: Integers) -> Mixture:
    """A head's outputs as a mixture.

    outputs: [3 * components + c, N]: logits, means, log scales, then a coefficient (1/64) for each of the c channels
    before. differences: [c, N], how far these are from their predictions, unclipped.
    """
    logits, means, log_scales, coefficients = np.split(outputs, [components, 2 * components, 3 * components])
    centre = (prediction << 6) + (np.clip(coefficients, -256, 256) * differences).sum(axis=0)
    return make_mixture(logits, means + centre, log_scales)


def encode_tile(network: Network, tile: Tile, learning: Learning | None = None) -> bytes:
    """tile: uint8 [height, width, channels], in the order red, green, blue, or guide, blue and red chroma.

    learning: None for a network at rest.
    """
    true = tile.astype(np.int64).transpose(2, 0, 1)[list(network.architecture.order)]
    encoder = Encoder()

    def code(mixture: Mixture, channel: int, rows: Integers, columns: Integers) -> Integers:
        symbols: Integers = true[channel, rows, columns]
        encoder.put(*intervals(mixture, symbols))
        return symbols

    guide = tile[..., : network.architecture.guides]
    _run(Wavefronts(_predictor(network, learning), *tile.shape[:2], guide), code)
    return encoder.finish()


def decode_tile(
    network: Network,
    payload: bytes,
    height: int,
    width: int,
    learning: Learning | None = None,
    guide: Tile | None = None,
) -> Tile:
    """uint8 [height, width, channels], as `encode_tile` takes it. Raises FormatError on a damaged payload.

    guide: uint8 [height, width, guides], for a network that has one.
    """
    decoder = Decoder(payload)

    def code(mixture: Mixture, channel: int, rows: Integers, columns: Integers) -> Integers:
        symbols = np.zeros_like(rows)
        for first in range(0, rows.size, LANES):
            part = slice(first, first + LANES)
            here = Mixture(*(field[:, part] for field in vars(mixture).values()))
            slots = decoder.slots(min(LANES, rows.size - first))
            symbols[part] = find_symbols(here, slots)
            decoder.take(*intervals(here, symbols[part]))
        return symbols

    state = Wavefronts(_predictor(network, learning), height, width, guide)
    _run(state, code)
    decoder.finish()
    return state.tile()


def _predictor(network: Network, learning: Learning | None) -> Predictor:
    return LearningNetwork(network, learning) if learning else network


def _run(state: Wavefronts, code: Code) -> None:
    network, a = state.network, state.network.architecture
    for rows, columns in state:
        wavefront = int(columns[0] + SLOPE * rows[0])
        learning = network if isinstance(network, LearningNetwork) and network.learns_from(wavefront) else None
        predictions = state.predictions(rows, columns)
        context = state.context(rows, columns, predictions)
        shared = network.shared(context, state.kept(rows, columns))
        samples = state.at(state.samples, rows, columns)
        for c in a.coded:
            outputs = network.head(c, shared, residual(samples[:c], predictions[:c]))
            differences = samples[:c] - predictions[:c]
            mixture = channel_mixture(outputs, a.components, predictions[c], differences)
            samples[c] = code(mixture, c, rows, columns)
            if learning:
                learning.learn(c, mixture, samples[c], differences)
        own = residual(samples, predictions)
        state.write(rows, columns, samples[a.guides :], network.kept(context, own))
        state.learn_fits(rows, columns, own)
        if learning:
            learning.learn_shared()
