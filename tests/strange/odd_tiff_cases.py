"""TIFF files that few readers take: codecs of other formats, several depths, slices, inks, complex samples."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.strange import patterns
from tests.strange import tiff_writer as tiff
from tests.strange.case import Case
from tests.strange.tiff_cases import with_palette
from tests.strange.tiff_reader import directories_of
from tests.strange.tiff_writer import Directory, Writer
from tests.strange.truth import Page, Truth

Samples = NDArray[Any]
Made = tuple[Directory, Page | str, str]
"""(directory, what it means, or why only the file itself will do; what is odd)."""

IN_ONE_PLACE = "strips in one place"
COMPRESSION, PHOTOMETRIC, BITS = 259, 262, 258
JPEG, JPEG_2000, WEBP, JPEG_XL, LZMA, LERC = 7, 34712, 50001, 50002, 34925, 34887


def case(number: int) -> Case:
    """The file of a number."""
    rng = np.random.default_rng([0x0DD, number])
    directory, page, feature = ODD[number % len(ODD)](rng, patterns.size(rng))
    pages, opaque = ((), page) if isinstance(page, str) else ((page,), "")
    big = rng.random() < 0.2 and feature != IN_ONE_PLACE
    data = Writer(str(rng.choice(["<", ">"])), big).file([directory])
    return Case(f"odd:{number}", ".tif", data, Truth(pages, {}, opaque), (feature,))


def whole(samples: Samples, colour: str) -> Page:
    return Page(samples, colour, (255,) * samples.shape[2])


def coded(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    """One strip by a codec without loss."""
    channels = int(rng.choice([1, 3]))
    samples = patterns.integers(rng, (*size, channels), 255).astype(np.uint8)
    codec = int(rng.choice([JPEG_2000, JPEG_XL, LZMA] + [WEBP] * (channels == 3)))
    plain = np.ascontiguousarray(samples if channels == 3 else samples[..., 0])
    block = {
        JPEG_2000: lambda: imagecodecs.jpeg2k_encode(plain, level=0, codecformat="j2k", mct=False),
        JPEG_XL: lambda: imagecodecs.jpegxl_encode(plain, lossless=True),
        WEBP: lambda: imagecodecs.webp_encode(plain, lossless=True),
        LZMA: lambda: imagecodecs.lzma_encode(plain.tobytes()),
    }[codec]()
    directory = Directory(samples, 8, tiff.RGB if channels == 3 else tiff.BLACK, blocks=[bytes(block)])
    directory.compression = codec
    return directory, whole(samples, "rgb" if channels == 3 else "gray"), f"compression {codec}"


def lerc(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    samples = patterns.integers(rng, (*size, 1), 255).astype(np.uint8)
    directory = Directory(samples, 8, tiff.BLACK, blocks=[bytes(imagecodecs.lerc_encode(samples[..., 0]))])
    directory.compression = LERC
    directory.tags.append((50674, tiff.LONG, [4, 0]))
    return directory, whole(samples, "gray"), "LERC"


def jpeg(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    """A strip of JPEG; its samples are what libjpeg makes of it."""
    channels = int(rng.choice([1, 3]))
    samples = patterns.integers(rng, (*size, channels), 255).astype(np.uint8)
    plain = np.ascontiguousarray(samples if channels == 3 else samples[..., 0])
    ycc = channels == 3 and rng.integers(2)
    inner = "YCBCR" if ycc else "RGB" if channels == 3 else None
    outer = "RGB" if channels == 3 else None
    block = bytes(imagecodecs.jpeg8_encode(plain, level=85, colorspace=outer, outcolorspace=inner))
    back = imagecodecs.jpeg8_decode(block, colorspace=inner, outcolorspace=outer)
    directory = Directory(samples, 8, tiff.YCBCR if ycc else tiff.RGB if channels == 3 else tiff.BLACK, blocks=[block])
    directory.compression = JPEG
    if ycc:
        directory.overridden.append((530, tiff.SHORT, [2, 2]))
    colour = "rgb" if channels == 3 else "gray"
    return directory, whole(back.reshape(samples.shape), colour), f"JPEG of {channels} channels" + " in YCbCr" * ycc


def fax(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    """A strip by libtiff."""
    codec = {"group3": 3, "group4": 4, "tiff_ccitt": 2}
    name = str(rng.choice(list(codec)))
    samples = patterns.integers(rng, (*size, 1), 1).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(samples[..., 0].astype(bool)).save(out, "TIFF", compression=name)
    tags = directories_of(out.getvalue())[0][0]
    strips = [out.getvalue()[a : a + b] for a, b in zip(tags[273], tags[279], strict=True)]
    white = bool(rng.integers(2))
    inverted = tags[PHOTOMETRIC][0] == tiff.WHITE  # what the bits of the strips stand for
    directory = Directory(samples, 1, tiff.WHITE if white else tiff.BLACK, rows=tags[278][0], blocks=strips)
    directory.compression = codec[name]
    bits = 1 - samples if inverted else samples
    return directory, Page(bits, "white" if white else "gray", (1,)), f"fax {name}" + " white" * white


def subsampled(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    """Units of several luma samples and one of each chroma."""
    across, down = ((2, 2), (2, 1), (4, 1), (1, 2))[rng.integers(4)]
    height, width = size
    units = -(-height // down) * -(-width // across)
    block = rng.integers(0, 256, units * (across * down + 2), dtype=np.uint8).tobytes()
    directory = Directory(np.zeros((*size, 3), np.uint8), 8, tiff.YCBCR, blocks=[block])
    directory.tags.append((530, tiff.SHORT, [across, down]))
    return directory, "chroma is subsampled", f"YCbCr subsampled {across} x {down}"


def depths(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    """Samples of several depths."""
    bits = ([8, 8, 16], [5, 6, 5], [16, 8, 8], [1, 8, 8])[rng.integers(4)]
    height, width = size
    rows = rng.integers(0, 256, (height, -(-width * sum(bits) // 8)), dtype=np.uint8)
    directory = Directory(np.zeros((*size, 3), np.uint8), 8, tiff.RGB, blocks=[rows.tobytes()])
    directory.overridden.append((BITS, tiff.SHORT, bits))
    return directory, "samples have several depths", f"bits {bits}"


def slices(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    samples = patterns.integers(rng, (*size, 1), 255)
    directory = Directory(samples, 8, tiff.BLACK, blocks=[bytes(2 * samples.size)])
    directory.tags.append((32997, tiff.LONG, [2]))
    return directory, "it has slices", "ImageDepth 2"


def complex_samples(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    bits, kind = ((64, 6), (32, 5), (128, 6))[rng.integers(3)]
    directory = Directory(np.zeros((*size, 1), np.uint8), bits, tiff.BLACK, kind)
    directory.blocks = [rng.integers(0, 256, size[0] * size[1] * bits // 8, dtype=np.uint8).tobytes()]
    return directory, "samples are complex", f"complex {bits}"


def inks(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    channels = int(rng.choice([1, 2, 3, 4, 5, 6]))
    samples = patterns.integers(rng, (*size, channels), 255)
    directory = Directory(samples, 8, tiff.SEPARATED)
    names = b"".join(b"ink %d\0" % number for number in range(channels))
    directory.tags += [(332, tiff.SHORT, [2]), (333, tiff.ASCII, names), (334, tiff.SHORT, [channels])]
    return directory, "its inks are not CMYK", f"{channels} inks"


def log_luv(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    photometric, bits = ((32844, 16), (32845, 32))[rng.integers(2)]
    directory = Directory(np.zeros((*size, 1), np.uint8), bits, photometric)
    directory.compression = int(rng.choice([34676, 34677]))
    directory.blocks = [bytes(4 * size[0] * size[1])]
    return directory, "it is LogLuv", f"photometric {photometric}"


def deep_palette(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    samples = patterns.integers(rng, (*size, 1), 65535)
    colours = rng.integers(0, 65536, (65536, 3))
    directory = Directory(samples, 16, tiff.PALETTE)
    directory.tags.append((320, tiff.SHORT, colours.T.reshape(-1).tolist()))
    return directory, with_palette(samples, colours, 16, (), 1), "palette of 16 bits"


def scattered(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    """Rows a strip, all of them the same one in the file."""
    row = patterns.integers(rng, (1, size[1], 1), 255)
    samples = np.repeat(row, size[0], axis=0)
    directory = Directory(samples, 8, tiff.BLACK, rows=1, blocks=[row.astype(np.uint8).tobytes()])
    behind_header = 8
    directory.overridden += [(279, tiff.LONG, [size[1]] * size[0]), (273, tiff.LONG, [behind_header] * size[0])]
    return directory, whole(samples, "gray"), IN_ONE_PLACE


def sizeless(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    """No sizes of strips, as old writers have it, or one of strips' height."""
    samples = patterns.integers(rng, (*size, 1), 255)
    left_out = int(rng.choice([279, 278, 277, COMPRESSION]))
    directory = Directory(samples, 8, tiff.BLACK, overridden=[(left_out, tiff.SHORT, [])])
    return directory, whole(samples, "gray"), f"tag {left_out} left out"


