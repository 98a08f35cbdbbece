"""When something is due again: every so many iterations, or every so many minutes."""

from __future__ import annotations

import time


class Interval:
    """minutes: where given, iterations do not count."""

    def __init__(self, iterations: int, minutes: float | None = None) -> None:
        self._iterations, self._seconds = iterations, None if minutes is None else 60 * minutes
        self._last = time.monotonic()

    def due(self, iteration: int) -> bool:
        """Whether it is due after this iteration; then it is counted as done."""
        if self._seconds is None:
            return iteration % self._iterations == 0
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True
