"""TIFF files read: directories and tags here, samples by tifffile, which reads them all."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from tests.strange import tiff_writer as tiff
from tests.strange.tiff_cases import COLOURS, EXTRA_NAMES, LAYOUT_TAGS, TRAILING, named
from tests.strange.truth import UNSPECIFIED, Page, Truth

JPEG = 7
SUB_DIRECTORIES = {34665, 34853, 40965}
COUNTS = {"gray": 1, "white": 1, "mask": 1, "cfa": 1, "cmyk": 4}

Tags = dict[int, Any]


def read(data: bytes) -> Truth:
    """Pages in order, sub-directories behind their owners; tags of the first directory."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        found = []
        for page, (tags, children) in zip(file.pages, directories_of(data), strict=True):
            found += [(page, tags), *zip(page.pages or (), children, strict=True)]
        pages = tuple(page_of(*each) for each in found)
    metadata = named([{tag: value for tag, value in tags.items() if tag not in LAYOUT_TAGS} for _, tags in found])
    if data.endswith(TRAILING):
        metadata["trailing bytes"] = TRAILING
    return Truth(pages, metadata)


def page_of(page: Any, tags: Tags) -> Page:
    samples = page.asarray()
    height, width = tags[257][0], tags[256][0]
    channels = tags.get(277, (1,))[0]
    if channels > 1 and tags.get(284, (1,))[0] == 2:
        samples = np.moveaxis(samples.reshape(channels, height, width), 0, -1)
    samples = samples.reshape(height, width, channels)
    if samples.dtype == bool:
        samples = samples.astype(np.uint8)
    bits, sample_format = tags.get(258, (1,))[0], tags.get(339, (1,))[0]
    photometric = tags[262][0]
    colour = COLOURS[photometric]
    if photometric == tiff.YCBCR and tags.get(259, (1,))[0] == JPEG:
        colour = "rgb"  # tifffile's decoder has made it so
    count = 1 if photometric == tiff.PALETTE else COUNTS.get(colour, 3)
    kinds = tuple(EXTRA_NAMES[kind] for kind in tags.get(338, ())) or (UNSPECIFIED,) * (channels - count)
    orientation = tags.get(274, (1,))[0]
    if sample_format in (tiff.INT, tiff.REAL, tiff.VOID):
        return Page(samples, colour + " void" * (sample_format == tiff.VOID), (), kinds, orientation)
    if photometric == tiff.PALETTE:
        return looked_up(samples, np.array(tags[320]).reshape(3, -1).T, bits, kinds, orientation)
    largest = tags.get(281, (0,))[0] if 65100 in tags else 0
    return Page(samples, colour, (largest or 2**bits - 1,) * channels, kinds, orientation)


def looked_up(
    samples: NDArray[Any], colours: NDArray[Any], bits: int, kinds: tuple[str, ...], orientation: int
) -> Page:
    whole = np.concatenate([colours[samples[..., 0]], samples[..., 1:]], axis=2)
    largest = (65535,) * 3 + (2**bits - 1,) * len(kinds)
    return Page(whole, "rgb", largest, kinds, orientation, indices=samples[..., 0])


def directories_of(data: bytes) -> list[tuple[Tags, list[Tags]]]:
    """Of each directory its tags, and those of its sub-directories."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    at = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
    found, seen = [], set()
    while at:
        assert at not in seen, "directories go in a circle"
        seen.add(at)
        tags, at = directory(data, at, order, big)
        found.append((tags, [directory(data, child, order, big)[0] for child in tags.get(330, ())]))
    return found


def directory(data: bytes, at: int, order: str, big: bool) -> tuple[Tags, int]:
    """(tags, where the next directory lies)."""
    count = struct.unpack_from(order + ("Q" if big else "H"), data, at)[0]
    at, size, tags = at + (8 if big else 2), 20 if big else 12, {}
    for place in range(at, at + count * size, size):
        number, kind, values = struct.unpack_from(order + ("HHQ" if big else "HHI"), data, place)
        tags[number] = value(data, place + size - (8 if big else 4), kind, values, order, big)
        if number in SUB_DIRECTORIES:
            tags[number] = directory(data, tags[number][0], order, big)[0]
    following: int = struct.unpack_from(order + ("Q" if big else "I"), data, at + count * size)[0]
    return tags, following


def value(data: bytes, at: int, kind: int, count: int, order: str, big: bool) -> Any:
    """Bytes, or a tuple of numbers."""
    code = tiff.CODES[kind]
    if count * struct.calcsize("=" + code) > (8 if big else 4):
        at = struct.unpack_from(order + ("Q" if big else "I"), data, at)[0]
    if kind in (tiff.BYTE, tiff.ASCII, tiff.UNDEFINED):
        content = data[at : at + count]
        return content.rstrip(b"\0") if kind == tiff.ASCII else content
    return struct.unpack_from(order + code[0] * (len(code) * count), data, at)
