"""Pictures of any layout, type and number of pages to TIFF: strips of deflate, and the tags that came with them."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError
from l3c.images import resolution, tiff
from l3c.images.deflating import zlib_stream
from l3c.images.description import ALPHA, ASSOCIATED, UNSPECIFIED
from l3c.images.picture import Picture
from l3c.images.png import packed
from l3c.images.tiff_directory import (
    LONG,
    LONG8,
    RATIONAL,
    SHORT,
    SUB_DIRECTORIES,
    UNDEFINED,
    Directory,
    Reader,
    Tag,
    Writer,
    swapped,
    tag_of,
)
from l3c.threads import in_order, spare_threads

# layouts to PhotometricInterpretation
PHOTOMETRICS = {
    "gray": 1, "gray+alpha": 1, "RGB": 2, "RGBA": 2, "palette": 3, "CMYK": 5, "YCbCr": 6, "Lab": 8, "ICC Lab": 9,
    "ITU Lab": 10,
}  # fmt: skip
EXTRAS = {UNSPECIFIED: 0, ASSOCIATED: 1, ALPHA: 2}  # to ExtraSamples
DEFLATE = 8  # the compression that TIFF readers know
STRIP = 1 << 20
"""Bytes of a strip before deflate: small enough to be read in parts, large enough to cost nothing."""

BIG_FROM = 2**32 - 2**24
"""Bytes of samples from which places of 4 bytes may be too small."""

NUMBERS = 1 << 16
"""Of tags: all that there can be."""

LEVEL = 6  # zlib's usual one
Order = Literal["<", ">"]
WHOLE = (8, 16, 32, 64)
"""Bits of samples that are integers of bytes."""


def write(picture: Picture, file: BinaryIO, level: int = LEVEL, suffix: str = "") -> None:
    """Strip by strip. Raises InputError where TIFF has no way to say it."""
    pages = picture.pages or (picture,)
    order = _order(pages[0])
    big = sum(page.samples.nbytes for page in pages) >= BIG_FROM
    writer = Writer(file, order, big)
    waiting = list(pages)
    while waiting:
        page = waiting.pop(0)
        tags = _tags(writer, page, level)
        if picture.pages and page is pages[0]:
            tags |= {key: tag for key, tag in _carried(picture, order).items() if key not in tags}
        children = [waiting.pop(0) for _ in range(min(_children(tags), len(waiting)))]
        link, offsets = writer.link, []
        for child in children:
            inner = _tags(writer, child, level)
            inner.pop(SUB_DIRECTORIES, None)
            offsets.append(writer.directory(list(inner.values())))
        writer.link = link
        if offsets:
            tags[SUB_DIRECTORIES] = tag_of(order, SUB_DIRECTORIES, LONG8 if big else LONG, offsets)
        else:
            tags.pop(SUB_DIRECTORIES, None)
        writer.page(list(tags.values()))


def _order(page: Picture) -> Order:
    """The byte order of the metadata, so that values whose type nobody knows stay right."""
    return ">" if page.metadata.get("exif", b"")[:2] == b"MM" else "<"


def _children(tags: dict[int, Tag]) -> int:
    tag = tags.get(SUB_DIRECTORIES)
    return tag.count if tag is not None else 0


def _carried(page: Picture, order: str) -> dict[int, Tag]:
    """Tags of a picture's metadata, by number; keys of repeated ones lie above all numbers."""
    tags: dict[int, Tag] = {}
    if block := page.metadata.get("exif"):
        try:
            reader = Reader(block)
            directory = next(iter(reader.chain(reader.first)), Directory(reader.order))
        except (InputError, struct.error) as error:
            raise InputError(f"its EXIF block is damaged: {error}") from error
        numbered = directory.tags | {NUMBERS + i: tag for i, tag in enumerate(directory.repeated)}
        tags = {n: swapped(tag, directory.order, order) for n, tag in numbered.items() if tag.number not in tiff.LAYOUT}
        for number in (tiff.MAP, tiff.NUMBER, tiff.PHOTOMETRIC):  # what is odd about the layout
            if number in directory.tags:
                tags[number] = swapped(directory.tags[number], directory.order, order)
        tags = {n: tag for n, tag in tags.items() if tag.count and (tag.type not in (13, 18) or tag.inner)}
    for kind, number, type_ in (("icc", tiff.ICC, UNDEFINED), ("xmp", tiff.XMP, 1)):
        if content := page.metadata.get(kind):
            tags[number] = Tag(number, type_, len(content), content)
    if packed_resolution := page.metadata.get("resolution"):
        unit, x, y = resolution.for_tiff(packed_resolution)
        for number, value in ((282, x), (283, y)):
            tags[number] = Tag(number, RATIONAL, 1, struct.pack(order + "II", *value))
        tags[296] = tag_of(order, 296, SHORT, [unit])
    return tags


