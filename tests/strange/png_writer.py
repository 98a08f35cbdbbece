"""PNG files of every kind, byte by byte, and the other way round."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""Of Adam7: (first row, first column, row step, column step)."""

Chunk = tuple[bytes, bytes]


def pack(chunks: Iterable[Chunk]) -> bytes:
    """A file of chunks."""
    return SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def unpack(data: bytes) -> list[Chunk]:
    """The chunks of a file. Raises AssertionError where one is broken."""
    assert data.startswith(SIGNATURE)
    at, chunks = len(SIGNATURE), []
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size)[0] == zlib.crc32(kind + content), "a chunk's checksum"
        chunks.append((kind, content))
        at += size + 12
        if kind == b"IEND":
            break
    return chunks


def header(samples: NDArray[Any], depth: int, colour: int, interlaced: bool) -> bytes:
    height, width = samples.shape[:2]
    return struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))


def deflate(samples: NDArray[Any], depth: int, interlaced: bool, filters: Sequence[int], level: int = 6) -> bytes:
    """samples: [height, width, channels]. filters: of rows, in turn."""
    parts = [samples]
    if interlaced:
        parts = [samples[y::dy, x::dx] for y, x, dy, dx in PASSES]
    return zlib.compress(b"".join(_rows(part, depth, filters) for part in parts if part.size), level)


def _rows(samples: NDArray[Any], depth: int, filters: Sequence[int]) -> bytes:
    height, _, channels = samples.shape
    if depth == 16:
        rows = samples.astype(">u2").reshape(height, -1).view(np.uint8)
    elif depth == 8:
        rows = samples.astype(np.uint8).reshape(height, -1)
    else:
        bits = (samples.reshape(height, -1, 1).astype(np.uint8) >> np.arange(depth - 1, -1, -1, dtype=np.uint8)) & 1
        rows = np.packbits(bits.reshape(height, -1), axis=1)
    step = max(1, channels * depth // 8)
    above, out = np.zeros(rows.shape[1], np.int64), []
    for number, row in enumerate(rows.astype(np.int64)):
        kind = filters[number % len(filters)]
        left = np.concatenate([np.zeros(step, np.int64), row])[: row.size]
        corner = np.concatenate([np.zeros(step, np.int64), above])[: row.size]
        guess = (np.zeros_like(row), left, above, (left + above) // 2, paeth(left, above, corner))[kind]
        out.append(bytes([kind]) + ((row - guess) & 255).astype(np.uint8).tobytes())
        above = row
    return b"".join(out)


def paeth(left: NDArray[Any], above: NDArray[Any], corner: NDArray[Any]) -> NDArray[Any]:
    guess = left + above - corner
    a, b, c = abs(guess - left), abs(guess - above), abs(guess - corner)
    return np.where((a <= b) & (a <= c), left, np.where(b <= c, above, corner))


def inflate(data: bytes, height: int, width: int, channels: int, depth: int, interlaced: bool) -> NDArray[Any]:
    """uint8 or uint16 [height, width, channels]."""
    raw = zlib.decompress(data)
    samples = np.zeros((height, width, channels), np.uint16 if depth == 16 else np.uint8)
    parts = [samples[y::dy, x::dx] for y, x, dy, dx in PASSES] if interlaced else [samples]
    at = 0
    for part in parts:
        if part.size:
            at = _unfiltered(raw, at, part, depth)
    assert at == len(raw), "samples behind the last row"
    return samples


def _unfiltered(raw: bytes, at: int, part: NDArray[Any], depth: int) -> int:
    height, width, channels = part.shape
    size, step = (width * channels * depth + 7) // 8, max(1, channels * depth // 8)
    above = bytes(size)
    for number in range(height):
        kind, row = raw[at], bytearray(raw[at + 1 : at + 1 + size])
        assert len(row) == size, "samples end early"
        at += size + 1
        if kind:
            _undo(kind, row, above, step)
        above = bytes(row)
        if depth == 16:
            values = np.frombuffer(above, ">u2")
        elif depth == 8:
            values = np.frombuffer(above, np.uint8)
        else:
            bits = np.unpackbits(np.frombuffer(above, np.uint8)).reshape(-1, depth)
            values = (bits @ (1 << np.arange(depth - 1, -1, -1)))[: width * channels]
        part[number] = values.reshape(width, channels)
    return at


def _undo(kind: int, row: bytearray, above: bytes, step: int) -> None:
    if kind == 1:
        for channel in range(step):
            row[channel::step] = np.cumsum(np.frombuffer(row[channel::step], np.uint8), dtype=np.uint8).tobytes()
        return
    if kind == 2:
        row[:] = (np.frombuffer(row, np.uint8) + np.frombuffer(above, np.uint8)).tobytes()
        return
    for i in range(len(row)):
        left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
        if kind == 3:
            guess = (left + above[i]) // 2
        else:
            p = left + above[i] - corner
            a, b, c = abs(p - left), abs(p - above[i]), abs(p - corner)
            guess = left if a <= b and a <= c else above[i] if b <= c else corner
        row[i] = (row[i] + guess) & 255
