"""BMP and DIB: every header and bit field, as its own header says."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin

from l3c.container.structure import Palette
from l3c.errors import InputError
from l3c.images import resolution
from l3c.images.description import (
    ALPHA,
    GRAY,
    PALETTE,
    RGB,
    UNSPECIFIED,
    Description,
    check_plausible,
    damaged,
    digest,
    trailing,
)
from l3c.images.metadata import meaning
from l3c.images.picture import Picture

FILE_HEADER = 14  # bytes before the header proper
CORE = 12  # sizes of headers, which tell them apart: OS/2's first
INFO = 40  # BITMAPINFOHEADER
MASKS = 52  # with masks of red, green and blue
ALPHA_MASK = 56  # with a mask of alpha too
V4 = 108  # BITMAPV4HEADER, with colour spaces
V5 = 124  # BITMAPV5HEADER, with profiles
HEADERS = (CORE, 16, INFO, MASKS, ALPHA_MASK, 64, V4, V5)
"""Sizes of headers, which tell the versions."""

PLAIN = 0  # compressions: none
RLE8 = 1  # runs of 8-bit indices
RLE4 = 2  # runs of 4-bit indices
FIELDS = 3  # bit fields, of the three masks
ALPHA_FIELDS = 6  # bit fields, of four masks
COMPRESSIONS = {1: "RLE8", 2: "RLE4", 4: "JPEG", 5: "PNG"}  # names, in messages
# of 16 and 32 bits without bit fields: 5 bits a colour; 8 bits, the highest byte unused
DEFAULT_MASKS = {16: (0x7C00, 0x3E0, 0x1F, 0), 32: (0xFF0000, 0xFF00, 0xFF, 0)}
EMBEDDED = 0x4D424544  # "MBED": a profile stands in the file
SIDE_MAX = 2**31 - 1  # sides are signed numbers of 32 bits
RUNS_MAX = 65536
"""Pixels that a byte of runs stands for at most: two jump over 255 rows and columns."""

BLACK_AND_WHITE = bytes([0, 0, 0, 255, 255, 255])  # the palette of 1 bit that is no palette
GRAYS = bytes(v for i in range(256) for v in (i, i, i))  # the palette of 8 bits that is no palette

STRIP = 256
"""Rows that are put into the file's order at once, so that what this takes does not grow with the picture."""


