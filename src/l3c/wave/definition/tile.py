"""Definition: how a tile is coded in wavefronts. The engine does the same, faster; this is for reading and for tests.

Samples are in coding order: green, red, blue, or gray alone, or side information (luma), blue and red chroma. Beyond
the tile's borders a pixel sees 128 above the first row, the first pixel of the row above on the left (128 for the
first row), and the row's own last pixel on the right; of side information the last row again below; cached features
beyond the borders are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from l3c.coding.mixture import Mixture, intervals, make_mixture
from l3c.wave.definition.architecture import AHEAD, CACHED_POSITIONS, FITTED, NEIGHBOURS, SLOPE
from l3c.wave.definition.fused import Floats
from l3c.wave.definition.learning import Learning, LearningNetwork
from l3c.wave.definition.local_fit import LocalFit, fit_levels
from l3c.wave.definition.network import Integers, Network
from l3c.wave.definition.regression import Regression, step_levels
from l3c.wave.definition.streams import StreamsDecoder, StreamsEncoder

Tile = NDArray[np.uint8]
Predictor = Network | LearningNetwork
Code = Callable[[Mixture, int, Integers, Integers], Integers]
"""From a channel's mixture, the channel, rows and columns of a wavefront to its samples."""

TOP = 3  # rows above: NEIGHBOURS reach three up
LEFT = 3  # columns on the left: NEIGHBOURS reach three
FINE = 6  # bits of the fraction of a level in means, expected values and differences
RIGHT = 2  # columns on the right: NEIGHBOURS reach two; with three, wavefronts would need a steeper slope
BELOW = 1  # a row below, of side information: AHEAD reaches one down
NEUTRAL = 128  # mid gray: what is seen above the first row


