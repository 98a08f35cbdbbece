"""The description of a picture file, from its own bytes without decoding it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np

from l3c.errors import InputError
from l3c.images.content import Content

GRAY = "gray"  # what the colours of a picture file mean, as messages name them
WHITE_IS_ZERO = "gray, white is 0"  # of TIFF: gray, the other way round
RGB = "RGB"  # red, green, blue
PALETTE = "palette"  # indices of colours
CMYK = "CMYK"  # inks: cyan, magenta, yellow, black
YCBCR = "YCbCr"  # luma, blue and red chroma
LAB = "Lab"  # of TIFF, photometric 8: signed chroma
ICC_LAB = "ICC Lab"  # of TIFF, photometric 9: as ICC profiles have it
ITU_LAB = "ITU Lab"  # of TIFF, photometric 10: as fax has it
CHANNELS = {GRAY: 1, WHITE_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3, LAB: 3, ICC_LAB: 3, ITU_LAB: 3}
"""Of each kind of colours, without extra channels."""

UNSPECIFIED = "unspecified"  # kinds of extra channels: one that the file says nothing of
ALPHA = "alpha"  # opacity
ASSOCIATED = "associated alpha"  # opacity, by which colours are multiplied


PADDING = 16
"""Zeros at a file's end that are fewer say nothing: some writers of TIFF fill up to such places."""


@dataclass(frozen=True)
class Description:
    """Of one picture in a file, or of a file with its pages.

    format: a name of `formats.FORMATS`. bits: of a sample. number: "unsigned", "signed" or "float". colours: a key of
    `CHANNELS`. extra: kinds of further channels. maximum: the value of white where it is not that of the bits.
    refused: why its samples cannot be taken, None where they can. items: what it holds beside the samples: names for
    people, to digests of the content. pages: of each picture, where the file holds several. lossy: its coder is.
    """

    format: str
    width: int
    height: int
    bits: int = 8
    colours: str = RGB
    extra: tuple[str, ...] = ()
    number: str = "unsigned"
    maximum: int | None = None
    orientation: int = 1
    lossy: bool = False
    refused: str | None = None
    items: dict[str, bytes] = field(default_factory=dict)
    pages: tuple[Description, ...] = ()

    @property
    def channels(self) -> int:
        """With the extra ones."""
        return CHANNELS[self.colours] + len(self.extra)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the samples as `Picture` has them."""
        size = (self.height, self.width)
        return size if self.channels == 1 else (*size, self.channels)

    @property
    def dtype(self) -> str:
        """NumPy's name of the smallest type that holds the samples; bool for 1 bit."""
        if self.bits == 1 and self.number == "unsigned" and self.colours != PALETTE:
            return "bool"
        width = next(width for width in (8, 16, 32, 64) if self.bits <= width)
        return {"unsigned": "uint", "signed": "int", "float": "float"}[self.number] + str(width)

    @property
    def samples_size(self) -> int:
        """Bytes of the samples of one page."""
        return self.width * self.height * self.channels * np.dtype(self.dtype).itemsize

    def everything(self) -> Iterator[tuple[int, str, bytes]]:
        """(page, name, digest) of every item; page 0 is the file as a whole."""
        yield from ((0, name, digest) for name, digest in self.items.items())
        for i, page in enumerate(self.pages, 1):
            yield from ((i, name, digest) for name, digest in page.items.items())


def digest(content: bytes) -> bytes:
    """Short, for comparing."""
    return sha256(content).digest()[:16]


def trailing(data: Content, end: int) -> dict[str, bytes]:
    """The item for data after a file's end, if they are more than padding."""
    rest = bytes(data[end:])
    if len(rest) < PADDING and not any(rest):
        return {}
    return {f"{len(rest)} bytes after its end": digest(rest)}


def damaged(reason: str) -> InputError:
    """The error for a file that its own bytes contradict. reason: what and where, without the file's name."""
    return InputError(f"cannot be read: {reason}")


def check_plausible(width: int, height: int, size: int, ratio: int) -> None:
    """Raise InputError where so many pixels cannot come from a file of `size` bytes, before memory is taken for them.

    ratio: pixels that a byte may stand for.
    """
    if width * height > ratio * (size + 64):
        raise damaged(f"its {width} x {height} pixels cannot come from {size} bytes")
