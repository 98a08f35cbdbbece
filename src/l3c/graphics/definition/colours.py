"""What colours followed where: hashes of neighbours, memories of colours, and a tile's pixels with their margins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WORD = 0xFFFFFFFF  # hashes have 32 bits
GOLDEN = 0x9E3779B1
"""2^32 over the golden ratio, odd: a multiplicative hash."""

OTHER = 0x85EBCA6B  # odd, as MurmurHash3 has it: the second operand's factor
OFFSET = 0x7F4A7C15  # keeps an operand of 0 from vanishing

TIMES_MAX = 255  # of an entry's counts, which are bytes
CONFIDENCE = (0, 1, 2, 3, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6)
"""Classes of counts below 16."""

CONFIDENT = 7  # the class of greater counts

MARGIN = 6
"""Pixels beside each row, at least as many as contexts reach."""

ROWS_ABOVE = 3  # rows above the first, as far as contexts reach


def fold(h: int) -> int:
    """A hash whose upper bits count in the lower ones too. Format 10.5."""
    return h ^ h >> 15


def chain(colours: Iterable[int], power: int) -> int:
    """The sum of colours, each times a power of GOLDEN, the first one's given. Format 10.5."""
    return sum(colour * pow(GOLDEN, power + i, WORD + 1) for i, colour in enumerate(colours)) & WORD


def mix(a: int, b: int) -> int:
    """A hash of two numbers. Format 10.8."""
    return fold(a * GOLDEN & WORD ^ (b + OFFSET) * OTHER & WORD)


def slope(a: int, b: int, c: int) -> int:
    """a + b - c of each sample, within 0 .. 255. Format 10.6."""
    if c in (a, b):
        return a + b - c
    samples = [(a >> shift & 255) + (b >> shift & 255) - (c >> shift & 255) for shift in (0, 8, 16, 24)]
    return sum(min(max(value, 0), 255) << 8 * i for i, value in enumerate(samples))


def confidence(times: int) -> int:
    """The class of a count, 0 .. 7. Format 10.6."""
    return CONFIDENCE[times] if times < len(CONFIDENCE) else CONFIDENT


@dataclass
class Entry:
    """Two colours that followed a context, and how often of late, 0 for none. mark: of the context. Format 10.6."""

    mark: int = 0
    first: int = 0
    first_times: int = 0
    second: int = 0
    second_times: int = 0

    def state(self, colour: int) -> int:
        """What it says of a colour, 0 .. 24. Format 10.6."""
        if not self.first_times:
            return 0
        if self.first == colour:
            return 1 + confidence(self.first_times)
        if self.second_times and self.second == colour:
            return 9 + 2 * min(confidence(self.second_times), 3) + (self.first_times > 2)
        return 17 + confidence(self.first_times)

    def remember(self, colour: int) -> None:
        """The colour that followed now. Format 10.6."""
        if self.first_times and self.first == colour:
            self.first_times = min(self.first_times + 1, TIMES_MAX)
            return
        self.first_times >>= 1
        if self.second_times and self.second == colour:
            self.second_times += 1
            if self.second_times >= self.first_times:
                self.first, self.second = self.second, self.first
                self.first_times, self.second_times = self.second_times, self.first_times
        elif self.first_times:
            self.second, self.second_times = colour, 1
        else:
            self.first, self.first_times = colour, 1


class Memory:
    """Entries by context. bits: of their number. Format 10.6."""

    def __init__(self, bits: int) -> None:
        self._bits, self._entries = bits, dict[int, Entry]()

    def entry(self, context: int) -> Entry:
        """The context's own, which is cleared where it was another's. Format 10.6."""
        place = fold(context) * GOLDEN & WORD
        index, mark = place >> 32 - self._bits, place & 255
        entry = self._entries.get(index)
        if entry is None or entry.mark != mark:
            entry = self._entries[index] = Entry(mark)
        return entry


class Canvas:
    """The pixels of a tile as far as they are known, and those that stand for pixels beyond its edges. Each has a
    place, row by row, 0 the first of all. Format 10.1.
    """

    def __init__(self, height: int, width: int) -> None:
        self._width, self._stride = width, width + 2 * MARGIN
        self._colours = [0] * (height + ROWS_ABOVE) * self._stride

    def place(self, y: int, x: int) -> int:
        """Of a row and column, either of which may lie beyond the edge. Format 10.1."""
        return (y + ROWS_ABOVE) * self._stride + x + MARGIN

    def colour(self, place: int) -> int:
        """0 where it is not known yet. Format 10.1."""
        return self._colours[place]

    def at(self, y: int, x: int) -> int:
        """The colour in a row and column. Format 10.1."""
        return self._colours[self.place(y, x)]

    def put(self, y: int, x: int, colour: int, count: int = 1) -> None:
        """A number of equal pixels. Format 10.1."""
        place = self.place(y, x)
        self._colours[place : place + count] = [colour] * count

    def row(self, y: int) -> list[int]:
        """The pixels of a row. Format 10.1."""
        return self._colours[self.place(y, 0) : self.place(y, self._width)]

    def begin_row(self, y: int) -> None:
        """Pixels to the left of a row are the first one of the row above. Format 10.1."""
        self.put(y, -MARGIN, self.at(y - 1, 0), MARGIN)

    def end_row(self, y: int) -> None:
        """Pixels to the right of a row are its last one. Format 10.1."""
        self.put(y, self._width, self.at(y, self._width - 1), MARGIN)
