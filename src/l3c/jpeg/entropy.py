"""The coded data of a scan of a JPEG file (ITU-T T.81) to coefficients and notes, and back.

This is the definition; the engine does the same (`l3c.jpeg.entropy_compiled`). Any bytes can be
read: what coefficients do not tell stands in the notes. A scan consists of segments, which end with
restart markers. A segment consists of blocks, the bits that fill up its last byte, and the rest:
bytes that no block takes, which is none unless they are damaged or cut short.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from l3c.errors import FormatError
from l3c.jpeg.bits import Bits, BitsError, codes_of
from l3c.jpeg.layout import ScanOfPlanes
from l3c.jpeg.notes import SCAN_ENDS, Notes, SegmentEnd, most_ends, pack_notes, unpack_notes

Block = NDArray[np.int16]
RESTART = re.compile(rb"\xff[\xd0-\xd7]")  # markers between segments of a scan
NOT_STUFFED = re.compile(rb"\xff(?!\0)")  # a marker: in coded data, FF is followed by 0
ZERO_RUN = 0xF0
"""The symbol of 16 zeros."""

MOST_SIZE = 15
"""Bits of a coefficient: all that int16 holds but -32768."""

MOST_RUN = 0x7FFF
"""Blocks in a run of ended blocks, by the standard's symbols."""

MOST_CORRECTIONS = 937
"""Buffered bits with which libjpeg ends a run: 1000 less a block's 63."""

MOST_ZERO_RUNS = 4  # a block has 63 coefficients of AC, and a run of zeros covers 16
INT16 = range(-0x8000, 0x8000)  # what the engine's coefficients hold
NO_BLOCK = "the bits at hand are no block"  # why bits are read as the rest of their segment


def _blocks(scan: ScanOfPlanes) -> Iterator[tuple[int, Block]]:
    """Component and block, in the order of the scan (format 9.4)."""
    for row in range(scan["unit_rows"]):
        for column in range(scan["unit_columns"]):
            for i, (blocks, across, down, _, _) in enumerate(scan["planes"]):
                for y in range(down):
                    for x in range(across):
                        yield i, blocks[row * down + y, column * across + x]


def _segments(scan: ScanOfPlanes, without_restarts: bool) -> list[range]:
    """The blocks of each segment (format 9.4)."""
    units = scan["unit_rows"] * scan["unit_columns"]
    a_unit = sum(across * down for _, across, down, _, _ in scan["planes"])
    interval = min(units, scan["restart"] if scan["restart"] and not without_restarts else units)
    return [range(a * a_unit, min(units, a + interval) * a_unit) for a in range(0, units, interval)]


@dataclass
class _Run:
    """Blocks that have ended, in a progressive scan (format 9.6.3). length: so far. left: to come. corrections:
    bits in it.

    busy: its last block holds more than its end.
    """

    length: int = 0
    left: int = 0
    corrections: int = 0
    busy: bool = False

    def ends(self, notes: Notes, busy: bool) -> bool:
        """Whether the rule ends it before a block that might go on with it.

        busy: that block holds more than its end.
        """
        if notes.run_limit:
            ends = self.length == notes.run_limit
        else:
            ends = self.length == MOST_RUN or self.corrections > MOST_CORRECTIONS
        return ends or (notes.apart and (busy or self.busy))


def read_scan(data: bytes, scan: ScanOfPlanes) -> bytes:
    """Coefficients out of coded data, into the planes; returns the notes (format 9.5). data: up to
    the marker that ends the scan.
    """
    return _Reader(data, scan).read()


@dataclass
class _Breaks:
    """Blocks after which runs end, or go on, against each rule; limit: the longest run."""

    libjpeg: list[int] = field(default_factory=list)
    apart: list[int] = field(default_factory=list)
    ended: list[tuple[int, int]] = field(default_factory=list)
    limit: int = 0

    def choose(self, notes: Notes) -> None:
        """The rule that leaves the fewest."""
        limited = [block for block, length in self.ended if length != self.limit]
        notes.breaks = self.libjpeg
        if len(self.apart) < len(self.libjpeg) and len(self.apart) <= len(limited):
            notes.apart, notes.breaks = True, self.apart
        elif len(limited) < len(self.libjpeg):
            notes.run_limit, notes.breaks = self.limit, limited


