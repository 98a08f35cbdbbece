"""Small tiles: the colour that rules foresee, each sample by the rule that held best at the neighbours."""

from __future__ import annotations

from typing import NamedTuple

from l3c.graphics.definition.colours import Canvas

SMALL = 8192
"""Pixels of a tile that has foreseen colours, at most: larger ones have the time to learn, and must be fast."""

NEIGHBOURS = ((0, -1), (-1, 0), (-1, 1), (-1, -1))
"""Rows below and columns beside of W, N, NE and NW, where rules are judged."""

RULES = 9  # by trial: without the last, smooth alpha takes more
MISS = 4
"""What a rule that did not hold costs beside its error: one that is exact is worth more than one that is close."""

ERROR_MAX = 31  # an edge says little of how smooth the rest is
TRUSTS = (1, 24, 60)
"""Costs from which a rule is trusted less: that it failed at all, by 2 at each of the four, and by 11."""


class Foreseen(NamedTuple):
    """samples: by channel. trusts: of each, 0 where its rule held at all neighbours, to 3. Format 10.12."""

    samples: list[int]
    trusts: list[int]

    @property
    def colour(self) -> int:
        """All samples in one number. Format 10.12."""
        return sum(value << 8 * channel for channel, value in enumerate(self.samples))

    @property
    def is_sure(self) -> bool:
        """Whether it is offered before all other colours. Format 10.12."""
        return not any(self.trusts)


def rules(canvas: Canvas, y: int, x: int, channel: int) -> list[int]:
    """What each rule says of a sample. Format 10.12."""

    def at(dy: int, dx: int) -> int:
        return canvas.at(y + dy, x + dx) >> 8 * channel & 255

    w, n, ne, nw = (at(*neighbour) for neighbour in NEIGHBOURS)
    said = [w + n - nw, w, n, 2 * w - at(0, -2), 2 * n - at(-2, 0), ne, nw, w + ne - n, n + ne - at(-2, 1)]
    return [min(max(value, 0), 255) for value in said]


def foresee(canvas: Canvas, y: int, x: int, channels: int) -> Foreseen:
    """Of a pixel that is not known. Format 10.12."""
    around = [(y + dy, x + dx) for dy, dx in NEIGHBOURS if y + dy >= 0]
    samples, trusts = [], []
    for channel in range(channels):
        costs = [0] * RULES
        for place in around:
            actual = canvas.at(*place) >> 8 * channel & 255
            for rule, said in enumerate(rules(canvas, *place, channel)):
                costs[rule] += min(abs(actual - said), ERROR_MAX) + MISS if said != actual else 0
        least = min(costs)
        samples.append(rules(canvas, y, x, channel)[costs.index(least)])
        trusts.append(sum(least >= cost for cost in TRUSTS))
    return Foreseen(samples, trusts)
