"""TIFF and BigTIFF: what a file holds by its own tags, and its samples as they are.

Pillow reads the common kinds; all others are read by tifffile. Tags that do not tell how samples lie are kept as an
EXIF block, which has the same structure, and are given back to TIFF.
"""

from __future__ import annotations

import io
import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from l3c.container.constants import EXTRA_MAX
from l3c.container.structure import Palette
from l3c.errors import DependencyError, InputError, install_command
from l3c.images import resolution
from l3c.images.content import Content, Pieces, viewed, whole
from l3c.images.description import (
    ALPHA,
    ASSOCIATED,
    CHANNELS,
    CMYK,
    GRAY,
    ICC_LAB,
    ITU_LAB,
    LAB,
    PALETTE,
    RGB,
    UNSPECIFIED,
    WHITE_IS_ZERO,
    YCBCR,
    Description,
    damaged,
    digest,
    trailing,
)  # fmt: skip
from l3c.images.metadata import meaning
from l3c.images.picture import Picture
from l3c.images.tiff_directory import SUB_DIRECTORIES, Directory, Reader, Tag, block_of, swapped
from l3c.threads import in_order, spare_threads

CAMERA_FILE = "a camera's raw file (DNG or the like)"
"""Why such a file is not taken as pixels: those that a TIFF reader finds in it are a preview."""

KIND = 254  # tags, by their names in TIFF 6.0: NewSubfileType
WIDTH = 256  # ImageWidth
HEIGHT = 257  # ImageLength
BITS = 258  # BitsPerSample
COMPRESSION = 259  # Compression
PHOTOMETRIC = 262  # PhotometricInterpretation: what colours mean
FILL_ORDER = 266  # FillOrder: whether bits of a byte are reversed
STRIPS = 273  # StripOffsets
ORIENTATION = 274  # Orientation
SAMPLES = 277  # SamplesPerPixel
STRIP_SIZES = 279  # StripByteCounts
ROWS = 278  # RowsPerStrip
PLANES = 284  # PlanarConfiguration: channels together or apart
PREDICTOR = 317  # Predictor: what was done to rows before they were compressed
MAP = 320  # ColorMap: the palette
TILES = 324  # TileOffsets
TILE_SIZES = 325  # TileByteCounts
INKS = 332  # InkSet: 1 is CMYK
INK_COUNT = 334  # NumberOfInks
EXTRA = 338  # ExtraSamples
NUMBER = 339  # SampleFormat: unsigned, signed, float
SUBSAMPLING = 530  # YCbCrSubSampling
DEPTH = 32997  # ImageDepth, of volumes
DNG = 50706  # DNGVersion: only camera files have it
DNG_DEPTH = 32998  # TileDepth, of volumes
RESOLUTIONS = frozenset({282, 283, 296})  # XResolution, YResolution, ResolutionUnit: kept as `reso`
ICC = 34675  # ICCProfile
XMP = 700  # XMLPacket

LAYOUT = frozenset(
    {WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, STRIPS, SAMPLES, ROWS, STRIP_SIZES, PLANES, 288, 289,
     292, 293, PREDICTOR, MAP, 322, 323, TILES, TILE_SIZES, EXTRA, NUMBER, 347, 512, 513, 514, 515, 517, 518, 519, 520,
     521, SUBSAMPLING, DEPTH, DNG_DEPTH, 34676, 50674, 65537, 65538, 65539}
)  # fmt: skip
"""Tags that tell how samples lie and are packed: a written file has its own."""

# by PhotometricInterpretation
COLOURS = {0: WHITE_IS_ZERO, 1: GRAY, 2: RGB, 3: PALETTE, 4: GRAY, 5: CMYK, 6: YCBCR, 8: LAB, 9: ICC_LAB, 10: ITU_LAB}
EXTRAS = {0: UNSPECIFIED, 1: ASSOCIATED, 2: ALPHA}  # by ExtraSamples
# by SampleFormat; 4, which nobody defines, is taken as integers
NUMBERS = {1: "unsigned", 2: "signed", 3: "float", 4: "unsigned"}
WIDTHS = {"unsigned": (1, 2, 4, *range(8, 17), 32), "signed": (8, 16, 32), "float": (16, 32, 64)}
"""Bits of a sample that are taken."""

