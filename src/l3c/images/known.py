"""The header of the picture in a kept file, without decoding it."""

from __future__ import annotations

from l3c.container.constants import EXTRA_NAMES, FLOAT, LAYOUT_NAMES, SIGNED, UNSIGNED
from l3c.container.structure import ImageHeader
from l3c.errors import L3CError
from l3c.images.description import ALPHA, GRAY, RGB, WHITE_IS_ZERO
from l3c.images.read import describe

LAYOUTS = {name: number for number, name in LAYOUT_NAMES.items()}  # by the names that descriptions have
KINDS = {"unsigned": UNSIGNED, "signed": SIGNED, "float": FLOAT}  # by the names that descriptions have


def header_of(data: bytes) -> ImageHeader | None:
    """Size, layout and depth of a file that is a picture known here, of the first where it holds several; else None."""
    try:
        description = describe(data, "")
    except L3CError:
        return None
    if description.refused:
        return None
    first = description.pages[0] if description.pages else description
    name, extra = GRAY if first.colours == WHITE_IS_ZERO else first.colours, first.extra
    if extra == (ALPHA,) and name in (GRAY, RGB):
        name, extra = {GRAY: "gray+alpha", RGB: "RGBA"}[name], ()
    numbers = tuple(EXTRA_NAMES.index(kind) for kind in extra)
    depth = 1 if first.dtype == "bool" else int("".join(c for c in first.dtype if c.isdigit()))
    maximum = first.maximum or 0
    if maximum:
        depth = maximum.bit_length()
        maximum = 0 if maximum == (1 << depth) - 1 else maximum
    return ImageHeader(
        LAYOUTS[name],
        first.height,
        first.width,
        depth,
        kind=KINDS[first.number],
        maximum=maximum,
        extra=numbers,
    )
