"""Definition: a tile's payload is several streams, each of which codes one strip of every wavefront.

So threads can share a tile: nothing that one strip of a wavefront needs depends on another strip of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from l3c.coding.mixture import Mixture, find_symbols, intervals
from l3c.coding.rans import LANES, Decoder, Encoder
from l3c.errors import FormatError
from l3c.wave.definition.architecture import SLOPE
from l3c.wave.definition.network import Integers

STREAMS_MAX = 8
"""Of a tile: more strips of its wavefronts would be shorter than a thread's wait for the others."""

STRIP_ROWS = 16
"""Strips have a multiple of it, but for the last: as many as the pixels of the widest vector."""

LENGTH_BYTES = 4
"""Of the length of each stream but the last."""

BYTES_PER_STREAM = 1 << 16
"""Of an estimated payload: the 44 bytes of another stream are then 0.1 % of it at most."""

STREAMS_CHOSEN = 4
"""As many as this encoder chooses at most."""

SAMPLE = 16
"""Of so many intervals one stands for all when the payload's size is estimated."""


def strips(rows: Integers, count: int) -> list[slice]:
    """The strips of a wavefront's rows: slices of them, some of which may be empty. Format 5.9."""
    parts = -(-rows.size // STRIP_ROWS)
    ends = [min(-(-parts * i // count) * STRIP_ROWS, rows.size) for i in range(count + 1)]
    return [slice(*strip) for strip in pairwise(ends)]


class StreamsDecoder:
    """Reads a payload, wavefront by wavefront. Format 5.9."""

    def __init__(self, payload: bytes) -> None:
        """Raises FormatError on a damaged payload."""
        count = payload[0] if payload else 0
        if not 1 <= count <= STREAMS_MAX:
            raise FormatError(f"payload of {count} streams: 1 to {STREAMS_MAX}")
        ends: list[int] = []
        at = 1 + (count - 1) * LENGTH_BYTES
        for i in range(count - 1):
            length = int.from_bytes(payload[1 + i * LENGTH_BYTES : 1 + (i + 1) * LENGTH_BYTES], "little")
            ends.append((ends[-1] if ends else at) + length)
        if (ends or [at])[-1] > len(payload):
            raise FormatError("payload is cut short")
        self._streams = [Decoder(payload[a:b]) for a, b in zip([at, *ends], [*ends, len(payload)], strict=True)]

    def parts(self, mixture: Mixture, rows: Integers) -> Iterator[tuple[Decoder, slice, Mixture]]:
        """Yield (stream, pixels of the wavefront, their mixtures), eight pixels at a time. Format 5.9."""
        for stream, strip in zip(self._streams, strips(rows, len(self._streams)), strict=True):
            for first in range(strip.start, strip.stop, LANES):
                part = slice(first, min(first + LANES, strip.stop))
                yield stream, part, Mixture(*(field[:, part] for field in vars(mixture).values()))

    def take(self, mixture: Mixture, rows: Integers) -> Integers:
        """The samples [N] of a channel of a wavefront. Format 5.9."""
        symbols = np.zeros_like(rows)
        for stream, part, here in self.parts(mixture, rows):
            symbols[part] = find_symbols(here, stream.slots(part.stop - part.start))
            stream.take(*intervals(here, symbols[part]))
        return symbols

    def finish(self) -> None:
        """Raises FormatError unless all streams end here. Format 5.9."""
        for stream in self._streams:
            stream.finish()


class StreamsEncoder:
    """Collects intervals, wavefront by wavefront, and makes as many streams of them as their bytes are worth.
    Format 5.9.
    """

    def __init__(self, height: int, width: int) -> None:
        self._most = min(height, -(-width // SLOPE)) // (2 * STRIP_ROWS)
        self._groups: list[tuple[Integers, tuple[tuple[Integers, Integers], ...]]] = []

    def put(self, rows: Integers, *symbols: tuple[Integers, Integers]) -> None:
        """Starts and frequencies [N] of a channel of a wavefront, of each symbol that a sample has. Format 5.9,
        5.16.3.
        """
        self._groups.append((rows, symbols))

    def finish(self) -> bytes:
        """The payload. Format 5.9."""
        count = 1
        estimate = self._estimated_bytes()
        while count < STREAMS_CHOSEN and estimate >= 2 * count * BYTES_PER_STREAM and self._most >= 2 * count:
            count *= 2
        encoders = [Encoder() for _ in range(count)]
        for rows, symbols in self._groups:
            for encoder, strip in zip(encoders, strips(rows, count), strict=True):
                for first in range(strip.start, strip.stop, LANES):
                    part = slice(first, min(first + LANES, strip.stop))
                    for starts, frequencies in symbols:
                        encoder.put(starts[part], frequencies[part])
        streams = [encoder.finish() for encoder in encoders]
        lengths = b"".join(len(stream).to_bytes(LENGTH_BYTES, "little") for stream in streams[:-1])
        return bytes([count]) + lengths + b"".join(streams)

    def _estimated_bytes(self) -> int:
        kinds = range(len(self._groups[0][1]))
        all_of = [symbols[kind][1] for kind in kinds for _, symbols in self._groups]
        frequencies = np.concatenate(all_of)[::SAMPLE]
        bits = 16 - (np.frexp(frequencies)[1] - 1)  # whole bits, rounded up
        return int(bits.sum()) * SAMPLE // 8
