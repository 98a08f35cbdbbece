"""Whether a run still gains: ends one that has nothing to learn, so that another has its minutes."""

from __future__ import annotations


class Patience:
    """minutes: within which the lowest cost must fall by the share `gain`; None: for ever.

    over: whether it did not.
    """

    def __init__(self, minutes: float | None, gain: float) -> None:
        self._minutes, self._gain = minutes, gain
        self._lowest: list[tuple[float, float]] = []
        self.over = False

    def note(self, minute: float, cost: float) -> None:
        """A validation. Costs between two validations count as that of the earlier one."""
        lowest = min([cost, *(before for _, before in self._lowest[-1:])])
        self._lowest.append((minute, lowest))
        if self._minutes is None or minute < self._lowest[0][0] + self._minutes:
            return
        then = [before for when, before in self._lowest if when <= minute - self._minutes][-1]
        self.over = lowest > (1 - self._gain) * then
