"""How an image is cut into tiles: parts of nearly equal size, so that no slivers arise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from l3c.container.structure import ImageHeader


@dataclass(frozen=True)
class Box:
    """Rows top .. bottom - 1 and columns left .. right - 1."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def common(self, other: Box) -> Box:
        """The intersection; its height or width is 0 or less where it is empty."""
        return Box(
            max(self.top, other.top),
            max(self.left, other.left),
            min(self.bottom, other.bottom),
            min(self.right, other.right),
        )

    def meets(self, other: Box) -> bool:
        both = self.common(other)
        return both.height > 0 and both.width > 0

    def within(self, outer: Box) -> tuple[slice, slice]:
        """Rows and columns of an array that holds `outer`."""
        return (
            slice(self.top - outer.top, self.bottom - outer.top),
            slice(self.left - outer.left, self.right - outer.left),
        )


def parts(size: int, side: int) -> int:
    """The fewest parts of at most `side` that make up `size`."""
    return -(-size // side)


def tile_count(height: int, width: int, side: int) -> int:
    return parts(height, side) * parts(width, side)


def borders(size: int, side: int) -> list[int]:
    """0, ..., size: part i of n runs from floor(i size / n) to floor((i + 1) size / n)."""
    n = parts(size, side)
    return [i * size // n for i in range(n + 1)]


def tiles_of(header: ImageHeader, side: int) -> list[tuple[int, Box]]:
    """(index of the component, box) of all tiles of an image, component by component."""
    return [(i, box) for i, c in enumerate(header.components) for box in boxes(c.height, c.width, side)]


def boxes(height: int, width: int, side: int) -> list[Box]:
    """All tiles, row by row."""
    rows, columns = list(pairwise(borders(height, side))), list(pairwise(borders(width, side)))
    return [Box(top, left, bottom, right) for top, bottom in rows for left, right in columns]
