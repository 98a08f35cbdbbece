"""The mean cost of the steps between two reports, summed on the device that trains."""

from __future__ import annotations

import torch
from torch import Tensor


class MeanCost:
    """Of steps since the last report. One batch of a few crops alone tells nothing: crops differ by several bits."""

    def __init__(self) -> None:
        self._sum: Tensor | None = None
        self._steps: Tensor | None = None

    def add(self, bpsp: Tensor) -> None:
        """Note a step's cost of each scale, float64 [scales + 1]; the device is not waited for.

        One that is not finite counts nothing: its step is left out, or ends the run.
        """
        counts = torch.isfinite(bpsp).all()
        bpsp = torch.where(counts, bpsp, 0.0)
        self._sum = bpsp if self._sum is None else self._sum + bpsp
        self._steps = counts.long() if self._steps is None else self._steps + counts

    def take(self) -> Tensor | None:
        """The mean, float64 [scales + 1] on the processor, or None without a finite cost. The next one begins.

        Waits for the device.
        """
        steps = 0 if self._steps is None else int(self._steps)
        mean = self._sum.cpu() / steps if self._sum is not None and steps else None
        self._sum = self._steps = None
        return mean