VOID = 4  # the undefined sample format, taken as integers
MASK = 4  # the photometric of masks, taken as gray

RAW_PHOTOMETRIC = (32803, 34892)  # of cameras: a colour filter array, linear raw
NONE = 1  # compressions: none
JPEG = 7  # JPEG, the second way
FAX = (2, 3, 4, 34661)  # Huffman, group 3, group 4, and ISO JBIG of faxes
# those taken; LZW 5, deflate 8 and 32946, PackBits 32773, Zstandard 50000, LZMA 34925 are unpacked
COMPRESSIONS = {NONE, 5, 8, 32946, 32773, 50000, 34925, *FAX, JPEG}
NAMES = {
    6: "old JPEG", 32766: "NeXT", 32809: "ThunderScan", 32908: "Pixar", 32909: "Pixar", 33003: "JPEG 2000",
    33005: "JPEG 2000", 34676: "SGI LogLuv", 34677: "SGI LogLuv", 34712: "JPEG 2000", 34887: "LERC",
    34892: "lossy JPEG",
    50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip
"""Of compressions that are not taken."""

DEFLATE = (8, 32946)  # Adobe's number of deflate, and an older one
DIFFERENCES = 2  # the predictor that takes from each sample that of the pixel to the left
# those that Pillow unpacks too
BY_PILLOW = {NONE, 5, 8, 32946, 32773, JPEG, *FAX}
PIECE = 1 << 20
"""Bytes of samples that are read at once, where none are packed."""

INFLATION_MAX = 2000
"""Bytes that a byte of data may become: deflate and LZW reach 1032 and 1365."""

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip
"""What turns a picture back that Pillow has turned by its orientation."""

TIMES_256 = b"\0"
"""How the colours of a palette stand for 8 bits, where not as multiples of 257: as multiples of 256. One byte in
the place of the map."""

BELOW_256 = b"\1"
"""The same: as they are."""


@dataclass(frozen=True)
class _Page:
    directory: Directory
    kind: str
    chain: int | None
    """Index among the pages that follow each other; None of a sub-directory's."""


def _pages(reader: Reader) -> Iterator[_Page]:
    """Each directory, its sub-directories behind it."""
    for i, directory in enumerate(reader.chain(reader.first)):
        below = [d for offset in directory.numbers(SUB_DIRECTORIES) for d in reader.chain(offset, below=True)]
        directory.below = len(below)
        yield _Page(directory, _kind(directory), i)
        yield from (_Page(inner, _kind(inner), None) for inner in below)


def _kind(directory: Directory) -> str:
    flags = directory.number(KIND, 0)
    return "mask" if flags & 4 else "thumbnail" if flags & 1 else "page"


def describe(data: Content) -> Description:
    """Of a file. Raises InputError where it is damaged."""
    reader = Reader(data)
    directories = list(_pages(reader))
    if not directories:
        raise damaged("it has no directory")
    pages = tuple(_describe(page.directory, data) for page in directories)
    end = max([reader.end, *(_end(page.directory) for page in directories)])
    rest = trailing(data, end + end % 2) if end + end % 2 < len(data) else {}
    first = directories[0].directory
    if DNG in first.tags or any(p.directory.number(PHOTOMETRIC, 0) in RAW_PHOTOMETRIC for p in directories):
        return replace(pages[0], refused=CAMERA_FILE, items={})
    if len(pages) == 1:
        return replace(pages[0], items=pages[0].items | rest)
    refused = next((page.refused for page in pages if page.refused), None)
    return replace(pages[0], items=rest, pages=pages, refused=refused)


def _end(directory: Directory) -> int:
    """Of the samples."""
    ends = [0]
    for places, sizes in ((STRIPS, STRIP_SIZES), (TILES, TILE_SIZES)):
        ends += [a + b for a, b in zip(directory.numbers(places), directory.numbers(sizes), strict=False)]
    return max(ends)


def _describe(directory: Directory, data: Content) -> Description:
    number = directory.number
    width, height = number(WIDTH, 0), number(HEIGHT, 0)
    samples, bits = number(SAMPLES, 1), directory.numbers(BITS) or (1,)
    if not (1 <= width < 2**31 and 1 <= height < 2**31 and 1 <= samples <= 2**16):
        raise damaged(f"its size is {width} x {height}, {samples} samples")
    photometric, compression = number(PHOTOMETRIC, -1), number(COMPRESSION, 1)
    numbers = {NUMBERS.get(n, str(n)) for n in directory.numbers(NUMBER)} or {"unsigned"}
    colours = COLOURS.get(photometric, GRAY)
    lossy = compression == JPEG
    if lossy and colours == YCBCR:
        colours = RGB
    extra = _extra(directory, samples - CHANNELS[colours])
    plain = Description(
        "TIFF", width, height, bits[0], colours, extra, min(numbers), orientation=number(ORIENTATION, 1), lossy=lossy
    )
    plain = replace(plain, refused=_refused(directory, plain, numbers), items=_items(directory))
    if plain.refused is None:
        _check_sizes(directory, plain, compression, len(data))
    return plain


def _extra(directory: Directory, count: int) -> tuple[str, ...]:
    kinds = directory.numbers(EXTRA)
    extras = [EXTRAS.get(kind, str(kind)) for kind in kinds][: max(count, 0)]
    return (*extras, *[UNSPECIFIED] * (count - len(extras)))


def _refused(directory: Directory, plain: Description, numbers: set[str]) -> str | None:
    """Why a page's samples are not taken."""
    compression, photometric = directory.number(COMPRESSION, 1), directory.number(PHOTOMETRIC, -1)
    bits, samples = directory.numbers(BITS) or (1,), directory.number(SAMPLES, 1)
    if photometric not in COLOURS:
        return f"TIFF of photometric {photometric} is not supported"
    if compression not in COMPRESSIONS:
        named = f" ({NAMES[compression]})" if compression in NAMES else ""
        return f"TIFF of compression {compression}{named} is not supported"
    if len(numbers) > 1 or plain.number not in WIDTHS:
        return f"TIFF of sample formats {', '.join(map(str, directory.numbers(NUMBER)))} is not supported"
    if len(set(bits)) > 1 or len(bits) not in (1, samples):
        return f"TIFF of samples of {', '.join(map(str, bits))} bits is not supported"
    if plain.bits not in WIDTHS[plain.number]:
        return f"TIFF of {plain.bits}-bit {plain.number} samples is not supported"
    if directory.number(DEPTH, 1) != 1 or directory.number(DNG_DEPTH, 1) != 1:
        return f"TIFF of {directory.number(DEPTH, 1)} slices (ImageDepth) is not supported"
    if samples < CHANNELS[plain.colours]:
        return f"TIFF of {samples} samples in {plain.colours} is not supported"
    if len(plain.extra) > EXTRA_MAX or set(plain.extra) - {UNSPECIFIED, ALPHA, ASSOCIATED}:
        return f"TIFF of {len(plain.extra)} extra samples ({', '.join(sorted(set(plain.extra)))}) is not supported"
    if plain.colours == CMYK and (directory.number(INKS, 1) != 1 or directory.number(INK_COUNT, 4) != 4):
        return "TIFF of inks other than CMYK is not supported"
    if plain.colours == PALETTE and (plain.bits not in (1, 2, 4, 8) or plain.extra or plain.number != "unsigned"):
        return f"TIFF of a palette of {plain.bits} bits and {len(plain.extra)} extra samples is not supported"
    if plain.colours == PALETTE and len(directory.numbers(MAP)) != 3 << plain.bits:
        return f"TIFF of a palette of {len(directory.numbers(MAP))} values is not supported"
    if plain.colours == WHITE_IS_ZERO and plain.number != "unsigned":
        return f"TIFF of {plain.number} samples of which 0 is white is not supported"
    if plain.colours == YCBCR and (directory.numbers(SUBSAMPLING) or (2, 2)) != (1, 1):
        return "TIFF of subsampled YCbCr is not supported"
    if plain.lossy and (plain.bits != 8 or plain.extra or plain.colours not in (GRAY, RGB)):
        return (
            f"TIFF of JPEG of {plain.bits} bits, {plain.colours} and {len(plain.extra)} extra samples is not supported"
        )
    if compression in FAX and (plain.bits != 1 or samples != 1):
        return f"TIFF of fax data of {plain.bits} bits and {samples} samples is not supported"
    if 0 in (directory.numbers(TILE_SIZES) or directory.numbers(STRIP_SIZES)):
        return "sparse TIFF, of which parts are left out, is not supported"
    if directory.number(PLANES, 1) not in (1, 2):
        return f"TIFF of planar configuration {directory.number(PLANES, 1)} is not supported"
    return None


def _check_sizes(directory: Directory, plain: Description, compression: int, size: int) -> None:
    """Raise where the data lie outside the file, or cannot be enough."""
    tag, lengths = (TILES, TILE_SIZES) if TILES in directory.tags else (STRIPS, STRIP_SIZES)
    places, sizes = directory.numbers(tag), directory.numbers(lengths)
    if not places or (len(sizes) != len(places) and sizes):
        raise damaged(f"it has {len(places)} strips or tiles with {len(sizes)} sizes")
    for place, length in zip(places, sizes, strict=False):
        if place + length > size:
            raise damaged(f"its samples at byte {place} end after the file")
    rows = -(-plain.width * plain.channels * plain.bits // 8) * plain.height
    there = sum(sizes) if sizes else size
    if compression in FAX and plain.height > 8 * there:  # a row takes a bit at least
        raise damaged(f"it ends before its last row: {there} bytes are there for {plain.height}")
    if compression not in FAX and rows > there * (1 if compression == NONE else INFLATION_MAX):
        raise damaged(f"it ends before its last pixel: {there} bytes are there for {rows}")


def _items(directory: Directory) -> dict[str, bytes]:
    return (
        {kind: digest(meaning(kind, value)) for kind, value in _metadata(directory).items()}
        | {f"tag {tag.number} of type {tag.type}": digest(tag.data) for tag in directory.everything() if _is_lost(tag)}
        | {f"a second tag {tag.number}": digest(tag.data) for tag in directory.repeated if tag.number in LAYOUT}
    )


def _is_lost(tag: Tag) -> bool:
    """Of a type that nobody knows, or a directory that no known tag leads to."""
    unknown = tag.count == 0 or (tag.type in (13, 18) and tag.inner is None and tag.number != SUB_DIRECTORIES)
    return unknown and tag.number not in LAYOUT


def _metadata(directory: Directory) -> dict[str, bytes]:
    metadata, left_out = {}, set(LAYOUT)
    for kind, number in (("icc", ICC), ("xmp", XMP)):
        tag = directory.tags.get(number)
        if tag is not None and tag.count and tag.type in (1, 7):
            metadata[kind] = tag.data
            left_out.add(number)
    dots = [directory.fraction(tag) for tag in (282, 283)]
    if dots[0] and dots[1] and (stated := resolution.of_tiff(dots[0], dots[1], directory.number(296, 2))):
        metadata["resolution"] = stated
        left_out |= RESOLUTIONS
    left_out |= {tag.number for tag in directory.tags.values() if _is_lost(tag)}
    if directory.number(KIND, 1) == 0:
        left_out.add(KIND)  # says nothing
    if directory.number(ORIENTATION, 0) == 1:
        left_out.add(ORIENTATION)
    carried = {number: tag for number, tag in directory.tags.items() if number not in left_out}
    carried.pop(SUB_DIRECTORIES, None)
    if directory.below:
        carried[SUB_DIRECTORIES] = Tag(SUB_DIRECTORIES, 4, directory.below, bytes(4 * directory.below))
    carried |= _palette(directory)[1]
    if directory.number(NUMBER, 1) == VOID:
        carried[NUMBER] = directory.tags[NUMBER]
    if directory.number(PHOTOMETRIC, 1) == MASK:
        carried[PHOTOMETRIC] = directory.tags[PHOTOMETRIC]
    repeated = [tag for tag in directory.repeated if tag.number not in LAYOUT and not _is_lost(tag)]
    block = block_of(Directory(directory.order, 0, carried, repeated=repeated), frozenset())
    if block:
        metadata["exif"] = block
    return metadata


def has_deep_colours(block: bytes) -> bool:
    """Whether an EXIF block that came from TIFF holds a palette of 16 bits."""
    reader = Reader(block)
    directory = next(iter(reader.chain(reader.first)), Directory(reader.order))
    return MAP in directory.tags and directory.tags[MAP].count > 1


def _palette(directory: Directory) -> tuple[bytes, dict[int, Tag]]:
    """(red, green, blue of each colour, what else of the map must be stored)."""
    values = directory.numbers(MAP)
    if directory.number(PHOTOMETRIC, 1) != 3 or not values:
        return b"", {}
    table = np.array(values, np.uint16).reshape(3, -1).T
    colours, tag = (table >> 8).astype(np.uint8), directory.tags[MAP]
    if not (table > 255).any() and table.any():
        return table.astype(np.uint8).tobytes(), {MAP: Tag(MAP, 1, 1, BELOW_256)}
    if (table == colours.astype(np.uint16) * 257).all():
        return colours.tobytes(), {}
    if not (table & 255).any():
        return colours.tobytes(), {MAP: Tag(MAP, 1, 1, TIMES_256)}
    return colours.tobytes(), {MAP: swapped(tag, directory.order, directory.order)}


def read(data: Content) -> Picture:
    """The picture or the pages, orientation not applied. Raises InputError, DependencyError."""
    reader = Reader(data)
    pages, plain = [], not reader.big
    for page in _pages(reader):
        plain = plain and (page.chain is None or _pillow_reads(page, _describe(page.directory, data)))
        pages.append(_read(data, page, plain))
    if len(pages) == 1:
        return pages[0]
    return replace(pages[0], metadata={}, kind="page", pages=tuple(pages))


def _read(data: Content, page: _Page, plain_before: bool) -> Picture:
    """plain_before: Pillow can read all pages up to this, as it needs to."""
    directory, plain = page.directory, _describe(page.directory, data)
    if plain.refused:
        raise InputError(plain.refused)
    samples = of_strips(data, directory, plain)
    if samples is None and plain_before and _pillow_reads(page, plain):
        samples = by_pillow(data, page.chain, directory)
    elif samples is None:
        samples = by_tifffile(data, directory)
    return as_picture(_whole(samples, plain), directory, plain, page.kind)


def _whole(samples: NDArray[Any], plain: Description) -> NDArray[Any]:
    """Samples, if they agree with the tags. Raises InputError for others."""
    if plain.dtype == "uint8" and samples.dtype == bool:  # both libraries have bits of palettes so
        samples = samples.astype(np.uint8)
    if samples.shape != plain.shape or samples.dtype != np.dtype(plain.dtype):
        raise InputError(f"its tags say {plain.dtype} {plain.shape}, its samples are {samples.dtype} {samples.shape}")
    return samples


def as_picture(samples: NDArray[Any], directory: Directory, plain: Description, kind: str) -> Picture:
    """samples: as they are in the file, one number each."""
    metadata, maximum, colours = _metadata(directory), None, plain.colours
    if colours == WHITE_IS_ZERO:
        colours, samples = GRAY, samples.copy()
        gray = samples if samples.ndim == 2 else samples[..., 0]
        gray ^= gray.dtype.type(2**plain.bits - 1)
    if plain.number == "unsigned" and colours != PALETTE and plain.bits not in (1, 8, 16, 32):
        maximum = 2**plain.bits - 1
    if plain.bits < 8 and colours != PALETTE and samples.dtype != bool:
        samples, maximum = samples * np.uint8(255 // (2**plain.bits - 1)), None
        metadata["bit depth"] = bytes([plain.bits])
    layout, extra = layout_of(colours, plain.extra)
    palette = Palette(_palette(directory)[0]) if colours == PALETTE else None
    return Picture(np.ascontiguousarray(samples), metadata, "TIFF", layout, palette, extra, maximum, kind)


def layout_of(colours: str, extra: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """The names that `Picture` has for channels; None where their number tells."""
    if colours in (GRAY, RGB) and extra in ((), (ALPHA,)):
        return None, ()
    return colours, extra


def _pillow_reads(page: _Page, plain: Description) -> bool:
    """Whether Pillow has a mode for the samples of a page, and gives them as they are."""
    directory = page.directory
    if page.chain is None or directory.number(COMPRESSION, 1) not in BY_PILLOW or plain.number != "unsigned":
        return False
    if directory.number(PLANES, 1) != 1:  # of one channel too: Pillow then forgets that 0 is white
        return False
    if directory.number(FILL_ORDER, 1) != 1 or plain.width * plain.height > (Image.MAX_IMAGE_PIXELS or 0):
        return False
    if directory.numbers(NUMBER) not in ((), (1,) * plain.channels) or directory.number(PHOTOMETRIC, 1) == 4:
        return False
    if plain.bits == 8:
        kinds = {(GRAY, ()), (GRAY, (ALPHA,)), (RGB, ()), (RGB, (ALPHA,)), (PALETTE, ()), (CMYK, ())}
        return (plain.colours, plain.extra) in kinds | {(WHITE_IS_ZERO, ())}
    if plain.extra or plain.colours not in (GRAY, WHITE_IS_ZERO):
        return False
    return plain.bits == 1 or (plain.bits == 16 and plain.colours == GRAY)


def of_strips(data: Content, directory: Directory, plain: Description) -> NDArray[Any] | None:
    """Samples of the commonest kind, strips as they are or deflated, of 8 or 16 bits: several at a time where threads
    are to spare. Strips that lie in the file as the array would are not copied.

    None for other kinds, and for strips that are not what the tags say: other readers know what to do with them.
    """
    number = directory.number
    compression, predictor, rows = number(COMPRESSION, 1), number(PREDICTOR, 1), number(ROWS, plain.height)
    common = plain.number == "unsigned" and plain.bits in (8, 16) and not plain.lossy and TILES not in directory.tags
    if not common or compression not in (NONE, *DEFLATE) or number(PLANES, 1) != 1 or number(FILL_ORDER, 1) != 1:
        return None
    if predictor not in (1, DIFFERENCES) or (compression == NONE and predictor != 1) or rows < 1:
        return None
    places, sizes = directory.numbers(STRIPS), directory.numbers(STRIP_SIZES)
    dtype = np.dtype(f"{directory.order}u{plain.bits // 8}")
    row = plain.width * plain.channels * dtype.itemsize
    tops = range(0, plain.height, rows)
    full = [row * min(rows, plain.height - top) for top in tops]
    if not len(places) == len(sizes) == len(tops) or (compression == NONE and list(sizes) != full):
        return None
    view = viewed(data)
    if (
        isinstance(view, memoryview)
        and compression == NONE
        and all(place + size == after for place, size, after in zip(places, sizes, places[1:], strict=False))
    ):
        samples = np.frombuffer(view, dtype, plain.height * row // dtype.itemsize, places[0])
        return samples.reshape(plain.shape).astype(dtype.newbyteorder("="), copy=False)

    if compression == NONE:
        return _plain_strips(
            view, plain, dtype, [(places[i], top, min(top + rows, plain.height)) for i, top in enumerate(tops)]
        )

    def unpacked(strip: int) -> NDArray[Any] | None:
        inflate = zlib.decompressobj()
        try:
            raw = inflate.decompress(view[places[strip] : places[strip] + sizes[strip]], full[strip] + 1)
        except zlib.error:
            return None
        if len(raw) != full[strip] or not inflate.eof:
            return None
        values = np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="), copy=False)
        values = values.reshape(-1, plain.width, plain.channels)
        return values if predictor == 1 else np.cumsum(values, axis=1, dtype=values.dtype)  # modulo 2^bits

    first = unpacked(0)  # before memory is taken for what may not be there
    if first is None or len(tops) == 1:
        return first if first is None else first.reshape(plain.shape)
    samples = np.empty((plain.height, plain.width, plain.channels), first.dtype)

    def place(strip: int) -> bool:
        values = first if strip == 0 else unpacked(strip)
        if values is not None:
            samples[tops[strip] : tops[strip] + len(values)] = values
        return values is not None

    if not all(list(in_order(place, range(len(tops)), spare_threads()))):
        return None
    return samples.reshape(plain.shape)


def _plain_strips(
    view: memoryview | Pieces, plain: Description, dtype: np.dtype[Any], strips: list[tuple[int, int, int]]
) -> NDArray[Any]:
    """Samples that are not compressed. strips: the place, the first row and the row behind the last of each."""
    row = plain.width * plain.channels * dtype.itemsize
    step = max(1, PIECE // row)
    samples = np.empty((plain.height, plain.width, plain.channels), dtype.newbyteorder("="))
    cuts = [
        (place + (top - first) * row, top, min(top + step, stop))
        for place, first, stop in strips
        for top in range(first, stop, step)
    ]

    def fill(cut: tuple[int, int, int]) -> None:
        at, top, stop = cut
        values = np.frombuffer(view[at : at + (stop - top) * row], dtype)
        samples[top:stop] = values.reshape(-1, plain.width, plain.channels)

    for _ in in_order(fill, cuts, spare_threads()):
        pass
    return samples.reshape(plain.shape)


def by_pillow(data: Content, index: int | None, directory: Directory) -> NDArray[Any]:
    """Samples of a page, as they lie in the file."""
    orientation = directory.number(ORIENTATION, 1)
    with TiffImagePlugin.TiffImageFile(io.BytesIO(whole(data))) as image:
        if index:
            image.seek(index)
        image.load()
        plain = image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image
        samples = np.array(plain)
    if directory.number(PHOTOMETRIC, 1) == 0:  # Pillow shows it as it is meant
        samples = ~samples
    return samples.astype(np.uint16) if image.mode.startswith("I;16") else samples


def by_tifffile(data: Content, directory: Directory) -> NDArray[Any]:
    """Samples of a directory, as they lie in the file."""
    try:
        tifffile = import_module("tifffile")
    except ImportError:
        raise DependencyError(f"this kind of TIFF needs tifffile and imagecodecs: {install_command('deep')}") from None
    _hush()
    with tifffile.TiffFile(io.BytesIO(whole(data))) as file:
        file.filehandle.seek(directory.offset)
        page = tifffile.TiffPage(file, 0)
        samples: NDArray[Any] = page.asarray()
        if page.planarconfig == 2 and samples.ndim == 3:
            samples = np.moveaxis(samples, 0, -1)
    return samples.astype(samples.dtype.newbyteorder("="), copy=False)


def _hush() -> None:
    """Hide what tifffile logs of odd tags from standard error, where nobody has set up logging."""
    logger = logging.getLogger("tifffile")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def second_reading(data: bytes) -> list[Picture] | None:
    """Every page by another reader than `read` takes: tifffile, or Pillow where that is missing.

    None where only one reader knows a page.
    """
    pages = [(page, _describe(page.directory, data)) for page in _pages(Reader(data))]
    if not all(_pillow_reads(*page) for page in pages) or any(plain.lossy for _, plain in pages):
        return None
    try:
        return [
            as_picture(_whole(by_tifffile(data, page.directory), plain), page.directory, plain, page.kind)
            for page, plain in pages
        ]
    except DependencyError:
        pass
    if Reader(data).big or any(of_strips(data, page.directory, plain) is None for page, plain in pages):
        return None
    return [
        as_picture(_whole(by_pillow(data, page.chain, page.directory), plain), page.directory, plain, page.kind)
        for page, plain in pages
    ]
