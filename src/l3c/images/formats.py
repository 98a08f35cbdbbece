"""The table of picture formats: what names, signatures and contents they have, and which module knows them.

Everything else about formats derives from it. A new format is a module and a row here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from typing import Any

from l3c.errors import InputError
from l3c.images.content import Content


@dataclass(frozen=True)
class Format:
    """name: as `Picture.source_format` has it. suffixes: in small letters. starts: (offset, bytes); a file has one.

    knows: "module:object" with `describe(data)` and `read(data)`; none for formats that are only named.
    writes: "module:function(picture, file, level, suffix)" that writes all of a file; file: empty, seekable, level: 0
    (fast) to 9, of compression, suffix: of its name. It raises InputError("NAME cannot hold it ...") for pictures that
    do not fit. lossless: it
    stores samples exactly. whole: by rule its files are kept whole where they are smaller than their pixels
    without loss. pieces: its reader takes `content.Pieces` too. metadata_kinds: those that a written file holds.
    """

    name: str
    suffixes: tuple[str, ...]
    starts: tuple[tuple[int, bytes], ...] = ()
    knows: str = ""
    writes: str = ""
    lossless: bool = True
    whole: bool = False
    pieces: bool = False
    metadata_kinds: frozenset[str] = frozenset()
    side_max: int = 2**31 - 1

    @property
    def reader(self) -> Any:
        """The object that describes and reads its files."""
        module, _, name = self.knows.partition(":")
        loaded = import_module(f"l3c.images.{module}")
        return getattr(loaded, name) if name else loaded

    @property
    def writer(self) -> Callable[..., None]:
        """The function that writes its files."""
        module, _, name = self.writes.partition(":")
        return getattr(import_module(f"l3c.images.{module}"), name)  # type: ignore[no-any-return]


ISO_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"crx ": "raw"}  # brands of ISO base media files to the formats here
# those of HEIC, which is named but not read
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
# TIFF and BigTIFF, in both orders of bytes
TIFF_STARTS = ((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+"))

# the one table of formats; of several signatures that fit, the first counts
FORMATS = (
    Format(
        "PNG", (".png", ".apng"), ((0, b"\x89PNG\r\n\x1a\n"),), "png", "png_write:write", pieces=True,
        metadata_kinds=frozenset(
            {"icc", "exif", "xmp", "resolution", "transparent colour", "png chunks", "png palette", "comment",
             "bit depth"}
        ),
    ),
    Format(
        "TIFF", (".tif", ".tiff"), TIFF_STARTS, "tiff", "tiff_write:write", pieces=True,
        metadata_kinds=frozenset({"icc", "exif", "xmp", "resolution", "bit depth"}),
    ),
    Format(
        "WEBP", (".webp",), ((8, b"WEBP"),), "webp", "webp:write", whole=True, side_max=16383,
        metadata_kinds=frozenset({"icc", "exif", "xmp", "webp chunks"}),
    ),
    Format(
        "BMP", (".bmp", ".dib"), ((0, b"BM"),), "bmp", "bmp:write",
        metadata_kinds=frozenset({"icc", "resolution", "bmp header"}),
    ),
    Format(
        "PPM", (".pbm", ".pgm", ".ppm", ".pnm", ".pam"), tuple((0, b"P%d" % i) for i in range(1, 8)), "netpbm",
        "netpbm:write", metadata_kinds=frozenset({"comment", "bit depth"}),
    ),
    Format(
        "GIF", (".gif",), ((0, b"GIF87a"), (0, b"GIF89a")), "gif", "gif:write", whole=True, side_max=65535,
        metadata_kinds=frozenset({"icc", "xmp", "comment", "gif extensions"}),
    ),
    Format(
        "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), ((0, b"\xff\xd8\xff"),), "jpeg", lossless=False, whole=True,
    ),
    Format(
        "JPEG2000", (".jp2", ".j2k", ".jpx", ".j2c"), ((0, b"\0\0\0\x0cjP  "), (0, b"\xff\x4f\xff\x51")), "jpeg2000",
        lossless=False, whole=True,
    ),
    Format("AVIF", (".avif",), (), "by_pillow:Avif", lossless=False, whole=True),
    Format("TGA", (".tga",), (), "by_pillow:Tga"),
    Format("PCX", (".pcx",), (), "by_pillow:Pcx"),
    Format("QOI", (".qoi",), ((0, b"qoif"),), "by_pillow:Qoi"),
    Format("HEIC", (".heic", ".heif", ".hif"), (), lossless=False, whole=True),
    Format("JPEG XL", (".jxl",), ((0, b"\xff\x0a"), (0, b"\0\0\0\x0cJXL ")), lossless=False, whole=True),
    Format("OpenEXR", (".exr",), ((0, b"\x76\x2f\x31\x01"),)),
    Format("Radiance HDR", (".hdr",), ((0, b"#?RADIANCE"), (0, b"#?RGBE")), lossless=False),
    Format("PFM", (".pfm",), ((0, b"PF\n"), (0, b"Pf\n"))),
    Format("Photoshop", (".psd", ".psb"), ((0, b"8BPS"),)),
    Format("DDS", (".dds",), ((0, b"DDS "),), lossless=False),
    Format("ICO", (".ico",), ((0, b"\0\0\1\0"),)),
    Format("CUR", (".cur",), ((0, b"\0\0\2\0"),)),
    Format("SGI", (".sgi", ".rgb", ".bw"), ((0, b"\x01\xda"),)),
    Format("Sun raster", (".ras",), ((0, b"\x59\xa6\x6a\x95"),)),
    Format("FITS", (".fits",), ((0, b"SIMPLE  ="),)),
    Format("XPM", (".xpm",), ((0, b"/* XPM */"),)),
    Format("JPEG XR", (".jxr", ".wdp"), ((0, b"II\xbc\1"),), lossless=False, whole=True),
    Format("SVG", (".svg",), ((0, b"<svg"),)),
    Format("PDF", (".pdf",), ((0, b"%PDF-"),)),
    Format(
        "raw",
        (".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw",
         ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
        ((0, b"FUJIFILMCCD-RAW"), (0, b"IIRO"), (0, b"IIRS"), (0, b"IIU\0"), (0, b"FOVb"), (0, b"II\x1a\0\0\0HEAPCCDR"),
         (8, b"CR\2\0")), whole=True,
    ),
)  # fmt: skip

BY_NAME = {form.name: form for form in FORMATS}  # of the table above
# of the table above; suffixes are in small letters
BY_SUFFIX = {suffix: form for form in FORMATS for suffix in form.suffixes}
PICTURES = frozenset(suffix for suffix, form in BY_SUFFIX.items() if form.knows)
"""Suffixes of the files that are taken as pictures."""

# suffixes of formats that are written
WRITTEN = frozenset(suffix for suffix, form in BY_SUFFIX.items() if form.writes)
# suffixes of formats that are always lossy
LOSSY = frozenset(suffix for suffix, form in BY_SUFFIX.items() if not form.lossless)
ANIMATED = (".png", ".gif", ".webp")  # suffixes of formats that are written with frames
PAGED = (".tif", ".pam")  # suffixes of formats that are written with pages
CHOICES = "choose png, tif, webp, bmp or ppm"  # in messages: lossless formats
PCX_VERSIONS = (0, 2, 3, 4, 5)  # those that exist: there is no 1


HEADS = 512
"""Bytes of a file that tell its format, with room."""


def format_of(data: Content) -> Format | None:
    """The format that a file's first bytes have; None where they are of none that is known."""
    data = bytes(data[:HEADS])
    if data[4:8] == b"ftyp":
        brand = bytes(data[8:12])
        name = ISO_BRANDS.get(brand) or ("HEIC" if brand in HEIF_BRANDS else "")
        if brand == b"mif1" and b"avif" in data[16:64]:
            name = "AVIF"
        if name:
            return BY_NAME[name]
    if data[8:12] == b"CR\2\0" or data[8:12] == b"CR\2\1":
        return BY_NAME["raw"]
    for form in FORMATS:
        if any(data[at : at + len(start)] == start for at, start in form.starts):
            if form.name == "PPM" and data[2:3] not in b" \t\n\v\f\r#":
                continue
            if form.name == "WEBP" and data[:4] != b"RIFF":
                continue
            if form.name == "CUR" and not any(data[4:6]):  # of no cursor: a TGA
                continue
            if form.name == "BMP" and len(data) >= 18 and data[14:18] not in _BMP_HEADERS:
                continue
            return form
    return _without_signature(data)


