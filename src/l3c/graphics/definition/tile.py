"""A tile: rows that repeat, flat runs, colours that are foreseen, and others."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from l3c.errors import FormatError
from l3c.graphics.definition.bilevel import Bilevel
from l3c.graphics.definition.colours import Canvas, Entry, Memory, chain, slope
from l3c.graphics.definition.decisions import Chance, Coder, Decisions, Reader, Refinement, Writer
from l3c.graphics.definition.foreseen import SMALL, foresee
from l3c.graphics.definition.match import Match
from l3c.graphics.definition.samples import SampleCoder
from l3c.graphics.definition.tables import PIXELS_MAX

CHANNELS_MAX = 4  # a pixel's samples are one number of 32 bits
CANDIDATES = 3
"""Colours that are offered before one is coded sample by sample. More are found too rarely to pay for their bits."""

WEIGHT = 3328  # of an input of a candidate's mixture at first: 0.2
RATE = 16  # at which those weights learn, in 1/16
SMALL_RATE = 32  # in small tiles, where there is little time to
MEMORY_BITS = (10, 18)  # of the number of entries of a memory, least and most
LINE_BITS = (8, 16)  # of the number of lines of exact values, least and most
CONTEXTS = (26, 16, 8, 6, 4, 2, 1)  # colours of each (format 10.5)
MEMORIES = len(CONTEXTS)  # one for each
RECENT = 15  # mask: the last four pixels, whether they were foreseen
ROWS_RECENT = 31  # mask: the last five rows, whether they repeated the one above

Samples = NDArray[np.uint8]


def encode(samples: Samples) -> bytes:
    """A payload. samples: [height, width, 1 to 4]. Format 10.1."""
    height, width, channels = samples.shape
    pixels = [[sum(int(v) << 8 * c for c, v in enumerate(pixel)) for pixel in row] for row in samples]
    writer = Writer()
    TileCoder(writer, height, width, channels).code(pixels)
    return writer.finish()


def decode(payload: bytes, height: int, width: int, channels: int) -> Samples:
    """[height, width, channels]. Raises FormatError. Format 10.1."""
    reader = Reader(payload)
    canvas = TileCoder(reader, height, width, channels).code(None, reader)
    reader.finish()
    pixels = np.array([canvas.row(y) for y in range(height)], np.uint32)
    return np.stack([pixels >> np.uint32(8 * c) & np.uint32(255) for c in range(channels)], 2).astype(np.uint8)


def _within(bits: int, bounds: tuple[int, int]) -> int:
    return min(max(bits, bounds[0]), bounds[1])


class TileCoder:
    """Codes a tile's pixels. Each is a number: the sample of channel c times 256^c, summed. Format 10.1."""

    def __init__(self, coder: Coder, height: int, width: int, channels: int) -> None:
        if not 1 <= channels <= CHANNELS_MAX or height * width > PIXELS_MAX:
            raise FormatError(f"a tile of {height} x {width} pixels of {channels} channels is too large for graphics")
        self._height, self._width, self._decide = height, width, Decisions(coder)
        self._canvas = Canvas(height, width)
        bits = (height * width - 1).bit_length()
        self._memories = [Memory(_within(bits, MEMORY_BITS)) for _ in range(MEMORIES)]
        self._match = Match(_within(bits, MEMORY_BITS))
        self._small = height * width <= SMALL
        self._samples = SampleCoder(self._decide, channels, _within(bits, LINE_BITS))
        self._channels = channels
        self._bilevel: Bilevel | None = None
        self._rows: dict[int, Chance] = defaultdict(Chance)
        self._whole: dict[tuple[int, bool, bool, bool], Chance] = defaultdict(Chance)
        self._run_bits: dict[tuple[int, int], Chance] = defaultdict(Chance)
        self._run_rest: dict[tuple[int, int], Chance] = defaultdict(Chance)
        self._chances: dict[tuple[int, ...], Chance] = defaultdict(Chance)
        self._weights: dict[tuple[int, int], list[int]] = {}
        self._refinements: dict[tuple[int, int], Refinement] = defaultdict(Refinement)
        self._missed, self._slopes = 0, 1

    def code(self, pixels: list[list[int]] | None, reader: Reader | None = None) -> Canvas:
        """All rows. pixels: [height][width], of an encoder; reader: of a decoder. Format 10.1."""
        if self._channels == 1 and self._decide.even(int(pixels is not None and max(map(max, pixels)) < 2)):
            self._bilevel = Bilevel(
                self._decide, self._canvas, _within((self._height * self._width - 1).bit_length(), MEMORY_BITS)
            )
        same = 0
        for y in range(self._height):
            self._canvas.begin_row(y)
            row, repeats = pixels[y] if pixels else None, 0
            if y:
                repeats = int(row == self._canvas.row(y - 1))
                repeats = self._decide.single(repeats, self._rows[same & ROWS_RECENT])
                same = same << 1 | repeats
            if repeats:
                for x, colour in enumerate(self._canvas.row(y - 1)):
                    self._canvas.put(y, x, colour)
            else:
                self._code_row(y, row)
            self._canvas.end_row(y)
            if reader:
                reader.check()
        return self._canvas

    def _code_row(self, y: int, row: list[int] | None) -> None:
        """Runs where all around is flat, else pixels. Format 10.1, 10.7."""
        x, after_run, at = 0, False, self._canvas.at
        while x < self._width:
            colour, broken = at(y, x - 1), False
            if self._is_flat(y, x) and self._may_be(colour, y, x):
                length = 1
                while (
                    x + length < self._width
                    and at(y - 1, x + length + 2) == colour
                    and at(y - 2, x + length + 1) == colour
                    and self._may_be(colour, y, x + length)
                ):
                    length += 1
                run = next((i for i in range(length) if row[x + i] != colour), length) if row else 0
                run = self._code_run(run, length, x + length == self._width, after_run)
                self._canvas.put(y, x, colour, run)
                x += run
                after_run = run == length
                if after_run:
                    continue
                broken = True
            self._canvas.put(y, x, self._code(y, x, row[x] if row else 0, broken))
            after_run = False
            x += 1

    def _is_flat(self, y: int, x: int) -> bool:
        """Whether all pixels around have one colour. Format 10.7."""
        at, colour = self._canvas.at, self._canvas.at(y, x - 1)
        upper = all(at(y - 1, x + i) == colour for i in range(-2, 3))
        return upper and at(y, x - 2) == colour and at(y - 2, x) == colour

    def _may_be(self, colour: int, y: int, x: int) -> bool:
        """Whether no match that is sure foretells another colour. Format 10.7."""
        return not self._match.is_sure or self._foretold(y, x) == colour

    def _foretold(self, y: int, x: int) -> int:
        """The colour that the match says, if there is one. Format 10.10."""
        return self._canvas.colour(self._canvas.place(y, x) - self._match.distance)

    def _code_run(self, run: int, length: int, to_the_end: bool, after_run: bool) -> int:
        """How many of `length` pixels continue a flat area. Format 10.7."""
        size = length.bit_length()
        if self._decide.single(int(run == length), self._whole[size, to_the_end, after_run, self._match.is_sure]):
            return length
        bits, most = 0, (length - 1).bit_length()
        while bits < most and self._decide.single(int(bits < run.bit_length()), self._run_bits[size, bits]):
            bits += 1
        found = int(bits > 0)
        for done, i in enumerate(reversed(range(bits - 1))):
            bit = run >> i & 1
            if done < 2:
                bit = self._decide.single(bit, self._run_rest[bits, done + (found & 1 if done else 0)])
            else:
                bit = self._decide.even(bit)
            found = found << 1 | bit
        return min(found, length - 1)

    def _code(self, y: int, x: int, actual: int, broken: bool) -> int:
        """A pixel, which in a bilevel tile has the other colour where it ends a run. Format 10.1."""
        if self._bilevel is None:
            return self._code_pixel(y, x, actual, broken)
        if broken:
            return 1 - self._canvas.at(y, x - 1)
        context = self._bilevel.look(y, x)
        self._match.look(self._canvas.place(y, x), context)
        foretold = self._foretold(y, x) if self._match.distance else 0
        colour = self._bilevel.code(actual, self._match.state, foretold)
        self._match.learn(colour == foretold)
        return colour

    def _code_pixel(self, y: int, x: int, actual: int, broken: bool) -> int:
        """By candidates, then sample by sample. broken: it ends a run, so that it is not the left one. Format 10.6."""
        at = self._canvas.at
        near = (at(y, x - 1), at(y - 1, x), at(y - 1, x + 1), at(y - 1, x - 1), at(y, x - 2), at(y - 2, x))
        contexts = self._contexts(y, x, near)
        entries = [memory.entry(context) for memory, context in zip(self._memories, contexts, strict=True)]
        self._match.look(self._canvas.place(y, x), contexts[0])
        foretold = self._foretold(y, x)
        foreseen = foresee(self._canvas, y, x, self._channels) if self._small else None
        offered = [foreseen.colour] if foreseen and foreseen.is_sure else []
        offered += [foretold] if self._match.is_sure else []
        offered += [entry.first for entry in entries[:-1] if entry.first_times]
        left, upper, corner, before = near[0], near[1], near[3], near[4]
        sloped = slope(left, upper, corner) if y else slope(left, left, before)
        sloped = foreseen.colour if foreseen else sloped
        is_sloped = sloped not in (left, upper)
        offered += [sloped] if is_sloped and self._slopes & 1 else []
        offered += near[:4]
        offered += [entry.second for entry in entries if entry.second_times]
        colours = [colour for colour in dict.fromkeys(offered) if not (broken and colour == near[0])][:CANDIDATES]
        for rank, colour in enumerate(colours):
            kind = 1 + (self._slopes >> 1 & 1) if is_sloped and colour == sloped else 0
            if self._code_candidate(rank, colour, int(colour == actual), near, entries, broken, kind, foretold):
                break
        else:
            rank, colour = len(colours), self._samples.code(actual, near[0], near[1], near[3], near[2], foreseen)
        if is_sloped:
            self._slopes = self._slopes << 1 | (colour == sloped)
        self._match.learn(colour == foretold)
        self._missed = self._missed << 1 | (rank == len(colours))
        for entry in entries:
            entry.remember(colour)
        return colour

    def _contexts(self, y: int, x: int, near: tuple[int, ...]) -> tuple[int, ...]:
        """Hashes of 26, 16, 8, 6, 4, 2 and one of the pixels around. Format 10.5."""
        at = self._canvas.at
        colours = [near[0], near[1], near[2], near[3], near[4], near[5], at(y - 1, x + 2), at(y - 1, x - 2)]
        colours += [at(y - 2, x + 1), at(y - 2, x - 1), at(y, x - 3), at(y - 3, x)]
        colours += [at(y - 1, x + 3), at(y - 2, x + 2), at(y - 2, x - 2), at(y - 1, x - 3)]
        colours += [at(y - 2, x + 3), at(y - 2, x - 3)]
        colours += [at(y - 3, x + i) for i in (1, -1, 2, -2, 3, -3)]
        colours += [at(y, x - 4), at(y - 1, x + 4)]
        return tuple(chain(colours[:count], 1) for count in CONTEXTS)

    def _code_candidate(
        self,
        rank: int,
        colour: int,
        hit: int,
        near: tuple[int, ...],
        entries: list[Entry],
        broken: bool,
        sloped: int,
        foretold: int,
    ) -> int:
        """Whether the pixel has this colour. sloped: 0, or 1 or 2 for the slope. Format 10.6."""
        states = [entry.state(colour) for entry in entries]
        equal = sum((one == colour) << i for i, one in enumerate(near))
        keys: list[tuple[int, ...]] = list(enumerate(states))
        keys += [(7, states[1], states[3]), (8, states[2], states[4]), (9, states[5], self._missed & RECENT)]
        follows = self._match.distance > 0 and foretold == colour
        keys += [(10, equal, int(broken), sloped), (11, int(follows), self._match.state)]
        self._decide.inputs = [self._chances[(rank, *key)] for key in keys]
        first = states[1]
        kind = 0 if first == 0 else 1 + (first > 2) + (first > 5) if first < 9 else 4 + (first > 16)
        weights = self._weights.setdefault((rank, kind), [WEIGHT] * len(keys))
        rate = SMALL_RATE if self._small else RATE
        return self._decide.mixed(hit, weights, rate, self._refinements[rank, equal])
