"""TIFF files over bits, formats, photometric kinds, extra samples, order, codecs, tiles, directories and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.strange import patterns
from tests.strange import tiff_writer as tiff
from tests.strange.case import Case
from tests.strange.tiff_writer import Directory, Tag, Writer
from tests.strange.truth import ASSOCIATED, UNASSOCIATED, UNSPECIFIED, Page, Truth

EXTRA_NAMES = {0: UNSPECIFIED, 1: ASSOCIATED, 2: UNASSOCIATED}
COLOURS = {
    tiff.WHITE: "white", tiff.BLACK: "gray", tiff.RGB: "rgb", tiff.PALETTE: "rgb", tiff.MASK: "mask",
    tiff.SEPARATED: "cmyk", tiff.YCBCR: "ycbcr", tiff.LAB: "lab", tiff.ICC_LAB: "icc lab", tiff.ITU_LAB: "itu lab",
    tiff.CFA: "cfa", tiff.LINEAR_RAW: "linear raw",
}  # fmt: skip
CHANNELS = {
    tiff.RGB: 3, tiff.SEPARATED: 4, tiff.YCBCR: 3, tiff.LAB: 3, tiff.ICC_LAB: 3, tiff.ITU_LAB: 3, tiff.LINEAR_RAW: 3,
}  # fmt: skip

UNSIGNED = [(bits, tiff.UINT) for bits in (1, 2, 4, 8, 10, 12, 14, 16, 24, 32)]
SIGNED = [(bits, tiff.INT) for bits in (8, 16, 32)]
REALS = [(bits, tiff.REAL) for bits in (16, 32, 64)]
BITMAP, WHOLE, DEEP = UNSIGNED[:1], [(8, tiff.UINT), (16, tiff.UINT)], [(b, tiff.UINT) for b in (8, 12, 16, 24, 32)]

KINDS: tuple[tuple[int, list[tuple[int, int]]], ...] = (
    (tiff.BLACK, UNSIGNED + SIGNED + REALS + [(16, tiff.VOID)]),
    (tiff.WHITE, UNSIGNED + SIGNED[:2] + REALS[1:2]),
    (tiff.RGB, UNSIGNED[1:] + SIGNED + REALS),
    (tiff.PALETTE, [(bits, tiff.UINT) for bits in (1, 2, 4, 8)]),
    (tiff.MASK, BITMAP),
    (tiff.SEPARATED, [*WHOLE, (12, tiff.UINT), (32, tiff.REAL)]),
    (tiff.YCBCR, WHOLE),
    (tiff.LAB, [*WHOLE, (32, tiff.REAL)]),
    (tiff.ICC_LAB, WHOLE),
    (tiff.ITU_LAB, WHOLE[:1]),
    (tiff.CFA, DEEP[:3]),
    (tiff.LINEAR_RAW, DEEP[:3]),
)
"""Of each photometric kind the (bits, sample format) that are tried."""

EXTRAS: tuple[Sequence[int] | None, ...] = (
    *[None] * 12, [0], [1], [2], [0, 0], [2, 0], [1, 0], [0, 2], [0, 0, 0], [0] * 17, [0] * 13,
)  # fmt: skip
"""Kinds of extra samples; the last two are rare."""

COMPRESSIONS = (tiff.NONE, tiff.NONE, tiff.LZW, tiff.DEFLATE, tiff.OLD_DEFLATE, tiff.PACKBITS, tiff.ZSTD)
EXIF: list[Tag] = [(33434, tiff.RATIONAL, [1, 250]), (34855, tiff.SHORT, [400]), (36864, tiff.UNDEFINED, b"0230")]
GPS: list[Tag] = [(1, tiff.ASCII, b"N\0"), (2, tiff.RATIONAL, [48, 1, 8, 1, 3030, 100])]

TAGS: tuple[list[Tag], ...] = (
    [(270, tiff.ASCII, b"A caption\0")],
    [(270, tiff.ASCII, "Häuser am Fluß\0".encode())],
    [(270, tiff.ASCII, b'{"shape": [3, 4]}\0')],
    [(270, tiff.ASCII, b"ImageJ=1.53\nunit=micron\n\0")],
    [(270, tiff.ASCII, b"\0")],
    [(269, tiff.ASCII, b"document\0"), (285, tiff.ASCII, b"page\0")],
    [(271, tiff.ASCII, b"Maker\0"), (272, tiff.ASCII, b"Model 7\0")],
    [(305, tiff.ASCII, b"Software 1.0\0")],
    [(306, tiff.ASCII, b"2020:01:02 03:04:05\0")],
    [(315, tiff.ASCII, b"An Artist\0"), (33432, tiff.ASCII, b"(c)\0editor\0")],
    [(282, tiff.RATIONAL, [300, 1]), (283, tiff.RATIONAL, [300, 1]), (296, tiff.SHORT, [2])],
    [(282, tiff.RATIONAL, [720000, 10000]), (283, tiff.RATIONAL, [600, 7]), (296, tiff.SHORT, [3])],
    [(282, tiff.RATIONAL, [2, 1]), (283, tiff.RATIONAL, [1, 1]), (296, tiff.SHORT, [1])],
    [(282, tiff.RATIONAL, [0, 0]), (283, tiff.RATIONAL, [1, 0])],
    [(286, tiff.RATIONAL, [5, 2]), (287, tiff.RATIONAL, [1, 3])],
    [(297, tiff.SHORT, [1, 5])],
    [(700, tiff.BYTE, b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")],
    [(33723, tiff.UNDEFINED, b"\x1c\x02\x78\0\x05title")],
    [(33723, tiff.LONG, [0x1C027800, 0x05746974])],
    [(34377, tiff.BYTE, b"8BIM\x04\x04\0\0\0\0\0\x05title\0")],
    [(34675, tiff.UNDEFINED, bytes(range(128)) + b"profile")],
    [(33550, tiff.DOUBLE, [10.0, 10.0, 0.0]), (33922, tiff.DOUBLE, [0.0, 0.0, 0.0, 4e5, 5e6, 0.0]),
     (34735, tiff.SHORT, [1, 1, 0, 1, 1024, 0, 1, 1]), (34736, tiff.DOUBLE, [6378137.0]),
     (34737, tiff.ASCII, b"WGS 84|\0")],
    [(42112, tiff.ASCII, b"<GDALMetadata/>\0"), (42113, tiff.ASCII, b"-9999\0")],
    [(301, tiff.SHORT, list(range(256)) * 3)],
    [(318, tiff.RATIONAL, [31, 100, 33, 100]),
     (319, tiff.RATIONAL, [64, 100, 33, 100, 21, 100, 71, 100, 15, 100, 6, 100])],
    [(321, tiff.SHORT, [5, 250])],
    [(337, tiff.ASCII, b"printer\0")],
    [(65000, tiff.FLOAT, [1.5, -2.5]), (65001, tiff.SLONG, [-5]), (65002, tiff.SSHORT, [-5, 7, 9])],
    [(65003, tiff.SRATIONAL, [-1, 3]), (65004, tiff.SBYTE, [-1, 1]), (65005, tiff.UNDEFINED, b"\0\1\2\3\4\5\6")],
    [(65010, tiff.ASCII, b"no end")],
    [(50341, tiff.UNDEFINED, b"PrintIM\0000300\0\0")],
    [(254, tiff.LONG, [0])],
    [(280, tiff.SHORT, [3]), (281, tiff.SHORT, [250])],
    [(263, tiff.SHORT, [1])],
)  # fmt: skip

LAYOUT_TAGS = {
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325,
    330, 338, 339, 530, 531, 50674,
}  # fmt: skip
"""What tells how samples lie: pages have it, metadata not."""

INCHES = (296, (2,))
"""What a resolution is in where nothing else is said."""

TRAILING = b"trailing bytes"


@dataclass
class Made:
    """A directory and what it means."""

    directory: Directory
    page: Page
    features: tuple[str, ...]


def case(number: int) -> Case:
    """The file of a number; the first ones are of every kind."""
    rng = np.random.default_rng([0x7146, number])
    shapes = [(kind, form) for kind, forms in KINDS for form in forms]
    photometric, form = shapes[number % len(shapes)]
    first = make(rng, photometric, form, patterns.size(rng))
    order, big = str(rng.choice(["<", ">"])), rng.random() < 0.25
    add_tags(rng, first.directory)
    made, directories, features = [first], [first.directory], list(first.features)
    way = rng.random()
    if way < 0.08:  # more pages
        for _ in range(int(rng.integers(1, 4))):
            other = shapes[rng.integers(len(shapes))] if rng.integers(2) else (photometric, form)
            made.append(make(rng, *other, patterns.size(rng)))
        directories = [each.directory for each in made]
        features.append("pages")
    elif way < 0.13:  # sub-directories
        made += [make(rng, photometric, form, patterns.size(rng)) for _ in range(int(rng.integers(1, 3)))]
        first.directory.children += [child.directory for child in made[1:]]
        features.append("sub-directories")
    elif way < 0.16:  # a thumbnail first, or behind
        small = make(rng, photometric, form, (3, 4))
        small.directory.tags.append((254, tiff.LONG, [1]))
        place = int(rng.integers(2))
        made.insert(place, small)
        directories.insert(place, small.directory)
        features.append("thumbnail " + ("behind" if place else "first"))
    features += ["big-endian"] * (order == ">") + ["BigTIFF"] * big
    metadata = named(
        [{tag[0]: plain(tag) for tag in each.directory.tags if tag[0] not in LAYOUT_TAGS} for each in made]
    )
    features += metadata
    data = Writer(order, big).file(directories)
    if rng.random() < 0.01:
        data += TRAILING
        metadata["trailing bytes"] = TRAILING
        features.append("trailing bytes")
    return Case(f"tiff:{number}", ".tif", data, Truth(tuple(each.page for each in made), metadata), tuple(features))


def named(tags: list[dict[int, Any]]) -> dict[str, Any]:
    """Tags of pages as metadata of a file."""
    return {
        (f"page {number} " if number else "") + f"tag {tag}": value
        for number, each in enumerate(tags)
        for tag, value in each.items()
        if (tag, value) != INCHES
    }


def make(rng: np.random.Generator, photometric: int, form: tuple[int, int], size: tuple[int, int]) -> Made:
    """One directory. form: (bits, sample format)."""
    bits, sample_format = form
    extra = EXTRAS[rng.integers(len(EXTRAS))]
    if photometric in (tiff.MASK, tiff.CFA) or (extra and len(extra) > 3 and rng.random() < 0.7):
        extra = None
    count = CHANNELS.get(photometric, 1)
    channels = count + len(extra or [])
    silent = bool(extra) and not any(extra or []) and rng.random() < 0.3  # more samples, and nothing that says so
    samples = values(rng, (*size, channels), bits, sample_format)
    directory = Directory(
        samples,
        bits,
        photometric,
        sample_format if sample_format != tiff.UINT or rng.random() < 0.3 else None,
        None if silent else extra,
        planar=rng.random() < 0.3,
        compression=COMPRESSIONS[rng.integers(len(COMPRESSIONS))],
        rows=int(rng.choice([1, 3, 8, 1 << 30])),
        tile=(16, 32) if rng.random() < 0.25 else None,
        reversed_bits=rng.random() < 0.05 and sample_format == tiff.UINT and bits <= 16,
    )
    predictor(rng, directory, sample_format)
    orientation = int(rng.integers(2, 9)) if rng.random() < 0.15 else 1
    if orientation > 1 or rng.random() < 0.1:
        directory.tags.append((274, tiff.SHORT, [orientation]))
    kinds = tuple(EXTRA_NAMES[kind] for kind in extra or [])
    page = meaning(rng, directory, samples, kinds, orientation)
    return Made(directory, page, features_of(directory, silent, orientation, sample_format))


def values(rng: np.random.Generator, shape: tuple[int, ...], bits: int, sample_format: int) -> NDArray[Any]:
    if sample_format == tiff.REAL:
        return patterns.floats(rng, shape, bits)
    if sample_format == tiff.INT:
        return patterns.integers(rng, shape, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)))
    return patterns.integers(rng, shape, 2**bits - 1)


def predictor(rng: np.random.Generator, directory: Directory, sample_format: int) -> None:
    """Only where libtiff has one."""
    if directory.compression in (tiff.NONE, tiff.PACKBITS) or rng.random() < 0.5:
        return
    if sample_format == tiff.REAL:
        directory.predictor = 3
    elif directory.bits in (8, 16, 32):
        directory.predictor = 2


def meaning(
    rng: np.random.Generator, directory: Directory, samples: NDArray[Any], extra: tuple[str, ...], orientation: int
) -> Page:
    """The page; tags that belong to the photometric kind are put into the directory."""
    photometric, bits = directory.photometric, directory.bits
    colour = COLOURS[photometric]
    if directory.sample_format in (tiff.INT, tiff.REAL, tiff.VOID):
        kept = {tiff.INT: f"i{bits // 8}", tiff.REAL: f"f{bits // 8}"}.get(directory.sample_format)
        if kept is None:
            return Page(samples.astype(f"u{bits // 8}"), colour + " void", (), extra, orientation)
        return Page(samples.astype(kept), colour, (), extra, orientation)
    if photometric == tiff.PALETTE:
        colours = patterns.integers(rng, (2**bits, 3), 65535)
        if rng.random() < 0.7:
            colours = colours // 257 * 257
        directory.tags.append((320, tiff.SHORT, colours.T.reshape(-1).tolist()))
        return with_palette(samples, colours, bits, extra, orientation)
    if photometric == tiff.SEPARATED:
        directory.tags += [(332, tiff.SHORT, [1])] if rng.integers(2) else []
    if photometric == tiff.YCBCR:
        directory.tags.append((530, tiff.SHORT, [1, 1]))
    if photometric == tiff.CFA:
        directory.tags += [(33421, tiff.SHORT, [2, 2]), (33422, tiff.BYTE, b"\0\1\1\2")]
    return Page(samples, colour, (2**bits - 1,) * samples.shape[2], extra, orientation)


def with_palette(
    samples: NDArray[Any], colours: NDArray[Any], bits: int, extra: tuple[str, ...], orientation: int
) -> Page:
    looked_up = colours[samples[..., 0]]
    whole = np.concatenate([looked_up, samples[..., 1:]], axis=2)
    largest = (65535,) * 3 + (2**bits - 1,) * len(extra)
    return Page(whole, "rgb", largest, extra, orientation, indices=samples[..., 0])


def add_tags(rng: np.random.Generator, directory: Directory) -> None:
    """Some tags that tell nothing of how samples lie."""
    chosen = [TAGS[rng.integers(len(TAGS))] for _ in range(int(rng.choice([0, 0, 0, 1, 1, 2, 4])))]
    for tag in (tag for group in chosen for tag in group):
        if tag[0] not in {there[0] for there in directory.tags}:
            directory.tags.append(tag)
    if rng.random() < 0.06:
        directory.tags.append((34665, tiff.IFD, EXIF))
    if rng.random() < 0.04:
        directory.tags.append((34853, tiff.IFD, GPS))


def plain(tag: Tag) -> Any:
    """Bytes, or a tuple of values; of a sub-directory a dictionary."""
    _, kind, content = tag
    inner = [tag for tag in content if isinstance(tag, tuple)]
    if inner:
        return {tag[0]: plain(tag) for tag in inner}
    if isinstance(content, bytes):
        return content.rstrip(b"\0") if kind == tiff.ASCII else content
    return tuple(content)


def features_of(directory: Directory, silent: bool, orientation: int, sample_format: int) -> tuple[str, ...]:
    form = {tiff.UINT: "uint", tiff.INT: "int", tiff.REAL: "float", tiff.VOID: "void"}[sample_format]
    extra = "none" if directory.extra is None else "+".join(map(str, directory.extra))
    found = [f"{COLOURS[directory.photometric]}", f"{form}{directory.bits}", "extra " + ("unsaid" if silent else extra)]
    found += ["planar"] * directory.planar + [f"compression {directory.compression}"]
    found += [f"predictor {directory.predictor}"] * (directory.predictor > 1) + ["tiles"] * (directory.tile is not None)
    return (*found, *["reversed bits"] * directory.reversed_bits, *[f"orientation {orientation}"] * (orientation > 1))
