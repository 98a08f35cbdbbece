"""Definition: the layers behind the cached features, learning from pixels once they are coded.

Encoder and decoder take the same steps, so nothing of this is in the file. What codes is always a network of integers:
those nearest to parameters in float32, which move. Gradients by the outputs of layers are rounded to integers of 14
bits, so that sums over pixels and over outputs are of integers. All other arithmetic is + - * / and, in `inverse_root`,
`fused`, in float32, each rounded once as IEEE 754 says, in the order written here; nothing else is contracted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l3c.coding.mixture import SYMBOLS, Mixture, edge_argument, intervals, sigmoid
from l3c.coding.tables import LOG_SCALE_ORIGIN, LOG_SCALES, SIGMOID_REACH
from l3c.models.digest import stated
from l3c.wave.definition.architecture import Architecture, Layer
from l3c.wave.definition.fused import Floats, fused
from l3c.wave.definition.network import IntegerLayer, Integers, Network
from l3c.wave.definition.pairs import WEIGHT_MAX, limit_pairs
from l3c.wave.definition.parameters import layer_parameters
from l3c.wave.definition.scales import ACTIVATION_UNIT, OFFSET, exponents, offset_inputs

STAGE_TWO = 2
"""Index of the first layer of stage 2. Stage 1 never learns: its features are cached, and would have to be computed
anew."""

SHARED = 3
"""Index of the layer whose outputs all heads share."""

HEADS = 4
"""Index of the first layer of the first head."""

OUTPUTS = 5
"""Index of the first layer that gives outputs; every second one from there on does."""

ACTIVATION_MAX = 255  # activations are clipped to bytes; at a bound the gradient stops
BIAS_REACH = 2**28
"""A learned bias stays within it before offsets are taken off. Those are at most 128 * 127 * 3,643 < 2^26 in
magnitude (architecture.WIDTH_MAX), so the result stays within BIAS_MAX, and the sums of the layer within int32."""

TINY = np.float32(1e-12)
"""Added and taken off again, it makes moments multiples of 2^-63, so that none becomes subnormal: those are slow on
many processors, and modes that flush them to 0 would give other numbers."""

LEVELS_PER_MEAN = np.float32(8)  # a mean's unit is 8 levels (scales.MEAN_UNIT), its gradient comes by levels
GRADIENT_BITS = 11
"""The finest integers of gradients are multiples of 2^-11. Finer ones gain nothing."""

GRADIENT_MAX = 2**13 - 1
"""Their largest magnitude: larger gradients are clipped."""

SUMMED_MAX = 1024
"""Pixels whose products with inputs below 2^8 sum within int32; longer wavefronts have coarser and smaller integers."""

BIAS_INPUT = 1 << ACTIVATION_UNIT  # what a bias sees: 1, in steps of activations
COEFFICIENT_MAX = 256  # a coefficient counts up to 256 / 64 = 4: so `tile.channel_mixture` clips it (5.10)
STEP_MAX = 2**31 - 1  # the engine counts in 32 bits


FIRST_FIELDS = (
    "learning_rate",
    "first_moment_rate",
    "second_moment_rate",
    "epsilon",
    "step_pixels",
    "period",
    "learned",
    "first_layer",
)
"""Fields of the format's first version: always in files and digests."""