@dataclass(frozen=True)
class _Header:
    """colours: red, green and blue of each. masks: of red, green, blue and alpha. profile: the embedded one."""

    size: int
    width: int
    height: int
    upside_down: bool
    bits: int
    compression: int
    masks: tuple[int, int, int, int]
    colours: bytes
    offset: int
    resolution: tuple[int, int]
    profile: bytes
    raw: bytes
    reserved: bytes
    end: int

    @property
    def stride(self) -> int:
        return -(-self.width * self.bits // 32) * 4


def _parse(data: bytes) -> _Header:
    if len(data) < 26:
        raise damaged("it ends in its header")
    offset, size = struct.unpack_from("<II", data, 10)
    if size not in HEADERS or len(data) < FILE_HEADER + size:
        raise damaged(f"its header has {size} bytes")
    compression, used, dots, masks, at = PLAIN, 0, (0, 0), (0, 0, 0, 0), FILE_HEADER + size
    if size == CORE:
        width, height, planes, bits = struct.unpack_from("<HHHH", data, 18)
    else:
        width, height, planes, bits = struct.unpack_from("<iiHH", data, 18)
        if size >= INFO:
            compression, _, *dots_, used, _ = struct.unpack_from("<IIiiII", data, 30)
            dots = (dots_[0], dots_[1])
    if size == 64 and compression > RLE4:
        raise InputError(f"OS/2 BMP of compression {compression} is not supported")
    if not (1 <= width <= SIDE_MAX and 1 <= abs(height) <= SIDE_MAX) or planes != 1:
        raise damaged(f"its size is {width} x {height}, {planes} planes")
    masks = DEFAULT_MASKS.get(bits, masks)
    if compression in (FIELDS, ALPHA_FIELDS):
        count = 4 if (compression == ALPHA_FIELDS or size >= ALPHA_MASK) else 3
        if len(data) < 54 + 4 * count:
            raise damaged("it ends in its bit fields")
        fields = struct.unpack_from(f"<{count}I", data, 54)
        masks = (*fields[:3], fields[3] if count == 4 else 0)
        at = max(at, 54 + 4 * count)
    elif size >= ALPHA_MASK and size != 64 and bits == 32:
        masks = (*masks[:3], 0)
    entry = 3 if size == CORE else 4
    colours = b""
    if bits <= 8:
        count = min(used or 1 << bits, 1 << bits, max(0, (offset - at) // entry))
        table = np.frombuffer(data, np.uint8, max(0, min(count * entry, len(data) - at)) // entry * entry, at)
        colours = table.reshape(-1, entry)[:, 2::-1].tobytes()
        at += len(table)
    profile, end = b"", 0
    if size == V5 and struct.unpack_from("<I", data, FILE_HEADER + 56)[0] == EMBEDDED:
        place, length = struct.unpack_from("<II", data, FILE_HEADER + 112)
        profile, end = data[FILE_HEADER + place : FILE_HEADER + place + length], FILE_HEADER + place + length
    raw, reserved = data[FILE_HEADER : FILE_HEADER + size], data[6:10]
    header = _Header(
        size,
        width,
        abs(height),
        height < 0,
        bits,
        compression,
        masks,
        colours,
        offset,
        dots,
        profile,
        raw,
        reserved,
        end,
    )
    if any(data[at:offset]):
        return _Header(**{**header.__dict__, "reserved": reserved + data[at:offset]})
    return header


def _refused(header: _Header) -> str | None:
    if header.compression not in (PLAIN, RLE8, RLE4, FIELDS, ALPHA_FIELDS):
        return f"BMP of compression {header.compression} is not supported"
    if header.bits not in (1, 2, 4, 8, 16, 24, 32):
        return f"BMP of {header.bits} bits is not supported"
    if {RLE8: 8, RLE4: 4}.get(header.compression, header.bits) != header.bits:
        return f"BMP of compression {COMPRESSIONS[header.compression]} and {header.bits} bits is not supported"
    if header.compression in (FIELDS, ALPHA_FIELDS) and header.bits not in (16, 32):
        return f"BMP of bit fields in {header.bits} bits is not supported"
    if header.bits <= 8 and not header.colours:
        return "BMP without colours is not supported"
    if header.bits in (16, 32):
        for mask in header.masks:
            run = mask >> _shift(mask)
            if run & (run + 1) or run > 255 or mask >> header.bits:
                return f"BMP of the bit field {mask:#x} is not supported"
        if not all(header.masks[:3]):
            return "BMP without a bit field for each colour is not supported"
    return None


def _shift(mask: int) -> int:
    return (mask & -mask).bit_length() - 1 if mask else 0


def _spare(header: _Header) -> int:
    """The bits of a 32-bit pixel that no field has, where they are one byte, else 0."""
    if header.bits != 32 or header.masks[3]:
        return 0
    left = 0xFFFFFFFF & ~(header.masks[0] | header.masks[1] | header.masks[2])
    return left if left in (0xFF, 0xFF00, 0xFF0000, 0xFF000000) else 0


def describe(data: bytes) -> Description:
    """Raises InputError where it is damaged."""
    header = _parse(data)
    refused = _refused(header)
    colours, bits = RGB, 8
    extra: tuple[str, ...] = ()
    if refused is None and header.bits <= 8:
        kind = _gray(header)
        colours, bits = (GRAY, header.bits) if kind else (PALETTE, 8)
    elif header.masks[3]:
        extra = (ALPHA,)
    elif refused is None and _spare(header) and (_words(data, header) & np.uint32(_spare(header))).any():
        extra = (UNSPECIFIED,)
    items = {kind: digest(meaning(kind, value)) for kind, value in _metadata(header).items()}
    if any(header.reserved):
        items["reserved bytes of its header"] = digest(header.reserved)
    end = header.end
    if header.compression not in (RLE8, RLE4):
        end = max(end, header.offset + header.stride * header.height)
    elif header.size >= INFO:
        end = max(end, header.offset + struct.unpack_from("<I", header.raw, 20)[0])
    rest = data[end:]
    items |= trailing(data, end) if len(rest) > 3 or any(rest) else {}
    return Description("BMP", header.width, header.height, bits, colours, extra, items=items, refused=refused)


def _gray(header: _Header) -> bool:
    """Whether indices are gray values."""
    return (header.bits, header.colours) in ((8, GRAYS), (1, BLACK_AND_WHITE))


def _metadata(header: _Header) -> dict[str, bytes]:
    metadata = {}
    if header.profile:
        metadata["icc"] = header.profile
    if stated := resolution.of_bmp(*header.resolution):
        metadata["resolution"] = stated
    if _is_special(header):
        metadata["bmp header"] = _bare(header)
    return metadata


def _bare(header: _Header) -> bytes:
    """The header with its masks, without the fields that a writer computes: sizes, resolution, places."""
    bare = bytearray(
        (header.raw[:INFO] + struct.pack("<4I", *header.masks)).ljust(ALPHA_MASK, b"\0") + header.raw[ALPHA_MASK:]
    )
    bare[4:12] = bytes(8)
    bare[20:24] = bytes(4)
    if resolution.of_bmp(*header.resolution):
        bare[24:32] = bytes(8)
    bare[32:40] = bytes(8)
    if header.size == V5:
        bare[112:120] = bytes(8)
    return bytes(bare)


def _is_special(header: _Header) -> bool:
    """Whether bit fields or a colour space are lost in the plain header."""
    if header.bits in (16, 32) or (any(header.resolution) and not resolution.of_bmp(*header.resolution)):
        return True
    return header.size >= V4 and any(header.raw[MASKS:])


def read(data: bytes) -> Picture:
    """Raises InputError."""
    header = _parse(data)
    if reason := _refused(header):
        raise InputError(reason)
    if header.compression in (RLE8, RLE4):
        check_plausible(header.width, header.height, len(data), RUNS_MAX)
        with BmpImagePlugin.BmpImageFile(io.BytesIO(data)) as image:
            samples = np.array(image)
        if samples.shape != (header.height, header.width) or samples.dtype != np.uint8:
            raise damaged("its runs are not those of indices")
    else:
        samples = _samples(data, header)
    extra: tuple[str, ...] = ()
    palette = None
    if header.bits <= 8 and _gray(header):
        samples = samples.astype(bool) if header.bits == 1 else samples
    elif header.bits <= 8:
        palette = Palette(header.colours.ljust(3 * (int(samples.max()) + 1), b"\0"))
    elif samples.shape[2] == 4 and not header.masks[3]:
        extra = (UNSPECIFIED,)
    layout = "palette" if palette else "RGB" if extra else None
    return Picture(samples, _metadata(header), "BMP", layout, palette, extra)


def _rows(data: bytes, header: _Header) -> NDArray[np.uint8]:
    """[height, stride], the top row first."""
    size = header.stride * header.height
    if header.offset + size > len(data):
        raise damaged(f"it ends before its last pixel: {len(data) - header.offset} bytes are there for {size}")
    rows = np.frombuffer(data, np.uint8, size, header.offset).reshape(header.height, header.stride)
    return rows if header.upside_down else rows[::-1]


def _words(data: bytes, header: _Header) -> NDArray[Any]:
    """Pixels of 16 or 32 bits as integers."""
    kind = "<u2" if header.bits == 16 else "<u4"
    return np.ascontiguousarray(_rows(data, header)).view(kind)[:, : header.width].astype(np.uint32)


def _samples(data: bytes, header: _Header) -> NDArray[Any]:
    width, height = header.width, header.height
    if header.bits < 8:
        rows, bits = np.ascontiguousarray(_rows(data, header)), header.bits
        parts = [(rows >> shift) & (2**bits - 1) for shift in range(8 - bits, -1, -bits)]
        return np.stack(parts, axis=2).reshape(height, -1)[:, :width].copy()
    if header.bits == 8:
        return _rows(data, header)[:, :width].copy()
    if header.bits == 24:
        return np.ascontiguousarray(_rows(data, header)[:, : 3 * width].reshape(height, width, 3)[..., ::-1])
    words, spare = _words(data, header), _spare(header)
    planes = [_field(words, mask) for mask in header.masks if mask]
    if spare and (words & np.uint32(spare)).any():
        planes.append(_field(words, spare))
    return np.stack(planes, axis=2)


def _field(words: NDArray[np.uint32], mask: int) -> NDArray[np.uint8]:
    """A field's value stretched to 8 bits, as Pillow has it."""
    value = (words & np.uint32(mask)) >> np.uint32(_shift(mask))
    return (value * np.uint32(255) // np.uint32(mask >> _shift(mask))).astype(np.uint8)


def write(picture: Picture, file: BinaryIO, level: int = 0, suffix: str = "") -> None:
    """Raises InputError for pictures that BMP cannot hold. level: unused, since nothing is compressed."""
    samples = picture.samples
    height = len(samples)
    header = picture.metadata.get("bmp header", b"")
    compression, masks, colours, bits = PLAIN, (0, 0, 0, 0), b"", 24
    if samples.dtype == bool and samples.ndim == 2:
        rows, bits, colours = np.packbits(samples, axis=1), 1, BLACK_AND_WHITE
    elif (
        samples.dtype != np.uint8
        or picture.maximum is not None
        or picture.layout not in (None, "RGB", "palette", "gray", "RGBA")
    ):
        raise InputError("BMP cannot hold it")
    elif picture.palette:
        if picture.palette.alphas:
            raise InputError("BMP cannot hold a palette with transparency; choose png")
        colours = picture.palette.colours
        bits = 1 if len(colours) <= 6 and colours != BLACK_AND_WHITE else 4 if len(colours) <= 48 else 8
        rows = samples if bits == 8 else _packed(samples, bits)
    elif samples.ndim == 2:
        rows, bits, colours = samples, 8, GRAYS
    elif samples.shape[2] == 3 and not header:
        rows = np.ascontiguousarray(samples[..., ::-1]).reshape(height, -1)
    elif samples.shape[2] == 3 or (samples.shape[2] == 4 and header):
        rows, bits, compression, masks = _by_fields(picture, header)
    elif picture.extra == (UNSPECIFIED,) and samples.shape[2] == 4:
        rows, bits, masks = np.ascontiguousarray(samples[..., [2, 1, 0, 3]]).reshape(height, -1), 32, DEFAULT_MASKS[32]
    else:
        raise InputError("BMP cannot hold it")
    _write(file, picture, rows, bits, compression, masks, colours)


def _packed(samples: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    from l3c.images.png import packed

    return packed(samples, bits)


def _by_fields(picture: Picture, header: bytes) -> tuple[NDArray[np.uint8], int, int, tuple[int, int, int, int]]:
    """Rows in the bit fields of the source's header, where those hold the samples; else of 24 or 32 bits."""
    samples = picture.samples
    bits = struct.unpack_from("<H", header, 14)[0] if len(header) >= 18 else 0
    compression = struct.unpack_from("<I", header, 16)[0] if len(header) >= 20 else 0
    masks: tuple[int, int, int, int] = struct.unpack_from("<4I", header, 40) if len(header) >= ALPHA_MASK else (0,) * 4
    if compression == PLAIN and bits in DEFAULT_MASKS:
        masks = DEFAULT_MASKS[bits]
    fields = [mask for mask in masks if mask]
    if bits == 32 and picture.extra == (UNSPECIFIED,):
        fields.append(0xFFFFFFFF & ~(masks[0] | masks[1] | masks[2]))
    if bits in (16, 32) and len(fields) == samples.shape[2]:
        words = np.zeros(samples.shape[:2], np.uint32)
        for i, mask in enumerate(fields):
            top = mask >> _shift(mask)
            value = (samples[..., i].astype(np.uint32) * np.uint32(top) + np.uint32(254)) // np.uint32(255)
            words |= (value << np.uint32(_shift(mask))) & np.uint32(mask)
        if all((_field(words, mask) == samples[..., i]).all() for i, mask in enumerate(fields)):
            kind = "<u2" if bits == 16 else "<u4"
            return words.astype(kind).view(np.uint8).reshape(len(words), -1), bits, compression, masks
    if samples.shape[2] == 3:
        return np.ascontiguousarray(samples[..., ::-1]).reshape(len(samples), -1), 24, PLAIN, (0, 0, 0, 0)
    alpha = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    bgra = np.ascontiguousarray(samples[..., [2, 1, 0, 3]]).reshape(len(samples), -1)
    return bgra, 32, FIELDS, alpha


def _write(
    file: BinaryIO,
    picture: Picture,
    rows: NDArray[np.uint8],
    bits: int,
    compression: int,
    masks: tuple[int, ...],
    colours: bytes,
) -> None:
    height, width = picture.samples.shape[:2]
    stride = -(-width * bits // 32) * 4
    stated, icc = picture.metadata.get("bmp header", b""), picture.metadata.get("icc", b"")
    size = int.from_bytes(stated[:4], "little")
    size = size if size in (MASKS, ALPHA_MASK, V4, V5) else INFO
    if icc or (masks[3] and size < ALPHA_MASK):
        size = V5
    x, y = struct.unpack_from("<ii", stated, 24) if len(stated) >= INFO else (0, 0)
    if "resolution" in picture.metadata:
        x, y = resolution.for_bmp(picture.metadata["resolution"])
    count, image = len(colours) // 3, stride * height
    head = struct.pack("<IiiHHIIiiII", size, width, height, 1, bits, compression, image, x, y, count, 0)
    if size >= MASKS:
        head += struct.pack("<4I", *masks)[: min(size, ALPHA_MASK) - INFO]
    outside = 0
    if size == INFO and compression in (FIELDS, ALPHA_FIELDS):
        outside = 12 if compression == FIELDS else 16
    offset = FILE_HEADER + size + outside + 4 * count
    if size >= V4:
        rest = bytearray(stated[ALPHA_MASK:size].ljust(size - ALPHA_MASK, b"\0"))
        if size == V5:
            if icc:
                struct.pack_into("<I", rest, 56 - len(head), EMBEDDED)
                struct.pack_into("<II", rest, 112 - len(head), offset - FILE_HEADER + image, len(icc))
            elif not stated or struct.unpack_from("<I", rest, 56 - len(head))[0] == EMBEDDED:
                struct.pack_into("<I", rest, 56 - len(head), 0x73524742)
                struct.pack_into("<II", rest, 112 - len(head), 0, 0)
        head += bytes(rest)
    head += struct.pack("<4I", *masks)[:outside]
    table = np.zeros((count, 4), np.uint8)
    table[:, :3] = np.frombuffer(colours, np.uint8).reshape(-1, 3)[:, ::-1]
    whole = offset + image + len(icc)
    if whole >= 2**32:
        raise InputError("BMP cannot hold so many pixels; choose png or tif")
    file.write(b"BM" + struct.pack("<IHHI", whole, 0, 0, offset) + head + table.tobytes())
    body = np.zeros((STRIP, stride), np.uint8)
    for end in range(height, 0, -STRIP):
        some = rows[max(0, end - STRIP) : end][::-1]
        body[: len(some), : rows.shape[1]] = some
        file.write(body[: len(some)].data)
    file.write(icc)
