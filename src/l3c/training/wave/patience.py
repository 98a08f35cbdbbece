"""Whether a run still gains: one that does not comes to its end sooner, so that another has its minutes."""

from __future__ import annotations


class Patience:
    """minutes: within which the lowest cost must fall by the share `gain`; None: for ever.

    After that the run's schedule is hastened: what is left of it, the fall of the rate above all, takes as many
    minutes. A run whose rate is high seems to gain nothing for long, and gains most while its rate falls. If it ended
    at once, it would have nothing to show.
    """

    def __init__(self, minutes: float | None, gain: float) -> None:
        self._minutes, self._gain = minutes, gain
        self._lowest: list[tuple[float, float]] = []
        self._over: tuple[float, float] | None = None

    @property
    def over(self) -> bool:
        return self._over is not None

    def note(self, minute: float, cost: float, share: float) -> None:
        """A validation, and the share of the run's schedule that is over then.

        Costs between two validations count as that of the earlier one.
        """
        lowest = min([cost, *(before for _, before in self._lowest[-1:])])
        self._lowest.append((minute, lowest))
        if self.over or self._minutes is None or minute < self._lowest[0][0] + self._minutes:
            return
        then = [before for when, before in self._lowest if when <= minute - self._minutes][-1]
        if lowest > (1 - self._gain) * then:
            self._over = minute, share

    def hastened(self, share: float, minute: float) -> float:
        """The share of the schedule that is over at a minute, at least `share`; above 1, the run is to end."""
        if self._over is None or self._minutes is None:
            return share
        since, before = self._over
        return max(share, before + (1 - before) * (minute - since) / self._minutes)