@dataclass(frozen=True)
class Learning:
    """How a network learns while it codes: Adam's rule. Format 5.11, 6.3.

    learning_rate: Adam's step. first_moment_rate, second_moment_rate: shares by which a step moves the moments, 1 less
    Adam's betas. epsilon: its square is added to the second moment. step_pixels: pixels after which a step is taken, at
    a wavefront's end. period, learned: of each `period` wavefronts the first `learned` are learned from. first_layer:
    index of the first layer that learns, 2 to 4 (stage2.0, the largest; stage2.1; the heads), or 5, the heads' last
    layers alone. ramp: wavefronts, or 0. The first `ramp` ones of a tile are all learned from, of the next `ramp` one
    of 3, then one of 5, and so on until it is the period's turn.

    Raises ValueError for what the engine refuses.
    """

    learning_rate: float = 3e-4
    first_moment_rate: float = 0.1
    second_moment_rate: float = 0.01
    epsilon: float = 1e-8
    step_pixels: int = 128
    period: int = 1
    learned: int = 1
    first_layer: int = STAGE_TWO
    ramp: int = 0

    def __post_init__(self) -> None:
        for name in ("learning_rate", "first_moment_rate", "second_moment_rate", "epsilon"):
            rate = getattr(self, name)
            if type(rate) not in (int, float) or not 0 < rate <= 1 or not np.float32(rate) > 0:
                raise ValueError(f"learning: {name} is above 0, at most 1, not {rate!r}")
        for name in ("step_pixels", "period", "learned", "first_layer"):
            step = getattr(self, name)
            if type(step) is not int or not 1 <= step <= STEP_MAX:
                raise ValueError(f"learning: {name} is an integer from 1 to {STEP_MAX}, not {step!r}")
        if type(self.ramp) is not int or not 0 <= self.ramp <= STEP_MAX:
            raise ValueError(f"learning: ramp is an integer from 0 to {STEP_MAX}, not {self.ramp!r}")
        if self.learned > self.period:
            raise ValueError(f"learning: {self.learned} wavefronts are learned from of each {self.period}")
        if not STAGE_TWO <= self.first_layer <= OUTPUTS:
            raise ValueError(f"learning: the first layer is {STAGE_TWO} to {OUTPUTS}, not {self.first_layer}")

    def learns(self, index: int) -> bool:
        """Whether a layer learns, by its place in the architecture. Format 5.11."""
        return index >= self.first_layer and (self.first_layer < OUTPUTS or index % 2 == OUTPUTS % 2)

    def learns_from(self, wavefront: int) -> bool:
        """Whether a wavefront is learned from. Format 5.11.2."""
        distance = 1 + 2 * (wavefront // self.ramp) if self.ramp else self.period
        if distance < self.period:
            return wavefront % distance == 0
        return wavefront % self.period < self.learned

    def to_dict(self) -> dict[str, float]:
        """What files and digests hold (`l3c.models.digest.stated`). Format 6.3."""
        return stated(self, FIRST_FIELDS)


def mixture_gradients(mixture: Mixture, symbols: Integers) -> tuple[Floats, Floats, Floats]:
    """Gradients of -ln p(symbol), less the floor of 1, by logits, means (levels) and log scales: float32 [K, N]
    each. Format 5.11.3.
    """
    _, frequency = intervals(mixture, symbols)
    gain = np.float32(0.99609375) / (frequency.astype(np.float32) * np.float32(2**-16))
    edges = []
    for symbol in (symbols, symbols + 1):
        argument = np.clip(edge_argument(mixture, symbol), -SIGMOID_REACH, SIGMOID_REACH - 1)
        value = np.where(symbol <= 0, 0, np.where(symbol >= SYMBOLS, 1 << 16, sigmoid(argument)))
        edges.append((argument.astype(np.float32) * np.float32(2**-10), value.astype(np.float32) * np.float32(2**-16)))
    (low, below), (high, above) = edges
    gradient_below, gradient_above = below * (1 - below), above * (1 - above)
    mass, density, tilt = above - below, gradient_above - gradient_below, high * gradient_above - low * gradient_below
    share = mixture.weights.astype(np.float32) * np.float32(2**-15)
    total = np.zeros_like(gain)
    for k in range(len(share)):
        total += share[k] * mass[k]
    inverse = mixture.mantissas.astype(np.float32) / (np.int64(16) << mixture.shifts).astype(np.float32)
    weight = gain * share
    return weight * (total - mass), weight * density * inverse, weight * tilt


def halvings(pixels: int) -> int:
    """How often the integers of the gradients of a wavefront of so many pixels are halved. Format 5.11.4."""
    return max(0, (pixels - 1) // SUMMED_MAX).bit_length()


def inside(activations: Integers) -> NDArray[np.bool_]:
    """Where a gradient passes an activation. Format 5.11.4."""
    return (activations > 0) & (activations < ACTIVATION_MAX)


def inverse_root(x: Floats) -> Floats:
    """About 1 / sqrt(x) of x above 0: a line through its bits, then two steps of Newton's method. Format 5.11.5."""
    y = (np.int32(0x5F3759DF) - (x.view(np.int32) >> 1)).view(np.float32)
    half = x * np.float32(0.5)
    for _ in range(2):
        y = y * fused(-(half * y), y, np.full_like(y, 1.5))
    return y


def nearest(values: Floats, most: int) -> Integers:
    """floor(value + 1/2), clipped; what is no number becomes -most. Format 5.11.6."""
    clipped = np.where(values > -most, values, np.float32(-most))
    floor: Floats = np.floor(np.where(clipped < most, clipped, np.float32(most)) + np.float32(0.5))
    return floor.astype(np.int64)


class LearnedLayer:
    """A layer that learns. Format 5.11.

    parameters: float32 [outputs, inputs + 1], weights and then biases. integers: those nearest to them, which code.
    """

    def __init__(self, architecture: Architecture, layer: Layer, integers: IntegerLayer) -> None:
        self.layer, self.integers = layer, integers
        self.power = exponents(architecture, layer, integers.shift)
        self.offset = offset_inputs(architecture, layer)
        self.parameters = layer_parameters(architecture, layer, integers)
        self.gradients, self.means, self.squares = (np.zeros_like(self.parameters) for _ in range(3))

    def whole(self, gradients: Floats) -> Integers:
        """Gradients by the outputs, [outputs, N], as integers. Format 5.11.4."""
        shift = halvings(gradients.shape[1])
        finer = GRADIENT_BITS - shift - (self.power - self.power.min())
        return nearest(np.ldexp(gradients, finer[:, None]), GRADIENT_MAX >> shift)

    def collect(self, gradients: Integers, inputs: Integers) -> None:
        """Add the gradients by weights and biases. inputs: without their offsets. Format 5.11.4."""
        ones = np.full((1, inputs.shape[1]), BIAS_INPUT, np.int64)
        sums = gradients @ np.concatenate([inputs, ones]).astype(np.int64).T
        finer = GRADIENT_BITS - halvings(inputs.shape[1]) - (self.power - self.power.min()) + ACTIVATION_UNIT
        self.gradients = self.gradients + np.ldexp(sums.astype(np.float32), -finer[:, None])

    def backward(self, gradients: Integers, start: Floats) -> Floats:
        """Gradients by the first len(start) inputs, added to start. Format 5.11.4."""
        sums = self.integers.weights[:, : len(start)].astype(np.int64).T @ gradients
        finer = GRADIENT_BITS - halvings(gradients.shape[1]) + int(self.power.min())
        return start + np.ldexp(sums.astype(np.float32), -finer)

    def step(self, learning: Learning, reach: np.float32, scale: np.float32, share: np.float32) -> None:
        """One step of Adam (Kingma and Ba, 2015); small moments are rounded away, so that none becomes subnormal.
        Format 5.11.5.
        """
        gradient = self.gradients * share
        mean = self.means + np.float32(learning.first_moment_rate) * (gradient - self.means)
        square = self.squares + np.float32(learning.second_moment_rate) * (gradient * gradient - self.squares)
        self.means, self.squares = (mean + TINY) - TINY, (square + TINY) - TINY
        least = np.float32(learning.epsilon) * np.float32(learning.epsilon)
        self.parameters -= (reach * self.means) * inverse_root(self.squares * scale + least)
        self.gradients = np.zeros_like(self.gradients)

    def round(self) -> None:
        """Take the nearest integers. Format 5.11.6."""
        power = self.power[:, None]
        weights = limit_pairs(self.layer, nearest(np.ldexp(self.parameters[:, :-1], power), WEIGHT_MAX))
        bias = nearest(np.ldexp(self.parameters[:, -1], self.power + ACTIVATION_UNIT), BIAS_REACH)
        bias -= OFFSET * weights[:, self.offset].sum(axis=1)
        self.integers = IntegerLayer(weights.astype(np.int8), bias.astype(np.int32), self.integers.shift)


class LearningNetwork:
    """A network whose layers behind the cached features learn. It replaces `Network` for one tile. Format 5.11."""

    def __init__(self, network: Network, learning: Learning) -> None:
        self.architecture: Architecture = network.architecture
        self.learning, self.layers, self.learned = learning, list(network.layers), {}
        for index, layer in enumerate(self.architecture.layers()):
            if learning.learns(index):
                self.learned[index] = LearnedLayer(self.architecture, layer, network.layers[index])
        self.pixels = 0
        self.mean_left = self.square_left = np.float32(1)

    def cached_features(self, context: Integers, residuals: Integers) -> Integers:
        """As `Network` has them: stage 1 does not learn. Format 5.8."""
        return Network(self.architecture, tuple(self.layers)).cached_features(context, residuals)

    def shared(self, context: Integers, cached: Integers) -> Integers:
        """What the heads share, [hidden3, N]. Format 5.8."""
        self.inputs = np.concatenate([context, cached])
        self.hidden = self.layers[STAGE_TWO].activations(self.inputs)
        self.top = self.layers[STAGE_TWO + 1].activations(self.hidden)
        self.d_top = np.zeros(self.top.shape, np.float32)
        return self.top

    def predict_mixtures(self, channel: int, shared: Integers, earlier: Integers) -> Integers:
        """Outputs of a head. Format 5.8."""
        self.head_inputs = np.concatenate([shared, earlier])
        at = self.architecture.head_index(channel)
        self.head_hidden = self.layers[at].activations(self.head_inputs)
        self.outputs = self.layers[at + 1].sums(self.head_hidden)
        return self.outputs

    def learns_from(self, wavefront: int) -> bool:
        """Whether a wavefront is learned from. Format 5.11.2."""
        return self.learning.learns_from(wavefront)

    def _output_gradients(self, mixture: Mixture, symbols: Integers, moves: Integers, kept: Floats | None) -> Floats:
        """Gradients [outputs, N] by what a head gives. kept: the share of them that counts, [N]. Format 5.11.3,
        5.16.6.
        """
        k = self.architecture.components
        logits, means, log_scales = mixture_gradients(mixture, symbols)
        mean = np.zeros_like(means[0])
        for row in means:
            mean += row
        if kept is not None:
            logits, means, log_scales, mean = logits * kept, means * kept, log_scales * kept, mean * kept
        place = self.outputs[2 * k : 3 * k] + LOG_SCALE_ORIGIN
        log_scales = np.where((place >= 0) & (place < LOG_SCALES), log_scales, np.float32(0))
        coefficients = np.abs(self.outputs[3 * k :]) <= COEFFICIENT_MAX
        moved = np.where(coefficients, mean * (moves.astype(np.float32) * np.float32(2**-6)), np.float32(0))
        return np.concatenate([logits, means * LEVELS_PER_MEAN, log_scales, moved]).astype(np.float32)

    def learn(
        self, channel: int, mixture: Mixture, symbols: Integers, moves: Integers, kept: Floats | None = None
    ) -> None:
        """Collect the gradients of a channel whose symbols are known. Format 5.11.4."""
        at = self.architecture.head_index(channel)
        output = self.learned[at + 1]
        gradients = output.whole(self._output_gradients(mixture, symbols, moves, kept))
        output.collect(gradients, self.head_hidden)
        if self.learning.first_layer == OUTPUTS:
            return
        hidden = self.learned[at]
        d_hidden = hidden.whole(output.backward(gradients, np.zeros(self.head_hidden.shape, np.float32)))
        d_hidden = np.where(inside(self.head_hidden), d_hidden, 0)
        hidden.collect(d_hidden, _meant(self.head_inputs, hidden.offset))
        self.d_top = hidden.backward(d_hidden, self.d_top)

    def learn_shared(self) -> None:
        """Collect the gradients of the shared layers; after enough pixels, take a step. Format 5.11.4."""
        if self.learning.first_layer <= STAGE_TWO + 1:
            second = self.learned[STAGE_TWO + 1]
            d_top = np.where(inside(self.top), second.whole(self.d_top), 0)
            second.collect(d_top, self.hidden)
        if self.learning.first_layer == STAGE_TWO:
            first = self.learned[STAGE_TWO]
            d_hidden = first.whole(second.backward(d_top, np.zeros(self.hidden.shape, np.float32)))
            first.collect(np.where(inside(self.hidden), d_hidden, 0), _meant(self.inputs, first.offset))
        self.pixels += self.inputs.shape[1]
        if self.pixels >= self.learning.step_pixels:
            self._step()

    def _step(self) -> None:
        """A step of all layers that learn, and their new integers. Format 5.11.5."""
        one = np.float32(1)
        self.mean_left *= one - np.float32(self.learning.first_moment_rate)
        self.square_left *= one - np.float32(self.learning.second_moment_rate)
        reach, scale = np.float32(self.learning.learning_rate) / (one - self.mean_left), one / (one - self.square_left)
        for index, layer in self.learned.items():
            layer.step(self.learning, reach, scale, one / np.float32(self.pixels))
            layer.round()
            self.layers[index] = layer.integers
        self.pixels = 0


def _meant(inputs: Integers, offset: slice) -> Integers:
    """Inputs of a layer less OFFSET, where they carry it. Format 5.11.4."""
    meant = inputs.astype(np.int64)
    meant[offset] -= OFFSET
    return meant
