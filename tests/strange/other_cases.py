"""TGA, QOI, PCX and JPEG 2000 files, which come back in other formats."""

from __future__ import annotations

import struct
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from tests.strange import patterns
from tests.strange.case import Case
from tests.strange.truth import UNASSOCIATED, Page, Truth

RIGHT_TO_LEFT, TOP_DOWN = 16, 32
FOOTER = b"TRUEVISION-XFILE.\0"


def case(number: int) -> Case:
    """The file of a number."""
    rng = np.random.default_rng([0x07E2, number])
    make = (_tga, _tga, _jpeg_2000, _jpeg_2000, _qoi, _pcx)[number % 6]
    data, suffix, truth, features = make(rng, patterns.size(rng))
    return Case(f"other:{number}", suffix, data, truth, tuple(features), ".tif")


Made = tuple[bytes, str, Truth, list[str]]


def _tga(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    height, width = size
    kind = int(rng.choice([1, 2, 3]))
    packed = bool(rng.integers(2))
    origin = int(rng.choice([0, RIGHT_TO_LEFT, TOP_DOWN, RIGHT_TO_LEFT | TOP_DOWN]))
    identity = b"an identification" if rng.random() < 0.15 else b""
    mapped, start, count, entry, table, alpha_bits = 0, 0, 0, 0, b"", 0
    if kind == 1:
        mapped, bits, entry = 1, 8, int(rng.choice([24, 24, 16, 32]))
        start = int(rng.choice([0, 0, 5]))
        count = int(rng.integers(2, 200))
        colours, table = _entries(rng, count, entry)
        indices = patterns.integers(rng, size, count - 1)
        page = _page(colours[indices], entry, None if start else indices)
        values = (indices + start).astype(np.uint8)[..., None]
    elif kind == 2:
        bits = int(rng.choice([24, 24, 32, 32, 16, 15]))
        alpha_bits = {32: int(rng.choice([8, 0])), 16: int(rng.choice([0, 1]))}.get(bits, 0)
        colours, raw = _entries(rng, height * width, bits)
        page = _page(colours.reshape(*size, -1), bits, None)
        if bits == 32 and not alpha_bits:
            page = Page(page.samples, "rgb", page.largest, ("unspecified",))
        values = np.frombuffer(raw, np.uint8).reshape(height, width, -1)
    else:
        bits = 8
        samples = patterns.integers(rng, (*size, 1), 255)
        page, values = Page(samples, "gray", (255,)), samples.astype(np.uint8)
    rows = values if origin & TOP_DOWN else values[::-1]
    rows = rows[:, ::-1] if origin & RIGHT_TO_LEFT else rows
    about = len(identity), mapped, kind + 8 * packed, start, count, entry
    shape = 0, 0, width, height, 16 if bits == 15 else bits, origin | alpha_bits
    head = struct.pack("<BBBHHBHHHHBB", *about, *shape)
    body = b"".join(_tga_runs(row) for row in rows) if packed else np.ascontiguousarray(rows).tobytes()
    data = head + identity + table + body
    footer = rng.random() < 0.3
    metadata: dict[str, Any] = {"identification": identity} if identity else {}
    if footer:
        extension = rng.random() < 0.3
        place = len(data) if extension else 0
        if extension:
            data += struct.pack("<H", 495) + b"An Author".ljust(493, b"\0")
            metadata["extension area"] = b"An Author"
        data += struct.pack("<II", place, 0) + FOOTER
    features = [f"TGA type {kind + 8 * packed}", f"{bits} bits", f"alpha {alpha_bits}", f"origin {origin}"]
    features += [f"{entry}-bit colours from {start}"] * (kind == 1) + ["footer"] * footer + list(metadata)
    return data, ".tga", Truth((page,), metadata), features


def _entries(rng: np.random.Generator, count: int, bits: int) -> tuple[NDArray[Any], bytes]:
    """(colours, their bytes)."""
    if bits in (15, 16):
        colours = rng.integers(0, 32, (count, 3))
        words = colours[:, 0] << 10 | colours[:, 1] << 5 | colours[:, 2]
        return colours, words.astype("<u2").tobytes()
    colours = rng.integers(0, 256, (count, bits // 8))
    order = [2, 1, 0, 3][: bits // 8]
    return colours, colours[:, order].astype(np.uint8).tobytes()


def _page(colours: NDArray[Any], bits: int, indices: NDArray[Any] | None) -> Page:
    largest = 31 if bits in (15, 16) else 255
    channels = colours.shape[2]
    return Page(colours, "rgb", (largest,) * channels, (UNASSOCIATED,) if channels == 4 else (), indices=indices)


def _tga_runs(row: NDArray[Any]) -> bytes:
    """Packets of runs, and of what does not repeat."""
    out, at, pixels = bytearray(), 0, [bytes(pixel) for pixel in row]
    while at < len(pixels):
        run = 1
        while at + run < len(pixels) and run < 128 and pixels[at + run] == pixels[at]:
            run += 1
        if run > 1:
            out += bytes([127 + run]) + pixels[at]
        else:
            out += b"\0" + pixels[at]
        at += run
    return bytes(out)


def _jpeg_2000(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    channels = int(rng.choice([1, 2, 3, 4]))
    deep = bool(rng.integers(2))
    bits = int(rng.choice([9, 10, 12, 16])) if deep else int(rng.choice([8, 8, 4, 7]))
    samples = patterns.integers(rng, (*size, channels), 2**bits - 1).astype(np.uint16 if deep else np.uint8)
    boxed = bool(rng.integers(2))
    plain = samples if channels > 1 else samples[..., 0]
    form, suffix = ("jp2", ".jp2") if boxed else ("j2k", ".j2k")
    data = bytes(imagecodecs.jpeg2k_encode(np.ascontiguousarray(plain), level=0, codecformat=form, bitspersample=bits))
    colour = "gray" if channels < 3 else "rgb"
    extra = (UNASSOCIATED,) if channels in (2, 4) else ()
    features = [form, f"{channels} channels", f"{bits} bits"]
    return data, suffix, Truth((Page(samples, colour, (2**bits - 1,) * channels, extra),)), features


def _qoi(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    channels = int(rng.choice([3, 4]))
    samples = patterns.integers(rng, (*size, channels), 255).astype(np.uint8)
    linear = rng.random() < 0.3
    data = bytearray(imagecodecs.qoi_encode(samples))
    data[13] = int(linear)
    page = Page(samples, "rgb", (255,) * channels, (UNASSOCIATED,) if channels == 4 else ())
    metadata: dict[str, Any] = {"linear": True} if linear else {}
    return bytes(data), ".qoi", Truth((page,), metadata), ["QOI", f"{channels} channels"] + ["linear"] * linear


def _pcx(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    """Of 8 bits, with or without a palette, or 24."""
    height, width = size
    planes = int(rng.choice([1, 3]))
    samples = patterns.integers(rng, (height, width, planes), 255).astype(np.uint8)
    stride = width + width % 2
    body = bytearray()
    for row in samples:
        line = b"".join(row[:, c].tobytes() + bytes(stride - width) for c in range(planes))
        for value in line:
            body += bytes([0xC1, value]) if value >= 0xC0 else bytes([value])
    window = 0, 0, width - 1, height - 1
    head = struct.pack("<BBBBHHHHHH48sBBHH", 10, 5, 1, 8, *window, 300, 300, bytes(48), 0, planes, stride, 1)
    data = head.ljust(128, b"\0") + bytes(body)
    if planes == 3:
        return data, ".pcx", Truth((Page(samples, "rgb", (255,) * 3),)), ["PCX of 24 bits"]
    colours = rng.integers(0, 256, (256, 3), dtype=np.uint8)
    page = Page(colours[samples[..., 0]], "rgb", (255,) * 3, indices=samples[..., 0])
    return data + b"\x0c" + colours.tobytes(), ".pcx", Truth((page,)), ["PCX of a palette"]
