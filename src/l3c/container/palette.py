"""The colours of a palette, stored or deflated in the form that is smallest (format 2.4)."""

from __future__ import annotations

import zlib

from l3c.container.constants import COLOURS_MAX
from l3c.container.cursor import Cursor, varint
from l3c.container.streams import RAW, inflate
from l3c.container.structure import Palette
from l3c.errors import VersionError

DEFLATED = 1  # bit of a form: a deflate stream; the other bits say of what
DIFFERENCES = 2  # bit of a form: less the previous colour, which ramps want
LESS_GREEN = 4  # bit of a form: less green, which grays want
PLANES = 8  # bit of a form: plane by plane, which cubes of colours want

FORMS = range(DEFLATED, 2 * PLANES, 2)  # all that are deflated, since only those are changed before
STRATEGIES = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_FIXED)
"""Of zlib. Tables of Huffman codes of its own are more than most palettes save."""

LEVEL = 9  # zlib's best: 768 bytes take microseconds


def write_palette(palette: Palette) -> bytes:
    """The section's content."""
    values = palette.colours + palette.alphas
    choices = [(b"\0", values), *((bytes([form]), _deflated(_turned(palette, form))) for form in FORMS)]
    form, data = min(choices, key=lambda choice: len(choice[1]))
    return varint(len(palette.colours) // 3) + varint(len(palette.alphas)) + form + data


def read_palette(cursor: Cursor) -> Palette:
    """Raises FormatError, and VersionError of a form that is not known."""
    count = cursor.varint(COLOURS_MAX, "number of colours")
    alphas = cursor.varint(count, "number of alphas")
    if not count:
        raise cursor.fail("a palette of no colours")
    form = cursor.integer(1, "the form of a palette")
    if form and form not in FORMS:
        raise VersionError(f"byte {cursor.offset}: form {form} of a palette is unknown to this release")
    values: bytes | memoryview = cursor.take(cursor.left, "colours")
    size = 3 * count + alphas
    if form:
        values = inflate(values, size, "the deflate stream of a palette", RAW)
    if len(values) != size:
        raise cursor.fail(f"a palette of {count} colours and {alphas} alphas has {len(values)} bytes")
    return _restored(bytes(values), count, form)


def _deflated(values: bytes) -> bytes:
    packers = [zlib.compressobj(LEVEL, zlib.DEFLATED, RAW, zlib.DEF_MEM_LEVEL, strategy) for strategy in STRATEGIES]
    return min((packer.compress(values) + packer.flush() for packer in packers), key=len)


def _turned(palette: Palette, form: int) -> bytes:
    """Colours and alphas as they are deflated."""
    red, green, blue, alpha = (*(palette.colours[c::3] for c in range(3)), palette.alphas)
    if form & DIFFERENCES:
        red, green, blue, alpha = (_less(plane, b"\0" + plane) for plane in (red, green, blue, alpha))
    if form & LESS_GREEN:
        red, blue = _less(red, green), _less(blue, green)
    if form & PLANES:
        return red + green + blue + alpha
    return bytes(value for colour in zip(red, green, blue, strict=True) for value in colour) + alpha


def _restored(values: bytes, count: int, form: int) -> Palette:
    """The inverse."""
    colours, alpha = values[: 3 * count], values[3 * count :]
    if form & PLANES:
        red, green, blue = (colours[c * count : (c + 1) * count] for c in range(3))
    else:
        red, green, blue = (colours[c::3] for c in range(3))
    if form & LESS_GREEN:
        red, blue = (bytes((a + b) % 256 for a, b in zip(plane, green, strict=True)) for plane in (red, blue))
    if form & DIFFERENCES:
        red, green, blue, alpha = map(_summed, (red, green, blue, alpha))
    return Palette(bytes(value for colour in zip(red, green, blue, strict=True) for value in colour), alpha)


def _less(values: bytes, others: bytes) -> bytes:
    return bytes((a - b) % 256 for a, b in zip(values, others, strict=False))


def _summed(values: bytes) -> bytes:
    out, last = bytearray(), 0
    for value in values:
        last = (last + value) % 256
        out.append(last)
    return bytes(out)
