"""How many pixels there are in a length: stored as the file has it, as two fractions and a unit."""

from __future__ import annotations

import struct
from fractions import Fraction

LAYOUT = struct.Struct("<B4I")  # of section reso: unit, then two fractions (format 2.9)
NONE, INCH, CENTIMETRE, METRE = range(4)
"""Units, as section reso numbers them."""

METRES = {INCH: Fraction(254, 10000), CENTIMETRE: Fraction(1, 100), METRE: Fraction(1)}  # in a unit
TIFF_UNITS = {1: NONE, 2: INCH, 3: CENTIMETRE}  # TIFF's and EXIF's number to ours
U32 = 2**32  # fractions have numbers of 32 bits


def of_png(content: bytes) -> bytes | None:
    """The section's content for a chunk pHYs; None where it says nothing."""
    x, y, unit = struct.unpack(">IIB", content)
    return LAYOUT.pack(METRE if unit else NONE, x, 1, y, 1) if x and y and unit < 2 else None


def of_tiff(x: tuple[int, int], y: tuple[int, int], unit: int) -> bytes | None:
    """The section's content for TIFF's three tags, fractions as they stand there; None where they say nothing."""
    return LAYOUT.pack(TIFF_UNITS[unit], *x, *y) if all((*x, *y)) and unit in TIFF_UNITS else None


def of_bmp(x: int, y: int) -> bytes | None:
    """The section's content for pixels a metre; None where they say nothing."""
    return LAYOUT.pack(METRE, x, 1, y, 1) if x > 0 and y > 0 else None


def for_bmp(content: bytes) -> tuple[int, int]:
    """Pixels a metre, rounded; 0 where there is no unit."""
    unit, x, y = unpack(content)
    if unit == NONE:
        return 0, 0
    limit = 2**31 - 1
    return min(round(x / METRES[unit]), limit), min(round(y / METRES[unit]), limit)


def of_jfif(unit: int, x: int, y: int) -> bytes | None:
    """The section's content for JFIF's density; None where it says nothing."""
    stated = x > 0 and y > 0 and (unit in (1, 2) or x != y)
    return LAYOUT.pack({1: INCH, 2: CENTIMETRE}.get(unit, NONE), x, 1, y, 1) if stated else None


def unpack(content: bytes) -> tuple[int, Fraction, Fraction]:
    """(unit, across, down). A unit that is none of ours counts as none: the file of a stranger may say any number."""
    unit, *parts = LAYOUT.unpack(content)
    unit = unit if unit in METRES else NONE
    return unit, Fraction(parts[0], parts[1] or 1), Fraction(parts[2], parts[3] or 1)


def as_png(content: bytes) -> bytes:
    """Content of the chunk pHYs, rounded to whole pixels a metre."""
    unit, x, y = unpack(content)
    scale = METRES.get(unit, Fraction(1))
    return struct.pack(">IIB", round(x / scale) % U32, round(y / scale) % U32, int(unit != NONE))


def for_tiff(content: bytes) -> tuple[int, tuple[int, int], tuple[int, int]]:
    """(TIFF's unit, across, down), as numerators and denominators."""
    unit, *parts = LAYOUT.unpack(content)
    if unit != METRE:
        return {NONE: 1, INCH: 2, CENTIMETRE: 3}.get(unit, 1), (parts[0], parts[1]), (parts[2], parts[3])
    _, x, y = unpack(content)
    hundredths = [(v / 100).limit_denominator(U32 // 2) for v in (x, y)]
    across, down = ((v.numerator, v.denominator) for v in hundredths)
    return 3, across, down
