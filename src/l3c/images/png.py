"""PNG and APNG, all fifteen kinds of samples, read by zlib and the engine's filters and written whole.

A file is known by walking its chunks. The filters of rows are defined on bytes: one engine undoes them for all kinds.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.structure import Animation, Frame, Palette
from l3c.images import resolution
from l3c.images.compiled import undo_png_filters
from l3c.images.content import Content, Pieces, viewed, whole
from l3c.images.deflating import HEADER, joined_adler, parts_of, raw_deflate, strategy_of
from l3c.images.description import ALPHA, GRAY, PALETTE, RGB, Description, damaged, digest, trailing
from l3c.images.metadata import EXIF_PREFIX, meaning
from l3c.images.picture import Picture
from l3c.images.png_chunks import AFTER_PALETTE, PIXELS, SIGNATURE, XMP_KEYWORD, Chunk, is_ancillary, pack
from l3c.threads import in_order, one_ahead, spare_threads

BITS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Of a sample, by colour type."""

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
COLOURS = {0: GRAY, 2: RGB, 3: PALETTE, 4: GRAY, 6: RGB}  # by colour type; alpha is an extra channel
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""Of interlaced pictures: first row, first column, and the steps between rows and columns."""

BAND = 1 << 21
"""Bytes of rows whose filters are undone at once, while the next ones are inflated: little memory beside the picture,
which stays in caches, and few meetings of threads."""

FILTERED = 1 << 18
"""Bytes of rows that are filtered at once: what that takes beside them, some 16 times as much, stays in caches."""

PIECE = 1 << 20
"""Bytes of the file that are read at once."""

INFLATED_MAX = 1 << 24
"""Bytes that a compressed profile or text may take: above any real one, below a bomb. Others stay packed."""

PROFILE_NAME = b"ICC Profile"
"""The name that profiles get; others are stored as a chunk iCCP of the name alone."""

SIDE_MAX = 2**31 - 1  # pixels, and bytes of a chunk: PNG's own limit, 31 bits
FILTERS = 5  # a row's first byte is 0 to 4
LONG_ROW = 4096
"""Bytes of a row from which on some of them tell which filter it gets."""

LOOKED_AT = 7
"""Of long rows every 7th byte, which falls on all channels in turn. By trial: files are 0.01 % larger."""


Span = tuple[int, int]
"""First byte of a file's data, and the one behind the last."""


@dataclass
class _Frame:
    """Of an APNG: its control chunk without the sequence number, and where its data lie."""

    control: tuple[int, ...]
    data: list[Span] = field(default_factory=list)


@dataclass
class _File:
    """The chunks of a file, walked and checked. stray: some tell of frames that are none, or of others."""

    view: memoryview | Pieces
    width: int
    height: int
    bits: int
    colour: int
    interlaced: bool
    palette: bytes = b""
    clear: bytes = b""
    ancillary: list[Chunk] = field(default_factory=list)
    data: list[Span] = field(default_factory=list)
    plays: int | None = None
    stated_frames: int | None = None
    stray: bool = False
    first_is_frame: bool = False
    frames: list[_Frame] = field(default_factory=list)
    end: int = 0


def _walk(data: memoryview | Pieces) -> Iterator[tuple[int, bytes, int]]:
    """(offset, type, bytes of content) of each chunk up to IEND; raises InputError where one is damaged."""
    at = len(SIGNATURE)
    while True:
        if at + 12 > len(data):
            raise damaged(f"the file ends at byte {len(data)}, before its chunk IEND")
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if not (kind.isalpha() and kind.isascii()):
            raise damaged(f"byte {at}: there is no chunk")
        name = kind.decode()
        if at + 12 + size > len(data):
            raise damaged(f"byte {at}: its chunk {name} ends after the file")
        check = zlib.crc32(kind)
        for start in range(at + 8, at + 8 + size, PIECE):
            check = zlib.crc32(data[start : min(start + PIECE, at + 8 + size)], check)
        if check != int.from_bytes(data[at + 8 + size : at + 12 + size], "big"):
            raise damaged(f"byte {at}: the checksum of its chunk {name} is wrong")
        yield at, kind, size
        if kind == b"IEND":
            return
        at += size + 12


