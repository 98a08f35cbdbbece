"""Definition: the network behind the kept features in float32, which learns from every pixel once it is coded.

Encoder and decoder take the same steps, so nothing of this is in the file. All arithmetic is + - * / square root and,
in the products of layers, `fused`, in float32, each rounded once as IEEE 754 says, every sum in the order written here;
nothing else is contracted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.coding.mixture import SYMBOLS, Mixture, edge_argument, intervals, sigmoid
from l3c.coding.tables import LOG_SCALE_ORIGIN, LOG_SCALES, SIGMOID_REACH
from l3c.wave.architecture import Architecture
from l3c.wave.fused import Floats, fused
from l3c.wave.network import Integers, Network
from l3c.wave.scales import ACTIVATION_UNIT, OFFSET, exponents, offset_inputs, output_units

STAGE_TWO, HEADS = 2, 4
"""Indices of the first layers of stage 2 and of the heads; stage 1 never learns."""

STEP = np.float32(2**-ACTIVATION_UNIT)
ACTIVATION_MAX = np.float32(255 * 2**-ACTIVATION_UNIT)
OUTPUT_MAX = np.float32(2**20)
TINY = np.float32(1e-12)
LEVELS_PER_MEAN = np.float32(8)
COEFFICIENT_MAX = 256


@dataclass(frozen=True)
class Learning:
    """How a network learns. rate: Adam's step. momentum, spread: shares by which a step moves the moments.

    epsilon: added to the root of the second moment. group: pixels after which a step is taken, at a wavefront's end.
    first: index of the first layer that learns, 2 to 4 (stage2.0, the largest; stage2.1; the heads); those before it
    stay as they are, in integers.
    """

    rate: float = 3e-4
    momentum: float = 0.1
    spread: float = 0.01
    epsilon: float = 1e-8
    group: int = 128
    first: int = STAGE_TWO

    @property
    def rates(self) -> list[float]:
        """What a step is made of, without the group."""
        return [self.rate, self.momentum, self.spread, self.epsilon]

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


def start_parameters(network: Network, first: int) -> Floats:
    """The integer layers from `first` on, as float32: of each, weights [outputs, inputs], then biases."""
    parts = []
    for layer, integers in list(zip(network.architecture.layers(), network.layers, strict=True))[first:]:
        power = exponents(network.architecture, layer, integers.shift)
        offsets = integers.weights[:, offset_inputs(network.architecture, layer)].astype(np.int64).sum(axis=1)
        bias = (integers.bias + OFFSET * offsets).astype(np.float32)
        parts.append(np.ldexp(integers.weights.astype(np.float32), -power[:, None]).ravel())
        parts.append(np.ldexp(bias, -power - ACTIVATION_UNIT))
    return np.concatenate(parts).astype(np.float32)


def product(start: Floats, weights: Floats, inputs: Floats) -> Floats:
    """start [M, N] + weights [M, I] inputs [I, N], summed over I from 0 upwards, each term fused."""
    total = start.copy()
    for i in range(weights.shape[1]):
        total = fused(weights[:, i : i + 1], inputs[i], total)
    return total


class LearnedLayer:
    """A layer of float weights [outputs, inputs] and biases [outputs], their slopes and Adam's moments."""

    def __init__(self, weights: Floats, bias: Floats) -> None:
        self.parameters = np.concatenate([weights, bias[:, None]], axis=1)
        self.slopes, self.means, self.squares = (np.zeros_like(self.parameters) for _ in range(3))

    def forward(self, inputs: Floats) -> Floats:
        """Sums [outputs, N] of inputs [inputs, N]."""
        bias = np.repeat(self.parameters[:, -1:], inputs.shape[1], axis=1)
        return product(bias, self.parameters[:, :-1], inputs)

    def backward(self, slopes: Floats, start: Floats) -> Floats:
        """Slopes by the first len(start) inputs, added to start."""
        return product(start, self.parameters[:, : len(start)].T, slopes)

    def collect(self, slopes: Floats, inputs: Floats) -> None:
        """Add the slopes by weights and biases, pixel by pixel."""
        ones = np.ones((1, inputs.shape[1]), np.float32)
        self.slopes = product(self.slopes, slopes, np.concatenate([inputs, ones]).T)

    def step(self, learning: Learning, reach: np.float32, scale: np.float32, share: np.float32) -> None:
        """One step of Adam (Kingma and Ba, 2015); small moments are rounded away, so that none becomes subnormal."""
        slope = self.slopes * share
        mean = self.means + np.float32(learning.momentum) * (slope - self.means)
        square = self.squares + np.float32(learning.spread) * (slope * slope - self.squares)
        self.means, self.squares = (mean + TINY) - TINY, (square + TINY) - TINY
        self.parameters -= (reach * self.means) / (np.sqrt(self.squares * scale) + np.float32(learning.epsilon))
        self.slopes = np.zeros_like(self.slopes)


