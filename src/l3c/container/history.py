"""Section HIST: what was done to the pixels. Each kind is a class: its fields, its bytes, its components."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, ClassVar, Protocol

from l3c.container.constants import (
    ABOVE,
    BLACK,
    BLOCK_MAX,
    BLOCK_MIN,
    COLOUR_TABLE,
    CORRECTED_SHARE,
    CUT_MAX,
    DECODED_JPEG,
    EQUAL,
    FAST,
    GRAY,
    GRAY_ALPHA,
    JOINT_CHROMA,
    JOINT_PHOTO_CD,
    JOINT_VIDEO,
    LEFT,
    LESS_GREEN,
    NEAREST,
    PHOTO_CD,
    PLANE,
    RESIDUALS,
    RGB,
    RGBA,
    ROTATED,
    SAMPLINGS,
    SUBSAMPLED_ROWS,
    TABLE_VALUES_MAX,
    UPSCALED,
    VALUE_TABLE,
    VIDEO,
    VIDEO_FORMS,
    VIDEO_SHIFT_MAX,
    WIDE_BITS_MIN,
)
from l3c.container.cursor import Cursor, varint
from l3c.container.kept_file import read_jpeg, write_jpeg
from l3c.container.palette import read_palette, write_palette
from l3c.container.streams import inflate
from l3c.container.structure import Component, History, ImageHeader, KeptFile, Palette
from l3c.errors import FormatError, VersionError

VARINT_BYTES = 3
"""At most, of numbers up to 65536."""

# in descriptions
PREDICTOR_NAMES = {LEFT: "left neighbours", ABOVE: "upper neighbours", PLANE: "left and upper neighbours"}

DEFLATE_SHARE = 1040
"""Bytes that one byte of a zlib stream may become, with room: 1032 is the most."""


class Kind(History, Protocol):
    """A kind of history as a class."""

    @classmethod
    def fits(cls, header: ImageHeader, flags: int) -> bool:
        """Whether an image of this header may have it, with these flags."""
        ...

    @classmethod
    def read(cls, cursor: Cursor, header: ImageHeader, flags: int) -> Any:
        """From the bytes behind the flags. Raises FormatError and VersionError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """A history that gives most pixels, from luma and smaller chroma.

    count: pixels that are corrected. packed: their places and differences. joint_chroma: chroma is one component.
    """

    count: int = 0
    packed: bytes = b""
    joint_chroma: bool = False

    def chroma(self, height: int, width: int) -> list[Component]:
        """One component of two channels, or two."""
        return [Component(height, width, JOINT_CHROMA)] if self.joint_chroma else 2 * [Component(height, width, 1)]

    def corrections(self) -> bytes:
        """As the section holds them."""
        return varint(self.count) + self.packed


