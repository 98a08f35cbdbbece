"""The encoder's search for an adaptation: gradient steps on crops of the very picture, then rounding.

In floating point, so that processors may find different numbers; what is written is exact all the same.
"""

from __future__ import annotations

from math import cos, log, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.wave.adaptation.apply import GAIN_BITS, Group, bias_bits, groups
from l3c.wave.adaptation.rounding import round_group
from l3c.wave.compiled import wave_gradient
from l3c.wave.definition.network import Integers, Network
from l3c.wave.definition.parameters import network_parameters
from l3c.wave.definition.scales import output_units

Floats = NDArray[np.float64]
ALIGNED = (2, 32)
"""Rows and columns of crops are multiples of these, as the engine's float network wants them."""

RATE = 1e-2
"""Of Adam's steps at the start of a part of the search, falling off to 0. By trial."""

WARM_UP = 8
"""Steps in which the rate rises: Adam's first ones know little of how gradients spread. By trial."""

MOMENTUM = 0.2
"""1 less Adam's first beta. By trial."""

SPREAD = 0.01
"""1 less Adam's second beta. By trial."""

EPSILON = 1e-6
"""Added to roots, which would be 0 where a number has no gradient."""

THRIFT = 0.75
"""Bits that a step of a number must save at first. By trial."""


class Search:
    """Numbers in the making, for one component of a picture. samples: uint8 [height, width, channels], side channels
    included.

    values: in the units of the float network, one for each number.
    """

    def __init__(self, network: Network, samples: NDArray[np.uint8]) -> None:
        self._architecture = network.architecture
        self._samples = samples
        self._start = network_parameters(network)
        self._groups = list(groups(self._architecture))
        self._units = np.concatenate([self._unit(group) for group in self._groups])
        self._random = np.random.default_rng(0)
        self._means, self._squares = np.zeros_like(self._units), np.zeros_like(self._units)
        self._steps = 0
        self.values = np.zeros_like(self._units)

    @property
    def possible(self) -> bool:
        """Whether the picture is large enough for a crop."""
        return all(size >= least for size, least in zip(self._samples.shape, ALIGNED, strict=False))

    def _unit(self, group: Group) -> Floats:
        """What a number of 1 stands for."""
        if group.kind:
            return np.full(group.place.stop - group.place.start, 2.0**-GAIN_BITS)
        half_steps = bias_bits(self._architecture, group.layer) - output_units(self._architecture, group.layer)
        units: Floats = np.exp2(half_steps - 1.0)
        return units

    def _layers(self, parameters: NDArray[Any], values: Floats) -> Any:
        """Of each layer weights [outputs, inputs], biases, and the values of its three groups: all views."""
        at = 0
        for i, layer in enumerate(self._architecture.layers()):
            end = at + layer.outputs * layer.inputs
            weights = parameters[at:end].reshape(layer.outputs, layer.inputs)
            at = end + layer.outputs
            yield weights, parameters[end:at], *(values[group.place] for group in self._groups[3 * i : 3 * i + 3])

    def _parameters(self) -> NDArray[np.float32]:
        adapted = self._start.copy()
        for weights, biases, bias, gain, input_gain in self._layers(adapted, self.values):
            weights *= 1 + gain[:, None] + input_gain
            biases += bias
        return adapted

    def _gradients(self, crop: NDArray[np.uint8]) -> Floats:
        """Gradients by the values of the mean bits of a crop's samples."""
        _, gradient = wave_gradient(self._architecture, self._parameters(), crop[None], True)
        gradients = np.zeros_like(self.values)
        originals = self._layers(self._start, gradients)
        for (weights, *_), (by_weight, by_bias, bias, gain, input_gain) in zip(
            originals, self._layers(gradient, gradients), strict=True
        ):
            moved = weights * by_weight
            bias[:], gain[:], input_gain[:] = by_bias, moved.sum(axis=1), moved.sum(axis=0)
        return gradients / self._count(crop)

    def _count(self, samples: NDArray[np.uint8]) -> int:
        """Samples that are coded."""
        return samples[..., self._architecture.side_channels :].size

    def _crop(self, height: int, width: int) -> NDArray[np.uint8]:
        """At most of this size, at a random place, channels in coding order."""
        rows, columns = self._samples.shape[:2]
        height, width = (min(side, has // of * of) for side, has, of in
                         zip((height, width), (rows, columns), ALIGNED, strict=True))  # fmt: skip
        top, left = int(self._random.integers(rows - height + 1)), int(self._random.integers(columns - width + 1))
        crop = self._samples[top : top + height, left : left + width, list(self._architecture.order)]
        return np.ascontiguousarray(crop)

    def run(self, pixels: int, crop: tuple[int, int]) -> None:
        """Look at so many pixels in crops of a size: steps of Adam whose rate falls off to 0.

        Numbers that save less than their bytes are drawn to 0.
        """
        steps = max(1, pixels // (crop[0] * crop[1]))
        for i in range(steps):
            self._step(self._crop(*crop), RATE * min(1.0, (i + 1) / WARM_UP) * (1 + cos(pi * i / steps)) / 2)

    def _step(self, crop: NDArray[np.uint8], rate: float) -> None:
        gradients = self._gradients(crop)
        if not np.isfinite(gradients).all():  # of a network whose weights explode: what was found so far stays
            return
        self._steps += 1
        self._means += MOMENTUM * (gradients - self._means)
        size = self._count(crop)
        self._squares += SPREAD * (gradients * gradients * size - self._squares)
        root = np.sqrt(self._squares / (1 - (1 - SPREAD) ** self._steps) / size) + EPSILON
        moved = self.values - rate / (1 - (1 - MOMENTUM) ** self._steps) * self._means / root
        least = rate * THRIFT / (self._count(self._samples) * self._units * root)
        self.values = np.sign(moved) * np.maximum(np.abs(moved) - least, 0)

    def rounded(self) -> tuple[list[int], Integers]:
        """Powers of the groups and numbers, as `tuning_code.write_numbers` takes them."""
        powers, numbers = [], np.zeros(self.values.size, np.int64)
        scale = log(2) * self._count(self._samples) / (1 - (1 - SPREAD) ** max(self._steps, 1))
        curvature = scale * self._squares * self._units**2
        for group in self._groups:
            values = self.values[group.place] / self._units[group.place]
            power, numbers[group.place] = round_group(values, curvature[group.place])
            powers.append(power)
        return powers, numbers