def _tags(writer: Writer, page: Picture, level: int) -> dict[int, Tag]:
    """All of a page; its samples are placed."""
    order, samples = writer.order, page.samples
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    layout = page.layout or {1: "gray", 2: "gray+alpha", 3: "RGB", 4: "RGBA"}[channels - len(page.extra)]
    extra = [EXTRAS[kind] for kind in page.extra]
    if layout in ("gray+alpha", "RGBA"):
        extra.insert(0, EXTRAS[ALPHA])
    if page.palette and page.palette.alphas:
        raise InputError("TIFF cannot hold a palette with transparency; choose png")
    bits, samples = _bits(page)
    step = max(1, min(height, STRIP // (width * channels * samples.dtype.itemsize)))
    strips = [range(top, min(top + step, height)) for top in range(0, height, step)]
    differs = _differs(samples, bits, channels, order, strips, level)

    def work(rows: range) -> bytes:
        return zlib_stream(_strip(samples[rows.start : rows.stop], bits, channels, order, differs), level)

    places, sizes = [], []
    for data in in_order(work, strips, spare_threads()):
        places.append(writer.place(data))
        sizes.append(len(data))
    number = {"b": 1, "u": 1, "i": 2, "f": 3}[samples.dtype.kind]
    offset = LONG8 if writer.big else LONG
    short = [
        (tiff.BITS, [bits] * channels), (tiff.COMPRESSION, [DEFLATE]), (tiff.PHOTOMETRIC, [PHOTOMETRICS[layout]]),
        (tiff.SAMPLES, [channels]), (tiff.PLANES, [1]),
    ]  # fmt: skip
    if differs:
        short.append((tiff.PREDICTOR, [tiff.DIFFERENCES]))
    if extra:
        short.append((tiff.EXTRA, extra))
    if number != 1:
        short.append((tiff.NUMBER, [number] * channels))
    if layout == "YCbCr":
        short.append((tiff.SUBSAMPLING, [1, 1]))
    tags = _carried(page, order)
    own = [tag_of(order, n, SHORT, values) for n, values in short]
    own += [tag_of(order, n, LONG, [value]) for n, value in ((tiff.WIDTH, width), (tiff.HEIGHT, height), (278, step))]
    own += [tag_of(order, tiff.STRIPS, offset, places), tag_of(order, tiff.STRIP_SIZES, offset, sizes)]
    flags = {"thumbnail": 1, "mask": 4}.get(page.kind, 0)
    if flags and tiff.KIND not in tags:
        own.append(tag_of(order, tiff.KIND, LONG, [flags]))
    if page.palette:
        own.append(_map(page.palette.colours, bits, tags.pop(tiff.MAP, None), order))
    tags.pop(tiff.MAP, None)
    void, mask = tags.pop(tiff.NUMBER, None), tags.pop(tiff.PHOTOMETRIC, None)
    if void is not None and number == 1:
        own.append(tag_of(order, tiff.NUMBER, SHORT, [tiff.VOID] * channels))
    if mask is not None and layout == "gray":
        own.append(tag_of(order, tiff.PHOTOMETRIC, SHORT, [tiff.MASK]))
    return tags | {tag.number: tag for tag in own}


def _differs(samples: NDArray[Any], bits: int, channels: int, order: str, strips: list[range], level: int) -> bool:
    """Whether strips take fewer bytes as differences from the pixel to the left, going by one or two of them."""
    if bits not in (8, 16) or samples.dtype.kind not in "ui" or samples.ndim < 2 or not level:
        return False
    chosen = {len(strips) // 3, len(strips) * 2 // 3}
    sizes = []
    for differs in (False, True):
        parts = (samples[strips[i].start : strips[i].stop] for i in chosen)
        sizes.append(sum(len(zlib_stream(_strip(part, bits, channels, order, differs), level)) for part in parts))
    return sizes[1] < sizes[0]


def _strip(samples: NDArray[Any], bits: int, channels: int, order: str, differs: bool) -> bytes:
    """Rows as they are compressed."""
    if differs:
        height = len(samples)
        pixels = samples.reshape(height, -1, channels)
        changed = pixels.copy()
        changed[:, 1:] -= pixels[:, :-1]  # modulo 2^bits
        samples = changed.reshape(samples.shape)
    return _rows(samples, bits, _order_of(order)).tobytes()


def _order_of(order: str) -> Order:
    return "<" if order == "<" else ">"


def _rows(samples: NDArray[Any], bits: int, order: Order) -> NDArray[np.uint8]:
    """[height, bytes a row], in the file's byte order."""
    height = len(samples)
    if bits < 8:
        return packed(samples.reshape(height, -1), bits)
    if bits in WHOLE:
        return np.ascontiguousarray(samples, samples.dtype.newbyteorder(order)).view(np.uint8).reshape(height, -1)
    each = np.unpackbits(np.ascontiguousarray(samples, ">u2").view(np.uint8).reshape(height, -1, 2), axis=2)
    return np.packbits(each[..., 16 - bits :].reshape(height, -1), axis=1)


def _bits(page: Picture) -> tuple[int, NDArray[Any]]:
    """Of a sample in the file, and the samples for them: fewer than 8 where the source had so many."""
    samples = page.samples
    if page.maximum is not None:
        bits = page.maximum.bit_length()
        if page.maximum != 2**bits - 1 or samples.dtype != np.uint16 or bits <= 8:
            raise InputError(f"TIFF cannot hold samples up to {page.maximum}; choose pam")
        return bits, samples
    if samples.dtype == bool:
        return 1, samples
    if page.palette:
        count = len(page.palette.colours) // 3
        return next(bits for bits in (1, 2, 4, 8) if count <= 1 << bits), samples
    stated = (page.metadata.get("bit depth") or b"\0")[0]
    if stated in (2, 4) and samples.ndim == 2 and samples.dtype == np.uint8:
        scale = np.uint8(255 // (2**stated - 1))
        if not (samples % scale).any():
            return stated, samples // scale
    return 8 * samples.dtype.itemsize, samples


def _map(colours: bytes, bits: int, stated: Tag | None, order: str) -> Tag:
    table = np.zeros((1 << bits, 3), np.uint16)
    entries = np.frombuffer(colours, np.uint8).reshape(-1, 3)
    table[: len(entries)] = entries
    if stated is not None and stated.count == table.size and stated.type == SHORT:
        exact = np.frombuffer(stated.data, order + "u2").reshape(3, -1).T
        if ((exact >> 8) == table).all():
            return stated
    if stated is None or stated.data not in (tiff.TIMES_256, tiff.BELOW_256):
        table *= 257
    elif stated.data == tiff.TIMES_256:
        table <<= 8
    return tag_of(order, tiff.MAP, SHORT, [int(value) for value in table.T.ravel()])
