"""How many pixels there are in a length: kept as the file has it, as two fractions and a unit."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

from PIL import Image, TiffImagePlugin

from l3c.images.png_chunks import chunks_of

LAYOUT = struct.Struct("<B4I")
NONE, INCH, CENTIMETRE, METRE = range(4)
METRES = {INCH: Fraction(254, 10000), CENTIMETRE: Fraction(1, 100), METRE: Fraction(1)}
TIFF_X, TIFF_Y, TIFF_UNIT = 282, 283, 296
TIFF_UNITS = {1: NONE, 2: INCH, 3: CENTIMETRE}
U32 = 2**32


def resolution_of(image: Image.Image, data: bytes) -> bytes | None:
    """The section's content, from the formats that say it exactly: PNG, TIFF, JPEG, BMP."""
    found = {"PNG": _png, "TIFF": _tiff, "JPEG": _jpeg, "MPO": _jpeg, "BMP": _bmp}.get(image.format or "")
    unit, x, y = found(image, data) if found else (NONE, Fraction(0), Fraction(0))
    parts = (x.numerator, x.denominator, y.numerator, y.denominator)
    told = x > 0 and y > 0 and max(parts) < U32 and (unit != NONE or x != y)
    return LAYOUT.pack(unit, *parts) if told else None


def _png(image: Image.Image, data: bytes) -> tuple[int, Fraction, Fraction]:
    content = next((c for kind, c in chunks_of(data) if kind == b"pHYs" and len(c) == 9), bytes(9))
    x, y, unit = struct.unpack(">IIB", content)
    return METRE if unit == 1 else NONE, Fraction(x), Fraction(y)


def _tiff(image: Any, data: bytes) -> tuple[int, Fraction, Fraction]:
    tags = image.tag_v2
    x, y = (_fraction(tags.get(tag, 0)) for tag in (TIFF_X, TIFF_Y))
    return TIFF_UNITS.get(tags.get(TIFF_UNIT, 2), NONE), x, y


def _fraction(value: Any) -> Fraction:
    numerator, denominator = getattr(value, "numerator", 0), getattr(value, "denominator", 0)
    return Fraction(numerator, denominator) if denominator else Fraction(0)


def _jpeg(image: Image.Image, data: bytes) -> tuple[int, Fraction, Fraction]:
    x, y = image.info.get("jfif_density", (0, 0))
    return {1: INCH, 2: CENTIMETRE}.get(image.info.get("jfif_unit", 0), NONE), Fraction(x), Fraction(y)


def _bmp(image: Image.Image, data: bytes) -> tuple[int, Fraction, Fraction]:
    x, y = struct.unpack_from("<ii", data, 38) if len(data) > 46 and data[14] >= 40 else (0, 0)
    return METRE, Fraction(max(x, 0)), Fraction(max(y, 0))


def unpack(content: bytes) -> tuple[int, Fraction, Fraction]:
    """(unit, across, down)."""
    unit, *parts = LAYOUT.unpack(content)
    return unit, Fraction(parts[0], parts[1] or 1), Fraction(parts[2], parts[3] or 1)


def as_png(content: bytes) -> bytes:
    """Content of the chunk pHYs, rounded to whole pixels a metre."""
    unit, x, y = unpack(content)
    scale = METRES.get(unit, Fraction(1))
    return struct.pack(">IIB", round(x / scale) % U32, round(y / scale) % U32, int(unit != NONE))


def as_tiff(content: bytes) -> dict[int, Any]:
    """Tags and values."""
    unit, x, y = unpack(content)
    if unit == METRE:
        unit, x, y = CENTIMETRE, x / 100, y / 100
    rational = TiffImagePlugin.IFDRational
    return {
        TIFF_X: rational(x.numerator, x.denominator),
        TIFF_Y: rational(y.numerator, y.denominator),
        TIFF_UNIT: {NONE: 1, INCH: 2, CENTIMETRE: 3}[unit],
    }