def _parse(data: Content) -> _File:
    view, file = viewed(data), None
    current: _Frame | None = None
    closed, sequence = False, 0
    for at, kind, size in _walk(view):
        start, stop = at + 8, at + 8 + size
        if file is None:
            if kind != b"IHDR" or size != 13:
                raise damaged(f"byte {at}: chunk {kind.decode()} in the place of IHDR")
            file = _header(view)
            continue
        if kind == b"IDAT":
            if closed:
                raise damaged(f"byte {at}: chunk IDAT after others that follow its data")
            file.data.append((start, stop))
            file.first_is_frame = current is not None
            continue
        content = view[start : stop if kind != b"fdAT" else min(start + 4, stop)]
        closed = closed or bool(file.data)
        if kind == b"PLTE":
            if file.palette or closed or len(content) % 3 or not 3 <= len(content) <= 768:
                raise damaged(f"byte {at}: its palette is misplaced or has {len(content)} bytes")
            file.palette = bytes(content)
        elif kind == b"acTL" and len(content) == 8 and not closed and file.plays is None:
            file.stated_frames, file.plays = struct.unpack(">II", content)
        elif kind == b"acTL":
            file.stray = True
        elif kind in (b"fcTL", b"fdAT"):
            if len(content) < 4 or struct.unpack_from(">I", content)[0] != sequence:
                raise damaged(f"byte {at}: chunk {kind.decode()} out of sequence")
            sequence += 1
            if kind == b"fcTL":
                if len(content) != 26:
                    raise damaged(f"byte {at}: chunk fcTL of {len(content)} bytes")
                current = _Frame(struct.unpack(">5I2H2B", content)[1:])
                _check_frame(file, current, at)
                file.frames.append(current)
            elif current is None:
                raise damaged(f"byte {at}: chunk fdAT without fcTL")
            else:
                current.data.append((start + 4, stop))
        elif kind == b"tRNS" and not file.clear:
            file.clear = bytes(content)
        elif kind == b"IEND":
            file.end = at + 12
        elif is_ancillary(kind):
            file.ancillary.append((kind, bytes(content)))
        else:
            raise damaged(f"byte {at}: its critical chunk {kind.decode()} is unknown")
    assert file is not None
    if not file.data:
        raise damaged("it has no data")
    if file.colour == 3 and not file.palette:
        raise damaged("it has no palette")
    file.stray = file.stray or (file.stated_frames or 0) != len(file.frames)
    if file.plays is None:
        file.frames = []
    file.first_is_frame = file.first_is_frame and bool(file.frames)
    return file


def _check_frame(file: _File, frame: _Frame, at: int) -> None:
    width, height, left, top, _, _, disposal, _ = frame.control
    if not (width and height) or left + width > file.width or top + height > file.height or disposal > 2:
        raise damaged(f"byte {at}: a frame of {width} x {height} at {left}, {top}")
    if not file.data and (width, height, left, top) != (file.width, file.height, 0, 0):
        raise damaged(f"byte {at}: the first frame does not fill the picture")


def _header(view: memoryview | Pieces) -> _File:
    at = len(SIGNATURE) + 8
    width, height, bits, colour, method, filtering, interlace = struct.unpack(">IIBBBBB", view[at : at + 13])
    if not (1 <= width <= SIDE_MAX and 1 <= height <= SIDE_MAX):
        raise damaged(f"its size is {width} x {height}")
    if bits not in BITS.get(colour, ()) or method or filtering or interlace > 1:
        raise damaged(
            f"colour type {colour} of {bits} bits, method {method}, filter {filtering}, interlace {interlace}"
        )
    return _File(view, width, height, bits, colour, bool(interlace))


def _clear(file: _File) -> bytes:
    """The transparency, where it is valid as libpng has it, else nothing."""
    if file.colour == 3:
        return file.clear if len(file.clear) <= len(file.palette) // 3 else b""
    return file.clear if len(file.clear) == {0: 2, 2: 6}.get(file.colour) else b""


def describe(data: Content) -> Description:
    """Of a file. Raises InputError where it is damaged."""
    file = _parse(data)
    items: dict[str, bytes] = {}
    for named, value in _metadata(file).items():
        if named != "png chunks":
            items[named] = digest(meaning(named, value))
    for kind, content in file.ancillary:
        if kind not in (b"iCCP", b"eXIf", b"pHYs") and not _is_xmp(kind, content):
            name = f"chunk {kind.decode()}"
            while name in items:
                name += "'"
            items[name] = digest(content)
    if file.clear and not _clear(file):
        items["chunk tRNS, which is invalid"] = digest(file.clear)
    if file.colour in (2, 6) and file.palette:
        items["png palette"] = digest(file.palette)
    if file.stray:
        items["chunks of frames that are not shown"] = digest(whole(data))
    items |= trailing(data, file.end)
    extra = (ALPHA,) if file.colour in (4, 6) else ()
    plain = Description(
        "PNG", file.width, file.height, file.bits, COLOURS[file.colour], extra, items=items
    )  # sizes of frames are checked when they are read
    if not file.frames:
        return plain
    one = Description("PNG", file.width, file.height, file.bits, COLOURS[file.colour], extra)
    pages = [] if file.first_is_frame else [one]
    pages += [
        Description("PNG", f.control[0], f.control[1], file.bits, COLOURS[file.colour], extra) for f in file.frames
    ]
    return replace(plain, pages=tuple(pages))


