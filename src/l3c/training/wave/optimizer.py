"""Adam on flat parameters, and its rate."""

from __future__ import annotations

import math

import numpy as np

from l3c.training.wave.config import WaveOptimizer
from l3c.training.wave.objective import Parameters


class Adam:
    """Adam (Kingma and Ba, 2015) with bias correction, float32 moments."""

    def __init__(self, count: int) -> None:
        self.mean, self.square = np.zeros(count, np.float32), np.zeros(count, np.float32)

    def step(self, parameters: Parameters, gradient: Parameters, rate: float, t: int) -> None:
        b1, b2 = 0.9, 0.99
        self.mean += (1 - b1) * (gradient - self.mean)
        self.square += (1 - b2) * (gradient * gradient - self.square)
        scale = rate / (1 - b1**t)
        parameters -= scale * self.mean / (np.sqrt(self.square / (1 - b2**t)) + 1e-8)


def learning_rate(optimizer: WaveOptimizer, step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine from `learning_rate` to `final_rate`. step: from 0, of steps."""
    warm = min(1.0, (step + 1) / max(1, optimizer.warm_up))
    wave = 0.5 * (1 + math.cos(math.pi * step / steps))
    return warm * (optimizer.final_rate + (optimizer.learning_rate - optimizer.final_rate) * wave)
