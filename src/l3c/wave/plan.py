"""How much an encoder searches for a tuning, by effort."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

GROWTH = 1.5
LEAST_PIXELS, MOST_PIXELS = 1 << 15, 1 << 22
"""That a first part of a search looks at."""


@dataclass(frozen=True)
class Plan:
    """first: the least effort that searches. share: of an image, what the first part of a search looks at."""

    first: int
    share: float

    def pixels(self, image: int, effort: int) -> Iterator[int]:
        """Pixels looked at in each part of a search, in an image of so many."""
        start = min(max(int(self.share * image), LEAST_PIXELS), MOST_PIXELS)
        for part in range(effort - self.first + 1):
            yield int(start * GROWTH**part)
