"""Definition: the network behind the kept features in float32, which learns from every pixel once it is coded.

Encoder and decoder take the same steps, so nothing of this is in the file. All arithmetic is + - * / and square root in
float32, each operation rounded as IEEE 754 says, every sum in the order written here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from l3c.wave.network import Network
from l3c.wave.scales import ACTIVATION_UNIT, OFFSET, exponents, offset_inputs

Floats = NDArray[np.float32]
FIRST_LEARNED = 2
"""Stage 1 stays as it is: layers from here on learn."""


@dataclass(frozen=True)
class Learning:
    """How a network learns. rate: Adam's step. momentum, spread: shares by which a step moves the moments.

    group: pixels after which a step is taken, at the end of a wavefront.
    """

    rate: float = 3e-4
    momentum: float = 0.1
    spread: float = 0.01
    epsilon: float = 1e-8
    group: int = 512

    @property
    def rates(self) -> list[float]:
        return [self.rate, self.momentum, self.spread, self.epsilon]

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


def start_parameters(network: Network) -> Floats:
    """The integer layers that learn, as float32: of each, weights [outputs, inputs], then biases."""
    parts = []
    for layer, integers in list(zip(network.architecture.layers(), network.layers, strict=True))[FIRST_LEARNED:]:
        power = exponents(network.architecture, layer, integers.shift)
        offsets = integers.weights[:, offset_inputs(network.architecture, layer)].astype(np.int64).sum(axis=1)
        bias = (integers.bias + OFFSET * offsets).astype(np.float32)
        parts += [np.ldexp(integers.weights.astype(np.float32), -power[:, None]).ravel(), np.ldexp(bias, -power - ACTIVATION_UNIT)]
    return np.concatenate(parts).astype(np.float32)
