"""A way back for runs whose cost rises beyond recovery: to an earlier state, and on from there at a lower rate.

Logistic mixtures have steep walls: one batch can throw a network, at a rate that served for thousands of steps, to ten
times its cost. It does not find back in any time that is left. A copy of the state is kept at each report.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor, nn

COPIES = 2
"""States of so many healthy reports are kept. The last one may be on its way up already: the one before is taken."""

SLOWER = 0.5
"""Factor of the rate each time. By trial: a run that was thrown at 4e-4 did not settle, at 2e-4 others did."""


class Rewinder:
    """Watches a run's cost, and takes it back. factor: of the lowest mean cost, above which a run is lost.

    scale: what the rate is to be multiplied with from now on. times: how often the run was taken back.
    """

    def __init__(self, network: nn.Module, optimizer: torch.optim.Optimizer, factor: float, scale: float = 1.0) -> None:
        self.scale, self.times = scale, 0
        self._network, self._optimizer, self._factor = network, optimizer, factor
        self._lowest = float("inf")
        self._copies: deque[list[Tensor]] = deque(maxlen=COPIES)

    def look(self, mean: float, averages: Mapping[str, Tensor] | None) -> bool:
        """At a report: keep the state, or take the run back to an earlier one; whether it was taken back.

        mean: cost of the steps since the last report, of all scales. averages: of the weights, which go back too.
        """
        if mean <= self._factor * self._lowest or not self._copies:
            self._lowest = min(self._lowest, mean)
            self._copies.append([tensor.clone() for tensor in self._state(averages)])
            return False
        while len(self._copies) > 1:
            self._copies.pop()
        with torch.no_grad():
            # a copy of before the first average has fewer tensors: those average what is restored from now on
            for tensor, kept in zip(self._state(averages), self._copies[0], strict=False):
                tensor.copy_(kept)
        self.scale *= SLOWER
        self.times += 1
        return True

    def _state(self, averages: Mapping[str, Tensor] | None) -> Iterator[Tensor]:
        yield from self._network.state_dict().values()
        yield from self._moments()
        yield from (averages or {}).values()

    def _moments(self) -> Iterable[Tensor]:
        states = (self._optimizer.state.get(p, {}) for group in self._optimizer.param_groups for p in group["params"])
        return (value for state in states for _, value in sorted(state.items()) if torch.is_tensor(value))