def sparse(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    """A tile that is not there."""
    samples = np.zeros((*size, 1), np.int64)
    directory = Directory(samples, 8, tiff.BLACK, tile=(16, 16), blocks=[])
    tiles = -(-size[0] // 16) * -(-size[1] // 16)
    directory.overridden += [(324, tiff.LONG, [0] * tiles), (325, tiff.LONG, [0] * tiles)]
    return directory, whole(samples, "gray") if tiles > 1 else "its only tile is not there", "sparse"


def few_samples(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    samples = patterns.integers(rng, (*size, 2), 255)
    return Directory(samples, 8, tiff.RGB), "it is RGB of two samples", "RGB of 2 samples"


def raw(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    samples = patterns.integers(rng, (*size, 1), 65535)
    directory = Directory(samples, 16, tiff.CFA)
    directory.tags += [(33421, tiff.SHORT, [2, 2]), (33422, tiff.BYTE, b"\0\1\1\2"), (50706, tiff.BYTE, b"\1\4\0\0")]
    return directory, "it is DNG", "DNG"


def unknown_extra(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    """Extra samples of no known kind."""
    samples = patterns.integers(rng, (*size, 4), 255)
    return Directory(samples, 8, tiff.RGB, extra=[999]), "an extra sample is of kind 999", "extra 999"


def no_photometric(rng: np.random.Generator, size: tuple[int, int]) -> Made:
    samples = patterns.integers(rng, (*size, 1), 255)
    directory = Directory(samples, 8, tiff.BLACK, overridden=[(PHOTOMETRIC, tiff.SHORT, [])])
    return directory, "nothing says what its samples are", "no photometric"


ODD: tuple[Callable[[np.random.Generator, tuple[int, int]], Made], ...] = (
    coded, coded, lerc, jpeg, jpeg, fax, fax, subsampled, depths, slices, complex_samples, inks, log_luv, deep_palette,
    scattered, sizeless, sparse, few_samples, raw, unknown_extra, no_photometric,
)  # fmt: skip