def activation(sums: Floats) -> Floats:
    clipped: Floats = np.clip(sums, np.float32(0), ACTIVATION_MAX)
    return clipped


def inside(activations: Floats) -> NDArray[np.bool_]:
    """Where a slope passes an activation."""
    return (activations > 0) & (activations < ACTIVATION_MAX)


def whole_outputs(outputs: Floats, units: Integers) -> Integers:
    """floor(output * 2^unit + 1/2), clipped."""
    scaled = outputs * np.exp2(units).astype(np.float32)[:, None] + np.float32(0.5)
    floor: Floats = np.floor(np.clip(scaled, -OUTPUT_MAX, OUTPUT_MAX))
    return floor.astype(np.int64)


def mixture_slopes(mixture: Mixture, symbols: Integers) -> tuple[Floats, Floats, Floats]:
    """Slopes of -ln p(symbol), less the floor of 1, by logits, means (levels) and log scales: float32 [K, N] each."""
    _, frequency = intervals(mixture, symbols)
    gain = np.float32(0.99609375) / (frequency.astype(np.float32) * np.float32(2**-16))
    edges = []
    for symbol in (symbols, symbols + 1):
        argument = np.clip(edge_argument(mixture, symbol), -SIGMOID_REACH, SIGMOID_REACH - 1)
        value = np.where(symbol <= 0, 0, np.where(symbol >= SYMBOLS, 1 << 16, sigmoid(argument)))
        edges.append((argument.astype(np.float32) * np.float32(2**-10), value.astype(np.float32) * np.float32(2**-16)))
    (low, below), (high, above) = edges
    slope_below, slope_above = below * (1 - below), above * (1 - above)
    mass, density, tilt = above - below, slope_above - slope_below, high * slope_above - low * slope_below
    share = mixture.weights.astype(np.float32) * np.float32(2**-15)
    total = np.zeros_like(gain)
    for k in range(len(share)):
        total += share[k] * mass[k]
    inverse = mixture.mantissas.astype(np.float32) / (np.int64(16) << mixture.shifts).astype(np.float32)
    weight = gain * share
    return weight * (total - mass), weight * density * inverse, weight * tilt


def whole_steps(activations: Floats) -> Integers:
    """Activations that are whole multiples of STEP, in steps."""
    return (activations / STEP).astype(np.int64)