class Wavefronts:
    """The state of a tile while it is coded: known samples and cached features, with their borders. Format 5.1, 5.2.

    How the network sees samples, and what is coded of them, is in methods of their own: `deep` has others.
    """

    def __init__(
        self, network: Predictor, height: int, width: int, side: Tile | None = None, neutral: int = NEUTRAL
    ) -> None:
        """side: uint8 [height, width, side_channels], for a network with side information. neutral: above row 0."""
        architecture = network.architecture
        self.network, self.height, self.width = network, height, width
        size = (height + TOP + BELOW, width + LEFT + RIGHT)
        self.samples = np.full((architecture.channels, *size), neutral, np.int64)
        self.features = np.zeros((architecture.cached, *size), np.int64)
        self.fits = [LocalFit(height, width) for _ in architecture.coded] if architecture.fitted else []
        self.regression = Regression(architecture.channels, height, width) if architecture.coupled else None
        for c in range(architecture.side_channels):
            self.samples[c] = with_borders(side[..., c])  # type: ignore[index]

    def __iter__(self) -> Iterator[tuple[Integers, Integers]]:
        """Yield (rows, columns) of each wavefront x + 3 y = t, int64 [N], rows rising. Format 5.1."""
        for t in range(self.width + SLOPE * (self.height - 1)):
            rows = np.arange(max(0, -(-(t - self.width + 1) // SLOPE)), min(self.height - 1, t // SLOPE) + 1)
            if rows.size:
                yield rows, t - SLOPE * rows

    def at(self, planes: Integers, rows: Integers, columns: Integers, offset: tuple[int, int] = (0, 0)) -> Integers:
        """planes [C, height, width] at the pixels, moved by offset: [C, N]."""
        return planes[:, rows + offset[0] + TOP, columns + offset[1] + LEFT]

    def cached_features(self, rows: Integers, columns: Integers) -> Integers:
        """Cached features that pixels see, [7 * cached, N]. Format 5.1."""
        return np.concatenate([self.at(self.features, rows, columns, o) for o in CACHED_POSITIONS])

    def _write(self, rows: Integers, columns: Integers, samples: Integers, features: Integers) -> None:
        """Samples and features at their places, and borders that follow from them. Format 5.2."""
        coded = self.samples[self.network.architecture.side_channels :]
        coded[:, rows + TOP, columns + LEFT] = samples
        self.features[:, rows + TOP, columns + LEFT] = features
        for y, x, value in zip(rows, columns, samples.T, strict=True):
            if x == 0 and y + 1 < self.height:
                coded[:, y + 1 + TOP, :LEFT] = value[:, None]
            if x == self.width - 1:
                coded[:, y + TOP, LEFT + self.width :] = value[:, None]

    def predictions(self, rows: Integers, columns: Integers) -> Integers:
        """Median edge prediction (the predictor of JPEG-LS), [channels, N]. Format 5.3."""
        w, n, nw = (self.at(self.samples, rows, columns, o) for o in ((0, -1), (-1, 0), (-1, -1)))
        predictions: Integers = np.clip(w + n - nw, np.minimum(w, n), np.maximum(w, n))
        return predictions

    def residuals(self, values: Integers, predictions: Integers) -> Integers:
        """[..., N] in 0..255, as the network sees them. Format 5.3."""
        return residual(values, predictions)

    def differences(self, samples: Integers, predictions: Integers) -> Integers:
        """[..., N], 64ths of a level. Format 5.3."""
        return (samples - predictions) << FINE

    def levels(self, predictions: Integers) -> Integers:
        """Predictions as inputs of the network. Format 5.4."""
        return predictions

    def centre(self, prediction: Integers) -> Integers:
        """The symbol of a sample that is as predicted. Format 5.10."""
        return prediction

    def symbols(self, samples: Integers, prediction: Integers) -> Integers:
        """What the mixture is of. Format 5.10."""
        return samples

    def kept(self) -> Floats | None:
        """The share of what the channel's samples teach that the network learns, [N]; None for all. Format 5.11.3."""
        return None

    def context(self, rows: Integers, columns: Integers, predictions: Integers) -> Integers:
        """Neighbours minus predictions, the predictions themselves, the pixels ahead, the fits: [context, N] in 0..255.
        Format 5.4.
        """
        neighbours = np.stack([self.at(self.samples, rows, columns, o) for o in NEIGHBOURS], axis=1)
        residuals = self.residuals(neighbours, predictions[:, None])
        self.predicted = predictions
        self.fitted = self._of_fits(self.fit_values(neighbours[:, :FITTED], predictions[:, None]))
        fits = np.zeros(self.fitted[:, 0].shape, np.float32)
        for c, fit in enumerate(self.fits):
            fits[c] = fit.predict(rows, columns, self.fitted[c])
        seen = residuals.reshape(-1, rows.size)
        parts = [seen, self.levels(predictions), self.ahead(rows, columns, predictions)]
        if self.fits:
            parts.append(fit_levels(fits))
        if self.regression:
            parts.append(self.regression.fade(rows, columns, fits))
        return np.concatenate(parts)

    def fit_values(self, values: Integers, predictions: Integers) -> Floats:
        """What the fits see of samples: residuals less 128. Format 5.6."""
        return (self.residuals(values, predictions) - 128).astype(np.float32)

    def _of_fits(self, values: Floats) -> Floats:
        """The inputs or targets of the fits: of fit_values [channels, ...] the coded channels'; if coupled, later ones
        less the first's. Format 5.6.
        """
        values = values[self.network.architecture.side_channels :]
        if self.regression:
            values[1:] -= values[0]
        return values

    def expect(self, channel: int, prediction: Integers) -> Integers:
        """The channel's expected residual: int64 [1, N], 64ths; [0, N] without regression.
        Format 5.7.
        """
        if self.regression:
            return self.regression.expect(channel)[None]
        return np.zeros((0, prediction.size), np.int64)

    def errors(self, channel: int, differences: Integers, expected: Integers) -> Integers:
        """The channel's error of the expectation, as inputs of the network [1, N]; [0, N] without regression.
        Format 5.7.
        """
        if self.regression:
            return step_levels(self.regression.set_error(channel, differences, expected[0]))[None]
        return expected

    def remember(
        self, rows: Integers, columns: Integers, samples: Integers, residuals: Integers, features: Integers
    ) -> None:
        """Pixels that are known now, for those that see them; fits and sums take them in. Format 5.9.

        samples: [coded channels, N]. residuals: int64 [channels, N]. features: [cached, N].
        """
        self._write(rows, columns, samples, features)
        targets_of = self._of_fits(self.fit_values(self.at(self.samples, rows, columns), self.predicted))
        for fit, inputs, targets in zip(self.fits, self.fitted, targets_of, strict=False):
            fit.update(rows, columns, inputs, targets)
        if self.regression:
            self.regression.update()

    def ahead(self, rows: Integers, columns: Integers, predictions: Integers) -> Integers:
        """Pixels of the side channels minus their predictions, also of what is coded later: [AHEAD side_channels, N]
        in 0..255. Format 5.12.
        """
        side_channels = self.network.architecture.side_channels
        seen = np.stack([self.at(self.samples[:side_channels], rows, columns, o) for o in AHEAD], axis=1)
        return residual(seen, predictions[:side_channels, None]).reshape(-1, rows.size)

    def inner(self) -> Integers:
        """Samples without borders, [height, width, channels]."""
        inner = self.samples[:, TOP : TOP + self.height, LEFT : LEFT + self.width]
        order = np.argsort(self.network.architecture.order)
        return inner[order].transpose(1, 2, 0)

    def tile(self) -> Tile:
        """uint8 [height, width, channels]: the side channels too."""
        return np.ascontiguousarray(self.inner(), np.uint8)


def with_borders(plane: Tile) -> Integers:
    """Side information [height, width] as pixels see it: [TOP + height + BELOW, LEFT + width + RIGHT].
    Format 5.2, 5.12.
    """
    wide = np.pad(plane.astype(np.int64), ((TOP, BELOW), (LEFT, RIGHT)), "edge")
    wide[:TOP] = NEUTRAL
    wide[TOP, :LEFT] = NEUTRAL
    wide[TOP + 1 :, :LEFT] = wide[TOP:-1, LEFT : LEFT + 1]
    return wide


def residual(values: Integers, predictions: Integers) -> Integers:
    """Difference clipped to -128..127, with 128 added. Format 5.3."""
    clipped: Integers = np.clip(values - predictions, -128, 127)
    return clipped + 128


def encode_tile(network: Network, tile: Tile, learning: Learning | None = None) -> bytes:
    """tile: uint8 [height, width, channels], in the order red, green, blue, or side information, blue and red chroma.
    Format 5.9.

    learning: None for a network at rest.
    """
    true = tile.astype(np.int64).transpose(2, 0, 1)[list(network.architecture.order)]
    height, width = tile.shape[:2]
    encoder = StreamsEncoder(height, width)

    def code(mixture: Mixture, channel: int, rows: Integers, columns: Integers) -> Integers:
        symbols: Integers = true[channel, rows, columns]
        encoder.put(rows, intervals(mixture, symbols))
        return symbols

    side = tile[..., : network.architecture.side_channels]
    run(Wavefronts(predictor(network, learning), height, width, side), code)
    return encoder.finish()


def decode_tile(
    network: Network,
    payload: bytes,
    height: int,
    width: int,
    learning: Learning | None = None,
    side: Tile | None = None,
) -> Tile:
    """uint8 [height, width, channels], as `encode_tile` takes it. Raises FormatError on a damaged payload. Format 5.9.

    side: uint8 [height, width, side_channels], for a network with side information.
    """
    decoder = StreamsDecoder(payload)

    def code(mixture: Mixture, channel: int, rows: Integers, columns: Integers) -> Integers:
        return decoder.take(mixture, rows)

    state = Wavefronts(predictor(network, learning), height, width, side)
    run(state, code)
    decoder.finish()
    return state.tile()


def predictor(network: Network, learning: Learning | None) -> Predictor:
    """The network as it codes a tile. Format 5.11."""
    return LearningNetwork(network, learning) if learning else network


def run(state: Wavefronts, code: Code) -> None:
    """Code all wavefronts of a tile. Format 5.9."""
    network, architecture = state.network, state.network.architecture
    for rows, columns in state:
        wavefront = int(columns[0] + SLOPE * rows[0])
        learning = network if isinstance(network, LearningNetwork) and network.learns_from(wavefront) else None
        predictions = state.predictions(rows, columns)
        context = state.context(rows, columns, predictions)
        shared = network.shared(context, state.cached_features(rows, columns))
        samples, errors = state.at(state.samples, rows, columns), []
        for channel in architecture.coded:
            known, prediction = slice(0, channel), predictions[channel]
            expected = state.expect(channel, prediction)
            earlier = [state.residuals(samples[known], predictions[known]), step_levels(expected)]
            outputs = network.predict_mixtures(channel, shared, np.concatenate(earlier))
            moves = np.concatenate([state.differences(samples[known], predictions[known]), expected])
            mixture = channel_mixture(outputs, architecture.components, state.centre(prediction), moves)
            samples[channel] = code(mixture, channel, rows, columns)
            errors.append(state.errors(channel, state.differences(samples[channel], prediction), expected))
            if learning:
                learning.learn(channel, mixture, state.symbols(samples[channel], prediction), moves, state.kept())
        residuals = state.residuals(samples, predictions)
        features = network.cached_features(context, np.concatenate([residuals, *errors]))
        state.remember(rows, columns, samples[architecture.side_channels :], residuals, features)
        if learning:
            learning.learn_shared()


def channel_mixture(outputs: Integers, components: int, prediction: Integers, moves: Integers) -> Mixture:
    """A head's outputs as a mixture. Format 5.10.

    outputs: [3 * components + M, N]: logits, means, log scales, then M coefficients (1/64). moves: [M, N], what these
    multiply, 64ths of a level: how far the channels before are from their predictions, unclipped, and what is expected
    of this one.
    """
    logits, means, log_scales, coefficients = np.split(outputs, [components, 2 * components, 3 * components])
    # three at most, each within 2^8 * 2^14 / 2^6 = 2^16; outputs stay below 2^30 (WIDTH_MAX), so means stay in int32
    moved = (np.clip(coefficients, -256, 256) * moves + 32) >> 6
    centre = (prediction << FINE) + moved.sum(axis=0)
    return make_mixture(logits, means + centre, log_scales)