# sizes of all headers of BMP: "BM" alone begins many a text
_BMP_HEADERS = tuple(size.to_bytes(4, "little") for size in (12, 16, 40, 52, 56, 64, 108, 124))


def _without_signature(data: bytes) -> Format | None:
    """PCX and TGA, which have no more than plausible headers."""
    if len(data) >= 128 and data[0] == 10 and data[1] in PCX_VERSIONS and data[2] in (0, 1) and data[3] in (1, 2, 4, 8):
        return BY_NAME["PCX"]
    if (
        len(data) >= 18
        and data[1] < 2
        and data[2] in (1, 2, 3, 9, 10, 11, 32, 33)
        and data[16] in (1, 8, 15, 16, 24, 32)
    ):
        mapped = data[2] in (1, 9, 32, 33)
        if mapped == bool(data[1]) and any(data[12:14]) and any(data[14:16]) and data[7] in (0, 15, 16, 24, 32):
            return BY_NAME["TGA"]
    return None


def suffix_of(name: str) -> str:
    """Of a target, in small letters. Raises InputError where its format loses pixels or is unknown."""
    suffix = PurePath(name).suffix.lower()
    if suffix in LOSSY:
        raise InputError(f"{name}: {suffix[1:]} does not keep every pixel; {CHOICES}")
    if suffix and suffix not in WRITTEN:
        raise InputError(f"{name}: format {suffix[1:]!r} is unknown; {CHOICES}")
    return suffix
