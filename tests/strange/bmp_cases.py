"""BMP files over headers, bits, bit fields, run lengths, palettes, row orders, alpha and profiles."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.strange import patterns
from tests.strange.case import Case
from tests.strange.truth import UNASSOCIATED, UNSPECIFIED, Page, Truth

CORE, INFO, V2, V3, OS2, V4, V5 = 12, 40, 52, 56, 64, 108, 124
PLAIN, RLE8, RLE4, FIELDS, ALPHA_FIELDS = 0, 1, 2, 3, 6
MASKS_16 = (
    (0xF800, 0x7E0, 0x1F, 0),
    (0x7C00, 0x3E0, 0x1F, 0),
    (0x7C00, 0x3E0, 0x1F, 0x8000),
    (0xF00, 0xF0, 0xF, 0xF000),
)
MASKS_32 = (
    (0xFF0000, 0xFF00, 0xFF, 0), (0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
    (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000), (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
)  # fmt: skip
SRGB, EMBEDDED, CALIBRATED = 0x73524742, 0x4D424544, 0
PROFILE = bytes(range(128)) + b"profile of a BMP"


def case(number: int) -> Case:
    """The file of a number."""
    rng = np.random.default_rng([0x424D50, number])
    bits = (1, 2, 4, 8, 16, 24, 32)[number % 7]
    headers = [INFO, INFO, V4, V5] + ([CORE] if bits in (1, 4, 8, 24) else []) + ([OS2] if bits not in (16, 32) else [])
    headers += [V2, V3] if bits in (16, 32) else []
    header = int(headers[rng.integers(len(headers))])
    height, width = patterns.size(rng)
    compression, masks = PLAIN, (0, 0, 0, 0)
    if bits in (16, 32) and (header in (V2, V3) or rng.random() < 0.6):
        choices = MASKS_16 if bits == 16 else MASKS_32
        masks = choices[rng.integers(len(choices))]
        compression = FIELDS
        if header == V2 or (header == INFO and masks[3] and rng.integers(2)):
            masks = (*masks[:3], 0)
        if masks[3] and header == INFO:
            compression = ALPHA_FIELDS
    elif bits in (4, 8) and header != CORE and rng.random() < 0.3:
        compression = RLE8 if bits == 8 else RLE4
    top_down = compression not in (RLE8, RLE4) and header != CORE and rng.random() < 0.25
    features = [f"header {header}", f"{bits} bits", f"compression {compression}"] + ["top-down"] * top_down
    if compression in (FIELDS, ALPHA_FIELDS):
        features.append("masks " + " ".join(f"{mask:x}" for mask in masks))
    palette, entries = b"", 0
    if bits <= 8:
        full = header == CORE or rng.random() < 0.5
        entries = 2**bits if full else int(rng.integers(1, 2**bits, endpoint=True))
        colours = rng.integers(0, 256, (entries, 3), dtype=np.uint8)
        palette = colours.tobytes() if header == CORE else np.pad(colours, ((0, 0), (0, 1))).tobytes()
        indices = patterns.integers(rng, (height, width), entries - 1)
        page = Page(colours[indices][..., ::-1], "rgb", (255,) * 3, indices=indices[..., None][..., 0])
        rows = _runs(indices, bits) if compression in (RLE8, RLE4) else _indexed(indices[::-1], bits)
        features.append(f"{entries} colours")
    elif bits == 24:
        samples = patterns.integers(rng, (height, width, 3), 255)
        page = Page(samples, "rgb", (255,) * 3)
        rows = b"".join(_padded(row[:, ::-1].astype(np.uint8).tobytes()) for row in samples[::-1])
    else:
        page, words = _fields(rng, (height, width), bits, masks, compression)
        features += ["fourth byte"] * (len(page.extra) > 0 and not masks[3])
        rows = b"".join(_padded(row.astype(f"<u{bits // 8}").tobytes()) for row in words[::-1])
    if top_down:
        size = len(rows) // height
        rows = b"".join(rows[at : at + size] for at in range(len(rows) - size, -1, -size))
    metadata: dict[str, Any] = {}
    profile = header == V5 and rng.random() < 0.3
    resolution = tuple(map(int, rng.choice([0, 2835, 3937], 2))) if header >= INFO else (0, 0)
    if any(resolution):
        metadata["resolution"] = resolution
    if profile:
        metadata["icc"] = PROFILE
        features.append("profile")
    gap = int(rng.choice([0, 0, 0, 2, 10]))
    data = _file(
        header, (height, width), bits, compression, masks, palette, entries, rows, top_down, resolution, profile, gap
    )
    features += ["gap"] * (gap > 0)
    return Case(f"bmp:{number}", ".bmp", data, Truth((page,), metadata), tuple(features))


def _file(
    header: int, size: tuple[int, int], bits: int, compression: int, masks: tuple[int, ...], palette: bytes,
    entries: int, rows: bytes, top_down: bool, resolution: tuple[int, ...], profile: bool, gap: int,
) -> bytes:  # fmt: skip
    height, width = size
    if header == CORE:
        head = struct.pack("<IHHHH", CORE, width, height, 1, bits)
    else:
        tall = -height if top_down else height
        head = struct.pack(
            "<IiiHHIIiiII", header, width, tall, 1, bits, compression, len(rows), *resolution, entries, 0
        )
        colour_space = EMBEDDED if profile else SRGB
        if header in (V2, V3, V4, V5):
            head += struct.pack("<4I", *masks)[: 12 if header == V2 else 16]
        if header in (V4, V5):
            head += struct.pack("<I", colour_space if header == V5 else SRGB) + bytes(36) + bytes(12)
        head = head.ljust(header, b"\0")
        if header == INFO and compression in (FIELDS, ALPHA_FIELDS):
            head += struct.pack("<4I", *masks)[: 12 if compression == FIELDS else 16]
    offset = 14 + len(head) + len(palette) + gap
    if profile:
        place = offset + len(rows) - 14
        head = head[:108] + struct.pack("<4I", 4, place, len(PROFILE), 0) + head[124:]
    body = head + palette + bytes(gap) + rows + (PROFILE if profile else b"")
    return struct.pack("<2sIHHI", b"BM", 14 + len(body), 0, 0, offset) + body


def _padded(row: bytes) -> bytes:
    return row + bytes(-len(row) % 4)


def _indexed(indices: NDArray[Any], bits: int) -> bytes:
    ones = (indices[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return b"".join(_padded(np.packbits(row.astype(np.uint8).reshape(-1)).tobytes()) for row in ones)


def _runs(indices: NDArray[Any], bits: int) -> bytes:
    """Runs, and literals where 3 and more differ."""
    out = bytearray()
    for row in indices[::-1].tolist():
        at = 0
        while at < len(row):
            run = 1
            while at + run < len(row) and run < 255 and row[at + run] == row[at]:
                run += 1
            literal = row[at : at + 5]
            if run == 1 and len(literal) == 5:
                packed = (
                    bytes(literal)
                    if bits == 8
                    else bytes([literal[0] << 4 | literal[1], literal[2] << 4 | literal[3], literal[4] << 4])
                )
                out += bytes([0, 5]) + packed + bytes(len(packed) % 2)
                at += 5
            else:
                out += bytes([run, row[at] if bits == 8 else row[at] * 17])
                at += run
        out += b"\0\0"
    return bytes(out + b"\0\1")


def _fields(
    rng: np.random.Generator, size: tuple[int, int], bits: int, masks: tuple[int, ...], compression: int
) -> tuple[Page, NDArray[Any]]:
    """The page and its words."""
    if compression == PLAIN:
        masks = (0x7C00, 0x3E0, 0x1F, 0) if bits == 16 else (0xFF0000, 0xFF00, 0xFF, 0)
        if bits == 32 and rng.integers(2):
            masks = (*masks[:3], 0xFF000000)
            return _words(rng, size, masks, UNSPECIFIED)
    return _words(rng, size, masks, UNASSOCIATED)


def _words(
    rng: np.random.Generator, size: tuple[int, int], masks: tuple[int, ...], kind: str
) -> tuple[Page, NDArray[Any]]:
    used = [mask for mask in masks if mask]
    shifts = [(mask & -mask).bit_length() - 1 for mask in used]
    largest = tuple(mask >> shift for mask, shift in zip(used, shifts, strict=True))
    channels = [patterns.integers(rng, (*size, 1), top) for top in largest]
    samples = np.concatenate(channels, axis=2)
    words = sum((samples[..., c] << shift for c, shift in enumerate(shifts)), np.zeros(size, np.int64))
    return Page(samples, "rgb", largest, (kind,) if len(used) > 3 else ()), words


def read(data: bytes) -> Truth:
    """As written by anybody: plain rows, and bit fields."""
    offset, header = struct.unpack_from("<II", data, 10)
    if header == CORE:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        compression, resolution, entries = PLAIN, (0, 0), 0
    else:
        width, height, _, bits, compression, _, *rest, entries, _ = struct.unpack_from("<iiHHIIiiII", data, 18)
        resolution = tuple(rest)
    if compression in (RLE8, RLE4):
        rows = _unpacked(data[offset:], bits, width, height)
    else:
        size = (width * bits + 31) // 32 * 4
        rows = np.frombuffer(data, np.uint8, size * abs(height), offset).reshape(-1, size)
    rows = rows if height < 0 else rows[::-1]
    metadata: dict[str, Any] = {"resolution": resolution} if any(resolution) else {}
    if header == V5 and struct.unpack_from("<I", data, 14 + 56)[0] == EMBEDDED:
        place, length = struct.unpack_from("<II", data, 14 + 112)
        metadata["icc"] = data[14 + place : 14 + place + length]
    if bits <= 8:
        step = 3 if header == CORE else 4
        table = np.frombuffer(data, np.uint8, (entries or 2**bits) * step, 14 + header).reshape(-1, step)
        indices = rows
        if compression == PLAIN:
            ones = np.unpackbits(rows, axis=1).reshape(len(rows), -1, bits)
            indices = (ones @ (1 << np.arange(bits - 1, -1, -1)))[:, :width]
        return Truth((Page(table[indices][..., 2::-1], "rgb", (255,) * 3, indices=indices),), metadata)
    if bits == 24:
        samples = rows[:, : width * 3].reshape(-1, width, 3)[..., ::-1]
        return Truth((Page(samples, "rgb", (255,) * 3),), metadata)
    words = np.ascontiguousarray(rows[:, : width * bits // 8]).view(f"<u{bits // 8}").astype(np.int64)
    masks = (0x7C00, 0x3E0, 0x1F, 0) if bits == 16 else (0xFF0000, 0xFF00, 0xFF, 0)
    if compression != PLAIN:
        masks = struct.unpack_from("<4I", data, 54)
        masks = masks if compression == ALPHA_FIELDS or header >= V3 else (*masks[:3], 0)
    channels = [(words & mask) >> ((mask & -mask).bit_length() - 1) for mask in masks if mask]
    largest = tuple(mask >> ((mask & -mask).bit_length() - 1) for mask in masks if mask)
    extra: tuple[str, ...] = (UNASSOCIATED,) if masks[3] else ()
    if bits == 32 and compression == PLAIN and (words >> 24).any():
        channels.append(words >> 24)
        largest, extra = (*largest, 255), (UNSPECIFIED,)
    return Truth((Page(np.stack(channels, axis=2), "rgb", largest, extra),), metadata)


def _unpacked(data: bytes, bits: int, width: int, height: int) -> NDArray[Any]:
    """Indices of runs and literals, the lowest row first; positions are never moved."""
    rows = np.zeros((height, width), np.uint8)
    at = row = column = 0
    while (count := data[at]) or data[at + 1] != 1:
        value = data[at + 1]
        at += 2
        if count:
            values = [value] * count if bits == 8 else [value >> 4, value & 15] * count
        elif value:
            size = (value if bits == 8 else (value + 1) // 2) + 1 & ~1
            packed, count = data[at : at + size], value
            at += size
            values = list(packed) if bits == 8 else [half for byte in packed for half in (byte >> 4, byte & 15)]
        else:
            row, column = row + 1, 0
            continue
        rows[row, column : column + count] = values[:count]
        column += count
    return rows
