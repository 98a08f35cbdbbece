"""Adam on flat parameters, and its rate."""

from __future__ import annotations

import math
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from l3c.training.wave.config import WaveOptimizer

Array = TypeVar("Array", NDArray[np.float32], Tensor)
"""Of NumPy or of PyTorch, on any device: the operations are those of both."""

MOMENT_RATES = (0.9, 0.99)  # Adam's betas: the second is short, since costs of crops differ widely
AVERAGE_RAMP = 10
"""Averages follow the parameters quickly at first: after n iterations they keep (1 + n) / (AVERAGE_RAMP + n), at
most."""


class Adam(Generic[Array]):
    """Adam (Kingma and Ba, 2015) with bias correction, float32 moments."""

    def __init__(self, mean: Array, square: Array) -> None:
        """Both moments, 0 at first."""
        self.mean: Array = mean
        self.square: Array = square

    def step(self, parameters: Array, gradient: Array, rate: float, t: int) -> None:
        b1, b2 = MOMENT_RATES
        self.mean += (1 - b1) * (gradient - self.mean)
        self.square += (1 - b2) * (gradient * gradient - self.square)
        scale = rate / (1 - b1**t)
        parameters -= scale * self.mean / ((self.square / (1 - b2**t)) ** 0.5 + 1e-8)


def follow(average: Array, parameters: Array, decay: float, t: int) -> None:
    """Let averaged parameters follow those of iteration t, from 1."""
    average += (1 - min(decay, (1 + t) / (AVERAGE_RAMP + t))) * (parameters - average)


def learning_rate(optimizer: WaveOptimizer, step: int, share: float) -> float:
    """Linear warm-up, then half a cosine from `learning_rate` to `final_rate`. step: from 0. share: of the run."""
    warm = min(1.0, (step + 1) / max(1, optimizer.warm_up))
    wave = 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
    return warm * (optimizer.final_rate + (optimizer.learning_rate - optimizer.final_rate) * wave)