def read(data: Content) -> Picture:
    """A picture, or the pages of an animation, as they are stored. Raises InputError where it is damaged."""
    file = _parse(data)
    metadata = _metadata(file)
    if file.bits in (2, 4) and file.colour == 0:
        metadata["bit depth"] = bytes([file.bits])
    pages = [_samples(file, file.data, file.width, file.height)]
    frames = file.frames
    for frame in frames[1:] if file.first_is_frame else frames:
        pages.append(_samples(file, frame.data, frame.control[0], frame.control[1]))
    palette = _palette(file, *pages)
    layout = "palette" if palette else None
    picture = Picture(pages[0], metadata, "PNG", layout, palette)
    if not frames:
        return picture
    placed = [_placed(frame.control) for frame in frames]
    each = {kind: value for kind, value in metadata.items() if kind == "transparent colour"}
    shown = [Picture(samples, each, "PNG", layout, palette) for samples in pages]
    if not file.first_is_frame:
        placed.insert(0, Frame())
        shown[0] = replace(shown[0], kind="still")
    moving = tuple(replace(page, frame=frame) for page, frame in zip(shown, placed, strict=True))
    return replace(picture, pages=moving, animation=Animation(file.width, file.height, file.plays or 0))


def _placed(control: tuple[int, ...]) -> Frame:
    _, _, left, top, above, below, disposal, blend = control
    return Frame(left, top, (above, below or 100), disposal + 1, bool(blend))


def _palette(file: _File, *pictures: NDArray[Any]) -> Palette | None:
    """With black for indices beyond its end, as libpng shows them."""
    if file.colour != 3:
        return None
    highest = max(int(samples.max()) for samples in pictures)
    return Palette(file.palette.ljust(3 * (highest + 1), b"\0"), _clear(file))