class _Reader:
    def __init__(self, data: bytes, scan: ScanOfPlanes) -> None:
        self._data, self._scan = data, scan
        self._codes = [tuple(codes_of((code[:16], code[16:])) for code in plane[3:]) for plane in scan["planes"]]
        self._notes, self._breaks = Notes(), _Breaks()
        self._ends: list[tuple[SegmentEnd, bool | None]] = []
        self._uniform = [0, 0]
        self._odd = 0

    def read(self) -> bytes:
        segments = _segments(self._scan, False)
        if len(segments) > 1 and not RESTART.search(self._data):
            self._notes.without_restarts = True
            segments = _segments(self._scan, True)
        blocks, start = _blocks(self._scan), 0
        for i, segment in enumerate(segments):
            missing = self._segment(start, blocks, segment)
            start = self._end_segment(start, i, missing, i == len(segments) - 1)
            if self._marker == SCAN_ENDS:
                break
            for _ in range(missing - 1):
                next(blocks)
        self._notes.ones = self._uniform[1] >= self._uniform[0]
        for end, uniform in self._ends:
            if uniform != self._notes.ones:
                self._notes.ends.append(end)
        self._breaks.choose(self._notes)
        return pack_notes(self._notes)

    def _segment(self, start: int, blocks: Iterator[tuple[int, Block]], segment: range) -> int:
        """How many blocks are missing."""
        found = NOT_STUFFED.search(self._data, start)
        end = found.start() if found else len(self._data)
        self._bits = Bits(self._data[start:end].replace(b"\xff\0", b"\xff"))
        self._run, self._before = _Run(), [0] * len(self._codes)
        for self._block in segment:
            at, (i, block) = self._bits.at, next(blocks)
            before = block.copy()
            try:
                self._read_block(i, block)
            except BitsError:
                self._bits.at, block[:] = at, before
                if not self._scan["high"] and self._scan["last"]:
                    block[self._scan["first"] :][: self._scan["last"] + 1 - self._scan["first"]] = 0
                return segment.stop - self._block
        return 0

    def _read_block(self, i: int, block: Block) -> None:
        scan, bits, (dc, ac) = self._scan, self._bits, self._codes[i]
        if not scan["progressive"]:
            value = self._difference(i, dc)
            self._coefficients(block, ac)
            self._before[i] = value
            block[0] = value
        elif scan["first"]:
            (self._refine if scan["high"] else self._coefficients)(block, ac)
        elif scan["high"]:
            block[0] |= bits.take() << scan["low"]
        else:
            value = self._difference(i, dc)
            self._before[i] = value
            block[0] = value << scan["low"]

    def _difference(self, i: int, codes: dict[tuple[int, int], int]) -> int:
        """The DC value, in units of what the scan leaves out."""
        size = self._bits.symbol(codes)
        if size > MOST_SIZE:
            raise BitsError(NO_BLOCK)
        value = self._before[i] + self._bits.number(size)
        if value << self._scan["low"] not in INT16:
            raise BitsError(NO_BLOCK)
        return value

    def _coefficients(self, block: Block, codes: dict[tuple[int, int], int]) -> None:
        """Those of a block that has none so far. An end is one of a run in progressive scans."""
        scan, bits, last = self._scan, self._bits, self._scan["last"]
        if self._run.left:
            self._go_on(0)
            return
        k = first = max(1, scan["first"])
        zero_runs = run = 0
        found: dict[int, int] = {}
        while k <= last:
            symbol = bits.symbol(codes)
            zeros, size = symbol >> 4, symbol & 15
            if not size and symbol != ZERO_RUN:
                if zeros and not scan["progressive"]:
                    raise BitsError(NO_BLOCK)
                run = (1 << zeros) + bits.take(zeros)
                break
            k += zeros
            zero_runs = 0 if size else zero_runs + 1
            if size:
                value = bits.number(size) * (1 << scan["low"])
                if k > last or value not in INT16:
                    raise BitsError(NO_BLOCK)
                found[k] = value
            k += 1
        for place, value in found.items():
            block[place] = value
        self._end_block(run if scan["progressive"] else 0, k > first, zero_runs, 0)

    def _refine(self, block: Block, codes: dict[tuple[int, int], int]) -> None:
        """One more bit of a block's coefficients: new ones have a symbol, those known before a bit
        each.
        """
        bits, last = self._bits, self._scan["last"]
        k = first = self._scan["first"]
        zero_runs = run = 0
        while k <= last and not self._run.left:
            symbol = bits.symbol(codes)
            zeros, size = symbol >> 4, symbol & 15
            if size > 1:
                raise BitsError(NO_BLOCK)
            if not size and symbol != ZERO_RUN:
                run = (1 << zeros) + bits.take(zeros)
                break
            value = (1 if bits.take() else -1) << self._scan["low"] if size else 0
            while k <= last and (block[k] or zeros):
                if block[k]:
                    self._correct(block, k)
                else:
                    zeros -= 1
                k += 1
            if size:
                if k > last:
                    raise BitsError(NO_BLOCK)
                block[k] = value
            zero_runs = 0 if size else zero_runs + 1
            k += 1
        known = [j for j in range(k, last + 1) if block[j]] if run or self._run.left else []
        for j in known:
            self._correct(block, j)
        if self._run.left:
            self._go_on(len(known))
        else:
            self._end_block(run, k > first, zero_runs, len(known))

    def _correct(self, block: Block, k: int) -> None:
        bit = 1 << self._scan["low"]
        if self._bits.take() and not int(block[k]) & bit:
            block[k] += bit if block[k] > 0 else -bit

    def _go_on(self, corrections: int) -> None:
        """A block within a run that began earlier."""
        run = self._run
        self._decide(False, corrections)
        self._run = _Run(run.length + 1, run.left - 1, run.corrections + corrections, corrections > 0)

    def _end_block(self, run: int, coded: bool, zero_runs: int, corrections: int) -> None:
        """A block outside of runs. run: blocks of the one that it begins, or 0. coded: anything
        precedes that.
        """
        if zero_runs:
            self._notes.zero_runs[self._block] = zero_runs
        if run and not coded and self._run.length:
            self._decide(True, corrections)
        self._run = _Run(1, run - 1, corrections, coded or corrections > 0) if run else _Run()
        self._breaks.limit = max(self._breaks.limit, run)

    def _decide(self, ends: bool, corrections: int) -> None:
        """Compares with each rule whether a run ends before a block that might go on with it."""
        for breaks, apart in ((self._breaks.libjpeg, False), (self._breaks.apart, True)):
            if ends != self._run.ends(Notes(apart=apart), corrections > 0):
                breaks.append(self._block - 1)
        if ends:
            self._breaks.ended.append((self._block - 1, self._run.length))

    def _end_segment(self, start: int, segment: int, missing: int, last: bool) -> int:
        """Notes what follows the last block; returns where the next segment begins."""
        data, bits = self._data, self._bits
        count = -bits.at % 8
        padding = bits.take(count)
        rest = start
        for _ in range(bits.at // 8):
            rest += 2 if data[rest] == 0xFF else 1
        stops = last or self._odd + min(self._uniform) >= most_ends(len(data))
        found = None if stops else RESTART.search(data, rest)
        end = found.start() if found else len(data)
        self._marker = data[end + 1] & 7 if found else SCAN_ENDS
        expected = SCAN_ENDS if last else segment & 7
        plain = not missing and not self._run.left and rest == end and self._marker == expected
        noted = SegmentEnd(segment, missing, self._run.left, padding, data[rest:end], self._marker)
        if not plain or padding not in (0, (1 << count) - 1):
            self._ends.append((noted, None))
            self._odd += 1
        elif count:
            self._ends.append((noted, padding > 0))
            self._uniform[padding > 0] += 1
        return end + 2


def write_scan(notes: bytes, limit: int, scan: ScanOfPlanes) -> bytes:
    """The coded data, of at most `limit` bytes (format 9.6). Raises FormatError."""
    data = _Writer(unpack_notes(notes, most_ends(limit) + 1), scan).write()
    if len(data) > limit:
        raise FormatError("a scan is longer than its file")
    return data


def count_symbols(notes: bytes, limit: int, scan: ScanOfPlanes) -> NDArray[np.uint32]:
    """How often each symbol occurs in what `write_scan` would write: [components, 2, 256].

    The second axis: of differences and of other coefficients. The codes play no part (format 9.7).
    Raises FormatError.
    """
    every = bytes([0] * 7 + [255, 1] + [0] * 7) + bytes(range(256))
    planes = [(*plane[:3], every, every) for plane in scan["planes"]]
    writer = _Writer(unpack_notes(notes, most_ends(limit) + 1), {**scan, "planes": planes})
    writer.write()
    return np.array([[[codes.count(s) for s in range(256)] for codes in pair] for pair in writer.codes], np.uint32)


class _Codes(dict[int, tuple[int, int]]):
    """Symbol to length and code; counts what is looked up."""

    def __init__(self, code: bytes) -> None:
        super().__init__((symbol, found) for found, symbol in codes_of((code[:16], code[16:])).items())
        self._counts: Counter[int] = Counter()

    def __getitem__(self, symbol: int) -> tuple[int, int]:
        self._counts[symbol] += 1
        return super().__getitem__(symbol)

    def count(self, symbol: int) -> int:
        return self._counts[symbol]


class _Writer:
    def __init__(self, notes: Notes, scan: ScanOfPlanes) -> None:
        self._notes, self._scan = notes, scan
        self.codes = [(_Codes(plane[3]), _Codes(plane[4])) for plane in scan["planes"]]
        self._breaks = set(notes.breaks)
        self._zero_runs = dict(notes.zero_runs)

    def write(self) -> bytes:
        noted = {end.segment: end for end in self._notes.ends}
        segments = _segments(self._scan, self._notes.without_restarts)
        blocks, out = _blocks(self._scan), b""
        for i, segment in enumerate(segments):
            last = i == len(segments) - 1
            end = noted.pop(i, SegmentEnd(i, 0, 0, -int(self._notes.ones), b"", SCAN_ENDS if last else i & 7))
            if end.missing > len(segment):
                raise FormatError("the notes of a scan name more blocks than it has")
            coded = self._segment(blocks, segment, end)
            out += coded.replace(b"\xff", b"\xff\0") + end.rest
            if end.marker == SCAN_ENDS:
                break
            out += bytes([0xFF, 0xD0 + end.marker])
        if noted or self._breaks or self._zero_runs:
            raise FormatError("the notes of a scan do not fit it")
        return out

    def _segment(self, blocks: Iterator[tuple[int, Block]], segment: range, end: SegmentEnd) -> bytes:
        """Without stuffed bytes and what follows."""
        self._bits: list[int] = []
        self._run, self._corrections = _Run(), list[int]()
        self._before = [0] * len(self.codes)
        for self._block in segment:
            i, block = next(blocks)
            if self._block < segment.stop - end.missing:
                self._write_block(i, block)
        self._end_run(end.run_left)
        self._put(end.padding, -len(self._bits) % 8)
        return np.packbits(np.array(self._bits, np.uint8)).tobytes()

    def _put(self, value: int, count: int) -> None:
        self._bits += [value >> i & 1 for i in range(count - 1, -1, -1)]

    def _symbol(self, codes: _Codes, symbol: int) -> None:
        if symbol not in codes:
            raise FormatError("a scan's code lacks a symbol")
        length, value = codes[symbol]
        self._put(value, length)

    def _coefficient(self, codes: _Codes, zeros: int, value: int) -> None:
        size = abs(value).bit_length()
        if size > MOST_SIZE:
            raise FormatError("a coefficient is too large")
        self._symbol(codes, zeros << 4 | size)
        self._put(value if value > 0 else value - 1, size)

    def _write_block(self, i: int, block: Block) -> None:
        scan, (dc, ac), values = self._scan, self.codes[i], block.astype(int).tolist()
        if scan["first"] == 0:
            if scan["high"]:
                self._put(values[0] >> scan["low"], 1)
            else:
                value = values[0] >> scan["low"]
                self._coefficient(dc, 0, value - self._before[i])
                self._before[i] = value
        if scan["last"]:
            (self._refine if scan["high"] else self._coefficients)(values, ac)

    def _runs(self) -> int:
        """Runs of zeros that are noted of this block."""
        count = self._zero_runs.pop(self._block, 0)
        if count > MOST_ZERO_RUNS:
            raise FormatError("the notes of a scan have too many zeros")
        return count

    def _coefficients(self, values: list[int], codes: _Codes) -> None:
        """Of a scan that is the first with their bits (format 9.6.1)."""
        scan = self._scan
        k = first = max(1, scan["first"])
        for place in range(first, scan["last"] + 1):
            size = abs(values[place]) >> scan["low"]
            if not size:
                continue
            self._end_run(0)
            while place - k > 15:
                self._symbol(codes, ZERO_RUN)
                k += 16
            self._coefficient(codes, place - k, size if values[place] > 0 else -size)
            k = place + 1
        for _ in range(self._runs()):
            self._end_run(0)
            self._symbol(codes, ZERO_RUN)
            k += 16
        if k <= scan["last"]:
            if scan["progressive"]:
                self._extend_run(k > first, [])
            else:
                self._symbol(codes, 0)

    def _refine(self, values: list[int], codes: _Codes) -> None:
        """Corrections stand behind the symbol that passes over their coefficients (format 9.6.2)."""
        first, last = self._scan["first"], self._scan["last"]
        sizes = [abs(value) >> self._scan["low"] for value in values]
        new = [k for k in range(first, last + 1) if sizes[k] == 1]
        zeros, k, corrections = 0, first, list[int]()
        for k in range(first, new[-1] + 1 if new else first):
            if not sizes[k]:
                zeros += 1
                continue
            while zeros > 15:
                self._pass(codes, ZERO_RUN, corrections)
                zeros -= 16
            if sizes[k] > 1:
                corrections.append(sizes[k] & 1)
                continue
            self._end_run(0)
            self._symbol(codes, zeros << 4 | 1)
            self._put(values[k] > 0, 1)
            self._bits += corrections
            zeros, corrections = 0, []
        k = new[-1] + 1 if new else first
        for _ in range(self._runs()):
            zeros = 15
            while k <= last and (sizes[k] or zeros):
                if sizes[k]:
                    corrections.append(sizes[k] & 1)
                else:
                    zeros -= 1
                k += 1
            self._pass(codes, ZERO_RUN, corrections)
            k += 1
        if k <= last:
            corrections += [sizes[j] & 1 for j in range(k, last + 1) if sizes[j]]
            self._extend_run(k > first, corrections)

    def _pass(self, codes: _Codes, symbol: int, corrections: list[int]) -> None:
        """Writes a symbol and the corrections of what it passes over, and empties these."""
        self._end_run(0)
        self._symbol(codes, symbol)
        self._bits += corrections
        corrections.clear()

    def _extend_run(self, coded: bool, corrections: list[int]) -> None:
        """The block ends; the run before goes on or not (format 9.6.3)."""
        busy = coded or bool(corrections)
        if self._run.length:
            ends = self._run.ends(self._notes, busy)
            if self._block - 1 in self._breaks:
                self._breaks.remove(self._block - 1)
                ends = not ends
            if ends:
                self._end_run(0)
        self._corrections += corrections
        self._run = _Run(self._run.length + 1, 0, len(self._corrections), busy)

    def _end_run(self, left: int) -> None:
        """Writes the run and its corrections. left: blocks that it has beyond those written."""
        if self._run.length:
            run = self._run.length + left
            if run > MOST_RUN:
                raise FormatError("the notes of a scan have a run of too many blocks")
            size = run.bit_length() - 1
            self._symbol(self.codes[0][1], size << 4)
            self._put(run, size)
            self._bits += self._corrections
        self._run, self._corrections = _Run(), []
