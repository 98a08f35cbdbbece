"""How much an encoder searches for an adaptation, by effort."""

from __future__ import annotations

from collections.abc import Iterator

FIRST = 3
"""The least effort that searches."""

SHARE = 0.05
"""Of an image, what the first part of a search looks at. By trial."""

GROWTH = 1.8
"""How much more each further part looks at. By trial: docs/models.md has what efforts take and give."""

LEAST_PIXELS = 1 << 14
"""That a first part looks at, of small images: 16 of the first crops. By trial."""

MOST_PIXELS = 1 << 22
"""That a first part looks at, of large images, which bounds its time. By trial."""

CROPS = ((16, 64), (16, 64), (16, 128), (16, 128), (32, 128), (32, 128), (64, 128))
"""Small ones for the first steps, less noise for the later ones."""


def parts(image: int, effort: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Of each part of a search in an image of so many pixels: pixels looked at, height and width of crops."""
    start = min(max(int(SHARE * image), LEAST_PIXELS), MOST_PIXELS)
    for part in range(effort - FIRST + 1):
        yield int(start * GROWTH**part), CROPS[min(part, len(CROPS) - 1)]