def _samples(file: _File, parts: list[Span], width: int, height: int) -> NDArray[Any]:
    channels = CHANNELS[file.colour]
    pixel = channels * file.bits
    rows = _Rows(file.view, parts)
    if not file.interlaced:
        raw = rows.take(height, width, pixel)
        samples = _unpacked(raw, width, channels, file.bits)
    else:
        samples = np.empty((height, width, channels), np.uint16 if file.bits == 16 else np.uint8)
        for top, left, down, right in PASSES:
            high, wide = -(-(height - top) // down), -(-(width - left) // right)
            if high > 0 and wide > 0:
                raw = rows.take(high, wide, pixel)
                samples[top::down, left::right] = _unpacked(raw, wide, channels, file.bits)
    rows.finish()
    if channels == 1:
        samples = samples[..., 0]
    if file.colour == 0 and file.bits < 8:
        samples = samples.astype(bool) if file.bits == 1 else samples * np.uint8(255 // (2**file.bits - 1))
    return samples


def _unpacked(raw: NDArray[np.uint8], width: int, channels: int, bits: int) -> NDArray[Any]:
    """[height, width, channels] of rows of bytes."""
    height = len(raw)
    if bits == 16:
        return raw.view(">u2").astype(np.uint16).reshape(height, width, channels)
    if bits == 8:
        return raw.reshape(height, width, channels)
    if bits == 1:
        return np.unpackbits(raw, axis=1, count=width)[..., None]
    parts = [(raw >> shift) & (2**bits - 1) for shift in range(8 - bits, -1, -bits)]
    return np.stack(parts, axis=2).reshape(height, -1)[:, :width, None]


class _Rows:
    """Inflates data and undoes the filters of as many rows as are wanted."""

    def __init__(self, view: memoryview | Pieces, parts: list[Span]) -> None:
        cuts = ((at, min(at + PIECE, stop)) for start, stop in parts for at in range(start, stop, PIECE))
        self._packed = (bytes(view[start:stop]) for start, stop in cuts)
        self._inflate, self._pending = zlib.decompressobj(), b""

    def _more(self, most: int) -> tuple[bytes, bool]:
        """Some inflated bytes, perhaps none; whether there are no more packed ones."""
        self._pending = self._pending or next(self._packed, b"")
        last = not self._pending
        try:
            piece = self._inflate.decompress(self._pending, most)
        except zlib.error as error:
            raise damaged(f"its data cannot be inflated: {error}") from error
        self._pending = self._inflate.unconsumed_tail
        return piece, last

    def _bytes(self, count: int) -> list[bytes]:
        """So many inflated bytes, in pieces."""
        pieces, left = [], count
        while left:
            piece, last = self._more(left)
            if not piece and (last or self._inflate.eof):
                raise damaged("its data end before the last pixel")
            pieces.append(piece)
            left -= len(piece)
        return pieces

    def _bands(self, height: int, band: int, size: int) -> Iterator[list[bytes]]:
        """The inflated bytes of so many rows after another. size: of a row with its filter."""
        for top in range(0, height, band):
            yield self._bytes(min(band, height - top) * size)

    def take(self, height: int, width: int, pixel: int) -> NDArray[np.uint8]:
        """Rows [height, bytes a row] of pixels of `pixel` bits."""
        size, step = -(-width * pixel // 8), max(1, pixel // 8)
        band = max(1, BAND // (size + 1))
        out, top = np.empty((0, size), np.uint8), 0
        for pieces in one_ahead(self._bands(height, band, size + 1), spare_threads()):
            if not top:  # memory is taken only where the first rows are there
                out = np.empty((height, size), np.uint8)
            rows = b"".join(pieces)
            count = len(rows) // (size + 1)
            done = undo_png_filters(rows, step, out, top)
            if done < count:
                raise damaged(f"row {top + done} has filter {rows[done * (size + 1)]}")
            top += count
        return out

    def finish(self) -> None:
        """Raise where the data go on, or their checksum is wrong."""
        while not self._inflate.eof:
            more, last = self._more(1)
            if more:
                raise damaged("its data go on after the last pixel")
            if last and not self._inflate.eof:
                raise damaged("its data have no end")


def _metadata(file: _File) -> dict[str, bytes]:
    """By kinds; what none holds stays a chunk."""
    metadata: dict[str, bytes] = {}
    chunks: list[Chunk] = []
    for kind, content in file.ancillary:
        name, value = _named(kind, content)
        if name and name not in metadata:
            metadata[name] = value
            if kind == b"iCCP" and (label := content.split(b"\0", 1)[0]) != PROFILE_NAME:
                chunks.append((b"iCCP", label + b"\0"))
        elif kind not in PIXELS:
            chunks.append((kind, content))
    if file.colour != 3 and _clear(file):
        metadata["transparent colour"] = _scaled(_clear(file), file)
    if file.colour in (2, 6) and file.palette:
        metadata["png palette"] = file.palette
    if chunks:
        early = [c for c in chunks if c[0] not in AFTER_PALETTE]
        metadata["png chunks"] = pack([*early, *[c for c in chunks if c[0] in AFTER_PALETTE]])
    return metadata


def _scaled(clear: bytes, file: _File) -> bytes:
    """A transparent gray of 2 or 4 bits as the 8-bit gray that its samples become."""
    if file.bits not in (2, 4):
        return clear
    value = int.from_bytes(clear, "big") & (2**file.bits - 1)
    return struct.pack(">H", value * (255 // (2**file.bits - 1)))


def _is_xmp(kind: bytes, content: bytes) -> bool:
    return kind == b"iTXt" and content.startswith(XMP_KEYWORD)


def _named(kind: bytes, content: bytes) -> tuple[str, bytes]:
    """(kind of metadata, content) of a chunk that has a section of its own, else ("", b"")."""
    if kind == b"iCCP":
        _, end, rest = content.partition(b"\0")
        profile = inflated(rest[1:]) if end and rest[:1] == b"\0" else None
        if profile:
            return "icc", profile
    elif kind == b"eXIf" and content:
        return "exif", content.removeprefix(EXIF_PREFIX)
    elif kind == b"pHYs" and len(content) == 9 and (packed := resolution.of_png(content)):
        return "resolution", packed
    elif _is_xmp(kind, content):
        flags, rest = content[len(XMP_KEYWORD) :][:2], content[len(XMP_KEYWORD) + 2 :]
        parts = rest.split(b"\0", 2)
        if len(parts) == 3 and not parts[0] and not parts[1] and flags == b"\0\0" and parts[2]:
            return "xmp", parts[2]
    return "", b""


def inflated(data: bytes) -> bytes | None:
    """None where it is damaged, too long or followed by something."""
    inflate = zlib.decompressobj()
    try:
        value = inflate.decompress(data, INFLATED_MAX)
    except zlib.error:
        return None
    return value if inflate.eof and not inflate.unused_data else None


def header(samples: NDArray[Any], palette: Palette | None, bits: int) -> bytes:
    """The content of IHDR.

    samples: bool, uint8 or uint16 [height, width] or [height, width, 2, 3 or 4]. bits: of a gray sample or an index, 1,
    2, 4 or 8; of others 8 or 16.
    """
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    colour = 3 if palette else {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    return struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)


def deflated(samples: NDArray[Any], bits: int, level: int = 6, plain: bool = False) -> Iterator[bytes]:
    """The data of samples [height, width] or [height, width, channels]: the parts of one zlib stream, as they come.

    plain: rows of indices, which filters would not make smaller. Threads that are to spare work at it.
    """
    height = samples.shape[0]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    step, plain = max(1, channels * bits // 8), plain or bits < 8
    size = -(-samples[:1].size * bits // 8)
    parts = parts_of(height, size + 1)

    def work(rows: range) -> tuple[bytes, int, int]:
        first = max(0, rows.start - 1)
        lines = _bytes_of(samples[first : rows.stop], bits)
        above = np.zeros(size, np.uint8) if rows.start == 0 else lines[0]
        data = _filtered(lines[rows.start - first :], above, step, plain)
        strategy = strategy_of(data, level) if level else zlib.Z_DEFAULT_STRATEGY
        return raw_deflate(data, level, strategy, rows.stop == height), zlib.adler32(data), len(data)

    check, start = 1, HEADER
    for rows, (stream, adler, length) in zip(parts, in_order(work, parts, spare_threads()), strict=True):
        check = joined_adler(check, adler, length)
        yield b"".join([start, stream, check.to_bytes(4, "big") if rows.stop == height else b""])
        start = b""


def _bytes_of(samples: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Rows of bytes of rows of samples."""
    if bits < 8:
        return packed(samples, bits)
    rows = np.ascontiguousarray(samples, ">u2" if bits == 16 else np.uint8)
    return rows.view(np.uint8).reshape(len(samples), -1)


def packed(samples: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Rows of bytes of samples [height, width] of 1, 2 or 4 bits."""
    if bits == 1:
        return np.packbits(samples.astype(bool), axis=1)
    count = 8 // bits
    height, width = samples.shape
    padded = np.zeros((height, -(-width // count) * count), np.uint8)
    padded[:, :width] = samples
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    rows: NDArray[np.uint8] = np.bitwise_or.reduce(padded.reshape(height, -1, count) << shifts, axis=2)
    return rows


def _filtered(rows: NDArray[np.uint8], above: NDArray[np.uint8], step: int, plain: bool) -> bytes:
    """As `filtered`, some rows at a time."""
    count = max(1, FILTERED // rows.shape[1])
    parts = []
    for top in range(0, len(rows), count):
        parts.append(filtered(rows[top : top + count], rows[top - 1] if top else above, step, plain).data)
    return b"".join(parts)


def filtered(rows: NDArray[np.uint8], above: NDArray[np.uint8], step: int, plain: bool) -> NDArray[np.uint8]:
    """Rows [height, size] with the filter of the least sum of absolute differences before each; plain: with none.

    Of long rows, some of the bytes tell which. above: the row over the first. step: bytes from a pixel to the next.
    """
    height, size = rows.shape
    out = np.empty((height, size + 1), np.uint8)
    if plain:
        out[:, 0], out[:, 1:] = 0, rows
        return out
    up = np.concatenate([above[None], rows[:-1]])
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, step:], corner[:, step:] = rows[:, :-step], up[:, :-step]
    around = rows, left, up, corner
    some = [np.ascontiguousarray(values[:, :: LOOKED_AT if size >= LONG_ROW else 1]) for values in around]
    differences = (_difference(kind, *some).view(np.int8) for kind in range(FILTERS))
    costs = [np.abs(values).view(np.uint8).sum(axis=1, dtype=np.int64) for values in differences]
    out[:, 0] = np.argmin(costs, axis=0)
    for kind in range(FILTERS):
        chosen = np.flatnonzero(out[:, 0] == kind)
        if len(chosen):
            out[chosen, 1:] = _difference(kind, *(values[chosen] for values in around))
    return out


def _difference(
    kind: int, rows: NDArray[np.uint8], left: NDArray[np.uint8], up: NDArray[np.uint8], corner: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Rows under a filter, 0 to 4: none, left, up, their mean, Paeth's choice among the three."""
    if kind == 0:
        return rows
    if kind < 3:
        return rows - (left if kind == 1 else up)
    if kind == 3:
        return rows - ((left & up) + ((left ^ up) >> np.uint8(1)))  # the mean, rounded down, within 8 bits
    a, b, c = left.astype(np.int16), up.astype(np.int16), corner.astype(np.int16)
    pa, pb, pc = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    return rows - np.where((pa <= pb) & (pa <= pc), left, np.where(pb <= pc, up, corner))
