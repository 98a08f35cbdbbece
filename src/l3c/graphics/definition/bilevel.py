"""Pixels of bilevel tiles, whose colours are 0 and 1: contexts of circles around a pixel."""

from __future__ import annotations

from collections import defaultdict

from l3c.graphics.definition.colours import Canvas
from l3c.graphics.definition.decisions import Chance, Decisions, Refinement

SQUARES = (2, 5, 9, 13, 17, 20, 25, 29, 34, 40, 50, 72)
"""Of the circles' radii, in pixels. By trial: wider circles pay where letters come again."""

MATCH_CIRCLE = 4  # whose pixels are part of a match's context
REACH = 6  # rows above and columns beside that circles reach
WINDOW = 2 * REACH + 1  # columns
ROWS = 4  # of 13 bits, as many as a word holds

LONG = 0xFFFFFFFFFFFFFFFF  # words have 64 bits
FIRST = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio, odd: a multiplicative hash."""

SECOND = 0xC2B2AE3D27D4EB4F  # odd, as XXH64 has it
WEIGHT = 2560  # of an input at first: 0.16
RATE = 20  # at which the weights of mixtures learn, in 1/16
NEAREST = ((0, -1), (1, 0), (1, 1), (1, -1))
"""Rows above and columns beside of W, N, NE and NW, by which weights are chosen."""

AROUND = (*NEAREST, (0, -2), (2, 0), (1, 2), (1, -2), (2, 1), (2, -1))
"""Those by which a refinement is chosen."""


def circle(square: int) -> list[tuple[int, int]]:
    """Rows above and columns beside of the known pixels in a circle. Format 10.11."""
    window = [(dy, dx) for dy in range(REACH + 1) for dx in range(-REACH, REACH + 1) if dy or dx < 0]
    return [(dy, dx) for dy, dx in window if dy * dy + dx * dx <= square]


class Bilevel:
    """bits: of the number of chances of a circle. Format 10.11."""

    def __init__(self, decide: Decisions, canvas: Canvas, bits: int) -> None:
        self._decide, self._canvas, self._bits = decide, canvas, bits
        self._circles = [circle(square) for square in SQUARES]
        self._chances: dict[tuple[int, int], Chance] = defaultdict(Chance)
        self._by_match: dict[tuple[int, int], Chance] = defaultdict(Chance)
        self._weights: dict[tuple[int, int], list[int]] = {}
        self._refinements: dict[int, Refinement] = defaultdict(Refinement)
        self._hashes: list[int] = []
        self._around = 0

    def look(self, y: int, x: int) -> int:
        """Find the contexts of a pixel; the one that a match is looked for by. Format 10.11."""
        ones = {(dy, dx) for dy, dx in self._circles[-1] if y >= dy and self._canvas.at(y - dy, x + dx)}
        self._hashes = [self._hash([pixel for pixel in pixels if pixel in ones]) for pixels in self._circles]
        self._around = sum((pixel in ones) << i for i, pixel in enumerate(AROUND))
        return self._hashes[MATCH_CIRCLE] >> 32

    @staticmethod
    def _hash(ones: list[tuple[int, int]]) -> int:
        """Of pixels of colour 1. Format 10.11."""
        near = sum(1 << WINDOW * dy + REACH + dx for dy, dx in ones if dy < ROWS)
        far = sum(1 << WINDOW * (dy - ROWS) + REACH + dx for dy, dx in ones if dy >= ROWS)
        mixed = near * FIRST + far * SECOND & LONG
        return (mixed ^ mixed >> 32) * FIRST & LONG

    def code(self, actual: int, state: int, foretold: int) -> int:
        """The pixel that was looked at. state: of the match; foretold: the colour that it says. Format 10.11."""
        chances = [self._chances[i, value >> 64 - self._bits] for i, value in enumerate(self._hashes)]
        widest = max((i for i, chance in enumerate(chances) if chance.seen > 1), default=0)
        self._decide.inputs = [*chances, self._by_match[foretold, state]]
        kind = widest, self._around & (1 << len(NEAREST)) - 1
        weights = self._weights.setdefault(kind, [WEIGHT] * (len(chances) + 1))
        return self._decide.mixed(actual, weights, RATE, self._refinements[self._around])