class LearningNetwork:
    """The layers behind the kept features, learning. It replaces `Network` for one tile."""

    def __init__(self, network: Network, learning: Learning) -> None:
        self.architecture: Architecture = network.architecture
        self.network, self.learning = network, learning
        self.layers = self._read(start_parameters(network, learning.first))
        self.pixels = 0
        self.mean_left = self.square_left = np.float32(1)

    def _read(self, parameters: Floats) -> dict[str, LearnedLayer]:
        layers, at = {}, 0
        for layer in self.architecture.layers()[self.learning.first :]:
            end = at + layer.outputs * layer.inputs
            weights = parameters[at:end].reshape(layer.outputs, layer.inputs)
            layers[layer.name] = LearnedLayer(weights, parameters[end : end + layer.outputs])
            at = end + layer.outputs
        return layers

    def kept(self, context: Integers, own: Integers) -> Integers:
        return self.network.kept(context, own)

    def shared(self, context: Integers, kept: Integers) -> Floats:
        """What the heads share, float32 [hidden3, N]."""
        self.inputs = np.concatenate([(context - OFFSET).astype(np.float32), kept.astype(np.float32)]) * STEP
        self.hidden = self._stage_two(STAGE_TWO, self.inputs, np.concatenate([context, kept]))
        self.top = self._stage_two(STAGE_TWO + 1, self.hidden, whole_steps(self.hidden))
        self.d_top = np.zeros_like(self.top)
        return self.top

    def _stage_two(self, index: int, inputs: Floats, integers: Integers) -> Floats:
        """Activations of one of stage 2's layers, which learns or stays as it is."""
        if index >= self.learning.first:
            return activation(self.layers[f"stage2.{index - STAGE_TWO}"].forward(inputs))
        return self.network.layers[index].activations(integers).astype(np.float32) * STEP

    def head(self, channel: int, shared: NDArray[Any], earlier: Integers) -> Integers:
        """Integer outputs of a head."""
        self.head_inputs = np.concatenate([shared, (earlier - OFFSET).astype(np.float32) * STEP])
        self.head_hidden = activation(self.layers[f"head{channel}.0"].forward(self.head_inputs))
        raw = self.layers[f"head{channel}.1"].forward(self.head_hidden)
        self.outputs = whole_outputs(raw, output_units(self.architecture, self.architecture.layers()[5 + 2 * channel]))
        return self.outputs

    def learn(self, channel: int, mixture: Mixture, symbols: Integers, differences: Integers) -> None:
        """Collect the slopes of a channel whose symbols are known."""
        slopes = self._output_slopes(mixture, symbols, differences)
        hidden, output = self.layers[f"head{channel}.0"], self.layers[f"head{channel}.1"]
        output.collect(slopes, self.head_hidden)
        d_hidden = output.backward(slopes, np.zeros_like(self.head_hidden))
        d_hidden = np.where(inside(self.head_hidden), d_hidden, np.float32(0))
        hidden.collect(d_hidden, self.head_inputs)
        self.d_top = hidden.backward(d_hidden, self.d_top)

    def _output_slopes(self, mixture: Mixture, symbols: Integers, differences: Integers) -> Floats:
        k = self.architecture.components
        logits, means, log_scales = mixture_slopes(mixture, symbols)
        mean = np.zeros_like(means[0])
        for row in means:
            mean += row
        place = self.outputs[2 * k : 3 * k] + LOG_SCALE_ORIGIN
        log_scales = np.where((place >= 0) & (place < LOG_SCALES), log_scales, np.float32(0))
        coefficients = np.abs(self.outputs[3 * k :]) <= COEFFICIENT_MAX
        moved = np.where(coefficients, mean * differences.astype(np.float32), np.float32(0))
        return np.concatenate([logits, means * LEVELS_PER_MEAN, log_scales, moved]).astype(np.float32)

    def learn_shared(self) -> None:
        """Collect the slopes of the shared layers; after enough pixels, take a step."""
        d_top = np.where(inside(self.top), self.d_top, np.float32(0))
        if self.learning.first <= STAGE_TWO + 1:
            self.layers["stage2.1"].collect(d_top, self.hidden)
        if self.learning.first == STAGE_TWO:
            d_hidden = self.layers["stage2.1"].backward(d_top, np.zeros_like(self.hidden))
            self.layers["stage2.0"].collect(np.where(inside(self.hidden), d_hidden, np.float32(0)), self.inputs)
        self.pixels += self.inputs.shape[1]
        if self.pixels >= self.learning.group:
            self._step()

    def _step(self) -> None:
        one = np.float32(1)
        self.mean_left *= one - np.float32(self.learning.momentum)
        self.square_left *= one - np.float32(self.learning.spread)
        reach, scale = np.float32(self.learning.rate) / (one - self.mean_left), one / (one - self.square_left)
        for layer in self.layers.values():
            layer.step(self.learning, reach, scale, one / np.float32(self.pixels))
        self.pixels = 0
