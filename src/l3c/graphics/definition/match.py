"""What an earlier part of a tile foretells, as long as it goes on as it did there."""

from __future__ import annotations

from l3c.graphics.definition.colours import GOLDEN, WORD, chain, fold

SURE_LENGTH = 8
"""Pixels that a match foretold rightly, for its colour to be offered first and to end runs."""

KEPT_LENGTH = 16
"""With as many, no other match is looked for."""

MISSES_MAX = 8  # of the last 16 pixels, of a match that is kept: text may cross what repeats
RECENT_MISSES = 255  # mask: those that count in a state
ALL_MISSES = 0xFFFF  # mask: those that are remembered
TURNS = (3, 6)
"""How many pixels before, whose greatest contexts are part of a match's: together they are some 13 columns wide."""

FIRST_POWER = 27  # behind those of a context's 26 colours
LENGTH_CLASSES = 13  # by a length's bits, the last for 2048 and more


class Match:
    """distance: back to the part, in places; 0 for none. Format 10.10.

    bits: of the number of places that are remembered.
    """

    def __init__(self, bits: int) -> None:
        self._bits, self._places = bits, dict[int, int]()
        self._recent = [0] * max(TURNS)
        self.distance, self._length, self._misses = 0, 0, 0

    @property
    def is_sure(self) -> bool:
        """Whether it is trusted. Format 10.10."""
        return self.distance > 0 and self._length >= SURE_LENGTH

    @property
    def state(self) -> int:
        """0 without a match, else how long and how well it has held. Format 10.10."""
        if not self.distance:
            return 0
        misses = (self._misses & RECENT_MISSES).bit_count()
        return 1 + 4 * min(self._length.bit_length(), LENGTH_CLASSES - 1) + min(misses, 3)

    def look(self, place: int, context: int) -> None:
        """Take up another match where these contexts occurred before. context: the pixel's greatest. Format 10.10."""
        key = context + chain([self._recent[-turns] for turns in TURNS], FIRST_POWER)
        self._recent = [*self._recent[1:], context]
        index = (fold(key & WORD) * GOLDEN & WORD) >> 32 - self._bits
        last = self._places.get(index, 0)
        if self._length < KEPT_LENGTH and last and place - last != self.distance:
            self.distance, self._length, self._misses = place - last, 0, 0
        self._places[index] = place

    def learn(self, hit: bool) -> None:
        """Whether the pixel had the colour that was foretold. Format 10.10."""
        if not self.distance:
            return
        self._length = self._length + 1 if hit else 0
        self._misses = (self._misses << 1 | (not hit)) & ALL_MISSES
        if self._misses.bit_count() > MISSES_MAX:
            self.distance, self._length, self._misses = 0, 0, 0
