"""How many bits a sample has in a picture's file: Pillow reduces some to 8 without a word."""

from __future__ import annotations

from typing import BinaryIO

from PIL import ImageFile

JPEG2000_SIZE_MARKER = b"\xff\x4f\xff\x51"
JPEG2000_DEPTH_OFFSET = 42
AV1_CONFIGURATION = b"av1C"
AV1_HIGH_DEPTH = 0x40


def sample_depth(image: ImageFile.ImageFile, file: BinaryIO) -> int:
    """Bits; for formats that say more than 8 in several ways, 16 stands for all of them.

    image: opened, its samples not yet loaded. file: what it was opened from; its position is kept.
    """
    if image.format in ("JPEG2000", "AVIF"):
        place = file.tell()
        file.seek(0)
        data = file.read()
        file.seek(place)
        return jpeg2000_depth(data) if image.format == "JPEG2000" else av1_depth(data)
    return raw_depth(image)


def raw_depth(image: ImageFile.ImageFile) -> int:
    """From Pillow's raw mode; a PPM's comes with its largest value."""
    arguments = image.tile[0].args if image.tile else None
    raw, *rest = arguments if isinstance(arguments, tuple) else (arguments,)
    if ";16" in str(raw):
        return 16
    if image.format == "PPM" and rest and isinstance(rest[0], int):
        return 16 if rest[0] > 255 else 8
    return 8


def jpeg2000_depth(data: bytes) -> int:
    """Of the first component, from the marker SIZ."""
    at = data.find(JPEG2000_SIZE_MARKER) + JPEG2000_DEPTH_OFFSET
    return (data[at] & 127) + 1 if len(data) > at >= JPEG2000_DEPTH_OFFSET else 8


def av1_depth(data: bytes) -> int:
    """10 and 12 bits share a flag in the third byte of the AV1 configuration."""
    at = data.find(AV1_CONFIGURATION) + len(AV1_CONFIGURATION) + 2
    return 16 if len(data) > at and data[at] & AV1_HIGH_DEPTH else 8
