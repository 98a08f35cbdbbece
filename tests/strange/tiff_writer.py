"""TIFF files of every kind, byte by byte."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD = range(1, 14)
LONG8, IFD8 = 16, 18
CODES = {
    BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I", RATIONAL: "II", SBYTE: "b", UNDEFINED: "B", SSHORT: "h", SLONG: "i",
    SRATIONAL: "ii", FLOAT: "f", DOUBLE: "d", IFD: "I", LONG8: "Q", IFD8: "Q",
}  # fmt: skip
NONE, LZW, DEFLATE, OLD_DEFLATE, PACKBITS, ZSTD = 1, 5, 8, 32946, 32773, 50000
WHITE, BLACK, RGB, PALETTE, MASK, SEPARATED, YCBCR, LAB, ICC_LAB, ITU_LAB, CFA, LINEAR_RAW = (
    0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 32803, 34892,
)  # fmt: skip
UINT, INT, REAL, VOID = 1, 2, 3, 4

Tag = tuple[int, int, Sequence[Any] | bytes]
"""(number, type, values); tags as the values of the type IFD are a sub-directory of tags alone, as EXIF and GPS."""


@dataclass
class Directory:
    """samples: [height, width, channels]. extra: None leaves the tag out. tile: (height, width), or None for strips.

    children: sub-directories. blocks: strips or tiles as they are to lie in the file, made elsewhere; overridden: tags
    in the place of those that the samples ask for, without values to leave one out.
    """

    samples: NDArray[Any]
    bits: int
    photometric: int
    sample_format: int | None = None
    extra: Sequence[int] | None = None
    planar: bool = False
    compression: int = NONE
    predictor: int = 1
    rows: int = 1 << 30
    tile: tuple[int, int] | None = None
    reversed_bits: bool = False
    tags: list[Tag] = field(default_factory=list)
    children: list[Directory] = field(default_factory=list)
    blocks: list[bytes] | None = None
    overridden: list[Tag] = field(default_factory=list)


class Writer:
    """order: "<" or ">"."""

    def __init__(self, order: str, big: bool) -> None:
        self.order, self.big = order, big
        mark = b"II" if order == "<" else b"MM"
        head = struct.pack(order + "HHHQ", 43, 8, 0, 0) if big else struct.pack(order + "HI", 42, 0)
        self.data = bytearray(mark + head)
        self.link = 8 if big else 4

    def file(self, directories: Iterable[Directory]) -> bytes:
        """The whole file."""
        link = self.link
        for directory in directories:
            at, following = self._directory(directory)
            self._put(link, at)
            link = following
        return bytes(self.data)

    def _put(self, at: int, value: int) -> None:
        struct.pack_into(self.order + ("Q" if self.big else "I"), self.data, at, value)

    def _append(self, content: bytes) -> int:
        if len(self.data) % 2:
            self.data += b"\0"
        at = len(self.data)
        self.data += content
        return at

    def _directory(self, directory: Directory) -> tuple[int, int]:
        """(where it lies, where the link to the next lies)."""
        contents = list(self._blocks(directory)) if directory.blocks is None else directory.blocks
        blocks = [self._append(block) for block in contents]
        tags = [*self._layout(directory), *directory.tags]
        offset_type = LONG8 if self.big else LONG
        places, sizes = (324, 325) if directory.tile else (273, 279)
        tags += [(places, offset_type, blocks), (sizes, offset_type, [len(block) for block in contents])]
        if directory.children:
            tags.append((330, IFD8 if self.big else IFD, [self._directory(child)[0] for child in directory.children]))
        other = {tag[0]: tag for tag in directory.overridden}
        tags = [tag for tag in tags if tag[0] not in other] + [tag for tag in other.values() if tag[2]]
        return self._entries(sorted(tags, key=lambda tag: tag[0]))

    def _layout(self, d: Directory) -> Iterable[Tag]:
        height, width, channels = d.samples.shape
        yield 256, LONG, [width]
        yield 257, LONG if d.planar else SHORT, [height]
        yield 258, SHORT, [d.bits] * channels
        yield 259, SHORT, [d.compression]
        yield 262, SHORT, [d.photometric]
        yield 277, SHORT, [channels]
        if d.planar:
            yield 284, SHORT, [2]
        if d.tile:
            yield 322, SHORT, [d.tile[1]]
            yield 323, SHORT, [d.tile[0]]
        else:
            yield 278, LONG, [min(d.rows, height)]
        if d.predictor > 1:
            yield 317, SHORT, [d.predictor]
        if d.reversed_bits:
            yield 266, SHORT, [2]
        if d.extra is not None:
            yield 338, SHORT, list(d.extra)
        if d.sample_format is not None:
            yield 339, SHORT, [d.sample_format] * channels

    def _entries(self, tags: list[Tag]) -> tuple[int, int]:
        room = 8 if self.big else 4
        entries = []
        for number, kind, values in tags:
            if kind == IFD and isinstance(values[0], tuple):
                kind, values = (
                    IFD8 if self.big else IFD,
                    [self._entries([tag for tag in values if isinstance(tag, tuple)])[0]],
                )
            content = self._values(kind, values)
            count = len(content) // struct.calcsize("=" + CODES[kind])
            if len(content) > room:
                content = struct.pack(self.order + ("Q" if self.big else "I"), self._append(content))
            head = struct.pack(self.order + ("HHQ" if self.big else "HHI"), number, kind, count)
            entries.append(head + content.ljust(room, b"\0"))
        body = struct.pack(self.order + ("Q" if self.big else "H"), len(entries)) + b"".join(entries)
        at = self._append(body + bytes(room))
        return at, at + len(body)

    def _values(self, kind: int, values: Sequence[Any] | bytes) -> bytes:
        if isinstance(values, bytes):
            return values
        return struct.pack(self.order + CODES[kind][0] * len(values), *values)

    def _blocks(self, d: Directory) -> Iterable[bytes]:
        """Strips or tiles, of planes one after another."""
        channels = d.samples.shape[2]
        for plane in [d.samples[..., c : c + 1] for c in range(channels)] if d.planar else [d.samples]:
            for block in cut(plane, d.rows, d.tile):
                yield self._block(block, d)

    def _block(self, block: NDArray[Any], d: Directory) -> bytes:
        content = compress(pack(block, d.bits, self.order, d.predictor), d.compression)
        return reverse(content) if d.reversed_bits else content


def cut(plane: NDArray[Any], rows: int, tile: tuple[int, int] | None) -> Iterable[NDArray[Any]]:
    height, width = plane.shape[:2]
    if tile is None:
        for top in range(0, height, min(rows, height)):
            yield plane[top : top + rows]
        return
    for top in range(0, height, tile[0]):
        for left in range(0, width, tile[1]):
            block = plane[top : top + tile[0], left : left + tile[1]]
            missing = [(0, tile[0] - block.shape[0]), (0, tile[1] - block.shape[1]), (0, 0)]
            yield np.pad(block, missing, mode="edge")


def pack(block: NDArray[Any], bits: int, order: str, predictor: int) -> list[bytes]:
    """Rows as bytes."""
    if predictor == 3:
        return [_floating(row, bits) for row in block]
    if predictor == 2:
        block = block.copy()
        unsigned = block.view(f"u{block.dtype.itemsize}") if block.dtype.kind == "f" else block
        with np.errstate(over="ignore"):
            unsigned[:, 1:] = unsigned[:, 1:] - unsigned[:, :-1]
        block = unsigned
    if bits in (8, 16, 32, 64):
        kind = "f" if block.dtype.kind == "f" else "u"
        whole = block if kind == "f" else block.astype(np.int64) & (2**bits - 1 if bits < 64 else -1)
        typed = whole.astype(f"{order}{kind}{bits // 8}")
        return [row.tobytes() for row in typed]
    if bits == 24:
        four = (block.astype(np.int64) & 0xFFFFFF).astype(f"{order}u4").view(np.uint8).reshape(*block.shape, 4)
        three = four[..., :3] if order == "<" else four[..., 1:]
        return [row.tobytes() for row in three]
    values = block.reshape(block.shape[0], -1).astype(np.int64) & (2**bits - 1)
    ones = (values[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return [np.packbits(row.astype(np.uint8).reshape(-1)).tobytes() for row in ones]


def _floating(row: NDArray[Any], bits: int) -> bytes:
    """Bytes by weight, the highest first; then each less the one before it, by channels."""
    count, channels = row.shape
    whole = row.astype(f">f{bits // 8}").reshape(-1).view(np.uint8).reshape(count * channels, bits // 8)
    planes = np.ascontiguousarray(whole.T).reshape(-1)
    out = planes.copy()
    out[channels:] = planes[channels:] - planes[:-channels]
    return out.tobytes()


def reverse(content: bytes) -> bytes:
    return np.packbits(np.unpackbits(np.frombuffer(content, np.uint8)).reshape(-1, 8)[:, ::-1]).tobytes()


def compress(rows: list[bytes], compression: int) -> bytes:
    if compression == PACKBITS:
        return b"".join(packbits(row) for row in rows)
    whole = b"".join(rows)
    if compression == LZW:
        return bytes(imagecodecs.lzw_encode(whole))
    if compression in (DEFLATE, OLD_DEFLATE):
        return zlib.compress(whole)
    if compression == ZSTD:
        return bytes(imagecodecs.zstd_encode(whole))
    return whole


def packbits(row: bytes) -> bytes:
    """Runs of 3 and more, else as they are."""
    out, at = bytearray(), 0
    while at < len(row):
        run = 1
        while at + run < len(row) and run < 128 and row[at + run] == row[at]:
            run += 1
        if run > 2:
            out += bytes([257 - run, row[at]])
            at += run
            continue
        start = at
        while at < len(row) and at - start < 128 and row[at : at + 3] != row[at : at + 1] * 3:
            at += 1
        if at == start:
            continue
        out += bytes([at - start - 1]) + row[start:at]
    return bytes(out)