@dataclass(frozen=True, kw_only=True)
class PhotoCd(Corrected):
    """The image was made from PhotoYCC planes.

    rotated: it is its source rotated by a quarter counterclockwise. black: the source's last row is black, whatever the
    planes say.
    """

    number: ClassVar[int] = PHOTO_CD
    rotated: bool = False
    black: bool = False
    name = "Photo CD, chroma subsampled"

    def components(self, header: ImageHeader) -> list[Component]:
        """Luma, and chroma of half the height and width, for an image of this size."""
        height, width = (header.width, header.height) if self.rotated else (header.height, header.width)
        return [Component(height, width, 1), *self.chroma((height + 1) // 2, (width + 1) // 2)]

    @property
    def flags(self) -> int:
        return ROTATED * self.rotated + BLACK * self.black + JOINT_PHOTO_CD * self.joint_chroma

    def content(self) -> bytes:
        return self.corrections()

    @classmethod
    def fits(cls, header: ImageHeader, flags: int) -> bool:
        return flags < 2 * JOINT_PHOTO_CD and is_rgb_of_bytes(header)

    @classmethod
    def read(cls, cursor: Cursor, header: ImageHeader, flags: int) -> PhotoCd:
        rotated, black, joint_chroma = (bool(flags & flag) for flag in (ROTATED, BLACK, JOINT_PHOTO_CD))
        corrections = _read_corrections(cursor, header)
        return cls(rotated=rotated, black=black, joint_chroma=joint_chroma, **corrections)


@dataclass(frozen=True, kw_only=True)
class Video(Corrected):
    """The image is a frame of video. subsampled_rows: chroma has half the height too. numbers: those of the
    conversion.
    """

    number: ClassVar[int] = VIDEO
    subsampled_rows: bool
    numbers: tuple[int, ...]

    @property
    def name(self) -> str:
        """For people."""
        return f"video frame, 4:2:{0 if self.subsampled_rows else 2}"

    def components(self, header: ImageHeader) -> list[Component]:
        """Luma, and chroma of half the width and maybe height."""
        height, width = header.height, header.width
        rows = (height + 1) // 2 if self.subsampled_rows else height
        return [Component(height, width, 1), *self.chroma(rows, (width + 1) // 2)]

    @property
    def flags(self) -> int:
        return SUBSAMPLED_ROWS * self.subsampled_rows + JOINT_VIDEO * self.joint_chroma

    def content(self) -> bytes:
        form, shift, rounded, floored, zero, *steps = self.numbers
        parts = bytes([form, shift, rounded + 2 * floored, zero])
        return parts + b"".join(step.to_bytes(4, "little", signed=True) for step in steps) + self.corrections()

    @classmethod
    def fits(cls, header: ImageHeader, flags: int) -> bool:
        return flags < 2 * JOINT_VIDEO and is_rgb_of_bytes(header)

    @classmethod
    def read(cls, cursor: Cursor, header: ImageHeader, flags: int) -> Video:
        subsampled_rows, joint_chroma = bool(flags & SUBSAMPLED_ROWS), bool(flags & JOINT_VIDEO)
        numbers = _read_numbers(cursor)
        corrections = _read_corrections(cursor, header)
        return cls(subsampled_rows=subsampled_rows, numbers=numbers, joint_chroma=joint_chroma, **corrections)


@dataclass(frozen=True)
class Upscaled:
    """Each pixel of a smaller image of the same layout was repeated, rows times down and columns times across."""

    number: ClassVar[int] = UPSCALED
    rows: int
    columns: int

    @property
    def name(self) -> str:
        """For people."""
        return f"pixels repeated {self.columns} x {self.rows}"

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Of the smaller image; its last row and column may be repeated less often."""
        return -(-height // self.rows), -(-width // self.columns)

    def components(self, header: ImageHeader) -> list[Component]:
        """Those of the smaller image."""
        height, width = self.size(header.height, header.width)
        return replace(header, height=height, width=width, history=None).components

    @property
    def flags(self) -> int:
        return 0

    def content(self) -> bytes:
        return varint(self.rows) + varint(self.columns)

    @classmethod
    def fits(cls, header: ImageHeader, flags: int) -> bool:
        return not flags

    @classmethod
    def read(cls, cursor: Cursor, header: ImageHeader, flags: int) -> Upscaled:
        rows, columns = cursor.varint(header.height, "repeats down"), cursor.varint(header.width, "repeats across")
        if rows * columns < 2:
            raise FormatError("section HIST: pixels that are not repeated")
        cursor.finish("section HIST")
        return cls(rows, columns)


@dataclass(frozen=True)
class ValueTable:
    """Ranks among the values that occur are coded. gray: all channels are equal. tables: those values, rising.

    less_green: ranks of green, and how much red's and blue's exceed them, are planes of their own; one table.
    """

    number: ClassVar[int] = VALUE_TABLE
    gray: bool
    tables: tuple[tuple[int, ...], ...]
    less_green: bool = False

    @property
    def name(self) -> str:
        """For people."""
        few = f"{max(map(len, self.tables))} values"
        if self.less_green:
            return f"mostly gray in RGB, {few}"
        return f"gray in RGB, {few}" if self.gray else few

    @property
    def bits(self) -> int:
        """Of a rank."""
        return max(1, *((len(table) - 1).bit_length() for table in self.tables))

    def components(self, header: ImageHeader) -> list[Component]:
        """Those of ranks, as of samples of so many bits."""
        planes = header.channels if self.less_green else 1
        return [Component(header.height, header.width, len(self.tables))] * (planes * -(-self.bits // 8))

    @property
    def flags(self) -> int:
        return EQUAL * self.gray | LESS_GREEN * self.less_green

    def content(self) -> bytes:
        tables = b"".join(varint(len(table)) + b"".join(map(varint, gaps(table))) for table in self.tables)
        return zlib.compress(tables, 9)

    @classmethod
    def fits(cls, header: ImageHeader, flags: int) -> bool:
        allowed = {GRAY: (0,), RGB: (0, EQUAL, LESS_GREEN)}.get(header.layout, ())
        return flags in allowed and not header.extra

    @classmethod
    def read(cls, cursor: Cursor, header: ImageHeader, flags: int) -> ValueTable:
        gray, less_green = bool(flags & EQUAL), bool(flags & LESS_GREEN)
        channels = 1 if gray or less_green else header.channels
        packed = bytes(cursor.take(cursor.left, "tables"))
        most = min(TABLE_VALUES_MAX, 1 << header.depth) * -(-header.depth // 7) + VARINT_BYTES
        limit = min(channels * most, DEFLATE_SHARE * len(packed))
        raw = inflate(packed, limit, "section HIST: the stream of its tables")
        tables = Cursor(memoryview(raw), 0)
        rows = tuple(_read_table(tables, header.depth) for _ in range(channels))
        tables.finish("the tables of section HIST")
        return cls(gray, rows, less_green)


@dataclass(frozen=True)
class DecodedJpeg:
    """The image is the output of a JPEG decoder for `file`, plus residuals.

    sampling: index of SAMPLINGS. nearest: chroma is upsampled to the nearest neighbour, where others interpolate.
    top, left: rows and columns of the file's picture that were cut off above and on the left. fast: its samples were
    made by libjpeg's fast method.
    """

    number: ClassVar[int] = DECODED_JPEG
    sampling: int
    nearest: bool
    file: KeptFile
    top: int = 0
    left: int = 0
    fast: bool = False

    @property
    def name(self) -> str:
        """For people."""
        return f"decoded JPEG, {SAMPLINGS[self.sampling]}" + ", fast transform" * self.fast

    @property
    def subsampled(self) -> tuple[bool, bool]:
        """Whether chroma has half the height, and half the width."""
        return self.sampling == 3, self.sampling >= 2

    @property
    def channels(self) -> int:
        return 3 if self.sampling else 1

    def components(self, header: ImageHeader) -> list[Component]:
        """The residuals, modulo 256."""
        return [Component(header.height, header.width, self.channels)]

    @property
    def flags(self) -> int:
        return self.sampling + NEAREST * self.nearest + FAST * self.fast

    def content(self) -> bytes:
        return bytes([self.top, self.left]) + write_jpeg(self.file)

    @classmethod
    def fits(cls, header: ImageHeader, flags: int) -> bool:
        """Gray may be in three channels."""
        layouts = (RGB,) if flags % len(SAMPLINGS) else (GRAY, RGB)
        return flags < 2 * FAST and header.is_plain and header.layout in layouts

    @classmethod
    def read(cls, cursor: Cursor, header: ImageHeader, flags: int) -> DecodedJpeg:
        top, left = cursor.integer(1, "rows cut off"), cursor.integer(1, "columns cut off")
        if max(top, left) > CUT_MAX:
            raise cursor.fail(f"{top} rows and {left} columns were cut off, at most {CUT_MAX}")
        return cls(flags % len(SAMPLINGS), bool(flags & NEAREST), read_jpeg(cursor), top, left, bool(flags & FAST))


@dataclass(frozen=True)
class Residuals:
    """Wide samples' numbers less a prediction from their neighbours, in blocks of `block` pixels a side.

    predictor: LEFT, ABOVE or PLANE.
    """

    number: ClassVar[int] = RESIDUALS
    predictor: int
    block: int

    @property
    def name(self) -> str:
        """For people."""
        return f"differences of {PREDICTOR_NAMES[self.predictor]}"

    def components(self, header: ImageHeader) -> list[Component]:
        """The differences' bytes, as the samples' own would be."""
        return replace(header, history=None).components

    @property
    def flags(self) -> int:
        return self.predictor

    def content(self) -> bytes:
        return varint(self.block)

    @classmethod
    def fits(cls, header: ImageHeader, flags: int) -> bool:
        return flags in PREDICTOR_NAMES and header.depth >= WIDE_BITS_MIN

    @classmethod
    def read(cls, cursor: Cursor, header: ImageHeader, flags: int) -> Residuals:
        block = cursor.varint(BLOCK_MAX, "a block's side")
        if block < BLOCK_MIN:
            raise cursor.fail(f"blocks of {block} pixels, at least {BLOCK_MIN}")
        cursor.finish("section HIST")
        return cls(flags, block)


@dataclass(frozen=True)
class ColourTable:
    """Pixels are indices of at most 256 colours. table: those, of which gray images show the green."""

    number: ClassVar[int] = COLOUR_TABLE
    table: Palette

    @property
    def name(self) -> str:
        """For people."""
        count = len(self.table.colours) // 3
        return f"{count} colours" if count > 1 else "one colour"

    def components(self, header: ImageHeader) -> list[Component]:
        """The indices."""
        return [Component(header.height, header.width, 1)]

    @property
    def flags(self) -> int:
        return 0

    def content(self) -> bytes:
        return write_palette(self.table)

    @classmethod
    def fits(cls, header: ImageHeader, flags: int) -> bool:
        return not flags and header.is_plain and header.layout in (GRAY, RGB, GRAY_ALPHA, RGBA)

    @classmethod
    def read(cls, cursor: Cursor, header: ImageHeader, flags: int) -> ColourTable:
        table = read_palette(cursor)
        if table.alphas and header.layout in (GRAY, RGB):
            raise FormatError("section HIST: a table of colours with alpha, of an image without")
        return cls(table)


# by the number that begins section HIST (3.1)
KINDS: dict[int, type[Kind]] = {
    kind.number: kind for kind in (PhotoCd, ValueTable, DecodedJpeg, Video, Upscaled, Residuals, ColourTable)
}


def write_history(history: History) -> bytes:
    """The section's content."""
    return bytes([history.number, history.flags]) + history.content()


def read_history(cursor: Cursor, header: ImageHeader) -> History:
    """Raises VersionError for an unknown kind, FormatError for one that contradicts itself or the header."""
    number, flags = cursor.integer(1, "kind of history"), cursor.integer(1, "flags of a history")
    kind = KINDS.get(number)
    if kind is None or not kind.fits(header, flags):
        raise VersionError(f"byte {cursor.offset}: history {number}, flags {flags}: unknown to this release")
    history: History = kind.read(cursor, header, flags)
    return history


def is_rgb_of_bytes(header: ImageHeader) -> bool:
    """Whether samples are red, green and blue bytes, as a converter makes them."""
    return header.layout == RGB and header.is_plain


def gaps(table: tuple[int, ...]) -> list[int]:
    """The first value, and of each later one how many are left out before it."""
    return [value - before - 1 for before, value in zip((-1, *table), table, strict=False)]


def _read_corrections(cursor: Cursor, header: ImageHeader) -> dict[str, Any]:
    count = cursor.varint(header.height * header.width // CORRECTED_SHARE, "number of corrections")
    return {"count": count, "packed": bytes(cursor.take(cursor.left, "corrections"))}


def _read_numbers(cursor: Cursor) -> tuple[int, ...]:
    """Those of a video frame's conversion, none of whose sums leaves 32 bits."""
    form, shift, flags, zero = (cursor.integer(1, "a conversion's number") for _ in range(4))
    if form >= VIDEO_FORMS or shift > VIDEO_SHIFT_MAX or flags > 3:
        raise VersionError(f"byte {cursor.offset}: conversion {form}, {shift}, {flags}: unknown to this release")
    steps = [int.from_bytes(cursor.take(4, "a conversion's step"), "little", signed=True) for _ in range(5)]
    if 255 * abs(steps[0]) + 128 * sum(map(abs, steps[1:])) + (4 << shift) >= 1 << 31:
        raise FormatError("section HIST: the sums of a conversion do not fit 32 bits")
    return form, shift, flags & 1, flags >> 1, zero, *steps


def _read_table(cursor: Cursor, depth: int) -> tuple[int, ...]:
    count = cursor.varint(min(TABLE_VALUES_MAX, 1 << depth), "number of values")
    gaps = [cursor.varint(1 << depth, "a gap between values") for _ in range(count)]
    table = tuple(total - 1 for total in accumulate(gap + 1 for gap in gaps))
    if not table or table[-1] >= 1 << depth:
        raise FormatError("section HIST: a table is empty, or goes beyond the depth")
    return table
